"""Prepare a page's Markdown: check what it includes, and show each figure in both colour schemes."""

import re
from pathlib import Path

from weave.errors import SiteError
from weave.program import SECTION
from weave.run import SCHEMES

INCLUDE = re.compile(r'^ *--8<-- "(([\w/-]+)\.[\w.-]+)(?::([\w-]+))?"', re.MULTILINE)
FIGURE = re.compile(r"!\[([^\]]*)\]\(((?:\.\./)?)(figures/[\w.-]+)\.svg\)")


class PageError(SiteError):
    """A page that includes what no program shows. The message names the include and the cure."""


def prepare(name: str, markdown: str, snippets: Path, build: Path) -> str:
    """The Markdown of the page ``name``, ready for MkDocs, which itself reports a figure that is missing.

    Raises PageError for an include that leads nowhere.
    """
    for include in INCLUDE.finditer(markdown):
        file, chapter, section = include.groups()
        program = snippets / f"{chapter}.py"
        code = program.read_text(encoding="utf-8") if program.exists() else ""
        names = [name for name, _ in SECTION.findall(code)]
        if section not in names and not (build / "outputs" / file).exists():
            have = f"snippets/{chapter}.py has the sections {', '.join(names) or 'none'}"
            problem = f"docs/{name}: {include[0]} leads nowhere."
            raise PageError(f"{problem}\n  Cure: {have}; one that prints has an output.")

    def in_both_schemes(figure):
        return "".join(_image(*figure.groups(), scheme, build) for scheme in SCHEMES)

    return FIGURE.sub(in_both_schemes, markdown)


def _image(alt: str, folder: str, figure: str, scheme: str, build: Path) -> str:
    """One drawing of a figure. Its size keeps the page from moving; what is hidden is not loaded."""
    width, height = _size(build / f"{figure}.{scheme}.svg")
    narrow = "{} {}".format(*_size(build / f"{figure}.narrow.{scheme}.svg"))
    size = f'width={width} height={height} data-narrow="{narrow}"'
    return f"![{alt}]({folder}{figure}.{scheme}.svg){{ .only-{scheme} loading=lazy {size} }}"


def _size(file: Path) -> tuple[int, int]:
    """The width and height of an SVG in a browser's pixels."""
    drawing = file.read_text(encoding="utf-8") if file.exists() else ""
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawing)
    return tuple(round(float(points) * 96 / 72) for points in box.groups()) if box else (0, 0)
