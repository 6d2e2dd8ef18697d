"""What a chapter must hold, in the words of who reads it. Each function returns what is lacking, and what to do."""

import re
import sys
from pathlib import Path

from weave.source import navigation

BLANK = re.compile(r"⟨[^⟩]*⟩")  # what the skeleton leaves to be written
PARTS = ("What did you see?", "You may think …", "Exercises", "In your own run", "Summary")
LINES, COLUMNS, TESTS = 15, 76, 5


def program_lacks(parts: list, text: str, packages: set[str]) -> list[str]:
    """Sections that a page can show, and imports that a learner has; ``packages`` lie beside the program."""
    lacks = []
    for part in parts:
        lines = [line for line in part.code.splitlines() if line.strip()]
        if len(lines) > LINES:
            lacks.append(
                f"section '{part.name}' has {len(lines)} lines: divide it, at most {LINES} are read."
            )
        if max(map(len, lines)) > COLUMNS:
            lacks.append(f"section '{part.name}' is wider than a page: break its lines at {COLUMNS} columns.")
    known = {"numpy", "matplotlib", *packages, *sys.stdlib_module_names}
    for name in sorted(set(re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)) - known):
        lacks.append(f"it imports {name}: a learner has numpy and matplotlib alone.")
    return lacks


def page_lacks(markdown: str) -> list[str]:
    """The parts of the pattern, from the front matter to the last line."""
    lacks = [
        f"front matter: it has no {key}."
        for key in ("title", "description", "hook")
        if not re.search(rf"^{key}: \S", markdown, re.MULTILINE)
    ]
    headings = re.findall(r"^## (.+)$", markdown, re.MULTILINE)
    lacks += [f"it has no section “{part}”: add “## {part}”." for part in PARTS if part not in headings]
    lacks += [*_boxes_lack(markdown), *_refutations_lack(markdown)]
    if "(#download)" not in markdown:
        lacks.append("nobody is led to its program: link (#download) near the beginning.")
    return [*lacks, *_end_lacks(markdown)]


def _boxes_lack(markdown: str) -> list[str]:
    predictions = re.findall(r"^!!! predict .*\n((?:(?:    .*)?\n)+)", markdown, re.MULTILINE)
    lacks = [] if predictions else ['it asks for no prediction: add a box “!!! predict "…"” before the run.']
    if not all(3 <= block.count("??? option") <= 5 for block in predictions):
        lacks.append("a prediction needs three to five options, each “??? option” with its explanation.")
    if markdown.count("??? answer") < 3:
        lacks.append("it has fewer than three exercises with an answer: add “??? answer” below each.")
    return lacks


def _refutations_lack(markdown: str) -> list[str]:
    refuted = re.findall(r"!!! refute (.*)\n +(.*)", markdown)
    lacks = [] if len(refuted) >= 2 else ["it refutes fewer than two beliefs: add “!!! refute” boxes."]
    for what, why in refuted:
        if not re.fullmatch('"“.+”"', what):
            lacks.append(f'{what}: set what somebody may think in quotation marks: "“…”".')
        if len(why.split()) <= 12 or why.startswith("It is not so"):
            lacks.append(f"{what}: give the reason in a whole sentence, and begin with it.")
    return lacks


def _end_lacks(markdown: str) -> list[str]:
    if "## Summary" not in markdown:
        return []
    summary = markdown[markdown.index("## Summary") :]
    lacks = []
    if len(re.findall(r"^- .*\d", summary, re.MULTILINE)) != 3:
        lacks.append("the summary is three lines, each with a number.")
    if not re.search(r"^\*Next: \[.*\]\(.*\), because .*\*$", summary, re.MULTILINE):
        lacks.append("its last line does not lead on: “*Next: [name](page.md), because …*”.")
    return lacks


def lacks_tests(text: str) -> list[str]:
    """Claims have tests, a test a sentence."""
    names = re.findall(r"^def test_(\w+)", text, re.MULTILINE)
    lacks = (
        [] if len(names) >= TESTS else [f"it has {len(names)} tests: a page makes at least {TESTS} claims."]
    )
    short = [name for name in names if name.count("_") < 3]
    return lacks + [f"test_{name}: name a test for the sentence that it proves." for name in short]


def places_lack(root: Path, stem: str) -> list[str]:
    """Where other pages must name a chapter: the navigation, its neighbours, home, and the page for teachers."""
    nav = navigation(root)
    if stem not in nav:
        return [f"mkdocs.yml: nav does not name it: add “- {stem}.md”."]
    before, after = nav[nav.index(stem) - 1], nav[nav.index(stem) + 1]
    lacks = []
    for page, target in ((before, stem), (stem, after)):
        path = root / "docs" / f"{page}.md"
        last = path.read_text(encoding="utf-8").rstrip().splitlines()[-1] if path.exists() else ""
        if page != "index" and f"({target}.md), because" not in last:
            lacks.append(f"docs/{page}.md: its last line must lead to {target}.md and say why it comes next.")
    teach, home = ((root / "docs" / f"{page}.md").read_text(encoding="utf-8") for page in ("teach", "index"))
    if f"({stem}.md" not in home:
        lacks.append("docs/index.md: it is not named below its door, nor counted there.")
    if f"(slides/{stem}.md)" not in teach:
        lacks.append("docs/teach.md: its slides are not linked, in the order of the navigation.")
    week = teach.rpartition("\n### One week")[2].partition("\n## ")[0]
    if f"({stem}.md)" not in week:
        lacks.append("docs/teach.md: the week does not visit it.")
    return lacks
