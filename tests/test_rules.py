"""The rules that hold for every chapter and every page of the built site."""

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mkdocs.utils import meta

import rules
from chapters.pattern import BLANK, lacks_tests, page_lacks, places_lack, program_lacks
from conftest import ROOT, SNIPPETS, markdown_of, run_alone, shown_by
from proven import proven_by

CHAPTERS = rules.chapters(ROOT)
PROGRAMS = rules.programs(ROOT)
PAGES = sorted(path.name for path in (ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("page", PAGES)
def test_the_front_matter_of_a_page_can_be_read_and_describes_it(page):
    """Else it stands on the page as text."""
    _, told = meta.get_data((ROOT / "docs" / page).read_text(encoding="utf-8"))
    assert told["title"] and 60 <= len(told["description"]) <= 200


def test_there_are_chapters_to_hold_the_rules_for():
    assert {"overshoot", "taylor", "conditioning"} <= set(CHAPTERS)


@pytest.mark.parametrize("chapter", PROGRAMS)
def test_the_page_is_the_program(chapter):
    assert rules.page_is_the_program(ROOT, chapter, shown_by(chapter)) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_number_in_backticks_quotes_the_output(page):
    """A chapter quotes its own program; a page without one may quote any.
    CONTRIBUTING.md: “0.1072 must have been printed by the chapter, as a whole.”"""
    stem = page.removesuffix(".md")
    quoted = [stem] if stem in PROGRAMS else PROGRAMS
    printed = "\n".join(part.printed for chapter in quoted for part in shown_by(chapter))
    markdown = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert rules.numbers_quote_the_output(markdown, printed) == []
    assert rules.numbers_quote_the_output("`0.1072`", "0.10725") != []


# Each in the worker that has run the program for the tests of its claims.
@proven_by("snippets/**/*", "scripts/weave/**/*")
@pytest.mark.parametrize(
    "chapter", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in PROGRAMS]
)
def test_the_program_alone_prints_what_the_page_prints(chapter):
    assert run_alone(chapter)[1] == "".join(part.printed for part in shown_by(chapter))


def test_a_learner_may_call_a_program_from_anywhere(tmp_path):
    chapter = "taylor"  # it reads data
    command = [sys.executable, "-W", "ignore:.*non-interactive", SNIPPETS / f"{chapter}.py"]
    environment = os.environ | {"MPLBACKEND": "agg", "PYTHONIOENCODING": "cp1252"}
    alone = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    assert alone.stderr == ""
    assert alone.stdout == "".join(part.printed for part in shown_by(chapter))


MEASURES = [f"frameworks/measure_{name}" for name in ("jax", "keras", "pytorch")]


@pytest.mark.parametrize("program", [*PROGRAMS, *MEASURES])
def test_a_program_prints_greek_on_a_console_that_knows_none(program, monkeypatch):
    """snippets/adam.py: “a console may know no Greek” snippets/cases.py: “a console may know no Greek”
    snippets/conditioning.py: “a console may know no Greek” snippets/depth.py: “a console may know no
    Greek” snippets/diagnose.py: “a console may know no Greek” snippets/fixes.py: “a console may know no
    Greek” snippets/measure.py: “a console may know no Greek” snippets/minibatch.py: “a console may know
    no Greek” snippets/misconceptions.py: “a console may know no Greek” snippets/networks.py: “a console
    may know no Greek” snippets/overflow.py: “a console may know no Greek” snippets/overshoot.py: “a
    console may know no Greek” snippets/precision.py: “a console may know no Greek” snippets/taylor.py:
    “a console may know no Greek” snippets/frameworks/measure_jax.py: “a console may know no Greek”
    snippets/frameworks/measure_keras.py: “a console may know no Greek”
    snippets/frameworks/measure_pytorch.py: “a console may know no Greek”"""
    head = (SNIPPETS / f"{program}.py").read_text(encoding="utf-8").split("# %%")[0]
    for begin, prints in (head, True), ("", False):
        console = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
        monkeypatch.setattr(sys, "stdout", console)
        with contextlib.nullcontext() if prints else pytest.raises(UnicodeEncodeError):
            exec(begin + "print('λ')", {})
        console.flush()
        assert console.buffer.getvalue().decode("utf-8").strip() == "λ" * prints


def test_a_program_finds_its_data_in_a_notebook_too():
    """snippets/conditioning.py: “notebooks too” snippets/overflow.py: “notebooks too”
    snippets/overshoot.py: “notebooks too” snippets/taylor.py: “notebooks too”"""
    for program in "conditioning", "overflow", "overshoot", "taylor":
        path = SNIPPETS / f"{program}.py"
        (line,) = re.findall(
            r"^data = (.*)  # notebooks too$", path.read_text(encoding="utf-8"), re.MULTILINE
        )
        for names, found in ({}, Path("data")), ({"__file__": path}, SNIPPETS / "data"):
            assert eval(line, {"Path": Path} | names) == found


@pytest.mark.parametrize("chapter", PROGRAMS)
def test_a_program_can_be_read_and_needs_numpy_and_matplotlib_only(chapter):
    path = SNIPPETS / f"{chapter}.py"
    beside = {file.parent.name for file in SNIPPETS.glob("*/__init__.py")}  # it comes along with the program
    assert program_lacks(rules.sections(path), path.read_text(encoding="utf-8"), beside) == []


@pytest.mark.parametrize("stem", [*PROGRAMS, "index", "notation", "teach"])
def test_claims_have_tests_a_test_a_sentence(stem):
    assert lacks_tests((ROOT / "tests" / f"test_{stem}.py").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_has_all_the_parts_of_the_pattern_and_is_named_where_it_must_be(chapter):
    markdown = markdown_of(chapter)
    assert page_lacks(markdown) == [] and not BLANK.search(markdown)
    assert places_lack(ROOT, chapter) == []


def test_each_chapter_leads_to_the_page_before_and_says_why_the_next_one_comes(site):
    nav = re.findall(r"^ +- (?:\w+: )?([\w-]+)\.md$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    for chapter in [*CHAPTERS, "frameworks"]:
        before, after = nav[nav.index(chapter) - 1], nav[nav.index(chapter) + 1]
        markdown = markdown_of(chapter)
        assert f"({after}.md), because" in markdown.rstrip().splitlines()[-1]
        page = (site / chapter / "index.html").read_text(encoding="utf-8")
        footer = re.findall(r'href="([^"]*)" class="md-footer__link md-footer__link--(prev|next)"', page)
        home = "../" if before == "index" else f"../{before}/"
        assert [link.replace("..", "../") if link == ".." else link for link, _ in footer] == [
            home,
            f"../{after}/",
        ]


@pytest.mark.parametrize("chapter", PROGRAMS)
def test_the_built_page_shows_what_the_program_shows(site, chapter):
    assert rules.built_page_shows_it(ROOT, site, chapter, shown_by(chapter)) == []


@pytest.mark.xdist_group("pages")
def test_each_image_is_a_file_with_a_text_in_its_own_colour_scheme(site):
    assert rules.images_are_right(site) == []


@pytest.mark.xdist_group("pages")
def test_each_link_leads_to_a_page_and_an_anchor_that_exist(site):
    assert rules.links_lead_somewhere(site) == []


@pytest.mark.xdist_group("pages")
def test_an_anchor_is_on_its_page_once(site):
    assert rules.an_anchor_is_there_once(site) == []


@pytest.mark.xdist_group("pages")
def test_nothing_is_fetched_from_elsewhere(site):
    assert rules.nothing_is_fetched_from_elsewhere(site) == []
