"""What the lines for PyTorch do in an ordinary loop, on the failing run of Networks: printed as JSON.

It is run by ``tests/test_frameworks.py``, in a process of its own.
"""

import contextlib
import io
import json
import math
import os
import sys
import tempfile
import warnings
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook

from lines.network import X, half_mean, half_sum, model, y
from lines.woven import pieces, woven


def in_parallel():
    """The gradient of one linear layer on four numbers, alone and as the mean of two processes."""
    if not (hasattr(os, "fork") and sys.platform == "linux"):
        return None
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    costs = {"mean": lambda said: (said**2).mean(), "sum": lambda said: (said**2).sum()}

    def gradient(cost, part, wrap=lambda net: net):
        net = nn.Linear(2, 1)
        nn.init.ones_(net.weight)
        nn.init.zeros_(net.bias)
        wrapped = wrap(net)  # it is forgotten, and averages nothing, without a name
        cost(wrapped(torch.arange(8.0).reshape(4, 2)[part])).backward()
        return torch.cat([w.grad.ravel() for w in net.parameters()]).tolist()

    store, child = tempfile.mkdtemp() + "/store", os.fork()
    rank = 0 if child else 1
    torch.distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    part, wrap = slice(2 * rank, 2 * rank + 2), nn.parallel.DistributedDataParallel
    two = {f"{name} of two": gradient(cost, part, wrap) for name, cost in costs.items()}
    torch.distributed.destroy_process_group()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    return two | {name: gradient(cost, slice(4)) for name, cost in costs.items()}


PARALLEL = in_parallel()  # first, because a process with threads must not be forked
warnings.filterwarnings("ignore", message="Anomaly Detection|Error detected in")
torch.set_default_dtype(torch.float64)  # to compare with numpy
PIECES = pieces("pytorch")


def flat(net):
    return nn.utils.parameters_to_vector(net.parameters()).detach().clone()


def run(piece, updates=20, rate=1e-3, cost=half_sum, net=None, batches=None, loop=PIECES["loop"], **given):
    """The names after a loop with these lines: its losses, its error, its weights after each update."""
    net, losses, after = net or model(), [], []

    def watched(said, target):
        loss = cost(said, target)
        losses.append(loss.item())
        return loss

    def note(*_):
        after.append(flat(net))

    names = {
        "torch": torch,
        "nn": nn,
        "math": math,
        "net": net,
        "cost": watched,
        "device": "cpu",
        "X": X,
        "y": y,
    }
    names["optimizer"] = torch.optim.SGD(net.parameters(), lr=rate)
    names |= {"batches": batches or [(X, y)] * updates, "losses": losses, "after": after, "begin": flat(net)}
    names |= {"error": ""} | given
    handle, said = register_optimizer_step_post_hook(note), io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            exec(woven(loop, piece), names)
    except (ArithmeticError, RuntimeError, ValueError) as error:
        names["error"] = f"{type(error).__name__}: {error}"
    handle.remove()
    return names | {"said": said.getvalue().splitlines()}


def stopped(names):
    """Where a run stopped, why, and whether its weights are finite and those from before the stop."""
    net, after = flat(names["net"]), [names["begin"], *names["after"]]
    return {
        "losses": names["losses"],
        "error": names["error"],
        "finite": bool(net.isfinite().all()),
        "kept": torch.equal(net, after[-1]),
        "updates": len(names["after"]),
        "largest": net.abs().max().item(),
    }


# ── The losses of each remedy ────────────────────────────────────────────────────────────────────

found = {"losses": {}}
for name in "loop", "every-update", "warm-up", "clip", "adamw", "standardise":
    names = run("" if name == "loop" else PIECES[name])
    found["losses"][name] = names["losses"]
    if name == "every-update":
        found["shown"] = [float(line) for line in names["said"]]
by_value = PIECES["clip"].replace("norm_(net.parameters(), max_norm=1.0)", "value_(net.parameters(), 0.1)")
found["losses"]["clip-value"] = run(by_value)["losses"]
lines = PIECES["optimisers"].replace("# or\n", "").split("optimizer = ")[1:]
for name, line in zip(["momentum", "nesterov", "adam"], lines, strict=True):
    found["losses"][name] = run(f"optimizer = {line}")["losses"]
zeroed = model()
exec(PIECES["start"], {"nn": nn, "net": zeroed})
found["losses"]["start"] = run("", net=zeroed, rate=1e-4)["losses"]
going = run("", rate=1e-4)
going["optimizer"].param_groups[0]["initial_lr"] = 1e-4
exec(PIECES["resume"], {"optimizer": going["optimizer"], "saved": going["optimizer"].state_dict()})
found["losses"]["resume"] = run("", net=going["net"], optimizer=going["optimizer"])["losses"]
swept = run(PIECES["range-test"], updates=200)
found["losses"]["range-test"] = swept["losses"]
found["range"] = [float(line.split()[0]) for line in swept["said"]]
shares = run(PIECES["warm-up"], updates=1)["share"]
found["shares"] = [shares(t) for t in (0, 9, 99, 5_000, 10_000, 12_000)]

# ── Stop, watch, find ────────────────────────────────────────────────────────────────────────────


class Root(nn.Module):
    """Its loss is 1 at the start, and its gradient nan."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(3))

    def forward(self, X):
        return 1 + (self.w**2).sum().sqrt()


def itself(said, target):
    return said


def missing(said, target):  # its loss is nan, and its gradient is not
    return (said + torch.tensor([math.nan])).sum()


LOSS_ALONE = PIECES["stop"].split("nn.utils")[0] + "optimizer.step()\n"
found["stop"] = {
    "root": stopped(run(PIECES["stop"], net=Root(), cost=itself)),
    "root, loss alone": stopped(run(LOSS_ALONE, net=Root(), cost=itself)),
    "missing": stopped(run(PIECES["stop"], cost=missing, updates=3)),
    "explodes": stopped(run(PIECES["stop"], updates=400)),
    "clips at 1": stopped(run(PIECES["stop"].replace("math.inf", "1.0"))),
}
plain = run("", updates=5)
found["stop"]["trains"] = stopped(run(PIECES["stop"], updates=5)) | {"same": plain["losses"]}
for name, more in ("explodes", {"updates": 400}), ("root", {"net": Root(), "cost": itself}):
    watched = run(PIECES["watch"], **more)
    watched["log"].close()
    found[f"watch {name}"] = stopped(watched) | {"log": Path("log.csv").read_text()}


class Power(nn.Module):
    def forward(self, x):
        return torch.exp(x)


class Pair(nn.Module):
    def forward(self, x):
        return x, x / 0


def told(net, x):
    try:
        exec(PIECES["find"], {"torch": torch, "net": net, "x": torch.tensor([x])})
    except FloatingPointError as error:
        return str(error)


block = nn.Sequential(OrderedDict(narrow=nn.Identity(), power=Power(), last=nn.Linear(1, 1)))
found["find"] = {
    "huge": told(nn.Sequential(OrderedDict(first=nn.Identity(), block=block)), [800.0]),
    "fine": told(nn.Sequential(block), [1.0]),
    "pair": told(nn.Sequential(OrderedDict(pair=Pair())), [2.0]),
}


def blamed(what):
    """What anomaly mode says, or the gradient where it says nothing."""
    w = torch.tensor([800.0, 0.0], requires_grad=True)
    try:
        with torch.autograd.detect_anomaly(check_nan=True):
            what(w).backward()
    except RuntimeError as error:
        return str(error)
    return w.grad.tolist()


def softmax(w):  # inf/inf in a division of the forward pass
    power = torch.exp(w)
    return -torch.log(power / power.sum())[1]


found["anomaly"] = {
    "backward": blamed(lambda w: (w[1:] ** 2).sum().sqrt()),
    "forward": blamed(softmax),
    "data": blamed(lambda w: (w + torch.tensor([0.0, math.nan])).sum()),
    "inf": blamed(lambda w: torch.exp(w).sum()),
}

# ── Rates ────────────────────────────────────────────────────────────────────────────────────────


def rate_after(make, *, lower, anew=False):
    """The rate three updates after it was lowered at the fifth, under a scheduler."""
    weight = torch.ones(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.01)
    scheduler = make(optimizer)
    for t in range(8):
        if t == 5:
            exec(lower, {"optimizer": optimizer, "saved": optimizer.state_dict()})
            if anew:
                scheduler = make(optimizer)
        optimizer.zero_grad()
        weight.sum().backward()
        optimizer.step()
        scheduler.step()
    return optimizer.param_groups[0]["lr"]


def constant(optimizer):
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: 1.0)


def restarts(optimizer):
    return torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 1000)


def two_groups(lines):
    """The rates after a checkpoint of 1e-4 is loaded into an optimiser of 1e-5 by these lines."""
    parts = [{"params": [torch.ones(1, requires_grad=True)]} for _ in range(2)]
    old, new = torch.optim.SGD(parts, lr=1e-4), torch.optim.SGD([dict(part) for part in parts], lr=1e-5)
    exec(lines, {"optimizer": new, "saved": old.state_dict()})
    return [group["lr"] for group in new.param_groups]


without_pop = PIECES["resume"].split("    group.pop")[0]
found["rates"] = {
    "loaded": two_groups(PIECES["resume"].splitlines()[0]),
    "first only": two_groups(PIECES["resume"].splitlines()[0] + "\noptimizer.param_groups[0]['lr'] = 1e-5"),
    "all": two_groups(PIECES["resume"]),
    "old scheduler": rate_after(constant, lower=PIECES["resume"]),
    "anew": [rate_after(make, lower=without_pop, anew=True) for make in (constant, restarts)],
    "forgotten": [rate_after(make, lower=PIECES["resume"], anew=True) for make in (constant, restarts)],
}

# ── Decay, sixteen bits, batches, masks ──────────────────────────────────────────────────────────

after = run(PIECES["adamw"], updates=1)
found["decay"] = {
    "groups": [[len(g["params"]), g["weight_decay"]] for g in after["optimizer"].param_groups],
    "default": torch.optim.AdamW([torch.zeros(1)]).defaults["weight_decay"],
}


def still(optimizer_class):
    """What is left of a weight of 1 after an update at 0.1 with the decay 0.5 and no gradient at all."""
    w = torch.ones(1, requires_grad=True)
    w.grad = torch.zeros(1)
    optimizer_class([w], lr=0.1, weight_decay=0.5).step()
    return w.item()


def twice():
    """The same after one and two updates of SGD with momentum."""
    w, left = torch.ones(1, requires_grad=True), []
    optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.5)
    for _ in range(2):
        w.grad = torch.zeros(1)
        optimizer.step()
        left.append(w.item())
    return left


found["decay"]["momentum"] = twice()
found["decay"] |= {name: still(getattr(torch.optim, name)) for name in ("Adam", "AdamW")}


def small(times=1.0):
    """A weight in 32 bits, and a cost whose gradient is ``times`` the weight."""
    net = nn.Linear(1, 1, bias=False, dtype=torch.float32)
    nn.init.ones_(net.weight)
    return {"net": net, "cost": lambda said, target: (times * said.float() ** 2).sum() / 2}


ONE = [(torch.ones(1, 1, dtype=torch.float32), None)]


def scaled(piece, times, updates):
    names = run(piece, rate=0.1, batches=ONE * updates, **small(times))
    return {
        "scale": names["scaler"].get_scale(),
        "weights": [w.item() for w in names["after"]],
        "weight": names["net"].weight.item(),
        "losses": names["losses"],
        "error": names["error"],
    }


CLIP = "nn.utils.clip_grad_norm_(net.parameters(), max_norm=1.0)\n"
UNSCALE = PIECES["fp16"].splitlines(keepends=True)[6]
clipped_first = PIECES["fp16"].replace(CLIP, "").replace(UNSCALE, CLIP + UNSCALE)
found["fp16"] = {
    "one": scaled(PIECES["fp16"], 1.0, 1),
    "ten thousand": scaled(PIECES["fp16"], 1e4, 14),
    "goes on": scaled(PIECES["fp16"], 3.0, 8),
    "clipped first": scaled(clipped_first, 3.0, 8),
}
half = run(PIECES["bf16"], rate=0.1, batches=ONE * 8, **small(3.0))
found["bf16"] = {
    "losses": half["losses"],
    "kept in": str(half["net"].weight.dtype),
    "plain": run("", rate=0.1, batches=ONE * 8, **small(3.0))["losses"],
}
quarters = [(a, b) for a, b in zip(X.split(25), y.split(25), strict=True)]
found["accumulate"] = {
    "begin": flat(model()).tolist(),
    "four": flat(run(PIECES["accumulate"], batches=quarters, cost=half_mean)["net"]).tolist(),
    "whole": flat(run("", updates=1, cost=half_mean)["net"]).tolist(),
    "not divided": flat(
        run(PIECES["accumulate"].replace(" / 4", ""), batches=quarters, cost=half_mean)["net"]
    ).tolist(),
    "updates": len(run(PIECES["accumulate"], batches=quarters * 5, cost=half_mean)["after"]),
}
scores, keep = torch.full((2, 3), -3e4, dtype=torch.float16), torch.tensor([[True, False, True], [False] * 3])
names = {"torch": torch, "scores": scores, "keep": keep}
exec(PIECES["mask"], names)
try:
    refused = str(scores.masked_fill(~keep, -1e9))
except RuntimeError as error:
    refused = str(error)
found["mask"] = {"open": names["scores"].softmax(-1).tolist(), "refused": refused}
found["parallel"] = PARALLEL
fast = model()
fast_optimizer = torch.optim.SGD(fast.parameters(), lr=3e-4, momentum=0.9)
ramp = torch.optim.lr_scheduler.LinearLR(fast_optimizer, start_factor=0.1, total_iters=9)
rising = PIECES["warm-up"].split("# in the loop:\n")[1]
found["schedule and momentum"] = run(rising, net=fast, optimizer=fast_optimizer, scheduler=ramp)["losses"]
found["spread"] = torch.std(X, dim=0).tolist()
found["default loss"] = nn.MSELoss()(model()(X), y).item()
parts = [nn.Parameter(torch.ones(2)) for _ in range(2)]
parts[0].grad, parts[1].grad = torch.tensor([math.nan, 1.0]), torch.ones(2)
nn.utils.clip_grad_norm_(parts, 1.0)
found["one nan clipped"] = [part.grad.isnan().all().item() for part in parts]
found["mask"]["lowest"] = scores.float().masked_fill(~keep, -math.inf).softmax(-1).tolist()
attention, some = nn.MultiheadAttention(8, 2, batch_first=True), torch.randn(2, 3, 8)
nothing, found["attention"] = torch.tensor([[True] * 3, [False] * 3]), {}
for training in True, False:
    attention.train(training)
    for weights in True, False:
        with torch.set_grad_enabled(training):
            out = attention(some, some, some, key_padding_mask=nothing, need_weights=weights)[0]
        found["attention"][f"{training}, {weights}"] = out.isnan()[:, 0, 0].tolist()
whole = nn.Linear(1, 1, bias=False, dtype=torch.bfloat16)
nn.init.ones_(whole.weight)
whole.weight.grad = torch.ones_like(whole.weight)
torch.optim.SGD(whole.parameters(), lr=1e-3).step()
found["bf16"]["lost"] = whole.weight.item()
falling, weight = torch.amp.GradScaler("cpu"), torch.ones(1, requires_grad=True)
some = torch.optim.SGD([weight], lr=0.1)
for _ in range(30):
    some.zero_grad()
    falling.scale(math.nan * weight.sum()).backward()
    falling.step(some)
    falling.update()
found["fp16"]["nan loss"] = [falling.get_scale(), weight.item()]
net = nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2))
decayed = torch.optim.AdamW(net.parameters(), lr=0.1, weight_decay=0.5)
for part in net.parameters():
    nn.init.ones_(part)
    part.grad = torch.zeros_like(part)
decayed.step()
found["decay"]["every"] = flat(net).tolist()
found["made"] = torch.optim.SGD(net.parameters(), lr=1e-4).param_groups[0]["lr"]

print()
print(json.dumps(found))
