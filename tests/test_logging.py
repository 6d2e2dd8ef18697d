"""The lines that log every update: each record is right, and none is followed by a step that spoils the weights.

Each program runs in a process of its own, on the processor, once for each case below. Where a framework is
missing, its tests are skipped; ``uv run --group frameworks pytest tests/test_logging.py`` runs them all.
"""

import csv
import functools
import json
import math
import re

import numpy as np
import pytest

import readlog
from apart import LINES, last_line, skip_without
from conftest import SNIPPETS, markdown_of
from proven import proven_by
from weave.program import sections

pytestmark = [
    pytest.mark.xdist_group("frameworks"),  # one worker runs each framework once
    proven_by(*LINES, "docs/diagnose.md"),
]

PROVES = "diagnose"
FOLDER = SNIPPETS / "frameworks"
PAGE = markdown_of("diagnose")
NEEDS = {
    "pytorch": ["torch"],
    "keras": ["tensorflow", "keras"],
    "lightning": ["torch", "lightning"],
    "transformers": ["torch", "transformers", "accelerate"],
    "jax": ["jax", "optax"],
}
TABS = {
    "PyTorch": "pytorch",
    "Keras": "keras",
    "Lightning": "lightning",
    "Hugging Face": "transformers",
    "JAX": "jax",
}
WITH_RATE = ["pytorch", "lightning", "transformers"]

# A root whose slope at 0 is nan, and a loss that is 1 there: on an empty batch only the gradient is nan.
ROOTED = {
    "torch": "cost = lambda said, target: 1 + ((said - target) ** 2).mean().sqrt()",
    "keras": "cost = lambda target, said: 1 + tf.sqrt(tf.reduce_mean((said - target) ** 2))",
    "jax": "cost = lambda w, x, target: 1 + jnp.sqrt(jnp.mean((x @ w['kernel'] - target) ** 2))",
}
BAD = 6  # the batch without a number, in the first epoch
EMPTY = f"X[{16 * BAD}:{16 * BAD + 16}] = y[{16 * BAD}:{16 * BAD + 16}] = 0"
NO_LABEL = f"y[{16 * BAD + 5}] = np.nan"

# What each program's names make possible after a run: its weights, and sentences of the page.
WEIGHTS = {
    "pytorch": "net.weight.detach().numpy()",
    "keras": "net.get_weights()[0]",
    "lightning": "net.layer.weight.detach().numpy()",
    "transformers": "net.layer.weight.detach().numpy()",
    "jax": "np.asarray(w['kernel'])",
}
MORE = {
    "pytorch": """
def clipped_at(most):  # what the function returns, and what it leaves of a gradient of norm 5
    part = nn.Parameter(torch.zeros(2))
    part.grad = torch.tensor([3.0, 4.0])
    return nn.utils.clip_grad_norm_([part], most).item(), part.grad.norm().item()
scaler, small, seen = torch.amp.GradScaler("cpu"), nn.Linear(2, 1, bias=False), []
optimizer, start = torch.optim.SGD(small.parameters(), lr=0.01), small.weight.tolist()
for x, target in batches:  # scaled, as for float16, and watched by the lines above
    optimizer.zero_grad()
    with torch.autocast("cpu", dtype=torch.float16):
        loss = nn.MSELoss()(small(x), target.half())
    scaler.scale(loss).backward()
    norm = nn.utils.clip_grad_norm_(small.parameters(), math.inf).item()
    scaler.step(optimizer)
    scaler.update()
    seen.append([loss.item(), norm, small.weight.tolist() == start, scaler.get_scale()])
more = {"clipped": [clipped_at(1), clipped_at(math.inf)], "scaled": seen}
""",
    "jax": "more = None",
    "lightning": """
net, log = Net(), open("clipped.csv", "w", buffering=1)
print("step,loss,grad_norm,weight,lr", file=log)
quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
clipping = L.Trainer(max_steps=1, accelerator="cpu", gradient_clip_val=0.001, callbacks=[Record()], **quiet)
clipping.fit(net, DataLoader(data, batch_size=16))
log.close()
more = {
    "clipped": Path("clipped.csv").read_text(),
    "way": net.layer.weight.detach().norm().item() / rate,
    "every": L.Trainer(**quiet).log_every_n_steps,
}
""",
    "keras": """
def weights_after(callback):  # a run on the empty batch, watched by a callback and by nothing else
    net.set_weights([np.zeros((2, 1), "float32")])
    net.compile(keras.optimizers.SGD(rate), cost)
    net.fit(X, y, batch_size=16, epochs=1, shuffle=False, verbose=0, callbacks=[callback])
    return net.get_weights()[0].ravel().tolist()
shown, seen = [], []
def look(batch, logs):
    shown.append(logs["loss"])
    seen.append(bool(np.isfinite(net.get_weights()[0]).all()))
calls = []
class Counted(keras.Model):
    def train_step(self, data):
        calls.append(data)
        return super().train_step(data)
def count(eagerly):  # how often Python is there, in 20 batches
    calls.clear()
    counted = Counted(net.inputs, net.outputs)
    counted.compile(keras.optimizers.SGD(rate), "mse", run_eagerly=eagerly)
    counted.fit(X, y, batch_size=16, epochs=1, shuffle=False, verbose=0)
    return len(calls)
log = open("compiled.csv", "w", buffering=1)
compiled = Logged(net.inputs, net.outputs)
compiled.compile(keras.optimizers.SGD(rate), "mse")
try:
    compiled.fit(X, y, batch_size=16, epochs=1, shuffle=False, verbose=0)
    refused = False
except Exception:
    refused = True
more = {
    "counted": [count(False), count(True)],
    "refused": refused,
    "watched": weights_after(keras.callbacks.LambdaCallback(on_train_batch_end=look)),
    "shown": shown,
    "seen": seen,
    "stopped": weights_after(keras.callbacks.TerminateOnNaN()),
}
""",
    "transformers": """
from transformers import GPT2Config, GPT2LMHeadModel
def own_log(trainer_class, net, **more):  # what the Trainer itself writes of a run
    arguments = TrainingArguments(
        num_train_epochs=1, per_device_train_batch_size=16, train_sampling_strategy="sequential",
        save_strategy="no", report_to="none", disable_tqdm=True, use_cpu=True, **{"logging_steps": 1} | more,
    )
    trainer = trainer_class(net, arguments, train_dataset=data)
    trainer.train()
    return [one for one in trainer.state.log_history if "grad_norm" in one]
same = {"learning_rate": rate, "optim": "sgd", "lr_scheduler_type": "constant"}
more = {"default": own_log(Trainer, Net(), **same), "steps": TrainingArguments().logging_steps}
more["tens"] = own_log(Trainer, Net(), logging_steps=10, **same)
far = same | {"learning_rate": 1e25}  # so that the loss is inf
more["inf"] = [own_log(Trainer, Net(), **far), own_log(Trainer, Net(), logging_nan_inf_filter=False, **far)]
log = open("clipped.csv", "w", buffering=1)
print("step,loss,grad_norm,weight,lr", file=log)
net = Net()
own_log(LoggingTrainer, net, max_grad_norm=0.001, max_steps=1, **same)
log.close()
more["clipped"] = Path("clipped.csv").read_text()
more["way"] = net.layer.weight.detach().norm().item() / rate
more["unfiltered"] = own_log(Trainer, Net(), logging_nan_inf_filter=False, **same)
words = np.random.default_rng(1).integers(0, 11, (80, 8))
data = [{"input_ids": row, "labels": row} for row in words]
def gpt():  # a language model of its own, made from a configuration
    config = GPT2Config(vocab_size=11, n_positions=8, n_embd=8, n_layer=1, n_head=2)
    return GPT2LMHeadModel(config)
log = open("gpt.csv", "w", buffering=1)
print("step,loss,grad_norm,weight,lr", file=log)
more["gpt"] = own_log(LoggingTrainer, gpt(), learning_rate=0.01, warmup_steps=2)
log.close()
more["gpt logged"] = Path("gpt.csv").read_text()
""",
}


def family(framework):
    return "torch" if framework in WITH_RATE else framework


def cases(framework):
    """The lines to run after the section ``model``, and before all others; the program as it is explodes."""
    return {
        "trains": "rate = 0.1",
        "explodes": "",
        "nan in the gradient": f"rate = 0.1; {EMPTY}; {ROOTED[family(framework)]}",
        "nan in the loss": f"rate = 0.1; {NO_LABEL}",
    }


RUN = """
import contextlib, io, json, os
from pathlib import Path
found = {}
for case, lines in CASES.items():
    os.makedirs(case); os.chdir(case)
    names, said = {"__name__": "__main__"}, io.StringIO()
    with contextlib.redirect_stdout(said):
        for number, code in enumerate(PARTS):
            if number == len(PARTS) - 1:  # it closes the file
                early = Path("log.csv").read_text(encoding="utf-8")
            exec(code, names)
            if number == 0:
                exec(lines, names)
        weights = eval(WEIGHTS, names).ravel().tolist()
    text = Path("log.csv").read_text(encoding="utf-8")
    found[case] = {"log": text, "early": early, "weights": weights, "said": said.getvalue()}
    if case == "nan in the gradient":
        exec(MORE, names)
        found["more"] = names["more"]
    os.chdir("..")
print()
print(json.dumps(found))
"""


@pytest.fixture(scope="session")
def runs_of(tmp_path_factory):
    """A function: what the program of a framework leaves in each case."""

    @functools.cache
    def folder(framework):
        return tmp_path_factory.mktemp(framework)

    def runs(framework):
        skip_without(NEEDS[framework])
        given = {
            "CASES": cases(framework),
            "PARTS": [part.code for part in sections(FOLDER / f"logging_{framework}.py")],
            "WEIGHTS": WEIGHTS[framework],
            "MORE": MORE[framework],
        }
        code = "".join(f"{name} = {value!r}\n" for name, value in given.items()) + RUN
        return json.loads(last_line(code, folder(framework), NEEDS[framework], strict=True))

    return runs


def records(text):
    """The records of a log, and the names of their columns, read without the project's own reader."""
    rows = list(csv.DictReader(text.splitlines()))
    return [{name: float(value) for name, value in row.items()} for row in rows]


def read_log(text):
    """A log as the project reads it: losses, steps, updates between two of them, weights, rates."""
    log = readlog.read(text, weights="weight")
    return log["loss"], log["step"], log["every"], log["weight"], log["rate"]


@functools.cache
def reference(case):
    """The same run in numpy: for each update its loss, norm and first weight before it; then the weights after."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(320, 2)).astype("float32").astype(float)
    noise = rng.normal(size=(320, 1)).astype("float32")
    y = X @ np.array([[3.0], [-2]]) + noise
    exec(
        {"nan in the gradient": EMPTY, "nan in the loss": NO_LABEL}.get(case, ""), {"X": X, "y": y, "np": np}
    )
    rate, w, rows = 4.0 if case == "explodes" else 0.1, np.zeros((2, 1)), []
    for update in range(40):
        x, target = (part[update % 20 * 16 :][:16] for part in (X, y))
        error = x @ w - target
        loss, g = np.mean(error**2), 2 * x.T @ error / 16
        if case == "nan in the gradient":
            with np.errstate(all="ignore"):
                loss, g = 1 + np.sqrt(loss), g / (2 * np.sqrt(loss))
        row = loss, np.linalg.norm(g), w[0, 0]
        rows.append(np.where(np.abs(row) > np.finfo(np.float32).max, np.inf, row))
        if not np.all(np.isfinite(rows[-1])):
            break
        w = w - rate * g
    return np.array(rows), w.ravel()


EVERY_CASE = list(cases("pytorch"))
each = pytest.mark.parametrize("framework", NEEDS)


# ── The log ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("case", EVERY_CASE)
@each
def test_the_log_has_one_record_an_update_with_the_losses_of_numpy(runs_of, framework, case):
    """“For each update they write to log.csv its step, loss, norm of the gradient, one weight and, where it is
    at hand, the rate.”
    snippets/frameworks/logging_pytorch.py: “320 samples are 20 batches of 16”
    snippets/frameworks/logging_keras.py: “320 samples are 20 batches of 16”
    snippets/frameworks/logging_lightning.py: “320 samples are 20 batches of 16”
    snippets/frameworks/logging_transformers.py: “320 samples are 20 batches of 16”
    snippets/frameworks/logging_jax.py: “320 samples are 20 batches of 16”"""
    found, (wanted, _) = records(runs_of(framework)[case]["log"]), reference(case)
    assert [one["step"] for one in found] == list(range(len(wanted)))
    columns = ["step", "loss", "grad_norm", "weight"] + ["lr"] * (framework in WITH_RATE)
    assert list(found[0]) == columns
    numbers = [[one["loss"], one["grad_norm"], one["weight"]] for one in found]
    finite = len(wanted) if case == "trains" else -1
    np.testing.assert_allclose(numbers[:finite], wanted[:finite], rtol=2e-4, atol=1e-5)
    if "lr" in columns:
        np.testing.assert_allclose([one["lr"] for one in found], 4.0 if case == "explodes" else 0.1)


@each
def test_a_run_that_trains_is_logged_to_its_end(runs_of, framework):
    """snippets/frameworks/logging_pytorch.py: “of all epochs” snippets/frameworks/logging_jax.py: “of all
    epochs”"""
    found = records(runs_of(framework)["trains"]["log"])
    assert len(found) == 40  # the second epoch goes on counting
    assert all(math.isfinite(value) for one in found for value in one.values())
    assert np.mean([one["loss"] for one in found[30:]]) < found[0]["loss"] / 5


@pytest.mark.parametrize("case", EVERY_CASE[1:])
@each
def test_it_stops_at_the_first_value_that_is_not_finite_and_the_weights_are_those_from_before(
    runs_of, framework, case
):
    """“They stop at the first value that is not finite, before the step that would carry it into the weights.”
    “It changes nothing in place: to stop in time, leave what it returned.”
    docs/frameworks.md: “The lines that log look at the loss too.”

    snippets/frameworks/logging_pytorch.py: “such a rate explodes” “before the step: the weights are as they
    were” snippets/frameworks/logging_keras.py: “such a rate explodes” “else the weights stay as they were”
    snippets/frameworks/logging_lightning.py: “such a rate explodes”
    snippets/frameworks/logging_transformers.py: “such a rate explodes” snippets/frameworks/logging_jax.py:
    “explodes” “w and state are still those from before the step”"""
    run, (wanted, weights) = runs_of(framework)[case], reference(case)
    *before, last = records(run["log"])
    assert 0 < len(before) == len(wanted) - 1 < 39
    assert all(math.isfinite(value) for one in before for value in one.values())
    assert not all(map(math.isfinite, last.values()))
    assert np.all(np.isfinite(run["weights"]))
    np.testing.assert_allclose(run["weights"], weights, rtol=2e-4)
    assert last["weight"] == run["weights"][0]  # that step was not made


@each
def test_a_gradient_can_be_nan_under_a_finite_loss(runs_of, framework):
    """“The loss alone shows it too late: at √0 it is fine, and its gradient is nan.”"""
    last = records(runs_of(framework)["nan in the gradient"]["log"])[-1]
    assert last["step"] == BAD and last["loss"] == 1
    assert math.isnan(last["grad_norm"])


@each
def test_each_record_is_on_disk_before_the_log_is_closed(runs_of, framework):
    """snippets/frameworks/logging_pytorch.py: “each line is on disk at once”
    snippets/frameworks/logging_keras.py: “each line is on disk at once”
    snippets/frameworks/logging_lightning.py: “each line is on disk at once”
    snippets/frameworks/logging_transformers.py: “each line is on disk at once”
    snippets/frameworks/logging_jax.py: “each line is on disk at once”"""
    for case in EVERY_CASE:
        run = runs_of(framework)[case]
        assert run["early"] == run["log"]
        assert run["log"].splitlines()[-1] in run["said"]


@pytest.mark.parametrize("case", EVERY_CASE)
@each
def test_the_box_reads_each_log_exactly(runs_of, framework, case):
    text = runs_of(framework)[case]["log"]
    wanted = records(text)
    losses, steps, every, weights, rates = read_log(text)
    np.testing.assert_array_equal(losses, [one["loss"] for one in wanted])
    np.testing.assert_array_equal(weights, [one["weight"] for one in wanted])
    assert steps == list(range(len(wanted))) and every == 1
    assert rates == ([one["lr"] for one in wanted] if framework in WITH_RATE else None)


# ── What the page says of each framework ─────────────────────────────────────────────────────────


def test_clip_grad_norm_returns_the_norm_from_before_and_infinity_clips_nothing(runs_of):
    """“clip_grad_norm returns the norm from before it clips, and infinity clips nothing.”
    snippets/frameworks/logging_pytorch.py: “no clip” snippets/frameworks/logging_transformers.py: “clips
    none”"""
    (before, after), (whole, left) = runs_of("pytorch")["more"]["clipped"]
    assert (before, whole, left) == (5, 5, 5) and after == pytest.approx(1, rel=1e-4)


def test_in_float16_a_scaler_skips_the_first_updates_and_the_lines_would_stop_there(runs_of):
    """“(In float16 a loss scaler multiplies the gradients and skips an update where one is inf, which is
    normal now and then; the lines would stop there.)” “An inf gradient norm in the first lines is normal
    there: a loss scaler tries and halves.”"""
    scaled = runs_of("pytorch")["more"]["scaled"]
    loss, norm, still, scale = scaled[0]
    assert math.isfinite(loss) and math.isinf(norm) and still and scale == 2**15  # skipped, and halved
    assert not all(map(math.isfinite, (loss, norm)))  # at which the lines stop
    *_, (loss, norm, still, scale) = scaled
    assert math.isfinite(norm) and not still and norm > 100 * loss  # of the multiplied gradient


def test_finite_weights_need_not_be_good_ones():
    """“Finite weights need not be good ones: go back to some from before the growth.”"""
    rows, weights = reference("explodes")
    assert np.all(np.isfinite(weights)) and rows[-2, 0] > 1e30 * rows[0, 0]


@each
def test_the_lines_need_math_and_where_they_say_nn_nn(framework):
    """“They need import math and, where they say nn, from torch import nn.”"""
    parts = {part.name: part.code for part in sections(FOLDER / f"logging_{framework}.py")}
    assert "math." in parts["log"] and "import math" in parts["model"]
    assert ("nn." in parts["log"]) <= ("from torch import nn" in parts["model"])


def test_the_model_that_logs_shares_the_weights_of_the_net(runs_of):
    """“Train Logged(net.inputs, net.outputs), which shares the weights of your net, and compile it with
    run_eagerly=True.”
    snippets/frameworks/logging_keras.py: “the same layers and weights”"""
    trained = runs_of("keras")["trains"]["weights"]  # of the net, after a run of the model that logs
    np.testing.assert_allclose(trained, reference("trains")[1], rtol=2e-4)


def test_unless_it_runs_eagerly_keras_compiles_the_step_and_python_cannot_look(runs_of):
    """“Otherwise Keras compiles the step, and Python cannot look at each batch.”
    snippets/frameworks/logging_keras.py: “compile it with run_eagerly=True”"""
    more = runs_of("keras")["more"]
    assert more["counted"][1] == 20 and more["counted"][0] < 3 and more["refused"]


def test_a_callback_of_keras_is_called_after_the_update(runs_of):
    """“A callback comes too late: on_train_batch_end is called after the update, and TerminateOnNaN finds the
    weights spoilt.”"""
    more = runs_of("keras")["more"]
    assert math.isfinite(more["shown"][BAD]) and more["seen"][: BAD + 1] == [True] * BAD + [False]
    assert all(map(math.isnan, more["watched"]))
    assert all(map(math.isnan, more["stopped"]))


def test_the_line_of_keras_is_a_mean_of_the_epoch_so_far_and_one_nan_makes_it_nan(runs_of):
    """“Keras's own line is the mean of the epoch so far: after one nan it is nan to the end of the epoch.”
    docs/cases.md: “Keras: the loss shown within an epoch is a mean over its batches so far,”"""
    shown, (rows, _) = runs_of("keras")["more"]["shown"], reference("nan in the gradient")
    so_far = np.cumsum(rows[: BAD + 1, 0]) / np.arange(1, BAD + 2)
    np.testing.assert_allclose(shown[: BAD + 1], so_far, rtol=1e-5)
    assert len(shown) == 20 and all(map(math.isnan, shown[BAD + 1 :]))


def test_lightning_logs_every_fiftieth_update_unless_told_otherwise(runs_of):
    """“Lightning's own loggers write every 50th update, unless you set log_every_n_steps=1.”
    docs/frameworks.md: “Lightning's own loggers write every 50th update, unless you set log_every_n_steps=1.”
    """
    assert runs_of("lightning")["more"]["every"] == 50


def test_the_hooks_of_lightning_come_before_it_clips(runs_of):
    """“Both hooks are called before the optimiser's step, and before Lightning clips.”"""
    more, (rows, _) = runs_of("lightning")["more"], reference("nan in the gradient")
    (first,) = records(more["clipped"])
    assert first["grad_norm"] == pytest.approx(rows[0, 1], rel=1e-5)
    assert more["way"] == pytest.approx(0.001, rel=0.01)


def test_the_trainer_of_hugging_face_shows_a_nan_as_0_unless_its_filter_is_off(runs_of):
    """“By default the Trainer's own log has one mean over 500 updates, in which about the mean so far stands
    for every nan; with a line for each update it shows a nan as 0.0.” “With logging_steps=1,
    logging_nan_inf_filter=False it shows each loss as it is.” “Hugging Face's Trainer replaces a loss that
    is nan or inf by the mean since the last line, which with a line every update is 0.0.”
    docs/frameworks.md: “in which about the mean so far stands for every nan: with a line for each update, a nan is shown as 0.0.”
    snippets/readlog/words.json: “because Hugging Face's Trainer writes 0.0 where a loss is nan (logging_nan_inf_filter).”
    """
    more = runs_of("transformers")["more"]
    assert more["steps"] == 500
    first, second = (one["loss"] for one in more["tens"])
    rows, _ = reference("nan in the gradient")
    assert first == pytest.approx(np.mean(rows[: BAD + 1, 0]), rel=0.1) and second == 0
    filtered, whole = ([one["loss"] for one in run] for run in more["inf"])
    assert math.isinf(whole[1]) and filtered[1] == 0.0
    default, open_ = more["default"], more["unfiltered"]
    assert math.isnan(default[BAD]["grad_norm"])
    assert [one["loss"] for one in default[BAD + 1 :]] == [0.0] * (len(default) - BAD - 1) != []
    assert all(math.isnan(one["loss"]) for one in open_[BAD + 1 :])
    assert [one["step"] for one in open_] == list(range(1, 21))


def test_what_the_trainer_of_hugging_face_logs_itself_is_read_too(runs_of):
    """“The box reads that too, but the run does not stop.”"""
    own = runs_of("transformers")["more"]["unfiltered"]
    text = "\n".join(map(str, own))
    log = readlog.read(text)
    np.testing.assert_array_equal(log["loss"], [one["loss"] for one in own])
    assert log["every"] == 1
    assert len(own) == 20 > BAD + 1  # it goes on after the nan


def test_the_norm_of_hugging_face_is_from_before_the_trainer_clips(runs_of):
    """“Its norm is from before the Trainer clips.”"""
    more, (rows, _) = runs_of("transformers")["more"], reference("nan in the gradient")
    (first,) = records(more["clipped"])
    assert first["grad_norm"] == pytest.approx(rows[0, 1], rel=1e-5)
    assert more["way"] == pytest.approx(0.001, rel=0.01)


def test_the_lines_for_hugging_face_serve_a_model_of_theirs(runs_of):
    more = runs_of("transformers")["more"]
    logged, own = records(more["gpt logged"]), more["gpt"]
    assert len(logged) == len(own) == 5
    for name, theirs in ("loss", "loss"), ("grad_norm", "grad_norm"), ("lr", "learning_rate"):
        np.testing.assert_allclose([one[name] for one in logged], [one[theirs] for one in own], rtol=1e-6)
    assert len({one["weight"] for one in logged}) >= 4  # it moves


# ── The programs and the page ────────────────────────────────────────────────────────────────────


def section_of_the_page():
    return re.search(
        r"^## Log the loss of every update \{ #log \}\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL
    )[1]


@each
def test_a_section_is_short_enough_to_be_read(framework):
    for part in sections(FOLDER / f"logging_{framework}.py"):
        lines = [line for line in part.code.splitlines() if line.strip()]
        assert len(lines) <= 15, f"section '{part.name}' has {len(lines)} lines"
        assert max(map(len, lines)) <= 76, f"section '{part.name}' is too wide for a page"


def test_each_tab_shows_the_lines_that_log_of_its_program():
    found = re.findall(
        r'^=== "([^"]*)"\n\n    ```python\n    --8<-- "([^"]*)"\n    ```\n', section_of_the_page(), re.M
    )
    assert found == [(label, f"frameworks/logging_{stem}.py:log") for label, stem in TABS.items()]
    assert section_of_the_page().count("```") == 2 * len(TABS)


def test_each_program_that_logs_is_on_the_page():
    assert sorted(FOLDER.glob("logging_*.py")) == sorted(FOLDER / f"logging_{stem}.py" for stem in NEEDS)


def test_the_page_names_no_version_which_would_grow_old():
    assert not re.search(
        r"(?i)(torch|keras|lightning|face|transformers|jax|version)[ =]+v?\d", section_of_the_page()
    )


def test_a_missing_framework_is_skipped_with_its_cure(runs_of, monkeypatch):
    monkeypatch.setitem(NEEDS, "nowhere", ["a_framework_that_is_nowhere"])
    with pytest.raises(pytest.skip.Exception, match="uv run --group frameworks pytest"):
        runs_of("nowhere")
