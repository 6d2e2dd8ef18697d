"""The claims of the chapter on sixteen bits, a test a sentence.

bf16 is found here from its definition, in double precision, and not from a bit pattern as in the program.
"""

import importlib.util
import math
import re
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from apart import skip_without
from conftest import ROOT, axes_of
from proven import of_a_chapter, of_a_framework, reads

pytestmark = of_a_chapter()

NAMES = "fp16", "bf16", "fp32"
SHAPE = {"fp16": (10, 15), "bf16": (7, 127), "fp32": (23, 127)}


def keep(name, value):
    """The nearest number of a format, ties to even, from the number of its bits."""
    value = float(value)
    if not math.isfinite(value) or value == 0:
        return value
    fraction, top = SHAPE[name]
    power = max(math.frexp(value)[1] - 1, 1 - top) - fraction
    rounded = math.ldexp(round(math.ldexp(value, -power)), power)  # round() takes ties to even
    return rounded if abs(rounded) < 2.0 ** (top + 1) else math.copysign(math.inf, rounded)


def down(name, step, updates, start=1.0):
    w = start
    for _ in range(updates):
        w = keep(name, w - step)
    return w


def rows(chapter, section, count=3):
    """The last words of each printed row as numbers, by what stands before them."""
    words = [line.split() for line in chapter.printed[section].splitlines()[1:]]
    return {" ".join(row[:-count]): [float(one) for one in row[-count:]] for row in words}


# Two questions first


def test_recall_a_loss_that_quadruples_is_inf_at_8_in_fp16_and_at_64_in_bf16():
    """“From Overflow: a loss that grows four-fold from 1 is inf at update 8 in fp16.” “When in bf16, which has
    16 bits as well?” “At 64, as in fp32, because 8 of its bits are exponent.” “They are missing in the
    fraction, which has 7 bits in place of 23.”"""
    for name, at in (("fp16", 8), ("bf16", 64), ("fp32", 64)):
        loss, update = 1.0, 0
        while math.isfinite(keep(name, loss)):
            loss, update = 4 * loss, update + 1
        assert update == at
    assert [(bits.nexp, bits.nmant) for bits in map(np.finfo, (np.float16, np.float32))] == [(5, 10), (8, 23)]
    for seed in range(
        3
    ):  # bf16 is the first 16 bits of an fp32: its sign, its 8 bits of exponent, and 7 in place of 23
        bits = np.float32(np.random.default_rng(seed).normal()).view(np.uint32) >> 16 << 16
        assert keep("bf16", float(np.uint32(bits).view(np.float32))) == float(
            np.uint32(bits).view(np.float32)
        )
    assert 1 + 8 + 7 == 16 == 1 + 5 + 10 and SHAPE["bf16"][0] == 7 and SHAPE["fp32"][0] == 23


def test_recall_two_losses_that_differ_in_their_last_digits_only_differ_by_rounding():
    """“Why is it worse at h = 1e-10 than at 1e-6?” “Because numbers are not endlessly fine.” “The two losses
    differ in their last digits only, and these are rounding.” “An update can be lost in the same way.”"""

    def slope(h):
        return (math.exp(3 + h) - math.exp(3 - h)) / (2 * h)

    assert abs(slope(1e-6) - math.exp(3)) < 1e-6 < abs(slope(1e-10) - math.exp(3))
    for h, digits in ((1e-6, 4), (1e-10, 8)):  # in how many of their 16 digits the two losses agree
        two = f"{math.exp(3 + h):.16e}", f"{math.exp(3 - h):.16e}"
        assert two[0][: digits + 1] == two[1][: digits + 1] and two[0] != two[1]
    assert 1 + 1e-17 == 1 and keep("bf16", 1 - 0.001) == 1  # an update is lost in the same way


# Two formats, two ends


@pytest.mark.parametrize("name", NAMES)
def test_the_program_rounds_to_each_format_as_its_definition_says(chapter, name):
    """“(numpy has no bf16, so the program rounds to it.)”
    snippets/precision.py: “the first 16 bits of fp32, to nearest, ties to even”"""
    rng = np.random.default_rng(1)
    with np.errstate(all="ignore"):
        ties = [1 + 2.0**-f / 2 for f in (7, 10)] + [1 + 3 * 2.0**-f / 2 for f in (7, 10)]  # to even
        assert not hasattr(np, "bfloat16")
        for value in [*ties, *(rng.normal(size=500) * 10.0 ** rng.uniform(-12, 6, 500))]:
            value = float(np.float32(value))  # what the program is given is an fp32
            assert float(chapter.keeps[name](value)) == keep(name, value)
            assert name != "bf16" or chapter.bf16(value).view(np.uint32) % 2**16 == 0


@pytest.mark.parametrize("name", NAMES)
def test_largest_root_smallest_and_the_step_that_is_lost_are_those_of_the_format(chapter, name):
    """““Its root” is the root of the largest number.” “The last column is the largest $x$ that is lost when it
    is taken from 1.)”"""
    top, root, least, lost = rows(chapter, "formats", 4)[name]
    fraction, power = SHAPE[name]
    largest = (2 - 2.0**-fraction) * 2.0**power
    assert [top, root] == pytest.approx([largest, largest**0.5], rel=1e-3)
    smallest = 2.0 ** (1 - power - fraction)
    assert least == pytest.approx(smallest, rel=2e-3) and keep(name, smallest) > 0 == keep(name, smallest / 2)
    exact = 2.0**-fraction / 4
    assert lost == pytest.approx(exact, rel=3e-3)
    assert keep(name, 1 - exact) == 1 > keep(name, 1 - 1.001 * exact)
    assert root**2 == pytest.approx(top, rel=1e-3)


@pytest.mark.parametrize("exponent", [4, 5, 8, 9])
def test_what_goes_to_the_exponent_makes_the_range_wide_and_to_the_fraction_the_spacing_fine(
    exponent, monkeypatch
):
    """“Sixteen bits must be shared out.” “What goes to the exponent makes the range wide, what goes to the fraction makes
    the spacing fine.” “Sixteen bits: too short a range, or too coarse a step”"""
    found = []
    for bits in (exponent, exponent + 1):
        monkeypatch.setitem(SHAPE, "shared", (16 - 1 - bits, 2 ** (bits - 1) - 1))
        top = next(k for k in range(2000) if math.isinf(keep("shared", 2.0**k)))
        gap = next(k for k in range(20) if keep("shared", 1 + 2.0**-k) == 1)
        found.append((top, gap))
    assert found[1][0] > 1.8 * found[0][0] and found[1][1] == found[0][1] - 1


def test_a_norm_in_fp16_is_inf_from_256_on_though_the_gradient_is_a_number():
    """“In fp16 a gradient's norm is inf from 256 on, in bf16 a weight may never move.” “The root counts because
    a norm adds squares.” “In fp16 the norm of a single gradient of 256 is inf, for 256² is beyond 65504: a norm
    is inf long before the loss is.” “fp16 ends at 65504, so a norm is inf from 256 on. ” “fp16: the norm is inf
    on every line, the loss is normal, there is no scaler | squares, from 256 on | compute the norm in fp32”"""
    with np.errstate(over="ignore"):
        assert np.isinf(np.float16(256) ** 2) and np.isfinite(np.float16(255.9) ** 2)
    assert np.isfinite(np.float16(256)) and np.isfinite(np.float16(2.3)) and 256**2 > 65504
    for g in (
        np.random.default_rng(0).normal(size=(20, 50)) * 100
    ):  # a norm adds squares: inf before any loss is
        with np.errstate(over="ignore"):
            squares = np.sum(np.float16(g) ** 2, dtype=np.float16)
        assert np.isinf(np.sqrt(squares)) == (np.sum(g**2) > 65504) and np.isfinite(
            np.float16(np.abs(g).mean())
        )


def test_fp16_spans_twelve_powers_of_ten_and_grows_sparse_below_6e_5(chapter):
    """“fp16 ends after twelve powers of ten, and its numbers grow sparse below 6e-5. ”"""
    assert math.log10(65504 / 2**-24) == pytest.approx(12, abs=0.1)
    assert pytest.approx(6.1e-5, rel=0.01) == 2**-14
    for value in (1e-4, 6.2e-5, 6e-5, 1e-5):
        gap = float(np.spacing(np.float16(value)))
        assert (gap / value <= 2**-10) == (value > 6.1e-5)


def test_bf16_lies_65536_times_as_far_apart_as_fp32_and_8_times_as_fp16():
    """“bf16 reaches as far as fp32, but its numbers lie 65,536 times as far apart, and 8 times as far as those
    of fp16.” “bf16 has the range of fp32, and from 1 ”"""
    gaps = {}
    for name in NAMES:
        gaps[name] = next(2.0**-k for k in range(40) if keep(name, 1 + 2.0 ** -(k + 1)) == 1)
    assert gaps["bf16"] / gaps["fp32"] == 65536 and gaps["bf16"] / gaps["fp16"] == 8
    assert keep("bf16", 3e38) == pytest.approx(3e38, rel=0.01) and math.isinf(keep("fp16", 3e38))


def test_the_figure_shows_a_wide_range_as_long_and_a_fine_spacing_as_low(chapter):
    """“Distance to the next number, as a share of the number, against the number, both axes logarithmic. fp16
    is a short line at a thousandth that rises to the left below 0.00006. bf16 is a long line at a hundredth,
    fp32 an equally long one at a ten-millionth.”
    snippets/precision.py: “to the next number” “distance to the next / number” “Long is a wide range, low
    is a fine spacing”"""
    (ax,) = axes_of(chapter, "spacing")
    lines = {line.get_label(): line for line in ax.get_lines()}
    reach = {name: np.ptp(np.log10(line.get_xdata())) for name, line in lines.items()}
    assert reach["fp16"] < 13 < 75 < reach["bf16"] < reach["fp32"] < 1.1 * reach["bf16"]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log") and ax.get_xlabel() == "number"
    assert ax.get_ylabel() == "distance to the next / number"
    normal = {name: line.get_ydata()[len(line.get_ydata()) // 2] for name, line in lines.items()}
    assert [round(np.log10(normal[name])) for name in ("fp16", "bf16", "fp32")] == [-3, -2, -7]
    x, y = lines["fp16"].get_xdata(), lines["fp16"].get_ydata()
    assert np.all(np.diff(y[x < 0.00006]) < 0) and np.ptp(y[x > 6.2e-5]) == 0
    low = {name: line.get_ydata().min() for name, line in lines.items()}
    assert low == {name: 2.0 ** -SHAPE[name][0] for name in NAMES}
    for name, line in lines.items():  # as numpy has it, where numpy has the format
        if name != "bf16":
            kind = np.float16 if name == "fp16" else np.float32
            x = line.get_xdata()[5::10]
            assert line.get_ydata()[5::10] == pytest.approx([float(np.spacing(kind(one))) / one for one in x])


@reads("docs/assets/interactive/*", "docs/assets/interactive/models/bits.js")
def test_the_live_figure_of_the_bits_draws_what_its_words_say():
    """“The numbers around a weight in fp32, fp16 and bf16, in a live figure.” “Each stroke is a number of the format (a
    band: more than can be drawn).” “Filled is the weight, the upright line is where the update should take it, and the
    outline is where it lands: around the filled mark if nothing happens.”"""
    drawn = (ROOT / "docs/assets/interactive/bits.js").read_text(encoding="utf-8")
    model = (ROOT / "docs/assets/interactive/models/bits.js").read_text(encoding="utf-8")
    for part in (
        "between(format, low, high, 400)",
        "numbers ? numbers.map((value) => `M${panel.x(value)} ${top}v18`)",
        ": `M${left} ${top}H${right}v18H${left}z`",
        'panel.limit("now", { x: wanted })',
        "const [from, to] = add(format, weight, step)",
        "panel.marks(`${tone} dots`, Number.isFinite(from) ? [[from, y]]",
        "panel.path(`${tone} lost`, Number.isFinite(to) ? shapes[shape](panel.x(to)",
    ):
        assert part in drawn
    assert all(name in model for name in NAMES)
    styles = (ROOT / "docs/assets/interactive/figure.css").read_text(encoding="utf-8")
    assert ".lost" in styles and ".dots" in styles


# The live figure's questions


def test_a_weight_of_1_in_bf16_moves_down_above_0_00195_and_up_above_0_0039():
    """“Downwards a little more than 0.00195, upwards a little more than 0.0039.” “Numbers lie twice as far
    apart above 1 as below, and an update must be more than half of the distance.” “Predict: which update is the
    smallest that moves a weight of 1 downwards in bf16?” “and from 1 it loses every step up to 0.00195: ”"""
    assert [keep("bf16", 1 - x) == 1 for x in (0.00195, 0.00196)] == [True, False]
    assert [keep("bf16", 1 + x) == 1 for x in (0.0039, 0.00391)] == [True, False]
    below, above = (1 - keep("bf16", 1 - 2.0**-8)), keep("bf16", 1 + 2.0**-7) - 1
    assert above == 2 * below and keep("bf16", 1 - 0.501 * below) < 1 == keep("bf16", 1 - 0.499 * below)
    assert keep("bf16", 1 + 0.501 * above) > 1 == keep("bf16", 1 + 0.499 * above)
    assert all(keep("bf16", 1 - x) == 1 for x in np.linspace(0, 0.00195, 40))


def test_bf16_counts_to_256_and_fp16_to_2048():
    """“fp16 counts to 257; in bf16, 256 + 1 is 256, however often you repeat it. fp16 comes to this at 2,048.”
    “a count that stands still at 2,048 or 256 | a sum in fp16, or bf16 | add in fp32”"""
    for name, end in (("bf16", 256), ("fp16", 2048)):
        total = 0
        for _ in range(10_000):
            total = keep(name, total + 1)
        assert total == end
    assert keep("fp16", 256 + 1) == 257 and keep("bf16", 256 + 1) == 256


def test_fp16_keeps_a_gradient_above_3e_8():
    """“Explain: a weight of 1e-8 is 0 in fp16.” “At which size does fp16 begin to keep it?” “Above 3e-8, half
    of its smallest number.” “An update may vanish because the weight is large, a gradient because it is small.”
    “These are two different ends of the format.”"""
    assert keep("fp16", 2.9e-8) == 0 < keep("fp16", 3e-8) and keep("fp16", 1e-8) == 0
    smallest = min(float(np.uint16(k).view(np.float16)) for k in range(1, 5))
    assert keep("fp16", 0.5001 * smallest) == smallest and keep("fp16", 0.4999 * smallest) == 0
    assert pytest.approx(smallest / 2, rel=0.01) == 3e-8
    update, large, small = (
        0.01,
        100.0,
        1e-9,
    )  # an update beside a large weight, and a small gradient beside nothing
    assert keep("fp16", large - update) == large and keep("fp16", 1 - update) < 1 and keep("fp16", small) == 0
    assert keep("bf16", small) > 0 and keep("bf16", large - update) == large


# Run it


def test_a_thousand_updates_of_a_thousandth_leave_1_in_bf16_and_2_percent_in_fp16(chapter):
    """“0, or nearly” “That is right in fp32.” “In fp16 0.0222 is left.” “Nothing here is large.” “In bf16
    things go wrong without any sign of it.” “A thousand updates of −0.001 leave 1.0000, and no nan tells you.”
    “a thousand steps of −0.001 leave 1.0000.” “In bf16 a thousand updates do nothing”"""
    printed = rows(chapter, "vanish")
    assert [down(name, 0.001, 1000) for name in NAMES] == pytest.approx(
        [printed[name][2] for name in NAMES], abs=5e-5
    )
    assert down("bf16", 0.001, 1000) == 1
    assert down("fp16", 0.001, 1000) == pytest.approx(0.0222, abs=5e-5)
    assert down("fp32", 0.001, 1000) == pytest.approx(0, abs=1e-4)  # that is right in fp32
    steps = [keep("bf16", 1 - 0.001) for _ in range(1000)]
    assert set(steps) == {1.0} and round(100 * down("fp16", 0.001, 1000)) == 2
    path = [1.0]
    for _ in range(20):
        path.append(keep("fp16", path[-1] - 0.001))
    assert np.all(np.abs(np.diff(path) + 0.001) > 1e-5)  # in fp16 each is rounded
    assert np.isfinite(path).all() and not [name for name in NAMES if math.isinf(down(name, 0.001, 1000))]


def test_the_figure_of_the_vanishing_updates(chapter):
    """“The weight against the update. fp32 goes straight from 1 to 0, fp16 almost so. bf16 stays at 1 throughout. bf16
    rounded by chance goes down in irregular steps and ends near 0.” “A thousand updates of −0.001.” “In bf16 none of them
    has any effect; in fp16 each is rounded, and 2 % are missing in the end.” “Rounded by chance, bf16 finds its way, with
    noise.” “Its price is noise.”"""
    styles = dict(zip(NAMES, ("C1s-", "C2^-", "C0o-"), strict=True))  # as the section before has left them
    (ax,) = axes_of(SimpleNamespace(**vars(chapter) | {"styles": styles}), "vanish")
    lines = {line.get_label(): np.array(line.get_ydata()) for line in ax.get_lines()}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("update", "weight") and list(lines) == [*NAMES, "by chance"]
    straight = np.linspace(1, 0, 1001)
    assert np.diff(straight) == pytest.approx(-0.001) and len(lines["fp32"]) == 1000 + 1
    assert np.abs(lines["fp32"] - straight).max() < 1e-4
    assert 0.01 < np.abs(lines["fp16"] - straight).max() < 0.03 and round(lines["fp16"][-1], 2) == 0.02
    assert set(lines["bf16"]) == {1.0} and lines["bf16"][0] == 1
    by = lines["by chance"]
    assert (
        0 < np.abs(by - straight).max() < 0.15
        and abs(by[-1]) < 0.1
        and len(set(np.round(np.diff(by), 9))) >= 4
    )


def test_a_thousandth_of_the_weight_each_time_would_leave_0_37():
    """“About 0.37” “This would be so if each update took a thousandth of the weight, as weight decay does:
    0.999¹⁰⁰⁰ is 0.37.” “These updates are all of the same size.”"""
    w = 1.0
    for _ in range(1000):
        w = keep("fp32", w - 0.001 * w)
    assert w == pytest.approx(0.37, abs=0.005) == pytest.approx(0.999**1000, abs=0.005)
    path = [down("fp32", 0.001, updates) for updates in range(0, 1000, 50)]
    assert np.diff(path) == pytest.approx(-50 * 0.001, rel=1e-4)  # these are all of the same size


def test_the_rounding_is_four_times_as_large_as_the_update():
    """“A rounding is harmless as long as it is small beside the update, and here it is four times as large.”
    “Below 1 the next number of bf16 is 0.9961.” “0.999 lies nearer to 1 and is rounded back to it, a thousand
    times.”"""
    assert pytest.approx(4, abs=0.1) == 2**-8 / 0.001
    assert keep("bf16", 1 - 2**-8) == pytest.approx(0.9961, abs=5e-5)
    between = [keep("bf16", x) for x in np.linspace(0.9961, 1, 500)]
    assert set(between) == {1 - 2**-8, 1.0} and 1 - 0.999 < 0.999 - 0.9961  # 0.999 lies nearer to 1
    assert keep("bf16", 0.999) == 1
    small = 0.02  # a rounding is harmless as long as it is small beside the update
    assert down("bf16", small, 40) == pytest.approx(1 - 40 * small, abs=0.1)


def test_in_fp16_a_thousandth_becomes_two_distances_between_a_half_and_one():
    """“Between ½ and 1 the numbers of fp16 are 0.00049 apart, so 0.001 becomes two of these distances,
    0.00098.” “Below ½ they lie closer together, and 0.001 becomes four, eight or sixteen of the smaller distances: 0.00098 again, down to 1/16.”"""
    assert keep("fp16", 0.9 - 0.001) - keep("fp16", 0.9) == pytest.approx(-0.00098, abs=5e-6)
    assert pytest.approx(0.00098, abs=5e-6) == 2 * 2**-11 and pytest.approx(0.00049, abs=2e-6) == 2**-11
    assert abs(keep("fp16", 0.3 - 0.001) - keep("fp16", 0.3) + 0.001) < 0.00003
    for low, distances in ((1 / 4, 4), (1 / 8, 8), (1 / 16, 16)):
        for weight in np.linspace(low + 0.0015, 2 * low - 0.0015, 40):
            weight = keep("fp16", weight)
            moved = weight - keep("fp16", weight - 0.001)
            assert moved == 2 * 2**-11 == distances * float(np.spacing(np.float16(weight)))
    weight = keep("fp16", 1 / 20)  # below 1/16 no longer
    assert weight - keep("fp16", weight - 0.001) != 2 * 2**-11
    assert np.spacing(np.float16(0.7)) == 2 * np.spacing(np.float16(0.3))


def by_chance(rng, updates=1000, step=0.001):
    """bf16, rounded to either neighbour with odds that make the mean right."""
    w = 1.0
    for _ in range(updates):
        wanted = w - step
        gap = 2.0 ** (math.frexp(wanted)[1] - 8) if wanted else 1
        below = math.floor(wanted / gap) * gap
        w = below + gap * (rng.random() < (wanted - below) / gap)
    return w


def test_rounded_by_chance_twenty_other_runs_end_within_0_11_of_0(chapter):
    """“In this run 0.0566 is left, and twenty others end within 0.11 of 0, on average within 0.02.”"""
    ends = []
    for seed in range(21):
        chapter.rng.bit_generator.state = np.random.default_rng(seed).bit_generator.state
        w = 1.0
        for _ in range(1000):
            w = float(chapter.chance(w - 0.001))
        ends.append(w)
    assert ends[0] == pytest.approx(0.0566, abs=5e-5)
    assert np.abs(ends[1:]).max() < 0.11 and abs(np.mean(ends[1:])) < 0.02
    mine = [by_chance(np.random.default_rng(seed)) for seed in range(40)]
    assert np.std(ends) > 0.02 and ends[0] == chapter_end(chapter)  # noise
    assert np.mean(mine) == pytest.approx(0, abs=0.02) and np.std(mine) == pytest.approx(
        np.std(ends), rel=0.4
    )


def chapter_end(chapter):
    """What is left by chance in the program's own run."""
    return pytest.approx(rows(chapter, "vanish")["by chance"][2], abs=5e-5)


def test_by_chance_0_999_becomes_0_9961_about_every_fourth_time(chapter):
    """““By chance” means up or down with odds that make the mean right (stochastic rounding): 0.999 becomes
    0.9961 about every fourth time.” “It needs no second copy of the weights.” “What if bf16 is rounded by
    chance?”
    snippets/precision.py: “bf16, up or down by chance, right on average”"""
    odds = np.mean([float(chapter.chance(0.999)) < 1 for _ in range(4000)])
    assert odds == pytest.approx((1 - 0.999) / 2**-8, abs=0.03) == pytest.approx(0.25, abs=0.03)
    seen = {float(chapter.chance(0.999)) for _ in range(200)}
    assert sorted(round(one, 4) for one in seen) == [0.9961, 1.0]
    for value in (0.3, 1.7, -5.001):  # odds that make the mean right
        many = [float(chapter.chance(value)) for _ in range(4000)]
        assert np.mean(many) == pytest.approx(value, rel=3e-4) and len(set(many)) == 2
    assert (
        chapter.chance(0.999).dtype == np.float32 and chapter.chance(0.999).shape == ()
    )  # one number, no second copy


# Why


@pytest.mark.parametrize("name", NAMES)
def test_a_step_of_less_than_half_a_distance_changes_nothing(name):
    r"""“With $f$ bits of fraction, the numbers between $2^k$ and $2^{k+1}$ are $2^{k-f}$ apart.” “A step
    $\alpha g$ from a weight in between changes nothing as long as” “|\alpha g| < \tfrac12 \cdot 2^{k-f}.” “Why: half a distance”"""
    fraction, _ = SHAPE[name]
    rng = np.random.default_rng(0)
    for k in (-3, 0, 5):
        for weight in rng.uniform(1.01, 1.99, 50):
            weight = keep(name, weight * 2.0**k)
            half = 0.5 * 2.0 ** (k - fraction)
            assert keep(name, weight + 2 * half) - weight == 2 * half  # the next number
            assert keep(name, weight + 0.999 * half) == weight != keep(name, weight + 1.001 * half)
            assert keep(name, weight - 0.999 * half) == weight != keep(name, weight - 1.001 * half)


def test_as_a_share_of_the_weight_bf16_loses_0_2_to_0_4_percent_and_fp16_eight_times_less():
    """“As a share of the weight, that is 0.2 to 0.4 % in bf16, and eight times less in fp16.”"""
    shares = [0.5 * 2.0**-7 / weight for weight in (1, 1.999)]
    assert shares == pytest.approx([0.0039, 0.00195], rel=0.01)
    assert shares[0] / 8 == 0.5 * 2.0**-10 / 1
    for name, low, high in (("bf16", 0.002, 0.004), ("fp16", 0.002 / 8, 0.004 / 8)):
        largest = []
        for weight in np.linspace(1.01, 1.99, 30):
            w = keep(name, weight)
            lost = [x for x in np.linspace(0, 2 * high, 400) if keep(name, w + x * w) == w]
            largest.append(max(lost))
        assert [min(largest), max(largest)] == pytest.approx([low, high], rel=0.05)


def test_adam_at_1e_4_does_not_move_a_weight_of_a_tenth_in_bf16():
    """“Adam at a rate of 1e-4 moves a weight of 0.1 by about 0.1 %, and in bf16 it does not move.”"""
    weight = keep("bf16", 0.1)
    assert keep("bf16", weight - 1e-4) == weight and pytest.approx(0.1 / 100, rel=0.01) == 1e-4 / weight
    m, v, g = 0.1 * 3.0, 0.001 * 9.0, 3.0  # the first update of Adam is its rate, whatever the gradient
    assert 1e-4 * (m / 0.1) / math.sqrt(v / 0.001) == pytest.approx(1e-4) and g == 3.0
    assert keep("fp16", keep("fp16", 0.1) - 1e-4) != keep("fp16", 0.1)


def test_a_lower_rate_makes_it_worse():
    """“So training with bf16 weights does not fail; it stops.” “And a lower rate makes it worse.” “bf16: the
    loss stops falling, and a lower rate stops it sooner | updates below half a distance | master weights, or
    rounding by chance” “Here this takes from the updates what was left of them.”
    “In bf16 the loss stops falling. You lower the rate, and it stops sooner.”"""
    assert down("bf16", 0.003, 300) < 0.5 < 1 == down("bf16", 0.001, 900)
    losses, w = {}, 1.0
    for rate in (0.1, 0.01, 0.003, 0.001):  # on ½(w − 0.9)², kept in bf16
        w = 1.0
        for _ in range(3000):
            w = keep("bf16", w - rate * (w - 0.9))
        losses[rate] = (w - 0.9) ** 2 / 2
    assert losses[0.1] < losses[0.01] <= losses[0.003] <= losses[0.001]
    assert math.isfinite(losses[0.001]) and losses[0.001] > 0.9 * 0.1**2 / 2  # it does not fail; it stops


def test_master_weights_in_fp32_keep_what_16_bits_lose():
    """“The remedy is to keep the weights in fp32, the master weights, and to use 16 bits for a copy that goes forward and
    back.”"""
    for name in ("bf16", "fp16"):  # the copy has 16 bits
        assert 1 + SHAPE[name][0] + math.log2(2 * SHAPE[name][1] + 2) == 16
        master, alone = 1.0, 1.0
        for _ in range(6000):
            master = keep("fp32", master - 0.001 * keep(name, keep(name, master) - 0.5))  # ½(w − 0.5)²
            alone = keep(name, alone - 0.001 * keep(name, alone - 0.5))
        assert master == pytest.approx(0.5, abs=0.01) and abs(alone - 0.5) > 2 * abs(master - 0.5)


@of_a_framework()
def test_autocast_keeps_the_weights_in_fp32_and_half_and_bfloat16_do_not():
    """“PyTorch's autocast does this; model.half() and model.bfloat16() do not.”"""
    torch = pytest.importorskip("torch")
    layer = torch.nn.Linear(4, 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert layer(torch.ones(1, 4)).dtype == torch.bfloat16
    assert layer.weight.dtype == torch.float32
    assert layer.half().weight.dtype == torch.float16 and layer.bfloat16().weight.dtype == torch.bfloat16


# What else to keep in 32 bits


def test_each_line_fails_in_one_of_the_two_formats_of_16_bits_and_not_in_fp32(chapter):
    """“Each line computes one thing in each format, and at least one of the two formats of 16 bits fails at
    it.”"""
    printed = rows(chapter, "fp32")
    assert len(printed) == 8
    assert [np.finfo(chapter.keeps[name](1)).bits for name in ("fp16", "fp32")] == [16, 32]
    exact = {
        "softmax, score of 12": 1 / (1 + math.exp(-12)),
        "norm of a gradient of 256": 256,
        "loss, −log p at p = 1e-8": -math.log(1e-8),
        "a sum: 2048 + 1": 2049,
        "spread of 999 and 1001": 1,
        "gradient 1e-4/4096": 1e-4 / 4096,
        "√v of Adam, g = 0.001": 1e-3 * math.sqrt(1e-3),
        "β₂ of Adam, 0.999": 0.999,
    }
    for name, (half, brain, single) in printed.items():
        assert single == pytest.approx(exact[name], rel=1e-3), name
        wrong = [value != pytest.approx(exact[name], rel=0.01) for value in (half, brain)]
        if name == "a sum: 2048 + 1":
            wrong = [value == 2048 for value in (half, brain)]  # a count that stands still
        if name == "β₂ of Adam, 0.999":
            wrong = [value == 1 for value in (half, brain)]
        assert any(wrong), name


def test_with_the_largest_score_subtracted_a_softmax_in_fp16_is_right():
    """“$e^{12}$ is beyond fp16, and inf/inf is nan.”"""
    scores = np.float16([12, 0])
    with np.errstate(over="ignore", invalid="ignore"):
        bad = np.exp(scores) / np.exp(scores).sum()
    good = np.exp(scores - scores.max())
    assert np.isnan(bad[0]) and (good / good.sum())[0] == 1
    assert math.isinf(keep("fp16", math.exp(12))) and math.isfinite(keep("fp16", math.exp(11)))
    with np.errstate(invalid="ignore"):
        assert np.isnan(np.float16(np.inf) / np.float16(np.inf))


def test_ten_thousand_ones_one_after_the_other_make_2048_and_256():
    """“Ten thousand ones, added one after the other, make 2,048 in fp16 and 256 in bf16.”
    “What 16 bits make of sums and squares”"""
    half = np.add.accumulate(np.ones(10_000, np.float16))
    assert half[-1] == 2048 and np.finfo(half.dtype).bits == 16
    total = 0.0
    for _ in range(10_000):
        total = keep("bf16", total + 1)
    assert total == 256


def test_999_and_1001_are_both_1000_in_bf16_and_their_spread_is_0():
    """“In bf16 999 and 1,001 are both 1,000.” “Their spread is 0, and what is divided by it is inf or nan.”"""
    assert keep("bf16", 999) == keep("bf16", 1001) == 1000
    spread = np.std([keep("bf16", 999), keep("bf16", 1001)])
    with np.errstate(all="ignore"):
        assert spread == 0 and np.isinf(np.float32(1) / spread) and np.isnan(np.float32(0) / spread)
    assert keep("bf16", 1001 + 2 * 2.0) - 1000 == 4 == 0.004 * 1000  # spacing: 0.4 % of the number


def test_a_probability_wrong_by_1e_4_in_a_batch_of_4096_has_a_gradient_of_0_in_fp16_until_it_is_scaled():
    """“A probability that is wrong by 0.0001, in a batch of 4,096, has a gradient that is 0 in fp16.” “Multiply
    the loss by a large number, and all gradients grow with it, beyond the reach of the 0.”"""
    gradient = 1e-4 / 4096
    assert keep("fp16", gradient) == 0
    assert keep("fp16", 65536 * gradient) / 65536 == pytest.approx(gradient, rel=1e-3)
    p = 0.3 + 0.0001  # a probability that is wrong by 0.0001: the gradient of a mean over 4,096 examples

    def mean(score):
        return (
            -(0.3 * math.log(1 / (1 + math.exp(-score))) + 0.7 * math.log(1 / (1 + math.exp(score)))) / 4096
        )

    score = math.log(p / (1 - p))
    assert (mean(score + 1e-4) - mean(score - 1e-4)) / 2e-4 == pytest.approx(gradient, rel=1e-3)
    for factor in (2.0, 2.0**16):  # all gradients grow with the loss
        for g in np.random.default_rng(0).normal(size=20) * 1e-8:
            assert abs(keep("fp16", factor * g)) >= abs(keep("fp16", g))
            assert factor == 2 or keep("fp16", factor * g) / factor == pytest.approx(g, rel=1e-3)


def adam_in_fp16(g, beta2=0.999):
    """The first step of Adam, all of it in fp16, by numpy's own arithmetic."""
    one, half = np.float16(1), np.float16(g)
    m = (one - np.float16(0.9)) * half
    v = (one - np.float16(beta2)) * (half * half)
    m, v = m / (one - np.float16(0.9)), v / (one - np.float16(beta2))
    with np.errstate(all="ignore"):
        return m / (np.sqrt(v) + np.float16(1e-8))


def test_adam_in_pure_fp16_is_inf_below_0_0054_and_nan_at_0():
    """“In pure fp16 the mean square of a gradient of 0.001 is 0, and so is ε = 1e-8: the step is 0.001/0, which
    is inf, and where the gradient is 0 it is 0/0.” “(It is so for all gradients below 0.0054.)” “fp16: Adam is
    inf or nan at once | its mean square and its ε are 0 | master weights and Adam's memory in fp32”"""
    assert np.isinf([adam_in_fp16(g) for g in np.geomspace(1.7e-4, 0.0053, 300)]).all()  # all below 0.0054
    assert np.float16(0.001) * np.float16(0.001) * np.float16(1 - 0.999) == 0 and np.float16(1e-8) == 0
    assert np.isinf(adam_in_fp16(0.0054 * 0.99)) and np.isfinite(adam_in_fp16(0.0054 * 1.06))
    assert np.isnan(adam_in_fp16(0.0)) and np.isfinite(adam_in_fp16(0.0057)) and np.float16(1e-8) == 0
    assert adam_in_fp16(1.0) == pytest.approx(1, rel=0.01)


@of_a_framework()
def test_adam_of_pytorch_in_pure_fp16_is_inf_and_nan_too():
    torch = pytest.importorskip("torch")
    w = torch.nn.Parameter(torch.ones(3, dtype=torch.float16))
    w.grad = torch.tensor([1e-3, 0.0, 1.0], dtype=torch.float16)
    torch.optim.Adam([w], foreach=False).step()
    assert not torch.isfinite(w[:2]).any() and w[1].isnan() and torch.isfinite(w[2])


def test_in_bf16_0_999_is_1_and_the_mean_square_forgets_nothing():
    """“In bf16 0.999 is 1, and nothing is ever forgotten.”"""
    assert keep("bf16", 0.999) == 1
    v = 1.0
    for _ in range(1000):
        v = keep("bf16", 0.999 * v)
    assert v == 1 and 0.999**1000 < 0.4
    for start in (1.0, 1.5, 3e-5):  # nothing is ever forgotten
        assert keep("bf16", keep("bf16", 0.999) * start) == keep("bf16", start)


# Scale the loss


def scaler(gradient, updates, start=2.0**16):
    """How often a scale that is halved at each overflow skips, counted with whole numbers; and the scale."""
    scale, skipped = Fraction(start), 0
    for _ in range(updates):
        if scale * Fraction(gradient) >= 65520:  # from there on fp16 rounds to inf
            scale, skipped = scale / 2, skipped + 1
    return skipped, float(scale)


@pytest.mark.parametrize("gradient, count", [(1, 1), (10, 4), (100, 7), (10_000, 14)])
def test_the_scaler_skips_1_4_7_and_14_first_updates(chapter, gradient, count):
    """“A scaler that starts at 65,536 skips 1, 4, 7 and 14 updates for largest gradients of 1, 10, 100 and
    10,000.” “The scaler tries, and halves”
    snippets/precision.py: “a scaler provokes an overflow”"""
    assert scaler(gradient, 100) == (count, 65536 / 2**count)
    printed = [line.split() for line in chapter.printed["first"].splitlines()[1:]]
    row = next(row for row in printed if row[0] == str(gradient))
    assert int(row[1]) == count and float(row[2]) == pytest.approx(65536 / 2**count, rel=1e-3)
    with np.errstate(over="ignore"):
        assert np.isinf(np.float16(2.0 ** (17 - count) * gradient)) and np.isfinite(
            np.float16(2.0 ** (16 - count) * gradient)
        )


def test_no_scale_makes_a_nan_fit_and_it_falls_for_ever(chapter):
    """“The line of nan has no place: no scale makes a nan fit.”"""
    _, scale, fits = chapter.train(chapter.right, math.nan, updates=160)
    assert not fits.any() and np.all(np.diff(np.log2(scale)) == -1)
    with np.errstate(over="ignore", invalid="ignore"):
        assert all(np.isnan(np.float16(2.0**k * np.nan)) for k in range(-20, 16))
    assert chapter.printed["first"].splitlines()[-1].split()[:2] == ["nan", "100"]


def test_after_2000_good_updates_the_scale_doubles_and_one_is_skipped(chapter):
    """“Later on, one skipped update in 2,000 is the scaler trying the next higher scale.”
    CHANGELOG.md: “Sixteen bits: range and spacing of fp16 and bf16, updates that vanish, a loss scaler rebuilt in numpy, what each wrong order of its steps does, and a table from what you see to its cause.”
    snippets/precision.py: “halve after inf, double after 2,000”"""
    _, scale, fits = chapter.train("unscale update", 10.0, updates=8100)  # no step: the gradient stays
    assert np.flatnonzero(fits == 0).tolist()[:4] == [0, 1, 2, 3]
    later = np.flatnonzero(fits == 0)[4:]
    assert np.diff(later).tolist() == [2001] * (len(later) - 1) and len(later) == 4
    assert scale.max() == 32768 and set(scale[4:]) == {4096.0, 8192.0} and 2 * scale[0] == 65_536
    assert np.argmax(np.diff(scale[4:]) > 0) == pytest.approx(2000, abs=2)


@of_a_framework()
def test_the_scaler_of_pytorch_has_these_defaults_and_does_the_same():
    """“PyTorch's GradScaler begins with 65,536, halves it when a gradient is inf or nan and skips that update,
    and doubles it after 2,000 good ones.”"""
    torch = pytest.importorskip("torch")
    found = torch.amp.GradScaler("cpu")
    growth, backoff, interval = (
        found.get_growth_factor(),
        found.get_backoff_factor(),
        found.get_growth_interval(),
    )
    assert (found.get_scale(), growth, backoff, interval) == (65536, 2, 0.5, 2000)
    for gradient, count in ((1, 1), (10, 4), (100, 7), (10_000, 14)):
        grads = torch.amp.GradScaler("cpu")
        w = torch.nn.Parameter(torch.tensor([1.0]))
        optimiser, skipped = torch.optim.SGD([w], lr=0.0), 0
        for _ in range(20):
            optimiser.zero_grad()
            (w.half() * gradient).sum().backward(torch.tensor(grads.scale(torch.tensor(1.0)).item()).half())
            before = grads.get_scale()
            grads.step(optimiser)
            grads.update()
            skipped += grads.get_scale() < before
        assert skipped == count


def test_the_gradient_of_the_loss_is_the_weight_and_the_largest_gradient_alone_counts_the_skipped(chapter):
    """“Here is all of it, on a single weight with the loss ½$w^2$, whose gradient is $w$:” “How many updates are skipped
    depends on the largest gradient only.”
    snippets/precision.py: “on the loss ½w², rate 0.3”"""
    for w in (-3.0, 0.2, 10.0):
        assert ((w + 1e-5) ** 2 / 2 - (w - 1e-5) ** 2 / 2) / 2e-5 == pytest.approx(w)
        step = chapter.train("unscale step", w, updates=1)[0][0] - w
        assert step == pytest.approx(-0.3 * w, rel=1e-3) or abs(65536 * w) > 65504
    rng = np.random.default_rng(3)
    for largest in (10.0, 300.0):
        for size in (1, 50, 400):  # in company of others
            g = np.append(largest, rng.uniform(-largest, largest, size - 1))
            scale, skipped = 65536.0, 0
            with np.errstate(over="ignore"):
                while not np.isfinite(np.float16(scale * g)).all():
                    scale, skipped = scale / 2, skipped + 1
            assert skipped == scaler(int(largest), 100)[0]


def test_the_figure_of_the_first_updates(chapter):
    """“The scale on a logarithmic axis against the update. For largest gradients of 1, 10, 100 and 10,000 it falls in the
    first updates, by 1, 4, 7 and 14 halvings, and then stays. For nan it falls along a straight line without end.”
    “Skipped updates at the start are normal: the scale is looking for its place.” “An inf at the start is normal; a scale
    that falls for ever is a nan.” “So an inf norm in the first lines is normal; a scale that falls for ever is not, nor is
    a loss that is itself nan.” “fp16: the norm is inf in the first lines, or once in some 2,000 | the scaler tries a scale
    that is too high | nothing” “A log begins with a norm of inf four times, and then shows 11.2.”"""
    (ax,) = axes_of(chapter, "first")
    lines = {line.get_label(): np.array(line.get_ydata()) for line in ax.get_lines()}
    assert list(lines) == ["1", "10", "100", "10000", "nan"] and ax.get_yscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("update", "scale") and int(list(lines)[3]) == 10_000
    for label, halvings in zip(list(lines)[:4], (1, 4, 7, 14), strict=True):
        scale = lines[label]
        assert scale.tolist() == [65536 / 2 ** min(t + 1, halvings) for t in range(50)]
    assert np.all(np.diff(np.log2(lines["nan"])) == -1) and len(lines["nan"]) == 50
    w, _, fits = chapter.train(chapter.right, 10.0)
    assert fits[:4].tolist() == [0] * 4 and fits[4:].all() and abs(w[-1]) < 1e-6  # and it trains
    _, scale, fits = chapter.train("unscale update", 11.2, updates=2 * 2_000 + 100)
    assert np.flatnonzero(fits == 0).tolist()[:5] == [0, 1, 2, 3, 2004]  # then once in some 2,000


# Change one thing: the order


def test_the_four_steps_are_tried_in_eight_orders(chapter):
    """“One run, and the four steps in eight orders”"""
    assert len(chapter.orders) == 8 == len(chapter.printed["orders"].splitlines()) - 1
    assert sorted(chapter.right.split()) == ["clip", "step", "unscale", "update"]
    assert len(set(chapter.orders.values())) == 8


def test_clipped_while_scaled_the_longest_step_is_the_rate_over_the_scale(chapter):
    """“The order is scale, backward, unscale, clip, step, update.” “Scale, backward, unscale, clip, step,
    update.” “The check for inf still stands before the step, so nothing that is inf reaches the weight.” “Every
    gradient is cut to 1 and then divided by the scale.” “The longest step is 7.32e-05, where it should be 0.3.”
    “It keeps the direction and takes the length, which was the scale's.” “Dividing by the scale then takes it a
    second time.” “An explosion, because the gradient is 4,096 times too long” “That would be the case if the
    unscaling were left out.” “And then the clip would bound each step.” “Predict: somebody clips to norm 1
    before the unscaling.” “With the clip before the unscaling the longest step is 7.32e-05 in place of 0.3, and
    no message says so.” “Which numbers go missing, a loss scaler rebuilt in numpy, and its steps in each wrong
    order.” “fp16: no nan, but it crawls | gradients that are 0, or a clip before the unscaling | a scaler, in
    its right order”"""
    printed = rows(chapter, "orders")
    assert (
        printed["in order"][:2] == [4, 0.3] and printed["in order"][2] < 1e-9
    )  # a gradient of 10, clipped to 1
    assert printed["clipped while scaled"][1] == pytest.approx(0.3 / 4096, rel=2e-3)
    assert printed["clipped while scaled"][2] == pytest.approx(50, rel=0.01)
    assert printed["clipped while scaled"][1] == 7.32e-05 and 0.3 / 7.32e-05 > 4000
    w, scale, fits = chapter.train(chapter.orders["clipped while scaled"], 10)
    assert (
        np.isfinite(w).all() and fits.tolist() == [0] * 4 + [1] * 96
    )  # nothing that is inf reaches the weight
    steps = -np.diff(w[3:])  # cut to 1, then divided by the scale: its direction is kept, its length is not
    assert steps[5:] == pytest.approx(0.3 * 1 / 4096) and np.all(steps[5:] > 0)
    unscaled = chapter.train("clip step update", 10)[0]
    assert scale[-1] == 4096
    assert np.abs(np.diff(unscaled)).max() == pytest.approx(0.3)  # not unscaled, the clip bounds each step
    assert next(iter(chapter.orders)) == "in order" and len(chapter.orders) == 1 + 7
    assert ["scale", "backward", *chapter.right.split()] == [
        "scale",
        "backward",
        "unscale",
        "clip",
        "step",
        "update",
    ]


def test_clipped_after_the_step_the_clip_does_nothing(chapter):
    """“Clipped after the step: the clip does nothing.” “The longest step is 3, ten times what was allowed.”"""
    w, _, _ = chapter.train("unscale step clip update", 10)
    without, _, _ = chapter.train("unscale step update", 10)
    assert np.abs(np.diff(w, prepend=10)).max() == pytest.approx(10 * 0.3)  # ten times what was allowed
    assert (w == without).all() and rows(chapter, "orders")["clipped after the step"][1] == 3 == 10 * 0.3


def test_never_unscaled_the_run_bounces_at_the_length_of_the_clip(chapter):
    """“Never unscaled: each step is as long as the clip allows, so the run bounces at a loss of 0.02.”"""
    w, _, _ = chapter.train("clip step update", 10)
    assert np.abs(np.diff(w[-20:])) == pytest.approx(0.3) and w[-1] ** 2 / 2 == pytest.approx(0.02, rel=0.01)
    assert rows(chapter, "orders")["never unscaled"][2] == 0.02


def test_never_unscaled_under_adam_nothing_is_seen_until_the_scale_moves():
    """“(Under Adam, which ignores the scale, nothing is seen until the scale moves.)”"""

    def adam(scales):
        w, m, v, path = 1.0, 0.0, 0.0, []
        for t, scale in enumerate(scales, 1):
            g = scale * w
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            w -= 0.001 * m / (1 - 0.9**t) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
            path.append(w)
        return np.array(path)

    same, moved = adam([4096] * 100), adam([4096] * 50 + [2048] * 50)
    assert same == pytest.approx(adam([1] * 100), rel=1e-6)
    assert moved[:50] == pytest.approx(same[:50]) and abs(moved[99] - same[99]) > 0.005


def test_stepped_without_a_look_the_weight_is_nan_from_the_first_update_on(chapter):
    """“Stepped without a look, with optimizer.step() in place of scaler.step(optimizer): nan from the first
    update on.”"""
    w, _, fits = chapter.train("unscale clip blind update", 10)
    assert np.isnan(w).all() and not fits[0]
    w, _, _ = chapter.train("unscale blind update", 10)  # without a clip it is inf first
    assert not np.isfinite(w).any()


def test_unscaled_twice_is_thousands_of_times_too_slow(chapter):
    """“Clipped while scaled, or unscaled twice: thousands of times too slow, without any message.”"""
    assert rows(chapter, "orders")["unscaled twice"][1] == pytest.approx(3 / 4096, rel=2e-3)
    for name in ("clipped while scaled", "unscaled twice"):
        w, _, fits = chapter.train(chapter.orders[name], 10)
        longest = rows(chapter, "orders")["in order"][1] / rows(chapter, "orders")[name][1]
        assert np.isfinite(w).all() and fits[4:].all() and w[-1] > 9.9 and longest > 400


def test_updated_too_early_one_gradient_is_divided_by_the_wrong_number_when_the_scale_moves(chapter):
    """“Updated too early, before the unscaling: no difference while the scale rests.” “When it moves, one
    gradient is divided by the wrong number.”"""
    assert rows(chapter, "orders")["updated too early"] == rows(chapter, "orders")["in order"]
    _, scale, fits = chapter.train("update unscale", 10.0, updates=2010)  # no step: the gradient stays
    doubled = np.flatnonzero(np.diff(scale) > 0) + 1
    assert fits[doubled].all() and 4096 * 10 / scale[doubled] == [5]  # half of what it should be


def test_a_scale_that_is_never_updated_skips_every_update(chapter):
    """“Scale never updated: every update is skipped.” “The loss stays exactly what it was.”"""
    skipped, longest, loss = rows(chapter, "orders")["scale never updated"]
    assert (skipped, longest, loss) == (100, 0, 50) and loss == 10**2 / 2


@of_a_framework()
def test_pytorch_raises_an_error_if_unscaled_twice_or_updated_before_the_step_and_about_the_others_says_nothing():
    """“PyTorch raises an error if you unscale twice, or update before the step.” “About the others it says
    nothing.”"""
    torch = pytest.importorskip("torch")

    def ready():
        w = torch.nn.Parameter(torch.tensor([10.0]))
        grads, optimiser = torch.amp.GradScaler("cpu", init_scale=4096.0), torch.optim.SGD([w], lr=0.3)
        grads.scale((w**2 / 2).sum()).backward()
        return w, grads, optimiser

    w, grads, optimiser = ready()
    grads.unscale_(optimiser)
    with pytest.raises(RuntimeError, match="already been called"):
        grads.unscale_(optimiser)
    w, grads, optimiser = ready()
    with pytest.raises(AssertionError, match="No inf checks"):
        grads.update()
    w, grads, optimiser = ready()  # clipped while scaled: no error, and the step is the rate over the scale
    torch.nn.utils.clip_grad_norm_([w], 1.0)
    grads.step(optimiser)
    grads.update()
    assert 10 - w.item() == pytest.approx(0.3 / 4096, rel=0.02)


# How a nan hides


@of_a_framework()
def test_the_trainer_replaces_a_nan_by_the_mean_since_its_last_line():
    """“Hugging Face's Trainer replaces a loss that is nan or inf by the mean since its last line, in which it counts as 0.”
    “With a line every update, that is 'loss': 0.0 beside 'grad_norm': nan, and it is a nan.” “the loss is 0.0, the norm nan |
    a nan that was filtered out | show it, then start again at the top” “A loss of 0.0.”"""
    skip_without(["transformers"])  # which is read and not imported: that takes seconds
    folder = Path(importlib.util.find_spec("transformers").origin).parent
    given, source = (
        (folder / name).read_text(encoding="utf-8") for name in ("training_args.py", "trainer.py")
    )
    assert re.search(r"\n    logging_nan_inf_filter: bool = field\(\s*default=True,", given)
    added = re.search(
        r"torch\.isnan\(tr_loss_step\) or torch\.isinf.*?self\._tr_loss \+= ([^\n]*)", source, re.DOTALL
    )[1]
    for before in ([], [2.0], [1.0, 3.0, 5.0]):  # the losses since the last line; then comes a nan
        trainer = SimpleNamespace(
            _tr_loss=sum(before),
            state=SimpleNamespace(global_step=70 + len(before)),
            _globalstep_last_logged=70,
        )
        assert eval(added, {"self": trainer}) == pytest.approx(np.mean([*before, 0.0]))
        assert before or eval(added, {"self": trainer}) == 0.0
    torch = pytest.importorskip("torch")
    w = torch.ones(3, requires_grad=True)
    (w.sum() * math.nan).backward()
    assert w.grad.norm().isnan()


def test_nan_to_num_makes_nan_0_and_inf_the_largest_number():
    """“nan_to_num makes nan 0 and inf the largest number.” “The step is then made of zeros and of 65,504s.”"""
    assert np.nan_to_num(np.float16([np.nan, np.inf])).tolist() == [0, 65504]
    step = np.nan_to_num(np.float16([np.nan, np.inf, -np.inf, np.nan]))
    assert set(np.abs(step).tolist()) == {0.0, 65_504.0}


def test_a_skipped_update_leaves_neither_inf_nor_nan_among_the_losses(chapter):
    """“A skipped update leaves neither inf nor nan among the losses.”"""
    for start in (10.0, 1e4):
        w, _, fits = chapter.train(chapter.right, start)
        assert np.sum(fits == 0) >= 4 and np.isfinite(w**2 / 2).all()
        assert np.all(w[fits == 0] == start)


@of_a_framework()
def test_clip_grad_norm_makes_all_gradients_nan_and_goes_on():
    """“clip_grad_norm with a nan in one gradient makes all of them nan and goes on, unless you set
    error_if_nonfinite=True.”"""
    torch = pytest.importorskip("torch")
    w = torch.nn.Parameter(torch.ones(3))
    w.grad = torch.tensor([1.0, math.nan, 2.0])
    torch.nn.utils.clip_grad_norm_([w], 1.0)
    assert w.grad.isnan().all()
    with pytest.raises(RuntimeError, match="non-finite"):
        torch.nn.utils.clip_grad_norm_([w], 1.0, error_if_nonfinite=True)


# The table, You may think


def test_centred_first_the_spread_in_bf16_is_there():
    """“bf16: a spread of 0, then inf | spacing, 0.4 % of the number | centre first; normalise in fp32”"""
    assert np.diff([keep("bf16", 1000 + x) for x in (0, 4)]) == [0.4 / 100 * 1000]
    assert keep("bf16", 999.0 - 1000) == -1 and keep("bf16", 1001.0 - 1000) == 1


def test_no_scale_changes_an_activation_beyond_the_end_of_fp16():
    """“The scale acts on the gradients only.” “On the way forward an activation of 70,000 is inf at every
    scale, and a softmax of it is nan.” “Then the scale falls for ever.” “fp16: the scale falls for ever | the
    loss is nan, or an activation is beyond 65,504, which no scale changes | find the layer; bf16, or that part
    in fp32” “With a loss scaler fp16 is safe.”"""
    with np.errstate(over="ignore", invalid="ignore"):
        activation = np.float16(70_000)
        shifted = np.exp(activation - activation)
        assert np.isinf(activation) and np.isnan(shifted)
        for scale in (1.0, 1 / 1024, 2.0**16):  # of the loss, which comes after it
            assert np.isnan(np.float16(scale) * shifted) and np.isinf(np.float16(70_000) * np.float16(1))
    assert 70_000 > 65_504 == np.finfo(np.float16).max


def test_the_exponent_has_three_bits_more_and_the_fraction_three_less():
    """“Its exponent has three bits more, and its fraction three bits less.” “What was an overflow in fp16 is a
    number in bf16; what was a small update in fp16 is nothing at all.” “bf16 is fp16 without nan.”"""
    for name, (fraction, power) in SHAPE.items():
        exponent = int(math.log2(power + 1)) + 1
        assert 1 + exponent + fraction == (32 if name == "fp32" else 16)
    half, brain = SHAPE["fp16"], SHAPE["bf16"]
    assert (math.log2((brain[1] + 1) / (half[1] + 1)), half[0] - brain[0]) == (3, 3)
    assert math.isinf(keep("fp16", 1e6)) and math.isfinite(keep("bf16", 1e6))  # an overflow is a number
    assert keep("fp16", 1 - 0.001) < 1 == keep("bf16", 1 - 0.001)  # a small update is nothing at all


def test_at_1_bf16_obeys_a_rate_of_0_002_and_ignores_one_of_0_001():
    """“At 1, with gradients near 1, bf16 obeys a rate of 0.002 and ignores one of 0.001.”"""
    for gradient in (0.98, 1.0, 1.02):
        assert keep("bf16", 1 - 0.002 * gradient) < 1 == keep("bf16", 1 - 0.001 * gradient)


# Exercises


def test_exercise_1_a_gradient_of_300_costs_9_updates_and_leaves_128():
    """“The largest gradient is 300.” “65,536 · 300/65,504 = 300.1, and 2⁸ = 256 is too small, 2⁹ = 512 is
    enough: 9, and the scale is 128.”"""
    assert 65536 * 300 / 2**8 > 65520 > 65536 * 300 / 2**9 and (2**8, 2**9) == (256, 512)
    assert pytest.approx(300.1, abs=0.05) == 65_536 * 300 / 65_504
    assert scaler(300, 100) == (9, 128) and pytest.approx(300.1, abs=0.05) == 65536 * 300 / 65504


def test_exercise_2_a_weight_of_3_in_bf16_loses_updates_below_0_0078():
    """“A weight is 3, in bf16.” “Between 2 and 4 the numbers are 2⁻⁶ = 1/64 apart.” “Those below half of that,
    1/128 = 0.0078.” “At a rate of 0.001 the gradient must be above 7.8.”"""
    assert keep("bf16", 3 - 0.00781) == 3 > keep("bf16", 3 - 0.00782)
    assert pytest.approx(0.0078, abs=5e-5) == 2.0 ** (1 - 7) / 2 == 1 / 128
    for w in (2.0, 2.5, 3.90625):
        assert min(keep("bf16", w + x) - keep("bf16", w) for x in np.linspace(0.008, 0.02, 20)) == 1 / 64
    for gradient, moves in ((7.7, False), (7.9, True)):  # at a rate of 0.001, above 7.8
        assert (keep("bf16", 3 - 0.001 * gradient) < 3) == moves == (gradient > 7.8)


def test_exercise_3_four_skipped_updates_and_a_norm_of_11_2_mean_between_8_and_11_2():
    """“After three halvings the scale was 8,192, and the gradient did not fit: it was above 65,504/8,192 =
    8.0.” “After four it was 4,096, and it fitted: at most 65,504/4,096 = 16.0.” “And no entry is larger than
    the norm, so it was between 8 and 11.2.”"""
    counts = {gradient: scaler(gradient, 100)[0] for gradient in (7.9, 8.1, 11.2, 15.9, 16.1)}
    assert counts == {7.9: 3, 8.1: 4, 11.2: 4, 15.9: 4, 16.1: 5}
    assert pytest.approx([8.0, 16.0], abs=0.05) == [65504 / 8192, 65504 / 4096]
    assert [65536 / 2**halvings for halvings in (3, 4)] == [8192, 4096]
    for g in np.random.default_rng(0).normal(size=(20, 30)):
        assert np.abs(g).max() <= np.linalg.norm(g)  # no entry is larger than the norm


def test_exercise_4_an_update_just_above_the_edge_is_doubled():
    """“−0.228, where 0 would be right.” “From 1 to ½ each update is rounded up to a whole distance, 0.0039,
    nearly twice its size.” “An update just above the edge is not lost, it is doubled.”"""
    assert down("bf16", 0.002, 500) == pytest.approx(-0.228, abs=5e-4)
    assert 1 - down("bf16", 0.002, 1) == pytest.approx(0.0039, abs=1e-5)
    path = [1.0]
    while path[-1] > 0.5:
        path.append(keep("bf16", path[-1] - 0.002))
    assert set(np.diff(path)) == {-(2.0**-8)} and 0.0039 / 0.002 > 1.9
    assert keep("bf16", 1 - 0.00196) == 1 - 2**-8  # just above the edge of 0.00195: doubled


# In your own run


def share_that_moves(name, weights, rate, rng):
    """The share of weights that an update changes, of those whose gradient is not 0."""
    kept = [keep(name, w) for w in weights]
    return np.mean(
        [keep(name, w - rate * g) != w for w, g in zip(kept, rng.normal(size=len(kept)), strict=True)]
    )


@pytest.mark.parametrize("rate", [1e-4, 1e-2])
def test_counting_the_weights_that_an_update_changes_tells_whether_the_spacing_is_too_coarse(rate):
    """“If it is a small share of those whose gradient is not 0, the spacing is too coarse.” “If they are many more than in
    fp32, scale the loss.”"""
    weights = np.random.default_rng(1).normal(size=400)
    shares = {name: share_that_moves(name, weights, rate, np.random.default_rng(2)) for name in NAMES}
    assert shares["fp32"] > 0.99 and (shares["bf16"] < 0.2) == (rate == 1e-4)
    gradients = np.random.default_rng(3).normal(size=400) * 1e-8
    zeros = {name: np.mean([keep(name, g) == 0 for g in gradients]) for name in NAMES}
    assert zeros["fp16"] > 0.9 and zeros["fp32"] == 0 == zeros["bf16"]
    assert np.mean([keep("fp16", 2.0**16 * g) == 0 for g in gradients]) < 0.01


def test_bf16_needs_no_scaler_because_its_range_is_that_of_fp32():
    """“It needs no scaler.” “bf16 needs none of this: its range is that of fp32.” “Keep weights, sums, norms and Adam's
    memory in fp32.”"""
    for value in (1e-30, 1e-8, 1e6, 1e30):
        assert keep("bf16", value) == pytest.approx(value, rel=0.004) and keep(
            "fp32", value
        ) == pytest.approx(value)
        assert keep("fp16", value) in (0, math.inf) or value == 1e-8
    assert (
        math.isinf(keep("fp16", 256.0**2))
        and keep("fp16", 2048 + 1) == 2048
        and keep("fp16", 1e-3 * 1e-6) == 0
    )
    for value in (256.0**2, 2048 + 1.0, 1e-3 * 1e-6, 1 - 0.001):
        assert keep("fp32", value) == pytest.approx(value, rel=1e-7)


@of_a_framework()
def test_real_kernels_keep_longer_sums_and_the_ends_of_the_formats_stay():
    """“Real kernels keep longer sums inside and round at the end, so a single result may be better than here.” “The ends of
    the formats stay where they are.” “Formats of 8 bits have the same two ends, much closer together, and this page does
    not measure them.”"""
    torch = pytest.importorskip("torch")
    for kind, here in ((torch.float16, 2048), (torch.bfloat16, 256)):
        assert (
            torch.ones(10_000, dtype=kind).sum().item() == pytest.approx(10_000, rel=0.004) and here < 10_000
        )
    assert torch.tensor(70_000.0).half().isinf() and torch.tensor(1e-8).half() == 0
    for kind in (torch.float8_e4m3fn, torch.float8_e5m2):
        ends = torch.finfo(kind)
        assert ends.bits == 8 and ends.max < 65504 and ends.tiny > 2**-15 and ends.eps > 2**-7
        assert math.log2(ends.max / ends.smallest_normal) < math.log2(65504 / 2**-14) + 1


class Kept:
    """A number that a format has, or, where it is raw, one that has still to be rounded to it."""

    def __init__(self, value, raw=False):
        self.value, self.raw = float(value), raw

    def of(self, operation, *others):
        every = [one for one in (self, *others) if isinstance(one, Kept)]
        assert not any(one.raw for one in every), f"{operation.__name__} of what was not rounded"
        return Kept(operation(*(getattr(one, "value", one) for one in (self, *others))), raw=True)

    def __array_ufunc__(self, ufunc, _, *inputs):
        return inputs[0].of(ufunc, *inputs[1:])

    def __neg__(self):
        return Kept(-self.value)  # which rounds nothing

    def __add__(self, other):
        return self.of(np.add, other)

    def __sub__(self, other):
        return self.of(np.subtract, other)

    def __mul__(self, other):
        return self.of(np.multiply, other)

    def __truediv__(self, other):
        return self.of(np.divide, other)

    def __pow__(self, other):
        return self.of(np.power, other)


def test_every_operation_is_rounded_before_the_next(chapter):
    """snippets/precision.py: “k rounds to the format after every operation”"""
    for name, what in chapter.operations.items():
        found = what(lambda value: Kept(getattr(value, "value", value)))
        assert isinstance(found, Kept) and not found.raw, name
        assert found.value == pytest.approx(float(what(np.float64)))


def test_all_of_this_was_emulated_on_single_numbers_with_a_rounding_after_each_operation(chapter):
    """“All of this was emulated on single numbers and one weight, with a rounding after each operation.”"""
    assert all(np.ndim(what(kept)) == 0 for what in chapter.operations.values() for kept in (np.float64,))
    rounded = []
    chapter.operations["√v of Adam, g = 0.001"](lambda value: rounded.append(value) or value)
    assert len(rounded) == 4  # g, g² · 0.001 and what it is made of, and the root
    assert all(np.ndim(one[0]) == 0 for one in chapter.train(chapter.right, 10.0))
