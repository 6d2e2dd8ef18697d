"""Misconceptions: twelve beliefs about losses that explode, and a run against each.

Needs numpy. Run it with: python snippets/misconceptions.py
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:convex]
import numpy as np

x, alpha, loss = 1.0, 1.1, []
for update in range(60):
    loss.append(x**2)  # convex everywhere, with one minimum
    x = x - alpha * (2 * x)
print(f"x² at a rate of {alpha}: {loss[0]:.1f}, ", end="")
print(f"{loss[20]:.4g}, {loss[59]:.4g}")
# --8<-- [end:convex]

# %% --8<-- [start:bounds]
for alpha in 0.99, 1.0, 1.01:
    x, far = 1.0, []
    for update in range(1000):
        x = x - alpha * (2 * x)
        far.append(abs(x))
    print(
        f"rate {alpha}: |x| {far[0]:.4f} at update 1, {far[-1]:.4g} at 1000"
    )
x, alpha = 1.0, 3
for update in range(1000):
    x = x - alpha * np.tanh(x)  # the slope of log cosh x, at most 1
print(f"log cosh x, rate {alpha}: |x| = {abs(x):.4f} at last")
# --8<-- [end:bounds]

# %% --8<-- [start:careful]
rng = np.random.default_rng(0)
income = rng.normal(50_000, 15_000, 200)
for name, x in ("in units", income), ("in thousands", income / 1000):
    lam = np.mean(x**2)  # half the mean squared error of y = wx
    print(f"income {name}: λ = {lam:.3g}, limit {2 / lam:.3g}")
# --8<-- [end:careful]

# %% --8<-- [start:minimise]
x, rises, wrong_way = 1.0, 0, 0
for update in range(20):
    gradient = 2 * x
    new = x - 1.1 * gradient
    wrong_way += gradient * (new - x) > 0  # a step that points uphill
    rises += new**2 > x**2
    x = new
print(f"20 steps: {wrong_way} pointed uphill, {rises} ended higher")
# --8<-- [end:minimise]

# %% --8<-- [start:division]
with np.errstate(all="ignore"):  # the overflow is the lesson
    big = np.float32(3e38) * np.float32(10)
    print(
        f"3e38 · 10 = {big}, inf − inf = {big - big}, 0 · inf = {0 * big}"
    )
# --8<-- [end:division]


# %% --8<-- [start:bf16]
def bf16(value):  # the first 16 bits of fp32, to nearest
    pattern = np.float32(value).view(np.uint32) + np.uint32(0x8000)
    return float((pattern & np.uint32(0xFFFF0000)).view(np.float32))


half = brain = 1.0
step, updates = 0.001, 1000
for update in range(updates):
    half = float(np.float16(half - step))
    brain = bf16(brain - step)
with np.errstate(over="ignore"):
    far = np.float16(70_000), bf16(70_000)
print(f"70,000 is {far[0]} in fp16, {far[1]:.0f} in bf16")
print(f"1 − {updates} · {step} is {half:.4f} in fp16, {brain:.4f} in bf16")
# --8<-- [end:bf16]

# %% --8<-- [start:overfitting]
inputs, targets = rng.normal(size=500), rng.normal(size=500)
w, train = 0.0, []
for update in range(60):
    train.append(np.mean((targets - w * inputs) ** 2))
    w = w + 1.5 * 2 * np.mean((targets - w * inputs) * inputs)
print(
    f"500 points, 1 weight: training loss {train[0]:.2f} → {train[-1]:.3g}"
)
# --8<-- [end:overfitting]

# %% --8<-- [start:clipping]
good, bad = np.array([30.0, 40.0]), np.array([30.0, np.nan])
for gradient in good, bad:
    by_norm = gradient * np.minimum(1, 1 / np.linalg.norm(gradient))
    by_value = np.clip(gradient, -1, 1)
    print(f"{gradient}: by norm {by_norm}, by value {by_value}")
# --8<-- [end:clipping]

# %% --8<-- [start:smaller]
for alpha in 0.1, 0.01, 0.001:
    x, update = 1.0, 0
    while x < 1e6:
        x, update = x + alpha * (2 * x), update + 1  # + where − belongs
    print(f"wrong sign, rate {alpha}: past a million at update {update}")
# --8<-- [end:smaller]

# %% --8<-- [start:back]
X = np.random.default_rng(0).normal(3, 1, size=(50, 2))
y = X[:, 0]  # the first input is to be copied, by 20 ReLU units
guess = y.var() / 2  # half the mean square, if the mean is predicted
for alpha in 0.01, 0.5:
    rng, c, losses = np.random.default_rng(1), 0.0, []
    V, u = rng.normal(size=(2, 20)), rng.normal(size=20) / 20
    for update in range(500):
        h = np.maximum(X @ V, 0)
        r = h @ u + c - y
        losses.append(np.mean(r**2) / 2)
        V = V - alpha * X.T @ (r[:, None] * u * (h > 0)) / 50
        u, c = u - alpha * h.T @ r / 50, c - alpha * r.mean()
    alive = (h > 0).any(axis=0).sum()  # units that are not always 0
    print(f"rate {alpha}: highest {max(losses):.4g}, last", end="")
    print(f" {losses[-1]:.2g}, guessing {guess:.2g}, alive {alive}")
# --8<-- [end:back]

# %% --8<-- [start:adam]
X = np.random.default_rng(0).normal(size=(200, 100))
y = X @ np.random.default_rng(1).normal(size=100)
for alpha in 0.1, 10.0, 100.0:
    theta, m, v, losses = np.zeros(100), 0, 0, []
    for t in range(1, 201):
        r = X @ theta - y
        losses.append(np.mean(r**2) / 2)
        g = X.T @ r / 200
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        step = m / (1 - 0.9**t) / np.sqrt(v / (1 - 0.999**t))
        theta = theta - alpha * step
    print(f"rate {alpha}: loss {losses[0]:.1f}, {losses[1]:.4g},", end="")
    print(f" at last {losses[-1]:.2g}")
# --8<-- [end:adam]

# %% --8<-- [start:optimisers]
alpha, updates = 0.001, 300
for lam in 0.1, 3000:  # two parabolas, ½λx²
    for name in "descent", "Adam":
        x, m, v = 1.0, 0, 0
        for t in range(1, updates + 1):
            g = lam * x
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            scaled = m / (1 - 0.9**t) / np.sqrt(v / (1 - 0.999**t))
            x = x - alpha * (scaled if name == "Adam" else g)
        print(f"λ = {lam}: {updates} updates of {name} ", end="")
        print(f"at {alpha}: x = {x:.3g}")
# --8<-- [end:optimisers]
