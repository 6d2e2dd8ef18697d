"""The page on frameworks: its lines, set into an ordinary loop, give the losses of numpy and do what it says.

The lines of a framework run in a process of its own, on the processor (``tests/lines/in_….py``). Where a
framework is missing, its tests are skipped; ``uv run --group frameworks pytest tests/test_frameworks.py`` runs
them all.
"""

import csv
import functools
import importlib.util
import json
import re
from pathlib import Path

import numpy as np
import pytest

import readlog
from apart import LINES, last_line, skip_without
from conftest import ROOT, markdown_of
from lines.reference import (
    PEOPLE,
    START,
    adam,
    descend,
    each_shortened,
    gradient,
    in_single,
    plain,
    scheduled,
    shortened,
    with_momentum,
)
from lines.woven import FOLDER, pieces, trained, woven
from proven import proven_by
from weave.program import sections

pytestmark = [
    pytest.mark.xdist_group("frameworks"),  # one worker runs each framework once
    proven_by(*LINES, "docs/frameworks.md", "tests/lines/*"),
]

PAGE = markdown_of("frameworks")
NEEDS = {
    "pytorch": ["torch"],
    "keras": ["tensorflow", "keras"],
    "jax": ["jax", "optax"],
    "trainers": ["torch", "lightning", "transformers", "accelerate"],
}
TABS = {
    "PyTorch": "pytorch",
    "Keras": "keras",
    "Lightning": "lightning",
    "Hugging Face": "transformers",
    "JAX": "jax",
}
THREE = ["pytorch", "keras", "jax"]
EXACT = ["start", "resume", "standardise", "clip", "clip-value", "momentum", "nesterov", "adam", "adamw"]
EXACT += ["warm-up", "range-test"]
NINE_DIGITS = 1e-9


@pytest.fixture(scope="session")
def found(tmp_path_factory):
    """A function: what the lines of a framework do, as its process found it."""
    folder = functools.cache(tmp_path_factory.mktemp)

    def of(name):
        skip_without(NEEDS[name])
        paths = [str(ROOT / "tests"), str(ROOT / "scripts")]
        code = f"import sys\nsys.path[:0] = {paths}\n"
        code += (ROOT / "tests/lines" / f"in_{name}.py").read_text(encoding="utf-8")
        return json.loads(last_line(code, folder(name), NEEDS[name], strict=True))

    return of


# ── The losses of each remedy ────────────────────────────────────────────────────────────────────


def warmed(t):
    """The share of the rate that PyTorch's lines and Lightning's give update t."""
    return min(1, (t + 1) / 100) * (1 + np.cos(np.pi * min(1, t / 10_000))) / 2


def reference(framework, remedy, rates):
    """What numpy says. A comment stands where a framework computes something a little different."""
    keras, torch = framework == "keras", framework == "pytorch"
    beta, power = in_single(0.9, 0.999) if keras else (0.9, 0.999)
    spread = PEOPLE.std(axis=0, ddof=1 if torch else 0)  # torch divides by n - 1
    zeroed = START.copy()
    zeroed[150:200] = 0
    # Keras adds its ε before it corrects the bias
    adams = {"powers": (beta, power), "epsilon_hat": keras}
    return {
        "start": lambda: descend(plain(1e-4), start=zeroed),
        "resume": lambda: descend(scheduled([1e-4] * 20 + [1e-5] * 20), 40)[20:],
        "standardise": lambda: descend(plain(1e-3), X=(PEOPLE - PEOPLE.mean(axis=0)) / spread),
        # PyTorch divides by the norm + 1e-6
        "clip": lambda: descend(plain(1e-3, shortened(1, 1e-6 if torch else 0))),
        "clip-value": lambda: descend(plain(1e-3, lambda g: np.clip(g, -0.1, 0.1))),
        # Keras rounds its betas to single precision on their way into a tensor
        "momentum": lambda: descend(with_momentum([1e-4] * 20, beta)),
        "nesterov": lambda: descend(with_momentum([1e-4] * 20, beta, nesterov=True)),
        "adam": lambda: descend(adam(1e-3, **adams)),
        "adamw": lambda: descend(adam(1e-3, decay=0.1, epsilon=1e-7 if keras else 1e-8, **adams)),
        # the schedules of Keras and optax compute in single precision
        "warm-up": lambda: descend(scheduled([1e-3 * warmed(t) for t in range(20)] if torch else rates)),
        "range-test": lambda: descend(scheduled(rates), 200, enough=lambda so: so[-1] > 1000 * min(so)),
    }[remedy]()


@pytest.mark.parametrize("remedy", EXACT)
@pytest.mark.parametrize("framework", THREE)
def test_each_remedy_has_the_losses_of_numpy_to_nine_digits(found, framework, remedy):
    """“Tests run every block in such a loop, most on the failing run of this course, and compare its losses
    with those of numpy, to nine digits where numpy can compute the same.”"""
    run = found(framework)
    rates = run["range"] if remedy == "range-test" else run.get("rates")
    wanted = reference(framework, remedy, rates)
    assert len(run["losses"][remedy]) == len(wanted) >= 20
    np.testing.assert_allclose(run["losses"][remedy], wanted, rtol=NINE_DIGITS)


@pytest.mark.parametrize("framework", TABS.values())
def test_the_loop_alone_is_the_failing_run_of_networks_and_two_explosions_part(found, framework):
    """“In a run that explodes they part in any case, because an explosion magnifies rounding errors too.”"""
    run = found(framework)["losses"] if framework in THREE else found("trainers")[framework]
    losses, wanted = run["loop"], descend(plain(1e-3))
    assert len(losses) == 20
    assert round(losses[0]) == 7491 and losses[19] > 1e26
    np.testing.assert_allclose(losses[:9], wanted[:9], rtol=NINE_DIGITS)
    np.testing.assert_allclose(losses, wanted, rtol=0.3)


@pytest.mark.parametrize("name", ["lightning", "transformers"])
def test_both_trainers_clip_and_accumulate_as_numpy_does(found, name):
    """“It takes the mean over the four. Lightning It divides by four. Hugging Face It divides by four. For a model”"""
    run = found("trainers")[name]
    np.testing.assert_allclose(run["clip"], descend(plain(1e-3, shortened(1, 1e-6))), rtol=NINE_DIGITS)
    whole = found("trainers")["lightning"]["not accumulated"]
    np.testing.assert_allclose(run["accumulate"], whole, rtol=NINE_DIGITS)
    assert not np.allclose(run["accumulate"], found("trainers")["lightning"]["begin"], rtol=1e-6)


# ── See, stop, watch, find ───────────────────────────────────────────────────────────────────────


def test_what_is_printed_is_each_loss_and_the_box_reads_it(found):
    """“Paste what this prints into Read your own run.”"""
    for name in "pytorch", "jax":
        assert found(name)["shown"] == found(name)["losses"]["every-update"]
    trainer = found("trainers")["lightning"]["every-update"]
    assert [float(line) for line in trainer["said"]] == trainer["losses"]
    for text in "\n".join(trainer["said"]), "\n".join(map(str, found("keras")["each"])):
        assert readlog.read(text)["loss"] == [float(line) for line in text.split()]


def test_keras_shows_the_mean_of_the_losses_so_far_unless_its_metrics_are_reset(found):
    """“What a framework shows by itself may hide an explosion.” “Keras's own line is the mean of the epoch so
    far.”
    snippets/frameworks/lines_keras.py: “or it is the epoch's mean so far”"""
    run = found("keras")
    np.testing.assert_allclose(run["shown"], np.cumsum(run["each"]) / np.arange(1, 5), rtol=1e-6)
    assert not np.allclose(run["shown"][1:], run["each"][1:], rtol=0.01)


def test_the_trainer_shows_a_nan_as_0_unless_its_filter_is_off(found):
    """“By default the Trainer shows one mean over 500 updates, in which about the mean so far stands for every
    nan: with a line for each update, a nan is shown as 0.0.” “with a line for each update, a nan is shown
    as 0.0.”"""
    run = found("trainers")["transformers"]
    assert run["defaults"]["logging_steps"] == 500 and run["defaults"]["logging_nan_inf_filter"]
    assert run["filtered"] == [0.0] * 3 and np.isnan(run["every-update"]).all()


def test_both_tests_stop_before_a_nan_reaches_the_weights_and_one_alone_does_not(found):
    """“Test the loss before the backward pass, and the norm of the gradient before the step.” “The loss alone
    is not enough: at √0 it is fine while the gradient is nan.” “The gradient alone is not enough either:
    with a nan in a label the loss can be nan and the gradient fine.” “With both tests no nan reaches the
    weights.” “Nothing is changed in place, so the old weights are still there.”
    snippets/frameworks/lines_jax.py: “nothing was changed in place”"""
    for name in "pytorch", "jax":
        stop = found(name)["stop"]
        for case in "root", "missing":
            assert stop[case]["finite"] and stop[case]["kept"] and stop[case]["error"], case
            assert len(stop[case]["losses"]) == 1
        assert stop["root"]["losses"] == [1] and np.isnan(stop["missing"]["losses"][0])
        assert stop["explodes"]["finite"] and stop["explodes"]["kept"] and stop["explodes"]["error"]
        np.testing.assert_allclose(stop["trains"]["losses"], descend(plain(1e-3), 5), rtol=NINE_DIGITS)
        assert not stop["trains"]["error"]
    alone = found("pytorch")["stop"]["root, loss alone"]
    assert alone["losses"][0] == 1 and np.isnan(alone["losses"][1]) and not alone["finite"]
    assert "FloatingPointError" in found("pytorch")["stop"]["missing"]["error"]  # its gradient is fine
    assert not found("jax")["stop"]["without"]["finite"]


def test_finite_weights_are_not_good_weights(found):
    """“Finite weights are not good weights.” “When the failing run of Networks stops in this way, in float64,
    the largest of them is above 10¹⁴⁹.”"""
    assert 1e149 < found("pytorch")["stop"]["explodes"]["largest"] < 1e150


def test_the_line_that_stops_clips_with_your_own_threshold(found):
    """“If you clip, put your own max_norm there.”"""
    run = found("pytorch")
    assert run["stop"]["clips at 1"]["losses"] == run["losses"]["clip"]


def test_the_optimiser_of_keras_stops_before_any_weight_is_changed(found):
    """“TerminateOnNaN comes too late: it looks after the update, when the weights are spoilt.”
    snippets/frameworks/lines_keras.py: “all, before any weight”"""
    run = found("keras")
    for case in "nan", "root":
        stop = run["stop"][case]
        assert "InvalidArgumentError" in stop["error"] and stop["updates"] == 2
        assert np.isfinite(stop["weights"]).all()
    assert run["stop"]["nan"]["weights"] == run["two updates"]
    assert run["stop"]["trains"]["weights"] == run["four updates"] and not run["stop"]["trains"]["error"]
    assert np.isnan(run["terminate"]["weights"]).all()


def test_both_trainers_stop_before_a_nan_reaches_the_weights(found):
    """“This looks at the gradients alone.”"""
    begin = found("trainers")["lightning"]["begin"]
    for name in "lightning", "transformers":
        run = found("trainers")[name]
        assert run["stop root"]["error"] and run["stop root"]["losses"] == [1]
        assert run["stop root"]["weights"] == begin
        assert not run["stop trains"]["error"] and len(run["stop trains"]["losses"]) == 20
    assert found("trainers")["lightning"]["stop missing"]["weights"] == begin
    assert len(found("trainers")["transformers"]["stop missing"]["losses"]) == 20


def moved(rate, updates):
    """How far each update moves the weights, as a share of their length; with the norms of the gradient."""
    w, rows = START, []
    for _ in range(updates):
        g = gradient(w)[1]
        rows.append((np.linalg.norm(g), rate * np.linalg.norm(g) / np.linalg.norm(w)))
        w = w - rate * g
    return np.array(rows).T


@pytest.mark.parametrize("framework", ["pytorch", "jax"])
def test_the_watch_writes_loss_norm_and_share_and_stops_with_the_weights_from_before(found, framework):
    """“These lines write the loss, the norm of the gradient and how far the update moved the weights, as a
    share of their own length; and they stop before the weights are spoilt.” “You can give log.csv to Read
    your own run.”"""
    for case in "explodes", "root":
        run = found(framework)[f"watch {case}"]
        rows = list(csv.DictReader(run["log"].splitlines()))
        assert list(rows[0]) == ["step", "loss", "grad_norm", "moved"]
        assert [int(row["step"]) for row in rows] == list(range(len(run["losses"])))
        np.testing.assert_array_equal([float(row["loss"]) for row in rows], run["losses"])
        assert run["error"] and run["finite"] and run["kept"]
        assert not np.isfinite(float(rows[-1]["grad_norm"]))
        assert readlog.read(run["log"])["loss"] == run["losses"]
    rows = list(csv.DictReader(found(framework)["watch explodes"]["log"].splitlines()))
    norms, shares = moved(1e-3 if framework == "pytorch" else 1, 2)  # then rounding shows
    np.testing.assert_allclose([float(row["grad_norm"]) for row in rows[:2]], norms, rtol=1e-6)
    np.testing.assert_allclose([float(row["moved"]) for row in rows[:2]], shares, rtol=1e-6)


def test_the_watch_of_keras_puts_the_weights_from_before_back(found):
    """“A callback sees no gradient and is called after the update, so it keeps the weights from before, and
    puts them back.”
    snippets/frameworks/lines_keras.py: “those from before”"""
    run = found("keras")
    for case in "nan", "root", "constant", "explodes":
        watch = run["watch"][case]
        rows = np.array(watch["said"])
        assert np.isfinite(watch["weights"]).all() and not np.isfinite(rows[-1]).all(), case
        assert np.isfinite(rows[:-1]).all() and list(rows[:, 0]) == list(range(len(rows)))
    assert run["watch"]["nan"]["weights"] == run["two updates"]
    np.testing.assert_allclose(
        [row[2] for row in run["watch"]["explodes"]["said"]][:2], moved(1, 2)[1], rtol=1e-6
    )
    np.testing.assert_allclose(
        [row[1] for row in run["watch"]["nan"]["said"]][:2], run["each"][:2], rtol=1e-9
    )


def test_the_shares_that_the_page_names():
    """“The failing run moves them by 1.7 in its first update at 0.001, where it explodes, by 0.17 at 0.0001,
    and there by less and less, from the sixth on by less than 0.01.”
    docs/frameworks.md: “A share of 1 means that the update was as long as the weights themselves.”"""
    assert round(moved(1e-3, 1)[1][0], 1) == 1.7
    assert moved(1e-3 / moved(1e-3, 1)[1][0], 1)[1][0] == pytest.approx(1)  # of an update as long as they
    assert moved(1e-3 / moved(1e-3, 1)[1][0], 1)[1][0] == pytest.approx(1)  # of an update as long as they
    shares = moved(1e-4, 20)[1]
    assert (
        round(shares[0], 2) == 0.17
        and (np.diff(shares[:8]) < 0).all()
        and shares[5:].max() < 0.01 < shares[4]
    )


def test_a_hook_names_the_first_layer_whose_output_is_not_finite(found):
    """“It names the innermost module, and the largest number that went into it.” “Then something in this
    module has no answer for them: a log, a root, a division, a mask.”"""
    told = found("pytorch")["find"]
    assert told["huge"] == "block.power, given [800.0]"
    assert told["pair"] == "pair, given [2.0]"
    assert told["fine"] is None


def test_tensorflow_and_jax_name_the_operation(found):
    """“It runs the update again, operation by operation, and names the one at fault.” “debug_nans alone lets
    inf pass.”"""
    assert 'executing op "Log"' in found("keras")["find"]
    told = found("jax")["find"]
    assert "nan" in told["nan"] and "log" in told["nan"]
    assert "inf" in told["inf"] and "exp" in told["inf"]
    assert told["fine"] is None and np.isinf(told["nans alone"])


def test_anomaly_detection_looks_at_the_backward_pass_alone(found):
    """“torch.autograd.set_detect_anomaly(True) stops at the operation whose backward pass made a nan.” “It
    looks at nothing else: a nan of the forward pass it blames on an operation further on, or never
    mentions, and it lets inf pass.”"""
    told = found("pytorch")["anomaly"]
    assert "PowBackward0" in told["backward"] and "nan" in told["backward"]
    assert "LogBackward0" in told["forward"]  # it was the division
    assert told["data"] == [1, 1]  # the loss is nan, and nothing was said
    assert told["inf"] == [np.inf, 1]


# ── Rates ────────────────────────────────────────────────────────────────────────────────────────


def test_a_loaded_optimiser_brings_its_old_rate_back_in_every_group(found):
    """“Set the rate after loading a checkpoint, because a loaded optimiser brings its old rate back.”
    snippets/frameworks/lines_pytorch.py: “this brings the old rate back” “every group has its own”"""
    rates = found("pytorch")["rates"]
    assert rates["loaded"] == [1e-4, 1e-4] and rates["first only"] == [1e-5, 1e-4]
    assert rates["all"] == [1e-5, 1e-5]


def test_a_scheduler_puts_the_old_rate_back_unless_the_groups_forget_it(found):
    """“A scheduler computes the rate from what it noted at its start: LambdaLR,” “puts the old rate back at
    its next step.” “Building it anew does not help while the groups still hold the old rate as initial_lr.”
    “So remove that, as above, and build the scheduler afterwards.”
    snippets/frameworks/lines_pytorch.py: “or a scheduler begins at the old”"""
    rates = found("pytorch")["rates"]
    assert rates["old scheduler"] == 0.01
    np.testing.assert_allclose(rates["anew"], 0.01, rtol=1e-3)
    np.testing.assert_allclose(rates["forgotten"], 1e-5, rtol=1e-3)


def test_keras_refuses_a_rate_where_a_schedule_sets_it_and_a_new_optimiser_keeps_the_weights(found):
    """“The first line raises a TypeError if the optimiser was made with a schedule.” “Then compile with a new
    one, as in the second: the weights stay, and what the optimiser remembered is lost.”"""
    run = found("keras")
    assert "not settable" in run["set"] and run["remembered"] == 0
    assert run["anew"][0] and run["anew"][1] == pytest.approx(1e-5)


def test_a_checkpoint_of_a_trainer_brings_its_rate_back_without_the_callback(found):
    """“Give the checkpoint to trainer.fit(..., ckpt_path=...) as before.” “Without the callback the
    checkpoint's rate comes back, whatever learning_rate says.”
    snippets/frameworks/lines_lightning.py: “the checkpoint is loaded”"""
    assert found("trainers")["transformers"]["lowered"] == {"loaded": [1e-4] * 2, "resume": [1e-5] * 2}
    assert found("trainers")["lightning"]["lowered"] == {"loaded": 1e-4, "resume": 1e-5}


def test_optax_keeps_the_rate_in_the_state_only_where_it_is_injected(found):
    """“With inject_hyperparams the rate is part of the state.” “Without it the state holds no rate, and a new
    optax.sgd(1e-5) goes on from the old state.”"""
    rates = found("jax")["rate in the state"]
    assert rates["plain"] == pytest.approx(0.1)  # the new rate, and the old momentum
    assert rates["injected"] == pytest.approx(1)  # a loaded state brings the old rate back
    assert rates["nested"] == pytest.approx(1e-5)  # inside a chain too


def test_the_rate_rises_over_a_hundred_updates_and_falls_to_0_at_ten_thousand(found):
    """“The rate rises in a straight line over a hundred updates, then falls along half a cosine, to 0 at
    update 10,000.” “The decay is counted from the end of the warm-up, and the very first update is made at
    a rate of 0.” “The Trainer knows the number of updates, and decays over what the warm-up leaves.” “The
    decay is counted from the beginning, and the very first update is made at a rate of 0.”
    snippets/frameworks/lines_pytorch.py: “of the rate, at update t: up in 100, down to 0 at 10,000”"""
    np.testing.assert_allclose(found("pytorch")["shares"], [0.01, 0.1, 1, 0.5, 0, 0], atol=3e-4)
    for name in "keras", "jax":
        np.testing.assert_allclose(found(name)["shares"], [0, 1e-4, 1e-3, 5e-4, 0, 0], rtol=1e-3, atol=1e-9)
    rates = found("trainers")["transformers"]["rates"]
    assert rates[0] == 0 and max(rates) == rates[100] == 1e-3 and 0 < rates[-1] < 1e-5 and len(rates) == 120


def test_lightning_steps_a_scheduler_once_per_update_with_the_interval(found):
    """“Without the interval, Lightning steps a scheduler once per epoch.”"""
    wanted = [1e-3 * warmed(t) for t in range(20)]
    np.testing.assert_allclose(found("trainers")["lightning"]["rates"], wanted, rtol=NINE_DIGITS)
    np.testing.assert_allclose(found("trainers")["lightning"]["rates by epoch"], [wanted[0]] * 20)


@pytest.mark.parametrize("framework", THREE)
def test_the_range_test_ends_at_three_times_the_limit(found, framework):
    """“The rate grows by 15 % with every update, from 0.000001 on, and the test ends when the loss is a
    thousand times its smallest.” “On the failing run this happens at 0.00125, three times the limit of
    0.0004: take a fifth to a tenth of where it ends.”
    snippets/frameworks/lines_pytorch.py: “true for a nan as well” snippets/frameworks/lines_jax.py: “true
    for a nan as well” “it grows”"""
    run = found(framework)
    losses, rates = run["losses"]["range-test"], run["range"]
    assert losses[-1] > 1000 * min(losses) >= losses[-2]
    assert np.array(rates[1:]) / rates[:-1] == pytest.approx(1 + 15 / 100, rel=1e-3)
    assert abs(0.00125 / 0.0004 - 3) < 0.2 and 0.00125 / 5 < 0.0004
    assert not np.nan <= np.inf  # so a nan ends it too
    assert rates[0] == pytest.approx(1e-6) and rates[len(losses) - 1] == pytest.approx(0.00125, rel=0.01)
    assert descend(plain(0.00039), 200).max() < 10_000 < 1e15 < descend(plain(0.00041), 200).max()


# ── Step ─────────────────────────────────────────────────────────────────────────────────────────


def test_clipnorm_and_a_clip_after_the_rate_are_other_remedies(found):
    """“clipnorm, without global, clips each variable by its own norm, which turns the direction.” “So the
    Trainer clips already, unless you set 0.” “The order matters: after sgd it would clip the step, with the
    rate already in it.”
    snippets/frameworks/lines_transformers.py: “the default” snippets/frameworks/logging_transformers.py:
    “no clipping; by default the Trainer clips at 1”"""
    each = descend(plain(1e-3, each_shortened(1)))
    np.testing.assert_allclose(found("keras")["clipnorm"], each, rtol=NINE_DIGITS)
    assert not np.allclose(each[1:], found("keras")["losses"]["clip"][1:], rtol=1e-4)
    assert found("jax")["clipped after"][-1] > 1e6
    assert found("trainers")["transformers"]["defaults"]["max_grad_norm"] == 1


def test_momentum_and_a_schedule_give_another_run_in_keras(found):
    r"""“They do not compute quite the same.” “Keras has the rate inside its momentum, $v \leftarrow \beta v -
    \alpha g$; the others multiply by it afterwards.” “With a constant rate this makes no difference.” “With
    a warm-up over ten updates to 0.0003 it does: at β = 0.9 the twentieth loss of the failing run is 2,318
    in PyTorch and optax, and 237 in Keras.”"""
    ramp = [3e-4 * min(1, (t + 1) / 10) for t in range(20)]
    inside, outside = (descend(with_momentum(ramp, inside=where)) for where in (True, False))
    assert inside[-1].round() == 237 and outside[-1].round() == 2318 and ramp[-1] == 0.0003
    constant = (descend(with_momentum([1e-4] * 20, 0.9, inside=where)) for where in (True, False))
    np.testing.assert_allclose(*constant, rtol=NINE_DIGITS)
    for name, wanted in ("pytorch", outside), ("jax", outside), ("keras", inside):
        np.testing.assert_allclose(found(name)["schedule and momentum"], wanted, rtol=1e-4)


def test_the_epsilon_of_keras_is_not_the_default_of_the_others(found):
    """“The ε of Keras's Adam is 10⁻⁷ by default, that of the others 10⁻⁸, and Keras adds it before it corrects
    the bias.”
    snippets/frameworks/lines_keras.py: “else it is 1e-7”"""
    wanted = descend(adam(1e-3, powers=in_single(0.9, 0.999), epsilon=1e-7, epsilon_hat=True))
    np.testing.assert_allclose(found("keras")["default adam"], wanted, rtol=NINE_DIGITS)


def test_what_decays_and_by_how_much_where_nothing_is_set(found):
    """“These lines leave those out, as is usual.” “In AdamW it is 0.01 unless you set it.” “In AdamW it is
    0.004 unless you set it.” “The Trainer leaves out biases and normalisation layers by itself.” “Its
    default is 0: no decay.” “optax.adamw has 0.0001 unless you set it.”"""
    torch, keras, jax = (found(name)["decay"] for name in THREE)
    face = found("trainers")["transformers"]
    assert torch["default"] == 0.01 and keras["default"] == 0.004 and jax["default"] == 0.0001
    assert face["defaults"]["weight_decay"] == 0
    assert torch["groups"] == [[2, 0.1], [2, 0]]
    assert keras["norm"] == ["beta", "gamma"]
    assert face["groups"] == [[["net.0.weight", "net.2.weight"], 0.1], [["net.0.bias", "net.2.bias"], 0]]
    assert face["decaying"] == ["0.weight"]


def test_a_penalty_in_pytorch_and_a_decay_apart_in_keras(found):
    """“AdamW takes α · decay of each weight, apart from the gradient.” “In SGD and Adam, weight_decay is
    something else, a penalty in the gradient.” “In Keras the weight_decay of every optimiser is kept apart
    from the gradient.”"""
    torch, keras = found("pytorch")["decay"], found("keras")["decay"]
    assert torch["AdamW"] == pytest.approx(0.95) and torch["Adam"] == pytest.approx(0.9)
    assert torch["momentum"] == pytest.approx([0.95, 0.8575])  # SGD remembers it as a gradient
    assert [keras[name] for name in ("SGD", "Adam", "AdamW")] == pytest.approx([0.95] * 3)


# ── Loss and data, sixteen bits ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("framework", THREE)
def test_four_parts_of_a_batch_make_the_update_of_the_whole(found, framework):
    """“The gradient of four parts of a batch, added up, is that of the whole batch if each loss is a mean and
    is divided by four.” “It takes the mean over the four, and adds them up in float32.”
    snippets/frameworks/lines_pytorch.py: “four means make one mean”"""
    run, most = found(framework)["accumulate"], 1e-6 if framework == "jax" else NINE_DIGITS
    np.testing.assert_allclose(run["four"], run["whole"], rtol=most)
    w = np.array(sorted(run["whole"]))
    assert not np.allclose(w, sorted(START), rtol=1e-6)  # it did move


def test_without_the_division_the_gradient_is_four_times_as_long(found):
    """“Without the division it is four times as long.”"""
    run = found("pytorch")["accumulate"]
    begin, whole, wrong = (np.array(run[name]) for name in ("begin", "whole", "not divided"))
    np.testing.assert_allclose(wrong - begin, 4 * (whole - begin), rtol=1e-6, atol=1e-12)
    assert run["updates"] == 5  # of twenty parts


def test_data_parallel_averages_the_gradients_of_its_processes(found):
    """“PyTorch's DistributedDataParallel averages the gradients of its processes: a loss that is a mean stays
    one, and the gradient of a sum is divided by the number of processes.”"""
    run = found("pytorch")["parallel"]
    if run is None:
        pytest.skip("processes cannot be forked here")
    np.testing.assert_allclose(run["mean of two"], run["mean"], rtol=1e-5)
    np.testing.assert_allclose(np.multiply(run["sum of two"], 2), run["sum"], rtol=1e-5)


def test_the_default_losses_are_means_without_the_half(found):
    """“nn.MSELoss and "mse" are means, without the half; optax.l2_loss has the half, and leaves sum or mean to
    you.”"""
    half_sum = gradient(START)[0]
    for name in "pytorch", "keras":
        assert found(name)["default loss"] * 50 == pytest.approx(half_sum, rel=NINE_DIGITS)
    assert found("jax")["l2 of 3"] == 4.5 and found("jax")["l2 shape"] == [2, 3]


def test_the_spread_of_torch_divides_by_one_less(found):
    """“std divides by n − 1 unless told otherwise; numpy, JAX and Keras divide by n.”"""
    np.testing.assert_allclose(found("pytorch")["spread"], PEOPLE.std(axis=0, ddof=1))
    assert not np.allclose(PEOPLE.std(axis=0, ddof=1), PEOPLE.std(axis=0), rtol=1e-3)


@pytest.mark.parametrize("framework", THREE)
def test_the_lowest_number_of_a_format_masks_without_nan(found, framework):
    """“Fill the lowest number of the format into scores that softmax must not see.” “With the lowest number it
    attends to everything alike, which means nothing: leave such rows out of the loss.”"""
    some, none = found(framework)["mask"]["open"]
    assert some == [0.5, 0, 0.5]
    np.testing.assert_allclose(none, 1 / 3, rtol=1e-3)


def test_pytorch_refuses_to_fill_a_thousand_million_into_sixteen_bits(found):
    """“It must be that of this format: −1e9 is −inf in float16, and PyTorch refuses to fill it in.”"""
    assert "without overflow" in found("pytorch")["mask"]["refused"]
    with np.errstate(over="ignore"):
        assert np.float16(-1e9) == -np.inf


def test_the_scaler_halves_its_scale_and_skips_and_clips_after_the_unscaling(found):
    """“And in float16, with a scaler, test the loss only: there a gradient that is inf now and then is
    normal.” “Clip between backward() and step(); with a scaler, after unscale.” “float16 needs a loss
    scaler, whose steps have an order: scale, backward, unscale, clip, step, update.” “The scale begins at
    65,536.” “Where a gradient is inf or nan, the weights stay as they are and the scale is halved, to
    32,768: in the first lines of a log this is normal.”
    snippets/frameworks/lines_pytorch.py: “before you clip, or look at a gradient” “not taken where a
    gradient is inf or nan”
    docs/precision.md: “With fp16, use the scaler, in this order: scaler.scale(loss).backward(),
    scaler.unscale(optimizer), clip_grad_norm, scaler.step(optimizer), scaler.update().”"""
    run = found("pytorch")["fp16"]
    assert run["one"] | {"losses": 0} == {
        "scale": 32_768,
        "weights": [],
        "weight": 1,
        "losses": 0,
        "error": "",
    }
    assert run["one"]["scale"] == 65_536 / 2  # it was halved
    assert run["ten thousand"]["scale"] == 4 and run["ten thousand"]["weight"] == 1  # 14 halvings
    np.testing.assert_allclose(
        run["goes on"]["weights"], 1 - 0.1 * np.arange(1, 7), rtol=1e-3
    )  # clipped to 1
    assert run["clipped first"]["weight"] > 0.9999  # while scaled, and so divided away


def test_keras_scales_by_itself_and_clips_after_the_unscaling(found):
    """“The scale begins at 32,768.” “A global_clipnorm of the optimiser inside clips after the unscaling, as
    it should.”
    snippets/frameworks/lines_keras.py: “then make the model; compile puts a scaler round the optimiser”"""
    run = found("keras")["fp16"]
    assert run["optimiser"] == "LossScaleOptimizer" and run["first scale"] == 32_768
    assert run["kept in"] == "float32" and run["computed in"] == "float16"
    moves = -np.diff(run["weights"])
    assert moves[0] == 0 and set(moves.round(3)) == {0, 0.1}  # skipped, then as long as the clip allows


def test_bfloat16_needs_no_scaler_and_keeps_the_weights_in_32_bits(found):
    """“bfloat16 has the range of float32 and needs no scaler.” “Differentiate half_cost in place of cost: the
    gradients come back in the format of the weights.”
    snippets/frameworks/lines_keras.py: “then make the model; there is no scaler”"""
    run = found("pytorch")["bf16"]
    np.testing.assert_allclose(run["losses"], run["plain"], rtol=0.02)
    assert run["losses"] != run["plain"] and run["kept in"] == "torch.float32"
    keras = found("keras")["bf16"]
    assert (
        keras["optimiser"] == "SGD" and keras["kept in"] == "float32" and keras["computed in"] == "bfloat16"
    )
    np.testing.assert_allclose(keras["weights"], 1 - 0.1 * np.arange(9), rtol=0.01)
    jax = found("jax")["bf16"]
    assert jax["types"] == ["float64"] and 1e-3 < jax["apart"] < 0.02  # the format of the weights
    assert (
        jax["losses"][0] == pytest.approx(jax["losses"][1], rel=0.01) and jax["losses"][0] != jax["losses"][1]
    )


def test_both_trainers_know_sixteen_bits_and_keep_the_order(found):
    """“Lightning and the Trainer keep the order by themselves.”"""
    lightning, face = found("trainers")["lightning"], found("trainers")["transformers"]
    assert lightning["bf16"][1:] == ["torch.float32", "bf16-mixed"] and lightning["scaler"] == "GradScaler"
    assert face["bf16"][0] == "" and face["bf16"][2] == "torch.float32" and face["clips after"]
    for loss in lightning["bf16"][0], face["bf16"][1]:
        assert loss == pytest.approx(7491, rel=0.01) and abs(loss - gradient(START)[0]) > 0.01  # in 16 bits


# ── What needs no framework ──────────────────────────────────────────────────────────────────────


def test_weights_that_an_explosion_has_moved_are_a_bad_start():
    """“Begin afresh with it, because weights that an explosion has moved are seldom a good start.”"""
    fresh, w, good = descend(plain(1e-4), 100)[-1], START, 0
    assert fresh < 0.05 * descend(plain(1e-4), 1)[0]
    for _ in range(30):
        w = w - 1e-3 * gradient(w)[1]
        good += descend(plain(1e-4), 100, start=w)[-1] < 1.1 * fresh
    assert good == 0


@pytest.mark.parametrize("seed", range(3))
def test_one_norm_keeps_the_direction_and_each_number_by_itself_turns_it(seed):
    """“All weights together have one norm, so the direction stays.” “clip_grad_value, clipvalue and optax.clip
    clip each number by itself instead, which turns the direction.”"""
    g = np.random.default_rng(seed).normal(size=201) * 10

    def turned(clip):
        return 1 - clip(g) @ g / np.linalg.norm(clip(g)) / np.linalg.norm(g)

    assert turned(shortened(1)) < 1e-12 and np.linalg.norm(shortened(1)(g)) == pytest.approx(1)
    assert turned(lambda g: np.clip(g, -0.1, 0.1)) > 0.1
    assert turned(each_shortened(1)) > 1e-3


def test_an_adam_step_is_a_distance_and_its_rate_no_rate_for_plain_descent():
    """“A rate of Adam is a distance, and cannot be taken over from plain descent.”"""
    for times in (1e-3, 1, 1e3):
        step = adam(0.01)(0, START, times * gradient(START)[1])
        moves = np.abs(gradient(START)[1]) > 1  # of some a tanh is flat
        assert moves.sum() > 100 and np.abs(step[moves]) == pytest.approx(0.01, rel=1e-3)
    fine, wild = descend(adam(0.01), 60), descend(plain(0.01), 60)
    assert fine[-1] < fine[0] / 10 and wild[-1] > 1e100


@pytest.mark.parametrize("sizes", [(7, 3), (40, 40, 20), (5, 5)])
def test_a_mean_of_means_is_that_of_the_whole_only_for_equal_parts(sizes):
    """“If the parts are of unequal size, the mean of their means is not the mean of the whole: add up sums,
    and divide once by the number of samples.”"""
    losses = np.random.default_rng(0).normal(size=sum(sizes)) ** 2
    parts = np.split(losses, np.cumsum(sizes)[:-1])
    means = np.mean([part.mean() for part in parts])
    assert (means == pytest.approx(losses.mean())) == (len(set(sizes)) == 1)
    assert sum(part.sum() for part in parts) / sum(sizes) == pytest.approx(losses.mean())


def test_a_sum_wants_a_rate_as_many_times_lower_and_adam_does_not():
    """“If you change from a mean to a sum, lower the rate as many times; under Adam you need not, but a
    clipping threshold means something else.”"""
    n = len(PEOPLE)

    def of_mean(step):
        return lambda t, w, g: step(t, w, g / n)

    np.testing.assert_allclose(descend(of_mean(plain(1e-2))), descend(plain(1e-2 / n)), rtol=1e-6)
    np.testing.assert_allclose(descend(of_mean(adam(0.01))), descend(adam(0.01)), rtol=1e-3)
    clip = shortened(np.linalg.norm(gradient(START)[1]) / 2)  # a threshold that only the sum exceeds

    def clipped(step, times):
        return lambda t, w, g: step(t, w, clip(g * times))

    one, other = (descend(clipped(adam(0.01), times)) for times in (1, 1 / n))
    assert not np.allclose(one, other, rtol=1e-3)


def test_a_network_whose_last_layer_is_zero_predicts_its_bias_whatever_the_inputs():
    """“The network then begins by predicting its bias, whatever the inputs.”"""
    w = START.copy()
    w[150:200] = 0
    for X in (PEOPLE, PEOPLE * 100, -PEOPLE):
        h = np.tanh(X @ w[:100].reshape(2, 50) + w[100:150])
        assert (h @ w[150:200] + w[200] == w[200]).all()


def test_a_hundred_samples_have_spreads_half_a_per_cent_apart():
    """“With a hundred samples the two differ by half a per cent, which training hardly notices.”"""
    one, other = PEOPLE.std(axis=0, ddof=1), PEOPLE.std(axis=0)
    assert one / other == pytest.approx(1.005, abs=2e-4) and len(PEOPLE) == 100
    losses = [descend(plain(1e-3), X=(PEOPLE - PEOPLE.mean(axis=0)) / spread) for spread in (one, other)]
    np.testing.assert_allclose(*losses, rtol=0.02)


def test_the_warm_up_helpers_of_transformers_are_built_on_lambdalr():
    """“on which the warm-up helpers of transformers are built,”"""
    spec = importlib.util.find_spec("transformers")
    if spec is None:
        pytest.skip("transformers not installed; uv run --group frameworks pytest")
    code = (Path(spec.origin).parent / "optimization.py").read_text(encoding="utf-8")
    warm = re.findall(r"^def (get_\w+_with_warmup)\b.*?(?=^def |\Z)", code, re.MULTILINE | re.DOTALL)
    whole = [
        part for part in re.split(r"^(?=def )", code, flags=re.MULTILINE) if "_with_warmup(" in part[:80]
    ]
    assert len(warm) >= 4 and sum("LambdaLR(" in part for part in whole) >= 4


# ── What a framework does besides ────────────────────────────────────────────────────────────────


def test_without_the_error_one_nan_makes_every_gradient_nan(found):
    """“Without error_if_nonfinite=True a nan in one gradient makes all of them nan, without a word.”"""
    assert found("pytorch")["one nan clipped"] == [True, True]


def test_the_stop_of_keras_looks_at_the_gradients_alone(found):
    """“It needs the TensorFlow backend, and looks at the gradients alone.”"""
    stop = found("keras")["stop"]["constant"]
    assert not stop["error"] and stop["updates"] == 4  # its loss was nan, and its gradient not
    assert "tf." in pieces("keras")["stop"]


def test_tensorflow_goes_on_until_it_is_told_to_stop_looking_and_not_under_xla(found):
    """“This is TensorFlow's own, for all that follows; it does not work with XLA.”
    “tf.debugging.disable_check_numerics() ends it.”"""
    run = found("keras")
    assert 'executing op "Log"' in run["find"] and np.isnan(run["ended"])
    assert run["compiled"] != "told"


def test_the_rate_is_an_argument_of_each_optimiser(found):
    """“It is an argument of the optimiser: torch.optim.SGD(net.parameters(), lr=1e-4),
    keras.optimizers.SGD(1e-4), optax.sgd(1e-4); in the Trainer TrainingArguments("out",
    learning_rate=1e-4).”"""
    assert found("pytorch")["made"] == 1e-4 and found("keras")["made"][0] == pytest.approx(1e-4)
    assert -found("jax")["made"] == pytest.approx(1e-4) and found("trainers")["transformers"]["rate"] == 1e-4


def test_a_new_layer_of_keras_can_begin_at_zero(found):
    """“In a new model: keras.layers.Dense(1, kernel_initializer="zeros").”"""
    assert found("keras")["made"][1] == [0, 0, 0]


def test_by_default_every_weight_decays(found):
    """“By default every weight decays, biases and the scales of normalisation layers too.”"""
    np.testing.assert_allclose(found("pytorch")["decay"]["every"], 0.95)
    assert found("jax")["decay"]["every"] < 1e-9
    assert found("keras")["decay"]["AdamW"] == pytest.approx(0.95)


def test_a_model_of_hugging_face_that_is_told_the_number_divides_once(found):
    """“For a model that takes num_items_in_batch it adds up over all tokens instead, and divides once.”"""
    face, lightning = found("trainers")["transformers"], found("trainers")["lightning"]
    np.testing.assert_allclose(face["tokens"], lightning["not accumulated"], rtol=1e-6)
    assert not np.allclose(face["mean of means"], face["tokens"], rtol=1e-6)


def test_with_minus_inf_a_row_in_which_nothing_is_kept_is_nan(found):
    """“With −inf, a row in which nothing is kept is nan.”"""
    for name in "pytorch", "jax":
        some, none = found(name)["mask"]["lowest"]
        assert some == [0.5, 0, 0.5] and np.isnan(none).all()


def test_attention_of_pytorch_uses_minus_inf_and_without_its_weights_not_always(found):
    """“nn.MultiheadAttention uses −inf; need_weights=False helps in training, and not always.”"""
    nan = found("pytorch")["attention"]  # of a row that keeps nothing, and of one that keeps all
    assert nan["True, True"] == nan["False, True"] == nan["False, False"] == [True, False]
    assert nan["True, False"] == [False, False]  # in training


def test_a_net_in_bfloat16_loses_a_small_update(found):
    """“The weights stay in 32 bits here; with net.bfloat16() they would not, and small updates would be lost.”"""
    run = found("pytorch")["bf16"]
    assert run["kept in"] == "torch.float32" and np.finfo("float32").bits == 32
    assert run["lost"] == 1  # after an update of a thousandth, in 16 bits


def test_under_a_loss_that_is_nan_the_scale_falls_for_ever(found):
    """“Print scaler.get_scale(); if it falls for ever, the loss itself is nan.”"""
    scale, weight = found("pytorch")["fp16"]["nan loss"]
    assert (scale, weight) == (65_536 / 2**30, 1)


# ── What chapters say of PyTorch ─────────────────────────────────────────────────────────────────


def test_under_relu_each_layer_of_a_linear_from_pytorch_leaves_a_sixth_of_the_mean_square():
    """docs/depth.md: “PyTorch's nn.Linear draws from ±1/√n: under ReLU each layer leaves a sixth of the mean square,
    unless something normalises.”"""
    torch = pytest.importorskip("torch")
    layer = torch.nn.Linear(400, 400)
    assert layer.weight.abs().max().item() == pytest.approx(1 / 20, rel=0.01)
    h = np.random.default_rng(12).normal(size=(50, 400))
    after = np.maximum(h @ layer.weight.detach().numpy().T, 0)
    assert np.mean(after**2) / np.mean(h**2) == pytest.approx(1 / 6, rel=0.05)


# ── The lines and the page ───────────────────────────────────────────────────────────────────────


def test_lines_are_set_into_the_loop_where_a_reader_would_put_them():
    """“A block takes the place of the lines that it repeats.” “What stands above in the loop goes before the
    loop.”"""
    start = "import math\n\nfor step, (x, y) in enumerate(batches):\n    a.zero_grad()\n"
    loop = f"{start}    b = cost(x)\n    b.backward()\n    a.step()\n"

    def put(piece):
        return [line for line in woven(loop, piece).splitlines() if line]

    first, *whole = [line for line in loop.splitlines() if line]
    assert put("") == [first, *whole]
    assert put("b.backward()\nclip()\na.step()\n") == [first, *whole[:4], "    clip()", whole[4]]
    half = put("with half:\n    b = cost(x)\nscale(b).backward()\n")
    assert half == [
        first,
        *whole[:2],
        "    with half:",
        "        b = cost(x)",
        "    scale(b).backward()",
        whole[4],
    ]
    both = put("warm = 1\n\n# in the loop:\na.step()\nwarm.step()\n")
    assert both == ["warm = 1", first, *whole, "    warm.step()"]
    assert put("for x in batches:\n    pass\n") == [first, "for x in batches:", "    pass"]
    assert put("other = 1\n") == ["other = 1", first, *whole]
    calls = "import keras\nnet.compile(o)\nnet.fit(X)\n"
    assert trained(calls, "o = 1\n") == "import keras\no = 1\nnet.compile(o)\nnet.fit(X)\n"
    assert trained(calls, "net.fit(X, 2)\n") == "import keras\nnet.compile(o)\nnet.fit(X, 2)\n"
    assert trained(calls, "net.compile(2)\n") == "import keras\nnet.compile(2)\nnet.fit(X)\n"


@pytest.mark.parametrize("framework", TABS.values())
def test_a_block_is_short_enough_to_be_read(framework):
    """“Each block holds the few lines that go into a training loop of your own.”"""
    for part in sections(FOLDER / f"lines_{framework}.py"):
        lines = [line for line in part.code.splitlines() if line.strip()]
        assert len(lines) <= 18, f"section '{part.name}' has {len(lines)} lines"
        assert max(map(len, lines)) <= 76, f"section '{part.name}' is too wide for a page"


def test_the_page_shows_each_block_once_each_set_of_tabs_in_one_order_and_none_by_hand():
    """“Lines to paste into your own training loop in PyTorch, Keras, Lightning, Hugging Face or JAX.”"""
    shown = re.findall(
        r'^=== "([^"]*)"|^    --8<-- "frameworks/lines_(\w+)\.py:([\w-]+)"$', PAGE, re.MULTILINE
    )
    label, blocks = None, []
    for tab, stem, name in shown:
        label = tab or label
        if stem:
            assert TABS[label] == stem
            blocks.append((stem, name))
    assert sorted(blocks) == sorted((stem, name) for stem in TABS.values() for name in pieces(stem))
    assert PAGE.count("```") == 2 * len(blocks)
    runs = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "tests/lines").glob("in_*.py")}
    for stem, name in blocks:  # and each is run
        code = runs["in_" + (stem if stem in THREE else "trainers")]
        assert f'"{name}"' in code or f'PIECES["{name}"]' in code, (stem, name)
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE):
        for tabs in re.findall(r"(?:^=== .*\n(?:(?: {4}.*)?\n)+)+", section, re.MULTILINE):
            labels = re.findall(r'^=== "([^"]*)"', tabs, re.MULTILINE)
            assert labels == [name for name in TABS if name in labels] and len(labels) >= 2


def test_only_what_is_built_on_pytorch_lacks_a_tab_and_jax_the_one_for_float16():
    """“Where Lightning or Hugging Face has no tab, its lines are those of PyTorch, or it needs none.” “For JAX only
    float16 is left out: take bfloat16 there.”"""
    page = markdown_of("frameworks")
    tabs = [
        set(re.findall(r'^=== "(.+)"', one, re.MULTILINE)) for one in re.split(r'(?==== "PyTorch")', page)[1:]
    ]
    lack = [{"PyTorch", "Keras", "Lightning", "Hugging Face", "JAX"} - one for one in tabs]
    assert len(tabs) > 12 and [one for one in lack if not one <= {"Lightning", "Hugging Face"}] == [
        {"Lightning", "Hugging Face", "JAX"}
    ]
    half, brain = tabs[-2:]
    assert page.count("lines_pytorch.py:fp16") == 1 and "JAX" in brain - half
    needed = {"lightning": "Module", "transformers": "nn"}  # so a piece of PyTorch's fits into them
    assert all("from torch import nn" in (FOLDER / f"lines_{name}.py").read_text("utf-8") for name in needed)


def test_the_page_names_no_version_which_would_grow_old():
    assert not re.search(r"(?i)(torch|keras|tensorflow|jax|optax|lightning|version)[ =]+v?\d", PAGE)


def test_the_built_page_shows_the_lines_as_they_are(site):
    from bs4 import BeautifulSoup

    page = BeautifulSoup((site / "frameworks" / "index.html").read_text(encoding="utf-8"), "lxml")
    wanted = re.findall(r'^    --8<-- "frameworks/lines_(\w+)\.py:([\w-]+)"$', PAGE, re.MULTILINE)
    shown = [block.get_text().strip("\n") for block in page.select(".tabbed-block code:not(p code)")]
    assert shown == [pieces(stem)[name].strip("\n") for stem, name in wanted]


def test_a_missing_framework_is_skipped_with_its_cure(found, monkeypatch):
    monkeypatch.setitem(NEEDS, "nowhere", ["a_framework_that_is_nowhere"])
    with pytest.raises(pytest.skip.Exception, match="uv run --group frameworks pytest"):
        found("nowhere")
