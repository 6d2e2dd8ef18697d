"""The limit with momentum, in its heavy-ball form."""

import random

from problems.numbers import CURVATURES, number
from problems.problem import Answer, Problem, Question


def draw(dice: random.Random) -> Problem:
    curvature = dice.choice(CURVATURES)
    beta = dice.choice([0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95])
    return Problem(
        "The limit with momentum",
        ("fixes", "Why: the limits on a parabola"),
        rf"The largest curvature of a quadratic loss is $\lambda_{{\max}} = {number(curvature)}$. It is minimised by "
        rf"heavy-ball momentum, $v \leftarrow \beta v + g$, $w \leftarrow w - \alpha v$, with "
        rf"$\beta = {number(beta)}$ and the full batch.",
        {"curvature": curvature, "beta": beta},
        [Question("Below which learning rate is it stable?", _limits(curvature, beta))],
    )


def _limits(curvature: float, beta: float) -> list[Answer]:
    right = 2 * (1 + beta) / curvature
    worked = rf"2 \cdot {number(1 + beta)}/{number(curvature)} = {number(right)}"
    return [
        Answer(right, rf"The limit is $2(1 + \beta)/\lambda_{{\max}} = {worked}$."),
        Answer(
            2 / curvature,
            "This is the limit of plain descent. Momentum raises it: beyond the "
            "limit the error alternates, and the velocity from before pulls against it.",
        ),
        Answer(
            2 * (1 - beta) / curvature,
            r"The sign of β is reversed: momentum raises the limit of the full batch.",
        ),
        Answer(
            2 * (1 + beta) / (1 - beta) / curvature,
            r"This is the limit of the averaged form, "
            r"$v \leftarrow \beta v + (1 - \beta)g$. Here the gradient is added whole.",
        ),
        Answer(
            (1 + beta) / curvature,
            "Half of the limit: plain descent settles below "
            r"$2/\lambda_{\max}$, not $1/\lambda_{\max}$, and momentum multiplies that.",
        ),
    ]
