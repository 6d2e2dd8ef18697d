"""The claims of the lab on the run under Adam, a test a sentence, by runs of its program."""

import functools
from types import SimpleNamespace

import numpy as np
import pytest

import lab as labs
from conftest import ROOT, SNIPPETS
from proven import of_a_lab, reads

pytestmark = of_a_lab()

PROVES = "labs/adam"
mistaken = functools.partial(labs.mistaken, "adam")


@pytest.fixture
def lab():
    return labs.names_of_lab("adam")


def later():
    """The state at update 2,000 of the first run."""
    return labs.step_of("adam", "now = number").before["state"]


def spike():
    """The names of section 6, when the log has been made."""
    return SimpleNamespace(**labs.step_of("adam", "# answer: the update of the bad batch").before)


def cosine(one, other):
    return one @ other / np.linalg.norm(one) / np.linalg.norm(other)


@functools.cache
def curvatures():
    """At update 2,000: H, the denominators, all curvatures of P⁻¹H, and the direction of the largest in w."""
    lab, (w, *rest) = labs.names_of_lab("adam"), later()
    P, h = lab.denominators(*rest[1:]), 1e-5
    H = np.array([(lab.gradient(w + h * one) - lab.gradient(w - h * one)) / (2 * h) for one in np.eye(481)])
    root = P**-0.5
    found, along = np.linalg.eigh(root[:, None] * (H + H.T) / 2 * root)
    return SimpleNamespace(H=(H + H.T) / 2, P=P, found=found, sharpest=root * along[:, -1])


@functools.cache
def onwards(times, updates):
    """From update 2,000 at so many times the rate: the losses, the gradients, the updates and the states."""
    lab, state = labs.names_of_lab("adam"), later()
    losses, gradients, moved, states = [], [], [], [state]
    for _ in range(updates):
        loss, g = lab.both(state[0])
        after = lab.update(state, 0.001 * times, g)
        losses.append(loss)
        gradients.append(g)
        moved.append(after[0] - state[0])
        state = after
        states.append(state)
    return SimpleNamespace(losses=np.array(losses), gradients=np.array(gradients), moved=moved, states=states)


# 1. A run, and what its optimiser remembers


def test_under_adam_a_rate_is_a_distance_and_a_steeper_loss_changes_nothing(lab):
    """“Under Adam a rate is a distance, and the curvature of the loss alone says nothing about it.”"""
    first = lab.update(lab.start(), 0.001, lab.gradient(lab.start()[0]))[0] - lab.start()[0]
    assert np.abs(first) == pytest.approx(0.001, rel=1e-3)
    plain, steep = lab.start(), lab.start()  # the second with 100 times the curvature
    for _ in range(200):
        plain = lab.update(plain, 0.001, lab.gradient(plain[0]), eps=0)
        steep = lab.update(steep, 0.001, 100 * lab.gradient(steep[0]), eps=0)
    assert steep[0] == pytest.approx(plain[0], abs=1e-9)


def test_two_layers_of_20_units_learn_a_wave_from_20_points_with_481_weights(lab):
    """“Two layers of 20 tanh units learn a wave from 20 points: 481 weights in one vector w.”
    docs/labs/adam.py: “the loss, half the mean square, and its gradient”"""
    w = lab.start()[0]
    a, b, W, c, out, last = np.split(w, [20, 40, 440, 460, 480])
    first = np.tanh(lab.x * a + b)
    second = np.tanh(first @ W.reshape(20, 20) + c)
    assert first.shape == second.shape == (20, 20) and w.shape == (481,) and lab.x.shape == (20, 1)
    assert lab.both(w)[0] == pytest.approx(np.mean((second @ out + last - lab.y[:, 0]) ** 2) / 2)
    assert np.sum(np.diff(np.sign(np.diff(lab.y[:, 0]))) != 0) == 4, "up and down"
    slopes = [(lab.both(w + 1e-6 * one)[0] - lab.both(w - 1e-6 * one)[0]) / 2e-6 for one in np.eye(481)[::20]]
    assert lab.gradient(w)[::20] == pytest.approx(np.array(slopes), abs=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_m_and_v_are_means_of_the_gradients_and_their_squares_once_divided_by_the_share_they_have_seen(
    lab, seed
):
    """“For each of them Adam keeps m, a mean of the gradients, and v, a mean of their squares.” “After $t$ updates it
    divides both by the share that they have seen, $1 - \\beta^t$, and moves the weight by $\\alpha$ times the mean over the
    denominator.” “Adam does not step along the gradient but along its mean $m$, which keeps β₁ of itself and takes 1 − β₁
    of the new gradient.”
    """
    rng = np.random.default_rng(seed)
    gs, state = rng.normal(size=(30, 481)), lab.start()
    for t, g in enumerate(gs, 1):
        before, state = state, lab.update(state, 0.01, g)
        assert state[1] == pytest.approx(0.9 * before[1] + (1 - 0.9) * g)
        weights = {b: b ** np.arange(t)[::-1] for b in (0.9, 0.999)}
        mean = np.average(gs[:t], axis=0, weights=weights[0.9])
        squares = np.average(gs[:t] ** 2, axis=0, weights=weights[0.999])
        assert state[1] / (1 - 0.9**t) == pytest.approx(mean)
        assert state[2] / (1 - 0.999**t) == pytest.approx(squares)
        P = lab.denominators(*state[2:])
        assert before[0] - state[0] == pytest.approx(0.01 * mean / P)
        assert pytest.approx(squares**0.5, abs=2e-8) == P  # ε is within


def test_an_update_of_the_run_shows_the_denominators_and_the_hint_is_the_answer(lab):
    """“An update of the run shows the same: the mean of the gradients, times α, over the way that each weight went.”
    “Divide v by 1 − β₂ᵗ, take the root, and add ε.”
    """
    state = lab.update(lab.early, 0.001, lab.gradient(lab.early[0]))
    mean = state[1] / (1 - 0.9 ** state[3])
    P = lab.denominators(*state[2:])
    assert pytest.approx(mean * 0.001 / (lab.early[0] - state[0]), rel=1e-6) == P
    assert pytest.approx((state[2] / (1 - 0.999 ** state[3])) ** 0.5 + 1e-8) == P


def test_each_wrong_denominator_is_what_its_explanation_says(lab):
    """“The correction is missing.” “After some 100 updates v has seen a tenth of what it will see, so it is too small, and
    its root too, by a factor of three.” “The root is missing: v is a mean of squares, and Adam divides by its root.” “So v
    becomes smaller still.” “It has seen only a tenth of what it will see, and is too small by that: divide.” “It is upside
    down: these are the factors.” “A weight with large gradients has a large denominator.”
    """
    state = lab.update(lab.early, 0.001, lab.gradient(lab.early[0]))
    right, v = lab.denominators(*state[2:]), state[2]
    assert abs(state[3] - 100) <= 1
    constant = 0.0
    for _ in range(100):  # of a square that is always 1
        constant = 0.999 * constant + 0.001
    assert constant == pytest.approx(1 / 10, abs=0.005)
    assert right / mistaken("The correction is missing") == pytest.approx(3, rel=0.08)
    assert mistaken("The root is missing") == pytest.approx(right**2, rel=1e-3, abs=2e-8)
    assert np.all(mistaken("So v becomes smaller still") ** 2 < v)
    assert right / mistaken("So v becomes smaller still") == pytest.approx(1 / constant, rel=0.02)
    assert mistaken("It is upside down: these") * right == pytest.approx(1)
    large = np.array([0.1, 1, 10])
    _, _, v, t = lab.update((large, 0 * large, 0 * large, 0), 0.001, large)
    assert np.all(np.diff(lab.denominators(v, t)) > 0)


@reads("snippets/frameworks/measure_*.py")
def test_the_lines_for_the_frameworks_correct_the_v_that_they_find():
    """“(Frameworks keep v without the correction.)”"""
    lines = {
        "pytorch": 'fix = 1 - group["betas"][1] ** state["step"].item()\n            root = (state["exp_avg_sq"] / fix) ** 0.5',
        "keras": "fix = 1 - optimizer.beta_2 ** float(optimizer.iterations)\n    v = flat(x for x in optimizer.variables",
        "jax": "ravel_pytree(nu)[0] / (1 - b2**count)) ** 0.5",
    }
    for framework, divides in lines.items():  # what they print is held to numpy in tests/test_measure.py
        assert divides in (SNIPPETS / f"frameworks/measure_{framework}.py").read_text(encoding="utf-8")


# 2. The curvature that counts


def test_with_p_held_still_adam_is_descent_along_an_average_in_other_units_of_the_weights(lab):
    """“Hold the denominators $P$ still.” “Then Adam is descent (along an average) on a loss in which each weight is measured
    in another unit, and its curvatures are those of $P^{-1}H$.”
    """
    P, H = curvatures().P, curvatures().H
    w, u, m, n = later()[0], later()[0] * P**0.5, 0, 0  # in u a weight counts √P times as much
    for _ in range(20):
        m = 0.9 * m + 0.1 * lab.gradient(w)
        w = w - 0.001 * m / P
        n = 0.9 * n + 0.1 * lab.gradient(u / P**0.5) / P**0.5
        u = u - 0.001 * n
    assert u / P**0.5 == pytest.approx(w, abs=1e-12)
    v, h = np.random.default_rng(0).normal(size=481), 1e-5
    ahead, behind = (lab.gradient(later()[0] + side * h * v / P**0.5) / P**0.5 for side in (1, -1))
    assert (ahead - behind) / (2 * h) == pytest.approx(H @ (v / P**0.5) / P**0.5, rel=1e-3, abs=1e-3)
    top = curvatures().sharpest
    assert H @ top / P == pytest.approx(curvatures().found[-1] * top, rel=1e-6, abs=1e-6)


def test_power_iteration_finds_the_largest_curvature_and_a_turn_divides_entry_by_entry(lab):
    """“Power iteration finds the largest: multiply by $H$, from two gradients, then by $P^{-1}$, and bring the vector back to
    length 1.” “P is a diagonal matrix: to multiply by its inverse is to divide entry by entry.” “Divide each entry of Hv by
    the denominator of its weight.”
    """
    P = curvatures().P
    assert lab.sharpness(later()[0], P) == pytest.approx(curvatures().found[-1], rel=1e-3)
    Hv = curvatures().H @ np.random.default_rng(1).normal(size=481)
    right = np.linalg.inv(np.diag(P)) @ Hv
    assert right == pytest.approx(lab.turned(Hv, P)) and right[7] == pytest.approx(Hv[7] / P[7])


def test_each_wrong_turn_is_what_its_explanation_says(lab):
    """“Without P this finds the curvature of plain descent, whose limit has nothing to do with the rate of Adam.” “This
    multiplies by P.” “Adam divides by it.” “This divides all entries by the same number, so the direction is that of H.”
    “Each weight has a denominator of its own.” “P is the root of v already: divide by it once.”
    """
    names = labs.step_of("adam", "def sharpness").before
    Hv, P = names["Hv"], names["P"]
    assert mistaken("Without P") == pytest.approx(Hv)
    v = np.ones(481) / 481**0.5
    for _ in range(20):
        v = curvatures().H @ v
        v = v / np.linalg.norm(v)
    plain = v @ curvatures().H @ v
    assert plain == pytest.approx(np.linalg.eigvalsh(curvatures().H)[-1], rel=1e-3)
    assert 38 / plain > 100 * 38 / curvatures().found[-1], "so far off is it"
    assert mistaken("This multiplies by P") == pytest.approx(lab.turned(Hv, P) * P**2)
    same = mistaken("This divides all entries")
    assert np.ptp(same / Hv) < 1e-12 and cosine(same, Hv) == pytest.approx(1) and P.max() > 100 * P.min()
    assert mistaken("P is the root of v already") == pytest.approx(lab.turned(Hv, P) / P)


# 3. Its limit


def settles(step):
    """Whether one weight of curvature 1 settles under ``step``, a rule from (w, what is kept) to both."""
    w, kept = 1.0, 0.0
    for _ in range(3000):
        w, kept = step(w, kept)
        if abs(w) > 1e6:
            return False
    return abs(w) < 0.1


def test_runs_on_one_weight_have_the_limits_that_the_check_and_the_explanations_name(lab):
    """“Plain descent settles while αλ is below 2.” “This raises the limit.” “Runs on one weight say the same: 38 for the
    usual β₁ = 0.9, and 6 for 0.5.” “This is the limit of plain descent, β₁ = 0.” “This is the limit with momentum, where the
    new gradient counts in full.” “Adam takes only 1 − β₁ of it.” “It takes into account that only 1 − β₁ of the new gradient
    counts, and leaves out that the mean damps the swing.” “The limit of plain descent is 2, that of Adam 38.”

    docs/labs/adam.py: “one weight of curvature 1, at this rate” “by halving, as in the first lab”"""
    rules = {
        "This is the limit of plain descent, β": lambda n, b: lambda w, m: (w - n * w, 0),
        "This is the limit with momentum": lambda n, b: lambda w, m: (w - n * (b * m + w), b * m + w),
        "It takes into account": lambda n, b: lambda w, m: (w - n * (1 - b) * w, 0),
    }

    def adams(n, b):
        return lambda w, m: (w - n * (b * m + (1 - b) * w), b * m + (1 - b) * w)

    for number, b1, right in (0, 0.9, 38), (1, 0.5, 6):
        assert [settles(adams(share * right, b1)) for share in (0.98, 1.02)] == [True, False]
        assert lab.tried(b1) == pytest.approx(right, rel=1e-3) == lab.limit(b1)
        for begins, rule in rules.items():
            wrong = mistaken(begins)[number]
            assert [settles(rule(share * wrong, b1)) for share in (0.98, 1.02)] == [True, False]
            assert wrong < right
    assert [settles(adams(n, 0)) for n in (0.98 * 2, 1.02 * 2)] == [True, False]


def test_the_mean_cancels_most_of_a_gradient_that_alternates():
    """“The mean cancels most of a gradient that alternates, so the limit is higher.” “At the limit the weight swings, and
    every gradient has the other sign: m is (1 − β₁)/(1 + β₁) of it, and the step must be twice the error.” “Suppose the
    weight alternates, w, −w, w.” “Then m alternates too: m = −β₁m + (1 − β₁)w.” “Solve for m; at the limit αm is 2w.”
    """
    for b1, limit in (0.9, 38), (0.5, 6):
        m, w = 0.0, 1.0
        for _ in range(400):
            before, m = m, b1 * m + (1 - b1) * w
            w = -w
        m, w = m, -w  # of the last gradient
        assert before == pytest.approx(-m) and m == pytest.approx(-b1 * m + (1 - b1) * w)
        assert m / w == pytest.approx((1 - b1) / (1 + b1)) and abs(m) < 0.4 * abs(w)
        assert limit * m == pytest.approx(2 * w) and w - limit * m == pytest.approx(-w)


def test_half_of_the_limit_is_half_of_it():
    """“This is half of it. At the limit the weight swings”"""
    assert mistaken("This is half of it. At the limit") == pytest.approx([19, 3])


# 4. How far may the rate be raised?


def test_at_update_2000_the_run_stands_well_below_its_limit_and_its_loss_is_0_002_and_falling(lab):
    """“At update 2,000 the run stands well below its limit.” “At update 2,000 the loss is 0.002 and falling.” “From there
    the rate is ten times as high, which is above the limit.”

    docs/teach.md: “and the run under Adam, read from the state of its optimiser.”"""
    state = later()
    assert state[3] == 2000 and lab.number(state, 0.001) < 38 / 5 < 38 < 10 * lab.number(state, 0.001)
    losses = lab.train(state, 0.001, 50)[1]
    assert losses[0] == pytest.approx(0.002, rel=0.05) and np.all(np.diff(losses) < 0)


def test_each_wrong_factor_is_what_its_explanation_says(lab):
    """“This is the share of the limit that the run has reached.” “The factor is its inverse.” “This is half of it. It would be
    a careful factor to choose; but the question is the largest.” “This is the largest rate.” “By what must 0.001 be
    multiplied to get it?”
    """
    now = lab.number(later(), 0.001)
    assert mistaken("This is the share") * 38 == pytest.approx(now)
    assert mistaken("This is the share") * lab.times == pytest.approx(1)
    assert mistaken("The limit of plain descent is 2") * now == pytest.approx(2)
    assert mistaken("This is half of it. It would") == pytest.approx(lab.times / 2)
    careful = lab.train(later(), 0.001 * lab.times / 2, 100)[1]
    assert np.all(np.diff(careful) < 0)
    assert mistaken("This is the largest rate") == pytest.approx(0.001 * lab.times)
    assert lab.number(later(), mistaken("This is the largest rate")) == pytest.approx(38)


def test_at_ten_times_the_rate_the_loss_falls_for_six_updates_rises_14_fold_and_comes_back(lab):
    """“c Fall for some updates, then rise more than tenfold, and come back.” “The limit is real, the loss does rise; then
    the denominators grow and take the curvature down.” “For Adam a rate above the limit is a spike and not the end.”
    """
    run = onwards(10, 100)
    assert np.all(np.diff(run.losses[:7]) < 0) and run.losses[7] > run.losses[6]
    assert run.losses.max() > 10 * run.losses[0] > run.losses[0] > 5 * run.losses[-1]
    P = [lab.denominators(*state[2:]) for state in (later(), run.states[20])]
    assert np.linalg.norm(P[1]) > 1.05 * np.linalg.norm(P[0])
    assert lab.number(run.states[20], 0.01) < 38 < lab.number(later(), 0.01)


def test_the_figure_shows_the_three_losses_and_the_number_that_starts_at_56():
    """“Left: loss against update on a logarithmic axis.” “At three and six times the rate it falls smoothly.” “At ten times
    it falls for six updates, rises to 14 times its value, swings and comes back to the loss at six times.” “Right: the
    number at ten times the rate starts at 56, above the dashed line at 38, and falls below it while the loss is high.”

    docs/labs/adam.py: “αλ; dashed: 38”"""
    left, right = labs.figure_of("adam")
    assert left.get_yscale() == "log" and left.get_xlabel() == "update"
    three, six, ten = (np.array(line.get_ydata()) for line in left.lines)
    assert [line.get_label() for line in left.lines] == ["3 times", "6 times", "10 times"]
    assert np.all(np.diff(three) < 0) and np.all(np.diff(six) < 0)
    assert np.all(np.diff(ten[:7]) < 0) and ten[7] > ten[6] and ten.max() / ten[0] == pytest.approx(14, abs=1)
    swings = np.diff(np.sign(np.diff(ten[10:])))
    assert (
        np.sum(swings != 0) > 10 and 0.5 < ten[-4:].mean() / six[-4:].mean() < 1.5 and ten[-1] < three[-1] / 2
    )
    *runs, dashed = right.lines
    assert dashed.get_linestyle() == "--" and set(dashed.get_ydata()) == {38}
    number, at = np.array(runs[2].get_ydata()), np.array(runs[2].get_xdata())
    assert runs[2].get_color() == left.lines[2].get_color() and number[0] == pytest.approx(56, abs=0.5)
    below = at[np.argmax(number < 38)]
    assert ten[below] > 5 * ten[0] and np.all(number[at > below] < 38)


def test_the_swing_in_the_sharpest_direction_grows_by_the_same_factor_until_it_is_seen_and_p_grows(lab):
    """“It begins like that, once the swing is large enough to be seen.” “But while the gradients grow, so does v, and the
    denominators with it: the number falls below 38, and the run settles again.” “What grows is the swing in the sharpest
    direction, and it has to grow for some updates before it can be seen.”
    """
    run = onwards(10, 100)
    swing = run.gradients @ curvatures().sharpest
    growth = swing[3:9] / swing[2:8]
    assert growth == pytest.approx(-3.4, abs=1.2) and np.all(np.abs(swing[3:9]) > 2 * np.abs(swing[2:8]))
    assert np.all(np.diff(run.losses[:7]) < 0), "not yet seen"
    rest = np.linalg.norm(run.gradients[9]) / np.linalg.norm(run.gradients[2])
    assert rest > 10
    sizes = [np.mean(lab.denominators(*state[2:]) ** 2) for state in run.states]
    assert sizes[12] > 1.05 * sizes[7] and lab.number(run.states[12], 0.01) < 38
    assert np.abs(run.gradients[-10:] @ curvatures().sharpest).max() < 0.3 * np.abs(swing).max()


def test_the_first_updates_are_ten_times_as_long_and_still_point_downhill(lab):
    """“The first updates are ten times as long and still point downhill.”"""
    slow, fast = onwards(1, 3), onwards(10, 100)
    for one, other, g in zip(slow.moved, fast.moved, fast.gradients, strict=False):
        assert np.linalg.norm(other) / np.linalg.norm(one) == pytest.approx(10, rel=0.05) and other @ g < 0


def test_it_divides_by_the_gradients_of_the_past_thousand_updates_which_notices_large_new_ones_only(lab):
    """“It divides by the gradients of the past thousand updates.” “Against its own rate this is no help, until the new
    gradients are large enough to be noticed.”
    """
    weights = 0.001 * 0.999 ** np.arange(100_000)  # of the squares, the newest first
    assert weights @ np.arange(1, 100_001) == pytest.approx(1000, rel=0.01)
    run = onwards(10, 100)
    sizes = [np.mean(lab.denominators(*state[2:]) ** 2) for state in run.states]
    assert abs(sizes[7] / sizes[0] - 1) < 0.02 < sizes[20] / sizes[7] - 1
    assert lab.number(run.states[7], 0.01) > 50


def test_just_above_the_limit_the_number_sinks_below_it_before_the_swing_is_seen(lab):
    """“Just above the limit the swing grows, but the number sinks meanwhile: at 7 times it is below 38 after some 35
    updates, before the swing can be seen.” “So what was foretold is right to within a step of this table.”
    """
    run = onwards(7, 100)
    numbers = [lab.number(run.states[after], 0.007) for after in (0, 25, 45)]
    assert numbers[0] > numbers[1] > 38 > numbers[2] and 25 < 35 < 45
    swing = np.abs(run.gradients @ curvatures().sharpest)
    assert swing[30:40].max() > 20 * swing[:5].max() and np.all(np.diff(run.losses) < 0)
    lines = labs.step_of("adam", "for factor in 6, 6.5").printed.splitlines()
    rises = {float(line.split()[0]): int(line.split()[6]) for line in lines[:-1]}
    steps = list(rises)
    last = max(factor for factor in steps if rises[factor] == 0)
    first = min(factor for factor in steps if rises[factor] > 0)
    assert (last, first) == (7, 8) and steps[steps.index(last) - 1] < lab.times < first


# 5. What β and ε do


def table():
    """Of the runs at 0.01: the number at the end, the limit, and the share of updates at which the loss rose."""
    words = [
        line.replace(",", " ").split()
        for line in labs.step_of("adam", "for how in {}, ").printed.splitlines()
    ]
    return {
        " ".join(one[6:]): (float(one[1]), float(one[3]), float(one[5].rstrip("%")) / 100) for one in words
    }


def test_the_table_shows_the_number_at_the_end_and_the_share_of_updates_at_which_the_loss_rose(lab):
    """“Now a run at 0.01 from the start.” “By update 1,500 it has come to its limit.” “The table shows the number from there on, as the
    mean of eleven readings 20 updates apart, and the share of the 500 updates before at which the loss rose, for other β
    and ε.”
    """
    end, losses = lab.train(lab.start(), 0.01, 1500, eps=0.1)
    found, later = [], end
    for _ in range(11):
        found.append(0.01 * lab.sharpness(later[0], lab.denominators(*later[2:], eps=0.1)))
        later = lab.train(later, 0.01, 20, eps=0.1)[0]
    shown = table()["{'eps': 0.1}"]
    assert shown[0] == pytest.approx(np.mean(found), abs=0.06)
    assert shown[2] == pytest.approx(np.mean(np.diff(losses[-500:]) > 0), abs=0.01)
    assert table()["as usual"][0] == pytest.approx(38, rel=0.2)


def test_the_run_goes_to_its_limit_whatever_beta_1_makes_of_it_and_a_shorter_memory_does_not_move_it():
    """“The run goes to its limit by itself, whatever β₁ makes of it, and stays there: this is the edge of stability.” “A
    shorter memory of the denominators does not move the limit.”
    """
    shown = table()
    assert [shown[how][1] for how in ("as usual", "{'b1': 0.5}", "{'b1': 0}", "{'b2': 0.95}")] == [
        38,
        6,
        2,
        38,
    ]
    for how in "as usual", "{'b1': 0.5}", "{'b1': 0}", "{'b2': 0.95}":
        number, limit, rises = shown[how]
        assert number == pytest.approx(limit, rel=0.2) and rises > 0.03


@pytest.mark.parametrize("eps, far", [(1, 0.2), (10, 0.03)])
def test_with_a_large_eps_adam_is_plain_descent_along_an_average_at_alpha_over_eps(lab, eps, far):
    """“A large ε does move the number: where ε is large beside $\\sqrt v$, the denominators are nearly all the same, and Adam
    is plain descent along an average, at the rate α/ε.”
    """
    assert table()["{'eps': 0.1}"][0] < 38 / 5
    end = lab.train(lab.start(), 0.01, 200, eps=eps)[0]
    P = lab.denominators(*end[2:], eps=eps)
    assert P.max() / P.min() < 1.5 and eps > 2 * (end[2] / (1 - 0.999**200)).max() ** 0.5
    w, m = lab.start()[0], 0
    for t in range(1, 201):
        m = 0.9 * m + 0.1 * lab.gradient(w)
        w = w - 0.01 / eps * m / (1 - 0.9**t)
    assert np.linalg.norm(end[0] - w) < far * np.linalg.norm(w - lab.start()[0])


# 6. Read a spike


def test_the_run_has_learned_the_wave_and_the_log_holds_what_it_says(lab):
    """“A run at 0.003 has learned the wave.” “Then one batch comes in whose targets are all wrong by 10.” “When it came you
    are not told.” “Logged are, for each update (counted from the first of the log), the loss on the true targets before it,
    and the root mean squares of the gradient, of the denominators and of the update in units of α.”
    """
    log = spike()
    assert lab.both(log.calm[0])[0] < 1e-4 and 10 <= log.bad < 40
    assert lab.train(lab.start(), 0.003, 1500)[0][0] == pytest.approx(log.calm[0])
    state = log.calm
    for row in log.rows[: log.bad + 3]:
        targets = lab.y + 10 if row[0] == log.bad else lab.y
        g = lab.both(state[0], targets)[1]
        after = lab.update(state, 0.003, g)
        sizes = g, lab.denominators(*after[2:]), (after[0] - state[0]) / 0.003
        assert row[1] == pytest.approx(lab.both(state[0], lab.y)[0])
        assert row[2:] == pytest.approx([np.mean(size**2) ** 0.5 for size in sizes])
        state = after
    assert list(log.rows[:, 0]) == list(range(80))


def test_at_the_bad_batch_the_gradient_is_28_times_its_denominator_and_nowhere_else(lab):
    """“There the gradient is 28 times its denominator.” “In the calm before it was a thousandth of it, and no gradient of the
    run itself comes near.” “One column shows the batch at the update at which it came, and at no other.” “Compare the
    gradient with what the denominator expected.”
    """
    log = spike()
    _, _, size, root, _ = log.rows.T
    assert size[log.bad] / root[log.bad] == pytest.approx(28, abs=1) == max(size / root)
    assert 0.5 < 1000 * (size / root)[: log.bad].max() < 2
    state, most = lab.start(), 0
    for _ in range(1500):
        g = lab.gradient(state[0])
        state = lab.update(state, 0.003, g)
        most = max(most, np.mean(g**2) / np.mean(lab.denominators(*state[2:]) ** 2))
    assert most**0.5 < 28 / 10
    assert np.sort(size)[-1] == size[log.bad] > 5 * np.sort(size)[-2]


def test_each_wrong_update_is_what_its_explanation_says(lab):
    """“Here the loss is highest.” “The batch came before: its update was the longest, and m carried on in the same direction
    for some updates more.” “Here the loss grows most.” “It grows because of what m remembers; the batch itself came before.”
    “Here the denominators are largest.” “They go on growing as long as the gradients after the batch are large.” “Here the
    loss first shows it, which is one update too late: it is logged before each update.”
    """
    log = spike()
    _, loss, size, root, moved = log.rows.T
    highest, steepest = mistaken("Here the loss is highest"), mistaken("Here the loss grows most")
    assert loss[int(highest)] == max(loss) and np.argmax(np.diff(loss)) == steepest
    assert log.bad < steepest < highest and np.argmax(moved) == log.bad
    state, updates, means = log.calm, [], []
    for t in range(log.bad + 6):
        targets = lab.y + 10 * (t == log.bad)
        after = lab.update(state, 0.003, lab.both(state[0], targets)[1])
        updates.append(after[0] - state[0])
        means.append(after[1])
        state = after
    first, *more = updates[log.bad :]
    assert min(cosine(first, one) for one in more[:3]) > 0.8
    assert cosine(means[log.bad], means[int(steepest)]) > 0.9
    largest = int(mistaken("Here the denominators are largest"))
    assert root[largest] == max(root) and largest > highest
    grows, large = np.diff(root) > 0, size[1:] > root[:-1]
    assert np.all(grows[log.bad :] == large[log.bad :]) and large[log.bad]
    assert mistaken("Here the loss first shows it") == log.bad + 1 and loss[log.bad] < 2 * loss[0]


def test_the_spike_of_a_rate_has_no_gradient_that_stands_out_and_each_points_against_the_one_before(lab):
    """“The spike in section 4 looks quite different in these columns.” “There no single gradient stood out; the number was
    above 38, and while the loss rose the gradients grew from update to update, each pointing against the one before.”
    """
    run = onwards(10, 100)
    assert "## 4. How far may the rate be raised?" in labs.LABS["adam"].read_text(encoding="utf-8")
    sizes = np.linalg.norm(run.gradients, axis=1)
    expected = [np.linalg.norm(lab.denominators(*state[2:])) for state in run.states[1:]]
    assert max(sizes / expected) < 28 / 2 and np.sort(sizes)[-2] > 0.5 * sizes.max()
    rising = range(7, int(np.argmax(run.losses)) + 1)
    assert all(sizes[t] > sizes[t - 1] for t in rising) and len(rising) >= 3
    assert all(run.gradients[t] @ run.gradients[t - 1] < 0 for t in rising)
    assert all(lab.number(run.states[t], 0.01) > 38 for t in (6, 7, 8, 9))


def test_v_remembers_the_batch_for_4600_updates_and_the_rate_is_lower_meanwhile(lab):
    """“The batch is gone, but v remembers.” “For all this time the rate is in effect lower than it says.” “At each update v is
    multiplied by 0.999.” “Its root is a tenth when v is a hundredth.”
    """
    log = spike()
    sizes = [np.mean(lab.denominators(*state[2:]) ** 2) ** 0.5 for state in (log.calm, log.after)]
    assert sizes[1] > 10 * sizes[0] and log.rows[-1, 2] < 0.1 * log.rows[log.bad, 2]
    assert lab.number(log.after, 0.003) < lab.number(log.calm, 0.003) / 10
    w, m, v, t = log.after
    late = lab.update((w, m, v, t), 0.003, 0 * w)[2]
    assert late == pytest.approx(0.999 * v)
    v, updates = 1.0, 0
    while v > 1 / 100:
        v, updates = 0.999 * v, updates + 1
        assert (v**0.5 > 1 / 10) == (v > 1 / 100)
    memory = labs.step_of("adam", "v, updates = ").before["memory"]
    assert updates == np.ceil(memory)


def test_each_wrong_memory_is_what_its_explanation_says():
    """“This is how many updates v averages over.” “After so many it has sunk to a third, and its root to 0.6.” “After so many
    updates v has sunk to a tenth.” “Its root needs twice as long.” “This would be the memory of m, with β₁.” “That of v is
    longer.” “So it would be at β₂ = 0.95, which is one of the remedies.”
    """

    def root_after(updates, b2):
        v = 1.0
        for _ in range(round(updates)):
            v = b2 * v
        return v**0.5

    averages = mistaken("This is how many updates v averages")
    weights = 0.001 * 0.999 ** np.arange(100_000)
    assert averages == pytest.approx(weights @ np.arange(1, 100_001), rel=0.01)
    assert root_after(averages, 0.999) ** 2 == pytest.approx(1 / 3, abs=0.04)
    assert root_after(averages, 0.999) == pytest.approx(0.6, abs=0.01)
    tenth = mistaken("After so many updates v has sunk")
    assert root_after(tenth, 0.999) ** 2 == pytest.approx(1 / 10, rel=1e-3)
    assert root_after(2 * tenth, 0.999) == pytest.approx(1 / 10, rel=1e-3)
    short = mistaken("This would be the memory of m")
    assert root_after(short, 0.9) == pytest.approx(1 / 10, rel=0.06) and short < tenth
    middle = mistaken("So it would be at β₂ = 0.95")
    assert root_after(middle, 0.95) == pytest.approx(1 / 10, rel=0.03)
    assert "{'b2': 0.95}" in labs.steps_of("adam")[-1].printed


# 7. What would you change?


def peaks():
    """The highest loss after the bad batch, as it is and with each remedy, as the solved lab prints them."""
    lines = labs.steps_of("adam")[-1].printed.splitlines()
    return {" ".join(line.split()[3:]): float(line.split()[2]) for line in lines}


@reads("docs/adam.md")
def test_the_remedies_stand_in_the_same_order_as_on_the_network_of_the_chapter():
    """“Clipping is best, because the batch is kept out of the update and out of v; it costs nothing while the norm stays below
    1.” “It is the same order as on the network of the chapter.”
    """
    order = ["as it is", "{'eps': 0.01}", "{'b2': 0.95}", "{'alpha': 0.0003}", "{'clip': 1}"]
    assert list(peaks()) == order and sorted(peaks().values(), reverse=True) == list(peaks().values())
    chapter = (
        (ROOT / "docs/adam.md")
        .read_text(encoding="utf-8")
        .partition("Then the remedies, from the weakest:")[2]
    )
    told = [
        "**A larger ε** of 0.01",
        "**A shorter memory** of the denominators, β₂ = 0.95,",
        "**A tenth of the rate**",
    ]
    places = [chapter.index(one) for one in [*told, "**Clipping** at norm 1"]]
    assert places == sorted(places), "held by the tests of the chapter"
    lab, log = labs.names_of_lab("adam"), spike()
    rows, after = lab.logged(log.calm, 10, clip=1, updates=20)
    free = lab.logged(log.calm, 10, updates=20)
    assert rows[10, 4] < free[0][10, 4] / 2 and np.mean(after[2]) < np.mean(free[1][2]) / 100
    assert np.linalg.norm(lab.gradient(log.calm[0])) < 1
    same = [lab.logged(log.calm, None, updates=20, **how)[0] for how in ({}, {"clip": 1})]
    assert np.array_equal(*same)


def test_a_tenth_of_the_rate_costs_six_times_the_updates(lab):
    """“Then comes the lower rate, which costs six times the updates here, and not ten.”"""
    needed = {}
    for alpha, updates in (0.003, 800), (0.0003, 4800):
        losses = np.array(lab.train(lab.start(), alpha, updates)[1])
        needed[alpha] = np.array([np.argmax(losses < goal) for goal in (0.2, 0.1, 0.01)])
    assert needed[0.0003] / needed[0.003] == pytest.approx(6, abs=1) and pytest.approx(10) == 0.003 / 0.0003


def test_a_shorter_memory_lets_the_denominators_grow_more_at_once_and_forget_sooner(lab):
    """“The shorter memory lets the denominators grow more at once and forget sooner.” “With another β₂ begin again from the
    start, because v is made with it.”
    """
    roots = {}
    for b2 in 0.999, 0.95:
        begin = lab.train(lab.start(), 0.003, 1500, b2=b2)[0]
        roots[b2] = lab.logged(begin, 10, b2=b2)[0][:, 3]
    at_once = {b2: root[10] / root[9] for b2, root in roots.items()}
    kept = {b2: root[79] / root[10] for b2, root in roots.items()}
    assert at_once[0.95] > 10 * at_once[0.999] and kept[0.95] < 0.3 < 0.9 < kept[0.999]
    assert roots[0.95][0] < roots[0.999][0] / 2, "v is made with β₂"


def test_an_eps_of_a_hundredth_hardly_helps_because_root_v_is_larger_after_the_batch(lab):
    """“An ε of 0.01 hardly helps: after the batch $\\sqrt v$ is larger for three weights in four.”"""
    assert 0.7 < peaks()["{'eps': 0.01}"] / peaks()["as it is"] < 1
    for eps in 1e-8, 0.01:
        _, _, v, t = lab.logged(spike().calm, 10, updates=12, eps=eps)[1]
        assert np.mean((v / (1 - 0.999**t)) ** 0.5 > 0.01) == pytest.approx(3 / 4, abs=0.05)


def test_logged_takes_the_remedies_as_the_list_names_them(lab):
    """“logged takes them as b2=0.95, alpha=0.0003, eps=0.01 and clip=1.”"""
    plain = lab.logged(spike().calm, 5, updates=10)[0]
    for how in {"b2": 0.95}, {"alpha": 0.0003}, {"eps": 0.01}, {"clip": 1}:
        assert not np.array_equal(lab.logged(spike().calm, 5, updates=10, **how)[0], plain)
