"""Write the decks: one for each chapter that asks for predictions, and one for each schedule of *Teach*.

A deck is a page like any other, in Markdown. Below what a program shows lies the whole of its code, unseen, so
that it can be run there; so do the sections that it needs and that the deck leaves out.
"""

import re
from functools import partial
from pathlib import Path

from takeaway.slides.blocks import INCLUDE, Slide
from takeaway.slides.compose import slides
from takeaway.slides.lectures import lectures
from weave.memo import remembered
from weave.program import sections
from weave.source import SiteError, read

LINK = re.compile(r"(?P<code>^```.*?^```$)|\]\((?!\w+:)", re.MULTILINE | re.DOTALL)
BODY = '<div class="body {form}" markdown>\n\n{shows}\n\n</div>'


def is_chapter(markdown: str) -> bool:
    """A page that asks for predictions has a deck."""
    return "\n!!! predict " in markdown


def write_decks(
    docs: Path, snippets: Path, build: Path, words: dict | None, only: set[str] | None = None
) -> list[Path]:
    """Write all decks to ``slides`` in ``build``; where Python comes to the page, with what can be run.

    ``words`` says which sections cannot be run there; without it none can. ``only`` names chapters whose decks
    alone are written.
    """
    programs = Programs(snippets, build / "outputs", words)
    pages = {page.stem: read(page) for page in sorted(docs.glob("*.md"))}
    notation = pages.get("notation", "")
    chapters = {name: _led(text, name) for name, text in pages.items() if is_chapter(text)}
    wanted = chapters if only is None else chapters.keys() & only
    memo = build / "memo" / "slides"
    decks = {name: _slides(name, chapters[name], programs, notation, memo) for name in wanted}
    titles = {name: f"Slides: {name.title()}" for name in decks}
    if "teach" in pages and only is None:
        for name, title, found in lectures(pages["teach"], decks):
            decks[name], titles[name] = found, title
    (build / "slides").mkdir(parents=True, exist_ok=True)
    written = []
    for name, found in decks.items():
        written.append(build / "slides" / f"{name}.md")
        text = deck(titles[name], found, programs if words is not None else None)
        written[-1].write_text(text, encoding="utf-8")
    return written


def _slides(name: str, markdown: str, programs: "Programs", notation: str, memo: Path) -> list[Slide]:
    """The slides of a chapter, which are made anew when it has changed, or what it shows of programs."""
    shown = {program: programs[program] for program, _ in INCLUDE.findall(markdown)}
    make = partial(slides, markdown, programs, notation)
    return remembered(memo, name, [], make, ("takeaway",), repr((markdown, notation, shown)))


class Programs(dict):
    """The code and the output of each section, by program and section, read when it is wanted."""

    def __init__(self, snippets: Path, outputs: Path, words: dict | None = None):
        self.snippets, self.outputs = snippets, outputs
        self.still = {section for section, said in (words or {}).items() if "still" in said}

    def __missing__(self, name: str) -> dict[str, tuple[str, str]]:
        try:
            parts = sections(self.snippets / f"{name}.py")
        except SiteError:  # while serving: the page tells
            parts = []
        self[name] = _Sections((part.name, (part.code, self._printed(name, part.name))) for part in parts)
        return self[name]

    def _printed(self, name: str, section: str) -> str:
        file = self.outputs / f"{name}.{section}.txt"
        return file.read_text(encoding="utf-8") if file.exists() else ""


class _Sections(dict):
    def __missing__(self, name: str) -> tuple[str, str]:
        return "", ""


def _led(markdown: str, page: str) -> str:
    """The Markdown of a page, whose links to itself name it."""
    return markdown.replace("](#", f"]({page}.md#")


def deck(title: str, found: list[Slide], programs: Programs | None, page: str = "teach") -> str:
    """A deck as the Markdown of a page below ``slides/``; what only says ``#place`` means one of ``page``."""
    done = {}
    body = "\n\n".join(_section(slide, _code(slide, programs, done)) for slide in found)
    body = re.sub(r'<span id="[^"]*">|</span>', "", body)  # the chapter's own anchors stay with the chapter
    body = LINK.sub(lambda found: found["code"] or "](../", _led(body, page))
    about = (
        f"{title}, to project, to print, or to read with the speaker's notes: figures, code and predictions."
    )
    meta = f'title: "{title}"\ndescription: "{about}"\ntemplate: slides.html\nsearch:\n  exclude: true\n'
    return f"---\n{meta}---\n\n{body}\n"


def _code(slide: Slide, programs: Programs | None, done: dict[str, int]) -> str:
    """The whole code of what a slide shows, after that of all sections that it needs and that are not yet there."""
    if not slide.runs or programs is None:
        return ""
    program, section = slide.runs
    names = list(programs[program])
    if section not in names:
        return ""
    at, before = names.index(section), done.get(program, 0)
    done[program] = max(before, at + 1)
    if at < before:
        return ""
    own = "" if f"{program}:{section}" in programs.still else f"{_include(program, section)}\n\n"
    needed = "\n\n".join(_include(program, name) for name in names[before : at if own else at + 1])
    hidden = f'<div class="before" markdown>\n\n{needed}\n\n</div>\n\n' * bool(needed)
    return f"{hidden}{own}"


def _include(program: str, section: str) -> str:
    return f'```python\n--8<-- "{program}.py:{section}"\n```'


def _section(slide: Slide, code: str) -> str:
    level = "#" if slide.kind == "title" else "##"
    asks = "\n".join(f'<p class="fragment asked" markdown="span">{ask}</p>' for ask in slide.asks)
    asks = f"{asks}\n\n" * bool(asks)
    notes = "\n\n".join(slide.notes)
    notes = f'<aside class="notes" markdown>\n\n{notes}\n\n</aside>\n\n' * bool(notes)
    body = BODY.format(form=slide.form, shows=_with_code(slide.shows, code))
    opened = f'<section data-kind="{slide.kind}" markdown>'
    return f"{opened}\n\n{level} {slide.heading}\n\n{asks}{body}\n\n{notes}</section>"


def _with_code(shows: str, code: str) -> str:
    """The code just before what it prints or draws, where a run looks for the page's own."""
    first, output, rest = shows.partition('```text title="Output"')
    if output:
        return f"{first}{code}{output}{rest}"
    return f"{code}{shows}" if shows.startswith("![") else f"{shows}\n\n{code}"
