"""Read your own run: log the loss of every update, in Keras.

Needs numpy, tensorflow and keras. It writes log.csv.
Run it with: python snippets/frameworks/logging_keras.py
"""

# %% --8<-- [start:model]
import math
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

rng = np.random.default_rng(0)  # 320 samples are 20 batches of 16
X = rng.normal(size=(320, 2)).astype("float32")
noise = rng.normal(size=(320, 1)).astype("float32")
y = X @ np.array([[3], [-2]], "float32") + noise
layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
net = keras.Sequential([keras.Input((2,)), layer])
cost, rate, epochs = "mse", 4.0, 2  # such a rate explodes
# --8<-- [end:model]


# %% --8<-- [start:log]
log = open("log.csv", "w", buffering=1)  # each line is on disk at once
print("step,loss,grad_norm,weight", file=log)


class Logged(keras.Model):  # compile it with run_eagerly=True
    def train_step(self, data):  # in place of Keras's own, for each batch
        x, y, share = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x, y, self(x, training=True), share)
        g = tape.gradient(loss, w := self.trainable_weights)
        parts = loss, tf.linalg.global_norm(g), tf.reshape(w[0], [-1])[0]
        record = [int(self.optimizer.iterations), *map(float, parts)]
        print(*record, sep=",", file=log)
        self.stop_training = not all(map(math.isfinite, record))
        if not self.stop_training:  # else the weights stay as they were
            self.optimizer.apply(g, w)
        return {"loss": loss}


# --8<-- [end:log]

# %% --8<-- [start:fit]
logged = Logged(net.inputs, net.outputs)  # the same layers and weights
logged.compile(keras.optimizers.SGD(rate), cost, run_eagerly=True)
logged.fit(X, y, batch_size=16, epochs=epochs, shuffle=False, verbose=0)
# --8<-- [end:fit]

# %% --8<-- [start:after]
log.close()
print(Path("log.csv").read_text()[-300:])
print("The weights are still", net.get_weights()[0].tolist())
# --8<-- [end:after]
