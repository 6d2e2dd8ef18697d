"""Read your own run: log the loss of every update, in JAX.

Needs numpy, jax and optax. It writes log.csv.
Run it with: python snippets/frameworks/logging_jax.py
"""

# %% --8<-- [start:model]
import math
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax

rng = np.random.default_rng(0)  # 320 samples are 20 batches of 16
X = rng.normal(size=(320, 2)).astype("float32")
noise = rng.normal(size=(320, 1)).astype("float32")
y = X @ np.array([[3], [-2]], "float32") + noise
w, rate, epochs = {"kernel": jnp.zeros((2, 1))}, 4.0, 2  # explodes


def cost(w, x, target):
    return jnp.mean((x @ w["kernel"] - target) ** 2)


# --8<-- [end:model]


# %% --8<-- [start:batches]
optimizer = optax.sgd(rate)
state = optimizer.init(w)
batches = list(zip(np.split(X, 20), np.split(y, 20))) * epochs
# --8<-- [end:batches]


# %% --8<-- [start:log]
@jax.jit  # donate nothing: the old weights are needed when it stops
def update(w, state, *batch):
    loss, g = jax.value_and_grad(cost)(w, *batch)
    change, state = optimizer.update(g, state, w)
    return loss, optax.tree.norm(g), optax.apply_updates(w, change), state


log = open("log.csv", "w", buffering=1)  # each line is on disk at once
print("step,loss,grad_norm,weight", file=log)
for step, batch in enumerate(batches):  # of all epochs
    loss, norm, *after = update(w, state, *batch)
    weight = jax.tree.leaves(w)[0].ravel()[0]
    record = step, float(loss), float(norm), float(weight)
    print(*record, sep=",", file=log)
    if not all(map(math.isfinite, record)):
        break  # w and state are still those from before the step
    w, state = after
# --8<-- [end:log]

# %% --8<-- [start:after]
log.close()
print(Path("log.csv").read_text()[-300:])
print("The weights are still", w["kernel"].tolist())
# --8<-- [end:after]
