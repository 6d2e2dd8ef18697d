"""The interactive figures: the same mathematics as the programs, for everyone, shareable, quick, at home."""

import contextlib
import gzip
import http.server
import json
import math
import os
import re
import shutil
import subprocess
import threading
import time

import numpy as np
import pytest
from lxml import html

import axe
import golden
from conftest import COUNT_SHIFTS, ROOT, QuietPage, names_of, quiet_pages, served, settle, until
from pages.elements import FIGURES
from proven import LOOKS, proven_by
from publish.assets import SHARED, join

pytestmark = proven_by(
    *LOOKS,
    *(f"site/{path}index.html" for path in ("", "notation/", *FIGURES.values())),
    "snippets/*.py",
    "tests/figures/*",
    "docs/assets/interactive/*",
    "scripts/p*/*.py",
)

of_the_models = proven_by("tests/figures/*", "docs/assets/interactive/**/*", "scripts/publish/*")
SOURCES = ROOT / "docs" / "assets" / "interactive"
every_figure = pytest.mark.parametrize(  # each in the worker that has its page open
    "name", [pytest.param(name, marks=pytest.mark.xdist_group(f"figure {name}")) for name in FIGURES]
)
ANY_FIGURE = ", ".join(f"{name}-figure" for name in FIGURES)


def node_tests(models: str) -> subprocess.CompletedProcess:
    node = shutil.which("node")
    if not node:
        message = "no node found: install Node.js 20 or newer"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    files = [path.as_uri() for path in sorted((ROOT / "tests" / "figures").glob("*.test.mjs"))]
    all_in_one = "".join(
        f"import {json.dumps(file)};" for file in files
    )  # where --test starts a process for each
    command = [node, "--test-reporter=tap", "--input-type=module", "--eval", all_in_one]
    return subprocess.run(command, env=os.environ | {"MODELS": models}, capture_output=True, text=True)


def leaves(value, path=""):
    """Every number and word of a nested value, by its place."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return {place: leaf for key, one in pairs for place, leaf in leaves(one, f"{path}/{key}").items()}
    return {path: value}


# Each in the worker that has run the program for the tests of its claims.
@proven_by(
    "snippets/**/*",
    "scripts/weave/**/*",
    "scripts/pages/elements.py",
    "docs/assets/diagnose/*",
    "tests/golden.py",
    "tests/tiny.py",
    "tests/figures/*",
)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.xdist_group(golden.PROGRAMS[name][1])) for name in FIGURES]
)
def test_the_golden_values_are_what_the_programs_say_today(name):
    """To nine digits: the last bits of a matrix product belong to the processor."""
    stored = json.loads(golden.FILE.read_text(encoding="utf-8"))
    assert stored.keys() == FIGURES.keys()
    stored, today = leaves(stored[name]), leaves(golden.golden(name, names_of))
    assert today.keys() == stored.keys(), "stale: run `uv run python tests/golden.py`"
    stale = [
        place
        for place, value in today.items()
        if value != stored[place]
        and not (isinstance(value, float) and value == pytest.approx(stored[place], rel=1e-9, abs=1e-9))
    ]
    assert stale == [], "stale: run `uv run python tests/golden.py`"


@of_the_models
def test_the_modules_compute_what_the_programs_compute():
    """CONTRIBUTING.md: “docs/assets/interactive/ holds one module for each figure, what they share, and in models/ the mathematics, which knows nothing of the page: uv run python tests/golden.py writes what numpy says, and node --test tests/figures/.test.mjs compares, bit for bit where only + − × ÷ occur.” docs/assets/interactive/batch.js: “above the start after … updates”"""
    result = node_tests(f"{(SOURCES / 'models').as_uri()}/")
    assert result.returncode == 0, result.stdout
    assert int(re.search(r"^# pass (\d+)", result.stdout, re.MULTILINE)[1]) >= 15


@of_the_models
def test_the_modules_compute_the_same_when_they_are_shortened(tmp_path):
    """As they are on the site, where each comes in the file of its figure and can be asked by its figure alone."""
    names = [
        path.relative_to(SOURCES).as_posix() for path in (*SOURCES.glob("models/*.js"), *SOURCES.glob("*.js"))
    ]
    join(SOURCES, names, "--outdir", str(tmp_path), *SHARED)
    result = node_tests(f"{(tmp_path / 'models').as_uri()}/")
    assert result.returncode == 0, result.stdout


def test_all_figures_together_weigh_at_most_28_kb_compressed(site):
    """CONTRIBUTING.md: “All of them together weigh at most 28 kB compressed.”"""
    files = [path for path in (site / "assets" / "interactive").rglob("*") if path.is_file()]
    shared = {path for path in files if path.name.startswith("shared-")}
    assert {path.name for path in set(files) - shared} == {"figure.css", *(f"{name}.js" for name in FIGURES)}
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in files) <= 28 * 1000


PROGRAMS = {  # the drawing of the program, which stands above each figure
    "parabola": "overshoot.steps",
    "surrogate": "taylor.surrogate",
    "bowl": "conditioning.valley",
    "countdown": "overflow.panels",
    "batch": "minibatch.curves",
    "adam": "adam.bound",
    "bits": "precision.spacing",
}


def with_little_else(page: str, name: str) -> str:
    """A page with its figure, the program's own, and as much below as a screen shows, which takes a fifth of the time."""
    tree = html.fromstring(page)
    (article,) = tree.iterfind(".//article")
    figures = [
        any(f"{PROGRAMS[name]}." in image.get("src") for image in one.iter("img"))
        or next(one.iter(f"{name}-figure"), None) is not None
        for one in article
    ]
    last = max(place for place, figure in enumerate(figures) if figure)
    below = range(last + 1, last + 6)
    for place, (one, figure) in enumerate(zip(list(article), figures, strict=True)):
        if not figure and one.tag != "h1" and place not in below:
            article.remove(one)
    for links in tree.xpath("//*[contains(@class, 'md-sidebar')]//nav/ul"):
        links.clear()
    return html.tostring(tree, encoding="unicode", doctype="<!doctype html>")


@pytest.fixture(scope="module")
def alone(site, tmp_path_factory):
    """The address of a site whose pages hold their figure and little else."""
    root = tmp_path_factory.mktemp("alone")
    for path in site.iterdir():
        (root / path.name).symlink_to(path)
    for name, path in [("parabola", ""), *FIGURES.items()]:
        if path:
            (root / path).unlink()
            (root / path).mkdir()
        (root / path / "index.html").unlink(missing_ok=True)
        page = (site / path / "index.html").read_text(encoding="utf-8")
        (root / path / "index.html").write_text(with_little_else(page, name), encoding="utf-8")
    with served(root) as at:
        yield at


# The figure as it came with the page, at this address, until it is drawn. The address is changed first, as the old
# figure may write its own state as long as it is there.
ANEW = """async ([name, address]) => {
    window.came ??= new DOMParser().parseFromString(await (await fetch(location.pathname)).text(), "text/html");
    history.replaceState(null, "", address);
    document.body.dataset.mdColorScheme = "default";
    const one = document.importNode(window.came.querySelector(name), true);
    document.querySelector(name).replaceWith(one);
    one.scrollIntoViewIfNeeded();
    while (!one.querySelector(".live svg.main path[d]")) await new Promise(requestAnimationFrame);
}"""


@pytest.fixture(scope="module")
def kept(browser, alone):
    """The pages that are open, by their paths: each test gets a new figure, which takes less than a new page."""
    pages = {}
    yield pages
    for one in pages.values():
        one.page.context.close()


@pytest.fixture
def figure(open_page, browser, alone, kept):
    """A function that shows a figure as its page shows it at first; in the end the page must have been quiet.

    A ``new`` one stands on its whole page, which nothing else has in use.
    """
    changed = []

    def again(path, search, figure, width=1280, height=900):
        if path not in kept:
            kept[path] = QuietPage(browser, (alone, "data:"))
            kept[path].page.goto(alone + path)
        page = kept[path].page
        changed.append(kept[path])
        if page.viewport_size != {"width": width, "height": height}:
            page.set_viewport_size({"width": width, "height": height})
        page.evaluate(ANEW, [figure, f"{alone}{path}{search}"])
        return page

    def open_it(name, search="", path=None, new=False, **options):
        path, figure = FIGURES[name] if path is None else path, f"{name}-figure"
        if not new:
            return again(path, search, figure, **options).locator(figure)
        one = open_page(path + search, **options).locator(figure)
        one.scroll_into_view_if_needed()
        one.locator(".live svg.main path[d]").first.wait_for(state="attached")
        return one

    yield open_it
    for one in changed:
        if one.page.evaluate("matchMedia('print').matches || matchMedia('(prefers-reduced-motion)').matches"):
            one.page.emulate_media(media="null", **one.media)
    noise = {path: one.noise for path, one in kept.items() if one.noise}
    for path in noise:
        kept.pop(path).page.context.close()
    assert noise == {}


@pytest.fixture
def open_alone(browser, alone):
    """A function that opens a page which holds its figure and little else."""
    with quiet_pages(browser, alone, "data:") as open_it:
        yield lambda path, **options: open_it(alone + path, **options)


def says(one) -> str:
    return one.locator(".says").inner_text()


@every_figure
def test_the_figure_stands_below_the_program_s_own_and_each_has_words_of_its_own(figure, name):
    one = figure(name)
    static = one.page.locator(f"figure:has(img[src*='{PROGRAMS[name]}.light'])")
    assert static.locator("img.only-light").is_visible() and static.locator("figcaption").is_visible()
    words = one.locator(":scope > p")
    assert words.is_visible() and "live figure" in words.inner_text()
    bottom = static.bounding_box()["y"] + static.bounding_box()["height"]
    assert bottom < words.bounding_box()["y"] < one.locator(".live svg.main").bounding_box()["y"]
    width = sum(svg.bounding_box()["width"] for svg in one.locator(".live > svg:visible").all())
    assert width > 500
    assert one.locator(".live .key").count() == 0, "no words stand on the lines of a drawing"


@every_figure
def test_without_scripts_the_program_s_figure_stands_alone_and_one_line_says_so(open_alone, name):
    page = open_alone(FIGURES[name], java_script_enabled=False)
    assert page.locator(f"img[src*='{PROGRAMS[name]}.light']").is_visible()
    one = page.locator(f"{name}-figure")
    assert page.locator(".live").count() == 0 and not one.locator("p").is_visible()
    assert one.bounding_box()["height"] < 60, "no empty box"


def test_home_without_scripts_shows_the_program_s_figure_in_its_place(open_alone):
    page = open_alone("", java_script_enabled=False)
    assert page.locator("parabola-figure figure img.only-light").is_visible()
    assert page.locator("parabola-figure figcaption").is_visible()
    assert not page.locator("parabola-figure > p").is_visible()


@every_figure
def test_paper_shows_the_program_s_figure_and_what_was_set(figure, name):
    one = figure(name)
    one.locator("input[type=range]").first.press("PageUp")
    one.page.emulate_media(media="print")
    assert not one.locator(".live").is_visible() and not one.locator(":scope > p").is_visible()
    assert one.page.locator(f"img[src*='{PROGRAMS[name]}.light']").is_visible()
    printed = one.evaluate("one => getComputedStyle(one, '::after').content")
    words = one.locator(".says").text_content().replace("\n", " ")
    assert f"On the screen: {words}" in printed.replace("\\a ", " ").replace("\n", " ")


def test_home_on_paper_shows_the_program_s_figure(figure):
    one = figure("parabola", path="")
    assert not one.locator("figure").is_visible(), "on the screen the live one stands in its place"
    one.page.emulate_media(media="print")
    assert one.locator("figure img.only-light").is_visible()
    assert not one.locator(".live").is_visible()


def to_the_dark(one):
    """As the button does, which is pressed in other tests: a change of the whole page takes its time."""
    one.page.evaluate("document.body.dataset.mdColorScheme = 'slate'")


def stroke(one, selector):
    return one.locator(selector).first.evaluate("path => getComputedStyle(path).stroke")


@pytest.mark.parametrize("path", ["", FIGURES["parabola"]])
def test_both_rates_are_drawn_at_once_each_on_the_curve_and_on_its_line(figure, path):
    one = figure("parabola", path=path)
    for tone in ("tone0", "tone1"):
        lines = one.locator(f"path.{tone}:not(.dots, .lost)")
        assert lines.count() == 2 and all(len(line.get_attribute("d")) > 20 for line in lines.all())
    first, second = one.locator(".says b").all()
    assert [first.inner_text(), second.inner_text()] == ["α = 0.01", "α = 0.12"]
    settles, explodes = says(one).split("\n")
    assert "settles" in settles and "explodes" in explodes


def test_either_run_can_be_moved_and_the_other_stays(figure):
    one = figure("parabola")
    drawn = {tone: one.locator(f"path.{tone}").first.get_attribute("d") for tone in ("tone0", "tone1")}
    one.get_by_label("first rate α, exact").fill("0.1")
    assert one.locator("path.tone0").first.get_attribute("d") != drawn["tone0"]
    assert one.locator("path.tone1").first.get_attribute("d") == drawn["tone1"]
    one.get_by_label("second rate α, exact").fill("0.05")
    assert says(one).startswith("α = 0.1,") and "\nα = 0.05," in says(one)
    one.page.wait_for_url("**parabola.beside=0.1**parabola.alpha=0.05**")


def test_equal_rates_are_one_run(figure):
    one = figure("parabola", search="?parabola.alpha=0.01")
    assert "\n" not in says(one) and says(one).startswith("α = 0.01,")


@pytest.mark.parametrize("name", [*FIGURES, "home"])
def test_a_word_that_names_a_line_has_its_colour_and_its_mark(figure, name):
    element = "parabola" if name == "home" else name
    one = figure(element, path="" if name == "home" else None)
    assert_words_are_marked(one)
    to_the_dark(one)
    assert_words_are_marked(one)


def assert_words_are_marked(one):
    found = one.locator("b[class*=tone]").evaluate_all(
        """all => all.map(word => [word.className, getComputedStyle(word).color,
            getComputedStyle(word, "::after").content, word.textContent])"""
    )
    assert len(found) >= 3
    marks = {}
    for tone, colour, mark, words in found:
        assert colour == stroke(one, f"path.{tone.split()[0]}"), words
        assert re.search("[●■▲▼]", mark), words
        marks.setdefault(tone, mark)
        assert marks[tone] == mark
    assert len(set(marks.values())) == len(marks), "never by colour alone"


def test_the_words_of_captions_in_the_chapters_carry_the_colours_of_their_runs(figure):
    for name in "parabola", "bowl":
        page = figure(name).page
        for tone, letter in (("tone0", "●"), ("tone1", "■")):
            word = page.locator(f"figcaption b.{tone}")
            assert letter in word.evaluate("word => getComputedStyle(word, '::after').content")


def test_0_100_and_0_108_are_told_apart_by_mouse(figure):
    one = figure("parabola")
    slider, field = (one.get_by_label(f"second rate α{more}", exact=True) for more in ("", ", exact"))
    box, mouse = slider.bounding_box(), one.page.mouse
    y, left, right = (
        box["y"] + box["height"] / 2,
        *(box["x"] + share * box["width"] for share in (0.6, 0.72)),
    )
    mouse.move(left, y)
    mouse.down()
    field.evaluate("""field => {
        window.seen = [];
        document.addEventListener("input", () => seen.push([field.value, document.querySelector(".says").innerText]));
    }""")
    mouse.move(right, y, steps=int(right - left))
    mouse.up()
    seen = {float(rate): told.split("\n")[1] for rate, told in one.page.evaluate("seen")}
    between = [rate for rate in seen if 0.1 <= rate <= 0.11]
    assert len(between) >= 6, seen  # six places on the way from 0.100 to 0.110
    assert "settles" in seen[between[0]] and "explodes" in seen[between[-1]]


def test_what_is_typed_just_above_the_limit_is_not_called_the_limit_or_stable(figure):
    one = figure("parabola")
    one.get_by_label("second rate α, exact").fill("0.1072")
    assert "αλ = 2.0004" in says(one) and "by −1.0004" in says(one) and "explodes" in says(one)
    one.get_by_label("second rate α, exact").fill("0.1071")
    assert "settles" in says(one).split("\n")[1]


def test_next_update_leads_the_keyboard_to_the_choices(figure):
    one = figure("parabola")
    focused = "document.activeElement.textContent"
    one.get_by_role("button", name="Step by step").press("Enter")
    for _ in range(9):  # past the eighth, from the start again
        assert one.page.evaluate(focused) == "On the same side, nearer"
        one.page.keyboard.press("Enter")
        assert one.page.evaluate(focused) in ("Next update", "From the start")
        one.page.keyboard.press("Enter")
    assert one.page.evaluate("document.activeElement !== document.body")
    one.get_by_label("second rate α, exact").fill("0.05")
    assert one.page.evaluate("document.activeElement.type") == "number", "a change steals no focus"


def test_conditioning_opens_with_both_rates_from_the_program_s_start(figure):
    """docs/conditioning.md: “Both runs again, now in a live figure with both directions drawn to one scale: α = 0.095
    and α = 0.105 from the program’s start. In the other two pictures solid lines are the error across, dashed
    ones the error along. The upright lines are the limit (dashed) and the best rate (dotted).”"""
    one = figure("bowl")
    assert [word.inner_text() for word in one.locator(".says b").all()] == ["α = 0.095", "α = 0.105"]
    assert "needs 24 updates" in says(one) and "the error across: it explodes" in says(one)
    assert [one.get_by_label(f"start {way}, exact").input_value() for way in ("along", "across")] == [
        "10",
        "1",
    ]
    assert one.locator("text.label.y").first.text_content() == "across, λ = κ"
    titles = ["the path over equal losses", "the two errors", "factor per update"]
    assert one.locator(".live text.title").all_text_contents() == titles
    ring = one.locator("path.ring").get_attribute("d").split("M")[1]
    wide, high = map(float, re.search(r"a([\d.]+) ([\d.]+) ", ring).groups())
    assert wide / high == pytest.approx(20**0.5, rel=0.05)  # of an ellipse of κ = 20 to one scale

    def dashes(name):
        found = one.locator(f"path.{name}").evaluate_all(
            "lines => lines.map(line => getComputedStyle(line).strokeDasharray)"
        )
        assert len(set(found)) == 1
        return found[0]

    for name in "tone0.across:not(.dots)", "tone1.across:not(.dots)", "across:not(.tone0, .tone1)":
        assert dashes(name) == "none"
    for name in "tone0.along:not(.dots)", "tone1.along:not(.dots)", "along:not(.tone0, .tone1)":
        assert dashes(name) != "none"
    assert [dashes("limit"), dashes("best")] == ["6px, 4px", "2px, 3px"]
    edge, best = (
        float(re.fullmatch(r"M([\d.]+) \S+v\S+", one.locator(f"path.{name}").get_attribute("d"))[1])
        for name in ("limit", "best")
    )
    assert best < edge  # both upright, 2/21 and 2/20


def test_mini_batches_show_four_sizes_and_tell_two_limits_apart(figure):
    """docs/minibatch.md: “The thick line is the full batch; you choose the size of the middle batch.” and
    docs/minibatch.md: “The second picture has two limits for each batch size. Below the *mean-square limit* (solid) the
    mean of the squared error over all possible runs shrinks; below the *typical limit* (dash-dotted) the typical single
    run does. Dashed is the limit of the full batch; the marks stand at your rate.”"""
    one = figure("batch")
    assert [word.inner_text() for word in one.locator(".says b").all()] == [
        "full batch",
        "batch 1",
        "batch 4",
        "batch 64",
    ]
    assert says(one).count("20 of 20 explode") == 2 and "0 of 20 explode" in says(one)
    assert "limits 1.2921 (mean square) and 1.401 (typical run)" in says(one)
    one.locator("select").select_option("32")
    assert "batch 32: limits 1.2225 (mean square) and 1.383 (typical run); 0 of 20 explode" in says(one)
    for name in ("strict", "typical", "limit", "full", "tone0", "tone1", "tone3"):
        assert one.locator(f"path.{name}").first.get_attribute("d"), name
    dashes = {
        name: one.locator(f"path.{name}").evaluate("one => getComputedStyle(one).strokeDasharray")
        for name in ("strict", "typical", "limit")
    }
    assert len(set(dashes.values())) == 3
    assert dashes == {"strict": "none", "typical": "8px, 3px, 2px, 3px", "limit": "6px, 4px"}
    thick, thin = (
        one.locator(f"path.{name}.runs").first.evaluate(
            "one => parseFloat(getComputedStyle(one).strokeWidth)"
        )
        for name in ("full", "tone3")
    )
    assert thick > 3 * thin
    middle = "path => { const { y, height } = path.getBBox(); return y + height / 2; }"
    now = one.locator("path.now").evaluate(middle)
    marks = [one.locator(f"path.{tone}.dots").last.evaluate(middle) for tone in ("tone0", "tone1", "tone3")]
    assert marks == pytest.approx([now] * 3, abs=1)


def test_overflow_marks_the_first_inf_and_the_first_nan_of_loss_and_weight(figure):
    """docs/overflow.md: “Above the largest number (dotted) each has a row, with a cross at its first inf and a plus
    at its first nan.”"""
    one = figure("countdown")
    roof = one.locator("path.roof")
    assert roof.evaluate("path => getComputedStyle(path).strokeDasharray") == "2px, 3px"
    rows = [
        one.locator(f"path.lost.{tone}").evaluate("path => path.getBBox().y") for tone in ("tone2", "tone1")
    ]
    assert rows[0] + 10 < rows[1] < roof.evaluate("path => path.getBBox().y") - 10
    for tone, inf, nan in (("tone1", 64, 129), ("tone2", 128, 129)):
        places = one.evaluate(
            """(one, tone) => {
                const path = one.querySelector(`path.lost.${tone}`), box = one.querySelector("rect.frame").getBBox();
                const middle = path.getAttribute("d").split("M").slice(1).map(part => part.split("h")[0].split("l")[0]);
                return [middle.map(part => Number(part.split(" ")[0])), box.x, box.width];
            }""",
            tone,
        )
        (cross, _, plus, _), left, width = places
        for x, update in ((cross + 5, inf), (plus + 5, nan)):  # the marks are ten wide
            assert (x - left) / width * (1.05 * 129) - 0.02 * 129 == pytest.approx(update, abs=0.6)
    assert "is inf at update 64 and nan at 129" in says(one) and "is inf at 128 and nan at 129" in says(one)


@every_figure
def test_on_a_phone_the_drawing_and_all_knobs_are_in_view_together(figure, name):
    one = figure(name, width=360, height=740)
    top, last, header = one.evaluate("""one => {
        const of = one => one.getBoundingClientRect(), knobs = [...one.querySelectorAll(".knob")];
        const shown = knobs.filter(one => one.checkVisibility()).map(one => of(one).bottom);
        return [of(one.querySelector(".live svg.main")).top, Math.max(...shown),
            of(document.querySelector("header.md-header")).height];
    }""")
    assert 0 < last - top < 740 - header


def test_home_is_compact(figure):
    one = figure("parabola", path="")
    assert one.locator(".live").bounding_box()["height"] <= 480
    assert one.locator("input[type=range]:visible").count() == 2


@every_figure
def test_axe_finds_no_violation_in_any_state(figure, name):
    one = figure(name)
    page = one.page
    one.evaluate("one => one.querySelectorAll('details').forEach(one => one.open = true)")

    def violations(scheme):
        return axe.violations(page, scheme, f"{name}-figure")

    assert violations("light") == []
    one.locator(".live > .buttons button").evaluate_all(
        "all => all.filter(one => one.innerText !== 'Copy link').forEach(one => one.click())"
    )
    one.locator("input[type=number]").first.fill("-7")
    one.locator("input[type=number]").first.press("Tab")
    assert one.locator(".note").inner_text()
    assert violations("light") == []
    to_the_dark(one)
    assert violations("dark") == []


@every_figure
def test_the_figure_fits_a_phone_and_can_be_hit(figure, name):
    one = figure(name, width=320, height=740)
    one.locator("details.values summary").click()
    for width in 320, 360, 600:
        one.page.set_viewport_size({"width": width, "height": 740})
        assert one.page.evaluate("document.documentElement.scrollWidth") <= width
        controls = one.locator(".live :is(button, input, select, summary):visible")
        sizes = controls.evaluate_all(
            """all => all.map(one => [one.getBoundingClientRect(), one.outerHTML])
                .map(([{ width, height }, what]) => [Math.min(width, height), what])"""
        )
        assert len(sizes) > 5 and [one for one in sizes if one[0] < 24] == []


@every_figure
def test_a_slider_speaks_its_value_and_the_regime(figure, name):
    one = figure(name)
    slider = one.locator("input[type=range]").first
    before = slider.get_attribute("aria-valuetext")
    for _ in range(3):
        slider.press("PageUp")
    after = slider.get_attribute("aria-valuetext")
    assert before != after
    assert re.search(r"\d.*, .*[a-z]", after)


def test_the_parabola_speaks_its_rate_the_products_and_that_one_diverges(figure):
    spoken = figure("parabola").get_by_label("second rate α", exact=True).get_attribute("aria-valuetext")
    assert spoken.startswith("second rate α 0.12, αλ 0.1866, It walks down one side and settles.; αλ 2.239, ")
    assert spoken.endswith("it explodes.")


@every_figure
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
    """docs/overshoot.md: “Both runs again, now in a live figure: α = 0.01 and α = 0.12, with the loss above its
    floor in the second picture. The dashed line there is a run exactly at the limit.” docs/overshoot.md: “The
    largest rate of the slider, 1, is exactly the limit.”"""
    one = figure("parabola")
    assert "αλ = 2.239" in says(one) and "multiplies the error by −1.239" in says(one)
    assert "0.8134" in says(one) and "settles" in says(one) and "explodes" in says(one)
    assert [word.inner_text() for word in one.locator(".says b").all()] == ["α = 0.01", "α = 0.12"]
    assert one.locator(".live text.title").all_text_contents() == [
        "steps on the loss",
        "loss above its floor",
    ]
    one.get_by_role("button", name="0.1", exact=False).first.click()
    assert "by −0.866 " in says(one) and "explodes" not in says(one)
    one.get_by_role("button", name="the limit").click()
    assert "flips between two points" in says(one)
    dashed = one.locator("path.limit")
    assert dashed.evaluate("line => getComputedStyle(line).strokeDasharray") != "none"
    height = re.fullmatch(r"M\S+ (\S+)h\S+", dashed.get_attribute("d"))[1]
    run = one.locator("path.tone1:not(.dots, .lost)").last.get_attribute("d")
    assert {point.split(" ")[1] for point in re.split("[ML]", run)[1:]} == {height}
    one.get_by_label("second rate α, exact").fill("1")
    one.locator("select").select_option("square")
    assert "flips" in says(one).split("\n")[1]
    assert (
        one.get_by_label("second rate α", exact=True)
        .get_attribute("aria-valuetext")
        .startswith("second rate α 1,")
    )
    one.get_by_label("second rate α", exact=True).press("End")
    assert "flips" in says(one).split("\n")[1], "this is the slider's end"
    one.locator("select").select_option("free")
    one.get_by_label("curvature λ, exact").fill("1000")
    assert "not finite from update" in says(one)
    assert one.locator("path.tone1.lost").get_attribute("d")


def test_what_is_said_of_a_rate_is_what_its_run_does(figure):
    """docs/assets/interactive/parabola.js: “It walks down one side and settles.” “One update leads to the bottom.”
    “It jumps across at every update, and settles.” “It flips between two points for ever.” “It jumps across, ever
    further: it explodes.”"""
    one = figure("parabola", search="?parabola.curve=free&parabola.curvature=4&parabola.start=-1")
    for alpha, words, holds in (
        (0.1, "walks down one side and settles", lambda a, b: 0 < b < a),
        (0.25, "One update leads to the bottom", lambda a, b: b == 0),
        (
            0.4,
            "jumps across at every update, and settles",
            lambda a, b: -abs(a) < b * math.copysign(1, a) < 0,
        ),
        (0.5, "flips between two points for ever", lambda a, b: b == -a),
        (0.6, "jumps across, ever further: it explodes", lambda a, b: b * math.copysign(1, a) < -abs(a)),
    ):
        one.get_by_label("second rate α, exact").fill(str(alpha))
        assert words in says(one).split("\n")[1]
        places = [1.0]
        for _ in range(40):
            places.append(places[-1] - alpha * 4 * places[-1])
        assert all(map(holds, places, places[1:])), words


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


@every_figure
def test_every_slider_moves_in_fine_steps(figure, name):
    one = figure(name)
    sliders = one.locator(".knob:not([hidden]) input[type=range]").evaluate_all(
        "all => all.map(({ min, max, step }) => [min, max, step].map(Number))"
    )
    assert sliders
    for low, high, step in sliders:
        assert low < high and ((step == 1 and high - low > 100) or step <= (high - low) / 500)


def test_step_by_step_asks_before_it_shows_and_explains_each_answer(figure):
    one = figure("parabola")
    one.get_by_role("button", name="Step by step").press("Enter")
    drawn = one.locator("path.tone1").first.get_attribute("d")
    one.get_by_role("button", name="At the bottom").click()
    assert one.locator(".ask p").inner_text() == (
        "No: on the other side, further. αλ = 2.239, so the error −2.11 is multiplied by −1.239 and is now 2.62."
    )
    assert one.locator("path.tone1").first.get_attribute("d") != drawn
    one.get_by_role("button", name="Next update").click()
    one.get_by_role("button", name="On the other side, further").click()
    assert one.locator(".ask p").inner_text().startswith("Yes.")
    one.get_by_role("button", name="Step by step").click()
    assert not one.locator(".ask").is_visible()


def test_countdown_shows_the_bits_of_inf_and_the_step_of_nan(figure):
    """docs/overflow.md: “The same race in a live figure, for a growth and a format of your choice. The loss starts
    at ½ and the weight at 0.” and docs/overflow.md: “The upright line is the update that you look at; the bits below
    are those of its loss.”"""
    one = figure("countdown")
    assert "At update 0 the loss is 0.5, the weight 0." in says(one)
    assert one.locator(".bits span").all_text_contents()[1] == "01111110exponent"  # 126, for 2⁻¹
    box = "path => { const { x, width, height } = path.getBBox(); return [x, width, height]; }"
    left, width, height = one.locator("rect.frame").evaluate(box)
    begin = one.locator("path.now").evaluate(box)
    one.get_by_role("button", name="first inf").click()
    now = one.locator("path.now").evaluate(box)
    moved = (now[0] - begin[0]) / width * 1.05 * 129
    assert (moved, now[2]) == pytest.approx((64, height), abs=0.6) and left < begin[0]
    assert "At update 64 the loss is inf" in says(one)
    assert one.locator(".bits span").all_text_contents() == [
        "0sign",
        "1" * 8 + "exponent",
        "0" * 23 + "fraction",
    ]
    one.locator("select").select_option("fp16")
    assert "inf at update 8 " in says(one)


def bf16(number: float) -> float:
    """Rounded to bfloat16: the upper half of a float32, to the nearest, a tie to the even."""
    bits = int(np.float32(number).view(np.uint32))
    return float(np.uint32((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).view(np.float32))


def test_bits_tell_which_format_loses_an_update(figure):
    """docs/assets/interactive/bits.js: “stays at …: nothing happens, nor in … updates. Its next numbers are ….”"""
    one = figure("bits")
    told = says(one)
    assert "fp32" in told and "goes from 1 to 0.999;" in told
    assert re.search(r"bf16.* stays at 1: nothing happens.* 0.996094 and 1.00781", told)
    assert bf16(1 - 0.001) == 1  # the same weight again, so the next update does the same
    assert [bf16(1 - 2**-8), bf16(1 + 2**-7)] == pytest.approx([0.996094, 1.00781], rel=1e-5)
    assert {bf16(number) for number in np.linspace(1 - 2**-8, 1 + 2**-7, 999)} == {1 - 2**-8, 1, 1 + 2**-7}
    one.get_by_role("button", name="256 + 1").click()
    assert "goes from 256 to 257" in says(one) and "stays at 256" in says(one)
    one.get_by_role("button", name="65504 + 32").click()
    assert "goes from 65504 to inf" in says(one)


def test_a_band_stands_where_the_format_has_numbers_and_ends_where_it_ends(figure):
    one = figure("bits", search="?bits.weight=60000&bits.update=20000&bits.sign=up")
    right, box = (
        one.evaluate("""one => [one.querySelector("path.tone1.band").getBBox(), one.querySelector("rect.frame").getBBox()].map(
        box => box.x + box.width)""")
    )
    assert right < box - 20 and "inf" in says(one)


def test_momentum_moves_the_limit_of_the_bowl(figure):
    one = figure("bowl")
    assert "explodes" in says(one)
    one.get_by_label("momentum β, exact").fill("0.5")
    assert "is 0.15," in says(one) and "explodes" not in says(one)


def test_the_state_stands_in_the_address_and_comes_back_from_it(figure):
    one = figure("parabola")
    one.get_by_label("second rate α, exact").fill("0.1075")
    one.page.wait_for_url("**parabola.alpha=0.1075**")
    shared = one.page.url
    told = says(one)
    again = figure("parabola", search=shared.split("overshoot/")[1], new=True)
    assert again.get_by_label("second rate α, exact").input_value() == "0.1075"
    assert says(again) == told


@pytest.mark.parametrize(
    "bad",
    ["alpha=-1", "alpha=abc", "alpha=", "alpha=1e999", "curve=cube", "curve=constructor", "start=NaN"],
)
def test_a_bad_address_is_ignored_and_the_default_shown(figure, bad):
    good = "start=2" if bad.startswith("alpha") else "alpha=0.05"
    one = figure("parabola", search=f"?parabola.{good}&parabola.{bad}")
    assert one.get_by_label("second rate α, exact").input_value() == "0.12"
    assert one.get_by_label("start, exact").input_value() == "0"


def test_the_link_is_copied_by_one_button(figure):
    one = figure("bowl", new=True, permissions=["clipboard-read", "clipboard-write"])
    one.get_by_label("condition κ, exact").fill("50")
    one.get_by_role("button", name="Copy link").click()
    one.get_by_role("button", name="Link copied").wait_for()
    copied = one.page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith("conditioning/?bowl.kappa=50#bowl")


def test_a_number_out_of_reach_is_refused_with_its_cure_and_the_state_stays(figure):
    one = figure("parabola")
    before = says(one)
    field = one.get_by_label("second rate α, exact")
    field.fill("5")
    field.press("Tab")
    assert one.locator(".note").inner_text() == "second rate α: a number from 0.001 to 1, please."
    assert field.get_attribute("aria-invalid") == "true"
    assert says(one) == before
    field.fill("0.5")
    field.press("Tab")
    assert one.locator(".note").inner_text() == ""


@pytest.mark.parametrize(
    "name, label, keys",
    [
        ("parabola", "first rate α", "0.05"),
        ("parabola", "second rate α", "0.05"),
        ("parabola", "start", "-2.5"),
        ("surrogate", "rate α", "0.3"),
        ("bowl", "second rate α", "0.033"),
        ("countdown", "loss grows by", "100"),
        ("batch", "rate α", "0.86"),
        ("adam", "β₂", "0.987"),
        ("bits", "update", "0.002"),
    ],
)
def test_a_number_can_be_typed_key_by_key(figure, name, label, keys):
    one = figure(name, width=360, height=740)
    field = one.get_by_label(f"{label}, exact")
    before = field.input_value()
    for width in 360, 1280:
        one.page.set_viewport_size({"width": width, "height": 740})
        field.fill(before)
        field.select_text()
        field.press_sequentially(keys)
        field.press("Tab")
        assert float(field.input_value()) == float(keys)
        assert one.evaluate("(one, keys) => Object.values(one.state).includes(Number(keys))", keys)


def test_a_link_within_the_page_keeps_the_state(figure):
    one = figure("parabola", new=True)
    page = one.page
    one.get_by_label("second rate α, exact").fill("0.04")
    page.wait_for_url("**parabola.alpha=0.04**")
    page.evaluate("window.still = true")
    page.locator(".md-sidebar--secondary a[href*='#what-did-you-see']").click()
    page.wait_for_url("**#what-did-you-see")
    page.wait_for_timeout(300)
    assert page.evaluate("window.still")
    assert one.get_by_label("second rate α, exact").input_value() == "0.04"


def test_while_it_asks_nothing_gives_the_answer_away(figure):
    one = figure("parabola")
    one.get_by_role("button", name="Step by step").click()
    told = says(one) + one.locator("input[type=range]").first.get_attribute("aria-valuetext")
    told += one.locator("svg[role=img]").get_attribute("aria-label")
    assert not re.search("explode|diverge|further|−1.2", told)
    assert not one.locator("path.tone0").first.get_attribute("d")


def test_a_change_in_the_middle_of_the_questions_begins_them_anew(figure):
    one = figure("parabola")
    one.get_by_role("button", name="Step by step").click()
    one.get_by_role("button", name="At the bottom").click()
    one.get_by_role("button", name="0.12").click()
    assert one.locator(".ask p").inner_text().startswith("Update 1 of the second run:")


def test_a_start_at_the_bottom_stays_there(figure):
    """docs/assets/interactive/parabola.js: “It starts at the bottom and stays there.”
    docs/assets/interactive/bowl.js: “It starts at the bottom and stays there.”"""
    one = figure("parabola", search="?parabola.curve=free&parabola.start=0")
    assert says(one).count("stays") == 2 and "explodes" not in says(one)
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


@pytest.fixture(scope="module")
def watched(browser):
    """A page that counts how far things move."""
    page = browser.new_page()
    page.add_init_script(COUNT_SHIFTS)
    yield page
    page.close()


@pytest.mark.parametrize("path", ["", *FIGURES.values()])
def test_the_page_does_not_move_when_its_figure_comes(watched, alone, path):
    page = watched
    for width in 320, 600, 1280:
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(alone + path)
        settle(page)
        place = page.locator(ANY_FIGURE)
        end = place.bounding_box()["y"] + 1200
        for top in range(0, int(end), 800):  # a screen at a time
            page.evaluate(f"window.scrollTo(0, {top})")
            page.wait_for_timeout(40)
        page.locator(".live svg.main").wait_for()
        settle(page)
        assert page.evaluate("window.moved") < 0.02
    # Where nobody looked, as on a slow machine: the room that is kept is the room that is taken.
    live = "getComputedStyle(document.querySelector('.live'))"
    for width in 320, 390, 600, 680, 1280:
        page.set_viewport_size({"width": width, "height": 800})
        # Once it is drawn anew for the width.
        until(page, f"() => Math.abs(parseFloat({live}.height) - parseFloat({live}.minHeight)) <= 0.5")


@contextlib.contextmanager
def served_in_pieces(pieces: list[bytes]):
    """The address of a page that comes in pieces, each when the one before it has been seen."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            for piece in pieces if self.path == "/" else []:
                self.wfile.write(piece)
                self.wfile.flush()
                time.sleep(0.5)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_does_not_move_while_it_comes_in_pieces(watched, site, width):
    """A slow line brings half of the words above a figure, and the rest when the first have been seen."""
    style = (site / "assets/overshoot.css").read_text(encoding="utf-8")
    figure = "<parabola-figure class=compact><p>One loss, {0}</p><figure>drawn</figure></parabola-figure>"
    first, rest = figure.format("half of its words," + "{0}" + "and the rest of them. " * 30).split("{0}")
    head = f"<!doctype html><html class=js><style>{style}</style><body class=md-typeset>"
    with served_in_pieces([(head + first).encode(), f"{rest}<h2>Below</h2>".encode()]) as at:
        watched.set_viewport_size({"width": width, "height": 800})
        watched.goto(at)
        watched.wait_for_timeout(200)
    assert watched.locator("h2").bounding_box()["y"] > 300, "room for the figure is kept"
    assert watched.evaluate("window.moved") == 0


def test_the_page_does_not_move_when_the_module_is_late_and_its_place_in_sight(browser, alone):
    held, late = [], [True]

    def hold(route):
        held.append(route) if late else route.continue_()

    for path in ["", *FIGURES.values()]:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(COUNT_SHIFTS)
        late.append(True)
        page.route(re.compile("interactive/.*js$"), hold)
        page.goto(alone + path)
        page.wait_for_timeout(300)
        page.locator(ANY_FIGURE).evaluate("one => one.scrollIntoView({block: 'center'})")
        page.wait_for_timeout(800)
        late.clear()
        while held:
            held.pop().continue_()
        page.locator(".live svg.main").wait_for()
        page.wait_for_timeout(200)
        assert page.evaluate("window.moved") < 0.02, path
        page.close()


def test_figures_load_only_on_pages_that_have_one(open_page):
    page = open_page("notation/")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    settle(page)
    assert not any("interactive" in url for url in asked)


def test_following_links_forth_and_back_wakes_each_figure_and_keeps_its_state(figure):
    one = figure("parabola", new=True)
    page = one.page
    one.get_by_label("second rate α, exact").fill("0.05")
    page.wait_for_url("**parabola.alpha=0.05**")
    page.get_by_role("link", name="Taylor").first.click()
    until(page, "document.querySelector('h1').textContent.startsWith('Taylor')")
    page.locator("surrogate-figure").scroll_into_view_if_needed()
    page.locator("surrogate-figure .live svg.main").wait_for()
    page.go_back()
    until(page, "document.querySelector('h1').textContent.startsWith('Overshoot')")
    page.locator("parabola-figure .live svg.main").wait_for()
    assert page.get_by_label("second rate α, exact").input_value() == "0.05"


def test_forced_colours_keep_the_drawing_legible(figure):
    one = figure("parabola", new=True, forced_colors="active")
    first, second, ground, limit, tick, text = one.evaluate("""one => {
        const of = (name, what) => getComputedStyle(one.querySelector(name))[what];
        return [of("path.tone0", "stroke"), of("path.tone1", "stroke"), of("path.ground", "stroke"),
            of("path.limit", "stroke"), of("text.tick", "fill"), getComputedStyle(one.querySelector(".says")).color];
    }""")
    paper = one.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == limit == tick == text == first
    assert second != ground
    assert paper not in (first, second, ground)


@every_figure
def test_nothing_in_a_figure_moves_by_itself(figure, name):
    one = figure(name)
    one.page.emulate_media(reduced_motion="reduce")
    one.locator("input[type=range]").first.press("PageUp")
    assert one.evaluate("one => one.getAnimations({subtree: true}).length") == 0
    assert not re.search("transition|animation|requestAnimationFrame", (SOURCES / f"{name}.js").read_text())


def test_the_surrogate_shows_what_the_chapter_says(figure):
    """docs/taylor.md: “The same step in a live figure, on three kinds of loss; the last two come further down this
    page.” docs/taylor.md: “First picture: the circle is the start, the thick curve your parabola with its
    lowest point, and the square is where the step lands. Second picture: the change of the loss at every rate,
    as the slope alone promises it (dash-dotted), as the second order predicts it, and as it is. The dashed
    line is 2α*, where the second order predicts no change.”"""
    one = figure("surrogate")
    assert one.locator("select option").all_text_contents() == ["squares", "log cosh", "Cauchy"]
    assert one.locator(".live text.title").all_text_contents() == ["the step", "change of the loss"]
    style = "(line, name) => getComputedStyle(line)[name]"
    ground, model = one.locator("path.ground"), one.locator("path.tone2.model")
    assert float(model.first.evaluate(style, "strokeWidth")[:-2]) > float(
        ground.evaluate(style, "strokeWidth")[:-2]
    )

    def points(path):
        return [
            tuple(map(float, place.split(" "))) for place in re.split("[ML]", path.get_attribute("d"))[1:]
        ]

    def middle(path, corner, half):  # of a triangle or a square
        x, y = map(float, re.match(r"M([-.\d]+) ([-.\d]+)", path.get_attribute("d")).groups())
        return x + corner, y + half

    lowest = middle(one.locator("path.tone2.dots").first, 5, 5)
    bottom = max(points(model.first), key=lambda point: point[1])  # downward is more
    assert lowest == pytest.approx(bottom, abs=6)
    lands = middle(one.locator("path.tone1.dots").first, 5, 5)
    nearest = min(points(ground), key=lambda point: abs(point[0] - lands[0]))
    assert lands[0] == pytest.approx(lowest[0], abs=0.2) and lands[1] == pytest.approx(nearest[1], abs=8)
    handle = one.locator(".handle").evaluate(
        "one => [one.tagName, one.getBBox().x + one.getBBox().width / 2]"
    )
    assert handle[1] > lands[0]  # the start, at b = 5
    promise, second = points(one.locator("path.promise")), points(model.last)
    (x0, y0), (x1, y1) = promise[0], promise[-1]
    assert all(y == pytest.approx(y0 + (x - x0) * (y1 - y0) / (x1 - x0), abs=0.2) for x, y in promise)
    assert len(one.locator("path.promise").evaluate(style, "strokeDasharray").split(",")) == 4
    dashed = float(re.match(r"M([\d.]+) ", one.locator("path.limit").get_attribute("d"))[1])
    assert len(one.locator("path.limit").evaluate(style, "strokeDasharray").split(",")) == 2
    zero = points(one.locator("path.zero"))[0][1]
    crossing = min(second[5:], key=lambda point: abs(point[1] - zero))
    assert crossing[0] == pytest.approx(dashed, abs=8) and second[0][1] == pytest.approx(zero, abs=0.2)
    actual = points(one.locator("path.tone1:not(.dots)").last)
    assert actual == pytest.approx(second)  # on squares the series is exact
    one.get_by_label("rate α, exact").fill("0.1072")
    assert "it rises" in says(one) and "2α* = 0.10718" in says(one)
    one.locator("select").select_option("Cauchy")
    assert one.locator("path.limit").get_attribute("d") == "" and "there is no 2α*" in says(one)
