"""Tiny runs in the styles of today, for the example logs of the box: real losses, printed as frameworks print."""

import itertools
import math

import numpy as np


def keras(rate=0.001, batch=32) -> str:
    """One dense layer on raw age and weight: Keras prints the mean of each epoch."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.uniform(20, 70, 3200), rng.normal(70, 12, 3200), np.ones(3200)])
    X, y = np.float32(X), np.float32(X @ [0.4, -0.2, 120])
    w, steps, lines = np.zeros(3, np.float32), len(X) // batch, []
    for epoch in (1, 2, 3):
        losses = []
        for rows in np.split(np.arange(len(X)), steps):
            error = X[rows] @ w - y[rows]
            losses.append(np.mean(error**2))
            w = w - np.float32(2 * rate / batch) * (error @ X[rows])
        bar = f"{steps}/{steps} ━━━━━━━━━━━━━━━━━━━━ 0s 2ms/step"
        lines.append(f"Epoch {epoch}/3\n{bar} - loss: {np.mean(losses):.4f}")
    return "\n".join(lines)


def hugging_face(rate=0.3) -> str:
    """A ReLU network in float16: the Trainer prints 0.0 where the loss is no number."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(64, 8))
    W, w, y = rng.normal(size=(8, 16)) / 2, rng.normal(size=16) / math.sqrt(8), 2 * np.sin(X[:, 0])
    lines = []
    for update in range(1, 8):
        h = np.float16(np.maximum(X @ W, 0))
        error = np.float32(np.float16(h @ np.float16(w))) - y
        loss = float(np.mean(np.float16(error**2)))
        back = 2 * error / len(X)
        slopes = X.T @ (np.outer(back, w) * (h > 0)), h.astype(float).T @ back
        norm = math.sqrt(sum(np.sum(slope**2) for slope in slopes))
        seen = round(loss, 4) if math.isfinite(loss) else 0.0
        row = {"loss": seen, "grad_norm": float(f"{norm:.5g}"), "learning_rate": rate, "epoch": update / 4}
        lines.append(str(row))
        W, w = W - rate * slopes[0], w - rate * slopes[1]
    return "\n".join(lines)


def adamw(rate=1.0, decay=0.01, updates=20) -> str:
    """A classifier of three classes: it jumps once, and comes back dead."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(512, 8))
    Y = np.eye(3)[np.argmax(X[:, :3] + 0.3 * rng.normal(size=(512, 3)), axis=1)]
    P = [rng.normal(size=shape) * math.sqrt(2 / shape[0]) for shape in itertools.pairwise((8, 32, 32, 3))]
    m, v, lines = [0.0] * 3, [0.0] * 3, ["step,loss"]
    for t in range(1, updates + 1):
        layers = [X]
        for W in P[:2]:
            layers.append(np.maximum(layers[-1] @ W, 0))
        z = layers[-1] @ P[2]
        z -= z.max(axis=1, keepdims=True)
        total = np.exp(z).sum(axis=1, keepdims=True)
        lines.append(f"{t},{np.mean(np.log(total) - (z * Y).sum(axis=1, keepdims=True)):.4g}")
        back = (np.exp(z) / total - Y) / len(X)
        for k in (2, 1, 0):
            slope, back = layers[k].T @ back, (back @ P[k].T) * (layers[k] > 0)
            m[k], v[k] = 0.9 * m[k] + 0.1 * slope, 0.999 * v[k] + 0.001 * slope**2
            move = m[k] / (1 - 0.9**t) / (np.sqrt(v[k] / (1 - 0.999**t)) + 1e-8)
            P[k] = (1 - rate * decay) * P[k] - rate * move
    return "\n".join(lines)
