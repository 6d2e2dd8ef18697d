"""How programs and pages are read, and what is said of those that cannot be."""

import pytest

from conftest import ROOT
from pages.page import without_page
from weave.program import ProgramError, programs, sections
from weave.source import SiteError, check


def refused(function, *args) -> str:
    with pytest.raises(SiteError, match="Cure: ") as caught:
        function(*args)
    return str(caught.value)


@pytest.mark.parametrize(
    "code, complaint",
    [
        ("a = 1\n", "line 1: the program has no section"),
        ("# %% --8<-- [start:one]\na = 1\n", "line 1: # %% --8<-- [start:one] has no partner"),
        ("\na = 1\n# --8<-- [end:one]\n", "line 3: # --8<-- [end:one] has no partner"),
        (
            "# %% --8<-- [start:a]\n# --8<-- [end:a]\n# %% --8<-- [start:a]\n# --8<-- [end:a]\n",
            "line 3: section 'a' stands here a second time",
        ),
        (
            "# %% --8<-- [start:a]\n# %% --8<-- [start:b]\n# --8<-- [end:b]\n# --8<-- [end:a]\n",
            "line 2: a section inside a section",
        ),
        ('"""Doc."""\nb = 1\n# %% --8<-- [start:a]\n# --8<-- [end:a]\n', "line 2: this code stands outside"),
    ],
)
def test_a_program_that_no_page_could_show_is_refused(tmp_path, code, complaint):
    path = tmp_path / "chapter.py"
    path.write_text(code, encoding="utf-8")
    with pytest.raises(ProgramError, match="Cure:") as caught:
        sections(path)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    "code, line",
    [
        ('"""Doc."""\n(\n# %% --8<-- [start:a]\nx = 1\n# --8<-- [end:a]\n', 2),
        ("# %% --8<-- [start:a]\na = 1\nb = = 2\n# --8<-- [end:a]\n", 3),
        ("# %% --8<-- [start:a]\nx = 1\n# --8<-- [end:a]\n)\n", 4),
    ],
)
@pytest.mark.parametrize("folder", ["snippets", "snippets/frameworks"])
def test_a_slip_of_syntax_is_placed_at_its_line_in_a_section_and_outside(tmp_path, folder, code, line):
    path = tmp_path / folder / "chapter.py"
    path.parent.mkdir(parents=True)
    path.write_text(code, encoding="utf-8")
    assert f"{folder}/chapter.py, line {line}: SyntaxError: " in refused(sections, path)


def test_a_section_that_ends_inside_a_statement_is_refused(tmp_path):
    path = tmp_path / "chapter.py"
    path.write_text("if True:\n# %% --8<-- [start:a]\n    x = 1\n# --8<-- [end:a]\n", encoding="utf-8")
    assert "without its sections the rest is no Python" in refused(sections, path)


@pytest.mark.parametrize(
    "name", ["docs/labs/lab.py", "docs/labs/given/checks.py", "docs/chapter.md", "snippets/chapter.py"]
)
@pytest.mark.parametrize(
    "content, complaint",
    [
        (b"# one\n# Erd\xf6s\n", ", line 2: this is not UTF-8"),
        (b"\xef\xbb\xbf# one\n", ", line 1: the file begins with a byte-order mark"),
    ],
    ids=["Latin-1", "BOM"],
)
def test_what_is_not_plain_utf_8_is_named(tmp_path, name, content, complaint):
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert name + complaint in refused(
        *((sections, path) if name.startswith("snippets") else (check, tmp_path / "docs"))
    )


def test_a_slip_of_syntax_in_a_lab_is_named(tmp_path):
    path = tmp_path / "docs/labs/limit.py"
    path.parent.mkdir(parents=True)
    path.write_text("# %%\nx = (\n", encoding="utf-8")
    assert "docs/labs/limit.py, line 2: SyntaxError: '(' was never closed" in refused(
        check, tmp_path / "docs"
    )


@pytest.mark.parametrize(
    "link, to, complaint",
    [
        ("zz.py", "zz.py", "leads nowhere"),
        ("zz.py", "gone.py", "leads nowhere"),
        ("loop", ".", "leads round"),
        ("folder/up", "../..", "leads round"),
        ("twice", "folder", "leads round"),
    ],
)
def test_a_link_that_leads_nowhere_or_round_is_named(tmp_path, link, to, complaint):
    docs = tmp_path / "docs"
    (docs / "folder").mkdir(parents=True)
    (docs / link).symlink_to(to)
    assert f"docs/{link}: the link {complaint}" in refused(check, docs)


def test_a_link_that_leads_out_and_the_lock_of_an_editor_are_none_of_these(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (docs / "linked").symlink_to("../elsewhere")
    (docs / ".#page.md").symlink_to("somebody@machine.4711")
    check(docs)
    (docs / ".#page.py").symlink_to("somebody@machine.4711")
    assert programs(docs) == []


@pytest.mark.parametrize("name", ["json", "random", "numpy", "dateutil", "frameworks"])
def test_a_program_with_the_name_of_what_another_imports_is_refused(tmp_path, name):
    (tmp_path / "other.py").write_text("import frameworks\n", encoding="utf-8")
    (tmp_path / f"{name}.py").write_text("x = 1\n", encoding="utf-8")
    assert f"{name}.py, line 1: beside a file of this name" in (message := refused(programs, tmp_path))
    assert "rename it" in message


def test_a_program_that_no_page_shows_is_named(tmp_path):
    for name in "shown", "frameworks/shown", "lost":
        path = tmp_path / f"snippets/{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n", encoding="utf-8")
    page = '--8<-- "shown.py:one"\n    --8<-- "frameworks/shown.py:one"\n--8<-- "lost.one.txt"\n'
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_text(page, encoding="utf-8")
    (error,) = without_page(tmp_path / "snippets", tmp_path / "docs")
    assert str(error).startswith("snippets/lost.py: no page shows this program.\n  Cure: ")


def test_the_site_as_it_is_has_none_of_these():
    check(ROOT / "docs")
    assert without_page(ROOT / "snippets", ROOT / "docs") == []
