"""The problems, one a file, in the order in which a set asks them; ``draw`` makes a variant of each."""

from problems.collection import (
    heavy_ball,
    limit,
    regime,
    sign_or_rate,
    slowest,
    sum_or_mean,
    three_losses,
)
from problems.collection.bits import overflow, scaler
from problems.collection.networks import adam, depth

PROBLEMS = (
    limit,
    regime,
    three_losses,
    slowest,
    overflow,
    heavy_ball,
    sum_or_mean,
    sign_or_rate,
    scaler,
    adam,
    depth,
)
