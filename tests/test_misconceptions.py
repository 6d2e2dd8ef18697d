"""The claims of the page on misconceptions, a test a sentence."""

import numpy as np
import pytest


def test_a_convex_loss_explodes_above_the_limit(chapter):
    assert chapter.loss[0] == 1 and chapter.loss[59] > 1e9
    assert np.diff(chapter.loss).min() > 0


def test_only_at_the_limit_itself_the_bounces_neither_grow_nor_shrink(chapter):
    far = [abs(1 - 2 * alpha) ** 1000 for alpha in (0.99, 1.0, 1.01)]
    printed = [float(line.split()[-3]) for line in chapter.printed["bounds"].splitlines()]
    assert printed == pytest.approx(far, rel=1e-3)
    assert far[0] < 1e-8 and far[1] == 1 and far[2] > 1e8


def test_a_thousandth_is_above_the_limit_of_an_income_even_in_thousands(chapter):
    for unit, limit in ((1, 7.32e-10), (1000, 0.000732)):
        x = chapter.income / unit
        assert 2 / np.mean(x**2) == pytest.approx(limit, rel=1e-3)
        w = 1.0
        for _ in range(10):
            w = w - 0.001 * np.mean(x * x * w)
        assert abs(w) > 1


def test_every_step_points_downhill_and_every_step_ends_higher(chapter):
    assert chapter.wrong_way == 0 and chapter.rises == 20


def test_nan_needs_an_overflow_and_no_division():
    with np.errstate(all="ignore"):
        big = np.float32(3e38) * np.float32(10)
        assert np.isinf(big) and np.isnan(big - big) and np.isnan(np.float32(0) * big)


def test_the_training_loss_of_one_weight_on_500_points_explodes(chapter):
    assert len(chapter.inputs) == len(chapter.targets) == 500
    assert np.ndim(chapter.w) == 0
    assert chapter.train[-1] == pytest.approx(2.64e33, rel=5e-3)
    growth = chapter.train[-1] / chapter.train[-2]
    assert growth == pytest.approx((1 - 1.5 * 2 * np.mean(chapter.inputs**2)) ** 2, rel=1e-6)


def test_clipping_by_value_lets_nan_pass_and_by_norm_spreads_it(chapter):
    assert np.isnan(chapter.by_value).tolist() == [False, True]
    assert np.isnan(chapter.by_norm).all()
    assert "[30. 40.]: by norm [0.6 0.8], by value [1. 1.]" in chapter.printed["clipping"]


def test_a_wrong_sign_explodes_at_every_rate_only_later(chapter):
    waits = [int(np.ceil(np.log(1e6) / np.log1p(2 * alpha))) for alpha in (0.1, 0.01, 0.001)]
    assert waits == [76, 698, 6915]
    printed = [int(line.split()[-1]) for line in chapter.printed["smaller"].splitlines()]
    assert printed == waits
