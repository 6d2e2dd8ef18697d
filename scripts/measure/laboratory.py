"""The laboratory of the chapter Diagnose: small models on scikit-learn's data, trained at many rates at once.

A rate *trains* if every loss of 200 updates is finite and the loss of all samples, mean over the last 20,
ends below where it began. The *largest* rate that trains is the end of the first unbroken range of rates
that do, on a grid of four rates an octave.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from sklearn import datasets

UPDATES = 200
LOADERS = {
    "diabetes": lambda: datasets.load_diabetes(scaled=False),
    "linnerud": datasets.load_linnerud,
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "cancer": datasets.load_breast_cancer,
    "digits": datasets.load_digits,
}
REGRESSION = {"diabetes", "linnerud"}
CLASSES = [name for name in LOADERS if name not in REGRESSION]
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
        data = one_of(*(CLASSES if model == "logistic" else LOADERS))
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
    factors = np.ones(UPDATES + 1) if schedule is None else schedule
    seen, whole = [], []
    for update, (factor, rows) in enumerate(zip(factors, batches(task, len(X)), strict=False)):
        loss = task.losses(weights, X[rows], y[rows])
        seen.append(loss.detach().numpy())
        if update == 0 or update > UPDATES - 20:
            with torch.no_grad():
                whole.append(task.losses(weights, X, y).numpy())
        slopes = torch.autograd.grad(loss.sum(), weights)
        with torch.no_grad():
            for weight, speed, slope in zip(weights, speeds, slopes, strict=True):
                speed.mul_(task.momentum).add_(slope)
                weight -= factor * rates * speed
    seen = np.array(seen, float)
    with np.errstate(all="ignore"):
        trains = np.isfinite(seen).all(0) & (np.mean(whole[1:] or whole, 0) < whole[0])
    return seen, trains


def batches(task: Task, samples: int) -> Iterator[list[int] | slice]:
    """The samples of each update: a new order when fewer than a batch are left."""
    generator, order = torch.Generator().manual_seed(task.seed + 1), []
    while True:
        if len(order) < task.batch:
            order = torch.randperm(samples, generator=generator).tolist()
        yield order[: task.batch] if task.batch else slice(None)
        order = order[task.batch :]


def largest_rate(task: Task) -> float | None:
    """The end of the first unbroken range of rates that train; None if there is no end."""

    def end(grid):
        trains = run(task, grid)[1]
        first = int(trains.argmax())
        broken = np.flatnonzero(~trains[first:])
        return float(grid[first + broken[0] - 1]) if trains.any() and len(broken) else None

    coarse = end(2.0 ** np.arange(-44, 11))
    return coarse and end(coarse * 2.0 ** np.arange(-1, 1.51, 0.25))
