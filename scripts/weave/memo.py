"""Remember on disk what a program or a lab has shown, until it, its data or the tools change."""

import hashlib
import os
import pickle
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).parents[1]


@cache
def tools(*rooms: str) -> str:
    """All else that decides what is made: Python, the installed packages, and these rooms of ``scripts/``."""
    # Their folders' names say package and version; to read what each says of itself takes half a second.
    packages = sorted(folder.name for place in sys.path for folder in Path(place).glob("*.dist-info"))
    scripts = [
        path
        for room in rooms
        for path in (SCRIPTS / room).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    ]
    return f"{sys.version} {packages} {fingerprint(scripts)}"


def fingerprint(files: list[Path]) -> str:
    """The same for the same names and contents."""
    return hashlib.sha256(
        repr([(file.name, file.read_bytes()) for file in sorted(files)]).encode()
    ).hexdigest()


def remembered[Made](
    folder: Path, name: str, files: list[Path], make: Callable[[], Made], rooms=("weave",), besides=""
) -> Made:
    """What ``make`` returned for these files the last time, kept in ``folder``, or what it returns now.

    It is made anew when a file of one of the ``rooms`` that make it has changed, or what is named ``besides``.
    What raises is not remembered.
    """
    key = hashlib.sha256((tools(*rooms) + fingerprint(files) + besides).encode()).hexdigest()[:16]
    memo = folder / f"{name}.{key}"
    if not memo.exists():
        made = make()
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(f"{name}.*"):
            old.unlink()
        fresh = folder / f"{name}.new"
        fresh.write_bytes(pickle.dumps(made))
        os.replace(fresh, memo)  # so that a build that is stopped leaves no half of it
    return pickle.loads(memo.read_bytes())
