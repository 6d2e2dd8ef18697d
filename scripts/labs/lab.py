"""Labs: a lab is one percent script, with its answers; the learner's version, the notebooks and the page follow.

Above the statement that answers stands ``# answer: the curvature, from x alone``; the learner finds
``fill_in("the curvature, from x alone")`` in its place. What a lab imports from ``given/`` is put in the place
of the import, so that a download needs no second file. A cell may be tagged ``prediction`` (on the page its
question stands in words) or ``solution`` (not for the learner), and say in ``alt`` what its figure shows.
"""

import ast
import json
import re
import shutil
from functools import partial
from pathlib import Path

import jupytext
import nbformat

from weave.memo import remembered

ANSWER = re.compile(r" *# answer: (.+)")
GIVEN = re.compile(r"^from given\.(\w+) import .+\n?", re.MULTILINE)
LOOK_BACK = "Look back"
CHAPTER = re.compile(r"\]\(\.\./([\w-]+)\.md(#[\w-]+)?\)")


def blanked(code: str) -> str:
    """The code with ``fill_in`` in the place of each answer."""
    lines = code.splitlines()
    statements = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.stmt)]
    for node in sorted(statements, key=lambda node: -node.lineno):
        if answer := ANSWER.fullmatch(lines[node.lineno - 2]):
            blank = ast.Name(f"fill_in({json.dumps(answer[1], ensure_ascii=False)})")
            if isinstance(node, ast.Assign | ast.Return):
                node.value, left = blank, node
            else:
                left = ast.Expr(blank)
            lines[node.lineno - 2 : node.end_lineno] = [" " * node.col_offset + ast.unparse(left)]
    return "\n".join(lines)


def explanations(code: str) -> list[tuple[str, str]]:
    """What the cell's check says to each typical wrong answer, or its look back to each prediction."""
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Call(func=ast.Name("check"), args=[_, _, _, ast.List(pairs), _]):
                pairs = [pair.elts for pair in pairs]
                return [
                    (ast.unparse(getattr(one, "elt", one)), ast.literal_eval(text)) for one, text in pairs
                ]
            case ast.Call(func=ast.Name("look_back"), args=[_, ast.Dict(keys, values)]):
                return [(key.value, ast.literal_eval(value)) for key, value in zip(keys, values, strict=True)]
    return []


def numbered(cells):
    """Each cell, whether the page shows its code, and the name of the code that it shows here, or showed last."""
    number = 0
    for cell in cells:
        code = cell.cell_type == "code"
        seen = code and not (GIVEN.search(cell.source) or explanations(cell.source))
        number += seen
        yield cell, seen, f"Cell {number}" if number else ""


def checks(path: Path) -> dict[str, str]:
    """What runs, unseen, after each cell of a lab, by the cell's name: its check; and before all, what is given."""
    found = {}
    for cell, seen, name in numbered(jupytext.read(path).cells):
        if cell.cell_type == "code" and not seen:
            found[LOOK_BACK if cell.source.startswith("look_back") else name] = cell.source
    return found


def write_downloads(labs: Path, folder: Path, address: str, memo: Path) -> None:
    """Write the downloads of every lab in ``labs`` to ``folder``; those of one that has not changed are remembered."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for lab in labs.glob("*.py"):
        files, make = [lab, *labs.glob("given/*.py")], partial(downloads, lab, address)
        made = remembered(memo, f"downloads-{lab.stem}", files, make, ("labs",), address)
        for name, text in made.items():
            (folder / name).write_text(text, encoding="utf-8")


def downloads(path: Path, address: str) -> dict[str, str]:
    """The lab's downloads by name; their links to chapters lead to the site at this address."""
    found = {}
    for version in "learner", "solution":
        lab = jupytext.read(path)
        del lab.cells[0]  # the page's title and description
        if version == "learner":
            lab.cells = [cell for cell in lab.cells if "solution" not in tags(cell)]
        for number, cell in enumerate(lab.cells):
            cell.id = f"{path.stem}-{number}"
            if cell.cell_type == "markdown":
                cell.source = CHAPTER.sub(rf"]({address}\1/\2)", cell.source)
                continue
            hidden = GIVEN.search(cell.source) or explanations(cell.source)
            cell.metadata = nbformat.from_dict({"jupyter": {"source_hidden": True}} if hidden else {})
            cell.source = blanked(cell.source) if version == "learner" else cell.source
            cell.source = GIVEN.sub(lambda name: _given(path, name[1]), cell.source).strip()
        python = {"display_name": "Python 3", "language": "python", "name": "python3"}
        lab.metadata = nbformat.from_dict({"kernelspec": python})
        found[f"{path.stem}-{version}.ipynb"] = nbformat.writes(lab) + "\n"
        bare = {"notebook_metadata_filter": "-all", "cell_metadata_filter": "-all"}
        lab.metadata["jupytext"] = nbformat.from_dict(bare)
        found[f"{path.stem}-{version}.py"] = jupytext.writes(lab, "py:percent")
    return found


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def _given(path: Path, name: str) -> str:
    return (path.parent / "given" / f"{name}.py").read_text(encoding="utf-8").strip() + "\n\n\n"
