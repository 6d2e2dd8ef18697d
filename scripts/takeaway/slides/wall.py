"""What of a program is for the wall, and how large: no import, no path, no drawing, no printing."""

import ast
import re
from dataclasses import dataclass
from functools import partial

DRAWS = {"plt", "fig", "ax", "axes", "Path"}
HIGH, WIDE = 588, 1190  # the room for code and output, in pixels of a slide
LARGE, SMALL = 30, 22  # type of code beside what it prints
MOST = 4  # lines that stand out; where more than half do, none does
LONG, LEAST = 14, 3  # lines of code that are two slides, and that are one of them
STYLE = re.compile(r"C\d[-.:a-zA-Z^*+]*")  # a colour, a mark and a line of matplotlib's
LETTER = 0.605  # the width of a letter, by its height


@dataclass
class Layout:
    """How code and output stand on a slide: ``stack`` or ``beside``, and the size of their type."""

    form: str
    size: int


def excerpt(code: str) -> tuple[str, list[int]]:
    """The lines of a section that say what it computes, and which of them, from 1, its author has remarked on."""
    lines, tree = code.rstrip().split("\n"), ast.parse(code)
    kept, drawing = [True] * len(lines), _drawing(tree)
    for statement in tree.body:
        _strike(statement, kept, drawing)
    looks = set().union(*(_assigned(one) for one in tree.body if _styles(one)))
    for loop in ast.walk(tree):
        if isinstance(loop, ast.For) and loop.lineno == loop.iter.end_lineno:
            lines[loop.lineno - 1] = _without_looks(loop, lines[loop.lineno - 1], code, looks)
    text = "\n".join(line for line, keep in zip(lines, kept, strict=True) if keep)
    text = re.sub(r"\n{3,}", "\n\n", _without_lone_comments(text)).strip("\n")
    return text, marks(text)


def marks(text: str) -> list[int]:
    """The lines, from 1, that their author has remarked on; none where they are many."""
    lines = text.split("\n")
    marked = [at for at, line in enumerate(lines, start=1) if re.search(r"\S.* # ", line)]
    return marked if len(marked) <= min(MOST, len(list(filter(None, lines))) / 2) else []


def parts(text: str) -> list[str]:
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


def _drawing(tree: ast.Module) -> set[str]:
    """The names of what draws: what matplotlib has made, what finds a file, and what only names things for these."""
    made = [one for one in tree.body if isinstance(one, ast.Assign) and _names(one.value) & DRAWS]
    drawing = DRAWS | set().union(*map(_assigned, made)) - {"data"}
    return drawing | {name for one in ast.walk(tree) for name in _words(one, tree, drawing)}


def _words(statement: ast.AST, tree: ast.Module, drawing: set[str]) -> set[str]:
    """The names that a statement gives to words, without calling anything, if only what draws uses them."""
    if not isinstance(statement, ast.Assign) or any(isinstance(one, ast.Call) for one in ast.walk(statement)):
        return set()
    names = _assigned(statement) if _texts(statement.value) else set()
    simple = [one for one in ast.walk(tree) if isinstance(one, ast.stmt) and not hasattr(one, "body")]
    drawn = {part for one in simple if _names(one) & drawing for part in ast.walk(one)}
    loads = [one for one in ast.walk(tree) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)]
    uses = {one for one in loads if one.id in names}
    return names if uses and uses <= drawn else set()


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
        _strike_lines(statement, kept)
    return struck


def _strike_lines(statement: ast.stmt, kept: list[bool]) -> None:
    for line in range(statement.lineno, statement.end_lineno + 1):
        kept[line - 1] = False


def _without_looks(loop: ast.For, line: str, code: str, looks: set[str]) -> str:
    """The head of a loop without the variable that says how a line looks, and without its values."""
    source, over = partial(ast.get_source_segment, code), loop.iter
    zipped = isinstance(over, ast.Call) and _names(over.func) == {"zip"}
    rows = [getattr(row, "elts", [row]) for row in getattr(over, "elts", [])]
    columns = [[one] for one in over.args] if zipped else list(zip(*rows, strict=False))
    shown = [at for at, column in enumerate(columns) if not all(_is_look(one, looks) for one in column)]
    if not shown or len(shown) == len(columns):
        return line

    def joined(values, call=""):
        texts = [source(values[at]) for at in shown]
        return f"{call}({', '.join(texts)})" if len(texts) > 1 else texts[0]

    values = joined(over.args, "zip") if zipped else ", ".join(map(joined, rows))
    targets = joined(loop.target.elts)
    rest = line.encode()[over.end_col_offset :].decode()
    return f"{line[: loop.col_offset]}for {_bare(targets)} in {_bare(values)}{rest}"


def _bare(text: str) -> str:
    """Without the brackets around all of it."""
    return re.sub(r"^\(([^()]*)\)$", r"\1", text)


def _is_look(node: ast.AST, looks: set[str]) -> bool:
    """Whether these are a colour, a mark and a line, or several, or the name of such."""
    texts = _texts(node)
    return bool(_names(node) & looks) or (bool(texts) and all(map(STYLE.fullmatch, texts)))


def _assigned(statement: ast.Assign) -> set[str]:
    return set().union(*map(_names, statement.targets))


def _styles(statement: ast.stmt) -> bool:
    """Whether it only names colours, marks and lines."""
    return isinstance(statement, ast.Assign) and _is_look(statement, set())


def _texts(node: ast.AST) -> list[str]:
    values = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
    return [value for value in values if isinstance(value, str)]


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
