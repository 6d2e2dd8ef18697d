"""What costs minutes and has passed for the very files it looks at is not proven again for every change.

``tests/proven.json`` has a fingerprint of those files for each such test, written when it passes and committed
with what it proves. Change one of the files, and the test runs again. With WEEKLY set all of them run.
"""

import functools
import hashlib
import json
import os
import re
import sys
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).parent.parent
PROVEN = ROOT / "tests/proven.json"
ALWAYS = ("uv.lock", "tests/conftest.py", "tests/proven.py")
# What a test of a page in a browser looks at besides the page itself.
LOOKS = ("site/assets/**/*", "tests/axe.py", "tests/golden.py", "tests/rules.py")
# What the tests of chapters and labs are helped by.
HELPERS = ("tests/apart.py", "tests/lab.py", "tests/remembers.py")
SKIPPED = "proven for these very files; the weekly job proves it again"


def proven_by(*patterns: str, together: bool = False) -> pytest.MarkDecorator:
    """Mark a test that depends on nothing but the files of these patterns, its file's code and the locked packages.

    A pattern begins at the top of the repository and may name a parameter of the test, ``snippets/{chapter}.py``,
    or what its file is named for, ``snippets/{own}.py``. No test marked so may read another file of ours.
    A test that looks at the built site is spared only if it names what it looks at there, by patterns that begin
    with ``site/``; a page stands for the drawings on it too. Of tests marked so, those that need no site always run.
    Tests that follow one another on one page run ``together``: all of their file that look at the site, or none.
    """
    return pytest.mark.proven_by(*patterns, together=together)


def reads(*patterns: str) -> pytest.MarkDecorator:
    """Mark a test that depends on these files too, besides those of its mark above."""
    return pytest.mark.reads(*patterns)


def of_a_framework(*patterns: str):
    """The same for one that runs a framework, by what it runs: one worker imports each framework once."""
    files = ("tests/apart.py", "snippets/*.py", *patterns)
    return lambda test: pytest.mark.xdist_group("frameworks")(proven_by(*files)(test))


def of_a_chapter(*patterns: str) -> pytest.MarkDecorator:
    """The same for the tests of a chapter: of its program, of what runs it, and of what else they look at.

    The few that read its page say so. The others need not run when prose has changed: what they compute stays,
    and their docstrings, which quote it, are held against it by tests/test_held.py.
    """
    runs = "snippets/{own}.py", "snippets/data/*", "scripts/weave/**/*"
    return proven_by(*runs, *HELPERS, *patterns)


def of_a_lab(*patterns: str) -> pytest.MarkDecorator:
    """The same for the tests of a lab."""
    runs = "docs/labs/{own}.py", "docs/labs/given/*", "scripts/labs/*", "scripts/weave/**/*"
    return proven_by(*runs, *HELPERS, *patterns)


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
    """The files that a test depends on besides its own, ours or, below another root, those of the built site.

    Raises AssertionError for a pattern that finds none.
    """
    mark = item.get_closest_marker("proven_by")
    params = {"own": re.sub("^test_(lab_)?", "", item.path.stem)}
    params |= item.callspec.params if hasattr(item, "callspec") else {}
    found = set()
    besides = [pattern for also in item.iter_markers("reads") for pattern in also.args]
    for pattern in (*ALWAYS, *mark.args, *besides):
        if of_the_site(pattern) == (root != ROOT):
            some = found_by(pattern.format(**params), root)
            assert some, f"{item.nodeid}: no file is called {pattern.format(**params)}"
            found |= some
    return tuple(sorted(found))


@functools.cache
def proof_of(tests: Path, *looked_at: tuple[Path, ...]) -> str:
    """One for the same code of the tests and the same files, which are below one root each."""
    prints = [[(path.name, digest(path)) for path in files] for files in looked_at]
    return hashlib.sha256(f"{code_of(tests)}{prints}".encode()).hexdigest()[:16]


@functools.cache
def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@functools.cache
def code_of(tests: Path) -> str:
    """A file of tests without the docstrings of its functions: they quote sentences, and a word there proves nothing."""
    return re.sub(r'(?<=:\n)[ ]+r?"""(?s:.*?)"""\n', "", tests.read_text(encoding="utf-8"))


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
            proof = proof_of(item.path, files_of(item))
            if table.get(name_of(item)) == proof:
                item.add_marker(pytest.mark.skip(reason=SKIPPED))
            item.user_properties.append(("proves", [name_of(item), proof]))


@pytest.fixture(autouse=True)
def spared(request) -> None:
    """The same for what looks at the built site, once it is there: for the same bytes in the same browser."""
    item = request.node
    read_by_a_test.clear()
    mark = item.get_closest_marker("proven_by")
    if not (mark and "site" in item.fixturenames and any(map(of_the_site, mark.args))):
        return
    site = request.getfixturevalue("site").parent
    proof = looks = proof_of(item.path, files_of(item), files_of(item, site))
    if "browser" in item.fixturenames:
        proof += f" {request.getfixturevalue('browser').version}"
    together = [one for one in request.session.items if mark.kwargs["together"] and one.path == item.path]
    others = [before().get(name_of(one), "") for one in together if "site" in one.fixturenames]
    if before().get(name_of(item)) == proof and all(other.startswith(looks) for other in others):
        pytest.skip(SKIPPED)
    item.user_properties.append(("proves", [name_of(item), proof]))


def assert_named(item) -> None:
    """Whether what a test has read since it began is what its mark names: else it would be spared wrongly.

    Only files that are read in the test's own process are heard of, and of those that may be read once for many
    tests, the machinery, its tests and what they import, none.
    """
    if item.get_closest_marker("proven_by"):
        paths = [ROOT / name for name in [*read_by_a_test]]  # a server's thread may read on
        if strange := {path for path in paths if of_the_repository(path)} - {*files_of(item)}:
            strange -= {Path(getattr(module, "__file__", None) or "") for module in [*sys.modules.values()]}
        assert not strange, f"{item.nodeid} reads what its mark does not name: {sorted(map(str, strange))}"


def of_the_repository(path: Path) -> bool:
    """Whether a file is a page, a program or data of ours, where another may stand tomorrow."""
    if not path.is_relative_to(ROOT) or of_a_tool(path, ROOT):
        return False
    return path.relative_to(ROOT).parts[0] in ("docs", "snippets")


read_by_a_test: set[str] = set()


def hear(event: str, args: tuple) -> None:
    if event == "open" and isinstance(args[0], str):
        read_by_a_test.add(args[0])


sys.addaudithook(hear)


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
