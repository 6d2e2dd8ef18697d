"""What of a program is for the wall, and how large: no import, no path, no drawing, no printing."""

import ast
import re
from dataclasses import dataclass

DRAWS = {"plt", "fig", "ax", "axes", "Path"}
HIGH, WIDE = 588, 1190  # the room for code and output, in pixels of a slide
LARGE, SMALL = 30, 20  # type
LETTER = 0.605  # the width of a letter, by its height


@dataclass
class Layout:
    """How code and output stand on a slide: ``stack`` or ``beside``, and the size of their type."""

    form: str
    size: int


def excerpt(code: str) -> tuple[str, list[int]]:
    """The lines of a section that say what it computes, and which of them, from 1, its author has remarked on."""
    lines = code.rstrip().split("\n")
    kept = [True] * len(lines)
    for statement in ast.parse(code).body:
        _leave_out(statement, kept)
    text = "\n".join(line for line, keep in zip(lines, kept, strict=True) if keep)
    text = re.sub(r"\n{3,}", "\n\n", _without_lone_comments(text)).strip("\n")
    return text, [at for at, line in enumerate(text.split("\n"), start=1) if re.search(r"\S.* # ", line)]


def _leave_out(statement: ast.stmt, kept: list[bool]) -> None:
    """Strike a statement that draws or prints, and what prints inside one that computes."""
    if _draws(statement) or _prints(statement):
        kept[statement.lineno - 1 : statement.end_lineno] = [False] * (
            statement.end_lineno - statement.lineno + 1
        )
    else:
        for inner in getattr(statement, "body", []):
            _leave_out(inner, kept)


def _draws(statement: ast.stmt) -> bool:
    names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    return isinstance(statement, ast.Import | ast.ImportFrom) or bool(names & DRAWS)


def _prints(statement: ast.stmt) -> bool:
    """Whether it does nothing else."""
    if isinstance(statement, ast.For | ast.If | ast.With):
        return all(map(_prints, [*statement.body, *getattr(statement, "orelse", [])]))
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
    wide = (WIDE - 52 * columns) / (LETTER * letters)
    return int(min(LARGE, high, wide))
