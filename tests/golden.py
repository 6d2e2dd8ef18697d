"""What the chapters' numpy programs say, for the interactive figures to be held to.

``python tests/golden.py`` writes ``tests/figures/golden.json``; ``test_figures.py`` fails when that is stale.
"""

import json
import math
import sys
from pathlib import Path
from types import FunctionType

import numpy as np

import tiny

FILE = Path(__file__).parent / "figures" / "golden.json"
EXAMPLES = Path(__file__).parent.parent / "docs" / "assets" / "diagnose" / "examples.js"


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
    digits, powers = rng.normal(size=120), rng.integers(-46, 39, size=120)
    # Read from its digits a number is the same on every processor; a power of 10 computed there is not.
    spread = [float(f"{digit:.12f}e{power}") for digit, power in zip(digits, powers, strict=True)]
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


def bits(precision) -> list:
    """A weight, an update, and the numbers beside the weight, in each format of the program."""

    def beside(name, value):
        if name != "bf16":
            kind = np.float16 if name == "fp16" else np.float32
            with np.errstate(over="ignore"):
                return [float(np.nextafter(kind(value), kind(end))) for end in (-np.inf, np.inf)]
        pattern = int(np.float32(value).view(np.uint32))
        steps = (-0x10000, 0x10000) if value > 0 else (0x80010000, 0x10000)  # the lower half stays 0
        return [float(np.uint32(pattern + step).view(np.float32)) for step in steps]

    rng, cases = np.random.default_rng(3), []
    pairs = [
        (1, -0.001),
        (1, 0.001),
        (256, 1),
        (2048, 1),
        (65504, 32),
        (1e-8, 1e-8),
        (3e-8, -1e-9),
        (0.5, -0.5),
    ]
    digits, powers = rng.uniform(1, 10, size=(2, 40)), rng.integers(-8, 4, size=40)
    pairs += [
        (float(f"{a:.9f}e{power}"), float(f"{b - 5.5:.9f}e{power - 3}"))
        for a, b, power in zip(*digits, powers, strict=True)
    ]
    for weight, update in pairs:
        found = {}
        for name, keep in precision.keeps.items():
            with np.errstate(all="ignore"):
                at = [float(keep(weight))]
                for _ in range(50):
                    at.append(float(keep(at[-1] + update)))
            found[name] = {"from": at[0], "to": at[1], "last": at[50], "beside": beside(name, at[0])}
        cases.append({"weight": weight, "update": update, "kept": found})
    return cases


def mulberry32(seed: int):
    """The published generator of 32 bits, number by number, between 0 and 1."""
    while True:
        seed = (seed + 0x6D2B79F5) & 0xFFFFFFFF
        t = ((seed ^ (seed >> 15)) * (1 | seed)) & 0xFFFFFFFF
        t ^= (t + (((t ^ (t >> 7)) * (61 | t)) & 0xFFFFFFFF)) & 0xFFFFFFFF
        yield (t ^ (t >> 14)) / 2**32


def batch(minibatch) -> dict:
    draw = mulberry32(1222)

    def normal():
        total = -6.0  # twelve numbers between 0 and 1 make nearly a normal one
        for _ in range(12):
            total += next(draw)
        return total

    points = [[normal() for _ in range(10)] for _ in range(200)]  # as many as the chapter's
    start = [normal() for _ in range(10)]
    X = np.array(points)
    H = X.T @ X / 200
    lam = np.linalg.eigvalsh(H)[-1]
    runs = []
    for part, m, seed in ((0.95, 1, 1), (0.95, 4, 2), (0.95, 64, 3), (0.95, 200, 3), (1.05, 200, 3)):
        draw, path, alpha = mulberry32(seed), [start], part * 2 / lam
        for _ in range(60):
            e, total = path[-1], [0.0] * 10
            for i in [int(next(draw) * 200) for _ in range(m)] if m < 200 else range(200):
                residual = 0.0
                for one, value in zip(points[i], e, strict=True):
                    residual += one * value
                total = [one + residual * value for one, value in zip(total, points[i], strict=True)]
            path.append([one - alpha * (slope / m) for one, slope in zip(e, total, strict=True)])
        first = np.dot(start, H @ start)
        losses = [np.dot(e, H @ e) / first for e in path]
        kept = {"path": path[::10], "losses": losses}
        runs.append({"alpha": alpha, "m": m, "seed": seed, **kept})
    outer = (X[:, :, None] * X[:, None, :]).reshape(200, 100)  # the chapter's way to the exact limit
    variance = outer.T @ outer / 200 - np.kron(H, H)

    def mean_square_grows(alpha, m):
        A = np.eye(10) - alpha * H
        return np.linalg.eigvalsh(np.kron(A, A) + alpha**2 * variance / m)[-1] > 1

    def typical_run_grows(alpha, m, runs=40, updates=600):
        """Whether the logarithm of the error grows on average, once the start is forgotten."""
        rng, e, grown = np.random.default_rng(2), np.ones((runs, 10)), 0.0
        for update in range(updates):
            rows = X[rng.integers(200, size=(runs, m))]
            e = e - alpha / m * np.einsum("rm,rmd->rd", np.einsum("rmd,rd->rm", rows, e), rows)
            size = np.linalg.norm(e, axis=1, keepdims=True)
            e, grown = e / size, grown + (np.log(size).mean() if update >= 50 else 0)
        return grown > 0

    def limit(grows, m, low, high, halvings):
        for _ in range(halvings):
            alpha = (low + high) / 2
            low, high = (low, alpha) if grows(alpha, m) else (alpha, high)
        return float(low)

    limits = []
    for m in (1, 2, 4, 8, 16, 32, 64, 128):
        strict = limit(mean_square_grows, m, 0, 4 / lam, 50)
        typical = limit(typical_run_grows, m, strict, 1.3 * strict, 5)  # to one part in a hundred
        limits.append({"m": m, "limit": strict, "typical": typical})
    return {
        "points": points[::20],
        "start": start,
        "curvature": lam,
        "chapter": {"limit": float(minibatch.full), "rate": 0.95 * float(minibatch.full)},
        "runs": runs,
        "limits": limits,
    }


def adam(chapter) -> dict:
    runs = []
    for jump, calm, lasts, beta1, beta2, epsilon in (
        (1000.0, 5000, "stays", 0.9, 0.999, 1e-8),
        (1000.0, 5000, "once", 0.9, 0.999, 1e-8),
        (30.0, 700, "stays", 0.9, 0.95, 0.01),
        (1e6, 10, "once", 0.0, 0.99, 1e-8),
        (7.0, 99, "stays", 0.99, 0.8, 10.0),
    ):
        m, v, p, q, seen = 0.0, 0.0, 1.0, 1.0, []
        for t in range(calm + 60):
            g = (1.0, -1.0)[t % 2] if t < calm else jump if t == calm or lasts == "stays" else 0.0
            m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * (g * g)
            p, q = p * beta1, q * beta2
            mean, root = m / (1 - p), math.sqrt(v / (1 - q))
            seen.append([g, mean, root, mean / (root + epsilon)])
        state = {"jump": jump, "calm": calm, "lasts": lasts}
        state |= {"beta1": beta1, "beta2": beta2, "epsilon": epsilon}
        kept, own = np.zeros(2), []  # the chapter's own Adam on the same gradients
        for t, (g, *_) in enumerate(seen, 1):
            own.append(float(chapter.adam(g, kept, t, b1=beta1, b2=beta2, eps=epsilon)))
        runs.append({"state": state, "seen": seen[calm - 10 :], "own": own[calm - 10 :]})
    bounds = []
    for beta2 in (0.999, 0.99, 0.95):  # the gradients that drive the chapter's Adam furthest
        kept = np.zeros(2)
        for k in range(600):
            most = chapter.adam((beta2 / 0.9) ** k, kept, 10**5, b2=beta2, eps=0)
        bounds.append({"beta2": beta2, "bound": float(most)})
    return {"runs": runs, "bounds": bounds}


def examples(names_of) -> list:
    """Logs to try in the box of the page Read your own run: a name, the text, what is known of the run."""
    overshoot, runs = names_of("overshoot"), names_of("diagnose")

    def lines(losses):
        return "\n".join(f"{loss:.6g}" for loss in losses)

    def article(alpha, updates):
        return [overshoot.loss(b) for b in overshoot.descend(alpha, updates)]

    small = [one for one in runs.exploded if (one["model"], one["batch"]) == ("linear", "8")]
    noisy = next(one for one in small if one["diagnosed_trains"] == "1" and 12 < len(one["log"]["loss"]) < 30)
    relu = runs.example("relu", 6)
    back = next(one for one in runs.trained if one["found"]["verdict"] == "recovers")
    calm = next(one for one in runs.trained if one["found"]["verdict"] == "healthy")
    wrong = overshoot.descend(-0.01, 12)
    table = "step,loss,b\n" + "\n".join(f"{n},{overshoot.loss(b):.6g},{b:.6g}" for n, b in enumerate(wrong))

    with np.errstate(all="ignore"):  # these explode, as their kind does
        keras, face, dead = tiny.keras(), tiny.hugging_face(), tiny.adamw()

    def known(one):
        given = {"rate": f"{float(one['rate']):.4g}", "momentum": one["momentum"], "batch_size": one["batch"]}
        return {key: value for key, value in given.items() if value != "0"}

    return [
        {"name": "a parabola", "text": lines(article(0.12, 12)), "settings": {"rate": "0.12"}},
        {
            "name": "a ReLU network",
            "text": relu["losses"].replace(" ", "\n"),
            "settings": known(relu),
        },
        {"name": "mini-batches", "text": noisy["losses"].replace(" ", "\n"), "settings": known(noisy)},
        {"name": "a Keras log", "text": keras, "settings": {"rate": "0.001", "batch_size": "32"}},
        {"name": "a Hugging Face log", "text": face, "settings": {}},
        {
            "name": "AdamW",
            "text": dead,
            "settings": {"rate": "1", "guess": "3 classes", "optimiser": "AdamW"},
        },
        {"name": "rate or sign", "text": table, "settings": {"rate": "0.01"}},
        {"name": "nan at once", "text": "nan\nnan\nnan", "settings": {"rate": "0.001"}},
        {
            "name": "nan from nowhere",
            "text": lines([*calm["log"]["loss"][:8], math.nan]),
            "settings": known(calm),
        },
        {"name": "it comes back", "text": lines(back["log"]["loss"][:18]), "settings": known(back)},
        {"name": "it trains", "text": lines(article(0.01, 15)), "settings": {"rate": "0.01"}},
    ]


PROGRAMS = {
    "parabola": (parabola, "overshoot"),
    "surrogate": (surrogate, "taylor"),
    "bowl": (bowl, "conditioning"),
    "countdown": (countdown, "overflow"),
    "batch": (batch, "minibatch"),
    "adam": (adam, "adam"),
    "bits": (bits, "precision"),
}


def golden(figure: str, names_of):
    """What the program says that the figure is held to."""
    says, program = PROGRAMS[figure]
    return plain(says(names_of(program)))


def module_of(logs: list) -> str:
    """The examples as a module, which a page loads from disk too."""
    words = json.dumps(logs, ensure_ascii=False, indent=1)
    return f"// Written by tests/golden.py from the chapters' programs.\n\nexport const examples = {words};\n"


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
    sys.path[:0] = [
        str(Path(__file__).parent),
        *(str(FILE.parents[2] / name) for name in ("scripts", "snippets")),
    ]
    from conftest import names_of

    said = {figure: golden(figure, names_of) for figure in PROGRAMS}
    FILE.write_text(json.dumps(said, separators=(",", ":")) + "\n")
    EXAMPLES.write_text(module_of(examples(names_of)), encoding="utf-8")
    print(f"wrote {FILE.name} and {EXAMPLES.name}")
