"""Wrong sign or high rate: the weights of an explosion tell."""

import math
import random

from problems.numbers import number, signed
from problems.problem import Answer, Problem, Question


def draw(dice: random.Random) -> Problem:
    wrong_sign = dice.random() < 0.5
    ratio = dice.choice([1.2, 1.25, 1.3, 1.4, 1.5, 1.6, 1.75, 1.8, 2.0, 2.2, 2.5])
    rate = float(number(dice.choice([n * 10**-k for k in (1, 2, 3) for n in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5)])))
    bottom, first = dice.randint(-9, 9), dice.choice([-1, 1]) * dice.choice([1, 2, 4, 8])
    weights = [round(bottom + first * (ratio if wrong_sign else -ratio) ** t, 6) for t in range(4)]
    return Problem(
        "Wrong sign or high rate",
        ("overshoot", "You may think …"),
        rf"A run of plain gradient descent at $\alpha = {number(rate)}$ on a parabola, always on the same data, "
        rf"explodes. Its weight is {', '.join(signed(one, 9) for one in weights)} at four updates in a row.",
        {"rate": rate, "weights": weights, "wrong_sign": wrong_sign},
        [_cause(wrong_sign), _curvature(wrong_sign, ratio, rate)],
    )


def _cause(wrong_sign: bool) -> Question:
    alternate = (
        r"The differences of neighbouring weights alternate and grow: $1 - \alpha\lambda$ is below $-1$."
    )
    would_alternate = "Then the differences of neighbouring weights would alternate. They keep their sign."
    leave = r"The weights leave on one side, by the factor $1 + \alpha\lambda$ each time."
    would_leave = "Then the weight would leave on one side. Here each update crosses the bottom."
    return Question(
        "What is wrong?",
        [
            Answer("The rate is above its limit", would_alternate if wrong_sign else alternate),
            Answer("The step has the wrong sign: it climbs", leave if wrong_sign else would_leave),
            Answer(
                "The batches differ: it is noise",
                "The data are always the same, and noise does not grow by the same factor each time.",
            ),
            Answer(
                "Nothing: the run is about to settle",
                "The differences of neighbouring weights grow by the same factor each time. "
                "They will not stop.",
            ),
        ],
        right=1 if wrong_sign else 0,
    )


def _curvature(wrong_sign: bool, ratio: float, rate: float) -> Question:
    one, other = (-1, 1) if wrong_sign else (1, -1)
    curvature = (ratio + one) / rate
    factor = r"1 + \alpha\lambda" if wrong_sign else r"1 - \alpha\lambda"
    seen = "leave on one side" if wrong_sign else "alternate"
    return Question(
        "What is the curvature λ of the parabola?",
        [
            Answer(
                float(curvature),
                rf"Neighbouring differences have the ratio ${number(-one * ratio)} = {factor}$, so "
                rf"$\lambda = ({number(ratio)} {'-' if wrong_sign else '+'} 1)/\alpha = {number(curvature)}$.",
            ),
            Answer(
                (ratio + other) / rate,
                rf"This belongs to the other explosion. These weights {seen}, so the factor is ${factor}$.",
            ),
            Answer(
                ratio / rate,
                rf"The 1 is missing: the factor of the error is ${factor}$, not $\alpha\lambda$ alone.",
            ),
            Answer(
                (1 + math.sqrt(ratio)) / rate,
                "A square root belongs to losses. A weight goes with the error itself.",
            ),
        ],
    )
