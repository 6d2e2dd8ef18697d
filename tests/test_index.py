"""The claims of the home page, a test a sentence: what is computed here must stand in the page's words."""

import ast
import gzip
import math
import re
import sys

import numpy as np
import pytest
from bs4 import BeautifulSoup

import readlog
import rules
from conftest import COUNT_SHIFTS, ROOT, SNIPPETS, axes_of, markdown_of, names_of, settle, until
from held.tally import tallies
from proven import LOOKS, proven_by

of_the_home_page = proven_by("site/index.html", *LOOKS)
PAGE = " ".join(markdown_of("index").split())
NUMBERS = [
    "No",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
]


def losses_at(alpha, steps, curvature=5000.0, first=5000.0):
    """The losses of a parabola, from the given one on."""
    error, losses = np.sqrt(2 * first / curvature), []
    for _ in range(steps + 1):
        losses.append(0.5 * curvature * error**2)
        error = error - alpha * curvature * error
    return np.array(losses), error


# ── The first screen ────────────────────────────────────────────────────────

SIZES = [(1280, 800), (390, 844)]
WHOLE = """one => {
    const { top, bottom, left, right } = one.getBoundingClientRect();
    return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth && bottom > top;
}"""


@of_the_home_page
@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width, height", SIZES)
def test_the_first_screen_shows_the_question_the_answer_and_the_way_to_the_box(
    open_page, width, height, scripts
):
    page = open_page("", width=width, height=height, java_script_enabled=scripts)
    question = page.get_by_role("heading", level=1)
    assert question.inner_text().startswith("Why did a learning rate")
    box = page.get_by_role("link", name="Paste your losses")
    answer = page.locator(".opening .words")
    assert "0<α<2λmax" in re.sub(r"\s", "", answer.locator("math[display=block]").text_content())
    hurry = page.get_by_text("In a hurry: go back to a checkpoint, and take a tenth of the rate.")
    for one in question, answer, box, hurry:
        assert one.evaluate(WHOLE), one
    box.click()
    page.wait_for_url("**/diagnose/")


@of_the_home_page
def test_on_the_desktop_the_first_screen_shows_both_runs_and_their_knobs(open_page):
    page = open_page("", *SIZES[0])
    figure = page.locator("parabola-figure")
    figure.locator(".live > svg").first.wait_for()
    for part in figure.locator(".live > svg, .live input[type=range]:visible").all():
        assert part.evaluate(WHOLE), part
    for run in ("tone0", "tone1"):
        assert figure.locator(f"p .{run}:visible").first.evaluate(WHOLE)


@of_the_home_page
def test_without_scripts_the_first_screen_of_the_desktop_shows_the_program_s_own_pair_of_runs(open_page):
    page = open_page("", *SIZES[0], java_script_enabled=False)
    assert page.locator("parabola-figure img.only-light").evaluate(WHOLE)
    assert page.locator("figcaption").evaluate(WHOLE)
    assert not page.get_by_text("Before you move either").is_visible()


@of_the_home_page
def test_paper_shows_the_pair_of_runs_its_caption_and_nothing_that_must_be_moved(open_page):
    page = open_page("", *SIZES[0], color_scheme="dark")
    page.emulate_media(media="print")
    assert page.locator("parabola-figure img.only-light").is_visible()
    assert page.locator("figcaption").is_visible() and page.locator(".hurry").is_visible()
    assert not page.get_by_text("Before you move either").is_visible()
    assert not page.locator(".live").is_visible()


@of_the_home_page
def test_by_keyboard_the_way_to_the_box_comes_before_the_figure(open_page):
    page = open_page("", *SIZES[0])
    page.get_by_role("heading", level=1).evaluate("one => { one.tabIndex = -1; one.focus(); }")
    stops = []
    for _ in range(6):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.textContent || document.activeElement.id"))
    knob = next(place for place, stop in enumerate(stops) if stop.startswith("parabola-"))
    assert stops.index("Paste your losses") < knob


@of_the_home_page
@pytest.mark.parametrize("width, height", SIZES)
def test_the_first_load_of_the_home_page_is_at_most_130_kb_compressed_and_does_not_move(
    browser, address, width, height
):
    page = browser.new_page(viewport={"width": width, "height": height})
    page.add_init_script(COUNT_SHIFTS)
    responses = []
    page.on("response", lambda response: responses.append(response))
    page.goto(address)
    settle(page)
    page.locator(".live > svg").first.wait_for()
    packed = [min(len(body), len(gzip.compress(body, 9))) for body in (one.body() for one in responses)]
    moved = page.evaluate("window.moved")
    page.close()
    assert sum(packed) <= 130_000
    assert moved < 0.02


def test_every_page_can_be_reached_from_the_home_page_itself(site):
    """The home page has no bar at its side on a desktop, so its own text leads everywhere."""
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("\nnav:")[1].split("not_in_nav")[0]
    pages = {f"{name}/" for name in re.findall(r"([\w/-]+)\.(?:md|py)$", nav, re.MULTILINE)} - {"index/"}
    html = BeautifulSoup((site / "index.html").read_text(encoding="utf-8"), "lxml")
    doors = {link["href"] for link in html.select(".doors a[href]:not(.headerlink)")}
    assert len(pages) > 15
    assert pages - doors == set()


@of_the_home_page
def test_on_a_phone_the_navigation_opens(open_page):
    page = open_page("", *SIZES[1])
    page.locator(".md-header label[for=__drawer]").click()
    page.locator(".md-sidebar--primary").get_by_text("Understand", exact=True).first.click()
    link = page.locator(".md-sidebar--primary").get_by_role("link", name="Overflow")
    link.click()
    page.wait_for_url("**/overflow/")


# ── The answer ──────────────────────────────────────────────────────────────


def test_below_the_limit_the_error_shrinks_in_every_direction_of_a_bowl():
    r"""“There the error, which is how far the weights are from their best values, shrinks in every direction as long as” “0 <
    \alpha < \frac{2}{\lambda_{\max}}”"""
    for H, share in bowls():
        values, directions = np.linalg.eigh(H)
        error = np.ones(len(H))
        after = error - share * 2 / values[-1] * H @ error
        shrinks = np.abs(directions.T @ after) < np.abs(directions.T @ error)
        assert shrinks.all() == (share < 1)


def test_above_it_each_step_multiplies_the_error_in_the_sharpest_direction_until_the_numbers_overflow():
    r"""“Above that limit, each step multiplies the error in this direction by $1 - \alpha\lambda_{\max}$, which is below −1,
    until the numbers overflow.”"""
    for H, share in bowls():
        values, directions = np.linalg.eigh(H)
        sharpest, error = directions[:, -1], np.ones(len(H))
        factors = []
        with np.errstate(all="ignore"):
            for _ in range(20_000 if share > 1 else 1_000):
                before, error = error, error - share * 2 / values[-1] * H @ error
                factors.append(sharpest @ error / (sharpest @ before))
                if not np.isfinite(error).any():
                    break
        if share > 1:
            assert factors[:20] == pytest.approx([1 - 2 * share] * 20) and factors[0] < -1
            assert not np.isfinite(error).any()
        else:
            assert np.abs(error).max() < 1


def bowls():
    """Quadratics in three unknowns, all curvatures positive, and a rate as a share of the limit."""
    rng = np.random.default_rng(0)
    for share in 0.5, 0.98, 1.05, 3.0:
        for _ in range(5):
            turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
            yield turn @ np.diag(rng.uniform(0.5, 20, 3)) @ turn.T, share


def test_the_error_is_defined_in_words_where_it_first_stands():
    body = PAGE.split("# Why did", 1)[1]
    first = re.search(r"\berrors?\b", body)
    assert body[first.start() :].startswith("error, which is how far the weights are from their best values,")


def test_the_figure_s_two_rates_lie_on_either_side_of_its_limit():
    """“One loss, one start, two rates.” “The curvature of the loss is 18.66, so its limit is 2/18.66, a little above 0.107.”
    “One loss, whose limit is a little above 0.107, and two rates: α = 0.01 lies below it and α = 0.12 above.” “Overshoot: one parabola, two rates, and the limit between them.”"""
    lam = names_of("overshoot").lam
    assert lam == pytest.approx(18.66, abs=0.005)
    assert 0.01 < 0.107 < 2 / lam < 0.1075 < 0.12
    grows = [
        np.abs(np.diff(names_of("overshoot").descend(rate, steps=40))) for rate in (0.01, 0.107, 0.1075, 0.12)
    ]
    assert [steps[-1] > steps[0] for steps in grows] == [False, False, True, True]


@of_the_home_page
def test_the_caption_marks_each_run_as_the_figure_does(open_page):
    """α = 0.01 ● lies below it and walks down to the bottom; α = 0.12 ■ lies above it and leaps from wall to wall."""
    program = names_of("overshoot")
    small, large = program.descend(0.01) - program.best, program.descend(0.12, steps=20) - program.best
    assert (np.sign(small[:30]) == np.sign(small[0])).all() and abs(small[-1]) < 1e-6
    assert (np.sign(large[1:]) == -np.sign(large[:-1])).all() and (np.diff(np.abs(large)) > 0).all()
    page = open_page("", *SIZES[0])
    runs = page.locator("figcaption b.tone0"), page.locator("figcaption b.tone1")
    assert [one.text_content() for one in runs] == ["α = 0.01", "α = 0.12"]
    marks = [one.evaluate("one => getComputedStyle(one, '::after').content") for one in runs]
    assert "●" in marks[0] and "■" in marks[1]
    colours = [one.evaluate("one => getComputedStyle(one).color") for one in runs]
    probe = """(variable) => { const one = document.body.appendChild(document.createElement('i'));
        one.style.color = `var(${variable})`; return getComputedStyle(one).color; }"""
    assert colours == [page.evaluate(probe, "--stable"), page.evaluate(probe, "--unstable")]


# ── What to do now ──────────────────────────────────────────────────────────

THE_RATE = {"rate-too-high", "growth"}  # growth: the rate or its sign


def test_growth_by_the_same_factor_is_the_rate_or_its_sign_and_a_sudden_nan_is_not():
    """“If they grow by about the same factor each time, and on to inf, it is the rate (or its sign).” “If a normal loss turns
    into nan from one update to the next, it is probably not the rate, unless the network is recurrent or very deep: see
    the list of other causes.”"""
    with np.errstate(over="ignore"):
        grows = losses_at(0.001, 400)[0].tolist()
    assert math.inf in grows
    sudden = [2.0 * 0.99**n for n in range(60)] + [math.nan] * 3
    assert readlog.diagnose({"loss": grows}, rate=0.001)["verdict"] in THE_RATE
    assert readlog.diagnose({"loss": sudden}, rate=0.001)["verdict"] == "not-the-rate"
    w, losses = 1.0, []  # a weight that acts a thousand times: from a normal loss to inf in one update
    with np.errstate(all="ignore"):
        for _ in range(3):
            losses.append(0.5 * np.float64(w) ** 2000)
            w = w - 0.003 * 1000 * np.float64(w) ** 1999
    assert losses[0] == 0.5 and not np.isfinite(losses[1:]).any()


def test_thirty_updates_of_growth_can_hide_in_one_loss_an_epoch():
    """The same run in fp32, read by update and by the epoch's mean: only the first tells growth from a sudden nan.

    “Thirty updates of growth can hide in one loss an epoch, such as the mean that Keras prints; a few lines log every
    update.” docs/cases.md: “every epoch hides the growth.”"""
    with np.errstate(over="ignore"):
        growth = np.float32(90) * np.float32(16) ** np.arange(40, dtype=np.float32)
    losses = np.array([*5000 * 0.98 ** np.arange(200), *growth, *[np.nan] * 10], np.float32)
    assert np.isfinite(losses[201:]).sum() == 30
    epochs = losses.reshape(5, 50).mean(axis=1, dtype=float)
    assert np.diff(epochs[:4]).max() < 0 and math.isnan(epochs[4])
    verdicts = [readlog.diagnose({"loss": one.tolist()}, rate=0.001)["verdict"] for one in (losses, epochs)]
    assert verdicts[0] in THE_RATE and verdicts[1] not in THE_RATE


@pytest.mark.parametrize("spoilt", [np.inf, -np.inf, np.nan])
def test_weights_that_are_inf_or_nan_cannot_be_repaired_by_further_steps(spoilt):
    """“Weights that are inf or nan cannot be repaired.”"""
    program, b = names_of("overshoot"), np.float64(spoilt)
    with np.errstate(all="ignore"):
        for _ in range(10):
            b = b - 0.01 * program.slope(b)
    assert np.isnan(b)


def test_new_inputs_need_new_weights():
    """A model fitted to raw inputs is far off on standardised ones.

    “Raw units make large curvatures.” “New inputs need new weights, so then start from the beginning.”"""
    rng = np.random.default_rng(0)
    x = rng.normal(60, 15, size=(100, 1))
    y = 3 * x[:, 0] + rng.normal(size=100)
    w = np.linalg.lstsq(np.c_[x, np.ones(100)], y, rcond=None)[0]
    standard = (x - x.mean(0)) / x.std(0)
    loss = [np.mean((np.c_[one, np.ones(100)] @ w - y) ** 2) for one in (x, standard)]
    assert loss[0] < 2 and loss[1] > np.var(y)
    sharpest = [
        np.linalg.eigvalsh(np.c_[one, np.ones(100)].T @ np.c_[one, np.ones(100)])[-1] for one in (x, standard)
    ]
    assert sharpest[0] > 1000 * sharpest[1]


# ── Both of your questions ──────────────────────────────────────────────────


def test_at_a_curvature_of_5000_the_limit_is_0_0004():
    """“Because the limit is a threshold and the two rates stand on either side of it.” “If the curvature is 5,000, the limit
    is 0.0004.”"""
    limit = 0.0004
    assert (
        losses_at(0.99 * limit, 400, curvature=5_000)[0][-1] < 1 < losses_at(1.01 * limit, 400)[0][-1] / 1e6
    )
    assert 0.0001 < limit < 0.001


def test_the_lower_rate_halves_the_error_and_the_higher_multiplies_it_by_minus_four():
    """“At 0.0001 each step halves the error.” “At 0.001 each step multiplies the error by −4 and the loss by 16, and
    sixteen-fold growth takes a loss of five thousand past a trillion in 7 steps.”"""
    before = np.sqrt(2.0)
    assert losses_at(0.0001, 0)[1] / before == pytest.approx(1 / 2)
    assert losses_at(0.001, 0)[1] / before == pytest.approx(-4)
    losses, _ = losses_at(0.001, 8)
    assert losses[1:] / losses[:-1] == pytest.approx(16)
    assert losses[0] == pytest.approx(5_000) and np.argmax(losses > 1e12) == 7


def test_at_the_lower_rate_the_run_trains_and_at_the_higher_it_goes_to_a_trillion_to_infinity_and_nan():
    """“The loss went from thousands to a trillion to nan.” “At a rate of 0.0001 your network trains.” “At 0.001 its loss
    goes from thousands to a trillion and on to infinity, and its weights are nan.” “You crossed a limit.” “Overflow: from
    large to inf to nan, update by update.”"""
    with np.errstate(all="ignore"):
        losses, error = losses_at(0.001, 1200)
    assert 1e3 < losses[0] < 1e4 and np.any((losses > 1e12) & np.isfinite(losses))
    order = [np.argmax(losses > 1e12), np.argmax(np.isinf(losses)), np.argmax(np.isnan(losses))]
    assert order == sorted(order) and order[0] > 0 and np.isnan(error)
    assert losses_at(0.0001, 1200)[0][-1] < 1e-9


def test_the_slope_knows_nothing_of_where_the_ground_rises_again():
    """“Because the optimiser knows the slope and nothing else.” “The slope says which way is down here; it does not say
    how soon the ground rises again.”"""
    for slope, flat, steep in (3.0, 1.0, 50.0), (-0.2, 0.1, 7.0):
        steps, rises = [], []
        for curvature in (flat, steep):  # two bowls with the same slope here
            bottom = -slope / curvature
            assert curvature * (0 - bottom) == pytest.approx(slope)
            steps.append(-0.1 * curvature * (0 - bottom))
            rises.append(2 * abs(bottom))  # from there on the ground is higher than here
        assert steps[0] == pytest.approx(steps[1]) and rises[0] > 10 * rises[1]


def test_each_of_the_steps_points_downhill_and_lands_higher_on_the_opposite_side():
    """“A rate ten times larger is not ten times worse; it is on the other side.” “Each of those steps did point downhill,
    and each was so long that it landed higher up on the opposite side, where the slope is steeper and the next step
    longer.”"""
    error, steps = 1.0, []
    for _ in range(30):
        slope = 5000 * error
        after = error - 0.001 * slope
        assert 0.5 * 5000 * (error - 1e-6 * slope) ** 2 < 0.5 * 5000 * error**2  # downhill
        assert after * error < 0 and abs(after) > abs(error) and abs(5000 * after) > abs(slope)
        steps.append(abs(after - error))
        error = after
    assert (np.diff(steps) > 0).all()
    assert abs(1 - 0.0001 * 5000) < 1 < abs(1 - 0.001 * 5000)


def test_near_a_minimum_a_smooth_loss_is_a_bowl_and_its_batches_are_others():
    """“Near a minimum the loss is shaped like a bowl.” “Only near a minimum, and its batches differ from step to step.”"""
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(60, 2)), rng.normal(size=60)

    def slope(w, part=slice(None)):
        return np.tanh(x[part] @ w - y[part]) @ x[part] / len(x[part])

    w = np.zeros(2)
    for _ in range(4000):
        w = w - 0.5 * slope(w)
    H = np.array([(slope(w + e) - slope(w - e)) / 2e-5 for e in 1e-5 * np.eye(2)])
    assert np.linalg.eigvalsh(H)[0] > 0  # up in every direction
    way, off = rng.normal(size=2), []
    for far in (10, 1, 0.1, 0.01):
        off.append(np.linalg.norm(slope(w + far * way) - far * H @ way) / np.linalg.norm(far * H @ way))
    assert off == sorted(off, reverse=True) and off[0] > 0.5 and off[-1] < 0.01
    assert np.linalg.norm(slope(w, slice(0, 8)) - slope(w, slice(8, 16))) > 0.05


def test_taylor_s_longest_step_is_exact_on_a_parabola_in_every_direction_and_rough_elsewhere():
    """“Taylor computes from the second derivative how long a step may be before it ends up higher than it began: exactly
    where the loss is a parabola in every direction, and roughly elsewhere.” “Taylor: why a step downhill can climb, and
    from which length.”"""
    rng = np.random.default_rng(0)
    for H, _ in bowls():
        w = rng.normal(size=3)
        g = H @ w
        longest = 2 * g @ g / (g @ H @ g)
        change = [
            0.5 * (w - a * g) @ H @ (w - a * g) - 0.5 * w @ H @ w for a in (0.999 * longest, 1.001 * longest)
        ]
        assert change[0] < 0 < change[1]
    x, y = np.loadtxt(SNIPPETS / "data" / "chi_regression.csv", delimiter=",", skiprows=1).T

    def loss(b):
        return np.sum(np.log(np.cosh(y - b * x)))

    r = y - 5 * x
    g, h = -np.sum(x * np.tanh(r)), np.sum(x**2 / np.cosh(r) ** 2)
    rises = next(a for a in np.arange(0.001, 2, 0.001) if loss(5 - a * g) > loss(5))
    assert rises < 0.5 * 2 / h


def test_a_network_over_the_limit_may_also_climb_and_come_back():
    """Two layers, y = a·c/√n: at αλ = 3 the loss rises and then settles, on each of twenty starts.

    “On a parabola, with the same data at every step, the limit is exact; on a network it is an estimate, and it moves.”
    “A network over the limit may also climb and come back (the catapult).”"""
    rng = np.random.default_rng(1)
    for _ in range(20):
        a, c = rng.normal(size=(2, 1000))
        first = np.sum(a**2 + c**2) / 1000  # the curvature where the run begins
        alpha, losses = 3 / first, []
        for _ in range(500):
            says = a @ c / 1000**0.5
            losses.append(says**2 / 2)
            a, c = a - alpha * says * c / 1000**0.5, c - alpha * says * a / 1000**0.5
        assert max(losses) > 2 * losses[0] and losses[-1] < 1e-6
        assert np.sum(a**2 + c**2) / 1000 < 0.9 * first  # the limit has moved
    for H, share in bowls():  # on a parabola it is exact
        error = np.ones(3)
        for _ in range(300):
            error = error - share * 2 / np.linalg.eigvalsh(H)[-1] * H @ error
        assert (np.abs(error).max() < 1) == (share < 1)


def test_a_link_from_the_home_page_brings_the_navigation_back(open_page):
    page = open_page("", *SIZES[0])
    assert not page.locator(".md-sidebar--primary").is_visible()
    page.get_by_role("link", name="I want to understand").click()
    until(page, "document.querySelector('h1').textContent.startsWith('Overshoot')")
    page.locator(".md-sidebar--primary").wait_for(state="visible")


# ── Where to go from here, About these pages ────────────────────────────────


def column(title):
    """The part of the page below one of the three doors."""
    return re.search(rf"### \[{title}\].*?</div>", PAGE)[0]


def test_ten_chapters_have_a_program_predictions_and_exercises():
    """“Twelve chapters, each with a program of its own, predictions and exercises, and the pages around them.” “Nine
    chapters,” “Three chapters, and code for your framework.”"""
    chapters = rules.chapters(ROOT)
    for chapter in chapters:
        markdown = markdown_of(chapter)
        assert "!!! predict" in markdown and "## Exercises" in markdown
    assert f"{NUMBERS[len(chapters)]} chapters, each with a program of its own, predictions and" in PAGE
    for title, words in (
        ("I want to understand", "{} chapters, best read in this order."),
        ("My loss is `nan` now", "{} chapters, and code for your framework."),
    ):
        below = column(re.escape(title))
        named = [name for name in dict.fromkeys(re.findall(r"\]\((\w+)\.md\)", below)) if name in chapters]
        assert words.format(NUMBERS[len(named)]) in below
        chapters = [name for name in chapters if name not in named]
    assert chapters == []


def test_the_chapters_stand_in_the_order_in_which_they_are_best_read():
    """“best read in this order.”"""
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    wanted = re.findall(r"- (\w+)\.md", nav[nav.index("Understand:") : nav.index("Fix:")])
    assert list(dict.fromkeys(re.findall(r"\((\w+)\.md\)", column("I want to understand")))) == wanted


def test_twelve_misconceptions_and_four_labs_are_what_there_is():
    """“Misconceptions: twelve beliefs, and a run against each.” “Symptom cards: five logs to print, for pairs.” “Teach: a
    lecture, a seminar or a week.” “Labs: find the limit, scale it, how sharp is a network?, autopsy, the limit of
    your own network, the run under Adam.”"""
    markdown = markdown_of("misconceptions")
    assert len(re.findall(r"^## “", markdown, re.MULTILINE)) == NUMBERS.index("Twelve")
    cards = markdown_of("cards")
    assert len(re.findall(r"^## Card \d", cards, re.MULTILINE)) == NUMBERS.index("Five")
    schedules = markdown_of("teach").split("## Three schedules")[1]
    assert re.findall(r"^### (.*) \{", schedules, re.MULTILINE)[:3] == [
        "45 minutes",
        "90 minutes",
        "One week",
    ]
    assert {f"labs/{lab.name}" for lab in (ROOT / "docs/labs").glob("*.py")} == set(
        re.findall(r"\((labs/\w+\.py)\)", column("I teach"))
    )


def imports_of(file):
    tree = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    found = set()
    for node in tree:
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names)


def test_a_chapter_s_program_needs_numpy_and_matplotlib_and_nothing_else():
    """And what it imports from beside it comes along.

    “A chapter's program needs numpy and matplotlib and nothing else, so you can download it, change a number and see what
    happens.” “Only the code for a framework needs that framework.” “the code is there for PyTorch, Keras and JAX.”"""
    packages = {file.parent.name for file in SNIPPETS.glob("*/__init__.py")}
    for chapter in rules.chapters(ROOT):
        assert imports_of(SNIPPETS / f"{chapter}.py") - packages <= {"numpy", "matplotlib"}, chapter
    for package in packages:
        needed = set().union(*(imports_of(file) for file in (SNIPPETS / package).glob("*.py")))
        assert needed <= {"numpy", "matplotlib"}, package
    needed = set().union(*(imports_of(file) for file in (SNIPPETS / "frameworks").glob("*.py")))
    assert {"torch", "keras", "jax"} <= needed


def test_every_figure_below_a_program_is_one_that_this_program_drew():
    """What moves is drawn by the browser, and the home page says so.

    “Every output, and every figure below a program, was made by that program when the page was built.” “The figures that
    you can move are computed by your browser; tests hold their mathematics to that of the programs.”"""
    compared = "".join(one.read_text("utf-8") for one in (ROOT / "tests/figures").glob("*.test.mjs"))
    for one in (ROOT / "docs/assets/interactive/models").glob("*.js"):
        assert f'await model("{one.stem}")' in compared
    for chapter in rules.chapters(ROOT):
        markdown = markdown_of(chapter)
        figures = rules.FIGURE.findall(markdown)
        assert figures and {program for program, _ in figures} == {chapter}
        for match in rules.FIGURE.finditer(markdown):
            before = markdown[: match.start()]
            assert f'--8<-- "{chapter}.py:{match[2]}"' in before, match[0]
        assert not re.search(r'title="Output"\n(?!\s*--8<--)', markdown), chapter


def test_the_pair_of_figures_shows_what_its_text_and_its_caption_say():
    """“Two copies of the same parabola. At α = 0.01 the points walk down one side towards the bottom. At α = 0.12 they
    jump from one wall to the other and each lands higher than the last.” “α = 0.01 lies below it and walks down to the
    bottom; α = 0.12 lies above it and leaps from wall to wall, higher each time.”"""
    program = names_of("overshoot")
    panels = axes_of(program, "steps")
    curves, runs = zip(*([np.array(line.get_data()) for line in one.lines] for one in panels), strict=True)
    assert np.array_equal(*curves)
    for run, rate in zip(runs, (0.01, 0.12), strict=True):
        assert run[0][1] == pytest.approx(run[0][0] - rate * program.slope(run[0][0]))
    walks, leaps = (run[0] - program.best for run in runs)
    assert (np.sign(walks) == np.sign(walks[0])).all() and (np.diff(np.abs(walks)) < 0).all()
    assert np.abs(walks[-1]) < 0.05 * np.abs(walks[0])
    assert (leaps[1:] * leaps[:-1] < 0).all() and (np.diff(runs[1][1]) > 0).all()
    assert runs[0][0][0] == runs[1][0][0]  # one start


def test_what_acts_a_hundred_times_keeps_its_power_at_1_only_where_it_turns():
    """“Depth and time: a weight that acts a hundred times, and what keeps its power at 1.”"""
    rng = np.random.default_rng(4)
    turn, _ = np.linalg.qr(rng.normal(size=(16, 16)))
    start = rng.normal(size=16)
    sizes = []
    for times in (0.95, 1, 1.05):
        h = start
        for _ in range(100):
            h = times * turn @ h
        sizes.append(np.linalg.norm(h) / np.linalg.norm(start))
    assert sizes[1] == pytest.approx(1) and sizes[0] < 0.01 and sizes[2] > 100


def test_one_direction_limits_the_rate_and_another_sets_the_wait():
    """“Conditioning: one direction limits the rate, another sets the wait.”"""

    def run(curvatures, rate, updates=3000):
        errors = [np.ones(2)]
        for _ in range(updates):
            errors.append(errors[-1] - rate * np.array(curvatures) * errors[-1])
        return np.abs(errors).max(axis=1)

    for flat in (1, 4):  # the limit is that of the sharp direction, whatever the other is
        assert run([200, flat], 0.99 * 2 / 200)[-1] < 1 < run([200, flat], 1.01 * 2 / 200)[-1]
    waits = [int(np.argmax(run([200, flat], 1 / 200) < 0.1)) for flat in (1, 4)]
    assert waits[0] == pytest.approx(4 * waits[1], rel=0.02)  # and the wait that of the flat one


def test_nothing_is_left_that_no_test_holds():
    """“As code has coverage, these pages have **held sentences**. No page, lab, exercise or problem and no answer of the
    reader of logs has one left that nothing holds: more than 3,900 of their sentences, rows, captions and formulas are
    quoted, word for word, by a test that proves them, and some 2,500 sentences, titles, links and lists are marked,
    because they ask, suppose or name something, lead somewhere, have an order, or say who found it. Whoever changes one
    of them is told which test to prove again, or to say again what it is.”"""
    rooms = ("labs", "exercises", "problems", "answers")
    read = [
        one for one in tallies(ROOT) if "/" in one.path and one.page.startswith(rooms) >= ("/" in one.page)
    ]
    assert {one.page.partition("/")[0] for one in read if "/" in one.page} == {*rooms}
    assert {one.page: one.loose for one in read if one.loose} == {}
    assert sum(len(one.proven) for one in read) > 3900
    assert sum(len(one.marked) for one in read) == pytest.approx(2500, abs=50)
