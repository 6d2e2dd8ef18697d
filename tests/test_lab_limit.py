"""The claims of the lab on the limit of a spring's regression, a test a sentence, by runs of its program."""

import functools

import numpy as np
import pytest

import lab as labs
from proven import of_a_lab

pytestmark = of_a_lab()

PROVES = "labs/limit"
mistaken = functools.partial(labs.mistaken, "limit")
POINTS = [(0.0, 0.0), (1.0, 2.0), (-30.0, 7.0), (9.5, -0.25)]


@pytest.fixture(scope="module")
def lab():
    return labs.names_of_lab("limit")


@pytest.fixture(scope="module")
def directions(lab):
    """The flat direction and the sharp one, and the bottom."""
    flat, sharp = np.linalg.eigh(lab.X.T @ lab.X)[1].T
    return flat, sharp, np.linalg.lstsq(lab.X, lab.length)[0]


def settles(lab, alpha, start=(0.0, 0.0), updates=4000):
    """Whether descent from here ends below its first loss; in plain floats, which takes an eighth of the time."""
    (g, k), columns = lab.gradient(np.zeros(2)), [lab.gradient(one) for one in np.eye(2)]
    (a, b), (c, d) = columns - lab.gradient(np.zeros(2))  # the gradient is affine
    u, v = start
    for _ in range(updates):
        u, v = u - alpha * (g + a * u + c * v), v - alpha * (k + b * u + d * v)
        if abs(u) > 1e100:
            return False
    return bool(lab.loss(np.array([u, v])) <= lab.loss(np.array(start)))


def tried(lab, bad):
    """The lowest rate at which this is true of the losses of a run, by halving."""
    low, high = 0.0, 1.0
    for _ in range(18):
        middle = (low + high) / 2
        low, high = (low, middle) if bad(lab.descend(middle)) else (middle, high)
    return high


# 1. A spring


def test_a_line_is_fitted_to_the_lengths_under_twelve_weights(lab):
    r"""“You will fit a straight line to the lengths of a spring under twelve weights.” “The model is $\text{length} = w_0 +
    w_1 \cdot \text{weight}$, so each row of the matrix $X$ is $(1, \text{weight})$.” “The loss is the mean of the squared
    errors,” “f(w) = \frac1n \sum_i (x_i^\top w - y_i)^2 .”"""
    assert len(lab.weight) == len(lab.length) == lab.n == 12
    for w in POINTS:
        model = [w[0] + w[1] * one for one in lab.weight]
        assert [row @ w for row in lab.X] == pytest.approx(model)
        assert lab.loss(w) == pytest.approx(
            sum((one - y) ** 2 for one, y in zip(model, lab.length, strict=True)) / 12
        )
    assert lab.X.tolist() == [[1, one] for one in lab.weight]


@pytest.mark.parametrize("w", POINTS)
def test_the_gradient_is_the_vector_of_the_two_slopes(lab, w):
    """“Gradient descent needs the gradient of this loss: the vector of its two slopes.” “Two losses a small step apart show
    the same slope.” “It must have two entries: 2/n times the sum of error × row of X, with error = X @ w − length.”"""
    w = np.array(w)
    slopes = [(lab.loss(w + h) - lab.loss(w - h)) / 2e-4 for h in 1e-4 * np.eye(2)]
    assert lab.gradient(w) == pytest.approx(slopes, rel=1e-5)
    error = lab.X @ w - lab.length
    assert lab.gradient(w) == pytest.approx(
        2 / 12 * sum(one * row for one, row in zip(error, lab.X, strict=True))
    )
    assert lab.gradient(w).shape == (2,)


def test_half_a_gradient_belongs_to_a_loss_with_a_half_and_twelve_of_them_to_a_sum(lab):
    """“This is half of it. The derivative of a square brings a factor 2 that ½ would cancel, but here no ½ stands before
    the mean.” “This is the gradient of the sum. The loss is the mean, so it and its gradient are n = 12 times smaller.”"""
    w, steps = np.array([1.0, 2.0]), 1e-4 * np.eye(2)
    squares = {
        "This is half of it.": lambda w: 1 / 2 * np.mean((lab.X @ w - lab.length) ** 2),
        "This is the gradient of the sum.": lambda w: np.sum((lab.X @ w - lab.length) ** 2),
    }
    for begins, loss in squares.items():
        assert mistaken(begins) == pytest.approx(
            [(loss(w + h) - loss(w - h)) / 2e-4 for h in steps], rel=1e-5
        )
    assert mistaken("This is half of it.") == pytest.approx(lab.gradient(w) / 2)
    assert mistaken("This is the gradient of the sum.") == pytest.approx(12 * lab.gradient(w))
    assert squares["This is the gradient of the sum."](w) == pytest.approx(12 * lab.loss(w))


def test_a_step_against_the_reversed_gradient_climbs_at_every_rate(lab):
    """“The sign is reversed: this points downhill. A step against it would climb, at every rate.”"""
    w, reverse = np.array([1.0, 2.0]), mistaken("The sign is reversed")
    assert lab.loss(w + 1e-6 * reverse) < lab.loss(w)
    assert all(lab.loss(w - alpha * reverse) > lab.loss(w) for alpha in 10.0 ** np.arange(-8, 8))


# 2. Predict


def test_at_0_06_it_settles_and_at_0_08_it_explodes_and_the_limit_lies_between_them(lab):
    """“At some learning rates the run settles, at others it explodes.” “At a rate of 0.06 this regression settles, at 0.08
    it explodes. The limit lies somewhere between them.”"""
    assert settles(lab, 0.06) and not settles(lab, 0.08)
    assert lab.explodes(lab.descend(0.08)) and not lab.explodes(lab.descend(0.06))
    assert 0.06 < lab.limit < 0.08 and lab.descend(0.06)[-1] == pytest.approx(
        lab.loss(np.linalg.lstsq(lab.X, lab.length)[0]), rel=0.1
    )


STARTS = [(0.0, 0.0), (5.0, -3.0), (-40.0, 100.0), (8.25, 1.5)]


def test_between_settling_and_exploding_lies_one_rate_wherever_the_run_starts(lab):
    """“a About 0.01: from 0.065 to 0.075 the run bounces between bounds.” “b About 0.001: it depends on where the run
    starts.” “c One single rate. Next to it, on either side, a run only takes longer to show which it is.” “Whether it grows
    is decided by the rate alone.”"""
    for start in STARTS:
        found = [settles(lab, share * lab.limit, start, 8000) for share in (0.995, 0.999, 1.001, 1.005)]
        assert found == [True, True, False, False]
    assert [settles(lab, alpha) for alpha in (0.065, 0.069, 0.0705, 0.075)] == [True, True, False, False]
    assert 0.002 * lab.limit < 0.001 < 0.01


def test_close_to_the_limit_a_run_needs_more_updates_to_show_which_it_is(lab, directions):
    """“Close to the limit a run needs more updates to show which it is.” “The start decides how much of the error lies in
    the sharp direction, and so how soon you see the growth.”"""
    flat, sharp, best = directions

    def updates_until_above(share, start):
        w, first = np.array(start), lab.loss(np.array(start))
        for update in range(3000):
            if lab.loss(w) > 2 * first:
                return update
            w = w - share * lab.limit * lab.gradient(w)

    waits = [updates_until_above(share, (0.0, 0.0)) for share in (1.1, 1.03, 1.01)]
    assert waits == sorted(waits) and waits[-1] > 5 * waits[0]
    soon = [updates_until_above(1.01, best + flat + part * sharp) for part in (1, 0.1, 0.01, 0.001)]
    assert soon == sorted(soon) and soon[-1] > 3 * soon[0]
    below = [
        next(n for n, one in enumerate(lab.descend(s * lab.limit, 3000)) if one < 20)
        for s in (0.9, 0.98, 0.995)
    ]
    assert below == sorted(below) and below[-1] > 2 * below[0]


# 3. By experiment


def test_descend_makes_200_updates_and_returns_every_loss(lab):
    r"""“`descend` makes 200 updates from $w = (0, 0)$ and returns the loss before each of them and after the last.”"""
    for alpha in 0.01, 0.06:
        w = np.array([0.0, 0])
        losses = [lab.loss(w)]
        for _ in range(200):
            w = w - alpha * lab.gradient(w)
            losses.append(lab.loss(w))
        assert lab.descend(alpha) == pytest.approx(losses) and len(losses) == 201


def test_a_run_has_exploded_if_it_ends_higher_than_it_began_or_is_nan(lab):
    """“A run has exploded if it ends higher than it began, or is nan.” “Of the three test runs the first grows, the second
    falls and the third is nan.” “It misses the run that is nan, because every comparison with nan is False. Ask the other
    way round: not (last ≤ first).” “It is the wrong way round: True for the run that settles.”"""
    grows, falls, lost = labs.names_of_lab("limit").runs
    assert np.all(np.diff(grows) > 0) and np.all(np.diff(falls) < 0) and np.all(np.isnan(lost))
    assert [lab.explodes(one) for one in (grows, falls, lost)] == [True, False, True]
    assert not lost[-1] > lost[0] and not lost[-1] <= lost[0] and lost[-1] != lost[-1]
    assert mistaken("It misses the run that is nan") == [True, False, False]
    assert mistaken("It is the wrong way round") == [False, True, False]
    end = lab.descend(0.5, 400)
    assert not np.isfinite(end[-1]) and lab.explodes(end)


def test_who_waits_for_inf_waits_for_thousands_of_updates_or_is_three_times_too_high(lab):
    """“You wait for inf or nan. Near the limit an explosion ends like that only after thousands of updates; with 200 of them
    your limit would come out more than three times too high.”"""
    assert mistaken("You wait for inf or nan.") == [False, False, True]
    for share in 1.02, 1.05:
        losses = lab.descend(share * lab.limit, 3000)
        assert np.all(np.isfinite(losses)) and losses[-1] > 1e20
    assert 3 < tried(lab, lambda losses: not np.isfinite(losses[-1])) / lab.limit < 4
    assert len(lab.descend(0.1)) == 200 + 1


def test_sixteen_halvings_keep_the_limit_between_bounds_65_536_times_closer(lab):
    """“Two rates enclose the limit. Try the one in the middle: it becomes the new lower or the new upper bound.” “Sixteen
    halvings make the interval 65,536 times shorter.” “The limit stays between the bounds.” “If descend(middle) explodes the
    new bounds are low and middle, else middle and high.”"""
    low, high = 0, 1
    for _ in range(16):
        middle, before = (low + high) / 2, (low, high)
        low, high = lab.halved(low, high)
        assert (low, high) in ((before[0], middle), (middle, before[1]))
        assert lab.explodes(lab.descend(middle)) == (high == middle) and low < lab.limit < high
    assert 1 / (high - low) == 65_536


def test_a_wrong_half_loses_the_limit(lab):
    """“You keep the wrong half. If the middle explodes, the limit lies below it. The upper bound always comes down, so you
    end at 0. If the middle settles, the limit lies above it, and the lower bound must come up. The lower bound always comes
    up, so you end at 1. If the middle explodes, the limit lies below it, and the upper bound must come down.”"""
    for (low, high), true in zip(mistaken("You keep the wrong half."), [(0, 0.5), (0.05, 0.1)], strict=True):
        assert not low <= lab.limit <= high and true[0] < lab.limit < true[1]
    assert mistaken("The upper bound always") == [(0, 0.5), (0, 0.05)] and not lab.explodes(lab.descend(0.05))
    assert mistaken("The lower bound always") == [(0.5, 1), (0.05, 0.1)] and lab.explodes(lab.descend(0.5))
    down, up = (0, 1), (0, 1)
    for _ in range(16):
        down, up = (down[0], sum(down) / 2), (sum(up) / 2, up[1])
    assert down == (0, pytest.approx(0, abs=1e-4)) and up == (pytest.approx(1, abs=1e-4), 1)
    for middle in 0.02, 0.05, 0.2, 0.9:
        assert lab.explodes(lab.descend(middle)) == (lab.limit < middle)


def test_the_figure_s_text_says_what_its_three_lines_do(lab):
    """“Loss against update on a logarithmic axis. At 98 percent of the limit the loss falls, at 102 percent it rises along a
    straight line, and at the limit itself it stays close to the dashed line, the first loss.” “In the figure 98 % of the
    limit settles and 102 % explodes, so the zone is narrower than 0.003.”"""
    (ax,) = labs.figure_of("limit")
    assert ax.get_yscale() == "log" and (ax.get_xlabel(), ax.get_ylabel()) == ("update", "loss")
    lines = {line.get_label(): line.get_ydata() for line in ax.lines[:3]}
    below, at, above = (np.array(lines[f"{share}% of the limit"]) for share in (98, 100, 102))
    assert np.all(np.diff(below) < 0) and below[-1] < below[0] / 100
    assert (
        np.all(np.diff(above) > 0) and np.ptp(np.diff(np.log(above))) < 0.015 and above[-1] > 100 * above[0]
    )
    dashed = ax.lines[3]
    assert dashed.get_linestyle() == "--" and set(dashed.get_ydata()) == {lab.loss(np.zeros(2))} == {at[0]}
    assert at == pytest.approx(at[0], rel=0.1)
    assert 0.002 < (1.02 - 0.98) * lab.low < 0.003


def test_halving_ends_0_00002_apart_and_could_go_on_to_neighbouring_floats(lab):
    """“Halving went further: after sixteen halvings there was still a rate that settles and, 0.00002 above it, one that
    explodes.” “Yes. Each halving found one bound that settles and one that explodes, and it could go on as long as the
    computer can tell two rates apart.”"""
    assert lab.high - lab.low == pytest.approx(0.00002, abs=5e-6)
    assert settles(lab, lab.low, updates=20_000) and not settles(lab, lab.high, updates=20_000)
    low, high = lab.low, lab.high
    while low < (low + high) / 2 < high:
        low, high = lab.halved(low, high)
    assert high == np.nextafter(low, 1)
    assert lab.explodes(lab.descend(high)) and not lab.explodes(lab.descend(low))


@pytest.mark.parametrize("start", ["np.array([5.0, -3.0])", "np.array([-40.0, 100.0])"])
def test_another_start_in_descend_leads_to_the_same_limit(lab, start):
    """“Change `np.zeros(2)` in `descend` to another start and halve again.”"""
    other = labs.lab_with(
        "limit", {"w, losses = np.zeros(2), []": f"w, losses = {start}, []"}, "low, high = 0, 1"
    )
    assert (other.low + other.high) / 2 == pytest.approx(lab.limit, rel=2e-3)


# 4. Without a run


@pytest.mark.parametrize("w", POINTS)
def test_the_second_derivatives_are_the_same_everywhere_and_their_eigenvalues_the_curvatures(
    lab, directions, w
):
    """“The second derivatives of the loss, the matrix $H$, are the same at every $w$. Its eigenvalues are the curvatures.”
    “Two gradients a small step apart show the same matrix.” “The gradient is 2/n · Xᵀ(Xw − y). Its derivative with respect
    to w is a 2 × 2 matrix.”"""
    w = np.array(w)
    shown = [(lab.gradient(w + h) - lab.gradient(w - h)) / 2e-3 for h in 1e-3 * np.eye(2)]
    assert np.allclose(lab.H, shown, 1e-6) and lab.H.shape == (2, 2)
    for direction, eigenvalue in zip(directions, np.linalg.eigvalsh(lab.H), strict=False):
        bend = lab.loss(w + direction) - 2 * lab.loss(w) + lab.loss(w - direction)
        assert bend == pytest.approx(eigenvalue, rel=1e-6)
    assert lab.gradient(w) == pytest.approx(2 / lab.n * lab.X.T @ (lab.X @ w - lab.length))


def test_sixteen_runs_and_one_eigenvalue_of_the_weights_agree_to_four_digits(lab):
    """“Bisect the learning rate of a regression until the limit is known to four digits, then find the same number from the
    data alone, without a single run.” “You will find the rate between them twice: first by trying, and then from the weights
    alone, before any run.” “The two agree: sixteen runs, or one eigenvalue.”"""
    low, high, runs = 0.0, 1.0, 0
    for _ in range(16):
        low, high = lab.halved(low, high)
        runs += 1
    assert runs == 16 and f"{(low + high) / 2:.4g}" == f"{lab.limit:.4g}"
    weights = np.arange(0.5, 6.5, 0.5)
    one = np.linalg.eigvalsh([[2, 2 * weights.mean()], [2 * weights.mean(), 2 * np.mean(weights**2)]])[-1]
    assert lab.limit == pytest.approx(2 / one)


def updates_to_a_thousandth(lab, directions, alpha):
    *both, best = directions
    w = np.zeros(2)
    for update in range(5000):
        if all(abs(one @ (w - best)) <= 1e-3 * abs(one @ best) for one in both):
            return update
        w = w - alpha * lab.gradient(w)
    return None


def test_a_matrix_without_its_2_gives_twice_the_limit_and_without_its_n_a_twelfth(lab, directions):
    """“The factor 2 is missing: the loss is the mean of squares, without the ½ that would cancel it. Your limit would come
    out twice too high, and 0.1 explodes.” “This belongs to the sum. For the mean, divide by n. Your limit would come out 12
    times too low: safe, and 12 times slower than necessary.”"""
    high = 2 / np.linalg.eigvalsh(mistaken("The factor 2 is missing"))[-1]
    assert high == pytest.approx(2 * lab.limit) and high > 0.1 and not settles(lab, 0.1)
    w, h = np.array([1.0, 2.0]), 1e-2 * np.eye(2)
    halved = [[lab.loss(w + a + b) - lab.loss(w + a) - lab.loss(w + b) + lab.loss(w) for a in h] for b in h]
    assert mistaken("The factor 2 is missing") == pytest.approx(1 / 2 * np.array(halved) / 1e-4, rel=1e-5)
    assert mistaken("This belongs to the sum.") == pytest.approx(lab.n * np.array(halved) / 1e-4, rel=1e-5)
    low = 2 / np.linalg.eigvalsh(mistaken("This belongs to the sum."))[-1]
    assert low == pytest.approx(lab.limit / 12) and settles(lab, low)
    slow, quick = (updates_to_a_thousandth(lab, directions, one) for one in (low, 0.98 * lab.limit))
    assert slow / quick == pytest.approx(12, rel=0.05)


def test_a_matrix_the_wrong_way_round_and_a_gradient_are_no_second_derivatives(lab):
    """“This is 12 × 12, one row for each weight on the spring. H has one row for each parameter: the transposed X stands
    first.” “This is a gradient, one slope for each parameter. Take its derivative once more: w and the lengths drop out.”"""
    assert mistaken("This is 12 × 12").shape == (12, 12) and lab.H.shape == (2, 2) == (len(lab.w),) * 2
    assert len(lab.weight) == 12
    slopes = mistaken("This is a gradient")
    assert slopes == pytest.approx(lab.gradient(np.array([1.0, 2.0])))
    other = labs.lab_with("limit", {"[9.1, 9.6,": "[19.1, 4.6,"}, "# answer: the second")
    assert other.H.tolist() == lab.H.tolist()


def test_an_update_multiplies_the_error_in_each_direction_and_the_worst_factor_decides(lab, directions):
    """“In each direction an update multiplies the error by 1 − αλ. Ask when the worst of these factors reaches −1.”"""
    *both, best = directions
    for alpha in 0.01, 0.06, lab.limit, 0.08, 1.5:
        w = np.array([3.0, -7.0])
        after = w - alpha * lab.gradient(w)
        factors = [one @ (after - best) / (one @ (w - best)) for one in both]
        assert factors == pytest.approx([1 - alpha * one for one in lab.lam])
        assert (min(factors) < -1) == (alpha > lab.limit) or alpha == lab.limit
    assert 1 - lab.limit * lab.lam.max() == pytest.approx(-1)


def test_half_the_limit_that_of_the_flat_direction_and_two_limits_are_what_is_said(lab, directions):
    """“This is half the limit. There the error in the sharp direction is gone after one update. A run settles up to twice
    this rate.” “This is the limit of the flat direction alone. The error lies in both, and the sharp direction explodes long
    before.” “These are two limits, one for each direction. A run must settle in both, so the lower one counts.”"""
    flat, sharp, best = directions
    half = mistaken("This is half the limit.")
    after = -half * lab.gradient(np.zeros(2))
    assert abs(sharp @ (after - best)) < 1e-9 < 1 < abs(sharp @ best)
    assert settles(lab, 1.99 * half) and not settles(lab, 2.01 * half)
    alone = mistaken("This is the limit of the flat")
    for share, grows in (0.98, False), (1.02, True):
        w = best + flat
        w = w - share * alone * lab.gradient(w)
        assert (np.linalg.norm(w - best) > 1) == grows
    assert abs(flat @ best) > 1 and not settles(lab, alone / 60)
    two = mistaken("These are two limits")
    assert two.min() == pytest.approx(lab.limit) and two.max() == pytest.approx(alone)
    for direction, one in zip((flat, sharp), two, strict=True):
        assert settles(lab, 0.98 * one, best + direction, 1) and not settles(
            lab, 1.02 * one, best + direction, 1
        )


@pytest.mark.parametrize("seed", range(5))
def test_the_sum_of_the_curvatures_gives_a_safe_rate(lab, seed):
    """“This is a little too low. It is a safe rate, since the sum is never less than the largest, but the limit belongs to
    the largest curvature alone.”"""
    low = mistaken("This is a little too low.")
    assert 0.97 * lab.limit < low < lab.limit and settles(lab, low)
    rng = np.random.default_rng(seed)
    for columns in 1, 2, 6:
        X = rng.normal(rng.normal(size=columns) * 3, 2, size=(20, columns))
        curvatures = np.linalg.eigvalsh(X.T @ X / 20)
        assert curvatures.sum() >= curvatures.max() * (1 - 1e-12)


# 5. How fast?


def test_five_percent_above_the_limit_the_loss_grows_by_the_square_of_1_1(lab, directions):
    """“Five percent above the limit the loss explodes.” “At the limit αλ = 2, so here it is 2.1. The error is multiplied by
    1 − αλ, the loss by the square of it. The last two of 201 losses have the ratio” “This is how far the rate is above the
    limit. The error is multiplied by 1 − αλ, and αλ is 1.05 · 2 = 2.1.” “The square is right, the loss goes with the square
    of the error. But the error is multiplied by 1 − 2.1 = −1.1, not by 1.05.” “This is the growth of the error. The loss
    goes with its square. This is the factor of the error, with its sign. The loss goes with its square.”"""
    alpha, (_, sharp, best) = 1.05 * lab.limit, directions
    losses, w, errors = lab.descend(alpha), np.zeros(2), []
    for _ in range(200):
        w = w - alpha * lab.gradient(w)
        errors.append(sharp @ (w - best))
    assert len(losses) == 201 and lab.explodes(losses)
    factor = errors[-1] / errors[-2]
    assert (
        factor == pytest.approx(-1.1) == 1 - 2.1 and alpha * lab.lam.max() == pytest.approx(2.1) == 1.05 * 2
    )
    assert lab.limit * lab.lam.max() == pytest.approx(2)
    assert losses[-1] / losses[-2] == pytest.approx(factor**2) == lab.growth
    assert mistaken("This is how far") == alpha / lab.limit == pytest.approx(1.05)
    assert mistaken("The square is right") == pytest.approx(1.05**2) != lab.growth
    assert mistaken("This is the growth of the error.") == pytest.approx(-factor)
    assert mistaken("This is the factor of the error") == pytest.approx(factor)
    assert f"ratio {losses[-1] / losses[-2]:.4f}." in labs.printed_in("limit")


# 6. Change one thing


def test_other_units_of_length_leave_the_limit_where_it_is(lab):
    r"""“$H = \frac2n X^\top X$ does not contain the lengths, so other units of length leave the limit where it is (the loss
    becomes 100 times larger and its gradient ten times, but no curvature changes).”"""
    millimetres = labs.lab_with(
        "limit", {"\nn = len(weight)": "\nlength = 10 * length\nn = len(weight)"}, "# answer: the largest"
    )
    assert millimetres.H.tolist() == lab.H.tolist() and millimetres.limit == lab.limit
    assert np.allclose(lab.H, 2 / 12 * lab.X.T @ lab.X, 1e-12)
    for w in POINTS:
        assert millimetres.loss(10 * np.array(w)) == pytest.approx(100 * lab.loss(w))
        assert millimetres.gradient(10 * np.array(w)) == pytest.approx(10 * lab.gradient(w))
    assert (millimetres.low, millimetres.high) == (lab.low, lab.high), "the runs find it too"


def test_weights_in_grams_lower_the_limit_about_ten_thousand_times(lab):
    r"""“The weights stand in $X$, twice: numbers 102 times larger make the largest curvature about 10,000 times larger
    ($102^2$), and the limit lower by the same factor.” “A rate of 0.06 that settled in newtons explodes in grams.”
    docs/labs/limit.py: “Somebody else leaves the lengths as they are, and gives the weights in grams (1
    newton is the weight of 102 grams).”"""
    assert pytest.approx(1, abs=1e-3) == 9.81 * 102 / 1000  # newton
    change = {"weight = np.arange(0.5, 6.5, 0.5)": "weight = 102 * np.arange(0.5, 6.5, 0.5)"}
    grams = labs.lab_with("limit", change, "# answer: the largest")
    assert grams.X[:, 1] == pytest.approx(102 * lab.X[:, 1])
    times = grams.lam.max() / lab.lam.max()
    assert times == pytest.approx(10_000, rel=0.03)
    assert lab.limit / grams.limit == pytest.approx(times)
    assert settles(grams, 0.99 * grams.limit, updates=500) and not settles(
        grams, 1.01 * grams.limit, updates=500
    )
    assert settles(lab, 0.06) and not settles(grams, 0.06)
