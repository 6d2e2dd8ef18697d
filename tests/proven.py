"""What costs minutes and has passed for the very files it looks at is not proven again for every change.

``tests/proven.json`` has a fingerprint of those files for each such test, written when it passes and committed
with what it proves. Change one of the files, and the test runs again. With WEEKLY set all of them run.
"""

import json
import os
from pathlib import Path

import pytest
from filelock import FileLock

from weave.memo import fingerprint

ROOT = Path(__file__).parent.parent
PROVEN = ROOT / "tests/proven.json"
ALWAYS = ("uv.lock", "tests/conftest.py", "tests/proven.py")
SKIPPED = "proven for these very files; the weekly job proves it again"


def proven_by(*patterns: str) -> pytest.MarkDecorator:
    """Mark a test that depends on nothing but the files of these patterns, its own file and the locked packages.

    A pattern begins at the top of the repository and may name a parameter of the test: ``snippets/{chapter}.py``.
    Where all tests of a file are marked, those that look at the built site are not spared.
    """
    return pytest.mark.proven_by(*patterns)


def known() -> dict[str, str]:
    return json.loads(PROVEN.read_text(encoding="utf-8")) if PROVEN.exists() else {}


def name_of(item) -> str:
    return item.nodeid.rpartition("/")[2].rpartition("@")[0] or item.nodeid.rpartition("/")[2]


def files_of(item) -> list[Path]:
    """The files that a test depends on. Raises AssertionError for a pattern that finds none."""
    (mark,) = item.iter_markers("proven_by")
    params = item.callspec.params if hasattr(item, "callspec") else {}
    found = {item.path}
    for pattern in (*ALWAYS, *mark.args):
        some = {
            path for path in ROOT.glob(pattern.format(**params)) if path.is_file() and not of_a_tool(path)
        }
        assert some, f"{item.nodeid}: no file is called {pattern.format(**params)}"
        found |= some
    return sorted(found)


def of_a_tool(path: Path) -> bool:
    """Whether a file is what Python or another tool keeps beside ours."""
    return path.suffix == ".pyc" or any(part.startswith(".") for part in path.relative_to(ROOT).parts)


def spare(items) -> None:
    """Skip what is proven; the others take along what they will have proven."""
    before = {} if os.environ.get("WEEKLY") else known()
    for item in items:
        if item.get_closest_marker("proven_by") and "site" not in item.fixturenames:
            proof = fingerprint(files_of(item))
            if before.get(name_of(item)) == proof:
                item.add_marker(pytest.mark.skip(reason=SKIPPED))
            item.user_properties.append(("proves", [name_of(item), proof]))


def left(session, test: str) -> list[dict]:
    """The parameters with which a test is going to run in this session."""
    items = [item for item in session.items if getattr(item, "originalname", "") == test]
    return [item.callspec.params for item in items if not item.get_closest_marker("skip")]


def note(report) -> None:
    """Keep what a test that passed has proven."""
    proofs = [value for name, value in report.user_properties if name == "proves"]
    if proofs and report.when == "call" and report.passed:
        with FileLock(ROOT / "build/proven.lock"):
            table = known() | dict(proofs)
            PROVEN.write_text(json.dumps(table, indent=0, sort_keys=True) + "\n", encoding="utf-8")
