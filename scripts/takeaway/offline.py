"""Pack the site into one zip to be read from disk: unpack it and open index.html, with no server and no network.

A page that is read from disk finds no page in a folder, loads no module, fetches nothing and starts no
worker. So in the zip links name files, and the modules and the search index are plain scripts.
"""

import io
import json
import os
import re
import time
from fnmatch import fnmatch
from functools import partial
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit, urlunsplit
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from lxml import html

from pages.elements import FIGURES
from publish.assets import plain_script
from weave.memo import remembered

ROOMS = ("takeaway", "publish")  # that make it
# What serves a server.
LEFT_OUT = (
    "404.html",
    "sitemap.xml*",
    "search/search_index.json",
    "*.map",
    "sw.js",
    "pyodide/*",
    "assets/python/*",
)

# What no reader from disk follows: to the server, and to the archives.
ELSEWHERE = "//link[@rel='preload' or @rel='canonical'] | //meta[starts-with(@property, 'og:')] | //p[@class='archives']"


def pack(site: Path, licences: list[Path], memo: Path) -> bytes:
    """The zip: the site, its pages made readable from disk, and the licences.

    The same site gives the same bytes; one that has not changed since it was last packed is not packed again.
    """
    files = [
        path for path in site.rglob("*") if path.is_file() and "pyodide" not in path.relative_to(site).parts
    ]
    named = " ".join(sorted(path.relative_to(site).as_posix() for path in files))
    date = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))[:6]
    return remembered(
        memo,
        "zip",
        [*files, *licences],
        lambda: _zip(_contents(site, files, licences, memo), date),
        ROOMS,
        f"{named} {date}",
    )


def _contents(site: Path, files: list[Path], licences: list[Path], memo: Path) -> dict[str, bytes]:
    """What lies in the zip, by name; a page that has not changed is not made readable from disk again."""
    folders = sorted(path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_dir())
    contents = {path.name: path.read_bytes() for path in licences}
    contents |= {path.relative_to(site).as_posix(): path.read_bytes() for path in files}
    for name in [name for name in contents if name.endswith(".html")]:
        text = contents[name].decode()
        make, besides = partial(from_disk, text, name, site), repr((text, folders))
        made = remembered(memo / "disk", name.replace("/", "-"), [], make, ROOMS, besides)
        contents[name] = made.encode()
    contents["search/search_index.js"] = search_index(contents["search/search_index.json"]).encode()
    contents["assets/offline.js"] = script(site / "assets").encode()
    return {
        name: contents[name] for name in sorted(contents) if not any(fnmatch(name, one) for one in LEFT_OUT)
    }


def _zip(contents: dict[str, bytes], date: tuple) -> bytes:
    packed = io.BytesIO()
    with ZipFile(packed, "w") as opened:
        for name, content in contents.items():
            entry = ZipInfo(f"overshoot/{name}", date)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # readable, wherever it was packed
            opened.writestr(entry, content, ZIP_DEFLATED, 9)
    return packed.getvalue()


def script(assets: Path) -> str:
    """All that is alive on the pages, in one script that is no module."""
    figures = [assets / "interactive" / f"{name}.js" for name in FIGURES]
    modules = [Path(__file__).with_suffix(".js"), *figures, assets / "diagnose" / "box.js"]
    return plain_script(modules, address="globalThis.boxAddress")


def from_disk(text: str, name: str, site: Path) -> str:
    """The page at ``name`` below the site, for a reader who has no server and already has the zip."""
    folder, up = (site / name).parent, "../" * name.count("/")
    page = html.document_fromstring(text)
    for element in page.xpath(ELSEWHERE):
        element.drop_tree()
    for block in page.xpath("//*[@data-run]"):  # from disk no Python comes
        del block.attrib["data-run"]
    for element, attribute, link, _ in list(page.iterlinks()):
        parts = urlsplit(link)
        if not parts.scheme and parts.path and (folder / parts.path).is_dir():
            file = (PurePosixPath(parts.path) / "index.html").as_posix()
            element.set(attribute, urlunsplit(parts._replace(path=file)))
    theme = page.find(".//script[@defer]")  # which starts the worker
    theme.addprevious(html.Element("link", rel="stylesheet", href=f"{up}assets/interactive/figure.css"))
    theme.addprevious(html.Element("script", defer="defer", src=f"{up}assets/offline.js"))
    return html.tostring(page, encoding="unicode", doctype="<!doctype html>")


def search_index(index: bytes) -> str:
    """The search index as a script, in which each entry leads to a file."""
    found = json.loads(index)
    for entry in found["docs"]:
        page, anchor = re.fullmatch(r"([^#]*)(.*)", entry["location"]).groups()
        entry["location"] = f"{page}{'index.html' * (not page or page.endswith('/'))}{anchor}"
    return f"var __index = {json.dumps(found, ensure_ascii=False, separators=(',', ':'))};\n"
