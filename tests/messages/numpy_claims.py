"""What the entries of NumPy and of Python say, and what needs no more than NumPy to be tried."""

import contextlib
import math
import traceback
import warnings

import numpy as np

PROVES = "messages"
RAW = np.random.default_rng(0).normal(50, 15, (200, 2))  # inputs in raw units
TRUE = RAW @ [1.0, 2.0]


def _losses(X, y, rate, updates=500, w=0.0):
    """The loss before each update of plain descent on a mean of squares."""
    w, losses = np.full(X.shape[1], w), []
    with np.errstate(all="ignore"):
        for _ in range(updates):
            error = X @ w - y
            losses.append(np.mean(error**2))
            w = w - rate * 2 * X.T @ error / len(X)
    return np.array(losses)


def _settles(X, y, rate):
    losses = _losses(X, y, rate)
    return bool(losses[-1] < losses[0])


def _standard(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)


def _first(code):
    """The first error of some lines of code when NumPy raises all but underflow, and what it says."""
    before = np.seterr(over="raise", divide="raise", invalid="raise")
    try:
        exec(code, {"np": np, "RAW": RAW, "TRUE": TRUE})
    except FloatingPointError as error:
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<string>"]
        return str(error).split(" encountered")[0], own[-1].lineno
    finally:
        np.seterr(**before)
    return None


def three_causes_end_in_the_same_line():
    """
    “The loss is no longer a number. This line alone cannot tell why: a rate that is too high, a nan in the data and a log of 0 all end here.”
    “Cure: growing: the rate. Normal until then: a log or a division. At step 0: the data.”
    """
    bad = TRUE.copy()
    bad[7] = np.nan
    label, by_log, by_division = np.array([0.0, 1.0]), [], []
    with np.errstate(all="ignore"):
        for n in range(10):
            p, spread = np.array([0.0 if n == 9 else 0.5 - n / 20, 0.5 + n / 20]), np.float64(9 - n)
            by_log.append(-np.mean(label * np.log(p) + (1 - label) * np.log(1 - p)))
            by_division.append(1 + spread / spread)
    by_rate, by_data = _losses(RAW, TRUE, 1e-3), _losses(RAW, bad, 1e-5)
    assert {f"loss: {losses[-1]}" for losses in (by_rate, by_data, by_log, by_division)} == {"loss: nan"}
    assert (np.diff(by_rate[:100]) > 0).all() and np.isnan(by_data[0]) and _settles(RAW, TRUE, 1e-5)
    assert np.max(by_log[:9]) <= by_log[0] and np.max(by_division[:9]) <= by_division[0]


def each_part_of_the_cure_of_a_run_that_explodes_is_enough():
    """
    “Cure: Finite: standardise the inputs, take a tenth of the rate, begin with weights that are finite, and log the loss of every update.”
    “Standardised inputs allow a higher rate.”
    """
    logged = _losses(RAW, TRUE, 1e-3)
    assert np.isfinite(logged[0]) and np.isnan(logged[-1]) and (np.diff(logged[:20]) > 0).all()
    assert _settles(_standard(RAW), TRUE - TRUE.mean(), 1e-3)
    assert _settles(RAW, TRUE, 1e-4)
    assert np.isnan(_losses(RAW, TRUE, 1e-4, w=np.nan)[0]) and np.isfinite(_losses(RAW, TRUE, 1e-4)[0])
    rates = 10.0 ** np.arange(-6, 1)
    raw, standard = (
        max(rate for rate in rates if _settles(X, TRUE - TRUE.mean(), rate)) for X in (RAW, _standard(RAW))
    )
    assert standard >= 100 * raw


def what_is_not_finite_is_counted_with_inf():
    """“Nan: count what is not finite in inputs and labels, (~np.isfinite(X)).sum().”"""
    X = RAW.copy()
    X[3, 0], X[5, 1] = np.nan, np.inf
    assert (~np.isfinite(X)).sum() == 2 and np.isnan(X).sum() == 1
    assert (~np.isfinite(RAW)).sum() == 0


def a_norm_says_something_only_beside_the_norms_before_it():
    """
    “No norm of a gradient is normal or too large by itself.”
    “It goes with the reduction (a sum over a hundred samples has a hundred times the norm of their mean), with the number of weights and with the size of the targets.”
    “What counts is a leap: the norm of this update against those before it.”
    “Check: print the norms of fifty updates, from before clipping.”
    “Cure: One height: nothing is wrong.”
    “Clip a little above the usual norm, or take the mean.”
    """
    rng = np.random.default_rng(0)

    def slope(X, y, w, total=False):
        each = 2 * X * (X @ w - y)[:, None]
        return each.sum(axis=0) if total else each.mean(axis=0)

    def norms(scale, clip=np.inf, total=False, broken=None):
        X, seen, w, losses = np.random.default_rng(1).normal(size=(51, 100, 8)), [], np.zeros(8), []
        for n, batch in enumerate(X):
            y = scale * (batch.sum(axis=1) + 3 * np.random.default_rng(n).normal(size=100))
            losses.append(np.mean((batch @ w - y) ** 2))
            g = slope(batch * (1e6 if n == broken else 1), y, w, total)
            seen.append(np.linalg.norm(g))
            w = w - (1e-5 if total else 1e-3) * g * min(1, clip / seen[-1])
        return np.array(seen), np.array(losses)

    for scale in 1e-3, 1.0, 1e6:
        usual, losses = norms(scale)
        assert usual.max() < 3 * usual.min() and losses[-10:].mean() < losses[:10].mean()
        leaps = norms(scale, broken=50)[0]
        assert leaps[50] > 1e3 * leaps[:50].max()
    usual, losses = norms(1e3)
    assert usual.min() > 2517 and np.array_equal(losses, norms(1e3, clip=1.1 * usual.max())[1])
    assert norms(1e3, clip=1)[1][-10:].mean() > 1.05 * losses[-10:].mean()  # far behind
    assert np.allclose(norms(1e3, total=True)[0], 100 * usual)
    for size in 10, 1000:
        X, y = rng.normal(size=(100, size)), rng.normal(size=100)
        assert np.isclose(
            np.linalg.norm(slope(X, 7 * y, 0 * X[0])), 7 * np.linalg.norm(slope(X, y, 0 * X[0]))
        )
    few, many = (
        np.linalg.norm(slope(rng.normal(size=(100, size)), y, np.zeros(size))) for size in (10, 1000)
    )
    assert many > 5 * few


def the_exponent_grows_with_a_high_rate_or_a_wrong_sign_and_is_else_cured_by_its_form():
    """
    “Check: print the largest exponent at each update.”
    “Cure: If it grows, it is the rate or a sign. If not, subtract the largest score first, or use np.logaddexp(0, -z).”
    """
    x, y = np.array([1.0, -1.0, 0.5]), np.array([10.0, 1.0, 5.0])

    def exponents(rate):
        w, largest = 0.0, []
        with np.errstate(all="ignore"):
            for _ in range(40):
                largest.append(np.abs(w * x).max())
                w = w - rate * np.mean((np.exp(w * x) - y) * x)
        return np.array(largest)

    for rate in 3.0, -0.1:
        grown = exponents(rate)
        assert np.nanmax(grown) > 709.78 and grown[0] < grown[1] < grown[2]
    assert exponents(0.1).max() < 3
    scores = np.array([800.0, 0.0])
    with np.errstate(over="ignore", invalid="ignore"):
        assert np.isnan(np.exp(scores) / np.exp(scores).sum()).any()
        assert np.isinf(np.log(1 + np.exp(800.0)))
    with np.errstate(all="raise", under="ignore"):
        power = np.exp(scores - scores.max())
        assert np.array_equal(power / power.sum(), [1, 0])
        assert np.logaddexp(0, -np.float64(-800.0)) == 800


def a_result_beyond_the_largest_number_overflows():
    """“A result is beyond the largest number of its format.”"""
    for kind in np.float16, np.float32, np.float64:
        largest = np.finfo(kind).max
        with np.errstate(over="raise"):
            assert largest * kind(1) == largest
            with contextlib.suppress(FloatingPointError):
                raise AssertionError(largest * kind(1.001))


def a_loss_that_grows_by_one_factor_is_the_rate_or_a_sign():
    """
    “Check: print the loss of each update.”
    “Cure: then it is the rate, or a sign: paste the losses.”
    """
    X = _standard(RAW)
    for rate in 2.0, -0.2:
        losses = _losses(X, TRUE - TRUE.mean(), rate, 1500)
        factors = losses[101:150] / losses[100:149]
        assert factors.min() > 1 and factors.max() / factors.min() < 1.001
        assert not np.isfinite(losses).all()


def a_nan_is_made_by_each_of_these():
    """“Here a nan is made: from inf − inf, 0 · inf, inf/inf, 0/0, or from the log or root of a negative number.”"""
    inf, zero, minus = np.array([np.inf]), np.array([0.0]), np.array([-1.0])
    makers = (
        lambda: inf - inf, lambda: zero * inf, lambda: inf / inf, lambda: zero / zero, lambda: np.log(minus),
        lambda: np.sqrt(minus),
    )  # fmt: skip
    for make in makers:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            assert np.isnan(make()).all()
        assert "invalid value encountered in" in str(warned[0].message)


def after_an_overflow_the_invalid_value_is_the_end_of_the_explosion():
    """
    “After an overflow warning it is only the end of the explosion.”
    “Check: write np.seterr(over="raise", divide="raise", invalid="raise") at the top. Now the first of them stops the program, at its line.”
    “Cure: overflow first: the rate. Divide first: a log or a division of 0. Neither: the log or root of a negative number, or an inf in the data.”
    """
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        w, losses = np.zeros(2), []
        for _ in range(400):
            error = RAW @ w - TRUE
            losses.append(np.mean(error**2))
            w = w - 1e-3 * 2 * RAW.T @ error / 200
    kinds = ["overflow" if "overflow" in str(one.message) else "invalid" for one in warned]
    assert kinds[0] == "overflow" and kinds[-1] == "invalid" and np.isnan(losses[-1])
    descent = """w = np.zeros(2)
for _ in range(400):
    error = RAW @ w - TRUE
    loss = np.mean(error**2)
    w = w - RATE * 2 * RAW.T @ error / 200
"""
    assert _first(descent.replace("RATE", "1e-3")) == ("overflow", 4)
    assert _first(descent.replace("RATE", "1e-5")) is None
    assert _first("p = np.zeros(2)\nq = p * np.log(p)") == ("divide by zero", 2)
    assert _first("p = np.zeros(2)\n\nq = 1 / p") == ("divide by zero", 3)
    for code in "np.log(-np.ones(2))", "np.sqrt(-np.ones(2))", "X = RAW + np.inf\nX - X.mean()":
        assert _first(code)[0] == "invalid value"
    assert _first("X = RAW + np.nan\n(X - X.mean()) / X.std()") is None  # a nan in the data is silent


def the_log_of_zero_and_its_two_cures():
    """
    “Something of which the log is taken is exactly 0, and the log is −inf. Times 0 it is nan in the next line.”
    “Check: print the smallest number that goes into the log.”
    “Cure: compute the loss from the scores. A bound, np.clip(p, 1e-7, 1 - 1e-7), keeps the value finite.”
    """
    score = np.array([-800.0, 800.0])
    with np.errstate(all="ignore"):
        p = 1 / (1 + np.exp(-score))
        assert p.min() == 0 == p[0] and np.log(p)[0] == -np.inf and np.isnan(0 * np.log(p))[0]
    bounded = np.clip(p, 1e-7, 1 - 1e-7)
    assert np.isfinite(np.log(bounded)).all() and np.isfinite(np.log(1 - bounded)).all()
    assert np.array_equal(np.logaddexp(0, -score), [800, 0])


def the_error_is_the_warning_of_the_same_words_and_stops_at_your_own_line():
    """
    “It is the warning of the same words, and np.seterr or np.errstate made it an error. The last line of your own code in the traceback is the place.”
    “Check: print what goes into that line. Cure: that of the warning.”
    """
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        np.exp(np.array([800.0]))
    said = []
    for raising in (np.errstate(all="raise"), contextlib.nullcontext()):
        before = np.geterr() if not said else np.seterr(all="raise")
        try:
            with raising:
                np.exp(np.array([800.0]))
        except FloatingPointError as error:
            said.append(str(error))
        np.seterr(**before)
    assert said == [str(warned[0].message)] * 2 == ["overflow encountered in exp"] * 2
    with np.errstate(all="raise"):
        scores = np.array([800.0, 0.0])
        assert np.isfinite(np.exp((scores - scores.max()) / 10)).all()
    try:
        with np.errstate(all="raise"):
            np.var(np.array([1e200, -1e200]))
    except FloatingPointError as error:
        frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.endswith("numpy_claims.py")]
    assert len(frames) > len(own) and "np.var(" in own[-1].line


def python_raises_where_numpy_makes_inf():
    """
    “Python's own numbers raise an error where NumPy makes inf: ** beyond 1.8e308, and math.exp above 709.78.”
    “In a descent written by hand it is the explosion; in a perplexity, math.exp(loss), it is a huge loss.”
    “Check: print the number before it is squared, at each update.”
    “Cure: the rate or the sign. For a perplexity, mend the loss; the exponential is only its messenger.”
    """

    def raises(do):
        try:
            do()
        except OverflowError:
            return True
        return False

    before = []

    def descent(rate):
        w = 1.0
        for _ in range(2000):
            before.append(abs(w))
            loss = w**2
            w = w - rate * 2 * w
        return loss

    assert raises(lambda: 1.35e154**2) and not raises(lambda: 1.34e154**2)
    assert 1.79e308 < np.finfo(float).max < 1.8e308
    assert raises(lambda: math.exp(709.79)) and not raises(lambda: math.exp(709.78))
    with np.errstate(over="ignore"):
        assert np.isinf(np.float64(1.35e154) ** 2) and np.isinf(np.exp(709.79))
    for rate in 3.0, -0.5:
        before.clear()
        assert raises(lambda rate=rate: descent(rate)) and (np.diff(before) > 0).all()
    assert descent(0.3) < 1e-100
    assert not raises(lambda: math.exp(3.0))


def caffe_bounds_the_log_of_a_probability():
    """“SoftmaxWithLoss takes the log of at least FLT_MIN, 1.18e-38, so a right class with probability 0 costs 87.3365 each time: the scores are enormous, inf or nan.”"""
    smallest = np.finfo(np.float32).tiny  # FLT_MIN of C
    assert abs(smallest - 1.18e-38) < 1e-40
    for scores in [-200.0, 0.0], [-1e30, 0.0]:
        scores = np.float32(scores)
        power = np.exp(scores - scores.max())
        p = power / power.sum()
        assert p[0] == 0 and round(-float(np.log(np.maximum(p[0], smallest))), 4) == 87.3365
    modest = np.exp(np.float32([-20, 0]))
    assert -np.log(max((modest / modest.sum())[0], smallest)) < 21
    for bad in np.inf, np.nan:  # a comparison that nan loses takes the other
        with np.errstate(invalid="ignore"):
            power = np.exp(np.float32([0, bad]) - np.float32(bad))
            p = power / power.sum()
        assert np.isnan(p).any() and round(-float(np.log(np.fmax(p[1], smallest))), 4) == 87.3365
