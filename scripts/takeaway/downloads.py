"""Offer below each page what it shows, to download: program, notebook, data and figures."""

import re
from pathlib import Path

from pages.page import FIGURE, INCLUDE
from takeaway.notebook import LINES, data_of
from weave.program import package_of

GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?")


def take_along(markdown: str, snippets: Path, repo_url: str | None) -> list[str]:
    """The lines of Markdown that offer what a page shows; none for a page that shows no program.

    A notebook opens in Colab too if ``repo_url`` is a repository on GitHub, whose branch ``notebooks``
    is where the deployment puts them.
    """
    shown = (name for _, name, section in INCLUDE.findall(markdown) if section)
    programs = dict.fromkeys(name for name in shown if not name.startswith(LINES))
    data = {file.name: file for name in programs for file in data_of(snippets / f"{name}.py", snippets)}
    drawings = [name for *_, name in FIGURE.findall(markdown)] if programs else []
    return _rows(
        {
            "Program": [_link(f"snippets/{name}.py") for name in programs],
            "Program, data and the package that it imports": [
                _link(f"{name}.zip") for name in programs if package_of(snippets / f"{name}.py")
            ],
            "Data, for a folder *data* beside the program": [_link(f"snippets/data/{name}") for name in data],
            "Notebook, which brings its data" if data else "Notebook": [
                _notebook("notebooks", f"{name}.ipynb", repo_url) for name in programs
            ],
            "Figures": _figures(drawings),
        }
    )


def take_along_of_lab(stem: str, markdown: str, repo_url: str | None) -> list[str]:
    """The lines of Markdown that offer a lab, to work in and solved, and its figures."""
    rows = {
        what: [
            _notebook("downloads", f"{stem}-{version}.ipynb", repo_url, "labs/"),
            _link(f"downloads/{stem}-{version}.py"),
        ]
        for version, what in (("learner", "To work in"), ("solution", "Solved"))
    }
    drawings = [f"../{name}" for *_, name in FIGURE.findall(markdown)]
    return _rows(rows | {"Figures": _figures(drawings)})


def section(rows: list[str], archives: dict[str, str]) -> str:
    """The section *Download* with these rows, and below them the archives: what each is for, by address."""
    links = (
        f'<a href="{address}" download>{Path(address).name}</a> {what}' for address, what in archives.items()
    )
    everything = f'<p class="archives">The whole course: {", ".join(links)}.</p>' if archives else ""
    head = '<div class="take-along" markdown>\n\n## Download { #download data-search-exclude }'
    return "\n\n".join(["", head, "\n".join(rows), everything, "</div>"])


def _rows(rows: dict[str, list[str]]) -> list[str]:
    return [f"- {what}: {', '.join(links)}" for what, links in rows.items() if links]


def _figures(names: list[str]) -> list[str]:
    return [_link(f"{name}{end}") for name in names for end in (".light.svg", ".png")]


def _notebook(folder: str, name: str, repo_url: str | None, branch_folder: str = "") -> str:
    link, repository = _link(f"{folder}/{name}"), GITHUB.fullmatch(repo_url or "")
    if not repository:
        return link
    colab = f"https://colab.research.google.com/github/{repository[1]}/blob/notebooks"
    return f"{link} ([open {Path(name).stem} in Colab]({colab}/{branch_folder}{name}))"


def _link(path: str) -> str:
    name = Path(path).name.replace(".light.", ".")
    return f'[{name}]({path}){{ download="{name}" }}'
