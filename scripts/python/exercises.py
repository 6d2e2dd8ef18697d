"""Exercises that a reader solves in a chapter's program: the page checks what the program has become.

The checks of a chapter are in ``docs/exercises``, in a file of its name. Each opens with the exercise that it
belongs to, the section that is to be changed and, where the check needs more of the program, how far it must run::

    # %% Exercise 4: edit net, run to parabola
"""

import re
from pathlib import Path

from weave.source import SiteError, read

HEAD = re.compile(r"^# %% (Exercise (\d+)): edit (\w+)(?:, run to (\w+))?\n", re.MULTILINE)


def checks(exercises: Path) -> dict[str, str]:
    """The code that checks each exercise of a chapter, by the exercise's name."""
    _, *found = HEAD.split(read(exercises))
    return {found[at]: found[at + 4].strip() + "\n" for at in range(0, len(found), 5)}


def with_checks(page: str, markdown: str, folder: Path) -> str:
    """The Markdown of a page with a place for the button below each exercise that is checked.

    Raises SiteError for a check whose exercise or section the page does not have.
    """
    file = folder / page.replace(".md", ".py")
    for name, number, edit, after in HEAD.findall(read(file)) if file.exists() else ():
        exercise = re.compile(rf"^\*\*{number}\. In the program\.\*\*.*$", re.MULTILINE)
        if not exercise.search(markdown):
            raise _lost(file, page, f"**{number}. In the program.**")
        for section in filter(None, (edit, after)):
            if f'"{file.stem}.py:{section}"' not in markdown:
                raise _lost(file, page, f"section {section}")
        run = f'data-run="{file.stem}:{name}" data-edit="{edit}" data-after="{after or edit}"'
        place = f'\n\n<div {run} data-check="Check"></div>'
        markdown = exercise.sub(lambda found, place=place: found[0] + place, markdown)
    return markdown


def _lost(file: Path, page: str, what: str) -> SiteError:
    cure = f"name in its first line an exercise and sections that docs/{page} has."
    return SiteError(f"docs/exercises/{file.name}: docs/{page} has no {what}.\n  Cure: {cure}")
