"""The data: tables, sequences and tokens, of two populations that share none."""

import math

import numpy as np
from sklearn import datasets

SEQUENCES = {
    "tune": {"waves": 12, "adding": 10},
    "check": {"co2": 12, "sunspots": 16, "elnino": 12, "recall": 9},
}
TOKENS = {"tune": ("walks",), "check": ("chains", "sorted", "copy")}


# ── Tables: (samples, columns), and classes or numbers ───────────────────────────────────────────


def bunch(load):
    """A data set of scikit-learn."""

    def table(rng):
        found = load()
        return np.asarray(found.data, float), np.asarray(found.target)

    return table


def columns(name: str, target: str, drop=(), classes: bool = False):
    """A data set of statsmodels: one column is the target."""

    def table(rng):
        import statsmodels.api as sm

        frame = getattr(sm.datasets, name).load_pandas().data.dropna()
        y = frame[target].to_numpy()
        X = frame.drop(columns=[target, *drop]).to_numpy(float)
        return X, np.unique(y, return_inverse=True)[1] if classes else y.astype(float)

    return table


def modes(rng):
    """Which of four ways to travel was chosen: 210 people, each way's times and costs, income and party."""
    import statsmodels.api as sm

    frame = sm.datasets.modechoice.load_pandas().data.sort_values(["individual", "mode"])
    each = frame[["ttme", "invc", "invt", "gc"]].to_numpy(float).reshape(-1, 16)
    X = np.hstack([each, frame[["hinc", "psize"]].to_numpy(float)[::4]])
    return X, frame["choice"].to_numpy().reshape(-1, 4).argmax(1)


def spirals(rng):
    """Two spirals in the plane."""
    turn, arm = 0.5 + 5 * rng.random(400), rng.integers(2, size=400)
    angle = turn + math.pi * arm
    return np.c_[turn * np.cos(angle), turn * np.sin(angle)] + 0.1 * rng.standard_normal((400, 2)), arm


def friedman(rng):
    """Friedman's first function of ten columns."""
    return datasets.make_friedman1(400, noise=0.5, random_state=int(rng.integers(2**31)))


def parity(rng):
    """Whether two of ten bits differ."""
    bits = rng.integers(2, size=(400, 10))
    return bits.astype(float), bits[:, 2] ^ bits[:, 7]


def patches(rng):
    """Squares of 8 × 8 from two photographs, in grey, 0 to 255: which photograph?"""
    grey = [image.mean(2) for image in datasets.load_sample_images().images]
    y = rng.integers(2, size=400)
    corners = rng.integers((0, 0), np.array(grey[0].shape) - 8, size=(400, 2))
    squares = [grey[k][i : i + 8, j : j + 8] for k, (i, j) in zip(y, corners, strict=True)]
    return np.array(squares).reshape(400, 64), y


TABLES = {
    "tune": {
        "digits": bunch(datasets.load_digits),
        "breast_cancer": bunch(datasets.load_breast_cancer),
        "iris": bunch(datasets.load_iris),
        "wine": bunch(datasets.load_wine),
        "linnerud": bunch(datasets.load_linnerud),
        "diabetes": bunch(lambda: datasets.load_diabetes(scaled=False)),
    },
    "check": {
        "fair": columns("fair", "rate_marriage", classes=True),
        "affairs": columns("fair", "affairs"),
        "anes96": columns("anes96", "vote", classes=True),
        "party": columns("anes96", "PID", ["vote"], classes=True),
        "star98": columns("star98", "NABOVE", ["NBELOW"]),
        "randhie": columns("randhie", "mdvis"),
        "macrodata": columns("macrodata", "unemp", ["year", "quarter"]),
        "modechoice": modes,
        "spirals": spirals,
        "friedman1": friedman,
        "parity": parity,
        "patches": patches,
    },
}
WEIGHTS = {"digits": 3, "breast_cancer": 2, "linnerud": 0.5, "patches": 2}  # how often, else 1
NUMBERS = ("linnerud", "diabetes", "affairs", "star98", "randhie", "macrodata", "friedman1")
SERIES = ("waves", "adding", "co2", "sunspots", "elnino")
LOSSES = dict.fromkeys((*NUMBERS, *SERIES), "mse") | dict.fromkeys(
    ("recall", *TOKENS["tune"], *TOKENS["check"]), "ce"
)


def kinds(population: str, model: str) -> dict[str, float]:
    """The data for a network, and how often each is drawn."""
    if model in ("linear", "mlp"):
        return {name: WEIGHTS.get(name, 1) for name in TABLES[population]}
    if model == "conv":
        return {"digits" if population == "tune" else "patches": 1}
    names = TOKENS[population] if model == "transformer" else SEQUENCES[population]
    return {name: 1 for name in names if model != "conv1d" or name != "recall"}


# ── Sequences: (samples, steps, columns), and the number or class to tell; tokens and their successors ───────────────


def sequences(name: str, rng, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Windows of a series and what follows, or made-up sequences."""
    if name == "waves":
        phase, pace = rng.uniform(0, 2 * math.pi, (n, 1)), rng.uniform(0.3, 1.2, (n, 1))
        wave = np.sin(phase + pace * np.arange(13)) + 0.05 * rng.standard_normal((n, 13))
        return wave[:, :-1, None], wave[:, -1:]
    if name == "adding":
        marks = np.zeros((n, 10))
        for row in marks:
            row[rng.choice(10, 2, replace=False)] = 1
        values = rng.random((n, 10))
        return np.stack([values, marks], 2), (values * marks).sum(1, keepdims=True)
    if name == "recall":
        first = rng.integers(5, size=(n, 9))
        return np.eye(5)[first], first[:, 2]
    import statsmodels.api as sm

    frame, steps = getattr(sm.datasets, name).load_pandas().data, SEQUENCES["check"][name]
    series = (frame.drop(columns="YEAR") if name == "elnino" else frame).to_numpy(float)
    series = series.ravel() if name == "elnino" else series[:, -1]
    series = series[np.isfinite(series)]
    at = rng.choice(len(series) - steps, min(n, len(series) - steps), replace=False)
    windows = series[at[:, None] + np.arange(steps + 1)]
    return windows[:, :-1, None], windows[:, -1:]


def tokens(name: str, rng, n: int, symbols: int, steps: int = 10) -> np.ndarray:
    """(n, steps + 1) whole numbers below symbols."""
    if name == "sorted":
        return np.sort(rng.integers(symbols, size=(n, steps + 1)), 1)
    if name == "copy":
        return np.tile(rng.integers(symbols, size=(n, 4)), (1, 3))[:, : steps + 1]
    paths = np.zeros((n, steps + 1), int)
    paths[:, 0] = rng.integers(symbols, size=n)
    ways = rng.integers(symbols, size=(symbols, 2))  # of "chains": two ways on from each symbol
    for step in range(steps):
        turn, here = rng.integers(2, size=n), paths[:, step]
        paths[:, step + 1] = ways[here, turn] if name == "chains" else (here + 2 * turn - 1) % symbols
    return paths
