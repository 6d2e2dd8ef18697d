"""Remember what a page's Markdown was rendered to, until it, what it includes or what it can link to changes."""

import logging
from functools import partial
from logging.handlers import BufferingHandler
from pathlib import Path

from pages.page import INCLUDE
from weave.memo import remembered

# What rendering gives a page, besides its links to anchors, which each build holds to the pages that they lead to.
GIVEN = ("content", "toc", "_title_from_render", "present_anchor_ids")
log = logging.getLogger("mkdocs")


class Told(Exception):
    """Rendering has told of something, such as a link that leads nowhere: it must tell it the next time too."""


def name_of(page) -> str:
    """The name by which something of a page is remembered."""
    return page.url.strip("/").replace("/", "-") or "index"


def remember(page, memo: Path, sources: list[Path]) -> None:
    """Let the page's ``render`` look in ``memo`` first; what it includes lies in ``sources``."""
    page.render = partial(_render, page, page.render, memo, sources)


def _render(page, render, memo: Path, sources: list[Path], config, files) -> None:
    includes = INCLUDE.findall(page.markdown)
    if len(includes) != page.markdown.count("--8<--"):
        return render(config, files)  # an include of another kind, of which nothing is known here
    places = [Path(config.config_file_path), *(source / name for name, *_ in includes for source in sources)]
    # A quiet build tells nothing, so the next one cannot rely on it.
    told, linked = log.isEnabledFor(logging.WARNING), sorted(file.src_uri for file in files)
    besides = told, config.use_directory_urls, page.markdown, linked
    try:
        given, links = remembered(
            memo,
            name_of(page),
            [place for place in places if place.is_file()],
            lambda: _rendered(page, render, config, files),
            ("pages", "weave"),
            repr(besides),
        )
    except Told:
        return
    vars(page).update(given)
    page.links_to_anchors = {files.get_file_from_path(name): anchors for name, anchors in links.items()}


def _rendered(page, render, config, files) -> tuple[dict, dict]:
    """Render the page. Returns what that gave it, and its links to anchors by the names of the files.

    Raises Told if MkDocs has warned of anything.
    """
    told = BufferingHandler(1000)
    told.setLevel(logging.WARNING)
    log.addHandler(told)
    try:
        render(config, files)
    finally:
        log.removeHandler(told)
    if told.buffer:
        raise Told
    links = {file.src_uri: anchors for file, anchors in (page.links_to_anchors or {}).items()}
    return {name: getattr(page, name) for name in GIVEN}, links
