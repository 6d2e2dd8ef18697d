"""Read your own run: log the loss of every update, in PyTorch.

Needs numpy and torch. It writes log.csv.
Run it with: python snippets/frameworks/logging_pytorch.py
"""

# %% --8<-- [start:model]
import math
from pathlib import Path

import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(0)  # 320 samples are 20 batches of 16
X = rng.normal(size=(320, 2)).astype("float32")
noise = rng.normal(size=(320, 1)).astype("float32")
y = X @ np.array([[3], [-2]], "float32") + noise
net = nn.Linear(2, 1, bias=False)
nn.init.zeros_(net.weight)
cost, rate, epochs = nn.MSELoss(), 4.0, 2  # such a rate explodes
# --8<-- [end:model]

# %% --8<-- [start:batches]
optimizer = torch.optim.SGD(net.parameters(), lr=rate)
epoch = [part.split(16) for part in (torch.tensor(X), torch.tensor(y))]
batches = list(zip(*epoch)) * epochs
# --8<-- [end:batches]

# %% --8<-- [start:log]
log = open("log.csv", "w", buffering=1)  # each line is on disk at once
print("step,loss,grad_norm,weight,lr", file=log)
for step, (x, target) in enumerate(batches):  # of all epochs
    optimizer.zero_grad()
    loss = cost(net(x), target)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(net.parameters(), math.inf)  # no clip
    weight = next(net.parameters()).flatten()[0]
    lr = optimizer.param_groups[0]["lr"]
    record = step, loss.item(), norm.item(), weight.item(), lr
    print(*record, sep=",", file=log)
    if not all(map(math.isfinite, record)):
        break  # before the step: the weights are as they were
    optimizer.step()
# --8<-- [end:log]

# %% --8<-- [start:after]
log.close()
print(Path("log.csv").read_text()[-300:])
print("The weights are still", net.weight.tolist())
# --8<-- [end:after]
