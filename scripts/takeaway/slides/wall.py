"""What of a program is for the wall, and how large: no import, no path, no drawing, no printing."""

import ast
import re
from dataclasses import dataclass

DRAWS = {"plt", "fig", "ax", "axes", "Path"}
HIGH, WIDE = 588, 1190  # the room for code and output, in pixels of a slide
LARGE, SMALL = 30, 20  # type
MOST = 4  # lines that stand out; where all do, none does
LONG = 14  # lines of code are two slides, where they can be parted
STYLE = re.compile(r"C\d[-.:a-zA-Z^*+]*")  # a colour, a mark and a line of matplotlib's
LETTER = 0.605  # the width of a letter, by its height


@dataclass
class Layout:
    """How code and output stand on a slide: ``stack`` or ``beside``, and the size of their type."""

    form: str
    size: int


def excerpt(code: str) -> tuple[str, list[int]]:
    """The lines of a section that say what it computes, and which of them, from 1, its author has remarked on."""
    lines, body = code.rstrip().split("\n"), ast.parse(code).body
    kept, drawing = [True] * len(lines), _drawing(body)
    for statement in body:
        _strike(statement, kept, drawing)
    text = "\n".join(line for line, keep in zip(lines, kept, strict=True) if keep)
    text = re.sub(r"\n{3,}", "\n\n", _without_lone_comments(text)).strip("\n")
    return text, marks(text)


def marks(text: str) -> list[int]:
    """The lines, from 1, that their author has remarked on; none where they are many."""
    marked = [at for at, line in enumerate(text.split("\n"), start=1) if re.search(r"\S.* # ", line)]
    return marked if len(marked) <= MOST else []


def parts(text: str) -> list[str]:
    """Long code in two parts as alike as can be, where it has an empty line between its functions."""
    ends = [found.start() for found in re.finditer(r"\n\n(?=\S)", text)]
    ends = [end for end in ends if min(text.count("\n", 0, end), text.count("\n", end + 2)) >= 3]
    if text.count("\n") + 1 < LONG or not ends:
        return [text]
    end = min(ends, key=lambda end: abs(text.count("\n", 0, end) - text.count("\n", end)))
    return [text[:end], text[end + 2 :]]


def _drawing(body: list[ast.stmt]) -> set[str]:
    """The names of what draws: what matplotlib has made, and what finds a file."""
    made = [one for one in body if isinstance(one, ast.Assign) and _names(one.value) & DRAWS]
    return DRAWS | {name for one in made for target in one.targets for name in _names(target)} - {"data"}


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _strike(statement: ast.stmt, kept: list[bool], drawing: set[str]) -> bool:
    """Strike what draws or prints, and what holds nothing else; whether it was struck."""
    inner = getattr(statement, "body", [])
    if inner:
        beside = set().union(*map(_names, ast.iter_child_nodes(statement))) - set().union(*map(_names, inner))
        struck = all([_strike(one, kept, drawing) for one in [*inner, *getattr(statement, "orelse", [])]])
        struck = struck or bool(beside & drawing)
    else:
        imports = isinstance(statement, ast.Import | ast.ImportFrom)
        struck = imports or _prints(statement) or _styles(statement) or bool(_names(statement) & drawing)
    if struck:
        kept[statement.lineno - 1 : statement.end_lineno] = [False] * (
            statement.end_lineno - statement.lineno + 1
        )
    return struck


def _styles(statement: ast.stmt) -> bool:
    """Whether it only names colours, marks and lines."""
    texts = [one.value for one in ast.walk(statement) if isinstance(one, ast.Constant)]
    texts = [text for text in texts if isinstance(text, str)]
    return isinstance(statement, ast.Assign) and bool(texts) and all(map(STYLE.fullmatch, texts))


def _prints(statement: ast.stmt) -> bool:
    called = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(called, ast.Call) and getattr(called.func, "id", "") == "print"


def _without_lone_comments(text: str) -> str:
    """A comment goes with the code that it spoke of."""
    return re.sub(r"(?m)^ *#[^\n]*\n(?=\n|\Z)", "", f"{text}\n").rstrip("\n")


def layout(*texts: str) -> Layout | None:
    """How these texts fit on one slide, in the largest type; None where they do not."""
    high = [len(text.rstrip().split("\n")) for text in texts]
    wide = [max(map(len, text.split("\n"))) for text in texts]
    stacked = Layout("stack", _size(sum(high), max(wide), len(texts), 1))
    beside = Layout("beside", _size(max(high), sum(wide), 1, len(texts)))
    best = max(stacked, beside, key=lambda one: one.size)
    return best if best.size >= SMALL or len(texts) == 1 else None


def _size(lines: int, letters: int, rows: int, columns: int) -> int:
    high = (HIGH - 38 * rows + 14) / (1.3 * lines)
    wide = (WIDE - 52 * columns) / (LETTER * max(1, letters))
    return int(min(LARGE, high, wide))
