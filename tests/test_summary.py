"""The claims of the page that sums the course up, a test a sentence."""

import itertools
import re

import numpy as np
import pytest

from conftest import SNIPPETS, markdown_of, names_after
from test_misconceptions import came_back
from test_notation import averaged, each_method, heavy_ball, look_ahead

PAGE = markdown_of("summary")


def adam_with_its_preconditioner_held_still(alpha, beta, H, P, steps=3000):
    w, m = np.ones(len(H)), np.zeros(len(H))
    for _ in range(steps):
        m = beta * m + (1 - beta) * H @ w
        w = w - alpha * m / P
        if np.abs(w).max() > 1e12:
            break
    return np.abs(w).max()


def test_adam_with_its_preconditioner_held_still_has_the_limit_of_the_averaged_gradient():
    r"""“Adam with its preconditioner $P$ held still | $2(1+\beta_1)/(1-\beta_1)$, for the curvatures of $P^{-1}H$ |
    38”"""
    rng = np.random.default_rng(0)
    A, P = rng.normal(size=(6, 4)), rng.uniform(0.5, 2, size=4)
    H = A.T @ A
    top = np.linalg.eigvals(H / P[:, None]).real.max()
    for beta, limit in (0.9, 38), (0.5, 6), (0, 2):
        assert limit == pytest.approx(2 * (1 + beta) / (1 - beta))
        assert adam_with_its_preconditioner_held_still(0.99 * limit / top, beta, H, P) < 1
        assert adam_with_its_preconditioner_held_still(1.01 * limit / top, beta, H, P) > 1e6


def mean_square_limit(curvatures, beta):
    """The rate up to which E[e²] comes to rest under heavy-ball descent, one of these curvatures drawn at each step."""

    def grows(alpha):
        moments = 0
        for a in curvatures:  # of (e, v): v ← βv + ae, e ← e − αv
            step = np.array([[1 - alpha * a, -alpha * beta], [a, beta]])
            moments = moments + np.kron(step, step) / len(curvatures)
        return np.abs(np.linalg.eigvals(moments)).max() > 1

    low, high = 0.0, 100.0
    for _ in range(50):
        alpha = (low + high) / 2
        low, high = (low, alpha) if grows(alpha) else (alpha, high)
    return low


def test_with_mini_batches_the_limit_in_mean_square_is_lower_and_momentum_may_lower_it_further():
    """“[With mini-batches](minibatch.md) the limit in mean square is lower, and momentum may lower it further.”"""
    for curvatures in [0.1, 3.0], [1.0, 1.5, 9.0], [0.0, 0.0, 5.0]:
        plain, full = mean_square_limit(curvatures, 0), 2 / np.mean(curvatures)
        assert plain < 0.9 * full
        assert mean_square_limit(curvatures, 0.9) < 0.9 * plain
        rng, e = np.random.default_rng(0), np.ones(100_000)
        for _ in range(5):
            e = e - 1.1 * plain * rng.choice(curvatures, size=len(e)) * e
        assert np.mean(e**2) > 1 > abs(1 - 1.1 * plain * np.mean(curvatures))
    assert mean_square_limit([4.0], 0) == pytest.approx(2 / 4)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("m", [1, 2, 3])
def test_a_rate_below_the_bound_is_enough_at_each_batch_size(seed, m):
    r"""“It is enough that $\alpha < 2m/(L_{\max} + (m-1)\lambda_{\max})$ at batch size $m$, with $L_{\max} =
    \max\lVert x_i\rVert^2$, for least squares that fit all points.”"""
    X = np.random.default_rng(seed).normal(size=(6, 3)) * [3, 1, 0.5]
    lmax, top = np.max(np.sum(X**2, axis=1)), np.linalg.eigvalsh(X.T @ X / 6)[-1]
    alpha = 0.999 * 2 * m / (lmax + (m - 1) * top)
    mean = 0  # of the square of one update's matrix, over all batches that can be drawn
    for batch in itertools.product(range(6), repeat=m):
        step = np.eye(3) - alpha * X[list(batch)].T @ X[list(batch)] / m
        mean = mean + step.T @ step / 6**m
    assert np.linalg.eigvalsh(mean)[-1] < 1  # the mean square shrinks, from wherever it starts


def test_under_adam_a_rate_is_a_distance_and_no_lambda_follows_from_the_losses():
    """“**Under Adam and AdamW** [a rate is a distance](adam.md), and no λ follows from the losses.”"""
    lam = np.array([1.0, 30.0, 4.0])
    for decay in 0, 0.01:  # with it, decoupled, it is AdamW
        losses = []
        for scale in 1, 1000:
            w, m, v, path = np.ones(3), 0, 0, []
            for t in range(1, 40):
                path.append(scale * np.sum(lam * w * w) / 2)
                g = scale * lam * w
                m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
                move = 0.5 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
                assert t > 1 or np.abs(move) == pytest.approx(0.5)
                w = w - move - 0.5 * decay * w
            losses.append(path)
        assert losses[1] == pytest.approx(1000 * np.array(losses[0]))  # one growth, two curvatures


def largest_stable_rate(total):
    """Found by halving the interval: the rate up to which a line through the origin does not explode."""
    x, y = np.loadtxt(SNIPPETS / "data" / "chi_regression.csv", delimiter=",", skiprows=1).T[:2]
    low, high, best = 0.0, 100.0, x @ y / (x @ x)
    for _ in range(40):
        rate, b = (low + high) / 2, 10.0
        for _ in range(30):
            slopes = (b * x - y) * x
            b = b - rate * (slopes.sum() if total else slopes.mean())
        low, high = (low, rate) if abs(b - best) > abs(10 - best) else (rate, high)
    return low


def test_from_mean_to_sum_the_curvature_grows_as_many_times_as_there_are_samples():
    """“From mean to sum λ grows as many times as there are samples.”"""
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
    """“(Under Adam only what a clipping threshold means changes.)”"""
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
    """“The gradient moves a weight by about α per update, and never by more than 7.3 α (at β₁ = 0.9, β₂ = 0.999).”"""

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


def relu_network_under_adam(rate, seed, updates=400):
    """The losses of 20 ReLU units that copy their first input, how many are alive in the end, and what guessing costs."""
    X = np.random.default_rng(0).normal(3, 1, size=(50, 2))
    y, rng = X[:, 0], np.random.default_rng(seed)
    w, losses = np.r_[rng.normal(size=40), rng.normal(size=20) / 20, 0], []

    def slope(w):
        hidden, u = np.maximum(X @ w[:40].reshape(2, 20), 0), w[40:60]
        r = hidden @ u + w[60] - y
        losses.append(np.mean(r**2) / 2)
        return np.r_[(X.T @ (r[:, None] * u * (hidden > 0)) / 50).ravel(), hidden.T @ r / 50, r.mean()]

    w = adam(slope, w, rate, updates)[-1]
    return np.array(losses), np.any(X @ w[:40].reshape(2, 20) > 0, axis=0).sum(), y.var() / 2


@pytest.mark.parametrize("seed", range(3))
def test_under_adam_a_rate_that_is_too_high_shows_as_one_jump_and_may_leave_the_network_dead(seed):
    """“So a rate that is too high shows as one jump and not as growth by a factor, and it may leave the network dead:
    compare it with the [loss of guessing](diagnose.md#tree).”"""
    for rate in 1.0, 3.0:
        losses, alive, guess = relu_network_under_adam(rate, seed)
        assert np.argmax(losses) == 1 and losses[1] > 50 * losses[0] and np.all(losses[2:] < losses[1] / 10)
        assert alive == 0 and losses[-1] == pytest.approx(guess, rel=0.01)
    losses, alive, guess = relu_network_under_adam(0.01, seed)
    assert max(losses) == losses[0] and alive > 0 and losses[-1] < guess / 10


def test_training_climbs_to_the_38_and_hovers_there():
    """“In small networks training [climbs to the 38](adam.md#its-limit-38) and hovers there.”"""
    (w, slope), m, v, found = tanh_networks(), 0, 0, []
    for t in range(1, 3001):
        g = slope(w)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        P = np.sqrt(v / (1 - 0.999**t)) + 1e-8
        if t in (1, 2000, 2500, 3000):
            found.append(0.03 * top_curvatures(slope, w, P))
        w = w - 0.03 * m / (1 - 0.9**t) / P
    assert max(found[0]) < 12
    assert np.min(found[1:]) > 30 and np.max(found[1:]) < 46
    assert np.mean(found[1:]) == pytest.approx(38, abs=2)


def test_in_deep_and_recurrent_networks_factors_multiply():
    """“**In deep and recurrent networks** factors multiply. In one linear unit of 100 steps the limit is `0.0002` for
    $w$ = 1 and `1.28e-08` for 1.05.”"""

    def output(v, steps):
        h = 1.0
        for _ in range(steps):
            h = v * h
        return h

    for w, limit in (1.0, 0.0002), (1.05, 1.28e-8):
        assert output(w, 100) == pytest.approx(output(w, 40) * output(w, 60))
        low, high = 0.0, 1.0
        for _ in range(60):
            rate, v = (low + high) / 2, w * (1 + 1e-9)
            for _ in range(30):
                slope = (output(v + 1e-7, 100) - output(v - 1e-7, 100)) / 2e-7
                v = v - rate * (output(v, 100) - output(w, 100)) * slope
                if abs(v - w) > 1e-6:
                    break
            low, high = (rate, high) if abs(v - w) < 1e-9 * w else (low, rate)
        assert low == pytest.approx(limit, rel=5e-3)
    rng = np.random.default_rng(0)
    layers = [rng.normal(size=(5, 5)) for _ in range(6)]
    through = np.linalg.multi_dot([np.eye(5), *layers])
    assert np.prod([np.linalg.det(one) for one in layers]) == pytest.approx(np.linalg.det(through))


@pytest.mark.parametrize("product", [2.05, 2.5, 9])
def test_three_losses_in_a_row_give_the_curvature_and_the_limit(product):
    r"""“Take three losses in a row of an explosion under plain descent, one update apart and of the same batch:” “r =
    \frac{L_3 - L_2}{L_2 - L_1}, \qquad \lambda = \frac{1 + \sqrt{\mathstrut r}}{\alpha}.” “The limit is
    $2\alpha/(1 + \sqrt{\mathstrut r})$. Set half of it, and believe it if the next three losses give the same
    $r$. ([Read your own run](diagnose.md))”"""
    lam, w = np.array([3.0, 0.7]), np.array([1.0, 0.2])
    alpha, losses = product / lam[0], []
    for _ in range(90):
        losses.append(38.8 + 0.5 * np.sum(lam * w**2))
        w = w - alpha * lam * w

    def read(first):
        one, two, three = losses[first : first + 3]
        r = (three - two) / (two - one)
        return r, (1 + np.sqrt(r)) / alpha, 2 * alpha / (1 + np.sqrt(r))

    assert read(80)[0] == pytest.approx(read(83)[0], rel=1e-3)
    assert read(80)[1:] == pytest.approx((3.0, 2 / 3.0), rel=1e-3)
    half = read(80)[2] / 2
    assert np.all(np.abs(1 - half * lam) < 1) and 1 - half * lam[0] == pytest.approx(0, abs=1e-3)


def fall(bad):
    """The losses of a logistic regression, and whether each is finite: what ``bad`` makes of its probabilities."""
    rng = np.random.default_rng(0)
    X, w, losses = rng.normal(size=(100, 3)), np.zeros(3), []
    label = (X[:, 0] > 0).astype(float)
    with np.errstate(all="ignore"):
        for t in range(30):
            x, p = bad(t, X, 1 / (1 + np.exp(-X @ w)))
            losses.append(-np.mean(np.log(np.where(label == 1, p, 1 - p))))
            w = w - 0.5 * x.T @ (p - label) / 100
    return np.array(losses)


def test_growth_means_the_rate_or_its_sign_and_a_jump_from_a_normal_loss_means_the_rest():
    """“Growth over several updates means the rate or its sign. A jump from a normal loss means data, log 0, 0/0 or [16
    bits](precision.md#table): fp16 ends at 65,504, bf16 loses small steps. ([Cases](cases.md#when-the-rate-is-not-to-blame))”"""
    first = names_after("overshoot", "descend")
    for rate in 0.12, 0.2, -0.01:  # the rate, and a wrong sign
        losses = np.array([first.loss(b) for b in first.descend(rate, steps=20)])
        assert np.all(np.diff(losses) > 0) and np.all(losses[1:] / losses[:-1] < 30)
    jumps = {
        "data": lambda t, X, p: (np.where(t == 10, np.nan, X), p),
        "log 0": lambda t, X, p: (X, np.where(t == 11, 0.0, p)),
        "0/0": lambda t, X, p: (X, p * (np.float64(t - 11) / np.float64(t - 11))),
        "16 bits": lambda t, X, p: (X, p + np.float16(70_000 if t == 11 else 0) * np.float16(0)),
    }
    for what, bad in jumps.items():
        losses = fall(bad)
        broken = np.argmax(~np.isfinite(losses))
        assert broken == 11 and np.all(np.diff(losses[:11]) < 0), what  # normal, and falling, to the last
    assert float(np.finfo(np.float16).max) == 65504
    bf16 = names_after("precision", "formats").bf16
    for w in np.random.default_rng(0).uniform(1.01, 1.99, 50):
        w = float(bf16(w))
        assert float(bf16(w - 0.0019 * w)) == w  # below a fifth of a percent of the weight
        assert float(bf16(w - 0.004 * w)) != w


def test_a_rise_alone_is_no_failure_but_a_dead_network_comes_back_too():
    """“A rise alone is no failure, but a dead network comes back too: compare its end with the loss of guessing.
    ([Networks](networks.md#in-your-own-run))”"""
    u, v, losses = 2.0, 0.1, []
    for _ in range(300):
        losses.append((u * v) ** 2 / 2)
        u, v = u - 0.75 * u * v * v, v - 0.75 * u * u * v
    assert max(losses) > 3 * losses[0] and losses[-1] < 1e-6 * losses[0]  # it rose, and has learned
    for seed in range(2):
        losses, alive, guess = came_back(0.5, seed)
        assert max(losses) > 1000 * losses[0] > 1000 * losses[-1]  # it came back lower than it began
        assert alive == 0 and losses[-1] == pytest.approx(guess, rel=1e-3)


def test_if_a_weight_leaves_on_one_side_while_the_loss_grows_a_sign_is_wrong():
    """“If a weight leaves on one side while the loss grows, and does not alternate, a sign is wrong.”"""
    rng = np.random.default_rng(0)
    for _ in range(20):
        turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        H, start = turn * [1, 5, 20] @ turn.T, rng.normal(size=3)
        for rate, wrong in (0.11, False), (0.5, False), (-0.01, True), (-0.3, True):
            w, path = start, []
            while w @ H @ w < 1e40 * (start @ H @ start):
                path.append(w)
                w = w - rate * H @ w
            moves = np.diff(path[-6:], axis=0)
            assert np.all((moves[1:] * moves[:-1] > 0) == wrong)


def test_centring_and_scaling_lower_the_largest_curvature_and_the_condition_number_at_once():
    """“Where they are large or far from 0, this lowers λmax and κ at once.”"""
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
    """“negative | leaves on one side: a sign is wrong, or the loss curves downwards there”"""
    for rate in (0.1, 0.01):  # a smaller rate only slows it
        w, path, wrong = 0.1, [0.1], [0.1]
        for _ in range(int(5 / rate)):
            w = w - rate * (w**3 - w)  # downhill on w⁴/4 − w²/2, whose curvature at 0 is −1
            path.append(w)
            wrong.append(wrong[-1] + rate * wrong[-1])  # uphill on w²/2
        assert np.all(np.diff(path) > 0) and path[3] - path[2] > path[2] - path[1] > 0
        assert np.all(np.diff(wrong) > 0)


def test_an_explosion_multiplies_the_loss_by_alpha_lambda_minus_one_squared_and_a_network_may_come_back():
    r"""“above 2 | alternates and **explodes** by the factor $(\alpha\lambda-1)^2$ per update; a network may come
    back”"""
    for product in 2.01, 2.5, 40:
        w = [1.0]
        for _ in range(10):
            w.append(w[-1] - product * w[-1])
        losses = np.square(w)
        assert losses[1:] / losses[:-1] == pytest.approx((product - 1) ** 2)
        assert np.all(np.multiply(w[1:], w[:-1]) < 0)
    u, v, losses = 2.0, 0.1, []  # the smallest network, ½(uv)², of curvature 4 at its start
    for _ in range(300):
        losses.append((u * v) ** 2 / 2)
        u, v = u - 0.75 * u * v * v, v - 0.75 * u * u * v
    assert 0.75 * 4 > 2 and max(losses) > 3 * losses[0] and losses[-1] < 1e-6 * losses[0]


def test_the_sharpest_direction_limits_the_rate_and_the_flattest_sets_the_wait():
    r"""“The sharpest direction limits the rate, and the flattest one sets the wait: at the best fixed rate
    $2/(\lambda_{\min}+\lambda_{\max})$ each update leaves $(\kappa-1)/(\kappa+1)$ of the error, with $\kappa =
    \lambda_{\max}/\lambda_{\min}$. ([Conditioning](conditioning.md))”"""
    for low, high in (1.0, 10.0), (0.3, 90.0):
        lam = np.array([low, (low * high) ** 0.5, high])
        rates = np.linspace(0, 2.2 / high, 4001)
        left = np.abs(1 - rates[:, None] * lam) ** 400  # of each error, after 400 updates
        best, kappa = np.argmin(left.max(axis=1)), np.linalg.cond(np.diag(lam))
        assert rates[best] == pytest.approx(2 / (low + high), rel=2e-3)
        assert left.max(axis=1)[best] ** (1 / 400) == pytest.approx((kappa - 1) / (kappa + 1), rel=2e-3)
        assert np.all(np.argmax(left[1 : best - 1], axis=1) == 0)  # below it the flattest is the last to come
        assert rates[left.max(axis=1) > 1][0] == pytest.approx(2 / high, rel=1e-3)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
@each_method
def test_the_limits_by_method_are_those_of_runs(method, limit, beta):
    r"""“plain descent | 2 | –” “heavy ball | $2(1+\beta)$ | 3.8” “averaged gradient | $2(1+\beta)/(1-\beta)$ | 38”
    “Nesterov's look-ahead | $(2+2\beta)/(1+2\beta)$ | 1.357” “All hold for a bowl and the full batch. ([Their
    forms](notation.md#momentum))” “method | αλmax stays below | at β = 0.9”"""
    at_nine_tenths = {heavy_ball: 3.8, averaged: 38, look_ahead: 1.357}[method]
    assert limit(0.9) == pytest.approx(at_nine_tenths, abs=5e-4) and limit(0) == 2  # plain descent
    for part, settles in (0.98, True), (1.02, False):
        ends = [
            np.abs(method(part * limit(beta) / 20, beta, lam, steps=900)[-20:]).max()
            for lam in (1.0, 7.0, 20.0)
        ]
        assert (max(ends) < 1) == settles  # a bowl of three curvatures, all data at each step


def test_at_half_the_limit_a_higher_rate_can_gain_a_factor_of_two_at_most():
    """“**If it now crawls** at half the limit, a higher rate gains a factor of two at most: make κ smaller or use
    momentum. ([Fixes](fixes.md#order))”"""

    def updates(rate, curvatures, beta=0.0):
        e, v, last = np.ones(2), 0.0, 0
        for t in range(1, 15_000 if beta == 0 else 3000):
            v = beta * v + curvatures * e
            e = e - rate * v
            last = t if curvatures @ e**2 > 1e-3 * curvatures[0] else last
            if beta == 0 and last < t:
                break
        return last + 1

    for kappa in (10, 100, 1000):  # until a thousandth of the loss is left
        curvatures = np.array([1.0, kappa])
        shares = np.linspace(0.5, 0.999, 25 if kappa == 1000 else 100)
        best = min(updates(share * 2 / kappa, curvatures) for share in shares)
        half = updates(1 / kappa, curvatures)
        assert 1 < half / best <= 2.05
        if kappa > 10:
            assert updates(1 / kappa, np.array([4.0, kappa])) < half / 3  # κ smaller
            assert updates(1 / kappa, curvatures, beta=0.8) < half / 3  # momentum


@pytest.mark.parametrize("product", [-0.5, 0.5, 1.0, 1.5, 2.0, 2.5])
def test_each_row_of_what_you_see_is_what_a_run_does(product):
    """“0 to 1 | comes down smoothly; at exactly 1 that direction is solved in one step” “1 to 2 | alternates and
    settles” “2 | flips between two points for ever”"""
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
        assert np.all(np.diff(path) < 0) == (0 < product < 1)
        assert (product < 0) == (path.min() > 0 and path[-1] > 1e6)


def test_the_limit_of_the_regression_is_just_below_0_1072():
    """“To remember: on the regression of [Overshoot](overshoot.md) λ is `18.66`, and the limit is `0.10718`; 0.10
    settles, 0.108 explodes.”"""
    x, y = np.loadtxt(SNIPPETS / "data" / "chi_regression.csv", delimiter=",", skiprows=1).T[:2]

    def slope(b):
        return (b * x - y) @ x

    def far(rate, updates=20000):
        b, best = 10.0, x @ y / (x @ x)
        for _ in range(updates):
            b = b - rate * slope(b)
            if abs(b - best) > 1e9:
                break
        return abs(b - best)

    assert slope(1) - slope(0) == pytest.approx(18.66)
    assert far(0.10) < 1e-6 and far(0.10718) < 8 < 1e2 < far(0.1072) and far(0.108) > 1e6


def test_the_page_has_the_parts_that_its_description_names():
    """“The inequality, what each αλ looks like, the limits with momentum and Adam, reading λ from a log, and what to
    try in which order.”"""
    headings = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    assert headings == [
        "The inequality",
        "What you see",
        "The limits by method",
        "From a log to a rate",
        "What to do, in this order",
    ]
    assert "| αλ of the sharpest direction | the run |" in PAGE
    assert re.search(r"^\| heavy ball \|(.*\n)+\| Adam ", PAGE, re.MULTILINE)
    assert len(re.findall(r"^\d\. ", PAGE.split("## What to do")[1], re.MULTILINE)) == 8


@pytest.mark.parametrize("seed", range(4))
def test_near_a_minimum_a_step_multiplies_the_error_along_each_direction(seed):
    r"""“Near a minimum, one full-batch step of gradient descent multiplies the error (the distance of the weights from
    their best values) along each direction by $1 - \alpha\lambda$, and its part of the loss by the square of
    that.”"""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(8, 4))  # a loss that is no quadratic, with its minimum at 0
    slope = lambda w: A.T @ (np.tanh(A @ w) + (A @ w) ** 2 / 3)  # noqa: E731
    lam, ways = np.linalg.eigh(A.T @ A)
    for alpha in 0.01, 0.1, 1.0:
        for near in 1e-4, 1e-6:
            e = near * ways @ rng.choice([-1, 1], 4)
            after = ways.T @ (e - alpha * slope(e))
            factor = 1 - alpha * lam
            assert after == pytest.approx(factor * (ways.T @ e), abs=100 * near**2)
            parts = 0.5 * lam * after**2, 0.5 * lam * (ways.T @ e) ** 2
            assert parts[0] == pytest.approx(factor**2 * parts[1], rel=1e3 * near, abs=1e3 * near**3)


@pytest.mark.parametrize("seed", range(4))
def test_all_directions_settle_exactly_below_two_over_the_largest_curvature(seed):
    r"""“All directions settle exactly when” “0 < \alpha < \frac{2}{\lambda_{\max}}.” “This is exact on a bowl (a
    quadratic with positive curvatures).”"""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(9, 5))
    H = A.T @ A
    lam, ways = np.linalg.eigh(H)
    assert lam[0] > 0
    for part in -0.1, 0.3, 0.99, 1.01, 1.7:
        alpha, e = part * 2 / lam[-1], ways @ np.ones(5)
        for _ in range(20):
            e = e - alpha * H @ e
        factors = (1 - alpha * lam) ** 20
        assert ways.T @ e == pytest.approx(factors, abs=1e-9 * max(1, *factors))
        assert np.all(np.abs(1 - alpha * lam) < 1) == (0 < alpha < 2 / lam[-1])


def tanh_networks(count=4, units=16, points=20):
    """Small networks, all at once: their weights, and a function that gives the gradients of half the mean squares."""
    rng = np.random.default_rng(0)
    x = np.linspace(-1, 1, points)[:, None]
    y = np.sin(3 * np.pi * x[:, 0] + rng.uniform(0, 6, size=(count, 1)))
    sizes = rng.normal(size=(count, 3, units)) * np.array([2, 1, units**-0.5])[:, None]
    w = np.concatenate([sizes.reshape(count, -1), np.zeros((count, 1))], axis=1)

    def slope(w):
        V, a, u, c = w[:, None, :units], w[:, None, units : -units - 1], w[:, -units - 1 : -1], w[:, -1:]
        h = np.tanh(x * V + a)
        r = (np.einsum("npk,nk->np", h, u) + c - y) / points
        back = r[:, :, None] * u[:, None] * (1 - h * h)
        return np.concatenate(
            [np.sum(x * back, 1), back.sum(1), np.einsum("npk,np->nk", h, r), r.sum(1, keepdims=True)], axis=1
        )

    return w, slope


def top_curvatures(slope, w, P):
    """The largest eigenvalue of P⁻¹H for each network, with H from differences of gradients."""
    rows = [slope(w + e) - slope(w - e) for e in 1e-5 * np.eye(w.shape[1])]
    H = np.moveaxis(np.array(rows), 0, 1) / 2e-5 / np.sqrt(P[:, :, None] * P[:, None, :])
    return np.linalg.eigvalsh((H + H.mT) / 2)[:, -1]


def test_in_a_network_lambda_max_moves_so_the_limit_holds_where_it_was_measured():
    """“In a network λmax [moves while you train](networks.md), so the limit holds where you measured it.”"""
    w, slope = tanh_networks()
    one = np.ones_like(w)
    first = top_curvatures(slope, w, one)
    for _ in range(1000):
        w = w - 1.8 / first[:, None] * slope(w)
    later = top_curvatures(slope, w, one)
    assert np.all(np.abs(later / first - 1) > 0.02)
    for part, shrinks in (0.95, True), (1.05, False):  # two runs beside each other, where it was measured
        H = np.array([(slope(w + e) - slope(w - e))[0] for e in 1e-5 * np.eye(w.shape[1])]) / 2e-5
        way = np.linalg.eigh((H + H.T) / 2)[1][:, -1]
        beside = w.copy()
        beside[0] += 1e-5 * way
        moved = [v - part * 2 / later[0] * slope(v) for v in (w, beside)]
        assert (abs((moved[1] - moved[0])[0] @ way) < 1e-5) == shrinks
