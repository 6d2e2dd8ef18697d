"""Networks: backpropagation, sharpness, and a limit that moves.

Needs numpy and matplotlib. Run it with: python snippets/networks.py
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:net]
import matplotlib.pyplot as plt
import numpy as np


def gradient(w, task):  # the loss ½Σ(error²), and its gradient
    X, y, shapes, (bend, slope) = task
    h, kept, parts = X, [], []
    for a, b in shapes:  # forwards, layer by layer
        W, w = w[: (a + 1) * b].reshape(a + 1, b), w[(a + 1) * b :]
        kept.append((W, h))
        h = h @ W[:-1] + W[-1]  # the last row is the bias
        h = bend(h) if len(w) else h  # the last layer stays straight
    miss = error = h - y
    for W, h in kept[::-1]:  # backwards, by the chain rule
        parts.append(np.vstack([h.T @ error, error.sum(axis=0)]).ravel())
        error = error @ W[:-1].T * slope(h)
    return np.sum(miss**2) / 2, np.concatenate(parts[::-1])


# --8<-- [end:net]


# %% --8<-- [start:check]
def start(shapes, seed=0):  # small random weights, smaller in wide layers
    rng = np.random.default_rng(seed)
    parts = [rng.uniform(-1, 1, (a + 1) * b) / a**0.5 for a, b in shapes]
    return np.concatenate(parts)


tanh = np.tanh, lambda h: 1 - h**2  # the slope, from the value h
rng = np.random.default_rng(1)
people = rng.uniform([20, 50], [70, 100], (100, 2))  # age, kilograms
pressure = people @ [[0.05], [0.02]] + rng.normal(9, 0.5, (100, 1))
raw = people, pressure, ((2, 50), (50, 1)), tanh
w, d = start(raw[2]), rng.normal(size=201)  # d: any direction
print("    h  slope along d, from two losses")
for h in 1e-1, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10:
    two = gradient(w + h * d, raw)[0] - gradient(w - h * d, raw)[0]
    print(f"{h:5.0e} {two / (2 * h):18.7f}")
print(f"by backpropagation {gradient(w, raw)[1] @ d:.7f}")
# --8<-- [end:check]


# %% --8<-- [start:runs]
@np.errstate(all="ignore")  # here the overflow is the lesson
def descend(w, task, alpha, updates):
    losses = np.empty(updates)
    for t in range(updates):
        losses[t], g = gradient(w, task)
        w = w - alpha * g
    return w, losses


for alpha, style in (1e-4, "C0o-"), (1e-3, "C1s-"):
    losses = descend(w, raw, alpha, 270)[1]
    plt.semilogy(losses, style, markevery=15, label=f"α = {alpha:g}")
print((losses[1:21] / losses[:20]).reshape(2, 10).round(2))
plt.plot(np.where(np.isfinite(losses), np.nan, 1e300), "C1x", label="lost")
plt.gca().set(ymargin=0, yticks=[1, 1e100, 1e200, 1e300], xlabel="update")
plt.legend(title="loss at")
plt.show()
# --8<-- [end:runs]


# %% --8<-- [start:sharpness]
def product(w, task, v, h=1e-5):  # Hv from two gradients, without H
    ahead, behind = gradient(w + h * v, task), gradient(w - h * v, task)
    return (ahead[1] - behind[1]) / (2 * h)


def sharpness(w, task, turns):  # power iteration, from the gradient
    v = gradient(w, task)[1]
    for _ in range(turns):
        v = v / np.linalg.norm(v)
        Hv = product(w, task, v)
        found, v = v @ Hv, Hv
    return found


print("      1       2       5      20     100   least largest")
for w0 in w, start(raw[2], seed=1):
    found = [sharpness(w0, raw, turns) for turns in (1, 2, 5, 20, 100)]
    lam = np.linalg.eigvalsh([product(w0, raw, one) for one in np.eye(201)])
    print(*(f"{one:7.0f}" for one in (*found, lam[0], lam[-1])), sep=" ")
# --8<-- [end:sharpness]

# %% --8<-- [start:limit]
standard = (people - people.mean(axis=0)) / people.std(axis=0)
relu = lambda z: np.maximum(z, 0), lambda h: h > 0
scaled, later = (standard, *raw[1:]), descend(w, raw, 1e-4, 20)[0]
tasks = raw, raw, scaled, (*scaled[:3], relu)
names = "raw inputs   ", "20 updates on", "standardised ", "and with ReLU"
print("             sharpness  2/sharpness   measured   ratio")
for name, w0, task in zip(names, (w, later, w, w), tasks):
    lim = 2 / sharpness(w0, task, 100)
    low, high = 0, 25 * lim
    while high - low > 1e-3 * high:  # bisect: 200 updates at each rate
        alpha = (low + high) / 2
        losses = descend(w0, task, alpha, 200)[1]
        fine = losses.max() < 1000 * losses[0]
        low, high = (alpha, high) if fine else (low, alpha)
    print(f"{name}{2 / lim:9.0f}{lim:13.3g}{high:11.3g}{high / lim:8.2f}")
# --8<-- [end:limit]

# %% --8<-- [start:catapult]
n = 1000  # the width; 20 random starts side by side
starts = np.random.default_rng(0).normal(size=(2, n, 20))
print(f"αλ at start  highest loss  αλ at end  settled, of {len(starts.T)}")
for at_start in 1, 1.9, 2.5, 3, 3.5, 3.99, 4.05:
    (a, c), losses = starts, []
    alpha = at_start * n / np.sum(a**2 + c**2, axis=0)
    with np.errstate(all="ignore"):  # above 4 it overflows
        for _ in range(1000):
            p = np.sum(a * c, axis=0) / n**0.5  # what the network says
            losses.append(p**2 / 2)
            step = alpha * p / n**0.5
            a, c = a - step * c, c - step * a
        end = alpha * np.sum(a**2 + c**2, axis=0) / n
    print(f"{at_start:11.2f} {np.nanmax(losses, axis=0)[0]:13.4g}", end="")
    print(f" {end[0]:10.3f} {sum(losses[-1] < 1e-6):14d}")
# --8<-- [end:catapult]

# %% --8<-- [start:edge]
x, layers = np.linspace(-1, 1, 20)[:, None], ((1, 20), (20, 20), (20, 1))
wave = x, 16 * x**5 - 20 * x**3 + 5 * x, layers, tanh
fig, (left, right) = plt.subplots(1, 2, subplot_kw={"xlabel": "update"})
for alpha, style in (0.005, "C0o-"), (0.01, "C2^-"), (0.02, "C3D-"):
    w, found, loss = start(wave[2]), [], np.empty((80, 100))
    for k in range(80):
        found.append(sharpness(w, wave, 20))
        w, loss[k] = descend(w, wave, alpha, 100)
    end = np.mean(found[-20:]) * alpha  # of the last 2,000 updates
    print(f"α = {alpha:.3f}: {found[0]:.0f} → {end:.1f}/α")
    left.axhline(2 / alpha, color="gray", linestyle="--")
    left.plot(range(0, 8000, 100), found, style, markevery=8)
    right.semilogy(loss.ravel(), style, lw=0.6, markevery=800, label=alpha)
left.set_title("sharpness; dashed: 2/α"), right.legend(title="loss at α =")
plt.show()
# --8<-- [end:edge]
