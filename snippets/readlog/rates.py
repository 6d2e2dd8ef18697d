"""From the growth of a loss to αλ, its limit, and a rate to try."""

import math

import numpy as np

from .shapes import LARGEST


def product(r, beta=0.0):
    """αλ of the direction that explodes, from the growth r of the loss per update and momentum β.

    The error grows by √r, and √r is the larger root of z² − (αλ − 1 − β)z + β = 0 in absolute value.
    (Goh, Why Momentum Really Works, 2017.)
    """
    root = math.sqrt(r)
    return (1 + root) * (1 + beta / root)


def growth(x, first, last):
    """The kind of a growth, parabola, steady or wild, and the logarithm of its factor from line to line.

    x: losses, shape (lines,); it grew from first to last.
    """
    y = x - min(0, x.min())
    L = y[first : last + 1]
    L[0] = max(L[0], np.median(y[: first + 1])) or L[1]
    d = np.diff(np.log(np.maximum(L, 1e-3 * L[0] + 1e-300)))
    rises = np.diff(L)[-6:]  # their quotients are free of the floor
    if len(rises) > 1 and np.all(rises > 0):
        q = np.diff(np.log(rises))
        calm = np.all(np.diff(d) > -0.05 * np.abs(d[1:]) - 0.02)
        near = np.ptp(q[-3:]) < (0.1 if calm else 0.01) and q[-1] > 0
        if near and (len(q) > 1 or q[0] <= 2 * d[0]):
            return "parabola", beyond(q)
    return ("steady", float(d.mean())) if steady(d) else ("wild", gentle(d))


def beyond(q):
    """Where three quotients in a row are heading (Aitken's formula)."""
    if len(q) < 3:
        return float(q[-1])
    one, two = np.diff(q[-3:])
    ahead = two**2 / (one - two) if one > two > 0 else 0
    return float(q[-1] + min(ahead, 0.05))


def steady(d):
    """Whether growth with noise is as fast in its second half as in its first."""
    if len(d) < 6:
        return False
    one, two = d[: len(d) // 2].mean(), d[len(d) // 2 :].mean()
    return abs(one - two) < 0.2 * max(one, two)


def gentle(d):
    """The mean of the first four factors, as logarithms, none far above the one before."""
    kept = []
    for one in d[:4]:  # nor above e^10, a parabola at 75 times the limit
        most = max(1.25 * kept[-1], 3) if kept else 10
        kept.append(min(float(one), most, 10))
    return max(sum(kept) / len(kept), 1e-3)


def sides(weight, every, first, last, kind):
    """1: the weight alternates, 0: it leaves on one side, faster and faster, None: neither, or not to be seen."""
    if not weight or every % 2 == 0:
        return None  # every second weight is always on the same side
    w = np.array(weight[first : last + 1], float)
    move = np.diff(w[np.isfinite(w)])
    turns = np.sign(move[1:]) != np.sign(move[:-1])
    if len(turns) == 0 or (turns.any() and not turns.all()):
        return None
    settles = not turns[0] and abs(move[-1]) <= abs(move[0])  # and something else grows
    chance = kind == "wild" and len(move) < (4 if turns[0] else 6)  # as in ReLU networks
    if settles or chance:
        return None
    return int(turns[0])


def limit(kind, log_r, momentum, batch_size, side):
    """αλ, its limit, and the part of the limit to take: half, a third, a quarter. The momentum is the heavy ball's.

    With a wrong sign √r is itself the larger root, of z² − (1 + αλ + β)z + β = 0.
    """
    r = math.exp(min(log_r, 600))
    al, room = product(r, momentum), 2 * (1 + momentum)
    part = 3 if kind == "wild" else 2
    if side == 0:
        root = math.sqrt(r)
        return max((root - 1) * (1 - momentum / root), 1e-12), room, part
    if kind != "parabola":  # elsewhere momentum buys no higher rate
        room = 2 * math.sqrt(1 - momentum**2)
    if 0 < (batch_size or 0) < 16:  # the noise wants room too
        part += 1
    return al, room, part


def until_inf(loss, log_r):
    """Updates from this loss to the largest number of each format, at a growth of e^log_r per update."""
    way = math.log(max(loss, 1e-300))
    left = {name: math.log(most) - way for name, most in LARGEST.items()}
    return {name: max(0, math.ceil(one / log_r - 1e-9)) for name, one in left.items()}


def enough(loss, updates, format_name):
    """The growth per update that takes a loss to the end of its format in so many updates."""
    way = math.log(LARGEST[format_name]) - math.log(max(abs(loss), 1e-300))
    return math.exp(min(max(way, 0) / max(updates, 1), 600))


def by_height(f):
    """What to divide the rate by where losses give no curvature: five times a height above the start.

    The height is the one at which the loss stays, or the root of the one that it reached, whichever is larger.
    Measured, not derived: of the rules tried it was the simplest whose rates trained in most runs. At least 10,
    at most 200.
    """
    start = max(f["start"], 1e-300)
    height = max(f["level"] / start, f["tail"] / start, math.sqrt(f["peak"] / start))
    return min(200.0, max(10.0, 5 * height))
