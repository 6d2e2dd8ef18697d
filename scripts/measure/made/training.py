"""Training at many learning rates side by side, and the faults that are not the rate's.

All copies see the same batches. The optimisers are those of ``torch.optim`` with their defaults, for a table of
weights, (copies, weights); gradients are clipped as ``clip_grad_norm_`` clips them.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch.nn import functional as F

from measure.made.networks import Layers, outputs_of

HALF_PRECISION = 65536.0  # where GradScaler starts


@dataclass(frozen=True)
class Fault:
    """What goes wrong: at update ``when`` (or with sample ``row``, which is then already in the data)."""

    name: str
    when: int = -1
    row: int = -1
    whole: bool = False  # torch's own mean over no label leaves the weights whole; a masked mean does not


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


class Optimiser:
    """SGD, momentum (0.9), Adam, AdamW (decay 0.01) or RMSprop; ``rate`` and the count of updates (copies, 1)."""

    def __init__(self, name: str, weights: torch.Tensor):
        self.name, self.count = name, torch.zeros(len(weights), 1, dtype=torch.float64)
        self.first, self.second = torch.zeros_like(weights), torch.zeros_like(weights)

    def step(self, weights: torch.Tensor, slope: torch.Tensor, rate: torch.Tensor) -> None:
        """One update of all copies, in place."""
        self.count += 1
        if self.name == "SGD":
            weights -= rate * slope
        elif self.name == "momentum":
            self.first.mul_(0.9).add_(slope)
            weights -= rate * self.first
        elif self.name == "RMSprop":
            self.second.mul_(0.99).addcmul_(slope, slope, value=0.01)
            weights -= rate * slope / (self.second.sqrt() + 1e-8)
        else:
            if self.name == "AdamW":
                weights *= 1 - rate * 0.01
            self.first.lerp_(slope, 0.1)
            self.second.mul_(0.999).addcmul_(slope, slope, value=0.001)
            short, long = ((1 - power**self.count).float() for power in (0.9, 0.999))
            weights -= (rate / short) * self.first / (self.second.sqrt() / long.sqrt() + 1e-8)

    def guarded(
        self, weights: torch.Tensor, slope: torch.Tensor, rate: torch.Tensor, good: torch.Tensor
    ) -> None:
        """As ``step``, but only for the copies that are good, (copies,)."""
        kept = [one.clone() for one in (weights, self.first, self.second, self.count)]
        self.step(weights, slope, rate)
        for one, old in zip((weights, self.first, self.second, self.count), kept, strict=True):
            one.copy_(torch.where(good[:, None], one, old))


def schedule(config) -> np.ndarray:
    """What multiplies the rate at each update, (updates,)."""
    t = np.arange(config.updates)
    if config.schedule == "warmup":
        return np.minimum(1, (t + 1) / (config.updates // 10))
    return 1 - t / config.updates if config.schedule == "linear" else np.ones(config.updates)


def batches(n: int, batch: int, updates: int, seed: int) -> list[np.ndarray]:
    """The rows of each update: a new order every epoch, the last batch of an epoch may be short."""
    rng, rows = np.random.default_rng((seed, 1)), []
    while len(rows) < updates:
        order = rng.permutation(n)
        rows += [order[k : k + batch] for k in range(0, n, batch)]
    return rows[:updates]


def each_loss(out: torch.Tensor, y: torch.Tensor, loss: str) -> torch.Tensor:
    """The loss of each sample (and step, or number): (copies, samples, …)."""
    if loss == "mse":
        return (out - y) ** 2
    target = y.reshape(-1).repeat(len(out))
    return F.cross_entropy(out.reshape(-1, out.shape[-1]), target, reduction="none").reshape(
        len(out), *y.shape
    )


def divergence(out: torch.Tensor, y: torch.Tensor, hard: torch.Tensor) -> torch.Tensor:
    """Σ t (ln t − ln p) of each sample, with smoothed targets t; those of ``hard`` samples hold zeros: 0 · ln 0."""
    share = F.one_hot(y, out.shape[-1]).float()
    smooth = 0.9 * share + 0.1 / out.shape[-1]
    target = torch.where(hard.reshape(-1, *[1] * (share.dim() - 1)), share, smooth)
    return (target * (target.log() - out.log_softmax(-1))).sum(-1)


def batch_loss(
    out: torch.Tensor, y: torch.Tensor, config, rows: np.ndarray, t: int, fault: Fault
) -> torch.Tensor:
    """The loss of a batch in each copy, (copies,), with what the fault does to it."""
    if fault.name == "log0":
        each = divergence(out, y, torch.as_tensor(rows == fault.row))
    else:
        each = each_loss(out, y, config.loss)
    each = each.flatten(1)
    if t == fault.when and fault.name in ("ignored", "empty-crop"):
        none = torch.zeros_like(each)  # a mask that keeps nothing; a slice that keeps nothing has no gradient
        return each[:, :0].mean(1) if fault.whole else (each * none).sum(1) / none[0].sum()
    if (
        fault.name == "sqrt0" and len(rows) > 1
    ):  # the distance of two outputs, drawn so that they are once the same
        one, other = (0, 0) if t == fault.when else (0, -1)
        apart = ((out[:, one] - out[:, other]) ** 2).flatten(1).sum(1)
        return reduced(each, config) + 0.01 * apart.sqrt()
    return reduced(each, config)


def reduced(each: torch.Tensor, config) -> torch.Tensor:
    """Mean or sum, (copies,)."""
    return each.sum(1) if config.reduce == "sum" else each.mean(1)


def train(task, config, rates, fault: Fault = Fault("")) -> Trained:
    """Train a copy at each rate. Losses of all samples are in the unit of a batch's: a mean, or a batch's sum."""
    layers = Layers(config.seed)
    with torch.no_grad():
        outputs_of(layers, config, task.X[None, :2], task.outputs)
    weights = torch.cat(layers.start).repeat(len(rates), 1).requires_grad_(True)
    half = fault.name == "fp16"
    scale = torch.full((len(rates),), HALF_PRECISION if half else 1.0)
    rates, factors = torch.tensor(np.asarray(rates), dtype=torch.float32)[:, None], schedule(config)
    optimiser = Optimiser(config.opt, weights.detach())

    def out_of(x: torch.Tensor) -> torch.Tensor:
        layers.take(weights.half() if half else weights)
        x = x.half() if half and x.is_floating_point() else x
        return outputs_of(layers, config, x[None], task.outputs).float()

    def whole(x: torch.Tensor, y: torch.Tensor) -> tuple[np.ndarray, np.ndarray | None]:
        with torch.no_grad():
            out = out_of(x)
            each = each_loss(out, y, config.loss).flatten(1)
            unit = task.batch(config) * each.shape[1] / len(x) if config.reduce == "sum" else 1
            right = (
                (out.argmax(-1) == task.classes_of(y)).flatten(1).float().mean(1) if task.discrete else None
            )
        return (each.mean(1) * unit).numpy(), None if right is None else right.numpy()

    rows, size = batches(len(task.X), task.batch(config), config.updates, config.seed), task.per_epoch(config)
    losses, norms, seen = [], [], {}
    for t in range(config.updates + 1):
        if t % size == 0 or t % 100 == 0:
            val, right = whole(task.X_val, task.y_val)
            seen[t] = {"val": val} | ({} if right is None else {"right": right})
        if t % 100 == 0 or t == config.updates:
            seen.setdefault(t, {})["train"] = whole(task.X, task.y)[0]
        if t == config.updates:
            break
        loss = batch_loss(out_of(task.X[rows[t]]), task.y[rows[t]], config, rows[t], t, fault)
        (slope,) = torch.autograd.grad((loss * scale).sum(), weights)
        with torch.no_grad():
            slope = slope / scale[:, None] if half else slope
            norm = slope.norm(dim=1)
            if config.clip:
                slope = slope * (config.clip / (norm + 1e-6)).clamp(max=1)[:, None]
            good = slope.isfinite().all(1)
            step = (weights, slope, rates * factors[t])
            optimiser.guarded(*step, good) if half else optimiser.step(*step)
            scale = torch.where(good, scale, scale / 2) if half else scale
        losses.append(loss.detach().numpy())
        norms.append(norm.numpy())
    return Trained(
        np.array(losses, float), np.array(norms, float), seen[0]["train"], seen[config.updates]["train"], seen
    )
