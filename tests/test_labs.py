"""The labs: what a learner meets, what each check says, what can be taken along, and what the words claim."""

import ast
import contextlib
import functools
import gzip
import io
import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import jupytext
import nbformat
import pytest
from bs4 import BeautifulSoup
from given.checks import NotYet
from mkdocs.config import load_config
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import rules
from conftest import ROOT, no_window
from labs import ANSWER, COLOUR, STYLES, blanked, downloads, explanations

LABS = {path.stem: path for path in sorted((ROOT / "docs/labs").glob("*.py"))}
NEEDED = {"numpy", "matplotlib"}


class Step(SimpleNamespace):
    """A code cell, the names before it was run, and what it printed."""


@functools.cache
def steps_of(stem: str) -> list[Step]:
    """The code cells of the solved lab, run in order."""
    names, steps = {"__name__": "__main__"}, []
    with no_window():
        for cell in jupytext.read(LABS[stem]).cells:
            if cell.cell_type == "code":
                step = Step(code=cell.source, tags=cell.metadata.get("tags", []), before=dict(names))
                step.printed = printed_by(cell.source, names)
                steps.append(step)
    return steps


def printed_by(code: str, names: dict) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, names)
    return printed.getvalue()


def names_of_lab(stem: str) -> SimpleNamespace:
    """Every name that the solved lab defines."""
    last = steps_of(stem)[-1]
    names = dict(last.before)
    with no_window():
        printed_by(last.code, names)
    return SimpleNamespace(**names)


def printed_in(stem: str) -> str:
    return "".join(step.printed for step in steps_of(stem))


def words_of(stem: str) -> str:
    """The lab's words, those of its checks included."""
    return " ".join(LABS[stem].read_text(encoding="utf-8").replace("\n# ", " ").split())


def blanks() -> list:
    """Each cell with a blank: the lab, its number among the code cells, what is to be filled in."""
    found = []
    for stem, path in LABS.items():
        cells = [cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code"]
        for number, code in enumerate(cells):
            found += [pytest.param(stem, number, what, id=f"{stem}: {what}") for what in ANSWER.findall(code)]
    return found


def typical_wrong_answers() -> list:
    found = []
    for blank in blanks():
        stem, number, _ = blank.values
        cells = [cell.source for cell in jupytext.read(LABS[stem]).cells if cell.cell_type == "code"]
        for wrong, why in explanations(cells[number + 1]):
            if not cells[number + 1].startswith("look_back"):
                found.append(pytest.param(stem, number, wrong, why, id=f"{stem} {number}: {wrong}"))
    return found


def answered(code: str, answer: str) -> str:
    """The blank cell as a learner would fill it in."""
    blank = re.compile(r'fill_in\((".*")\)$', re.MULTILINE)
    assert len(blank.findall(blanked(code))) == 1
    return blank.sub(lambda _: answer, blanked(code))


def refusal(step: Step, check: Step, code: str) -> str:
    """What the learner is told who runs this code in the place of the step, and then the check."""
    names = dict(step.before)
    with pytest.raises(NotYet) as told:
        printed_by(code, names)
        printed_by(check.code, names)
    return str(told.value)


# What a learner meets


def test_there_are_four_labs_with_a_prediction_and_four_to_seven_other_blanks():
    assert set(LABS) == {"limit", "scale", "sharpness", "autopsy"}
    for stem in LABS:
        steps = steps_of(stem)
        assert sum("prediction" in step.tags for step in steps) == 1
        rest = sum(bool(ANSWER.search(step.code)) for step in steps) - 1
        assert 4 <= rest <= 6, (stem, rest)


@pytest.mark.parametrize("stem", LABS)
def test_the_learner_s_script_runs_to_its_first_blank_and_says_what_to_fill_in(stem, site, tmp_path):
    script = site / f"labs/downloads/{stem}-learner.py"
    environment = {**os.environ, "MPLBACKEND": "agg", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-W", "ignore:.*non-interactive", script]
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    first = next(blank.values[2] for blank in blanks() if blank.values[0] == stem)
    assert run.returncode != 0
    assert run.stderr.strip().splitlines()[-1] == f"NotYet: Fill in {first}."
    assert "✓" not in run.stdout and printed_in(stem).startswith(run.stdout)


@pytest.mark.parametrize("stem, number, what", blanks())
def test_each_blank_stops_a_learner_who_has_filled_in_all_before_it(stem, number, what):
    steps = steps_of(stem)
    step, check = steps[number : number + 2]
    assert refusal(step, check, blanked(step.code)) == f"Fill in {what}."


@pytest.mark.parametrize("stem, number, what", blanks())
def test_a_check_follows_each_blank_and_passes_with_the_answer(stem, number, what):
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
    step, check = steps_of(stem)[number : number + 2]
    assert refusal(step, check, answered(step.code, wrong)) == f"Not yet. {why}"
    assert len(why) > 40 and [text for _, text in explanations(check.code)].count(why) == 1


@pytest.mark.parametrize("stem, number, what", blanks())
def test_any_other_answer_is_shown_and_gets_a_hint(stem, number, what):
    step, check = steps_of(stem)[number : number + 2]
    if "prediction" in step.tags:
        return
    (call,) = (
        node
        for node in ast.walk(ast.parse(check.code))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "check"
    )
    hint = ast.literal_eval(call.args[4])
    told = refusal(step, check, answered(step.code, "-1234.5"))
    assert "1234.5" in told and told.endswith(f". {hint}") and len(hint) > 30


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
    with pytest.raises(NotYet, match=f"Predict one of {', '.join(options)}; you have 'e'"):
        printed_by(step.code, step.before | {"prediction": "e"})


# What can be taken along


@pytest.mark.parametrize("stem", LABS)
def test_a_download_needs_numpy_and_matplotlib_and_no_other_file(stem, site):
    for version in "learner", "solution":
        text = (site / f"labs/downloads/{stem}-{version}.py").read_text(encoding="utf-8")
        imports = {
            name.name.split(".")[0]
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([ast.alias(node.module)] if isinstance(node, ast.ImportFrom) else node.names)
        }
        assert imports == NEEDED
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


@pytest.fixture
def executed(site, tmp_path, monkeypatch):
    """A function that runs a download in a fresh kernel, in a folder that holds nothing else."""
    for name in "IPYTHONDIR", "MATPLOTLIBRC", "PYTHONPATH":
        monkeypatch.delenv(name, raising=False)

    def execute(name):
        book = nbformat.read(site / "labs/downloads" / name, 4)
        (tmp_path / "alone").mkdir()
        path = {"metadata": {"path": str(tmp_path / "alone")}}
        return NotebookClient(book, timeout=120, kernel_name="python3", resources=path).execute()

    return execute


@pytest.mark.parametrize("stem", LABS)
def test_the_solved_notebook_runs_in_a_fresh_kernel_and_every_check_passes(stem, executed):
    outputs = [
        output for cell in executed(f"{stem}-solution.ipynb").cells for output in cell.get("outputs", [])
    ]
    printed = "".join(output.text for output in outputs if output.get("name") == "stdout")
    assert printed.count("✓") == sum("✓" in step.printed for step in steps_of(stem)) >= 4
    assert [output for output in outputs if output.get("name") == "stderr"] == []
    assert any("image/png" in output.get("data", {}) for output in outputs)


@pytest.mark.parametrize("stem", LABS)
def test_the_learner_s_notebook_stops_at_its_first_blank_and_shows_one_line(stem, executed):
    with pytest.raises(CellExecutionError) as stopped:
        executed(f"{stem}-learner.ipynb")
    first = next(blank.values[2] for blank in blanks() if blank.values[0] == stem)
    assert stopped.value.ename == "NotYet" and stopped.value.evalue == f"Fill in {first}."
    assert stopped.value.traceback.endswith(f"------------------\n\n\nFill in {first}.\n")


# The page


@pytest.fixture
def page(site, request):
    return BeautifulSoup((site / f"labs/{request.param}/index.html").read_text(encoding="utf-8"), "lxml")


every_page = pytest.mark.parametrize("page, stem", [(stem, stem) for stem in LABS], indirect=["page"])


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


@every_page
def test_the_page_shows_what_the_lab_prints_and_draws(page, stem):
    printed = [block.get_text().strip("\n") for block in page.select("div.language-text code")]
    checks = "✓", *(why for step in steps_of(stem) for _, why in explanations(step.code))
    wanted = [step.printed.strip("\n") for step in steps_of(stem) if step.printed]
    assert printed == [text for text in wanted if not text.startswith(checks)]
    drawn = sum("plt.show()" in step.code for step in steps_of(stem))
    assert len(page.select("img.only-light")) == len(page.select("img.only-dark")) == drawn >= 1


@every_page
def test_the_page_tells_each_wrong_answer_and_each_prediction_what_it_is(page, stem):
    text = " ".join(page.get_text().split())
    for step in steps_of(stem):
        for _, why in explanations(step.code):
            assert " ".join(why.split()) in text


@every_page
def test_the_downloads_stand_at_the_top_of_the_page(page, stem):
    links = page.select_one("h1").find_next("p").select("a")
    names = [f"{stem}-{version}.{kind}" for version in ("learner", "solution") for kind in ("ipynb", "py")]
    assert [link["href"].split("/")[-1] for link in links] == [link["download"] for link in links] == names
    assert len({link.get_text() for link in links}) == 4


@pytest.mark.parametrize("stem", LABS)
def test_a_page_with_its_figures_is_at_most_60_kb_compressed(stem, site):
    files = [site / f"labs/{stem}/index.html", *site.glob(f"figures/lab-{stem}.*")]
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
    for part in "**Before:**", "**Time:** 45 minutes.", "**Hand in:**":
        assert part in words_of(stem)


def test_the_site_shows_every_lab_and_only_the_labs_as_notebooks():
    config = load_config(str(ROOT / "mkdocs.yml"))
    settings = config.plugins["mkdocs-jupyter"].config
    assert settings["execute"] and not settings["allow_errors"] and not settings["cache"]
    assert settings["include"] == ["labs/*.py"]
    assert set(re.findall(r"labs/(\w+)\.py$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)) == set(LABS)
