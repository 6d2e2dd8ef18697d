"""The lines of NumPy and of Python."""

import math

import numpy as np

BIG, INF = np.array([1e200]), np.array([np.inf])


def overflow_exp(cured):
    scores = np.array([800.0, 0.0])
    power = np.exp(scores - scores.max() if cured else scores)
    return power / power.sum()


def overflow(cured):
    """A parabola of curvature 1: its error and its loss, at a rate above the limit and at one below."""
    w, m = np.array([1.0]), np.eye(2)
    for _ in range(2000):
        w = w - (0.5 if cured else 3) * w
        if not np.isfinite(w).all():
            break
    big = 1.0 if cured else BIG
    made = w**2, w * w, np.square(big) * m, np.power(big, 2.5), (big * m) @ (big * m)
    double = np.float64(1.0 if cured else 1e200)
    return made, double * double, np.array([1.0 if cured else 1e308] * 2).sum(), 1.7 * big * 1e108 + 1.7e308


def invalid(cured):
    inf, minus, none = (1.0, 1.0, 1.0) if cured else (INF, -1.0, 0.0)
    one = np.float64(1.0 if cured else np.inf)
    made = inf - inf, inf * (1 if cured else 0), inf / inf, np.array([none]) / np.array([none])
    square = np.full((2, 2), 1.0 if cured else np.inf)
    return (
        made,
        np.log(abs(minus) if cured else np.array(minus)),
        np.sqrt(minus),
        one - one,
        square @ np.zeros((2, 2)),
    )


def log_zero(cured):
    p = np.array([0.0, 0.5])
    if cured:
        p = np.clip(p, 1e-7, 1 - 1e-7)
    return 0 * np.log(p)


def raised(cured):
    with np.errstate(all="raise", under="ignore"):
        scores = np.array([800.0, 0.0])
        return np.exp(scores - scores.max() if cured else scores)


def python_overflow(cured):
    """A descent in Python's own numbers on a parabola of curvature 1; a perplexity."""
    w, loss = 1.0, 0.5
    for _ in range(600):
        w = w - (0.5 if cured else 4.0) * w
        loss = w**2 / 2
    return loss, math.exp(loss)


def stuck_perplexity(cured):
    return math.exp(3.0 if cured else 710.0)
