"""The answers of a set: to read, with what each wrong one has missed, and as a table to grade by."""

import csv
import io
import json

from problems.formats.markdown import for_paper
from problems.numbers import number
from problems.problem import Answer, Problem, Question
from problems.sets import grouped, numbered


def key(problems: list[Problem], title: str) -> str:
    """The set's answers, each with its worked solution and what a typical wrong answer tells."""
    parts = [f"<section><h1>{title}: key</h1>", "<table><tr><th>question</th><th>answer</th></tr>"]
    for name, _, question in numbered(problems):
        parts.append(f"<tr><td>{name}</td><td>{question.shown(question.answer)}</td></tr>")
    parts.append("</table>")
    for place, problem, questions in grouped(problems):
        parts.append(f'<div class="problem"><h2>{place}. {problem.title}</h2>{for_paper(problem.text)}</div>')
        for name, question in questions:
            parts += _explained(name, question)
    return "\n".join([*parts, "</section>"])


def _explained(name: str, question: Question) -> list[str]:
    right = f"**{question.shown(question.answer)}.** {question.answer.why}"
    parts = [f'<div class="problem">{for_paper(f"**{name}** {question.ask}")}{for_paper(right)}']
    parts.append("<table><tr><th>who answers</th><th>has missed</th></tr>")
    for answer in question.wrong:
        parts.append(f"<tr><td>{question.shown(answer)}</td><td>{for_paper(answer.why)}</td></tr>")
    return [*parts, "</table></div>"]


def key_table(sets: list[list[Problem]]) -> str:
    """All answers as CSV: set, question, answer, and the interval that counts as right."""
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["set", "question", "answer", "from", "to"])
    for place, problems in enumerate(sets, start=1):
        for name, _, question in numbered(problems):
            answer = question.answer
            right = [question.letter(answer), "", ""] if question.is_choice else _interval(answer)
            rows.writerow([place, name, *right])
    return table.getvalue()


def key_as_data(sets: list[list[Problem]], seed: int) -> str:
    """All that grading takes, as JSON: of each set and question the answers, right or foreseen, each with its words."""
    known = [
        {
            name: {
                "ask": question.ask,
                "right": _known(question, question.answer),
                "wrong": [_known(question, answer) for answer in question.wrong],
            }
            for name, _, question in numbered(problems)
        }
        for problems in sets
    ]
    return json.dumps({"seed": seed, "sets": known}, ensure_ascii=False, indent=1) + "\n"


def _known(question: Question, answer: Answer) -> dict:
    value = question.letter(answer) if question.is_choice else answer.value
    slack = None if question.is_choice else answer.slack
    return {"value": value, "slack": slack, "shown": question.shown(answer), "why": answer.why}


def _interval(answer: Answer) -> list[str]:
    ends = sorted([answer.value - answer.slack, answer.value + answer.slack])
    return [number(one, 6) for one in (answer.value, *ends)]
