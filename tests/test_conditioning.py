"""The claims of the chapter on conditioning, a test a sentence."""

import numpy as np
import pytest


def quadratic(curvatures, seed=7):
    """A Hessian with these curvatures along random directions, and those directions."""
    size = len(curvatures)
    axes, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size)))
    return axes @ np.diag(curvatures) @ axes.T, axes


def errors(hessian, alpha, start, steps):
    """The error after each update of gradient descent on the quadratic of this Hessian."""
    path = [np.asarray(start, float)]
    for _ in range(steps):
        path.append(path[-1] - alpha * hessian @ path[-1])
    return np.array(path)


def updates(curvatures, alpha):
    """How many updates until a millionth of the error is left, from an error of one everywhere."""
    error, count = np.ones(len(curvatures)), 0
    while np.max(np.abs(error)) > 1e-6:
        assert count < 100_000, "it does not settle"
        error, count = error * (1 - alpha * np.asarray(curvatures, float)), count + 1
    return count


def best_rate(curvatures):
    return 2 / (np.min(curvatures) + np.max(curvatures))


def fit(chapter, columns, alpha, steps):
    """The weights after each update on half the sum of the squared residuals, written as sums."""
    weights = [np.zeros(len(columns))]
    for _ in range(steps):
        residuals = sum(w * c for w, c in zip(weights[-1], columns, strict=True)) - chapter.y
        weights.append(weights[-1] - alpha * np.array([np.sum(c * residuals) for c in columns]))
    return np.array(weights)


def row(chapter, section, start):
    """The numbers in the printed row that starts so."""
    (line,) = (one for one in chapter.printed[section].splitlines() if one.strip().startswith(start))
    return [float(word) for word in line.strip().removeprefix(start).split()]


# Two questions first


def test_recall_curvature_8_at_two_tenths_overshoots_and_settles():
    error = errors(np.eye(1) * 8, 0.2, [1.0], 40)[:, 0]
    assert error[1] / error[0] == pytest.approx(-0.6)
    assert abs(error[-1]) < 1e-8
    assert abs(errors(np.eye(1) * 8, 0.249, [1.0], 40)[-1, 0]) < 1
    assert abs(errors(np.eye(1) * 8, 0.251, [1.0], 40)[-1, 0]) > 1


def test_recall_rates_below_a_tenth_lower_the_loss_and_one_twentieth_lowers_it_most():
    hessian = np.diag([8.0, 32.0])  # with g = (g₁, g₂): g² sums to 9, and 8 g₁² + 32 g₂² to 180
    g = np.sqrt([4.5, 4.5])
    assert (g @ g, g @ hessian @ g) == (pytest.approx(9), pytest.approx(180))
    unit = g / np.linalg.norm(g)
    assert unit @ hessian @ unit == pytest.approx(20)  # the curvature along the gradient
    x = np.linalg.solve(hessian, g)

    def change(alpha):
        after = x - alpha * g
        return 0.5 * after @ hessian @ after - 0.5 * x @ hessian @ x

    assert change(0.099) < 0 < change(0.101)
    assert change(0.05) < min(change(0.049), change(0.051))


# One more column


def test_a_column_of_ones_moves_the_limit_from_0_107_to_0_040(chapter):
    n, total, squares = len(chapter.x), np.sum(chapter.x), np.sum(chapter.x**2)
    middle, half = (squares + n) / 2, np.hypot((squares - n) / 2, total)  # of the 2 × 2 matrix
    assert (middle - half, middle + half) == (
        pytest.approx(18.6485, abs=5e-5),
        pytest.approx(50.0115, abs=5e-5),
    )
    assert 2 / squares == pytest.approx(0.10718, abs=5e-6)
    assert 2 / (middle + half) == pytest.approx(0.03999, abs=5e-6)
    assert row(chapter, "columns", "1 0.05")[2] == pytest.approx(2 / squares, abs=5e-6)
    assert row(chapter, "columns", "2 0.05")[2] == pytest.approx(2 / (middle + half), abs=5e-6)
    assert "curvatures 18.6485 50.0115\n" in chapter.printed["columns"]


def test_without_the_column_one_twentieth_needs_7_updates(chapter):
    weights = fit(chapter, [chapter.x], 0.05, 7)[:, 0]
    slopes = [abs(np.sum(chapter.x * (w * chapter.x - chapter.y))) for w in weights]
    assert slopes[6] > 1e-6 >= slopes[7]
    assert row(chapter, "columns", "1 0.05")[0] == 7


def test_with_the_column_one_twentieth_explodes_and_three_hundredths_need_24_updates(chapter):
    ones = np.ones(50)
    design = np.column_stack([chapter.x, ones])
    floor = np.linalg.lstsq(design, chapter.y)[0]
    away = np.linalg.norm(fit(chapter, [chapter.x, ones], 0.05, 500) - floor, axis=1)
    assert away[-1] > 1e80
    assert away[-1] / away[-2] == pytest.approx(1.5006, abs=5e-5)
    weights = fit(chapter, [chapter.x, ones], 0.03, 24)
    slopes = np.abs((weights @ design.T - chapter.y) @ design).max(axis=1)
    assert slopes[23] > 1e-6 >= slopes[24]
    assert row(chapter, "columns", "2 0.03")[0] == 24


def test_the_exploding_loss_is_2_59e176(chapter):
    w = fit(chapter, [chapter.x, np.ones(50)], 0.05, 500)[-1]
    loss = 0.5 * np.sum((chapter.y - w[0] * chapter.x - w[1]) ** 2)
    assert loss == pytest.approx(2.5919e176, rel=1e-4)
    assert row(chapter, "columns", "2 0.05")[1] == pytest.approx(loss, rel=1e-4)


def test_both_numbers_explode_because_the_sharpest_direction_holds_one_part_in_52_of_slope(chapter):
    w = fit(chapter, [chapter.x, np.ones(50)], 0.05, 500)
    assert np.all(np.abs(w[-1] / w[-2]) == pytest.approx(1.5006, abs=5e-5))
    assert abs(w[-1, 1] / w[-1, 0]) == pytest.approx(52, abs=0.5)


def test_the_two_columns_are_nearly_at_right_angles(chapter):
    cosine = np.sum(chapter.x) / np.sqrt(np.sum(chapter.x**2) * 50)
    assert 0 < abs(cosine) < 0.03


# Each direction is a parabola of its own


@pytest.mark.parametrize("alpha", [0.01, 0.095, 0.105])
def test_every_direction_has_its_own_factor_as_if_it_were_alone(alpha):
    curvatures = np.linspace(1, 20, 12)
    hessian, axes = quadratic(curvatures)
    along = errors(hessian, alpha, np.ones(12), 5) @ axes
    assert along[1:] == pytest.approx(along[:-1] * (1 - alpha * curvatures), abs=1e-12)


def test_in_the_valley_both_runs_approach_along_it_and_only_one_explodes_across(chapter):
    for alpha, along, across in (0.095, 0.905, -0.9), (0.105, 0.895, -1.1):
        path = errors(np.diag([1.0, 20.0]), alpha, [10.0, 1.0], 12)
        assert path[1:] / path[:-1] == pytest.approx(np.tile([along, across], (12, 1)))
    assert np.array(chapter.path) == pytest.approx(path)  # what the right-hand panel shows


def test_the_two_runs_of_the_valley_are_five_percent_below_and_above_the_limit(chapter):
    rates = [float(axes.get_title().split()[2]) for axes in chapter.axes]
    assert rates == pytest.approx([0.95 * chapter.high, 1.05 * chapter.high], rel=1e-4)


def test_the_contours_of_the_valley_are_exact(chapter):
    for axes in chapter.axes:
        ellipses = [line.get_xydata() for line in axes.lines if len(line.get_xdata()) == 400]
        assert len(ellipses) == 6
        for points in ellipses:
            loss = 0.5 * points**2 @ [1, 20]
            assert loss == pytest.approx(loss[0])


def test_the_limit_found_by_bisection_is_two_over_the_largest_curvature(chapter):
    assert len(chapter.curvatures) == 50
    assert (min(chapter.curvatures), max(chapter.curvatures)) == (1, 20)
    assert np.sort(np.linalg.eigvalsh(chapter.H)) == pytest.approx(np.sort(chapter.curvatures))
    assert chapter.high == pytest.approx(0.1, abs=1e-6)
    assert chapter.printed["many"] == "by bisection 0.100000, 2/λmax 0.100000\n"


@pytest.mark.parametrize("alpha, settles", [(0.0999, True), (0.1001, False)])
def test_all_50_settle_exactly_when_the_sharpest_does(chapter, alpha, settles):
    path = errors(chapter.H, alpha, np.ones(50), 4000)
    assert (np.linalg.norm(path[-1]) < np.linalg.norm(path[1000])) == settles


def test_in_a_bowl_all_settle_exactly_when_the_sharpest_does_and_a_negative_curvature_grows_at_every_rate():
    """“In a bowl, where all curvatures are positive, all of them settle exactly when the sharpest does”;
    “Along a direction with a negative curvature the factor is above 1, and the error grows at every rate.”"""
    rng = np.random.default_rng(5)
    for seed in range(20):
        bowl, axes = quadratic(rng.uniform(0.5, 50, 6), seed)
        limit = 2 / np.linalg.eigvalsh(bowl)[-1]
        for part, settles in (0.98, True), (1.02, False):
            path = errors(bowl, part * limit, axes @ np.ones(6), 2000)
            assert (np.linalg.norm(path[-1]) < np.linalg.norm(path[100])) == settles
    saddle = np.diag([1.0, -2.0])  # the sharpest, of curvature 1, settles at a half; the other does not
    for alpha in 1e-3, 0.1, 0.5, 1.9:
        along, down = np.abs(errors(saddle, alpha, [1.0, 1.0], 50).T)
        assert along[-1] < along[0] and np.all(np.diff(down) > 0)


def test_no_parameter_is_a_direction(chapter):
    assert np.abs(chapter.turned).max() < 0.9


# How fast can it be?


def test_every_run_lies_on_the_higher_of_two_lines(chapter):
    higher = np.maximum(np.abs(1 - chapter.alphas), np.abs(1 - 20 * chapter.alphas))
    assert chapter.measured == pytest.approx(higher, abs=1e-4)


def test_the_flattest_decides_left_of_the_crossing_and_the_sharpest_right_of_it(chapter):
    """“Left of the crossing the flattest direction decides how long you wait. Right of it the sharpest does”"""
    directions, _ = np.linalg.qr(chapter.turned[:, :2])  # of the curvatures 1 and 20
    for alpha in 0.03, 0.09, 0.0945, 0.096, 0.099:
        left = errors(chapter.H, alpha, np.ones(50), 4000)[-1] @ directions
        assert (abs(left[1]) > abs(left[0])) == (alpha > 2 / 21)


def test_the_line_of_curvature_1_falls_to_0_88_and_that_of_20_to_0_at_one_twentieth(chapter):
    assert 1 - chapter.alphas[-1] == pytest.approx(0.88, abs=0.005)
    assert abs(1 - 20 * chapter.alphas[np.argmin(np.abs(chapter.alphas - 0.05))]) < 1e-9


@pytest.mark.parametrize("curvatures", [(1, 10), (0.5, 50), (3, 3000)])
def test_the_best_fixed_rate_is_two_over_the_sum_and_its_factor_that_of_kappa(curvatures):
    curvatures = np.array(curvatures)
    rates = np.linspace(0, 2 / curvatures.max(), 200_001)
    worst = np.maximum(*np.abs(1 - np.outer(curvatures, rates)))
    kappa = curvatures.max() / curvatures.min()
    assert rates[worst.argmin()] == pytest.approx(best_rate(curvatures), rel=1e-4)
    assert worst.min() == pytest.approx((kappa - 1) / (kappa + 1), abs=1e-4)


def test_in_the_table_the_sweep_finds_the_best_rate(chapter):
    for kappa in (1, 10, 100, 1000):
        best, swept, factor, _, _ = row(chapter, "wait", f"{kappa} ")
        assert best == pytest.approx(2 / (1 + kappa), rel=1e-3)
        assert swept == pytest.approx(best, rel=1e-3)
        assert factor == pytest.approx((kappa - 1) / (kappa + 1), abs=1e-6)


def factor_of(curvatures, alpha):
    """By what an update multiplies the largest error in the end, read from a run."""
    largest = np.abs(errors(np.diag(curvatures), alpha, np.ones(len(curvatures)), 60)).max(axis=1)
    return largest[-1] / largest[-2]


@pytest.mark.parametrize("kappa", [2, 10, 100, 1000])
def test_at_half_the_limit_the_factor_is_one_minus_one_over_kappa(kappa):
    """“At half the limit, $\\alpha = 1/\\lambda_{\\max}$, the factor is $1 - 1/\\kappa$.”"""
    curvatures = np.array([3.0, 3.0 * kappa])
    low, high = 0.0, 1.0
    while high - low > 1e-9:  # the limit, found by runs
        alpha = (low + high) / 2
        settles = np.abs(errors(np.diag(curvatures), alpha, np.ones(2), 60)[-1]).max() < 1
        low, high = (alpha, high) if settles else (low, alpha)
    assert factor_of(curvatures, low / 2) == pytest.approx(1 - 1 / kappa, abs=1e-4)


@pytest.mark.parametrize(
    "kappa, best, half", [(1, 1, 1), (10, 69, 132), (100, 691, 1375), (1000, 6908, 13809)]
)
def test_the_wait_for_a_millionth(chapter, kappa, best, half):
    assert row(chapter, "wait", f"{kappa} ")[3:] == [best, half]
    assert updates([1, kappa], 2 / (1 + kappa)) == best
    assert updates([1, kappa], 1 / kappa) == half


def test_the_curvatures_between_do_not_change_the_wait():
    assert updates(np.linspace(1, 100, 30), 2 / 101) == 691


def test_ten_times_the_kappa_is_ten_times_the_wait_and_half_the_limit_costs_about_twice():
    waits = [updates([1, kappa], 2 / (1 + kappa)) for kappa in (10, 100, 1000)]
    assert waits[1] / waits[0] == pytest.approx(10, rel=0.01)
    assert waits[2] / waits[1] == pytest.approx(10, rel=0.01)
    for kappa, wait in zip((10, 100, 1000), waits, strict=True):
        assert updates([1, kappa], 1 / kappa) / wait == pytest.approx(2, rel=0.05)


def test_at_kappa_1000_the_best_rate_is_a_tenth_of_a_percent_below_the_limit():
    assert 1 - best_rate([1, 1000]) / (2 / 1000) == pytest.approx(0.001, rel=0.01)


def test_in_least_squares_descent_never_moves_along_a_direction_without_curvature():
    rng = np.random.default_rng(1)
    design, target = rng.normal(size=(5, 8)), rng.normal(size=5)  # three directions are flat
    flat = np.linalg.svd(design)[2][5:]
    gradient = design.T @ (design @ rng.normal(size=8) - target)
    assert flat @ gradient == pytest.approx(0, abs=1e-12)
    assert np.linalg.norm(gradient) > 1


# What κ does not explain


def test_the_asker_s_limit_lay_between_the_two_rates():
    for lam in np.linspace(2001, 19_999, 50):
        assert abs(1 - 1e-3 * lam) > 1 > abs(1 - 1e-4 * lam)
    assert abs(1 - 1e-3 * 1999) < 1
    assert abs(1 - 1e-4 * 20_001) > 1


def test_seven_updates_lead_from_five_thousand_to_a_trillion(chapter):
    errors_of_one = errors(np.eye(1) * 5000, 1e-3, [np.sqrt(2)], 7)[:, 0]
    losses = 2500 * errors_of_one**2
    assert losses[0] == pytest.approx(5000)
    assert losses[6] < 1e12 < losses[7]
    assert losses[7] == pytest.approx(1.342e12, rel=1e-3)
    assert row(chapter, "asker", "update     7")[0] == pytest.approx(losses[7], rel=1e-3)


def test_at_five_thousand_the_errors_go_times_minus_four_and_times_a_half(chapter):
    assert row(chapter, "asker", "error times") == [-4, 0.5]
    assert row(chapter, "asker", "loss times") == [16, 0.25]
    at_a_thousandth, at_a_ten_thousandth = (
        errors(np.eye(1) * 5000, alpha, [1.0], 3)[:, 0] for alpha in (1e-3, 1e-4)
    )
    assert at_a_thousandth == pytest.approx([1, -4, 16, -64])
    assert at_a_ten_thousandth == pytest.approx([1, 0.5, 0.25, 0.125])


# The units of the inputs

PREPARED = "raw", "centred", "scaled", "both"


def people(seed, size=1000):
    """Ages and incomes, each prepared in the four ways, with the bias."""
    rng = np.random.default_rng(seed)
    inputs = np.column_stack([rng.uniform(20, 70, size), rng.normal(50_000, 15_000, size)])
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0)
    prepared = inputs, inputs - mean, inputs / spread, (inputs - mean) / spread
    return {name: np.column_stack([one, np.ones(size)]) for name, one in zip(PREPARED, prepared, strict=True)}


def curvatures_of(design):
    """Of the mean squared error, from singular values, which lose fewer digits than eigenvalues."""
    return 2 * np.linalg.svd(design, compute_uv=False) ** 2 / len(design)


@pytest.mark.parametrize("name", PREPARED)
def test_the_table_of_inputs_agrees_with_singular_values(chapter, name):
    lam = curvatures_of(people(0)[name])
    kappa = lam.max() / lam.min()
    wait = np.ceil(np.log(1e6) / -np.log1p(-2 / (kappa + 1)))
    assert row(chapter, "features", name + " ") == pytest.approx(
        [lam.max(), 2 / lam.max(), kappa, wait], rel=5e-3
    )


@pytest.mark.parametrize("seed", range(5))
def test_with_other_people_too_raw_units_are_hopeless_and_standardising_cures_them(seed):
    lam = {name: curvatures_of(design) for name, design in people(seed).items()}
    assert lam["raw"].max() == pytest.approx(5.4e9, rel=0.06)
    assert lam["raw"].max() / lam["raw"].min() == pytest.approx(6e10, rel=0.1)
    assert 2 / lam["raw"].max() == pytest.approx(3.7e-10, rel=0.06)
    assert 0.95 < 2 / lam["both"].max() < 1
    assert 1 <= lam["both"].max() / lam["both"].min() < 1.1
    assert 400 < lam["scaled"].max() / lam["scaled"].min() < 650


def test_standardised_the_best_rate_needs_3_updates():
    hessian = 2 * people(0)["both"].T @ people(0)["both"] / 1000
    lam, axes = np.linalg.eigh(hessian)
    path = errors(hessian, best_rate(lam), axes @ np.ones(3), 3) @ axes
    largest = np.abs(path).max(axis=1)
    assert largest[2] > 1e-6 >= largest[3]


def test_raw_at_a_thousandth_each_update_multiplies_an_error_by_minus_5_4_million():
    assert 1 - 1e-3 * curvatures_of(people(0)["raw"]).max() == pytest.approx(-5.4e6, rel=0.01)


def test_raw_a_million_updates_a_second_take_nearly_five_days(chapter):
    days = row(chapter, "features", "raw")[3] / 1e6 / 86_400
    assert 4.5 < days < 5


def test_standardising_leaves_the_predictions_as_they_are():
    designs = people(0)
    target = np.random.default_rng(5).normal(size=1000)
    raw, standardised = (
        designs[name] @ np.linalg.lstsq(designs[name], target, rcond=None)[0] for name in ("raw", "both")
    )
    assert np.ptp(raw) > 0.01
    assert standardised == pytest.approx(raw, abs=1e-9)


@pytest.mark.parametrize("d, mu", [(10, 3.0), (100, 0.5)])
def test_a_mean_alone_makes_one_curvature_one_plus_d_mu_squared_and_leaves_the_others(d, mu):
    inputs = np.random.default_rng(2).normal(mu, 1, size=(200_000, d))
    lam, axes = np.linalg.eigh(inputs.T @ inputs / len(inputs))
    assert lam[-1] == pytest.approx(1 + d * mu**2, rel=0.02)
    assert lam[:-1] == pytest.approx(1, abs=0.06)
    assert np.abs(axes[:, -1]) == pytest.approx(1 / np.sqrt(d), rel=0.05)  # all weights up together
    assert np.all(axes[:, -1] > 0) or np.all(axes[:, -1] < 0)


# You may think …


@pytest.mark.parametrize("kappa", [1, 2.68, 1000])
def test_a_run_explodes_when_alpha_lambda_max_passes_2_whatever_kappa_is(kappa):
    hessian, _ = quadratic([1 / kappa, 1.0])
    for alpha, explodes in (1.99, False), (2.01, True):
        path = np.linalg.norm(errors(hessian, alpha, [1.0, 1.0], 8000), axis=1)
        assert (path[-1] > path[-1000]) == explodes


def test_the_two_columns_have_a_kappa_of_2_68(chapter):
    design = np.column_stack([chapter.x, np.ones(50)])
    assert np.linalg.cond(design) ** 2 == pytest.approx(2.68, abs=0.005)


def test_a_step_goes_uphill_exactly_when_the_second_order_term_exceeds_the_first():
    rng = np.random.default_rng(3)
    verdicts = set()
    for seed in range(200):
        hessian, _ = quadratic(rng.uniform(0.1, 50, 4), seed)
        x, alpha = rng.normal(size=4), rng.uniform(0, 0.2)
        g = hessian @ x
        after = x - alpha * g
        uphill = after @ hessian @ after > x @ hessian @ x
        assert uphill == (0.5 * alpha**2 * g @ hessian @ g > alpha * g @ g)
        verdicts.add(bool(uphill))
    assert verdicts == {True, False}


def test_past_the_crossing_a_higher_rate_is_slower():
    best = best_rate([1, 20])
    assert updates([1, 20], best) < updates([1, 20], best * 1.02) < updates([1, 20], best * 1.04)


def test_the_best_fixed_rate_is_never_more_than_twice_one_over_the_largest_curvature():
    """“The best fixed rate is never more than twice $1/\\lambda_{\\max}$.”"""
    rng = np.random.default_rng(6)
    rates = np.linspace(0.02, 3, 400)  # times 1/λmax, found by runs and not by the formula
    for kappa in 1, 2, 10, 100, 1000:
        curvatures = np.append([1.0, kappa], rng.uniform(1, kappa, 3))
        error = np.ones((len(rates), 5))
        for _ in range(60):
            error = error - np.outer(rates, curvatures / kappa) * error
        best = rates[np.abs(error).max(axis=1).argmin()]
        assert 0.98 <= best <= 2


def test_at_kappa_1000_a_tenth_of_the_best_rate_needs_69_thousand_updates():
    assert updates([1, 1000], best_rate([1, 1000]) / 10) == 69_140


# Exercises


def test_exercise_1_curvatures_4_and_100_need_173_updates():
    assert best_rate([4, 100]) == pytest.approx(0.01923, abs=5e-6)
    assert np.abs(1 - best_rate([4, 100]) * np.array([4, 100])) == pytest.approx(0.923, abs=5e-4)
    assert np.log(1e6) / np.log(26 / 24) == pytest.approx(172.6, abs=0.05)
    assert updates([4, 100], best_rate([4, 100])) == 173


def test_exercise_2_curvatures_one_half_and_50_need_691_updates():
    assert best_rate([0.5, 50]) == pytest.approx(0.0396, abs=5e-5)
    assert np.log(1e6) / np.log(101 / 99) == pytest.approx(690.8, abs=0.05)
    assert updates([0.5, 50], best_rate([0.5, 50])) == 691


def test_exercise_3_subtracting_one_half_allows_a_rate_301_times_higher():
    exact = 2 * (np.eye(100) / 12 + np.full((100, 100), 1 / 4))
    lam = np.linalg.eigvalsh(exact)
    assert lam[-1] == pytest.approx(50.17, abs=0.005)
    assert lam[:-1] == pytest.approx(0.167, abs=5e-4)
    assert 2 / lam[-1] == pytest.approx(0.0399, abs=5e-5)
    assert lam[-1] / lam[0] == pytest.approx(301)
    assert (2 / lam[0]) == pytest.approx(12)
    pixels = np.random.default_rng(4).uniform(size=(50_000, 100))
    sample = 2 * pixels.T @ pixels / len(pixels)
    assert np.linalg.eigvalsh(sample)[-1] == pytest.approx(lam[-1], rel=0.01)
    centred = 2 * (pixels - 0.5).T @ (pixels - 0.5) / len(pixels)
    assert np.linalg.eigvalsh(centred) == pytest.approx(2 / 12, rel=0.15)


def test_exercise_3_centring_changes_a_model_without_bias_and_with_one_the_limit_is_1():
    """“Without a bias this also changes the model: it makes other predictions. With a bias the predictions stay
    the same, but the bias has a curvature of its own, 2, so the limit is 1.”"""
    rng = np.random.default_rng(8)
    pixels, target = rng.uniform(size=(4000, 100)), rng.normal(1, 1, size=4000)

    def predictions(design):
        return design @ np.linalg.lstsq(design, target, rcond=None)[0]

    def with_bias(design):
        return np.column_stack([design, np.ones(4000)])

    assert np.abs(predictions(pixels) - predictions(pixels - 0.5)).max() > 0.5
    assert predictions(with_bias(pixels)) == pytest.approx(predictions(with_bias(pixels - 0.5)), abs=1e-9)
    lam, axes = np.linalg.eigh(2 * with_bias(pixels - 0.5).T @ with_bias(pixels - 0.5) / 4000)
    assert lam[-1] == pytest.approx(2, rel=0.01) and 2 / lam[-1] == pytest.approx(1, rel=0.01)
    assert abs(axes[-1, -1]) > 0.98 and lam[-2] < 0.3  # it is the bias's own


# In your own run


def test_with_small_batches_half_the_limit_may_be_too_much():
    """“to $1/\\lambda_{\\max}$, half the limit, and lower if your batches are small”; “With mini-batches the
    squared error, averaged over all possible runs, begins to grow below $2/\\lambda_{\\max}$ already”"""
    rng = np.random.default_rng(9)
    X = rng.normal(size=(200, 10))
    lam = np.linalg.eigvalsh(X.T @ X / 200)[-1]
    for m, alpha in (1, 1 / lam), (16, 1.9 / lam):
        error = np.ones((20_000, 10))
        sizes = [np.mean(error**2)]
        for _ in range(6):
            batch = X[rng.integers(200, size=(20_000, m))]
            error = error - alpha * np.einsum("rmd,rm->rd", batch, np.einsum("rmd,rd->rm", batch, error)) / m
            sizes.append(np.mean(error**2))
        assert sizes[-1] > sizes[-2] > sizes[-3]


@np.errstate(all="ignore")  # above the limit it explodes
def relu_networks_train(alpha, scale, updates=1000):
    """Whether each of five networks comes below half of what predicting the mean costs, full batch, mean of squares."""
    people = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(64, 8))
        y = np.sin(x @ rng.normal(size=(8, 1))) + 0.1 * rng.normal(size=(64, 1))
        first, last = rng.normal(size=(8, 32)) * (2 / 8) ** 0.5, rng.normal(size=(32, 1)) * (2 / 32) ** 0.5
        people.append((x, scale * (y - y.mean()) / y.std(), first, last))
    x, y, A, C = map(np.array, zip(*people, strict=True))
    a, c = np.zeros((5, 1, 32)), np.zeros((5, 1, 1))
    for _ in range(updates):
        h = np.maximum(x @ A + a, 0)
        g = 2 * (h @ C + c - y) / 64
        back = (g @ C.mT) * (h > 0)
        C, c = C - alpha * h.mT @ g, c - alpha * g.sum(axis=1, keepdims=True)
        A, a = A - alpha * x.mT @ back, a - alpha * back.sum(axis=1, keepdims=True)
    return np.mean((np.maximum(x @ A + a, 0) @ C + c - y) ** 2, axis=(1, 2)) < 0.5 * scale**2


@pytest.mark.parametrize(
    "scale, low, high", [(1, 0.12, 0.2), (10, 0.12, 0.15), (100, 0.012, 0.015), (1000, 0.001, 0.002)]
)
def test_targets_count_like_inputs_if_the_model_is_a_network(scale, low, high):
    """“Five small ReLU networks with a mean squared error trained up to rates of 0.12 to 0.2 on targets of spread 1,
    and of 0.12 to 0.15, 0.012 to 0.015 and 0.001 to 0.002 on 10, 100 and 1,000 times those targets.” docs/fixes.md:
    “Standardise the inputs, and centre and scale the targets (they count like inputs: five small ReLU networks needed a
    rate some ten times lower with targets a hundred times as large, and some hundred times lower with a thousand
    times).”"""
    assert relu_networks_train(low, scale).all()
    assert relu_networks_train(0.9 * high, scale).any()
    assert not relu_networks_train(1.25 * high, scale).any()


def test_a_linear_model_has_no_target_in_its_curvature():
    """“A linear model has no target in its curvature.”"""
    rng = np.random.default_rng(10)
    X, y = rng.normal(size=(50, 3)), rng.normal(size=50)

    def slope(w, scale):
        return X.T @ (X @ w - scale * y) / 50

    steep = [[slope(e, scale) - slope(-e, scale) for e in np.eye(3)] for scale in (1, 1000)]
    assert np.array(steep[0]) == pytest.approx(np.array(steep[1]))


def test_exercise_4_perfect_conditioning_does_not_save_the_run():
    for alpha, factor in (0.095, -0.9), (0.105, -1.1):
        path = errors(20 * np.eye(2), alpha, [10.0, 1.0], 12)
        assert path[1:] == pytest.approx(factor * path[:-1])
        assert path[:, 1] == pytest.approx(path[:, 0] / 10)  # straight through the centre
