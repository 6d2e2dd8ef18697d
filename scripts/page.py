"""Prepare a page: check what it includes, show each figure in both colour schemes, open code to all."""

import re
from pathlib import Path

from program import SECTION
from run import SCHEMES

INCLUDE = re.compile(r'^ *--8<-- "(([\w/-]+)\.[\w.-]+)(?::([\w-]+))?"', re.MULTILINE)
FIGURE = re.compile(r"!\[([^\]]*)\]\(((?:\.\./)?)(figures/[\w.-]+)\.svg\)")
FOLD = re.compile(r'<details (?!class="symptom")')
BLOCK = re.compile(r"<pre>(<span></span>)<code>")
NARROW = re.compile(r'<img [^>]*?data-narrow="(\d+) (\d+)"[^>]*?src="([^"]*?)\.(\w+\.svg)"[^>]*>')


class PageError(Exception):
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


def finish(html: str) -> str:
    """The page's HTML with code that scrolls by keyboard, and folds that the search does not look into.

    It would give answers away. It does look into the symptoms of a decision tree.
    """
    html = FOLD.sub("<details data-search-exclude ", in_both_widths(html))
    return BLOCK.sub(r'<pre>\1<code tabindex="0">', html)


def in_both_widths(html: str) -> str:
    """The page's HTML with the narrow drawing of each figure on a phone; paper takes the wide one."""

    def picture(image):
        width, height, figure, end = image.groups()
        wide = re.sub(r' data-narrow="[^"]*"', "", image[0])
        size = f'width="{width}" height="{height}"'
        source = f'<source media="screen and (max-width: 37.5rem)" srcset="{figure}.narrow.{end}" {size}>'
        return f"<picture>{source}{wide}</picture>"

    return NARROW.sub(picture, html)


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
