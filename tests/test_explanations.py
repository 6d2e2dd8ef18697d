"""What a wrong answer of the problem sets is said to be, it is: each slip is made, by a run where a run can make it.

What each value is right for, ``test_problems.py`` finds.
"""

import math

import numpy as np
import pytest

from problems.collection import (
    heavy_ball,
    limit,
    overflow,
    regime,
    scaler,
    sign_or_rate,
    slowest,
    sum_or_mean,
    three_losses,
)
from problems.collection.networks import adam, depth
from problems.numbers import number
from proven import of_a_framework
from test_problems import largest_rate, settles, variants

FEW = 12


def said(question, begins):
    """The one answer whose explanation begins so."""
    (found,) = [answer for answer in question.answers if answer.why.startswith(begins)]
    return found.value


def path(factor, start=1.0, updates=12):
    """Errors that each update multiplies."""
    return start * float(factor) ** np.arange(updates)


def rate_up_to(step, scale):
    """The largest rate at which ``step(rate)`` brings (w, v) = (1, 0) nearer to 0, near the given size."""

    def stable(rate):
        w, v = 1.0, 0.0
        for _ in range(3000):
            w, v = step(rate, w, v)
            if abs(w) > 1e3:
                return False
        return abs(w) < 1

    return largest_rate(stable, high=scale / 10)


def test_momentum_each_slip_is_the_limit_of_another_method():
    r"""scripts/problems/collection/heavy_ball.py: “The limit is $2(1 + \beta)/\lambda_{\max} = …$.” “2 \cdot …/… = …”
    “This is the limit of plain descent. Momentum raises it: beyond the limit the error alternates, and the velocity
    from before pulls against it.” “The sign of β is reversed: momentum raises the limit of the full batch.” “This is
    the limit of the averaged form, $v \leftarrow \beta v + (1 - \beta)g$. Here the gradient is added whole.” “Half of
    the limit: plain descent settles below $2/\lambda_{\max}$, not $1/\lambda_{\max}$, and momentum multiplies that.”
    """
    for problem in variants(heavy_ball)[:FEW]:
        (question,), (lam, beta) = problem.questions, (problem.given[k] for k in ("curvature", "beta"))

        def heavy(rate, w, v, beta=beta, lam=lam):
            v = beta * v + lam * w
            return w - rate * v, v

        def averaged(rate, w, v, beta=beta, lam=lam):
            v = beta * v + (1 - beta) * lam * w
            return w - rate * v, v

        right = rate_up_to(heavy, 1 / lam)
        assert question.answer.value == pytest.approx(right, rel=2e-3)
        assert said(question, "The limit is $2(1") == pytest.approx(2 * (1 + beta) / lam)
        plain = said(question, "This is the limit of plain")
        assert plain == pytest.approx(
            largest_rate(lambda r, c=lam: settles(lambda e: c * e, r, 1.0)), rel=1e-6
        )
        reversed_ = said(question, "The sign of β")
        assert reversed_ == pytest.approx(2 * (1 + -beta) / lam) and reversed_ < plain < right
        assert said(question, "This is the limit of the averaged") == pytest.approx(
            rate_up_to(averaged, 1 / lam), rel=2e-3
        )
        half = said(question, "Half of the limit")
        assert 2 * half == pytest.approx(right, rel=2e-3) and half == pytest.approx(
            right / plain / lam, rel=2e-3
        )
        assert settles(lambda e, c=lam: c * e, 1.99 / lam, 1.0, 300)  # so 1/λ is no edge

        w, v = 1.0, 0.0
        for t in range(200):
            before, (w, v) = (w, v), heavy(1.02 * right, w, v)
            if t > 100:  # alternates, and the velocity from before points against the gradient
                assert before[0] * w < 0 and beta * before[1] * (lam * before[0]) < 0


def test_the_limit_each_slip_is_another_power_or_half_of_it():
    r"""scripts/problems/collection/limit.py: “The curvature is the second derivative, $\lambda = 2 \cdot … = …$. The
    limit is $2/\lambda = …$.” “This is $1/\lambda$, half of the limit: there one update leads to the bottom. Between
    $1/\lambda$ and $2/\lambda$ a run jumps across and still settles.” “The number before the square is not the
    curvature. Differentiate twice: the square leaves a factor of 2.” “This is $\lambda/2$, the limit upside down. A
    larger curvature needs a smaller rate.”"""
    for problem in variants(limit)[:FEW]:
        (question,), a = problem.questions, problem.given["a"]
        lam = ((a * 1.0**2) - 2 * 0 + (a * 1.0**2)) / 1.0**2  # f(1) − 2 f(0) + f(−1)
        right = said(question, "The curvature is the second")
        assert right == question.answer.value == pytest.approx(2 / lam) and lam == 2 * a
        half = said(question, "This is $1/")
        assert 1 - half * lam == pytest.approx(0) and half == pytest.approx(right / 2)
        for part in (0.51, 0.75, 0.99):
            errors = path(1 - part * right * lam, updates=800)
            assert errors[1] < 0 and abs(errors[-1]) < 1e-6
        assert said(question, "The number before") == pytest.approx(2 / a)
        assert said(question, "This is $\\lambda/2$") == pytest.approx(1 / right)
        assert 2 / (2 * lam) < 2 / lam


def test_the_regime_each_word_is_for_its_products_and_each_slip_is_another_factor():
    r"""scripts/problems/collection/regime.py: “The factor $1 - \alpha\lambda = …$ is …; its size is ….” “That takes …;
    here $\alpha\lambda = …$.” “$\alpha\lambda$ between … and …” “…, and the factor is $1 - \alpha\lambda = …$.” “The
    sign is reversed. It is $1 - \alpha\lambda$, and its sign says whether the run crosses the bottom.” “This is
    $\alpha\lambda$, the share of the error that the step takes away. What is left is $1 - \alpha\lambda$.” “This is the
    factor of the loss above its floor. The loss goes with the square of the error; the question is about the error.”
    “$1 + \alpha\lambda$ would be a step up the slope: the wrong sign.”"""
    doing = {
        "flips": "It flips",
        "arrives": "It is at",
        "down": "It comes",
        "across": "settles",
        "out": "further",
    }
    for problem in variants(regime):
        what, which = problem.questions
        rate, lam = problem.given["rate"], problem.given["curvature"]
        errors = [1.0]
        for _ in range(30):
            errors.append(errors[-1] - rate * lam * errors[-1])
        factor, product = errors[1] / errors[0], (errors[0] - errors[1]) / errors[0]
        kind = "down" if errors[1] > 0 else ("across" if abs(errors[-1]) < 1 else "out")
        assert doing[kind] in what.answer.value
        assert what.answer.why.startswith(r"The factor $1 - \alpha\lambda = ")
        assert ("positive" in what.answer.why) == (factor > 0)
        assert ("below 1, so the error shrinks" in what.answer.why) == (abs(errors[-1]) < 1)
        for wrong in what.wrong:  # at what it says it takes, a run does what it says
            words = wrong.why.partition("That takes ")[2].partition(";")[0]
            low, high = (
                (2, 2.4)
                if "above" in words
                else [
                    float(one)
                    for one in words.replace("$", "").replace("=", "and").split()
                    if one[0].isdigit()
                ]
                * (1 if "between" in words else 2)
            )
            for part in ((low + high) / 2,) if low < high else (low,):
                one = path(1 - part, updates=40)
                seen = {
                    "It comes": one[1] > 0 and one[-1] < 1,
                    "It is at": one[1] == 0,
                    "It jumps across at every update and": one[1] < 0 and abs(one[-1]) < 1e-3,
                    "It flips": one[1] == -1 and one[2] == 1,
                    "It jumps across at every update, further": one[1] < 0 and abs(one[-1]) > 1e3,
                }
                assert [holds for words, holds in seen.items() if wrong.value.startswith(words)] == [True]
        assert which.answer.value == pytest.approx(factor)
        assert (factor < 0) == (errors[1] * errors[0] < 0)  # its sign says whether the run crosses
        assert said(which, "The sign is") == pytest.approx(-factor)
        assert said(which, "This is $") == pytest.approx(product) and 1 - product == pytest.approx(factor)
        above = [lam * e**2 / 2 for e in errors[:2]]
        assert said(which, "This is the factor") == pytest.approx(above[1] / above[0])
        up = 1.0 + rate * lam * 1.0  # the slope at 1 is λ
        assert said(which, "$1 + ") == pytest.approx(up) and up > 1


def test_sign_or_rate_the_other_explosion_looks_otherwise_and_each_slip_is_another_curvature():
    r"""scripts/problems/collection/sign_or_rate.py: “The differences of neighbouring weights alternate and grow: $1 -
    \alpha\lambda$ is below $-1$.” “Then the differences of neighbouring weights would alternate. They keep their sign.”
    “The weights leave on one side, by the factor $1 + \alpha\lambda$ each time.” “Then the weight would leave on one
    side. Here each update crosses the bottom.” “The data are always the same, and noise does not grow by the same
    factor each time.” “The differences of neighbouring weights grow by the same factor each time. They will not stop.”
    “Neighbouring differences have the ratio $… = …$, so $\lambda = (… … 1)/\alpha = …$.” “This belongs to the other
    explosion. These weights …, so the factor is $…$.” “The 1 is missing: the factor of the error is $…$, not
    $\alpha\lambda$ alone.” “A square root belongs to losses. A weight goes with the error itself.”"""
    noise = np.abs(np.diff(np.random.default_rng(0).normal(size=500)))
    assert np.ptp(noise[1:] / noise[:-1]) > 1  # no constant factor
    for problem in variants(sign_or_rate)[:FEW]:
        what, which = problem.questions
        rate, weights, wrong = (problem.given[k] for k in ("rate", "weights", "wrong_sign"))
        steps = np.diff(weights)
        ratio = steps[1:] / steps[:-1]
        assert ratio == pytest.approx(ratio[0], rel=1e-4) and abs(ratio[0]) > 1
        assert (ratio[0] > 0) == wrong == ("leave on one side" in what.answer.why)
        assert any("keep their sign" in one.why for one in what.answers) == wrong
        assert any("crosses the bottom" in one.why for one in what.answers) == (not wrong)
        lam = (abs(ratio[0]) + (-1 if wrong else 1)) / rate
        for sign, here in ((1, not wrong), (-1, wrong)):  # a run with either fault, on that parabola
            factor = 1 - sign * rate * lam
            assert (factor == pytest.approx(ratio[0], rel=1e-4)) == here
        assert which.answer.value == pytest.approx(lam, rel=1e-4)
        other = said(which, "This belongs to the other")
        assert abs(1 + (rate * other if not wrong else -rate * other)) == pytest.approx(
            abs(ratio[0]), rel=1e-4
        )
        assert said(which, "The 1 is missing") == pytest.approx(abs(ratio[0]) / rate, rel=1e-4)
        losses = lam * path(ratio[0], updates=3) ** 2 / 2
        root = math.sqrt(losses[1] / losses[0])
        assert root == pytest.approx(abs(ratio[0]))  # of losses a root is due, of weights none
        assert said(which, "A square root") == pytest.approx((1 + math.sqrt(abs(ratio[0]))) / rate, rel=1e-4)


def wait_until(part, factor):
    left, updates = 1.0, 0
    while left >= part:
        left, updates = left * factor, updates + 1
    return updates


def test_the_slowest_direction_is_the_one_of_the_largest_factor_and_each_slip_is_another_wait():
    r"""scripts/problems/collection/slowest.py: “$…$ along curvature …” “The one of curvature …” “A sharp direction can
    be the slowest too: near its limit it jumps back and forth.” “At this rate the flattest direction moves least.”
    “$\kappa = \lambda_{\max}/\lambda_{\min} = …/… = …$.” “This is $\lambda_{\min}/\lambda_{\max}$, upside down; κ is
    never below 1.” “The middle curvature does not count: κ compares the largest with the smallest.” “This is a
    difference; κ is a ratio, so that it does not depend on the scale of the loss.” “The three factors $1 -
    \alpha\lambda$ are …; the size of this one is the largest.” “Its factor is $…$, of smaller size than the …. …”
    “Each update leaves $…$ of it, so it takes more than $\ln 100 / \ln(1/…) = …$ updates: ….” “Rounded down: after
    this update a little more than 1 % is left.” “This is the wait of the other extreme, whose factor has the size
    $…$.” “This is the wait of the loss, which shrinks with the square of the error, in half as many updates.”"""
    for problem in variants(slowest):
        condition, along, wait = problem.questions
        lam, rate = np.array(problem.given["curvatures"]), problem.given["rate"]
        kappa = np.linalg.cond(np.diag(lam))
        assert said(condition, r"$\kappa = ") == pytest.approx(kappa)
        assert said(condition, r"This is $\lambda") == pytest.approx(1 / kappa) and kappa >= 1
        assert said(condition, "The middle") == pytest.approx(lam[2] / lam[1])
        assert said(condition, "This is a diff") == pytest.approx(lam[2] - lam[0])
        assert np.linalg.cond(np.diag(7 * lam)) == pytest.approx(kappa) and np.ptp(7 * lam) != np.ptp(lam)
        factors = 1 - rate * lam
        slow = int(np.argmax(np.abs(factors)))
        assert along.answer.value.endswith(f" {number(lam[slow])}")
        assert along.answer.why.startswith("The three factors")
        for answer in along.wrong:
            sharp = "near its limit it jumps back and forth" in answer.why
            assert sharp == (slow == 2) == (factors[slow] < 0)
            assert sharp or "the flattest direction moves least" in answer.why
            assert sharp or rate * lam[0] == min(rate * lam)
        other = abs(factors[0 if slow == 2 else 2])
        right = wait_until(0.01, abs(factors[slow]))
        assert wait.answer.value == right > math.log(100) / math.log(1 / abs(factors[slow]))
        down = said(wait, "Rounded down")
        assert abs(factors[slow]) ** right < 1 / 100 <= abs(factors[slow]) ** down
        assert said(wait, "This is the wait of the other") == wait_until(0.01, other)
        assert said(wait, "This is the wait of the *loss*") == wait_until(0.01, factors[slow] ** 2)


def test_sum_or_mean_each_slip_is_the_limit_of_the_other_or_half():
    r"""scripts/problems/collection/sum_or_mean.py: “The second derivative of the mean is $\lambda = \frac{2}{…}\sum x_i^2
    = 2 \cdot …/… = …$, and the limit $2/\lambda = …$.” “This is the limit for the sum of the squared errors. The mean
    has a curvature … times smaller, and a limit … times higher.” “The 2 from differentiating the square is missing: the
    curvature is twice the mean of $x_i^2$.” “This is $1/\lambda$, half of the limit.” “The sum is … times as large as
    the mean, and so is its curvature, $2\sum x_i^2 = …$. The limit is … times lower: ….” “This is the limit for the
    mean. A larger loss of the same shape has a larger curvature, so the limit does not stay the same.” “The wrong way
    round: the sum has … times the curvature, so its limit is lower.” “The 2 from differentiating the square is
    missing.”"""
    for problem in variants(sum_or_mean)[:FEW]:
        mean, sum_ = problem.questions
        x, y = (np.array(problem.given[name], dtype=float) for name in "xy")
        n = len(x)

        def curvature(reduce, x=x, y=y):
            at = [reduce((y - x * w) ** 2) for w in (-1.0, 0.0, 1.0)]
            return at[0] - 2 * at[1] + at[2]

        of_mean, of_sum = curvature(np.mean), curvature(np.sum)
        assert of_mean == pytest.approx(2 * np.mean(x**2)) and of_sum == pytest.approx(n * of_mean)
        assert said(mean, "The second derivative") == pytest.approx(2 / of_mean)
        assert said(mean, "This is the limit for the sum") == pytest.approx(2 / of_sum)
        assert f"{n} times smaller, and a limit {n} times higher" in mean.answers[1].why
        assert said(mean, "The 2 from") == pytest.approx(2 / (of_mean / 2))
        assert said(mean, "This is $1") == pytest.approx(1 / of_mean) == mean.answer.value / 2
        assert said(sum_, "The sum is") == pytest.approx(2 / of_sum) == mean.answer.value / n
        assert f"$2\\sum x_i^2 = {of_sum:.0f}$. The limit is {n} times lower" in sum_.answer.why
        assert said(sum_, "This is the limit for the mean") == pytest.approx(2 / of_mean)
        assert said(sum_, "The wrong way round") == pytest.approx(n * 2 / of_mean) and of_sum > of_mean
        assert said(sum_, "The 2 from") == pytest.approx(2 / (of_sum / 2))


def test_three_losses_each_slip_is_another_reading_of_the_same_losses():
    r"""scripts/problems/collection/three_losses.py: “This is half of the limit, $1/\lambda$: a good rate to set, but not
    the largest that settles.” “The square root is missing. The loss goes with the square of the error, so its growth is
    $r = (\alpha\lambda - 1)^2$.” “This takes $L_3/L_2$ for the growth. The floor is in both losses; it cancels only in
    their differences.” “The 1 is missing: $\sqrt{\mathstrut r} = \alpha\lambda - 1$, so $\alpha\lambda = 1 +
    \sqrt{\mathstrut r}$.” “$(\sqrt{\mathstrut r} - 1)/\alpha$ belongs to a wrong sign, where nothing alternates. These
    weights alternate.” “…, and the limit is $2/\lambda = …$.”"""
    for problem in variants(three_losses)[:FEW]:
        which, how_far = problem.questions
        rate, L = problem.given["rate"], problem.given["losses"]
        lam = which.answer.value
        r = (L[2] - L[1]) / (L[1] - L[0])
        assert (rate * lam - 1) ** 2 == pytest.approx(r, rel=1e-5)
        floor = L[0] - (L[1] - L[0]) / (r - 1)
        assert (L[2] - floor) / (L[1] - floor) == pytest.approx(r) and L[2] / L[1] < r  # the floor is in both
        slips = {
            "The square root": (1 + r) / rate,
            "This takes": (1 + math.sqrt(L[2] / L[1])) / rate,
            "The 1 is missing": math.sqrt(r) / rate,
            r"$(\sqrt": (math.sqrt(r) - 1) / rate,
        }
        for begins, value in slips.items():
            assert said(which, begins) == pytest.approx(value, rel=1e-5)
            assert said(how_far, begins) == pytest.approx(2 / value, rel=1e-5)
        wrong_sign = path(1 + rate * slips[r"$(\sqrt"], updates=3) ** 2
        assert (wrong_sign[2] - wrong_sign[1]) / (wrong_sign[1] - wrong_sign[0]) == pytest.approx(r, rel=1e-5)
        assert np.all(path(1 + rate * lam) > 0) and np.any(path(1 - rate * lam) < 0)
        half = said(how_far, "This is half")
        assert 1 - half * lam == pytest.approx(0, abs=1e-4)
        assert abs(1 - 1.9 * half * lam) < 1 < abs(1 - 2.1 * half * lam)
        assert how_far.answer.value == pytest.approx(2 * half) and "and the limit is" in how_far.answer.why


def test_overflow_each_slip_is_another_wait():
    r"""scripts/problems/collection/bits/overflow.py: “The loss grows by $r = (\alpha\lambda - 1)^2 = …$ per update, so it
    takes $\ln(\text{largest}/…)/\ln r = …$ updates: ….” “Rounded down: after this update the loss is still a number.”
    “This is when the error has grown so much. The loss goes with its square and gets there in half the time.” “The
    growth is $(\alpha\lambda - 1)^2$, not $(\alpha\lambda)^2$: the step takes $\alpha\lambda$ times the error away from
    the error.” “This is the end of …; … has another.”"""

    def wait(growth, start, kind):
        return math.ceil((math.log(overflow.LARGEST[kind][0]) - math.log(start)) / math.log(growth))

    for problem in variants(overflow):
        (question,), (product, start, kind) = problem.questions, problem.given.values()
        errors = [1.0, 1.0 - product * 1.0]  # the step takes αλ times the error away
        growth = errors[1] ** 2
        right = said(question, "The loss grows by")
        assert right == question.answer.value == wait(growth, start, kind)
        down = said(question, "Rounded down")
        last, over = (math.log(start) + n * math.log(growth) for n in (down, right))
        assert last <= math.log(overflow.LARGEST[kind][0]) < over and right == down + 1
        slow = said(question, "This is when the *error*")
        assert slow == wait(abs(errors[1]), start, kind) and right in (
            math.ceil(slow / 2),
            math.ceil(slow / 2) + 1,
        )
        assert said(question, "The growth is") == wait(product**2, start, kind)
        other = said(question, "This is the end of")
        (name,) = [one for one in overflow.LARGEST if f"the end of {one};" in question.answers[-1].why]
        assert (
            other == wait(growth, start, name)
            and name != kind
            and f"; {kind} has" in question.answers[-1].why
        )


def test_scaler_each_slip_is_another_scale():
    """scripts/problems/collection/bits/scaler.py: “…: … updates are skipped.” “Rounded down: at this scale the gradient
    is still inf.” “One too many: the update after the last halving is made, not skipped.” “This is when a norm computed
    in fp16 would be finite, below 256. The scaler looks at the gradients themselves.” “…, so $…/… = …$ is left.” “At
    this scale the gradient is still inf: one more halving is needed.” “This is the largest whole scale that fits. The
    scaler only halves, so it arrives at a power of two.”"""
    for problem in variants(scaler):
        skipped, scale = problem.questions
        start, gradient = problem.given["start"], problem.given["gradient"]

        def scaled(halved, start=start, gradient=gradient):
            with np.errstate(over="ignore"):
                return np.float16(start / 2**halved * gradient)

        right = said(skipped, skipped.answer.why[:20])
        assert np.isfinite(scaled(right)) and skipped.answer.why.endswith(f"{right} updates are skipped.")
        assert np.isinf(scaled(said(skipped, "Rounded down")))
        assert np.isfinite(scaled(said(skipped, "One too many") - 1))
        norm = said(skipped, "This is when")
        with np.errstate(over="ignore"):
            assert np.isfinite(scaled(norm) * scaled(norm)) and np.isinf(scaled(norm - 1) * scaled(norm - 1))
            assert np.isinf(np.float16(256) ** 2) and np.isfinite(np.float16(255.8) ** 2)
        left = scale.answer.value
        assert left == start / 2**right and scale.answer.why.endswith(f"= {left}$ is left.")
        assert np.isinf(scaled(math.log2(start / said(scale, "At this scale"))))
        largest = said(scale, "This is the largest whole scale")
        assert largest * gradient <= 65504 < (largest + 1) * gradient and left <= largest
        assert math.log2(left) % 1 == 0


def test_adam_each_slip_is_another_method_or_another_count():
    r"""scripts/problems/collection/networks/adam.py: “The first update moves every weight by $\alpha$, whatever its slope,
    and all of them in one direction: … · … · … = ….” “This is a step of plain descent. Adam divides each gradient by
    its own size, so the slope does not count.” “This is the part of one weight. Every weight moves, and the parts add
    up.” “This is 3.16 times too far: both averages begin at 0, and Adam corrects that. Its first update is α and no
    more.” “Each of the … layers is … times as large, the output …^… times, and the loss goes with its square: ….” “This
    is the output. The loss goes with its square.” “This would hold for one layer: layers multiply one another.” “Layers
    multiply, they do not add: it is a power.”"""
    for problem in variants(adam):
        moved, jump = problem.questions
        inputs, size, rate, slope, layers, times = problem.given.values()
        g = np.full(inputs, slope)
        m, v = 0.1 * g, 0.001 * g**2
        corrected = rate * (m / 0.1) / np.sqrt(v / 0.001)
        assert corrected == pytest.approx(rate)  # α, whatever the slope
        right = said(moved, "The first update")
        assert right == pytest.approx(np.sum(size * corrected))
        assert said(moved, "This is a step of plain") == pytest.approx(np.sum(size * rate * g))
        assert said(moved, "This is the part") == pytest.approx(size * corrected[0])
        far = said(moved, "This is 3.16 times")
        assert far == pytest.approx(np.sum(size * rate * m / np.sqrt(v)))
        assert far / right == pytest.approx(3.16, abs=0.005)

        def chain(alpha, layers=layers):
            output = np.prod(np.ones(layers) * alpha)
            return output, output**2 / 2

        (one, loss), (other, after) = chain(1.0), chain(float(times))
        assert said(jump, "Each of the") == pytest.approx(after / loss)
        assert f"Each of the {layers} layers is {times} times as large" in jump.answer.why
        assert said(jump, "This is the output") == pytest.approx(other / one)
        assert said(jump, "This would hold") == pytest.approx(chain(float(times), 1)[1] / chain(1.0, 1)[1])
        assert said(jump, "Layers multiply, they") == layers * times * 2 != after / loss


def test_depth_each_slip_leaves_a_factor_out_or_takes_one_too_many():
    r"""scripts/problems/collection/networks/depth.py: “$p = …\,w^{…}$, so its slope is $… \cdot … \cdot w^{…} = …$.” “The
    factor … is missing: the weight acts … times, and each time counts.” “The exponent is one too high: of the …
    factors, one is replaced by its change.” “This is the output itself, not its slope.” “Where the loss is 0, its
    second derivative is the square of the slope, $\lambda = …^2$. The limit is $2/\lambda = …$.” “The curvature of half
    a squared error is the square of the slope.” “This is $1/\lambda$, half of the limit.” “The weight acts … times, so
    the slope has a factor … and λ its square.”"""
    for problem in variants(depth)[:FEW]:
        slope, below = problem.questions
        first, weight, steps, out = problem.given.values()

        def output(weights, first=first, out=out):
            return out * first * np.prod(weights)

        w, h = np.full(steps, weight), 1e-5 * weight
        each = [
            (output(w + h * e) - output(w - h * e)) / (2 * h) for e in np.eye(steps)
        ]  # one step at a time
        whole = (output(w + h) - output(w - h)) / (2 * h)
        assert said(slope, "$p = ") == pytest.approx(whole, rel=1e-6) == sum(each)
        assert said(slope, f"The factor {steps}") == pytest.approx(each[0], rel=1e-6)
        assert said(slope, "The exponent") == pytest.approx(whole * weight, rel=1e-6)
        assert said(slope, "This is the output") == pytest.approx(output(w))
        target, h = output(w), 1e-4 * weight
        at = [(output(w + e) - target) ** 2 / 2 for e in (-h, 0.0, h)]
        lam = (at[0] - 2 * at[1] + at[2]) / h**2
        assert lam == pytest.approx(whole**2, rel=1e-4)
        assert said(below, "Where the loss is 0") == pytest.approx(2 / lam, rel=1e-4)
        assert said(below, "The curvature of") == pytest.approx(2 / math.sqrt(lam), rel=1e-4)
        assert said(below, "This is $1/") == pytest.approx(1 / lam, rel=1e-4)
        assert said(below, f"The weight acts {steps}") == pytest.approx(2 / each[0] ** 2, rel=1e-4)
        assert f"a factor {steps} and λ its square" in below.answers[-1].why and lam == pytest.approx(
            steps**2 * each[0] ** 2, rel=1e-4
        )


@of_a_framework()
def test_the_scaler_of_pytorch_halves_at_each_inf_and_doubles_after_2000_good_updates():
    """scripts/problems/collection/bits/scaler.py: “The scale does not come back by itself: it is doubled only after
    2,000 good updates.”"""
    torch = pytest.importorskip("torch")
    scale, good = torch.tensor([64.0]), torch.tensor([0], dtype=torch.int32)
    usual = torch.amp.GradScaler("cpu")
    factors = usual.get_growth_factor(), usual.get_backoff_factor(), usual.get_growth_interval()
    seen = []
    for _ in range(2000):
        torch._amp_update_scale_(scale, good, torch.tensor([0.0]), *factors)
        seen.append(scale.item())
    assert seen == [64.0] * 1999 + [128.0]
    torch._amp_update_scale_(scale, good, torch.tensor([1.0]), *factors)
    assert scale.item() == 64.0
