"""How much of each page is proven, and what to do about the rest:  uv run held     or:  uv run held taylor fixes"""

import argparse
import sys
from pathlib import Path

from held.listing import listing
from held.tally import KINDS, Tally, tallies

CURE = """Each of these sentences is held by nothing. Quote it, between “ and ”, in the docstring of a test that proves
it, such as one of tests/test_{page}.py, or after its file, {path}: “…”; where it makes no claim, write it into tests/held/{page}.txt
below [{kinds}]; who found what belongs into tests/held/attributions.toml."""


def line(one: Tally) -> str:
    """One page in one line."""
    count = len(one.proven) + len(one.marked) + len(one.loose)
    return f"{one.page:<24}{count:>5} sentences {len(one.proven):>5} proven {len(one.marked):>5} marked {len(one.loose):>5} held by nothing"


def told(one: Tally) -> str:
    """What is wrong with a page, and what to do."""
    parts = list(one.complaints)
    if one.loose:
        parts += [CURE.format(page=one.page, path=one.path, kinds="] or [".join(KINDS))]
        parts += [f"  {sentence.words}" for sentence in one.loose]
    return "\n".join(parts)


@listing()
def main(arguments: list[str] | None = None, root: Path = Path()) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", help="the pages to tell of in full; without one, all are counted")
    wanted = parser.parse_args(arguments).pages
    found = [one for one in tallies(root) if not wanted or one.page in wanted]
    for one in found:
        sys.stdout.write(f"{line(one)}\n")
        if wanted and told(one):
            sys.stdout.write(f"{told(one)}\n")
    wrong = [complaint for one in found for complaint in one.complaints]
    if wrong and not wanted:
        sys.stdout.write("\n".join(wrong) + "\n")
    raise SystemExit(bool(wrong))
