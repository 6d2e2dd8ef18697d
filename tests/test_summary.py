"""The claims of the page that sums the course up, a test a sentence."""

import numpy as np
import pytest

from conftest import SNIPPETS, names_after


def adam_with_its_preconditioner_held_still(alpha, beta, H, P, steps=3000):
    w, m = np.ones(len(H)), np.zeros(len(H))
    for _ in range(steps):
        m = beta * m + (1 - beta) * H @ w
        w = w - alpha * m / P
        if np.abs(w).max() > 1e12:
            break
    return np.abs(w).max()


def test_adam_with_its_preconditioner_held_still_has_the_limit_of_the_averaged_gradient():
    rng = np.random.default_rng(0)
    A, P = rng.normal(size=(6, 4)), rng.uniform(0.5, 2, size=4)
    H = A.T @ A
    limit = 38 / np.linalg.eigvals(H / P[:, None]).real.max()
    assert adam_with_its_preconditioner_held_still(0.99 * limit, 0.9, H, P) < 1
    assert adam_with_its_preconditioner_held_still(1.01 * limit, 0.9, H, P) > 1e6


def largest_stable_rate(total):
    """Found by halving the interval: the rate up to which a line through the origin does not explode."""
    x, y = np.loadtxt(SNIPPETS / "data" / "chi_regression.csv", delimiter=",", skiprows=1).T[:2]
    low, high = 0.0, 100.0
    for _ in range(40):
        rate, b = (low + high) / 2, 10.0
        for _ in range(2000):
            slopes = (b * x - y) * x
            b = b - rate * (slopes.sum() if total else slopes.mean())
            if abs(b) > 1e6:
                break
        low, high = (low, rate) if abs(b) > 1e6 else (rate, high)
    return low


def test_from_mean_to_sum_the_curvature_grows_as_many_times_as_there_are_samples():
    assert largest_stable_rate(total=False) / largest_stable_rate(total=True) == pytest.approx(50, rel=0.01)


def adam(slope, w, rate, updates, clip=np.inf, beta2=0.999):
    """The weights after each update of Adam, and the gradients clipped by norm before it."""
    w, m, v, path = np.array(w, float), 0, 0, []
    for t in range(1, updates + 1):
        g = slope(w)
        g = g * min(1, clip / np.linalg.norm(g))
        m, v = 0.9 * m + 0.1 * g, beta2 * v + (1 - beta2) * g * g
        w = w - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - beta2**t)) + 1e-8)
        path.append(w)
    return np.array(path)


def test_under_adam_the_steps_stay_the_same_from_mean_to_sum_but_a_clipping_threshold_does_not():
    """(Under Adam only what a clipping threshold means changes.)"""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 4)), rng.normal(size=50)
    mean, total = (lambda w: X.T @ (X @ w - y) / 50), (lambda w: X.T @ (X @ w - y))
    assert adam(total, [1] * 4, 0.1, 100) == pytest.approx(adam(mean, [1] * 4, 0.1, 100), rel=1e-4)
    clipped = [adam(slope, [1] * 4, 0.1, 100, clip=0.5) for slope in (mean, total)]
    assert np.abs(clipped[0] - clipped[1]).max() > 0.01
    plain = [
        1.0,
        1.0,
    ]  # without Adam it is another run: a rate that settles with the mean explodes with the sum
    for _ in range(200):
        plain = [
            plain[0] - 0.1 * mean(np.ones(4) * plain[0]).mean(),
            plain[1] - 0.1 * total(np.ones(4) * plain[1]).mean(),
        ]
    assert abs(plain[0]) < 10 and abs(plain[1]) > 1e6


def test_adam_moves_a_weight_by_about_the_rate_and_never_by_more_than_7_3_rates():
    """and never by more than 7.3 α (at β₁ = 0.9, β₂ = 0.999)"""

    def largest(gradients):
        steps = iter(gradients)
        path = adam(lambda w: np.array([next(steps)]), [0.0], 1.0, len(gradients))
        return np.abs(np.diff(path[:, 0], prepend=0)).max()

    rng = np.random.default_rng(0)
    calm = np.full(3400, 1e-30)
    worst = np.r_[calm, (0.999 / 0.9) ** np.arange(600)]  # the gradients that drive a weight furthest
    assert 7.2 < largest(worst) < 7.3
    assert largest(np.r_[calm, np.ones(600)]) < 7.3
    assert largest(rng.normal(size=3000)) < 7.3 and largest(rng.standard_cauchy(3000)) < 7.3
    first = adam(lambda w: np.array([1e-3, -50.0, 7.0]), np.zeros(3), 0.01, 1)[0]
    assert first == pytest.approx([-0.01, 0.01, -0.01], rel=1e-4)  # by about α, whatever the gradient


def test_centring_and_scaling_lower_the_largest_curvature_and_the_condition_number_at_once():
    rng = np.random.default_rng(0)
    inputs = rng.normal([40, 5e4], [10, 1.5e4], size=(500, 2))

    def curvatures(inputs):
        X = np.column_stack([inputs, np.ones(500)])
        return np.linalg.eigvalsh(X.T @ X / 500)

    def standardised(inputs):
        return curvatures((inputs - inputs.mean(axis=0)) / inputs.std(axis=0))

    far = rng.normal([5, -5], [1, 1], size=(500, 2))
    for large in (inputs, far):  # Where they are large or far from 0
        raw, scaled = curvatures(large), standardised(large)
        assert scaled[-1] < raw[-1] and scaled[-1] / scaled[0] < raw[-1] / raw[0]
    small = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0) / 100  # elsewhere it need not
    assert standardised(small)[-1] > curvatures(small)[-1]


def test_where_the_loss_curves_downwards_it_leaves_on_one_side_with_the_right_sign():
    """negative: … a sign is wrong, or the loss curves downwards there"""
    for rate in (0.1, 0.01):  # a smaller rate only slows it
        w, path = 0.1, [0.1]
        for _ in range(int(5 / rate)):
            w = w - rate * (w**3 - w)  # downhill on w⁴/4 − w²/2, whose curvature at 0 is −1
            path.append(w)
        assert np.all(np.diff(path) > 0) and path[3] - path[2] > path[2] - path[1] > 0


def test_at_half_the_limit_a_higher_rate_can_gain_a_factor_of_two_at_most():
    """counted in updates until a thousandth of the loss is left, on bowls with κ of 10, 100 and 1,000"""

    def updates(rate, curvatures):
        e, count = np.ones(2), 0
        while curvatures @ e**2 > 1e-3 * curvatures[0] and count < 10**5:
            e, count = (1 - rate * curvatures) * e, count + 1
        return count

    for kappa in (10, 100, 1000):
        curvatures = np.array([1.0, kappa])
        best = min(updates(share * 2 / kappa, curvatures) for share in np.linspace(0.5, 0.999, 100))
        assert 1 < updates(1 / kappa, curvatures) / best <= 2.05


@pytest.mark.parametrize("product", [-0.5, 0.5, 1.0, 1.5, 2.0, 2.5])
def test_each_row_of_what_you_see_is_what_a_run_does(product):
    path = [1.0]
    for _ in range(40):
        path.append(path[-1] - product * path[-1])
    path = np.array(path)
    alternates = bool(np.all(path[1:] * path[:-1] < 0))
    assert alternates == (product > 1)
    if product == 1:
        assert path[1] == 0
    elif product == 2:
        assert np.all(np.abs(path) == 1)
    else:
        assert (abs(path[-1]) > 1) == (product < 0 or product > 2)


def test_an_explosion_multiplies_the_loss_by_alpha_lambda_minus_one_squared():
    w = [1.0]
    for _ in range(10):
        w.append(w[-1] - 2.5 * w[-1])
    losses = np.square(w)
    assert losses[1:] / losses[:-1] == pytest.approx((2.5 - 1) ** 2)


def test_the_limit_of_the_regression_is_just_below_0_1072():
    """the limit is just below `0.1072`; 0.10 settles, 0.108 explodes"""
    x, y = np.loadtxt(SNIPPETS / "data" / "chi_regression.csv", delimiter=",", skiprows=1).T[:2]

    def far(rate, updates=20000):
        b, best = 10.0, x @ y / (x @ x)
        for _ in range(updates):
            b = b - rate * ((b * x - y) @ x)
            if abs(b - best) > 1e9:
                break
        return abs(b - best)

    assert far(0.10) < 1e-6 and far(0.1071) < 1e-6 and far(0.1072) > 1e2 and far(0.108) > 1e6


def test_fp16_ends_at_65504_and_bf16_loses_small_steps():
    """small: below a fifth of a percent of the weight"""
    bf16 = names_after("precision", "formats").bf16
    assert float(np.finfo(np.float16).max) == 65504

    def lost(share, w):
        return float(bf16(w - share * w)) == w

    weights = [float(bf16(w)) for w in np.random.default_rng(0).uniform(1.01, 1.99, 200)]
    assert all(lost(0.0019, w) for w in weights) and not all(lost(0.0025, w) for w in weights)
    assert not any(lost(0.004, w) for w in weights)
