"""Why gradient descent overshoots."""

# %% --8<-- [start:data]
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

x, y = np.loadtxt(Path(__file__).parent / "data/chi_regression.csv", delimiter=",", skiprows=1).T
print(f"{len(x)} points")
# --8<-- [end:data]

# %% --8<-- [start:run]
plt.plot(x, y, "o")
plt.show()
# --8<-- [end:run]
