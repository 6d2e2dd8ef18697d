"""A page is rendered and filled in again as soon as anything has changed that it depends on, and not before."""

import logging
from types import SimpleNamespace

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.structure.pages import Page

import conftest  # noqa: F401  which finds the machinery
from pages import filled, rendered
from publish.search import Index
from weave import memo

SETTINGS = """
site_name: Two pages
docs_dir: docs
site_dir: site
theme: {name: null, custom_dir: theme}
plugins: []
validation: {links: {anchors: warn}}
markdown_extensions:
  - pymdownx.snippets: {base_path: [%s], check_paths: true}
"""
TEMPLATE = """{{ page.title }} {{ page.content }} {{ page.toc | length }}{{ fill(page) }}
{% for one in nav.pages %}{{ one.title }} {{ one.meta.status }}{% endfor %} {{ page.next_page.url }}"""
PAGE = '# One\n\n[There](two.md#end)\n\n```\n--8<-- "one.txt"\n```\n'


@pytest.fixture
def site(tmp_path, monkeypatch, caplog):
    """A site of two pages; building it returns the HTML of the first, the pages rendered and what was told."""
    for folder in "docs", "theme", "outputs":
        (tmp_path / folder).mkdir()
    (tmp_path / "theme/main.html").write_text(TEMPLATE)
    (tmp_path / "mkdocs.yml").write_text(SETTINGS % (tmp_path / "outputs"))
    (tmp_path / "docs/index.md").write_text(PAGE)
    (tmp_path / "docs/two.md").write_text("# Two\n\n## End\n")
    (tmp_path / "outputs/one.txt").write_text("first\n")
    done, render = [], Page.render
    monkeypatch.setattr(Page, "render", lambda page, *how: done.append(page.file.name) or render(page, *how))

    def on_env(env, config, files):
        env.globals["fill"] = lambda page: built.filled.append(page.file.name) or ""
        filled.remember(env, tmp_path / "compiled", tmp_path / "memo/filled", [config.site_url])

    def built(**options):
        done.clear()
        built.filled = []
        caplog.clear()
        config = load_config(str(tmp_path / "mkdocs.yml"), **options)

        def on_page_markdown(markdown, page, config, files):
            rendered.remember(page, tmp_path / "memo", [tmp_path / "outputs"])

        config.plugins.events["page_markdown"].append(on_page_markdown)
        config.plugins.events["env"].append(on_env)
        build(config)
        told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
        return (tmp_path / "site/index.html").read_text(), done.copy(), told

    built.folder = tmp_path
    return built


def test_a_page_that_has_not_changed_is_not_rendered_again(site):
    """CONTRIBUTING.md: “and only the pages rendered that have changed or show something that has;”"""
    first, done, told = site()
    assert done == ["index", "two"] and "first" in first and first.startswith("One <h1") and not told
    assert site() == (first, [], [])


def test_a_page_that_is_rendered_in_a_way_of_its_own_is_remembered_too(site, monkeypatch):
    """As a lab is, by mkdocs-jupyter."""
    own, remember = [], rendered.remember

    def remember_another(page, *where):
        render = page.render
        page.render = lambda *how: own.append(page.file.name) or render(*how)
        remember(page, *where)

    monkeypatch.setattr(rendered, "remember", remember_another)
    first, *_ = site()
    assert own == ["index", "two"] and site()[0] == first and own == ["index", "two"]
    (site.folder / "docs/two.md").write_text("# Two\n\n## End\n\nMore.\n")
    site()
    assert own == ["index", "two", "two"]


def test_a_page_is_rendered_again_after_an_edit_of_it_or_of_what_it_includes(site):
    site()
    (site.folder / "outputs/one.txt").write_text("second\n")
    page, done, _ = site()
    assert "second" in page and done == ["index"]
    (site.folder / "docs/index.md").write_text(PAGE.replace("One", "Other"))
    page, done, _ = site()
    assert page.startswith("Other <h1") and done == ["index"]


def test_all_are_rendered_again_after_a_change_of_the_settings_the_machinery_or_the_pages(site, monkeypatch):
    assert 'href="two/#end"' in site()[0]
    assert 'href="two.html#end"' in site(use_directory_urls=False)[0]
    site()
    (site.folder / "mkdocs.yml").write_text(SETTINGS % (site.folder / "outputs") + "  - attr_list\n")
    assert site()[1] == ["index", "two"]
    (site.folder / "docs/three.md").write_text("# Three\n")
    assert site()[1] == ["index", "three", "two"]
    assert site()[1] == []
    monkeypatch.setattr("weave.memo.tools", lambda *rooms: f"{rooms} of another day")
    assert site()[1] == ["index", "three", "two"]


def test_what_is_wrong_with_a_page_is_told_in_every_build(site):
    (site.folder / "docs/two.md").write_text("# Two\n\n## End\n\n[Away](nowhere.md)\n")
    for _ in range(2):
        _, done, told = site()
        assert "two" in done and len(told) == 1 and "nowhere.md" in told[0]


def test_a_link_is_held_to_the_page_that_it_leads_to_though_only_that_has_changed(site):
    site()
    (site.folder / "docs/two.md").write_text("# Two\n\n## Close\n")
    _, done, told = site()
    assert done == ["two"] and len(told) == 1 and "#end" in told[0]


def test_what_a_quiet_build_has_not_told_the_next_one_tells(site):
    (site.folder / "docs/two.md").write_text("# Two\n\n## End\n\n[Away](nowhere.md)\n")
    log = logging.getLogger("mkdocs")
    log.setLevel(logging.ERROR)  # as `mkdocs build -q` does
    try:
        assert site()[2] == [] and site()[1] == []
    finally:
        log.setLevel(logging.NOTSET)
    assert "nowhere.md" in site()[2][0]


def test_a_page_that_includes_in_another_way_is_rendered_each_time(site):
    (site.folder / "docs/two.md").write_text("# Two\n\n## End\n\n--8<--\none.txt\n--8<--\n")
    site()
    assert site()[1] == ["two"]


def test_a_page_that_has_not_changed_is_not_filled_in_again(site):
    first, *_ = site()
    assert site.filled == ["index", "two"]
    assert site()[0] == first and site.filled == []
    (site.folder / "docs/two.md").write_text("# Two\n\n## End\n\nMore.\n")
    site()
    assert site.filled == ["two"]


@pytest.mark.parametrize(
    "two, shown",
    [("# Other\n\n## End\n", "Other"), ("---\nstatus: new\n---\n# Two\n\n## End\n", "Two new")],
)
def test_a_page_is_filled_in_again_when_its_navigation_shows_something_else(site, two, shown):
    assert shown not in site()[0]
    (site.folder / "docs/two.md").write_text(two)
    assert shown in site()[0] and site.filled == ["index", "two"]


def test_all_are_filled_in_again_after_a_change_of_the_settings_the_theme_or_the_pages(site, monkeypatch):
    site(site_url="https://example.org")
    (site.folder / "mkdocs.yml").write_text(
        (SETTINGS % (site.folder / "outputs")).replace("Two pages", "Pages")
    )
    site(site_url="https://example.org")
    assert site.filled == ["index", "two"]
    (site.folder / "docs/more.md").write_text("# More\n")
    assert "more/" in site(site_url="https://example.org")[0] and site.filled == ["index", "more", "two"]
    site(site_url="https://example.com")
    assert site.filled == ["index", "more", "two"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    site(site_url="https://example.com")
    assert site.filled == ["index", "more", "two"]
    site(site_url="https://example.com")
    assert site.filled == []
    of_the_machinery = memo.tools
    monkeypatch.setattr(
        memo, "tools", lambda *rooms: "another day" if "pages" in rooms else of_the_machinery(*rooms)
    )
    site(site_url="https://example.com")
    assert site.filled == ["index", "more", "two"]


def test_a_page_that_has_not_changed_is_not_read_again_for_the_search(tmp_path):
    page = SimpleNamespace(url="one/", title="One", meta={}, toc=[], content="<p>first</p>")
    home = SimpleNamespace(url="", title="Home", meta={}, toc=[], content="<p>welcome</p>")

    def indexed(*pages):
        index, read = Index({"separator": "[ ]+"}, tmp_path), []
        create = index.create_entry_for_section
        index.create_entry_for_section = lambda *of: read.append(of[-1].url) or create(*of)
        for one in pages:
            index.add_entry_from_context(one)
        return [(entry["location"], entry["title"], entry["text"]) for entry in index.entries], read

    first = [("", "Home", "<p>welcome</p>"), ("one/", "One", "<p>first</p>")]
    assert indexed(home, page) == (first, ["", "one/"])
    assert indexed(home, page) == (first, [])
    page.content = "<p>second</p>"
    assert indexed(home, page) == ([first[0], ("one/", "One", "<p>second</p>")], ["one/"])
    page.meta = {"search": {"exclude": True}}
    assert indexed(home, page) == (first[:1], [])
    page.meta, page.url, page.title = {}, "labs/one/", "Two"
    assert indexed(page, home) == ([("labs/one/", "Two", "<p>second</p>"), first[0]], ["labs/one/"])
    page.title = "Three"
    assert indexed(page) == ([("labs/one/", "Three", "<p>second</p>")], ["labs/one/"])
    page.url = "labs-one/"
    assert indexed(page) == ([("labs-one/", "Three", "<p>second</p>")], ["labs-one/"])
