"""The claims of the lab on the sharpness of a network, a test a sentence, by runs of its program."""

import functools
import itertools

import numpy as np
import pytest

import lab as labs
from proven import of_a_lab

pytestmark = of_a_lab()

PROVES = "labs/sharpness"
mistaken = functools.partial(labs.mistaken, "sharpness")


@pytest.fixture
def lab():
    return labs.names_of_lab("sharpness")


@functools.cache
def onwards(share, updates=6000):
    """From w at a share of the limit: the last weights, and the loss before each update."""
    lab = labs.names_of_lab("sharpness")
    return lab.descend(lab.w, share * lab.limit, updates)


@functools.cache
def curvatures():
    """All curvatures at w, the largest last, with their directions."""
    whole = labs.names_of_lab("sharpness").whole
    return np.linalg.eigh((whole + whole.T) / 2)


def directions(number=5):
    """Some of length 1."""
    some = np.random.default_rng(7).normal(size=(number, 61))
    return some / np.linalg.norm(some, axis=1)[:, None]


# 1. A network


def test_the_network_has_61_weights_and_learns_a_wave_from_25_points(lab):
    """“One input, 20 tanh units, one output: 61 weights in one vector w.” “It is to learn a wave from 25 points.”"""
    into, bias, out, last = np.split(lab.w, [20, 40, 60])
    units = [np.tanh(lab.x[:, 0] * a + b) for a, b in zip(into, bias, strict=True)]
    said = sum(o * unit for o, unit in zip(out, units, strict=True)) + last
    assert len(units) == 20 and lab.w.shape == (61,) and said.shape == (25,)
    assert np.mean((said - lab.y[:, 0]) ** 2) / 2 == pytest.approx(lab.loss(lab.w))
    assert np.sum(np.diff(np.sign(np.diff(lab.y[:, 0]))) != 0) >= 2, "it goes up and down"


@pytest.mark.parametrize("seed", range(3))
def test_its_gradient_is_that_of_half_the_mean_of_the_squared_errors(lab, seed):
    """“The loss is half the mean of the squared errors, the gradient is the chain rule.”
    docs/labs/sharpness.py: “the loss and its gradient”"""
    w, h = np.random.default_rng(seed).normal(size=61), 1e-6
    a, b, out, last = np.split(w, [20, 40, 60])
    error = np.tanh(lab.x * a + b) @ out + last - lab.y[:, 0]
    assert lab.loss(w) == pytest.approx(0.5 * sum(error**2) / len(error))
    slopes = [(lab.loss(w + h * one) - lab.loss(w - h * one)) / (2 * h) for one in np.eye(61)]
    assert lab.gradient(w) == pytest.approx(np.array(slopes), rel=1e-5, abs=1e-8)


def test_two_gradients_multiply_by_a_matrix_that_a_million_weights_would_make_of_a_trillion_entries(
    lab, monkeypatch
):
    """“Nobody hands you the largest curvature of a network, its sharpness: with a million weights the matrix $H$ has
    a trillion entries.” “Two gradients are enough to multiply by it.”
    """
    assert lab.whole.size == len(lab.w) ** 2 and 1_000_000**2 == 10**12
    called = []
    gradient = lab.gradient
    monkeypatch.setitem(lab.product.__globals__, "gradient", lambda w: called.append(w) or gradient(w))
    for v in directions():
        called.clear()
        assert lab.product(lab.w, v) == pytest.approx(lab.whole @ v, abs=1e-6) and len(called) == 2


# 2. Multiply by H without H


def test_along_a_direction_the_gradient_changes_by_h_times_it_while_the_step_is_small(lab):
    """“The gradient changes along a direction $v$ by $Hv$, as long as the step is small.”"""
    for v in directions():
        far = [
            np.linalg.norm((lab.gradient(lab.w + h * v) - lab.gradient(lab.w)) / h - lab.whole @ v)
            / np.linalg.norm(lab.whole @ v)
            for h in (1e-3, 1)
        ]
        assert far[0] < 0.002 and far[1] > 100 * far[0]


def test_a_step_into_the_complex_numbers_says_the_same_and_the_hint_is_the_answer(lab):
    """“A step of another kind, into the complex numbers, says the same.” “The gradient forwards minus the gradient
    backwards, divided by the distance between the two points.”
    """
    for v in directions():
        exact = lab.gradient(lab.w + 1e-20j * v).imag / 1e-20
        ahead, behind = lab.w + 1e-4 * v, lab.w - 1e-4 * v
        hinted = (lab.gradient(ahead) - lab.gradient(behind)) / np.linalg.norm(ahead - behind)
        assert exact == pytest.approx(lab.whole @ v, abs=1e-6) == lab.product(lab.w, v)
        assert hinted == pytest.approx(exact, abs=1e-6)


def test_what_is_divided_by_h_alone_is_twice_hv_and_halves_the_limit(lab):
    """“This is twice Hv: the two points lie 2h apart.” “Your limit would come out half as high as it is.”"""
    v, h = np.random.default_rng(1).normal(size=61), 1e-4  # those of the check
    assert np.linalg.norm((lab.w + h * v) - (lab.w - h * v)) == pytest.approx(2 * h * np.linalg.norm(v))
    assert mistaken("This is twice Hv") == pytest.approx(2 * (lab.whole @ v), abs=1e-5)
    wrong = labs.lab_with("sharpness", {"/ (2 * h)": "/ h"}, "# answer: the rate")
    assert wrong.limit == pytest.approx(lab.limit / 2, rel=1e-3)


def test_what_is_not_divided_is_the_change_and_what_is_turned_round_has_the_other_sign(lab):
    """“This is the change of the gradient.” “Hv is the change per length: divide by the distance of the two points,
    2h.” “The sign is reversed: it is forwards minus backwards.”
    """
    v, h = np.random.default_rng(1).normal(size=61), 1e-4  # those of the check
    change = lab.gradient(lab.w + h * v) - lab.gradient(lab.w - h * v)
    assert mistaken("This is the change of the gradient") == pytest.approx(change)
    assert change / (2 * h) == pytest.approx(lab.whole @ v, abs=1e-5)
    assert mistaken("The sign is reversed") == pytest.approx(-(lab.whole @ v), abs=1e-5)


def test_a_difference_of_losses_is_one_number_the_slope_along_v(lab):
    """“This is one number, the slope along v.” “Take the difference of gradients, not of losses.”"""
    v = np.random.default_rng(1).normal(size=61)
    found = mistaken("This is one number, the slope")
    assert np.ndim(found) == 0 and found == pytest.approx(lab.gradient(lab.w) @ v, rel=1e-5)
    assert lab.product(lab.w, v).shape == (61,)


def test_a_difference_to_one_side_is_right_too_and_its_mistake_grows_with_h():
    """“This is the difference to one side.” “It is right too, and its mistake grows with h, that of the difference to
    both sides with h².”
    """
    number = labs.number_of("sharpness", "def product")
    code = "def product(w, v, h=1e-4):\n    return (gradient(w + h * v) - gradient(w)) / h"
    assert labs.slip("sharpness", number, code).startswith(
        "✓ This is the difference to one side. It is right too"
    )
    lab = labs.names_of_lab("sharpness")
    v = np.random.default_rng(1).normal(size=61)
    exact = lab.gradient(lab.w + 1e-20j * v).imag / 1e-20
    one, both = [], []
    for h in 1e-3, 1e-2:
        ahead, here, behind = (lab.gradient(lab.w + step * v) for step in (h, 0, -h))
        one.append(np.abs((ahead - here) / h - exact).max())
        both.append(np.abs((ahead - behind) / (2 * h) - exact).max())
    assert one[1] / one[0] == pytest.approx(10, rel=0.05)
    assert both[1] / both[0] == pytest.approx(10**2, rel=0.05)


# 3. Turn towards the largest curvature


def test_h_stretches_most_along_its_largest_curvature_which_is_positive_and_a_turn_leans_towards_it(lab):
    """“Multiplying by $H$ stretches a vector most along the direction of the curvature that is largest in size, here a
    positive one.” “It leans more towards the sharpest direction than before.” “It is Hv that leans towards the sharpest
    direction.”
    """
    found, along = curvatures()
    sharpest = along[:, -1]
    assert np.argmax(np.abs(found)) == 60 and found[-1] > 0
    assert np.linalg.norm(lab.whole @ sharpest) == pytest.approx(found[-1])
    check = np.random.default_rng(1).normal(size=61)
    for v in [*directions(30), check / np.linalg.norm(check)]:
        turned = lab.turned(lab.w, v)
        assert np.linalg.norm(lab.whole @ v) < found[-1]
        assert abs(turned @ sharpest) > abs(v @ sharpest) and np.linalg.norm(turned) == pytest.approx(1)


def test_the_vector_that_is_not_brought_back_to_length_1_grows_seven_fold_and_is_soon_too_long(lab):
    """“The direction is right, but the vector soon grows seven-fold at each turn.” “Nine turns after the gradient the
    step h · v is longer than w itself, and two gradients so far apart say nothing about the curvature at w.”
    """
    v = lab.gradient(lab.w) / np.linalg.norm(lab.gradient(lab.w))
    right = v
    lengths = [1]
    for _ in range(9):
        v, right = lab.product(lab.w, v), lab.turned(lab.w, right)
        lengths.append(np.linalg.norm(v))
        if len(lengths) < 8:
            assert v / lengths[-1] == pytest.approx(right, abs=1e-2)
    growth = np.divide(lengths[1:], lengths[:-1])
    assert growth[2:8] == pytest.approx(7, rel=0.05)
    assert 1e-4 * lengths[8] < np.linalg.norm(lab.w) < 1e-4 * lengths[9]
    with np.errstate(all="ignore"):
        wrong = labs.lab_with("sharpness", {"return Hv / np.linalg.norm(Hv)": "return Hv"}, "def sharpness")
        unit = lab.product(lab.w, v) / np.linalg.norm(lab.product(lab.w, v))
    assert unit @ lab.whole @ unit < 0.5 * curvatures()[0][-1]
    assert not abs(wrong.sharpness(lab.w) / curvatures()[0][-1] - 1) < 0.5


def test_each_wrong_way_to_bring_a_vector_to_length_1_is_what_its_explanation_says(lab):
    """“len counts the entries, 61.” “The length of a vector is np.linalg.norm.” “This is the old direction: nothing
    turns.” “This is as long as H stretches v.” “Divide Hv by its own length.”
    """
    v = np.random.default_rng(1).normal(size=61)
    Hv = lab.whole @ v
    assert len(Hv) == 61 and mistaken("len counts") == pytest.approx(Hv / 61, abs=1e-5)
    assert np.linalg.norm(Hv) == pytest.approx(sum(Hv**2) ** 0.5)
    old = mistaken("This is the old direction")
    assert old @ v == pytest.approx(np.linalg.norm(v))
    long = mistaken("This is as long as H stretches v")
    assert np.linalg.norm(long) == pytest.approx(np.linalg.norm(Hv) / np.linalg.norm(v))
    assert lab.turned(lab.w, v) == pytest.approx(Hv / np.linalg.norm(Hv), abs=1e-5)


def test_three_losses_say_the_curvature_along_v_and_so_does_the_share_of_hv_along_it(lab):
    """“Three losses along v say the same.” “vᵀHv: multiply v and Hv entry by entry and add.” “The curvature along v is
    the share of Hv that points along v.” “One number comes from the scalar product of v and Hv.”
    """
    for v in directions():
        losses = [lab.loss(lab.w + h * v) for h in (-1e-3, 0, 1e-3)]
        curvature = lab.curvature_along(lab.w, v)
        assert curvature == pytest.approx(np.diff(losses, 2)[0] / 1e-6, rel=1e-3)
        assert curvature == pytest.approx(
            sum(one * other for one, other in zip(v, lab.whole @ v, strict=True))
        )
        beside = lab.whole @ v - curvature * v
        assert beside @ v == pytest.approx(0, abs=1e-6) and np.ndim(curvature) == 0


def test_the_length_of_hv_is_never_negative_and_is_the_curvature_only_where_v_no_longer_turns(lab):
    """“This is the length of Hv.” “It is never negative, so it cannot tell a direction that bends down, and it is the
    curvature only when v no longer turns.”
    """
    found, along = curvatures()
    assert found[0] < 0 < np.linalg.norm(lab.whole @ along[:, 0]) == pytest.approx(-found[0])
    for v in directions(30):
        assert np.linalg.norm(lab.whole @ v) > 1.05 * abs(v @ lab.whole @ v)
    assert np.linalg.norm(lab.whole @ along[:, -1]) == pytest.approx(lab.curvature_along(lab.w, along[:, -1]))
    v = np.random.default_rng(1).normal(size=61)
    v = v / np.linalg.norm(v)
    assert mistaken("This is the length of Hv") == pytest.approx(np.linalg.norm(lab.whole @ v))


def test_each_wrong_curvature_along_v_is_what_its_explanation_says(lab):
    """“This is the largest entry of Hv.” “This is 1, the square of the length of v: H does not occur in it.” “These are
    61 numbers.” “They would all be the same if v were an eigenvector.”
    """
    v = np.random.default_rng(1).normal(size=61)
    Hv = lab.whole @ v / np.linalg.norm(v)
    assert mistaken("This is the largest entry") == pytest.approx(sorted(Hv)[-1], rel=1e-5)
    assert mistaken("This is 1, the square") == pytest.approx(1)
    shares = mistaken("These are 61 numbers")
    assert shares.shape == (61,) and np.ptp(shares) > 1
    eigenvector = curvatures()[1][:, -1]
    assert lab.product(lab.w, eigenvector) / eigenvector == pytest.approx(curvatures()[0][-1], rel=1e-3)


# 4. Predict where it breaks


def test_from_w_the_careful_rate_still_lowers_the_loss_at_every_update(lab):
    """“From w the careful rate of 0.02 still works well.”"""
    losses = lab.descend(lab.w, 0.02, 3000)[1]
    assert np.all(np.diff(losses) < 0) and losses[-1] < losses[0] / 50


def test_the_prediction_comes_from_gradients_alone(lab, monkeypatch):
    """“A prediction from gradients alone.”"""
    monkeypatch.setitem(lab.sharpness.__globals__, "loss", None)
    monkeypatch.setitem(lab.sharpness.__globals__, "whole", None)
    assert lab.sharpness(lab.w) == pytest.approx(curvatures()[0][-1], rel=1e-3)
    assert 2 / lab.sharpness(lab.w) == lab.limit


def error_after(lab, share, updates):
    """Of an error of 1 in the sharpest direction, on the parabola of w's curvatures: what updates leave of it."""
    sharpest = curvatures()[1][:, -1]
    error = sharpest.copy()
    for _ in range(updates):
        error = error - share * lab.limit * lab.whole @ error
    return abs(error @ sharpest)


def test_the_error_in_the_sharpest_direction_grows_above_the_limit_and_at_half_of_it_is_gone_at_once(lab):
    """“The error in the sharpest direction grows as soon as αλ passes 2.” “This is half of it.” “There the error in the
    sharpest direction is gone after one update; it grows only above twice this rate.”
    """
    assert lab.limit * curvatures()[0][-1] == pytest.approx(2, rel=1e-4)
    half = mistaken("This is half of it") / lab.limit
    assert half == pytest.approx(1 / 2) and error_after(lab, half, 1) < 1e-4
    assert [error_after(lab, 2 * half * share, 100) > 1 for share in (0.6, 0.99, 1.01, 1.2)] == [
        False,
        False,
        True,
        True,
    ]


def test_each_wrong_rate_comes_from_the_curvature_that_its_explanation_names(lab):
    """“You measured where the run began.” “Measure where it stands: the curvature moves with the weights, so far by
    0.3 %, later by a quarter.” “This is the curvature along the gradient, before any turn.” “Along the sharpest
    direction it is larger.” “This is the curvature.” “At the limit α times it is 2.”
    """
    moved = 2 / mistaken("You measured where the run began") / lab.sharpness(lab.start)
    assert moved == pytest.approx(1)
    assert lab.sharpness(lab.w) / lab.sharpness(lab.start) - 1 == pytest.approx(0.003, abs=0.0005)
    assert lab.end / lab.sharpness(lab.w) - 1 == pytest.approx(1 / 4, abs=0.01)
    g = lab.gradient(lab.w) / np.linalg.norm(lab.gradient(lab.w))
    along = 2 / mistaken("This is the curvature along the gradient")
    assert along == pytest.approx(g @ lab.whole @ g, rel=1e-4) and along < curvatures()[0][-1]
    assert mistaken("This is the curvature. At") * lab.limit == pytest.approx(2)


def test_the_two_experiments_find_by_halving_where_it_first_rises_and_where_it_is_higher_300_updates_later(
    lab,
):
    """“Two experiments by halving, as in the first lab: the rate at which the loss first rises within 50 updates, and
    the rate at which, 300 updates later, it is higher than it began.”

    docs/labs/sharpness.py: “the lowest rate at which a run fails”"""
    for fails, updates in (lab.rises, 50), (lab.is_lost, 300):
        asked = []
        found = lab.bisect(lambda alpha, fails=fails, asked=asked: asked.append(alpha) or fails(alpha))
        assert 2 ** len(asked) > 1 / 1e-4 > 2 ** (len(asked) - 1)
        for share in 0.7, 0.98, 1.02, 1.3:
            with np.errstate(all="ignore"):
                w, losses = lab.w, []
                for _ in range(updates):
                    losses.append(lab.loss(w))
                    w = w - share * found * lab.gradient(w)
            if updates == 50:
                bad = any(not after <= before for before, after in itertools.pairwise(losses))
            else:
                bad = not losses[-1] <= losses[0]
            assert bad == (share > 1)


def test_the_loss_first_rises_within_three_percent_of_the_prediction_and_is_lost_at_nearly_twice(lab):
    """“Only at nearly twice the limit is the run lost.” “The limit holds for the first updates, within three percent:
    there the loss rises.”

    docs/teach.md: “measure a network's sharpness and predict where it breaks;”"""
    first, lost = (
        float(line.split()[-3]) for line in labs.step_of("sharpness", "def bisect").printed.splitlines()
    )
    assert abs(first - 1) < 0.0301 and 1.85 < lost < 2
    assert not lab.rises((1 - 0.03) * lab.limit) and lab.rises((1 + 0.03) * lab.limit)


def test_above_the_limit_the_loss_rises_eighteen_fold_and_ends_lower_than_below_it():
    """“From w the run goes on for 6,000 updates, at a rate 20 % above your limit.” “d Rise several-fold, then come down
    lower than at a rate 20 % below the limit.” “It begins like that: the loss rises eighteen-fold.” “A rise alone is no
    failure.”
    """
    below, above = onwards(1 - 0.2)[1], onwards(1 + 0.2)[1]
    assert len(above) == 6000 and above.max() / above[0] == pytest.approx(18, abs=0.7)
    assert above[-1] < below[-1] < below[0] == below.max() == above[0]


def test_the_curvature_falls_while_the_loss_is_high_and_the_limit_changes_with_it(lab):
    """“But while it rises the weights move, and the curvature falls until α times it is below 2.” “Later the curvature
    has changed, and the limit with it.” “Here the curvature gives way, and the loss comes down again.”
    """
    alpha, losses = 1.2 * lab.limit, onwards(1.2)[1]
    top = int(np.argmax(losses))
    at = lab.descend(lab.w, alpha, top)[0]
    assert top < 50 and alpha * lab.sharpness(at) < 2 < alpha * lab.sharpness(lab.w)
    assert np.linalg.norm(at - lab.w) > 1
    later = lab.descend(lab.w, alpha, 50)[0]
    assert alpha * lab.sharpness(later) < 2 and losses[50] < losses[top] / 50
    assert 2 / lab.sharpness(later) > 1.1 * lab.limit


def test_the_rise_leads_to_a_flatter_place_from_which_the_larger_rate_is_ahead_only_in_the_end(lab):
    """“The rise pushes the weights to a flatter place, and from there the larger rate gets further, if only in the
    end.”
    """
    flatter = lab.descend(lab.w, 1.2 * lab.limit, 200)[0]
    assert lab.sharpness(flatter) < 0.9 * lab.sharpness(lab.w)
    small, large = (onwards(share)[1] for share in (0.8, 1.2))
    assert large[1000] > small[1000] and large[-1] < small[-1]


@pytest.mark.parametrize("seed", range(3))
def test_a_parabola_at_the_limit_bounces_for_ever_and_its_loss_never_rises(seed):
    """“A parabola at exactly αλ = 2 bounces for ever, and even that without a rise.”"""
    λ, w, losses = np.array([4.0, 1.0, 0.25]), np.random.default_rng(seed).normal(size=3), []
    sides = []
    for _ in range(1000):
        losses.append(λ @ w**2 / 2)
        sides.append(np.sign(w[0]))
        w = w - 2 / 4 * λ * w
    assert np.all(np.diff(losses) <= 0) and losses[-1] == pytest.approx(4 * w[0] ** 2 / 2)
    assert np.all(np.diff(sides) != 0) and losses[-1] > 0.01


def test_the_figure_shows_the_losses_on_a_logarithmic_axis_and_each_sharpness_moving_to_its_dashed_line(lab):
    """“Left: loss against update on a logarithmic axis.” “At 120 percent of the limit it rises eighteen-fold at once,
    then falls, with spikes; at 80 percent it falls first and has spikes later.” “At the end the first is lower.”
    “Right: the sharpness of both runs moves to the dashed line of its own rate, two over alpha; one begins below its
    line, one above.”

    docs/labs/sharpness.py: “sharpness; dashed: 2/α” “loss, highest of 50 updates”"""
    left, right = labs.figure_of("sharpness")
    assert left.get_yscale() == "log" and left.get_xlabel() == right.get_xlabel() == "update"
    below, above = left.lines
    assert (below.get_label(), above.get_label()) == ("80% of the limit", "120% of the limit")
    low, high = np.array(below.get_ydata()), np.array(above.get_ydata())
    assert high[0] / low[0] == pytest.approx(18, abs=0.7) and high[1] < 0.1 * high[0]
    spikes = [np.flatnonzero((one[1:-1] > 1.5 * one[:-2]) & (one[1:-1] > one[2:])) for one in (low, high)]
    assert all(len(one) >= 1 for one in spikes) and np.all(np.diff(low[:10]) < 0) and spikes[0][0] > 10
    assert high[-1] < low[-1]
    with np.errstate(all="ignore"):
        begin = lab.descend(lab.w, 1.2 * lab.limit, 150)[1]
    assert high[:3] == pytest.approx([max(begin[at : at + 50]) for at in (0, 50, 100)], rel=1e-6)
    runs, dashed = right.lines[::2], right.lines[1::2]
    for run, line, share in zip(runs, dashed, (0.8, 1.2), strict=True):
        (edge,) = set(line.get_ydata())
        assert edge == pytest.approx(2 / (share * lab.limit)) and line.get_linestyle() == "--"
        assert run.get_ydata()[-20:] == pytest.approx(edge, rel=0.01)
        assert (run.get_ydata()[0] < edge) == (share < 1)
        assert run.get_color() == left.lines[int(share > 1)].get_color()


# 5. Who adapts to whom?


def test_below_the_limit_the_sharpness_rises_by_a_quarter_to_two_over_the_rate(lab):
    """“Look at the sharpness on the right: at first it is 7.3.” “There α times the sharpness is 2.” “It rises until the
    rate is at the limit: α times the sharpness is 2.”

    docs/labs/sharpness.py: “of the last 1,500 updates”"""
    alpha = 0.8 * lab.limit
    found = np.array(labs.figure_of("sharpness")[1].lines[0].get_ydata())
    assert round(found[0], 1) == 7.3 == round(lab.sharpness(lab.w), 1)
    assert alpha * lab.edge == pytest.approx(2) and alpha * lab.end == pytest.approx(2, rel=0.02)
    assert found[0] < 0.85 * found[-30:].mean()
    assert len(lab.found) == 120 and lab.end == np.mean(lab.found[-1500 // 50 :])  # one in 50 updates


def test_on_a_parabola_the_curvature_stays_and_in_the_network_it_moves_with_the_weights(lab):
    """“It would stay there on a parabola.” “Here the weights move, and the curvature with them.”"""
    assert mistaken("It would stay there on a parabola") == pytest.approx(7.27, abs=0.05)
    factors = np.random.default_rng(0).normal(size=(6, 4))
    H = factors.T @ factors
    for w in np.random.default_rng(1).normal(size=(3, 4)):
        v = np.ones(4) / 2
        along = (H @ (w + 1e-3 * v) - H @ (w - 1e-3 * v)) / 2e-3 @ v
        assert along == pytest.approx(v @ H @ v)
    end = onwards(0.8)[0]
    assert np.linalg.norm(end - lab.w) > 1 and lab.sharpness(end) > 1.2 * lab.sharpness(lab.w)


def test_each_wrong_edge_is_what_its_explanation_says(lab):
    """“At this curvature the sharpest direction would be solved in one update.” “The sharpness is higher already, and it
    goes on rising.” “This belongs to the careful rate of the start.” “The run now goes on at another rate.” “It is
    upside down: a small rate lets the curvature grow large.”
    """
    alpha = 0.8 * lab.limit
    solved = mistaken("At this curvature the sharpest")
    assert 1 - alpha * solved == pytest.approx(0)
    assert solved < lab.sharpness(lab.w) < lab.end
    careful = 2 / mistaken("This belongs to the careful rate")
    assert careful == pytest.approx(0.02) and np.all(np.diff(lab.losses) < 0) and alpha > 10 * careful
    assert lab.descend(lab.start, careful, 100)[0] == pytest.approx(lab.w)
    assert mistaken("It is upside down") == pytest.approx(1 / lab.edge)
    small, large = (lab.sharpness(onwards(share)[0]) for share in (0.8, 1.2))
    assert small > 1.3 * large


# 6. Change one thing


@functools.cache
def doubled():
    """The lab with twice the starting weights, as section 6 asks for."""
    return labs.lab_with("sharpness", {"start = 0.5": "start = 1.0"}, "# answer: the rate above")


def test_twice_the_starting_weights_double_the_sharpness_and_halve_the_limit(lab):
    """“Larger weights make a sharper loss: at w the sharpness doubles, from 7.3 to 15, and the limit halves.”"""
    twice = doubled()
    assert lab.sharpness(lab.w) == pytest.approx(7.3, abs=0.05)
    assert twice.sharpness(twice.w) == pytest.approx(15, abs=0.2)
    assert twice.limit / lab.limit == pytest.approx(1 / 2, rel=0.05)
    for seed in range(1, 5):
        ends = [
            lab.descend(size * np.random.default_rng(seed).normal(size=61), 0.02, 100)[0]
            for size in (0.5, 1.0)
        ]
        assert lab.sharpness(ends[1]) > 1.5 * lab.sharpness(ends[0])


def test_with_twice_the_weights_it_first_rises_and_is_lost_a_little_later_and_climbs_a_hundred_fold(lab):
    """“Power iteration finds it as before; the loss first rises at 5 % above the limit, and the run is lost at 2.3 times
    it.” “The number that changes most is the climb at 20 % above: a hundred-fold in place of eighteen-fold, and the loss
    comes down again.”
    """
    twice = doubled()
    whole = np.array([twice.product(twice.w, one) for one in np.eye(61)])
    assert twice.sharpness(twice.w) == pytest.approx(np.linalg.eigvalsh((whole + whole.T) / 2)[-1], rel=1e-3)

    def changes_at(updates, share, fails):
        return [
            fails(twice.descend(twice.w, share * (1 + by) * twice.limit, updates)[1]) for by in (-0.01, 0.01)
        ]

    assert changes_at(50, 1 + 0.05, lambda one: not np.all(one[1:] <= one[:-1])) == [False, True]
    assert changes_at(300, 2.3 * 1.01, lambda one: not one[-1] <= one[0])[1]
    assert not changes_at(300, 2.3 * 0.97, lambda one: not one[-1] <= one[0])[0]
    above = twice.descend(twice.w, (1 + 0.2) * twice.limit, 100)[1]
    climb = onwards(1.2)[1].max() / onwards(1.2)[1][0]
    assert above.max() / above[0] == pytest.approx(100, rel=0.1) and above[-1] < above[0]
    assert climb == pytest.approx(18, abs=0.7)
    others = [
        1 / 2,
        15 / 7.3,
        1.05 / 0.97,
        2.3 / 1.91,
    ]  # the limit, the sharpness, the first rise, the loss of the run
    assert 100 / climb > max(max(one, 1 / one) for one in others)


def test_with_twice_the_weights_little_is_left_to_learn_and_the_curvature_rises_by_6_percent_only(lab):
    """“What no longer holds is the way to the edge: the sharpness goes to 16 only, not to the 19 of 2/α.” “At the new w the loss
    is 0.017 already.” “There is little left to learn, so the weights move a third as far as before, and the curvature
    rises by 6 %.”
    """
    twice = doubled()
    end = twice.descend(twice.w, 0.8 * twice.limit, 6000)[0]
    assert twice.sharpness(end) == pytest.approx(16, abs=0.2)
    assert 2 / (0.8 * twice.limit) == pytest.approx(19, abs=0.2)
    assert twice.loss(twice.w) == pytest.approx(0.017, abs=5e-4) and twice.loss(twice.w) < lab.loss(lab.w) / 8
    far = np.linalg.norm(end - twice.w) / np.linalg.norm(onwards(0.8)[0] - lab.w)
    assert far == pytest.approx(1 / 3, abs=0.02)
    assert twice.sharpness(end) / twice.sharpness(twice.w) == pytest.approx(1.06, abs=0.005)
    assert pytest.approx(1.06 - 1) == 0.06
