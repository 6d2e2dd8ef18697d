"""The regime from αλ: which of five things a run does, and its factor."""

import math
import random

from problems.numbers import CURVATURES, number
from problems.problem import Answer, Problem, Question

REGIMES = (
    (0, 1, "It comes down on one side and settles"),
    (1, 1, "It is at the bottom after one update"),
    (1, 2, "It jumps across at every update and settles"),
    (2, 2, "It flips between two points for ever"),
    (2, math.inf, "It jumps across at every update, further out each time"),
)


def draw(dice: random.Random) -> Problem:
    curvature = dice.choice(CURVATURES)
    product = dice.choice([n / 10 for n in range(2, 35) if n % 10])
    rate = product / curvature
    return Problem(
        "The regime from αλ",
        ("overshoot", "Why: three lines"),
        rf"A parabola has the curvature $\lambda = {number(curvature)}$. Gradient descent runs on it "
        rf"with the learning rate $\alpha = {number(rate)}$.",
        {"curvature": curvature, "rate": rate},
        [_regime(product), _factor(rate, curvature, product)],
    )


def _regime(product: float) -> Question:
    right = next(i for i, (low, high, _) in enumerate(REGIMES) if low < product < high)
    answers = [
        Answer(words, _right(product) if i == right else _wrong(product, low, high))
        for i, (low, high, words) in enumerate(REGIMES)
    ]
    return Question("What does the run do?", answers, right)


def _right(product: float) -> str:
    sign = "positive: the run stays on its side" if product < 1 else "negative: each update crosses"
    size = "below 1, so the error shrinks" if product < 2 else "above 1, so the error grows"
    return rf"The factor $1 - \alpha\lambda = {number(1 - product)}$ is {sign}; its size is {size}."


def _wrong(product: float, low: float, high: float) -> str:
    span = rf"$\alpha\lambda = {low}$" if low == high else rf"$\alpha\lambda$ between {low} and {high}"
    span = r"$\alpha\lambda$ above 2" if high == math.inf else span
    return rf"That takes {span}; here $\alpha\lambda = {number(product)}$."


def _factor(rate: float, curvature: float, product: float) -> Question:
    factor = 1 - product
    worked = rf"$\alpha\lambda = {number(rate)} \cdot {number(curvature)} = {number(product)}$"
    return Question(
        "By which number does each update multiply the error (the distance to the bottom, with its sign)?",
        [
            Answer(factor, rf"{worked}, and the factor is $1 - \alpha\lambda = {number(factor)}$."),
            Answer(
                -factor,
                r"The sign is reversed. It is $1 - \alpha\lambda$, and its sign says "
                "whether the run crosses the bottom.",
            ),
            Answer(
                product,
                r"This is $\alpha\lambda$, the share of the error that the step *takes "
                r"away*. What is left is $1 - \alpha\lambda$.",
            ),
            Answer(
                factor**2,
                "This is the factor of the loss above its floor. The loss goes with the "
                "square of the error; the question is about the error.",
            ),
            Answer(1 + product, r"$1 + \alpha\lambda$ would be a step *up* the slope: the wrong sign."),
        ],
    )
