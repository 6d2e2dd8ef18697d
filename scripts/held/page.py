"""The sentences of a page: of its paragraphs, lists and boxes, its captions and texts of images, formulas and tables
with their heads, its headings and titles, of its slides: the question on the first, and the headings that a comment
gives the others, and the lines of its fences: commands and logs. Where its links lead is told apart, and in which
order the items of a list and the rows of a table stand. Code that is included, and what it prints, are left out.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

FRONT_MATTER = re.compile(r"\A---\n.*?^---\n", re.MULTILINE | re.DOTALL)
TOLD = re.compile(r"^(?:title|description|hook): \"?(.*?)\"?$", re.MULTILINE)
SLIDE = re.compile(r"(?<!`)<!-- (?:slide|code): (.*?) -->")
FENCE = re.compile(r"^( *)(```+)[^\n]*\n(.*?)^\1\2$", re.MULTILINE | re.DOTALL)
NOT_READ = re.compile(
    r"^( *)(```+).*?^\1\2$|<!--.*?-->|<(svg|script|style)\b.*?</\3>", re.MULTILINE | re.DOTALL
)
BOX = re.compile(r'^(?:!!!|\?\?\?\+?|===) (?:(?P<kind>\w+) ?)?(?:"(?P<title>.*)")?$')
HEADING = re.compile(r"^#+ +(.*?)(?: \{[^}]*\})?$")
ITEM = re.compile(r"^(?:[-*]|\d+\.) +")
BULLET = re.compile(r"^[-*] +")
IMAGE = re.compile(r"!\[(?P<text>[^\]]*)\]\([^)]*\)(?:\{[^}]*\})?")
RULE = re.compile(r"^\|[\s:|-]+\|$")  # between the head of a table and its rows
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]*)\)")
TONE = re.compile(r'<b(?= class="tone)(?=[^>]*>([^<]*)<)[^>]*"(tone\d)"')
ATTRIBUTES = re.compile(r"\{\s*[:#.][^}\n]*\}|</?[a-z][^<>\n]*>|<https?:[^<>\n]+>")
END = re.compile(
    r"(?<=[.?!…])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)(?<!\bal\.)(?<!\bNo\.)([”)*_\"]*)\s+(?=[\"“(*_$`\[A-Z0-9Α-Ωα-ω−→])"
)
NUMBERED = re.compile(r"^\W*\d+\.$")


@dataclass(frozen=True)
class Sentence:
    """One sentence, row, formula or text of an image, as its Markdown has it, and the same in plain words."""

    written: str
    kind: str

    @property
    def words(self) -> str:
        return plain(self.written)

    @property
    def claims(self) -> bool:
        """Whether it has words, or a formula."""
        return bool(re.search(r"\w{2}|\d|\\", self.words))


def plain(markdown: str) -> str:
    """Without marks of emphasis, targets of links, tags and line breaks, which change no claim."""
    text = LINK.sub(r"\1", IMAGE.sub(r"\g<text>", markdown))
    text = ATTRIBUTES.sub("", text)
    return " ".join(re.sub(r"[*`]|(?<![\w$}])_|_(?![\w{])", "", text).split())


def sentences(markdown: str) -> list[Sentence]:
    """All of a page that states something, from the top."""
    return [one for one in _all(markdown) if one.claims]


def links(markdown: str) -> list[Sentence]:
    """Where each link leads whose words do not say it, and the colour of a word in a live figure."""
    body = NOT_READ.sub("", markdown)
    found = [(plain(words), address) for words, address in LINK.findall(body)] + TONE.findall(body)
    return [Sentence(f"{words} → {address}", "link") for words, address in found if not _says(words, address)]


def orders(markdown: str) -> list[Sentence]:
    """How the items of each list, and the rows of each table, begin, in the order in which they stand."""
    found, items = [], []
    for lines in [*_blocks(NOT_READ.sub("", FRONT_MATTER.sub("", markdown))), [""]]:
        if ITEM.match(lines[0]):
            items.append(BULLET.sub("", lines[0]))
            continue
        rows = [
            _row(line).partition(" | ")[0] for line in lines if line.startswith("|") and not RULE.match(line)
        ]
        found += [one for one in (items, rows) if len(one) > 1]
        items = []
    return [Sentence(" · ".join(" ".join(plain(one).split()[:3]) for one in each), "order") for each in found]


def _says(words: str, address: str) -> bool:
    """Whether the words of a link name where it leads: its page, its section, or the number of a thread."""
    said = re.sub(r"\W|_", "", words.lower())
    place = re.sub(r"[\W_]", "", address.partition("#")[2] or PurePosixPath(address.partition("?")[0]).stem)
    return bool(said) and bool(place) and (place.lower() in said or (len(said) > 3 and said in place.lower()))


def text(markdown: str) -> str:
    """The whole page in plain words, in which a quotation must stand."""
    return " ".join(one.words for one in _all(markdown))


def _all(markdown: str) -> list[Sentence]:
    front = FRONT_MATTER.match(markdown)
    told = TOLD.findall(front[0]) if front else []
    found = [Sentence(one, "description") for line in told for one in _split(line)]
    found += [Sentence(title, "title") for title in SLIDE.findall(markdown)]
    fences = (line for _, _, inside in FENCE.findall(markdown) for line in inside.splitlines())
    found += [Sentence(line.strip(), "line") for line in fences if line.strip() and "--8<--" not in line]
    for block in _blocks(NOT_READ.sub("", markdown[front.end() :] if front else markdown)):
        found += _of_block(block)
    return found


def _blocks(body: str) -> list[list[str]]:
    """Neighbouring lines that belong together, without the depth at which they stand."""
    blocks, block, inside = [], [], False
    for line in map(str.strip, body.splitlines()):
        starts = not inside and (ITEM.match(line) or BOX.match(line) or line.startswith(("///", "#", "$$")))
        if (not line and not inside) or starts:
            blocks.append(block)
            block = []
        if line == "$$":
            inside = not inside
        if line:
            block.append(line)
        if (line == "$$" and not inside) or BOX.match(line) or line.startswith(("///", "#")):
            blocks.append(block)
            block = []
    return [one for one in [*blocks, block] if one]


def _of_block(lines: list[str]) -> list[Sentence]:
    first = lines[0]
    if box := BOX.match(first):
        return [Sentence(one, "title") for one in _split(box["title"] or "")]
    if heading := HEADING.match(first):
        return [Sentence(heading[1], "title")]
    if first.startswith("///"):
        return []
    if first.startswith("$$"):
        return [Sentence(" ".join(lines).strip("$ "), "formula")]
    if first.startswith("|"):
        return [Sentence(_row(line), "row") for line in lines if not RULE.match(line)]
    joined = ITEM.sub("", " ".join(lines))
    if image := IMAGE.fullmatch(joined):
        return [Sentence(image["text"], "image")]
    return [Sentence(one, "sentence") for one in _split(joined)]


def _row(line: str) -> str:
    """The cells of a row, with one bar between two."""
    cells = re.split(r"(?<!\\)\|", line.strip("|"))
    return " | ".join(cell.strip() for cell in cells)


def _split(paragraph: str) -> list[str]:
    """Sentences, with the marks that close them; the number of an exercise stays with it."""
    pieces, start = [], 0
    for end in END.finditer(paragraph):
        if not NUMBERED.match(paragraph[start : end.start()]):
            pieces.append(paragraph[start : end.end()].strip())
            start = end.end()
    return [*pieces, *([paragraph[start:].strip()] if paragraph[start:].strip() else [])]
