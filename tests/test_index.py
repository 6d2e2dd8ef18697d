"""The claims of the home page, a test a sentence: what is computed here must stand in the page's words."""

import numpy as np
import pytest

from conftest import ROOT, names_of

PAGE = " ".join((ROOT / "docs" / "index.md").read_text(encoding="utf-8").split())


def losses_at(alpha, steps, curvature=5000.0, first=5000.0):
    """The losses of a parabola, from the given one on."""
    error, losses = np.sqrt(2 * first / curvature), []
    for _ in range(steps + 1):
        losses.append(0.5 * curvature * error**2)
        error = error - alpha * curvature * error
    return np.array(losses), error


def test_at_a_curvature_of_5000_the_limit_is_0_0004():
    assert f"If the curvature is 5,000, the limit is {2 / 5000:g}." in PAGE
    assert losses_at(0.99 * 0.0004, 400)[0][-1] < 1 and losses_at(1.01 * 0.0004, 400)[0][-1] > 1e6


def test_the_lower_rate_halves_the_error_and_the_higher_multiplies_it_by_minus_four():
    before = np.sqrt(2.0)
    assert "At 0.0001 each step halves the error." in PAGE
    assert losses_at(0.0001, 0)[1] / before == pytest.approx(1 / 2)
    assert "multiplies the error by −4 and the loss by 16" in PAGE
    assert losses_at(0.001, 0)[1] / before == pytest.approx(-4)
    losses, _ = losses_at(0.001, 5)
    assert losses[1:] / losses[:-1] == pytest.approx(16)


def test_sixteen_fold_growth_takes_five_thousand_past_a_trillion_in_seven_steps():
    losses, _ = losses_at(0.001, 8)
    steps = int(np.argmax(losses > 1e12))
    assert f"takes a loss of five thousand past a trillion in {steps} steps" in PAGE


def test_the_figure_s_two_rates_lie_on_either_side_of_its_limit():
    limit = 2 / names_of("overshoot").lam
    assert 0.01 < limit < 0.12
    assert f"the limit is `{limit:.4f}`: α = 0.01 lies below it and settles, α = 0.12 lies above it" in PAGE


def test_nan_in_the_weights_cannot_be_repaired_by_further_steps():
    assert "A `nan` in the weights cannot be repaired." in PAGE
    w = np.array([np.nan, 1.0])
    for _ in range(10):
        w = w - 1e-6 * w
    assert np.isnan(w[0]) and np.isfinite(w[1])
