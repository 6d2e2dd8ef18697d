"""The joints between MkDocs and the machinery: MkDocs calls in here, and nothing is decided here."""

import sys
from pathlib import Path

from mkdocs.structure.files import File
from mkdocs.utils import get_relative_url

# Each room is imported where it is called: a build that finds nothing changed needs few of them.
sys.path.insert(0, str(Path(__file__).parent))
from publish import place
from publish.telling import complaints, forgive, tell, tell_where_links_lead
from python.get import had

ROOT = Path(__file__).parent.parent
SNIPPETS, LABS, BUILD = ROOT / "snippets", ROOT / "docs" / "labs", ROOT / "build"
MEMO, BUILT = BUILD / "memo", BUILD / "built"
# The files that the build makes, and those of the sources that are offered, each at its place in the site.
MADE = ["*.md", "*.zip", "figures/*", "labs/downloads/*", "slides/*.md"]
MADE += ["notebooks/**/*.ipynb", "assets/*/*.js"]
OFFERED = ("snippets/**/*.py", "snippets/data/*", "snippets/*/*.json")
archives = {}  # what the build makes of the whole site, and what for
course = []  # the pages in the order of the navigation
built = []  # what the last build leaves: config, files, navigation, templates
broken = {}  # while serving, the errors of programs by name
called = None  # build, serve or gh-deploy


def on_startup(command, dirty):
    global called
    called = command
    sys.path.insert(0, str(Path(__file__).parent))  # the processes that run programs import from here


def on_config(config):
    from publish.search import Index
    from takeaway.archives import archives as offered

    place.lock(BUILD)
    place.stamp(ROOT)
    config.markdown_extensions += ["pages.elements", "pages.mathematics", "pages.finish"]
    config.extra["site"] = config.site_dir
    search = config.plugins["material/search"]
    search.search_index = Index(search.config, MEMO / "search")
    if called != "serve":
        archives.update(offered())
        config.site_dir = str(BUILD / "site")
        if called == "build" and place.unchanged(BUILT, state(config)):
            raise SystemExit(0)


def state(config) -> str:
    return place.state(ROOT, Path(config.extra["site"]), *place.settings(config), had(BUILD), *archives)


def on_pre_build(config):
    # Before MkDocs empties the folder that it builds into.
    from mkdocs_jupyter import convert

    from labs.kernels import configure, side_by_side
    from labs.lab import write_downloads
    from takeaway.notebook import write_notebooks
    from weave.source import check

    docs = Path(config.docs_dir)
    check(docs)
    configure(BUILD)
    if not hasattr(convert.nb2html, "__wrapped__"):
        convert.nb2html = side_by_side(convert.nb2html, MEMO)
    run_programs(docs)
    write_notebooks(SNIPPETS, docs, BUILD / "notebooks", config.site_url, MEMO, broken)
    write_downloads(LABS, BUILD / "labs" / "downloads", config.site_url, MEMO)


def run_programs(docs, only=None):
    from pages.page import without_page
    from weave.weave import weave

    for name in [*broken] if only is None else [path.stem for path in only]:
        broken.pop(name, None)
    broken.update(weave(SNIPPETS, BUILD, called == "serve", only))
    for error in [*broken.values(), *without_page(SNIPPETS, docs)]:
        if called != "serve":
            raise error
        forgive(error)


def on_files(files, config):
    from pages.reader_data import write_reader_data
    from problems.command import archive
    from publish.licences import write_licences
    from python.kit import compose, offer
    from takeaway.notebook import write_packages
    from weave.memo import remembered

    sets = remembered(MEMO, "problem-sets", [], lambda: archive(count=30), ("problems", "pages"))
    (BUILD / "problem-sets.zip").write_bytes(sets)
    write_packages(SNIPPETS, BUILD)
    write_reader_data(SNIPPETS / "readlog", BUILD)
    python, licences = offer(SNIPPETS, Path(config.docs_dir), BUILD)
    compose(Path(config.docs_dir), SNIPPETS, BUILD)
    write_licences(ROOT, BUILD, licences)
    for root, patterns in ((BUILD, [*MADE, *python]), (ROOT, OFFERED)):
        for path in sorted(path for pattern in patterns for path in root.glob(pattern)):
            files.append(file(path.relative_to(root), root, config))


def file(name, root, config) -> File:
    return File(Path(name).as_posix(), str(root), config.site_dir, config.use_directory_urls)


def on_nav(nav, config, files):
    course[:], built[:] = nav.pages, [nav]


def on_page_markdown(markdown, page, config, files):
    from labs.page import page as lab_page
    from pages.page import prepare, with_errors
    from pages.rendered import remember
    from python.exercises import with_checks
    from python.kit import words
    from takeaway.downloads import section, take_along, take_along_of_lab

    source, stem, rows = page.file.src_uri, Path(page.file.src_uri).stem, []
    markdown, said = with_errors(markdown, broken, SNIPPETS), words(BUILD)
    if said is not None:
        markdown = with_checks(source, markdown, Path(config.docs_dir) / "exercises")
    if source.startswith("labs/"):  # by now mkdocs-jupyter has run the lab
        markdown, drawings = lab_page(stem, markdown, said is not None)
        for name, drawing in drawings.items():
            (BUILD / "figures" / name).write_bytes(drawing)
            files.append(file(f"figures/{name}", BUILD, config))
        rows = take_along_of_lab(stem, markdown, config.repo_url)
    elif not source.startswith("slides/"):
        rows = take_along(markdown, SNIPPETS, config.repo_url)
    remember(page, MEMO / "pages", [SNIPPETS, BUILD / "outputs"])
    prepared = prepare(source, markdown, SNIPPETS, BUILD, said)
    whole = {get_relative_url(name, page.url): what for name, what in archives.items()}
    return prepared + section(rows, whole) if rows or page.is_homepage else prepared


def on_env(env, config, files):
    from pages import filled

    filled.remember(env, BUILD / "templates", MEMO / "filled", place.settings(config))
    built[:] = [config, files, built[-1], env]


def on_post_page(output, page, config):
    from publish.policy import with_policy

    # The server adds a script of its own to reload the page, which the policy would forbid.
    return output if called == "serve" else with_policy(output)


def on_post_template(output, template_name, config):
    return on_post_page(output, None, config) if template_name.endswith(".html") else output


def on_post_build(config):
    from publish.assets import shorten
    from publish.theme_scripts import change_theme
    from takeaway.archives import write_archives

    site = Path(config.site_dir)
    change_theme(site)
    shorten(site / "assets")
    if called != "serve" and not complaints():  # of which strict mode is about to tell
        licences = [*ROOT.glob("LICENSE*"), *ROOT.glob("CITATION.cff")]
        write_archives(archives, config, course, site, licences, MEMO)
        config.site_dir = config.extra["site"]
        place.publish(site, Path(config.site_dir))
        if not place.touched(ROOT):
            place.note(BUILT, state(config))
        tell_where_links_lead(config.site_url)
    place.unlock()


def on_build_error(error):
    place.unlock()
    tell(error)


def on_serve(server, config, builder):
    from publish.serve import announce, by_edit
    from python.kit import compose

    def remake(programs, chapters):
        run_programs(Path(config.docs_dir), programs)
        compose(Path(config.docs_dir), SNIPPETS, BUILD, chapters)

    announce(server.url, config.dev_addr)
    server.builder = by_edit(builder, ROOT, BUILD, built, remake)


on_shutdown = place.unlock
