"""What the entries of Keras and TensorFlow say."""

import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.training.basic_session_run_hooks import NanTensorHook

PROVES = "messages"
_x = np.random.default_rng(0).normal(size=(512, 2)).astype("float32")
_y = _x @ np.array([[0.5], [0.3]], "float32")


class _Batches(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.means = []

    def on_train_batch_end(self, batch, logs=None):
        self.means.append(logs["loss"])


def _fit(x, y, rate=0.0, size=2, extra=(), **more):
    keras.utils.set_random_seed(0)
    net = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    net.compile(keras.optimizers.SGD(rate), "mse", run_eagerly=len(x) < 10)
    seen = _Batches()
    done = net.fit(
        x, y, batch_size=size, epochs=1, verbose=0, shuffle=False, callbacks=[seen, *extra], **more
    )
    return net, done.history, seen.means


def _summary_of(weights, name):
    """What TensorFlow says when it is to make a histogram of weights, as in its first version."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        try:
            session.run(tf.compat.v1.summary.histogram(name, tf.constant(weights)))
        except tf.errors.InvalidArgumentError as error:
            return str(error)
    return ""


def the_loss_of_an_epoch_is_a_mean_and_one_nan_makes_it_nan():
    """
    “If it stands for an epoch, as in Keras, it is a mean over hundreds of updates, and one nan among them makes it nan.”
    “It looks at the mean of the epoch so far, so batch 16 is where the mean broke.”
    “Something that only the validation set has is not finite.”
    """
    bad = _y.copy()
    bad[-1] = np.nan
    net, history, means = _fit(_x, bad)
    assert len(means) == 256 and np.isfinite(means[:-1]).all() and np.isnan(means[-1])
    assert np.isnan(history["loss"][0])
    net, history, means = _fit(_x, _y, validation_data=(_x[-8:], bad[-8:]))
    assert np.isfinite(history["loss"][0]) and np.isnan(history["val_loss"][0])
    own = np.array([net.test_on_batch(_x[n : n + 2], _y[n : n + 2]) for n in range(0, 64, 2)])
    assert np.allclose(means[:32], np.cumsum(own) / np.arange(1, 33), rtol=1e-3)
    assert not np.allclose(means[16], own[16], rtol=1e-2)


def weights_that_the_last_update_spoilt_show_in_the_validation_alone():
    """
    “If the training loss beside it is normal, the weights are whole, unless the last update of the epoch spoilt them: nan in the weights before it would show in both.”
    “Check: call net.evaluate(X, y) with new weights; then log every update.”
    “Check: compute the loss once, before any update; in Keras, net.evaluate(X, y) before fit.”
    """
    for batches, both in ((1, False), (2, True)):
        x, y = _x[: 2 * batches], _y[: 2 * batches]
        net, history, means = _fit(x, y, rate=float("inf"), validation_data=(_x[:8], _y[:8]))
        assert np.isfinite(means[0]) and not np.isfinite(net.get_weights()[0]).all()
        assert (
            len(means) == batches
            and np.isnan(history["val_loss"][0])
            and np.isnan(history["loss"][0]) == both
        )
    net, *_ = _fit(_x[:2], _y[:2])
    assert np.isfinite(net.evaluate(_x[:8], _y[:8], verbose=0))
    assert np.isnan(net.evaluate(_x[:8] * np.nan, _y[:8], verbose=0))


def a_nan_in_a_batch_is_in_the_weights_when_the_callback_stops():
    """“the weights are spoilt, be they nan or only enormous.”"""
    net, _, means = _fit(
        np.r_[_x[:2], _x[2:6] * np.nan], _y[:6], 0.1, extra=[keras.callbacks.TerminateOnNaN()]
    )
    assert len(means) == 2 and np.isnan(net.get_weights()[0]).all()  # the third batch is not reached


def the_guard_of_keras_is_1e_7():
    """“The model gives the right class a probability of 0, and the library keeps the log from being infinite: Caffe at 1.18e-38 (87.3365), Keras at 1e-7 (16.1181, and 15.9424 where float32 rounds),”"""
    cost = keras.losses.binary_crossentropy
    ends = [
        float(np.ravel(cost(np.array([[label]], "float32"), np.array([[p]], "float32")))[0])
        for label, p in ((1, 0), (0, 1))
    ]
    assert np.allclose(ends, [16.1181, 15.9424], atol=5e-5) and keras.config.epsilon() == 1e-7
    smallest = float(np.finfo(np.float32).tiny)  # FLT_MIN of C, at which Caffe bounds
    assert abs(smallest - 1.18e-38) < 1e-40 and abs(-np.log(smallest) - 87.3365) < 5e-5


def the_hook_has_looked_at_one_number_and_the_histogram_at_one_variable():
    """
    ““Diverged” is its guess; it has looked at one number.”
    “A histogram for TensorBoard was to be made of weights or activations that hold a nan. The summary is the messenger: the variable it names was nan after an earlier step.”
    “To switch the summary off only lets the run go on with nan.”
    """

    class Run:
        def __init__(self, results):
            self.results = results

    hook = NanTensorHook("loss", fail_on_nan_loss=False)
    assert hook.before_run(None).fetches == "loss"
    stops = []

    class Context:
        def request_stop(self):
            stops.append(True)

    for loss in 0.4, 1e30, float("inf"), float("nan"):  # it does not look at whether the loss grew
        hook.after_run(Context(), Run(loss))
        assert stops == [True] * (loss != loss)
    w, said = np.array([1.0, 2.0]), []
    for slope in 0.1, np.nan, 0.1, 0.1:
        w = w - slope
        said.append(_summary_of(w, "kernel"))
    assert said[0] == "" and all("Nan in summary histogram for: kernel" in one for one in said[1:])
    assert np.isnan(w).all()


def a_checkpoint_that_was_saved_before_brings_the_weights_back():
    """“Go back to a checkpoint: BackupAndRestore or ModelCheckpoint must have saved one.”"""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/whole.weights.h5"
        keepers = [
            keras.callbacks.ModelCheckpoint(path, save_weights_only=True),
            keras.callbacks.BackupAndRestore(f"{folder}/backup", delete_checkpoint=False),
        ]
        net, *_ = _fit(_x[:4], _y[:4], 0.01, extra=keepers)
        kept = net.get_weights()
        assert list(Path(folder, "backup").rglob("*"))
        net.fit(_x[:4] * np.nan, _y[:4], verbose=0)
        assert np.isnan(net.get_weights()[0]).any()
        net.load_weights(path)
        assert all(np.array_equal(a, b) for a, b in zip(net.get_weights(), kept, strict=True))
