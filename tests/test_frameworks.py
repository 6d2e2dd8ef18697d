"""The page on frameworks: each remedy, run in each framework, gives the losses of numpy.

Each program runs in a process of its own, on the processor. Where a framework is missing, its tests
are skipped; ``uv run --group frameworks pytest tests/test_frameworks.py`` runs them all.
"""

import json
import re

import numpy as np
import pytest

from apart import last_line, skip_without
from conftest import ROOT, SNIPPETS, names_of
from weave.program import sections

pytestmark = pytest.mark.xdist_group("frameworks")  # one worker runs each framework once

FOLDER = SNIPPETS / "frameworks"
PAGE = (ROOT / "docs" / "frameworks.md").read_text(encoding="utf-8")
NEEDS = {
    "pytorch": ["torch"],
    "tensorflow_keras": ["tensorflow", "keras"],
    "jax_optax": ["jax", "optax"],
}
TABS = {"PyTorch": "pytorch", "Keras": "tensorflow_keras", "JAX": "jax_optax"}
PARTS = {name: [part.name for part in sections(FOLDER / f"{name}.py")] for name in NEEDS}
EXACT = [  # the others explode, and an explosion magnifies rounding
    "rate",
    "resume",
    "standardise",
    "mean",
    "init",
    "clip-norm",
    "clip-value",
    "momentum",
    "nesterov",
    "adam",
    "warm-up",
    "line-search",
    "range-test",
]
REMEDIES = ["failing", *EXACT, "stop-at-nan"]
NINE_DIGITS = 1e-9

# What each program's names make possible after its run: sentences of the page about this framework.
MORE = {
    "pytorch": """
def schedule_and_momentum():
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=3e-4, momentum=0.9)
    ramp = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=9)
    return train(net, optimizer, after_step=ramp.step)
def anomaly():  # the losses before it speaks, and what it says
    net, losses = model(), []
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    torch.autograd.set_detect_anomaly(True)
    try:
        train(net, optimizer, updates=1000, watch=lambda loss: losses.append(loss.item()))
    except RuntimeError as error:
        return [len(losses), str(error)]
class Root(nn.Module):  # its loss is 1 at the start, and its gradient nan
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(3))
    def forward(self, X):
        return 1 + (self.w**2).sum().sqrt()
def at_a_root(**tests):  # the losses, and the weights at the stop, with the tests of the program
    global net
    net = Root()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    return [train(net, optimizer, cost=lambda said, y: said, updates=5, **tests), net.w.tolist()]
def rate_after(make, *, anew=False, base=False, forget=False):  # a scheduler, a lower rate, three updates
    weight = torch.ones(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.01)
    scheduler = make(optimizer)
    for t in range(8):
        if t == 5:
            for group in optimizer.param_groups:
                group["lr"] = 1e-4
                if forget:
                    group.pop("initial_lr", None)
            if base:
                scheduler.base_lrs = [1e-4]
            if anew:
                scheduler = make(optimizer)
        optimizer.zero_grad()
        weight.sum().backward()
        optimizer.step()
        scheduler.step()
    return optimizer.param_groups[0]["lr"]
def constant(optimizer):
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: 1.0)
def restarts(optimizer):
    return torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 1000)
def two_groups():  # the rates after a checkpoint is loaded, and after only the first is set
    parts = [{"params": [torch.ones(1, requires_grad=True)]} for _ in range(2)]
    old, new = torch.optim.SGD(parts, lr=1e-4), torch.optim.SGD([dict(part) for part in parts], lr=1e-5)
    new.load_state_dict(old.state_dict())
    rates = [group["lr"] for group in new.param_groups]
    new.param_groups[0]["lr"] = 1e-5
    return rates + [group["lr"] for group in new.param_groups]
def blamed(what):  # the operation that anomaly mode names; the gradient, where it says nothing
    w = torch.tensor([800.0, 0.0], requires_grad=True)
    try:
        with torch.autograd.detect_anomaly(check_nan=True):
            what(w).backward()
    except RuntimeError as error:
        return str(error)
    return w.grad.tolist()
def softmax(w):  # inf/inf in a division of the forward pass
    power = torch.exp(w)
    return -torch.log(power / power.sum())[1]
import warnings
warnings.simplefilter("ignore")  # anomaly mode warns that it is slow
more = {
    "largest weight": max(part.abs().max().item() for part in net.parameters()),  # of stop-at-nan
    "loss tested": at_a_root(watch=bad_loss),
    "both tested": at_a_root(watch=bad_loss, before_step=bad_gradient),
    "two groups": two_groups(),
    "lambda": [rate_after(constant), rate_after(constant, base=True)],
    "anew": [rate_after(make, anew=True) for make in (constant, restarts)],
    "forgotten": [rate_after(make, anew=True, forget=True) for make in (constant, restarts)],
    "forward": blamed(softmax),
    "data": blamed(lambda w: (w + torch.tensor([0.0, float("nan")])).sum()),
    "default loss": nn.MSELoss()(model()(X), y).item(),
    "schedule and momentum": schedule_and_momentum(),
    "spread": torch.std(X, dim=0).tolist(),
    "anomaly": anomaly(),
}
""",
    "tensorflow_keras": """
ramp = keras.optimizers.schedules.PolynomialDecay(3e-5, 9, 3e-4)
longer = keras.optimizers.schedules.ExponentialDecay(1e-6, 99, 1e6)
class Losses(keras.callbacks.Callback):
    def __init__(self, reset):
        super().__init__()
        self.reset, self.seen = reset, []
    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(float(logs["loss"]))
        if self.reset:
            self.model.reset_metrics()
def four_batches(reset):
    net, losses = model(), Losses(reset)
    net.compile(keras.optimizers.SGD(1e-5), half_sum)
    net.fit(people, pressure, batch_size=25, shuffle=False, verbose=0, callbacks=[losses])
    return losses.seen
def set_after_a_schedule():  # the error, and whether a new optimiser keeps the weights
    net = model()
    train(net, keras.optimizers.SGD(ramp), updates=2)
    before = net.get_weights()
    try:
        net.optimizer.learning_rate = 1e-4
    except TypeError as error:
        net.compile(keras.optimizers.SGD(1e-5), half_sum)
        same = all(np.array_equal(a, b) for a, b in zip(before, net.get_weights()))
        return [str(error), same, float(net.optimizer.learning_rate)]
more = {
    "set": set_after_a_schedule(),
    "ramp": [float(ramp(t)) for t in range(20)],
    "longer": [float(longer(t)) for t in range(100)],
    "default loss": train(model(), keras.optimizers.SGD(1e-4), loss="mse", updates=1)[0],
    "schedule and momentum": train(model(), keras.optimizers.SGD(ramp, momentum=0.9)),
    "clipnorm": train(model(), keras.optimizers.SGD(1e-3, clipnorm=100)),
    "default adam": train(model(), keras.optimizers.Adam(0.01)),
    "shown": four_batches(reset=False),
    "each": four_batches(reset=True),
}
""",
    "jax_optax": """
ramp = optax.warmup_constant_schedule(3e-5, 3e-4, 9)
def stopped_by(what):
    seen = []
    with what(True):
        try:
            train(optax.sgd(1e-3), updates=1000, watch=seen.append)
        except FloatingPointError as error:
            return [len(seen), str(error)]
def rates(make):  # what a new optimiser of 1e-5 does with the state of an old one of 1e-4
    old, new = make(1e-4), make(1e-5)
    state = old.init(params)
    _, state = old.update(jax.grad(half_sum)(params, X, y), state, params)
    still = jax.tree.map(jnp.zeros_like, params)  # so that what moves is the momentum of the old
    moved, at_first = new.update(still, state, params)[0], old.update(still, state, params)[0]
    return float(moved["last"]["b"][0] / at_first["last"]["b"][0])
more = {
    "plain": rates(lambda alpha: optax.sgd(alpha, momentum=0.9)),
    "injected": rates(lambda alpha: optax.inject_hyperparams(optax.sgd)(learning_rate=alpha, momentum=0.9)),
    "ramp": [float(jax.jit(ramp)(jnp.int32(t))) for t in range(20)],
    "longer": [float(jax.jit(longer)(jnp.int32(t))) for t in range(100)],
    "schedule and momentum": train(optax.sgd(ramp, momentum=0.9)),
    "clipped after": train(optax.chain(optax.sgd(1e-3), optax.clip_by_global_norm(100))),
    "nans": stopped_by(jax.debug_nans),
}
""",
}


def run_of(framework):
    """What the program of a framework leaves in ``losses``, and what the code above finds."""
    skip_without(NEEDS[framework])
    code = (FOLDER / f"{framework}.py").read_text(encoding="utf-8") + MORE[framework]
    code += "\nimport json\nprint()\nprint(json.dumps({'losses': losses, 'more': more}))\n"
    return json.loads(last_line(code, ROOT, "error"))


def descend(step, updates=20, X=None, start=None, share=1.0, enough=None):
    """The losses of gradient descent on the network of Networks, each ``step(t, w, g)`` a change of w."""
    net = names_of("networks")
    task = (net.people if X is None else X, *net.raw[1:])
    w, losses = net.start(net.raw[2]) if start is None else start, []
    for t in range(updates):
        loss, g = net.gradient(w, task)
        losses.append(share * loss)
        if enough and enough(losses):
            break
        w = w + step(t, w, share * g)
    return np.array(losses)


def plain(alpha, clip=lambda g: g):
    return lambda t, w, g: -alpha * clip(g)


def scheduled(rates):
    return lambda t, w, g: -rates[t] * g


def shortened(longest, more=0.0):
    return lambda g: g * min(1, longest / (np.linalg.norm(g) + more))


def with_momentum(rates, beta=0.9, nesterov=False, inside=False):
    """Momentum with the rate outside its memory v, or inside, which is the same for a constant rate."""
    v = 0.0

    def step(t, w, g):
        nonlocal v
        v = beta * v + (rates[t] * g if inside else g)
        change = v if inside else rates[t] * (g + beta * v if nesterov else v)
        return -change

    return step


def adam(alpha, betas=(0.9, 0.999), powers=(0.9, 0.999), epsilon=1e-8, epsilon_hat=False):
    """``powers``: the betas of the bias correction. ``epsilon_hat``: epsilon is added before it."""
    m = v = 0.0

    def step(t, w, g):
        nonlocal m, v
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        first, second = (1 - power ** (t + 1) for power in powers)
        added = epsilon / np.sqrt(second) if epsilon_hat else epsilon
        return -alpha * (m / first) / (np.sqrt(v / second) + added)

    return step


def searched(t, w, g):
    net, alpha = names_of("networks"), 1e-3
    before = net.gradient(w, net.raw)[0]
    while net.gradient(w - alpha * g, net.raw)[0] > before - 1e-4 * alpha * (g @ g):
        alpha /= 2
    return -alpha * g


RAMP = [3e-4 * min(1, (t + 1) / 10) for t in range(20)]
LONGER = [1e-6 * 10 ** (6 * t / 99) for t in range(100)]


def thousandfold(losses):
    return not losses[-1] <= 1000 * losses[0]


def in_single(*numbers):
    return [float(np.float32(number)) for number in numbers]


def reference(framework, remedy):
    """What numpy says. A comment stands where a framework computes something a little different."""
    net = names_of("networks")
    keras, torch = framework == "tensorflow_keras", framework == "pytorch"
    beta, power = in_single(0.9, 0.999) if keras else (0.9, 0.999)
    more = run_of(framework)["more"]
    standard = (net.people - net.people.mean(axis=0)) / net.people.std(axis=0)
    zeroed = net.start(net.raw[2])
    zeroed[150:200] = 0
    with np.errstate(all="ignore"):
        return {
            "failing": lambda: descend(plain(1e-3)),
            "rate": lambda: descend(plain(1e-4)),
            "resume": lambda: descend(scheduled([1e-4] * 20 + [1e-5] * 20), 40)[20:],
            "standardise": lambda: descend(plain(1e-3), X=standard),
            "mean": lambda: descend(plain(1e-3), share=1 / 100),
            "init": lambda: descend(plain(1e-4), start=zeroed),
            # PyTorch divides by the norm + 1e-6
            "clip-norm": lambda: descend(plain(1e-3, shortened(100, 1e-6 if torch else 0))),
            "clip-value": lambda: descend(plain(1e-3, lambda g: np.clip(g, -10, 10))),
            # Keras rounds its betas to single precision on their way into a tensor
            "momentum": lambda: descend(with_momentum([1e-4] * 20, beta)),
            "nesterov": lambda: descend(with_momentum([1e-4] * 20, beta, nesterov=True)),
            "adam": lambda: descend(adam(0.01, powers=(beta, power), epsilon_hat=keras)),
            # the schedules of Keras and optax compute in single precision
            "warm-up": lambda: descend(scheduled(RAMP if torch else more["ramp"])),
            "line-search": lambda: descend(searched),
            "range-test": lambda: descend(
                scheduled(LONGER if torch else more["longer"]), 100, enough=thousandfold
            ),
            "stop-at-nan": lambda: descend(plain(1e-3), 300),
        }[remedy]()


@pytest.mark.parametrize("remedy", EXACT)
@pytest.mark.parametrize("framework", NEEDS)
def test_each_remedy_has_the_losses_of_numpy_to_nine_digits(framework, remedy):
    found, wanted = run_of(framework)["losses"][remedy], reference(framework, remedy)
    assert len(found) == len(wanted) >= 20
    np.testing.assert_allclose(found, wanted, rtol=NINE_DIGITS)


def test_numpy_s_losses_here_are_those_of_the_chapter_fixes():
    fixes = names_of("fixes")
    for wanted, task, alpha, step in (
        (descend(plain(1e-4)), fixes.raw, 1e-4, fixes.plain),
        (descend(plain(1e-3), X=fixes.standard), fixes.scaled, 1e-3, fixes.plain),
        (descend(plain(1e-3, shortened(100))), fixes.raw, 1e-3, fixes.clip_norm),
        (descend(plain(1e-3, lambda g: np.clip(g, -10, 10))), fixes.raw, 1e-3, fixes.clip_value),
        (descend(with_momentum([1e-4] * 20)), fixes.raw, 1e-4, fixes.momentum),
        (descend(with_momentum([1e-4] * 20, nesterov=True)), fixes.raw, 1e-4, fixes.nesterov),
        (descend(adam(0.01)), fixes.raw, 0.01, fixes.adam),
        (descend(scheduled(RAMP)), fixes.raw, 3e-4, fixes.warm_up),
        (descend(searched), fixes.raw, fixes.search, fixes.plain),
    ):
        np.testing.assert_allclose(fixes.descend(fixes.w, task, alpha, 19, step), wanted, rtol=NINE_DIGITS)


@pytest.mark.parametrize("framework", NEEDS)
def test_the_exploding_run_agrees_for_nine_losses_then_roughly_and_grows_by_the_same_factor(framework):
    found, wanted = run_of(framework)["losses"], reference(framework, "failing")
    np.testing.assert_allclose(found["failing"][:9], wanted[:9], rtol=NINE_DIGITS)
    np.testing.assert_allclose(found["failing"], wanted, rtol=0.3)
    assert found["failing"][8] > 1e12
    assert found["failing"][19] > 1e26
    growth = np.divide(found["stop-at-nan"][41:201], found["stop-at-nan"][40:200])
    np.testing.assert_allclose(growth, (0.001 * 5100 - 1) ** 2, rtol=NINE_DIGITS)


def test_the_slope_of_a_nearly_saturated_unit_is_little_but_rounding():
    """Twice the same run in numpy: with the slope 1 − tanh² from the rounded tanh, and from its input."""
    net, runs, seen = names_of("networks"), [], {}

    def bend(z):
        seen["z"] = z
        return np.tanh(z)

    def from_its_input(h):
        if h.shape != seen["z"].shape:  # asked for the inputs too, and not used
            return 1.0
        small = np.exp(-2 * np.abs(seen["z"]))
        return 4 * small / (1 + small) ** 2

    for slope in net.tanh[1], from_its_input:
        task, w, losses = (*net.raw[:3], (bend, slope)), net.start(net.raw[2]), []
        for _ in range(20):
            loss, g = net.gradient(w, task)
            losses.append(loss)
            w = w - 1e-3 * g
        runs.append(np.array(losses))
    apart = np.abs(runs[1] / runs[0] - 1)
    assert apart[:9].max() < NINE_DIGITS
    assert apart.max() > 0.01


@pytest.mark.parametrize("framework", NEEDS)
def test_stop_at_nan_stops_where_the_next_loss_is_not_finite(framework):
    """What overflows: in PyTorch the square of the gradient's norm, which is 10,200 times the loss of a
    saturated network (100 people, 51 values of size 1); in Keras the loss times 100 people; in JAX the loss."""
    losses = np.array(run_of(framework)["losses"]["stop-at-nan"])
    finite = losses[np.isfinite(losses)]
    assert list(losses[len(finite) :]) == ([np.inf] if framework == "tensorflow_keras" else [])
    largest = (
        np.finfo(float).max / {"pytorch": 10_200 / 16.81, "tensorflow_keras": 100, "jax_optax": 1}[framework]
    )
    assert largest / 16.81 < finite[-1] < largest
    early = 3 if framework == "pytorch" else 0  # a few updates before the loss is inf, as the page says
    wanted = np.isfinite(reference(framework, "stop-at-nan")).sum()
    assert abs(len(finite) + early - wanted) <= 1


def test_zeros_at_the_start_do_not_lift_the_limit_of_the_run():
    net = names_of("networks")
    zeroed = net.start(net.raw[2])
    zeroed[150:200] = 0
    for start in (None, zeroed):
        assert descend(plain(0.00039), 200, start=start).max() < 10_000
        assert descend(plain(0.00041), 200, start=start).max() > 1e15


@pytest.mark.parametrize("framework", NEEDS)
def test_the_range_test_explodes_near_a_rate_of_0_0014(framework):
    losses = run_of(framework)["losses"]["range-test"]
    assert losses[-1] > 1000 * losses[0] >= losses[-2]
    assert LONGER[len(losses) - 2] == pytest.approx(0.0014, rel=0.1)


def test_momentum_and_a_schedule_give_another_run_in_keras():
    inside = descend(with_momentum(RAMP, inside=True))
    outside = descend(with_momentum(RAMP))
    for framework, wanted in ("pytorch", outside), ("jax_optax", outside), ("tensorflow_keras", inside):
        found = run_of(framework)["more"]["schedule and momentum"]
        np.testing.assert_allclose(found, wanted, rtol=1e-4)  # rates and betas in single precision
    assert inside[-1].round() == 237
    assert outside[-1].round() == 2318


def test_the_clipnorm_of_keras_clips_each_variable_on_its_own():
    def each(g):
        parts = np.split(g, [100, 150, 200])
        return np.concatenate([shortened(100)(part) for part in parts])

    losses = run_of("tensorflow_keras")
    np.testing.assert_allclose(losses["more"]["clipnorm"], descend(plain(1e-3, each)), rtol=NINE_DIGITS)
    assert round(losses["more"]["clipnorm"][-1], 1) == 39.6
    assert round(losses["losses"]["clip-norm"][-1], 1) == 45.2


def test_the_default_losses_are_means_without_the_half():
    half_sum = descend(plain(1e-4), 1)[0]
    for framework in "pytorch", "tensorflow_keras":
        assert run_of(framework)["more"]["default loss"] * 50 == pytest.approx(half_sum, rel=NINE_DIGITS)


def test_keras_shows_the_mean_of_the_losses_so_far_unless_its_metrics_are_reset():
    more = run_of("tensorflow_keras")["more"]
    so_far = np.cumsum(more["each"]) / np.arange(1, 5)
    np.testing.assert_allclose(more["shown"], so_far, rtol=1e-6)
    assert not np.allclose(more["shown"][1:], more["each"][1:], rtol=0.01)


def test_the_spread_of_torch_divides_by_one_less():
    people = names_of("networks").people
    np.testing.assert_allclose(run_of("pytorch")["more"]["spread"], people.std(axis=0, ddof=1))
    assert not np.allclose(people.std(axis=0, ddof=1), people.std(axis=0), rtol=1e-3)


def test_anomaly_detection_and_debug_nans_let_inf_pass_and_stop_later():
    losses = run_of("pytorch")["losses"]["stop-at-nan"]
    updates, message = run_of("pytorch")["more"]["anomaly"]
    assert updates > len(losses)
    assert "TanhBackward0" in message and "nan" in message
    updates, message = run_of("jax_optax")["more"]["nans"]
    assert updates > len(run_of("jax_optax")["losses"]["stop-at-nan"])
    assert "nan" in message


def test_a_loss_that_is_tested_alone_lets_a_nan_into_the_weights_and_both_tests_do_not():
    """ "Test the loss before `backward()` and the norm of the gradient before `step()`", with the page's lines."""
    assert "The loss alone is not enough: at √0 it is fine while the gradient is nan." in PAGE
    losses, weights = run_of("pytorch")["more"]["loss tested"]
    assert losses[0] == 1 and np.isnan(losses[1:]).all() and np.isnan(weights).all()
    losses, weights = run_of("pytorch")["more"]["both tested"]
    assert losses == [1] and weights == [0, 0, 0]


def test_weights_that_are_finite_at_the_stop_are_not_good_weights():
    assert "by then the largest is above 10¹⁴⁹" in PAGE
    assert 1e149 < run_of("pytorch")["more"]["largest weight"] < 1e150


def test_a_loaded_optimiser_brings_its_old_rate_back_in_every_group():
    """ "Set the rate *after* loading a checkpoint … in every parameter group." """
    assert run_of("pytorch")["more"]["two groups"] == [1e-4, 1e-4, 1e-5, 1e-4]


def test_a_scheduler_puts_the_old_rate_back_unless_the_groups_forget_it():
    more = run_of("pytorch")["more"]
    assert more["lambda"] == [0.01, 1e-4]  # it reads base_lrs
    np.testing.assert_allclose(more["anew"], 0.01, rtol=1e-3)  # the groups still hold initial_lr
    np.testing.assert_allclose(more["forgotten"], 1e-4, rtol=1e-3)


def test_keras_refuses_a_rate_where_a_schedule_sets_it_and_a_new_optimiser_keeps_the_weights():
    message, same, rate = run_of("tensorflow_keras")["more"]["set"]
    assert "not settable" in message and same
    assert rate == pytest.approx(1e-5)


def test_optax_keeps_the_rate_in_the_state_only_where_it_is_injected():
    more = run_of("jax_optax")["more"]
    assert more["plain"] == pytest.approx(0.1)  # the new rate, and the old momentum
    assert more["injected"] == pytest.approx(1)  # a loaded state brings the old rate back


def test_with_adam_a_sum_and_a_mean_are_the_same_run():
    """ "With Adam you need not, because its step does not depend on the scale of the loss." """
    fixes = names_of("fixes")
    for task, apart in (fixes.raw, 1e-4), (fixes.scaled, 1e-6):
        summed = fixes.descend(fixes.w, task, 0.01, 100, fixes.adam)
        mean = fixes.descend(fixes.w, task, 0.01, 100, lambda g, kept, t: fixes.adam(g / 100, kept, t))
        np.testing.assert_allclose(mean, summed, rtol=apart)
    plain = fixes.descend(fixes.w, fixes.scaled, 1e-3, 100)
    assert not np.allclose(fixes.descend(fixes.w, fixes.scaled, 1e-3, 100, fixes.mean), plain, rtol=0.1)


def test_anomaly_detection_looks_at_the_backward_pass_alone():
    assert "a nan of the forward pass it blames on an operation further on, or never mentions" in PAGE
    more = run_of("pytorch")["more"]
    assert "LogBackward0" in more["forward"] and "nan" in more["forward"]  # it was the division
    assert more["data"] == [1, 1]  # the loss is nan, and nothing was said


def test_clipping_after_the_rate_in_optax_is_another_remedy():
    assert run_of("jax_optax")["more"]["clipped after"][-1] > 1e6


def test_the_epsilon_of_keras_is_not_the_default_of_the_others():
    found = run_of("tensorflow_keras")["more"]["default adam"]
    beta, power = in_single(0.9, 0.999)
    wanted = descend(adam(0.01, powers=(beta, power), epsilon=1e-7, epsilon_hat=True))
    np.testing.assert_allclose(found, wanted, rtol=NINE_DIGITS)


@pytest.mark.parametrize("framework", ["tensorflow_keras", "jax_optax"])
def test_a_schedule_of_keras_or_optax_has_seven_digits(framework):
    more = run_of(framework)["more"]
    for rates, wanted in (more["ramp"], RAMP), (more["longer"], LONGER):
        np.testing.assert_allclose(rates, wanted, rtol=1e-6)
        assert not np.allclose(rates, wanted, rtol=1e-8, atol=0)


# ── The programs and the page ────────────────────────────────────────────────────────────────────


def test_the_three_programs_have_the_same_sections_in_the_same_order():
    assert PARTS["pytorch"] == PARTS["tensorflow_keras"] == PARTS["jax_optax"]
    assert PARTS["pytorch"] == ["data", "model", "train", *REMEDIES, "compare"]


@pytest.mark.parametrize("framework", NEEDS)
def test_a_section_is_short_enough_to_be_read(framework):
    for part in sections(FOLDER / f"{framework}.py"):
        lines = [line for line in part.code.splitlines() if line.strip()]
        assert len(lines) <= 15, f"section '{part.name}' has {len(lines)} lines"
        assert max(map(len, lines)) <= 76, f"section '{part.name}' is too wide for a page"


def test_no_program_hides_a_framework_by_its_name():
    programs = {path.stem for path in FOLDER.glob("*.py")}
    assert {name for name in programs if not name.startswith(("logging_", "measure_"))} == set(
        NEEDS
    )  # tests/test_logging.py
    assert not programs & {
        "torch",
        "keras",
        "tensorflow",
        "jax",
        "optax",
        "lightning",
        "transformers",
        "numpy",
    }


def test_the_page_shows_each_section_once_in_three_tabs_in_order():
    page = (ROOT / "docs" / "frameworks.md").read_text(encoding="utf-8")
    tab = '=== "{}"\n\n    ```python\n    --8<-- "frameworks/{}.py:{}"\n    ```\n'
    wanted = [
        "\n".join(tab.format(label, stem, name) for label, stem in TABS.items()) for name in PARTS["pytorch"]
    ]
    found = re.findall(r'(?:^=== "[^"]*"\n\n(?:    .*\n)+\n?)+', page, re.MULTILINE)
    assert [block.strip() for block in found] == [block.strip() for block in wanted]
    assert page.count("```") == 2 * 3 * len(wanted)  # nothing typed by hand beside them
    headings = re.findall(r"^## .*$", page, re.MULTILINE)
    assert len(headings) >= len(REMEDIES)


def test_the_page_names_no_version_which_would_grow_old():
    page = (ROOT / "docs" / "frameworks.md").read_text(encoding="utf-8")
    assert not re.search(r"(?i)(torch|keras|tensorflow|jax|optax|version)[ =]+v?\d", page)


def test_the_programs_can_be_taken_from_the_built_site_and_the_page_shows_their_code(site):
    from bs4 import BeautifulSoup

    page = BeautifulSoup((site / "frameworks" / "index.html").read_text(encoding="utf-8"), "lxml")
    for label, stem in TABS.items():
        program = FOLDER / f"{stem}.py"
        assert (site / "snippets" / "frameworks" / f"{stem}.py").read_bytes() == program.read_bytes()
        assert page.select(f"a[href$='snippets/frameworks/{stem}.py']")
        shown = []
        for tabs in page.select(".tabbed-set"):
            place = [tab.get_text() for tab in tabs.select("label")].index(label)
            shown.append(tabs.select(".tabbed-block")[place].select_one("code").get_text().strip("\n"))
        assert shown == [part.code.strip("\n") for part in sections(program)]


def test_a_missing_framework_is_skipped_with_its_cure(monkeypatch):
    monkeypatch.setitem(NEEDS, "nowhere", ["a_framework_that_is_nowhere"])
    with pytest.raises(pytest.skip.Exception, match="uv run --group frameworks pytest"):
        run_of("nowhere")
