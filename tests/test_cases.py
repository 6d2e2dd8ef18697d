"""The claims of the chapter on cases, a test a sentence.

The pages' tables of causes come first, as on the page. The data and the print-outs are those of the posts, typed here once more. Growth and ranges are
asserted; the exact update of a first nan never is.
"""

import re
from functools import cache

import numpy as np
import pytest

from conftest import axes_of, markdown_of
from proven import of_a_chapter, of_a_framework, reads

pytestmark = of_a_chapter()

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
    """“From Mini-batches: a rate is a little below the limit of the full batch.” “Is it safe at batch 1?” “No. One unusual
    point can have a curvature far above the average, and at batch 1 it is the whole loss of an update.”"""
    squares, rate = np.array([1.0] * 9 + [100.0]), 0.95 * 2 / 10.9  # a little below the full batch's limit
    full = single = 1.0
    rng = np.random.default_rng(0)
    for _ in range(500):
        full *= 1 - rate * squares.mean()
        single *= 1 - rate * rng.choice(squares, 1)[0]  # a batch of 1: the whole loss
    assert squares.max() > 9 * squares.mean()
    assert abs(full) < 1e-10 and abs(single) > 1e10


@pytest.mark.parametrize("growth", [1.2, 1.5, 3.0, 10.0])
def test_recall_the_loss_is_inf_first_and_the_weight_nan_about_twice_as_late(growth):
    """“From Overflow: a run explodes in fp32, with a squared loss.” “The loss is inf first, then the weight, then the
    weight is nan, about twice as late as the loss was inf.” “A weight that is nan while the loss before it was 0.3 has
    another cause.”"""
    w, rate, seen = np.float32(1), np.float32(1 + growth), []
    with np.errstate(all="ignore"):
        for _ in range(2000):
            seen.append((w * w / 2, w))
            w = w - rate * w
    loss, weight = np.array(seen).T
    loss_inf, inf, nan = (int(np.argmax(one)) for one in (np.isinf(loss), np.isinf(weight), np.isnan(weight)))
    assert 0 < loss_inf < inf < nan and nan / loss_inf == pytest.approx(2, abs=0.2)
    assert not loss[nan - 1] <= 0.3 and not np.isfinite(loss[nan - 1])


# The first post


def test_the_points_are_those_of_the_post(chapter):
    assert chapter.x.tolist() == X_A and chapter.y.tolist() == Y_A


def test_the_data_alone_give_curvatures_and_limit(chapter):
    """“The data alone give the curvatures: they are the eigenvalues of the Hessian, and the larger one sets the limit.” “The
    limit is 4.7967e-04, and the rate was 5e-4.”"""
    flat, steep = curvatures(X_A)
    assert [flat, steep, 2 / steep] == pytest.approx([0.2582, 4169.54, 4.7967e-4], rel=2e-4)
    assert chapter.alpha == 5e-4
    assert chapter.printed["first"] == f"curvatures {flat:.4f} and {steep:.2f}, limit {2 / steep:.4e}\n"


def test_the_rate_is_4_percent_above_the_limit():
    """“the rate of 5e-4 was 4 % above it.” “The data alone give the limit: 0.0005 is 4 % above it”"""
    assert 5e-4 * curvatures(X_A)[1] / 2 == pytest.approx(1 + 4 / 100, abs=0.005)
    assert 5e-4 * curvatures(X_A)[1] == pytest.approx(2.085, abs=5e-4)


def test_the_run_gives_what_was_posted_to_11_digits(chapter):
    """“The loss is the mean squared error, slope and intercept start at 0, the rate is 0.0005.” “At update 997 the loss is
    4.57760985674227e+74, at 998 it is 5.386601277550346e+74, at 999 6.338564061017721e+74.” “The first two
    posts fit straight lines with a squared error, the full batch and plain descent, so the digits could be recomputed:
    twelve in the first post,”
    snippets/cases.py: “mean squared error, and the line” “the slope is printed after it”
    docs/cases.md: “Three lines of a post”"""
    loss, slope, cut = np.array([*chapter.run(0.0005, chapter.x, chapter.y, np.zeros(2))]).T
    assert (slope[0], cut[0]) == (0, 0) and loss[0] == pytest.approx(np.mean(np.square(Y_A)))
    for n in (997, 998, 999):
        assert loss[n] == pytest.approx(LOSSES_A[n], rel=1e-12)
        assert slope[n + 1] == pytest.approx(SLOPES_A[n], rel=1e-11)
        assert cut[n + 1] == pytest.approx(CUTS_A[n], rel=1e-11)


def test_slope_and_intercept_change_their_sign_each_time():
    """“Slope and intercept change their sign each time.”"""
    for posted in (SLOPES_A, CUTS_A):
        assert posted[997] * posted[998] < 0 and posted[998] * posted[999] < 0


def test_the_loss_begins_at_17354_and_has_74_zeros_in_the_end():
    """“Predict: the loss begins at 17,354 and is 6e+74 a thousand updates later.”"""
    assert descend(X_A, Y_A, 5e-4, 0)[0][0] == pytest.approx(17354, abs=0.5)
    assert LOSSES_A[999] == pytest.approx(6e74, rel=0.1)


def test_997_such_factors_carry_17354_to_5e74():
    r"""“About 4 %” “$\alpha\lambda$ = 2.085, the factor is 1.085² = 1.1767279, and 997 such factors carry 17,354 to 5e+74.”"""
    assert 5e-4 * curvatures(X_A)[1] == pytest.approx(2.085, abs=5e-4)
    r = (5e-4 * curvatures(X_A)[1] - 1) ** 2
    assert r == pytest.approx(1.1767279, abs=5e-8)
    assert np.sqrt(r) == pytest.approx(1.085, abs=5e-4)
    assert 17354 * r**997 == pytest.approx(5e74, rel=0.02)


@pytest.mark.parametrize("times, factor, update", [(10, 361, 119), (2, 9, 319)])
def test_ten_times_or_twice_the_limit_would_be_inf_long_before_update_999(times, factor, update):
    r"""“Then $\alpha\lambda$ = 20, and each update multiplies the loss by 19² = 361.” “It would be inf at update 119, even in
    double precision.” “Then $\alpha\lambda$ = 4 and the factor is 9.” “The loss would be inf at update 319, and the
    asker still saw a number at 999.”"""
    assert (times * 2 - 1) ** 2 == factor
    assert updates_until(factor) == update
    with np.errstate(all="ignore"):
        loss = descend(X_A, Y_A, times * 2 / curvatures(X_A)[1], 999)[0]
    assert not np.isfinite(loss[update + 2])


def test_a_tenth_of_a_percent_above_the_loss_would_be_49_times_what_it_was():
    """“Then the factor is 1.004.” “After 997 updates the loss would be only about 50 times what it was.”"""
    loss = descend(X_A, Y_A, 1.001 * 2 / curvatures(X_A)[1], 997)[0]
    assert pytest.approx(1.004, abs=5e-4) == (2 * 1.001 - 1) ** 2
    assert loss[997] / loss[0] == pytest.approx(50, abs=1.5)


def test_three_posted_losses_give_the_curvature_of_the_data(chapter):
    """“To all digits shown: λ = 4169.54 from either.” “After a thousand updates only the direction of the larger curvature is
    left in them.” “Three posted losses give λ = 4169.54 and the limit 4.7967e-04, and so do the 20 points;”
    “Three posted losses give the same curvature”"""
    first, second, third = LOSSES_A.values()
    r = (third - second) / (second - first)
    assert (1 + np.sqrt(r)) / 5e-4 == pytest.approx(curvatures(X_A)[1], rel=1e-9)
    assert chapter.lam == pytest.approx(curvatures(X_A)[1], rel=1e-9)
    assert len(X_A) == 20 and 2 / chapter.lam == pytest.approx(4.7967e-04, rel=1e-5)
    _, slope, cut = descend(X_A, Y_A, 5e-4, 999)
    H = 2 * np.array([[np.mean(np.square(X_A)), np.mean(X_A)], [np.mean(X_A), 1]])
    best = np.polyfit(X_A, Y_A, 1)
    flat, steep = np.linalg.eigh(H)[1].T @ (np.array([slope[999], cut[999]]) - best)
    assert abs(flat) < 1e-10 * abs(steep)  # only the one direction is left


def test_the_line_through_three_posted_losses_lies_on_the_whole_run(chapter):
    """“Loss on a logarithmic axis against the update, from 17,354 to 10 to the 74. Squares computed from the 20 points lie on
    the line drawn backwards through three posted losses. The dashed line marks a loss that stays where it began.”
    “Three losses from the end of the log give the whole run back.” “(At update 0 the line is 9 % too low: there the flat
    direction still counts.)” “The dashed line is what the limit itself would draw.”
    “Three losses from the end give the whole run back”
    snippets/cases.py: “One straight line”"""
    (ax,) = axes_of(chapter, "read")
    run, line, limit = ax.get_lines()
    assert len(run.get_ydata()) == len(line.get_ydata()) == 1001
    assert ax.get_yscale() == "log" and ax.get_xlabel() == "update" and run.get_marker() == "s"
    assert round(run.get_ydata()[0]) == 17_354 and 10**74 < run.get_ydata()[-1] < 10 * 10.0**74
    still = descend(X_A, Y_A, 2 / curvatures(X_A)[1], 1000)[0]  # at the limit itself
    assert still == pytest.approx(np.full(1001, run.get_ydata()[0]), rel=0.1)
    starts = np.linalg.eigh(2 * chapter.X.T @ chapter.X / 20)[1].T @ np.polyfit(X_A, Y_A, 1)
    assert curvatures(X_A)[1] / 2 * starts[1] ** 2 == pytest.approx(
        line.get_ydata()[0], rel=1e-3
    )  # without the flat one
    assert np.log10(line.get_ydata()) == pytest.approx(np.log10(run.get_ydata()), abs=0.05)
    assert line.get_ydata()[0] / run.get_ydata()[0] == pytest.approx(1 - 9 / 100, abs=0.005)
    assert line.get_ydata()[20:] == pytest.approx(run.get_ydata()[20:], rel=0.01)
    assert set(limit.get_ydata()) == {run.get_ydata()[0]} and limit.get_linestyle() == "--"
    assert line.get_ydata()[997:1000] == pytest.approx(list(LOSSES_A.values()), rel=1e-9)


def test_ten_updates_make_the_loss_5_times_larger_and_the_error_grows_by_8_5_percent():
    """“4 % above the limit the error grows by 8.5 % per update.” “Ten updates make the loss 5 times larger, which looks like
    a bad start.” “Only the factor, the same each time, shows that it will not end.”"""
    loss = descend(X_A, Y_A, 5e-4, 400)[0]
    assert loss[310] / loss[300] == pytest.approx(5, abs=0.15)
    assert np.sqrt(loss[301] / loss[300]) == pytest.approx(1 + 8.5 / 100, abs=5e-4)
    assert 5e-4 / (2 / curvatures(X_A)[1]) == pytest.approx(1 + 4 / 100, abs=0.005)
    assert loss[1:][20:] / loss[:-1][20:] == pytest.approx(
        1.085**2, rel=2e-3
    )  # the factor, the same each time


# What a print-out knows


@pytest.mark.parametrize("every", [1, 2, 5, 10])
def test_every_kth_weight_gives_lambda_by_the_kth_root_of_its_growth(every):
    r"""“While one direction dominates, $k$ updates multiply the error by $(1 - \alpha\lambda)^k$.” “|1 - \alpha\lambda| =
    |R|^{1/k}, \text{ so } \lambda = \frac{1 + |R|^{1/k}}{\alpha}.” “(If a sign is wrong the factor is $1 +
    \alpha\lambda$, and $\lambda = (|R|^{1/k} - 1)/\alpha$.)” “The root also hides something.” “If $k$ is even,
    $(1-\alpha\lambda)^k$ is positive, and a weight that jumps from side to side is shown always on the same side.” “Let
    $R$ be the growth from one shown weight to the next (if they are still small, take the growth of their differences,
    and the bottom cancels).” “A log that shows every tenth update hides the sign.” “Every tenth update hides the
    sign;” “Every k-th update is enough”"""
    for rate, lam in (0.05, 60), (0.3, 9), (0.001, 2500):
        weights, sign = [3 + 1.0], [3 + 1.0]  # the bottom is at 3
        for _ in range(4 * every):
            weights.append(weights[-1] - rate * lam * (weights[-1] - 3))
            sign.append(sign[-1] + rate * lam * (sign[-1] - 3))
        steps = np.diff(weights[::every])
        growth = steps[1:] / steps[:-1]
        assert growth == pytest.approx((1 - rate * lam) ** every)
        assert np.abs(growth) ** (1 / every) == pytest.approx(abs(1 - rate * lam))
        assert (1 + np.abs(growth) ** (1 / every)) / rate == pytest.approx(lam)
        assert np.all(growth > 0) == (every % 2 == 0)  # an even number hides the sign
        wrong = np.diff(sign[::every])[1:] / np.diff(sign[::every])[:-1]
        assert wrong ** (1 / every) == pytest.approx(1 + rate * lam)
        assert (wrong ** (1 / every) - 1) / rate == pytest.approx(lam)


def test_every_kth_loss_gives_it_by_the_2kth_root():
    """“For losses, which go with the square, it is $R^{1/(2k)}$.”"""
    w, losses = 1.0, []
    for _ in range(31):
        losses.append(38.8 + 18.66 / 2 * w**2)
        w -= 0.12 * 18.66 * w
    for k in (1, 5, 10):
        rises = np.diff(losses[::k])
        assert (1 + (rises[-1] / rises[-2]) ** (1 / (2 * k))) / 0.12 == pytest.approx(18.66, rel=1e-9)


def test_one_percent_of_the_growth_is_a_tenth_of_a_percent_of_its_tenth_root():
    """“The root helps: an error of one percent in $R$ is one tenth of a percent in $|R|^{1/10}$.”"""
    assert pytest.approx(0.001, rel=0.01) == 1.01**0.1 - 1


# What would have worked


def least_squares(x, y):
    return np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), np.array(y, float), rcond=None)[0][0]


def test_below_the_limit_the_slope_is_still_2_49_after_a_thousand_updates(chapter):
    """“Here is the slope after 1, 10 and 1,000 updates, at four settings.” “A rate of 4.5e-4 is below the limit and no longer
    explodes, but after 1,000 updates the slope is still 2.4946;” “If you set 4.5e-4 you see no explosion and a wrong
    slope, and may look for another bug.” “In the first, 4.5e-4 would have done the same.”"""
    loss, slope, _ = descend(X_A, Y_A, 4.5e-4, 1000)
    assert slope[1000] == pytest.approx(2.4946, abs=5e-5)
    assert np.all(np.diff(loss) <= 1e-9 * loss[1:])
    rows = chapter.printed["cure"].splitlines()[2:]
    assert rows[0].split() == ["slope", "after", "1", "update", "10", "1000"]
    assert int(rows[0].split()[-1]) == 1_000
    assert len(rows[1:]) == 4  # settings
    assert least_squares(X_A, Y_A) == pytest.approx(0.4548, abs=5e-5)
    assert "2.4946" in chapter.printed["cure"] and "0.4548" in chapter.printed["cure"]


@pytest.mark.parametrize("rate, count", [(4.5e-4, 53550), (None, 100477)])
def test_within_1_percent_of_the_slope_only_after_tens_of_thousands_of_updates(rate, count):
    """“it comes within 1 % of 0.4548 after 53,550.” “Half the limit needs 100,477.”"""
    best, rate = least_squares(X_A, Y_A), rate or 1 / curvatures(X_A)[1]
    slope = descend(X_A, Y_A, rate, count)[1]
    assert abs(slope[count] / best - 1) <= 0.01 < abs(slope[count - 1] / best - 1)


def test_kappa_of_the_first_post_is_16149():
    """“The direction of large curvature is soon done; the flat one takes so long because κ is 16149.”"""
    flat, steep = curvatures(X_A)
    assert steep / flat == pytest.approx(16149, abs=0.5)
    for rate in 4.5e-4, 1 / steep:
        assert abs(1 - rate * steep) ** 100 < 1e-5 < 0.5 < abs(1 - rate * flat) ** 1000


def test_standardised_the_rate_one_half_is_exact_after_one_update():
    """“Subtract the mean of $x$ and divide by its spread, and the rate 0.5 is exact after one update.”"""
    z = (np.array(X_A) - np.mean(X_A)) / np.std(X_A)
    _, slope, cut = descend(z, Y_A, 0.5, 1)
    assert slope[1] / np.std(X_A) == pytest.approx(least_squares(X_A, Y_A), rel=1e-12)
    assert cut[1] == pytest.approx(np.mean(Y_A))


# The second post


@cache
def second_start():
    """The start of the second post, from its two first lines."""
    high, low = np.array([SLOPES_B[1], CUTS_B[1]]), np.array(LOW_B[1])
    g = (low - high) / (0.01 - 0.001)
    return tuple(low + 0.001 * g), tuple(g)


def test_two_first_lines_at_two_rates_give_start_and_gradient():
    """The gradient that the lines imply is the gradient at the start that they imply.

    “But both runs had the same seed, so both began at the same weights and their first gradient was the same.” “Two
    first lines, at two rates, give gradient and start.”
    snippets/cases.py: “after an update at 0.01” “after one at 0.001” “the same gradient”"""
    (m, b), g = second_start()
    x, y = np.array(X_B), np.array(Y_B)
    assert g == pytest.approx(
        [2 * np.mean((m * x + b - y) * x), 2 * np.mean(m * x + b - y)],
        rel=1e-6,
    )


def test_the_data_of_the_second_post_give_curvatures_and_limit(chapter):
    """“The limit is 1.5667e-03;” snippets/cases.py: “the targets are 2, 4, … 16”"""
    assert list(chapter.xs * 2 / 5) == list(Y_B) == [2, 4, 6, 8, 10, 12, 14, 16]
    flat, steep = curvatures(X_B)
    assert [flat, steep, 2 / steep] == pytest.approx([0.4113, 1276.5887, 1.5667e-3], rel=2e-4)
    assert f"{steep:.4f}," in chapter.printed["second"].split()


@pytest.mark.parametrize("update", SLOPES_B)
def test_the_recomputed_run_gives_the_posted_slopes(chapter, update):
    """“A question on Stack Overflow fits a line to $x$ = 5, 10, …, 40 and $y$ = 2, 4, …, 16 in TensorFlow, that is in
    fp32.” “At 0.01 every tenth slope is printed: −20.48267746, −1.06335529e+12, −5.40660918e+22, −2.74898110e+33,
    nan.” “six in the second, which ran in fp32.” “Two first lines, at two rates, give the whole run”
    docs/cases.md: “A second post, every tenth update”"""
    assert chapter.found[update][1] == pytest.approx(SLOPES_B[update], rel=2e-6)
    assert chapter.found[update][2] == pytest.approx(CUTS_B[update], rel=2e-6)
    assert chapter.xs.dtype == chapter.found[5][1].dtype == np.float32
    assert chapter.xs.tolist() == X_B == [5, 10, 15, 20, 25, 30, 35, 40] and Y_B == [
        2,
        4,
        6,
        8,
        10,
        12,
        14,
        16,
    ]
    assert descend(X_B, Y_B, 0.01, 31, second_start()[0])[1][update] == pytest.approx(
        SLOPES_B[update], rel=2e-6
    )


def test_the_printed_weights_alone_give_lambda_to_seven_digits():
    """“Two neighbouring prints give λ = 1276.5887, and so do the data: seven digits from a log alone.” “From every tenth
    slope: λ = 1276.5887, seven digits.”"""
    for posted in (SLOPES_B, CUTS_B):
        found = (1 + (posted[31] / posted[21]) ** 0.1) / 0.01
        assert found == pytest.approx(curvatures(X_B)[1], rel=1e-7)


def test_the_first_pair_is_off_because_other_directions_still_have_a_part():
    """“(The first pair gives 1279.0417, because after one update other directions still have a part.)”"""
    found = (1 + (SLOPES_B[11] / SLOPES_B[1]) ** 0.1) / 0.01
    assert found == pytest.approx(1279.0417, abs=1e-4)
    _, slope, cut = descend(X_B, Y_B, 0.01, 11, second_start()[0])
    steep = np.linalg.eigh(2 * np.array([[np.mean(np.square(X_B)), 22.5], [22.5, 1]]))[1][:, 1]
    along = [steep @ (m - 0.4, b) for m, b in ((slope[1], cut[1]), (slope[11], cut[11]))]
    assert (1 + (along[1] / along[0]) ** 0.1) / 0.01 == pytest.approx(curvatures(X_B)[1], rel=1e-7)


def test_at_a_hundredth_the_slope_changes_its_sign_at_every_update_and_the_post_cannot_show_it():
    """“All printed slopes are negative, although the slope changes its sign at every update: ten is an even number.” “All
    four slopes of the second post are negative, at a factor of −11.77 per update.”"""
    slope = descend(X_B, Y_B, 0.01, 31, second_start()[0])[1]
    assert np.all(slope[2:] * slope[1:-1] < 0)
    assert all(value < 0 for value in SLOPES_B.values())
    assert 1 - 0.01 * curvatures(X_B)[1] == pytest.approx(-11.77, abs=0.005)


def test_the_rates_of_the_second_post_are_6_4_times_above_the_limit_and_below_it():
    """“0.01 is 6.4 times the limit, and 0.001 multiplies the error by −0.277.”"""
    steep = curvatures(X_B)[1]
    assert 0.01 * steep / 2 == pytest.approx(6.4, abs=0.05)
    assert 1 - 0.001 * steep == pytest.approx(-0.277, abs=5e-4)


def test_the_safe_run_prints_what_was_posted_and_ends_short_of_the_answer():
    """“At 0.001 the slope is soon near 0.43.” “After its 3,000 updates the line is $0.409x - 0.257$; the points lie on
    $0.4x$.” “The flat direction had not settled yet.” “The second post has a rate that survives and a line that is not
    yet right.”"""
    _, slope, cut = descend(X_B, Y_B, 0.001, 3000, second_start()[0])
    for update, (m, b) in LOW_B.items():
        assert [slope[update], cut[update]] == pytest.approx([m, b], abs=2e-6)
    assert [slope[3_000], cut[3_000]] == pytest.approx([0.409, -0.257], abs=5e-4)
    assert np.array(Y_B) / X_B == pytest.approx(0.4) and abs(slope[11] - 0.43) < 5e-3
    flat, steep = curvatures(X_B)
    assert (
        abs(1 - 0.001 * steep) ** 100 < 1e-50 and (1 - 0.001 * flat) ** 3_000 > 0.25
    )  # the flat one has not settled


def test_the_loss_is_inf_near_17_and_the_slope_nan_near_35(chapter):
    """“Predict: these are the slopes after 1, 11, 21 and 31 updates; after 41 it is nan.” “The loss was not printed; at the
    start, which can be reconstructed, it is 2,019.” “Just before 41, with the slope” “The slope itself does not last that
    long.” “Near 35: the update after which the slope is gone” “It would be so if the loss grew as the slope does.” “But
    the loss grows with the square of it.” “Near 17” “The loss begins at 2,019 and grows by 11.77² = 138.4 per update;
    ln(3.4e38/2019)/ln 138.4 = 16.5.” “The last slopes were computed while the loss had long been inf.” “It can.” “An
    update uses the gradient, and the gradient goes with the error, not with its square.” “The loss was inf near update
    17, and the slope is nan from about update 35.”"""
    loss, slope, _ = np.array(chapter.found, float).T
    assert loss[0] == pytest.approx(2019, abs=0.5)
    assert 16 <= np.isinf(loss).argmax() <= 18
    assert np.isnan(slope).argmax() == pytest.approx(35, abs=2)
    assert (
        np.isnan(slope[41]) and np.isfinite(slope[[1, 11, 21, 31]]).all() and np.isinf(loss[[21, 31]]).all()
    )
    errors = slope[2:30] - 0.4
    assert np.log(loss[2:16]) == pytest.approx(
        2 * np.log(np.abs(errors[:14])) + np.log(loss[2] / errors[0] ** 2), rel=1e-2
    )
    growth = (0.01 * curvatures(X_B)[1] - 1) ** 2
    assert growth == pytest.approx(138.4, abs=0.1) and round(11.77**2, 1) == pytest.approx(138.5, abs=0.1)
    assert np.log(3.4e38 / 2019) / np.log(growth) == pytest.approx(16.5, abs=0.05)
    assert np.isinf(loss).argmax() == pytest.approx(17, abs=1)


def test_from_the_last_posted_slope_to_the_end_of_fp32_there_are_5_updates():
    """“It grows 11.77-fold per update, and from 2.7e+33 to the end of fp32 there are only 5 updates.”"""
    top = float(np.finfo(np.float32).max)
    assert updates_until(0.01 * curvatures(X_B)[1] - 1, 2.7e33, top) == 5
    assert SLOPES_B[31] == pytest.approx(-2.7e33, rel=0.02)
    assert 0.01 * curvatures(X_B)[1] - 1 == pytest.approx(11.77, abs=0.005)


def test_at_the_second_ring_the_loss_is_7e26_and_at_the_third_inf(chapter):
    """“At the second ring the loss is 7e+26, at the third it is inf.”"""
    assert chapter.found[11][0] == pytest.approx(7e26, rel=0.05)
    assert np.isinf(chapter.found[21][0])


def test_the_rings_lie_on_the_run(chapter):
    """“Loss and size of the slope in fp32 on a logarithmic axis. The loss rises along a line to a cross near update 17, the
    slope along a line half as steep to a plus near 35. Four rings, the posted slopes, lie on the second.” “The four
    posted slopes (rings) lie on the recomputed run.” “Dotted: the largest number of fp32.”
    snippets/cases.py: “The rings are the post” “loss inf” “slope nan”"""
    lines = {line.get_label(): line for line in axes_of(chapter, "blocks")[0].get_lines()}
    rings = next(line for line in lines.values() if line.get_markersize() == 13)
    run = lines["size of the slope"].get_ydata()
    assert list(rings.get_xdata()) == list(SLOPES_B)
    assert run[list(SLOPES_B)] == pytest.approx(rings.get_ydata(), rel=2e-6)
    (panel,) = axes_of(chapter, "blocks")
    assert panel.get_yscale() == "log" and len(rings.get_xdata()) == 4
    assert (
        lines["loss inf"].get_xdata()[0] == pytest.approx(17, abs=1) and lines["loss inf"].get_marker() == "X"
    )
    assert (
        lines["slope nan"].get_xdata()[0] == pytest.approx(35, abs=2)
        and lines["slope nan"].get_marker() == "P"
    )
    rise = [
        np.diff(np.log(np.array(lines[name].get_ydata())[2:15])).mean()
        for name in ("loss", "size of the slope")
    ]
    assert rise[1] / rise[0] == pytest.approx(0.5, rel=1e-2)  # half as steep
    (dotted,) = (line for line in panel.get_lines() if line.get_linestyle() == ":")
    assert set(dotted.get_ydata()) == {float(np.finfo(np.float32).max)}


# When the rate is not to blame


def test_a_run_that_rises_and_comes_back_lower_may_be_dead_and_ends_at_the_loss_of_guessing():
    """“it rose and came back lower | a catapult or the edge of stability, or a dead network: compare where it ends with the
    loss of guessing”"""
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


@reads("docs/{own}.md")
def test_the_first_table_stands_first_and_sends_no_run_that_came_back_home():
    markdown = markdown_of("cases")
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
    """“The first layer whose output is not finite is the one, so look at what goes into it.” “If that is huge already, the
    numbers grew from layer to layer until they left the format.” “If it is ordinary, an operation in this layer has no
    answer for it: a log, a root, a division, a mask.”"""
    outputs, _ = in_layers(np.array([1.0, -1.0]))  # the root of a negative number
    assert [bool(np.isfinite(one).all()) for one in outputs] == [True, False, False, False]
    with np.errstate(all="ignore"):  # a log, a root, a division, a mask: ordinary numbers go in
        answers = np.log(np.float64(-1)), np.sqrt(np.float64(-1)), np.float64(0) / 0, np.float64(0) * -np.inf
        assert not np.isfinite(answers).any()
        grows = [np.float32(1)]
        while np.isfinite(grows[-1]):
            grows.append(np.float32(1e5) * grows[-1])  # from layer to layer
    assert grows[-2] > 1e30


def test_one_layer_gets_a_finite_gradient_and_passes_on_one_that_is_not():
    """“The one that gets a finite gradient and passes on one that is not finite is the one.” “(The weights below it get nan
    gradients too, so those cannot tell you.)”"""
    outputs, back = in_layers(np.array([1.0, 0.0]))  # the root of 0
    assert all(np.isfinite(one).all() for one in outputs)
    assert [bool(np.isfinite(one).all()) for one in back] == [True, True, True, False]
    with np.errstate(all="ignore"):  # a weight below it, here the 2, gets a nan gradient
        assert np.isnan(back[3] @ np.array([1.0, 0.0]))


def test_halving_the_batch_finds_the_one_sample_that_does_it():
    """“Halve the batch, and keep the half that still does it, until one sample is left.” “If neither half does it, it takes
    several samples together.”"""
    batch = np.random.default_rng(0).normal(size=64)
    batch[37] = np.nan
    kept, left = 0, batch
    while len(left) > 1:
        half = len(left) // 2
        first = not np.isfinite(left[:half].sum())
        kept, left = (kept, left[:half]) if first else (kept + half, left[half:])
    assert kept == 37
    with np.errstate(over="ignore"):  # together, four of these are too many for fp16, and no two of them
        large = np.full(4, 20_000, np.float16)
        assert np.isinf(large.sum()) and all(np.isfinite(half.sum()) for half in (large[:2], large[2:]))


# Nan that no rate has made


@pytest.mark.parametrize("section, finite", [("begin", 0), ("sudden", 0), ("half", 2), ("grows", 6)])
def test_each_thing_as_written_is_bad_and_mended_is_a_number(chapter, section, finite):
    """“The programs below compute each thing twice, as it is often written and as it can be mended.”
    “nan from the first loss, as written and as mended” “nan from a normal loss, as written and as mended”
    “nan in 16 bits, as written and as mended”"""
    rows = rows_of(chapter.printed[section])
    assert sum(np.isfinite(bad) for bad, _ in rows.values()) == finite
    assert all(np.isfinite(good) for _, good in rows.values())
    assert section != "half" or (np.finfo(np.float16).bits == 16 == 8 * chapter.none.nbytes)


@reads("docs/{own}.md")
def test_20_causes_13_of_them_nan_or_inf_without_any_run(chapter):
    """“Find the cause of a nan or of a growing loss by its symptom, with a check and a cure for 20 of them, and see four
    public threads recomputed from what they posted.” “Of the 20 causes in the tables, 13 give nan or inf in a line or two,
    without any run.” docs/index.md: “Cases: runs from public threads, and the causes that are not
    the rate.”
    CHANGELOG.md: “Cases: two public threads read backwards from what they printed, two more from the few numbers that they gave, and 20 causes of nan or growth that are not the rate, each rebuilt in a line or two of numpy.”
    docs/cases.md: “Two posts with a few numbers only” “Cases: what else it may be, and two logs read
    backwards”"""
    markdown = markdown_of("cases")
    rows = markdown[
        markdown.index("### From the first") : markdown.index("## Two questions first")
    ].splitlines()
    causes = [row for row in rows if row.startswith("| ") and not row.startswith("| Cause")]
    posts = re.findall(r"^(?:A|\*\*.*?\*\* (?:A|In)) \[.*?\]\(https", markdown, re.MULTILINE)
    assert len(posts) == len(["first", "second", "powers", "rule"])
    assert len(causes) == 20 and all(row.count("|") == 5 for row in causes)
    tables = [rows_of(chapter.printed[section]) for section in ("begin", "sudden", "half")]
    assert sum(not np.isfinite(bad) for table in tables for bad, _ in table.values()) == 13


@reads("docs/{own}.md")
def test_every_thread_is_linked_by_its_real_address():
    markdown = markdown_of("cases")
    links = re.findall(r"\(https://([^)]+)\)", markdown)
    assert len(links) == len(set(links)) == 21
    for link in links:
        assert re.fullmatch(r"github\.com/[\w-]+/[\w.-]+/(issues|pull)/\d+|\w+(\.\w+)+/questions/\d+", link)


def test_a_missing_label_makes_the_mean_nan_and_the_others_have_a_mean():
    assert np.isnan(np.mean([1, 9, np.nan])) and np.mean([1, 9]) == 5


def test_in_fp16_minus_1e9_is_minus_inf_again_and_adding_the_lowest_number_may_be_too():
    """“Fill the lowest number in rather than add it, because the sum may be −inf.”"""
    lowest = np.finfo(np.float16).min
    with np.errstate(over="ignore"):
        assert np.isneginf(np.float16(-1e9)) and np.isfinite(lowest)
        assert np.isneginf(np.float16(-20) + lowest)


def test_with_the_lowest_number_a_row_with_every_key_masked_attends_to_all_alike(chapter):
    """“And it only removes the nan: a row with every key masked now attends to all of them alike, to a third each above,
    which means nothing.”
    snippets/cases.py: “three keys, all masked”"""
    for kind in np.float16, np.float32, np.float64:
        weights = np.exp(np.full(3, np.finfo(kind).min) - np.finfo(kind).min)
        assert weights / weights.sum() == pytest.approx([1 / 3] * 3, rel=1e-3)
        mixed = np.array([np.finfo(kind).min, 1, 2], kind)  # beside open keys the masked one gets nothing
        weights = np.exp(mixed - mixed.max())
        assert weights[0] == 0 and np.isfinite(weights).all()
    assert rows_of(chapter.printed["begin"])["softmax, all masked"][1] == 0.33
    assert chapter.fill == np.finfo(float).min  # what the program fills in


@of_a_framework()
def test_what_pytorch_does_with_a_row_whose_keys_are_all_masked():
    """“The lowest number, finfo.min, is not −1e9: in float16 that is −inf again, and PyTorch refuses to fill it in.” “So keep
    such rows out of the loss as well.” “(With −inf that alone is not enough, because the nan still reaches the gradients
    of the weights.” “In PyTorch 2.15 MultiheadAttention gives nan for such a row with need_weights=True, its default,
    and in evaluation without gradients even with False; scaled_dot_product_attention gives 0.)”"""
    torch = pytest.importorskip("torch")
    assert float(".".join(torch.__version__.split(".")[:2])) >= 2.15
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
    """snippets/cases.py: “sure, and right” “p is 1 and, rounded, 0”"""
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
    """snippets/cases.py: “1 − t/T”"""
    with np.errstate(all="ignore"):
        assert np.isnan(np.float64(1 - 1001 / 1000) ** 0.9)
        assert np.isnan(0.1 * (1 - np.float64(0) / 0) ** 0.9)  # T was never set
    assert np.float64(1 - 999 / 1000) ** 0.9 > 0


def test_exp_of_90_is_beyond_fp32_and_of_20_is_not():
    assert np.exp(90.0) > float(np.finfo(np.float32).max) > np.exp(20.0)


def test_in_fp16_1e_8_is_zero_and_300_squared_too_large():
    """“Only in 16 bits: causes and cures”"""
    assert np.finfo(np.float16).bits == 16 and np.float16(1e-8) == 0 < np.float16(1e-4)
    assert float(np.finfo(np.float16).max) == 65504 < 300**2


def test_a_gradient_clipped_while_scaled_is_divided_by_the_scale(chapter):
    bad, good = rows_of(chapter.printed["half"])["clipped, then unscaled"]
    assert bad == pytest.approx(1 / 65536, rel=5e-3) and good == 0.5


def linked(number):
    """Whether the page links the thread of this number."""
    return f"/{number})" in markdown_of("cases")


def after(update, start=0.0, updates=60):
    """The losses on a parabola of curvature 1 with its bottom at 1, by a rule of one line."""
    w, losses = start, []
    for n in range(updates):
        w = update(w, n)
        losses.append((w - 1) ** 2 / 2)
    return losses


def test_plain_descent_at_these_rates_is_harmless(chapter):
    """“Six mistakes, one parabola, sixty updates”"""
    assert len(rows_of(chapter.printed["grows"])) == 6 and len(after(lambda w, n: w)) == 60
    assert after(lambda w, n: w - 0.1 * (w - 1))[-1] == pytest.approx(1.615e-6, rel=1e-3)
    assert after(lambda w, n: w - 1.5 * (w - 1))[-1] < 1e-30
    assert after(lambda w, n: w - 0.1 * 10.9 * (w - 1))[-1] < 1e-30


@reads("docs/{own}.md")
def test_with_the_wrong_sign_it_grows_on_one_side_and_a_lower_rate_only_slows_it(chapter):
    """“residual with the wrong sign (Stack Overflow 74986467) | grows on one side; a lower rate only slows it | compare the
    gradient with a difference of losses | turn the sign” “Below some rate an explosion is gone; with a wrong sign it
    only takes longer.”"""
    losses = after(lambda w, n: w + 0.1 * (w - 1))
    assert losses[-1] == pytest.approx(rows_of(chapter.printed["grows"])["residual, wrong sign"][0], rel=5e-3)
    slow = after(lambda w, n: w + 0.01 * (w - 1), updates=600)
    assert linked(74986467)
    for w in (-2.0, 0.5):
        difference = ((w + 1e-6 - 1) ** 2 - (w - 1e-6 - 1) ** 2) / 2 / 2e-6
        assert difference == pytest.approx(w - 1) and difference != pytest.approx(
            1 - w
        )  # so the sign is seen
    assert np.all(np.diff(slow) > 0) and slow[59] < losses[59] < slow[-1] * 10


@pytest.mark.parametrize("product, explodes", [(0.1, False), (0.9, False), (1.1, True), (1.5, True)])
def test_w_equals_minus_step_is_stuck_below_1_and_explodes_above(chapter, product, explodes):
    """“w =- step in place of w -= step | below αλ = 1 it is stuck short of the bottom, above it explodes | is the new weight
    minus the step? | -=”"""
    losses = after(lambda w, n: -product * (w - 1), updates=400)
    if product in (0.1, 1.5):
        printed = rows_of(chapter.printed["grows"])[f"w =- step, αλ = {product}"][0]
        assert losses[59] == pytest.approx(printed, rel=5e-3)
    assert (losses[-1] > 1e10) == explodes
    if not explodes:
        assert losses[-1] == pytest.approx((1 / (1 + product)) ** 2 / 2)
        assert losses[-1] > 0.1


@reads("docs/{own}.md")
def test_a_sum_over_512_multiplies_the_curvature_by_512(chapter):
    """“sum in place of mean (jax 3113) | explodes when the batch grows, though not under Adam | double the batch: does the
    loss double? | the mean” “it began when batch size, reduction or number of devices changed | the curvature changed
    with it, or the mini-batch limit: sum or mean”"""
    assert after(lambda w, n: w - 0.1 * 512 * (w - 1))[-1] == pytest.approx(
        rows_of(chapter.printed["grows"])["sum over 512, not mean"][0], rel=5e-3
    )
    assert linked(3113)
    for size in (
        10,
        20,
    ):  # below the limit of 2 over αλ, and above it: the batch is doubled, and so is the loss
        losses = after(lambda w, n, size=size: w - 0.15 * size * (w - 1))
        assert (losses[-1] > 1) == (size == 20)
        assert size * 0.5**2 / 2 == pytest.approx(size / 10 * 10 * 0.5**2 / 2)
    m, v, steps = 0.0, 0.0, []
    for size in (1, 512):
        m, v = 0.1 * size * 3.0, 0.001 * (size * 3.0) ** 2
        steps.append(m / 0.1 / np.sqrt(v / 0.001))
    assert steps[0] == pytest.approx(steps[1])  # of Adam


def test_one_sample_at_a_time_explodes_where_their_mean_settles(chapter):
    """“batch 1 at a rate meant for more (ssd.pytorch 275: 20, then 3e+10, then nan) | ordinary losses, then a leap (in that
    log a line is every tenth update, so the leap may be ten updates long) | does the same rate survive a larger batch? |
    a lower rate, or a larger batch”
    snippets/cases.py: “the curvatures of ten samples, their mean is 10.9”"""
    losses = after(lambda w, n: w - 0.1 * (100 if n % 10 == 9 else 1) * (w - 1))
    assert losses[-1] == pytest.approx(
        rows_of(chapter.printed["grows"])["ten samples one by one"][0], rel=5e-3
    )
    assert chapter.ten == [1] * 9 + [100] and np.mean(chapter.ten) == pytest.approx(10.9)
    posted = {275: (20.0848, 29821698048.0)}  # the losses of updates 40 and 50, as that issue has them
    assert [float(f"{one:.0e}") for one in posted[275]] == [20, 3e10]
    assert np.all(np.diff(losses[:9]) < 0) and losses[9] > 10 * losses[8]  # fine, fine, then a leap
    assert after(lambda w, n: w - 0.01 * (100 if n % 10 == 9 else 1) * (w - 1))[-1] < 0.01  # a lower rate


@pytest.mark.parametrize("product, explodes", [(0.1, False), (3.9, False), (4.1, True)])
def test_gradients_never_cleared_go_down_and_come_back_and_explode_above_4(chapter, product, explodes):
    """“gradients never cleared | goes down and comes back for ever; explodes above αλ = 4 | is the gradient zero before the
    backward pass? | clear them at each update” “A gradient that is never cleared is momentum with β = 1: no update
    forgets anything.” “All of these run on a parabola with its bottom at 1 and start at a loss of ½.” “The numbers are
    the losses 60 updates later.”
    snippets/cases.py: “the loss, 60 updates on” “the bottom is at 1, and the loss begins at ½”"""
    w, total, losses = 0.0, 0.0, [(0.0 - 1) ** 2 / 2]
    assert losses.pop() == 0.5
    heavy, v = 0.0, 0.0
    for n in range(600):
        total += w - 1
        w -= product * total
        v = 1 * v + (heavy - 1)  # momentum with β = 1
        heavy -= product * v
        assert heavy == w or n > 60
        losses.append((w - 1) ** 2 / 2)
    assert (max(losses) > 1e10) == explodes == (product > 4)
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
    """“Posted are the points on the $x$-axis, the coefficients of the exact fit, and those after 50,000 updates at rate 1.”
    “The noise in the data was not posted, and it is not needed: exact fit and curvatures give every later iterate.” “The
    computed coefficients, with half the mean square and a start at 0, are the posted ones, to within about one in the
    last digit posted.”
    snippets/cases.py: “the curvatures of half the mean square” “from 0, so at first the error is −posted”
    “after 50,000 at rate 1”"""
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
    """“High powers raise κ,”"""
    sizes = np.linalg.svd(powers_of(degree, 0, 1), compute_uv=False)
    assert sizes[0] ** 2 / sizes[-1] ** 2 == pytest.approx(kappa, rel=0.01)


def test_at_rate_1_near_the_limit_50_000_updates_leave_99_percent_of_the_flattest_error(chapter):
    """“So nothing is wrong with the program: at rate 1, which is near the limit of 1.216, 50,000 updates leave 99.324% of the
    error in the flattest direction.” “and descent stands still”
    snippets/cases.py: “of the error, in each direction”"""
    curves = np.linalg.svd(powers_of(5, 0, 1), compute_uv=False) ** 2 / 40
    assert 2 / curves[0] == pytest.approx(1.216, abs=5e-4)
    assert (1 - curves[-1]) ** 50_000 == pytest.approx(0.99324, abs=5e-6)
    error = 1.0
    for _ in range(1000):
        error -= curves[-1] * error
    assert error**50 == pytest.approx(0.99324, abs=5e-6)


def test_with_legendre_polynomials_from_minus_1_to_1_kappa_is_9_6():
    """“Shift $x$ to the interval from −1 to 1 and use Legendre's polynomials in place of powers: at degree 5 κ is then
    9.6.” “Between 0 and 1 the powers $x^4$ and $x^5$ are nearly the same column.”"""
    X = np.polynomial.legendre.legvander(np.linspace(-1, 1, 40), 5)
    assert np.linalg.cond(X) ** 2 == pytest.approx(9.6, abs=0.05)
    fourth, fifth = powers_of(5, 0, 1)[:, 4:].T
    assert fourth @ fifth / np.linalg.norm(fourth) / np.linalg.norm(fifth) > 0.99


def test_if_the_formula_holds_no_batch_bears_the_rate_that_the_linear_rule_gives_for_96_images(chapter):
    """“So if the formula holds, no batch of any size bears 0.12.” “The rule ends where the knee is, at 66 images or before.”
    “If momentum multiplies all limits by one number, it changes B and λ, and neither 0.10 nor 66.)” “Two facts bound them:
    0.02 trains at 16 images, 0.06 does not at 96.”
    snippets/cases.py: “this trains, that does not” “Let the limit at batch m be 2m/(B + (m − 1)λ). From the two rates follow” “λ is at least this, and” “B at most this”"""
    assert pytest.approx(0.12) == 0.02 * 96 / 16
    largest, knee, steepest = 0, 0, {}
    for times in (1, 2, 3.8):  # what momentum may multiply all limits by
        for B in np.linspace(1, 1600 * times, 400):
            lam = np.linspace(0.01, 60 * times, 3000)
            trains = times * 2 * 16 / (B + 15 * lam) >= 0.02
            fails = times * 2 * 96 / (B + 95 * lam) <= 0.06
            fit = lam[trains & fails]
            if len(fit):
                largest = max(largest, times * 2 / fit.min())
                knee = max(knee, B / fit.min() + 1)
                steepest.setdefault(times, []).append((fit.min(), B))
    assert largest == pytest.approx(0.10, abs=0.002) and largest < 0.12
    assert knee == pytest.approx(66, abs=1)
    least, most = np.array(steepest[1]).min(axis=0)[0], np.array(steepest[1]).max(axis=0)[1]
    assert [chapter.low, chapter.most] == pytest.approx([least, most], rel=0.01)


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
    """“It may only come later.” “A logistic model with a hand-written cross-entropy, in fp32 and with one unusually large
    input (ten 1s and nine −1s labelled by their sign, and one 30), has a normal loss of 0.440 before the nan at about
    update 12.” “At a tenth of the rate there is a nan too, at about update 127.” “nan straight from a normal loss, with
    every update logged and the weights finite | log 0, √0, 0/0” “Print the probabilities of the batch: one of them is
    exactly 1, and its right label makes 0 · log 0.” “A lower rate does not mend such a line.”"""
    losses, weight, sure = logistic(rate)
    assert len(losses) - 1 == pytest.approx(update, abs=2)
    assert losses[-2] == pytest.approx({12: 0.440, 127: 0.432}[update], abs=2e-3)
    x = [1, -1] * 9 + [1, 30]
    assert (x.count(1), x.count(-1), x.count(30)) == (10, 9, 1)
    assert np.isnan(losses[-1]) and np.all(np.diff(losses[:-1]) < 0)
    assert np.isfinite(weight) and sure


def test_exercise_4_the_log_falls_until_it_is_nan():
    """“A hand-written cross-entropy, fp32, rate 0.1.” “Loss 0.693, 0.603, 0.581, …” “0.453, 0.440, nan.” “The weights are
    finite.” “It is not the rate: nothing grows, and there is no inf.” “The loss falls until it is nan.” “This is the run
    of the first box above.”"""
    losses, weight, _ = logistic(0.1)
    assert np.isfinite(weight) and not np.isinf(losses).any() and np.all(np.diff(losses[:-1]) < 0)
    assert losses[:3] == pytest.approx([0.693, 0.603, 0.581], abs=5e-4)
    assert losses[-3:-1] == pytest.approx([0.453, 0.440], abs=2e-3)


def test_exercise_4_from_the_scores_the_run_goes_on():
    """“With the loss computed from the scores it goes on.”"""
    losses = logistic(0.1, own=False)[0]
    assert len(losses) == 3000 and np.all(np.isfinite(losses)) and losses[-1] < 0.1


# Exercises


def limit_from(losses, rate):
    """Square root of r, curvature and limit from three losses."""
    root = np.sqrt(np.diff(losses)[1] / np.diff(losses)[0])
    return root, (1 + root) / rate, 2 * rate / (1 + root)


def test_exercise_1_10_14_23_gives_125_and_the_limit_0_016():
    r"""“Loss 10, 14, 23.” “Rate 0.02.” “The differences are 4 and 9, so $r$ = 2.25 and $\sqrt{\mathstrut r}$ = 1.5.” “So λ =
    2.5/0.02 = 125, the limit is 0.016, and half of it 0.008.”"""
    assert limit_from([10, 14, 23], 0.02) == pytest.approx((1.5, 125, 0.016))
    assert np.diff([10, 14, 23]).tolist() == [4, 9] and 1.5**2 == 2.25 and 2.5 / 0.02 == 125
    w, floor = np.sqrt(2 * 3.2 / 125), 6.8  # a parabola of this curvature prints these losses
    losses = []
    for _ in range(3):
        losses.append(floor + 125 * w**2 / 2)
        w = w - 0.02 * 125 * w
    assert losses == pytest.approx([10, 14, 23])
    assert 1 / 125 == 0.008


def test_exercise_2_every_fifth_weight_gives_60_and_the_limit_0_0333():
    """“Rate 0.05.” “Weight, every fifth update: −3, 96, −3072.” “The growth of the differences is −32, and the fifth root of
    32 is 2.” “λ = (1 + 2)/0.05 = 60, and the limit is 0.0333.” “Five is odd, so here the log does show the change of
    sign.”"""
    w, shown = -3.0, []
    for n in range(11):
        shown += [w] * (n % 5 == 0)
        w = w - 0.05 * 60 * w
    assert shown == pytest.approx([-3, 96, -3072])
    growth = np.diff(shown)[1] / np.diff(shown)[0]
    assert (
        growth == pytest.approx(-32)
        and pytest.approx(60) == (1 + 32**0.2) / 0.05
        and pytest.approx(2) == 32**0.2
    )
    assert pytest.approx(0.0333, abs=5e-5) == 2 / 60


@pytest.mark.parametrize(
    "rate, shown, high", [(0.01, [4, 4.84, 5.8564], 210), (0.001, [4, 4.0804, 4.1624], 2010)]
)
def test_exercise_3_a_wrong_sign_reads_as_two_curvatures_and_as_one(rate, shown, high):
    r"""“Rate 0.01: loss 4.0000, 4.8400, 5.8564.” “Rate 0.001: loss 4.0000, 4.0804, 4.1624.” “Same start, plain descent.” “A
    sign.” “Read as too high a rate, the first log has $\sqrt{\mathstrut r}$ = 1.1 and λ = 210, the second 1.01 and λ =
    2,010: one loss cannot have both.” “Read with the wrong sign, $\lambda = (\sqrt{\mathstrut r} - 1)/\alpha$, they give
    10 and 9.9: one curvature, within the digits shown.”"""
    w, losses = np.sqrt(8 / 10), []
    for _ in range(3):
        losses.append(10 * w**2 / 2)
        w = w + rate * 10 * w
    assert losses == pytest.approx(shown, abs=5e-5)
    root, found, _ = limit_from(losses, rate)
    assert found == pytest.approx(high) and (root - 1) / rate == pytest.approx(10)
    as_shown = limit_from(shown, rate)[0]
    assert as_shown == pytest.approx({210: 1.1, 2010: 1.01}[high], abs=1e-3)
    assert (as_shown - 1) / rate == pytest.approx({210: 10, 2010: 9.9}[high], abs=0.05)


def test_exercise_3_if_210_were_the_curvature_the_limit_would_be_far_above_a_thousandth():
    """“And if 210 were the curvature, the limit would be 0.0095, far above 0.001.”"""
    assert pytest.approx(0.0095, abs=5e-5) == 2 / 210 and 2 / 210 > 5 * 0.001


@np.errstate(all="ignore")
def causes():
    """For each cause: what it gives as written, whether the check of a minute shows it, and what it gives mended."""
    zero, half, lowest = np.float64(0), np.float16, np.finfo(float).min
    labels, column, keys = np.array([1, 9, np.nan]), np.array([7.0, 7, 7]), np.full(3, -np.inf)
    p, equal = np.exp(np.array([800.0, 0]) - 800), np.array([2.0, 3]) - np.array([2.0, 3])
    late, scale, square = np.float64(1 - 1001 / 1000), 65_536, half(300) ** 2
    attends = [np.exp(row - row.max()) / np.exp(row - row.max()).sum() for row in (keys, np.full(3, lowest))]
    return {
        "ogb 4": (labels.mean(), np.isnan(labels).sum() == 1, np.nanmean(labels)),
        "fastai 889": ((column - 7)[0] / column.std(), column.std() == 0, (column - 7)[0] / 1),
        "pytorch 70348": (zero / 0, np.zeros(3).sum() == 0, zero / max(0, 1)),
        "pytorch 41508": (attends[0][0], np.isfinite(keys).sum() == 0, attends[1][0]),
        "Stack Overflow 33712178": (-np.sum([1, 0] * np.log(p)), p.min() == 0, np.logaddexp(800, 0) - 800),
        "apex 358": (
            0 * np.log(1 - np.float32(1 - 1e-8)),
            np.float32(1 - 1e-8) == 1,
            0 * np.log(1 - np.float32(1 - 1e-7)),
        ),
        "pytorch 2421": (0 / np.sqrt(equal @ equal), not equal.any(), 0 / np.sqrt(equal @ equal + 1e-12)),
        "jax 347": (
            0 * 0.5 / np.sqrt(zero),
            np.isinf(0.5 / np.sqrt(zero)),
            0 * 0.5 / np.sqrt(np.where(zero > 0, zero, 1)),
        ),
        "pytorch 1381": (zero / (1 - 1), 65 % 64 == 1, np.var(np.arange(64.0), ddof=1)),
        "synthcity 331": (
            np.exp(np.float32(90)),
            np.log(np.finfo(np.float32).max) < 90,
            np.exp(np.float32(20)),
        ),
        "Stack Overflow 33962226": (0.1 * late**0.9, np.isnan(late**0.9), 0.1 * max(late, 0) ** 0.9),
        "optax 1769": (half(0) / (half(0) + half(1e-8)), half(1e-8) == 0, half(0) / (half(0) + half(1e-4))),
        "transformers 4586": (square, float(np.finfo(half).max) == 65_504 < 300**2, np.float32(300) ** 2),
        "underflow": (float(half(1e-8)), half(1e-8) == 0, float(half(1e-8 * scale)) / scale),
        "pytorch examples 1196": (min(0.5 * scale, 1) / scale, 0.5 * scale > 1, min(0.5 * scale / scale, 1)),
    }


NOT_FINITE = [
    "underflow",
    "pytorch examples 1196",
]  # those that give no nan: too small for anything to be learnt


@reads("docs/{own}.md")
@pytest.mark.parametrize("cause", causes())
def test_each_cause_has_its_symptom_its_check_and_its_cure(cause):
    """“missing values in inputs or labels (ogb 4) | nan at the first batch that has one | count the nan in the data |
    leave them out of the loss” “a constant column, divided by its spread of 0 (fastai 889) | nan at update 0 | print the
    smallest spread | divide by 1 there” “every label of a batch is “ignore” (pytorch 70348) | nan on some batches |
    count the labels that are kept | divide by at least 1, or skip the batch” “attention with every key masked (pytorch
    41508) | nan on some batches | count the open keys of each row | leave a key open; or fill in the lowest number of
    the format, and keep the row out of the loss” “a cross-entropy that you write yourself: 0 · log 0 (Stack Overflow 33712178) | nan when
    the model becomes sure | print the smallest probability | compute it from the scores” “a clip that clips nothing in
    fp32 (apex 358) | the same, in spite of a guard | is the bound equal to 1 in your format? | from the scores, or 1 −
    1e-7” “slope of a norm, or of √, at 0 (pytorch 2421) | loss fine, gradient nan | look for two equal vectors | a small
    number under the root” “where guards the value, not the slope (jax 347) | loss fine, gradient nan | evaluate the
    branch not taken | make its input safe, then choose” “batch-norm on one sample (pytorch 1381) | nan at the last batch
    of an epoch | samples modulo batch size: 1? | drop that batch” “exp of an unbounded log-variance (synthcity 331) |
    inf, then nan | print the largest log-variance | bound it, say to 20” “a schedule that is itself nan (Stack Overflow
    33962226) | nan past its end, or at once if no end was set | print the rate | set the end, and stop there” “Adam's ε
    of 1e-8 is 0 in fp16 (optax 1769) | nan where a gradient is exactly 0 | is ε zero in your format? | ε of 1e-4, or the
    update in fp32” “range: everything beyond 65,504 is inf (T5: transformers 4586) | inf in an activation or a square | the largest value of
    each layer | bf16, or this part in fp32” “underflow: small gradients are 0 | no nan, but nothing is learnt | how many
    gradients are exactly 0? | scale the loss, unscale the gradient” “clipping to norm 1 before unscaling (pytorch
    examples 1196) | no nan, but fp16 crawls | print the norm just before the clip | unscale, clip, step”"""
    written, shown, mended = causes()[cause]
    assert (abs(written) < 1e-4) if cause in NOT_FINITE else not np.isfinite(written)
    assert shown and np.isfinite(mended) and (cause not in NOT_FINITE or mended > 1e3 * written)
    markdown = markdown_of("cases")
    if " " in cause:
        assert re.search(rf"\[(?:T5: )?{cause}\]\(https://\S+/{cause.split()[-1]}\)", markdown)


def test_by_the_chain_rule_an_infinite_factor_times_0_is_nan_although_the_loss_is_normal(chapter):
    """“By the chain rule a slope is a product.” “In rows three and four one factor is infinite and the other is 0, so the
    gradient is nan although the loss is normal.”"""
    names = list(rows_of(chapter.printed["sudden"]))
    assert names[2].startswith("slope of a norm") and names[3].startswith("slope of where")
    with np.errstate(all="ignore"):
        outer = 1 / (2 * np.sqrt(np.float64(0)))  # of √, at 0
        assert np.isinf(outer) and np.isnan(outer * 0)
    assert np.sqrt(0) == 0 == np.linalg.norm(np.zeros(3))  # the losses
    for x in (0.3, 2.0):  # the product, against a difference
        slope = (np.sqrt((x + 1e-6) ** 2) - np.sqrt((x - 1e-6) ** 2)) / 2e-6
        assert 1 / (2 * np.sqrt(x**2)) * 2 * x == pytest.approx(slope)


@of_a_framework()
def test_pytorch_has_mended_its_norm_and_refuses_batch_norm_on_one_value_but_no_root_of_yours():
    """“(PyTorch has since mended its norm at 0, and refuses batch-norm on one value.” “A √ or a variance that you write
    yourself has no such guard.)”"""
    torch = pytest.importorskip("torch")
    x = torch.tensor([0.0, 0, 0], requires_grad=True)
    x.norm().backward()
    assert x.grad.isfinite().all()
    with pytest.raises(ValueError, match="more than 1 value"):
        torch.nn.BatchNorm1d(2)(torch.ones(1, 2))
    own = torch.zeros(3, requires_grad=True)
    (own**2).sum().sqrt().backward()
    one = torch.tensor([5.0])
    assert own.grad.isnan().all() and (((one - one.mean()) ** 2).sum() / (len(one) - 1)).isnan()


def test_what_each_line_of_the_first_table_sends_one_to_is_what_makes_it(chapter):
    """“the loss grows for several updates, then inf, then nan | it is an explosion: read the rate from it, or it is one
    of these” “nan at update 0 (not: in epoch 1, which may be hundreds of updates; in Keras ask model.evaluate before
    fit: loss: nan) | the rate has not acted yet: data, labels, spread, initial weights” “nan in some batches only | an
    empty one, a masked one, a batch of one, one unusual sample” “fp32 works and fp16 does not | range or underflow, or a
    scaler at work”"""
    with np.errstate(all="ignore"):
        for factor in (1 - 2.5, 1 + 0.5):  # a rate too high, and a wrong sign
            w, losses = 1.0, []
            for _ in range(3000):
                losses.append(np.float64(w) * w / 2 - 0 * w)
                w *= factor
            kinds = [np.isfinite(one) for one in losses]
            assert (
                losses[5] > losses[4] > losses[0] and kinds == sorted(kinds, reverse=True) and not kinds[-1]
            )
    for rate in (1e-9, 1.0):  # at update 0 no rate has acted
        x = np.array([1.0, np.nan, 2.0])
        assert np.isnan(next(iter(chapter.run(rate, x, x, np.zeros(2), 1)))[0])
    assert 50_000 // 64 > 700  # updates in epoch 1 of a usual data set
    some = causes()
    assert all(np.isnan(some[one][0]) for one in ("pytorch 70348", "pytorch 41508", "pytorch 1381"))
    assert all(some[one][1] for one in ("transformers 4586", "underflow"))


@pytest.mark.parametrize("seed", range(5))
def test_under_adam_a_rate_too_high_jumps_once_and_then_hardly_moves(seed):
    """“under Adam it jumped once and then hardly moves | a rate that is too high often looks like this there: compare in
    the same way”"""
    rng = np.random.default_rng(seed)
    x = np.c_[rng.normal(size=(60, 3)), np.ones(60)]
    y = x @ [1, 1, 1, 3]
    weights, losses = [0.6 * rng.normal(size=(4, 16)), rng.normal(size=16) / 4, np.float64(0)], []
    m, v = [0, 0, 0], [0, 0, 0]
    for t in range(1, 201):
        V, u, c = weights
        hidden = np.maximum(x @ V, 0)
        r = hidden @ u + c - y
        losses.append(np.mean(r**2))
        slopes = 2 * x.T @ (r[:, None] * u * (hidden > 0)) / 60, 2 * hidden.T @ r / 60, 2 * r.mean()
        for i, g in enumerate(slopes):
            m[i], v[i] = 0.9 * m[i] + 0.1 * g, 0.999 * v[i] + 0.001 * g * g
            weights[i] = weights[i] - 10 * m[i] / (1 - 0.9**t) / (np.sqrt(v[i] / (1 - 0.999**t)) + 1e-8)
    assert max(losses[:5]) > 1e4 * losses[0]
    assert losses[-1] == pytest.approx(y.var(), rel=0.3)  # the loss of guessing
    assert np.ptp(losses[-50:]) < 0.3 * losses[-1]


def test_without_the_rate_a_log_does_not_tell_the_curvature():
    """“Without the rate no log can be read backwards.”"""
    logs = []
    for rate, lam in (0.1, 25), (0.001, 2500):
        w = np.sqrt(2 / lam)
        log = []
        for _ in range(6):
            log.append(lam * w**2 / 2)
            w -= rate * lam * w
        logs.append(log)
    assert logs[0] == pytest.approx(logs[1])


def test_no_formula_reads_a_mean_of_the_epoch_so_far_nor_adam_nor_a_noisy_loss():
    """“and no formula holds for it.” “In a network the curvature moves, a mini-batch loss is noisy, and Adam has no such
    formula: there trust the symptoms more than the digits.”"""
    rate, lam = 0.1, 25
    losses = (1 - rate * lam) ** (2.0 * np.arange(8))
    means = np.cumsum(losses) / np.arange(1, 9)
    for shown, right in (losses, True), (means, False):
        found = (1 + np.sqrt(np.diff(shown)[1] / np.diff(shown)[0])) / rate
        assert (found == pytest.approx(lam, rel=1e-6)) == right
    w, m, v, adam = 1.0, 0.0, 0.0, []
    for t in range(1, 4):
        adam.append(lam * w**2 / 2)
        m, v = 0.9 * m + 0.1 * lam * w, 0.999 * v + 0.001 * (lam * w) ** 2
        w -= 3 * rate * lam * m / (1 - 0.9**t) / np.sqrt(v / (1 - 0.999**t))
    growth = np.diff(adam)[1] / np.diff(adam)[0]
    assert growth < 0 or abs((1 + np.sqrt(growth)) / (3 * rate * lam) - lam) > 0.3 * lam
    rng = np.random.default_rng(1)
    x = rng.normal(size=400)
    noisy = [np.mean(x[rng.integers(0, 400, 8)] ** 2) for _ in range(20)]  # the same weight, other batches
    assert np.std(noisy) > 0.2 * np.mean(noisy)
    a, c = rng.normal(size=(2, 100))
    first = np.sum(a**2 + c**2) / 100
    for _ in range(50):
        says = a @ c / 10
        a, c = a - 0.5 * says * c / 10, c - 0.5 * says * a / 10
    assert abs(np.sum(a**2 + c**2) / 100 - first) > 1e-3 * first


def test_the_update_of_a_first_nan_depends_on_the_order_of_the_multiplications():
    """“And never compare the exact update of a first nan: it depends on the order of the multiplications.”"""
    firsts = []
    for order in (lambda w: np.float32(1e-9) * (np.float32(3e9) * w), lambda w: np.float32(1e-9 * 3e9) * w):
        w, n = np.float32(1), 0
        with np.errstate(all="ignore"):
            while not np.isnan(w):
                w, n = w - order(w), n + 1
        firsts.append(n)
    assert firsts[0] < firsts[1]


def test_two_networks_that_pull_against_each_other_have_no_limit(chapter):
    """“one of the two losses of a GAN is nan | two networks have no bottom in common, so no limit on these pages is
    theirs. Which of the two is nan first? Discriminator: log 0, so take scores; gradient penalty: the slope of a norm at
    0; a batch of one”"""
    for rate in (1.0, 0.1, 0.01):  # one goes down xy, and the other up: no rate settles
        x, y = 1.0, 0.0
        for _ in range(round(40 / rate**2)):
            x, y = x - rate * y, y + rate * x
        assert np.hypot(x, y) > 1e6
    written = causes()
    for cause in (
        "Stack Overflow 33712178",
        "pytorch 2421",
        "pytorch 1381",
    ):  # log 0, a norm at 0, a batch of one
        assert np.isnan(written[cause][0]) and np.isfinite(written[cause][2])
