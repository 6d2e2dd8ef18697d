"""The claims of the chapter on sixteen bits, a test a sentence.

bf16 is found here from its definition, in double precision, and not from a bit pattern as in the program.
"""

import math
from fractions import Fraction

import numpy as np
import pytest

from conftest import ROOT, axes_of

PAGE = " ".join((ROOT / "docs" / "precision.md").read_text(encoding="utf-8").split())
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
    for name, at in (("fp16", 8), ("bf16", 64)):
        loss, update = 1.0, 0
        while math.isfinite(keep(name, loss)):
            loss, update = 4 * loss, update + 1
        assert update == at


def test_recall_two_losses_that_differ_in_their_last_digits_only_differ_by_rounding():
    """Why is it worse at h = 1e-10 than at 1e-6?"""

    def slope(h):
        return (math.exp(3 + h) - math.exp(3 - h)) / (2 * h)

    assert abs(slope(1e-6) - math.exp(3)) < 1e-6 < abs(slope(1e-10) - math.exp(3))


# Two formats, two ends


@pytest.mark.parametrize("name", NAMES)
def test_the_program_rounds_to_each_format_as_its_definition_says(chapter, name):
    rng = np.random.default_rng(1)
    with np.errstate(all="ignore"):
        ties = [1 + 2.0**-f / 2 for f in (7, 10)] + [1 + 3 * 2.0**-f / 2 for f in (7, 10)]  # to even
        for value in [*ties, *(rng.normal(size=500) * 10.0 ** rng.uniform(-12, 6, 500))]:
            value = float(np.float32(value))  # what the program is given is an fp32
            assert float(chapter.keeps[name](value)) == keep(name, value)


@pytest.mark.parametrize("name", NAMES)
def test_largest_root_smallest_and_the_step_that_is_lost_are_those_of_the_format(chapter, name):
    top, root, least, lost = rows(chapter, "formats", 4)[name]
    fraction, power = SHAPE[name]
    largest = (2 - 2.0**-fraction) * 2.0**power
    assert [top, root] == pytest.approx([largest, largest**0.5], rel=1e-3)
    smallest = 2.0 ** (1 - power - fraction)
    assert least == pytest.approx(smallest, rel=2e-3) and keep(name, smallest) > 0 == keep(name, smallest / 2)
    exact = 2.0**-fraction / 4
    assert lost == pytest.approx(exact, rel=3e-3)
    assert keep(name, 1 - exact) == 1 > keep(name, 1 - 1.001 * exact)


def test_a_norm_in_fp16_is_inf_from_256_on_though_the_gradient_is_a_number():
    with np.errstate(over="ignore"):
        assert np.isinf(np.float16(256) ** 2) and np.isfinite(np.float16(255.9) ** 2)
    assert np.isfinite(np.float16(256)) and np.isfinite(np.float16(2.3)) and 256**2 > 65504


def test_fp16_spans_twelve_powers_of_ten_and_grows_sparse_below_6e_5(chapter):
    assert math.log10(65504 / 2**-24) == pytest.approx(12, abs=0.1)
    assert pytest.approx(6.1e-5, rel=0.01) == 2**-14
    for value, share in ((1e-4, 2**-10), (1e-5, 2**-10)):
        gap = float(np.spacing(np.float16(value)))
        assert (gap / value <= share) == (value > 6.2e-5)


def test_bf16_lies_65536_times_as_far_apart_as_fp32_and_8_times_as_fp16():
    assert 2 ** (23 - 7) == 65536 and 2 ** (10 - 7) == 8


def test_the_figure_shows_a_wide_range_as_long_and_a_fine_spacing_as_low(chapter):
    (ax,) = axes_of(chapter, "spacing")
    lines = {line.get_label(): line for line in ax.get_lines()}
    reach = {name: np.ptp(np.log10(line.get_xdata())) for name, line in lines.items()}
    assert reach["fp16"] < 13 < 75 < reach["bf16"] < reach["fp32"]
    low = {name: line.get_ydata().min() for name, line in lines.items()}
    assert low == {name: 2.0 ** -SHAPE[name][0] for name in NAMES}
    for name, line in lines.items():  # as numpy has it, where numpy has the format
        if name != "bf16":
            kind = np.float16 if name == "fp16" else np.float32
            x = line.get_xdata()[5::10]
            assert line.get_ydata()[5::10] == pytest.approx([float(np.spacing(kind(one))) / one for one in x])


# The live figure's questions


def test_a_weight_of_1_in_bf16_moves_down_above_0_00195_and_up_above_0_0039():
    assert [keep("bf16", 1 - x) == 1 for x in (0.00195, 0.00196)] == [True, False]
    assert [keep("bf16", 1 + x) == 1 for x in (0.0039, 0.00391)] == [True, False]


def test_bf16_counts_to_256_and_fp16_to_2048():
    for name, end in (("bf16", 256), ("fp16", 2048)):
        total = 0
        for _ in range(10_000):
            total = keep(name, total + 1)
        assert total == end


def test_fp16_keeps_a_gradient_above_3e_8():
    assert keep("fp16", 2.9e-8) == 0 < keep("fp16", 3e-8) and keep("fp16", 1e-8) == 0


# Run it


def test_a_thousand_updates_of_a_thousandth_leave_1_in_bf16_and_2_percent_in_fp16(chapter):
    printed = rows(chapter, "vanish")
    assert [down(name, 0.001, 1000) for name in NAMES] == pytest.approx(
        [printed[name][2] for name in NAMES], abs=5e-5
    )
    assert down("bf16", 0.001, 1000) == 1
    assert down("fp16", 0.001, 1000) == pytest.approx(0.0222, abs=5e-5)


def test_a_thousandth_of_the_weight_each_time_would_leave_0_37():
    assert pytest.approx(0.37, abs=0.005) == 0.999**1000


def test_the_rounding_is_four_times_as_large_as_the_update():
    assert pytest.approx(4, abs=0.1) == 2**-8 / 0.001
    assert keep("bf16", 1 - 2**-8) == pytest.approx(0.9961, abs=5e-5)


def test_in_fp16_a_thousandth_becomes_two_distances_between_a_half_and_one():
    assert keep("fp16", 0.9 - 0.001) - keep("fp16", 0.9) == pytest.approx(-0.00098, abs=5e-6)
    assert pytest.approx(0.00098, abs=5e-6) == 2 * 2**-11 and pytest.approx(0.00049, abs=2e-6) == 2**-11
    assert abs(keep("fp16", 0.3 - 0.001) - keep("fp16", 0.3) + 0.001) < 0.00003


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
    """twenty others end within 0.11 of 0, on average within 0.02"""
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
    assert np.mean(mine) == pytest.approx(0, abs=0.02) and np.std(mine) == pytest.approx(
        np.std(ends), rel=0.4
    )


def test_by_chance_0_999_becomes_0_9961_about_every_fourth_time(chapter):
    odds = np.mean([float(chapter.chance(0.999)) < 1 for _ in range(4000)])
    assert odds == pytest.approx((1 - 0.999) / 2**-8, abs=0.03) == pytest.approx(0.25, abs=0.03)


# Why


@pytest.mark.parametrize("name", NAMES)
def test_a_step_of_less_than_half_a_distance_changes_nothing(name):
    fraction, _ = SHAPE[name]
    rng = np.random.default_rng(0)
    for k in (-3, 0, 5):
        for weight in rng.uniform(1.01, 1.99, 50):
            weight = keep(name, weight * 2.0**k)
            half = 0.5 * 2.0 ** (k - fraction)
            assert keep(name, weight + 0.999 * half) == weight != keep(name, weight + 1.001 * half)
            assert keep(name, weight - 0.999 * half) == weight != keep(name, weight - 1.001 * half)


def test_as_a_share_of_the_weight_bf16_loses_0_2_to_0_4_percent_and_fp16_eight_times_less():
    shares = [0.5 * 2.0**-7 / weight for weight in (1, 1.999)]
    assert shares == pytest.approx([0.0039, 0.00195], rel=0.01)
    assert shares[0] / 8 == 0.5 * 2.0**-10 / 1


def test_adam_at_1e_4_does_not_move_a_weight_of_a_tenth_in_bf16():
    weight = keep("bf16", 0.1)
    assert keep("bf16", weight - 1e-4) == weight
    assert keep("fp16", keep("fp16", 0.1) - 1e-4) != keep("fp16", 0.1)


def test_a_lower_rate_makes_it_worse():
    assert down("bf16", 0.003, 300) < 0.5 < 1 == down("bf16", 0.001, 900)


def test_autocast_keeps_the_weights_in_fp32_and_half_and_bfloat16_do_not():
    torch = pytest.importorskip("torch")
    layer = torch.nn.Linear(4, 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert layer(torch.ones(1, 4)).dtype == torch.bfloat16
    assert layer.weight.dtype == torch.float32
    assert layer.half().weight.dtype == torch.float16 and layer.bfloat16().weight.dtype == torch.bfloat16


# What else to keep in 32 bits


def test_each_line_fails_in_one_of_the_two_formats_of_16_bits_and_not_in_fp32(chapter):
    printed = rows(chapter, "fp32")
    assert len(printed) == 8
    exact = {
        "softmax, a score of 12": 1 / (1 + math.exp(-12)),
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
    scores = np.float16([12, 0])
    with np.errstate(over="ignore", invalid="ignore"):
        bad = np.exp(scores) / np.exp(scores).sum()
    good = np.exp(scores - scores.max())
    assert np.isnan(bad[0]) and (good / good.sum())[0] == 1


def test_ten_thousand_ones_one_after_the_other_make_2048_and_256():
    half = np.add.accumulate(np.ones(10_000, np.float16))
    assert half[-1] == 2048
    assert "make 2,048 in fp16 and 256 in bf16" in PAGE


def test_999_and_1001_are_both_1000_in_bf16_and_their_spread_is_0():
    assert keep("bf16", 999) == keep("bf16", 1001) == 1000
    with np.errstate(all="ignore"):
        assert np.isinf(np.float32(1) / 0) and np.isnan(np.float32(0) / 0)


def test_a_probability_wrong_by_1e_4_in_a_batch_of_4096_has_a_gradient_of_0_in_fp16_until_it_is_scaled():
    gradient = 1e-4 / 4096
    assert keep("fp16", gradient) == 0
    assert keep("fp16", 65536 * gradient) / 65536 == pytest.approx(gradient, rel=1e-3)


def adam_in_fp16(g, beta2=0.999):
    """The first step of Adam, all of it in fp16, by numpy's own arithmetic."""
    one, half = np.float16(1), np.float16(g)
    m = (one - np.float16(0.9)) * half
    v = (one - np.float16(beta2)) * (half * half)
    m, v = m / (one - np.float16(0.9)), v / (one - np.float16(beta2))
    with np.errstate(all="ignore"):
        return m / (np.sqrt(v) + np.float16(1e-8))


def test_adam_in_pure_fp16_is_inf_below_0_0054_and_nan_at_0():
    """the step is 0.001/0, which is inf, and where the gradient is 0 it is 0/0"""
    assert np.isinf([adam_in_fp16(g) for g in (1e-3, 1.7e-4, 0.0053)]).all()
    assert np.isnan(adam_in_fp16(0.0)) and np.isfinite(adam_in_fp16(0.0057)) and np.float16(1e-8) == 0
    assert adam_in_fp16(1.0) == pytest.approx(1, rel=0.01)


def test_adam_of_pytorch_in_pure_fp16_is_inf_and_nan_too():
    torch = pytest.importorskip("torch")
    w = torch.nn.Parameter(torch.ones(3, dtype=torch.float16))
    w.grad = torch.tensor([1e-3, 0.0, 1.0], dtype=torch.float16)
    torch.optim.Adam([w], foreach=False).step()
    assert not torch.isfinite(w[:2]).any() and w[1].isnan() and torch.isfinite(w[2])


def test_in_bf16_0_999_is_1_and_the_mean_square_forgets_nothing():
    assert keep("bf16", 0.999) == 1
    v = 1.0
    for _ in range(1000):
        v = keep("bf16", 0.999 * v)
    assert v == 1 and 0.999**1000 < 0.4


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
    assert scaler(gradient, 100) == (count, 65536 / 2**count)
    printed = [line.split() for line in chapter.printed["first"].splitlines()[1:]]
    row = next(row for row in printed if row[0] == str(gradient))
    assert int(row[1]) == count and float(row[2]) == pytest.approx(65536 / 2**count, rel=1e-3)
    with np.errstate(over="ignore"):
        assert np.isinf(np.float16(2.0 ** (17 - count) * gradient)) and np.isfinite(
            np.float16(2.0 ** (16 - count) * gradient)
        )


def test_no_scale_makes_a_nan_fit_and_it_falls_for_ever(chapter):
    _, scale, fits = chapter.train(chapter.right, math.nan, updates=160)
    assert not fits.any() and np.all(np.diff(np.log2(scale)) == -1)
    assert chapter.printed["first"].splitlines()[-1].split()[:2] == ["nan", "100"]


def test_after_2000_good_updates_the_scale_doubles_and_one_is_skipped(chapter):
    """one skipped update in 2,000 is the scaler trying the next higher scale"""
    _, scale, fits = chapter.train("unscale update", 10.0, updates=8100)  # no step: the gradient stays
    assert np.flatnonzero(fits == 0).tolist()[:4] == [0, 1, 2, 3]
    later = np.flatnonzero(fits == 0)[4:]
    assert np.diff(later).tolist() == [2001] * (len(later) - 1) and len(later) == 4
    assert scale.max() == 32768 and set(scale[4:]) == {4096.0, 8192.0}


def test_the_scaler_of_pytorch_has_these_defaults_and_does_the_same():
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


# Change one thing: the order


def test_clipped_while_scaled_the_longest_step_is_the_rate_over_the_scale(chapter):
    printed = rows(chapter, "orders")
    assert printed["in order"][:2] == [4, 0.3] and printed["in order"][2] < 1e-9
    assert printed["clipped while scaled"][1] == pytest.approx(0.3 / 4096, rel=2e-3)
    assert printed["clipped while scaled"][2] == pytest.approx(50, rel=0.01)


def test_clipped_after_the_step_the_clip_does_nothing(chapter):
    w, _, _ = chapter.train("unscale step clip update", 10)
    without, _, _ = chapter.train("unscale step update", 10)
    assert (w == without).all() and rows(chapter, "orders")["clipped after the step"][1] == 3 == 10 * 0.3


def test_never_unscaled_the_run_bounces_at_the_length_of_the_clip(chapter):
    w, _, _ = chapter.train("clip step update", 10)
    assert np.abs(np.diff(w[-20:])) == pytest.approx(0.3) and w[-1] ** 2 / 2 == pytest.approx(0.02, rel=0.01)
    assert rows(chapter, "orders")["never unscaled"][2] == 0.02


def test_never_unscaled_under_adam_nothing_is_seen_until_the_scale_moves():
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
    w, _, _ = chapter.train("unscale clip blind update", 10)
    assert np.isnan(w).all()
    w, _, _ = chapter.train("unscale blind update", 10)  # without a clip it is inf first
    assert not np.isfinite(w).any()


def test_unscaled_twice_is_thousands_of_times_too_slow(chapter):
    assert rows(chapter, "orders")["unscaled twice"][1] == pytest.approx(3 / 4096, rel=2e-3)


def test_updated_too_early_one_gradient_is_divided_by_the_wrong_number_when_the_scale_moves(chapter):
    assert rows(chapter, "orders")["updated too early"] == rows(chapter, "orders")["in order"]
    _, scale, fits = chapter.train("update unscale", 10.0, updates=2010)  # no step: the gradient stays
    doubled = np.flatnonzero(np.diff(scale) > 0) + 1
    assert fits[doubled].all() and 4096 * 10 / scale[doubled] == [5]  # half of what it should be


def test_a_scale_that_is_never_updated_skips_every_update(chapter):
    skipped, longest, loss = rows(chapter, "orders")["scale never updated"]
    assert (skipped, longest, loss) == (100, 0, 50)


def test_pytorch_raises_an_error_if_unscaled_twice_or_updated_before_the_step_and_about_the_others_says_nothing():
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


def test_the_trainer_filters_nan_by_default():
    """The mean since its last line, with a line every update, is 0.0"""
    transformers = pytest.importorskip("transformers")
    assert transformers.TrainingArguments.__dataclass_fields__["logging_nan_inf_filter"].default is True
    total, since = 0.0, 0  # as the Trainer adds a nan: the total since the last line, over the updates since
    total += total / (1 + since)
    assert total == 0.0


def test_nan_to_num_makes_nan_0_and_inf_the_largest_number():
    assert np.nan_to_num(np.float16([np.nan, np.inf])).tolist() == [0, 65504]


def test_clip_grad_norm_makes_all_gradients_nan_and_goes_on():
    torch = pytest.importorskip("torch")
    w = torch.nn.Parameter(torch.ones(3))
    w.grad = torch.tensor([1.0, math.nan, 2.0])
    torch.nn.utils.clip_grad_norm_([w], 1.0)
    assert w.grad.isnan().all()
    with pytest.raises(RuntimeError, match="non-finite"):
        torch.nn.utils.clip_grad_norm_([w], 1.0, error_if_nonfinite=True)


# The table, You may think


def test_centred_first_the_spread_in_bf16_is_there():
    """bf16: a spread of 0, then inf: centre first"""
    assert keep("bf16", 999.0 - 1000) == -1 and keep("bf16", 1001.0 - 1000) == 1


def test_no_scale_changes_an_activation_beyond_the_end_of_fp16():
    with np.errstate(over="ignore", invalid="ignore"):
        activation = np.float16(70_000)
        shifted = np.exp(activation - activation)
        assert np.isinf(activation) and np.isnan(shifted)


def test_the_exponent_has_three_bits_more_and_the_fraction_three_less():
    assert (8 - 5, 10 - 7) == (3, 3) and "three bits more, and its fraction three bits less" in PAGE


def test_at_1_bf16_obeys_a_rate_of_0_002_and_ignores_one_of_0_001():
    assert keep("bf16", 1 - 0.002) < 1 == keep("bf16", 1 - 0.001)


# Exercises


def test_exercise_1_a_gradient_of_300_costs_9_updates_and_leaves_128():
    assert scaler(300, 100) == (9, 128) and pytest.approx(300.1, abs=0.05) == 65536 * 300 / 65504


def test_exercise_2_a_weight_of_3_in_bf16_loses_updates_below_0_0078():
    assert keep("bf16", 3 - 0.00781) == 3 > keep("bf16", 3 - 0.00782)
    assert pytest.approx(0.0078, abs=5e-5) == 2.0 ** (1 - 7) / 2


def test_exercise_3_four_skipped_updates_and_a_norm_of_11_2_mean_between_8_and_11_2():
    counts = {gradient: scaler(gradient, 100)[0] for gradient in (7.9, 8.1, 11.2, 15.9, 16.1)}
    assert counts == {7.9: 3, 8.1: 4, 11.2: 4, 15.9: 4, 16.1: 5}
    assert pytest.approx([8.0, 16.0], abs=0.05) == [65504 / 8192, 65504 / 4096]


def test_exercise_4_an_update_just_above_the_edge_is_doubled():
    assert down("bf16", 0.002, 500) == pytest.approx(-0.228, abs=5e-4)
    assert 1 - down("bf16", 0.002, 1) == pytest.approx(0.0039, abs=1e-5)
