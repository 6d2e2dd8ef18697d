"""What the README says of the repository: its commands, its folders, and where data flow."""

import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from bs4 import BeautifulSoup
from mkdocs.config import load_config

import rules
from conftest import ROOT, SNIPPETS, markdown_of, shown_by
from held.report import main as held
from weave.run import SCHEMES

PROVES = "README"
README = (ROOT / "README.md").read_text(encoding="utf-8")
TREE = re.search(r"```\n(docs/ .*?)```", README, re.DOTALL)[1]


def test_the_checks_on_the_server_are_its_own():
    """“`bash .ci/run` does what the checks on the server do.”"""
    workflow = yaml.safe_load((ROOT / ".github/workflows/checks.yml").read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == ["bash .ci/run"]


def test_what_a_machine_lacks_skips_tests_at_home_and_fails_them_where_ci_is_set():
    """“Pass the tests (some need Chromium or Chrome, Node.js, or the deep-learning frameworks; without these they are
    skipped):” “When nothing is lacking, `uv run pytest` runs everything.”"""
    code = (ROOT / "tests/conftest.py").read_text(encoding="utf-8")
    assert 'pytest.fail if os.environ.get("CI") else pytest.skip' in code
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]
    assert (
        settings["ini_options"]["testpaths"] == ["tests"]
        and "-m" not in settings["ini_options"]["addopts"].split()
    )


def test_the_order_of_a_section_on_its_page_is_code_output_figure():
    """“the page shows each in its order.” “**Write the program and the page**, with `uv run mkdocs serve` beside you.”"""
    page = markdown_of("overshoot")
    places = [page.index(f'"overshoot.py:{part.name}"') for part in shown_by("overshoot")]
    assert places == sorted(places)


def test_the_command_that_counts_tells_of_one_page_within_seconds(capsys):
    """“**Test its claims**, a test a sentence, which it quotes: `uv run pytest -n0 tests/test_decay.py` takes seconds,
    and `uv run held decay` lists the sentences that no test holds yet.”"""
    with pytest.raises(SystemExit):
        held(["README"], ROOT)
    assert capsys.readouterr().out.startswith("README ")


def test_contributing_says_why_a_chapter_has_its_parts_and_how_they_are_written():
    """“CONTRIBUTING.md says why a chapter has these parts, and how formulas, figures and boxes are written.”"""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for words in (
        "## A chapter's pattern",
        "Formulas are LaTeX",
        "In figures use the colours",
        "The boxes are",
    ):
        assert words in text


def test_each_subject_that_it_names_has_a_chapter_that_is_its_program():
    """“It explains (the overshooting step, the second-order Taylor argument, ill-conditioning, mini-batches, overflow,
    and on to networks), it runs (every block of code on a page is part of a program that was run to make the output and
    the figure beside it), and it is meant to be read, taught from and changed.”"""
    subjects = ["overshoot", "taylor", "conditioning", "minibatch", "overflow", "networks"]
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert all(f"- {one}.md" in nav for one in [*subjects, "teach"])
    for chapter in subjects[:2]:  # test_rules.py holds it for all
        assert rules.page_is_the_program(ROOT, chapter, shown_by(chapter)) == []


def test_the_site_is_served_where_it_says():
    """“Serve the site at , until you press Ctrl+C; a page reloads when you save a chapter or a program:”"""
    config = load_config(str(ROOT / "mkdocs.yml"))
    assert f"<http://{config.dev_addr}>" in README
    assert {str(ROOT / "snippets"), "snippets"} & set(map(str, config.watch))


def test_every_command_that_it_names_is_one():
    """“Below, `uv` stands for `sh .ci/uv` or `py -m uv` where your shell does not know it.”"""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    known = {*project["project"]["scripts"], "mkdocs", "pytest"}
    named = set(re.findall(r"(?:uv|\.ci/uv) run ([\w.]+)", README))
    assert named <= known and {"chapter", "problems", "held"} <= named


def test_a_program_alone_prints_what_the_page_prints_and_opens_its_figures(tmp_path):
    """“To run a chapter's program alone you need nothing of ours, only numpy and matplotlib:” “It prints what the page
    prints and opens the page's figures.”"""
    (tmp_path / "data").symlink_to(SNIPPETS / "data")
    program = (SNIPPETS / "overshoot.py").read_text(encoding="utf-8")
    counts = "import matplotlib.pyplot as plt\nplt.show = lambda: print('FIGURE')\n"
    (tmp_path / "overshoot.py").write_text(counts + program, encoding="utf-8")
    command = [sys.executable, "-I", "overshoot.py"]  # nothing of ours on its path
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8")
    parts = shown_by("overshoot")
    assert done.stdout.replace("FIGURE\n", "") == "".join(part.printed for part in parts), done.stderr
    assert done.stdout.count("FIGURE") == sum(bool(part.figures) for part in parts) > 0
    others = set(re.findall(r"^(?:from|import) (\w+)", program, re.MULTILINE)) - set(sys.stdlib_module_names)
    assert others == {"numpy", "matplotlib"}


RUN = "3.0\n4.5\n9.4\n25\n77\n245\n800\n"
SAID = {  # the same losses in the four ways that are named
    "run.csv": "step,loss\n" + "".join(f"{step},{loss}\n" for step, loss in enumerate(RUN.split())),
    "run.json": "[" + ",".join(f'{{"step": {s}, "loss": {v}}}' for s, v in enumerate(RUN.split())) + "]",
    "hf.txt": "".join(f"{{'loss': {v}, 'epoch': {s}}}\n" for s, v in enumerate(RUN.split())),
    "keras.txt": "".join(f"1/1 - 0s - loss: {v}\n" for v in RUN.split()),
}


@pytest.mark.parametrize("name", SAID)
def test_the_reader_of_logs_reads_each_kind_and_says_what_to_try(tmp_path, name):
    """“One of them reads the log of a run of yours (CSV, JSON, console lines of Keras, Hugging Face, Lightning and
    others), with the package `snippets/readlog/` beside it, and says what happened and what rate to try:”"""
    (tmp_path / name).write_text(SAID[name], encoding="utf-8")
    command = [sys.executable, SNIPPETS / "diagnose.py", tmp_path / name, "--rate", "0.001"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "grew" in done.stdout and "0.00" in done.stdout


def test_the_folders_and_rooms_that_it_draws_are_those_that_are_there():
    """“The page Teach has schedules, the questions that show each mistake, slides for every chapter, and figures to
    project.”"""
    for folder in re.findall(r"^(\w+)/ ", TREE, re.MULTILINE):
        assert (ROOT / folder).is_dir()
    rooms = {path.name for path in (ROOT / "scripts").iterdir() if path.is_dir()} - {"__pycache__"}
    assert rooms == {name for name in re.findall(r"(\w+)/", TREE) if (ROOT / "scripts" / name).is_dir()}
    count = {4: "four", 5: "five", 6: "six"}[len(list((ROOT / "docs/labs").glob("[!_]*.py")))]
    assert f"{count} labs" in TREE
    teach = markdown_of("teach")
    for chapter in rules.chapters(ROOT):
        assert f"slides/{chapter}.md" in teach
    for word in ("minutes", "figure"):
        assert word in teach


def test_page_program_and_tests_have_one_name_and_data_flow_one_way(tmp_path):
    """“`docs/overshoot.md` explains, `snippets/overshoot.py` computes, `tests/test_overshoot.py` proves. Data flow one
    way: a program is run, section by section, twice; what it prints and draws goes to `build/`; the
    page includes code, output and figure by the section's name.”"""
    for stem in rules.programs(ROOT):
        for path in (f"docs/{stem}.md", f"snippets/{stem}.py", f"tests/test_{stem}.py"):
            assert (ROOT / path).is_file()
    (part,) = [one for one in shown_by("overshoot") if one.name == "steps"]
    assert set(part.figures) == set(SCHEMES)
    page = markdown_of("overshoot")
    for include in ('"overshoot.py:limit"', '"overshoot.limit.txt"', "figures/overshoot.steps.svg"):
        assert include in page
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert "build/outputs" in settings


def test_the_licences_are_those_of_the_files():
    """“Code: MIT. Text and figures: CC BY 4.0.” “To cite, see CITATION.cff.”"""
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    assert "Attribution 4.0 International" in (ROOT / "LICENSE-TEXT").read_text(encoding="utf-8")
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert "Overshoot" in cited["title"] and cited["authors"]


def test_what_is_shipped_by_others_is_named_on_the_page_licences(site):
    """“What the site ships by others is named, with its licence, on the page *Licences*.”"""
    page = BeautifulSoup((site / "licences/index.html").read_text(encoding="utf-8"), "lxml").get_text()
    for name in ("MkDocs", "STIX", "reveal.js", "Pyodide"):
        assert name in page
