"""The claims of the page on notation, a test a sentence."""

import numpy as np
import pytest

from conftest import SNIPPETS


def heavy_ball(alpha, beta, lam=1.0, steps=4000):
    w, v, path = 1.0, 0.0, [1.0]
    for _ in range(steps):
        v = beta * v + lam * w
        w = w - alpha * v
        path.append(w)
    return np.array(path)


def averaged(alpha, beta, lam=1.0, steps=4000):
    w, v, path = 1.0, 0.0, [1.0]
    for _ in range(steps):
        v = beta * v + (1 - beta) * lam * w
        w = w - alpha * v
        path.append(w)
    return np.array(path)


def look_ahead(alpha, beta, lam=1.0, steps=4000):
    w, v, path = 1.0, 0.0, [1.0]
    for _ in range(steps):
        v = beta * v + lam * (w - alpha * beta * v)
        w = w - alpha * v
        path.append(w)
    return np.array(path)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
@pytest.mark.parametrize(
    "method, limit",
    [
        (heavy_ball, lambda beta: 2 * (1 + beta)),
        (averaged, lambda beta: 2 * (1 + beta) / (1 - beta)),
        (look_ahead, lambda beta: (2 + 2 * beta) / (1 + 2 * beta)),
    ],
)
def test_each_form_of_momentum_has_its_own_limit(method, limit, beta):
    for lam in (1.0, 20.0):
        below = method(0.99 * limit(beta) / lam, beta, lam)
        above = method(1.01 * limit(beta) / lam, beta, lam)
        assert np.abs(below[-100:]).max() < 1e-3
        assert np.abs(above[-100:]).max() > 1e3


def test_at_nine_tenths_the_limits_are_3_8_and_38_and_1_357():
    assert pytest.approx(3.8) == 2 * (1 + 0.9)
    assert pytest.approx(38) == 2 * (1 + 0.9) / (1 - 0.9)
    assert pytest.approx(1.357, abs=5e-4) == (2 + 1.8) / (1 + 1.8)


def test_the_averaged_form_makes_the_steps_of_the_heavy_ball_at_one_minus_beta_times_the_rate():
    assert averaged(0.7, 0.9, steps=60) == pytest.approx(heavy_ball(0.1 * 0.7, 0.9, steps=60), rel=1e-9)


def test_one_over_l_is_half_of_the_limit_and_rates_up_to_two_over_l_still_converge():
    for share in (0.5, 0.75, 0.99):
        assert abs(heavy_ball(share * 2 / 20, 0.0, lam=20.0)[-1]) < 1e-3


def test_beyond_one_over_l_a_run_alternates():
    path = heavy_ball(1.2 / 20, 0.0, lam=20.0, steps=20)
    assert np.all(path[1:] * path[:-1] < 0)


def test_the_curvatures_of_the_four_ways_to_write_the_loss():
    x = np.loadtxt(SNIPPETS / "data" / "chi_regression.csv", delimiter=",", skiprows=1)[:, 0]
    half_sum = np.sum(x**2)
    assert [half_sum, 2 * half_sum, half_sum / 50, 2 * half_sum / 50] == pytest.approx(
        [18.66, 37.32, 0.3732, 0.7464]
    )
