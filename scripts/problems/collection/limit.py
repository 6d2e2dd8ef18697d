"""The limit from a curvature: differentiate a loss twice."""

import random

from problems.numbers import CURVATURES, number
from problems.problem import Answer, Problem, Question

COEFFICIENTS = [n for n in CURVATURES if n <= 400]


def draw(dice: random.Random) -> Problem:
    a, bottom, floor = dice.choice(COEFFICIENTS), dice.randint(1, 9), dice.randint(1, 20)
    return Problem(
        "The limit from a curvature",
        ("overshoot", "Why: three lines"),
        rf"Gradient descent minimises the loss $f(w) = {number(a)}\,(w - {bottom})^2 + {floor}$, "
        rf"with the updates $w \leftarrow w - \alpha f'(w)$.",
        {"a": a, "bottom": bottom, "floor": floor},
        [_limit(a, curvature=2 * a)],
    )


def _limit(a: float, curvature: float) -> Question:
    return Question(
        "Below which learning rate does it settle, from every start?",
        [
            Answer(
                2 / curvature,
                rf"The curvature is the second derivative, $\lambda = 2 \cdot {number(a)} = "
                rf"{number(curvature)}$. The limit is $2/\lambda = {number(2 / curvature)}$.",
            ),
            Answer(
                1 / curvature,
                r"This is $1/\lambda$, half of the limit: there one update leads to the bottom. "
                r"Between $1/\lambda$ and $2/\lambda$ a run jumps across and still settles.",
            ),
            Answer(
                2 / a,
                r"The number before the square is not the curvature. Differentiate twice: "
                r"the square leaves a factor of 2.",
            ),
            Answer(
                curvature / 2,
                r"This is $\lambda/2$, the limit upside down. A larger curvature needs a *smaller* rate.",
            ),
        ],
    )
