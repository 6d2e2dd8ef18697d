"""The claims of the chapter on depth and time, a test a sentence.

The gradients of the recurrent network are found again from differences of losses; general sentences are held by
more starts than the page shows.
"""

from pathlib import Path

import numpy as np
import pytest

from conftest import markdown_of, names_of
from proven import of_a_chapter, reads
from remembers import remembers
from weave.program import sections

# One worker runs the program once.
pytestmark = [pytest.mark.xdist_group("depth"), of_a_chapter()]


def limit_of(slope, low=0.0, high=1.0, updates=60, at=1e-7):
    """Up to which rate runs from beside a bottom at 0 come nearer, by bisection: slope(e) is the gradient."""
    for _ in range(50):
        rate, e = (low + high) / 2, at
        for _ in range(updates):
            e = e - rate * slope(e)
            if abs(e) > 2 * at:
                break
        low, high = (rate, high) if abs(e) < at else (low, rate)
    return low


# Two questions first


def test_recall_a_tenth_of_the_flat_error_is_left_after_some_58_thousand_updates():
    r"""“From Conditioning: one direction has the curvature 10,000, another 0.4.” “κ is 10,000/0.4 = 25,000, and
    each update leaves $1 - 1/\kappa$.” “So it takes ln 10 · 25,000, some 58,000 updates.”"""
    kappa = 10_000 / 0.4
    assert kappa == pytest.approx(25_000)
    error, alpha = np.ones(2), 1 / 10_000  # half the limit
    after = error - alpha * np.array([10_000, 0.4]) * error
    assert after[1] == pytest.approx(1 - 1 / kappa)
    assert np.log(10) / -np.log1p(-1 / kappa) == pytest.approx(58_000, rel=0.01)


def test_recall_with_two_layers_the_output_is_of_second_degree_and_the_squared_error_of_fourth():
    """“With two layers of weights the output is of second degree in them and the squared error of fourth, so
    the larger the weights, the larger the curvature.” “Because layers multiply one another.”"""
    rng = np.random.default_rng(0)
    X, A, C = rng.normal(size=(20, 3)), rng.normal(size=(3, 8)), rng.normal(size=(8, 1))
    one, three = (np.maximum(X @ (s * A), 0) @ (s * C) for s in (1, 3))
    curvature = []
    for s in (1, 2):  # along the weights of the first layer
        loss = [np.mean((np.maximum(X @ (s * A + h), 0) @ (s * C)) ** 2) / 2 for h in (-1e-4, 0, 1e-4)]
        curvature.append((loss[0] - 2 * loss[1] + loss[2]) / 1e-8)
    assert curvature[1] > 2 * curvature[0]
    assert three == pytest.approx(3**2 * one)
    assert (three**2).sum() == pytest.approx(3**4 * (one**2).sum())


# One weight, a hundred steps


def unit_rows(chapter):
    return {
        tuple(row[:2]): row[2:]
        for row in (list(map(float, line.split())) for line in chapter.printed["unit"].splitlines()[1:])
    }


@pytest.mark.parametrize("T", [1, 10, 100])
@pytest.mark.parametrize("w", [0.95, 1, 1.05])
def test_the_table_of_the_unit_is_what_a_chain_of_products_does(chapter, T, w):
    r"""“The smallest has a single weight $w$ and no bend: it begins with $h_0 = 1$, each step makes $h_t =
    w\,h_{t-1}$, and after $T$ steps $h_T = w^T$.” “The last column was bisected from runs.” “That the limit is
    2/λ (Overshoot).” “A weight that acts $T$ times has the slope $T w^{T-1}$ and the curvature of its
    square.” “A weight that acts once has a limit.” “The curvature goes with the square of a hundredth power”
    snippets/depth.py: “bisect for the limit”
    docs/depth.md: “One weight, a hundred steps”"""

    def output(v):
        h = 1.0
        for _ in range(T):
            h = v * h
        return h

    assert output(w) == pytest.approx(w**T)
    slope, lam, limit, measured = unit_rows(chapter)[T, w]
    h = 1e-6
    assert slope == pytest.approx((output(w + h) - output(w - h)) / (2 * h), rel=1e-3)
    assert lam == pytest.approx(slope**2, rel=1e-3)
    assert measured == pytest.approx(limit, rel=5e-3)

    def down(e, d=1e-7):
        """The slope of ½(h − y)², with the slope of h from a difference."""
        return (output(w + e) - output(w)) * (output(w + d) - output(w - d)) / (2 * d)

    assert measured == pytest.approx(limit_of(down, high=10 * limit), rel=0.01)


def test_five_per_cent_more_in_one_weight_and_the_limit_is_about_16_000_times_lower(chapter):
    """“Predict: T is 100, and at w = 1 the limit is 0.0002.” “It would be if $w$ acted once.” “It acts a
    hundred times, each time on what the steps before have made larger.” “About 130 times lower” “This is how
    much larger the output is: 1.05¹⁰⁰ = 131.” “Its slope grows nearly as much, but the limit is 2/λ, and λ is
    the square of the slope.” “About 16,000 times lower” “Yes: 1.28e-08 in place of 0.0002.” “The slope is 125
    times as large, and the curvature 125².” “In this chapter two weights that differ by a twentieth make two
    such directions.” “A weight that acts a hundred times is raised to the hundredth power.”"""
    rows = unit_rows(chapter)
    (at_one, _, limit, _), (more, *_, low) = rows[100, 1], rows[100, 1.05]
    assert more / at_one == pytest.approx(125, abs=0.5)
    assert limit / low == pytest.approx(15_700, rel=0.01) == pytest.approx(16_000, rel=0.03)
    assert limit == 0.0002 and low == 1.28e-8 and (more / at_one) ** 2 == pytest.approx(limit / low, rel=0.01)
    once = unit_rows(chapter)[1, 1.05][2] / unit_rows(chapter)[1, 1][2]  # if it acted once
    assert once == 1 and pytest.approx(130, rel=0.02) == 1.05**100 and 0.9 < (more / at_one) / 131 < 1
    assert pytest.approx(131, abs=0.6) == 1.05**100


def test_one_rate_for_both_weights_needs_900_million_updates(chapter):
    """“With T = 100, w = 0.95 has the limit 5.15.” “The rate may be high there, and it has to be, because λ is
    only 0.3884.” “If one network holds both weights, one rate must serve both.” “Then κ is 400 million, and at
    half the limit a tenth of the flat direction's error is left after 900 million updates.” “At $T$ = 100 the
    limit is 0.0002 for $w$ = 1 and 1.28e-08 for 1.05; at 0.95 λ is 0.3884, and a rate that 1.05 bears does not move it.” “In the
    linear unit, 1.05 needs a rate below 1.28e-08, at which 0.95 does not move.”"""
    rows = unit_rows(chapter)
    sharp, flat = rows[100, 1.05][1], rows[100, 0.95][1]
    assert sharp / flat == pytest.approx(4e8, rel=0.02)
    assert flat == 0.3884 and rows[100, 0.95][2:] == pytest.approx([5.15] * 2, rel=2e-3)
    for alpha, stays in ((2 / sharp, True), (1.1 * 2 / sharp, False)):  # one rate must serve both
        e = np.ones(2)
        for _ in range(300):
            e = e - alpha * np.array([sharp, flat]) * e
        assert (abs(e[0]) <= 1.001) == stays and e[1] > 1 - 1e-5
    left = np.log10(1 - flat / sharp)  # of its error, at each update at half the limit, as a power of ten
    assert sharp / flat == pytest.approx(400 * 1e6, rel=0.02) and -1 / left == pytest.approx(
        900 * 1e6, rel=0.05
    )
    assert np.log(10) / (flat / sharp) == pytest.approx(9e8, rel=0.05)


def test_only_between_0_977_and_1_023_the_limit_stays_within_a_factor_of_100():
    """“Only between $w$ = 0.977 and 1.023 does the limit stay within a factor of 100 of what it is at 1.”"""

    def limit(w):
        h = 1e-7
        return 2 / (((w + h) ** 100 - (w - h) ** 100) / (2 * h)) ** 2

    inside = [w for w in np.arange(0.9, 1.1, 0.0005) if 1 / 100 < limit(w) / limit(1) < 100]
    assert (min(inside), max(inside)) == pytest.approx((0.977, 1.023), abs=6e-4)


@pytest.mark.parametrize("T", [100, 200])
def test_far_above_the_loss_ends_in_nan_and_far_below_the_beginning_of_the_list_is_not_learned(T):
    """“Far above, the loss ends in nan; far below, as at 0.9, the network does not learn what happened early in the list.”
    “So exploding gradients and vanishing gradients are one fact: a power of a hundred has hardly any middle.”"""
    ends, alpha = {}, 0.0002 / 2  # half the limit at w = 1 and T = 100
    for start, updates in ((1.05, 60), (1.1, 60), (0.9, 5000)):
        w = np.float64(start)
        with np.errstate(all="ignore"):
            for _ in range(updates):
                w = w - alpha * (w**T - 1) * T * w ** (T - 1)
            ends[start] = w, (w**T - 1) ** 2 / 2
    assert not np.isfinite(ends[1.05][1]) and not np.isfinite(ends[1.1][1])
    assert (
        ends[0.9][0] == pytest.approx(0.9, abs=0.01) and ends[0.9][1] > 0.49
    )  # what the first number was is lost


# Why


@pytest.mark.parametrize("T, w, y", [(3, 0.7, 2.0), (7, 1.2, -1.0), (12, 0.95, 0.4)])
def test_the_second_derivative_has_two_parts_and_the_second_is_0_at_the_bottom(T, w, y):
    r"""“The slope of $h_T = w^T$ has one term for each of the $T$ places where $w$ acts, and in each term the
    other $T - 1$ factors remain.” “The second derivative of the loss is the square of that slope, and a second
    part that is 0 at the bottom, where $h_T = y$:” “\begin{aligned} \frac{\mathrm{d}h_T}{\mathrm{d}w} &=
    T\,w^{T-1} \\ \lambda &= T^2\,w^{2T-2} + (h_T - y)\,T(T-1)\,w^{T-2}. \end{aligned}” “Its loss is
    $\tfrac12(h_T - y)^2$, with a target $y$.”"""

    def loss(v):
        return (v**T - y) ** 2 / 2

    h = 1e-4
    places = [w**k * w ** (T - 1 - k) for k in range(T)]  # what remains, for each of the T places
    assert len(places) == T and np.ptp(places) < 1e-12 * np.max(places)
    assert (
        sum(places)
        == pytest.approx(T * w ** (T - 1))
        == pytest.approx(((w + 1e-6) ** T - (w - 1e-6) ** T) / 2e-6)
    )
    at_bottom = [(v**T - w**T) ** 2 / 2 for v in (w - h, w, w + h)]
    assert (at_bottom[0] + at_bottom[2]) / h**2 == pytest.approx((T * w ** (T - 1)) ** 2, rel=1e-3)
    lam = T**2 * w ** (2 * T - 2) + (w**T - y) * T * (T - 1) * w ** (T - 2)
    assert lam == pytest.approx((loss(w + h) - 2 * loss(w) + loss(w - h)) / h**2, rel=1e-4)


def test_back_one_step_a_slope_is_multiplied_by_the_matrix_and_the_slope_of_the_bend():
    """“Going back one step, a slope is multiplied by $W$ and by the slope of the bend, and after $T$ steps by
    the product of $T$ such matrices.” “Why: the chain rule multiplies”"""
    rng = np.random.default_rng(1)
    W, h0, T = rng.normal(size=(4, 4)), rng.normal(size=4), 6

    def last(h):
        seen = []
        for _ in range(T):
            h = np.maximum(h @ W, 0)
            seen.append(h > 0)
        return h, seen

    d = np.ones(4)
    for on in last(h0)[1][::-1]:
        d = W @ (d * on)
    product = np.eye(4)
    for on in last(h0)[1]:
        product = product @ (W * on)
    assert product @ np.ones(4) == pytest.approx(d)  # the product of T such matrices
    for i in range(4):
        e = 1e-7 * np.eye(4)[i]
        assert (last(h0 + e)[0].sum() - last(h0 - e)[0].sum()) / 2e-7 == pytest.approx(d[i], abs=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_the_same_network_may_have_directions_that_grow_and_some_that_shrink(seed):
    """“What grows and what shrinks are now directions, and the same network may have both.” “With many units the weight is
    a matrix $W$.”"""
    W = np.random.default_rng(seed).normal(size=(16, 16)) / 4
    sizes = np.linalg.svd(np.linalg.matrix_power(W, 30), compute_uv=False)
    assert sizes.max() > 1e3 * sizes.min() and sizes.min() < 0.01
    both = np.linalg.svd(np.diag([1.1, 0.9]) ** 30, compute_uv=False)
    assert both.max() > 10 and both.min() < 0.1


def test_close_to_its_bottom_the_loss_is_nearly_a_parabola_and_the_runs_begin_within_a_millionth(chapter):
    """“This loss is no parabola, but close to its bottom it is nearly one, and each run begins within a millionth of it.”
    “A larger slope makes a longer step.” “Whether the step settles depends on how fast the slope changes, and this grows
    faster than the slope.”"""
    assert "first = w * (1 + 1e-6 / T)" in section(chapter, "unit")
    for w in (0.95, 1.05):
        lam = (100 * w**99) ** 2
        near, far = (((w + e) ** 100 - w**100) ** 2 / 2 / (lam * e**2 / 2) for e in (1e-8, 0.05))
        assert near == pytest.approx(1, abs=1e-4) and far > 5
    slope, fast = (unit_rows(chapter)[100, 1.05][k] / unit_rows(chapter)[100, 1][k] for k in (0, 1))
    assert fast > 100 * slope > 100


def section(chapter, name):
    """The program of one section, as the page shows it."""
    return {part.name: part.code for part in sections(Path(chapter.__file__))}[name]


# The same power in layers


def test_a_layer_multiplies_the_mean_square_by_n_s_squared_and_relu_leaves_half():
    """“If the weights have mean 0 and spread $s$, the sum has a mean square $n s^2$ times that of the inputs;
    ReLU then sets one half of the sums to 0, and half of the mean square is left.”"""
    rng = np.random.default_rng(2)
    h = rng.uniform(0, 2, size=300)  # inputs need not have mean 0
    sums = h @ rng.normal(size=(300, 40_000)) * 0.07
    assert np.mean(sums**2) / np.mean(h**2) == pytest.approx(300 * 0.07**2, rel=0.03)
    assert np.mean(sums > 0) == pytest.approx(0.5, abs=0.01)
    assert np.mean(np.maximum(sums, 0) ** 2) / np.mean(sums**2) == pytest.approx(0.5, rel=0.03)


def test_going_back_a_slope_meets_as_many_weights_as_there_are_outputs():
    r"""“Going back, a slope meets as many weights as there are outputs, so Glorot and Bengio take $s^2 =
    2/(n_{\text{in}} + n_{\text{out}})$, between the two.”"""
    rng = np.random.default_rng(3)
    W = rng.normal(size=(50, 5000)) * 0.1
    h, d = rng.normal(size=50), rng.normal(size=5000)
    assert np.mean((h @ W) ** 2) / np.mean(h**2) == pytest.approx(50 * 0.1**2, rel=0.1)
    assert np.mean((W @ d) ** 2) / np.mean(d**2) == pytest.approx(5000 * 0.1**2, rel=0.4)
    for n, m in (
        (50, 5000),
        (300, 100),
        (64, 64),
    ):  # between the spread that keeps values and the one that keeps slopes
        between = 2 / (n + m)
        assert 1 / max(n, m) <= between <= 1 / min(n, m)


@pytest.mark.parametrize("bend, share", [("relu", 2), ("none", 1), ("tanh", 1)])
def test_the_power_stays_at_1_with_2_over_n_under_relu_and_with_1_over_n_without_a_bend(bend, share):
    """“The power stays at 1 when $n s^2/2 = 1$.” “Without a bend, or with tanh close to 0, there is no half, and it is $s^2
    = 1/n$.” “This is the start of He and others, $s^2 = 2/n$.” “Weights keep the power at 1 with the spread of He under
    ReLU, $s^2 = 2/n$.” “A unit with $n$ inputs sums $n$ products.”"""
    shape = {"relu": lambda z: np.maximum(z, 0), "none": lambda z: z, "tanh": np.tanh}[bend]
    for n in (50, 400):
        rng, logs = np.random.default_rng(n), []
        for _ in range(6):
            h = rng.normal(size=n) * (1e-4 if bend == "tanh" else 1)
            start = np.mean(h**2)
            for _ in range(10):
                W = rng.normal(size=(n, n)) * np.sqrt(share / n)
                first = sum(h[i] * W[i, 0] for i in range(n))  # n products
                assert (h @ W)[0] == pytest.approx(first)
                h = shape(h @ W)
            logs.append(np.log10(np.mean(h**2) / start))
        assert abs(np.mean(logs)) < 0.35  # after ten layers; a spread of twice as much would make it 3


def layer_rows(chapter):
    lines = chapter.printed["layers"].splitlines()
    return {line[:9].strip(): np.array(line[9:].split(), float).reshape(2, 5) for line in lines}


@pytest.mark.parametrize("seed", range(3))
def test_after_fifty_layers_he_and_orthogonal_weights_have_kept_the_size_and_glorot_under_tanh_a_tenth(seed):
    """“**Start so that the size is kept**: He for ReLU, orthogonal for recurrent weights, and for tanh Glorot, which
    in fifty layers leaves about a tenth of it.”"""
    rng, left = np.random.default_rng(seed), {}
    for name, spread, bend in (
        ("He", 0.02**0.5, lambda z: np.maximum(z, 0)),
        ("orthogonal", None, lambda z: z),
        ("Glorot", 0.1, np.tanh),
    ):
        h = rng.normal(size=(20, 100))
        start = np.mean(h**2) ** 0.5
        for _ in range(50):
            W = rng.normal(size=(100, 100))
            h = bend(h @ (W * spread if spread else np.linalg.qr(W)[0]))
        left[name] = np.mean(h**2) ** 0.5 / start
    assert left["orthogonal"] == pytest.approx(1) and 0.1 < left["He"] < 10
    assert left["Glorot"] == pytest.approx(0.1, abs=0.04)


@pytest.mark.parametrize("T", [10, 30, 300])
def test_a_forget_bias_of_1_leaves_a_fifth_after_five_steps_and_one_of_ln_t_a_third_after_t(T):
    """“Let its gates begin by keeping what is there: a forget bias of 1 in an LSTM leaves a fifth after five steps,
    and one of ln $T$ more than a third after $T$.”"""

    def kept(bias, steps):  # of a cell that is told nothing new
        cell = 1.0
        for _ in range(steps):
            cell = cell / (1 + np.exp(-bias))
        return cell

    assert kept(1, 5) == pytest.approx(1 / 5, abs=0.01) and kept(1, 30) < 1e-4
    assert 1 / 3 < kept(np.log(T), T) < 0.4


def test_weights_from_n_0_1_multiply_by_root_50_and_50_layers_make_10_to_the_42(chapter):
    """“Weights from N(0, 1) multiply the size by √50 in each layer, and fifty layers make 10⁴².” “With N(0, 1)
    the loss is above the range of fp32 before the first update, and there no rate helps.”"""
    assert 25 * np.log10(50) == pytest.approx(42, abs=0.6)
    assert layer_rows(chapter)["N(0, 1)"] == pytest.approx(42.3, abs=0.6)
    assert all(one == pytest.approx(25 * np.log10(50), abs=0.8) for one in through_layers(0, 1.0))
    assert 10.0 ** (2 * layer_rows(chapter)["N(0, 1)"].min()) > 3.5e38  # the loss, squared
    assert float(np.finfo(np.float32).max) < 10.0**42


def test_glorot_halves_the_mean_square_fifty_times_under_relu(chapter):
    """“Glorot's start, which is made for layers without a bend, halves the mean square fifty times under
    ReLU.”"""
    rows = layer_rows(chapter)
    assert (
        chapter.spreads[1] ** 2 == pytest.approx(2 / (100 + 100)) == pytest.approx(1 / 100)
    )  # as without a bend
    assert np.mean(rows["Glorot"] - rows["He"]) == pytest.approx(-25 * np.log10(2), abs=0.03)


def test_he_keeps_values_and_slopes_within_a_factor_of_ten(chapter):
    """“He's start keeps values and slopes within a factor of ten of 1.” “It cannot do better, because the
    weights are random and small differences multiply too.”"""
    assert np.abs(layer_rows(chapter)["He"]).max() < 1
    assert np.ptp(layer_rows(chapter)["He"]) > 0.2  # small differences multiply too
    for seed in range(20):  # other networks too, and by another way to the slopes: backwards
        forwards, back = through_layers(seed, (2 / 100) ** 0.5)
        assert abs(forwards) < 1 and abs(back) < 1


def through_layers(seed, spread, n=100, layers=50):
    """Powers of ten that values have grown by forwards, and slopes backwards."""
    rng = np.random.default_rng(100 + seed)
    h, kept = rng.normal(size=(20, n)), []
    for _ in range(layers):
        W = rng.normal(size=(n, n)) * spread
        h = np.maximum(h @ W, 0)
        kept.append((W, h > 0))
    d = rng.normal(size=h.shape)
    for W, on in kept[::-1]:
        d = (d * on) @ W.T
    return tuple(np.log10(np.mean(one**2)) / 2 for one in (h, d))


def test_the_printed_powers_are_those_of_values_and_of_slopes_carried_back(chapter):
    """“(Backpropagation multiplies by the same matrices from the other end.)” “Printed are powers of ten after
    the last layer: the values in five networks, then the slopes.” “By how much this nudge has grown is the
    slope of all the layers so far.” “Values and slopes go the same way.”"""
    he = (2 / 100) ** 0.5
    for name, spread in ("Glorot", 0.1), ("0.9 He", 0.9 * he), ("He", he), ("1.1 He", 1.1 * he):
        own = np.array([through_layers(seed, spread) for seed in range(8)])
        assert layer_rows(chapter)[name].mean(axis=1) == pytest.approx(own.mean(axis=0), abs=0.5)


def test_ten_per_cent_more_or_less_tilts_the_line(chapter):
    """“Ten per cent more makes 50 layers multiply by 117, ten per cent less by 0.005.” “Ten per cent more or
    less in every weight tilts it.”"""
    rows = layer_rows(chapter)
    assert np.mean(rows["1.1 He"] - rows["He"]) == pytest.approx(np.log10(117), abs=0.03)
    assert np.mean(rows["0.9 He"] - rows["He"]) == pytest.approx(np.log10(0.005), abs=0.05)
    for factor, grown in ((1.1, 117), (0.9, 0.005)):  # the same network, with every weight so much larger
        rng, outputs = np.random.default_rng(1), {}
        Ws = [rng.normal(size=(60, 60)) * (2 / 60) ** 0.5 for _ in range(50)]
        for f in (1, factor):
            h = np.ones(60)
            for W in Ws:
                h = np.maximum(h @ (f * W), 0)
            outputs[f] = np.linalg.norm(h)
        assert outputs[factor] / outputs[1] == pytest.approx(grown, rel=0.05)


def test_the_figure_on_layers_shows_straight_lines(chapter):
    """“Powers of ten against the layer, from 1 to 50, for the values and for the slopes. He's start stays near 0. Ten per
    cent larger weights rise along a straight line to 1.8, ten per cent smaller ones fall to −2.5, Glorot's start to −7.8,
    and N(0, 1) leaves the picture at once.” “Each start is a straight line on this logarithmic axis: growth by a constant
    factor, now from layer to layer.” “None of this needs time.” “A deep network has another matrix in each layer, and
    their product behaves like a power all the same, if each changes the size of what passes by about the same factor.”
    “The program sends values through 50 ReLU layers of 100 units, and beside them a small change of each value.” “The
    linear unit is exact, and the power of random layers is right on average.”"""
    values, slopes = chapter.axes
    assert (values.get_title(), slopes.get_title()) == ("values", "slopes") and values.get_xlabel() == "layer"
    assert "W = rng.normal(size=(5, 100, 100)) * s" in section(chapter, "layers")
    assert chapter.logs.shape == (50, 2, 5)
    assert "np.maximum(h @ W, 0), d @ W * (h @ W > 0)" in section(
        chapter, "layers"
    )  # a nudge passes where h does
    for panel in (values, slopes):
        lines = {line.get_label(): line for line in panel.lines}
        for name, line in lines.items():
            x, y = line.get_xdata(), line.get_ydata()
            assert list(x) == list(range(1, 51))
            fit = np.polyval(np.polyfit(x, y, 1), x)
            assert np.abs(y - fit).max() < 0.35, name
            spread = {
                "N(0, 1)": 1,
                "Glorot": 0.1,
                "0.9 He": 0.9 * 0.02**0.5,
                "He": 0.02**0.5,
                "1.1 He": 1.1 * 0.02**0.5,
            }
            assert y[-1] == pytest.approx(
                25 * np.log10(100 * spread[name] ** 2 / 2), abs=0.6
            )  # right on average
    ends = {line.get_label(): line.get_ydata()[-1] for line in values.lines}
    wanted = {"1.1 He": 1.8, "0.9 He": -2.5, "Glorot": -7.8}
    assert {name: round(float(ends[name]), 1) for name in wanted} == wanted
    assert (
        max(
            abs(line.get_ydata()).max()
            for panel in chapter.axes
            for line in panel.lines
            if line.get_label() == "He"
        )
        < 0.6
    )
    out = next(line.get_ydata() for line in values.lines if line.get_label() == "N(0, 1)")
    assert np.argmax(out > values.get_ylim()[1]) < 7


# The recurrent network: its gradient, and runs of twenty other starts

STEPS = ("plain", "residual", "gated", "normed")


@pytest.mark.parametrize("name", STEPS)
def test_each_step_brings_slopes_back_as_differences_of_losses_say(chapter, name):
    """“Its gradient is backpropagation through time: on the way forwards each step leaves a function that takes
    a slope back through it.”
    snippets/depth.py: “by the chain rule, back through time” “, and how a slope comes back”"""
    step = getattr(chapter, name)
    W = chapter.gates if name == "gated" else chapter.first
    W, task = W + 0.05 * np.random.default_rng(5).normal(size=W.shape), chapter.sums(6)
    gW, gC = chapter.gradient(step, W, chapter.out, task)[1]
    rng = np.random.default_rng(4)
    for _ in range(12):
        along, aside = rng.normal(size=W.shape), rng.normal(size=chapter.out.shape)
        h = 1e-6
        ahead, behind = (
            chapter.gradient(step, W + one * along, chapter.out + one * aside, task)[0] for one in (h, -h)
        )
        slope = (gW * along).sum(axis=(1, 2)) + (gC * aside).sum(axis=(1, 2))
        assert (ahead - behind) / (2 * h) == pytest.approx(slope, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("T", [1, 5, 30])
def test_the_task_is_to_say_the_sum_with_spread_1_and_saying_the_mean_costs_about_a_half(chapter, T):
    r"""“It reads $T$ numbers between −1 and 1, one at each step, and is to say their sum, divided by $\sqrt{\mathstrut T/3}$ so
    that the targets have spread 1 for every $T$.” “Saying the mean costs a loss of about ½.”
    snippets/depth.py: “n × 16 lists of T numbers, a 1 beside each; scaled sums”"""
    x, y = chapter.sums(T, 500)
    assert x.shape == (T, 500, 16, 2) and np.all(x[..., 1] == 1) and np.abs(x[..., 0]).max() <= 1
    assert x[..., 0].min() < -0.99 < 0.99 < x[..., 0].max()
    assert y[..., 0] == pytest.approx(x[..., 0].sum(axis=0) / (T / 3) ** 0.5)
    assert y.std() == pytest.approx(1, rel=0.02) and y.var() / 2 == pytest.approx(0.5, rel=0.04)


def test_the_network_acts_with_the_same_weights_at_each_step_and_starts_as_he_proposed(chapter):
    """“A recurrent network reads a list step by step, and at each step the same weights act on what it remembers.” “The
    network has 16 ReLU units, starts as He proposed, and sees all its 16 lists in each update.” “The program trains from
    five starts side by side, each with lists of its own.” “All runs here were small, with the full batch and plain
    descent.”
    snippets/depth.py: “16 units, x and 1” “one step of 16 units”"""
    (x, y), W, C = chapter.sums(7), chapter.first, chapter.out
    assert (
        W.shape == (5, 18, 16)
        and W.std() == pytest.approx((2 / 18) ** 0.5, rel=0.03)
        and abs(W.mean()) < 0.02
    )
    losses = []
    for start in range(5):  # each by itself, with lists of its own
        h = np.zeros((16, 16))
        for step in x[:, start]:
            h = np.maximum(h @ W[start, :16] + step @ W[start, 16:], 0)
        losses.append(np.mean((h @ C[start] - y[start]) ** 2) / 2)  # over all 16 lists
    assert chapter.gradient(chapter.plain, W, C, (x, y))[0] == pytest.approx(losses)
    assert all(not np.array_equal(x[:, 0], x[:, start]) for start in range(1, 5))


@pytest.mark.parametrize("clip", [np.inf, 1.0, 0.2])
def test_all_gradients_of_a_start_make_one_norm_and_are_shortened_alike(chapter, clip):
    """“All gradients of a start make one norm, and where it is above clip all of them are shortened alike.” “Clipping
    does, because it asks nothing of the curvature: wherever the slope is a million, the step is still no longer than the
    rate.” “Clipping bounds what a steep slope does.”"""
    weights, task = [chapter.first, chapter.out], chapter.sums(30)
    losses, norms = chapter.train(chapter.plain, weights, task, clip=clip, updates=2)
    _, (gW, gC) = chapter.gradient(chapter.plain, *weights, task)
    norm = np.array([np.linalg.norm([*gW[k].ravel(), *gC[k].ravel()]) for k in range(5)])
    assert norms[0] == pytest.approx(norm) and norm.max() > 1e6
    size = 0.1 * np.minimum(1, clip / norm)[:, None, None]
    with np.errstate(all="ignore"):
        after = chapter.gradient(chapter.plain, weights[0] - size * gW, weights[1] - size * gC, task)[0]
    assert np.array_equal(np.isfinite(after), np.isfinite(losses[1]))
    assert losses[1][np.isfinite(after)] == pytest.approx(after[np.isfinite(after)])
    assert clip > 1 or np.all(size.ravel() * norm <= 0.1 * (1 + 1e-12))


def powers_of_ten(bend, slope, updates, seed):
    """By how many powers of ten a network of one hidden layer explodes at each update of descent."""
    rng, losses = np.random.default_rng(seed), []
    X, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 1))
    A, C = 0.5 * rng.normal(size=(3, 20)), 0.2 * rng.normal(size=(20, 1))
    for _ in range(updates):
        h = bend(X @ A)
        miss = (h @ C - y) / 40
        losses.append(np.sum(miss**2))
        A, C = A - 3 * X.T @ (miss @ C.T * slope(h)), C - 3 * h.T @ miss
    return np.diff(np.log10(losses))


@pytest.mark.parametrize("unit", [1e-3, 100.0])
def test_no_norm_is_normal_by_itself(chapter, unit):
    """“No norm is normal by itself.”"""
    weights, task = [chapter.first, chapter.out], chapter.sums(5)
    seen = []
    for factor in (1, unit):  # the same loss in another unit, at a rate that makes the same steps of it
        at, norms = [w.copy() for w in weights], []
        for _ in range(200):
            loss, g = chapter.gradient(chapter.plain, *at, task)
            norms.append(np.linalg.norm(factor * g[0]))
            at = [w - 0.1 / factor * factor * one for w, one in zip(at, g, strict=True)]
        seen.append((loss, np.array(norms)))
    assert seen[1][0] == pytest.approx(seen[0][0]) and seen[0][0].max() < 0.2  # all learn
    assert seen[1][1] == pytest.approx(unit * seen[0][1])


@pytest.mark.parametrize("seed", range(4))
def test_where_tanh_holds_the_hidden_values_the_losses_grow_by_about_the_same_factor(seed):
    """“So it was where tanh held the hidden values.”"""
    even = powers_of_ten(np.tanh, lambda h: 1 - h**2, 14, seed)[-5:]
    assert even.min() > 2 and np.ptp(even) < 0.5
    wild = powers_of_ten(lambda z: np.maximum(z, 0), lambda h: h > 0, 5, seed)
    assert np.all(wild[1:] > 2 * wild[:-1])


def test_clipping_on_a_parabola_only_hides_a_rate_that_is_too_high():
    """“In Fixes clipping only hid a rate that was too high.”"""
    w, seen = 1.0, []
    for _ in range(500):
        g = 10 * w
        w = w - 0.3 * g * min(1, 1 / abs(g))
        seen.append(abs(w))
    assert np.isfinite(seen).all() and min(seen[-100:]) > 0.01  # never at the bottom, at αλ = 3


def test_slopes_vanish_where_the_matrix_shrinks_what_passes_through_it(chapter):
    """“Slopes vanish where $W$ shrinks what passes through it.” “Exploding and vanishing gradients.”"""
    task, found = chapter.sums(30), []
    for factor in (0.3, 1.0, 3.0):
        W = chapter.first.copy()
        W[:, :16] *= factor
        h, e = np.zeros((5, 16, 16)), 1e-6
        first = []
        for nudge in (e, -e):  # of the first number of each list
            X = task[0].copy()
            X[0, ..., 0] += nudge
            h = np.zeros((5, 16, 16))
            for x in X:
                h = chapter.plain(h, np.concatenate([h, x], axis=-1), W)[0]
            first.append(h)
        found.append(np.abs(first[0] - first[1]).max() / (2 * e))
    assert found[0] < 1e-9 < 1e6 < found[2] and found[0] < found[1] < found[2]


@remembers("depth")
def others(step="plain", start="first", T=30, alpha=0.1, clip=np.inf, starts=20, seed=1):
    """Losses and norms of the program's descent from other starts than its own."""
    names = names_of("depth")
    draws = np.random.default_rng(seed).normal(size=(starts, 19, 16))
    first, out = draws[:, :18] / 3, draws[:, 18:].mT / 4
    if start == "turned":
        first = np.append(np.linalg.qr(first[:, :16])[0], first[:, 16:], axis=1)
    if start == "gates":
        first = np.append(first, 0 * first, axis=-1)
        first[:, 17, 16:] = -np.log(29)
    return names.train(getattr(names, step), (first, out), names.sums(T, starts), alpha, clip)


def nan_and_learned(*args, **settings):
    """How many of the starts are nan in the end, and how many have learned the sum."""
    end = others(*args, **settings)[0][-1]
    return int(np.sum(~np.isfinite(end))), int(np.sum(end < 0.05))


def test_of_twenty_other_starts_all_learned_5_numbers_and_of_30_numbers_10_learned_and_8_were_nan():
    """“Of twenty other starts all 20 learned to sum 5 numbers.” “Of 30 numbers 10 learned the sum, and 8 were
    nan, most of them at update 2 or 3 and the last at update 24.” “(Learned means that the last of 300 losses is
    below 0.05.)” “On lists of 30 numbers 8 of 20 starts were nan at 0.1.” “larger gradients, more nan”"""
    assert nan_and_learned(T=5) == (0, 20)
    lost, learned = nan_and_learned()
    assert lost == pytest.approx(8, abs=1) and learned == pytest.approx(10, abs=2)
    finite = np.isfinite(others()[0])
    when = np.sort([np.argmin(one) for one in finite.T if not one.all()])
    assert np.mean(when <= 3) > 0.5
    assert when[-1] == pytest.approx(24, abs=14) and len(others()[0]) == 300


@pytest.mark.parametrize("alpha, lost, learned", [(0.01, 4, 4), (0.001, 2, 0), (1e-6, 0, 0)])
def test_a_lower_rate_does_not_cure_it(alpha, lost, learned):
    """“A lower rate does not cure it.” “At 0.01, 4 of those twenty were nan and 4 learned.” “At 0.001 it was 2
    and none, and at a millionth nobody was nan and nobody learned.” “So one rate cannot fit.” “Here no rate
    fits every stretch of the way, and so clipping is part of the method.” “It cures the steep stretches and
    gives up the flat ones.” “At a millionth none of the twenty starts was nan, and none had learned
    anything.”"""
    assert nan_and_learned(alpha=alpha) == (pytest.approx(lost, abs=1), pytest.approx(learned, abs=2))
    if alpha == 1e-6:  # a millionth
        assert np.nanmin(others(alpha=alpha)[0][-1]) > 0.2


def test_clipped_at_norm_1_none_of_the_twenty_was_nan_and_16_learned_and_at_0_3_all_20_did():
    """“Clipped at norm 1 from the first update, none of the twenty was nan and 16 learned; at a rate of 0.3 all
    20 did.” “Clipped at norm 1 none was.”"""
    assert nan_and_learned(clip=1) == (0, pytest.approx(16, abs=2))
    assert nan_and_learned(clip=1, alpha=0.3) == (0, pytest.approx(20, abs=1))


ROWS = {  # as in the page's table: nan, learned, learned when clipped too
    "nothing": ("plain", "first", 8, 10, 16),
    "orthogonal start": ("plain", "turned", 0, 18, 19),
    "gates": ("gated", "gates", 0, 8, 10),
    "residual path": ("residual", "first", 0, 16, 15),
    "normalised": ("normed", "first", 0, 11, 19),
}


@pytest.mark.parametrize("name", ROWS)
def test_each_remedy_alone_removes_the_explosion_of_twenty_other_starts(name):
    """“Clipping helps all but the residual path” “nothing | 8 | 10 | 16” “orthogonal start | 0 | 18 | 19” “gates | 0 | 8 | 10” “residual path | 0 | 16 |
    15” “normalised | 0 | 11 | 19” “The gates for example learn slowly here, but all 20 came below 0.25.”
    docs/fixes.md: “scaling | it must reach the hidden values, at every step: normalised, none is nan”
    """
    step, start, *wanted = ROWS[name]
    lost, learned = nan_and_learned(step, start)
    assert lost == (0 if not wanted[0] else pytest.approx(wanted[0], abs=1))
    assert learned == pytest.approx(wanted[1], abs=3)
    assert name == "nothing" or learned < 20  # finite, and not all have learned
    assert nan_and_learned(step, start, clip=1) == (0, pytest.approx(wanted[2], abs=3))
    if name == "gates":
        assert (others(step, start)[0][-1] < 0.25).all()


def test_of_forty_orthogonal_starts_2_became_nan_later_and_none_that_was_clipped_too():
    """“In forty starts instead of twenty, 2 of the orthogonal ones did become nan later, because training moves
    $W$ away from where it began.” “None did that was clipped too.”"""
    losses = others("plain", "turned", starts=40)[0]
    lost = ~np.isfinite(losses[-1])
    assert 1 <= lost.sum() <= 4 and np.isfinite(losses[9]).all()
    assert nan_and_learned("plain", "turned", starts=40, clip=1)[0] == 0
    draws = np.random.default_rng(1).normal(size=(40, 19, 16))
    W = np.append(np.linalg.qr(draws[:, :16] / 3)[0], draws[:, 16:18] / 3, axis=1)
    assert np.linalg.svd(W[:, :16], compute_uv=False) == pytest.approx(1)
    weights, task, names = [W, draws[:, 18:].mT / 4], names_of("depth").sums(30, 40), names_of("depth")
    last = np.isfinite(losses[:, lost]).sum(axis=0).min() - 2  # shortly before the first is lost
    for _ in range(last):
        weights = [
            w - 0.1 * one
            for w, one in zip(weights, names.gradient(names.plain, *weights, task)[1], strict=True)
        ]
    assert np.linalg.svd(weights[0][lost][:, :16], compute_uv=False).max() > 1.05  # W has moved away


# What the program shows


def runs_rows(chapter):
    parts = chapter.printed["runs"].split("T = ")[1:]
    return [
        {int(line.split()[0]): np.array(line.split()[1:], float) for line in part.splitlines()[1:]}
        for part in parts
    ]


def test_five_of_five_starts_learn_short_lists_and_two_of_them_long_ones(chapter):
    """“Predict: at a rate of 0.1 all five starts learn to sum 5 numbers.” “Two of the five do.” “The other
    three do not get so far.” “Yes: three of five.” “Each column is a start.” “With 30 numbers the first has a
    loss of 4.395e+06 before any update, and inf after one.” “If short ones train at the same rate, it is the
    power.”"""
    short, long, clipped = runs_rows(chapter)
    assert all(len(row) == 5 for row in long.values())  # each column is a start
    assert chapter.printed["runs"].count("T = 30") == 2 and 30 in chapter.rows[1]
    assert long[0][0] == pytest.approx(4.395e6) and long[1][0] == np.inf
    own = chapter.train(chapter.plain, (chapter.first, chapter.out), chapter.sums(30), updates=2)[0]
    assert long[0] == pytest.approx(own[0], rel=1e-3)
    assert (short[299] < 0.05).all()
    assert (long[299] < 0.05).sum() == 2 and np.isnan(long[299]).sum() == 3
    assert np.isfinite(clipped[299]).all()


def test_the_third_start_leaps_from_a_normal_loss_to_3_billion_and_its_norm_was_5_5(chapter):
    """“The third start has a loss of 0.5122, one update later it is 3.215e+09, and then inf.” “In a chain of
    thirty steps it can: 0.5122, 3.215e+09, inf.” “What tells you is the norm of the gradient, if you log it
    before clipping: there it was 5.5, seven times that of the update before.” “Norms that differ by powers of
    ten from one update to the next are the mark of a long chain.”"""
    losses, norms = chapter.train(chapter.plain, (chapter.first, chapter.out), chapter.sums(30), updates=6)
    assert losses[3, 2] == pytest.approx(0.5122, abs=1e-4) and losses[4, 2] == pytest.approx(3.2e9, rel=0.1)
    before, after = np.log10(norms[3, 2] / norms[2, 2]), np.log10(norms[4, 2] / norms[3, 2])
    assert 0.5 < before < after and after > 3  # powers of ten from one update to the next
    calm = chapter.train(chapter.plain, (chapter.first, chapter.out), chapter.sums(5))[1]
    assert np.abs(np.diff(np.log10(calm), axis=0)).max() < 1
    assert norms[3, 2] == pytest.approx(5.5, abs=0.1) and norms[3, 2] / norms[2, 2] == pytest.approx(
        7, abs=0.5
    )
    assert np.isinf(losses[5, 2])


def test_the_norms_of_the_first_gradients_lie_between_0_45_and_4e8_and_differ_by_18_powers_over_60_steps(
    chapter,
):
    """“None learns anything: over 30 steps all slopes vanish” “These five starts are drawn in the same way, and
    some grow while others stay: the norms of their first gradients lie between 0.45 and 4 · 10⁸.” “The norm of
    the first gradient: one recipe and five draws, and over 60 steps they differ by eighteen powers of ten.”
    “The longer the list, the further the gradients spread” “Longer lists, larger gradients,”"""

    def norms(T):
        return chapter.train(chapter.plain, (chapter.first, chapter.out), chapter.sums(T), updates=1)[1][0]

    assert norms(30).min() == pytest.approx(0.45, abs=0.01) and norms(30).max() == pytest.approx(
        4 * 10**8, rel=0.2
    )
    spread = [np.log10(norms(T).max() / norms(T).min()) for T in (5, 30, 60)]
    assert spread == sorted(spread) and spread[-1] == pytest.approx(18.5, abs=0.6)
    assert norms(5).max() < norms(30).max() < norms(60).max()
    drawn = np.array([line.get_ydata() for line in chapter.left.lines])
    assert drawn.shape == (60, 5) and chapter.left.get_yscale() == "log"
    assert drawn[:10].min() > 0.1 and drawn[:10].max() < 20
    assert drawn[29] == pytest.approx(norms(30)) and drawn[59] == pytest.approx(norms(60))
    assert np.sort(np.log10(drawn[59]))[-2:] == pytest.approx([3, 18], abs=0.7)
    assert np.sum(drawn[10:].max(axis=0) < 20) == 3 and drawn.min() > 0.1
    steep = np.log10(drawn[10:, 0])
    assert np.abs(steep - np.polyval(np.polyfit(range(50), steep, 1), range(50))).max() < 0.4


def test_the_losses_of_the_third_start_train_explode_and_bounce(chapter):
    """“The loss of the third start: short lists train, long ones explode in one leap, and with the gradient clipped the
    same run bounces and goes on.” “Left: the norm of the first gradient of five starts against the length of the lists. Up
    to T = 10 all lie between 0.1 and 20. Then one start rises along a straight line to 10 to the 18 at T = 60, another
    slowly to 1,000, and three stay between 0.1 and 20. Right: the losses of the third start. With 5 numbers it falls to
    0.006. With 30 it leaves the picture after four updates; clipped it stays finite, bounces and falls to 0.2.”"""
    short, long, clipped = (line.get_ydata() for line in chapter.right.lines)
    assert [text.get_text() for text in chapter.right.get_legend().get_texts()] == [
        "T = 5",
        "T = 30",
        "clipped",
    ]
    drawn = np.array([line.get_ydata() for line in chapter.left.lines])
    assert len(drawn) == 60 and 0.1 < drawn[:10].min() < drawn[:10].max() < 20 < 1000 < 10**18 < drawn.max()
    assert short[-1] == pytest.approx(0.006, abs=5e-4) and short.max() < 1
    assert np.isfinite(long).tolist()[:6] == [True] * 5 + [False] and long[:4].max() < 1 < 1e9 < long[4]
    assert np.isfinite(clipped).all() and clipped[-1] == pytest.approx(0.2, abs=0.05)
    assert np.sum(np.diff(clipped) > 0) > 50 and clipped.max() > 5 * clipped[0]
    assert np.mean(clipped[-50:]) < np.mean(clipped[:50])


def test_what_is_multiplied_by_10_in_the_weights_is_multiplied_by_10_to_the_60_in_the_loss(chapter):
    """“Here the loss is of degree sixty in the recurrent weights, and what is multiplied by 10 there is
    multiplied by 10⁶⁰ here.” “In this chapter it will be of degree sixty.”"""
    W = chapter.first.copy()
    W[:, 16:] *= 0  # what is already remembered, and no further inputs

    def loss(factor):
        h = np.random.default_rng(7).uniform(0, 1, (5, 16, 16))
        for _ in range(30):
            h = np.maximum(h @ (factor * W[:, :16]), 0)
        return np.mean((h @ chapter.out) ** 2)

    assert loss(10.0) / loss(1.0) == pytest.approx(1e60, rel=1e-6)


def test_a_residual_path_of_thirty_thirtieths_makes_2_7(chapter):
    r"""“a residual path: $h \leftarrow h + \text{new}/30$.” “Its slope is 1 plus something small, and a small
    factor more at each of 30 steps makes a moderate one, as (1 + 1/30)³⁰ = 2.7;”
    snippets/depth.py: “a thirtieth of what is new is added to the old”"""
    assert pytest.approx(2.7, abs=0.05) == (1 + 1 / 30) ** 30
    h, W = np.random.default_rng(2).uniform(0, 1, (5, 16, 16)), chapter.first
    x = chapter.sums(1)[0][0]
    z = np.concatenate([h, x], axis=-1)
    assert chapter.residual(h, z, W)[0] == pytest.approx(h + np.maximum(z @ W, 0) / 30)
    slope = (
        chapter.residual(h + 1e-6, np.concatenate([h + 1e-6, x], axis=-1), W)[0]
        - chapter.residual(h, z, W)[0]
    ) / 1e-6
    assert 0 < np.abs(slope - 1).max() < 0.2 < np.abs(slope).min()


def test_an_orthogonal_start_only_turns(chapter):
    """“an orthogonal start: the recurrent weights only turn what they get, so no direction grows or shrinks
    (before the bend);”"""
    h = np.random.default_rng(8).normal(size=(5, 10, 16))
    after = h @ chapter.turned[:, :16]
    assert np.linalg.norm(after, axis=-1) == pytest.approx(np.linalg.norm(h, axis=-1))


def test_a_gate_begins_at_a_thirtieth(chapter):
    r"""“a gate: $h \leftarrow h + u\,(\text{new} - h)$ with a learned $u$ between 0 and 1, here 1/30 at first,
    so that what was there stays nearly whole;”
    snippets/depth.py: “a gate u says how much of the old is replaced” “so that u begins at 1/30”"""
    z = np.zeros((5, 1, 18))
    z[..., 17] = 1
    assert 1 / (1 + np.exp(-z @ chapter.gates[..., 16:])) == pytest.approx(1 / 30)
    h = np.random.default_rng(2).uniform(0, 1, (5, 16, 16))
    z = np.concatenate([h, chapter.sums(1)[0][0]], axis=-1)
    new = np.maximum(z @ chapter.first, 0)
    assert chapter.gated(h, z, chapter.gates)[0] == pytest.approx(h + 1 / 30 * (new - h))
    wild = chapter.gates + np.random.default_rng(3).normal(size=chapter.gates.shape)  # as if learned
    u = (chapter.gated(h, z, wild)[0] - h) / (np.maximum(z @ wild[..., :16], 0) - h)
    assert 0 < u.min() < u.max() < 1


@pytest.mark.parametrize("factor", [0.01, 10.0, 1e6])
def test_normalised_sums_can_neither_grow_nor_shrink(chapter, factor):
    """“normalisation: before the bend the sums are divided by their root mean square, so they can neither grow nor
    shrink.”
    snippets/depth.py: “before the bend, the sums are brought to one size”"""
    h = np.random.default_rng(2).uniform(0, 1, (5, 16, 16))
    z = np.concatenate([h, chapter.sums(1)[0][0]], axis=-1)
    sums = z @ chapter.first
    wanted = np.maximum(sums / np.sqrt(np.mean(sums**2, axis=-1, keepdims=True)), 0)
    for W in (chapter.first, factor * chapter.first):
        assert chapter.normed(h, z, W)[0] == pytest.approx(wanted, rel=1e-5)


def test_the_table_does_not_rank_the_remedies():
    """“This is one small task and 300 updates at one rate: it does not rank the remedies.” “What it shows is that each of
    them alone removes the explosion, that a finite run need not have learned, and that two together are seldom worse than
    one.”"""
    alone = [row for name, row in ROWS.items() if name != "nothing"]
    assert all(lost == 0 and learned < 20 for *_, lost, learned, _ in alone)
    assert sum(clipped < learned for *_, learned, clipped in alone) == 1 and len(others()[0]) == 300
    ranks = [sorted(ROWS, key=lambda name, k=k: ROWS[name][k]) for k in (3, 4)]
    assert ranks[0] != ranks[1]  # which is the better depends on what else is done


def test_the_remedies_keep_every_run_finite_and_the_first_norm_at_5_22_or_less(chapter):
    """“The largest first norm was 4 · 10⁸ and is now 5.22 or less, and every run stays finite.” “The other
    remedies keep the slope itself from becoming steep or flat, each in its own way:” “Orthogonal starts, gates,
    residual paths and normalisation each kept the first gradients small: 0.455, 0.364, 0.671 and 5.22 at most.”
    “What each remedy does to one recurrent network that explodes.” “Four changes, one at a time”"""
    rows = {
        line.split()[0]: list(map(float, line.split()[1:]))
        for line in chapter.printed["remedies"].splitlines()[1:]
    }
    unaided = chapter.train(chapter.plain, (chapter.first, chapter.out), chapter.sums(30), updates=1)[1]
    assert unaided.max() == pytest.approx(4 * 10**8, rel=0.2)
    assert max(row[0] for row in rows.values()) == 5.22 and np.isfinite([*rows.values()]).all()
    assert [rows[name][0] for name in ("orthogonal", "gates", "residual", "normed")] == [
        0.455,
        0.364,
        0.671,
        5.22,
    ]


def test_exercise_4_a_gate_half_open_protects_no_longer(chapter):
    """“Two of the five starts are nan again, and the largest first norm is 4,887 instead of 0.364.” “A gate
    that is half open replaces half of what was there, at every step, by what $W$ makes of it: after 30 steps
    nothing of the first number has passed by unchanged.” “A gate protects only as long as it is nearly
    closed.”"""
    half = chapter.gates.copy()
    half[:, 17, 16:] = 0
    losses, norms = chapter.train(chapter.gated, (half, chapter.out), chapter.sums(30))
    assert np.sum(~np.isfinite(losses[-1])) == 2
    assert norms[0].max() == pytest.approx(4887, abs=1)
    assert (
        chapter.train(chapter.gated, (chapter.gates, chapter.out), chapter.sums(30), updates=1)[1].max()
        < 0.3645
    )
    passed = {u: np.prod(np.full(30, 1 - u)) for u in (1 / 2, 1 / 30)}  # of the first number, unchanged
    assert passed[1 / 2] < 1e-8 and passed[1 / 30] > 0.3


# Attention


def test_each_slope_of_the_head_is_that_of_differences(chapter):
    for normed in (0, 1):
        task, (Q, K) = chapter.lookup(3)
        _, (gQ, gK), _, _ = chapter.attend(Q, K, *task, normed)
        rng = np.random.default_rng(9)
        for _ in range(6):
            a, b = rng.normal(size=(2, 8, 8))
            two = [chapter.attend(Q + h * a, K + h * b, *task, normed)[0] for h in (1e-6, -1e-6)]
            assert (two[0] - two[1]) / 2e-6 == pytest.approx(
                (gQ * a).sum() + (gK * b).sum(), rel=1e-4, abs=1e-7
            )


def test_the_task_has_eight_places_and_64_questions_and_the_logit_is_q_times_k(chapter):
    r"""“A transformer has no long chain in time, but it multiplies two learned matrices: a query $q = xQ$ and a key $k =
    zK$ make a logit, $q \cdot k/\sqrt{\mathstrut d}$, and the softmax of the logits says where to look.” “The smallest task
    for one head: eight places, each with a random vector and a number.” “The question is the vector of one place, and the
    answer its number.” “There are 64 such questions.”
    snippets/depth.py: “the softmax” “the question is one of eight places: what stands there?”
    docs/depth.md: “Attention: a product of two”"""
    task, (Q, K) = chapter.lookup(6)
    ask, place, value, answer = task
    assert place.shape == (64, 8, 8) and value.shape == (64, 8)
    assert np.array_equal(ask, place[:, :1]) and np.array_equal(answer, value[:, :1])
    loss, _, logits, p = chapter.attend(Q, K, *task, 0)
    own = np.array([[(ask[i, 0] @ Q) @ (place[i, j] @ K) / 8**0.5 for j in range(8)] for i in range(64)])
    assert logits == pytest.approx(own)
    assert p == pytest.approx(np.exp(own) / np.exp(own).sum(axis=1, keepdims=True))
    assert loss == pytest.approx(np.mean((np.sum(p * value, axis=1, keepdims=True) - answer) ** 2) / 2)


@pytest.mark.parametrize("seed", range(3))
def test_normalised_a_query_has_one_length_and_a_longer_weight_changes_nothing(chapter, seed):
    """snippets/depth.py: “normed: of one length; otherwise a = b = 1” “what changes a length alone changes
    nothing”"""
    task, (Q, _) = chapter.lookup(seed)
    ask = task[0]
    for normed in (0, 1):
        loss, (gQ, gK), logits, _ = chapter.attend(Q, Q, *task, normed)
        asked = np.sum((ask @ Q) ** 2, axis=(1, 2))  # each question is the vector of its first place
        assert logits[:, 0] == pytest.approx(8 / 8**0.5 if normed else 1 * asked / 8**0.5)
        along = abs(np.sum(gQ * Q)), abs(np.sum(gK * Q))
        assert (max(along) < 1e-12) == (normed == 1) and np.abs(gQ).max() > 1e-4
        assert (chapter.attend(3 * Q, Q, *task, normed)[0] == pytest.approx(loss)) == (normed == 1)


@reads("docs/{own}.md")
def test_back_through_the_softmax_a_slope_is_multiplied_by_p_and_by_the_distance_from_what_was_said(chapter):
    """“Going back through the softmax, a slope is multiplied by $p$ and by how far a value is from what was said.” “(The
    head and its gradient are folded away.)”"""
    rng = np.random.default_rng(11)
    logits, value = rng.normal(size=8), rng.normal(size=8)

    def said(x):
        return np.sum(np.exp(x) / np.exp(x).sum() * value)

    p = np.exp(logits) / np.exp(logits).sum()
    for j in range(8):
        e = 1e-6 * np.eye(8)[j]
        slope = (said(logits + e) - said(logits - e)) / 2e-6
        assert slope == pytest.approx(p[j] * (value[j] - said(logits)), rel=1e-5)
    assert "p * (value - answer - miss) * miss" in section(
        chapter, "attend"
    )  # answer + miss is what was said
    page = markdown_of("depth")
    folded = page.split('??? program "One attention head, forwards and backwards"')[1].split(
        '--8<-- "depth.py:attend"'
    )[0]
    assert all(line.startswith("    ") or not line for line in folded.splitlines()[1:])


def test_twice_as_large_weights_make_logits_four_times_as_large(chapter):
    """“Twice as large weights make logits four times as large.”"""
    task, (Q, K) = chapter.lookup(4)
    once, twice = (chapter.attend(f * Q, f * K, *task, 0)[2] for f in (1, 2))
    assert twice == pytest.approx(4 * once)
    p = chapter.attend(30 * Q, 30 * K, *task, 0)[3]
    assert np.mean(p.max(axis=1) > 0.99) > 0.9 and np.mean(p * (1 - p)) < 0.01


def test_the_slope_of_the_softmax_is_p_times_1_minus_p():
    r"""“Then the softmax is nearly all on one place, and its slope is $p\,(1 - p)$, which is close to 0 where
    $p$ is close to 0 or 1.”"""
    logits = np.random.default_rng(10).normal(size=8)

    def softmax(x):
        return np.exp(x) / np.exp(x).sum()

    p = softmax(logits)
    for one in (1e-6, 1 - 1e-6):
        assert 0 < one * (1 - one) < 2e-6 < 0.5 * (1 - 0.5)
    for j in range(8):
        e = 1e-6 * np.eye(8)[j]
        assert (softmax(logits + e) - softmax(logits - e))[j] / 2e-6 == pytest.approx(
            p[j] * (1 - p[j]), rel=1e-6
        )


def head(chapter, alpha, normed, seed):
    task, weights = chapter.lookup(seed)
    for t in range(100):
        loss, g, logits, p = chapter.attend(*weights, *task, normed)
        weights, before = [w - alpha * one for w, one in zip(weights, g, strict=True)], t
    return loss, np.abs(logits).max(), np.mean(p * (1 - p)), p, g, weights, alpha, before


@pytest.mark.parametrize("seed", range(20, 30))
def test_from_other_starts_too_the_plain_head_dies_at_100_and_the_normalised_one_learns_at_1000(
    chapter, seed
):
    """“The head learns at all three rates, and at 1000 as well.”"""
    plain, normed = (head(chapter, alpha, n, seed) for alpha, n in ((100, 0), (1000, 1)))
    assert plain[0] > 0.3 and plain[1] > 100 and plain[2] < 0.01
    assert normed[0] < 0.3 and normed[1] < 2.83 and normed[2] > 0.05
    assert head(chapter, 10, 0, seed)[0] < 0.05 < head(chapter, 10, 1, seed)[0] + 0.03
    assert all(head(chapter, alpha, 1, seed)[0] < 0.3 for alpha in (1, 10, 100))


def test_nothing_moves_any_more_and_two_losses_are_above_1_where_guessing_costs_about_a_half(chapter):
    """“At 100 the logits grow to 1.8e+03, the slope of the softmax falls to 9.9e-06, and there the head stands:
    it looks firmly at wrong places, and two of the losses are above 1, where guessing costs about ½.” “Nothing
    is nan, and nothing moves any more.” “The head of this chapter no longer learned once it had reached 1,800.”"""
    row = [float(one) for one in chapter.printed["logits"].splitlines()[3].split()]
    assert row[:4] == [0, 100, 1.8e3, 9.9e-6]
    assert sum(loss > 1 for loss in row[4:]) == 2
    for seed in range(5):
        loss, logit, slope, p, g, weights, alpha, _ = head(chapter, 100, 0, seed)
        assert np.isfinite(loss) and logit > 1000
        assert np.linalg.norm(alpha * g[0]) < 1e-4 * np.linalg.norm(weights[0])  # nothing moves
        assert (
            np.mean(p.max(axis=1) > 0.99) > 0.95 and np.mean(p.argmax(axis=1) == 0) < 0.5
        )  # firmly, at wrong places
    assert (logit, slope) == (
        pytest.approx(1800, rel=0.03),
        pytest.approx(9.9e-6, rel=0.2),
    )  # of the last start


def test_the_columns_of_the_attention_head(chapter):
    """“Logit is the largest one after 99 updates and slope the mean of $p\\,(1-p)$, both of the last start.” “In the first
    three rows the head is as it is.” “At a rate of 10 it learns.” “In the last three rows queries and keys are first
    divided by their root mean square.” “It pays for this: with logits of at most 2.8 it cannot be quite sure, and at a rate
    of 10 the plain head is far better.”"""
    lines = [[float(one) for one in line.split()] for line in chapter.printed["logits"].splitlines()[1:]]
    assert [row[:2] for row in lines] == [[n, alpha] for n in (0, 1) for alpha in (1, 10, 100)]
    for normed, alpha, logit, slope, *losses in lines[1::3]:
        own = [head(chapter, alpha, int(normed), seed) for seed in range(5)]
        assert losses == pytest.approx([one[0] for one in own], rel=0.2) and own[-1][-1] == 99
        assert (logit, slope) == (pytest.approx(own[-1][1], rel=0.05), pytest.approx(own[-1][2], rel=0.1))
        assert normed or max(losses) < 0.05
    plain, normed = lines[1], lines[4]
    assert (
        np.mean(normed[4:]) > 5 * np.mean(plain[4:])
        and all(2 * a < b for a, b in zip(plain[4:], normed[4:], strict=True))
        and normed[2] <= 2.8
    )
    most = 1 / (1 + 7 * np.exp(-2 * 2.83))  # the surest that logits between −2.83 and 2.83 can be
    assert most < 0.98 and head(chapter, 10, 1, 4)[3].max() < most
    guessing = [chapter.lookup(seed)[0][3].var() / 2 for seed in range(5)]
    assert np.mean(guessing) == pytest.approx(0.5, abs=0.1)


def test_normalised_no_logit_exceeds_the_root_of_d_and_larger_weights_have_smaller_gradients(chapter):
    r"""“Then no logit can exceed $\sqrt{\mathstrut d}$ = 2.8, however large the weights are, and larger weights
    have smaller gradients.”"""
    task, (Q, K) = chapter.lookup(5)
    one, ten = (chapter.attend(f * Q, f * K, *task, 1) for f in (1, 10))
    assert np.abs(ten[2]).max() <= 8**0.5 + 1e-9 and round(8**0.5, 1) == 2.8
    for seed in range(20):  # however large the weights are
        Q, K = np.random.default_rng(seed).normal(size=(2, 8, 8)) * 10.0**seed
        assert np.abs(chapter.attend(Q, K, *task, 1)[2]).max() <= 8**0.5 + 1e-9
    Q, K = chapter.lookup(5)[1]
    assert ten[0] == pytest.approx(one[0]) and 10 * ten[1][0] == pytest.approx(one[1][0])


# You may think


def test_tanh_bounds_the_values_but_not_the_slopes(chapter):
    """“tanh bounds the values but not the slopes.” “With starting weights twice the usual size, the largest
    norm of the first gradient of twenty such networks was 62,000 over 100 steps and 4 · 10¹¹ over 300.” “(With
    weights of the usual size none was above 5, and none of the twenty was nan in training.)”"""

    def tanh(h, z, W):
        new = np.tanh(z @ W)
        return new, lambda d: ((d * (1 - new**2)) @ W[:, :16].mT, z.mT @ (d * (1 - new**2)))

    draws = np.random.default_rng(0).normal(size=(20, 19, 16))
    W, C = draws[:, :18] / 18**0.5, draws[:, 18:].mT / 4

    def norms(scale, T):
        return chapter.train(tanh, (scale * W, C), chapter.sums(T, 20), updates=1)[1][0]

    assert norms(2, 100).max() == pytest.approx(62_000, rel=0.05)
    assert norms(2, 300).max() == pytest.approx(4 * 10**11, rel=0.2)
    assert norms(1, 300).max() < 5 and norms(1, 100).max() < 5
    assert np.isfinite(chapter.train(tanh, (W, C), chapter.sums(30, 20))[0][-1]).all()


@pytest.mark.parametrize("T", [5, 30])
def test_a_nan_in_the_data_or_a_log_of_0_gives_no_such_sign(chapter, T):
    """“A nan in the data, or a log of 0, gives no such sign.”"""
    calm = chapter.train(
        chapter.plain, (chapter.first[1:2], chapter.out[1:2]), chapter.sums(T, 1), updates=30
    )[1]
    X, y = chapter.sums(T, 1)
    X = X.copy()
    X[0, 0, 3, 0] = np.nan  # comes with the next batch
    loss = chapter.gradient(chapter.plain, chapter.first[1:2], chapter.out[1:2], (X, y))[0]
    assert np.isnan(loss).all() and np.abs(np.diff(np.log(calm), axis=0)).max() < np.log(3)
    norms, losses = [], []
    for score in (700.0, 740.0, 760.0):  # −log(p) of a class whose score falls
        p = np.exp(-score)
        with np.errstate(divide="ignore"):
            losses.append(-np.log(p))
        norms.append(1 - p)
    assert np.isinf(losses[-1]) and np.isfinite(losses[:2]).all() and np.ptp(norms) < 1e-9


# Exercises


def test_exercises_1_and_2_five_steps_more_and_the_limit_is_4096_times_lower():
    r"""“A linear unit has $w$ = 2 and $T$ = 5, and begins with $h_0$ = 0.1.” “The slope of $h_5 = 0.1\,w^5$ is
    0.1 · 5 · 2⁴ = 8.” “At the bottom the curvature is 8² = 64, and the limit is 2/64 = 0.03125.” “The same unit
    with $T$ = 10.” “The slope is 0.1 · 10 · 2⁹ = 512.” “The curvature is 512² = 262,144, so the limit is
    2/262,144 = 0.0000076.” “Five steps more, and the limit is 4,096 times lower.”"""

    def slope(T):
        return (0.1 * (2 + 1e-6) ** T - 0.1 * (2 - 1e-6) ** T) / 2e-6

    for T, by_hand, curvature, limit in (
        (5, 0.1 * 5 * 2**4, 64, 0.03125),
        (10, 0.1 * 10 * 2**9, 262_144, 0.0000076),
    ):
        assert slope(T) == pytest.approx(by_hand) and slope(T) ** 2 == pytest.approx(curvature)

        def down(e, T=T):
            return 0.1 * ((2 + e) ** T - 2**T) * slope(T)

        assert limit_of(down, high=10 * limit, at=1e-9) == pytest.approx(limit, rel=0.01)
        assert pytest.approx(limit, rel=0.005) == 2 / curvature
    assert (slope(5), slope(10)) == (pytest.approx(8), pytest.approx(512))
    assert (slope(10) / slope(5)) ** 2 == pytest.approx(4096)


def test_exercise_3_ten_per_cent_more_in_every_weight_of_fifty_layers():
    """“Each layer passes on 1.1 times as much, so the output is 1.1⁵⁰ = 117 times as large.” “In the slope
    along one weight the other 49 layers remain: 1.1⁴⁹ = 107.” “The squares grow 11,400-fold, and the limit
    falls as much.” “Ten per cent less, and it is 30,500 times higher.”"""
    rng = np.random.default_rng(11)
    Ws = rng.normal(size=(50, 12, 12)) * (2 / 12) ** 0.5
    x = rng.normal(size=12)

    def output(factor, change=0.0):
        h = x
        for k, W in enumerate(Ws):
            W = factor * W
            if k == 20:
                W = W + change * np.outer(np.arange(12), np.ones(12))
            h = np.maximum(h @ W, 0)
        return h.sum()

    def slope(factor):
        return (output(factor, 1e-7) - output(factor, -1e-7)) / 2e-7

    assert output(1.1) / output(1) == pytest.approx(117, abs=0.5) == pytest.approx(1.1**50, abs=0.6)
    assert pytest.approx(107, abs=0.5) == 1.1**49
    assert slope(1.1) / slope(1) == pytest.approx(107, rel=0.01)
    assert (slope(1.1) / slope(1)) ** 2 == pytest.approx(11_400, rel=0.02)
    assert (slope(1) / slope(0.9)) ** 2 == pytest.approx(30_500, rel=0.02)


# In your own run


def test_weights_between_minus_and_plus_one_over_root_n_leave_a_sixth_under_relu():
    """“PyTorch's nn.Linear draws from ±1/√n: under ReLU each layer leaves a sixth of the mean square, unless something
    normalises.”"""
    rng = np.random.default_rng(12)
    for n in (100, 400):
        h = rng.normal(size=(200, n))
        after = np.maximum(h @ rng.uniform(-1, 1, (n, n)) / n**0.5, 0)
        assert np.mean(after**2) / np.mean(h**2) == pytest.approx(1 / 6, rel=0.08)
        normed = after / np.sqrt(np.mean(after**2, axis=1, keepdims=True))
        assert np.mean(normed**2) == pytest.approx(1)


def test_adam_at_0_01_none_of_the_twenty_starts_was_nan_and_18_learned():
    """“(Adam bounds the step by itself: at 0.01 none of the twenty starts was nan and 18 learned.)”"""
    end = remedied(adam, alpha=0.01)[-1]
    assert np.isfinite(end).all() and np.sum(end < 0.05) == pytest.approx(18, abs=2)


# What Fixes says of recurrent networks


@remembers("depth")
@np.errstate(all="ignore")
def remedied(change, alpha=0.1, updates=300, shrink=1.0):
    """Losses of twenty starts on lists of 30 numbers: ``change(t, g, kept)`` is the step that is taken."""
    names, kept = names_of("depth"), {}
    draws = np.random.default_rng(1).normal(size=(20, 19, 16))
    weights, task, losses = [draws[:, :18] / 3, shrink * draws[:, 18:].mT / 4], names.sums(30, 20), []
    for t in range(1, updates + 1):
        loss, g = names.gradient(names.plain, *weights, task)
        losses.append(loss)
        weights = [w - alpha * s for w, s in zip(weights, change(t, g, kept), strict=True)]
    return np.array(losses)


def momentum(t, g, kept, ahead=False):
    kept["v"] = v = [0.9 * old + new for old, new in zip(kept.get("v", (0, 0)), g, strict=True)]
    return [new + 0.9 * one for new, one in zip(g, v, strict=True)] if ahead else v


def adam(t, g, kept):
    m, v = kept.get("mv", ([0, 0], [0, 0]))
    m = [0.9 * a + 0.1 * b for a, b in zip(m, g, strict=True)]
    v = [0.999 * a + 0.001 * b * b for a, b in zip(v, g, strict=True)]
    kept["mv"] = m, v
    pairs = zip(m, v, strict=True)
    return [a / (1 - 0.9**t) / (np.sqrt(b / (1 - 0.999**t)) + 1e-8) for a, b in pairs]


REMEDIES = {  # the words of the page; the step; rate and other settings; how many are nan, how many learn
    "the sum over the 16 lists, 16 are nan": (lambda t, g, kept: [16 * one for one in g], {}, 16, None),
    "neither touches the weights that act thirty times: 9": (lambda t, g, kept: g, {"shrink": 0.1}, 9, None),
    "times: 9 and 5 are nan": (lambda t, g, kept: g, {"shrink": 0.0}, 5, None),
    "at 0.01, 5": (momentum, {"alpha": 0.01}, 5, None),
    "at 0.01, 5 and 7 are nan, plain descent 4": (
        lambda t, g, kept: momentum(t, g, kept, ahead=True),
        {"alpha": 0.01},
        7,
        None,
    ),
    "| clip value, 0.1 | none is nan, 12 learn |": (
        lambda t, g, kept: [np.clip(one, -0.1, 0.1) for one in g],
        {},
        0,
        12,
    ),
}


@pytest.mark.parametrize("words", REMEDIES)
def test_what_each_remedy_of_fixes_does_in_a_recurrent_network(words):
    """docs/fixes.md: “The same remedies on another failing run, that of Depth and time: 16 ReLU units, lists of 30
    numbers, twenty starts, 300 updates at 0.1.” docs/fixes.md: “mean for sum | counts more: with the sum over the 16
    lists, 16 are nan” docs/fixes.md: “small, zero last layer | neither touches the weights that act thirty times: 9 and
    5 are nan” docs/fixes.md: “momentum, Nesterov | at 0.01, 5 and 7 are nan,” docs/fixes.md: “clip value, 0.1 | none is
    nan, 12 learn”"""
    change, settings, lost, learned = REMEDIES[words]
    end = remedied(change, **settings)[-1]
    assert np.sum(~np.isfinite(end)) == (0 if not lost else pytest.approx(lost, abs=2))
    assert learned is None or np.sum(end < 0.05) == pytest.approx(learned, abs=3)


@pytest.mark.parametrize("nudge", [0, 1e-13])
def test_in_a_recurrent_network_a_warm_up_only_puts_the_explosion_off(nudge):
    """docs/fixes.md: “warm-up | the explosion is only put off: over 100 updates, 5 are nan by update 57, and the last
    digit decides whether a sixth follows”"""
    finite = np.isfinite(remedied(lambda t, g, kept: [min(1, t / 100) * (1 + nudge) * one for one in g]))
    when = np.sort([np.argmin(one) for one in finite.T if not one.all()])
    assert 5 <= len(when) <= 6 and when[:5] == pytest.approx([2, 3, 25, 36, 57], abs=2)
    assert all(one > 57 + 20 for one in when[5:])


def test_what_fixes_says_of_lower_rates_and_of_bounded_steps_in_a_recurrent_network():
    """docs/fixes.md: “With no remedy 8 of the twenty are nan and 10 learn.” docs/fixes.md: “lower the rate | no rate
    fits every stretch: at 0.01, 4 are nan and 4 learn; at 0.001, 2 and none” docs/fixes.md: “plain descent 4”
    docs/fixes.md: “clip norm, 1 | from the first update on: none is nan, 16 learn, and at a rate of 0.3 all 20”
    docs/fixes.md: “Adam, 0.01 | bounds the step: none is nan, 18 learn”"""
    runs = [({}, 8, 10), ({"alpha": 0.01}, 4, 4), ({"alpha": 0.001}, 2, 0)]
    runs += [({"clip": 1}, 0, 16), ({"clip": 1, "alpha": 0.3}, 0, 20)]
    for settings, lost, learned in runs:
        assert nan_and_learned(**settings) == (
            pytest.approx(lost, abs=lost and 1),
            pytest.approx(learned, abs=2),
        )
    end = remedied(adam, alpha=0.01)[-1]
    assert np.isfinite(end).all() and np.sum(end < 0.05) == pytest.approx(18, abs=2)


def test_in_a_recurrent_network_a_line_search_is_never_nan_and_slow(chapter):
    """docs/fixes.md: “line search | none is nan, but it is slow: 3 learn in 60 updates”"""
    draws = np.random.default_rng(1).normal(size=(20, 19, 16))
    weights, task = [draws[:, :18] / 3, draws[:, 18:].mT / 4], chapter.sums(30, 20)
    with np.errstate(all="ignore"):
        for _ in range(60):
            loss, g = chapter.gradient(chapter.plain, *weights, task)
            rate, steep = np.full((20, 1, 1), 0.1), sum((one**2).sum(axis=(1, 2)) for one in g)
            for _ in range(60):
                tried = [w - rate * one for w, one in zip(weights, g, strict=True)]
                new = chapter.gradient(chapter.plain, *tried, task)[0]
                high = ~(new <= loss - 1e-4 * rate.ravel() * steep)
                if not high.any():
                    break
                rate[high] /= 2
            weights = tried
    assert np.isfinite(loss).all() and np.sum(loss < 0.05) == pytest.approx(3, abs=2)
