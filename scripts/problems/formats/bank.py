"""What both question banks hold: a category for each question, so that a quiz can draw a variant."""

from collections.abc import Iterator

from problems.formats.markdown import for_a_bank
from problems.problem import Answer, Problem, Question
from problems.sets import numbered


def categories(sets: list[list[Problem]]) -> Iterator[tuple[str, list[tuple[str, Problem, Question]]]]:
    """Each question with its variants: (category, [(title, problem, question), …])."""
    for column in zip(*map(numbered, sets), strict=True):
        name, problem, _ = column[0]
        category = f"$course$/top/Overshoot/{name} {problem.title}"
        yield (
            category,
            [(f"{name}, set {place}", one, ask) for place, (_, one, ask) in enumerate(column, start=1)],
        )


def stem(problem: Problem, question: Question) -> str:
    """The situation and the question, on one line."""
    return for_a_bank(f"{problem.text}\n\n{question.ask}").replace("\n", "")


def feedback(question: Question, answer: Answer) -> str:
    """What a bank says to one answer; why the right one is right it says to everybody."""
    return "Right." if answer is question.answer else for_a_bank(answer.why)
