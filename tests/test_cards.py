"""The symptom cards: every log is that of a run, which runs again here."""

import re

import numpy as np
import pytest

from apart import LINES
from conftest import ROOT, markdown_of
from proven import of_a_framework
from test_messages import found, said_by

PAGE = markdown_of("cards")
CARDS = dict(re.findall(r"^## Card (\d)\n(.*?)(?=^## Card|^</div>)", PAGE, re.M | re.S))
LOGS = {n: re.search(r"```text\n(.*?)```", card, re.S)[1].splitlines() for n, card in CARDS.items()}
KEYS = {
    n: " ".join(re.search(r'\?\?\? answer "(.*)"\n(.*)', card, re.S).groups()) for n, card in CARDS.items()
}


MESSAGES = "docs/cards.md", "docs/messages.md", "tests/messages/*", "tests/test_messages.py"
framework = of_a_framework(*LINES, *MESSAGES)


def scaled():
    """A weight of 10 with the loss w²/2, its gradient in fp16 under a scaler, at a rate of 0.1."""
    w, scale, lines = 10.0, 65_536.0, []
    for update in range(1, 7):
        loss = w * w / 2
        with np.errstate(over="ignore"):
            slope = float(np.float16(w * scale)) / scale
        scale = scale if np.isfinite(slope) else scale / 2
        lines.append(f"update {update}  loss {loss:.1f}  grad_norm {slope:.1f}  scale {scale:.0f}")
        w = w - 0.1 * slope if np.isfinite(slope) else w
    return lines


def classified(rate, updates=300):
    """Ten classes of 20 points around centres of their own, not centred; 64 ReLU units, and how many are alive."""
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(10, 8)) * 3
    y = np.repeat(np.arange(10), 20)
    x = 10 + centres[y] + rng.normal(size=(200, 8))
    v, b = rng.normal(size=(8, 64)) / 2, np.zeros(64)
    u, c = rng.normal(size=(64, 10)) / 8, np.zeros(10)
    losses = []
    for _ in range(updates + 1):
        h = np.maximum(x @ v + b, 0)
        z = h @ u + c
        z = z - z.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(-log_p[np.arange(200), y].mean())
        slope = (np.exp(log_p) - np.eye(10)[y]) / 200
        back = (slope @ u.T) * (h > 0)
        u, c = u - rate * h.T @ slope, c - rate * slope.sum(axis=0)
        v, b = v - rate * x.T @ back, b - rate * back.sum(axis=0)
    return losses, (h > 0).any(axis=0).sum()


def sure(rate):
    """A cross-entropy written by hand, in fp32: ten 1s and nine −1s labelled by their sign, and one 30."""
    x = np.float32([1] * 10 + [-1] * 9 + [30])
    y, w, losses = np.float32(x > 0), np.float32(0), []
    while not losses or not np.isnan(losses[-1]):
        p = 1 / (1 + np.exp(-w * x))
        losses.append(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
        if not np.isnan(losses[-1]):
            w = w - np.float32(rate) * np.mean((p - y) * x)
    return losses, w


def test_there_are_five_cards_each_with_a_log_its_room_and_its_key():
    """“Five logs from real runs on cards to print, for a class to say what to check first and what the cause is; the key
    stands on a page of its own.” “Every log is that of a run, which a test runs again.” docs/teach.md: “Five cards on a
    sheet of paper, each with a log as a run prints it, and the key on another sheet: what to check first, and what it
    was.” “One of the five runs is in order.” docs/cards.md: “Symptom cards: five logs, five causes”
    docs/cards.md: “Print this page: the cards come on one sheet, the key on another.”"""
    assert [n for n in KEYS if "Nothing is wrong" in KEYS[n]] == ["2"]
    tested = [name for name in globals() if re.match(r"test_card_\d", name)]
    assert sorted({name[10] for name in tested}) == list(CARDS) == sorted(LOGS)
    css = (ROOT / "docs/assets/overshoot.css").read_text(encoding="utf-8")
    assert 'class="one-page cards"' in PAGE and ".cards" in css and "break-before: page" in css
    assert list(CARDS) == ["1", "2", "3", "4", "5"]
    for n, card in CARDS.items():
        assert card.count('<span class="room"></span>') == 2
        assert re.search(r"\*\*Check:\*\*", KEYS[n]) and "](messages.md#" in KEYS[n]
        assert max(map(len, LOGS[n])) <= 80


@framework
def test_card_1_is_the_run_of_keras_and_its_limit_is_that_of_its_inputs():
    """“Keras: a `Dense(1)` on age in years and weight in kilograms, `"mse"`, `SGD(0.001)`.” “**A rate above the limit,
    hidden in one line.** The loss was finite before `fit`, so it is not the data. A line of Keras is the mean of an
    epoch, here of a hundred updates, and an explosion fits into it.” “**Check:** log every update. The largest curvature
    of these raw units is about 13,000, so the limit is 0.00015, and 0.0001 trains. **Cure:** standardise the inputs.”
    """
    broken, cured = said_by("keras")["loss-nan"]
    assert found(r"before fit: 6115\.66", broken) and found(r"100/100 - .* - loss: nan", broken)
    assert "weights finite: True" in cured
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal([40, 70], [12, 15], (3200, 2)), np.ones(3200)])
    curvature = np.linalg.eigvalsh(2 * X.T @ X / len(X))[-1]
    assert curvature == pytest.approx(13_000, rel=0.05)
    assert 2 / curvature == pytest.approx(0.00015, rel=0.05) and 0.001 > 0.00015
    y = X @ [1.0, 0.5, 3.0]
    scaled = (X - X.mean(axis=0)) / np.where(X.std(axis=0) > 0, X.std(axis=0), 1)
    for inputs, targets, rate, trains in (
        (X, y, 0.0001, 1),
        (X, y, 0.001, 0),
        (scaled, y - y.mean(), 0.001, 1),
    ):
        w, losses = np.zeros(3), []
        for _ in range(100):  # the updates of one line
            error = inputs @ w - targets
            losses.append(np.mean(error**2))
            w = w - rate * 2 / len(X) * inputs.T @ error
        assert (losses[-1] < losses[0]) == bool(trains)
    assert max(LOGS["1"]).startswith("model.evaluate") and "100/100" in LOGS["1"][2]


def test_card_2_is_a_scaler_at_work():
    """“PyTorch, fp16 with a `GradScaler`.” “**Nothing is wrong.** The scaler looks for its place. At 65,536 a gradient of
    10 does not fit into fp16, so the update is skipped and the scale halved, four times; then it trains. The warning
    comes from the skipped updates.” “**Cure:** none.”"""
    with np.errstate(over="ignore"):
        fits = [bool(np.isfinite(np.float16(10 * 65_536 / 2**n))) for n in range(6)]
    assert fits == [False] * 4 + [True] * 2 and "grad_norm 10.0" in LOGS["2"][5]
    assert [float(line.split()[3]) for line in LOGS["2"] if "update" in line][-2:] == [50, 40.5]
    assert [line for line in LOGS["2"] if not line.startswith("UserWarning")] == scaled()
    assert sum("inf" in line for line in LOGS["2"]) == 4


@framework
def test_card_3_is_what_the_trainer_prints():
    """“Hugging Face's Trainer, float32, a line for each update.” “**The loss is nan; the Trainer does not show it.** A
    loss of 0 with a norm that is nan is a loss that was left out. The weights are nan since the second update.” “**Check:**
    `logging_nan_inf_filter=False` shows it.”"""
    broken, _ = said_by("transformers")["zero-loss"]
    lines = re.findall(r"\{'loss': '\S+', 'grad_norm': '\S+'(?=, 'learning_rate')", broken)
    assert [line + "}" for line in lines][:4] == LOGS["3"]
    assert [float(line.split("'")[3]) for line in LOGS["3"]][1:] == [0, 0, 0]
    assert all("nan" in line for line in LOGS["3"][1:])
    assert "weights finite: False" in broken


def test_card_4_comes_back_dead_to_the_logarithm_of_ten_and_a_tenth_of_the_rate_learns():
    """“Ten classes of equal size, 64 ReLU units, SGD.” “**It came back, and it is dead.** 2.3026 is ln 10, the loss of
    guessing among ten classes. The first updates threw one unit after another to where it gives 0 for all inputs; none
    is left, and only the last biases still learn. **Check:** the norm of the gradient of the first layer, which is
    exactly 0. **Cure:** new weights and a tenth of the rate, which comes to 0.0058 here.”"""
    losses, alive = classified(0.3)
    shown = [f"update {n:3d}  loss {losses[n]:.4f}" for n in (0, 1, 2, 3, 100, 200, 300)]
    assert shown == LOGS["4"] and alive == 0
    assert np.log(10) == pytest.approx(2.3026, abs=5e-5)
    counts = [classified(0.3, updates)[1] for updates in (0, 1, 2, 3)]
    assert counts[0] > 32 and counts == sorted(counts, reverse=True) and len(set(counts)) > 2
    losses, alive = classified(0.3 / 10)
    assert losses[-1] == pytest.approx(0.0058, abs=5e-5) and alive > 32


def test_card_5_is_a_log_of_0_in_a_run_whose_loss_falls():
    """“A logistic model in NumPy, float32, cross-entropy written by hand. The weight is 0.564.” “**A log of 0, because the
    model is sure.** Nothing grew, every update is shown, and the weight is finite: it is not the rate. One probability
    has become exactly 1, and for it 1 − p is 0: 0 · log 0 is nan. A tenth of the rate only puts it off. **Check:** print
    the smallest number that goes into a log. **Cure:** the loss from the scores.”"""
    with np.errstate(all="ignore"):
        losses, w = sure(0.1)
        later = len(sure(0.01)[0]) - 1
    assert [f"update {n}  loss {losses[n]:.3f}" for n in (10, 11, 12)] == [
        line for line in LOGS["5"] if line.startswith("update")
    ]
    assert all(np.diff(losses[:-1]) < 0) and w == pytest.approx(0.564, abs=5e-4)
    x = np.float32([1] * 10 + [-1] * 9 + [30])
    assert np.isfinite(np.mean(np.logaddexp(0, -np.abs(w * x))))  # the loss from the scores
    assert later > 5 * 12, "a tenth of the rate only puts it off"
    p = 1 / (1 + np.exp(-w * np.float32(30)))
    assert p == 1
    with pytest.warns(RuntimeWarning) as warned:
        np.float32(0) * np.log(1 - np.float32([p]))
    assert [f"RuntimeWarning: {one.message}" for one in warned] == LOGS["5"][2:4]
