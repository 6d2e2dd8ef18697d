"""Adam: a rate is a distance, not a factor.

Needs numpy and matplotlib. Run it with: python snippets/adam.py
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:adam]
import matplotlib.pyplot as plt
import numpy as np


def adam(g, kept, t, b1=0.9, root=0.5, fix=1, b2=0.999, eps=1e-8):
    kept[:] = b1 * kept[0] + (1 - b1) * g, b2 * kept[1] + (1 - b2) * g**2
    m, v = kept[0] / (1 - fix * b1**t), kept[1] / (1 - fix * b2**t)
    return m / (v**root + eps)


lam, names = np.array([30, 3000]), ["descent", "1", "2", "2 and 3", "all 3"]
switches = (0, 0, 0), (0.9, 0, 0), (0, 0.5, 0), (0, 0.5, 1), (0.9, 0.5, 1)
print("λ      ", *(f"{x:10}" for x in (*lam, *lam)))
for name, how in zip(names, switches):
    path, kept = [np.ones(2)], np.zeros((2, 2))
    for t in range(1, 51):
        path.append(path[-1] - 0.1 * adam(lam * path[-1], kept, t, *how))
    shown = *((1 - path[1]) / 0.1), *path[-1]  # the first update, and w
    print(f"{name:7s}", *(f"{x:10.4g}" for x in shown))
# --8<-- [end:adam]


# %% --8<-- [start:bound]
def after_calm(b2, stays):  # a calm has left m and v at 0; then comes a 1
    kept, t = np.zeros(2), 10**5  # so late that nothing is corrected
    return [adam(max(stays, k == 0), kept, t, b2=b2) for k in range(200)]


print("β₂     at once largest at upd. one, all  bound")
for b2, style in (0.999, "C1s-"), (0.99, "C2^-"), (0.95, "C0o-"):
    stays, once = after_calm(b2, True), after_calm(b2, False)
    most = 0.1 / ((1 - b2) * (1 - 0.9**2 / b2)) ** 0.5
    row = stays[0], max(stays), np.argmax(stays) + 1, sum(once), most
    print(f"{b2:<6}", *(f"{x:7.4g}" for x in row))
    plt.plot(range(1, 41), stays[:40], style, markevery=4, label=b2)
    plt.axhline(most, color="gray", linestyle=":")
plt.gca().set(xlabel="update since the jump", ylabel="update in units of α")
plt.legend(title="β₂; dotted: the bound")
plt.show()
# --8<-- [end:bound]


# %% --8<-- [start:net]
def gradient(w, task):  # the loss ½ mean(error²), and its gradient
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
    return np.mean(miss**2) / 2, np.concatenate(parts[::-1]) / len(y)


relu = (lambda z: np.maximum(z, 0)), (lambda h: h > 0)
tanh = np.tanh, lambda h: 1 - h**2  # each with its slope, from the value h
# --8<-- [end:net]


# %% --8<-- [start:jump]
def train(task, alpha, updates, seed=0, **how):
    rng = np.random.default_rng(seed)
    w = [rng.normal(size=(a + 1) * b) / a**0.5 for a, b in task[2]]
    w, kept = np.hstack(w), np.zeros((2, sum(map(len, w))))
    for t, rate in enumerate(np.broadcast_to(alpha, updates), 1):
        loss, g = gradient(w, task)
        yield loss, g, w, kept
        w = w - rate * adam(g, kept, t, **how)


X = np.random.default_rng(1).normal(size=(100, 8))
y = np.sin(2 * X[:, :1]) + X[:, 1:2] * X[:, 2:3]
print(f"loss at updates 0, 1, 2, 8, 64, 999; guessing: {y.var() / 2:.2g}")
for n, alpha in (2, 0.3), (2, 3), (2, 30), (4, 0.3), (4, 3), (4, 30):
    task = X, y, ((8, 32), *[(32, 32)] * (n - 2), (32, 1)), relu
    shown = [f"{loss:8.2g}" for loss, *_ in train(task, alpha, 1000)]
    print(n, f"{alpha:<3}", *(shown[t] for t in (0, 1, 2, 8, 64, -1)))
# --8<-- [end:jump]


# %% --8<-- [start:sharpness]
def sharpness(w, v, h=1e-5):  # of P⁻¹H: power iteration, from gradients
    P, u = v**0.5 + 1e-8, np.ones(len(w)) / len(w) ** 0.5
    for _ in range(20):
        Hu = gradient(w + h * u, wave)[1] - gradient(w - h * u, wave)[1]
        found, u = u @ Hu / (u @ (P * u)) / (2 * h), Hu / P
        u = u / np.linalg.norm(u)
    return found


x = np.linspace(-1, 1, 20)[:, None]
wave = x, 16 * x**5 - 20 * x**3 + 5 * x, ((1, 20), (20, 20), (20, 1)), tanh
alpha = 0.01
for t, (loss, g, w, kept) in enumerate(train(wave, alpha, 1001)):
    if t in (1, 10, 100, 1000):
        found = sharpness(w, kept[1] / (1 - 0.999**t))
        print(f"update {t:4d}: α λmax = {alpha * found:.3g}")
# --8<-- [end:sharpness]

# %% --8<-- [start:edge]
fig, (left, right) = plt.subplots(1, 2, subplot_kw={"xlabel": "update"})
left.axhline(38, color="gray", linestyle="--")
runs = (0.003, 0.999), (0.01, 0.999), (0.001, 0.95)
for (alpha, b2), style in zip(runs, ("C0o-", "C2^-", "C3D-")):
    found, losses, name = [], [], f"α = {alpha}, β₂ = {b2}"
    for t, (loss, g, w, kept) in enumerate(train(wave, alpha, 5001, b2=b2)):
        losses.append(loss)
        if t > 0 and t % 200 == 0:
            found.append(alpha * sharpness(w, kept[1] / (1 - b2**t)))
    left.plot(range(200, 5001, 200), found, style, markevery=3)
    right.semilogy(losses, style, lw=0.6, markevery=500, label=name)
    rises = np.mean(np.diff(losses[2000:]) > 0)
    print(f"{name}: {np.mean(found[-10:]):.0f}, {rises:.0%} rise")
left.set_title("α λmax; dashed: 38"), right.legend(title="loss at")
plt.show()
# --8<-- [end:edge]

# %% --8<-- [start:spike]
calm = X, y, ((8, 32), (32, 1)), relu
run = list(train(calm, 3e-3, 1500))


def spike(bad=10, alpha=3e-3, clip=np.inf, **how):  # and the highest loss
    w, kept, peak = run[-1][2], 0 * run[-1][3], 0
    for t in range(1, 1600):  # the calm again, then one bad batch
        batch = X, y + bad * (t == 1500), *calm[2:]
        g = run[t - 1][1] if t < 1500 else gradient(w, batch)[1]

        g = g * min(1, clip / np.linalg.norm(g))
        w = w - alpha * adam(g, kept, t, **how) * (t >= 1500)
        peak = max(peak, gradient(w, calm)[0]) if t >= 1500 else 0
    return peak


tries = {}, {"bad": 100}, {"b2": 0.99}, {"b2": 0.95}, {"eps": 0.01}
for how in *tries, {"clip": 1}, {"alpha": 3e-4}:
    print(f"{spike(**how):5.2g}", how or f"plain, from {run[-1][0]:.2g}")
# --8<-- [end:spike]
