"""Adding a chapter as the README says: a skeleton that runs at once, and all that is lacking told in one go."""

import re
import shutil
import subprocess
import sys

import pytest

from chapters.command import ChapterError, lacks, main, new
from conftest import ROOT
from weave.source import SiteError


@pytest.fixture
def root(tmp_path):
    """A copy of what a person writes."""
    for name in ("docs", "snippets", "tests"):
        ignored = shutil.ignore_patterns("assets", "__pycache__", "figures", "search")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    return tmp_path


def test_nothing_is_lacking_in_a_chapter_that_is_whole():
    assert lacks(ROOT, "taylor") == []


def test_a_new_chapter_runs_and_shows_its_program_at_once_and_its_tests_pass(root):
    """README.md: “**Begin it**: `uv run chapter new decay --after fixes` writes the program `snippets/decay.py`, the page
    `docs/decay.md` with all its parts, and `tests/test_decay.py`; names the page in the navigation; and lets the chapter
    before lead to it. It can be looked at and tested at once.” “What is still to be written stands in ⟨…⟩.”"""
    written = new(root, "decay", after="fixes")
    assert written == [
        "snippets/decay.py",
        "docs/decay.md",
        "tests/test_decay.py",
        "docs/fixes.md",
        "mkdocs.yml",
    ]
    found = lacks(root, "decay")
    blanks = [line for line in found if "still to be written" in line]
    others = [line for line in found if line not in blanks]
    assert [line.split(":")[0] for line in others] == ["docs/index.md", "docs/teach.md", "docs/teach.md"]
    assert {line.split(":")[0] for line in blanks} == {"docs/decay.md", "snippets/decay.py"}
    assert (
        "(decay.md), because ⟨"
        in (root / "docs/fixes.md").read_text(encoding="utf-8").rstrip().splitlines()[-1]
    )
    run = [sys.executable, "snippets/decay.py"]
    done = subprocess.run(
        run, cwd=root, capture_output=True, text=True, encoding="utf-8", env={"MPLBACKEND": "agg"}
    )
    assert done.returncode == 0 and done.stdout.count("after 20 updates") == 2
    tests = (root / "tests/test_decay.py").read_text(encoding="utf-8")
    assert re.findall(r"^def (test_\w+)", tests, re.MULTILINE)


@pytest.mark.parametrize(
    "file, old, new_text, says",
    [
        ("docs/taylor.md", "## What did you see?", "## Seen", "it has no section “What did you see?”: add"),
        ("docs/taylor.md", "!!! predict", "!!! note", "it asks for no prediction: add a box"),
        ("docs/taylor.md", "??? answer", "??? note", "fewer than three exercises"),
        ("docs/taylor.md", "!!! refute", "!!! note", "it refutes fewer than two beliefs"),
        ("docs/taylor.md", "#download", "#nowhere", "nobody is led to its program"),
        ("docs/taylor.md", "\n- ", "\n* ", "the summary is three lines, each with a number"),
        ("docs/taylor.md", "*Next:", "Next:", "its last line does not lead on"),
        ("docs/taylor.md", "title: ", "name: ", "front matter: it has no title"),
        (
            "docs/taylor.md",
            '--8<-- "taylor.py:promise"',
            "x",
            "the page never shows ('code', 'taylor', 'promise')",
        ),
        (
            "docs/overshoot.md",
            "(taylor.md), because",
            "(taylor.md), for",
            "its last line must lead to taylor.md",
        ),
        ("docs/index.md", "(taylor.md", "(nowhere.md", "docs/index.md: it is not named"),
        ("docs/teach.md", "(slides/taylor.md)", "(x)", "docs/teach.md: its slides are not linked"),
        ("docs/teach.md", "(taylor.md)", "(x)", "docs/teach.md: the week does not visit it"),
        ("mkdocs.yml", "- taylor.md", "- tailor.md", "mkdocs.yml: nav does not name it"),
        (
            "snippets/taylor.py",
            "import numpy as np",
            "import numpy as np\nimport pandas",
            "it imports pandas",
        ),
        ("snippets/taylor.py", "import numpy as np", "import numpy as np\n" + "x = 1\n" * 16, "divide it"),
        (
            "snippets/taylor.py",
            "import numpy as np",
            f"import numpy as np\nx = '{'long' * 30}'",
            "wider than a page",
        ),
        ("tests/test_taylor.py", "def test_", "def check_", "it has 0 tests"),
    ],
)
def test_what_is_taken_away_is_told_with_its_file(root, monkeypatch, file, old, new_text, says):
    monkeypatch.setattr("chapters.command.run", lambda path: played(path))
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new_text), encoding="utf-8")
    told = lacks(root, "taylor")
    assert any(says in line and line.startswith(file) for line in told), told


def played(path):
    """What the program shows today, without running it for each of these tests."""
    from conftest import shown_by

    return shown_by(path.stem)


def test_all_that_is_lacking_is_told_in_one_go(root, monkeypatch, capsys):
    """README.md: “**Ask what it lacks**: `uv run chapter check decay` says all of it, in the program, on the page and
    where other pages must name it.”"""
    monkeypatch.setattr("chapters.command.run", lambda path: played(path))
    path = root / "docs/taylor.md"
    text = path.read_text(encoding="utf-8").replace("## Exercises", "## Tasks").replace("(#download)", "")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["check", "taylor"], root)
    told = capsys.readouterr().out
    assert (
        ended.value.code == 1
        and "“Exercises”" in told
        and "led to its program" in told
        and "2 things" in told
    )


@pytest.mark.parametrize(
    "name, after, says",
    [
        ("taylor", "fixes", "is there already"),
        ("Two words", "fixes", "is no name of a program"),
        ("decay", "nowhere", "is no chapter that leads on"),
        ("decay", "notation", "is no chapter that leads on"),
        ("random", "fixes", "rename it"),
    ],
)
def test_a_chapter_that_cannot_begin_is_told_with_the_cure(root, name, after, says):
    with pytest.raises((ChapterError, SiteError), match=says) as told:
        new(root, name, after)
    assert "Cure: " in str(told.value)
