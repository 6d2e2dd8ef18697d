"""The problems of a problem set: what is asked, the right answer, the typical wrong ones, and why.

This is the one place that knows them; ``variants.py`` writes them as a notebook, a page and a question
bank. Texts are Markdown with LaTeX in ``$…$``. Each function below draws one variant from a
``random.Random``; ``fair`` says which draws are fit to be set, and ``problem_sets`` keeps only those.
"""

import math
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

TOLERANCE = 0.01  # relative, for every number that is not a count
DIGITS = 4  # significant, of every right answer
PATIENCE = 10_000
LARGEST = {  # the largest number of each format, and how it is printed
    "fp16": (65504.0, "65,504"),
    "bf16": ((2 - 2.0**-7) * 2.0**127, "3.3895e38"),
    "fp32": ((2 - 2.0**-23) * 2.0**127, "3.4028e38"),
    "fp64": (sys.float_info.max, "1.7976e308"),
}


class ProblemError(Exception):
    """More sets were asked for than there are different problems. The message names the cure."""


@dataclass(frozen=True)
class Answer:
    """A number, a whole number for a count, or the words of a choice; and why it is right or wrong."""

    value: float | int | str
    why: str

    def accepts(self, given: float) -> bool:
        """Whether a given number is this one: a count exactly, any other within 1 %."""
        slack = 1e-9 if isinstance(self.value, int) else TOLERANCE * abs(self.value)
        return abs(given - self.value) <= slack


@dataclass(frozen=True)
class Question:
    """What is asked, and its answers: of numbers the first is right, of choices the one at ``right``."""

    ask: str
    answers: list[Answer]
    right: int = 0

    @property
    def answer(self) -> Answer:
        return self.answers[self.right]

    @property
    def wrong(self) -> list[Answer]:
        return [answer for answer in self.answers if answer is not self.answer]

    @property
    def is_choice(self) -> bool:
        return isinstance(self.answer.value, str)


@dataclass(frozen=True)
class Problem:
    """A situation and one to three questions about it.

    ``given`` holds its numbers for a simulation, ``taught`` a chapter and the section that teaches it.
    """

    title: str
    taught: tuple[str, str]
    text: str
    given: dict
    questions: list[Question]


def number(value: float, digits: int = DIGITS) -> str:
    """A number as it is printed in a text: rounded to significant digits, never with an exponent."""
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def is_neat(value: object) -> bool:
    """Anything but a number, a count, or a number that has at most four significant digits."""
    return not isinstance(value, float) or math.isclose(float(number(value)), value, rel_tol=1e-12)


def fair(problem: Problem) -> bool:
    """What is given and what is right is neat, and no two answers could be taken for one another."""
    if not all(map(is_neat, problem.given.values())):
        return False
    for question in problem.questions:
        if not is_neat(question.answer.value):
            return False
        if question.is_choice:
            continue
        for one, other in combinations(question.answers, 2):
            gap = 2 * TOLERANCE * max(abs(one.value), abs(other.value))
            if abs(one.value - other.value) <= (0 if isinstance(one.value, int) else gap):
                return False
    return True


def problem_sets(count: int, seed: int) -> Iterator[list[Problem]]:
    """``count`` sets, each with every problem once, no problem in two sets; the same for the same seed.

    The first sets do not depend on how many follow. Raises ProblemError when a problem has no further
    variant.
    """
    dice, used = random.Random(seed), set()
    for _ in range(count):
        yield [_draw(make, dice, used) for make in PROBLEMS]


def _draw(make: Callable[[random.Random], Problem], dice: random.Random, used: set[str]) -> Problem:
    for _ in range(PATIENCE):
        problem = make(dice)
        if problem.text not in used and fair(problem):
            used.add(problem.text)
            return problem
    raise ProblemError(f"“{make.__name__}” has no further variant.\n  Cure: ask for fewer sets.")


def _neat(low: float, high: float) -> list[float]:
    """Numbers of two or three digits whose inverse is neat too."""
    candidates = [n / 100 for n in range(round(low * 100), round(high * 100) + 1)]
    return [n for n in candidates if float(f"{n:.3g}") == n and is_neat(1 / n)]


CURVATURES = _neat(2.5, 800)
COEFFICIENTS = [n for n in CURVATURES if n <= 400]

# ── The problems ────────────────────────────────────────────────────────────────────────────────────


def limit(dice: random.Random) -> Problem:
    a, bottom, floor = dice.choice(COEFFICIENTS), dice.randint(1, 9), dice.randint(1, 20)
    curvature = 2 * a
    return Problem(
        "The limit from a curvature",
        ("overshoot", "Why: three lines"),
        rf"Gradient descent minimises the loss $f(w) = {number(a)}\,(w - {bottom})^2 + {floor}$, "
        rf"with the updates $w \leftarrow w - \alpha f'(w)$.",
        {"a": a, "bottom": bottom, "floor": floor},
        [
            Question(
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
        ],
    )


REGIMES = (
    (0, 1, "It comes down on one side and settles"),
    (1, 1, "It is at the bottom after one update"),
    (1, 2, "It jumps across at every update and settles"),
    (2, 2, "It flips between two points for ever"),
    (2, math.inf, "It jumps across at every update, further out each time"),
)


def regime(dice: random.Random) -> Problem:
    curvature = dice.choice(CURVATURES)
    product = dice.choice([n / 10 for n in range(2, 35) if n % 10])
    rate = product / curvature
    factor = 1 - product
    right = next(i for i, (low, high, _) in enumerate(REGIMES) if low < product < high)

    def why(low, high):
        if low < product < high:
            sign = "positive: the run stays on its side" if product < 1 else "negative: each update crosses"
            size = "below 1, so the error shrinks" if product < 2 else "above 1, so the error grows"
            return rf"The factor $1 - \alpha\lambda = {number(factor)}$ is {sign}; its size is {size}."
        span = rf"$\alpha\lambda = {low}$" if low == high else rf"$\alpha\lambda$ between {low} and {high}"
        span = r"$\alpha\lambda$ above 2" if high == math.inf else span
        return rf"That takes {span}; here $\alpha\lambda = {number(product)}$."

    return Problem(
        "The regime from αλ",
        ("overshoot", "Why: three lines"),
        rf"A parabola has the curvature $\lambda = {number(curvature)}$. Gradient descent runs on it "
        rf"with the learning rate $\alpha = {number(rate)}$.",
        {"curvature": curvature, "rate": rate},
        [
            Question(
                "What does the run do?",
                [Answer(words, why(low, high)) for low, high, words in REGIMES],
                right,
            ),
            Question(
                "By which number does each update multiply the error (the distance to the bottom, with "
                "its sign)?",
                [
                    Answer(
                        factor,
                        rf"$\alpha\lambda = {number(rate)} \cdot {number(curvature)} = {number(product)}$, "
                        rf"and the factor is $1 - \alpha\lambda = {number(factor)}$.",
                    ),
                    Answer(
                        -factor,
                        r"The sign is reversed. It is $1 - \alpha\lambda$, and its sign says "
                        "whether the run crosses the bottom.",
                    ),
                    Answer(
                        product,
                        r"This is $\alpha\lambda$, the share of the error that the step *takes "
                        r"away*. What is left is $1 - \alpha\lambda$.",
                    ),
                    Answer(
                        factor**2,
                        "This is the factor of the loss above its floor. The loss goes with the "
                        "square of the error; the question is about the error.",
                    ),
                    Answer(
                        1 + product, r"$1 + \alpha\lambda$ would be a step *up* the slope: the wrong sign."
                    ),
                ],
            ),
        ],
    )


def three_losses(dice: random.Random) -> Problem:
    root = dice.choice([n / 10 for n in range(14, 34)])
    rate = dice.choice([n * 10**-k for k in (2, 3, 4) for n in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)])
    excess, floor = 100 * dice.randint(1, 9), dice.randint(40, 900)
    rate, growth = float(number(rate)), root**2
    losses = [round(floor + excess * growth**t, 4) for t in range(3)]
    curvature = (1 + root) / rate

    def both(name, value, why):
        return Answer(float(value), why) if name == "curvature" else Answer(2 / value, why)

    def answers(name):
        unfloored = losses[2] / losses[1]
        worked = (
            rf"$r = (L_3 - L_2)/(L_2 - L_1) = {number(growth)}$ and $\sqrt{{\mathstrut r}} = {number(root)}$. "
            rf"So $\lambda = (1 + \sqrt{{\mathstrut r}})/\alpha = {number(curvature)}$"
        )
        end = "." if name == "curvature" else rf", and the limit is $2/\lambda = {number(2 / curvature)}$."
        found = [
            both(name, curvature, worked + end),
            both(
                name,
                (1 + growth) / rate,
                r"The square root is missing. The loss goes with the square of the "
                r"error, so its growth is $r = (\alpha\lambda - 1)^2$.",
            ),
            both(
                name,
                (1 + math.sqrt(unfloored)) / rate,
                r"This takes $L_3/L_2$ for the growth. The floor is in "
                "both losses; it cancels only in their differences.",
            ),
            both(
                name,
                root / rate,
                r"The 1 is missing: $\sqrt{\mathstrut r} = \alpha\lambda - 1$, so "
                r"$\alpha\lambda = 1 + \sqrt{\mathstrut r}$.",
            ),
            both(
                name,
                (root - 1) / rate,
                r"$(\sqrt{\mathstrut r} - 1)/\alpha$ belongs to a wrong sign, where "
                "nothing alternates. These weights alternate.",
            ),
        ]
        if name == "limit":
            found.append(
                Answer(
                    1 / curvature,
                    r"This is half of the limit, $1/\lambda$: a good rate to set, "
                    "but not the largest that settles.",
                )
            )
        return found

    shown = ", ".join(number(loss, 9) for loss in losses)
    return Problem(
        "Reading λ and the limit from three losses",
        ("overshoot", "In your own run"),
        rf"A run of plain gradient descent at $\alpha = {number(rate)}$, always on the same data, explodes, and "
        rf"its weight jumps across the bottom at every update. Three losses in a row, one update apart, are "
        rf"{shown}.",
        {"rate": rate, "losses": losses},
        [
            Question("What is the curvature λ of the direction that explodes?", answers("curvature")),
            Question("What is the limit of the learning rate for this direction?", answers("limit")),
        ],
    )


def slowest(dice: random.Random) -> Problem:
    flat = dice.choice([0.2, 0.25, 0.4, 0.5, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5, 4.0, 5.0])
    kappa = dice.choice([4, 5, 8, 10, 16, 20, 25, 40, 50, 80])
    share = dice.choice([1.2, 1.5, 1.6, 1.7, 1.8, 1.9])
    steep = flat * kappa
    middle = flat * dice.choice([n for n in (2, 3, 4, 5, 8, 10, 20) if n < 0.8 * kappa])
    rate = share / steep
    curvatures = [flat, middle, steep]
    factors = [1 - rate * curvature for curvature in curvatures]
    right = max(range(3), key=lambda i: abs(factors[i]))
    other = abs(factors[0 if right == 2 else 2])
    slow = abs(factors[right])
    wait = math.log(100) / -math.log(slow)
    table = ", ".join(rf"${number(1 - rate * c)}$" for c in curvatures)
    return Problem(
        "The condition number and the slowest direction",
        ("conditioning", "How fast can it be?"),
        rf"A quadratic loss has three directions, with the curvatures {number(flat)}, {number(middle)} and "
        rf"{number(steep)}. Gradient descent runs on it with $\alpha = {number(rate)}$.",
        {"curvatures": curvatures, "rate": rate},
        [
            Question(
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
                        "This is a difference; κ is a ratio, so that it does not depend on the "
                        "scale of the loss.",
                    ),
                ],
            ),
            Question(
                "Along which direction does the error shrink most slowly at this rate?",
                [
                    Answer(
                        f"The one of curvature {number(curvature)}",
                        rf"The three factors $1 - \alpha\lambda$ are {table}; the size of this one is the largest."
                        if i == right
                        else rf"Its factor is ${number(factors[i])}$, of smaller size than the ${number(factors[right])}$ "
                        rf"along curvature {number(curvatures[right])}. "
                        + (
                            "A sharp direction can be the slowest too: near its limit it jumps back and forth."
                            if right == 2
                            else "At this rate the flattest direction moves least."
                        ),
                    )
                    for i, curvature in enumerate(curvatures)
                ],
                right,
            ),
            Question(
                "After how many updates is less than 1 % of the error along that direction left?",
                [
                    Answer(
                        math.ceil(wait),
                        rf"Each update leaves ${number(slow)}$ of it, so it takes more than "
                        rf"$\ln 100 / \ln(1/{number(slow)}) = {wait:.2f}$ updates: {math.ceil(wait)}.",
                    ),
                    Answer(
                        math.ceil(wait) - 1, "Rounded down: after this update a little more than 1 % is left."
                    ),
                    Answer(
                        math.ceil(math.log(100) / -math.log(other)),
                        rf"This is the wait of the other extreme, "
                        rf"whose factor has the size ${number(other)}$.",
                    ),
                    Answer(
                        math.ceil(wait / 2),
                        "This is the wait of the *loss*, which shrinks with the square of "
                        "the error, in half as many updates.",
                    ),
                ],
            ),
        ],
    )


def overflow(dice: random.Random) -> Problem:
    product = dice.choice([n / 10 for n in range(23, 61)])
    start = dice.choice([n * 10**k for k in (0, 1, 2, 3) for n in (1, 2, 3, 5, 8)])
    kind = dice.choice(list(LARGEST))
    growth, (largest, in_words) = (product - 1) ** 2, LARGEST[kind]

    def wait(per_update, from_loss=start, to=largest):
        return math.log(to / from_loss) / math.log(per_update)

    right, exact = math.ceil(wait(growth)), wait(growth)
    neighbour = {"fp16": "bf16", "bf16": "fp16", "fp32": "fp64", "fp64": "fp32"}[kind]
    return Problem(
        "Updates until a format overflows",
        ("overflow", "Why: inf first, nan about twice as late"),
        rf"A run explodes at $\alpha\lambda = {number(product)}$. Its loss, whose floor is 0, has reached {start} and "
        rf"is computed in {kind}, whose largest number is {in_words}.",
        {"product": product, "start": start, "format": kind},
        [
            Question(
                "After how many updates is the loss first beyond the largest number?",
                [
                    Answer(
                        right,
                        rf"The loss grows by $r = (\alpha\lambda - 1)^2 = {number(growth)}$ per update, so it takes "
                        rf"$\ln(\text{{largest}}/{start})/\ln r = {exact:.2f}$ updates: {right}.",
                    ),
                    Answer(right - 1, "Rounded down: after this update the loss is still a number."),
                    Answer(
                        math.ceil(wait(product - 1)),
                        r"This is when the *error* has grown so much. The loss "
                        "goes with its square and gets there in half the time.",
                    ),
                    Answer(
                        math.ceil(wait(product**2)),
                        r"The growth is $(\alpha\lambda - 1)^2$, not "
                        r"$(\alpha\lambda)^2$: the step takes $\alpha\lambda$ times the error away from the "
                        "error.",
                    ),
                    Answer(
                        math.ceil(wait(growth, to=LARGEST[neighbour][0])),
                        f"This is the end of {neighbour}; {kind} has another.",
                    ),
                ],
            )
        ],
    )


def heavy_ball(dice: random.Random) -> Problem:
    curvature = dice.choice(CURVATURES)
    beta = dice.choice([0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95])
    right = 2 * (1 + beta) / curvature
    return Problem(
        "The limit with momentum",
        ("fixes", "Why: the limits on a parabola"),
        rf"The largest curvature of a quadratic loss is $\lambda_{{\max}} = {number(curvature)}$. It is minimised by "
        rf"heavy-ball momentum, $v \leftarrow \beta v + g$, $w \leftarrow w - \alpha v$, with "
        rf"$\beta = {number(beta)}$ and the full batch.",
        {"curvature": curvature, "beta": beta},
        [
            Question(
                "Below which learning rate is it stable?",
                [
                    Answer(
                        right,
                        rf"The limit is $2(1 + \beta)/\lambda_{{\max}} = 2 \cdot {number(1 + beta)}/{number(curvature)} "
                        rf"= {number(right)}$.",
                    ),
                    Answer(
                        2 / curvature,
                        "This is the limit of plain descent. Momentum raises it: beyond the "
                        "limit the error alternates, and the velocity from before pulls against it.",
                    ),
                    Answer(
                        2 * (1 - beta) / curvature,
                        r"The sign of β is reversed: momentum raises the "
                        "limit of the full batch.",
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
                ],
            )
        ],
    )


def sum_or_mean(dice: random.Random) -> Problem:
    x = [dice.choice([-4, -3, -2, -1, 1, 2, 3, 4, 5, 6]) for _ in range(dice.choice([4, 5, 8]))]
    slope = dice.choice([2, 3, -2])
    y = [slope * one + dice.choice([-1, 0, 1]) for one in x]
    n, squares = len(x), sum(one * one for one in x)
    return Problem(
        "Sum against mean",
        ("overshoot", "Change one thing: how the loss is written"),
        rf"A line without intercept, $y \approx wx$, is fitted to {n} points by gradient descent. Their $x$ are "
        rf"{', '.join(map(_signed, x))}, their $y$ are {', '.join(map(_signed, y))}.",
        {"x": x, "y": y},
        [
            Question(
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
            ),
            Question(
                "Somebody replaces the mean by the *sum*. What is the limit now?",
                [
                    Answer(
                        1 / squares,
                        rf"The sum is {n} times as large as the mean, and so is its curvature, $2\sum x_i^2 = {2 * squares}$. The "
                        rf"limit is {n} times lower: {number(1 / squares)}.",
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
            ),
        ],
    )


def sign_or_rate(dice: random.Random) -> Problem:
    wrong_sign = dice.random() < 0.5
    ratio = dice.choice([1.2, 1.25, 1.3, 1.4, 1.5, 1.6, 1.75, 1.8, 2.0, 2.2, 2.5])
    rate = float(number(dice.choice([n * 10**-k for k in (1, 2, 3) for n in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5)])))
    bottom, first = dice.randint(-9, 9), dice.choice([-1, 1]) * dice.choice([1, 2, 4, 8])
    weights = [round(bottom + first * (ratio if wrong_sign else -ratio) ** t, 6) for t in range(4)]
    curvature = (ratio - 1 if wrong_sign else ratio + 1) / rate
    other = (ratio + 1 if wrong_sign else ratio - 1) / rate
    signed = r"1 + \alpha\lambda" if wrong_sign else r"1 - \alpha\lambda"
    shown = number(ratio if wrong_sign else -ratio)
    steps = (
        rf"Neighbouring differences have the ratio ${shown} = {signed}$, so "
        rf"$\lambda = ({number(ratio)} {'-' if wrong_sign else '+'} 1)/\alpha = {number(curvature)}$."
    )
    seen = "leave on one side" if wrong_sign else "alternate"
    return Problem(
        "Wrong sign or high rate",
        ("overshoot", "You may think …"),
        rf"A run of plain gradient descent at $\alpha = {number(rate)}$ on a parabola, always on the same data, "
        rf"explodes. Its weight is {', '.join(_signed(one, 9) for one in weights)} at four updates in a row.",
        {"rate": rate, "weights": weights, "wrong_sign": wrong_sign},
        [
            Question(
                "What is wrong?",
                [
                    Answer(
                        "The rate is above its limit",
                        r"The differences of neighbouring weights alternate and grow: "
                        r"$1 - \alpha\lambda$ is below $-1$."
                        if not wrong_sign
                        else "Then the differences of neighbouring weights would alternate. They keep their sign.",
                    ),
                    Answer(
                        "The step has the wrong sign: it climbs",
                        r"The weights leave on one side, by the factor $1 + \alpha\lambda$ each time."
                        if wrong_sign
                        else "Then the weight would leave on one side. Here each update crosses the bottom.",
                    ),
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
                1 if wrong_sign else 0,
            ),
            Question(
                "What is the curvature λ of the parabola?",
                [
                    Answer(float(curvature), steps),
                    Answer(
                        other,
                        rf"This belongs to the other explosion. These weights {seen}, so the factor is "
                        rf"${signed}$.",
                    ),
                    Answer(
                        ratio / rate,
                        r"The 1 is missing: the factor of the error is "
                        rf"${signed}$, not $\alpha\lambda$ alone.",
                    ),
                    Answer(
                        (1 + math.sqrt(ratio)) / rate,
                        "A square root belongs to losses. A weight goes with the error itself.",
                    ),
                ],
            ),
        ],
    )


def _signed(value: float, digits: int = DIGITS) -> str:
    return number(value, digits).replace("-", "−")


PROBLEMS = (limit, regime, three_losses, slowest, overflow, heavy_ball, sum_or_mean, sign_or_rate)
