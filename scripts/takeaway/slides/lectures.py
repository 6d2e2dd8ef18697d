"""A deck for each schedule of *Teach*: row by row, the slides of what the row links to.

A link to a section brings its slides, one to a figure that figure, one to a chapter its first slide. A row that
leads to none is a slide with its own words, but for slack. The minutes stand in the notes of a row's first slide.
"""

import re
from dataclasses import dataclass, replace

from takeaway.slides.blocks import Slide, dedent
from takeaway.slides.size import type_of

LECTURE = re.compile(r"^### ([^\n{]+?) \{ #(lecture-\d+) \}\n(.*?)(?=^##)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| (\d+) \| (.*?) \| (.*?) ?\|$", re.MULTILINE)
LINK = re.compile(r"\]\((?:(\w+)\.md)?(?:#([\w-]+))?\)")
QUESTION = re.compile(r'^\?\?\? question "(.*)"\n((?:(?: {4}.*)?\n)+)', re.MULTILINE)
GOALS = r"After \*\*{}\*\*[^\n]*\n\n((?:- .*\n)+)"
BETWEEN = re.compile(r"slack|exit ticket")  # what ends a lecture, and not one that goes on


@dataclass
class _Row:
    minutes: int
    what: str
    beside: str
    links: list[tuple[str, str]]


def lectures(teach: str, decks: dict[str, list[Slide]]) -> list[tuple[str, str, list[Slide]]]:
    """The name, the title and the slides of each lecture."""
    found = LECTURE.findall(teach)
    tables = {name: _table(text) for _, name, text in found}
    lengths = [length for length, _, _ in found]
    decked = []
    for at, (length, name, _) in enumerate(found):
        rows = _whole(tables[name], tables)
        title = f"Overshoot in {length}"
        decked.append((name, title, [_title(title, lengths[: at + 1], teach), *_slides(rows, teach, decks)]))
    return decked


def _table(text: str) -> list[_Row]:
    return [
        _Row(int(minutes), what, beside, LINK.findall(what + beside))
        for minutes, what, beside in ROW.findall(text)
    ]


def _whole(rows: list[_Row], tables: dict[str, list[_Row]]) -> list[_Row]:
    """The rows, with those of a lecture that one of them contains in its place."""
    whole = []
    for row in rows:
        inner = next((tables[anchor] for page, anchor in row.links if anchor in tables), None)
        if inner:
            first, *others = [one for one in inner if not BETWEEN.match(one.what)]
            whole += [replace(first, what=f"{first.what} (and {row.minutes} min for {row.what})"), *others]
        else:
            whole.append(row)
    return whole


def _title(title: str, lengths: list[str], teach: str) -> Slide:
    """What a learner can do afterwards, as the page says for this lecture and for shorter ones."""
    goals = "".join(re.search(GOALS.format(one), teach)[1] for one in lengths)
    return Slide("title", title, f"Afterwards you can\n\n{goals.strip()}", form="size-28")


def _slides(rows: list[_Row], teach: str, decks: dict[str, list[Slide]]) -> list[Slide]:
    found, own = [], {anchor for row in rows for _, anchor in row.links if anchor}
    for row in rows:
        shown = [slide for link in row.links for slide in _led_to(*link, decks, own)]
        shown = shown or _own(row, teach)
        if shown:
            first = f"**{row.minutes} min:** {row.what}"
            shown[0] = replace(shown[0], notes=[first, *shown[0].notes])
        found += [one for one in shown if one.shows not in {other.shows for other in found}]
    return found


def _led_to(page: str, anchor: str, decks: dict[str, list[Slide]], own: set[str]) -> list[Slide]:
    """The slides of a section, but for a figure to which another row leads; or that figure; or a first slide."""
    deck = decks.get(page, [])
    if not anchor:
        return [replace(slide, kind="words") for slide in deck[:1]]
    live = {slide.name: slide for slide in deck if slide.name}
    if anchor in live:
        return [live[anchor]]
    return [slide for slide in deck if slide.section == anchor and slide.name not in own]


def _own(row: _Row, teach: str) -> list[Slide]:
    if row.what.startswith("slack"):
        return []
    for _, anchor in row.links:
        _, found, text = teach.partition(f"{{ #{anchor} }}\n\n???")
        if found:
            asked = QUESTION.findall(f"???{text.partition(chr(10) + '##')[0]}")
            shows = "\n".join(f"1. {question}" for question, _ in asked)
            notes = [f"**{question}** {dedent(answer).strip()}" for question, answer in asked]
            return [Slide("question", "At the door", shows, notes, form=type_of(shows))]
    name, colon, words = row.what.partition(": ")
    heading, shows = (name, words) if colon else ("Your turn", row.what)
    shows = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", shows)
    shows = shows[0].upper() + shows[1:] if shows[0].isascii() else shows  # Λ is another letter
    return [Slide("words", heading[0].upper() + heading[1:], shows, [row.beside], form=type_of(shows))]
