"""All questions in GIFT, Moodle's plain-text format, which other learning platforms read too."""

from problems.formats.bank import categories, feedback, stem
from problems.formats.markdown import for_a_bank
from problems.numbers import number
from problems.problem import Problem, Question


def gift(sets: list[list[Problem]]) -> str:
    """A category for each question, and in it a variant of each set."""
    blocks = []
    for category, variants in categories(sets):
        blocks.append(f"$CATEGORY: {category}")
        blocks += [_block(*variant) for variant in variants]
    return "\n\n".join(blocks) + "\n"


def _block(title: str, problem: Problem, question: Question) -> str:
    begin = f"::{_escaped(title)}::[html]{_escaped(stem(problem, question))}{{"
    end = f"  ####{_escaped(for_a_bank(question.answer.why))}\n}}"
    answers = _choices(question) if question.is_choice else _numbers(question, problem.hint)
    return "\n".join([begin + ("" if question.is_choice else "#"), *answers, end])


def _choices(question: Question) -> list[str]:
    signs = ["=" if answer is question.answer else "~" for answer in question.answers]
    return [
        f"  {sign}{_escaped(for_a_bank(answer.value))}#{_escaped(feedback(question, answer))}"
        for sign, answer in zip(signs, question.answers, strict=True)
    ]


def _numbers(question: Question, hint: str) -> list[str]:
    lines = []
    for answer in [question.answer, *question.wrong]:
        share = "100" if answer is question.answer else "0"
        value = f"{number(answer.value, 6)}:{number(answer.slack)}"
        lines.append(f"  =%{share}%{value}#{_escaped(feedback(question, answer))}")
    return [*lines, f"  ~#{_escaped(for_a_bank(hint))}"]


def _escaped(text: str) -> str:
    """GIFT's own signs, each behind a backslash."""
    return "".join(f"\\{sign}" if sign in "\\~=#{}:" else sign for sign in text)
