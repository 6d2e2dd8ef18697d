"""The lines of scikit-learn and SciPy."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.linear_model import SGDRegressor
from sklearn.metrics import mean_squared_error
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(0)
incomes = rng.normal(50_000, 15_000, (200, 2))
spent = incomes @ [1.0, 2.0]
spread = (spent - spent.mean()) / spent.std()


def sgd_epoch(cured):
    huge = incomes * 1e140
    model = SGDRegressor(random_state=0, learning_rate="constant", eta0=1000.0)
    return (make_pipeline(StandardScaler(), model) if cured else model).fit(huge, spread)


def non_finite(cured):
    model = MLPRegressor(random_state=0, solver="sgd", learning_rate_init=0.1)
    model = make_pipeline(StandardScaler(), model) if cured else model
    return model.fit(incomes, spread if cured else spent).score(incomes, spread)


def input_nan(cured):
    return mean_squared_error([1.0, 2.0], [1.0 if cured else np.nan, 2.0])


def input_inf(cured):
    return mean_squared_error([1.0, 2.0], [1.0 if cured else np.inf, 2.0])


def matching(cured):
    return linear_sum_assignment([[0.5 if cured else np.nan, 1.0], [1.0, 2.0]])
