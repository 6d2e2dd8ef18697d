"""What the tests share: a chapter's program, run as a learner would run it, and the built site."""

import contextlib
import functools
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest

from program import sections
from run import Shown, run

ROOT = Path(__file__).parent.parent
SNIPPETS = ROOT / "snippets"


@contextlib.contextmanager
def no_window():
    """Figures are drawn but not shown, and closed in the end."""
    plt.switch_backend("svg")
    show, plt.show = plt.show, lambda: None
    try:
        yield
    finally:
        plt.show = show
        plt.close("all")


@functools.cache
def names_of(chapter: str) -> SimpleNamespace:
    """Every name that the chapter's program defines, after a run of the whole file."""
    with no_window():
        return SimpleNamespace(**runpy.run_path(str(SNIPPETS / f"{chapter}.py"), run_name="__main__"))


def axes_of(chapter: SimpleNamespace, section: str) -> list:
    """The panels of the figure that a section of the chapter draws."""
    parts = {part.name: part.code for part in sections(Path(chapter.__file__))}
    with no_window():
        exec(parts[section], dict(vars(chapter)))
        return plt.gcf().axes


@functools.cache
def shown_by(chapter: str) -> list[Shown]:
    """What each section of the chapter's program prints and draws."""
    return run(SNIPPETS / f"{chapter}.py")


@pytest.fixture
def chapter(request) -> SimpleNamespace:
    """The program of the chapter that the test file is named for: its names, and ``printed``."""
    stem = request.path.stem.removeprefix("test_")
    printed = {part.name: part.printed for part in shown_by(stem)}
    return SimpleNamespace(**vars(names_of(stem)), printed=printed)


def copy_of_the_sources(folder: Path) -> Path:
    """A copy of what a build reads, so that builds in tests touch neither each other nor the repository."""
    for name in ("docs", "snippets", "scripts"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "mkdocs.yml", folder)
    return folder


def build(root: Path) -> subprocess.CompletedProcess:
    """``mkdocs build`` in root, as a person would call it."""
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "SOURCE_DATE_EPOCH": "1735689600"}
    command = [sys.executable, "-m", "mkdocs", "build"]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The built site."""
    root = copy_of_the_sources(tmp_path_factory.mktemp("site"))
    result = build(root)
    assert result.returncode == 0, result.stdout + result.stderr
    return root / "site"
