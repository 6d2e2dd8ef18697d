"""The claims of the page for teachers, a test a sentence."""

import ast
import functools
import itertools
import math
import re
import sys
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest

import rules
from conftest import ROOT, SNIPPETS, markdown_of, names_after, settle, until
from pages.elements import FIGURES
from problems import command
from problems.collection import PROBLEMS
from problems.sets import numbered, problem_sets
from proven import LOOKS, proven_by
from takeaway.slides.compose import slides
from takeaway.slides.decks import Programs
from takeaway.slides.lectures import lectures

PAGE = markdown_of("teach")
PROSE = " ".join(PAGE.split())
SOURCES = ROOT / "docs/assets/interactive"


def descend(curvature, rate, updates=10, error=1.0):
    path = [error]
    for _ in range(updates):
        path.append(path[-1] - rate * curvature * path[-1])
    return path


def largest(stable, low=0.0, high=1.0):
    """The rate up to which runs are stable."""
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if stable(middle) else (low, middle)
    return low


def section(anchor):
    """The text below a heading, up to the next one of its kind."""
    return re.search(rf"^#+ [^\n]*{anchor}[^\n]*\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]


@functools.cache
def lecture(name):
    """The slides of a lecture: its first, and for each row that shows some, the minutes, what is done, and the slides."""
    programs, notation = Programs(SNIPPETS, ROOT / "build/no-outputs"), markdown_of("notation")
    chapters = "overshoot", "taylor", "conditioning", "overflow"
    decks = {chapter: slides(markdown_of(chapter), programs, notation) for chapter in chapters}
    ((first, *others),) = [found for one, _, found in lectures(PAGE, decks) if one == name]
    rows = []
    for slide in others:
        if begins := re.match(r"\*\*(\d+) min:\*\* (.*)", slide.notes[0] if slide.notes else ""):
            rows.append(SimpleNamespace(minutes=int(begins[1]), what=begins[2], slides=[]))
        rows[-1].slides.append(slide)
    return first, rows


def rows_of(name):
    return [
        (int(minutes), what)
        for minutes, what in re.findall(r"^\| (\d+) \| (.*?) \|", section(f"#{name}"), re.MULTILINE)
    ]


# ── What there is ───────────────────────────────────────────────────────────────────────────────────


def test_the_page_has_what_its_first_words_say():
    """“For a lecture of 45 or 90 minutes or a week of homework.” “Goals, schedules, the question that shows each mistake,
    figures to project, slides and problem sets with a key.” “There are slides for each chapter, interactive figures,
    labs, symptom cards,”"""
    pieces = re.split(r"^##+ ", PAGE, flags=re.MULTILINE)[1:]
    parts = {re.split(r" \{|\n", piece)[0]: piece for piece in pieces}
    assert {"45 minutes", "90 minutes", "One week", "What they can do afterwards", "Slides", "Labs"} <= {
        *parts
    }
    assert parts["Labs"].count("](labs/") == len([*(ROOT / "docs/labs").glob("*.py")])
    assert parts["Slides"].count("](slides/") == len(rules.chapters(ROOT)) + 2
    assert "](cards.md)" in parts["Symptom cards"]
    anchors = re.findall(r"\]\(#([\w-]+)\)", PAGE.partition("\n## ")[0])
    assert len(anchors) == 5 and all(f"{{ #{anchor} }}" in PAGE for anchor in anchors)


def test_what_may_be_done_with_it_is_what_the_licences_say():
    """“Everything here may be projected, printed, changed and handed out.” “You may copy, change, translate and hand out
    all of it, sold or free, if you name the source and say what you changed: text and figures are under CC BY 4.0,
    code is under MIT.” “The Overshoot authors, Overshoot: why a learning rate ten times larger turned the loss into
    nan, version 0.1.0, 2026.”"""
    text, code = (" ".join((ROOT / name).read_text().split()) for name in ("LICENSE-TEXT", "LICENSE"))
    assert (
        "Attribution 4.0 International" in text
        and "NonCommercial" not in text
        and "NoDerivatives" not in text
    )
    grants = "reproduce and Share the Licensed Material", "produce, reproduce, and Share Adapted Material"
    assert all(one in text for one in grants) and "public display" in text and "translated, altered" in text
    assert "retain the following" in text and "indicate if You modified the Licensed Material" in text
    assert code.startswith("MIT License") and all(
        one in code for one in ("modify", "distribute", "and/or sell")
    )
    assert "text and figures are under CC BY 4.0, code is under MIT" in section("To cite")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    found = re.search(r"version: ([\d.]+)\ndate-released: (\d+)", citation).groups()
    assert found == ("0.1.0", "2026") and f"version {found[0]}, {found[1]}." in section("To cite")
    subtitle = " ".join(re.search(r"abstract: >-\n(.*?), and", citation, re.DOTALL)[1].split())
    assert f"*Overshoot: {subtitle[0].lower()}{subtitle[1:]}*" in section("To cite")
    assert (
        "The Overshoot authors, *Overshoot: why a learning" in section("To cite")
        and "name: The Overshoot authors" in citation
    )


def test_no_program_needs_more_than_numpy_and_matplotlib_and_three_chapters_their_mathematics():
    """“Conditioning needs eigenvectors of a symmetric matrix, Mini-batches a variance, Networks the chain rule.” “Nobody
    needs a GPU, nor a framework.”"""
    for chapter in rules.chapters(ROOT):
        tree = ast.parse((SNIPPETS / f"{chapter}.py").read_text(encoding="utf-8"))
        names = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
        names += [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        needed = {name.partition(".")[0] for name in names} - sys.stdlib_module_names
        assert needed <= {"numpy", "matplotlib", "readlog"}, chapter
    firsts = {"eigenvector": "conditioning", "variance": "minibatch", "chain rule": "networks"}
    order = re.findall(r"- (\w+)\.md", (ROOT / "mkdocs.yml").read_text())
    order = [page for page in order if page in rules.chapters(ROOT)]
    for word, chapter in firsts.items():
        needs = [
            page for page in order if re.search(rf"\b{word}", markdown_of(page).partition("## Exercises")[0])
        ]
        assert needs[0] == chapter, f"{word} is needed first in {needs[0]}"


def test_the_goals_stand_on_the_first_slide_of_their_lecture_and_their_sections_in_its_rows():
    r"""“After 45 minutes a learner can” “say, given a curvature, below which rate descent settles, and given
    $\alpha\lambda$, what the run will look like;” “say why a step against the slope can end higher, though minimise was
    meant;” “read the curvature and the limit from three losses of a run that exploded.” “After 90 minutes also”
    “say which direction sets the limit and which sets the wait, and why a large κ makes training slow but not explode;”
    “predict after how many updates a loss overflows in fp16 and fp32, and tell an explosion from another nan.”"""
    taught = {
        "lecture-45": ["why-three-lines", "regimes", "parabola", "in-your-own-run"],
        "lecture-90": ["one-more-column", "bowl", "how-fast-can-it-be", "countdown"],
    }
    for minutes, goals in (45, 3), (90, 5):
        first, _ = lecture(f"lecture-{minutes}")
        assert len(re.findall(r"^- ", first.shows, re.MULTILINE)) == goals
        assert all(f"#{anchor})" in section(f"#lecture-{minutes}") for anchor in taught[f"lecture-{minutes}"])
    for lam in 0.5, 18.66, 900:  # the curvature gives the rate, the product what the run looks like
        assert largest(lambda a, c=lam: abs(descend(c, a, 300)[-1]) < 1, 0, 5) == pytest.approx(
            2 / lam, rel=1e-3
        )
        assert descend(lam, 0.5 / lam) == pytest.approx(descend(1, 0.5))
    path = np.array(descend(1, 2.4))
    assert (np.diff(path) * path[:-1] < 0).all() and (np.diff(path**2) > 0).all(), (
        "against the slope, and higher"
    )
    losses = [0.5 * 18.66 * e**2 + 39 for e in descend(18.66, 0.12, 2)]
    r = np.diff(losses)[1] / np.diff(losses)[0]
    assert (1 + np.sqrt(r)) / 0.12 == pytest.approx(18.66) and 2 * 0.12 / (1 + np.sqrt(r)) == pytest.approx(
        2 / 18.66
    )
    for kappa in 10, 100, 1000:  # at the same largest curvature
        waits = [np.argmax(np.abs(descend(lam, 1.5 / kappa, 9000)) < 0.01) for lam in (1, kappa)]
        assert waits[0] > waits[1] > 0, "the flattest direction sets the wait, and nothing explodes"
        assert abs(descend(kappa, 2.1 / kappa, 200)[-1]) > 1 > abs(descend(1, 2.1 / kappa, 200)[-1])
    for kind in np.float16, np.float32:
        loss, updates = kind(1), 0
        with np.errstate(over="ignore"):
            while np.isfinite(loss):
                loss, updates = loss * kind(4), updates + 1
        assert updates == math.floor(math.log(float(np.finfo(kind).max), 4)) + 1
    with np.errstate(all="ignore"):  # an explosion is inf before it is nan, a log of 0 is nan at once
        weight = np.float32(1)
        path = [weight := weight - np.float32(3) * weight for _ in range(200)]
        assert np.isinf(next(w for w in path if not np.isfinite(w)))
        assert np.isnan(np.float32(0) * np.log(np.float32(0)))


def test_the_goals_of_the_week_have_a_chapter_that_the_week_visits():
    """“After a week also” “say what mini-batches, momentum and the units of the inputs do to the limit;” “say what a rate is
    under Adam, and what one that is too high looks like there;” “say why a weight that acts at every step makes gradients
    explode or vanish, and what keeps them at their size;” “take a run that fails, find the cause, and defend the cure.”"""
    goals = re.search(r"After \*\*a week\*\* also\n\n((?:- .*\n)+)", PAGE)[1].splitlines()
    chapters = [["minibatch", "fixes"], ["adam"], ["depth"], ["diagnose", "cases"]]
    assert len(goals) == len(chapters)
    for goal, pages in zip(goals, chapters, strict=True):
        assert all(f"({page}.md)" in section("#week") for page in pages), goal
    curvature = np.array(
        [1.0, 9.0]
    )  # of single points: with batches of one the limit is lower, in mean square
    alone = largest(lambda a: np.mean((1 - a * curvature) ** 2) < 1)
    assert alone < 2 / curvature.mean() == pytest.approx(largest(lambda a: abs(1 - a * curvature.mean()) < 1))
    metres = np.array([1.7, 1.8, 1.6])
    assert np.sum((100 * metres) ** 2) / np.sum(metres**2) == pytest.approx(10_000), "the units of an input"
    assert 0.9**100 < 1e-4 < 1e4 < 1.1**100, "a weight that acts at every step"


# ── At the door ─────────────────────────────────────────────────────────────────────────────────────


def test_the_three_questions_for_the_door_have_their_answers():
    r"""“Three questions for the door, one minute each:” “What is the second derivative of $5(w - 3)^2 + 2$?” “10,
    everywhere. A learner who says 5 has read off the number before the square, and one who says $10(w - 3)$ has
    differentiated once: come back to this when λ is introduced.” “You multiply a number by −0.9 a hundred times.”
    “Small: 0.00003 times the number.” “How many times must you double 1 to pass a million?” “Twenty times. The whole
    course is about factors applied again and again; a learner who guesses “500,000 times” needs the logarithm first.”
    """
    door = PAGE.partition("{ #door }")[2].partition("\n## ")[0]
    assert (
        door.count("??? question")
        == 3
        == dict((what, m) for m, what in rows_of("lecture-90"))["the three questions for the door"]
    )
    w, h = np.linspace(-7, 9, 30), 0.5

    def f(w):
        return 5 * (w - 3) ** 2 + 2

    assert (f(w + h) - f(w - h)) / (2 * h) == pytest.approx(10 * (w - 3))
    assert (f(w + h) - 2 * f(w) + f(w - h)) / h**2 == pytest.approx(10)
    number = 1.0
    for _ in range(100):
        number *= -0.9
    assert round(number, 5) == 0.00003
    doubled = list(itertools.takewhile(lambda one: one <= 10**6, (2**n for n in range(99))))
    assert len(doubled) == 20 == math.ceil(math.log2(10**6)) and 2 * 500_000 == 10**6


# ── The schedules ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["lecture-45", "lecture-90"])
def test_a_vote_needs_one_to_four_fingers(name):
    """“Let them write the prediction down, or vote with one to four fingers, before anything moves.”"""
    asked = [slide for row in lecture(name)[1] for slide in row.slides if slide.kind == "predict"]
    votes = [len(re.findall(r"^\d\. ", slide.shows, re.MULTILINE)) for slide in asked]
    assert len(votes) >= 2 and all(1 < options <= 4 for options in votes)


def test_a_lecture_of_45_minutes_shows_in_each_row_what_the_row_says():
    r"""“4 | two rates, one explodes: tell the story, ask why | home page, Overshoot” “6 | predict what 0.10 does; run it |
    Overshoot, Predict” “6 | where does the next step land? six times | the figure there, Step by step” “8 | the three
    lines, on the board | Why” “6 | the table of regimes; find the last five in the figure | the table; the figure, λ =
    10” “5 | predict x² at 0.12; then sum against mean | Change one thing” “5 | three losses, one limit | In your own
    run” “2 | exit ticket: λ = 250, α = 0.01, what happens? | they explode: $\alpha\lambda$ = 2.5” “3 | slack: somebody
    will ask |”"""
    assert [minutes for minutes, _ in rows_of("lecture-45")] == [4, 6, 6, 8, 6, 5, 5, 2, 3]
    assert sum(minutes for minutes, _ in rows_of("lecture-45")) == 45
    story, ten, land, lines, regimes, square, losses, ticket = (
        row.slides for row in lecture("lecture-45")[1]
    )
    run = names_after("overshoot", "descend")
    assert "overshoot" in story[0].heading.lower() and "](index.md)" in section("#lecture-45")
    ends = [run.loss(path[-1]) / run.loss(path[0]) for path in (run.small, run.large)]
    assert ends[0] < 1 < 1e9 < ends[1], "one explodes"
    kinds = [slide.kind for slide in ten]
    assert kinds.index("predict") < kinds.index("run") < kinds.index("answer")
    assert "0.10" in ten[kinds.index("predict")].heading
    figure = (SOURCES / "parabola.js").read_text(encoding="utf-8")
    assert [slide.name for slide in land] == ["parabola"] and '"Step by step"' in figure
    assert int(re.search(r"this\.shown >= (\d)\) this\.shown = 0", figure)[1]) >= 6, "it asks often enough"
    assert len(lines[0].shows.split(r"\\")) == 3
    assert regimes[0].kind == "table"
    rows = [row for row in regimes[0].shows.splitlines() if row.startswith("|")][2:]
    least, most = map(float, re.search(r"pair\.knobs\(([\d.]+), (\d)", figure).groups())
    seen = set()
    for alpha in (
        0.05,
        0.1,
        0.15,
        0.2,
        0.25,
    ):  # at λ = 10 each of the last five rows has a rate that the knob has
        assert least <= alpha <= most
        path = descend(10, alpha)
        error, last = path[1], abs(path[-1])
        seen.add((round(error, 12) == 0, error < -1e-12, round(last, 12) < 1, last > 1 + 1e-9))
    assert (
        len(seen) == 5
        and len(rows) == 7
        and [row.split(" | ")[0] for row in rows[:2]] == ["| negative", "| exactly 0"]
    )
    assert least > 0, "which is why the first two rows cannot be found"
    assert "x² and set the rate to 0.12" in square[0].heading and ("overshoot", "scale") in [
        slide.runs for slide in square
    ]
    assert abs(descend(2, 0.12)[-1]) < 1 and lecture("lecture-45")[1][5].what.endswith("sum against mean")
    assert any("L_3" in slide.shows for slide in losses)
    assert "λ = 250, α = 0.01" in ticket[0].shows and abs(descend(250, 0.01, 30)[-1]) > 1e5
    assert descend(250, 0.01, 1)[1] == pytest.approx(1 - 2.5)


def test_a_lecture_of_90_minutes_shows_in_each_row_what_the_row_says():
    """“3 | the three questions for the door | above” “37 | the lecture above, without its exit ticket and its slack, and with
    three minutes less on the board | above” “8 | what a rate guesses: the parabola of curvature 1/α | Taylor, its figure”
    “12 | predict a column of ones; the valley; whether and how slowly | Conditioning, its figure, how fast” “7 | when is
    the loss inf, when the weight nan? | Overflow, its figure” “15 | problems 1 to 3 of a set (five questions), in pairs
    and with a calculator; then three pairs explain one each | problem sets” “6 | slack |” “2 | exit ticket: curvatures 1
    and 20, rate 0.105: which weight explodes? | every one that holds a little of the sharp direction”"""
    rows = rows_of("lecture-90")
    assert [minutes for minutes, _ in rows] == [3, 37, 8, 12, 7, 15, 6, 2] and sum(m for m, _ in rows) == 90
    shorter = {what: minutes for minutes, what in rows_of("lecture-45")}
    left_out = [minutes for what, minutes in shorter.items() if re.match("slack|exit ticket", what)]
    assert len(left_out) == 2 and rows[1][0] == sum(shorter.values()) - sum(left_out) - 3
    assert shorter["the three lines, on the board"] > 3
    door, *inner, guess, valley, end, problems, ticket = lecture("lecture-90")[1]
    assert len(inner) == len(shorter) - 2 and door.slides[0].heading == "At the door"
    assert {slide.name for slide in guess.slides} >= {"surrogate"} and guess.minutes == 8
    for w, slope, rate in (
        (5.0, 2.0, 0.08),
        (-1.0, 7.0, 3.0),
    ):  # the parabola whose bottom is where the step lands
        landed, h = w - rate * slope, 1e-3

        def parabola(v, w=w, slope=slope, landed=landed):
            return slope * (v - landed) ** 2 / (2 * (w - landed))

        assert (parabola(w + h) - parabola(w - h)) / (2 * h) == pytest.approx(slope)
        assert (parabola(w + h) - 2 * parabola(w) + parabola(w - h)) / h**2 == pytest.approx(
            1 / rate, rel=1e-4
        )
    kinds = [slide.kind for slide in valley.slides]
    assert kinds[0] == "predict" and "bowl" in [slide.name for slide in valley.slides] and kinds[-1] == "run"
    assert "np.ones(50)" in (SNIPPETS / "conditioning.py").read_text(encoding="utf-8")
    (asked,) = (slide.heading for slide in end.slides if slide.kind == "predict")
    assert "inf" in asked and "nan" in asked and end.slides[-1].name == "countdown"
    (one,) = problem_sets(1, 7)
    assert len([name for name, _, _ in numbered(one) if re.match("[123](?!\\d)", name)]) == 5
    assert problems.minutes == 15 and "rate 0.105" in ticket.slides[0].shows
    curvatures = np.array([1, 20])
    for angle in 0.01, 0.6, 1.5:  # how the weights lie to the two directions
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        assert (np.abs(turn @ (1 - 0.105 * curvatures) ** 300.0) > 1e6).all(), "both weights explode"
    alone = (1 - 0.105 * curvatures) ** 300.0
    assert alone[0] < 1e-6 < 1e6 < alone[1], "a weight that holds nothing of it does not"


DAYS = {  # the chapters of each day, the exercises of each, and the problems
    1: (["overshoot"], [2, 3, 4], [1, 2, 3, 7, 8]),
    2: (["taylor", "conditioning"], [3], [4]),
    3: (["minibatch", "overflow", "precision"], [3], [5, 9]),
    4: (["networks", "adam", "depth", "fixes"], [], [6, 10, 11]),
    5: (["diagnose", "cases"], [], []),
}


def test_the_week_visits_every_chapter_once_and_sets_each_problem_when_it_has_been_taught():
    """“Each day: ten minutes on the Two questions first of the new chapters (from the second day on), without looking; one
    hour with slides and figures; one hour for exercises and the program.” “1 | Overshoot | exercises 2 to 4; problems 1 to
    3, 7 and 8” “2 | Taylor, Conditioning | exercise 3 of each; problem 4” “3 | Mini-batches, Overflow, Sixteen bits |
    exercise 3 of each; problem 5, problem 9” “4 | Networks, Adam, Depth and time, Fixes | problems 6, 10 and 11; one remedy
    run on their own framework” “5 | Read your own run, Cases | a public thread of their own choice, read backwards; a new
    problem set as the test”"""
    rows = re.findall(r"^\| (\d) \| (.*?) \| (.*?) \|$", section("#week"), re.MULTILINE)
    visited, (one,) = [], problem_sets(1, 7)
    taught = {place: problem.taught[0] for place, problem in enumerate(one, 1)}
    for day, chapters, hand_in in rows:
        pages, exercises, problems = DAYS[int(day)]
        assert re.findall(r"\]\((\w+)\.md\)", chapters) == pages
        visited += pages
        named = " ".join(re.findall(r"problems? (\d[\d, toand]*)", hand_in))
        spans = re.findall(r"(\d+)(?: to (\d+))?", named)
        assert [n for first, last in spans for n in range(int(first), int(last or first) + 1)] == problems
        assert {taught[number] for number in problems} <= set(visited), (
            f"day {day}: a problem before its chapter"
        )
        for page, number in itertools.product(pages, exercises):
            assert re.search(rf"^\*\*{number}\. ", markdown_of(page), re.MULTILINE), (page, number)
        said = re.search(r"exercises? (\d)(?: to (\d))?", hand_in)
        assert not said or list(range(int(said[1]), int(said[2] or said[1]) + 1)) == exercises
        recalls = ["## Two questions first" in markdown_of(page) for page in pages]
        assert any(recalls) == (day != "1")
    assert sorted(visited) == sorted(rules.chapters(ROOT)) and len(rows) == 5
    assert sorted(itertools.chain(*(problems for _, _, problems in DAYS.values()))) == [
        *range(1, len(PROBLEMS) + 1)
    ]
    assert "](frameworks.md)" in rows[3][2] and markdown_of("frameworks").count("\n## ") >= 10
    assert "four public threads recomputed" in markdown_of("cases")


# ── What they get wrong ─────────────────────────────────────────────────────────────────────────────


def test_at_alpha_lambda_one_and_a_half_the_error_alternates_and_shrinks():
    r"""“Beyond the minimum means out of control.” “A parabola has λ = 10. The rate is 0.15 and the error 1.” “−0.5, then 0.25,
    then 0.001. Overshoot begins at $\alpha\lambda$ = 1, explosion at 2, and here it is 1.5. A learner who says “it
    diverges” has one threshold where there are two.”"""
    path = descend(10, 0.15)
    assert path[1:3] == pytest.approx([-0.5, 0.25]) and round(path[10], 3) == 0.001
    assert path[1] / path[0] == pytest.approx(1 - 1.5)
    for lam in 0.3, 10, 400:
        assert descend(lam, 0.999 / lam)[1] > 0 > descend(lam, 1.001 / lam)[1], "overshoot begins at 1"
        assert abs(descend(lam, 1.999 / lam)[-1]) < 1 < abs(descend(lam, 2.001 / lam)[-1]), "explosion at 2"


def test_of_three_parabolas_0_001_explodes_only_on_the_last():
    r"""“0.001 is a small rate.” “Three parabolas have the curvatures 20, 900 and 3,000. On which of them does 0.001 explode?”
    “Only on the last, where $\alpha\lambda$ = 3. Small is a word for the product. With λ = 1,000 the limit is 0.002:
    0.0019 settles, 0.0021 explodes.”"""
    explodes = [abs(descend(curvature, 0.001, 200)[-1]) > 1 for curvature in (20, 900, 3000)]
    assert explodes == [False, False, True] and descend(3000, 0.001)[1] == pytest.approx(1 - 3)
    assert abs(descend(1000, 0.0019, 99)[-1]) < 0.01 < 100 < abs(descend(1000, 0.0021, 99)[-1])
    assert largest(lambda a: abs(descend(1000, a, 200)[-1]) < 1) == pytest.approx(0.002, rel=1e-3)
    for times in 1e-3, 7, 1e5:  # what a rate does, only the product says
        assert descend(20 * times, 0.11 / times) == pytest.approx(descend(20, 0.11))


def test_in_the_run_at_0_12_every_step_points_downhill_and_ends_higher():
    """“Minimise goes down, so a rising loss is a bug.” “In the run at 0.12, does the fifth step point uphill or downhill?”
    “Downhill, like every other.”"""
    run = names_after("overshoot", "descend")
    path = run.descend(0.12, 40)
    assert path.tolist() == run.large[:41].tolist()
    slopes = np.array([run.slope(b) for b in path[:-1]])
    assert (np.diff(path) * slopes < 0).all() and (np.diff([run.loss(b) for b in path]) > 0).all()


def test_kappa_says_how_slow_and_the_largest_curvature_whether():
    r"""“It exploded because it is ill-conditioned.” “All curvatures are 1, so κ = 1. The rate is 2.5. What happens?” “It
    explodes, with perfect conditioning: $\alpha\lambda$ = 2.5. κ says how slow, λmax says whether.”"""

    def settles(curvatures, rate, updates=6000):
        return max(abs(descend(lam, rate, updates)[-1]) for lam in curvatures) < 1

    assert not settles([1, 1, 1], 2.5, 50) and 1 * 2.5 > 2
    for flat in 0.5, 5, 20:  # another κ, the same limit
        assert settles([flat, 20], 0.0999) and not settles([flat, 20], 0.1001)
    waits = []
    for kappa in 4, 40, 400:  # at the best rate; the same κ at another size waits as long
        each = []
        for size in 1, 30:
            rate = 2 / (size * (1 + kappa))
            slowest = np.abs(np.array([descend(lam, rate, 4000) for lam in (size, size * kappa)])).max(axis=0)
            each.append(int(np.argmax(slowest < 0.01)))
        assert each[0] == pytest.approx(each[1], abs=1)
        waits.append(each[0])
    assert waits[0] * 5 < waits[1] and waits[1] * 5 < waits[2]


def test_two_weights_one_climbing_and_one_jumping_have_the_same_losses():
    r"""“A growing loss tells a wrong sign from a high rate.” “One weight goes 1, 1.5, 2.25, the other 1, −1.5, 2.25. The bottom
    is at 0.” “Exactly alike: both grow by 2.25. Only the weight tells. The first climbs, with $1 + \alpha\lambda$ = 1.5;
    the second jumps, with $1 - \alpha\lambda$ = −1.5.”"""
    bottom, wrong, high = 0, -5, 25  # a wrong sign is a curvature below 0
    climbing, jumping = (bottom + np.array(descend(lam, 0.1, 2)) for lam in (wrong, high))
    assert climbing == pytest.approx([1, 1.5, 2.25]) and jumping == pytest.approx([1, -1.5, 2.25])
    assert climbing**2 == pytest.approx(jumping**2)
    assert np.diff(np.log(climbing**2)) == pytest.approx(np.log(2.25))
    assert 1 + 0.1 * 5 == 1.5 and 1 - 0.1 * 25 == -1.5


def mean_square_limit(curvatures, batch, beta=0.0):
    """The rate up to which the mean square of the error shrinks, where each update sees ``batch`` points at random."""
    mean, spread = np.mean(curvatures), np.var(curvatures) / batch

    def stable(rate):
        # (w, v) → (w − rate·v′, v′) with v′ = βv + cw: what becomes of E w², E wv, E v².
        c, cc, a, b = mean, mean**2 + spread, rate, beta
        moments = [
            [1 - 2 * a * c + a * a * cc, 2 * a * b * (a * c - 1), a * a * b * b],
            [c - a * cc, b * (1 - 2 * a * c), -a * b * b],
            [cc, 2 * b * c, b * b],
        ]
        return np.abs(np.linalg.eigvals(moments)).max() < 1

    return largest(stable)


def test_twice_the_samples_in_a_sum_halve_the_limit():
    """“A sum or a mean, the minimum is the same.” “The loss is a sum over the batch, and 0.02 is its limit at 32 samples. You
    double the batch.” “About 0.01: twice the samples, twice the curvature. The minimum is the same and the limit is not. A
    learner who says 0.04 has heard that larger batches allow larger rates; that holds for a mean, and only up to a
    point.”"""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 64)) * np.sqrt(100 / 32)  # so that 0.02 is the limit at 32
    few, many = ((x[:, :size] ** 2).sum(axis=1).mean() for size in (32, 64))
    assert 2 / few == pytest.approx(0.02, rel=0.02) and 2 / many == pytest.approx(0.01, rel=0.02)
    assert many / few == pytest.approx(2, rel=0.02) and 2 * 0.02 == 0.04
    y = 3 * x[0] + rng.normal(size=64)
    found = [x[0] @ y * share / (x[0] @ x[0] * share) for share in (1, 1 / 64)]
    assert found[0] == pytest.approx(found[1])
    for spread in ([1, 9], [0, 20], [3, 4, 5]):  # of a mean: up to the limit of all points
        limits = [mean_square_limit(spread, batch) for batch in (1, 2, 4, 64, 4096)]
        assert all(one < other for one, other in itertools.pairwise(limits))
        assert limits[-1] < 2 / np.mean(spread) < 1.01 * limits[-1]


def test_in_fp32_a_fourfold_loss_is_inf_at_64_and_the_weight_nan_about_twice_as_late():
    """“inf and nan are the same accident.” “In fp32 a loss of 1 grows four-fold at each update.” “At 64, and about twice as
    late. The weight goes with the root of the loss and has as far to go again.”"""
    with np.errstate(all="ignore"):
        loss, w, lost, gone, at_inf = np.float32(1), np.float32(1), None, None, None
        for update in range(200):
            if lost is None and not np.isfinite(loss):
                lost, at_inf = update, float(w)
            gone = gone or (update if np.isnan(w) else None)
            loss = loss * np.float32(4)
            w = w - np.float32(3) * w
    assert lost == 64 and gone == pytest.approx(2 * lost, abs=3)
    assert math.log(abs(at_inf)) == pytest.approx(math.log(float(np.finfo(np.float32).max)) / 2, rel=0.01)


def test_a_thousand_thousandths_taken_from_1_leave_0_and_0_02_and_1():
    """“Sixteen bits are sixteen bits.” “You take 0.001 from 1 a thousand times, in fp32, in fp16 and in bf16.” “0, 0.02 and 1. A
    learner who says “nan” thinks of the range only; who says “about 0” three times has not met the spacing.”"""
    bf16 = names_after("precision", "formats").bf16
    left = []
    for keep in (np.float32, np.float16, bf16):
        w = 1.0
        for _ in range(1000):
            w = float(keep(w - 0.001))
        left.append(w)
    assert left == pytest.approx([0, 0.02, 1], abs=0.003)
    assert all(np.isfinite(left)) and float(bf16(1 - 0.001)) == 1 > float(bf16(1 - 0.003)), (
        "the spacing below 1"
    )


def test_with_momentum_of_0_9_the_rate_0_15_is_stable_at_a_curvature_of_20():
    """“Momentum is faster, so it needs a smaller rate.” “λmax is 20. Plain descent explodes above 0.1. With β = 0.9, does 0.15
    explode?” “No: the limit is 2 · 1.9/20 = 0.19.” “(With small batches momentum lowers the mean-square limit.)”"""

    def last(beta, rate):
        w, v = 1.0, 0.0
        for _ in range(1500):
            v = beta * v + 20 * w
            w = w - rate * v
            if abs(w) > 1e9:
                break
        return abs(w)

    assert last(0.9, 0.15) < 1 < 1e6 < last(0, 0.15)
    assert largest(lambda rate: last(0, rate) < 1) == pytest.approx(0.1, rel=1e-3)
    assert largest(lambda rate: last(0.9, rate) < 1) == pytest.approx(0.19, rel=1e-3) == 2 * 1.9 / 20
    for curvatures in ([1, 9], [0, 20], [0.9, 2.6]):
        assert mean_square_limit(curvatures, 1, 0.9) < mean_square_limit(curvatures, 1, 0)
    assert mean_square_limit([20], 1, 0.9) == pytest.approx(0.19), "with all points it raises it"


def adam_moves(slope, rate, updates=1, b1=0.9, b2=0.999):
    """How far a weight has gone under Adam with one and the same slope."""
    m, v, moved = 0.0, 0.0, 0.0
    for t in range(1, updates + 1):
        m, v = b1 * m + (1 - b1) * slope, b2 * v + (1 - b2) * slope**2
        moved += rate * (m / (1 - b1**t)) / np.sqrt(v / (1 - b2**t))
    return moved


def test_the_first_update_of_adam_moves_a_weight_by_the_rate_and_one_of_descent_by_rate_times_slope():
    """“0.1 is a usual rate, so I keep it when I change to Adam.” “Two weights have the slopes 0.001 and 5, the rate is 0.1.”
    “Plain descent by 0.0001 and 0.5, Adam by 0.1 and 0.1. A rate of Adam is a distance, not a factor.”"""
    slopes = np.array([0.001, 5.0])
    assert [adam_moves(slope, 0.1) for slope in slopes] == pytest.approx([0.1, 0.1])
    w = np.zeros(2)
    assert w - (w - 0.1 * slopes) == pytest.approx([0.0001, 0.5])
    for times in 1e-3, 40, 1e6:
        assert adam_moves(3 * times, 0.02, 9) == pytest.approx(adam_moves(3, 0.02, 9)) == 0.18


def test_every_mistake_has_its_question_and_more_have_a_run_against_them():
    """“More of them, each with a run against it, are on Misconceptions, and under You may think in each chapter.”"""
    mistakes = section("#mistakes")
    assert mistakes.count("\n**“") == mistakes.count("??? question") == 10
    beliefs = markdown_of("misconceptions").split("\n## “")[1:]
    assert len(beliefs) >= 10 and all('--8<-- "misconceptions.py:' in belief for belief in beliefs)
    for chapter in rules.chapters(ROOT):
        assert "## You may think …" in markdown_of(chapter), chapter


# ── Figures to project ──────────────────────────────────────────────────────────────────────────────

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
    "conditioning.md#bowl": "α = 0.095: in the long run each update multiplies the error by 0.905 along and 0.9 across",
    "conditioning.md?bowl.kappa=100&bowl.alpha=0.0198#bowl": "by 0.98",
    "minibatch.md#batch": "batch 4: limits 0.50696 (mean square) and 0.569 (typical run); 20 of 20 explode.\nbatch 64: limits 1.2921 (mean square) and 1.401 (typical run); 0 of 20 explode.",
    "precision.md#bits": "stays at 1: nothing happens",
    "precision.md?bits.sign=up&bits.weight=256&bits.update=1#bits": "stays at 256: nothing happens",
    "overflow.md?countdown.format=fp16&countdown.update=8#countdown": "inf at update 8",
    "adam.md#adam": "3.16 α at once and at most 6.57 α",
    "adam.md?adam.lasts=once#adam": "3.16 α at once and at most 3.16 α in 60 updates, at update 1; they move the weight by 31.7 α",
}


def test_each_figure_with_a_state_is_looked_at():
    assert {link for link, _, state, _ in LINKS if state} == {link for link in SAYS if "?" in link}


# What the page lets the teacher do then, in a knob, a choice or a button, and what the figure says.
THEN = {
    "overshoot.md?parabola.alpha=0.01#parabola": [("■ 0.12", None, "explodes")],
    "overshoot.md?parabola.curve=square&parabola.start=-1#parabola": [
        ("second rate α, exact", "0.499", "αλ = 0.998: each update multiplies the error by 0.002"),
        ("second rate α, exact", "0.501", "It jumps across at every update, and settles"),
        ("second rate α, exact", "1", "It flips between two points for ever"),
    ],
    "conditioning.md#bowl": [
        (
            "second rate α, exact",
            "0.105",
            "by 0.895 along and 1.1 across. What decides is the error across: it explodes",
        )
    ],
    "conditioning.md?bowl.alpha=0.15&bowl.beta=0.9#bowl": [
        ("momentum β, exact", "0.9", "What decides is the error along and across: it needs"),
        ("momentum β, exact", "0", "What decides is the error across: it explodes"),
    ],
    "conditioning.md?bowl.kappa=100&bowl.alpha=0.0198#bowl": [
        ("second rate α, exact", "0.0201", "What decides is the error across: it explodes"),
    ],
    "minibatch.md#batch": [("rate α, exact", "1.279", "α = 1.279"), ("batch", "32", "batch 32: ")],
    "precision.md#bits": [("update, exact", "0.003", "bf16 goes from 1 to 0.996094")],
    "precision.md?bits.sign=up&bits.weight=256&bits.update=1#bits": [
        ("weight, exact", "2048", "fp16 stays at 2048: nothing happens"),
    ],
    "overflow.md?countdown.format=fp16&countdown.update=8#countdown": [("first nan", None, "the weight nan")],
    "adam.md?adam.lasts=once#adam": [("β₂ = 0.95", None, "0.447 α at once")],
}


of_the_figures = proven_by("docs/teach.md", *(f"site/{page}index.html" for page in FIGURES.values()), *LOOKS)


@of_the_figures
@pytest.mark.parametrize("link", SAYS)
def test_a_figure_opened_from_the_page_shows_what_the_page_says(open_page, link):
    """“has one threshold where there are two. Project it.” “κ says how slow, λmax says whether. Project it.” “Project it; the
    figure starts at a loss of ½, and the update is the same.” “has not met the spacing. Project it, and raise the update
    until bf16 moves.” “Project it, then set β to 0.” “Project it: a gradient a thousand times larger moves the weight by
    a few α per update.” “A figure's address holds its state: set it at home, press Copy link, open the link in class.” “to begin |
    the article's parabola at 0.01 | what will 0.12 do? press 0.12” “the threshold | at 0.107 and at 0.1075 | which of the
    two explodes? look at the right panel” “α alone means nothing | x² at 0.12 | why does it walk here? raise α until it
    crosses, above 0.5, and until it flips, at 1” “whether | the valley at 0.095 and 0.105 | which error grows, and in
    which run?” “how slowly | κ = 100 at its best rate | may we raise the rate? try” “other data at every step | batches of
    64, 4 and 1 at 1.279 | which explode, and is it noise? choose a middle batch of 32” “the end of a format | fp16, update
    8 | loss and weight: which is gone? press first nan” “a rate as a distance | Adam after a calm, one gradient | a gradient
    a thousand times larger: how far does the weight move? then press β₂ = 0.95” “the spacing of a format | 256 + 1 | which
    format counts on? then 2,048 + 1”"""
    page = open_page(re.sub(r"\.md", "/", link, count=1))
    figure = page.locator(f"{link.split('#')[1]}-figure")
    says = figure.locator(".says")
    says.wait_for()
    settle(page)
    assert SAYS[link] in says.inner_text()
    assert figure.get_by_role("button", name="Copy link").is_visible()
    for control, value, then in THEN.get(link, []):
        if value is None:
            figure.get_by_role("button", name=control, exact=True).click()
        elif value in figure.locator("option").evaluate_all("all => all.map(one => one.value)"):
            figure.get_by_label(control, exact=True).select_option(value)
        else:
            figure.get_by_label(control, exact=True).fill(value)
        assert then in says.inner_text(), control
    if link == "overshoot.md?parabola.curve=square&parabola.start=-1#parabola":
        until(page, "() => new URLSearchParams(location.search).get('parabola.alpha') === '1'")
    if link.endswith("alpha=0.107#parabola"):
        left, right = (figure.locator("svg").nth(n).bounding_box()["x"] for n in range(2))
        assert left < right and "loss above its floor" in figure.locator("svg").nth(1).text_content()


@of_the_figures
def test_on_a_phone_the_same_links_work(open_page):
    """“On a phone the same links work: let them move the knob in pairs while one figure is on the wall.”"""
    link = "overshoot.md?parabola.curve=square&parabola.start=-1#parabola"
    page = open_page(link.replace(".md", "/"), width=390, height=844)
    says = page.locator("parabola-figure .says")
    says.wait_for()
    assert SAYS[link] in says.inner_text()
    slider = page.get_by_label("second rate α", exact=True)
    slider.press("PageUp")
    assert SAYS[link] not in says.inner_text() and slider.bounding_box()["width"] <= 390


def test_a_loss_of_a_half_that_grows_four_fold_is_inf_at_the_same_update_because_its_square_is():
    """“the figure starts at a loss of ½, and the update is the same.”"""
    w, update = np.float32(1), 0
    assert w * w / np.float32(2) == 0.5
    with np.errstate(over="ignore"):
        while np.isfinite(w * w / np.float32(2)):
            w, update = w - np.float32(3) * w, update + 1
    assert update == 64


def test_the_parabola_of_0_08_lies_below_the_loss_and_its_step_falls_until_twice_its_curvature():
    """“what a rate guesses | the parabola at 0.08 | it lies below the loss and the step still falls: until when?”"""

    def loss(e):
        return 18.66 * e**2 / 2

    for e in 3.0, -0.4:
        slope, away = 18.66 * e, np.array([-2, -0.1, 0.1, 2])
        guess = loss(e) + slope * away + away**2 / (2 * 0.08)
        assert (guess < loss(e + away)).all() and loss(e - 0.08 * slope) < loss(e)
        until = largest(lambda rate, e=e, slope=slope: loss(e - rate * slope) < loss(e))
        assert 0.08 < until == pytest.approx(0.10718, rel=1e-4)


def test_of_the_formats_only_bf16_stops_counting_at_256_and_fp16_at_2048():
    bf16 = names_after("precision", "formats").bf16
    keeps = {"fp32": np.float32, "fp16": np.float16, "bf16": bf16}
    assert [name for name, keep in keeps.items() if float(keep(256 + 1)) == 257] == ["fp32", "fp16"]
    assert [name for name, keep in keeps.items() if float(keep(2048 + 1)) == 2049] == ["fp32"]


# ── Slides, labs, cards ─────────────────────────────────────────────────────────────────────────────


def test_every_chapter_s_slides_are_linked_in_the_order_of_the_course():
    """“Overshoot · Taylor · Conditioning · Mini-batches · Overflow · Networks · Adam · Depth and time · Sixteen bits · Read
    your own run · Fixes · Cases”"""
    linked = re.findall(r"\[([^\]]*)\]\(slides/(\w+)\.md\)", PAGE)
    order = re.findall(r"- (\w+)\.md", (ROOT / "mkdocs.yml").read_text())
    assert [page for _, page in linked] == [page for page in order if page in rules.chapters(ROOT)]
    for name, page in linked:
        assert name in re.search(r"^title: (.*)$", markdown_of(page), re.MULTILINE)[1], page


def test_exercises_have_their_answers_folded_below_them_and_options_what_is_wrong_with_them():
    """“Exercises have their answers folded below them.” “What is wrong with each option of a prediction stands below the
    option,”"""
    for chapter in rules.chapters(ROOT):
        text = markdown_of(chapter)
        asked = text.partition("\n## Exercises")[2].partition("\n## ")[0]
        numbers = re.findall(r"^\*\*(\d)\. ", asked, re.MULTILINE)
        below = re.findall(
            r'^\*\*(\d)\. [^\n]*(?:\n(?!\*\*|\?\?\?)[^\n]*)*\n\?\?\? answer "Answer to (\d)"\n {4}\S',
            asked,
            re.MULTILINE,
        )
        assert [one for one, _ in below] == [other for _, other in below] == numbers[1:], (
            "the first is worked out"
        )
        options = re.findall(r'^ {4}\?\?\? option "[^\n]*"\n {8}\S.{20}', text, re.MULTILINE)
        assert len(options) == text.count('??? option "') > 0


# ── Problem sets ────────────────────────────────────────────────────────────────────────────────────

ASKED = {  # of each problem, in order, a word of its title or text, for what the page calls it
    "the limit from a curvature": "limit from a curvature",
    r"the regime from $\alpha\lambda$": "regime from αλ",
    "three losses read backwards": "three losses",
    "κ and the slowest direction": "slowest direction",
    "updates until overflow": "Updates until a format overflows",
    "momentum": "momentum",
    "sum against mean": "Sum against mean",
    "wrong sign against high rate": "Wrong sign or high rate",
    "a loss scaler's first updates": "loss scaler's first updates",
    "the first update of Adam": "A rate of Adam",
    "a weight that acts at every step": "The same weight at every step",
}


def test_it_counts_the_problems_and_questions_of_a_set_and_names_them_in_their_order():
    r"""“Eleven problems, twenty questions: the limit from a curvature, the regime from $\alpha\lambda$, three losses read
    backwards, κ and the slowest direction, updates until overflow, momentum, sum against mean, wrong sign against high
    rate, a loss scaler's first updates, the first update of Adam, a weight that acts at every step.”"""
    (one,) = problem_sets(1, 7)
    assert (len(one), len(list(numbered(one)))) == (11, 20)
    assert f"Eleven problems, twenty questions: {', '.join(ASKED)}." in PROSE
    for problem, words in zip(one, ASKED.values(), strict=True):
        assert words in problem.title


@pytest.mark.parametrize("seed", [7, 1986, 20_000_000_001])
def test_every_set_asks_the_same_with_other_numbers(seed):
    """“Every set asks the same questions with other numbers.”"""
    sets = list(problem_sets(12, seed))
    for problems in zip(*sets, strict=True):
        asks = {
            tuple(re.sub(r"[-−\d.,]+", "…", question.ask) for question in one.questions) for one in problems
        }
        kinds = {tuple(question.is_choice for question in one.questions) for one in problems}
        assert len(asks) == len(kinds) == 1 and len({str(one.given) for one in problems}) == 12


def test_the_archive_holds_thirty_sets_and_the_files_that_are_described(site):
    """“Thirty sets to practise with lie in one archive, with their key.” “and problem sets, a different one for each learner,
    with a key.”"""
    with zipfile.ZipFile(site / "problem-sets.zip") as archive:
        names = [name.removeprefix("problem-sets/") for name in archive.namelist()]
        books = {archive.read(name) for name in archive.namelist() if name.endswith(".ipynb")}
    assert "[**Thirty sets to practise with**](problem-sets.zip)" in PAGE
    assert len([name for name in names if re.fullmatch(r"set-\d+\.ipynb", name)]) == 30 == len(books)
    assert "key.html" in names
    described = set(re.findall(r"`((?:set|key|moodle|gift)[\w-]*\.\w+)`", PAGE))
    assert described == {name for name in names if "set-" not in name} | {"set-01.ipynb", "set-01.html"}


@proven_by("docs/teach.md", "scripts/**/*")
def test_the_command_on_the_page_is_one_that_runs(tmp_path):
    words = re.search(r"^uv run problems (.*)$", PAGE, re.MULTILINE)[1].split()
    assert words[-2:] == ["--out", "sets"]
    command.main([*words[:-1], str(tmp_path / "sets")])
    assert len(list((tmp_path / "sets").glob("*.ipynb"))) == 30
