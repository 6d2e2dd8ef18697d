"""Make a deck of slides from a chapter: its headings, predictions, code, outputs, figures, formulas, tables, lists.

A deck is a page like any other, in Markdown; what it shows is included from where the chapter includes it.
The chapter's prose becomes the speaker's notes of the slide that it stands beside, and so does code that only draws.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_uppercase

BLOCK = re.compile(
    r"""
    (?P<code>^```.*?\n```$)
    | (?P<figure>^<[a-z]+-figure\ .*?^</[a-z]+-figure>$ | ^!\[[^\n]*\n///\ .*?^///$)
    | (?P<formula>^\$\$$.*?^\$\$$)
    | ^(?P<level>\#{1,3})\ (?P<heading>[^\n{]+)
    | ^(?:!!!|\?\?\?)\ (?P<box>\w+)\ "(?P<title>[^\n]*)"\n(?P<inside>(?:(?:\ {4}[^\n]*)?\n)*)
    | (?P<list>^(?:-|\d\.)\ .*?(?=\n\n(?!\ )|\Z))
    | (?P<table>^\|.*?(?=\n\n|\Z))
    | (?P<text>^\S.*?(?=\n\n|\Z))
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
OPTION = re.compile(r'^\?\?\? option "(.*)"\n((?:(?: {4}.*)?\n)*)', re.MULTILINE)
RIGHT = re.compile(r"^\*\*[A-Z]\..*\*\* Yes\b")  # how the explanation of the right option begins
SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z*$])")
EXERCISE = re.compile(r"\*\*\d+\. ")
LEFT_OUT = re.compile(
    r"^<details .*?^</details>$|^</?diagnose-box[^\n]*$|^=== [^\n]*\n(?:(?:\ {4}[^\n]*)?\n)+",
    re.MULTILINE | re.DOTALL,
)
FRONT_MATTER = re.compile(r"\A---\n.*?^description: (.*?)$.*?^---\n", re.MULTILINE | re.DOTALL)


@dataclass
class Slide:
    """One slide: its heading, what it shows, and what its speaker says; all in Markdown."""

    kind: str
    heading: str
    shows: str
    notes: list[str] = field(default_factory=list)


def is_chapter(markdown: str) -> bool:
    """A page that asks for predictions has a deck."""
    return "\n!!! predict " in markdown


def deck(chapter: str, markdown: str) -> str:
    """The deck of a chapter, as the Markdown of a page ``slides/<chapter>.md``."""
    description = FRONT_MATTER.match(markdown)[1]
    body = "\n\n".join(_section(slide) for slide in slides(markdown, description))
    body = re.sub(r'<span id="[^"]*">|</span>', "", body)  # the chapter's own anchors stay with the chapter
    body = re.sub(r"\]\(#", f"]({chapter}.md#", body)
    body = re.sub(r"\]\((?!\w+:)", "](../", body)
    title = f"Slides: {chapter.title()}"
    about = (
        f"{title}, to project, to print, or to read with the speaker's notes: figures, code and predictions."
    )
    meta = f'title: "{title}"\ndescription: "{about}"\ntemplate: slides.html\nsearch:\n  exclude: true\n'
    return f"---\n{meta}---\n\n{body}\n"


def slides(markdown: str, description: str) -> list[Slide]:
    """The slides of a chapter, in its order."""
    deck = _Deck(description)
    # What a chapter folds away, tabs, and a box to paste into are not for the wall.
    for block in BLOCK.finditer(LEFT_OUT.sub("", FRONT_MATTER.sub("", markdown))):
        if block["heading"]:
            deck.head(block["level"], block["heading"].strip())
        elif block["box"]:
            deck.box(block["box"], block["title"], _dedent(block["inside"]).strip())
        elif block.lastgroup == "text" and not EXERCISE.match(block[0]):
            deck.say(block[0])
        else:
            deck.put(block.lastgroup, block[0])
    deck.close()
    return deck.slides


class _Deck:
    """Slides as they come: what is said before a slide stands waits for it."""

    def __init__(self, description: str):
        self.description, self.slides, self.section, self.waiting = description, [], "", []
        self.said = ""  # the paragraph just before
        self.answer = None  # to the last prediction, which waits for the run

    def show(self, kind: str, heading: str, shows: str, notes=()) -> None:
        self.slides.append(Slide(kind, heading, shows, [*self.waiting, *notes]))
        self.waiting.clear()
        self.said = ""

    def close(self) -> None:
        """A section that shows nothing is a slide with its first sentence; one that asks ends with the answer."""
        if self.answer:
            question, words = self.answer
            self.answer = None
            self.show("answer", question, words)
        if self.waiting and not (self.slides and self.slides[-1].heading == self.section):
            self.show("words", self.section, re.split(r"(?<=[.?!])\s", self.waiting[0])[0])

    def head(self, level: str, heading: str) -> None:
        self.close()
        self.section = heading
        if level == "#":
            self.show("title", heading, self.description)

    def box(self, kind: str, title: str, inside: str) -> None:
        if kind == "predict":
            self.close()
            options = OPTION.findall(f"{inside}\n")
            listed = "\n".join(f"{place}. {words}" for place, (words, _) in enumerate(options, start=1))
            explained = [
                f"**{letter}. {words}** {_dedent(why).strip()}"
                for letter, (words, why) in zip(ascii_uppercase, options, strict=False)
            ]
            self.show("predict", title, listed, explained)
            right = [one for one in explained if RIGHT.search(one)]
            self.answer = (title, right[0]) if right else None
        elif kind == "question":
            self.show("question", self.section, title, [inside])
        elif kind == "refute":
            self.show("refute", self.section, f"**{title}**\n\n{inside}")
        else:
            self.slides[-1].notes.append(f"**{title}:** {inside}")

    def say(self, text: str) -> None:
        self.said = text
        shown = self.slides and self.slides[-1].heading == self.section
        (self.slides[-1].notes if shown else self.waiting).append(text)

    def put(self, kind: str, text: str) -> None:
        if kind == "figure" and self.slides[-1].kind == "code":
            drawn = self.slides.pop()  # code that draws and prints nothing is not for the wall
            self.waiting[:0] = [drawn.shows, *drawn.notes]
        if kind == "formula" and self.said:
            text = f"{SENTENCE.split(self.said)[-1]}\n\n{text}"  # with its letters
        kind = {"text": "exercise"}.get(kind, "output" if text.startswith("```text") else kind)
        self.show(kind, self.section, text.strip())


def _dedent(text: str) -> str:
    return re.sub(r"^ {4}", "", text, flags=re.MULTILINE)


def _section(slide: Slide) -> str:
    level = "#" if slide.kind == "title" else "##"
    notes = "\n\n".join(sorted(slide.notes, key=lambda note: note.startswith("```")))  # words first
    notes = f'<aside class="notes" markdown>\n\n{notes}\n\n</aside>\n\n' if notes else ""
    opened = f'<section data-kind="{slide.kind}" markdown>'
    return f"{opened}\n\n{level} {slide.heading}\n\n{slide.shows}\n\n{notes}</section>"


def write_decks(docs: Path, folder: Path) -> list[Path]:
    """Write the deck of every chapter in ``docs`` to ``folder``, and return their files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for page in sorted(docs.glob("*.md")):
        markdown = page.read_text(encoding="utf-8")
        if is_chapter(markdown):
            written.append(folder / page.name)
            written[-1].write_text(deck(page.stem, markdown), encoding="utf-8")
    return written
