"""What is counted: the pages of the site, the labs and exercises with what their checks explain, the problems, the
answers of the reader of logs, the comments and labels of the programs and the live figures, what a browser's Python
cannot repeat, what our scripts tell, the settings' words and comments, the README and its neighbours.
"""

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path

from held.code import comments, labels, strings

CELL = re.compile(r"^# %%", re.MULTILINE)
DRAWN = re.compile(r'\balt="(.+)"')
ROOMS = {
    "docs/": "",
    "snippets/readlog/": "answers/",
    "snippets/": "programs/",
    "scripts/problems/collection/": "problems/",
    ".github/": "",
}
BETWEEN = re.compile(r"(?s)<script.*?</script>|>([^<>{}]+)<")
VALUE = re.compile(
    r"^ +- ([A-Z]\w+):|^ *(?:- |name: |\w*description: |title: )([A-Za-z][^#:\n]* [^#\n]*)$"
    r"|^abstract: >-((?:\n  [^\n]+)+)",
    re.MULTILINE,
)
REMARK = re.compile(r"(?:^|(?<=\s))# (.*[a-z] .+)$", re.MULTILINE)
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
        ("scripts/problems/collection/**/[!_]*.py", _messages),
        ("snippets/readlog/words.json", _answers),
        ("snippets/*.py", _program),
        ("snippets/frameworks/*.py", _program),
        ("docs/assets/[dip]*/*.js", strings),
        ("scripts/python/words.json", _answers),
        ("scripts/**/*.html", _template),
        ("scripts/chapters/**/*.md", str),
        ("scripts/[!mp]*/**/[!_]*.py", _messages),
        ("scripts/p*/[!_]*.py", _messages),
        ("mkdocs.yml", _settings),
        (".github/**/*.yml", _settings),
        ("CITATION.cff", _settings),
        ("README.md", str),
        ("C[HO]*.md", str),
    ):
        for path in sorted(root.glob(pattern)):
            if markdown := read(path.read_text(encoding="utf-8")):
                found.append(Source(path.relative_to(root).as_posix(), markdown))
    return found


def _program(code: str) -> str:
    """What a program says beside what it does."""
    return "\n\n".join([*comments(code), *labels(code)])


def _template(html: str) -> str:
    """The words between the tags of a page's template."""
    return "\n\n".join(one for one in BETWEEN.findall(html) if " " in one.strip())


def _settings(text: str) -> str:
    """The values of some words, what the parts of the navigation are called, and the comments."""
    values = (value.strip() for part in VALUE.findall(text) for value in part if value)
    return "\n\n".join([*values, *REMARK.findall(text)])


def _lab(code: str) -> str:
    """The words of a lab, cell by cell, and below each cell of code what its check may say, and what it calls."""
    told = []
    for cell in CELL.split(code):
        header, _, body = cell.partition("\n")
        told += DRAWN.findall(header)
        if "[markdown]" in header:
            told.append(re.sub(r"^# ?", "", body, flags=re.MULTILINE))
        else:
            called = labels(body)
            told += [one for one in _explained(body) if not any(one in other for other in called)]
            told += [*comments(body), *called]
    return "\n\n".join(told)


def _explained(code: str) -> list[str]:
    """The sentences that stand in a cell, whatever says them."""
    module = ast.parse(code)
    documents = _documents(module)
    strings = [
        node for node in ast.walk(module) if isinstance(node, ast.Constant) and id(node) not in documents
    ]
    return [one.value for one in strings if isinstance(one.value, str) and len(one.value.split()) >= FEWEST]


def _messages(code: str) -> str:
    """What a problem asks and answers, or what a script of ours tells, with … where a value stands."""
    module = ast.parse(code)
    documents = _documents(module)
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


def _documents(module: ast.Module) -> set[int]:
    """The docstrings, by the identity of their nodes."""
    speaking = (
        node for node in ast.walk(module) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    )
    return {id(node.body[0].value) for node in speaking if ast.get_docstring(node) is not None}


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
