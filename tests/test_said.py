"""What a reader changes in a program is what the program says: no text of it has a value typed a second time."""

import ast
import re

import pytest
from matplotlib.text import Text

from conftest import SNIPPETS, changed, names_after
from weave.program import sections

FRACTION = re.compile(r"(?<![\w.])\d+(?:\.\d+(?:e-?\d+)?|e-\d+)(?![\w.]*\d)")
WIDTH = re.compile(r"\{[^}]*\}|^[\d.]+[a-z%]$")  # how wide a value is printed
# Rows that are named by hand, each beside its number, and code that is printed as it is run.
NAMED = {"cases": {"half", "grows", "cure"}, "depth": {"layers"}, "precision": {"fp32"}, "overflow": {"stop"}}


def typed_twice(stem: str) -> list[str]:
    """The fractions that the program computes with and that stand in one of its texts too."""
    used, said = set(), set()
    for part in sections(SNIPPETS / f"{stem}.py"):
        for node in ast.walk(ast.parse(part.code)):
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                used.add(node.value)
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said |= set() if part.name in NAMED.get(stem, ()) else {WIDTH.sub("", node.value)}
    return [number for text in said for number in FRACTION.findall(text) if float(number) in used]


@pytest.mark.parametrize("stem", sorted(path.stem for path in SNIPPETS.glob("*.py")))
def test_no_text_of_a_program_states_a_rate_that_stands_elsewhere_in_it(stem):
    assert typed_twice(stem) == []


# The section that is changed, what was and what is written there, and what it then says and no longer says.
CHANGES = [
    ("overshoot", "descend", "0.01, 0.12", "0.02, 0.05", ["α = 0.02", "α = 0.05"], ["0.01 ", "0.12"]),
    (
        "overshoot",
        "steps",
        "axes, rates",
        "axes, (0.02, 0.11)",
        ["α = 0.02 walks", "α = 0.11 leaps"],
        ["0.12"],
    ),
    ("overshoot", "scale", "0.12", "0.11", ["same 0.11", "αλ at 0.11"], ["0.12 on", "at 0.12"]),
    ("taylor", "surrogate", "0.08, 0.12", "0.02, 0.2", ["0.02: above, falls", "0.2: below, rises"], ["0.12"]),
    ("conditioning", "valley", "0.105)", "0.099)", ["α = 0.099 zig-zags inwards"], ["0.105", "explodes"]),
    ("conditioning", "asker", "1e-3, 1e-4", "2e-3, 1e-4", ["1,000 < λ", "α = 0.002"], ["0.001 "]),
    ("minibatch", "curves", "64, 4, 1", "32, 4, 1", ["batch 32 settles", "batch 32, 20 runs"], ["batch 64"]),
    ("misconceptions", "convex", "1.1", "1.2", ["rate of 1.2"], ["1.1:"]),
    ("misconceptions", "bounds", "1.0, 3", "1.0, 2", ["rate 2:"], ["rate 3"]),
]
LAST = {"overshoot": "scale", "taylor": "promise", "conditioning": "columns", "minibatch": "train"}
in_one_run = [pytest.param(*one, marks=pytest.mark.xdist_group(f"said by {one[0]}")) for one in CHANGES]


@pytest.mark.parametrize("stem, section, old, new, says, no_longer", in_one_run)
def test_a_value_that_was_changed_is_named_and_the_old_one_is_not(stem, section, old, new, says, no_longer):
    run = changed(names_after(stem, LAST.get(stem, "bounds")), section, old, new)
    figures = {axes.figure for axes in run.panels}
    texts = [text.get_text() for figure in figures for text in figure.findobj(Text)]
    words = "\n".join([run.shown, *texts])
    assert [one for one in says if one not in words] == []
    assert [one for one in no_longer if one in words] == []
