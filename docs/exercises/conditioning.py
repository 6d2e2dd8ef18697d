# %% Exercise 4: edit valley
from given.checks import check

paths = [np.transpose(ax.lines[-1].get_data()) for ax in axes]
check(
    [(path[1] / path[0]).round(4).tolist() for path in paths],
    [[-0.9, -0.9], [-1.1, -1.1]],
    "In every direction the error is multiplied by −0.9 at a rate of 0.095, and the run settles; by −1.1 at 0.105, and it explodes. Perfect conditioning saves nobody.",
    [
        (
            [1 - alpha * np.array([1, 20]) for alpha in (0.095, 0.105)],
            "The curvatures are still 1 and 20. Write 20 for both.",
        ),
        (
            [1 - alpha * np.array([1, 1]) for alpha in (0.095, 0.105)],
            "Both are 1: that is κ = 1 too, but with the limit at 2, far above these two rates. So both runs settle. Now let both be 20.",
        ),
        (
            [1 - alpha * np.array([20, 1]) for alpha in (0.095, 0.105)],
            "You have exchanged them: the valley now runs the other way, and κ is still 20.",
        ),
    ],
    "These are the factors of the error along and across, at the two rates. With both curvatures at 20, those along are those across.",
)
