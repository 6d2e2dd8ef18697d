"""The joints between MkDocs and the machinery: MkDocs calls in here, and nothing is decided here."""

import errno
import logging
import sys
from pathlib import Path

from mkdocs.exceptions import Abort
from mkdocs.structure.files import File
from mkdocs.utils import CountHandler, get_relative_url

# Each room is imported where it is called: a build that finds nothing changed needs few of them.
sys.path.insert(0, str(Path(__file__).parent))
from weave.errors import SiteError

log = logging.getLogger("mkdocs.overshoot")
ROOT = Path(__file__).parent.parent
SNIPPETS, LABS, BUILD = ROOT / "snippets", ROOT / "docs" / "labs", ROOT / "build"
MEMO, BUILT = BUILD / "memo", BUILD / "built"
EXTENSIONS = ["pages.elements", "pages.mathematics", "pages.finish"]
# The files that the build makes, and those of the sources that are offered, each at its place in the site.
MADE = ("figures/*", "notebooks/**/*.ipynb", "labs/downloads/*", "slides/*.md", "*.zip", "assets/**/*.js")
OFFERED = ("snippets/**/*.py", "snippets/data/*", "snippets/*/*.json")
CURES = {errno.ENOSPC: "make room on that disk", errno.EROFS: "build where files can be written"}
archives = {}  # what the build makes of the whole site, and what for
course = []  # the pages in the order of the navigation
broken = {}  # while serving, the errors of programs by name
called = None  # build, serve or gh-deploy


def on_startup(command, dirty):
    global called
    called = command
    sys.path.insert(0, str(Path(__file__).parent))  # the processes that run programs import from here


def on_config(config):
    from pages.publish import lock, stamp
    from pages.unchanged import unchanged

    lock(BUILD)
    stamp(ROOT)
    config.markdown_extensions += EXTENSIONS
    config.extra["site"] = config.site_dir
    if called != "serve":
        offer_archives()
        config.site_dir = str(BUILD / "site")
        if called == "build" and unchanged(BUILT, state(config)):
            log.info(f"Nothing has changed since {config.extra['site']} was built.")
            raise SystemExit(0)


def offer_archives():
    from takeaway.browser import can_print

    archives["overshoot.zip"] = "to read without a network"
    if can_print():
        archives["overshoot.pdf"] = "to print"


def state(config) -> str:
    from pages.unchanged import state

    site = Path(config.extra["site"])
    return state(ROOT, site, config.site_url, config.repo_url, config.strict, config.theme.name, *archives)


def on_pre_build(config):
    # Before MkDocs empties the folder that it builds into.
    from mkdocs_jupyter import convert

    from labs.kernels import configure, side_by_side
    from labs.lab import write_downloads
    from pages.page import without_page
    from takeaway.notebook import write_notebooks
    from weave.source import check
    from weave.weave import weave

    docs = Path(config.docs_dir)
    check(docs)
    configure(BUILD)
    if not hasattr(convert.nb2html, "__wrapped__"):
        convert.nb2html = side_by_side(convert.nb2html, MEMO)
    broken.clear()
    broken.update(weave(SNIPPETS, BUILD, serving=called == "serve"))
    for error in [*broken.values(), *without_page(SNIPPETS, docs)]:
        if called != "serve":
            raise error
        for counter in counters():  # strict mode; it would keep the server from the rest of the site
            logging.getLogger("mkdocs").removeHandler(counter)
        log.error(error)
    write_notebooks(SNIPPETS, docs, BUILD / "notebooks", config.site_url, broken)
    write_downloads(LABS, BUILD / "labs" / "downloads", config.site_url)


def on_files(files, config):
    from pages.reader_data import write_reader_data
    from problems.variants import archive
    from takeaway.notebook import write_packages
    from takeaway.slides import write_decks
    from weave.memo import remembered

    sets = remembered(MEMO, "problem-sets", [], lambda: archive(count=30, seed=7), ("problems", "pages"))
    (BUILD / "problem-sets.zip").write_bytes(sets)
    write_packages(SNIPPETS, BUILD)
    write_decks(Path(config.docs_dir), BUILD / "slides")
    write_reader_data(SNIPPETS / "readlog", BUILD)
    for root, patterns in ((BUILD, MADE), (ROOT, OFFERED)):
        for path in sorted(path for pattern in patterns for path in root.glob(pattern)):
            files.append(file(path.relative_to(root), root, config))


def file(name, root, config) -> File:
    return File(Path(name).as_posix(), str(root), config.site_dir, config.use_directory_urls)


def on_nav(nav, config, files):
    course[:] = nav.pages


def on_page_markdown(markdown, page, config, files):
    from labs.page import page as lab_page
    from pages.page import prepare, with_errors
    from takeaway.downloads import section, take_along, take_along_of_lab

    source, stem, rows = page.file.src_uri, Path(page.file.src_uri).stem, []
    markdown = with_errors(markdown, broken, SNIPPETS)
    if source.startswith("labs/"):
        # By now mkdocs-jupyter has run the lab.
        markdown, drawings = lab_page(stem, markdown)
        for name, drawing in drawings.items():
            (BUILD / "figures" / name).write_bytes(drawing)
            files.append(file(f"figures/{name}", BUILD, config))
        rows = take_along_of_lab(stem, markdown, config.repo_url)
    elif not source.startswith("slides/"):
        rows = take_along(markdown, SNIPPETS, config.repo_url)
    prepared = prepare(source, markdown, SNIPPETS, BUILD)
    whole = {get_relative_url(name, page.url): what for name, what in archives.items()}
    return prepared + section(rows, whole) if rows or page.is_homepage else prepared


def on_env(env, config, files):
    from jinja2 import FileSystemBytecodeCache

    # MkDocs makes a new environment for each build; this spares it compiling the theme each time.
    (BUILD / "templates").mkdir(exist_ok=True)
    env.bytecode_cache = FileSystemBytecodeCache(BUILD / "templates")


def on_post_page(output, page, config):
    from pages.policy import with_policy

    # The server adds a script of its own to reload the page, which the policy would forbid.
    return output if called == "serve" else with_policy(output)


def on_post_template(output, template_name, config):
    return on_post_page(output, None, config) if template_name.endswith(".html") else output


def on_post_build(config):
    from pages.bundle import bundle
    from pages.elements import FIGURES
    from pages.minify import minify
    from pages.publish import publish, unlock
    from pages.search import prepare_search
    from pages.unchanged import note
    from takeaway.offline import pack
    from takeaway.pdf import print_course

    site = Path(config.site_dir)
    docs = Path(config.docs_dir)
    prepare_search(site)
    worker = Path("assets", "diagnose", "worker.js")
    (site / worker).write_text(bundle([docs / worker], BUILD), encoding="utf-8")
    assets = site / "assets"
    minify(
        [
            *assets.glob("*.css"),
            *assets.glob("*.js"),
            *assets.glob("interactive/**/*"),
            *assets.glob("diagnose/*"),
        ]
    )
    if called != "serve":
        if "overshoot.pdf" in archives:
            (site / "overshoot.pdf").write_bytes(print_course(config, course, site, MEMO))
        alive = [*(f"interactive/{name}.js" for name in FIGURES), "diagnose/box.js"]
        modules = [docs / "assets" / name for name in alive]
        licences = [*ROOT.glob("LICENSE*"), *ROOT.glob("CITATION.cff")]
        pack(site, modules, BUILD, licences, site / "overshoot.zip")
        if not complaints():  # of which strict mode is about to tell
            config.site_dir = config.extra["site"]
            publish(site, Path(config.site_dir))
            note(BUILT, state(config))
    unlock()


def counters() -> list[CountHandler]:
    return [one for one in logging.getLogger("mkdocs").handlers if isinstance(one, CountHandler)]


def complaints(*levels: str) -> int:
    """How many messages of these levels the build has given; of all from warnings on, if none is named."""
    counts = (count for one in counters() for count in one.get_counts())
    return sum(count for level, count in counts if not levels or level in levels)


def on_build_error(error):
    """Tells an error that is for the person who builds in its own words, once, and without a traceback."""
    from pages.publish import unlock

    unlock()
    if isinstance(error, OSError) and error.errno in CURES:
        error = SiteError(f"{error.filename}: {error.strerror}.\n  Cure: {CURES[error.errno]}.")
    if isinstance(error, SiteError):
        if not complaints("ERROR"):  # MkDocs has not yet told it, with the page that it was met on
            log.error(error)
        raise Abort("The site is as it was before this build.")


def on_shutdown():
    from pages.publish import unlock

    unlock()
