"""A set as a Jupyter notebook (nbformat 4.5): a blank under each question, and a check."""

import base64
import json
import zlib

from problems.formats.paper import PRECISION
from problems.problem import Problem, Question
from problems.sets import grouped, numbered

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


def notebook(problems: list[Problem], title: str, exam: bool = False) -> str:
    """The set as a notebook; for an exam without the check."""
    cells = [_words("title", f"# {title}\n\n{PRECISION}")]
    if not exam:
        cells.append(_code("check", CHECK.format(answers=_packed(problems))))
    for place, problem, questions in grouped(problems):
        cells.append(_words(f"problem-{place}", f"## {place}. {problem.title}\n\n{problem.text}"))
        for name, question in questions:
            check = "" if exam else f'\ncheck("{name}", answer_{name})'
            cells.append(_words(f"question-{name}", f"**{name}** {question.ask}{_options(question)}"))
            cells.append(_code(f"answer-{name}", f"answer_{name} = ...  # {_kind(question)}{check}"))
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    whole = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _words(name: str, source: str) -> dict:
    lines = source.splitlines(keepends=True)
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": lines}


def _code(name: str, source: str) -> dict:
    return _words(name, source) | {"cell_type": "code", "execution_count": None, "outputs": []}


def _options(question: Question) -> str:
    if not question.is_choice:
        return ""
    listed = [f"\n- **{question.letter(answer)}** {answer.value}" for answer in question.answers]
    return "\n" + "".join(listed)


def _kind(question: Question) -> str:
    last = question.answers[-1]
    return f'a letter in quotes, "A" to "{question.letter(last)}"' if question.is_choice else "a number"


def _packed(problems: list[Problem]) -> str:
    """All that the check knows, so that it cannot be read at a glance."""
    table = {
        name: (_answers(question), _kind(question), problem.hint)
        for name, problem, question in numbered(problems)
    }
    return base64.b64encode(zlib.compress(json.dumps(table).encode(), 9)).decode()


def _answers(question: Question) -> list[tuple]:
    """Value, slack, reason, and whether it is right, of each answer; a letter has no slack."""
    return [
        (
            question.letter(answer) if question.is_choice else answer.value,
            None if question.is_choice else answer.slack,
            answer.why,
            answer is question.answer,
        )
        for answer in question.answers
    ]
