"""The decks of slides: made from the chapters, for keyboard, speaker, paper, and with figures that answer."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

import rules
from conftest import AXE, ROOT, described, shown_by
from pages.elements import FIGURES
from takeaway import slides

DECKS = rules.chapters(ROOT)


def source(chapter):
    return (ROOT / "docs" / f"{chapter}.md").read_text(encoding="utf-8")


def made(chapter):
    return slides.slides(source(chapter), "A description.")


@pytest.fixture(scope="module")
def deck(site):
    return lambda chapter: BeautifulSoup(
        (site / "slides" / chapter / "index.html").read_text("utf-8"), "lxml"
    )


def words(element):
    return " ".join(element.get_text(" ").split())


# ── What is on them ─────────────────────────────────────────────────────────────────────────────────


def test_every_chapter_has_a_deck_and_no_other_page_has(site):
    assert sorted(path.name for path in (site / "slides").iterdir()) == sorted(DECKS)
    for page in (ROOT / "docs").glob("*.md"):
        assert slides.is_chapter(page.read_text(encoding="utf-8")) == (page.stem in DECKS)


@pytest.mark.parametrize("chapter", DECKS)
def test_a_deck_shows_every_program_section_output_and_figure_of_its_chapter(deck, chapter):
    page = deck(chapter)
    code = [block.get_text().strip("\n") for block in page.select("div.language-python code")]
    folded = "".join(slides.LEFT_OUT.findall(source(chapter)))
    parts = rules.sections(ROOT / "snippets" / f"{chapter}.py")
    assert code == [part.code.strip("\n") for part in parts if f'{chapter}.py:{part.name}"' not in folded]
    shown = shown_by(chapter)
    output = [block.get_text().strip("\n") for block in page.select("div.language-text code")]
    assert output == [part.printed.strip("\n") for part in shown if part.printed]
    drawn = [image["src"].split("/")[-1] for image in page.select("img.only-light")]
    assert drawn == [f"{chapter}.{part.name}.light.svg" for part in shown if part.figures]
    assert len(page.select("figcaption")) == len(drawn)


@pytest.mark.parametrize("chapter", DECKS)
def test_code_that_only_draws_stands_in_the_notes_of_its_figure(deck, chapter):
    page, drawing = (
        deck(chapter),
        [part.name for part in shown_by(chapter) if part.figures and not part.printed],
    )
    code = {part.name: part.code.strip("\n") for part in rules.sections(ROOT / "snippets" / f"{chapter}.py")}
    for name in drawing:
        slide = page.select_one(f"img[src$='{chapter}.{name}.light.svg']").find_parent("section")
        notes = [block.get_text().strip("\n") for block in slide.select("aside.notes code")]
        assert code[name] in notes
    walls = [block.get_text().strip("\n") for block in page.select("section[data-kind=code] > div code")]
    assert walls and not {code[name] for name in drawing} & set(walls)


@pytest.mark.parametrize("chapter", DECKS)
def test_a_deck_asks_every_prediction_and_keeps_the_explanations_for_the_speaker(deck, chapter):
    markdown, page = source(chapter), deck(chapter)
    asked = page.select("section[data-kind=predict]")
    assert len(asked) == markdown.count("!!! predict")
    options = re.findall(r'\?\?\? option "', markdown)
    assert sum(len(slide.select(":scope > ol > li")) for slide in asked) == len(options)
    for slide in asked:
        notes = slide.select_one("aside.notes").extract()
        for letter, option in zip("ABCDE", slide.select("ol > li"), strict=False):
            assert f"{letter}. {words(option)}" in words(notes)
        explained = [one for one in notes.find_all("p") if re.match(r"[A-E]\. ", words(one))]
        assert len(explained) == len(slide.select("ol > li"))
        assert not any(words(one)[-60:] in words(slide) for one in explained)


@pytest.mark.parametrize("chapter", DECKS)
def test_each_prediction_is_answered_on_a_later_slide_after_what_is_run_and_with_its_letter(chapter):
    deck = made(chapter)
    asked = [place for place, slide in enumerate(deck) if slide.kind == "predict"]
    answered = [place for place, slide in enumerate(deck) if slide.kind == "answer"]
    assert len(asked) == len(answered) > 0
    for question, answer, following in zip(asked, answered, [*asked[1:], len(deck)], strict=True):
        assert question < answer < following and deck[question].heading == deck[answer].heading
        letter, option = re.match(r"\*\*([A-E])\. (.*?)\*\* Yes", deck[answer].shows).groups()
        assert deck[question].shows.splitlines()["ABCDE".index(letter)].endswith(option)


@pytest.mark.parametrize("chapter", DECKS)
def test_a_formula_stands_with_the_sentence_that_it_ends_or_follows(chapter):
    paragraphs = source(chapter).split("\n\n")
    for slide in made(chapter):
        if slide.kind == "formula":
            before = paragraphs[
                next(
                    n
                    for n, one in enumerate(paragraphs)
                    if one.strip() == slide.shows.split("\n\n")[-1].strip()
                )
                - 1
            ]
            if not re.match(r"[#|!?`<$-]|///|\d\.", before):
                sentence = slide.shows.split("\n\n")[0]
                assert before.endswith(sentence) and sentence


@pytest.mark.parametrize("chapter", DECKS)
def test_no_sentence_of_the_chapter_is_lost_between_slides_and_notes(site, deck, chapter):
    page = BeautifulSoup((site / chapter / "index.html").read_text("utf-8"), "lxml").select_one("article")
    left_out = "details.program, .tabbed-set, .take-along"
    for part in page.select(f".headerlink, .md-source-file, form, .md-feedback, {left_out}"):
        part.extract()
    for note in page.select("summary, .admonition-title"):
        note.extract()  # in the notes a letter stands before an option
    slide = words(deck(chapter).select_one(".slides"))
    lost = [words(one) for one in page.select("p, li, td, h2") if words(one) and words(one) not in slide]
    assert lost == []


@pytest.mark.parametrize("chapter", DECKS)
def test_a_deck_ends_with_the_summary_and_hides_answers_in_the_notes(deck, chapter):
    page = deck(chapter)
    last = page.select("section")[-1]
    assert words(last.h2).startswith("Summary") and len(last.select(":scope > ul > li")) == 3
    answers = re.findall(r'\?\?\? answer "(.*)"', source(chapter))
    for answer in answers:
        (found,) = (strong for strong in page.select("strong") if strong.get_text() == f"{answer}:")
        assert found.find_parent("aside")["class"] == ["notes"]


def test_a_section_that_shows_nothing_is_a_slide_with_its_first_sentence():
    found = slides.slides(
        "---\ntitle: T\ndescription: D\n---\n\n# Name\n\n## One\n\nFirst. Second.\n\n## Two\n\n- a\n", "D"
    )
    assert [(one.kind, one.heading, one.shows, one.notes) for one in found] == [
        ("title", "Name", "D", []),
        ("words", "One", "First.", ["First. Second."]),
        ("list", "Two", "- a", []),
    ]


def test_links_of_a_deck_lead_where_those_of_its_chapter_do():
    markdown = "---\ndescription: D\n---\n\n# N\n\n[a](taylor.md#x) [b](#here) [c](https://e.org) [d](snippets/n.py)\n"
    made = slides.deck("name", markdown)
    assert "[a](../taylor.md#x) [b](../name.md#here) [c](https://e.org) [d](../snippets/n.py)" in made


# ── How they are shown ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def open_deck(open_page):
    def open_it(chapter, search="", **options):
        page = open_page(f"slides/{chapter}/{search}", **({"width": 1280, "height": 720} | options))
        page.wait_for_selector(".reveal.ready")
        return page

    return open_it


# Once the slide has been set as small as it needs.
SIZE = """slide => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(
    () => done([slide.scrollHeight, slide.scrollWidth]))))"""


def number(page):
    return page.locator(".slide-number").inner_text().split("/")[0].strip()


# Slides of one kind are built alike, and what they hold is checked on the page: the first deck that has one stands for all.
FIRST = {slide.kind: chapter for chapter in reversed(DECKS) for slide in made(chapter)}


@pytest.mark.parametrize("chapter", DECKS)
def test_every_slide_is_reached_by_keyboard_fits_and_axe_finds_nothing(open_deck, chapter):
    page = open_deck(chapter)
    count = page.locator(".slides section").count()
    seen = set()
    for place in range(1, count + 1):
        assert number(page) == str(place)
        slide = page.locator("section.present")
        if slide.locator(", ".join(f"{name}-figure" for name in FIGURES)).count():
            slide.locator(".live svg path").first.wait_for(state="attached")
        height, width = slide.evaluate(SIZE)
        assert height <= 720 and width <= 1280, place
        for wide in slide.locator("pre code, table, .arithmatex").all():
            assert wide.evaluate("one => one.scrollWidth - one.clientWidth") <= 2, place
        kind = slide.get_attribute("data-kind")
        if kind not in seen and (place == 1 or FIRST[kind] == chapter):
            seen.add(kind)
            assert described(Axe().run(page, options=AXE).response["violations"]) == [], place
        page.keyboard.press("ArrowRight")
    assert number(page) == str(count)


@pytest.mark.parametrize("name, path", FIGURES.items())
def test_a_figure_that_answers_on_the_page_answers_on_its_slide(open_deck, name, path):
    page = open_deck(path.strip("/"), f"#{name}")
    figure = page.locator(f"section.present {name}-figure")
    figure.locator(".live svg path").first.wait_for(state="attached")
    before, place = figure.locator(".says").inner_text(), number(page)
    slider = figure.locator("input[type=range]").first
    slider.focus()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    assert figure.locator(".says").inner_text() != before
    figure.locator(".buttons button:enabled").first.focus()
    page.keyboard.press("Space")
    assert number(page) == place, "the keys belong to the knobs"
    assert not figure.locator("img:visible").count()
    page.keyboard.press("ArrowRight")
    assert number(page) == str(int(place) + 1), "a button wants no arrows"
    page.keyboard.press("ArrowLeft")
    slider.focus()
    page.keyboard.press("PageDown")
    assert number(page) == str(int(place) + 1), "a remote always turns the slide"
    page.keyboard.press("PageUp")
    assert number(page) == place
    slider.focus()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement === document.body && !document.querySelector('.overview')")
    page.keyboard.press("ArrowRight")
    assert number(page) == str(int(place) + 1), "Escape has given the keys back"


def test_the_state_of_a_figure_in_the_address_holds_on_a_slide(open_deck):
    page = open_deck("overshoot", "?parabola.alpha=0.05#parabola")
    says = page.locator("section.present .says")
    says.wait_for()
    assert "α = 0.05," in says.inner_text() and "settles" in says.inner_text()


@pytest.mark.parametrize("width, height", [(1280, 720), (1920, 1080), (900, 700)])
def test_what_is_dragged_on_a_slide_stays_below_the_pointer_at_any_size(open_deck, width, height):
    page = open_deck("overshoot", "#parabola", width=width, height=height)
    handle = page.locator("section.present .live circle.handle")
    handle.wait_for()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y, steps=5)
    page.mouse.up()
    after = handle.bounding_box()
    assert after["x"] + after["width"] / 2 == pytest.approx(x + 60, abs=3)


def test_the_speaker_s_window_shows_the_notes_and_each_window_follows_the_other(open_deck):
    page = open_deck("overshoot", "#/3")
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    speaker = opened.value
    speaker.wait_for_selector(".reveal.ready")
    at = "number => document.querySelector('.slide-number').textContent.trim().startsWith(number)"
    speaker.wait_for_function(at, arg="4")
    assert "The sign changes" not in page.locator("section.present").inner_text()
    assert "the sign changes" in speaker.locator(".speaker-notes").inner_text()
    speaker.keyboard.press("ArrowRight")
    page.wait_for_function(at, arg="5")
    page.keyboard.press("Home")
    speaker.wait_for_function(at, arg="1")
    assert "Fifty points" in speaker.locator(".speaker-notes").inner_text()
    second = page.locator(".slides section").nth(1)
    told = (
        f"Next: {second.locator('h2').text_content().replace('¶', '')} ({second.get_attribute('data-kind')})"
    )
    assert speaker.locator(".next").inner_text() == told
    assert re.fullmatch(r"\d\d:\d\d", speaker.locator(".clock").inner_text())
    assert re.fullmatch(r"\d+:\d\d", speaker.locator(".since").inner_text())


def test_a_figure_on_the_wall_and_in_the_speaker_s_window_follow_each_other(open_deck):
    page = open_deck("overshoot", "#parabola")
    place, rate = number(page), "section.present input[aria-label='second rate α, exact']"
    page.locator(rate).wait_for()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    with page.expect_popup() as opened:
        page.keyboard.press("s")  # at once, before the address knows of the last turn
    speaker = opened.value
    speaker.locator(rate).wait_for()
    assert number(page) == number(speaker) == place, "opening it does not turn the wall back"
    holds = "([rate, value]) => document.querySelector(rate).value === value"
    page.locator(rate).fill("0.11")
    speaker.wait_for_function(holds, arg=[rate, "0.11"])
    speaker.locator(rate).fill("0.05")
    page.wait_for_function(holds, arg=[rate, "0.05"])


def test_who_enlarges_the_page_gets_larger_text(browser, address):
    page = browser.new_page(viewport={"width": 960, "height": 540})
    page.add_init_script("Object.defineProperty(window, 'outerWidth', {get: () => 2 * innerWidth})")
    page.goto(f"{address}slides/overshoot/")
    assert page.locator("section:visible").count() == page.locator("section").count() > 20
    page.close()


def test_a_message_from_elsewhere_does_not_move_a_deck(open_deck):
    page = open_deck("taylor")
    page.evaluate("window.postMessage({ deck: location.pathname, at: { h: 5, v: 0 } }, '*')")
    page.wait_for_timeout(200)
    assert number(page) == "1"


@pytest.mark.parametrize("chapter", DECKS)
def test_paper_gets_one_slide_a_sheet_without_notes(open_page, chapter):
    page = open_page(f"slides/{chapter}/?print-pdf")
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == page.locator("section").count()
    assert re.findall(rb"/MediaBox\s*\[0 0 960 540\]", printed), "1280 × 720 at 96 a inch"
    assert page.locator("aside.notes:visible").count() == 0
    assert (
        page.evaluate("[...document.images].filter(one => one.checkVisibility() && !one.complete).length")
        == 0
    )
    page.emulate_media(media="print")
    cut = "slides => slides.filter(one => one.scrollHeight > 721).map(one => one.innerText.slice(0, 50))"
    assert page.locator("section").evaluate_all(cut) == []


@pytest.mark.parametrize("chapter", DECKS)
def test_on_a_phone_held_upright_the_slides_stand_one_below_the_other_and_are_read_without_zoom(
    open_page, chapter
):
    page = open_page(f"slides/{chapter}/", width=390, height=844)
    assert page.locator("section:visible").count() == page.locator("section").count()
    assert page.locator("aside.notes:visible").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    sizes = page.locator("section > :is(p, ol, ul), section li").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 16
    for name in FIGURES:
        figure = page.locator(f"{name}-figure")
        if figure.count():
            figure.scroll_into_view_if_needed()
            figure.locator(".live svg path").first.wait_for(state="attached")
            assert figure.evaluate("one => one.scrollWidth - one.clientWidth") <= 2
    if chapter in FIRST.values():
        assert described(Axe().run(page, options=AXE).response["violations"]) == []


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_handout_has_the_notes_below_each_slide(open_page, paper):
    page = open_page("slides/overshoot/?print-pdf&notes")
    assert page.locator("aside.notes:visible").count() == page.locator("aside.notes").count() > 20
    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper)))
    assert sheets < page.locator("section").count() / 2


def test_without_scripts_the_slides_stand_one_below_the_other_with_their_notes(open_page):
    page = open_page("slides/overshoot/", java_script_enabled=False)
    assert page.locator("section:visible").count() == page.locator("section").count()
    assert page.locator("aside.notes:visible").count() == page.locator("aside.notes").count()
    assert page.locator("img[src*='overshoot.steps.light']").is_visible()


def test_reveal_is_as_its_authors_released_it_with_its_licence_and_light():
    """To renew it: `npm pack reveal.js`, copy dist/reveal.js, dist/reveal.css and LICENSE, and name the version here.

    Its own speaker's view and print view need what the policy forbids; slides.js and slides.css do both.
    """
    folder = ROOT / "docs" / "assets" / "slides"
    assert "6.0.2" in (folder / "reveal.js").read_text(encoding="utf-8")
    assert "MIT" in (folder / "reveal.js").read_text(encoding="utf-8")[:200]
    assert "Hakim El Hattab" in (folder / "reveal-LICENSE.txt").read_text(encoding="utf-8")
    assert sum(path.stat().st_size for path in folder.iterdir()) < 200_000
