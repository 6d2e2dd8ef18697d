"""The page *Measure your own model*: its lines in each framework against numpy, and its numbers against the runs."""

import contextlib
import functools
import io
import json
import re

import numpy as np
import pytest

from apart import last_line, skip_without
from conftest import ROOT, SNIPPETS, names_of
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
def halved(*channels):
    return [nn.Conv2d(*channels, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2)]
convolutions = nn.Sequential(*halved(1, 4), *halved(4, 8), nn.Flatten(), nn.Linear(32, 10))
slope = flops(lambda: torch.autograd.grad(ce(convolutions(pictures), digit), list(convolutions.parameters())))
more["cost of convolutions"] = flops(lambda: measure(convolutions, turns=20)) / slope
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


# ── What the programs find ───────────────────────────────────────────────────────────────────────


@each
def test_twenty_turns_find_the_largest_curvature_of_the_chapter_networks(framework):
    """ "All three say 61,840, give or take the `miss`"; and some curvature lies within `miss` of what was found."""
    found, exact = run_of(framework)["descent"], np.linalg.eigvalsh(hessian(network()["w"], "raw"))
    assert exact[-1] == pytest.approx(61_840.09, abs=0.05)
    assert found["lam"] == pytest.approx(61_840.09, rel=0.01)
    assert np.abs(exact - found["lam"]).min() <= found["miss"]
    assert found["miss"] < 0.1 * found["lam"]


@each
def test_a_miss_of_more_than_a_tenth_tells_that_it_has_not_settled(framework):
    found = run_of(framework)["trap"]
    assert found["miss"] > 0.1 * abs(found["lam"])
    assert abs(found["lam"] / 1309 - 1) > 0.05


def test_the_number_in_between_is_as_the_page_says():
    assert "after 20 turns PyTorch reads 1,023 ± 765" in PROSE
    found = run_of("pytorch")["trap"]
    assert (round(found["lam"]), round(found["miss"])) == (1023, 765)


@each
def test_lanczos_finds_both_ends_of_the_whole_hessian(framework):
    assert "the curvatures reach from −1,270 to 1,309" in PROSE
    found, exact = run_of(framework)["ends"], np.linalg.eigvalsh(hessian(network()["w"], "standard"))
    assert (round(exact[0]), round(exact[-1])) == (-1270, 1309)
    assert (found["least"], found["most"]) == pytest.approx((exact[0], exact[-1]), rel=1e-4)


@each
def test_the_distance_from_the_limit_under_adam_is_that_of_the_whole_hessian(framework):
    """ "all three print 0.751, and so does all of $H$ in numpy" """
    w, P = after_adam()
    rescaled = hessian(w, "standard") / np.sqrt(np.outer(P, P))
    exact = 0.1 * np.linalg.eigvalsh(rescaled)[-1] / 38
    assert round(exact, 3) == 0.751
    assert run_of(framework)["adam"]["lam"] / 38 == pytest.approx(exact, abs=5e-4)


def test_each_group_of_parameters_has_its_own_rate_in_the_denominators():
    """After one update v is the square of the gradient, k, and the rate of the group is k/10."""
    np.testing.assert_allclose(run_of("pytorch")["more"]["groups"], 10, rtol=1e-6)


# ── The traps ────────────────────────────────────────────────────────────────────────────────────


def trap(name):
    """The row of a trap, and what was found in PyTorch."""
    return re.search(rf"^\| \*\*{name}\*\* \| (.*)$", PAGE, re.MULTILINE)[1], run_of("pytorch")["more"]


def test_with_dropout_the_curvature_is_another_in_training():
    row, more = trap("Dropout")
    assert "0.88 in evaluation mode, 1.47 to 1.87 with five masks of training" in row
    assert round(more["whole"], 2) == 0.88
    assert (round(min(more["masks"]), 2), round(max(more["masks"]), 2)) == (1.47, 1.87)


def test_with_batch_norm_evaluation_mode_has_another_curvature():
    row, more = trap("Batch statistics")
    assert "0.54 in training mode, 2.5 in evaluation mode" in row
    assert more["batch norm"] == pytest.approx([0.54, 2.5], rel=0.03)


def test_fused_attention_has_no_second_derivative_and_the_math_kernel_has():
    row, more = trap("Fused attention")
    start, end = re.search(r"`(derivative.*?)… (is not implemented)`", row).groups()
    assert more["fused"].startswith(start) and more["fused"].endswith(end)
    found, miss = more["math"]
    assert found > 0 and miss < 0.1 * found


def test_a_compiled_model_has_no_second_derivative():
    row, more = trap("Compiled model")
    assert f"`{more['compiled']}`" in row


def test_bfloat16_has_two_digits():
    row, more = trap("Sixteen bits")
    assert "61,840 is 62,208 in bfloat16" in row
    assert more["types"]["torch.float32"][0] == pytest.approx(61_840, abs=1)
    assert more["types"]["torch.bfloat16"][0] == pytest.approx(62_208, abs=130)


def test_twenty_turns_cost_some_25_gradients_and_of_convolutions_39():
    row, more = trap("Cost")
    assert "20 turns cost 25 gradients; of two convolutions and a linear layer, 39" in row
    assert more["cost"][0] == pytest.approx(25, abs=1)
    assert more["cost of convolutions"] == pytest.approx(39, abs=1)


# ── The table ────────────────────────────────────────────────────────────────────────────────────


def test_a_limit_in_the_table_is_two_or_3_8_or_38_over_the_curvature():
    runs = [row for row in names_of("measure").rows if row["optimiser"] != "Adam"]
    for row in runs:
        settled = 0 < float(row["miss"]) < 0.1 * float(row["found"])
        curvature = float(row["found" if settled else "most"])
        over = {"SGD": 2, "momentum": 3.8}[row["optimiser"]]
        assert float(row["foretold"]) == pytest.approx(over / curvature, rel=1e-3)
    assert len(runs) >= 60


def told(stage, *optimisers):
    """How half of the number did at a stage: how often, and how often it trained and was too high."""
    low, high = {"before": (0.9, 9), "learns": (0.01, 0.9), "end": (0, 0.01)}[stage]
    rows = [row for row in names_of("measure").rows if row["kind"] != "linear"]
    rows = [row for row in rows if row["optimiser"] in optimisers and low <= float(row["loss"]) < high]
    said = [row["again"] or row["half"] for row in rows]
    return len(said), said.count("trains"), said.count("above")


def test_half_of_the_number_trains_while_a_model_learns_and_is_often_too_high_before_and_after():
    every = ("SGD", "momentum", "Adam")
    assert "trained in 23 of 27 cases. It was too high in two, both with momentum" in PROSE
    assert told("learns", *every) == (27, 23, 2) and told("learns", "momentum")[2] == 2
    assert "too high in 22 of 33 cases under SGD and momentum" in PROSE
    assert told("before", "SGD", "momentum")[::2] == (33, 22)
    assert "**At the end** it was too high in 8 of 19" in PROSE
    assert told("end", *every)[::2] == (19, 8)


def test_a_classifier_gets_its_curvature_when_it_learns():
    assert "λmax of a convolution under momentum went from 0.29 to 71" in PROSE
    rows = [row for row in names_of("measure").rows if row["kind"] == "convolution" and row["seed"] == "0"]
    most = {row["updates"]: float(row["most"]) for row in rows if row["optimiser"] == "momentum"}
    assert (round(most["50"], 2), round(most["200"])) == (0.29, 71)
    first = next(
        row for row in names_of("measure").rows if row["kind"] == "ReLU" and row["optimiser"] == "SGD"
    )
    assert "λmax is 0.34, so plain descent should settle at every rate below 2/λmax = 5.9" in PROSE
    assert (round(float(first["most"]), 2), round(float(first["foretold"]), 1)) == (0.34, 5.9)
    assert float(first["largest"]) == 1 and first["half"] == "above"


# ── The programs and the page ────────────────────────────────────────────────────────────────────


@each
def test_the_programs_have_the_same_sections_and_each_is_short_enough_to_be_read(framework):
    parts = sections(FOLDER / f"measure_{framework}.py")
    assert [part.name for part in parts] == PARTS
    for part in parts:
        lines = [line for line in part.code.splitlines() if line.strip()]
        assert len(lines) <= 15, f"section '{part.name}' has {len(lines)} lines"
        assert max(map(len, lines)) <= 76, f"section '{part.name}' is too wide for a page"


def test_each_block_stands_in_three_tabs():
    tab = r'^=== "([^"]*)"\n\n    ```python\n    --8<-- "frameworks/measure_(\w+)\.py:(\w+)"\n    ```\n'
    found = re.findall(tab, PAGE, re.MULTILINE)
    assert found == [(label, stem, name) for name in SHOWN for label, stem in TABS.items()]


def test_the_page_is_no_longer_than_a_chapter():
    prose = re.sub(r"^ *```.*?^ *```$|^=== .*$", "", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert len(prose.split()) <= 1600
