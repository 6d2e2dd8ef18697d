"""Sum against mean: the same line, fitted to the same points."""

import random

from problems.numbers import number, signed
from problems.problem import Answer, Problem, Question


def draw(dice: random.Random) -> Problem:
    x = [dice.choice([-4, -3, -2, -1, 1, 2, 3, 4, 5, 6]) for _ in range(dice.choice([4, 5, 8]))]
    slope = dice.choice([2, 3, -2])
    y = [slope * one + dice.choice([-1, 0, 1]) for one in x]
    n, squares = len(x), sum(one * one for one in x)
    return Problem(
        "Sum against mean",
        ("overshoot", "Change one thing: how the loss is written"),
        rf"A line without intercept, $y \approx wx$, is fitted to {n} points by gradient descent. Their $x$ are "
        rf"{', '.join(map(signed, x))}, their $y$ are {', '.join(map(signed, y))}.",
        {"x": x, "y": y},
        [_mean(n, squares), _sum(n, squares)],
    )


def _mean(n: int, squares: int) -> Question:
    return Question(
        "The loss is the *mean* of the squared errors. What is the limit of the learning rate?",
        [
            Answer(
                n / squares,
                rf"The second derivative of the mean is $\lambda = \frac{{2}}{{{n}}}\sum x_i^2 = "
                rf"2 \cdot {squares}/{n} = {number(2 * squares / n)}$, and "
                rf"the limit $2/\lambda = {number(n / squares)}$.",
            ),
            Answer(
                1 / squares,
                f"This is the limit for the sum of the squared errors. The mean has a curvature "
                f"{n} times smaller, and a limit {n} times higher.",
            ),
            Answer(
                2 * n / squares,
                r"The 2 from differentiating the square is missing: the curvature is "
                r"*twice* the mean of $x_i^2$.",
            ),
            Answer(n / squares / 2, r"This is $1/\lambda$, half of the limit."),
        ],
    )


def _sum(n: int, squares: int) -> Question:
    return Question(
        "Somebody replaces the mean by the *sum*. What is the limit now?",
        [
            Answer(
                1 / squares,
                rf"The sum is {n} times as large as the mean, and so is its curvature, "
                rf"$2\sum x_i^2 = {2 * squares}$. The limit is {n} times lower: {number(1 / squares)}.",
            ),
            Answer(
                n / squares,
                "This is the limit for the mean. A larger loss of the same shape has a larger "
                "curvature, so the limit does not stay the same.",
            ),
            Answer(
                n * n / squares,
                f"The wrong way round: the sum has {n} times the curvature, so its limit is *lower*.",
            ),
            Answer(2 / squares, "The 2 from differentiating the square is missing."),
        ],
    )
