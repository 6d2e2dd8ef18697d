"""The claims of the chapter on Taylor's series, a test a sentence."""

import re
from itertools import pairwise

import numpy as np
import pytest

from conftest import axes_of, changed, markdown_of, names_of
from proven import of_a_chapter, reads

pytestmark = of_a_chapter("snippets/overshoot.py")

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
    """“Stand at $b = 5$ on the parabola of the last chapter. The loss is `116.540` and the slope `53.8607`. Now
    take one step with the rate 0.12. The slope promises to change the loss by `-348.117`. It cannot keep that
    promise: the loss is only 116.5, and a sum of squares is never negative.”"""
    last = names_of("overshoot")
    assert all(chapter.loss(b) == last.loss(b) for b in (-3, 0, 5))
    assert chapter.loss(5) == pytest.approx(116.540, abs=5e-4)
    assert slope(chapter, 5) == pytest.approx(53.8607, abs=5e-5)
    assert -0.12 * slope(chapter, 5) ** 2 == pytest.approx(-348.117, abs=5e-4)
    assert chapter.loss(5) - 0.12 * slope(chapter, 5) ** 2 < 0
    assert min(chapter.loss(b) for b in np.linspace(-100, 100, 4001)) > 0


def test_if_the_slope_stayed_the_same_the_loss_would_fall_by_slope_times_step(chapter):
    r"""“A step of gradient descent goes from $b$ to $b - \alpha f'(b)$. If the slope stayed the same all the way,
    the loss would fall by slope times step, $\alpha f'(b)^2$.” “The slope promises a fall of $\alpha\, g^\top
    g$.”"""
    rng = np.random.default_rng(0)
    for g in rng.normal(size=(20, 3)):  # on an even slope, with the gradient g everywhere
        alpha, height = rng.uniform(0, 2), lambda w, g=g: g @ w + 7
        w = rng.normal(size=3)
        assert height(w) - height(w - alpha * g) == pytest.approx(alpha * np.sum(g**2))
    overshoot = names_of("overshoot")
    assert overshoot.descend(0.03, steps=1, b=5.0)[1] == pytest.approx(5 - 0.03 * slope(chapter, 5))


def test_the_program_divides_what_happened_by_what_was_promised(chapter):
    """“The program divides what happened by what was promised: 1 is a promise kept, 0 leaves the loss where it
    was, and below 0 the loss has risen.”"""
    rows = [[float(word) for word in line.split()] for line in chapter.printed["promise"].splitlines()[3:]]
    for row, alpha in zip(rows, (0.01, 1 / 18.66, 0.08, 2 / 18.66, 0.12), strict=True):
        landing, promise = 5 - alpha * slope(chapter, 5), -alpha * slope(chapter, 5) ** 2
        happened = chapter.loss(landing) - chapter.loss(5)
        expected = [alpha, landing, chapter.loss(landing), promise, happened, happened / promise]
        assert row == pytest.approx(expected, abs=6e-4)
        assert (round(row[-1], 4) < 0) == (round(happened, 9) > 0)
        assert (round(row[-1], 4) == 0) == (round(happened, 9) == 0)
    flat = changed(chapter, "promise", "change = loss(new) - loss(5)", "change = promise").shown
    assert [float(line.split()[-1]) for line in flat.splitlines()[3:]] == [1] * 5


def test_the_first_step_keeps_nearly_all_of_a_small_promise(chapter):
    """What is said but is not so: “0.01, because it keeps nearly all” “It does keep `0.9067` of its promise, but
    the promise of so short a step is small: a fall of 29.”"""
    assert share(chapter, 0.01) == pytest.approx(0.9067, abs=5e-5)
    assert 0.01 * slope(chapter, 5) ** 2 == pytest.approx(29, abs=0.5)
    assert chapter.loss(5 - 0.01 * slope(chapter, 5)) > chapter.loss(5 - 0.05359 * slope(chapter, 5))


def test_the_slope_is_the_derivative_of_the_loss(chapter):
    """snippets/taylor.py: “λ, and f'(5)”"""
    assert chapter.slope == pytest.approx((chapter.loss(5 + 1e-4) - chapter.loss(5 - 1e-4)) / 2e-4, rel=1e-8)


def test_at_twelve_hundredths_the_step_crosses_the_bottom_and_climbs_higher_than_it_started(chapter):
    """“It crosses the bottom and climbs higher than it started, to `158.175`. The share is negative: the slope
    promised a fall and the loss rose.”"""
    landing, bottom = 5 - 0.12 * slope(chapter, 5), np.sum(chapter.x * chapter.y) / np.sum(chapter.x**2)
    assert landing < bottom < 5
    assert chapter.loss(landing) > chapter.loss(5) > chapter.loss(bottom)
    assert chapter.loss(landing) == pytest.approx(158.175, abs=5e-4)
    assert share(chapter, 0.12) < 0 < 0.12 * slope(chapter, 5) ** 2


def curved(seed, size=4):
    """A smooth loss that is no quadratic, at random, with its gradient and its Hessian at a place."""
    rng = np.random.default_rng(seed)
    A, w = rng.normal(size=(2 * size, size)), rng.normal(size=size)
    f = lambda w: np.sum(np.log(np.cosh(A @ w)) + 0.2 * np.sin(A @ w))  # noqa: E731
    g = A.T @ (np.tanh(A @ w) + 0.2 * np.cos(A @ w))
    H = A.T @ np.diag(1 / np.cosh(A @ w) ** 2 - 0.2 * np.sin(A @ w)) @ A
    return f, g, H, w


@pytest.mark.parametrize("seed", range(5))
def test_the_series_up_to_its_second_order_says_what_a_step_does(seed):
    r"""“Now let there be many parameters, a vector $w$, with gradient $g$ and Hessian $H$, the table of all second
    derivatives. Taylor's series, up to its second order, says what a step along $-g$ does to the loss:”
    “\begin{aligned} f(w - \alpha g) \approx f(w) &{}- \alpha\, g^\top g \\ &{}+ \tfrac12 \alpha^2\, g^\top H g.
    \end{aligned}” “Here $g^\top g$ is the squared length of the gradient, and $g^\top H g / g^\top g$ is the
    curvature in its direction.”"""
    f, g, H, w = curved(seed)
    h, basis = 1e-4, np.eye(4)
    table = [
        [
            (f(w + h * (i + j)) - f(w + h * (i - j)) - f(w - h * (i - j)) + f(w - h * (i + j))) / (4 * h * h)
            for j in basis
        ]
        for i in basis
    ]
    assert np.array(table) == pytest.approx(H, abs=1e-5)
    missed = []
    for alpha in 1e-3, 1e-4:
        second = f(w) - alpha * g @ g + alpha**2 / 2 * g @ H @ g
        missed.append(abs(f(w - alpha * g) - second))
    assert missed[1] < missed[0] / 500  # what is left is of the third order
    way = g / np.linalg.norm(g)
    assert np.linalg.norm(g) ** 2 == pytest.approx(g @ g)
    assert (f(w + h * way) - 2 * f(w) + f(w - h * way)) / h**2 == pytest.approx(
        g @ H @ g / (g @ g), rel=1e-4, abs=1e-5
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_second_term_takes_back_and_grows_with_the_square_of_the_rate(seed):
    r"""“The first term is the promise. The second is what that curvature takes back. It grows with $\alpha^2$, so
    if $g^\top H g$ is positive it wins in the end.” “The slope promises a fall of α gᵀg, and the curvature
    takes part of it back. Why a step downhill can climb, above which rate it does, and how to measure that
    rate.” “The slope promises, the curvature takes back”"""
    for H, w, _ in bowls(seed, 10):
        g = H @ w
        f = lambda w, H=H: w @ H @ w / 2  # noqa: E731
        taken = [f(w - alpha * g) - (f(w) - alpha * g @ g) for alpha in (0.1, 0.2, 0.4)]
        assert taken[0] > 0 and taken[1:] == pytest.approx([4 * taken[0], 16 * taken[0]])
        limit = first_that_rises(H, w)
        assert limit == pytest.approx(2 * g @ g / (g @ H @ g), rel=0.02)
        share = 1 - (f(w) - f(w - 0.7 * limit * g)) / (0.7 * limit * g @ g)
        assert 0.7 * limit / share == pytest.approx(2 * g @ g / (g @ H @ g))  # measured by two losses


@pytest.mark.parametrize("seed", range(5))
def test_divided_by_the_promise_the_series_gives_the_share_and_the_best_step(seed):
    r"""“Divide by the promise:” “\begin{aligned} \text{share kept} &\approx 1 - \frac{\alpha}{2\alpha^*} \\
    \alpha^* &= \frac{g^\top g}{g^\top H g}. \end{aligned}” “To second order the share kept is $1 -
    \alpha/2\alpha^*$ with $\alpha^* = g^\top g / g^\top H g$.”"""
    f, g, H, w = curved(seed)
    best, missed = g @ g / (g @ H @ g), []
    for alpha in abs(best) * np.array([1e-2, 1e-3]):
        share = (f(w) - f(w - alpha * g)) / (alpha * g @ g)
        missed.append(abs(share - (1 - alpha / (2 * best))))
    assert missed[0] < 0.002 and missed[1] < missed[0] / 50


def test_at_eight_hundredths_it_falls_by_a_quarter_of_what_was_promised(chapter):
    """“It promises more than the one at 0.05359, but keeps only a quarter, `0.2536`: it has passed the bottom
    and climbs again.” What is said but is not so: “0.08, and it keeps most of it”"""
    assert 0.08 * slope(chapter, 5) ** 2 > 0.05359 * slope(chapter, 5) ** 2
    assert chapter.loss(5) - chapter.loss(5 - 0.08 * slope(chapter, 5)) == pytest.approx(58.855, abs=5e-4)
    assert share(chapter, 0.08) == pytest.approx(0.2536, abs=5e-5)
    way = [chapter.loss(5 - alpha * slope(chapter, 5)) for alpha in np.linspace(0, 0.08, 9)]
    assert 0 < np.argmin(way) < 8 and way[-1] > way[-2]


def test_at_the_limit_it_lands_as_far_beyond_the_bottom_and_as_high_as_it_started(chapter):
    r"""“This is the limit, $2/\lambda$. The loss does not rise there, but it does not fall either: nothing of the
    promise is kept. The step lands at `-0.77285`, as far beyond the bottom as it started before it.”"""
    landing = 5 - 2 / np.sum(chapter.x**2) * slope(chapter, 5)
    bottom = np.sum(chapter.x * chapter.y) / np.sum(chapter.x**2)
    assert landing == pytest.approx(-0.77285, abs=5e-6)
    assert bottom - landing == pytest.approx(5 - bottom) and landing < bottom
    assert chapter.loss(landing) == pytest.approx(chapter.loss(5))
    assert share(chapter, 2 / 18.66) == pytest.approx(0, abs=1e-12)


@reads("docs/{own}.md")
def test_the_limit_is_never_given_as_a_rate_above_it(chapter):
    """A limit that is rounded up raises the loss: what the page offers as the limit is rounded down.
    “one half is kept, above 2/λ the loss rises”"""
    page = markdown_of("taylor")
    shown = re.findall(r"0\.107\d*", page + "".join(chapter.printed.values()))
    assert set(shown) == {"0.10718"}
    for b in (5, 9, 50):
        assert share(chapter, 0.10718, b) > 0 > share(chapter, 0.1072, b)


def test_the_share_kept_falls_along_a_straight_line_with_the_rate(chapter):
    r"""“It falls along a straight line, $1 - \alpha\lambda/2$. At 0.08 this is 1 − 0.7464 = `0.2536`.”"""
    for alpha in RATES:
        assert share(chapter, alpha) == pytest.approx(1 - alpha * 18.66 / 2, abs=1e-9)
    assert share(chapter, 0.08) == pytest.approx(1 - 0.7464, abs=5e-5)


def test_the_lowest_of_the_steps_is_the_one_at_one_over_lambda_with_half_its_promise_kept(chapter):
    r"""“0.05359, and it keeps one half” “Yes: `0.5000`. This is $1/\lambda$, the step to the bottom. A shorter
    step promises less, a longer one keeps less.” What is said of the longest but is not so: “0.10718, because
    it is the longest that does not rise” “At 1/λ one half is kept,”"""
    rates = (0.01, 0.05359, 0.08, 0.10718, *RATES)
    landing = {alpha: chapter.loss(5 - alpha * chapter.slope) for alpha in rates}
    assert min(landing, key=landing.get) == 0.05359
    assert 1 / np.sum(chapter.x**2) == pytest.approx(0.05359, abs=5e-6)
    assert share(chapter, 1 / 18.66) == pytest.approx(0.5000)
    assert 5 - chapter.slope / 18.66 == pytest.approx(np.sum(chapter.x * chapter.y) / 18.66)
    fine = np.linspace(0.001, 0.3, 50)
    assert np.all(np.diff(fine * chapter.slope**2) > 0)
    assert np.all(np.diff([share(chapter, alpha) for alpha in fine]) < 0)


# The second term


def test_on_a_quadratic_the_second_order_is_no_approximation(chapter):
    """“On a quadratic all of this is exact, because there the series ends at the second order.”"""
    for alpha in RATES:
        assert change(chapter, alpha, "squares") == pytest.approx(model(chapter, alpha, "squares"), rel=1e-10)
    for H, w, factor in bowls(21, 100):
        g = H @ w
        alpha = factor * g @ g / (g @ H @ g)
        new, third = (
            w - alpha * g,
            np.array([(w - s * g) @ H @ (w - s * g) for s in (0, alpha, 2 * alpha, 3 * alpha)]),
        )
        kept = (w @ H @ w - new @ H @ new) / (2 * alpha * g @ g)
        assert kept == pytest.approx(1 - factor / 2, abs=1e-9)
        assert np.diff(third, 3) == pytest.approx(0, abs=1e-9 * max(third))  # no third order
    assert "predicted to 9 digits: 1000\n" in chapter.printed["thousand"]


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_program_finds_the_same_on_other_bowls(chapter, seed):
    r"""“Here are a thousand random bowls, one step in each:” “Every step at a rate above $2\alpha^*$ rose, and no
    other. The second order predicted all thousand changes to nine digits.”"""
    found = changed(chapter, "thousand", "default_rng(0)", f"default_rng({seed})").shown
    above, steps = re.search(r"α > 2α\*  +(\d+) steps, rose (\d+)", found).groups()
    assert above == steps and 400 < int(steps) < 600
    assert re.search(r"α < 2α\*  +\d+ steps, rose 0\n", found)
    assert re.search(r"α < 2/λmax +\d+ steps, rose 0\n", found)
    above, steps = map(int, re.search(r"α > 2/λmax +(\d+) steps, rose (\d+)", found).groups())
    assert 0 < steps < above
    assert int(found.split()[-1]) >= 999  # a change of nearly nothing has fewer digits
    shown = chapter.printed["thousand"]
    assert shown.endswith("predicted to 9 digits: 1000\n")
    assert "α > 2α*    522 steps, rose 522\n" in shown and "α < 2α*    478 steps, rose 0\n" in shown


def test_the_bowls_are_half_the_length_of_aw_squared_in_2_to_10_dimensions(chapter):
    """snippets/taylor.py: “the bowl ½‖Aw‖², 2 to 10 dimensions the gradient, λmax”"""
    chapter.drawn = []
    changed(chapter, "thousand", "    best = ", "    drawn.append((A, w, g, top))\n    best = ")
    assert {len(w) for _, w, _, _ in chapter.drawn} == set(range(2, 10 + 1))
    for A, w, g, top in chapter.drawn[:50]:
        heights = [np.sum((A @ (w + one)) ** 2 - (A @ (w - one)) ** 2) / 2 for one in 1e-3 * np.eye(len(w))]
        assert g == pytest.approx(np.array(heights) / 2e-3)
        assert top == pytest.approx(np.linalg.norm(A, 2) ** 2)


def test_elsewhere_the_table_holds_for_short_steps_only_and_on_log_cosh_the_best_step_rises(chapter):
    """“Elsewhere it holds for short steps only: on the log cosh loss
    [below](#change-one-thing-what-a-residual-costs), the step at $\\alpha^*$ raises the loss by 32.8.”"""
    g = chapter.gradient(chapter.start, "log cosh")
    best = g @ g / chapter.bend["log cosh"]
    assert change(chapter, best, "log cosh") == pytest.approx(32.8, abs=0.05)
    for alpha, near in (best / 100, 0.002), (best / 30, 0.02):
        kept = -change(chapter, alpha, "log cosh") / (alpha * g @ g)
        assert kept == pytest.approx(1 - alpha / (2 * best), abs=near)


def test_the_step_is_chosen_from_the_slope_alone(chapter):
    """“So *minimise* can maximise, because the step is chosen from the slope alone. It uses $g$ and knows nothing
    of $H$.” “The step is chosen without a look at the loss where it lands. At 0.12 it has the right direction
    and raises the loss by `41.635`.”"""
    g, w, alpha = np.array([1.0, -2.0]), np.array([3.0, 1.0]), 0.3
    rng, ends, rose = np.random.default_rng(0), [], []
    for _ in range(20):  # losses with one gradient at w and a Hessian each
        A = rng.normal(size=(2, 2)) * 10 ** rng.uniform(-1, 1)
        f = lambda v, A=A: g @ (v - w) + np.sum((A @ (v - w)) ** 2) / 2  # noqa: E731
        measured = [(f(w + e) - f(w - e)) / 2e-3 for e in 1e-3 * np.eye(2)]
        ends.append(w - alpha * np.array(measured))
        rose.append(f(ends[-1]) > f(w))
    assert np.array(ends) == pytest.approx(np.tile(ends[0], (20, 1)), abs=1e-6) and 0 < sum(rose) < 20
    step = -0.12 * slope(chapter, 5)
    assert chapter.loss(5 + 1e-3 * step) < chapter.loss(5)
    assert chapter.loss(5 + step) - chapter.loss(5) == pytest.approx(41.635, abs=5e-4)


def test_with_one_parameter_the_fraction_is_lambda_and_the_best_step_one_over_it(chapter):
    r"""“With one parameter $g^\top H g / g^\top g$ is λ, and $\alpha^*$ is the $1/\lambda$ of the last
    chapter.”"""
    last = names_of("overshoot")
    for b in -3.0, 5.0, 40.0:
        g, H = np.array([slope(chapter, b)]), np.array([[slope(chapter, b + 1) - slope(chapter, b)]])
        assert g @ H @ g / (g @ g) == pytest.approx(last.lam)
        assert last.descend(g @ g / (g @ H @ g), b=b)[1] == pytest.approx(last.best)


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
    r"""“On 1,000 bowls the loss rose exactly where $\alpha$ was above $2\alpha^*$.” “Above 2α* the step goes up”
    “A thousand bowls: every step above 2α* rose, and no other”"""
    seen = [rose_and_limits(*bowl) for bowl in bowls(7)]
    assert len(seen) == 1000 and all(rose == (alpha > once) for rose, alpha, once, _ in seen)
    assert 300 < sum(rose for rose, *_ in seen) < 700
    assert "α > 2α*    522 steps, rose 522\n" in chapter.printed["thousand"]
    assert "α < 2α*    478 steps, rose 0\n" in chapter.printed["thousand"]


def test_at_the_best_step_half_the_promise_is_kept_and_at_twice_that_nothing():
    r"""“near 0 | nearly 1 | falls as promised, which is little” “$\alpha^*$ | one half | falls to the lowest point
    along the step” “$2\alpha^*$ | 0 | is where it was” “above $2\alpha^*$ | negative | **rises**” “So
    $2\alpha^*$ is **the limit of this step**.” “Half of the promise is left at α*”"""
    for H, w, _ in bowls(9, 50):
        g = H @ w
        best = g @ g / (g @ H @ g)
        for factor, kept in (1e-3, 0.9995), (1, 0.5), (2, 0), (2.001, -5e-4), (3, -0.5):
            alpha = factor * best
            new = w - alpha * g
            fall = (w @ H @ w - new @ H @ new) / 2
            assert fall / (alpha * g @ g) == pytest.approx(kept, abs=1e-6)
            assert (fall < -1e-12 * (w @ H @ w)) == (factor > 2)
        little, most = ((w @ H @ w - (w - a * g) @ H @ (w - a * g)) / 2 for a in (1e-3 * best, best))
        assert 0 < little < 0.01 * most
        losses = [(w - factor * best * g) @ H @ (w - factor * best * g) for factor in np.linspace(0, 3, 61)]
        assert np.argmin(losses) == 20  # factor 1


def test_along_the_direction_of_largest_curvature_it_is_no_more_than_that():
    for H, _, _ in bowls(11, 50):
        sharpest = np.linalg.eigh(H)[1][:, -1]
        assert np.divide(*rose_and_limits(H, sharpest, 1)[2:]) == pytest.approx(1)


def test_that_is_so_on_a_bowl_and_a_saddle_has_no_such_limit():
    r"""“On a bowl, where all curvatures are positive, $\alpha^*$ is therefore at least $1/\lambda_{\max}$, and”"""
    assert all(
        best >= (1 - 1e-12) * run for _, _, best, run in (rose_and_limits(*bowl) for bowl in bowls(10))
    )
    H, w = np.diag([1.0, -2]), np.array([0.5, -0.5])  # the gradient is (½, 1)
    _, best, _, run_limit = rose_and_limits(H, w, 1)
    assert best == pytest.approx(-0.714, abs=5e-4) and best < 1 / H.max() == run_limit / 2


def test_no_step_below_two_over_lambda_max_raises_a_quadratic(chapter):
    r"""“no step with $0 < \alpha < 2/\lambda_{\max}$ raises the loss.” “This $2/\lambda_{\max}$ is **the limit of
    the run**.”"""
    low = [rose_and_limits(*bowl) for bowl in bowls(12)]
    low = [rose for rose, alpha, _, always in low if alpha < always]
    assert len(low) > 100 and not any(low)
    assert "α < 2/λmax 362 steps, rose 0\n" in chapter.printed["thousand"]
    for H, w, _ in bowls(22, 10):  # and of whole runs it is the limit
        for part, settles in (0.95, True), (1.05, False):
            alpha, run = part * 2 / np.linalg.eigvalsh(H)[-1], w
            for _ in range(300):
                run = run - alpha * H @ run
            assert (run @ H @ run < w @ H @ w) == settles


def test_g_h_g_over_g_g_averages_the_curvatures_weighted_by_the_parts_of_the_gradient():
    r"""“With many, $H$ has perpendicular directions with a curvature each (the next chapter takes them one by
    one), and the fraction is an average of these curvatures, each weighted by the share of $g^\top g$ that
    lies along its direction. An average is never above the largest, $\lambda_{\max}$.”"""
    for H, w, _ in bowls(13, 50):
        g = H @ w
        curvatures, directions = np.linalg.eigh(H)
        assert directions.T @ directions == pytest.approx(np.eye(len(w)), abs=1e-12)
        for curvature, way in zip(curvatures, directions.T, strict=True):
            assert H @ way == pytest.approx(curvature * way)
        parts = (directions.T @ g) ** 2 / (g @ g)
        assert parts.sum() == pytest.approx(1)
        assert parts @ curvatures == pytest.approx(g @ H @ g / (g @ g))
        assert g @ H @ g / (g @ g) <= curvatures[-1] * (1 + 1e-12)


# The parabola that you chose


def parabola(chapter, alpha, b):
    return chapter.loss(5) + slope(chapter, 5) * (b - 5) + (b - 5) ** 2 / (2 * alpha)


def test_each_step_walks_to_the_bottom_of_the_parabola_of_curvature_one_over_alpha(chapter):
    r"""“Its slope is zero where $b = b_0 - \alpha f'(b_0)$. That is the step of gradient descent. **Each step
    walks to the bottom of a parabola. The loss gave it its height and slope. You gave it its curvature, when
    you chose the rate.**” “A step goes to the bottom of a parabola of curvature $1/\alpha$.”
    “A step walks to the bottom of a parabola”"""
    fine = np.linspace(-5, 6, 1_100_001)
    for alpha, lands in (0.01, 4.46139), (0.08, 0.69115), (0.12, -1.46328):
        assert fine[np.argmin(parabola(chapter, alpha, fine))] == pytest.approx(lands, abs=2e-5)
        assert names_of("overshoot").descend(alpha, 1, b=5.0)[1] == pytest.approx(lands, abs=5e-6)
        low = 5 - alpha * slope(chapter, 5)
        assert parabola(chapter, alpha, low + 1e-3) == pytest.approx(parabola(chapter, alpha, low - 1e-3))


def test_the_parabola_touches_the_loss_with_the_same_height_and_slope(chapter):
    r"""“Draw the parabola that touches the loss where you stand, at $b_0$,
    with the same height, the same slope, and the curvature $1/\alpha$:” “\begin{aligned} q(b) = f(b_0) &{}+
    f'(b_0)\,(b - b_0) \\ &{}+ \frac{1}{2\alpha}(b - b_0)^2. \end{aligned}”"""
    for alpha in RATES:
        assert parabola(chapter, alpha, 5) == chapter.loss(5)
        rise = parabola(chapter, alpha, 5 + 1e-5) - parabola(chapter, alpha, 5 - 1e-5)
        assert rise / 2e-5 == pytest.approx(slope(chapter, 5), rel=1e-6)
        bend = parabola(chapter, alpha, 6) - 2 * parabola(chapter, alpha, 5) + parabola(chapter, alpha, 4)
        assert bend == pytest.approx(1 / alpha)
    for ax, alpha in zip(axes_of(chapter, "surrogate"), (0.01, 0.08, 0.12), strict=True):
        for b, height in ax.lines[1].get_xydata():  # what the program draws
            assert height == pytest.approx(parabola(chapter, alpha, b))


def test_the_bottom_of_the_parabola_is_half_a_promise_down(chapter):
    """“The lowest point of $q$ always lies half a promise down.”"""
    for b0 in -2.0, 5.0, 9.0:
        for alpha in RATES:
            g = slope(chapter, b0)
            q = lambda b, b0=b0, g=g, a=alpha: chapter.loss(b0) + g * (b - b0) + (b - b0) ** 2 / (2 * a)  # noqa: E731
            lowest = min(q(b) for b in b0 - alpha * g * np.linspace(0, 2, 201))
            assert chapter.loss(b0) - lowest == pytest.approx(alpha * g**2 / 2)


@pytest.mark.parametrize(
    "alpha, curvature, above, falls",
    [(0.01, 100, True, True), (0.08, 12.5, False, True), (0.12, 8.33, False, False)],
)
def test_above_the_loss_is_safe_below_may_fall_and_below_one_half_rises(
    chapter, alpha, curvature, above, falls
):
    r"""“What that is worth depends on which is more curved, your parabola or the loss:” “**α = 0.01: your
    curvature is 100, the loss has 18.66.** Yours lies above the loss everywhere, so where the step lands the
    loss is below your parabola's lowest point: at least half of the promise is kept.” “**α = 0.08: 12.5
    against 18.66.** Yours lies below, and its lowest point guarantees nothing. The step still ends lower,
    because 12.5 is more than half of 18.66.” “**α = 0.12: 8.33 against 18.66.** Less than half.” “At λ =
    `18.66` a curvature of 100 is safe, 12.5 still falls, 8.33 climbs.”"""
    elsewhere = [b for b in np.linspace(-4, 10, 99) if abs(b - 5) > 0.01]
    landing = 5 - alpha * slope(chapter, 5)
    assert 1 / alpha == pytest.approx(curvature, abs=0.005)
    assert all((parabola(chapter, alpha, b) > chapter.loss(b)) == above for b in elsewhere)
    assert (chapter.loss(landing) <= parabola(chapter, alpha, landing)) == above
    assert (chapter.loss(landing) < chapter.loss(5)) == falls
    assert (curvature > 18.66 / 2) == falls and (curvature > 18.66) == above
    assert (share(chapter, alpha) >= 0.5) == above


def test_at_least_half_of_the_promise_is_kept_whenever_the_rate_is_at_most_one_over_lambda(chapter):
    r"""“This is so whenever $\alpha \le 1/\lambda$.”"""
    for alpha in np.linspace(0.001, 0.12, 60):
        for b in -30.0, 0.0, 5.0:
            assert (share(chapter, alpha, b) >= 0.5) == (alpha <= 1 / 18.66)
    assert share(chapter, 1 / 18.66) == pytest.approx(0.5)


def test_at_twelve_hundredths_the_bottom_of_the_parabola_is_where_no_loss_can_be(chapter):
    """“The lowest point of your parabola is at −57.5, where no loss can be, and the step climbs to
    `158.175`.”"""
    landing = 5 - 0.12 * slope(chapter, 5)
    assert parabola(chapter, 0.12, landing) == pytest.approx(-57.5, abs=0.05)
    assert min(chapter.loss(b) for b in np.linspace(-50, 50, 501)) > 0
    assert chapter.loss(landing) == pytest.approx(158.175, abs=5e-4)


def test_a_rate_is_a_guess_at_the_curvature():
    """“So a learning rate is a guess at the curvature. Guess too high, and you are slow. Guess less than half of
    it, and the step goes up.” “A rate is a guess at the curvature”"""
    for lam in 0.3, 18.66, 900:
        left = {guess: abs(1 - lam / (guess * lam)) for guess in (0.45, 0.49, 0.51, 1, 3, 30)}
        for guess, wanted in left.items():
            error = 1.0
            for _ in range(5):
                error -= 1 / (guess * lam) * lam * error  # the rate is one over what was guessed
            assert abs(error) == pytest.approx(wanted**5, abs=1e-12)
            assert (abs(error) > 1) == (guess < 0.5)
        assert left[1] < left[3] < left[30] < 1  # the right guess arrives; the higher, the slower


def test_the_figure_s_triangles_stand_at_the_bottoms_and_its_squares_on_the_loss(chapter):
    """“Circle: the start. Triangle: the lowest point of the parabola. Square: where the step lands.” “Three copies
    of the loss, each with a parabola that touches it at b = 5. At α = 0.01 the parabola is narrower and lies
    above the loss. At α = 0.08 it is wider and lies below, and the loss at its bottom is still lower than at
    the start. At α = 0.12 it is wider still, and the loss at its bottom is higher than at the start.” “A
    parabola that is everywhere more curved than the loss guarantees a fall. A flatter one does not, and on
    this loss one less than half as curved sends the step uphill.”
    snippets/taylor.py: “where the step lands”"""
    bends = []
    for ax, alpha in zip(axes_of(chapter, "surrogate"), (0.01, 0.08, 0.12), strict=True):
        assert f"α = {alpha}" in ax.get_title()
        loss, model = (line.get_xydata() for line in ax.lines[:2])
        assert loss[:, 1] == pytest.approx([chapter.loss(b) for b in loss[:, 0]])
        at = {line.get_marker(): line.get_xydata()[0] for line in ax.lines if len(line.get_xydata()) == 1}
        landing = 5 - alpha * slope(chapter, 5)
        assert at["v"] == pytest.approx([landing, parabola(chapter, alpha, landing)])
        assert at["s"] == pytest.approx([landing, chapter.loss(landing)])
        assert at["o"] == pytest.approx([5, chapter.loss(5)])
        away = np.abs(loss[:, 0] - 5) > 0.1
        assert np.all((model[away, 1] > loss[away, 1]) == (alpha == 0.01))
        assert (at["s"][1] < at["o"][1]) == (alpha < 0.12)
        bends.append(np.diff(model[:, 1], 2)[0] / np.diff(loss[:, 1], 2)[0])
    assert bends[0] > 1 > bends[1] > 1 / 2 > bends[2]
    for alpha in np.linspace(0.002, 0.3, 75):
        assert (share(chapter, alpha) > 0) == (1 / alpha / 18.66 > 1 / 2)


def test_the_line_has_an_intercept_that_starts_at_0_and_a_residual_costs_in_three_ways(chapter):
    r"""“Give the line an intercept, which starts at 0, and penalise a residual $r$ in three ways: $r^2/2$ as
    before; $\log\cosh r$, nearly $r^2/2$ near zero and nearly straight far out; and Cauchy's $\tfrac12\log(1 +
    r^2)$, which bends downward beyond 1.”
    snippets/taylor.py: “a slope and an intercept”"""
    assert list(chapter.start) == [5, 0] and np.all(chapter.X[:, 1] == 1)
    r = np.linspace(-9, 9, 181)
    for kind, cost in (
        ("squares", r**2 / 2),
        ("log cosh", np.log(np.cosh(r))),
        ("Cauchy", 0.5 * np.log(1 + r**2)),
    ):
        assert chapter.kinds[kind][0](r) == pytest.approx(cost)
    assert total(chapter, np.array([5.0, 0]), "squares") == pytest.approx(chapter.loss(5))
    cost, derivative = chapter.kinds["log cosh"]
    assert cost(0.1) == pytest.approx(0.1**2 / 2, rel=0.01)
    assert derivative(np.linspace(4, 40, 9)) == pytest.approx(1, abs=0.001)
    climbs = np.diff(chapter.kinds["Cauchy"][1](np.linspace(0, 8, 801))) > 0
    assert np.all(climbs[:100]) and not np.any(climbs[100:])  # it bends upward to 1, and downward beyond


# What a residual costs


@pytest.mark.parametrize("kind", CURVATURES)
def test_the_derivative_of_each_cost_is_its_derivative(chapter, kind):
    """snippets/taylor.py: “what one residual r costs, and the derivative of that”"""
    cost, derivative = chapter.kinds[kind]
    r = np.linspace(-4, 4, 33)
    assert derivative(r) == pytest.approx((cost(r + 1e-5) - cost(r - 1e-5)) / 2e-5, abs=1e-8)
    assert CURVATURES[kind](r) == pytest.approx(
        (derivative(r + 1e-5) - derivative(r - 1e-5)) / 2e-5, abs=1e-8
    )


@pytest.mark.parametrize("kind", CURVATURES)
def test_no_curvature_among_the_three_costs_is_above_one(chapter, kind):
    """“As functions of $r$, none of them bends more than $r^2/2$ does, whose curvature is 1.”"""
    r, cost = np.linspace(-20, 20, 4001), chapter.kinds[kind][0]
    bends = (cost(r + 1e-3) - 2 * cost(r) + cost(r - 1e-3)) / 1e-6
    assert max(bends) == pytest.approx(1, abs=1e-3)
    assert max(CURVATURES[kind](r)) == 1


def test_beside_the_figure_on_squares_the_limit_is_the_same_at_nine(chapter):
    """“From b = 5 this rate, 2/18.66 = 0.10718…, leaves the loss as it is.” “Yes. On squares the dashed line does
    not move, because the curvature is 18.66 everywhere. The slope at 9 is larger, and so are the step, the
    promise and what is taken back.”"""
    alpha, sizes = 2 / 18.66, []
    assert int(1e5 * alpha) == 10718 == 0.10718 * 1e5
    for b in 5, 9:
        g = slope(chapter, b)
        assert chapter.loss(b - alpha * g) == pytest.approx(chapter.loss(b))
        assert g - slope(chapter, b - 1) == pytest.approx(18.66)  # the curvature
        taken = chapter.loss(b - alpha * g) - (chapter.loss(b) - alpha * g**2)
        sizes.append([g, alpha * g, alpha * g**2, taken])
    assert np.all(np.greater(sizes[1], sizes[0]))


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
    """“Nowhere. The curvature is −0.44 there, so the second order knows of no limit. The loss does: from b = 5 it rises
    at every rate from 0.81 to the slider's end, 2.”"""
    assert on_one_weight(chapter, "Cauchy", 5.0)[2] == pytest.approx(-0.44, abs=0.005)
    assert on_one_weight(chapter, "Cauchy", 5.0, 0.8)[0] < 0
    assert all(on_one_weight(chapter, "Cauchy", 5.0, alpha)[0] > 0 for alpha in np.linspace(0.81, 2, 500))


@pytest.mark.parametrize("kind", CURVATURES)
def test_two_gradients_give_g_h_g_without_a_hessian(chapter, kind):
    r"""“The Hessian itself is not needed. Two gradients give $Hg$, for a small $h$:” “Hg \approx \frac{\nabla f(w +
    hg) - \nabla f(w)}{h}.” “Two gradients give the curvature, without the Hessian”
    snippets/taylor.py: “gᵀHg from two gradients, without H:”"""
    g, H = chapter.gradient(chapter.start, kind), hessian(chapter, chapter.start, kind)
    for h in 1e-5, 1e-6:
        two = (chapter.gradient(chapter.start + h * g, kind) - chapter.gradient(chapter.start, kind)) / h
        assert two == pytest.approx(H @ g, rel=2e-3)
    assert chapter.bend[kind] == pytest.approx(g @ H @ g, rel=1e-4)
    row = [float(word) for word in chapter.printed["losses"].split(kind)[1].split()[:3]]
    assert row == pytest.approx([g @ g, g @ H @ g, 2 * g @ g / (g @ H @ g)], rel=2e-3)


def test_on_the_squares_a_step_raises_the_loss_from_the_predicted_rate_on(chapter):
    """“On a quadratic it would be so: there the curvature never changes. Here it does, on the way.”"""
    g, H = chapter.gradient(chapter.start, "squares"), hessian(chapter, chapter.start, "squares")
    assert first_rise(chapter, "squares") == pytest.approx(2 * g @ g / (g @ H @ g), abs=2e-4)
    for w in np.random.default_rng(0).normal(size=(5, 2)):
        assert hessian(chapter, w, "squares") == pytest.approx(H)
        assert hessian(chapter, w, "log cosh") != pytest.approx(hessian(chapter, chapter.start, "log cosh"))


def test_for_log_cosh_the_limit_0_6773_is_predicted_and_a_step_rises_above_0_266(chapter):
    """“Predict: for log cosh, 2α* is 0.6773. At the start two thirds of the residuals lie beyond ±1, where log
    cosh begins to straighten.” “Yes, above 0.266. The step carries residuals from the straight parts of log
    cosh into its bend, so the curvature grows on the way.” What is said but is not so: “Above 0.6773”"""
    g, H = chapter.gradient(chapter.start, "log cosh"), hessian(chapter, chapter.start, "log cosh")
    assert 2 * g @ g / (g @ H @ g) == pytest.approx(0.6773, abs=1e-4)
    assert first_rise(chapter, "log cosh") == pytest.approx(0.266, abs=5e-4)
    assert all(change(chapter, alpha, "log cosh") > 0 for alpha in np.geomspace(0.267, 10, 500))
    beyond = np.abs(chapter.y - chapter.X @ chapter.start) > 1
    assert np.mean(beyond) == pytest.approx(2 / 3, abs=0.03)
    bends = CURVATURES["log cosh"](np.array([0.3, 1, 3]))
    assert bends[0] > 0.9 and 0.3 < bends[1] < 0.5 and bends[2] < 0.01  # straighter from about 1 on


def test_for_log_cosh_the_curvature_becomes_larger_on_the_way(chapter):
    """“That happens where the curvature becomes smaller on the way, as in exercise 3. Here it becomes
    larger.”"""
    g = chapter.gradient(chapter.start, "log cosh")
    along = [
        g @ hessian(chapter, chapter.start - alpha * g, "log cosh") @ g for alpha in np.linspace(0, 0.13, 14)
    ]
    assert np.all(np.diff(along) > 0) and along[-1] > 2 * along[0]
    loss = lambda x: 5 * x**2 if x > 0 else x**2 / 2  # noqa: E731
    for x in 1, 2, 3:  # there, in exercise 3, 2α* is 0.2
        assert next(a for a in np.arange(0.01, 2, 1e-3) if loss(x - a * 10 * x) > loss(x)) > 1.3 * 0.2
    test_exercise_3_a_rise_is_not_yet_divergence()


def test_for_log_cosh_many_residuals_lie_on_the_straight_parts_and_fewer_nearer_the_bottom(chapter):
    def straight(w):
        return np.sum(np.abs(chapter.y - chapter.X @ w) > 1.5)  # where its curvature is below 0.2

    step = chapter.start - 0.13 * chapter.gradient(chapter.start, "log cosh")
    assert straight(chapter.start) > 15 and straight(step) < straight(chapter.start) / 2


@pytest.mark.parametrize("kind", ["log cosh", "Cauchy"])
def test_elsewhere_the_curvature_at_the_start_predicts_short_steps_only(chapter, kind):
    limit = first_rise(chapter, kind)
    short, long = limit / 20, limit
    assert change(chapter, short, kind) == pytest.approx(model(chapter, short, kind), rel=0.02)
    assert abs(change(chapter, long, kind) - model(chapter, long, kind)) > 10


def test_for_cauchy_both_terms_point_down_and_longer_is_better_for_ever(chapter):
    r"""“For Cauchy, $g^\top H g$ is `-3.16`. Both terms point down, and the model says: the longer, the better. A
    negative $2\alpha^*$ is not a rate; it says that the second order knows of no limit.”"""
    g, H = chapter.gradient(chapter.start, "Cauchy"), hessian(chapter, chapter.start, "Cauchy")
    assert g @ H @ g == pytest.approx(-3.16, abs=0.005)
    assert -g @ g < 0 and g @ H @ g / 2 < 0 and 2 * g @ g / (g @ H @ g) < 0
    falls = [model(chapter, alpha, "Cauchy") for alpha in np.linspace(0, 100, 201)]
    assert np.all(np.diff(falls) < 0) and falls[0] == 0


def test_the_cauchy_loss_is_32_7_and_cannot_fall_below_zero(chapter):
    """“But the loss is 32.7 and cannot fall below 0, so for long steps the model must be wrong.”"""
    assert total(chapter, chapter.start, "Cauchy") == pytest.approx(32.7, abs=0.05)
    assert model(chapter, 0.8, "Cauchy") < -32.7
    assert np.all(chapter.kinds["Cauchy"][0](np.linspace(-9, 9, 99)) >= 0)


def test_in_fact_every_step_above_0_732_raises_the_cauchy_loss(chapter):
    """“In fact every step above 0.732 raises the loss.”"""
    assert first_rise(chapter, "Cauchy") == pytest.approx(0.732, abs=5e-4)
    assert all(change(chapter, alpha, "Cauchy") > 0 for alpha in np.geomspace(0.7325, 1e6, 2000))


def test_the_figure_draws_the_limit_where_the_series_puts_it_and_none_for_cauchy(chapter):
    """“Change of the loss against the rate, for three losses. For squares the dots lie on the predicted curve and
    cross zero at the dashed line 2α*. For log cosh they leave the curve and cross zero at less than half of
    2α*. For Cauchy the prediction falls for ever, and the dots turn and rise.” “The curvature at the start
    predicts every step on a quadratic, and only short steps elsewhere. For Cauchy it predicts a fall without
    end, and above 0.732 the loss rises.”"""
    for ax, kind in zip(axes_of(chapter, "sweep"), CURVATURES, strict=True):
        assert ax.get_title().startswith(kind) and ax.get_xlabel() == "α"
        g, H = chapter.gradient(chapter.start, kind), hessian(chapter, chapter.start, kind)
        limit = next(line for line in ax.lines if line.get_linestyle() == "--").get_xdata()[0]
        assert limit == pytest.approx(2 * g @ g / (g @ H @ g), rel=1e-3)
        assert (0 < limit < ax.get_xlim()[1]) == (kind != "Cauchy")
        predicted = ax.lines[0].get_xydata()
        for alpha, height in predicted:
            assert height == pytest.approx(model(chapter, alpha, kind), rel=1e-3, abs=0.02)
        falls, rises = (
            next(line for line in ax.lines if line.get_marker() == marker).get_xydata() for marker in "os"
        )
        assert len(falls) > 5 and len(rises) > 4 and falls[:, 1].max() <= 0 < rises[:, 1].min()
        for alpha, height in [*falls, *rises]:
            assert height == pytest.approx(change(chapter, alpha, kind), abs=1e-9)
        apart = np.abs(np.concatenate([falls, rises])[:, 1] - predicted[:, 1])
        assert (max(apart) < 0.02) == (kind == "squares") and max(apart[:3]) < 0.2 * abs(predicted[2, 1])
        crosses = rises[:, 0].min()
        if kind == "squares":
            assert crosses == pytest.approx(limit, rel=0.06)
        elif kind == "log cosh":
            assert crosses < limit / 2
        else:
            assert np.all(np.diff(predicted[:, 1]) < 0) and crosses == pytest.approx(0.732, abs=0.04)
            turned = np.argmin(np.concatenate([falls, rises])[:, 1])
            assert 0 < turned < len(falls) - 1


# What can be guaranteed


def random_steps(chapter, seed=3, number=300):
    rng = np.random.default_rng(seed)
    for _ in range(number):
        yield rng.normal([2, 0], 3), rng.uniform(0.05, 3.5) / 50.01148271


@pytest.mark.parametrize("kind", CURVATURES)
def test_the_largest_curvature_of_the_squares_will_do_for_all_three(chapter, kind):
    """“Take a number $L$ that no curvature exceeds, at any place and in any direction.” “For all three losses the
    largest curvature of the squares will do, because no residual bends more.”
    snippets/taylor.py: “no loss above is curved more”"""
    largest = np.linalg.eigvalsh(hessian(chapter, chapter.start, "squares"))[-1]
    assert largest == pytest.approx(chapter.L)
    for w, _ in random_steps(chapter):
        assert np.linalg.eigvalsh(hessian(chapter, w, kind))[-1] <= chapter.L + 1e-9


@pytest.mark.parametrize("kind", CURVATURES)
def test_a_parabola_of_curvature_l_lies_above_the_loss_wherever_it_touches(chapter, kind):
    """“Then a parabola of curvature $L$ lies above the loss wherever it touches, and”"""
    rng = np.random.default_rng(4)
    for w, _ in random_steps(chapter, seed=5):
        away = rng.normal(size=2)
        bowl = total(chapter, w, kind) + chapter.gradient(w, kind) @ away + chapter.L / 2 * away @ away
        assert bowl >= total(chapter, w + away, kind) - 1e-9


@pytest.mark.parametrize("kind", CURVATURES)
def test_every_step_keeps_at_least_the_share_one_minus_half_alpha_l(chapter, kind):
    r"""“f(w - \alpha g) \le f(w) - \alpha\left(1 - \frac{\alpha L}{2}\right) g^\top g.” “This is the **descent
    lemma**: at least the share $1 - \alpha L/2$ of every promise is kept, so every step with $\alpha < 2/L$
    descends.” “Below 2/L every step descends”"""
    for w, alpha in random_steps(chapter):
        g = chapter.gradient(w, kind)
        fall = total(chapter, w, kind) - total(chapter, w - alpha * g, kind)
        assert fall >= alpha * (1 - alpha * chapter.L / 2) * g @ g - 1e-9
        assert fall > 0 or alpha >= 2 / chapter.L


def test_no_step_kept_less_than_was_guaranteed_and_the_other_two_keep_more_even_beyond(chapter):
    """“No step kept less than was guaranteed. The other two losses keep more, even above $2/L$: the lemma says
    when descent is certain, not when it ends.” “Every step kept what was guaranteed”"""
    rows = [[float(word) for word in line.split()] for line in chapter.printed["guarantee"].splitlines()[3:]]
    assert [row[0] for row in rows] == [0.5, 1, 1.5, 1.9, 2 + 0.5]
    for product, guaranteed, squares, log_cosh, cauchy in rows:
        assert guaranteed == pytest.approx(1 - product / 2)
        assert guaranteed <= squares + 1e-9 and squares == pytest.approx(guaranteed, abs=1e-3)
        assert squares < log_cosh < cauchy
    assert rows[-1][2] < 0 < rows[-1][3]


@pytest.mark.parametrize("seed", range(3))
def test_there_are_three_limits_each_two_divided_by_a_curvature(chapter, seed):
    r"""“So there are three limits, each of them two divided by a curvature:” “$2\alpha^*$ | the curvature along the
    gradient, here | one step, to second order” “$2/\lambda_{\max}$ | the largest curvature of a bowl | a whole
    run on that bowl” “$2/L$ | a number that no curvature exceeds | every step, on any loss with such a number”
    “Three limits, each two divided by a curvature”"""
    H, w, _ = next(bowls(seed + 30, 1))
    g = H @ w
    way, h = g / np.linalg.norm(g), 1e-3
    f = lambda w: w @ H @ w / 2  # noqa: E731
    along = (f(w + h * way) - 2 * f(w) + f(w - h * way)) / h**2
    for part, falls in (0.99, True), (1.01, False):
        assert (f(w - part * 2 / along * g) < f(w)) == falls
        run = w
        for _ in range(2000):
            run = run - part * 2 / np.linalg.eigvalsh(H)[-1] * H @ run
        assert (f(run) < f(w)) == falls
    for w, _ in random_steps(chapter, seed=seed, number=50):
        for kind in CURVATURES:
            g = chapter.gradient(w, kind)
            assert total(chapter, w - 0.99 * 2 / chapter.L * g, kind) < total(chapter, w, kind)


def test_with_more_parameters_the_limits_differ_and_a_step_may_keep_to_one_and_break_another():
    """“With more they differ, and a step may keep to one and break another: a fall is not yet convergence
    (exercise 2), and on a loss that is not a quadratic a rise is not yet divergence (exercise 3).”"""
    test_exercise_2_the_step_falls_and_the_run_diverges()
    test_exercise_3_a_rise_is_not_yet_divergence()
    apart = [once / always for _, _, once, always in (rose_and_limits(*bowl) for bowl in bowls(14, 50))]
    assert min(apart) > 1


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
    r"""“A fall shows only that the rate was below $2\alpha^*$, which belongs to one step. Of the `638` steps above
    $2/\lambda_{\max}$, 116 fell, and all those 116 runs diverge.” “$2\alpha^*$ belongs to one step,
    $2/\lambda_{\max}$ to the run: of `638` steps above $2/\lambda_{\max}$ only `522` rose, and yet all those
    runs diverge.”"""
    assert "α > 2/λmax 638 steps, rose 522\n" in chapter.printed["thousand"]
    rng, fell, rose, diverged = np.random.default_rng(0), 0, 0, 0
    for _ in range(1000):  # the chapter's bowls, in the order in which it draws them
        A = rng.normal(size=(12, rng.integers(2, 11)))
        w = rng.normal(size=A.shape[1])
        H = A.T @ A
        g = H @ w
        once = 2 * g @ g / (g @ H @ g)
        alpha = once / 2 * rng.uniform(0, 4)
        new = w - alpha * g
        if alpha > 2 / np.linalg.eigvalsh(H)[-1]:
            before = w @ H @ w
            falls = new @ H @ new < before
            fell, rose = fell + falls, rose + (not falls)
            assert falls == (alpha < once)
            for _ in range(3000):
                w = w - alpha * (H @ w)
                if w @ H @ w > 1e6 * before:
                    break
            diverged += w @ H @ w > 100 * before
    assert (fell, rose, diverged) == (116, 522, 638)


# You may think


def test_a_gradient_ten_times_longer_leaves_the_best_step_as_it_is(chapter):
    r"""“No: $g$ stands in the numerator and in the denominator of $\alpha^*$, so a gradient ten times as long
    leaves it as it is.”"""
    for H, w, _ in bowls(15, 20):  # ten times as far from the bottom the gradient is ten times as long
        assert first_that_rises(H, w) == first_that_rises(H, 10 * w)
        assert H @ (10 * w) == pytest.approx(10 * (H @ w))


def test_at_b_50_the_slope_is_893_and_the_limit_the_same(chapter):
    """“At $b = 50$ the slope is 893.6 and the limit still `0.10718`.”"""
    assert slope(chapter, 50) == pytest.approx(893.6, abs=0.05)
    assert share(chapter, 0.10718, b=50) > 0 > share(chapter, 0.10719, b=50)


# Exercises


def test_exercise_1_the_loss_rises_by_half_of_the_promise():
    r"""“At some point $g^\top g$ = 9 and $g^\top H g$ = 90, so $2\alpha^*$ = 2 · 9/90 = 0.2. At a rate of 0.3 the
    promise is 0.3 · 9 = 2.7, and the share kept 1 − 0.3/0.2 = −0.5. The loss rises by 1.35.”"""
    g, H = np.array([3.0, 0.0]), np.diag([10.0, 1.0])
    w = np.linalg.solve(H, g)
    assert g @ g == 9 and g @ H @ g == 90
    rose, _, once, _ = rose_and_limits(H, w, 0.3 / 0.1)
    rise = ((w - 0.3 * g) @ H @ (w - 0.3 * g) - w @ H @ w) / 2
    assert rose and once == pytest.approx(0.2) == 2 * 9 / 90
    assert 0.3 * g @ g == pytest.approx(2.7)
    assert rise == pytest.approx(1.35)
    assert rise / (-0.3 * g @ g) == pytest.approx(-0.5) == 1 - 0.3 / 0.2


def test_exercise_2_the_step_falls_and_the_run_diverges():
    r"""“Let $g$ = (3, 1) where the curvatures are 1 and 100. Then $g^\top g$ = 10 and $g^\top H g$ = 1 · 9 + 100 · 1
    = 109, so $2\alpha^*$ = 20/109 = 0.18348.” “The step falls, because 0.05 is below 0.18348; it keeps 0.7275 of
    its promise. The run diverges, because 0.05 is above 2/100 = 0.02: along the direction of curvature 100 the
    error is multiplied by 1 − 5 = −4 each time.”"""
    curvatures, g = np.array([1.0, 100.0]), np.array([3.0, 1.0])
    assert g @ g == 10 and g @ (curvatures * g) == 109 == 1 * 9 + 100 * 1
    x = g / curvatures
    assert rose_and_limits(np.diag(curvatures), x, 1)[2:] == pytest.approx((0.18348, 0.02), abs=1e-5)
    assert 0.18348 < 20 / 109 < 0.18349  # a limit is rounded down
    path = [x := x * (1 - 0.05 * curvatures) if i else x for i in range(20)]
    losses = [curvatures @ point**2 / 2 for point in path]
    assert (losses[0] - losses[1]) / (0.05 * g @ g) == pytest.approx(0.7275, abs=5e-5)
    assert losses[1] < losses[0] < losses[-1]
    assert [after[1] / before[1] for before, after in pairwise(path)] == pytest.approx([-4] * 19)
    for part, settles in (0.99, True), (1.01, False):
        run = g / curvatures * (1 - part * 2 / 100 * curvatures) ** 999
        assert (curvatures @ run**2 < losses[0]) == settles


def test_exercise_3_a_rise_is_not_yet_divergence():
    r"""“A loss is $5x^2$ for $x > 0$ and $x^2/2$ for $x \le 0$. You start at $x = 1$ with the rate 0.5.” “The
    curvature at 1 is 10, so $2\alpha^*$ = 0.2 and a rise is predicted. The slope is 10, the step lands at −4,
    and the loss goes from 5 to 8. But there the curvature is 1 and each further step halves $x$: the losses
    are 2, 0.5, 0.125. The run settles after a rise.”"""

    def loss(x):
        return 5 * x**2 if x > 0 else x**2 / 2

    def slope(x):
        return (loss(x + 1e-4) - loss(x - 1e-4)) / 2e-4

    def curvature(x):
        return (loss(x + 1e-3) - 2 * loss(x) + loss(x - 1e-3)) / 1e-6

    assert (
        slope(1) == pytest.approx(10)
        and curvature(1) == pytest.approx(10)
        and curvature(-4) == pytest.approx(1)
    )
    g = slope(1)
    assert 2 * g * g / (g * curvature(1) * g) == pytest.approx(0.2)  # 2α*, and 0.5 is above it
    path = [1.0]
    for _ in range(60):
        path.append(path[-1] - 0.5 * (10 * path[-1] if path[-1] > 0 else path[-1]))
    assert path[1] == -4 and path[2:] == [x / 2 for x in path[1:-1]]
    assert [loss(x) for x in path[:5]] == [5, 8, 2, 0.5, 0.125]
    assert loss(path[-1]) < 1e-30


def test_exercise_4_with_the_curvature_of_the_loss_one_curve_covers_the_other(chapter):
    """“Your parabola now has the curvature of the loss too, so it *is* the loss: one curve covers the other
    (whatever the title says), and the step arrives at once, at `2.11358`.”"""
    panel = changed(chapter, "surrogate", "(0.01, 0.08, 0.12)", "(0.01, 1 / lam, 0.12)").panels[1]
    loss, parabola = (line.get_xydata() for line in panel.lines[:2])
    assert parabola == pytest.approx(loss)
    square = next(line for line in panel.lines if line.get_marker() == "s").get_xydata()[0]
    assert square == pytest.approx([2.11358, 38.8075], abs=5e-5)
    assert "0.08 and" not in panel.get_title() and "0.0536" in panel.get_title()


# In your own run


def test_any_step_s_share_gives_back_the_limit_on_a_quadratic(chapter):
    r"""“**Read off the limit of that step**: $2\alpha^* = \alpha/(1 - \text{share})$. The row of 0.12 gives
    0.12/1.1196 = `0.10718`.” “→ In your own run: two losses around one step tell the limit of that step,
    and”"""
    for H, w, factor in bowls(16, 50):
        g = H @ w
        alpha = factor * g @ g / (g @ H @ g)
        share_kept = (w @ H @ w - (w - alpha * g) @ H @ (w - alpha * g)) / (2 * alpha * g @ g)
        assert alpha / (1 - share_kept) == pytest.approx(2 * g @ g / (g @ H @ g))
    row = next(line for line in chapter.printed["promise"].splitlines() if line.startswith("0.12000"))
    assert 1 - float(row.split()[-1]) == pytest.approx(1.1196)
    assert round(0.12 / 1.1196, 5) == 0.10718


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
    r"""“**Print the share kept**: the loss after a step minus the loss before, divided by $-\alpha g^\top g$.” “Near
    1 the rate is timid, below one half it is past $\alpha^*$, below 0 the step climbs.”"""
    best = min(np.arange(1e-3, 1, 1e-3), key=lambda alpha: change(chapter, alpha, kind))
    g = chapter.gradient(chapter.start, kind)
    for part in 0.05, 1.5, 2.5:
        share_kept = change(chapter, part * best, kind) / (-part * best * g @ g)
        assert (share_kept > 0.95) == (part < 0.1) and (share_kept < 0.5) == (part > 1)
        assert (share_kept < 0) == (change(chapter, part * best, kind) > 0) == (part == 2.5)


@pytest.mark.parametrize("kind", ["squares", "log cosh"])
@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_twenty_products_from_two_gradients_each_measure_lambda_max(chapter, kind, precision):
    r"""“**Measure $\lambda_{\max}$ with gradients**: start from $v = g/\|g\|$ and repeat $v \leftarrow Hv/\|Hv\|$
    some 20 times. Take each $Hv$ from two gradients on one batch, with $h$ about a thousandth of $\|w\|$, and
    once more with a tenth of that: the two should agree. Then $v^\top H v$ comes close to $\lambda_{\max}$,
    from below.” “some gradients the limit of the run.”"""
    X, y = chapter.X.astype(precision), chapter.y.astype(precision)
    w = np.array([3.0, 1.0], dtype=precision)

    def gradient(w):
        return -X.T @ chapter.kinds[kind][1](y - X @ w)

    base, found = gradient(w), []
    assert base.dtype == precision
    for thousandth in 1e-3, 1e-4:
        v, h = base / np.linalg.norm(base), precision(thousandth) * np.linalg.norm(w)
        for _ in range(20):
            Hv = (gradient(w + h * v) - base) / h
            rayleigh, v = v @ Hv, Hv / np.linalg.norm(Hv)
            if kind == "squares":  # it comes from below, rounding apart
                assert rayleigh < chapter.L * (1 + (1e-2 if precision is np.float32 else 1e-9))
        found.append(rayleigh)
    assert found[0] == pytest.approx(found[1], rel=0.01)
    assert found == pytest.approx([np.linalg.eigvalsh(hessian(chapter, w, kind))[-1]] * 2, rel=0.01)


def measured(H, w, products=20):
    """vᵀHv after some products, from the gradient of a quadratic."""
    v = H @ w / np.linalg.norm(H @ w)
    for _ in range(products):
        rayleigh, v = v @ H @ v, H @ v / np.linalg.norm(H @ v)
    return rayleigh


@reads("docs/networks.md")
def test_on_random_bowls_it_comes_from_below_and_a_negative_one_is_another_curvature():
    """“(If it is negative, it is another curvature, and you cannot use it. [Networks](networks.md#measure-the-sharpness)
    shows the lines in numpy, and this trap.)”"""
    close = [measured(H, w) / np.linalg.eigvalsh(H)[-1] for H, w, _ in bowls(17, 100)]
    assert max(close) < 1 + 1e-9 and np.mean(np.array(close) > 0.95) > 0.9
    for H, w, _ in bowls(18, 20):  # with the same directions, and the largest curvature turned over
        curvatures, directions = np.linalg.eigh(H)
        curvatures[-1] *= -1.5
        saddle = (directions * curvatures) @ directions.T
        found = measured(saddle, w, products=60)
        assert found < 0 < max(curvatures) != pytest.approx(found)
        assert found == pytest.approx(curvatures[-1], rel=0.01)
    page = markdown_of("networks")
    part = page.split("## Measure the sharpness")[1].split("\n## ")[0]
    assert '--8<-- "networks.py:' in part and "This is not λmax" in part


def test_in_a_network_the_curvature_changes_along_the_step_and_during_training():
    """“In a network the curvature changes along the step and during training: these are estimates, so measure
    again.”"""
    rng = np.random.default_rng(0)
    for _ in range(5):
        X = rng.normal(size=(30, 3))
        w, y = rng.normal(size=20), np.sin(X[:, 0])

        def gradient(w, X=X, y=y):
            V, u = w[:15].reshape(3, 5), w[15:]
            hidden = np.tanh(X @ V)
            error = (hidden @ u - y) / 30
            return np.concatenate([(X.T @ (np.outer(error, u) * (1 - hidden**2))).ravel(), hidden.T @ error])

        def top(w, gradient=gradient):
            H = np.array([gradient(w + e) - gradient(w - e) for e in 1e-5 * np.eye(20)]) / 2e-5
            return np.linalg.eigvalsh((H + H.T) / 2)[-1]

        tops = [top(w), top(w - 1 / top(w) * gradient(w) / 2), top(w - 1 / top(w) * gradient(w))]
        rate = 1 / tops[0]
        for _ in range(200):
            w = w - rate * gradient(w)
        tops.append(top(w))
        assert len({round(one, 3) for one in tops}) == 4


def test_each_batch_has_a_curvature_of_its_own(chapter):
    r"""“Each batch has a curvature of its own, and”"""
    curvatures = np.mean(chapter.x.reshape(10, 5) ** 2, axis=1)
    assert curvatures.max() > 1.5 * curvatures.min() and len(set(curvatures)) == 10


def test_momentum_and_adam_have_other_limits():
    r"""“And all of this is for the plain step $-\alpha g$: momentum and Adam have other limits.”"""

    def left(step, product):
        w, state = 1.0, [0.0, 0.0]
        for t in range(1, 400):
            w = step(w, product, state, t)
        return abs(w)

    def plain(w, product, state, t):
        return w - product * w

    def momentum(w, product, state, t):
        state[0] = 0.9 * state[0] + w
        return w - product * state[0]

    def adam(w, product, state, t):
        state[0], state[1] = 0.9 * state[0] + 0.1 * w, 0.999 * state[1] + 0.001 * w**2
        return w - product * state[0] / (1 - 0.9**t) / np.sqrt(state[1] / (1 - 0.999**t))

    assert left(plain, 2.1) > 1 and left(plain, 1.9) < 1
    assert left(momentum, 2.1) < 1e-3 and left(momentum, 3.9) > 1
    assert left(adam, 2.1) < 10  # no explosion at all


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


def first_that_rises(H, w):
    """The smallest rate, on a fine grid, at which a step raises the bowl's loss."""
    rates = np.geomspace(1e-4, 1e4, 4000)
    new = w - rates[:, None] * (H @ w)
    return rates[np.argmax(np.sum(new @ H * new, axis=1) > w @ H @ w)]
