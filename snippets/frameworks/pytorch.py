"""In your framework: every remedy of one failing run, in PyTorch.

Needs numpy and torch. Run it with: python snippets/frameworks/pytorch.py
"""

# %% --8<-- [start:data]
import numpy as np
import torch
from torch import nn

torch.set_default_dtype(torch.float64)  # only to compare with numpy
rng = np.random.default_rng(1)
people = rng.uniform([20, 50], [70, 100], (100, 2))  # age, kilograms
pressure = people @ [[0.05], [0.02]] + rng.normal(9, 0.5, (100, 1))
X, y = torch.tensor(people), torch.tensor(pressure)
losses = {}
# --8<-- [end:data]


# %% --8<-- [start:model]
def model():  # always with the same first weights, those of Networks
    rng = np.random.default_rng(0)
    net = nn.Sequential(nn.Linear(2, 50), nn.Tanh(), nn.Linear(50, 1))
    for layer in net[0], net[2]:
        a, b = layer.in_features, layer.out_features
        first = torch.tensor(rng.uniform(-1, 1, (a + 1, b)) / a**0.5)
        with torch.no_grad():
            layer.weight.copy_(first[:-1].T)
            layer.bias.copy_(first[-1])
    return net


def half_sum(said, y):  # the default, reduction="mean", is 100 times less
    return nn.functional.mse_loss(said, y, reduction="sum") / 2


# --8<-- [end:model]


# %% --8<-- [start:train]
def train(net, optimizer, X=X, cost=half_sum, updates=20, **do):
    losses = []
    for _ in range(updates):
        optimizer.zero_grad()  # otherwise gradients add up
        loss = cost(net(X), y)
        losses.append(loss.item())  # the loss before this update
        if "watch" in do and do["watch"](loss):  # it may say: stop
            break
        loss.backward()
        if "before_step" in do and do["before_step"]():  # the place to clip
            break
        optimizer.step()
        if "after_step" in do:  # the place to change the rate
            do["after_step"]()
    return losses


# --8<-- [end:train]


# %% --8<-- [start:failing]
net = model()
optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
losses["failing"] = train(net, optimizer)
# --8<-- [end:failing]

# %% --8<-- [start:rate]
net = model()
optimizer = torch.optim.SGD(net.parameters(), lr=1e-4)
losses["rate"] = train(net, optimizer)
# --8<-- [end:rate]

# %% --8<-- [start:resume]
saved = net.state_dict(), optimizer.state_dict()  # a checkpoint
net = model()
optimizer = torch.optim.SGD(net.parameters(), lr=1e-5)
net.load_state_dict(saved[0])
optimizer.load_state_dict(saved[1])  # this brings 1e-4 back
for group in optimizer.param_groups:  # every group has its own rate
    group["lr"] = 1e-5
    group.pop("initial_lr", None)  # or a new scheduler begins at the old
losses["resume"] = train(net, optimizer)
# --8<-- [end:resume]

# %% --8<-- [start:standardise]
net = model()
optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
# correction=0 as in numpy: by default torch divides by n - 1
spread, mean = torch.std_mean(X, dim=0, correction=0)
losses["standardise"] = train(net, optimizer, (X - mean) / spread)
# --8<-- [end:standardise]


# %% --8<-- [start:mean]
def half_mean(said, y):
    return nn.functional.mse_loss(said, y) / 2


net = model()
optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
losses["mean"] = train(net, optimizer, cost=half_mean)
# --8<-- [end:mean]

# %% --8<-- [start:init]
net = model()
nn.init.zeros_(net[2].weight)  # the bias keeps its start
optimizer = torch.optim.SGD(net.parameters(), lr=1e-4)
losses["init"] = train(net, optimizer)
# --8<-- [end:init]


# %% --8<-- [start:clip-norm]
def clip():  # after loss.backward(), before optimizer.step()
    nn.utils.clip_grad_norm_(net.parameters(), max_norm=100)


net = model()
optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
losses["clip-norm"] = train(net, optimizer, before_step=clip)
# --8<-- [end:clip-norm]


# %% --8<-- [start:clip-value]
def clip():
    nn.utils.clip_grad_value_(net.parameters(), clip_value=10)


net = model()
optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
losses["clip-value"] = train(net, optimizer, before_step=clip)
# --8<-- [end:clip-value]

# %% --8<-- [start:momentum]
net = model()
optimizer = torch.optim.SGD(net.parameters(), lr=1e-4, momentum=0.9)
losses["momentum"] = train(net, optimizer)
# --8<-- [end:momentum]

# %% --8<-- [start:nesterov]
net = model()
optimizer = torch.optim.SGD(
    net.parameters(), lr=1e-4, momentum=0.9, nesterov=True
)
losses["nesterov"] = train(net, optimizer)
# --8<-- [end:nesterov]

# %% --8<-- [start:adam]
net = model()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)  # eps is 1e-8
losses["adam"] = train(net, optimizer)
# --8<-- [end:adam]

# %% --8<-- [start:warm-up]
net = model()
optimizer = torch.optim.SGD(net.parameters(), lr=3e-4)
# a tenth of lr at update 0, all of it from update 9 on
scheduler = torch.optim.lr_scheduler.LinearLR(
    optimizer, start_factor=0.1, total_iters=9
)
losses["warm-up"] = train(net, optimizer, after_step=scheduler.step)
# --8<-- [end:warm-up]


# %% --8<-- [start:line-search]
@torch.no_grad()
def search():  # before each step: from 1e-3, halve while it is too long
    w = nn.utils.parameters_to_vector(net.parameters())
    g = torch.cat([p.grad.ravel() for p in net.parameters()])
    before, alpha = half_sum(net(X), y), 1e-3
    for _ in range(40):
        nn.utils.vector_to_parameters(w - alpha * g, net.parameters())
        if half_sum(net(X), y) <= before - 1e-4 * alpha * (g @ g):
            break
        alpha /= 2
    nn.utils.vector_to_parameters(w, net.parameters())  # back again
    optimizer.param_groups[0]["lr"] = alpha


net = model()
optimizer = torch.optim.SGD(net.parameters())
losses["line-search"] = train(net, optimizer, before_step=search)
# --8<-- [end:line-search]

# %% --8<-- [start:range-test]
net = model()
optimizer = torch.optim.SGD(net.parameters(), lr=1e-6)
longer = torch.optim.lr_scheduler.ExponentialLR(optimizer, 10 ** (6 / 99))
bad = 1000 * half_sum(net(X), y).item()
losses["range-test"] = train(
    net,
    optimizer,
    updates=100,
    after_step=longer.step,
    watch=lambda loss: not loss <= bad,  # a nan is not <= anything
)
# --8<-- [end:range-test]


# %% --8<-- [start:stop-at-nan]
def bad_loss(loss):  # asked before loss.backward()
    return not torch.isfinite(loss)


def bad_gradient():  # asked before optimizer.step()
    # with the max_norm of inf nothing is clipped, only measured
    norm = nn.utils.clip_grad_norm_(net.parameters(), max_norm=torch.inf)
    return not torch.isfinite(norm)


net, do = model(), {"watch": bad_loss, "before_step": bad_gradient}
optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
losses["stop-at-nan"] = train(net, optimizer, updates=500, **do)
# --8<-- [end:stop-at-nan]

# %% --8<-- [start:compare]
for name, run in losses.items():
    print(f"{name:12} {len(run):4d} losses, {run[0]:.0f} → {run[-1]:.4g}")
# --8<-- [end:compare]
