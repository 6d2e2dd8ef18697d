"""Reading λ and the limit from three losses of a run that explodes."""

import math
import random

from problems.numbers import number
from problems.problem import Answer, Problem, Question


def draw(dice: random.Random) -> Problem:
    root = dice.choice([n / 10 for n in range(14, 34)])
    rate = dice.choice([n * 10**-k for k in (2, 3, 4) for n in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)])
    excess, floor = 100 * dice.randint(1, 9), dice.randint(40, 900)
    rate, growth = float(number(rate)), root**2
    losses = [round(floor + excess * growth**t, 4) for t in range(3)]
    shown = ", ".join(number(loss, 9) for loss in losses)
    curvature, wrong = (1 + root) / rate, _wrong(root, rate, losses)
    worked = (
        rf"$r = (L_3 - L_2)/(L_2 - L_1) = {number(growth)}$ and $\sqrt{{\mathstrut r}} = {number(root)}$. "
        rf"So $\lambda = (1 + \sqrt{{\mathstrut r}})/\alpha = {number(curvature)}$"
    )
    return Problem(
        "Reading λ and the limit from three losses",
        ("overshoot", "In your own run"),
        rf"A run of plain gradient descent at $\alpha = {number(rate)}$, always on the same data, explodes, and "
        rf"its weight jumps across the bottom at every update. Three losses in a row, one update apart, are "
        rf"{shown}.",
        {"rate": rate, "losses": losses},
        [_curvature(curvature, worked, wrong), _limit(curvature, worked, wrong)],
    )


def _curvature(curvature: float, worked: str, wrong: list[Answer]) -> Question:
    answers = [Answer(curvature, f"{worked}."), *wrong]
    return Question("What is the curvature λ of the direction that explodes?", answers)


def _limit(curvature: float, worked: str, wrong: list[Answer]) -> Question:
    limit = 2 / curvature
    half = r"This is half of the limit, $1/\lambda$: a good rate to set, but not the largest that settles."
    return Question(
        "What is the limit of the learning rate for this direction?",
        [
            Answer(limit, rf"{worked}, and the limit is $2/\lambda = {number(limit)}$."),
            *[Answer(2 / answer.value, answer.why) for answer in wrong],
            Answer(1 / curvature, half),
        ],
    )


def _wrong(root: float, rate: float, losses: list[float]) -> list[Answer]:
    """What is found for λ by a slip, which spoils the limit too."""
    return [
        Answer(
            (1 + root**2) / rate,
            r"The square root is missing. The loss goes with the square of the "
            r"error, so its growth is $r = (\alpha\lambda - 1)^2$.",
        ),
        Answer(
            (1 + math.sqrt(losses[2] / losses[1])) / rate,
            r"This takes $L_3/L_2$ for the growth. The floor is in "
            "both losses; it cancels only in their differences.",
        ),
        Answer(
            root / rate,
            r"The 1 is missing: $\sqrt{\mathstrut r} = \alpha\lambda - 1$, so "
            r"$\alpha\lambda = 1 + \sqrt{\mathstrut r}$.",
        ),
        Answer(
            (root - 1) / rate,
            r"$(\sqrt{\mathstrut r} - 1)/\alpha$ belongs to a wrong sign, where "
            "nothing alternates. These weights alternate.",
        ),
    ]
