# %% Exercise 4: edit descend, run to first
from given.checks import check

firsts = {
    name: (*np.isinf(run).argmax(axis=1), np.isnan(run[2]).argmax())
    for name, run in runs.items()
}
was = {
    "fp16": (16, 35, 36, 37),
    "bf16": (195, 393, 394, 395),
    "fp32": (197, 397, 398, 399),
    "fp64": (1645, 3293, 3294, 3295),
}
check(
    [*firsts.values()],
    [np.add(one, (0, 10, 10, 10)) for one in was.values()],
    "The loss is inf where it was. The slope, the weight and the nan come ten updates later, in each format: the sum is 0.12 times as large.",
    [
        (
            [*was.values()],
            "All columns are as they were. Change both lines: the one of slope and the last, which makes b.",
        ),
        (
            4 * [(0, 0, 0, 0)],
            "Nothing is inf any more, because the rate is now applied twice: 0.12 · 0.12 = 0.0144 is below the limit. Subtract slope alone.",
        ),
        (
            [
                (2, 3, 4, 5),
                (15, 30, 31, 32),
                (15, 30, 31, 32),
                (123, 246, 247, 248),
            ],
            "Now no rate is applied at all, so the run explodes as at a rate of 1. It belongs into the sum: keep(keep(alpha * data) * residual).",
        ),
    ],
    "These are the updates of the first inf in loss, slope and b and of the first nan, in each format. Two lines change: slope is the sum of keep(keep(alpha * data) * residual), and b becomes keep(b - slope).",
)
