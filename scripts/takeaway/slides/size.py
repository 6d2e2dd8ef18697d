"""How large words, tables and code are set, so that a slide is filled and is read from the last row, and where they part."""

import re
from dataclasses import dataclass
from itertools import pairwise

from takeaway.slides.blocks import plain

WIDE, HIGH = 1190, 520  # the room for words, in pixels of a slide
LARGE, SMALL = 44, 22
TABLE = range(22, 33, 2)
LETTER, LINE = 0.53, 1.4  # the width of a letter and the height of a line, by the height of the type
CODE, ROOM = (22, 30), 588  # the type of code beside what it prints, and the height for both
MONO = 0.605  # the width of a letter of code, by its height
LONG, LEAST = 14, 3  # lines of code that are two slides, and that are one of them
LINK = re.compile(r"\]\([^)]*\)")


def type_of(text: str, most: int = LARGE) -> str:
    """The class for the largest type in which these words fit."""
    parts = [plain(part) for part in text.split("\n") if part.strip()]

    def fits(size):
        lines = sum(-(-len(part) * LETTER * size // WIDE) + 0.5 for part in parts)
        return lines * LINE * size <= HIGH

    return f"size-{next((size for size in range(most, SMALL, -2) if fits(size)), SMALL)}"


def pieces(table: str) -> list[tuple[str, str]]:
    """A table in as many pieces as it needs slides, each with its head, in the largest type for all."""
    head, line, *rows = table.strip().split("\n")
    for most in range(len(rows), 0, -1):
        found = parted(rows, most)
        sizes = [size for size in TABLE if all(_height([head, *piece], size) <= HIGH for piece in found)]
        if sizes or most == 1:
            size = f"size-{max(sizes, default=TABLE[0])}"
            return [("\n".join([head, line, *piece]), size) for piece in found]


def parted(items: list, most: int) -> list[list]:
    """The items in as few parts as have no more than so many each, and alike."""
    count = -(-len(items) // most)
    ends = [len(items) * at // count for at in range(count + 1)]
    return [items[one:other] for one, other in pairwise(ends)]


def _height(rows: list[str], size: int) -> float:
    cells = [[plain(LINK.sub("]", cell)).strip(" []") for cell in row.strip("|").split("|")] for row in rows]
    columns = [max(8, *(len(row[at]) for row in cells)) for at in range(len(cells[0]))]
    roots = [column**0.7 for column in columns]  # about how a browser shares the width
    widths = [WIDE * root / sum(roots) - 24 for root in roots]
    lines = [
        max(-(-len(cell) * LETTER * size // width) for cell, width in zip(row, widths, strict=True))
        for row in cells
    ]
    return sum(max(1, count) * 1.3 * size + 0.5 * size for count in lines)


def code_parts(text: str) -> list[str]:
    """Long code in two parts as alike as can be, at an empty line: between two statements, or else within one."""
    lines = text.split("\n")
    cuts = [at for at, line in enumerate(lines) if not line and LEAST <= at < len(lines) - LEAST]
    if len(lines) < LONG or not cuts:
        return [text]
    found = [(lines[:at], _heads(lines, at), lines[at + 1 :]) for at in cuts]

    def unlike(cut):
        one, heads, other = cut
        longest = max(len(one), len(heads + other))
        return longest >= LONG, bool(heads), longest, len(other)

    one, heads, other = min(found, key=unlike)
    return ["\n".join(one), "\n".join(heads + other)]


def _heads(lines: list[str], at: int) -> list[str]:
    """What stands above a part that is taken out of a function or a loop: their heads, and dots for the rest."""
    depth = _indent(lines[at + 1])
    heads = ["...".rjust(depth + 3)] * bool(depth)
    for line in reversed(lines[:at]):
        if line and _indent(line) < depth:
            heads, depth = [line, *heads], _indent(line)
    return heads


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


@dataclass
class Layout:
    """How code and output stand on a slide: ``stack`` or ``beside``, and the size of their type."""

    form: str
    size: int


def layout(*texts: str) -> Layout | None:
    """How these texts fit on one slide, in the largest type; None where they do not."""
    high = [len(text.rstrip().split("\n")) for text in texts]
    wide = [max(map(len, text.split("\n"))) for text in texts]
    stacked = Layout("stack", _code_size(sum(high), max(wide), len(texts), 1))
    beside = Layout("beside", _code_size(max(high), sum(wide), 1, len(texts)))
    best = max(stacked, beside, key=lambda one: one.size)
    return best if best.size >= CODE[0] or len(texts) == 1 else None


def _code_size(lines: int, letters: int, rows: int, columns: int) -> int:
    high = (ROOM - 38 * rows + 14) / (1.3 * lines)
    wide = (WIDE - 52 * columns) / (MONO * max(1, letters))
    return int(min(CODE[1], high, wide))
