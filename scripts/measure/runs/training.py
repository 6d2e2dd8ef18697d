"""Training at many learning rates side by side: each copy of a network has a rate of its own.

All copies see the same batches. Gradients are clipped as ``clip_grad_norm_`` clips them.
"""

from dataclasses import dataclass, field

import numpy as np
import torch

from measure.runs.losses import SOUND, Fault, batch_loss, each_loss
from measure.runs.networks import Layers, outputs_of
from measure.runs.optimiser import Optimiser, schedule

HALF_PRECISION = 65536.0  # where GradScaler starts


@dataclass
class Trained:
    """What a run shows, for each copy; ``seen[t]`` holds losses before update t, ``seen[updates]`` at the end."""

    losses: np.ndarray  # (updates, copies), of each batch
    norms: np.ndarray  # (updates, copies), of the gradient before it is clipped
    start: np.ndarray  # (copies,), of all samples
    end: np.ndarray
    seen: dict = field(default_factory=dict)  # t: {"val": …, "right": …, "train": …}, each (copies,)

    def copy(self, k: int) -> "Trained":
        """The run of one copy, with the same axes."""
        seen = {t: {name: one[[k]] for name, one in at.items()} for t, at in self.seen.items()}
        return Trained(self.losses[:, [k]], self.norms[:, [k]], self.start[[k]], self.end[[k]], seen)


class Copies:
    """A network in as many copies as there are rates; ``half`` computes in half precision, with GradScaler."""

    def __init__(self, task, config, count: int, half: bool):
        self.task, self.config, self.half, self.layers = task, config, half, Layers(config.seed)
        with torch.no_grad():
            outputs_of(self.layers, config, task.X[None, :2], task.outputs)
        self.weights = torch.cat(self.layers.start).repeat(count, 1).requires_grad_(True)
        self.optimiser = Optimiser(config.opt, self.weights.detach())
        self.scale = torch.full((count,), HALF_PRECISION if half else 1.0)

    def outputs(self, x: torch.Tensor) -> torch.Tensor:
        """(copies, samples, …)"""
        self.layers.take(self.weights.half() if self.half else self.weights)
        x = x.half() if self.half and x.is_floating_point() else x
        return outputs_of(self.layers, self.config, x[None], self.task.outputs).float()

    def update(self, loss: torch.Tensor, rates: torch.Tensor) -> np.ndarray:
        """One update of all copies; the norms of their gradients before clipping, (copies,)."""
        (slope,) = torch.autograd.grad((loss * self.scale).sum(), self.weights)
        with torch.no_grad():
            slope = slope / self.scale[:, None] if self.half else slope
            norm = slope.norm(dim=1)
            if self.config.clip:
                slope = slope * (self.config.clip / (norm + 1e-6)).clamp(max=1)[:, None]
            if self.half:
                good = slope.isfinite().all(1)
                self.optimiser.guarded(self.weights, slope, rates, good)
                self.scale = torch.where(good, self.scale, self.scale / 2)
            else:
                self.optimiser.step(self.weights, slope, rates)
        return norm.numpy()

    @torch.no_grad()
    def seen(self, t: int) -> dict[str, np.ndarray]:
        """What is looked at before update t: each epoch the validation, each hundred updates all samples too."""
        task, found = self.task, {}
        if t % task.per_epoch(self.config) == 0 or t % 100 == 0:
            out = self.outputs(task.X_val)
            found["val"] = self._loss(out, task.y_val)
            if task.discrete:
                right = out.argmax(-1) == task.classes_of(task.y_val)
                found["right"] = right.flatten(1).float().mean(1).numpy()
        if t % 100 == 0 or t == self.config.updates:
            found["train"] = self._loss(self.outputs(task.X), task.y)
        return found

    def _loss(self, out: torch.Tensor, y: torch.Tensor) -> np.ndarray:
        """In the unit of a batch's loss: a mean, or a batch's sum."""
        each, config = each_loss(out, y, self.config.loss).flatten(1), self.config
        unit = self.task.batch(config) * each.shape[1] / len(y) if config.reduce == "sum" else 1
        return (each.mean(1) * unit).numpy()


def batches(n: int, batch: int, updates: int, seed: int) -> list[np.ndarray]:
    """The rows of each update: a new order every epoch, the last batch of an epoch may be short."""
    rng, rows = np.random.default_rng((seed, 1)), []
    while len(rows) < updates:
        order = rng.permutation(n)
        rows += [order[k : k + batch] for k in range(0, n, batch)]
    return rows[:updates]


def train(task, config, rates, fault: Fault = SOUND) -> Trained:
    """Train a copy at each rate."""
    copies = Copies(task, config, len(rates), half=fault.name == "fp16")
    rates, factors = torch.tensor(np.asarray(rates), dtype=torch.float32)[:, None], schedule(config)
    rows = batches(len(task.X), task.batch(config), config.updates, config.seed)
    losses, norms, seen = [], [], {0: copies.seen(0)}
    for t, batch in enumerate(rows):
        loss = batch_loss(copies.outputs(task.X[batch]), task.y[batch], config, batch, t, fault)
        norms.append(copies.update(loss, rates * factors[t]))
        losses.append(loss.detach().numpy())
        if found := copies.seen(t + 1):
            seen[t + 1] = found
    ends = seen[0]["train"], seen[config.updates]["train"]
    return Trained(np.array(losses, float), np.array(norms, float), *ends, seen)
