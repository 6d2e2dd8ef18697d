"""The command that makes problem sets, and each format it writes."""

import base64
import csv
import functools
import io
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as etree
import zipfile
import zlib
from string import ascii_uppercase

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient

import axe
from conftest import ROOT
from labs.kernels import Manager
from problems.command import EASY, PUBLISHED, archive, files
from problems.formats.markdown import for_a_bank, for_paper
from problems.sets import numbered, problem_sets
from proven import proven_by

of_the_sets = proven_by("scripts/**/*")

COUNT, SEED = 3, 7
SETS = list(problem_sets(COUNT, SEED))
QUESTIONS = [entry for problems in SETS for entry in numbered(problems)]


@functools.cache
def written():
    return dict(files(COUNT, SEED))


def command(*arguments, **environment):
    call = [sys.executable, "-m", "problems.command", *map(str, arguments)]
    return subprocess.run(call, env=os.environ | environment, capture_output=True, text=True)


# ── The command ─────────────────────────────────────────────────────────────────────────────────────


@of_the_sets
def test_the_same_seed_makes_the_same_bytes_and_another_seed_other_sets(tmp_path):
    """README.md: “As many different problem sets as your class needs, as notebooks, on paper and as a Moodle question
    bank, with a key:” docs/teach.md: “With --seed and that number you make the same sets, byte for byte, next year.”"""
    for out, seed, hashing in ("a", 7, "1"), ("b", 7, "2"), ("c", 8, "1"):
        made = command("--count", 3, "--seed", seed, "--out", tmp_path / out, PYTHONHASHSEED=hashing)
        assert made.returncode == 0, made.stderr
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == sorted(written())
    kinds = {"set-01.html", "set-01.ipynb", "key.html", "moodle.xml"}
    assert kinds <= set(names), names
    for name in names:
        first, second, other = ((tmp_path / folder / name).read_bytes() for folder in "abc")
        assert first == second == written()[name].encode()
        assert first != other, name


@of_the_sets
def test_a_seed_that_is_not_given_cannot_be_guessed_and_is_told_to_the_teacher_and_in_the_key_alone(tmp_path):
    """docs/teach.md: “For a class that you grade, make sets that nobody else has:” “They come from a seed that nobody can
    guess. The command tells it to you, the key repeats it, and no sheet shows it.”"""
    seeds = []
    for out in "ab":
        made = command("--count", 2, "--out", tmp_path / out)
        assert made.returncode == 0 and made.stderr == ""
        seeds.append(re.search(r"of seed (\d+):", made.stdout)[1])
    assert len(set(seeds)) == 2 and all(int(seed) > EASY for seed in seeds)
    told = {path.name for path in (tmp_path / "a").iterdir() if seeds[0] in path.read_text(encoding="utf-8")}
    assert told == {"key.html", "key.json"}


@pytest.mark.parametrize("seed, says", [(PUBLISHED, "are published, with their key"), (7, "will find 7")])
def test_a_seed_that_others_know_or_find_is_warned_of(tmp_path, seed, says):
    made = command("--count", 1, "--seed", seed, "--out", tmp_path / "new")
    assert made.returncode == 0 and says in made.stderr and "leave --seed out" in made.stderr.lower()


def test_the_example_of_the_page_and_of_the_readme_never_makes_the_published_sets():
    for name in ("docs/teach.md", "README.md"):
        calls = re.findall(r"uv run problems .*", (ROOT / name).read_text(encoding="utf-8"))
        assert calls and not any("--seed" in call for call in calls)


@of_the_sets
@pytest.mark.parametrize("count, seed", [(60, PUBLISHED), (30, 7), (11, 20_000_000_001)])
def test_each_letter_is_right_as_often_as_every_other(count, seed):
    """docs/teach.md: “In the sets of one seed each letter of a choice is right as often as every other, give or take one.”"""
    counts = {}
    for problems in problem_sets(count, seed):
        for name, _, question in numbered(problems):
            if question.is_choice:
                letters = counts.setdefault(name, dict.fromkeys(map(question.letter, question.answers), 0))
                letters[question.letter(question.answer)] += 1
    assert len(counts) >= 3
    assert all(max(found.values()) - min(found.values()) <= 1 for found in counts.values()), counts


def test_the_slowest_direction_is_the_sharpest_about_as_often_as_the_flattest():
    sharpest = 0
    for problems in problem_sets(60, PUBLISHED):
        (one,) = [problem for problem in problems if "slowest" in problem.title]
        rate, (flat, _, steep) = one.given["rate"], one.given["curvatures"]
        sharpest += abs(1 - rate * steep) > abs(1 - rate * flat)
    assert 20 <= sharpest <= 40


@of_the_sets
def test_an_archive_is_the_same_bytes_each_time_and_holds_every_file():
    packed = archive(COUNT, SEED)
    assert archive(COUNT, SEED) == packed
    with zipfile.ZipFile(io.BytesIO(packed)) as found:
        read = {name.removeprefix("problem-sets/"): found.read(name).decode() for name in found.namelist()}
    assert read == written()


@of_the_sets
@pytest.mark.parametrize(
    "count, out, says",
    [
        ("0", "new", "at least one set"),
        ("three", "new", "invalid int"),
        ("3", "full", "Cure: name a new folder"),
        ("3", "file", "Cure: name a new folder"),
        ("100000", "new", "Cure: ask for fewer sets"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_cure_and_writes_nothing(tmp_path, count, out, says):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    (tmp_path / "file").touch()
    made = command("--count", count, "--seed", 1, "--out", tmp_path / out)
    assert made.returncode == 2 and says in made.stderr and "Traceback" not in made.stderr
    assert not (tmp_path / "new").exists()


# ── The notebook ────────────────────────────────────────────────────────────────────────────────────


def check_of(notebook):
    """The notebook's own check, as a function that returns what it says."""
    source = next(cell.source for cell in notebook.cells if cell.id == "check")
    said = []
    names = {}
    exec(source, names)
    names["display"] = lambda shown: said.append(shown.data)

    def check(name, given):
        names["check"](name, given)
        return said.pop()

    return check


@of_the_sets
@pytest.mark.parametrize("place", range(COUNT))
def test_the_check_of_a_notebook_explains_each_typical_wrong_answer(place):
    """docs/teach.md: “and a check that says what a typical wrong answer has missed;”"""
    check = check_of(nbformat.reads(written()[f"set-{place + 1:02}.ipynb"], 4))
    for name, _, question in numbered(SETS[place]):
        assert "still blank" in check(name, ...)
        for position, answer in enumerate(question.answers):
            given = ascii_uppercase[position] if question.is_choice else answer.value
            verdict = "right" if answer is question.answer else "not yet"
            assert check(name, given) == f"{name}: **{verdict}.** {answer.why}"
            if question.is_choice:
                assert check(name, f" {given.lower()} ") == check(name, given)
        if not question.is_choice:
            assert "usual slips" in check(name, 1e9) and "usual slips" in check(name, float("nan"))
            assert "wants a number" in check(name, "five") and "wants a number" in check(name, None)
            assert "wants a number" in check(name, [1])
            assert check(name, str(question.answer.value)) == check(name, question.answer.value)


@of_the_sets
def test_a_notebook_is_valid_and_runs_with_its_blanks_in_a_kernel_of_its_own(tmp_path):
    """docs/teach.md: “set-01.ipynb … | a notebook for each learner: a blank under each question,”"""
    notebook = nbformat.reads(written()["set-01.ipynb"], 4)
    nbformat.validate(notebook)
    ran = NotebookClient(
        notebook, kernel_manager_class=Manager, resources={"metadata": {"path": str(tmp_path)}}, timeout=120
    ).execute()
    said = [
        output.data["text/markdown"]
        for cell in ran.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]
    assert len(said) == len(list(numbered(SETS[0])))
    assert all("still blank" in one for one in said)


@of_the_sets
def test_no_answer_stands_in_a_notebook_to_be_read_and_an_exam_holds_none_at_all():
    """docs/teach.md: “with --exam no check” “For an exam, --exam makes notebooks that hold no answers, not even packed.”"""
    exam = dict(files(1, SEED, exam=True))["set-01.ipynb"]
    assert "b64decode" not in exam and not any(one.answer.why in exam for _, _, one in numbered(SETS[0]))
    assert "check" not in exam and nbformat.validate(nbformat.reads(exam, 4)) is None
    for _, _, question in numbered(SETS[0]):
        assert question.answer.why not in written()["set-01.ipynb"]
    packed = re.search(r'b64decode\(\\"([^"\\]+)', written()["set-01.ipynb"])[1]
    assert len(json.loads(zlib.decompress(base64.b64decode(packed)))) == len(list(numbered(SETS[0])))


def test_a_notebook_asks_what_the_page_asks():
    notebook, sheet = written()["set-02.ipynb"], BeautifulSoup(written()["set-02.html"], "lxml")
    for problem in SETS[1]:
        assert (
            problem.title in sheet.get_text()
            and json.dumps(problem.text, ensure_ascii=False)[1:-1] in notebook
        )
        for question in problem.questions:
            assert json.dumps(question.ask, ensure_ascii=False)[1:-1] in notebook
            assert question.ask.replace("*", "") in sheet.get_text().replace("\n", " ")


# ── Paper ───────────────────────────────────────────────────────────────────────────────────────────

PAGES = [*(f"set-{place + 1:02}.html" for place in range(COUNT)), "sets.html", "key.html"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_in_itself_and_sets_its_mathematics(name):
    assert sorted(PAGES) == sorted(one for one in written() if one.endswith(".html"))
    page = BeautifulSoup(written()[name], "lxml")
    assert page.select("[src], [href], script, [style]") == []
    assert page.select(".arithmatex:not(:has(math))") == [] and len(page.select("math")) > 10
    assert "$" not in page.body.get_text()


@of_the_sets
def test_the_sheet_gives_no_answer_away_and_the_key_gives_all():
    """docs/teach.md: “key.html, key.csv, key.json | grading: every answer with its worked solution and the usual slips;”"""
    sheets, keys = (BeautifulSoup(written()[name], "lxml") for name in ("sets.html", "key.html"))
    assert len(sheets.select("section")) == len(keys.select("section")) == COUNT
    for _, _, question in QUESTIONS:
        words = BeautifulSoup(for_paper(question.answer.why), "lxml").get_text()
        assert words in keys.get_text() and words not in sheets.get_text()
        for slip in question.wrong:
            assert BeautifulSoup(for_paper(slip.why), "lxml").get_text() in keys.get_text()
    assert len(sheets.select(".answer")) == len(QUESTIONS)


def test_the_key_as_a_table_holds_the_interval_that_counts():
    """docs/teach.md: “the table for a spreadsheet;”"""
    rows = list(csv.DictReader(written()["key.csv"].splitlines()))
    assert [(row["question"]) for row in rows] == [name for name, _, _ in QUESTIONS]
    for row, (_, _, question) in zip(rows, QUESTIONS, strict=True):
        if question.is_choice:
            assert question.answers[ascii_uppercase.index(row["answer"])] is question.answer
            continue
        low, value, high = (float(row[name]) for name in ("from", "answer", "to"))
        assert low <= value <= high
        assert question.answer.accepts(value) and question.answer.accepts(low + (high - low) / 100)
        assert not question.answer.accepts(high + 0.02 * abs(value)), "beyond the interval it is wrong"


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_set_prints_on_five_pages_with_room_to_work_without_a_request_or_a_complaint(
    browser, tmp_path, paper
):
    """docs/teach.md: “set-01.html …, sets.html | paper: five pages a set with room to work, A4 or Letter”"""
    page = browser.new_page()
    noise = []
    page.on("console", lambda message: noise.append(message.text))
    page.on("request", lambda request: noise.append(request.url))
    for place in range(COUNT):
        path = tmp_path / f"{place}.html"
        path.write_text(written()[f"set-{place + 1:02}.html"], encoding="utf-8")
        page.goto(path.as_uri())
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper))) == 5
        assert page.evaluate("getComputedStyle(document.querySelector('.question')).display") == "grid"
    assert [one for one in noise if not one.startswith(tmp_path.as_uri())] == []
    page.close()


@pytest.mark.parametrize("name", ["set-01.html", "key.html"])
def test_axe_finds_no_violation_on_a_sheet_or_a_key(browser, tmp_path, name):
    (tmp_path / name).write_text(written()[name], encoding="utf-8")
    page = browser.new_page(bypass_csp=True)  # axe itself is an inline script
    page.goto((tmp_path / name).as_uri())
    assert axe.violations(page) == []
    page.close()


# ── Question banks ──────────────────────────────────────────────────────────────────────────────────


def read_moodle(text):
    """What Moodle's importer reads from its XML: its categories, and each question with its answers."""
    found, category = [], None
    for question in etree.fromstring(text):
        assert question.tag == "question"
        if question.get("type") == "category":
            category = question.findtext("category/text")
            continue
        assert question.find("questiontext").get("format") == "html"
        answers = []
        for answer in question.findall("answer"):
            tolerance = answer.findtext("tolerance")
            slack = None if tolerance is None else float(tolerance)
            value = answer.findtext("text")
            assert slack is None or value == "*" or float(value) is not None
            answers.append((value, slack, int(answer.get("fraction")), answer.findtext("feedback/text")))
        found.append(
            {
                "category": category,
                "type": question.get("type"),
                "name": question.findtext("name/text"),
                "text": question.findtext("questiontext/text"),
                "general": question.findtext("generalfeedback/text"),
                "answers": answers,
            }
        )
    return found


def read_gift(text):
    """What Moodle's importer reads from GIFT: blocks between blank lines, signs behind a backslash are text."""
    found, category = [], None
    for block in text.strip().split("\n\n"):
        if block.startswith("$CATEGORY:"):
            category = block.removeprefix("$CATEGORY:").strip()
            continue
        # Hide what stands behind a backslash, take the block apart at the signs, show it again.
        hidden = re.sub(r"\\(.)", lambda sign: f"\0{ord(sign[1])}\0", block)

        def whole(part):
            return re.sub("\0(\\d+)\0", lambda code: chr(int(code[1])), part).strip()

        _, name, rest = hidden.split("::", 2)
        stem, inside = rest.split("{", 1)
        assert inside.endswith("}") and "{" not in inside and "}" not in inside[:-1]
        body, general = inside[:-1].split("####")
        answers = []
        if numerical := body.startswith("#"):
            body, _, rest = body[1:].partition("~")
            for part in body.split("=")[1:]:
                weight, value, slack, why = re.fullmatch(
                    r"%(\d+)%([-\d.]+):([\d.]+)#(.*)", part.strip(), re.DOTALL
                ).groups()
                answers.append((value, float(slack), int(weight), whole(why)))
            answers.append(("*", 0.0, 0, whole(rest.partition("#")[2])))
        else:
            for sign, value, why in re.findall(r"([=~])([^#=~]*)#([^=~]*)", body):
                answers.append((whole(value), None, 100 if sign == "=" else 0, whole(why)))
        assert stem.startswith("[html]")
        found.append(
            {
                "category": category,
                "type": "numerical" if numerical else "multichoice",
                "name": whole(name),
                "text": whole(stem.removeprefix("[html]")),
                "general": whole(general),
                "answers": answers,
            }
        )
    return found


@functools.cache
def banks():
    return {"moodle": read_moodle(written()["moodle.xml"]), "gift": read_gift(written()["gift.txt"])}


def test_both_banks_hold_the_same_questions():
    """docs/teach.md: “moodle.xml, gift.txt | a question bank, the same in both”"""

    def ordered(bank):
        return [one | {"answers": sorted(one["answers"], key=str)} for one in bank]

    assert ordered(banks()["moodle"]) == ordered(banks()["gift"])
    assert len(banks()["moodle"]) == len(QUESTIONS)


@pytest.mark.parametrize("bank", ["moodle", "gift"])
def test_a_bank_grades_each_answer_as_the_problem_does_and_explains_it(bank):
    questions = {
        (name, place): question
        for place, problems in enumerate(SETS, 1)
        for name, _, question in numbered(problems)
    }
    for entry in banks()[bank]:
        name, place = re.fullmatch(r"(\w+), set (\d+)", entry["name"]).groups()
        question = questions[name, int(place)]
        assert entry["type"] == ("multichoice" if question.is_choice else "numerical")
        assert entry["general"] == for_a_bank(question.answer.why)
        assert sum(fraction == 100 for _, _, fraction, _ in entry["answers"]) == 1
        for answer in question.answers:
            # The importer keeps the order, and the first answer that fits is taken.
            if question.is_choice:
                _, _, fraction, why = next(
                    one for one in entry["answers"] if for_a_bank(answer.value) == one[0]
                )
            else:
                _, _, fraction, why = next(
                    (value, slack, fraction, why)
                    for value, slack, fraction, why in entry["answers"]
                    if value == "*" or abs(float(value) - answer.value) <= slack + 1e-9
                )
            right = answer is question.answer
            assert (fraction, why) == ((100, "Right.") if right else (0, for_a_bank(answer.why)))
        if not question.is_choice:
            assert entry["answers"][0][2] == 100 and entry["answers"][-1][0] == "*"
            assert float(entry["answers"][0][0]) == pytest.approx(question.answer.value, rel=1e-9)
            assert "usual slips" in entry["answers"][-1][3]


def test_a_category_holds_the_variants_of_one_question_so_that_a_quiz_can_draw_one():
    """docs/teach.md: “each question is a category that holds its variants, so let a quiz draw one at random from each”"""
    sizes = {}
    for entry in banks()["moodle"]:
        sizes[entry["category"]] = sizes.get(entry["category"], 0) + 1
        assert re.fullmatch(r"\$course\$/top/Overshoot/\d+\w? [^/]+", entry["category"])
        assert entry["category"].split("/")[-1].split()[0] == entry["name"].split(",")[0]
    assert set(sizes.values()) == {COUNT} and len(sizes) == len(list(numbered(SETS[0])))


def test_a_known_slip_is_answered_with_its_own_words_in_the_notebook_and_in_moodle_alike():
    """docs/teach.md: “A slip that is known (the square root forgotten, 1/λ for 2/λ, the sum taken for the mean) is answered
    with its own explanation, in the notebook and in Moodle alike.”"""
    check = check_of(nbformat.reads(written()["set-01.ipynb"], 4))
    asked = {name: (problem, question) for name, problem, question in numbered(SETS[0])}
    rate, (first, second, third) = (asked["3a"][0].given[one] for one in ("rate", "losses"))
    no_root = (1 + (third - second) / (second - first)) / rate
    curvature = 2 / asked["1"][1].answer.value
    summed = asked["7b"][1].answer.value
    for name, slip in ("3a", no_root), ("1", 1 / curvature), ("7a", summed):
        problem, said = asked[name][0], check(name, slip)
        assert said.startswith(f"{name}: **not yet.** ") and problem.hint not in said
        entry = next(one for one in banks()["moodle"] if one["name"] == f"{name}, set 1")
        told = [
            why
            for value, slack, _, why in entry["answers"]
            if value != "*" and abs(float(value) - slip) <= slack
        ]
        assert told[0] == for_a_bank(said.partition("** ")[2])


def test_mathematics_in_a_bank_stands_between_the_brackets_that_moodle_sets():
    for entry in banks()["moodle"]:
        for text in (entry["text"], entry["general"], *(answer[3] for answer in entry["answers"])):
            assert text.count(r"\(") == text.count(r"\)") == text.count("arithmatex") and "$" not in text
            assert "**" not in text
