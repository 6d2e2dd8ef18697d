"""The decks of slides: composed from the chapters, for a wall, keyboard, speaker, paper, with what answers and runs."""

import functools
import os
import re
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

import axe
import rules
from conftest import ROOT, SNIPPETS, markdown_of, shown_by, until
from pages.elements import FIGURES
from proven import LOOKS, proven_by
from takeaway.slides import letters, wall
from takeaway.slides.blocks import LEFT_OUT
from takeaway.slides.compose import slides
from takeaway.slides.decks import Programs, deck, is_chapter
from takeaway.slides.size import code_parts, pieces

DECKS = rules.chapters(ROOT)
LECTURES = ["lecture-45", "lecture-90"]
NOTATION = markdown_of("notation")
NO_RUNS = (
    ROOT / "build/no-outputs"
)  # what stands on a slide does not depend on what is printed, but for its place


def composed(markdown):
    return slides(markdown, Programs(SNIPPETS, NO_RUNS), NOTATION)


@functools.cache
def made(chapter):
    return composed(markdown_of(chapter))


@pytest.fixture(scope="module")
def built(site):
    return lambda chapter: BeautifulSoup(
        (site / "slides" / chapter / "index.html").read_text("utf-8"), "lxml"
    )


def words(element):
    return " ".join(element.get_text(" ").split())


# ── What is on them ─────────────────────────────────────────────────────────────────────────────────


def test_every_chapter_and_each_lecture_has_a_deck_and_no_other_page_has(site):
    assert sorted(path.name for path in (site / "slides").iterdir()) == sorted([*DECKS, *LECTURES])
    for page in (ROOT / "docs").glob("*.md"):
        assert is_chapter(page.read_text(encoding="utf-8")) == (page.stem in DECKS)


CODE = ".body > div.language-python:not([data-run]) code"


WIDTHS, VALUE = (
    re.compile(r'f"(?:\{[^{}]*:[^{}]*\})+"'),
    re.compile(r"\{([^{}]*):"),
)  # how numbers are printed


def lines(code):
    return [line for line in code.splitlines() if line.strip()]


def stands(shown, program):
    """Of the lines shown, those of a program: as they are, or loops with some words less; and dots for what is left out."""
    program = [
        *program,
        *(WIDTHS.sub(lambda one: ", ".join(VALUE.findall(one[0])), line) for line in program),
    ]
    heads = {line: re.match(r" *for \(*\w+", line) for line in shown if line not in program}

    def told(line):
        return set(re.findall(r"[\w.]+", line))

    less = {
        line
        for line, head in heads.items()
        if head and any(told(line) < told(one) and one.lstrip().startswith("for ") for one in program)
    }
    return {line for line in shown if line in program or line.strip() == "..."} | less


@pytest.mark.parametrize("chapter", DECKS)
def test_a_deck_shows_every_output_and_figure_and_of_the_code_what_computes(built, chapter):
    """docs/teach.md: “A deck is composed from its chapter when the site is built.”"""
    page, folded = built(chapter), "".join(LEFT_OUT.findall(markdown_of(chapter)))
    walls = [lines(block.get_text()) for block in page.select(CODE)]
    parts = {part.name: part.code for part in rules.sections(SNIPPETS / f"{chapter}.py")}
    for block, wall_lines in zip(page.select(CODE), walls, strict=True):
        assert any(set(wall_lines) <= stands(wall_lines, lines(code)) for code in parts.values()), (
            "its own lines"
        )
        assert len(block.get_text().strip().splitlines()) < 14, "a slide is read at once"
    shown = shown_by(chapter)
    output = [block.get_text().strip("\n") for block in page.select(".body > div.language-text code")]
    assert output == [part.printed.strip("\n") for part in shown if part.printed]
    assert all(block.count("\n") < 15 for block in output), "a slide is read at once"
    drawn = [image["src"].split("/")[-1] for image in page.select("img.only-light")]
    assert drawn == [f"{chapter}.{part.name}.light.svg" for part in shown if part.figures]
    for part in shown:
        excerpt = lines(wall.excerpt(parts[part.name])[0])
        unseen = (part.figures and not part.printed) or f'{chapter}.py:{part.name}"' in folded
        unseen = unseen or f'\n    --8<-- "{chapter}.py:{part.name}"' in markdown_of(chapter)  # in a fold
        pieces = map(lines, code_parts(wall.excerpt(parts[part.name])[0]))
        assert unseen or len(excerpt) < 3 or all(piece in walls for piece in pieces), part.name


@pytest.mark.parametrize("deck", [*DECKS, *LECTURES])
def test_what_is_run_on_the_wall_is_the_whole_program_up_to_there(built, deck):
    page = built(deck)
    if not page.select("[data-run]"):
        pytest.skip("the site was built without Pyodide")
    assert not page.select("aside [data-run]"), "which the speaker's window would show a second time"
    runs = [block["data-run"].split(":") for block in page.select("[data-run]")]
    for program in {program for program, _ in runs}:
        names = [name for one, name in runs if one == program]
        order = [part.name for part in rules.sections(SNIPPETS / f"{program}.py")]
        assert names == order[: len(names)]
    code = {(program, name): part for program, name, part in _parts({program for program, _ in runs})}
    for block, run in zip(page.select("[data-run] code"), runs, strict=True):
        assert block.get_text().strip("\n") == code[tuple(run)].strip("\n")


def _parts(programs):
    return [
        (one, part.name, part.code) for one in programs for part in rules.sections(SNIPPETS / f"{one}.py")
    ]


def test_the_wall_shows_no_import_no_path_no_drawing_and_no_printing_and_marks_what_is_remarked_on():
    """docs/teach.md: “Code stands with its output, without imports, drawing and printing;”"""
    code = (
        "import numpy as np\nfrom pathlib import Path\n\ndata = Path('x') / 'data'\nw = 1.0  # the start\n"
        "fig, (left, right) = plt.subplots(1, 2)\n\nfor alpha in 0.1, 0.2:\n    w = w - alpha * w\n"
        "    left.plot(w)\n    print(w)\n\n# only to be seen\nfor one in range(3):\n    print(one)\n"
    )
    assert wall.excerpt(code) == (
        "w = 1.0  # the start\n\nfor alpha in 0.1, 0.2:\n    w = w - alpha * w",
        [1],
    )
    drawn = 'styles = "C0o-", "C2^:"\nlooks = dict(zip(names, ("C1s", "C3")))\nname = "C"\nw = 2\n'
    assert wall.excerpt(drawn)[0] == 'name = "C"\nw = 2', "how a line looks"
    named = 'for w in 1, 2:\n    v = w\n    how = {"label": f"{w}", "lw": 2}\n    plt.plot(v, **how)\n'
    assert wall.excerpt(named)[0] == "", "what only a picture needs"
    named += "    print(v)\n"
    assert wall.excerpt(named)[0] == "for w in 1, 2:\n    v = w", "what a line is called"
    told = named.replace("plt.plot(v", "show(v")
    assert wall.excerpt(told)[0] == told.partition("    print")[0].strip(), "a name that something else uses"
    eaten = 'names = "a; b"\nnames += "; c"\nfor one in names.split("; "):\n    print(eval(one))\nw = 2\n'
    assert wall.excerpt(eaten)[0] == "w = 2", "words that are only printed"
    assert wall.excerpt(f"{eaten}v = names")[0].startswith("names = "), "words that something else uses"
    looked = 'a = one["loss"]\nprint(a)\nw = 2'
    assert wall.excerpt(looked)[0] == 'a = one["loss"]\nw = 2', "what is looked up is no words"
    for drawn in "def draw(ax, one):\n    n = one + 1\n    ax.plot(n)\n", "def f(n):\n    plt.plot(n)\n":
        assert wall.excerpt(f"{drawn}\n\nw = 2")[0] == "w = 2", "a function that draws"
    row = 'row = [f"{r(a):6.3g}" for a in w]\nboth = f"{λ:8.1%}{a:5}"\nname = f"α = {a:g}"\nw = name'
    shown = "row = [r(a) for a in w]\nboth = λ, a\n" + 'name = f"α = {a:g}"\nw = name'
    assert wall.excerpt(row)[0] == shown, "how wide a number is printed"
    quiet = 'with np.errstate(all="ignore"):  # the lesson\n    w = 1  # a word\nv = 2\nu = 3'
    assert wall.excerpt(quiet)[1] == [2], "what silences a warning is never what matters"
    for count in 4, 9:
        many = "\n".join(f"a{n} = {n}  # a word" for n in range(count))
        assert wall.excerpt(many) == (many, []), "where all stands out, nothing does"


@pytest.mark.parametrize(
    "loop, shown",
    [
        ('for a, style in (1e-4, "C0o-"), (2, "C1s"):', "for a in 1e-4, 2:"),
        ('for a, b, style in (1, 2, "C0o-"), (3, 4, "C1s"):', "for a, b in (1, 2), (3, 4):"),
        ('for a, style in zip((λ, 2), ("C0o-", "C1s")):  # both', "for a in λ, 2:  # both"),
        ("for (a, b), style in zip(runs, styles):", "for a, b in runs:"),
        ("for a, b, style in zip((1, 2), runs, styles):", "for a, b in zip((1, 2), runs):"),
        ('for a, b in (1, "one"), (2, "C0o-"):', 'for a, b in (1, "one"), (2, "C0o-"):'),
        ("for a, b in zip(runs, others):", "for a, b in zip(runs, others):"),
        ("for name, a in zip(names, runs):", "for a in runs:"),
        ("for w, a in zip(names, runs):", "for w, a in zip(names, runs):"),
    ],
)
def test_a_loop_on_the_wall_does_not_go_over_how_its_lines_look_or_are_called(loop, shown):
    code = f'styles = "C0o-", "C1s"\nnames = "one", "other"\n{loop}\n    w = a\n'
    words = 'names = "one", "other"\n' * ("names" in shown or "names" not in loop)
    assert wall.excerpt(code)[0] == f"{words}{shown}\n    w = a"


def test_long_code_is_two_slides_where_one_function_ends_and_another_begins():
    one, other = (f"def {name}(w):\n" + "    w = w + 1\n\n" * 3 + "    return w" for name in "fg")
    assert code_parts(f"{one}\n\n{other}") == [one, other]
    assert code_parts(one) == [one], "short code is one slide"


def test_a_long_function_is_two_slides_at_an_empty_line_and_its_head_stands_on_both():
    head, line = "def f(w):\n", "        w = w + 1"
    some, loop = "\n".join([line[4:]] * 6), "\n".join([line] * 6)
    whole = f"{head}{some}\n    for n in w:\n{line}\n\n{loop}\n    return w"
    first = f"{head}{some}\n    for n in w:\n{line}"
    assert code_parts(whole) == [
        first,
        f"{head}    for n in w:\n        ...\n{loop}\n    return w",
    ]
    assert code_parts(whole.replace("\n\n", "\n")) == [whole.replace("\n\n", "\n")], "no place to part"


def test_code_that_stands_alone_is_called_what_the_chapter_calls_it_or_the_functions_that_it_writes():
    code = {
        "f": ("def f(w):\n    return w\n\n\ndef g(w):\n    return w\n", ""),
        "n": ("a = w\nb = a\nc = b", ""),
    }
    said = '---\ndescription: D\n---\n\n# N\n\n## S\n\n```python\n--8<-- "p.py:f"\n```\n\n'
    said += (
        '```python\n--8<-- "p.py:n"\n```\n\n<!-- code: Three names -->\n\n```python\n--8<-- "p.py:n"\n```\n'
    )
    headings = [one.heading for one in slides(said, {"p": code}, NOTATION)]
    assert headings == ["N", "S, in code: `f` and `g`", "S, in code: `n`", "Three names"]


def test_what_is_said_of_an_output_is_no_situation_and_what_follows_it_is():
    shows = '```text title="Output"\n--8<-- "p.n.txt"\n```\n\n(To follow.)\n\nNine digits agree.\n\n'
    asked = '!!! predict "What?"\n\n    ??? option "A"\n        Yes.\n'
    for more, situation in ("", ""), ("Take another.\n\n", "Take another."):
        found = slides(
            f"---\ndescription: D\n---\n\n# N\n\n## S\n\n{shows}{more}{asked}",
            {"p": {"n": ("", "9")}},
            NOTATION,
        )
        (asks,) = (one.shows for one in found if one.kind == "predict")
        assert asks.partition("1. ")[0].partition("\n")[0] == situation


def test_a_question_goes_to_what_printed_its_numbers_but_one_on_another_chapter_stands_alone():
    programs = {"p": {"a": ("", "12 3.5"), "b": ("", "7 8")}}
    runs = (
        f'```python\n--8<-- "p.py:{name}"\n```\n\n```text title="Output"\n--8<-- "p.{name}.txt"\n```\n\n'
        for name in "ab"
    )
    said = "---\ndescription: D\n---\n\n# N\n\n## S\n\n" + "<!-- slide: T -->\n\n".join(runs)
    asks = "Why 3.5?", "Why more?", "Which?", "From *Taylor*: and there?"
    said += "".join(
        f'??? question "{ask}"\n    As `{n}`.\n\n'
        for ask, n in zip(asks, ("1", "12", "9", "12"), strict=True)
    )
    _, one, other, alone = slides(said, programs, NOTATION)
    assert (one.asks, other.asks, alone.kind) == ([*asks[:2]], [asks[2]], "question")
    figure = '<parabola-figure id="parabola" markdown>\nLive.\n</parabola-figure>\n\n'
    found = slides(said.replace("??? question", f"{figure}??? question", 1), programs, NOTATION)
    assert found[3].asks == [*asks[:3]], "a figure that answers keeps its questions"


def test_a_long_list_of_symptoms_or_rows_is_as_many_slides_alike_and_each_has_its_own_notes():
    leaves = "\n".join(f'??? symptom "It is {n}"\n    Cure {n}.\n' for n in range(13))
    found = composed(f"---\ndescription: D\n---\n\n# N\n\n## Look\n\nHere.\n\n{leaves}\n")[1:]
    assert [one.heading for one in found] == ["Look (1 of 2)", "Look (2 of 2)"]
    assert [one.shows.count("It is") for one in found] == [6, 7]
    assert found[0].shows.startswith("1. It is 0\n1. ") and '<ol start="7" markdown>' in found[1].shows
    assert found[0].notes[0] == "Here." and found[1].notes[0] == "**It is 6:** Cure 6."
    table = "| a | b |\n|---|---|\n" + "\n".join(f"| {n} | {'word ' * 40}|" for n in range(9))
    rows = [piece.count("\n") - 1 for piece, _ in pieces(table)]
    assert sum(rows) == 9 and max(rows) - min(rows) <= 1 < len(rows)
    assert pieces(table)[0][1] == "size-28", "the largest type that both bear"


def test_a_long_list_shows_how_its_items_begin_without_what_they_lead_to():
    items = f"- **Use it in this order**: {'a word ' * 99}.\n- **Search.** Let it.\n    - by `x`"
    (shown,) = [one.shows for one in composed(f"---\ndescription: D\n---\n\n# N\n\n## S\n\n{items}\n")[1:]]
    assert shown == "- **Use it in this order**\n- **Search**", "heads alone end alike"


@pytest.mark.parametrize("chapter", DECKS)
def test_a_deck_asks_every_prediction_and_keeps_the_explanations_for_the_speaker(built, chapter):
    """docs/teach.md: “and what is wrong with each option, are the speaker's notes.” “and in the speaker's notes.”"""
    markdown, page = markdown_of(chapter), built(chapter)
    asked = page.select("section[data-kind=predict]")
    assert len(asked) == markdown.count("!!! predict")
    options = re.findall(r'\?\?\? option "', markdown)
    assert sum(len(slide.select(".body > ol > li")) for slide in asked) == len(options)
    for slide in asked:
        notes = slide.select_one("aside.notes").extract()
        for letter, option in zip("ABCDE", slide.select("ol > li"), strict=False):
            assert f"{letter}. {words(option)}" in words(notes)
        explained = [one for one in notes.find_all("p") if re.match(r"[A-E]\. ", words(one))]
        assert len(explained) == len(slide.select("ol > li"))
        assert not any(words(one)[-60:] in words(slide) for one in explained)


def test_symptoms_of_which_the_first_that_is_true_counts_are_numbered_on_across_slides(built):
    """docs/diagnose.md: “Begin at the top and take the first that is true.”"""
    lists = built("diagnose").select("section[data-kind=symptoms] .body > ol")
    assert len(lists) == 2 and "start" not in lists[0].attrs
    assert int(lists[1]["start"]) == 1 + len(lists[0].find_all("li", recursive=False))
    titles = re.findall(r'^\?\?\? symptom "(.+)"$', markdown_of("diagnose"), re.MULTILINE)
    assert len([item for one in lists for item in one.find_all("li", recursive=False)]) == len(titles)


@pytest.mark.parametrize("chapter", DECKS)
def test_each_prediction_is_answered_on_a_later_slide_before_the_next_and_with_its_reason(chapter):
    """docs/teach.md: “a prediction stands before its run, and after it a slide says which option was right, and why.”"""
    deck = made(chapter)
    asked = [place for place, slide in enumerate(deck) if slide.kind == "predict"]
    answered = [place for place, slide in enumerate(deck) if slide.kind == "answer"]
    assert len(asked) == len(answered) > 0
    for question, answer, following in zip(asked, answered, [*asked[1:], len(deck)], strict=True):
        between = {slide.kind for slide in deck[question + 1 : answer]}
        assert answer < following and between & {"run", "output", "figure"}, "after what is run"
        options = re.findall(r"^\d\. (.*)$", deck[question].shows, re.MULTILINE)
        letter = re.match(r"It was ([A-E]): ", deck[answer].heading)[1]
        right = options["ABCDE".index(letter)]
        assert f"{right}\n{{ .chosen }}" in deck[answer].shows
        assert deck[answer].heading.lower().endswith(right.lower())
        assert re.search(r"\nYes\b.*\n\{ \.why \}$", deck[answer].shows)


@pytest.mark.parametrize("chapter", DECKS)
def test_the_slide_of_a_formula_says_what_each_of_its_letters_means(chapter):
    """docs/teach.md: “a formula with its letters;”"""
    for slide in made(chapter):
        if slide.kind == "formula":
            formula = re.search(r"^\$\$$.*?^\$\$$", slide.shows, re.MULTILINE | re.DOTALL)[0]
            spoken = letters.named(slide.shows.replace(formula, ""))
            assert set(letters.of(formula)) <= spoken, slide.heading


def test_a_formula_is_explained_by_its_own_letters():
    found = letters.explained(r"f'(b_t) < \lambda_{\max}", "", "", letters.meanings(NOTATION)).split(" · ")
    assert found == [
        "$f(b)$ the loss at $b$",
        "$b$ the slope of the regression example",
        r"$\lambda_{\max}$ the largest curvature",
    ]


PAGE = r"(?:lines?|table|head|causes|printed|figure|box|program|section|see) (?:above|below)\b|\b(?:this|the) page\b"


@pytest.mark.parametrize("chapter", DECKS)
def test_a_slide_speaks_of_nothing_that_only_the_page_has(chapter):
    for slide in made(chapter):
        told = re.sub(
            r"<[a-z]+-figure.*</[a-z]+-figure>", "", slide.shows, flags=re.DOTALL
        )  # awake it hides these words
        assert not re.search(PAGE, told), slide.heading
        assert slide.kind != "words" or not slide.heading.endswith("?"), "a heading asks, the slide answers"


def test_the_letters_of_a_formula_are_those_that_a_reader_would_name():
    formula = r"\text{share } \frac{\mathrm{d}h_T}{\mathrm{d}w} = \alpha^* f'(b_t) \le \sqrt{\mathstrut r}\,L_1 + \hat b + \lambda_{\max}"
    assert letters.of(formula) == ["h", "T", "w", "α^*", "f(", "b", "r", "L_1", "hatb", "λ_max"]
    notation = "\n## Our letters\n\n| letter | read it as |\n|---|---|\n| $\\kappa$ | the number, λ over λ |\n\n## Else\n"
    assert letters.meanings(notation) == {"κ": r"$\kappa$ the number"}


@pytest.mark.parametrize("chapter", DECKS)
def test_a_question_stands_where_what_it_asks_about_is_seen(chapter):
    """docs/teach.md: “a question takes the place of the heading above the figure or the numbers that it asks about,”"""
    deck = made(chapter)
    alone = [slide for slide in deck if slide.kind == "question"]
    assert [slide.heading for slide in alone] == ["Two questions first"] * len(alone)
    assert all(slide.kind in ("figure", "live", "run", "output") for slide in deck if slide.asks)
    asked = re.findall(r'^\?\?\? question "(.*)"', markdown_of(chapter), re.MULTILINE)
    shown = " ".join([slide.shows for slide in alone] + [ask for slide in deck for ask in slide.asks])
    assert [one for one in asked if one not in shown] == []


@pytest.mark.parametrize("chapter", DECKS)
def test_no_two_slides_of_a_deck_have_the_same_heading(chapter):
    headings = [slide.heading for slide in made(chapter)]
    assert sorted(set(headings)) == sorted(headings)


@pytest.mark.parametrize("chapter", DECKS)
def test_no_sentence_of_the_chapter_is_lost_between_slides_and_notes(site, built, chapter):
    """docs/teach.md: “What the chapter says besides,”"""
    page = BeautifulSoup((site / chapter / "index.html").read_text("utf-8"), "lxml").select_one("article")
    left_out = "details.program, .tabbed-set, .take-along"
    for part in page.select(f".headerlink, .md-source-file, form, .md-feedback, {left_out}"):
        part.extract()
    for note in page.select("summary, .admonition-title"):
        note.extract()  # in the notes a letter stands before an option
    slide = words(built(chapter).select_one(".slides"))
    given = slides_titles(chapter)  # a slide may have another heading than its section
    counted = re.compile(r"^(?:Figure \d+|\d+\. [^.]+)\. ")  # an exercise's name is its slide's heading
    said = [counted.sub("", words(one)) for one in page.select("p, li, td, h2")]
    lost = [one for one in said if one and one not in slide]
    assert [one for one in lost if one not in given] == []


def slides_titles(chapter):
    return re.findall(r"^## (.*?)(?: \{.*)?$", markdown_of(chapter), re.MULTILINE)


@pytest.mark.parametrize("chapter", DECKS)
def test_a_deck_begins_with_its_question_ends_with_the_summary_and_hides_answers_in_the_notes(built, chapter):
    """docs/teach.md: “It begins with the question;”"""
    page = built(chapter)
    first, last = page.select("section")[0], page.select("section")[-1]
    assert words(first.select_one(".body")).endswith("?")
    assert words(last.h2).startswith("Summary") and len(last.select(".body > ul > li")) == 3
    answers = re.findall(r'\?\?\? answer "(.*)"', markdown_of(chapter))
    for answer in answers:
        (found,) = (strong for strong in page.select("strong") if strong.get_text() == f"{answer}:")
        assert found.find_parent("aside")["class"] == ["notes"]


@pytest.mark.parametrize("lecture", LECTURES)
def test_a_lecture_follows_its_schedule_row_by_row_with_the_minutes_in_the_notes(built, lecture):
    """docs/teach.md: “Two more follow the schedules, row by row, with the minutes in the notes: 45 minutes and 90 minutes.”"""
    page = built(lecture)
    teach = markdown_of("teach").partition(f"{{ #{lecture} }}")[2].partition("\n### ")[0]
    rows = [(minutes, what) for minutes, what in re.findall(r"^\| (\d+) \| (.*?) \|", teach, re.MULTILINE)]
    notes = " ".join(words(note) for note in page.select("aside.notes"))
    for minutes, what in rows:
        if what.startswith("slack"):
            continue
        told = (
            f"{minutes} min for {what}" if what.startswith("the lecture above") else f"{minutes} min: {what}"
        )
        assert re.sub(r"[$*\\]|alpha|lambda", "", told) in re.sub(r"[$*\\]", "", notes), what
    assert 15 < len(page.select("section")) <= 1 + int(lecture[-2:])
    assert "[45 minutes](slides/lecture-45.md) and [90 minutes](slides/lecture-90.md)" in markdown_of("teach")


def test_a_section_that_shows_nothing_is_a_slide_with_its_first_sentences():
    found = composed(
        "---\ntitle: T\ndescription: D\n---\n\n# Name\n\n## One\n\nFirst. Second. Third.\n\n## Two\n\n- a\n"
    )
    assert [(one.kind, one.heading, one.shows, one.notes) for one in found] == [
        ("title", "Name", "D", ["D"]),
        ("words", "One", "First. Second.", ["First. Second. Third."]),
        ("list", "Two", "- a", []),
    ]


def test_a_slide_does_not_send_to_lines_that_stand_on_the_page_only():
    said = "Each epoch has one. Put the lines below into your loop. They write a file.\n"
    found = composed(f"---\ndescription: D\n---\n\n# N\n\n## S\n\n{said}")
    assert found[1].shows == "Each epoch has one." and found[1].notes == [said.strip()]


def test_what_a_chapter_says_to_its_slides_is_on_no_page(site):
    said = "---\ndescription: D\n---\n\n# N\n\n## S\n\n<!-- slide: It rises -->\n\n- a\n- b\n"
    assert [one.heading for one in composed(said)] == ["N", "It rises"]
    for chapter in DECKS:
        assert not re.search(
            "<!-- (?:slide|code|letters)", (site / chapter / "index.html").read_text("utf-8")
        )


def test_links_of_a_deck_lead_where_those_of_its_chapter_do():
    markdown = "---\ndescription: D\n---\n\n# N\n\n[a](taylor.md#x) [b](#here) [c](https://e.org) [d](snippets/n.py)\n"
    made = deck("Slides: N", composed(markdown), None, "name")
    assert "[a](../taylor.md#x) [b](../name.md#here) [c](https://e.org) [d](../snippets/n.py)" in made


# ── How they are shown ──────────────────────────────────────────────────────────────────────────────


# All of them: which deck is the first with a kind of slide, and looked at more closely, depends on the others.
of_the_decks = proven_by("site/slides/*/index.html", *LOOKS)


@pytest.fixture
def open_deck(open_page):
    def open_it(chapter, search="", **options):
        page = open_page(f"slides/{chapter}/{search}", **({"width": 1280, "height": 720} | options))
        page.wait_for_selector(".reveal.ready")
        return page

    return open_it


def number(page):
    return page.locator(".slide-number").inner_text().split("/")[0].strip()


# Slides of one kind are built alike, and what they hold is checked on the page: the shortest deck that has one stands for all.
SHORTEST = sorted(DECKS, key=lambda chapter: len(made(chapter)))
FIRST = {slide.kind: chapter for chapter in reversed(SHORTEST) for slide in made(chapter)}

# One deck is turned step by step and printed on each run: the others have the same script and style.
TRIED = {*DECKS, *LECTURES} if os.environ.get("WEEKLY") else {"overshoot"}

# What is seen of the slide that is shown, all steps of it, once it has been set as small as it needs: its size; how
# low it reaches, and its smallest type in pixels of a slide: of words (without indices and exponents), of live
# figures, and of drawings, whose numbers are 10 points high.
WALL = """async figures => {
    const frame = () => new Promise(requestAnimationFrame), slide = document.querySelector("section.present");
    const live = slide.querySelector(figures);
    while (live && !live.querySelector(".live svg path")) await frame();
    for (const step of slide.querySelectorAll(".fragment:not(.asked)")) step.style.cssText += "; visibility: visible";
    await frame();
    await frame();
    const scale = slide.getBoundingClientRect().width / 1280, top = slide.getBoundingClientRect().top;
    let [low, least, which] = [0, 99, ""];
    for (const one of slide.querySelectorAll(":not(aside, aside *, sub, sup, sub *, sup *, math *)")) {
        const words = [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        const box = one.getBoundingClientRect();
        if (!(words || ["img", "math"].includes(one.localName)) || box.width < 2 || !one.checkVisibility({visibilityProperty: true})) continue;
        low = Math.max(low, (box.bottom - top) / scale);
        if (one.localName === "math") continue;
        const drawn = one.ownerSVGElement ? one.getScreenCTM().a / scale : one.currentCSSZoom;
        const size = words ? parseFloat(getComputedStyle(one).fontSize) * drawn
            : 10 * 96 / 72 * Math.min(box.height / scale / one.getAttribute("height"), box.width / scale / one.getAttribute("width"));
        if (size < least) [least, which] = [size, one.textContent.trim().slice(0, 40) || one.src];
    }
    const all = name => [...slide.querySelectorAll(name)], body = slide.querySelector(".body");
    const code = ".body > .language-python:not([data-run])";
    return {
        high: Math.min(...[...body.children].filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect().top)) - body.getBoundingClientRect().top + 2,
        height: slide.scrollHeight, width: slide.scrollWidth, hidden: body.scrollHeight - body.clientHeight,
        low, least, which, kind: slide.dataset.kind, heading: slide.querySelector("h1, h2").textContent,
        wide: Math.max(0, ...all(".body > div:not([data-run]) pre code, table, .arithmatex").map(one => one.scrollWidth - one.clientWidth)),
        code: all(code).map(one => one.innerText).join("\\n"), steps: all(".fragment").length,
    };
}"""
ANY_FIGURE = ", ".join(f"{name}-figure" for name in FIGURES)
DRAWING = re.compile(r"^(?:import|from) |\bPath\(|\bplt\.|\bprint\(|\"C\d|\bstyles?\b", re.MULTILINE)


@of_the_decks
@pytest.mark.parametrize("deck", [*DECKS, *LECTURES])
def test_every_slide_is_reached_by_keyboard_and_stands_on_a_wall(open_deck, deck):
    """docs/teach.md: “Nothing is set smaller than 20 of the 720 lines of a slide.”
    CHANGELOG.md: “Slides are composed for a wall: the question first, headings that say what a slide shows, code beside its output, letters explained, tasks on the slide of their figure, nothing below 20 of 720; Run and Edit on the wall; a deck for 45 and one for 90 minutes.”"""
    page = open_deck(deck)
    count = page.locator(".slides > section").count()
    seen, headings = set(), set()
    for place in range(1, count + 1):
        assert number(page) == str(place)
        slide = SimpleNamespace(**page.evaluate(WALL, ANY_FIGURE))
        assert slide.height <= 720 and slide.width <= 1280 and slide.hidden <= 8 and slide.high >= 0, place
        assert slide.low > 360, f"slide {place} ends in its upper half"
        assert slide.least > 20 - 0.2, f"slide {place}: {slide.which!r} is {slide.least:.1f} high"
        assert slide.wide <= 2 and not DRAWING.search(slide.code), place
        headings.add(slide.heading)
        if slide.kind not in seen and (place == 1 or FIRST[slide.kind] == deck):
            seen.add(slide.kind)
            assert axe.violations(page, "light", "section.present" if place > 1 else None) == [], place
        for key in ["ArrowRight"] * (1 + slide.steps) if deck in TRIED else ["Alt+ArrowRight"]:
            page.keyboard.press(key)
    assert number(page) == str(count) == str(len(headings)), "each has a heading of its own"


@of_the_decks
def test_a_question_takes_the_place_of_the_heading_above_what_it_asks_about(open_deck):
    """docs/teach.md: “when you go on.”"""
    page = open_deck("overshoot", "#parabola")
    place, asks = number(page), page.locator("section.present .asked")
    assert asks.count() == 5 and page.locator("section.present .asked.visible").count() == 0
    page.keyboard.press("PageDown")
    page.locator("section.present .asked.visible", has_text="0.1075").wait_for()
    assert number(page) == place
    assert page.locator("section.present .live svg").first.is_visible()
    over, under = (
        page.locator(f"section.present {one}").first.bounding_box() for one in (".asked.visible", "h2")
    )
    assert over["y"] <= under["y"] and over["y"] + over["height"] + 4 >= under["y"] + under["height"]


@of_the_decks
def test_the_keys_of_the_table_turn_show_all_and_end_what_they_opened(open_deck):
    """docs/teach.md: “→ ← Space | forward and back” “F, O, Esc | full screen; overview; out of either” “? | all keys”"""
    page = open_deck("taylor")
    for key, place in ("ArrowRight", "2"), ("ArrowLeft", "1"), ("Space", "2"):
        page.keyboard.press(key)
        assert number(page) == place, key
    page.keyboard.press("o")
    assert page.locator(".reveal.overview").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".reveal.overview").count() == 0
    page.keyboard.press("f")
    until(page, "document.fullscreenElement !== null")
    page.evaluate("document.exitFullscreen()")  # which Esc does in a browser with a window
    page.keyboard.press("Shift+?")
    said = page.locator(".r-overlay-help")
    said.wait_for()
    assert "Speaker’s window" in said.inner_text()
    page.keyboard.press("Escape")
    assert said.count() == 0


@proven_by("site/slides/overshoot/index.html", *LOOKS)
def test_code_runs_on_the_wall_with_nothing_loaded_before_and_can_be_changed_there(open_deck, pyodide):
    """docs/teach.md: “Run below a program or a figure runs it on the wall, and Edit opens all of its code, so that you can
    change a rate before everybody's eyes.”"""
    page, loaded = open_deck("overshoot"), []
    page.on("request", lambda request: loaded.append(request.url.rpartition("/")[2]))
    page.evaluate("location.hash = '#/4'")
    run = page.locator("section.present .run-bar button").first
    run.wait_for()
    assert not [name for name in loaded if re.search("worker|kit|pyodide|packages", name)]
    place = number(page)
    run.focus()
    page.keyboard.press("Enter")
    assert number(page) == place, "Enter runs, and does not turn"
    done = "() => document.querySelector('section.present .run-bar span').textContent.startsWith('Done')"
    until(page, done, timeout=240_000)
    assert "It prints what the page prints" in page.locator("section.present .run-bar").inner_text()
    assert not page.locator("section.present .body > .language-text").is_visible()
    page.locator("section.present .run-bar button", has_text="Edit").click()
    field = page.locator("section.present textarea")
    field.fill(field.input_value().replace("0.01, 0.12", "0.01, 0.107"))
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("section.present .run-result mark", timeout=60_000)
    field.focus()
    page.keyboard.press("PageDown")
    assert number(page) == str(int(place) + 1), "a remote always turns the slide"
    page.locator("section.present .run-bar button").first.click()
    page.wait_for_selector("section.present .run-result img.only-light", timeout=60_000)
    assert not page.locator("section.present .body > p > picture").first.is_visible()


@of_the_decks
@pytest.mark.parametrize("name, path", FIGURES.items())
def test_a_figure_that_answers_on_the_page_answers_on_its_slide(open_deck, name, path):
    """docs/teach.md: “A figure that is interactive on the page is interactive on the slide,” “and keyboard;” “After you have
    touched a figure, the arrows belong to the knob that you touched last; Esc gives them back to the slides.” “Page Down,
    Page Up | forward and back, wherever you have clicked: the keys of a remote”"""
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
    asked = "section.present .asked.current-fragment"
    page.keyboard.press("ArrowRight")
    assert page.locator(asked).count() == 1, "a button wants no arrows"
    page.keyboard.press("ArrowLeft")
    slider.focus()
    page.keyboard.press("PageDown")
    assert page.locator(asked).count() == 1, "a remote always goes on"
    page.keyboard.press("PageUp")
    assert page.locator(asked).count() == 0 and number(page) == place
    slider.focus()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement === document.body && !document.querySelector('.overview')")
    page.keyboard.press("ArrowRight")
    assert page.locator(asked).count() == 1, "Escape has given the keys back"


@of_the_decks
def test_the_state_of_a_figure_in_the_address_holds_on_a_slide(open_deck):
    """docs/teach.md: “the state in its address works there too.”"""
    page = open_deck("overshoot", "?parabola.alpha=0.05#parabola")
    says = page.locator("section.present .says")
    says.wait_for()
    assert "α = 0.05," in says.inner_text() and "settles" in says.inner_text()


@of_the_decks
@pytest.mark.parametrize("width, height", [(1280, 720), (1920, 1080), (900, 700)])
def test_what_is_dragged_on_a_slide_stays_below_the_pointer_at_any_size(open_deck, width, height):
    """docs/teach.md: “by mouse”"""
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


@of_the_decks
def test_the_speaker_s_window_shows_the_notes_and_each_window_follows_the_other(open_deck):
    """docs/teach.md: “S | opens a second window with the notes, the next slide, a clock and a timer; each window follows the
    other,”"""
    page = open_deck("overshoot", "#/3")  # the prediction
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    speaker = opened.value
    speaker.wait_for_selector(".reveal.ready")
    at = "number => document.querySelector('.slide-number').textContent.trim().startsWith(number)"
    until(speaker, at, arg="4")
    assert "The sign changes" not in page.locator("section.present").inner_text()
    assert "the sign changes" in speaker.locator(".speaker-notes").inner_text()
    speaker.keyboard.press("ArrowRight")
    until(page, at, arg="5")
    page.keyboard.press("Home")
    until(speaker, at, arg="1")
    assert "One parabola" in speaker.locator(".speaker-notes").inner_text()
    second = page.locator(".slides section").nth(1)
    told = f"Next: {second.locator('h2').text_content().replace('¶', '').strip()} ({second.get_attribute('data-kind')})"
    assert speaker.locator(".next").inner_text() == told
    assert re.fullmatch(r"\d\d:\d\d", speaker.locator(".clock").inner_text())
    assert re.fullmatch(r"\d+:\d\d", speaker.locator(".since").inner_text())


@of_the_decks
def test_a_figure_on_the_wall_and_in_the_speaker_s_window_follow_each_other(open_deck):
    """docs/teach.md: “and so does a figure in it”"""
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
    until(speaker, holds, arg=[rate, "0.11"])
    speaker.locator(rate).fill("0.05")
    until(page, holds, arg=[rate, "0.05"])
    asked = "count => document.querySelectorAll('section.present .asked.visible').length === count"
    for presses, key, count in (1, "PageDown", 1), (3, "PageDown", 4), (2, "PageUp", 2):
        for _ in range(presses):
            speaker.keyboard.press(key)
        until(page, asked, arg=count)
        assert speaker.evaluate(asked, count), "no echo turns the speaker back"
    page.keyboard.press("PageUp")
    until(speaker, asked, arg=1)
    assert number(page) == number(speaker) == place


@of_the_decks
def test_each_window_finds_the_other_again_after_either_is_loaded_again(open_deck):
    """docs/teach.md: “each window follows the other, also when one is loaded again,”"""
    page, stranger = open_deck("overshoot", "#/3"), open_deck("overshoot", "#/8")
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    speaker = opened.value
    at = "number => document.querySelector('.slide-number')?.textContent.trim().startsWith(number)"
    until(speaker, at, arg="4")
    for again in page, speaker:
        again.reload()
        again.wait_for_selector(".reveal.ready")
        page.wait_for_timeout(1200)  # within which they meet
        speaker.keyboard.press("ArrowRight")
        until(page, at, arg="5")
        page.keyboard.press("ArrowLeft")
        until(speaker, at, arg="4")
    assert number(stranger) == "9", "another lecture in the same browser goes its own way"


@of_the_decks
def test_who_enlarges_the_page_gets_larger_text(browser, address):
    """docs/teach.md: “and where you enlarge the page in your browser, the slides stand one below the other.”"""
    page = browser.new_page(viewport={"width": 960, "height": 540})
    page.add_init_script("Object.defineProperty(window, 'outerWidth', {get: () => 2 * innerWidth})")
    page.goto(f"{address}slides/overshoot/")
    assert page.locator("section:visible").count() == page.locator("section").count() > 20
    page.close()


@of_the_decks
def test_a_message_from_elsewhere_does_not_move_a_deck(open_deck):
    page = open_deck("taylor")
    page.evaluate("window.postMessage({ deck: location.pathname, at: { h: 5, v: 0 } }, '*')")
    page.wait_for_timeout(200)
    assert number(page) == "1"


@of_the_decks
@pytest.mark.parametrize("chapter", DECKS)
def test_paper_gets_one_slide_a_sheet_without_notes(open_page, chapter):
    """docs/teach.md: “To print, add ?print-pdf to the address (one slide per sheet),”"""
    page = open_page(f"slides/{chapter}/?print-pdf")
    slides = page.locator("section")
    assert page.locator("aside.notes:visible").count() == 0
    assert (
        page.evaluate("[...document.images].filter(one => one.checkVisibility() && !one.complete).length")
        == 0
    )
    page.emulate_media(media="print")
    cut = "slides => slides.filter(one => one.scrollHeight > 721).map(one => one.innerText.slice(0, 50))"
    assert slides.evaluate_all(cut) == []
    sheets = "slides => slides.map(one => [one.offsetWidth, one.offsetHeight, getComputedStyle(one).page])"
    assert {tuple(one) for one in slides.evaluate_all(sheets)} == {(1280, 720, "slide")}
    if chapter in TRIED:
        printed = page.pdf(prefer_css_page_size=True, print_background=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == slides.count()
        assert re.findall(rb"/MediaBox\s*\[0 0 960 540\]", printed), "1280 × 720 at 96 a inch"


@of_the_decks
@pytest.mark.parametrize("chapter", DECKS)
def test_on_a_phone_held_upright_the_slides_stand_one_below_the_other_and_are_read_without_zoom(
    open_page, chapter
):
    """docs/teach.md: “On a phone held upright,”"""
    page = open_page(f"slides/{chapter}/", width=390, height=844)
    assert page.locator("section:visible").count() == page.locator("section").count()
    assert page.locator("aside.notes:visible").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    sizes = page.locator(".body > :is(p, ol, ul), section li").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 16
    for name in FIGURES:
        figure = page.locator(f"{name}-figure")
        if figure.count():
            figure.scroll_into_view_if_needed()
            figure.locator(".live svg path").first.wait_for(state="attached")
            assert figure.evaluate("one => one.scrollWidth - one.clientWidth") <= 2
            assert figure.evaluate("one => getComputedStyle(one).fontSize") == "16px"
    if chapter in FIRST.values():
        assert axe.violations(page) == []


@of_the_decks
@pytest.mark.parametrize("chapter", sorted(set(FIRST.values())))
def test_on_a_phone_nothing_jumps_when_the_script_of_a_deck_comes(browser, address, chapter):
    page, held = browser.new_page(viewport={"width": 390, "height": 844}), []
    page.route("**/slides/slides.js", lambda route: held.append(route))
    page.goto(f"{address}slides/{chapter}/", wait_until="commit")
    styled = "[...document.querySelectorAll('link[rel=stylesheet]')].every(one => one.sheet)"
    until(page, f"() => document.readyState === 'interactive' && {styled}")
    tops = "[...document.querySelectorAll('section > :is(h1, h2)')].slice(0, 4).map(one => one.getBoundingClientRect().top)"
    page.evaluate("() => document.fonts.ready")
    before = page.evaluate(tops)
    while not held:
        page.wait_for_timeout(50)
    held[0].continue_()
    until(page, "() => document.documentElement.matches('.paper')")
    assert page.evaluate(tops) == pytest.approx(before, abs=1)
    page.close()


@of_the_decks
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_handout_has_the_notes_below_each_slide(open_page, paper):
    """docs/teach.md: “or ?print-pdf&notes (a handout with the notes), and print from the browser.”"""
    page = open_page("slides/overshoot/?print-pdf&notes")
    assert page.locator("aside.notes:visible").count() == page.locator("aside.notes").count() >= 20
    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper)))
    assert sheets < page.locator("section").count() * 2 / 3


@of_the_decks
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
