"""The claims of the page on misconceptions, a test a sentence."""

import re
import warnings

import numpy as np
import pytest

from conftest import SNIPPETS, markdown_of
from weave.program import sections


def test_there_are_twelve_beliefs_and_a_run_against_each(chapter):
    """“Twelve beliefs about exploding losses, from “a convex loss cannot explode” to “0.001 means the same for every
    optimiser”, each refuted in a few sentences and one run.” “The runs are small enough to type.” “Misconceptions: twelve beliefs, and a run against each”
    CHANGELOG.md: “Misconceptions: twelve beliefs about losses that explode, each refuted in a few sentences
    and one run.”"""
    page = markdown_of("misconceptions")
    parts = re.split(r"^## ", page, flags=re.MULTILINE)
    assert "# Misconceptions: twelve beliefs" in parts[0] and len(parts) == 13 == len(chapter.printed) + 1
    beliefs = [part.splitlines()[0] for part in parts[1:]]
    assert beliefs[0] == "“The loss is convex, so it cannot explode”"
    assert beliefs[-1] == "“0.001 means the same for every optimiser”"
    codes = {part.name: part.code for part in sections(SNIPPETS / "misconceptions.py")}
    for part, (section, printed) in zip(parts[1:], chapter.printed.items(), strict=True):
        assert part.startswith("“") and f'"misconceptions.{section}.txt"' in part and printed
        answer = part.split('!!! refute ""\n', 1)[1].split("```")[0]
        assert (
            re.match(r"    [A-Z].*[.)]\n", answer) and 2 <= len(re.findall(r"[.;:?] |\.\)?\n", answer)) <= 8
        )
        assert len(codes[section].strip().splitlines()) <= 20


def test_a_convex_loss_explodes_above_the_limit(chapter):
    r"""“Convexity says only that each step points the right way. How far the step may go is set by the curvature, and
    on this parabola it goes [too far every time](overshoot.md) once $\alpha\lambda > 2$.”
    snippets/misconceptions.py: “convex everywhere, with one minimum”"""
    assert chapter.loss[0] == 1 and chapter.loss[59] > 1e9
    assert np.diff(chapter.loss).min() > 0
    for lam in 0.5, 2, 40:
        for product in 0.3, 1.9, 2.1, 5:
            x, bottom = 4.0, 3.0
            for _ in range(30):
                new = x - product / lam * lam * (x - bottom)
                assert (new - x) * (bottom - x) > 0  # the right way
                assert (abs(new - bottom) > abs(x - bottom)) == (product > 2)  # too far
                x = new if abs(new - bottom) > 1e-9 else 4.0
    for slope in np.tanh, lambda x: x**3, np.sign:  # of other convex losses, with their bottom at 0
        assert all(slope(x) * x > 0 for x in np.linspace(-3, 3, 50))


def test_only_at_the_limit_itself_the_bounces_of_a_parabola_neither_grow_nor_shrink(chapter):
    r"""“On a parabola each bounce is a fixed factor longer than the last, or shorter. Only at exactly $\alpha\lambda =
    2$ is the factor one; a hundredth above it a thousand updates reach `3.983e+08`.”"""
    ends = {}
    for alpha in 0.99, 1.0, 1.01, 1.5:
        path = [1.0]
        for _ in range(1000 if alpha < 1.5 else 40):
            path.append(path[-1] - alpha * 2 * path[-1])
        bounces = np.abs(np.diff(path))
        assert bounces[1:] / bounces[:-1] == pytest.approx(abs(1 - 2 * alpha))
        assert (abs(bounces[1] / bounces[0] - 1) < 1e-9) == (alpha * 2 == 2)
        ends[alpha] = abs(path[-1])
    assert 1.01 * 2 == 2 + 0.02 and ends[1.01] == pytest.approx(3.983e8, rel=5e-4)
    printed = [float(line.split()[-3]) for line in chapter.printed["bounds"].splitlines()[:3]]
    assert printed == pytest.approx([ends[alpha] for alpha in (0.99, 1.0, 1.01)], rel=1e-3)


@pytest.mark.parametrize("start", [0.1, 1.0, 50.0])
def test_there_are_bounds_where_the_slope_has_one(chapter, start):
    """“There are bounds where the slope has one, as in the last line of the output,”
    snippets/misconceptions.py: “the slope of log cosh x, at most 1”"""
    last = float(chapter.printed["bounds"].splitlines()[-1].split()[-3])
    x, path = start, []
    for _ in range(2000):
        x -= 3 * np.tanh(x)
        path.append(x)
    assert np.abs(path[-100:]) == pytest.approx([last] * 100, abs=1e-4)  # it bounces between bounds
    assert np.all(np.array(path[-100:-1]) * path[-99:] < 0) and 3 > 2 / 1  # above the limit of its bottom
    assert max(map(abs, path)) <= max(start, 3)


def test_in_some_networks_there_are_bounds_where_the_curvature_falls_on_the_way_up():
    """“or where the curvature falls on the way up, as in [some networks](networks.md).” f = uw, ½(uw − 1)², 10 %
    above 2/λ"""
    u = w = 1.001  # at the bottom uw = 1 the curvature is u² + w² = 2, so the limit is 1
    losses, far = [], []
    for t in range(5000):
        r = u * w - 1
        losses.append(r * r / 2)
        if t > 4800:
            far.append((losses[-1], np.linalg.eigvalsh([[w * w, 2 * u * w - 1], [2 * u * w - 1, u * u]])[-1]))
        u, w = u - 1.1 * r * w, w - 1.1 * r * u
    assert max(losses) < 1 and max(losses[-50:]) > 1e-4  # it neither leaves nor settles
    high = [curvature for loss, curvature in far if loss > 0.5 * max(losses[-50:])]
    assert min(high) < 2  # on the way up the curvature is lower than at the bottom


def test_a_thousandth_is_above_the_limit_of_an_income_even_in_thousands(chapter):
    """“A rate is careful only for a curvature, and the curvature depends on the units of the inputs. An income in
    plain units has the limit `7.32e-10`, and even in thousands 0.001 is above the limit of `0.000732`. (More
    under [conditioning](conditioning.md#change-one-thing-the-units-of-the-inputs).)”
    snippets/misconceptions.py: “half the mean squared error of y = wx”"""
    for unit, limit in ((1, 7.32e-10), (1000, 0.000732)):
        x = chapter.income / unit
        lam = np.mean(x * x * 2) - np.mean(x * x * 1)  # the slope at 2 less that at 1
        assert 2 / lam == pytest.approx(limit, rel=1e-3)
        assert lam * unit**2 == pytest.approx(np.mean(chapter.income**2))
        for rate, settles in (0.001, False), (0.99 * limit, True):
            w = 1.0
            for _ in range(40):
                w = w - rate * np.mean(x * x * w)
            assert (abs(w) < 1) == settles


def test_every_step_points_downhill_and_every_step_ends_higher(chapter):
    """“The step is chosen from the slope where it starts, and nothing looks where it lands. All `20` steps of this run
    point downhill, and all `20` end higher; [Taylor](taylor.md) says how long a step may be before it does.”
    snippets/misconceptions.py: “a step that points uphill”"""
    assert chapter.wrong_way == 0 and chapter.rises == 20
    x = 1.0
    for _ in range(20):
        new = x - 1.1 * ((x + 1e-6) ** 2 - (x - 1e-6) ** 2) / 2e-6  # from the slope here alone
        assert (new - x) * 2 * x < 0 and new**2 > x**2
        x = new
    for alpha in np.linspace(0.05, 1.5, 30):  # as long as 2α*, which on x² is 1
        assert ((1 - alpha * 2) ** 2 > 1 + 1e-12) == (alpha > 1 + 1e-9)


def test_an_overflow_is_enough_for_nan_without_any_division(chapter):
    """“An overflow is enough: what is too large for its format becomes `inf`, and `inf` minus `inf`, or zero times
    `inf`, is `nan`.”"""
    assert chapter.printed["division"] == "3e38 · 10 = inf, inf − inf = nan, 0 · inf = nan\n"
    with np.errstate(all="ignore"):
        for kind in np.float16, np.float32, np.float64:
            big = np.finfo(kind).max * kind(1.5)
            assert np.isinf(big) and np.isnan(big - big) and np.isnan(kind(0) * big)


def test_bf16_has_a_number_where_fp16_has_inf_and_loses_what_fp16_keeps(chapter):
    """“In bf16 three bits of the fraction have become exponent. So 70,000 is a number there, `70144`, where fp16 has
    inf. But a thousand updates of −0.001 leave a weight of 1 at `1.0000`, where fp16 brings it down to `0.0222`,
    and no nan tells you. ([Sixteen bits](precision.md))”
    snippets/misconceptions.py: “the first 16 bits of fp32, to nearest”"""
    bf16, half = chapter.bf16, np.finfo(np.float16)
    fraction = next(bits for bits in range(20) if bf16(1 + 2.0**-bits) in (1, 1 + 2.0 ** (1 - bits))) - 1
    assert [half.nmant - fraction, half.nexp] == [3, 5] and np.finfo(np.float32).nexp == 5 + 3
    assert 2**127 <= bf16(1.9 * 2.0**127) < np.inf  # the exponents of float32
    with np.errstate(over="ignore"):
        assert np.isinf(np.float16(70_000)) and bf16(70_000) == 70144
    assert {int(np.float32(bf16(one)).view(np.uint32)) % 2**16 for one in (0.1, -3.3, 70_000)} == {0}
    assert bf16(70144 + 255) == 70144 < bf16(70144 + 257)
    weights = {"fp16": 1.0, "bf16": 1.0}
    for _ in range(1000):
        weights["fp16"] = float(np.float16(weights["fp16"] - 0.001))
        weights["bf16"] = bf16(weights["bf16"] - 0.001)
        assert np.isfinite(list(weights.values())).all()
    assert weights["fp16"] == pytest.approx(0.0222, abs=5e-5) and weights["bf16"] == 1.0000
    assert chapter.printed["bf16"] == (
        "70,000 is inf in fp16, 70144 in bf16\n1 − 1000 · 0.001 is 0.0222 in fp16, 1.0000 in bf16\n"
    )


def test_in_an_explosion_the_loss_is_inf_first_and_nan_later():
    """“In an explosion the loss is therefore [`inf` first and `nan` later](overflow.md), and the order of [NumPy's
    warnings](messages.md#invalid) says so.”"""
    for kind in np.float32, np.float64:
        w, losses = kind(1), []
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            for _ in range(6000):
                losses.append(w * w)
                w = w - kind(1.1) * (kind(2) * w)  # no division anywhere
        inf, nan = np.isinf(losses).argmax(), np.isnan(losses).argmax()
        assert 0 < inf < nan
        order = list(dict.fromkeys(str(one.message).split(" encountered")[0] for one in told))
        assert order == ["overflow", "invalid value"]


def test_the_training_loss_of_one_weight_on_500_points_explodes(chapter):
    """“Overfitting is a low *training* loss with a high test loss, and here the training loss itself explodes. One
    weight on 500 points cannot memorise anything, and at a rate of 1.5 it reaches `2.64e+33` all the same.”"""
    assert len(chapter.inputs) == len(chapter.targets) == 500
    assert np.ndim(chapter.w) == 0
    least = min(np.mean((chapter.targets - w * chapter.inputs) ** 2) for w in np.linspace(-3, 3, 601))
    assert least > 0.95 * np.mean(chapter.targets**2)  # it learns nothing of the noise
    assert np.all(np.diff(chapter.train) > 0) and chapter.train[-1] == pytest.approx(2.64e33, rel=5e-3)
    growth = chapter.train[-1] / chapter.train[-2]
    assert growth == pytest.approx((1 - 1.5 * 2 * np.mean(chapter.inputs**2)) ** 2, rel=1e-6)


def test_clipping_by_value_lets_nan_pass_and_by_norm_spreads_it(chapter):
    """“Clipping shortens what is too long, and `nan` has no length. Clipped by value it passes unchanged; by norm it
    spreads, since the norm of a gradient with one `nan` in it is `nan`, and so is everything that is scaled by
    it.”"""
    assert np.isnan(chapter.by_value).tolist() == [False, True]
    assert np.isnan(chapter.by_norm).all() and np.isnan(np.linalg.norm(chapter.bad))
    assert "[30. 40.]: by norm [0.6 0.8], by value [1. 1.]" in chapter.printed["clipping"]
    rng = np.random.default_rng(0)
    for _ in range(20):
        g = rng.normal(size=5) * 10
        g[rng.integers(5)] = np.nan
        norm = np.linalg.norm(g)
        assert np.isnan(norm) and np.isnan(g * np.minimum(1, 1 / norm)).all()
        assert np.isnan(np.clip(g, -1, 1)).sum() == 1
        whole = np.nan_to_num(g)
        for shorter in whole * np.minimum(1, 1 / np.linalg.norm(whole)), np.clip(whole, -1, 1):
            assert np.linalg.norm(shorter) < np.linalg.norm(whole)


def test_a_wrong_sign_explodes_at_every_rate_only_later(chapter):
    """“With a wrong sign this parabola explodes at every rate, only later: at `76`, `698` and `6915` updates here.”
    snippets/misconceptions.py: “+ where − belongs”"""
    waits = []
    for alpha in (1.0, 0.1, 0.01, 0.001, 1e-4):
        x, update = 1.0, 0
        while x < 1e6:
            x, update = x + alpha * (2 * x), update + 1
        waits.append(update)
    assert waits[1:4] == [76, 698, 6915] and np.all(np.diff(waits) > 0)
    printed = [int(line.split()[-1]) for line in chapter.printed["smaller"].splitlines()]
    assert printed == waits[1:4]


@pytest.mark.parametrize("rate", [0.1, 1e-3, 1e-9])
def test_a_lower_rate_does_not_help_against_a_nan_in_the_data(rate):
    """“Nor does a lower rate help against a `nan` in the data, which is there before the first update.”"""
    x = np.array([1.0, 2.0, np.nan])
    w, losses = 0.5, []
    for _ in range(3):
        losses.append(np.mean((w * x - x) ** 2))
        w = w - rate * np.mean((w * x - x) * x)
    assert np.isnan(losses).all() and np.isnan(w)


def sure_and_nan(rate):
    """The update at which the logistic model of the chapter on cases is nan, and what it was before."""
    x = np.array([1, -1] * 9 + [1, 30], np.float32)
    label = np.array([1, 0] * 9 + [1, 1], np.float32)
    w, loss = np.float32(0), []
    with np.errstate(all="ignore"):
        while not loss or np.isfinite(loss[-1]):
            p = 1 / (1 + np.exp(-w * x))
            loss.append(-np.mean(label * np.log(p) + (1 - label) * np.log(1 - p)))
            w = w - np.float32(rate) * np.mean((p - label) * x)
    return len(loss) - 1, loss


def test_where_a_log_of_zero_waits_a_tenth_of_the_rate_only_puts_the_nan_off():
    """“And where a log of zero waits until the model is sure, a tenth of the rate [only puts it
    off](cases.md#you-may-think), in one run from about update 12 to about 127.”"""
    at, loss = sure_and_nan(0.1)
    later, _ = sure_and_nan(0.01)
    assert (at, later) == (pytest.approx(12, abs=2), pytest.approx(127, abs=3))
    assert np.all(np.isfinite(loss[:-1])) and np.all(np.diff(loss[:-1]) < 0)


def came_back(rate, seed):
    """Losses and number of units alive of the page's network, from another start."""
    X = np.random.default_rng(0).normal(3, 1, size=(50, 2))
    y, rng, c, losses = X[:, 0], np.random.default_rng(seed), 0.0, []
    V, u = rng.normal(size=(2, 20)), rng.normal(size=20) / 20
    for _ in range(500):
        hidden = np.maximum(X @ V, 0)
        r = hidden @ u + c - y
        losses.append(np.mean(r**2) / 2)
        slopes = X.T @ (r[:, None] * u * (hidden > 0)) / 50, hidden.T @ r / 50, r.mean()
        V, u, c = V - rate * slopes[0], u - rate * slopes[1], c - rate * slopes[2]
    return losses, int(np.any(X @ V > 0, axis=0).sum()), y.var() / 2


@pytest.mark.parametrize("seed", range(4))
def test_a_dead_network_comes_back_as_well_to_what_guessing_costs(chapter, seed):
    """“A dead network comes back as well. At 0.01 these 20 ReLU units learn to copy their first input; at 0.5 the loss
    first rises to `2.37e+04` and then comes down to `0.43`, which is what guessing costs: the units are dead, and
    only the mean is left.”
    snippets/misconceptions.py: “the first input is to be copied, by 20 ReLU units” “half the mean square,
    if the mean is predicted” “units that are not always 0”"""
    losses, alive, guess = came_back(0.5, seed)
    assert max(losses) > 1000 * losses[0] > 1000 * losses[-1]
    assert losses[-1] == pytest.approx(guess, rel=1e-3) and alive == 0
    losses, alive, _ = came_back(0.01, seed)
    assert losses[-1] < guess / 100 and alive > 0  # it learns to copy
    first, second = chapter.printed["back"].splitlines()
    assert second == "rate 0.5: highest 2.37e+04, last 0.43, guessing 0.43, alive 0"
    assert "guessing 0.43, alive 1" in first and float(first.split()[5].strip(",")) < 0.001


def test_one_update_of_adam_at_a_rate_that_is_far_too_high_is_enough(chapter):
    """“Adam moves every weight by about the rate, whatever the gradient, so at a rate that is far too high one update
    is enough: from `37.2` to `6169` here, or to `6.836e+05`, which is already too large for float16.”"""
    rows = [
        [float(one) for one in re.findall(r"\d[\d.e+-]*", line)]
        for line in chapter.printed["adam"].splitlines()
    ]
    assert [row[:3] for row in rows[1:]] == [[10, 37.2, 6169], [100, 37.2, 6.836e5]]
    X, y = chapter.X, chapter.y
    for scale in 1e-6, 1, 1e9:  # an update moves every weight by the rate, whatever the gradient
        g = scale * X.T @ (0 - y) / 200
        m, v = 0.1 * g, 0.001 * g**2
        w = -10 * (m / 0.1) / np.sqrt(v / 0.001)
        assert np.abs(w) == pytest.approx(10)
    assert np.mean((X @ w - y) ** 2) / 2 == pytest.approx(6169, rel=1e-3)
    assert np.mean((X @ (10 * w) - y) ** 2) / 2 == pytest.approx(6.836e5, rel=1e-3)
    with np.errstate(over="ignore"):
        assert np.isinf(np.float16(6.836e5)) and np.isfinite(np.float16(6169))


def test_adam_cannot_multiply_its_error_by_a_constant_for_ever(chapter):
    """“What Adam cannot do is multiply its error by a constant for ever. So its mark is [a single
    jump](adam.md#one-jump-then-down), and after it a way down, as on this parabola, or in a network often a
    standstill.”"""
    X, y = chapter.X, chapter.y
    best = np.linalg.lstsq(X, y)[0]
    for rate in (10.0, 100.0, 1000.0):
        w, m, v, losses, far = np.zeros(100), 0, 0, [], []
        for t in range(1, 300):
            r = X @ w - y
            losses.append(np.mean(r * r))
            far.append(np.abs(w - best).max())
            g = X.T @ r
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            w = w - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        assert np.argmax(losses) == 1 and losses[-1] < losses[0]
        assert np.all(np.diff(far) < 7.3 * rate)  # it grows by a distance at most, and not by a factor
    x = X[:, :2]  # a network of 20 ReLU units in place of the parabola
    target, still = 3 + x[:, 0], 0
    for seed in range(4):
        rng, losses = np.random.default_rng(seed), []
        w, m, v = [rng.normal(size=(2, 20)), rng.normal(size=20) / 20, 0.0], [0, 0, 0], [0, 0, 0]
        for t in range(1, 401):
            h = np.maximum((x + 3) @ w[0], 0)
            r = h @ w[1] + w[2] - target
            losses.append(np.mean(r**2))
            slopes = (x + 3).T @ (r[:, None] * w[1] * (h > 0)) / 200, h.T @ r / 200, r.mean()
            for i, g in enumerate(slopes):
                m[i], v[i] = 0.9 * m[i] + 0.1 * g, 0.999 * v[i] + 0.001 * g * g
                w[i] = w[i] - 3 * (m[i] / (1 - 0.9**t)) / (np.sqrt(v[i] / (1 - 0.999**t)) + 1e-8)
        assert np.argmax(losses) == 1
        still += losses[-1] == pytest.approx(np.var(target), rel=0.01)  # what guessing costs
    assert still >= 2


def test_300_updates_of_adam_come_as_far_on_both_parabolas_and_those_of_descent_do_not(chapter):
    """“To plain descent a rate is a factor: at 0.001 it crawls on the first parabola, to `0.97`, and explodes on the
    second, to `2.04e+90`. To Adam a rate is [a distance](adam.md): 300 updates of at most about 0.001 each bring
    it as far on the one as on the other.”
    snippets/misconceptions.py: “two parabolas, ½λx²”
    docs/misconceptions.md: “So a rate is handed from one optimiser to another only with its meaning, never
    as a number.”"""
    found = [float(line.split()[-1]) for line in chapter.printed["optimisers"].splitlines()]
    ends, steps = [], []
    for lam in 0.1, 3000:
        x = w = 1.0
        m = v = 0
        for t in range(1, 301):
            new = x - 0.001 * lam * x
            assert new / x == pytest.approx(1 - 0.001 * lam)
            x, g = new, lam * w
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            steps.append(0.001 * m / (1 - 0.9**t) / np.sqrt(v / (1 - 0.999**t)))
            w = w - steps[-1]
        ends += [x, w]
    assert found == pytest.approx(ends, rel=5e-3)
    assert [abs(ends[0]), abs(ends[2])] == pytest.approx([0.97, 2.04e90], rel=5e-3)
    assert ends[1] == pytest.approx(ends[3]) and max(steps) < 0.001 * 1.01 and ends[1] < 0.9
