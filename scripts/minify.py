"""Publish the figures' modules without their comments and spaces, which a browser does not read."""

from pathlib import Path

from rjsmin import jsmin


def minify(folder: Path) -> None:
    """Shortens every JavaScript file below the folder in place; names and statements stay as they are."""
    for path in folder.rglob("*.js"):
        path.write_text(jsmin(path.read_text(encoding="utf-8")), encoding="utf-8")
