"""In your framework: lines for a loop of your own, in JAX with optax.

No program, but pieces of one: w, cost, batches and optimizer are yours. The
first piece is the loop that all others go into.
"""

# %% --8<-- [start:loop]
import jax
import jax.numpy as jnp
import optax


@jax.jit
def update(w, state, x, target):
    loss, g = jax.value_and_grad(cost)(w, x, target)
    change, state = optimizer.update(g, state, w)
    return loss, optax.apply_updates(w, change), state


state = optimizer.init(w)
for step, (x, target) in enumerate(batches):
    loss, w, state = update(w, state, x, target)
# --8<-- [end:loop]

# %% --8<-- [start:every-update]
loss, w, state = update(w, state, x, target)
print(loss)  # one number per line
# --8<-- [end:every-update]

# %% --8<-- [start:stop]
before = w, state
loss, w, state = update(w, state, x, target)
if not all(jnp.isfinite(part).all() for part in jax.tree.leaves((loss, w))):
    w, state = before  # nothing was changed in place
    raise FloatingPointError(f"the loss is {loss}")
# --8<-- [end:stop]


# %% --8<-- [start:watch]
@jax.jit
def update(w, state, x, target):
    loss, g = jax.value_and_grad(cost)(w, x, target)
    change, state = optimizer.update(g, state, w)
    size, way = optax.tree.norm(w), optax.tree.norm(change)
    numbers = loss, optax.tree.norm(g), way / size
    return numbers, optax.apply_updates(w, change), state


log = open("log.csv", "w", buffering=1)  # each line is on disk at once
print("step,loss,grad_norm,moved", file=log)
for step, (x, target) in enumerate(batches):
    numbers, *after = update(w, state, x, target)
    print(step, *map(float, numbers), sep=",", file=log)
    if not all(map(jnp.isfinite, numbers[:2])):
        raise FloatingPointError(f"loss {numbers[0]}, norm {numbers[1]}")
    w, state = after
# --8<-- [end:watch]

# %% --8<-- [start:find]
with jax.debug_nans(True), jax.debug_infs(True):
    update(w, state, x, target)  # the batch that did it
# --8<-- [end:find]

# %% --8<-- [start:resume]
optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=1e-3)

# later, in the loop or after loading the state:
state = optax.tree.set(state, learning_rate=jnp.asarray(1e-5))
# --8<-- [end:resume]

# %% --8<-- [start:warm-up]
rate = optax.warmup_cosine_decay_schedule(
    0.0, peak_value=1e-3, warmup_steps=100, decay_steps=10_000
)
optimizer = optax.sgd(rate)
# --8<-- [end:warm-up]

# %% --8<-- [start:clip]
optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(1e-3))
# --8<-- [end:clip]

# %% --8<-- [start:optimisers]
optimizer = optax.sgd(1e-4, momentum=0.9)
# or
optimizer = optax.sgd(1e-4, momentum=0.9, nesterov=True)
# or
optimizer = optax.adam(1e-3)
# --8<-- [end:optimisers]


# %% --8<-- [start:adamw]
def kernels(w):  # no biases, no norms
    return jax.tree.map(lambda part: part.ndim > 1, w)


optimizer = optax.adamw(1e-3, weight_decay=0.1, mask=kernels)
# --8<-- [end:adamw]


# %% --8<-- [start:bf16]
def half_cost(w, x, target):  # the weights themselves stay in 32 bits
    half = jax.tree.map(lambda part: part.astype(jnp.bfloat16), (w, x))
    return cost(*half, target)


# --8<-- [end:bf16]

# %% --8<-- [start:accumulate]
optimizer = optax.MultiSteps(optax.sgd(1e-3), every_k_schedule=4)
# --8<-- [end:accumulate]

# %% --8<-- [start:standardise]
mean, spread = X.mean(axis=0), X.std(axis=0)  # of the data for training
spread = jnp.where(spread == 0, 1, spread)  # a constant column

# in the loop:
loss, w, state = update(w, state, (x - mean) / spread, target)
# --8<-- [end:standardise]

# %% --8<-- [start:start]
w["last"]["kernel"] = jnp.zeros_like(w["last"]["kernel"])
# --8<-- [end:start]

# %% --8<-- [start:mask]
lowest = jnp.finfo(scores.dtype).min
scores = jnp.where(keep, scores, lowest)
# --8<-- [end:mask]

# %% --8<-- [start:range-test]
rate = optax.exponential_decay(1e-6, 1, decay_rate=1.15)  # it grows
optimizer, most = optax.sgd(rate), float("inf")
state = optimizer.init(w)
for step, (x, target) in enumerate(batches):
    loss, w, state = update(w, state, x, target)
    print(rate(step), loss)
    if not loss <= most:  # true for a nan as well
        break
    most = min(most, 1000 * loss)
# --8<-- [end:range-test]
