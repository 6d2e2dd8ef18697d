"""Publish our own scripts and style sheets without comments and spaces, which a browser does not read."""

import re
from pathlib import Path

from rjsmin import jsmin


def minify(paths: list[Path]) -> None:
    """Shortens these scripts and style sheets in place; names and statements stay as they are."""
    for path in [path for path in paths if path.suffix == ".js"]:
        path.write_text(jsmin(path.read_text(encoding="utf-8")), encoding="utf-8")
    for path in [path for path in paths if path.suffix == ".css"]:
        style = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        style = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", style))
        path.write_text(style.replace(";}", "}").replace(": ", ":"), encoding="utf-8")
