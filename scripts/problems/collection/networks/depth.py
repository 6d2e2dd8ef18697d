"""One weight that acts at every step: the slope, and the limit that its square sets."""

import random

from problems.numbers import number
from problems.problem import Answer, Problem, Question


def draw(dice: random.Random) -> Problem:
    weight = dice.choice([0.4, 0.5, 0.8, 1.25, 2.0, 2.5])
    given = {
        "first": dice.choice([0.1, 0.2, 0.25, 0.4, 0.5, 0.8, 1.25, 2.0, 2.5, 4.0, 5.0]),
        "weight": weight,
        "steps": dice.choice([3, 4, 5, 6] if weight > 2 else [3, 4, 5, 6, 8]),
        "out": dice.choice(
            [0.1, 0.2, 0.4, 0.5, 0.8, 2.0, 4.0] if weight > 1 else [4.0, 5.0, 8.0, 10.0, 16.0, 20.0]
        ),
    }
    first, weight, steps, out = given.values()
    return Problem(
        "The same weight at every step",
        ("depth", "Why: the chain rule multiplies"),
        rf"A linear recurrent unit begins with $h_0 = {number(first)}$. At each of {steps} steps it multiplies by the "
        rf"same weight, $h_t = w\,h_{{t-1}}$, and its output is $p = {number(out)}\,h_{{{steps}}}$. "
        rf"Its loss is $\tfrac12 (p - y)^2$. The only weight that is learned is $w$, and the loss is 0 at "
        rf"$w = {number(weight)}$.",
        given,
        [_slope(*given.values()), _limit(*given.values())],
    )


def _slope(first: float, weight: float, steps: int, out: float) -> Question:
    scale, right = first * out, first * out * steps * weight ** (steps - 1)
    return Question(
        f"What is the slope of the output along the weight, where the weight is {number(weight)}?",
        [
            Answer(
                right,
                rf"$p = {number(scale)}\,w^{{{steps}}}$, so its slope is ${number(scale)} \cdot {steps} \cdot "
                rf"w^{{{steps - 1}}} = {number(right)}$.",
            ),
            Answer(
                scale * weight ** (steps - 1),
                f"The factor {steps} is missing: the weight acts {steps} times, and each time counts.",
            ),
            Answer(
                scale * steps * weight**steps,
                f"The exponent is one too high: of the {steps} factors, one is replaced by its change.",
            ),
            Answer(scale * weight**steps, "This is the output itself, not its slope."),
        ],
    )


def _limit(first: float, weight: float, steps: int, out: float) -> Question:
    slope = first * out * steps * weight ** (steps - 1)
    right = 2 / slope**2
    return Question(
        "Close to this bottom, below which learning rate does descent settle?",
        [
            Answer(
                right,
                rf"Where the loss is 0, its second derivative is the square of the slope, "
                rf"$\lambda = {number(slope)}^2$. The limit is $2/\lambda = {number(right)}$.",
            ),
            Answer(2 / slope, "The curvature of half a squared error is the *square* of the slope."),
            Answer(1 / slope**2, r"This is $1/\lambda$, half of the limit."),
            Answer(
                2 / (slope / steps) ** 2,
                f"The weight acts {steps} times, so the slope has a factor {steps} and λ its square.",
            ),
        ],
    )
