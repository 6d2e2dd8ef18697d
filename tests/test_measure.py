"""The page *Measure your own model*: its lines in each framework against numpy, and its numbers against the runs."""

import contextlib
import functools
import io
import json
import re

import numpy as np
import pytest

from apart import last_line, skip_without
from conftest import ROOT, SNIPPETS
from weave.program import sections

pytestmark = pytest.mark.xdist_group("frameworks")  # one worker runs each framework once

FOLDER = SNIPPETS / "frameworks"
PAGE = (ROOT / "docs" / "measure.md").read_text(encoding="utf-8")
PROSE = " ".join(PAGE.split())
NEEDS = {"pytorch": ["torch", "scipy"], "keras": ["tensorflow", "keras"], "jax": ["jax", "optax"]}
TABS = {"PyTorch": "pytorch", "Keras": "keras", "JAX": "jax"}
PARTS = ["data", "model", "hessian", "sharpness", "descent", "trap", "ends", "train", "denominators", "adam"]
SHOWN = ["hessian", "sharpness", "descent", "ends", "denominators", "adam"]
each = pytest.mark.parametrize("framework", NEEDS)

# What every program has found, in the names of its own.
RUN = """
import json
names, found = {"__name__": "__main__"}, {}
for name, code in PARTS.items():
    exec(code, names)
    found[name] = {k: float(names[k]) for k in ("lam", "miss", "least", "most") if k in names}
exec(MORE, names)
print()
print(json.dumps(found | {"more": names["more"]}))
"""
MORE = {
    "pytorch": """
import json, warnings
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
warnings.simplefilter("ignore")
torch.set_default_dtype(torch.float32)
ce = nn.functional.cross_entropy
def measure(net, loss=None, turns=60):
    torch.manual_seed(0)
    loss = ce(net(pictures), digit) if loss is None else loss
    return sharpness(*hessian(loss, net.parameters()), turns)
def trained(net, updates):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.3)
    for _ in range(updates):
        optimizer.zero_grad()
        ce(net(pictures), digit).backward()
        optimizer.step()
    return net
def failure(what):
    try:
        return what()
    except RuntimeError as error:
        return str(error)
def flops(what):
    with FlopCounterMode(display=False) as counter:
        what()
    return counter.get_total_flops()
torch.manual_seed(0)
digit = torch.arange(128) % 10  # ten blurred pictures of 8 × 8, and noise
pictures = (torch.randn(10, 1, 8, 8)[digit] + 0.5 * torch.randn(128, 1, 8, 8)).abs() / 2
more = {}
torch.manual_seed(0)
drop = trained(nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 10)), 100)
more["dropout"] = [[measure(drop.train(mode), turns=100)[0] for mode in (False, True)]]
def masked(seed):
    torch.manual_seed(seed)
    return measure(drop.train(), ce(drop(pictures), digit), 100)[0]
more["masks"] = [masked(seed) for seed in range(1, 6)]
more["whole"] = measure(drop.eval(), turns=200)[0]
torch.manual_seed(0)
norm = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 10))
trained(norm, 50)
more["batch norm"] = [measure(norm.train(mode), turns=200)[0] for mode in (True, False)]
layer = nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True)
def attended():
    return measure(layer, layer(pictures[:, 0]).square().mean())
more["fused"] = failure(attended)
with sdpa_kernel(SDPBackend.MATH):
    more["math"] = attended()
compiled = torch.compile(drop.eval(), backend="aot_eager")
more["compiled"] = failure(lambda: measure(compiled))
slope = flops(lambda: torch.autograd.grad(ce(drop(pictures), digit), list(drop.parameters())))
more["cost"] = [flops(lambda n=n: measure(drop, turns=n)) / slope for n in (20, 40)]
turns = {}
for dtype in torch.float32, torch.bfloat16:
    net = model().to(dtype)
    loss = cost(net(raw.to(dtype)), y.to(dtype))
    turns[str(dtype)] = sharpness(*hessian(loss, net.parameters()), 100)
more["types"] = turns
groups = [{"params": [part], "lr": rate} for part, rate in zip(model().parameters(), (0.1, 0.2, 0.3, 0.4))]
optimizer = torch.optim.AdamW(groups)
cost_ = sum(k * group["params"][0].sum() for k, group in enumerate(groups, 1))
cost_.backward()
optimizer.step()
more["groups"] = [part.flatten()[0].item() for part in denominators(optimizer)]
""",
    "keras": "more = None",
    "jax": "more = None",
}


@functools.cache
def run_of(framework):
    """What the program of a framework has found, section by section."""
    skip_without(NEEDS[framework])
    parts = {part.name: part.code for part in sections(FOLDER / f"measure_{framework}.py")}
    code = f"PARTS = {parts!r}\nMORE = {MORE[framework]!r}\n{RUN}"
    return json.loads(last_line(code, FOLDER))


@functools.cache
def network():
    """What the chapter Networks defines up to its sharpness, and the standardised inputs."""
    names, parts = {}, {part.name: part.code for part in sections(SNIPPETS / "networks.py")}
    with contextlib.redirect_stdout(io.StringIO()):
        for name in "net", "check", "sharpness":
            exec(parts[name], names)
    people = names["people"]
    standard = (people - people.mean(axis=0)) / people.std(axis=0)
    names["tasks"] = {"raw": names["raw"], "standard": (standard, *names["raw"][1:])}
    return names


def hessian(w, inputs):
    """All of H, from numpy's gradients."""
    net = network()
    H = np.array([net["product"](w, net["tasks"][inputs], one) for one in np.eye(201)])
    return (H + H.T) / 2


@functools.cache
def after_adam():
    """The weights and the denominators after a thousand updates of Adam at 0.1, on standardised inputs."""
    net = network()
    w, m, v = net["w"], 0, 0
    for t in range(1, 1001):
        g = net["gradient"](w, net["tasks"]["standard"])[1]
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        P = np.sqrt(v / (1 - 0.999**t)) + 1e-8
        w = w - 0.1 / (1 - 0.9**t) * m / P
    return w, P
