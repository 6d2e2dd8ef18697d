"""A number that is halved.

Needs numpy and matplotlib. Run it with: python snippets/overshoot.py
"""

# %% --8<-- [start:halve]
import matplotlib.pyplot as plt
import numpy as np

lam, alpha = 1.0, 0.5
numbers = (1 - alpha * lam) ** np.arange(5)
print(numbers[:3])
# --8<-- [end:halve]

# %% --8<-- [start:draw]
plt.plot(numbers, "o-")
plt.xlabel("update")
plt.show()
# --8<-- [end:draw]
