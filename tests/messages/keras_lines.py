"""The lines of Keras and TensorFlow."""

import logging
import sys

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.training.basic_session_run_hooks import NanTensorHook

rng = np.random.default_rng(0)
X = rng.normal([40, 70], [12, 15], (3200, 2)).astype("float32")
y = X @ np.array([[0.5], [0.3]], "float32")


def _fit(rate, X=X, **more):
    keras.utils.set_random_seed(0)
    net = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    net.compile(keras.optimizers.SGD(rate), "mse")
    print("before fit:", net.evaluate(X, y, verbose=0))
    net.fit(X, y, batch_size=32, epochs=1, verbose=2, **more)
    print("weights finite:", np.isfinite(net.get_weights()[0]).all())
    print("largest weight:", np.abs(net.get_weights()[0]).max())


def loss_nan(cured):
    _fit(1e-4 if cured else 1e-3)


def nan_in_the_data(cured):
    bad = X.copy()
    bad[7, 0] = 0 if cured else np.nan
    _fit(1e-4, bad)


def val_nan(cured):
    bad = X[:10].copy()
    bad[0, 0] = 0 if cured else np.nan
    _fit(1e-4, validation_data=(bad, y[:10]))


def terminate(cured):
    _fit(1e-4 if cured else 1e-3, callbacks=[keras.callbacks.TerminateOnNaN()])


def accuracy(cured):
    """Of five samples two are of class 0."""
    classes, p = np.array([0, 2, 1, 0, 2]), np.full((5, 3), np.nan)
    if cured:
        p = np.eye(3)[classes]
    return "accuracy", float(np.mean(keras.metrics.sparse_categorical_accuracy(classes, p)))


def guard(cured):
    """Cured: from the scores."""
    label, score = np.array([[1.0]]), np.array([[-30.0]])
    cost = keras.losses.binary_crossentropy(label, score, from_logits=True)
    if not cured:
        cost = keras.losses.binary_crossentropy(label, np.array([[0.0]]))
    print(f"loss: {float(np.ravel(cost)[0]):.4f}")


def losstensor(cured):
    return tf.debugging.check_numerics(tf.constant(1.0 if cured else np.nan), "LossTensor is inf or nan.")


def histogram(cured):
    return tf.raw_ops.HistogramSummary(tag="w", values=tf.constant([1.0 if cured else np.nan]))[:0]


class _Run:
    def __init__(self, results):
        self.results = results


def diverged(cured):
    """What the logger of TensorFlow writes, in its own format."""
    logger, printed = tf.get_logger(), logging.StreamHandler(sys.stdout)
    printed.setFormatter(logger.handlers[0].formatter)
    logger.addHandler(printed)
    try:
        NanTensorHook("loss").after_run(None, _Run(1.0 if cured else np.nan))
    finally:
        logger.removeHandler(printed)
