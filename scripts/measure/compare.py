"""Build the same chapters with this project and with what people would pick instead: ``uv run compare``.

The ten chapters of the site, programs and prose, and copies of them up to 100 and 300. Each tool has an
environment of its own, the newest release that installs, and its own cache switched on; one that does not
install or does not build here is told in a line and skipped. ``--write docs/benchmark.md`` puts the table on
that page, between its two comments, after each tool.

cold     the first build in a fresh folder: seconds, and seconds of processor time in all its processes
nothing  a build after which nothing has changed; the median of three
edit     a build after a line was added to one program, which is then looked for on its page; the median of
         three chapters
memory   the most that all processes of the cold build hold at once, seen twice a second; what they share
         counts once
page     bytes of the chapter Overshoot when a browser opens it for the first time, with all that it loads from
         its own site, compressed; what it would load from other hosts is refused, counted and not weighed

What a tool lacks (``Tool.lacks``): of the others none draws figures for two colour schemes and for a phone, or
makes slides, labs, problem sets, a PDF and an archive; the site as it is has these, so its column says what they
cost. None checks what the pages say. All have the same prose: boxes, live figures and code for frameworks are
taken out for everybody.
"""

import argparse
import os
import platform
import re
import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from measure.others.build import Skipped, adopt_orphans, built, installed
from measure.others.chapter import EDIT, Chapter, chapters
from measure.others.load import first_load
from measure.others.tools import ROOT, TOOLS, Tool

BUILDS = {"cold": "Cold", "edit": "One program edited", "nothing": "Nothing changed"}
COSTS = {"processor": "Processor, s", "memory": "Memory, MB", "page": "Page, kB"}
NOTE = "\n\\* and a script or style sheet from another host, which was not weighed.\n"
FAILED = "Traceback (most recent call last)"
BETWEEN = re.compile(r"(?<=<!-- measured -->\n).*?(?=<!-- /measured -->)", re.DOTALL)


def measured(tool: Tool, count: int, environment: dict) -> dict:
    """All that is measured of a tool with so many chapters."""
    read = chapters(ROOT, count)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tool.lay(tool, folder, read)
        cold = built(tool, folder, environment)
        for chapter in read:
            if FAILED in shown(tool, folder, chapter):
                raise Skipped(f"the program of the chapter {chapter.name} does not run in it")
        page = tool.page.format(read[0].name)
        load = first_load(folder / page.partition("/")[0], folder / page)
        environment = environment | tool.later
        nothing = [built(tool, folder, environment)["seconds"] for _ in range(3)]
        edits = []
        for chapter in read[:3]:
            tool.write(folder, chapter.edited())
            edits.append(built(tool, folder, environment)["seconds"])
            if EDIT[1] not in shown(tool, folder, chapter):
                raise Skipped(f"an edit of the chapter {chapter.name} does not reach its page")
    medians = {"nothing": statistics.median(nothing), "edit": statistics.median(edits)}
    weighed = {"page": load[0] / 1000, "elsewhere": load[1]} if load else {}
    return cold | {"cold": cold["seconds"]} | weighed | medians


def shown(tool: Tool, folder: Path, chapter: Chapter) -> str:
    """A chapter's page as the tool has built it."""
    page = folder / tool.page.format(chapter.name)
    if not page.is_file():
        raise Skipped(f"it makes no page of the chapter {chapter.name}")
    return page.read_text(encoding="utf-8")


def tables(found: dict[str, dict[int, dict]], counts: list[int]) -> str:
    """A row a tool, with the ratio to the first one's; narrow enough for a phone."""
    few, many = min(counts), max(counts)
    made = []
    for count in [one for one in counts if any(one in of for of in found.values())]:
        rows = {name: [of[count].get(key) for key in BUILDS] for name, of in found.items() if count in of}
        made.append(f"**{count} chapters**, in seconds:\n\n" + grid(BUILDS.values(), rows))
    both = {name: of for name, of in found.items() if of.keys() >= {few, many}}
    if few < many and both:
        rows = {name: [_growth(of, key, few, many) for key in BUILDS] for name, of in both.items()}
        head = f"**Each chapter more**, from {few} to {many}, in seconds:\n\n"
        made.append(head + grid(BUILDS.values(), rows, digits=3))
    rows = {name: [of.get(few, {}).get(key) for key in COSTS] for name, of in found.items()}
    marks = {name: ["", "", "\\*" * bool(of.get(few, {}).get("elsewhere"))] for name, of in found.items()}
    head = f"**The first build of {few} chapters**, and a page of it as a browser loads it:\n\n"
    made.append(head + grid(COSTS.values(), rows, marks=marks) + NOTE * any(map(any, marks.values())))
    return "\n".join(made)


def grid(heads: Iterable[str], rows: dict[str, list], digits=1, marks=None) -> str:
    """A Markdown table. Behind each number, how many times the first row's it is, unless that is shown as 0."""
    heads, firsts = list(heads), next(iter(rows.values()))
    lines = [f"| Tool | {' | '.join(heads)} |", "|---|" + "---|" * len(heads)]
    for name, values in rows.items():
        cells = []
        for value, first, mark in zip(
            values, firsts, (marks or {}).get(name, [""] * len(heads)), strict=True
        ):
            text = "–" if value is None else f"{value:,.{digits if value < 100 else 0}f}{mark}"
            several = value and first and round(first, digits) and values is not firsts
            cells.append(f"{text} ({value / first:.1f}×)" if several else text)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _growth(of: dict[int, dict], key: str, few: int, many: int) -> float:
    """Seconds that each chapter more adds to a build."""
    return (of[many][key] - of[few][key]) / (many - few)


def machine(releases: dict[str, str], load: float) -> str:
    """When and where it was measured, and with which releases."""
    known = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", known.read_text()) if known.exists() else None
    others = [
        f"{re.sub(' [12]$', '', name)} {releases[name]}" for name in releases if "Overshoot" not in name
    ]
    used = f" {', '.join(others)}." if others else ""
    today = f"{date.today():%-d %B %Y}"
    return (
        f"Measured on {today}: {os.cpu_count()} cores ({model[1] if model else platform.processor()}), "
        f"{platform.system()}, Python {platform.python_version()}; load before the first build {load:.1f}.{used}\n"
    )


def write(page: Path, text: str) -> None:
    """Put the text between the two comments of a page."""
    source = page if page.exists() else Path(__file__).parent / "others" / "page.md"
    page.write_text(BETWEEN.sub(lambda _: text, source.read_text(encoding="utf-8")), encoding="utf-8")


def compare(tools: list[Tool], counts: list[int]) -> Iterator[str]:
    """Measure the tools one by one. After each, all that the page says."""
    load, found, releases, skipped = os.getloadavg()[0], {}, {}, []
    adopt_orphans()
    for tool in tools:
        try:
            environment, releases[tool.name] = installed(tool, ROOT / "build/compare")
            for count in counts:
                print(f"{tool.name}, {count} chapters …", file=sys.stderr, flush=True)
                found.setdefault(tool.name, {})[count] = measured(tool, count, environment)
        except Skipped as why:
            skipped.append(f"- **{tool.name}**: {why}.\n")
            print(skipped[-1], file=sys.stderr, flush=True)
        if found := {name: rows for name, rows in found.items() if rows}:
            used = {name: release for name, release in releases.items() if name in found}
            yield "\n".join([tables(found, counts), machine(used, load), *skipped])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chapters", type=int, nargs="+", default=[10, 100, 300])
    parser.add_argument("--tools", nargs="+", default=[""], help="only these, by a part of the name")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="the page whose table is replaced")
    asked = parser.parse_args()
    tools = [tool for tool in TOOLS if any(part in tool.name for part in asked.tools)]
    text = ""
    for text in compare(tools, asked.chapters):
        if asked.write:
            write(asked.write, text)
    print(text)


if __name__ == "__main__":
    main()
