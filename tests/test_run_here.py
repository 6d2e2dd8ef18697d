"""A program is run, changed, stopped and read on its page, in a browser: the page *Overshoot* as its readers use it.

One page is opened once, and Python with it, for most of the tests; they follow one another.
"""

import gzip
import re

import pytest

import axe
from conftest import quiet_pages, served, settle
from pages.elements import FIGURES
from proven import LOOKS, proven_by

PAGES = "overshoot", "taylor", "overflow", "notation", "frameworks", "labs/limit"
pytestmark = [
    pytest.mark.xdist_group("run-here"),
    proven_by(
        *LOOKS,
        *(f"site/{page}/index.html" for page in PAGES),
        "site/sw.js",
        "scripts/python/**/*",
        "snippets/**/*",
        together=True,
    ),
]
LOADING = 120_000  # milliseconds; Python takes its time where many tests do
BEFORE_THE_CLICK = 5_000


@pytest.fixture(scope="module")
def page(pyodide, browser, address, site):
    """The chapter, open; in the end nothing was told in the console, and nothing came from another host."""
    pages = (site / "sitemap.xml").read_text(encoding="utf-8")
    home = re.search(r"<loc>([^<]*)</loc>", pages)[1]
    with quiet_pages(browser, address, "data:") as open_it:
        page = open_it(address + "overshoot/", kept=False)
        page.set_default_timeout(LOADING)
        # Where the site is served as it was built for, the theme follows a link without leaving the page.
        page.route("**/sitemap.xml", lambda route: route.fulfill(body=pages.replace(home, address)))
        page.reload()
        settle(page)
        yield page


def block(page, section):
    found = page.locator(f'[data-run$=":{section}"]')
    found.scroll_into_view_if_needed()
    found.get_by_role("button", name="Run").wait_for()
    return found


def result(page, section):
    return page.get_by_label(f"Your run: {section}", exact=True)


def run(page, section):
    """Run a section to its end; what the page says then."""
    one = block(page, section)
    one.get_by_role("button", name="Run").click()
    one.get_by_role("button", name="Run").wait_for()
    return one.get_by_role("status").inner_text()


def typed(page, section, old, new):
    """Change the code of a section."""
    one = block(page, section)
    if one.get_by_role("button", name="Edit").count():
        one.get_by_role("button", name="Edit").click()
    field = one.get_by_role("textbox")
    text = field.input_value()
    assert old in text
    field.fill(text.replace(old, new))
    return field


def test_before_the_click_nothing_is_loaded_but_the_buttons(page, address):
    """docs/teach.md: “Python comes with the first Run, 13 MB, once: press it before the class comes.”
    CHANGELOG.md: “Run below every block of code: the program runs in the reader's own browser, with numpy and matplotlib, 13 MB once and nothing before the click; Edit changes it, and what is printed and drawn stands below the page's own, with what differs marked.”"""
    assert block(page, "limit").get_by_role("status").inner_text() == "13 MB, once"
    asked = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    assert not [name for name in asked if re.search("/pyodide/|kit.json|python/worker", name)]


def test_what_a_chapter_has_more_before_the_click_is_5_kb(browser, site, address):
    page = browser.new_page()
    page.goto(address + "overshoot/")
    block(page, "data")
    page.locator("[data-check]").scroll_into_view_if_needed()
    page.get_by_role("button", name="Check").wait_for()
    asked = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    page.close()
    own = [site / name.removeprefix(address) for name in asked if "/assets/python/" in name]
    html = (site / "overshoot/index.html").read_bytes()
    without = re.sub(rb' data-run="[^"]*"', b"", html)
    marks = len(gzip.compress(html, 9)) - len(gzip.compress(without, 9))
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in own) + marks <= BEFORE_THE_CLICK
    assert len(own) == 4  # buttons, their style, what they share with what comes later, and the Check


def test_section_five_alone_runs_those_above_it_first(page):
    said = run(page, "losses")
    assert said.startswith("Done in")
    shown = result(page, "losses")
    drawn = shown.locator("img.only-light")
    assert drawn.evaluate("image => image.naturalWidth") > 300
    assert not shown.locator("img.only-dark").is_visible()
    above, below = (one.bounding_box()["y"] for one in (page.locator("figure", has_text="tilt"), shown))
    assert below > above  # the page's own figure stands first


def test_what_the_page_prints_is_printed_and_said_to_be_the_same(page):
    assert run(page, "limit").endswith("It prints what the page prints.")
    shown = result(page, "limit")
    own = page.locator('[data-run="overshoot:limit"] + .language-text code').inner_text()
    assert shown.locator("code").inner_text().strip() == own.strip()
    assert shown.locator("mark").count() == 0 and "32 bits" in shown.inner_text()


def test_a_changed_number_is_marked(page):
    typed(page, "limit", "0.108, 0.12", "0.109, 0.12")
    assert "What differs from the page is marked" in run(page, "limit")
    marked = result(page, "limit").locator("mark").all_inner_texts()
    assert "0.10900" in marked and "0.12000" not in marked


def test_a_change_above_reaches_what_stands_below(page):
    typed(page, "descend", "rates = 0.01, 0.12", "rates = 0.01, 0.11")
    run(page, "steps")
    run(page, "descend")
    assert "5.000000" not in result(page, "descend").inner_text()
    assert result(page, "descend").locator("mark").count() > 0
    block(page, "descend").get_by_role("button", name="Reset").click()


def test_an_error_shows_the_reader_s_line(page):
    typed(page, "yours", "found = ", "found = nothing + ")
    assert "NameError: name 'nothing' is not defined" in run(page, "yours")
    trouble = result(page, "yours").locator(".trouble").inner_text()
    assert trouble.count("File") == 1 and 'File "block yours", line 5' in trouble


def test_what_fails_above_is_named(page):
    typed(page, "scale", "len(x)", "len(y) / 0")
    assert run(page, "yours").startswith("Done") and "scale, above, did not run" in run(page, "yours")
    block(page, "scale").get_by_role("button", name="Reset").click()


def test_reset_brings_the_page_s_code_and_undo_the_reader_s(page):
    one = block(page, "yours")
    one.get_by_role("button", name="Reset").click()
    assert not one.get_by_role("textbox").count() and one.locator("pre").is_visible()
    one.get_by_role("button", name="Undo reset").click()
    assert "nothing" in one.get_by_role("textbox").input_value()
    one.get_by_role("button", name="Reset").click()


def test_the_keyboard_enters_the_field_runs_it_and_leaves_it(page):
    field = typed(page, "yours", "alpha = 0.12", "alpha = 0.11")
    field.focus()
    field.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.type("for n in range(2):")
    page.keyboard.press("Enter")
    page.keyboard.type("print(n)")
    assert field.input_value().endswith("for n in range(2):\n    print(n)")
    page.keyboard.press("Control+Enter")
    result(page, "yours").get_by_text("marked").wait_for()
    assert field.evaluate("field => field === document.activeElement")
    page.keyboard.press("Tab")
    assert "Stop" in page.evaluate("document.activeElement.ariaLabel") or "Run" in page.evaluate(
        "document.activeElement.ariaLabel"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_a_field_and_a_result(page, scheme):
    page.emulate_media(color_scheme=scheme)
    for part in ('[data-run="overshoot:yours"]', ".run-result"):
        assert axe.violations(page, scheme, part) == []
    page.emulate_media(color_scheme="light")


def test_on_a_phone_nothing_is_wider_than_the_page(page):
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1280, "height": 900})


def test_paper_shows_only_what_the_page_printed(page):
    page.emulate_media(media="print")
    for part in (".run-result", ".run-bar", "[data-run] > textarea"):
        assert not any(one.is_visible() for one in page.locator(part).all())
    assert page.locator('[data-run="overshoot:yours"] > pre').is_visible()
    page.emulate_media(media="screen")


def test_a_loop_without_end_is_stopped_and_the_next_run_is_right(page):
    typed(page, "yours", "alpha = 0.11", "while True:\n    pass\nalpha = 0.11")
    one = block(page, "yours")
    one.get_by_role("button", name="Run").click()
    page.get_by_text("Running …").wait_for()
    assert page.evaluate("1 + 1") == 2  # the page goes on
    one.get_by_role("button", name="Stop").click()
    assert one.get_by_role("status").inner_text() == "Stopped."
    other = block(page, "limit")
    other.get_by_role("button", name="Run").click()
    other.get_by_role("progressbar").wait_for()  # Python is loaded anew
    other.get_by_role("button", name="Run").wait_for()
    assert other.get_by_role("status").inner_text().startswith("Done")


def test_what_was_typed_survives_a_reload_and_one_button_forgets_it(page):
    page.reload()
    one = block(page, "yours")
    assert "while True" in one.get_by_role("textbox").input_value()
    assert not page.evaluate("location.search + location.hash")
    other = block(page, "limit")
    other.get_by_role("button", name="Reset").click()
    other.get_by_role("button", name="Undo reset").wait_for()
    one.get_by_role("button", name="Forget all that I typed").click()
    assert (
        page.evaluate("localStorage.getItem('overshoot.typed')") is None
        and not page.locator("textarea").count()
    )
    assert not page.get_by_role("button", name="Undo reset").count()  # where it was offered neither
    one.get_by_role("button", name="Edit").click()
    assert (
        one.get_by_role("textbox").input_value().rstrip() == one.locator("pre code").text_content().rstrip()
    )
    one.get_by_role("button", name="Reset").click()
    assert not page.get_by_role("button", name="Undo reset").count()


def test_links_forth_and_back_leave_python_where_it_is(page, address):
    run(page, "yours")
    page.evaluate("window.stays = true")
    page.get_by_role("link", name="Taylor").first.click()
    page.locator("h1", has_text="Taylor").wait_for()
    first = page.locator("[data-run]").first.get_attribute("data-run").partition(":")[2]
    assert run(page, first).startswith("Done in")
    page.go_back()
    page.locator("h1", has_text="Overshoot").wait_for()
    assert run(page, "yours").startswith("Done in")
    assert page.evaluate("window.stays")
    assert len([one for one in page.workers if "python/worker" in one.url]) == 1


def checked(page, exercise):
    """Press Check below an exercise; what is said."""
    bar = page.locator(f'[data-run$=":{exercise}"]')
    bar.scroll_into_view_if_needed()
    bar.get_by_role("button", name="Check").click()
    bar.get_by_role("button", name="Check").wait_for()
    return bar.get_by_role("status").inner_text()


def test_an_exercise_is_checked_and_leads_to_what_is_to_be_changed(page):
    assert "Not yet. The last rate is still 0.12." in checked(page, "Exercise 4")
    page.get_by_role("button", name="Edit limit: Exercise 4").click()
    field = block(page, "limit").get_by_role("textbox")
    assert field.evaluate("field => field === document.activeElement")
    typed(page, "limit", "0.12:", "0.17:")
    assert "Not yet. At 0.17 you are far above the limit" in checked(page, "Exercise 4")
    typed(page, "limit", "0.17:", "0.107:")
    assert "✓ Not in 500 updates: 18% of the error is still there." in checked(page, "Exercise 4")
    assert "✓ Not in 500 updates" in checked(page, "Exercise 4")  # once more, with nothing changed
    assert result(page, "Exercise 4").locator(".verdict.right").is_visible()
    block(page, "limit").get_by_role("button", name="Reset").click()


def test_without_a_network_what_has_come_goes_on(page):
    page.context.set_offline(True)
    assert run(page, "scale").startswith("Done")
    page.context.set_offline(False)


def test_a_lab_is_solved_on_its_page(page):
    """Press Run: a blank says what to fill in, a wrong answer is told what it is, the right one lets you go on."""
    page.evaluate("window.stays = true, document.querySelector('a[href$=\"labs/limit/\"]').click()")
    page.locator("h1", has_text="Lab 1").wait_for()
    assert "Fill in the gradient of the loss" in run(page, "Cell 2")
    blank = 'fill_in("the gradient of the loss, in X, w, length and n")'
    typed(page, "Cell 2", blank, "X.T @ (X @ w - length) / n")
    assert "Not yet. This is half of it." in run(page, "Cell 2")
    assert "Cell 2, above: Not yet. This is half of it." in run(page, "Cell 3")
    typed(page, "Cell 2", "X.T", "2 * X.T")
    assert "✓ Two losses a small step apart" in run(page, "Cell 2")
    typed(page, "Cell 3", 'fill_in("your prediction: \\"a\\", \\"b\\" or \\"c\\"")', "nowhere")
    assert 'If it is a word, put it in quotes: "nowhere".' in run(page, "Cell 3")
    typed(page, "Cell 3", "nowhere", '"a"')
    assert run(page, "Cell 4").endswith("It prints what the page prints.")
    assert "✓ Two losses a small step apart" in run(page, "Cell 2")  # once more, after those below it
    assert page.locator("details[open]").count() == 0  # nothing was given away
    assert page.evaluate("window.stays")


def test_a_lab_says_in_the_page_what_its_own_cells_show_and_looks_back(page):
    typed(
        page,
        "Cell 5",
        'fill_in("True if it exploded, from its first and last loss")',
        "not losses[-1] <= losses[0]",
    )
    field = typed(
        page, "Cell 6", "return", "return (low, middle) if explodes(descend(middle)) else (middle, high)  #"
    )
    assert "✓" in run(page, "Cell 6") and "fill_in" in field.input_value()
    assert run(page, "Cell 8").startswith("Done")
    drawn = result(page, "Cell 8").locator("img.only-light")
    assert drawn.evaluate("image => image.naturalWidth") > 300
    bar = page.locator("[data-check='Look back']")
    bar.get_by_role("button", name="Look back").click()
    result(page, "Look back").get_by_text("98 % of the limit settles").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_a_cell_and_what_its_check_says(page, scheme):
    page.emulate_media(color_scheme=scheme)
    for part in ('[data-run$=":Cell 2"]', ".run-result"):
        assert axe.violations(page, scheme, part) == []
    page.emulate_media(color_scheme="light")


def test_a_lab_holds_on_a_phone_and_on_paper_and_after_a_reload(page):
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(media="print")
    for part in (".run-result", ".run-bar", "[data-run] > textarea"):
        assert not any(one.is_visible() for one in page.locator(part).all())
    page.emulate_media(media="screen")
    page.reload()
    assert "2 * X.T" in block(page, "Cell 2").get_by_role("textbox").input_value()
    assert block(page, "Cell 9").get_by_role("textbox").is_visible()  # a blank is open for typing


def test_what_a_run_has_loaded_is_kept_for_when_it_is_nowhere_else_and_nothing_besides(
    browser, site, tmp_path, pyodide
):
    """Python has gone from the server, and from what the browser remembers by itself."""
    for path in site.iterdir():
        (tmp_path / path.name).symlink_to(path)
    with served(tmp_path) as at:
        page = browser.new_page()
        page.set_default_timeout(LOADING)
        page.goto(at + "overshoot/")
        old = f"{at}pyodide/1.0/pyodide.mjs"
        page.evaluate("async old => (await caches.open('overshoot-python')).put(old, new Response())", old)
        assert run(page, "yours").startswith("Done in")
        kept = page.evaluate(
            "caches.open('overshoot-python').then(kept => kept.keys()).then(all => all.map(one => one.url))"
        )
        assert {url.removeprefix(at).split("/")[0] for url in kept} == {"pyodide", "assets", "snippets"}
        assert all("/python/" in url for url in kept if "/assets/" in url) and old not in kept
        (tmp_path / "pyodide").unlink()
        page.context.new_cdp_session(page).send("Network.clearBrowserCache")
        page.reload()
        assert run(page, "yours").startswith("Done in")
        page.close()


def test_what_is_not_to_be_run_says_why(browser, pyodide, address):
    page = browser.new_page()
    page.goto(address + "overflow/")
    still = page.locator('[data-run="overflow:stop"]')
    still.scroll_into_view_if_needed()
    still.get_by_role("status").wait_for()
    assert "np.errstate stops nothing" in still.get_by_role("status").inner_text()
    assert not still.get_by_role("button", name="Run").count()
    page.close()


def test_where_python_does_not_come_the_page_says_so(browser, pyodide, address):
    page = browser.new_page(service_workers="block")  # what it asks for cannot be kept from it
    page.route("**/packages.tar.zst", lambda route: route.fulfill(status=404))
    page.goto(address + "overshoot/")
    assert "Python did not load" in run(page, "yours")
    page.unroute("**/packages.tar.zst")
    page.route("**/kit.json", lambda route: route.abort())
    page.reload()
    assert "Python did not load" in run(page, "yours")
    page.close()


def test_without_scripts_no_room_is_kept_for_buttons(browser, site, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "overshoot/")
    room = "getComputedStyle(document.querySelector('[data-run]'), '::after').height"
    assert page.evaluate(room) in ("auto", "0px")
    context.close()


def test_pages_that_run_nothing_have_no_buttons(site):
    for name in ("notation", "frameworks"):
        assert "data-run" not in (site / name / "index.html").read_text(encoding="utf-8")
    assert FIGURES
