"""The joints between MkDocs and the machinery; all work is done in the modules beside this one."""

import logging
import shutil
import sys
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from mkdocs.exceptions import Abort
from mkdocs.structure.files import File
from mkdocs.utils import CountHandler, get_relative_url
from mkdocs_jupyter import convert

from labs.kernels import configure, side_by_side
from labs.lab import downloads
from labs.page import page as lab_page
from pages.bundle import bundle
from pages.elements import FIGURES
from pages.minify import minify
from pages.page import prepare
from pages.policy import with_policy
from pages.publish import publish, stamp
from pages.reader_data import write_reader_data
from pages.search import prepare_search
from problems.variants import archive
from takeaway.course import can_print, print_course
from takeaway.downloads import section, take_along, take_along_of_lab
from takeaway.notebook import whole, write_notebooks
from takeaway.offline import pack
from takeaway.slides import write_decks
from weave.errors import SiteError
from weave.program import package_of
from weave.weave import weave

log = logging.getLogger("mkdocs.overshoot")
ROOT = Path(__file__).parent.parent
SNIPPETS, LABS, BUILD = ROOT / "snippets", ROOT / "docs" / "labs", ROOT / "build"
archives = {}  # what the build makes of the whole site, and what for
course = []  # the pages in the order of the navigation
serving = False


def on_startup(command, dirty):
    global serving
    serving = command == "serve"
    sys.path.insert(0, str(Path(__file__).parent))  # the processes that run programs import from here
    stamp(ROOT)
    configure(BUILD)
    convert.nb2html = side_by_side(convert.nb2html, BUILD / "memo")


def on_config(config):
    config.markdown_extensions += ["pages.elements", "pages.mathematics", "pages.finish"]
    config.extra["site"] = config.site_dir
    if serving:
        return
    config.site_dir = str(BUILD / "site")
    archives["overshoot.zip"] = "to read without a network"
    if can_print():
        archives["overshoot.pdf"] = "to print"


def on_pre_build(config):
    # Before MkDocs empties the folder that it builds into.
    weave(SNIPPETS, BUILD)
    write_notebooks(SNIPPETS, Path(config.docs_dir), BUILD / "notebooks", config.site_url)
    folder = BUILD / "labs" / "downloads"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for lab in LABS.glob("*.py"):
        for name, text in downloads(lab, config.site_url).items():
            (folder / name).write_text(text, encoding="utf-8")


def on_files(files, config):
    problem_sets = BUILD / "problem-sets.zip"
    problem_sets.write_bytes(archive(count=30, seed=7))
    made = [*BUILD.glob("figures/*"), *BUILD.glob("notebooks/**/*.ipynb"), *BUILD.glob("labs/downloads/*")]
    made += [*write_decks(Path(config.docs_dir), BUILD / "slides"), problem_sets]
    made.append(write_reader_data(SNIPPETS / "readlog", BUILD))
    programs = [*SNIPPETS.rglob("*.py"), *SNIPPETS.glob("data/*"), *SNIPPETS.glob("*/*.json")]
    for program in SNIPPETS.glob("*.py"):
        if package_of(program):
            made.append(BUILD / f"{program.stem}.zip")
            made[-1].write_bytes(whole(program, SNIPPETS))
    for root, paths in ((BUILD, made), (ROOT, programs)):
        for path in sorted(paths):
            name = path.relative_to(root).as_posix()
            files.append(File(name, str(root), config.site_dir, config.use_directory_urls))


def on_nav(nav, config, files):
    course[:] = nav.pages


def on_page_markdown(markdown, page, config, files):
    stem = Path(page.file.src_uri).stem
    is_lab = page.file.src_uri.startswith("labs/")
    if is_lab:
        # By now mkdocs-jupyter has run the lab.
        markdown, drawings = lab_page(stem, markdown)
        for name, drawing in drawings.items():
            (BUILD / "figures" / name).write_bytes(drawing)
            files.append(File(f"figures/{name}", str(BUILD), config.site_dir, config.use_directory_urls))
    prepared = prepare(page.file.src_uri, markdown, SNIPPETS, BUILD)
    if page.file.src_uri.startswith("slides/"):
        return prepared
    url = config.repo_url
    rows = take_along_of_lab(stem, markdown, url) if is_lab else take_along(markdown, SNIPPETS, url)
    whole = {get_relative_url(name, page.url): what for name, what in archives.items()}
    return prepared + section(rows, whole) if rows or page.is_homepage else prepared


def on_env(env, config, files):
    # MkDocs makes a new environment for each build; this spares it compiling the theme each time.
    (BUILD / "templates").mkdir(exist_ok=True)
    env.bytecode_cache = FileSystemBytecodeCache(BUILD / "templates")


def on_post_page(output, page, config):
    # The server adds a script of its own to reload the page, which the policy would forbid.
    return output if serving else with_policy(output)


def on_post_template(output, template_name, config):
    return on_post_page(output, None, config) if template_name.endswith(".html") else output


def join_the_reader(docs, site):
    """The box's worker in one file: its modules import one another six deep, each a journey to the server."""
    worker = Path("assets", "diagnose", "worker.js")
    (site / worker).write_text(bundle([docs / worker], BUILD), encoding="utf-8")


def complaints(*levels: str) -> int:
    """How many messages of these levels the build has given; of all levels, from warnings on, if none is named."""
    counters = (one for one in logging.getLogger("mkdocs").handlers if isinstance(one, CountHandler))
    return sum(
        count for one in counters for level, count in one.get_counts() if not levels or level in levels
    )


def on_build_error(error):
    """Tells an error that is for the person who builds in its own words, once, and without a traceback."""
    if isinstance(error, SiteError):
        if not complaints("ERROR"):  # MkDocs has not yet told it, with the page that it was met on
            log.error(error)
        raise Abort("The site is as it was before this build.")


def on_post_build(config):
    site = Path(config.site_dir)
    prepare_search(site)
    join_the_reader(Path(config.docs_dir), site)
    assets = site / "assets"
    minify(
        [
            *assets.glob("*.css"),
            *assets.glob("*.js"),
            *assets.glob("interactive/**/*"),
            *assets.glob("diagnose/*"),
        ]
    )
    if not serving:
        if "overshoot.pdf" in archives:
            print_course(config, course, site, site / "overshoot.pdf")
        alive = [*(f"interactive/{name}.js" for name in FIGURES), "diagnose/box.js"]
        modules = [Path(config.docs_dir) / "assets" / name for name in alive]
        licences = [*ROOT.glob("LICENSE*"), *ROOT.glob("CITATION.cff")]
        pack(site, modules, BUILD, licences, site / "overshoot.zip")
        if not complaints():  # of which strict mode is about to tell
            publish(site, Path(config.extra["site"]))
