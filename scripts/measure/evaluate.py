"""Make the runs on which the chapter Diagnose tests itself:

    uv run --group frameworks --group evaluation evaluate

Linear and logistic models, tanh and ReLU networks on scikit-learn's small data sets, in torch, drawn at
random: raw or standardised inputs, mean or sum, momentum, full batch or mini-batches. Of each it finds the
largest rate that trains, runs it above and below, and tries what four methods make of the log of a run that
exploded. ``snippets/data/runs.csv`` keeps the logs and the outcomes; the chapter's program reads it.

A rate *trains* if every loss of 200 updates is finite and the loss of all samples, mean over the last 20,
ends below where it began. The *largest* rate that trains is the end of the first unbroken range of rates
that do, on a grid of four rates an octave. A run *explodes* if a loss is inf or nan. Seeds below 3000 were
used to choose the rules of the program; the table is made of others.
"""

import argparse
import csv
import itertools
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn import datasets

ROOT = Path(__file__).parents[2]
FILE = ROOT / "snippets" / "data" / "runs.csv"
UPDATES = 200
MULTIPLES = (1.3, 2, 3.3, 5, 10, 30, 100)
LOADERS = {
    "diabetes": lambda: datasets.load_diabetes(scaled=False),
    "linnerud": datasets.load_linnerud,
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "cancer": datasets.load_breast_cancer,
    "digits": datasets.load_digits,
}
REGRESSION = {"diabetes", "linnerud"}
MOST_SAMPLES = 400


@dataclass(frozen=True)
class Task:
    """What is trained, and how; ``batch`` 0 is the full batch."""

    seed: int
    data: str
    model: str
    scaled: bool
    reduction: str
    momentum: float
    batch: int
    hidden: tuple[int, ...]

    @classmethod
    def draw(cls, seed: int) -> "Task":
        """A task at random; logistic models go with data that have classes."""
        rng = np.random.default_rng(seed)

        def one_of(*values):
            return values[rng.integers(len(values))]

        model = one_of("linear", "logistic", "tanh", "relu")
        data = one_of(*(set(LOADERS) - REGRESSION if model == "logistic" else LOADERS))
        network = one_of((16,), (64,), (32, 32))
        return cls(
            seed,
            data,
            model,
            bool(rng.random() < 0.5),
            one_of("mean", "sum"),
            one_of(0.0, 0.0, 0.5, 0.9),
            one_of(0, 0, 8, 8 if data == "linnerud" else 32),
            network if model in ("tanh", "relu") else (),
        )

    @property
    def classifies(self) -> bool:
        """Cross-entropy between classes; else squared errors of one number."""
        return self.data not in REGRESSION and self.model != "linear"

    def samples(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Inputs (samples, columns) and targets, (samples,) for classes, else (samples, 1)."""
        bunch = LOADERS[self.data]()
        X, y = np.asarray(bunch.data, float), np.asarray(bunch.target, float)
        keep = np.random.default_rng(self.seed).permutation(len(X))[:MOST_SAMPLES]
        X, y = X[keep], (y[:, 0] if y.ndim > 1 else y)[keep]
        if self.scaled:
            X = (X - X.mean(0)) / np.where(X.std(0) > 0, X.std(0), 1)
            if self.data in REGRESSION:
                y = (y - y.mean()) / y.std()
        if self.classifies:
            return torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.long)
        return torch.tensor(X, dtype=torch.float32), torch.tensor(y[:, None], dtype=torch.float32)

    def weights(self, columns: int, outputs: int, copies: int) -> list[torch.Tensor]:
        """torch's usual uniform start, the same in every copy."""
        generator, sizes = torch.Generator().manual_seed(self.seed), (columns, *self.hidden, outputs)
        made = []
        for inside, outside in itertools.pairwise(sizes):
            for rows in (inside, 1):
                start = (2 * torch.rand(rows, outside, generator=generator) - 1) / inside**0.5
                made.append(start.expand(copies, rows, outside).clone().requires_grad_(True))
        return made

    def losses(self, weights, X, y) -> torch.Tensor:
        """The loss of each copy, shape (copies,)."""
        out = X
        for layer in range(0, len(weights), 2):
            out = torch.matmul(out, weights[layer]) + weights[layer + 1]
            if layer + 2 < len(weights):
                out = torch.tanh(out) if self.model == "tanh" else torch.relu(out)
        if self.classifies:
            scores = out.flatten(0, 1)
            each = torch.nn.functional.cross_entropy(scores, y.repeat(len(out)), reduction="none")
            each = each.reshape(out.shape[:2])
        else:
            each = ((out - y) ** 2).mean(-1)
        return each.sum(1) if self.reduction == "sum" else each.mean(1)


def run(task: Task, rates, schedule=None) -> tuple[np.ndarray, np.ndarray]:
    """Train a copy at each rate, side by side.

    schedule: factors of the rates, one an update; without it the rates stay.
    Returns the loss of each update and whether each rate trains: (updates + 1, rates) and (rates,).
    """
    X, y = task.samples()
    rates = torch.tensor(np.asarray(rates, float), dtype=torch.float32)[:, None, None]
    weights = task.weights(X.shape[1], int(y.max()) + 1 if task.classifies else 1, len(rates))
    speeds = [torch.zeros_like(one) for one in weights]
    generator = torch.Generator().manual_seed(task.seed + 1)
    order, seen, whole = [], [], []
    for update in range(len(schedule) if schedule is not None else UPDATES + 1):
        if task.batch and len(order) < task.batch:
            order = torch.randperm(len(X), generator=generator).tolist()
        rows, order = (order[: task.batch], order[task.batch :]) if task.batch else (slice(None), [])
        loss = task.losses(weights, X[rows], y[rows])
        seen.append(loss.detach().numpy())
        if update == 0 or update > UPDATES - 20:
            with torch.no_grad():
                whole.append(task.losses(weights, X, y).numpy())
        factor = 1 if schedule is None else schedule[update]
        slopes = torch.autograd.grad(loss.sum(), weights)
        with torch.no_grad():
            for weight, speed, slope in zip(weights, speeds, slopes, strict=True):
                speed.mul_(task.momentum).add_(slope)
                weight -= factor * rates * speed
    seen = np.array(seen, float)
    with np.errstate(all="ignore"):
        trains = np.isfinite(seen).all(0) & (np.mean(whole[1:], 0) < whole[0])
    return seen, trains


def largest_rate(task: Task) -> float | None:
    """The end of the first unbroken range of rates that train; None if there is no end."""

    def end(grid):
        trains = run(task, grid)[1]
        first = int(trains.argmax())
        broken = np.flatnonzero(~trains[first:])
        return float(grid[first + broken[0] - 1]) if trains.any() and len(broken) else None

    coarse = end(2.0 ** np.arange(-44, 11))
    return coarse and end(coarse * 2.0 ** np.arange(-1, 1.51, 0.25))


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
        finite = int(np.argmin(np.isfinite(seen)))
        if np.isfinite(seen).all() or finite < 2:
            continue
        found = diagnose(
            read(log_of(seen)), rate=alpha, momentum=task.momentum, batch_size=task.batch or None
        )
        sweep, updates = range_test(task, alpha)
        tried = {
            "diagnosed": found["suggested_rate"] or alpha,
            "tenth": alpha / 10,
            "two_lines": two_lines(seen[:finite], alpha),
            "range": sweep,
        }
        works = run(task, list(tried.values()))[1]
        outcome = tried | {f"{name}_trains": int(one) for name, one in zip(tried, works, strict=True)}
        yield (
            setup
            | {"rate": alpha, "kind": "explodes", "range_updates": updates}
            | outcome
            | {"losses": log_of(seen)}
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--seeds", type=int, nargs=2, default=(3000, 3240), help="from, to below")
    parser.add_argument("--out", type=Path, default=FILE)
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT / "snippets"))
    sys.argv = sys.argv[:1]
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
