"""What CONTRIBUTING and CHANGELOG state in commands and numbers is so."""

import ast
import os
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.metadata import version

import numpy as np
import pytest

import mutants
import rules
from chapters.pattern import COLUMNS, LINES
from conftest import ONCE_A_WEEK, ROOT, SNIPPETS, markdown_of, shown_by
from test_messages import ENTRIES
from weave.program import sections

PROVES = "CONTRIBUTING"
CONTRIBUTING, CHANGELOG = (
    (ROOT / f"{name}.md").read_text(encoding="utf-8") for name in ("CONTRIBUTING", "CHANGELOG")
)
FRAMEWORKS = {"pytorch", "keras", "lightning", "transformers", "jax"}


def commands(text: str) -> list[list[str]]:
    """What uv is asked to run: the words behind its own options."""
    found = re.findall(r"uv run ([^`\n]+)", text)
    return [shlex.split(re.sub(r"--(?:group|with) \S+ |--no-sync ", "", one)) for one in found]


def test_every_command_is_one_and_what_it_is_given_is_there():
    """“`uv run chapter check taylor` tells all that a chapter lacks, within seconds; `uv run pytest -n0
    tests/test_taylor.py` runs one chapter's tests without building the site: within seconds those that an edit of its
    page, and of what they quote from it, can break, and all of them, in ten seconds to a minute and a half, where its
    program has changed or what the tests do; `uv run pytest` runs everything.” “`measure/` | `uv run benchmark`, `uv run compare --write docs/benchmark.md` (other tools, on a quiet
    machine, some hours), `measure.lighthouse`, `measure.figures`, how right the reader of logs is, and how well a
    curvature foretells a rate (`uv run --group frameworks --group evaluation predict`, an hour)” CHANGELOG.md: “`uv run
    grade` grades notebooks or a table against the key, with a page to hand back to each learner.”"""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    known = {*project["project"]["scripts"], "mkdocs", "pytest", "python"}
    asked = commands(CONTRIBUTING) + commands(CHANGELOG)
    assert {command[0] for command in asked} <= known and len(asked) > 12
    for _, *words in asked:
        module = words[words.index("-m") + 1].replace(".", "/") if "-m" in words else "measure/lighthouse"
        assert (ROOT / "scripts" / f"{module}.py").exists()
        assert all((ROOT / word).exists() for word in words if re.match(r"(?:tests|docs|scripts)/", word))
    assert (ROOT / "scripts/measure/figures.py").exists()
    for chapter in rules.chapters(ROOT):  # its file of tests asks for no built site
        tests = ast.parse((ROOT / f"tests/test_{chapter}.py").read_text(encoding="utf-8"))
        taken = {
            one.arg for node in ast.walk(tests) if isinstance(node, ast.FunctionDef) for one in node.args.args
        }
        assert taken.isdisjoint({"site", "open_page", "address", "browser"}), chapter


def test_the_checks_are_ruff_codespell_and_the_tests_and_the_browser_s_must_run():
    """“`bash .ci/run` does what the checks on the server do: `ruff`, `codespell` (British spelling), the tests; the
    browser's must run there.” “With `WEEKLY=1` nothing is spared, as on the server once a week, under
    Python 3.12 and 3.13.”"""
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert re.findall(r"^uv run (\w+)", script, re.MULTILINE) == ["ruff", "ruff", "codespell", "pytest"]
    assert 'export CI="${CI:-true}"' in script  # with which a test without a browser fails
    weekly = (ROOT / ".github/workflows/weekly.yml").read_text(encoding="utf-8")
    locked = weekly.split("  locked:")[1].split("\n\n")[0]
    assert 'python: ["3.12", "3.13"]' in locked
    assert re.search(r'run: bash \.ci/run\n +env:\n +UV_PYTHON: \$.*\n +WEEKLY: "1"', locked)
    assert ONCE_A_WEEK.args == (not os.environ.get("WEEKLY"),)


def test_the_weekly_job_builds_with_two_successors_and_a_fresh_debian_is_one_command():
    """“MkDocs 1 is no longer developed: `uv run --with properdocs --with zensical python -m measure.builders properdocs
    zensical` builds the site with two successors every week and lists what would be lost.” “The lines for PyTorch, Keras,
    Lightning, Hugging Face and JAX, `snippets/frameworks/lines_….py`, are pieces of a loop of the reader's own;
    `tests/lines/` sets each into one, and `uv run --group frameworks pytest tests/test_frameworks.py` (some gigabytes)
    runs them, the workflows are read by actionlint and zizmor, and `sudo sh .ci/fresh trixie` runs the README's two lines
    in a fresh Debian.”"""
    weekly = (ROOT / ".github/workflows/weekly.yml").read_text(encoding="utf-8")
    assert version("mkdocs").split(".")[0] == "1" and "schedule:" in weekly
    for successor in ("properdocs", "zensical"):
        assert f"uv run --with {successor} python -m measure.builders {successor}" in weekly
    lines = {path.stem.removeprefix("lines_") for path in (SNIPPETS / "frameworks").glob("lines_*.py")}
    assert lines == FRAMEWORKS and (ROOT / "tests/lines").is_dir()
    fresh = (ROOT / ".ci/fresh").read_text(encoding="utf-8")
    assert "sudo sh .ci/fresh trixie" in fresh and "README.md" in fresh


def test_every_week_the_scripts_are_changed_and_too_few_that_are_noticed_fail():
    """“`uv run python tests/mutants.py plot` does it for one part (its head says how to get the tool).”"""
    weekly = (ROOT / ".github/workflows/weekly.yml").read_text(encoding="utf-8")
    assert "run: uv run python tests/mutants.py |" in weekly and f"run: {mutants.GET}\n" in weekly
    assert mutants.GET in mutants.__doc__ and "plot" in mutants.PARTS
    tried = [
        path for part in mutants.PARTS.values() for name in part.files for path in mutants.SCRIPTS.glob(name)
    ]
    assert {path.parent.name for path in tried} == {"models", "interactive", "diagnose"}
    assert all(part.least >= 75 and part.tests for part in mutants.PARTS.values())


def test_the_sections_of_every_program_can_be_read():
    """“A section has at most 15 lines, blank ones left out, and 76 columns; a chapter that can be shorter than its
    neighbours should be.”"""
    assert (LINES, COLUMNS) == (15, 76)  # which the command for a chapter asks for
    for path in rules.programs(ROOT):
        for part in sections(SNIPPETS / f"{path}.py"):
            lines = [line for line in part.code.splitlines() if line.strip()]
            assert len(lines) <= 15 and max(map(len, lines)) <= 76, (path, part.name)


def test_a_lab_runs_by_itself():
    """“A lab is one percent script in `docs/labs/`, with its answers; `python docs/labs/limit.py` runs it.”"""
    environment = {"MPLBACKEND": "svg", "PYTHONIOENCODING": "utf-8", "PATH": ""}
    command = [sys.executable, "docs/labs/limit.py"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0 and "✓" in run.stdout, run.stderr
    assert (ROOT / "docs/labs/limit.py").read_text(encoding="utf-8").count("# %%") > 10


def test_the_changelog_counts_what_is_there():
    """CHANGELOG.md: “*Adam*: why its rate is a distance and not a factor, one jump where descent climbs, the limit of 38/α
    and how training hovers at it, and each remedy measured on one spike.” “*In your framework*: each as one to sixteen
    lines for a training loop of your own in PyTorch, Keras, Lightning, Hugging Face or JAX: see every loss, stop before a
    nan, find the layer, warm up, AdamW, 16 bits, batches in parts.” “*You see this line*: 47 messages and log lines, word
    for word, from `loss: nan` to `No inf checks were recorded for this optimizer`.” “*Labs*, six of 45 minutes: find the
    limit, scale a real table, measure a network's sharpness, five logs to explain, the limit of a network of one's own, a
    run under Adam.”
    CHANGELOG.md: “It leads to every other page.” “Symptom cards: five of them to print, with a key.”
    “Twelve chapters with programs, predictions, exercises and answers: Overshoot, Taylor, Conditioning,
    Mini-batches, Overflow, Networks, Adam, Depth and time, Sixteen bits, Read your own run, Fixes, Cases;
    and a summary on one printable page.” CONTRIBUTING.md: “scripts/publish/theme_scripts.py changes eight
    expressions of the theme's scripts, and stops where a new release no longer has them.”"""
    adam = shown_by("adam")
    assert any("38" in part.printed for part in adam) and pytest.approx(38) == 2 * (1 + 0.9) / (1 - 0.9)
    blocks = [
        len([line for line in part.code.splitlines() if line.strip()])
        for name in FRAMEWORKS
        for part in sections(SNIPPETS / f"frameworks/lines_{name}.py")
    ]
    assert (min(blocks), max(blocks)) == (1, 16)
    assert any(
        "16 bits" in one or "bfloat16" in one
        for one in [(SNIPPETS / "frameworks/lines_pytorch.py").read_text()]
    )
    assert len(ENTRIES) == 47
    pages = {one.relative_to(ROOT / "docs").as_posix() for one in (ROOT / "docs").glob("*.md")}
    home = markdown_of("index")
    assert pages - set(re.findall(r"\]\(([\w-]+\.md)", home)) == {"index.md"}
    cards = markdown_of("cards")
    assert len(re.findall(r"^## Card \d$", cards, re.MULTILINE)) == cards.count('"Key to card') == 5
    named = re.search(r"Twelve chapters with programs, .*?: (.*); and a summary", CHANGELOG)[1].split(", ")
    titles = [
        re.search(r"^title: (.*)$", (ROOT / f"docs/{one}.md").read_text(encoding="utf-8"), re.MULTILINE)[1]
        for one in rules.chapters(ROOT)
    ]
    assert sorted(re.sub(r"\*", "", one) for one in named) == sorted(titles) and len(titles) == 12
    theme = (ROOT / "scripts/publish/theme_scripts.py").read_text(encoding="utf-8")
    assert (
        len(re.findall(r"^    _change\(", theme, re.MULTILINE)) == 8
    )  # and tests/test_quick.py sees it stop
    labs = sorted((ROOT / "docs/labs").glob("*.py"))
    assert len(labs) == 6 and all("**Time:** 45 minutes" in one.read_text(encoding="utf-8") for one in labs)


def test_a_run_that_exploded_gives_a_rate_in_the_terminal(tmp_path):
    """CHANGELOG.md: “*Read your own run*: paste the losses of a run that exploded and leave with a rate; the same as a
    program, `python snippets/diagnose.py run.csv --rate 0.001`.”"""
    assert "`python snippets/diagnose.py run.csv --rate 0.001`" in CHANGELOG
    losses = 3.0 ** np.arange(12)
    (tmp_path / "run.csv").write_text("loss\n" + "\n".join(map(str, losses)), encoding="utf-8")
    command = [sys.executable, ROOT / "snippets/diagnose.py", "run.csv", "--rate", "0.001"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=300)
    rates = [float(one) for one in re.findall(r"\b0\.000\d+", told.stdout)]
    assert told.returncode == 0 and rates and max(rates) < 0.001, told.stdout + told.stderr
