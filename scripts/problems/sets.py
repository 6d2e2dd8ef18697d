"""A set: every problem once, drawn from a seed, and what its questions are called."""

import random
from collections.abc import Iterator
from dataclasses import replace
from string import ascii_lowercase
from types import ModuleType

from problems.collection import PROBLEMS
from problems.problem import Problem, Question, fair

PATIENCE = 10_000


class ProblemError(Exception):
    """More sets were asked for than there are different problems. The message names the cure."""


def problem_sets(count: int, seed: int) -> Iterator[list[Problem]]:
    """``count`` sets, each with every problem once, no problem in two sets; the same for the same seed.

    The first sets do not depend on how many follow. Raises ProblemError when a problem has no further
    variant.
    """
    dice, used, letters = random.Random(seed), set(), {}
    for _ in range(count):
        yield [_lettered(_new(kind, dice, used), dice, letters) for kind in PROBLEMS]


def _new(kind: ModuleType, dice: random.Random, used: set[str]) -> Problem:
    for _ in range(PATIENCE):
        problem = kind.draw(dice)
        if problem.text not in used and fair(problem):
            used.add(problem.text)
            return problem
    raise ProblemError(f"“{problem.title}” has no further variant.\n  Cure: ask for fewer sets.")


def _lettered(problem: Problem, dice: random.Random, letters: dict[tuple, list[int]]) -> Problem:
    """The problem with its choices in another order, so that no letter is right more often than another."""
    questions = []
    for place, question in enumerate(problem.questions):
        if question.is_choice:
            waiting = letters.setdefault((problem.title, place), [])
            if not waiting:
                waiting += dice.sample(range(len(question.answers)), len(question.answers))
            answers = dice.sample(question.wrong, len(question.wrong))
            right = waiting.pop()
            answers.insert(right, question.answer)
            question = replace(question, answers=answers, right=right)
        questions.append(question)
    return replace(problem, questions=questions)


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
