"""Every answer of the problem sets is found again by running what the problem describes."""

import functools
import math
import random
import re
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from conftest import ROOT, markdown_of
from problems.collection import (
    PROBLEMS,
    heavy_ball,
    limit,
    overflow,
    regime,
    scaler,
    sign_or_rate,
    slowest,
    sum_or_mean,
    three_losses,
)
from problems.collection.networks import adam, depth
from problems.numbers import number
from problems.problem import Answer, Problem, Question, fair
from problems.sets import problem_sets


@functools.cache
def sets():
    return list(problem_sets(40, seed=3))


def variants(kind):
    """The problem of one kind, from every set."""
    place = PROBLEMS.index(kind)
    return [chosen[place] for chosen in sets()]


def answers(problem):
    return [question.answer.value for question in problem.questions]


def settles(slope, rate, start, updates=60):
    """Whether descent from ``start`` above a bottom at 0 ends nearer to it than it began."""
    w = start
    for _ in range(updates):
        w = w - rate * slope(w)
    return abs(w) < abs(start)


def largest_rate(settle, low=0.0, high=1.0):
    """The rate up to which ``settle(rate)`` is true, by doubling and then bisection."""
    while settle(high):
        low, high = high, 2 * high
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if settle(middle) else (low, middle)
    return low


def test_the_limit_is_where_runs_on_the_loss_stop_settling():
    for problem in variants(limit):
        a, bottom, floor = (problem.given[name] for name in ("a", "bottom", "floor"))

        def loss(w, a=a, bottom=bottom, floor=floor):
            return a * (w - bottom) ** 2 + floor

        def slope(e, loss=loss, bottom=bottom):
            return (loss(bottom + e + 0.5) - loss(bottom + e - 0.5)) / 1.0  # exact for a parabola

        found = largest_rate(lambda rate, slope=slope: settles(slope, rate, 2.0), high=1e-4)
        assert answers(problem) == [pytest.approx(found, rel=1e-6)]
        assert f"{number(a)}\\,(w - {bottom})^2 + {floor}" in problem.text


def test_the_regime_and_the_factor_are_those_of_a_run():
    seen = set()
    for problem in variants(regime):
        path = [1.0]
        for _ in range(20):
            path.append(path[-1] - problem.given["rate"] * problem.given["curvature"] * path[-1])
        crosses, grows = path[1] < 0, abs(path[-1]) > 1
        words = {
            (False, False): "It comes down on one side and settles",
            (True, False): "It jumps across at every update and settles",
            (True, True): "It jumps across at every update, further out each time",
        }[crosses, grows]
        assert answers(problem) == [words, pytest.approx(path[1] / path[0])]
        seen.add(words)
    assert len(seen) == 3


def test_the_curvature_read_from_three_losses_gives_these_losses_back():
    for problem in variants(three_losses):
        rate, losses = problem.given["rate"], problem.given["losses"]
        curvature, limit = answers(problem)
        rise = losses[1] - losses[0]
        e = math.sqrt(2 * rise / curvature / ((1 - rate * curvature) ** 2 - 1))
        floor, again = losses[0] - curvature * e * e / 2, []
        for _ in losses:
            again.append(floor + curvature * e * e / 2)
            e = e - rate * curvature * e
        assert again == pytest.approx(losses) and floor > 0 > e * (e / (1 - rate * curvature))
        found = largest_rate(lambda r, c=curvature: settles(lambda w: c * w, r, 1.0), high=1e-5)
        assert limit == pytest.approx(found, rel=1e-6)


def test_the_condition_number_the_slowest_direction_and_the_wait_are_those_of_a_run():
    slow = set()
    for problem in variants(slowest):
        curvatures, rate = np.array(problem.given["curvatures"]), problem.given["rate"]
        kappa, direction, wait = answers(problem)
        assert kappa == pytest.approx(np.linalg.cond(np.diag(curvatures)))
        errors, updates = np.ones(3), 0
        while errors.max() >= 0.01:
            errors = np.abs(errors - rate * curvatures * errors)
            updates += 1
        last = np.argmax(np.abs(1 - rate * curvatures) ** 50)
        assert direction == f"The one of curvature {number(curvatures[last])}"
        assert wait == updates
        slow.add(int(last))
    assert slow == {0, 2}, "at some rates the steepest direction is the slowest"


def test_the_overflow_comes_when_a_run_s_loss_passes_the_largest_number():
    kinds = set()
    for problem in variants(overflow):
        product = Fraction(str(problem.given["product"]))
        loss, updates = Fraction(problem.given["start"]), 0
        while loss <= Fraction(overflow.LARGEST[problem.given["format"]][0]):
            loss, updates = loss * (1 - product) ** 2, updates + 1
        assert answers(problem) == [updates]
        kinds.add(problem.given["format"])
    assert kinds == set(overflow.LARGEST)


def test_the_largest_numbers_are_those_of_the_formats():
    assert overflow.LARGEST["fp16"][0] == float(np.finfo(np.float16).max)
    assert overflow.LARGEST["fp32"][0] == float(np.finfo(np.float32).max)
    assert overflow.LARGEST["fp64"][0] == float(np.finfo(np.float64).max)
    bf16 = np.array([0x7F7F0000], dtype=np.uint32).view(np.float32)[0]  # the upper half of an fp32
    assert overflow.LARGEST["bf16"][0] == float(bf16)
    for value, words in overflow.LARGEST.values():
        assert float(words.replace(",", "")) == pytest.approx(value, rel=6e-5)


def test_the_limit_with_momentum_is_where_runs_with_it_stop_settling():
    for problem in variants(heavy_ball):
        beta, curvature = problem.given["beta"], problem.given["curvature"]

        def stable(rate, beta=beta, curvature=curvature):
            w, v = 1.0, 0.0
            for _ in range(4000):
                v = beta * v + curvature * w
                w = w - rate * v
                if abs(w) > 1e3:
                    return False
            return abs(w) < 1

        found = largest_rate(stable, high=1 / curvature)
        assert answers(problem) == [pytest.approx(found, rel=2e-3)]


def test_the_limits_for_mean_and_sum_are_those_of_runs_on_the_data():
    for problem in variants(sum_or_mean):
        x, y = (np.array(problem.given[name], dtype=float) for name in "xy")
        best = (x @ y) / (x @ x)
        for reduce, answer in zip((np.mean, np.sum), answers(problem), strict=True):

            def slope(e, reduce=reduce, x=x, y=y, best=best):
                return reduce(2 * x * (x * (best + e) - y))

            found = largest_rate(lambda rate, slope=slope: settles(slope, rate, 1.0, 40), high=1e-3)
            assert answer == pytest.approx(found, rel=1e-4)


def test_a_run_with_the_found_sign_and_curvature_makes_the_printed_weights():
    seen = set()
    for problem in variants(sign_or_rate):
        rate, weights = problem.given["rate"], problem.given["weights"]
        words, curvature = answers(problem)
        sign = -1 if words == "The step has the wrong sign: it climbs" else 1
        bottom = weights[0] - (weights[0] - weights[1]) / (sign * rate * curvature)
        w, again = weights[0], []
        for _ in weights:
            again.append(w)
            w = w - sign * rate * curvature * (w - bottom)
        assert again == pytest.approx(weights)
        seen.add(sign)
    assert seen == {1, -1}


def test_a_scaler_that_halves_at_each_inf_skips_and_ends_as_the_answers_say():
    for problem in variants(scaler):
        scale, gradient, skipped = problem.given["start"], problem.given["gradient"], 0
        with np.errstate(over="ignore"):
            while np.isinf(np.float16(scale * gradient)):
                scale, skipped = scale / 2, skipped + 1
        assert answers(problem) == [skipped, scale]
    assert float(np.finfo(np.float16).max) == scaler.LARGEST


def test_the_first_update_of_adam_moves_the_sum_and_the_loss_as_a_run_does():
    for problem in variants(adam):
        inputs, size, rate, slope, layers, times = problem.given.values()
        weights = np.linspace(-1, 1, inputs)
        m, v = 0.1 * np.full(inputs, slope), 0.001 * np.full(inputs, slope**2)
        moved = weights - rate * (m / (1 - 0.9)) / np.sqrt(v / (1 - 0.999))
        losses = []
        for alpha in (
            1e6,
            times * 1e6,
        ):  # a chain of one ReLU unit a layer, all weights 1, after one update of −α
            chain = np.ones(layers) - alpha * -1.0
            losses.append(np.prod(chain) ** 2 / 2)
        assert answers(problem) == [
            pytest.approx(abs(np.sum(size * (moved - weights)))),
            pytest.approx(losses[1] / losses[0], rel=1e-4),
        ]


def test_the_slope_and_the_limit_of_a_weight_at_every_step_are_those_of_runs():
    for problem in variants(depth):
        first, weight, steps, out = problem.given.values()

        def output(w, first=first, steps=steps, out=out):
            h = first
            for _ in range(steps):
                h = w * h
            return out * h

        h = 1e-4 * weight
        slope, found = answers(problem)
        assert slope == pytest.approx((output(weight + h) - output(weight - h)) / (2 * h), rel=1e-5)

        def down(e, output=output, weight=weight, h=1e-7 * weight):
            ahead, behind = (output(weight + e + one) - output(weight) for one in (h, -h))
            return (ahead + behind) / 2 * (ahead - behind) / (2 * h)

        largest = largest_rate(lambda r, f=down, w=weight: settles(f, r, 1e-4 * w), high=found / 100)
        assert found == pytest.approx(largest, rel=5e-3)


@pytest.mark.parametrize("kind", PROBLEMS, ids=lambda kind: kind.__name__.rpartition(".")[2])
def test_no_wrong_answer_can_be_taken_for_the_right_one_or_for_another(kind):
    for problem in variants(kind):
        for question in problem.questions:
            for answer in question.answers:
                if not question.is_choice:
                    taken = [one for one in question.answers if one.accepts(answer.value)]
                    assert taken == [answer]
                    if isinstance(question.answer.value, float):
                        assert question.answer.accepts(float(f"{question.answer.value:.3g}"))
            assert len({str(answer.value) for answer in question.answers}) == len(question.answers) >= 3
            assert all(len(answer.why) > 25 for answer in question.answers)


def test_what_is_given_and_what_is_right_is_a_count_or_has_at_most_four_digits():
    for chosen in sets():
        for problem in chosen:
            for value in [*answers(problem), *problem.given.values()]:
                if isinstance(value, float):
                    assert value == pytest.approx(float(f"{value:.4g}"), rel=1e-12)


def test_a_problem_that_could_be_read_in_two_ways_is_not_set():
    why = "a reason that is long enough"

    def one(*values):
        found = [Answer(value, why) for value in values]
        return Problem("", ("", ""), "", {}, [Question("", found)])

    assert fair(one(0.5, 0.6))
    assert not fair(one(0.5, 0.505)), "within the tolerance of one another"
    assert not fair(one(0.5, 0.6, 0.6)), "two explanations for one answer"
    assert not fair(one(1 / 3, 0.6)), "not a neat number"
    assert not fair(replace(one(0.5, 0.6), given={"rate": 1 / 3})), "nor is this"
    assert fair(one(7, 6)) and not fair(one(7, 7))


def test_no_problem_stands_in_two_sets_and_the_first_sets_do_not_depend_on_how_many_follow():
    """docs/teach.md: “No problem stands in two sets.”"""
    texts = [problem.text for chosen in sets() for problem in chosen]
    assert len(set(texts)) == len(texts) == 40 * len(PROBLEMS)
    assert list(problem_sets(5, seed=3)) == sets()[:5]
    assert next(problem_sets(1, seed=2)) != sets()[0]


def test_every_file_of_the_collection_is_a_problem_of_the_set():
    files = {path.stem for path in (ROOT / "scripts/problems/collection").rglob("[!_]*.py")}
    assert files == {kind.__name__.rpartition(".")[2] for kind in PROBLEMS}


def test_each_problem_names_a_section_that_teaches_it():
    for problem in sets()[0]:
        chapter, section = problem.taught
        assert f"\n## {section}\n" in markdown_of(chapter)


def test_a_number_is_printed_with_its_significant_digits_and_never_an_exponent():
    dice = random.Random(0)
    for _ in range(1000):
        value = dice.choice([-1, 1]) * 10 ** dice.uniform(-6, 6)
        text = number(value)
        assert re.fullmatch(r"-?\d+(\.\d+)?", text)
        assert float(text) == pytest.approx(value, rel=5.1e-4 if abs(value) < 1e4 else 5e-4)
    assert (number(0.1 + 0.2), number(1284.0, 9)) == ("0.3", "1284")
