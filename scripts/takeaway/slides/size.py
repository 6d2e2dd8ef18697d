"""How large words are set, so that a slide is filled and is read from the last row."""

import re
from itertools import pairwise

from takeaway.slides.blocks import plain

WIDE, HIGH = 1190, 520  # the room for words, in pixels of a slide
LARGE, SMALL = 44, 22
TABLE = range(22, 33, 2)
LETTER, LINE = 0.53, 1.4  # the width of a letter and the height of a line, by the height of the type
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
