"""Diagnose: the claims of the chapter, on parabolas at random, on print-outs, on real runs, on bad input."""

import csv
import itertools
import json
import math
import os
import re
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import readlog
from conftest import ROOT, SNIPPETS
from readlog.command import options

pytestmark = pytest.mark.xdist_group("diagnose")  # one worker runs the program once

PROGRAM = SNIPPETS / "diagnose.py"
RUNS = list(csv.DictReader((SNIPPETS / "data" / "runs.csv").read_text(encoding="utf-8").splitlines()))
repeatable = settings(derandomize=True, deadline=None, max_examples=150)


@pytest.fixture(scope="module")
def program():
    return readlog


def descend(curvatures, start, alpha, beta=0.0, floor=0.0, sign=1, updates=3000):
    """The losses of heavy-ball descent on a parabola, up to the first that is no number."""
    lam, e, v, losses = np.array(curvatures), np.array(start, float), 0.0, []
    with np.errstate(all="ignore"):
        for _ in range(updates):
            losses.append(float(floor + 0.5 * np.sum(lam * e**2)))
            if not math.isfinite(losses[-1]):
                break
            v = beta * v + lam * e
            e = e - sign * alpha * v
    return losses


parabolas = st.fixed_dictionaries(
    {
        "flat": st.lists(st.floats(1e-4, 0.95), max_size=7),  # parts of the largest curvature
        "top": st.floats(1e-3, 1e4),
        "multiple": st.floats(1.05, 100),
        "beta": st.sampled_from([0.0, 0.5, 0.9]),
        "floor": st.floats(0, 100),
        "start": st.lists(st.floats(0.3, 2), min_size=8, max_size=8),
        "signs": st.lists(st.sampled_from([-1, 1]), min_size=8, max_size=8),
    }
)


def run_of(p):
    lam = p["top"] * np.array([1.0, *p["flat"]])
    start = np.multiply(p["start"], p["signs"])[: len(lam)]
    limit = 2 * (1 + p["beta"]) / p["top"]
    alpha = p["multiple"] * limit
    return descend(lam, start, alpha, p["beta"], p["floor"]), alpha, limit


def says(*sentences):
    """Whether the page says it, in these words."""
    page = " ".join((ROOT / "docs" / "diagnose.md").read_text(encoding="utf-8").split())
    return all(one in page for one in sentences)


# ── Parabolas ───────────────────────────────────────────────────────────────


@repeatable
@given(parabolas)
def test_on_a_parabola_the_curvature_is_right_to_a_percent_and_the_suggested_rate_stable(p):
    diagnose = readlog.diagnose
    losses, alpha, limit = run_of(p)
    found = diagnose({"loss": losses}, rate=alpha, momentum=p["beta"])
    assert found["verdict"] in ("rate-too-high", "growth")
    assert found["curvature"] == pytest.approx(p["top"], rel=0.01)
    assert found["rate_limit"] == pytest.approx(limit, rel=0.01)
    assert found["suggested_rate"] < limit


@repeatable
@given(parabolas, st.integers(10, 40))
def test_ten_growing_losses_are_enough_for_a_percent(p, growing):
    program = readlog
    losses, alpha, limit = run_of(p)
    end, first, last = program.growth_phase(losses)
    losses = losses[: min(first + growing + 1, end)]
    end, first, last = program.growth_phase(losses)
    assume(last - first >= 10)
    found = program.diagnose({"loss": losses}, rate=alpha, momentum=p["beta"])
    assume(found["verdict"] in ("rate-too-high", "growth") and found["confidence"] == "high")
    # While two directions still grow side by side, ten losses do not part them.
    near = [flat for flat in p["flat"] if flat > 0.5 and flat * p["multiple"] > 1]
    assume(not near)
    assert found["curvature"] == pytest.approx(p["top"], rel=0.01)
    assert found["suggested_rate"] < limit


def test_one_formula_holds_with_and_without_momentum(program):
    for beta in (0, 0.5, 0.9):
        for al in (2 * (1 + beta) * 1.1, 30.0):
            z = np.roots([1, al - 1 - beta, beta])  # the heavy ball's two factors
            r = np.abs(z).max() ** 2
            assert program.product(r, beta) == pytest.approx(al, rel=1e-9)


def test_three_losses_with_a_floor_are_read_by_their_differences(program):
    found = program.diagnose({"loss": [80.4866, 102.8105, 137.0916]}, rate=0.12)
    assert found["curvature"] == pytest.approx(18.66, rel=1e-4)
    assert found["confidence"] == "medium"  # two rises are not many


def test_growth_between_shown_losses_is_brought_back_to_one_update(program):
    losses = [3.0 * 1.44**n for n in range(0, 60, 10)]
    found = program.diagnose({"loss": losses, "every": 10}, rate=0.1)
    assert found["growth_per_step"] == pytest.approx(1.44)
    assert found["curvature"] == pytest.approx(2.2 / 0.1)


# ── Rate or sign ────────────────────────────────────────────────────────────


@repeatable
@given(st.floats(0.05, 1.9))
def test_losses_alone_cannot_tell_a_high_rate_from_a_wrong_sign(x):
    diagnose = readlog.diagnose
    high = descend([1.0], [1.0], 2 + x, updates=12)  # error × −(1 + x)
    wrong = descend([1.0], [1.0], x, sign=-1, updates=12)  # error × (1 + x)
    assert high == pytest.approx(wrong)
    assert diagnose({"loss": high}, rate=1)["verdict"] == "growth"


def test_a_weight_that_alternates_says_rate_and_one_that_leaves_says_sign(program):
    losses = [0.5 * 1.21**n for n in range(8)]
    alternates, leaves = [(-1.1) ** n for n in range(8)], [1.1**n for n in range(8)]
    rate = program.diagnose({"loss": losses, "weight": alternates}, rate=0.1)
    sign = program.diagnose({"loss": losses, "weight": leaves}, rate=0.1)
    assert (rate["verdict"], sign["verdict"]) == ("rate-too-high", "not-the-rate")
    assert rate["curvature"] == pytest.approx(21) and sign["curvature"] == pytest.approx(1)
    assert "sign" in sign["why"][1]


def test_every_second_weight_hides_the_side_and_is_not_believed(program):
    losses = [0.5 * 1.21 ** (2 * n) for n in range(8)]
    weight = [1.1 ** (2 * n) for n in range(8)]
    found = program.diagnose({"loss": losses, "weight": weight, "every": 2}, rate=0.1)
    assert found["verdict"] == "growth"


@repeatable
@given(st.floats(1.05, 40))
def test_at_no_growth_do_losses_alone_tell_the_rate_from_the_sign(root):
    """A loss does not know the difference, because it goes with the square; at no growth does it."""
    diagnose = readlog.diagnose
    high = descend([1.0], [1.0], 1 + root, updates=9)  # error × −√r
    wrong = descend([1.0], [1.0], root - 1, sign=-1, updates=9)  # error × √r
    assert high == pytest.approx(wrong)
    assert diagnose({"loss": high}, rate=1)["verdict"] == "growth"


def test_a_rate_read_from_a_wrong_sign_explodes_and_the_answer_says_what_then(program):
    losses = descend([200.0], [0.1], 0.02, sign=-1, updates=9)
    found = program.diagnose({"loss": losses}, rate=0.02)
    assert found["suggested_rate"] == pytest.approx(0.02 / 6)  # αλ is read as 6, and half the limit set
    after = descend([200.0], [0.1], found["suggested_rate"], sign=-1, updates=41)
    assert after[40] / after[0] > 1e17
    assert found["next"][-1].startswith(
        "If it still grows at the new rate, or the weight leaves on one side, turn"
    )


def test_a_loss_that_also_fell_is_not_of_a_wrong_sign(program):
    """with a wrong sign it would climb throughout, noise apart"""
    calm = [5.0 * 0.7**n for n in range(6)]
    assert (
        program.diagnose({"loss": [*calm, *(calm[-1] * 3.0**n for n in range(1, 9))]})["verdict"]
        == "rate-too-high"
    )
    rising = descend([1.0, 0.01], [0.1, 9.0], 0.5, sign=-1, updates=60)
    assert min(np.diff(rising)) > 0


# ── Verdicts ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "losses, verdict",
    [
        ([math.nan, math.nan], "nan-at-start"),
        ([math.nan, 3.0, 2.0], "not-the-rate"),
        ([0.7, 0.6, 0.5, 0.45, math.nan], "not-the-rate"),
        ([0.7, 0.72, 0.5, 0.61, 0.45, math.inf], "not-the-rate"),
        ([0.7, 0.6, math.nan, 0.5, 0.45], "not-the-rate"),
        ([0.7, 0.6, math.nan], "unclear"),
        ([5.0, 4.0, 3.0, 2.5, 2.0, 1.8], "healthy"),
        ([5.0, 50.0, 80.0, 20.0, 4.0, 3.0, 2.0, 1.0], "recovers"),
        ([1.0, 1.0, 1.0, 1.0], "unclear"),
        ([2.38, 2.33, 2.34, 2.33], "unclear"),
        ([0.114, 0.099, 3.6e32, 0.063, 0.113], "unclear"),
        ([0.7, 900.0, 300.0, 800.0, 500.0, 700.0, 600.0], "rate-too-high"),
        ([9.0, 5.0, 1.0, 0.5, 1.0, 8.0, 90.0, 1e4, math.inf], "rate-too-high"),
        ([-0.36, -0.43, -0.55, -0.6, -0.7], "healthy"),
    ],
)
def test_each_kind_of_run_gets_its_verdict(program, losses, verdict):
    found = program.diagnose({"loss": losses}, rate=0.1)
    assert found["verdict"] == verdict
    assert found["confidence"] in ("high", "medium", "low")
    assert found["why"] and found["next"]


@pytest.mark.parametrize(
    "losses", [[2.38, 2.33, 2.34, 2.33], [75.8, 116, 71.9, 75.2], [1.22, 1.11, 1.12, 1.1, 1.11]]
)
def test_a_run_that_ends_where_it_began_is_never_said_to_train(program, losses):
    found = program.diagnose({"loss": losses}, rate=0.1)
    assert found["verdict"] == "unclear" and found["suggested_rate"] is None


def test_a_first_mean_of_absurd_height_over_a_plateau_is_the_trace_of_something(program):
    epochs = "".join(
        f"Epoch {n}/6\n10/10 [====] - 0s - loss: {loss}\n"
        for n, loss in enumerate((1130, 2.92, 2.8, 2.81, 3, 2.77), 1)
    )
    found = program.diagnose(program.read(epochs), rate=0.1)
    assert (found["verdict"], found["finding"]) == ("unclear", "absurd")
    assert "387 times above" in found["why"][0] or "402" in found["why"][0] or "399" in found["why"][0]


# ── Spacing ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("gap, growth", [(10, 7130), (50, 5.9), (100, 2.43), (500, 1.19)])
def test_a_gap_that_may_hide_an_explosion_is_told_in_numbers(program, gap, growth):
    """with 50 updates between them a growth of `5.9` per update hides a whole explosion"""
    steps = "step,loss\n" + "\n".join(f"{n * gap},1.0" for n in range(5)) + f"\n{5 * gap},nan"
    found = program.diagnose(program.read(steps), rate=0.1)
    assert (found["verdict"], found["finding"]) == ("unclear", "gap")
    told = float(re.search(r"A growth of ([0-9.e+]+) per update", found["why"][0])[1])
    assert told == pytest.approx(growth, rel=0.01)
    with np.errstate(over="ignore"):  # a run that grows so fast is at the end of float32 in that time
        loss = np.float32(1)
        for _ in range(gap):
            loss = np.float32(loss * np.float32(told * 1.005))
    assert not np.isfinite(loss)
    assert found["why"][0].startswith(f"{gap} updates lie between")


def test_the_same_explosion_is_named_from_every_update_and_not_from_epochs(program):
    losses = [float(one) for one in descend([1.0], [1.0], 3.2, updates=60)]
    every = program.diagnose({"loss": [*losses, math.inf]}, rate=3.2)
    assert every["verdict"] == "growth" and every["confidence"] == "high"
    keras = "Epoch 1/3\n100/100 [====] - 1s - loss: nan\nEpoch 2/3\n100/100 [====] - 1s - loss: nan"
    epochs = program.diagnose(program.read(keras), rate=3.2)
    assert (epochs["verdict"], epochs["confidence"]) == ("unclear", "low")
    assert "100 updates had been made by then" in epochs["why"][0]


def test_what_was_typed_of_the_spacing_counts(program):
    log = program.read("0.7\n0.6\n0.5\n0.45\n0.44\nnan")
    assert program.diagnose(log)["confidence"] == "low"  # nothing says how many updates a line stands for
    assert program.diagnose(log, every=1)["confidence"] == "high"
    assert program.diagnose(log, every=10)["verdict"] == "unclear"


def test_high_is_said_only_of_what_a_log_shows(program):
    for text in (
        "loss: nan",
        "step 500 loss: nan\nstep 600 loss: nan",
        "{'loss': 2.1, 'learning_rate': 0.1, 'epoch': 1}\n{'loss': nan, 'learning_rate': 0.1, 'epoch': 2}",
        "epoch 1 loss 0.5\nepoch 2 loss 0.4\nepoch 3 loss 0.3\nepoch 4 loss nan",
    ):
        assert program.diagnose(program.read(text))["confidence"] != "high"


# ── nan in its costumes ─────────────────────────────────────────────────────


def test_a_loss_of_zero_beside_a_gradient_that_is_nan_is_a_nan(program):
    row = "{{'loss': {}, 'grad_norm': {}, 'learning_rate': 0.001, 'epoch': {}}}"
    text = "\n".join(
        row.format(*one)
        for one in ((2.1, 3.2, 0.1), (1.9, 4.1, 0.2), ("0.0", "nan", 0.3), ("0.0", "nan", 0.4))
    )
    found = program.diagnose(program.read(text))
    assert found["verdict"] == "unclear" and "2 losses of exactly 0 are read as nan" in found["why"][0]
    assert found["losses"] == [2.1, 1.9, 0, 0]  # as read
    quoted = text.replace("'loss': 0.0", "'loss': '0'").replace("nan", "'nan'")
    assert program.diagnose(program.read(quoted))["finding"] == found["finding"]
    learned = "\n".join(row.format(loss, 0.1, n) for n, loss in enumerate((0.5, 0.01, 0.0003, 0.0)))
    assert program.diagnose(program.read(learned))["verdict"] == "healthy"


def test_a_rate_of_zero_is_not_to_blame(program):
    row = "{{'loss': {}, 'learning_rate': 0.0, 'epoch': {}}}"
    found = program.diagnose(
        program.read("\n".join(row.format(*one) for one in ((5.1, 0.1), (5.3, 0.2), ("nan", 0.3))))
    )
    assert (found["verdict"], found["finding"]) == ("not-the-rate", "zero-rate")


def test_a_validation_loss_that_is_nan_has_an_answer_of_its_own(program):
    text = "epoch,loss,val_loss\n" + "\n".join(f"{n},{2.0 * 0.8**n},nan" for n in range(8))
    found = program.diagnose(program.read(text))
    assert (found["verdict"], found["finding"]) == ("unclear", "validation")
    assert "validation data" in found["next"][0]


def test_a_gradient_that_is_nan_in_every_line_is_told(program):
    text = "step,loss,grad_norm\n" + "\n".join(f"{n},{2.0 + n % 2},nan" for n in range(6))
    assert program.diagnose(program.read(text))["finding"] == "norm"
    some = text.replace("nan", "1.0").replace("2,2.0,1.0", "2,2.0,nan")
    assert "The gradient's norm is not a number in 1 of 6 lines" in " ".join(
        program.diagnose(program.read(some))["why"]
    )


def test_another_column_that_is_nan_lowers_the_confidence(program):
    text = "\n".join(f"iter: {n} loss: {2.0 * 0.8**n} l_g_pix: nan" for n in range(8))
    found = program.diagnose(program.read(text))
    assert found["confidence"] == "low" and "l_g_pix" in " ".join(found["why"])


# ── Optimisers and what the log says ────────────────────────────────────────


def test_under_adam_no_curvature_no_countdown_and_a_jump_is_the_rate(program):
    jump = [1.85, 1220.0, 906.0, 300.0, 120.0, 60.0, 30.0, 20.0]
    for optimiser in ("Adam", "AdamW", "RMSprop"):
        found = program.diagnose({"loss": jump}, rate=0.3, optimiser=optimiser)
        assert found["verdict"] == "rate-too-high"
        assert found["curvature"] is found["rate_limit"] is found["steps_to_overflow"] is None
        assert f"Under {optimiser} a weight moves by a few times the rate" in " ".join(found["why"])
        assert "αλ" not in " ".join(found["why"])


def test_growth_by_a_factor_under_adam_is_not_the_rate_alone(program):
    found = program.diagnose({"loss": [4.0**n for n in range(8)]}, rate=0.1, optimiser="Adam")
    assert found["verdict"] == "growth" and found["confidence"] != "high"
    assert "needs more than that: an exp, a wrong sign" in " ".join(found["why"])


def test_rate_optimiser_and_format_are_taken_from_the_log_and_a_field_that_differs_is_named(program):
    text = "Using fp16, optimizer: AdamW, lr: 0.02\n" + "\n".join(
        f"step {n} loss {3.0 * 0.9**n}" for n in range(9)
    )
    log = program.read(text)
    found = program.diagnose(log)
    assert (found["rate"], found["rate_from"], found["optimiser"], found["precision"]) == (
        0.02,
        "log",
        "AdamW",
        "float16",
    )
    assert {"The rate is 0.02, as the log says.", "The optimiser is AdamW, as the log says."} <= set(
        found["said"]
    )
    told = " ".join(program.diagnose(log, rate=0.5, optimiser="SGD", dtype="float32")["why"])
    assert "The log gives the rate as 0.02 and the field as 0.5" in told
    assert "The log names AdamW and the field SGD" in told and "names float16 and the field float32" in told


def test_where_a_schedule_moves_the_rate_the_typed_one_is_divided(program):
    text = "step,lr,loss\n" + "\n".join(f"{n},{0.01 * n},{4.0**n}" for n in range(1, 9))
    typed = program.diagnose(program.read(text), rate=0.5)
    assert typed["suggested_rate"] == pytest.approx(0.5 / 3)
    assert program.diagnose(program.read(text))["suggested_rate"] == pytest.approx(0.08 / 3)


# ── The loss of guessing ────────────────────────────────────────────────────


def test_a_run_that_came_back_to_the_loss_of_guessing_is_dead(program):
    losses = [2.4, 160.0, 40.0, 9.0, 3.0, 2.31, 2.3, 2.3, 2.31, 2.3]
    alone = program.diagnose({"loss": losses}, rate=0.1)
    assert alone["verdict"] in ("recovers", "unclear") and alone["confidence"] == "low"
    told = program.diagnose({"loss": losses}, rate=0.1, guess=math.log(10))
    assert (told["verdict"], told["finding"]) == ("rate-too-high", "guessing")


def test_below_the_loss_of_guessing_a_falling_loss_is_surely_healthy(program):
    losses = [2.4, 2.0, 1.6, 1.2, 0.9, 0.7, 0.6]
    assert program.diagnose({"loss": losses})["confidence"] == "medium"
    found = program.diagnose({"loss": losses}, guess=math.log(10))
    assert (found["verdict"], found["confidence"]) == ("healthy", "high")
    flat = program.diagnose({"loss": [2.4, 2.31, 2.3, 2.3, 2.3]}, guess=math.log(10))
    assert flat["verdict"] == "unclear" and flat["finding"] == "guessing"


def test_classes_that_the_log_names_give_the_loss_of_guessing(program):
    text = "num_classes: 10\n" + "\n".join(f"step {n} loss {2.3 * 0.9**n}" for n in range(12))
    assert program.diagnose(program.read(text))["guess"] == pytest.approx(math.log(10))
    squares = text.replace("2.3", "900")
    assert program.diagnose(program.read(squares))["guess"] is None  # no cross-entropy begins there


def test_the_step_at_which_the_explosive_phase_begins_is_named(program):
    calm = [5 * 0.9**n for n in range(30)]
    losses = [*calm, *(calm[-1] * 4.0**n for n in range(1, 12))]
    found = program.diagnose({"loss": losses}, rate=0.1)
    assert found["evidence"] == [29, 40]
    assert found["why"][0].startswith("The loss grew from step 29 to step 40")


def test_doubts_lower_the_confidence_and_are_named(program):
    clean = {"loss": [4.0**n for n in range(8)]}
    assert program.diagnose(clean, rate=0.1)["confidence"] == "high"
    changing = clean | {"rate": [0.1 * 0.9**n for n in range(8)]}
    for log, given_, words in (
        ({"loss": [1.0, 4.0, 16.0]}, {}, "Fewer than four losses grew"),
        (changing, {}, "The rate changes in the log"),
        (clean | {"every": 10}, {}, "A line stands for 10 updates"),
    ):
        found = program.diagnose(log, rate=0.1, **given_)
        assert found["confidence"] != "high" and words in " ".join(found["why"])


def test_faster_than_geometric_growth_is_no_parabola_and_is_said_to_be_none(program):
    losses = [23.0, 89.6, 1.72e4, 1.46e12, 4.28e35, math.inf]
    found = program.diagnose({"loss": losses}, rate=0.1)
    assert found["verdict"] == "growth" and found["confidence"] == "medium"
    assert "no constant factor" in found["why"][0]
    assert 0.005 < found["suggested_rate"] < 0.1  # by the last ratio it would be 1e-13


def test_a_loss_that_stays_high_divides_the_rate_by_five_times_the_height_between_10_and_200(program):
    """divided by five times the height at which the loss stays over its start; by 10 at least and by 200 at most"""
    for height, by in ((2, 10), (10, 50), (30, 150), (1000, 200)):
        losses = [1.0, *(height * (1 + 0.1 * (-1) ** n) for n in range(11))]
        found = program.diagnose({"loss": losses}, rate=1.0)
        assert found["verdict"] == "rate-too-high"
        assert 1 / found["suggested_rate"] == pytest.approx(by, rel=0.12)


def test_a_loss_that_reached_far_counts_by_the_root_of_it(program):
    """or by five times the root of the height that it reached, whichever is more"""
    losses = [1.0, 10.0, 900.0, 40.0, 10.0, 6.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0]
    found = program.diagnose({"loss": losses}, rate=1.0)
    assert 1 / found["suggested_rate"] == pytest.approx(5 * 30)


def test_the_countdown_is_the_chapter_overflows(program):
    found = program.diagnose({"loss": [1.0, 4.0, 16.0, 64.0, 256.0]}, rate=0.1)
    assert found["steps_to_overflow"] == {"float16": 8, "bfloat16": 64, "float32": 64, "float64": 512}


def test_mini_batches_give_a_lower_rate_and_the_limit_is_for_that_size(program):
    noisy = {"loss": [1.2, 0.7, 2.0, 9.0, 17.0, 300.0, 900.0, 2e4, 3e4, 9e6]}
    full = program.diagnose(noisy, rate=0.1)
    small = program.diagnose(noisy, rate=0.1, batch_size=8)
    assert small["suggested_rate"] / full["suggested_rate"] == pytest.approx(3 / 4)  # a quarter for a third
    assert program.diagnose(noisy, rate=0.1, batch_size=16)["suggested_rate"] == full["suggested_rate"]
    assert "The limit holds for this batch size." in small["why"]


# ── Print-outs ──────────────────────────────────────────────────────────────


def test_three_public_print_outs_give_the_curvatures_of_their_data(chapter):
    printed = [line.split()[-5:] for line in chapter.printed["posts"].splitlines()[1:]]
    assert [float(row[2]) for row in printed] == pytest.approx([18.66, 4169.54, 1276.59], rel=1e-5)
    x = np.array([20, 43, 63, 26, 53, 31, 58, 46, 58, 70, 46, 53, 60, 20, 63, 43, 26, 19, 31, 23.0])
    X = np.column_stack([x, np.ones(20)])
    assert float(printed[1][2]) == pytest.approx(np.linalg.eigvalsh(2 * X.T @ X / 20)[-1], rel=1e-5)
    x = np.arange(5, 45, 5.0)
    X = np.column_stack([x, np.ones(8)])
    assert float(printed[2][2]) == pytest.approx(np.linalg.eigvalsh(2 * X.T @ X / 8)[-1], rel=1e-5)


# ── Real runs ───────────────────────────────────────────────────────────────


def test_the_table_is_of_today_s_program(chapter):
    stale = [
        one["losses"][:60]
        for one in chapter.exploded
        if (one["found"]["suggested_rate"] or float(one["rate"]))
        != pytest.approx(float(one["diagnosed"]), rel=1e-3)
    ]
    assert stale == [], "stale: run `uv run evaluate`, which needs torch and scikit-learn"


def test_the_runs_cover_what_the_page_says_they_cover():
    for name, wanted in {
        "data": {"diabetes", "linnerud", "iris", "wine", "cancer", "digits"},
        "model": {"linear", "tanh", "relu"},
        "inputs": {"raw", "scaled"},
        "reduction": {"mean", "sum"},
        "momentum": {"0", "0.5", "0.9"},
        "batch": {"0", "8", "32"},
    }.items():
        assert wanted <= {one[name] for one in RUNS}
    factors = [float(one["rate"]) / float(one["largest"]) for one in RUNS if one["kind"] == "explodes"]
    assert min(factors) == pytest.approx(1.3, rel=0.01) and max(factors) == pytest.approx(100, rel=0.01)


def test_the_run_of_the_prediction_is_one_of_the_runs_with_these_factors(chapter):
    one = chapter.example("relu", 6)
    losses, alpha = np.array(one["log"]["loss"][:5]), float(one["rate"])
    assert [f"{loss:.3g}" for loss in losses] == ["1.55", "4.51", "205", "4.36e+07", "9.07e+23"]
    assert float(one["largest"]) / alpha == pytest.approx(0.5, rel=1e-3)
    factors = losses[1:] / losses[:-1]
    assert factors == pytest.approx([2.9, 45, 213_000, 2.1e16], rel=0.02)
    assert float(one["two_lines"]) / alpha == pytest.approx(7e-9, rel=0.02)
    assert math.sqrt(factors[-1]) == pytest.approx(1.4e8, rel=0.04)
    al = 1 + math.sqrt(factors[0])
    assert al == pytest.approx(2.7, rel=0.01) and 2 / al == pytest.approx(0.74, abs=0.01)
    assert 1 / (1 + math.sqrt(81)) == 0.1  # what a last factor of 81 would have meant


def test_with_three_of_its_losses_the_rate_is_0_177_with_four_0_142_with_all_0_115(chapter):
    losses = chapter.example("relu", 6)["log"]["loss"]
    found = [chapter.diagnose({"loss": losses[:n]}, rate=1.0) for n in (3, 4, 6)]
    assert [f"{one['suggested_rate']:.3f}" for one in found] == ["0.177", "0.142", "0.115"]
    assert [one["confidence"] for one in found] == ["low", "medium", "medium"]


def test_all_five_rates_that_did_not_train_come_from_batches_of_8():
    exploded = [one for one in RUNS if one["kind"] == "explodes"]
    assert [one["batch"] for one in exploded if one["diagnosed_trains"] == "0"] == ["8"] * 5


def test_on_the_full_batch_no_relu_rate_is_above_the_largest_that_trains():
    full = [one for one in RUNS if (one["kind"], one["model"], one["batch"]) == ("explodes", "relu", "0")]
    ratios = np.array([float(one["diagnosed"]) / float(one["largest"]) for one in full])
    assert ((ratios < 0.25).sum(), len(ratios), ratios.max() <= 1) == (23, 37, True)


def test_a_tenth_lies_from_an_eighth_to_ten_times_the_largest_that_trains():
    ratios = [float(one["tenth"]) / float(one["largest"]) for one in RUNS if one["kind"] == "explodes"]
    assert min(ratios) == pytest.approx(0.13, rel=0.01) and max(ratios) == pytest.approx(10, rel=0.01)


def test_the_nine_runs_that_train_and_are_called_unclear_end_high_or_leap_to_the_last(chapter):
    """Of the runs that train, the nine called *unclear* end about as high as they began, or leap to the last."""
    unclear = [one for one in chapter.trained if one["found"]["verdict"] == "unclear"]
    assert len(unclear) == 9
    for one in unclear:
        losses = np.array(one["log"]["loss"])
        leaps = losses[-50:].max() > 10 * losses[0]
        assert leaps or np.median(losses[-3:]) >= 0.9 * losses[0]


def test_thirty_eight_explosions_also_fell_and_only_those_are_told_from_a_sign(chapter):
    """What it was, rate or sign, the losses tell in `38` of them alone, those whose loss also fell."""
    told = [one for one in chapter.exploded if one["found"]["verdict"] == "rate-too-high"]
    assert len(told) == 38
    assert all(
        "It also fell" in " ".join(one["found"]["why"]) or "stays far above" in " ".join(one["found"]["why"])
        for one in told
    )


def test_the_exercises_have_the_answers_that_the_program_gives(program):
    first = program.diagnose({"loss": [2, 6, 22, 86]}, rate=0.05, momentum=0.5)
    assert [first[key] for key in ("curvature", "rate_limit", "suggested_rate")] == pytest.approx(
        [75, 0.04, 0.02]
    )
    second = program.diagnose({"loss": [3, 5, 23, 185]}, rate=0.01)
    assert [second[key] for key in ("curvature", "rate_limit", "suggested_rate")] == pytest.approx(
        [400, 0.005, 0.0025]
    )
    third = {"loss": [0.69, 0.52, 0.44, 0.41, 0.4, math.nan, math.nan]}
    assert program.diagnose(third, rate=0.1, every=1)["verdict"] == "not-the-rate"
    sparse = program.diagnose(third, rate=0.1, every=10)
    assert sparse["verdict"] == "unclear" and "A growth of 7.82e3 per update" in sparse["why"][0]
    fourth = program.diagnose({"loss": [1, 33, 1025], "every": 5}, rate=0.2)
    assert fourth["growth_per_step"] == pytest.approx(1.987, abs=5e-4)
    assert fourth["curvature"] * 0.2 == pytest.approx(2.41, abs=5e-3)
    assert 1 + math.sqrt(31) == pytest.approx(6.57, abs=5e-3)  # the five forgotten


def test_no_logistic_model_exploded():
    assert {one["model"] for one in RUNS} == {"linear", "logistic", "tanh", "relu"}
    assert "logistic" not in {one["model"] for one in RUNS if one["kind"] == "explodes"}


# ── Logs in the styles of today ─────────────────────────────────────────────


def numbers(one):
    """The losses of a log that are finite."""
    return [loss for loss in one["found"]["losses"] if isinstance(loss, int | float) and math.isfinite(loss)]


def went(chapter, by=None):
    """The share of the rates to try that train, or of the rate used, divided."""
    some = [one for one in chapter.logs if one["truth"] == "rate" and one["found"]["suggested_rate"]]
    return np.mean([chapter.tried(one, by)[0] for one in some])


def test_how_far_to_trust_it_is_what_the_logs_give(chapter):
    """on 346 logs of real runs …, in the lead and in the summary"""
    logs = chapter.logs
    worth = Counter(one["worth"] for one in logs)
    sure = sum(one["worth"] == "wrong" and one["found"]["confidence"] == "high" for one in logs)
    trained, tenths = (f"`{went(chapter, by):.0%}`" for by in (None, 10))
    assert says(
        f"was [measured](#measured) on {len(logs)} logs",
        f"It was right in `{worth['right']}` of them. In `{worth['half']}` it said *rate or sign* where it was",
        f"in `{worth['unclear']}` it said that the log cannot tell, which is so. In `{worth['looks']}` a failing",
        f"missed `{worth['missed']}` that it could have told, and was wrong in `{worth['wrong']}`, in `{sure}`",
        f"that it suggested {trained} trained; of a tenth of the rate used, {tenths}",
        f"- On {len(logs)} logs in today's styles `{worth['right']}` answers were right, `{worth['unclear']}` said",
        f"`{worth['wrong']}` were wrong; of the rates to try {trained} trained, of tenths {tenths}",
        f"On today's logs it is {trained} against {tenths}",
    )
    for one in logs:
        if one["worth"] == "half":
            assert (one["truth"], one["found"]["verdict"]) == ("rate", "growth")
        if one["worth"] == "unclear":
            assert one["tells"] != "tell" and one["found"]["verdict"] == "unclear"
        if one["worth"] == "looks":  # a failing run has left a log like that of a run that trains
            x = numbers(one)
            assert one["truth"] != "fine" and len(x) == len(one["found"]["losses"]) and x[-1] < x[0]
        if one["worth"] == "missed":
            assert one["tells"] == "tell" and one["found"]["verdict"] == "unclear"


def test_the_logs_are_of_ten_styles_and_their_rates_up_to_298_times_too_high(chapter):
    assert len({one["style"] for one in chapter.logs}) == 10
    times = [one["rate"] / one["largest"] for one in chapter.logs if one["truth"] == "rate"]
    assert f"{min(times):.1f} {max(times):.0f}" == "1.5 298"
    assert says("in ten styles", "at rates from 1.5 to 298 times the largest that trains")
    assert {one["optimiser"] for one in chapter.logs} == {"SGD", "momentum", "Adam", "AdamW", "RMSprop"}


def test_why_so_much_is_unclear(chapter):
    """Of the `192` failing runs `54` show it. Of the other 138, 24 …. The other 114 stay finite, and 93 …"""
    failing = [one for one in chapter.logs if one["truth"] == "rate"]
    other = [one for one in failing if one["tells"] != "tell"]
    broken = [one for one in other if len(numbers(one)) < len(one["found"]["losses"])]
    finite = [one for one in other if one not in broken]
    below = [one for one in finite if numbers(one)[-1] < numbers(one)[0]]
    told = Counter(one["found"]["finding"] for one in broken)
    assert set(told) == {"first-line", "gap", "gap-unknown", "explodes"} and told["explodes"] == 1
    assert says(
        f"Of the `{len(failing)}` failing runs `{len(failing) - len(other)}` show it. Of the other {len(other)}, "
        f"{len(broken)} turn into nan or inf between two lines, or before the first. The other {len(finite)} "
        f"stay finite, and {len(below)} of them end below their first line"
    )


def test_where_it_is_wrong_and_that_high_never_was(chapter):
    """In 16 of the `19` a failing run ended below its first line, mostly after a leap. …"""
    wrong = [one for one in chapter.logs if one["worth"] == "wrong"]
    below = [one for one in wrong if one["truth"] == "rate" and numbers(one)[-1] < numbers(one)[0]]
    leapt = [one for one in below if max(numbers(one)) > 10 * numbers(one)[0]]
    assert says(
        f"In {len(below)} of the `{len(wrong)}` a failing run ended below its first line, mostly after"
    )
    assert len(leapt) > 0.7 * len(below)
    assert {one["found"]["verdict"] for one in below} == {"recovers", "healthy"}
    assert [one["found"]["confidence"] for one in below].count("low") == len(below) - 1
    assert all("the loss of guessing" in " ".join(one["found"]["next"]) for one in below)
    sure = [one for one in chapter.logs if one["found"]["confidence"] == "high"]
    assert "wrong" not in {one["worth"] for one in sure}
    assert says(f"No answer of high confidence was wrong on these logs, but only `{len(sure)}` had it")


# ── If it is not the rate ───────────────────────────────────────────────────


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_the_loss_of_guessing_is_ln_c_for_classes_of_equal_size(classes):
    """ln C for C classes of equal size (2.30 for 10): the least that one answer for all can reach"""
    labels = np.repeat(np.arange(classes), 6)
    scores = np.random.default_rng(0).normal(size=classes)
    for _ in range(4000):  # one set of scores for every input, trained
        share = np.exp(scores) / np.exp(scores).sum()
        scores -= classes / 2 * (share - np.bincount(labels) / len(labels))
    share = np.exp(scores) / np.exp(scores).sum()
    assert np.mean(-np.log(share[labels])) == pytest.approx(math.log(classes), rel=1e-3)
    if classes == 10:
        assert f"{np.mean(-np.log(share[labels])):.2f}" == "2.30"


def test_the_loss_of_guessing_is_the_variance_of_the_targets_for_a_mean_squared_error():
    y = np.random.default_rng(0).gamma(2, 3, size=500)
    guesses = np.linspace(y.min(), y.max(), 20001)  # one answer for all
    assert min(np.mean((y - one) ** 2) for one in guesses) == pytest.approx(y.var(), rel=1e-5)


@pytest.mark.parametrize("kind", ["an empty set", "labels that are all ignored", "a column that it lacks"])
@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
def test_only_the_validation_loss_is_nan_and_the_weights_are_whole(program, kind):
    """an empty set, a mean over labels that are all ignored, a column that only that set lacks"""
    rng = np.random.default_rng(0)
    X, w, rows = rng.normal(size=(40, 2)), np.zeros(2), []
    y = X @ [1.0, 2.0]
    held = {"an empty set": X[:0], "a column that it lacks": X * [1, np.nan]}.get(kind, X)
    kept = np.zeros(40, bool) if kind == "labels that are all ignored" else np.ones(len(held), bool)
    for epoch in range(12):
        w = w - 0.3 * X.T @ (X @ w - y) / 40
        val = np.mean((held @ w - y[: len(held)])[kept] ** 2)
        rows.append(f"{epoch},{np.mean((X @ w - y) ** 2)},{val}")
    assert np.isfinite(w).all() and w == pytest.approx([1, 2], abs=0.1)
    found = program.diagnose(program.read("epoch,loss,val_loss\n" + "\n".join(rows)), rate=0.3)
    assert found["finding"] == "validation" and found["suggested_rate"] is None
    assert says("Then the weights are whole, and the rate is hardly to blame")


def deep_relu(rate, seed, updates=400):
    """Losses and the loss of guessing of a ReLU network of four layers under Adam."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(64, 8))
    y = np.sin(X[:, :1]) + X[:, 1:2]
    sizes = [8, 32, 32, 32, 1]
    W = [rng.normal(size=(a, b)) * math.sqrt(2 / a) for a, b in itertools.pairwise(sizes)]
    W += [np.zeros(b) for b in sizes[1:]]
    m, v, losses = [0.0] * 8, [0.0] * 8, []
    for t in range(1, updates + 1):
        outputs = [X]
        for layer in range(4):
            z = outputs[-1] @ W[layer] + W[4 + layer]
            outputs.append(np.maximum(z, 0) if layer < 3 else z)
        d = (outputs[-1] - y) / 64
        losses.append(float(np.mean((outputs[-1] - y) ** 2)))
        slopes = [None] * 8
        for layer in reversed(range(4)):
            slopes[layer], slopes[4 + layer] = outputs[layer].T @ d, d.sum(axis=0)
            d = (d @ W[layer].T) * (outputs[layer] > 0)
        for n, g in enumerate(slopes):
            m[n], v[n] = 0.9 * m[n] + 0.1 * g, 0.999 * v[n] + 0.001 * g * g
            W[n] = W[n] - rate * (m[n] / (1 - 0.9**t)) / (np.sqrt(v[n] / (1 - 0.999**t)) + 1e-8)
    return losses, float(y.var())


def test_under_adam_a_rate_that_is_too_high_jumps_once_and_then_hardly_moves():
    """it jumps, and comes down slowly or not at all … the weights seldom come back"""
    guesses = 0
    for seed in range(4):
        fine, guess = deep_relu(0.003, seed)
        assert fine[-1] < guess / 1000
        for rate in (0.3, 1.0):
            high, _ = deep_relu(rate, seed)
            peak = int(np.argmax(high))
            assert 1 <= peak <= 3 and high[peak] > 100 * high[0]  # once, in the first updates
            assert all(math.isfinite(loss) for loss in high)  # and no factor for ever
            assert np.mean(high[-20:]) > guess / 20  # slowly or not at all
            guesses += np.mean(high[-20:]) > 0.9 * guess
    assert guesses >= 6  # most have learned nothing
    assert says(
        "This is what a rate that is too high looks like under Adam", "because the weights seldom come"
    )


def test_where_alpha_lambda_is_60_a_tenth_of_the_rate_still_explodes():
    """That a rate ten times lower "only slows it" proves nothing"""
    for rate in (60.0, 6.0):
        losses = descend([1.0], [1.0], rate, updates=30)
        assert np.all(np.diff(losses) > 0) and losses[-1] > 1e30
    assert says("where αλ is 60, a tenth of the rate still explodes")


# ── What people paste ───────────────────────────────────────────────────────


@pytest.mark.parametrize("word", ["nan", "NaN", "NAN", "-nan", "nan(ind)", "null", "None"])
def test_nan_is_read_in_any_spelling(program, word):
    assert math.isnan(program.read(f"loss: 1\nloss: {word}")["loss"][1])


@pytest.mark.parametrize("word", ["inf", "Inf", "INF", "+inf", "Infinity", "∞", "1e999"])
def test_inf_is_read_in_any_spelling(program, word):
    assert program.read(f"loss: 1\nloss: {word}\nloss: -{word.strip('+')}")["loss"][1:] == [
        math.inf,
        -math.inf,
    ]


def test_steps_rates_and_batches_are_read_beside_the_losses(program):
    log = program.read("step,lr,loss\n0,0.1,1\n50,0.1,2\n100,0.05,4\n")
    assert (log["step"], log["every"], log["rate"]) == ([0, 50, 100], 50, [0.1, 0.1, 0.05])
    keras = "32/32 [====] - 1s - loss: 5\n32/32 [====] - 1s - loss: 50\n"
    assert program.read(keras)["every"] == 32


def test_a_column_can_be_named_or_numbered(program):
    text = "a,b\n1,2\n3,4\n9,8"
    with pytest.raises(program.Unreadable, match=r"No name is like loss: .*Say which"):
        program.read(text)
    assert program.read(text, column="b")["loss"] == [2, 4, 8]
    assert program.read("1 2 3\n3 4 5", column="3")["loss"] == [3, 5]
    with pytest.raises(program.Unreadable, match="Nothing is named c"):
        program.read(text, column="c")


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "the log is empty"),
        (" \n\n", "the log is empty"),
        ("5.2", "One loss was read, 5.2"),
        ("I have a problem with my network", "No losses were found in 1 lines"),
        ("\x00\x01\x02PNG", "binary"),
        ("\ufffd\ufffd\ufffdabc", "binary"),
        ("1 2\n3\n4 5 6\n1", "No losses were found"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence_that_says_what_to_paste(program, text, words):
    with pytest.raises(program.Unreadable) as error:
        program.read(text)
    assert words in str(error.value) and "Paste" in str(error.value)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(
    st.one_of(
        st.text(max_size=300),
        st.lists(
            st.one_of(
                st.floats().map(repr),
                st.sampled_from(
                    ["loss", ":", ",", ";", "\n", "\t", "[", "]", "{", "}", "|", "=", "nan", "step"]
                ),
                st.integers().map(str),
            ),
            max_size=60,
        ).map(" ".join),
    )
)
def test_no_text_makes_it_stumble(text):
    program = readlog
    try:
        log = program.read(text)
    except program.Unreadable as error:
        assert str(error)
    else:
        found = program.diagnose(log, rate=0.1, momentum=0.9)
        json.dumps(found, allow_nan=False)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(
    st.lists(st.floats(), min_size=1, max_size=30),
    st.floats(1e-12, 1e6),
    st.floats(0, 0.999),
    st.sampled_from([1, 2, 7, 100]),
)
def test_no_list_of_numbers_makes_it_stumble(losses, rate, beta, every):
    found = readlog.diagnose({"loss": losses, "every": every}, rate=rate, momentum=beta)
    json.dumps(found, allow_nan=False)
    if found["suggested_rate"] is not None:
        assert 0 <= found["suggested_rate"] <= rate * (1 + 1e-12)


def test_a_million_lines_are_read(program):
    losses = "\n".join(["1.5"] * 999_999) + "\nnan\n"
    assert len(program.read(losses)["loss"]) == 1_000_000


# ── The command ─────────────────────────────────────────────────────────────


def command(*words, text="", **options):
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, PROGRAM, *words],
        input=text.encode() if isinstance(text, str) else text,
        capture_output=True,
        env=environment,
        **options,
    )


def test_the_command_prints_one_json_object_with_the_fields_that_the_page_names(tmp_path):
    log = tmp_path / "run.csv"
    log.write_text("step,loss\n0,1\n1,4\n2,16\n3,64\n")
    done = command(log, "--rate", "0.001", "--momentum", "0.9", "--batch-size", "32", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and done.stderr == b""
    assert list(found) == [
        "verdict",
        "confidence",
        "growth_per_step",
        "curvature",
        "rate_limit",
        "suggested_rate",
        "steps_to_overflow",
        "evidence",
        "finding",
        "basis",
        "odds",
        "why",
        "next",
        "said",
        "losses",
        "name",
        "others",
        "rate",
        "rate_from",
        "every",
        "every_from",
        "line",
        "optimiser",
        "precision",
        "guess",
    ]
    page = (ROOT / "docs" / "diagnose.md").read_text(encoding="utf-8")
    assert [name for name in found if f"`{name}`" not in page] == []


def test_several_files_give_one_object_a_line_and_what_cannot_be_read_is_one_too(tmp_path):
    (tmp_path / "a.txt").write_text("1\n4\n16\nnan")
    (tmp_path / "b.txt").write_text("nothing")
    done = command("a.txt", "b.txt", "none.txt", "--json", cwd=tmp_path)
    lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert done.returncode == 0 and [one["file"] for one in lines] == ["a.txt", "b.txt", "none.txt"]
    assert lines[0]["losses"] == [1, 4, 16, "nan"]
    assert [one["verdict"] for one in lines[1:]] == ["unreadable"] * 2
    assert "No losses were found" in lines[1]["why"][0] and "No such file" in lines[2]["why"][0]


def test_a_console_that_knows_no_greek_gets_the_answer_all_the_same(tmp_path):
    log = tmp_path / "run.txt"
    log.write_text("1\n4\n16\n64\n256")
    environment = os.environ | {"PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(
        [sys.executable, PROGRAM, log, "--rate", "0.1"], capture_output=True, env=environment
    )
    assert done.returncode == 0 and b"Set the rate to" in done.stdout and b"Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["--classes", "10"], ["--guess", "2.3025851"]])
def test_the_loss_of_guessing_can_be_given_as_classes(words):
    text = "\n".join(str(2.4 * 0.9**n) for n in range(9))
    found = json.loads(command("-", *words, "--json", text=text).stdout)
    assert found["guess"] == pytest.approx(math.log(10)) and found["confidence"] == "high"


def test_the_command_reads_what_is_piped_in_and_utf_16():
    for text in ("1\n4\n16\n64\n", "1\n4\n16\n64\n".encode("utf-16")):
        done = command("-", "--rate", "0.1", text=text)
        assert done.stdout.decode().startswith("4 losses were read")


@pytest.mark.parametrize(
    "words, text, message",
    [
        (["-", "--rate", "0"], "1\n2", "a number above 0"),
        (["-", "--rate", "abc"], "1\n2", "a number above 0"),
        (["-", "--momentum", "1"], "1\n2", "below 1"),
        (["-", "--batch-size", "-3"], "1\n2", "a number above 0"),
        (["-"], "", "the log is empty"),
        (["nowhere.csv"], "", "No such file"),
    ],
)
def test_the_command_answers_bad_input_with_a_sentence_and_no_traceback(words, text, message, tmp_path):
    done = command(*words, text=text, cwd=tmp_path)
    assert done.returncode != 0
    error = done.stderr.decode()
    assert message in error and "Traceback" not in error


def test_the_page_names_every_option_of_the_command(program):
    page = (ROOT / "docs" / "diagnose.md").read_text(encoding="utf-8")
    named = [one for action in options()._actions for one in action.option_strings]
    assert [one for one in named if one.startswith("--") and one != "--help" and f"`{one}" not in page] == []
    assert re.search(r"python diagnose\.py run\.csv --rate 0\.001", page)
