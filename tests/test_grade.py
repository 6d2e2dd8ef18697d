"""What a class returns is graded against the key, and what cannot be read is said."""

import csv
import functools
import json
import re

import nbformat
import pytest
from bs4 import BeautifulSoup

from problems.command import files
from problems.grade import main
from problems.sets import numbered, problem_sets

SEED = 20_000_000_001
QUESTIONS = {name: question for name, _, question in numbered(list(problem_sets(2, SEED))[1])}


@functools.cache
def made():
    return dict(files(2, SEED, exam=True))


@pytest.fixture
def grade(tmp_path, capsys):
    """A function that grades a folder, and returns the class by learner, the report, and what was told."""
    (tmp_path / "key.json").write_text(made()["key.json"], encoding="utf-8")
    (tmp_path / "in").mkdir()

    def run(source="in", key="key.json"):
        try:
            main([str(tmp_path / source), "--key", str(tmp_path / key), "--out", str(tmp_path / "out")])
        except SystemExit:
            return capsys.readouterr().err
        rows = csv.DictReader((tmp_path / "out/grades.csv").read_text(encoding="utf-8").splitlines())
        report = BeautifulSoup((tmp_path / "out/report.html").read_text(encoding="utf-8"), "lxml")
        return {row["learner"]: row for row in rows}, report, capsys.readouterr().out

    return run


def returned(answers, place=2):
    """The notebook of an exam, with each blank filled."""
    text = made()[f"set-{place:02}.ipynb"]
    for name, answer in answers.items():
        text, count = re.subn(
            rf"answer_{name} = \.\.\.", lambda _, a=answer, n=name: f"answer_{n} = {a}", text
        )
        assert count == 1
    return text


def right(question):
    return f"'{question.letter(question.answer)}'" if question.is_choice else repr(question.answer.value)


def test_right_answers_are_right_and_a_known_slip_gets_its_own_words(grade, tmp_path):
    """docs/teach.md: “the same for the command below” “Collect the notebooks in a folder,” “report.html has a page for each
    learner to hand back, with what each wrong answer has missed; grades.csv has the class.”"""
    answers = {name: right(question) for name, question in QUESTIONS.items()}
    (tmp_path / "in/Ada.ipynb").write_text(returned(answers), encoding="utf-8")
    slip = QUESTIONS["1"].wrong[0]
    (tmp_path / "in/Bob.ipynb").write_text(returned(answers | {"1": repr(slip.value)}), encoding="utf-8")
    found, report, told = grade()
    count = str(len(QUESTIONS))
    assert (found["Ada"]["right"], found["Ada"]["of"], found["Ada"]["to look at"]) == (count, count, "0")
    assert found["Bob"]["1"] == "0" and found["Bob"]["right"] == str(len(QUESTIONS) - 1)
    words = re.sub(r"\$.*", "", slip.why).strip()
    assert words[:20] in report.get_text() and len(report.select("section")) == 2
    assert "2 sets of answers graded" in told and "0 answers to look at" in told


@pytest.mark.parametrize(
    "written, worth",
    [
        ("...", ""),
        ("{value} * 3 / 3", "1"),
        ("np.sqrt({value} ** 2)", "1"),
        ("mine", "1"),
        ("{value} * 1.009", "1"),
        ("{value} * 0.991", "1"),
        ("{value} * 1.011", "0"),
        ("2 / 18.66", "0"),
        ("2 / 18.66 * {value} / (2 / 18.66)", "1"),
        ("'{value}'", "?"),
        ("'a long story'", "?"),
        ("open('/etc/passwd').read()", "?"),
        ("__import__('os').system('touch broken')", "?"),
        ("9.0 ** 9.0 ** 9.0", "?"),
        ("1 +", "?"),
    ],
)
def test_arithmetic_counts_and_nothing_that_was_written_is_run(grade, tmp_path, monkeypatch, written, worth):
    """docs/teach.md: “Nothing that a learner wrote is run: an answer may be a number, a letter or arithmetic such as 2 /
    18.66, and whatever else stands there is marked for you to look at.” “Numbers count within 1 %.”"""
    monkeypatch.chdir(tmp_path)
    book = nbformat.reads(returned({"1": written.format(value=QUESTIONS["1"].answer.value)}), 4)
    book.cells.insert(1, nbformat.v4.new_code_cell(f"mine = {QUESTIONS['1'].answer.value} + 0"))
    nbformat.write(book, tmp_path / "in/Ada.ipynb")
    found, _, _ = grade()
    assert found["Ada"]["1"] == worth
    assert not (tmp_path / "broken").exists()


def test_a_table_is_graded_as_people_type_it(grade, tmp_path):
    """docs/teach.md: “or type what stands on paper into a table with the columns learner, set, question and answer, and let
    them be graded:”"""
    lines = ["learner;set;question;answer"]
    for name, question in QUESTIONS.items():
        value = (
            question.letter(question.answer).lower() if question.is_choice else f"{question.answer.value:.6g}"
        )
        lines.append(f"Zoë;2;{name};{value.replace('.', ',')}")
    (tmp_path / "in/class.csv").write_text("\n".join(lines), encoding="utf-8-sig")
    found, report, _ = grade()
    assert found["Zoë"]["right"] == str(len(QUESTIONS)) and "Zoë: problem set 2" in report.get_text()


def test_a_name_is_text_and_never_markup(grade, tmp_path):
    (tmp_path / "in/<b>.ipynb").write_text(returned({"1": "'<script>'"}), encoding="utf-8")
    _, report, _ = grade()
    assert report.select("b, script") == [] and "<script>" in report.get_text()


@pytest.mark.parametrize(
    "name, text, says",
    [
        ("a.ipynb", "{", r"a\.ipynb: this is no notebook.*\n.*Cure: ask"),
        ("a.ipynb", json.dumps({"cells": []}), r"a\.ipynb: its title no longer says.*\n.*Cure: begin"),
        (
            "a.ipynb",
            lambda: made()["set-02.ipynb"].replace("set 2", "set 9"),
            r"the sets 1 to 2, and none of number 9.*\n.*Cure",
        ),
        ("a.csv", "x,y\n1,2\n", r"a\.csv: .*learner, set, question, answer.*\n.*Cure"),
        ("a.csv", "learner,set,question,answer\nA,first,1,2\n", r"“first” is no number of a set.*\n.*Cure"),
        ("a.csv", "", r"a\.csv: .*\n.*Cure"),
        ("a.txt", "", r"holds no notebook and no CSV.*\n.*Cure"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_file_and_cure_and_nothing_is_written(
    grade, tmp_path, name, text, says
):
    (tmp_path / "in" / name).write_text(text() if callable(text) else text, encoding="utf-8")
    assert re.search(says, grade())
    assert not (tmp_path / "out").exists()


def test_a_key_that_is_none_is_told(grade, tmp_path):
    (tmp_path / "in/a.ipynb").write_text(returned({}), encoding="utf-8")
    assert "Cure: name the key.json" in grade(key="nowhere.json")
