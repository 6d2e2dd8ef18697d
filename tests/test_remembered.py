"""What an edit leaves as it was is not made again for it, and what shows the edit is."""

import shutil

import pytest

from conftest import ROOT
from python import kit
from takeaway import notebook, offline
from takeaway.slides import decks

PAGE = '<html><head><script defer src="a.js"></script></head><body>{}</body></html>'


@pytest.fixture
def counted(monkeypatch):
    """Counts the calls of a function: which one it was called for, by its first argument."""

    def count(module, name, called=lambda *of: of[0]):
        calls, function = [], getattr(module, name)

        def counting(*arguments):
            calls.append(called(*arguments))
            return function(*arguments)

        monkeypatch.setattr(module, name, counting)

        def since():
            found, calls[:] = sorted(calls), []
            return found

        return since

    return count


def write(folder, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def test_a_page_of_the_zip_is_made_readable_from_disk_again_when_it_or_where_it_leads_has_changed(
    tmp_path, counted, monkeypatch
):
    site, made = tmp_path / "site", counted(offline, "from_disk", lambda text, name, site: name)
    monkeypatch.setattr(offline, "script", lambda assets: "")
    pages = {"index.html": PAGE.format('<a href="two">2</a>'), "one/index.html": PAGE.format("one")}
    write(site, pages | {"search/search_index.json": '{"docs": []}'})

    def packed():
        offline.pack(site, [], tmp_path / "memo")
        return made()

    assert packed() == ["index.html", "one/index.html"] and packed() == []
    write(site, {"one/index.html": PAGE.format("another")})
    assert packed() == ["one/index.html"]
    write(site, {"two/index.html": PAGE.format("two")})  # where the first page leads: now it is a folder
    assert packed() == ["index.html", "one/index.html", "two/index.html"]


@pytest.mark.parametrize(
    "edited, text",
    [
        ("docs/taylor.md", "{}\nMore.\n"),
        ("docs/notation.md", "{}\nMore.\n"),
        ("snippets/taylor.py", '{}\n# %% --8<-- [start:more]\nprint("more")\n# --8<-- [end:more]\n'),
        ("build/outputs/taylor.promise.txt", "more\n"),
    ],
)
def test_the_slides_of_a_chapter_are_made_again_when_what_they_show_has_changed(
    tmp_path, counted, edited, text
):
    made = counted(decks, "slides", lambda markdown, *_: markdown.partition("\n# ")[2].split("\n")[0])
    for name in ("docs/taylor.md", "docs/overshoot.md", "docs/notation.md", "snippets/taylor.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)

    def written():
        folders = (tmp_path / name for name in ("docs", "snippets", "build"))
        decks.write_decks(*folders, None)
        return made()

    both = written()
    assert len(both) == 2 and written() == []
    path = tmp_path / edited
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(text.format(before), encoding="utf-8")
    again = written()
    assert again == both if "notation" in edited else len(again) == 1 and "Taylor" in again[0]


def test_the_notebook_of_a_program_is_made_again_when_it_or_its_data_have_changed(tmp_path, counted):
    made = counted(notebook, "notebook", lambda program, *_: program.stem)
    program = '"""A program."""\n# %% --8<-- [start:run]\nprint(1)\n# --8<-- [end:run]\n'
    snippets, docs = tmp_path / "snippets", tmp_path / "docs"
    reads = program.replace("print(1)", 'open("data/points.csv")')
    write(snippets, {"alone.py": program, "reads.py": reads, "data/points.csv": "1\n"})
    write(docs, {"alone.md": "# Alone\n"})

    def written(address="https://a.org/"):
        notebook.write_notebooks(snippets, docs, tmp_path / "made", address, tmp_path / "memo")
        return made()

    assert written() == ["alone", "reads"] and written() == []
    write(snippets, {"data/points.csv": "2\n"})
    assert written() == ["reads"]
    assert "2\\n" in (tmp_path / "made/reads.ipynb").read_text(encoding="utf-8")
    write(snippets, {"alone.py": program.replace("1", "3")})
    assert written() == ["alone"]
    assert written("https://b.org/") == ["alone", "reads"]


def test_the_checks_of_a_lab_are_read_again_when_it_has_changed(tmp_path, counted):
    made = counted(kit, "checks_of_lab", lambda lab: lab.stem)
    labs = tmp_path / "docs/labs"
    labs.mkdir(parents=True)
    for lab in sorted((ROOT / "docs/labs").glob("*.py"))[:2]:
        shutil.copy(lab, labs)
    write(tmp_path / "pyodide", dict.fromkeys(kit.LOADED, ""))

    def written():
        sources = tmp_path / "snippets", tmp_path / "docs", tmp_path / "pyodide"
        kit.write_kit(*sources, tmp_path / "kit.json", tmp_path / "memo")
        return made()

    _, second = written()
    assert written() == []
    lab = labs / f"{second}.py"
    lab.write_text(lab.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert written() == [second]
