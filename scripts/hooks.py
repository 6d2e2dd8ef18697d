"""The joints between MkDocs and the machinery; all work is done in the modules beside this one."""

import sys
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from mkdocs.exceptions import BuildError
from mkdocs.structure.files import File
from mkdocs.utils import get_relative_url

from downloads import section, take_along
from elements import FIGURES, ElementsExtension
from mathematics import MathematicsExtension
from minify import minify
from notebook import write_notebooks
from offline import pack
from page import PageError, finish, prepare
from policy import with_policy
from program import ProgramError
from publish import publish, stamp
from search import defer_index
from weave import weave

ROOT = Path(__file__).parent.parent
SNIPPETS, BUILD = ROOT / "snippets", ROOT / "build"
ARCHIVES = {"overshoot.zip": "to read without a network"}
serving = False


def on_startup(command, dirty):
    global serving
    serving = command == "serve"
    sys.path.append(str(Path(__file__).parent))  # the processes that run programs import from here
    stamp(ROOT)


def on_config(config):
    config.markdown_extensions += [ElementsExtension(), MathematicsExtension()]
    config.extra["site"] = config.site_dir
    if not serving:
        config.site_dir = str(BUILD / "site")


def on_pre_build(config):
    # Before MkDocs empties the folder that it builds into.
    try:
        weave(SNIPPETS, BUILD)
        write_notebooks(SNIPPETS, BUILD / "notebooks", config.site_url)
    except ProgramError as error:
        raise BuildError(str(error)) from None


def on_files(files, config):
    made = [*BUILD.glob("figures/*"), *BUILD.glob("notebooks/**/*.ipynb")]
    programs = [*SNIPPETS.rglob("*.py"), *SNIPPETS.glob("data/*")]
    for root, paths in ((BUILD, made), (ROOT, programs)):
        for path in sorted(paths):
            name = path.relative_to(root).as_posix()
            files.append(File(name, str(root), config.site_dir, config.use_directory_urls))


def on_page_markdown(markdown, page, config, files):
    rows = take_along(markdown, SNIPPETS, config.repo_url)
    try:
        markdown = prepare(page.file.src_uri, markdown, SNIPPETS, BUILD)
    except PageError as error:
        raise BuildError(str(error)) from None
    archives = {get_relative_url(name, page.url): what for name, what in ARCHIVES.items() if not serving}
    return markdown + section(rows, archives) if rows or page.is_homepage else markdown


def on_page_content(html, page, config, files):
    return finish(html)


def on_env(env, config, files):
    # MkDocs makes a new environment for each build; this spares it compiling the theme each time.
    (BUILD / "templates").mkdir(exist_ok=True)
    env.bytecode_cache = FileSystemBytecodeCache(BUILD / "templates")


def on_post_page(output, page, config):
    # The server adds a script of its own to reload the page, which the policy would forbid.
    return output if serving else with_policy(output)


def on_post_template(output, template_name, config):
    return on_post_page(output, None, config) if template_name.endswith(".html") else output


def on_post_build(config):
    defer_index(Path(config.site_dir))
    minify(Path(config.site_dir) / "assets" / "interactive")
    if not serving:
        site = Path(config.site_dir)
        figures = Path(config.docs_dir) / "assets" / "interactive"
        licences = [*ROOT.glob("LICENSE*"), *ROOT.glob("CITATION.cff")]
        pack(site, [figures / f"{name}.js" for name in FIGURES], licences, site / "overshoot.zip")
        publish(Path(config.site_dir), Path(config.extra["site"]))
