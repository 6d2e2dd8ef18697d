"""What makes a long page quick to open: few elements, code that is drawn when it is seen, style sheets read once."""

import re

import pytest
from markdown import markdown

from conftest import settle, until
from pages.finish import ALIKE, PLAIN, thin
from proven import LOOKS, proven_by
from publish.theme_scripts import change_theme
from rules import pages_of
from weave.source import SiteError

MOST = 3300  # elements of a page; the longest has some 3,000
CODE = "[...document.querySelectorAll('article pre > code')]"
VISIBILITY = f"new Set({CODE}.map(code => getComputedStyle(code).contentVisibility))"
HEIGHTS = f"{CODE}.map(code => code.getBoundingClientRect().height)"
COLOUR = """kind => {
    const word = document.createElement("span");
    word.className = kind;
    document.querySelector(".highlight code").append(word);
    return getComputedStyle(word).color;
}"""
# Links have whole addresses, and of the two buttons for the colours one is shown.
STARTED = """() => [!document.querySelector(".md-footer a").getAttribute("href").startsWith("."),
    document.querySelectorAll("label[for^=__palette][hidden]").length < 2]"""


def of_the_page(path: str = "{path}"):
    return proven_by(f"site/{path}index.html", *LOOKS)


def test_code_has_no_more_elements_than_changes_of_colour():
    given = (
        '<span class="n">a</span><span class="p">[</span><span class="o">-</span> <span class="p">(</span>b'
    )
    assert thin(given) == 'a<span class="p">[- (</span>b'
    given = '<span class="sa">f</span><span class="s2">"</span><span class="si">{</span><span class="n">b</span>\n'
    assert thin(given) == '<span class="sa">f</span><span class="s2">"{</span>b\n'


def test_code_says_how_many_lines_it_has_and_can_be_scrolled_by_keyboard():
    text = "```python\na\n\n# b\n```\n\n`c`"
    page = markdown(text, extensions=["pymdownx.highlight", "pymdownx.superfences", "pages.finish"])
    assert '<code tabindex="0" data-lines="3">a\n\n<span class="c1"># b</span>\n</code>' in page
    assert "<code>c</code>" in page


@pytest.mark.xdist_group("pages")
def test_no_page_has_more_elements_than_a_phone_opens_at_once(site):
    for path, page in pages_of(site).items():
        lecture = path.parent.name.startswith("lecture-")  # some chapters in one, to be projected
        assert len(page.find_all()) <= MOST or lecture, path
        words = [word["class"][0] for word in page.select("pre > code span[class]")]
        assert not {*words} & {*PLAIN, *ALIKE}, path


@of_the_page()
@pytest.mark.parametrize(
    "path, scheme", [("taylor/", "light"), ("taylor/", "dark"), ("slides/taylor/", "light")]
)
def test_words_that_share_an_element_share_a_colour(open_page, path, scheme):
    page = open_page(path, color_scheme=scheme)
    plain = page.locator(".highlight code").first.evaluate("code => getComputedStyle(code).color")
    assert {page.evaluate(COLOUR, kind) for kind in PLAIN} == {plain}
    for kind, other in ALIKE.items():
        assert page.evaluate(COLOUR, kind) == page.evaluate(COLOUR, other)
    assert page.evaluate(COLOUR, "k") != plain


@of_the_page()
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", ["overshoot/", "labs/limit/"])
def test_code_off_the_screen_waits_in_the_room_that_it_will_take(open_page, path, width):
    page = open_page(path, width=width, java_script_enabled=False)  # without scripts too
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate(f"[...{VISIBILITY}]") == ["auto"]
    kept = page.evaluate(HEIGHTS)
    page.evaluate(f"{CODE}.forEach(code => code.style.contentVisibility = 'visible')")
    assert page.evaluate(HEIGHTS) == pytest.approx(kept, abs=0.5) and len(kept) > 8


@of_the_page("overshoot/")
def test_code_off_the_screen_is_found_and_printed(open_page):
    page = open_page("overshoot/")
    assert page.evaluate("window.find('growth 1.5356, curvature 18.66')") and page.evaluate("scrollY") > 5000
    page.emulate_media(media="print")
    assert page.evaluate(f"[...{VISIBILITY}]") == ["visible"]


@proven_by("site/index.html", "site/overshoot/index.html", "site/labs/limit/index.html", *LOOKS)
def test_a_style_sheet_is_read_once_and_kept_however_many_pages_are_visited(open_page, site):
    page = open_page("")  # whose live figure brings a sheet of its own
    page.route("**/sitemap.xml", lambda route: route.fulfill(body=sitemap(site, page.url)))
    page.reload()
    until(page, "() => document.styleSheets.length == 4")
    page.evaluate("window.read = [...document.styleSheets]")
    each_once = "new Set([...document.styleSheets].map(one => one.href)).size == document.styleSheets.length"
    for path, title in (("labs/limit/", "Lab 1"), ("overshoot/", "Overshoot"), ("labs/limit/", "Lab 1")):
        page.locator(f'.md-nav a[href$="{path}"]').first.evaluate("link => link.click()")
        until(page, "title => document.querySelector('h1').textContent.includes(title)", arg=title)
        settle(page)
        assert page.evaluate(f"{each_once} && read.every((one, i) => one == document.styleSheets[i])")


@of_the_page("frameworks/")
def test_scripts_that_start_leave_each_element_the_style_that_it_has(open_page):
    """What would make a browser find the style of every element anew."""
    page = open_page("frameworks/", kept=False, color_scheme="light")
    page.add_init_script("""window.changed = [];
        new MutationObserver((seen) => {
            for (const { target, attributeName: name, oldValue } of seen)
                if (document.body && [document.documentElement, document.body].includes(target))
                    if (target.getAttribute(name) !== oldValue) changed.push([target.localName, name, oldValue]);
        }).observe(document, { subtree: true, attributeFilter: ["class", "data-md-color-switching"], attributeOldValue: true });""")
    page.reload()
    until(page, f"({STARTED})().every(Boolean)")
    assert page.evaluate("changed") == []
    assert page.locator("meta[name=color-scheme]").count() == 0


@of_the_page("taylor/")
def test_the_scheme_switches_without_transitions_and_the_page_s_own_bars_with_it(open_page):
    page = open_page("taylor/", color_scheme="light")
    seen = "[document.body.hasAttribute('data-md-color-switching'), getComputedStyle(document.documentElement).colorScheme]"
    assert page.evaluate(seen) == [False, "normal"]
    label = page.locator("label[for^=__palette]:visible")
    assert label.evaluate(f"label => {{ label.click(); return {seen}; }}") == [True, "dark"]
    until(page, f"{seen}[0] === false")


@of_the_page("taylor/")
def test_what_the_theme_starts_it_starts_in_tasks_of_their_own(open_page):
    page = open_page("taylor/", kept=False)
    page.add_init_script(f"document.addEventListener('DOMContentLoaded', () => window.early = ({STARTED})())")
    page.reload()
    until(page, f"({STARTED})().every(Boolean)")
    assert page.evaluate("early") == [False, False]


def sitemap(site, address):
    """The sitemap of the site as it is served here."""
    return re.sub("(?<=<loc>)http://[^/]*/", address, (site / "sitemap.xml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["bundle.1.min.js", "workers/search.1.min.js"])
def test_the_build_stops_if_the_theme_s_scripts_are_no_longer_what_they_were(tmp_path, name):
    script = tmp_path / "assets/javascripts" / name
    script.parent.mkdir(parents=True)
    script.write_text("what a later release has")
    with pytest.raises(SiteError, match=rf"{script.name} no longer has .*\n  Cure: "):
        change_theme(tmp_path)
