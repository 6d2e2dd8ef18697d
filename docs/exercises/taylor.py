# %% Exercise 4: edit surrogate
from given.checks import check

check(
    [float((5 - ax.lines[-1].get_xdata()[0]) / slope) for ax in axes],
    [0.01, 1 / lam, 0.12],
    f"One curve covers the other, because now your parabola has the curvature of the loss: it is the loss. So the step arrives at once, at {5 - slope / lam:.5f}.",
    [
        (
            [0.01, 0.08, 0.12],
            "The middle parabola still has the rate 0.08. Write 1 / lam in its place.",
        ),
        (
            [0.01, lam, 0.12],
            "This takes the curvature for a rate, and the step lands far outside the picture. The rate is one over it: 1 / lam.",
        ),
        (
            [0.01, 2 / lam, 0.12],
            "This is the limit: half as curved as the loss, the parabola sends the step to the other wall, as high as it began. Twice as curved, with 1 / lam, it fits.",
        ),
        (
            [1 / lam, 0.08, 0.12],
            "The first parabola has it, and covers the loss. The middle one, where 0.08 stands, was asked for.",
        ),
    ],
    "These are the rates of your three parabolas. The middle one should be 1 / lam.",
)
