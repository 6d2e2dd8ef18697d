"""Measure your own model: how well a curvature foretells the largest rate that trains.

Needs numpy and matplotlib. Run it with: python snippets/measure.py
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:runs]
import csv
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

data = Path(globals().get("__file__", "")).parent / "data"
with (data / "limits.csv").open(encoding="utf-8") as file:
    rows = [row for row in csv.DictReader(file) if row["batch"] == "0"]
largest = {}
for row in rows:
    which = row["kind"], row["optimiser"], row["seed"]
    if row["updates"] == "0":  # found by trying, from the first weights
        largest[which] = float(row["largest"])
    row["ratio"] = float(row["foretold"]) / largest[which]
print(len(largest), "largest rates,", len(rows), "measurements")
# --8<-- [end:runs]


# %% --8<-- [start:table]
def some(**wanted):
    return [r for r in rows if all(r[k] == v for k, v in wanted.items())]


kinds = list(dict.fromkeys(row["kind"] for row in rows))
tried, ats = ("SGD", "momentum", "Adam"), ("0", "50", "200")
WIDE = 14, 14, 20
print("foretold/largest", *(f"{one:>{n}s}" for one, n in zip(tried, WIDE)))
for kind, at in ((kind, at) for kind in kinds for at in ats):
    print(f"{kind if at == '0' else '':11s} {at:>4s} ", end="")
    for one, wide in zip(tried, WIDE):
        found = [
            r["ratio"] for r in some(kind=kind, optimiser=one, updates=at)
        ]
        text = f"{min(found):.2g} to {max(found):.2g}" if found else "none"
        print(f"{text:>{wide + 1}s}", end="")
    print()
# --8<-- [end:table]

# %% --8<-- [start:picture]
fig, ax = plt.subplots(figsize=(7.2, 4))
for one, style in zip(tried, ("C0o", "C2^", "C3D")):
    found = [r for r in some(optimiser=one) if r["kind"] != "linear"]
    x = [float(row["loss"]) for row in found]
    ax.loglog(x, [row["ratio"] for row in found], style, label=one)
ax.axhline(1, color="gray", linestyle="--")
ax.axvline(0.9, color="gray", linestyle=":")
ax.set(ylim=(0.02, 500), xlabel="loss, in units of the loss of guessing")
ax.set(ylabel="foretold / largest that trains")
ax.invert_xaxis()
ax.legend()
plt.show()
# --8<-- [end:picture]

# %% --8<-- [start:half]
STAGES = {"not begun": (0.9, 9), "learning": (0.01, 0.9), "done": (0, 0.01)}
print("trains, too high, too slow", *(f"{one:>12s}" for one in tried))
for stage, (low, high) in STAGES.items():
    print(f"half of it, {stage:15s}", end="")
    for one in tried:
        at = [r for r in some(optimiser=one) if r["kind"] != "linear"]
        at = [r for r in at if low <= float(r["loss"]) < high]
        told = [r["again"] or r["half"] for r in at]
        counts = [told.count(x) for x in ("trains", "above", "below")]
        print("{:5d}{:4d}{:4d}".format(*counts), end="")
    print()
# --8<-- [end:half]

# %% --8<-- [start:turns]
found, miss, most, few = (
    np.array([float(row[name]) for row in rows])
    for name in ("found", "miss", "most", "of_32")
)
settled = (miss > 0) & (miss < 0.1 * found)
print(f"settled after 20 turns: {settled.sum()} of {len(rows)}")
off = np.abs(found / most - 1)
print(f"farthest from λmax, settled: {off[settled].max():.1%}")
print(f"not settled: {np.median(off[~settled]):.0%} (the median)")
print(f"λmax of 32 samples / of all: {np.median(few / most):.2f}", end="")
print(f", from {min(few / most):.2f} to {max(few / most):.2f}")
# --8<-- [end:turns]
