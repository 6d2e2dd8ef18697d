"""What is counted: the pages of the site, the labs and exercises with what their checks explain, the problems, the
answers of the reader of logs, the comments and labels of the programs and the live figures, what a browser's Python
cannot repeat, the settings' words, the README and its neighbours.
"""

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path

from held.code import comments, labels, strings

CELL = re.compile(r"^# %%", re.MULTILINE)
DRAWN = re.compile(r'\balt="(.+)"')
SPEAK = {"check", "look_back"}  # the functions of a lab that explain
ROOMS = {
    "docs/": "",
    "snippets/readlog/": "answers/",
    "snippets/": "programs/",
    "scripts/problems/collection/": "problems/",
}
BETWEEN = re.compile(r"(?s)<script.*?</script>|>([^<>{}]+)<")
VALUE = re.compile(
    r"^ +- ([A-Z]\w+):|^ *(?:- |name: |\w*description: |title: )([A-Za-z][^#:\n]* [^#\n]*)$"
    r"|^abstract: >-((?:\n  [^\n]+)+)",
    re.MULTILINE,
)
FEWEST = 4  # words of a string that explains something


@dataclass(frozen=True)
class Source:
    """A file that states something: its place in the repository, and what it states, as Markdown."""

    path: str
    markdown: str

    @property
    def name(self) -> str:
        """``overshoot`` for a page of the site, ``labs/limit``, ``problems/limit``, ``README``."""
        return name_of(self.path)


def name_of(path: str) -> str:
    """The short name of a file that is counted."""
    for room, name in ROOMS.items():
        path = path.replace(room, name) if path.startswith(room) else path
    return path.rpartition(".")[0]


def sources(root: Path) -> list[Source]:
    """All files that are counted, in a fixed order."""
    found = []
    for pattern, read in (
        ("docs/*.md", str),
        ("docs/labs/*.py", _lab),
        ("docs/exercises/*.py", _lab),
        ("scripts/problems/collection/**/[!_]*.py", _problem),
        ("snippets/readlog/words.json", _answers),
        ("snippets/*.py", _program),
        ("snippets/frameworks/*.py", _program),
        ("docs/assets/[dip]*/*.js", strings),
        ("scripts/python/words.json", _answers),
        ("scripts/**/*.html", _template),
        ("mkdocs.yml", _settings),
        ("CITATION.cff", _settings),
        ("README.md", str),
        ("C[HO]*.md", str),
    ):
        for path in sorted(root.glob(pattern)):
            markdown = read(path.read_text(encoding="utf-8"))
            found.append(Source(path.relative_to(root).as_posix(), markdown))
    return found


def _program(code: str) -> str:
    """What a program says beside what it does."""
    return "\n\n".join([*comments(code), *labels(code)])


def _template(html: str) -> str:
    """The words between the tags of a page's template."""
    return "\n\n".join(one for one in BETWEEN.findall(html) if " " in one.strip())


def _settings(text: str) -> str:
    """The values of some words, and what the parts of the navigation are called."""
    return "\n\n".join(value.strip() for part in VALUE.findall(text) for value in part if value)


def _lab(code: str) -> str:
    """The words of a lab, cell by cell, and below each cell of code what its check may explain."""
    told = []
    for cell in CELL.split(code):
        header, _, body = cell.partition("\n")
        told += DRAWN.findall(header)
        if "[markdown]" in header:
            told.append(re.sub(r"^# ?", "", body, flags=re.MULTILINE))
        else:
            told += [*_explained(body), *comments(body), *labels(body)]
    return "\n\n".join(told)


def _explained(code: str) -> list[str]:
    """The sentences in the calls of ``check`` and ``look_back``."""
    calls = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    speaking = [call for call in calls if getattr(call.func, "id", "") in SPEAK]
    strings = [node.value for call in speaking for node in ast.walk(call) if isinstance(node, ast.Constant)]
    return [one for one in strings if isinstance(one, str) and len(one.split()) >= FEWEST]


def _problem(code: str) -> str:
    """The words of a problem and of its answers, with … where a number is drawn."""
    module = ast.parse(code)
    documents = {id(node.body[0].value) for node in ast.walk(module) if _has_docstring(node)}
    within = {
        id(part) for node in ast.walk(module) if isinstance(node, ast.JoinedStr) for part in node.values
    }
    told = []
    for node in ast.walk(module):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in documents | within:
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            words = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
            ends = ".:?!,…" if isinstance(node, ast.JoinedStr) else ".:?!,"  # without one it is a title
            told += [words] if words.strip().endswith(tuple(ends)) and len(words.split()) >= FEWEST else []
    return "\n\n".join(told)


def _has_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Module | ast.FunctionDef) and ast.get_docstring(node) is not None


def _answers(text: str) -> str:
    """Every sentence that an answer is put together from; what several answers say is counted once."""
    told, open_ = [], [json.loads(text)]
    while open_:
        value = open_.pop(0)
        if isinstance(value, str) and len(value.split()) >= FEWEST:
            told.append(value)
        elif isinstance(value, dict | list):
            open_[:0] = value.values() if isinstance(value, dict) else value
    return "\n\n".join(dict.fromkeys(told))
