"""Measure your own model: its largest curvature, and its share of the limit under Adam, in JAX.

Needs numpy, scipy, jax and optax.
Run it with: python snippets/frameworks/measure_jax.py
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:data]
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.flatten_util import ravel_pytree

jax.config.update("jax_enable_x64", True)  # to compare digits; no need
rng = np.random.default_rng(1)
people = rng.uniform([20, 50], [70, 100], (100, 2))  # age, kilograms
y = people @ [[0.05], [0.02]] + rng.normal(9, 0.5, (100, 1))
standard = (people - people.mean(axis=0)) / people.std(axis=0)
# --8<-- [end:data]


# %% --8<-- [start:model]
def model():  # the network of the chapter Networks, with its first weights
    rng = np.random.default_rng(0)
    parts = [
        rng.uniform(-1, 1, (a + 1) * b).reshape(a + 1, b) / a**0.5
        for a, b in ((2, 50), (50, 1))
    ]
    return [{"kernel": part[:-1], "bias": part[-1]} for part in parts]


def cost(w, X, y):
    hidden = jnp.tanh(X @ w[0]["kernel"] + w[0]["bias"])
    said = hidden @ w[1]["kernel"] + w[1]["bias"]
    return jnp.sum((said - y) ** 2) / 2


# --8<-- [end:model]


# %% --8<-- [start:hessian]
def hessian(cost, w, P=1.0):  # what multiplies by H, and a start
    w, back = ravel_pytree(w)
    slope, root = jax.grad(lambda w: cost(back(w))), P**0.5

    @jax.jit
    def product(v):
        return jax.jvp(slope, (w,), (v / root,))[1] / root

    return product, jax.random.normal(jax.random.key(0), w.shape, w.dtype)


# --8<-- [end:hessian]


# %% --8<-- [start:sharpness]
def sharpness(H, v, turns=20):  # power iteration
    for _ in range(turns):
        v = v / jnp.linalg.norm(v)
        Hv = H(v)
        found = v @ Hv
        miss, v = jnp.linalg.norm(Hv - found * v), Hv
    return float(found), float(miss)


# --8<-- [end:sharpness]

# %% --8<-- [start:descent]
w, X = model(), people
lam, miss = sharpness(*hessian(lambda w: cost(w, X, y), w))
print(f"λmax {lam:.5g} ± {miss:.2g}: SGD settles below {2 / lam:.3g},")
print(f"with momentum 0.9 below {2 * (1 + 0.9) / lam:.3g}")
# --8<-- [end:descent]

# %% --8<-- [start:trap]
lam, miss = sharpness(*hessian(lambda w: cost(w, standard, y), w))
print(f"after 20 turns {lam:.0f} ± {miss:.0f}: no curvature yet")
# --8<-- [end:trap]

# %% --8<-- [start:ends]
from scipy.sparse.linalg import LinearOperator, eigsh

product, v = hessian(lambda w: cost(w, standard, y), w)
size = len(v), len(v)
H = LinearOperator(size, lambda x: np.asarray(product(x)))
least, most = eigsh(H, 2, which="BE", return_eigenvectors=False, tol=1e-3)
print(f"the curvatures reach from {least:.4g} to {most:.4g}")
# --8<-- [end:ends]

# %% --8<-- [start:train]
w, X, rate = model(), standard, 0.1
optimizer = optax.adam(rate)
state = optimizer.init(w)


@jax.jit
def update(w, state):
    change, state = optimizer.update(jax.grad(cost)(w, X, y), state, w)
    return optax.apply_updates(w, change), state


for _ in range(1000):
    w, state = update(w, state)
# --8<-- [end:train]


# %% --8<-- [start:denominators]
def denominators(state, rate, b2=0.999, eps=1e-8):  # of Adam or AdamW
    nu, count = (optax.tree.get(state, name) for name in ("nu", "count"))
    return ((ravel_pytree(nu)[0] / (1 - b2**count)) ** 0.5 + eps) / rate


# --8<-- [end:denominators]

# %% --8<-- [start:adam]
P = denominators(state, rate)
lam, miss = sharpness(*hessian(lambda w: cost(w, X, y), w, P))
print(f"share of the limit: {lam / 38:.3f} ± {miss / 38:.3f}")
# --8<-- [end:adam]
