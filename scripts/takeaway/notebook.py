"""Make programs into notebooks: the sections are the cells, and the data come along."""

import ast
import base64
import io
import re
import shutil
import zipfile
from functools import partial
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from pages.page import shown_on
from weave.memo import remembered
from weave.program import package_of, programs, sections
from weave.source import SiteError, read

LINES = (
    "frameworks/lines_"  # pieces for a loop of the reader's own, and no programs: the page has them to copy
)

ROOMS = ("takeaway", "weave")  # that make a notebook
DATA = '''# The data, so that this notebook needs no other file.
from pathlib import Path

file = Path("data/{name}")
if not file.exists():
    file.parent.mkdir(exist_ok=True)
    file.write_text("""\\
{text}""")'''


PACKED = '''# What the program needs beside it, packed, so that this notebook needs no other file.
import base64
import io
import zipfile
from pathlib import Path

packed = """\\
{text}"""
with zipfile.ZipFile(io.BytesIO(base64.b64decode(packed))) as archive:
    archive.extractall(members=[name for name in archive.namelist() if not Path(name).exists()])'''


def write_notebooks(snippets: Path, docs: Path, folder: Path, site_url: str, memo: Path, broken=()) -> None:
    """Write a notebook for every program below ``snippets``, at its place below ``folder``.

    Those of programs that have not changed are remembered.
    Raises SiteError for a program that cannot be read, unless it is known to be ``broken``.
    """
    shutil.rmtree(folder, ignore_errors=True)
    pages = shown_on(docs)
    for program in programs(snippets):
        name = program.relative_to(snippets).with_suffix("")
        if name.as_posix().startswith(LINES):
            continue
        path = folder / name.with_suffix(".ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        page = pages.get(name.as_posix(), program.stem)
        address, files = f"{site_url}{page}/", [program, *data_of(program, snippets), *package_of(program)]
        make = partial(notebook, program, snippets, address)
        try:
            text = remembered(
                memo, f"notebook-{name.as_posix().replace('/', '-')}", files, make, ROOMS, address
            )
        except SiteError:
            if name.as_posix() in broken:
                continue
            raise
        path.write_text(text, encoding="utf-8")


def notebook(program: Path, snippets: Path, address: str) -> str:
    """The program as a notebook, in JSON: a title that leads to its page, its data, and a cell a section.

    Raises SiteError for a program whose sections cannot be read.
    """
    parts, about = sections(program), ast.get_docstring(ast.parse(read(program))) or program.stem
    title, needs = about.splitlines()[0].rstrip("."), re.search(r" Needs [^.]*\.|$", about.replace("\n", " "))
    text = f"The program of [this page]({address}), a cell a section.{needs[0]}"
    cells = [
        new_markdown_cell(f"# {title}\n\n{text} Before you run a cell, say what you expect.", id="title")
    ]
    folded, data = {"jupyter": {"source_hidden": True}}, data_of(program, snippets)
    for file in data:
        if file.suffix == ".csv":
            code = DATA.format(name=file.name, text=file.read_text(encoding="utf-8"))
            cells.append(new_code_cell(code, id=file.stem, metadata=folded))
    rest = [file for file in data if file.suffix != ".csv"] + package_of(program)
    if rest:
        text = base64.encodebytes(packed(rest, snippets)).decode()
        cells.append(new_code_cell(PACKED.format(text=text), id="packed", metadata=folded))
    cells += [new_code_cell(part.code.rstrip(), id=part.name) for part in parts]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = new_notebook(
        cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}, "title": title}
    )
    nbformat.validate(book)
    return nbformat.writes(book) + "\n"


def data_of(program: Path, snippets: Path) -> list[Path]:
    """The files in ``snippets/data`` that a program names."""
    text = program.read_text(encoding="utf-8", errors="ignore")
    return [file for file in sorted(snippets.glob("data/*")) if file.name in text]


def packed(files: list[Path], folder: Path) -> bytes:
    """The files as a zip, at their places below ``folder``; the same bytes each time."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(
                zipfile.ZipInfo(file.relative_to(folder).as_posix()), file.read_bytes(), zipfile.ZIP_DEFLATED
            )
    return made.getvalue()


def write_packages(snippets: Path, folder: Path) -> None:
    """Write each program that imports a package, with it and its data, as a zip to unpack and run."""
    for program in snippets.glob("*.py"):
        if package := package_of(program):
            whole = packed([program, *data_of(program, snippets), *package], snippets)
            (folder / f"{program.stem}.zip").write_bytes(whole)
