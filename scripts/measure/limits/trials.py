"""Training one model at one rate after another, until the largest rate is found that trains.

A rate *trains* if in 200 updates no loss is inf or nan, and the loss of all samples, mean over the last ten, ends
below where it began and at least half as far below the loss of guessing as at the best rate tried. The rates tried
first are four times apart, up to two in a row that learn nothing; then the first gap between one that trains and one
that does not is halved, on a logarithmic scale, until they are 9 % apart.
"""

import copy
import itertools
import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch

from measure.limits.models import KINDS, cost, guessing

UPDATES, LAST, HALVINGS = 200, 10, 4
OPTIMISERS = {
    "SGD": (torch.optim.SGD, {}, 2.0**-4),  # with the lowest rate that is tried
    "momentum": (torch.optim.SGD, {"momentum": 0.9}, 2.0**-6),
    "Adam": (torch.optim.Adam, {}, 2.0**-10),
}


@dataclass
class State:
    """A network and its optimiser, at some update of a run."""

    net: torch.nn.Module
    optimiser: torch.optim.Optimizer

    def copy(self, rate: float) -> "State":
        """The same state, to go on from at a rate."""
        net = copy.deepcopy(self.net)
        optimiser = type(self.optimiser)(net.parameters(), **self.optimiser.defaults)
        optimiser.load_state_dict(copy.deepcopy(self.optimiser.state_dict()))
        for group in optimiser.param_groups:
            group["lr"] = rate
        return State(net, optimiser)


@dataclass(frozen=True)
class Trial:
    """A kind of model with an optimiser; ``batch`` 0 is the full batch."""

    kind: str
    optimiser: str
    batch: int
    seed: int

    @cached_property
    def samples(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Inputs and targets."""
        return KINDS[self.kind][0](self.seed)

    @cached_property
    def start(self) -> State:
        """Its first weights."""
        torch.manual_seed(self.seed)
        net = KINDS[self.kind][1]()
        make, more, rate = OPTIMISERS[self.optimiser]
        return State(net, make(net.parameters(), lr=rate, fused=True, **more))

    def loss(self, state: State, rows=slice(None)) -> torch.Tensor:
        """The loss of these samples."""
        X, y = self.samples
        return cost(state.net(X[rows]), y[rows])

    def batches(self):
        """The rows of each update: a new order every epoch."""
        rng, n = np.random.default_rng((self.seed, 1)), len(self.samples[0])
        while True:
            order = rng.permutation(n)
            yield from np.split(order, n // self.batch) if self.batch else [slice(None)]

    def run(self, state: State, rate: float, updates: int = UPDATES) -> tuple[State, float]:
        """Go on from the state: where it leads, and the loss of all samples there, inf if one was lost."""
        state, whole = state.copy(rate), []
        for update, rows in enumerate(itertools.islice(self.batches(), updates)):
            loss = self.loss(state, rows)
            if not math.isfinite(loss.item()):
                return state, math.inf
            state.optimiser.zero_grad()
            loss.backward()
            state.optimiser.step()
            if update >= updates - LAST:
                with torch.no_grad():
                    whole.append(self.loss(state).item())
        end = float(np.mean(whole))
        return state, end if math.isfinite(end) else math.inf


@dataclass
class Search:
    """The search for the largest rate that trains from a state on."""

    trial: Trial
    state: State
    ends: dict[float, float] = field(default_factory=dict)

    def end(self, rate: float) -> float:
        """The loss at the end of a run at this rate."""
        if rate not in self.ends:
            self.ends[rate] = self.trial.run(self.state, rate)[1]
        return self.ends[rate]

    @cached_property
    def coarse(self) -> list[float]:
        """Rates four times apart, up to two in a row that learn nothing after some that do."""
        rates, learnt = [], []
        for k in range(12):
            rates.append(OPTIMISERS[self.trial.optimiser][2] * 4.0**k)
            learnt.append(self.end(rates[-1]) < 0.9 * guessing(self.trial.samples[1]))
            if any(learnt) and learnt[-2:] == [False, False]:
                break
        return rates

    @cached_property
    def enough(self) -> float:
        """Below this a run has trained."""
        guess, best = guessing(self.trial.samples[1]), min(map(self.end, self.coarse))
        with torch.no_grad():
            return min(self.trial.loss(self.state).item(), guess - (guess - best) / 2)

    def trains(self, rate: float) -> bool:
        """Whether a run at this rate trains."""
        return self.end(rate) < self.enough

    def largest(self) -> float | None:
        """The end of the first unbroken range of rates that train; None if there is no such end."""
        trains = [self.trains(rate) for rate in self.coarse]
        if True not in trains or False not in trains[trains.index(True) :]:
            return None
        bad = self.coarse[trains.index(False, trains.index(True))]
        good = bad / 4
        for _ in range(HALVINGS):
            middle = math.sqrt(good * bad)
            good, bad = (middle, bad) if self.trains(middle) else (good, middle)
        return good
