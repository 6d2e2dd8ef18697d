"""The kit that programs are played with in a page: how it plays and draws them, and what each of them reads."""

import json
from functools import partial
from pathlib import Path

from labs.lab import checks as checks_of_lab
from labs.page import LABS
from python.exercises import checks as checks_of_exercises
from python.get import ARCHIVE, CORE, KIT, LOCK, VERSION, pyodide
from python.licences import works
from takeaway.notebook import data_of
from takeaway.slides.decks import write_decks
from weave.memo import remembered
from weave.program import package_of
from weave.run import STYLES

PLAY = Path(__file__).with_name("play.py")
# What is said beside the sections that do not show in the page what they show elsewhere, by program and section.
WORDS = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))
LOADED = (*(name for name in CORE if not name.endswith(".mjs")), LOCK, ARCHIVE)


def offer(snippets: Path, docs: Path, build: Path) -> tuple[list[str], list[tuple[str, str, Path]]]:
    """What lies below ``build`` for programs to run in the page, and the licences of what others made of it.

    Nothing, where Pyodide cannot be had.
    """
    folder = pyodide(build)
    (build / KIT).unlink(missing_ok=True)
    if not folder:
        return [], []
    write_kit(snippets, docs, folder, build / KIT, build / "memo")
    names = [(folder / name).relative_to(build).as_posix() for name in (*CORE, LOCK, ARCHIVE)]
    return [KIT, *names], works(folder)


def words(build: Path) -> dict | None:
    """What is said beside some sections, or None where programs do not run."""
    return WORDS if (build / KIT).exists() else None


def compose(docs: Path, snippets: Path, build: Path, only: set[str] | None = None) -> None:
    """Make the decks, or ``only`` these, whose code can be run on the wall where programs run in the page."""
    write_decks(docs, snippets, build, words(build), only)


def write_kit(snippets: Path, docs: Path, folder: Path, path: Path, memo: Path) -> None:
    """Write the kit to ``path``, for the Pyodide in ``folder``; ``memo`` knows the checks of labs."""
    labs, exercises = docs / "labs", docs / "exercises"
    drawing = [STYLES.parent / "narrow.py", *sorted(STYLES.glob("*.mplstyle"))]
    kit = {
        "folder": f"../../pyodide/{VERSION}/",
        "bytes": sum((folder / name).stat().st_size for name in LOADED),
        "main": PLAY.read_text(encoding="utf-8"),
        "files": {f"/kit/{file.name}": file.read_text(encoding="utf-8") for file in drawing} | given(labs),
        "needs": {program.stem: needs(program, snippets) for program in sorted(snippets.glob("*.py"))},
        "checks": {f"{LABS}{lab.stem}": _checks(lab, memo) for lab in sorted(labs.glob("*.py"))}
        | {one.stem: checks_of_exercises(one) for one in sorted(exercises.glob("*.py"))},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kit, separators=(",", ":")), encoding="utf-8")


def _checks(lab: Path, memo: Path) -> dict[str, str]:
    return remembered(memo, f"checks-{lab.stem}", [lab], partial(checks_of_lab, lab), ("labs",))


def needs(program: Path, snippets: Path) -> list[str]:
    """The files below ``snippets`` that a program reads or imports."""
    files = [*data_of(program, snippets), *package_of(program)]
    return [file.relative_to(snippets).as_posix() for file in files]


def given(labs: Path) -> dict[str, str]:
    """What labs and checks import from ``given``."""
    files = sorted(labs.glob("given/*.py"))
    return {f"/labs/given/{file.name}": file.read_text(encoding="utf-8") for file in files}
