"""The two populations of runs, which share no data, no width and no seed: how often each network, and its shape."""

import numpy as np

from measure.runs import data
from measure.runs.tasks import Config

USUAL = {  # of every configuration: the values, and how often each
    "scaled": {True: 70, False: 30},
    "loss": {"ce": 58, "mse": 42},
    "reduce": {"mean": 88, "sum": 12},
    "opt": {"SGD": 2, "momentum": 2, "Adam": 2, "AdamW": 2, "RMSprop": 1},
    "batch": {8: 30, 16: 7, 32: 45, 128: 13, 0: 5},
    "clip": {0.0: 80, 1.0: 20},
    "schedule": {"constant": 70, "warmup": 18, "linear": 12},
    "updates": {60: 5, 100: 5, 160: 25, 200: 30, 250: 5, 300: 30},
}
SHORT = {
    "n": (240,),
    "batch": {8: 33, 16: 7, 32: 60},
    "updates": {60: 10, 100: 10, 160: 80},
}  # what takes longest
RECURRENT = {
    "tune": SHORT | {"depth": (1,), "width": (16, 32)},
    "check": SHORT | {"depth": (1, 2), "width": (12, 24)},
}
NETS = {  # of each population: how often a network is drawn, and what is drawn of its shape
    "tune": {
        "linear": (13, {"depth": (0,), "n": (240, 400)}),
        "mlp": (
            58,
            {
                "depth": (1, 2, 3, 4),
                "width": (16, 32, 48),
                "act": {"relu": 2, "tanh": 1, "gelu": 1},
                "n": (240, 400),
            },
        ),
        "conv": (9, SHORT | {"depth": (1, 2), "width": (8, 16), "act": ("relu", "tanh")}),
        "lstm": (6, RECURRENT["tune"]),
        "gru": (3, RECURRENT["tune"]),
        "transformer": (11, SHORT | {"depth": (1, 2), "width": (16, 32), "symbols": (10,), "n": (400,)}),
    },
    "check": {
        "linear": (12, {"depth": (0,), "n": (200, 300, 480)}),
        "mlp": (
            52,
            {
                "depth": (1, 2, 3, 5, 6),
                "width": (12, 24, 64, 80),
                "act": ("leaky", "silu", "elu", "relu"),
                "n": (200, 300, 480),
                "norm": {True: 35, False: 65},
                "residual": (True, False),
            },
        ),
        "conv": (
            6,
            SHORT
            | {
                "depth": (1, 2),
                "width": (6,),
                "act": ("leaky", "silu"),
                "kernel": (5,),
                "pooled": (True, False),
            },
        ),
        "conv1d": (
            7,
            SHORT | {"depth": (1, 2), "width": (10, 20), "act": ("leaky", "silu"), "kernel": (3, 5)},
        ),
        "lstm": (6, RECURRENT["check"]),
        "gru": (6, RECURRENT["check"]),
        "transformer": (
            11,
            SHORT | {"depth": (1, 2, 3), "width": (24,), "symbols": (7, 12), "heads": (3,), "n": (400,)},
        ),
    },
}


def one_of(rng, values):
    """One of the values, at random; a dict says how often each."""
    shares = np.array(list(values.values())) / sum(values.values()) if isinstance(values, dict) else None
    return list(values)[rng.choice(len(values), p=shares)]


def draw(population: str, seed: int) -> Config:
    """A configuration of the population."""
    rng, check = np.random.default_rng((seed, population == "check")), population == "check"
    model = one_of(rng, {name: often for name, (often, _) in NETS[population].items()})
    usual = {"width": (1,), "act": ("gelu",) if model == "transformer" else ("relu",)}
    shape = {
        name: one_of(rng, values) for name, values in (USUAL | usual | NETS[population][model][1]).items()
    }
    shape["data"] = one_of(rng, data.kinds(population, model))
    shape["loss"] = data.LOSSES.get(shape["data"], shape["loss"])
    return Config(seed=500_000 + 1009 * seed + check, model=model, **shape)
