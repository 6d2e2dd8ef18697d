"""All questions as Moodle XML."""

import xml.etree.ElementTree as etree

from problems.formats.bank import categories, feedback, stem
from problems.formats.markdown import for_a_bank
from problems.numbers import number
from problems.problem import Problem, Question

EVERY = {"defaultgrade": "1", "penalty": "0.3333333", "hidden": "0"}
CHOICE = {"single": "true", "shuffleanswers": "true", "answernumbering": "ABCD"}


def moodle(sets: list[list[Problem]]) -> str:
    """A category for each question, and in it a variant of each set."""
    quiz = etree.Element("quiz")
    for category, variants in categories(sets):
        _text(etree.SubElement(quiz, "question", type="category"), "category", category)
        for title, problem, question in variants:
            _question(quiz, title, problem, question)
    etree.indent(quiz)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(quiz, encoding="unicode") + "\n"


def _question(quiz: etree.Element, title: str, problem: Problem, question: Question) -> None:
    kind = "multichoice" if question.is_choice else "numerical"
    element = etree.SubElement(quiz, "question", type=kind)
    _text(element, "name", title)
    _text(element, "questiontext", stem(problem, question), format="html")
    _text(element, "generalfeedback", for_a_bank(question.answer.why), format="html")
    for tag, value in (EVERY | (CHOICE if question.is_choice else {})).items():
        etree.SubElement(element, tag).text = value
    for answer in [question.answer, *question.wrong]:
        fraction = "100" if answer is question.answer else "0"
        if question.is_choice:
            found = _text(element, "answer", for_a_bank(answer.value), fraction=fraction, format="html")
        else:
            found = _number(element, number(answer.value, 6), number(answer.slack), fraction)
        _text(found, "feedback", feedback(question, answer), format="html")
    if not question.is_choice:
        _text(_number(element, "*", "0", "0"), "feedback", for_a_bank(problem.hint), format="html")


def _number(question: etree.Element, value: str, tolerance: str, fraction: str) -> etree.Element:
    answer = _text(question, "answer", value, fraction=fraction, format="moodle_auto_format")
    etree.SubElement(answer, "tolerance").text = tolerance
    return answer


def _text(parent: etree.Element, tag: str, text: str, **attributes: str) -> etree.Element:
    """Moodle puts every text into an element of its own."""
    element = etree.SubElement(parent, tag, attributes)
    etree.SubElement(element, "text").text = text
    return element
