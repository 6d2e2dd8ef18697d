"""What the chapters' numpy programs say, for the interactive figures to be held to.

``python tests/golden.py`` writes ``tests/figures/golden.json``; ``test_figures.py`` fails when that is stale.
"""

import json
import math
import sys
from pathlib import Path
from types import FunctionType

import numpy as np

FILE = Path(__file__).parent / "figures" / "golden.json"


def parabola(overshoot) -> dict:
    curves = {"article": (float(overshoot.lam), float(overshoot.best)), "square": (2.0, 0.0)}
    runs = []
    for name, (lam, bottom) in curves.items():
        for alpha in (0.01, 0.05, 0.1, 2 / lam, 0.108, 0.12, 0.5, 1.0):
            path = [0.0 if name == "article" else -1.0]
            for _ in range(60):
                path.append(path[-1] - alpha * (lam * (path[-1] - bottom)))
            runs.append({"curve": name, "alpha": alpha, "path": path})
    program = []
    for alpha in (0.01, 0.05, 0.1, 0.108, 0.12):
        path = [float(b) for b in overshoot.descend(alpha, 60)]
        program.append({"alpha": alpha, "path": path, "losses": [float(overshoot.loss(b)) for b in path]})
    floor = float(overshoot.loss(overshoot.best))
    article = {"curvature": float(overshoot.lam), "bottom": float(overshoot.best), "floor": floor}
    return {
        "article": article,
        "x": overshoot.x.tolist(),
        "y": overshoot.y.tolist(),
        "runs": runs,
        "program": program,
    }


def surrogate(taylor) -> list:
    second = {
        "squares": lambda r: np.ones_like(r),
        "log cosh": lambda r: 1 - np.tanh(r) ** 2,
        "Cauchy": lambda r: (1 - r**2) / (1 + r**2) ** 2,
    }
    steps = []
    for kind, (cost, _) in taylor.kinds.items():
        for b in (-3.0, 0.0, 2.0, 5.0, 9.0):
            for alpha in (0.01, 0.0535, 0.12, 1.0):
                residual = taylor.x * b - taylor.y
                slope = taylor.gradient(np.array([b, 0.0]), kind)[0]
                curvature = np.sum(taylor.x**2 * second[kind](residual))
                lands = b - alpha * slope
                steps.append(
                    {
                        "kind": kind,
                        "b": b,
                        "alpha": alpha,
                        "loss": np.sum(cost(residual)),
                        "slope": slope,
                        "curvature": curvature,
                        "lands": lands,
                        "after": np.sum(cost(taylor.x * lands - taylor.y)),
                        "promised": -alpha * slope**2,
                        "predicted": -alpha * slope**2 + alpha**2 / 2 * slope**2 * curvature,
                        "limit": 2 / curvature,
                        "touches": taylor.loss(b) + slope + 1 / alpha / 2 if kind == "squares" else None,
                    }
                )
    return steps


def bowl(conditioning) -> dict:
    runs = []
    for kappa, alpha, beta in (
        (20, 0.095, 0),
        (20, 0.105, 0),
        (1, 2, 0),
        (1000, 0.0019, 0.5),
        (20, 0.19, 0.9),
        (20, 0.2, 0.9),
    ):
        lam, e, v = np.array([1.0, kappa]), np.array([10.0, 1.0]), np.zeros(2)
        path = [e.tolist()]
        for _ in range(60):
            v = beta * v + lam * e
            e = e - alpha * v
            path.append(e.tolist())
        radii = [np.abs(np.roots([1, -(1 + beta - alpha * one), beta])).max() for one in lam]
        runs.append({"kappa": kappa, "alpha": alpha, "beta": beta, "path": path, "growth": radii})
    across = conditioning.lam  # the program's last curvatures, of its inputs
    return {"runs": runs, "limit": [{"kappa": float(k), "limit": 2 / float(k)} for k in (1, 20, across[-1])]}


def countdown(overflow) -> list:
    names = vars(overflow) | {"x": np.ones(1), "y": np.ones(1)}
    descend = FunctionType(overflow.descend.__code__, names)  # the program's own loop, on one point
    runs = []
    for name, keep in overflow.keeps.items():
        for alpha in (2.2392, 10.0):
            with np.errstate(all="ignore"):
                losses, _, weights = descend(keep, alpha, 700)
            end = int(np.isnan(weights).argmax()) + 1 if np.isnan(weights).any() else 700
            inf = int(np.isinf(losses).argmax()) if np.isinf(losses).any() else -1
            every_seventh = {"losses": losses[:end:7].tolist(), "weights": weights[:end:7].tolist()}
            runs.append({"format": name, "alpha": alpha, "end": end, "inf": inf, **every_seventh})
    rng = np.random.default_rng(0)
    spread = (rng.normal(size=120) * 10.0 ** rng.integers(-46, 39, size=120)).tolist()
    rounded = []
    for value in [*spread, 0.0, 65504.0, 65519.0, 65520.0, 1e-8, 6e-8, 1 - 1e-8, math.inf]:
        with np.errstate(all="ignore"):
            single, half = np.float32(value), np.float16(value)
            brain = overflow.bf16(value)
        patterns = {
            "fp16": f"{half.view(np.uint16):016b}",
            "bf16": f"{int(np.asarray(brain).view(np.uint32)) >> 16:016b}",
            "fp32": f"{single.view(np.uint32):032b}",
            "fp64": f"{np.float64(value).view(np.uint64):064b}",
        }
        kept = {"fp16": half, "bf16": brain, "fp32": single, "fp64": value}
        rounded.append({"value": value, "kept": {k: float(v) for k, v in kept.items()}, "bits": patterns})
    return {"largest": {k: float(v) for k, v in overflow.largest.items()}, "runs": runs, "rounded": rounded}


def mulberry32(seed: int):
    """The published generator of 32 bits, number by number, between 0 and 1."""
    while True:
        seed = (seed + 0x6D2B79F5) & 0xFFFFFFFF
        t = ((seed ^ (seed >> 15)) * (1 | seed)) & 0xFFFFFFFF
        t ^= (t + (((t ^ (t >> 7)) * (61 | t)) & 0xFFFFFFFF)) & 0xFFFFFFFF
        yield (t ^ (t >> 14)) / 2**32


def batch(overshoot) -> dict:
    x, y, best = overshoot.x.tolist(), overshoot.y.tolist(), float(overshoot.best)
    runs = []
    for alpha, m, seed in ((4.0, 1, 1), (4.0, 4, 2), (4.0, 50, 3), (5.5, 50, 3), (0.5, 8, 4)):
        draw, errors = mulberry32(seed), [-best]
        for _ in range(60):
            rows = [int(next(draw) * 50) for _ in range(m)] if m < 50 else range(50)
            gradient = 0.0
            for i in rows:
                gradient += x[i] * x[i] * errors[-1] - x[i] * (y[i] - x[i] * best)
            errors.append(errors[-1] - alpha * (gradient / m))
        runs.append({"alpha": alpha, "m": m, "seed": seed, "errors": errors})
    squares = overshoot.x**2
    limits = []
    for m in (1, 2, 4, 8, 16, 32):
        # The mean square error is multiplied by (1 − αλ)² + α²·var/m; solve for the α that makes this 1.
        roots = np.roots([np.mean(squares) ** 2 + np.var(squares) / m, -2 * np.mean(squares), 0])
        enough = 2 * m / (squares.max() + (m - 1) * np.mean(squares))
        limits.append({"m": m, "limit": roots.max(), "enough": enough})
    limits.append({"m": 50, "limit": 2 / np.mean(squares), "enough": 2 / np.mean(squares)})
    return {"curvature": np.mean(squares), "runs": runs, "limits": limits}


def golden(names_of) -> dict:
    return plain(
        {
            "parabola": parabola(names_of("overshoot")),
            "surrogate": surrogate(names_of("taylor")),
            "bowl": bowl(names_of("conditioning")),
            "countdown": countdown(names_of("overflow")),
            "batch": batch(names_of("overshoot")),
        }
    )


def plain(value):
    """JSON knows no inf and no nan, so these become words."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, float):
        number = float(value)
        return number if math.isfinite(number) else str(number).replace("inf", "Infinity")
    return value


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "scripts")]
    from conftest import names_of

    FILE.write_text(json.dumps(golden(names_of), separators=(",", ":")) + "\n")
    print(f"wrote {FILE.name}")
