"""Make problem sets for a class:  uv run problems --count 30 --out folder

The sets come from a seed that nobody can guess. It is told here and in the key, and on no sheet: with
--seed and that number the same bytes are made again. Writes to a new folder:

set-01.ipynb …    a notebook for each learner, with blanks, and a check that explains what is wrong
set-01.html …     the same set to print, on A4 or Letter
sets.html         all sets in one file, each on a fresh sheet
key.html key.csv  every answer; in key.html with its worked solution and the typical wrong answers
key.json          the same for `uv run grade`, which grades what comes back
moodle.xml        all questions as a question bank for Moodle: a category for each question, a variant for each set
gift.txt          the same in Moodle's GIFT format, which other learning platforms read too

With --exam the notebooks have blanks and no check.
"""

import argparse
import io
import secrets
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from problems.formats.gift import gift
from problems.formats.key import key, key_as_data, key_table
from problems.formats.moodle import moodle
from problems.formats.notebook import notebook
from problems.formats.paper import page, sheet
from problems.sets import ProblemError, problem_sets

PUBLISHED = 1986  # the seed of the sets that everybody can download, with their key
EASY = 10**9  # a smaller one is found by trying them all against a sheet


def files(count: int, seed: int, exam: bool = False) -> Iterator[tuple[str, str]]:
    """Every file of ``count`` sets, as its name and its text. Raises ProblemError for too many."""
    sets = list(problem_sets(count, seed))
    titles = [f"Problem set {place}" for place in range(1, count + 1)]
    for place, (problems, title) in enumerate(zip(sets, titles, strict=True), start=1):
        name = f"set-{place:0{max(2, len(str(count)))}}"
        yield f"{name}.ipynb", notebook(problems, title, exam)
        yield f"{name}.html", page(title, [sheet(problems, title)])
    yield "sets.html", page("Problem sets", [*map(sheet, sets, titles)])
    yield "key.html", page(f"Key to the problem sets of seed {seed}", [*map(key, sets, titles)])
    yield "key.csv", key_table(sets)
    yield "key.json", key_as_data(sets, seed)
    yield "moodle.xml", moodle(sets)
    yield "gift.txt", gift(sets)


def archive(count: int, seed: int = PUBLISHED) -> bytes:
    """All files in one zip, the same bytes each time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as folder:
        for name, text in files(count, seed):
            entry = zipfile.ZipInfo(f"problem-sets/{name}", (1980, 1, 1, 0, 0, 0))
            folder.writestr(entry, text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, required=True, help="how many sets, one for each learner")
    parser.add_argument("--seed", type=int, help="the number of sets that you have made before")
    parser.add_argument(
        "--out", type=Path, required=True, help="a folder that does not exist yet, or is empty"
    )
    parser.add_argument("--exam", action="store_true", help="notebooks without the check")
    given = parser.parse_args(arguments)
    if given.count < 1:
        parser.error(f"--count {given.count}: at least one set, please.")
    if given.out.exists() and not (given.out.is_dir() and not any(given.out.iterdir())):
        parser.error(f"--out {given.out} holds something already.\n  Cure: name a new folder.")
    seed = secrets.randbelow(2**63) if given.seed is None else given.seed
    try:
        made = list(files(given.count, seed, given.exam))
    except ProblemError as error:
        parser.error(f"--count {given.count} is too many: {error}")
    given.out.mkdir(parents=True, exist_ok=True)
    for name, text in made:
        (given.out / name).write_bytes(text.encode("utf-8"))
    sys.stdout.write(f"{given.count} sets of seed {seed}: {len(made)} files in {given.out}\n")
    sys.stderr.write(warning(seed))


def warning(seed: int) -> str:
    """What is to be said of sets of this seed that are to be graded."""
    if seed == PUBLISHED:
        return f"The sets of seed {seed} are published, with their key: to grade, leave --seed out.\n"
    if abs(seed) < EASY:
        return f"A learner who tries all small seeds will find {seed}: to grade, leave --seed out.\n"
    return ""


if __name__ == "__main__":
    main()
