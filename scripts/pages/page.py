"""Prepare a page's Markdown: check what it includes, and show each figure in both colour schemes."""

import re
from pathlib import Path
from textwrap import indent

from weave.program import SECTION, programs
from weave.run import SCHEMES
from weave.source import SiteError, called, read

INCLUDE = re.compile(r'^ *--8<-- "(([\w/-]+)\.[\w.-]+)(?::([\w-]+))?"', re.MULTILINE)
UNSEEN = re.compile(r"^<!-- (?:slide|code|letters): .*? -->\n+", re.MULTILINE)  # what it says to its slides
RUNS = re.compile(r'(?<=```)python(?=\n *--8<-- "([\w-]+)\.py:([\w-]+)"$)', re.MULTILINE)
FIGURE = re.compile(r"!\[([^\]]*)\]\(((?:\.\./)?)(figures/[\w.-]+)\.svg\)")


class PageError(SiteError):
    """A page that includes what no program shows. The message names the include and the cure."""


def shown_on(docs: Path) -> dict[str, str]:
    """The page that shows each program, both by name."""
    return {
        program: page.stem
        for page in sorted(docs.glob("*.md"))
        for _, program, section in INCLUDE.findall(read(page))
        if section
    }


def without_page(snippets: Path, docs: Path) -> list[PageError]:
    """What is wrong with programs that no page shows."""
    shown, names = shown_on(docs), {path: path.relative_to(snippets) for path in programs(snippets)}
    cure = "include its sections in a page, or delete it."
    return [
        PageError(f"{called(path)}: no page shows this program.\n  Cure: {cure}")
        for path, name in names.items()
        if name.with_suffix("").as_posix() not in shown
    ]


def with_errors(markdown: str, broken: dict[str, SiteError], snippets: Path) -> str:
    """The Markdown of a page, with the error of a broken program where something of it is missing."""

    def in_place_of_text(include):
        _, program, section = include.groups()
        path = snippets / f"{program}.py"
        if program not in broken or (section and f"[start:{section}]" in path.read_text(errors="ignore")):
            return include[0]
        space = include[0][: -len(include[0].lstrip(" "))]
        return indent(f"ERROR {broken[program]}", space)

    def in_place_of_figure(figure):
        program = figure[3].removeprefix("figures/").partition(".")[0]
        message = " ".join(str(broken.get(program)).split())
        return f"`` ERROR {message} ``" if program in broken else figure[0]

    return FIGURE.sub(in_place_of_figure, INCLUDE.sub(in_place_of_text, markdown))


def prepare(name: str, markdown: str, snippets: Path, build: Path, words: dict | None = None) -> str:
    """The Markdown of the page ``name``, ready for MkDocs, which itself reports a figure that is missing.

    Where programs run in the page, ``words`` has what is said beside some sections, by program and section.

    Raises PageError for an include that leads nowhere.
    """
    markdown = UNSEEN.sub("", markdown)
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

    if words is not None:
        markdown = RUNS.sub(lambda fence: _runs(f"{fence[1]}:{fence[2]}", words), markdown)
    return FIGURE.sub(in_both_schemes, markdown)


def _runs(section: str, words: dict[str, dict]) -> str:
    """The opening of a block that runs in the page."""
    said = "".join(f' data-{key}="{word}"' for key, word in words.get(section, {}).items())
    return f'python {{ data-run="{section}"{said} }}'


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
