"""Add a chapter:  uv run chapter new decay --after fixes     and then:  uv run chapter check decay

``new`` writes the program, the page with all its parts, and the test, names the chapter in the navigation,
and lets the chapter before lead to it. ``check`` runs the program and tells all that the chapter still
lacks, without building the site.
"""

import argparse
import re
import sys
from pathlib import Path

from chapters.pattern import BLANK, lacks_tests, page_lacks, places_lack, program_lacks
from chapters.shown import numbers_quote_the_output, page_is_the_program
from held.listing import listing
from weave.program import programs, sections
from weave.run import run
from weave.source import SiteError, read

SKELETON = Path(__file__).with_name("skeleton")
PLACES = {"program.py": "snippets/{}.py", "page.md": "docs/{}.md", "tests.py": "tests/test_{}.py"}


class ChapterError(Exception):
    """A chapter that cannot be begun. The message names the cure."""


def new(root: Path, stem: str, after: str) -> list[str]:
    """Begin a chapter after another; returns the files that were written or changed. Raises ChapterError."""
    before = root / "docs" / f"{after}.md"
    if not re.fullmatch(r"[a-z][a-z0-9]*", stem):
        raise ChapterError(
            f"“{stem}” is no name of a program.\n  Cure: one word of small letters, such as decay."
        )
    files = {name: root / place.format(stem) for name, place in PLACES.items()}
    if taken := [path for path in files.values() if path.exists()]:
        raise ChapterError(f"{taken[0].relative_to(root)} is there already.\n  Cure: choose another name.")
    nav = re.compile(rf"^( +- ){after}\.md\n", re.MULTILINE)
    settings = (root / "mkdocs.yml").read_text(encoding="utf-8")
    last = re.search(r"\n(\*Next: .*)\n*\Z", read(before)) if before.exists() else None
    if not (nav.search(settings) and last):
        raise ChapterError(
            f"“{after}” is no chapter that leads on.\n  Cure: name one that nav in mkdocs.yml names."
        )
    for name, path in files.items():
        text = (SKELETON / name).read_text(encoding="utf-8")
        text = text.replace("NAME", stem).replace("TITLE", stem.title()).replace("*Next*", last[1])
        path.write_text(text, encoding="utf-8")
    leads = f"\n*Next: [{stem}]({stem}.md), because ⟨say why it comes next⟩.*\n"
    before.write_text(read(before)[: last.start()] + leads, encoding="utf-8")
    (root / "mkdocs.yml").write_text(nav.sub(rf"\g<0>\g<1>{stem}.md\n", settings), encoding="utf-8")
    programs(root / "snippets")  # complains of a name that hides a module
    return [place.format(stem) for place in PLACES.values()] + [f"docs/{after}.md", "mkdocs.yml"]


def lacks(root: Path, stem: str) -> list[str]:
    """All that a chapter lacks, a line each, with its file."""
    paths = {name: root / place.format(stem) for name, place in PLACES.items()}
    told = [f"{path.relative_to(root)}: it is not there." for path in paths.values() if not path.exists()]
    if told:
        return told
    program, page, tests = (read(path) for path in paths.values())
    packages = {file.parent.name for file in (root / "snippets").glob("*/__init__.py")}
    try:
        parts, shown = sections(paths["program.py"]), run(paths["program.py"])
    except SiteError as error:
        return [str(error)]
    printed = "\n".join(part.printed for part in shown)
    found = {
        "program.py": program_lacks(parts, program, packages),
        "page.md": page_is_the_program(page, stem, shown)
        + numbers_quote_the_output(page, printed)
        + page_lacks(page),
        "tests.py": lacks_tests(tests),
    }
    for name, text in zip(paths, (program, page, tests), strict=True):
        found[name] += [f"still to be written: {blank}" for blank in BLANK.findall(text)]
    where = {name: path.relative_to(root).as_posix() for name, path in paths.items()}
    return [f"{where[name]}: {one}" for name, ones in found.items() for one in ones] + places_lack(root, stem)


@listing()
def main(arguments: list[str] | None = None, root: Path = Path()) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("action", choices=["new", "check"])
    parser.add_argument("name", help="one word: the program, the page and the test are named for it")
    parser.add_argument("--after", help="the chapter that it comes after")
    given = parser.parse_args(arguments)
    if given.action == "check":
        found = lacks(root, given.name)
        sys.stdout.write(
            "\n".join([*found, f"{len(found)} things are lacking." if found else "Nothing is lacking."])
            + "\n"
        )
        raise SystemExit(bool(found))
    try:
        written = new(
            root, given.name, given.after or parser.error("--after: name the chapter that it comes after.")
        )
    except (ChapterError, SiteError) as error:
        parser.error(str(error))
    sys.stdout.write(
        "Written or changed: " + ", ".join(written) + f"\nNext: uv run chapter check {given.name}\n"
    )


if __name__ == "__main__":
    main()
