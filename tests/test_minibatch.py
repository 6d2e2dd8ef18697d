"""The claims of the chapter on mini-batches, a test a sentence."""

import ast
import itertools
import json
import math
import os
import shutil
import subprocess

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from conftest import ROOT, SNIPPETS, axes_of
from proven import of_a_chapter, reads
from weave.program import sections

pytestmark = [pytest.mark.xdist_group("minibatch"), of_a_chapter()]  # one worker runs the program once
of_the_live_figure = reads("docs/assets/interactive/models/*")


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
    pairs = np.einsum("ni,nj->nij", points, points).reshape(n, d * d)
    fourth = pairs.T @ pairs / n  # the order of its four letters does not matter
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
    """“Each update multiplies the error by 1 − 1.5 = −0.5 and the loss above its floor by 0.25. The run jumps
    across and settles.”"""
    for w in 7.0, -0.2, 1e3:
        after = w - 0.3 * 5 * w
        assert after / w == pytest.approx(1 - 1.5) == pytest.approx(-0.5)  # across, and nearer
        assert (5 / 2 * after**2) / (5 / 2 * w**2) == pytest.approx(0.25)


def test_recall_curvatures_2_3_and_8_settle_5_percent_below_the_limit():
    """“From *Conditioning*: a quadratic has the curvatures 2, 3 and 8. Does full-batch descent settle at a
    rate 5 % below its limit?” – “Yes. The limit is 2/8 = 0.25 and the rate 0.2375. The three factors are
    0.525, 0.2875 and −0.9, and all lie between −1 and 1.”"""
    lam = np.array([2, 3, 8])
    assert 2 / lam.max() == 2 / 8 == 0.25
    assert pytest.approx(0.2375) == (1 - 5 / 100) * 0.25
    error = np.array([3.0, -1.0, 2.0])
    after = error - 0.2375 * lam * error
    assert after / error == pytest.approx([0.525, 0.2875, -0.9]) and np.all(np.abs(after / error) < 1)
    for _ in range(300):
        error = error - 0.2375 * lam * error
    assert np.abs(error).max() < 1e-12


# The same weights, other data


def test_one_w_fits_all_200_points_exactly(chapter):
    """“Here are 200 points with 10 inputs each, and half the mean squared error as loss. One $w$ fits all
    points exactly.”
    snippets/minibatch.py: “so one w fits all 200 points exactly” “the Hessian of half the mean squared
    error”"""
    assert chapter.X.shape == (200, 10)
    rng = np.random.default_rng(4)
    w, d = rng.normal(size=10), rng.normal(size=10)

    def loss(w):
        return 0.5 * np.mean((chapter.X @ w - chapter.y) ** 2)

    bend = (loss(w + 0.1 * d) - 2 * loss(w) + loss(w - 0.1 * d)) / 0.1**2
    assert bend == pytest.approx(d @ chapter.H @ d)
    assert np.linalg.matrix_rank(chapter.X) == 10  # and no other does
    w = np.linalg.lstsq(chapter.X, chapter.y, rcond=None)[0]
    assert np.abs(chapter.X @ w - chapter.y).max() < 1e-12


def test_half_of_the_losses_are_higher_than_the_one_before_and_nothing_has_moved(chapter):
    """“The first program makes no update: $w$ stays at 0, and only the batch changes.” – “Half of the losses
    are higher than the one before, and nothing has moved. This is noise.” – “From thousands to a trillion
    is a factor of a billion, and noise of this size cannot do that.” – “Noise goes up and down around a
    level.” “Same weights, other data: the loss moves and nothing explodes”"""
    assert all(row[4] == pytest.approx(50, abs=1) for row in rows(chapter, "noise", 3))
    code = next(part.code for part in sections(SNIPPETS / "minibatch.py") if part.name == "noise")
    set_ = [node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)]
    assert "w" not in set_  # no weight is ever changed: that of the losses is 0
    rng = np.random.default_rng(0)
    X, best = rng.normal(size=(200, 10)), rng.normal(size=10)
    each = 0.5 * (X @ np.zeros(10) - X @ best) ** 2
    for m, lowest, highest, spread, rises in rows(chapter, "noise", 3):
        picked = rng.integers(200, size=(10_000, int(m)))
        seen = np.mean(each[picked], axis=1) / each.mean()
        assert [seen.min(), seen.max(), seen.std()] == pytest.approx([lowest, highest, spread], abs=6e-4)
        assert 100 * np.mean(np.diff(seen) > 0) == pytest.approx(rises, abs=0.06)
        assert seen[:5000].mean() == pytest.approx(seen[5000:].mean(), abs=0.06)  # around a level
        assert seen.max() / seen.min() < 1e12 / 1e3 == 1e9


@pytest.mark.parametrize("m", [1, 4, 16, 64, 256])
def test_the_spread_is_that_of_a_mean_of_m_draws(chapter, m):
    """“Its size is the column *spread*, as a share of the loss of all points: `1.259` for single points, and
    half as much for a batch four times larger.” – “Other data at fixed weights are noise: a spread of
    `1.259` at batch 1, `0.079` at batch 256, and no growth.”"""
    single = chapter.y**2 / np.mean(chapter.y**2)
    printed = next(row for row in rows(chapter, "noise", 3) if row[0] == m)[3]
    assert printed == pytest.approx(single.std() / np.sqrt(m), rel=0.03)
    four = [row[3] for row in rows(chapter, "noise", 3)]
    assert four[0] == 1.259 and np.divide(four[1:], four[:-1]) == pytest.approx([0.5] * 4, abs=0.015)


def test_no_batch_of_any_size_can_exceed_the_loss_of_the_worst_point(chapter):
    """“But even the highest of 10,000 losses is only `7.094` times the loss of all points.” – “Other data
    alone move the loss by a factor of a few, here at most `7.094`, and back again.”"""
    worst = np.max(chapter.y**2) / np.mean(chapter.y**2)
    assert worst == pytest.approx(7.094, abs=5e-4)
    highest = [row[2] for row in rows(chapter, "noise", 3)]
    assert highest[0] == pytest.approx(worst, abs=5e-4)
    single = np.random.default_rng(6).choice(chapter.y, size=10_000) ** 2 / np.mean(chapter.y**2)
    assert (
        single.max() == pytest.approx(worst) and single[:100].max() > 3 and single[-100:].min() < 1
    )  # and back
    assert np.all(np.diff(highest) < 0)


def test_the_rate_is_5_percent_below_the_limit_of_the_full_batch(chapter):
    """“One rate, 5 % below the limit of the full batch.” – “Other data at each step lower the mean-square
    limit, at batch 1 from `1.3467` to `0.1642`; a typical run can bear more.” – “So at each batch size the
    rate has two limits.”
    snippets/minibatch.py: “the limit of the full batch”"""
    assert 2 / np.linalg.eigvalsh(chapter.H)[-1] == pytest.approx(1.3467, abs=5e-5)
    assert 0.95 * chapter.full == pytest.approx(1.2794, abs=5e-5)
    code = next(part.code for part in sections(SNIPPETS / "minibatch.py") if part.name == "train")
    assert (
        "part, sizes = 0.95, " in code and "train(part * full, m, 100, 20)" in code and 100 * 0.95 == 100 - 5
    )
    for m in 1, 4, 16:  # two limits: between them the mean grows and a typical run settles
        rate = 1.04 * exact_limit(chapter.X, m)
        assert chapter.growth(rate, m) > 1 > typical_factor(chapter.X, rate, m)
    assert exact_limit(chapter.X, 1) == pytest.approx(0.1642, abs=5e-5)


def test_at_this_rate_the_average_error_shrinks_and_the_mean_square_grows_twentyfold(chapter):
    """“The data of an update are drawn at random, so the factor by which it multiplies the error is too.” –
    “On average it is, and the *average* error does shrink. But the errors of single runs scatter around it:
    at batch 1 their mean square is multiplied by `20.444` per update, and the loss of a typical run by
    `7.145`.” – “At batch 1 and 95 % of the full batch's limit the mean error shrinks, and the mean square
    is multiplied by `20.444` per update.”"""
    factors = 1 - 0.95 * chapter.full * np.linalg.eigvalsh(chapter.H)
    assert np.abs(factors).max() == pytest.approx(0.9)
    rng = np.random.default_rng(3)
    error = rng.normal(size=10)
    batch = chapter.X[rng.integers(200, size=400_000)]  # an update of each single point, from the same error
    after = error - 0.95 * chapter.full * (batch @ error)[:, None] * batch
    step = error - 0.95 * chapter.full * chapter.H @ error
    assert after.mean(axis=0) == pytest.approx(step, abs=0.15)
    assert len({round(one, 9) for one in np.linalg.norm(after[:20], axis=1)}) > 15  # each has its own factor
    assert table_of_runs(chapter)[1][1] == 7.145
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
    """“, and the factor of the mean square per update at 95 % of the full batch's limit.”
    snippets/minibatch.py: “factor of the mean square error, per update”"""
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


@pytest.mark.parametrize("m", [1, 2, 4])
def test_one_update_makes_of_the_matrix_of_squares_what_all_batches_make_on_average(m):
    r"""“The mean square error of ten weights is itself a matrix, $S = \mathrm{E}[ee^\top]$. With $A = I - \alpha H$ one
    update makes of it \begin{aligned} &S \;\leftarrow\; A\,S\,A \\ &+ \frac{\alpha^2}{m}\left(\mathrm{E}\left[xx^\top
    S\,xx^\top\right] - HSH\right). \end{aligned}”"""
    rng = np.random.default_rng(m)
    points, starts = rng.normal(size=(5, 3)), rng.normal(size=(7, 3))
    S, H, alpha = starts.T @ starts / 7, points.T @ points / 5, 0.4
    after = []
    for picked in itertools.product(range(5), repeat=m):  # each batch there is, from each start
        batch = points[list(picked)]
        step = starts - alpha * (starts @ batch.T) @ batch / m
        after.append(step.T @ step / 7)
    A = np.eye(3) - alpha * H
    kick = np.mean([np.outer(x, x) @ S @ np.outer(x, x) for x in points], axis=0) - H @ S @ H
    assert np.mean(after, axis=0) == pytest.approx(A @ S @ A + alpha**2 / m * kick)


def test_drawn_from_a_half_and_minus_one_and_a_half_the_square_grows_and_a_typical_run_settles():
    """“Then the average of the *squared* error over all possible runs is multiplied by (0.25 + 2.25)/2 = 1.25
    per update: it grows. But a single run draws each factor about equally often, and one of each leaves 0.5
    · 1.5 = 0.75 of its error: a typical run settles. The average grows all the same, through the few runs
    that draw −1.5 far too often.”"""
    every = np.array(np.meshgrid(*[[0.5, -1.5]] * 12)).reshape(12, -1)  # all 4,096 runs of 12 updates
    assert set((every**2).ravel()) == {0.25, 2.25}
    assert np.mean(np.prod(every, axis=0) ** 2) == pytest.approx(1.25**12)
    runs = np.random.default_rng(2).choice([0.5, -1.5], size=(200, 5000)).cumprod(axis=0)
    assert np.median(np.abs(runs[-1])) == pytest.approx(0.75**100, rel=1e-6)
    assert np.mean(np.abs(runs[-1]) < 1) > 0.95
    drawn = np.random.default_rng(2).choice([0.5, -1.5], size=(200, 5000))
    assert np.quantile(np.mean(drawn < 0, axis=0), [0.1, 0.9]) == pytest.approx([0.5, 0.5], abs=0.05)
    few = np.argsort(np.abs(runs[20]))[::-1]
    squares = runs[20] ** 2
    assert squares[few[:250]].sum() > 0.9 * squares.sum()  # the mean is made by one run in twenty
    assert np.all(np.mean(drawn[:21, few[:250]] < 0, axis=0) > 0.6)  # they drew −1.5 too often


def test_with_64_and_32_all_runs_settle_and_with_16_4_and_1_they_do_not(chapter):
    """“With which of the batch sizes 64, 32, 16, 4 and 1 do all 20 runs settle?” – “At batch 16 the loss of a
    typical run is multiplied by `1.170` per update. With 64 and 32 Yes. There the loss of a typical run is
    multiplied by `0.641` and `0.737` per update. At 24 and 20 it still shrinks, but so slowly that not
    every run has settled after 100 updates.” – “So at 32 the mean square grows: it is multiplied by `1.196`
    per update. But rare runs make it grow, and these 20 settle.”
    “With all the data at each update the rate is safe.” “All runs settle at 64 and 32, none at 4 and 1”"""
    settled = {m: row[0] for m, row in table_of_runs(chapter).items()}
    assert settled == {np.inf: 20, 64: 20, 32: 20, 24: 18, 20: 12, 16: 1, 4: 0, 1: 0}
    share = {}
    for m in 64, 32, 24, 20, 16, 4, 1:  # other batches, another start
        loss = losses_of(chapter, errors(chapter.X, 0.95 * chapter.full, m, 100, 100))
        share[m] = np.mean(loss[-1] < loss[0])
    assert share[64] > 0.98 and share[32] > 0.98
    assert 0.8 < share[24] < 1 and 0.3 < share[20] < 0.85
    assert share[16] < 0.15 and share[4] == share[1] == 0
    printed = {m: row[1] for m, row in table_of_runs(chapter).items()}
    assert [printed[64], printed[32], printed[16]] == [0.641, 0.737, 1.170]
    assert printed[32] < printed[24] < printed[20] < 1 and chapter.curves[24].shape == (100 + 1, 20)
    path = errors(chapter.X, 0.95 * chapter.full, 32, 60, 1500)
    squares = np.sort(np.sum(path**2, axis=-1), axis=-1)[:, ::-1]
    assert squares[60, :15].sum() > 0.99 * squares[60].sum() > squares[0].sum()  # one run in a hundred


@pytest.mark.parametrize("m, mean_square_shrinks", [(64, True), (32, False)])
def test_at_32_the_mean_square_grows_though_all_runs_settle(chapter, m, mean_square_shrinks):
    """“Only with 64: its mean-square limit alone is above this rate It is: at batch 64 that limit is `0.956`
    of the full batch's, at 32 only `0.901`.”"""
    assert (growth_of_squares(chapter, m) < 1) == mean_square_shrinks
    assert (exact_limit(chapter.X, m) > 0.95 * chapter.full) == mean_square_shrinks
    assert typical_factor(chapter.X, 0.95 * chapter.full, m) < 0.9
    rate = [exact_limit(chapter.X, size) / chapter.full for size in (64, 32)]
    assert rate == pytest.approx([0.956, 0.901], abs=6e-4)


def test_the_typical_limit_passes_this_rate_between_batch_20_and_16(chapter):
    """“Between 20 and 16 lies the batch size whose typical limit is this rate.”"""
    factor = {m: typical_factor(chapter.X, 0.95 * chapter.full, m) for m in (24, 20, 16, 4, 1)}
    assert factor[24] < factor[20] < 1 < factor[16] < factor[4] < factor[1]
    for m, (_, printed, _) in table_of_runs(chapter).items():  # of the loss, so the square
        if m in factor:
            assert (printed < 1) == (factor[m] < 1)
            assert printed == pytest.approx(factor[m] ** 2, rel=0.08)


def test_sixteen_points_determine_w_but_have_other_curvatures(chapter):
    """“With 64, 32 and 16: a batch of 16 has more points than there are weights So many points determine $w$, but
    their curvatures are not yet those of all points.”"""
    rng = np.random.default_rng(0)
    assert len(chapter.best) == 10 < 16
    worst = {}
    for m in 16, 32, 64:
        batches = [chapter.X[rng.integers(200, size=m)] for _ in range(50)]
        assert all(np.linalg.matrix_rank(batch) == 10 for batch in batches)
        for batch in batches[:5]:
            assert np.linalg.lstsq(batch, batch @ chapter.best)[0] == pytest.approx(chapter.best)
        worst[m] = np.mean([np.linalg.eigvalsh(batch.T @ batch / m)[-1] for batch in batches]) / chapter.lam
    assert worst[16] > 1.6 and worst[16] > worst[32] > worst[64] > 1


def test_the_table_of_runs_is_counted_as_its_words_say(chapter):
    """“(`inf` stands for the full batch. *Typical* is the factor of the loss per update, averaged over its logarithms
    after update 20; the last column is the loss after 100 updates over the loss at the start, the median of 20
    runs.)”
    snippets/minibatch.py: “inf: full batch”"""
    assert list(table_of_runs(chapter)) == [np.inf, 64, 32, 24, 20, 16, 4, 1]
    full = chapter.train(0.95 * chapter.full, np.inf, 100, 2)
    for run in (full[:, 1], chapter.curves[np.inf][:, 7]):  # with all points every run is the same
        assert full[:, 0] == pytest.approx(run)
    for m, (settled, typical, end) in table_of_runs(chapter).items():
        curves = chapter.curves[m]
        assert curves.shape == (100 + 1, 20) and settled == np.sum(curves[100] < curves[0])
        factors = np.diff(np.log(curves[20:]), axis=0)
        assert typical == pytest.approx(np.exp(factors.mean()), abs=6e-4)
        assert end == pytest.approx(np.median(curves[100] / curves[0]), rel=0.06)


@pytest.mark.parametrize("m", [1, 4, 16, 64])
def test_the_typical_limit_is_never_the_lower_one(chapter, m):
    """“Below the **typical limit** almost every run settles in the end; it is found by running, and it is
    never the lower one.”"""
    rate = exact_limit(chapter.X, m)
    assert typical_factor(chapter.X, rate, m) < 0.995
    path = errors(chapter.X, rate, m, 1500 if m == 1 else 400, 40)
    loss = losses_of(chapter, path[[0, -1]])
    assert np.mean(loss[1] < loss[0]) > 0.94  # almost every run settles


def test_for_the_full_batch_both_limits_are_the_same(chapter):
    r"""“For the full batch, where nothing is drawn, both are $2/\lambda_{\max}$.”"""
    for part, settles in (0.99, True), (1.01, False):
        loss = chapter.train(part * chapter.full, np.inf, 800, 3)
        assert np.all((loss[-1] < loss[300]) == settles)
    assert exact_limit(chapter.X, 1e12) == pytest.approx(2 / np.linalg.eigvalsh(chapter.H)[-1])


def test_the_losses_of_the_table_are_those_of_stochastic_descent_on_the_points(chapter):
    """snippets/minibatch.py: “of all points, a column a run”"""
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
    """“At batch 1 the loss passes a million times its start after 8 updates (the median of 20 runs), and after
    100 it stands at `5.9e+84` times its start”
    “With one point at each update the loss ends 10⁸⁴ times as high as it began.”"""
    loss = chapter.curves[1]
    first = [np.flatnonzero(run > 1e6 * run[0])[0] for run in loss.T]
    assert np.median(first) == 8 and len(first) == 20 and len(loss) - 1 == 100
    assert np.mean(np.diff(loss, axis=0) > 0) > 0.95  # again and again
    assert table_of_runs(chapter)[1][2] == 5.9e84
    assert max(np.max(chapter.curves[m] / chapter.curves[m][0]) for m in (64, np.inf)) < 1e6


def test_at_batch_1_the_loss_grows_by_a_factor_of_about_7_per_update(chapter):
    """“: a factor of about 7 per update, again and again.” – “An explosion multiplies the *error*, update
    after update.”"""
    assert np.median((chapter.curves[1][100] / chapter.curves[1][0]) ** (1 / 100)) == pytest.approx(
        7, abs=0.1
    )
    loss = losses_of(chapter, errors(chapter.X, 0.95 * chapter.full, 1, 100, 200))
    assert np.exp(np.mean(np.log(loss[-1] / loss[0])) / 100) == pytest.approx(7, abs=0.3)


def test_batch_64_settles_faster_than_the_full_batch_in_typical_runs_only(chapter):
    """“And it makes the typical run of batch 64 settle *faster* than the full batch.” – “Why does batch 64
    settle faster than the full batch?” – “So close to its limit, the full batch keeps 90 % of its error
    along the sharpest direction at every update. With batches the factors scatter, and a product of
    scattered factors is typically smaller: 0.7 · 1.1 is less than 0.9 · 0.9. The mean square shows the
    other side of the scatter: it shrinks only by the factor `0.975` per update.”"""
    ratio = {m: np.median(loss[-1] / loss[0]) for m, loss in chapter.curves.items()}
    assert ratio[64] < 1e-3 * ratio[np.inf]
    full, batch = 0.9**2, growth_of_squares(chapter, 64)
    assert full < batch < 1
    assert batch == pytest.approx(0.975, abs=5e-4)
    sharpest = np.linalg.eigh(chapter.H)[1][:, -1]
    step = sharpest - 0.95 * chapter.full * chapter.H @ sharpest
    assert abs(step @ sharpest) == pytest.approx(90 / 100)
    assert 0.7 * 1.1 < 0.9 * 0.9
    for spread in 0.05, 0.2, 0.5:  # factors around 0.9
        factors = np.random.default_rng(0).normal(0.9, spread, size=100_000)
        assert np.exp(np.mean(np.log(np.abs(factors)))) < 0.9 < np.sqrt(np.mean(factors**2))


def test_most_of_the_runs_of_batch_64_lie_below_the_full_batch(chapter):
    """“Loss on all points against the update, on a logarithmic axis. Twenty runs with batch 64 fall, most of
    them faster than the thick line of the full batch. Twenty runs with batch 4 and twenty with batch 1 rise
    along rough straight lines,” – “The full batch and batch 64 settle, batch 4 and batch 1 explode. The
    roughness of each line is noise; its tilt is not.”
    snippets/minibatch.py: “At the same rate, batch {} settles and {} and {} explode” “batch …, … runs”"""
    (ax,) = axes_of(chapter, "curves")
    assert ax.get_yscale() == "log" and ax.get_xlabel() == "update" and ax.get_xlim() == (0, 60)
    assert ax.get_title() == "At the same rate, batch 64 settles and 4 and 1 explode"
    lines = {
        key: [one for one in ax.lines if one.get_color() == key] for key in map(to_rgba, ("C0", "C3", "C1"))
    }
    assert [len(some) for some in lines.values()] == [20] * 3
    (full,) = (one for one in ax.lines if one.get_label() == "full batch")
    assert full.get_linewidth() > 3 * ax.lines[0].get_linewidth() and full.get_ydata()[60] < 1e-4
    ends = [np.array([one.get_ydata()[60] for one in some]) for some in lines.values()]
    assert np.all(ends[0] < 1) and np.all(ends[1] > 1) and np.all(ends[2] > 1)
    assert np.mean(ends[0] < full.get_ydata()[60]) > 0.8
    labels = [some[0].get_label() for some in lines.values()]
    assert labels == ["batch 64, 20 runs", "batch 4, 20 runs", "batch 1, 20 runs"]
    for some in list(lines.values())[1:]:
        logs = np.log([one.get_ydata()[:61] for one in some])
        assert all(np.corrcoef(np.arange(61), one)[0, 1] > 0.98 for one in logs)  # straight
        tilts = (logs[:, 60] - logs[:, 0]) / 60
        rough = np.diff(logs, axis=1) - tilts[:, None]
        assert (
            tilts.std() < 0.15 * tilts.mean() < rough.std()
        )  # the tilt is common, the roughness each run's own
        assert abs(np.mean(np.sign(rough[1:]) * np.sign(rough[:-1]))) < 0.1


def test_the_runs_of_batch_1_rise_1_6_times_as_steeply_as_those_of_batch_4(chapter):
    """“those of batch 1 more than one and a half times as steeply.”"""
    tilt = {m: np.mean(np.log(chapter.curves[m][-1] / chapter.curves[m][0])) for m in (1, 4)}
    assert tilt[1] / tilt[4] > 1.5
    assert tilt[1] / tilt[4] == pytest.approx(1.6, abs=0.05)
    other = {m: np.log(typical_factor(chapter.X, 0.95 * chapter.full, m)) for m in (1, 4)}
    assert other[1] / other[4] == pytest.approx(1.6, abs=0.06)


# Why: the square keeps the scatter


@pytest.mark.parametrize("m", [1, 2, 3])
def test_the_mean_of_the_square_is_the_square_of_the_mean_plus_the_variance(m):
    r"""“The loss of a batch is a parabola with a curvature $c$ of its own, which varies around the mean
    $\lambda$. The update is $e \leftarrow (1 - \alpha c)\,e$. The mean factor is $1 - \alpha\lambda$, as
    for the full batch. But the mean of a square is the square of the mean *plus the variance*:” –
    “\mathrm{E}\left[(1 - \alpha c)^2\right] = (1 - \alpha\lambda)^2 + \alpha^2\,\frac{\mathrm{Var}}{m}.” –
    “Var is the variance of the curvatures of single points; a mean of $m$ draws has the $m$-th part of it.
    So the mean square error shrinks exactly when the rate is below the mean-square limit,” – “0 < \alpha <
    \frac{2\lambda}{\lambda^2 + \mathrm{Var}/m}.” “The mean of a square keeps the variance” “Why: the square keeps the scatter”"""
    curvatures, alpha = np.array([1.0, 2.0, 7.0, 10.0]), 0.21
    batches = np.array(np.meshgrid(*[curvatures] * m)).reshape(m, -1).mean(axis=0)  # all of them
    assert np.mean(1 - alpha * batches) == pytest.approx(1 - alpha * 5)
    assert batches.var() == pytest.approx(curvatures.var() / m)
    xs = np.sqrt(curvatures)  # one weight that fits all points: y is 3x
    for picked in itertools.product(xs, repeat=m):
        slope = np.mean([x * (x * 7.0 - 3 * x) for x in picked])
        assert 7.0 - alpha * slope - 3 == pytest.approx((1 - alpha * np.mean(np.square(picked))) * (7.0 - 3))
    predicted = (1 - alpha * 5) ** 2 + alpha**2 * curvatures.var() / m
    assert np.mean((1 - alpha * batches) ** 2) == pytest.approx(predicted)
    limit = 2 * 5 / (5**2 + curvatures.var() / m)
    for alpha, shrinks in (0.999 * limit, True), (1.001 * limit, False):
        assert (np.mean((1 - alpha * batches) ** 2) < 1) == shrinks


def test_if_the_variance_is_large_the_limit_grows_nearly_in_proportion_to_m():
    r"""“For large $m$ this limit is $2/\lambda$. For small $m$, if Var is large, it grows nearly in proportion
    to $m$. A point of large curvature throws $w$ across the bottom, and the flat points that follow bring
    it back too slowly.”"""

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
    head, flat = abs(1 - 1.5 * limit(1, 0.1) / 0.1), 1.0  # one point in ten is curved, the others are flat
    assert head > 1 and head**0.1 * flat**0.9 < 1.2 and 1 - limit(1, 0.1) / 0.1 < 0
    assert limit(4, 0.5) / limit(1, 0.5) < 2  # if Var is not large, it does not
    assert limit(1000, 0.5) == pytest.approx(2, rel=0.002)


def test_the_largest_eigenvalue_of_t_is_also_the_largest_in_size(chapter):
    """“The new $S$ is linear in the old. Write its 100 entries as one long vector, and the update is a matrix
    $T$ of 100 × 100, which the program builds with `np.kron`.”"""
    for m, alpha in (1, 0.2), (16, 1.1), (64, 1.3), (256, 1.34):
        A = np.eye(10) - alpha * chapter.H
        T = np.kron(A, A) + alpha**2 * chapter.variance / m
        values = np.linalg.eigvalsh(T)
        assert T.shape == (100, 100) and chapter.outer.shape == (200, 100)
        assert np.abs(values).max() == pytest.approx(chapter.growth(alpha, m))


@pytest.mark.parametrize("m", 2 ** np.arange(9))
def test_bisection_finds_the_limit_that_a_formula_gives(chapter, m):
    """“Below the **mean-square limit** the squared error, averaged over all possible runs, shrinks; theory can
    compute it.” – “For ten weights the same two terms become a matrix, and the limit is the rate at which
    its largest eigenvalue is 1.” – “If its largest eigenvalue is below 1, the mean square error goes to 0:
    the rate is **stable in mean square**. Bisection finds the rate where the eigenvalue is 1.” – “The
    columns are the mean-square limit, the same as a share of the full batch's limit”"""
    _, printed, part, _ = next(row for row in rows(chapter, "limit", 1) if row[0] == m)
    assert printed == pytest.approx(exact_limit(chapter.X, m), abs=6e-5)
    assert chapter.growth(exact_limit(chapter.X, m), m) == pytest.approx(1)
    S = np.eye(10).ravel()
    for share, settles in (0.9, True), (1.1, False):
        alpha = share * printed
        A = np.eye(10) - alpha * chapter.H
        T = np.linalg.matrix_power(np.kron(A, A) + alpha**2 * chapter.variance / m, 300)
        assert (np.abs(T @ S).max() < 1e-3) == settles
    assert part == pytest.approx(exact_limit(chapter.X, m) / chapter.full, abs=6e-4)


def test_at_batch_1_the_limit_is_about_an_eighth_of_the_full_batch_s(chapter):
    """“At batch 1 the limit is `0.122` of the full batch's, about an eighth.” – “The answer is still half
    right: other data at each step lower the mean-square limit, at batch 1 to an eighth.”
    “At batch 1 the limit is an eighth”"""
    assert exact_limit(chapter.X, 1) / chapter.full == pytest.approx(1 / 8, rel=0.03)
    assert exact_limit(chapter.X, 1) / chapter.full == pytest.approx(0.122, abs=5e-4)


def test_at_batch_64_the_noise_lowers_the_mean_square_limit_by_4_4_percent_and_at_256_by_one(chapter):
    """“With none: 5 % is too small a margin for any noise The noise does lower the mean-square limit at every
    batch size, but less as the batch grows: by 4.4 % at batch 64, by 1 % at 256.”"""
    assert 100 * (1 - exact_limit(chapter.X, 64) / chapter.full) == pytest.approx(4.4, abs=0.05)
    assert 100 * (1 - exact_limit(chapter.X, 256) / chapter.full) == pytest.approx(1, abs=0.05)
    margin = 5
    assert 100 * (1 - exact_limit(chapter.X, 64) / chapter.full) < margin  # which is enough
    lost = [1 - exact_limit(chapter.X, m) / chapter.full for m in 2 ** np.arange(13)]
    assert np.all(np.diff(lost) < 0) and lost[-1] > 0  # at every size, but less as the batch grows


def test_doubling_the_batch_multiplies_the_limit_by_1_83_then_1_71_and_in_the_end_1_01(chapter):
    """“From batch 1 to 2 it is multiplied by 1.83, from 2 to 4 by 1.71, from 128 to 256 by 1.01.” – “The rule
    holds, roughly, only far below the knee, and” – “From 128 to 256 it gained 1 %.” – “When you raise the
    batch size, raise the rate by less,” “A larger batch helps up to the knee”
    docs/minibatch.md: “If you double the batch, raise the rate by less than double.”"""
    at = {m: exact_limit(chapter.X, m) for m in (1, 2, 4, 128, 256)}
    assert at[2] / at[1] == pytest.approx(1.83, abs=0.005)
    assert at[4] / at[2] == pytest.approx(1.71, abs=0.005)
    assert at[256] / at[128] == pytest.approx(1.01, abs=0.005)
    far = [exact_limit(chapter.X, 2 * m) / exact_limit(chapter.X, m) for m in 2 ** np.arange(10)]
    assert np.all(np.diff(far) < 0) and far[0] < 2 and far[4] < 1.2  # at 16, near the knee


# Enough, without the matrix


def test_the_loss_of_one_point_has_the_curvature_of_its_squared_length_and_none_elsewhere(chapter):
    r"""“The loss of one point has the curvature $\|x_i\|^2$ along $x_i$ and none elsewhere; call the largest of
    these $L_{\max}$, here `26.979`.”"""
    for x in chapter.X[:5]:
        values = np.linalg.eigvalsh(np.outer(x, x))
        assert values[-1] == pytest.approx(np.linalg.norm(x) ** 2)
        assert values[:-1] == pytest.approx(0, abs=1e-12)
        for d in np.random.default_rng(1).normal(size=(5, 10)):
            d -= (d @ x) / (x @ x) * x  # across the point

            def loss(w, x=x):
                return 0.5 * (x @ w - 3) ** 2

            unit = x / np.linalg.norm(x)
            assert loss(unit) - 2 * loss(0 * x) + loss(-unit) == pytest.approx(x @ x)
            assert loss(d) == pytest.approx(loss(0 * x))
    assert max(np.linalg.norm(x) ** 2 for x in chapter.X) == pytest.approx(26.979, abs=5e-4)


@pytest.mark.parametrize("m", [1, 2, 5])
def test_the_mean_square_of_the_batch_hessian_has_two_parts_and_a_bound(m):
    r"""“\begin{aligned} &\mathrm{E}\|e - \alpha H_B\,e\|^2 \\ &\quad = \|e\|^2 - 2\alpha\, e^\top H e +
    \alpha^2\, e^\top Q\, e. \end{aligned} For $m$ independent draws \begin{aligned} &Q = \tfrac1m\,
    \mathrm{E}\left[\|x\|^2\, xx^\top\right] + \tfrac{m - 1}{m} H^2, \\ &e^\top Q\, e \le \frac{L_{\max} +
    (m - 1)\lambda_{\max}}{m}\; e^\top H e. \end{aligned} Put the last line into the first formula: the mean
    square shrinks if $\alpha$ is below the safe rate.”"""
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
        after = np.mean([np.sum((e - alpha * h @ e) ** 2) for h in hessians])
        assert after < e @ e
        assert after == pytest.approx(e @ e - 2 * alpha * e @ H @ e + alpha**2 * e @ mean @ e)
        assert e @ mean @ e <= e @ bound @ e * (1 + 1e-12)


def test_the_bound_lies_below_the_exact_limit_at_every_size(chapter):
    r"""“A safe rate needs two numbers only.” – “The mean square error shrinks at every update if 0 < \alpha <
    \frac{2m}{L_{\max} + (m - 1)\,\lambda_{\max}},” – “The bound is safe at every size, and at batch 1 less
    than half of the mean-square limit.” “A rate that is safe, from two numbers”
    docs/minibatch.md: “A safe rate, without the matrix”"""
    bound = enough(chapter, 2 ** np.arange(11))
    exact = np.array([exact_limit(chapter.X, m) for m in 2 ** np.arange(11)])
    assert np.all(bound < exact) and np.all(exact < chapter.full)
    assert 0.4 < bound[0] / exact[0] < 0.5
    assert bound[-1] / exact[-1] > 0.98
    for seed in range(6):  # other data, of other shapes
        points = np.random.default_rng(seed).standard_t(3, size=(40, 3))
        H = points.T @ points / 40
        for m in 1, 3, 10, 100:
            below = 2 * m / (np.sum(points**2, axis=1).max() + (m - 1) * np.linalg.eigvalsh(H)[-1])
            assert 0 < below < exact_limit(points, m)


@pytest.mark.parametrize("m", [1, 4, 16, 64, 1000])
def test_no_batch_lifts_the_mean_square_limit_above_that_of_the_full_batch(chapter, m):
    r"""“no batch lifts the mean-square limit above $2/\lambda_{\max}$.” – “and be careful near
    $2/\lambda_{\max}$: above it the full batch explodes, and at every batch size the mean square grows.”"""
    assert exact_limit(chapter.X, m) < chapter.full == pytest.approx(2 / np.linalg.eigvalsh(chapter.H)[-1])
    assert chapter.growth(1.001 * chapter.full, m) > 1
    loss = chapter.train(1.05 * chapter.full, np.inf, 300, 1)
    assert loss[-1, 0] > 1e6 * loss[100, 0]


def test_a_typical_run_of_batch_64_bears_a_rate_above_the_full_batch_s_limit(chapter):
    r"""“The typical limit can even lie above that of the full batch. At 1.02 times the full batch's limit, in
    300 updates of this program, the full batch settles in 0 of 20 runs, batch 128 in 13 and batch 64 in all
    20; the typical limit of batch 64 is about 5 % above $2/\lambda_{\max}$. Do not plan with that: the mean
    square is multiplied by 1.27 per update there, and of 200 runs 3 ended above their start.” – “That some
    batch may survive a little above it, as 64 did at 1.02 times, is nothing to rely on.” “A run is not the average of all runs”"""
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
    r"""“At $m = 1$ this is $2/L_{\max}$; for large $m$ it is $2/\lambda_{\max}$.”"""
    assert enough(chapter, 1) == pytest.approx(2 / chapter.top)
    assert enough(chapter, 1e9) == pytest.approx(chapter.full) == pytest.approx(2 / chapter.lam)


def test_at_the_knee_both_parts_below_the_line_are_equal(chapter):
    r"""“Between them lies a knee: at $m^* = L_{\max}/\lambda_{\max} + 1$, here 19.2, both terms of the
    denominator are equal.” – “Safe is $\alpha < 2m/(L_{\max} + (m-1)\lambda_{\max})$, with a knee near 19.”"""
    knee = chapter.top / chapter.lam + 1
    assert knee == pytest.approx(19.2, abs=0.05)
    assert chapter.top == pytest.approx((knee - 1) * chapter.lam) and knee == pytest.approx(19, abs=0.5)
    first, second = enough(chapter, knee), chapter.full
    assert first == pytest.approx(second * knee / (2 * (knee - 1)))


def test_the_figure_draws_limit_bound_knee_and_the_runs_where_they_belong(chapter):
    """“Rate against batch size, both on logarithmic axes. The mean-square limit rises from 0.16 at batch 1 and
    bends towards the dashed line of the full batch at 1.35. The bound lies below it, at about half of it at
    the left and close to it at the right. At 95 % of the full batch's limit three squares above the
    mean-square limit mark batches 1, 4 and 16, which exploded; two circles mark batches 32 and 64, which
    settled: 32 just above that limit, 64 just below it.” – “Left of the knee a larger batch allows a higher
    rate; right of it the dashed line, the limit of the full batch, is near.” – “Batch 32 lies above its
    mean-square limit, and all of its 20 runs settled.”
    snippets/minibatch.py: “mean-square limit, exact” “enough, 2m/(Lmax + (m − 1)λmax)” “full batch, 2/λmax”
    “knee m” “exploded above” “settled above” “The mean-square limit rises with the batch, then flattens”"""
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
    assert axes.get_xscale() == axes.get_yscale() == "log" and np.all(np.diff(exact) > 0)
    assert [exact[0], chapter.full] == pytest.approx([0.16, 1.35], abs=0.005) and exact[
        -1
    ] > 0.99 * chapter.full
    parts = lines["enough"].get_ydata() / exact
    assert parts[0] == pytest.approx(0.5, abs=0.06) and parts[-1] > 0.98 and np.all(parts < 1)
    assert lines["enough"].get_color() != lines["mean-square limit"].get_color()
    assert [list(lines[label].get_xdata()) for label in ("exploded above", "settled above")] == [
        [1, 4, 16],
        [32, 64],
    ]
    assert [lines[label].get_marker() for label in ("exploded above", "settled above")] == ["s", "o"]
    near = dict(zip(m, exact / (0.95 * chapter.full), strict=True))
    assert 0.94 < near[32] < 1 < near[64] < 1.01  # just above that limit, and just below
    ratios = exact[1:] / exact[:-1]
    assert np.all(ratios[m[:-1] < 16] > 1.3) and np.all(exact[m > 19.2] > 0.9 * chapter.full)
    knee = lines["knee m*"]
    assert (knee.get_linestyle(), knee.get_color()) == (":", "gray")


# A run is not the average of all runs


def typical(chapter, part, runs=400, updates=1200):
    path = errors(chapter.X, part * exact_limit(chapter.X, 1), 1, updates, runs)
    logs = np.log(losses_of(chapter, path[[100, updates]]))
    return np.exp(np.mean(logs[1] - logs[0]) / (updates - 100))


@pytest.mark.parametrize("part", [0.9, 1.05, 1.2, 1.5])
def test_the_typical_growth_is_that_of_other_runs_too(chapter, part):
    """“*Mean* is the factor of the mean square error per update, *typical* that of the loss of a typical run.”"""
    printed = next(row for row in rows(chapter, "single", 1) if row[0] == part)
    assert printed[2] == pytest.approx(typical(chapter, part), abs=0.003)
    assert printed[1] > printed[2]


def test_between_the_two_limits_the_mean_grows_and_the_typical_run_shrinks(chapter):
    """“The mean square is a strict measure: a few runs that explode are enough to make it grow. Here are 1,000
    runs of batch 1” – “*Ever > 100* counts the runs whose loss rose above a hundred times its start, *end <
    1* those that end below it. At 1.05 times the limit the mean square is multiplied by `1.018` per update
    and the loss of a typical run by `0.989`. After 1,000 updates `96.5%` of the runs are below their start,
    but `8.2%` rose above a hundred times their start on the way.”
    “Above the limit the mean explodes, and most runs settle” “Two limits, not one”"""
    _, mean, usual, ever, below = next(row for row in rows(chapter, "single", 1) if row[0] == 1.05)
    assert mean > 1 > usual
    assert (mean, usual, ever, below) == (1.018, 0.989, 8.2, 96.5)
    loss = chapter.train(1.05 * exact_limit(chapter.X, 1), 1, 1000, 1000)  # the row, counted anew
    assert loss.shape == (1000 + 1, 1000)
    assert 100 * np.mean(loss.max(axis=0) > 100) == pytest.approx(ever, abs=0.3)
    assert 100 * np.mean(loss[-1] < loss[0]) == pytest.approx(below, abs=0.3)
    squares = np.sum(
        errors(chapter.X, 1.05 * exact_limit(chapter.X, 1), 1, 300, 4000)[[0, 300]] ** 2, axis=-1
    )
    top = np.sort(squares[1])[::-1]
    assert top[:40].sum() > 0.8 * top.sum()  # one run in a hundred makes most of the mean


def test_the_limit_of_the_typical_run_is_about_9_percent_higher(chapter):
    """“at each of six rates, given as multiples of the mean-square limit.” – “At 1.10 the typical run grows
    too: at batch 1 the typical limit is about 9 % above the mean-square limit.”"""
    assert typical(chapter, 1.075) < 1 < typical(chapter, 1.105)
    printed = {row[0]: row[2] for row in rows(chapter, "single", 1)}
    assert list(printed) == [0.9, 1, 1.05, 1.10, 1.2, 1.5] and printed[1.05] < 1 < printed[1.10]
    low, high = 0.05, 0.15
    assert typical(chapter, 1 + 9 / 100) == pytest.approx(1, abs=0.006) and low < 9 / 100 < high


# Momentum


@pytest.mark.parametrize("m", [1, 4, 16, 64, 256])
def test_the_table_of_momentum_is_where_the_second_moments_begin_to_grow(chapter, m):
    """“The matrix now acts on error and velocity together. With three of the inputs it is small: 36 × 36.” –
    “(These are mean-square limits, on three of the inputs.)”
    snippets/minibatch.py: “xxᵀ, λmax is 1” “G takes e to its part of the next (e, v)”"""
    points = chapter.X[:, :3]
    sharpest = np.linalg.eigvalsh(points.T @ points / 200)[-1]
    at = next(row for row in rows(chapter, "momentum", 1) if row[0] == m)[1:]
    for beta, product in zip((0, 0.5, 0.9), at, strict=True):
        assert moments(points, 0.1, m, beta).shape == (36, 36)
        assert radius(moments(points, (product - 0.001) / sharpest, m, beta)) < 1
        assert radius(moments(points, (product + 0.001) / sharpest, m, beta)) > 1


def test_for_the_full_batch_momentum_has_its_known_limit(chapter):
    """“Predict: heavy-ball momentum with β = 0.9 raises the full-batch limit on αλmax from 2 to 3.8.”"""
    at = rows(chapter, "momentum", 1)[-1]
    assert at[1:] == pytest.approx([2 * (1 + beta) for beta in (0, 0.5, 0.9)], abs=1e-3)
    for product, settles in (2 - 0.01, True), (2 + 0.01, False), (3.8 - 0.01, True), (3.8 + 0.01, False):
        error, velocity, beta = 1.0, 0.0, 0.0 if product < 2.5 else 0.9  # one weight, λ = 1
        for _ in range(3000):
            velocity = beta * velocity + error
            error -= product * velocity
        assert (abs(error) < 1e-3) == settles


def test_momentum_divides_the_limit_by_eight_at_batch_1_and_raises_it_at_256(chapter):
    """“What does it do to the mean-square limit at batch 1?” – “It does much of that where batches are large.
    At batch 256 the limit rises from `1.986` to `3.161`.” – “Only near batch 64 does it change nothing:
    `1.939` and `1.944`. It halves it That is about what β = 0.5 does: `0.455` becomes `0.265`. With 0.9 it
    is worse. It divides it by about eight Yes, from `0.455` to `0.057`.” – “Momentum raises the limit for
    large batches only.” – “Momentum of 0.9 divides the mean-square limit by eight at batch 1 (`0.455` to
    `0.057`) and raises it at batch 256 (`1.986` to `3.161`).” “Momentum raises the limit of large batches only”"""
    at = {row[0]: row[1:] for row in rows(chapter, "momentum", 1)}
    assert chapter.printed["momentum"].splitlines()[0].split("  ")[-1] == "β = 0.9"
    assert at[1][0] / at[1][2] == pytest.approx(8, abs=0.1)
    assert at[1] == [0.455, 0.265, 0.057] and at[1][1] / at[1][0] == pytest.approx(0.5, abs=0.1)
    assert at[256] == [1.986, 2.934, 3.161] and at[256][2] > 1.5 * at[256][0]
    assert at[64][2] == pytest.approx(at[64][0], rel=0.01) and [at[64][0], at[64][2]] == [1.939, 1.944]
    assert all((at[m][2] > at[m][0]) == (m >= 64) for m in at)  # for large batches only


def test_at_batch_1_what_stays_roughly_the_same_is_alpha_over_one_minus_beta(chapter):
    r"""“In the first row, what stays roughly the same is $\alpha\lambda_{\max}/(1-\beta)$: 0.455, 0.529,
    0.568.”
    docs/minibatch.md: “With small batches and momentum, think in $\alpha/(1-\beta)$: with β = 0.9 try a
    tenth of the rate.”"""
    limits = [chapter.limit(chapter.with_momentum(beta), 1) / (1 - beta) for beta in (0, 0.5, 0.9)]
    assert limits == pytest.approx([0.455, 0.529, 0.568], abs=6e-4)


def test_a_gradient_acts_in_the_end_with_the_rate_alpha_over_one_minus_beta():
    r"""“Nothing: at batch 1 the noise alone decides The noise decides, but momentum collects it.” – “The
    velocity sums up gradients, each weighted β times as much as the one after it, so a gradient acts in the
    end with the rate $\alpha/(1-\beta)$, ten times α.”"""
    gradients = np.random.default_rng(0).normal(size=30)
    v = 0.0
    for g in gradients:
        v = 0.9 * v + g
    assert v == pytest.approx(np.sum(gradients * 0.9 ** np.arange(30)[::-1]))
    for alpha, beta in (0.01, 0.9), (0.3, 0.5), (1.0, 0.99):
        w, v = 0.0, 1.0  # one gradient of 1, and none after it
        for _ in range(3000):
            w, v = w - alpha * v, beta * v
        assert w == pytest.approx(-alpha / (1 - beta))
    assert pytest.approx(10) == 1 / (1 - 0.9)


# Exercises


def two_points(low, high, m):
    """The largest rate at which the mean square shrinks, from all batches there are."""
    heads = np.arange(m + 1)
    ways = np.array([math.comb(m, k) for k in heads])
    curvature = (heads * high + (m - heads) * low) / m
    mean, square = ways @ curvature / ways.sum(), ways @ curvature**2 / ways.sum()
    return 2 * mean / square


def test_exercise_1_curvatures_1_and_9():
    """“Then λ = 5 and Var = 16. The full batch's limit is 2/5 = 0.4. The mean-square limit is 10/(25 + 16) =
    0.244 at batch 1 and 10/(25 + 4) = 0.345 at batch 4.”"""
    assert np.mean([1, 9]) == 5 and np.var([1, 9]) == 16
    assert two_points(1, 9, 1) == pytest.approx(10 / (25 + 16)) == pytest.approx(0.244, abs=5e-4)
    assert two_points(1, 9, 4) == pytest.approx(10 / (25 + 4)) == pytest.approx(0.345, abs=5e-4)
    assert two_points(5, 5, 1) == pytest.approx(2 / 5) == pytest.approx(0.4)  # no scatter: the full batch


def test_exercise_2_nine_points_reach_90_percent():
    """“Then λ = 10, Var = 100, and the full batch's limit is 0.2. At batch 1 the mean-square limit is 20/(100
    + 100) = 0.1. Which batch size reaches 90 % of the full batch's limit?” – “20/(100 + 100/m) = 0.18 gives
    100/m = 11.1, so m = 9. Beyond that no batch gains more than a ninth.”"""
    assert np.mean([0, 20]) == 10 and np.var([0, 20]) == 100
    assert two_points(10, 10, 1) == pytest.approx(0.2)
    assert two_points(0, 20, 1) == pytest.approx(20 / (100 + 100)) == pytest.approx(0.1)
    assert two_points(0, 20, 9) == pytest.approx(90 / 100 * 0.2) == pytest.approx(20 / (100 + 11.1), abs=5e-5)
    assert two_points(0, 20, 8) < 0.18
    assert max(two_points(0, 20, m) for m in (10, 50, 500)) / 0.18 < 1 + 1 / 9


def test_exercise_3_the_mean_square_grows_and_the_typical_run_settles():
    """“The factor of the full batch is 1 − 1.75 = −0.75: it settles. At batch 1 the factors are 0.1 and −1.6.
    Their mean square is (0.01 + 2.56)/2 = 1.285, so the mean square grows, 151-fold in 20 updates. But a
    typical run has each factor equally often, and 0.1 · 1.6 = 0.16 per pair of updates. It settles, and
    faster than the full batch.”"""
    error = 3.0
    factors = np.array([(error - 1 * curvature * error) / error for curvature in (0.9, 2.6)])
    assert factors == pytest.approx([0.1, -1.6])
    assert factors.mean() == pytest.approx(1 - 1.75) == pytest.approx(-0.75)
    assert np.mean(factors**2) == pytest.approx((0.01 + 2.56) / 2) == pytest.approx(1.285)
    every = np.array([math.comb(20, k) * (factors[0] ** k * factors[1] ** (20 - k)) ** 2 for k in range(21)])
    assert every.sum() / 2**20 == pytest.approx(151, abs=0.5)
    runs = np.random.default_rng(6).choice(np.abs(factors), size=(20_000, 100)).prod(axis=1)
    assert np.mean(runs < 1) > 0.99
    assert np.median(runs) < 0.75**100
    assert abs(factors.prod()) == pytest.approx(0.1 * 1.6) == pytest.approx(0.16) and 0.16 < 0.75**2


def test_exercise_4_one_point_ten_times_longer_lowers_the_limit_of_batch_1_34_times(chapter):
    """“That point's own curvature is multiplied by 100, to 556.6. The limit of the full batch falls from 1.347
    to 0.532, that of batch 1 from 0.164 to 0.0048, by a factor of 34. At batch 1 one bad sample sets the
    rate for all.” – “One sample with a wrong unit can set the limit.”"""
    points = chapter.X.copy()
    points[0] *= 10
    assert points[0] @ points[0] == pytest.approx(556.6, abs=0.05)
    assert points[0] @ points[0] == pytest.approx(100 * chapter.X[0] @ chapter.X[0])
    rest = np.delete(points, 0, axis=0)
    assert exact_limit(rest, 1) > 30 * exact_limit(points, 1)  # without that one sample
    assert 2 / np.linalg.eigvalsh(points.T @ points / 200)[-1] == pytest.approx(0.532, abs=5e-4)
    assert exact_limit(points, 1) == pytest.approx(0.0048, abs=5e-5)
    assert exact_limit(chapter.X, 1) / exact_limit(points, 1) == pytest.approx(34, abs=0.5)
    assert exact_limit(chapter.X, 1) == pytest.approx(0.164, abs=5e-4)
    assert chapter.full == pytest.approx(1.347, abs=5e-4)


# In your own run


def test_a_rate_lowered_in_proportion_to_the_batch_is_always_enough(chapter):
    """“If the old rate was below its mean-square limit, then in the theory of this chapter the new one always is
    too.”
    docs/minibatch.md: “If you halve the batch, halve the rate.” “When you lower the batch size, lower the
    rate in the same proportion.”"""
    for seed in range(4):
        points = np.random.default_rng(seed).standard_t(3, size=(60, 4)) if seed else chapter.X
        for m in (2, 4, 16, 64):
            assert exact_limit(points, m) / 2 < exact_limit(points, m // 2) < exact_limit(points, m)


def test_at_nine_tenths_of_the_limit_three_updates_in_ten_raise_the_loss_and_every_run_settles(chapter):
    """“Do not judge by single updates: on these 200 points, at 0.9 of the mean-square limit of batch 1, every
    run settled, and yet three updates in ten raised the loss of all points.”"""
    loss = losses_of(chapter, errors(chapter.X, 0.9 * exact_limit(chapter.X, 1), 1, 500, 200))
    assert np.mean(np.diff(loss, axis=0) > 0) == pytest.approx(0.3, abs=0.02) and chapter.X.shape[0] == 200
    assert np.all(loss[-1] < loss[0])


def floor_of(chapter, alpha, m):
    """How high above its floor the loss hovers when no w fits all points."""
    rng = np.random.default_rng(3)
    y = chapter.X @ chapter.best + rng.normal(size=200)
    best = np.linalg.lstsq(chapter.X, y, rcond=None)[0]
    w, seen = np.tile(best, (300, 1)), []
    for t in range(900):
        picked = rng.integers(200, size=(300, m))
        batch = chapter.X[picked]
        residuals = (batch @ w[:, :, None])[:, :, 0] - y[picked]
        w = w - alpha / m * (residuals[:, None, :] @ batch)[:, 0, :]
        if t >= 300 and t % 5 == 0:
            seen.append(0.5 * np.mean(((w - best) @ chapter.X.T) ** 2))
    return np.mean(seen)


def test_without_an_exact_fit_the_run_hovers_at_a_height_that_depends_on_alpha_over_m(chapter):
    r"""“If no $w$ fits all points, the mean-square limits are the same, but below them the loss hovers above
    its floor, at a height that for small rates depends on $\alpha/m$.”"""
    rng = np.random.default_rng(0)
    target = chapter.y + rng.normal(
        size=200
    )  # with it or without it, two runs on the same batches part alike
    one, two = rng.normal(size=(2, 10))
    bare = one - two
    for _ in range(200):
        batch = chapter.X[rows_ := rng.integers(200, size=4)]
        one, two = (w - 0.3 * batch.T @ (batch @ w - target[rows_]) / 4 for w in (one, two))
        bare = bare - 0.3 * batch.T @ (batch @ bare) / 4
        assert one - two == pytest.approx(bare, abs=1e-9)
    low, high = floor_of(chapter, 0.02, 1), floor_of(chapter, 0.08, 1)
    assert low > 0.01 and high > 3 * low
    assert floor_of(chapter, 0.04, 2) == pytest.approx(low, rel=0.06)
    assert floor_of(chapter, 0.08, 4) == pytest.approx(low, rel=0.06)


def test_mini_batches_lower_the_limit_so_lambda_max_may_be_below_2000():
    """“And for the asker: if small batches were used, the limit between the two rates was the limit at that
    batch size, and λmax may have been below 2,000.”"""
    curvatures = np.array([100.0, 3000.0])  # of single points, so λ is 1550
    assert curvatures.mean() < 2000 and 2 / 1e-3 == 2000
    assert 1e-4 < 2 * curvatures.mean() / np.mean(curvatures**2) < 1e-3 < 2 / curvatures.mean()


def test_einsum_multiplies_each_entry_of_a_point_s_matrix_by_every_other():
    """“`np.einsum` multiplies every entry of a point's matrix by every other and sums over the points.”"""
    G = np.random.default_rng(0).normal(size=(4, 3, 2))
    both = np.einsum("nij,nkl->ikjl", G, G)
    for i, j, k, l_ in itertools.product(range(3), range(2), range(3), range(2)):
        assert both[i, k, j, l_] == pytest.approx(sum(one[i, j] * one[k, l_] for one in G))
    code = next(part.code for part in sections(SNIPPETS / "minibatch.py") if part.name == "momentum")
    assert 'np.einsum("nij,nkl->ikjl", G, G)' in code


def test_errors_of_a_thousand_and_minus_a_thousand_have_the_mean_0():
    """“Errors of 1,000 and −1,000 also have the mean 0.”"""
    assert np.mean([1_000, -1_000]) == 0 and np.mean(np.square([1_000, -1_000])) == 1e6


def test_a_fixed_batch_tells_noise_from_growth(chapter):
    """“If only the losses of changing batches jump, it is noise.”
    docs/minibatch.md: “Judge a run by the loss of one fixed batch.” “If the fixed one keeps growing by a
    factor, lower the rate.”"""
    rng = np.random.default_rng(0)
    fixed = rng.integers(200, size=16)
    limit = exact_limit(chapter.X, 4)
    for part, explodes in (0.5, False), (2.0, True):
        w, seen, other = np.zeros(10), [], []
        for _ in range(200):
            batch = rng.integers(200, size=4)
            miss = chapter.X[batch] @ w - chapter.y[batch]
            other.append(np.mean(miss**2))
            seen.append(np.mean((chapter.X[fixed] @ w - chapter.y[fixed]) ** 2))
            w = w - part * limit * chapter.X[batch].T @ miss / 4
        assert (seen[-1] > 1e6 * seen[0]) == explodes == (np.polyfit(range(200), np.log(seen), 1)[0] > 0)
        assert np.mean(np.diff(np.log(other)) > 0) > 0.3  # the changing ones jump in either case


def test_batches_are_drawn_with_replacement(chapter):
    """“Batches were drawn with replacement.”"""
    code = {part.name: part.code for part in sections(SNIPPETS / "minibatch.py")}
    assert "rng.integers(200, size=(10_000, m))" in code["noise"]
    assert "rng.integers(200, size=(runs, m))" in code["train"]
    drawn = np.random.default_rng(1).integers(200, size=(1000, 64))
    assert np.mean([len(set(one)) < 64 for one in drawn]) > 0.99  # nearly every batch has a point twice
    assert chapter.train(0.1, 400, 1, 2).shape == (2, 2)  # more points than there are


def test_in_a_network_the_curvature_of_each_sample_moves_and_adam_has_another_limit():
    """“In a network each sample's curvature moves while you train, and Adam has other limits.”"""
    x = np.linspace(-2, 2, 8)
    y = np.tanh(2 * x)

    def slopes(w):
        return (np.tanh(w * x) - y) * (1 - np.tanh(w * x) ** 2) * x

    def curvatures(w):
        return (slopes(w + 1e-5) - slopes(w - 1e-5)) / 2e-5

    w = 0.3
    before = curvatures(w)
    for _ in range(100):
        w -= 0.3 * slopes(w).mean()
    moved = np.abs(curvatures(w) / before - 1)
    assert moved.min() > 0.2
    for curvature in 1.0, 1e3, 1e6:  # descent at 0.01 would explode at the last two
        e, m, v = 1.0, 0.0, 0.0
        for t in range(1, 3000):
            g = curvature * e
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            e -= 0.01 * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        assert abs(e) < 0.1


# The live figure


@pytest.fixture(scope="session")
def live():
    """What the model of the live figure says: its limits, and how many of 20 runs explode."""
    node = shutil.which("node")
    if not node:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no node found: install Node.js 20 or newer")
    model = (ROOT / "docs/assets/interactive/models/batch.js").as_uri()
    code = f"""import * as model from {json.dumps(model)};
    const exploded = (alpha, m, seed) => Array.from({{ length: 20 }}, (_, i) => model.descend(alpha, m, 1000 * seed + i, 60))
      .filter((run) => model.explodes(model.shares(run))).length;
    const asked = [[1.279, 4, 1], [1.279, 8, 1], [1.279, 16, 1], [1.279, 32, 1], [1.279, 32, 2], [1.38, 200, 1], [1.38, 64, 1]];
    console.log(JSON.stringify({{ points: model.points.map((one) => [...one]), limits: model.limits,
      lam: model.curvature, found: asked.map((one) => [...one, exploded(...one)]), ends: [0.9, 1.1].map((end) => model.explodes([1, end])), all: [1.346, 1.3465].map(model.end) }}));"""
    done = subprocess.run(
        [node, "--input-type=module", "-e", code], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@of_the_live_figure
def test_the_live_figure_has_200_other_points_of_the_same_kind(live, chapter):
    """“The same comparison in a live figure, on 200 other points of the same kind (10 inputs, full-batch limit
    1.346).” – “A run of mini-batches *explodes* here if after 60 updates it is above where it began; what becomes of the full
    batch in the end is decided by its limit.”"""
    points = np.array(live["points"])
    assert points.shape == (200, 10) == chapter.X.shape and np.abs(points - chapter.X).max() > 1
    assert points.mean() == pytest.approx(0, abs=0.05) and points.std() == pytest.approx(1, abs=0.05)
    lam = np.linalg.eigvalsh(points.T @ points / 200)[-1]
    assert lam == pytest.approx(live["lam"]) and 1.346 < 2 / lam < 1.3465
    assert live["ends"] == [False, True] and live["all"] == ["settles", "explodes"]


@of_the_live_figure
def test_in_the_live_figure_batch_32_settles_above_its_mean_square_limit(live):
    """“Predict: at 1.279, 5 % below the limit of the full batch, all 20 runs with batch 4 explode. Choose larger middle
    batches.” – “At 32. At 16 it is still 18 of 20 (with seed 1). For batch 32 the rate is above the mean-square limit,
    1.222, and below the typical limit, 1.383.” – “Explain: at 1.279 with batch 32 the rate is above the mean-square
    limit, and yet all 20 runs settle.” – “No, it is the limit of the mean over all runs that could be. Above it, rare
    runs grow so much that the mean grows with them, and few of 20 runs are so rare: with seed 2 it is two.”"""
    exploded = {(alpha, m, seed): count for alpha, m, seed, count in live["found"]}
    assert [exploded[1.279, m, 1] for m in (4, 8, 16, 32)] == [20, 20, 18, 0] and exploded[1.279, 32, 2] == 2
    assert 1.279 * live["lam"] / 2 == pytest.approx(1 - 5 / 100, abs=5e-4)
    strict, typical = live["limits"]["32"]
    assert (round(strict - 1e-9, 3), round(typical, 3)) == (1.222, 1.383) and strict < 1.279 < typical
    points = np.array(live["points"])
    assert strict == pytest.approx(exact_limit(points, 32), abs=5e-5)  # over all runs that could be
    assert typical_factor(points, 0.96 * typical, 32) < 1 < typical_factor(points, 1.04 * typical, 32)


@of_the_live_figure
def test_in_the_live_figure_batch_64_survives_a_rate_that_the_full_batch_does_not(live):
    """“Try: 1.38, above the limit of the full batch. What does the full batch do, and what do the 20 runs with batch
    64?” – “The full batch explodes: each update multiplies its largest error by −1.05. With batch 64 it is 3 of 20
    (with seed 1), and 17 settle. Scatter makes the mean square larger and the typical run smaller.”"""
    exploded = {(alpha, m, seed): count for alpha, m, seed, count in live["found"]}
    assert exploded[1.38, 200, 1] == 20 and exploded[1.38, 64, 1] == 3 == 20 - 17
    assert 1 - 1.38 * live["lam"] == pytest.approx(-1.05, abs=0.005) and 2 / live["lam"] < 1.38
    points = np.array(live["points"])
    assert exact_limit(points, 64) < 2 / live["lam"] < live["limits"]["64"][1]
    assert typical_factor(points, 1.38, 64) < 1 < 1.05
