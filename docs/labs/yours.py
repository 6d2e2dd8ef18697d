# %% [markdown]
# ---
# title: "Lab 5: the limit of your own network"
# description: Choose a small network, measure its largest curvature from pairs of gradients, foretell the largest rate that trains, try rates around it, and see when to trust the number.
# search:
#   boost: 0.5
# ---

# %% [markdown]
# # Lab 5: the limit of your own network
#
# You have a network, and you want to know the largest rate at which it trains. The curvature gives a number, $2/\lambda_{\max}$, for the price of forty gradients. You will measure it with its error, try the rates around it, and find out *when* to measure. Then you do the same with a network that you have chosen.
#
# - **Before:** the chapters [Networks](../networks.md) and [Measure your own model](../measure.md).
# - **Time:** 45 minutes. Ten for sections 1 and 2, ten for 3, fifteen for 4 to 6, ten for 7.
# - **Hand in:** for the network below and for two of your own the largest rate that trains, and the number over it at the start, when the network has begun to learn and at the end; then, in three sentences, when you would measure.
#
# Wherever `fill_in("…")` stands, put your answer in its place, and run the cell and its check. If an answer is wrong, the check tells you what it is. Run the lab once with the network that stands here. What the words say about numbers is said of this one.

# %%
from given.checks import check, fill_in, look_back, noted

# %% [markdown]
# ## 1. A network
#
# Three arms of a spiral, 20 points each, are to be told apart. The network has three hidden layers of 12 units, and its loss is the cross-entropy. In section 7 you will change the first three lines.

# %%
import matplotlib.pyplot as plt
import numpy as np

LAYERS = 2, 12, 12, 12, 3  # inputs, units of each hidden layer, classes
BEND = "SiLU"  # or "tanh"
SIZE = 0.4  # of the starting weights

rng = np.random.default_rng(1)
radius, arm = np.tile(np.linspace(0.2, 1, 20), 3), np.repeat([0, 1, 2], 20)
angle = 2 * np.pi * (arm / 3 + radius / 2) + rng.normal(0, 0.1, 60)
x = 2 * radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
y = np.eye(3)[arm]


def squash(z):
    return 1 / (1 + np.exp(-z))


def of_silu(z, s):
    return s * (1 + z * (1 - s))


BENDS = {  # each with its slope
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "SiLU": (lambda z: z * squash(z), lambda z: of_silu(z, squash(z))),
}


def both(w):  # the loss and its gradient
    bend, slope = BENDS[BEND]
    kept, back, z = [], [], None
    for a, b in zip(LAYERS[:-1], LAYERS[1:]):  # forwards, layer by layer
        W, w = w[: (a + 1) * b].reshape(a + 1, b), w[(a + 1) * b :]
        h = x if z is None else bend(z)
        kept.append((W, h, z))
        z = h @ W[:-1] + W[-1]  # the last row is the bias
    z = z - z.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    error = (np.exp(logp) - y) / len(x)
    for W, h, z in kept[::-1]:  # backwards, by the chain rule
        back.append(np.vstack([h.T @ error, error.sum(axis=0)]).ravel())
        error = 0 if z is None else error @ W[:-1].T * slope(z)
    return -np.sum(logp * y) / len(x), np.concatenate(back[::-1])


def loss(w):
    return both(w)[0]


def gradient(w):
    return both(w)[1]


def first_weights():
    rng = np.random.default_rng(0)
    shapes = zip(LAYERS[:-1], LAYERS[1:])
    parts = [rng.normal(size=(a + 1) * b) / a**0.5 for a, b in shapes]
    return SIZE * np.concatenate(parts)


w = first_weights()
print(f"{len(w)} weights, loss {loss(w):.3f}")

# %% [markdown]
# A loss says little until you know the loss of somebody who only guesses. The three classes are equally frequent.

# %%
# answer: the loss of giving each of the three classes 1/3
guessing = np.log(3)

# %%
check(
    guessing,
    loss(0 * w),
    "A network whose weights are all 0 says the same of every point, and has this loss. Small weights begin close to it.",
    [
        (
            np.log(2),
            "This is the loss of guessing between two classes, 0.693. Here are three.",
        ),
        (
            np.log(1 / 3),
            "The sign is reversed: the cross-entropy is minus the logarithm of the probability of the right class.",
        ),
        (
            1 / 3,
            "This is the probability. The cross-entropy is minus its logarithm.",
        ),
        (
            np.log10(3),
            "This is the logarithm to base 10. Losses are written with the natural one, np.log.",
        ),
        (
            1 - 1 / 3,
            "This is how often a guess is wrong. The loss is the cross-entropy, minus the logarithm of the probability of the right class.",
        ),
    ],
    "Minus the logarithm of the probability that the right class is given.",
)

# %% [markdown]
# ## 2. The largest curvature, and its error
#
# Two gradients multiply a direction $v$ by the second derivatives $H$: take one a small step $h$ forwards along $v$ and one backwards.


# %%
def product(w, v, h=1e-4):
    # answer: Hv, from gradients at w + h * v and w - h * v
    return (gradient(w + h * v) - gradient(w - h * v)) / (2 * h)


# %%
v, h = np.random.default_rng(1).normal(size=len(w)), 1e-4
v = v / np.linalg.norm(v)
check(
    lambda: product(w, v),
    gradient(w + 1e-20j * v).imag / 1e-20,
    "A step of another kind, into the complex numbers, says the same.",
    [
        (
            (gradient(w + h * v) - gradient(w - h * v)) / h,
            "This is twice Hv, because the two points lie 2h apart. Your limit would come out half as high as it is.",
        ),
        (
            gradient(w + h * v) - gradient(w - h * v),
            "This is the change of the gradient. Hv is the change per length: divide by the distance of the two points, 2h.",
        ),
        (
            (loss(w + h * v) - loss(w - h * v)) / (2 * h),
            "This is one number, the slope along v. Take the difference of gradients, not of losses.",
        ),
        (
            (gradient(w - h * v) - gradient(w + h * v)) / (2 * h),
            "The sign is reversed: it is forwards minus backwards.",
        ),
    ],
    "The gradient forwards minus the gradient backwards, divided by the distance between the two points.",
    also=[
        (
            (gradient(w + h * v) - gradient(w)) / h,
            "This is the difference to one side. It is right too, though a little less exact.",
        )
    ],
)

# %% [markdown]
# Power iteration turns $v$ until it points along the sharpest direction. There $Hv = \lambda v$ exactly. As long as it does not, the length of what is left over, the *miss*, says how far $\lambda$ may be off: some curvature lies within it.


# %%
def left_over(v, Hv):  # v has length 1
    lam = v @ Hv
    # answer: the length of what is left of Hv without lam times v
    return np.linalg.norm(Hv - lam * v)


# %%
v = np.random.default_rng(2).normal(size=len(w))
v = v / np.linalg.norm(v)
Hv = product(w, v)
check(
    lambda: left_over(v, Hv),
    np.sqrt(Hv @ Hv - (v @ Hv) ** 2),
    "Pythagoras says the same. Before any turn it is larger than λ itself, which so far means nothing.",
    [
        (
            np.linalg.norm(Hv),
            "This is the length of all of Hv. It does not get small when v has settled; it becomes λ.",
        ),
        (
            Hv - (v @ Hv) * v,
            "This is what is left over, with all its entries. Its length is one number, np.linalg.norm.",
        ),
        (
            np.linalg.norm(Hv - v),
            "This would be 0 where λ is 1. What is left over is Hv − λv.",
        ),
        (
            np.linalg.norm(Hv) - v @ Hv,
            "A difference of two lengths is not the length of a difference. Subtract the vectors first.",
        ),
    ],
    "Subtract lam * v from Hv, and take the length of that, np.linalg.norm.",
)


# %%
def sharpness(w, turns=20):
    v = np.random.default_rng(0).normal(size=len(w))
    v = v / np.linalg.norm(v)
    for _ in range(turns):
        Hv = product(w, v)
        lam, miss = v @ Hv, left_over(v, Hv)
        v = Hv / np.linalg.norm(Hv)
    return lam, miss


for turns in 1, 3, 10, 20:
    print(
        "{:2d} turns {:8.4f} ± {:.4f}".format(turns, *sharpness(w, turns))
    )

# %% [markdown]
# ## 3. Foretell, then try

# %%
lam, miss = sharpness(w)
# answer: the rate above which plain descent should not settle, from lam
limit = 2 / lam

# %%
check(
    limit,
    2 / sharpness(w)[0],
    f"Yes; it is {2 / sharpness(w, 40)[0]:.3g} with 40 turns.",
    [
        (
            1 / lam,
            "This is half of it. There the error in the sharpest direction is gone after one update; it grows only above twice this rate.",
        ),
        (
            2 / (lam + miss),
            "The miss says how sure the number is. Where it is small, leave it out.",
        ),
        (
            lam / 2,
            "It is upside down: the sharper the network, the lower its limit.",
        ),
        (
            2 * (1 + 0.9) / lam,
            "This is the limit with momentum 0.9. Here descent is plain.",
        ),
    ],
    "The error in the sharpest direction grows as soon as αλ passes 2.",
)

# %% [markdown]
# Before you try, say what you expect. From these first weights a run makes 200 updates at nine tenths of your limit. What becomes of it?
#
# - **a** It trains: the rate is below the limit.
# - **b** It does not train: the rate is too high all the same.
# - **c** It trains, but slowly: the largest rate that trains is ten times as high.
# - **d** It overflows to `inf` and `nan`.

# %% tags=["prediction"]
# answer: your prediction: "a", "b", "c" or "d"
prediction = "b"
prediction = noted(prediction, "abcd")

# %% [markdown]
# A rate *trains* if after 200 updates the loss lies below its start, and at least half as far below the loss of guessing as at the best rate tried. Each rate below is 1.41 times the one before.


# %%
@np.errstate(all="ignore")  # a run may overflow: that is no mistake here
def descend(w, alpha, updates=200):
    for _ in range(updates):
        w = w - alpha * gradient(w)
    return w, loss(w)


def largest_that_trains(w, rates):
    ends = np.array([descend(w, alpha)[1] for alpha in rates])
    enough = (np.log(3) + np.nanmin(ends)) / 2
    good = (ends < loss(w)) & (ends <= enough)
    return ends, rates[good].max()


rates = 2.0 ** np.arange(-4, 6.5, 0.5)
ends, largest = largest_that_trains(w, rates)
for alpha, end in zip(rates[6:16], ends[6:16]):
    print(f"α = {alpha:5.2f}, {alpha / limit:4.2f} of the limit: {end:.1g}")
print(f"nine tenths of the limit: {descend(w, 0.9 * limit)[1]:.1g}")
print(
    f"largest that trains {largest:.3g}; limit over it {limit / largest:.2f}"
)

# %% [markdown]
# What did you predict?

# %%
look_back(
    prediction,
    {
        "a": "So it would be if the curvature stayed. But at these weights the network says nearly nothing, and the loss is nearly flat around them. As soon as it learns, the curvature is many times as large.",
        "b": "Yes. The number is right, at these weights. They are only not the weights where the run has to live: there the curvature is many times as large.",
        "c": "That happens too, in other networks: try 2, 20, 20, 3 with tanh and 0.8 in section 7. In this one the limit at the start is more than twice the largest rate that trains.",
        "d": "A rate that is too high need not overflow. The slope of the cross-entropy is bounded, so the run is thrown to a place where the network answers nearly the same to every point, and stays there at the loss of guessing.",
    },
)

# %% [markdown]
# ## 4. Measure again
#
# Now train at a rate that is surely safe, a tenth of the largest, and measure on the way. The last column is the limit that was foretold over the largest rate that trains. It should be 1.


# %%
def measured_on_the_way(w, safe, ats=(0, 50, 100, 200, 500, 1000, 3000)):
    rows, before = [], 0
    for at in ats:
        w, now = descend(w, safe, at - before)
        rows.append([at, now, *sharpness(w)])
        before = at
    return np.array(rows)


rows = measured_on_the_way(w, largest / 10)
print("update     loss        λ     miss   foretold/largest")
for at, now, lam, miss in rows:
    ratio = 2 / lam / largest
    print(f"{at:6.0f} {now:8.2g} {lam:8.3g} {miss:8.1g} {ratio:10.2f}")

# %% alt="Foretold limit over largest rate that trains, against the loss divided by the loss of guessing, both logarithmic, from the start on the left to the end on the right. It begins at 2.7, above the dashed line at 1, falls to 0.08 while the loss falls to a thirtieth, and rises above 1 again where nearly nothing is left to learn."
at, losses, lams, misses = rows.T
plt.loglog(losses / np.log(3), 2 / lams / largest, "C0o-")
plt.axhline(1, color="gray", linestyle="--")
for bound in 0.9, 0.01:
    plt.axvline(bound, color="gray", linestyle=":")
plt.gca().invert_xaxis()
plt.xlabel("loss, in units of the loss of guessing")
plt.ylabel("foretold / largest that trains")
plt.show()

# %% [markdown]
# The dotted lines are 0.9 and 0.01 of the loss of guessing. Before the first the network has *not begun*, between them it is *learning*, behind the second it is *done*: cross-entropy flattens where it is fitted. [The chapter](../measure.md#measured) reads its runs of five kinds of networks by the same bounds.
#
# ## 5. Set a rate
#
# Take the first measurement at which the network has clearly begun to learn, and set half of its limit.

# %%
begun = losses < 0.9 * guessing
# answer: half of the limit, by the first λ after it has begun
rate = 1 / lams[begun][0]

# %%
first = np.flatnonzero(losses < 0.9 * np.log(3))[0]
check(
    rate,
    2 / lams[first] / 2,
    "Now try it, and what lies above it.",
    [
        (
            2 / lams[begun][0],
            "This is the limit itself. The curvature moves on after the measurement, so leave room: take half.",
        ),
        (
            1 / lams[0],
            "You measured where the run began, before it had learned anything. There the loss is flat, and the number says nothing about the way.",
        ),
        (
            1 / lams[-1],
            "You measured at the end of the run, where little is left to learn. There the loss is flat again.",
        ),
        (
            1 / lams.max(),
            "This is the sharpest place on the way of the careful run. The rate would be safe and slow: section 6 says where this curvature comes from.",
        ),
    ],
    "The limit is 2/λ, so half of it is 1/λ. Of lams[begun] take the first.",
)

# %%
for times in 0.25, 0.5, 1, 2, 4, 8:
    end = descend(w, times * rate)[1]
    print(f"{times:4g} times the rate, {times * rate:5.2f}: {end:.1g}")

# %% [markdown]
# ## 6. Why is it so low in the middle?
#
# At its lowest point the number was about a tenth of the largest rate. Your careful run trained at a tenth, too. Is this by chance? For each row of the table compute at which share of *its own* limit, $2/\lambda$, the careful run stood.

# %%
safe = largest / 10
# answer: safe as a share of the limit, for each of lams
share = safe * lams / 2

# %%
check(
    share,
    safe / (2 / lams),
    "Where it is about 1, the run has come to its own limit.",
    [
        (
            safe * lams,
            "This is αλ. At the limit it is 2, and the share of the limit is 1.",
        ),
        (
            2 / lams / safe,
            "It is upside down: this is how many times the rate would go into the limit.",
        ),
        (
            2 / lams / largest,
            "This is the column of the table, the limit over the largest rate that trains. Now the question is where the careful run stands.",
        ),
        (
            safe * lams[0] / 2,
            "This is the share at the start alone. Take all of lams.",
        ),
    ],
    "Divide the rate by the limit 2/λ.",
)

# %%
for tenths in 1, 2, 4:
    alpha, at, most = tenths * largest / 10, w, 0
    for _ in range(25):
        at = descend(at, alpha, 40 // tenths)[0]
        most = max(most, sharpness(at)[0])
    print(f"α = {alpha:.2g}: 2/α = {2 / alpha:4.1f}, highest λ {most:4.1f}")

# %% [markdown]
# The curvature grows until it has passed the limit of *the rate that the run trains at*, whichever of the three it is: the [edge of stability](../networks.md#change-one-thing-wait-longer). There the number tells you the rate that you have set, and not the one that you could set. So a measurement helps if the network has begun to learn and the run is still well below its own limit. If it is not, double the rate and measure again.
#
# ## 7. Change one thing: your own network
#
# Change `LAYERS`, `BEND` and `SIZE` in section 1 to a network that you would have built. Predict first: will its number at the start be too high or too low? Then run everything again, twice with different networks. The checks of sections 1 to 3 held for the seven other networks that were tried; what the other words say of numbers does not hold.
#
# (There is no ReLU to choose. Across its kink the gradient jumps, and a difference of two gradients divides the jump by $2h$. The [lines for your framework](../measure.md#lines) differentiate exactly, and do not have this trouble.)

# %% [markdown] tags=["solution"]
# Three networks, tried the same way. At the start the number is too high for the two with SiLU and too low for tanh. When they have just begun to learn it lies between 0.2 and 0.6 of the largest rate in all three: low, and safe. At the end it is too high again. Three networks on one task are no law, but they say what to do: train until the loss is clearly below the loss of guessing, measure, and set half of the limit.

# %% tags=["solution"]
tried = [
    ((2, 16, 16, 3), "SiLU", 0.3),
    ((2, 16, 16, 3), "tanh", 0.5),
    ((2, 12, 12, 12, 3), "SiLU", 0.4),
]
print("                          largest  start  begun    end")
for LAYERS, BEND, SIZE in tried:
    w = first_weights()
    top = largest_that_trains(w, rates)[1]
    at, losses, lams, misses = measured_on_the_way(w, top / 10).T
    told = 2 / lams / top
    begun = told[losses < 0.9 * guessing][0]
    name = f"{'-'.join(map(str, LAYERS))}, {BEND}, {SIZE}"
    print(f"{name:23s} {top:9.3g}", end="")
    print("".join(f"{one:7.2f}" for one in (told[0], begun, told[-1])))
