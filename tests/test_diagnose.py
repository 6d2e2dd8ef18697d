"""Diagnose: the claims of the chapter, on parabolas at random, on print-outs, on real runs, on bad input."""

import csv
import json
import math
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conftest import ROOT, SNIPPETS, names_of

PROGRAM = SNIPPETS / "diagnose.py"
RUNS = list(csv.DictReader((SNIPPETS / "data" / "runs.csv").read_text(encoding="utf-8").splitlines()))
repeatable = settings(derandomize=True, deadline=None, max_examples=150)


@pytest.fixture(scope="module")
def program():
    return names_of("diagnose")


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


# ── Parabolas ───────────────────────────────────────────────────────────────


@repeatable
@given(parabolas)
def test_on_a_parabola_the_curvature_is_right_to_a_percent_and_the_suggested_rate_stable(p):
    diagnose = names_of("diagnose").diagnose
    losses, alpha, limit = run_of(p)
    found = diagnose({"loss": losses}, rate=alpha, momentum=p["beta"])
    assert found["verdict"] in ("rate-too-high", "growth")
    assert found["curvature"] == pytest.approx(p["top"], rel=0.01)
    assert found["rate_limit"] == pytest.approx(limit, rel=0.01)
    assert found["suggested_rate"] < limit


@repeatable
@given(parabolas, st.integers(10, 40))
def test_ten_growing_losses_are_enough_for_a_percent(p, growing):
    program = names_of("diagnose")
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
    diagnose = names_of("diagnose").diagnose
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


def test_from_nine_fold_growth_on_the_rate_is_too_high_whatever_the_sign(program):
    """With a wrong sign αλ = √r − 1, and at r = 9 that is 2: too high even with the sign mended."""
    below, above = ([7.0 * r**n for n in range(6)] for r in (8.9, 9.1))
    assert program.diagnose({"loss": below}, rate=1)["verdict"] == "growth"
    assert program.diagnose({"loss": above}, rate=1)["verdict"] == "rate-too-high"


# ── Verdicts ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "losses, verdict",
    [
        ([math.nan, math.nan], "nan-at-start"),
        ([math.inf, 3.0], "nan-at-start"),
        ([0.7, 0.6, 0.5, 0.45, math.nan], "not-the-rate"),
        ([0.7, 0.72, 0.5, 0.61, 0.45, math.inf], "not-the-rate"),
        ([5.0, 4.0, 3.0, 2.5, 2.0, 1.8], "healthy"),
        ([5.0, 50.0, 80.0, 20.0, 4.0, 3.0, 2.0, 1.0], "recovers"),
        ([1.0, 1.0, 1.0, 1.0], "unclear"),
        ([0.7, 900.0, 300.0, 800.0, 500.0, 700.0, 600.0], "rate-too-high"),
        ([9.0, 5.0, 1.0, 0.5, 1.0, 8.0, 90.0, 1e4, math.inf], "rate-too-high"),
    ],
)
def test_each_kind_of_run_gets_its_verdict(program, losses, verdict):
    found = program.diagnose({"loss": losses}, rate=0.1)
    assert found["verdict"] == verdict
    assert found["confidence"] in ("high", "medium", "low")
    assert found["why"] and found["next"]


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
        (changing, {}, "The rate changed"),
        (clean, {"adam": True}, "With Adam no curvature"),
    ):
        found = program.diagnose(log, rate=0.1, **given_)
        assert found["confidence"] != "high" and words in " ".join(found["why"])


def test_faster_than_geometric_growth_is_no_parabola_and_is_said_to_be_none(program):
    losses = [23.0, 89.6, 1.72e4, 1.46e12, 4.28e35, math.inf]
    found = program.diagnose({"loss": losses}, rate=0.1)
    assert found["verdict"] == "rate-too-high" and found["confidence"] == "medium"
    assert "no constant factor" in found["why"][0]
    assert 0.005 < found["suggested_rate"] < 0.1  # by the last ratio it would be 1e-13


def test_adam_gets_a_tenth_and_no_curvature(program):
    found = program.diagnose({"loss": [4.0**n for n in range(8)]}, rate=0.1, adam=True)
    assert found["suggested_rate"] == pytest.approx(0.01)
    assert found["curvature"] is None and found["rate_limit"] is None


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
    assert stale == [], "stale: run `python scripts/evaluate.py`, which needs torch and scikit-learn"


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


def test_the_two_runs_that_train_and_are_not_called_so_are_called_unclear(chapter):
    wrong = [one["found"]["verdict"] for one in chapter.trained]
    assert sorted(verdict for verdict in wrong if verdict not in ("healthy", "recovers")) == ["unclear"] * 2


def test_the_exercises_have_the_answers_that_the_program_gives(program):
    first = program.diagnose({"loss": [2, 6, 22, 86]}, rate=0.05, momentum=0.5)
    assert [first[key] for key in ("curvature", "rate_limit", "suggested_rate")] == pytest.approx(
        [75, 0.04, 0.02]
    )
    second = program.diagnose({"loss": [3, 5, 23, 185]}, rate=0.01)
    assert [second[key] for key in ("curvature", "rate_limit", "suggested_rate")] == pytest.approx(
        [400, 0.005, 0.0025]
    )
    third = program.diagnose({"loss": [0.69, 0.52, 0.44, 0.41, 0.4, math.nan, math.nan]}, rate=0.1)
    assert third["verdict"] == "not-the-rate"
    fourth = program.diagnose({"loss": [1, 33, 1025], "every": 5}, rate=0.2)
    assert fourth["growth_per_step"] == pytest.approx(1.987, abs=5e-4)
    assert fourth["curvature"] * 0.2 == pytest.approx(2.41, abs=5e-3)
    assert 1 + math.sqrt(31) == pytest.approx(6.57, abs=5e-3)  # the five forgotten


def test_no_logistic_model_exploded():
    assert {one["model"] for one in RUNS} == {"linear", "logistic", "tanh", "relu"}
    assert "logistic" not in {one["model"] for one in RUNS if one["kind"] == "explodes"}


# ── What people paste ───────────────────────────────────────────────────────

GROWS = [2.5, 25.0, 270.0, math.inf]
PASTED = {
    "one number a line": "2.5\n25\n2.7e+02\ninf\n",
    "a CSV": "epoch,train_loss,val_loss\n0,2.5,9\n1,25,9\n2,270,9\n3,inf,9\n",
    "TensorBoard's CSV": "Wall time,Step,Value\n1.7e9,0,2.5\n1.7e9,1,25\n1.7e9,2,270\n1.7e9,3,Infinity\n",
    "Lightning's metrics": "epoch,step,train_loss_epoch,train_loss_step\n0,0,,2.5\n0,1,,25\n0,1,9,\n0,2,,270\n0,3,,inf",
    "Keras's history": '{"val_loss": [1, 1, 1, 1], "loss": [2.5, 25.0, 270, Infinity]}',
    "a printed history": "{'loss': [np.float64(2.5), np.float64(25.0), 270.0, inf], 'val_loss': [1, 2, 3, 4]}",
    "Keras's console": "".join(
        f"Epoch {n}/4\n1/1 [====] - 0s 12ms/step - loss: {loss} - val_loss: 1\n"
        for n, loss in enumerate(("2.5", "2.5e+01", "270.0", "inf"), 1)
    ),
    "PyTorch's console": "Epoch 0, loss=2.5\nEpoch 1, loss=25\nEpoch 2, loss=270\nEpoch 3, loss=inf",
    "tensors": "loss tensor(2.5, grad_fn=<A>)\nloss tensor(25.)\nloss tensor(270.)\nloss tensor(inf)",
    "JSON lines": '{"step": 0, "loss": 2.5}\n{"step": 1, "loss": 25}\n{"step": 2, "loss": 270}\n{"step": 3, "loss": Infinity}',
    "JSON on one line": '[{"loss":2.5},{"loss":25},{"loss":270},{"loss":"inf"}]',
    "a Python list": "[2.5, 25.0, 270.0, inf]",
    "numpy's print": "[  2.5  25.\n 270.   inf]",
    "semicolons and decimal commas": "epoch;loss\n0;2,5\n1;25,0\n2;270,0\n3;inf\n",
    "decimal commas": "2,5\n25,0\n270,0\ninf",
    "Windows line ends and a mark": "\ufeffloss\r\n2.5\r\n25\r\n270\r\ninf\r\n",
    "a Markdown table": "| epoch | loss |\n|---|---|\n| 0 | 2.5 |\n| 1 | 25 |\n| 2 | 270 |\n| 3 | inf |",
    "a progress bar": "1/2 loss: 9\r2/2 loss: 2.5\n1/2 loss: 9\r2/2 loss: 25\n2/2 loss: 270\n2/2 loss: inf\n",
    "colours": "\x1b[1mloss\x1b[0m: 2.5\n\x1b[1mloss\x1b[0m: 25\nloss: 270\nloss: inf",
}


@pytest.mark.parametrize("kind", PASTED)
def test_it_reads_what_people_have(program, kind):
    assert program.read(PASTED[kind])["loss"] == GROWS


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
    with pytest.raises(program.Unreadable, match=r"No name is like loss: 1, 2\. Say which"):
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
    program = names_of("diagnose")
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
    found = names_of("diagnose").diagnose({"loss": losses, "every": every}, rate=rate, momentum=beta)
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
        "why",
        "next",
    ]


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
    options = [one for action in program.options()._actions for one in action.option_strings]
    assert [
        one for one in options if one.startswith("--") and one != "--help" and f"`{one}" not in page
    ] == []
    assert re.search(r"python snippets/diagnose\.py run\.csv --rate 0\.001", page)
