"""The claims of the chapter on overflow, a test a sentence.

Growth and ranges are asserted, and the first inf; never the exact update of the first nan.
"""

import json
import math
import os
import struct
import subprocess
import sys

import numpy as np
import pytest

from apart import last_line, skip_without
from conftest import ROOT, SNIPPETS, axes_of
from weave.program import sections

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
    error = 1.0
    after = error - 0.1 * 30 * error
    assert (after, after**2) == (pytest.approx(-2), pytest.approx(4))


def test_recall_at_0_105_the_error_grows_across_the_valley_and_shrinks_along_it():
    error = np.array([1.0, 1.0])
    assert error - 0.105 * np.array([1, 20]) * error == pytest.approx([0.895, -1.1])


def test_recall_each_parameter_that_holds_a_little_of_the_sharpest_direction_explodes_with_it():
    sharp, flat = np.array([0.01, 0.99995]), np.array([0.99995, -0.01])
    H = 20 * np.outer(sharp, sharp) + np.outer(flat, flat)
    w = np.array([1.0, 1.0])
    for _ in range(400):
        w = w - 0.105 * H @ w
    assert np.all(np.abs(w) > 1e12)


# A format has an end


def test_the_first_run_ended_with_a_loss_that_fp32_cannot_hold(chapter):
    assert chapter.runs["fp64"][0, 500] == pytest.approx(5.7719e94, rel=1e-4)
    assert float(np.finfo(np.float32).max) < 5.7719e94


@pytest.mark.parametrize("name", NUMPY)
def test_the_largest_numbers_are_numpy_s_own(chapter, name):
    assert chapter.largest[name] == float(np.finfo(NUMPY[name]).max)


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


def test_bf16_has_as_many_exponent_bits_as_fp32_in_as_many_bits_as_fp16(chapter):
    assert chapter.bits["bf16"][0] == chapter.bits["fp32"][0] == 8
    assert sum(chapter.bits["bf16"]) == sum(chapter.bits["fp16"]) == 15  # and a sign


@pytest.mark.parametrize("name, limit", [("fp16", 11.09), ("bf16", 88.72), ("fp32", 88.72), ("fp64", 709.78)])
def test_exp_overflows_above_the_printed_limit(chapter, name, limit):
    assert math.exp(limit - 0.005) < chapter.largest[name]
    if name == "fp64":
        with pytest.raises(OverflowError):
            math.exp(limit + 0.005)
    else:
        assert math.exp(limit + 0.005) > chapter.largest[name]
    assert printed_rows(chapter, "formats", FORMATS)[name][2] == f"{limit:.2f}"


@pytest.mark.parametrize("name, count", [("fp16", 8), ("bf16", 64), ("fp32", 64), ("fp64", 512)])
def test_a_loss_that_is_multiplied_by_4_is_too_large_after_8_64_or_512_updates(chapter, name, count):
    assert updates(1, 4, int(chapter.largest[name])) == count  # in whole numbers, which never overflow
    assert printed_rows(chapter, "formats", FORMATS)[name][3] == str(count)


# The run


def test_bf16_rounds_to_nearest_with_ties_to_even(chapter):
    rng = np.random.default_rng(1)
    values = np.float32(rng.normal(size=2000) * 10.0 ** rng.uniform(-37, 38, 2000))
    ties = np.float32([1 + 2**-8, 1 + 3 * 2**-8, 257, 259, 3.3895e38, 3.4e38, -3.4e38, 0])
    for value in (*values, *ties):
        assert float(chapter.bf16(value)) == to_bf16(value)


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


def test_numpy_adds_fp16_numbers_in_fp32_and_rounds_at_the_end():
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
    b = chapter.runs[name][2]
    late = first(b, np.isinf)
    growth = np.abs(b[late // 2 + 1 : late] / b[late // 2 : late - 1])
    tolerance = {"fp16": 0.002, "bf16": 0.003, "fp32": 1e-4, "fp64": 1e-5}[name]
    assert pytest.approx(1.2392, abs=1e-9) == 0.12 * LAM - 1
    assert np.exp(np.mean(np.log(growth))) == pytest.approx(1.2392, abs=tolerance)
    shown = float(printed_rows(chapter, "first", FORMATS)[name][0])
    assert shown == pytest.approx(np.exp(np.mean(np.log(growth))), abs=6e-5)


def test_bf16_rounds_0_12_to_0_1201_and_overflows_two_updates_sooner_than_fp32(chapter):
    """“so the rate 0.12 is rounded to 0.1201. This alone makes the factor 1.2414. The rounding of the data and
    of every result does the rest: the factor is `1.2418`”"""
    assert to_bf16(0.12) == pytest.approx(0.1201, abs=5e-5)
    assert to_bf16(0.12) * LAM - 1 == pytest.approx(1.2414, abs=5e-5)
    rounded_data = sum(to_bf16(one) ** 2 for one in chapter.x)
    assert 1.2414 < to_bf16(0.12) * rounded_data - 1 < 1.2418  # the rest is the rounding of the results
    assert float(printed_rows(chapter, "first", FORMATS)["bf16"][0]) == 1.2418
    sooner = first(chapter.runs["fp32"][0], np.isinf) - first(chapter.runs["bf16"][0], np.isinf)
    assert sooner == 2


def test_at_update_197_the_slope_is_near_9e19_and_has_to_grow_4e18_fold(chapter):
    slope = abs(chapter.runs["fp32"][1, 197])
    assert slope == pytest.approx(9e19, rel=0.05)
    assert chapter.largest["fp32"] / slope == pytest.approx(4e18, rel=0.05)
    assert pytest.approx(8.5, abs=0.05) == 1.2392**10


def test_when_the_loss_passes_1e38_b_is_near_1e19(chapter):
    loss, _, b = chapter.runs["fp32"]
    assert loss[196] > 1e38 and np.isinf(loss[197])
    assert 3e18 < abs(b[196]) < abs(b[197]) < 3e19
    assert np.log(abs(b[197])) / np.log(chapter.largest["fp32"]) == pytest.approx(0.5, abs=0.02)  # halfway


# inf first, nan about twice as late


@pytest.mark.parametrize("name", FORMATS)
def test_inf_comes_first_and_nan_about_twice_as_late(chapter, name):
    loss, _, b = chapter.runs[name]
    inf, nan = first(loss, np.isinf), first(b, np.isnan)
    assert np.isfinite(b[: inf + 1]).all()
    assert 1.9 < nan / inf < 2.4


@pytest.mark.parametrize("name", FORMATS)
def test_the_table_shows_the_first_inf_of_each_and_the_first_nan(chapter, name):
    loss, slope, b = chapter.runs[name]
    shown = [int(word) for word in printed_rows(chapter, "first", FORMATS)[name][1:]]
    assert shown == [*(first(values, np.isinf) for values in (loss, slope, b)), first(b, np.isnan)]


@pytest.mark.parametrize("name, n, seen", [("fp16", 15.5, 16), ("fp32", 196.5, 197), ("fp64", 1644.5, 1645)])
def test_the_formula_foretells_the_first_inf_of_the_loss(chapter, name, n, seen):
    start = chapter.runs["fp64"][0, 0] - 38.8075336701858
    assert start == pytest.approx(41.68, abs=0.005)
    assert pytest.approx(1.5356, abs=5e-5) == 1.2392**2
    predicted = np.log(chapter.largest[name] / 2 / start) / np.log(1.2392**2)
    assert predicted == pytest.approx(n, abs=0.05)
    assert math.ceil(predicted) == first(chapter.runs[name][0], np.isinf) == seen
    assert 65504 / 2 == 32752


def test_the_sum_of_squares_overflows_before_it_is_halved(chapter):
    b, slope = chapter.runs["fp16"][2, 16], 0.0
    residual = np.float16(np.float16(chapter.x) * np.float16(b)) - np.float16(chapter.y)
    slope = np.sum(np.float64(residual) ** 2)
    assert slope / 2 < 65504 < slope


@pytest.mark.parametrize("name", ["fp32", "fp64"])
def test_the_weight_grows_by_the_root_of_the_factor_of_the_loss(chapter, name):
    loss, _, b = chapter.runs[name]
    late = slice(first(loss, np.isinf) - 20, first(loss, np.isinf))
    assert np.diff(np.log(loss[late])) == pytest.approx(2 * np.diff(np.log(np.abs(b[late]))), rel=1e-5)


def test_line_by_line_in_fp16(chapter):
    loss, slope, b = chapter.runs["fp16"]
    assert np.isinf(loss[16]) and np.isfinite(slope[16]) and np.isfinite(b[17])
    over = first(slope, np.isinf)
    assert 33 <= over <= 37
    assert np.isfinite(b[over]) and LAM * abs(b[over]) > 65504 > LAM * abs(b[over - 1])
    assert b[over + 1] == -np.sign(slope[over]) * np.inf
    assert np.isnan(loss[over + 1]) and np.isnan(slope[over + 1])
    assert np.isnan(b[over + 2 :]).all()
    assert b[over] == float(printed_rows(chapter, "first", ("35",))["35"][2]) == 3832


def test_two_of_the_fifty_x_are_zero_and_make_the_first_nan(chapter):
    assert (len(chapter.x), np.sum(chapter.x == 0)) == (50, 2)
    with np.errstate(invalid="ignore"):
        assert np.sum(np.isnan(chapter.x * -np.inf)) == 2


@pytest.mark.parametrize("name", NUMPY)
def test_without_a_zero_b_is_nan_as_well_by_inf_minus_inf(name):
    loss, slope, b = descend_in(NUMPY[name], 0.12, zeros=False)
    gone = first(b, np.isinf)
    assert np.isinf(loss[gone]) and slope[gone] == b[gone]  # nothing is nan yet, both have one sign
    assert np.isnan(b[gone + 1])


# What inf and nan do


def test_the_table_of_inf_and_nan_is_right(chapter):
    """“Nearly all calculations pass a nan on. The last three lines on the right are exceptions: `np.fmax`,
    Python's own `max` if the nan comes second, and the power 0.”"""
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


# A loss with a logarithm


def naive(z, most=1.0):
    p = np.minimum(1 / (1 + np.exp(-np.float32(z))), np.float32(most))
    with np.errstate(divide="ignore"):
        return -np.log(1 - p)


def test_at_a_score_of_20_the_true_loss_is_20_and_one_minus_p_is_2e_9():
    assert math.log1p(math.exp(20)) == pytest.approx(20.0, abs=1e-6)
    assert 1 / (1 + math.exp(20)) == pytest.approx(2e-9, rel=0.05)
    assert 1 / (1 + np.exp(np.float32(-20))) == np.float32(1)


def test_clipping_at_1e_8_would_give_18_4_in_fp64_and_gives_inf_in_fp32():
    assert -math.log(1 - min(1 / (1 + math.exp(-20)), 1 - 1e-8)) == pytest.approx(18.4, abs=0.05)
    assert naive(20, 1 - 1e-8) == np.inf


def test_near_one_the_numbers_of_fp32_are_6e_8_apart_and_one_minus_1e_8_is_one():
    below = np.nextafter(np.float32(1), np.float32(0))
    assert 1 - float(below) == pytest.approx(6e-8, rel=0.01)
    assert np.float32(1 - 1e-8) == 1 and np.float32(1 - 1e-7) < 1


def test_the_right_answer_gives_zero_times_log_zero_which_is_nan():
    p, y = 1 / (1 + np.exp(np.float32(-20))), np.float32(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        assert np.isnan(-y * np.log(p) - (1 - y) * np.log(1 - p))


@pytest.mark.parametrize("most", [1, 1 - 1e-8])
def test_clipped_at_1e_8_or_not_the_loss_is_inf_above_16_6(most):
    assert np.isfinite(naive(np.linspace(12, 16.6, 50), most)).all()
    assert np.isinf(naive(np.linspace(16.7, 80, 50), most)).all()


def test_clipping_at_1e_7_keeps_the_loss_finite_but_flat_so_the_worst_mistakes_have_slope_zero():
    loss = naive(np.linspace(16.2, 80, 50), 1 - 1e-7)
    assert loss == pytest.approx(15.9, abs=0.05) and np.ptp(loss) == 0


def test_logaddexp_is_right_everywhere():
    for z in np.linspace(-80, 200, 57, dtype=np.float32):
        right = math.log1p(math.exp(z)) if z < 700 else z
        assert np.logaddexp(np.float32(0), z) == pytest.approx(right, rel=1e-6)
    assert np.logaddexp(0, 1e6) == 1e6


def test_the_figure_has_the_crosses_on_the_squares_and_inf_in_the_top_row(chapter):
    (ax,) = axes_of(chapter, "guards")
    lines = {line.get_marker(): line.get_xydata() for line in ax.lines}
    assert lines["x"] == pytest.approx(lines["s"])
    row = lines["s"][:, 0] > 16.64
    assert row.any() and np.all(lines["s"][row, 1] == 25) and np.all(lines["s"][~row, 1] < 17)
    assert lines["o"][:, 1] == pytest.approx(np.log1p(np.exp(np.float64(lines["o"][:, 0]))), rel=3e-7)
    assert lines["^"][:, 1].max() < 16 and ax.get_ylim()[1] > 25
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert said[1] == "p not clipped" and "1e-08" in said[2] and "1e-07" in said[3]


def test_the_naive_softmax_is_nan_and_with_the_largest_subtracted_it_is_right():
    scores = np.array([1000.0, 0.0])
    with np.errstate(over="ignore", invalid="ignore"):
        powers = np.exp(scores)
        assert np.isinf(powers[0]) and np.isnan(powers / powers.sum())[0]
    powers = np.exp(scores - scores.max())
    assert powers / powers.sum() == pytest.approx([1, 0]) and powers.max() == 1
    small = np.array([1.0, 2.0, 4.0])
    shifted = np.exp(small - small.max())
    assert shifted / shifted.sum() == pytest.approx(np.exp(small) / np.exp(small).sum())


def test_in_fp16_an_eps_of_1e_8_does_not_keep_a_division_from_zero_by_zero():
    gradient, v = np.float16(0), np.float16(0)
    with np.errstate(invalid="ignore"):
        assert np.isnan(gradient / (np.sqrt(v) + np.float16(1e-8)))
    assert np.float32(0) / (np.sqrt(np.float32(0)) + np.float32(1e-8)) == 0


# Make it stop


def test_python_shows_a_warning_of_numpy_s_once_for_each_line():
    code = "import numpy as np\nfor _ in range(3):\n    np.float32(1e30) * np.float32(1e30)\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.count("RuntimeWarning: overflow") == 1
    twice = code + "np.float32(1e30) * np.float32(1e30)\n"
    done = subprocess.run([sys.executable, "-c", twice], capture_output=True, text=True, check=True)
    assert done.stderr.count("RuntimeWarning: overflow") == 2


def test_the_check_names_the_quantity_and_the_update_and_lets_finite_values_pass(chapter):
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
    loss, _, b = chapter.runs["fp32"]
    assert first(b, np.isnan) - first(loss, np.isinf) == pytest.approx(202, abs=4)
    assert "check(197, loss=loss[197]) stops:\n    loss at update 197\n" in chapter.printed["stop"]
    assert "descend(np.float32) stops:\n    overflow encountered" in chapter.printed["stop"]


def test_without_underflow_errstate_lets_a_harmless_power_pass(chapter):
    assert "np.exp(-1e3) → 0.0\n" in chapter.printed["stop"]
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        assert np.exp(-1000.0) == 0


def test_in_plain_python_a_power_raises_an_error_and_a_product_is_silently_inf():
    large = float("1e200")
    with pytest.raises(OverflowError):
        large**2
    assert large * large == math.inf


# You may think …


def test_the_run_divides_by_nothing_but_two(chapter):
    code = next(part.code for part in sections(SNIPPETS / "overflow.py") if part.name == "descend")
    body = code[code.index("def descend") :]
    assert body.count("/") == 1 and "/ 2)" in body


@pytest.mark.parametrize("name", FORMATS)
def test_the_limit_is_the_same_in_every_format_to_within_the_rounding(chapter, name):
    """“The limit, 0.10718, is the same in every format to within the rounding, and 0.12 is above it.”"""
    assert pytest.approx(0.10718, abs=5e-6) == 2 / np.sum(chapter.x**2)
    below, above = (np.abs(chapter.descend(chapter.keeps[name], 0.10718 * p, 60)[2]) for p in (0.98, 1.02))
    assert np.max(below[40:60]) < 4.25 < np.max(above[40:60])  # the first landing is at twice the bottom
    with np.errstate(all="ignore"):
        assert not np.max(np.abs(chapter.descend(chapter.keeps[name], 0.12, 60)[2][40:60])) < 4.25


def test_fp64_has_room_for_8_times_as_many_updates_as_fp32(chapter):
    ratio = first(chapter.runs["fp64"][0], np.isinf) / first(chapter.runs["fp32"][0], np.isinf)
    assert ratio == pytest.approx(8, abs=0.5)


def test_with_a_loss_of_inf_the_weight_is_saved_by_a_rate_of_one_twentieth(chapter):
    assert np.isinf(chapter.runs["fp32"][0, 197])
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
    assert not (math.nan > 1e6) and not (math.nan < 1e6)
    assert 0.3 < 1e6 and not (math.inf < 1e6)


# Exercises


def test_exercise_1_the_asker_s_loss_is_inf_at_29_the_slope_at_58_and_the_weight_at_59():
    top = float(np.finfo(np.float32).max)
    assert np.log(top / 5000) / np.log(16) == pytest.approx(28.9, abs=0.05)
    assert 5000 * np.sqrt(2) == pytest.approx(7071, abs=0.5)
    assert np.log(top / 7071) / np.log(4) == pytest.approx(57.6, abs=0.05)
    w, rows = np.float32(np.sqrt(2)), []
    with np.errstate(all="ignore"):
        for _ in range(70):
            slope = np.float32(5000) * w
            rows.append((np.float32(0.5) * w * slope, slope, w))
            w = w - np.float32(1e-3) * slope
    loss, slope, w = np.array(rows, float).T
    assert loss[0] == pytest.approx(5000) and loss[1] / loss[0] == pytest.approx(16)
    assert [first(values, np.isinf) for values in (loss, slope, w)] == [29, 58, 59]


def test_exercise_2_13_updates_in_fp16_and_109_in_bf16(chapter):
    assert np.log(65504 / 2) / np.log(2.25) == pytest.approx(12.8, abs=0.05)
    assert np.log(3.3895e38 / 2) / np.log(2.25) == pytest.approx(108.5, abs=0.05)
    assert updates(2, 2.25, chapter.largest["fp16"]) == 13
    assert updates(2, 2.25, chapter.largest["bf16"]) == 109
    assert pytest.approx(8, abs=0.5) == 109 / 13


def test_exercise_3_one_inf_at_update_40_gives_away_half_of_the_limit(chapter):
    r = chapter.largest["fp32"] ** (1 / 40)
    assert (r, np.sqrt(r)) == (pytest.approx(9.19, abs=0.005), pytest.approx(3.03, abs=0.005))
    lam = (1 + np.sqrt(r)) / 0.1
    assert lam == pytest.approx(40.3, abs=0.05)
    assert 1 / lam == pytest.approx(0.025, abs=5e-4)
    assert updates(1, (0.1 * lam * 1.001 - 1) ** 2, chapter.largest["fp32"]) == 40


@pytest.mark.parametrize("name", NUMPY)
def test_exercise_4_with_the_rate_in_the_sum_the_nan_comes_ten_updates_later(name):
    plain, inside = descend_in(NUMPY[name], 0.12), descend_in(NUMPY[name], 0.12, inside=True)
    assert first(plain[0], np.isinf) == first(inside[0], np.isinf)
    for values, kind in (1, np.isinf), (2, np.isinf), (2, np.isnan):
        assert first(inside[values], kind) - first(plain[values], kind) == 10
    assert 1.2392**9 < 1 / 0.12 < 1.2392**10
    assert pytest.approx(8.3, abs=0.05) == 1 / 0.12


def test_exercise_4_as_it_is_done_in_the_program_bf16_too(chapter):
    code = next(part.code for part in sections(SNIPPETS / "overflow.py") if part.name == "descend")
    old = "keep(np.sum(keep(data * residual)))", "keep(keep(alpha) * slope)"
    new = "keep(np.sum(keep(keep(alpha * data) * residual)))", "slope"
    for before, after in zip(old, new, strict=True):
        assert code.count(before) == 1
        code = code.replace(before, after)
    space = dict(vars(chapter)) | {"__file__": str(SNIPPETS / "overflow.py")}
    exec(code, space)
    with np.errstate(all="ignore"):
        for name, keep in chapter.keeps.items():
            loss, slope, b = space["descend"](keep)
            plain = chapter.runs[name]
            assert first(loss, np.isinf) == first(plain[0], np.isinf)
            assert first(slope, np.isinf) - first(plain[1], np.isinf) == 10
            assert first(b, np.isinf) - first(plain[2], np.isinf) == 10
            assert first(b, np.isnan) - first(plain[2], np.isnan) == 10


# In your own run


def test_the_chain_rule_on_a_naive_log_makes_zero_times_inf_where_p_is_one():
    p = np.float32(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        assert np.isnan(1 / (1 - p) * (p * (1 - p)))


def test_a_cross_entropy_grows_with_the_weights_not_with_their_square():
    losses = np.logaddexp(0, np.array([1e3, 2e3, 4e3]))
    assert losses[1:] / losses[:-1] == pytest.approx(2)


def child(code, *packages):
    """What the code, run apart, prints as JSON; without its packages the test is skipped."""
    skip_without(packages)
    return json.loads(last_line(code, ROOT))


KERAS = """
import json
import keras, numpy as np, tensorflow as tf
x = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
def trained(*callbacks, epochs=60, **how):  # the losses shown, the weight after each, and what stopped the run
    keras.utils.set_random_seed(0)
    net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    net.compile(optimizer=keras.optimizers.SGD(100.0), loss="mse", **how)
    seen, weights, stopped = [], [], ""
    def look(batch, logs):
        seen.append(str(logs["loss"]))
        weights.append(float(net.get_weights()[0][0, 0]))
    log = keras.callbacks.LambdaCallback(on_train_batch_end=look)
    try:
        net.fit(x, 3 * x, batch_size=64, epochs=epochs, verbose=0, callbacks=[log, *callbacks])
    except Exception as error:
        stopped = f"{type(error).__name__}: {error}"
    return seen, weights, stopped
found = {"plain": trained(), "terminate": trained(keras.callbacks.TerminateOnNaN())}
tf.debugging.enable_check_numerics()
found |= {"check": trained(), "xla": trained(epochs=1, jit_compile=True)}
for name, code in ("log", lambda: tf.math.log(tf.constant(0.0))), ("fine", lambda: tf.constant(1.0) + 1):
    try:
        code()
        found[name] = ""
    except tf.errors.InvalidArgumentError as error:
        found[name] = str(error)
print(json.dumps(found))
"""


@pytest.mark.xdist_group("frameworks")
def test_tensorflow_checks_numerics_and_keras_terminates_after_the_batch():
    """“raises an error at the first operation whose result holds an inf or a nan, and names it. It does not work
    with XLA”; “ends the training when the loss that Keras shows is nan or inf. By then the batch has already
    changed the weights”"""
    found = child(KERAS, "tensorflow", "keras")
    losses = [float(loss) for loss in found["plain"][0]]
    end = first(np.array(losses), np.isinf)  # Keras alone goes on
    assert len(losses) == 60 and math.isnan(losses[-1]) and found["plain"][2] == ""
    seen, weights, stopped = found["terminate"]
    assert stopped == "" and len(seen) == end + 1 and seen[-1] == "inf"
    assert weights[-1] != weights[-2]
    seen, _, stopped = found["check"]
    assert stopped.startswith("InvalidArgumentError") and "CheckNumerics" in stopped
    assert len(seen) == end and "inf" not in seen and "nan" not in seen  # at the loss, not after it
    assert 'executing op "Log"' in found["log"] and found["fine"] == ""
    assert found["xla"][0] == [] and "unsupported operations" in found["xla"][2]


TORCH = """
import json, torch
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
print(json.dumps(rows))
"""


@pytest.mark.xdist_group("frameworks")
def test_a_gradscaler_starts_high_skips_an_inf_and_halves_its_scale():
    """“With fp16 and PyTorch's `GradScaler`, a gradient that is inf in the first updates is normal: the scaler
    starts high, skips such an update and halves its scale. If the scale falls for ever, or the loss itself is
    nan, something is wrong.”"""
    rows = child(TORCH, "torch")
    assert rows[0][2] == 65536
    assert [finite for finite, *_ in rows] == [False] * 4 + [True] * 4 + [False] * 4
    for finite, moved, before, after in rows:
        assert moved == finite
        assert after == (before if finite else before / 2)


# The figure of the run


def test_the_panels_mark_the_first_inf_of_the_loss_and_the_first_nan_of_b_above_the_largest_number(chapter):
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


def test_the_three_panels_are_the_same_picture_but_for_the_numbers_on_their_axes(chapter):
    halfway = [first(chapter.runs[n][0], np.isinf) / first(chapter.runs[n][2], np.isnan) for n in NUMPY]
    assert halfway == pytest.approx([0.5] * 3, abs=0.08)
