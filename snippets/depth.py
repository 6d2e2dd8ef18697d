"""Depth and time: what a weight does that acts again and again.

Needs numpy and matplotlib. Run it with: python snippets/depth.py
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:unit]
import matplotlib.pyplot as plt
import numpy as np


def settles(w, T, alpha):  # from beside the bottom: does it come nearer?
    v = first = w * (1 + 1e-6 / T)
    for _ in range(50):
        v = v - alpha * (v**T - w**T) * T * v ** (T - 1)
    return abs(v - w) < abs(first - w)


print("  T    w     slope         λ       2/λ  measured")
for T, w in [(T, w) for T in (1, 10, 100) for w in (0.95, 1, 1.05)]:
    slope, lam = T * w ** (T - 1), (T * w ** (T - 1)) ** 2
    low, high = 0, 8 / lam
    for _ in range(40):  # bisect for the limit
        alpha = (low + high) / 2
        low, high = (alpha, high) if settles(w, T, alpha) else (low, alpha)
    print(f"{T:3} {w:4} {slope:9.4g} {lam:9.4g} {2 / lam:9.3g} {low:9.3g}")
# --8<-- [end:unit]

# %% --8<-- [start:layers]
names = "N(0, 1)", "Glorot", "0.9 He", "He", "1.1 He"
spreads = 1, 0.1, 0.9 * 0.02**0.5, 0.02**0.5, 1.1 * 0.02**0.5
styles = "C4x-", "C2^-", "C3D-", "C0o-", "C1s-"
fig, axes = plt.subplots(1, 2, sharey=True, subplot_kw={"xlabel": "layer"})
for name, s, style in zip(names, spreads, styles):
    logs, rng = np.empty((50, 2, 5)), np.random.default_rng(0)
    h, d = rng.normal(size=(2, 5, 20, 100))  # in five networks; nudges of h
    for layer in range(50):
        W = rng.normal(size=(5, 100, 100)) * s
        h, d = np.maximum(h @ W, 0), d @ W * (h @ W > 0)
        logs[layer] = np.log10(np.mean([h**2, d**2], axis=(2, 3))) / 2
    print(f"{name:7}", *(f"{one:5.1f}" for one in logs[-1].ravel()))
    for panel, lines in zip(axes, logs.mean(axis=2).T):
        panel.plot(range(1, 51), lines, style, markevery=7, label=name)
axes[0].set(title="values", ylim=(-9, 5)), plt.title("slopes"), plt.legend()
# --8<-- [end:layers]


# %% --8<-- [start:net]
def plain(h, z, W):  # one step of 16 units, and how a slope comes back
    new = np.maximum(z @ W, 0)
    on = new > 0
    return new, lambda d: (d * on @ W[:, :16].mT, z.mT @ (d * on))


def gradient(step, W, C, task):  # by the chain rule, back through time
    (X, y), h, backs = task, np.zeros((len(W), 16, 16)), []
    for x in X:
        h, back = step(h, np.concatenate([h, x], axis=-1), W)
        backs.append(back)
    miss = h @ C - y
    d, gC, gW = miss @ C.mT / 16, h.mT @ miss / 16, 0
    for back in backs[::-1]:
        d, one = back(d)
        gW = gW + one
    return np.mean(miss**2, axis=(1, 2)) / 2, (gW, gC)


# --8<-- [end:net]


# %% --8<-- [start:train]
@np.errstate(all="ignore")  # here the overflow is the lesson
def train(step, weights, task, alpha=0.1, clip=np.inf, updates=300):
    losses, norms = [], []
    for _ in range(updates):
        loss, g = gradient(step, *weights, task)
        norm = (
            sum(np.sum(one**2, (1, 2), keepdims=True) for one in g) ** 0.5
        )
        size = alpha * np.minimum(1, clip / norm)
        weights = [w - size * one for w, one in zip(weights, g)]
        losses.append(loss), norms.append(norm.ravel())
    return np.array(losses), np.array(norms)


def sums(T, n=5):  # n × 16 lists of T numbers, a 1 beside each; scaled sums
    x = np.random.default_rng(1).uniform(-1, 1, (T, n, 16, 1))
    return np.append(x, x**0, axis=-1), x.sum(axis=0) * (3 / T) ** 0.5


# --8<-- [end:train]

# %% --8<-- [start:runs]
draws = np.random.default_rng(0).normal(size=(5, 19, 16))  # five starts
first, out = draws[:, :18] / 3, draws[:, 18:].mT / 4  # 16 units, x and 1
fig, (left, right) = plt.subplots(1, 2)
left.set(title="norm of the first gradient", xlabel="T")
for T in range(1, 61):
    norms = train(plain, (first, out), sums(T), updates=1)[1][0]
    left.semilogy([T] * 5, norms, "C1.")
rows = (5, np.inf), (30, np.inf), (30, 1)
for (T, clip), style in zip(rows, ("C0o-", "C1s-", "C2^-")):
    losses = train(plain, (first, out), sums(T), clip=clip)[0]
    print(f"T = {T}, norm of the gradient at most {clip}")
    for t in (0, 1, 3, 4, 5, 299) if (T, clip) == rows[1] else (0, 299):
        print(f"{t:4}", *(f"{loss:10.4g}" for loss in losses[t]))
    right.semilogy(losses[:, 2], style, lw=0.8, markevery=20)
right.set(title="loss"), right.legend(["T = 5", "T = 30", "clipped"])
# --8<-- [end:runs]


# %% --8<-- [start:cells]
def residual(h, z, W):  # a thirtieth of what is new is added to the old
    new, inner = plain(h, z, W)
    return h + new / 30, lambda d: map(np.add, (d, 0), inner(d / 30))


def gated(h, z, W):  # a gate u says how much of the old is replaced
    new, inner = plain(h, z, W[..., :16])
    u = 1 / (1 + np.exp(-z @ W[..., 16:]))

    def back(d):
        (through, g), s = inner(d * u), d * (new - h) * u * (1 - u)
        through = through + d * (1 - u) + s @ W[:, :16, 16:].mT
        return through, np.append(g, z.mT @ s, axis=-1)

    return h + u * (new - h), back


turned = np.append(np.linalg.qr(first[:, :16])[0], first[:, 16:], axis=1)
gates = np.append(first, 0 * first, axis=-1)
gates[:, 17, 16:] = -np.log(29)  # so that u begins at 1/30
# --8<-- [end:cells]


# %% --8<-- [start:remedies]
def normed(h, z, W):  # before the bend, the sums are brought to one size
    a = z @ W
    size = np.mean(a**2, axis=-1, keepdims=True) ** 0.5 + 1e-9
    b, on = a / size, a > 0

    def back(d):
        d = (d * on - b * np.mean(d * on * b, -1, keepdims=True)) / size
        return d @ W[:, :16].mT, z.mT @ d

    return b * on, back


names = "orthogonal", "gates", "residual", "normed"
steps = plain, gated, residual, normed
print(f"{'':12}norms: first   largest   losses, the last of {len(losses)}")
for name, step, W in zip(names, steps, (turned, gates, first, first)):
    losses, norms = train(step, (W, out), sums(30))
    row = norms[0].max(), norms.max(), *losses[-1]
    print(f"{name:11}", *(f"{one:8.3g}" for one in row))
# --8<-- [end:remedies]


# %% --8<-- [start:attend]
def attend(Q, K, ask, place, value, answer, normed):
    q, k = ask @ Q, place @ K
    a, b = ((v**2).mean(-1, keepdims=True) ** (normed / 2) for v in (q, k))
    q, k = q / a, k / b  # normed: of one length; otherwise a = b = 1
    logits = np.sum(q * k, axis=-1) / 8**0.5
    p = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p = p / p.sum(axis=-1, keepdims=True)  # the softmax
    miss = np.sum(p * value, axis=-1, keepdims=True) - answer
    s = (p * (value - answer - miss) * miss / 64 / 8**0.5)[..., None]
    dq, dk = np.sum(s * k, axis=1, keepdims=True), s * q
    if normed:  # what changes a length alone changes nothing
        dq = (dq - q * np.mean(dq * q, axis=-1, keepdims=True)) / a
        dk = (dk - k * np.mean(dk * k, axis=-1, keepdims=True)) / b
    g = (ask.mT @ dq).sum(axis=0), (place.mT @ dk).sum(axis=0)
    return np.mean(miss**2) / 2, g, logits, p


# --8<-- [end:attend]


# %% --8<-- [start:logits]
def lookup(seed):  # the question is one of eight places: what stands there?
    rng = np.random.default_rng(seed)
    place, value = rng.normal(size=(64, 8, 8)), rng.normal(size=(64, 8))
    task = place[:, :1], place, value, value[:, :1]
    return task, rng.normal(size=(2, 8, 8)) / 8**0.5


print("normed  rate   logit   slope  losses from five starts")
for one_length, alpha in [(n, a) for n in (0, 1) for a in (1, 10, 100)]:
    losses = np.empty(5)
    for seed in range(5):
        task, weights = lookup(seed)
        for _ in range(100):
            losses[seed], g, logits, p = attend(*weights, *task, one_length)
            weights = [w - alpha * one for w, one in zip(weights, g)]
    row = np.abs(logits).max(), np.mean(p * (1 - p)), *losses
    print(f"{one_length:6} {alpha:5}", *(f"{one:7.2g}" for one in row))
# --8<-- [end:logits]
