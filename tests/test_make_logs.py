"""The runs that the reader of logs is measured on are those of torch, and a log shows what it is said to show.

Without torch and scikit-learn these tests are skipped: ``uv run --group frameworks --group evaluation pytest
tests/test_make_logs.py``.
"""

import itertools
import math
import re

import numpy as np
import pytest

from apart import Later, skip_without
from proven import proven_by

torch, by_hand = Later("torch"), Later("by_hand")
laboratory, make, styles = map(Later, ("measure.laboratory", "measure.logs.make", "measure.logs.styles"))
data, populations, tasks = (Later(f"measure.runs.{name}") for name in ("data", "populations", "tasks"))
training, truth, faults = (Later(f"measure.runs.{name}") for name in ("training", "truth", "losses"))

PROVES = "diagnose"
pytestmark = [
    pytest.mark.xdist_group("frameworks"),  # one worker runs each framework once
    proven_by("scripts/measure/**/*", "snippets/readlog/*", "tests/apart.py", "tests/by_hand.py"),
]


@pytest.fixture(autouse=True)
def at_hand():
    skip_without(["torch", "sklearn"])


# ── Runs side by side, and one by one ────────────────────────────────────────────────────────────


def drawn(data, model, opt, **more):
    """What a configuration is made of, which is enough to name a test."""
    usual = {
        "seed": 7, "n": 200, "scaled": True, "depth": 2, "width": 16, "act": "relu", "loss": "ce", "reduce": "mean",
        "batch": 32, "clip": 0.0, "schedule": "constant", "updates": 60,
    }  # fmt: skip
    return {"data": data, "model": model, "opt": opt} | usual | more


def config_of(*names, **more):
    return tasks.Config(**drawn(*names, **more))


CASES = [
    ("tune", drawn("digits", "linear", "SGD", depth=0, scaled=False), (1e-3, 3, 1e3)),
    ("tune", drawn("wine", "mlp", "SGD", reduce="sum", batch=8), (1e-3, 1, 30)),
    ("tune", drawn("diabetes", "mlp", "SGD", loss="mse", act="tanh", clip=1.0), (1e-2, 1, 3)),
    ("tune", drawn("diabetes", "linear", "momentum", loss="mse", depth=0), (1e-2, 0.5, 10)),
    ("tune", drawn("iris", "mlp", "momentum", loss="mse", schedule="warmup", act="gelu"), (1e-2, 3, 300)),
    ("tune", drawn("digits", "mlp", "momentum", clip=1.0, schedule="linear"), (1e-2, 1, 30)),
    ("tune", drawn("wine", "mlp", "Adam", loss="mse", batch=0), (1e-3, 0.3, 10)),
    ("tune", drawn("breast_cancer", "mlp", "AdamW", depth=3, schedule="warmup"), (1e-3, 0.3, 30)),
    ("tune", drawn("diabetes", "mlp", "RMSprop", loss="mse", reduce="sum"), (1e-3, 0.1, 3)),
    ("tune", drawn("digits", "conv", "Adam", width=8, batch=16, updates=30), (1e-3, 0.1, 3)),
    ("tune", drawn("waves", "lstm", "momentum", loss="mse", depth=1, clip=1.0, updates=40), (1e-2, 1, 3)),
    ("tune", drawn("adding", "gru", "AdamW", loss="mse", depth=1, updates=40), (1e-3, 0.1, 0.3)),
    ("tune", drawn("walks", "transformer", "Adam", symbols=10, act="gelu", depth=1, updates=30), (1e-3, 0.03, 0.1)),
    ("check", drawn("friedman1", "mlp", "SGD", loss="mse", norm=True, residual=True, depth=3), (1e-2, 0.3, 10)),
    ("check", drawn("parity", "mlp", "RMSprop", act="leaky", residual=True, width=24), (1e-3, 0.3, 3)),
    ("check", drawn("patches", "conv", "SGD", width=6, kernel=5, pooled=True, updates=20), (1e-2, 1, 3e3)),
    ("check", drawn("recall", "lstm", "RMSprop", width=12, updates=30), (1e-3, 0.3, 3)),
    ("check", drawn("chains", "transformer", "AdamW", symbols=7, heads=4, act="gelu", updates=20), (1e-3, 0.03, 0.1)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("population", "parts", "rates"), CASES, ids=lambda one: one["data"] if isinstance(one, dict) else None
)
def test_runs_side_by_side_are_those_of_torch(population, parts, rates):
    """“linear models, networks with and without residual branches and normalisation, convolutions, LSTM, GRU
    and small transformers,”"""
    torch.set_num_threads(1)
    config = tasks.Config(**parts)
    task = tasks.task_of(config, population)
    found = training.train(task, config, rates).losses
    for k, rate in enumerate(rates):
        wanted = by_hand.losses_of(config, task, rate)
        assert truth.first_bad(found[:, k]) == truth.first_bad(wanted)
        finite = np.isfinite(wanted[:15])
        np.testing.assert_allclose(found[:15, k][finite], wanted[:15][finite], rtol=2e-3, atol=1e-6)


# ── Faults ───────────────────────────────────────────────────────────────────────────────────────


def spoilt_run(config, fault):
    """The losses of a run with the fault, at a rate and at a hundredth of it: (updates, 2)."""
    return training.train(tasks.task_of(config, "tune"), config, [0.1, 0.001], fault).losses


@pytest.mark.parametrize(("whole", "bad"), [(True, 1), (False, 50)])
def test_a_batch_without_labels_spoils_one_loss_in_torch_and_all_with_a_masked_mean(whole, bad):
    config = config_of("iris", "mlp", "Adam")
    losses = spoilt_run(config, faults.Fault("ignored", when=10, whole=whole))
    assert [truth.first_bad(one) for one in losses.T] == [10, 10]
    assert (~np.isfinite(losses)).sum(0).tolist() == [bad, bad]
    scores = torch.zeros(4, 3, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(scores, torch.full((4,), -100))
    loss.backward()
    assert math.isnan(loss.item()) and (scores.grad == 0).all()


def test_a_root_of_zero_shows_an_update_later_and_lasts():
    losses = spoilt_run(config_of("iris", "mlp", "SGD"), faults.Fault("sqrt0", when=10))
    assert np.isfinite(losses[:11]).all() and not np.isfinite(losses[11:]).any()


def test_zero_times_the_logarithm_of_zero_spoils_one_loss_an_epoch():
    config = config_of("iris", "mlp", "SGD")
    losses = spoilt_run(config, faults.Fault("log0", row=3))
    rows = training.batches(120, 32, config.updates, config.seed)
    assert [3 in one for one in rows] == (~np.isfinite(losses[:, 0])).tolist()


def test_half_precision_spoils_one_loss_an_epoch_and_the_scaler_skips_the_update():
    config = config_of("iris", "mlp", "SGD", act="gelu")
    task = tasks.task_of(config, "tune")
    task.X[3, 0] = 99_999
    losses = training.train(task, config, [0.1, 0.001], faults.Fault("fp16")).losses
    rows = training.batches(120, 32, config.updates, config.seed)
    assert [3 in one for one in rows] == (~np.isfinite(losses[:, 0])).tolist()
    assert losses[-1, 0] < 0.8 * losses[0, 0]


def test_half_precision_is_that_of_autocast_and_its_scaler():
    config = config_of("iris", "mlp", "Adam")
    task = tasks.task_of(config, "tune")
    task.X[3, 0] = 99_999
    found = training.train(task, config, [0.01, 0.0001], faults.Fault("fp16")).losses[:, 0]
    model, optimiser_at = by_hand.alike(config, task)
    optimiser, scaler, wanted = optimiser_at(0.01), torch.amp.GradScaler("cpu"), []
    for rows in training.batches(120, 32, config.updates, config.seed):
        optimiser.zero_grad()
        with torch.autocast("cpu", dtype=torch.float16):
            loss = torch.nn.functional.cross_entropy(model(task.X[rows]).float(), task.y[rows])
        scaler.scale(loss).backward()
        scaler.step(optimiser)
        scaler.update()
        wanted.append(loss.item())
    np.testing.assert_allclose(found, wanted, rtol=1e-3)  # nan at the same updates


# ── Truth ────────────────────────────────────────────────────────────────────────────────────────


def test_a_run_is_graded_by_where_it_ends_and_whether_it_rose():
    ends = {"s": 0.99, "t": 0.5, "l": 0.97, "f": 1.0}
    losses = np.ones((5, 6))
    losses[2, 4], losses[3, 5] = 2, np.nan
    end = np.array([ends["s"], ends["t"], 0.3, ends["l"], ends["f"], 0.1])
    assert truth.grade(training.Trained(losses, losses, np.full(6, 1.1), end), 1.0) == "sttlff"
    assert truth.block("sttlff") == (1, 2)
    assert truth.block("sttt") == (1, 3)


def test_the_least_loss_of_a_constant_answer():
    config = config_of("iris", "linear", "SGD", depth=0)
    task = tasks.task_of(config, "tune")
    shares = np.bincount(task.y) / len(task.y)
    assert task.constant(config) == pytest.approx(-(shares * np.log(shares)).sum())
    config = config_of("diabetes", "linear", "SGD", depth=0, loss="mse", reduce="sum")
    task = tasks.task_of(config, "tune")
    assert task.constant(config) == pytest.approx(32 * np.var(task.y.numpy()), rel=1e-5)


def test_the_two_populations_share_no_data_no_width_and_no_seed():
    """“that its rules were not chosen on.” “The rules were chosen on other runs, of other data sets and other
    models.”
    docs/diagnose.md: “On runs it had not seen”"""
    drawn = {name: [populations.draw(name, seed) for seed in range(150)] for name in ("tune", "check")}
    for what in ("data", "seed"):
        one, other = ({getattr(config, what) for config in drawn[name]} for name in drawn)
        assert not one & other, what
    networks = [{(c.width, c.model) for c in drawn[name] if c.width > 1} for name in drawn]
    assert not networks[0] & networks[1]


def test_the_laboratory_draws_the_same_tasks_in_every_process():
    """A choice from a set would follow the seed of Python's hashes."""
    drawn = [laboratory.Task.draw(seed) for seed in (3001, 3002, 3004, 3009)]
    assert {task.model for task in drawn} == {"logistic"}
    assert [task.data for task in drawn] == ["digits", "iris", "digits", "digits"]


CHEAP = 113  # a seed whose configuration is small


@pytest.mark.parametrize("population", ["tune", "check"])
def test_all_data_are_whole_and_those_that_are_standardised_have_mean_zero(population):
    if population == "check":
        pytest.importorskip("statsmodels")
    assert list(populations.NETS) == ["tune", "check"]
    for model, (_, shape) in populations.NETS[population].items():
        for name in data.kinds(population, model):
            loss = data.LOSSES.get(name, "ce")
            symbols = shape.get("symbols", (0,))[0]
            config = config_of(name, model, "SGD", loss=loss, symbols=symbols, n=shape["n"][0])
            task = tasks.task_of(config, population)
            assert len(task.X) > 3 * len(task.X_val) > 0
            assert len(task.y) == len(task.X)
            assert task.X.isfinite().all() and task.y.isfinite().all()
            if task.X.is_floating_point() and model != "conv":
                everything = torch.cat([task.X, task.X_val])
                assert abs(everything.mean()) < 0.3 and 0.3 < everything.std() < 1.2
            assert 0 < task.constant(config) < 3


def test_a_configuration_gives_runs_whose_logs_name_them():
    runs, logs, texts = make.logs_of("tune", CHEAP)
    kinds = [run["kind"] for run in runs.values()]
    assert kinds.count("rate") == 2 and kinds.count("fine") == 1
    assert logs.keys() == texts.keys() and {log["run"] for log in logs.values()} == runs.keys()
    for run in runs.values():
        letters = {rate: letter for rate, letter in run["grid"]}
        if run["kind"] == "rate":
            assert run["factor"] > 1.3 and letters[run["rate"]] == "f"
        if run["kind"] == "fine":
            assert run["factor"] <= 1 and letters[run["rate"]] == "t"
            assert run["end"] < min(run["start"], 0.98 * run["const"])


# ── What the logs show ───────────────────────────────────────────────────────────────────────────

FORMS = {
    "plain1": r"^(\S+)$",
    "plain10": r"^(\S+)$",
    "plain50": r"^(\S+)$",
    "csv": r"^\d+,\d+,([^,]+),",
    "hf": r"'loss': '?([^',]+)",
    "keras": r" - loss: (\S+)|s/step - loss: (\S+)",
    "lightning": r"train_loss=([^,]+),",
    "mmengine": r"  loss: (\S+)$",
    "nanogpt": r"^iter \d+: loss ([^,]+),",
    "pytorch": r"\tLoss: (\S+)$",
}
COUNTERS = {  # the update that a line names, from what stands in it
    "csv": (r"^\d+,(\d+),", lambda size, step: step),
    "nanogpt": (r"^iter (\d+):", lambda size, step: step),
    "mmengine": (r"\[(\d+)\]\[(\d+)/|\[ *(\d+)/", None),
    "pytorch": (r"Epoch: (\d+) \[(\d+)/", lambda size, epoch, seen: (epoch - 1) * size + seen // 8),
    "lightning": (r"Epoch (\d+):", lambda size, epoch: (epoch + 1) * size - 1),
}


def record_of(bad=None, updates=120, size=12):
    """A run of made-up losses, whose loss is inf and then nan from an update on, if that is given."""
    rng = np.random.default_rng(5)
    losses = np.exp(rng.normal(size=(updates, 1)) - np.linspace(0, 8, updates)[:, None])
    if bad is not None:
        losses[bad:] = math.nan
        losses[bad] = math.inf
    seen = {t: dict.fromkeys(("val", "train", "right"), np.array([0.5])) for t in range(updates + 1)}
    run = training.Trained(losses, 2 * losses, np.array([1.0]), losses[-1], seen)
    config = config_of("digits", "mlp", "momentum", batch=8, updates=updates)
    return styles.Record(config, run, np.full(updates, 0.01), 8, 95, 20, size, True)


@pytest.mark.parametrize("bad", [None, 0, 37, 115])
@pytest.mark.parametrize("style", FORMS)
def test_a_log_shows_its_losses_at_their_places(style, bad):
    assert styles.STYLES.keys() == FORMS.keys()
    for seed in range(4):
        record = record_of(bad)
        lines = styles.STYLES[style](record, np.random.default_rng(seed))
        shows = [line for line in lines if line.at]
        places = [re.search(FORMS[style], line.text) for line in lines]
        assert [bool(found) for found in places] == [line.at is not None for line in lines]
        for line, found in zip(shows, filter(None, places), strict=True):
            first, last = line.at
            part = record.losses[first : last + 1]
            weights = record.sizes()[first : last + 1] if style == "keras" else None
            if not line.masked:
                with np.errstate(all="ignore"):
                    np.testing.assert_allclose(
                        line.shown, np.average(part, weights=weights), rtol=1e-6, atol=5e-5
                    )
            text = (
                next(filter(None, found.groups())).removesuffix(".0")
                if style == "lightning"
                else next(filter(None, found.groups()))
            )
            if math.isfinite(line.shown):
                assert float(text) == pytest.approx(line.shown, rel=6e-3, abs=6e-5)
            else:
                assert text in (("0.0", "0", "nan", "inf") if style == "hf" else ("nan", "inf"))
            if style in COUNTERS and style != "mmengine":
                form, update = COUNTERS[style]
                assert update(record.per_epoch, *map(int, re.search(form, line.text).groups())) == last


@pytest.mark.parametrize("style", FORMS)
def test_the_truth_of_a_log_is_what_its_text_shows(style):
    """“(scripts/measure/logs/make.py in the repository makes them, and says which are which.)”"""
    known = {"kind": "rate", "rate": 0.01, "first_bad": 37}
    for seed in range(4):
        text, told = make.log_of(record_of(37), known, style, np.random.default_rng(seed))
        found = [next(filter(None, one.groups())) for one in re.finditer(FORMS[style], text, re.MULTILINE)]
        assert len(found) == len(told["shown"])
        for number, shown in zip(found, told["shown"], strict=True):
            number = float(number.replace("nan.0", "nan").replace("inf.0", "inf"))
            same = shown is not None and number == pytest.approx(shown, rel=6e-3, abs=6e-5)
            assert same or (shown is None and (not math.isfinite(number) or number == 0))
        lasting = len(told["shown"]) - sum(
            1 for _ in itertools.takewhile(lambda x: x is None, told["shown"][::-1])
        )
        assert 1 <= len(told["shown"]) - lasting <= 7
        assert text.count("\n") <= 70 or style == "plain1"


def test_the_trainer_of_hugging_face_puts_the_mean_so_far_in_the_place_of_a_nan():
    record = record_of(37)
    lines = [line for line in styles.hf(record, np.random.default_rng(0)) if line.at]
    mean = np.float32(0)
    for t in range(30, 40):
        loss = record.losses[t]
        mean = mean + (np.float32(loss) if math.isfinite(loss) else mean / np.float32(1 + t % 10))
    assert [line.masked for line in lines[:5]] == [False, False, False, True, True]
    assert lines[3].shown == pytest.approx(mean / 10, abs=5e-5)
    assert math.isnan(lines[4].shown) and re.match(
        r"\{'loss': '?0(\.0)?'?, 'grad_norm': '?nan", lines[4].text
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (31.24, "31.20"),
        (0.058712, "0.0587"),
        (1775.9949, "1.78e+3"),
        (math.nan, "nan.0"),
        (0.0, "0.000"),
        (2.0, "2.000"),
    ],
)
def test_lightning_pads_a_number_to_five_characters(number, text):
    assert styles.padded(number) == text
