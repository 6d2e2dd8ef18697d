"""Make problem sets for a class:  uv run problems --count 30 --seed 7 --out folder

Writes to a new folder, the same bytes for the same seed:

set-01.ipynb …    a notebook for each learner, with blanks, and a check that explains what is wrong
set-01.html …     the same set to print, on A4 or Letter
sets.html         all sets in one file, each on a fresh sheet
key.html key.csv  every answer; in key.html with its worked solution and the typical wrong answers
moodle.xml        all questions as a question bank for Moodle: a category for each question, a variant for each set
gift.txt          the same in Moodle's GIFT format, which other learning platforms read too

With --exam the notebooks have blanks and no check.
"""

import argparse
import base64
import csv
import hashlib
import html
import io
import json
import sys
import xml.etree.ElementTree as etree
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase

from markdown import Markdown

from pages.mathematics import MathematicsExtension
from problems.problems import TOLERANCE, Answer, Problem, ProblemError, Question, number, problem_sets

_arithmatex = {
    "extensions": ["pymdownx.arithmatex"],
    "extension_configs": {"pymdownx.arithmatex": {"generic": True}},
}
_moodle = Markdown(**_arithmatex)  # leaves \(…\), which Moodle sets
_paper = Markdown(**_arithmatex)
_paper.registerExtensions([MathematicsExtension()], {})

PRECISION = (
    "Three significant digits are enough: a number within 1 % of the right one counts, a count must be exact."
)
STYLE = (Path(__file__).with_name("paper.css")).read_text(encoding="utf-8")
CHECK = '''\
import base64, json, zlib
from IPython.display import Markdown, display

# All answers with their explanations, packed so that none is read by accident. They are no secret.
ANSWERS = json.loads(zlib.decompress(base64.b64decode("{answers}")))


def check(name, given):
    """Say whether the answer is right, and what is wrong with it if it is not."""
    answers, kind, hint = ANSWERS[name]
    if given is ...:
        said = f"still blank. Put {{kind}} in the place of the dots."
    else:
        said = f"this wants {{kind}}."
        try:
            given = given.strip().upper() if isinstance(given, str) and kind.startswith("a letter") else float(given)
        except (TypeError, ValueError):
            given = None
        if given is not None:
            said = f"**not yet.** {{hint}}"
            for value, slack, why, right in answers:
                if given == value or slack is not None and not isinstance(given, str) and abs(given - value) <= slack:
                    said = ("**right.** " if right else "**not yet.** ") + why
                    break
    display(Markdown(f"{{name}}: {{said}}"))'''


def grouped(problems: list[Problem]) -> Iterator[tuple[int, Problem, list[tuple[str, Question]]]]:
    """Each problem of a set with its number, and its questions with their names: 1, 2a, 2b, …"""
    for place, problem in enumerate(problems, start=1):
        letters = ascii_lowercase if len(problem.questions) > 1 else [""]
        names = [f"{place}{letter}" for letter in letters]
        yield place, problem, list(zip(names, problem.questions, strict=False))


def numbered(problems: list[Problem]) -> Iterator[tuple[str, Problem, Question]]:
    """Each question of a set with its name and its problem."""
    for _, problem, questions in grouped(problems):
        for name, question in questions:
            yield name, problem, question


def hint(problem: Problem) -> str:
    """What is said to a wrong answer that nobody foresaw."""
    chapter, section = problem.taught
    return f"This is none of the usual slips. The chapter *{chapter.title()}* explains it under “{section}”."


def shown(question: Question, answer: Answer) -> str:
    """An answer as it is written down: a number, or the letter of a choice with its words."""
    if not question.is_choice:
        return number(answer.value).replace("-", "−")
    return f"{ascii_uppercase[question.answers.index(answer)]} ({answer.value})"


# ── The formats ─────────────────────────────────────────────────────────────────────────────────────


def notebook(problems: list[Problem], title: str, exam: bool = False) -> str:
    """The set as a Jupyter notebook (nbformat 4.5): a blank under each question, and a check."""
    cells = []

    def cell(kind, source, name):
        extra = {"execution_count": None, "outputs": []} if kind == "code" else {}
        lines = source.splitlines(keepends=True)
        cells.append({"cell_type": kind, "id": name, "metadata": {}, "source": lines} | extra)

    cell("markdown", f"# {title}\n\n{PRECISION}", "title")
    if not exam:
        cell("code", CHECK.format(answers=_packed(problems)), "check")
    for place, problem, questions in grouped(problems):
        cell("markdown", f"## {place}. {problem.title}\n\n{problem.text}", f"problem-{place}")
        for name, question in questions:
            letters = ascii_uppercase if question.is_choice else ""
            options = zip(letters, question.answers, strict=False)
            listed = "".join(f"\n- **{letter}** {answer.value}" for letter, answer in options)
            cell("markdown", f"**{name}** {question.ask}\n{listed}".rstrip(), f"question-{name}")
            blank = f"answer_{name} = ...  # {_kind(question)}"
            check = "" if exam else f'\ncheck("{name}", answer_{name})'
            cell("code", blank + check, f"answer-{name}")
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    whole = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _kind(question: Question) -> str:
    return (
        f'a letter in quotes, "A" to "{ascii_uppercase[len(question.answers) - 1]}"'
        if question.is_choice
        else "a number"
    )


def _packed(problems: list[Problem]) -> str:
    table = {
        name: (
            [
                (
                    ascii_uppercase[place] if question.is_choice else answer.value,
                    None if question.is_choice else _slack(answer),
                    answer.why,
                    answer is question.answer,
                )
                for place, answer in enumerate(question.answers)
            ],
            _kind(question),
            hint(problem),
        )
        for name, problem, question in numbered(problems)
    }
    return base64.b64encode(zlib.compress(json.dumps(table).encode(), 9)).decode()


def _slack(answer: Answer) -> float:
    return 0.0 if isinstance(answer.value, int) else TOLERANCE * abs(answer.value)


def page(title: str, parts: list[str]) -> str:
    """A page that is whole in itself: no script, no request, its one style sheet allowed by hash."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def sheet(problems: list[Problem], title: str) -> str:
    """The set as it is printed: a line for each answer."""
    parts = [f"<section><h1>{title}</h1>", '<p class="who">Name <span></span> Date <span></span></p>']
    parts.append(f"<p>{PRECISION}</p>")
    for place, problem, questions in grouped(problems):
        parts.append(f'<div class="problem"><h2>{place}. {problem.title}</h2>{_html(problem.text)}')
        for name, question in questions:
            parts.append(f'<div class="question"><div>{_html(f"**{name}** {question.ask}")}')
            if question.is_choice:
                options = "".join(f"<li>{answer.value}</li>" for answer in question.answers)
                parts.append(f'<ol type="A">{options}</ol>')
            parts.append('</div><p class="answer">Answer <span></span></p></div>')
        parts.append("</div>")
    return "\n".join([*parts, "</section>"])


def key(problems: list[Problem], title: str) -> str:
    """The set's answers, each with its worked solution and what a typical wrong answer tells."""
    parts = [f"<section><h1>{title}: key</h1>", "<table><tr><th>question</th><th>answer</th></tr>"]
    for name, _, question in numbered(problems):
        parts.append(f"<tr><td>{name}</td><td>{shown(question, question.answer)}</td></tr>")
    parts.append("</table>")
    for place, problem, questions in grouped(problems):
        parts.append(f'<div class="problem"><h2>{place}. {problem.title}</h2>{_html(problem.text)}</div>')
        for name, question in questions:
            right = f"**{shown(question, question.answer)}.** {question.answer.why}"
            parts.append(f'<div class="problem">{_html(f"**{name}** {question.ask}")}{_html(right)}')
            parts.append("<table><tr><th>who answers</th><th>has missed</th></tr>")
            for answer in question.wrong:
                parts.append(f"<tr><td>{shown(question, answer)}</td><td>{_html(answer.why)}</td></tr>")
            parts.append("</table></div>")
    return "\n".join([*parts, "</section>"])


def _html(text: str) -> str:
    return _paper.reset().convert(text)


def key_table(sets: list[list[Problem]]) -> str:
    """All answers as CSV: set, question, answer, and the interval that counts as right."""
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["set", "question", "answer", "from", "to"])
    for place, problems in enumerate(sets, start=1):
        for name, _, question in numbered(problems):
            answer = question.answer
            if question.is_choice:
                rows.writerow([place, name, ascii_uppercase[question.right], "", ""])
            else:
                ends = sorted([answer.value - _slack(answer), answer.value + _slack(answer)])
                rows.writerow([place, name, number(answer.value, 6), *(number(end, 6) for end in ends)])
    return table.getvalue()


def moodle(sets: list[list[Problem]], seed: int) -> str:
    """All questions as Moodle XML: a category for each question, so that a quiz can draw a variant."""
    quiz = etree.Element("quiz")
    for category, variants in _categories(sets, seed):
        element = etree.SubElement(quiz, "question", type="category")
        _text(etree.SubElement(element, "category"), category)
        for title, problem, question in variants:
            kind = "multichoice" if question.is_choice else "numerical"
            element = etree.SubElement(quiz, "question", type=kind)
            _text(etree.SubElement(element, "name"), title)
            _text(etree.SubElement(element, "questiontext", format="html"), _stem(problem, question))
            _text(etree.SubElement(element, "generalfeedback", format="html"), _bank(question.answer.why))
            for tag, value in ("defaultgrade", "1"), ("penalty", "0.3333333"), ("hidden", "0"):
                etree.SubElement(element, tag).text = value
            if question.is_choice:
                for tag, value in ("single", "true"), ("shuffleanswers", "true"), ("answernumbering", "ABCD"):
                    etree.SubElement(element, tag).text = value
            for answer in [question.answer, *question.wrong]:
                fraction = "100" if answer is question.answer else "0"
                if question.is_choice:
                    found = etree.SubElement(element, "answer", fraction=fraction, format="html")
                    _text(found, _bank(answer.value))
                else:
                    found = etree.SubElement(
                        element, "answer", fraction=fraction, format="moodle_auto_format"
                    )
                    _text(found, number(answer.value, 6))
                    etree.SubElement(found, "tolerance").text = number(_slack(answer))
                _text(etree.SubElement(found, "feedback", format="html"), _feedback(question, answer))
            if not question.is_choice:
                rest = etree.SubElement(element, "answer", fraction="0", format="moodle_auto_format")
                _text(rest, "*")
                etree.SubElement(rest, "tolerance").text = "0"
                _text(etree.SubElement(rest, "feedback", format="html"), _bank(hint(problem)))
    etree.indent(quiz)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(quiz, encoding="unicode") + "\n"


def gift(sets: list[list[Problem]], seed: int) -> str:
    """All questions in GIFT, in the same categories."""
    blocks = []
    for category, variants in _categories(sets, seed):
        blocks.append(f"$CATEGORY: {category}")
        for title, problem, question in variants:
            lines = [f"::{_escaped(title)}::[html]{_escaped(_stem(problem, question))}{{"]
            if question.is_choice:
                for answer in question.answers:
                    sign = "=" if answer is question.answer else "~"
                    lines.append(
                        f"  {sign}{_escaped(_bank(answer.value))}#{_escaped(_feedback(question, answer))}"
                    )
            else:
                lines[0] += "#"
                for answer in [question.answer, *question.wrong]:
                    sign = "=%100%" if answer is question.answer else "=%0%"
                    value = f"{number(answer.value, 6)}:{number(_slack(answer))}"
                    lines.append(f"  {sign}{value}#{_escaped(_feedback(question, answer))}")
                lines.append(f"  ~#{_escaped(_bank(hint(problem)))}")
            lines.append(f"  ####{_escaped(_bank(question.answer.why))}\n}}")
            blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _categories(
    sets: list[list[Problem]], seed: int
) -> Iterator[tuple[str, list[tuple[str, Problem, Question]]]]:
    for column in zip(*map(numbered, sets), strict=True):
        name, problem, _ = column[0]
        category = f"$course$/top/Overshoot, seed {seed}/{name} {problem.title}"
        yield (
            category,
            [(f"{name}, set {place}", one, ask) for place, (_, one, ask) in enumerate(column, start=1)],
        )


def _stem(problem: Problem, question: Question) -> str:
    return _bank(f"{problem.text}\n\n{question.ask}").replace("\n", "")


def _feedback(question: Question, answer: Answer) -> str:
    """What a bank says to one answer; why the right one is right it says to everybody."""
    return "Right." if answer is question.answer else _bank(answer.why)


def _bank(text: str) -> str:
    return _moodle.reset().convert(text)


def _escaped(text: str) -> str:
    """GIFT's own signs, each behind a backslash."""
    return "".join(f"\\{sign}" if sign in "\\~=#{}:" else sign for sign in text)


def _text(element: etree.Element, text: str) -> None:
    etree.SubElement(element, "text").text = text


# ── The command ─────────────────────────────────────────────────────────────────────────────────────


def files(count: int, seed: int, exam: bool = False) -> Iterator[tuple[str, str]]:
    """Every file of ``count`` sets, as its name and its text. Raises ProblemError for too many."""
    sets = list(problem_sets(count, seed))
    titles = [f"Problem set {place} of seed {seed}" for place in range(1, count + 1)]
    for place, (problems, title) in enumerate(zip(sets, titles, strict=True), start=1):
        name = f"set-{place:0{max(2, len(str(count)))}}"
        yield f"{name}.ipynb", notebook(problems, title, exam)
        yield f"{name}.html", page(title, [sheet(problems, title)])
    yield "sets.html", page(f"Problem sets of seed {seed}", [*map(sheet, sets, titles)])
    yield "key.html", page(f"Key to the problem sets of seed {seed}", [*map(key, sets, titles)])
    yield "key.csv", key_table(sets)
    yield "moodle.xml", moodle(sets, seed)
    yield "gift.txt", gift(sets, seed)


@cache  # the server builds the site again after every edit
def archive(count: int, seed: int) -> bytes:
    """All files in one zip, the same bytes each time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as folder:
        for name, text in files(count, seed):
            entry = zipfile.ZipInfo(f"problem-sets/{name}", (1980, 1, 1, 0, 0, 0))
            folder.writestr(entry, text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, required=True, help="how many sets, one for each learner")
    parser.add_argument("--seed", type=int, required=True, help="any whole number; another one, other sets")
    parser.add_argument(
        "--out", type=Path, required=True, help="a folder that does not exist yet, or is empty"
    )
    parser.add_argument("--exam", action="store_true", help="notebooks without the check")
    given = parser.parse_args(arguments)
    if given.count < 1:
        parser.error(f"--count {given.count}: at least one set, please.")
    if given.out.exists() and not (given.out.is_dir() and not any(given.out.iterdir())):
        parser.error(f"--out {given.out} holds something already.\n  Cure: name a new folder.")
    try:
        made = list(files(given.count, given.seed, given.exam))
    except ProblemError as error:
        parser.error(f"--count {given.count} is too many: {error}")
    given.out.mkdir(parents=True, exist_ok=True)
    for name, text in made:
        (given.out / name).write_bytes(text.encode("utf-8"))
    sys.stdout.write(f"{given.count} sets of seed {given.seed}: {len(made)} files in {given.out}\n")


if __name__ == "__main__":
    main()
