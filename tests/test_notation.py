"""The claims of the page on notation, a test a sentence."""

import ast
import importlib.util
import inspect
from pathlib import Path

import numpy as np
import pytest

from apart import skip_without
from conftest import SNIPPETS
from proven import of_a_framework


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


each_method = pytest.mark.parametrize(  # and its limit on αλ
    "method, limit",
    [
        (heavy_ball, lambda beta: 2 * (1 + beta)),
        (averaged, lambda beta: 2 * (1 + beta) / (1 - beta)),
        (look_ahead, lambda beta: (2 + 2 * beta) / (1 + 2 * beta)),
    ],
)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
@each_method
def test_each_form_of_momentum_has_its_own_limit(method, limit, beta):
    """“The same rate means different things in different forms of momentum.” “All three limits are for a quadratic and the
    full batch;”"""
    for lam in (1.0, 20.0):
        below = method(0.99 * limit(beta) / lam, beta, lam)
        above = method(1.01 * limit(beta) / lam, beta, lam)
        assert np.abs(below[-100:]).max() < 1e-3
        assert np.abs(above[-100:]).max() > 1e3


@pytest.mark.parametrize("method, limit", [(heavy_ball, 3.8), (averaged, 38), (look_ahead, 1.357)])
def test_at_nine_tenths_the_limits_are_3_8_and_38_and_1_357(method, limit):
    r"""Found from runs: below it they settle, above it they explode.

    “heavy ball (Polyak; PyTorch): $v \leftarrow \beta v + g$ | $2(1+\beta)$ | 3.8” “averaged gradient (the first moment
    of Adam): $v \leftarrow \beta v + (1-\beta) g$ | $\dfrac{2(1+\beta)}{1-\beta}$ | 38” “Nesterov's look-ahead: heavy
    ball with $g$ taken at $w - \alpha\beta v$ | $\dfrac{2+2\beta}{1+2\beta}$ | 1.357” “In all three the weights then
    move by $w \leftarrow w - \alpha v$.”"""
    low, high = 0.0, 100.0
    for _ in range(30):
        rate = (low + high) / 2
        with np.errstate(all="ignore"):
            explodes = not np.abs(method(rate, 0.9, steps=1500)[-50:]).max() < 1
        low, high = (low, rate) if explodes else (rate, high)
    assert low == pytest.approx(limit, rel=2e-3)


def test_the_averaged_form_makes_the_steps_of_the_heavy_ball_at_one_minus_beta_times_the_rate():
    r"""“The first two are one method: the averaged form at a rate $\alpha$ makes the same steps as the heavy ball at
    $(1-\beta)\alpha$.”"""
    assert averaged(0.7, 0.9, steps=60) == pytest.approx(heavy_ball(0.1 * 0.7, 0.9, steps=60), rel=1e-9)


@pytest.mark.parametrize("lam", [0.3, 20.0, 5000.0])
def test_one_over_l_is_half_of_the_limit_and_rates_up_to_two_over_l_still_converge(lam):
    r"""“So “take $1/L$ as the step size” in a paper is our $\alpha = 1/\lambda_{\max}$, half of the limit, and “$\eta <
    2/\text{sharpness}$” is the limit itself.” ““The textbook says a step of 1/L is the largest that is safe.”” “Every
    step below $2/L$ is sure to descend.” “At $1/L$ the guaranteed fall is the largest,”"""
    assert 2 * (1 / lam) == 2 / lam
    for share in (0.5, 0.75, 0.99):
        assert abs(heavy_ball(share * 2 / lam, 0.0, lam=lam)[-1]) < 1e-3
    assert abs(heavy_ball(1.01 * 2 / lam, 0.0, lam=lam)[-1]) > 1e3
    rng = np.random.default_rng(2)
    for rate in (
        np.array([0.01, 0.5, 1, 1.5, 1.99]) / lam
    ):  # below 2/L each step descends, whatever the curvatures
        for _ in range(20):
            curvatures, e = rng.uniform(-lam, lam, 6), rng.normal(size=6)
            after = e - rate * curvatures * e
            assert curvatures @ after**2 < curvatures @ e**2
    falls = [r - lam * r * r / 2 for r in np.array([0.9, 0.99, 1, 1.01, 1.1]) / lam]  # times g², at the least
    assert np.argmax(falls) == 2


@pytest.mark.parametrize(
    "share, alternates", [(0.5, False), (0.95, False), (1.05, True), (1.2, True), (1.9, True)]
)
def test_beyond_one_over_l_a_run_alternates(share, alternates):
    """“and beyond it a run starts to cross the bottom of the sharpest direction.” “Between $1/L$ and $2/L$ runs alternate
    and settle.”"""
    path = heavy_ball(share / 20, 0.0, lam=20.0, steps=20)
    assert np.all(path[1:] * path[:-1] < 0) == alternates == (1 < share < 2)
    assert np.all(np.abs(path[1:]) < np.abs(path[:-1]))


def decayed(rate, lam, decay, decoupled, steps=400):
    """Where a weight is after steps of descent with weight decay, as PyTorch's SGD and AdamW put it."""
    w = 1.0
    for _ in range(steps):
        w = (1 - rate * decay) * w - rate * lam * w if decoupled else w - rate * (lam * w + decay * w)
    return abs(w)


def test_an_l2_penalty_lowers_the_limit_from_0_4_to_0_3636():
    r"""“L2 penalty, weight_decay of PyTorch's SGD | $g \leftarrow g + \text{decay} \cdot w$ | each λ becomes λ + decay: with
    λ = 5 and decay 0.5 the limit falls from 0.4 to 0.3636”"""
    low, high = 0.4, 0.3636
    for limit, decay in (low, 0), (high, 0.5):
        assert decayed(0.998 * limit, 5, decay, False) < 1 < decayed(1.002 * limit, 5, decay, False)


def test_decoupled_decay_by_itself_shrinks_the_weights_while_alpha_times_decay_is_below_2():
    r"""“decoupled, weight_decay of AdamW | $w \leftarrow (1 - \alpha \cdot \text{decay})\,w$ | apart from the gradient; by
    itself it shrinks the weights while α · decay < 2”"""
    for decay in (0.01, 1.0, 4.0):
        assert (
            decayed(0.95 * 2 / decay, 0, decay, True) < 1e-10
            and decayed(1.05 * 2 / decay, 0, decay, True) > 1e10
        )


@of_a_framework()
def test_adams_two_running_means_are_named_as_the_page_says():
    r"""“PyTorch's formulas write $\mu$ for β.” “The usual letter for weight decay is $\lambda$ too, in the paper on AdamW and
    in PyTorch's formulas.” “PyTorch | lr; in the formulas of its pages $\gamma$” “PyTorch gives both coefficients as
    betas=(0.9, 0.999),”"""
    torch = pytest.importorskip("torch")
    w = torch.nn.Parameter(torch.ones(1))
    adam, sgd = torch.optim.AdamW([w]), torch.optim.SGD([w], weight_decay=0.5, lr=0.1)
    assert adam.defaults["betas"] == (0.9, 0.999) and {"lr", "eps"} <= set(adam.defaults)
    momentum = torch.optim.SGD([w], lr=0.1, momentum=0.9)
    with torch.no_grad():
        w.fill_(1.0)
    for step in (0.1 * 5, 0.1 * (0.9 * 5 + 5)):  # v ← βv + g and w ← w − αv
        before, w.grad = w.item(), torch.tensor([5.0])
        momentum.step()
        assert before - w.item() == pytest.approx(step, rel=1e-5)
    with torch.no_grad():
        w.fill_(1.0)
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
    r"""“$\tfrac12\sum$ (ours, unless a page says otherwise) | 18.66” “$\sum$ | 37.32” “$\tfrac12$ mean | 0.3732” “mean
    (“MSE”, the usual default of libraries) | 0.7464” “A rate that is right for one of them is wrong for another by up to
    twice the number of samples: 37.32 is 100 times 0.3732, and there are 50 points.” “$b$ | the slope of the regression
    example | overshoot” “$\hat b$ | the best value of $b$ | overshoot”"""
    x, y = np.loadtxt(SNIPPETS / "data" / "chi_regression.csv", delimiter=",", skiprows=1).T
    assert len(x) == 50
    ways = np.sum, lambda r: 2 * np.sum(r), lambda r: np.mean(r), lambda r: 2 * np.mean(r)
    found = []
    for way in ways:  # each is twice the loss, of the residuals' squares, so its half is the loss itself
        losses = [way((x * b) ** 2) / 2 for b in (-1, 0, 1)]  # y moves the bottom, and bends nothing
        found.append(losses[0] - 2 * losses[1] + losses[2])
    assert found == pytest.approx([18.66, 37.32, 0.3732, 0.7464])
    assert found[1] / found[2] == pytest.approx(100) and 2 * len(x) == 100
    best = np.linalg.lstsq(x[:, None], y)[0][0]  # of the slope b
    assert np.sum((best * x - y) ** 2) < min(np.sum(((best + off) * x - y) ** 2) for off in (-0.01, 0.01))


def test_with_f_bits_of_fraction_the_numbers_between_two_powers_of_two_are_evenly_apart():
    """“$f$ | the bits of a format's fraction: between $2^k$ and $2^{k+1}$ its numbers are $2^{k-f}$ apart | sixteen bits”"""
    for kind, f in ((np.float16, 10), (np.float32, 23), (np.float64, 52)):
        for k in (-3, 0, 9):
            for value in (2.0**k, 1.3 * 2.0**k, 0.99 * 2.0 ** (k + 1)):
                assert np.spacing(kind(value)) == 2.0 ** (k - f)


# The rows, each tried by a computation in its letter


@pytest.mark.parametrize("lam", [0.7, 18.66])
def test_alpha_lambda_decides_below_1_2_and_above(lam):
    r"""“One inequality, $0 < \alpha < 2/\lambda_{\max}$, stands in many books under many letters.” “$\alpha$ | the learning
    rate, the factor between gradient and step | everywhere” “$\alpha\lambda$ | the number that decides: below 1 a run is
    smooth, below 2 it alternates, above 2 it explodes | overshoot” “$r$ | the growth of an exploding loss per update |
    overshoot” “$t$ | the number of updates done | everywhere”"""
    for product in (0.3, 0.9, 1.1, 1.9, 2.1, 3.0):
        path = heavy_ball(product / lam, 0.0, lam, steps=60)
        assert path[1] - path[0] == pytest.approx(-product / lam * (lam * path[0]))  # α times the gradient
        assert np.all(path[1:] * path[:-1] > 0) == (product < 1)
        assert (abs(path[-1]) < 1) == (product < 2)
        losses = lam * path**2 / 2
        assert losses[-1] / losses[-2] == pytest.approx((product - 1) ** 2)
        assert len(path) - 1 == 60  # t, the updates done


def bowl(n=5, seed=3):
    rng = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(rng.normal(size=(n, n)))
    return turn @ np.diag(rng.uniform(0.5, 30, n)) @ turn.T, rng.normal(size=n)


@pytest.mark.parametrize("seed", range(3))
def test_gradient_hessian_curvatures_and_errors_are_what_their_rows_say(seed):
    r"""“$\lambda$ | a curvature: the second derivative of the loss along one direction, an eigenvalue of $H$ | overshoot”
    “$\lambda_{\max}$ | the largest curvature | conditioning” “$\lambda_{\min}$ | the smallest curvature | conditioning” “$\kappa$ | the condition
    number, $\lambda_{\max}/\lambda_{\min}$ | conditioning” “$g$ | the gradient of the loss, a vector as long as the
    parameters | Taylor” “$H$ | the Hessian, the symmetric matrix of second derivatives | Taylor” “$g^\top H g$ | the
    curvature along the gradient, times $g^\top g$ | Taylor” “$w$ | the parameters: the weights of a model, as a vector |
    Taylor” “$e$ | the error: the parameters minus their best values (not the loss) | conditioning” “$v_i$ | an
    eigenvector of $H$: a direction with a curvature $\lambda_i$ of its own | conditioning” “$L$ | a number that no
    curvature exceeds, anywhere | Taylor”"""
    H, best = bowl(seed=seed)
    rng = np.random.default_rng(seed)
    w = best + rng.normal(size=5)

    def loss(w):
        return (w - best) @ H @ (w - best) / 2

    def bend(way, h=1e-3):
        return (loss(w + h * way) - 2 * loss(w) + loss(w - h * way)) / h**2

    g = np.array([(loss(w + step) - loss(w - step)) / 2e-6 for step in 1e-6 * np.eye(5)])
    e = w - best
    assert g.shape == w.shape and g == pytest.approx(H @ e, rel=1e-5, abs=1e-6) and np.allclose(H, H.T)
    values, ways = np.linalg.eigh(H)
    assert [bend(way) for way in ways.T] == pytest.approx(values, rel=1e-5)
    assert bend(g / np.linalg.norm(g)) * (g @ g) == pytest.approx(g @ H @ g, rel=1e-5)
    assert np.linalg.cond(H) == pytest.approx(values[-1] / values[0])
    some = [bend(way / np.linalg.norm(way)) for way in rng.normal(size=(50, 5))]
    assert values[0] <= min(some) <= max(some) <= values[-1]  # so L is the largest
    for value, way in zip(values, ways.T, strict=True):
        assert way @ (w - 0.01 * g - best) == pytest.approx((1 - 0.01 * value) * (way @ e), rel=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_the_best_rate_for_the_next_step_and_twice_it(seed):
    r"""“$\alpha^$ | the best rate for the next step, to second order, $g^\top g / g^\top H g$; at twice this rate the loss
    stays the same | Taylor”"""
    H, w = bowl(seed=seed)
    g = H @ w
    best = g @ g / (g @ H @ g)
    losses = [(w - rate * g) @ H @ (w - rate * g) / 2 for rate in np.array([0, 0.9, 1, 1.1, 2]) * best]
    assert np.argmin(losses) == 2 and losses[4] == pytest.approx(losses[0])


@of_a_framework()
def test_what_beta_keeps_and_what_adam_divides_by():
    r"""“$\beta$ | the momentum coefficient, in $v \leftarrow \beta v + g$ and $w \leftarrow w - \alpha v$ | below” “$v$ |
    the velocity of momentum: the sum of past gradients, fading by β | fixes” “$\beta_1, \beta_2$ | how much Adam keeps,
    at each update, of its mean gradient and of its mean square | below” “$P$ | what Adam divides by: the root of its
    mean square, for each weight | Adam” “Adam keeps two running means, $m \leftarrow \beta_1 m + (1-\beta_1)g$ of the
    gradients and $v \leftarrow \beta_2 v + (1-\beta_2)g^2$ of their squares.” “(Its $v$ is not the velocity above.)”"""
    optax = pytest.importorskip("optax")
    rng = np.random.default_rng(1)
    gradients, velocity = rng.normal(size=(12, 3)).astype(np.float32), np.zeros(3)
    for g in gradients:
        velocity = 0.9 * velocity + g
    assert velocity == pytest.approx(sum(0.9**k * g for k, g in enumerate(gradients[::-1])))
    adam = optax.adam(0.01, b1=0.9, b2=0.999, eps=1e-8)
    state, m, v = adam.init(np.zeros(3, np.float32)), np.zeros(3), np.zeros(3)
    for t, g in enumerate(gradients, 1):
        step, state = adam.update(g, state)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        P = np.sqrt(v / (1 - 0.999**t))
        assert np.array(step) == pytest.approx(-0.01 * m / (1 - 0.9**t) / (P + 1e-8), rel=1e-4)
    assert np.array(state[0].nu) == pytest.approx(v, rel=1e-4) and np.array(state[0].nu) != pytest.approx(
        velocity
    )


@of_a_framework()
def test_keras_and_optax_name_the_rate_and_the_coefficients_as_the_page_says():
    """“Keras, optax | learning_rate” “Keras as beta_1 and beta_2, optax as b1 and b2; the small number $\\epsilon$ is eps or
    epsilon.”"""
    skip_without(["keras", "optax"])
    # Keras is read and not imported: in one process TensorFlow and PyTorch's optimisers bring two LLVMs, which ends it.
    code = Path(importlib.util.find_spec("keras").origin).with_name("src") / "optimizers/adam.py"
    (made,) = (
        node
        for node in ast.walk(ast.parse(code.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == "__init__"
    )
    assert {"learning_rate", "beta_1", "beta_2", "epsilon"} <= {one.arg for one in made.args.args}
    optax = pytest.importorskip("optax")
    assert {"learning_rate", "b1", "b2", "eps"} <= set(inspect.signature(optax.adam).parameters)


def test_where_gradients_are_large_the_penalty_inside_adam_hardly_decays():
    r"""“L2 penalty inside Adam, weight_decay of PyTorch's Adam | as in the first row, then divided by $\sqrt{\mathstrut v}$
    | where gradients are large, hardly any decay is left”"""
    left = []
    for size in (0.001, 1, 100):
        rng, w, m, v = np.random.default_rng(0), np.ones(500), 0, 0
        for t in range(1, 301):
            g = size * rng.normal(size=500) + 0.1 * w  # g ← g + decay · w
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            w = w - 0.001 * m / (1 - 0.9**t) / np.sqrt(v / (1 - 0.999**t))
        left.append(w.mean())
    assert left[0] < 0.8 < 0.95 < left[1] < left[2] and left[2] == pytest.approx(1, abs=0.005)


@of_a_framework()
def test_pytorch_s_adam_puts_the_penalty_into_the_gradient():
    """The row above, in PyTorch: its Adam with weight_decay makes the steps of Adam on g + decay · w."""
    torch = pytest.importorskip("torch")
    a, b = (torch.nn.Parameter(torch.tensor([2.0, -3.0])) for _ in range(2))
    one, other = torch.optim.Adam([a], lr=0.1, weight_decay=0.5), torch.optim.Adam([b], lr=0.1)
    for _ in range(5):
        a.grad, b.grad = torch.tensor([0.3, 4.0]), torch.tensor([0.3, 4.0]) + 0.5 * b.detach()
        one.step(), other.step()
        assert a.detach().numpy() == pytest.approx(b.detach().numpy(), rel=1e-5)


def test_with_small_batches_momentum_may_lower_the_limit():
    r"""“with small batches momentum may lower it.” “$m$ | the batch size, the number of points drawn for one update |
    mini-batches” “$L_{\max}$ | the largest curvature that a single point has, $\max \lVert x_i \rVert^2$ |
    mini-batches”"""
    x = np.random.default_rng(0).normal(size=(40, 1))
    curvatures = [np.linalg.eigvalsh(np.outer(one, one))[-1] for one in x]  # of ½(xᵢ·w − yᵢ)²
    assert max(curvatures) == pytest.approx(max(one @ one for one in x))

    def limit(beta, singles):
        for al in np.linspace(0.01, 12, 1200):
            each = [np.array([[1 - al * h, -al * beta], [h, beta]]) for h in singles]
            if np.abs(np.linalg.eigvals(np.mean([np.kron(A, A) for A in each], axis=0))).max() > 1:
                return al
        return None

    assert limit(0.9, [np.mean(curvatures)]) > 1.8 * limit(0, [np.mean(curvatures)])  # the full batch
    assert limit(0.9, curvatures) < limit(0, curvatures)  # batches of m = 1


def test_inf_is_too_large_and_nan_is_where_no_value_would_be_right():
    """“inf, nan | too large for the format; no value would be right | overflow”"""
    with np.errstate(all="ignore"):
        for kind in (np.float16, np.float32, np.float64):
            assert np.isinf(np.finfo(kind).max * kind(2))
            assert np.isnan(kind(np.inf) - kind(np.inf)) and np.isnan(kind(0) / kind(0))


@of_a_framework()
def test_the_formats_have_16_16_32_and_64_bits():
    """“fp16, bf16, fp32, fp64 | number formats of 16, 16, 32 and 64 bits; elsewhere half, bfloat16, single and double |
    sixteen bits”"""
    names = np.half, np.single, np.double
    assert [8 * np.dtype(one).itemsize for one in names] == [16, 32, 64]
    torch = pytest.importorskip("torch")
    assert [8 * one.itemsize for one in (torch.half, torch.bfloat16, torch.float, torch.double)] == [
        16,
        16,
        32,
        64,
    ]


def test_a_loss_scaler_multiplies_the_loss_and_divides_the_gradients():
    """“scale | what a loss scaler multiplies the loss by, and divides the gradients by | sixteen bits”"""
    scale, x = 1024.0, np.float16(3e-8)
    assert np.float16(x / 4) == 0  # a gradient too small for fp16
    scaled = np.float16(scale * float(x) / 4)
    assert float(scaled) / scale == pytest.approx(float(x) / 4, rel=0.01)


def test_the_letters_of_depth_cases_and_overflow():
    r"""“$T$, $h_t$, $W$ | the number of steps or layers that a weight acts in; what is remembered after $t$ of them; the
    matrix that takes it one further | depth” “$R$, $k$ | the growth of a printed weight from one print to the next, and
    the number of updates between them | cases” “$L_0$ | how far a loss stands above its floor at the start | overflow”"""
    W, T = np.random.default_rng(0).normal(size=(3, 3)), 6
    h = np.ones(3)
    for t in range(1, T + 1):
        h = W @ h
        assert h == pytest.approx(np.linalg.matrix_power(W, t) @ np.ones(3))
    alpha, lam, k, w, floor, shown, losses = 0.1, 31, 5, 1.0, 3.0, [], []
    for n in range(16):
        shown += [w] * (n % k == 0)
        losses.append(floor + lam * w**2 / 2)
        w -= alpha * lam * w
    R = shown[2] / shown[1]
    assert np.isclose(R, (1 - alpha * lam) ** k)
    r, L_0 = (alpha * lam - 1) ** 2, losses[0] - floor
    assert [one - floor for one in losses] == pytest.approx([L_0 * r**t for t in range(16)])
