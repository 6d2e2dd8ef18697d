"""Measure your own model: its largest curvature, and its share of the limit under Adam, in PyTorch.

Needs numpy, scipy and torch.
Run it with: python snippets/frameworks/measure_pytorch.py
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:data]
import numpy as np
import torch
from torch import nn

torch.set_default_dtype(torch.float64)  # to compare all digits; no need
torch.manual_seed(1)
rng = np.random.default_rng(1)
people = rng.uniform([20, 50], [70, 100], (100, 2))  # age, kilograms
pressure = people @ [[0.05], [0.02]] + rng.normal(9, 0.5, (100, 1))
raw, y = torch.tensor(people), torch.tensor(pressure)
standard = (raw - raw.mean(0)) / raw.std(0, correction=0)
# --8<-- [end:data]


# %% --8<-- [start:model]
def model():  # the network of the chapter Networks, with its first weights
    net = nn.Sequential(nn.Linear(2, 50), nn.Tanh(), nn.Linear(50, 1))
    rng = np.random.default_rng(0)
    for layer, (a, b) in zip(net[::2], ((2, 50), (50, 1))):
        w = rng.uniform(-1, 1, (a + 1) * b).reshape(a + 1, b) / a**0.5
        layer.weight.data = torch.tensor(w[:-1].T.copy())
        layer.bias.data = torch.tensor(w[-1])
    return net


def cost(said, y):
    return torch.sum((said - y) ** 2) / 2


# --8<-- [end:model]


# %% --8<-- [start:hessian]
def flat(parts):
    return torch.cat([part.reshape(-1) for part in parts])


def hessian(loss, params, P=1.0):  # what multiplies by H, and a start
    params, root = list(params), P**0.5
    g = flat(torch.autograd.grad(loss, params, create_graph=True))

    def product(v):
        Hv = torch.autograd.grad(g, params, v / root, retain_graph=True)
        return flat(Hv) / root

    return product, torch.randn_like(g)


# --8<-- [end:hessian]


# %% --8<-- [start:sharpness]
def sharpness(H, v, turns=20):  # power iteration
    for _ in range(turns):
        v = v / v.norm()
        Hv = H(v)
        found = v @ Hv
        miss, v = (Hv - found * v).norm(), Hv
    return found.item(), miss.item()


# --8<-- [end:sharpness]

# %% --8<-- [start:descent]
net, X = model(), raw
loss = cost(net(X), y)  # of all people, or of one large fixed batch
lam, miss = sharpness(*hessian(loss, net.parameters()))
print(f"λmax {lam:.5g} ± {miss:.2g}: SGD settles below {2 / lam:.3g},")
print(f"with momentum 0.9 below {2 * (1 + 0.9) / lam:.3g}")
# --8<-- [end:descent]

# %% --8<-- [start:trap]
torch.manual_seed(0)
loss = cost(net(standard), y)
lam, miss = sharpness(*hessian(loss, net.parameters()))
print(f"after 20 turns {lam:.0f} ± {miss:.0f}: no curvature yet")
# --8<-- [end:trap]

# %% --8<-- [start:ends]
from scipy.sparse.linalg import LinearOperator, eigsh

product, v = hessian(loss, net.parameters())
size = len(v), len(v)
H = LinearOperator(size, lambda x: product(v.new_tensor(x)).cpu().numpy())
least, most = eigsh(H, 2, which="BE", return_eigenvectors=False, tol=1e-3)
print(f"the curvatures reach from {least:.4g} to {most:.4g}")
# --8<-- [end:ends]

# %% --8<-- [start:train]
net, X = model(), standard
optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
for _ in range(1000):
    optimizer.zero_grad()
    cost(net(X), y).backward()
    optimizer.step()
# --8<-- [end:train]


# %% --8<-- [start:denominators]
def denominators(optimizer):  # of Adam or AdamW, each over its rate
    for group in optimizer.param_groups:
        for param in group["params"]:
            state = optimizer.state[param]
            fix = 1 - group["betas"][1] ** state["step"].item()
            root = (state["exp_avg_sq"] / fix) ** 0.5
            yield (root + group["eps"]) / group["lr"]


# --8<-- [end:denominators]

# %% --8<-- [start:adam]
params = [p for group in optimizer.param_groups for p in group["params"]]
P = flat(denominators(optimizer))
lam, miss = sharpness(*hessian(cost(net(X), y), params, P))
print(f"share of the limit: {lam / 38:.3f} ± {miss / 38:.3f}")
# --8<-- [end:adam]
