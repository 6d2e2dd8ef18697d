"""Fixes: every remedy for an explosion, on one and the same failing run.

Needs numpy and matplotlib. Run it with: python snippets/fixes.py
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:net]
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(1)
people = rng.uniform([20, 50], [70, 100], (100, 2))  # age, kilograms
pressure = people @ [0.05, 0.02] + rng.normal(9, 0.5, 100)
standard = (people - people.mean(axis=0)) / people.std(axis=0)
raw, scaled = (people, pressure), (standard, pressure)
w = np.random.default_rng(0).uniform(-1, 1, 201)  # all the weights


def gradient(w, task):  # the loss ½Σ(error²), and its gradient
    V, c, u, b = np.split(w, [100, 150, 200])  # 2 inputs, 50 tanh units
    h = np.tanh(task[0] @ V.reshape(2, 50) + c)
    error = h @ u + b - task[1]
    back = np.outer(error, u) * (1 - h**2)
    parts = np.ravel(task[0].T @ back), back.sum(axis=0), error @ h
    return error @ error / 2, np.append(np.hstack(parts), error.sum())


# --8<-- [end:net]


# %% --8<-- [start:run]
def plain(g, kept, t):  # a remedy goes here: it makes g the step
    return g


@np.errstate(all="ignore")  # here the overflow is the lesson
def descend(w, task, alpha, updates, step=plain):
    losses, kept = np.empty(updates + 1), np.zeros((2, len(w)))
    for t in range(updates + 1):
        losses[t], g = gradient(w, task)
        rate = alpha(w, task, losses[t], g) if callable(alpha) else alpha
        w = w - rate * step(g, kept, t + 1)
    return losses


w = w / np.repeat([2, 50], [150, 51]) ** 0.5  # smaller in the wide layer
print("update            0       5      10      20     100    5000")
for alpha in 1e-3, 1e-4:
    found = descend(w, raw, alpha, 5000)[[0, 5, 10, 20, 100, 5000]]
    print(f"α = {alpha:<6g}", *(f"{loss:7.2g}" for loss in found))
# --8<-- [end:run]


# %% --8<-- [start:bound]
def clip_norm(g, kept, t):  # a long gradient: same direction, length 100
    return g * np.minimum(1, 100 / np.linalg.norm(g))


def clip_value(g, kept, t):  # each entry by itself: the direction changes
    return np.clip(g, -10, 10)


def warm_up(g, kept, t):  # the full rate from the tenth update on
    return min(1, t / 10) * g


steps, alphas = (plain, warm_up, clip_norm, clip_value, plain), [1e-3] * 4
styles = "C1s-", "C4v-", "C2^-", "C3D-", "C0o-"
for step, alpha, style in zip(steps, (*alphas, 1e-4), styles):
    name = f"{step.__name__}, α = {alpha:g}"
    plt.semilogy(descend(w, raw, alpha, 40, step), style, label=name)
plt.gca().set(ylim=(10, 1e9), xlabel="update", title="Bounded, or late")
plt.legend(title="loss")
plt.show()
print(*(step(np.array([np.nan, 1, 1000]), 0, 1) for step in steps[2:4]))
# --8<-- [end:bound]


# %% --8<-- [start:memory]
def mean(g, kept, t):  # the loss ½ mean in place of ½ sum
    return g / 100


def momentum(g, kept, t):  # heavy ball: gradients add up and fade
    kept[0] = 0.9 * kept[0] + g
    return kept[0]


def nesterov(g, kept, t):  # the same, one step ahead
    return g + 0.9 * momentum(g, kept, t)


def adam(g, kept, t):  # each weight in units of its usual gradient
    kept[:] = 0.9 * kept[0] + 0.1 * g, 0.999 * kept[1] + 0.001 * g**2
    m, u = kept[0] / (1 - 0.9**t), kept[1] / (1 - 0.999**t)
    return m / (u**0.5 + 1e-8)


print("update               0       5      10      20     100     500")
for step, alpha in (mean, 0.01), (momentum, 1e-4), (adam, 0.01):
    found = descend(w, raw, alpha, 500, step)[[0, 5, 10, 20, 100, 500]]
    print(f"{step.__name__:8s} {alpha:<6g}", *(f"{x:7.1f}" for x in found))
# --8<-- [end:memory]


# %% --8<-- [start:parabola]
def average(g, kept, t):  # momentum that averages, as inside Adam
    return 0.1 * momentum(g, kept, t)


def limit(w, task, step, updates=200, low=1e-5, high=1):
    while high > 1.002 * low:  # bisect, by factors
        alpha = (low * high) ** 0.5
        losses = descend(w, task, alpha, updates, step)
        fine = losses.max() < 1000 * losses[0]
        low, high = (alpha, high) if fine else (low, alpha)
    return high


b = np.eye(201)[200], (np.zeros((1, 2)), 0)  # only a bias: the loss ½b²
for step in plain, momentum, nesterov, average:
    print(f"{step.__name__:9s} {limit(*b, step, 500, 1, 64):6.4g}")
losses = descend(*b, 1, 8000, adam)
for at in 1000, 2000, 4000, 8000:  # the largest of 999 errors
    print(f"adam, to {at}: {(2 * losses[at - 999 : at].max()) ** 0.5:.2g}")
# --8<-- [end:parabola]


# %% --8<-- [start:sweep]
def rising(g, kept, t):  # to a million times the rate in n updates
    return 10 ** (6 * (t - 1) / n) * g


edge = limit(w, raw, plain)
for n, style in (50, "C2^-"), (100, "C3D-"), (400, "C4v-"):
    rates = 1e-6 * 10 ** (6 * np.arange(n + 1) / n)
    losses = descend(w, raw, 1e-6, n, rising)
    shown = np.minimum(losses, 1e9)  # more need not be drawn
    plt.loglog(rates, shown, style, markevery=n // 50, label=n)
    blown = rates[np.argmax(losses > losses[0])]  # above its start
    print(f"{n:3d} updates: α = {blown:.5f}, limit × {blown / edge:.2f}")
plt.axvline(edge, color="gray", linestyle="--", label="limit")
plt.gca().set(ylim=(10, 1e6), xlim=(3e-6, 0.02), xlabel="rate α")
plt.title("The shorter the sweep, the later it blows up")
plt.legend(title="loss, updates of the sweep")
plt.show()
# --8<-- [end:sweep]


# %% --8<-- [start:limits]
def until(*run):  # the first update with a loss below 13
    below = descend(*run) < 13
    return below.argmax() if below.any() else "never"


small, zero = (np.append(w[:150], w[150:] * k) for k in (0.1, 0))
steps = plain, mean, warm_up, momentum, nesterov, plain, plain
names = [step.__name__ for step in steps[:5]] + ["last / 10", "last = 0"]
print("             raw: limit    to 13     standardised: limit    to 13")
for name, step, w0 in zip(names, steps, [w] * 5 + [small, zero]):
    print(f"{name:9s}", end="")
    for task, wide in (raw, 14), (scaled, 24):
        edge = limit(w0, task, step)
        wait = until(w0, task, edge / 2, 500, step)
        print(f"{edge:{wide}.3g} {wait:>8}", end="")
    print()
# --8<-- [end:limits]


# %% --8<-- [start:search]
def search(w, task, loss, g):  # halve until the loss falls enough
    for rate in 1e-3 * 0.5 ** np.arange(40):
        tried.append(rate)
        if gradient(w - rate * g, task)[0] <= loss - 1e-4 * rate * g @ g:
            break
    return rate


runs = [(w, x, a, 1500) for x in (raw, scaled) for a in (1e-3, 0.01, 0.1)]
print("α         raw", *(f"{run[2]:7g}" for run in runs), "standardised")
for step in adam, clip_norm, clip_value:
    waits = [f"{until(*run, step):>7}" for run in runs]
    print(f"{step.__name__:12s}", *waits)
for name, task in ("raw", raw), ("standardised", scaled):
    tried = []
    wait = until(w, task, search, 200)
    print(f"search {name}: {wait}, {len(tried) / 201:.1f} tried an update")
# --8<-- [end:search]
