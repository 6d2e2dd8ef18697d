"""What is proven for the very files it looks at is spared, and nothing else is."""

import ast
import json
import os
import re
import subprocess
import sys

import pytest

import rules
from conftest import ROOT, read_by
from proven import code_of, found_by, of_a_chapter, proven_by

pytestmark = proven_by()  # what all depend on

HOOKS = """import os, shutil
from types import SimpleNamespace
import proven, pytest

def pytest_collection_modifyitems(items):
    proven.spare(items)

def pytest_runtest_logreport(report):
    proven.note(report)

spared = proven.spared

@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    outcome = yield
    proven.assert_named(item)
    return outcome

@pytest.fixture(scope="session")
def site(tmp_path_factory):
    return shutil.copytree("made", tmp_path_factory.mktemp("built") / "site")

@pytest.fixture(scope="session")
def browser():
    return SimpleNamespace(version=os.environ.get("BROWSER", "1"))
"""
TESTS = """import pytest
from proven import proven_by

@proven_by("{name}.txt", "*/{name}.txt")
@pytest.mark.parametrize("name", ["one", "two"])
def test_it(name):
    assert "wrong" not in open(name + ".txt").read()
"""
TESTS_OF_A_CHAPTER = """from proven import proven_by

pytestmark = proven_by("one.txt")

def test_of_the_chapter():
    pass

@proven_by("two.txt")
def test_of_its_own():
    pass
"""
TESTS_WITH_A_DOCSTRING = """
@proven_by("one.txt")
def test_it():
    \'\'\'“This is true.”\'\'\'
    assert "no docstring" != "true"
""".replace("'''", '"' * 3)
TESTS_THAT_READ_A_PAGE = """from proven import proven_by, reads

pytestmark = proven_by("snippets/{own}.py")

def test_of_the_program():
    open("snippets/a.py").read()

@reads("docs/a.md")
def test_of_the_page():
    open("snippets/a.py").read() + open("docs/a.md").read()
"""
TESTS_OF_PAGES = """import pytest
from proven import proven_by

pytestmark = proven_by("site/{path}*.html")

@pytest.mark.parametrize("path", ["a/", "b/"])
def test_page(site, browser, path):
    assert "wrong" not in (site / path / "index.html").read_text()

@pytest.mark.parametrize("path", ["a/"])
def test_without_the_site(path):
    pass
"""
TESTS_THAT_FOLLOW = """import pytest
from proven import proven_by

pytestmark = proven_by("site/a/*.html", together=True)

@pytest.mark.parametrize("file", ["one.txt", "two.txt"])
def test_in_turn(site, file):
    assert "wrong" not in open(file).read()
"""


@pytest.fixture
def project(tmp_path):
    files = {
        "uv.lock": "",
        "one.txt": "1",
        "two.txt": "2",
        "data/one.txt": "",
        "data/two.txt": "",
        "tests/conftest.py": HOOKS,
        "tests/test_a.py": TESTS,
    }
    files["tests/proven.py"] = (ROOT / "tests/proven.py").read_text(encoding="utf-8")
    for name in ("tests", "build", "data"):
        (tmp_path / name).mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def ran(project, *options, **settings) -> dict[str, int]:
    """How many tests passed, failed and were spared."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "WEEKLY"))
    }
    environment |= {"PYTHONPATH": str(ROOT / "scripts")} | settings
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-o",
        "addopts=",
        "tests",
        *options,
    ]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    return {what: int(n) for n, what in re.findall(r"(\d+) (passed|failed|skipped|error)", done.stdout)}


def test_a_costly_test_is_spared_until_a_file_that_it_looks_at_changes(project):
    """CONTRIBUTING.md: “What takes its time is spared while each file that it looks at is as it was when it passed: `proven_by` names these files, `reads` those that a single test looks at besides.”
    “Commit the `tests/proven.json` that a run writes.” “With `WEEKLY=1` nothing is spared,”"""
    assert ran(project) == {"passed": 2}
    assert set(json.loads((project / "tests/proven.json").read_text())) == {
        "test_a.py::test_it[one]",
        "test_a.py::test_it[two]",
    }
    (project / ".cache").mkdir()
    (project / ".cache/one.txt").touch()  # a tool's
    assert ran(project) == {"skipped": 2}
    assert ran(project, WEEKLY="1") == {"passed": 2}
    (project / "two.txt").write_text("wrong")
    assert ran(project) == {"skipped": 1, "failed": 1} == ran(project)
    (project / "two.txt").write_text("2")
    assert ran(project) == {"skipped": 2}
    for file in ("uv.lock", "tests/test_a.py"):
        with (project / file).open("a") as opened:
            opened.write("\n")
        assert ran(project) == {"passed": 2}


def test_what_a_docstring_quotes_proves_nothing_and_makes_no_test_run_again(project):
    """So that a sentence may be mended on its page and in its test without an hour of trainings."""
    tests = project / "tests/test_a.py"
    tests.write_text("from proven import proven_by\n" + TESTS_WITH_A_DOCSTRING)
    assert ran(project) == {"passed": 1} and ran(project) == {"skipped": 1}
    for old, new, happens in [("is true", "holds", "skipped"), ('"no docstring"', '"nor this"', "passed")]:
        tests.write_text(tests.read_text().replace(old, new))
        assert ran(project) == {happens: 1}


@proven_by("tests/*.py")
def test_of_a_file_of_tests_the_docstrings_of_functions_are_left_out_and_nothing_else():
    quoting = 0
    for path in (ROOT / "tests").glob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        if "from proven import" not in text:
            continue
        lines = text.splitlines(keepends=True)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node) is not None:
                quoting += 1
                first = node.body[0]
                lines[first.lineno - 1 : first.end_lineno] = [""] * (first.end_lineno - first.lineno + 1)
        assert "".join(lines) == code_of(path), path
    assert quoting > 1000


def test_of_a_file_and_of_a_test_in_it_the_mark_of_the_test_counts(project):
    (project / "tests/test_a.py").write_text(TESTS_OF_A_CHAPTER)
    assert ran(project) == {"passed": 2} and ran(project) == {"skipped": 2}
    for file in ("one.txt", "two.txt"):
        (project / file).write_text("another")
        assert ran(project) == {"passed": 1, "skipped": 1}


@proven_by("docs/*.md", "snippets/**/*", "tests/test_*.py")
@pytest.mark.parametrize("name", rules.chapters(ROOT))
def test_the_tests_of_a_chapter_run_again_when_its_program_or_what_runs_it_has_changed(name):
    tests = (ROOT / f"tests/test_{name}.py").read_text(encoding="utf-8")
    named = re.search(r"(?s)^pytestmark = .*?\bof_a_chapter\((.*?)\)", tests, re.MULTILINE)[1]
    patterns = of_a_chapter(*re.findall('"(.*?)"', named)).mark.args
    looked_at = set().union(*(found_by(pattern.format(own=name), ROOT) for pattern in patterns))
    assert {*read_by(name), ROOT / "scripts/weave/run.py", ROOT / "tests/remembers.py"} <= looked_at


def test_a_test_that_reads_a_page_names_it_or_it_fails_and_proves_nothing(project):
    """CONTRIBUTING.md: “A test that is spared and reads a page or a program that its marks do not name fails.”"""
    for name in ("docs", "snippets"):
        (project / name).mkdir()
    page, program = project / "docs/a.md", project / "snippets/a.py"
    page.touch(), program.touch()
    (project / "tests/test_a.py").write_text(TESTS_THAT_READ_A_PAGE)
    assert ran(project) == {"passed": 2}
    page.write_text("another")
    assert ran(project) == {"passed": 1, "skipped": 1}
    program.write_text("another")
    assert ran(project) == {"passed": 2} and ran(project) == {"skipped": 2}
    (project / "tests/test_a.py").write_text(TESTS_THAT_READ_A_PAGE.replace('@reads("docs/a.md")\n', ""))
    assert ran(project) == {"passed": 1, "failed": 1}
    assert ran(project) == {"skipped": 1, "failed": 1}


def test_a_page_is_looked_at_again_when_it_or_a_drawing_on_it_has_changed_or_the_browser(project):
    """CONTRIBUTING.md: “What looks at the built pages in a browser, or asks their search, is spared while
    the build makes the same bytes and the browser is of the same release.”"""
    (project / "tests/test_a.py").write_text(TESTS_OF_PAGES)
    for name in ("made/a", "made/b", "made/figures"):
        (project / name).mkdir(parents=True)
    (project / "made/a/index.html").write_text('<img src="../figures/one.svg">')
    (project / "made/b/index.html").write_text("")
    drawing = project / "made/figures/one.svg"
    drawing.write_text("")
    assert ran(project) == {"passed": 3}
    assert ran(project) == {"passed": 1, "skipped": 2}  # what needs no site is quick
    drawing.write_text("another")
    assert ran(project) == {"passed": 2, "skipped": 1}
    (project / "made/b/index.html").write_text("wrong")
    assert ran(project) == {"passed": 1, "skipped": 1, "failed": 1} == ran(project)
    (project / "made/b/index.html").write_text("")
    assert ran(project, BROWSER="2") == {"passed": 3} == ran(project, WEEKLY="1")


def test_tests_that_follow_one_another_are_spared_together_or_not_at_all(project):
    (project / "tests/test_a.py").write_text(TESTS_THAT_FOLLOW)
    (project / "made/a").mkdir(parents=True)
    (project / "made/a/index.html").write_text("")
    (project / "two.txt").write_text("wrong")
    assert (
        ran(project) == {"passed": 1, "failed": 1} == ran(project)
    )  # the first is proven, and runs for the second
    (project / "two.txt").write_text("2")
    assert ran(project) == {"passed": 2}
    assert ran(project) == {"skipped": 2} and ran(project, "-k", "one") == {"skipped": 1}


def test_files_that_are_not_there_are_told(project):
    (project / "two.txt").unlink()
    assert ran(project) == {}  # no test runs
