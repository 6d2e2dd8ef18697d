"""What is true of a run: whether it trains, the largest rate that does, and faults that are not the rate's.

A run *trains* if the loss of all samples ends below its start, below 0.98 of the best constant answer c, and
below the larger of 0.8 c and b + 0.2 (c − b), b being the best end at any rate. It *fails* if a loss is inf or
nan, or if it ends above its start, or above 0.98 c after a batch above 1.5 times the first. The *largest* rate
that trains is the end of the first unbroken block, on a grid of 24 rates with a factor of 1.55. Each fault that
is not the rate's must show at the same update at a hundredth of the rate.
"""

import math
from dataclasses import replace

import numpy as np
import torch

from measure.runs import tasks, training
from measure.runs.losses import Fault

FACTOR, RATES = 1.55, 24
ADAPTIVE = ("Adam", "AdamW", "RMSprop")


def grade(run: training.Trained, constant: float) -> str:
    """A letter for each copy: trains, fails, slow (below the rates that train) or late (above them)."""
    losses, start, end = run.losses, run.start, run.end
    finite = np.isfinite(losses).all(0) & np.isfinite(end)
    best = np.min(end[finite], initial=np.inf)
    enough = min(max(0.8 * constant, best + 0.2 * (constant - best)), 0.98 * constant)
    trains = finite & (end < enough) & (end < start)
    rose = (losses > 1.5 * losses[0]).any(0)
    fails = ~finite | (end > start) | (end >= 0.98 * constant) & rose
    first = int(trains.argmax()) if trains.any() else len(end)
    either = ["s" if k < first else "l" for k in range(len(end))]
    return "".join("t" if t else "f" if f else e for t, f, e in zip(trains, fails, either, strict=True))


def block(letters: str) -> tuple[int, int]:
    """First and last place of the first unbroken block of t; raises ValueError if there is none."""
    first = letters.index("t")
    return first, first + len(letters[first:]) - len(letters[first:].lstrip("t")) - 1


def grid(task: tasks.Task, config: tasks.Config) -> np.ndarray | None:
    """24 rates, from 1/64 to 370 times one that trains, in three digits; None if none trains."""
    powers = range(-12, 3) if config.opt in ADAPTIVE else range(-19, 6)
    coarse = 10.0 ** (np.array(powers) / 2)
    short = replace(config, updates=min(config.updates, 100))
    letters = grade(training.train(task, short, coarse), task.constant(config))
    if "t" not in letters:
        return None
    return np.array([float(f"{coarse[block(letters)[1]] / 64 * FACTOR**k:.3g}") for k in range(RATES)])


def spoilt(task: tasks.Task, config: tasks.Config, rng) -> tuple[tasks.Task, Fault]:
    """The task with a fault that suits it, drawn at random; what stands in the data is already there."""
    names = ["nan-sample", "sqrt0", "empty-crop", "labels"]
    names += ["log0", "ignored"] if config.loss == "ce" else ["inf-label"]
    names += ["fp16"] * (config.model in ("linear", "mlp") and not config.norm)
    if config.symbols:
        names.remove("nan-sample")
    name, row = names[rng.integers(len(names))], int(rng.integers(len(task.X)))
    X, y, when = task.X.clone(), task.y.clone(), int(rng.integers(3, max(4, 0.8 * config.updates)))
    if name == "nan-sample":
        X[row].view(-1)[0] = math.nan
    elif name == "fp16":
        X[row].view(-1)[0] = 99_999.0  # a code for a missing value, and more than half precision holds
    elif name == "inf-label":
        y[row] = math.inf
    elif name == "labels":
        y = y[torch.as_tensor(rng.permutation(len(y)))]
    whole = name == "ignored" and bool(rng.random() < 0.5)
    return tasks.Task(X, y, task.X_val, task.y_val, task.outputs, task.discrete), Fault(
        name, when, row, whole
    )


def first_bad(losses: np.ndarray) -> int | None:
    """The first update whose loss is no number."""
    bad = np.flatnonzero(~np.isfinite(losses))
    return int(bad[0]) if len(bad) else None


def broken(task: tasks.Task, config: tasks.Config, rate: float, rng) -> tuple[training.Trained | None, Fault]:
    """A run with a fault; None unless the fault shows at the rate and at a hundredth of it alike."""
    bad_task, fault = spoilt(task, config, rng)
    run = training.train(bad_task, config, [rate, rate / 100], fault)
    if fault.name == "labels":
        shows = (run.end > 0.9 * task.constant(config)).all()
    else:
        first, other = map(first_bad, run.losses.T)
        calm = not first or run.losses[:first, 0].max() < 3 * run.losses[0, 0]
        shows = first is not None and first == other and calm
    return run.copy(0) if shows else None, fault
