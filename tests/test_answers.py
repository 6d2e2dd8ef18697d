"""What the reader of logs answers: each sentence said of a run that was made, and true of it; and where it would not be
true, not said.

The runs are of numpy: lines through points, parabolas, small networks, under descent and under Adam. The page's half
says the same of every log (``test_page_model.py``).
"""

import inspect
import itertools
import math
import re

import numpy as np
import pytest

import readlog
from held.quotations import quoted
from readlog.shapes import LARGEST

PROVES = "answers/words"
NAN, INF = math.nan, math.inf


@pytest.fixture
def told(request):
    """Asks an answer for what the test quotes: the numbers in it, or None if the answer says none of it."""
    said = [" ".join(words.split()) for words, page in quoted(inspect.getdoc(request.function)) if not page]
    forms = [re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(one)) for one in said]

    def ask(found):
        answer = " ".join([*found["why"], *found["next"], *found["said"], found["odds"] or ""])
        hits = [re.search(rf"{form}(?= |$)", answer) for form in forms]
        if not any(hits):
            return None
        assert all(hits), (said[hits.index(None)], answer)
        return {name: numeral(word) for hit in hits for name, word in hit.groupdict().items()}

    return ask


def numeral(word):
    try:
        return float(word)
    except ValueError:
        return word


def answer(losses, weights=None, **fields):
    """To losses, a text or a whole log."""
    log = losses if isinstance(losses, dict) else {"loss": list(losses)}
    return readlog.diagnose(
        readlog.read(losses, weights=weights) if isinstance(losses, str) else log, **fields
    )


def lines(losses, every=1, first=0, **columns):
    """A table of a log: step, loss and perhaps more, every so many updates."""
    rows = [f"step,loss,{','.join(columns)}".rstrip(",")]
    for n in range(first, len(losses), every):
        rows.append(",".join(map(str, [n, losses[n], *(column[n] for column in columns.values())])))
    return "\n".join(rows)


def epochs(losses):
    """The same, a line an epoch, whose updates nobody counts."""
    return "\n".join(f"Epoch {n} loss {loss}" for n, loss in enumerate(losses, 1))


@pytest.fixture(autouse=True)
def without_warnings():
    with np.errstate(all="ignore"):
        yield


# ── Runs ────────────────────────────────────────────────────────────────────


def bowl(curvatures, start, rate, beta=0.0, floor=0.0, sign=1, updates=400, dtype=np.float32):
    """Losses and places of descent on a parabola, to the first loss that is no number, or the last update."""
    lam, e, v = np.array(curvatures, float), np.array(start, float), 0.0
    losses, path = [], []
    for _ in range(updates + 1):
        losses.append(float(dtype(floor + 0.5 * np.sum(lam * e**2))))
        path.append(e)
        if not math.isfinite(losses[-1]):
            break
        v = beta * v + lam * e
        e = e - sign * rate * v
    return losses, np.array(path)


def points(seed=0, samples=40, inputs=3):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(samples, inputs))
    return X, X @ np.arange(1.0, inputs + 1) + 0.3 * rng.normal(size=samples)


def fit(X, y, rate, updates=60, batch=None, skip=False, seed=0, sign=1):
    """Losses and last weights of descent on half the mean square; skip: without the updates that would spoil them."""
    w, rng, losses = np.zeros(X.shape[1]), np.random.default_rng(seed), []
    for _ in range(updates):
        some = rng.integers(len(X), size=batch) if batch else slice(None)
        r = X[some] @ w - y[some]
        losses.append(float(np.float32(np.mean(r**2) / 2)))
        g = X[some].T @ r / len(r)
        if not skip or np.isfinite(g).all():
            w = w - sign * rate * g
    return losses, w


def network(rate, seed, act="relu", sign=1, updates=60, batch=None, optimiser=None, wide=3.0):
    """Losses of a network of twenty units, all its weights update by update, and the loss of guessing."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(64, 6)) * wide
    y = np.sin(X[:, :1]) + X[:, 1:2]
    W = [rng.normal(size=(6, 20)) * math.sqrt(1 / 3), np.zeros(20)]
    W += [rng.normal(size=(20, 1)) * math.sqrt(1 / 10), np.zeros(1)]
    m, v, losses, path = [0.0] * 4, [0.0] * 4, [], []
    for t in range(1, updates + 1):
        some = rng.integers(64, size=batch) if batch else slice(None)
        z = X[some] @ W[0] + W[1]
        h = np.maximum(z, 0) if act == "relu" else np.tanh(z)
        r = h @ W[2] + W[3] - y[some]
        losses.append(float(np.float32(np.mean(r**2) / 2)))
        path.append(np.concatenate([part.ravel() for part in W]))
        if not math.isfinite(losses[-1]):
            break
        d = r / len(r)
        back = d @ W[2].T * ((z > 0) if act == "relu" else 1 - h**2)
        for n, g in enumerate([X[some].T @ back, back.sum(axis=0), h.T @ d, d.sum(axis=0)]):
            if optimiser:
                m[n], v[n] = 0.9 * m[n] + 0.1 * g, 0.999 * v[n] + 0.001 * g * g
                g = m[n] / (1 - 0.9**t) / (np.sqrt(v[n] / (1 - 0.999**t)) + 1e-8)
            W[n] = W[n] - sign * rate * g
    return losses, np.array(path), float(y.var() / 2)


def bfloat16(x):
    """Rounded to the eight bits of bfloat16."""
    bits = np.asarray(x, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


# ── A first line that is no number ──────────────────────────────────────────


def spoilt(fault):
    """Inputs and labels that give nan or inf at once."""
    X, y = points()
    if fault == "inputs":
        X[7, 1] = NAN
    elif fault == "labels":
        y[3] = INF
    else:
        X[:, 2] = 5.0  # a column that never changes, standardised
        X = (X - X.mean(axis=0)) / X.std(axis=0)
    return X, y


@pytest.mark.parametrize("fault", ["inputs", "labels", "a constant column"])
def test_a_first_loss_that_is_no_number_is_so_at_every_rate_and_what_is_told_finds_why(told, fault):
    """“The first loss is not a number, and no rate had acted by then.” “Count the nan and inf in inputs and labels.”
    “Print the smallest spread of a column, and see whether one is 0.” “Compute the loss once before the first
    update.”"""
    X, y = spoilt(fault)
    for rate in (1e-9, 0.1, 1e9):
        losses, _ = fit(X, y, rate, updates=3)
        assert not np.isfinite(losses[0])
        assert told(answer(lines(losses), rate=rate)) == {}
    assert not np.isfinite(np.mean((X @ np.zeros(3) - y) ** 2))  # once, before the first update
    counted = np.sum(~np.isfinite(X)) + np.sum(~np.isfinite(y))
    raw = points()[0] * [1, 1, 0] + [0, 0, 5.0] if fault == "a constant column" else X
    spread = np.nanmin(np.nanstd(raw, axis=0))
    assert (counted > 0) and (spread == 0) == (fault == "a constant column")
    whole, _ = fit(*points(), 0.1, updates=3)
    assert told(answer(lines(whole), rate=0.1)) is None
    high, _ = fit(*points(), 1e9, updates=9)
    assert math.isfinite(high[0]) and told(answer(lines(high), rate=1e9)) is None


def hurt(rate, at, updates=200):
    """A run whose batch of one update has a nan in it, and stops there."""
    losses, _ = fit(*points(), rate, updates)
    return [*losses[:at], *[NAN] * (updates - at)]


def broke(losses):
    return next((n for n, loss in enumerate(losses) if not math.isfinite(loss)), None)


def test_a_first_line_after_some_updates_may_be_of_the_rate_or_of_the_data(told):
    """“The first line is not a number, but it stands at update {updates}. It may be the rate, and it may be the data.”
    “Compute the loss once, before the first update. If it is nan there, it is not the rate.” “Log the loss of every
    update from the first on.”"""
    high, _ = fit(*points(), 40.0, 200)
    data, _ = fit(*spoilt("inputs"), 0.1, 200)
    for losses, verdict in (high, "growth"), (data, "nan-at-start"):
        for every in 50, 100:
            sparse = answer(lines(losses, every, every))
            assert told(sparse) == {"updates": every} and sparse["verdict"] == "unclear"
        assert answer(lines(losses))["verdict"] == verdict  # every update from the first on
    assert math.isnan(data[0]) and math.isfinite(high[0])  # the loss before the first update tells them apart
    keras = "Epoch 1/3\n100/100 [====] - 1s - loss: nan\nEpoch 2/3\n100/100 [====] - 1s - loss: nan"
    assert told(answer(keras)) == {"updates": 100}
    assert told(answer("step 1 loss nan\nstep 11 loss nan")) == {"updates": 1}


def test_a_first_line_of_an_epoch_need_not_be_the_first_update(told):
    """“The first line is not a number, but it need not be the first update. The log does not say how many updates came
    before it.”"""
    high, _ = fit(*points(), 40.0, 200)
    assert math.isfinite(high[0])
    assert told(answer(epochs(high[50::50]))) == {}
    assert told(answer(lines(high, 50, 50))) is None  # this one does say it


@pytest.mark.parametrize("over", [2.2, 6.0, 60.0, 1e3, 1e6])
def test_at_a_tenth_of_the_rate_an_explosion_comes_later_and_a_fault_of_the_data_at_the_same_update(
    told, over
):
    """“Run it again at a tenth of the rate, with every update logged: if the nan comes at the same one and nothing
    grows before it, it is hardly the rate.” “Log the loss of every update, from before the nan on.”"""
    X, y = points()
    rate = over / np.linalg.eigvalsh(X.T @ X / len(X))[-1]
    high, low = (fit(X, y, one, 1000)[0] for one in (rate, rate / 10))
    assert (broke(low) or 1000) > broke(high) or low[1] > 1e3 * low[0]  # later, or it grows before
    assert answer(lines(high[: broke(high) + 1]))[
        "growth_per_step"
    ]  # every update logged: it is seen to grow
    safe = min(rate, 0.3)
    assert broke(hurt(safe, 37)) == broke(hurt(safe / 10, 37)) == 37
    if over == 60:
        for losses in high, hurt(safe, 37):
            assert told(answer(lines(losses, 50))) == {}
        assert told(answer(lines(fit(X, y, 0.1, 200)[0], 50))) is None


def test_a_nan_that_comes_while_the_rate_is_0_is_none_of_the_rate(told):
    """“The log gives the rate as 0 until the nan, so it can hardly be the rate.” “Compute the loss once, before the first
    update, on the first batches.” “In float16, look at the largest activation: it ends at 65504.”"""
    X, y = points()
    X[20:30, 0] *= 4e5
    batches = [slice(n, n + 10) for n in range(0, 40, 10)]

    def half(some, w):
        return X[some].astype(np.float16) @ w.astype(np.float16)

    for warm in (0.0, 0.1):
        w, losses, rates = np.full(3, 0.3), [], []
        for t, some in enumerate(batches):
            r = half(some, w) - y[some].astype(np.float16)
            losses.append(float(np.mean(r.astype(float) ** 2)))
            rates.append(warm * t / 3)
            w = w - rates[-1] * X[some].T @ r / 10 * (warm > 0)
        found = answer(lines(losses, lr=rates))
        assert broke(losses) == 2 and told(found) == ({} if warm == 0 else None)
    once = [np.isfinite(half(some, np.full(3, 0.3))).all() for some in batches]  # without an update
    assert once == [True, True, False, True]
    largest = [np.abs(X[some] @ np.full(3, 0.3)).max() for some in batches]
    assert [one > 65504 for one in largest] == [False, False, True, False]
    assert np.finfo(np.float16).max == 65504


def test_a_rate_of_0_in_nearly_all_lines_is_told_as_it_was_counted(told):
    """“The log gives the rate as 0 in {still} of the {lines} lines until the nan, so it can hardly be the rate.”"""
    for still in (9, 14, 20):
        rates = [0.1] + [0.0] * still
        again = []
        for first in (0.1, 0.01):  # a tenth of what little there was
            w, losses = 0.0, []
            for t, rate in enumerate([first, *rates[1:], 0.0]):
                losses.append(0.5 * (w - 3) ** 2 if t <= still else NAN)
                w -= rate * (w - 3)
            again.append(broke(losses))
        assert again[0] == again[1] == still + 1
        assert told(answer(lines(losses, lr=[*rates, 0.0]))) == {"still": still, "lines": still + 1}
        assert told(answer(lines(losses, lr=[0.1, *rates[1:-3], 0.1, 0.1, 0.1, 0.0]))) is None


# ── A gradient that is no number ────────────────────────────────────────────

SLOPES = {  # of two equal vectors, of an empty mask: a loss that is fine, its slope as it is written, and mended
    "a root": (lambda x: np.sqrt(x), lambda x: 0.5 / np.sqrt(x) * 2 * np.sqrt(x), 0.0),
    "a norm": (lambda x: np.hypot(x, 0.0), lambda x: x / np.hypot(x, 0.0), 0.0),
    "a division": (lambda x: x * x / (np.abs(x) + 1e-300), lambda x: x / x, 0.0),
    "a mask": (lambda x: np.where(x > 0, np.log(x), 0.0), lambda x: np.where(x > 0, 1, 0) / x, 0.0),
}


@pytest.mark.parametrize("name", SLOPES)
def test_a_gradient_that_is_nan_in_every_line_was_never_applied_and_has_an_operation_behind_it(told, name):
    """“The gradient is not a number in any line, although the loss is one. No update can have been made with it.”
    “Find the operation whose slope is not a number: a root or a norm at 0, a division, a mask.”"""
    loss, slope, at = SLOPES[name]
    X, y = points()
    for applied in False, True:
        w, losses, norms = np.zeros(3), [], []
        for _ in range(6):
            r = X @ w - y
            losses.append(float(np.mean(r**2) / 2 + loss(np.float64(at)) + 0 * w.sum()))
            g = X.T @ r / 40 + slope(np.float64(at))
            norms.append(float(np.linalg.norm(g)))
            w = w - 0.1 * g * applied if applied else w
        found = answer(lines(losses, grad_norm=norms))
        assert math.isfinite(loss(np.float64(at))) and math.isnan(slope(np.float64(at)))
        assert np.isnan(norms).all() and np.isfinite(losses).all() == (not applied)
        assert told(found) == (None if applied else {})
    assert told(answer(lines(losses[:1] * 6, grad_norm=[1.0] * 6))) is None


def test_in_float16_a_gradient_that_leaves_the_format_is_had_at_another_scale_or_in_bfloat16(told):
    """“In float16, scale the loss, or use bfloat16.”"""
    x, y = np.array([3000.0, 3000.0]), np.array([400.0, 9000.0])

    def gradient(kind, scale=1.0):
        r = kind(kind(x) - kind(y))
        return kind(kind(r * kind(scale)) * kind(x))[0] + kind(kind(r * kind(scale)) * kind(x))[1]

    lost = gradient(np.float16)
    assert math.isnan(lost)  # inf − inf
    true = gradient(np.float64)
    assert float(gradient(np.float16, 2.0**-12)) * 2.0**12 == pytest.approx(true, rel=0.01)
    assert gradient(bfloat16) == pytest.approx(true, rel=0.01)
    assert told(answer(lines([2.5] * 5, grad_norm=[lost] * 5))) == {}


@pytest.mark.parametrize("kind", ["nan", "labels that are all ignored", "a batch of one"])
@pytest.mark.filterwarnings("ignore:Degrees of freedom", "ignore:invalid value")
def test_numbers_that_come_again_mean_whole_weights_and_a_batch_that_can_be_found(told, kind):
    """“Numbers come again after the nan, so the weights are whole and single batches are to blame.” “Find the batches that
    give nan by running over the data once without updates.” “Look in them for nan, for labels that are all ignored,
    or for a batch of one.” “Keep the rate as it is.”"""
    X, y = points(samples=81)
    kept, cuts = np.ones(81, bool), [*range(0, 81, 9), 81]
    if kind == "nan":
        X[40, 1] = NAN
    elif kind == "labels that are all ignored":
        kept[36:45] = False
    else:
        cuts = [*range(0, 81, 10), 81]  # the last has one sample
    batches = [np.arange(a, b) for a, b in itertools.pairwise(cuts)]

    def step(w, some):
        inputs = X[some] / (X[some].std(axis=0, ddof=1) if kind == "a batch of one" else 1)
        r = (inputs @ w - y[some])[kept[some]]
        return np.float64(np.sum(r**2)) / len(r) / 2, inputs[kept[some]].T @ r / np.float64(len(r))

    def run(skip, some):
        w, losses = np.zeros(3), []
        for one in some * 12:
            loss, g = step(w, one)
            losses.append(float(loss))
            w = w - 0.1 * g if np.isfinite(g).all() or not skip else w
        return losses, w

    losses, w = run(True, batches)
    assert told(answer(lines(losses))) == {} and np.isfinite(w).all()
    spoiled, w = run(False, batches)
    assert told(answer(lines(spoiled))) is None and np.isnan(w).all()  # then no number comes again
    bad = [n for n, some in enumerate(batches) if not math.isfinite(step(np.ones(3), some)[0])]
    assert len(bad) == 1 and [n for n, loss in enumerate(losses[: len(batches)]) if math.isnan(loss)] == bad
    there = batches[bad[0]]
    found = {
        "nan": np.isnan(X[there]).any(),
        "labels that are all ignored": not kept[there].any(),
        "a batch of one": len(there) == 1,
    }
    assert [name for name, true in found.items() if true] == [kind]
    whole, w = run(False, [some for n, some in enumerate(batches) if n not in bad])
    assert np.mean(whole[-8:]) < np.mean(whole[:8]) / 2 and np.isfinite(w).all()  # at the same rate


# ── Sudden, or hidden between two lines ─────────────────────────────────────

OPERATIONS = {  # a loss, its slope, what goes in at the update that breaks it
    "a logarithm": (lambda p: -p * np.log(p), lambda p: -np.log(p) - 1),
    "a root": (lambda p: np.sqrt(p), lambda p: 0.5 / np.sqrt(p) * 2 * np.sqrt(p)),
    "a division": (lambda p: p / p, lambda p: (p - p) / p**2),
}


def suddenly(name, updates=8):
    """Losses, weights and batches of a run that meets a 0."""
    loss, slope = OPERATIONS[name]
    inputs, w, losses, weights = np.r_[np.linspace(0.5, 0.3, updates - 2), 0.0, 0.3], 1.0, [], []
    for x in inputs:
        weights.append(w)
        losses.append(float(w + loss(w * x)))
        w = w - 0.01 * slope(w * x) * x
    return losses, weights, inputs


@pytest.mark.parametrize("name", OPERATIONS)
def test_where_a_normal_loss_is_nan_one_update_later_nothing_grew_and_an_operation_met_a_0(told, name):
    """“A normal loss turned into nan or inf within one update: nothing grew.” “See whether the weights are still finite.”
    “Print what goes into each log, root and division.” “Find the batch, and look in it for nan and for labels that
    are all ignored.”"""
    losses, weights, inputs = suddenly(name)
    bad = broke(losses)
    assert max(losses[:bad]) < 2 * min(losses[:bad])
    assert told(answer(lines(losses[: bad + 1]))) == {}
    at = bad if np.isfinite(weights[bad]) else bad - 1  # of the last finite weights
    assert np.isfinite(weights[at]) and weights[at] * inputs[at] == 0  # what goes in


def test_a_last_loss_far_above_the_usual_one_is_never_said_to_be_normal(told):
    """“A normal loss turned into nan or inf within one update: nothing grew.” “See whether the weights are still finite.”"""
    for last in (4, 50, 99, 1e4):
        for calm in (3, 5, 20):
            assert told(answer([*[1.0] * calm, last, NAN], every=1)) is None
    for seed in range(6):
        losses = network(0.4, seed)[0]  # the losses of explosions, from any of their updates on
        for first in range(len(losses) - 1):
            found = answer(losses[first:], every=1)
            grown = [b / a for a, b in itertools.pairwise(losses[first:-1]) if b > 3 * a]
            assert not grown or told(found) is None


def test_if_every_line_is_one_update_nothing_grew_and_if_not_it_may_have(told):
    """“A normal loss turned into nan or inf from one line to the next. If every line is one update, nothing grew.”"""
    losses = suddenly("a logarithm")[0]
    assert told(answer(losses[: broke(losses) + 1])) == {}
    calm, _ = bowl([1.0, 1e-4], [1e-71, 9.0], 3.4)
    between = [*calm[:-1:60], NAN]
    assert (
        max(between[:-1]) < 3 * min(between[:-1]) and told(answer(between)) == {}
    )  # and here it grew between them
    assert max(calm[:-1]) > 1e30 and told(answer(lines([*calm, *[NAN] * 60], 60))) is None


def test_what_leaves_float16_is_a_number_in_float32_and_in_bfloat16(told):
    """“Compute the loss in float32, or use bfloat16: float16 ends at 65504.”"""
    residuals = np.array([12.0, 9.0, 11.0, 10.0, 12.0, 300.0])
    half, single = (np.square(residuals.astype(kind)) for kind in (np.float16, np.float32))
    assert math.isinf(half[-1]) and single[-1] == 90_000 > 65504 and np.isfinite(bfloat16(single)).all()
    assert told(answer(lines(half.astype(float)), dtype="float16")) == {}
    assert told(answer(lines(half.astype(float)), dtype="float32")) is None


@pytest.mark.parametrize("gap", [5, 10, 50, 500])
@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32"])
def test_the_growth_that_is_told_leaves_the_format_in_the_updates_between_two_lines(told, gap, name):
    """“{gap} updates lie between the last number and the nan or inf. A growth of {growth} per update is enough to leave
    {format} in that time, so this log cannot tell whether it was the rate.”"""
    rounded = {"float16": np.float16, "bfloat16": bfloat16, "float32": np.float32}[name]
    said = told(answer(lines([0.7] * gap * 4 + [NAN], gap), dtype=name))
    assert (said["gap"], said["format"]) == (gap, name)
    for factor, leaves in (said["growth"] * 1.006, True), (said["growth"] * 0.994, False):
        assert np.isfinite(rounded(0.7 * factor**gap)) != leaves
    exploding = [0.7] * (gap * 3 + 1) + [0.7 * said["growth"] ** n * 1.006**n for n in range(1, gap + 1)]
    exploding = [float(rounded(loss)) for loss in exploding]
    assert told(answer(lines(exploding, gap), dtype=name)) == said  # the same answer to both
    assert told(answer(lines([0.7] * 9 + [NAN]), dtype=name)) is None


def test_with_few_calm_losses_before_it_a_nan_is_not_called_sudden(told):
    """“One update lies between the last number and the nan or inf, and only a growth of {growth} in it would leave
    {format}. But too few calm losses stand before it to call it sudden.”"""
    for losses in ([2.0], [2.0, 1.5], [1, 1, 1, 1, 5, 4.5, 4], [1, 1, 1, 1, 50]):
        said = told(answer([*losses, NAN], every=1))
        assert said["format"] == "float32"
        last = np.float32(losses[-1])
        assert math.isinf(last * np.float32(1.006 * said["growth"]))
        assert math.isfinite(last * np.float32(0.994 * said["growth"]))
        calm = [loss for loss in losses if loss <= 3 * np.median(losses)]
        assert len(losses) < 3 or calm != losses
    assert told(answer([2.0, 1.5, 1.2, 1.1, NAN], every=1)) is None


def test_where_the_spacing_is_not_known_a_growth_is_told_for_ten_updates_and_for_a_hundred(told):
    """“How many updates lie between two lines is not known. If it is 10, a growth of {ten} per update leaves {format}
    unseen; if it is 100, one of {hundred}.”"""
    said = told(answer(epochs([2.0, 1.5, 1.2, 1.1, NAN])))
    for updates, growth in (10, said["ten"]), (100, said["hundred"]):
        for factor, leaves in (growth * 1.006, True), (growth * 0.994, False):
            assert np.isfinite(np.float32(1.1 * factor**updates)) != leaves
    assert said["format"] == "float32" and told(answer(lines([2.0, 1.5, 1.2, 1.1, NAN]))) is None


@pytest.mark.parametrize("every", [1, 20])
def test_a_number_far_above_the_usual_ones_near_the_end_is_an_explosion_too_fast_for_the_lines(told, every):
    """“A number near the end is far above the usual ones. Something exploded, too fast for these lines to show how.”
    “Divide the rate by ten and run again. If it still explodes, divide by ten again.” “Log the loss of every
    update.”"""
    calm, _ = bowl([1.0, 1e-3], [1e-40, 2.0], 9.0)
    shown = [*calm[:-1:every], NAN]
    if every == 1:
        shown = [1.0, 0.9, 1.1, 1.0, 3e4, NAN]  # one update: as a deep network does it
    assert shown[-2] > 100 * np.median(shown[:-1])
    found = answer(shown, every=every)
    assert told(found) == {} and found["confidence"] == "low"
    rate, runs = 9.0, 0
    while broke(bowl([1.0, 1e-3], [1e-40, 2.0], rate)[0]):
        rate, runs = rate / 10, runs + 1
    assert rate < 2 and runs == 1
    assert answer(calm)["growth_per_step"]  # every update logged
    assert told(answer([1.0, 1.1, 0.9, 1.0, NAN], every=every)) is None
