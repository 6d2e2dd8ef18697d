"""The way out of MkDocs: what ``measure.builders`` must notice when another builder loses it."""

import zipfile

import pytest
import yaml

from conftest import ROOT
from measure.builders import differences, losses, settings_without_hooks

PAGE = """<head><meta name="generator" content="{builder}"></head>
<nav>menu of {builder}</nav><article><h1>Title</h1><p>Some words.</p><math></math>
<img src="a.svg"><a href="a.svg">The figure</a></article>"""


@pytest.fixture
def sites(tmp_path):
    """The same small site, built twice."""
    for builder in ("ours", "theirs"):
        site = tmp_path / builder
        (site / "assets/javascripts").mkdir(parents=True)
        (site / "index.html").write_text(PAGE.format(builder=builder), encoding="utf-8")
        (site / "a.svg").write_text("<svg/>", encoding="utf-8")
        (site / f"assets/javascripts/{builder}.js").write_text("1", encoding="utf-8")
    return tmp_path / "ours", tmp_path / "theirs"


def test_another_theme_is_no_loss(sites):
    assert losses(*sites) == []


@pytest.mark.parametrize(
    "old, new, loss",
    [
        ("<math></math>", "", "index.html: 0 × math, not 1"),
        ('<img src="a.svg">', "", "index.html: 0 × img, not 1"),
        ('"a.svg"', '"../a.svg"', "index.html: nothing leads to https://host/above/site/a.svg"),
        ("words", "wards", "index.html: its words differ from “words. The figure” on"),
        ("<p>Some words.</p>", "", "index.html: its words differ from “Some words. The figure” on"),
    ],
)
def test_what_a_page_loses_is_told(sites, old, new, loss):
    page = sites[1] / "index.html"
    page.write_text(page.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert losses(*sites) == [loss]


def test_a_missing_file_and_a_missing_page_are_told(sites):
    (sites[1] / "a.svg").unlink()
    (sites[1] / "index.html").unlink()
    assert losses(*sites) == ["a.svg is missing", "index.html is missing"]


def test_the_same_site_may_differ_in_the_builder_s_name_alone_in_its_archives_too(sites):
    for site in sites:
        (site / "index.html").write_text(f'<meta name="generator" content="{site.name}">', encoding="utf-8")
        (site / f"assets/javascripts/{site.name}.js").unlink()
        with zipfile.ZipFile(site / "all.zip", "w") as packed:
            packed.write(site / "index.html", "index.html")
    assert differences(*sites) == []
    (sites[1] / "b.svg").touch()
    (sites[1] / "a.svg").unlink()
    (sites[1] / "index.html").write_text("other", encoding="utf-8")
    assert differences(*sites) == ["a.svg is missing", "b.svg is there besides", "index.html differs"]


def test_a_builder_without_hooks_is_given_pages_and_the_extensions_by_name():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    settings = yaml.safe_load(settings_without_hooks(text))
    assert (
        settings["docs_dir"] == "woven" and "hooks" not in settings and settings["site_name"] == "Overshoot"
    )
    assert [list(plugin) for plugin in settings["plugins"]] == [["search"]]
    assert settings["markdown_extensions"][-3:] == ["pages.elements", "pages.mathematics", "pages.finish"]
    assert "labs/limit.md" in str(settings["nav"]) and ".py" not in str(settings["nav"])
