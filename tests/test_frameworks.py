"""The page on frameworks: its lines, set into an ordinary loop, give the losses of numpy and do what it says.

The lines of a framework run in a process of its own, on the processor (``tests/lines/in_….py``). Where a
framework is missing, its tests are skipped; ``uv run --group frameworks pytest tests/test_frameworks.py`` runs
them all.
"""

import csv
import functools
import json
import re

import numpy as np
import pytest

import readlog
from apart import last_line, skip_without
from conftest import ROOT
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
from weave.program import sections

pytestmark = pytest.mark.xdist_group("frameworks")  # one worker runs each framework once

PAGE = (ROOT / "docs" / "frameworks.md").read_text(encoding="utf-8")
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
ALL = re.compile(r"\s+")


def says(sentence):
    """Whether the page has this sentence, however its lines are broken."""
    return ALL.sub(" ", sentence) in ALL.sub(" ", PAGE)


@pytest.fixture(scope="session")
def found(tmp_path_factory):
    """A function: what the lines of a framework do, as its process found it."""
    folder = functools.cache(tmp_path_factory.mktemp)

    def of(name):
        skip_without(NEEDS[name])
        paths = [str(ROOT / "tests"), str(ROOT / "scripts")]
        code = f"import sys\nsys.path[:0] = {paths}\n"
        code += (ROOT / "tests/lines" / f"in_{name}.py").read_text(encoding="utf-8")
        # Lightning calls what PyTorch will give up.
        return json.loads(last_line(code, folder(name), "error", "ignore::FutureWarning"))

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
    assert says("compare its losses with those of numpy, to nine digits where numpy can compute the same")
    run = found(framework)
    rates = run["range"] if remedy == "range-test" else run.get("rates")
    wanted = reference(framework, remedy, rates)
    assert len(run["losses"][remedy]) == len(wanted) >= 20
    np.testing.assert_allclose(run["losses"][remedy], wanted, rtol=NINE_DIGITS)


@pytest.mark.parametrize("framework", TABS.values())
def test_the_loop_alone_is_the_failing_run_of_networks_and_two_explosions_part(found, framework):
    assert says("an explosion magnifies rounding errors too")
    run = found(framework)["losses"] if framework in THREE else found("trainers")[framework]
    losses, wanted = run["loop"], descend(plain(1e-3))
    assert len(losses) == 20
    assert round(losses[0]) == 7491 and losses[19] > 1e26
    np.testing.assert_allclose(losses[:9], wanted[:9], rtol=NINE_DIGITS)
    np.testing.assert_allclose(losses, wanted, rtol=0.3)


@pytest.mark.parametrize("name", ["lightning", "transformers"])
def test_both_trainers_clip_and_accumulate_as_numpy_does(found, name):
    run = found("trainers")[name]
    np.testing.assert_allclose(run["clip"], descend(plain(1e-3, shortened(1, 1e-6))), rtol=NINE_DIGITS)
    whole = found("trainers")["lightning"]["not accumulated"]
    np.testing.assert_allclose(run["accumulate"], whole, rtol=NINE_DIGITS)
    assert not np.allclose(run["accumulate"], found("trainers")["lightning"]["begin"], rtol=1e-6)


# ── See, stop, watch, find ───────────────────────────────────────────────────────────────────────


def test_what_is_printed_is_each_loss_and_the_box_reads_it(found):
    """ "Paste what this prints into [Read your own run](diagnose.md)." """
    for name in "pytorch", "jax":
        assert found(name)["shown"] == found(name)["losses"]["every-update"]
    trainer = found("trainers")["lightning"]["every-update"]
    assert [float(line) for line in trainer["said"]] == trainer["losses"]
    for text in "\n".join(trainer["said"]), "\n".join(map(str, found("keras")["each"])):
        assert readlog.read(text)["loss"] == [float(line) for line in text.split()]


def test_keras_shows_the_mean_of_the_losses_so_far_unless_its_metrics_are_reset(found):
    assert says("Keras's own line is the mean of the epoch so far.")
    run = found("keras")
    np.testing.assert_allclose(run["shown"], np.cumsum(run["each"]) / np.arange(1, 5), rtol=1e-6)
    assert not np.allclose(run["shown"][1:], run["each"][1:], rtol=0.01)


def test_the_trainer_shows_a_nan_as_0_unless_its_filter_is_off(found):
    assert says("By default the Trainer shows one mean over 500 updates and leaves every nan out of it")
    assert says("with a line for each update, a nan is shown as 0.0")
    run = found("trainers")["transformers"]
    assert run["defaults"]["logging_steps"] == 500 and run["defaults"]["logging_nan_inf_filter"]
    assert run["filtered"] == [0.0] * 3 and np.isnan(run["every-update"]).all()


def test_both_tests_stop_before_a_nan_reaches_the_weights_and_one_alone_does_not(found):
    assert says("The loss alone is not enough: at √0 it is fine while the gradient is nan.")
    assert says("with a nan in a label the loss can be nan and the gradient fine")
    assert says("With both tests no nan reaches the weights.")
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
    assert says("in float64, the largest of them is above 10¹⁴⁹")
    assert 1e149 < found("pytorch")["stop"]["explodes"]["largest"] < 1e150


def test_the_line_that_stops_clips_with_your_own_threshold(found):
    assert says("If you clip, put your own `max_norm` there.")
    run = found("pytorch")
    assert run["stop"]["clips at 1"]["losses"] == run["losses"]["clip"]


def test_the_optimiser_of_keras_stops_before_any_weight_is_changed(found):
    assert says("`TerminateOnNaN` comes too late: it looks after the update, when the weights are spoilt.")
    run = found("keras")
    for case in "nan", "root":
        stop = run["stop"][case]
        assert "InvalidArgumentError" in stop["error"] and stop["updates"] == 2
        assert np.isfinite(stop["weights"]).all()
    assert run["stop"]["nan"]["weights"] == run["two updates"]
    assert run["stop"]["trains"]["weights"] == run["four updates"] and not run["stop"]["trains"]["error"]
    assert np.isnan(run["terminate"]["weights"]).all()


def test_both_trainers_stop_before_a_nan_reaches_the_weights(found):
    assert says(
        "This looks at the gradients alone. [The lines that log](diagnose.md#log) look at the loss too."
    )
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
    assert says("and they stop before the weights are spoilt")
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
    assert says(
        "A callback sees no gradient and is called after the update, so it keeps the weights from before, and puts them back."
    )
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
    assert says("moves them by 1.7 in its first update at 0.001, where it explodes, by 0.17 at 0.0001")
    assert says("and there by less and less, from the sixth on by less than 0.01")
    assert round(moved(1e-3, 1)[1][0], 1) == 1.7
    shares = moved(1e-4, 20)[1]
    assert (
        round(shares[0], 2) == 0.17
        and (np.diff(shares[:8]) < 0).all()
        and shares[5:].max() < 0.01 < shares[4]
    )


def test_a_hook_names_the_first_layer_whose_output_is_not_finite(found):
    assert says("It names the innermost module, and the largest number that went into it.")
    told = found("pytorch")["find"]
    assert told["huge"] == "block.power, given [800.0]"
    assert told["pair"] == "pair, given [2.0]"
    assert told["fine"] is None


def test_tensorflow_and_jax_name_the_operation(found):
    assert says("`debug_nans` alone lets inf pass.")
    assert 'executing op "Log"' in found("keras")["find"]
    told = found("jax")["find"]
    assert "nan" in told["nan"] and "log" in told["nan"]
    assert "inf" in told["inf"] and "exp" in told["inf"]
    assert told["fine"] is None and np.isinf(told["nans alone"])


def test_anomaly_detection_looks_at_the_backward_pass_alone(found):
    assert says("a nan of the forward pass it blames on an operation further on, or never mentions")
    assert says("and it lets inf pass")
    told = found("pytorch")["anomaly"]
    assert "PowBackward0" in told["backward"] and "nan" in told["backward"]
    assert "LogBackward0" in told["forward"]  # it was the division
    assert told["data"] == [1, 1]  # the loss is nan, and nothing was said
    assert told["inf"] == [np.inf, 1]


# ── Rates ────────────────────────────────────────────────────────────────────────────────────────


def test_a_loaded_optimiser_brings_its_old_rate_back_in_every_group(found):
    assert says("because a loaded optimiser brings its old rate back")
    rates = found("pytorch")["rates"]
    assert rates["loaded"] == [1e-4, 1e-4] and rates["first only"] == [1e-5, 1e-4]
    assert rates["all"] == [1e-5, 1e-5]


def test_a_scheduler_puts_the_old_rate_back_unless_the_groups_forget_it(found):
    assert says("puts the old rate back at its next step")
    assert says("Building it anew does not help while the groups still hold the old rate as `initial_lr`.")
    rates = found("pytorch")["rates"]
    assert rates["old scheduler"] == 0.01
    np.testing.assert_allclose(rates["anew"], 0.01, rtol=1e-3)
    np.testing.assert_allclose(rates["forgotten"], 1e-5, rtol=1e-3)


def test_keras_refuses_a_rate_where_a_schedule_sets_it_and_a_new_optimiser_keeps_the_weights(found):
    assert says("The first line raises a `TypeError` if the optimiser was made with a schedule.")
    run = found("keras")
    assert "not settable" in run["set"]
    assert run["anew"][0] and run["anew"][1] == pytest.approx(1e-5)


def test_a_checkpoint_of_a_trainer_brings_its_rate_back_without_the_callback(found):
    assert says("Without the callback the checkpoint's rate comes back, whatever `learning_rate` says.")
    assert found("trainers")["transformers"]["lowered"] == {"loaded": [1e-4] * 2, "resume": [1e-5] * 2}
    assert found("trainers")["lightning"]["lowered"] == {"loaded": 1e-4, "resume": 1e-5}


def test_optax_keeps_the_rate_in_the_state_only_where_it_is_injected(found):
    assert says("Without it the state holds no rate, and a new `optax.sgd(1e-5)` goes on from the old state.")
    rates = found("jax")["rate in the state"]
    assert rates["plain"] == pytest.approx(0.1)  # the new rate, and the old momentum
    assert rates["injected"] == pytest.approx(1)  # a loaded state brings the old rate back
    assert rates["nested"] == pytest.approx(1e-5)  # inside a chain too


def test_the_rate_rises_over_a_hundred_updates_and_falls_to_0_at_ten_thousand(found):
    assert says(
        "rises in a straight line over a hundred updates, then falls along half a cosine, to 0 at update 10,000"
    )
    np.testing.assert_allclose(found("pytorch")["shares"], [0.01, 0.1, 1, 0.5, 0, 0], atol=3e-4)
    for name in "keras", "jax":
        assert says("the very first update is made at a rate of 0")
        np.testing.assert_allclose(found(name)["shares"], [0, 1e-4, 1e-3, 5e-4, 0, 0], rtol=1e-3, atol=1e-9)
    assert says("decays over what the warm-up leaves")
    rates = found("trainers")["transformers"]["rates"]
    assert rates[0] == 0 and max(rates) == rates[100] == 1e-3 and 0 < rates[-1] < 1e-5 and len(rates) == 120


def test_lightning_steps_a_scheduler_once_per_update_with_the_interval(found):
    assert says("Without the interval, Lightning steps a scheduler once per *epoch*.")
    wanted = [1e-3 * warmed(t) for t in range(20)]
    np.testing.assert_allclose(found("trainers")["lightning"]["rates"], wanted, rtol=NINE_DIGITS)
    np.testing.assert_allclose(found("trainers")["lightning"]["rates by epoch"], [wanted[0]] * 20)


@pytest.mark.parametrize("framework", THREE)
def test_the_range_test_ends_at_three_times_the_limit(found, framework):
    assert says("On the failing run this happens at 0.00125, three times the")
    run = found(framework)
    losses, rates = run["losses"]["range-test"], run["range"]
    assert losses[-1] > 1000 * min(losses) >= losses[-2]
    assert rates[0] == pytest.approx(1e-6) and rates[len(losses) - 1] == pytest.approx(0.00125, rel=0.01)
    assert descend(plain(0.00039), 200).max() < 10_000 < 1e15 < descend(plain(0.00041), 200).max()


# ── Step ─────────────────────────────────────────────────────────────────────────────────────────


def test_clipnorm_and_a_clip_after_the_rate_are_other_remedies(found):
    assert says(
        "`clipnorm`, without `global_`, clips each variable by its own norm, which turns the direction."
    )
    each = descend(plain(1e-3, each_shortened(1)))
    np.testing.assert_allclose(found("keras")["clipnorm"], each, rtol=NINE_DIGITS)
    assert not np.allclose(each[1:], found("keras")["losses"]["clip"][1:], rtol=1e-4)
    assert says("after `sgd` it would clip the step, with the rate already in it")
    assert found("jax")["clipped after"][-1] > 1e6
    assert says("So the Trainer clips already, unless you set 0.")
    assert found("trainers")["transformers"]["defaults"]["max_grad_norm"] == 1


def test_momentum_and_a_schedule_give_another_run_in_keras(found):
    assert says("the twentieth loss of the failing run is 2,318 in PyTorch and optax, and 237 in Keras")
    ramp = [3e-4 * min(1, (t + 1) / 10) for t in range(20)]
    inside, outside = (descend(with_momentum(ramp, inside=where)) for where in (True, False))
    assert inside[-1].round() == 237 and outside[-1].round() == 2318
    for name, wanted in ("pytorch", outside), ("jax", outside), ("keras", inside):
        np.testing.assert_allclose(found(name)["schedule and momentum"], wanted, rtol=1e-4)


def test_the_epsilon_of_keras_is_not_the_default_of_the_others(found):
    assert says("The ε of Keras's Adam is 10⁻⁷ by default, that of the others 10⁻⁸")
    wanted = descend(adam(1e-3, powers=in_single(0.9, 0.999), epsilon=1e-7, epsilon_hat=True))
    np.testing.assert_allclose(found("keras")["default adam"], wanted, rtol=NINE_DIGITS)


def test_what_decays_and_by_how_much_where_nothing_is_set(found):
    assert says("In `AdamW` it is 0.01 unless you set it.") and says(
        "In `AdamW` it is 0.004 unless you set it."
    )
    assert says("`optax.adamw` has 0.0001 unless you set it.") and says("Its default is 0: no decay.")
    torch, keras, jax = (found(name)["decay"] for name in THREE)
    face = found("trainers")["transformers"]
    assert torch["default"] == 0.01 and keras["default"] == 0.004 and jax["default"] == 0.0001
    assert face["defaults"]["weight_decay"] == 0
    assert torch["groups"] == [[2, 0.1], [2, 0]]
    assert keras["norm"] == ["beta", "gamma"]
    assert says("The Trainer leaves out biases and normalisation layers by itself.")
    assert face["groups"] == [[["net.0.weight", "net.2.weight"], 0.1], [["net.0.bias", "net.2.bias"], 0]]
    assert face["decaying"] == ["0.weight"]


def test_a_penalty_in_pytorch_and_a_decay_apart_in_keras(found):
    """A weight of 1 without a gradient, a rate of 0.1 and a decay of 0.5: apart from the gradient 0.95 is left."""
    assert says("In `SGD` and `Adam`, `weight_decay` is something else, a penalty in the gradient.")
    assert says("In Keras the `weight_decay` of every optimiser is kept apart from the gradient.")
    torch, keras = found("pytorch")["decay"], found("keras")["decay"]
    assert torch["AdamW"] == pytest.approx(0.95) and torch["Adam"] == pytest.approx(0.9)
    assert torch["momentum"] == pytest.approx([0.95, 0.8575])  # SGD remembers it as a gradient
    assert [keras[name] for name in ("SGD", "Adam", "AdamW")] == pytest.approx([0.95] * 3)


# ── Loss and data, sixteen bits ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("framework", THREE)
def test_four_parts_of_a_batch_make_the_update_of_the_whole(found, framework):
    assert says("It takes the mean over the four, and adds them up in float32.")
    run, most = found(framework)["accumulate"], 1e-6 if framework == "jax" else NINE_DIGITS
    np.testing.assert_allclose(run["four"], run["whole"], rtol=most)
    w = np.array(sorted(run["whole"]))
    assert not np.allclose(w, sorted(START), rtol=1e-6)  # it did move


def test_without_the_division_the_gradient_is_four_times_as_long(found):
    assert says("Without the division it is four times as long.")
    run = found("pytorch")["accumulate"]
    begin, whole, wrong = (np.array(run[name]) for name in ("begin", "whole", "not divided"))
    np.testing.assert_allclose(wrong - begin, 4 * (whole - begin), rtol=1e-6, atol=1e-12)
    assert run["updates"] == 5  # of twenty parts


def test_data_parallel_averages_the_gradients_of_its_processes(found):
    assert says("`DistributedDataParallel` *averages* the gradients of its processes")
    run = found("pytorch")["parallel"]
    if run is None:
        pytest.skip("processes cannot be forked here")
    np.testing.assert_allclose(run["mean of two"], run["mean"], rtol=1e-5)
    np.testing.assert_allclose(np.multiply(run["sum of two"], 2), run["sum"], rtol=1e-5)


def test_the_default_losses_are_means_without_the_half(found):
    assert says('`nn.MSELoss` and `"mse"` are means, without the half; `optax.l2_loss` has the half')
    half_sum = gradient(START)[0]
    for name in "pytorch", "keras":
        assert found(name)["default loss"] * 50 == pytest.approx(half_sum, rel=NINE_DIGITS)
    assert found("jax")["l2 of 3"] == 4.5


def test_the_spread_of_torch_divides_by_one_less(found):
    np.testing.assert_allclose(found("pytorch")["spread"], PEOPLE.std(axis=0, ddof=1))
    assert not np.allclose(PEOPLE.std(axis=0, ddof=1), PEOPLE.std(axis=0), rtol=1e-3)


@pytest.mark.parametrize("framework", THREE)
def test_the_lowest_number_of_a_format_masks_without_nan(found, framework):
    """ "With the lowest number it attends to everything alike" """
    some, none = found(framework)["mask"]["open"]
    assert some == [0.5, 0, 0.5]
    np.testing.assert_allclose(none, 1 / 3, rtol=1e-3)


def test_pytorch_refuses_to_fill_a_thousand_million_into_sixteen_bits(found):
    assert says("−1e9 is −inf in float16, and PyTorch refuses to fill it in")
    assert "without overflow" in found("pytorch")["mask"]["refused"]
    with np.errstate(over="ignore"):
        assert np.float16(-1e9) == -np.inf


def test_the_scaler_halves_its_scale_and_skips_and_clips_after_the_unscaling(found):
    assert says(
        "The scale begins at 65,536. Where a gradient is inf or nan, the weights stay as they are and the scale is"
    )
    run = found("pytorch")["fp16"]
    assert run["one"] | {"losses": 0} == {
        "scale": 32_768,
        "weights": [],
        "weight": 1,
        "losses": 0,
        "error": "",
    }
    assert run["ten thousand"]["scale"] == 4 and run["ten thousand"]["weight"] == 1  # 14 halvings
    np.testing.assert_allclose(
        run["goes on"]["weights"], 1 - 0.1 * np.arange(1, 7), rtol=1e-3
    )  # clipped to 1
    assert run["clipped first"]["weight"] > 0.9999  # while scaled, and so divided away


def test_keras_scales_by_itself_and_clips_after_the_unscaling(found):
    assert says(
        "The scale begins at 32,768. A `global_clipnorm` of the optimiser inside clips after the unscaling"
    )
    run = found("keras")["fp16"]
    assert run["optimiser"] == "LossScaleOptimizer" and run["first scale"] == 32_768
    assert run["kept in"] == "float32" and run["computed in"] == "float16"
    moves = -np.diff(run["weights"])
    assert moves[0] == 0 and set(moves.round(3)) == {0, 0.1}  # skipped, then as long as the clip allows


def test_bfloat16_needs_no_scaler_and_keeps_the_weights_in_32_bits(found):
    assert says("bfloat16 has the range of float32 and needs no scaler.")
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
    assert says("Lightning and the Trainer keep the order by themselves.")
    lightning, face = found("trainers")["lightning"], found("trainers")["transformers"]
    assert lightning["bf16"][1:] == ["torch.float32", "bf16-mixed"] and lightning["scaler"] == "GradScaler"
    assert face["bf16"][0] == "" and face["bf16"][2] == "torch.float32" and face["clips after"]
    for loss in lightning["bf16"][0], face["bf16"][1]:
        assert loss == pytest.approx(7491, rel=0.01) and abs(loss - gradient(START)[0]) > 0.01  # in 16 bits


# ── The lines and the page ───────────────────────────────────────────────────────────────────────


def test_lines_are_set_into_the_loop_where_a_reader_would_put_them():
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
    for part in sections(FOLDER / f"lines_{framework}.py"):
        lines = [line for line in part.code.splitlines() if line.strip()]
        assert len(lines) <= 18, f"section '{part.name}' has {len(lines)} lines"
        assert max(map(len, lines)) <= 76, f"section '{part.name}' is too wide for a page"


def test_the_page_shows_each_block_once_each_set_of_tabs_in_one_order_and_none_by_hand():
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
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE):
        for tabs in re.findall(r"(?:^=== .*\n(?:(?: {4}.*)?\n)+)+", section, re.MULTILINE):
            labels = re.findall(r'^=== "([^"]*)"', tabs, re.MULTILINE)
            assert labels == [name for name in TABS if name in labels] and len(labels) >= 2


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
