"""Print the whole course as one PDF with an outline and tags for screen readers."""

import io
import os
import re
import time
from pathlib import Path

from takeaway.browser import find_browser, start_browser
from takeaway.course import course
from weave.memo import remembered
from weave.source import SiteError

TAG = re.compile(rb"\(node\d{8}\)")
PDF = {"prefer_css_page_size": True, "tagged": True, "outline": True}
NUMBER = """numbers => document.querySelectorAll('.title li').forEach(
    (one, i) => one.dataset.page = numbers[i] ?? '')"""


def print_course(config, pages: list, site: Path, memo: Path) -> bytes:
    """The pages as a PDF, from the site built at ``site``; the same site gives the same bytes.

    A course that has not changed since it was last printed is not printed again. Raises SiteError if the
    browser does not print.
    """
    date = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
    source, browser = site / "course.html", find_browser()
    source.write_text(course(config, pages, site, time.strftime("%Y-%m-%d", date)), encoding="utf-8")
    seen = [
        source,
        *site.glob("figures/*.svg"),
        *site.glob("assets/**/*.css"),
        *site.glob("assets/**/*.woff2"),
    ]
    which = f"{browser} {os.path.getmtime(browser)}"
    last = Path(config.extra["site"]) / "overshoot.pdf"

    def print_anew():
        return dated(_printed(source, first_pages_of(last)), date)

    try:
        return remembered(memo, "course", seen, print_anew, ("takeaway",), which)
    finally:
        source.unlink()


def _printed(source: Path, guess: list[int]) -> bytes:
    from playwright.sync_api import Error, sync_playwright

    try:
        with sync_playwright() as playwright:
            browser = start_browser(playwright)
            page = browser.new_page()
            page.goto(source.as_uri())
            made = printed(page, guess)
            browser.close()
    except Error as error:
        cure = "name another browser by CHROMIUM; without one, the site is built without this file."
        raise SiteError(f"overshoot.pdf could not be printed: {error.message}\n  Cure: {cure}") from None
    return made


def printed(page, guess: list[int]) -> bytes:
    """The course that is open in a browser. Its contents say on which page each chapter begins.

    Only the printed pages tell that, and to print takes long: so where chapters began the last time is tried first.
    """
    page.evaluate(NUMBER, guess)
    made = page.pdf(**PDF)
    if (found := first_pages(made)) != guess:
        page.evaluate(NUMBER, found)
        made = page.pdf(**PDF)
    return made


def dated(printed: bytes, date: time.struct_time) -> bytes:
    import pikepdf

    saved = io.BytesIO()
    with pikepdf.open(io.BytesIO(renumbered(printed))) as pdf:
        for event in ("/CreationDate", "/ModDate"):
            pdf.docinfo[event] = time.strftime("D:%Y%m%d%H%M%SZ", date)
        # A third of the size: a browser leaves the tags uncompressed.
        pdf.save(saved, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return saved.getvalue()


def renumbered(printed: bytes) -> bytes:
    """The PDF with its named tags counted from 0; a browser goes on from a number that differs from run to run."""
    names = {name: b"(node%08d)" % place for place, name in enumerate(sorted(set(TAG.findall(printed))))}
    return TAG.sub(lambda name: names[name[0]], printed)


def first_pages(printed: bytes) -> list[int]:
    """The numbers of the pages on which chapters begin, by the outline; its first entry is the title."""
    import pikepdf

    with pikepdf.open(io.BytesIO(printed)) as pdf, pdf.open_outline() as outline:
        return [pikepdf.Page(entry.destination[0]).index + 1 for entry in outline.root[1:]]


def first_pages_of(last: Path) -> list[int]:
    """The same of a file; none if it is not there or is no PDF."""
    import pikepdf

    try:
        return first_pages(last.read_bytes())
    except (OSError, pikepdf.PdfError):
        return []
