"""The symptom cards: every log is that of a run, which runs again here."""

import re

import numpy as np
import pytest

from conftest import ROOT
from test_messages import found, said_by

PAGE = (ROOT / "docs/cards.md").read_text(encoding="utf-8")
CARDS = dict(re.findall(r"^## Card (\d)\n(.*?)(?=^## Card|^</div>)", PAGE, re.M | re.S))
LOGS = {n: re.search(r"```text\n(.*?)```", card, re.S)[1].splitlines() for n, card in CARDS.items()}
KEYS = {
    n: " ".join(re.search(r'\?\?\? answer "(.*)"\n(.*)', card, re.S).groups()) for n, card in CARDS.items()
}


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


def classified(rate):
    """Ten classes of 20 points around centres of their own, not centred; 64 ReLU units, and how many are alive."""
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(10, 8)) * 3
    y = np.repeat(np.arange(10), 20)
    x = 10 + centres[y] + rng.normal(size=(200, 8))
    v, b = rng.normal(size=(8, 64)) / 2, np.zeros(64)
    u, c = rng.normal(size=(64, 10)) / 8, np.zeros(10)
    losses = []
    for _ in range(301):
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
    assert list(CARDS) == ["1", "2", "3", "4", "5"]
    for n, card in CARDS.items():
        assert card.count('<span class="room"></span>') == 2
        assert re.search(r"\*\*Check:\*\*", KEYS[n]) and "](messages.md#" in KEYS[n]
        assert max(map(len, LOGS[n])) <= 80


@pytest.mark.xdist_group("frameworks")
def test_card_1_is_the_run_of_keras_and_its_limit_is_that_of_its_inputs():
    broken, cured = said_by("keras")["loss-nan"]
    assert found(r"before fit: 6115\.66", broken) and found(r"100/100 - .* - loss: nan", broken)
    assert "weights finite: True" in cured
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal([40, 70], [12, 15], (3200, 2)), np.ones(3200)])
    curvature = np.linalg.eigvalsh(2 * X.T @ X / len(X))[-1]
    assert "about 13,000" in KEYS["1"] and curvature == pytest.approx(13_000, rel=0.05)
    assert "the limit is 0.00015" in KEYS["1"] and 2 / curvature == pytest.approx(0.00015, rel=0.05)


def test_card_2_is_a_scaler_at_work():
    assert [line for line in LOGS["2"] if not line.startswith("UserWarning")] == scaled()
    assert "four times; then it trains" in KEYS["2"]
    assert sum("inf" in line for line in LOGS["2"]) == 4


@pytest.mark.xdist_group("frameworks")
def test_card_3_is_what_the_trainer_prints():
    broken, _ = said_by("transformers")["zero-loss"]
    lines = re.findall(r"\{'loss': '\S+', 'grad_norm': '\S+'(?=, 'learning_rate')", broken)
    assert [line + "}" for line in lines][:4] == LOGS["3"]
    assert "weights finite: False" in broken


def test_card_4_comes_back_dead_to_the_logarithm_of_ten_and_a_tenth_of_the_rate_learns():
    losses, alive = classified(0.3)
    shown = [f"update {n:3d}  loss {losses[n]:.4f}" for n in (0, 1, 2, 3, 100, 200, 300)]
    assert shown == LOGS["4"] and alive == 0
    assert f"{np.log(10):.4f}" == "2.3026"
    losses, alive = classified(0.03)
    assert f"comes to {losses[-1]:.4f} here" in KEYS["4"] and alive > 32


def test_card_5_is_a_log_of_0_in_a_run_whose_loss_falls():
    with np.errstate(all="ignore"):
        losses, w = sure(0.1)
        later = len(sure(0.01)[0]) - 1
    assert [f"update {n}  loss {losses[n]:.3f}" for n in (10, 11, 12)] == [
        line for line in LOGS["5"] if line.startswith("update")
    ]
    assert all(np.diff(losses[:-1]) < 0) and f"The weight is {w:.3f}" in CARDS["5"]
    assert later > 5 * 12, "a tenth of the rate only puts it off"
    p = 1 / (1 + np.exp(-w * np.float32(30)))
    assert p == 1
    with pytest.warns(RuntimeWarning) as warned:
        np.float32(0) * np.log(1 - np.float32([p]))
    assert [f"RuntimeWarning: {one.message}" for one in warned] == LOGS["5"][2:4]
