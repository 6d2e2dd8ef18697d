# %% Exercise 4: edit noise, run to limit
from given.checks import check

check(
    (float(full), float(limit(growth, 1))),
    (0.53194, 0.0048151),
    f"The limit of the full batch falls to {full:.3f}, that of batch 1 from 0.164 to {limit(growth, 1):.4f}, by a factor of 34: at batch 1 one bad sample sets the rate for all.",
    [
        (
            (1.34672, 0.164245),
            "The points are as they were. Write X[0] *= 10 on a line of its own, below the line that makes X.",
        ),
        (
            (1.34672, 0.00124935),
            "You multiply the point when H has been made already, so the limit of the full batch does not know of it. Do it at once, below the line that makes X.",
        ),
        (
            (0.0134672, 0.00164223),
            "You multiply all 200 points: that only changes the unit, and every limit falls a hundred-fold. X[0] is the first point alone.",
        ),
        (
            (0.0196008, 0.00634575),
            "X[:, 0] is the first input of every point. The first point, with all its inputs, is X[0].",
        ),
    ],
    "These are the limits of the full batch and of batch 1. Write X[0] *= 10 below the line that makes X, and change nothing else.",
)
