"""Labs in the page: what Python says there to right and wrong answers is what it says here.

The page's own worker answers, with one start of Python: each lab solved, each blank left empty, each typical wrong
answer.
"""

import re
from types import SimpleNamespace

import jupytext
import pytest

from lab import LABS, answered, blanks, steps_of, typical_wrong_answers
from labs.lab import LOOK_BACK, blanked, checks, numbered
from played import PLAYS, question, shown, told_in_the_page
from proven import left, proven_by

pytestmark = [
    pytest.mark.xdist_group("learning"),
    proven_by(*PLAYS, "docs/labs/{stem}.py", "docs/labs/given/*", "scripts/labs/*", "tests/lab.py"),
]
SOLVED = "test_a_solved_lab_prints_draws_and_says_in_the_page_what_it_does_here"
WRONG = "test_each_wrong_answer_is_told_in_the_page_what_it_is"
CHECK = "check of "  # as in session.js, which puts the checks there
CELLS = {stem: [*numbered(jupytext.read(path).cells)] for stem, path in LABS.items()}


# Runs so near the edge of stability that the last bit of a product decides their digits; the page marks these.
AT_THE_EDGE = {"adam": {"Cell 10", "Cell 15"}, "yours": {"Cell 9", "Cell 14", "Cell 15"}}


def words(printed: str) -> list[str]:
    """What stands around the numbers."""
    return re.sub(r"[-+.\de]*\d", "", printed).split()


def cells(stem: str, last: str = "", code: str = "") -> list[list[str]]:
    """The cells of a solved lab with what runs unseen, as the page has them run; down to ``last``, with this code."""
    unseen = checks(LABS[stem])
    parts = [[CHECK, unseen[""]]]
    for cell, seen, name in CELLS[stem]:
        if seen:
            parts.append([name, code if name == last else cell.source])
            parts += [[CHECK + name, unseen[name]]] if name in unseen else []
            if name == last:
                return parts
    return [*parts, [LOOK_BACK, ""], [CHECK + LOOK_BACK, unseen[LOOK_BACK]]]


def tries(stem: str) -> list[tuple[str, str, str]]:
    """What learners fill in that is not right, nothing too: the cell's name, its code, and what they are told.

    The last come first, so that what stands above is as it was and need not run again.
    """
    names, steps, found = (
        [name for cell, _, name in CELLS[stem] if cell.cell_type == "code"],
        steps_of(stem),
        [],
    )
    for lab, number, what in (one.values for one in blanks()):
        if lab == stem:
            found.append((number, blanked(steps[number].code), f"Fill in {what}."))
    for lab, number, wrong, why in (one.values for one in typical_wrong_answers()):
        if lab == stem:
            found.append((number, answered(steps[number].code, wrong), f"Not yet. {why}"))
    return [(names[number], code, said) for number, code, said in sorted(found, reverse=True)]


@pytest.fixture(scope="module")
def told(request, pyodide, browser, tmp_path_factory) -> dict:
    """What the worker tells of each lab and each try, as far as they are asked for."""
    asked, stems = {}, [params["stem"] for test in (SOLVED, WRONG) for params in left(request.session, test)]
    for stem in dict.fromkeys(stems):
        asked[stem] = question(f"labs/{stem}", cells(stem))
        for number, (name, code, _) in enumerate(tries(stem)):
            asked[stem, number] = question(f"labs/{stem}", cells(stem, name, code))
    said = told_in_the_page("learning", [*asked.values()], browser, pyodide, tmp_path_factory)
    return dict(zip(asked, map(shown, said), strict=True))


def last(played: dict) -> SimpleNamespace:
    return [*played.values()][-1]


@pytest.mark.parametrize("stem", LABS)
def test_a_solved_lab_prints_draws_and_says_in_the_page_what_it_does_here(told, stem):
    code = [(seen, name) for cell, seen, name in CELLS[stem] if cell.cell_type == "code"]
    here = {name: step for (seen, name), step in zip(code, steps_of(stem), strict=True) if seen}
    checked = {name: step for (seen, name), step in zip(code, steps_of(stem), strict=True) if not seen}
    played = told[stem]
    assert [one.trouble or one.refused for one in played.values()] == [None] * len(played)
    for name, step in here.items():
        near = words if name in AT_THE_EDGE.get(stem, ()) else str
        assert near(played[name].printed) == near(step.printed), name
    assert [bool(played[name].figures) for name in here] == [
        "plt.show()" in step.code for step in here.values()
    ]
    for name, step in checked.items():
        name = LOOK_BACK if step.code.startswith("look_back") else name
        assert played[CHECK + name].printed == step.printed


@pytest.mark.parametrize("stem", LABS)
def test_each_wrong_answer_is_told_in_the_page_what_it_is(told, stem):
    for number, (_, code, why) in enumerate(tries(stem)):
        assert last(told[stem, number]).refused == why, code
