"""Tell a build that would only make the site that stands already."""

import hashlib
import os
from pathlib import Path

from weave.memo import tools

SOURCES = ("docs", "snippets", "scripts", "mkdocs.yml", "LICENSE", "LICENSE-TEXT", "CITATION.cff")


def state(root: Path, site: Path, *besides: str) -> str:
    """The same for the same sources below ``root``, the same tools and settings, and the same files in ``site``."""
    read = hashlib.sha256(repr((tools(), besides, os.environ.get("SOURCE_DATE_EPOCH"))).encode())
    for name in SOURCES:
        for path in [root / name, *sorted((root / name).rglob("*"))]:
            if path.is_file() and path.suffix != ".pyc":
                read.update(repr((path.relative_to(root).as_posix(), path.read_bytes())).encode())
    for path in sorted(site.rglob("*")):
        found = path.stat()
        read.update(repr((path.relative_to(site).as_posix(), found.st_size, found.st_mtime_ns)).encode())
    return read.hexdigest()


def note(file: Path, now: str) -> None:
    """Keep the state in which a build has left sources and site."""
    file.write_text(now, encoding="utf-8")


def unchanged(file: Path, now: str) -> bool:
    """Whether they are still as the last build left them."""
    return file.exists() and file.read_text(encoding="utf-8") == now
