"""The claims of the page that sums the course up, a test a sentence."""

import numpy as np
import pytest

from conftest import SNIPPETS


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


def test_from_mean_to_sum_the_curvature_grows_as_many_times_as_there_are_samples():
    x = np.loadtxt(SNIPPETS / "data" / "chi_regression.csv", delimiter=",", skiprows=1)[:, 0]
    assert np.sum(x**2) / np.mean(x**2) == pytest.approx(len(x))


def test_centring_and_scaling_lower_the_largest_curvature_and_the_condition_number_at_once():
    rng = np.random.default_rng(0)
    inputs = rng.normal([40, 5e4], [10, 1.5e4], size=(500, 2))

    def curvatures(inputs):
        X = np.column_stack([inputs, np.ones(500)])
        return np.linalg.eigvalsh(X.T @ X / 500)

    raw = curvatures(inputs)
    scaled = curvatures((inputs - inputs.mean(axis=0)) / inputs.std(axis=0))
    assert scaled[-1] < raw[-1] and scaled[-1] / scaled[0] < raw[-1] / raw[0]


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
