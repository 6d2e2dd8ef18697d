"""The problems, one a file, in the order in which a set asks them; ``draw`` makes a variant of each."""

from problems.collection import (
    heavy_ball,
    limit,
    overflow,
    regime,
    sign_or_rate,
    slowest,
    sum_or_mean,
    three_losses,
)
from problems.collection.networks import depth

PROBLEMS = (
    limit,
    regime,
    three_losses,
    slowest,
    overflow,
    heavy_ball,
    sum_or_mean,
    sign_or_rate,
    depth,
)
