"""The claims of the chapter on networks, a test a sentence.

Runs at the edge of stability are chaotic: their numbers are asserted as ranges.
"""

from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from conftest import axes_of, markdown_of, names_of
from proven import of_a_chapter, reads

# One worker runs the program once.
pytestmark = [pytest.mark.xdist_group("networks"), of_a_chapter()]


def own_gradient(w, task):
    """Loss and gradient of a network with one or two hidden layers, written without loops over layers."""
    X, y, shapes, (bend, slope) = task
    ends = np.cumsum([(a + 1) * b for a, b in shapes])
    matrices = [p.reshape(-1, b) for p, (_, b) in zip(np.split(w, ends[:-1]), shapes, strict=True)]
    ones = np.ones((len(X), 1))
    inputs = [np.hstack([X, ones])]
    for M in matrices[:-1]:
        inputs.append(np.hstack([bend(inputs[-1] @ M), ones]))
    back = inputs[-1] @ matrices[-1] - y
    loss, parts = 0.5 * float((back**2).sum()), []
    for M, values in zip(matrices[::-1], inputs[::-1], strict=True):
        parts.insert(0, np.einsum("ni,nj->ij", values, back).ravel())
        if values is not inputs[0]:
            back = (back @ M.T)[:, :-1] * slope(values[:, :-1])
    return loss, np.concatenate(parts)


def hessian(w, task, h=1e-5):
    """All of H, a column at a time, made symmetric."""
    H = np.array([own_gradient(w + e, task)[1] - own_gradient(w - e, task)[1] for e in h * np.eye(len(w))])
    return (H + H.T) / (4 * h)


def sharpest(w, task):
    return np.linalg.eigvalsh(hessian(w, task))[-1]


def power(w, task, turns, h=1e-5, shift=0.0):
    """Power iteration as the chapter does it, with the step and the shift of the exercises."""
    v = own_gradient(w, task)[1]
    for _ in range(turns):
        v = v / np.linalg.norm(v)
        product = (own_gradient(w + h * v, task)[1] - own_gradient(w - h * v, task)[1]) / (2 * h)
        found, v = v @ product, product + shift * v
    return found


@cache
def run(kind, alpha, updates, seed=0):
    """The weights at the end and the losses of a run, with the gradient of this file."""
    names = names_of("networks")
    task = tasks(names)[kind]
    w, losses = names.start(task[2], seed), []
    with np.errstate(all="ignore"):
        for _ in range(updates):
            loss, g = own_gradient(w, task)
            losses.append(loss)
            w = w - alpha * g
    return w, np.array(losses)


def tasks(names):
    relu = (lambda z: np.where(z > 0, z, 0)), (lambda h: (h > 0).astype(float))
    people = names.raw[0]
    standard = (people - people.mean(0)) / people.std(0)
    return {
        "raw": names.raw,
        "raw relu": (*names.raw[:3], relu),
        "standard": (standard, *names.raw[1:]),
        "standard relu": (standard, *names.raw[1:3], relu),
        "wave": names.wave,
    }


def numbers(text):
    return [float(word) for word in text.split()]


# Two questions first


def test_recall_a_ninefold_growth_at_two_hundredths_means_a_limit_of_one_hundredth():
    r"""“From *Overshoot*: at a rate of 0.02 a loss on a parabola grows 9-fold at every update.” – “The error is
    multiplied by −3, so $\alpha\lambda$ = 4 and λ = 4/0.02 = 200. The limit is 2/200 = 0.01.”"""
    error = np.array([(1 - 0.02 * 200) ** t for t in range(5)])
    assert error[1:] / error[:-1] == pytest.approx(-3)
    assert 0.02 * 200 == 4 and 2 / 200 == 0.01
    assert (error[1:] / error[:-1]) ** 2 == pytest.approx(9)
    assert abs(1 - 0.0099 * 200) < 1 < abs(1 - 0.0101 * 200)


def test_recall_two_gradients_give_a_curvature_of_20_and_the_largest_is_at_least_that():
    r"""“$Hv \approx$ (0.2, 0.1)/0.01 = (20, 10) for $v$ = (1, 0), so the curvature along $v$ is $v^\top H v$ =
    20. The largest is at least that, and $2/\lambda_{\max}$ at most 0.1.”"""
    product = (np.array([3.2, 1.1]) - np.array([3, 1])) / 0.01
    assert product == pytest.approx(np.array([0.2, 0.1]) / 0.01)
    assert product == pytest.approx([20, 10])
    for last in (-500, 0, 500):  # whatever the entry that was not measured
        H = np.array([[20, 10], [10, last]])
        assert [1, 0] @ H @ [1, 0] == 20 and list(H @ [1, 0]) == [20, 10]
        assert np.linalg.eigvalsh(H)[-1] >= 20 and 2 / np.linalg.eigvalsh(H)[-1] <= 0.1


# The question, in numpy


def test_the_data_are_a_hundred_people_with_pressures_around_13(chapter):
    """“We have a hundred people, two inputs in raw units (age and weight), and a network with 50 tanh units.
    It is to predict their blood pressure, which is around 13 centimetres of mercury.”
    snippets/networks.py: “age, kilograms”"""
    people, pressure, shapes, _ = chapter.raw
    assert people.shape == (100, 2) and shapes == ((2, 50), (50, 1)) and chapter.raw[3][0] is np.tanh
    assert np.all((people > [18, 40]) & (people < [80, 110]))  # years and kilograms
    assert np.all(np.abs(pressure - 13) < 3)
    assert round(float(pressure.mean())) == 13
    assert sum((a + 1) * b for a, b in shapes) == 201


def test_at_a_ten_thousandth_the_loss_falls_at_every_update_from_7491_to_32():
    """“and is stable at 0.0001.” – “At a rate of 0.0001 the loss falls from 7,491 to 32 in twenty updates, and
    every update lowers it.”
    “At a rate of 0.0001 the loss of a small network falls from 7,491 to 32 in twenty updates.”"""
    losses = run("raw", 1e-4, 240)[1]
    assert losses[0] == pytest.approx(7491, abs=0.5)
    assert losses[20] == pytest.approx(32, abs=0.5)
    assert np.all(np.diff(losses[:21]) < 0)


def test_at_a_thousandth_the_loss_passes_a_trillion_at_update_8():
    """“A network in numpy explodes at 0.001” – “and every update lowers it. At 0.001 it is above a trillion after eight.” – “At 0.001 it is above a trillion
    after eight. Can its limit be known before it explodes?” – “Predict: at
    0.001 the loss explodes.”"""
    losses = run("raw", 1e-3, 270)[1]
    assert losses[7] < 1e12 < losses[8] and not np.isfinite(losses[-1])


@pytest.mark.parametrize("kind", ["raw", "standard relu", "wave"])
def test_backpropagation_gives_the_slopes_of_the_loss(chapter, kind):
    r"""“To train it we need its loss, which is half the sum of the squared errors, and the gradient of that
    loss. Backpropagation is the chain rule, applied from the last layer to the first.” – “Two losses, one a
    step $h$ forwards and one a step $h$ backwards, give the slope along any direction $d$. It must agree
    with $g^\top d$ from backpropagation.”
    snippets/networks.py: “the loss ½Σ(error²), and its gradient” “forwards, layer by layer” “the last row
    is the bias” “the last layer stays straight” “backwards, by the chain rule” “the slope, from the value
    h”"""
    task = tasks(chapter)[kind]
    w = chapter.start(task[2], seed=3)
    loss, g = chapter.gradient(w, task)
    assert loss == pytest.approx(own_gradient(w, task)[0])
    assert g == pytest.approx(own_gradient(w, task)[1], rel=1e-9, abs=1e-9)
    X, y, shapes, (bend, _) = task
    h, rest = X, w
    for a, b in shapes:  # half the sum of the squared errors
        W, rest = rest[: (a + 1) * b].reshape(a + 1, b), rest[(a + 1) * b :]
        h = h @ W[:-1] + W[-1]
        h = bend(h) if len(rest) else h
    assert loss == pytest.approx(np.sum((h - y) ** 2) / 2)
    for d in np.random.default_rng(4).normal(size=(5, len(w))):
        two = own_gradient(w + 1e-6 * d, task)[0] - own_gradient(w - 1e-6 * d, task)[0]
        assert two / 2e-6 == pytest.approx(g @ d, rel=1e-4)
    for i in range(0, len(w), 13):
        e = 1e-6 * np.eye(len(w))[i]
        two = own_gradient(w + e, task)[0] - own_gradient(w - e, task)[0]
        assert two / 2e-6 == pytest.approx(g[i], rel=1e-4, abs=1e-4)


def test_at_a_millionth_nine_digits_agree_and_a_larger_or_smaller_h_is_worse(chapter):
    """“At $h = 10^{-6}$ nine digits agree. With a larger $h$ the two losses no longer lie on one parabola;
    with a smaller one rounding is a larger part of their difference.”
    “A gradient is checked by a difference of losses”"""
    lines = chapter.printed["check"].splitlines()
    exact = float(lines[-1].split()[-1])
    off = {float(h): abs(float(s) / exact - 1) for h, s in (line.split() for line in lines[1:-1])}
    assert off[10**-6] < 1e-9
    assert off[1e-1] > off[1e-2] > off[1e-4] > off[1e-6]
    assert off[1e-10] > 10 * off[1e-6]
    w, d = chapter.start(chapter.raw[2]), np.random.default_rng(1).normal(size=201)
    step = {h: [chapter.gradient(w + side * h * d, chapter.raw)[0] for side in (-1, 0, 1)] for h in off}
    bends = {h: (high - 2 * middle + low) / h**2 for h, (low, middle, high) in step.items()}
    assert bends[1e-1] != pytest.approx(bends[1e-4], rel=0.1)  # not one parabola
    parts = [np.spacing(step[h][1]) / abs(step[h][2] - step[h][0]) for h in (1e-6, 1e-8, 1e-10)]
    assert parts[0] < parts[1] / 50 < parts[2] / 2500 and parts[2] < 1e-5


# The explosion


def test_for_some_fifteen_updates_the_growth_differs_and_then_it_is_16_81():
    r"""“This is true for some fifteen updates, with factors from `8.14` to `16.81`. Then the curvature stops
    changing.” – “Yes, after the first fifteen updates: by `16.81`. That is the square of −4.1, so
    $\alpha\lambda$ = 5.1.”"""
    losses = run("raw", 1e-3, 270)[1]
    assert (1 - 5.1) ** 2 == pytest.approx((-4.1) ** 2) == pytest.approx(16.81)
    people, layers = names_of("networks").people, {}
    for updates in 5, 16, 40:
        w = run("raw", 1e-3, updates)[0]
        hidden = np.tanh(people @ w[:100].reshape(2, 50) + w[100:150])
        layers[updates] = np.hstack([hidden, np.ones((100, 1))])
    curvature = {updates: np.linalg.eigvalsh(one.T @ one)[-1] for updates, one in layers.items()}
    assert 0.001 * curvature[16] == pytest.approx(5.1) and np.array_equal(
        layers[16], layers[40]
    )  # it stops changing
    assert not np.array_equal(layers[5], layers[16])
    growth = losses[1:240] / losses[:239]
    assert np.ptp(growth[:14]) > 5
    assert growth.min() == pytest.approx(8.14, abs=5e-3)
    assert growth[15:] == pytest.approx(16.81, abs=1e-6)


@pytest.mark.parametrize("seed", range(1, 5))
def test_it_is_16_81_from_other_starts_too(seed):
    losses = run("raw", 1e-3, 60, seed)[1]
    assert losses[21:] / losses[20:-1] == pytest.approx(16.81, abs=1e-6)


def test_every_hidden_unit_is_driven_to_one_size_and_the_same_sign_for_everybody(chapter):
    """“The curvature behind the 16.81 is 5,100.” – “Once the explosion is well under way, every hidden unit
    has been driven to −1 or 1, to the same value for all hundred people. There tanh is flat, so the first
    layer no longer learns. What still learns is a linear model with 51 inputs, 50 units and a bias, each of
    size 1. Its largest curvature is the sum of their squares over all people, 100 · 51 = 5,100.” – “Once
    the explosion is well under way, each update multiplies the loss by `16.81`, because 100 · 51 = 5,100
    and (0.001 · 5,100 − 1)² = 16.81.”"""
    people = chapter.raw[0]
    w = run("raw", 1e-3, 40)[0]
    hidden = np.tanh(people @ w[:100].reshape(2, 50) + w[100:150])
    assert np.all(np.abs(hidden) == 1) and np.all(1 - hidden**2 == 0)  # there tanh is flat
    assert hidden.shape == (100, 50) and hidden[0].sum() not in (50, -50)
    assert np.all(hidden == hidden[0])
    layer = np.hstack([hidden, np.ones((100, 1))])
    assert layer.shape == (100, 51) and np.sum(layer**2) == 100 * 51
    lam = np.linalg.eigvalsh(layer.T @ layer)[-1]
    assert lam == pytest.approx(5100)
    assert (1 - 0.001 * lam) ** 2 == pytest.approx(16.81)
    first_layer = own_gradient(w, chapter.raw)[1][:150]
    assert np.all(first_layer == 0)  # it no longer learns


def test_the_loss_is_inf_before_it_is_nan():
    """“The squared error overflows first. The `nan` arises four updates later, when the slopes of the first
    layer overflow too and inf is multiplied by the slope 0 of a flat tanh: see Overflow.”"""
    losses = run("raw", 1e-3, 270)[1]
    inf, nan = np.argmax(np.isinf(losses)), np.argmax(np.isnan(losses))
    assert 240 < inf < nan < 265 and nan - inf == 4
    chapter, before = names_of("networks"), run("raw", 1e-3, int(nan) - 1)[0]
    assert np.isfinite(before).all()
    with np.errstate(all="ignore"):
        slopes = own_gradient(before, chapter.raw)[1]
        hidden = np.tanh(chapter.people @ before[:100].reshape(2, 50) + before[100:150])
        miss = hidden @ before[150:200, None] + before[200] - chapter.pressure
        back = miss @ before[None, 150:200]
    assert np.isnan(slopes[:150]).all() and np.isfinite(slopes[150:]).all()  # of the first layer alone
    assert np.isinf(back).any() and np.isfinite(miss).all() and np.all(1 - hidden**2 == 0)


def test_with_relu_on_standardised_inputs_the_factor_itself_grows():
    """“This is what happens with ReLU: on standardised inputs at 0.01 the first three factors are 87, 16,600
    and 4 · 10¹⁴.”"""
    losses = run("standard relu", 0.01, 6)[1]
    growth = losses[1:6] / losses[:5]
    assert growth[:3] == pytest.approx([87, 16_600, 4 * 1e14], rel=0.07)
    assert np.all(growth[1:] > growth[:-1])


def test_tanh_bounds_the_hidden_values_whatever_the_first_layer_does_and_not_the_output(chapter):
    """“Here tanh keeps the hidden values between −1 and 1, whatever the first layer does, and only the weights of the
    last layer multiply them.” – “The hidden values are bounded, but the output is not. It is a weighted sum of them,
    and the weights of the last layer grow.”"""
    people, pressure = chapter.raw[:2]
    rng = np.random.default_rng(0)
    for size in 1e-3, 1.0, 1e6, 1e200:
        w = chapter.start(chapter.raw[2])
        w[:150] = size * rng.normal(size=150)
        hidden = np.tanh(people @ w[:100].reshape(2, 50) + w[100:150])
        assert np.all((hidden >= -1) & (hidden <= 1))
        out = hidden @ w[150:200, None] + w[200]
        assert own_gradient(w, chapter.raw)[0] == pytest.approx(0.5 * np.sum((out - pressure) ** 2))
    last = [np.abs(run("raw", 1e-3, updates)[0][150:]).max() for updates in (10, 20, 40)]
    assert last[1] > 1e3 * last[0] and last[2] > 1e6 * last[1]


def test_the_program_prints_the_first_twenty_factors_and_draws_both_runs(chapter):
    """“The program draws both runs and prints the factor by which the loss grew in each of the first twenty updates at
    0.001.” – “Loss of the two runs on a logarithmic axis. At 0.0001 it lies near the bottom. At 0.001 it rises along a
    straight line to 10 to the 300; after about 250 updates there are only crosses.” – “A straight line on a logarithmic
    axis is growth by a constant factor: this network explodes like a parabola. Crosses mark where the loss is no longer
    finite, first inf, then nan.”"""
    losses = run("raw", 0.001, 270)[1]
    printed = numbers(chapter.printed["runs"].replace("[", " ").replace("]", " "))
    assert printed == pytest.approx(losses[1:21] / losses[:20], abs=0.006) and len(printed) == 20
    begin = SimpleNamespace(**{**vars(chapter), "w": chapter.start(chapter.raw[2])})
    (ax,) = axes_of(begin, "runs")
    low, high, lost = (line.get_ydata() for line in ax.lines)
    assert ax.get_yscale() == "log" and ax.get_xlabel() == "update"
    assert [line.get_color() for line in ax.lines] == [to_rgba(c) for c in ("C0", "C1", "C1")]
    assert low == pytest.approx(run("raw", 0.0001, 270)[1]) and low.max() < 1e4
    finite = np.isfinite(high)
    assert np.corrcoef(np.arange(finite.sum()), np.log(high[finite]))[0, 1] > 0.9999
    assert 297 < np.log(high[finite].max()) / np.log(10) < 309 and ax.get_yticks().max() == 1e300
    assert ax.lines[2].get_marker() == "x" and np.array_equal(np.isfinite(lost), ~finite)
    assert np.argmin(finite) == pytest.approx(250, abs=3) and not finite[np.argmin(finite) :].any()
    gone = high[~finite]
    assert np.isinf(gone[0]) and np.isnan(gone[-1])


# Sharpness


def test_the_printed_estimates_and_all_of_h(chapter):
    """“The first columns are the estimates after 1 to 100 turns; the last two are the extreme eigenvalues of
    the whole Hessian.” – “Power iteration gives the sharpness from gradients.”
    snippets/networks.py: “power iteration, from the gradient”"""
    for line, seed in zip(chapter.printed["sharpness"].splitlines()[1:], (0, 1), strict=True):
        w = chapter.start(chapter.raw[2], seed)
        lam = np.linalg.eigvalsh(hessian(w, chapter.raw))
        *estimates, least, largest = numbers(line)
        assert [least, largest] == pytest.approx([lam[0], lam[-1]], abs=1)  # every digit shown is right
        assert chapter.printed["sharpness"].split()[:7] == ["1", "2", "5", "20", "100", "least", "largest"]
        assert estimates == pytest.approx([power(w, chapter.raw, n) for n in (1, 2, 5, 20, 100)], abs=2)


def test_the_first_start_climbs_from_below_and_reaches_the_largest(chapter):
    """“The first start shows the method at its best: the estimate climbs, always below λmax, and reaches
    `61840`.”"""
    *estimates, _, largest = numbers(chapter.printed["sharpness"].splitlines()[1])
    assert estimates == sorted(estimates)
    assert max(estimates) <= largest
    assert estimates[-1] == largest == 61_840


def test_the_second_start_finds_the_curvature_that_is_largest_in_size(chapter):
    """“The second start shows its trap. Power iteration finds the curvature that is largest *in size*, and
    here this is `-31798`, a direction in which the loss bends downward. This is not λmax, and it gives no
    limit.” “Power iteration finds the sharpness, or the most negative curvature”"""
    *estimates, least, largest = numbers(chapter.printed["sharpness"].splitlines()[2])
    assert estimates[-1] == pytest.approx(least)
    assert -least > largest > 0 and estimates[-1] == -31798 and 2 / estimates[-1] < 0
    w, v = (
        chapter.start(chapter.raw[2], 1),
        np.linalg.eigh(hessian(chapter.start(chapter.raw[2], 1), chapter.raw))[1][:, 0],
    )
    ahead, here, behind = (own_gradient(w + h * v, chapter.raw)[0] for h in (1e-4, 0, -1e-4))
    assert (ahead - 2 * here + behind) / 1e-8 == pytest.approx(least, rel=1e-3)  # the loss bends downward


@pytest.mark.parametrize("seed", range(4))
def test_a_matrix_stretches_most_along_the_curvature_that_is_largest_in_size(seed):
    """“But multiplication by $H$ stretches a vector most along the direction of the largest $|\\lambda|$. If you multiply
    again and again, little is left but that direction: this is *power iteration*.”"""
    rng = np.random.default_rng(seed)
    H = rng.normal(size=(8, 8))
    H = H + H.T
    lam, axes = np.linalg.eigh(H)
    place = int(np.argmax(np.abs(lam)))
    longest = np.linalg.norm(H @ axes[:, place])
    for v in rng.normal(size=(200, 8)):
        assert np.linalg.norm(H @ v) / np.linalg.norm(v) <= longest * (1 + 1e-12)
    v = rng.normal(size=8)
    for _ in range(2000):
        v = H @ v / np.linalg.norm(v)
    assert abs(v @ axes[:, place]) / np.linalg.norm(v) == pytest.approx(1)


def test_a_product_with_h_costs_two_gradients_and_h_itself_has_201_rows(chapter, monkeypatch):
    """“With 201 weights we can still write down $H$; with millions we cannot.” – “Each product costs two gradients.”
    snippets/networks.py: “Hv from two gradients, without H”"""
    calls = []

    def counted(w, task):
        calls.append(w)
        return own_gradient(w, task)

    monkeypatch.setitem(chapter.product.__globals__, "gradient", counted)
    w, v = chapter.start(chapter.raw[2]), np.random.default_rng(0).normal(size=201)
    product = chapter.product(w, chapter.raw, v)
    assert len(calls) == 2
    H = hessian(w, chapter.raw)
    assert H.shape == (201, 201) and product == pytest.approx(H @ v, rel=1e-4, abs=1)
    assert H.nbytes < 1e6 and H.itemsize * (2e6) ** 2 > 1e13  # a third of a megabyte, and tens of terabytes


@pytest.mark.parametrize("seed", range(3))
def test_on_a_parabola_two_over_sharpness_predicts_the_limit_exactly(seed):
    """“On a parabola it would, exactly.” – “On a parabola it would, because there the curvature is the same
    everywhere.”"""
    rng = np.random.default_rng(seed)
    A, w = rng.normal(size=(9, 5)), rng.normal(size=5)
    H = A.T @ A
    limit = 2 / np.linalg.eigvalsh(H)[-1]
    for part, settles in (0.999, True), (1.001, False):
        error, early = w, 0.0
        for t in range(20_000):
            early = np.linalg.norm(H @ error) if t == 10_000 else early
            error = error - part * limit * H @ error
        assert (np.linalg.norm(H @ error) < early) == settles
    for place in rng.normal(size=(3, 5)):  # the same curvature everywhere
        ahead, behind = (H @ (place + step * w) for step in (0.5, -0.5))
        assert ahead - behind == pytest.approx(H @ w)


# The limit


def limit_rows(chapter):
    return [numbers(line[13:]) for line in chapter.printed["limit"].splitlines()[1:]]


@pytest.mark.parametrize("place, kind", list(enumerate(["raw", "raw later", "standard", "standard relu"])))
def test_the_measured_limit_is_where_200_updates_make_the_loss_a_thousand_times_larger(chapter, place, kind):
    """“To test it on the network, the program bisects for the rate at which 200 full-batch updates make the
    loss a thousand times what it was.”
    snippets/networks.py: “bisect: 200 updates at each rate”"""
    sharp, predicted, measured, ratio = limit_rows(chapter)[place]
    w = run("raw", 1e-4, 20)[0] if kind == "raw later" else chapter.start(chapter.raw[2])
    task = tasks(chapter)[kind.removesuffix(" later")]
    grown = {}
    for factor in (0.997, 1.003):
        x, losses = w, []
        with np.errstate(all="ignore"):
            for _ in range(200):
                loss, g = own_gradient(x, task)
                losses.append(loss)
                x = x - factor * measured * g
        grown[factor] = not max(losses) < 1000 * losses[0] if np.all(np.isfinite(losses)) else True
    assert grown == {0.997: False, 1.003: True}
    assert sharp == pytest.approx(sharpest(w, task), rel=0.01)
    assert predicted == pytest.approx(2 / sharp, rel=5e-3)
    assert ratio == pytest.approx(measured / predicted, rel=5e-3)


def test_the_safe_rate_is_three_times_above_two_over_sharpness(chapter):
    """“In the first row the prediction is too low by a factor of `12.38`, and the safe rate, 0.0001, is three
    times *above* 2/sharpness.” – ““2/sharpness at the start is the limit of the run.” The sharpness moves.
    On raw inputs the limit was `12.38` times as high.”"""
    assert 1e-4 / (2 / sharpest(chapter.start(chapter.raw[2]), chapter.raw)) == pytest.approx(3.1, abs=0.05)
    assert limit_rows(chapter)[0][3] == 12.38


def test_in_the_safe_run_the_curvature_is_9570_after_one_update_and_about_5000_from_the_third(chapter):
    """“The run survives because the curvature falls at once: it is 9,570 after one update and about 5,000
    after three.”"""
    assert sharpest(run("raw", 1e-4, 1)[0], chapter.raw) == pytest.approx(9570, rel=1e-3)
    for updates in (3, 5, 8):
        assert sharpest(run("raw", 1e-4, updates)[0], chapter.raw) == pytest.approx(5000, rel=0.05)


def test_the_measured_limit_on_raw_inputs_belongs_to_5100(chapter):
    """“The measured limit, `0.0004`, belongs to the 5,100 found above: 2/5,100 = 0.000392.” – “Rebuilt, the
    asker's two runs lie on either side of a limit of `0.0004`.”"""
    assert limit_rows(chapter)[0][2] == 0.0004 == pytest.approx(2 / 5100, rel=0.03)
    assert pytest.approx(0.000392, abs=5e-7) == 2 / 5100
    assert 1e-4 < limit_rows(chapter)[0][2] < 1e-3  # between the asker's two rates


def test_standardised_inputs_raise_the_limit_nearly_five_fold(chapter):
    """“and the limit itself is nearly five times as high.”"""
    rows = limit_rows(chapter)
    assert 4.6 < rows[2][2] / rows[0][2] < 5


def test_in_all_four_rows_the_limit_lies_above_two_over_sharpness(chapter):
    """“After twenty updates the sharpness is `5316`, and the prediction is too low by only a fifth. With
    standardised inputs the prediction is nearly as good at the very start,” – “In all four rows the limit
    lies above 2/sharpness.” – “On raw inputs 2/sharpness was too low by a factor of `12.38` at the start
    and of `1.19` after twenty updates.” “2/sharpness is too low, most of all at the start”"""
    assert all(row[3] > 1.1 for row in limit_rows(chapter))
    assert limit_rows(chapter)[1][3] == 1.19 and limit_rows(chapter)[1][0] == 5316  # a fifth off
    assert limit_rows(chapter)[2][3] < 1.3  # nearly as good
    assert limit_rows(chapter)[0][3] == max(row[3] for row in limit_rows(chapter)) == 12.38  # at the start


@pytest.mark.parametrize("place", range(4))
def test_so_the_curvature_must_fall_during_the_run(chapter, place):
    """At 1.1 times 2/sharpness αλ is 2.2 at the start, and after 200 updates it is lower: “So the curvature
    must fall during the run. On raw inputs it falls while the loss does; the next section shows how a
    rising loss can lower it.”"""
    task, w = chapter.tasks[place], chapter.later if place == 1 else chapter.start(chapter.raw[2])
    alpha = 1.1 * limit_rows(chapter)[place][1]
    end, losses = chapter.descend(w, task, alpha, 200)
    assert losses.max() < 1000 * losses[0]
    assert alpha * sharpest(end, task) < 2.12 < 2.19 < alpha * sharpest(w, task)
    if place == 0:  # "On raw inputs it falls while the loss does"
        assert np.all(np.diff(losses) < 0)
        assert alpha * sharpest(end, task) < 0.3


# The catapult


def product_run(alpha_lambda, updates, seed, n=1000):
    """Output and curvature of the small network, from the weights themselves."""
    a, c = np.random.default_rng(seed).normal(size=(2, n))
    alpha = alpha_lambda * n / (a @ a + c @ c)
    seen = []
    with np.errstate(all="ignore"):
        for _ in range(updates):
            p, lam = a @ c / np.sqrt(n), (a @ a + c @ c) / n
            seen.append((p, lam))
            a, c = a - alpha * p * c / np.sqrt(n), c - alpha * p * a / np.sqrt(n)
    return alpha, np.array(seen).T


@pytest.mark.parametrize("alpha_lambda", [0.5, 1.9, 3, 3.9])
def test_the_two_lines_follow_output_and_curvature_exactly(alpha_lambda):
    r"""“One update turns $a$ into $a - \alpha p\, c/\sqrt{\mathstrut n}$ and $c$ into $c - \alpha p\,
    a/\sqrt{\mathstrut n}$. If we put this into $p$ and λ, we find \begin{aligned} p_{t+1} &= p_t \left(1 -
    \alpha\lambda_t + \alpha^2 p_t^2/n\right) \\ \lambda_{t+1} &= \lambda_t + \frac{\alpha
    p_t^2}{n}\,(\alpha\lambda_t - 4). \end{aligned}”"""
    alpha, (p, lam) = product_run(alpha_lambda, 12, seed=5)
    expected = p[:-1] * (1 - alpha * lam[:-1] + alpha**2 * p[:-1] ** 2 / 1000)
    assert p[1:] == pytest.approx(expected, rel=1e-7, abs=1e-9)
    assert lam[1:] == pytest.approx(lam[:-1] + alpha * p[:-1] ** 2 / 1000 * (alpha * lam[:-1] - 4))
    w = np.random.default_rng(6).normal(size=12)  # the update is that of descent

    def loss(w):
        return 0.5 * (w[:6] @ w[6:] / np.sqrt(6)) ** 2

    slopes = [(loss(w + e) - loss(w - e)) / 2e-6 for e in 1e-6 * np.eye(12)]
    out = w[:6] @ w[6:] / np.sqrt(6)
    assert slopes == pytest.approx(np.concatenate([out * w[6:], out * w[:6]]) / np.sqrt(6), rel=1e-6)


def test_at_the_bottom_its_only_curvature_is_lambda():
    r"""“At the bottom, $p = 0$, its only curvature (the others are 0) is $\lambda = (a^\top a + c^\top c)/n$.”"""
    rng, n = np.random.default_rng(2), 6
    a, c = rng.normal(size=(2, n))
    c -= a * (a @ c) / (a @ a)  # so that p = 0
    slope = np.concatenate([c, a]) / np.sqrt(n)
    H = np.outer(slope, slope)  # the other term of H carries the factor p
    lam = np.linalg.eigvalsh(H)
    assert lam[-1] == pytest.approx((a @ a + c @ c) / n)
    assert lam[:-1] == pytest.approx(0, abs=1e-12)
    w, h = np.concatenate([a, c]), 1e-4

    def loss(w):
        return 0.5 * (w[:n] @ w[n:] / np.sqrt(n)) ** 2

    top = slope / np.linalg.norm(slope)
    assert (loss(w + h * top) - 2 * loss(w) + loss(w - h * top)) / h**2 == pytest.approx(lam[-1], rel=1e-4)


@pytest.mark.parametrize("seed", range(30, 40))
def test_between_2_and_4_it_climbs_and_settles_flatter_and_above_4_it_never_settles(seed):
    r"""“A very small network already does this.” – “While $p$ is small this is a parabola: the output is
    multiplied by $1 - \alpha\lambda$, and λ stays. Above $\alpha\lambda = 2$ the output grows, until $p^2$
    is of the size of $n$ and the second line matters. Below $\alpha\lambda = 4$ each update *lowers* λ,
    until $\alpha\lambda$ is below 2 and the run settles at a flatter place. Above 4 each update raises λ.”
    – “Above it, up to $\alpha\lambda$ = 4 in the smallest network, a catapult lowers λ.”
    “While the output grows, λ falls” “Up to αλ = 4 the climb comes back” “Why: a climb can lower the curvature”"""
    _, (p, lam) = product_run(3.9, 1500, seed)
    assert abs(p[-1]) < 1e-3 < 10 < np.abs(p).max()
    assert lam[-1] < lam[0] / 2  # αλ from 3.9 to below 2
    alpha, (p, lam) = product_run(3.9, 1500, seed)
    assert np.all(np.diff(lam) <= 1e-12) and alpha * lam[-1] < 2
    peak = int(np.argmax(np.abs(p)))
    assert 0.1 * 1000 < p[peak] ** 2 < 10 * 1000  # of the size of n
    small = np.abs(p) < 2
    first = int(np.argmin(small))  # as long as p is small
    assert lam[:first] == pytest.approx(lam[0], rel=0.01)
    assert p[1:first] / p[:first][:-1] == pytest.approx(1 - alpha * lam[0], rel=0.02)
    alpha, (p, lam) = product_run(4.1, 12, seed)
    assert np.all(np.diff(lam) > 0)
    for above in 4 * 1.02, 4 * 1.2:
        assert not np.isfinite(product_run(above, 1500, seed)[1]).all()


def test_the_table_of_the_catapult(chapter):
    r"""“(Columns two and three show the first of 20 starts.) At 3.99 the loss climbs from 1.1 to `494.1`, and
    all 20 runs settle. At 4.05 none of them does.” – “The catapult needs $\alpha\lambda$ above 2: below it
    the output shrinks, and λ hardly moves.” – “and in the catapult it rose several hundred-fold and
    came back.”
    snippets/networks.py: “the width; 20 random starts side by side” “above 4 it overflows”"""
    rows = {row[0]: row[1:] for row in map(numbers, chapter.printed["catapult"].splitlines()[1:])}
    assert [rows[one][2] for one in (1, 1.9, 2.5, 3, 3.5, 3.99, 4.05)] == [20] * 6 + [0]
    assert rows[1][0] == pytest.approx(1.1, abs=0.05) and rows[3.99][0] == 494.1
    assert abs(rows[1][1] - 1) < 0.01 and abs(rows[1.9][1] - 1.9) < 0.02  # below 2 λ hardly moves
    losses = []
    (a, c), n = chapter.starts[:, :, 0], 1000
    alpha = 3.99 * n / (a @ a + c @ c)
    for _ in range(1000):
        p = a @ c / np.sqrt(n)
        losses.append(p**2 / 2)
        a, c = a - alpha * p * c / np.sqrt(n), c - alpha * p * a / np.sqrt(n)
    assert max(losses) == pytest.approx(494.1, abs=0.05) and losses[0] == pytest.approx(1.1, abs=0.05)
    assert alpha * (a @ a + c @ c) / n == pytest.approx(rows[3.99][1], abs=1e-3)  # the first of 20 starts
    assert rows[1.9][0] == rows[1][0]  # below the limit it does not rise
    for above in (2.5, 3, 3.5, 3.99):
        assert rows[above][0] > 40 * rows[1][0]
        assert rows[above][1] < 2 < above
    assert rows[3.99][0] / rows[1][0] > 400
    assert chapter.at_start == 4.05 > 4 and chapter.p.shape == (20,)
    assert not np.isfinite(chapter.p).any()  # above 4 the output of every run overflows


def test_the_relu_network_survives_an_alpha_lambda_of_5_7(chapter):
    r"""“This 4 belongs to the small network: the ReLU network above survived up to `2.84` times 2/sharpness, an
    $\alpha\lambda$ of 5.7.”"""
    assert limit_rows(chapter)[3][3] == 2.84 and pytest.approx(5.7, abs=0.05) == 2 * 2.84 and 5.7 > 4
    assert run("standard relu", 2.3 * 2 / limit_rows(chapter)[3][0], 200)[1].max() < 1e5


# The edge of stability


def test_at_the_start_the_sharpness_of_the_wave_network_is_74(chapter):
    r"""“Now take a network with two hidden layers of 20 tanh units that learns a wave from 20 points. Its
    sharpness at the start is `74`.” – “Here the weights move far, and the curvature changes with them.” –
    “Here $\alpha\lambda$ begins at 0.74.”"""
    sharp = sharpest(chapter.start(chapter.wave[2]), chapter.wave)
    assert sharp == pytest.approx(74, abs=0.5)
    assert 0.01 * sharp == pytest.approx(0.74, abs=5e-3)
    assert len(chapter.wave[0]) == 20 and chapter.wave[2] == ((1, 20), (20, 20), (20, 1))
    assert chapter.wave[3][0] is np.tanh
    turns = np.diff(np.sign(np.diff(chapter.wave[1][:, 0])))
    assert np.sum(turns != 0) == 4  # a wave: up and down
    w, path = chapter.start(chapter.wave[2]), run("wave", 0.01, 8000)[0]
    assert np.linalg.norm(path - w) > 0.5 * np.linalg.norm(w)  # here the weights move far


@pytest.mark.parametrize("alpha", [0.01, 0.02])
def test_the_sharpness_climbs_to_two_over_the_rate_and_hovers(chapter, alpha):
    """“The limit moves. Above it,” “The sharpness climbs to 2/α and stays” “Networks: the limit moves”"""
    for updates in (6000, 7000, 8000):
        assert power(run("wave", alpha, updates)[0], chapter.wave, 60) == pytest.approx(2 / alpha, rel=0.05)


def test_over_the_last_2000_updates_the_sharpness_is_within_2_percent_of_two_over_the_rate(chapter):
    """“Stay about 74, because nothing explodes” – “Rise to about 200 and stay there Yes: over the last 2,000
    updates its mean is within 2 % of 200, and at the other two rates within 2 % of 2/α.” – “Left: the
    sharpness of three runs begins at 74. It rises and then stays at the dashed lines” – “At each of the
    three rates the sharpness climbs to 2/α and hovers there.” – “Here the rate did not have to fit the
    curvature, because the curvature came to fit the rate.” – “And the sharpness may rise later: in the wave
    network it went from `74` to about 200, the edge at a rate of 0.01.” – “Below it, training raised the
    sharpness, at 0.01 from `74` to about 200, which is 2/α.”
    snippets/networks.py: “of the last 2,000 updates”"""
    assert chapter.printed["edge"].splitlines()[1].startswith("α = 0.010:") and 2 / 0.01 == 200
    for line in chapter.printed["edge"].splitlines():
        assert line.endswith(": 74 → 2.0/α")
    for curve, edge in zip(chapter.left.lines[1::2], (400, 200, 100), strict=True):
        assert curve.get_ydata()[0] == pytest.approx(74, abs=0.5) and len(curve.get_ydata()) == 80
        assert list(curve.get_xdata()[-20:]) == list(range(6000, 8000, 100))  # the last 2,000 updates
        assert np.mean(curve.get_ydata()[-20:]) == pytest.approx(edge, rel=2 / 100)
        assert np.abs(curve.get_ydata()[-20:] / edge - 1).max() < 0.3  # it hovers


@pytest.mark.parametrize("nudge", [0, 1e-13])
def test_at_the_edge_the_loss_rises_on_about_every_second_update_and_ends_at_two_hundredths(chapter, nudge):
    """The program's own run, and with another rounding; from update 4,000 it is at the edge: “At 0.01, once at
    the edge, the loss rose on about every second update, and yet it went from 5.9 to 0.02.” – “(The last
    digits depend on the machine, because here too rounding errors grow.)” – “At the edge of stability the
    loss rose on every second update and ended far lower,” – “A rise that comes back need not be a failure,
    if it ends below the loss of guessing.”"""
    w = chapter.start(chapter.wave[2]) * (1 + nudge)
    losses = chapter.descend(w, chapter.wave, 0.01, 8000)[1]
    assert np.mean(np.diff(losses[4000:]) > 0) == pytest.approx(0.5, abs=0.05)
    assert np.mean(np.diff(losses[:1000]) > 0) < 0.01  # and before it comes to the edge, on none
    assert losses[0] == pytest.approx(5.9, abs=0.05)
    assert losses[-1] == pytest.approx(0.02, abs=0.002)
    guess = 0.5 * np.sum((chapter.wave[1] - chapter.wave[1].mean()) ** 2)
    assert losses.max() > guess > losses[-1]  # the rise came back, and ends below the loss of guessing
    drawn = next(line.get_ydata() for line in chapter.right.lines if float(line.get_label()) == 0.01)
    apart = np.abs(losses / drawn - 1)
    assert apart[:10].max() < 1e-9 and (apart[4000:].max() > 1e-3) == (nudge > 0)  # rounding errors grow


def test_at_one_hundredth_the_sharpness_passes_200_the_loss_jumps_and_both_come_back(chapter):
    """“Rise past 200, and then the run explodes It does pass 200, and the loss jumps to several times what it
    was at the start. But both come back down, and the run goes on.”"""
    losses = run("wave", 0.01, 8000)[1]
    assert 3 < losses.max() / losses[0] < 9
    assert losses[-1] < losses[0] / 100
    sharp = [power(run("wave", 0.01, updates)[0], chapter.wave, 60) for updates in range(1400, 2300, 100)]
    highest = int(np.argmax(sharp))
    assert sharp[highest] > 220
    assert min(sharp[highest:]) < 200


def test_the_spiky_losses_of_the_figure_fall_to_hundredths_or_tenths(chapter):
    """“Right: the three losses fall from 6 to 0.02 or 0.2, with many spikes.” – “The loss spikes on the way,
    and in the long run it falls.”"""
    ends = [line.get_ydata()[-1] for line in chapter.right.lines]
    assert len(ends) == 3
    assert max(ends[0], ends[1]) < 0.1
    assert ends[2] == pytest.approx(0.2, abs=0.02) and ends[1] == pytest.approx(0.02, abs=0.005)
    assert chapter.right.get_yscale() == "log"
    spikes = []
    for line in chapter.right.lines:
        losses = line.get_ydata()
        assert losses[0] == pytest.approx(6, abs=0.2) and losses[-1] < losses[0] / 20
        high = losses > 1.5 * np.minimum.accumulate(losses)
        spikes.append(np.sum(np.diff(high.astype(int)) == 1))
    assert min(spikes) >= 3 and sum(spikes) > 40


def test_each_dashed_line_is_two_over_a_rate(chapter):
    """“400, 200 and 100, each two over the rate.”
    snippets/networks.py: “sharpness; dashed: 2/α”"""
    dashed = [line.get_ydata()[0] for line in chapter.left.lines if line.get_linestyle() == "--"]
    assert dashed == pytest.approx([400, 200, 100]) == [2 / alpha for alpha in (0.005, 0.01, 0.02)]


def test_at_one_twentieth_it_explodes_within_150_updates_and_then_grows_400_fold():
    """“At 0.05, where 2/α = 40 is far below 74, the run explodes within 150 updates. After that each update
    multiplies its loss by 400. The reason is the one behind the 5,100: there are 20 points with 21 values
    of size 1, so λ = 420, and (0.05 · 420 − 1)² = 400.”"""
    losses = run("wave", 0.05, 240)[1]
    assert losses[100] < 10
    assert losses[150] > 1e6 and 2 / 0.05 == 40 < 74 / 1.5
    points, units = len(names_of("networks").wave[0]), names_of("networks").wave[2][-1][0]
    assert (points, units + 1) == (20, 21) and 100 * (50 + 1) == 5100  # in the other network
    w, names = run("wave", 0.05, 200)[0], names_of("networks")
    first = np.tanh(names.wave[0] @ w[:20].reshape(1, 20) + w[20:40])
    second = np.tanh(first @ w[40:440].reshape(20, 20) + w[440:460])
    assert np.abs(second) == pytest.approx(1)  # values of size 1
    layer = np.hstack([second, np.ones((20, 1))])
    assert np.linalg.eigvalsh(layer.T @ layer)[-1] == pytest.approx(420)
    expected = (0.05 * 420 - 1) ** 2
    assert expected == pytest.approx(400)
    assert losses[160:239] / losses[159:238] == pytest.approx(expected, rel=1e-6)


# You may think …


def test_a_relu_network_on_raw_inputs_comes_back_dead(chapter):
    """“On the raw inputs, at 0.0001, the loss jumps from 20,875 to 8 billion and then sinks to 35.3,”"""
    losses = run("raw relu", 1e-4, 2000)[1]
    assert losses[0] == pytest.approx(20_875, abs=1)
    assert losses[1] == pytest.approx(8 * 1e9, rel=0.02) and losses[1] == losses.max()
    assert losses[-1] == pytest.approx(35.3, abs=0.05)


@pytest.mark.parametrize("seed", range(6))
def test_it_and_five_other_starts_end_with_every_unit_at_0_for_every_person(chapter, seed):
    """“A ReLU network can come back dead.” – “which is what predicting the mean costs. Every hidden unit now
    outputs 0 for every person. (Five other starts ended in the same way.)”"""
    task = (*chapter.raw[:3], chapter.relu)
    w, losses = chapter.descend(chapter.start(task[2], seed), task, 1e-4, 2000)
    assert losses.max() > 1e8
    assert losses[-1] == pytest.approx(50 * chapter.raw[1].var())  # what predicting the mean costs
    assert np.all(chapter.people @ w[:100].reshape(2, 50) + w[100:150] <= 0)


# Exercises


def small_network(p, lam, updates, alpha=1.5, n=1000):
    """Output and curvature of a network of width n that begins with these, from its weights."""
    r, cosine = lam * n / 2, p * np.sqrt(n) / (lam * n / 2)
    a, c = np.zeros((2, n))
    a[0], c[0], c[1] = np.sqrt(r), np.sqrt(r) * cosine, np.sqrt(r * (1 - cosine**2))
    seen = []
    for _ in range(updates + 1):
        out = a @ c / np.sqrt(n)
        seen.append((out, (a @ a + c @ c) / n))
        a, c = a - alpha * out * c / np.sqrt(n), c - alpha * out * a / np.sqrt(n)
    return np.array(seen)


def test_exercise_1_the_output_is_minus_22_and_the_curvature_1_4():
    r"""“Then $\alpha\lambda$ = 3 and $\alpha^2p^2/n$ = 0.9. The new output is 20 · (1 − 3 + 0.9) = −22, and the
    loss rises from 200 to 242. The new curvature is 2 + 0.6 · (3 − 4) = 1.4.”"""
    begin, (p, lam) = small_network(20, 2, updates=1)
    assert begin == pytest.approx([20, 2])
    assert (p, lam) == (pytest.approx(-22), pytest.approx(1.4))
    assert (begin[0] ** 2 / 2, p**2 / 2) == (pytest.approx(200), pytest.approx(242))
    assert (3, pytest.approx(0.9)) == (1.5 * 2, 1.5**2 * 20**2 / 1000)
    assert pytest.approx(-22) == 20 * (1 - 3 + 0.9) and pytest.approx(1.4) == 2 + 0.6 * (3 - 4)


def test_exercise_2_the_run_settles_at_a_hundredth_of_its_curvature():
    r"""“Now $p$ = −22, λ = 1.4, so $\alpha\lambda$ = 2.1 and $\alpha^2p^2/n$ = 1.089.” – “The output is −22 ·
    (1 − 2.1 + 1.089) = 0.242. The curvature is 1.4 + 0.726 · (2.1 − 4) = 0.0206. Now $\alpha\lambda$ =
    0.03, so the run settles, smoothly and slowly. After two updates a hundredth of the curvature is left.”"""
    path = small_network(20, 2, updates=302)[2:]
    p, lam = path[0]
    assert (p, lam) == (pytest.approx(0.242), pytest.approx(0.0206))
    assert (pytest.approx(2.1), pytest.approx(1.089)) == (1.5 * 1.4, 1.5**2 * 22**2 / 1000)
    assert pytest.approx(0.242) == -22 * (1 - 2.1 + 1.089)
    assert pytest.approx(0.0206) == 1.4 + 0.726 * (2.1 - 4)
    assert 1.5 * lam == pytest.approx(0.03, abs=2e-3)
    outputs = path[:, 0]
    assert np.all(outputs[1:] < outputs[:-1]) and outputs[1] > 0.9 * outputs[0]  # smoothly and slowly
    assert 0 < outputs[-1] < 1e-3
    assert lam == pytest.approx(2 / 100, rel=0.05)


@reads("docs/{own}.md")
def test_exercise_3_a_shift_finds_the_largest_curvature(chapter):
    """“Exercise 3 gets past it.” – “Power iteration returned −31,798.” – “This adds 31,798 to every curvature,
    so the least is now near 0, and the largest is also the largest in size. Subtract 31,798 from the
    result, and 24,331 is left, as in the last column. (It takes some 600 turns; after 100 you read
    24,276.)”"""
    assert "**3. On your own.** Power iteration returned −31,798." in markdown_of("networks")
    w = chapter.start(chapter.raw[2], seed=1)
    lam = np.linalg.eigvalsh(hessian(w, chapter.raw))
    moved = np.linalg.eigvalsh(hessian(w, chapter.raw) + 31_798 * np.eye(201))
    assert moved == pytest.approx(lam + 31_798) and abs(moved[0]) < 1 and np.abs(moved).max() == moved[-1]
    assert numbers(chapter.printed["sharpness"].splitlines()[2])[-1] == 24_331
    assert power(w, chapter.raw, 100) == pytest.approx(-31_798, abs=1)
    assert power(w, chapter.raw, 600, shift=31_798) == pytest.approx(24_331, abs=1)
    assert power(w, chapter.raw, 100, shift=31_798) == pytest.approx(24_276, abs=1)
    assert sharpest(w, chapter.raw) == pytest.approx(24_331, abs=1)


@pytest.mark.parametrize("scale, sharp", [(0.5, 28), (1, 74), (2, 236), (4, 473)])
def test_exercise_4_larger_weights_make_a_sharper_loss(chapter, scale, sharp):
    """“It becomes 28, 236 and 473, where it was `74`: here larger weights make a sharper loss.”
    docs/networks.md: “This is one reason why the scale of the initial weights matters.”"""
    assert sharpest(scale * chapter.start(chapter.wave[2]), chapter.wave) == pytest.approx(sharp, abs=0.5)


def test_exercise_4_two_over_sharpness_falls_from_0_072_to_0_0042(chapter):
    """“So 2/sharpness falls from 0.072 to 0.0042.”"""
    w = chapter.start(chapter.wave[2])
    assert 2 / sharpest(w / 2, chapter.wave) == pytest.approx(0.072, abs=5e-4)
    assert 2 / sharpest(4 * w, chapter.wave) == pytest.approx(0.0042, abs=5e-5)


# In your own run


def test_too_coarse_a_step_reads_5497_and_a_finer_one_changes_nothing(chapter):
    """“With $h$ = 0.1 our `61840` would read 5,497,”"""
    w = chapter.start(chapter.raw[2])
    assert power(w, chapter.raw, 100, h=0.1) == pytest.approx(5497, rel=1e-3)
    assert power(w, chapter.raw, 100, h=1e-6) == pytest.approx(power(w, chapter.raw, 100), rel=1e-5)


def test_a_relu_kink_between_the_two_gradients_can_spoil_the_estimate(chapter):
    """“and a ReLU kink between the two gradients can spoil any $h$.”"""
    task, w = tasks(chapter)["standard relu"], chapter.start(chapter.raw[2])
    estimates = [power(w, task, 100, h) for h in (1e-2, 1e-3, 1e-4, 1e-5)]
    assert min(estimates) < 0.5 * max(estimates)
    X, j = task[0], 0  # the bias that sets a kink of the first unit just at the first person
    w[100 + j] = -X[0] @ w[:100].reshape(2, 50)[:, j]
    smooth = w.copy()
    smooth[100 + j] += 0.05
    right = sharpest(smooth, task)
    readings = [power(w, task, 100, h) for h in (1e-4, 1e-5, 1e-6)]  # each smaller h is worse
    assert readings[0] > 8 * right and np.divide(readings[1:], readings[:-1]) == pytest.approx(
        [10, 10], rel=0.2
    )


def test_the_weights_begin_small_and_smaller_in_wide_layers(chapter):
    """snippets/networks.py: “small random weights, smaller in wide layers”"""
    for task in chapter.raw, chapter.wave:
        w = chapter.start(task[2], seed=4)
        for a, b in task[2]:
            part, w = w[: (a + 1) * b], w[(a + 1) * b :]
            assert np.abs(part).max() < 1 / a**0.5 and np.abs(part).max() > 0.8 / a**0.5


def test_twenty_turns_come_within_a_thousandth_of_the_first_start(chapter):
    w = chapter.start(chapter.raw[2])
    assert power(w, chapter.raw, 20) == pytest.approx(sharpest(w, chapter.raw), rel=1e-3)


def test_the_boundary_of_the_wave_network_is_not_one_clean_number(chapter):
    """“All of this was full batch, squared error and a few small networks, most of it from one start.” – “And the
    boundary between settling and exploding need not be one clean number, as it is on a parabola.”"""
    assert [len(chapter.start(task[2])) for task in (chapter.raw, chapter.wave)] == [201, 481]  # small

    def explodes(alpha):
        w, first = chapter.start(chapter.wave[2], seed=1), None
        for _ in range(300):
            loss, g = own_gradient(w, chapter.wave)
            first = loss if first is None else first
            if not loss < 1000 * first:
                return True
            w = w - alpha * g
        return False

    with np.errstate(all="ignore"):
        fates = [explodes(alpha) for alpha in np.linspace(0.028, 0.055, 41)[12:22]]
    assert fates.index(True) < len(fates) - 1 - fates[::-1].index(
        False
    )  # one settles above one that explodes
