"""The claims of the page for teachers, a test a sentence."""

import re
import zipfile

import numpy as np
import pytest

import rules
from conftest import ROOT, names_after
from problems import command
from problems.collection import PROBLEMS
from problems.sets import numbered, problem_sets

PAGE = (ROOT / "docs" / "teach.md").read_text(encoding="utf-8")
PROSE = " ".join(PAGE.split())


def descend(curvature, rate, updates=10, error=1.0):
    path = [error]
    for _ in range(updates):
        path.append(path[-1] - rate * curvature * path[-1])
    return path


def section(anchor):
    """The text below a heading, up to the next one of its kind."""
    return re.search(rf"^#+ [^\n]*{anchor}[^\n]*\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]


@pytest.mark.parametrize("minutes", [45, 90])
def test_a_schedule_adds_up_to_its_minutes(minutes):
    rows = re.findall(r"^\| (\d+) \|", section(f"#lecture-{minutes}"), re.MULTILINE)
    assert sum(map(int, rows)) == minutes and len(rows) >= 6


def test_the_longer_lecture_holds_the_shorter_without_its_ticket_and_three_minutes():
    shorter = [int(row) for row in re.findall(r"^\| (\d+) \|", section("#lecture-45"), re.MULTILINE)]
    first = int(re.search(r"^\| (\d+) \| the lecture above", PAGE, re.MULTILINE)[1])
    *_, ticket, slack = shorter
    assert first == sum(shorter) - ticket - slack - 3
    assert "without its exit ticket and its slack, and with three minutes less on the board" in PROSE


def test_the_week_visits_every_chapter_once_and_every_problem():
    week = section("#week")
    visited = re.findall(r"\]\((\w+)\.md\)", week)
    assert sorted(set(visited) - {"frameworks"}) == sorted(rules.chapters(ROOT))
    assert len(re.findall(r"^\| \d \|", week, re.MULTILINE)) == 5
    numbers = set()
    for named in re.findall(r"problems? (\d[\d, toand]*)", week):
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", named):
            numbers |= set(range(int(first), int(last or first) + 1))
    assert numbers == set(range(1, len(PROBLEMS) + 1))
    for chapter in set(visited) - {"frameworks", "cases"}:
        text = (ROOT / "docs" / f"{chapter}.md").read_text(encoding="utf-8")
        assert "**3. On your own.**" in text or "**3." in text, "exercise 3 of each"


def test_the_three_questions_for_the_door_have_their_answers():
    w = np.array([2.0, 3.0, 4.0])
    assert np.diff(5 * (w - 3) ** 2 + 2, n=2) == [10]
    assert f"{0.9**100:.0e}" == "3e-05" and "0.00003 times the number" in PROSE
    assert 2**19 < 1e6 < 2**20 and 'must you double 1 to pass a million?" Twenty' in PROSE


def test_the_exit_tickets_are_right():
    assert "λ = 250, α = 0.01" in PAGE and 250 * 0.01 == 2.5 and abs(descend(250, 0.01)[-1]) > 1
    curvatures = np.array([1, 20])
    turn = np.array([[3, 4], [-4, 3]]) / 5  # two weights that each hold a little of both directions
    w = turn @ (1 - 0.105 * curvatures) ** 200.0
    assert (np.abs(w) > 1e6).all(), "both weights explode"


def test_at_alpha_lambda_one_and_a_half_the_error_alternates_and_shrinks():
    path = descend(10, 0.15)
    assert "−0.5, then 0.25, then 0.001" in PAGE
    assert path[1:3] == pytest.approx([-0.5, 0.25]) and f"{path[10]:.3f}" == "0.001"


def test_of_three_parabolas_0_001_explodes_only_on_the_last():
    explodes = [abs(descend(curvature, 0.001, 200)[-1]) > 1 for curvature in (20, 900, 3000)]
    assert "curvatures 20, 900 and 3,000" in PAGE and explodes == [False, False, True]


def test_with_all_curvatures_one_a_rate_of_2_5_explodes():
    assert abs(descend(1, 2.5, 50)[-1]) > 1e6


def test_two_weights_one_climbing_and_one_jumping_have_the_same_losses():
    climbing, jumping = np.array([1, 1.5, 2.25]), np.array([1, -1.5, 2.25])
    assert (climbing**2 == jumping**2).all() and "grow by 2.25" in PROSE
    assert np.diff(np.log(climbing**2)) == pytest.approx(np.log(2.25))


def test_twice_the_samples_in_a_sum_halve_the_limit():
    rng = np.random.default_rng(0)
    x = rng.normal(size=64_000)
    few, many = (2 / np.sum(x[: 32_000 * times] ** 2) for times in (1, 2))
    assert few / many == pytest.approx(2, rel=0.02) and "About 0.01" in PROSE


def test_in_fp32_a_fourfold_loss_is_inf_at_64_and_the_weight_nan_about_twice_as_late():
    with np.errstate(all="ignore"):
        loss, w, lost, gone = np.float32(1), np.float32(1), None, None
        for update in range(200):
            lost = lost or (None if np.isfinite(loss) else update)
            gone = gone or (update if np.isnan(w) else None)
            loss = loss * np.float32(4)
            w = w - np.float32(3) * w
    assert lost == 64 and "At 64, and about twice as late" in PROSE
    assert gone == pytest.approx(2 * lost, abs=3)


def test_a_thousand_thousandths_taken_from_1_leave_0_and_0_02_and_1():
    bf16 = names_after("precision", "formats").bf16
    left = []
    for keep in (np.float32, np.float16, bf16):
        w = 1.0
        for _ in range(1000):
            w = float(keep(w - 0.001))
        left.append(w)
    assert left == pytest.approx([0, 0.02, 1], abs=0.003) and "0, 0.02 and 1. A learner" in PROSE


def test_with_momentum_of_0_9_the_rate_0_15_is_stable_at_a_curvature_of_20():
    def last(beta):
        w, v = 1.0, 0.0
        for _ in range(500):
            v = beta * v + 20 * w
            w = w - 0.15 * v
        return abs(w)

    assert "2 · 1.9/20 = 0.19" in PAGE and last(0.9) < 1 < 1e6 < last(0)


def test_the_first_update_of_adam_moves_a_weight_by_the_rate_and_one_of_descent_by_rate_times_slope():
    g, alpha = np.array([0.001, 5.0]), 0.1
    m, v = 0.1 * g / (1 - 0.9), 0.001 * g**2 / (1 - 0.999)
    assert alpha * m / np.sqrt(v) == pytest.approx([0.1, 0.1])
    assert alpha * g == pytest.approx([0.0001, 0.5])
    assert "Plain descent by 0.0001 and 0.5, Adam by 0.1 and 0.1" in PROSE


def test_it_counts_the_problems_and_questions_of_a_set():
    (one,) = problem_sets(1, 7)
    assert (len(one), len(list(numbered(one)))) == (11, 20)
    assert "Eleven problems, twenty questions" in PAGE


def test_the_archive_holds_thirty_sets_and_the_files_that_are_described(site):
    with zipfile.ZipFile(site / "problem-sets.zip") as archive:
        names = [name.removeprefix("problem-sets/") for name in archive.namelist()]
    assert "[**Thirty sets to practise with**](problem-sets.zip)" in PAGE
    assert len([name for name in names if re.fullmatch(r"set-\d+\.ipynb", name)]) == 30
    described = set(re.findall(r"`((?:set|key|moodle|gift)[\w-]*\.\w+)`", PAGE))
    assert described == {name for name in names if "set-" not in name} | {"set-01.ipynb", "set-01.html"}


def test_the_command_on_the_page_is_one_that_runs(tmp_path):
    words = re.search(r"^uv run problems (.*)$", PAGE, re.MULTILINE)[1].split()
    assert words[-2:] == ["--out", "sets"]
    command.main([*words[:-1], str(tmp_path / "sets")])
    assert len(list((tmp_path / "sets").glob("*.ipynb"))) == 30


def test_every_chapter_s_slides_are_linked_and_every_mistake_has_its_question():
    assert re.findall(r"\]\(slides/(\w+)\.md\)", PAGE) == [
        page
        for page in re.findall(r"- (\w+)\.md", (ROOT / "mkdocs.yml").read_text())
        if page in rules.chapters(ROOT)
    ]
    mistakes = section("#mistakes")
    assert mistakes.count("\n**“") == mistakes.count("??? question") == 10


def test_the_version_to_cite_is_that_of_the_citation_file_and_the_licences_those_of_the_site():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    version, year = re.search(r"version: ([\d.]+)\ndate-released: (\d+)", citation).groups()
    assert f"version {version}, {year}." in section("To cite")
    assert "text and figures are under CC BY 4.0, code is under MIT" in section("To cite")
    assert (
        "MIT" in (ROOT / "LICENSE").read_text() and "Attribution 4.0" in (ROOT / "LICENSE-TEXT").read_text()
    )


LINKS = re.findall(
    r"\]\(((\w+)\.md(?:\?([^#)]*))?#(parabola|surrogate|bowl|batch|countdown|adam|bits))\)", PAGE
)
SAYS = {
    "overshoot.md#parabola": "explodes",
    "overshoot.md?parabola.curve=free&parabola.curvature=10&parabola.alpha=0.15&parabola.start=-1#parabola": (
        "by −0.5 and the loss above its floor by 0.25. It jumps across at every update, and settles"
    ),
    "overshoot.md?parabola.curve=free&parabola.curvature=1000&parabola.alpha=0.0019&parabola.start=-1#parabola": "and settles",
    "overshoot.md?parabola.curve=free&parabola.curvature=1000&parabola.alpha=0.0021&parabola.start=-1#parabola": "explodes",
    "conditioning.md?bowl.kappa=1&bowl.alpha=2.5#bowl": "explodes",
    "overflow.md?countdown.update=64#countdown": "is inf at update 64",
    "conditioning.md?bowl.alpha=0.15&bowl.beta=0.9#bowl": "limit 2(1 + β)/κ is 0.19",
    "overshoot.md?parabola.alpha=0.01#parabola": "It walks down one side and settles",
    "overshoot.md?parabola.alpha=0.107#parabola": "and settles",
    "overshoot.md?parabola.alpha=0.1075#parabola": "explodes",
    "overshoot.md?parabola.curve=square&parabola.start=-1#parabola": "α = 0.12, λ = 2, αλ = 0.24",
    "taylor.md?surrogate.alpha=0.08#surrogate": "it falls. Curvatures: 1/α = 12.5 against 18.66",
    "conditioning.md#bowl": "α = 0.105",
    "conditioning.md?bowl.kappa=100&bowl.alpha=0.0198#bowl": "by 0.98",
    "minibatch.md#batch": "20 of 20 explode",
    "precision.md#bits": "stays at 1: nothing happens",
    "precision.md?bits.sign=up&bits.weight=256&bits.update=1#bits": "stays at 256: nothing happens",
    "overflow.md?countdown.format=fp16&countdown.update=8#countdown": "inf at update 8",
    "adam.md#adam": "3.16 α at once and at most 6.57 α",
    "adam.md?adam.lasts=once#adam": "3.16 α at once and at most 3.16 α, at update 1; in 60 updates the weight moves by 31.7 α",
}


def test_each_figure_with_a_state_is_looked_at():
    assert {link for link, _, state, _ in LINKS if state} == {link for link in SAYS if "?" in link}


@pytest.mark.parametrize("link", SAYS)
def test_a_figure_opened_from_the_page_shows_what_the_page_says(open_page, link):
    page = open_page(re.sub(r"\.md", "/", link, count=1))
    says = page.locator(f"{link.split('#')[1]}-figure .says")
    says.wait_for()
    page.wait_for_load_state("networkidle")
    assert SAYS[link] in says.inner_text()
