# %% [markdown]
# ---
# title: "Lab: a limit"
# description: A lab with one blank, one check and one figure, in which things are broken.
# ---

# %% [markdown]
# # Lab: a limit
#
# The curvature is given, and you find the limit.

# %%
import matplotlib.pyplot as plt
import numpy as np
from given.checks import check

# %% [markdown]
# Which rate is the largest that settles?

# %%
lam = np.array([2.0, 5.0])
# answer: the largest rate that settles
limit = 2 / lam.max()

# %%
check(
    limit,
    0.4,
    "It is 2 over the curvature.",
    [(0.2, "This is half the limit.")],
    "It depends on the curvature alone.",
)

# %% alt="The limit falls as the curvature grows."
plt.plot([1, 2, 5], [2, 1, 0.4])
plt.show()
