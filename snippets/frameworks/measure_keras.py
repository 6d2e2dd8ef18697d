"""Measure your own model: its largest curvature, and its share of the limit under Adam, in Keras on TensorFlow.

Needs numpy, scipy, tensorflow and keras.
Run it with: python snippets/frameworks/measure_keras.py
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:data]
import keras
import numpy as np
import tensorflow as tf

keras.backend.set_floatx("float64")  # to compare digits; no need
keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)
people = rng.uniform([20, 50], [70, 100], (100, 2))  # age, kilograms
y = people @ [[0.05], [0.02]] + rng.normal(9, 0.5, (100, 1))
standard = (people - people.mean(axis=0)) / people.std(axis=0)
# --8<-- [end:data]


# %% --8<-- [start:model]
def model():  # the network of the chapter Networks, with its first weights
    hidden = keras.layers.Dense(50, activation="tanh")
    net = keras.Sequential(
        [keras.Input((2,)), hidden, keras.layers.Dense(1)]
    )
    rng, parts = np.random.default_rng(0), []
    for a, b in (2, 50), (50, 1):
        w = rng.uniform(-1, 1, (a + 1) * b).reshape(a + 1, b) / a**0.5
        parts += [w[:-1], w[-1]]
    net.set_weights(parts)
    return net


def cost(y, said):
    return tf.reduce_sum((said - y) ** 2) / 2


# --8<-- [end:model]


# %% --8<-- [start:hessian]
def flat(parts):
    return tf.concat([tf.reshape(part, [-1]) for part in parts], axis=0)


def hessian(cost, w, P=1.0):  # what multiplies by H, and a start
    root = P**0.5

    @tf.function
    def product(v):
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                loss = cost()
            g = flat(inner.gradient(loss, w))
        return flat(outer.gradient(g, w, v / root)) / root

    some = [tf.random.normal(part.shape, dtype=part.dtype) for part in w]
    return product, flat(some)


# --8<-- [end:hessian]


# %% --8<-- [start:sharpness]
def sharpness(H, v, turns=20):  # power iteration
    for _ in range(turns):
        v = v / tf.norm(v)
        Hv = H(v)
        found = tf.reduce_sum(v * Hv)
        miss, v = tf.norm(Hv - found * v), Hv
    return float(found), float(miss)


# --8<-- [end:sharpness]


# %% --8<-- [start:descent]
net, X = model(), people


def loss():  # of all people, or of one large fixed batch
    return cost(y, net(X))


lam, miss = sharpness(*hessian(loss, net.trainable_variables))
print(f"λmax {lam:.5g} ± {miss:.2g}: SGD settles below {2 / lam:.3g},")
print(f"with momentum 0.9 below {2 * (1 + 0.9) / lam:.3g}")
# --8<-- [end:descent]

# %% --8<-- [start:trap]
keras.utils.set_random_seed(0)
X = standard
lam, miss = sharpness(*hessian(loss, net.trainable_variables))
print(f"after 20 turns {lam:.0f} ± {miss:.0f}: no curvature yet")
# --8<-- [end:trap]

# %% --8<-- [start:ends]
from scipy.sparse.linalg import LinearOperator, eigsh

product, v = hessian(loss, net.trainable_variables)
size = len(v), len(v)
H = LinearOperator(size, lambda x: product(tf.cast(x, v.dtype)).numpy())
least, most = eigsh(H, 2, which="BE", return_eigenvectors=False, tol=1e-3)
print(f"the curvatures reach from {least:.4g} to {most:.4g}")
# --8<-- [end:ends]

# %% --8<-- [start:train]
net, X = model(), standard
net.compile(keras.optimizers.Adam(0.1, epsilon=1e-8), cost)
thousand = [np.tile(part, (1000, 1)) for part in (X, y)]
net.fit(*thousand, batch_size=100, shuffle=False, verbose=0)
# --8<-- [end:train]


# %% --8<-- [start:denominators]
def denominators(optimizer):  # of Adam or AdamW, each over the rate
    fix = 1 - optimizer.beta_2 ** float(optimizer.iterations)
    v = flat(x for x in optimizer.variables if "velocity" in x.path)
    root = (v**0.5 + optimizer.epsilon) / fix**0.5
    return root / float(optimizer.learning_rate)


# --8<-- [end:denominators]

# %% --8<-- [start:adam]
P = denominators(net.optimizer)
lam, miss = sharpness(*hessian(loss, net.trainable_variables, P))
print(f"share of the limit: {lam / 38:.3f} ± {miss / 38:.3f}")
# --8<-- [end:adam]
