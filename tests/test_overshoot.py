"""The claims of the chapter on overshoot, a test a sentence."""

import contextlib
import io
import re
from pathlib import Path
from statistics import NormalDist
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_rgba

import readlog
from conftest import SNIPPETS, axes_of, markdown_of, names_of, no_window
from proven import of_a_chapter, reads
from weave.program import sections

pytestmark = of_a_chapter()


def excess(chapter, path):
    """How far the loss stands above its floor, along a path of b."""
    return np.array([chapter.loss(b) for b in path]) - chapter.loss(chapter.best)


def changed(chapter, *replacements, section=None):
    """The displayed program, or one section of it, with other words in it: its names, and what it prints."""
    code = Path(chapter.__file__).read_text(encoding="utf-8")
    names = {"__file__": chapter.__file__}
    if section:
        code = {part.name: part.code for part in sections(Path(chapter.__file__))}[section]
        names = dict(vars(chapter))
    for old, new in replacements:
        assert code.count(old) == 1, f"{old!r} stands {code.count(old)} times in the program"
        code = code.replace(old, new)
    with no_window(), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, chapter.__file__, "exec"), names)
    return SimpleNamespace(**names, shown=out.getvalue())


def test_the_article_s_numbers_are_reproduced_to_the_last_digit(chapter):
    assert chapter.lam == pytest.approx(18.66, abs=1e-13)
    assert chapter.best == pytest.approx(2.11357636528994, abs=1e-13)
    assert chapter.loss(chapter.best) == pytest.approx(38.8075336701858, abs=1e-12)
    assert chapter.loss(0) == pytest.approx(80.4865568045271, abs=1e-12)
    assert chapter.large[:6] == pytest.approx(
        [0, 4.732720, -1.132067, 6.135577, -2.870487, 8.289828], abs=5e-7
    )


def test_the_slope_is_the_derivative_of_the_loss(chapter):
    r"""“The loss is half the sum of the squared residuals,” “\begin{aligned} f(b) &= \tfrac12 \sum_i (y_i
    - x_i b)^2 \\ f'(b) &= \sum_i x_i\,(x_i b - y_i). \end{aligned}”"""
    for b in (-3.0, 0.0, 5.0):
        assert chapter.slope(b) == pytest.approx(
            (chapter.loss(b + 1e-4) - chapter.loss(b - 1e-4)) / 2e-4, rel=1e-6
        )


def test_a_tenth_leaves_87_percent_of_the_error_and_a_hundredth_81(chapter):
    """“Yes: `122`, because each leaves 87 % of the error, where 0.01 leaves 81 %. Ten times the rate, and
    slower.” What is said of 0.10 but is not so: “It arrives about ten times sooner than 0.01”"""
    for alpha, left, updates in (0.1, 0.87, 122), (0.01, 0.81, 85):
        error = np.abs(chapter.descend(alpha) - chapter.best)
        assert error[1:21] / error[:20] == pytest.approx(left, abs=0.005)
        assert len(error) - 1 == updates


def test_at_a_tenth_the_sign_changes_and_the_error_shrinks_and_at_twelve_hundredths_the_jumps_grow(chapter):
    """“At 0.10 every update multiplies the error by `-0.8660`: the sign changes, but the error shrinks.” “At
    0.12 each update multiplies the error by `-1.2392`, and the jumps grow.” “Take any other pair of
    neighbours and the factor is the same.” “Overshoot: when each step lands higher than the last”"""
    for alpha, factor, grows in (0.10, -0.8660, False), (0.12, -1.2392, True):
        path = chapter.descend(alpha, steps=60)
        error = path - chapter.best
        assert error[1:] / error[:-1] == pytest.approx(factor, abs=5e-5)
        assert np.all((np.diff(np.abs(np.diff(path))) > 0) == grows)


def test_growth_by_the_same_factor_is_exponential_growth(chapter):
    """“Growth by the same factor at every step is exponential growth.”"""
    error = np.abs(chapter.large - chapter.best)
    t = np.arange(len(error))
    assert np.log(error) == pytest.approx(np.log(error[0]) + t * np.log(1.2392), rel=1e-4)
    assert error == pytest.approx(error[0] * np.exp(np.log(error[1] / error[0]) * t), rel=1e-9)


def test_five_hundredths_needs_7_updates_and_beyond_one_over_lambda_a_longer_step_ends_further_from_the_bottom(
    chapter,
):
    """“Longer steps do help at first: 0.05 needs only `7` updates.” “Beyond that length, a longer step ends
    further from the bottom.”"""
    updates = [len(chapter.descend(rate)) - 1 for rate in (0.01, 0.02, 0.03, 0.04, 0.05)]
    assert updates[-1] == 7 and np.all(np.diff(updates) < 0)
    left = [abs(chapter.descend(a, steps=1)[1] - chapter.best) for a in np.linspace(0.0536, 0.3, 50)]
    assert np.all(np.diff(left) > 0)


@pytest.mark.parametrize("start", [-3.0, 0.0, 2.0, 9.0])
def test_a_step_is_aimed_by_the_slope_where_it_starts_and_the_other_side_sends_the_next_one_back(
    chapter, start
):
    """“But a step is aimed by the slope *where it starts*. If it is long enough, it passes the bottom, and the
    slope on the other side sends the next step back.”"""
    h = 1e-5
    for alpha in 0.01, 0.05, 0.06, 0.10, 0.12, 1:
        first, second = np.diff(chapter.descend(alpha, steps=2, b=start))
        measured = (chapter.loss(start + h) - chapter.loss(start - h)) / (2 * h)
        assert first == pytest.approx(-alpha * measured, rel=1e-4)  # the slope nowhere else
        passes = (start - chapter.best) * (start + first - chapter.best) < 0
        assert passes == (alpha > 1 / 18.66) == (first * second < 0)


def test_in_the_program_gradient_descent_is_one_line(chapter):
    r"""“In the next program, gradient descent is one line, a step against the slope: $b_{t+1} = b_t - \alpha
    f'(b_t)$.”
    snippets/overshoot.py: “the whole of gradient descent”"""
    moves = [
        line for line in Path(chapter.__file__).read_text("utf-8").splitlines() if "alpha * slope" in line
    ]
    assert len(moves) == 1
    for alpha in -0.01, 0.01, 0.12:
        path = chapter.descend(alpha, steps=20)
        assert path[1:] == pytest.approx(
            [b - alpha * np.sum(chapter.x * (chapter.x * b - chapter.y)) for b in path[:-1]]
        )
    assert changed(chapter, (moves[0].strip(), "pass"), ("steps=500", "steps=9")).large == pytest.approx(0)


@pytest.mark.parametrize("alpha", [-0.01, 0.001, 0.01, 0.05, 0.10, 0.107, 0.108, 0.12])
def test_the_run_stops_when_the_slope_is_below_a_millionth_or_after_500_updates(chapter, alpha):
    """“The run stops when the slope is below a millionth, or after 500 updates.”"""
    path = chapter.descend(alpha)
    slopes = np.abs([chapter.slope(b) for b in path])
    assert np.all(slopes[:-1] > 1e-6)
    assert slopes[-1] <= 1e-6 or len(path) - 1 == 500
    assert len(path) - 1 <= 500


def test_the_figure_of_the_steps_shows_one_run_walk_down_and_the_other_climb(chapter):
    """“Two copies of the same parabola. At α = 0.01 the points walk down one side towards the bottom. At α =
    0.12 they jump from one wall to the other and each lands higher than the last.” “Below the limit the run
    settles: α = 0.01. Above it every step points downhill and lands higher: α = 0.12.”
    “One rate walks down, the other leaps”"""
    panels = axes_of(chapter, "steps")
    for ax, alpha, climbs in zip(panels, (0.01, 0.12), (False, True), strict=True):
        assert f"α = {alpha}" in ax.get_title()
        parabola, run = (line.get_xydata() for line in ax.lines)
        for b, height in [*parabola, *run]:
            assert height == pytest.approx(chapter.loss(b))
        error, heights = run[:, 0] - chapter.best, run[:, 1]
        assert np.all((error[1:] * error[:-1] < 0) == climbs)  # from wall to wall, or on one side
        assert np.all((np.diff(heights) > 0) == climbs)
        assert np.all(np.diff(run[:, 0]) * [chapter.slope(b) for b in run[:-1, 0]] < 0)  # downhill
        assert (alpha < 2 / chapter.lam) != climbs
        seen = [b for b in run[:, 0] if ax.get_xlim()[0] < b < ax.get_xlim()[1]]
        assert len(seen) >= 5
    assert [ax.lines[1].get_color() for ax in panels] == [to_rgba("C0"), to_rgba("C1")]


def test_0_108_explodes_more_slowly_than_twelve_hundredths(chapter):
    """“It explodes too, only more slowly” – “0.108 does that.”"""
    slow, fast = (excess(chapter, chapter.descend(alpha)) for alpha in (0.108, 0.12))
    assert np.all(np.diff(slow) > 0) and slow[-1] > 1e6 * slow[0]
    assert np.all(slow[1:] < fast[1:])


def test_below_the_limit_every_bounce_is_shorter_than_the_last_and_above_it_longer(chapter):
    """“Below the limit every bounce is shorter than the last; above it every bounce is longer.” “This
    happens at one rate only, the limit itself.”"""
    for part in (0.6, 0.9, 0.999):
        assert np.all(np.diff(np.abs(np.diff(chapter.descend(part * 2 / chapter.lam, steps=15)))) < 0)
    for part in (1.001, 1.1, 3):
        assert np.all(np.diff(np.abs(np.diff(chapter.descend(part * 2 / chapter.lam, steps=15)))) > 0)


def test_60_updates_leave_67_percent_at_0_107_and_double_it_at_0_1075(chapter):
    """“The limit lies between the two. At 0.107 each update multiplies the error by −0.9966, so after 60
    updates 67 % of the loss above its floor is left. At 0.1075 the factor is −1.006, and that loss has
    doubled. By eye you can hardly tell the first five steps of the two apart.”"""
    paths = [chapter.descend(alpha, steps=60) for alpha in (0.107, 0.1075)]
    for path, factor, left in zip(paths, (-0.9966, -1.006), (0.67, 2.04), strict=True):
        error, above = path - chapter.best, excess(chapter, path)
        assert error[1] / error[0] == pytest.approx(factor, abs=5e-4 if factor < -1 else 5e-5)
        assert above[60] / above[0] == pytest.approx(left, abs=0.005)
    assert max(abs(paths[0][:6] - paths[1][:6])) < 0.01 * 11.2  # a hundredth of the picture's width
    assert 0.107 < 2 / chapter.lam < 0.1075


@pytest.mark.parametrize("start", [0, 2.1, 2.11357, 2.2, 50])
def test_at_twelve_hundredths_60_updates_make_every_error_nearly_400_000_times_as_large(chapter, start):
    """“No. The factor, −1.24, is the same wherever you start: 60 updates make every error nearly 400,000 times
    as large. Only a start exactly at the bottom stays there.”"""
    error = chapter.descend(0.12, steps=60, b=start) - chapter.best
    assert error[1] / error[0] == pytest.approx(-1.24, abs=0.005)
    assert 380_000 < error[60] / error[0] < 400_000
    b = bottom = 3.0  # of a parabola whose bottom is a number that a computer has
    for _ in range(60):
        b = b - 0.12 * 18.66 * (b - bottom)
    assert b == bottom


@reads("docs/{own}.md")
def test_the_limit_is_never_given_as_a_rate_above_it(chapter):
    """A limit that is rounded up explodes: what the page offers as the limit is rounded down."""
    page = markdown_of("overshoot")
    shown = [float(word) for word in re.findall(r"0\.107\d*", page + "".join(chapter.printed.values()))]
    assert {0.10718, 0.107181} <= set(shown)
    for rate in set(shown) - {0.1075}:  # which the page calls above the limit
        error = np.abs(chapter.descend(rate, steps=3) - chapter.best)
        assert np.all(np.diff(error) < 0)
    assert "0.1072" not in page + "".join(chapter.printed.values())


def test_one_hundredth_is_done_after_85_updates_and_twelve_hundredths_never(chapter):
    """“With a learning rate of 0.01, gradient descent is done after `85` updates. With 0.12 it never is: after
    500 updates the loss stands at `5.7719e+94`.” “Predict: 0.01 arrives after 85 updates, 0.12 explodes.”
    “At a rate of 0.01 the run is done after 85 updates. At 0.12 its loss stands at 5.77e+94 after 500.”"""
    small, large = chapter.descend(0.01), chapter.descend(0.12)
    assert len(small) - 1 == 85 and abs(chapter.slope(small[-1])) < 1e-6 < abs(chapter.slope(small[-2]))
    assert len(large) - 1 == 500 and np.all(np.diff(np.abs(large - chapter.best)) > 0)
    assert chapter.loss(large[-1]) == pytest.approx(5.7719e94, rel=1e-4) == pytest.approx(5.77e94, rel=1e-3)


def test_the_chapter_finds_the_exact_limit_from_the_points_before_the_first_step(chapter):
    r"""“It is $2/\lambda$, here `0.107181`, and it follows from the curvature λ, a number that you can compute
    before the first step.” “Here λ = `18.66` and the limit is `0.107181`: 0.10 arrives, 0.108 explodes.” “Why
    0.01 settles and 0.12 explodes, and the exact limit 2/λ between them, derived in three lines and
    measured.”"""
    limit = 2 / np.sum(chapter.x**2)  # nothing has been run
    assert limit == pytest.approx(0.107181, abs=5e-7)
    for rate, settles in (
        (0.01, 1),
        (0.10, 1),
        (limit * (1 - 1e-4), 1),
        (limit * (1 + 1e-4), 0),
        (0.108, 0),
        (0.12, 0),
    ):
        error = np.abs(chapter.descend(rate, steps=30) - chapter.best)
        assert np.all((np.diff(error) < 0) == settles)
    below, above = (chapter.descend(rate, steps=5000) for rate in (0.10, 0.108))
    assert abs(chapter.slope(below[-1])) < 1e-6 < 1e6 < abs(chapter.slope(above[-1]))


def test_every_step_at_twelve_hundredths_points_downhill(chapter):
    """“Downhill, every one of them. The direction of the step is never wrong; its length is. *Minimise* did
    what it promises: it looked at the slope and stepped against it.”
    docs/taylor.md: “Each step at 0.12 points downhill,” “and each ends higher than it began.”"""
    assert np.array_equal(chapter.large, chapter.descend(0.12))
    steps = np.diff(chapter.large)
    slopes = np.array([chapter.slope(b) for b in chapter.large[:-1]])
    assert np.all(steps * slopes < 0)
    for b, step in zip(chapter.large[:40], steps, strict=False):
        assert chapter.loss(b + step / 3) < chapter.loss(b) < chapter.loss(b + step)


def test_the_slope_says_nothing_about_where_the_ground_rises_again():
    """“But the slope says nothing about where the ground rises again.”"""
    rng, b, slope = np.random.default_rng(0), 5.0, 53.86
    turns = []
    for lam in 10 ** rng.uniform(-2, 3, 20):  # parabolas through one point, with one slope there
        ground = np.linspace(b - slope / 0.01, b, 200_001)
        heights = slope * (ground - b) + lam / 2 * (ground - b) ** 2
        turns.append(ground[np.argmin(heights)])
    assert min(turns) < -1000 and max(turns) > 4


@pytest.mark.parametrize("seed", range(3))
def test_the_slope_is_the_curvature_times_the_error_and_three_lines_follow(seed):
    r"""“The loss is a parabola, so its second derivative is one number, the **curvature** $\lambda$. Here it is
    $\sum x_i^2$, which is positive: the parabola opens upward. Its slope is the curvature times the error,
    the distance from the bottom $\hat b$:” “\begin{aligned} f'(b_t) &= \lambda\,(b_t - \hat b) \\ b_{t+1} &=
    b_t - \alpha\lambda\,(b_t - \hat b) \\ b_{t+1} - \hat b &= (1 - \alpha\lambda)\,(b_t - \hat b)
    \end{aligned}”
    snippets/overshoot.py: “the curvature λ = f''(b), the same at every b”
    docs/overshoot.md: “Why: three lines”"""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, 30)) if seed else (names_of("overshoot").x, names_of("overshoot").y)
    loss = lambda b: 0.5 * np.sum((y - x * b) ** 2)  # noqa: E731
    bottom = np.linalg.lstsq(x[:, None], y, rcond=None)[0][0]
    for b, alpha in rng.normal(0, 5, size=(20, 2)):
        curvature = (loss(b + 0.1) - 2 * loss(b) + loss(b - 0.1)) / 0.01
        assert curvature == pytest.approx(np.sum(x**2), rel=1e-8) and curvature > 0
        slope = (loss(b + 0.1) - loss(b - 0.1)) / 0.2
        assert slope == pytest.approx(curvature * (b - bottom), rel=1e-6, abs=1e-6)
        new = b - alpha * slope
        assert new == pytest.approx(b - alpha * curvature * (b - bottom), rel=1e-6, abs=1e-6)
        assert new - bottom == pytest.approx((1 - alpha * curvature) * (b - bottom), rel=1e-6, abs=1e-6)


def test_if_the_factor_lies_between_minus_one_and_one_the_error_dies_out_and_beyond_it_explodes():
    r"""“If that number lies between −1 and 1, the error dies out; if it lies beyond, the error explodes. With λ
    > 0,” “|1 - \alpha\lambda| < 1 \quad\Longleftrightarrow\quad 0 < \alpha < \frac{2}{\lambda}.” “With λ > 0
    it settles exactly when $0 < \alpha < 2/\lambda$.” “This $2/\lambda$ is **the limit**.”"""
    rng, seen = np.random.default_rng(0), set()
    for lam, part in zip(10 ** rng.uniform(-3, 3, 200), rng.uniform(-1, 3, 200), strict=True):
        alpha, error = part * 2 / lam, 1.0
        for _ in range(100_000):
            error -= alpha * lam * error
            if not 1e-6 < abs(error) < 1e6:
                break
        between, inside = abs(1 - alpha * lam) < 1, 0 < alpha < 2 / lam
        assert (abs(error) < 1e-6) == between == inside and (abs(error) > 1e6) != inside
        seen.add((inside, alpha > 0))
    assert len(seen) == 3


def test_the_floor_is_the_lowest_that_any_b_can_reach(chapter):
    r"""“The **floor** of the loss is the lowest that any $b$ can reach, here `38.8075`.” “The bottom is at $\hat
    b =$ `2.113576`.”
    snippets/overshoot.py: “b̂, where the slope is zero”"""
    b = np.linspace(2, 2.2, 200_001)
    losses = 0.5 * np.sum((chapter.y - np.outer(b[::100], chapter.x)) ** 2, axis=1)
    assert losses.min() == pytest.approx(38.8075, abs=5e-5)
    assert b[::100][np.argmin(losses)] == pytest.approx(2.113576, abs=1e-4)
    assert min(map(chapter.loss, np.linspace(-1000, 1000, 999))) > 38.8075
    assert chapter.slope(2.113576) == pytest.approx(0, abs=1e-5)


def rows_of(printed):
    """The numbers in the rows of a printed table."""
    lines = [re.findall(r"[+-]?\d[\d.]*(?:e[+-]\d+)?", line) for line in printed.splitlines()]
    return [[float(word) for word in line] for line in lines if len(line) == 6]


def test_the_fourth_column_was_measured_from_the_runs_and_the_third_computed_from_lambda_alone(chapter):
    r"""“The fourth column was measured from the runs, the third computed from $\lambda$ alone. They agree in
    every row.” “The prediction holds in every row”
    snippets/overshoot.py: “error after / before”"""
    rows = rows_of(chapter.printed["limit"])
    assert len(rows) == 7
    assert [row[2] for row in rows] == [row[3] for row in rows]
    assert [row[2] for row in rows] == pytest.approx([1 - row[0] * 18.66 for row in rows], abs=2e-4)
    halved = changed(
        chapter, ("    path = descend(alpha)\n", "    path = descend(alpha / 2)\n"), section="limit"
    )
    for before, after in zip(rows, rows_of(halved.shown), strict=True):
        assert after[2] == before[2]
        assert after[3] == pytest.approx((1 + before[3]) / 2, abs=1e-4)


def test_every_update_multiplies_the_error_by_one_minus_alpha_lambda(chapter):
    r"""“The third line is the whole story: every update multiplies the error by the same number, $1 -
    \alpha\lambda$.” “On a parabola of curvature λ each update multiplies the error by $1 -
    \alpha\lambda$, and the loss above its floor by its square.” “Each update multiplies the error by 1 − αλ”"""
    for alpha in (-0.01, 0.01, 0.05, 0.1, 0.108, 0.12):
        error = chapter.descend(alpha, steps=20) - chapter.best
        big = np.abs(error[:-1]) > 1e-6  # below, rounding is seen
        assert error[1:][big] / error[:-1][big] == pytest.approx(1 - alpha * chapter.lam, rel=1e-6)


def test_the_loss_above_its_floor_goes_with_the_square(chapter):
    r"""“The loss above its floor goes with the square of the error, so it is multiplied by
    $(1-\alpha\lambda)^2$ each time.”"""
    above = excess(chapter, chapter.large[:30])
    assert above[1:] / above[:-1] == pytest.approx(1.53561664, rel=1e-8)


@pytest.mark.parametrize("factor, settles", [(1 - 1e-3, True), (1 + 1e-3, False)])
def test_it_settles_exactly_when_alpha_lies_below_two_over_lambda(chapter, factor, settles):
    """“The limit is 2/λ”"""
    path = chapter.descend(factor * 2 / chapter.lam, steps=1000)
    assert (abs(path[-1] - chapter.best) < abs(path[0] - chapter.best)) == settles


def test_exactly_at_one_over_lambda_one_step_reaches_the_bottom(chapter):
    r"""“exactly 1 | 0 | at the bottom after one step; α is then $1/\lambda =$ `0.053591`”"""
    assert 1 / chapter.lam == pytest.approx(0.053591, abs=5e-7)
    for start in -40.0, 0.0, 9.0:
        error = chapter.descend(1 / chapter.lam, b=start)[:2] - chapter.best
        assert error[1] / error[0] == pytest.approx(0, abs=1e-14)


def test_exactly_at_the_limit_it_flips_between_two_points(chapter):
    """“There the two points are `0.00000` and `4.22715`, equally far from the bottom.” “exactly 2 | −1 | flips
    between two points for ever; the loss stays at `80.487`”
    snippets/overshoot.py: “at α = 2/λ the loss stays where it began”"""
    path = chapter.descend(2 / chapter.lam)
    assert len(path) == 501
    assert path[::2] == pytest.approx(0.00000, abs=1e-9)
    assert path[1::2] == pytest.approx(4.22715, abs=5e-6)
    error = path - chapter.best
    assert error[1:] / error[:-1] == pytest.approx(-1)
    losses = [chapter.loss(b) for b in path]
    assert [min(losses), max(losses)] == pytest.approx([80.487, 80.487], abs=5e-4)


def test_it_bounces_for_ever_between_two_bounds_in_a_single_case(chapter):
    r"""“Nothing on a parabola holds the point back. It bounces for ever between two bounds in a single case,
    $\alpha\lambda = 2$. Beyond it every bounce is longer than the last, always by the same factor: at 0.12
    the loss passes a trillion at update 56.”"""
    for product in [*np.linspace(0.1, 4, 40).round(1), -0.5]:
        bounces = np.abs(np.diff(chapter.descend(product / chapter.lam, steps=400)))
        crosses, alike = product > 1, np.allclose(bounces, bounces[0], rtol=1e-9)
        assert (crosses and alike) == (product == 2)
        if product > 2:
            assert np.all(np.diff(bounces) > 0)
            assert bounces[1:] / bounces[:-1] == pytest.approx(product - 1)
            assert bounces[-1] > 1e15 * bounces[0]  # nothing holds it
    losses = [chapter.loss(b) for b in chapter.descend(0.12)]
    assert losses[55] < 1e12 < losses[56]


@pytest.mark.parametrize(
    "product, factors, size",
    [
        (-0.5, (1, np.inf), 1),
        (0, (1, 1), 0),
        (0.01, (0, 1), -1),
        (0.5, (0, 1), -1),
        (0.99, (0, 1), -1),
        (1.01, (-1, 0), -1),
        (1.99, (-1, 0), -1),
        (2 + 0.01, (-np.inf, -1), 1),
        (60, (-np.inf, -1), 1),
    ],
)
def test_all_that_can_happen_on_a_parabola_with_positive_curvature_is_in_the_table(
    chapter, product, factors, size
):
    """“All that can happen on a parabola with λ > 0 is in this table:” “negative | above 1 | wrong sign: $b$
    walks uphill, always on the same side” “exactly 0 | 1 | $b$ stays where it is” “0 to 1 | 1 to 0 | comes
    down on one side, never crosses” “1 to 2 | 0 to −1 | jumps across each time, and still arrives” “above 2 |
    below −1 | jumps across each time, further out: **explodes**”"""
    for start in (-3.0, 0.0, 9.0):
        path = chapter.descend(product / chapter.lam, steps=5, b=start)
        error = path - chapter.best
        low, high = factors
        assert np.all((error[1:] / error[:-1] >= low - 1e-9) & (error[1:] / error[:-1] <= high + 1e-9))
        assert np.all(np.sign(error[1:] * error[:-1]) == (1 if high > 0 else -1))  # the same side, or across
        assert np.all(np.sign(np.diff(np.abs(error)).round(9)) == size)  # further out, as far, nearer
        uphill = chapter.loss(path[1]) > chapter.loss(start)
        assert uphill == (size > 0)
        assert size or np.all(path == start)


def test_an_upside_down_parabola_is_left_on_one_side_and_goes_down_without_end():
    """“(A parabola with λ < 0 is upside down and has no bottom. There every positive rate belongs to the first
    row: $b$ leaves the top on one side and goes down without end.”"""
    for lam, rate in zip((-2, -0.1, -50), (0.12, 5, 0.001), strict=True):
        b = [4.0]
        for _ in range(50):
            b.append(b[-1] - rate * lam * (b[-1] - 3))
        error = np.array(b) - 3
        heights = lam / 2 * error**2
        assert np.all(error > 0) and np.all(np.diff(error) > 0) and rate * lam < 0
        assert np.all(np.diff(heights) < 0) and lam / 2 * 1e12 < -1e10  # as low as you like


def test_overshoot_begins_at_one_and_divergence_at_two(chapter):
    r"""“No: overshoot begins above $\alpha\lambda = 1$ and divergence above $\alpha\lambda = 2$. Between them lies
    0.10, which crosses the bottom at every update and still arrives.” “It jumps from side to side and needs
    more updates than 0.01”"""

    def crossings(alpha, steps=10):
        error = chapter.descend(alpha, steps) - chapter.best
        return int(np.sum(error[1:] * error[:-1] < 0))

    for product in 0.5, 0.99, 1.01, 1.5, 1.99, 2.01, 3:
        left = np.abs(chapter.descend(product / chapter.lam, steps=9) - chapter.best)
        assert (crossings(product / chapter.lam) > 0) == (product > 1)
        assert (left[-1] > left[0]) == (product > 2)
    updates = {alpha: len(chapter.descend(alpha)) - 1 for alpha in (0.01, 0.10)}
    assert updates[0.01] < updates[0.10] == crossings(0.10, steps=500)
    assert 1 < 0.10 * chapter.lam < 2 and abs(chapter.slope(chapter.descend(0.10)[-1])) < 1e-6


def test_a_tenth_is_within_seven_percent_of_the_limit_and_0_108_less_than_one_above(chapter):
    """“0.10 is within 7 % of the limit and works. 0.108 is less than 1 % above it and fails, though it takes
    its time: after 500 updates the loss is `1.606e+08`.”"""
    limit = 2 / chapter.lam
    assert 0.06 < 1 - 0.1 / limit < 0.07
    assert 0 < 0.108 / limit - 1 < 0.01
    below, above = chapter.descend(0.1), chapter.descend(0.108)
    assert excess(chapter, below)[-1] < 1e-9 and len(above) - 1 == 500
    assert chapter.loss(above[-1]) == pytest.approx(1.606e8, rel=1e-3)
    assert chapter.loss(above[50]) < 3 * chapter.loss(0)  # it takes its time


def test_how_fast_changes_gradually_and_whether_changes_at_a_threshold(chapter):
    """“*How fast* a run settles changes gradually with the rate. *Whether* it settles changes at a threshold,
    and that is why a small change of the rate can make all the difference.”"""
    rates = np.linspace(0.001, 0.2, 400)
    paths = [chapter.descend(rate, steps=3) - chapter.best for rate in rates]
    left = np.array([abs(error[1] / error[0]) for error in paths])
    assert np.max(np.abs(np.diff(left))) < 0.01  # the neighbour settles or grows nearly as fast
    settles = left < 1
    assert np.sum(settles[1:] != settles[:-1]) == 1
    near, beyond = (chapter.descend(part * 2 / 18.66, steps=20_000) for part in (0.999, 1.001))
    assert chapter.loss(near[-1]) < 38.81 < 1e10 < chapter.loss(beyond[-1])


def test_the_figure_of_the_losses_shows_straight_lines_from_one_point(chapter):
    r"""“Loss above its floor against the update, on a logarithmic axis. α = 0.01 and α = 0.10 fall along
    straight lines, α = 0.12 rises along one, and the limit is the dashed horizontal line between them.” “On a
    logarithmic axis every run is a straight line from the same point. The rate sets its tilt; the limit,
    $\alpha\lambda = 2$, is the horizontal line between those that fall and those that rise.”
    snippets/overshoot.py: “the limit, αλ = 2” “loss above its floor”"""
    (ax,) = axes_of(chapter, "losses")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("update", "loss above its floor")
    assert ax.get_yscale() == "log" and ax.get_xscale() == "linear"
    *runs, limit = ax.lines
    tilts = {}
    for line, alpha in zip(runs, (0.01, 0.10, 0.12), strict=True):
        assert line.get_label().startswith(f"α = {alpha},")
        steps = np.diff(np.log10(line.get_ydata()))
        seen = line.get_ydata()[1:] > 1e-9  # below, a difference of losses is rounding
        assert steps[seen] == pytest.approx(steps[0], rel=1e-4) and np.sum(seen) > 20
        assert steps[0] == pytest.approx(2 * np.log10(abs(1 - alpha * chapter.lam)))
        tilts[alpha] = steps[0]
        assert line.get_ydata()[0] == pytest.approx(runs[0].get_ydata()[0])
    assert tilts[0.01] < 0 and tilts[0.10] < 0 < tilts[0.12] and len(set(tilts.values())) == 3
    assert limit.get_linestyle() == "--" and "αλ = 2" in limit.get_label()
    at_limit = excess(chapter, chapter.descend(2 / chapter.lam, steps=40))
    assert limit.get_ydata() == pytest.approx([at_limit[0]] * 2) and at_limit == pytest.approx(at_limit[0])


@pytest.mark.parametrize("product", [0.24, 1.5, 2.2392])
def test_what_counts_is_the_product_of_rate_and_curvature(product):
    r"""“What counts is the product $\alpha\lambda$.” “A learning rate is a good one *for a curvature*. On its own
    it means nothing.” “The same rate is deadly on one parabola and timid on the next.”"""
    for lam in 0.01, 2, 18.66, 4000:
        assert multiplier(product / lam, lam, 7) == pytest.approx((1 - product) ** 7)
    for rate in 1e-4, 0.12, 30:  # any rate: there is a parabola for which it is too high, and one too low
        assert abs(multiplier(rate, 3 / rate, 60)) > 1e6 and abs(multiplier(rate, 1e-3 / rate, 60)) > 0.9


def test_with_the_wrong_sign_a_smaller_rate_only_slows_it_down(chapter):
    """“With a wrong sign (the row with α = −0.01) the factor is `+1.1866`: $b$ leaves on *one* side, and a
    smaller rate only slows it down. With too high a rate $b$ *alternates*, and a small enough rate cures
    it.”"""
    needed = []
    for alpha in (1e-1, 1e-2, 1e-3, 1e-4):
        path = chapter.descend(-alpha, steps=int(0.6 / alpha))
        error, above = path - chapter.best, excess(chapter, path)
        assert np.all(error < 0) and np.all(np.diff(error) < 0)
        if alpha == 0.01:
            assert error[1:] / error[:-1] == pytest.approx(1.1866)
        needed.append(next(t for t, value in enumerate(above) if value > 1e6))
    assert np.all(np.diff(needed) > 0)
    error = chapter.descend(0.12, steps=50) - chapter.best
    assert np.all(error[1:] * error[:-1] < 0)
    assert excess(chapter, chapter.descend(0.0012, steps=5000))[-1] < 1e-9


def test_print_a_weight_or_two_their_changes_alternate_if_the_rate_is_too_high():
    """“Print a weight or two: if the rate is too high, their changes alternate in sign; if the sign is wrong,
    they do not.”"""
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    H = turn * [0.5, 1, 3, 20] @ turn.T  # a bowl whose directions mix the weights
    for rate, side in (0.12, -1), (-0.01, 1):
        w = np.array([[1.0, -2, 3, 4]])
        for _ in range(40):
            w = np.vstack([w, w[-1] - rate * H @ w[-1]])
        changes = np.diff(w, axis=0)[20:]  # well under way
        assert np.all(np.sign(changes[1:] * changes[:-1]) == side)


def descend_x_squared(alpha, steps=100):
    """Gradient descent on x² from 5."""
    path = [5.0]
    for _ in range(steps):
        path.append(path[-1] - alpha * 2 * path[-1])
    return np.array(path)


def test_the_first_two_errors_at_twelve_hundredths_and_their_quotient(chapter):
    """“At 0.12 the first error is 0 − 2.1136 = −2.1136 and the second 4.7327 − 2.1136 = 2.6191: a factor of
    −1.2392.”"""
    path = chapter.descend(0.12, steps=1)
    assert path == pytest.approx([0, 4.7327], abs=5e-5)
    first, second = path - chapter.best
    assert [first, second, second / first] == pytest.approx([-2.1136, 2.6191, -1.2392], abs=5e-5)


def test_on_x_squared_twelve_hundredths_walks_smoothly_to_zero():
    r"""“That is the limit of *another* parabola, with another λ.” What is said but is not so: “It explodes: 0.12
    is above the limit, 0.107” “The second derivative of x² is 2, so here $\alpha\lambda =$ `0.2400`.” “On x²
    the curvature is 2, so 0.12 makes αλ = 0.24.” “Yes: each update multiplies x by 1 − 0.24 = 0.76.”"""
    curvature = (1.1**2 - 2 * 1.0**2 + 0.9**2) / 0.1**2
    assert curvature == pytest.approx(2) and 0.12 * curvature == pytest.approx(0.24)
    x = descend_x_squared(0.12, steps=60)
    assert x[1:] / x[:-1] == pytest.approx(0.76)
    assert np.all(np.diff(x) < 0) and 0 < x[-1] < 1e-5
    assert abs(multiplier(0.12, 18.66, 60)) > 1 > abs(multiplier(0.107, 18.66, 60))  # the other parabola


def test_on_x_squared_overshoot_starts_above_one_half_and_explosion_above_one():
    r"""“For that, $\alpha\lambda$ must lie between 1 and 2, so on x² the rate would have to lie between 0.5 and
    1. It is `0.2400`.” “On x² the steps overshoot above a rate of 0.5 and explode above 1.” “To jump across,
    αλ must pass 1, so the rate must pass 0.5.”"""
    for rate, crosses, settles in (0.12, 0, 1), (0.499, 0, 1), (0.501, 1, 1), (0.99, 1, 1), (1.01, 1, 0):
        x = descend_x_squared(rate)
        assert (x[1] < 0) == crosses == (rate * 2 > 1)
        assert (abs(x[-1]) < 5) == settles == (rate * 2 < 2)
        assert (crosses and settles) == (0.5 < rate < 1)


MEAN = ("    return np.sum(x * (x * b - y))", "    return 2 * np.mean(x * (x * b - y))")


def test_the_mean_divides_the_curvature_by_the_number_of_points(chapter):
    r"""“But taking the mean divides the curvature of the sum by the number of points, 50, and so multiplies its
    limit by 50: at 0.12 the mean loss has an $\alpha\lambda$ of `0.0896`” “Nor need the data be different: it
    is enough to write a sum where a mean stood.”"""
    mean, whole = changed(chapter, MEAN), changed(chapter, (MEAN[0], MEAN[1].replace("mean", "sum")))
    curvature = mean.slope(1) - mean.slope(0)  # the slope is a straight line
    assert curvature == pytest.approx((whole.slope(1) - whole.slope(0)) / 50)
    for part, settles in (0.99, True), (1.01, False):
        error = np.abs(mean.descend(part * 50 * 2 / (2 * chapter.lam)) - chapter.best)
        assert (error[-1] < error[0]) == settles
    assert pytest.approx(0.0896, abs=5e-5) == 0.12 * curvature
    assert np.abs(whole.descend(0.12, steps=99) - chapter.best)[-1] > 1e9  # a sum where a mean stood


def test_the_mean_loss_at_twelve_hundredths_settles_without_a_single_overshoot(chapter):
    r"""“and settles without a single overshoot.” “α alone means nothing: on x² itself, or on the mean of the
    same loss, 0.12 is harmless.”"""
    error = changed(chapter, MEAN).descend(0.12) - chapter.best
    assert np.all(error < 0) and np.all(np.diff(error) > 0) and error[-1] > -1e-5
    assert abs(descend_x_squared(0.12)[-1]) < 1e-5


def test_the_four_losses_of_the_regression_have_their_bottom_at_the_same_b(chapter):
    """“All four losses of the regression have their bottom at the same $b$.”
    “The same rate on four ways to write one loss”"""
    b = np.linspace(2, 2.2, 2001)
    residuals = chapter.y - np.outer(b, chapter.x)
    losses = {
        "half the sum": 0.5 * np.sum(residuals**2, 1),
        "the sum": np.sum(residuals**2, 1),
        "half the mean": 0.5 * np.mean(residuals**2, 1),
        "the mean": np.mean(residuals**2, 1),
    }
    for name, loss in losses.items():
        assert b[np.argmin(loss)] == pytest.approx(chapter.best, abs=1e-4)
        lam = (loss[0] - 2 * loss[1000] + loss[2000]) / 0.1**2
        assert f"{name:14s} {lam:12.4f} {2 / lam:9.5f} {0.12 * lam:11.4f}\n" in chapter.printed["scale"]


CONVEX = {  # slope and second derivative of functions with their bottom at 0, none bent by more than 1
    "log cosh": (np.tanh, lambda w: 1 / np.cosh(w) ** 2),
    "Huber": (lambda w: np.clip(w, -1, 1), lambda w: float(abs(w) < 1)),
    "root": (lambda w: w / np.sqrt(1 + w * w), lambda w: (1 + w * w) ** -1.5),
    "parabola": (lambda w: w, lambda w: 1.0),
}


@pytest.mark.parametrize("name", CONVEX)
def test_convexity_says_that_every_step_points_the_right_way_and_a_bound_on_the_curvature_keeps_it(
    chapter, name
):
    r"""“Convexity only says that every step *points* the right way. A parabola is convex everywhere, and on it
    the run at 0.12 explodes. What keeps a step from going too far is a bound on the curvature, $\alpha\lambda
    < 2$.”"""
    slope, bend = CONVEX[name]
    for w in np.linspace(-5, 5, 40):
        assert slope(w) * w > 0 and 0 <= bend(w) <= 1  # downhill is towards the bottom
        for rate in 0.5, 1, 1.5, 1.99:  # below two over the largest curvature it ends nearer, else it may not
            assert abs(w - rate * slope(w)) < abs(w)
    assert abs(0.1 - 3 * slope(0.1)) > 0.1 + 0.05
    b = np.linspace(-100, 100, 41)
    assert np.all(np.diff([chapter.loss(one) for one in b], 2) > 0)
    assert np.all(np.diff(excess(chapter, chapter.descend(0.12))) > 0)


def test_the_loss_alone_cannot_show_the_sign_but_the_two_explosions_look_different(chapter):
    """“The loss alone cannot show it, but the two explosions look different.” “And losses alone cannot tell a
    high rate from a wrong sign.”"""
    for factor in 1.1866, 1.05, 3:
        high, wrong = (chapter.descend(rate / 18.66, steps=12) for rate in (1 + factor, 1 - factor))
        assert excess(chapter, high) == pytest.approx(excess(chapter, wrong), rel=1e-6)
        assert np.all(np.diff(high)[1:] * np.diff(high)[:-1] < 0)
        assert np.all(np.diff(wrong)[1:] * np.diff(wrong)[:-1] > 0)


def multiplier(rate, lam, steps=1):
    """What the updates multiply the error by, measured on a parabola with its bottom at 3."""
    b = 5.0
    for _ in range(steps):
        b -= rate * lam * (b - 3)
    return (b - 3) / 2


def test_exercise_1_at_0_06_the_loss_nearly_doubles_at_every_update():
    r"""“Its limit is 2/40 = 0.05. At a rate of 0.06, $\alpha\lambda$ = 2.4 and the error is multiplied by 1 − 2.4
    = −1.4. The loss above its floor is multiplied by 1.4² = 1.96: it nearly doubles at every update.”"""
    assert abs(multiplier(0.0499, 40, 300)) < 1 < abs(multiplier(0.0501, 40, 300))
    assert abs(multiplier(2 / 40, 40, 300)) == pytest.approx(1) and 2 / 40 == 0.05
    assert multiplier(0.06, 40) == pytest.approx(-1.4) == 1 - 2.4
    assert multiplier(0.06, 40) ** 2 == pytest.approx(1.96)


def test_exercise_2_at_a_hundredth_the_error_is_multiplied_by_minus_one_and_a_half():
    r"""“Its limit is 2/250 = 0.008. At 0.01, $\alpha\lambda$ = 2.5 and the error is multiplied by 1 − 2.5 =
    −1.5.” “By 1.5² = 2.25.”"""
    assert abs(multiplier(0.00799, 250, 300)) < 1 < abs(multiplier(0.00801, 250, 300))
    assert abs(multiplier(2 / 250, 250, 300)) == pytest.approx(1) and 2 / 250 == 0.008
    assert multiplier(0.01, 250) == pytest.approx(-1.5) == 1 - 2.5
    assert multiplier(0.01, 250) ** 2 == pytest.approx(2.25)


def test_exercise_2_a_million_fold_growth_takes_18_updates():
    """“A million-fold growth needs ln(10⁶)/ln(2.25) = 17.04, so 18 updates.”"""
    assert multiplier(0.01, 250, 17) ** 2 < 1e6 < multiplier(0.01, 250, 18) ** 2
    assert np.log(1e6) / np.log(2.25) == pytest.approx(17.04, abs=0.005)


def test_exercise_3_doubling_x_quarters_the_limit_and_five_hundredths_explodes(chapter):
    r"""“The curvature is $\sum (2x_i)^2$ = 4 × 18.66 = 74.64, so the limit falls to a quarter, 2/74.64 =
    0.02679. At 0.05, $\alpha\lambda$ = 3.732: the error is multiplied by −2.732 each time and the run
    explodes. Units matter.”"""
    doubled = changed(chapter, ("skiprows=1).T\n", "skiprows=1).T\nx = 2 * x\n"))
    assert doubled.lam == pytest.approx(74.64) == 4 * 18.66
    assert "limit 2/λ = 0.026795" in doubled.shown and 2 / doubled.lam == pytest.approx(2 / chapter.lam / 4)
    error = doubled.descend(0.05, steps=30) - doubled.best
    assert error[1:] / error[:-1] == pytest.approx(-2.732) == 1 - 3.732
    assert abs(doubled.descend(0.02679, steps=30)[-1] - doubled.best) < abs(error[0])
    assert len(chapter.descend(0.05)) - 1 == 7


def test_exercise_4_just_under_the_limit_18_percent_of_the_error_is_left(chapter):
    """“In theory yes, in practice not yet: the factor is 1 − 0.107 × 18.66 = −0.99662, so after 500 updates the
    error is still 18 % of what it was. The row says 500 updates and a loss of 40.218; the floor is `38.8075`.
    This near to the limit a run is not yet broken, but it is already useless.” “It makes up to 500 updates.”"""
    path = chapter.descend(0.107)
    error = np.abs(path - chapter.best)
    assert pytest.approx(1 - 0.107 * 18.66, abs=5e-6) == -0.99662
    assert (path[1] - chapter.best) / (path[0] - chapter.best) == pytest.approx(-0.99662, abs=5e-6)
    assert len(path) - 1 == 500 and np.all(np.diff(error) < 0)
    row = changed(chapter, ("0.108, 0.12:", "0.108, 0.107:"), section="limit").shown.splitlines()[-3]
    assert row.split()[0] == "0.10700" and row.split()[-2:] == ["500", "40.218"]
    assert error[-1] / error[0] == pytest.approx(0.18, abs=0.005)
    assert error[len(chapter.descend(0.05))] / error[0] > 0.97  # where 0.05 has arrived


def test_the_three_losses_are_those_of_the_run(chapter):
    """snippets/overshoot.py: “three in a row, of the run at 0.12”"""
    run = chapter.descend(0.12)[:3]
    assert chapter.losses == pytest.approx([chapter.loss(b) for b in run], abs=5e-5)


def test_three_losses_and_the_rate_give_back_the_curvature(chapter):
    """“Three printed losses and the rate give back the curvature 18.66 that the data have.”
    “Three printed losses give back λ = 18.66”"""
    assert chapter.found == pytest.approx(chapter.lam, rel=1e-5)


def read_back(chapter, alpha, losses):
    """The displayed program with another rate and other losses in it."""
    rate, three = "alpha = 0.12", "losses = 80.4866, 102.8105, 137.0916  # three in a row, of the run at 0.12"
    return changed(
        chapter, (rate, f"alpha = {alpha!r}"), (three, f"losses = {[*map(float, losses)]}"), section="yours"
    )


@pytest.mark.parametrize("alpha", [0.108, 0.12, 0.2, 1, 30])
@pytest.mark.parametrize("start, first", [(0, 0), (0, 7), (-40, 2), (2.2, 3)])
def test_the_program_finds_the_limit_of_any_three_losses_in_a_row(chapter, alpha, start, first):
    """“put them and your rate into the program above” “→ In your own run: three losses of a run that
    explodes tell you its limit.” “You do not know λ, but an exploding loss tells you.”
    “Three losses tell the curvature”"""
    losses = [chapter.loss(b) for b in chapter.descend(alpha, steps=12, b=start)]
    yours = read_back(chapter, alpha, losses[first : first + 3])
    assert 2 / yours.found == pytest.approx(2 / chapter.lam, rel=1e-6)
    assert "limit 0.10718, half of it 0.05359\n" in yours.shown


def test_a_negative_r_means_that_it_is_too_early_and_a_few_updates_later_it_hardly_changes(chapter):
    """“A negative $r$, whose root is nan, means that it is too early: wait.” “On a bowl with the curvatures 1
    and 20, at a rate of 0.15 and from errors of 10 and 0.1, $r$ is −5.7 where the loss turns, then 5.2, 4.17
    and 4.03; the last of them gives λ = 20.05.”"""
    curvatures, w, losses = np.array([1.0, 20]), np.array([10, 0.1]), []
    for _ in range(10):
        losses.append(0.5 * curvatures @ w**2)
        w = w * (1 - 0.15 * curvatures)
    lowest = int(np.argmin(losses))
    with np.errstate(invalid="ignore"):
        found = [read_back(chapter, 0.15, losses[i : i + 3]) for i in range(lowest - 1, lowest + 3)]
    assert [yours.r for yours in found] == pytest.approx([-5.7, 5.2, 4.17, 4.03], abs=0.03)
    assert found[-1].r == pytest.approx(4.03, abs=0.005) and np.isnan(found[0].found)
    assert found[-1].found == pytest.approx(20.05, abs=0.005)


@pytest.mark.parametrize("alpha", [0.108, 0.12, 0.5])
@pytest.mark.parametrize("floor", [-1e3, 0, 38.8])
def test_differences_of_losses_grow_by_the_square_of_the_factor_whatever_the_floor(chapter, alpha, floor):
    r"""“While one direction grows, the loss above its floor is multiplied by $r = (1-\alpha\lambda)^2$ per update.
    So are the *differences* of neighbouring losses, in which the floor cancels. Three losses in a row, $L_1$,
    $L_2$ and $L_3$, give” “\begin{aligned} r &= \frac{L_3 - L_2}{L_2 - L_1} \\ \lambda &= \frac{1 +
    \sqrt{\mathstrut r}}{\alpha} \\ \text{limit } \frac{2}{\lambda} &= \frac{2\alpha}{1 + \sqrt{\mathstrut
    r}}. \end{aligned}”
    snippets/overshoot.py: “growth per update; the floor cancels”"""
    curvatures, w, losses = np.array([18.66, 3.0]), np.array([2.0, 0.4]), []
    for _ in range(40):  # 3 settles at these rates, and 18.66 grows
        losses.append(floor + 0.5 * curvatures @ w**2)
        w = w - alpha * curvatures * w
    above = np.array(losses) - floor
    assert above[-1] / above[-2] == pytest.approx((1 - alpha * 18.66) ** 2, rel=1e-2)
    first, second, third = losses[-3:]
    r = (third - second) / (second - first)
    assert r == pytest.approx((1 - alpha * 18.66) ** 2, rel=1e-2)
    assert (1 + np.sqrt(r)) / alpha == pytest.approx(18.66, rel=0.01)
    assert 2 * alpha / (1 + np.sqrt(r)) == pytest.approx(2 / 18.66, rel=0.01)
    rises = np.diff([chapter.loss(b) for b in chapter.descend(alpha, steps=6)])
    assert rises[1:] / rises[:-1] == pytest.approx((1 - alpha * chapter.lam) ** 2, rel=1e-6)


def test_another_page_reads_a_whole_log_with_momentum_noise_and_nan_in_it():
    """“([Read your own run](diagnose.md) does it for a whole log, with momentum, noise and nan in it.)”"""
    rng, losses, w, v = np.random.default_rng(0), [], 1.0, 0.0
    for _ in range(40):  # a parabola of curvature 18.66, a tenth above the limit of momentum 0.9
        losses.append((38.8 + 9.33 * w * w) * rng.normal(1, 0.01))
        v = 0.9 * v + 18.66 * w
        w = w - 1.1 * 2 * 1.9 / 18.66 * v
    log = "\n".join(["loss", *map(str, losses), "nan", "nan"])
    found = readlog.diagnose(readlog.read(log), rate=1.1 * 2 * 1.9 / 18.66, momentum=0.9)
    assert found["curvature"] == pytest.approx(18.66, rel=0.05)


@pytest.mark.parametrize("broken", [np.inf, -np.inf, np.nan])
def test_weights_that_are_inf_or_nan_cannot_be_repaired(chapter, broken):
    """“Weights that are `inf` or `nan` cannot be repaired.”"""
    for alpha in -1.0, 1e-9, 0.05, 10.0:
        b = broken
        with np.errstate(invalid="ignore"):
            for _ in range(5):
                b = b - alpha * chapter.slope(b)
        assert not np.isfinite(b)


@reads("docs/diagnose.md", "snippets/frameworks/*")
def test_a_few_lines_log_every_update_in_five_frameworks():
    """“**Log the loss of every update**, not of every epoch: [a few lines](diagnose.md#log) do it in PyTorch,
    Keras, Lightning, Hugging Face and JAX.”"""
    page = markdown_of("diagnose")
    part = page.split("{ #log }")[1].split("\n## ")[0]
    tabs = re.findall(r'^=== "(.*)"\n\n    ```python\n    --8<-- "frameworks/(\w+)\.py:log"', part, re.M)
    assert [title for title, _ in tabs] == ["PyTorch", "Keras", "Lightning", "Hugging Face", "JAX"]
    for _, program in tabs:  # tests/test_logging.py runs them
        code = {one.name: one.code for one in sections(SNIPPETS / "frameworks" / f"{program}.py")}["log"]
        assert len(code.strip().splitlines()) <= 25 and "loss" in code


def test_half_the_limit_solves_the_direction_that_exploded_in_one_step(chapter):
    r"""“When $r$ hardly changes any more, **set half the limit** ([in your
    framework](frameworks.md#lower-the-rate)). That is $1/\lambda$, at which the direction that exploded is
    solved in one step.”"""
    assert chapter.descend(1 / chapter.found)[1] == pytest.approx(chapter.best, rel=1e-4)
    curvatures, w = np.array([1.0, 20]), np.array([10, 0.1])
    losses = []
    for _ in range(12):
        losses.append(0.5 * curvatures @ w**2)
        w = w * (1 - 0.15 * curvatures)
    yours = read_back(chapter, 0.15, losses[-3:])
    half = float(yours.shown.split("half of it ")[1])
    assert half == pytest.approx(1 / 20, rel=1e-3)
    along = (w - half * curvatures * w)[1] / w[1]  # what one step leaves of the direction that exploded
    assert abs(along) < 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_if_r_goes_on_changing_the_loss_is_no_parabola_and_the_formula_does_not_hold(seed):
    """“**If $r$ goes on changing, the loss is not a parabola there**, and the formula does not hold.”"""
    rng = np.random.default_rng(seed)
    curvatures, w, losses = rng.uniform(0.1, 1, 6), rng.normal(size=6), []
    curvatures[0] = 1.3
    for _ in range(200):  # on a bowl r comes to rest, and the formula finds the largest curvature
        losses.append(0.5 * curvatures @ w**2)
        w = w - 2.3 / 1.3 * curvatures * w
    r = np.diff(losses)[1:] / np.diff(losses)[:-1]
    assert abs(r[-1] / r[-2] - 1) < 1e-6
    assert (1 + np.sqrt(r[-1])) / (2.3 / 1.3) == pytest.approx(1.3, rel=1e-4)
    network, start = relu_network(seed)  # on a network that explodes it does not, and no limit is found
    losses = train(network, start, 3 * first_limit(network, start))
    rises = np.diff(losses[np.isfinite(losses)])[-4:]
    r = rises[1:] / rises[:-1]
    assert np.all(r[1:] / r[:-1] > 1.5)
    limits = 1 / (1 + np.sqrt(r))
    assert limits[0] / limits[-1] > 1.5


def with_momentum(beta, product, steps=60):
    w, v, losses = 1.0, 0.0, []
    for _ in range(steps):
        v = beta * v + w  # a parabola of curvature 1, so the rate is αλ
        w = w - product * v
        losses.append(w**2)
    return losses


@pytest.mark.parametrize("beta, product", [(0.5, 3.3), (0.9, 4.0), (0.9, 9.0)])
def test_with_momentum_the_same_growth_means_another_curvature(beta, product):
    r"""“All of this is for plain descent. With heavy-ball momentum $\beta$ the same growth means $\alpha\lambda =
    (1+\sqrt{\mathstrut r})(1+\beta/\sqrt{\mathstrut r})$, and”"""
    losses = with_momentum(beta, product)
    root = np.sqrt(losses[-1] / losses[-2])
    assert (1 + root) * (1 + beta / root) == pytest.approx(product, rel=1e-9)
    assert 1 + root < 0.9 * product  # what plain descent would say


@pytest.mark.parametrize("beta", [0.1, 0.5, 0.9])
def test_with_momentum_the_limit_is_two_times_one_plus_beta(beta):
    r"""“the limit on $\alpha\lambda$ is $2(1+\beta)$.”"""
    for part, settles in (0.98, True), (1.02, False):
        assert (with_momentum(beta, part * 2 * (1 + beta), steps=900)[-1] < 1) == settles


def test_for_adam_there_is_no_such_formula():
    """“For Adam there is no such formula: divide by ten.”"""
    growth = []
    for lam in 0.2, 18.66, 5000:
        w, m, v, losses = 1.0, 0.0, 0.0, []
        for t in range(1, 4):
            losses.append(lam * w * w / 2)
            m, v = 0.9 * m + 0.1 * lam * w, 0.999 * v + 0.001 * (lam * w) ** 2
            w -= 3 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        growth.append((losses[2] - losses[1]) / (losses[1] - losses[0]))
    assert growth == pytest.approx([growth[0]] * 3)  # the same r, whatever the curvature


def first_limit(network, start):
    """Two divided by the largest curvature at the first weights, from differences of gradients."""
    moved = [network(start + 1e-6 * e)[1] - network(start - 1e-6 * e)[1] for e in np.eye(120)]
    return 2 / np.linalg.eigvalsh((np.array(moved) + np.array(moved).T) / 4e-6)[-1]


def relu_network(seed):
    """One hidden layer of 20, full batch: the loss and the gradient at given weights, and a start."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(40, 5))
    start = np.concatenate([rng.normal(size=100) / 5**0.5, rng.normal(size=20) / 20**0.5])

    def loss_and_gradient(w):
        V, u = w[:100].reshape(5, 20), w[100:]
        hidden = np.maximum(X @ V, 0)
        residual = hidden @ u - np.sin(X[:, 0])
        back = np.outer(residual, u) * (hidden > 0)
        slopes = np.concatenate([(X.T @ back).ravel(), hidden.T @ residual])
        return 0.5 * np.mean(residual**2), slopes / 40

    return loss_and_gradient, start


def train(network, w, rate, steps=300):
    """The losses of a run, to the first that is not finite."""
    losses = []
    with np.errstate(all="ignore"):
        while len(losses) <= steps and (not losses or np.isfinite(losses[-1])):
            value, gradient = network(w)
            losses.append(value)
            w = w - rate * gradient
    return np.array(losses)


def test_of_40_relu_networks_nearly_all_climb_and_come_back_and_further_up_all_explode_ever_faster():
    """“Of 40 small ReLU networks, nearly all climbed and
    [came back](networks.md#why-a-climb-can-lower-the-curvature) at 1.6 times the limit of their first weights;
    at 3 times that limit all exploded, faster and faster.”"""
    came_back = 0
    for seed in range(40):
        network, start = relu_network(seed)
        limit = first_limit(network, start)
        losses = train(network, start, 1.6 * limit)
        assert np.isfinite(losses[-1])
        came_back += max(losses) > 2 * losses[0] and losses[-1] < losses[0]
        losses = train(network, start, 3 * limit)
        assert not np.isfinite(losses[-1])
        growth = losses[1:-1] / losses[:-2]
        assert np.all(growth[-3:] > 1) and np.all(np.diff(growth[-3:]) > 0)  # the last three factors
    assert 34 <= came_back <= 40


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rate", [20, 200, 2000])
def test_a_logistic_loss_cannot_go_on_growing_by_a_factor(seed, rate):
    """“A logistic loss cannot go on growing by a factor.”"""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(40, 5))
    sign, w, losses = np.sign(X[:, 0] + rng.normal(size=40)), np.zeros(5), []
    for _ in range(200):
        margin = sign * (X @ w)
        losses.append(np.mean(np.logaddexp(0, -margin)))
        w = w + rate * X.T @ (sign * np.exp(-np.logaddexp(0, margin))) / 40
    assert np.any(np.diff(losses) > 0)  # it rises; its slope is bounded, so a step and its rise are too
    assert max(losses[100:]) < 2 * max(losses[:100])


def test_the_data_are_what_r_draws_from_the_seed_12345_and_the_article_s_numbers_come_of_them(chapter):
    """docs/sources.md: “Its data are 50 points that R draws from the seed 12345;” docs/sources.md: “so a newer
    R gives another sample.” docs/sources.md: “Ours is the older sample, the
    article's: its curvature is 18.66 exactly.”"""
    seed = np.uint32(12345)
    with np.errstate(over="ignore"):
        words = [seed := np.uint32(69069) * seed + np.uint32(1) for _ in range(50 + 625)][51:]

    def generator():
        twister = np.random.MT19937()
        twister.state = {"bit_generator": "MT19937", "state": {"key": np.array(words), "pos": 624}}
        return twister

    def noise(uniform):  # R inverts the normal distribution, from two draws for 27 bits and more
        return [NormalDist().inv_cdf((int(2**27 * uniform()) + uniform()) / 2**27) for _ in range(50)]

    older = generator()
    uniform = lambda: older.random_raw() * 2.3283064365386963e-10  # noqa: E731
    x = np.array([int(21 * uniform()) / 10 - 1 for _ in range(50)])  # of −1, −0.9, …, 1
    assert chapter.x == pytest.approx(x, abs=1e-9)
    assert chapter.y == pytest.approx(2 * x + noise(uniform), abs=1e-9)
    assert round(float(np.sum((10 * x).round() ** 2))) == 1866  # in tenths, so that no rounding hides
    newer, drawn = generator(), []
    while len(drawn) < 50:  # five bits of a draw, refused beyond 20
        bits = int(newer.random_raw() * 2.3283064365386963e-10 * 65536) % 32
        drawn += [bits / 10 - 1] if bits < 21 else []
    assert np.sum(np.square(drawn)) != pytest.approx(18.66, abs=0.05)


def test_fifty_points_one_parameter_and_a_plain_parabola(chapter):
    """“One parabola, fifty points, two learning rates.” “Fifty points, one parameter, and a loss whose graph is
    a plain parabola: nothing could be easier to minimise.” “One unknown, and a loss that is a parabola”"""
    assert len(chapter.x) == len(chapter.y) == 50
    losses = np.array([chapter.loss(b) for b in np.linspace(-100, 100, 41)])  # of one number, b
    assert np.diff(losses, 3) == pytest.approx(0, abs=1e-6) and np.all(np.diff(losses, 2) > 0)


def test_the_data_the_start_and_the_code_are_the_same(chapter):
    """“The data, the start and the code are the same.” “The same parabola, the same start.”
    “The same data, the same start, the same code.”"""
    again = changed(chapter, ("rates = 0.01, 0.12", "rates = 0.01, 0.01"))  # nothing but the rate is another
    assert np.array_equal(again.large, again.small) and np.array_equal(again.small, chapter.small)
    assert chapter.large[0] == chapter.small[0]
    one, other = axes_of(chapter, "steps")
    assert np.array_equal(one.lines[0].get_xydata(), other.lines[0].get_xydata())
