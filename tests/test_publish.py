"""A build takes the site's place only when it is whole; CONTRIBUTING: "leaves the last good `site/` as it was"."""

import errno
import os
import shutil
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
from mkdocs.config import load_config

import hooks
from conftest import ROOT, copy_of_the_sources
from publish import place
from publish.place import lock, note, publish, state, touched, unchanged, unlock
from publish.serve import affected, by_edit
from publish.telling import tell_where_links_lead
from takeaway.slides.decks import write_decks
from weave.source import SiteError


def files(folder) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def folders(tmp_path):
    """A fresh build, and the last good site."""
    fresh, site = tmp_path / "build/site", tmp_path / "site"
    for folder, text in (fresh, "new"), (site, "old"):
        (folder / "assets").mkdir(parents=True)
        (folder / "index.html").write_text(text)
        (folder / "assets/style.css").write_text(text)
    (site / "gone.html").write_text("old")
    return fresh, site


NEW, OLD = {"index.html": "new", "assets/style.css": "new"}, {"index.html": "old", "assets/style.css": "old"}


def test_the_new_site_takes_the_place_of_the_old_one(folders):
    fresh, site = folders
    publish(fresh, site)
    assert files(site) == NEW and not fresh.exists()
    assert sorted(path.name for path in site.parent.iterdir()) == ["build", "site"]


def test_it_takes_a_place_where_nothing_was(folders):
    fresh, site = folders
    shutil.rmtree(site)
    publish(fresh, site)
    assert files(site) == NEW


def test_a_site_on_a_mount_of_its_own_is_not_emptied_before_the_new_one_lies_in_it(folders, monkeypatch):
    """A mount cannot be renamed; what is in it can."""
    fresh, site = folders
    monkeypatch.setattr(os.path, "ismount", lambda path: path == site)
    refuse_to_rename(monkeypatch, fresh, site)
    publish(fresh, site)
    assert files(site) == NEW
    assert sorted(path.name for path in site.iterdir()) == ["assets", "index.html"]


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts need root")
def test_a_real_mount_of_its_own_is_served_too_and_a_full_one_keeps_its_site(folders):
    fresh, site = folders
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", site], capture_output=True
    ).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        (site / "index.html").write_text("old")
        publish(fresh, site)
        assert files(site) == NEW
        fresh.mkdir()
        (fresh / "index.html").write_text("too large" * 20_000)
        with pytest.raises(SiteError, match=r"stays as it was: .*No space left on device"):
            publish(fresh, site)
        assert files(site) == NEW and fresh.exists()
    finally:
        subprocess.run(["umount", site], check=True)


def refuse_to_rename(monkeypatch, *folders, error=errno.EBUSY):
    rename = type(folders[0]).rename

    def refused(path, target):
        if path in folders:
            raise OSError(error, os.strerror(error), str(path))
        return rename(path, target)

    monkeypatch.setattr(type(folders[0]), "rename", refused)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EACCES], ids=os.strerror)
def test_where_the_new_site_finds_no_place_the_old_one_stays_and_the_cure_is_told(
    folders, monkeypatch, error
):
    fresh, site = folders
    refuse_to_rename(monkeypatch, fresh, error=errno.EXDEV)

    def copytree(source, target):
        target.mkdir()
        raise OSError(error, os.strerror(error), str(target))

    monkeypatch.setattr(shutil, "copytree", copytree)
    with pytest.raises(SiteError, match=rf"site/ stays as it was: {os.strerror(error)}\.\n  Cure: make room"):
        publish(fresh, site)
    assert files(site) == OLD | {"gone.html": "old"} and files(fresh) == NEW
    assert sorted(path.name for path in site.parent.iterdir()) == ["build", "site"]


def test_if_the_last_step_fails_the_old_site_is_put_back(folders, monkeypatch):
    fresh, site = folders
    refuse_to_rename(monkeypatch, site.parent / place.NEW)
    with pytest.raises(SiteError):
        publish(fresh, site)
    assert files(site) == OLD | {"gone.html": "old"}


def test_a_second_build_in_the_same_folder_waits_for_the_first(tmp_path, caplog):
    caplog.set_level("INFO")
    lock(tmp_path)
    first, order = place._locks.pop(), []

    def second():
        lock(tmp_path)
        order.append("second")
        unlock()

    thread = threading.Thread(target=second)
    thread.start()
    while "this one waits for its end" not in caplog.text:
        pass
    order.append("first")
    first.release()
    thread.join()
    assert order == ["first", "second"]


def test_only_what_would_make_the_same_site_counts_as_unchanged(tmp_path):
    """Each change of a source, a setting or the site itself is seen; a second look at the same is not.
    CONTRIBUTING.md: “where nothing has changed nothing is built; delete build/ for a cold build.”"""
    root = copy_of_the_sources(tmp_path / "root")
    site, built = tmp_path / "site", tmp_path / "built"
    site.mkdir()
    page = site / "index.html"
    page.write_text("page")
    assert not unchanged(built, state(root, site, "address"))
    note(built, state(root, site, "address"))
    assert unchanged(built, state(root, site, "address"))
    assert not unchanged(built, state(root, site, "another address"))
    for file in ("docs/index.md", "snippets/taylor.py", "scripts/pages/theme/main.html", "mkdocs.yml"):
        text = (root / file).read_bytes()
        (root / file).write_bytes(text + b"\n")
        assert not unchanged(built, state(root, site, "address")), file
        (root / file).write_bytes(text)
        assert unchanged(built, state(root, site, "address"))
    (root / "docs/cases.md").rename(root / "docs/cases2.md")
    assert not unchanged(built, state(root, site, "address"))
    (root / "docs/cases2.md").rename(root / "docs/cases.md")
    page.write_text("edited by hand")
    assert not unchanged(built, state(root, site, "address"))
    assert hooks.MEMO.parent == hooks.BUILT.parent == hooks.BUILD == ROOT / "build"
    note(built, state(root, site, "address"))
    built.unlink()
    assert not unchanged(built, state(root, site, "address"))


def test_an_option_of_the_command_counts_as_a_change_too(tmp_path):
    options = {}, {"strict": False}, {"use_directory_urls": False}, {"site_url": "https://example.org/"}
    states = []
    for chosen in options:
        config = load_config(str(ROOT / "mkdocs.yml"), **chosen)
        config.extra["site"] = tmp_path
        states.append(hooks.state(config))
    assert len(set(states)) == len(options)


def test_after_a_whole_build_that_failed_an_edit_takes_a_whole_build_again(tmp_path):
    for name in ("docs", "snippets"):
        (tmp_path / name).mkdir()
    page, built, fails = tmp_path / "docs/page.md", [], [True]
    page.write_text("one")

    def whole():
        built.append("whole")
        if fails.pop():
            raise SiteError("a lab failed")

    builder = by_edit(whole, tmp_path, tmp_path, [], lambda *which: built.append("edit"))
    (tmp_path / "mkdocs.yml").write_text("site_name: x")
    with pytest.raises(SiteError):
        builder()
    page.write_text("another text")
    fails.append(False)
    builder()
    assert built == ["whole", "whole"]


def test_an_edit_runs_the_edited_programs_and_makes_the_decks_of_the_pages_that_show_them(tmp_path):
    docs, snippets, made = tmp_path / "docs", tmp_path / "snippets", []
    for folder in (docs, snippets, tmp_path / "figures"):
        folder.mkdir()
    (docs / "cases.md").write_text("words")
    (docs / "index.md").write_text("![What it shows](figures/taylor.run.svg)")
    (snippets / "taylor.py").write_text("1")
    nothing = SimpleNamespace(
        get_file_from_path=lambda name: None, documentation_pages=list, site_dir=tmp_path / "site"
    )
    built = [nothing, nothing, None, None]
    builder = by_edit(None, tmp_path, tmp_path, built, lambda *which: made.append(which))
    (snippets / "taylor.py").write_text("1 + 1")
    builder()
    (docs / "cases.md").write_text("other words")
    builder()
    assert made == [({snippets / "taylor.py"}, {"index"}), (set(), {"cases"})]


def test_the_deck_of_one_chapter_is_the_same_made_alone(tmp_path):
    sources = ROOT / "docs", ROOT / "snippets"
    whole = write_decks(*sources, tmp_path / "whole", None)
    (alone,) = write_decks(*sources, tmp_path / "alone", None, {"taylor", "index"})
    assert alone.name == "taylor.md" and len(whole) > 10
    assert alone.read_bytes() == (tmp_path / "whole/slides/taylor.md").read_bytes()


def test_an_edit_leads_to_the_pages_that_show_it_or_to_a_whole_build(tmp_path):
    """docs/benchmark.md: “While somebody writes, under mkdocs serve, only the pages that show the program are made
    again.”"""
    docs, snippets = tmp_path / "docs", tmp_path / "snippets"
    docs.mkdir()
    snippets.mkdir()
    (docs / "taylor.md").write_text('--8<-- "taylor.py:run"')
    (docs / "index.md").write_text("![What it shows](figures/taylor.run.svg)")
    (docs / "cases.md").write_text("words about taylor.")
    for program in ("taylor.py", "new.py"):
        (snippets / program).write_text("")
    assert affected({snippets / "taylor.py"}, docs, snippets) == ["index.md", "taylor.md"]
    assert affected({docs / "cases.md"}, docs, snippets) == ["cases.md"]
    assert affected({docs / "gone.md"}, docs, snippets) is None
    assert affected({docs / "cases.md", docs.parent / "mkdocs.yml"}, docs, snippets) is None


@pytest.mark.parametrize(
    "address, said",
    [("http://127.0.0.1:8000/", True), ("http://localhost/", True), ("https://a.org/", False)],
)
def test_a_build_for_this_machine_alone_says_so_and_how_to_name_the_site(caplog, address, said):
    """README.md: “What is taken along links to the address that `SITE_URL` names:
    `SITE_URL=https://example.org/overshoot/ uv run mkdocs build`.”"""
    caplog.set_level("INFO")
    tell_where_links_lead(address)
    assert ("SITE_URL=https://…/ mkdocs build" in caplog.text) == said


def test_what_was_changed_while_a_build_was_under_way_is_built_the_next_time(tmp_path):
    page = tmp_path / "docs/index.md"
    page.parent.mkdir()
    page.write_text("before")
    os.utime(page, (1000, 1000))
    assert not touched(tmp_path, since=2000)
    os.utime(page, (2001, 2001))
    assert touched(tmp_path, since=2000)
    (tmp_path / "docs/new.pyc").touch()
    os.utime(page, (1000, 1000))
    assert not touched(tmp_path, since=2000), "Python's own files are no sources"
