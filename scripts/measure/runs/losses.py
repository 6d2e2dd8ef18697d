"""The loss of a batch in many copies at once, and what a fault that is not the rate's does to it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F


@dataclass(frozen=True)
class Fault:
    """What goes wrong: at update ``when`` (or with sample ``row``, which is then already in the data)."""

    name: str
    when: int = -1
    row: int = -1
    whole: bool = False  # torch's own mean over no label leaves the weights whole; a masked mean does not


SOUND = Fault("")


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
