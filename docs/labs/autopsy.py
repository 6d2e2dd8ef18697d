# %% [markdown]
# ---
# title: "Lab 4: autopsy"
# description: Five anonymous logs, most of them of runs that failed. Find the cause of each from losses and one weight, say which line of the log decides, and rebuild a run that prints the same.
# search:
#   boost: 0.5
# ---

# %% [markdown]
# # Lab 4: autopsy
#
# Five runs have left a log each. Nobody remembers what was done. You have the loss, one of the weights, the size of the batch and the rate, and you are to say what happened, and what to do.
#
# - **Before:** the chapters [Overshoot](../overshoot.md), [Networks](../networks.md) and [Cases](../cases.md).
# - **Time:** 45 minutes. Ten for sections 1 and 2, five for each log, ten for the defence.
# - **Hand in:** for each log the cause, the line that decides, and why the next likely cause is ruled out; for one log of your choice a run of your own that prints the same.
#
# Wherever `fill_in("…")` stands, put your answer in its place, and run the cell and its check. If an answer is wrong, the check tells you what it is.

# %%
from given.checks import check, fill_in, look_back, noted
from given.logs import LOGS

# %% [markdown]
# ## 1. The logs

# %%
import matplotlib.pyplot as plt
import numpy as np

RATES = {"A": 0.33, "B": 0.02, "C": 0.1, "D": 0.04, "E": 1.7}
log = {name: [] for name in RATES}
for line in LOGS.splitlines()[1:]:
    name, *numbers = line.split(",")
    log[name].append([float(number) for number in numbers])
log = {name: np.array(rows) for name, rows in log.items()}


def show(name, first, last):
    print("update  batch        loss     weight")
    for update, batch, loss, weight in log[name][first : last + 1]:
        print(f"{update:6.0f} {batch:6.0f} {loss:11.5g} {weight:10.5g}")


# %% alt="Five losses on logarithmic axes. A falls a little and then rises along a straight line. B rises from the start, and soon along a straight line. C falls and ends at update 11, with crosses from there on. D falls, wavers, and rises steeply from update 20. E rises nearly three-hundred-fold in five updates, then falls for the rest and ends far below its start."
fig, axes = plt.subplots(2, 3, figsize=(7.2, 4.4))
for ax, (name, rows) in zip(axes.flat, log.items(), strict=False):
    update, _, loss, _ = rows.T
    ax.semilogy(update, loss, "C0o-", markersize=2.5, linewidth=1)
    lost = update[~np.isfinite(loss)]
    ax.plot(lost, np.full(len(lost), np.nanmax(loss)), "C1x")
    ax.set_title(f"{name}, α = {RATES[name]:g}")
axes[1, 2].axis("off")
plt.show()

# %% [markdown]
# These are the suspects:
#
# | word | what was wrong |
# |---|---|
# | `"rate"` | the rate was above the limit from the start |
# | `"sign"` | the update walked uphill |
# | `"log"` | the loss took the logarithm of 0 |
# | `"sum"` | the loss is a sum, and the sum became longer |
# | `"data"` | a number was missing in the data |
# | `"memory"` | gradients were never cleared |
# | `"none"` | nothing: let it run |
#
# ## 2. Predict
#
# You may change nothing but the rate: a tenth of it, from the first update, and ten times as many updates. In which of the five would the last loss be a normal, low number?
#
# - **a** In A, B, C, D and E: a lower rate always helps.
# - **b** In A, B and D, the three that end high.
# - **c** In A, D and E.
# - **d** In A only.
#
# Choose before you go on.

# %% tags=["prediction"]
# answer: your prediction: "a", "b", "c" or "d"
prediction = "c"
prediction = noted(prediction, "abcd")

# %% [markdown]
# ## 3. Log A

# %%
show("A", 0, 6)
show("A", 35, 40)

# %%
# answer: the cause of A, one of the words in the table
cause = "rate"

# %%
check(
    cause,
    "rate",
    "In the end the loss grows by a constant factor, and the weight jumps from side to side.",
    [
        (
            "sign",
            "Look at the weight from line to line: it jumps up and down around a middle. With a wrong sign it leaves on one side.",
        ),
        (
            "none",
            "A run that recovers has growth that ends. From update 20 to 40 this one grows by the same 16 % at each update.",
        ),
        (
            "sum",
            "Then something would have changed on the way. The batch is 30 throughout, and the growth begins slowly by itself: the fall at the start is the flat direction, which for a few updates hides the sharp one.",
        ),
        (
            "memory",
            "Gradients that are never cleared make a swing that does not die out, but while the rate is below twice the limit it does not grow either. This grows by 16 % at each update.",
        ),
        (
            "log",
            "The logarithm of 0 makes a loss inf or nan from one update to the next. Every loss here is a number, and they grow step by step.",
        ),
        (
            "data",
            "A missing number makes the loss nan at the first update that uses it. Every loss here is a number.",
        ),
    ],
    "Write one of the words in the table. Two things to look at: is the growth by a constant factor, and does the weight alternate?",
)

# %% [markdown]
# So its limit can be read from the log. While one direction dominates, the *differences* of neighbouring losses grow by $r = (1 - \alpha\lambda)^2$.

# %%
rate, loss = RATES["A"], log["A"][:, 2]
r = (loss[-1] - loss[-2]) / (loss[-2] - loss[-3])
# answer: the limit of this run, from rate and r
limit = 2 * rate / (1 + np.sqrt(r))

# %%
fit = np.polyfit(np.arange(20), np.log(np.diff(loss)[-20:]), 1)[0]
check(
    limit,
    2 * rate / (1 + np.exp(fit / 2)),
    "The rate was only 4 % above it.",
    [
        (
            2 * rate / (1 + r),
            "The root is missing: r is the growth of the loss, and the error grows by its root.",
        ),
        (
            rate / (1 + np.sqrt(r)),
            "This is 1/λ, half the limit. It is a good rate to set, but the question was the limit.",
        ),
        (
            rate / r,
            "The growth is not the factor by which the rate is too high: at twice the limit r is 9, and not 2. First find λ from r = (αλ − 1)².",
        ),
        (
            (1 + np.sqrt(r)) / rate,
            "This is the curvature λ. The limit is 2/λ.",
        ),
        (
            rate / 10,
            "It would settle, and crawl. The log says how far the rate is above its limit, and it is not ten times.",
        ),
    ],
    "The error alternates, so αλ − 1 = √r. Solve for λ, then take 2/λ.",
)

# %% [markdown]
# ## 4. Log B

# %%
show("B", 0, 6)
show("B", 35, 40)

# %%
# answer: the cause of B, one of the words in the table
cause = "sign"

# %%
check(
    cause,
    "sign",
    "The weight leaves on one side, the loss never falls, and in the end it grows by a constant factor.",
    [
        (
            "rate",
            "Then the weight would jump from side to side. It moves away on one side, a little further at each update. Lowering the rate would only slow it down.",
        ),
        (
            "memory",
            "Gradients that are never cleared first bring the loss down or, at a rate above the limit, make the weight jump back and forth. This loss has not fallen once, and the weight leaves on one side.",
        ),
        (
            "none",
            "The last ten updates grow by the same factor, 27 % each, and nothing points to an end.",
        ),
        (
            "sum",
            "The batch is 30 throughout, and the growth is there from the first update.",
        ),
        (
            "log",
            "The logarithm of 0 makes a loss inf or nan from one update to the next. Every loss here is a number, and they grow step by step.",
        ),
        (
            "data",
            "A missing number makes the loss nan at the first update that uses it. Every loss here is a number.",
        ),
    ],
    "Write one of the words in the table. Compare the weight with the one of A, line by line.",
)

# %% [markdown]
# ## 5. Log C

# %%
show("C", 0, 2)
show("C", 8, 15)

# %%
# answer: the cause of C, one of the words in the table
cause = "log"

# %%
check(
    cause,
    "log",
    "The loss is normal and falling, and from one update to the next it is nan; the weight goes on as if nothing had happened.",
    [
        (
            "rate",
            "Nothing exploded: the loss fell at each update, and the weight is small and goes on changing smoothly after the nan. With a lower rate the same weight is reached later, and so is the nan.",
        ),
        (
            "data",
            "A missing number shows at the first update that uses it. The batch is 20 throughout, the same 20, and twelve losses were fine.",
        ),
        (
            "sum",
            "A longer sum makes a loss grow before it is nan. This one was falling.",
        ),
        (
            "none",
            "A loss that is nan has no bottom to come back to. The weight looks well, but nobody sees any more whether it is.",
        ),
        (
            "sign",
            "Then the loss would have risen from the start. It fell at each update.",
        ),
        (
            "memory",
            "Gradients that are never cleared add up, so the steps become longer as long as the loss falls. Here each step of the weight is shorter than the one before.",
        ),
    ],
    "Write one of the words in the table. What do loss and weight do just before the nan, and what does the weight do after it?",
)

# %% [markdown]
# ## 6. Log D

# %%
show("D", 0, 4)
show("D", 16, 28)

# %%
# answer: the cause of D, one of the words in the table
cause = "sum"

# %%
check(
    cause,
    "sum",
    "At update 20 the batch becomes four times as large, and so does the curvature of a loss that adds up: αλ was about 0.65 and is about 2.5.",
    [
        (
            "rate",
            "For twenty updates the same rate was fine. It is too high only since something else has changed: look at the columns at update 20.",
        ),
        (
            "data",
            "A missing number gives nan at once. This grows over twenty updates, and stays finite.",
        ),
        (
            "memory",
            "It would have shown from the start, as a swing that does not die out. Here the trouble has a date: update 20.",
        ),
        (
            "sign",
            "For twenty updates it stayed far below its start. A sign does not turn round on the way.",
        ),
        (
            "log",
            "The logarithm of 0 makes a loss inf or nan from one update to the next. This takes many updates to grow, and stays finite.",
        ),
        (
            "none",
            "It does not come back: it ends far above where it began, and grows to the last line.",
        ),
    ],
    "Write one of the words in the table. The trouble has a date. What else changed on that day?",
)

# %% [markdown]
# ## 7. Log E

# %%
show("E", 0, 9)
show("E", 37, 40)

# %%
# answer: the cause of E, one of the words in the table
cause = "none"

# %%
check(
    cause,
    "none",
    "It rose, and came back far below where it began: a catapult. The climb has lowered the curvature.",
    [
        (
            "rate",
            "It was above the limit at the start, and that is why it rose. But read on: the rise has moved the weights to a flatter place, where the same rate is below the limit. The end is lower than the start.",
        ),
        (
            "sign",
            "A run that walks uphill does not come down again.",
        ),
        (
            "memory",
            "A swing would come back up. This one falls and goes on falling.",
        ),
        (
            "sum",
            "The batch is 1 throughout, so no sum became longer. And it would not come back.",
        ),
        (
            "log",
            "The logarithm of 0 gives inf or nan. Every loss here is a number.",
        ),
        (
            "data",
            "A missing number gives nan, and nan does not go away. Every loss here is a number.",
        ),
    ],
    "Write one of the words in the table. Read to the end before you judge. Is the last loss above or below the first?",
)

# %% [markdown]
# What did you predict?

# %%
look_back(
    prediction,
    {
        "a": "In B a lower rate only slows the climb, and in C the nan comes later: a tenth of the rate, ten times the updates. Neither is cured.",
        "b": "Not in B: there each update walks uphill, and a lower rate walks uphill more slowly.",
        "c": "Yes. A and D come below their limits, and E, which was well already, loses only its detour. In B and C the cause is another.",
        "d": "D too: with a quarter of the rate the longer sum does no harm. And E was well and stays so.",
    },
)

# %% [markdown]
# ## 8. Defend
#
# The strongest defence is a run that prints the same. Choose one log, write the run, and compare. Most of the data were random and you do not have the seeds, so aim at what the cause decides: the factor from line to line, which numbers alternate, and when it begins. Then mend *one* thing in your run and show that this cures it.

# %% [markdown] tags=["solution"]
# These are the five runs. A and B fit a line to the same thirty points; C is a logistic model in fp32 with one large input and a cross-entropy of its own; D adds up the squared errors of each batch; E is a linear network of one input, one hidden layer of 400 units and one output.

# %% tags=["solution"]
rng = np.random.default_rng(1)
x = rng.uniform(0, 4, 30)
y = 3 - 1.5 * x + rng.normal(0, 0.3, 30)
X = np.column_stack([np.ones(30), x])


def run_a(alpha, sign=1):
    w = np.zeros(2)
    while True:
        error = X @ w - y
        yield 30, np.mean(error**2) / 2, w[1]
        w = w - sign * alpha * X.T @ error / 30


def run_b(alpha):
    return run_a(alpha, sign=-1)


def run_c(alpha):
    x = np.array([1] * 10 + [-1] * 9 + [30], np.float32)
    y, w = (x > 0).astype(np.float32), np.float32(0)
    while True:
        p = 1 / (1 + np.exp(-w * x))
        with np.errstate(divide="ignore", invalid="ignore"):
            loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
        yield 20, loss, w
        w = w - np.float32(alpha) * np.mean((p - y) * x)


def run_d(alpha):
    rng, w = np.random.default_rng(4), 0.0
    for batch in [16] * 20 + [64] * 21:
        x = rng.normal(size=batch)
        error = x * w - (2 * x + rng.normal(0, 0.3, batch))
        yield batch, np.sum(error**2) / 2, w
        w = w - alpha * x @ error


def run_e(alpha):
    a, c = np.random.default_rng(7).normal(size=(2, 400))
    while True:
        p = a @ c / 20
        yield 1, p**2 / 2, c[0]
        a, c = a - alpha * p * c / 20, c - alpha * p * a / 20


# %% tags=["solution"]
for run in run_a, run_b, run_c, run_d, run_e:
    name = run.__name__[-1].upper()
    lines = [next(made) for made in [run(RATES[name])] for _ in range(41)]
    same = np.allclose(lines, log[name][:, 1:], 1e-3, 0, equal_nan=True)
    print(f"{name}: {len(lines)} lines, the same as in the log: {same}")
