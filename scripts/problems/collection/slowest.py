"""The condition number and the slowest direction, which need not be the flattest one."""

import math
import random

from problems.numbers import number
from problems.problem import Answer, Problem, Question


def draw(dice: random.Random) -> Problem:
    flat = dice.choice([0.2, 0.25, 0.4, 0.5, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5, 4.0, 5.0])
    kappa = dice.choice([4, 5, 8, 10, 16, 20, 25, 40, 50, 80])
    # Of two sets, in one the sharpest direction is the slowest: its factor αλ − 1 is above 1 − αλ/κ.
    sharpest = dice.random() < 0.5
    shares = [1.2, 1.5, 1.6, 1.7, 1.8, 1.9, 1.95, 1.96, 1.98, 1.99]
    share = dice.choice([one for one in shares if (one > 2 * kappa / (kappa + 1)) == sharpest])
    steep = flat * kappa
    middle = flat * dice.choice([n for n in (2, 3, 4, 5, 8, 10, 20) if n < 0.8 * kappa])
    rate = share / steep
    curvatures = [flat, middle, steep]
    factors = [1 - rate * curvature for curvature in curvatures]
    right = max(range(3), key=lambda i: abs(factors[i]))
    return Problem(
        "The condition number and the slowest direction",
        ("conditioning", "How fast can it be?"),
        rf"A quadratic loss has three directions, with the curvatures {number(flat)}, {number(middle)} and "
        rf"{number(steep)}. Gradient descent runs on it with $\alpha = {number(rate)}$.",
        {"curvatures": curvatures, "rate": rate},
        [
            _condition(curvatures, kappa),
            _direction(curvatures, factors, right),
            _wait(abs(factors[right]), other=abs(factors[0 if right == 2 else 2])),
        ],
    )


def _condition(curvatures: list[float], kappa: int) -> Question:
    flat, middle, steep = curvatures
    return Question(
        "What is the condition number κ?",
        [
            Answer(
                float(kappa),
                rf"$\kappa = \lambda_{{\max}}/\lambda_{{\min}} = {number(steep)}/{number(flat)} = {kappa}$.",
            ),
            Answer(
                1 / kappa,
                r"This is $\lambda_{\min}/\lambda_{\max}$, upside down; κ is never below 1.",
            ),
            Answer(
                steep / middle,
                "The middle curvature does not count: κ compares the largest with the smallest.",
            ),
            Answer(
                steep - flat,
                "This is a difference; κ is a ratio, so that it does not depend on the scale of the loss.",
            ),
        ],
    )


def _direction(curvatures: list[float], factors: list[float], right: int) -> Question:
    table = ", ".join(rf"${number(factor)}$" for factor in factors)
    slowest = rf"${number(factors[right])}$ along curvature {number(curvatures[right])}"
    surprise = (
        "A sharp direction can be the slowest too: near its limit it jumps back and forth."
        if right == 2
        else "At this rate the flattest direction moves least."
    )
    answers = [
        Answer(
            f"The one of curvature {number(curvature)}",
            rf"The three factors $1 - \alpha\lambda$ are {table}; the size of this one is the largest."
            if i == right
            else rf"Its factor is ${number(factors[i])}$, of smaller size than the {slowest}. {surprise}",
        )
        for i, curvature in enumerate(curvatures)
    ]
    return Question("Along which direction does the error shrink most slowly at this rate?", answers, right)


def _wait(slow: float, other: float) -> Question:
    exact = math.log(100) / -math.log(slow)
    wait = math.ceil(exact)
    return Question(
        "After how many updates is less than 1 % of the error along that direction left?",
        [
            Answer(
                wait,
                rf"Each update leaves ${number(slow)}$ of it, so it takes more than "
                rf"$\ln 100 / \ln(1/{number(slow)}) = {exact:.2f}$ updates: {wait}.",
            ),
            Answer(wait - 1, "Rounded down: after this update a little more than 1 % is left."),
            Answer(
                math.ceil(math.log(100) / -math.log(other)),
                rf"This is the wait of the other extreme, whose factor has the size ${number(other)}$.",
            ),
            Answer(
                math.ceil(exact / 2),
                "This is the wait of the *loss*, which shrinks with the square of "
                "the error, in half as many updates.",
            ),
        ],
    )
