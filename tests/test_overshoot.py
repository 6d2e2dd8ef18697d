"""The claims of the chapter on overshoot, a test a sentence."""

import numpy as np
import pytest


def excess(chapter, path):
    """How far the loss stands above its floor, along a path of b."""
    return np.array([chapter.loss(b) for b in path]) - chapter.loss(chapter.best)


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
    assert abs(1 - 0.1 * chapter.lam) == pytest.approx(0.87, abs=0.005)
    assert abs(1 - 0.01 * chapter.lam) == pytest.approx(0.81, abs=0.005)


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
    path = chapter.descend(2 / chapter.lam)
    assert path[::2] == pytest.approx(0, abs=1e-9)
    assert path[1::2] == pytest.approx(2 * chapter.best, abs=1e-9)


def test_overshoot_begins_at_one_and_divergence_at_two(chapter):
    def crossings(alpha):
        error = chapter.descend(alpha, steps=10) - chapter.best
        return int(np.sum(error[1:] * error[:-1] < 0))

    assert crossings(0.99 / chapter.lam) == 0
    assert crossings(1.01 / chapter.lam) > 0
    assert crossings(0.1) == 10
    assert len(chapter.descend(0.1)) - 1 == 122


def test_a_tenth_is_within_seven_percent_of_the_limit_and_0_108_less_than_one_above(chapter):
    limit = 2 / chapter.lam
    assert 0.06 < 1 - 0.1 / limit < 0.07
    assert 0 < 0.108 / limit - 1 < 0.01


def test_at_twelve_hundredths_the_loss_passes_a_trillion_at_update_56(chapter):
    losses = [chapter.loss(b) for b in chapter.large]
    assert losses[55] < 1e12 < losses[56]


def test_with_the_wrong_sign_b_leaves_on_one_side(chapter):
    error = chapter.descend(-0.01, steps=50) - chapter.best
    assert np.all(np.sign(error) == np.sign(error[0]))
    assert np.all(np.abs(error[1:]) > np.abs(error[:-1]))


def test_with_the_wrong_sign_a_smaller_rate_only_slows_it_down(chapter):
    growth = [np.diff(np.abs(chapter.descend(-alpha, steps=9) - chapter.best))[0] for alpha in (1e-2, 1e-4)]
    assert growth[0] > growth[1] > 0


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


def test_the_mean_divides_the_curvature_by_the_number_of_points(chapter):
    assert len(chapter.x) == 50
    half_mean = np.mean(chapter.x**2)
    assert half_mean == pytest.approx(chapter.lam / 50)
    assert "0.0896" in chapter.printed["scale"]


def test_the_mean_loss_at_twelve_hundredths_settles_without_overshoot(chapter):
    assert 0 < 0.12 * 2 * chapter.lam / 50 < 1


def multiplier(rate, lam):
    """What an update multiplies the error by, measured on a parabola with its bottom at 3."""
    b = 5.0
    return (b - rate * lam * (b - 3) - 3) / (b - 3)


def test_exercise_1_at_0_06_the_loss_nearly_doubles(chapter):
    assert 2 / 40 == 0.05 and pytest.approx(2.4) == 0.06 * 40
    assert multiplier(0.06, 40) == pytest.approx(-1.4)
    assert multiplier(0.06, 40) ** 2 == pytest.approx(1.96)


def test_exercise_2_at_a_hundredth_the_error_is_multiplied_by_minus_one_and_a_half():
    assert 2 / 250 == 0.008
    assert multiplier(0.01, 250) == pytest.approx(-1.5)
    assert multiplier(0.01, 250) ** 2 == pytest.approx(2.25)


def test_exercise_2_a_million_fold_growth_takes_18_updates():
    assert np.log(1e6) / np.log(2.25) == pytest.approx(17.04, abs=0.005)
    assert 2.25**17 < 1e6 < 2.25**18


def test_exercise_3_doubling_x_quarters_the_limit(chapter):
    doubled = np.sum((2 * chapter.x) ** 2)
    assert doubled == pytest.approx(74.64)
    assert 2 / doubled == pytest.approx(0.0268, abs=5e-5)
    assert 1 - 0.05 * doubled == pytest.approx(-2.732)


def test_exercise_4_just_under_the_limit_18_percent_of_the_error_is_left(chapter):
    path = chapter.descend(0.107)
    assert 1 - 0.107 * chapter.lam == pytest.approx(-0.99662, abs=5e-6)
    assert len(path) - 1 == 500
    assert abs(path[-1] - chapter.best) / chapter.best == pytest.approx(0.18, abs=0.005)


def test_the_three_losses_are_those_of_the_run(chapter):
    assert chapter.losses == pytest.approx([chapter.loss(b) for b in chapter.large[:3]], abs=5e-5)


def test_three_losses_and_the_rate_give_back_the_curvature(chapter):
    assert chapter.found == pytest.approx(chapter.lam, rel=1e-5)


@pytest.mark.parametrize("alpha", [0.108, 0.12, 0.5])
def test_differences_of_losses_grow_by_the_square_of_the_factor_whatever_the_floor(chapter, alpha):
    rises = np.diff([chapter.loss(b) for b in chapter.descend(alpha, steps=6)])
    assert rises[1:] / rises[:-1] == pytest.approx((1 - alpha * chapter.lam) ** 2, rel=1e-6)


def test_half_the_limit_solves_the_direction_that_exploded_in_one_step(chapter):
    assert chapter.descend(1 / chapter.found)[1] == pytest.approx(chapter.best, rel=1e-4)


@pytest.mark.parametrize("beta, product", [(0.5, 3.3), (0.9, 4.0), (0.9, 9.0)])
def test_with_momentum_the_same_growth_means_another_curvature(beta, product):
    w, v, losses = 1.0, 0.0, []
    for _ in range(60):
        v = beta * v + w  # a parabola of curvature 1, so the rate is αλ
        w = w - product * v
        losses.append(w**2)
    root = np.sqrt(losses[-1] / losses[-2])
    assert product > 2 * (1 + beta)
    assert (1 + root) * (1 + beta / root) == pytest.approx(product, rel=1e-9)


def test_a_relu_network_explodes_faster_and_faster():
    """One hidden layer of 20, full batch, from rates above the limit of its start."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 5))
    V, u, losses = rng.normal(size=(5, 20)) / 5**0.5, rng.normal(size=20) / 20**0.5, []
    for _ in range(6):
        hidden = np.maximum(X @ V, 0)
        residual = hidden @ u - np.sin(X[:, 0])
        losses.append(0.5 * np.mean(residual**2))
        back = np.outer(residual, u) * (hidden > 0)
        u, V = u - 2 * hidden.T @ residual / 40, V - 2 * X.T @ back / 40
    rises = np.diff(losses)
    growth = rises[1:] / rises[:-1]
    assert np.all(rises > 0) and np.all(growth[1:] > 2 * growth[:-1])


def test_a_logistic_loss_cannot_go_on_growing_by_a_factor():
    """Its slope is bounded, so a step is at most so long, and the loss at most so much higher."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 5))
    sign, w, losses = np.sign(X[:, 0] + rng.normal(size=40)), np.zeros(5), []
    for _ in range(200):
        margin = sign * (X @ w)
        losses.append(np.mean(np.logaddexp(0, -margin)))
        w = w + 200 * X.T @ (sign * np.exp(-np.logaddexp(0, margin))) / 40
    assert losses[1] > 5 * losses[0]
    assert max(losses[100:]) < 2 * max(losses[:100])
