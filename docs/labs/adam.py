# %% [markdown]
# ---
# title: "Lab 6: the run under Adam"
# description: Read the state of Adam, measure the curvature that counts there, foretell how far the rate may be raised, see what β and ε do, and find the batch that made a spike.
# search:
#   boost: 0.5
# ---

# %% [markdown]
# # Lab 6: the run under Adam
#
# Under Adam a rate is a distance, and the curvature of the loss alone says nothing about it. But the optimiser keeps two numbers for each weight, and these say nearly all you want to know: how far the rate is from its limit, whether it may be raised, and where a spike comes from.
#
# - **Before:** the chapters [Networks](../networks.md) and [Adam](../adam.md).
# - **Time:** 45 minutes. Ten for sections 1 and 2, ten for 3 and 4, ten for 5, fifteen for 6 and 7.
# - **Hand in:** the share of its limit that the run has reached, the largest factor by which its rate could be raised (foretold and tried), the update of the bad batch, and your order of the remedies in section 7 with one sentence for each.
#
# Wherever `fill_in("…")` stands, put your answer in its place, and run the cell and its check. If an answer is wrong, the check tells you what it is.

# %%
from given.checks import check, fill_in, look_back, noted

# %% [markdown]
# ## 1. A run, and what its optimiser remembers
#
# Two layers of 20 tanh units learn a wave from 20 points: 481 weights in one vector `w`. For each of them Adam keeps `m`, a mean of the gradients, and `v`, a mean of their squares. After $t$ updates it divides both by the share that they have seen, $1 - \beta^t$, and moves the weight by $\alpha$ times the mean over the *denominator*.

# %%
import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(-1, 1, 20)[:, None]
y = 16 * x**5 - 20 * x**3 + 5 * x


def both(w, y=y):  # the loss, half the mean square, and its gradient
    a, b, W, c, out, last = np.split(w, [20, 40, 440, 460, 480])
    W = W.reshape(20, 20)
    first = np.tanh(x * a + b)
    second = np.tanh(first @ W + c)
    error = (second @ out)[:, None] + last - y
    back = error * out * (1 - second**2)
    deep = back @ W.T * (1 - first**2)
    parts = x.T @ deep, deep.sum(axis=0), first.T @ back, back.sum(axis=0)
    parts = *parts, second.T @ error, error.sum()
    return np.mean(error**2) / 2, np.hstack([p.ravel() for p in parts]) / 20


def gradient(w):
    return both(w)[1]


def start():  # w, m, v, and the number of updates made
    rng = np.random.default_rng(0)
    w = rng.normal(size=481)
    w[40:] = w[40:] / 20**0.5
    return w, 0 * w, 0 * w, 0


def update(state, alpha, g, b1=0.9, b2=0.999, eps=1e-8):
    w, m, v, t = state
    t = t + 1
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    step = m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps)
    return w - alpha * step, m, v, t


def train(state, alpha, updates, **how):
    losses = []
    for _ in range(updates):
        loss, g = both(state[0])
        losses.append(loss)
        state = update(state, alpha, g, **how)
    return state, losses


early, losses = train(start(), 0.001, 100)
print(
    f"loss {losses[0]:.2f} at the start, {both(early[0])[0]:.2f} at early"
)

# %% [markdown]
# The denominators decide everything that follows. What are they, from `v` and `t`?


# %%
def denominators(v, t, b2=0.999, eps=1e-8):
    # answer: what Adam divides the mean of the gradients by, from v and t
    return np.sqrt(v / (1 - b2**t)) + eps


# %%
w, m, v, t = update(early, 0.001, gradient(early[0]))
check(
    lambda: denominators(v, t),
    0.001 * m / (1 - 0.9**t) / (early[0] - w),
    "An update of the run shows the same: the mean of the gradients, times α, over the way that each weight went.",
    [
        (
            np.sqrt(v) + 1e-8,
            "The correction is missing. After some 100 updates v has seen a tenth of what it will see, so it is too small, and its root too, by a factor of three. (Frameworks keep v without the correction.)",
        ),
        (
            v / (1 - 0.999**t) + 1e-8,
            "The root is missing: v is a mean of squares, and Adam divides by its root.",
        ),
        (
            np.sqrt(v * (1 - 0.999**t)) + 1e-8,
            "So v becomes smaller still. It has seen only a tenth of what it will see, and is too small by that: divide.",
        ),
        (
            1 / (np.sqrt(v / (1 - 0.999**t)) + 1e-8),
            "It is upside down: these are the factors. A weight with large gradients has a large denominator.",
        ),
    ],
    "Divide v by 1 − β₂ᵗ, take the root, and add ε.",
)

# %% [markdown]
# ## 2. The curvature that counts
#
# Hold the denominators $P$ still. Then Adam is descent (along an average) on a loss in which each weight is measured in another unit, and its curvatures are those of $P^{-1}H$. Power iteration finds the largest: multiply by $H$, from two gradients, then by $P^{-1}$, and bring the vector back to length 1.


# %%
def turned(Hv, P):
    # answer: the next direction, before it is brought to length 1
    return Hv / P


# %%
w, P = early[0], denominators(*early[2:])
some = np.random.default_rng(1).normal(size=481)
Hv = (gradient(w + 1e-5 * some) - gradient(w - 1e-5 * some)) / 2e-5
check(
    lambda: turned(Hv, P),
    np.linalg.solve(np.diag(P), Hv),
    "P is a diagonal matrix: to multiply by its inverse is to divide entry by entry.",
    [
        (
            Hv,
            "Without P this finds the curvature of plain descent, whose limit has nothing to do with the rate of Adam.",
        ),
        (
            Hv * P,
            "This multiplies by P. Adam divides by it.",
        ),
        (
            Hv / np.linalg.norm(P),
            "This divides all entries by the same number, so the direction is that of H. Each weight has a denominator of its own.",
        ),
        (
            Hv / P**2,
            "P is the root of v already: divide by it once.",
        ),
    ],
    "Divide each entry of Hv by the denominator of its weight.",
)


# %%
def sharpness(w, P, turns=20, h=1e-5):
    v = np.ones(481) / 481**0.5
    for _ in range(turns):
        Hv = (gradient(w + h * v) - gradient(w - h * v)) / (2 * h)
        found, v = v @ Hv / (v @ (P * v)), turned(Hv, P)
        v = v / np.linalg.norm(v)
    return found


def number(state, alpha, **how):  # α λmax(P⁻¹H)
    return alpha * sharpness(state[0], denominators(*state[2:], **how))


state, numbers = start(), {}
for updates in 1, 9, 90, 400, 500, 1000:
    state, losses = train(state, 0.001, updates)
    t, loss = state[3], both(state[0])[0]
    print(f"update {t:4d}: loss {loss:.2g}, αλ {number(state, 0.001):.2f}")

# %% [markdown]
# ## 3. Its limit
#
# Plain descent settles while αλ is below 2. Adam does not step along the gradient but along its mean $m$, which keeps β₁ of itself and takes 1 − β₁ of the new gradient. This raises the limit.


# %%
def limit(b1):
    # answer: the αλ above which a run along the mean of gradients explodes
    return 2 * (1 + b1) / (1 - b1)


# %%
def settles(number, b1):  # one weight of curvature 1, at this rate
    w, m = 1.0, 0.0
    for _ in range(2000):
        m = b1 * m + (1 - b1) * w
        w = w - number * m
        if abs(w) > 1e6:
            return False
    return abs(w) < 1


def tried(b1):  # by halving, as in the first lab
    low, high = 0.0, 100.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        low, high = (middle, high) if settles(middle, b1) else (low, middle)
    return low


check(
    lambda: [limit(0.9), limit(0.5)],
    [tried(0.9), tried(0.5)],
    "Runs on one weight say the same: 38 for the usual β₁ = 0.9, and 6 for 0.5.",
    [
        (
            [2 for b1 in (0.9, 0.5)],
            "This is the limit of plain descent, β₁ = 0. The mean cancels most of a gradient that alternates, so the limit is higher.",
        ),
        (
            [2 * (1 + b1) for b1 in (0.9, 0.5)],
            "This is the limit with momentum, where the new gradient counts in full. Adam takes only 1 − β₁ of it.",
        ),
        (
            [2 / (1 - b1) for b1 in (0.9, 0.5)],
            "It takes into account that only 1 − β₁ of the new gradient counts, and leaves out that the mean damps the swing.",
        ),
        (
            [(1 + b1) / (1 - b1) for b1 in (0.9, 0.5)],
            "This is half of it. At the limit the weight swings, and every gradient has the other sign: m is (1 − β₁)/(1 + β₁) of it, and the step must be twice the error.",
        ),
    ],
    "Suppose the weight alternates, w, −w, w. Then m alternates too: m = −β₁m + (1 − β₁)w. Solve for m; at the limit αm is 2w.",
)

# %% [markdown]
# ## 4. How far may the rate be raised?
#
# At update 2,000 the run stands well below its limit. If the denominators stay as they are, by how much may its rate be multiplied?

# %%
now = number(state, 0.001)
# answer: the largest factor for the rate, from now and limit(0.9)
times = limit(0.9) / now

# %%
check(
    times,
    tried(0.9) / 0.001 / sharpness(state[0], denominators(*state[2:])),
    f"The number is {now:.2f} now, so about {38 / now:.1f} times.",
    [
        (
            now / limit(0.9),
            "This is the share of the limit that the run has reached. The factor is its inverse.",
        ),
        (
            2 / now,
            "The limit of plain descent is 2, that of Adam 38.",
        ),
        (
            limit(0.9) / now / 2,
            "This is half of it. It would be a careful factor to choose; but the question is the largest.",
        ),
        (
            limit(0.9) / (now / 0.001),
            "This is the largest rate. By what must 0.001 be multiplied to get it?",
        ),
    ],
    "The number grows with the rate: how often does it fit into its limit?",
)

# %% [markdown]
# Before you try, say what you expect. At update 2,000 the loss is 0.002 and falling. From there the rate is *ten* times as high, which is above the limit. What will the loss do?
#
# - **a** Grow by about the same factor at each update, to `inf`.
# - **b** Rise at once, because the first update is ten times as long.
# - **c** Fall for some updates, then rise more than tenfold, and come back.
# - **d** Nothing: Adam divides by the size of the gradient.

# %% tags=["prediction"]
# answer: your prediction: "a", "b", "c" or "d"
prediction = "c"
prediction = noted(prediction, "abcd")

# %% alt="Left: loss against update on a logarithmic axis. At three and six times the rate it falls smoothly. At ten times it falls for six updates, rises to 14 times its value, swings and comes back to the loss at six times. Right: the number at ten times the rate starts at 56, above the dashed line at 38, and falls below it while the loss is high."
fig, (left, right) = plt.subplots(1, 2)
for factor, style in (3, "C2^-"), (6, "C0o-"), (10, "C1s-"):
    at, alpha, losses, found = state, 0.001 * factor, [], []
    for _ in range(30):
        found.append(number(at, alpha))
        at, some = train(at, alpha, 2)
        losses += some
    left.semilogy(losses, style, markevery=6, label=f"{factor} times")
    right.plot(range(0, 60, 2), found, style, markevery=3)
    print(f"{factor:2d} times: highest loss {max(losses):.2g}", end="")
    print(f", number {found[0]:.1f}, at the end {found[-1]:.1f}")
right.axhline(38, color="gray", linestyle="--")
left.set(xlabel="update", title="loss")
left.legend()
right.set(xlabel="update", title="αλ; dashed: 38")
plt.show()

# %% [markdown]
# What did you predict?

# %%
look_back(
    prediction,
    {
        "a": "It begins like that, once the swing is large enough to be seen. But while the gradients grow, so does v, and the denominators with it: the number falls below 38, and the run settles again.",
        "b": "The first updates are ten times as long and still point downhill. What grows is the swing in the sharpest direction, and it has to grow for some updates before it can be seen.",
        "c": "Yes. The limit is real, the loss does rise; then the denominators grow and take the curvature down. For Adam a rate above the limit is a spike and not the end.",
        "d": "It divides by the gradients of the past thousand updates. Against its own rate this is no help, until the new gradients are large enough to be noticed.",
    },
)

# %%
for factor in 6, 6.5, 7, 8, 9:
    losses = train(state, 0.001 * factor, 100)[1]
    rises = int(np.sum(np.diff(losses) > 0))
    print(f"{factor:4} times: the loss rises at {rises:2d} of 100 updates")
print(f"foretold: {times:.1f} times")

# %% [markdown]
# Just above the limit the swing grows, but the number sinks meanwhile: at 7 times it is below 38 after some 35 updates, before the swing can be seen. So what was foretold is right to within a step of this table.
#
# ## 5. What β and ε do
#
# Now a run at 0.01 from the start. By update 1,500 it has come to its limit. The table shows the number from there on, as the mean of eleven readings 20 updates apart, and the share of the 500 updates before at which the loss rose, for other β and ε.

# %%
for how in {}, {"b1": 0.5}, {"b1": 0}, {"b2": 0.95}, {"eps": 0.1}:
    end, losses = train(start(), 0.01, 1500, **how)
    rest = {name: how[name] for name in how if name != "b1"}
    found = [number(end, 0.01, **rest)]
    for _ in range(10):
        end = train(end, 0.01, 20, **how)[0]
        found.append(number(end, 0.01, **rest))
    rises = np.mean(np.diff(losses[-500:]) > 0)
    top = limit(how.get("b1", 0.9))
    print(f"αλ {np.mean(found):5.1f}, limit {top:2.0f}", end="")
    print(f", rises {rises:4.0%}", how or "as usual")

# %% [markdown]
# The run goes to its limit by itself, whatever β₁ makes of it, and stays there: this is the [edge of stability](../adam.md#its-limit-38). A shorter memory of the denominators does not move the limit. A large ε does move the number: where ε is large beside $\sqrt v$, the denominators are nearly all the same, and Adam is plain descent along an average, at the rate α/ε.
#
# ## 6. Read a spike
#
# A run at 0.003 has learned the wave. Then one batch comes in whose targets are all wrong by 10. When it came you are not told. Logged are, for each update (counted from the first of the log), the loss on the true targets before it, and the root mean squares of the gradient, of the denominators and of the update in units of α.


# %%
def logged(state, bad, alpha=0.003, clip=np.inf, updates=80, **how):
    rows = []
    for at in range(updates):
        w = state[0]
        g = both(w, y + 10 * (at == bad))[1]
        g = g * min(1, clip / np.linalg.norm(g))
        state = update(state, alpha, g, **how)
        P = denominators(*state[2:])
        sizes = g, P, (w - state[0]) / alpha
        sizes = [np.sqrt(np.mean(size**2)) for size in sizes]
        rows.append([at, both(w)[0], *sizes])
    return np.array(rows), state


calm = train(start(), 0.003, 1500)[0]
bad = np.random.default_rng(2).integers(10, 40)
rows, after = logged(calm, bad)
at, losses, sizes, roots, moved = rows.T
print("update     loss  gradient  denominator  update/α")
for row in rows[bad - 4 : bad + 14]:
    print("{:6.0f} {:8.2g} {:9.2g} {:12.2g} {:9.2f}".format(*row))

# %% [markdown]
# At which update was the bad batch? Do not read the number off: find it from the columns `at`, `losses`, `sizes`, `roots` and `moved`, so that it would work in a log of a million lines.

# %%
# answer: the update of the bad batch, from at and the other columns
when = at[np.argmax(sizes / roots)]

# %%
check(
    when,
    bad,
    "There the gradient is 28 times its denominator. In the calm before it was a thousandth of it, and no gradient of the run itself comes near.",
    [
        (
            at[np.argmax(losses)],
            "Here the loss is highest. The batch came before: its update was the longest, and m carried on in the same direction for some updates more.",
        ),
        (
            at[np.argmax(np.diff(losses))],
            "Here the loss grows most. It grows because of what m remembers; the batch itself came before.",
        ),
        (
            at[np.argmax(roots)],
            "Here the denominators are largest. They go on growing as long as the gradients after the batch are large.",
        ),
        (
            at[np.argmax(losses > 2 * losses[0])],
            "Here the loss first shows it, which is one update too late: it is logged before each update.",
        ),
    ],
    "One column shows the batch at the update at which it came, and at no other. Compare the gradient with what the denominator expected.",
)

# %% [markdown]
# The spike in section 4 looks quite different in these columns. There no single gradient stood out; the number was above 38, and while the loss rose the gradients grew from update to update, each pointing against the one before.
#
# The batch is gone, but v remembers. How many updates does it take until its root has sunk to a tenth of what the batch has made of it, if all later gradients are small?

# %%
# answer: updates until the root of v is a tenth, at β₂ = 0.999
memory = np.log(0.1**2) / np.log(0.999)

# %%
v, updates = 1.0, 0
while np.sqrt(v) > 0.1:
    v, updates = 0.999 * v, updates + 1
check(
    memory,
    updates,
    "For all this time the rate is in effect lower than it says.",
    [
        (
            1 / (1 - 0.999),
            "This is how many updates v averages over. After so many it has sunk to a third, and its root to 0.6.",
        ),
        (
            np.log(0.1) / np.log(0.999),
            "After so many updates v has sunk to a tenth. Its root needs twice as long.",
        ),
        (
            np.log(0.1**2) / np.log(0.9),
            "This would be the memory of m, with β₁. That of v is longer.",
        ),
        (
            np.log(0.1**2) / np.log(0.95),
            "So it would be at β₂ = 0.95, which is one of the remedies.",
        ),
    ],
    "At each update v is multiplied by 0.999. Its root is a tenth when v is a hundredth.",
)

# %%
before = number(calm, 0.003)
print(f"αλ before {before:.1f}, after the spike {number(after, 0.003):.1f}")

# %% [markdown]
# ## 7. What would you change?
#
# Put these five in order before you run anything: which makes the highest loss after the bad batch lowest?
#
# - β₂ = 0.95 in place of 0.999
# - a tenth of the rate
# - ε = 0.01
# - clipping the gradient at norm 1
# - nothing, as it is
#
# `logged` takes them as `b2=0.95`, `alpha=0.0003`, `eps=0.01` and `clip=1`. With another β₂ begin again from the start, because v is made with it. Then say of each what it costs on all the days on which no bad batch comes.

# %% [markdown] tags=["solution"]
# Clipping is best, because the batch is kept out of the update *and* out of v; it costs nothing while the norm stays below 1. Then comes the lower rate, which costs six times the updates here, and not ten. The shorter memory lets the denominators grow more at once and forget sooner. An ε of 0.01 hardly helps: after the batch $\sqrt v$ is larger for three weights in four. It is the same order as on [the network of the chapter](../adam.md#change-one-thing-a-bad-batch-after-a-calm). Two small networks with one bad batch each are no law.

# %% tags=["solution"]
tries = {}, {"eps": 0.01}, {"b2": 0.95}, {"alpha": 0.0003}, {"clip": 1}
for how in tries:
    memory = {"b2": how["b2"]} if "b2" in how else {}
    begin = train(start(), 0.003, 1500, **memory)[0] if memory else calm
    rows = logged(begin, 10, **how)[0]
    print(f"highest loss {rows[:, 1].max():5.2g}", how or "as it is")
