"""What the tests quote: a docstring names, between “ and ”, word for word the sentences that its test proves.

A test file quotes the page that it is named for, or the one that it names by ``PROVES = "diagnose"``. What is
quoted from another file says so before: docs/fixes.md: “…” and “…”. Claims that are tried in a process of their
own, such as tests/messages/torch_claims.py, quote as tests do.
"""

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

from held.page import plain
from held.sources import name_of

NUMBER = re.compile(r"(?<![\w^_.,{])[+\-−]?\d[\d,]*(?:\.\d+)?(?:e[+\-]?\d+)?(?![\w}]*[\^⁻⁰-⁹¹²³])")
ELSEWHERE = re.compile(r"([\w./]+\.(?:md|py|js|json)):\s*$")
Uses = tuple[set[float], set[str]]


@dataclass
class Quotation:
    """Words of a page, and the test that proves them with the numbers that it has in its hands."""

    words: str
    page: str
    test: str
    chosen: bool = False  # the page is named, and not only by the name of the file of tests
    numbers: set[float] = field(repr=False, default_factory=set)


def quotations(tests: Path) -> list[Quotation]:
    """All that the test files of a folder quote."""
    files = sorted([*tests.glob("test_*.py"), *tests.glob("*/*_claims.py")])
    return [one for path in files for one in of_file(path)]


def of_file(path: Path) -> list[Quotation]:
    """What one file of tests quotes, of its page."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    named = {**_functions(module), **_constants(module)}
    page = named["PROVES"].value if "PROVES" in named else path.stem.removeprefix("test_")
    found, uses = [], {}
    for name, test in _functions(module).items():
        for words, other in quoted(ast.get_docstring(test) or ""):
            numbers = numbers_in_hand(name, named, uses)
            where, chosen = name_of(other) if other else page, bool(other) or "PROVES" in named
            found.append(Quotation(plain(words), where, f"{path.name}::{name}", chosen, numbers))
    return found


def quoted(docstring: str) -> list[tuple[str, str]]:
    """What stands between “ and ”, with the quotations within, and the page that was last named before it, or ""."""
    found, depth, start, end, page = [], 0, 0, 0, ""
    for place, letter in enumerate(docstring):
        if letter == "“":
            start, depth = (place + 1 if depth == 0 else start), depth + 1
        elif letter == "”" and depth:
            depth -= 1
            if depth == 0:
                before = ELSEWHERE.search(docstring[end : start - 1])
                page = before[1] if before else page
                found.append((docstring[start:place], page))
                end = place
    return found


def numbers_of(words: str) -> list[str]:
    """The numbers that a sentence states, as it writes them; no index, no exponent."""
    return [one.rstrip(",") for one in NUMBER.findall(words)]


def value(number: str) -> float:
    """The size of a number as a page writes it: a sign changes no digit, and 380,000 is 380000."""
    return abs(float(number.replace(",", "").replace("−", "-")))


def in_hand(number: str, numbers: set[float]) -> bool:
    """Whether one of the numbers is the stated one, a hundredth of it, or rounds to its three digits or more."""
    stated, digits = value(number), len(number.partition("e")[0].partition(".")[2])
    if {stated, stated / 100} & numbers:
        return True
    long = len(re.sub(r"\D|^[0.,]+", "", number)) >= 3 and "e" not in number
    return long and any(round(one, digits) == stated for one in numbers)


def numbers_in_hand(test: str, named: dict[str, ast.AST], uses: dict[str, Uses]) -> set[float]:
    """The numbers in a test, in what its file names and it uses, and a hundredth of each, for per cent."""
    found, seen, open_ = set(), {test}, [test]
    while open_:
        name = open_.pop()
        if name not in uses:
            uses[name] = _uses(named[name], named)
        numbers, names = uses[name]
        found |= numbers
        open_ += names - seen
        seen |= names
    return found


def _uses(node: ast.AST, named: dict[str, ast.AST]) -> Uses:
    """The numbers that stand in a function or a constant, and the names of its file that it uses."""
    has_words = isinstance(node, ast.FunctionDef) and ast.get_docstring(node)
    docstring = node.body[0].value if has_words else None
    numbers, names = set(), set()
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and part is not docstring:
            numbers |= _values(part.value)
        elif isinstance(part, ast.Name) and part.id in named:
            names.add(part.id)
    return numbers, names


def _values(constant) -> set[float]:
    if isinstance(constant, bool) or constant is None:
        return set()
    if isinstance(constant, (int, float)):
        return {abs(float(constant))}
    return {value(one) for one in numbers_of(constant)} if isinstance(constant, str) else set()


def _functions(module: ast.Module) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}


def _constants(module: ast.Module) -> dict[str, ast.AST]:
    """What a file names at its top: ``MEAN = (…)``."""
    found = {}
    for node in module.body:
        if isinstance(node, ast.Assign):
            found |= {target.id: node.value for target in node.targets if isinstance(target, ast.Name)}
    return found
