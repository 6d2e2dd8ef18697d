"""The exercises "In the program": done as they ask, done as they are often mistaken, and what the check says."""

import ast
import contextlib
import functools
import io
import json
import re
import warnings

import pytest
from filelock import FileLock
from given.checks import NotYet

from conftest import ROOT, SNIPPETS, no_window
from edits import RIGHT, WRONG, changed
from proven import proven_by
from python.exercises import HEAD, checks, with_checks
from weave.memo import remembered
from weave.program import sections
from weave.source import SiteError

pytestmark = proven_by(
    "docs/*.md",
    "docs/exercises/*",
    "docs/labs/given/*",
    "snippets/*.py",
    "snippets/data/*",
    "snippets/readlog/*",
    "scripts/python/*",
    "scripts/weave/**/*",
    "tests/edits.py",
)

EXERCISES = {path.stem: path for path in sorted((ROOT / "docs/exercises").glob("*.py"))}
every_exercise = pytest.mark.parametrize(
    "stem", [pytest.param(stem, marks=pytest.mark.xdist_group(f"exercise {stem}")) for stem in EXERCISES]
)


def parts_of(stem: str, edit: tuple) -> list[list[str]]:
    """The sections down to where the check comes, with the change, and the check."""
    ((name, _, section, after),) = HEAD.findall(EXERCISES[stem].read_text(encoding="utf-8"))
    parts = {part.name: part.code for part in sections(SNIPPETS / f"{stem}.py")}
    parts[section] = changed(parts[section], edit)
    last = [*parts].index(after or section)
    return [*list(map(list, parts.items()))[: last + 1], [name, checks(EXERCISES[stem])[name]]]


def printed_by(code: str, names: dict) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some changes end in an overflow
        exec(code, names)
    return printed.getvalue()


def told(stem: str, changes: list) -> list[str]:
    """What the check says after each change; what stands above the change is run once."""
    names, answers = {"__name__": "__main__", "__file__": str(SNIPPETS / f"{stem}.py")}, []
    runs = [parts_of(stem, change) for change in changes]
    shared = next(
        n for n, same in enumerate(zip(*runs, strict=True)) if any(part != same[0] for part in same)
    )
    with no_window():
        for _, code in runs[0][:shared]:
            printed_by(code, names)
        for run in runs:
            own = dict(names)
            try:
                answers.append([printed_by(code, own) for _, code in run[shared:]][-1])
            except NotYet as no:
                answers.append(str(no))
    return answers


@functools.cache
def answers(stem: str) -> dict[str, str]:
    """What the check says to each change that is right, by name, and to each that is wrong, by how it begins."""
    changes = RIGHT[stem] | WRONG[stem]
    files = [EXERCISES[stem], ROOT / "docs/labs/given/checks.py", SNIPPETS / f"{stem}.py"]
    memo, besides = ROOT / "build/memo", json.dumps(changes)
    (ROOT / "build").mkdir(exist_ok=True)
    with FileLock(ROOT / "build" / f"exercise-{stem}.lock"):
        said = remembered(
            memo, f"exercise-{stem}", files, lambda: told(stem, [*changes.values()]), (), besides
        )
    return dict(zip(changes, said, strict=True))


def test_every_chapter_with_an_exercise_in_the_program_has_a_check():
    """CONTRIBUTING.md: “An exercise In the program gets its Check from docs/exercises/, a file for each chapter: # %% Exercise 4: edit net, run to parabola, and below it a check like those of the labs, which sees all names that the program has made by then.”"""
    assert HEAD.findall("# %% Exercise 4: edit net, run to parabola\n") == [
        ("Exercise 4", "4", "net", "parabola")
    ]
    asked = {
        page.stem: re.findall(r"^\*\*(\d)\. In the program\.", page.read_text(encoding="utf-8"), re.MULTILINE)
        for page in (ROOT / "docs").glob("*.md")
    }
    checked = {
        stem: [number for _, number, *_ in HEAD.findall(path.read_text(encoding="utf-8"))]
        for stem, path in EXERCISES.items()
    }
    assert checked == {stem: numbers for stem, numbers in asked.items() if numbers}
    assert set(RIGHT) == set(WRONG) == set(EXERCISES)


@every_exercise
def test_an_exercise_quotes_the_line_that_is_to_be_changed(stem):
    ((_, number, edited, after),) = HEAD.findall(EXERCISES[stem].read_text(encoding="utf-8"))
    page = (ROOT / f"docs/{stem}.md").read_text(encoding="utf-8")
    asks = re.search(rf"^\*\*{number}\. In the program\.\*\*.*$", page, re.MULTILINE)[0]
    parts = {part.name: part.code for part in sections(SNIPPETS / f"{stem}.py")}
    quoted = [words for words in re.findall("`([^`]+)`", asks) if len(words) > 15]
    lines = map(str.strip, parts[edited].splitlines())
    assert any(line.startswith(words) for line in lines for words in quoted)
    far = [*parts][[*parts].index(after) :] if after else []
    assert not after or any(f"`{name}`" in asks for name in far), "how far to run"


@every_exercise
def test_who_does_what_the_exercise_asks_is_told_what_was_found(stem):
    for name in RIGHT[stem]:
        assert re.fullmatch("✓ .{60,}\n", answers(stem)[name]), name


@every_exercise
def test_a_typical_wrong_change_gets_its_own_words(stem):
    text = EXERCISES[stem].read_text(encoding="utf-8")
    (call,) = (
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "check"
    )
    explained = {f"Not yet. {ast.literal_eval(pair.elts[1])}" for pair in call.args[3].elts}
    said = [answers(stem)[words] for words in WRONG[stem]]
    assert explained == set(said) and len(explained) == len(said)
    assert all(one.startswith(f"Not yet. {words}") for words, one in zip(WRONG[stem], said, strict=True))


FOUND = [
    ("overshoot", "the last", "18%", "still 18 %"),
    ("taylor", "1 / lam", "2.11358", "`2.11358`"),
    ("minibatch", "times ten", "0.532", "to 0.532"),
    ("minibatch", "times ten", "0.0048", "to 0.0048"),
    ("precision", "both", "-0.228", "−0.228"),
    ("depth", "0", "4,887", "is 4,887"),
    ("fixes", "centred", "0.0043", "is 0.0043"),
    ("diagnose", "three", "0.177", "0.177"),
    *(
        ("networks", f"times {k}", f"of {sharp} instead of 74", sharp)
        for k, sharp in zip(("0.5", "2", "4"), ("28", "236", "473"), strict=True)
    ),
]


@pytest.mark.parametrize(
    "stem, name, found, answer",
    [pytest.param(*one, marks=pytest.mark.xdist_group(f"exercise {one[0]}")) for one in FOUND],
)
def test_what_is_found_is_what_the_answer_says(stem, name, found, answer):
    assert found in answers(stem)[name]
    assert answer in (ROOT / f"docs/{stem}.md").read_text(encoding="utf-8")


def test_any_other_change_is_shown_and_gets_a_hint():
    other, nothing = told("overshoot", [("0.12:", "0.11:"), ("alpha in", "alpha in")])
    assert other.startswith("Not yet: you have (") and other.endswith("They should be 0.107 and 500.")
    assert nothing.startswith("Not yet. The last rate is still")


def test_a_check_without_its_exercise_or_section_stops_the_build(tmp_path):
    (tmp_path / "page.py").write_text("# %% Exercise 4: edit run\n1\n")
    page = '**4. In the program.** Do it.\n\n--8<-- "page.py:run"'
    assert 'data-run="page:Exercise 4" data-edit="run" data-after="run"' in with_checks(
        "page.md", page, tmp_path
    )
    for lost, what in (
        (page.replace("4.", "5."), r"no \*\*4\."),
        (page.replace(":run", ":away"), "no section run"),
    ):
        with pytest.raises(
            SiteError, match=rf"docs/exercises/page\.py: docs/page\.md has {what}.*\n  Cure: "
        ):
            with_checks("page.md", lost, tmp_path)
