"""The labs: what a learner meets, what each check says, what can be taken along, and what the words claim."""

import ast
import contextlib
import functools
import gzip
import io
import itertools
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from given.checks import NotYet, fill_in, noted
from given.penguins import TABLE
from mkdocs.config import load_config
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

import notebook
import rules
from conftest import ONCE_A_WEEK, ROOT, markdown_of, no_window
from lab import (
    LABS,
    answered,
    blanks,
    code_of,
    number_of,
    printed_by,
    printed_in,
    refusal,
    slip,
    steps_of,
    typical_wrong_answers,
    words_of,
)
from labs.kernels import Manager
from labs.lab import ANSWER, blanked, checks, downloads, explanations
from labs.page import page as lab_page
from proven import HELPERS, proven_by
from weave.run import COLOUR, STYLES

# What the labs and what is made of them depend on, and what of the site those look at who need it.
MADE_OF = (
    "docs/labs/**/*",
    "docs/teach.md",
    "scripts/[lpw]*/**/*",
    "mkdocs.yml",
    "tests/notebook.py",
    "tests/rules.py",
    *HELPERS,
)
pytestmark = proven_by(*MADE_OF)
on_the_site = proven_by(*MADE_OF, "site/labs/{stem}/index.html", "site/labs/downloads/{stem}-*")

NEEDED = {"numpy", "matplotlib"}


# What a learner meets


def test_there_are_six_labs():
    assert set(LABS) == {"limit", "scale", "sharpness", "autopsy", "yours", "adam"}


@pytest.mark.parametrize("stem", LABS)
def test_each_lab_has_a_prediction_and_four_to_six_other_blanks(stem):
    """docs/teach.md: “blanks to fill,”"""
    steps = steps_of(stem)
    assert sum("prediction" in step.tags for step in steps) == 1
    assert 4 <= sum(bool(ANSWER.search(step.code)) for step in steps) - 1 <= 6


@functools.cache
def first_blank(stem: str) -> str:
    """What a learner is told at the first blank of a lab."""
    return f"Fill in {next(blank.values[2] for blank in blanks() if blank.values[0] == stem)}."


@on_the_site
@pytest.mark.parametrize("stem", LABS)
def test_the_learner_s_script_runs_to_its_first_blank_and_says_what_to_fill_in(
    stem, site, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with (
        no_window(),
        contextlib.redirect_stdout(io.StringIO()) as printed,
        pytest.raises(Exception) as stopped,
    ):
        runpy.run_path(str(site / f"labs/downloads/{stem}-learner.py"), run_name="__main__")
    assert (stopped.typename, str(stopped.value)) == ("NotYet", first_blank(stem))
    assert "✓" not in printed.getvalue() and printed_in(stem).startswith(printed.getvalue())


def test_a_learner_s_script_ends_in_a_terminal_with_what_to_fill_in(site, tmp_path):
    script = site / "labs/downloads/limit-learner.py"
    environment = {**os.environ, "MPLBACKEND": "agg", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-W", "ignore:.*non-interactive", script]
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    assert run.returncode != 0
    assert run.stderr.strip().splitlines()[-1] == f"NotYet: {first_blank('limit')}"


@pytest.mark.parametrize("stem, number, what", blanks())
def test_each_blank_stops_a_learner_who_has_filled_in_all_before_it(stem, number, what):
    steps = steps_of(stem)
    step, check = steps[number : number + 2]
    assert refusal(step, check, blanked(step.code)) == f"Fill in {what}."


@pytest.mark.parametrize("stem, number, what", blanks())
def test_a_check_follows_each_blank_and_passes_with_the_answer(stem, number, what):
    """docs/teach.md: “a check under each blank that explains”"""
    step, check = steps_of(stem)[number : number + 2]
    if "prediction" in step.tags:
        assert any(one.code.startswith("look_back") for one in steps_of(stem)[number:])
        return
    assert len(explanations(check.code)) >= 3
    assert re.fullmatch(r"✓ .{20,}\n", check.printed)


def test_the_blank_takes_the_place_of_the_answer_and_of_nothing_else():
    for code, learner in (
        ("# answer: a sum\na = 1 + 2\nb = a", 'a = fill_in("a sum")\nb = a'),
        (
            "def f(λ):\n    # answer: twice λ\n    return (\n        2 * λ\n    )\n",
            'def f(λ):\n    return fill_in("twice λ")',
        ),
        ("# answer: both\na, b = 1, 2", 'a, b = fill_in("both")'),
        ("# answer: a loop\nfor i in 1, 2:\n    a = i\nb = 1", 'fill_in("a loop")\nb = 1'),
        ('# answer: "a" or "b"\na = "a"', r'a = fill_in("\"a\" or \"b\"")'),
        ("a = 1  # no answer: it stays", "a = 1  # no answer: it stays"),
    ):
        assert blanked(code) == learner


# What the checks say


@pytest.mark.parametrize("stem, number, wrong, why", typical_wrong_answers())
def test_each_typical_wrong_answer_gets_its_own_explanation(stem, number, wrong, why):
    """docs/labs/autopsy.py: “If an answer is wrong, the check tells you what it is.” docs/labs/limit.py: “If an answer is
    wrong, the check tells you what it is.” docs/labs/scale.py: “If an answer is wrong, the check tells you what it is.”
    docs/teach.md: “what is wrong with a wrong answer,”"""
    step, check = steps_of(stem)[number : number + 2]
    assert refusal(step, check, answered(step.code, wrong)) == f"Not yet. {why}"
    assert len(why) > 40 and [text for _, text in explanations(check.code)].count(why) == 1


@pytest.mark.parametrize("stem, number, what", blanks())
def test_any_other_answer_is_shown_and_gets_a_hint(stem, number, what):
    """docs/labs/sharpness.py: “If an answer is wrong, the check tells you what it is.” docs/labs/yours.py: “If an answer
    is wrong, the check tells you what it is.” docs/labs/adam.py: “If an answer is wrong, the check tells you what it is.”
    """
    step, check = steps_of(stem)[number : number + 2]
    if "prediction" in step.tags:
        return
    (call,) = (
        node
        for node in ast.walk(ast.parse(check.code))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "check"
    )
    hint = ast.literal_eval(call.args[4])
    assert len(hint) > 30
    for answer in "-1234.5", "'words'", "None", "[[1], [2, 3]]", "np.full(99, 7.5)":
        told = refusal(step, check, answered(step.code, answer))
        assert told.startswith(("Not yet: you have ", "Not yet: your code stops with “"))
        assert told.endswith(f". {hint}") and len(told) < len(hint) + 160
        shown = answer.strip("'") in told or "numbers of shape" in told or "stops with" in told
        assert shown or ("99" in answer and "7.5" in told)


@pytest.mark.parametrize("stem", LABS)
def test_a_prediction_stops_nobody_and_each_is_told_what_speaks_for_and_against_it(stem):
    (step,) = (step for step in steps_of(stem) if step.code.startswith("look_back"))
    told = dict(explanations(step.code))
    options = re.findall(r"^# - \*\*(\w)\*\* .+$", LABS[stem].read_text(encoding="utf-8"), re.MULTILINE)
    assert list(told) == options and len(options) >= 3
    for letter, why in told.items():
        assert printed_by(step.code, step.before | {"prediction": letter}) == f"{why}\n"
    assert sum(why.startswith("Yes") for why in told.values()) == 1
    assert told[step.before["prediction"]].startswith("Yes")
    (asked,) = (step for step in steps_of(stem) if "prediction" in step.tags)
    assert "Predict " in refusal(asked, step, answered(asked.code, '"e"'))


# What can be taken along


@pytest.mark.parametrize("stem", LABS)
def test_a_download_needs_numpy_and_matplotlib_and_no_other_file(stem, site):
    """docs/teach.md: “Both bring their data.”"""
    for version in "learner", "solution":
        text = (site / f"labs/downloads/{stem}-{version}.py").read_text(encoding="utf-8")
        imports = {
            name.name.split(".")[0]
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([ast.alias(node.module)] if isinstance(node, ast.ImportFrom) else node.names)
        }
        assert imports - sys.stdlib_module_names == NEEDED
        assert "open(" not in text and "](../" not in text
        assert text.startswith("# %% [markdown]\n# # Lab ")


@pytest.mark.parametrize("stem", LABS)
def test_a_download_s_links_lead_to_the_site(stem, site):
    text = (site / f"labs/downloads/{stem}-learner.py").read_text(encoding="utf-8")
    links = re.findall(r"\]\((http[^)]+)\)", text)
    assert links
    for link in links:
        page, _, anchor = link.removeprefix("http://127.0.0.1:8000/").partition("#")
        html = (site / page / "index.html").read_text(encoding="utf-8")
        assert f'id="{anchor}"' in html or not anchor


@on_the_site
@pytest.mark.parametrize("stem", LABS)
def test_a_notebook_is_valid_has_ids_that_stay_and_no_answer_for_the_learner(stem, site):
    for version in "learner", "solution":
        text = (site / f"labs/downloads/{stem}-{version}.ipynb").read_text(encoding="utf-8")
        book = nbformat.reads(text, 4)
        nbformat.validate(book)
        ids = [cell.id for cell in book.cells]
        assert ids == [f"{stem}-{number}" for number in range(len(ids))]
        assert json.loads(text)["nbformat_minor"] >= 5
    assert downloads(LABS[stem], "https://a.org/") == downloads(LABS[stem], "https://a.org/")
    learner = (site / f"labs/downloads/{stem}-learner.ipynb").read_text(encoding="utf-8")
    for step in steps_of(stem):
        if ANSWER.search(step.code):
            for line in set(step.code.splitlines()) - set(blanked(step.code).splitlines()):
                assert json.dumps(line, ensure_ascii=False)[1:-1] not in learner, line


def code_in(book: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(book, 4).cells if cell.cell_type == "code"]


def to_a_check(cells: list[str]) -> tuple[bool, str]:
    """Whether these cells run in a notebook down to the first check that passes, and what is printed to there."""
    printed = ""
    for cell in notebook.played(cells):
        printed += cell.printed
        if "✓" in printed:
            return True, printed
    return False, printed


@on_the_site
@pytest.mark.parametrize("stem", LABS)
def test_the_cells_of_the_solved_notebook_are_the_lab_s_with_what_is_given_and_run_to_a_check(stem, site):
    """Cell for cell, so they do what the lab does, all of whose checks pass."""
    cells = code_in(site / f"labs/downloads/{stem}-solution.ipynb")
    for cell, code in zip(cells, code_of(stem), strict=True):
        for line, name in re.findall(r"^(from given\.(\w+) import .+)$", code, re.MULTILINE):
            text = (ROOT / f"docs/labs/given/{name}.py").read_text(encoding="utf-8").strip()
            assert cell.count(text) == 1
            cell, code = cell.replace(text, ""), code.replace(line, "")
        assert cell.strip() == code.strip()
    passes, printed = to_a_check(cells)
    assert passes and printed_in(stem).startswith(printed)
    assert sum("✓" in step.printed for step in steps_of(stem)) >= 4


@on_the_site
@pytest.mark.parametrize("stem", LABS)
def test_the_learner_s_notebook_stops_at_its_first_blank_and_shows_one_line(stem, site):
    passes, printed = to_a_check(code_in(site / f"labs/downloads/{stem}-learner.ipynb"))
    before = printed.removesuffix(f"{first_blank(stem)}\n")
    assert not passes and before != printed and printed_in(stem).startswith(before)


@pytest.fixture
def executed(site, tmp_path, monkeypatch):
    """A function that runs a download in a fresh kernel, in a folder that holds nothing else."""
    for name in "IPYTHONDIR", "MATPLOTLIBRC", "PYTHONPATH":
        monkeypatch.delenv(name, raising=False)

    def execute(name):
        book = nbformat.read(site / "labs/downloads" / name, 4)
        (tmp_path / "alone").mkdir()
        path = {"metadata": {"path": str(tmp_path / "alone")}}
        return NotebookClient(
            book, timeout=120, kernel_name="python3", kernel_manager_class=Manager, resources=path
        ).execute()

    return execute


# One lab stands for all, where their cells are known to be the lab's.
IN_A_KERNEL = [stem if stem == "limit" else pytest.param(stem, marks=ONCE_A_WEEK) for stem in LABS]


@on_the_site
@pytest.mark.parametrize("stem", IN_A_KERNEL)
def test_the_solved_notebook_runs_in_a_fresh_kernel_and_every_check_passes(stem, executed):
    outputs = [
        output for cell in executed(f"{stem}-solution.ipynb").cells for output in cell.get("outputs", [])
    ]
    printed = "".join(output.text for output in outputs if output.get("name") == "stdout")
    assert printed.count("✓") == sum("✓" in step.printed for step in steps_of(stem)) >= 4
    assert [output for output in outputs if output.get("name") == "stderr"] == []
    assert any("image/png" in output.get("data", {}) for output in outputs)


@on_the_site
@pytest.mark.parametrize("stem", IN_A_KERNEL)
def test_the_learner_s_notebook_stops_in_a_fresh_kernel_too(stem, executed):
    with pytest.raises(CellExecutionError) as stopped:
        executed(f"{stem}-learner.ipynb")
    assert stopped.value.ename == "NotYet" and stopped.value.evalue == first_blank(stem)
    assert stopped.value.traceback.endswith(f"------------------\n\n\n{first_blank(stem)}\n")


# The page


@pytest.fixture
def page(site, request):
    return BeautifulSoup((site / f"labs/{request.param}/index.html").read_text(encoding="utf-8"), "lxml")


every_page = pytest.mark.parametrize("page, stem", [(stem, stem) for stem in LABS], indirect=["page"])


@on_the_site
@every_page
def test_the_page_shows_each_blank_and_hides_its_answer_in_a_fold(page, stem):
    assert page.select("details[open]") == []
    folded = [code.get_text() for code in page.select("details.answer div.language-python code")]
    for code in page.select("details"):
        code.extract()
    shown = [code.get_text().strip() for code in page.select("div.language-python code")]
    for step in steps_of(stem):
        if not ANSWER.search(step.code) or "prediction" in step.tags:
            continue
        answer = "\n".join(line for line in step.code.splitlines() if not ANSWER.fullmatch(line))
        assert blanked(step.code) in shown
        assert answer.strip() in [code.strip() for code in folded]
        assert answer.strip() not in shown
    assert not any("answer:" in code for code in [*shown, *folded])


@pytest.mark.parametrize("stem", LABS)
def test_where_cells_run_each_check_follows_one_of_them_and_elsewhere_the_page_is_the_same_without(stem):
    """docs/teach.md: “On the site learners work on the lab's page, with Run below each cell, and need a browser alone.”"""
    lab = nbformat.writes(jupytext.read(LABS[stem]))
    runs, still = (lab_page(stem, lab, runs)[0] for runs in (True, False))
    names = re.findall(rf'data-run="labs/{stem}:([^"]+)"', runs)
    assert len(set(names)) == len(names) and {*checks(LABS[stem])} - {""} < {*names}
    code = code_of(stem)
    cells = [
        one for one in code if not explanations(one) and "from given.checks" not in one
    ]  # a check has its cell's
    assert len([name for name in names if name.startswith("Cell ")]) == len(cells) > 5
    without = re.sub(r'\n*<div data-run=.*|\n*```python \{ data-run="\S+:Your cell.*\n.*\n```', "", runs)
    assert "data-run" not in still
    assert re.sub(r'\{ data-run="[^"]*" (title="[^"]*") \}', r"\1", without) == still


@on_the_site
@every_page
def test_the_page_shows_what_the_lab_prints_and_draws(page, stem):
    printed = [block.get_text().strip("\n") for block in page.select("div.language-text code")]
    checks = "✓", *(why for step in steps_of(stem) for _, why in explanations(step.code))
    wanted = [step.printed.strip("\n") for step in steps_of(stem) if step.printed]
    assert printed == [text for text in wanted if not text.startswith(checks)]
    drawn = sum("plt.show()" in step.code for step in steps_of(stem))
    assert len(page.select("img.only-light")) == len(page.select("img.only-dark")) == drawn >= 1


@on_the_site
@every_page
def test_the_page_tells_each_wrong_answer_and_each_prediction_what_it_is(page, stem):
    text = " ".join(page.get_text().split())
    for step in steps_of(stem):
        for _, why in explanations(step.code):
            assert " ".join(why.split()) in text
        if step.printed.startswith("✓"):
            assert step.printed.strip() in text


@every_page
def test_the_learner_s_version_stands_at_the_top_of_the_page_and_all_of_the_lab_at_its_end(page, stem, site):
    """docs/teach.md: “To work without a network, download the learner's version, as a notebook or a script, and keep the
    solved one for yourself.”"""
    links = page.select_one("h1").find_next("p").select("a")
    names = [f"{stem}-learner.{kind}" for kind in ("ipynb", "py")]
    assert [link["href"] for link in links] == [*(f"../downloads/{name}" for name in names), "#download"]
    names += [f"{stem}-solution.{kind}" for kind in ("ipynb", "py")]
    offered = page.select(".take-along li a")
    files = {f"../downloads/{name}" for name in names} | {
        f"../../figures/lab-{stem}.{number}{end}"
        for number in range(1, len(page.select("img.only-light")) + 1)
        for end in (".light.svg", ".png")
    }
    assert {link["href"] for link in offered} == files
    assert all(link["download"] == link.get_text() for link in offered)
    assert all((site / "labs" / stem / name).is_file() for name in files)


@pytest.mark.parametrize("stem", LABS)
def test_a_figure_is_offered_as_a_picture_as_sharp_as_print_needs_on_white(stem, site):
    for file in site.glob(f"figures/lab-{stem}.*.png"):
        with Image.open(file) as picture:
            drawn = picture.convert("RGBA")
            assert drawn.getpixel((0, 0)) == (255, 255, 255, 255) and drawn.getextrema()[3] == (255, 255)
            assert picture.width >= 1200 and picture.height >= 500


@pytest.mark.parametrize("stem", LABS)
def test_a_page_with_its_figures_is_at_most_60_kb_compressed(stem, site):
    for width in "[0-9]", "[0-9].narrow":  # a reader gets one of the two
        figures = [
            file for end in ("light", "dark") for file in site.glob(f"figures/lab-{stem}.{width}.{end}.svg")
        ]
        files = [site / f"labs/{stem}/index.html", *figures]
        assert len(files) >= 3
        assert sum(len(gzip.compress(file.read_bytes(), 9)) for file in files) <= 60_000


@pytest.mark.parametrize("stem", LABS)
def test_a_figure_has_the_colours_of_its_scheme_and_no_other(stem, site):
    for scheme in "light", "dark":
        style = {f"#{code.lower()}" for code in COLOUR.findall((STYLES / f"{scheme}.mplstyle").read_text())}
        for file in site.glob(f"figures/lab-{stem}.*.{scheme}.svg"):
            used = set(re.findall(r"#[0-9a-f]{6}\b", file.read_text(encoding="utf-8")))
            assert used <= style | {"#808080"}


@pytest.mark.parametrize("stem", LABS)
def test_a_number_in_backticks_quotes_the_output_of_the_lab(stem):
    words = "\n\n".join(
        cell.source for cell in jupytext.read(LABS[stem]).cells if cell.cell_type == "markdown"
    )
    assert rules.numbers_quote_the_output(words, printed_in(stem)) == []


@pytest.mark.parametrize("stem", LABS)
def test_a_lab_says_what_comes_before_how_long_it_takes_and_what_to_hand_in(stem):
    """docs/teach.md: “Six labs of 45 minutes, each with what to read before,” “and something to hand in:”"""
    assert len(LABS) == 6
    for part in "**Before:**", "**Time:** 45 minutes.", "**Hand in:**":
        assert part in words_of(stem)


def test_the_spring_is_tried_before_it_is_computed_and_the_penguins_are_in_raw_units():
    """docs/teach.md: “find the limit of a regression, first by trying; scale it, a table of penguins in raw units;”"""
    teach = markdown_of("teach")
    order = ["limit", "scale", "sharpness", "autopsy", "yours", "adam"]
    assert re.findall(r"\]\(labs/(\w+)\.py\)", teach) == order
    spring = words_of("limit")
    assert spring.index("By experiment") < spring.index("Without a run") < spring.index("from X and n")
    table = np.loadtxt(TABLE.splitlines(), delimiter=",", skiprows=1)
    assert len(table) == 123 and table.mean(axis=0).min() > 10, (
        "millimetres and grams, neither centred nor scaled"
    )


def test_the_site_shows_every_lab_and_only_the_labs_as_notebooks():
    config = load_config(str(ROOT / "mkdocs.yml"))
    settings = config.plugins["mkdocs-jupyter"].config
    assert settings["execute"] and not settings["allow_errors"] and not settings["cache"]
    assert settings["include"] == ["labs/*.py"]
    assert set(re.findall(r"labs/(\w+)\.py$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)) == set(LABS)


# What the words claim


@pytest.mark.xdist_group("lab_autopsy")
def test_each_other_word_of_the_table_has_its_own_explanation_in_each_log_and_capitals_do_no_harm():
    words = set(re.findall(r'^# \| `"(\w+)"` \|', LABS["autopsy"].read_text(encoding="utf-8"), re.MULTILINE))
    steps = steps_of("autopsy")
    causes = [check for step, check in itertools.pairwise(steps) if "cause =" in step.code]
    assert len(words) == 7 and len(causes) == 5
    for check in causes:
        right = check.before["cause"]
        assert {ast.literal_eval(wrong) for wrong, _ in explanations(check.code)} == words - {right}
        assert printed_by(check.code, check.before | {"cause": right.title()}) == check.printed


# What a lab forgives, and what it says to slips of the hand


@pytest.mark.parametrize("what", ["c", 2 / 7.27, [0.1, 0.2]])
def test_an_answer_between_the_brackets_is_told_where_it_belongs(what):
    with pytest.raises(NotYet, match=r"between the brackets of fill_in.* in the place of all of it"):
        fill_in(what)


@pytest.mark.parametrize("given, letter", [("c", "c"), ("C", "c"), (" b ", "b")])
def test_a_prediction_is_taken_down_in_its_own_cell_in_either_case(given, letter):
    assert noted(given, "abc") == letter


@pytest.mark.parametrize("given", ["d", "ab", "", 3, None])
def test_a_prediction_that_is_none_is_refused_in_its_own_cell(given):
    with pytest.raises(NotYet, match='Predict "a", "b" or "c", with its quotes; you have'):
        noted(given, "abc")


def test_a_word_without_its_quotes_is_answered_where_it_stands_in_a_notebook(capsys):
    code = (ROOT / "docs/labs/given/checks.py").read_text(encoding="utf-8")  # as it stands in a download
    shell = notebook.shell()
    shell.run_cell(code)
    capsys.readouterr()
    assert not shell.run_cell('prediction = c\nprediction = noted(prediction, "abc")').success
    told = 'Not yet: Python knows no name c, in the line “prediction = c”. If it is a word, put it in quotes: "c".'
    assert capsys.readouterr().out.strip() == told
    shell.run_cell("def root(x):\n    return y**0.5\n\ncheck(lambda: root(1), 1, 'yes', [], 'hint')")
    assert "knows no name y, in the line “return y**0.5”" in capsys.readouterr().out


@pytest.mark.parametrize("stem", LABS)
def test_each_lab_takes_its_prediction_down_where_it_is_made(stem):
    (step,) = [step for step in steps_of(stem) if "prediction" in step.tags]
    letters = re.findall(r'"(\w)"', ANSWER.search(step.code)[1])
    assert f'noted(prediction, "{"".join(letters)}")' in step.code and len(letters) >= 3


@pytest.mark.xdist_group("lab_limit")
def test_an_answer_of_another_shape_is_told_its_shape_or_what_stops_it():
    number = number_of("limit", "def gradient")
    said = slip("limit", number, "def gradient(w):\n    return 2 / n * X * (X @ w - length)")
    assert said.startswith("Not yet: your code stops with “operands could not be broadcast")
    said = slip("limit", number, "def gradient(w):\n    return 2 / n * X * (X @ w - length)[:, None]")
    assert "numbers of shape (12, 2), where (2,) is asked for" in said and "It must have two entries" in said


@pytest.mark.xdist_group("lab_sharpness")
def test_an_answer_of_many_numbers_is_never_shown_as_a_wall_of_them():
    number = number_of("sharpness", "def product")
    said = slip("sharpness", number, "def product(w, v, h=1e-4):\n    return 7 * v")
    assert re.match(
        r"Not yet: you have 61 numbers that begin with (-?[\d.]+, ){2}-?[\d.]+\. The gradient", said
    )
