"""Under ``mkdocs serve``: build again only the pages that an edit of a chapter or of a program changes.

So an edit does not wait until every other page is rendered. What spans pages (the search,
links from other pages, what can be downloaded) is made anew by the next whole build: that of any other edit.
"""

import logging
import os
import re
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from mkdocs.commands.build import _build_page, _populate_page
from mkdocs.exceptions import Abort

log = logging.getLogger("mkdocs.overshoot")

WATCHED = ("docs", "snippets", "scripts", "mkdocs.yml")


class Edits:
    """What has changed below ``root`` since the last time that somebody asked."""

    def __init__(self, root: Path):
        self.root, self.seen = root, {}
        self.changed()

    def changed(self) -> set[Path]:
        files = [path for name in WATCHED for path in [self.root / name, *(self.root / name).rglob("*")]]
        now = {path: path.stat().st_mtime_ns for path in files if path.is_file() and path.suffix != ".pyc"}
        before, self.seen = self.seen, now
        return {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}


def affected(changed: set[Path], docs: Path, snippets: Path) -> list[str] | None:
    """The pages, by name, that show what has changed; None where it takes a whole build to tell."""
    names = set()
    for path in changed:
        if not path.exists():
            return None
        if path.suffix == ".md" and path.parent == docs:
            names.add(path.name)
        elif path.suffix == ".py" and path.parent == snippets:
            shows = re.compile(rf'["/]{re.escape(path.stem)}\.')
            names |= {
                page.name for page in docs.glob("*.md") if shows.search(page.read_text(encoding="utf-8"))
            }
        else:
            return None
    return sorted(names)


def announce(url: str, address: tuple[str, int]) -> None:
    """Say where the pages are and how to end; raises Abort, with the cure, where something else is served there."""
    try:
        socket.create_server(address).close()
    except OSError as error:
        cure = "end what is served there, or add --dev-addr with another address, such as 127.0.0.1:8001"
        raise Abort(f"{url} cannot be served: {os.strerror(error.errno)}. Cure: {cure}") from None
    log.info(f"Open {url} in a browser; press Ctrl+C here to stop.")


def by_edit(whole: Callable, root: Path, build: Path, built: list, remake: Callable) -> Callable:
    """A builder for the server: of what an edit changed alone, or, where that cannot be told, of the ``whole``.

    ``built`` is what the last whole build left: config, files, navigation and templates; ``remake`` runs these
    programs and makes the decks of these chapters.
    """
    edits, sound = Edits(root), True

    def builder():
        nonlocal sound
        changed = edits.changed()
        names = affected(changed, root / "docs", root / "snippets")
        if not names or not sound:  # a whole build that failed has left nothing to go on from
            sound = False
            whole()
            sound = True
            return
        remake({path for path in changed if path.suffix == ".py"}, {Path(name).stem for name in names})
        rebuild(names, *built, build / "figures")

    return builder


def rebuild(names: list[str], config, files, nav, env, figures: Path) -> None:
    """Make these pages and their decks anew, in the folder that is served, with their figures."""
    for figure in figures.iterdir():
        if f"{figure.name.split('.')[0]}.md" in names:
            shutil.copy(figure, Path(config.site_dir) / "figures")
    pages = [files.get_file_from_path(place + name) for place in ("", "slides/") for name in names]
    for file in filter(None, pages):
        _populate_page(file.page, config, files)
        _build_page(file.page, config, files.documentation_pages(), nav, env)
