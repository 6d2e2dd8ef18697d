"""Diagnose: read the log of a run, and leave with a rate.

Needs numpy and matplotlib, and the folder readlog beside it. Run it with: python snippets/diagnose.py
On a log of your own: python snippets/diagnose.py run.csv --rate 0.001
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:main]
import csv
import gzip
import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from readlog import diagnose, enough, growth_phase, product
from readlog import load, main, read

if Path(sys.argv[0]).name == "diagnose.py" and sys.argv[1:]:
    sys.exit(main(sys.argv[1:]))  # a log of yours, and no chapter
# --8<-- [end:main]

# %% --8<-- [start:formula]
growths = 1.44, 4, 9, 16, 100
print("growth of the loss", *(f"{r:6g}" for r in growths), "  limit")
for beta in 0, 0.5, 0.9:
    row = [f"{product(r, beta):6.3g}" for r in growths]
    print(f"αλ at β = {beta:<8g}", *row, f"{2 * (1 + beta):7g}")
# --8<-- [end:formula]

# %% --8<-- [start:posts]
article = "80.4866, 102.8105, 137.0916, 189.7342, 270.5730, 394.7105"
posted = """cost 4.57760985674227e+74 iteration 997
cost 5.386601277550346e+74 iteration 998
cost 6.338564061017721e+74 iteration 999"""
w = [-20.48267746, -1.06335529e12, -5.40660918e22, -2.7489811e33]
slopes = {"loss": [one**2 for one in w], "every": 10}
print("log               rate   growth   curvature       limit  to set")
for name, log, alpha in (
    ("the article", read(article), 0.12),
    ("Cross Validation", read(posted), 5e-4),
    ("Stack Overflow", slopes, 0.01),
):
    _, _, r, lam, limit, new, *_ = diagnose(log, rate=alpha).values()
    print(f"{name:16s} {alpha:6g} {r:9.5g} {lam:10.6g}", end="")
    print(f" {limit:11.5g} {new:9.3g}")
# --8<-- [end:posts]

# %% --8<-- [start:sign]
losses = [0.5 * 1.21**n for n in range(8)]  # a parabola of floor 0
rate = {"alternates": [(-1.1) ** n for n in range(8)]}
sign = {"leaves": [1.1**n for n in range(8)]}
for kind, weight in (rate | sign | {"not logged": None}).items():
    found = diagnose({"loss": losses, "weight": weight}, rate=0.1)
    λ, new = found["curvature"], found["suggested_rate"]
    print(f"weight {kind:11s} {found['verdict']:14s}", end="")
    print(f" λ = {λ:.4g}, set {new:.4g}")
# --8<-- [end:sign]

# %% --8<-- [start:hidden]
between = 1, 10, 50, 100, 500
print("updates from line to line", *(f"{n:8d}" for n in between))
for name in "float16", "float32":
    r = [enough(1, n, name) for n in between]
    print(f"{name}: growth that hides ", *(f"{one:8.3g}" for one in r))
    al = [product(one) for one in r]
    print("         so αλ from      ", *(f"{one:8.3g}" for one in al))
# --8<-- [end:hidden]

# %% --8<-- [start:trials]
data = Path(globals().get("__file__", "")).parent / "data"
runs = list(csv.DictReader(load(data / "runs.csv").splitlines()))
for one in runs:
    one["log"] = read(one["losses"])
    given = {"rate": float(one["rate"]), "momentum": float(one["momentum"])}
    given["batch_size"] = int(one["batch"]) or None
    one["found"] = diagnose(one["log"], **given)
exploded = [one for one in runs if one["kind"] == "explodes"]
trained = [one for one in runs if one["kind"] == "trains"]
for name, some in ("exploded", exploded), ("trained", trained):
    said = [one["found"]["verdict"] for one in some]
    told = {verdict: said.count(verdict) for verdict in sorted(set(said))}
    print(f"{len(some)} {name}:", told)
# --8<-- [end:trials]


# %% --8<-- [start:picture]
def draw(ax, one):  # the loss, and what was read from it
    L, r = np.array(one["log"]["loss"]), one["found"]["growth_per_step"]
    end, first, last = growth_phase(L)
    ax.semilogy(L[:end], "C1s-", label="loss")
    n, anchor = np.arange(first, last + 1), last
    if one["model"] == "relu":
        n, anchor = n[:5], first  # by its first steps
    ax.semilogy(n, L[anchor] * r ** (n - anchor), "C0-", label="read")
    ax.semilogy(end, L[last], "C1X", ms=11, label="inf or nan")
    ax.axhline(L[first], color="gray", ls="--", label="at the limit")
    ax.set(xlabel="update", title=one["model"])


# --8<-- [end:picture]


# %% --8<-- [start:panels]
def example(model, updates):  # the first such run on the full batch
    for one in exploded:
        same = one["model"] == model and one["batch"] == "0"
        if same and len(one["log"]["loss"]) == updates:
            return one


fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.4))
for ax, one in zip(axes, (example("linear", 10), example("relu", 6))):
    draw(ax, one)
axes[0].legend()
plt.show()
# --8<-- [end:panels]

# %% --8<-- [start:outcomes]
METHODS = "diagnosed", "tenth", "two_lines", "range"


def outcome(some, method):  # trains; within a factor 4 below the largest
    trains = [int(one[f"{method}_trains"]) for one in some]
    ratios = [float(one[method]) / float(one["largest"]) for one in some]
    near = [0.25 <= ratio <= 1 for ratio in ratios]
    return f"{np.mean(trains):8.1%}{np.mean(near):5.0%}"


print(f"{'model':8s}runs", *(f"{name:>12s}" for name in METHODS))
for model in "linear", "tanh", "relu", "":
    some = [one for one in exploded if model in one["model"]]
    print(f"{model or 'all':8s}{len(some):4d}", end="")
    print(*(outcome(some, method) for method in METHODS))
# --8<-- [end:outcomes]


# %% --8<-- [start:judged]
GOOD, STOP = ("healthy", "recovers"), ("not-the-rate", "nan-at-start")
FITS = {"rate": ("rate-too-high",), "not-the-rate": STOP, "fine": GOOD}


def judged(one):  # what an answer is worth
    verdict, truth = one["found"]["verdict"], one["truth"]
    if verdict == "growth" and truth == "rate":
        return "half"  # rate or sign: losses alone cannot tell
    if verdict in FITS[truth]:
        return "right"
    if verdict == "unclear":
        return "missed" if one["tells"] == "tell" else "unclear"
    hidden = one["tells"] == "hidden"
    return "looks" if hidden and verdict in GOOD else "wrong"


# --8<-- [end:judged]

# %% --8<-- [start:logs]
with gzip.open(data / "made-logs.json.gz") as file:
    logs = json.load(file)
for one in logs:
    one["found"] = diagnose(read(one["text"]), **one["fields"])
    one["worth"] = judged(one)
print("what happened  logs  of these can tell")
for truth in FITS:
    some = [one for one in logs if one["truth"] == truth]
    tell = [one for one in some if one["tells"] == "tell"]
    print(f"{truth:15s}{len(some):4d}{len(tell):6d}")
# --8<-- [end:logs]


# %% --8<-- [start:spacing]
WORTHS = "right", "half", "unclear", "looks", "missed", "wrong"


def count(title, some):  # how many answers are worth what
    worth = [one["worth"] for one in some]
    sure = [one["found"]["confidence"] == "high" for one in some]
    false = [s for w, s in zip(worth, sure) if w == "wrong"]
    counts = [*(worth.count(name) for name in WORTHS), sum(false)]
    print(f"{title:9s}{len(some):4d}", *(f"{n:8d}" for n in counts))


print("updates logs ", *(f"{w:>8s}" for w in WORTHS), "and sure")
for title, a, b in (("1", 1, 1), ("2 to 10", 2, 10), ("more", 11, 1e9)):
    count(title, [one for one in logs if a <= one["every"] <= b])
for name in "SGD", "momentum", "Adam", "AdamW", "RMSprop", "":
    some = [one for one in logs if name in ("", one["optimiser"])]
    count(name or "all", some)
# --8<-- [end:spacing]


# %% --8<-- [start:rates]
def tried(one, by=None):  # whether it trains, and is not too low
    rate = one["rate"] / by if by else one["found"]["suggested_rate"]
    near = min(one["grid"], key=lambda pair: abs(np.log(pair[0] / rate)))
    trains = near[1] and rate > one["grid"][0][0] / 1.3
    return [trains, trains and rate >= one["largest"] / 10]


some = [one for one in logs if one["truth"] == "rate"]
some = [one for one in some if one["found"]["suggested_rate"]]
print("optimiser  runs     read  not low    tenth  not low")
for name in "SGD", "momentum", "Adam", "AdamW", "RMSprop", "":
    of = [one for one in some if name in ("", one["optimiser"])]
    shares = np.mean([tried(one) + tried(one, by=10) for one in of], axis=0)
    print(
        f"{name or 'all':10s}{len(of):5d}",
        *(f"{one:8.0%}" for one in shares),
    )
# --8<-- [end:rates]

# %% --8<-- [start:sure]
print("confidence  verdicts  fit")
for sure in "high", "medium", "low":
    some = [one for one in logs if one["found"]["confidence"] == sure]
    some = [one for one in some if one["found"]["verdict"] != "unclear"]
    fit = np.mean([one["worth"] != "wrong" for one in some])
    print(f"{sure:10s}{len(some):10d}{fit:6.0%}")
# --8<-- [end:sure]
