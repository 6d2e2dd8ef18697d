"""The rules that hold for every page. Each returns its complaints, so that an empty list is a pass.

``test_rules.py`` asks them of the site as it is; ``test_mutations.py`` breaks the site and asks again.
"""

import re
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

from chapters.shown import FIGURE, FRAMEWORK, numbers_quote_the_output  # noqa: F401, rule 2
from chapters.shown import page_is_the_program as shown_on_the_page
from weave.program import sections
from weave.run import SCHEMES, Shown

NO_CHAPTERS = {"measure", "misconceptions"}  # pages with a program that do not follow the chapters' pattern


def programs(root: Path) -> list[str]:
    """The stems of the programs: overshoot, taylor, …"""
    return sorted(path.stem for path in (root / "snippets").glob("*.py"))


def chapters(root: Path) -> list[str]:
    """The programs whose pages teach, with predictions, figures and exercises."""
    return [stem for stem in programs(root) if stem not in NO_CHAPTERS]


def page_is_the_program(root: Path, chapter: str, shown: list[Shown]) -> list[str]:
    """Rules 1 and 7: the page shows each section, output and figure of its program once, in order."""
    markdown = (root / "docs" / f"{chapter}.md").read_text(encoding="utf-8")
    return [f"{chapter}: {one}" for one in shown_on_the_page(markdown, chapter, shown)]


@cache
def parsed(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "lxml")


def pages_of(site: Path) -> dict[Path, BeautifulSoup]:
    """Each page of a site, taken apart once for all that one worker asks of it."""
    return {path: parsed(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}


def built_page_shows_it(root: Path, site: Path, chapter: str, shown: list[Shown]) -> list[str]:
    """Rule 5: in the HTML each code block is its section, each output its print, in order."""
    page = parsed((site / chapter / "index.html").read_text(encoding="utf-8"))
    markdown = (root / "docs" / f"{chapter}.md").read_text(encoding="utf-8")
    complaints, tabs = [], []
    for program, name in FRAMEWORK.findall(markdown):
        tabs += [part.code for part in sections(root / "snippets" / f"{program}.py") if part.name == name]
    own = [part.code for part in sections(root / "snippets" / f"{chapter}.py")]
    for language, where, wanted in (
        ("python", ":not(.tabbed-set *)", own),
        ("python", ":is(.tabbed-set *)", tabs),
        ("text", "", [part.printed for part in shown if part.printed]),
    ):
        blocks = [block.get_text() for block in page.select(f"div.language-{language}{where} code")]
        if [block.strip("\n") for block in blocks] != [text.strip("\n") for text in wanted]:
            complaints.append(f"{chapter}: the {language} blocks of the page are not the program's")
    return complaints


def images_are_right(site: Path) -> list[str]:
    """Rule 5: each image is a file with an alternative text, in the place of its own colour scheme."""
    complaints = []
    for path, page in pages_of(site).items():
        where = path.relative_to(site)
        for narrow in page.select("source[srcset]"):
            if not target(site, path, narrow["srcset"])[0].is_file():
                complaints.append(f"{where}: the image {narrow['srcset']!r} leads nowhere")
        for image in page.select("img"):
            source = image.get("src", "")
            if not target(site, path, source)[0].is_file():
                complaints.append(f"{where}: the image {source!r} leads nowhere")
            if image.get("alt") is None or ("/figures/" in source and len(image["alt"]) < 30):
                complaints.append(f"{where}: the image {source!r} lacks a text that states its conclusion")
            for scheme in SCHEMES:
                if (f"only-{scheme}" in image.get("class", [])) != source.endswith(f".{scheme}.svg"):
                    complaints.append(f"{where}: {source!r} stands in the place of another colour scheme")
            if "/figures/" in source and not (image.get("width") and image.get("height")):
                complaints.append(f"{where}: {source!r} has no size, so the page would move")
    return complaints


def links_lead_somewhere(site: Path) -> list[str]:
    """Rule 5: each link inside the site leads to a file and an anchor that exist, raw HTML included."""
    complaints, anchors, pages = [], {}, pages_of(site)
    for path, page in pages.items():
        anchors[path] = {tag["id"] for tag in page.select("[id]")} | {
            tag["name"] for tag in page.select("a[name]")
        }
    for path, page in pages.items():
        for tag in page.select("[href], [src]"):
            link = tag.get("href") or tag.get("src")
            if urlsplit(link).scheme in ("http", "https", "mailto", "data", "javascript"):
                continue
            file, anchor = target(site, path, link)
            if not file.is_file():
                complaints.append(f"{path.relative_to(site)}: {link!r} leads nowhere")
            elif anchor and anchor not in anchors.get(file, {anchor}):
                complaints.append(f"{path.relative_to(site)}: {link!r} names an anchor that is not there")
    return complaints


def an_anchor_is_there_once(site: Path) -> list[str]:
    """A link to an anchor leads to one place."""
    complaints = []
    for path, page in pages_of(site).items():
        names = [tag["id"] for tag in page.select("[id]:not(svg *)")]
        twice = sorted({name for name in names if names.count(name) > 1})
        complaints += [f"{path.relative_to(site)}: the anchor {name!r} is there twice" for name in twice]
    return complaints


def nothing_is_fetched_from_elsewhere(site: Path) -> list[str]:
    """Rule 5: no page, style sheet or drawing loads anything from another host."""
    complaints = []
    for path, page in pages_of(site).items():
        loads = page.select(
            "[src], link[rel~=stylesheet], link[rel~=icon], link[rel~=preload], link[rel~=preconnect]"
        )
        for tag in loads:
            if re.match(r"(https?:)?//", tag.get("src") or tag.get("href")):
                complaints.append(f"{path.relative_to(site)}: loads {tag}")
    for path in [*site.rglob("*.css"), *site.rglob("*.svg")]:
        text = path.read_text(encoding="utf-8")
        for link in re.findall(r"""(?:@import\s+|url\(|xlink:href=)["']?(https?:)?//""", text):
            complaints.append(f"{path.relative_to(site)}: loads from {link}")
    return complaints


def target(site: Path, page: Path, link: str) -> tuple[Path, str]:
    """The file and the anchor that a link on a page leads to."""
    parts = urlsplit(unescape(link))
    path = unquote(parts.path)
    file = (
        page
        if not path
        else (site / path.lstrip("/") if path.startswith("/") else page.parent / path).resolve()
    )
    return (file / "index.html" if file.is_dir() else file), unquote(parts.fragment)
