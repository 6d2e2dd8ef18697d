"""What of a program is for the wall: no import, no path, no drawing, no printing, and nothing that only serves these."""

import ast
import re
from functools import partial

DRAWS = {"plt", "fig", "ax", "axes", "Path"}
MOST = 4  # lines that stand out; where more than half do, none does
QUIET = "errstate"  # what silences a warning is never what matters
STYLE = re.compile(r"C\d[-.:a-zA-Z^*+]*")  # a colour, a mark and a line of matplotlib's


def excerpt(code: str) -> tuple[str, list[int]]:
    """The lines of a section that say what it computes, and which of them, from 1, its author has remarked on."""
    lines, tree = code.rstrip().split("\n"), ast.parse(code)
    kept = _kept(tree, lines)
    looks = set().union(*(_assigned(one) for one in tree.body if _styles(one)))
    looks |= {name for one in _all(tree) for name in _words(one)}
    for loop in _all(tree):
        if isinstance(loop, ast.For) and loop.lineno == loop.iter.end_lineno:
            lines[loop.lineno - 1] = _without_looks(loop, lines, kept, looks)
    for written in _all(tree):
        if isinstance(written, ast.JoinedStr) and kept[written.lineno - 1]:
            lines[written.lineno - 1] = _unprinted(written, lines[written.lineno - 1])
    for statement in _idle(tree, lines, kept):
        _strike_lines(statement, kept)
    text = "\n".join(line for line, keep in zip(lines, kept, strict=True) if keep)
    text = re.sub(r"\n{3,}", "\n\n", _without_lone_comments(text)).strip("\n")
    return text, marks(text)


def _all(node: ast.AST) -> list[ast.AST]:
    """A node and all below it, looked for once."""
    if not hasattr(node, "all"):
        node.all = list(ast.walk(node))
    return node.all


def _kept(tree: ast.Module, lines: list[str]) -> list[bool]:
    """Which lines are neither drawing nor printing, nor name words for these."""
    drawing, idle = _drawing(tree), set()
    while True:
        kept, drawing = [True] * len(lines), drawing | idle
        for statement in tree.body:
            _strike(statement, kept, drawing)
        idle = set().union(*map(_assigned, _idle(tree, lines, kept)))
        if not idle:
            return kept


def _idle(tree: ast.Module, lines: list[str], kept: list[bool]) -> list[ast.stmt]:
    """The statements that give a name to words or a list of which no other line speaks, though the section used it."""
    named = [one for one in _all(tree) if _words(one) and kept[one.lineno - 1]]
    used = {one.id for one in _all(tree) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}

    def spoken(names: set[str]) -> set[str]:
        own = {line for one in named if _words(one) & names for line in range(one.lineno, one.end_lineno + 1)}
        others = [line for at, line in enumerate(lines, 1) if kept[at - 1] and at not in own]
        return set(re.findall(r"\w+", "\n".join(line.partition("  # ")[0] for line in others)))

    return [one for one in named if _words(one) <= used - spoken(_words(one))]


def marks(text: str) -> list[int]:
    """The lines, from 1, that their author has remarked on; none where they are many."""
    lines = text.split("\n")
    marked = [
        at for at, line in enumerate(lines, start=1) if re.search(r"\S.* # ", line) and QUIET not in line
    ]
    return marked if len(marked) <= min(MOST, len(list(filter(None, lines))) / 2) else []


def _drawing(tree: ast.Module) -> set[str]:
    """The names of what draws: what matplotlib has made, what finds a file, and what only these use."""
    made = [one for one in tree.body if isinstance(one, ast.Assign) and _names(one.value) & DRAWS]
    drawing = DRAWS | set().union(*map(_assigned, made)) - {"data"}
    simple = [one for one in _all(tree) if isinstance(one, ast.stmt) and not hasattr(one, "body")]
    drawn = {part for one in simple if _names(one) & drawing for part in _all(one)}
    loads = [one for one in _all(tree) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)]
    named = set().union(*(_assigned(one) for one in simple if isinstance(one, ast.Assign)))
    return drawing | named & {one.id for one in loads} - {one.id for one in loads if one not in drawn}


def _words(statement: ast.AST) -> set[str]:
    """The names that a statement gives to words or to a list, without calling or looking up anything."""
    named = isinstance(statement, ast.Assign | ast.AugAssign)
    if not named or not (_texts(statement.value) or isinstance(statement.value, ast.Tuple | ast.List)):
        return set()
    called = any(isinstance(one, ast.Call) for one in _all(statement))
    looked = any(isinstance(one, ast.Subscript) and _texts(one.slice) for one in _all(statement))
    return set() if called or looked else _assigned(statement)


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in _all(node) if isinstance(one, ast.Name)}


def _strike(statement: ast.stmt, kept: list[bool], drawing: set[str]) -> bool:
    """Strike what draws or prints, and what holds nothing else; whether it was struck."""
    inner = getattr(statement, "body", [])
    if inner:
        beside = set().union(*map(_names, ast.iter_child_nodes(statement))) - set().union(*map(_names, inner))
        struck = all([_strike(one, kept, drawing) for one in [*inner, *getattr(statement, "orelse", [])]])
        drawn = {one.arg for one in _all(statement) if isinstance(one, ast.arg)} & DRAWS
        struck = struck or bool(beside & drawing or drawn)
    else:
        imports = isinstance(statement, ast.Import | ast.ImportFrom)
        struck = imports or _prints(statement) or _styles(statement) or bool(_names(statement) & drawing)
    if struck:
        _strike_lines(statement, kept)
    return struck


def _strike_lines(statement: ast.stmt, kept: list[bool]) -> None:
    for line in range(statement.lineno, statement.end_lineno + 1):
        kept[line - 1] = False


def _without_looks(loop: ast.For, lines: list[str], kept: list[bool], looks: set[str]) -> str:
    """The head of a loop without a variable that says how a line looks or is called, and without its values."""
    line, over = lines[loop.lineno - 1], loop.iter
    source = partial(ast.get_source_segment, "\n".join(lines))
    body = "\n".join(lines[at] for at in range(loop.lineno, loop.end_lineno) if kept[at])
    zipped = isinstance(over, ast.Call) and _names(over.func) == {"zip"}
    rows = [getattr(row, "elts", [row]) for row in getattr(over, "elts", [])]
    columns = [[one] for one in over.args] if zipped else list(zip(*rows, strict=False))
    spoken, targets = set(re.findall(r"\w+", body)), getattr(loop.target, "elts", [])
    shown = [
        at
        for at, (column, target) in enumerate(zip(columns, targets, strict=False))
        if not all(_is_look(one, looks) for one in column) or _names(target) & spoken
    ]
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


def _assigned(statement: ast.Assign | ast.AugAssign) -> set[str]:
    return set().union(*map(_names, getattr(statement, "targets", None) or [statement.target]))


def _styles(statement: ast.stmt) -> bool:
    """Whether it only names colours, marks and lines."""
    return isinstance(statement, ast.Assign) and _is_look(statement, set())


def _unprinted(written: ast.JoinedStr, line: str) -> str:
    """A line without how wide and how exact numbers are printed."""
    numbers, raw = written.values, line.encode()
    if not all(isinstance(one, ast.FormattedValue) and one.format_spec for one in numbers):
        return line
    texts = [raw[one.value.col_offset : one.value.end_col_offset].decode() for one in numbers]
    return raw[: written.col_offset].decode() + ", ".join(texts) + raw[written.end_col_offset :].decode()


def _texts(node: ast.AST) -> list[str]:
    values = [one.value for one in _all(node) if isinstance(one, ast.Constant)]
    return [value for value in values if isinstance(value, str)]


def _prints(statement: ast.stmt) -> bool:
    called = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(called, ast.Call) and getattr(called.func, "id", "") == "print"


def _without_lone_comments(text: str) -> str:
    """A comment goes with the code that it spoke of."""
    return re.sub(r"(?m)^ *#[^\n]*\n(?=\n|\Z)", "", f"{text}\n").rstrip("\n")
