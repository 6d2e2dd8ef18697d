"""What learners return: their answers, read from notebooks or from a table. Nothing that they wrote is run."""

import ast
import csv
import json
import math
import operator
import re
from dataclasses import dataclass
from pathlib import Path

TITLE = re.compile(r"^# Problem set (\d+)", re.MULTILINE)
ANSWER = re.compile(r"^answer_(\d+[a-z]?)\s*=\s*(.*?)\s*(?:#.*)?$", re.MULTILINE)
COLUMNS = ["learner", "set", "question", "answer"]
ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
FUNCTIONS = {name: getattr(math, name) for name in ("sqrt", "log", "log2", "log10", "exp", "ceil", "floor")}
FUNCTIONS |= {"abs": abs, "float": float, "int": math.trunc, "round": round}


class GradeError(Exception):
    """Something returned cannot be read at all. The message names the file and the cure."""


@dataclass(frozen=True)
class Returned:
    """A learner's answers to one set, by question: a number, a letter, or what was written and cannot be read."""

    learner: str
    set: int
    answers: dict[str, float | str]


def returned(path: Path) -> list[Returned]:
    """What one file holds. Raises GradeError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return [_notebook(path, json.loads(text))] if path.suffix == ".ipynb" else _table(path, text)
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise GradeError(
            f"{path}: this is no notebook and no table.\n  Cure: ask for the file again."
        ) from error


def _notebook(path: Path, book: dict) -> Returned:
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in book["cells"]]
    title = next(
        (found for kind, text in cells if kind == "markdown" and (found := TITLE.search(text))), None
    )
    if not title:
        raise GradeError(
            f"{path}: its title no longer says which problem set it is.\n"
            "  Cure: begin its first cell with “# Problem set 7”, with the number of the set."
        )
    known, answers = {}, {}
    for kind, text in cells:
        if kind == "code":
            answers |= dict(ANSWER.findall(text))
            _assign(text, known)
    found = {name: known.get(f"answer_{name}", words) for name, words in answers.items() if words != "..."}
    return Returned(path.stem, int(title[1]), found)


def _assign(code: str, known: dict) -> None:
    """Add to ``known`` each name to which the code gives a number or a text, by arithmetic alone."""
    try:
        statements = ast.parse(code).body
    except SyntaxError:
        return
    for one in statements:
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            known.pop(one.targets[0].id, None)
            try:
                known[one.targets[0].id] = _value(one.value, known)
            except (ValueError, ArithmeticError, TypeError):
                continue


def _value(node: ast.expr, known: dict) -> float | str:
    """The value of an expression of numbers, known names and a few functions. Raises ValueError for any other."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float | str):
        return node.value if isinstance(node.value, str) else float(node.value)
    if isinstance(node, ast.Name) and node.id in known:
        return known[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        sides = [_value(side, known) for side in (node.left, node.right)]
        return float(ARITHMETIC[type(node.op)](*map(_number, sides)))
    if isinstance(node, ast.UnaryOp) and type(node.op) in ARITHMETIC:
        return ARITHMETIC[type(node.op)](_number(_value(node.operand, known)))
    if isinstance(node, ast.Call) and not node.keywords:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in FUNCTIONS:
            return float(FUNCTIONS[name](*(_number(_value(one, known)) for one in node.args)))
    raise ValueError(f"not arithmetic: {ast.dump(node)}")


def _number(value: float | str) -> float:
    if isinstance(value, str):
        raise ValueError(f"not a number: {value}")
    return value


def _table(path: Path, text: str) -> list[Returned]:
    first = text.partition("\n")[0]
    rows = list(csv.DictReader(text.splitlines(), delimiter=max(",;\t", key=first.count)))
    if not rows or not set(COLUMNS) <= set(rows[0]):
        raise GradeError(
            f"{path}: a table of answers has the columns {', '.join(COLUMNS)}.\n  Cure: name them so."
        )
    found: dict[tuple[str, int], dict] = {}
    for row in rows:
        if not row["set"].strip().isdigit():
            raise GradeError(f"{path}: “{row['set']}” is no number of a set.\n  Cure: give each row its set.")
        answers = found.setdefault((row["learner"].strip(), int(row["set"])), {})
        if written := row["answer"].strip():
            answers[row["question"].strip()] = _written(written)
    return [Returned(learner, number, answers) for (learner, number), answers in found.items()]


def _written(text: str) -> float | str:
    """A number as people write it, with a point or a comma, or the text itself."""
    try:
        return float(text.replace("−", "-").replace(",", "."))
    except ValueError:
        return text
