"""Make programs into notebooks: the sections are the cells, and the data come along."""

import ast
import re
import shutil
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from program import sections

DATA = '''# The data, so that this notebook needs no other file.
from pathlib import Path

file = Path("data/{name}")
if not file.exists():
    file.parent.mkdir(exist_ok=True)
    file.write_text("""\\
{text}""")'''


def write_notebooks(snippets: Path, folder: Path, site_url: str) -> None:
    """Write a notebook for every program below ``snippets``, at its place below ``folder``."""
    shutil.rmtree(folder, ignore_errors=True)
    for program in sorted(snippets.rglob("*.py")):
        name = program.relative_to(snippets)
        path = folder / name.with_suffix(".ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        text = notebook(program, snippets, f"{site_url}{name.with_suffix('').parts[0]}/")
        path.write_text(text, encoding="utf-8")


def notebook(program: Path, snippets: Path, address: str) -> str:
    """The program as a notebook, in JSON: a title that leads to its page, its data, and a cell a section.

    Raises ProgramError for a program whose sections cannot be read.
    """
    about = ast.get_docstring(ast.parse(program.read_text(encoding="utf-8"))) or program.stem
    title, needs = about.splitlines()[0].rstrip("."), re.search(r" Needs [^.]*\.|$", about.replace("\n", " "))
    text = f"The program of [this page]({address}), a cell a section.{needs[0]}"
    cells = [
        new_markdown_cell(f"# {title}\n\n{text} Before you run a cell, say what you expect.", id="title")
    ]
    for file in data_of(program, snippets):
        code = DATA.format(name=file.name, text=file.read_text(encoding="utf-8"))
        folded = {"jupyter": {"source_hidden": True}}
        cells.append(new_code_cell(code, id=file.stem, metadata=folded))
    cells += [new_code_cell(part.code.rstrip(), id=part.name) for part in sections(program)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = new_notebook(
        cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}, "title": title}
    )
    nbformat.validate(book)
    return nbformat.writes(book) + "\n"


def data_of(program: Path, snippets: Path) -> list[Path]:
    """The files in ``snippets/data`` that a program names."""
    text = program.read_text(encoding="utf-8")
    return [file for file in sorted(snippets.glob("data/*")) if file.name in text]
