"""The optimisers of ``torch.optim``, with their defaults, for many copies at once, and the schedules of a rate."""

import numpy as np
import torch


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
