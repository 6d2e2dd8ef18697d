"""Every page on a desktop and on a phone: axe finds nothing, figures are drawn, nothing is cut off or too small.

One opening of a page serves all that is looked at with scripts, a second all that is without.
"""

import re

import pytest

import axe
from conftest import shown_by, to_the_dark, until
from proven import LOOKS, proven_by
from test_browser import CHAPTERS, LABS, PAGES
from test_rules import PROGRAMS

WIDTH, HEIGHT = 390, 844
SMALLEST = 11  # pixels

# Everything is measured as a reader may come to see it: folds open, every tab shown, code drawn.
OPEN = """document.querySelectorAll('pre > code').forEach(one => one.style.contentVisibility = 'visible');
document.querySelectorAll('details').forEach(one => one.open = true);
document.querySelectorAll('.tabbed-block').forEach(one => one.style.display = 'block')"""
ONE_TAB = "document.querySelectorAll('.tabbed-block').forEach(one => one.style.display = '')"

FORMULAS = """[...document.querySelectorAll('article math')].filter(math => math.checkVisibility()).flatMap(math => {
    const box = math.closest('div.arithmatex, td, th, p, li, summary, figcaption');
    const inside = box.getBoundingClientRect(), own = math.getBoundingClientRect();
    const scrolls = box.matches('.arithmatex') && box.scrollWidth > box.clientWidth + 1;
    const beyond = own.right > Math.min(inside.right, innerWidth) + 1 || own.left < Math.max(inside.left, 0) - 1;
    return scrolls || beyond ? [`${Math.round(own.width)} px: ${math.textContent}`] : [];
})"""

TABLES = """[...document.querySelectorAll('article table')].filter(table => table.checkVisibility()).flatMap(table =>
    [...table.querySelectorAll('th, td')].filter(cell => {
        const box = cell.getBoundingClientRect(), edge = table.getBoundingClientRect().right;
        return box.right > Math.min(innerWidth, edge) + 1 || cell.scrollWidth > cell.clientWidth + 1;
    }).map(cell => cell.textContent.trim().slice(0, 80)))"""

BUTTONS = """(() => {
    const buttons = [...document.querySelectorAll('.md-code__nav')].filter(one => one.checkVisibility());
    const boxes = buttons.map(one => one.getBoundingClientRect()), covered = [];
    const texts = document.createTreeWalker(document.querySelector('article'), NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode, range = document.createRange();
        if (!text.textContent.trim() || !text.parentElement.checkVisibility()) continue;
        range.selectNodeContents(text);
        for (const line of range.getClientRects())
            if (boxes.some(box => line.right > box.left && line.left < box.right
                && line.bottom > box.top + 1 && line.top < box.bottom - 1))
                covered.push(text.textContent.trim().slice(0, 80));
    }
    return [buttons.length, covered];
})()"""

# What scrolls, and whether it shows a sign of it and can be reached by keyboard. (Tabs are radio buttons.)
SCROLLS = """[...document.querySelectorAll('article :not(:is(svg, svg *, math, math *))')].filter(one =>
    one.checkVisibility() && one.scrollWidth > one.clientWidth + 1
    && ['auto', 'scroll'].includes(getComputedStyle(one).overflowX) && !one.closest('diagnose-box, .tabbed-labels')
).map(one => [one.textContent.trim().slice(0, 80), getComputedStyle(one).backgroundImage.split('gradient').length - 1,
    one.hasAttribute('tabindex') || one.matches('textarea, select, input')])"""

LISTS = "Math.max(...[...document.querySelectorAll('.md-sidebar__scrollwrap')].map(one => one.scrollHeight))"

OUTPUTS = """[...document.querySelectorAll('article > .language-text code')].filter(code =>
    code.scrollWidth > code.clientWidth + 1).map(code => code.textContent)"""

DRAWN = (
    "all => Promise.all(all.map(one => (one.loading = 'eager', one.decode().then(() => one.naturalWidth))))"
)
LOADED = """selector => Promise.all([...document.querySelectorAll(selector)].map(image => {
    image.loading = 'eager';
    return image.decode();
}))"""

FIGURES = """[...document.querySelectorAll('article img')].filter(image => image.currentSrc.includes('/figures/')
    && image.checkVisibility()).map(image => [image.currentSrc, image.getBoundingClientRect().width])"""

TEXTS = """[...document.querySelectorAll('g[id^="text_"]')].map(one => {
    const {left, top, right, bottom} = one.getBoundingClientRect();
    return [left, top, right, bottom];
}).filter(([left, top, right, bottom]) => right > left && bottom > top)"""


# Each block of a program gets its buttons when its reader is near.
AWAKE = """async () => {
    const {show} = await import("/assets/python/run.js");
    await Promise.all([...document.querySelectorAll("[data-run]")].map(show));
}"""

# A block gets its button to copy when it comes into sight.
HAVE_BUTTONS = "selector => [...document.querySelectorAll(selector)].every(code => code.matches('nav ~ *'))"


def nothing_is_cut_off(page):
    assert page.evaluate(FORMULAS) == []
    assert page.evaluate(TABLES) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH


def what_is_too_wide_shows_that_it_scrolls_and_does_so_by_keyboard(page):
    for text, shadows, focusable in page.evaluate(SCROLLS):
        assert shadows == 4, f"no sign that this scrolls: {text}"
        assert focusable, f"no key scrolls this: {text}"


def an_output_of_50_characters_fits_and_code_is_no_smaller_than_11_pixels(page):
    for text in page.evaluate(OUTPUTS):
        assert max(map(len, text.splitlines())) > 50
    sizes = "[...document.querySelectorAll('article pre > code')].map(code => parseFloat(getComputedStyle(code).fontSize))"
    assert min(page.evaluate(sizes), default=SMALLEST) >= SMALLEST


def copy_buttons_cover_no_text(page):
    page.evaluate(AWAKE)
    shown = "article :not(.typing) > pre > code"  # a blank is open for typing
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": WIDTH, "height": height})  # which spares to scroll from block to block
    until(page, HAVE_BUTTONS, arg=shown)
    buttons, covered = page.evaluate(BUTTONS)
    assert covered == []
    assert buttons == page.locator(shown).count()


def axe_finds_nothing_and_figures_are_drawn(page, path, scheme):
    other = {"light": "dark", "dark": "light"}[scheme]
    assert axe.violations(page, scheme) == []
    own, others = (page.locator(f"article img.only-{one}") for one in (scheme, other))
    widths = page.locator("article img:visible").evaluate_all(DRAWN)
    assert all(width > 300 for width in widths)
    if path in [*CHAPTERS, *LABS]:
        assert own.first.is_visible() and not others.first.is_visible()


def nothing_scrolls_sideways(page):
    for width in 360, 320:
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@proven_by("site/{path}*", *LOOKS)
@pytest.mark.parametrize("path", PAGES)
def test_all_of_a_page_can_be_read_and_reached(open_page, path):
    page = open_page(path, width=WIDTH, height=HEIGHT, color_scheme="light")
    page.evaluate(OPEN)
    nothing_is_cut_off(page)
    what_is_too_wide_shows_that_it_scrolls_and_does_so_by_keyboard(page)
    an_output_of_50_characters_fits_and_code_is_no_smaller_than_11_pixels(page)
    copy_buttons_cover_no_text(page)
    nothing_scrolls_sideways(page)
    page.evaluate(ONE_TAB)
    # So high that no link of a list at the side is half in view.
    page.set_viewport_size({"width": 1280, "height": 1600})
    page.set_viewport_size({"width": 1280, "height": 200 + page.evaluate(LISTS)})
    axe_finds_nothing_and_figures_are_drawn(page, path, "light")
    to_the_dark(page)
    axe_finds_nothing_and_figures_are_drawn(page, path, "dark")


def type_of(drawing: str, width: float) -> list[float]:
    """How many pixels high the type of an SVG by matplotlib is, when it is shown in this width."""
    own = float(re.search(r'viewBox="0 0 ([\d.]+) ', drawing)[1])
    texts = re.findall(r'<g id="text_\d+">.*?scale\(([\d.]+) ', drawing, re.DOTALL)
    return [100 * float(scale) * width / own for scale in texts]


def everything_can_be_read(page):
    assert page.locator("h1").is_visible()
    figures = page.locator("figure img.only-light")
    assert figures.count() > 0
    for number in range(figures.count()):
        figures.nth(number).scroll_into_view_if_needed()
        assert figures.nth(number).is_visible()
    assert page.locator("math:visible").count() > 0
    option = page.locator(".predict details").first
    assert not option.locator("p").first.is_visible()
    option.locator("summary").click()
    assert option.locator("p").first.is_visible()


@proven_by("site/{path}*", *LOOKS)
@pytest.mark.parametrize("path", PAGES)
def test_without_scripts_everything_can_be_read_and_the_type_of_figures_is_at_least_11_pixels_high(
    open_page, site, address, path
):
    page = open_page(path, width=WIDTH, height=HEIGHT, java_script_enabled=False)
    if path in CHAPTERS:
        everything_can_be_read(page)
    page.evaluate(OPEN)
    for scheme, palette in (("light", "default"), ("dark", "slate")):
        page.evaluate("name => document.body.setAttribute('data-md-color-scheme', name)", palette)
        page.evaluate(LOADED, f"article img.only-{scheme}")
        figures = page.evaluate(FIGURES)
        assert len(figures) == page.locator(f"article img.only-{scheme}").count()
        for source, width in figures:
            file = site / source.removeprefix(address)
            assert file.name.endswith(f".narrow.{scheme}.svg")
            sizes = type_of(file.read_text(encoding="utf-8"), width)
            assert len(sizes) >= 5 and min(sizes) >= SMALLEST, file.name


@proven_by("site/figures/*.narrow.light.svg", *LOOKS)
def test_no_word_or_number_of_a_narrow_figure_touches_another_or_the_edge(open_page, site):
    files = sorted(site.glob("figures/*.narrow.light.svg"))
    assert len(files) > 15
    page = open_page("404.html", width=WIDTH, height=HEIGHT)
    complaints = []
    for file in files:
        page.goto(page.url.rsplit("/", 1)[0].removesuffix("/figures") + f"/figures/{file.name}")
        boxes = page.evaluate(TEXTS)
        right, bottom = page.evaluate("[document.rootElement.clientWidth, document.rootElement.clientHeight]")
        for number, (a, b, c, d) in enumerate(boxes):
            if a < 0 or b < 0 or c > right + 0.5 or d > bottom + 0.5:
                complaints.append(f"{file.name}: text {number + 1} is cut off")
            for other, (e, f, g, h) in enumerate(boxes[:number]):
                if a < g - 0.5 and e < c - 0.5 and b < h - 0.5 and f < d - 0.5:
                    complaints.append(f"{file.name}: texts {other + 1} and {number + 1} touch")
    assert complaints == []


@pytest.mark.parametrize("chapter", PROGRAMS)
def test_a_narrow_figure_is_a_phone_wide_and_has_the_colours_of_its_scheme(chapter):
    for part in shown_by(chapter):
        assert set(part.narrow) == set(part.figures)
        for scheme, drawing in part.narrow.items():
            wide = part.figures[scheme]
            assert re.search(r'viewBox="0 0 270 ', drawing) and not re.search(r'viewBox="0 0 270 ', wide)
            colours = [set(re.findall(r"#[0-9a-f]{6}\b", one)) for one in (drawing, wide)]
            assert colours[0] == colours[1]


def test_a_desktop_and_paper_show_the_wide_figure_and_paper_from_a_phone_too(open_page):
    source = "document.querySelector('article img.only-light').currentSrc.split('/').pop()"
    page = open_page("cases/", width=1280)
    page.locator("article img.only-light").first.scroll_into_view_if_needed()
    until(page, f"() => {source} === 'cases.read.light.svg'")
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    until(page, f"() => {source} === 'cases.read.narrow.light.svg'")
    page.emulate_media(media="print")
    until(page, f"() => {source} === 'cases.read.light.svg'")


def test_a_formula_breaks_between_its_parts_where_it_must_and_stands_on_one_line_elsewhere(open_page):
    page = open_page("overshoot/", width=1280)
    formula = page.locator("div.arithmatex", has=page.locator(".part")).last
    bottoms = "formula => [...formula.children].map(part => part.getBoundingClientRect().bottom)"
    on_one_line = formula.evaluate(bottoms)
    assert len(on_one_line) >= 2 and max(on_one_line) - min(on_one_line) < 20
    page.set_viewport_size({"width": 200, "height": HEIGHT})
    below = formula.evaluate(bottoms)
    assert max(below) - min(below) > 20
