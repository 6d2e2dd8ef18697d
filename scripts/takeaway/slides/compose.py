"""The rules by which a chapter becomes slides: what stands together, and under which heading."""

import re
from dataclasses import replace
from itertools import takewhile
from string import ascii_uppercase

from markdown.extensions.toc import slugify

from takeaway.slides import letters
from takeaway.slides.blocks import Slide, blocks, dedent, front_matter, plain, sentences
from takeaway.slides.shown import PRINTED, Shown
from takeaway.slides.size import parted, type_of

OPTION = re.compile(r'^\?\?\? option "(.*)"\n((?:(?: {4}.*)?\n)*)', re.MULTILINE)
RIGHT = re.compile(r"^(?:\*\*[^*]*\*\* )?Yes\b")  # how the explanation of the right option begins
HOME = ("figure", "live", *PRINTED)  # what a question may be about
RECALLS = re.compile(r"From \*")  # another chapter
SYMPTOMS = 7  # of a list that is read at once
# Said of what stands elsewhere on the page, and not on the wall.
ELSEWHERE = re.compile(r"\b(?:lines|table|figure|box|program|section) (?:above|below)\b|\b(?:above|below):$")
SITUATION = 430  # characters that are read at once


def slides(markdown: str, programs: dict[str, dict[str, tuple[str, str]]], notation: str) -> list[Slide]:
    """The slides of a chapter; ``programs`` has the code and the output of each section, by program."""
    deck = _Deck(front_matter(markdown), programs, letters.meanings(notation))
    for block in blocks(markdown):
        if block["heading"]:
            deck.head(block["level"], block["heading"])
        elif block["box"]:
            deck.box(block["box"], block["title"], dedent(block["inside"]).strip())
        elif block["word"]:
            deck.given[block["word"]] = block["said"]
        else:
            getattr(deck, block.lastgroup)(block[0].strip())
    deck.close()
    return deck.slides


class _Deck(Shown):
    """Slides as they come: what is said before a slide stands waits for it."""

    def __init__(self, about: dict[str, str], programs: dict, notation: dict[str, str]):
        self.about, self.programs, self.notation = about, programs, notation
        self.slides, self.section, self.anchor = [], "", ""
        self.waiting, self.given = [], {}
        self.said, self.leads = "", True  # the paragraph just before, and whether it leads to what comes
        self.after = ""  # what was said of the last formula
        self.answer = None  # to the last prediction, which waits for the run
        self.computed = None  # a section of code, which waits for what it prints or draws
        self.named = self.titled = None  # the headings given to it, and to code that stands alone

    def show(self, kind: str, heading: str, shows: str, *notes: str, form="", runs=None) -> Slide:
        self.flush()
        slide = Slide(kind, self.given.pop("slide", heading), shows, [*self.waiting, *notes])
        slide.section, slide.form, slide.runs = self.anchor, form, runs
        self.slides.append(slide)
        self.waiting, self.said = [], ""
        return slide

    def close(self) -> None:
        """A section that shows nothing is a slide with its first sentences; one that asks ends with the answer."""
        self._settle()
        if self.waiting and not self.in_section():
            said = sentences(self.waiting[0])[:2]
            words = " ".join([*takewhile(lambda one: not ELSEWHERE.search(one), said)] or said)
            self.show("words", self.section, words, form=type_of(words))

        if self.slides and self.slides[-1].kind == "symptoms":
            self.slides[-1:] = _parted(self.slides[-1])

    def _settle(self) -> None:
        self.flush()
        if self.answer:
            answer, self.answer = self.answer, None
            self.show(**answer)

    def in_section(self) -> bool:
        return bool(self.slides) and self.slides[-1].section == self.anchor

    def head(self, level: str, heading: str) -> None:
        self.close()
        self.said = ""
        name, _, given = heading.partition(" {")
        self.section, self.anchor = name.strip(), given.strip("#} ") or slugify(plain(name), "-")
        if level == "#":
            hook = self.about.get("hook", self.about["description"])
            self.show("title", self.section, hook, self.about["description"], form=type_of(hook))

    # ── Boxes ──

    def box(self, kind: str, title: str, inside: str) -> None:
        boxes = {
            "predict": self._predict,
            "question": self._question,
            "refute": self._refute,
            "symptom": self._symptom,
        }
        if kind in boxes:
            boxes[kind](title, inside)
        elif kind != "program":  # which only some readers want
            self.slides[-1].notes.append(f"**{title}:** {inside}")

    def _predict(self, title: str, inside: str) -> None:
        situation = self._situation()
        self._settle()
        options = [(words, dedent(why).strip()) for words, why in OPTION.findall(f"{inside}\n")]
        listed = [f"{place}. {words}" for place, (words, _) in enumerate(options, start=1)]
        explained = [
            f"**{letter}. {words}** {why}"
            for letter, (words, why) in zip(ascii_uppercase, options, strict=False)
        ]
        shows = f"{situation}\n{{ .situation }}\n\n" * bool(situation) + "\n".join(listed)
        self.show("predict", title, shows, *explained, form=type_of(f"{situation}{title}{listed}", most=34))
        right = next((at for at, (_, why) in enumerate(options) if RIGHT.match(why)), None)
        if right is not None:
            words, why = options[right]
            others = "\n".join(line + "\n{ .chosen }" * (at == right) for at, line in enumerate(listed))
            heading = f"It was {ascii_uppercase[right]}: {_lowered(words)}"
            self.answer = {"kind": "answer", "heading": heading, "shows": f"{others}\n\n{why}\n{{ .why }}"}
            self.answer["form"] = type_of(self.answer["shows"], most=32)

    def _situation(self) -> str:
        """What is said just before a question, or begins what is said."""
        text, said = "", sentences(self.said) if self.leads else []
        while said and len(plain(f"{text} {said[0]}")) <= SITUATION:
            text += f" {said.pop(0)}"
        return text.strip()

    def _question(self, title: str, inside: str) -> None:
        self.flush()
        note = f"**{title}** {inside}"
        home, before = self._home(title, note) if not RECALLS.match(title) else None, self.slides[-1]
        if home:
            home.asks.append(title)
            home.notes.append(note)
        elif before.kind == "question" and self.in_section():
            before.shows += f"\n2. {title}"
            before.notes.append(note)
            before.form = type_of(before.shows)
        else:
            self.show("question", self.section, f"1. {title}", note, form=type_of(title))

    def _home(self, title: str, note: str) -> Slide | None:
        """The slide that a question is about: that printed most numbers of both, or a figure just before that answers."""
        wanted = {*re.findall(r"\d+\.\d+", title), *re.findall(r"`([^`]*\d[^`]*)`", note)}

        def seen(slide):
            printed = self.printed(slide.runs) if slide.kind in PRINTED and slide.runs else ""
            return len(wanted & set(printed.split()))

        homes = [one for one in reversed(self.slides) if one.kind in HOME]
        return homes[0] if homes and homes[0].kind == "live" else max(homes, key=seen, default=None)

    def _refute(self, title: str, inside: str) -> None:
        reason, _, more = inside.partition("\n\n")
        self.show("refute", title, f"{reason}\n{{ .fragment }}", *filter(None, [more]), form=type_of(reason))

    def _symptom(self, title: str, inside: str) -> None:
        if not (self.in_section() and self.slides[-1].kind == "symptoms"):
            self.show("symptoms", self.section, "")
        slide = self.slides[-1]
        slide.shows += f"1. {title}\n"
        slide.notes.append(f"**{title}:** {inside}")
        slide.form = type_of(slide.shows, most=30)


def _parted(slide: Slide) -> list[Slide]:
    """A list of symptoms on as many slides as it needs, each with the notes to its own."""
    lines = slide.shows.splitlines()
    found, notes = parted(lines, SYMPTOMS), parted(slide.notes[-len(lines) :], SYMPTOMS)
    if len(found) == 1:
        return [slide]
    made, first = [], 1
    for place, (some, said) in enumerate(zip(found, notes, strict=True), start=1):
        shows, first = _numbered(some, first), first + len(some)
        said = slide.notes[: -len(lines)] * (place == 1) + said
        form, heading = type_of(shows, most=30), f"{slide.heading} ({place} of {len(found)})"
        made.append(replace(slide, heading=heading, shows=shows, notes=said, form=form))
    return made


def _numbered(lines: list[str], first: int) -> str:
    """A list that goes on at this number, which Markdown alone would begin at 1."""
    items = "\n".join(f'<li markdown="span">{line.removeprefix("1. ")}</li>' for line in lines)
    return "\n".join(lines) if first == 1 else f'<ol start="{first}" markdown>\n{items}\n</ol>'


def _lowered(words: str) -> str:
    """As it stands within a sentence."""
    return words[0].lower() + words[1:] if words[1:2].islower() or words.startswith("A ") else words
