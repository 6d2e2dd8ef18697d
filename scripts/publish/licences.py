"""Gather the licences of all that the site ships, its own and those of others, into one page."""

import json
import re
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from weave.source import SiteError

THEME = distribution("mkdocs-material")
TEMPLATES = Path(THEME.locate_file("material/templates"))
BUNDLED = Path(__file__).with_suffix("")  # a text for each package that the theme's scripts and styles hold
PACKAGE = re.compile(r"(?:.*/)?node_modules/((?:@[^/]+/)?[^/]+)/")

HEAD = """---
title: Licences
description: "What you may do with the text, the figures and the code of this site, and what it owes to others."
search:
  exclude: true
---

# Licences

You may copy, change, translate and hand out all that the authors of this site have made, sold or free.
[Text and figures](#text) are under CC BY 4.0: name the source and say what you changed.
[Code](#code) is under MIT: keep its notice. The rest is by others, who let everybody use it; this page is theirs.
"""


@dataclass(frozen=True)
class Work:
    """Something that the site ships: its name, what of it is here, and the file that holds its licence."""

    name: str
    anchor: str
    about: str
    licence: Path


def works(root: Path, besides: list[tuple[str, str, Path]] = ()) -> list[Work]:
    """All that the site ships; the authors' own comes first, and what is named ``besides`` last."""
    assets, icons = root / "docs" / "assets", TEMPLATES / ".icons"
    theme = THEME.locate_file(f"mkdocs_material-{THEME.version}.dist-info/licenses/LICENSE")
    letters = distribution("matplotlib").locate_file("matplotlib/mpl-data/fonts/ttf/LICENSE_DEJAVU")
    own = [
        Work("Text and figures: CC BY 4.0", "text", "What the pages say and show.", root / "LICENSE-TEXT"),
        Work("Code: MIT", "code", "The programs, and what the pages do.", root / "LICENSE"),
    ]
    others = [
        ("Material for MkDocs", "The look of the pages, their menus and their search.", Path(theme)),
        ("Material Design Icons", "Most signs in the pages.", icons / "material" / "LICENSE"),
        ("Octicons", "Signs in the style sheet.", icons / "octicons" / "LICENSE"),
        ("Font Awesome", "Signs in the style sheet.", icons / "fontawesome" / "LICENSE.txt"),
        ("reveal.js", "What turns the slides.", assets / "slides" / "reveal-LICENSE.txt"),
        ("STIX Two Math", "The font of the formulas.", assets / "fonts" / "stix-two-math-OFL.txt"),
        ("DejaVu Sans", "The letters in the figures are drawn from it.", Path(letters)),
    ]
    for package in bundled(TEMPLATES):
        about = "Part of the scripts and style sheets of Material for MkDocs."
        others.append((package, about, BUNDLED / f"{package.replace('/', '-')}.txt"))
    return own + [Work(name, anchor(name), *rest) for name, *rest in [*others, *besides]]


def anchor(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower()).strip("-")


def bundled(templates: Path) -> list[str]:
    """The packages that are joined into the theme's scripts and style sheets, as their source maps tell."""
    maps = list(templates.glob("assets/**/*.map"))
    if not maps:
        cure = "find out what its scripts hold, and let scripts/publish/licences.py name it."
        raise SiteError(f"{templates}/assets has no source maps any more.\n  Cure: {cure}")
    sources = [source for path in maps for source in json.loads(path.read_text(encoding="utf-8"))["sources"]]
    return sorted({found[1] for source in sources if (found := PACKAGE.match(source))})


def page(shipped: list[Work]) -> str:
    """The Markdown of the page. Raises SiteError if a licence is not where it should be."""
    parts = [HEAD]
    for work in shipped:
        if not work.licence.is_file():
            cure = "put its text there, or tell scripts/publish/licences.py where it is now."
            raise SiteError(f"{work.licence}: the licence of {work.name} is not here.\n  Cure: {cure}")
        text = work.licence.read_text(encoding="utf-8").strip()
        parts.append(
            f"## {work.name} {{ #{work.anchor} }}\n\n{work.about}\n\n~~~~ {{.text .licence}}\n{text}\n~~~~\n"
        )
    return "\n".join(parts)


def write_licences(root: Path, folder: Path, besides=()) -> Path:
    """Write the page to ``folder``, and return its file."""
    written = folder / "licences.md"
    written.write_text(page(works(root, besides)), encoding="utf-8")
    return written
