"""Labs: a lab is one percent script, with its answers; the learner's version, the notebooks and the page follow.

Above the statement that answers stands ``# answer: the curvature, from x alone``; the learner finds
``fill_in("the curvature, from x alone")`` in its place. What a lab imports from ``given/`` is put in the place
of the import, so that a download needs no second file. A cell may be tagged ``prediction`` (on the page its
question stands in words) or ``solution`` (not for the learner), and say in ``alt`` what its figure shows.
"""

import ast
import json
import re
from pathlib import Path
from textwrap import indent

import jupytext
import nbformat
from mkdocs.exceptions import BuildError

STYLES = Path(__file__).parent / "styles"
ANSWER = re.compile(r" *# answer: (.+)")
GIVEN = re.compile(r"^from given\.(\w+) import .+\n?", re.MULTILINE)
CHAPTER = re.compile(r"\]\(\.\./([\w-]+)\.md(#[\w-]+)?\)")
COLOUR = re.compile(r"\b[0-9A-Fa-f]{6}\b")


class LabError(BuildError):
    """A lab that cannot be shown. The message names the lab and the cure."""


def blanked(code: str) -> str:
    """The code with ``fill_in`` in the place of each answer."""
    lines = code.splitlines()
    statements = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.stmt)]
    for node in sorted(statements, key=lambda node: -node.lineno):
        if answer := ANSWER.fullmatch(lines[node.lineno - 2]):
            blank = ast.Name(f"fill_in({json.dumps(answer[1], ensure_ascii=False)})")
            if isinstance(node, ast.Assign | ast.Return):
                node.value, left = blank, node
            else:
                left = ast.Expr(blank)
            lines[node.lineno - 2 : node.end_lineno] = [" " * node.col_offset + ast.unparse(left)]
    return "\n".join(lines)


def explanations(code: str) -> list[tuple[str, str]]:
    """What the cell's check says to each typical wrong answer, or its look back to each prediction."""
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Call(func=ast.Name("check"), args=[_, _, _, ast.List(pairs), _]):
                pairs = [pair.elts for pair in pairs]
                return [
                    (ast.unparse(getattr(one, "elt", one)), ast.literal_eval(text)) for one, text in pairs
                ]
            case ast.Call(func=ast.Name("look_back"), args=[_, ast.Dict(keys, values)]):
                return [(key.value, ast.literal_eval(value)) for key, value in zip(keys, values, strict=True)]
    return []


def downloads(path: Path, address: str) -> dict[str, str]:
    """The lab's downloads by name; their links to chapters lead to the site at this address."""
    found = {}
    for version in "learner", "solution":
        lab = jupytext.read(path)
        del lab.cells[0]  # the page's title and description
        if version == "learner":
            lab.cells = [cell for cell in lab.cells if "solution" not in _tags(cell)]
        for number, cell in enumerate(lab.cells):
            cell.id = f"{path.stem}-{number}"
            if cell.cell_type == "markdown":
                cell.source = CHAPTER.sub(rf"]({address}\1/\2)", cell.source)
                continue
            hide = {"jupyter": {"source_hidden": True}} if GIVEN.search(cell.source) else {}
            cell.metadata = nbformat.from_dict(hide)
            cell.source = blanked(cell.source) if version == "learner" else cell.source
            cell.source = GIVEN.sub(lambda name: _given(path, name[1]), cell.source)
        python = {"display_name": "Python 3", "language": "python", "name": "python3"}
        lab.metadata = nbformat.from_dict({"kernelspec": python})
        found[f"{path.stem}-{version}.ipynb"] = nbformat.writes(lab) + "\n"
        bare = {"notebook_metadata_filter": "-all", "cell_metadata_filter": "-all"}
        lab.metadata["jupytext"] = nbformat.from_dict(bare)
        found[f"{path.stem}-{version}.py"] = jupytext.writes(lab, "py:percent")
    return found


def page(stem: str, run: str) -> tuple[str, dict[str, str]]:
    """The lab's page in Markdown and its drawings by name, from the notebook (JSON) that has been run.

    A blank is shown empty. Its answer, what its check says to wrong ones, and what follows up to the next
    words stand in a fold. Raises LabError for what a page cannot show.
    """
    parts, drawings, fold = [], {}, False
    for cell in nbformat.reads(run, 4).cells:
        text = cell.source
        if cell.cell_type == "markdown":
            fold = "solution" in _tags(cell)
            parts += ['??? answer "Answer"', indent(text, "    ")] if fold else [text]
            continue
        if "prediction" in _tags(cell) or GIVEN.search(text):
            continue
        if ANSWER.search(text):
            fold = True
            parts += [_fence("python", blanked(text)), '??? answer "Answer"']
        if explained := explanations(text):
            shown = _explained(text, explained)
        else:
            code = "\n".join(line for line in text.splitlines() if not ANSWER.fullmatch(line))
            shown = "\n\n".join([_fence("python", code), *_outputs(stem, cell, drawings)])
        parts.append(indent(shown, "    ") if fold else shown)
    title, rest = "\n\n".join(filter(None, parts)).split("\n\n", 1)
    return f"{title}\n\n{_links(stem)}\n\n{rest}\n", drawings


def _tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def _given(path: Path, name: str) -> str:
    return (path.parent / "given" / f"{name}.py").read_text(encoding="utf-8").strip() + "\n"


def _fence(language: str, text: str) -> str:
    title = ' title="Output"' if language == "text" else ""
    return f"```{language}{title}\n{text.strip(chr(10))}\n```"


def _links(stem: str) -> str:
    def link(words, version, kind):
        name = f"{stem}-{version}.{kind}"
        return f'[{words}](downloads/{name}){{ download="{name}" }}'

    learner = (
        f"{link("learner's notebook", 'learner', 'ipynb')} or {link("learner's script", 'learner', 'py')}"
    )
    solved = f"{link('solved notebook', 'solution', 'ipynb')} or {link('solved script', 'solution', 'py')}"
    needs = "Each needs Python with numpy and matplotlib, and no other file."
    return f"To work in it, take the {learner}; for the answers, the {solved}. {needs}"


def _explained(code: str, explained: list[tuple[str, str]]) -> str:
    """What a check says to each wrong answer; after a look back a fold for each prediction."""
    if code.startswith("look_back"):
        return "\n\n".join(f'??? option "You predicted {choice}"\n\n    {text}' for choice, text in explained)
    return "\n".join(["If you have", "", *(f"- `{wrong}`: {text}" for wrong, text in explained)])


def _outputs(stem: str, cell, drawings: dict[str, str]):
    """What the cell printed and drew, in Markdown; adds each drawing, in both colour schemes."""
    # A kernel sends what is printed in one piece or in several, as it happens.
    printed = "".join(output.text for output in cell.outputs if output.get("name") == "stdout")
    if printed:
        yield _fence("text", printed)
    for output in cell.outputs:
        svg = output.get("data", {}).get("image/svg+xml")
        if svg and cell.metadata.get("alt"):
            name = f"lab-{stem}.{len(drawings) // 2 + 1}"
            drawings[f"{name}.light.svg"], drawings[f"{name}.dark.svg"] = svg, _dark(svg)
            yield f"![{cell.metadata.alt}](../figures/{name}.svg)"
        elif output.get("name") != "stdout":
            what = "a figure without a text" if svg else output.get("text") or output.get("data")
            problem = f"docs/labs/{stem}.py: a page cannot show {what!r}."
            raise LabError(f'{problem}\n  Cure: print, draw, and say what a figure shows: `# %% alt="…"`.')


def _dark(svg: str) -> str:
    """The drawing in the dark scheme's colours, which stand in the same order as the light one's."""
    light, dark = (
        COLOUR.findall((STYLES / f"{scheme}.mplstyle").read_text()) for scheme in ("light", "dark")
    )
    other = {one.lower(): two.lower() for one, two in zip(light, dark, strict=True)}
    return re.sub(r"(?<=#)[0-9a-f]{6}", lambda code: other.get(code[0], code[0]), svg)
