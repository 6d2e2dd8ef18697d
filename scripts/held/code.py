"""The words that stand in code: its comments, the labels of its figures and of the live ones, and what they say."""

import ast
import io
import re
import tokenize

MARKER = re.compile(r"# (?:%%|--8<--|answer:)|#!|# (?:noqa|type:|fmt:)")
STYLE = re.compile(r"C\d[a-zA-Z^*+.:-]*|gray")
PRINTED = re.compile(r"[^\W\d]{3}|[^\W\d]{2}\W+[^\W\d]{2}")
LABELS = re.compile(r"(?:set_)?(?:[xy]?label|title|suptitle)|text|annotate")
STRING = re.compile(r"""(\w+: )?(?:"((?:[^"\\\n]|\\.)*)"|`([^`]*)`)""")
SAID = re.compile(r"(?:label|title|name|ariaLabel|textContent|summary): ")


def comments(code: str) -> list[str]:
    """The comments of Python code; neighbouring lines are one."""
    found, last = [], (-1, -1)
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT and not MARKER.match(token.string):
            words, (row, column) = token.string.lstrip("# "), token.start
            if (row - 1, column) == last:
                found[-1] += f" {words}"
            else:
                found.append(words)
            last = row, column
    return found


def labels(code: str) -> list[str]:
    """What the axes, titles and legends of Python code are called, in which colours it draws, and what it prints in
    words, with … where a value stands."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        name = getattr(node, "arg", "") or getattr(getattr(node, "func", None), "attr", "") or _assigned(node)
        if LABELS.fullmatch(name or ""):
            found |= {
                one
                for part in [*getattr(node, "args", []), getattr(node, "value", None)]
                for one in _texts(part)
            }
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
            found |= {one for part in node.args for one in _texts(part) if PRINTED.search(one[1])}
        elif isinstance(node, ast.Constant):
            found |= {one for one in _texts(node) if STYLE.fullmatch(one[1])}
    return [words for _, words in sorted(found) if re.search(r"\w{2}", words)]


def _assigned(node: ast.AST) -> str:
    """The name to which alone a statement gives a value."""
    return getattr(node.targets[0], "id", "") if isinstance(node, ast.Assign) else ""


def _texts(node: ast.AST | None) -> list[tuple[tuple[int, int], str]]:
    """The texts that an expression is made of, with their places."""
    if not isinstance(node, ast.expr):
        return []
    place = node.lineno, node.col_offset
    if isinstance(node, ast.Constant):
        return [(place, node.value)] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
        return [(place, "".join(parts))]
    inner = (one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr))
    return [found for one in inner for found in _texts(one)]


def strings(code: str) -> str:
    """The words of a script: its strings of two words or more, and what a part is called."""
    found = []
    for line in code.splitlines():
        for key, one, other in STRING.findall(
            "" if line.lstrip().startswith(("//", "*", "/*", "import")) else line
        ):
            words = re.sub(r"\$\{[^}]*\}", "…", one or other)
            if re.search(r"[A-Za-z]{2,} [A-Za-z]{2}" if not SAID.match(key) else r"[A-Za-z]{2}", words):
                found.append(words)
    return "\n\n".join(found)
