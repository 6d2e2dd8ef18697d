"""Pack the site into one zip to be read from disk: unpack it and open index.html, with no server and no network.

A page that is read from disk finds no page in a folder, loads no module, fetches nothing and starts no
worker. So in the zip links name files, and the modules and the search index are plain scripts.
"""

import json
import os
import re
import time
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from rjsmin import jsmin

from pages.bundle import bundle

LINK = re.compile(r'(?<=\s)(href|src)="(?![a-z]+:)([^"#?]+)([^"]*)"')
PRELOAD = re.compile(r'\s*<link rel="preload"[^>]*>')
ARCHIVES = re.compile(r'<p class="archives">.*?</p>', re.DOTALL)

# What serves a server.
LEFT_OUT = ("404.html", "sitemap.xml*", "search/search_index.json", "*.map")


def pack(site: Path, modules: list[Path], made: Path, licences: list[Path], archive: Path) -> None:
    """Write the zip: the site, its pages made readable from disk, and the licences.

    ``modules`` are the scripts of the interactive figures; those that the build makes lie in ``made``.
    The same site gives the same bytes.
    """
    contents = {path.name: path.read_bytes() for path in licences}
    for path in site.rglob("*"):
        if path.is_file():
            contents[path.relative_to(site).as_posix()] = path.read_bytes()
    for name in [name for name in contents if name.endswith(".html")]:
        contents[name] = from_disk(contents[name].decode(), name, site).encode()
    contents["search/search_index.js"] = search_index(contents["search/search_index.json"]).encode()
    worker = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
    contents["assets/offline.js"] = jsmin(worker + bundle(modules, made)).encode()
    date = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))[:6]
    with ZipFile(archive, "w") as opened:
        for name in sorted(contents):
            if not any(fnmatch(name, pattern) for pattern in LEFT_OUT):
                entry = ZipInfo(f"{archive.stem}/{name}", date)
                entry.create_system, entry.external_attr = 3, 0o644 << 16  # readable, wherever it was packed
                opened.writestr(entry, contents[name], ZIP_DEFLATED, 9)


def from_disk(html: str, name: str, site: Path) -> str:
    """The page at ``name`` below the site, for a reader who has no server and already has the zip."""
    page, up = site / name, "../" * name.count("/")

    def to_a_file(link):
        attribute, path, rest = link.groups()
        if (page.parent / path).is_dir():
            path = str(PurePosixPath(path) / "index.html")
        return f'{attribute}="{path}{rest}"'

    html = LINK.sub(to_a_file, ARCHIVES.sub("", PRELOAD.sub("", html)))
    style = f'<link rel="stylesheet" href="{up}assets/interactive/figure.css">'
    script = f'<script defer src="{up}assets/offline.js"></script>'
    # Before the theme's own script, which starts the worker.
    return html.replace("<script defer", f"{style}\n      {script}\n      <script defer", 1)


def search_index(index: bytes) -> str:
    """The search index as a script, in which each entry leads to a file."""
    found = json.loads(index)
    for entry in found["docs"]:
        page, anchor = re.fullmatch(r"([^#]*)(.*)", entry["location"]).groups()
        entry["location"] = f"{page}{'index.html' * (not page or page.endswith('/'))}{anchor}"
    return f"var __index = {json.dumps(found, ensure_ascii=False, separators=(',', ':'))};\n"
