"""Overshoot: one parabola, two learning rates, and the limit between them.

Needs numpy and matplotlib. Run it with: python snippets/overshoot.py
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:data]
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

data = Path(globals().get("__file__", "")).parent / "data"  # notebooks too
x, y = np.loadtxt(data / "chi_regression.csv", delimiter=",", skiprows=1).T


def loss(b):
    return 0.5 * np.sum((y - x * b) ** 2)


def slope(b):
    return np.sum(x * (x * b - y))


# --8<-- [end:data]


# %% --8<-- [start:descend]
def descend(alpha, steps=500, b=0.0):
    path = [b]
    while len(path) <= steps and abs(slope(b)) > 1e-6:
        b = b - alpha * slope(b)  # the whole of gradient descent
        path.append(b)
    return np.array(path)


rates = 0.01, 0.12
small, large = map(descend, rates)
print("        α = {}             α = {}".format(*rates))
print("       b        loss        b        loss")
for b, c in zip(small[:6], large[:6]):
    print(f"{b:9.6f} {loss(b):9.4f}  {c:9.6f} {loss(c):9.4f}")
# --8<-- [end:descend]

# %% --8<-- [start:steps]
fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.4), sharey=True)
b = np.linspace(-3.5, 7.7, 300)
runs = zip(axes, rates, (small[:25], large[:5]), ("C0o-", "C1s-"))
for ax, alpha, path, style in runs:
    ax.plot(b, [loss(value) for value in b], "gray", linewidth=1)
    ax.plot(path, [loss(value) for value in path], style)
    ax.set(xlabel="$b$", xlim=(-3.5, 7.7), ylim=(0, 300))
    climbs = loss(path[-1]) > loss(path[0])
    how = "leaps across, and climbs" if climbs else "walks down"
    ax.set_title(f"α = {alpha} {how}")
axes[0].set_ylabel("loss")
plt.show()
# --8<-- [end:steps]

# %% --8<-- [start:limit]
lam = np.sum(x**2)  # the curvature λ = f''(b), the same at every b
best = np.sum(x * y) / lam  # b̂, where the slope is zero
print(f"curvature {lam:.2f}, bottom at {best:.6f}, floor {loss(best):.4f}")
print(f"1/λ = {1 / lam:.6f}, limit 2/λ = {2 / lam:.6f}\n")
print("      α       αλ    1 − αλ  measured  updates        loss")
for alpha in -0.01, 0.01, 0.05, 0.1, 2 / lam, 0.108, 0.12:
    path = descend(alpha)
    factor = 1 - alpha * lam
    measured = (path[1] - best) / (path[0] - best)  # error after / before
    print(f"{alpha:8.5f} {alpha * lam:8.4f} {factor:+9.4f}", end="")
    print(f" {measured:+9.4f} {len(path) - 1:8d} {loss(path[-1]):11.5g}")
b = descend(2 / lam)
print(f"\nat the limit: {b[0]:.5f}, {b[1]:.5f}, {b[2]:.5f}, {b[3]:.5f}, …")
# --8<-- [end:limit]

# %% --8<-- [start:losses]
for alpha, style in (0.01, "C0o-"), (0.1, "C2^-"), (0.12, "C1s-"):
    excess = [loss(b) - loss(best) for b in descend(alpha, steps=40)]
    label = f"α = {alpha}, αλ = {alpha * lam:.2f}"
    plt.semilogy(excess, style, markevery=5, label=label)
edge = loss(0) - loss(best)  # at α = 2/λ the loss stays where it began
plt.axhline(edge, color="gray", linestyle="--", label="the limit, αλ = 2")
plt.xlabel("update")
plt.ylabel("loss above its floor")
plt.legend()
plt.show()
# --8<-- [end:losses]

# %% --8<-- [start:scale]
n, alpha = len(x), 0.12
print(f"the same {alpha} on          λ     limit  αλ at {alpha}")
for name, curvature in (
    ("half the sum", lam),
    ("the sum", 2 * lam),
    ("half the mean", lam / n),
    ("the mean", 2 * lam / n),
    ("x² itself", 2),
):
    print(f"{name:14s} {curvature:12.4f}", end="")
    print(f" {2 / curvature:9.5f} {alpha * curvature:11.4f}")
# --8<-- [end:scale]

# %% --8<-- [start:yours]
alpha = 0.12
losses = 80.4866, 102.8105, 137.0916  # three in a row, of the run at 0.12
rise, next_rise = np.diff(losses)
r = next_rise / rise  # growth per update; the floor cancels
found = (1 + np.sqrt(r)) / alpha
print(f"growth {r:.4f}, curvature {found:.2f}")
print(f"limit {2 / found:.5f}, half of it {1 / found:.5f}")
# --8<-- [end:yours]
