"""Taylor: what the slope promises, and what the curvature takes back.

Needs numpy and matplotlib. Run it with: python snippets/taylor.py
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:promise]
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

data = Path(globals().get("__file__", "")).parent / "data"  # notebooks too
x, y = np.loadtxt(data / "chi_regression.csv", delimiter=",", skiprows=1).T
lam, slope = np.sum(x**2), np.sum(x * (x * 5 - y))  # λ, and f'(5)


def loss(b):
    return 0.5 * np.sum((y - x * b) ** 2)


print(f"at b = 5: loss {loss(5):.3f}, slope {slope:.4f}, λ = {lam:.2f}\n")
print("      α  lands at      loss  promised    change     kept")
for alpha in 0.01, 1 / lam, 0.08, 2 / lam, 0.12:
    new, promise = 5 - alpha * slope, -alpha * slope**2
    change = loss(new) - loss(5)
    print(f"{alpha:.5f} {new:9.5f} {loss(new):9.3f} {promise:9.3f}", end="")
    print(f" {change:z9.3f} {change / promise:z8.4f}")
# --8<-- [end:promise]

# %% --8<-- [start:thousand]
rng, rows = np.random.default_rng(0), []
for _ in range(1000):
    A = rng.normal(size=(12, rng.integers(2, 11)))  # the bowl ½‖Aw‖²,
    H, w = A.T @ A, rng.normal(size=A.shape[1])  # 2 to 10 dimensions
    g, top = H @ w, np.linalg.eigvalsh(H).max()  # the gradient, λmax
    best = (g @ g) / (g @ H @ g)  # α*
    alpha = best * rng.uniform(0, 4)
    predicted = -alpha * g @ g + alpha**2 / 2 * g @ H @ g
    actual = np.sum((A @ (w - alpha * g)) ** 2 - (A @ w) ** 2) / 2
    rows.append((2 * best, 2 / top, alpha, predicted, actual))
once, always, alpha, predicted, actual = np.array(rows).T
for name, far in ("2α*", alpha > once), ("2/λmax", alpha > always):
    print(f"α > {name:6s} {sum(far)} steps, rose {sum(actual[far] > 0)}")
    print(f"α < {name:6s} {sum(~far)} steps, rose {sum(actual[~far] > 0)}")
print(f"predicted to 9 digits: {sum(abs(actual / predicted - 1) < 1e-9)}")
# --8<-- [end:thousand]

# %% --8<-- [start:surrogate]
fig, axes = plt.subplots(1, 3, figsize=(7.2, 3.4), sharey=True)
b = np.linspace(-4, 10, 200)
for ax, alpha, colour in zip(axes, (0.01, 0.08, 0.12), ("C0", "C2", "C1")):
    ax.plot(b, [loss(value) for value in b], "gray")
    ax.plot(b, loss(5) + slope * (b - 5) + (b - 5) ** 2 / alpha / 2, colour)
    new, low = 5 - alpha * slope, loss(5) - alpha * slope**2 / 2
    ax.plot([new, new], [low, loss(new)], ":", color=colour)
    ax.plot(5, loss(5), "o", new, low, "v", color=colour)
    ax.plot(new, loss(new), "s", color=colour)  # where the step lands
    seen = "above" if 1 / alpha > lam else "below"
    seen += ", falls" if loss(new) < loss(5) else ", rises"
    ax.set(title=f"α = {alpha:.3g}: {seen}", xlabel="$b$", ylim=(-80, 320))
axes[0].set_ylabel("loss")
axes[0].legend(["loss", "curvature 1/α"], loc="lower left")
plt.show()
# --8<-- [end:surrogate]

# %% --8<-- [start:losses]
X = np.column_stack([x, np.ones_like(x)])  # a slope and an intercept
start, bend = np.array([5.0, 0.0]), {}
kinds = {  # what one residual r costs, and the derivative of that
    "squares": (lambda r: r**2 / 2, lambda r: r),
    "log cosh": (lambda r: np.log(np.cosh(r)), np.tanh),
    "Cauchy": (lambda r: np.log1p(r**2) / 2, lambda r: r / (1 + r**2)),
}


def gradient(w, kind):
    return -X.T @ kinds[kind][1](y - X @ w)


print("               gᵀg       gᵀHg        2α*")
for kind in kinds:
    g = gradient(start, kind)  # gᵀHg from two gradients, without H:
    bend[kind] = g @ (gradient(start + 1e-6 * g, kind) - g) / 1e-6
    print(f"{kind:8s} {g @ g:9.2f} {bend[kind]:10.2f}", end="")
    print(f" {2 * g @ g / bend[kind]:10.4f}")
# --8<-- [end:losses]

# %% --8<-- [start:sweep]
fig, axes = plt.subplots(1, 3, figsize=(7.2, 3.4))
seen = ("as predicted", 0.13), ("rises sooner", 0.8), ("rises anyway", 0.9)
for ax, kind, (words, top) in zip(axes, kinds, seen):
    g, cost = gradient(start, kind), kinds[kind][0]
    alpha = np.linspace(0, top, 25)
    change = [np.sum(cost(y - X @ (start - a * g))) for a in alpha]
    change = np.array(change) - change[0]
    up = change > 0
    ax.plot(alpha, alpha**2 / 2 * bend[kind] - alpha * (g @ g), "C2")
    ax.plot(alpha[~up], change[~up], "C0o", alpha[up], change[up], "C1s")
    ax.axvline(2 * g @ g / bend[kind], color="gray", linestyle="--")
    ax.set(title=f"{kind}: {words}", xlabel="α", xlim=(0, top))
axes[0].legend(["predicted", "falls", "rises", "2α*"])
axes[0].set_ylabel("change of the loss")
plt.show()
# --8<-- [end:sweep]

# %% --8<-- [start:guarantee]
L = np.linalg.eigvalsh(X.T @ X).max()  # no loss above is curved more
starts = np.random.default_rng(0).normal([2, 0], 2, size=(1000, 2))


def kept(w, kind, alpha):
    g, cost = gradient(w, kind), kinds[kind][0]
    change = np.sum(cost(y - X @ (w - alpha * g)) - cost(y - X @ w))
    return change / (-alpha * g @ g)


print(f"L = {L:.3f}, 2/L = {2 / L:.5f}; ", end="")
print(f"least share kept in {len(starts):,} steps\n")
print("  αL  1 − αL/2  ", *(f"{kind:>9s}" for kind in kinds))
for product in 0.5, 1, 1.5, 1.9, 2.5:
    least = [min(kept(w, k, product / L) for w in starts) for k in kinds]
    print(f"{product:4.1f} {1 - product / 2:9.4f}  ", end=" ")
    print(*(f"{share:9.4f}" for share in least))
# --8<-- [end:guarantee]
