"""From the text of a log to rows of names and values: console lines and JSON, but not tables."""

import functools
import itertools
import math
import re

from .data import FORMATS, pattern

SPACE = " \t\n\r\f\v"
DIGITS = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[-+]?[0-9]+)?"
NUMBER = rf"[-+]?(?:{DIGITS}|nan|inf(?:inity)?|null|none)(?![a-z0-9_]|\.[0-9])"
VALUES = pattern(rf"(?<![a-z0-9_.]){NUMBER}")
TOKENS = pattern(rf"({NUMBER})|[-+]?[0-9][a-z0-9_.]*|[a-z_](?:[a-z0-9_@./']|-(?=[a-z_]))*")
ARRAY = pattern(
    r"([a-z_][a-z0-9_/.-]{0,80})[\"']*[ \t\n]*[:=][ \t\n]*[a-z.]*\(?"
    r"\[([^\[\]{}]*)\]"
)
LIST = pattern(r"[:=][ \t\n]*[a-z.]*\(?\[")
OBJECT = re.compile(r"\{([^{}]{0,20000})\}")
PARTS = re.compile(r"[,;|()\[\]{}<>*#\t]|  | - ")
SCOPE = pattern("(?:(train(?:ing)?)|val|valid|validation|test|eval|evaluation)(?: set| phase)?$")
LETTER = pattern("[a-z]")
MOST_NAMES = 1000
STRAY = 2  # lines with more names than that which may stand in a good log
LAST = 80  # characters before a number in which its name stands
MARKS = " :=[(\"'\t"

tidying = [(pattern(r["pattern"]), r["with"], r["has"]) for r in FORMATS["tidy"]]
whole_lines = [(pattern(r["pattern"]), r["names"]) for r in FORMATS["lines"]]
counting = [(pattern(row["pattern"]), row) for row in FORMATS["counters"]]
ranks = [pattern(row["pattern"]) for row in FORMATS["columns"]["loss"]]
NEVER, OTHER, RATE, STEP, EPOCH, NORM = (
    pattern(FORMATS["columns"][key]) for key in ("never", "other", "rate", "step", "epoch", "norm")
)


class Unreadable(ValueError):
    """A log without losses. The message says what to paste instead."""


def number(text):
    """The value of a number as people write it; inf and nan included."""
    try:
        return float(text)
    except ValueError:  # null, none
        return math.nan


def tidy(text):
    """One kind of line end, what was overwritten gone, bare numbers."""
    text = re.sub("\r\n|[\u2028\u2029\u0085]", "\n", text)
    if "\n" not in text:
        text = text.replace("\r", "\n")
    rows = [row.strip("\r\b") for row in text.split("\n")]
    text = "\n".join(re.split("[\r\b]", row)[-1] for row in rows)
    low = text.lower()
    for search, put, has in tidying:
        if any(some in low for some in has):
            text = search.sub(re.sub(r"\$(\d)", r"\\\1", put), text)
    return OBJECT.sub(lambda one: one[0].replace("\n", " ") + "\n", text)


def even(steps):
    """The gap between steps, if it is always the same."""
    gaps = {after - before for before, after in itertools.pairwise(steps)}
    gap = gaps.pop() if len(gaps) == 1 else math.nan
    return gap if math.isfinite(gap) else None


def with_points(text):
    """5,2 is 5.2, unless the comma parts two numbers."""
    if re.search(r"[0-9]\.[0-9]", text):
        return text
    found = re.compile("(?<![0-9])([0-9]+),(?=[0-9])")
    rows = [found.findall(row) for row in text.split("\n")]
    first = [float(row[0]) for row in rows if row]
    counted = len(first) > 1 and even(first) == 1
    many = re.search("[a-z\"'],", text.lower()) or max(map(len, rows)) > 1
    if counted or (many and not re.search("[;\t]", text)):
        return text
    return re.sub("([0-9]),([0-9])", r"\1.\2", text)


@functools.lru_cache(4096)
def is_loss(name):
    """Whether a column may be a loss, of training or of validation."""
    like = any(rank.search(name) for rank in ranks)
    return like and not NEVER.search(name)


def choose(names, column=None):
    """The name of the training loss among names, in the ranks of the table."""
    if column:
        same = [name for name in names if name.lower() == column.lower()]
        return same[0] if same else None
    fit = [name for name in names if name[:1] != "#" and is_loss(name)]
    train = [name for name in fit if not OTHER.search(name)]
    for some, rank in itertools.product((train, fit), ranks):
        for name in some:
            if rank.search(name):
                return name
    return None


@functools.lru_cache(4096)
def before(gap):
    """The name at the end of what stands before a number, or nothing; and its scope.

    The scope says whether training ("") or validation ("val ") begins there, or nothing (None).
    """
    rest, scope = gap.rstrip(MARKS), None
    inside = re.search(r"\[([^\[\]]+)$", rest[:-1]) if rest[-1:] == "]" else None
    *parts, phrase = PARTS.split(rest)
    for part in parts:
        if one := SCOPE.match(part.strip(" :\"'")):
            scope = "" if one[1] else f"{one[0]} "
    *heads, name = [part.strip(" \"'") for part in (inside[1] if inside else phrase).split(":")]
    name = re.sub(r"^(?:the|and|with) | (?:is|was|of|at|equals)$", "", name)
    if OTHER.search(" ".join(heads)) and not OTHER.search(name):
        name = f"{heads[-1]} {name}"
    return (name if LETTER.search(name) else ""), scope


def counters(line, rows=counting):
    """Counters of batches and samples: {"#batch": 650, "#batches": 5863}."""
    for search, row in rows:
        if found := search.search(line):
            named = zip(row["names"], found.groups()[-len(row["names"]) :])
            counted = {f"#{name}": value for name, value in named if name}
            return counted | ({"#mean": "1"} if row.get("mean") else {})
    return {}


def pairs_in(line, whole):
    """Rows of one line: names with their values. A loss that returns opens a row, as does the first name."""
    for search, names in whole:
        if found := search.search(line):
            return [{n: v for n, v in zip(names, found.groups()) if n and VALUES.fullmatch(v)}]
    rows, row, end, scope = [], {}, 0, ""
    for token in TOKENS.finditer(line):
        value, start = token[1], token.start()
        if value:
            name, scoped = before(line[max(end, start - LAST) : start])
            scope = scope if scoped is None else scoped
            if scope and name and not OTHER.search(name):
                name = scope + name
            if name in row and (is_loss(name) or name == next(iter(row))):
                rows.append(row)
                row = {}
            if name:
                row.setdefault(name, value)
        if value or token[0][0] in "-+0123456789":
            end = token.end()
    return [*rows, row]


@functools.lru_cache(4096)
def lasts(name):
    """Whether a value holds for the lines below: a step, a rate, an epoch."""
    return any(search.search(name) for search in (RATE, STEP, EPOCH))


def in_use(lines, table):
    """The rows of a table that fit one of the first lines or of the last."""
    some = lines[:150] + lines[150:][-150:]
    return [row for row in table if any(row[0].search(line) for line in some)]


def records(text):
    """Console lines: what is known of step and rate holds for the lines below."""
    known, rows, wide = {}, [], 0
    lines = [line for line in text.split("\n") if line.strip(SPACE)]
    counts, whole = in_use(lines, counting), in_use(lines, whole_lines)
    for line in lines:
        counted = counters(line, counts)
        for row in pairs_in(line, whole):
            if len(row) > MOST_NAMES:
                wide += 1
                if wide in (STRAY + 1, len(lines)):
                    cure = "Paste the one of the loss, and the steps."
                    raise Unreadable(f"A line has {len(row)} names. {cure}")
                continue
            row = counted | row
            known |= {name: value for name, value in row.items() if name[0] == "#" or lasts(name)}
            if row:
                rows.append(known | row)
    return rows


def arrays(text):
    """Keras: {"loss": [2.3, 2.1], "val_loss": …}"""
    if not LIST.search(text):  # far faster to see
        return []
    columns = {name: VALUES.findall(row) for name, row in ARRAY.findall(text)}
    together = itertools.zip_longest(*columns.values())
    rows = ({n: v for n, v in zip(columns, row) if v} for row in together)
    return list(rows) if any(len(one) > 1 for one in columns.values()) else []
