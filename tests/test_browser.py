"""The built site as its readers meet it: in a browser, by keyboard, on a phone, on paper, without scripts."""

import functools
import gzip
import re

import pytest
from playwright.sync_api import expect

import axe
import rules
from conftest import COUNT_SHIFTS, ROOT, settle, until
from proven import proven_by

pytestmark = proven_by(
    "site/**/index.html",
    "site/404.html",
    "site/search/*",
    "site/assets/**/*",
    "tests/axe.py",
    "tests/rules.py",
)

PAGES = [
    "",
    *sorted(f"{path.stem}/" for path in (ROOT / "docs").glob("*.md") if path.stem != "index"),
    *(LABS := sorted(f"labs/{path.stem}/" for path in (ROOT / "docs/labs").glob("*.py"))),
    "licences/",
    "404.html",
]
CHAPTERS = [f"{stem}/" for stem in rules.chapters(ROOT)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_on_a_phone_nor_while_searching(open_page, scheme):
    page = open_page("overshoot/", width=360, height=740, color_scheme=scheme)
    assert axe.violations(page, scheme) == []
    page = open_page("overshoot/", color_scheme=scheme)
    page.locator("[name=query]").focus()
    page.keyboard.type("curvature")
    page.wait_for_selector(".md-search-result__item")
    page.wait_for_timeout(500)  # the dialog fades in
    assert axe.violations(page, scheme) == []


@pytest.mark.parametrize("scheme, shown, hidden", [("light", "light", "dark"), ("dark", "dark", "light")])
def test_figures_follow_the_colour_scheme_and_its_switch(open_page, scheme, shown, hidden):
    page = open_page("overshoot/", color_scheme=scheme)
    for first, second in ((shown, hidden), (hidden, shown)):
        expect(page.locator(f"figure img.only-{first}").first).to_be_visible()
        expect(page.locator(f"figure img.only-{second}").first).not_to_be_visible()
        page.locator("label[for^=__palette]:visible").click()


def test_the_keyboard_alone_reaches_the_text_opens_an_option_and_scrolls_code(open_page):
    page = open_page("overshoot/", width=360, height=740)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.classList.contains('md-skip')")
    page.locator(".predict summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".predict details").first.get_attribute("open") is not None
    code = page.locator("pre > code").nth(1)
    code.focus()
    page.keyboard.press("ArrowRight")
    until(page, "code => code.scrollLeft > 0", arg=code.element_handle())


def test_every_stop_of_the_keyboard_can_be_seen_and_a_formula_is_one_only_where_it_scrolls(open_page):
    page = open_page("taylor/")
    stops = "all => all.filter(one => one.scrollWidth <= one.clientWidth).length"
    formulas = page.locator("div.arithmatex[tabindex]")
    assert page.locator("div.arithmatex").count() > 3 and formulas.count() == 0
    # The switch of the colour scheme is drawn by its label.
    seen = "(one => one.matches('.md-option') || (one.offsetHeight && getComputedStyle(one).visibility === 'visible'))(document.activeElement)"
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate(seen)
    page.set_viewport_size({"width": 240, "height": 700})
    until(page, "document.querySelector('div.arithmatex[tabindex]')")
    assert formulas.evaluate_all(stops) == 0


def tab_shown(page, tabs):
    blocks = page.locator(".tabbed-set").nth(tabs).locator(".tabbed-block")
    return [blocks.nth(number).is_visible() for number in range(blocks.count())]


def test_the_keyboard_chooses_a_framework_for_the_whole_page(open_page):
    page = open_page("frameworks/")
    assert tab_shown(page, 0) == [True] + [False] * 4 and tab_shown(page, 9) == [True, False, False]
    page.locator(".tabbed-set input").first.focus()
    page.keyboard.press("ArrowRight")
    for tabs in 0, 9:
        expect(page.locator(".tabbed-set").nth(tabs).locator(".tabbed-block").nth(1)).to_be_visible()
    assert tab_shown(page, 0) == [False, True] + [False] * 3 and tab_shown(page, 9) == [False, True, False]


def test_tabs_change_without_scripts(open_page):
    page = open_page("frameworks/", java_script_enabled=False)
    page.locator(".tabbed-set label").nth(2).click()
    assert tab_shown(page, 0) == [False, False, True, False, False]
    assert tab_shown(page, 1) == [True] + [False] * 4


def test_paper_shows_every_tab_below_its_name(open_page):
    page = open_page("frameworks/")
    page.emulate_media(media="print")
    tops = "element => element.getBoundingClientRect().top"
    for tabs in page.locator(".tabbed-set").all():
        labels = [label.evaluate(tops) for label in tabs.locator("label").all()]
        blocks = [block.evaluate(tops) for block in tabs.locator(".tabbed-block").all()]
        places = [place for pair in zip(labels, blocks, strict=True) for place in pair]
        assert len(places) in (4, 6, 8, 10) and places == sorted(set(places))


def test_paper_looks_the_same_whichever_scheme_its_reader_has_chosen(open_page):
    pages = [open_page("overshoot/", color_scheme=scheme) for scheme in ("light", "dark")]
    colours = """[...document.querySelectorAll('article *')].filter(one => one.checkVisibility()).map(one => {
        const {color, backgroundColor, borderLeftColor, borderLeftWidth} = getComputedStyle(one);
        return [one.localName, color, backgroundColor, borderLeftColor, borderLeftWidth];
    })"""
    for page in pages:
        page.emulate_media(media="print")
    light, dark = (page.evaluate(colours) for page in pages)
    assert light == dark and len(light) > 500


@pytest.mark.parametrize("path", LABS)
def test_a_lab_can_be_worked_without_scripts_and_hides_its_answers_until_asked(open_page, path):
    page = open_page(path, java_script_enabled=False)
    answer = page.locator("details.answer", has_text="Answer 1").first
    assert answer.locator("xpath=preceding-sibling::div[1]").get_by_text("fill_in").is_visible()
    assert not answer.locator("code").first.is_visible()
    answer.locator("summary").click()
    assert answer.locator("code").first.is_visible() and answer.get_by_text("If you have").is_visible()


def test_a_lab_s_notebook_is_saved_under_its_own_name(open_page):
    page = open_page("labs/limit/")
    with page.expect_download() as saved:
        page.get_by_role("link", name="notebook", exact=True).click()
    assert saved.value.suggested_filename == "limit-learner.ipynb"


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_summary_is_one_page_of_paper(open_page, paper):
    """docs/summary.md: “The whole course on one printable page.”"""
    printed = open_page("summary/").pdf(format=paper)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def test_following_links_forth_and_back_keeps_the_console_quiet(open_page):
    page = open_page("")

    def arrived_at(title):
        until(page, "title => document.querySelector('h1').textContent.includes(title)", arg=title)
        settle(page)

    for link, title in (("I want to understand", "Overshoot"), ("Taylor", "Taylor")):
        page.get_by_role("link", name=link).first.click()
        arrived_at(title)
    for title in ("Overshoot", "Why did"):
        page.go_back()
        arrived_at(title)


def test_the_policy_refuses_an_inline_script_and_another_host(browser, address):
    page = browser.new_page()
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(address + "overshoot/")
    with page.expect_console_message(lambda message: "outside.png" in message.text):
        page.evaluate("""() => {
            const script = document.createElement("script");
            script.textContent = "window.broken = true";
            document.body.append(script);
            const image = document.createElement("img");
            image.src = "http://127.0.0.2/outside.png";
            document.body.append(image);
        }""")
    assert page.evaluate("window.broken") is None
    assert any("inline script" in text for text in refused)
    page.close()


@functools.cache
def packed(body: bytes) -> int:
    """How many bytes of it go over the wire."""
    return min(len(body), len(gzip.compress(body, 9)))


@pytest.mark.parametrize("path", [*CHAPTERS, "frameworks/", *LABS])
def test_the_first_load_of_a_chapter_or_lab_is_at_most_131_kb_compressed_and_does_not_move(
    browser, address, path
):
    most = 145_000 if path == "diagnose/" else 131_000  # it carries the box, and the longest program
    page = browser.new_page(viewport={"width": 412, "height": 823})
    page.add_init_script(COUNT_SHIFTS)
    responses = []
    page.on("response", lambda response: responses.append(response))
    page.goto(address + path)
    settle(page)
    bodies = {response.url: response.body() for response in responses}
    sizes = {url: packed(body) for url, body in bodies.items()}
    assert sum(sizes.values()) <= most, sizes
    assert page.evaluate("window.moved") < 0.02
    page.close()


def test_the_search_index_waits_until_somebody_searches_and_then_finds(open_page):
    page = open_page("overshoot/")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    settle(page)
    assert not any("search_index" in url for url in asked)
    page.locator("[name=query]").focus()
    settle(page)
    page.keyboard.type("gettingtothebottom")
    page.wait_for_selector(".md-search-result__item")
    assert any("search_index" in url for url in asked)
    assert "sources" in page.locator(".md-search-result__link").first.get_attribute("href")


def test_an_address_that_does_not_exist_gets_a_page_that_helps(browser, address):
    page = browser.new_page()
    response = page.goto(address + "taylor/nowhere")
    assert response.status == 404
    page.get_by_role("link", name="home page").click()
    page.wait_for_url(address)
    page.close()
