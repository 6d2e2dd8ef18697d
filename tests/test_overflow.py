"""The claims of the chapter on overflow, a test a sentence.

Growth and ranges are asserted, and the first inf; never the exact update of the first nan.
"""

import ast
import inspect
import itertools
import json
import math
import os
import struct
import subprocess
import sys
from contextlib import nullcontext
from decimal import Decimal

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba

from apart import last_line, skip_without
from conftest import ROOT, SNIPPETS, axes_of, markdown_of, names_of, no_window
from proven import of_a_chapter, of_a_framework, reads
from weave.program import sections

pytestmark = of_a_chapter("snippets/overshoot.py")

FORMATS = "fp16", "bf16", "fp32", "fp64"
NUMPY = {"fp16": np.float16, "fp32": np.float32, "fp64": np.float64}
EXPONENT_AND_FRACTION = {"fp16": (5, 10), "bf16": (8, 7), "fp32": (8, 23), "fp64": (11, 52)}
LAM = 18.66


def to_bf16(value):
    """The nearest bf16, found in double precision from the definition, not from a bit pattern."""
    value = float(value)
    if not math.isfinite(value) or value == 0:
        return value
    power = max(math.frexp(value)[1] - 8, -133)
    rounded = math.ldexp(round(math.ldexp(value, -power)), power)  # round() takes ties to even
    return rounded if abs(rounded) < 2.0**128 else math.copysign(math.inf, rounded)


def printed_rows(chapter, section, first):
    """The words of the printed rows whose first word is one of these."""
    rows = [line.split() for line in chapter.printed[section].splitlines() if line.strip()]
    return {row[0]: row[1:] for row in rows if row[0] in first}


def first(values, kind):
    """The first update at which this is so."""
    assert kind(values).any()
    return int(np.argmax(kind(values)))


def changed(chapter, *replacements):
    """The displayed function that descends, with other words in it."""
    code = next(part.code for part in sections(SNIPPETS / "overflow.py") if part.name == "descend")
    for old, new in replacements:
        assert code.count(old) == 1
        code = code.replace(old, new)
    names = dict(vars(chapter)) | {"__file__": str(SNIPPETS / "overflow.py")}
    exec(code, names)
    return names["descend"]


def descend_in(kind, alpha, inside=False, zeros=True, steps=4000):
    """The run in a format of numpy's, written with numpy's own arithmetic; loss, slope or step, and b."""
    x, y = np.loadtxt(SNIPPETS / "data" / "chi_regression.csv", delimiter=",", skiprows=1, unpack=True)
    if not zeros:
        x, y = x[x != 0], y[x != 0]
    x, y, rate, b, rows = x.astype(kind), y.astype(kind), kind(alpha), kind(0), []
    with np.errstate(all="ignore"):
        while len(rows) < steps and not np.isnan(b):
            residual = x * b - y
            step = ((rate * x) * residual).sum() if inside else (x * residual).sum()
            rows.append(((residual * residual).sum() / kind(2), step, b))
            b = b - (step if inside else rate * step)
    return np.array([*rows, (np.nan, np.nan, b)], float).T


def updates(start, growth, top):
    """After how many multiplications a number is larger than the largest, counted."""
    count = 0
    while start <= top:
        start, count = start * growth, count + 1
    return count


# Two questions first


def test_recall_curvature_30_at_a_tenth_multiplies_the_error_by_minus_2_and_the_loss_by_4():
    """“The error by 1 − 3 = −2, the loss by its square, 4.”"""
    for error in 1.0, -0.3, 7.0:
        after = error - 0.1 * 30 * error
        assert after / error == pytest.approx(1 - 3) == pytest.approx(-2)
        assert (30 / 2 * after**2) / (30 / 2 * error**2) == pytest.approx(4)


def test_recall_at_0_105_the_error_grows_across_the_valley_and_shrinks_along_it():
    """“From *Conditioning*: the curvatures are 1 and 20, and at 0.105 the run explodes.” – “No. Across the
    valley it is multiplied by −1.1, along it by 0.895.”"""
    for start in (1.0, 1.0), (-5.0, 0.01), (3.0, -2.0):
        error = np.array(start)
        assert error - 0.105 * np.array([1, 20]) * error == pytest.approx(error * [0.895, -1.1])
        for _ in range(400):
            error = error - 0.105 * np.array([1, 20]) * error
        assert abs(error[0]) < 1e-12 and abs(error[1]) > 1e12


def test_recall_each_parameter_that_holds_a_little_of_the_sharpest_direction_explodes_with_it():
    """“But a parameter is seldom one direction: each parameter that holds a little of the sharpest direction
    explodes with it.”"""
    rng = np.random.default_rng(0)
    for angle in (0.01, *rng.uniform(0, 2 * np.pi, 20)):
        (sharp, flat) = np.array([[np.sin(angle), np.cos(angle)], [np.cos(angle), -np.sin(angle)]])
        assert np.all(np.abs(sharp) > 1e-3)  # no parameter is one direction alone
        H = 20 * np.outer(sharp, sharp) + np.outer(flat, flat)
        w = np.array([1.0, 1.3])
        for _ in range(400):
            w = w - 0.105 * H @ w
        assert np.all(np.abs(w) > 1e11)


# A format has an end


def test_the_first_run_ended_with_a_loss_that_fp32_cannot_hold(chapter):
    """“The first run at 0.12 ended after 500 updates with a loss of 5.7719e+94. This is large, but it is a
    number, because numpy computed in double precision, with 64 bits.” – “and in either the same run does
    not get that far.”"""
    overshoot = names_of("overshoot")
    assert len(overshoot.large) - 1 == 500 and overshoot.large[1] == pytest.approx(0.12 * -overshoot.slope(0))
    loss = overshoot.loss(overshoot.large[-1])
    assert loss == pytest.approx(5.7719e94, rel=1e-4) and math.isfinite(loss)
    assert overshoot.large[-1].dtype == np.float64 and 8 * overshoot.large[-1].nbytes == 64
    assert chapter.runs["fp64"][0, 500] == pytest.approx(5.7719e94, rel=1e-4)
    for name, bits in ("fp32", 32), ("fp16", 16), ("bf16", 16):
        assert chapter.largest[name] < 5.7719e94 and not np.isfinite(chapter.runs[name][0, 500])
        assert sum(chapter.bits[name]) + 1 == bits


@pytest.mark.parametrize("name", NUMPY)
def test_the_largest_numbers_are_numpy_s_own(chapter, name):
    """snippets/overflow.py: “the highest power of two” “fraction all 1”"""
    largest = np.finfo(NUMPY[name]).max
    assert chapter.largest[name] == float(largest)
    highest = NUMPY[name](2.0 ** (np.frexp(np.float64(largest))[1] - 1))
    with np.errstate(over="ignore"):
        assert highest < largest < 2 * highest == np.inf
    assert f"{int(largest.view(f'u{largest.nbytes}')):b}".endswith("1" * np.finfo(NUMPY[name]).nmant)


def test_the_largest_bf16_is_the_last_bit_pattern_before_inf(chapter):
    def number(pattern):
        return struct.unpack(">f", pattern.to_bytes(2) + bytes(2))[0]

    assert chapter.largest["bf16"] == number(0x7F7F) == pytest.approx(3.3895e38, rel=1e-4)
    assert number(0x7F80) == np.inf


@pytest.mark.parametrize("name", NUMPY)
def test_the_bits_of_exponent_and_fraction_are_those_of_the_format(chapter, name):
    about = np.finfo(NUMPY[name])
    assert EXPONENT_AND_FRACTION[name] == (about.nexp, about.nmant) == chapter.bits[name]
    assert about.nexp + about.nmant + 1 == about.bits
    assert printed_rows(chapter, "formats", FORMATS)[name][0] == f"{about.nexp}+{about.nmant}"


def test_a_number_is_a_sign_a_fraction_and_a_power_of_two(chapter):
    """“A floating-point number is a sign, a fraction and a power of two. The bits of the fraction say how exact it
    is, the bits of the exponent how large it can be.”"""
    codes = {"fp16": ("e", "H"), "fp32": ("f", "I"), "fp64": ("d", "Q")}
    rng = np.random.default_rng(0)
    for name, (number, whole) in codes.items():
        exponent, fraction = chapter.bits[name]
        bias = 2 ** (exponent - 1) - 1
        for value in rng.normal(size=50) * 10.0 ** rng.uniform(-3, 3, 50):
            kept = struct.unpack(number, struct.pack(number, value))[0]
            pattern = struct.unpack(whole, struct.pack(number, value))[0]
            sign, power = pattern >> (exponent + fraction), (pattern >> fraction) % 2**exponent
            part = 1 + pattern % 2**fraction / 2**fraction
            assert kept == (-1) ** sign * part * 2.0 ** (power - bias)
            assert abs(kept / value - 1) <= 2.0 ** -(fraction + 1)  # how exact
        assert 2.0**bias < chapter.largest[name] < 2.0**bias * 2


def test_the_table_names_four_formats_by_the_bits_of_exponent_and_fraction(chapter):
    """“Here are four formats, with their bits as exponent + fraction.”"""
    shown = printed_rows(chapter, "formats", FORMATS)
    assert list(shown) == list(FORMATS) and len(chapter.printed["formats"].splitlines()) == 1 + 4
    assert {name: row[0] for name, row in shown.items()} == {
        name: f"{exponent}+{fraction}" for name, (exponent, fraction) in EXPONENT_AND_FRACTION.items()
    }


@pytest.mark.parametrize("name", FORMATS)
def test_beyond_the_largest_number_comes_inf_and_the_program_goes_on(chapter, name):
    """“Beyond the largest number comes `inf`, and the program goes on.” “Four formats, and where each ends”"""
    keep, top = chapter.keeps[name], chapter.largest[name]
    with np.errstate(over="ignore"):
        assert keep(top) == top and np.isfinite(keep(top))
        assert keep(keep(top) * keep(1.01)) == np.inf and keep(keep(top) * keep(-2)) == -np.inf
    assert chapter.runs[name].shape[1] == 3400 > first(chapter.runs[name][0], np.isinf)


def test_bf16_has_as_many_exponent_bits_as_fp32_in_as_many_bits_as_fp16(chapter):
    """“bf16 has 16 bits, as fp16 has. Why does it last nearly as long as fp32?” – “Because 8 of them are
    exponent, as in fp32.”"""
    assert chapter.bits["bf16"][0] == chapter.bits["fp32"][0] == 8
    assert sum(chapter.bits["bf16"]) + 1 == sum(chapter.bits["fp16"]) + 1 == 16  # with the sign
    assert chapter.bits["bf16"][1] == 7
    far = {name: first(chapter.runs[name][0], np.isinf) for name in FORMATS}
    assert 0.98 < far["bf16"] / far["fp32"] < 1 and far["fp16"] < 0.1 * far["bf16"]


@pytest.mark.parametrize("name, limit", [("fp16", 11.09), ("bf16", 88.72), ("fp32", 88.72), ("fp64", 709.78)])
def test_exp_overflows_above_the_printed_limit(chapter, name, limit):
    """“The last two columns show the $x$ above which $e^x$ overflows,”"""
    assert math.exp(limit - 0.005) < chapter.largest[name]
    if name == "fp64":
        with pytest.raises(OverflowError):
            math.exp(limit + 0.005)
    else:
        assert math.exp(limit + 0.005) > chapter.largest[name]
    assert printed_rows(chapter, "formats", FORMATS)[name][2] == f"{limit:.2f}"


@pytest.mark.parametrize("name, count", [("fp16", 8), ("bf16", 64), ("fp32", 64), ("fp64", 512)])
def test_a_loss_that_is_multiplied_by_4_is_too_large_after_8_64_or_512_updates(chapter, name, count):
    r"""“and the update at which a loss that starts at 1 and quadruples each time does.” – “A loss that is
    multiplied by $r$ per update overflows after $\ln(\text{largest}/L_0)/\ln r$ updates: at $r$ = 4, from
    1, after `8` in fp16, `64` in bf16 and fp32, `512` in fp64.”
    snippets/overflow.py: “from 1 to beyond top”"""
    assert updates(1, 4, int(chapter.largest[name])) == count  # in whole numbers, which never overflow
    assert printed_rows(chapter, "formats", FORMATS)[name][3] == str(count)
    assert chapter.printed["formats"].splitlines()[0].endswith("largest eˣ limit ×4 inf")


# The run


def test_bf16_rounds_to_nearest_with_ties_to_even(chapter):
    """snippets/overflow.py: “the first 16 bits of fp32, to nearest, ties to even”"""
    rng = np.random.default_rng(1)
    values = np.float32(rng.normal(size=2000) * 10.0 ** rng.uniform(-37, 38, 2000))
    ties = np.float32([1 + 2**-8, 1 + 3 * 2**-8, 257, 259, 3.3895e38, 3.4e38, -3.4e38, 0])
    for value in (*values, *ties):
        assert float(chapter.bf16(value)) == to_bf16(value)
        assert not chapter.bf16(value).view(np.uint32) % 2**16


def test_bf16_keeps_inf_and_nan(chapter):
    assert chapter.bf16(np.float32(np.inf)) == np.inf and chapter.bf16(np.float32(-np.inf)) == -np.inf
    with np.errstate(invalid="ignore"):
        for bad in np.float32(np.nan), -np.float32(np.nan), np.float32(np.inf) - np.float32(np.inf):
            assert np.isnan(chapter.bf16(bad))


def test_rounding_an_fp32_result_to_bf16_is_as_good_as_rounding_the_exact_result(chapter):
    rng = np.random.default_rng(2)
    a, b = (chapter.bf16(rng.normal(size=500) * 10.0 ** rng.uniform(-5, 5, 500)) for _ in range(2))
    for p, q in zip(a, b, strict=True):  # in fp64 these products and sums are exact
        assert float(chapter.bf16(p * q)) == to_bf16(float(p) * float(q))
        assert float(chapter.bf16(p + q)) == to_bf16(float(p) + float(q))


def test_the_run_at_0_12_rounds_after_every_operation_in_any_format(chapter):
    """“The next program makes the run at 0.12 in any format. It rounds after every operation. numpy has no bf16, so
    the program rounds to it by hand.”
    snippets/overflow.py: “keep rounds to the format”"""
    assert inspect.signature(chapter.descend).parameters["alpha"].default == 0.12
    tree = ast.parse(next(part.code for part in sections(SNIPPETS / "overflow.py") if part.name == "descend"))
    run = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "descend")
    calls = [node for node in ast.walk(run) if isinstance(node, ast.Call)]
    kept = [node.args[0] for node in calls if getattr(node.func, "id", "") == "keep"]
    assert all(node in kept for node in ast.walk(run) if isinstance(node, ast.BinOp))
    for name, keep in {**chapter.keeps, "long": np.longdouble}.items():
        with np.errstate(all="ignore"):
            rows = chapter.descend(keep, steps=30)
        once = rows[np.isfinite(rows)]
        assert np.array_equal(np.array([float(keep(one)) for one in once]), once), name
    with pytest.raises(TypeError):
        np.dtype("bf16")
    assert not hasattr(np, "bfloat16") and not hasattr(np, "bf16")


def test_numpy_adds_fp16_numbers_in_fp32_and_rounds_at_the_end():
    """“(A sum counts as one operation: numpy adds fp16 numbers in fp32 and rounds at the end.)”"""
    for times in 1, 12:  # few numbers and many are added in different ways
        numbers = np.array([60000, 60000, -60000, -60000] * times + [60000], np.float16)
        assert np.sum(numbers) == 60000  # added in fp16, the first two make inf
    assert np.sum(np.ones(4097, np.float16)) == 4096  # the rounding at the end


@pytest.mark.parametrize("name", NUMPY)
def test_the_runs_are_those_of_numpy_s_own_arithmetic(chapter, name):
    loss, slope, b = descend_in(NUMPY[name], 0.12)
    other = chapter.runs[name]
    early = first(loss, np.isinf)
    for mine, theirs in zip((loss, slope, b), other, strict=True):
        assert theirs[:early] == pytest.approx(mine[:early], rel=1e-4)


@pytest.mark.parametrize("name", FORMATS)
def test_the_factor_is_that_of_the_parabola_give_or_take_the_rounding(chapter, name):
    """“It does not come from the format: the factor is 0.12 · 18.66 − 1 = 1.2392, give or take the rounding.”"""
    b = chapter.runs[name][2]
    late = first(b, np.isinf)
    growth = np.abs(b[late // 2 + 1 : late] / b[late // 2 : late - 1])
    tolerance = {"fp16": 0.002, "bf16": 0.003, "fp32": 1e-4, "fp64": 1e-5}[name]
    assert pytest.approx(1.2392, abs=1e-9) == 0.12 * LAM - 1
    assert np.exp(np.mean(np.log(growth))) == pytest.approx(1.2392, abs=tolerance)
    shown = float(printed_rows(chapter, "first", FORMATS)[name][0])
    assert shown == pytest.approx(np.exp(np.mean(np.log(growth))), abs=6e-5)


def test_bf16_rounds_0_12_to_0_1201_and_overflows_two_updates_sooner_than_fp32(chapter):
    """“The fraction has only 7 bits, so the rate 0.12 is rounded to 0.1201. This alone makes the factor 1.2414. The
    rounding of the data and of every result does the rest: the factor is `1.2418`, and the loss overflows two
    updates sooner, at `195`.”"""
    assert to_bf16(0.12) > 0.12 and chapter.bits["bf16"][1] == 7
    assert to_bf16(0.12) == pytest.approx(0.1201, abs=5e-5)
    assert to_bf16(0.12) * LAM - 1 == pytest.approx(1.2414, abs=5e-5)
    rounded_data = sum(to_bf16(one) ** 2 for one in chapter.x)
    assert 1.2414 < to_bf16(0.12) * rounded_data - 1 < 1.2418  # the rest is the rounding of the results
    assert float(printed_rows(chapter, "first", FORMATS)["bf16"][0]) == 1.2418
    sooner = first(chapter.runs["fp32"][0], np.isinf) - first(chapter.runs["bf16"][0], np.isinf)
    assert sooner == 2


def test_at_update_197_the_slope_is_near_9e19_and_has_to_grow_4e18_fold(chapter):
    """“An update uses the slope, which at 197 is about 9 · 10¹⁹, far from the largest number.” – “The slope
    grows by a factor of `1.2392` per update. In ten updates this makes 8.5, but the slope can still grow by
    a factor of 4 · 10¹⁸.”"""
    slope = np.abs(chapter.runs["fp32"][1])
    assert slope[197] == pytest.approx(9 * 1e19, rel=0.05)
    assert slope[150:300] / slope[149:299] == pytest.approx(1.2392, abs=1e-4)
    assert slope[207] / slope[197] == pytest.approx(8.5, abs=0.05)
    assert chapter.largest["fp32"] / slope[197] == pytest.approx(4 * 1e18, rel=0.05)


def test_when_the_loss_passes_1e38_b_is_near_1e19(chapter):
    """“When it reaches 10³⁸, $b$ is near 10¹⁹, halfway to the end on a logarithmic scale.”"""
    loss, _, b = chapter.runs["fp32"]
    assert loss[196] > 1e38 and np.isinf(loss[197])
    assert 3e18 < abs(b[196]) < abs(b[197]) < 3e19
    assert np.log(abs(b[197])) / np.log(chapter.largest["fp32"]) == pytest.approx(0.5, abs=0.02)  # halfway


def test_the_loss_is_a_square_and_no_weight_is_computed_from_it(chapter):
    """“At 197 or 198: an inf spoils all that follows” – “It spoils what is computed *from it*, and no weight is
    computed from the loss.” – “The loss is a square.” – “No other value depends on it.”"""
    for update in 197, 198:
        assert np.isinf(chapter.runs["fp32"][0, update]) and np.isfinite(chapter.runs["fp32"][2, update])
    spoilt = changed(chapter, ("loss = keep(keep(np.sum(keep(residual**2))) / 2)", "loss = np.inf"))
    for name in FORMATS:
        with np.errstate(all="ignore"):
            assert np.array_equal(spoilt(chapter.keeps[name])[1:], chapter.runs[name][1:], equal_nan=True)
    loss, _, b = chapter.runs["fp64"]
    floor = np.linalg.lstsq(chapter.x[:, None], chapter.y)[1][0] / 2
    best = chapter.x @ chapter.y / (chapter.x @ chapter.x)
    assert loss[:500] - floor == pytest.approx(LAM / 2 * (b[:500] - best) ** 2)


def test_b_is_inf_for_one_update_only_and_the_explosion_is_the_same_in_all_four(chapter):
    """“The explosion.” – “The format only decides when it ends.”"""
    for name in FORMATS:
        loss, _, b = chapter.runs[name]
        assert np.isinf(b).sum() == 1 and b[first(b, np.isinf) - 1] == b[first(b, np.isinf) - 1]
        same = min(first(loss, np.isinf), 12)
        tolerance = {"fp16": 0.05, "bf16": 0.1, "fp32": 1e-5, "fp64": 1e-12}[name]
        assert loss[:same] == pytest.approx(chapter.runs["fp64"][0, :same], rel=tolerance)
        assert first(b, np.isnan) < 3400
    ends = [first(chapter.runs[name][0], np.isinf) for name in FORMATS]
    assert len(set(ends)) == 4


# inf first, nan about twice as late


@pytest.mark.parametrize("name", FORMATS)
def test_inf_comes_first_and_nan_about_twice_as_late(chapter, name):
    """“Why an exploding loss is inf long before the weights are nan,” – “With a squared loss, inf comes first
    and nan about twice as late: in fp32 the loss is inf at `197`, the weight nan at `399`.”
    “The loss is inf first, the weight nan about twice as late” “Why: inf first, nan about twice as late”"""
    loss, _, b = chapter.runs[name]
    inf, nan = first(loss, np.isinf), first(b, np.isnan)
    assert np.isfinite(b[: inf + 1]).all()
    assert 1.9 < nan / inf < 2.4


@pytest.mark.parametrize("name", FORMATS)
def test_the_table_shows_the_first_inf_of_each_and_the_first_nan(chapter, name):
    """“, after how many updates in fp16, bf16, fp32 and fp64,” – “Predict: in fp32 the loss is inf at update
    197.” – “Yes: at `399`.” – “It is inf for one update only, `398`.” – “(The upper table gives the updates
    at which loss, slope and $b$ are first inf, and at which $b$ is nan.)”
    snippets/overflow.py: “the first of each”"""
    loss, slope, b = chapter.runs[name]
    shown = [int(word) for word in printed_rows(chapter, "first", FORMATS)[name][1:]]
    assert shown == [*(first(values, np.isinf) for values in (loss, slope, b)), first(b, np.isnan)]


@pytest.mark.parametrize("name, n, seen", [("fp16", 15.5, 16), ("fp32", 196.5, 197), ("fp64", 1644.5, 1645)])
def test_the_formula_foretells_the_first_inf_of_the_loss(chapter, name, n, seen):
    """“Here $r$ = 1.2392² = 1.5356 and $L_0$ = 41.68.” – “This gives $n$ = 15.5 in fp16, 196.5 in fp32 and
    1644.5 in fp64. The runs say `16`, `197` and `1645`.”"""
    start = chapter.runs["fp64"][0, 0] - np.linalg.lstsq(chapter.x[:, None], chapter.y)[1][0] / 2
    assert start == pytest.approx(41.68, abs=0.005)
    assert pytest.approx(1.5356, abs=5e-5) == 1.2392**2
    predicted = np.log(chapter.largest[name] / 2 / start) / np.log(1.2392**2)
    assert predicted == pytest.approx(n, abs=0.05)
    assert math.ceil(predicted) == first(chapter.runs[name][0], np.isinf) == seen
    assert 65504 / 2 == 32752


@pytest.mark.parametrize("curvature, rate", [(18.66, 0.12), (3.0, 0.9), (500, 0.0045), (0.2, 31.0)])
@pytest.mark.parametrize("name", FORMATS)
def test_a_loss_passes_the_largest_number_after_the_logarithm_over_the_logarithm(
    chapter, name, curvature, rate
):
    r"""“On a parabola, an exploding loss is multiplied by $r = (\alpha\lambda - 1)^2$ per update. If it starts at $L_0$
    above its floor, it passes the largest number after $n$ updates, rounded up:” –
    “n = \frac{\ln\left(\text{largest} / L_0\right)}{\ln r}.” – “Because $\ln \sqrt{\mathstrut r} = \tfrac12 \ln r$,
    it needs twice as many updates.”"""
    top, error, losses = Decimal(chapter.largest[name]), Decimal(1), []
    while not (losses and error > top):  # in decimal numbers, which have no such end
        losses.append(Decimal(curvature) * error**2 / 2)
        error = abs(error - Decimal(rate) * Decimal(curvature) * error)
    r = (rate * curvature - 1) ** 2
    assert [float(b / a) for a, b in itertools.pairwise(losses)] == pytest.approx([r] * (len(losses) - 1))
    n = float((top / losses[0]).ln() / Decimal(r).ln())
    assert next(t for t, loss in enumerate(losses) if loss > top) == math.ceil(n)
    assert math.log(math.sqrt(r)) == pytest.approx(math.log(r) / 2)
    assert len(losses) == math.ceil(float(top.ln()) / (math.log(r) / 2))
    assert len(losses) / float(top.ln() / Decimal(r).ln()) == pytest.approx(2, abs=2 / math.ceil(n))


def kicked(kind, growth):
    """Descent on ½(b − 1)² from 0, as in the live figure: its losses, and its weights up to the first nan."""
    rate, b, losses, weights = kind(1 + growth**0.5), kind(0), [], []
    with np.errstate(all="ignore"):
        while not np.isnan(b):
            residual = b - kind(1)
            losses, weights = [*losses, float(residual * residual / kind(2))], [*weights, float(b)]
            b = b - rate * residual
    return np.array(losses), np.array(weights)


def test_a_loss_that_grows_four_fold_ends_at_8_in_fp16_64_in_fp32_and_513_in_fp64(chapter):
    """“Predict: a loss that grows four-fold is inf at update 64 in fp32. When in fp16, and when in bf16?” – “In fp16
    at update 8, because its largest number is so small. In bf16 at 64, as in fp32: it has the same exponents, with
    coarser fractions. In fp64 the formula gives 512 and the run 513: from 2⁵³ on, rounding keeps every error a little
    too small.” – “At update 20 instead of 64.”"""
    ends = {name: first(kicked(kind, 4)[0], np.isinf) for name, kind in NUMPY.items()}
    assert ends == {"fp16": 8, "fp32": 64, "fp64": 513}
    ends["bf16"] = next(t for t in range(99) if not 2.0 ** (2 * t) <= chapter.largest["bf16"])
    assert ends["bf16"] == 64 and chapter.bits["bf16"][0] == chapter.bits["fp32"][0]
    assert chapter.bits["bf16"][1] < chapter.bits["fp16"][1] < chapter.bits["fp32"][1]
    assert updates(1, 4, int(chapter.largest["fp64"])) == 512
    weights = kicked(np.float64, 4)[1][:513]
    short = [2**t - abs(int(b) - 1) for t, b in enumerate(weights)]
    assert not any(short[:53]) and all(short[t] > 0 for t in range(53, 513))
    assert first(kicked(np.float32, 100)[0], np.isinf) == 20


def test_twenty_five_times_the_growth_takes_a_third_of_the_time(chapter):
    """“Only the logarithm of the growth counts, so twenty-five times the growth still takes a third of the time.”"""
    assert first(kicked(np.float32, 100)[0], np.isinf) / first(kicked(np.float32, 4)[0], np.isinf) == (
        pytest.approx(1 / 3, abs=0.03)
    )
    for growth in 3, 4, 10:
        counts = [first(kicked(np.float64, growth**power)[0], np.isinf) for power in (1, 2, 3)]
        assert [counts[0] / one for one in counts[1:]] == pytest.approx([2, 3], rel=0.02)


@pytest.mark.parametrize("name, whole, number", [("fp16", "H", "e"), ("fp32", "I", "f"), ("fp64", "Q", "d")])
def test_inf_has_all_bits_of_the_exponent_and_none_of_the_fraction(chapter, name, whole, number):
    """“Before, the exponent climbs towards its end. At inf all bits of the exponent are 1 and all bits of the fraction
    are 0, a pattern reserved for inf. If any bit of the fraction is set, it is a nan.”"""
    exponent, fraction = chapter.bits[name]

    def pattern(value):
        return struct.unpack(whole, struct.pack(number, value))[0] % 2 ** (exponent + fraction)

    def value(bits):
        return struct.unpack(number, struct.pack(whole, bits))[0]

    losses = kicked(NUMPY[name], 4)[0]
    end = first(losses, np.isinf)
    climb = [pattern(loss) >> fraction for loss in losses[: end + 1]]
    assert all(a < b for a, b in itertools.pairwise(climb))
    full = 2**exponent - 1 << fraction
    assert pattern(losses[end]) == full and value(full) == math.inf and climb[-2] < 2**exponent - 1
    rng = np.random.default_rng(0)
    some = [2**bit for bit in range(fraction)] + [int(rng.integers(1, 2**fraction)) for _ in range(50)]
    assert all(math.isnan(value(full | one)) for one in some)
    assert all(math.isfinite(value((2**exponent - 2 << fraction) | one)) for one in some)


def test_the_sum_of_squares_overflows_before_it_is_halved(chapter):
    """“The squares are added before the sum is halved, so the sum overflows when the loss is at *half* the
    largest number: 32,752 in fp16.”"""
    b = chapter.runs["fp16"][2, 16]
    residual = np.float16(np.float16(chapter.x) * np.float16(b)) - np.float16(chapter.y)
    squares = np.sum(np.float64(residual) ** 2)
    assert squares / 2 < 65504 < squares
    for name in FORMATS:  # one update before the first inf the loss is below half of the largest number
        loss = chapter.runs[name][0]
        assert loss[first(loss, np.isinf) - 1] <= chapter.largest[name] / 2
        assert loss[first(loss, np.isinf) - 1] * 1.5356 > 0.98 * chapter.largest[name] / 2
    assert chapter.largest["fp16"] / 2 == 32752


@pytest.mark.parametrize("name", ["fp32", "fp64"])
def test_the_weight_grows_by_the_root_of_the_factor_of_the_loss(chapter, name):
    r"""“The weight is multiplied by $\sqrt{\mathstrut r}$ per update.”"""
    loss, _, b = chapter.runs[name]
    late = slice(first(loss, np.isinf) - 20, first(loss, np.isinf))
    assert np.diff(np.log(np.abs(b[late]))) == pytest.approx(np.log(1.5356) / 2, abs=1e-4)
    assert np.diff(np.log(loss[late])) == pytest.approx(2 * np.diff(np.log(np.abs(b[late]))), rel=1e-5)


def test_line_by_line_in_fp16(chapter):
    """“Update 16. The sum of the squares passes 65,504, and the loss is inf.” – “Update 35. The slope, 18.66
    times the error, passes 65,504 too. $b$ is still `3832`. Update 36. $b$ = 3832 − 0.12 · inf = −inf.” –
    “A sum with one nan in it is nan, so the loss and the slope are nan. Update 37. $b$ = −inf − nan = nan,
    and it remains nan.” “Twenty-one updates from the first inf to the nan”"""
    loss, slope, b = chapter.runs["fp16"]
    with np.errstate(over="ignore"):
        assert np.float16(3832) - np.float16(0.12) * np.float16(np.inf) == -np.inf
    assert np.isinf(loss[16]) and np.isfinite(slope[16]) and np.isfinite(b[17])
    shown = printed_rows(chapter, "first", ("15", "16", "35", "36", "37"))
    assert float(shown["15"][0]) < 65504 and shown["16"][0] == "inf" and float(shown["16"][2]) == b[16]
    assert shown["35"][1:] == ["inf", "3832"] and shown["36"][1:] == ["nan", "-inf"]
    assert shown["37"][1:] == ["nan", "nan"]
    over = first(slope, np.isinf)
    assert np.isfinite(b[over]) and LAM * abs(b[over]) > 65504 > LAM * abs(b[over - 1])
    assert b[over + 1] == -np.sign(slope[over]) * np.inf
    assert np.isnan(loss[over + 1]) and np.isnan(slope[over + 1])
    assert np.isnan(b[over + 2 :]).all()
    assert b[over] == float(printed_rows(chapter, "first", ("35",))["35"][2]) == 3832


def test_two_of_the_fifty_x_are_zero_and_make_the_first_nan(chapter):
    """“Two of the fifty $x_i$ are 0, and 0 · inf has no value: it is nan.”"""
    assert (len(chapter.x), np.sum(chapter.x == 0)) == (50, 2)
    with np.errstate(invalid="ignore"):
        assert np.sum(np.isnan(chapter.x * -np.inf)) == 2


@pytest.mark.parametrize("name", NUMPY)
def test_without_a_zero_b_is_nan_as_well_by_inf_minus_inf(name):
    """“Then something is multiplied by zero, or inf is subtracted from inf, and that is nan.” – “(With no zero
    among the $x_i$ it would be −inf + inf, which is nan as well.)”"""
    loss, slope, b = descend_in(NUMPY[name], 0.12, zeros=False)
    gone = first(b, np.isinf)
    assert np.isinf(loss[gone]) and slope[gone] == b[gone]  # nothing is nan yet, both have one sign
    assert np.isnan(b[gone + 1])


# What inf and nan do


def test_the_table_of_inf_and_nan_is_right(chapter):
    """“Here `eval` computes the text that is printed:” – “Nearly all calculations pass a nan on. The last
    three lines on the right are exceptions: `np.fmax`, Python's own `max` if the nan comes second, and the
    power 0.” – “nan comes from inf − inf, 0 · inf, inf/inf.”
    snippets/overflow.py: “not nan”"""
    lines = chapter.printed["arithmetic"].splitlines()
    columns = [[line[:20].strip() for line in lines], [line[20:].strip() for line in lines]]
    shown = dict(part.split(" → ") for column in columns for part in column)
    assert len(shown) == 20 and max(map(len, lines)) <= 44
    last = [part.split(" → ")[0] for part in columns[1][-3:]]
    assert last == ["np.fmax(nan, 1)", "max(zero, nan)", "nan ** zero"]
    assert math.isnan(max(math.nan, 0)) and max(0, math.nan) == 0
    assert [text for text in columns[1][:-3] if not text.endswith("nan")] == []
    inf, nan = math.inf, math.nan
    wanted = {
        "inf + inf": inf + inf,
        "one / inf": 1 / inf,
        "np.exp(-inf)": math.exp(-inf),
        "nan > one": nan > 1,
        "nan < one": nan < 1,
        "inf - inf": inf - inf,
        "zero * inf": 0 * inf,
        "inf / inf": inf / inf,
        "nan * zero": nan * 0,
        "nan == nan": nan == nan,
        "nan != nan": nan != nan,
        "inf == inf": inf == inf,
        "np.fmax(nan, 1)": 1.0,
        "max(zero, nan)": 0.0,
        "nan ** zero": math.pow(nan, 0),
        "np.maximum(nan, 1)": nan,
        "one / zero": inf,  # these four raise an error in plain Python
        "np.log(zero)": -inf,
        "zero / zero": nan,
        "np.sqrt(-one)": nan,
    }
    assert shown == {text: str(result) for text, result in wanted.items()}
    assert [shown[text] for text in ("inf - inf", "zero * inf", "inf / inf")] == ["nan"] * 3
    with np.errstate(all="ignore"):
        assert all(str(eval(text, vars(chapter))) == result for text, result in shown.items())


def test_an_inf_keeps_its_sign_and_may_be_exact():
    """“`inf` means “too large, but the sign is known”, or it is an exact infinity such as 1/0 and −log 0.”"""
    large = np.float64(1e200)
    for sign in 1, -1:
        with np.errstate(over="ignore"):
            assert large * (sign * large) == sign * np.inf
        with pytest.raises(FloatingPointError, match="overflow"), np.errstate(all="raise"):
            large * (sign * large)
    with np.errstate(over="raise", divide="ignore"):  # exact: nothing has overflowed
        assert np.float64(1) / np.float64(0) == -np.log(np.float64(0)) == np.inf


@pytest.mark.parametrize("other", [-math.inf, -3.5, 0, 1, 1e30, math.inf, math.nan])
def test_comparisons_with_nan_are_false(other):
    """“Comparisons swallow it: every `<`, `>` and `==` with a nan is False.”"""
    for nan in math.nan, np.float32(np.nan), np.float64(np.nan), np.array([np.nan]):
        for a, b in (nan, other), (other, nan):
            assert [bool(a < b), bool(a > b), bool(a == b)] == [False] * 3


# A loss with a logarithm


def naive(z, most=1.0):
    p = np.minimum(1 / (1 + np.exp(-np.float32(z))), np.float32(most))
    with np.errstate(divide="ignore"):
        return -np.log(1 - p)


def test_at_a_score_of_20_the_true_loss_is_20_and_one_minus_p_is_2e_9():
    r"""“20.0 This is the true value, $\log(1 + e^{20})$. But 1 − $p$ is 2e-9, and in fp32 $p$ has been rounded
    to 1 before the clip.”"""
    assert math.log1p(math.exp(20)) == pytest.approx(20.0, abs=1e-6)
    assert 1 / (1 + math.exp(20)) == pytest.approx(2e-9, rel=0.05)
    assert 1 / (1 + np.exp(np.float32(-20))) == np.float32(1)


def test_clipping_at_1e_8_would_give_18_4_in_fp64_and_gives_inf_in_fp32():
    """“18.4, which is −log(1e-8) That is what the author of the clip intended, and in fp64 it works. In fp32
    there is no number 1 − 1e-8.”"""
    assert -math.log(1 - min(1 / (1 + math.exp(-20)), 1 - 1e-8)) == pytest.approx(18.4, abs=0.05)
    assert -math.log(1e-8) == pytest.approx(18.4, abs=0.05)
    assert naive(20, 1 - 1e-8) == np.inf
    numbers = [np.nextafter(np.float32(1), np.float32(side)) for side in (0, 2)]
    assert not any(float(one) == 1 - 1e-8 for one in (*numbers, np.float32(1)))


def test_near_one_the_numbers_of_fp32_are_6e_8_apart_and_one_minus_1e_8_is_one():
    """“Yes. Just below 1 the numbers of fp32 are 6e-8 apart, so 1 − 1e-8 is rounded to `1.0`. The clip lets
    $p$ = 1 through, and −log 0 is inf.”"""
    below = np.nextafter(np.float32(1), np.float32(0))
    assert 1 - float(below) == pytest.approx(6e-8, rel=0.01)
    assert below == 1 - 2.0**-24 and np.float32((1 + float(below)) / 2 + 1e-10) == np.float32(1.0)
    with np.errstate(divide="ignore"):
        assert -np.log(1 - np.minimum(np.float32(1), np.float32(1 - 1e-8))) == np.inf
    assert np.float32(1 - 1e-8) == 1 and np.float32(1 - 1e-7) < 1


def test_the_right_answer_gives_zero_times_log_zero_which_is_nan():
    r"""“Not here, but very nearly. Write the loss as $-y \log p - (1 - y)\log(1 - p)$, and let the label be
    yes, $y$ = 1. Then the *right* answer gives 0 · log 0, which is nan.”"""
    p, y = 1 / (1 + np.exp(np.float32(-20))), np.float32(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        assert p == 1 and np.isnan(-y * np.log(p) - (1 - y) * np.log(1 - p))
        assert naive(20, 1 - 1e-8) == np.inf  # with the other label it is inf, not nan
        assert np.isnan(np.float32(0) * np.log(np.float32(0)))


@pytest.mark.parametrize("most", [1, 1 - 1e-8])
def test_clipped_at_1e_8_or_not_the_loss_is_inf_above_16_6(most):
    """“Without a clip, and with p clipped at 1 − 1e-8, the loss is inf above 16.6.”"""
    assert np.isfinite(naive(np.linspace(12, 16.6, 50), most)).all()
    assert np.isinf(naive(np.linspace(16.7, 80, 50), most)).all()


def test_clipping_at_1e_7_keeps_the_loss_finite_but_flat_so_the_worst_mistakes_have_slope_zero():
    """“Clipping at 1 − 1e-7 keeps the loss finite but flat, so the worst mistakes have slope 0 and teach
    nothing.”"""
    loss = naive(np.linspace(16.2, 80, 50), 1 - 1e-7)
    assert loss == pytest.approx(15.9, abs=0.05) and np.ptp(loss) == 0
    assert np.float32(1 - 1e-7) < 1


def test_logaddexp_is_right_everywhere():
    r"""“`logaddexp` is right everywhere.” – “$-\log(1-p) = \log(e^0 + e^z)$ is `np.logaddexp(0, z)`. It factors
    the larger power out first, so that no power overflows.”"""
    for z in np.linspace(-80, 200, 57, dtype=np.float32):
        right = math.log1p(math.exp(z)) if z < 700 else z
        assert np.logaddexp(np.float32(0), z) == pytest.approx(right, rel=1e-6)
    assert np.logaddexp(0, 1e6) == 1e6
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for z in np.concatenate([np.geomspace(1, 1e30, 40), -np.geomspace(1, 1e30, 40)]):
            assert np.logaddexp(0, z) == (pytest.approx(np.log1p(np.exp(z))) if z < 100 else z)
            if -30 < z < 30:
                p = 1 / (1 + math.exp(-z))
                assert -math.log(1 - p) == pytest.approx(math.log(math.exp(0) + math.exp(z)), rel=1e-3)


def test_the_figure_has_the_crosses_on_the_squares_and_inf_in_the_top_row(chapter):
    """“Loss against the score of a wrong answer, in fp32.” – “With p clipped at 1 − 1e-7 it stays at 15.9.
    logaddexp follows the straight line throughout.” – “Clipping at 1 − 1e-8 protects nothing in fp32: the
    crosses lie on the squares, where nothing is clipped.”
    snippets/overflow.py: “the model says yes, with this probability; the label says no” “inf becomes a row
    at the top” “In the top row the loss is inf”"""
    (ax,) = axes_of(chapter, "guards")
    lines = {line.get_marker(): line.get_xydata() for line in ax.lines}
    assert chapter.z.dtype == chapter.p.dtype == np.float32
    assert np.abs(lines["o"][:, 1] - lines["o"][:, 0]).max() < 1e-4  # the straight line
    assert np.all(lines["^"][lines["^"][:, 0] > 16.2, 1] == pytest.approx(15.9, abs=0.05))
    assert lines["s"][:, 0][lines["s"][:, 1] == 25].min() == pytest.approx(16.6 + 0.125, abs=0.125)
    assert lines["x"] == pytest.approx(lines["s"])
    row = lines["s"][:, 0] > 16.64
    assert row.any() and np.all(lines["s"][row, 1] == 25) and np.all(lines["s"][~row, 1] < 17)
    assert lines["o"][:, 1] == pytest.approx(np.log1p(np.exp(np.float64(lines["o"][:, 0]))), rel=3e-7)
    assert lines["^"][:, 1].max() < 16 and ax.get_ylim()[1] > 25
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert (
        said[0] == "logaddexp(0, z)"
        and said[1] == "p not clipped"
        and "1e-08" in said[2]
        and "1e-07" in said[3]
    )


def test_the_naive_softmax_is_nan_and_with_the_largest_subtracted_it_is_right():
    """“`np.exp(1000.)` is inf even in fp64 (the limit is `709.78`), and inf/inf is nan. After the subtraction
    the largest power is $e^0 = 1$, and the result is the same.”"""
    assert math.isfinite(np.exp(709.78))
    scores = np.array([1000.0, 0.0])
    with np.errstate(over="ignore", invalid="ignore"):
        assert np.exp(1000.0) == np.exp(709.79) == np.inf
        powers = np.exp(scores)
        assert np.isinf(powers[0]) and np.isnan(powers / powers.sum())[0]
    powers = np.exp(scores - scores.max())
    assert powers / powers.sum() == pytest.approx([1, 0]) and powers.max() == 1
    for small in np.random.default_rng(0).normal(size=(20, 5)) * 10:
        shifted = np.exp(small - small.max())
        assert shifted.max() == np.exp(0.0) == 1
        assert shifted / shifted.sum() == pytest.approx(np.exp(small) / np.exp(small).sum())


def test_in_fp16_an_eps_of_1e_8_does_not_keep_a_division_from_zero_by_zero():
    r"""“Another guard fails in fp16: the 1e-8 that keeps a division from being 0/0, as in Adam's
    $\sqrt{\mathstrut v} + 10^{-8}$. In fp16, 1e-8 is `0.0`.” – “1 − 1e-8 is `1.0` in fp32 and 1e-8 is `0.0`
    in fp16: such guards protect nothing.”"""
    gradient, v = np.float16(0), np.float16(0)
    assert np.float16(1e-8) == np.float16(10**-8) == 0 and np.float32(1 - 1e-8) == 1
    with np.errstate(invalid="ignore"):
        assert np.isnan(gradient / (np.sqrt(v) + np.float16(1e-8)))
    assert np.float32(0) / (np.sqrt(np.float32(0)) + np.float32(1e-8)) == 0


# Make it stop


def test_python_shows_a_warning_of_numpy_s_once_for_each_line():
    """“So numpy goes on. It turns the flag into a warning, and Python shows a warning once for each line.”"""
    code = "import numpy as np\nfor _ in range(3):\n    np.float32(1e30) * np.float32(1e30)\n"
    twice = code + "np.float32(1e30) * np.float32(1e30)\n"  # another line, after the three of the first
    done = subprocess.run([sys.executable, "-c", twice], capture_output=True, text=True, check=True)
    assert done.stderr.count("RuntimeWarning: overflow") == 2


def test_the_check_names_the_quantity_and_the_update_and_lets_finite_values_pass(chapter):
    """snippets/overflow.py: “stops at the first value gone bad”"""
    assert chapter.check(3, loss=1.0, slope=np.ones(4)) is None
    for bad in np.inf, -np.inf, np.nan:
        with pytest.raises(FloatingPointError, match="slope at update 7"):
            chapter.check(7, loss=1.0, slope=np.array([1.0, bad]))


def test_errstate_stops_the_run_at_the_loss(chapter):
    short = first(chapter.runs["fp32"][0], np.isinf)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        chapter.descend(np.float32, steps=short)
        with pytest.raises(FloatingPointError, match="overflow"):
            chapter.descend(np.float32, steps=short + 1)


def test_the_guards_are_rounded_away_without_a_word(chapter):
    """“The last two lines are the guards from above, rounded away without a word.”"""
    lines = chapter.printed["stop"].splitlines()[-2:]
    guards = {text.strip(): float(result) for text, result in (line.split(" → ") for line in lines)}
    assert guards == {
        "np.float32(1 - 1e-8)": struct.unpack("f", struct.pack("f", 1 - 1e-8))[0],
        "np.float16(1e-8)": struct.unpack("e", struct.pack("e", 1e-8))[0],
    }
    assert list(guards.values()) == [1, 0]


def test_numpy_ignores_underflow_unless_asked_and_then_stops_at_a_cast_but_not_at_a_scalar(recwarn):
    """“But numpy never looks at inexact, and it ignores underflow unless you ask with `np.errstate(all="raise")`.
    Then it stops at $e^{-1000}$ too, which is harmless, and at a cast such as
    `np.array([1e-8]).astype(np.float16)`. It still says nothing of `np.float16(1e-8)`.”"""
    assert np.array([1e-8]).astype(np.float16) == 0 and np.exp(-1000.0) == 0
    assert len(recwarn) == 0 and np.geterr()["under"] == "ignore" and "inexact" not in np.geterr()
    with np.errstate(all="raise"):
        for harmful in lambda: np.array([1e-8]).astype(np.float16), lambda: np.exp(-1000.0):
            with pytest.raises(FloatingPointError, match="underflow"):
                harmful()
        assert np.float16(1e-8) == 0
        assert np.float32(1 - 1e-8) == 1 and np.array([1 - 1e-8]).astype(np.float32) == 1  # inexact only


def test_the_processor_s_own_flags_know_of_both_guards():
    """“The standard has flags for this as well, *underflow* for 1e-8 and *inexact* for both.”"""
    ctypes = pytest.importorskip("ctypes")
    if sys.platform != "linux" or os.uname().machine not in ("x86_64", "aarch64"):
        pytest.skip("the flags have other numbers elsewhere")
    inexact, underflow = (0x20, 0x10) if os.uname().machine == "x86_64" else (0x10, 0x08)
    libm, single = ctypes.CDLL("libm.so.6"), ctypes.c_float

    def flags(value):
        libm.feclearexcept(inexact | underflow)
        single(value)  # a cast in C
        found = libm.fetestexcept(inexact | underflow)
        return bool(found & underflow), bool(found & inexact)

    assert flags(0.5) == (False, False)
    assert flags(1 - 1e-8) == (False, True)
    assert flags(1e-46) == (True, True)  # too small for fp32, as 1e-8 is for fp16


def test_both_stop_at_the_loss_200_updates_before_b_is_nan(chapter):
    """“and which guards stop it.” – “Two things can stop a run, a check of your own and `np.errstate`:” – “The
    check names the quantity, `np.errstate` the operation. Both stop at the loss, 202 updates before $b$ is
    nan.” “Two things stop the run: a check, and the flag”"""
    loss, _, b = chapter.runs["fp32"]
    assert first(b, np.isnan) - first(loss, np.isinf) == 202
    assert "check(197, loss=loss[197]) stops:\n    loss at update 197\n" in chapter.printed["stop"]
    assert "descend(np.float32) stops:\n    overflow encountered" in chapter.printed["stop"]


def test_without_underflow_errstate_lets_a_harmless_power_pass(chapter):
    assert "np.exp(-1e3) → 0.0\n" in chapter.printed["stop"]
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        assert np.exp(-1000.0) == 0


def test_in_plain_python_a_power_raises_an_error_and_a_product_is_silently_inf():
    """“In plain Python a power raises an error, and a product is silently inf.”"""
    large = float("1e200")
    with pytest.raises(OverflowError):
        large**2
    assert large * large == math.inf


# You may think …


def test_the_run_divides_by_nothing_but_two(chapter):
    """“A number other than zero divided by zero is inf, and this run divides by nothing but 2. Its nan came
    from 0 · inf.”"""
    code = next(part.code for part in sections(SNIPPETS / "overflow.py") if part.name == "descend")
    body = code[code.index("def descend") :]
    assert body.count("/") == 1 and "/ 2)" in body
    with np.errstate(divide="ignore"):
        assert [one / np.float64(0) for one in (3.0, -1e-300, 1e300)] == [np.inf, -np.inf, np.inf]
    for name in FORMATS:  # the values of the program when the first nan arises
        b = chapter.runs[name][2]
        with np.errstate(invalid="ignore"):
            products = chapter.x * b[first(np.isinf(b), np.asarray)]
        assert np.array_equal(np.isnan(products), chapter.x == 0)


@pytest.mark.parametrize("name", FORMATS)
def test_the_limit_is_the_same_in_every_format_to_within_the_rounding(chapter, name):
    """“The limit, 0.10718, is the same in every format to within the rounding, and 0.12 is above it.”"""
    assert pytest.approx(0.10718, abs=5e-6) == 2 / np.sum(chapter.x**2)
    below, above = (np.abs(chapter.descend(chapter.keeps[name], 0.10718 * p, 60)[2]) for p in (0.98, 1.02))
    assert np.max(below[40:60]) < 4.25 < np.max(above[40:60])  # the first landing is at twice the bottom
    with np.errstate(all="ignore"):
        assert not np.max(np.abs(chapter.descend(chapter.keeps[name], 0.12, 60)[2][40:60])) < 4.25


def test_fp64_has_room_for_8_times_as_many_updates_as_fp32(chapter):
    """“fp64 has room for 8 times as many updates as fp32, `1645` in place of `197`, and then the loss is inf
    as well.”"""
    ratio = first(chapter.runs["fp64"][0], np.isinf) / first(chapter.runs["fp32"][0], np.isinf)
    assert ratio == pytest.approx(8, abs=0.5)


def test_with_a_loss_of_inf_the_weight_is_saved_by_a_rate_of_one_twentieth(chapter):
    """“No: in fp32 the weight stays finite for another 200 updates. Lower the rate to 0.05 at update 197, and
    22 updates later $b$ is 2.11358, the bottom.”"""
    loss, _, b = chapter.runs["fp32"]
    assert np.isinf(loss[197]) and np.isfinite(b[197 : 197 + 201]).all() and np.isinf(b[197 + 201])
    assert np.linalg.lstsq(chapter.x[:, None], chapter.y)[0] == pytest.approx(2.11358, abs=5e-6)
    x, y, b = np.float32(chapter.x), np.float32(chapter.y), np.float32(chapter.runs["fp32"][2, 197])
    for _ in range(22):
        b = b - np.float32(0.05) * np.sum(x * (x * b - y))
    assert b == pytest.approx(2.11358, abs=5e-6)


@pytest.mark.parametrize("name", NUMPY)
@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_weights_that_are_inf_or_nan_cannot_be_repaired_at_any_rate(chapter, name, bad):
    """“Only weights that are themselves inf or nan cannot be repaired: from $b$ = inf the next update makes nan at
    any rate.”"""
    kind = NUMPY[name]
    x, y = kind(chapter.x), kind(chapter.y)
    with np.errstate(all="ignore"):
        for rate in 0.12, 0.05, 1e-3, 0.0:
            b = kind(bad) - kind(rate) * np.sum(x * (x * kind(bad) - y))
            assert np.isnan(b)
            assert np.isnan(b - kind(rate) * np.sum(x * (x * b - y)))
    late = first(chapter.runs[name][2], np.isinf)  # the run itself
    assert np.isnan(chapter.runs[name][2, late + 1 :]).all()


def test_a_guard_with_greater_than_never_sees_nan():
    """““I have a guard: if loss > 1e6, stop.” The comparison nan > 1e6 is False, so a loss that goes from 0.3
    to nan passes the guard. Write `if not loss < 1e6`.”"""

    def passes(losses, stops):
        return not any(stops(loss) for loss in losses)

    for number in float, np.float32, np.float64:
        gone = [number(0.3), number("nan")]
        assert passes(gone, lambda loss: loss > 1e6)
        assert not passes(gone, lambda loss: not loss < 1e6) and passes(
            [number(0.3)], lambda loss: not loss < 1e6
        )
        assert not passes([number("inf")], lambda loss: not loss < 1e6)


# Exercises


def test_exercise_1_the_asker_s_loss_is_inf_at_29_the_slope_at_58_and_the_weight_at_59():
    """“In fp32 it is inf after ln(3.4028e38/5000)/ln 16 = 28.9, so 29 updates. The slope is 5,000 times the
    error, at first 7,071, and grows 4-fold: ln(3.4028e38/7071)/ln 4 = 57.6. At update 58 it is inf, at 59
    the weight is.”"""
    top = float(np.finfo(np.float32).max)
    assert np.log(top / 5000) / np.log(16) == pytest.approx(28.9, abs=0.05)
    assert 5000 * np.sqrt(2 * 5000 / 5000) == pytest.approx(7071, abs=0.5)  # the loss is ½ · 5000 · error²
    assert np.log(top / 7071) / np.log(4) == pytest.approx(57.6, abs=0.05)
    w, rows = np.float32(np.sqrt(2)), []
    with np.errstate(all="ignore"):
        for _ in range(70):
            slope = np.float32(5000) * w
            rows.append((np.float32(0.5) * w * slope, slope, w))
            w = w - np.float32(1e-3) * slope
    loss, slope, w = np.array(rows, float).T
    assert loss[0] == pytest.approx(5000) and loss[1] / loss[0] == pytest.approx(16)
    assert slope[0] == pytest.approx(5000 * 1.41421356) and slope[1] / slope[0] == pytest.approx(-4)
    assert top == pytest.approx(3.4028e38, rel=1e-4) and pytest.approx(0.001) == 1e-3
    assert [first(values, np.isinf) for values in (loss, slope, w)] == [29, 58, 59]


def test_exercise_2_13_updates_in_fp16_and_109_in_bf16(chapter):
    """“A loss starts at 2 and grows by $r$ = 2.25, in fp16. ln(65,504/2)/ln 2.25 = 12.8, so it is inf after 13
    updates.” – “ln(3.3895e38/2)/ln 2.25 = 108.5, so 109. With as many bits it lasts eight times as long,
    because three more of them are exponent.”"""
    assert np.log(65504 / 2) / np.log(2.25) == pytest.approx(12.8, abs=0.05)
    assert np.log(3.3895e38 / 2) / np.log(2.25) == pytest.approx(108.5, abs=0.05)
    assert updates(2, 2.25, chapter.largest["fp16"]) == 13
    assert updates(2, 2.25, chapter.largest["bf16"]) == 109
    bits = chapter.bits
    assert sum(bits["bf16"]) == sum(bits["fp16"]) and bits["bf16"][0] - bits["fp16"][0] == 3
    for start, growth in (2, 2.25), (1, 4), (0.5, 1.3):
        lasts = [updates(start, growth, chapter.largest[name]) for name in ("fp16", "bf16")]
        assert lasts[1] / lasts[0] == pytest.approx(2**3, rel=0.15)


def test_exercise_3_one_inf_at_update_40_gives_away_half_of_the_limit(chapter):
    r"""“If it grew evenly, $r$ is about $e^{88.72/40}$ = 9.19, and $\sqrt{\mathstrut r}$ = 3.03. So $\lambda =
    (1 + 3.03)/0.1$ = 40.3, and half of the limit is 1/λ = 0.025. The first loss and the update of the inf
    are enough, even if you kept nothing else.”"""
    r = chapter.largest["fp32"] ** (1 / 40)
    assert (r, np.sqrt(r)) == (pytest.approx(9.19, abs=0.005), pytest.approx(3.03, abs=0.005))
    lam = (1 + np.sqrt(r)) / 0.1
    assert lam == pytest.approx(40.3, abs=0.05)
    assert 1 / lam == pytest.approx(0.025, abs=5e-4)
    assert math.log(chapter.largest["fp32"]) == pytest.approx(88.72, abs=0.005)
    assert updates(1, (0.1 * lam * 1.001 - 1) ** 2, chapter.largest["fp32"]) == 40
    rng = np.random.default_rng(0)
    for curvature, above in zip(10 ** rng.uniform(-2, 4, 30), rng.uniform(2.3, 9, 30), strict=True):
        alpha, error, start = above / curvature, math.sqrt(2 / curvature) * 3, 9
        n = next(t for t in range(3000) if not curvature * (error * (1 - above) ** t) ** 2 / 2 < 3.4028e38)
        guess = alpha / (1 + math.exp(math.log(chapter.largest["fp32"] / start) / n / 2))
        assert guess == pytest.approx(1 / curvature, rel=0.06)


@reads("docs/{own}.md")
@pytest.mark.parametrize("name", NUMPY)
def test_exercise_4_with_the_rate_in_the_sum_the_nan_comes_ten_updates_later(name):
    """“It depends on the order of the multiplications, as exercise 4 shows.” – “: the sum is now 0.12 times as
    large, and 1.2392¹⁰ = 8.5 is a little more than 1/0.12 = 8.3. The mathematics is the same; the update of
    the nan is not.”"""
    assert "**4. In the program.** Move the rate into the sum" in section("Exercises")
    plain, inside = descend_in(NUMPY[name], 0.12), descend_in(NUMPY[name], 0.12, inside=True)
    assert first(plain[0], np.isinf) == first(inside[0], np.isinf)
    for values, kind in (1, np.isinf), (2, np.isinf), (2, np.isnan):
        assert first(inside[values], kind) - first(plain[values], kind) == 10
    slopes = inside[1][5:15] / plain[1][5:15]
    assert slopes == pytest.approx(0.12, rel=0.02 if name == "fp16" else 1e-4)
    assert 1.2392**9 < 1 / 0.12 < 1.2392**10 < 8.6
    assert pytest.approx(8.3, abs=0.05) == 1 / 0.12 and pytest.approx(8.5, abs=0.05) == 1.2392**10


def test_exercise_4_as_it_is_done_in_the_program_bf16_too(chapter):
    """“The loss is inf where it was. The other three come exactly ten updates later, in each format”"""
    inside = "keep(np.sum(keep(keep(alpha * data) * residual)))"
    descend = changed(
        chapter, ("keep(np.sum(keep(data * residual)))", inside), ("keep(keep(alpha) * slope)", "slope")
    )
    with np.errstate(all="ignore"):
        for name, keep in chapter.keeps.items():
            loss, slope, b = descend(keep)
            plain = chapter.runs[name]
            assert first(loss, np.isinf) == first(plain[0], np.isinf)
            assert first(slope, np.isinf) - first(plain[1], np.isinf) == 10
            assert first(b, np.isinf) - first(plain[2], np.isinf) == 10
            assert first(b, np.isnan) - first(plain[2], np.isnan) == 10


# In your own run: what its steps say


def section(title):
    """The words of the page below a heading."""
    page = markdown_of("overflow")
    return page.split(f"## {title}\n")[1].split("\n## ")[0]


@reads("docs/{own}.md")
def test_in_your_own_run_shows_a_call_of_each_of_the_four_libraries():
    """“In your own run says how to look, with PyTorch, TensorFlow, Keras and JAX too.”"""
    calls = {"PyTorch": "torch.", "TensorFlow": "tf.", "Keras": "keras.", "JAX": "jax."}
    for name, module in calls.items():
        (line,) = (
            line for line in section("In your own run").splitlines() if line.strip().startswith(f"- {name}: ")
        )
        assert f"`{module}" in line


def parabola(above, kind=np.float32, b=1.0, curvature=1.0, steps=3000):
    """The losses of descent at αλ = above, in a format."""
    rate, b, losses = kind(above / curvature), kind(b), []
    with np.errstate(all="ignore"):
        for _ in range(steps):
            slope = kind(curvature) * b
            losses.append(b * slope / kind(2))
            b = b - rate * slope
    return np.array(losses, float)


def test_a_loss_that_grows_is_then_inf_and_later_nan_explodes_and_a_loss_below_the_limit_never_does():
    """“If the loss grows, is then inf and later nan, it is an explosion.”"""
    for above in np.random.default_rng(0).uniform(2.1, 9, 10):
        losses = parabola(above)
        inf, nan = first(losses, np.isinf), first(losses, np.isnan)
        assert (
            (np.diff(losses[:inf]) > 0).all()
            and np.isinf(losses[inf:nan]).all()
            and np.isnan(losses[nan:]).all()
        )
        assert 0 < inf < nan
    for below in np.random.default_rng(1).uniform(0.1, 1.9, 10):
        losses = parabola(below, steps=300)
        assert np.isfinite(losses).all() and (np.diff(losses) <= 0).all()


def test_a_normal_loss_is_followed_by_nan_at_once_from_log_0_0_over_0_a_root_or_a_small_format():
    """“If a normal loss is followed by nan at once, look for log 0, 0/0, √ of a negative number, or a format that is
    too small.”"""
    zero = np.float32(0)
    with np.errstate(all="ignore"):
        assert (
            np.isnan(zero * np.log(zero)) and np.isnan(zero / zero) and np.isnan(np.sqrt(np.float32(-1e-9)))
        )
        small = np.float16(300)  # a variance as the mean of the squares less the square of the mean
        assert (
            np.isnan(small * small - small * small) and np.float32(small) ** 2 - np.float32(small) ** 2 == 0
        )


@pytest.mark.parametrize("spoilt", ["data", "label", "weight"])
def test_a_nan_before_the_first_update_is_not_made_by_any_rate(chapter, spoilt):
    """“If there is a nan before the first update, look at the data, the labels and the initial weights: no rate can
    have done it.”"""
    x, y, b = chapter.x.copy(), chapter.y.copy(), 0.0
    if spoilt == "weight":
        b = np.nan
    else:
        {"data": x, "label": y}[spoilt][7] = np.nan
    for rate in 0.0, 1e-9, 0.05, 0.12, 1e9:
        losses = []
        for _ in range(3):
            losses.append(np.sum((x * b - y) ** 2) / 2)
            b = b - rate * (x @ (x * b - y))
        assert np.isnan(losses).all()
    for rate in 0.0, 0.05, 1e9:  # clean data: the first loss is finite at any rate
        assert np.isfinite(chapter.descend(np.float64, alpha=rate, steps=1)[0]).all()


def test_with_one_line_per_epoch_an_explosion_looks_like_a_normal_loss_followed_by_nan(chapter):
    """“(With one line per epoch, an explosion too can look like a normal loss followed by nan.)” – “That its weights
    are finite is not enough.”"""
    losses, _, b = chapter.runs["fp32"]
    assert losses[::500][0] < 100 and np.isnan(losses[::500][1:]).all()
    assert np.isfinite(b[390]) and abs(b[390]) > 1e30 and np.isinf(losses[390])


def test_about_twice_as_late_holds_for_a_squared_loss_and_a_constant_factor():
    """““About twice as late” holds for a squared loss and a constant factor.”"""
    top = float(np.finfo(np.float32).max)

    def late(power, factor):
        """When the loss |error|^power is too large, and how many times later the error is."""
        sizes = np.cumsum([math.log(factor(t)) for t in range(2000)])
        loss, error = (int(np.argmax(sizes * part > math.log(top))) for part in (power, 1))
        return error / loss

    for factor in 1.1, 1.24, 2:
        assert late(2, lambda t, factor=factor: factor) == pytest.approx(2, abs=0.03)
        assert late(1, lambda t, factor=factor: factor) == 1
        assert late(4, lambda t, factor=factor: factor) == pytest.approx(4, abs=0.2)
    assert late(2, lambda t: 1.01**t) == pytest.approx(math.sqrt(2), abs=0.05)  # a factor that grows


@pytest.mark.parametrize("seed", range(4))
def test_in_a_deep_network_the_activations_may_overflow_before_the_loss(seed):
    """“And in a deep network the activations may overflow before the loss.”"""
    rng = np.random.default_rng(seed)
    h, seen = np.float16(rng.normal(size=50)), []
    with np.errstate(all="ignore"):
        for _ in range(12):
            h = np.float16(rng.normal(size=(50, 50))) @ h
            seen.append(bool(np.isinf(h).any()))
        loss = np.sum(h**2) / np.float16(2)
    assert any(seen) and not seen[0] and np.isnan(loss)  # inf in a layer, and the loss was never inf


# In your own run


def test_the_chain_rule_on_a_naive_log_makes_zero_times_inf_where_p_is_one():
    r"""“It can also be inf and spoil the gradient at once: the chain rule on $-\log(1-p)$ makes 0 · inf where
    $p$ = 1.”"""
    p = np.float32(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        assert -np.log(1 - p) == np.inf and 1 / (1 - p) == np.inf and p * (1 - p) == 0
        assert np.isnan(1 / (1 - p) * (p * (1 - p)))


def test_a_cross_entropy_grows_with_the_weights_not_with_their_square():
    """“A cross-entropy grows with the weights, not with their square.”"""
    rng = np.random.default_rng(0)
    for scores in 100 * rng.normal(size=(10, 20, 3)):
        entropy, square = (
            np.array([loss(k * scores) for k in (10, 20, 40)])
            for loss in (lambda z: np.mean(np.logaddexp.reduce(z, axis=1) - z[:, 0]), lambda z: np.mean(z**2))
        )
        assert entropy[1:] / entropy[:-1] == pytest.approx(2, rel=0.01)
        assert square[1:] / square[:-1] == pytest.approx(4)


def child(code, *packages):
    """What the code, run apart, prints as JSON; without its packages the test is skipped."""
    skip_without(packages)
    return json.loads(last_line(code, ROOT, packages))


KERAS = """
import json
import keras, numpy as np, tensorflow as tf
x = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
def trained(*callbacks, epochs=60, unit=1, **how):  # the losses shown, the weight after each, and what stopped the run
    keras.utils.set_random_seed(0)
    net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    net.compile(optimizer=keras.optimizers.SGD(100.0), loss="mse", **how)
    seen, weights, stopped = [], [], ""
    def look(batch, logs):
        seen.append(str(logs["loss"]))
        weights.append(float(net.get_weights()[0][0, 0]))
    log = keras.callbacks.LambdaCallback(on_train_batch_end=look)
    try:
        net.fit(x, 3 * unit * x, batch_size=64, epochs=epochs, verbose=0, callbacks=[log, *callbacks])
    except Exception as error:
        stopped = f"{type(error).__name__}: {error}"
    return seen, weights, stopped
found = {"plain": trained(), "terminate": trained(keras.callbacks.TerminateOnNaN())}
found["terminate nan"] = trained(keras.callbacks.TerminateOnNaN(), unit=float("nan"))
found["bits"] = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]).get_weights()[0].dtype.itemsize * 8
found["help"] = " ".join(tf.debugging.enable_check_numerics.__doc__.split())
tf.debugging.enable_check_numerics()
found |= {"check": trained(jit_compile=False), "xla": trained(epochs=1, jit_compile=True)}
for name, code in ("log", lambda: tf.math.log(tf.constant(0.0))), ("fine", lambda: tf.constant(1.0) + 1):
    try:
        code()
        found[name] = ""
    except tf.errors.InvalidArgumentError as error:
        found[name] = str(error)
print(json.dumps(found))
"""


@of_a_framework()
def test_tensorflow_checks_numerics_and_keras_terminates_after_the_batch():
    """“PyTorch and Keras compute with 32 bits unless you ask for 16,” – “TensorFlow:
    `tf.debugging.enable_check_numerics()`, called before the model is built, raises an error at the first
    operation whose result holds an inf or a nan, and names it. It does not work with XLA: compile the model
    with `jit_compile=False`. Keras: the callback `keras.callbacks.TerminateOnNaN()` ends the training when
    the loss that Keras shows is nan or inf. By then the batch has already changed the weights, so keep
    checkpoints.”"""
    found = child(KERAS, "tensorflow", "keras")
    losses = [float(loss) for loss in found["plain"][0]]
    end = first(np.array(losses), np.isinf)  # Keras alone goes on
    assert len(losses) == 60 and math.isnan(losses[-1]) and found["plain"][2] == ""
    seen, weights, stopped = found["terminate"]
    assert stopped == "" and len(seen) == end + 1 and seen[-1] == "inf"
    assert weights[-1] != weights[-2]
    seen, weights, stopped = found["terminate nan"]
    assert (seen, stopped) == (["nan"], "") and math.isnan(weights[-1])
    assert (
        found["bits"] == 32 and "as soon as an op's output tensor contains infinity or NaN" in found["help"]
    )
    seen, _, stopped = found["check"]
    assert stopped.startswith("InvalidArgumentError") and "CheckNumerics" in stopped
    assert len(seen) == end and "inf" not in seen and "nan" not in seen  # at the loss, not after it
    assert 'executing op "Log"' in found["log"] and found["fine"] == ""
    assert found["xla"][0] == [] and "unsupported operations" in found["xla"][2]


TORCH = """
import json, torch
bits = torch.tensor(0.5).dtype.itemsize * 8, torch.nn.Linear(1, 1).weight.dtype.itemsize * 8
weight = torch.nn.Parameter(torch.ones(1))
optimizer, scaler, rows = torch.optim.SGD([weight], lr=1e-3), torch.amp.GradScaler("cpu"), []
for update in range(12):
    optimizer.zero_grad()
    slope = 10.0 if update < 8 else float("inf")
    half = (weight.half() * slope).sum()  # the gradient passes through fp16
    before = weight.item(), scaler.get_scale()
    scaler.scale(half.float()).backward()
    finite = bool(torch.isfinite(weight.grad).all())
    scaler.step(optimizer)
    scaler.update()
    rows.append([finite, weight.item() != before[0], before[1], scaler.get_scale()])
torch.autograd.set_detect_anomaly(True)
said = {}
for name, loss in ("nan", lambda w: (0 * w).sqrt().sum()), ("inf", lambda w: w.exp().sum()):
    w = torch.tensor([800.0], requires_grad=True)
    try:
        loss(w).backward()
        said[name] = w.grad.item()
    except RuntimeError as error:
        said[name] = str(error)
help = " ".join(torch.autograd.set_detect_anomaly.__doc__.split() + torch.autograd.detect_anomaly.__doc__.split())
print(json.dumps({"rows": rows, "bits": bits, "said": said, "help": help}))
"""


@of_a_framework()
def test_a_gradscaler_starts_high_skips_an_inf_and_halves_its_scale():
    """“With fp16 and PyTorch's `GradScaler`, a gradient that is inf in the first updates is normal: the scaler
    starts high, skips such an update and halves its scale. If the scale falls for ever, or the loss itself is
    nan, something is wrong.”"""
    rows = child(TORCH, "torch")["rows"]
    assert rows[0][2] == 65536
    assert [finite for finite, *_ in rows] == [False] * 4 + [True] * 4 + [False] * 4
    for finite, moved, before, after in rows:
        assert moved == finite
        assert after == (before if finite else before / 2)


JAX = """
import json, jax, jax.numpy as jnp
jax.config.update("jax_debug_nans", True)
said = {}
for name, run in ("nan", lambda z: jnp.log(z - 900)), ("inf", jnp.exp):
    try:
        said[name] = float(jax.jit(run)(jnp.float32(800)))
    except FloatingPointError as error:
        said[name] = str(error)
print(json.dumps(said | {"help": jax.config._value_holders["jax_debug_nans"].__doc__ or ""}))
"""


@of_a_framework()
def test_anomaly_mode_and_debug_nans_raise_an_error_at_a_nan_and_let_inf_pass():
    """“PyTorch: `torch.autograd.set_detect_anomaly(True)` makes the backward pass raise an error at a nan. It lets inf
    pass. JAX: `jax.config.update("jax_debug_nans", True)` raises an error where a nan is computed. It lets inf pass
    too.” – “Those of PyTorch, JAX and TensorFlow check operation after operation, which takes time: switch them off
    afterwards.”"""
    torch, jax = child(TORCH, "torch"), child(JAX, "jax")
    assert torch["bits"] == [32, 32]
    assert "MulBackward0" in torch["said"]["nan"] and "nan values" in torch["said"]["nan"]  # ∞ · 0
    assert torch["said"]["inf"] == jax["inf"] == math.inf
    assert "invalid value (nan) encountered" in jax["nan"] and "log" in jax["nan"]
    assert "will slow down your program execution" in torch["help"] and "every operation" in jax["help"]


# The figure of the run


def test_the_panels_mark_the_first_inf_of_the_loss_and_the_first_nan_of_b_above_the_largest_number(chapter):
    """“Three panels, fp16, fp32 and fp64, with logarithmic heights up to 4.8, 38.5 and 308.3.” – “; the size
    of b rises along a line half as steep and is nan at the right edge.” – “Dotted grey: the largest number
    of the format. Cross: the loss is inf. Plus: b is nan. Between the two the loss is gone and $b$ is still
    a number.”
    snippets/overflow.py: “nothing is larger” “…: inf …, nan …”"""
    for ax, name in zip(axes_of(chapter, "panels"), ("fp16", "fp32", "fp64"), strict=True):
        loss, _, b = chapter.runs[name]
        marks = {line.get_marker(): line.get_xydata() for line in ax.lines}
        edge = next(line for line in ax.lines if line.get_linestyle() == ":").get_ydata()[0]
        assert edge == pytest.approx(np.log10(chapter.largest[name]))
        assert marks["X"][0, 0] == first(loss, np.isinf) and marks["X"][0, 1] > edge
        assert marks["P"][0, 0] == first(b, np.isnan) and marks["P"][0, 1] > edge
        assert marks["s"][-1, 0] == first(loss, np.isinf) - 1
        assert marks["^"][-1, 0] == first(b, np.isinf) - 1
        for marker, values in ("s", loss), ("^", np.abs(b)):
            at = marks[marker][1:, 0].astype(int)
            assert marks[marker][1:, 1] == pytest.approx(np.log10(np.maximum(values[at], 1)))
        slopes = [np.polyfit(*marks[marker][8:].T, 1)[0] for marker in "s^"]
        assert slopes[0] / slopes[1] == pytest.approx(2, rel=0.08)
        assert all(np.corrcoef(*marks[marker][8:].T)[0, 1] > 0.99 for marker in "s^")
        assert edge == pytest.approx({"fp16": 4.8, "fp32": 38.5, "fp64": 308.3}[name], abs=0.05)
        dotted = [line for line in ax.lines if line.get_marker() == "None"]
        assert [(line.get_linestyle(), line.get_color()) for line in dotted] == [(":", "gray")]
        colours = {line.get_marker(): line.get_color() for line in ax.lines}
        assert colours["s"] == colours["X"] == to_rgba("C1") and colours["^"] == to_rgba("C2")
        assert marks["P"][0, 0] == max(
            line.get_xdata().max() for line in ax.lines if line.get_marker() in "s^XP"
        )
        between = slice(first(loss, np.isinf), first(b, np.isnan))
        assert not np.isfinite(loss[between]).any() and not np.isnan(b[between]).any()


def test_on_a_logarithmic_axis_up_to_the_largest_number_the_ticks_overflow(chapter):
    """snippets/overflow.py: “on a log axis even ticks would overflow”"""
    with no_window():
        for top, overflows in (chapter.largest["fp32"], False), (chapter.largest["fp64"], True):
            ax = plt.figure().add_subplot(yscale="log", ylim=(1, top))
            with pytest.raises(RuntimeWarning, match="overflow") if overflows else nullcontext():
                ax.get_yticks()


def test_the_three_panels_are_the_same_picture_but_for_the_numbers_on_their_axes(chapter):
    """“In each, the loss rises along a straight line and is inf halfway” – “The same picture in every format;
    only the numbers on the axes differ.”"""
    halfway = [first(chapter.runs[n][0], np.isinf) / first(chapter.runs[n][2], np.isnan) for n in NUMPY]
    assert halfway == pytest.approx([0.5] * 3, abs=0.08)
