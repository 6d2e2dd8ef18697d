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


@pytest.mark.parametrize("method, limit", [(heavy_ball, 3.8), (averaged, 38), (look_ahead, 1.357)])
def test_at_nine_tenths_the_limits_are_3_8_and_38_and_1_357(method, limit):
    """Found from runs: below it they settle, above it they explode."""
    low, high = 0.0, 100.0
    for _ in range(30):
        rate = (low + high) / 2
        with np.errstate(all="ignore"):
            explodes = not np.abs(method(rate, 0.9, steps=1500)[-50:]).max() < 1
        low, high = (low, rate) if explodes else (rate, high)
    assert low == pytest.approx(limit, rel=2e-3)


def test_the_averaged_form_makes_the_steps_of_the_heavy_ball_at_one_minus_beta_times_the_rate():
    assert averaged(0.7, 0.9, steps=60) == pytest.approx(heavy_ball(0.1 * 0.7, 0.9, steps=60), rel=1e-9)


def test_one_over_l_is_half_of_the_limit_and_rates_up_to_two_over_l_still_converge():
    for share in (0.5, 0.75, 0.99):
        assert abs(heavy_ball(share * 2 / 20, 0.0, lam=20.0)[-1]) < 1e-3


def test_beyond_one_over_l_a_run_alternates():
    path = heavy_ball(1.2 / 20, 0.0, lam=20.0, steps=20)
    assert np.all(path[1:] * path[:-1] < 0)


def decayed(rate, lam, decay, decoupled, steps=400):
    """Where a weight is after steps of descent with weight decay, as PyTorch's SGD and AdamW put it."""
    w = 1.0
    for _ in range(steps):
        w = (1 - rate * decay) * w - rate * lam * w if decoupled else w - rate * (lam * w + decay * w)
    return abs(w)


def test_an_l2_penalty_lowers_the_limit_from_0_4_to_0_3636():
    """with λ = 5 and decay 0.5 the limit falls from 0.4 to 0.3636"""
    assert decayed(0.399, 5, 0, False) < 1 < decayed(0.401, 5, 0, False)
    assert decayed(0.363, 5, 0.5, False) < 1 < decayed(0.3645, 5, 0.5, False)


def test_decoupled_decay_by_itself_shrinks_the_weights_while_alpha_times_decay_is_below_2():
    assert decayed(1.9, 0, 1.0, True) < 1e-10 and decayed(2.1, 0, 1.0, True) > 1e10


def test_adams_two_running_means_are_named_as_the_page_says():
    """PyTorch gives both coefficients as `betas=(0.9, 0.999)`; its formulas call the rate γ, the decay λ, β μ"""
    torch = pytest.importorskip("torch")
    w = torch.nn.Parameter(torch.ones(1))
    adam, sgd = torch.optim.AdamW([w]), torch.optim.SGD([w], weight_decay=0.5, lr=0.1)
    assert adam.defaults["betas"] == (0.9, 0.999)
    assert all(word in adam.__doc__ for word in (r"\gamma \text{(lr)}", r"\lambda \text{(weight decay)}"))
    assert r"\mu \text{ (momentum)}" in sgd.__doc__ and r"\gamma \text{ (lr)}" in sgd.__doc__
    w.grad = torch.tensor([5.0])  # λ = 5 at w = 1
    sgd.step()
    assert w.item() == pytest.approx(1 - 0.1 * 5.5)  # g ← g + decay · w
    with torch.no_grad():
        w.fill_(2.0)
    w.grad = torch.zeros(1)
    torch.optim.AdamW([w], lr=0.1, weight_decay=0.5).step()
    assert w.item() == pytest.approx((1 - 0.1 * 0.5) * 2)  # w ← (1 − α · decay) w


def test_the_curvatures_of_the_four_ways_to_write_the_loss():
    x = np.loadtxt(SNIPPETS / "data" / "chi_regression.csv", delimiter=",", skiprows=1)[:, 0]
    half_sum = np.sum(x**2)
    assert [half_sum, 2 * half_sum, half_sum / 50, 2 * half_sum / 50] == pytest.approx(
        [18.66, 37.32, 0.3732, 0.7464]
    )


def test_with_f_bits_of_fraction_the_numbers_between_two_powers_of_two_are_evenly_apart():
    """between 2^k and 2^(k+1) its numbers are 2^(k−f) apart"""
    for kind, f in ((np.float16, 10), (np.float32, 23), (np.float64, 52)):
        for k in (-3, 0, 9):
            for value in (2.0**k, 1.3 * 2.0**k, 1.99 * 2.0**k):
                assert np.spacing(kind(value)) == 2.0 ** (k - f)
