"""What the tests share: a chapter's program, run as a learner would run it, and the built site."""

import contextlib
import copyreg
import functools
import http.server
import io
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import threading
import time
from contextvars import ContextVar
from inspect import getsource
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

# Before numpy comes: its matrices here are small, and threads that wait for one another cost more than they do.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import cloudpickle
import matplotlib.pyplot as plt
import pytest
from filelock import FileLock
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as Late
from playwright.sync_api import sync_playwright

import proven
from python import get
from takeaway.browser import find_browser, start_browser
from weave import weave
from weave.memo import remembered
from weave.program import package_of, sections
from weave.run import Shown

ROOT = Path(__file__).parent.parent
spared = proven.spared  # for each test
SNIPPETS = ROOT / "snippets"


def markdown_of(page: str) -> str:
    """The source of a page, by its name."""
    return (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")


@contextlib.contextmanager
def no_window():
    """Figures are drawn but not shown, and closed in the end; no words on the command line."""
    plt.switch_backend("svg")
    show, plt.show = plt.show, lambda: None
    words, sys.argv = sys.argv, sys.argv[:1]
    try:
        yield
    finally:
        plt.show, sys.argv = show, words
        plt.close("all")


def played(path: Path) -> tuple[SimpleNamespace, str]:
    """What a program defines, after a run of the whole file, and what it printed."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")  # as on Windows, where it goes into a file
    with no_window(), contextlib.redirect_stdout(printed):
        names = runpy.run_path(str(path), run_name="__main__")
    printed.flush()
    kept = {
        name: value
        for name, value in names.items()
        if not isinstance(value, io.IOBase) and name not in ("__builtins__", "__loader__", "__spec__")
    }
    return SimpleNamespace(**kept), printed.buffer.getvalue().decode("utf-8")


def read_by(chapter: str) -> list[Path]:
    """The chapter's program, and the files that decide what it does."""
    path = SNIPPETS / f"{chapter}.py"
    return [path, *SNIPPETS.glob("data/*"), *package_of(path)]


# A function under @np.errstate sets this variable, which is numpy's and is found there again.
copyreg.pickle(ContextVar, lambda variable: "_extobj_contextvar")


@functools.cache
def run_alone(chapter: str) -> tuple[SimpleNamespace, str]:
    """What the chapter's program defines and printed when it ran alone; remembered as a build remembers it.

    Its functions are remembered with it, by their code, which pickle alone cannot do.
    """
    path, folder = SNIPPETS / f"{chapter}.py", ROOT / "build/alone"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"lock-{chapter}"):
        kept = remembered(
            folder,
            chapter,
            read_by(chapter),
            lambda: cloudpickle.dumps(played(path)),
            besides=getsource(played),
        )
    return cloudpickle.loads(kept)


def names_of(chapter: str) -> SimpleNamespace:
    """Every name that the chapter's program defines."""
    return run_alone(chapter)[0]


@functools.cache
def names_after(chapter: str, last: str) -> SimpleNamespace:
    """The names that the chapter's program has made by the end of a section, which spares the run of the rest."""
    path = SNIPPETS / f"{chapter}.py"
    names = {"__name__": "__main__", "__file__": str(path)}
    with no_window(), contextlib.redirect_stdout(io.StringIO()):
        for part in sections(path):
            exec(part.code, names)
            if part.name == last:
                return SimpleNamespace(**names)
    raise KeyError(last)


def axes_of(chapter: SimpleNamespace, section: str) -> list:
    """The panels of the figure that a section of the chapter draws."""
    parts = {part.name: part.code for part in sections(Path(chapter.__file__))}
    with no_window():
        exec(parts[section], dict(vars(chapter)))
        return plt.gcf().axes


def changed(chapter, section, old, new):
    """A section of the displayed program with other words in it: its names, what it prints, its panels."""
    code = {part.name: part.code for part in sections(Path(chapter.__file__))}[section]
    assert code.count(old) == 1, f"{old!r} stands {code.count(old)} times in the section"
    names = dict(vars(chapter))
    with no_window(), contextlib.redirect_stdout(io.StringIO()) as out:
        exec(code.replace(old, new), names)
        return SimpleNamespace(**names, shown=out.getvalue(), panels=plt.gcf().axes)


@functools.cache
def shown_by(chapter: str) -> list[Shown]:
    """What each section of the chapter's program prints and draws; remembered as a build remembers it."""
    (ROOT / "build").mkdir(exist_ok=True)
    with FileLock(ROOT / "build" / f"{chapter}.lock"):
        return weave.shown_by(SNIPPETS / f"{chapter}.py", ROOT / "build" / "memo")


@pytest.fixture
def chapter(request) -> SimpleNamespace:
    """The program of the chapter that the test file is named for: its names, and ``printed``."""
    stem = request.path.stem.removeprefix("test_")
    printed = {part.name: part.printed for part in shown_by(stem)}
    return SimpleNamespace(**vars(names_of(stem)), printed=printed)


@pytest.fixture
def program(tmp_path):
    """A function that writes a program and returns its path; bare code becomes one section 'only'."""

    def write(code):
        path = tmp_path / "snippets" / "chapter.py"
        path.parent.mkdir(exist_ok=True)
        if "--8<--" not in code:
            code = f"# %% --8<-- [start:only]\n{code}\n# --8<-- [end:only]\n"
        path.write_text(code, encoding="utf-8")
        return path

    return write


def copy_of_the_sources(folder: Path) -> Path:
    """A copy of what a build reads, so that builds in tests touch neither each other nor the repository."""
    for name in ("docs", "snippets", "scripts"):
        shutil.copytree(ROOT / name, folder / name)
    for file in (ROOT / "mkdocs.yml", *ROOT.glob("LICENSE*"), ROOT / "CITATION.cff"):
        shutil.copy(file, folder)
    if (ROOT / "build/pyodide").exists():
        (folder / "build").mkdir()
        (folder / "build/pyodide").symlink_to(ROOT / "build/pyodide")
    return folder


def small_site(folder: Path) -> Path:
    """What a build reads for a site of one chapter, one lab and two pages, with the machinery of the large one."""
    shared = ("scripts", "docs/assets", "docs/labs/given", "snippets/readlog")
    for name in shared:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests/small", folder, dirs_exist_ok=True)
    for file in (*ROOT.glob("LICENSE*"), ROOT / "CITATION.cff"):
        shutil.copy(file, folder)
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    nav = "nav: [index.md, overshoot.md, sources.md, labs/limit.py]\n\n"
    (folder / "mkdocs.yml").write_text(re.sub(r"(?ms)^nav:.*?(?=^#)", nav, settings), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def pyodide() -> Path:
    """The folder that holds Pyodide, got once. Without it these tests are skipped at home and fail where CI is set."""
    (ROOT / "build").mkdir(exist_ok=True)
    with FileLock(ROOT / "build" / "pyodide.lock"):
        folder = get.pyodide(ROOT / "build")
    return folder or pytest.skip("Pyodide cannot be had here")


def remember_the_programs(root: Path) -> None:
    """Let a build in root know what the tests have seen the programs show, so that each runs once for all tests."""
    (root / "build/memo").mkdir(parents=True, exist_ok=True)
    for program in sorted(SNIPPETS.glob("*.py")):
        shown_by(program.stem)
        for made in (ROOT / "build/memo").glob(f"{program.stem}.*"):
            shutil.copy(made, root / "build/memo")


def remember_the_problems(root: Path) -> None:
    """Let a build in root have the problem sets that were made before: they take half of the time of a small site."""
    from problems.command import archive

    memo = ROOT / "build" / "memo"
    memo.mkdir(parents=True, exist_ok=True)
    with FileLock(ROOT / "build" / "problems.lock"):
        remembered(memo, "problem-sets", [], lambda: archive(count=30), ("problems", "pages"))
        (root / "build/memo").mkdir(parents=True, exist_ok=True)
        for made in memo.glob("problem-sets.*"):
            shutil.copy(made, root / "build/memo")


def build(root: Path, **settings: str) -> subprocess.CompletedProcess:
    """``mkdocs build`` in root, as a person would call it, with these settings of the environment."""
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "SOURCE_DATE_EPOCH": "1735689600"} | settings
    if not (root / "build/pyodide").exists():
        environment["PYODIDE"] = ""  # no build of a test goes for it
    command = [sys.executable, "-m", "mkdocs", "build"]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=900)


# What takes a minute or more and seldom finds what its lighter neighbours do not.
ONCE_A_WEEK = pytest.mark.skipif(
    not os.environ.get("WEEKLY"), reason="WEEKLY is not set: the weekly job runs it"
)

ONE_WORKER = ("chapter", "answers", "lab")  # what takes its time, and is wanted by many tests
# What takes longest begins first; the first of these makes the site for all, while others do without it.
LONGEST = ("test_run_here.py", "test_python.py")


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items):
    """What is proven is spared, and one worker runs a program for all its tests; the longest begin, and what needs the site comes last."""
    proven.spare(items)
    for item in items:
        shared = [name for name in ONE_WORKER if name in item.fixturenames]
        lab = item.path.stem.partition("test_lab_")[2] or (
            item.path.stem == "test_labs" and hasattr(item, "callspec") and item.callspec.params.get("stem")
        )
        if (shared or lab) and not item.get_closest_marker("xdist_group"):
            own = f"lab_{lab}" if lab else item.path.stem.removeprefix("test_")
            item.add_marker(pytest.mark.xdist_group(own))

    def turn(item):
        first = [place for place, name in enumerate(LONGEST) if name in item.nodeid]
        site = "site" in item.fixturenames
        return *(first or [len(LONGEST)]), site

    items.sort(key=turn)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    outcome = yield
    proven.assert_named(item)
    return outcome


def pytest_configure(config):
    config.addinivalue_line("markers", "proven_by(*patterns): see proven.proven_by")
    config.addinivalue_line("markers", "reads(*patterns): see proven.reads")


def pytest_runtest_logreport(report):
    if "PYTEST_XDIST_WORKER" not in os.environ:  # the workers' reports come here too
        proven.note(report)


def pytest_xdist_auto_num_workers():
    """Two for each core: most of the tests wait for a browser, or for a page to be still."""
    return 2 * os.cpu_count()


NO_BROWSER = {"PATH": "", "CHROMIUM": "", "CI": ""}  # so a build prints no PDF, which takes its time


@pytest.fixture(scope="session")
def site(tmp_path_factory, worker_id) -> Path:
    """The built site, built once for all workers."""
    base = tmp_path_factory.getbasetemp()
    root = (base if worker_id == "master" else base.parent) / "the-site"
    with FileLock(root.with_suffix(".lock")):
        if not (root / "site").exists():
            with FileLock(ROOT / "build" / "pyodide.lock"):
                get.pyodide(ROOT / "build")
            shutil.rmtree(root, ignore_errors=True)
            root.mkdir()
            copy_of_the_sources(root)
            remember_the_programs(root)
            remember_the_problems(root)
            result = build(root)
            assert result.returncode == 0, result.stdout + result.stderr
    return root / "site"


COUNT_SHIFTS = """window.moved = 0; new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
}).observe({type: "layout-shift", buffered: true})"""


@pytest.fixture(scope="session")
def browser():
    """Chromium or Chrome. Without one these tests are skipped at home and fail where CI is set."""
    if not find_browser():
        message = "no browser found: install Chromium or Chrome, or set CHROMIUM to its path"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    with sync_playwright() as playwright:
        chromium = start_browser(playwright)
        yield chromium
        chromium.close()


@contextlib.contextmanager
def served(folder: Path):
    """The address of a folder, served at the root of a port of its own, with its own page for what is not found."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

        def send_error(self, code, message=None, explain=None):
            body = (folder / "404.html").read_bytes()
            self.send_response(code)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def address(site):
    with served(site) as at:
        yield at


PATIENCE = 120_000  # milliseconds: where many tests share two cores, a page may take its time


def until(page, holds: str, arg=None, timeout: int = PATIENCE) -> None:
    """Wait until an expression or a function of JavaScript holds on the page.

    Playwright's own wait asks in the page, by eval, which the policy of a page forbids: it fails unless all is
    as it should be at once. Between two pages there is nothing to ask, so an error there means "not yet".
    """
    end, error = time.monotonic() + timeout / 1000, None
    while time.monotonic() < end:
        try:
            if page.evaluate(holds, arg):
                return
        except PlaywrightError as found:
            error = found
        page.wait_for_timeout(50)
    raise AssertionError(f"never so: {holds}") from error


LOADED = """async () => {
    if (document.readyState !== "complete") await new Promise(done => addEventListener("load", done));
    await document.fonts.ready;
}"""


def settle(page) -> None:
    """Wait until a page has loaded all it needs. A browser that is short of time does not always say so: then ask the page."""
    try:
        page.wait_for_load_state("networkidle", timeout=15_000)
    except Late:
        page.evaluate(LOADED)


class QuietPage:
    """A page with what it told, which should be nothing: in the console, of a request that failed or went elsewhere."""

    free: ClassVar = {}  # pages that no test has in use, by what they were opened with: a new one takes its time

    def __init__(self, browser, own, **options):
        self.noise, self.page = [], browser.new_context(**options).new_page()
        media = ("color_scheme", "light"), ("reduced_motion", "no-preference"), ("forced_colors", "none")
        self.media = {name: options.get(name, usual) for name, usual in media}
        self.page.set_default_timeout(PATIENCE)
        tell = self.noise.append
        self.page.on("console", lambda message: tell(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: tell(str(error)))
        self.page.on("requestfailed", self.heard)
        self.page.on("request", lambda request: request.url.startswith(own) or tell(request.url))

    def heard(self, request) -> None:
        """Note a request that failed; one that was let go, as when the page is left, did not."""
        if request.failure != "net::ERR_ABORTED":
            self.noise.append(f"failed: {request.url}: {request.failure}")

    def told(self) -> list[str]:
        """What it told since it was last asked."""
        noise = self.noise[:]
        self.noise.clear()
        return noise

    def emptied(self) -> bool:
        """Whether the page is now as good as new."""
        if self.page.is_closed() or self.page.url == "about:blank" or len(self.page.context.pages) > 1:
            return False
        self.page.unroute_all()
        self.page.context.unroute_all()
        self.page.set_default_timeout(PATIENCE)
        self.page.context.set_offline(False)
        self.page.emulate_media(media="null", **self.media)
        self.page.evaluate("localStorage.clear(), sessionStorage.clear()")
        self.page.goto("about:blank")
        return True


@contextlib.contextmanager
def quiet_pages(browser, *own):
    """A function that opens a page by its address; in the end all pages must have been quiet.

    Quiet: nothing in the console, no request to an address that does not begin as one of its own, no
    request that failed. Who changes what every page of a context gets asks for one that is not ``kept``.
    """
    opened = []

    def open_it(url, width=1280, height=900, kept=True, **options):
        kind = (browser, own, json.dumps(options, sort_keys=True)) if kept else None
        free = QuietPage.free.setdefault(kind, []) if kept else []
        one = free.pop() if free else QuietPage(browser, own, **options)
        opened.append((one, free))
        one.page.set_viewport_size({"width": width, "height": height})
        one.page.goto(url)
        settle(one.page)
        return one.page

    yield open_it
    noise = [told for one, _ in opened for told in one.noise]
    for one, free in opened:
        if not noise and one.emptied():
            free.append(one)
        else:
            one.page.context.close()
    assert noise == []


@pytest.fixture
def open_page(browser, address):
    """A function that opens a page of the served site; when the test ends, it must have been quiet."""
    with quiet_pages(browser, address, "data:") as open_it:
        yield lambda path, *size, **options: open_it(address + path, *size, **options)


def to_the_dark(page) -> None:
    """Press the button that turns a page in the light scheme into the dark one."""
    page.locator("label[for^=__palette]:visible").click()
    page.wait_for_selector("body[data-md-color-scheme=slate]")


def to_the_light(page) -> None:
    """Press it again."""
    page.locator("label[for^=__palette]:visible").click()
    page.wait_for_selector("body[data-md-color-scheme=default]")
