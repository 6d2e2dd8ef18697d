"""What the lines for Keras do in an ordinary training, on the failing run of Networks: printed as JSON.

It is run by ``tests/test_frameworks.py``, in a process of its own.
"""

import contextlib
import io
import json
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from lines.woven import pieces, trained

np.seterr(over="ignore")  # an explosion is looked at
keras.config.set_floatx("float64")  # to compare with numpy
PIECES = pieces("keras")
rng = np.random.default_rng(1)
people = rng.uniform([20, 50], [70, 100], (100, 2))
pressure = people @ [[0.05], [0.02]] + rng.normal(9, 0.5, (100, 1))


ALWAYS = {"batch_size": 100, "epochs": 20, "shuffle": False, "verbose": 0}


class Net(keras.Sequential):
    """A model whose ``fit`` takes all people at once, twenty times, whatever the page's line says."""

    always = ALWAYS

    def fit(self, X, y, **more):
        self.losses_seen = super().fit(X, y, **more | self.always).history["loss"]


def model(**always):
    """The network of Networks, with its first weights."""
    rng = np.random.default_rng(0)
    net = Net([keras.Input((2,)), keras.layers.Dense(50, "tanh"), keras.layers.Dense(1)])
    net.always = ALWAYS | always
    for layer in net.layers:
        a, b = layer.kernel.shape
        first = rng.uniform(-1, 1, (a + 1, b)) / a**0.5
        layer.set_weights([first[:-1], first[-1]])
    return net


def half_sum(target, said):
    return tf.reduce_sum(tf.square(said - target)) / 2


def half_mean(target, said):
    return half_sum(target, said) / tf.cast(tf.shape(said)[0], said.dtype)


def run(piece, rate=1e-3, cost=half_sum, net=None, X=people, y=pressure, **given):
    """The names after a training with these lines: its losses, its error, its weights, what it printed."""
    names = {"keras": keras, "tf": tf, "np": np, "net": net or model(), "cost": cost, "X": X, "y": y}
    names |= {"optimizer": keras.optimizers.SGD(rate), "error": ""} | given
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            exec(trained(PIECES["loop"], piece), names)
    except (ArithmeticError, tf.errors.InvalidArgumentError) as error:
        names["error"] = f"{type(error).__name__}: {error}"
    if "log" in names:
        names["log"].close()
        said.write(Path("log.csv").read_text().replace(",", " "))
    names["losses"] = getattr(names["net"], "losses_seen", None)
    names["said"] = [
        [float(word) for word in line.split()]
        for line in said.getvalue().splitlines()
        if line[0] in "0123456789-ni"
    ]
    return names


def flat(net):
    return np.concatenate([part.ravel() for part in net.get_weights()])


def stopped(names):
    return {
        "said": names["said"],
        "losses": names["losses"],
        "error": names["error"],
        "weights": flat(names["net"]).tolist(),
        "updates": int(names["net"].optimizer.iterations.numpy()),
    }


# ── The losses of each remedy ────────────────────────────────────────────────────────────────────

found = {"losses": {}}
for name in "loop", "warm-up", "clip", "adamw":
    names = run("" if name == "loop" else PIECES[name])
    found["losses"][name] = names["losses"]
    if name == "warm-up":
        found["shares"] = [float(names["rate"](t)) for t in (0, 10, 100, 5_050, 10_000, 12_000)]
        found["rates"] = [float(names["rate"](t)) for t in range(20)]
for name, line in zip(["momentum", "nesterov", "adam"], PIECES["optimisers"].split("# or\n"), strict=True):
    found["losses"][name] = run(line + "\n")["losses"]
by_value = PIECES["clip"].replace("global_clipnorm=1.0", "clipvalue=0.1")
found["losses"]["clip-value"] = run(by_value)["losses"]
names = {"keras": keras, "net": model(), "X": people}
exec(PIECES["standardise"], names)
names["net"].compile(keras.optimizers.SGD(1e-3), half_sum)
found["losses"]["standardise"] = names["net"].fit(people, pressure, **ALWAYS).history["loss"]
names = {"tf": tf, "net": model()}
exec(PIECES["start"], names)
going = run("", rate=1e-4, net=names["net"])
found["losses"]["start"] = going["losses"]
net = run("", rate=1e-4)["net"]
exec(PIECES["resume"], {"net": net})
net.fit(people, pressure)
found["losses"]["resume"] = net.losses_seen
swept = run(PIECES["range-test"], net=model(epochs=200))
found["losses"]["range-test"] = [loss for _, loss in swept["said"]]
found["range"] = [rate for rate, _ in swept["said"]]

# ── Each update, stop, watch, find ───────────────────────────────────────────────────────────────

one = {"batch_size": 25, "epochs": 1}
shown = []
look = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: shown.append(logs["loss"]))
net = model(callbacks=[look], **one)
run("", rate=1e-5, net=net)
found["shown"] = shown
found["each"] = [row[0] for row in run(PIECES["every-update"], rate=1e-5, net=model(**one))["said"]]

BAD = pressure.copy()
BAD[60] = np.nan  # in the third batch of 25


def rooted(target, said):  # in the third batch its loss is 1, and its gradient nan
    return 1 + tf.sqrt(
        tf.reduce_sum(tf.square(said - target)) * tf.cast(target[0, 0] != BAD[50, 0], said.dtype)
    )


def constant(target, said):  # nan, with a gradient that is not
    return half_sum(pressure[:25], said) * 1e-3 + tf.reduce_sum(target - target)


two = run("", rate=1e-5, net=model(batch_size=25, epochs=1), X=people[:50], y=pressure[:50])
found["two updates"] = flat(two["net"]).tolist()
rate = PIECES["stop"].replace("1e-3", "1e-5")
found["stop"] = {
    "nan": stopped(run(rate, y=BAD, net=model(**one))),
    "root": stopped(run(rate, cost=rooted, net=model(**one))),
    "trains": stopped(run(rate, net=model(**one))),
    "constant": stopped(run(rate, cost=constant, y=BAD, net=model(**one))),
}
found["four updates"] = flat(run("", rate=1e-5, net=model(**one))["net"]).tolist()
found["terminate"] = stopped(
    run("", rate=1e-5, y=BAD, net=model(callbacks=[keras.callbacks.TerminateOnNaN()], **one))
)
found["watch"] = {
    "nan": stopped(run(PIECES["watch"], rate=1e-5, y=BAD, net=model(**one))),
    "root": stopped(run(PIECES["watch"], rate=1e-5, cost=rooted, net=model(**one))),
    "constant": stopped(run(PIECES["watch"], rate=1e-5, cost=constant, y=BAD, net=model(**one))),
    "explodes": stopped(run(PIECES["watch"], rate=1.0, net=model(epochs=80))),
}
try:
    exec(
        PIECES["find"], {"tf": tf, "net": model(), "optimizer": keras.optimizers.SGD(1e-5), "cost": half_sum}
    )
    tf.math.log(tf.constant(-1.0))
except tf.errors.InvalidArgumentError as error:
    found["find"] = str(error)
try:
    tf.function(lambda x: tf.math.log(x) + 0, jit_compile=True)(tf.constant(-1.0))
    found["compiled"] = "nothing was said"
except tf.errors.InvalidArgumentError as error:
    found["compiled"] = "told" if "check_numerics" in str(error).lower() else "failed"
except Exception as error:
    found["compiled"] = f"failed: {type(error).__name__}"
tf.debugging.disable_check_numerics()
found["ended"] = float(tf.math.log(tf.constant(-1.0)))

# ── Rates, decay, sixteen bits, batches, masks ───────────────────────────────────────────────────

net = run(PIECES["warm-up"])["net"]
before = flat(net)
try:
    exec(PIECES["resume"], {"net": net})
except TypeError as error:
    found["set"] = str(error)
exec(PIECES["resume-schedule"], {"net": net, "keras": keras, "cost": half_sum})
found["anew"] = [np.array_equal(before, flat(net)), float(net.optimizer.learning_rate)]
found["remembered"] = int(net.optimizer.iterations)
zeros = keras.layers.Dense(1, kernel_initializer="zeros")
zeros.build((None, 3))
found["made"] = [float(keras.optimizers.SGD(1e-4).learning_rate), zeros.get_weights()[0].ravel().tolist()]
ramp = keras.optimizers.schedules.PolynomialDecay(3e-5, 9, 3e-4)
found["ramp"] = [float(ramp(t)) for t in range(20)]
found["schedule and momentum"] = run("", optimizer=keras.optimizers.SGD(ramp, momentum=0.9))["losses"]
found["clipnorm"] = run("", optimizer=keras.optimizers.SGD(1e-3, clipnorm=1.0))["losses"]
found["default adam"] = run("", optimizer=keras.optimizers.Adam(1e-3))["losses"]


def still(name):
    """What is left of a weight of 1 after an update at 0.1 with the decay 0.5 and no gradient at all."""
    optimizer, w = getattr(keras.optimizers, name)(0.1, weight_decay=0.5), keras.Variable([1.0])
    optimizer.apply([tf.zeros(1, w.dtype)], [w])
    return float(w[0])


norm = keras.layers.LayerNormalization()
norm.build((None, 2))
found["decay"] = {name: still(name) for name in ("SGD", "Adam", "AdamW")} | {
    "default": keras.optimizers.AdamW().weight_decay,
    "norm": sorted(v.name for v in norm.trainable_variables),
}
found["default loss"] = run("", net=model(epochs=1), cost="mse")["losses"][0]
quarters = model(**one)
found["accumulate"] = {
    "four": flat(run(PIECES["accumulate"], cost=half_mean, net=quarters)["net"]).tolist(),
    "whole": flat(run("", cost=half_mean, net=model(epochs=1))["net"]).tolist(),
}
scores, keep = tf.fill((2, 3), tf.constant(-3e4, tf.float16)), tf.constant([[True, False, True], [False] * 3])
names = {"keras": keras, "tf": tf, "scores": scores, "keep": keep}
exec(PIECES["mask"], names)
found["mask"] = {"open": tf.nn.softmax(names["scores"]).numpy().tolist()}


def mixed(name, times=1.0):
    """A weight of 1 under a policy, and a cost whose gradient is ``times`` the weight: eight updates at 0.1."""
    exec(PIECES[name], {"keras": keras})
    net = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")]
    )
    net.compile(
        keras.optimizers.SGD(0.1, global_clipnorm=1.0),
        lambda target, said: times * tf.reduce_sum(said**2) / 2,
    )
    first, weights = getattr(net.optimizer, "initial_scale", 0), [1.0]
    first = float(first)
    for _ in range(8):
        net.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
        weights.append(float(net.layers[0].kernel[0, 0]))
    found[name] = {
        "first scale": first,
        "optimiser": type(net.optimizer).__name__,
        "scale": float(getattr(net.optimizer, "dynamic_scale", 0)),
        "weights": weights,
        "kept in": str(net.layers[0].kernel.dtype),
        "computed in": net.layers[0].compute_dtype,
    }


mixed("fp16", 5.0)
mixed("bf16", 5.0)

print()
print(json.dumps(found))
