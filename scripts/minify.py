"""Publish the interactive figures without comments and spaces, which a browser does not read."""

import re
from pathlib import Path

from rjsmin import jsmin


def minify(folder: Path) -> None:
    """Shortens every script and style sheet below the folder in place; names and statements stay as they are."""
    for path in folder.rglob("*.js"):
        path.write_text(jsmin(path.read_text(encoding="utf-8")), encoding="utf-8")
    for path in folder.rglob("*.css"):
        style = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        style = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", style))
        path.write_text(style.replace(";}", "}").replace(": ", ":"), encoding="utf-8")
