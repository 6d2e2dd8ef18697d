"""What the entries of scikit-learn and SciPy say."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.linear_model import LinearRegression, SGDRegressor
from sklearn.metrics import mean_squared_error
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

PROVES = "messages"
_draw = np.random.default_rng(0)
_raw = _draw.normal(50_000, 15_000, (200, 2))
_spent = _raw @ [1.0, 2.0]


def _error(do):
    try:
        do()
    except ValueError as error:
        return " ".join(str(error).split())
    return ""


def descent_on_raw_units_explodes_in_each_of_them():
    """
    “From MLPRegressor and its like; from SGDRegressor also Floating-point under-/overflow occurred at epoch #1. Scaling input data with StandardScaler or MinMaxScaler might help. Descent has exploded on inputs in raw units.”
    """
    labels = (_spent > _spent.mean()).astype(int)
    for model, y in ((MLPRegressor, _spent), (MLPClassifier, labels)):
        net = model(
            random_state=0, solver="sgd", learning_rate_init=1e200, max_iter=20, activation="identity"
        )
        assert "Solver produced non-finite parameter weights" in _error(lambda n=net, y=y: n.fit(_raw, y))
    plain = SGDRegressor(random_state=0, learning_rate="constant", eta0=1000.0)
    target = (_spent - _spent.mean()) / _spent.std()
    said = _error(lambda: plain.fit(_raw * 1e140, target))
    assert "Floating-point under-/overflow occurred at epoch #1. Scaling input data" in said
    assert "Scaling input data with StandardScaler or MinMaxScaler might help." in said


def the_slopes_of_sgdregressor_are_bounded_and_scaling_cures_it():
    """
    “Often nothing is said: SGDRegressor bounds its slopes, and on incomes around 50,000 it returns weights beyond a trillion without a word.”
    “Check: print model.coef_, and X.std(axis=0).”
    “Cure: make_pipeline(StandardScaler(), SGDRegressor()), and scale large targets too.”
    """
    moved = []
    for target in 1e13, 1e15, 1e20:
        one = SGDRegressor(learning_rate="constant", eta0=1.0, penalty=None, fit_intercept=False)
        moved.append(one.partial_fit([[1.0]], [target]).coef_[0])
    assert moved == [1e12] * 3
    model = SGDRegressor(random_state=0).fit(_raw, _spent)
    assert abs(model.coef_).min() > 1e12 and (abs(_raw.std(axis=0) / 15_000 - 1) < 0.1).all()
    assert abs(_raw.mean() / 50_000 - 1) < 0.1
    cured = make_pipeline(StandardScaler(), SGDRegressor(random_state=0)).fit(_raw, _spent)
    assert cured.score(_raw, _spent) > 0.99
    scores = []
    for y in _spent * 1e6, (_spent - _spent.mean()) / _spent.std():
        net = MLPRegressor(random_state=0, solver="sgd", learning_rate_init=0.01, max_iter=50)
        net = make_pipeline(StandardScaler(), net)
        scores.append(_error(lambda n=net, y=y: n.fit(_raw, y)) or net.score(_raw, y))
    assert "non-finite" in str(scores[0]) and scores[1] > 0.9


def a_nan_is_in_the_data_of_fit_and_in_the_predictions_of_weights_that_are_nan():
    """
    “Also Input contains infinity or a value too large for dtype('float64'). In fit it is the data.”
    “In a metric after training it is in the targets or in the predictions: where the weights are nan, the metric is the first to say so.”
    “Check: count them in both, np.isnan(y_true).sum(), np.isnan(y_pred).sum().”
    “Cure: for targets, clean the data. For predictions, go to loss: nan: no cleaning of predictions helps.”
    """
    X, y = _raw[:20] / 50_000, _spent[:20] / 50_000
    for bad, words in (
        (np.nan, "Input X contains NaN."),
        (np.inf, "contains infinity or a value too large for"),
    ):
        broken = X.copy()
        broken[3, 1] = bad
        assert words in _error(lambda broken=broken: LinearRegression().fit(broken, y))
    w = np.zeros(2)
    with np.errstate(all="ignore"):
        for _ in range(2000):
            w = w - 2.0 * X.T @ (X @ w - y)
        y_pred = X @ w  # no error so far
    assert np.isnan(w).all() and _error(lambda: mean_squared_error(y, y_pred)) == "Input contains NaN."
    assert (np.isnan(y).sum(), np.isnan(y_pred).sum()) == (0, 20)
    y_true = y.copy()
    y_true[5] = np.nan
    kept = ~np.isnan(y_true)
    assert _error(lambda: mean_squared_error(y_true, y)) and np.isnan(y_true).sum() == 1
    assert mean_squared_error(y_true[kept], y[kept]) == 0
    cleaned = np.nan_to_num(y_pred)
    assert mean_squared_error(y, cleaned) == mean_squared_error(y, 0 * y)  # as if it predicted nothing


def weights_of_nan_make_boxes_of_nan_and_costs_of_nan():
    """
    “Weights that are nan since an earlier update make boxes that are nan, and these the costs.”
    “To replace the nan in the costs hides it.”
    """
    features, targets = _draw.normal(size=(5, 3)), _draw.random((4, 2))
    for weights, said in (
        (_draw.normal(size=(3, 2)), ""),
        (np.full((3, 2), np.nan), "matrix contains invalid"),
    ):
        boxes = features @ weights
        costs = abs(boxes[:, None] - targets[None]).sum(axis=2)
        assert said in _error(lambda costs=costs: linear_sum_assignment(costs))
        assert np.isnan(costs).any() == np.isnan(boxes).any() == np.isnan(weights).any() == bool(said)
    assert not _error(lambda: linear_sum_assignment(np.nan_to_num(costs))) and np.isnan(weights).all()
