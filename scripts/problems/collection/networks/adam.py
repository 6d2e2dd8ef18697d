"""Adam: how far its first update goes, and what ten times the rate do to the loss after it."""

import random

from problems.numbers import number
from problems.problem import Answer, Problem, Question


def draw(dice: random.Random) -> Problem:
    inputs, size = dice.choice(range(64, 4097, 16)), dice.choice([0.5, 1, 1.5, 2, 2.5])
    rate, slope = dice.choice([0.0001, 0.0003, 0.001, 0.003, 0.01]), dice.choice([0.02, 0.2, 5, 20, 50])
    layers, times = dice.choice([2, 3, 4, 5]), dice.choice([2, 3, 4, 5, 10])
    return Problem(
        "A rate of Adam",
        ("adam", "How far does one update go?"),
        rf"Adam ($\beta_1 = 0.9$, $\beta_2 = 0.999$, $\epsilon$ negligible) starts at the rate "
        rf"$\alpha = {number(rate)}$. A unit adds up {inputs} inputs, each of size {number(size)}, and at the "
        rf"first update the loss has the slope {number(slope)} along each of their weights.",
        {"inputs": inputs, "size": size, "rate": rate, "slope": slope, "layers": layers, "times": times},
        [_moved(inputs, size, rate, slope), _jump(layers, times)],
    )


def _moved(inputs: int, size: float, rate: float, slope: float) -> Question:
    right = inputs * size * rate
    return Question(
        "By how much does this update change the sum (its size, without the sign)?",
        [
            Answer(
                right,
                rf"The first update moves every weight by $\alpha$, whatever its slope, and all of them in one "
                rf"direction: {inputs} · {number(size)} · {number(rate)} = {number(right)}.",
            ),
            Answer(
                right * slope,
                "This is a step of plain descent. Adam divides each gradient by its own size, "
                "so the slope does not count.",
            ),
            Answer(size * rate, "This is the part of one weight. Every weight moves, and the parts add up."),
            Answer(
                right * 0.1 / 0.001**0.5,
                "This is 3.16 times too far: both averages begin at 0, and Adam corrects that. "
                "Its first update is α and no more.",
            ),
        ],
    )


def _jump(layers: int, times: int) -> Question:
    right = times ** (2 * layers)
    return Question(
        f"In a ReLU network with {layers} layers of weights and a squared error the rate is so high that all "
        f"weights after the first update are nearly that update. How many times as large is the loss after it "
        f"if the rate is {times} times as high?",
        [
            Answer(
                right,
                f"Each of the {layers} layers is {times} times as large, the output {times}^{layers} times, and the "
                f"loss goes with its square: {right}.",
            ),
            Answer(times**layers, "This is the output. The loss goes with its square."),
            Answer(times**2, "This would hold for one layer: layers multiply one another."),
            Answer(2 * layers * times, "Layers multiply, they do not add: it is a power."),
        ],
    )
