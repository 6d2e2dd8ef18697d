"""What the lines for JAX and optax do in an ordinary loop, on the failing run of Networks: printed as JSON.

It is run by ``tests/test_frameworks.py``, in a process of its own.
"""

import contextlib
import inspect
import io
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax

from lines.woven import pieces, woven

jax.config.update("jax_enable_x64", True)  # to compare with numpy
PIECES = pieces("jax")
rng = np.random.default_rng(1)
people = rng.uniform([20, 50], [70, 100], (100, 2))
pressure = people @ [[0.05], [0.02]] + rng.normal(9, 0.5, (100, 1))
X, y = jnp.asarray(people), jnp.asarray(pressure)
WEIGHTS, rng = {}, np.random.default_rng(0)  # the first of Networks
for name, a, b in ("hidden", 2, 50), ("last", 50, 1):
    first = jnp.asarray(rng.uniform(-1, 1, (a + 1, b)) / a**0.5)
    WEIGHTS[name] = {"kernel": first[:-1], "bias": first[-1]}


def half_sum(w, x, target):
    hidden, last = w["hidden"], w["last"]
    said = jnp.tanh(x @ hidden["kernel"] + hidden["bias"]) @ last["kernel"] + last["bias"]
    return jnp.sum(optax.l2_loss(said, target))


def half_mean(w, x, target):
    return half_sum(w, x, target) / len(x)


class Batches(list):
    """Batches that say at which update the loop asked for the next, and what it had then."""

    names, seen = None, None

    def __iter__(self):
        for batch in super().__iter__():
            self.look()
            yield batch
        self.look()

    def look(self):
        if "numbers" in self.names or "loss" in self.names:
            loss = self.names["numbers"][0] if "numbers" in self.names else self.names["loss"]
            self.seen.append((float(loss), self.names["w"]))


def run(piece, updates=20, rate=1e-3, cost=half_sum, w=WEIGHTS, batches=None, **given):
    """The names after a loop with these lines: its losses, its error, its weights."""
    names = {
        "jax": jax,
        "jnp": jnp,
        "optax": optax,
        "w": w,
        "cost": cost,
        "X": X,
        "optimizer": optax.sgd(rate),
    }
    names |= {"batches": Batches(batches or [(X, y)] * updates), "error": "", "begin": w} | given
    names["batches"].names, names["batches"].seen = names, []
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            exec(woven(PIECES["loop"], piece), names)
    except (ArithmeticError, ValueError) as error:
        names["error"] = f"{type(error).__name__}: {error}"
    if len(names["batches"].seen) < len(names["batches"]):  # it left the loop before its end
        names["batches"].look()
    names["losses"] = [loss for loss, _ in names["batches"].seen]
    names["said"] = said.getvalue().splitlines()
    return names


def flat(w):
    return np.concatenate([np.ravel(part) for part in jax.tree.leaves(w)])


def stopped(names):
    """Where a run stopped, why, and whether its weights are finite and those from before the stop."""
    seen = [names["begin"], *(w for _, w in names["batches"].seen)]
    return {
        "losses": names["losses"],
        "error": names["error"],
        "finite": bool(np.isfinite(flat(names["w"])).all()),
        "kept": np.array_equal(flat(names["w"]), flat(seen[-2])),
        "largest": float(np.abs(flat(names["w"])).max()),
    }


# ── The losses of each remedy ────────────────────────────────────────────────────────────────────

found = {"losses": {}}
for name in "loop", "every-update", "warm-up", "clip", "adamw", "standardise":
    names = run("" if name == "loop" else PIECES[name])
    found["losses"][name] = names["losses"]
    if name == "every-update":
        found["shown"] = [float(line) for line in names["said"]]
    if name == "warm-up":
        found["shares"] = [float(names["rate"](t)) for t in (0, 10, 100, 5_050, 10_000, 12_000)]
        found["rates"] = [float(jax.jit(names["rate"])(jnp.int32(t))) for t in range(20)]
for name, line in zip(["momentum", "nesterov", "adam"], PIECES["optimisers"].split("# or\n"), strict=True):
    found["losses"][name] = run(line)["losses"]
by_value = PIECES["clip"].replace("clip_by_global_norm(1.0)", "clip(0.1)")
found["losses"]["clip-value"] = run(by_value)["losses"]
zeroed = {"w": dict(WEIGHTS, last=dict(WEIGHTS["last"])), "jnp": jnp}
exec(PIECES["start"], zeroed)
found["losses"]["start"] = run("", w=zeroed["w"], rate=1e-4)["losses"]
made, lower = PIECES["resume"].split("# later, in the loop or after loading the state:\n")
going = run(made.replace("1e-3", "1e-4"))
exec(lower, going)
kept = {"jax": jax, "optax": optax, "optimizer": going["optimizer"], "cost": half_sum}
exec(woven(PIECES["loop"], "").split("state = optimizer.init(w)")[0], kept)
w, state, losses = going["w"], going["state"], []
for _ in range(20):
    loss, w, state = kept["update"](w, state, X, y)
    losses.append(float(loss))
found["losses"]["resume"] = losses
swept = run(PIECES["range-test"], updates=200)
found["losses"]["range-test"] = swept["losses"]
found["range"] = [float(jax.jit(swept["rate"])(jnp.int32(t))) for t in range(len(swept["losses"]))]

# ── Stop, watch, find ────────────────────────────────────────────────────────────────────────────


def root(w, x, target):  # its loss is 1 at the start, and its gradient nan
    return 1 + jnp.sqrt(jnp.sum(w["w"] ** 2))


def missing(w, x, target):  # its loss is nan, and its gradient is not
    return half_sum(w, x, target) + jnp.nan


ROOT = {"w": jnp.zeros(3)}
found["stop"] = {
    "root": stopped(run(PIECES["stop"], w=ROOT, cost=root)),
    "missing": stopped(run(PIECES["stop"], cost=missing, updates=3)),
    "explodes": stopped(run(PIECES["stop"], updates=80, rate=1.0)),
    "trains": stopped(run(PIECES["stop"], updates=5)),
    "without": stopped(run("", w=ROOT, cost=root, updates=3)),
}
for name, more in ("explodes", {"updates": 80, "rate": 1.0}), ("root", {"w": ROOT, "cost": root}):
    names = run(PIECES["watch"], **more)
    names["log"].close()
    found[f"watch {name}"] = stopped(names) | {"log": Path("log.csv").read_text()}


def told(cost, w):
    names = {
        "jax": jax,
        "optax": optax,
        "optimizer": optax.sgd(0.1),
        "cost": cost,
        "w": w,
        "x": X,
        "target": y,
    }
    exec(PIECES["loop"].split("for step")[0], names)
    try:
        exec(PIECES["find"], names)
    except FloatingPointError as error:
        return str(error)


found["find"] = {
    "nan": told(lambda w, x, target: jnp.log(w["w"] - 1).sum(), ROOT),
    "inf": told(lambda w, x, target: jnp.exp(w["w"] + 800).sum(), ROOT),
    "fine": told(half_sum, WEIGHTS),
}
with jax.debug_nans(True):
    found["find"]["nans alone"] = float(jax.jit(lambda z: jnp.exp(z))(800.0))

# ── Rates, decay, sixteen bits, batches, masks ───────────────────────────────────────────────────


def still(old, new):
    """What a new optimiser does with the state of an old one and no gradient, beside what the old does."""
    state = old.init(WEIGHTS)
    _, state = old.update(jax.grad(half_sum)(WEIGHTS, X, y), state, WEIGHTS)
    calm = jax.tree.map(jnp.zeros_like, WEIGHTS)  # so that what moves is the momentum of the old
    ways = [one.update(calm, state, WEIGHTS)[0]["last"]["bias"][0] for one in (new, old)]
    return float(ways[0] / ways[1])


def injected(rate):
    return optax.inject_hyperparams(optax.sgd)(learning_rate=rate, momentum=0.9)


nested = optax.chain(optax.clip_by_global_norm(1.0), injected(1e-3)).init(WEIGHTS)
names = {"optax": optax, "jnp": jnp, "state": nested}
exec(lower, names)
found["rate in the state"] = {
    "plain": still(optax.sgd(1e-4, momentum=0.9), optax.sgd(1e-5, momentum=0.9)),
    "injected": still(injected(1e-4), injected(1e-5)),
    "nested": float(optax.tree.get(names["state"], "learning_rate")),
}
names = run(PIECES["bf16"], updates=1)
loss, g = jax.value_and_grad(names["half_cost"])(WEIGHTS, X, y)
whole = jax.grad(half_sum)(WEIGHTS, X, y)
found["bf16"] = {
    "types": sorted({str(part.dtype) for part in jax.tree.leaves(g)}),
    "losses": [float(loss), float(half_sum(WEIGHTS, X, y))],
    "apart": float(np.linalg.norm(flat(g) - flat(whole)) / np.linalg.norm(flat(whole))),
}
quarters = list(zip(jnp.split(X, 4), jnp.split(y, 4), strict=True))
found["accumulate"] = {
    "four": flat(run(PIECES["accumulate"], batches=quarters, cost=half_mean)["w"]).tolist(),
    "whole": flat(run("", updates=1, cost=half_mean)["w"]).tolist(),
}
scores, keep = jnp.full((2, 3), -3e4, jnp.float16), jnp.array([[True, False, True], [False] * 3])
names = {"jnp": jnp, "scores": scores, "keep": keep}
exec(PIECES["mask"], names)
found["mask"] = {"open": jax.nn.softmax(names["scores"]).tolist()}
found["decay"] = {"default": inspect.signature(optax.adamw).parameters["weight_decay"].default}
calm = jax.tree.map(jnp.zeros_like, WEIGHTS)
decayed = optax.adamw(0.1, weight_decay=0.5)
change = decayed.update(calm, decayed.init(WEIGHTS), WEIGHTS)[0]
found["decay"]["every"] = float(np.abs(flat(change) + 0.05 * flat(WEIGHTS)).max())
found["l2 shape"] = list(optax.l2_loss(jnp.ones((2, 3))).shape)
found["made"] = float(optax.sgd(1e-4).update(jnp.ones(1), optax.sgd(1e-4).init(jnp.ones(1)))[0][0])
scores_none = jnp.where(keep, scores.astype("float32"), -jnp.inf)
found["mask"]["lowest"] = jax.nn.softmax(scores_none).tolist()
found["l2 of 3"] = float(optax.l2_loss(jnp.asarray(3.0)))
ramp = optax.warmup_constant_schedule(3e-5, 3e-4, 9)
found["schedule and momentum"] = run("", optimizer=optax.sgd(ramp, momentum=0.9))["losses"]
found["clipped after"] = run("optimizer = optax.chain(optax.sgd(1e-3), optax.clip_by_global_norm(100))")[
    "losses"
]

print()
print(json.dumps(found))
