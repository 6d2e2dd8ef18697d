"""The page of a lab, from the notebook that mkdocs-jupyter has run."""

import io
import itertools
from base64 import b64decode
from textwrap import indent

import nbformat
from PIL import Image

from labs.lab import ANSWER, GIVEN, blanked, explanations, tags
from weave.run import in_the_dark
from weave.source import SiteError


class LabError(SiteError):
    """A lab that cannot be shown. The message names the lab and the cure."""


def page(stem: str, run: str) -> tuple[str, dict[str, bytes]]:
    """The lab's page in Markdown and the files of its figures by name, from the notebook (JSON) that has been run.

    A blank is shown empty. Its answer, what its check says to wrong ones, and what follows up to the next
    words stand in a fold. Raises LabError for what a page cannot show.
    """
    parts, drawings, fold, number = [], {}, False, itertools.count(1)
    for cell in nbformat.reads(run, 4).cells:
        text = cell.source
        if cell.cell_type == "markdown":
            fold = "solution" in tags(cell)
            parts += [f'??? answer "Answer {next(number)}"', indent(text, "    ")] if fold else [text]
            continue
        if "prediction" in tags(cell) or GIVEN.search(text):
            continue
        if ANSWER.search(text):
            fold = True
            parts += [_fence("python", blanked(text)), f'??? answer "Answer {next(number)}"']
        if explained := explanations(text):
            shown = _explained(cell, explained)
        else:
            code = "\n".join(line for line in text.splitlines() if not ANSWER.fullmatch(line))
            shown = "\n\n".join([_fence("python", code), *_outputs(stem, cell, drawings)])
        parts.append(indent(shown, "    ") if fold else shown)
    title, rest = "\n\n".join(filter(None, parts)).split("\n\n", 1)
    return f"{title}\n\n{_links(stem)}\n\n{rest}\n", drawings


def _fence(language: str, text: str) -> str:
    title = ' title="Output"' if language == "text" else ""
    return f"```{language}{title}\n{text.strip(chr(10))}\n```"


def _links(stem: str) -> str:
    links = []
    for kind, what in ("ipynb", "notebook"), ("py", "script"):
        name = f"{stem}-learner.{kind}"
        links.append(f'[{what}](downloads/{name}){{ download="{name}" }}')
    needs = "It needs Python with numpy and matplotlib, and no other file."
    return f"To work in it, download the {' or the '.join(links)}. {needs} The solved lab is [at the end](#download)."


def _explained(cell, explained: list[tuple[str, str]]) -> str:
    """What a check says to each wrong answer; after a look back a fold for each prediction."""
    if cell.source.startswith("look_back"):
        return "\n\n".join(
            f'??? answer "If you predicted {choice}"\n\n    {text}' for choice, text in explained
        )
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
            drawings[f"{name}.png"] = _on_white(b64decode(data["image/png"]))
            yield f"![{cell.metadata.alt}](../figures/{name}.svg)"
        elif output.get("name") != "stdout":
            what = "a figure without a text" if svg else output.get("text") or data
            problem = f"docs/labs/{stem}.py: a page cannot show {what!r}."
            raise LabError(f'{problem}\n  Cure: print, draw, and say what a figure shows: `# %% alt="…"`.')


def _on_white(png: bytes) -> bytes:
    """The picture, drawn without a ground, on a white one."""
    drawing, picture = Image.open(io.BytesIO(png)).convert("RGBA"), io.BytesIO()
    white = Image.new("RGBA", drawing.size, "white")
    Image.alpha_composite(white, drawing).convert("RGB").save(picture, "PNG", optimize=True)
    return picture.getvalue()
