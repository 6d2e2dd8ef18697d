"""Make the runs on which the chapter Diagnose tests itself:

    uv run --group frameworks --group evaluation evaluate

Linear and logistic models, tanh and ReLU networks on scikit-learn's small data sets, in torch, drawn at
random: raw or standardised inputs, mean or sum, momentum, full batch or mini-batches. Of each it finds the
largest rate that trains, runs it above and below, and tries what four methods make of the log of a run that
exploded. ``snippets/data/runs.csv`` keeps the logs and the outcomes; the chapter's program reads it.

A run *explodes* if a loss is inf or nan; what *trains* and *largest* mean stands in ``laboratory.py``. Seeds
below 3000 were used to choose the rules of the program; the table is made of others.
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np
import torch

from measure.laboratory import Task, largest_rate, run

ROOT = Path(__file__).parents[2]
FILE = ROOT / "snippets" / "data" / "runs.csv"
MULTIPLES = (1.3, 2, 3.3, 5, 10, 30, 100)


def range_test(task: Task, alpha: float) -> tuple[float, int]:
    """Raise the rate from a millionth of the one that exploded to it, in a hundred updates.

    The losses are smoothed by a running mean of the last ten; it stops when that is four times its lowest.
    Returns a tenth of the rate at the lowest, and the updates that it took. (Smith 2015; smoothing, stop and
    tenth are common rules.)
    """
    factors = 10.0 ** np.linspace(-6, 0, 100)
    losses = run(task, [alpha], factors)[0][:, 0]
    smooth = np.array([losses[max(0, n - 9) : n + 1].mean() for n in range(len(losses))])
    calm = smooth <= 4 * np.fmin.accumulate(smooth)
    stop = len(losses) if calm.all() else int(np.argmin(calm))
    return alpha * factors[np.argmin(smooth[: max(1, stop)])] / 10, min(stop + 1, len(losses))


def two_lines(losses, alpha: float) -> float:
    """Half of 2α/(1 + √r), with r the last ratio of the losses before inf."""
    return alpha / (1 + (losses[-1] / losses[-2]) ** 0.5)


def log_of(losses) -> str:
    """The losses up to the first that is no number, which is named."""
    bad = np.flatnonzero(~np.isfinite(losses))
    kept = losses[: bad[0] + 1] if len(bad) else losses
    return " ".join(f"{loss:.6g}" for loss in kept)


def rows(task: Task, diagnose, read):
    """One row for a run that trains, and one for each of three that explode."""
    largest = largest_rate(task)
    if largest is None:
        return
    setup = {"data": task.data, "model": task.model, "inputs": "scaled" if task.scaled else "raw"}
    setup |= {"reduction": task.reduction, "momentum": task.momentum, "batch": task.batch, "largest": largest}
    rng = np.random.default_rng((task.seed, 1))
    rates = largest * np.array([rng.choice([0.1, 0.3, 1]), *rng.choice(MULTIPLES, 3, replace=False)])
    losses, trains = run(task, rates)
    if trains[0] and task.seed % 3 == 0:  # a few are enough
        yield setup | {"rate": rates[0], "kind": "trains", "losses": log_of(losses[:, 0])}
    for alpha, seen in zip(rates[1:], losses.T[1:], strict=True):
        if not np.isfinite(seen).all() and np.isfinite(seen[:2]).all():
            given = {"rate": alpha, "momentum": task.momentum, "batch_size": task.batch or None}
            found = diagnose(read(log_of(seen)), **given)
            tried = remedies(task, alpha, seen, found["suggested_rate"])
            yield setup | {"rate": alpha, "kind": "explodes"} | tried | {"losses": log_of(seen)}


def remedies(task: Task, alpha: float, losses, diagnosed: float | None) -> dict:
    """The rates that four methods make of a run that exploded at alpha, and whether each trains."""
    finite = int(np.argmin(np.isfinite(losses)))
    swept, updates = range_test(task, alpha)
    tried = {
        "diagnosed": diagnosed or alpha,
        "tenth": alpha / 10,
        "two_lines": two_lines(losses[:finite], alpha),
        "range": swept,
    }
    works = run(task, list(tried.values()))[1]
    trains = {f"{name}_trains": int(one) for name, one in zip(tried, works, strict=True)}
    return {"range_updates": updates} | tried | trains


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--seeds", type=int, nargs=2, default=(3000, 3240), help="from, to below")
    parser.add_argument("--out", type=Path, default=FILE)
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT / "snippets"))
    from readlog import diagnose, read

    torch.set_num_threads(1)
    made = []
    for seed in range(*given.seeds):
        made += rows(Task.draw(seed), diagnose, read)
        print(f"seed {seed}: {len(made)} runs", end="\r", flush=True)
    names = list(dict.fromkeys(name for row in made for name in row if name != "losses"))
    with given.out.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, [*names, "losses"], lineterminator="\n")
        table.writeheader()
        for row in made:
            table.writerow({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()})


if __name__ == "__main__":
    main()
