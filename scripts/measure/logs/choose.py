"""Which runs of a configuration get a log: some that fail, one that trains, perhaps a slow one and a fault."""

import math
from dataclasses import asdict

import numpy as np

from measure.runs import tasks, training
from measure.runs.truth import ADAPTIVE, block, broken, first_bad, grade, grid

SPREAD = ((1.3, 3), (3, 10), (10, 30), (30, 100), (100, math.inf))  # how far above the largest rate


def searched(task: tasks.Task, config: tasks.Config) -> tuple[dict, training.Trained] | None:
    """What all runs of a configuration share, and the runs at all rates of its grid.

    None if no rate trains, or none fails, or if only rates train that nobody would try.
    """
    rates = grid(task, config)
    if rates is None:
        return None
    trained, constant = training.train(task, config, rates), task.constant(config)
    letters = grade(trained, constant)
    if "t" not in letters or letters[-1] == "t":
        return None
    largest = float(rates[block(letters)[1]])
    shared = {
        "config": asdict(config) | {"T": config.updates},
        "spe": task.per_epoch(config),
        "n": len(task.X),
        "const": constant,
        "best": float(np.nanmin(trained.end)),
        "start": float(trained.start[0]),
        "largest": largest,
        "grid": [[rate, letter] for rate, letter in zip(rates.tolist(), letters, strict=True)],
    }
    return (shared, trained) if largest <= (3 if config.opt in ADAPTIVE else 300) else None


def entry(shared: dict, kind: str, rate: float, run: training.Trained, fault: str | None = None):
    """(name, truth, run)"""
    factor, end = round(rate / shared["largest"], 3), float(run.end[0])
    told = {"kind": kind, "rate": rate, "factor": factor, "fault": fault}
    told |= {"end": end if math.isfinite(end) else None, "first_bad": first_bad(run.losses[:, 0])}
    return fault or f"{kind}-{factor:.2g}x", shared | told, run


def runs_of(task: tasks.Task, config: tasks.Config, failing: int, rng):
    """Yield (name, truth, run) of some rates that fail, one that trains, perhaps a slow one and a fault."""
    found = searched(task, config)
    if found is None:
        return
    shared, trained = found
    rates, letters = [rate for rate, _ in shared["grid"]], "".join(letter for _, letter in shared["grid"])
    first, top = block(letters)

    def at(kind: str, k: int):
        return entry(shared, kind, rates[k], trained.copy(k))

    for low, high in rng.permutation(SPREAD)[:failing]:
        high_enough = [k for k in range(top + 1, len(rates)) if low <= rates[k] / rates[top] < high]
        fails = [k for k in high_enough if letters[k] == "f"]
        if fails:
            yield at("rate", fails[rng.integers(len(fails))])
    yield at("fine", int(rng.integers(first, top + 1)))
    if "s" in letters[:first] and rng.random() < 0.15:
        yield at("slow", letters.rindex("s", 0, first))
    for _ in range(2 if rng.random() < 0.8 else 0):  # a second fault, if the first does not show
        rate = rates[rng.integers(first, top + 1)]
        run, fault = broken(task, config, rate, rng)
        if run is not None:
            yield entry(shared, "not-the-rate", rate, run, fault.name)
            break
