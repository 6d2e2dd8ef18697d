"""The claims of the chapter on overshoot, a test a sentence."""

import contextlib
import io
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from conftest import ROOT, no_window
from weave.program import sections


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
    for b in (-3.0, 0.0, 5.0):
        assert chapter.slope(b) == pytest.approx(
            (chapter.loss(b + 1e-4) - chapter.loss(b - 1e-4)) / 2e-4, rel=1e-6
        )


def test_a_tenth_leaves_87_percent_of_the_error_and_a_hundredth_81(chapter):
    """“each leaves 87 % of the error, where 0.01 leaves 81 %”"""
    for alpha, left in (0.1, 0.87), (0.01, 0.81):
        error = np.abs(chapter.descend(alpha, steps=20) - chapter.best)
        assert error[1:] / error[:-1] == pytest.approx(left, abs=0.005)


def test_five_hundredths_needs_7_updates_and_beyond_one_over_lambda_a_longer_step_ends_further_from_the_bottom(
    chapter,
):
    """“Beyond that length, a longer step ends further from the bottom.”"""
    assert len(chapter.descend(0.05)) - 1 == 7
    left = [abs(chapter.descend(a, steps=1)[1] - chapter.best) for a in np.linspace(0.0536, 0.3, 50)]
    assert np.all(np.diff(left) > 0)


def test_0_108_explodes_more_slowly_than_twelve_hundredths(chapter):
    """“It explodes too, only more slowly” – “0.108 does that.”"""
    slow, fast = (excess(chapter, chapter.descend(alpha)) for alpha in (0.108, 0.12))
    assert np.all(np.diff(slow) > 0) and slow[-1] > 1e6 * slow[0]
    assert np.all(slow[1:] < fast[1:])


def test_below_the_limit_every_bounce_is_shorter_than_the_last_and_above_it_longer(chapter):
    """“Below the limit every bounce is shorter than the last; above it every bounce is longer.”"""
    for part in (0.6, 0.9, 0.999):
        assert np.all(np.diff(np.abs(np.diff(chapter.descend(part * 2 / chapter.lam, steps=15)))) < 0)
    for part in (1.001, 1.1, 3):
        assert np.all(np.diff(np.abs(np.diff(chapter.descend(part * 2 / chapter.lam, steps=15)))) > 0)


def test_60_updates_leave_67_percent_at_0_107_and_double_it_at_0_1075(chapter):
    """“after 60 updates 67 % of the loss above its floor is left. At 0.1075 the factor is −1.006, and
    that loss has doubled. By eye you can hardly tell the first five steps of the two apart.”"""
    paths = [chapter.descend(alpha, steps=60) for alpha in (0.107, 0.1075)]
    for path, factor, left in zip(paths, (-0.9966, -1.006), (0.67, 2.04), strict=True):
        error, above = path - chapter.best, excess(chapter, path)
        assert error[1] / error[0] == pytest.approx(factor, abs=5e-4 if factor < -1 else 5e-5)
        assert above[60] / above[0] == pytest.approx(left, abs=0.005)
    assert max(abs(paths[0][:6] - paths[1][:6])) < 0.01 * 11.2  # a hundredth of the picture's width


@pytest.mark.parametrize("start", [0, 2.1, 2.2, 50])
def test_at_twelve_hundredths_60_updates_make_every_error_nearly_400_000_times_as_large(chapter, start):
    """“The factor, −1.24, is the same wherever you start: 60 updates make every error nearly 400,000 times as
    large.”"""
    error = chapter.descend(0.12, steps=60, b=start) - chapter.best
    assert error[1] / error[0] == pytest.approx(-1.24, abs=0.005)
    assert 380_000 < error[60] / error[0] < 400_000


def test_the_limit_is_never_given_as_a_rate_above_it(chapter):
    """A limit that is rounded up explodes: what the page offers as the limit is rounded down."""
    page = (ROOT / "docs/overshoot.md").read_text(encoding="utf-8")
    shown = [float(word) for word in re.findall(r"0\.107\d*", page + "".join(chapter.printed.values()))]
    assert {0.10718, 0.107181} <= set(shown)
    for rate in set(shown) - {0.1075}:  # which the page calls above the limit
        error = np.abs(chapter.descend(rate, steps=3) - chapter.best)
        assert np.all(np.diff(error) < 0)
    assert "0.1072" not in page + "".join(chapter.printed.values())


def test_one_hundredth_is_done_after_85_updates_and_twelve_hundredths_never(chapter):
    assert len(chapter.small) - 1 == 85
    assert len(chapter.large) - 1 == 500
    assert chapter.loss(chapter.large[-1]) == pytest.approx(5.7719e94, rel=1e-4)


def test_every_step_at_twelve_hundredths_points_downhill(chapter):
    steps = np.diff(chapter.large)
    slopes = np.array([chapter.slope(b) for b in chapter.large[:-1]])
    assert np.all(steps * slopes < 0)


def test_every_update_multiplies_the_error_by_one_minus_alpha_lambda(chapter):
    for alpha in (-0.01, 0.01, 0.05, 0.1, 0.108, 0.12):
        error = chapter.descend(alpha, steps=20) - chapter.best
        big = np.abs(error[:-1]) > 1e-6  # below, rounding is seen
        assert error[1:][big] / error[:-1][big] == pytest.approx(1 - alpha * chapter.lam, rel=1e-6)


def test_the_loss_above_its_floor_goes_with_the_square(chapter):
    above = excess(chapter, chapter.large[:30])
    assert above[1:] / above[:-1] == pytest.approx(1.53561664, rel=1e-8)


@pytest.mark.parametrize("factor, settles", [(1 - 1e-3, True), (1 + 1e-3, False)])
def test_it_settles_exactly_when_alpha_lies_below_two_over_lambda(chapter, factor, settles):
    path = chapter.descend(factor * 2 / chapter.lam, steps=1000)
    assert (abs(path[-1] - chapter.best) < abs(path[0] - chapter.best)) == settles


def test_exactly_at_one_over_lambda_one_step_reaches_the_bottom(chapter):
    assert chapter.descend(1 / chapter.lam)[1] == pytest.approx(chapter.best, abs=1e-14)


def test_exactly_at_the_limit_it_flips_between_two_points(chapter):
    """“flips between two points for ever; the loss stays at `80.487`”"""
    path = chapter.descend(2 / chapter.lam)
    assert path[::2] == pytest.approx(0, abs=1e-9)
    assert path[1::2] == pytest.approx(2 * chapter.best, abs=1e-9)
    losses = [chapter.loss(b) for b in path]
    assert [min(losses), max(losses)] == pytest.approx([80.487, 80.487], abs=5e-4)


@pytest.mark.parametrize(
    "product, side, size",
    [
        (-0.5, 1, 1),
        (0, 1, 0),
        (0.5, 1, -1),
        (0.99, 1, -1),
        (1.01, -1, -1),
        (1.99, -1, -1),
        (2.01, -1, 1),
        (60, -1, 1),
    ],
)
def test_all_that_can_happen_on_a_parabola_with_positive_curvature_is_in_the_table(
    chapter, product, side, size
):
    """“All that can happen on a parabola with λ > 0 is in this table”"""
    for start in (-3.0, 0.0, 9.0):
        error = chapter.descend(product / chapter.lam, steps=5, b=start) - chapter.best
        assert np.all(np.sign(error[1:] * error[:-1]) == side)  # the same side, or across
        assert np.all(np.sign(np.diff(np.abs(error)).round(9)) == size)  # further out, as far, nearer
        uphill = chapter.loss(start + error[1] - error[0]) > chapter.loss(start)
        assert uphill == (size > 0)


def test_an_upside_down_parabola_is_left_on_one_side_and_goes_down_without_end():
    """“There every positive rate belongs to the first row: $b$ leaves the top on one side and goes down
    without end.”"""
    for rate in (0.001, 0.12, 5):
        b = [4.0]
        for _ in range(50):
            b.append(b[-1] - rate * -2 * (b[-1] - 3))  # the slope of −(b − 3)²
        error = np.array(b) - 3
        assert np.all(error > 0) and np.all(np.diff(error) > 0)
        assert np.all(np.diff(-(error**2)) < 0)


def test_overshoot_begins_at_one_and_divergence_at_two(chapter):
    def crossings(alpha):
        error = chapter.descend(alpha, steps=10) - chapter.best
        return int(np.sum(error[1:] * error[:-1] < 0))

    assert crossings(0.99 / chapter.lam) == 0
    assert crossings(1.01 / chapter.lam) > 0
    assert crossings(0.1) == 10
    assert len(chapter.descend(0.1)) - 1 == 122


def test_a_tenth_is_within_seven_percent_of_the_limit_and_0_108_less_than_one_above(chapter):
    """“0.10 is within 7 % of the limit and works. 0.108 is less than 1 % above it and fails”"""
    limit = 2 / chapter.lam
    assert 0.06 < 1 - 0.1 / limit < 0.07
    assert 0 < 0.108 / limit - 1 < 0.01
    assert (
        excess(chapter, chapter.descend(0.1))[-1] < 1e-9 < 1e6 < excess(chapter, chapter.descend(0.108))[-1]
    )


def test_at_twelve_hundredths_the_loss_passes_a_trillion_at_update_56(chapter):
    losses = [chapter.loss(b) for b in chapter.large]
    assert losses[55] < 1e12 < losses[56]


def test_with_the_wrong_sign_b_leaves_on_one_side(chapter):
    error = chapter.descend(-0.01, steps=50) - chapter.best
    assert np.all(np.sign(error) == np.sign(error[0]))
    assert np.all(np.abs(error[1:]) > np.abs(error[:-1]))


def test_with_the_wrong_sign_a_smaller_rate_only_slows_it_down(chapter):
    """“$b$ leaves on *one* side, and a smaller rate only slows it down. With too high a rate $b$
    *alternates*, and a small enough rate cures it.”"""
    needed = []
    for alpha in (1e-1, 1e-2, 1e-3, 1e-4):
        above = excess(chapter, chapter.descend(-alpha, steps=int(0.6 / alpha)))
        needed.append(next(t for t, value in enumerate(above) if value > 1e6))
    assert np.all(np.diff(needed) > 0)
    error = chapter.descend(0.12, steps=50) - chapter.best
    assert np.all(error[1:] * error[:-1] < 0)
    assert excess(chapter, chapter.descend(0.0012, steps=5000))[-1] < 1e-9


def test_print_a_weight_or_two_their_changes_alternate_if_the_rate_is_too_high():
    """“if the rate is too high, their changes alternate in sign; if the sign is wrong, they do not.”"""
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
    first, second = chapter.large[:2] - chapter.best
    assert [first, second, second / first] == pytest.approx([-2.1136, 2.6191, -1.2392], abs=5e-5)


def test_on_x_squared_twelve_hundredths_walks_smoothly_to_zero():
    x = descend_x_squared(0.12, steps=60)
    assert x[1] / x[0] == pytest.approx(0.76)
    assert np.all(np.diff(x) < 0) and x[-1] < 1e-5


def test_on_x_squared_overshoot_starts_above_one_half_and_explosion_above_one():
    assert np.all(descend_x_squared(0.499) > 0)
    assert descend_x_squared(0.501)[1] < 0
    assert abs(descend_x_squared(0.99)[-1]) < 5 < abs(descend_x_squared(1.01)[-1])


MEAN = ("    return np.sum(x * (x * b - y))", "    return 2 * np.mean(x * (x * b - y))")


def test_the_mean_divides_the_curvature_by_the_number_of_points(chapter):
    """“taking the mean divides the curvature of the sum by the number of points, 50, and so multiplies its
    limit by 50”"""
    mean = changed(chapter, MEAN)
    curvature = mean.slope(1) - mean.slope(0)  # the slope is a straight line
    assert curvature == pytest.approx(2 * chapter.lam / 50)
    for part, settles in (0.99, True), (1.01, False):
        error = np.abs(mean.descend(part * 50 * 2 / (2 * chapter.lam)) - chapter.best)
        assert (error[-1] < error[0]) == settles
    assert "0.0896" in chapter.printed["scale"] and pytest.approx(0.0896, abs=5e-5) == 0.12 * curvature


def test_the_mean_loss_at_twelve_hundredths_settles_without_a_single_overshoot(chapter):
    """“at 0.12 the mean loss has an $\\alpha\\lambda$ of `0.0896` and settles without a single overshoot”"""
    error = changed(chapter, MEAN).descend(0.12) - chapter.best
    assert np.all(error < 0) and np.all(np.diff(error) > 0) and error[-1] > -1e-5


def test_the_four_losses_of_the_regression_have_their_bottom_at_the_same_b(chapter):
    """“All four losses of the regression have their bottom at the same $b$.”"""
    b = np.linspace(2, 2.2, 2001)
    residuals = chapter.y - np.outer(b, chapter.x)
    for loss in (0.5 * np.sum(residuals**2, 1), np.mean(residuals**2, 1)):
        assert b[np.argmin(loss)] == pytest.approx(chapter.best, abs=1e-4)


def multiplier(rate, lam, steps=1):
    """What the updates multiply the error by, measured on a parabola with its bottom at 3."""
    b = 5.0
    for _ in range(steps):
        b -= rate * lam * (b - 3)
    return (b - 3) / 2


def test_exercise_1_at_0_06_the_loss_nearly_doubles_at_every_update():
    """“The loss above its floor is multiplied by 1.4² = 1.96: it nearly doubles at every update.”"""
    assert abs(multiplier(0.0499, 40, 300)) < 1 < abs(multiplier(0.0501, 40, 300))
    assert multiplier(0.06, 40) == pytest.approx(-1.4)
    assert multiplier(0.06, 40) ** 2 == pytest.approx(1.96)


def test_exercise_2_at_a_hundredth_the_error_is_multiplied_by_minus_one_and_a_half():
    assert abs(multiplier(0.00799, 250, 300)) < 1 < abs(multiplier(0.00801, 250, 300))
    assert multiplier(0.01, 250) == pytest.approx(-1.5)
    assert multiplier(0.01, 250) ** 2 == pytest.approx(2.25)


def test_exercise_2_a_million_fold_growth_takes_18_updates():
    """“A million-fold growth needs ln(10⁶)/ln(2.25) = 17.04, so 18 updates.”"""
    assert multiplier(0.01, 250, 17) ** 2 < 1e6 < multiplier(0.01, 250, 18) ** 2
    assert np.log(1e6) / np.log(2.25) == pytest.approx(17.04, abs=0.005)


def test_exercise_3_doubling_x_quarters_the_limit_and_five_hundredths_explodes(chapter):
    """“the limit falls to a quarter, 2/74.64 = 0.02679. At 0.05, $\\alpha\\lambda$ = 3.732: the error is
    multiplied by −2.732 each time and the run explodes.”"""
    doubled = changed(chapter, ("skiprows=1).T\n", "skiprows=1).T\nx = 2 * x\n"))
    assert doubled.lam == pytest.approx(74.64)
    assert "limit 2/λ = 0.026795" in doubled.shown
    error = doubled.descend(0.05, steps=30) - doubled.best
    assert error[1:] / error[:-1] == pytest.approx(-2.732) == 1 - 3.732
    assert abs(doubled.descend(0.02679, steps=30)[-1] - doubled.best) < abs(error[0])


def test_exercise_4_just_under_the_limit_18_percent_of_the_error_is_left(chapter):
    path = chapter.descend(0.107)
    assert 1 - 0.107 * chapter.lam == pytest.approx(-0.99662, abs=5e-6)
    assert len(path) - 1 == 500
    assert abs(path[-1] - chapter.best) / chapter.best == pytest.approx(0.18, abs=0.005)


def test_the_three_losses_are_those_of_the_run(chapter):
    assert chapter.losses == pytest.approx([chapter.loss(b) for b in chapter.large[:3]], abs=5e-5)


def test_three_losses_and_the_rate_give_back_the_curvature(chapter):
    assert chapter.found == pytest.approx(chapter.lam, rel=1e-5)


def read_back(chapter, alpha, losses):
    """The displayed program with another rate and other losses in it."""
    rate, three = "alpha = 0.12", "losses = 80.4866, 102.8105, 137.0916  # three in a row, as printed above"
    return changed(
        chapter, (rate, f"alpha = {alpha!r}"), (three, f"losses = {[*map(float, losses)]}"), section="yours"
    )


@pytest.mark.parametrize("alpha", [0.108, 0.12, 0.2, 1, 30])
@pytest.mark.parametrize("start, first", [(0, 0), (0, 7), (-40, 2), (2.2, 3)])
def test_the_program_finds_the_limit_of_any_three_losses_in_a_row(chapter, alpha, start, first):
    """“put them and your rate into the program above”"""
    losses = [chapter.loss(b) for b in chapter.descend(alpha, steps=12, b=start)]
    yours = read_back(chapter, alpha, losses[first : first + 3])
    assert 2 / yours.found == pytest.approx(2 / chapter.lam, rel=1e-6)
    assert "limit 0.10718, half of it 0.05359\n" in yours.shown


def test_a_negative_r_means_that_it_is_too_early_and_a_few_updates_later_it_hardly_changes(chapter):
    """“On a bowl with the curvatures 1 and 20, at a rate of 0.15 and from errors of 10 and 0.1, $r$ is −5.7
    where the loss turns, then 5.2, 4.17 and 4.03; the last of them gives λ = 20.05.”"""
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
def test_differences_of_losses_grow_by_the_square_of_the_factor_whatever_the_floor(chapter, alpha):
    rises = np.diff([chapter.loss(b) for b in chapter.descend(alpha, steps=6)])
    assert rises[1:] / rises[:-1] == pytest.approx((1 - alpha * chapter.lam) ** 2, rel=1e-6)


def test_half_the_limit_solves_the_direction_that_exploded_in_one_step(chapter):
    assert chapter.descend(1 / chapter.found)[1] == pytest.approx(chapter.best, rel=1e-4)


def with_momentum(beta, product, steps=60):
    w, v, losses = 1.0, 0.0, []
    for _ in range(steps):
        v = beta * v + w  # a parabola of curvature 1, so the rate is αλ
        w = w - product * v
        losses.append(w**2)
    return losses


@pytest.mark.parametrize("beta, product", [(0.5, 3.3), (0.9, 4.0), (0.9, 9.0)])
def test_with_momentum_the_same_growth_means_another_curvature(beta, product):
    losses = with_momentum(beta, product)
    root = np.sqrt(losses[-1] / losses[-2])
    assert (1 + root) * (1 + beta / root) == pytest.approx(product, rel=1e-9)


@pytest.mark.parametrize("beta", [0.1, 0.5, 0.9])
def test_with_momentum_the_limit_is_two_times_one_plus_beta(beta):
    """“the limit on $\\alpha\\lambda$ is $2(1+\\beta)$”"""
    for part, settles in (0.98, True), (1.02, False):
        assert (with_momentum(beta, part * 2 * (1 + beta), steps=900)[-1] < 1) == settles


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
        moved = [network(start + 1e-6 * e)[1] - network(start - 1e-6 * e)[1] for e in np.eye(120)]
        limit = 2 / np.linalg.eigvalsh((np.array(moved) + np.array(moved).T) / 4e-6)[-1]
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
