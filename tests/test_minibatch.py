"""The claims of the chapter on mini-batches, a test a sentence."""

import math

import numpy as np
import pytest

from conftest import axes_of

pytestmark = pytest.mark.xdist_group("minibatch")  # one worker runs the program once


def moments(points, alpha, m, beta=0.0):
    """The matrix that takes E[ss'] to the next, s = (e, v), as the mean of Kronecker products.

    Written without the variance: over pairs of independent points (a, b) of the batch, the
    Hessian of which is a mean, E[HB ⊗ HB] = 1/m E[aa ⊗ aa] + (1 − 1/m) E[aa] ⊗ E[bb].
    """
    d = points.shape[1]
    eye, zero = np.eye(d), np.zeros((d, d))

    def act(hessian, gradient_only=False):
        velocity = np.hstack([hessian, zero if gradient_only else beta * eye])
        error = -alpha * velocity + (0 if gradient_only else np.hstack([eye, zero]))
        return np.vstack([error, velocity])

    mean = sum(np.outer(x, x) for x in points) / len(points)
    drift = act(zero)
    kicks = [act(np.outer(x, x), gradient_only=True) for x in points]
    kick = act(mean, gradient_only=True)
    total = np.kron(drift, drift) + np.kron(drift, kick) + np.kron(kick, drift)
    total += (1 - 1 / m) * np.kron(kick, kick)
    return total + sum(np.kron(one, one) for one in kicks) / len(points) / m


def radius(matrix):
    return np.abs(np.linalg.eigvals(matrix)).max()


def exact_limit(points, m):
    """Without bisection: the mean square shrinks as long as αQ < H ⊗ I + I ⊗ H."""
    n, d = points.shape
    hessian = points.T @ points / n
    first = np.kron(hessian, np.eye(d)) + np.kron(np.eye(d), hessian)
    fourth = np.einsum("ni,nj,nk,nl->ikjl", points, points, points, points).reshape(d * d, d * d) / n
    second = fourth / m + (1 - 1 / m) * np.kron(hessian, hessian)
    values, axes = np.linalg.eigh(first)
    half = axes / np.sqrt(values)
    return 1 / np.linalg.eigvalsh(half.T @ second @ half)[-1]


def errors(points, alpha, m, updates, runs, seed=11):
    """The error w − best after each update, one batch a run, from batch Hessians."""
    rng, d = np.random.default_rng(seed), points.shape[1]
    path = [rng.normal(size=(runs, d))]
    for _ in range(updates):
        batch = points[rng.integers(len(points), size=(runs, m))]
        hessians = np.matmul(batch.transpose(0, 2, 1), batch) / m
        path.append(path[-1] - alpha * np.matmul(hessians, path[-1][:, :, None])[:, :, 0])
    return np.array(path)


def losses_of(chapter, path):
    return 0.5 * np.mean((path @ chapter.X.T) ** 2, axis=-1)


def typical_factor(points, alpha, m, updates=400, runs=100, seed=12):
    """By what an update multiplies the error of a typical run: the mean of the logarithms, on other batches."""
    rng = np.random.default_rng(seed)
    error, logs = rng.normal(size=(runs, points.shape[1])), []
    for update in range(updates):
        batch = points[rng.integers(len(points), size=(runs, m))]
        inner = np.matmul(batch, error[:, :, None])
        error = error - alpha * np.matmul(batch.transpose(0, 2, 1), inner)[:, :, 0] / m
        lengths = np.linalg.norm(error, axis=1, keepdims=True)
        error = error / lengths
        if update >= 50:
            logs.append(np.log(lengths))
    return np.exp(np.mean(logs))


def table_of_runs(chapter):
    """What is printed of each batch size: how many of 20 settled, typical factor, loss at 100 / at 0."""
    lines = [line.split() for line in chapter.printed["train"].splitlines()[1:]]
    return {float(m): (int(settled.removesuffix("/20")), float(t), float(e)) for m, settled, t, e in lines}


def rows(chapter, section, skip):
    """The table printed by the section, a list of numbers a row."""
    lines = chapter.printed[section].splitlines()[skip:]
    return [[float(w.rstrip("%")) for w in line.removeprefix("batch").split()] for line in lines]


# Two questions first


def test_recall_curvature_5_at_three_tenths_halves_the_error_and_quarters_the_loss():
    w = 7.0
    after = w - 0.3 * 5 * w
    assert after / w == pytest.approx(-0.5)
    assert (after / w) ** 2 == pytest.approx(0.25)


def test_recall_curvatures_2_3_and_8_settle_5_percent_below_the_limit():
    lam = np.array([2, 3, 8])
    assert 2 / lam.max() == 0.25
    assert pytest.approx(0.2375) == 0.95 * 0.25
    assert 1 - 0.2375 * lam == pytest.approx([0.525, 0.2875, -0.9])


# The same weights, other data


def test_one_w_fits_all_200_points_exactly(chapter):
    assert chapter.X.shape == (200, 10)
    w = np.linalg.lstsq(chapter.X, chapter.y, rcond=None)[0]
    assert np.abs(chapter.X @ w - chapter.y).max() < 1e-12


def test_half_of_the_losses_are_higher_than_the_one_before_and_nothing_has_moved(chapter):
    assert all(row[4] == pytest.approx(50, abs=1) for row in rows(chapter, "noise", 3))


@pytest.mark.parametrize("m", [1, 4, 16, 64, 256])
def test_the_spread_is_that_of_a_mean_of_m_draws(chapter, m):
    single = chapter.y**2 / np.mean(chapter.y**2)
    printed = next(row for row in rows(chapter, "noise", 3) if row[0] == m)[3]
    assert printed == pytest.approx(single.std() / np.sqrt(m), rel=0.03)


def test_no_batch_of_any_size_can_exceed_the_loss_of_the_worst_point(chapter):
    worst = np.max(chapter.y**2) / np.mean(chapter.y**2)
    assert worst == pytest.approx(7.094, abs=5e-4)
    highest = [row[2] for row in rows(chapter, "noise", 3)]
    assert highest[0] == pytest.approx(worst, abs=5e-4)
    assert np.all(np.diff(highest) < 0)


def test_the_rate_is_5_percent_below_the_limit_of_the_full_batch(chapter):
    assert 2 / np.linalg.eigvalsh(chapter.H)[-1] == pytest.approx(1.3467, abs=5e-5)
    assert 0.95 * chapter.full == pytest.approx(1.2794, abs=5e-5)


def test_at_this_rate_the_average_error_shrinks_and_the_mean_square_grows_twentyfold(chapter):
    factors = 1 - 0.95 * chapter.full * np.linalg.eigvalsh(chapter.H)
    assert np.abs(factors).max() == pytest.approx(0.9)
    assert growth_of_squares(chapter, 1) == pytest.approx(20.444, rel=1e-4)


def growth_of_squares(chapter, m):
    """By carrying S from update to update, without any large matrix."""
    X, alpha, S = chapter.X, 0.95 * chapter.full, np.eye(10)
    for _ in range(300):
        S = S / np.trace(S)
        HS, xSx = chapter.H @ S, np.einsum("ni,ij,nj->n", X, S, X)
        again = (X.T * xSx) @ X / 200 / m + (1 - 1 / m) * HS @ chapter.H
        S = S - alpha * (HS + S @ chapter.H) + alpha**2 * again
    return np.trace(S)


@pytest.mark.parametrize("m", [1, 4, 16, 64, 256])
def test_the_growth_at_95_percent_is_that_of_the_second_moments(chapter, m):
    printed = next(row for row in rows(chapter, "limit", 1) if row[0] == m)[3]
    assert printed == pytest.approx(growth_of_squares(chapter, m), abs=6e-4)


def test_the_growth_is_what_runs_show_on_average(chapter):
    """One update from a known S: the mean of squares over many drawn batches."""
    alpha, m, e = 0.5, 4, np.arange(1.0, 11)
    rng = np.random.default_rng(5)
    batch = chapter.X[rng.integers(200, size=(200_000, m))]
    after = e - alpha * np.einsum("rm,rmd->rd", batch @ e, batch) / m
    A = np.eye(10) - alpha * chapter.H
    T = np.kron(A, A) + alpha**2 * chapter.variance / m
    predicted = (T @ np.outer(e, e).ravel()).reshape(10, 10)
    scale = np.trace(predicted)
    assert np.trace(after.T @ after) / 200_000 == pytest.approx(scale, rel=0.01)
    assert after.T @ after / 200_000 == pytest.approx(predicted, abs=0.005 * scale)


def test_drawn_from_a_half_and_minus_one_and_a_half_the_square_grows_and_a_typical_run_settles():
    """“Then the average of the *squared* error over all possible runs is multiplied by (0.25 + 2.25)/2 = 1.25
    per update: it grows.” “one of each leaves 0.5 · 1.5 = 0.75 of its error: a typical run settles”"""
    every = np.array(np.meshgrid(*[[0.5, -1.5]] * 12)).reshape(12, -1)  # all 4,096 runs of 12 updates
    assert set((every**2).ravel()) == {0.25, 2.25}
    assert np.mean(np.prod(every, axis=0) ** 2) == pytest.approx(1.25**12)
    runs = np.random.default_rng(2).choice([0.5, -1.5], size=(200, 5000)).cumprod(axis=0)
    assert np.median(np.abs(runs[-1])) == pytest.approx(0.75**100, rel=1e-6)
    assert np.mean(np.abs(runs[-1]) < 1) > 0.95
    few = np.sort(np.abs(runs[20]))[::-1] ** 2
    assert few[:250].sum() > 0.9 * few.sum()  # the mean is made by one run in twenty


def test_with_64_and_32_all_runs_settle_and_with_16_4_and_1_they_do_not(chapter):
    """“With 64 and 32” “So at 32 the mean square grows: it is multiplied by `1.196` per
    update. But rare runs make it grow”"""
    settled = {m: row[0] for m, row in table_of_runs(chapter).items()}
    assert settled == {np.inf: 20, 64: 20, 32: 20, 24: 18, 20: 12, 16: 1, 4: 0, 1: 0}
    share = {}
    for m in 64, 32, 24, 20, 16, 4, 1:  # other batches, another start
        loss = losses_of(chapter, errors(chapter.X, 0.95 * chapter.full, m, 100, 100))
        share[m] = np.mean(loss[-1] < loss[0])
    assert share[64] > 0.98 and share[32] > 0.98
    assert 0.8 < share[24] < 1 and 0.3 < share[20] < 0.85
    assert share[16] < 0.15 and share[4] == share[1] == 0


@pytest.mark.parametrize("m, mean_square_shrinks", [(64, True), (32, False)])
def test_at_32_the_mean_square_grows_though_all_runs_settle(chapter, m, mean_square_shrinks):
    assert (growth_of_squares(chapter, m) < 1) == mean_square_shrinks
    assert (exact_limit(chapter.X, m) > 0.95 * chapter.full) == mean_square_shrinks
    assert typical_factor(chapter.X, 0.95 * chapter.full, m) < 0.9


def test_the_typical_limit_passes_this_rate_between_batch_20_and_16(chapter):
    """“Between 20 and 16 lies the batch size whose typical limit is this rate.”"""
    factor = {m: typical_factor(chapter.X, 0.95 * chapter.full, m) for m in (24, 20, 16, 4, 1)}
    assert factor[24] < factor[20] < 1 < factor[16] < factor[4] < factor[1]
    for m, (_, printed, _) in table_of_runs(chapter).items():  # of the loss, so the square
        if m in factor:
            assert (printed < 1) == (factor[m] < 1)
            assert printed == pytest.approx(factor[m] ** 2, rel=0.08)


@pytest.mark.parametrize("m", [1, 4, 16, 64])
def test_the_typical_limit_is_never_the_lower_one(chapter, m):
    """“it is found by running, and it is never the lower one”"""
    assert typical_factor(chapter.X, exact_limit(chapter.X, m), m) < 0.995


def test_for_the_full_batch_both_limits_are_the_same(chapter):
    for part, settles in (0.99, True), (1.01, False):
        loss = chapter.train(part * chapter.full, np.inf, 800, 3)
        assert np.all((loss[-1] < loss[300]) == settles)
    assert exact_limit(chapter.X, 1e12) == pytest.approx(chapter.full)


def test_the_losses_of_the_table_are_those_of_stochastic_descent_on_the_points(chapter):
    rng, w = np.random.default_rng(1), np.zeros((3, 10))
    for step in range(6):
        assert chapter.train(0.3, 4, 5, 3)[step] == pytest.approx(
            [np.mean((chapter.y - chapter.X @ one) ** 2) / np.mean(chapter.y**2) for one in w]
        )
        picked = rng.integers(200, size=(3, 4))
        for run, batch in enumerate(picked):
            gradient = sum((chapter.X[i] @ w[run] - chapter.y[i]) * chapter.X[i] for i in batch) / 4
            w[run] = w[run] - 0.3 * gradient


# What did you see?


def test_at_batch_1_the_loss_passes_a_million_times_its_start_after_8_updates(chapter):
    loss = chapter.curves[1]
    first = [np.flatnonzero(run > 1e6 * run[0])[0] for run in loss.T]
    assert np.median(first) == 8
    assert table_of_runs(chapter)[1][2] == 5.9e84
    assert max(np.max(chapter.curves[m] / chapter.curves[m][0]) for m in (64, np.inf)) < 1e6


def test_at_batch_1_the_loss_grows_by_a_factor_of_about_7_per_update(chapter):
    assert pytest.approx(7, abs=0.1) == 5.9e84 ** (1 / 100)
    loss = losses_of(chapter, errors(chapter.X, 0.95 * chapter.full, 1, 100, 200))
    assert np.exp(np.mean(np.log(loss[-1] / loss[0])) / 100) == pytest.approx(7, abs=0.3)


def test_batch_64_settles_faster_than_the_full_batch_in_typical_runs_only(chapter):
    ratio = {m: np.median(loss[-1] / loss[0]) for m, loss in chapter.curves.items()}
    assert ratio[64] < 1e-3 * ratio[np.inf]
    full, batch = 0.9**2, growth_of_squares(chapter, 64)
    assert full < batch < 1
    assert batch == pytest.approx(0.975, abs=5e-4)
    assert 0.7 * 1.1 < 0.9 * 0.9


def test_most_of_the_runs_of_batch_64_lie_below_the_full_batch(chapter):
    assert np.mean(chapter.curves[64][60] < chapter.curves[np.inf][60]) > 0.5


def test_the_runs_of_batch_1_rise_1_6_times_as_steeply_as_those_of_batch_4(chapter):
    """“those of batch 1 more than one and a half times as steeply”"""
    tilt = {m: np.mean(np.log(chapter.curves[m][-1] / chapter.curves[m][0])) for m in (1, 4)}
    assert tilt[1] / tilt[4] == pytest.approx(1.6, abs=0.05)
    other = {m: np.log(typical_factor(chapter.X, 0.95 * chapter.full, m)) for m in (1, 4)}
    assert other[1] / other[4] == pytest.approx(1.6, abs=0.06)


# Why: the square keeps the scatter


@pytest.mark.parametrize("m", [1, 2, 3])
def test_the_mean_of_the_square_is_the_square_of_the_mean_plus_the_variance(m):
    curvatures, alpha = np.array([1.0, 2.0, 7.0, 10.0]), 0.21
    batches = np.array(np.meshgrid(*[curvatures] * m)).reshape(m, -1).mean(axis=0)  # all of them
    predicted = (1 - alpha * 5) ** 2 + alpha**2 * curvatures.var() / m
    assert np.mean((1 - alpha * batches) ** 2) == pytest.approx(predicted)
    limit = 2 * 5 / (5**2 + curvatures.var() / m)
    for alpha, shrinks in (0.999 * limit, True), (1.001 * limit, False):
        assert (np.mean((1 - alpha * batches) ** 2) < 1) == shrinks


def test_if_the_variance_is_large_the_limit_grows_nearly_in_proportion_to_m():
    """“For large $m$ this limit is $2/\\lambda$. For small $m$, if Var is large, it grows nearly in proportion
    to $m$.”"""

    def limit(m, share):
        """Where the mean square begins to grow, over all batches: a share of the points has a curvature."""
        heads = np.arange(m + 1)
        ways = np.array([math.comb(m, k) * share**k * (1 - share) ** (m - k) for k in heads])
        low, high = 0.0, 2.0
        while high - low > 1e-12:
            alpha = (low + high) / 2
            grows = ways @ (1 - alpha * heads / m / share) ** 2 > 1  # the mean curvature is 1
            low, high = (low, alpha) if grows else (alpha, high)
        return low

    assert limit(4, 0.001) / limit(1, 0.001) == pytest.approx(4, rel=0.01)
    assert limit(4, 0.5) / limit(1, 0.5) < 2  # if Var is not large, it does not
    assert limit(1000, 0.5) == pytest.approx(2, rel=0.002)


def test_the_largest_eigenvalue_of_t_is_also_the_largest_in_size(chapter):
    for m, alpha in (1, 0.2), (16, 1.1), (64, 1.3), (256, 1.34):
        A = np.eye(10) - alpha * chapter.H
        values = np.linalg.eigvalsh(np.kron(A, A) + alpha**2 * chapter.variance / m)
        assert np.abs(values).max() == pytest.approx(chapter.growth(alpha, m))


@pytest.mark.parametrize("m", 2 ** np.arange(9))
def test_bisection_finds_the_limit_that_a_formula_gives(chapter, m):
    _, printed, part, _ = next(row for row in rows(chapter, "limit", 1) if row[0] == m)
    assert printed == pytest.approx(exact_limit(chapter.X, m), abs=6e-5)
    assert part == pytest.approx(exact_limit(chapter.X, m) / chapter.full, abs=6e-4)


def test_at_batch_1_the_limit_is_about_an_eighth_of_the_full_batch_s(chapter):
    assert exact_limit(chapter.X, 1) / chapter.full == pytest.approx(1 / 8, rel=0.03)


def test_at_batch_64_the_noise_lowers_the_mean_square_limit_by_4_4_percent_and_at_256_by_one(chapter):
    assert 1 - exact_limit(chapter.X, 64) / chapter.full == pytest.approx(0.044, abs=5e-4)
    assert 1 - exact_limit(chapter.X, 256) / chapter.full == pytest.approx(0.01, abs=5e-4)


def test_doubling_the_batch_multiplies_the_limit_by_1_83_then_1_71_and_in_the_end_1_01(chapter):
    at = {m: exact_limit(chapter.X, m) for m in (1, 2, 4, 128, 256)}
    assert at[2] / at[1] == pytest.approx(1.83, abs=0.005)
    assert at[4] / at[2] == pytest.approx(1.71, abs=0.005)
    assert at[256] / at[128] == pytest.approx(1.01, abs=0.005)


# Enough, without the matrix


def test_the_loss_of_one_point_has_the_curvature_of_its_squared_length_and_none_elsewhere(chapter):
    for x in chapter.X[:5]:
        values = np.linalg.eigvalsh(np.outer(x, x))
        assert values[-1] == pytest.approx(np.linalg.norm(x) ** 2)
        assert values[:-1] == pytest.approx(0, abs=1e-12)
    assert max(np.linalg.norm(x) ** 2 for x in chapter.X) == pytest.approx(26.979, abs=5e-4)


@pytest.mark.parametrize("m", [1, 2, 5])
def test_the_mean_square_of_the_batch_hessian_has_two_parts_and_a_bound(m):
    points = np.random.default_rng(8).normal(size=(4, 3))
    every = np.array(np.meshgrid(*[range(4)] * m)).reshape(m, -1).T  # each batch there is
    hessians = [points[list(batch)].T @ points[list(batch)] / m for batch in every]
    mean = sum(h @ h for h in hessians) / len(hessians)
    lengths, H = np.sum(points**2, axis=1), points.T @ points / 4
    parts = (points.T * lengths) @ points / 4 / m + (1 - 1 / m) * H @ H
    assert mean == pytest.approx(parts)
    bound = (lengths.max() + (m - 1) * np.linalg.eigvalsh(H)[-1]) / m * H
    assert np.linalg.eigvalsh(bound - mean).min() > -1e-12
    alpha = 0.999 * 2 * m / (lengths.max() + (m - 1) * np.linalg.eigvalsh(H)[-1])
    for e in np.random.default_rng(9).normal(size=(50, 3)):
        assert np.mean([np.sum((e - alpha * h @ e) ** 2) for h in hessians]) < e @ e


def test_the_bound_lies_below_the_exact_limit_at_every_size(chapter):
    bound = enough(chapter, 2 ** np.arange(11))
    exact = np.array([exact_limit(chapter.X, m) for m in 2 ** np.arange(11)])
    assert np.all(bound < exact) and np.all(exact < chapter.full)
    assert 0.4 < bound[0] / exact[0] < 0.5
    assert bound[-1] / exact[-1] > 0.98


@pytest.mark.parametrize("m", [1, 4, 16, 64, 1000])
def test_no_batch_lifts_the_mean_square_limit_above_that_of_the_full_batch(chapter, m):
    """“above it the full batch explodes, and at every batch size the mean square grows”"""
    assert exact_limit(chapter.X, m) < chapter.full
    assert chapter.growth(1.001 * chapter.full, m) > 1


def test_a_typical_run_of_batch_64_bears_a_rate_above_the_full_batch_s_limit(chapter):
    """“At 1.02 times the full batch's limit, in 300 updates of this program, the full batch settles in 0 of 20
    runs, batch 128 in 13 and batch 64 in all 20; the typical limit of batch 64 is about 5 % above
    $2/\\lambda_{\\max}$.” “the mean square is multiplied by 1.27 per update there, and of 200 runs 3 ended above
    their start”"""
    ends = {m: chapter.train(1.02 * chapter.full, m, 300, 20)[-1] for m in (np.inf, 128, 64)}
    assert [int(np.sum(end < 1)) for end in ends.values()] == [0, 13, 20]
    assert np.sum(chapter.train(1.02 * chapter.full, 64, 300, 200)[-1] > 1) == 3
    assert chapter.growth(1.02 * chapter.full, 64) == pytest.approx(1.27, abs=0.005)
    for above, settles in (5 - 1.5, True), (5 + 1.5, False):
        assert (typical_factor(chapter.X, (1 + above / 100) * chapter.full, 64) < 1) == settles


def enough(chapter, m):
    longest = max(x @ x for x in chapter.X)
    return 2 * m / (longest + (m - 1) * np.linalg.eigvalsh(chapter.H)[-1])


def test_the_bound_is_two_over_lmax_at_1_and_two_over_lambda_max_for_large_batches(chapter):
    assert enough(chapter, 1) == pytest.approx(2 / chapter.top)
    assert enough(chapter, 1e9) == pytest.approx(chapter.full)


def test_at_the_knee_both_parts_below_the_line_are_equal(chapter):
    knee = chapter.top / chapter.lam + 1
    assert knee == pytest.approx(19.2, abs=0.05)
    assert chapter.top == pytest.approx((knee - 1) * chapter.lam)


def test_the_figure_draws_limit_bound_knee_and_the_runs_where_they_belong(chapter):
    (axes,) = axes_of(chapter, "reach")
    lines = {line.get_label().split(",")[0]: line for line in axes.lines}
    m, exact = lines["mean-square limit"].get_data()
    assert list(m) == list(2 ** np.arange(11))
    assert exact == pytest.approx([exact_limit(chapter.X, size) for size in m], abs=1e-5)
    assert lines["enough"].get_ydata() == pytest.approx(enough(chapter, m))
    assert lines["full batch"].get_ydata() == pytest.approx([chapter.full] * 2)
    assert lines["full batch"].get_linestyle() == "--" and lines["full batch"].get_color() == "gray"
    assert lines["knee m*"].get_xdata() == pytest.approx([19.17] * 2, abs=0.005)
    runs = table_of_runs(chapter)
    for label, settled in ("exploded above", False), ("settled above", True):
        for size, rate in lines[label].get_xydata():
            assert rate == pytest.approx(0.95 * chapter.full)
            assert (runs[size][0] == 20) == settled and (runs[size][0] <= 1) != settled
    above = {size: exact_limit(chapter.X, size) < 0.95 * chapter.full for size in (1, 4, 16, 32, 64)}
    assert above == {1: True, 4: True, 16: True, 32: True, 64: False}
    assert [round(tick, 2) for tick in axes.get_yticks()] == [0.07, 0.16, 0.3, 0.6, 1, 1.35]
    ticks = [label.get_text() for label in axes.get_yticklabels()]
    assert {"0.16", "1.35"} <= set(ticks)  # the two limits of the text can be read off


# A run is not the average of all runs


def typical(chapter, part, runs=400, updates=1200):
    path = errors(chapter.X, part * exact_limit(chapter.X, 1), 1, updates, runs)
    logs = np.log(losses_of(chapter, path[[100, updates]]))
    return np.exp(np.mean(logs[1] - logs[0]) / (updates - 100))


@pytest.mark.parametrize("part", [0.9, 1.05, 1.2, 1.5])
def test_the_typical_growth_is_that_of_other_runs_too(chapter, part):
    printed = next(row for row in rows(chapter, "single", 1) if row[0] == part)
    assert printed[2] == pytest.approx(typical(chapter, part), abs=0.003)
    assert printed[1] > printed[2]


def test_between_the_two_limits_the_mean_grows_and_the_typical_run_shrinks(chapter):
    _, mean, usual, ever, below = next(row for row in rows(chapter, "single", 1) if row[0] == 1.05)
    assert mean > 1 > usual
    assert below > 90 and 4 < ever < 13


def test_the_limit_of_the_typical_run_is_about_9_percent_higher(chapter):
    assert typical(chapter, 1.075) < 1 < typical(chapter, 1.105)


# Momentum


@pytest.mark.parametrize("m", [1, 4, 16, 64, 256])
def test_the_table_of_momentum_is_where_the_second_moments_begin_to_grow(chapter, m):
    points = chapter.X[:, :3]
    sharpest = np.linalg.eigvalsh(points.T @ points / 200)[-1]
    at = next(row for row in rows(chapter, "momentum", 1) if row[0] == m)[1:]
    for beta, product in zip((0, 0.5, 0.9), at, strict=True):
        assert radius(moments(points, (product - 0.001) / sharpest, m, beta)) < 1
        assert radius(moments(points, (product + 0.001) / sharpest, m, beta)) > 1


def test_for_the_full_batch_momentum_has_its_known_limit(chapter):
    at = rows(chapter, "momentum", 1)[-1]
    assert at[1:] == pytest.approx([2 * (1 + beta) for beta in (0, 0.5, 0.9)], abs=1e-3)


def test_momentum_divides_the_limit_by_eight_at_batch_1_and_raises_it_at_256(chapter):
    at = {row[0]: row[1:] for row in rows(chapter, "momentum", 1)}
    assert at[1][0] / at[1][2] == pytest.approx(8, abs=0.1)
    assert at[1][1] / at[1][0] == pytest.approx(0.5, abs=0.1)
    assert at[256][2] > 1.5 * at[256][0]
    assert at[64][2] == pytest.approx(at[64][0], rel=0.01)


def test_at_batch_1_what_stays_roughly_the_same_is_alpha_over_one_minus_beta(chapter):
    limits = [chapter.limit(chapter.with_momentum(beta), 1) / (1 - beta) for beta in (0, 0.5, 0.9)]
    assert limits == pytest.approx([0.455, 0.529, 0.568], abs=6e-4)


def test_a_gradient_acts_in_the_end_with_the_rate_alpha_over_one_minus_beta():
    w, v = 0.0, 1.0  # one gradient of 1, and none after it
    for _ in range(500):
        w, v = w - 0.01 * v, 0.9 * v
    assert w == pytest.approx(-0.01 / (1 - 0.9))


# Exercises


def two_points(low, high, m):
    """The largest rate at which the mean square shrinks, from all batches there are."""
    heads = np.arange(m + 1)
    ways = np.array([math.comb(m, k) for k in heads])
    curvature = (heads * high + (m - heads) * low) / m
    mean, square = ways @ curvature / ways.sum(), ways @ curvature**2 / ways.sum()
    return 2 * mean / square


def test_exercise_1_curvatures_1_and_9():
    assert two_points(1, 9, 1) == pytest.approx(0.244, abs=5e-4)
    assert two_points(1, 9, 4) == pytest.approx(0.345, abs=5e-4)
    assert two_points(1, 9, 1) == pytest.approx(10 / (25 + 16))
    assert np.var([1, 9]) == 16


def test_exercise_2_nine_points_reach_90_percent():
    assert np.var([0, 20]) == 100
    assert two_points(0, 20, 1) == pytest.approx(0.1)
    assert two_points(0, 20, 9) == pytest.approx(0.9 * 0.2)
    assert two_points(0, 20, 8) < 0.18
    assert pytest.approx(1 + 1 / 9) == 0.2 / 0.18


def test_exercise_3_the_mean_square_grows_and_the_typical_run_settles():
    factors = 1 - np.array([0.9, 2.6])
    assert factors == pytest.approx([0.1, -1.6])
    assert factors.mean() == pytest.approx(-0.75)
    assert np.mean(factors**2) == pytest.approx(1.285)
    assert pytest.approx(151, abs=0.5) == 1.285**20
    runs = np.random.default_rng(6).choice(np.abs(factors), size=(20_000, 100)).prod(axis=1)
    assert np.mean(runs < 1) > 0.99
    assert np.median(runs) < 0.75**100
    assert abs(factors.prod()) == pytest.approx(0.16) and 0.16 < 0.75**2


def test_exercise_4_one_point_ten_times_longer_lowers_the_limit_of_batch_1_34_times(chapter):
    points = chapter.X.copy()
    points[0] *= 10
    assert points[0] @ points[0] == pytest.approx(556.6, abs=0.05)
    assert 2 / np.linalg.eigvalsh(points.T @ points / 200)[-1] == pytest.approx(0.532, abs=5e-4)
    assert exact_limit(points, 1) == pytest.approx(0.0048, abs=5e-5)
    assert exact_limit(chapter.X, 1) / exact_limit(points, 1) == pytest.approx(34, abs=0.5)
    assert exact_limit(chapter.X, 1) == pytest.approx(0.164, abs=5e-4)
    assert chapter.full == pytest.approx(1.347, abs=5e-4)


# In your own run


def test_a_rate_lowered_in_proportion_to_the_batch_is_always_enough(chapter):
    for seed in range(4):
        points = np.random.default_rng(seed).standard_t(3, size=(60, 4)) if seed else chapter.X
        for m in (2, 4, 16, 64):
            assert exact_limit(points, m) / 2 < exact_limit(points, m // 2)


def test_at_nine_tenths_of_the_limit_three_updates_in_ten_raise_the_loss_and_every_run_settles(chapter):
    """“on these 200 points, at 0.9 of the mean-square limit of batch 1, every run settled, and yet three updates
    in ten raised the loss of all points”"""
    loss = losses_of(chapter, errors(chapter.X, 0.9 * exact_limit(chapter.X, 1), 1, 500, 200))
    assert np.mean(np.diff(loss, axis=0) > 0) == pytest.approx(0.3, abs=0.02)
    assert np.all(loss[-1] < loss[0])


def floor_of(chapter, alpha, m):
    """How high above its floor the loss hovers when no w fits all points."""
    rng = np.random.default_rng(3)
    y = chapter.X @ chapter.best + rng.normal(size=200)
    best = np.linalg.lstsq(chapter.X, y, rcond=None)[0]
    w, seen = np.tile(best, (300, 1)), []
    for t in range(900):
        picked = rng.integers(200, size=(300, m))
        residuals = np.einsum("rmd,rd->rm", chapter.X[picked], w) - y[picked]
        w = w - alpha * np.mean(residuals[:, :, None] * chapter.X[picked], axis=1)
        if t >= 300:
            seen.append(0.5 * np.mean(((w - best) @ chapter.X.T) ** 2))
    return np.mean(seen)


def test_without_an_exact_fit_the_run_hovers_at_a_height_that_depends_on_alpha_over_m(chapter):
    low, high = floor_of(chapter, 0.02, 1), floor_of(chapter, 0.08, 1)
    assert low > 0.01 and high > 3 * low
    assert floor_of(chapter, 0.04, 2) == pytest.approx(low, rel=0.06)
    assert floor_of(chapter, 0.08, 4) == pytest.approx(low, rel=0.06)


def test_mini_batches_lower_the_limit_so_lambda_max_may_be_below_2000():
    curvatures = np.array([100.0, 3000.0])  # of single points, so λ is 1550
    assert curvatures.mean() < 2000
    assert 1e-4 < 2 * curvatures.mean() / np.mean(curvatures**2) < 1e-3 < 2 / curvatures.mean()
