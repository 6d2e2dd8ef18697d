"""The comparison with other tools: all are given whole chapters, and the page's tables are renewed. None is run."""

import ast
import re

import pytest
import yaml
from nbformat import reads

from conftest import ROOT
from measure import compare
from measure.benchmark import copy_of_the_site
from measure.others import chapter
from measure.others.chapter import EDIT, chapters
from measure.others.load import first_load
from measure.others.tools import TOOLS
from weave.program import sections
from weave.source import navigation

READ = chapters(ROOT, 12)
NAMES = [tool.name for tool in TOOLS]
PAGE = ROOT / "scripts" / "measure" / "others" / "page.md"


@pytest.fixture
def laid(tmp_path, monkeypatch):
    """A function that lays all chapters for a tool. Pandoc is not asked."""
    monkeypatch.setattr(chapter, "_restructured", lambda text: text.split(f"\n\n{chapter.CUT}\n\n"))

    def lay(name):
        tool = next(tool for tool in TOOLS if tool.name == name)
        tool.lay(tool, tmp_path, READ)
        return tool

    return lay


def code_of(tool, text):
    """The code that a tool finds in a chapter, in order."""
    if tool.source.endswith(".ipynb"):
        return "\n".join(cell.source for cell in reads(text, 4).cells if cell.cell_type == "code")
    if tool.source.endswith(".md"):
        return "\n".join(
            re.findall(r'^```python exec.* result="text".*\n((?:.*\n)*?)```$', text, re.MULTILINE)
        )
    return text


@pytest.mark.parametrize("name", NAMES)
def test_each_tool_is_given_every_section_of_every_chapter_in_order(laid, tmp_path, name):
    tool = laid(name)
    for one in READ:
        text = (tmp_path / tool.source.format(one.name)).read_text(encoding="utf-8")
        code, at = code_of(tool, text), 0
        for part in sections(ROOT / "snippets" / f"{one.name.split('-')[0]}.py"):
            at = code.find(part.code.strip("\n"), at)
            assert at >= 0, f"{one.name} lacks the section {part.name}"
            at += len(part.code.strip("\n"))


@pytest.mark.parametrize("name", NAMES)
def test_each_tool_is_given_the_data_and_the_package_beside_the_programs(laid, tmp_path, name):
    tool = laid(name)
    assert (tmp_path / tool.source).with_name("data").is_dir()
    assert list(tmp_path.glob("*/readlog/__init__.py"))


@pytest.mark.parametrize("name", NAMES)
def test_an_edit_is_a_line_that_prints(laid, tmp_path, name):
    tool, one = laid(name), READ[0]
    source = tmp_path / tool.source.format(one.name)
    before = source.read_text(encoding="utf-8")
    assert EDIT[0].strip() not in code_of(tool, before)
    tool.write(tmp_path, one.edited())
    assert EDIT[0].strip() in code_of(tool, source.read_text(encoding="utf-8"))


def test_the_chapters_come_as_a_reader_of_the_site_meets_them_and_then_again():
    names = [one.name for one in chapters(ROOT, 30)]
    assert names[:5] == ["overshoot", "taylor", "conditioning", "minibatch", "overflow"]
    programs = {path.stem for path in (ROOT / "snippets").glob("*.py")}
    assert {*names[: len(programs)]} == programs and names[len(programs)] == f"overshoot-{len(programs)}"


def test_a_copy_of_a_chapter_is_not_what_a_tool_has_run_before():
    read = chapters(ROOT, 30)
    assert (
        len({one.program for one in read})
        == len({"".join(code for _, code in one.parts()) for one in read})
        == 30
    )


def test_the_whole_site_has_all_the_chapters_that_are_looked_for(tmp_path):
    read = chapters(ROOT, 30)
    copy_of_the_site(tmp_path, len(read))
    nav = navigation(tmp_path)
    for one in read:
        assert (tmp_path / f"snippets/{one.name}.py").exists() and (tmp_path / f"docs/{one.name}.md").exists()
        assert one.name in nav


def test_a_page_that_was_not_built_is_told_and_does_not_weigh_nothing(tmp_path):
    with pytest.raises(FileNotFoundError, match="was not built"):
        first_load(tmp_path, tmp_path / "nowhere/index.html")


def test_our_own_page_shows_what_each_section_prints_and_draws():
    for one in READ:
        page = chapter.own_page(one)
        ours = re.sub(rf'(--8<-- "|\(figures/){one.name.split("-")[0]}\.', rf"\g<1>{one.name}.", one.page)
        for what in (r'--8<-- "[\w-]+\.[\w.:-]+"', r"\(figures/\S+\.svg\)"):
            assert re.findall(what, page) == re.findall(what, ours), one.name


def test_the_prose_is_the_page_s_without_what_only_this_project_knows():
    for one in READ:
        text = "\n".join(text for section, text in one.parts() if not section)
        assert len(text.split()) > 0.8 * len(chapter.FENCE.sub("", one.page).split())
        assert not re.search(r"^ *(!!!|\?\?\?|===|///)|--8<--|</|\]\((?!http)", text, re.MULTILINE), one.name


def test_the_script_for_sphinx_gallery_is_python(laid, tmp_path):
    laid("sphinx-gallery")
    for one in READ:
        text = (tmp_path / f"examples/{one.name}.py").read_text(encoding="utf-8")
        assert ast.get_docstring(ast.parse(text)).startswith("# ")  # here not translated


def test_our_chapters_alone_are_built_without_the_rest(laid, tmp_path):
    laid("Overshoot, programs and prose")
    settings = yaml.safe_load((tmp_path / "mkdocs.yml").read_text(encoding="utf-8"))
    assert settings["nav"] == ["index.md", *(f"{one.name}.md" for one in READ)]
    assert {path.name for path in (tmp_path / "docs").glob("*.md")} == set(settings["nav"])
    ast.parse((tmp_path / "scripts/hooks.py").read_text(encoding="utf-8"))


def test_a_copy_of_the_whole_site_has_the_licences_that_its_page_shows(laid, tmp_path):
    laid("Overshoot, the whole site")
    assert (tmp_path / "LICENSE").is_file() and (tmp_path / "LICENSE-TEXT").is_file()


def measured(times, elsewhere=0):
    keys = [*compare.BUILDS, *compare.COSTS]
    return {key: times * (number + 1) for number, key in enumerate(keys)} | {"elsewhere": elsewhere}


def test_the_tables_say_how_many_times_the_first_row_s_each_number_is():
    found = {"Overshoot": {10: measured(10), 100: measured(100)}, "Other": {10: measured(25, elsewhere=2)}}
    text = compare.tables(found, [10, 100])
    assert "| Overshoot | 10.0 | 20.0 | 30.0 |" in text
    assert "| Other | 25.0 (2.5×) | 50.0 (2.5×) | 75.0 (2.5×) |" in text
    assert "| Overshoot | 100 | 200 | 300 |" in text and text.count("| Other |") == 2
    found = {"Overshoot": {10: measured(10)}, "Other": {10: measured(25)}}
    assert "100 chapters" not in compare.tables(found, [10, 100])
    assert "| Overshoot | 1.000 | 2.000 | 3.000 |" in text  # each of 90 chapters
    assert r"| 150\* (2.5×) |" in text and "another host" in text
    assert "| Other | 0.002 (2.0×) | 7.000 |" in compare.grid(
        ["a", "b"], {"First": [0.001, 0.0004], "Other": [0.002, 7]}, digits=3
    )


def test_the_page_says_when_and_where_it_was_measured_and_with_which_releases():
    text = compare.machine({"Overshoot, the whole site": "0.1.0", "Jupyter Book 1": "1.0.4"}, 0.25)
    assert re.match(r"Measured on \d+ \w+ \d{4}: \d+ cores ", text)
    assert text.endswith("load before the first build 0.2. Jupyter Book 1.0.4.\n")


def test_the_page_is_renewed_between_its_comments_as_often_as_one_likes(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    compare.write(page, "One \\1.\n")
    compare.write(page, "Two.\n")
    text = page.read_text(encoding="utf-8")
    assert (
        "<!-- measured -->\nTwo.\n<!-- /measured -->" in text
        and "One 1" not in text
        and "One \\1" not in text
    )
    assert len(text.split("<!-- measured -->")) == 2 and "## What was measured" in text


def test_the_page_names_every_tool_that_is_tried():
    text = PAGE.read_text(encoding="utf-8")
    assert all(re.sub(r" \d$", "", tool.name) in text for tool in TOOLS if tool.packages)
