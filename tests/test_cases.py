"""The claims of the chapter on cases, a test a sentence.

The pages' tables of causes come first, as on the page. The data and the print-outs are those of the posts, typed here once more. Growth and ranges are
asserted; the exact update of a first nan never is.
"""

import re
from functools import cache

import numpy as np
import pytest

from conftest import ROOT, axes_of

X_A = [20, 43, 63, 26, 53, 31, 58, 46, 58, 70, 46, 53, 60, 20, 63, 43, 26, 19, 31, 23]
Y_A = [120, 128, 141, 126, 134, 128, 136, 132, 140, 144, 128, 136, 146, 124, 143, 130, 124, 121, 126, 123]
LOSSES_A = {997: 4.57760985674227e74, 998: 5.386601277550346e74, 999: 6.338564061017721e74}
SLOPES_A = {997: -5.0820333396910965e35, 998: 5.5128418892908475e35, 999: -5.980170468178623e35}
CUTS_A = {997: -1.0389559623628228e34, 998: 1.1270291963079477e34, 999: -1.2225684777262613e34}
X_B, Y_B = [5, 10, 15, 20, 25, 30, 35, 40], [2, 4, 6, 8, 10, 12, 14, 16]
SLOPES_B = {1: -20.48267746, 11: -1.06335529e12, 21: -5.40660918e22, 31: -2.74898110e33}
CUTS_B = {1: -1.6179111, 11: -3.75422935e10, 21: -1.90883086e21, 31: -9.70541703e31}
LOW_B = {1: (-0.06046534, -0.90016752), 11: (0.43103883, -0.87918627), 21: (0.43091267, -0.87557721)}


def curvatures(x):
    """Those of the mean squared error of a line, from trace and determinant of its Hessian."""
    x = np.array(x, float)
    trace, determinant = 2 * np.mean(x * x) + 2, 4 * (np.mean(x * x) - np.mean(x) ** 2)
    root = np.sqrt(trace**2 / 4 - determinant)
    return determinant / (trace / 2 + root), trace / 2 + root


def descend(x, y, alpha, updates, start=(0.0, 0.0)):
    """Loss, slope and intercept before each update and after the last, by moments of the data."""
    x, y = np.array(x, float), np.array(y, float)
    mx, my, xx, xy, yy = x.mean(), y.mean(), (x * x).mean(), (x * y).mean(), (y * y).mean()
    (m, b), rows = start, []
    for _ in range(updates + 1):
        loss = m * m * xx + 2 * m * b * mx + b * b - 2 * m * xy - 2 * b * my + yy
        rows.append((loss, m, b))
        m, b = m - alpha * 2 * (m * xx + b * mx - xy), b - alpha * 2 * (m * mx + b - my)
    return np.array(rows).T


def updates_until(growth, start=17354.0, top=1.7976931348623157e308):
    """After how many multiplications a number is larger than the largest, counted."""
    count, room = 0, top / start
    while room >= 1:
        room, count = room / growth, count + 1
    return count


def rows_of(text):
    """The rows of a printed table: what is computed, as written, mended."""
    rows = [line.rsplit(maxsplit=2) for line in text.splitlines()[1:]]
    return {name: (float(bad), float(good)) for name, bad, good in rows}


# Two questions first


def test_recall_a_rate_below_the_limit_of_the_full_batch_explodes_at_batch_1():
    """One unusual point can have a curvature far above the average, and at batch 1 it is the whole loss"""
    squares, rate = np.array([1.0] * 9 + [100.0]), 0.95 * 2 / 10.9  # a little below the full batch's limit
    full = single = 1.0
    rng = np.random.default_rng(0)
    for _ in range(500):
        full *= 1 - rate * squares.mean()
        single *= 1 - rate * rng.choice(squares)
    assert abs(full) < 1e-10 and abs(single) > 1e10


# The first post


def test_the_points_are_those_of_the_post(chapter):
    assert chapter.x.tolist() == X_A and chapter.y.tolist() == Y_A


def test_the_data_alone_give_curvatures_and_limit(chapter):
    flat, steep = curvatures(X_A)
    assert [flat, steep, 2 / steep] == pytest.approx([0.2582, 4169.54, 4.7967e-4], rel=2e-4)
    assert chapter.printed["first"] == f"curvatures {flat:.4f} and {steep:.2f}, limit {2 / steep:.4e}\n"


def test_the_rate_is_4_percent_above_the_limit():
    assert 5e-4 * curvatures(X_A)[1] / 2 == pytest.approx(1.04, abs=0.005)
    assert 5e-4 * curvatures(X_A)[1] == pytest.approx(2.085, abs=5e-4)


def test_the_run_gives_what_was_posted_to_11_digits(chapter):
    loss, slope, cut = np.array([*chapter.run(5e-4, chapter.x, chapter.y, np.zeros(2))]).T
    for n in (997, 998, 999):
        assert loss[n] == pytest.approx(LOSSES_A[n], rel=1e-11)
        assert slope[n + 1] == pytest.approx(SLOPES_A[n], rel=1e-11)
        assert cut[n + 1] == pytest.approx(CUTS_A[n], rel=1e-11)


def test_slope_and_intercept_change_their_sign_each_time():
    for posted in (SLOPES_A, CUTS_A):
        assert posted[997] * posted[998] < 0 and posted[998] * posted[999] < 0


def test_the_loss_begins_at_17354_and_has_74_zeros_in_the_end():
    assert descend(X_A, Y_A, 5e-4, 0)[0][0] == pytest.approx(17354, abs=0.5)
    assert all(1e74 < loss < 1e75 for loss in LOSSES_A.values())


def test_997_such_factors_carry_17354_to_5e74():
    r = (5e-4 * curvatures(X_A)[1] - 1) ** 2
    assert r == pytest.approx(1.1767279, abs=5e-8)
    assert np.sqrt(r) == pytest.approx(1.085, abs=5e-4)
    assert 17354 * r**997 == pytest.approx(5e74, rel=0.02)


@pytest.mark.parametrize("times, factor, update", [(10, 361, 119), (2, 9, 319)])
def test_ten_times_or_twice_the_limit_would_be_inf_long_before_update_999(times, factor, update):
    assert (times * 2 - 1) ** 2 == factor
    assert updates_until(factor) == update
    with np.errstate(all="ignore"):
        loss = descend(X_A, Y_A, times * 2 / curvatures(X_A)[1], 999)[0]
    assert not np.isfinite(loss[update + 2])


def test_a_tenth_of_a_percent_above_the_loss_would_be_49_times_what_it_was():
    loss = descend(X_A, Y_A, 1.001 * 2 / curvatures(X_A)[1], 997)[0]
    assert pytest.approx(1.004, abs=5e-4) == (2 * 1.001 - 1) ** 2
    assert loss[997] / loss[0] == pytest.approx(49, abs=0.5)


def test_three_posted_losses_give_the_curvature_of_the_data(chapter):
    first, second, third = LOSSES_A.values()
    r = (third - second) / (second - first)
    assert (1 + np.sqrt(r)) / 5e-4 == pytest.approx(curvatures(X_A)[1], rel=1e-9)
    assert chapter.lam == pytest.approx(curvatures(X_A)[1], rel=1e-9)


def test_the_line_through_three_posted_losses_lies_on_the_whole_run(chapter):
    (ax,) = axes_of(chapter, "read")
    run, line, limit = ax.get_lines()
    assert len(run.get_ydata()) == len(line.get_ydata()) == 1001
    assert np.log10(line.get_ydata()) == pytest.approx(np.log10(run.get_ydata()), abs=0.05)
    assert line.get_ydata()[0] / run.get_ydata()[0] == pytest.approx(0.91, abs=0.005)
    assert line.get_ydata()[20:] == pytest.approx(run.get_ydata()[20:], rel=0.01)
    assert set(limit.get_ydata()) == {run.get_ydata()[0]} and limit.get_linestyle() == "--"
    assert line.get_ydata()[997:1000] == pytest.approx(list(LOSSES_A.values()), rel=1e-9)


def test_ten_updates_make_the_loss_5_times_larger_and_the_error_grows_by_8_5_percent():
    loss = descend(X_A, Y_A, 5e-4, 400)[0]
    assert loss[310] / loss[300] == pytest.approx(5, abs=0.15)
    assert np.sqrt(loss[301] / loss[300]) == pytest.approx(1.085, abs=5e-4)


# What a print-out knows


@pytest.mark.parametrize("every", [1, 2, 5, 10])
def test_every_kth_weight_gives_lambda_by_the_kth_root_of_its_growth(every):
    weights = [3 + (1 - 0.05 * 60) ** n for n in range(4 * every + 1)]  # bottom 3, α = 0.05, λ = 60
    steps = np.diff(weights[::every])
    growth = steps[1:] / steps[:-1]
    assert (1 + np.abs(growth) ** (1 / every)) / 0.05 == pytest.approx(60)
    assert np.all(growth > 0) == (every % 2 == 0)  # an even number hides the sign


def test_every_kth_loss_gives_it_by_the_2kth_root():
    losses = [38.8 + (1 - 0.12 * 18.66) ** (2 * n) for n in range(31)]
    rises = np.diff(losses[::10])
    assert (1 + (rises[1] / rises[0]) ** (1 / 20)) / 0.12 == pytest.approx(18.66, rel=1e-9)


def test_one_percent_of_the_growth_is_a_tenth_of_a_percent_of_its_tenth_root():
    assert pytest.approx(0.001, rel=0.01) == 1.01**0.1 - 1


# What would have worked


def least_squares(x, y):
    return np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), np.array(y, float), rcond=None)[0][0]


def test_below_the_limit_the_slope_is_still_2_49_after_a_thousand_updates(chapter):
    loss, slope, _ = descend(X_A, Y_A, 4.5e-4, 1000)
    assert slope[1000] == pytest.approx(2.4946, abs=5e-5)
    assert np.all(np.diff(loss) <= 1e-9 * loss[1:])
    assert least_squares(X_A, Y_A) == pytest.approx(0.4548, abs=5e-5)
    assert "2.4946" in chapter.printed["cure"] and "0.4548" in chapter.printed["cure"]


@pytest.mark.parametrize("rate, count", [(4.5e-4, 53550), (None, 100477)])
def test_within_1_percent_of_the_slope_only_after_tens_of_thousands_of_updates(rate, count):
    best, rate = least_squares(X_A, Y_A), rate or 1 / curvatures(X_A)[1]
    slope = descend(X_A, Y_A, rate, count)[1]
    assert abs(slope[count] / best - 1) <= 0.01 < abs(slope[count - 1] / best - 1)


def test_kappa_of_the_first_post_is_16149():
    flat, steep = curvatures(X_A)
    assert steep / flat == pytest.approx(16149, abs=0.5)


def test_standardised_the_rate_one_half_is_exact_after_one_update():
    z = (np.array(X_A) - np.mean(X_A)) / np.std(X_A)
    _, slope, cut = descend(z, Y_A, 0.5, 1)
    assert slope[1] / np.std(X_A) == pytest.approx(least_squares(X_A, Y_A), rel=1e-12)
    assert cut[1] == pytest.approx(np.mean(Y_A))


# The second post


@cache
def second_start():
    """The start of the second post, from its two first lines."""
    high, low = np.array([SLOPES_B[1], CUTS_B[1]]), np.array(LOW_B[1])
    g = (low - high) / 0.009
    return tuple(low + 0.001 * g), tuple(g)


def test_two_first_lines_at_two_rates_give_start_and_gradient():
    """The gradient that the lines imply is the gradient at the start that they imply."""
    (m, b), g = second_start()
    x, y = np.array(X_B), np.array(Y_B)
    assert g == pytest.approx(
        [2 * np.mean((m * x + b - y) * x), 2 * np.mean(m * x + b - y)],
        rel=1e-6,
    )


def test_the_data_of_the_second_post_give_curvatures_and_limit(chapter):
    flat, steep = curvatures(X_B)
    assert [flat, steep, 2 / steep] == pytest.approx([0.4113, 1276.5887, 1.5667e-3], rel=2e-4)
    assert f"{steep:.4f}," in chapter.printed["second"].split()


@pytest.mark.parametrize("update", SLOPES_B)
def test_the_recomputed_run_gives_the_posted_slopes(chapter, update):
    assert chapter.found[update][1] == pytest.approx(SLOPES_B[update], rel=2e-6)
    assert chapter.found[update][2] == pytest.approx(CUTS_B[update], rel=2e-6)
    assert chapter.xs.dtype == chapter.found[5][1].dtype == np.float32


def test_the_printed_weights_alone_give_lambda_to_seven_digits():
    for posted in (SLOPES_B, CUTS_B):
        found = (1 + (posted[31] / posted[21]) ** 0.1) / 0.01
        assert found == pytest.approx(curvatures(X_B)[1], rel=1e-7)


def test_the_first_pair_is_off_because_other_directions_still_have_a_part():
    found = (1 + (SLOPES_B[11] / SLOPES_B[1]) ** 0.1) / 0.01
    assert found == pytest.approx(1279.0417, abs=1e-4)
    _, slope, cut = descend(X_B, Y_B, 0.01, 11, second_start()[0])
    steep = np.linalg.eigh(2 * np.array([[np.mean(np.square(X_B)), 22.5], [22.5, 1]]))[1][:, 1]
    along = [steep @ (m - 0.4, b) for m, b in ((slope[1], cut[1]), (slope[11], cut[11]))]
    assert (1 + (along[1] / along[0]) ** 0.1) / 0.01 == pytest.approx(curvatures(X_B)[1], rel=1e-7)


def test_at_a_hundredth_the_slope_changes_its_sign_at_every_update_and_the_post_cannot_show_it():
    slope = descend(X_B, Y_B, 0.01, 31, second_start()[0])[1]
    assert np.all(slope[2:] * slope[1:-1] < 0)
    assert all(value < 0 for value in SLOPES_B.values())
    assert 1 - 0.01 * curvatures(X_B)[1] == pytest.approx(-11.77, abs=0.005)


def test_the_rates_of_the_second_post_are_6_4_times_above_the_limit_and_below_it():
    steep = curvatures(X_B)[1]
    assert 0.01 * steep / 2 == pytest.approx(6.4, abs=0.05)
    assert 1 - 0.001 * steep == pytest.approx(-0.277, abs=5e-4)


def test_the_safe_run_prints_what_was_posted_and_ends_short_of_the_answer():
    _, slope, cut = descend(X_B, Y_B, 0.001, 3000, second_start()[0])
    for update, (m, b) in LOW_B.items():
        assert [slope[update], cut[update]] == pytest.approx([m, b], abs=2e-6)
    assert [slope[3000], cut[3000]] == pytest.approx([0.409, -0.257], abs=5e-4)


def test_the_loss_is_inf_near_17_and_the_slope_nan_near_35(chapter):
    loss, slope, _ = np.array(chapter.found, float).T
    assert loss[0] == pytest.approx(2019, abs=0.5)
    assert 16 <= np.isinf(loss).argmax() <= 18
    assert 33 <= np.isnan(slope).argmax() <= 37
    growth = (0.01 * curvatures(X_B)[1] - 1) ** 2
    assert growth == pytest.approx(138.4, abs=0.05)
    assert np.log(3.4028e38 / 2019) / np.log(growth) == pytest.approx(16.5, abs=0.05)


def test_from_the_last_posted_slope_to_the_end_of_fp32_there_are_5_updates():
    top = float(np.finfo(np.float32).max)
    assert updates_until(0.01 * curvatures(X_B)[1] - 1, 2.74898110e33, top) == 5


def test_at_the_second_ring_the_loss_is_7e26_and_at_the_third_inf(chapter):
    assert chapter.found[11][0] == pytest.approx(7e26, rel=0.05)
    assert np.isinf(chapter.found[21][0])


def test_the_rings_lie_on_the_run(chapter):
    lines = {line.get_label(): line for line in axes_of(chapter, "blocks")[0].get_lines()}
    rings = next(line for line in lines.values() if line.get_markersize() == 13)
    run = lines["size of the slope"].get_ydata()
    assert list(rings.get_xdata()) == list(SLOPES_B)
    assert run[list(SLOPES_B)] == pytest.approx(rings.get_ydata(), rel=2e-6)
    assert 16 <= lines["loss inf"].get_xdata()[0] <= 18


# When the rate is not to blame


def test_a_run_that_rises_and_comes_back_lower_may_be_dead_and_ends_at_the_loss_of_guessing():
    """a dead network: compare where it ends with the loss of guessing"""
    rng = np.random.default_rng(3)
    X = rng.normal(4, 1, size=(60, 3))
    y = X.sum(axis=1)
    V, u, c, losses = rng.normal(size=(3, 16)), rng.normal(size=16) / 16, 0.0, []
    for _ in range(400):
        hidden = np.maximum(X @ V, 0)
        r = hidden @ u + c - y
        losses.append(np.mean(r**2))
        slope = X.T @ (r[:, None] * u * (hidden > 0)) / 60
        V, u, c = V - 0.3 * slope, u - 0.3 * hidden.T @ r / 60, c - 0.3 * r.mean()
    assert max(losses) > 10 * losses[0] > 10 * losses[-1]  # it rose, and came back lower
    assert losses[-1] == pytest.approx(y.var(), rel=1e-3) and not np.any(X @ V > 0)  # and is dead


def test_the_first_table_stands_first_and_sends_no_run_that_came_back_home():
    markdown = (ROOT / "docs" / "cases.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", markdown, re.MULTILINE)
    assert headings[0] == "When the rate is not to blame" and "Find your symptom first" in markdown
    assert "leave it" not in markdown


# Find the batch and the layer


def in_layers(x):
    """The outputs of four layers (twice, a root, thrice, plus 1), and the gradient at each, the last first."""
    with np.errstate(all="ignore"):
        outputs = [2 * x, np.sqrt(2 * x), 3 * np.sqrt(2 * x), 3 * np.sqrt(2 * x) + 1]
        ones = np.ones_like(x)  # of their sum
        return outputs, [ones, ones, 3 * ones, 3 * ones / (2 * np.sqrt(outputs[0]))]


def test_the_first_layer_whose_output_is_not_finite_is_the_one():
    outputs, _ = in_layers(np.array([1.0, -1.0]))  # the root of a negative number
    assert [bool(np.isfinite(one).all()) for one in outputs] == [True, False, False, False]


def test_one_layer_gets_a_finite_gradient_and_passes_on_one_that_is_not():
    outputs, back = in_layers(np.array([1.0, 0.0]))  # the root of 0
    assert all(np.isfinite(one).all() for one in outputs)
    assert [bool(np.isfinite(one).all()) for one in back] == [True, True, True, False]
    with np.errstate(all="ignore"):  # a weight below it, here the 2, gets a nan gradient
        assert np.isnan(back[3] @ np.array([1.0, 0.0]))


def test_halving_the_batch_finds_the_one_sample_that_does_it():
    batch = np.random.default_rng(0).normal(size=64)
    batch[37] = np.nan
    kept, left = 0, batch
    while len(left) > 1:
        half = len(left) // 2
        first = not np.isfinite(left[:half].sum())
        kept, left = (kept, left[:half]) if first else (kept + half, left[half:])
    assert kept == 37
    level = np.full(8, 5.0)  # together they have a spread of 0: it takes several samples
    assert level.std() == 0


# Nan that no rate has made


@pytest.mark.parametrize("section, finite", [("begin", 0), ("sudden", 0), ("half", 2), ("grows", 6)])
def test_each_thing_as_written_is_bad_and_mended_is_a_number(chapter, section, finite):
    rows = rows_of(chapter.printed[section])
    assert sum(np.isfinite(bad) for bad, _ in rows.values()) == finite
    assert all(np.isfinite(good) for _, good in rows.values())


def test_20_causes_13_of_them_nan_or_inf_without_any_run(chapter):
    markdown = (ROOT / "docs" / "cases.md").read_text(encoding="utf-8")
    rows = markdown[
        markdown.index("### From the first") : markdown.index("## Two questions first")
    ].splitlines()
    causes = [row for row in rows if row.startswith("| ") and not row.startswith("| Cause")]
    assert len(causes) == 20 and all(row.count("|") == 5 for row in causes)
    tables = [rows_of(chapter.printed[section]) for section in ("begin", "sudden", "half")]
    assert sum(not np.isfinite(bad) for table in tables for bad, _ in table.values()) == 13


def test_every_thread_is_linked_by_its_real_address():
    markdown = (ROOT / "docs" / "cases.md").read_text(encoding="utf-8")
    links = re.findall(r"\(https://([^)]+)\)", markdown)
    assert len(links) == len(set(links)) == 21
    for link in links:
        assert re.fullmatch(r"github\.com/[\w-]+/[\w.-]+/(issues|pull)/\d+|\w+(\.\w+)+/questions/\d+", link)


def test_a_missing_label_makes_the_mean_nan_and_the_others_have_a_mean():
    assert np.isnan(np.mean([1, 9, np.nan])) and np.mean([1, 9]) == 5


def test_in_fp16_minus_1e9_is_minus_inf_again_and_adding_the_lowest_number_may_be_too():
    """in float16 that is −inf again … Fill the lowest number in rather than add it, … the sum may be −inf"""
    lowest = np.finfo(np.float16).min
    with np.errstate(over="ignore"):
        assert np.isneginf(np.float16(-1e9)) and np.isfinite(lowest)
        assert np.isneginf(np.float16(-20) + lowest)


def test_with_the_lowest_number_a_row_with_every_key_masked_attends_to_all_alike(chapter):
    """a row with every key masked now attends to all of them alike, to a third each above"""
    for kind in np.float16, np.float32, np.float64:
        weights = np.exp(np.full(3, np.finfo(kind).min) - np.finfo(kind).min)
        assert weights / weights.sum() == pytest.approx([1 / 3] * 3, rel=1e-3)
        mixed = np.array([np.finfo(kind).min, 1, 2], kind)  # beside open keys the masked one gets nothing
        weights = np.exp(mixed - mixed.max())
        assert weights[0] == 0 and np.isfinite(weights).all()
    assert rows_of(chapter.printed["begin"])["softmax, all masked"][1] == 0.33
    assert chapter.fill == np.finfo(float).min  # what the program fills in


def test_what_pytorch_does_with_a_row_whose_keys_are_all_masked():
    """nan for such a row with `need_weights=True`, its default, and in evaluation without gradients even"""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    layer = torch.nn.MultiheadAttention(8, 2, batch_first=True)
    x, mask = torch.randn(2, 3, 8), torch.tensor([[True] * 3, [False] * 3])

    def nan(train, weights):
        layer.train(train)
        with torch.set_grad_enabled(train):
            return layer(x, x, x, key_padding_mask=mask, need_weights=weights)[0].isnan()[:, 0, 0].tolist()

    assert nan(True, True) == nan(False, True) == nan(False, False) == [True, False]
    assert nan(True, False) == [False, False]
    layer.train()
    layer(x, x, x, key_padding_mask=mask)[0][1].sum().backward()  # the loss leaves that row out
    assert layer.in_proj_weight.grad.isnan().any()
    attend = torch.nn.functional.scaled_dot_product_attention
    assert (attend(x, x, x, attn_mask=torch.zeros(3, 3, dtype=torch.bool)) == 0).all()
    with pytest.raises(RuntimeError, match="overflow"):  # PyTorch refuses −1e9 in float16
        torch.zeros(3, dtype=torch.float16).masked_fill(torch.tensor([True] * 3), -1e9)


def test_own_cross_entropy_is_nan_when_the_model_is_sure_and_right(chapter):
    with np.errstate(all="ignore"):
        p = np.exp(chapter.scores) / np.exp(chapter.scores).sum()
        exact = np.exp(np.array([700.0, 0]) - 700)
        sure = np.exp(chapter.scores - 800)
        loss = -(1 * np.log(sure[0]) + 0 * np.log(sure[1]))
    assert np.isnan(p[0])  # without the shift it is nan even earlier
    assert exact[1] > 0 and sure.tolist() == [1, 0] and np.isnan(loss)


def test_a_cut_at_1_minus_1e_8_cuts_nothing_in_fp32_and_at_1e_7_it_does():
    assert np.float32(1 - 1e-8) == 1 > np.float32(1 - 1e-7)


def test_the_slope_of_a_root_at_zero_is_infinite_and_zero_times_it_is_nan():
    """where(x > 0, √x, 0): the value at 0 is 0, and the chain rule multiplies 0 by ½/√0."""
    with np.errstate(all="ignore"):
        slope = np.float64(0.5) / np.sqrt(np.float64(0))
        assert np.isinf(slope) and np.isnan(0 * slope)
    assert np.where(np.float64(0) > 0, np.sqrt(np.float64(0)), 0) == 0
    safe = np.where(np.float64(0) > 0, np.float64(0), 1.0)  # its input made safe first
    assert 0 * 0.5 / np.sqrt(safe) == 0


def test_a_power_of_a_negative_number_is_nan_past_the_end_of_the_schedule():
    with np.errstate(all="ignore"):
        assert np.isnan(np.float64(1 - 1001 / 1000) ** 0.9)
        assert np.isnan(0.1 * (1 - np.float64(0) / 0) ** 0.9)  # T was never set
    assert np.float64(1 - 999 / 1000) ** 0.9 > 0


def test_exp_of_90_is_beyond_fp32_and_of_20_is_not():
    assert np.exp(90.0) > float(np.finfo(np.float32).max) > np.exp(20.0)


def test_in_fp16_1e_8_is_zero_and_300_squared_too_large():
    assert np.float16(1e-8) == 0 < np.float16(1e-4)
    assert float(np.finfo(np.float16).max) == 65504 < 300**2


def test_a_gradient_clipped_while_scaled_is_divided_by_the_scale(chapter):
    bad, good = rows_of(chapter.printed["half"])["clipped, then unscaled"]
    assert bad == pytest.approx(1 / 65536, rel=5e-3) and good == 0.5


def after(update, start=0.0, updates=60):
    """The losses on a parabola of curvature 1 with its bottom at 1, by a rule of one line."""
    w, losses = start, []
    for n in range(updates):
        w = update(w, n)
        losses.append((w - 1) ** 2 / 2)
    return losses


def test_plain_descent_at_these_rates_is_harmless(chapter):
    assert after(lambda w, n: w - 0.1 * (w - 1))[-1] == pytest.approx(1.615e-6, rel=1e-3)
    assert after(lambda w, n: w - 1.5 * (w - 1))[-1] < 1e-30
    assert after(lambda w, n: w - 0.1 * 10.9 * (w - 1))[-1] < 1e-30


def test_with_the_wrong_sign_it_grows_on_one_side_and_a_lower_rate_only_slows_it(chapter):
    losses = after(lambda w, n: w + 0.1 * (w - 1))
    assert losses[-1] == pytest.approx(rows_of(chapter.printed["grows"])["residual, wrong sign"][0], rel=5e-3)
    slow = after(lambda w, n: w + 0.01 * (w - 1), updates=600)
    assert np.all(np.diff(slow) > 0) and slow[59] < losses[59] < slow[-1] * 10


@pytest.mark.parametrize("product, explodes", [(0.1, False), (0.9, False), (1.1, True), (1.5, True)])
def test_w_equals_minus_step_is_stuck_below_1_and_explodes_above(chapter, product, explodes):
    losses = after(lambda w, n: -product * (w - 1), updates=400)
    if product in (0.1, 1.5):
        printed = rows_of(chapter.printed["grows"])[f"w =- step, αλ = {product}"][0]
        assert losses[59] == pytest.approx(printed, rel=5e-3)
    assert (losses[-1] > 1e10) == explodes
    if not explodes:
        assert losses[-1] == pytest.approx((1 / (1 + product)) ** 2 / 2)
        assert losses[-1] > 0.1


def test_a_sum_over_512_multiplies_the_curvature_by_512(chapter):
    assert after(lambda w, n: w - 0.1 * 512 * (w - 1))[-1] == pytest.approx(
        rows_of(chapter.printed["grows"])["sum over 512, not mean"][0], rel=5e-3
    )


def test_one_sample_at_a_time_explodes_where_their_mean_settles(chapter):
    losses = after(lambda w, n: w - 0.1 * (100 if n % 10 == 9 else 1) * (w - 1))
    assert losses[-1] == pytest.approx(
        rows_of(chapter.printed["grows"])["ten samples one by one"][0], rel=5e-3
    )
    assert np.all(np.diff(losses[:9]) < 0) and losses[9] > 10 * losses[8]  # fine, fine, then a leap
    assert after(lambda w, n: w - 0.01 * (100 if n % 10 == 9 else 1) * (w - 1))[-1] < 0.01  # a lower rate


@pytest.mark.parametrize("product, explodes", [(0.1, False), (3.9, False), (4.1, True)])
def test_gradients_never_cleared_go_down_and_come_back_and_explode_above_4(chapter, product, explodes):
    w, total, losses = 0.0, 0.0, []
    for _ in range(600):
        total += w - 1
        w -= product * total
        losses.append((w - 1) ** 2 / 2)
    assert (max(losses) > 1e10) == explodes
    if product == 0.1:
        printed = rows_of(chapter.printed["grows"])["gradients never cleared"][0]
        assert losses[59] == pytest.approx(printed, rel=5e-3)
        assert min(losses[:20]) < 0.01 and max(losses[500:]) > 0.45


# Two posts with a few numbers only

EXACT = np.array([0.65, 5.82, -17.82, 29.10, -35.25, 17.08])
REACHED = np.array([0.71, 3.98, -5.2, -3.23, -0.08, 3.44])


def after_50_000(exact):
    """Descent itself, squared again and again: the map of one update is affine, and so is that of 2, 4, 8 …"""
    X = np.linspace(0, 1, 40)[:, None] ** np.arange(6)
    step = np.eye(6) - X.T @ X / 40  # of the error, at rate 1 on half the mean square
    return exact - np.linalg.matrix_power(step, 50_000) @ exact


def test_exact_fit_and_curvatures_give_the_posted_iterate_to_within_about_one_in_the_last_digit_posted(
    chapter,
):
    assert after_50_000(EXACT) == pytest.approx(chapter.arrived, abs=1e-6)
    last = np.array([0.01, 0.01, 0.1, 0.01, 0.01, 0.01])
    assert np.abs(after_50_000(EXACT) - REACHED).max() < 0.1
    assert np.all(np.abs(after_50_000(EXACT) - REACHED) <= 1.2 * last)
    curves = np.linalg.svd(powers_of(5, 0, 1), compute_uv=False) ** 2 / 40
    assert curves[0] < 2 < 2 * curves[0]  # with the whole mean square rate 1 would be beyond the limit


def powers_of(degree, low, high):
    return np.linspace(low, high, 40)[:, None] ** np.arange(degree + 1)


@pytest.mark.parametrize("degree, kappa", [(3, 1.35e4), (5, 1.21e7), (10, 4.1e14)])
def test_raw_powers_have_a_condition_number_that_explodes_with_the_degree(degree, kappa):
    sizes = np.linalg.svd(powers_of(degree, 0, 1), compute_uv=False)
    assert sizes[0] ** 2 / sizes[-1] ** 2 == pytest.approx(kappa, rel=0.01)


def test_at_rate_1_near_the_limit_50_000_updates_leave_99_percent_of_the_flattest_error(chapter):
    curves = np.linalg.svd(powers_of(5, 0, 1), compute_uv=False) ** 2 / 40
    assert 2 / curves[0] == pytest.approx(1.216, abs=5e-4)
    assert (1 - curves[-1]) ** 50_000 == pytest.approx(0.99324, abs=5e-6)
    error = 1.0
    for _ in range(1000):
        error -= curves[-1] * error
    assert error**50 == pytest.approx(0.99324, abs=5e-6)


def test_with_legendre_polynomials_from_minus_1_to_1_kappa_is_9_6():
    X = np.polynomial.legendre.legvander(np.linspace(-1, 1, 40), 5)
    assert np.linalg.cond(X) ** 2 == pytest.approx(9.6, abs=0.05)


def test_if_the_formula_holds_no_batch_bears_the_rate_that_the_linear_rule_gives_for_96_images(chapter):
    """So if the formula holds, no batch of any size bears 0.12 …, at `66` images or before"""
    assert pytest.approx(0.12) == 0.02 * 96 / 16
    largest, knee = 0, 0
    for times in (1, 2, 3.8):  # what momentum may multiply all limits by
        for B in np.linspace(1, 1600 * times, 400):
            lam = np.linspace(0.01, 60 * times, 3000)
            trains = times * 2 * 16 / (B + 15 * lam) >= 0.02
            fails = times * 2 * 96 / (B + 95 * lam) <= 0.06
            fit = lam[trains & fails]
            if len(fit):
                largest = max(largest, times * 2 / fit.min())
                knee = max(knee, B / fit.min() + 1)
    assert largest == pytest.approx(0.10, abs=0.002) and largest < 0.12
    assert knee == pytest.approx(66, abs=1)


# You may think, and exercise 4


@cache
def logistic(rate, own=True, updates=3000):
    """Twenty points in fp32, one of them unusually large; the loss, and the weight, until it is nan."""
    x = np.array([1, -1] * 9 + [1, 30], np.float32)
    label = np.array([1, 0] * 9 + [1, 1], np.float32)
    w, losses, sure = np.float32(0), [], False
    for _ in range(updates):
        with np.errstate(all="ignore"):
            p = 1 / (1 + np.exp(-w * x))
            cut = -np.mean(label * np.log(p) + (1 - label) * np.log(1 - p))
            losses.append(cut if own else np.mean(np.logaddexp(0, w * x) - label * w * x))
        if np.isnan(losses[-1]):
            sure = bool(np.any((p == 1) & (label == 1)))
            break
        w = w - np.float32(rate) * np.mean((p - label) * x)
    return np.array(losses), w, sure


@pytest.mark.parametrize("rate, update", [(0.1, 12), (0.01, 127)])
def test_at_a_tenth_of_the_rate_the_nan_only_comes_later(rate, update):
    losses, weight, sure = logistic(rate)
    assert len(losses) - 1 == pytest.approx(update, abs=2)
    assert np.isnan(losses[-1]) and np.all(np.diff(losses[:-1]) < 0)
    assert np.isfinite(weight) and sure


def test_exercise_4_the_log_falls_until_it_is_nan():
    losses = logistic(0.1)[0]
    assert losses[:3] == pytest.approx([0.693, 0.603, 0.581], abs=5e-4)
    assert losses[-3:-1] == pytest.approx([0.453, 0.440], abs=2e-3)


def test_exercise_4_from_the_scores_the_run_goes_on():
    losses = logistic(0.1, own=False)[0]
    assert len(losses) == 3000 and np.all(np.isfinite(losses)) and losses[-1] < 0.1


# Exercises


def limit_from(losses, rate):
    """Square root of r, curvature and limit from three losses."""
    root = np.sqrt(np.diff(losses)[1] / np.diff(losses)[0])
    return root, (1 + root) / rate, 2 * rate / (1 + root)


def test_exercise_1_10_14_23_gives_125_and_the_limit_0_016():
    assert limit_from([10, 14, 23], 0.02) == pytest.approx((1.5, 125, 0.016))
    w, floor = np.sqrt(2 * 3.2 / 125), 6.8  # a parabola of this curvature prints these losses
    losses = []
    for _ in range(3):
        losses.append(floor + 125 * w**2 / 2)
        w = w - 0.02 * 125 * w
    assert losses == pytest.approx([10, 14, 23])
    assert 1 / 125 == 0.008


def test_exercise_2_every_fifth_weight_gives_60_and_the_limit_0_0333():
    w, shown = -3.0, []
    for n in range(11):
        shown += [w] * (n % 5 == 0)
        w = w - 0.05 * 60 * w
    assert shown == pytest.approx([-3, 96, -3072])
    growth = np.diff(shown)[1] / np.diff(shown)[0]
    assert growth == pytest.approx(-32) and pytest.approx(60) == (1 + 32**0.2) / 0.05
    assert pytest.approx(0.0333, abs=5e-5) == 2 / 60


@pytest.mark.parametrize(
    "rate, shown, high", [(0.01, [4, 4.84, 5.8564], 210), (0.001, [4, 4.0804, 4.1624], 2010)]
)
def test_exercise_3_a_wrong_sign_reads_as_two_curvatures_and_as_one(rate, shown, high):
    w, losses = np.sqrt(8 / 10), []
    for _ in range(3):
        losses.append(10 * w**2 / 2)
        w = w + rate * 10 * w
    assert losses == pytest.approx(shown, abs=5e-5)
    root, found, _ = limit_from(losses, rate)
    assert found == pytest.approx(high) and (root - 1) / rate == pytest.approx(10)


def test_exercise_3_if_210_were_the_curvature_the_limit_would_be_far_above_a_thousandth():
    assert pytest.approx(0.0095, abs=5e-5) == 2 / 210 and 2 / 210 > 5 * 0.001
