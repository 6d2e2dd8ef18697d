"""Read a chapter's program: its sections, each with a name and the line on which it begins.

A program is a plain Python script. Each section opens with ``# %% --8<-- [start:name]``, at once
a comment, a notebook cell and a named include, and closes with ``# --8<-- [end:name]``.
"""

import ast
import re
import sys
import sysconfig
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path

from weave.source import SiteError, called, read_python

IMPORT = re.compile(r"^(?:from|import) (\w+)", re.MULTILINE)
INSTALLED = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
MARKER = re.compile(r"^# (?:%% )?--8<-- \[(?:start|end):.*", re.MULTILINE)
SECTION = re.compile(
    r"^# %% --8<-- \[start:([a-z][a-z0-9-]*)\]\n(.*?)^# --8<-- \[end:\1\]$", re.MULTILINE | re.DOTALL
)
# What may stand before the sections: on Windows an output that is piped or redirected knows no Greek.
CONSOLE = ast.parse("""
import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")
""")


class ProgramError(SiteError):
    """A program that cannot be shown. The message names the file, the line and the cure."""

    def __str__(self):
        path, line, problem, cure = self.args
        return f"{called(path)}, line {line}: {problem}\n  Cure: {cure}"


@dataclass(frozen=True)
class Section:
    """A named part of a program: its code, and the line of the file on which the code begins."""

    name: str
    line: int
    code: str


def programs(snippets: Path) -> list[Path]:
    """All programs; not the modules of a package, which comes along with the program that imports it.

    Raises ProgramError for one whose name would keep others from what they import.
    """
    files = [path for path in sorted(snippets.rglob("[!.]*.py")) if path.is_file()]
    found = [path for path in files if not (path.parent / "__init__.py").exists()]
    imported = {
        name for path in files for name in IMPORT.findall(path.read_text(encoding="utf-8", errors="ignore"))
    }
    for path in found:
        if path.stem in imported | sys.stdlib_module_names or PathFinder.find_spec(path.stem, INSTALLED):
            problem = f"beside a file of this name no program can import Python's own '{path.stem}'."
            raise ProgramError(path, 1, problem, "rename it.")
    return found


def package_of(path: Path) -> list[Path]:
    """The files of the packages beside a program that it imports."""
    imported = IMPORT.findall(path.read_text(encoding="utf-8", errors="ignore"))
    used = [file.parent for file in path.parent.glob("*/__init__.py") if file.parent.name in imported]
    return [
        file
        for folder in sorted(used)
        for file in sorted(folder.glob("*.*"))
        if file.suffix in (".py", ".json")
    ]


def sections(path: Path) -> list[Section]:
    """The sections of a program in order.

    Raises SiteError for a program that cannot be read, one without sections, a marker without its
    partner, a name used twice, and code outside every section, which no page could show.
    """
    text = read_python(path)

    def complain(position, problem, cure):
        raise ProgramError(path, text.count("\n", 0, position) + 1, problem, cure)

    found = {}
    for match in SECTION.finditer(text):
        if match[1] in found:
            complain(match.start(), f"section '{match[1]}' stands here a second time.", "rename one.")
        if stray := MARKER.search(match[2]):
            complain(match.start(2) + stray.start(), "a section inside a section.", "close the first.")
        found[match[1]] = Section(match[1], text.count("\n", 0, match.start(2)) + 1, match[2])
    pair = "`# %% --8<-- [start:name]` and `# --8<-- [end:name]`"
    outside = SECTION.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    if stray := MARKER.search(outside):
        complain(stray.start(), f"{stray[0]} has no partner.", f"sections stand between {pair}.")
    if not found:
        complain(0, "the program has no section.", f"put its code between {pair}.")
    _refuse_code(path, outside)
    return list(found.values())


def _refuse_code(path: Path, outside: str) -> None:
    """Raise ProgramError if outside its sections the program has more than its description and CONSOLE."""
    try:
        statements = ast.parse(outside).body
    except SyntaxError as error:
        problem = f"without its sections the rest is no Python: {error.msg}."
        raise ProgramError(path, 1, problem, "let no section begin or end inside a statement.") from None
    usual = {ast.dump(statement) for statement in CONSOLE.body}
    for statement in statements:
        described = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not described and ast.dump(statement) not in usual:
            problem, cure = "this code stands outside every section.", "move it into one, to be shown."
            raise ProgramError(path, statement.lineno, problem, cure)
