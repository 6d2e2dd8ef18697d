"""Which changes of the site's scripts no test notices: StrykerJS makes them, one at a time, and runs the tests.

``uv run python tests/mutants.py plot`` tries one part, without a name all. Each part has the tests that are cheapest
to run, in node and without a built site, and a score below which the command ends with 1. First get the tool:
uv run bun install --frozen-lockfile --cwd tests/figures
"""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / room) for room in ("tests", "scripts", "snippets", "docs/labs")]

import test_page_model as both  # noqa: E402
from pages.reader_data import write_reader_data  # noqa: E402

GET = "uv run bun install --frozen-lockfile --cwd tests/figures"
SCRIPTS = ROOT / "docs" / "assets"
TOOLS = ROOT / "tests" / "figures" / "node_modules"
WORK = ROOT / "build" / "mutants"
FIGURE = ("address", "elements", "figure", "handle", "knobs")
READER = (
    "data",
    "explosion",
    "log",
    "model",
    "rates",
    "reading",
    "shapes",
    "spacing",
    "tables",
    "text",
    "verdicts",
)


@dataclass
class Part:
    files: list[str]  # in docs/assets
    tests: list[str]  # in tests
    least: int  # percent of the changes that are noticed


PARTS = {
    "models": Part(["interactive/models/*"], ["figures/*.test.mjs"], 90),
    "plot": Part(["interactive/plot.js"], ["figures/plot.test.mjs"], 90),
    "figure": Part([f"interactive/{name}.js" for name in FIGURE], ["figures/dom/figure.test.mjs"], 90),
    "answer": Part(
        ["diagnose/answer.js", "diagnose/drawing.js"],
        ["diagnose/answer.test.mjs", "diagnose/drawing.test.mjs"],
        90,
    ),
    "reader": Part([f"diagnose/{name}.js" for name in READER], ["diagnose/agree.test.mjs"], 85),
}


def asked_and_answered() -> list[dict]:
    """Each case that both halves of the reader are asked, the shortest first, with what the program answers."""
    asked = []
    both.agree = lambda _, case: asked.append(case)
    both.test_the_page_and_the_program_agree_on_every_log_of_the_table(None)
    for log in both.PUBLIC:
        both.test_they_agree_on_a_log_that_somebody_posted(None, log)
    both.test_on_a_heap_of_pieces_they_agree(None)
    both.test_on_lines_of_one_form_they_agree(None)
    both.test_on_a_log_at_random_they_agree(None)
    answered = [{"asked": both.plain(case), "answer": both.python(case)} for case in asked]
    return sorted(answered, key=lambda one: len(json.dumps(one)))


def prepare() -> None:
    """The scripts and their tests in a folder of their own."""
    shutil.rmtree(WORK, ignore_errors=True)
    for name in ("interactive", "diagnose"):
        shutil.copytree(SCRIPTS / name, WORK / "docs" / "assets" / name)
    unseen = shutil.ignore_patterns("node_modules", "public")
    for name in ("figures", "diagnose"):
        shutil.copytree(ROOT / "tests" / name, WORK / "tests" / name, ignore=unseen)
    (WORK / "node_modules").symlink_to(TOOLS)
    write_reader_data(ROOT / "snippets" / "readlog", WORK / "docs")
    cases = "".join(f"{json.dumps(one)}\n" for one in asked_and_answered())
    (WORK / "tests" / "diagnose" / "cases.jsonl").write_text(cases, encoding="utf-8")


def run(name: str) -> dict:
    """What became of each change of a part, by file, as the tool reports it."""
    part, report = PARTS[name], WORK / f"{name}.report.json"
    options = {
        "mutate": [f"docs/assets/{files}" for files in part.files],
        "testRunner": "tap",
        "plugins": ["@stryker-mutator/tap-runner"],
        "tap": {
            "testFiles": [f"tests/{tests}" for tests in part.tests],
            "forceBail": True,
            "nodeArgs": ["--test-reporter=tap"],
        },
        "reporters": ["json"],
        "jsonReporter": {"fileName": report.name},
        "tempDirName": "build",
        "timeoutMS": 60000,
        "logLevel": "warn",
        "warnings": {"unknownOptions": False},
    }
    (WORK / f"{name}.json").write_text(json.dumps(options), encoding="utf-8")
    subprocess.run([TOOLS / ".bin" / "stryker", "run", f"{name}.json"], cwd=WORK, check=True)
    return json.loads(report.read_text(encoding="utf-8"))["files"]


def survivors(file: dict):
    """Each change that no test notices: the line, what stood there and what stands there then."""
    lines = file["source"].split("\n")
    for one in file["mutants"]:
        if one["status"] in {"Survived", "NoCoverage"}:
            start, end = one["location"]["start"], one["location"]["end"]
            stop = end["column"] - 1 if end["line"] == start["line"] else None
            was = lines[start["line"] - 1][start["column"] - 1 : stop]
            yield f"  {start['line']}: {was}  →  {one['replacement']}"


def score(files: list[dict]) -> float:
    states = [one["status"] for file in files for one in file["mutants"] if one["status"] != "Ignored"]
    return 100 * sum(state in {"Killed", "Timeout"} for state in states) / len(states)


def main(names: list[str]) -> int:
    prepare()
    low = []
    for name in names or PARTS:
        files = run(name)
        for path, file in files.items():
            print(f"\n{path}: {score([file]):.1f} %", *survivors(file), sep="\n")
        whole = score([*files.values()])
        print(
            f"\n{name}: {whole:.1f} % of its changes are noticed, at least {PARTS[name].least} % must be",
            flush=True,
        )
        low += [name] * (whole < PARTS[name].least)
    return int(bool(low))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
