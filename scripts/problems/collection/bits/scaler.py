"""A loss scaler's first updates: how many it skips, and which scale is left."""

import random

from problems.numbers import number
from problems.problem import Answer, Problem, Question

LARGEST = 65504  # of fp16


def draw(dice: random.Random) -> Problem:
    start = 2 ** dice.choice([14, 15, 16, 17, 18, 19, 20])
    gradient = dice.choice(
        [n * 10**k for k in (0, 1, 2) for n in (12, 15, 17, 20, 24, 30, 35, 50, 60, 70, 90)]
    )
    return Problem(
        "A loss scaler's first updates",
        ("precision", "Scale the loss"),
        rf"A network is trained in fp16, whose largest number is 65,504, with a loss scaler that starts at {start:,}. "
        rf"It halves the scale and skips the update whenever a scaled gradient is inf. The largest gradient has the "
        rf"size {number(gradient)} and stays there.",
        {"start": start, "gradient": float(gradient)},
        [_skipped(start, gradient), _scale(start, gradient)],
    )


def halvings(start: float, gradient: float, largest: float = LARGEST) -> int:
    """How often the scale must be halved until the gradient fits."""
    count = 0
    while start * gradient / 2**count > largest:
        count += 1
    return count


def _worked(start: int, gradient: float) -> str:
    count = halvings(start, gradient)
    return (
        rf"${start} \cdot {number(gradient)}/65504 = {number(start * gradient / LARGEST)}$, and $2^{{{count}}} = "
        rf"{2**count}$ is the first power of two that is not below it"
    )


def _skipped(start: int, gradient: float) -> Question:
    count = halvings(start, gradient)
    return Question(
        "How many updates are skipped before the first one is made?",
        [
            Answer(count, f"{_worked(start, gradient)}: {count} updates are skipped."),
            Answer(count - 1, "Rounded down: at this scale the gradient is still inf."),
            Answer(count + 1, "One too many: the update after the last halving is made, not skipped."),
            Answer(
                halvings(start, gradient, largest=256),
                "This is when a *norm* computed in fp16 would be finite, below 256. The scaler looks at the gradients "
                "themselves.",
            ),
        ],
    )


def _scale(start: int, gradient: float) -> Question:
    scale = start // 2 ** halvings(start, gradient)
    return Question(
        "What is the scale then?",
        [
            Answer(scale, f"{_worked(start, gradient)}, so ${start}/{start // scale} = {scale}$ is left."),
            Answer(2 * scale, "At this scale the gradient is still inf: one more halving is needed."),
            Answer(
                int(LARGEST / gradient),
                "This is the largest whole scale that fits. The scaler only halves, so it arrives at a power of two.",
            ),
            Answer(
                start, "The scale does not come back by itself: it is doubled only after 2,000 good updates."
            ),
        ],
    )
