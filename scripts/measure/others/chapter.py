"""A chapter in the forms that other tools read: programs and prose, and nothing that only this project knows.

Boxes become paragraphs below their titles, links to other pages plain words, and blocks for a framework, which
none of the tools can run here, are left out. All tools get the same, this project too.
"""

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from pathlib import Path

from nbformat import writes
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from weave.program import SECTION
from weave.source import navigation

UV = os.environ.get("UV", "uv")
EDIT = 'print("edited", 6 * 7)\n', "edited 42"  # a line for a program, and what it prints
BOX = re.compile(r'(?:!!!|\?\?\?\+?|===) *\w* *"(.*)"$')
FENCE = re.compile(r'^ *```.*\n *--8<-- "([\w/-]+)\.(?:py:([\w-]+)|[\w.-]+txt)"\n *```$', re.MULTILINE)
FIGURE = re.compile(r"!\[([^\]]*)\]\(figures/[\w-]+\.([\w-]+)\.svg\)\n?")
OURS = [
    (r"\A---\n.*?\n---\n", ""),
    (r"^///.*$", ""),  # a caption becomes a paragraph
    (r"</?[a-z][\w-]*(?: [^<>]*)?>", ""),
    (r" \{ #[\w-]+ \}$", ""),
    (r"(?<!!)\[([^\]]*)\]\((?!http)[^)]*\)", r"\1"),
]
CUT = "CUT-HERE"
TO_RST = "import pypandoc, sys; print(pypandoc.convert_text(sys.stdin.read(), 'rst', 'gfm-gfm_auto_identifiers+tex_math_dollars'))"
DRAW = """import io
import matplotlib.pyplot as plt
if plt.get_fignums():
    drawing = io.StringIO()
    plt.savefig(drawing, format="svg")
    plt.close("all")
    print(drawing.getvalue())"""


@dataclass(frozen=True)
class Chapter:
    """A page in this project's Markdown, and its program."""

    name: str
    page: str
    program: str

    def parts(self) -> list[tuple[str, str]]:
        """What is read, downward: prose, as ("", text), and each section of the program as (name, code)."""
        code, plain = dict(SECTION.findall(self.program)), FIGURE.sub("", _plain(self.page))
        texts = FENCE.split(plain)  # a text, then thrice: program, section or None, text
        found = [("", texts[0])]
        for stem, section, text in zip(texts[1::3], texts[2::3], texts[3::3], strict=True):
            if section and "/" not in stem:
                found.append((section, code[section]))
            found.append(("", text))
        joined = []
        for name, same in groupby(found, key=lambda part: part[0]):
            text = "".join(text for _, text in same).strip("\n")
            joined.append((name, text if name else re.sub(r"\n{3,}", "\n\n", text)))
        return [part for part in joined if part[1].strip()]

    def edited(self) -> "Chapter":
        """The same, but that the last section which prints a page's output prints one line more."""
        section = re.findall(r'--8<-- "[\w-]+\.([\w-]+)\.txt"', self.page)[-1]
        end = f"# --8<-- [end:{section}]"
        return replace(self, program=self.program.replace(end, EDIT[0] + end))


def chapters(root: Path, count: int) -> list[Chapter]:
    """The chapters of the site as its navigation has them, the first or, of more, with copies: ``count`` in all."""
    programs = [path for name in navigation(root) if (path := root / f"snippets/{name}.py").exists()]
    found = []
    for number in range(count):
        path = programs[number % len(programs)]
        page = (root / f"docs/{path.stem}.md").read_text(encoding="utf-8")
        name, program = path.stem, path.read_text(encoding="utf-8")
        if number >= len(programs):  # another comment, for a tool that runs once what is the same twice
            name = f"{name}-{number}"
            program = program.replace("# --8<-- [end:", f"# {name}\n# --8<-- [end:", 1)
        found.append(Chapter(name, page, program))
    return found


def _plain(page: str) -> str:
    """The page without boxes and without what only this project's Markdown knows."""
    lines, depth = [], 0
    for line in page.splitlines():
        if line.strip():
            depth = min(depth, (len(line) - len(line.lstrip())) // 4)
        line = line[4 * depth :]
        if box := BOX.match(line):
            lines += ["", f"**{box[1]}**", ""]
            depth += 1
        else:
            lines.append(line)
    plain = "\n".join(lines)
    for ours, theirs in OURS:
        plain = re.sub(
            ours, theirs, plain, flags=re.MULTILINE | re.DOTALL if "A---" in ours else re.MULTILINE
        )
    return plain


def first_page(names: Sequence[str], link="{}.md") -> str:
    return "# Chapters\n\n" + "".join(f"- [{name}]({link.format(name)})\n" for name in names)


def own_page(chapter: Chapter) -> str:
    """Markdown of this project: each section followed by what it prints and draws."""
    prints = re.findall(r'--8<-- "[\w-]+\.([\w-]+)\.txt"', chapter.page)
    figures = {section: alt for alt, section in FIGURE.findall(chapter.page)}
    lines = []
    for section, text in chapter.parts():
        stem = f"{chapter.name}.{section}"
        lines.append(f'```python\n--8<-- "{chapter.name}.py:{section}"\n```' if section else text)
        if section in prints:
            lines.append(f'```text title="Output"\n--8<-- "{stem}.txt"\n```')
        if section in figures:
            lines.append(f"![{figures[section]}](figures/{stem}.svg)")
    return "\n\n".join(lines) + "\n"


def notebook(chapter: Chapter) -> str:
    cells = [
        (new_code_cell if section else new_markdown_cell)(text, id=f"cell-{number}")
        for number, (section, text) in enumerate(chapter.parts())
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return writes(
        new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
    )


def fences(chapter: Chapter) -> str:
    """For markdown-exec: a fence a section, and one that nobody sees for its figure."""
    lines = []
    for section, text in chapter.parts():
        run = f'session="{chapter.name}"'
        shown = f'```python exec="1" source="above" result="text" {run}\n{text}\n```'
        drawn = f'```python exec="1" html="1" {run}\n{DRAW}\n```'
        lines += [shown, drawn] if section else [text]
    return "\n\n".join(lines) + "\n"


def gallery(chapter: Chapter) -> str:
    """For sphinx-gallery: a script whose comments are reStructuredText."""
    parts = chapter.parts()
    texts = iter(_restructured(f"\n\n{CUT}\n\n".join(text for section, text in parts if not section)))
    blocks = [f'r"""\n{next(texts)}\n"""']
    for section, text in parts[1:]:
        comment = "" if section else "\n".join(f"# {line}".rstrip() for line in next(texts).splitlines())
        blocks.append(f"# %%\n{text if section else comment}")
    return "\n\n".join(blocks) + "\n"


@cache
def _restructured(markdown: str) -> list[str]:
    """Pandoc's translation of a chapter's prose, cut again where it was joined."""
    command = [UV, "run", "-q", "--no-project", "--with", "pypandoc_binary", "python", "-c", TO_RST]
    done = subprocess.run(command, input=markdown, capture_output=True, text=True, check=True)
    return [text.strip("\n") for text in done.stdout.split(CUT)]
