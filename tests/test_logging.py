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
from apart import last_line, skip_without
from conftest import ROOT, SNIPPETS
from weave.program import sections

pytestmark = pytest.mark.xdist_group("frameworks")  # one worker runs each framework once

FOLDER = SNIPPETS / "frameworks"
PAGE = (ROOT / "docs" / "diagnose.md").read_text(encoding="utf-8")
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
    "pytorch": "more = None",
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
more = {
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
        # Lightning calls what PyTorch will give up.
        return json.loads(last_line(code, folder(framework), "error", "ignore::FutureWarning"))

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
    found = records(runs_of(framework)["trains"]["log"])
    assert len(found) == 40  # the second epoch goes on counting
    assert all(math.isfinite(value) for one in found for value in one.values())
    assert np.mean([one["loss"] for one in found[30:]]) < found[0]["loss"] / 5


@pytest.mark.parametrize("case", EVERY_CASE[1:])
@each
def test_it_stops_at_the_first_value_that_is_not_finite_and_the_weights_are_those_from_before(
    runs_of, framework, case
):
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
    last = records(runs_of(framework)["nan in the gradient"]["log"])[-1]
    assert last["step"] == BAD and last["loss"] == 1
    assert math.isnan(last["grad_norm"])


@each
def test_each_record_is_on_disk_before_the_log_is_closed(runs_of, framework):
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


def says(sentence):
    return sentence in " ".join(PAGE.split())


def test_a_callback_of_keras_is_called_after_the_update(runs_of):
    assert says("A callback comes too late: `on_train_batch_end` is called after the update")
    more = runs_of("keras")["more"]
    assert math.isfinite(more["shown"][BAD]) and more["seen"][: BAD + 1] == [True] * BAD + [False]
    assert all(map(math.isnan, more["watched"]))
    assert says("and `TerminateOnNaN` finds the weights spoilt")
    assert all(map(math.isnan, more["stopped"]))


def test_the_line_of_keras_is_a_mean_of_the_epoch_so_far_and_one_nan_makes_it_nan(runs_of):
    """docs/cases.md: “Keras: the loss shown within an epoch is a mean over its batches so far,”"""
    assert says(
        "Keras's own line is the mean of the epoch so far: after one nan it is nan to the end of the epoch"
    )
    shown, (rows, _) = runs_of("keras")["more"]["shown"], reference("nan in the gradient")
    so_far = np.cumsum(rows[: BAD + 1, 0]) / np.arange(1, BAD + 2)
    np.testing.assert_allclose(shown[: BAD + 1], so_far, rtol=1e-5)
    assert len(shown) == 20 and all(map(math.isnan, shown[BAD + 1 :]))


def test_lightning_logs_every_fiftieth_update_unless_told_otherwise(runs_of):
    assert says("Lightning's own loggers write every 50th update, unless you set `log_every_n_steps=1`")
    assert runs_of("lightning")["more"]["every"] == 50


def test_the_hooks_of_lightning_come_before_it_clips(runs_of):
    assert says("called before the optimiser's step, and before Lightning clips")
    more, (rows, _) = runs_of("lightning")["more"], reference("nan in the gradient")
    (first,) = records(more["clipped"])
    assert first["grad_norm"] == pytest.approx(rows[0, 1], rel=1e-5)
    assert more["way"] == pytest.approx(0.001, rel=0.01)


def test_the_trainer_of_hugging_face_shows_a_nan_as_0_unless_its_filter_is_off(runs_of):
    assert says("one mean over 500 updates and leaves every nan out of it")
    assert says("with a line for each update it shows a nan as 0.0")
    more = runs_of("transformers")["more"]
    assert more["steps"] == 500
    default, open_ = more["default"], more["unfiltered"]
    assert math.isnan(default[BAD]["grad_norm"])
    assert [one["loss"] for one in default[BAD + 1 :]] == [0.0] * (len(default) - BAD - 1) != []
    assert all(math.isnan(one["loss"]) for one in open_[BAD + 1 :])
    assert [one["step"] for one in open_] == list(range(1, 21))


def test_what_the_trainer_of_hugging_face_logs_itself_is_read_too(runs_of):
    assert says("`logging_steps=1, logging_nan_inf_filter=False`")
    own = runs_of("transformers")["more"]["unfiltered"]
    text = "\n".join(map(str, own))
    log = readlog.read(text)
    np.testing.assert_array_equal(log["loss"], [one["loss"] for one in own])
    assert log["every"] == 1


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
