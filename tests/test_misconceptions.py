"""The claims of the page on misconceptions, a test a sentence."""

import re

import numpy as np
import pytest

from conftest import ROOT


def test_there_are_twelve_beliefs_and_a_run_against_each(chapter):
    page = (ROOT / "docs" / "misconceptions.md").read_text(encoding="utf-8")
    parts = re.split(r"^## ", page, flags=re.MULTILINE)
    assert "# Misconceptions: twelve beliefs" in parts[0] and len(parts) == 13 == len(chapter.printed) + 1
    for part, (section, printed) in zip(parts[1:], chapter.printed.items(), strict=True):
        assert part.startswith("“") and f'"misconceptions.{section}.txt"' in part and printed
        belief, answer = part.splitlines()[0].strip("“”").split(), part.split('!!! refute ""\n', 1)[1]
        assert belief and re.match(r"    [A-Z].*[.)]\n", answer)


def test_a_convex_loss_explodes_above_the_limit(chapter):
    assert chapter.loss[0] == 1 and chapter.loss[59] > 1e9
    assert np.diff(chapter.loss).min() > 0


def test_only_at_the_limit_itself_the_bounces_of_a_parabola_neither_grow_nor_shrink(chapter):
    far = [abs(1 - 2 * alpha) ** 1000 for alpha in (0.99, 1.0, 1.01)]
    printed = [float(line.split()[-3]) for line in chapter.printed["bounds"].splitlines()[:3]]
    assert printed == pytest.approx(far, rel=1e-3)
    assert far[0] < 1e-8 and far[1] == 1 and far[2] > 1e8


@pytest.mark.parametrize("start", [0.1, 1.0, 50.0])
def test_there_are_bounds_where_the_slope_has_one(chapter, start):
    """There are bounds where the slope has one, as in the last line of the output"""
    last = float(chapter.printed["bounds"].splitlines()[-1].split()[-3])
    x, path = start, []
    for _ in range(2000):
        x -= 3 * np.tanh(x)
        path.append(x)
    assert np.abs(path[-100:]) == pytest.approx([last] * 100, abs=1e-4)  # it bounces between bounds
    assert np.all(np.array(path[-100:-1]) * path[-99:] < 0) and 3 > 2 / 1  # above the limit of its bottom
    assert max(map(abs, path)) <= max(start, 3)


def test_in_some_networks_there_are_bounds_where_the_curvature_falls_on_the_way_up():
    """or where the curvature falls on the way up, as in some networks: f = uw, ½(uw − 1)², 10 % above 2/λ"""
    u = w = 1.001  # at the bottom uw = 1 the curvature is u² + w² = 2, so the limit is 1
    losses = []
    for _ in range(5000):
        r = u * w - 1
        losses.append(r * r / 2)
        u, w = u - 1.1 * r * w, w - 1.1 * r * u
    assert max(losses) < 1 and max(losses[-50:]) > 1e-4  # it neither leaves nor settles


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


def test_an_overflow_is_enough_for_nan_without_any_division(chapter):
    assert chapter.printed["division"] == "3e38 · 10 = inf, inf − inf = nan, 0 · inf = nan\n"
    assert type(chapter.big) is np.float32


def test_bf16_has_a_number_where_fp16_has_inf_and_loses_what_fp16_keeps(chapter):
    """In bf16 three bits of the fraction have become exponent"""
    assert chapter.printed["bf16"] == (
        "70,000 is inf in fp16, 70144 in bf16\n1 − 1000 · 0.001 is 0.0222 in fp16, 1.0000 in bf16\n"
    )
    assert 70144 == 137 * 2**9  # seven bits after the first: 128 to 255 times a power of two
    assert 2**16 <= 70144 < 2**17 and chapter.bf16(70144 + 255) == 70144 < chapter.bf16(70144 + 257)
    assert chapter.half == pytest.approx(0.0222, abs=5e-5) and chapter.brain == 1


def test_in_an_explosion_the_loss_is_inf_first_and_nan_later():
    w, losses = np.float32(1), []
    with np.errstate(all="ignore"):
        for _ in range(600):
            losses.append(w * w)
            w = w - np.float32(1.1) * (2 * w)  # no division anywhere
    inf, nan = np.isinf(losses).argmax(), np.isnan(losses).argmax()
    assert 0 < inf < nan


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


def sure_and_nan(rate):
    """The update at which the logistic model of the chapter on cases is nan, and what it was before."""
    x = np.array([1, -1] * 9 + [1, 30], np.float32)
    label = np.array([1, 0] * 9 + [1, 1], np.float32)
    w, loss = np.float32(0), []
    with np.errstate(all="ignore"):
        while not loss or np.isfinite(loss[-1]):
            p = 1 / (1 + np.exp(-w * x))
            loss.append(-np.mean(label * np.log(p) + (1 - label) * np.log(1 - p)))
            w = w - np.float32(rate) * np.mean((p - label) * x)
    return len(loss) - 1, loss


def test_where_a_log_of_zero_waits_a_tenth_of_the_rate_only_puts_the_nan_off():
    """in one run from about update 12 to about 127: such a log of zero is not there before the first update"""
    at, loss = sure_and_nan(0.1)
    later, _ = sure_and_nan(0.01)
    assert (at, later) == (pytest.approx(12, abs=2), pytest.approx(127, abs=3))
    assert np.all(np.isfinite(loss[:-1])) and np.all(np.diff(loss[:-1]) < 0)


def came_back(rate, seed):
    """Losses and number of units alive of the page's network, from another start."""
    X = np.random.default_rng(0).normal(3, 1, size=(50, 2))
    y, rng, c, losses = X[:, 0], np.random.default_rng(seed), 0.0, []
    V, u = rng.normal(size=(2, 20)), rng.normal(size=20) / 20
    for _ in range(500):
        hidden = np.maximum(X @ V, 0)
        r = hidden @ u + c - y
        losses.append(np.mean(r**2) / 2)
        slopes = X.T @ (r[:, None] * u * (hidden > 0)) / 50, hidden.T @ r / 50, r.mean()
        V, u, c = V - rate * slopes[0], u - rate * slopes[1], c - rate * slopes[2]
    return losses, int(np.any(X @ V > 0, axis=0).sum()), y.var() / 2


@pytest.mark.parametrize("seed", range(4))
def test_a_dead_network_comes_back_as_well_to_what_guessing_costs(chapter, seed):
    """the units are dead, and only the mean is left"""
    losses, alive, guess = came_back(0.5, seed)
    assert max(losses) > 1000 * losses[0] > 1000 * losses[-1]
    assert losses[-1] == pytest.approx(guess, rel=1e-3) and alive == 0
    losses, alive, _ = came_back(0.01, seed)
    assert losses[-1] < guess / 100 and alive > 0  # it learns to copy
    first, second = chapter.printed["back"].splitlines()
    assert second == "rate 0.5: highest 2.37e+04, last 0.43, guessing 0.43, alive 0"
    assert "guessing 0.43, alive 1" in first and float(first.split()[5].strip(",")) < 0.001


def test_one_update_of_adam_at_a_rate_that_is_far_too_high_is_enough(chapter):
    """from `37.2` to `6169` here, or to `6.836e+05`, which is already too large for float16"""
    rows = [
        [float(one) for one in re.findall(r"\d[\d.e+-]*", line)]
        for line in chapter.printed["adam"].splitlines()
    ]
    assert [row[:3] for row in rows[1:]] == [[10, 37.2, 6169], [100, 37.2, 6.836e5]]
    X, y = chapter.X, chapter.y
    w = 10.0 * np.sign(X.T @ y)  # an update moves every weight by the rate, whatever the gradient
    assert np.mean((X @ w - y) ** 2) / 2 == pytest.approx(6169, rel=1e-3)
    assert 6169 < float(np.finfo(np.float16).max) < 6.836e5


def test_adam_cannot_multiply_its_error_by_a_constant_for_ever(chapter):
    """So its mark is a single jump, and after it a way down, as on this parabola"""
    X, y = chapter.X, chapter.y
    for rate in (10.0, 100.0, 1000.0):
        w, m, v, losses = np.zeros(100), 0, 0, []
        for t in range(1, 300):
            r = X @ w - y
            losses.append(np.mean(r * r))
            g = X.T @ r
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            w = w - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        assert np.argmax(losses) == 1 and losses[-1] < losses[0]


def test_300_updates_of_adam_come_as_far_on_both_parabolas_and_those_of_descent_do_not(chapter):
    found = [float(line.split()[-1]) for line in chapter.printed["optimisers"].splitlines()]
    assert found[::2] == pytest.approx([(1 - 0.001 * 0.1) ** 300, (1 - 0.001 * 3000) ** 300], rel=5e-3)
    assert found[1] == found[3] and 0.7 <= found[1] < 0.9  # 300 updates of 0.001 at most
