# %% [markdown]
# ---
# title: "Lab 1: find the limit"
# description: Bisect the learning rate of a regression until the limit is known to four digits, then find the same number from the data alone, without a single run.
# search:
#   boost: 0.5
# ---

# %% [markdown]
# # Lab 1: find the limit
#
# You will fit a straight line to the lengths of a spring under twelve weights. At some learning rates the run settles, at others it explodes. You will find the rate between them twice: first by trying, and then from the weights alone, before any run.
#
# - **Before:** the chapters [Overshoot](../overshoot.md) and [Conditioning](../conditioning.md).
# - **Time:** 45 minutes. Ten for sections 1 and 2, fifteen for 3, fifteen for 4 and 5, five for the last.
# - **Hand in:** the two limits, how many digits they share, and your answer to section 6 in three sentences.
#
# Wherever `fill_in("…")` stands, put your answer in its place, and run the cell and its check. If an answer is wrong, the check tells you what it is.

# %%
from given.checks import check, fill_in, look_back, noted

# %% [markdown]
# ## 1. A spring
#
# Hang a weight on a spring and measure its length. (The measurements are invented.) The model is $\text{length} = w_0 + w_1 \cdot \text{weight}$, so each row of the matrix $X$ is $(1, \text{weight})$. The loss is the mean of the squared errors,
#
# $$
# f(w) = \frac1n \sum_i (x_i^\top w - y_i)^2 .
# $$

# %%
import matplotlib.pyplot as plt
import numpy as np

weight = np.arange(0.5, 6.5, 0.5)  # in newton
length = np.array(  # in centimetres
    [9.1, 9.6, 10.6, 11.0, 11.6, 12.8, 13.1, 14.2, 14.4, 15.7, 16.2, 16.9]
)
n = len(weight)
X = np.column_stack([np.ones(n), weight])


def loss(w):
    return np.mean((X @ w - length) ** 2)


# %% [markdown]
# Gradient descent needs the gradient of this loss: the vector of its two slopes.


# %%
def gradient(w):
    # answer: the gradient of the loss, in X, w, length and n
    return 2 / n * X.T @ (X @ w - length)


# %%
w = np.array([1.0, 2.0])
check(
    lambda: gradient(w),
    [(loss(w + h) - loss(w - h)) / 2e-6 for h in 1e-6 * np.eye(2)],
    "Two losses a small step apart show the same slope.",
    [
        (
            X.T @ (X @ w - length) / n,
            "This is half of it. The derivative of a square brings a factor 2 that ½ would cancel, but here no ½ stands before the mean.",
        ),
        (
            2 * X.T @ (X @ w - length),
            "This is the gradient of the sum. The loss is the mean, so it and its gradient are n = 12 times smaller.",
        ),
        (
            2 / n * X.T @ (length - X @ w),
            "The sign is reversed: this points downhill. A step against it would climb, at every rate.",
        ),
    ],
    "It must have two entries: 2/n times the sum of error × row of X, with error = X @ w − length.",
)

# %% [markdown]
# ## 2. Predict
#
# At a rate of 0.06 this regression settles, at 0.08 it explodes. The limit lies somewhere between them. How wide is the zone in which a run does neither?
#
# - **a** About 0.01: from 0.065 to 0.075 the run bounces between bounds.
# - **b** About 0.001: it depends on where the run starts.
# - **c** One single rate. Next to it, on either side, a run only takes longer to show which it is.
#
# Choose before you go on.

# %% tags=["prediction"]
# answer: your prediction: "a", "b" or "c"
prediction = "c"
prediction = noted(prediction, "abc")

# %% [markdown]
# ## 3. By experiment
#
# `descend` makes 200 updates from $w = (0, 0)$ and returns the loss before each of them and after the last.


# %%
@np.errstate(all="ignore")  # a run may overflow: that is no mistake here
def descend(alpha, updates=200):
    w, losses = np.zeros(2), []
    for _ in range(updates):
        losses.append(loss(w))
        w = w - alpha * gradient(w)
    return np.array([*losses, loss(w)])


for alpha in 0.06, 0.08:
    losses = descend(alpha)[[0, 1, 2, 3, 200]]
    print(f"α = {alpha}:", *(f"{one:10.4g}" for one in losses))

# %% [markdown]
# Now let the computer decide whether a run has exploded. Return `True` or `False`, and look at the losses only.


# %%
def explodes(losses):
    # answer: True if it exploded, from its first and last loss
    return not losses[-1] <= losses[0]


# %%
runs = np.array([[173, 300, 500, 900], [900, 500, 300, 173], 4 * [np.nan]])
check(
    lambda: [explodes(losses) for losses in runs],
    [True, False, True],
    "A run has exploded if it ends higher than it began, or is nan.",
    [
        (
            [not np.isfinite(losses[-1]) for losses in runs],
            "You wait for inf or nan. Near the limit an explosion ends like that only after thousands of updates; with 200 of them your limit would come out more than three times too high.",
        ),
        (
            [losses[-1] > losses[0] for losses in runs],
            "It misses the run that is nan, because every comparison with nan is False. Ask the other way round: not (last ≤ first).",
        ),
        (
            [losses[-1] <= losses[0] for losses in runs],
            "It is the wrong way round: True for the run that settles.",
        ),
    ],
    "Of the three test runs the first grows, the second falls and the third is nan.",
)

# %% [markdown]
# Two rates enclose the limit. Try the one in the middle: it becomes the new lower or the new upper bound. Sixteen halvings make the interval 65,536 times shorter.


# %%
def halved(low, high):
    middle = (low + high) / 2
    # answer: the new bounds: middle replaces one of them
    return (low, middle) if explodes(descend(middle)) else (middle, high)


# %%
bounds = [(0, 0.5, 1), (0, 0.05, 0.1)]
check(
    lambda: [halved(low, high) for low, middle, high in bounds],
    [(0, 0.5), (0.05, 0.1)],
    "The limit stays between the bounds.",
    [
        (
            [
                (middle, high)
                if explodes(descend(middle))
                else (low, middle)
                for low, middle, high in bounds
            ],
            "You keep the wrong half. If the middle explodes, the limit lies below it.",
        ),
        (
            [(low, middle) for low, middle, high in bounds],
            "The upper bound always comes down, so you end at 0. If the middle settles, the limit lies above it, and the lower bound must come up.",
        ),
        (
            [(middle, high) for low, middle, high in bounds],
            "The lower bound always comes up, so you end at 1. If the middle explodes, the limit lies below it, and the upper bound must come down.",
        ),
    ],
    "If descend(middle) explodes the new bounds are low and middle, else middle and high.",
)

# %%
low, high = 0, 1
for _ in range(16):
    low, high = halved(low, high)
print(f"between {low:.6f} and {high:.6f}")

# %% alt="Loss against update on a logarithmic axis. At 98 percent of the limit the loss falls, at 102 percent it rises along a straight line, and at the limit itself it stays close to the dashed line, the first loss."
for share, style in (0.98, "C0o-"), (1, "C2^-"), (1.02, "C1s-"):
    label = f"{share:.0%} of the limit"
    plt.semilogy(descend(share * low, 60), style, markevery=6, label=label)
plt.axhline(loss(np.zeros(2)), color="gray", linestyle="--")
plt.xlabel("update")
plt.ylabel("loss")
plt.legend()
plt.show()

# %% [markdown]
# What did you predict?

# %%
look_back(
    prediction,
    {
        "a": "In the figure 98 % of the limit settles and 102 % explodes, so the zone is narrower than 0.003. Halving went further: after sixteen halvings there was still a rate that settles and, 0.00002 above it, one that explodes.",
        "b": "The start decides how much of the error lies in the sharp direction, and so how soon you see the growth. Whether it grows is decided by the rate alone. Change np.zeros(2) in descend to another start and halve again.",
        "c": "Yes. Each halving found one bound that settles and one that explodes, and it could go on as long as the computer can tell two rates apart. Close to the limit a run needs more updates to show which it is.",
    },
)

# %% [markdown]
# ## 4. Without a run
#
# The second derivatives of the loss, the matrix $H$, are the same at every $w$. Its eigenvalues are the curvatures.

# %%
# answer: the second derivatives of the loss, from X and n
H = 2 / n * X.T @ X

# %%
w, h = np.array([1.0, 2.0]), 1e-3 * np.eye(2)
check(
    H,
    [(gradient(w + one) - gradient(w - one)) / 2e-3 for one in h],
    "Two gradients a small step apart show the same matrix.",
    [
        (
            X.T @ X / n,
            "The factor 2 is missing: the loss is the mean of squares, without the ½ that would cancel it. Your limit would come out twice too high, and 0.1 explodes.",
        ),
        (
            2 * X.T @ X,
            "This belongs to the sum. For the mean, divide by n. Your limit would come out 12 times too low: safe, and 12 times slower than necessary.",
        ),
        (
            2 / n * X @ X.T,
            "This is 12 × 12, one row for each weight on the spring. H has one row for each parameter: the transposed X stands first.",
        ),
        (
            2 / n * X.T @ (X @ w - length),
            "This is a gradient, one slope for each parameter. Take its derivative once more: w and the lengths drop out.",
        ),
    ],
    "The gradient is 2/n · Xᵀ(Xw − y). Its derivative with respect to w is a 2 × 2 matrix.",
)

# %%
lam = np.linalg.eigvalsh(H)
print(f"curvatures {lam.min():.4f} and {lam.max():.4f}")

# %%
# answer: the largest rate that settles, from lam
limit = 2 / lam.max()

# %%
check(
    limit,
    (low + high) / 2,
    "The two agree: sixteen runs, or one eigenvalue.",
    [
        (
            1 / lam.max(),
            "This is half the limit. There the error in the sharp direction is gone after one update. A run settles up to twice this rate.",
        ),
        (
            2 / lam.min(),
            "This is the limit of the flat direction alone. The error lies in both, and the sharp direction explodes long before.",
        ),
        (
            2 / lam.sum(),
            "This is a little too low. It is a safe rate, since the sum is never less than the largest, but the limit belongs to the largest curvature alone.",
        ),
        (
            2 / lam,
            "These are two limits, one for each direction. A run must settle in both, so the lower one counts.",
        ),
    ],
    "In each direction an update multiplies the error by 1 − αλ. Ask when the worst of these factors reaches −1.",
)

# %% [markdown]
# ## 5. How fast?
#
# Five percent above the limit the loss explodes. By what factor does it grow per update, once the sharp direction dominates? Find it on paper.

# %%
# answer: growth of the loss per update at 1.05 times the limit
growth = (1 - 1.05 * 2) ** 2

# %%
losses = descend(1.05 * limit)
check(
    growth,
    losses[-1] / losses[-2],
    f"The last two of 201 losses have the ratio {losses[-1] / losses[-2]:.4f}.",
    [
        (
            1.05,
            "This is how far the rate is above the limit. The error is multiplied by 1 − αλ, and αλ is 1.05 · 2 = 2.1.",
        ),
        (
            1.05**2,
            "The square is right, the loss goes with the square of the error. But the error is multiplied by 1 − 2.1 = −1.1, not by 1.05.",
        ),
        (
            1.05 * 2 - 1,
            "This is the growth of the error. The loss goes with its square.",
        ),
        (
            1 - 1.05 * 2,
            "This is the factor of the error, with its sign. The loss goes with its square.",
        ),
    ],
    "At the limit αλ = 2, so here it is 2.1. The error is multiplied by 1 − αλ, the loss by the square of it.",
)

# %% [markdown]
# ## 6. Change one thing
#
# Somebody gives the same table in other units: the lengths in millimetres. Somebody else leaves the lengths as they are, and gives the weights in grams (1 newton is the weight of 102 grams). What happens to the limit in either case? Predict first, then change section 1 and run everything again. Explain with $H$ in three sentences why the two are so different.

# %% [markdown] tags=["solution"]
# $H = \frac2n X^\top X$ does not contain the lengths, so other units of length leave the limit where it is (the loss becomes 100 times larger and its gradient ten times, but no curvature changes). The weights stand in $X$, twice: numbers 102 times larger make the largest curvature about 10,000 times larger ($102^2$), and the limit lower by the same factor. A rate of 0.06 that settled in newtons explodes in grams.
