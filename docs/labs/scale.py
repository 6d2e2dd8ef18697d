# %% [markdown]
# ---
# title: "Lab 2: scale it"
# description: In raw units a regression on 123 penguins needs 447 million updates; give each column mean zero and spread one, and 28 are enough. Predict both numbers, then measure them.
# search:
#   boost: 0.5
# ---

# %% [markdown]
# # Lab 2: scale it
#
# A real table in the units in which it was measured. In them the limit is tiny, the condition number is 65 million, and gradient descent gives a wrong answer without any warning. You will say beforehand how many updates are needed, before and after scaling, and then measure both.
#
# - **Before:** the chapter [Conditioning](../conditioning.md).
# - **Time:** 45 minutes. Five for sections 1 and 2, fifteen for 3, fifteen for 4, ten for 5 and 6.
# - **Hand in:** a table with κ, the rate and the updates before and after; the three slopes with their units; your answer to section 6.
#
# Wherever `fill_in("…")` stands, put your answer in its place, and run the cell and its check. If an answer is wrong, the check tells you what it is.

# %%
from given.checks import check, fill_in, look_back, noted
from given.penguins import TABLE

# %% [markdown]
# ## 1. The table
#
# 123 gentoo penguins from Antarctica: three lengths in millimetres, from which the body mass in grams is to be predicted. The data are those of [Gorman, Williams and Fraser](../sources.md#gorman-2014), in the public domain (CC0).

# %%
import matplotlib.pyplot as plt
import numpy as np

table = np.loadtxt(TABLE.splitlines(), delimiter=",", skiprows=1)
lengths, mass = table[:, :3], table[:, 3]
n = len(table)
print("          mean  spread")
for name, column in zip(TABLE.splitlines()[0].split(","), table.T):
    print(f"{column.mean():14.1f} {column.std():7.1f}  {name}")


# %% [markdown]
# The model is $\text{mass} = w_0 + w_1 x_1 + w_2 x_2 + w_3 x_3$, where $x_1$, $x_2$ and $x_3$ are bill length, bill depth and flipper length; the loss is half the mean of the squared errors. So the second derivatives are $H = X^\top X / n$, where $X$ has a column of ones and the three lengths.


# %%
def second_derivatives(columns):
    X = np.column_stack([np.ones(n), columns])
    return X.T @ X / n


lam = np.linalg.eigvalsh(second_derivatives(lengths))
print("curvatures", *(f"{one:.3g}" for one in lam))
print(f"limit 2/λmax = {2 / lam.max():.4g}")

# %% [markdown]
# ## 2. Predict
#
# You may leave out one of the three lengths. Which one raises the limit most?
#
# - **a** Bill length: its spread is larger than that of bill depth.
# - **b** Bill depth: its numbers are the smallest.
# - **c** Flipper length: its numbers are the largest.
# - **d** It makes no difference, because the other two stay.
#
# Choose before you go on.

# %% tags=["prediction"]
# answer: your prediction: "a", "b", "c" or "d"
prediction = "c"
prediction = noted(prediction, "abcd")

# %%
for k, name in enumerate(("bill length", "bill depth", "flipper length")):
    rest = np.linalg.eigvalsh(
        second_derivatives(np.delete(lengths, k, axis=1))
    )
    print(f"without {name:14s} limit {2 / rest.max():.3g}")

# %%
look_back(
    prediction,
    {
        "a": "Without bill length the limit rises by less than a twentieth. A spread of 3 around a mean of 47.5 hardly counts: the curvature goes with the mean of the squares, and the mean itself makes nearly all of it.",
        "b": "Without bill depth the limit stays almost the same. Small numbers make small curvatures: it is the column that matters least for the limit.",
        "c": "Yes, twenty-fold. The mean square of the flipper lengths is 47,000, that of everything else together 2,500. The limit is set by the column with the large numbers, whether it is useful or not.",
        "d": "The largest curvature is nearly the sum of the columns' mean squares, and one column has 95 % of it. Leave that one out and the limit is twenty times higher.",
    },
)

# %% [markdown]
# ## 3. Raw units
#
# How stretched is the bowl?

# %%
# answer: the condition number of H, from the curvatures lam
kappa = lam.max() / lam.min()

# %%
X = np.column_stack([np.ones(n), lengths])
check(
    kappa,
    np.linalg.cond(X) ** 2,
    "65 million: a bowl that is 8,000 times longer than it is wide.",
    [
        (
            lam.min() / lam.max(),
            "It is upside down: divide the largest curvature by the smallest, so that κ is at least 1.",
        ),
        (
            np.sqrt(lam.max() / lam.min()),
            "This is the condition number of X. In H = XᵀX/n it is squared, and descent meets H.",
        ),
        (
            lam.max() / lam.mean(),
            "Not over the mean: the slowest direction, the one with the smallest curvature, decides how long a run takes.",
        ),
    ],
    "The largest curvature over the smallest.",
)

# %% [markdown]
# At the rate $1/\lambda_{\max}$ the flattest direction keeps $1 - 1/\kappa$ of its error at each update. After how many updates is a thousandth of it left?
#
# Nobody will wait for that, but it can be measured. One update multiplies the errors by the matrix $M = 1 - \alpha H$, so $t$ updates multiply them by $M^t$. A power takes few multiplications: $M^2$, $M^4$, $M^8$, …

# %%
curvatures, directions = np.linalg.eigh(second_derivatives(lengths))
flattest = directions[:, 0]
M = np.eye(4) - second_derivatives(lengths) / curvatures[-1]


def left(updates):  # of an error of 1 in the flattest direction
    return flattest @ np.linalg.matrix_power(M, updates) @ flattest


for million in 1, 10, 100:
    print(f"{million:3d} million updates leave {left(million * 10**6):.4f}")

# %%
# answer: the updates to a thousandth of the error, from kappa
updates = np.log(1e-3) / np.log(1 - 1 / kappa)

# %%
check(
    updates,
    10**6 * np.log(1e-3) / np.log(left(10**6)),
    "447 million, and each of these updates is a pass over the whole table.",
    [
        (
            kappa,
            "After κ updates 1/e = 37 % is left. For a thousandth you need ln 1000 = 6.9 times as many.",
        ),
        (
            np.log(1e-3) / (2 * np.log(1 - 1 / kappa)),
            "This is when the loss is at a thousandth, because it goes with the square of the error. The question is about the error.",
        ),
        (
            1000 * kappa,
            "A thousandth does not take a thousand times as long. Each update multiplies, so it takes ln 1000 = 6.9 times κ.",
        ),
        (
            np.log(1e-3) / np.log(1 / kappa),
            "Each update leaves 1 − 1/κ of the error, not 1/κ. With κ = 65 million that is nearly all of it.",
        ),
    ],
    "After t updates (1 − 1/κ)ᵗ is left. Set it to 0.001 and solve for t.",
)

# %% [markdown]
# What do you have if you stop after ten thousand updates?

# %%
w = np.zeros(4)
for _ in range(10_000):
    w = w - X.T @ (X @ w - mass) / n / lam.max()
best = np.linalg.lstsq(X, mass)[0]
print("                     intercept    bill   depth  flipper    error")
for name, one in ("10,000 updates", w), ("least squares", best):
    error = np.sqrt(np.mean((X @ one - mass) ** 2))
    numbers = "".join(f"{value:9.1f}" for value in one)
    print(f"{name:20s} {numbers} {error:8.0f} g")

# %% [markdown]
# Nothing exploded, and no slope is right: that of bill depth, which tells most about the mass, is a seventh of what it should be. *Finite is not trained.*
#
# ## 4. Scaled
#
# Give each column mean zero and spread one.

# %%
# answer: the three columns, each with mean 0 and spread 1
scaled = (lengths - lengths.mean(axis=0)) / lengths.std(axis=0)

# %%
check(
    scaled,
    np.transpose([(one - one.mean()) / one.std() for one in lengths.T]),
    "Now the three columns can be compared.",
    [
        (
            lengths - lengths.mean(axis=0),
            "The means are gone, and κ has fallen from 65 million to 112. The spreads still differ: divide each column by its own.",
        ),
        (
            lengths / lengths.std(axis=0),
            "The spreads are one, but the means are now between 15 and 34: three columns that nearly repeat the column of ones. κ is still 2 million. Subtract first.",
        ),
        (
            lengths / lengths.max(axis=0),
            "All numbers lie between 0.68 and 1, so all columns look like the column of ones. κ is 14,000. Subtract the mean, and divide by the spread.",
        ),
        (
            (lengths - lengths.mean()) / lengths.std(),
            "This is one mean and one spread for the whole table, so millimetres of flipper still outweigh millimetres of bill. Use axis=0: each column its own.",
        ),
    ],
    "Subtract from each column its mean, then divide by its standard deviation: mean(axis=0), std(axis=0).",
)

# %%
lam = np.linalg.eigvalsh(second_derivatives(scaled))
kappa = lam[-1] / lam[0]
print("curvatures", *(f"{one:.3f}" for one in lam))
print(f"κ = {kappa:.2f}")

# %% [markdown]
# κ is not 1: long penguins are long in every direction, and scaling the columns does not remove that correlation. Now choose the best fixed rate, the one at which the slowest direction is as fast as possible.

# %%
# answer: the best fixed rate, from the curvatures lam
alpha = 2 / (lam.min() + lam.max())

# %%
rates = np.arange(1, 12_000) / 10_000
slowest = [np.abs(1 - rate * lam).max() for rate in rates]
check(
    alpha,
    rates[np.argmin(slowest)],
    f"Of 11,999 rates tried, this one is best: each update leaves at most {min(slowest):.4f} of any error.",
    [
        (
            1 / lam.max(),
            "It is safe and solves the sharpest direction at once, but then the flattest keeps 0.875 of its error. You can go further: let the sharpest overshoot a little, until both are equally slow.",
        ),
        (
            2 / lam.max(),
            "This is the limit itself: the sharpest direction flips from side to side for ever.",
        ),
        (
            1 / lam.min(),
            "This solves the flattest direction at once and explodes in the sharpest: there αλ is κ = 8.",
        ),
        (
            1 / lam.mean(),
            "It explodes: the mean curvature is 1, the largest 2.34, and there αλ is above 2. The ends decide, and a mean knows nothing of them.",
        ),
    ],
    "The flattest direction keeps 1 − αλmin, the sharpest −(αλmax − 1). The best rate makes the two equal in size.",
)

# %% [markdown]
# Then every direction keeps at most $(\kappa - 1)/(\kappa + 1)$ of its error at each update. Predict again, and this time let it run.

# %%
keeps = (kappa - 1) / (kappa + 1)
predicted = np.log(1e-3) / np.log(keeps)
Z = np.column_stack([np.ones(n), scaled])
best = np.linalg.lstsq(Z, mass)[0]
directions = np.linalg.eigh(Z.T @ Z)[1].T
w, measured, share = np.zeros(4), 0, np.ones(4)
while np.abs(share).max() > 1e-3:  # of the error in each direction
    w = w - alpha * Z.T @ (Z @ w - mass) / n
    share = directions @ (best - w) / (directions @ best)
    measured += 1
print(f"predicted {predicted:.1f} updates, measured {measured}")

# %% alt="Share of the error left in the slowest direction against the number of updates, both axes logarithmic. Scaled, the curve falls to a thousandth at 28 updates. In raw units it stays at one until a million updates and reaches a thousandth at 447 million."
t = np.logspace(0, 9, 200)
for label, factor, style in (
    ("raw units", 1 - curvatures[0] / curvatures[-1], "C1"),
    ("scaled", keeps, "C0"),
):
    plt.loglog(t, factor**t, style, label=label)
plt.axhline(1e-3, color="gray", linestyle="--")
plt.ylim(3e-4, 2)
plt.xlabel("updates")
plt.ylabel("share of the error left")
plt.legend()
plt.show()

# %% [markdown]
# ## 5. Back to millimetres
#
# A biologist wants slopes in grams per millimetre, but `best` belongs to the scaled columns: intercept first, then a slope for each.

# %%
# answer: three slopes in g per mm, from best and lengths
slopes = best[1:] / lengths.std(axis=0)

# %%
check(
    slopes,
    np.linalg.lstsq(X, mass)[0][1:],
    "They are the slopes that least squares finds in the raw table.",
    [
        (
            best[1:],
            "These are grams per spread: by so much is a penguin heavier if its bill is one spread longer. How many millimetres is a spread?",
        ),
        (
            best[1:] * lengths.std(axis=0),
            "It is the wrong way round. A spread is 3 mm of bill length, so one millimetre brings less than one spread does.",
        ),
        (
            (best[1:] - lengths.mean(axis=0)) / lengths.std(axis=0),
            "You scaled the slopes as if they were lengths. The means move the intercept and leave the slopes alone.",
        ),
        (
            best / np.append(1, lengths.std(axis=0)),
            "The three slopes are right. The first of your four numbers is the intercept of the scaled columns: leave it out.",
        ),
    ],
    "One millimetre is 1/spread in a scaled column.",
)

# %%
for name, slope in zip(
    ("bill length", "bill depth", "flipper length"), slopes
):
    print(f"{slope:6.1f} g per mm of {name}")

# %% [markdown]
# ## 6. Change one thing
#
# Somebody gives the flipper lengths in metres, all else in millimetres. Predict: does the limit in raw units rise or fall? Does κ? And after scaling? Then compute all four, and explain why a higher limit does not make a quicker run.

# %% [markdown] tags=["solution"]
# The largest column is now bill length, so the limit rises twenty-fold. But the flattest direction is flatter still, because a metre is a large step for a flipper whose spread is 0.0065 m: κ doubles. The rate may be higher, and the run takes twice as long. After scaling nothing has changed, because a column's unit cancels when it is divided by its own spread.

# %% tags=["solution"]
metres = lengths / [1, 1, 1000]
for name, columns in (
    ("raw, mm", lengths),
    ("raw, flipper in m", metres),
    ("scaled", (metres - metres.mean(axis=0)) / metres.std(axis=0)),
):
    lam = np.linalg.eigvalsh(second_derivatives(columns))
    kappa, limit = lam.max() / lam.min(), 2 / lam.max()
    print(f"{name:18s} limit {limit:9.3g}  κ {kappa:.3g}")
