"""In your framework: lines for a loop of your own, in PyTorch.

No program, but pieces of one: net, cost, batches, optimizer and device are
yours. The first piece is the loop that all others go into.
"""

# %% --8<-- [start:loop]
import math
import torch
from torch import nn

for step, (x, target) in enumerate(batches):
    optimizer.zero_grad()
    loss = cost(net(x), target)
    loss.backward()
    optimizer.step()
# --8<-- [end:loop]

# %% --8<-- [start:every-update]
loss = cost(net(x), target)
print(loss.item())  # one number per line
# --8<-- [end:every-update]

# %% --8<-- [start:stop]
if not loss.isfinite():
    raise FloatingPointError(f"the loss is {loss.item()}")
loss.backward()
nn.utils.clip_grad_norm_(  # infinity clips nothing; 1.0 would clip
    net.parameters(), max_norm=math.inf, error_if_nonfinite=True
)
optimizer.step()
# --8<-- [end:stop]

# %% --8<-- [start:watch]
weights = [w for w in net.parameters() if w.requires_grad]
log = open("log.csv", "w", buffering=1)  # each line is on disk at once
print("step,loss,grad_norm,moved", file=log)

# in the loop:
loss.backward()
norm = nn.utils.clip_grad_norm_(weights, math.inf)  # clips nothing
old = nn.utils.parameters_to_vector(weights).detach()
if good := bool(loss.isfinite() and norm.isfinite()):
    optimizer.step()
new = nn.utils.parameters_to_vector(weights).detach()
moved = ((new - old).norm() / old.norm()).item()
print(step, loss.item(), norm.item(), moved, sep=",", file=log)
if not good:
    raise FloatingPointError(f"loss {loss.item()}, norm {norm.item()}")
# --8<-- [end:watch]


# %% --8<-- [start:find]
def look(module, inputs, output):
    sizes = [p.abs().max().item() for p in inputs if torch.is_tensor(p)]
    for part in output if isinstance(output, tuple) else [output]:
        if torch.is_tensor(part) and not part.isfinite().all():
            raise FloatingPointError(f"{module.path}, given {sizes}")


for path, module in net.named_modules():
    module.path = path
    module.register_forward_hook(look)
net(x)  # the batch that did it, with the weights from before it
# --8<-- [end:find]

# %% --8<-- [start:resume]
optimizer.load_state_dict(saved)  # this brings the old rate back
for group in optimizer.param_groups:  # every group has its own
    group["lr"] = 1e-5
    group.pop("initial_lr", None)  # or a scheduler begins at the old
# --8<-- [end:resume]


# %% --8<-- [start:warm-up]
def share(t):  # of the rate, at update t: up in 100, down to 0 at 10,000
    half_way_round = math.pi * min(1, t / 10_000)
    return min(1, (t + 1) / 100) * (1 + math.cos(half_way_round)) / 2


scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, share)

# in the loop:
optimizer.step()
scheduler.step()  # once per update, after the optimiser
# --8<-- [end:warm-up]

# %% --8<-- [start:clip]
loss.backward()
nn.utils.clip_grad_norm_(net.parameters(), max_norm=1.0)
optimizer.step()
# --8<-- [end:clip]

# %% --8<-- [start:optimisers]
optimizer = torch.optim.SGD(net.parameters(), lr=1e-4, momentum=0.9)
# or
optimizer = torch.optim.SGD(
    net.parameters(), lr=1e-4, momentum=0.9, nesterov=True
)
# or
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
# --8<-- [end:optimisers]

# %% --8<-- [start:adamw]
kernels = [w for w in net.parameters() if w.ndim > 1]
others = [w for w in net.parameters() if w.ndim < 2]  # biases, norms
groups = [{"params": kernels}, {"params": others, "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, lr=1e-3, weight_decay=0.1)
# --8<-- [end:adamw]

# %% --8<-- [start:fp16]
scaler = torch.amp.GradScaler(device)  # device: "cuda"

# in the loop:
with torch.autocast(device, dtype=torch.float16):
    loss = cost(net(x), target)
scaler.scale(loss).backward()
scaler.unscale_(optimizer)  # before you clip, or look at a gradient
nn.utils.clip_grad_norm_(net.parameters(), max_norm=1.0)
scaler.step(optimizer)  # not taken where a gradient is inf or nan
scaler.update()
# --8<-- [end:fp16]

# %% --8<-- [start:bf16]
with torch.autocast(device, dtype=torch.bfloat16):
    loss = cost(net(x), target)
loss.backward()  # and all else as in 32 bits, without a scaler
# --8<-- [end:bf16]

# %% --8<-- [start:accumulate]
for step, (x, target) in enumerate(batches):
    loss = cost(net(x), target) / 4  # four means make one mean
    loss.backward()
    if step % 4 == 3:
        optimizer.step()
        optimizer.zero_grad()
# --8<-- [end:accumulate]

# %% --8<-- [start:standardise]
spread, mean = torch.std_mean(X, dim=0)  # of the data for training
spread[spread == 0] = 1  # a constant column

# in the loop:
loss = cost(net((x - mean) / spread), target)
# --8<-- [end:standardise]

# %% --8<-- [start:start]
nn.init.zeros_(net[-1].weight)  # the bias keeps its start
# --8<-- [end:start]

# %% --8<-- [start:mask]
lowest = torch.finfo(scores.dtype).min
scores = scores.masked_fill(~keep, lowest)
# --8<-- [end:mask]

# %% --8<-- [start:range-test]
optimizer = torch.optim.SGD(net.parameters(), lr=1e-6)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 1.15)
most = math.inf
for x, target in batches:
    optimizer.zero_grad()
    loss = cost(net(x), target)
    print(scheduler.get_last_lr()[0], loss.item())
    if not loss <= most:  # true for a nan as well
        break
    most = min(most, 1000 * loss.item())
    loss.backward()
    optimizer.step()
    scheduler.step()
# --8<-- [end:range-test]
