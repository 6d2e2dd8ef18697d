"""Conditioning: one direction limits the rate, another sets the wait.

Needs numpy and matplotlib. Run it with: python snippets/conditioning.py
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:columns]
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

data = Path(globals().get("__file__", "")).parent / "data"  # notebooks too
x, y = np.loadtxt(data / "chi_regression.csv", delimiter=",", skiprows=1).T
both = [x, np.ones(50)]  # the column of ones is the intercept
print("columns    α  updates        loss    limit")
for columns, alpha in ([x], 0.05), (both, 0.05), (both, 0.03):
    X, w, updates = np.column_stack(columns), np.zeros(len(columns)), 0
    while np.abs(X.T @ (X @ w - y)).max() > 1e-6 and updates < 500:
        w, updates = w - alpha * X.T @ (X @ w - y), updates + 1
    lam = np.linalg.eigvalsh(X.T @ X)  # the curvatures of the loss
    loss = 0.5 * np.sum((y - X @ w) ** 2)
    print(f"{len(w):7d} {alpha:.2f} {updates:8d} {loss:11.5g}", end="")
    print(f" {2 / lam[-1]:8.5f}\n        curvatures", *lam.round(4))
# --8<-- [end:columns]

# %% --8<-- [start:valley]
lam = np.array([1, 20])  # the curvatures along the valley and across it
turn = np.linspace(0, 2 * np.pi, 400)
fig, axes = plt.subplots(1, 2, figsize=(7.2, 2.7), sharey=True)
for ax, alpha, style in zip(axes, (0.095, 0.105), ("C0o-", "C1s-")):
    for c in 2, 8, 20, 40, 60, 120:  # the ellipse on which the loss is c
        along, across = np.sqrt(2 * c / lam)
        ax.plot(along * np.cos(turn), across * np.sin(turn), "gray", lw=0.8)
    path = [np.array([10.0, 1.0])]
    for _ in range(12):
        path.append(path[-1] - alpha * lam * path[-1])
    ax.plot(*np.array(path).T, style)
    how = "zig-zags inwards" if alpha * max(lam) < 2 else "explodes across"
    ax.set(aspect="equal", xlim=(-2, 11), ylim=(-3.6, 3.6), xlabel="along")
    ax.set_title(f"α = {alpha} {how}")
axes[0].set_ylabel("across"), plt.show()
# --8<-- [end:valley]

# %% --8<-- [start:many]
rng = np.random.default_rng(0)
turned, _ = np.linalg.qr(rng.normal(size=(50, 50)))  # 50 random directions
curvatures = np.append([1, 20], rng.uniform(1, 20, size=48))
H = turned * curvatures @ turned.T


def growth(alpha):
    error = np.ones(50)
    for _ in range(1000):
        error = error / np.linalg.norm(error)  # only its growth counts
        error = error - alpha * H @ error
    return np.linalg.norm(error)


low, high = 0, 1
while high - low > 1e-7:
    alpha = (low + high) / 2
    low, high = (low, alpha) if growth(alpha) > 1 else (alpha, high)
print(f"by bisection {high:.6f}, 2/λmax {2 / max(curvatures):.6f}")
# --8<-- [end:many]

# %% --8<-- [start:rates]
alphas, n = np.arange(0.002, 0.12, 0.004), len(H)
measured = np.array([growth(alpha) for alpha in alphas])
safe = measured < 1
fig, ax = plt.subplots(figsize=(7.2, 3.4))
ends = min(curvatures), max(curvatures)
looks = ("C2-", "flattest, λ = {:g}"), ("C3-.", "sharpest, λ = {:g}")
for lam, (style, label) in zip(ends, looks):
    ax.plot(alphas, abs(1 - alphas * lam), style, label=label.format(lam))
ax.plot(alphas[safe], measured[safe], "C0o", label=f"all {n}, settles")
ax.plot(alphas[~safe], measured[~safe], "C1s", label=f"all {n}, explodes")
ax.axvline(2 / ends[1], c="gray", linestyle="--", label="the limit, 2/λmax")
ax.set(title="First the flattest direction decides, then the sharpest")
ax.set(xlabel="rate α", ylabel="error after / before", ylim=(0, 1.7))
ax.legend(loc="upper left", ncols=2)
plt.show()
# --8<-- [end:rates]

# %% --8<-- [start:wait]
print("   κ   best α by sweep   factor wait 1/λmax")
for kappa in 1, 10, 100, 1000:
    lam = np.array([1, kappa])
    sweep = np.linspace(0, 2 / kappa, 20_001)
    worst = np.abs(1 - np.outer(sweep, lam)).max(axis=1)
    swept = sweep[worst.argmin()]  # the least bad of all rates
    best, waits = 2 / (1 + kappa), []
    for alpha in best, 1 / kappa:
        error, updates = np.ones(2), 0
        while np.abs(error).max() > 1e-6:  # until a millionth is left
            error, updates = error - alpha * lam * error, updates + 1
        waits.append(updates)
    print(f"{kappa:4d} {best:8.4g} {swept:8.4g} {1 - best:8.6f}", end="")
    print(f" {waits[0]:4d} {waits[1]:6d}")
# --8<-- [end:wait]

# %% --8<-- [start:asker]
alpha = np.array([1e-3, 1e-4])  # this explodes, that trains
print("the largest curvature: {:,.0f} < λ < {:,.0f}\n".format(*2 / alpha))
lam = 5000  # somewhere between
print("                 α = {}   α = {}".format(*alpha))
print("error times  {:12.1f} {:12.1f}".format(*(1 - alpha * lam)))
print("loss times   {:12.2f} {:12.2f}".format(*(1 - alpha * lam) ** 2))
error = np.sqrt([2 * 5000 / lam] * 2)  # both begin at a loss of 5000
for update in range(8):
    losses = 0.5 * lam * error**2
    print("update {:5d} {:12.3e} {:12.3e}".format(update, *losses))
    error = error - alpha * lam * error
# --8<-- [end:asker]

# %% --8<-- [start:features]
rng = np.random.default_rng(0)
age, income = rng.uniform(20, 70, 1000), rng.normal(5e4, 1.5e4, 1000)
inputs = np.column_stack([age, income])
mean, spread = inputs.mean(axis=0), inputs.std(axis=0)
names = "raw", "centred", "scaled", "both"
print("inputs       λmax    limit         κ   updates")
shifts, units = (0, mean, 0, mean), (1, 1, spread, spread)
for name, shift, unit in zip(names, shifts, units):
    X = np.column_stack([(inputs - shift) / unit, np.ones(1000)])
    lam = np.linalg.eigvalsh(2 * X.T @ X / 1000)  # mean squared error
    kappa = lam[-1] / lam[0]
    wait = np.log(1e6) / np.log1p(2 / (kappa - 1))  # at the best rate
    print(f"{name:7s} {lam[-1]:9.4g} {2 / lam[-1]:8.3g}", end="")
    print(f" {kappa:9.4g} {np.ceil(wait):9.4g}")
# --8<-- [end:features]
