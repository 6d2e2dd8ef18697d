"""Mini-batches: what different data at every step do to the limit.

Needs numpy and matplotlib. Run it with: python snippets/minibatch.py
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:noise]
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(0)
X, best = rng.normal(size=(200, 10)), rng.normal(size=10)
y = X @ best  # so one w fits all 200 points exactly
H = X.T @ X / 200  # the Hessian of half the mean squared error
lam, top = np.linalg.eigvalsh(H)[-1], np.sum(X**2, axis=1).max()
full = 2 / lam  # the limit of the full batch
print(f"λmax {lam:.4f}, limit {full:.4f}, Lmax {top:.3f}\n")
print("batch   lowest  highest   spread    rises")
for m in 1, 4, 16, 64, 256:
    rows = rng.integers(200, size=(10_000, m))
    loss = np.mean(y[rows] ** 2, axis=1) / np.mean(y**2)  # batch / all
    print(f"{m:5d} {loss.min():8.3f} {loss.max():8.3f}", end="")
    print(f" {loss.std():8.3f} {np.mean(np.diff(loss) > 0):8.1%}")
# --8<-- [end:noise]


# %% --8<-- [start:train]
def train(alpha, m, updates, runs):
    rng, w, losses = np.random.default_rng(1), np.zeros((runs, 10)), []
    every = np.tile(np.arange(200), (runs, 1))  # the full batch
    for _ in range(updates + 1):
        losses.append(np.sum((w - best) @ H * (w - best), axis=1) / 2)
        rows = rng.integers(200, size=(runs, m)) if m < np.inf else every
        residuals = np.einsum("rmd,rd->rm", X[rows], w) - y[rows]
        w = w - alpha * np.mean(residuals[:, :, None] * X[rows], axis=1)
    return np.array(losses) / losses[0]  # of all points, a column a run


part, sizes = 0.95, (np.inf, 64, 32, 24, 20, 16, 4, 1)  # inf: full batch
curves = {m: train(part * full, m, 100, 20) for m in sizes}
print(f"batch  settled  typical  at {len(curves[1]) - 1} / at 0")
for m, loss in curves.items():
    end, typical = loss[-1], np.exp(np.log(loss[-1] / loss[20]).mean() / 80)
    print(f"{m:5} {sum(end < 1):5}/20 {typical:8.3f} {np.median(end):9.1e}")
# --8<-- [end:train]

# %% --8<-- [start:curves]
fig, ax = plt.subplots(figsize=(7.2, 3.4))
drawn = 64, 4, 1
for m, style in zip(drawn, ("C0o-", "C3^-", "C1s-")):
    lines = ax.semilogy(curves[m], style, lw=0.6, ms=3, markevery=6)
    lines[0].set_label(f"batch {m}, {len(lines)} runs")
ax.plot(curves[np.inf][:, 0], "gray", lw=2, label="full batch")
title = "At the same rate, batch {} settles and {} and {} explode"
ax.set(title=title.format(*drawn))
ax.set(xlabel="update", ylabel="loss of all points / at 0", xlim=(0, 60))
ax.set(ylim=(1e-14, 1e20))
ax.legend(loc="center right")
plt.show()
# --8<-- [end:curves]

# %% --8<-- [start:limit]
outer = (X[:, :, None] * X[:, None, :]).reshape(200, 100)  # each xxᵀ
variance = outer.T @ outer / 200 - np.kron(H, H)


def growth(alpha, m):  # factor of the mean square error, per update
    A = np.eye(10) - alpha * H
    T = np.kron(A, A) + alpha**2 * variance / m
    return np.linalg.eigvalsh(T)[-1]


def limit(growth, m, low=0, high=8):
    while high - low > 1e-6:
        alpha = (low + high) / 2
        low, high = (low, alpha) if growth(alpha, m) > 1 else (alpha, high)
    return low


print(f"batch    limit   / full  growth at {100 * part:.0f} %")
for m in 2 ** np.arange(9):
    a = limit(growth, m)
    print(f"{m:5} {a:8.4f} {a / full:8.3f} {growth(part * full, m):9.3f}")
# --8<-- [end:limit]

# %% --8<-- [start:reach]
m, rates = 2 ** np.arange(11), [0.07, 0.16, 0.3, 0.6, 1, 1.35]
exact = np.array([limit(growth, size) for size in m])
enough = 2 * m / (top + (m - 1) * lam)
fig, ax = plt.subplots(figsize=(7.2, 3.4))
ax.loglog(m, exact, "C2-", label="mean-square limit, exact")
ax.loglog(m, enough, "C3-.", label="enough, 2m/(Lmax + (m − 1)λmax)")
ax.axhline(full, color="gray", linestyle="--", label="full batch, 2/λmax")
ax.axvline(top / lam + 1, color="gray", linestyle=":", label="knee m*")
ax.plot([1, 4, 16], [part * full] * 3, "C1s", label="exploded above")
ax.plot([32, 64], [part * full] * 2, "C0o", label="settled above")
ax.set(title="The mean-square limit rises with the batch, then flattens")
ax.set(xlabel="batch size m", xticks=m, xticklabels=m)
ax.set(ylabel="rate α", yticks=rates, yticklabels=rates)
ax.legend()
plt.show()
# --8<-- [end:reach]

# %% --8<-- [start:single]
print("α/limit   mean typical  ever > 100  end < 1")
for share in 0.9, 1, 1.05, 1.1, 1.2, 1.5:
    alpha = share * exact[0]
    loss = train(alpha, 1, 1000, 1000)
    typical = np.exp(np.mean(np.log(loss[-1] / loss[100])) / 900)
    ever = np.mean(loss.max(axis=0) > 100)
    print(f"{share:7.2f} {growth(alpha, 1):6.3f} {typical:7.3f}", end="")
    print(f" {ever:11.1%} {np.mean(loss[-1] < 1):8.1%}")
# --8<-- [end:single]

# %% --8<-- [start:momentum]
betas, three = (0, 0.5, 0.9), outer.reshape(200, 10, 10)[:, :3, :3]
three = three / np.linalg.eigvalsh(three.mean(axis=0))[-1]  # xxᵀ, λmax is 1


def with_momentum(beta):
    def growth(alpha, m):
        G = np.kron([[[-alpha, 0], [1, 0]]], three)  # of each point
        H = G.mean(axis=0)  # G takes e to its part of the next (e, v)
        M = np.kron([[1, -alpha * beta], [0, beta]], np.eye(3)) + H
        second = np.einsum("nij,nkl->ikjl", G, G).reshape(36, 36) / 200
        T = np.kron(M, M) + (second - np.kron(H, H)) / m
        return np.abs(np.linalg.eigvals(T)).max()

    return growth


print("limit on αλmax    β = {}  β = {}  β = {}".format(*betas))
for m in 1, 4, 16, 64, 256, np.inf:
    at = [limit(with_momentum(beta), m) for beta in betas]
    print("batch {:3} {:14.3f} {:8.3f} {:8.3f}".format(m, *at))
# --8<-- [end:momentum]
