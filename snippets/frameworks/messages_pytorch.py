"""You see this line: the checks that need more than one line, in PyTorch.

Needs torch. Run it with: python snippets/frameworks/messages_pytorch.py
"""

# %% --8<-- [start:given]
import torch
from torch import nn

net = nn.Linear(2, 1)
x, target, cost = torch.ones(4, 2), torch.zeros(4, 1), nn.MSELoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
scaler = torch.amp.GradScaler("cpu")  # on a GPU: "cuda"
labels, frames = torch.tensor([[1, 1, 2, 3], [1, 2, 3, 1]]), [4, 4]
(cost(net(x), target) * float("nan")).backward()  # gradients of nan
# --8<-- [end:given]

# %% --8<-- [start:which]
for name, p in net.named_parameters():
    if p.grad is not None and not p.grad.isfinite().all():
        print(name, "has a gradient that is not finite")
# --8<-- [end:which]

# %% --8<-- [start:frames]
for n, (label, has) in enumerate(zip(labels, frames)):
    needs = len(label) + (label[1:] == label[:-1]).sum().item()
    if has < needs:
        print(f"sample {n}: {has} frames, and it needs {needs}")
# --8<-- [end:frames]

# %% --8<-- [start:order]
optimizer.zero_grad()
scaler.scale(cost(net(x), target)).backward()
scaler.unscale_(optimizer)  # only if you clip
nn.utils.clip_grad_norm_(net.parameters(), 1.0)
scaler.step(optimizer)
scaler.update()
# --8<-- [end:order]
