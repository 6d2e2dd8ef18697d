"""Measure your own model: how well a curvature foretells the largest rate that trains.

Needs numpy and matplotlib. Run it with: python snippets/measure.py
"""

# %% --8<-- [start:runs]
import csv
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

data = Path(globals().get("__file__", "")).parent / "data"
with (data / "limits.csv").open(encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
tried, largest = ("SGD", "momentum", "Adam"), {}
for row in rows:  # found by trying, from the first weights
    which = row["kind"], row["optimiser"], row["seed"]
    if row["updates"] == "0":
        largest[which] = float(row["largest"])
    row["ratio"] = float(row["foretold"]) / largest[which]
print(len(largest), "models;", len(rows), "measurements")
# --8<-- [end:runs]


# %% --8<-- [start:table]
def some(**wanted):
    return [r for r in rows if all(r[k] == v for k, v in wanted.items())]


kinds = list(dict.fromkeys(row["kind"] for row in rows))
print("foretold/largest     " + "".join(f"{one:>16}" for one in tried))
for kind in kinds:
    for updates in "0", "50", "200":
        print(f"{kind if updates == '0' else '':12s}{updates:>9s}", end="")
        for one in tried:
            some_ = some(kind=kind, optimiser=one, updates=updates)
            ratios = [row["ratio"] for row in some_] or [np.nan]
            print(f"{min(ratios):10.2g} {max(ratios):5.2g}", end="")
        print()
# --8<-- [end:table]

# %% --8<-- [start:picture]
fig, axes = plt.subplots(1, 3, figsize=(7.2, 3.2), sharey=True)
for ax, updates in zip(axes, ("0", "50", "200")):
    for one, style in zip(tried, ("C0o", "C2^", "C3D")):
        found = some(optimiser=one, updates=updates)
        x = [kinds.index(row["kind"]) for row in found]
        y = np.clip([row["ratio"] for row in found], 0.02, None)
        ax.semilogy(x, y, style, alpha=0.7, label=one)
    ax.axhline(1, color="gray", ls="--")
    ax.set_xticks(range(len(kinds)), kinds, rotation=90)
    ax.set_title(f"after {updates} updates" if int(updates) else "start")
axes[0].set_ylabel("foretold / largest that trains")
axes[2].legend()
plt.show()
# --8<-- [end:picture]

# %% --8<-- [start:half]
for column, name in (
    ("again", "from the first weights"),
    ("half", "going on"),
):
    print("half of it,", name)
    for updates in "0", "50", "200":
        print(f"{updates:>9s}", end="")
        for one in tried:
            told = [r[column] for r in some(optimiser=one, updates=updates)]
            print(f"{told.count('trains'):6d} of {len(told)}", end="")
            print(f", {told.count('above')} above", end="")
        print()
# --8<-- [end:half]
