"""What the reader of logs answers: each sentence said of a run that was made, and true of it; and where it would not be
true, not said.

The runs are of numpy: lines through points, parabolas, small networks, under descent and under Adam. The page's half
says the same of every log (``test_page_model.py``).
"""

import csv
import inspect
import itertools
import math
import re

import numpy as np
import pytest

import readlog
from conftest import SNIPPETS
from held.quotations import quoted

PROVES = "answers/words"
NAN, INF = math.nan, math.inf


@pytest.fixture
def told(request):
    """Asks an answer for what the test quotes: the numbers in it, or None if the answer says none of it."""
    said = [" ".join(words.split()) for words, page in quoted(inspect.getdoc(request.function)) if not page]
    new = r"(?P<new>\w+ the rate \w+ \S+)"  # a sentence within a sentence
    forms = [re.escape(one).replace(r"\{new\}", new) for one in said]
    forms = [re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", one) for one in forms]

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


def network(rate, seed, act="relu", sign=1, updates=60, hidden=(20,), adam=False, wide=3.0):
    """Losses of a network, all its weights update by update, and the loss of guessing. The rate may be one of each t."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(64, 6)) * wide
    y = np.sin(X[:, :1]) + X[:, 1:2]
    W = [
        part
        for a, b in itertools.pairwise([6, *hidden, 1])
        for part in (rng.normal(size=(a, b)) * math.sqrt(2 / a), np.zeros(b))
    ]
    m, v, losses, path = [0.0] * len(W), [0.0] * len(W), [], []
    for t in range(1, updates + 1):
        outputs = [X]
        for n in range(0, len(W), 2):
            z = outputs[-1] @ W[n] + W[n + 1]
            inside = n < len(W) - 2
            outputs.append((np.maximum(z, 0) if act == "relu" else np.tanh(z)) if inside else z)
        losses.append(float(np.float32(np.mean((outputs[-1] - y) ** 2) / 2)))
        path.append(np.concatenate([part.ravel() for part in W]))
        if not math.isfinite(losses[-1]):
            break
        d, slopes = (outputs[-1] - y) / 64, []
        for n in reversed(range(0, len(W), 2)):
            h = outputs[n // 2]
            slopes = [h.T @ d, d.sum(axis=0), *slopes]
            d = d @ W[n].T * ((h > 0) if act == "relu" else 1 - h**2)
        alpha = sign * (rate(t) if callable(rate) else rate)
        for n, g in enumerate(slopes):
            if adam:
                m[n], v[n] = 0.9 * m[n] + 0.1 * g, 0.999 * v[n] + 0.001 * g * g
                g = m[n] / (1 - 0.9**t) / (np.sqrt(v[n] / (1 - 0.999**t)) + 1e-8)
            W[n] = W[n] - alpha * g
    return losses, np.array(path), float(y.var() / 2)


def deep(rate, seed, updates):
    """Losses of a ReLU network of four layers under Adam, and the loss of guessing."""
    losses, _, guess = network(rate, seed, updates=updates, hidden=(24, 24, 24), adam=True, wide=1.0)
    return losses, guess


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


# ── Growth ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "over, beta, floor", [(2.3, 0.0, 0.0), (6.0, 0.0, 3.0), (2.3, 0.9, 0.0), (5.0, 0.5, 1.0)]
)
def test_a_growth_by_one_factor_above_a_floor_is_a_parabola_and_gives_its_product_and_its_limit(
    told, over, beta, floor
):
    """“The loss grew from step {first} to step {last}, above its floor by a factor of {growth} per {unit}, as on a
    parabola.” “So αλ is about {al}, and the limit is {room}.”"""
    product = over * (1 + beta)
    losses, _ = bowl([1.0, 0.2], [0.1, 2.0], product, beta, floor)
    said = told(answer(lines(losses), rate=product, momentum=beta))
    first, last = int(said["first"]), int(said["last"])
    assert losses[last] == max(losses[: broke(losses)]) > losses[first] and last == broke(losses) - 1
    above = np.array(losses[:last]) - floor
    assert above[-1] / above[-2] == pytest.approx(said["growth"], rel=0.01) and said["unit"] == "update"
    assert said["al"] == pytest.approx(product, rel=0.01)
    for part, explodes in (0.98, False), (1.02, True):  # of the limit
        end = bowl([1.0], [0.1], part * said["room"], beta, updates=900)[0][-1]
        assert (not end < 1) == explodes
    relu, _, _ = network(0.4, 0)
    assert told(answer(lines(relu), rate=0.4)) is None


def noisy(seed, batch=8, over=4.0):
    """Mini-batches on a line through points, its rate, and the product that its data mean."""
    X, y = points(seed)
    rate = over / np.linalg.eigvalsh(X.T @ X / len(X))[-1]
    losses, _ = fit(X, y, rate, 90, batch, seed=seed)
    return losses, rate


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_a_growth_that_scatters_as_much_at_its_end_as_at_its_beginning_has_a_mean_factor(told, seed):
    """“The loss grew from step {first} to step {last} by a factor of about {growth} per {unit}, with noise.”"""
    losses, rate = noisy(seed)
    said = told(answer(lines(losses), rate=rate))
    shown = np.log(losses[int(said["first"]) : int(said["last"]) + 1])
    assert math.exp(np.polyfit(range(len(shown)), shown, 1)[0]) == pytest.approx(said["growth"], rel=0.25)
    assert np.std(np.diff(shown)) > 0.3  # it scatters
    assert (
        told(answer(lines(fit(*points(seed), rate, 90)[0]), rate=rate)) is None
    )  # without batches it does not


@pytest.mark.parametrize("seed", range(4))
def test_the_growth_of_a_relu_network_has_no_constant_factor(told, seed):
    """“The loss grew from step {first} to step {last}, and no constant factor can be read.”"""
    losses, _, _ = network(0.4, seed)
    said = told(answer(lines(losses), rate=0.4))
    shown = np.array(losses[int(said["first"]) : int(said["last"]) + 1])
    factors = shown[1:] / shown[:-1]
    assert shown[-1] == max(shown) and factors.max() > 10 * factors.min()
    assert told(answer(lines(bowl([1.0], [0.1], 2.5)[0]))) is None


def test_a_product_read_from_noise_or_from_a_bend_is_right_within_a_factor_of_four_as_a_rule(told):
    """“So αλ is roughly {al}, and {room} is taken for its limit.”"""
    runs = csv.DictReader((SNIPPETS / "data/runs.csv").read_text(encoding="utf-8").splitlines())
    near = []
    for one in runs:
        rate, beta = float(one["rate"]), float(one["momentum"])
        if one["kind"] == "explodes" and beta == 0:
            found = answer(one["losses"], rate=rate)
            if said := told(found):
                assert said["room"] == 2 and found["rate_limit"] == pytest.approx(
                    2 * rate / said["al"], rel=0.01
                )
                near.append(0.25 < found["rate_limit"] / float(one["largest"]) < 4)  # of the rates that train
            else:
                assert "as on a parabola" in found["why"][0]
    assert len(near) > 50 and np.mean(near) > 0.9


def test_lines_that_bend_upwards_before_a_nan_grew(told):
    """“The last lines bend upwards. The loss grew from step {first} to step {last}, and then came nan or inf.”"""

    def summed(loss):  # over 4,096 samples, in float16
        return float(np.float16(loss * 4096)) / 4096

    for start in (0.0016, 0.00161, 0.00162):
        losses, _ = bowl([1.0, 0.01], [start, 3.0], 2.109, floor=2.0, dtype=summed)
        shown = lines([*losses, *[INF] * 10], 10)
        said = told(answer(shown))
        assert (said["first"], said["last"]) == (40, 70)
        four = np.diff(losses[40:71:10])
        assert (four > 0).all() and (np.diff(four) > 0).all() and broke(losses) == 79
    assert told(answer(lines([2.0, 1.9, 1.8, 1.9, 2.0, 2.1, NAN], 10))) is None  # straight upwards


def test_it_is_told_at_which_step_the_loss_leaves_its_format(told):
    """“At this pace the loss is too large for {format} at about step {end}.”"""
    kinds = {"float16": np.float16, "float32": np.float32, "bfloat16": bfloat16, "float64": np.float64}
    for over, first in itertools.product((2.2, 3.0, 9.0), (0, 12)):
        for name, kind in kinds.items():
            whole, _ = bowl([1.0], [1.0], over, updates=9000, dtype=lambda loss, kind=kind: float(kind(loss)))
            calm = [whole[0]] * first
            exact, _ = bowl([1.0], [1.0], over, updates=8, dtype=float)
            said = told(answer(lines([*calm, *exact]), dtype=name))  # from its first nine losses
            assert said["format"] == name and abs(said["end"] - first - broke(whole)) <= 2
    assert told(answer(lines([3, 2, 1, 0.5, 0.3]))) is None


def test_three_growing_losses_read_the_limit_too_high_more_often_than_not(told):
    """“Fewer than four losses grew, so take the rate as an upper limit.”"""
    rng, three, ten = np.random.default_rng(0), [], []
    for _ in range(60):
        lam, start = np.r_[1.0, rng.uniform(0.05, 0.9, 3)], rng.uniform(0.3, 2, 4)
        rate = 2 * rng.uniform(1.1, 5)
        losses, _ = bowl(lam, start, rate, floor=rng.uniform(0, 3))
        first = readlog.growth_phase(losses)[1]
        for shown, read in (losses[: first + 3], three), (losses[: first + 12], ten):
            found = answer(shown, rate=rate, every=1)
            if not found["evidence"]:
                continue
            grown = np.subtract(*found["evidence"][::-1]) + 1
            assert told(found) == ({} if grown < 4 else None)
            read += [found["rate_limit"] / 2] * int(grown == (3 if read is three else 12))
    assert len(three) > 50 and np.mean(np.array(three) > 1) > 0.8
    assert np.median(three) > 1.02 > 1.001 > np.median(ten)


def test_three_losses_that_bend_lie_on_a_parabola_above_a_floor_and_so_do_those_of_a_network(told):
    """“On a parabola the floor is {floor} and the factor {growth}.”"""
    said = told(answer([10, 14, 23]))
    assert (said["floor"], said["growth"]) == (6.8, 2.25)
    parabola, _ = bowl([1.0], [math.sqrt(2 * (10 - 6.8))], 1 + math.sqrt(2.25), floor=6.8)
    assert parabola[:3] == pytest.approx([10, 14, 23])
    network = [1.55038, 4.50782, 204.769, 4.36125e7]  # which is none, as its fourth loss shows
    said = told(answer(network[:3]))
    there = said["floor"] + (network[0] - said["floor"]) * said["growth"] ** 3
    assert there < 1e5 < network[3] and told(answer(network)) is None
    for calm in ([10, 14, 18], [10, 14, 17], [10, 14, 18.01], [10, 12, 14.4], [1, 2, 3e4]):
        assert told(answer(calm)) is None


@pytest.mark.parametrize("every", [10, 20])
def test_a_growth_that_begins_between_two_lines_is_read_too_slow_and_never_too_fast(told, every):
    """“A line stands for {every} updates, and the growth may have begun between two lines, so take the rate as an upper
    limit.”"""
    rng, read = np.random.default_rng(every), []
    for _ in range(25):
        lam, rate = np.r_[1.0, rng.uniform(0.001, 0.02, 3)], 2 * rng.uniform(1.1, 3)
        losses, _ = bowl(lam, np.r_[10 ** rng.uniform(-30, -2), 2, 2, 2], rate)
        found = answer(lines([*losses, *[NAN] * every], every), rate=rate)
        if found["rate_limit"]:
            assert told(found) == {"every": every}
            read.append(found["rate_limit"] / 2)
    assert len(read) > 12 and min(read) > 0.999 and max(read) > 1.5
    assert told(answer(lines(losses), rate=rate)) is None


@pytest.mark.parametrize("over", [2.02, 2.1, 2.3])
def test_a_growth_from_epoch_to_epoch_gives_a_rate_that_is_lower_than_it_need_be(told, over):
    """“A line may stand for several updates. One is assumed, so the rate to try may be lower than it need be.”"""
    losses, _ = bowl([1.0, 0.01], [0.1, 2.0], over)
    found = answer(epochs(losses[::10]), rate=over)  # nobody says that an epoch has ten
    assert told(found) == {} and found["rate_limit"] < 0.95 * 2 and found["confidence"] != "high"
    assert "per line" in found["why"][0]
    counted = answer(lines(losses, 10), rate=over)
    assert told(counted) is None and counted["rate_limit"] == pytest.approx(2, rel=0.01)


# ── Rate or sign ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(2))
def test_a_weight_that_leaves_faster_and_faster_while_the_loss_grows_is_of_a_wrong_sign(told, seed):
    """“The weight leaves on one side, so the sign is wrong.” “Turn the sign of the step, and begin afresh.”"""
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[
        0
    ]  # no axis is a direction of the bowl
    for sign, rate in (1, 2.5), (-1, 0.1), (-1, 2.5):
        losses, path = bowl([1.0, 0.3, 0.05], [0.1, 1.0, 2.0], rate, sign=sign)
        for weight in (path @ turn.T).T:
            found = answer(lines(losses, weight=weight), "weight", rate=rate)
            assert told(found) == (None if sign == 1 else {}), (rate, sign)
    assert bowl([1.0, 0.3, 0.05], [0.1, 1.0, 2.0], 0.1, updates=2000)[0][-1] < 1e-6  # turned, it trains
    losses, path = bowl([1.0, 0.1], [0.1, 2.0], 4.0)  # the flat direction settles while the other explodes
    assert told(answer(lines(losses, weight=path[:, 1]), "weight", rate=4.0)) is None
    for rates, sign in ((0.1, 0.4, 3.0), 1), ((0.001, 0.01), -1):
        said = []
        for losses, path, _ in (network(rate, seed, sign=sign) for rate in rates):
            said += [
                told(answer({"loss": losses, "weight": list(path[:, n])}, every=1)) for n in range(0, 161, 6)
            ]
        assert said.count({}) > 3 if sign == -1 else {} not in said


@pytest.mark.parametrize("seed", range(2))
def test_a_weight_that_alternates_is_of_the_rate_and_never_of_a_sign(told, seed):
    """“The weight alternates, so it is the rate and not the sign.”"""
    high, path = bowl([1.0, 0.3], [0.1, 0.2], 2.5)
    assert told(answer(lines(high, weight=path[:, 0]), "weight")) == {}
    low, path = bowl([1.0, 0.3], [0.1, 0.2], 0.3, sign=-1)
    assert told(answer(lines(low, weight=path[:, 0]), "weight")) is None
    for rates, sign in ((0.08, 0.1, 0.2), 1), ((0.001, 0.01, 0.1), -1):
        said = []
        for losses, path, _ in (network(rate, seed, sign=sign) for rate in rates):
            said += [
                told(answer({"loss": losses, "weight": list(path[:, n])}, every=1)) for n in range(0, 161, 6)
            ]
        assert said.count({}) > 3 if sign == 1 else {} not in said


@pytest.mark.parametrize("over", [2.1, 2.5, 6.0])
def test_two_runs_with_the_same_losses_are_of_the_rate_and_of_the_sign_and_a_weight_tells_them_apart(
    told, over
):
    """“It may be the rate or the sign, because losses alone cannot tell.” “Print one weight at each update, and see
    whether it changes sides.” “If it changes sides, it is the rate. {new}” “If it still grows at the new rate, or the
    weight leaves on one side, turn the sign of the step.”"""
    high, turns = bowl([1.0], [0.1], over)
    wrong, leaves = bowl([1.0], [0.1], over - 2, sign=-1)
    assert wrong == pytest.approx(high)
    one, other = answer(lines(high), rate=over), answer(lines(wrong), rate=over - 2)
    assert told(one)["new"] == f"Set the rate to {over / over:.3g}." and told(other) is not None
    assert (turns[1:] * turns[:-1] < 0).all() and (leaves > 0).all()  # the side of the bottom on which it is
    assert bowl([1.0], [0.1], one["suggested_rate"])[0][-1] < 1e-6
    still, _ = bowl([1.0], [0.1], other["suggested_rate"], sign=-1)
    assert (still[-1] > still[0] and bowl([1.0], [0.1], over - 2)[0][-1] < high[0]) or over - 2 > 2
    assert told(answer(lines(high, weight=turns[:, 0]), "weight", rate=over)) is None


def test_a_loss_that_also_fell_is_of_the_rate_unless_the_fall_was_noise(told):
    """“It also fell, by more than a fifth. With a wrong sign a loss climbs throughout, so it is the rate, unless that fall
    was noise.”"""
    rng = np.random.default_rng(0)
    for _ in range(5):
        lam, start = rng.uniform(0.01, 1, 3), rng.normal(size=3)
        rate = rng.uniform(0.05, 3)
        for beta in (0.0, 0.9):
            climbs, _ = bowl(lam, start, rate, beta, sign=-1, updates=60)
            assert (np.diff(climbs[: broke(climbs)]) > 0).all() and told(answer(lines(climbs))) is None
    calm, _ = bowl([1.0, 0.05], [1e-9, 9.0], 3.0)
    assert told(answer(lines(calm), rate=3.0)) == {} and min(calm) < 0.8 * calm[0]
    noise = [fit(*points(seed), 0.05, 60, 2, seed=seed, sign=-1)[0] for seed in range(6)]
    fell = [told(answer(lines(one))) == {} for one in noise if answer(lines(one))["growth_per_step"]]
    assert any(fell)  # of a wrong sign, by noise


def test_a_rate_that_moves_is_told_with_the_one_that_was_taken(told):
    """“The rate changes in the log, and {base} is taken as the one that you set.”"""
    losses, _ = bowl([1.0], [0.1], 3.0, updates=20)
    rates = [0.3 * 0.99**n for n in range(21)]
    found = answer(lines(losses, lr=rates))
    assert told(found) == {"base": 0.3} and found["suggested_rate"] == pytest.approx(0.3 / 3 * 1.0, rel=0.01)
    assert told(answer(lines(losses, lr=rates), rate=0.5)) == {"base": 0.5}
    assert told(answer(lines(losses, lr=[0.3] * 21))) is None


@pytest.mark.parametrize("seed", range(3))
def test_the_limit_of_one_batch_size_is_not_that_of_a_smaller_one(told, seed):
    """“The limit holds for this batch size.”"""
    X = np.r_[np.full(39, 0.1), 3.0][:, None]  # one sample unlike the others
    y = X[:, 0]
    lam = np.linalg.eigvalsh(X.T @ X / 40)[-1]
    found = answer(lines(fit(X, y, 4 / lam, 90)[0]), rate=4 / lam, batch_size=40)
    assert told(found) == {} and found["rate_limit"] == pytest.approx(2 / lam, rel=0.02)
    below = 0.9 * found["rate_limit"]
    assert fit(X, y, below, 300)[0][-1] < fit(X, y, below, 300)[0][0]
    assert not max(fit(X, y, below, 400, batch=1, seed=seed)[0]) < 1e4
    assert told(answer(lines(fit(X, y, 4 / lam, 90)[0]), rate=4 / lam)) is None


# ── What to set ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("over", [2.2, 5.0, 50.0])
def test_the_rate_to_set_trains_from_weights_before_the_explosion_and_standardised_inputs_raise_the_limit(
    told, over
):
    """“Go back to weights from before the explosion.” “Give every input mean 0 and standard deviation 1. Where inputs are
    large, that raises the limit.” “Set the rate to {rate}.”"""
    losses, path = bowl([1.0, 0.01], [1e-9, 9.0], over)
    found = answer(lines(losses), rate=over)
    assert told(found)["rate"] == pytest.approx(found["suggested_rate"], rel=0.01)
    before = path[int(found["evidence"][0])]
    again, _ = bowl([1.0, 0.01], before, found["suggested_rate"], updates=900)
    assert again[-1] < 1e-3 * losses[0]
    rng = np.random.default_rng(0)
    large = rng.normal([40, 5e4, 3], [10, 1.5e4, 9], size=(200, 3))

    def limit(inputs):
        X = np.column_stack([inputs, np.ones(200)])
        return 2 / np.linalg.eigvalsh(X.T @ X / 200)[-1]

    assert limit((large - large.mean(axis=0)) / large.std(axis=0)) > 1000 * limit(large)
    assert told(answer(lines([3, 2, 1, 0.5]), rate=over)) is None


def test_without_a_rate_the_answer_says_what_to_divide_it_by(told):
    """“Divide the rate by {by}.”"""
    for over in (2.4, 9.0, 40.0):
        losses, _ = bowl([1.0], [0.1], over)
        by = told(answer(lines(losses)))["by"]
        assert bowl([1.0], [0.1], over / by)[0][-1] < 1e-6 < 0.01 < bowl([1.0], [0.1], 2.1 * over / by)[0][-1]
        assert told(answer(lines(losses), rate=over)) is None


def test_where_an_explosion_lies_between_two_lines_how_far_above_it_was_cannot_be_told(told):
    """“Divide the rate by ten and run again. If it still explodes, divide by ten again: how far it was above, these lines
    are too sparse to show.”"""
    for over, every in (4.0, 20), (10.0, 10):
        read = []
        for start in np.geomspace(1e-20, 1e-2, 15):
            losses, _ = bowl([1.0, 0.001], [start, 3.0], over, updates=120)
            found = answer(lines([*losses, *[NAN] * every], every), rate=over)
            assert told(answer(lines(losses), rate=over)) is None
            if told(found) == {}:
                assert found["suggested_rate"] is None
                read.append(found["rate_limit"])
        assert len(read) > 3 and max(read) > 1.5 * min(read)  # of one limit
    while not bowl([1.0, 0.001], [0.1, 3.0], over)[0][-1] < losses[0]:
        over /= 10
    assert over == 1.0


# ── Under Adam ──────────────────────────────────────────────────────────────


def adam(slope, w, rate, updates, second=0.999):
    """The places of one weight under Adam."""
    m = v = 0.0
    path = [w]
    for t in range(1, updates + 1):
        g = slope(w, t)
        m, v = 0.9 * m + 0.1 * g, second * v + (1 - second) * g * g
        w = w - rate * m / (1 - 0.9**t) / (math.sqrt(v / (1 - second**t)) + 1e-8)
        path.append(w)
    return np.array(path)


def test_growth_by_a_factor_under_adam_takes_a_wrong_sign_or_a_loss_that_is_not_minimised(told):
    """“Under {optimiser} a weight moves by a few times the rate in each update at most. A loss that grows by a factor update
    after update needs more than that: a wrong sign, or a loss that is not the one that is minimised.” “Look for an exp
    without bound, for a wrong sign, or for a term that is reported and not minimised.”"""
    slopes = {
        np.square: lambda w, t: 2 * w,
        np.exp: lambda w, t: math.exp(w),
        np.cosh: lambda w, t: math.sinh(w),
    }
    for loss, rate in itertools.product(slopes, (0.01, 0.3, 3.0)):  # neither of the two
        path = adam(slopes[loss], 1.0, rate, 40)
        assert np.abs(np.diff(path)).max() < 7.3 * rate
        assert told(answer(lines(loss(path)), optimiser="Adam", rate=rate)) is None
    for loss in np.square, np.exp:
        for wrong in (
            (lambda w, t, slope=slopes[loss]: -slope(w, t)),
            (lambda w, t: -1.0),
        ):  # another loss, −w, is minimised
            path = adam(wrong, 1.0, 0.01, 40)
            assert told(answer(lines(loss(path)), optimiser="Adam", rate=0.01)) == {"optimiser": "Adam"}
    path = adam(lambda w, t: -1.0, 0.0, 0.3, 40)
    assert (
        told(answer(lines(np.exp(path)), optimiser="Adam", rate=0.3)) is not None
    )  # with an exp at a high rate too


@pytest.mark.parametrize("seed", range(3))
def test_a_rate_that_is_too_high_under_adam_is_a_jump_and_then_a_slow_way_down(told, seed):
    """“Under {optimiser} a weight moves by a few times the rate in each update at most, so a rate that is too high shows as
    a jump, and then a slow way down or a standstill.”"""
    losses, weights, _ = network(3.0, seed, updates=40, hidden=(24, 24, 24), adam=True, wide=1.0)
    assert told(answer(lines(losses), rate=3.0, optimiser="AdamW")) == {"optimiser": "AdamW"}
    assert max(np.abs(np.diff(weights, axis=0)).max(axis=1)) < 7.3 * 3.0
    top = int(np.argmax(losses))
    assert top <= 5 and losses[top] > 1e6 * losses[0] and losses[-1] > 10 * losses[0]
    fine, _ = deep(0.003, seed, 40)
    assert told(answer(lines(fine), rate=0.003, optimiser="AdamW")) is None


@pytest.mark.parametrize("seed", range(3))
def test_after_a_jump_of_adam_a_run_begun_afresh_at_the_rate_to_set_gets_further(told, seed):
    """“If there is none, it is the rate. {new}” “Begin afresh, because the weights and the optimiser's averages are
    spoilt.”"""
    jump, _ = deep(1.0, seed, 4)
    jump = [jump[0], 1.1 * jump[0], max(jump)]  # of two batches before it
    found = answer(lines(jump), rate=1.0, optimiser="Adam")
    assert told(found)["new"].startswith("Set the rate to ")
    new = found["suggested_rate"]
    afresh, guess = deep(new, seed, 120)
    goes_on, _ = deep(lambda t: 1.0 if t < 4 else new, seed, 123)
    assert afresh[-1] < guess / 5 and afresh[-1] < goes_on[-1] / 20
    assert told(answer(lines(afresh), rate=new, optimiser="Adam")) is None


def test_a_warm_up_and_a_shorter_memory_make_the_jump_of_adam_smaller(told):
    """“Warm the rate up over some hundred updates, or lower β₂ to 0.95 or 0.99.”"""
    for seed in range(2):
        at_once, warm = (max(deep(rate, seed, 130)[0]) for rate in (0.3, lambda t: 0.3 * min(1, t / 120)))
        assert at_once > 20 * deep(0, seed, 1)[0][0] and warm < at_once / 5
    calm = 0.001 * np.random.default_rng(0).normal(size=3000)
    calm[-20:] = 1.0  # and then other data
    far = {
        b: np.abs(np.diff(adam(lambda w, t: calm[t - 1], 0.0, 1.0, 3000, b)))[-20:].max()
        for b in (0.999, 0.99, 0.95)
    }
    assert far[0.999] > 1.5 * far[0.99] > 1.5 * far[0.95]
    losses = [2.0, 1.5, 1.2, 1.0, 4.0, 60.0, 900.0]
    assert told(answer(lines(losses), rate=0.1, optimiser="Adam")) == {}
    assert told(answer(lines(losses), rate=0.1)) is None


# ── It stays high, or stands alone ──────────────────────────────────────────


def logistic(rate, seed, updates=60, w=None):
    """Losses of a logistic model on labels of a coin: its slopes are bounded, so it bounces; and its last weights."""
    X, _ = points(seed)
    y = (np.random.default_rng(seed).random(40) < 0.5).astype(float)
    w, losses = np.zeros(3) if w is None else w, []
    for _ in range(updates):
        z = X @ w
        losses.append(float(np.mean(np.logaddexp(0, z) - y * z)))
        w = w - rate * X.T @ (0.5 * (1 + np.tanh(z / 2)) - y) / 40
    return losses, w


@pytest.mark.parametrize("seed", range(3))
def test_a_loss_that_bounces_stays_far_above_its_start_without_a_factor(told, seed):
    """“The loss stays far above its start, and no factor can be read.” “If it still stays above its start, divide by ten
    again.”"""
    for rate in (100.0, 1e4, 1e7):
        losses, _ = logistic(rate, seed)
        found = answer(lines(losses), rate=rate)
        assert told(found) == {} and np.median(losses[-9:]) > 2 * losses[0]
        ups = np.diff(losses) > 0
        assert 5 < ups.sum() < 54  # up and down
    for runs in itertools.count(1):
        rate = found["suggested_rate"] / 10 ** (runs - 1)
        losses, _ = logistic(rate, seed)
        if losses[-1] < losses[0]:
            break
    assert 1 < runs < 8 and told(answer(lines(losses), rate=rate)) is None


def test_networks_that_were_thrown_far_seldom_come_back_at_the_rate_that_trains_them_afresh(told):
    """“Begin afresh, because weights that were thrown far seldom come back.”"""
    fresh = back = 0
    for seed in range(4):
        bounced, guess = deep(3.0, seed, 40)
        found = answer(lines(bounced), rate=3.0, optimiser="Adam")
        assert told(found) == {}
        goes_on, _ = deep(lambda t: 3.0 if t <= 40 else 0.003, seed, 160)
        fresh += deep(0.003, seed, 120)[0][-1] < guess / 10
        back += goes_on[-1] < guess / 10
    assert fresh == 4 and back <= 1
    assert told(answer(lines([3, 2, 1, 0.5]))) is None


@pytest.mark.parametrize("kind", ["a bad batch", "a jump of the weights"])
def test_one_line_a_thousand_times_above_the_others_is_of_a_batch_or_of_one_jump(told, kind):
    """“One line stands a thousand times above all others, and the run went on: one bad batch can do that, and one jump of
    the weights can.” “Look in the batch of that line for a label, a length or a target far from the others.” “If it
    happens again at another batch, halve the rate or clip the gradient by its norm.”"""
    rng = np.random.default_rng(0)
    X, y = points(samples=320)
    y = y + rng.normal(size=320) * 9
    if kind == "a bad batch":
        y[205] = 2e4  # one target

    def run(clip=math.inf, rate=0.02):
        w, losses = np.array([1.0, 2.0, 3.0]), []
        for t in range(40):
            some = slice(8 * t, 8 * t + 8)
            there = w + (2e3 if kind != "a bad batch" and t == 25 else 0)  # for one update only
            r = X[some] @ there - y[some]
            losses.append(float(np.mean(r**2) / 2))
            g = X[some].T @ r / 8
            w = w - rate * g * min(1, clip / np.linalg.norm(g))
        return losses, w

    losses, _ = run(clip=5.0)
    found = answer(lines(losses))
    assert told(found) == {} and int(np.argmax(losses)) == 25
    assert max(losses) > 1e3 * np.sort(losses)[-2] and np.isfinite(losses).all()
    farthest = int(np.argmax(np.abs(y - np.median(y)))) // 8
    assert (farthest == 25) == (kind == "a bad batch")
    thrown = {clip: np.abs(run(clip)[1] - [1, 2, 3]).max() for clip in (5.0, INF)}
    assert thrown[5.0] < thrown[INF] / 5  # the norm clipped
    assert np.abs(run(rate=0.01)[1] - [1, 2, 3]).max() < 0.7 * thrown[INF]  # half the rate
    assert told(answer(lines([*losses[:25], *losses[26:]]))) is None


# ── It ends as a number ─────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(3))
def test_a_loss_that_ends_about_where_it_began_is_compared_with_guessing_and_with_other_rates(told, seed):
    """“The loss ends about where it began, or above.” “Compare with the loss of guessing: ln C for C classes, the variance
    of the targets for a mean square.” “If it stays there, try a tenth of the rate, and then ten times the rate.”"""
    X, y = points(seed)
    slow, _ = fit(X, y, 1e-4, 60)
    edge, _ = bowl([1.0, 0.001], [1.0, 1.0], 2.0, updates=60)  # at the limit
    for losses in slow, edge:
        assert told(answer(lines(losses))) == {} and losses[-1] > 0.9 * losses[0]
    for better in (
        fit(X, y, 1e-3, 900)[0],
        bowl([1.0, 0.001], [1.0, 1.0], 0.2, updates=60)[0],
    ):  # ten times, and a tenth
        assert better[-1] < 0.5 * better[0] and told(answer(lines(better))) is None
    for classes in (2, 5):
        shares = np.random.default_rng(seed).dirichlet(
            np.full(classes, 300.0), 900
        )  # one answer for every input
        costs = [np.mean(-np.log(one)) for one in shares]  # of as many of each class
        assert min(costs) >= math.log(classes) - 1e-9 and min(costs) == pytest.approx(
            math.log(classes), rel=1e-3
        )
    assert min(np.mean((y - one) ** 2) for one in np.linspace(-9, 9, 4001)) == pytest.approx(
        y.var(), rel=1e-3
    )


def test_fewer_than_three_losses_have_no_shape(told):
    """“Fewer than three losses are numbers, which is too few to see a shape.” “Log the loss of every update, and paste more
    of it.”"""
    high, _ = bowl([1.0, 0.1], [0.5, 5.0], 2.5)
    calm, _ = bowl([1.0, 0.1], [0.5, 5.0], 1.5)
    assert np.sign(high[1] - high[0]) == np.sign(calm[1] - calm[0])  # alike so far
    assert told(answer(high[:2])) == told(answer(calm[:2])) == {}
    assert answer(high)["verdict"] == "rate-too-high" and answer(calm)["verdict"] == "healthy"
    assert told(answer(high)) is told(answer(calm[:3])) is None


def test_what_ends_at_the_loss_of_guessing_has_learned_little_and_may_be_dead(told):
    """“It ends at {level}, and guessing gives {guess}, so it has learned little or nothing yet.” “Begin afresh at a tenth
    of the rate, because weights that were thrown far may be dead.” “If that learns nothing either, look at the
    labels, and try ten times the rate.”"""
    ends = 0
    for seed in range(4):
        losses, guess = deep(1.0, seed, 160)
        found = answer(lines(losses), rate=1.0, optimiser="Adam", guess=guess)
        if said := told(found):
            ends += 1
            assert said["level"] == pytest.approx(np.median(losses[-3:]), rel=0.01)
            assert said["guess"] == pytest.approx(guess, rel=0.01) and losses[-1] > 0.9 * guess
            assert deep(0.1, seed, 160)[0][-1] < guess / 20  # afresh
    assert ends > 2
    X, y = points()
    y = np.random.default_rng(1).permutation(y)  # labels that have nothing to do with the inputs
    wrong, slow = fit(X, y, 0.1, 200)[0], fit(*points(), 1e-4, 200)[0]
    for losses, targets in (wrong, y), (slow, points()[1]):
        assert told(answer(lines(losses), guess=float(targets.var() / 2))) is not None
    assert (
        fit(X, y, 1.0, 200)[0][-1] > 0.8 * wrong[-1] > 10 * fit(*points(), 0.1, 200)[0][-1]
    )  # the rate mends one
    assert told(answer(lines(fit(*points(), 0.1, 200)[0]), guess=float(y.var() / 2))) is None


def test_a_first_line_far_above_a_plateau_is_of_an_explosion_or_of_targets_in_large_units(told):
    """“The first line stands {times} times above those that follow, which hardly move. An explosion leaves such a trace, and
    so do targets in large units.” “Log the first updates one by one.” “Begin afresh at a tenth of the rate, and
    compare.”"""

    def means(losses):
        return [float(np.mean(losses[n : n + 25])) for n in range(0, len(losses), 25)]

    dead, _ = deep(1.0, 4, 200)
    rng = np.random.default_rng(0)
    y = 1e4 + rng.normal(size=200)  # in grams, not in kilograms; all it has to learn is one number
    w, large = 0.0, []
    for t in range(200):
        large.append((w - y[t]) ** 2)
        w -= 0.45 * 2 * (w - y[t])
    for losses, rises in (dead, True), (large, False):
        each = means(losses)
        said = told(answer(epochs(each)))
        assert said["times"] == pytest.approx(each[0] / np.median(each[1:4]), rel=0.01)
        assert np.median(each[-3:]) > 0.5 * np.median(each[1:4])  # of a fall by hundreds
        assert (max(losses[:9]) > 10 * losses[0]) == rises  # the first updates, one by one
    afresh, guess = deep(0.1, 4, 200)
    assert afresh[-1] < guess / 10 < dead[-1]
    assert told(answer(epochs(means(afresh)))) is None


def test_a_loss_that_came_back_has_learned_or_is_dead_at_the_loss_of_guessing(told):
    """“The loss rose and came back, to {level}. It may have learned, or it may be dead, and then it stays at the loss of
    guessing.” “Compare the end with the loss of guessing: ln C for C classes, the variance of the targets for a mean
    square.” “Compare it with a run at half the rate, over as many updates.”"""
    learned, guess = deep(0.1, 2, 160)
    dead, dead_guess = deep(1.0, 4, 160)
    for losses in learned, dead:
        said = told(answer(lines(losses), optimiser="Adam"))
        assert (
            said["level"] == pytest.approx(np.median(losses[-3:]), rel=0.01) and max(losses) > 2 * losses[0]
        )
    assert learned[-1] < guess / 100 and dead[-1] == pytest.approx(dead_guess, rel=0.02)
    assert dead[-50:] == pytest.approx([dead[-1]] * 50, rel=0.01)  # it stays
    half, _ = deep(0.05, 2, 160)
    assert max(half) < max(learned) and told(answer(lines(fit(*points(), 0.1)[0]))) is None


def test_a_loss_that_falls_ends_below_its_beginning(told):
    """“The loss falls, to {level}.”"""
    for seed, rate in itertools.product(range(3), (0.03, 0.1, 0.5)):
        losses, _ = fit(*points(seed), rate, 60)
        for shown in losses, losses[:5], network(0.01, seed)[0]:
            assert told(answer(lines(shown)))["level"] == pytest.approx(np.median(shown[-3:]), rel=0.01)
            assert np.median(shown[-3:]) < 0.9 * shown[0]
        assert told(answer(lines(losses[::-1]))) is None


@pytest.mark.parametrize("seed", range(3))
def test_a_loss_that_falls_may_end_no_lower_than_one_answer_for_every_input_does(told, seed):
    """“Compare where it ends with the loss of guessing (ln C for C classes, the variance of
    the targets for a mean square). If it is not below that, it only looks healthy.”"""
    X, y = points(seed)
    losses, _ = fit(X, y, 0.1, 60)
    assert told(answer(lines(losses))) is not None and losses[-1] < losses[0]
    far, w = fit(np.ones((40, 1)), y + 50, 0.1, 60)  # one answer for every input, from far away
    assert told(answer(lines(far))) == {} and far[-1] == pytest.approx(y.var() / 2, rel=0.01)
    assert far[-1] < far[0] / 100 and len(w) == 1  # it falls, and has learned no more than a guess
    assert told(answer(lines(losses[::-1]))) is None


def test_an_end_that_is_hardly_below_its_beginning_is_no_clear_fall(told):
    """“The loss ends at {level}, and no clear fall can be seen.”"""
    for losses in ([1.0, 30.0, *[2.0] * 20], [1.0] * 3 + [0.85] * 12 + [0.8] * 3 + [0.95] * 2):
        said = told(answer(lines(losses)))
        assert said["level"] == np.median(losses[-3:]) > 0.9 * losses[0]
    assert told(answer(lines([1.0, 0.8, 0.7, 0.6, 0.5, 0.4]))) is None


def test_below_the_loss_of_guessing_something_was_learned_and_a_higher_rate_may_be_tried(told):
    """“That is below the loss of guessing, {guess}.” “Keep the rate, or compare with a run at twice the rate.”"""
    X, y = points()
    guess = float(y.var() / 2)
    losses, w = fit(X, y, 0.1, 60)
    assert told(answer(lines(losses), guess=guess)) == {"guess": pytest.approx(guess, rel=0.01)}
    assert np.mean((X @ w - y) ** 2) < np.mean((y.mean() - y) ** 2)  # better than one answer for all
    assert fit(X, y, 0.2, 60)[0][-1] < losses[-1]  # here twice the rate was quicker
    assert told(answer(lines(fit(X, y, 1e-3, 60)[0]), guess=guess)) is None


# ── What else is no number ──────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["nan", "an empty set", "labels that are all ignored", "float16", "dropout"])
@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value", "ignore:overflow")
def test_a_validation_loss_that_alone_is_no_number_is_of_its_data_or_of_how_it_is_computed(told, kind):
    """“The training loss is a number in every line, and the validation loss is not.” “Look in the validation data for nan,
    for an empty set, or for labels that are all ignored.” “Compute its loss in float32 and without dropout.”"""
    X, y = points()
    held, kept, number = points(1)[0], np.ones(40, bool), np.float64
    if kind == "nan":
        held[3, 0] = NAN
    elif kind == "an empty set":
        held = held[:0]
    elif kind == "labels that are all ignored":
        kept[:] = False
    elif kind == "float16":
        number = np.float16
        held = held * 300  # other units, of which float16 holds no square
    w, train, val = np.zeros(3), [], []
    for _ in range(12):
        r = X @ w - y
        train.append(float(np.mean(r**2)))
        out = held @ w
        if kind == "dropout":
            out = out / np.full(len(held), 0.0 if len(train) == 5 else 1.0)  # it may drop all
        squares = (number(out) - number(held @ [1.0, 2.0, 3.0]))[kept[: len(out)]] ** 2
        val.append(float(np.sum(squares) / np.float64(len(squares))))
        w = w - 0.1 * X.T @ r / 40
    assert told(answer(lines(train, val_loss=val))) == {} and np.isfinite(w).all()
    cured = np.mean(
        (points(1)[0] @ w - points(1)[0] @ [1.0, 2.0, 3.0]) ** 2
    )  # all there, in float64, nothing dropped
    assert math.isfinite(cured) and told(answer(lines(train, val_loss=[cured] * 12))) is None


def scaled(skip, scale=2.0**20, updates=12, halves=True):
    """Losses, norms and weights of a run in float16 whose loss is scaled, and whether each update was skipped."""
    X, y = points()
    X = X.astype(np.float16)
    w, losses, norms, skipped = np.zeros(3), [], [], []
    for _ in range(updates):
        r = X.astype(float) @ w - y
        losses.append(float(np.mean(r**2) / 2))
        g = (
            (X * (r * scale / 40).astype(np.float16)[:, None])
            .astype(np.float16)
            .sum(axis=0, dtype=np.float16)
        )
        norms.append(float(np.linalg.norm(g.astype(float) / scale)))
        skipped.append(not np.isfinite(g).all())
        if not (skip and skipped[-1]):
            w = w - 0.1 * g.astype(float) / scale
        if skipped[-1] and halves:
            scale /= 2
    return losses, norms, w, skipped


def test_a_norm_that_is_no_number_in_some_lines_was_skipped_by_a_scaler_or_spoils_the_weights(told):
    """“The gradient's norm is not a number in {count} of {lines} lines. A loss scaler skips such an update; without one it
    spoils the weights.” “Updates were skipped by a loss scaler. In float16 that is normal in the first lines, and a
    fault if it goes on.”"""
    losses, norms, w, skipped = scaled(True)
    text = lines(losses, grad_norm=norms) + "\nOVERFLOW! Skipping step. Attempted loss scale: 524288.0"
    said = told(answer(text))
    assert said == {"count": sum(skipped), "lines": 12} and 0 < said["count"] < 8
    assert (
        skipped == sorted(skipped, reverse=True) and np.isfinite(w).all() and losses[-1] < losses[0]
    )  # the first
    spoilt_, norms, w, _ = scaled(False)
    assert np.isnan(w).all() and told(answer(lines(spoilt_, grad_norm=norms))) is None
    losses, norms, w, skipped = scaled(True, halves=False)  # it goes on: nothing is learned
    assert all(skipped) and losses[-1] == losses[0]


def test_another_column_that_is_no_number_is_named_and_words_about_nan_are_not_overheard(told):
    """“The losses are numbers, but another column of the log is not: {names}.”"""
    losses = fit(*points(), 0.1, 9)[0]
    bad = [0.1] * 8 + [NAN]
    assert told(answer(lines(losses, loss_box=bad, loss_mask=bad))) == {"names": "loss_box, loss_mask"}
    assert told(answer(lines(losses, loss_box=losses, loss_mask=losses))) is None


@pytest.mark.parametrize(
    "words",
    [
        "Loss is nan, stopping training",
        "TerminateOnNaN is on",
        "Current loss scale already at minimum - cannot decrease scale anymore.",
    ],
)
def test_what_a_log_says_beside_its_numbers_lowers_what_is_sure(told, words):
    """“Beside its numbers the log speaks of nan or inf, or of a loss scale at its lowest.”"""
    rows = "\n".join(f"loss: {loss}" for loss in fit(*points(), 0.1, 9)[0])
    for text in f"{words}\n{rows}", f"{rows}\n{words}":
        found = answer(text)
        assert told(found) == {} and found["confidence"] == "low"
    assert told(answer(rows)) is None


def test_losses_of_0_that_stand_for_nan_are_counted(told):
    """“{count} losses of exactly 0 are read as nan,”"""
    losses, _ = fit(*points(), 40.0, 60)
    for shown in (6, 9):
        cut = losses[: broke(losses)][:: max(1, broke(losses) // 6)]
        rows = [*cut, *[0.0] * shown]
        norms = [1.0] * len(cut) + [NAN] * shown
        text = "\n".join(f"{{'loss': {a}, 'grad_norm': {b}}}" for a, b in zip(rows, norms, strict=True))
        assert told(answer(text)) == {"count": shown}
    assert told(answer(text.replace("nan", "0.1"))) is None  # a loss that has become 0


# ── What was read ───────────────────────────────────────────────────────────

FALLS = [2.5, 2.25, 2.0, 1.5, 1.25, 1.0]


def test_of_rate_optimiser_and_format_the_log_is_believed_and_a_field_that_differs_is_named(told):
    """“The log gives the rate as {log} and the field as {field}; the log is believed.” “The log names {log} and the field
    {field}; the log is believed.”"""
    head = "Using fp16, optimizer: AdamW, lr: 0.02\n"
    found = answer(head + lines(FALLS), rate=0.5, optimiser="SGD", dtype="float32")
    believed = found["rate"], found["optimiser"], found["precision"]
    assert believed == (0.02, "AdamW", "float16")
    said = " ".join(found["why"])
    for log, field in ("AdamW", "SGD"), ("float16", "float32"):
        assert f"The log names {log} and the field {field}; the log is believed." in said
    assert (
        told(found) == {"log": "AdamW", "field": "SGD"} and "the rate as 0.02 and the field as 0.5;" in said
    )
    assert told(answer(head + lines(FALLS), rate=0.02, optimiser="AdamW", dtype="float16")) is None


@pytest.mark.parametrize(
    "text, fields, said",
    [
        ("lr: 0.02\n" + lines(FALLS), {}, "The rate is 0.02, as the log says."),
        (lines(FALLS), {"rate": 0.5}, "The rate is 0.5, as you gave it."),
        (
            lines([one for one in FALLS for _ in range(7)], 7),
            {},
            "There is a line every 7 updates, as the log says.",
        ),
        (lines(FALLS), {}, "A line is one update."),
        ("2.5\n2.25\n2\n1.5", {"every": 30}, "There is a line every 30 updates, as you said."),
        (
            "".join(f"32/32 [====] - 1s - loss: {loss}\n" for loss in FALLS),
            {},
            "A line is the mean of 32 updates.",
        ),
        (
            "".join(f"6000/6000 [====] - 2s 36us/sample - loss: {loss}\n" for loss in FALLS),
            {},
            "A line is a mean of several updates, and nothing says of how many.",
        ),
        ("2.5\n2.25\n2\n1.5", {}, "Nothing says how many updates a line stands for, so one is assumed."),
        (epochs(FALLS), {}, "A line is an epoch, and nothing says how many updates it has."),
        ("optimizer: AdamW\n" + lines(FALLS), {}, "The optimiser is AdamW, as the log says."),
        ("precision: bf16\n" + lines(FALLS), {}, "The number format is bfloat16, as the log says."),
    ],
)
def test_what_was_read_of_rate_spacing_optimiser_and_format_is_said(text, fields, said):
    """“The rate is {rate}, as the log says.” “The rate is {rate}, as you gave it.” “There is a line every {every} updates,
    as the log says.” “A line is one update.” “There is a line every {every} updates, as you said.” “A line is the
    mean of {every} updates.” “A line is a mean of several updates, and nothing says of how many.” “Nothing says how
    many updates a line stands for, so one is assumed.” “A line is an epoch, and nothing says how many updates it
    has.” “The optimiser is {optimiser}, as the log says.” “The number format is {precision}, as the log says.”"""
    assert said in answer(text, **fields)["said"]
    assert (said in answer("2.5\n2.25\n2\n1.5")["said"]) == (text.startswith("2.5") and not fields)
