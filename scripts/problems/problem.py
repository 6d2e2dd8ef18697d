"""What a problem is: a situation, questions about it, and answers that say why they are right or wrong."""

from dataclasses import dataclass
from itertools import combinations
from string import ascii_uppercase

from problems.numbers import is_neat, signed

# where the name of the file says something else
TITLES = {"precision": "Sixteen bits", "depth": "Depth and time"}
TOLERANCE = 0.01  # relative, for every number that is not a count


@dataclass(frozen=True)
class Answer:
    """A number, a whole number for a count, or the words of a choice; and why it is right or wrong."""

    value: float | int | str
    why: str

    @property
    def slack(self) -> float:
        """How far from this number a given one may lie: a count must be exact."""
        return 0.0 if isinstance(self.value, int) else TOLERANCE * abs(self.value)

    def accepts(self, given: float) -> bool:
        """Whether a given number is this one."""
        return abs(given - self.value) <= self.slack


@dataclass(frozen=True)
class Question:
    """What is asked, and its answers: of numbers the first is right, of choices the one at ``right``."""

    ask: str
    answers: list[Answer]
    right: int = 0

    @property
    def answer(self) -> Answer:
        return self.answers[self.right]

    @property
    def wrong(self) -> list[Answer]:
        return [answer for answer in self.answers if answer is not self.answer]

    @property
    def is_choice(self) -> bool:
        return isinstance(self.answer.value, str)

    def letter(self, answer: Answer) -> str:
        """The letter before one answer of a choice."""
        return ascii_uppercase[self.answers.index(answer)]

    def shown(self, answer: Answer) -> str:
        """An answer as it is written down: a number, or the letter of a choice with its words."""
        return f"{self.letter(answer)} ({answer.value})" if self.is_choice else signed(answer.value)


@dataclass(frozen=True)
class Problem:
    """A situation and one to three questions about it. Texts are Markdown with LaTeX in ``$…$``.

    ``given`` holds its numbers for a simulation, ``taught`` a chapter and the section that teaches it.
    """

    title: str
    taught: tuple[str, str]
    text: str
    given: dict
    questions: list[Question]

    @property
    def hint(self) -> str:
        """What is said to a wrong answer that nobody foresaw."""
        chapter, section = self.taught
        return f"This is none of the usual slips. The chapter *{TITLES.get(chapter, chapter.title())}* explains it under “{section}”."


def fair(problem: Problem) -> bool:
    """What is given and what is right is neat, and no two answers could be taken for one another."""
    right = [question.answer.value for question in problem.questions]
    distinct = all(question.is_choice or _distinct(question.answers) for question in problem.questions)
    return distinct and all(map(is_neat, [*problem.given.values(), *right]))


def _distinct(answers: list[Answer]) -> bool:
    """Whether no number could be taken for two of them."""
    return all(
        abs(one.value - other.value) > 2 * max(one.slack, other.slack)
        for one, other in combinations(answers, 2)
    )
