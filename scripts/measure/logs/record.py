"""One run as its training loop saw it, the lines of its log, and what somebody would paste of them."""

import math
from dataclasses import dataclass

import numpy as np

from measure.runs.tasks import Config
from measure.runs.training import Trained


@dataclass
class Line:
    """A line of text; ``at``: the first and last update that its loss stands for; masked: the filter hid a nan."""

    text: str
    at: tuple[int, int] | None = None
    shown: float = math.nan
    masked: bool = False


@dataclass
class Record:
    """One run as its loop saw it: losses, norms and rates of each update, and what was seen between them."""

    config: Config
    run: Trained  # of one copy
    rates: np.ndarray  # (updates,)
    batch: int
    n: int
    n_val: int
    per_epoch: int
    classes: bool

    @property
    def losses(self) -> np.ndarray:
        """(updates,)"""
        return self.run.losses[:, 0]

    @property
    def epochs(self) -> list[tuple[int, int]]:
        """First and last update of each whole epoch."""
        size = self.per_epoch
        return [(k, k + size - 1) for k in range(0, len(self.losses) - size + 1, size)]

    def sizes(self) -> np.ndarray:
        """Samples in the batch of each update."""
        place = np.arange(len(self.losses)) % self.per_epoch
        return np.minimum(self.batch, self.n - place * self.batch)

    def val(self, update: int) -> float:
        """The validation loss before this update."""
        return self.run.seen[update]["val"][0]


def paste(lines: list[Line], rng, whole: bool, late: bool) -> list[Line]:
    """What is pasted: to 1-7 losses from the first lasting nan on, and of a long log 45-70 lines.

    whole: nothing of a long log is cut; late: it is its end that is kept, as it is if a nan stands only there.
    """
    shows = [k for k, line in enumerate(lines) if line.at]
    bad = [not math.isfinite(lines[k].shown) for k in shows]
    lasting = next((j for j in range(len(shows)) if all(bad[j:])), len(shows))
    if lasting < len(shows):
        lines = lines[: shows[min(lasting + int(rng.integers(1, 8)), len(shows)) - 1] + 1]
    if whole or len(lines) <= 70:
        return lines
    keep, head = int(rng.integers(45, 71)), lines[:1] if lines[0].text.startswith("epoch,") else []
    first = shows[bad.index(True)] if any(bad) else 0
    return [*head, *lines[len(head) - keep :]] if late or first >= keep else lines[:keep]
