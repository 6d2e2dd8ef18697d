"""The tools that the same chapters are built with: what each is given, how it is called, and what it lacks."""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import yaml

from measure.others.chapter import Chapter, fences, first_page, gallery, notebook
from measure.others.own import lay_chapters, lay_site

ROOT = Path(__file__).parents[3]
CORES = os.cpu_count() or 1
ARITHMETIC = "https://cdn.jsdelivr.net/npm/mathjax@3/es5/tex-mml-chtml.js"


def lay_files(tool: "Tool", folder: Path, chapters: Sequence[Chapter]) -> None:
    """Settings, a first page, the chapters, and beside them what their programs read and import."""
    names = [chapter.name for chapter in chapters]
    beside = folder / Path(tool.source).parent
    for name, made in tool.files.items():
        text = made(names) if callable(made) else made
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for place in {folder, beside}:  # some run a program where it stands, some where they stand
        shutil.copytree(ROOT / "snippets/data", place / "data")
    shutil.copytree(ROOT / "snippets/readlog", folder / "library/readlog")
    for chapter in chapters:
        tool.write(folder, chapter)


def notebook_settings(names: Sequence[str]) -> str:
    return _material(
        names, "ipynb", {"mkdocs-jupyter": {"include": ["*.ipynb"], "execute": True, "cache": True}}
    )


def fence_settings(names: Sequence[str]) -> str:
    return _material(names, "md", "markdown-exec")


def _material(names: Sequence[str], ending: str, plugin) -> str:
    extensions = [
        "tables",
        "pymdownx.superfences",
        "pymdownx.highlight",
        {"pymdownx.arithmatex": {"generic": True}},
    ]
    settings = {
        "site_name": "Chapters",
        "theme": {"name": "material", "font": False},
        "nav": ["index.md", *(f"{name}.{ending}" for name in names)],
        "plugins": ["search", plugin],
        "markdown_extensions": extensions,
        "extra_javascript": [ARITHMETIC],
    }
    return yaml.safe_dump(settings, sort_keys=False)


def book_contents(names: Sequence[str]) -> str:
    return yaml.safe_dump(
        {"format": "jb-book", "root": "index", "chapters": [{"file": name} for name in names]}
    )


def myst_settings(names: Sequence[str]) -> str:
    toc = [{"file": "index.md"}, *({"file": f"{name}.ipynb"} for name in names)]
    return yaml.safe_dump(
        {"version": 1, "project": {"title": "Chapters", "toc": toc}, "site": {"template": "book-theme"}}
    )


@dataclass(frozen=True)
class Tool:
    """One way to build the chapters. ``{}`` in ``source`` and ``page`` is a chapter's name."""

    name: str
    packages: tuple[str, ...]
    command: tuple[str, ...]  # the first is looked for in the tool's own environment
    source: str
    page: str
    form: Callable[[Chapter], str]
    lacks: str = ""
    files: dict = field(default_factory=dict)
    environment: dict = field(default_factory=dict)
    later: dict = field(default_factory=dict)  # environment of the builds after the first
    lay: Callable = lay_files

    def write(self, folder: Path, chapter: Chapter) -> None:
        """Write what the edit of a program changes."""
        path = folder / self.source.format(chapter.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.form(chapter), encoding="utf-8")


def program(chapter: Chapter) -> str:
    return chapter.program


MKDOCS = (sys.executable, "-m", "mkdocs", "build")
QUIET = {"NO_MKDOCS_2_WARNING": "1", "PYODIDE": ""}
Own = partial(
    Tool, packages=(), command=MKDOCS, source="snippets/{}.py", page="site/{}/index.html", form=program
)
TOOLS = [
    Own("Overshoot, programs and prose", lay=lay_chapters, environment=QUIET),
    Own("Overshoot, the whole site", lay=lay_site, environment=QUIET),
    Tool(
        "mkdocs-jupyter",
        ("mkdocs-jupyter", "mkdocs-material<10", "mkdocs<2", "ipykernel"),
        ("mkdocs", "build"),
        "docs/{}.ipynb",
        "site/{}/index.html",
        notebook,
        "Figures are PNG in one colour scheme, formulas need a script from another host.",
        {"mkdocs.yml": notebook_settings, "docs/index.md": partial(first_page, link="{}.ipynb")},
        QUIET,
    ),
    Tool(
        "Jupyter Book 1",
        ("jupyter-book<2", "ipykernel"),
        ("jupyter-book", "build", "."),
        "{}.ipynb",
        "_build/html/{}.html",
        notebook,
        "Figures are PNG in one colour scheme, formulas need a script from another host.",
        {
            "_config.yml": "title: Chapters\nexecute:\n  execute_notebooks: cache\nonly_build_toc_files: true\n",
            "_toc.yml": book_contents,
            "index.md": partial(first_page, link="{}.ipynb"),
        },
    ),
    Tool(
        "sphinx-gallery",
        ("sphinx-gallery", "pydata-sphinx-theme", "joblib"),
        ("sphinx-build", "-q", "-j", str(CORES), ".", "html"),
        "examples/{}.py",
        "html/chapters/{}.html",
        gallery,
        "Figures are PNG in one colour scheme, formulas need a script from another host.",
        {
            "conf.py": (ROOT / "scripts/measure/others/gallery_conf.txt").read_text(encoding="utf-8"),
            "index.rst": "Chapters\n========\n\n.. toctree::\n\n   chapters/index\n",
            "examples/GALLERY_HEADER.rst": "Chapters\n========\n",
        },
        {"CORES": str(CORES)},
        {"CORES": "1"},  # for few programs it is quicker so
    ),
    Tool(
        "markdown-exec",
        ("markdown-exec", "mkdocs-material<10", "mkdocs<2"),
        ("mkdocs", "build"),
        "docs/{}.md",
        "site/{}/index.html",
        fences,
        "It has no cache; figures are in one colour scheme, formulas need a script from another host.",
        {"mkdocs.yml": fence_settings, "docs/index.md": first_page},
        QUIET | {"MPLBACKEND": "agg"},
    ),
    Tool(
        "Quarto",
        ("quarto-cli", "jupyter", "jupyter-cache"),
        ("quarto", "render"),
        "{}.ipynb",
        "_site/{}.html",
        notebook,
        "Figures are PNG in one colour scheme, formulas need a script from another host.",
        {
            "_quarto.yml": "project: {type: website}\nformat: html\nexecute: {enabled: true, cache: true}\n",
            "index.md": partial(first_page, link="{}.ipynb"),
        },
    ),
    Tool(
        "Jupyter Book 2",
        ("jupyter-book>=2", "ipykernel", "jupyter-server"),
        ("jupyter-book", "build", "--html", "--execute"),
        "{}.ipynb",
        "_build/html/{}/index.html",
        notebook,
        "Figures are PNG in one colour scheme.",
        {"myst.yml": myst_settings, "index.md": first_page},
    ),
]
