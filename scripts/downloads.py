"""Offer below each page what it shows, to take along: program, notebook, data and figures."""

import re
from pathlib import Path

from notebook import data_of
from page import FIGURE, INCLUDE

GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?")


def take_along(markdown: str, snippets: Path, repo_url: str | None) -> list[str]:
    """The lines of Markdown that offer what a page shows; none for a page that shows no program.

    A notebook opens in Colab too if ``repo_url`` is a repository on GitHub, whose branch ``notebooks``
    is where the deployment puts them.
    """
    programs = dict.fromkeys(name for _, name, section in INCLUDE.findall(markdown) if section)
    repository = GITHUB.fullmatch(repo_url or "")
    notebooks = [_link(f"notebooks/{name}.ipynb") for name in programs]
    if repository:
        colab = f"https://colab.research.google.com/github/{repository[1]}/blob/notebooks"
        opened = (f"[open {Path(name).name} in Colab]({colab}/{name}.ipynb)" for name in programs)
        notebooks = [f"{here} ({there})" for here, there in zip(notebooks, opened, strict=True)]
    data = {file.name: file for name in programs for file in data_of(snippets / f"{name}.py", snippets)}
    drawings = [name for *_, name in FIGURE.findall(markdown)] if programs else []
    rows = {
        "Program": [_link(f"snippets/{name}.py") for name in programs],
        "Data, for a folder *data* beside the program": [_link(f"snippets/data/{name}") for name in data],
        "Notebook, which brings its data" if data else "Notebook": notebooks,
        "Figures": [_link(f"{name}{end}") for name in drawings for end in (".light.svg", ".png")],
    }
    return [f"- {what}: {', '.join(links)}" for what, links in rows.items() if links]


def section(rows: list[str], archives: dict[str, str]) -> str:
    """The section *Take along* with these rows, and below them the archives: what each is for, by address."""
    links = (
        f'<a href="{address}" download>{Path(address).name}</a> {what}' for address, what in archives.items()
    )
    everything = f'<p class="archives">The whole course: {", ".join(links)}.</p>' if archives else ""
    head = '<div class="take-along" markdown>\n\n## Take along { data-search-exclude }'
    return "\n\n".join(["", head, "\n".join(rows), everything, "</div>"])


def _link(path: str) -> str:
    name = Path(path).name.replace(".light.", ".")
    return f'[{name}]({path}){{ download="{name}" }}'
