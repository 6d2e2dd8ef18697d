"""In your framework: every remedy of one failing run, in Keras.

Needs numpy, tensorflow and keras.
Run it with: python snippets/frameworks/tensorflow_keras.py
"""

# %% --8<-- [start:data]
import keras
import numpy as np
import tensorflow as tf

keras.config.set_floatx("float64")  # only to compare with numpy
rng = np.random.default_rng(1)
people = rng.uniform([20, 50], [70, 100], (100, 2))  # age, kilograms
pressure = people @ [[0.05], [0.02]] + rng.normal(9, 0.5, (100, 1))
losses = {}
# --8<-- [end:data]


# %% --8<-- [start:model]
def model():  # always with the same first weights, those of Networks
    rng = np.random.default_rng(0)
    layers = keras.layers.Dense(50, "tanh"), keras.layers.Dense(1)
    net = keras.Sequential([keras.Input((2,)), *layers])
    for layer in net.layers:
        a, b = layer.kernel.shape
        first = rng.uniform(-1, 1, (a + 1, b)) / a**0.5
        layer.set_weights([first[:-1], first[-1]])
    return net


def half_sum(y, said):  # loss="mse", a mean, is 50 times less
    return tf.reduce_sum(tf.square(said - y)) / 2


# --8<-- [end:model]


# %% --8<-- [start:train]
def train(net, optimizer, X=people, loss=half_sum, updates=20, **more):
    net.compile(optimizer, loss)
    history = net.fit(
        X,
        pressure,
        batch_size=100,  # all people: one update an epoch
        epochs=updates,
        shuffle=False,  # sums in numpy's order
        verbose=0,
        **more,
    )
    return history.history["loss"]  # each is the loss before its update


# --8<-- [end:train]


# %% --8<-- [start:failing]
optimizer = keras.optimizers.SGD(1e-3)
losses["failing"] = train(model(), optimizer)
# --8<-- [end:failing]

# %% --8<-- [start:rate]
optimizer = keras.optimizers.SGD(1e-4)
losses["rate"] = train(model(), optimizer)
# --8<-- [end:rate]

# %% --8<-- [start:resume]
net = model()
train(net, keras.optimizers.SGD(1e-4))
net.optimizer.learning_rate = 1e-5  # a TypeError where a schedule set it
losses["resume"] = train(net, net.optimizer)
# --8<-- [end:resume]

# %% --8<-- [start:standardise]
optimizer = keras.optimizers.SGD(1e-3)
scale = keras.layers.Normalization()
scale.adapt(people)  # keeps mean and variance, with the model if you like
losses["standardise"] = train(model(), optimizer, scale(people))
# --8<-- [end:standardise]


# %% --8<-- [start:mean]
def half_mean(y, said):
    return tf.reduce_mean(tf.square(said - y)) / 2


optimizer = keras.optimizers.SGD(1e-3)
losses["mean"] = train(model(), optimizer, loss=half_mean)
# --8<-- [end:mean]

# %% --8<-- [start:init]
net = model()  # in a new model: Dense(1, kernel_initializer="zeros")
net.layers[-1].kernel.assign(np.zeros((50, 1)))  # the bias stays
optimizer = keras.optimizers.SGD(1e-4)
losses["init"] = train(net, optimizer)
# --8<-- [end:init]

# %% --8<-- [start:clip-norm]
# not clipnorm: that one clips each variable on its own
optimizer = keras.optimizers.SGD(1e-3, global_clipnorm=100)
losses["clip-norm"] = train(model(), optimizer)
# --8<-- [end:clip-norm]

# %% --8<-- [start:clip-value]
optimizer = keras.optimizers.SGD(1e-3, clipvalue=10)
losses["clip-value"] = train(model(), optimizer)
# --8<-- [end:clip-value]

# %% --8<-- [start:momentum]
optimizer = keras.optimizers.SGD(1e-4, momentum=0.9)
losses["momentum"] = train(model(), optimizer)
# --8<-- [end:momentum]

# %% --8<-- [start:nesterov]
optimizer = keras.optimizers.SGD(1e-4, momentum=0.9, nesterov=True)
losses["nesterov"] = train(model(), optimizer)
# --8<-- [end:nesterov]

# %% --8<-- [start:adam]
optimizer = keras.optimizers.Adam(0.01, epsilon=1e-8)  # default: 1e-7
losses["adam"] = train(model(), optimizer)
# --8<-- [end:adam]

# %% --8<-- [start:warm-up]
# a straight line; the class is named for going down, this one goes up
ramp = keras.optimizers.schedules.PolynomialDecay(
    3e-5, decay_steps=9, end_learning_rate=3e-4
)
losses["warm-up"] = train(model(), keras.optimizers.SGD(ramp))
# --8<-- [end:warm-up]

# %% --8<-- [start:line-search]
net, losses["line-search"] = model(), []
for _ in range(20):
    with tf.GradientTape() as tape:
        loss = half_sum(pressure, net(people))
    w = [tf.identity(v) for v in net.trainable_variables]
    g = tape.gradient(loss, net.trainable_variables)
    square, alpha = tf.linalg.global_norm(g) ** 2, 2e-3
    for _ in range(40):
        alpha /= 2  # the first trial is 1e-3
        for v, old, slope in zip(net.trainable_variables, w, g):
            v.assign(old - alpha * slope)
        after = half_sum(pressure, net(people))
        if after <= loss - 1e-4 * alpha * square:
            break
    losses["line-search"].append(float(loss))
# --8<-- [end:line-search]

# %% --8<-- [start:range-test]
net = model()
longer = keras.optimizers.schedules.ExponentialDecay(1e-6, 99, 1e6)
bad = 1000 * float(half_sum(pressure, net(people)))


def check(update, logs):
    net.stop_training = not logs["loss"] <= bad  # true for a nan as well


stop = keras.callbacks.LambdaCallback(on_train_batch_end=check)
losses["range-test"] = train(
    net, keras.optimizers.SGD(longer), updates=100, callbacks=[stop]
)
# --8<-- [end:range-test]

# %% --8<-- [start:stop-at-nan]
optimizer = keras.optimizers.SGD(1e-3)
stop = keras.callbacks.TerminateOnNaN()  # at inf as well
losses["stop-at-nan"] = train(
    model(), optimizer, updates=500, callbacks=[stop]
)
# --8<-- [end:stop-at-nan]

# %% --8<-- [start:compare]
for name, run in losses.items():
    print(f"{name:12} {len(run):4d} losses, {run[0]:.0f} → {run[-1]:.4g}")
# --8<-- [end:compare]
