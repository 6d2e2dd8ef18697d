"""The page of a lab, from the notebook that mkdocs-jupyter has run."""

import itertools
from base64 import b64decode
from textwrap import indent

import nbformat

from labs.lab import ANSWER, LOOK_BACK, blanked, explanations, numbered, tags
from weave.run import in_the_dark
from weave.source import SiteError

LABS = "labs/"  # how the name of a lab begins where programs run
YOURS = "# Your own lines: they may use all that stands above."


class LabError(SiteError):
    """A lab that cannot be shown. The message names the lab and the cure."""


def page(stem: str, run: str, runs: bool = False) -> tuple[str, dict[str, bytes]]:
    """The lab's page in Markdown and the files of its figures by name, from the notebook (JSON) that has been run.

    A blank is shown empty; its answer stands in a fold, with what its check says to wrong ones, and so does what
    the cells after it show, up to the next words. If ``runs``, cells have the names under which they run there.
    Raises LabError for what a page cannot show.
    """
    lab = _Page(stem, runs)
    for cell, seen, name in numbered(nbformat.reads(run, 4).cells):
        if cell.cell_type == "markdown":
            lab.tell(cell)
        elif seen:
            lab.show(cell, name)
        elif explained := explanations(cell.source):
            lab.explain(cell, explained)
    title, rest = "\n\n".join(filter(None, lab.parts)).split("\n\n", 1)
    return f"{title}\n\n{_links(stem)}\n\n{rest}\n", lab.drawings


class _Page:
    """The page of a lab, part after part."""

    def __init__(self, stem: str, runs: bool):
        self.stem, self.runs, self.parts, self.drawings = stem, runs, [], {}
        self.solving = self.answered = False  # whether what comes is of the solution, or follows a blank
        self.number = itertools.count(1)

    def tell(self, cell) -> None:
        """The words of a cell; the first of the solution come after a cell for what the learner tries."""
        begins = "solution" in tags(cell) and not self.solving
        if begins and self.runs:
            self._add(self._code(YOURS, "Your cell"))
        self.answered, self.solving = False, "solution" in tags(cell)
        self._add(cell.source, f"Answer {next(self.number)}" if self.solving else "")

    def show(self, cell, name: str) -> None:
        """A cell's code and, in a fold where they would give something away, its answer, what it prints and draws."""
        outputs, fold = [*_outputs(self.stem, cell, self.drawings)], ""
        self._add(self._code(blanked(cell.source), name))
        if "prediction" in tags(cell):
            return
        if ANSWER.search(cell.source):
            lines = [line for line in cell.source.splitlines() if not ANSWER.fullmatch(line)]
            outputs = [_fence("python", "\n".join(lines)), *outputs]
            self.answered, fold = True, f"Answer {next(self.number)}"
        elif self.answered:
            fold = f"What {name.lower()} shows"
        if outputs:
            self._add("\n\n".join(outputs), fold)

    def explain(self, cell, explained: list[tuple[str, str]]) -> None:
        """What a check says, in the fold of the answer above it; after a look back a fold for each prediction."""
        if not cell.source.startswith("look_back"):
            return self.parts.append(indent(_explained(cell, explained), "    "))
        if self.runs:
            self._add(f'<div data-run="{LABS}{self.stem}:{LOOK_BACK}" data-check="{LOOK_BACK}"></div>')
        for choice, text in explained:
            self._add(text, f"If you predicted {choice}")

    def _add(self, text: str, fold: str = "") -> None:
        if fold:
            self.parts.append(f'??? answer "{fold}"')
        self.parts.append(indent(text, "    ") if fold or self.solving else text)

    def _code(self, text: str, name: str) -> str:
        run = f' {{ data-run="{LABS}{self.stem}:{name}" title="{name}" }}'
        return _fence(f"python{run}" if self.runs else f'python title="{name}"', text)


def _fence(language: str, text: str) -> str:
    title = ' title="Output"' if language == "text" else ""
    return f"```{language}{title}\n{text.strip(chr(10))}\n```"


def _links(stem: str) -> str:
    links = []
    for kind, what in ("ipynb", "notebook"), ("py", "script"):
        name = f"{stem}-learner.{kind}"
        links.append(f'[{what}](downloads/{name}){{ download="{name}" }}')
    here = "Where the cells below have *Run*, work on this page: a cell's check comes with it, and what you type stays in this browser."
    needs = "which needs Python with numpy and matplotlib, and no other file"
    return f"{here} Or download the {' or the '.join(links)}, {needs}. The solved lab is [at the end](#download)."


def _explained(cell, explained: list[tuple[str, str]]) -> str:
    """What a check says to the right answer, and to each wrong one."""
    return "\n".join(
        [_printed(cell), "", "If you have", "", *(f"- `{wrong}`: {text}" for wrong, text in explained)]
    )


def _printed(cell) -> str:
    # A kernel sends it in one piece or in several, as it happens.
    return "".join(output.text for output in cell.outputs if output.get("name") == "stdout")


def _outputs(stem: str, cell, drawings: dict[str, bytes]):
    """What the cell printed and drew, in Markdown; adds each drawing, in both colour schemes, wide and narrow, and as a PNG."""
    if printed := _printed(cell):
        yield _fence("text", printed)
    for output in cell.outputs:
        data = output.get("data", {})
        svg = data.get("image/svg+xml")
        if svg and cell.metadata.get("alt"):
            name = f"lab-{stem}.{len(drawings) // 5 + 1}"
            for place, drawing in (name, svg), (f"{name}.narrow", data["image/x-narrow"]):
                drawings[f"{place}.light.svg"] = drawing.encode()
                drawings[f"{place}.dark.svg"] = in_the_dark(drawing).encode()
            drawings[f"{name}.png"] = b64decode(data["image/png"])
            yield f"![{cell.metadata.alt}](../figures/{name}.svg)"
        elif output.get("name") != "stdout":
            what = "a figure without a text" if svg else output.get("text") or data
            problem = f"docs/labs/{stem}.py: a page cannot show {what!r}."
            raise LabError(f'{problem}\n  Cure: print, draw, and say what a figure shows: `# %% alt="…"`.')
