# %% Exercise 4: edit descend
from given.checks import check

runs = {(run[0] - run[1]) / slope(run[0]): run for run in (small, large)}
rate, run = min(runs.items(), key=lambda pair: abs(pair[0] - 0.107))
bottom = np.sum(x * y) / np.sum(x**2)
check(
    (round(float(rate), 4), len(run) - 1),
    (0.107, 500),
    f"Not in 500 updates: {(run[-1] - bottom) / (run[0] - bottom):.0%} of the error is still there. In theory it converges, in practice it is useless.",
    [
        (
            (0.12, 500),
            "The two rates are still 0.01 and 0.12. Write 0.107 for one of them.",
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
    "These are the rate and the number of updates of the run that is nearest to 0.107. It should be descend(0.107), with 500 updates.",
)
