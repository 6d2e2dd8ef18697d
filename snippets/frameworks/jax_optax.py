"""In your framework: every remedy of one failing run, in JAX.

Needs numpy, jax and optax.
Run it with: python snippets/frameworks/jax_optax.py
"""

# %% --8<-- [start:data]
import jax
import jax.numpy as jnp
import numpy as np
import optax

jax.config.update("jax_enable_x64", True)  # only to compare with numpy
rng = np.random.default_rng(1)
people = rng.uniform([20, 50], [70, 100], (100, 2))  # age, kilograms
pressure = people @ [[0.05], [0.02]] + rng.normal(9, 0.5, (100, 1))
X, y = jnp.asarray(people), jnp.asarray(pressure)
losses = {}
# --8<-- [end:data]


# %% --8<-- [start:model]
params, rng = {}, np.random.default_rng(0)  # the start of Networks
for name, a, b in ("hidden", 2, 50), ("last", 50, 1):
    start = jnp.asarray(rng.uniform(-1, 1, (a + 1, b)) / a**0.5)
    params[name] = {"w": start[:-1], "b": start[-1]}


def predict(params, X):
    hidden, last = params["hidden"], params["last"]
    return jnp.tanh(X @ hidden["w"] + hidden["b"]) @ last["w"] + last["b"]


def half_sum(params, X, y):  # l2_loss has the half in it
    return jnp.sum(optax.l2_loss(predict(params, X), y))


# --8<-- [end:model]


# %% --8<-- [start:train]
def train(optimizer, w=params, X=X, cost=half_sum, updates=20, watch=None):
    @jax.jit
    def update(w, state, X, y):
        loss, g = jax.value_and_grad(cost)(w, X, y)
        change, state = optimizer.update(g, state, w)
        return optax.apply_updates(w, change), state, loss

    state, losses = optimizer.init(w), []
    for _ in range(updates):
        w, state, loss = update(w, state, X, y)
        losses.append(float(loss))  # the loss before this update
        if watch and watch(losses[-1]):  # it may say: stop
            break
    return losses


# --8<-- [end:train]


# %% --8<-- [start:failing]
losses["failing"] = train(optax.sgd(1e-3))
# --8<-- [end:failing]

# %% --8<-- [start:rate]
losses["rate"] = train(optax.sgd(1e-4))
# --8<-- [end:rate]

# %% --8<-- [start:resume]
optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=1e-4)
w, state, losses["resume"] = params, optimizer.init(params), []
for t in range(40):
    if t == 20:  # the rate lies in the state, and can be changed there
        state.hyperparams["learning_rate"] = jnp.asarray(1e-5)
    loss, g = jax.value_and_grad(half_sum)(w, X, y)
    change, state = optimizer.update(g, state, w)
    w = optax.apply_updates(w, change)
    losses["resume"].append(float(loss))
losses["resume"] = losses["resume"][20:]  # those after the change
# --8<-- [end:resume]

# %% --8<-- [start:standardise]
standard = (X - X.mean(axis=0)) / X.std(axis=0)
losses["standardise"] = train(optax.sgd(1e-3), X=standard)
# --8<-- [end:standardise]


# %% --8<-- [start:mean]
def half_mean(params, X, y):
    return jnp.mean(optax.l2_loss(predict(params, X), y))


losses["mean"] = train(optax.sgd(1e-3), cost=half_mean)
# --8<-- [end:mean]

# %% --8<-- [start:init]
last = params["last"] | {"w": jnp.zeros((50, 1))}  # the bias stays
losses["init"] = train(optax.sgd(1e-4), params | {"last": last})
# --8<-- [end:init]

# %% --8<-- [start:clip-norm]
optimizer = optax.chain(optax.clip_by_global_norm(100), optax.sgd(1e-3))
losses["clip-norm"] = train(optimizer)  # the order counts
# --8<-- [end:clip-norm]

# %% --8<-- [start:clip-value]
optimizer = optax.chain(optax.clip(10), optax.sgd(1e-3))
losses["clip-value"] = train(optimizer)
# --8<-- [end:clip-value]

# %% --8<-- [start:momentum]
losses["momentum"] = train(optax.sgd(1e-4, momentum=0.9))
# --8<-- [end:momentum]

# %% --8<-- [start:nesterov]
losses["nesterov"] = train(optax.sgd(1e-4, momentum=0.9, nesterov=True))
# --8<-- [end:nesterov]

# %% --8<-- [start:adam]
losses["adam"] = train(optax.adam(0.01))  # eps is 1e-8
# --8<-- [end:adam]

# %% --8<-- [start:warm-up]
ramp = optax.warmup_constant_schedule(3e-5, 3e-4, warmup_steps=9)
losses["warm-up"] = train(optax.sgd(ramp))
# --8<-- [end:warm-up]

# %% --8<-- [start:line-search]
search = optax.scale_by_backtracking_linesearch(  # inf: from the top again
    50, decrease_factor=0.5, increase_factor=np.inf, max_learning_rate=1e-3
)
optimizer = optax.chain(optax.sgd(1), search)  # search scales this step


@jax.jit
def update(w, state):
    loss, g = jax.value_and_grad(half_sum)(w, X, y)
    need = {"value": loss, "grad": g, "value_fn": half_sum, "X": X, "y": y}
    change, state = optimizer.update(g, state, w, **need)
    return optax.apply_updates(w, change), state, loss


w, state, losses["line-search"] = params, optimizer.init(params), []
for _ in range(20):
    w, state, loss = update(w, state)
    losses["line-search"].append(float(loss))
# --8<-- [end:line-search]

# %% --8<-- [start:range-test]
longer = optax.exponential_decay(1e-6, 99, decay_rate=1e6)
bad = 1000 * float(half_sum(params, X, y))
losses["range-test"] = train(
    optax.sgd(longer),
    updates=100,
    watch=lambda loss: not loss <= bad,  # a nan is not <= anything
)
# --8<-- [end:range-test]

# %% --8<-- [start:stop-at-nan]
losses["stop-at-nan"] = until_then = []
with jax.debug_nans(True), jax.debug_infs(True):  # slow: for a search only
    try:
        train(optax.sgd(1e-3), updates=500, watch=until_then.append)
    except FloatingPointError as error:
        print("stopped:", error)
# --8<-- [end:stop-at-nan]

# %% --8<-- [start:compare]
for name, run in losses.items():
    print(f"{name:12} {len(run):4d} losses, {run[0]:.0f} → {run[-1]:.4g}")
# --8<-- [end:compare]
