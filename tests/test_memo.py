"""What is remembered from build to build is made anew as soon as anything has changed that it depends on."""

import importlib
import sys

import pytest

import remembers
from weave import memo
from weave.memo import remembered


@pytest.fixture
def shown(tmp_path):
    """A program, and a function that says what it shows and how often it has been run for that."""
    program, runs = tmp_path / "program.py", []
    program.write_text("print(1)")

    def make():
        runs.append(program.read_text())
        return runs[-1]

    return program, lambda: (remembered(tmp_path / "memo", "program", [program], make), len(runs))


def test_a_program_that_has_not_changed_is_not_run_again(shown):
    """CONTRIBUTING.md: “Only the programs and labs that have changed are run,”"""
    _, ask = shown
    assert ask() == ask() == ("print(1)", 1)


def test_a_program_that_has_changed_is_run_again_and_only_the_last_run_is_kept(shown):
    program, ask = shown
    ask()
    program.write_text("print(2)")
    assert ask() == ask() == ("print(2)", 2)
    assert len(list(program.parent.glob("memo/*"))) == 1
    program.write_text("print(1)")
    assert ask() == ("print(1)", 3)


def test_another_version_of_a_package_or_of_the_machinery_runs_it_again(shown, monkeypatch):
    _, ask = shown
    ask()
    monkeypatch.setattr(memo, "tools", lambda *rooms: "numpy 3.0")
    assert ask() == ("print(1)", 2)


def test_python_numpy_the_styles_and_what_runs_a_program_are_among_the_tools(monkeypatch, tmp_path):
    tools = memo.tools.__wrapped__
    assert "3." in tools("weave") and "numpy-2" in tools("weave") and "matplotlib-3" in tools("weave")
    assert tools("weave") != tools("weave", "labs")
    (tmp_path / "weave/styles").mkdir(parents=True)
    (tmp_path / "weave/styles/light.mplstyle").write_text("axes.edgecolor: 000000")
    monkeypatch.setattr(memo, "SCRIPTS", tmp_path)
    one = tools("weave")
    (tmp_path / "weave/styles/light.mplstyle").write_text("axes.edgecolor: ffffff")
    assert tools("weave") != one


def test_a_word_changed_in_the_slides_runs_no_program_again(monkeypatch, tmp_path):
    monkeypatch.setattr(memo, "SCRIPTS", tmp_path)
    for room in "weave", "takeaway":
        (tmp_path / room).mkdir()
        (tmp_path / room / "all.py").write_text("words")
    before = memo.tools.__wrapped__("weave")
    (tmp_path / "takeaway/all.py").write_text("other words")
    assert memo.tools.__wrapped__("weave") == before


def test_a_failure_is_not_remembered(tmp_path):
    def fail():
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            remembered(tmp_path, "program", [], fail)
    assert remembered(tmp_path, "program", [], lambda: 1) == 1


def test_data_of_another_name_or_parted_elsewhere_are_other_data(tmp_path):
    one, other = tmp_path / "a", tmp_path / "b"
    one.write_text("12")
    other.write_text("3")
    prints = [memo.fingerprint([one, other])]
    one.write_text("1")
    other.write_text("23")
    prints.append(memo.fingerprint([one, other]))
    prints.append(memo.fingerprint([other]))
    prints.append(memo.fingerprint([other.rename(tmp_path / "c")]))
    assert len(set(prints)) == 4


RUN = """
from pathlib import Path
import math
RATES = {"slow": 0.1, "fast": (lambda: 0.2)}
UNUSED = 3
class Step:
    def __call__(self):
        return length()
def length():
    return math.sqrt(4)
def other():
    return 5
def run(updates=7):
    return [Step()() * rate for rate in RATES.values() for _ in range(updates)]
"""


@pytest.mark.parametrize(
    "old, new, anew",
    [
        ("sqrt(4)", "sqrt(5)", True),  # two calls away
        ('"slow": 0.1', '"slow": 0.3', True),
        ("lambda: 0.2", "lambda: 0.4", True),
        ("updates=7", "updates=8", True),
        ("return length()", "return -length()", True),
        ("UNUSED = 3", "UNUSED = 4", False),
        ("return 5", "return 6", False),
    ],
)
def test_a_run_that_the_tests_remember_is_made_anew_when_what_it_names_changes(
    tmp_path, monkeypatch, old, new, anew
):
    monkeypatch.setattr(remembers, "TESTS", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    assert RUN.count(old) == 1
    said = []
    for name, text in ("as_it_was", RUN), ("as_it_is", RUN.replace(old, new)):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)
        said.append(remembers.described(importlib.import_module(name).run).replace(name, ""))
    assert (said[0] != said[1]) == anew


def test_what_depends_on_more_than_names_say_is_not_remembered():
    with pytest.raises(TypeError, match="cannot be remembered"):
        remembers.described((object(),))
