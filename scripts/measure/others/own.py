"""This project as one of the tools: the site as it is, and its chapters alone, the extent that others have."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import yaml

from measure.benchmark import copy_of_the_site
from measure.builders import settings_without_hooks
from measure.others.chapter import Chapter, first_page, own_page

ROOT = Path(__file__).parents[3]
# What stands in for the joints of mkdocs.yml where only programs and prose are built.
ONLY_CHAPTERS = """

from takeaway import archives as makers

makers.archives = dict
makers.write_archives = lambda *_: None


def on_pre_build(config):
    run_programs(Path(config.docs_dir))


def on_files(files, config):
    from pages.reader_data import write_reader_data

    write_reader_data(SNIPPETS / "readlog", BUILD)  # the scripts of the site are shortened all together
    for path in sorted([*BUILD.glob("figures/*"), *BUILD.glob("assets/**/*.js")]):
        files.append(file(path.relative_to(BUILD), BUILD, config))


def on_page_markdown(markdown, page, config, files):
    from pages.page import prepare
    from pages.rendered import remember

    remember(page, MEMO / "pages", [SNIPPETS, BUILD / "outputs"])
    return prepare(page.file.src_uri, markdown, SNIPPETS, BUILD)
"""


def lay_site(tool, folder: Path, chapters: Sequence[Chapter]) -> None:
    copy_of_the_site(folder, len(chapters))


def lay_chapters(tool, folder: Path, chapters: Sequence[Chapter]) -> None:
    """This project without labs, archives, slides, problem sets and all pages but the chapters'."""
    names = [chapter.name for chapter in chapters]
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    for name in ("scripts", "snippets/data", "snippets/readlog", "docs/assets"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    with (folder / "scripts/hooks.py").open("a", encoding="utf-8") as hooks:
        hooks.write(ONLY_CHAPTERS)
    settings = yaml.safe_load(settings_without_hooks((ROOT / "mkdocs.yml").read_text(encoding="utf-8")))
    ours = ("pages.elements", "pages.mathematics", "pages.finish")  # the hooks name them
    kept = [one for one in settings["markdown_extensions"] if one not in ours]
    settings |= {
        "hooks": ["scripts/hooks.py"],
        "docs_dir": "docs",
        "site_dir": "site",
        "markdown_extensions": kept,
    }
    settings["nav"] = ["index.md", *(f"{name}.md" for name in names)]
    del settings["not_in_nav"]
    (folder / "mkdocs.yml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    (folder / "docs/index.md").write_text(first_page(names), encoding="utf-8")
    for chapter in chapters:
        (folder / f"docs/{chapter.name}.md").write_text(own_page(chapter), encoding="utf-8")
        tool.write(folder, chapter)
