"""The joints between MkDocs and the machinery; all work is done in the modules beside this one."""

import shutil
import sys
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from mkdocs.exceptions import BuildError
from mkdocs.structure.files import File
from mkdocs_jupyter import convert

from elements import ElementsExtension
from kernels import configure, side_by_side
from lab_page import page as lab_page
from labs import downloads
from mathematics import MathematicsExtension
from minify import minify
from page import PageError, finish, prepare
from policy import with_policy
from program import ProgramError
from publish import publish, stamp
from search import defer_index
from weave import weave

ROOT = Path(__file__).parent.parent
SNIPPETS, LABS, BUILD = ROOT / "snippets", ROOT / "docs" / "labs", ROOT / "build"
serving = False


def on_startup(command, dirty):
    global serving
    serving = command == "serve"
    sys.path.append(str(Path(__file__).parent))  # the processes that run programs import from here
    stamp(ROOT)
    configure(BUILD)
    convert.nb2html = side_by_side(convert.nb2html)


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
    folder = BUILD / "labs" / "downloads"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for lab in LABS.glob("*.py"):
        for name, text in downloads(lab, config.site_url).items():
            (folder / name).write_text(text, encoding="utf-8")


def on_files(files, config):
    made = [*BUILD.glob("figures/*.svg"), *BUILD.glob("labs/downloads/*")]
    programs = [*SNIPPETS.rglob("*.py"), *SNIPPETS.glob("data/*")]
    for root, paths in ((BUILD, made), (ROOT, programs)):
        for path in sorted(paths):
            name = path.relative_to(root).as_posix()
            files.append(File(name, str(root), config.site_dir, config.use_directory_urls))


def on_page_markdown(markdown, page, config, files):
    if page.file.src_uri.startswith("labs/"):
        # By now mkdocs-jupyter has run the lab.
        markdown, drawings = lab_page(Path(page.file.src_uri).stem, markdown)
        for name, drawing in drawings.items():
            (BUILD / "figures" / name).write_text(drawing, encoding="utf-8")
            files.append(File(f"figures/{name}", str(BUILD), config.site_dir, config.use_directory_urls))
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
    minify(Path(config.site_dir) / "assets" / "interactive")
    if not serving:
        publish(Path(config.site_dir), Path(config.extra["site"]))
