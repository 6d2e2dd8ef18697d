"""Logs in columns: a row of names above rows of numbers, or numbers and nothing else."""

import itertools
import re

from .data import pattern
from .reading import (
    EPOCH,
    MOST_NAMES,
    NUMBER,
    SPACE,
    STEP,
    STRAY,
    VALUES,
    Unreadable,
    choose,
    counters,
    even,
    number,
)

MARKS = ("\t", ";", "|", ",", None)
BAR = pattern(r":? {0,3}[0-9]{1,3}%\|.*$")  # a bar behind the last cell
PAIRED = pattern("^(?:train|training|valid|validation|val|test|eval)$")
NO_NAME = pattern("^[-+]?[0-9]|^(?:nan|inf),?$|[:=]$|=|^[0-9/%]+$|^-+$")
COUNT = re.compile("^[0-9]+$")
ONE = pattern(rf"^ *{NUMBER} *,?$")
RULE = re.compile(r"^[|+=:\- ]*$")
LETTER = re.compile("[A-Za-z\u00c0-\u1fff\u3040-\ud7ff]")
HASH = re.compile(rf"^[{SPACE}]*#[# ]*")  # numpy opens its heading with it


def cells(line, mark):
    """The cells of a line, parted by a mark or by spaces."""
    line = BAR.sub("", line).strip(SPACE if mark != "\t" else " ")
    line = line.removeprefix("|").removesuffix("|")
    row = line.split(mark) if mark else re.findall(f"[^{SPACE}]+", line)
    return [cell.strip(" \"'\r") for cell in row]


def in_place(head, line, names):
    """Cells of a table with blank ones: each begins below its name, or a little later."""
    starts, at, row = [], 0, [""] * len(names)
    for name in names:
        for n, word in enumerate(name.split(" ")):
            at = head.index(word, at)
            starts += [at] if n == 0 else []
            at += len(word)
    for one in re.finditer(f"[^{SPACE}]+", line):
        place = sum(start <= one.start() for start in starts) - 1
        if place < 0 or row[place]:
            return []
        row[place] = one[0]
    return row


def row_below(names, head, line, mark):
    """One row of a table: names with their numbers."""
    row = cells(line, mark)
    if not mark and len(row) < len(names):
        row = in_place(head, line, names)
    if not mark and len(row) == len(names) + 1 and COUNT.match(row[0]):
        row = row[1:]  # pandas counts its rows
    if len(row) != len(names):
        return {}
    kept = {n: cell for n, cell in zip(names, row) if n and VALUES.fullmatch(cell)}
    return kept | counters(line) if kept and "%|" in line else kept


def heading(lines, top, mark):
    """The names at line ``top``, and how many lines they take: 0 if it is no heading."""
    names = [name.lstrip("# ") for name in cells(HASH.sub("", lines[top]), mark)]
    if (len(names) < 2 and mark) or len(names) > MOST_NAMES or any(map(NO_NAME.search, names)):
        return names, 0
    below = cells(lines[top + 1], mark) if top + 1 < len(lines) else []
    second = mark == "|" and len(below) == len(names) and not RULE.match(lines[top + 1])
    if second and not re.search("[0-9]", "".join(below)):  # MATLAB's heading of two lines
        return [f"{a} {b}".strip(SPACE) for a, b in zip(names, below)], 2
    if not mark and len(below) < len(names):  # "train loss" is one name
        joined = [n for n in names if not PAIRED.match(n)]
        if len(joined) in [len(cells(line, mark)) for line in lines[top + 1 :][:3]]:
            pairs = zip(["", *names], names)
            return [f"{a} {b}" if PAIRED.match(a) else b for a, b in pairs if not PAIRED.match(b)], 1
    return names, 1


def table(text, column=None):
    """A row of names, and numbers below it."""
    lines = [line for line in text.split("\n") if line.strip(SPACE)]
    wide = set()
    for top, mark in itertools.product(range(min(60, len(lines))), MARKS):
        if not mark or mark in lines[top]:
            names, height = heading(lines, top, mark)
            if len(names) > MOST_NAMES:
                wide.add(top)
                if len(wide) in (STRAY + 1, len(lines)):
                    cure = "Paste the one with the loss, and the steps."
                    raise Unreadable(f"A line has {len(names)} columns. {cure}")
            if not height or not choose(list(dict.fromkeys(names)), column):
                continue
            head, below = lines[top], lines[top + height :]
            near = [line for line in below[:4] if not RULE.match(line)][:3]
            if any(row_below(names, head, line, mark) for line in near):
                barred = any(BAR.search(line) for line in near)
                below = [line for line in below if not barred or BAR.search(line)]
                return [row_below(names, head, line, mark) for line in below]
    return []


def is_bare(line):
    """Numbers and nothing else."""
    return ONE.match(line) or (not VALUES.sub("", line).strip(" ,;|[]()\t\"'") and VALUES.search(line))


def names_above(lines, top, widths):
    """The names of columns that stand above bare numbers: none of them is a loss, or it would be a table."""
    above = [n for n in range(top) if LETTER.search(lines[n])]  # no rule, no fence, no dots
    if not above:
        return []
    head = lines[above[-1]]
    mark = next(mark for mark in MARKS if not mark or mark in head)
    names, height = heading(lines, above[-1], mark)
    named = mark or len(names) == 1 or any(STEP.search(n) or EPOCH.search(n) for n in names)
    if not mark and widths == {len(names) + 1} and (named or head[0] == " "):  # pandas counts its rows
        names, named = ["#", *names], True
    return names if height and named and widths == {len(names)} else []


def bare(text):
    """Numbers without names: a list, or columns of which the first may count."""
    lines = [line for line in text.split("\n") if line.strip(SPACE)]
    kept = [line for line in lines if is_bare(line)]
    if not kept or 2 * len(kept) < len(lines):
        return []
    rows = [[line.strip(" ,")] if ONE.match(line) else VALUES.findall(line) for line in kept]
    widths = {len(row) for row in rows}
    if names := names_above(lines, lines.index(kept[0]), widths):
        return [dict(zip(names, row)) for row in rows]
    first = [number(row[0]) for row in rows if row]
    counts = widths and min(widths) > 1 and (even(first) or 0) >= 1 and first[0] % 1 == 0
    opened = sum("[" in line for line in kept)
    printed = opened and not (counts and len(widths) == 1 and opened == len(kept))
    if printed or len({len(row) for row in rows[:-1]} | {1}) == 1:
        return [{"loss": value} for row in rows for value in row]
    if len(widths) > 1 or max(widths) > MOST_NAMES:
        return []
    names = [str(1 + place) for place in range(max(widths))]
    names[:2] = ["step", "loss"] if counts else names[:2]
    return [dict(zip(names, row)) for row in rows]
