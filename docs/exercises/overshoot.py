# %% Exercise 4: edit limit
from given.checks import check

error = (path[-1] - best) / (path[0] - best)
check(
    (round(float(alpha), 4), len(path) - 1),
    (0.107, 500),
    f"Not in 500 updates: {error:.0%} of the error is still there. In theory it converges, in practice it is useless.",
    [
        (
            (0.12, 500),
            "The last rate is still 0.12. Write 0.107 in its place.",
        ),
        (
            (0.0107, 79),
            "This is 0.0107, a tenth of what was asked for: it walks down, in 79 updates.",
        ),
        (
            (0.17, 500),
            "At 0.17 you are far above the limit, 0.10718. The rate to try is 0.107, just below it.",
        ),
        (
            (0.107, 5),
            "The rate is right. Five updates do not show where it goes: let it make 500, as descend does by itself.",
        ),
    ],
    "These are the rate and the number of updates of your last run. They should be 0.107 and 500.",
)
