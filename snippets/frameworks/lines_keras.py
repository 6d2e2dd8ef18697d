"""In your framework: lines for a training of your own, in Keras.

No program, but pieces of one: net, cost, X, y and optimizer are yours. The
first piece is the training that all others go into.
"""

# %% --8<-- [start:loop]
import keras
import numpy as np
import tensorflow as tf

net.compile(optimizer, cost)
net.fit(X, y, batch_size=32, epochs=10)
# --8<-- [end:loop]


# %% --8<-- [start:every-update]
class EachUpdate(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs):
        print(logs["loss"])
        self.model.reset_metrics()  # or it is the epoch's mean so far


net.fit(X, y, batch_size=32, verbose=0, callbacks=[EachUpdate()])
# --8<-- [end:every-update]


# %% --8<-- [start:stop]
class Checked(keras.optimizers.SGD):  # or the optimiser that you use
    def apply(self, grads, variables=None):
        grads = [tf.debugging.check_numerics(g, "gradient") for g in grads]
        with tf.control_dependencies(grads):  # all, before any weight
            super().apply(grads, variables)


net.compile(Checked(1e-3), cost, jit_compile=False)
# --8<-- [end:stop]


# %% --8<-- [start:watch]
log = open("log.csv", "w", buffering=1)  # each line is on disk at once
print("step,loss,moved", file=log)


class Watch(keras.callbacks.Callback):
    step = -1

    def on_train_batch_begin(self, batch, logs=None):
        self.old, self.step = self.model.get_weights(), self.step + 1

    def on_train_batch_end(self, batch, logs):
        pairs = zip(self.model.get_weights(), self.old)
        way = np.linalg.norm([np.linalg.norm(a - b) for a, b in pairs])
        size = np.linalg.norm([np.linalg.norm(old) for old in self.old])
        print(self.step, logs["loss"], way / size, sep=",", file=log)
        if not np.isfinite([logs["loss"], way]).all():
            self.model.set_weights(self.old)  # those from before
            self.model.stop_training = True
        self.model.reset_metrics()


net.fit(X, y, batch_size=32, epochs=10, callbacks=[Watch()])
# --8<-- [end:watch]


# %% --8<-- [start:find]
tf.debugging.enable_check_numerics()
net.compile(optimizer, cost, jit_compile=False)
# --8<-- [end:find]

# %% --8<-- [start:resume]
net.optimizer.learning_rate = 1e-5
# --8<-- [end:resume]

# %% --8<-- [start:resume-schedule]
net.compile(keras.optimizers.SGD(1e-5), cost)
# --8<-- [end:resume-schedule]

# %% --8<-- [start:warm-up]
rate = keras.optimizers.schedules.CosineDecay(
    0.0, decay_steps=9_900, warmup_target=1e-3, warmup_steps=100
)
optimizer = keras.optimizers.SGD(rate)
# --8<-- [end:warm-up]

# %% --8<-- [start:clip]
optimizer = keras.optimizers.SGD(1e-3, global_clipnorm=1.0)
# --8<-- [end:clip]

# %% --8<-- [start:optimisers]
optimizer = keras.optimizers.SGD(1e-4, momentum=0.9)
# or
optimizer = keras.optimizers.SGD(1e-4, momentum=0.9, nesterov=True)
# or
optimizer = keras.optimizers.Adam(1e-3, epsilon=1e-8)  # else it is 1e-7
# --8<-- [end:optimisers]

# %% --8<-- [start:adamw]
optimizer = keras.optimizers.AdamW(1e-3, weight_decay=0.1)
optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
# --8<-- [end:adamw]

# %% --8<-- [start:fp16]
keras.mixed_precision.set_global_policy("mixed_float16")
# then make the model; compile puts a scaler round the optimiser
# --8<-- [end:fp16]

# %% --8<-- [start:bf16]
keras.mixed_precision.set_global_policy("mixed_bfloat16")
# then make the model; there is no scaler
# --8<-- [end:bf16]

# %% --8<-- [start:accumulate]
optimizer = keras.optimizers.SGD(1e-3, gradient_accumulation_steps=4)
# --8<-- [end:accumulate]

# %% --8<-- [start:standardise]
scale = keras.layers.Normalization()
scale.adapt(X)  # of the data for training
net = keras.Sequential([scale, net])  # the scale is saved with the model
# --8<-- [end:standardise]

# %% --8<-- [start:start]
net.layers[-1].kernel.assign(tf.zeros_like(net.layers[-1].kernel))
# --8<-- [end:start]

# %% --8<-- [start:mask]
lowest = tf.as_dtype(scores.dtype).min
scores = keras.ops.where(keep, scores, lowest)
# --8<-- [end:mask]


# %% --8<-- [start:range-test]
class RangeTest(keras.callbacks.Callback):
    most = float("inf")

    def on_train_batch_end(self, batch, logs):
        print(float(self.model.optimizer.learning_rate), logs["loss"])
        self.model.stop_training = not logs["loss"] <= self.most
        self.most = min(self.most, 1000 * logs["loss"])
        self.model.optimizer.learning_rate *= 1.15
        self.model.reset_metrics()


net.compile(keras.optimizers.SGD(1e-6), cost)
net.fit(X, y, batch_size=32, verbose=0, callbacks=[RangeTest()])
# --8<-- [end:range-test]
