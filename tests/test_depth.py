"""The claims of the chapter on depth and time, a test a sentence.

The gradients of the recurrent network are found again from differences of losses; general sentences are held by
more starts than the page shows.
"""

from functools import cache

import numpy as np
import pytest

from conftest import ROOT, axes_of, names_of

pytestmark = pytest.mark.xdist_group("depth")  # one worker runs the program once
PAGE = " ".join((ROOT / "docs" / "depth.md").read_text(encoding="utf-8").split())


def says(words):
    """The words stand on the page."""
    assert " ".join(words.split()) in PAGE
    return True


def limit_of(slope, low=0.0, high=1.0, updates=60, at=1e-7):
    """Up to which rate runs from beside a bottom at 0 come nearer, by bisection: slope(e) is the gradient."""
    for _ in range(50):
        rate, e = (low + high) / 2, at
        for _ in range(updates):
            e = e - rate * slope(e)
            if abs(e) > 2 * at:
                break
        low, high = (rate, high) if abs(e) < at else (low, rate)
    return low


# Two questions first


def test_recall_a_tenth_of_the_flat_error_is_left_after_some_58_thousand_updates():
    kappa = 10_000 / 0.4
    assert kappa == pytest.approx(25_000)
    assert np.log(10) / -np.log1p(-1 / kappa) == pytest.approx(58_000, rel=0.01) and says("some 58,000 updates")


def test_recall_with_two_layers_the_output_is_of_second_degree_and_the_squared_error_of_fourth():
    """“With two layers of weights the output is of second degree in them and the squared error of fourth”"""
    rng = np.random.default_rng(0)
    X, A, C = rng.normal(size=(20, 3)), rng.normal(size=(3, 8)), rng.normal(size=(8, 1))
    one, three = (np.maximum(X @ (s * A), 0) @ (s * C) for s in (1, 3))
    assert three == pytest.approx(3**2 * one)
    assert (three**2).sum() == pytest.approx(3**4 * (one**2).sum())


# One weight, a hundred steps


def unit_rows(chapter):
    return {tuple(row[:2]): row[2:] for row in (list(map(float, line.split())) for line in chapter.printed["unit"].splitlines()[1:])}


@pytest.mark.parametrize("T", [1, 10, 100])
@pytest.mark.parametrize("w", [0.95, 1, 1.05])
def test_the_table_of_the_unit_is_what_a_chain_of_products_does(chapter, T, w):
    def output(v):
        h = 1.0
        for _ in range(T):
            h = v * h
        return h

    slope, lam, limit, measured = unit_rows(chapter)[T, w]
    h = 1e-6
    assert slope == pytest.approx((output(w + h) - output(w - h)) / (2 * h), rel=1e-3)
    assert lam == pytest.approx(slope**2, rel=1e-3)
    assert measured == pytest.approx(limit, rel=5e-3)

    def down(e, d=1e-7):
        """The slope of ½(h − y)², with the slope of h from a difference."""
        return (output(w + e) - output(w)) * (output(w + d) - output(w - d)) / (2 * d)

    assert measured == pytest.approx(limit_of(down, high=10 * limit), rel=0.01)


def test_five_per_cent_more_in_one_weight_and_the_limit_is_about_16_000_times_lower(chapter):
    rows = unit_rows(chapter)
    (at_one, _, limit, _), (more, *_, low) = rows[100, 1], rows[100, 1.05]
    assert more / at_one == pytest.approx(125, abs=0.5) and says("The slope is 125 times as large, and the curvature 125²")
    assert limit / low == pytest.approx(15_700, rel=0.01) and says('"About 16,000 times lower"')
    assert 1.05**100 == pytest.approx(131, abs=0.6) and says("1.05¹⁰⁰ = 131")


def test_one_rate_for_both_weights_needs_900_million_updates(chapter):
    rows = unit_rows(chapter)
    sharp, flat = rows[100, 1.05][1], rows[100, 0.95][1]
    assert sharp / flat == pytest.approx(4e8, rel=0.02) and says("κ is 400 million")
    assert np.log(10) / (flat / sharp) == pytest.approx(9e8, rel=0.05) and says("900 million updates")


def test_only_between_0_977_and_1_023_the_limit_stays_within_a_factor_of_100():
    def limit(w):
        return 2 / (100 * w**99) ** 2

    assert says("Only between $w$ = 0.977 and 1.023 does the limit stay within a factor of 100")
    assert limit(0.977) / limit(1) == pytest.approx(100, rel=0.05)
    assert limit(1) / limit(1.0235) == pytest.approx(100, rel=0.05)


# Why


@pytest.mark.parametrize("T, w, y", [(3, 0.7, 2.0), (7, 1.2, -1.0), (12, 0.95, 0.4)])
def test_the_second_derivative_has_two_parts_and_the_second_is_0_at_the_bottom(T, w, y):
    def loss(v):
        return (v**T - y) ** 2 / 2

    h = 1e-4
    lam = T**2 * w ** (2 * T - 2) + (w**T - y) * T * (T - 1) * w ** (T - 2)
    assert lam == pytest.approx((loss(w + h) - 2 * loss(w) + loss(w - h)) / h**2, rel=1e-4)


def test_back_one_step_a_slope_is_multiplied_by_the_matrix_and_the_slope_of_the_bend():
    rng = np.random.default_rng(1)
    W, h0, T = rng.normal(size=(4, 4)), rng.normal(size=4), 6

    def last(h):
        seen = []
        for _ in range(T):
            h = np.maximum(h @ W, 0)
            seen.append(h > 0)
        return h, seen

    d = np.ones(4)
    for on in last(h0)[1][::-1]:
        d = W @ (d * on)
    for i in range(4):
        e = 1e-7 * np.eye(4)[i]
        assert (last(h0 + e)[0].sum() - last(h0 - e)[0].sum()) / 2e-7 == pytest.approx(d[i], abs=1e-5)


# The same power in layers


def test_a_layer_multiplies_the_mean_square_by_n_s_squared_and_relu_leaves_half():
    """“the sum has a mean square $n s^2$ times that of the inputs; ReLU then sets one half of the sums to 0, and half
    of the mean square is left”"""
    rng = np.random.default_rng(2)
    h = rng.uniform(0, 2, size=300)  # inputs need not have mean 0
    sums = h @ rng.normal(size=(300, 40_000)) * 0.07
    assert np.mean(sums**2) / np.mean(h**2) == pytest.approx(300 * 0.07**2, rel=0.03)
    assert np.mean(sums > 0) == pytest.approx(0.5, abs=0.01)
    assert np.mean(np.maximum(sums, 0) ** 2) / np.mean(sums**2) == pytest.approx(0.5, rel=0.03)


def test_going_back_a_slope_meets_as_many_weights_as_there_are_outputs():
    rng = np.random.default_rng(3)
    W = rng.normal(size=(50, 5000)) * 0.1
    h, d = rng.normal(size=50), rng.normal(size=5000)
    assert np.mean((h @ W) ** 2) / np.mean(h**2) == pytest.approx(50 * 0.1**2, rel=0.1)
    assert np.mean((W @ d) ** 2) / np.mean(d**2) == pytest.approx(5000 * 0.1**2, rel=0.4)


def layer_rows(chapter):
    lines = chapter.printed["layers"].splitlines()
    return {line[:9].strip(): np.array(line[9:].split(), float).reshape(2, 5) for line in lines}
