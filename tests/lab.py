"""A lab, run once for all tests with its answers or, from any of its cells on, with another."""

import ast
import contextlib
import functools
import io
import re
from types import SimpleNamespace

import jupytext
import matplotlib.pyplot as plt
import pytest
from given.checks import NotYet

from conftest import ROOT, no_window
from labs.lab import ANSWER, blanked, explanations

LABS = {path.stem: path for path in sorted((ROOT / "docs/labs").glob("*.py"))}


@functools.cache
def code_of(stem: str) -> list[str]:
    """The code cells of the lab, as its script has them."""
    return [cell.source for cell in jupytext.read(LABS[stem]).cells if cell.cell_type == "code"]


class Step(SimpleNamespace):
    """A code cell, the names before it was run, and what it printed."""


@functools.cache
def run_of(stem: str) -> tuple[list[Step], dict]:
    """The code cells of the solved lab, run in order, and every name that they leave."""
    names, steps = {"__name__": "__main__"}, []
    with no_window():
        for cell in jupytext.read(LABS[stem]).cells:
            if cell.cell_type == "code":
                step = Step(code=cell.source, tags=cell.metadata.get("tags", []), before=dict(names))
                step.printed = printed_by(cell.source, names)
                step.panels = plt.gcf().axes if "plt.show" in cell.source else []
                plt.close("all")
                steps.append(step)
    return steps, names


def steps_of(stem: str) -> list[Step]:
    return run_of(stem)[0]


def names_of_lab(stem: str) -> SimpleNamespace:
    """Every name that the solved lab defines."""
    return SimpleNamespace(**run_of(stem)[1])


def step_of(stem: str, start: str) -> Step:
    """The code cell that begins with these words."""
    return steps_of(stem)[number_of(stem, start)]


def figure_of(stem: str, number: int = 0) -> list:
    """The panels of one of the lab's figures."""
    return [step.panels for step in steps_of(stem) if step.panels][number]


def printed_by(code: str, names: dict) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, names)
    return printed.getvalue()


def printed_in(stem: str) -> str:
    return "".join(step.printed for step in steps_of(stem))


def words_of(stem: str) -> str:
    """The lab's words, those of its checks included."""
    return " ".join(LABS[stem].read_text(encoding="utf-8").replace("\n# ", " ").split())


def blanks() -> list:
    """Each cell with a blank: the lab, its number among the code cells, what is to be filled in."""
    found = []
    for stem in LABS:
        for number, code in enumerate(code_of(stem)):
            found += [pytest.param(stem, number, what, id=f"{stem}: {what}") for what in ANSWER.findall(code)]
    return found


def typical_wrong_answers() -> list:
    found = []
    for blank in blanks():
        stem, number, _ = blank.values
        cells = code_of(stem)
        for wrong, why in explanations(cells[number + 1]):
            if not cells[number + 1].startswith("look_back"):
                found.append(pytest.param(stem, number, wrong, why, id=f"{stem} {number}: {wrong}"))
    return found


def answered(code: str, answer: str) -> str:
    """The blank cell as a learner would fill it in."""
    blank = re.compile(r'fill_in\((".*")\)$', re.MULTILINE)
    assert len(blank.findall(blanked(code))) == 1
    return blank.sub(lambda _: answer, blanked(code))


def refusal(step: Step, check: Step, code: str) -> str:
    """What the learner is told who runs this code in the place of the step, and then the check."""
    names = dict(step.before)
    with pytest.raises(NotYet) as told:
        printed_by(code, names)
        printed_by(check.code, names)
    return str(told.value)


def slip(stem, number, code):
    """What the check of a lab's blank says to this code in its place; a text that is printed, or that refuses."""
    step, check = steps_of(stem)[number : number + 2]
    names = dict(step.before)
    printed_by(code, names)
    try:
        return printed_by(check.code, names)
    except NotYet as told:
        return str(told)


def number_of(stem, start):
    return next(number for number, step in enumerate(steps_of(stem)) if step.code.startswith(start))


def lab_with(stem: str, changes: dict[str, str], last: str) -> SimpleNamespace:
    """The lab with other words in it and no checks, down to the cell that begins with ``last``: names, last ``printed``."""
    names, left = {"__name__": "__main__"}, dict(changes)
    with no_window():
        for step in steps_of(stem):
            code = step.code
            for old in [old for old in left if old in code]:
                code = code.replace(old, left.pop(old))
            if not explanations(step.code):
                names["printed"] = printed_by(code, names)
            if step.code.startswith(last):
                break
    assert not left, f"{left} is not in the lab"
    return SimpleNamespace(**names)


@functools.cache
def mistaken(stem: str, begins: str):
    """What the check of a lab takes for the answer whose explanation begins so, by the names that it has then."""
    for step in steps_of(stem):
        for node in ast.walk(ast.parse(step.code)):
            match node:
                case ast.Tuple([wrong, ast.Constant(str(why))]) if why.startswith(begins):
                    names = dict(step.before)
                    printed_by(step.code, names)
                    return eval(compile(ast.Expression(wrong), stem, "eval"), names)
    raise KeyError(begins)
