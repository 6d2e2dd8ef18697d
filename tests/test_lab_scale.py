"""The claims of the lab on scaling a table of penguins, a test a sentence, by runs of its program."""

import functools
import warnings

import numpy as np
import pytest

import lab as labs
from proven import of_a_lab

pytestmark = of_a_lab()

PROVES = "labs/scale"
mistaken = functools.partial(labs.mistaken, "scale")
POINTS = [(0.0, 0, 0, 0), (-4000.0, 40, 180, 20), (1.0, -2, 3, -4)]


@pytest.fixture(scope="module")
def lab():
    return labs.names_of_lab("scale")


def curvatures(columns):
    """Those of half the mean of the squared errors, from the lengths of the axes of the columns."""
    X = np.column_stack([np.ones(len(columns)), columns])
    return np.linalg.svd(X, compute_uv=False)[::-1] ** 2 / len(columns)


def limit_of(columns):
    return 2 / curvatures(columns)[-1]


def stretched(columns):
    lam = curvatures(columns)
    return lam[-1] / lam[0]


def after(columns, updates, alpha=None):
    """The share that so many updates leave of an error in the flattest direction, by squaring one update."""
    X = np.column_stack([np.ones(len(columns)), columns])
    H = X.T @ X / len(columns)
    lam, directions = np.linalg.eigh(H)
    step = np.eye(len(H)) - (alpha or 1 / lam[-1]) * H
    return directions[:, 0] @ np.linalg.matrix_power(step, round(updates)) @ directions[:, 0]


def updates_to_a_thousandth(columns):
    """How many updates at 1/λmax, by halving."""
    low, high = 0, 2**40
    while high - low > high / 1e5 and high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if after(columns, middle) < 1e-3 else (middle, high)
    return high


def shares(lab, alpha, updates):
    """What is left of the error in each direction of the scaled columns, after each update from 0."""
    Z = np.column_stack([np.ones(lab.n), lab.scaled])
    bottom, directions = np.linalg.lstsq(Z, lab.mass)[0], np.linalg.eigh(Z.T @ Z)[1].T
    w, rows = np.zeros(4), []
    for _ in range(updates):
        w = w - alpha * Z.T @ (Z @ w - lab.mass) / lab.n
        rows.append(directions @ (bottom - w) / (directions @ bottom))
    return np.array(rows)


# 1. The table


def test_raw_units_need_447_million_updates_and_scaled_columns_28(lab):
    """“In raw units a regression on 123 penguins needs 447 million updates; give each column mean zero and spread one, and
    28 are enough.”"""
    assert len(lab.table) == 123
    assert updates_to_a_thousandth(lab.lengths) == pytest.approx(447 * 10**6, rel=1e-3)
    assert (lab.scaled.mean(axis=0), lab.scaled.std(axis=0)) == (
        pytest.approx(0, abs=1e-12),
        pytest.approx(1),
    )
    left = np.abs(shares(lab, lab.alpha, 28)).max(axis=1)
    assert left[27] <= 1e-3 < left[26]


def test_the_table_holds_three_lengths_and_the_mass_of_each_penguin(lab):
    """“123 gentoo penguins from Antarctica: three lengths in millimetres, from which the body mass in grams is to be
    predicted.” “A real table in the units in which it was measured.”"""
    head = "bill length (mm),bill depth (mm),flipper length (mm),body mass (g)"
    assert lab.TABLE.splitlines()[0] == head and lab.table.shape == (123, 4)
    assert lab.lengths.shape == (123, 3) and np.all((lab.mass > 3900) & (lab.mass < 6400))


def test_in_raw_units_the_limit_is_tiny_and_a_run_is_wrong_without_any_warning(lab):
    """“In them the limit is tiny, the condition number is 65 million, and gradient descent gives a wrong answer without any
    warning.” “Nothing exploded, and no slope is right: that of bill depth, which tells most about the mass, is a seventh of
    what it should be. *Finite is not trained.*”"""
    assert limit_of(lab.lengths) < 1e-4 and stretched(lab.lengths) == pytest.approx(65 * 10**6, rel=0.01)
    X, w, losses = np.column_stack([np.ones(123), lab.lengths]), np.zeros(4), []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for update in range(10_000):
            w = w - X.T @ (X @ w - lab.mass) / 123 * limit_of(lab.lengths) / 2
            if update % 100 == 0:
                losses.append(np.mean((X @ w - lab.mass) ** 2))
    right = np.linalg.lstsq(X, lab.mass)[0]
    assert np.all(np.isfinite(losses)) and np.all(np.diff(losses) < 0)
    assert np.all(np.abs(w / right - 1)[1:] > 0.2) and right[2] / w[2] == pytest.approx(7, rel=0.05)
    without = [np.linalg.lstsq(np.delete(X, k, axis=1), lab.mass)[1][0] for k in (1, 2, 3)]
    assert np.argmax(without) == 1, "without bill depth the errors grow most"
    assert np.argmax([abs(np.corrcoef(one, lab.mass)[0, 1]) for one in lab.lengths.T]) == 1


@pytest.mark.parametrize("w", POINTS)
def test_the_second_derivatives_are_those_of_half_the_mean_of_the_squared_errors(lab, w):
    r"""“The model is $\text{mass} = w_0 + w_1 x_1 + w_2 x_2 + w_3 x_3$, where $x_1$, $x_2$ and $x_3$ are bill length, bill
    depth and flipper length; the loss is half the mean of the squared errors. So the second derivatives are $H = X^\top X /
    n$, where $X$ has a column of ones and the three lengths.”"""
    x1, x2, x3 = lab.lengths.T

    def loss(w):
        return 0.5 * np.mean((w[0] + w[1] * x1 + w[2] * x2 + w[3] * x3 - lab.mass) ** 2)

    w, steps = np.array(w), np.eye(4)
    bends = [[loss(w + a + b) - loss(w + a) - loss(w + b) + loss(w) for a in steps] for b in steps]
    assert np.allclose(lab.second_derivatives(lab.lengths), bends, 1e-4, 1e-4)
    assert np.allclose(lab.X.T @ lab.X / lab.n, bends, 1e-4, 1e-4)
    assert np.all(lab.X[:, 0] == 1) and np.all(lab.X[:, 1:] == lab.lengths)


# 2. Predict


def gains(lab):
    """By what factor the limit rises without each of the columns."""
    return [limit_of(np.delete(lab.lengths, k, axis=1)) / limit_of(lab.lengths) for k in range(3)]


def test_the_limit_rises_most_without_the_column_of_the_largest_numbers(lab):
    """“a Bill length: its spread is larger than that of bill depth. b Bill depth: its numbers are the smallest. c Flipper
    length: its numbers are the largest. d It makes no difference, because the other two stay.” “Without bill length the limit
    rises by less than a twentieth.” “Without bill depth the limit stays almost the same. Small numbers make small
    curvatures: it is the column that matters least for the limit.” “Yes, twenty-fold.” “Leave that one out and the limit is
    twenty times higher.”"""
    bill, depth, flipper = gains(lab)
    assert flipper == pytest.approx(20, rel=0.01) and flipper > bill > depth
    assert 1 < bill < 1 + 1 / 20 and depth == pytest.approx(1, abs=0.005)
    spread, largest = lab.lengths.std(axis=0), lab.lengths.max(axis=0)
    assert spread[0] > spread[1] and np.argmin(largest) == 1 and np.argmax(lab.lengths.min(axis=0)) == 2
    assert np.argmin(np.diag(lab.second_derivatives(lab.lengths))[1:]) == 1


def test_the_mean_of_the_squares_sets_the_curvature_and_the_mean_makes_nearly_all_of_it(lab):
    """“A spread of 3 around a mean of 47.5 hardly counts: the curvature goes with the mean of the squares, and the mean
    itself makes nearly all of it.” “The mean square of the flipper lengths is 47,000, that of everything else together
    2,500.” “The largest curvature is nearly the sum of the columns' mean squares, and one column has 95 % of it.”"""
    bill = lab.lengths[:, 0]
    assert bill.std() == pytest.approx(3, abs=0.1) and bill.mean() == pytest.approx(47.5, abs=0.05)
    assert bill.mean() ** 2 / np.mean(bill**2) > 0.99
    steady = lab.lengths.copy()
    steady[:, 0] = bill.mean()
    assert limit_of(steady) == pytest.approx(limit_of(lab.lengths), rel=1e-3), "the spread hardly counts"
    squares = np.mean(lab.lengths**2, axis=0)
    assert squares[2] == pytest.approx(47_000, rel=0.01)
    assert 1 + squares[0] + squares[1] == pytest.approx(2_500, rel=0.01)
    assert curvatures(lab.lengths)[-1] == pytest.approx(1 + squares.sum(), rel=1e-3)
    assert squares[2] / curvatures(lab.lengths)[-1] == pytest.approx(95 / 100, abs=0.005)


@pytest.mark.parametrize("seed", range(4))
def test_a_column_of_large_numbers_sets_the_limit_also_when_it_is_useless(lab, seed):
    """“The limit is set by the column with the large numbers, whether it is useful or not.”"""
    useless, flippers = lab.lengths.copy(), lab.lengths[:, 2]
    useless[:, 2] = np.random.default_rng(seed).permutation(flippers)
    assert abs(np.corrcoef(useless[:, 2], lab.mass)[0, 1]) < 0.3 < np.corrcoef(flippers, lab.mass)[0, 1]
    assert limit_of(useless) == pytest.approx(limit_of(lab.lengths), rel=1e-3)


# 3. Raw units


def test_the_bowl_is_8000_times_longer_than_wide(lab):
    """“65 million: a bowl that is 8,000 times longer than it is wide.” “The largest curvature over the smallest.”"""
    X = np.column_stack([np.ones(123), lab.lengths])
    axes = np.linalg.svd(X)[2]
    rises = [
        np.mean((X @ one) ** 2) / 2 for one in (axes[0], axes[-1])
    ]  # of the loss, a step of 1 from the bottom
    assert np.sqrt(rises[0] / rises[1]) == pytest.approx(8_000, rel=0.01)
    assert (
        rises[0] / rises[1] == pytest.approx(65 * 10**6, rel=0.01) == lab.curvatures[-1] / lab.curvatures[0]
    )


def test_the_wrong_condition_numbers_are_what_is_said(lab):
    """“It is upside down: divide the largest curvature by the smallest, so that κ is at least 1.” “This is the condition
    number of X. In H = XᵀX/n it is squared, and descent meets H.” “Not over the mean: the slowest direction, the one with
    the smallest curvature, decides how long a run takes.”"""
    kappa = stretched(lab.lengths)
    assert mistaken("It is upside down") == pytest.approx(1 / kappa) and kappa >= 1
    assert (
        mistaken("This is the condition number of X.")
        == pytest.approx(np.linalg.cond(lab.X))
        == pytest.approx(kappa**0.5)
    )
    assert np.linalg.cond(lab.second_derivatives(lab.lengths)) == pytest.approx(
        np.linalg.cond(lab.X) ** 2, rel=1e-6
    )
    assert mistaken("Not over the mean") < 4
    lam = curvatures(lab.lengths)
    left = [(1 - one / lam[-1]) ** 10**6 for one in lam]
    assert np.argmax(left) == np.argmin(lam) == 0 and left[0] > 0.98 > 0.01 > left[1]


@pytest.mark.parametrize("alpha", [1e-6, 2e-5])
def test_updates_multiply_the_errors_by_a_power_of_m(lab, alpha):
    r"""“One update multiplies the errors by the matrix $M = 1 - \alpha H$, so $t$ updates multiply them by $M^t$.” “At the
    rate $1/\lambda_{\max}$ the flattest direction keeps $1 - 1/\kappa$ of its error at each update.”"""
    bottom = np.linalg.lstsq(lab.X, lab.mass)[0]
    w = start = np.array([10.0, -3, 5, 20])
    for _ in range(50):
        w = w - alpha * lab.X.T @ (lab.X @ w - lab.mass) / 123
    M = np.eye(4) - alpha * lab.second_derivatives(lab.lengths)
    assert np.linalg.matrix_power(M, 50) @ (start - bottom) == pytest.approx(w - bottom, rel=1e-6)
    flat = np.linalg.svd(lab.X)[2][-1]
    once = -lab.X.T @ (lab.X @ flat) / 123 * limit_of(lab.lengths) / 2
    assert flat @ once == pytest.approx(-1 / stretched(lab.lengths), rel=1e-3)


def test_a_power_takes_few_multiplications(lab):
    """“Nobody will wait for that, but it can be measured.” “A power takes few multiplications: $M^2$, $M^4$, $M^8$, …”"""
    count, updates = 0, 447 * 10**6
    power, square, rest = np.eye(4), lab.M, updates
    while rest:
        if rest % 2:
            power, count = power @ square, count + 1
        square, count, rest = square @ square, count + 1, rest // 2
    assert count < 60 and lab.flattest @ power @ lab.flattest == pytest.approx(lab.left(updates), rel=1e-6)
    assert lab.left(updates) == pytest.approx(0.001, rel=5e-3)


def test_447_million_updates_leave_a_thousandth_and_each_reads_the_whole_table(lab):
    """“447 million, and each of these updates is a pass over the whole table.” “After t updates (1 − 1/κ)ᵗ is left. Set it
    to 0.001 and solve for t.”"""
    assert lab.updates == pytest.approx(447 * 10**6, rel=1e-3) == updates_to_a_thousandth(lab.lengths)
    for updates in 10**6, 10**8, lab.updates:
        assert (1 - 1 / stretched(lab.lengths)) ** updates == pytest.approx(
            after(lab.lengths, updates), rel=1e-3
        )
    assert after(lab.lengths, lab.updates) == pytest.approx(0.001, rel=1e-3)
    for place in range(123):
        heavier = lab.mass + 100 * (np.arange(123) == place)
        assert np.all(lab.X.T @ (heavier - lab.mass) != 0), "a row that is not read would change no gradient"


def test_the_wrong_numbers_of_updates_are_what_is_said(lab):
    """“After κ updates 1/e = 37 % is left. For a thousandth you need ln 1000 = 6.9 times as many.” “This is when the loss is
    at a thousandth, because it goes with the square of the error. The question is about the error.” “A thousandth does not
    take a thousand times as long. Each update multiplies, so it takes ln 1000 = 6.9 times κ.” “Each update leaves 1 − 1/κ of
    the error, not 1/κ. With κ = 65 million that is nearly all of it.”"""
    whole, kappa = updates_to_a_thousandth(lab.lengths), stretched(lab.lengths)
    assert mistaken("After κ updates") == pytest.approx(kappa) == pytest.approx(65 * 10**6, rel=0.01)
    assert after(lab.lengths, kappa) == pytest.approx(37 / 100, abs=0.005) and np.exp(-1) == pytest.approx(
        0.37, abs=0.005
    )
    assert whole / kappa == pytest.approx(6.9, abs=0.05) and np.log(1000) == pytest.approx(6.9, abs=0.05)
    early = mistaken("This is when the loss")
    bottom, flat = np.linalg.lstsq(lab.X, lab.mass)[0], lab.flattest

    def above_the_floor(w):
        return np.mean((lab.X @ (w - bottom)) ** 2) / 2

    left = bottom + after(lab.lengths, early) * flat
    assert above_the_floor(left) / above_the_floor(bottom + flat) == pytest.approx(1e-3, rel=1e-2)
    assert after(lab.lengths, early) > 0.03
    assert mistaken("A thousandth does not") == pytest.approx(1000 * kappa) and 1000 * kappa > 100 * whole
    assert pytest.approx(1 / after(lab.lengths, whole), rel=1e-2) == 1000
    assert (1 / kappa) ** mistaken("Each update leaves") == pytest.approx(1e-3)
    assert after(lab.lengths, 1) > 1 - 1e-7


# 4. Scaled


def test_now_the_columns_can_be_compared_and_their_correlation_is_left(lab):
    """“Now the three columns can be compared.” “κ is not 1: long penguins are long in every direction, and scaling the
    columns does not remove that correlation.”"""
    assert lab.scaled.mean(axis=0) == pytest.approx(0, abs=1e-12) and lab.scaled.std(axis=0) == pytest.approx(
        1
    )
    before, now = np.corrcoef(lab.lengths.T), np.corrcoef(lab.scaled.T)
    assert np.allclose(before, now) and np.all(before > 0.6) and stretched(lab.scaled) > 7
    mixed = np.column_stack([np.random.default_rng(k).permutation(one) for k, one in enumerate(lab.scaled.T)])
    assert stretched(mixed) < 2, "without the correlation κ would be near 1"


@pytest.mark.parametrize(
    "begins, kappa",
    [("The means are gone", 112), ("The spreads are one", 2 * 10**6), ("All numbers lie", 14_000)],
)
def test_each_half_way_scaling_leaves_the_condition_number_that_is_said(lab, begins, kappa):
    """“The means are gone, and κ has fallen from 65 million to 112. The spreads still differ: divide each column by its own.”
    “The spreads are one, but the means are now between 15 and 34: three columns that nearly repeat the column of ones. κ is
    still 2 million. Subtract first.” “All numbers lie between 0.68 and 1, so all columns look like the column of ones. κ is
    14,000. Subtract the mean, and divide by the spread.”"""
    columns = mistaken(begins)
    assert stretched(columns) == pytest.approx(kappa, rel=0.06)
    assert stretched(lab.lengths) == pytest.approx(65 * 10**6, rel=0.01) and stretched(lab.scaled) < 112
    means, spreads = columns.mean(axis=0), columns.std(axis=0)
    if kappa == 112:
        assert means == pytest.approx(0, abs=1e-10) and np.ptp(spreads) > 5
    elif kappa == 14_000:
        assert columns.min() > 0.68 and columns.max() == 1 and np.all(spreads / means < 0.1)
    else:
        assert spreads == pytest.approx(1) and means.min() > 15 and means.max() < 34
        ones = np.ones(123) / np.sqrt(123)
        assert np.all(ones @ columns / np.linalg.norm(columns, axis=0) > 0.99)


def test_one_mean_and_one_spread_for_all_leave_the_flippers_heavier(lab):
    """“This is one mean and one spread for the whole table, so millimetres of flipper still outweigh millimetres of bill. Use
    axis=0: each column its own.” “Subtract from each column its mean, then divide by its standard deviation: mean(axis=0),
    std(axis=0).”"""
    columns = mistaken("This is one mean and one spread")
    assert columns.mean() == pytest.approx(0, abs=1e-12) and columns.std() == pytest.approx(1)
    squares = np.mean(columns**2, axis=0)
    assert squares[2] > 2 * squares[1] and squares[2] > 2 * squares[0] and stretched(columns) > 1e5
    right = [
        (one - sum(one) / 123) / np.sqrt(sum((one - sum(one) / 123) ** 2) / 123) for one in lab.lengths.T
    ]
    assert np.allclose(
        (lab.lengths - lab.lengths.mean(axis=0)) / lab.lengths.std(axis=0), np.transpose(right)
    )


def keeps(lab, alpha):
    """The largest share that an update keeps of an error, in any direction of the scaled columns."""
    return np.abs(shares(lab, alpha, 1)[0]).max()


def test_the_best_rate_is_where_the_flattest_and_the_sharpest_keep_the_same(lab):
    """“Now choose the best fixed rate, the one at which the slowest direction is as fast as possible.” “The flattest
    direction keeps 1 − αλmin, the sharpest −(αλmax − 1). The best rate makes the two equal in size. Of 11,999 rates tried,
    this one is best: each update leaves at most”"""
    lam = curvatures(lab.scaled)
    for alpha in 0.3, 0.6, lab.alpha:
        kept = shares(lab, alpha, 1)[0]
        assert kept[0] == pytest.approx(1 - alpha * lam[0]) and kept[3] == pytest.approx(
            -(alpha * lam[-1] - 1)
        )
    flat, *_, sharp = shares(lab, lab.alpha, 1)[0]
    assert flat == pytest.approx(-sharp) == keeps(lab, lab.alpha)
    assert all(keeps(lab, lab.alpha) < keeps(lab, share * lab.alpha) for share in (0.9, 0.99, 1.01, 1.1))
    assert len(lab.rates) == 11_999 and keeps(lab, lab.rates[np.argmin(lab.slowest)]) == pytest.approx(
        keeps(lab, lab.alpha), abs=1e-4
    )
    assert (
        f"leaves at most {keeps(lab, lab.rates[np.argmin(lab.slowest)]):.4f} of any error."
        in labs.printed_in("scale")
    )


def test_the_wrong_rates_do_what_their_explanations_say(lab):
    """“It is safe and solves the sharpest direction at once, but then the flattest keeps 0.875 of its error. You can go
    further: let the sharpest overshoot a little, until both are equally slow.” “This is the limit itself: the sharpest
    direction flips from side to side for ever.” “This solves the flattest direction at once and explodes in the sharpest:
    there αλ is κ = 8.” “It explodes: the mean curvature is 1, the largest 2.34, and there αλ is above 2. The ends decide, and
    a mean knows nothing of them.”"""
    lam = curvatures(lab.scaled)
    safe = shares(lab, mistaken("It is safe"), 300)
    assert (
        abs(safe[0, 3]) < 1e-12
        and safe[0, 0] == pytest.approx(0.875, abs=5e-4)
        and np.abs(safe[-1]).max() < 1e-12
    )
    assert (
        keeps(lab, 1.1 * mistaken("It is safe")) < 0.875
        and shares(lab, 1.1 * mistaken("It is safe"), 1)[0, 3] < 0
    )
    edge = shares(lab, mistaken("This is the limit itself"), 1000)[:, 3]
    assert np.all(edge[1:] * edge[:-1] < 0) and np.abs(edge) == pytest.approx(1, abs=1e-6)
    wild = shares(lab, mistaken("This solves the flattest"), 20)
    assert abs(wild[0, 0]) < 1e-12 and abs(wild[-1, 3]) > 1e10
    assert (
        mistaken("This solves the flattest") * lam[-1] == pytest.approx(8, abs=0.05) == stretched(lab.scaled)
    )
    mean = mistaken("It explodes: the mean")
    assert 1 / mean == pytest.approx(1) == np.mean(lam) and lam[-1] == pytest.approx(2.34, abs=0.005)
    assert mean * lam[-1] > 2 and abs(shares(lab, mean, 100)[-1, 3]) > 1e10


@pytest.mark.parametrize("seed", range(3))
def test_at_the_best_rate_every_direction_keeps_at_most_so_much(lab, seed):
    r"""“Then every direction keeps at most $(\kappa - 1)/(\kappa + 1)$ of its error at each update.”"""
    rng = np.random.default_rng(seed)
    columns = lab.scaled if seed == 0 else rng.normal(size=(50, 3)) * rng.uniform(0.3, 2, 3)
    X = np.column_stack([np.ones(len(columns)), columns])
    lam = curvatures(columns)
    step = np.eye(4) - 2 / (lam[0] + lam[-1]) * X.T @ X / len(columns)
    assert np.linalg.norm(step, 2) == pytest.approx((stretched(columns) - 1) / (stretched(columns) + 1))


def test_the_figure_s_text_says_where_its_curves_reach_a_thousandth(lab):
    """“Share of the error left in the slowest direction against the number of updates, both axes logarithmic. Scaled, the
    curve falls to a thousandth at 28 updates. In raw units it stays at one until a million updates and reaches a thousandth
    at 447 million.”"""
    (ax,) = labs.figure_of("scale")
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("updates", "share of the error left")
    lines = {line.get_label(): line.get_xydata() for line in ax.lines}

    def at(label, share):
        """Where a curve crosses this share, between two of its points, along its own straight line in logarithms."""
        t, left = lines[label].T
        place = np.argmax(left < share)
        assert left[place] < share <= left[place - 1]
        return t[place] * np.log(share) / np.log(left[place])

    assert np.ceil(at("scaled", 1e-3)) == 28 and at("raw units", 1e-3) == pytest.approx(447 * 10**6, rel=1e-3)
    early = lines["raw units"][lines["raw units"][:, 0] <= 10**6, 1]
    assert early.min() > 0.98 and after(lab.lengths, 10**6) == pytest.approx(early.min(), rel=2e-3)
    (dashed,) = (line for line in ax.lines if line.get_linestyle() == "--")
    assert set(dashed.get_ydata()) == {1e-3}


# 5. Back to millimetres


def test_the_slopes_per_millimetre_are_those_of_the_raw_table(lab):
    """“A biologist wants slopes in grams per millimetre, but `best` belongs to the scaled columns: intercept first, then a
    slope for each.” “They are the slopes that least squares finds in the raw table.” “One millimetre is 1/spread in a scaled
    column.”"""
    assert lab.slopes == pytest.approx(np.linalg.lstsq(lab.X, lab.mass)[0][1:])
    assert lab.best[0] == pytest.approx(lab.mass.mean()) and len(lab.best) == 1 + 3
    Z = np.column_stack([np.ones(123), lab.scaled])
    for k in range(3):
        longer = lab.lengths.copy()
        longer[:, k] += 1  # a millimetre
        moved = (longer - lab.lengths.mean(axis=0)) / lab.lengths.std(axis=0) - lab.scaled
        assert moved[:, k] == pytest.approx(1 / lab.lengths[:, k].std())
        assert moved @ lab.best[1:] == pytest.approx(lab.slopes[k])
    assert np.mean((Z @ lab.best - lab.mass) ** 2) <= np.mean((Z @ (lab.best * 1.001) - lab.mass) ** 2)


def test_the_wrong_slopes_are_what_their_explanations_say(lab):
    """“These are grams per spread: by so much is a penguin heavier if its bill is one spread longer.” “It is the wrong way
    round. A spread is 3 mm of bill length, so one millimetre brings less than one spread does.” “You scaled the slopes as if
    they were lengths. The means move the intercept and leave the slopes alone.” “The three slopes are right. The first of
    your four numbers is the intercept of the scaled columns: leave it out.”"""
    raw, spread = np.linalg.lstsq(lab.X, lab.mass)[0], lab.lengths.std(axis=0)
    assert mistaken("These are grams per spread") == pytest.approx(raw[1:] * spread)
    assert mistaken("It is the wrong way round.") == pytest.approx(raw[1:] * spread**2)
    assert spread[0] == pytest.approx(3, abs=0.1) and raw[1] < raw[1] * spread[0]
    as_lengths = mistaken("You scaled the slopes")
    assert as_lengths == pytest.approx((raw[1:] * spread - lab.lengths.mean(axis=0)) / spread)
    moved = np.linalg.lstsq(lab.X - [0, *lab.lengths.mean(axis=0)], lab.mass)[0]
    assert moved[1:] == pytest.approx(raw[1:]) and abs(moved[0] - raw[0]) > 1000
    four = mistaken("The three slopes are right.")
    assert four[1:] == pytest.approx(raw[1:]) and len(four) == 4
    assert (
        four[0]
        == pytest.approx(lab.mass.mean())
        == np.linalg.lstsq(np.column_stack([np.ones(123), lab.scaled]), lab.mass)[0][0]
    )


# 6. Change one thing


def test_a_flipper_in_metres_raises_the_limit_twenty_fold_and_doubles_kappa(lab):
    """“The largest column is now bill length, so the limit rises twenty-fold. But the flattest direction is flatter still,
    because a metre is a large step for a flipper whose spread is 0.0065 m: κ doubles. The rate may be higher, and the run
    takes twice as long.”"""
    metres = lab.lengths / [1, 1, 1000]
    assert np.argmax(np.mean(metres**2, axis=0)) == 0 and metres[:, 2].std() == pytest.approx(
        0.0065, rel=0.01
    )
    assert limit_of(metres) / limit_of(lab.lengths) == pytest.approx(20, rel=0.01)
    assert curvatures(metres)[0] < curvatures(lab.lengths)[0] / 40
    flattest = np.linalg.svd(np.column_stack([np.ones(123), metres]))[2][-1]
    assert abs(flattest[3]) > 0.9, "it is that of the flipper"
    assert stretched(metres) / stretched(lab.lengths) == pytest.approx(2, rel=0.15)
    assert updates_to_a_thousandth(metres) / updates_to_a_thousandth(lab.lengths) == pytest.approx(
        2, rel=0.15
    )


@pytest.mark.parametrize("units", [(1, 1, 1000), (10, 1, 1), (25.4, 0.001, 7)])
def test_after_scaling_a_unit_has_cancelled(lab, units):
    """“After scaling nothing has changed, because a column's unit cancels when it is divided by its own spread.”"""
    other = lab.lengths / units
    again = (other - other.mean(axis=0)) / other.std(axis=0)
    assert np.allclose(again, lab.scaled) and limit_of(again) == pytest.approx(limit_of(lab.scaled))
    assert np.allclose(other / other.std(axis=0), lab.lengths / lab.lengths.std(axis=0))
