"""What a section of a chapter shows, as slides: code with its output, figures, formulas, lists, tables, exercises."""

import re

from takeaway.slides import letters, wall
from takeaway.slides.blocks import INCLUDE, plain, sentences
from takeaway.slides.size import code_parts, layout, pieces, type_of

CAPTION = re.compile(r"^/// figure-caption\n(.*?)\n///$", re.MULTILINE | re.DOTALL)
EXERCISE = re.compile(r"\*\*(\d+)\. (.*?)\.?\*\*\s*")
ITEM = re.compile(r"^(?:-|\d\.) .*?(?=\n(?:-|\d\.) |\Z)", re.MULTILINE | re.DOTALL)
LEAD = re.compile(r"((?:-|\d\.) \*\*.*?\*\*)", re.DOTALL)
NAME = re.compile(r'id="([\w-]+)"')
ANCHOR = re.compile(r"\n\{ #([\w-]+) \}$")
INNER = re.compile(r"^(<[^>]*>)\n(.*)\n(</[^>]*>)$", re.DOTALL)
TITLE, CAPTIONED, BESIDE, LISTED = 110, 220, 330, 640  # characters that are read at once
FEW = 3  # lines of code
PRINTED = ("run", "output")


class Shown:
    """The part of a deck in the making that knows what each kind of block shows; ``deck.Deck`` has the rest."""

    def text(self, text: str) -> None:
        self.flush()
        if named := ANCHOR.search(text):  # what follows has a name of its own
            self.anchor, text = named[1], ANCHOR.sub("", text)
        self._listen(text)
        if self.slides and self.slides[-1].kind == "formula" and self.slides[-1].section == self.anchor:
            self._after_formula(text)
        (self.slides[-1].notes if self.in_section() else self.waiting).append(text)

    def _listen(self, text: str) -> None:
        """What is said first after an output is about it, and leads to nothing; a paragraph in brackets says nothing."""
        if not text.startswith("("):
            printed = self.in_section() and self.slides[-1].kind in PRINTED
            self.leads = bool(self.said) or not printed
            self.said = text

    # ── Programs ──

    def code(self, text: str) -> None:
        program, section = INCLUDE.search(text).groups()
        if "```text" not in text:
            self.flush()
            self.computed, self.named = (program, section), self.given.pop("slide", None)
            self.titled = self.given.pop("code", None)
        elif self.computed == (program, section):
            self._run(text)
        else:
            self.flush()
            self._output(text, (program, section), None)

    def flush(self) -> None:
        """Code that prints nothing stands alone."""
        if self.computed:
            later = self.given.pop("slide", None)  # the heading of what comes next
            self._run("")
            if later:
                self.given["slide"] = later

    def _run(self, output: str) -> None:
        runs, self.computed = self.computed, None
        given, self.named = self.named, None
        code, marked = wall.excerpt(self.programs[runs[0]][runs[1]][0])
        if output and len(code.split("\n")) < FEW and not marked:
            code = ""  # what it prints says more
        printed = self.printed(runs) if output else ""
        *before, code = code_parts(code)
        headings = self._code_headings([*before, code], runs[1])
        for heading, part in zip(headings, before, strict=False):
            self._code(heading, part)
        shown = _marked(code)
        together = layout(code, printed) if code and output else None
        if together:
            form = f"{together.form} size-{together.size}"
            self.show("run", given or self.section, f"{shown}\n\n{output}", form=form, runs=runs)
            return
        if code:
            self._code(headings[-1] if output or not given else given, code, None if output else runs)
        if output:
            if given:
                self.given["slide"] = given
            self._output(output, runs, runs)

    def _code_headings(self, parts: list[str], section: str) -> list[str]:
        """What the chapter calls this code, or the functions that each part of it writes, or its section."""
        found = []
        for part in parts:
            *names, last = re.findall(r"^def (\w+)", part, re.MULTILINE) or [section]
            called = f"`{'`, `'.join(names)}` and `{last}`" if names else f"`{last}`"
            heading = self.titled or f"{self.section}, in code: {called}"
            found.append(f"{heading}, continued" if heading in found else heading)
        return found

    def _code(self, heading: str, code: str, runs=None) -> None:
        self.show("code", heading, _marked(code), form=f"stack size-{layout(code).size}", runs=runs)

    def _output(self, output: str, section: tuple[str, str], runs) -> None:
        form = f"stack size-{layout(self.printed(section)).size}"
        self.show("output", self.section, output, form=form, runs=runs)

    def printed(self, section: tuple[str, str]) -> str:
        return self.programs[section[0]][section[1]][1]

    # ── Figures ──

    def figure(self, text: str) -> None:
        """Its heading is what its caption says first. What only draws is not for the wall."""
        runs, self.computed = self.computed, None
        if named := self.given.get("slide", self.named if runs else None):
            self.given["slide"] = named
        caption = CAPTION.search(text)[1]
        first, *rest = sentences(caption)
        if "slide" in self.given or len(plain(first)) > TITLE:
            first, rest = self.section, [first, *rest]
        while len(plain(" ".join(rest))) > CAPTIONED:
            rest.pop()
        below = f"\n\n{' '.join(rest)}\n{{ .caption }}" * bool(rest)
        picture = CAPTION.sub("", text).strip()
        self.show("figure", first.rstrip("."), picture + below, caption, runs=runs)

    def live(self, text: str) -> None:
        opened, words, closed = INNER.match(text).groups()
        slide = self.show("live", self.section, f"{opened}\n\n{words.strip()}\n\n{closed}", words.strip())
        slide.name = NAME.search(opened)[1]

    # ── Words ──

    def formula(self, text: str) -> None:
        """A formula stands between the words that lead to it and what follows from it, with its letters."""
        before = self.said.removeprefix(self.after).strip()  # what the formula before has said already
        before = _last(before)
        meaning = letters.explained(text, before, self.given.pop("letters", ""), self.notation)
        parts = [before, text, f"{meaning}\n{{ .letters }}" * bool(meaning)]
        slide = self.show("formula", self.section, "\n\n".join(filter(None, parts)))
        slide.form = type_of(before, most=32)

    def _after_formula(self, text: str) -> None:
        slide, first = self.slides[-1], sentences(text)[0]
        if "{ .after }" not in slide.shows and len(plain(first)) <= 200 and first[-1] in ".)*":
            slide.shows += f"\n\n{first}\n{{ .after }}"
            self.after = first

    def list(self, text: str) -> None:
        """A long list is for the notes; on the wall stands how each of its items begins."""
        shown, notes = text, []
        if len(plain(text)) > LISTED:
            begun = ["\n".join(_begin(item, more) for item in ITEM.findall(text)) for more in (1, 0)]
            shown = next((one for one in begun if len(plain(one)) <= LISTED), begun[-1])
            notes = [text]
        self.show("list", self.section, shown, *notes, form=type_of(shown, most=38))

    def table(self, text: str) -> None:
        found = pieces(text)
        name = self.given.pop("slide", self.section)
        for place, (piece, form) in enumerate(found, start=1):
            count = f" ({place} of {len(found)})" * (len(found) > 1)
            self.show("table", f"{name}{count}", piece, form=form)

    def exercise(self, text: str) -> None:
        number, name = EXERCISE.match(text).groups()
        words = EXERCISE.sub("", text, count=1)
        self.show(
            "exercise", f"Exercise {number}: {name[0].lower()}{name[1:]}", words, form=type_of(words, most=38)
        )


def _marked(code: str) -> str:
    """The code, with the lines that its author has remarked on."""
    marked = " ".join(map(str, wall.marks(code)))
    attribute = f' hl_lines="{marked}"' * bool(marked)
    return f"``` {{ .python{attribute} }}\n{code}\n```"


def _begin(item: str, more: int) -> str:
    """What an item says first: its bold words, or its first sentence; and so many sentences more."""
    item = item.partition("\n    - ")[0]
    lead = LEAD.match(item)
    first, rest = (
        (lead[1], item[lead.end() :]) if lead else (sentences(item)[0], "".join(sentences(item)[1:2]))
    )
    told = sentences(rest)[:more] if lead else []
    begun = " ".join([first, *told]).replace("\n", " ").replace("** :", "**:").replace("** ,", "**,")
    return re.sub(r":$|[:.](?=\*\*$)", "", begun)  # what it leads to is left out


def _last(text: str) -> str:
    """The last sentences, as many as are read at once."""
    said = sentences(text)
    while len(said) > 1 and len(plain(" ".join(said))) > BESIDE:
        said.pop(0)
    return " ".join(said)
