"""Remember on disk what a program or a lab has shown, until it, its data or the tools change."""

import hashlib
import os
import pickle
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

SCRIPTS = Path(__file__).parent


@cache
def tools() -> str:
    """All else that decides what a program shows: Python, the installed packages, these scripts and styles."""
    packages = sorted(f"{package.name} {package.version}" for package in distributions())
    scripts = [path for path in SCRIPTS.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return f"{sys.version} {packages} {fingerprint(scripts)}"


def fingerprint(files: list[Path]) -> str:
    """The same for the same names and contents."""
    return hashlib.sha256(
        repr([(file.name, file.read_bytes()) for file in sorted(files)]).encode()
    ).hexdigest()


def remembered[Made](folder: Path, name: str, files: list[Path], make: Callable[[], Made]) -> Made:
    """What ``make`` returned for these files the last time, kept in ``folder``, or what it returns now.

    What raises is not remembered.
    """
    key = hashlib.sha256((tools() + fingerprint(files)).encode()).hexdigest()[:16]
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
