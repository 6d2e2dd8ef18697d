"""Print the whole course, page after page, as one PDF with an outline and tags for screen readers."""

import io
import logging
import os
import re
import time
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pikepdf
from jinja2 import Environment, FileSystemLoader
from playwright.sync_api import Error, sync_playwright

from takeaway.browser import find_browser, start_browser
from weave.errors import SiteError

log = logging.getLogger("mkdocs.overshoot")
TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
NAME = re.compile(r'(?<=\s)(id|for|name|href|src)="([^"]*)"')
UNPRINTED = re.compile(r'<img [^>]*only-dark[^>]*>|<a class="headerlink".*?</a>| loading="lazy"')
TAG = re.compile(rb"\(node\d{8}\)")
PDF = {"prefer_css_page_size": True, "tagged": True, "outline": True}
NUMBER = (
    "numbers => document.querySelectorAll('.title li').forEach((one, i) => one.dataset.page = numbers[i])"
)


def can_print() -> bool:
    """Whether there is a browser to print with. Without one, says so; raises SiteError where CI is set."""
    cure = "install Chromium or Chrome, or set CHROMIUM to its path."
    if find_browser():
        return True
    if os.environ.get("CI"):
        raise SiteError(f"No browser is found, so overshoot.pdf cannot be printed.\n  Cure: {cure}")
    log.info(f"No browser is found, so the site has no overshoot.pdf. To have it, {cure}")
    return False


def print_course(config, pages: list, site: Path, file: Path) -> None:
    """Print the pages, from the site built at ``site``, to ``file``; the same site gives the same bytes.

    Raises SiteError if the browser does not print.
    """
    date = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
    source = site / "course.html"
    source.write_text(course(config, pages, site, time.strftime("%Y-%m-%d", date)), encoding="utf-8")
    try:
        with sync_playwright() as playwright:
            browser = start_browser(playwright)
            page = browser.new_page()
            page.goto(source.as_uri())
            # Only the printed pages tell on which of them a chapter begins; then the contents can say so.
            page.evaluate(NUMBER, first_pages(page.pdf(**PDF)))
            printed = page.pdf(**PDF)
            browser.close()
    except Error as error:
        cure = "name another browser by CHROMIUM; without one, the site is built without this file."
        raise SiteError(f"{file.name} could not be printed: {error.message}\n  Cure: {cure}") from None
    finally:
        source.unlink()
    with pikepdf.open(io.BytesIO(renumbered(printed))) as pdf:
        for event in ("/CreationDate", "/ModDate"):
            pdf.docinfo[event] = time.strftime("D:%Y%m%d%H%M%SZ", date)
        # A third of the size: a browser leaves the tags uncompressed.
        pdf.save(file, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)


def renumbered(printed: bytes) -> bytes:
    """The PDF with its named tags counted from 0; a browser goes on from a number that differs from run to run."""
    names = {name: b"(node%08d)" % place for place, name in enumerate(sorted(set(TAG.findall(printed))))}
    return TAG.sub(lambda name: names[name[0]], printed)


def first_pages(printed: bytes) -> list[int]:
    """The numbers of the pages on which chapters begin, by the outline; its first entry is the title."""
    with pikepdf.open(io.BytesIO(printed)) as pdf, pdf.open_outline() as outline:
        return [pikepdf.Page(entry.destination[0]).index + 1 for entry in outline.root[1:]]


def course(config, pages: list, site: Path, date: str) -> str:
    """One page of HTML, to lie at the root of the site, with the contents of all pages in order.

    Every name gets the name of its page before it, and a link to a page of the course leads to its place.
    """
    slugs = {f"/{page.url}": page.url.strip("/").replace("/", "-") or "home" for page in pages}

    def content(page):
        here = f"/{page.url}"

        def place(match):
            attribute, value = match.groups()
            if attribute in ("id", "for", "name"):
                return f'{attribute}="{slugs[here]}--{value}"'
            link = urlsplit(value)
            if link.scheme:
                return match[0]
            path = urljoin(here, link.path)
            if attribute == "src":
                return f'src="{path[1:]}"'
            if path not in slugs or link.fragment == "download":
                return f'href="{config.site_url}{path[1:]}"'
            return f'href="#{slugs[path]}{"--" * bool(link.fragment)}{link.fragment}"'

        return NAME.sub(place, UNPRINTED.sub("", page.content))

    styles = [f"assets/stylesheets/{file.name}" for file in sorted(site.glob("assets/stylesheets/*.css"))]
    return TEMPLATES.get_template("course.html").render(
        config=config,
        pages=[(slugs[f"/{page.url}"], page.title, content(page)) for page in pages],
        styles=[*styles, *config.extra_css],
        date=date,
    )
