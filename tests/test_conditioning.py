"""The claims of the chapter on conditioning, a test a sentence."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from conftest import axes_of, changed, markdown_of, names_of
from proven import of_a_chapter, reads

pytestmark = of_a_chapter("snippets/overshoot.py")


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
    r"""“From *Overshoot*: a parabola has curvature 8 and the rate is 0.2.” “It overshoots and settles.
    $\alpha\lambda$ = 1.6, so each update multiplies the error by 1 − 1.6 = −0.6: the other side of the bottom,
    and closer. It would explode above 2/8 = 0.25. ([Overshoot](overshoot.md#why-three-lines))”"""
    error = errors(np.eye(1) * 8, 0.2, [1.0], 40)[:, 0]
    assert error[1:] / error[:-1] == pytest.approx(-0.6) == 1 - 1.6
    assert abs(error[-1]) < 1e-8
    for alpha, settles in (0.249, True), (0.25 + 1e-3, False):
        assert (abs(errors(np.eye(1) * 8, alpha, [1.0], 40)[-1, 0]) < 1) == settles == (alpha < 2 / 8)


def test_recall_rates_below_a_tenth_lower_the_loss_and_one_twentieth_lowers_it_most():
    r"""“From *Taylor*: at some point $g^\top g$ = 9 and $g^\top H g$ = 180.” “Those between 0 and twice the best
    step. The best is $\alpha^* = g^\top g / g^\top H g$ = 9/180 = 0.05, so all below 0.1. 180/9 = 20 is the
    curvature *along the gradient*.”"""
    hessian = np.diag([8.0, 32.0])  # with g = (g₁, g₂): g² sums to 9, and 8 g₁² + 32 g₂² to 180
    g = np.sqrt([4.5, 4.5])
    assert (g @ g, g @ hessian @ g) == (pytest.approx(9), pytest.approx(180))
    unit = g / np.linalg.norm(g)
    assert unit @ hessian @ unit == pytest.approx(20)  # the curvature along the gradient
    x = np.linalg.solve(hessian, g)

    def change(alpha):
        after = x - alpha * g
        return 0.5 * after @ hessian @ after - 0.5 * x @ hessian @ x

    for alpha in np.linspace(-0.0495, 0.1495, 200):
        assert (change(alpha) < 0) == (0 < alpha < 0.1)
    assert change(0.05) < min(change(0.049), change(0.051))


# One more column


def test_a_column_of_ones_moves_the_limit_from_0_107_to_0_040(chapter):
    r"""“In the first chapter one unknown, the slope, was fitted to fifty points. A rate of 0.05 needed `7`
    updates, and the limit was `0.10718`. Now give the line an intercept as well. This is one more column of
    data, and every entry in it is 1.” “The sharpest direction limits the rate: $\alpha < 2/\lambda_{\max}$. One
    column of ones took the limit from `0.10718` to `0.03999`.” “It is above the new limit, `0.03999`.”
    “A rate of 0.05 laid a line through fifty points in 7 updates.”
    snippets/conditioning.py: “the column of ones is the intercept” “the curvatures of the loss”"""
    first = names_of("overshoot")
    assert np.array_equal(first.x, chapter.x) and len(chapter.x) == 50 and len(first.descend(0.05)) - 1 == 7
    assert np.array_equal(chapter.both[1], np.ones(50))
    n, total, squares = len(chapter.x), np.sum(chapter.x), np.sum(chapter.x**2)
    middle, half = (squares + n) / 2, np.hypot((squares - n) / 2, total)  # of the 2 × 2 matrix
    assert (middle - half, middle + half) == (
        pytest.approx(18.6485, abs=5e-5),
        pytest.approx(50.0115, abs=5e-5),
    )
    for columns, limit, lam in ([chapter.x], 0.10718, squares), (chapter.both, 0.03999, middle + half):
        assert 2 / lam == pytest.approx(limit, abs=5e-6)
        lowest = np.linalg.lstsq(np.column_stack(columns), chapter.y)[0]
        for part, settles in (0.99, True), (1.01, False):
            away = np.linalg.norm(fit(chapter, columns, part * limit, 500) - lowest, axis=1)
            assert (away[-1] < away[0]) == settles
        assert row(chapter, "columns", f"{len(columns)} 0.05")[2] == pytest.approx(limit, abs=5e-6)
    assert "curvatures 18.6485 50.0115\n" in chapter.printed["columns"]
    assert 0.05 > 0.03999


def test_the_slope_hardly_depends_on_the_intercept(chapter):
    """“True, it hardly does, and the curvature along the slope is nearly what it was: `18.6485` after `18.66`. But
    there is a second one now, `50.0115`, and the larger sets the limit.”"""
    design = np.column_stack(chapter.both)
    alone = np.linalg.lstsq(design[:, :1], chapter.y)[0][0]
    assert np.linalg.lstsq(design, chapter.y)[0][0] == pytest.approx(alone, rel=0.01)
    found = np.linalg.eigvalsh(design.T @ design)
    assert found == pytest.approx([18.6485, 50.0115], abs=5e-5)
    assert 2 / found[1] < 0.05 < 2 / found[0]


def test_with_the_column_one_twentieth_explodes_and_three_hundredths_need_24_updates(chapter):
    """“Predict: the points are the same and the rate is still 0.05.” “That is what happens at 0.03, which needs
    `24` updates. At 0.05 the run is not slow.” “Yes. Along the direction of the larger curvature each update
    multiplies the error by 1 − 0.05 × 50.0115 = −1.5006. After `500` updates the loss is `2.5919e+176`.”
    “One more column, and 0.05 explodes”"""
    ones = np.ones(50)
    design = np.column_stack([chapter.x, ones])
    floor = np.linalg.lstsq(design, chapter.y)[0]
    path = fit(chapter, [chapter.x, ones], 0.05, 500)
    away = (path - floor) @ np.linalg.eigh(design.T @ design)[1][:, -1]
    assert away[1:] / away[:-1] == pytest.approx(-1.5006, abs=5e-5)
    assert round(1 - 0.05 * 50.0115, 4) == -1.5006
    loss = 0.5 * np.sum((chapter.y - design @ path[-1]) ** 2)
    assert loss == pytest.approx(2.5919e176, rel=1e-4)
    assert row(chapter, "columns", "2 0.05")[:2] == pytest.approx([500, loss], rel=1e-4)
    weights = fit(chapter, [chapter.x, ones], 0.03, 24)
    slopes = np.abs((weights @ design.T - chapter.y) @ design).max(axis=1)
    assert slopes[23] > 1e-6 >= slopes[24]
    assert row(chapter, "columns", "2 0.03")[0] == 24


def test_both_numbers_explode_because_the_sharpest_direction_holds_one_part_in_52_of_slope(chapter):
    """“Nearly. One direction settles and one explodes, but a direction is seldom one parameter. The one that
    explodes here is almost all intercept, with one part in 52 of slope. That part is enough: both numbers
    explode.”"""
    design = np.column_stack(chapter.both)
    w = fit(chapter, [chapter.x, np.ones(50)], 0.05, 500)
    curvatures, directions = np.linalg.eigh(design.T @ design)
    assert list(np.abs(1 - 0.05 * curvatures) < 1) == [True, False]
    sharpest = np.abs(directions[:, 1])
    assert sharpest[1] / sharpest[0] == pytest.approx(52, abs=0.5) and sharpest[1] > 0.99
    assert np.all(np.abs(w[-1] / w[-2]) == pytest.approx(1.5006, abs=5e-5)) and np.all(np.abs(w[-1]) > 1e80)
    for seed in range(20):  # of bowls at random no direction is one parameter
        A = np.random.default_rng(seed).normal(size=(9, 4))
        assert np.abs(np.linalg.eigh(A.T @ A)[1]).max() < 0.9999


def test_the_two_columns_are_nearly_at_right_angles(chapter):
    """“Why is the second curvature so close to 50?” “The curvature along a column is the sum of the squares in it.
    Fifty ones give 50. The two columns are nearly at right angles, so each curvature belongs almost to one
    column.”"""
    design = np.column_stack(chapter.both)
    loss = lambda w: 0.5 * np.sum((chapter.y - design @ w) ** 2)  # noqa: E731
    for e, squares in zip(np.eye(2), (np.sum(chapter.x**2), 50), strict=True):
        assert loss(e) - 2 * loss(0 * e) + loss(-e) == pytest.approx(squares)
    cosine = np.sum(chapter.x) / np.sqrt(np.sum(chapter.x**2) * 50)
    assert 0 < abs(cosine) < 0.03
    assert np.abs(np.linalg.eigh(design.T @ design)[1]) == pytest.approx(np.eye(2), abs=0.02)


# Each direction is a parabola of its own


@pytest.mark.parametrize("alpha", [0.01, 0.095, 0.105])
def test_every_direction_has_its_own_factor_as_if_it_were_alone(alpha):
    r"""“On a quadratic with a lowest point the gradient is $H$ times the error $e$, the distance from that point as
    a vector. Take an eigenvector $v_i$ of $H$, a direction that $H$ only stretches, $Hv_i = \lambda_i v_i$. Look
    at the error along $v_i$:” “\begin{aligned} e_{t+1} &= e_t - \alpha H e_t \\ v_i^\top e_{t+1} &= (1 -
    \alpha\lambda_i)\; v_i^\top e_t \end{aligned}” “The second line contains no other direction. Each behaves as
    if it were alone, with its own factor $1 - \alpha\lambda_i$. Only the rate is shared.”
    “Each direction has a factor of its own” “Why: each direction is a parabola of its own”"""
    curvatures = np.linspace(1, 20, 12)
    hessian, axes = quadratic(curvatures)
    for v, lam in zip(axes.T, curvatures, strict=True):
        assert hessian @ v == pytest.approx(lam * v)
    rng = np.random.default_rng(0)
    lowest, w = rng.normal(size=(2, 12))
    loss = lambda w: 0.5 * (w - lowest) @ hessian @ (w - lowest)  # noqa: E731
    slopes = [(loss(w + h) - loss(w - h)) / 2e-4 for h in 1e-4 * np.eye(12)]
    assert slopes == pytest.approx(hessian @ (w - lowest), rel=1e-6)
    stepped = w - alpha * np.array(slopes) - lowest
    assert stepped == pytest.approx((w - lowest) - alpha * hessian @ (w - lowest), rel=1e-6)
    along = errors(hessian, alpha, np.ones(12), 5) @ axes
    assert along[1:] == pytest.approx(along[:-1] * (1 - alpha * curvatures), abs=1e-12)
    changed = np.ones(12) + axes[:, 1:] @ rng.normal(size=11)  # other errors in all directions but one
    assert (errors(hessian, alpha, changed, 5) @ axes)[:, 0] == pytest.approx(along[:, 0])


def test_in_the_valley_both_runs_approach_along_it_and_only_one_explodes_across(chapter):
    """“The explosion is *across* the valley. Along it both runs approach the bottom, at almost the same pace: each
    update leaves 0.905 of that error at <b class="tone0">α = 0.095</b>, and 0.895 at <b class="tone1">α =
    0.105</b>. Across, the factors are −0.9 and −1.1.”"""
    for ax, alpha, along, across in zip(
        axes_of(chapter, "valley"), (0.095, 0.105), (0.905, 0.895), (-0.9, -1.1), strict=True
    ):
        drawn = ax.lines[-1].get_xydata()
        assert f"α = {alpha}" in ax.get_title()
        assert drawn[1:] / drawn[:-1] == pytest.approx(np.tile([along, across], (12, 1)))
        assert drawn == pytest.approx(errors(np.diag([1.0, 20.0]), alpha, [10.0, 1.0], 12))
        assert ax.lines[-1].get_color() == to_rgba({0.095: "C0", 0.105: "C1"}[alpha])  # as in the caption


def test_the_two_runs_of_the_valley_are_five_percent_below_and_above_the_limit(chapter):
    """“Here is a valley with curvature 1 along and 20 across, so with the limit 2/20 = 0.1. One run is 5 % below
    it, one 5 % above.”"""
    rates = [float(axes.get_title().split()[2]) for axes in axes_of(chapter, "valley")]
    assert rates == pytest.approx([0.95 * 2 / 20, 1.05 * 2 / 20]) == [(1 - 0.05) * 0.1, (1 + 0.05) * 0.1]
    for alpha, settles in (0.0999, True), (0.1001, False):
        path = errors(np.diag([1.0, 20.0]), alpha, [10.0, 1.0], 9000)
        assert (np.abs(path[-1]).max() < 1) == settles


def test_the_figure_of_the_valley_shows_swings_that_shrink_and_swings_that_grow(chapter):
    """“Ellipses of equal loss, long and narrow, twice. At α = 0.095 the path zig-zags across the valley with
    shrinking swings while it moves slowly along it. At α = 0.105 the swings across grow, and the path still
    moves along the valley towards the bottom.”
    snippets/conditioning.py: “the curvatures along the valley and across it” “the ellipse on which the loss
    is c”"""
    panels = axes_of(chapter, "valley")
    for ax, alpha, grows in zip(panels, (0.095, 0.105), (False, True), strict=True):
        assert f"α = {alpha}" in ax.get_title() and ax.get_aspect() == 1
        ellipses = [line.get_xydata() for line in ax.lines if len(line.get_xdata()) == 400]
        assert len(ellipses) == 6
        for points, c in zip(ellipses, (2, 8, 20, 40, 60, 120), strict=True):
            assert 0.5 * points**2 @ [1, 20] == pytest.approx(c)
            assert np.ptp(points[:, 0]) > 4 * np.ptp(points[:, 1])
        path = ax.lines[-1].get_xydata()
        assert np.all(path[1:, 1] * path[:-1, 1] < 0)
        assert np.all((np.diff(np.abs(path[:, 1])) > 0) == grows)
        assert np.all(np.diff(path[:, 0]) < 0) and np.all(path[:, 0] > 2)  # slowly towards 0
    assert panels[0].get_ylabel() == "across" and panels[0].get_xlabel() == "along"


def test_an_error_of_exactly_0_stays_0_and_any_other_grows():
    """“No. An error of exactly 0 stays 0, whatever it is multiplied by. Any other error, however small, is
    multiplied by −1.1 at every update.”"""
    valley = np.diag([1.0, 20.0])
    for alpha in 0.095, 0.105, 7:
        assert np.all(errors(valley, alpha, [10.0, 0.0], 60)[:, 1] == 0)
    for across in 1.0, -1e-9, 1e-200:
        path = errors(valley, 0.105, [10.0, across], 60)[:, 1]
        assert path[1:] / path[:-1] == pytest.approx(-1.1)


def heavy_ball(lam, alpha, beta, steps):
    """The errors along one direction under momentum, and the steps."""
    e, v, path, moves = 1.0, 0.0, [1.0], []
    for _ in range(steps):
        v = beta * v + lam * e
        moves.append(-alpha * v)
        e += moves[-1]
        path.append(e)
    return np.array(path), np.array(moves)


def test_each_further_digit_takes_116_updates_at_kappa_100_and_12_with_momentum():
    """“116 without momentum: the factor is 0.98. With it, 12: the factor is 0.819 in both directions, the square
    root of β.”"""
    best = best_rate([1, 100])
    for lam in 1, 100:
        path = np.abs(errors(np.eye(1) * lam, best, [1.0], 400)[:, 0])
        assert path[1:] / path[:-1] == pytest.approx(0.98, abs=5e-4)
        assert path[116] <= 0.1 < path[115]
        swings = np.abs(heavy_ball(lam, 0.033, 0.67, 4000)[0][:1000])
        factor = np.exp(np.polyfit(np.arange(200, 1000), np.log(swings[200:] + 1e-300), 1)[0])
        assert factor == pytest.approx(0.819, abs=2e-3) and np.sqrt(0.67) == pytest.approx(0.819, abs=5e-4)
        assert factor**12 < 0.1 < factor**11


def test_momentum_of_a_half_moves_the_limit_to_0_15():
    """“Explain: why does momentum of 0.5 cure the explosion at 0.105?” “The limit becomes 2(1 + β)/κ, which is 0.15
    for β = 0.5. Where one jump across follows another, it is shortened by half of the one before, which
    pointed the other way.”"""
    for beta in 0.0, 0.5, 0.9:
        for kappa in 20, 300:
            limit = 2 * (1 + beta) / kappa
            for part, settles in (0.99, True), (1.01, False):
                grown = [np.abs(heavy_ball(lam, part * limit, beta, 3000)[0][-1]) for lam in (1, kappa)]
                assert (max(grown) < 1) == settles
    assert round(2 * (1 + 0.5) / 20, 9) == 0.15
    path, moves = heavy_ball(20, 0.105, 0.5, 20)
    assert abs(path[-1]) < 0.1 and abs(heavy_ball(20, 0.105, 0, 20)[0][-1]) > 1
    bare, before, after = -0.105 * 20 * path[1:-1], moves[:-1], moves[1:]
    jumps = path[1:] * path[:-1] < 0
    again = jumps[1:] & jumps[:-1]
    assert np.sum(again) >= 5 and np.all(before[again] * bare[again] < 0)
    assert np.abs(after[again]) == pytest.approx(np.abs(bare[again]) - np.abs(before[again]) / 2)


def test_the_limit_found_by_bisection_is_two_over_the_largest_curvature(chapter):
    """“The next program has 50: curvatures 1 and 20, and 48 random ones between, rotated so that each direction
    mixes all the parameters. It finds the limit from runs alone, by bisection.” “The limit is `0.100000`, the
    same as with two directions.” “Fifty directions, and the same limit”
    snippets/conditioning.py: “50 random directions”"""
    assert len(chapter.curvatures) == 50 == 2 + 48
    assert (min(chapter.curvatures), max(chapter.curvatures)) == (1, 20)
    assert np.sum((chapter.curvatures > 1) & (chapter.curvatures < 20)) == 48
    assert np.sort(np.linalg.eigvalsh(chapter.H)) == pytest.approx(np.sort(chapter.curvatures))
    mixed = np.abs(np.linalg.eigh(chapter.H)[1])
    assert mixed.min() > 0 and mixed.max() < 0.9
    assert chapter.high == pytest.approx(0.1, abs=1e-6)
    assert chapter.printed["many"] == "by bisection 0.100000, 2/λmax 0.100000\n"
    halved = changed(
        chapter, "many", "H = turned * curvatures @ turned.T", "H = turned * curvatures / 2 @ turned.T"
    )
    assert halved.shown == "by bisection 0.200000, 2/λmax 0.100000\n"  # it knows only what it runs


@pytest.mark.parametrize("alpha, settles", [(0.0999, True), (0.1001, False)])
def test_all_50_settle_exactly_when_the_sharpest_does(chapter, alpha, settles):
    path = errors(chapter.H, alpha, np.ones(50), 4000)
    assert (np.linalg.norm(path[-1]) < np.linalg.norm(path[1000])) == settles


def test_in_a_bowl_all_settle_exactly_when_the_sharpest_does_and_a_negative_curvature_grows_at_every_rate():
    r"""“In a bowl, where all curvatures are positive, all of them settle exactly when the sharpest does, the one
    with the largest curvature:” “0 < \alpha < \frac{2}{\lambda_{\max}}.” “Along a direction with a negative
    curvature the factor is above 1, and the error grows at every rate.” “With many parameters the largest
    curvature limits the rate and the smallest sets the wait.” “The sharpest direction sets the limit”"""
    rng = np.random.default_rng(5)
    for seed in range(8):
        bowl, axes = quadratic(rng.uniform(0.5, 50, 6), seed)
        lam = np.linalg.eigvalsh(bowl)
        for part, settles in (-0.02, False), (0.02, True), (0.98, True), (1.02, False):
            path = np.abs(errors(bowl, part * 2 / lam[-1], axes @ np.ones(6), 600) @ np.linalg.eigh(bowl)[1])
            assert np.all(path[-1] < path[50]) == settles
        waits = [np.log(1e-6) / np.log(abs(1 - one / lam[-1])) for one in lam[:-1]]
        assert max(waits) == waits[0]  # at half the limit the smallest waits longest
    saddle = np.diag([1.0, -2.0])  # the sharpest, of curvature 1, settles at a half; the other does not
    for alpha in 1e-3, 0.1, 0.5, 1.9:
        along, down = np.abs(errors(saddle, alpha, [1.0, 1.0], 50).T)
        assert along[-1] < along[0] and np.all(np.diff(down) > 0)
        assert down[1:] / down[:-1] == pytest.approx(1 + 2 * alpha)


# How fast can it be?


def test_every_run_lies_on_the_higher_of_two_lines(chapter):
    """“A run is only as fast as its slowest direction. So measure, for many rates, the factor by which one update
    multiplies the error, after a thousand updates:” “Every run lies on the higher of two lines.” “Right of it
    the sharpest does, and beyond the dashed limit it explodes. The best rate is where the lines cross.”
    snippets/conditioning.py: “only its growth counts” “all …, settles” “all …, explodes” “the limit,
    2/λmax”"""
    (ax,) = axes_of(chapter, "rates")
    flattest, sharpest, settles, explodes, limit = ax.lines
    higher = np.maximum(flattest.get_ydata(), sharpest.get_ydata())
    assert chapter.measured == pytest.approx(higher, abs=1e-4) and len(chapter.alphas) == 30
    error = errors(chapter.H, 0.03, np.ones(50), 1000)
    assert np.linalg.norm(error[-1]) / np.linalg.norm(error[-2]) == pytest.approx(
        chapter.growth(0.03), abs=1e-4
    )
    assert limit.get_linestyle() == "--" and limit.get_xdata()[0] == 0.1
    assert max(settles.get_xdata()) < 0.1 < min(explodes.get_xdata())
    assert max(settles.get_ydata()) < 1 < min(explodes.get_ydata())
    crossing = np.argmin(np.abs(flattest.get_ydata() - sharpest.get_ydata()))
    assert crossing == np.argmin(chapter.measured)
    fine = np.linspace(0.09, 0.1, 21)
    assert fine[np.argmin([chapter.growth(alpha) for alpha in fine])] == pytest.approx(2 / 21, abs=5e-4)


def test_the_flattest_decides_left_of_the_crossing_and_the_sharpest_right_of_it(chapter):
    """“Left of the crossing the flattest direction decides how long you wait. Right of it the sharpest does”
    snippets/conditioning.py: “First the flattest direction decides, then the sharpest”"""
    directions, _ = np.linalg.qr(chapter.turned[:, :2])  # of the curvatures 1 and 20
    for alpha in 0.03, 0.09, 0.0945, 0.096, 0.099:
        left = errors(chapter.H, alpha, np.ones(50), 4000)[-1] @ directions
        assert (abs(left[1]) > abs(left[0])) == (alpha > 2 / 21)


def test_the_line_of_curvature_1_falls_to_0_88_and_that_of_20_to_0_at_one_twentieth(chapter):
    """“Error after an update over error before, against the rate. The line for curvature 1 falls slowly from 1 to
    0.88. The line for curvature 20 falls to 0 at 0.05 and rises again. The measured runs lie on the higher of
    the two, lowest where they cross, just left of the dashed limit at 0.1.”"""
    (ax,) = axes_of(chapter, "rates")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("rate α", "error after / before")
    flattest, sharpest, settles, explodes, limit = (line.get_xydata() for line in ax.lines)
    assert [ax.lines[i].get_label().split("λ = ")[1] for i in (0, 1)] == ["1", "20"]
    assert np.all(np.diff(flattest[:, 1]) < 0)
    assert flattest[[0, -1], 1] == pytest.approx([1, 0.88], abs=5e-3)
    lowest = np.argmin(sharpest[:, 1])
    assert sharpest[lowest] == pytest.approx([0.05, 0], abs=1e-9)
    assert np.all((np.diff(sharpest[:, 1]) < 0) == (np.arange(len(sharpest) - 1) < lowest))
    runs = np.concatenate([settles, explodes])
    assert runs[:, 1] == pytest.approx(np.maximum(flattest[:, 1], sharpest[:, 1]), abs=1e-4)
    assert 0.09 < runs[np.argmin(runs[:, 1]), 0] < limit[0, 0] == 0.1


@pytest.mark.parametrize("curvatures", [(1, 10), (0.5, 50), (3, 3000)])
def test_the_best_fixed_rate_is_two_over_the_sum_and_its_factor_that_of_kappa(curvatures):
    r"""“At the crossing both directions shrink equally, $1 - \alpha\lambda_{\min} = \alpha\lambda_{\max} - 1$.”
    “\begin{aligned} \alpha &= \frac{2}{\lambda_{\min} + \lambda_{\max}}, \\ \text{factor} &= \frac{\kappa -
    1}{\kappa + 1}, \qquad \kappa = \frac{\lambda_{\max}}{\lambda_{\min}}. \end{aligned}” “κ is the **condition
    number**, the ratio of the largest curvature to the smallest.”
    “The best rate, where both directions shrink alike”"""
    curvatures = np.array(curvatures)
    rates = np.linspace(0, 2 / curvatures.max(), 200_001)
    worst = np.maximum(*np.abs(1 - np.outer(curvatures, rates)))
    kappa = np.linalg.cond(np.diag(curvatures))
    assert kappa == pytest.approx(max(curvatures) / min(curvatures))
    assert rates[worst.argmin()] == pytest.approx(best_rate(curvatures), rel=1e-4)
    assert worst.min() == pytest.approx((kappa - 1) / (kappa + 1), abs=1e-4)
    one, other = np.abs(errors(np.diag(curvatures), rates[worst.argmin()], [1.0, 1.0], 1)[1])
    assert one == pytest.approx(other, rel=0.02)


def test_in_the_table_the_sweep_finds_the_best_rate(chapter):
    r"""“(The column *wait* is for the best rate, the last one for $1/\lambda_{\max}$.)”
    snippets/conditioning.py: “the least bad of all rates” “until a millionth is left”"""
    assert chapter.printed["wait"].splitlines()[0].split()[-2:] == ["wait", "1/λmax"]
    for kappa in (1, 10, 100, 1000):
        best, swept, factor, wait, last = row(chapter, "wait", f"{kappa} ")
        assert best == pytest.approx(2 / (1 + kappa), rel=1e-3)
        assert swept == pytest.approx(best, rel=1e-3)
        assert factor == pytest.approx((kappa - 1) / (kappa + 1), abs=1e-6)
        assert wait == updates([1, kappa], 2 / (1 + kappa)) and last == updates([1, kappa], 1 / kappa)


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
    """“With ten times the κ the wait is ten times as long: `69`, `691`, `6908`. Half the limit costs about twice as
    many updates, and is usually the better choice: at κ = 1000 the best rate is 0.1 % below the limit, and
    nobody knows λmax so exactly.” “Ten times the κ, ten times the wait”"""
    waits = [updates([1, kappa], 2 / (1 + kappa)) for kappa in (10, 100, 1000)]
    assert waits == [69, 691, 6908]
    assert waits[1] / waits[0] == pytest.approx(10, rel=0.01)
    assert waits[2] / waits[1] == pytest.approx(10, rel=0.01)
    for kappa, wait in zip((10, 100, 1000), waits, strict=True):
        assert updates([1, kappa], 1 / kappa) / wait == pytest.approx(2, rel=0.05)
    assert 1 - best_rate([1, 1000]) / (2 / 1000) == pytest.approx(0.001, rel=0.01)
    misjudged = 1.002 * best_rate([1, 1000])  # λmax is two thousandths larger than was thought
    assert np.abs(errors(np.diag([1.0, 1000]), misjudged, [1.0, 1.0], 9999)[-1]).max() > 1


def test_the_flattest_direction_sets_the_wait():
    r"""“The flattest direction sets the wait: at the best rate, $2/(\lambda_{\min}+\lambda_{\max})$, a millionth of
    the error is left after `69` updates at κ = 10 and after `6908` at κ = 1000.” “λmax says whether a run
    explodes, κ how slow it is below the limit.” “Conditioning: the rate is limited by one direction, the wait by another”"""
    for kappa, wait in (10, 69), (1000, 6908):
        for top in 1.0, 250.0:
            lam = np.array([top / kappa, top])
            assert updates(lam, best_rate(lam)) == wait  # κ alone
            for part, explodes in (0.999, False), (1.001, True):
                path = np.abs(errors(np.diag(lam), part * 2 / top, [1.0, 1.0], 3000)[:, 1])
                assert (path[-1] > path[0]) == explodes  # λmax alone
    lone = [updates([lam], best_rate([1, 1000])) for lam in (1, 30, 500)]
    assert max(lone) == lone[0] == 6908  # the flattest


def test_in_least_squares_descent_never_moves_along_a_direction_without_curvature():
    """“(In least squares a direction without curvature has no slope either: descent never moves along it, and it
    does not count.)”"""
    rng = np.random.default_rng(1)
    design, target, w = rng.normal(size=(5, 8)), rng.normal(size=5), rng.normal(size=8)  # three are flat
    flat, lam = np.linalg.svd(design)[2][5:], np.linalg.svd(design)[1] ** 2
    before, losses = flat @ w, []
    for _ in range(3000):
        gradient = design.T @ (design @ w - target)
        assert flat @ gradient == pytest.approx(0, abs=1e-12)
        w = w - best_rate(lam) * gradient  # by the curvatures that are there
        losses.append(0.5 * np.sum((design @ w - target) ** 2))
    assert flat @ w == pytest.approx(before) and losses[-1] < 1e-9


# What κ does not explain


def test_the_asker_s_limit_lay_between_the_two_rates(chapter):
    r"""“Then the limit $2/\lambda_{\max}$ lay between the two rates, and λmax between `2,000` and `20,000`.”
    snippets/conditioning.py: “this explodes, that trains” “somewhere between”"""
    assert "2,000 < λ < 20,000" in chapter.printed["asker"]
    for lam in 1990, 2010, 5000, 19_990, 20_010:
        high, low = (np.abs(errors(np.eye(1) * lam, rate, [1.0], 200)[-1, 0]) for rate in (1e-3, 1e-4))
        assert (high > 1 > low) == (2000 < lam < 20_000) == (1e-4 < 2 / lam < 1e-3)


def test_seven_updates_lead_from_five_thousand_to_a_trillion(chapter):
    r"""“Take 5,000:” “Seven updates lead from five thousand to `1.342e+12`. The tenfold rate did not make things
    ten times worse. It carried $\alpha\lambda$ from 0.5 to 5, and between them lies 2: a threshold, not a
    gradual change. This program has only one direction, so κ = 1.”
    “Seven updates from five thousand to a trillion”
    snippets/conditioning.py: “both begin at a loss of 5000”"""
    high, low = (2500 * errors(np.eye(1) * 5000, alpha, [np.sqrt(2)], 7)[:, 0] ** 2 for alpha in (1e-3, 1e-4))
    assert high[0] == low[0] == pytest.approx(5000)
    assert high[6] < 1e12 < high[7] == pytest.approx(1.342e12, rel=1e-3)
    assert row(chapter, "asker", "update     7") == pytest.approx([high[7], low[7]], rel=1e-3)
    assert low[7] < 1 and high[7] / low[7] > 1e12  # not ten times worse
    grows = [
        np.abs(errors(np.eye(1) * 5000, product / 5000, [1.0], 99)[-1, 0]) > 1
        for product in (0.5, 1.99, 2.01, 5)
    ]
    assert grows == [False, False, True, True]
    own = changed(chapter, "asker", "lam = 5000", "lam = 5000.0")
    assert own.alpha * own.lam == pytest.approx([5, 0.5])
    assert np.ndim(own.lam) == 0 and np.linalg.cond([[own.lam]]) == 1


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
    """“That is half of the cure. The limit rises to `0.0438`, but κ is still `523.8` and the wait `3619` updates,
    because the means are still there.” “Yes. Then κ is `1.012`, the limit `0.994`, and the best rate needs `3`
    updates.” “Standardising two inputs took κ from `5.979e+10` to `1.012`.”
    snippets/conditioning.py: “mean squared error” “at the best rate”"""
    lam = curvatures_of(people(0)[name])
    kappa = lam.max() / lam.min()
    X = people(0)[name]
    sharp = np.linalg.svd(X, full_matrices=False)[2][0]  # along it the mean squared error bends so
    errors = [np.mean((X @ (step * sharp) - 1) ** 2) for step in (-1, 0, 1)]
    assert np.diff(errors, 2) == pytest.approx(lam.max())
    wait = np.ceil(np.log(1e6) / -np.log1p(-2 / (kappa + 1)))
    printed = row(chapter, "features", name + " ")
    assert printed == pytest.approx([lam.max(), 2 / lam.max(), kappa, wait], rel=5e-3)
    shown = {"scaled": [0.0438, 523.8, 3619], "both": [0.994, 1.012, 3]}.get(name)
    assert shown is None or printed[1:] == shown
    if name == "scaled":  # what is left of κ is the means: without them it is that of both
        design = people(0)["scaled"]
        centred = curvatures_of(np.column_stack([design[:, :2] - design[:, :2].mean(axis=0), np.ones(1000)]))
        assert centred == pytest.approx(curvatures_of(people(0)["both"]))


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
    """“Centred and scaled,”"""
    hessian = 2 * people(0)["both"].T @ people(0)["both"] / 1000
    lam, axes = np.linalg.eigh(hessian)
    path = errors(hessian, best_rate(lam), axes @ np.ones(3), 3) @ axes
    largest = np.abs(path).max(axis=1)
    assert largest[2] > 1e-6 >= largest[3]


def test_raw_at_a_thousandth_each_update_multiplies_an_error_by_minus_5_4_million(chapter):
    """“Here λmax is `5.437e+09` and the limit `3.68e-10`. At 0.001 each update multiplies an error by −5.4
    million.” What is said but is not so: “It settles: 0.001 is a careful rate” “Predict: a linear model with a
    bias has two inputs, age (20 to 70) and income (50,000 ± 15,000).”"""
    design = people(0)["raw"]
    lam = curvatures_of(design).max()
    assert [lam, 2 / lam] == pytest.approx([5.437e9, 3.68e-10], rel=2e-3)
    assert row(chapter, "features", "raw")[:2] == [5.437e9, 3.68e-10]
    sharpest = np.linalg.svd(design)[2][0]
    after = sharpest - 0.001 * 2 * design.T @ (design @ sharpest) / 1000
    assert after @ sharpest / 1e6 == pytest.approx(-5.4, abs=0.05)
    age, income = chapter.inputs.T
    assert 20 < age.min() < 21 and 69 < age.max() < 70
    assert income.mean() == pytest.approx(50_000, rel=0.02) and income.std() == pytest.approx(
        15_000, rel=0.05
    )


def test_raw_a_million_updates_a_second_take_nearly_five_days(chapter):
    """“It will not explode, but it will not arrive either. κ is `5.979e+10`, and even the best rate needs
    `4.13e+11` updates. At a million a second that is nearly five days, for three parameters.”
    “the wait falls from 4 · 10¹¹ to 3”"""
    lam = curvatures_of(people(0)["raw"])
    assert len(lam) == 3 and np.all(np.abs(1 - best_rate(lam) * lam) < 1)
    kappa = lam.max() / lam.min()
    needed = np.log(1e6) / -np.log1p(-best_rate(lam) * lam.min())
    assert [kappa, needed] == pytest.approx([5.979e10, 4.13e11], rel=5e-3)
    assert needed == pytest.approx(4 * 10**11, rel=0.05)
    assert 4.5 < row(chapter, "features", "raw")[3] / 1e6 / 86_400 < 5


def test_standardising_leaves_the_predictions_as_they_are():
    """“Standardising changes the shape of the valley, not the model: with a bias, the best fit makes the same
    predictions.”"""
    designs = people(0)
    target = np.random.default_rng(5).normal(size=1000)
    raw, standardised = (
        designs[name] @ np.linalg.lstsq(designs[name], target, rcond=None)[0] for name in ("raw", "both")
    )
    assert np.ptp(raw) > 0.01
    assert standardised == pytest.approx(raw, abs=1e-9)
    assert curvatures_of(designs["raw"]).max() > 1e9 * curvatures_of(designs["both"]).max()


@pytest.mark.parametrize("d, mu", [(10, 3.0), (40, 0.5)])
def test_a_mean_alone_makes_one_curvature_one_plus_d_mu_squared_and_leaves_the_others(d, mu):
    r"""“A mean alone can do the damage. Take $d$ independent inputs of spread 1 that all have the mean $\mu$. Their
    $H$ (for half the mean squared error) is $I + \mu^2 \mathbf{1}\mathbf{1}^\top$ on average, so one curvature
    is $1 + d\mu^2$ and all others are 1. The sharpest direction is “all weights up together”.”"""
    inputs = np.random.default_rng(2).normal(mu, 1, size=(100_000, d))
    H = inputs.T @ inputs / len(inputs)
    assert pytest.approx(np.eye(d) + mu**2 * np.ones((d, d)), abs=0.1) == H
    lam, axes = np.linalg.eigh(H)
    assert lam[-1] == pytest.approx(1 + d * mu**2, rel=0.02)
    assert lam[:-1] == pytest.approx(1, abs=0.06)
    assert np.abs(axes[:, -1]) == pytest.approx(1 / np.sqrt(d), rel=0.05)  # all weights up together
    assert np.all(axes[:, -1] > 0) or np.all(axes[:, -1] < 0)


# You may think …


@pytest.mark.parametrize("kappa", [1, 2.68, 1000])
def test_a_run_explodes_when_alpha_lambda_max_passes_2_whatever_kappa_is(kappa):
    r"""“A run explodes when $\alpha\lambda_{\max} > 2$, whatever κ is.”"""
    hessian, _ = quadratic([1 / kappa, 1.0])
    for alpha, explodes in (1.99, False), (2 + 0.01, True):
        path = np.linalg.norm(errors(hessian, alpha, [1.0, 1.0], 8000), axis=1)
        assert (path[-1] > path[-1000]) == explodes


def test_the_two_columns_have_a_kappa_of_2_68(chapter):
    """“The parabola of the first chapter has κ = 1; the two columns of the regression have κ = 2.68.”"""
    design = np.column_stack([chapter.x, np.ones(50)])
    assert np.linalg.cond(design) ** 2 == pytest.approx(2.68, abs=0.005)
    assert np.linalg.cond(design[:, :1]) ** 2 == pytest.approx(1)


def test_a_rate_that_suits_the_flat_directions_is_far_too_high_for_the_sharpest():
    """“And a large κ does mean that a rate which suits the flat directions is far too high for the sharpest one.
    Once α is small enough to survive λmax, κ explains why training *crawls*.” “What κ explains, what it does
    not, and why to standardise inputs.”"""
    for kappa in 30, 1000:
        suits = 1 / 1.0  # solves a direction of curvature 1 at once
        flat, sharp = np.abs(errors(np.diag([1.0, kappa]), suits, [1.0, 1.0], 9)[-1])
        assert flat == 0 and sharp == pytest.approx((kappa - 1) ** 9)
        assert suits > 10 * 2 / kappa
    crawl = [updates([1, kappa], 1.9 / kappa) for kappa in (2, 30, 1000)]
    assert crawl[0] < 150 < crawl[1] < 300 and crawl[2] > 6000


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
    """“Beyond the crossing a higher rate is slower, and soon it explodes.” “To gain more, make κ smaller.”"""
    best = best_rate([1, 20])
    assert updates([1, 20], best) < updates([1, 20], best * 1.02) < updates([1, 20], best * 1.04)
    assert np.abs(errors(np.diag([1.0, 20]), best * 1.06, [1.0, 1.0], 999)[-1]).max() > 1
    assert updates([2, 20], best_rate([2, 20])) < 0.55 * updates([1, 20], best)


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
    """“No: far below the limit the wait grows as 1/α. At κ = 1000 a tenth of the best rate needs 69,140 updates in
    place of `6908`.”"""
    best = best_rate([1, 1000])
    assert [updates([1, 1000], best / part) for part in (1, 10)] == [6908, 69_140]
    waits = [updates([1, 50], best_rate([1, 50]) / part) for part in (5, 10, 20, 40)]
    assert waits == pytest.approx([waits[0] * part for part in (1, 2, 4, 8)], rel=0.01)


# Exercises


def test_exercise_1_curvatures_4_and_100_need_173_updates():
    """“The limit is 2/100 = 0.02 and κ = 25. The best rate is 2/104 = 0.01923, its factor 24/26 = 0.923. A millionth
    is left after ln(10⁶)/ln(26/24) = 172.6, so 173 updates.”"""
    for alpha, settles in (0.0199, True), (0.02 + 1e-4, False):
        assert (np.abs(errors(np.diag([4.0, 100]), alpha, [1.0, 1.0], 999)[-1]).max() < 1) == settles
    assert np.linalg.cond(np.diag([4.0, 100])) == 25 and 2 / 100 == 0.02
    assert best_rate([4, 100]) == pytest.approx(0.01923, abs=5e-6) == 2 / 104
    assert np.abs(1 - best_rate([4, 100]) * np.array([4, 100])) == pytest.approx(24 / 26)
    assert round(24 / 26, 3) == 0.923
    assert np.log(1e6) / np.log(26 / 24) == pytest.approx(172.6, abs=0.05)
    assert updates([4, 100], best_rate([4, 100])) == 173


def test_exercise_2_curvatures_one_half_and_50_need_691_updates():
    """“The limit is 2/50 = 0.04 and κ = 100. The best rate is 2/50.5 = 0.0396, its factor 99/101.” “ln(10⁶)/ln(101/99)
    = 690.8, so `691`, as in the table for curvatures 1 and 100. The wait depends on the ratio alone; the rate
    does not.”"""
    for alpha, settles in (0.0399, True), (0.04 + 1e-4, False):
        assert (np.abs(errors(np.diag([0.5, 50]), alpha, [1.0, 1.0], 999)[-1]).max() < 1) == settles
    assert np.linalg.cond(np.diag([0.5, 50])) == pytest.approx(100) and 2 / 50 == 0.04
    assert best_rate([0.5, 50]) == pytest.approx(0.0396, abs=5e-5) == 2 / 50.5
    assert np.abs(1 - best_rate([0.5, 50]) * np.array([0.5, 50])) == pytest.approx(99 / 101)
    assert np.log(1e6) / np.log(101 / 99) == pytest.approx(690.8, abs=0.05)
    waits = {pair: updates(pair, best_rate(pair)) for pair in ((0.5, 50), (1, 100), (30, 3000))}
    assert set(waits.values()) == {691} and len({best_rate(pair) for pair in waits}) == 3


def test_exercise_3_subtracting_one_half_allows_a_rate_301_times_higher():
    r"""“A linear model without bias reads 100 independent pixels, each uniform between 0 and 1: mean 1/2, variance
    1/12. The loss is the mean squared error, so $H = 2\,\mathrm{E}[xx^\top]$.” “Before: one curvature is 2(1/12
    + 100/4) = 50.17, all others are 2/12 = 0.167. The limit is 0.0399 and κ = 301. After: all are 0.167, the
    limit is 12 and κ = 1. Subtracting one half from each pixel allows a rate 301 times higher.”"""
    exact = 2 * (np.eye(100) / 12 + np.full((100, 100), 1 / 4))
    lam = np.linalg.eigvalsh(exact)
    assert lam[-1] == pytest.approx(50.17, abs=0.005) == 2 * (1 / 12 + 100 / 4)
    assert lam[:-1] == pytest.approx(0.167, abs=5e-4) == 2 / 12
    assert 2 / lam[-1] == pytest.approx(0.0399, abs=5e-5)
    assert lam[-1] / lam[0] == pytest.approx(301)
    assert (2 / lam[0]) == pytest.approx(12) == 301 * 2 / lam[-1]
    pixels = np.random.default_rng(4).uniform(size=(50_000, 100))
    assert [pixels.mean(), pixels.var()] == pytest.approx([1 / 2, 1 / 12], rel=0.01)
    w, target = np.zeros(100), pixels[:, 0]
    loss = lambda w: np.mean((pixels @ w - target) ** 2)  # noqa: E731
    sample = 2 * pixels.T @ pixels / len(pixels)
    for e in np.eye(100)[:2]:
        assert loss(w + e) - 2 * loss(w) + loss(w - e) == pytest.approx(e @ sample @ e)
    assert np.linalg.eigvalsh(sample)[-1] == pytest.approx(lam[-1], rel=0.01)
    centred = 2 * (pixels - 0.5).T @ (pixels - 0.5) / len(pixels)
    assert np.linalg.eigvalsh(centred) == pytest.approx(2 / 12, rel=0.15)


def test_exercise_4_perfect_conditioning_does_not_save_the_run(chapter):
    """“Perfect conditioning saves nobody: at 0.105 the error is multiplied by −1.1 in every direction, and the run
    explodes. At 0.095 it is multiplied by −0.9 in every direction, and the run settles. The ellipses become
    circles, and both runs jump straight through the centre.”"""
    panels = changed(chapter, "valley", "lam = np.array([1, 20])", "lam = np.array([20, 20])").panels
    for ax, alpha, factor in zip(panels, (0.095, 0.105), (-0.9, -1.1), strict=True):
        assert f"α = {alpha}" in ax.get_title()
        *rings, path = (line.get_xydata() for line in ax.lines)
        assert path[1:] == pytest.approx(factor * path[:-1])
        assert path[:, 1] == pytest.approx(path[:, 0] / 10)  # straight through the centre
        assert (np.abs(path[-1]) < np.abs(path[0])).all() == (alpha < 0.1)
        for ring in rings:
            assert np.hypot(*ring.T) == pytest.approx(np.hypot(*ring[0]))


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
    r"""“**Then set the rate** to $1/\lambda_{\max}$, half the limit, and lower if your batches are small.” “With
    mini-batches the squared error, averaged over all possible runs, begins to grow below $2/\lambda_{\max}$
    already ([Mini-batches](minibatch.md)).”"""
    rng = np.random.default_rng(9)
    X = rng.normal(size=(200, 10))
    lam = np.linalg.eigvalsh(X.T @ X / 200)[-1]
    for m, part in (1, 1), (16, 1.9):
        alpha = part / lam
        assert alpha < 2 / lam
        error = np.ones((20_000, 10))
        sizes = [np.mean(error**2)]
        for _ in range(6):
            batch = X[rng.integers(200, size=(20_000, m))]
            error = error - alpha * np.einsum("rmd,rm->rd", batch, np.einsum("rmd,rd->rm", batch, error)) / m
            sizes.append(np.mean(error**2))
        assert sizes[-1] > sizes[-2] > sizes[-3]


def relu_data(scale):
    """Five data sets with targets of spread ``scale``, and the first weights of a small ReLU network for each."""
    people = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(64, 8))
        y = np.sin(x @ rng.normal(size=(8, 1))) + 0.1 * rng.normal(size=(64, 1))
        first, last = rng.normal(size=(8, 32)) * (2 / 8) ** 0.5, rng.normal(size=(32, 1)) * (2 / 32) ** 0.5
        people.append((x, scale * (y - y.mean()) / y.std(), first, last))
    x, y, A, C = map(np.array, zip(*people, strict=True))
    return x, y, (A, np.zeros((5, 1, 32)), C, np.zeros((5, 1, 1)))


def relu_gradient(x, y, weights):
    """Of the mean of the squares, for the four parts of the weights, and the squares."""
    A, a, C, c = weights
    h = np.maximum(x @ A + a, 0)
    r = h @ C + c - y
    g = 2 * r / 64
    back = (g @ C.mT) * (h > 0)
    parts = x.mT @ back, back.sum(axis=1, keepdims=True), h.mT @ g, g.sum(axis=1, keepdims=True)
    return parts, np.mean(r**2, axis=(1, 2))


@np.errstate(all="ignore")  # above the limit it explodes
def relu_networks(alpha, scale, updates=1000):
    """The weights of five networks after full-batch descent, and what they then cost."""
    x, y, weights = relu_data(scale)
    for _ in range(updates):
        weights = tuple(w - alpha * g for w, g in zip(weights, relu_gradient(x, y, weights)[0], strict=True))
    return weights, relu_gradient(x, y, weights)[1]


@pytest.mark.parametrize(
    "scale, low, high", [(1, 0.12, 0.2), (10, 0.12, 0.15), (100, 0.012, 0.015), (1000, 0.001, 0.002)]
)
def test_targets_count_like_inputs_if_the_model_is_a_network(scale, low, high):
    """“**Targets count like inputs, if the model is a network**: bring them to mean 0 and spread 1 too.” “Five small
    ReLU networks with a mean squared error trained up to rates of 0.12 to 0.2 on targets of spread 1, and of
    0.12 to 0.15, 0.012 to 0.015 and 0.001 to 0.002 on 10, 100 and 1,000 times those targets.” docs/fixes.md:
    “Standardise the inputs, and centre and scale the targets (they count like inputs: five small ReLU networks needed a
    rate some ten times lower with targets a hundred times as large, and some hundred times lower with a thousand
    times).”"""
    _, y, _ = relu_data(scale)
    assert y.mean(axis=1) == pytest.approx(0, abs=1e-9) and y.std(axis=1) == pytest.approx(scale)

    def trained(alpha):  # below half of what predicting the mean costs
        return relu_networks(alpha, scale)[1] < 0.5 * scale**2

    assert trained(low).all()
    assert trained(0.9 * high).any()
    assert not trained(1.25 * high).any()


def test_a_network_grows_its_weights_to_reach_large_targets_and_its_curvature_grows_with_them():
    """“A network has to grow its weights to reach large targets, and its curvature grows with them.”"""
    sizes, tops = [], []
    for scale, rate in (1, 0.05), (10, 0.01), (100, 1e-3):
        weights, cost = relu_networks(rate, scale)
        assert np.all(cost < 0.2 * scale**2)  # each of them reaches its targets
        sizes.append([np.sqrt(sum(np.sum(w[i] ** 2) for w in weights)) for i in range(5)])
        x, y, _ = relu_data(scale)
        v = [np.random.default_rng(0).normal(size=w.shape) for w in weights]
        for _ in range(30):  # λmax of all five at once, from two gradients each
            norm = np.sqrt(sum(np.sum(one**2, axis=(1, 2), keepdims=True) for one in v))
            v = [one / norm for one in v]
            up, down = (
                relu_gradient(x, y, [w + h * one for w, one in zip(weights, v, strict=True)])[0]
                for h in (1e-5, -1e-5)
            )
            v = [(one - other) / 2e-5 for one, other in zip(up, down, strict=True)]
        tops.append(np.sqrt(sum(np.sum(one**2, axis=(1, 2)) for one in v)))
    assert np.all(np.diff(sizes, axis=0) > 0) and np.all(np.diff(tops, axis=0) > 0)
    assert np.all(tops[2] > 10 * tops[0])


def test_lambda_max_can_be_found_from_gradients_alone(chapter):
    """“λmax can be found [from gradients alone](taylor.md#in-your-own-run), without writing down $H$.”"""
    design = np.column_stack(chapter.both)
    gradient = lambda w: design.T @ (design @ w - chapter.y)  # noqa: E731
    w = np.array([0.3, -0.2])
    v = gradient(w)
    for _ in range(20):
        v = (gradient(w + 1e-3 * v / np.linalg.norm(v)) - gradient(w)) / 1e-3
    assert np.linalg.norm(v) == pytest.approx(50.0115, abs=1e-3)


def test_if_it_explodes_lower_the_rate_and_if_it_crawls_leave_it():
    """“**If it explodes, lower the rate. If it crawls near the limit, leave the rate** and reach for scaling,
    normalisation layers, momentum or Adam.” “All this is exact for full-batch descent on a quadratic.”"""
    lam = np.array([1.0, 1000])
    above, below = 2.1 / 1000, 1.9 / 1000
    assert np.abs(errors(np.diag(lam), above, [1.0, 1.0], 999)[-1]).max() > 1
    assert np.abs(errors(np.diag(lam), above / 2, [1.0, 1.0], 999)[-1]).max() < 1
    crawls = updates(lam, below)
    assert updates(lam, below * 1.05) > crawls / 1.06  # a higher rate hardly helps
    assert updates(lam / lam, 1.0) == 1  # scaling
    swings = np.max([np.abs(heavy_ball(one, below, 0.9, 3000)[0]) for one in lam], axis=0)
    settled = 1 + np.max(np.nonzero(swings > 1e-6))
    assert settled < crawls / 5  # momentum, at the same rate
    hessian, axes = quadratic(lam)
    exact = (axes * (1 - below * lam) ** 50) @ axes.T @ np.ones(2)
    assert errors(hessian, below, np.ones(2), 50)[-1] == pytest.approx(exact)


def test_in_a_network_the_curvatures_move_and_inputs_are_standardised_for_the_first_layer_only():
    """“In a network the curvatures move while you train, and standardised inputs are so for the first layer only:
    what it hands to the next has another mean and spread.”"""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        X = rng.normal(4, 3, size=(100, 5))
        X = (X - X.mean(axis=0)) / X.std(axis=0)
        y, w = np.tanh(X[:, 0]), np.concatenate([rng.normal(size=40) * 0.4**0.5, rng.normal(size=8) / 4**0.5])

        def hidden(w, X=X):
            return np.maximum(X @ w[:40].reshape(5, 8), 0)

        def gradient(w, X=X, y=y, hidden=hidden):
            r = (hidden(w) @ w[40:] - y) / 100
            return np.concatenate([(X.T @ (np.outer(r, w[40:]) * (hidden(w) > 0))).ravel(), hidden(w).T @ r])

        def top(w, gradient=gradient):
            H = np.array([gradient(w + e) - gradient(w - e) for e in 1e-6 * np.eye(48)]) / 2e-6
            return np.linalg.eigvalsh((H + H.T) / 2)[-1]

        tops = [top(w)]
        for _ in range(3):
            assert hidden(w).mean() > 0.2 and hidden(w).mean(axis=0).max() > 0.3
            assert np.abs(hidden(w).std(axis=0) - 1).max() > 0.2
            for _ in range(50):
                w = w - 0.5 / tops[0] * gradient(w)
            tops.append(top(w))
        assert len({round(one, 3) for one in tops}) == 4


@pytest.mark.parametrize("seed", range(3))
def test_adam_rescales_the_directions(seed):
    """“Adam rescales the directions, so the curvatures that count are those of a rescaled $H$.”"""
    rng = np.random.default_rng(seed)
    hessian, _ = quadratic(10 ** rng.uniform(-2, 2, 4), seed)
    w, m, v = rng.normal(size=4), 0.0, 0.0
    for t in range(1, 201):
        g = hessian @ w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        w = w - 1e-3 * m / (1 - 0.9**t) / np.sqrt(v / (1 - 0.999**t))
    scale = 1 / np.sqrt(v / (1 - 0.999**200))  # from here on it hardly moves: Adam's β₂ is near 1
    rescaled = np.sqrt(scale)[:, None] * hessian * np.sqrt(scale)
    limit = 2 * (1 + 0.9) / (1 - 0.9) / np.linalg.eigvalsh(rescaled)[-1]
    for part, settles in (0.97, True), (1.03, False):
        e, m = np.ones(4), 0.0
        while 1e-9 < np.linalg.norm(e) < 1e6:
            m = 0.9 * m + 0.1 * hessian @ e
            e = e - part * limit * scale * m
        assert (np.linalg.norm(e) < 1) == settles
    own = 2 * (1 + 0.9) / (1 - 0.9) / np.linalg.eigvalsh(hessian)[-1]
    assert abs(own / limit - 1) > 0.1  # those of H itself would give another limit


@reads("docs/{own}.md")
def test_standardise_every_input_then_set_the_rate():
    """“Standardise every input: subtract its mean, divide by its standard deviation. Then set the rate. [In your own
    run](#in-your-own-run) says how.”"""
    rng = np.random.default_rng(3)
    raw = rng.normal(size=(500, 4)) * [1e-3, 1, 50, 1e4] + [5, 0, 300, 2e5]
    standardised = np.column_stack([(raw - raw.mean(axis=0)) / raw.std(axis=0), np.ones(500)])
    target = raw @ [300, -1, 0.02, 1e-4] + rng.normal(size=500)
    for design, arrives in (np.column_stack([raw, np.ones(500)]), False), (standardised, True):
        rate, w = 1 / (np.linalg.norm(design, 2) ** 2 / 500), np.zeros(5)
        for _ in range(200):
            w = w - rate * design.T @ (design @ w - target) / 500
        least = np.linalg.lstsq(standardised, target)[0]
        assert (np.mean((design @ w - standardised @ least) ** 2) < 1e-6) == arrives
    page = markdown_of("conditioning").split("## In your own run")[1]
    assert "**Centre each input, then divide it by its spread**" in page and "**Then set the rate**" in page


def test_a_linear_model_has_no_target_in_its_curvature():
    """“A linear model has no target in its curvature.”"""
    rng = np.random.default_rng(10)
    X, y = rng.normal(size=(50, 3)), rng.normal(size=50)

    def slope(w, scale):
        return X.T @ (X @ w - scale * y) / 50

    steep = [[slope(e, scale) - slope(-e, scale) for e in np.eye(3)] for scale in (1, 1000)]
    assert np.array(steep[0]) == pytest.approx(np.array(steep[1]))
