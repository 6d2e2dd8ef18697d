"""What costs minutes and has passed for the very files it looks at is not proven again for every change.

``tests/proven.json`` has a fingerprint of those files for each such test, written when it passes and committed
with what it proves. Change one of the files, and the test runs again. With WEEKLY set all of them run.
"""

import functools
import json
import os
import re
from pathlib import Path

import pytest
from filelock import FileLock

from weave.memo import fingerprint

ROOT = Path(__file__).parent.parent
PROVEN = ROOT / "tests/proven.json"
ALWAYS = ("uv.lock", "tests/conftest.py", "tests/proven.py")
# What a test of a page in a browser looks at besides the page itself.
LOOKS = ("site/assets/**/*", "tests/axe.py", "tests/golden.py", "tests/rules.py")
# What the tests of chapters and labs are helped by.
HELPERS = ("tests/apart.py", "tests/lab.py", "tests/remembers.py")
SKIPPED = "proven for these very files; the weekly job proves it again"


def proven_by(*patterns: str, together: bool = False) -> pytest.MarkDecorator:
    """Mark a test that depends on nothing but the files of these patterns, its own file and the locked packages.

    A pattern begins at the top of the repository and may name a parameter of the test: ``snippets/{chapter}.py``.
    A test that looks at the built site is spared only if it names what it looks at there, by patterns that begin
    with ``site/``; a page stands for the drawings on it too. Of tests marked so, those that need no site always run.
    Tests that follow one another on one page run ``together``: all of their file that look at the site, or none.
    """
    return pytest.mark.proven_by(*patterns, together=together)


def of_a_framework(*patterns: str):
    """The same for one that runs a framework, by what it runs: one worker imports each framework once."""
    files = ("tests/apart.py", "snippets/*.py", *patterns)
    return lambda test: pytest.mark.xdist_group("frameworks")(proven_by(*files)(test))


def of_a_chapter(*patterns: str) -> pytest.MarkDecorator:
    """The same for all tests of a chapter or a lab whose runs take half a minute: of programs, and of what pages say.

    A test of them that depends on less has a mark of its own, which counts.
    """
    files = (
        "docs/*.md",
        "docs/assets/interactive/**/*",
        "docs/labs/**/*",
        "snippets/**/*",
        "scripts/weave/**/*",
    )
    return proven_by(*files, "scripts/labs/*", "tests/figures/*", *HELPERS, *patterns)


# The same for what builds the site of tests/small, by what it is made of, of all that may change.
of_a_small_site = proven_by(
    "scripts/**/*",
    "docs/assets/**/*",
    "docs/labs/given/*",
    "snippets/readlog/*",
    "tests/small/**/*",
    "tests/rules.py",
    "mkdocs.yml",
    "LICENSE*",
    "CITATION.cff",
)


def known() -> dict[str, str]:
    return json.loads(PROVEN.read_text(encoding="utf-8")) if PROVEN.exists() else {}


def name_of(item) -> str:
    """A test's file and name, without the group that its worker is chosen by."""
    return f"{item.path.name}::{re.sub(r'@[^]]*$', '', item.nodeid.partition('::')[2])}"


def files_of(item, root: Path = ROOT) -> tuple[Path, ...]:
    """The files that a test depends on, ours or, below another root, those of the built site.

    Raises AssertionError for a pattern that finds none.
    """
    mark = item.get_closest_marker("proven_by")
    params = item.callspec.params if hasattr(item, "callspec") else {}
    found = {item.path} if root == ROOT else set()
    for pattern in (*ALWAYS, *mark.args):
        if of_the_site(pattern) == (root != ROOT):
            some = found_by(pattern.format(**params), root)
            assert some, f"{item.nodeid}: no file is called {pattern.format(**params)}"
            found |= some
    return tuple(sorted(found))


@functools.cache
def proof_of(files: tuple[Path, ...]) -> str:
    return fingerprint([*files])


@functools.cache
def found_by(pattern: str, root: Path) -> set[Path]:
    found = {path for path in root.glob(pattern) if path.is_file() and not of_a_tool(path, root)}
    for page in [path for path in found if path.name == "index.html"]:
        drawings = set(re.findall(r"figures/[\w.-]+\.svg", page.read_text(encoding="utf-8")))
        found |= {root / "site" / drawing for drawing in drawings}
    return found


def of_a_tool(path: Path, root: Path) -> bool:
    """Whether a file is what Python or another tool keeps beside ours."""
    return path.suffix == ".pyc" or any(part.startswith(".") for part in path.relative_to(root).parts)


def of_the_site(pattern: str) -> bool:
    return pattern.startswith("site/")


@functools.cache
def before() -> dict[str, str]:
    """What was proven when this run began."""
    return {} if os.environ.get("WEEKLY") else known()


def spare(items) -> None:
    """Skip what is proven; the others take along what they will have proven."""
    table = before()
    for item in items:
        mark = item.get_closest_marker("proven_by")
        if mark and "site" not in item.fixturenames and not any(map(of_the_site, mark.args)):
            proof = proof_of(files_of(item))
            if table.get(name_of(item)) == proof:
                item.add_marker(pytest.mark.skip(reason=SKIPPED))
            item.user_properties.append(("proves", [name_of(item), proof]))


@pytest.fixture(autouse=True)
def spared(request) -> None:
    """The same for what looks at the built site, once it is there: for the same bytes in the same browser."""
    item = request.node
    mark = item.get_closest_marker("proven_by")
    if not (mark and "site" in item.fixturenames and any(map(of_the_site, mark.args))):
        return
    looks = proof_of(files_of(item)) + proof_of(files_of(item, request.getfixturevalue("site").parent))
    proof = looks
    if "browser" in item.fixturenames:
        proof += f" {request.getfixturevalue('browser').version}"
    together = [one for one in request.session.items if mark.kwargs["together"] and one.path == item.path]
    others = [before().get(name_of(one), "") for one in together if "site" in one.fixturenames]
    if before().get(name_of(item)) == proof and all(other.startswith(looks) for other in others):
        pytest.skip(SKIPPED)
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
            fresh = ROOT / "build/proven.json"  # which nobody reads half written
            fresh.write_text(json.dumps(table, indent=0, sort_keys=True) + "\n", encoding="utf-8")
            os.replace(fresh, PROVEN)
