"""Break the site in one place, and see the rule that must notice notice it.

Each test names the rule: 1 the page is the program, 2 numbers in backticks quote the output,
3 a run repeats itself, 4 claims have tests, 5 the built page shows it, 6 strict and warnings,
7 a chapter has sections. What stops the build itself says so with a file, a place and a cure.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys

import pytest
from filelock import FileLock

import rules
from conftest import (
    NO_BROWSER,
    ONCE_A_WEEK,
    ROOT,
    build,
    copy_of_the_sources,
    remember_the_problems,
    shown_by,
    small_site,
)
from proven import of_a_small_site
from weave.run import run


@pytest.fixture
def copy(tmp_path):
    return copy_of_the_sources(tmp_path)


def mutate(root, file, old, new):
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert len(re.findall(old, text)) >= 1, f"{old!r} is no longer in {file}: mend this test"
    path.write_text(re.sub(old, new, text, count=1), encoding="utf-8")


def program_rules(root) -> dict[int, list[str]]:
    """The complaints of rules 1 and 2 about the chapter on overshoot."""
    changed = (root / PROGRAM).read_bytes() != (ROOT / PROGRAM).read_bytes()
    shown = run(root / PROGRAM) if changed else shown_by("overshoot")
    markdown = (root / "docs/overshoot.md").read_text(encoding="utf-8")
    return {
        1: rules.page_is_the_program(root, "overshoot", shown),
        2: rules.numbers_quote_the_output(markdown, "\n".join(part.printed for part in shown)),
    }


PROGRAM, PAGE, LAB = "snippets/overshoot.py", "docs/overshoot.md", "docs/labs/limit.py"


def test_the_site_as_it_is_passes(copy):
    assert program_rules(copy) == {1: [], 2: []}


@pytest.mark.parametrize(
    "rule, file, old, new, complaint",
    [
        pytest.param(
            2, PROGRAM, r"0\.108, 0\.12:", "0.109, 0.12:", "is not printed", id="a constant changed"
        ),
        pytest.param(
            1,
            PAGE,
            r'--8<-- "overshoot\.yours\.txt"',
            "losses 16158568 → 24813345",
            "a block is typed by hand",
            id="an output typed by hand",
        ),
        pytest.param(
            1,
            PAGE,
            r"\Z",
            '\\n=== "PyTorch"\\n\\n    ```python\\n    x = 1\\n    ```\\n',
            "a block is typed by hand",
            id="a block typed by hand in a tab",
        ),
        pytest.param(
            1,
            PAGE,
            r'```python\n--8<-- "overshoot\.py:scale"\n```\n',
            "",
            r"never shows \('code', 'overshoot', 'scale'\)",
            id="an include removed",
        ),
        pytest.param(
            1,
            PAGE,
            r"!\[[^\]]*\]\(figures/overshoot\.losses\.svg\)",
            "",
            r"never shows \('figure', 'overshoot', 'losses'\)",
            id="a figure removed",
        ),
        pytest.param(
            1,
            PROGRAM,
            r"(start|end):scale(\](?s:.*)end:)scale",
            r"\1:size\2size",
            r"the program has no \('code', 'overshoot', 'scale'\)",
            id="a section renamed",
        ),
        pytest.param(
            1,
            PROGRAM,
            r"\Z",
            "\n# %% --8<-- [start:more]\nprint(1)\n# --8<-- [end:more]\n",
            r"never shows \('code', 'overshoot', 'more'\)",
            id="a section never shown",
        ),
        pytest.param(
            1,
            PROGRAM,
            r'print\(f"growth.*\nprint.*\n',
            "",
            r"the program has no \('output', 'overshoot', 'yours'\)",
            id="the prints of a section removed",
        ),
        pytest.param(
            2, PROGRAM, r'print\(f"1/λ.*\n', "", "`0.053591` is not printed", id="one print removed"
        ),
        pytest.param(
            1,
            PAGE,
            r'(```python\n--8<-- "overshoot\.py:data"\n```\n)((?s:.*?))(```python\n--8<-- "overshoot\.py:descend"\n```)',
            r"\3\2\1",
            "in another order",
            id="two sections exchanged",
        ),
        pytest.param(
            2,
            PAGE,
            r"`1\.606e\+08`",
            "`1.607e+08`",
            "`1.607e.08` is not printed",
            id="a false number in backticks",
        ),
        pytest.param(
            2,
            PAGE,
            r"`18\.66`",
            "`8.66`",
            "`8.66` is not printed",
            id="part of a number passed off as a number",
        ),
    ],
)
def test_a_rule_about_program_and_page_notices(copy, rule, file, old, new, complaint):
    mutate(copy, file, old, new)
    complaints = program_rules(copy)
    assert any(re.search(complaint, line) for line in complaints[rule]), complaints


@pytest.fixture(scope="module")
def small(tmp_path_factory, worker_id):
    """The small site, built once for all workers."""
    base = tmp_path_factory.getbasetemp()
    root = (base if worker_id == "master" else base.parent) / "the-small-site"
    with FileLock(root.with_suffix(".lock")):
        if not (root / "site").exists():
            shutil.rmtree(root, ignore_errors=True)
            root.mkdir()
            remember_the_problems(root)
            result = build(small_site(root), **NO_BROWSER)
            assert result.returncode == 0, result.stderr
    return root


@of_a_small_site
@pytest.mark.parametrize(
    "file, old, new, message",
    [
        pytest.param(
            PROGRAM,
            r"numbers = ",
            "numbers = 1 / 0 + ",
            r"snippets/overshoot\.py, line \d+: section 'halve' raised ZeroDivisionError: division by zero\n"
            r".*Cure: run `python snippets/overshoot\.py`",
            id="an exception",
        ),
        pytest.param(
            PROGRAM,
            r"numbers = ",
            "np.log(np.zeros(1))\nnumbers = ",
            r"overshoot\.py, line \d+: section 'halve' raised RuntimeWarning: divide by zero.*\n.*Cure: .*errstate",
            id="a warning",
        ),
        pytest.param(
            PROGRAM,
            r"\Z",
            "\nprint(1)\n",
            r"overshoot\.py, line \d+: this code stands outside every section\.\n.*Cure: move it",
            id="code outside the sections",
        ),
        pytest.param(
            PROGRAM,
            r"numbers = ",
            "print(np.random.default_rng().random())\nnumbers = ",
            r"section 'halve' prints or draws something else each time\.\n.*Cure: seed",
            id="unseeded randomness that is printed",
        ),
        pytest.param(
            PAGE,
            r"overshoot\.py:draw",
            "overshoot.py:draws",
            r"docs/overshoot\.md: --8<-- \"overshoot\.py:draws\" leads nowhere\.\n.*has the sections halve, draw",
            id="an include of a section that is not there",
        ),
        pytest.param(
            PAGE,
            r"overshoot\.halve\.txt",
            "overshoot.steps.txt",
            r"docs/overshoot\.md: --8<-- \"overshoot\.steps\.txt\" leads nowhere\.\n.*one that prints has an output",
            id="an output of a section that prints nothing",
        ),
        pytest.param(
            PAGE,
            r"figures/overshoot\.draw\.svg",
            "figures/overshoot.drew.svg",
            r"overshoot\.md' contains a link 'figures/overshoot\.drew\.light\.svg', but the target is not found",
            id="a figure that is not there",
        ),
        pytest.param(
            PAGE,
            r"\\alpha\\lambda",
            r"\\alfa\\lambda",
            r"'overshoot\.md'(?s:.*)the formula (?s:.*)\\alfa(?s:.*) cannot be set: .*Unknown command.*\n.*Cure",
            id="a formula with a misspelt command",
        ),
        pytest.param(
            LAB,
            r"lam = np\.array",
            "1 / 0\nlam = np.array",
            r"docs/labs/limit\.py: ZeroDivisionError: division by zero\n.*Cure: run `python docs/labs/limit\.py`",
            id="a lab that fails",
        ),
        pytest.param(
            LAB,
            r"lam = np\.array",
            "np.log(np.zeros(1))\nlam = np.array",
            r"docs/labs/limit\.py: RuntimeWarning: divide by zero.*\n.*Cure",
            id="a lab that warns",
        ),
        pytest.param(
            LAB,
            r"limit = 2 / lam\.max\(\)",
            "limit = 1 / lam.max()",
            r"docs/labs/limit\.py: Not yet\. This is half the limit",
            id="a lab whose answer its own check refuses",
        ),
        pytest.param(
            LAB,
            r'# %% alt="[^"]*"',
            "# %%",
            r"docs/labs/limit\.py: a page cannot show 'a figure without a text'\.\n.*Cure",
            id="a figure of a lab without a text",
        ),
        pytest.param(
            PAGE,
            r"sources\.md#curvature",
            "sources.md#curvatur",
            r"'overshoot\.md' contains a link 'sources\.md#curvatur', but the doc .* does not contain an anchor",
            id="a link to an anchor that is not there",
        ),
    ],
)
def test_the_build_stops_with_a_message_and_the_last_good_site_stays(
    tmp_path, small, file, old, new, message
):
    copy = shutil.copytree(small, tmp_path / "copy")
    before = {path: path.read_bytes() for path in (copy / "site").rglob("*") if path.is_file()}
    mutate(copy, file, old, new)
    result = build(copy, **NO_BROWSER)
    assert result.returncode != 0
    assert re.search(message, result.stderr), result.stderr
    assert "Traceback" not in result.stderr
    after = {path: path.read_bytes() for path in (copy / "site").rglob("*") if path.is_file()}
    assert after == before


@of_a_small_site
def test_rule_5_notices_what_raw_html_brings_to_the_built_page(small, tmp_path):
    copy = shutil.copytree(small, tmp_path / "copy")
    shown = run(copy / PROGRAM)
    assert rules.built_page_shows_it(copy, copy / "site", "overshoot", shown) == []
    page = copy / "docs/overshoot.md"
    page.write_text(
        page.read_text(encoding="utf-8")
        + '\n\n<img src="../figures/nowhere.svg" alt="This figure does not exist, so the image is broken">\n'
        + '\n<img class="only-dark" src="../figures/overshoot.draw.light.svg" width="1" height="1" '
        + 'alt="A light figure that stands in the dark place">\n'
        + '\n<img class="only-light" src="../figures/overshoot.draw.light.svg" alt="short">\n'
        + '\n<a href="../sources/#nowhere">anchor</a> <a href="../nowhere/">page</a>\n'
        + '\n<link rel="stylesheet" href="https://fonts.example/font.css">\n'
        + "\n```python\nprint('typed by hand')\n```\n",
        encoding="utf-8",
    )
    result = build(copy, **NO_BROWSER)
    assert result.returncode == 0, result.stderr
    images = "\n".join(rules.images_are_right(copy / "site"))
    assert "'../figures/nowhere.svg' leads nowhere" in images
    assert "'../figures/overshoot.draw.light.svg' stands in the place of another colour scheme" in images
    assert "lacks a text that states its conclusion" in images
    assert "has no size" in images
    links = "\n".join(rules.links_lead_somewhere(copy / "site"))
    assert "'../sources/#nowhere' names an anchor that is not there" in links
    assert "'../nowhere/' leads nowhere" in links
    assert "loads <link" in "\n".join(rules.nothing_is_fetched_from_elsewhere(copy / "site"))
    assert rules.built_page_shows_it(copy, copy / "site", "overshoot", shown) == [
        "overshoot: the python blocks of the page are not the program's"
    ]


def test_rule_4_notices_a_program_that_computes_something_else(copy):
    shutil.copytree(ROOT / "tests", copy / "tests")
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, copy)
    mutate(copy, PROGRAM, r"0\.5 \* np\.sum", "np.sum")
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "tests/test_overshoot.py", "-k", "article"]
    result = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    assert "FAILED tests/test_overshoot.py::test_the_article_s_numbers_are_reproduced" in result.stdout


@of_a_small_site
def test_rule_7_notices_a_program_whose_markers_match_nothing(small, tmp_path):
    copy = shutil.copytree(small, tmp_path / "copy")
    mutate(copy, PROGRAM, r"(?s)# %% --8<--.*", "# no section here\n")
    result = build(copy, **NO_BROWSER)
    assert result.returncode != 0
    assert "overshoot.py, line 1: the program has no section" in result.stderr
    assert rules.page_is_the_program(copy, "overshoot", [])[0] == "overshoot: the program has no section"


@contextlib.contextmanager
def another_machine():
    """What is started here runs on one core, and what it writes nobody else may read."""
    cores, mask = getattr(os, "sched_getaffinity", lambda _: None)(0), os.umask(0o077)
    try:
        if cores:
            os.sched_setaffinity(0, {min(cores)})
        yield
    finally:
        os.umask(mask)
        if cores:
            os.sched_setaffinity(0, cores)


@of_a_small_site
@pytest.mark.parametrize("sources", [small_site, pytest.param(copy_of_the_sources, marks=ONCE_A_WEEK)])
def test_two_builds_are_the_same_byte_for_byte(tmp_path, sources):
    """So each program prints and draws the same again (rule 3), wherever it runs: in another folder, time zone and locale, with another hash seed and mask, on one core."""
    here, there = tmp_path / "here", tmp_path / "Größe mit Leerzeichen"
    for folder in (here, there):
        folder.mkdir()
        sources(folder)
    elsewhere = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "7", "PYTHON_CPU_COUNT": "1"}
    first = build(here)
    with another_machine():
        second = build(there, **elsewhere)
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    files, again = (
        {path.relative_to(root): path.read_bytes() for path in (root / "site").rglob("*") if path.is_file()}
        for root in (here, there)
    )
    assert files.keys() == again.keys() and {".pdf", ".zip", ".ipynb", ".svg"} <= {
        path.suffix for path in files
    }
    assert [name for name in files if files[name] != again[name]] == []
