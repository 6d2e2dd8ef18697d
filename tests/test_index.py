"""The claims of the home page, a test a sentence."""

import numpy as np
import pytest


def test_at_a_curvature_of_5000_the_limit_is_0_0004():
    assert 2 / 5000 == 0.0004


def test_a_tenth_of_a_thousandth_halves_the_error_and_a_thousandth_multiplies_it_by_minus_four():
    error = 1.0
    assert error - 1e-4 * 5000 * error == pytest.approx(0.5)
    assert error - 1e-3 * 5000 * error == pytest.approx(-4)


def test_sixteen_fold_growth_takes_five_thousand_past_a_trillion_in_seven_steps():
    error, losses = np.sqrt(2.0), []
    for _ in range(8):
        losses.append(0.5 * 5000 * error**2)
        error = error - 1e-3 * 5000 * error
    assert losses[0] == pytest.approx(5000)
    assert losses[1] / losses[0] == pytest.approx(16)
    assert losses[6] < 1e12 < losses[7]


def test_the_two_rates_stand_on_either_side_of_the_limit():
    for curvature in (2_001, 5_000, 19_999):
        assert 1e-4 < 2 / curvature < 1e-3


def test_nan_in_the_weights_cannot_be_repaired_by_further_steps():
    w = np.array([np.nan, 1.0])
    for _ in range(10):
        w = w - 1e-6 * w
    assert np.isnan(w[0])
