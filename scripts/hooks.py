"""The joints between MkDocs and the machinery; all work is done in the modules beside this one."""

import sys
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from mkdocs.exceptions import BuildError
from mkdocs.structure.files import File

from elements import ElementsExtension
from mathematics import MathematicsExtension
from minify import minify
from page import PageError, finish, prepare
from policy import with_policy
from program import ProgramError
from publish import publish, stamp
from search import defer_index
from slides import write_decks
from variants import archive
from weave import weave

ROOT = Path(__file__).parent.parent
SNIPPETS, BUILD = ROOT / "snippets", ROOT / "build"
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
    except ProgramError as error:
        raise BuildError(str(error)) from None


def on_files(files, config):
    problem_sets = BUILD / "problem-sets.zip"
    problem_sets.write_bytes(archive(count=30, seed=7))
    made = [*write_decks(Path(config.docs_dir), BUILD / "slides"), problem_sets]
    figures, programs = BUILD.glob("figures/*.svg"), [*SNIPPETS.rglob("*.py"), *SNIPPETS.glob("data/*")]
    for root, paths in ((BUILD, [*figures, *made]), (ROOT, programs)):
        for path in sorted(paths):
            name = path.relative_to(root).as_posix()
            files.append(File(name, str(root), config.site_dir, config.use_directory_urls))


def on_page_markdown(markdown, page, config, files):
    try:
        return prepare(page.file.src_uri, markdown, SNIPPETS, BUILD)
    except PageError as error:
        raise BuildError(str(error)) from None


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
    for folder in ("interactive", "diagnose"):
        minify(Path(config.site_dir) / "assets" / folder)
    if not serving:
        publish(Path(config.site_dir), Path(config.extra["site"]))
