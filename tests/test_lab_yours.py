"""The claims of the lab on the limit of your own network, a test a sentence, by runs of its program."""

import functools
import re
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_rgba

import lab as labs
from conftest import SNIPPETS, names_after, no_window
from proven import of_a_lab, reads

pytestmark = of_a_lab("snippets/measure.py", "snippets/data/*")

PROVES = "labs/yours"
mistaken = functools.partial(labs.mistaken, "yours")


@pytest.fixture
def lab():
    return labs.names_of_lab("yours")


@functools.cache
def start():
    """The first weights, all curvatures there, the largest last, and their directions."""
    lab = labs.names_of_lab("yours")
    w = lab.first_weights()
    H = np.array([lab.product(w, one) for one in np.eye(len(w))])
    H = (H + H.T) / 2
    return SimpleNamespace(w=w, H=H, **dict(zip(("found", "along"), np.linalg.eigh(H), strict=True)))


def table():
    """The rows of section 4, as the run of the lab made them: update, loss, λ, miss."""
    return labs.step_of("yours", "begun = ").before["rows"]


def answers(lab, w):
    """The probabilities that the network gives, point by point, computed apart from its gradient."""
    bend, h = lab.BENDS[lab.BEND][0], lab.x
    for layer, (a, b) in enumerate(zip(lab.LAYERS[:-1], lab.LAYERS[1:], strict=True)):
        W, w = w[: (a + 1) * b].reshape(a + 1, b), w[(a + 1) * b :]
        h = (h if layer == 0 else bend(h)) @ W[:-1] + W[-1]
    each = np.exp(h - h.max(axis=1, keepdims=True))
    return each / each.sum(axis=1, keepdims=True)


def directions(number=5):
    """Some of length 1."""
    some = np.random.default_rng(7).normal(size=(number, 387))
    return some / np.linalg.norm(some, axis=1)[:, None]


def another(monkeypatch, lab, layers, bend, size):
    """Let the lab have another network, as section 7 asks for."""
    for name, value in ("LAYERS", layers), ("BEND", bend), ("SIZE", size):
        monkeypatch.setitem(lab.both.__globals__, name, value)


# 1. A network


def test_forty_gradients_give_the_number(lab, monkeypatch):
    """“The curvature gives a number, $2/\\lambda_{\\max}$, for the price of forty gradients.”"""
    gradient, called, largest = lab.gradient, [], start().found[-1]
    monkeypatch.setitem(lab.both.__globals__, "gradient", lambda w: called.append(1) or gradient(w))
    assert 2 / lab.sharpness(start().w)[0] == pytest.approx(2 / largest, rel=1e-3)
    assert len(called) == 40


def test_three_arms_of_20_points_and_three_hidden_layers_of_12_units_with_the_cross_entropy(lab):
    """“Three arms of a spiral, 20 points each, are to be told apart.” “The network has three hidden layers of 12 units,
    and its loss is the cross-entropy.” “The three classes are equally frequent.”
    """
    assert lab.x.shape == (60, 2) and list(lab.y.sum(axis=0)) == [20, 20, 20]
    for arm in np.eye(3):
        points = lab.x[(lab.y == arm).all(axis=1)]
        turns = np.unwrap(np.arctan2(points[:, 1], points[:, 0]))
        assert np.all(np.diff(np.linalg.norm(points, axis=1)) > 0) and turns[-1] - turns[0] > 2
    assert lab.LAYERS == (2, 12, 12, 12, 3) and start().w.shape == (3 * 12 + 13 * 12 * 2 + 13 * 3,)
    right = answers(lab, start().w)[lab.y == 1]
    assert lab.loss(start().w) == pytest.approx(-np.mean(np.log(right)))


@pytest.mark.parametrize("size", [0.1, 0.2, 0.4])
def test_weights_of_0_say_the_same_of_every_point_and_have_the_loss_of_guessing(lab, size, monkeypatch):
    """“A network whose weights are all 0 says the same of every point, and has this loss.” “Small weights begin close to
    it.” “Minus the logarithm of the probability that the right class is given.”
    """
    guess = -np.log(1 / 3)
    none = 0 * start().w
    assert np.ptp(answers(lab, none)) < 1e-15 and lab.loss(none) == pytest.approx(guess) == lab.guessing
    monkeypatch.setitem(lab.both.__globals__, "SIZE", size)
    assert lab.loss(lab.first_weights()) == pytest.approx(guess, abs=2e-3)


def test_each_wrong_loss_of_guessing_is_what_its_explanation_says(lab):
    """“This is the loss of guessing between two classes, 0.693.” “Here are three.” “The sign is reversed: the cross-entropy
    is minus the logarithm of the probability of the right class.” “This is the probability.” “The cross-entropy is minus
    its logarithm.” “This is the logarithm to base 10.” “Losses are written with the natural one, np.log.” “This is how
    often a guess is wrong.” “The loss is the cross-entropy, minus the logarithm of the probability of the right class.”
    """
    assert round(mistaken("This is the loss of guessing between two"), 3) == 0.693
    assert np.exp(-mistaken("This is the loss of guessing between two")) == pytest.approx(1 / 2)
    assert lab.y.shape[1] == 3 and mistaken("The sign is reversed: the cross") == pytest.approx(-lab.guessing)
    probability = mistaken("This is the probability")
    assert probability == pytest.approx(answers(lab, 0 * start().w)[lab.y == 1].mean())
    assert lab.loss(0 * start().w) == pytest.approx(-np.log(probability))
    assert 10 ** mistaken("This is the logarithm to base 10") == pytest.approx(3) == np.exp(lab.guessing)
    guesses = np.random.default_rng(0).integers(0, 3, (10_000, 60))
    assert mistaken("This is how often") == pytest.approx((guesses != lab.y.argmax(axis=1)).mean(), abs=0.002)


# 2. The largest curvature, and its error


def test_two_gradients_multiply_a_direction_by_h(lab):
    """“Two gradients multiply a direction $v$ by the second derivatives $H$: take one a small step $h$ forwards along $v$
    and one backwards.” “A step of another kind, into the complex numbers, says the same.” “The gradient forwards minus the
    gradient backwards, divided by the distance between the two points.”
    """
    w, h = start().w, 1e-4
    for v in directions():
        exact = lab.gradient(w + 1e-20j * v).imag / 1e-20
        two = lab.gradient(w + h * v) - lab.gradient(w - h * v)
        assert two / np.linalg.norm((w + h * v) - (w - h * v)) == pytest.approx(exact, abs=1e-7)
        assert lab.product(w, v) == pytest.approx(exact, abs=1e-7) == start().H @ v


def of_the_check():
    v = np.random.default_rng(1).normal(size=387)
    return v / np.linalg.norm(v)


def test_each_wrong_product_is_what_its_explanation_says(lab):
    """“This is twice Hv, because the two points lie 2h apart.” “Your limit would come out half as high as it is.” “This is
    the change of the gradient.” “Hv is the change per length: divide by the distance of the two points, 2h.” “This is one
    number, the slope along v.” “Take the difference of gradients, not of losses.” “The sign is reversed: it is forwards
    minus backwards.”
    """
    w, v, h = start().w, of_the_check(), 1e-4
    Hv = start().H @ v
    assert np.linalg.norm((w + h * v) - (w - h * v)) == pytest.approx(2 * h)
    assert mistaken("This is twice Hv") == pytest.approx(2 * Hv, abs=1e-6)
    wrong = labs.lab_with("yours", {"/ (2 * h)": "/ h"}, "lam, miss = ")
    assert wrong.limit == pytest.approx(1 / start().found[-1], rel=1e-3)
    change = lab.gradient(w + h * v) - lab.gradient(w - h * v)
    assert mistaken("This is the change") == pytest.approx(change)
    assert change / (2 * h) == pytest.approx(Hv, abs=1e-6)
    slope = mistaken("This is one number, the slope")
    assert np.ndim(slope) == 0 and slope == pytest.approx(lab.gradient(w) @ v, rel=1e-4)
    assert mistaken("The sign is reversed: it is forwards") == pytest.approx(-Hv, abs=1e-6)


def test_a_difference_to_one_side_is_right_too_though_a_little_less_exact(lab):
    """“This is the difference to one side.” “It is right too, though a little less exact.”"""
    number = labs.number_of("yours", "def product")
    code = "def product(w, v, h=1e-4):\n    return (gradient(w + h * v) - gradient(w)) / h"
    assert labs.slip("yours", number, code).startswith("✓ This is the difference to one side.")
    for v in directions():
        exact = lab.gradient(start().w + 1e-20j * v).imag / 1e-20
        one = (lab.gradient(start().w + 1e-4 * v) - lab.gradient(start().w)) / 1e-4
        far, near = (np.abs(found - exact).max() for found in (one, lab.product(start().w, v)))
        assert 10 * near < far < 0.01 * np.abs(exact).max()


def test_power_iteration_turns_v_towards_the_sharpest_direction_where_hv_is_lambda_v(lab):
    """“Power iteration turns $v$ until it points along the sharpest direction.” “There $Hv = \\lambda v$ exactly.”"""
    sharpest, largest = start().along[:, -1], start().found[-1]
    assert start().H @ sharpest == pytest.approx(largest * sharpest, abs=1e-12)
    assert lab.left_over(sharpest, start().H @ sharpest) < 1e-12
    v, leans = directions(1)[0], []
    for _ in range(200):
        Hv = start().H @ v
        v = Hv / np.linalg.norm(Hv)
        leans.append(abs(v @ sharpest))
    assert leans[-1] > 0.9999 and leans[-1] > leans[10] > leans[0]


def test_some_curvature_lies_within_the_miss_whatever_v_is(lab):
    """“As long as it does not, the length of what is left over, the miss, says how far $\\lambda$ may be off: some
    curvature lies within it.”
    """
    for v in directions(30):
        for _ in range(6):
            Hv = start().H @ v
            assert np.abs(start().found - v @ Hv).min() <= lab.left_over(v, Hv)
            v = Hv / np.linalg.norm(Hv)


def test_pythagoras_says_the_length_of_what_is_left_over_and_before_any_turn_it_is_larger_than_lambda(lab):
    """“Pythagoras says the same.” “Before any turn it is larger than λ itself, which so far means nothing.”"""
    w = start().w
    for v in directions(30):
        Hv = lab.product(w, v)
        assert lab.left_over(v, Hv) ** 2 + (v @ Hv) ** 2 == pytest.approx(Hv @ Hv)
        assert lab.left_over(v, Hv) > abs(v @ Hv) and abs(v @ Hv) < 0.1 * start().found[-1]


def test_each_wrong_miss_is_what_its_explanation_says(lab):
    """“This is the length of all of Hv.” “It does not get small when v has settled; it becomes λ.” “This is what is left
    over, with all its entries.” “Its length is one number, np.linalg.norm.” “This would be 0 where λ is 1.” “What is left
    over is Hv − λv.” “A difference of two lengths is not the length of a difference.” “Subtract the vectors first.”
    """
    v = np.random.default_rng(2).normal(size=387)
    v = v / np.linalg.norm(v)
    Hv = start().H @ v
    beside = Hv - (v @ Hv) * v
    assert beside @ v == pytest.approx(0, abs=1e-12)
    assert mistaken("This is the length of all of Hv") == pytest.approx(np.linalg.norm(Hv), rel=1e-5)
    assert np.linalg.norm(start().H @ start().along[:, -1]) == pytest.approx(start().found[-1])
    assert mistaken("This is what is left over") == pytest.approx(beside, abs=1e-6)
    assert np.sqrt(sum(beside**2)) == pytest.approx(np.linalg.norm(beside)) == lab.left_over(v, Hv)
    assert mistaken("This would be 0 where") == pytest.approx(np.linalg.norm(Hv - v), rel=1e-5)
    assert np.linalg.norm(1 * v - v) == 0
    lengths = mistaken("A difference of two lengths")
    assert lengths == pytest.approx(np.linalg.norm(Hv) - np.linalg.norm((v @ Hv) * v), rel=1e-4)
    assert abs(lengths / lab.left_over(v, Hv) - 1) > 0.01


# 3. Foretell, then try


@functools.cache
def settles(share, β=0.0, sharper=1):
    """Whether descent with this momentum settles on a parabola so many times as sharp as the first place, at a share of
    the limit there.
    """
    w, v = 1.0, 0.0
    for _ in range(3000):
        v = β * v + sharper * start().found[-1] * w
        w = w - share * 2 / start().found[-1] * v
    return abs(w) < 1e-3


def test_the_error_in_the_sharpest_direction_grows_above_the_limit_and_at_half_of_it_is_gone_at_once(lab):
    """“The error in the sharpest direction grows as soon as αλ passes 2.” “This is half of it.” “There the error in the
    sharpest direction is gone after one update; it grows only above twice this rate.”
    """
    limit = 2 / lab.sharpness(start().w)[0]
    half = mistaken("This is half of it. There")
    assert half / limit == pytest.approx(1 / 2) and limit * start().found[-1] == pytest.approx(2, rel=1e-3)
    along = start().along[:, -1]
    assert abs(along @ (along - half * start().H @ along)) < 1e-3
    assert [settles(share) for share in (0.5, 0.99, 1.01)] == [True, True, False]


def test_each_wrong_limit_is_what_its_explanation_says(lab):
    """“The miss says how sure the number is.” “Where it is small, leave it out.” “It is upside down: the sharper the
    network, the lower its limit.” “This is the limit with momentum 0.9.”
    """
    lam, miss = lab.sharpness(start().w)
    assert 2 / mistaken("The miss says how sure") == pytest.approx(lam + miss)
    assert miss < 0.01 * lam and abs(start().found[-1] - lam) <= miss
    assert mistaken("It is upside down: the sharper") == pytest.approx(lam / 2) != 2 / lam
    assert [settles(share, sharper=4) for share in (0.24, 0.26)] == [True, False]
    share = mistaken("This is the limit with momentum") / (2 / start().found[-1])
    assert [settles(share * near, 0.9) for near in (0.99, 1.01)] == [True, False]


def test_a_rate_trains_if_the_loss_ends_half_as_far_below_guessing_as_at_the_best_rate_and_below_its_start(
    lab,
):
    """“A rate trains if after 200 updates the loss lies below its start, and at least half as far below the loss of
    guessing as at the best rate tried.” “Each rate below is 1.41 times the one before.” “In this one the limit at the
    start is more than twice the largest rate that trains.” “Here descent is plain.”
    """
    names = labs.step_of("yours", "def measured_on_the_way").before
    rates, ends, guess = names["rates"], names["ends"], -np.log(1 / 3)
    assert rates[1:] / rates[:-1] == pytest.approx(1.41, abs=0.005)
    for alpha in rates[8], rates[10]:
        w = start().w
        for _ in range(200):
            w = w - alpha * lab.gradient(w)
        assert lab.loss(w) == pytest.approx(ends[list(rates).index(alpha)], rel=1e-6)
    best = guess - np.nanmin(ends)
    trains = [end < lab.loss(start().w) and guess - end >= best / 2 for end in ends]
    assert names["largest"] == max(rates[trains]) and 2 / start().found[-1] / names["largest"] > 2


def test_from_the_first_weights_nine_tenths_of_the_limit_do_not_train(lab):
    """“From these first weights a run makes 200 updates at nine tenths of your limit.” “b It does not train: the rate is
    too high all the same.”
    """
    alpha = 9 / 10 * 2 / lab.sharpness(start().w)[0]
    loss = lab.descend(start().w, alpha, 200)[1]
    assert loss > 0.9 * np.log(3) and alpha > 2 * labs.step_of("yours", "def measured").before["largest"]


def test_if_the_curvature_stayed_it_would_train_and_it_is_many_times_as_large_as_soon_as_it_learns(lab):
    """“So it would be if the curvature stayed.” “But at these weights the network says nearly nothing, and the loss is
    nearly flat around them.” “As soon as it learns, the curvature is many times as large.” “The number is right, at these
    weights.” “They are only not the weights where the run has to live: there the curvature is many times as large.”
    """
    w, H, g = start().w, start().H, lab.gradient(start().w)
    limit = 2 / lab.sharpness(w)[0]
    assert limit == pytest.approx(2 / start().found[-1], rel=1e-3)
    away, losses = 0 * w, []
    for _ in range(200):  # on the parabola that touches the loss at w
        losses.append(g @ away + away @ H @ away / 2)
        away = away - 0.9 * limit * (g + H @ away)
    assert np.all(np.diff(losses) < 0)
    assert np.abs(answers(lab, w) - 1 / 3).max() < 0.02
    learning = lab.descend(w, 0.2, 150)[0]
    assert np.linalg.norm(g) < np.linalg.norm(lab.gradient(learning)) / 5
    _, losses, lams, _ = table().T
    assert lams[losses < 0.9 * np.log(3)][0] > 5 * lams[0] and lams.max() > 30 * lams[0]


def test_a_tanh_network_trains_slowly_at_its_limit_and_bears_ten_times_the_rate(lab, monkeypatch):
    """“c It trains, but slowly: the largest rate that trains is ten times as high.” “That happens too, in other networks:
    try 2, 20, 20, 3 with tanh and 0.8 in section 7.”
    """
    another(monkeypatch, lab, (2, 20, 20, 3), "tanh", 0.8)
    assert "## 7. Change one thing: your own network" in labs.LABS["yours"].read_text(encoding="utf-8")
    w = lab.first_weights()
    limit = 2 / lab.sharpness(w)[0]
    slow, fast = (lab.descend(w, share * limit)[1] for share in (0.9, 10))
    assert fast < slow / 10 < 0.1 * np.log(3)


def test_a_rate_that_is_too_high_ends_where_the_network_says_the_same_to_every_point(lab):
    """“A rate that is too high need not overflow.” “The slope of the cross-entropy is bounded, so the run is thrown to a
    place where the network answers nearly the same to every point, and stays there at the loss of guessing.”
    """
    alpha = 0.9 * 2 / lab.sharpness(start().w)[0]
    for more in 200, 300:
        end, loss = lab.descend(start().w, alpha, more)
        assert np.all(np.isfinite(end)) and loss == pytest.approx(np.log(3), abs=0.02)
        with np.errstate(all="ignore"):
            assert np.ptp(answers(lab, end), axis=0).max() < 0.01
    assert np.linalg.norm(end) > 1000 * np.linalg.norm(start().w)
    some = np.random.default_rng(0).normal(0, 1000, (500, 3))
    sure = np.exp(some - some.max(axis=1, keepdims=True))
    slopes = sure / sure.sum(axis=1, keepdims=True) - np.eye(3)[np.arange(500) % 3]
    assert 1.4 < np.linalg.norm(slopes, axis=1).max() <= 2**0.5


# 4. Measure again


def test_the_last_column_is_the_foretold_limit_over_the_largest_rate_and_1_where_the_number_is_exact(
    lab, monkeypatch
):
    """“The last column is the limit that was foretold over the largest rate that trains.” “It should be 1.”"""
    names = labs.step_of("yours", "begun = ").before
    lines = labs.step_of("yours", "def measured").printed.splitlines()
    assert lines[0].split()[-1] == "foretold/largest"
    for line, (_, _, lam, _) in zip(lines[1:], names["rows"], strict=True):
        assert float(line.split()[-1]) == pytest.approx(2 / lam / names["largest"], abs=0.005)
    λ = np.array([3.0, 1.0])  # on a parabola, which ends at 0
    monkeypatch.setitem(lab.both.__globals__, "gradient", lambda w: λ * w)
    monkeypatch.setitem(lab.both.__globals__, "loss", lambda w: λ @ w**2 / 2)
    largest = lab.largest_that_trains(np.array([0.5, 0.5]), np.linspace(0.5, 0.8, 61))[1]
    assert 2 / 3 / largest == pytest.approx(1, abs=0.01)


def test_the_figure_begins_above_the_dashed_line_falls_below_and_rises_above_it_again():
    """“Foretold limit over largest rate that trains, against the loss divided by the loss of guessing, both logarithmic,
    from the start on the left to the end on the right.” “It begins at 2.7, above the dashed line at 1, falls to 0.08 while
    the loss falls to a thirtieth, and rises above 1 again where nearly nothing is left to learn.” “The dotted lines are 0.9
    and 0.01 of the loss of guessing.”
    """
    (ax,) = labs.figure_of("yours")
    run, dashed, *dotted = ax.lines
    rows, largest = table(), labs.step_of("yours", "begun = ").before["largest"]
    x, ratio = np.array(run.get_xdata()), np.array(run.get_ydata())
    assert x == pytest.approx(rows[:, 1] / np.log(3)) and ratio == pytest.approx(2 / rows[:, 2] / largest)
    assert ax.get_xscale() == ax.get_yscale() == "log" and ax.xaxis_inverted() and np.all(np.diff(x) < 0)
    assert ax.get_xlabel() == "loss, in units of the loss of guessing"
    assert ratio[0] == pytest.approx(2.7, abs=0.05) and ratio.min() == pytest.approx(0.08, abs=0.005)
    assert dashed.get_linestyle() == "--" and set(dashed.get_ydata()) == {1}
    assert 1 / x[np.argmin(ratio)] == pytest.approx(30, rel=0.15)
    assert ratio[-1] > 1 > ratio[-2] and x[-1] < 0.001
    assert [one.get_linestyle() for one in dotted] == [":", ":"] and [
        one.get_xdata()[0] for one in dotted
    ] == [0.9, 0.01]
    assert to_rgba(dashed.get_color()) == to_rgba("gray")


def test_cross_entropy_flattens_where_it_is_fitted_and_the_chapter_has_the_same_stages(lab):
    """“Before the first the network has not begun, between them it is learning, behind the second it is done: cross-entropy
    flattens where it is fitted.” “The chapter reads its runs of five kinds of networks by the same bounds.”
    """
    _, losses, lams, _ = table().T
    x = losses / np.log(3)
    begun, done = x > 0.9, x < 0.01
    assert x[begun].min() > 0.97 and done.any() and (~begun & ~done).any()
    late = np.argmax(lams)
    assert (
        np.all(np.diff(lams[late:]) < 0) and np.all(np.diff(losses) < 0) and lams[done][-1] < 0.1 * lams.max()
    )
    chapter = names_after("measure", "half")
    assert (
        chapter.STAGES["not begun"][0] == 0.9 == chapter.STAGES["learning"][1]
        and chapter.STAGES["done"][1] == 0.01
    )
    assert len(set(chapter.kinds) - {"linear"}) == 5


# 5. Set a rate


def test_half_of_the_first_limit_after_it_has_begun_is_one_over_lambda_and_the_curvature_moves_on(lab):
    """“The limit is 2/λ, so half of it is 1/λ.” “Of lams[begun] take the first.” “This is the limit itself.” “The curvature
    moves on after the measurement, so leave room: take half.”
    """
    names = labs.step_of("yours", "for times in").before
    _, losses, lams, _ = table().T
    first = next(place for place, loss in enumerate(losses) if loss < 0.9 * np.log(3))
    assert names["rate"] == pytest.approx(1 / lams[first]) and lams[first + 1] > 3 * lams[first]
    assert mistaken("This is the limit itself") == pytest.approx(2 * names["rate"])


def test_each_wrong_rate_was_measured_where_its_explanation_says(lab):
    """“You measured where the run began, before it had learned anything.” “There the loss is flat, and the number says
    nothing about the way.” “You measured at the end of the run, where little is left to learn.” “There the loss is flat
    again.” “This is the sharpest place on the way of the careful run.” “The rate would be safe and slow: section 6 says
    where this curvature comes from.”
    """
    _, losses, lams, _ = table().T
    early, late, least = (
        mistaken(f"{one}")
        for one in ("You measured where", "You measured at the end", "This is the sharpest")
    )
    assert early == pytest.approx(1 / lams[0]) and late == pytest.approx(1 / lams[-1])
    assert losses[0] > 0.99 * np.log(3) and losses[-1] < 0.001 * np.log(3)
    slopes = [np.linalg.norm(lab.gradient(lab.descend(start().w, 0.2, after)[0])) for after in (0, 150, 1000)]
    assert slopes[0] < slopes[1] / 5 and slopes[2] < slopes[1] / 5
    assert lab.descend(start().w, early)[1] > 0.9 * np.log(3), "too high"
    assert 1 / least == max(lams) and lams[0] < lams.max() > lams[-1]
    good = labs.step_of("yours", "for times in").before["rate"]
    slow, fast = (lab.descend(start().w, rate, 1000)[1] for rate in (least, good))
    assert fast < slow / 20 < slow < 0.1
    assert "## 6. Why is it so low in the middle?" in labs.LABS["yours"].read_text(encoding="utf-8")


# 6. Why is it so low in the middle?


def test_at_its_lowest_point_the_number_was_about_the_careful_rate(lab):
    """“At its lowest point the number was about a tenth of the largest rate.” “Your careful run trained at a tenth, too.”
    “Where it is about 1, the run has come to its own limit.” “There the number tells you the rate that you have set, and
    not the one that you could set.”
    """
    names = labs.step_of("yours", "for tenths").before
    lowest = (2 / names["lams"]).min()
    assert 0.05 < lowest / names["largest"] < 0.15 and names["safe"] == names["largest"] / 10
    place = np.argmax(names["share"])
    assert names["share"][place] == pytest.approx(1, abs=0.4) and names["lams"][place] == max(names["lams"])
    assert names["safe"] * names["lams"][place] == pytest.approx(2, rel=0.4)
    assert lowest == pytest.approx(names["safe"], rel=0.4) and lowest < 0.2 * names["largest"]


def test_each_wrong_share_is_what_its_explanation_says():
    """“This is αλ.” “At the limit it is 2, and the share of the limit is 1.” “It is upside down: this is how many times the
    rate would go into the limit.” “This is the column of the table, the limit over the largest rate that trains.” “Now the
    question is where the careful run stands.” “This is the share at the start alone.” “Take all of lams.”
    """
    names = labs.step_of("yours", "for tenths").before
    limits, safe, share = 2 / names["lams"], names["safe"], names["share"]
    assert mistaken("This is αλ") == pytest.approx(safe * names["lams"])
    assert limits * names["lams"] == pytest.approx(2) and share * limits == pytest.approx(safe)
    assert mistaken("It is upside down: this") * safe == pytest.approx(limits)
    printed = labs.step_of("yours", "def measured").printed.splitlines()[1:]
    column = [float(line.split()[-1]) for line in printed]
    assert mistaken("This is the column") == pytest.approx(np.array(column), abs=0.005)
    assert mistaken("This is the share at the start") == share[0] and len(share) == len(names["lams"]) == 7


def test_the_curvature_passes_the_limit_of_whichever_rate_the_run_trains_at():
    """“The curvature grows until it has passed the limit of the rate that the run trains at, whichever of the three it is:
    the edge of stability.”
    """
    printed = labs.step_of("yours", "for tenths").printed
    found = [[float(one) for one in re.findall(r"[\d.]+", line)] for line in printed.splitlines()]
    assert [rate for rate, *_ in found] == [0.2, 0.4, 0.8] and len(found) == 3
    assert all(edge < most < 3 * edge for _, _, edge, most in found)


def test_a_measurement_helps_after_it_has_begun_and_below_its_own_limit(lab):
    """“So a measurement helps if the network has begun to learn and the run is still well below its own limit.”
    docs/teach.md: “the limit of your own network, and when to measure it;”"""
    names = labs.step_of("yours", "for tenths").before
    largest = names["largest"]
    helps = (
        (names["losses"] < 0.9 * np.log(3)) & (names["share"] < 0.5) & (names["losses"] > 0.01 * np.log(3))
    )
    half = 1 / names["lams"]
    assert helps.any() and np.all(half[helps] <= largest) and np.all(half[helps] > largest / 5)
    assert half[0] > largest / 1 and half[np.argmax(names["share"])] < largest / 20


# 7. Change one thing: your own network

CHOICES = (  # and how many checks are tried: all of them with the first network
    ((2, 8, 3), "SiLU", 0.4, 6),
    ((2, 8, 3), "tanh", 0.5, 4),
    ((2, 30, 3), "SiLU", 1.0, 4),
    ((2, 16, 16, 3), "SiLU", 0.3, 4),
    ((2, 8, 8, 3), "tanh", 1.0, 4),
    ((2, 12, 12, 12, 3), "tanh", 0.4, 4),
    ((2, 12, 12, 12, 3), "SiLU", 0.2, 4),
)


@pytest.mark.parametrize("layers, bend, size, checks", CHOICES)
def test_the_checks_pass_with_other_networks_too(layers, bend, size, checks):
    """“The checks of sections 1 to 3 held for the seven other networks that were tried; what the other words say of
    numbers does not hold.”"""
    names, passed = {"__name__": "__main__"}, 0
    for step in labs.steps_of("yours"):
        if passed == checks:
            break
        if step.code.startswith("for "):  # these only print
            continue
        code = step.code.replace("LAYERS = 2, 12, 12, 12, 3", f"LAYERS = {layers}")
        code = code.replace('BEND = "SiLU"', f'BEND = "{bend}"').replace("SIZE = 0.4", f"SIZE = {size}")
        with no_window():
            passed += labs.printed_by(code, names).startswith("✓")
    assert passed == checks and names["LAYERS"] == layers and len(CHOICES) == 7
    assert abs(names["limit"] / (2 / start().found[-1]) - 1) > 0.01, "another number than the words name"


def test_a_difference_of_gradients_is_nonsense_across_a_kink_and_not_on_a_smooth_bend(lab, monkeypatch):
    """“(There is no ReLU to choose.” “Across its kink the gradient jumps, and a difference of two gradients divides the
    jump by $2h$.”
    """
    assert set(lab.BENDS) == {"tanh", "SiLU"}
    relu = lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0
    wild, jumps = {}, {}
    for name, bend in ("relu", relu), ("SiLU", lab.BENDS["SiLU"]):
        monkeypatch.setitem(lab.BENDS, "SiLU", bend)
        w = lab.descend(lab.first_weights(), 0.2, 300)[0]
        v = np.random.default_rng(0).normal(size=len(w))
        one, other = (lab.product(w, v, h) for h in (1e-3, 1e-6))
        wild[name] = np.abs(one - other).max() / np.abs(other).max()
        jumps[name] = np.abs(2 * 1e-3 * (one - other)).max()
    assert wild["relu"] > 0.01 > 100 * wild["SiLU"] and jumps["relu"] > 100 * jumps["SiLU"]


@reads("snippets/frameworks/measure_*.py")
@pytest.mark.parametrize(
    "framework, differentiates",
    [("pytorch", "torch.autograd.grad(g, "), ("keras", "outer.gradient(g, "), ("jax", "jax.jvp(slope, ")],
)
def test_the_lines_for_the_frameworks_differentiate_the_gradient_and_have_no_step(framework, differentiates):
    """“The lines for your framework differentiate exactly, and do not have this trouble.)”"""
    code = (SNIPPETS / f"frameworks/measure_{framework}.py").read_text(encoding="utf-8")
    (section,) = [one for one in code.split("# %% ") if differentiates in one]
    assert not re.search(r"\bh\b|\de-\d|eps", section)


def test_three_networks_on_the_spiral_do_what_the_last_answer_says():
    """“Three networks, tried the same way.” “At the start the number is too high for the two with SiLU and too low for
    tanh.” “When they have just begun to learn it lies between 0.2 and 0.6 of the largest rate in all three: low, and safe.”
    “At the end it is too high again.”

    docs/labs/yours.py: “Three networks on one task are no law, but they say what to do: train until the
    loss is clearly below the loss of guessing, measure, and set half of the limit.”"""
    lines = labs.steps_of("yours")[-1].printed.splitlines()
    assert lines[0].split() == ["largest", "start", "begun", "end"] and len(lines) == 4
    assert ["SiLU" in line for line in lines[1:]] == [True, False, True]
    begin, begun, end = np.array([line.split()[-3:] for line in lines[1:]], float).T
    assert [one > 1 for one in begin] == [True, False, True]
    assert begun.min() > 0.2 and begun.max() < 0.6 and end.min() > 1
