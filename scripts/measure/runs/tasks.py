"""What is trained, and how."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from measure.runs import data


@dataclass(frozen=True)
class Config:
    """A network, its data and how it is trained; ``batch`` 0 is the full batch, ``clip`` 0 is none."""

    seed: int
    data: str
    n: int
    scaled: bool
    model: str
    depth: int
    width: int
    act: str
    loss: str
    reduce: str
    opt: str
    batch: int
    clip: float
    schedule: str
    updates: int
    norm: bool = False
    residual: bool = False
    kernel: int = 3
    pooled: bool = False
    heads: int = 2
    symbols: int = 0


@dataclass
class Task:
    """Samples to train on and to validate; classes are whole numbers, or one-hot for squared errors."""

    X: torch.Tensor
    y: torch.Tensor
    X_val: torch.Tensor
    y_val: torch.Tensor
    outputs: int
    discrete: bool

    def batch(self, config: Config) -> int:
        """Samples of a batch."""
        return min(config.batch or len(self.X), len(self.X))

    def per_epoch(self, config: Config) -> int:
        """Updates of an epoch."""
        return math.ceil(len(self.X) / self.batch(config))

    def classes_of(self, y: torch.Tensor) -> torch.Tensor:
        """The class of each sample."""
        return y.argmax(-1) if y.is_floating_point() else y

    def constant(self, config: Config) -> float:
        """The least loss of a constant answer: the shares of the classes, or the mean."""
        if config.loss == "ce":
            share = torch.bincount(self.y.flatten()).double() / self.y.numel()
            each = -(share * share.clamp(min=1e-30).log()).sum().item()
        else:
            each = self.y.double().var(0, correction=0).mean().item()
        return each * (self.batch(config) * self.y[0].numel() if config.reduce == "sum" else 1)


def task_of(config: Config, population: str) -> Task:
    """Its samples: four fifths to train on, and all columns standardised if the configuration says so."""
    rng = np.random.default_rng((config.seed, 2))
    if config.symbols:
        path = data.tokens(config.data, rng, config.n, config.symbols)
        X, y = torch.tensor(path[:, :-1]), torch.tensor(path[:, 1:])
        return Task(*split(X, y), config.symbols, True)
    if config.data in data.SEQUENCES[population]:
        X, y = data.sequences(config.data, rng, config.n)
        X, y = (
            standard(X, (0, 1), config.scaled),
            standard(y, 0, config.scaled) if config.loss == "mse" else y,
        )
        X = (
            X.transpose(0, 2, 1)[:, :, None] if config.model == "conv1d" else X
        )  # (samples, channels, 1, steps)
    else:
        X, y = data.TABLES[population][config.data](rng)
        keep = rng.permutation(len(X))[: config.n]
        X, y = standard(X[keep], 0, config.scaled), y[keep]
        if data.LOSSES.get(config.data) == "mse":
            y = standard(y.reshape(len(y), -1), 0, config.scaled)
        X = X.reshape(-1, 1, 8, 8) if config.model == "conv" else X
    discrete = y.dtype.kind in "iu"
    outputs = int(y.max()) + 1 if discrete else y.shape[1]
    if discrete and config.loss == "mse":
        y = np.eye(outputs)[y]
    y = torch.tensor(y, dtype=torch.long if config.loss == "ce" else torch.float32)
    return Task(*split(torch.tensor(X, dtype=torch.float32), y), outputs, discrete)


def standard(values: np.ndarray, axis, do: bool) -> np.ndarray:
    """Mean 0 and spread 1 along the axis, if asked for; a constant column stays."""
    values = np.asarray(values, float)
    spread = values.std(axis, keepdims=True)
    return (values - values.mean(axis, keepdims=True)) / np.where(spread > 0, spread, 1) if do else values


def split(X: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The first four fifths, and the rest."""
    n = round(0.8 * len(X))
    return X[:n], y[:n], X[n:], y[n:]
