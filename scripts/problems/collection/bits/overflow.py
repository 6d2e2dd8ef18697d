"""Updates until a format overflows."""

import math
import random
import sys

from problems.numbers import number
from problems.problem import Answer, Problem, Question

LARGEST = {  # the largest number of each format, and how it is printed
    "fp16": (65504.0, "65,504"),
    "bf16": ((2 - 2.0**-7) * 2.0**127, "3.3895e38"),
    "fp32": ((2 - 2.0**-23) * 2.0**127, "3.4028e38"),
    "fp64": (sys.float_info.max, "1.7976e308"),
}
NEIGHBOUR = {"fp16": "bf16", "bf16": "fp16", "fp32": "fp64", "fp64": "fp32"}


def draw(dice: random.Random) -> Problem:
    product = dice.choice([n / 10 for n in range(23, 61)])
    start = dice.choice([n * 10**k for k in (0, 1, 2, 3) for n in (1, 2, 3, 5, 8)])
    kind = dice.choice(list(LARGEST))
    return Problem(
        "Updates until a format overflows",
        ("overflow", "Why: inf first, nan about twice as late"),
        rf"A run explodes at $\alpha\lambda = {number(product)}$. Its loss, whose floor is 0, has reached {start} and "
        rf"is computed in {kind}, whose largest number is {LARGEST[kind][1]}.",
        {"product": product, "start": start, "format": kind},
        [_wait(product, start, kind)],
    )


def _wait(product: float, start: int, kind: str) -> Question:
    growth = (product - 1) ** 2

    def wait(per_update, format=kind):
        return math.log(LARGEST[format][0] / start) / math.log(per_update)

    right = math.ceil(wait(growth))
    other = NEIGHBOUR[kind]
    return Question(
        "After how many updates is the loss first beyond the largest number?",
        [
            Answer(right, _worked(growth, start, exact=wait(growth))),
            Answer(right - 1, "Rounded down: after this update the loss is still a number."),
            Answer(
                math.ceil(wait(product - 1)),
                r"This is when the *error* has grown so much. The loss "
                "goes with its square and gets there in half the time.",
            ),
            Answer(
                math.ceil(wait(product**2)),
                r"The growth is $(\alpha\lambda - 1)^2$, not $(\alpha\lambda)^2$: "
                r"the step takes $\alpha\lambda$ times the error away from the error.",
            ),
            Answer(math.ceil(wait(growth, other)), f"This is the end of {other}; {kind} has another."),
        ],
    )


def _worked(growth: float, start: int, exact: float) -> str:
    return (
        rf"The loss grows by $r = (\alpha\lambda - 1)^2 = {number(growth)}$ per update, so it takes "
        rf"$\ln(\text{{largest}}/{start})/\ln r = {exact:.2f}$ updates: {math.ceil(exact)}."
    )
