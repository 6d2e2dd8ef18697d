"""Grade what a class returns:  uv run grade folder --key sets/key.json --out report

The folder holds the notebooks, under any names, or tables of answers (CSV with learner, set, question,
answer); a single file will do too. Nothing that a learner wrote is run: an answer counts as a number, a
letter, or arithmetic of numbers. What is neither is marked to be looked at by hand. Writes to a new folder:

grades.csv    a row for each learner: how many are right, and each question (1, 0, ? to look at, empty)
report.html   a page for each learner to hand back: each answer, the right one, and what was missed
"""

import argparse
import csv
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from problems.formats.paper import page
from problems.formats.report import report
from problems.returned import GradeError, Returned, returned

NOT_FORESEEN = "This is none of the usual slips."


@dataclass(frozen=True)
class Mark:
    """What one answer is worth: 1, 0, "?" for one to look at, or "" for none; and why."""

    question: str
    given: str
    worth: int | str
    right: str
    why: str


def marks(one: Returned, questions: dict) -> list[Mark]:
    """A mark for each question of the set."""
    return [_mark(name, one.answers.get(name), question) for name, question in questions.items()]


def _mark(name: str, given: float | str | None, question: dict) -> Mark:
    right, worth, why = question["right"], 0, NOT_FORESEEN
    if given is None:
        worth, why = "", right["why"]
    elif (isinstance(given, str) and len(given.strip()) != 1) or isinstance(given, str) != (
        right["slack"] is None
    ):
        worth, why = "?", "Look at it by hand."
    else:
        fits = [answer for answer in (right, *question["wrong"]) if _fits(given, answer)]
        worth = int(fits[:1] == [right])
        why = fits[0]["why"] if fits else why
    written = "" if given is None else f"{given:.6g}" if isinstance(given, float) else given
    return Mark(name, written, worth, right["shown"], why)


def _fits(given: float | str, answer: dict) -> bool:
    if isinstance(given, str):
        return given.strip().upper() == answer["value"]
    return abs(given - answer["value"]) <= answer["slack"]


def graded(files: list[Path], key: dict) -> Iterator[tuple[Returned, list[Mark]]]:
    """Each set of answers with its marks. Raises GradeError for a file that cannot be read."""
    for path in files:
        for one in returned(path):
            if not 1 <= one.set <= len(key["sets"]):
                raise GradeError(
                    f"{path}: the key has the sets 1 to {len(key['sets'])}, and none of number {one.set}.\n"
                    "  Cure: grade with the key that was made with this set."
                )
            yield one, marks(one, key["sets"][one.set - 1])


def table(results: list[tuple[Returned, list[Mark]]]) -> str:
    """The class as CSV."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(["learner", "set", "right", "of", "to look at", *(mark.question for mark in results[0][1])])
    for one, found in results:
        worths = [mark.worth for mark in found]
        rows.writerow([one.learner, one.set, worths.count(1), len(found), worths.count("?"), *worths])
    return written.getvalue()


def _files(source: Path) -> list[Path]:
    files = (
        sorted(path for path in source.rglob("*") if path.suffix in (".ipynb", ".csv"))
        if source.is_dir()
        else [source]
    )
    files = [path for path in files if ".ipynb_checkpoints" not in path.parts]
    if not files or not all(path.is_file() for path in files):
        raise GradeError(
            f"{source} holds no notebook and no CSV.\n  Cure: name the folder that was returned."
        )
    return files


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("returned", type=Path, help="a folder of notebooks or tables, or one of them")
    parser.add_argument("--key", type=Path, required=True, help="the key.json of the sets")
    parser.add_argument("--out", type=Path, required=True, help="a folder that does not exist yet")
    given = parser.parse_args(arguments)
    if given.out.exists():
        parser.error(f"--out {given.out} is there already.\n  Cure: name a new folder.")
    try:
        key = json.loads(given.key.read_text(encoding="utf-8"))
        results = list(graded(_files(given.returned), key))
    except (OSError, json.JSONDecodeError) as error:
        parser.error(f"--key {given.key}: {error}\n  Cure: name the key.json that lies beside the sets.")
    except GradeError as error:
        parser.error(str(error))
    given.out.mkdir(parents=True)
    (given.out / "grades.csv").write_text(table(results), encoding="utf-8")
    (given.out / "report.html").write_text(
        page("Graded", [report(*one) for one in results]), encoding="utf-8"
    )
    by_hand = sum(mark.worth == "?" for _, found in results for mark in found)
    sys.stdout.write(f"{len(results)} sets of answers graded in {given.out}; {by_hand} answers to look at.\n")


if __name__ == "__main__":
    main()
