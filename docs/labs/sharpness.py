# %% [markdown]
# ---
# title: "Lab 3: how sharp is a network?"
# description: Measure the largest curvature of a small network from gradients alone, predict the rate at which its loss first rises, and find by experiment where the run is really lost.
# search:
#   boost: 0.5
# ---

# %% [markdown]
# # Lab 3: how sharp is a network?
#
# Nobody hands you the largest curvature of a network, its *sharpness*: with a million weights the matrix $H$ has a trillion entries. Two gradients are enough to multiply by it. You will measure the sharpness of a small network, predict from it the rate at which the loss first rises, and see what the prediction is worth.
#
# - **Before:** the chapters [Taylor](../taylor.md) and [Networks](../networks.md).
# - **Time:** 45 minutes. Ten for sections 1 and 2, ten for 3, fifteen for 4, ten for 5 and 6.
# - **Hand in:** the sharpness, the three rates of section 4 (predicted, first rise, lost), and one paragraph on section 5: who adapts to whom?
#
# Wherever `fill_in("…")` stands, put your answer in its place, and run the cell and its check. If an answer is wrong, the check tells you what it is.

# %%
from given.checks import check, fill_in, look_back, noted

# %% [markdown]
# ## 1. A network
#
# One input, 20 tanh units, one output: 61 weights in one vector `w`. It is to learn a wave from 25 points. The loss is half the mean of the squared errors, the gradient is the chain rule.

# %%
import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(-2, 2, 25)[:, None]
y = np.sin(2 * x)


def both(w):  # the loss and its gradient
    into, bias, out, last = np.split(w, [20, 40, 60])
    hidden = np.tanh(x * into + bias)
    error = (hidden @ out)[:, None] + last - y
    back = error * out * (1 - hidden**2)
    parts = x.T @ back, back.sum(axis=0), hidden.T @ error, error.sum()
    gradient = np.concatenate([np.ravel(part) for part in parts]) / len(x)
    return np.mean(error**2) / 2, gradient


def loss(w):
    return both(w)[0]


def gradient(w):
    return both(w)[1]


@np.errstate(all="ignore")  # a run may overflow: that is no mistake here
def descend(w, alpha, updates):
    losses = np.empty(updates)
    for t in range(updates):
        losses[t], g = both(w)
        w = w - alpha * g
    return w, losses


start = 0.5 * np.random.default_rng(0).normal(size=61)
w, losses = descend(start, 0.02, 100)  # a hundred careful updates
print(f"loss {losses[0]:.3f} at the start, {loss(w):.3f} at w")

# %% [markdown]
# ## 2. Multiply by H without H
#
# The gradient changes along a direction $v$ by $Hv$, as long as the step is small. Take one small step $h$ forwards and one backwards.


# %%
def product(w, v, h=1e-4):
    # answer: Hv, from gradients at w + h * v and w - h * v
    return (gradient(w + h * v) - gradient(w - h * v)) / (2 * h)


# %%
v, h = np.random.default_rng(1).normal(size=61), 1e-4
check(
    lambda: product(w, v),
    gradient(w + 1e-20j * v).imag / 1e-20,
    "A step of another kind, into the complex numbers, says the same.",
    [
        (
            (gradient(w + h * v) - gradient(w - h * v)) / h,
            "This is twice Hv: the two points lie 2h apart. Your limit would come out half as high as it is.",
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
            "This is the difference to one side. It is right too, and its mistake grows with h, that of the difference to both sides with h².",
        )
    ],
)

# %% [markdown]
# ## 3. Turn towards the largest curvature
#
# Multiplying by $H$ stretches a vector most along the direction of the curvature that is largest in size, here a positive one. So multiply again and again, and each time bring the vector back to length 1.


# %%
def turned(w, v):
    Hv = product(w, v)
    # answer: the next direction, of length 1
    return Hv / np.linalg.norm(Hv)


# %%
Hv = product(w, v)
check(
    lambda: turned(w, v),
    np.divide(Hv, np.sqrt(sum(Hv**2))),
    "It leans more towards the sharpest direction than before.",
    [
        (
            Hv,
            "The direction is right, but the vector soon grows seven-fold at each turn. Nine turns after the gradient the step h · v is longer than w itself, and two gradients so far apart say nothing about the curvature at w.",
        ),
        (
            Hv / len(Hv),
            "len counts the entries, 61. The length of a vector is np.linalg.norm.",
        ),
        (
            v / np.linalg.norm(v),
            "This is the old direction: nothing turns. It is Hv that leans towards the sharpest direction.",
        ),
        (
            Hv / np.linalg.norm(v),
            "This is as long as H stretches v. Divide Hv by its own length.",
        ),
    ],
    "Take Hv and divide it by its own length, np.linalg.norm(Hv).",
)


# %%
def curvature_along(w, v):  # v has length 1
    # answer: the curvature along v, one number
    return v @ product(w, v)


# %%
v = v / np.linalg.norm(v)
check(
    lambda: curvature_along(w, v),
    (loss(w + 1e-3 * v) - 2 * loss(w) + loss(w - 1e-3 * v)) / 1e-6,
    "Three losses along v say the same.",
    [
        (
            np.linalg.norm(product(w, v)),
            "This is the length of Hv. It is never negative, so it cannot tell a direction that bends down, and it is the curvature only when v no longer turns.",
        ),
        (
            product(w, v).max(),
            "This is the largest entry of Hv. The curvature along v is the share of Hv that points along v.",
        ),
        (
            v @ v,
            "This is 1, the square of the length of v: H does not occur in it.",
        ),
        (
            product(w, v) / v,
            "These are 61 numbers. They would all be the same if v were an eigenvector. One number comes from the scalar product of v and Hv.",
        ),
    ],
    "vᵀHv: multiply v and Hv entry by entry and add.",
)


# %%
def sharpness(w, turns=30):
    v = gradient(w) / np.linalg.norm(gradient(w))
    for _ in range(turns):
        v = turned(w, v)
    return curvature_along(w, v)


whole = np.array([product(w, one) for one in np.eye(61)])  # all of H
for turns in 0, 1, 3, 10, 30:
    print(f"{turns:2d} turns {sharpness(w, turns):8.4f}")
print(f"all of H {np.linalg.eigvalsh(whole)[-1]:8.4f}")

# %% [markdown]
# ## 4. Predict where it breaks
#
# From `w` the careful rate of 0.02 still works well. At which rate will the loss first rise?

# %%
# answer: the rate above which the loss rises, by sharpness(w)
limit = 2 / sharpness(w)

# %%
check(
    limit,
    2 / np.linalg.eigvalsh(whole)[-1],
    "A prediction from gradients alone. Now the experiment.",
    [
        (
            1 / sharpness(w),
            "This is half of it. There the error in the sharpest direction is gone after one update; it grows only above twice this rate.",
        ),
        (
            2 / sharpness(start),
            "You measured where the run began. Measure where it stands: the curvature moves with the weights, so far by 0.3 %, later by a quarter.",
        ),
        (
            2 / sharpness(w, 0),
            "This is the curvature along the gradient, before any turn. Along the sharpest direction it is larger.",
        ),
        (
            sharpness(w),
            "This is the curvature. At the limit α times it is 2.",
        ),
    ],
    "The error in the sharpest direction grows as soon as αλ passes 2.",
)

# %% [markdown]
# Before you run it, say what you expect. From `w` the run goes on for 6,000 updates, at a rate 20 % above your limit. What will the loss do?
#
# - **a** Explode: the limit is passed.
# - **b** Fall as at the careful rate: a network is not a parabola, and the limit does not hold.
# - **c** Rise to a bounce between bounds and stay there.
# - **d** Rise several-fold, then come down lower than at a rate 20 % below the limit.

# %% tags=["prediction"]
# answer: your prediction: "a", "b", "c" or "d"
prediction = "d"
prediction = noted(prediction, "abcd")

# %% [markdown]
# Two experiments by halving, as in the first lab: the rate at which the loss first rises within 50 updates, and the rate at which, 300 updates later, it is higher than it began.


# %%
def bisect(fails):  # the lowest rate at which a run fails
    low, high = 0, 1
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if fails(middle) else (middle, high)
    return high


def rises(alpha):
    losses = descend(w, alpha, 50)[1]
    return not np.all(losses[1:] <= losses[:-1])


def is_lost(alpha):
    losses = descend(w, alpha, 300)[1]
    return not losses[-1] <= losses[0]


for name, fails in ("first rise at", rises), ("lost at", is_lost):
    found = bisect(fails)
    print(f"{name:13s} {found:.3f}, {found / limit:.2f} of 2/sharpness")

# %% alt="Left: loss against update on a logarithmic axis. At 120 percent of the limit it rises eighteen-fold at once, then falls, with spikes; at 80 percent it falls first and has spikes later. At the end the first is lower. Right: the sharpness of both runs moves to the dashed line of its own rate, two over alpha; one begins below its line, one above."
fig, (left, right) = plt.subplots(1, 2)
for share, style in (0.8, "C0o-"), (1.2, "C1s-"):
    at, alpha, found, peaks = w, share * limit, [], []
    for _ in range(120):
        found.append(sharpness(at))
        at, some = descend(at, alpha, 50)
        peaks.append(max(some))
    t = np.arange(0, 6000, 50)
    label = f"{share:.0%} of the limit"
    left.semilogy(t, peaks, style, lw=1, markevery=20, label=label)
    right.plot(t, found, style, markevery=20)
    right.axhline(2 / alpha, color="gray", linestyle="--")
    print(f"α = {alpha:.3f}: up to {max(peaks):.3f}, then {some[-1]:.6f}")
left.set(xlabel="update", title="loss, highest of 50 updates")
left.legend()
right.set(xlabel="update", title="sharpness; dashed: 2/α")
plt.show()

# %% [markdown]
# What did you predict?

# %%
look_back(
    prediction,
    {
        "a": "It begins like that: the loss rises eighteen-fold. But while it rises the weights move, and the curvature falls until α times it is below 2. Only at nearly twice the limit is the run lost.",
        "b": "The limit holds for the first updates, within three percent: there the loss rises. Later the curvature has changed, and the limit with it.",
        "c": "A parabola at exactly αλ = 2 bounces for ever, and even that without a rise. Here the curvature gives way, and the loss comes down again.",
        "d": "Yes. The rise pushes the weights to a flatter place, and from there the larger rate gets further, if only in the end. A rise alone is no failure.",
    },
)

# %% [markdown]
# ## 5. Who adapts to whom?
#
# Now take a rate below the limit, 80 % of it. Look at the sharpness on the right: at first it is 7.3. To which value does it go?

# %%
alpha = 0.8 * limit
# answer: the sharpness that training goes to, from alpha
edge = 2 / alpha

# %%
check(
    edge,
    2 / (0.8 * limit),
    "There α times the sharpness is 2.",
    [
        (
            sharpness(w),
            "It would stay there on a parabola. Here the weights move, and the curvature with them.",
        ),
        (
            1 / alpha,
            "At this curvature the sharpest direction would be solved in one update. The sharpness is higher already, and it goes on rising.",
        ),
        (
            2 / 0.02,
            "This belongs to the careful rate of the start. The run now goes on at another rate.",
        ),
        (
            alpha / 2,
            "It is upside down: a small rate lets the curvature grow large.",
        ),
    ],
    "It rises until the rate is at the limit: α times the sharpness is 2.",
)

# %%
at, found = w, []
for _ in range(120):
    at = descend(at, alpha, 50)[0]
    found.append(sharpness(at))
end = np.mean(found[-30:])  # of the last 1,500 updates
print(f"from {sharpness(w):.2f} to {end:.2f}; you say {edge:.2f}")

# %% [markdown]
# ## 6. Change one thing
#
# Double the starting weights (write 1.0 for 0.5 in section 1). Predict: is the sharpness at `w` larger or smaller, and by about how much? Which rate would you have dared? Run everything again. Which of the explanations above still hold, and which number has changed most?

# %% [markdown] tags=["solution"]
# Larger weights make a sharper loss: at `w` the sharpness doubles, from 7.3 to 15, and the limit halves. Power iteration finds it as before; the loss first rises at 5 % above the limit, and the run is lost at 2.3 times it. The number that changes most is the climb at 20 % above: a hundred-fold in place of eighteen-fold, and the loss comes down again. What no longer holds is the way to the edge: the sharpness goes to 16 only, not to the 19 of 2/α. At the new `w` the loss is 0.017 already. There is little left to learn, so the weights move a third as far as before, and the curvature rises by 6 %.
