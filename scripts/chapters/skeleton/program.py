"""TITLE: ⟨what it shows, in a sentence⟩.

Needs numpy and matplotlib. Run it with: python snippets/NAME.py
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:descend]
import matplotlib.pyplot as plt
import numpy as np

lam = 10.0  # the curvature of a parabola


def descend(alpha, steps=20, w=1.0):
    path = [w]
    for _ in range(steps):
        path.append(path[-1] - alpha * lam * path[-1])
    return np.array(path)


# --8<-- [end:descend]

# %% --8<-- [start:run]
for alpha in 0.05, 0.21:
    last = descend(alpha)[-1]
    print(f"α = {alpha}: after 20 updates the error is {last:.3g}")
# --8<-- [end:run]

# %% --8<-- [start:draw]
for alpha in 0.05, 0.21:
    plt.plot(descend(alpha), label=f"α = {alpha}")
plt.xlabel("update")
plt.ylabel("error")
plt.legend()
plt.show()
# --8<-- [end:draw]
