"""What the tests of the chapters share: a chapter's program, run as a learner would run it."""

import functools
import runpy
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest

from program import run

ROOT = Path(__file__).parent.parent
SNIPPETS = ROOT / "snippets"


@functools.cache
def names_of(chapter: str) -> SimpleNamespace:
    """Every name that the chapter's program defines, after a run of the whole file."""
    plt.switch_backend("svg")
    show, plt.show = plt.show, lambda: None
    try:
        return SimpleNamespace(**runpy.run_path(str(SNIPPETS / f"{chapter}.py"), run_name="__main__"))
    finally:
        plt.show = show
        plt.close("all")


@functools.cache
def prints_of(chapter: str) -> dict[str, str]:
    """What each section of the chapter's program prints, by the section's name."""
    return {part.name: part.printed for part in run(SNIPPETS / f"{chapter}.py")}


@pytest.fixture
def chapter(request) -> SimpleNamespace:
    """The program of the chapter that the test file is named for: its names, and ``printed``."""
    stem = request.path.stem.removeprefix("test_")
    return SimpleNamespace(**vars(names_of(stem)), printed=prints_of(stem))
