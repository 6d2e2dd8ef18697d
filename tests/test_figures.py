"""The figures that answer: the same mathematics as the programs, for everyone, shareable, quick, at home."""

import gzip
import json
import os
import re
import shutil
import subprocess

import pytest
from axe_playwright_python.sync_playwright import Axe

import golden
from conftest import AXE, COUNT_SHIFTS, ROOT, described, names_of
from elements import FIGURES

SOURCES = ROOT / "docs" / "assets" / "interactive"


def node_tests(models: str) -> subprocess.CompletedProcess:
    node = shutil.which("node")
    if not node:
        message = "no node found: install Node.js 20 or newer"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    command = [node, "--test", str(ROOT / "tests" / "figures" / "models.test.mjs")]
    return subprocess.run(command, env=os.environ | {"MODELS": models}, capture_output=True, text=True)


def leaves(value, path=""):
    """Every number and word of a nested value, by its place."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return {place: leaf for key, one in pairs for place, leaf in leaves(one, f"{path}/{key}").items()}
    return {path: value}


def test_the_golden_values_are_what_the_programs_say_today():
    """To nine digits: the last bits of a matrix product belong to the processor."""
    stored = leaves(json.loads(golden.FILE.read_text(encoding="utf-8")))
    today = leaves(golden.golden(names_of))
    assert today.keys() == stored.keys(), "stale: run `uv run python tests/golden.py`"
    stale = [
        place
        for place, value in today.items()
        if value != stored[place]
        and not (isinstance(value, float) and value == pytest.approx(stored[place], rel=1e-9, abs=1e-9))
    ]
    assert stale == [], "stale: run `uv run python tests/golden.py`"


def test_the_modules_compute_what_the_programs_compute():
    result = node_tests(f"{(SOURCES / 'models').as_uri()}/")
    assert result.returncode == 0, result.stdout
    assert int(re.search(r"^# pass (\d+)", result.stdout, re.MULTILINE)[1]) >= 15


def test_the_modules_of_the_built_site_compute_the_same(site):
    result = node_tests(f"{(site / 'assets' / 'interactive' / 'models').as_uri()}/")
    assert result.returncode == 0, result.stdout


def test_all_figures_together_weigh_at_most_20_kb_compressed(site):
    files = [path for path in (site / "assets" / "interactive").rglob("*") if path.is_file()]
    assert len(files) == len([path for path in SOURCES.rglob("*") if path.is_file()])
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in files) <= 20_000


@pytest.fixture
def figure(open_page):
    """A function that opens the page of a figure and waits until the figure answers."""

    def open_it(name, search="", path=None, **options):
        page = open_page(f"{FIGURES[name] if path is None else path}{search}", **options)
        one = page.locator(f"{name}-figure")
        one.scroll_into_view_if_needed()
        one.locator(".live svg path.run, .live svg path.settled").first.wait_for(state="attached")
        page.wait_for_load_state("networkidle")
        return one

    return open_it


def says(one) -> str:
    return one.locator(".says").inner_text()


@pytest.mark.parametrize("name", FIGURES)
def test_the_figure_takes_the_place_of_the_static_one_and_keeps_its_caption(figure, name):
    one = figure(name)
    assert one.locator("figure img:visible").count() == 0
    assert one.locator("figcaption").is_visible()
    assert one.locator(".live svg").bounding_box()["width"] > 500


@pytest.mark.parametrize("name", FIGURES)
def test_without_scripts_the_static_figure_stays(open_page, name):
    page = open_page(FIGURES[name], java_script_enabled=False)
    assert page.locator(f"{name}-figure figure img.only-light").is_visible()
    assert page.locator(".live").count() == 0


@pytest.mark.parametrize("name", FIGURES)
def test_paper_shows_the_static_figure_and_what_was_set(figure, name):
    one = figure(name)
    one.locator("input[type=range]").first.press("PageUp")
    one.page.emulate_media(media="print")
    assert not one.locator(".live").is_visible()
    assert one.locator("figure img.only-light").is_visible()
    printed = one.evaluate("one => getComputedStyle(one, '::after').content")
    assert f"On the screen: {one.locator('.says').text_content()}" in printed


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", FIGURES)
def test_axe_finds_no_violation_in_any_state(figure, name, scheme):
    one = figure(name, color_scheme=scheme)
    page = one.page
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    options = {**AXE, "rules": {}}
    assert described(Axe().run(page, context=f"{name}-figure", options=options).response["violations"]) == []
    for button in one.locator(".live > .buttons button").all():
        if button.inner_text() != "Copy link":
            button.click()
    one.locator("input[type=number]").first.fill("-7")
    one.locator("input[type=number]").first.press("Tab")
    assert one.locator(".note").inner_text()
    assert described(Axe().run(page, context=f"{name}-figure", options=options).response["violations"]) == []


@pytest.mark.parametrize("width", [320, 360, 600])
@pytest.mark.parametrize("name", FIGURES)
def test_the_figure_fits_a_phone_and_can_be_hit(figure, name, width):
    one = figure(name, width=width, height=740)
    one.locator("details.values summary").click()
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width
    for control in one.locator(".live :is(button, input, select, summary):visible").all():
        box = control.bounding_box()
        assert min(box["width"], box["height"]) >= 24, control.evaluate("one => one.outerHTML")


@pytest.mark.parametrize("name", FIGURES)
def test_a_slider_speaks_its_value_and_the_regime(figure, name):
    one = figure(name)
    slider = one.locator("input[type=range]").first
    before = slider.get_attribute("aria-valuetext")
    for _ in range(3):
        slider.press("PageUp")
    after = slider.get_attribute("aria-valuetext")
    assert before != after
    assert re.search(r"\d.*, .*[a-z]", after)


def test_the_parabola_says_alpha_the_product_and_that_it_diverges(figure):
    slider = figure("parabola").locator("input[type=range]").first
    assert slider.get_attribute("aria-valuetext") == "rate α 0.12, αλ 2.239, diverges"


@pytest.mark.parametrize("name", FIGURES)
def test_the_text_alternative_and_the_table_follow_the_state(figure, name):
    one = figure(name)
    one.locator("details.values summary").click()
    label, table = one.locator("svg[role=img]").get_attribute("aria-label"), one.locator("table").inner_text()
    field = one.locator("input[type=number]").first
    field.fill(str(float(field.input_value()) * 0.7))
    assert one.locator("svg[role=img]").get_attribute("aria-label") != label
    assert one.locator("table").inner_text() != table
    assert says(one) in one.locator("svg[role=img]").get_attribute("aria-label")


def test_the_parabola_shows_what_the_chapter_says(figure):
    one = figure("parabola")
    assert (
        "αλ = 2.239" in says(one)
        and "multiplies the error by −1.239" in says(one)
        and "explodes" in says(one)
    )
    one.get_by_role("button", name="0.01").click()
    assert "0.813" in says(one) and "settles" in says(one)
    one.get_by_role("button", name="the limit").click()
    assert "flips between two points" in says(one)
    one.locator("input[type=number]").first.fill("1")
    one.locator("select").select_option("free")
    one.get_by_label("curvature λ, exact").fill("1000")
    assert "not finite from update" in says(one)
    assert one.locator("path.lost").get_attribute("d")


def test_the_start_can_be_dragged_and_typed(figure):
    one = figure("parabola")
    handle = one.locator(".handle").bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    mouse = one.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 60, y, steps=4)
    mouse.up()
    field = one.get_by_label("start, exact")
    assert float(field.input_value()) > 1
    field.fill("-2")
    assert one.locator(".handle").bounding_box()["x"] < handle["x"]


@pytest.mark.parametrize("name", FIGURES)
def test_every_slider_moves_in_fine_steps(figure, name):
    one = figure(name)
    for slider in one.locator(".knob:not([hidden]) input[type=range]").all():
        low, high, step = (float(slider.get_attribute(key)) for key in ("min", "max", "step"))
        assert low < high and ((step == 1 and high - low > 100) or step <= (high - low) / 500)


def test_step_by_step_asks_before_it_shows_and_explains_each_answer(figure):
    one = figure("parabola")
    one.get_by_role("button", name="Step by step").press("Enter")
    drawn = one.locator("path.run").first.get_attribute("d")
    one.get_by_role("button", name="At the bottom").click()
    assert one.locator(".ask p").inner_text() == (
        "No: on the other side, further. αλ = 2.239, so the error −2.11 is multiplied by −1.239 and is now 2.62."
    )
    assert one.locator("path.run").first.get_attribute("d") != drawn
    one.get_by_role("button", name="Next update").click()
    one.get_by_role("button", name="On the other side, further").click()
    assert one.locator(".ask p").inner_text().startswith("Yes.")
    one.get_by_role("button", name="Step by step").click()
    assert not one.locator(".ask").is_visible()


def test_countdown_shows_the_bits_of_inf_and_the_step_of_nan(figure):
    one = figure("countdown")
    assert "It is inf at update 64" in says(one) and "nan at 129" in says(one)
    one.get_by_role("button", name="first inf").click()
    assert one.locator(".bits span").all_inner_texts() == ["0", "1" * 8, "0" * 23]
    one.locator("select").select_option("fp16")
    assert "inf at update 8," in says(one)


def test_momentum_moves_the_limit_of_the_bowl(figure):
    one = figure("bowl")
    assert "explodes" in says(one)
    one.get_by_label("momentum β, exact").fill("0.5")
    assert "is 0.15," in says(one) and "explodes" not in says(one)


def test_the_state_stands_in_the_address_and_comes_back_from_it(figure):
    one = figure("parabola")
    one.get_by_label("rate α, exact").fill("0.1075")
    one.page.wait_for_url("**parabola.alpha=0.1075**")
    shared = one.page.url
    again = figure("parabola", search=shared.split("overshoot/")[1])
    assert again.get_by_label("rate α, exact").input_value() == "0.1075"
    assert says(again) == says(one)


@pytest.mark.parametrize(
    "bad",
    ["alpha=-1", "alpha=abc", "alpha=", "alpha=1e999", "curve=cube", "curve=constructor", "start=NaN"],
)
def test_a_bad_address_is_ignored_and_the_default_shown(figure, bad):
    one = figure("parabola", search=f"?parabola.alpha=0.05&parabola.{bad}")
    if bad.startswith("alpha"):
        one = figure("parabola", search=f"?parabola.{bad}&parabola.start=2")
    assert one.get_by_label("rate α, exact").input_value() == "0.12"
    assert one.get_by_label("start, exact").input_value() == "0"


def test_the_link_is_copied_by_one_button(figure):
    one = figure("bowl", permissions=["clipboard-read", "clipboard-write"])
    one.get_by_label("condition κ, exact").fill("50")
    one.get_by_role("button", name="Copy link").click()
    one.get_by_role("button", name="Link copied").wait_for()
    copied = one.page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith("conditioning/?bowl.kappa=50#bowl")


def test_a_number_out_of_reach_is_refused_with_its_cure_and_the_state_stays(figure):
    one = figure("parabola")
    before = says(one)
    field = one.get_by_label("rate α, exact")
    field.fill("5")
    field.press("Tab")
    assert one.locator(".note").inner_text() == "rate α: a number from 0.001 to 1, please."
    assert field.get_attribute("aria-invalid") == "true"
    assert says(one) == before
    field.fill("0.5")
    field.press("Tab")
    assert one.locator(".note").inner_text() == ""


@pytest.mark.parametrize(
    "name, label, keys",
    [
        ("parabola", "rate α", "0.05"),
        ("parabola", "start", "-2.5"),
        ("surrogate", "rate α", "0.3"),
        ("bowl", "rate α", "0.033"),
        ("countdown", "loss grows by", "100"),
        ("batch", "rate α", "0.86"),
    ],
)
@pytest.mark.parametrize("width", [360, 1280])
def test_a_number_can_be_typed_key_by_key(figure, name, label, keys, width):
    one = figure(name, width=width, height=740)
    field = one.get_by_label(f"{label}, exact")
    field.select_text()
    field.press_sequentially(keys, delay=30)
    field.press("Tab")
    assert float(field.input_value()) == float(keys)
    assert one.evaluate("(one, keys) => Object.values(one.state).includes(Number(keys))", keys)


def test_a_link_within_the_page_keeps_the_state(figure):
    one = figure("parabola")
    page = one.page
    one.get_by_label("rate α, exact").fill("0.04")
    page.wait_for_url("**parabola.alpha=0.04**")
    page.evaluate("window.still = true")
    page.locator(".md-sidebar--secondary a[href*='#what-did-you-see']").click()
    page.wait_for_url("**#what-did-you-see")
    page.wait_for_timeout(300)
    assert page.evaluate("window.still")
    assert one.get_by_label("rate α, exact").input_value() == "0.04"


def test_while_it_asks_nothing_gives_the_answer_away(figure):
    one = figure("parabola")
    one.get_by_role("button", name="Step by step").click()
    told = says(one) + one.locator("input[type=range]").first.get_attribute("aria-valuetext")
    told += one.locator("svg[role=img]").get_attribute("aria-label")
    assert not re.search("explode|diverge|further|−1.2", told)
    assert "unstable" not in one.locator(".live").get_attribute("class")


def test_a_change_in_the_middle_of_the_questions_begins_them_anew(figure):
    one = figure("parabola")
    one.get_by_role("button", name="Step by step").click()
    one.get_by_role("button", name="At the bottom").click()
    one.get_by_role("button", name="0.01").click()
    assert one.locator(".ask p").inner_text().startswith("Update 1:")


def test_a_start_at_the_bottom_stays_there(figure):
    one = figure("parabola", search="?parabola.curve=free&parabola.start=0")
    assert "stays" in says(one) and "explodes" not in says(one)
    one = figure("bowl", search="?bowl.across=0")
    assert "explodes" not in says(one)
    one = figure("surrogate", search="?surrogate.b=2.113576365289943")
    assert "rises" not in says(one)


def test_a_choice_beyond_a_slider_cannot_be_pressed(figure):
    one = figure("parabola", search="?parabola.curve=free&parabola.start=-1&parabola.curvature=0.5")
    assert one.get_by_role("button", name="the limit").is_disabled()
    one.get_by_label("curvature λ, exact").fill("49")
    one.get_by_role("button", name="the limit").click()
    assert "flips" in says(one)


def test_another_format_keeps_the_update_within_the_run(figure):
    one = figure("countdown")
    one.get_by_role("button", name="first nan").click()
    one.locator("select").select_option("fp16")
    assert one.get_by_label("look at update, exact").input_value() == "17"
    assert "At update 17" in says(one)


def test_a_circle_is_round(figure):
    one = figure("bowl", search="?bowl.kappa=1")
    box = one.locator("path.ring").evaluate(
        "path => { const b = path.getBBox(); return [b.width, b.height]; }"
    )
    assert box[0] == pytest.approx(box[1], rel=0.01)


@pytest.mark.parametrize("path", ["", *FIGURES.values()])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_does_not_move_when_its_figure_comes(browser, address, path, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.add_init_script(COUNT_SHIFTS)
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    for top in range(0, page.evaluate("document.body.scrollHeight"), 400):
        page.evaluate(f"window.scrollTo(0, {top})")
        page.wait_for_timeout(40)
    page.wait_for_load_state("networkidle")
    assert page.locator(".live svg").count() == 1
    assert page.evaluate("window.moved") < 0.02
    page.close()


def test_figures_load_only_on_pages_that_have_one(open_page):
    page = open_page("notation/")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.wait_for_load_state("networkidle")
    assert not any("interactive" in url for url in asked)


def test_following_links_forth_and_back_wakes_each_figure_and_keeps_its_state(figure):
    one = figure("parabola")
    page = one.page
    one.get_by_label("rate α, exact").fill("0.05")
    page.wait_for_url("**parabola.alpha=0.05**")
    page.get_by_role("link", name="Taylor").first.click()
    page.wait_for_function("document.querySelector('h1').textContent.startsWith('Taylor')")
    page.locator("surrogate-figure").scroll_into_view_if_needed()
    page.locator("surrogate-figure .live svg").wait_for()
    page.go_back()
    page.wait_for_function("document.querySelector('h1').textContent.startsWith('Overshoot')")
    page.locator("parabola-figure .live svg").wait_for()
    assert page.get_by_label("rate α, exact").input_value() == "0.05"


def test_forced_colours_keep_the_drawing_legible(figure):
    one = figure("parabola", forced_colors="active")
    run, ground, limit, tick, text = one.evaluate("""one => {
        const of = (name, what) => getComputedStyle(one.querySelector(name))[what];
        return [of("path.run", "stroke"), of("path.ground", "stroke"), of("path.limit", "stroke"),
            of("text.tick", "fill"), getComputedStyle(one.querySelector(".says")).color];
    }""")
    paper = one.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == limit == tick == text
    assert run != ground
    assert paper not in (run, ground)


def test_nothing_in_a_figure_moves_by_itself(figure):
    for name in FIGURES:
        one = figure(name, reduced_motion="reduce")
        assert one.evaluate("one => one.getAnimations({subtree: true}).length") == 0
        assert not re.search(
            "transition|animation|requestAnimationFrame", (SOURCES / f"{name}.js").read_text()
        )
