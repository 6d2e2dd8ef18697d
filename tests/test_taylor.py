"""The claims of the chapter on Taylor's series, a test a sentence."""

import contextlib
import io
import re
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from conftest import ROOT, axes_of, no_window
from weave.program import sections

RATES = (0.001, 0.01, 0.05, 0.08, 0.1, 0.12, 0.3)
CURVATURES = {  # the second derivative of what a residual costs, worked out by hand
    "squares": lambda r: np.ones_like(r),
    "log cosh": lambda r: 1 / np.cosh(r) ** 2,
    "Cauchy": lambda r: (1 - r**2) / (1 + r**2) ** 2,
}


def slope(chapter, b):
    return np.sum(chapter.x * (chapter.x * b - chapter.y))


def share(chapter, alpha, b=5.0):
    """What is kept of the slope's promise, on the regression with one parameter."""
    g = slope(chapter, b)
    return (chapter.loss(b) - chapter.loss(b - alpha * g)) / (alpha * g**2)


def total(chapter, w, kind):
    return np.sum(chapter.kinds[kind][0](chapter.y - chapter.X @ w))


def hessian(chapter, w, kind):
    return chapter.X.T @ np.diag(CURVATURES[kind](chapter.y - chapter.X @ w)) @ chapter.X


def change(chapter, alpha, kind):
    """What one step from the start of the chapter does to the loss."""
    step = chapter.start - alpha * chapter.gradient(chapter.start, kind)
    return total(chapter, step, kind) - total(chapter, chapter.start, kind)


def model(chapter, alpha, kind):
    """What the second order says that it does, with the Hessian worked out by hand."""
    g, H = chapter.gradient(chapter.start, kind), hessian(chapter, chapter.start, kind)
    return -alpha * g @ g + alpha**2 / 2 * g @ H @ g


def changed(chapter, section, old, new):
    """A section of the displayed program with other words in it: its names, what it prints, its panels."""
    code = {part.name: part.code for part in sections(Path(chapter.__file__))}[section]
    assert code.count(old) == 1, f"{old!r} stands {code.count(old)} times in the section"
    names = dict(vars(chapter))
    with no_window(), contextlib.redirect_stdout(io.StringIO()) as out:
        exec(code.replace(old, new), names)
        return SimpleNamespace(**names, shown=out.getvalue(), panels=plt.gcf().axes)


def on_one_weight(chapter, kind, b, alpha=0.0):
    """The losses of the interactive figure, without an intercept: loss after a step, slope, curvature."""

    def loss(b):
        return np.sum(chapter.kinds[kind][0](chapter.y - chapter.x * b))

    slope = -np.sum(chapter.x * chapter.kinds[kind][1](chapter.y - chapter.x * b))
    curvature = np.sum(chapter.x**2 * CURVATURES[kind](chapter.y - chapter.x * b))
    return loss(b - alpha * slope) - loss(b), slope, curvature


def first_rise(chapter, kind):
    """The smallest rate, on a fine grid, at which a step raises the loss."""
    return next(alpha for alpha in np.arange(1e-4, 2, 1e-4) if change(chapter, alpha, kind) > 0)


# A promise and what is kept of it


def test_the_slope_promises_a_fall_of_348_from_a_loss_of_116(chapter):
    """“It cannot keep that promise: the loss is only 116.5, and a sum of squares is never negative.”"""
    assert chapter.loss(5) == pytest.approx(116.540, abs=5e-4)
    assert slope(chapter, 5) == pytest.approx(53.8607, abs=5e-5)
    assert 0.12 * slope(chapter, 5) ** 2 == pytest.approx(348.117, abs=5e-4)
    assert chapter.loss(5) - 0.12 * slope(chapter, 5) ** 2 < 0
    assert min(chapter.loss(b) for b in np.linspace(-100, 100, 4001)) > 0


def test_the_table_prints_landing_loss_promise_change_and_share(chapter):
    rows = [[float(word) for word in line.split()] for line in chapter.printed["promise"].splitlines()[3:]]
    for row, alpha in zip(rows, (0.01, 1 / 18.66, 0.08, 2 / 18.66, 0.12), strict=True):
        landing, promise = 5 - alpha * slope(chapter, 5), -alpha * slope(chapter, 5) ** 2
        happened = chapter.loss(landing) - chapter.loss(5)
        expected = [alpha, landing, chapter.loss(landing), promise, happened, 1 - alpha * 18.66 / 2]
        assert row == pytest.approx(expected, abs=6e-4)


def test_the_slope_is_the_derivative_of_the_loss(chapter):
    assert chapter.slope == pytest.approx((chapter.loss(5 + 1e-4) - chapter.loss(5 - 1e-4)) / 2e-4, rel=1e-8)


def test_a_step_at_twelve_hundredths_raises_the_loss_to_158(chapter):
    after = chapter.loss(5 - 0.12 * slope(chapter, 5))
    assert after == pytest.approx(158.175, abs=5e-4)
    assert after - chapter.loss(5) == pytest.approx(41.635, abs=5e-4)


def test_at_twelve_hundredths_the_step_crosses_the_bottom_and_climbs_higher_than_it_started(chapter):
    """“It crosses the bottom and climbs higher than it started, to `158.175`.”"""
    landing, bottom = 5 - 0.12 * slope(chapter, 5), np.sum(chapter.x * chapter.y) / np.sum(chapter.x**2)
    assert landing < bottom < 5
    assert chapter.loss(landing) > chapter.loss(5) > chapter.loss(bottom)


def test_at_eight_hundredths_it_falls_by_a_quarter_of_what_was_promised(chapter):
    assert chapter.loss(5) - chapter.loss(5 - 0.08 * slope(chapter, 5)) == pytest.approx(58.855, abs=5e-4)
    assert share(chapter, 0.08) == pytest.approx(0.25, abs=0.01)


def test_at_the_limit_it_lands_as_far_beyond_the_bottom_and_as_high_as_it_started(chapter):
    landing = 5 - 2 / np.sum(chapter.x**2) * slope(chapter, 5)
    bottom = np.sum(chapter.x * chapter.y) / np.sum(chapter.x**2)
    assert landing == pytest.approx(-0.77285, abs=5e-6)
    assert bottom - landing == pytest.approx(5 - bottom)
    assert chapter.loss(landing) == pytest.approx(chapter.loss(5))


def test_the_limit_is_never_given_as_a_rate_above_it(chapter):
    """A limit that is rounded up raises the loss: what the page offers as the limit is rounded down."""
    page = (ROOT / "docs/taylor.md").read_text(encoding="utf-8")
    shown = re.findall(r"0\.107\d*", page + "".join(chapter.printed.values()))
    assert set(shown) == {"0.10718"}
    for b in (5, 9, 50):
        assert share(chapter, 0.10718, b) > 0 > share(chapter, 0.1072, b)


def test_the_share_kept_falls_along_a_straight_line_with_the_rate(chapter):
    for alpha in RATES:
        assert share(chapter, alpha) == pytest.approx(1 - alpha * 18.66 / 2, abs=1e-9)
    assert 1 - share(chapter, 0.08) == pytest.approx(0.7464, abs=5e-5)


def test_the_lowest_of_the_steps_is_the_one_at_one_over_lambda_with_half_its_promise_kept(chapter):
    landing = {alpha: chapter.loss(5 - alpha * chapter.slope) for alpha in (1 / 18.66, *RATES)}
    assert min(landing, key=landing.get) == 1 / 18.66
    assert share(chapter, 1 / 18.66) == pytest.approx(0.5)


# The second term


def test_on_a_quadratic_the_second_order_is_no_approximation(chapter):
    for alpha in RATES:
        assert change(chapter, alpha, "squares") == pytest.approx(model(chapter, alpha, "squares"), rel=1e-10)
    assert "predicted to 9 digits: 1000\n" in chapter.printed["thousand"]


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_program_finds_the_same_on_other_bowls(chapter, seed):
    """“Every step at a rate above $2\\alpha^*$ rose, and no other. The second order predicted all thousand
    changes to nine digits.”"""
    found = changed(chapter, "thousand", "default_rng(0)", f"default_rng({seed})").shown
    above, steps = re.search(r"α > 2α\*  +(\d+) steps, rose (\d+)", found).groups()
    assert above == steps and 400 < int(steps) < 600
    assert re.search(r"α < 2α\*  +\d+ steps, rose 0\n", found)
    assert re.search(r"α < 2/λmax +\d+ steps, rose 0\n", found)
    above, steps = map(int, re.search(r"α > 2/λmax +(\d+) steps, rose (\d+)", found).groups())
    assert 0 < steps < above
    assert int(found.split()[-1]) >= 999  # a change of nearly nothing has fewer digits


def test_elsewhere_the_table_holds_for_short_steps_only_and_on_log_cosh_the_best_step_rises(chapter):
    """“on the log cosh loss [below](#change-one-thing-what-a-residual-costs), the step at $\\alpha^*$ raises
    the loss by 32.8.”"""
    g = chapter.gradient(chapter.start, "log cosh")
    best = g @ g / chapter.bend["log cosh"]
    assert change(chapter, best, "log cosh") == pytest.approx(32.8, abs=0.05)
    for alpha, near in (best / 100, 0.002), (best / 30, 0.02):
        kept = -change(chapter, alpha, "log cosh") / (alpha * g @ g)
        assert kept == pytest.approx(1 - alpha / (2 * best), abs=near)


def bowls(seed, number=1000):
    """Random quadratics f(w) = wᵀHw/2 by their eigenvalues, unlike the chapter's, and a start in each."""
    rng = np.random.default_rng(seed)
    for _ in range(number):
        size = rng.integers(2, 9)
        turn = np.linalg.qr(rng.normal(size=(size, size)))[0]
        yield (turn * 10 ** rng.uniform(-1, 2, size)) @ turn.T, rng.normal(size=size), rng.uniform(0, 4)


def rose_and_limits(H, w, factor):
    """Whether a step of factor·α* raised the bowl's loss, its rate, 2α* and 2/λmax."""
    g = H @ w
    best = g @ g / (g @ H @ g)
    new = w - factor * best * g
    return new @ H @ new > w @ H @ w, factor * best, 2 * best, 2 / np.linalg.eigvalsh(H)[-1]


def test_the_loss_rises_exactly_beyond_twice_the_best_step(chapter):
    seen = [rose_and_limits(*bowl) for bowl in bowls(7)]
    assert all(rose == (alpha > once) for rose, alpha, once, _ in seen)
    assert 300 < sum(rose for rose, *_ in seen) < 700
    assert "α > 2α*    522 steps, rose 522\n" in chapter.printed["thousand"]
    assert "α < 2α*    478 steps, rose 0\n" in chapter.printed["thousand"]


def test_the_best_step_is_the_lowest_point_along_the_step():
    for H, w, _ in bowls(8, 50):
        g = H @ w
        best = g @ g / (g @ H @ g)
        losses = [(w - factor * best * g) @ H @ (w - factor * best * g) for factor in np.linspace(0, 3, 61)]
        assert np.argmin(losses) == 20  # factor 1


def test_at_the_best_step_half_the_promise_is_kept_and_at_twice_that_nothing():
    for H, w, _ in bowls(9, 50):
        g = H @ w
        for factor, kept in (0.001, 0.9995), (1, 0.5), (2, 0), (3, -0.5):
            alpha = factor * g @ g / (g @ H @ g)
            new = w - alpha * g
            assert (w @ H @ w - new @ H @ new) / (2 * alpha * g @ g) == pytest.approx(kept, abs=1e-6)


def test_the_best_step_is_at_least_one_over_the_largest_curvature():
    limits = np.array([rose_and_limits(*bowl)[2:] for bowl in bowls(10)])
    assert np.all(limits[:, 0] >= limits[:, 1] * (1 - 1e-12))


def test_along_the_direction_of_largest_curvature_it_is_no_more_than_that():
    for H, _, _ in bowls(11, 50):
        sharpest = np.linalg.eigh(H)[1][:, -1]
        assert np.divide(*rose_and_limits(H, sharpest, 1)[2:]) == pytest.approx(1)


def test_that_is_so_on_a_bowl_and_a_saddle_has_no_such_limit():
    """“On a bowl, where all curvatures are positive, $\\alpha^*$ is therefore at least $1/\\lambda_{\\max}$”"""
    H, w = np.diag([1.0, -2]), np.array([0.5, -0.5])  # the gradient is (½, 1)
    _, best, _, run_limit = rose_and_limits(H, w, 1)
    assert best == pytest.approx(-0.714, abs=5e-4) and best < 1 / H.max() == run_limit / 2


def test_no_step_below_two_over_lambda_max_raises_a_quadratic(chapter):
    low = [rose_and_limits(*bowl) for bowl in bowls(12)]
    low = [rose for rose, alpha, _, always in low if alpha < always]
    assert len(low) > 100 and not any(low)
    assert "α < 2/λmax 362 steps, rose 0\n" in chapter.printed["thousand"]


def test_g_h_g_over_g_g_averages_the_curvatures_weighted_by_the_parts_of_the_gradient():
    for H, w, _ in bowls(13, 50):
        g = H @ w
        curvatures, directions = np.linalg.eigh(H)
        parts = (directions.T @ g) ** 2 / (g @ g)
        assert parts.sum() == pytest.approx(1)
        assert parts @ curvatures == pytest.approx(g @ H @ g / (g @ g))


# The parabola that you chose


def parabola(chapter, alpha, b):
    return chapter.loss(5) + slope(chapter, 5) * (b - 5) + (b - 5) ** 2 / (2 * alpha)


def test_each_step_walks_to_the_bottom_of_the_parabola_of_curvature_one_over_alpha(chapter):
    fine = np.linspace(-5, 6, 1_100_001)
    for alpha, lands in (0.01, 4.46139), (0.08, 0.69115), (0.12, -1.46328):
        assert fine[np.argmin(parabola(chapter, alpha, fine))] == pytest.approx(lands, abs=2e-5)
        assert 5 - alpha * slope(chapter, 5) == pytest.approx(lands, abs=5e-6)


def test_the_parabola_touches_the_loss_with_the_same_height_and_slope(chapter):
    for alpha in RATES:
        assert parabola(chapter, alpha, 5) == chapter.loss(5)
        rise = parabola(chapter, alpha, 5 + 1e-5) - parabola(chapter, alpha, 5 - 1e-5)
        assert rise / 2e-5 == pytest.approx(slope(chapter, 5), rel=1e-6)


def test_the_bottom_of_the_parabola_is_half_a_promise_down(chapter):
    for alpha in RATES:
        landing = 5 - alpha * slope(chapter, 5)
        promise = alpha * slope(chapter, 5) ** 2
        assert chapter.loss(5) - parabola(chapter, alpha, landing) == pytest.approx(promise / 2)


@pytest.mark.parametrize(
    "alpha, curvature, above, falls",
    [(0.01, 100, True, True), (0.08, 12.5, False, True), (0.12, 8.33, False, False)],
)
def test_above_the_loss_is_safe_below_may_fall_and_below_one_half_rises(
    chapter, alpha, curvature, above, falls
):
    elsewhere = [b for b in np.linspace(-4, 10, 99) if abs(b - 5) > 0.01]
    assert 1 / alpha == pytest.approx(curvature, abs=0.005)
    assert all((parabola(chapter, alpha, b) > chapter.loss(b)) == above for b in elsewhere)
    assert (chapter.loss(5 - alpha * slope(chapter, 5)) < chapter.loss(5)) == falls
    assert (1 / alpha > 18.66 / 2) == falls
    assert (share(chapter, alpha) >= 0.5) == above


def test_at_twelve_hundredths_the_bottom_of_the_parabola_is_where_no_loss_can_be(chapter):
    bottom = parabola(chapter, 0.12, 5 - 0.12 * slope(chapter, 5))
    assert bottom == pytest.approx(-57.5, abs=0.05)


def test_the_figure_s_triangles_stand_at_the_bottoms_and_its_squares_on_the_loss(chapter):
    for ax, alpha in zip(axes_of(chapter, "surrogate"), (0.01, 0.08, 0.12), strict=True):
        at = {line.get_marker(): line.get_xydata()[0] for line in ax.lines if len(line.get_xydata()) == 1}
        landing = 5 - alpha * slope(chapter, 5)
        assert at["v"] == pytest.approx([landing, parabola(chapter, alpha, landing)])
        assert at["s"] == pytest.approx([landing, chapter.loss(landing)])
        assert at["o"] == pytest.approx([5, chapter.loss(5)])


# What a residual costs


@pytest.mark.parametrize("kind", CURVATURES)
def test_the_derivative_of_each_cost_is_its_derivative(chapter, kind):
    cost, derivative = chapter.kinds[kind]
    r = np.linspace(-4, 4, 33)
    assert derivative(r) == pytest.approx((cost(r + 1e-5) - cost(r - 1e-5)) / 2e-5, abs=1e-8)
    assert CURVATURES[kind](r) == pytest.approx(
        (derivative(r + 1e-5) - derivative(r - 1e-5)) / 2e-5, abs=1e-8
    )


@pytest.mark.parametrize("kind", CURVATURES)
def test_no_curvature_among_the_three_costs_is_above_one(kind):
    assert max(CURVATURES[kind](np.linspace(-20, 20, 4001))) == 1


def test_log_cosh_is_nearly_half_the_square_near_zero_and_nearly_straight_far_out(chapter):
    cost, derivative = chapter.kinds["log cosh"]
    assert cost(0.1) == pytest.approx(0.1**2 / 2, rel=0.01)
    assert derivative(4.0) == pytest.approx(1, abs=0.001)


def test_cauchy_bends_downward_beyond_one(chapter):
    r, derivative = np.linspace(0, 8, 801), chapter.kinds["Cauchy"][1]
    assert r[np.argmax(derivative(r))] == 1  # it climbs to 1 and falls beyond


def test_beside_the_figure_on_squares_the_limit_is_the_same_at_nine(chapter):
    """“On squares the dashed line does not move, because the curvature is 18.66 everywhere. The slope at 9 is
    larger, and so are the step, the promise and what is taken back.”"""
    assert chapter.loss(9 - 2 / 18.66 * slope(chapter, 9)) == pytest.approx(chapter.loss(9))
    assert slope(chapter, 9) > slope(chapter, 5) > 0


def test_beside_the_figure_on_log_cosh_a_fall_is_predicted_and_the_loss_rises(chapter):
    """“It predicts a fall by 68.2, and the loss rises by 3.7. At b = 5 this loss is nearly straight, with a
    curvature of 2.6. On its way to the other side the step crosses the bottom, and around it the curvature
    is above 10.”"""
    rise, slope, curvature = on_one_weight(chapter, "log cosh", 5.0, 0.3)
    assert curvature == pytest.approx(2.6, abs=0.05)
    assert -0.3 * slope**2 + 0.3**2 / 2 * slope**2 * curvature == pytest.approx(-68.2, abs=0.05)
    assert rise == pytest.approx(3.7, abs=0.05)
    way = np.linspace(5, 5 - 0.3 * slope, 300)
    slopes, curvatures = np.array([on_one_weight(chapter, "log cosh", b)[1:] for b in way]).T
    assert slopes[0] > 0 > slopes[-1] and max(curvatures) > 10


def test_beside_the_figure_on_cauchy_there_is_no_limit_but_the_loss_rises(chapter):
    """“The curvature is −0.44 there, so the second order knows of no limit. The loss does: from b = 5 it rises
    at every rate from 0.81 to the slider's end, 2.”"""
    assert on_one_weight(chapter, "Cauchy", 5.0)[2] == pytest.approx(-0.44, abs=0.005)
    assert on_one_weight(chapter, "Cauchy", 5.0, 0.8)[0] < 0
    assert all(on_one_weight(chapter, "Cauchy", 5.0, alpha)[0] > 0 for alpha in np.linspace(0.81, 2, 500))


@pytest.mark.parametrize("kind", CURVATURES)
def test_two_gradients_give_g_h_g_without_a_hessian(chapter, kind):
    g = chapter.gradient(chapter.start, kind)
    exact = g @ hessian(chapter, chapter.start, kind) @ g
    assert chapter.bend[kind] == pytest.approx(exact, rel=1e-4)
    row = [float(word) for word in chapter.printed["losses"].split(kind)[1].split()[:3]]
    assert row == pytest.approx([g @ g, exact, 2 * g @ g / exact], rel=2e-3)


def test_on_the_squares_a_step_raises_the_loss_from_the_predicted_rate_on(chapter):
    assert first_rise(chapter, "squares") == pytest.approx(0.0933, abs=1e-4)


def test_for_log_cosh_the_limit_0_6773_is_predicted_and_a_step_rises_above_0_266(chapter):
    """“Yes, above 0.266. The step carries residuals from the straight parts of log cosh into its bend, so the
    curvature grows on the way.”"""
    g, H = chapter.gradient(chapter.start, "log cosh"), hessian(chapter, chapter.start, "log cosh")
    assert 2 * g @ g / (g @ H @ g) == pytest.approx(0.6773, abs=1e-4)
    assert first_rise(chapter, "log cosh") == pytest.approx(0.266, abs=5e-4)
    assert all(change(chapter, alpha, "log cosh") > 0 for alpha in np.geomspace(0.267, 10, 500))


def test_for_log_cosh_the_curvature_becomes_larger_on_the_way(chapter):
    g = chapter.gradient(chapter.start, "log cosh")
    along = [
        g @ hessian(chapter, chapter.start - alpha * g, "log cosh") @ g for alpha in np.linspace(0, 0.13, 14)
    ]
    assert np.all(np.diff(along) > 0) and along[-1] > 2 * along[0]


def test_for_log_cosh_many_residuals_lie_on_the_straight_parts_and_fewer_nearer_the_bottom(chapter):
    def straight(w):
        return np.sum(np.abs(chapter.y - chapter.X @ w) > 1.5)  # where its curvature is below 0.2

    step = chapter.start - 0.13 * chapter.gradient(chapter.start, "log cosh")
    assert straight(chapter.start) > 15 and straight(step) < straight(chapter.start) / 2


def test_at_the_start_two_thirds_of_the_residuals_lie_beyond_one(chapter):
    beyond = np.abs(chapter.y - chapter.X @ chapter.start) > 1
    assert np.mean(beyond) == pytest.approx(2 / 3, abs=0.03)


def test_the_first_step_promises_a_fall_of_29(chapter):
    assert 0.01 * slope(chapter, 5) ** 2 == pytest.approx(29, abs=0.5)


@pytest.mark.parametrize("kind", ["log cosh", "Cauchy"])
def test_elsewhere_the_curvature_at_the_start_predicts_short_steps_only(chapter, kind):
    limit = first_rise(chapter, kind)
    short, long = limit / 20, limit
    assert change(chapter, short, kind) == pytest.approx(model(chapter, short, kind), rel=0.02)
    assert abs(change(chapter, long, kind) - model(chapter, long, kind)) > 10


def test_for_cauchy_both_terms_point_down_and_longer_is_better_for_ever(chapter):
    g, H = chapter.gradient(chapter.start, "Cauchy"), hessian(chapter, chapter.start, "Cauchy")
    assert g @ H @ g == pytest.approx(-3.16, abs=0.005)
    assert np.all(np.diff([model(chapter, alpha, "Cauchy") for alpha in np.linspace(0, 100, 201)]) < 0)


def test_the_cauchy_loss_is_32_7_and_cannot_fall_below_zero(chapter):
    assert total(chapter, chapter.start, "Cauchy") == pytest.approx(32.7, abs=0.05)
    assert model(chapter, 0.8, "Cauchy") < -32.7
    assert np.all(chapter.kinds["Cauchy"][0](np.linspace(-9, 9, 99)) >= 0)


def test_in_fact_every_step_above_0_732_raises_the_cauchy_loss(chapter):
    """“In fact every step above 0.732 raises the loss.”"""
    assert first_rise(chapter, "Cauchy") == pytest.approx(0.732, abs=5e-4)
    assert all(change(chapter, alpha, "Cauchy") > 0 for alpha in np.geomspace(0.7325, 1e6, 2000))


def test_the_figure_draws_the_limit_where_the_series_puts_it_and_none_for_cauchy(chapter):
    for ax, kind in zip(axes_of(chapter, "sweep"), CURVATURES, strict=True):
        g, H = chapter.gradient(chapter.start, kind), hessian(chapter, chapter.start, kind)
        limit = next(line for line in ax.lines if line.get_linestyle() == "--").get_xdata()[0]
        assert limit == pytest.approx(2 * g @ g / (g @ H @ g), rel=1e-3)
        assert (0 < limit < ax.get_xlim()[1]) == (kind != "Cauchy")
        for alpha, height in ax.lines[0].get_xydata():  # the predicted curve
            assert height == pytest.approx(model(chapter, alpha, kind), rel=1e-3, abs=0.02)
        falls, rises = (
            next(line for line in ax.lines if line.get_marker() == marker).get_xydata() for marker in "os"
        )
        assert len(falls) > 5 and len(rises) > 4 and falls[:, 1].max() <= 0 < rises[:, 1].min()
        for alpha, height in [*falls, *rises]:
            assert height == pytest.approx(change(chapter, alpha, kind), abs=1e-9)


# What can be guaranteed


def random_steps(chapter, seed=3, number=300):
    rng = np.random.default_rng(seed)
    for _ in range(number):
        yield rng.normal([2, 0], 3), rng.uniform(0.05, 3.5) / 50.01148271


@pytest.mark.parametrize("kind", CURVATURES)
def test_the_largest_curvature_of_the_squares_will_do_for_all_three(chapter, kind):
    largest = np.linalg.eigvalsh(hessian(chapter, chapter.start, "squares"))[-1]
    assert largest == pytest.approx(chapter.L)
    for w, _ in random_steps(chapter):
        assert np.linalg.eigvalsh(hessian(chapter, w, kind))[-1] <= chapter.L + 1e-9


@pytest.mark.parametrize("kind", CURVATURES)
def test_a_parabola_of_curvature_l_lies_above_the_loss_wherever_it_touches(chapter, kind):
    rng = np.random.default_rng(4)
    for w, _ in random_steps(chapter, seed=5):
        away = rng.normal(size=2)
        bowl = total(chapter, w, kind) + chapter.gradient(w, kind) @ away + chapter.L / 2 * away @ away
        assert bowl >= total(chapter, w + away, kind) - 1e-9


@pytest.mark.parametrize("kind", CURVATURES)
def test_every_step_keeps_at_least_the_share_one_minus_half_alpha_l(chapter, kind):
    for w, alpha in random_steps(chapter):
        g = chapter.gradient(w, kind)
        fall = total(chapter, w, kind) - total(chapter, w - alpha * g, kind)
        assert fall >= alpha * (1 - alpha * chapter.L / 2) * g @ g - 1e-9


def test_no_step_kept_less_than_was_guaranteed_and_the_other_two_keep_more_even_beyond(chapter):
    rows = [[float(word) for word in line.split()] for line in chapter.printed["guarantee"].splitlines()[3:]]
    assert [row[0] for row in rows] == [0.5, 1, 1.5, 1.9, 2.5]
    for product, guaranteed, squares, log_cosh, cauchy in rows:
        assert guaranteed == pytest.approx(1 - product / 2)
        assert guaranteed == pytest.approx(squares, abs=1e-3)
        assert squares < log_cosh < cauchy
    assert rows[-1][2] < 0 < rows[-1][3]


# One step is not the run


def test_on_a_parabola_with_one_parameter_all_three_limits_are_two_over_lambda(chapter):
    """“On a parabola with one parameter all three are the $2/\\lambda$ of the last chapter.”"""
    for part, falls in (0.999, True), (1.001, False):
        alpha, path = part * 2 / 18.66, [5.0]
        for _ in range(50):
            path.append(path[-1] - alpha * slope(chapter, path[-1]))
        losses = np.array([chapter.loss(b) for b in path])
        assert np.all((np.diff(losses) < 0) == falls)  # this step, each step, and so the run


def test_of_the_638_steps_above_two_over_lambda_max_116_fell_and_all_those_runs_diverge(chapter):
    assert "α > 2/λmax 638 steps, rose 522\n" in chapter.printed["thousand"]
    rng, fell, diverged = np.random.default_rng(0), 0, 0
    for _ in range(1000):  # the chapter's bowls, in the order in which it draws them
        A = rng.normal(size=(12, rng.integers(2, 11)))
        w = rng.normal(size=A.shape[1])
        H = A.T @ A
        g = H @ w
        alpha = g @ g / (g @ H @ g) * rng.uniform(0, 4)
        new = w - alpha * g
        if alpha > 2 / np.linalg.eigvalsh(H)[-1] and new @ H @ new < w @ H @ w:
            before = w @ H @ w
            for _ in range(3000):
                w = w - alpha * (H @ w)
                if w @ H @ w > 1e6 * before:
                    break
            fell, diverged = fell + 1, diverged + (w @ H @ w > 100 * before)
    assert fell == diverged == 116


# You may think


def test_a_gradient_ten_times_longer_leaves_the_best_step_as_it_is(chapter):
    H, g = hessian(chapter, chapter.start, "squares"), chapter.gradient(chapter.start, "squares")
    assert (10 * g) @ (10 * g) / ((10 * g) @ H @ (10 * g)) == pytest.approx(g @ g / (g @ H @ g))


def test_at_b_50_the_slope_is_893_and_the_limit_the_same(chapter):
    assert slope(chapter, 50) == pytest.approx(893.6, abs=0.05)
    assert share(chapter, 0.10718, b=50) > 0 > share(chapter, 0.10719, b=50)


# Exercises


def test_exercise_1_the_loss_rises_by_half_of_the_promise():
    g, H = np.array([3.0, 0.0]), np.diag([10.0, 1.0])
    w = np.linalg.solve(H, g)
    assert g @ g == 9 and g @ H @ g == 90
    rose, _, once, _ = rose_and_limits(H, w, 0.3 / 0.1)
    rise = ((w - 0.3 * g) @ H @ (w - 0.3 * g) - w @ H @ w) / 2
    assert rose and once == pytest.approx(0.2)
    assert rise == pytest.approx(1.35)
    assert rise / (-0.3 * g @ g) == pytest.approx(-0.5)


def test_exercise_2_the_step_falls_and_the_run_diverges():
    curvatures, g = np.array([1.0, 100.0]), np.array([3.0, 1.0])
    assert g @ g == 10 and g @ (curvatures * g) == 109
    x = g / curvatures
    assert rose_and_limits(np.diag(curvatures), x, 1)[2:] == pytest.approx((0.18348, 0.02), abs=1e-5)
    path = [x := x * (1 - 0.05 * curvatures) if i else x for i in range(20)]
    losses = [curvatures @ point**2 / 2 for point in path]
    assert (losses[0] - losses[1]) / (0.05 * g @ g) == pytest.approx(0.7275, abs=5e-5)
    assert losses[1] < losses[0] < losses[-1]
    assert path[1][1] / path[0][1] == pytest.approx(-4)


def test_exercise_3_a_rise_is_not_yet_divergence():
    def loss(x):
        return 5 * x**2 if x > 0 else x**2 / 2

    def slope(x):
        return 10 * x if x > 0 else x

    path = [1.0]
    for _ in range(60):
        path.append(path[-1] - 0.5 * slope(path[-1]))
    assert path[1] == -4
    assert [loss(x) for x in path[:5]] == [5, 8, 2, 0.5, 0.125]
    assert loss(path[-1]) < 1e-30
    g, curvature = slope(1), (slope(1 + 1e-6) - slope(1)) / 1e-6
    assert 2 * g * g / (g * curvature * g) == pytest.approx(0.2)  # 2α*


def test_exercise_4_with_the_curvature_of_the_loss_one_curve_covers_the_other(chapter):
    """“one curve covers the other (whatever the title says), and the step arrives at once, at `2.11358`”"""
    panel = changed(chapter, "surrogate", "(0.01, 0.08, 0.12)", "(0.01, 1 / lam, 0.12)").panels[1]
    loss, parabola = (line.get_xydata() for line in panel.lines[:2])
    assert parabola == pytest.approx(loss)
    square = next(line for line in panel.lines if line.get_marker() == "s").get_xydata()[0]
    assert square == pytest.approx([2.11358, 38.8075], abs=5e-5)
    assert "0.08 and" not in panel.get_title() and "0.0536" in panel.get_title()


# In your own run


def test_any_step_s_share_gives_back_the_limit_on_a_quadratic(chapter):
    for alpha in RATES:
        assert alpha / (1 - share(chapter, alpha)) == pytest.approx(0.107181, abs=5e-7)
    assert 1 - share(chapter, 0.12) == pytest.approx(1.1196, abs=5e-5)


@pytest.mark.parametrize("kind", CURVATURES)
def test_with_the_full_batch_a_log_of_losses_and_norms_holds_the_share(chapter, kind):
    """“With the full batch, [the log of every update](diagnose.md#log) holds all that you need: the losses, and
    the norm of the gradient, whose square is $g^\\top g$.”"""
    w, alpha, log, shares = chapter.start, 0.03, [], []
    for _ in range(5):
        g = chapter.gradient(w, kind)
        log.append((total(chapter, w, kind), np.linalg.norm(g)))
        if kind == "squares":
            H = hessian(chapter, w, kind)
            shares.append(1 - alpha / 2 * (g @ H @ g) / (g @ g))
        else:
            shares.append(chapter.kept(w, kind, alpha))
        w = w - alpha * g
    for (before, norm), (after, _), expected in zip(log, log[1:], shares, strict=False):
        assert (after - before) / (-alpha * norm**2) == pytest.approx(expected)


@pytest.mark.parametrize("kind", CURVATURES)
def test_below_one_half_the_rate_is_past_the_best_step_and_below_zero_it_climbs(chapter, kind):
    best = min(np.arange(1e-3, 1, 1e-3), key=lambda alpha: change(chapter, alpha, kind))
    g = chapter.gradient(chapter.start, kind)
    timid, past, climbs = (
        -change(chapter, alpha, kind) / (alpha * g @ g) for alpha in (best / 20, 1.5 * best, 2.5 * best)
    )
    assert timid > 0.95 and 0 < past < 0.5 and climbs < 0
    assert change(chapter, 2.5 * best, kind) > 0


@pytest.mark.parametrize("kind", ["squares", "log cosh"])
@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_twenty_products_from_two_gradients_each_measure_lambda_max(chapter, kind, precision):
    X, y = chapter.X.astype(precision), chapter.y.astype(precision)
    w = np.array([3.0, 1.0], dtype=precision)

    def gradient(w):
        return -X.T @ chapter.kinds[kind][1](y - X @ w)

    base = gradient(w)
    assert base.dtype == precision
    v, h = base / np.linalg.norm(base), precision(1e-3) * np.linalg.norm(w)
    for _ in range(20):
        Hv = (gradient(w + h * v) - base) / h
        rayleigh, v = v @ Hv, Hv / np.linalg.norm(Hv)
        if kind == "squares":  # it comes from below, rounding apart
            assert rayleigh < chapter.L * (1 + (1e-3 if precision is np.float32 else 1e-9))
    assert rayleigh == pytest.approx(np.linalg.eigvalsh(hessian(chapter, w, kind))[-1], rel=0.01)


def test_each_batch_has_a_curvature_of_its_own(chapter):
    curvatures = np.mean(chapter.x.reshape(10, 5) ** 2, axis=1)
    assert curvatures.max() > 1.5 * curvatures.min()


def test_with_small_batches_the_mean_square_can_grow_below_the_limit_even_where_most_runs_settle(chapter):
    """“[with small batches](minibatch.md) the mean square of the error, over many runs, can grow below
    $2/\\lambda_{\\max}$, even where most runs settle”"""
    rng = np.random.default_rng(0)
    alpha = 0.95 * 2 / np.mean(chapter.x**2)  # below the limit of half the mean square
    full, errors, squares = 1.0, np.ones(200_000), []
    for _ in range(6):
        full *= 1 - alpha * np.mean(chapter.x**2)
        batches = chapter.x[rng.integers(len(chapter.x), size=(len(errors), 5))]
        errors = errors * (1 - alpha * np.mean(batches**2, axis=1))
        squares.append(np.mean(errors**2))
    assert abs(full) < 0.6
    batches = chapter.x[rng.integers(len(chapter.x), size=(2000, 300, 5))]
    later = np.sum(np.log(np.abs(1 - alpha * np.mean(batches**2, axis=2))), axis=1)
    assert np.mean(later < 0) > 0.9
    assert np.all(np.diff(squares) > 0) and squares[0] > 1
