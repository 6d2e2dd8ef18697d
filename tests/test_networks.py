"""The claims of the chapter on networks, a test a sentence.

Runs at the edge of stability are chaotic: their numbers are asserted as ranges.
"""

from functools import cache

import numpy as np
import pytest

from conftest import axes_of, names_of

pytestmark = pytest.mark.xdist_group("networks")  # one worker runs the program once


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
    error = np.array([(1 - 0.02 * 200) ** t for t in range(5)])
    assert error[1:] / error[:-1] == pytest.approx(-3)
    assert (error[1:] / error[:-1]) ** 2 == pytest.approx(9)
    assert abs(1 - 0.0099 * 200) < 1 < abs(1 - 0.0101 * 200)


def test_recall_two_gradients_give_a_curvature_of_20_and_the_largest_is_at_least_that():
    product = (np.array([3.2, 1.1]) - np.array([3, 1])) / 0.01
    assert product == pytest.approx([20, 10])
    for last in (-500, 0, 500):  # whatever the entry that was not measured
        assert np.linalg.eigvalsh([[20, 10], [10, last]])[-1] >= 20


# The question, in numpy


def test_the_data_are_a_hundred_people_with_pressures_around_13(chapter):
    people, pressure, shapes, _ = chapter.raw
    assert people.shape == (100, 2)
    assert round(float(pressure.mean())) == 13
    assert sum((a + 1) * b for a, b in shapes) == 201


def test_at_a_ten_thousandth_the_loss_falls_at_every_update_from_7491_to_32():
    losses = run("raw", 1e-4, 240)[1]
    assert losses[0] == pytest.approx(7491, abs=0.5)
    assert losses[20] == pytest.approx(32, abs=0.5)
    assert np.all(np.diff(losses[:21]) < 0)


def test_at_a_thousandth_the_loss_passes_a_trillion_at_update_8():
    losses = run("raw", 1e-3, 270)[1]
    assert losses[7] < 1e12 < losses[8]


@pytest.mark.parametrize("kind", ["raw", "standard relu", "wave"])
def test_backpropagation_gives_the_slopes_of_the_loss(chapter, kind):
    task = tasks(chapter)[kind]
    w = chapter.start(task[2], seed=3)
    loss, g = chapter.gradient(w, task)
    assert loss == pytest.approx(own_gradient(w, task)[0])
    assert g == pytest.approx(own_gradient(w, task)[1], rel=1e-9, abs=1e-9)
    for i in range(0, len(w), 13):
        e = 1e-6 * np.eye(len(w))[i]
        two = own_gradient(w + e, task)[0] - own_gradient(w - e, task)[0]
        assert two / 2e-6 == pytest.approx(g[i], rel=1e-4, abs=1e-4)


def test_at_a_millionth_nine_digits_agree_and_a_larger_or_smaller_h_is_worse(chapter):
    lines = chapter.printed["check"].splitlines()
    exact = float(lines[-1].split()[-1])
    off = {float(h): abs(float(s) / exact - 1) for h, s in (line.split() for line in lines[1:-1])}
    assert off[1e-6] < 1e-9
    assert off[1e-1] > off[1e-2] > off[1e-4] > off[1e-6]
    assert off[1e-10] > 10 * off[1e-6]


# The explosion


def test_for_some_fifteen_updates_the_growth_differs_and_then_it_is_16_81():
    losses = run("raw", 1e-3, 270)[1]
    growth = losses[1:240] / losses[:239]
    assert np.ptp(growth[:14]) > 5
    assert growth.min() == pytest.approx(8.14, abs=5e-3)
    assert growth[15:] == pytest.approx(16.81, abs=1e-6)


@pytest.mark.parametrize("seed", range(1, 5))
def test_it_is_16_81_from_other_starts_too(seed):
    losses = run("raw", 1e-3, 60, seed)[1]
    assert losses[21:] / losses[20:-1] == pytest.approx(16.81, abs=1e-6)


def test_every_hidden_unit_is_driven_to_one_size_and_the_same_sign_for_everybody(chapter):
    people = chapter.raw[0]
    w = run("raw", 1e-3, 40)[0]
    hidden = np.tanh(people @ w[:100].reshape(2, 50) + w[100:150])
    assert np.all(np.abs(hidden) == 1)
    assert np.all(hidden == hidden[0])
    layer = np.hstack([hidden, np.ones((100, 1))])
    lam = np.linalg.eigvalsh(layer.T @ layer)[-1]
    assert lam == pytest.approx(5100)
    assert (1 - 0.001 * lam) ** 2 == pytest.approx(16.81)
    first_layer = own_gradient(w, chapter.raw)[1][:150]
    assert np.all(first_layer == 0)  # it no longer learns


def test_the_loss_is_inf_before_it_is_nan():
    losses = run("raw", 1e-3, 270)[1]
    inf, nan = np.argmax(np.isinf(losses)), np.argmax(np.isnan(losses))
    assert 240 < inf < nan < 265


def test_with_relu_on_standardised_inputs_the_factor_itself_grows():
    losses = run("standard relu", 0.01, 6)[1]
    growth = losses[1:6] / losses[:5]
    assert growth[:3] == pytest.approx([87, 16_600, 4e14], rel=0.07)
    assert np.all(growth[1:] > growth[:-1])


# Sharpness


def test_the_printed_estimates_and_all_of_h(chapter):
    for line, seed in zip(chapter.printed["sharpness"].splitlines()[1:], (0, 1), strict=True):
        w = chapter.start(chapter.raw[2], seed)
        lam = np.linalg.eigvalsh(hessian(w, chapter.raw))
        *estimates, least, largest = numbers(line)
        assert [least, largest] == pytest.approx([lam[0], lam[-1]], abs=1)  # every digit shown is right
        assert estimates == pytest.approx([power(w, chapter.raw, n) for n in (1, 2, 5, 20, 100)], abs=2)


def test_the_first_start_climbs_from_below_and_reaches_the_largest(chapter):
    *estimates, _, largest = numbers(chapter.printed["sharpness"].splitlines()[1])
    assert estimates == sorted(estimates)
    assert max(estimates) <= largest
    assert estimates[-1] == largest == 61_840


def test_the_second_start_finds_the_curvature_that_is_largest_in_size(chapter):
    *estimates, least, largest = numbers(chapter.printed["sharpness"].splitlines()[2])
    assert estimates[-1] == pytest.approx(least)
    assert -least > largest > 0


# The limit


def limit_rows(chapter):
    return [numbers(line[13:]) for line in chapter.printed["limit"].splitlines()[1:]]


@pytest.mark.parametrize("place, kind", list(enumerate(["raw", "raw later", "standard", "standard relu"])))
def test_the_measured_limit_is_where_200_updates_make_the_loss_a_thousand_times_larger(chapter, place, kind):
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
    assert 1e-4 / (2 / sharpest(chapter.start(chapter.raw[2]), chapter.raw)) == pytest.approx(3.1, abs=0.05)


def test_in_the_safe_run_the_curvature_is_9570_after_one_update_and_about_5000_from_the_third(chapter):
    assert sharpest(run("raw", 1e-4, 1)[0], chapter.raw) == pytest.approx(9570, rel=1e-3)
    for updates in (3, 5, 8):
        assert sharpest(run("raw", 1e-4, updates)[0], chapter.raw) == pytest.approx(5000, rel=0.05)


def test_the_measured_limit_on_raw_inputs_belongs_to_5100(chapter):
    assert limit_rows(chapter)[0][2] == pytest.approx(0.000392, rel=0.03)


def test_standardised_inputs_raise_the_limit_nearly_five_fold(chapter):
    rows = limit_rows(chapter)
    assert 4.6 < rows[2][2] / rows[0][2] < 5


def test_in_all_four_rows_the_limit_lies_above_two_over_sharpness(chapter):
    assert all(row[3] > 1.1 for row in limit_rows(chapter))
    assert limit_rows(chapter)[1][3] < 1.25  # a fifth off
    assert limit_rows(chapter)[2][3] < 1.3  # nearly as good


@pytest.mark.parametrize("place", range(4))
def test_so_the_curvature_must_fall_during_the_run(chapter, place):
    """At 1.1 times 2/sharpness αλ is 2.2 at the start, and after 200 updates it is lower."""
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
    alpha, (p, lam) = product_run(alpha_lambda, 12, seed=5)
    expected = p[:-1] * (1 - alpha * lam[:-1] + alpha**2 * p[:-1] ** 2 / 1000)
    assert p[1:] == pytest.approx(expected, rel=1e-7, abs=1e-9)
    assert lam[1:] == pytest.approx(lam[:-1] + alpha * p[:-1] ** 2 / 1000 * (alpha * lam[:-1] - 4))


def test_at_the_bottom_its_only_curvature_is_lambda():
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
    _, (p, lam) = product_run(3.9, 1500, seed)
    assert abs(p[-1]) < 1e-3 < 10 < np.abs(p).max()
    assert lam[-1] < lam[0] / 2  # αλ from 3.9 to below 2
    assert not np.isfinite(product_run(4.1, 1500, seed)[1]).all()


def test_the_table_of_the_catapult(chapter):
    rows = {row[0]: row[1:] for row in map(numbers, chapter.printed["catapult"].splitlines()[1:])}
    assert [rows[one][2] for one in (1, 1.9, 2.5, 3, 3.5, 3.99, 4.05)] == [20] * 6 + [0]
    assert rows[1][0] == pytest.approx(1.1, abs=0.05)
    assert rows[1.9][0] == rows[1][0]  # below the limit it does not rise
    for above in (2.5, 3, 3.5, 3.99):
        assert rows[above][0] > 40 * rows[1][0]
        assert rows[above][1] < 2 < above
    assert rows[3.99][0] / rows[1][0] > 400


def test_the_relu_network_survives_an_alpha_lambda_of_5_7(chapter):
    assert 2 * limit_rows(chapter)[3][3] == pytest.approx(5.7, abs=0.05)
    assert run("standard relu", 2.3 * 2 / limit_rows(chapter)[3][0], 200)[1].max() < 1e5


# The edge of stability


def test_at_the_start_the_sharpness_of_the_wave_network_is_74(chapter):
    sharp = sharpest(chapter.start(chapter.wave[2]), chapter.wave)
    assert sharp == pytest.approx(74, abs=0.5)
    assert 0.01 * sharp == pytest.approx(0.74, abs=5e-3)


@pytest.mark.parametrize("alpha", [0.01, 0.02])
def test_the_sharpness_climbs_to_two_over_the_rate_and_hovers(chapter, alpha):
    for updates in (6000, 7000, 8000):
        assert power(run("wave", alpha, updates)[0], chapter.wave, 60) == pytest.approx(2 / alpha, rel=0.05)


def test_over_the_last_2000_updates_the_sharpness_is_within_2_percent_of_two_over_the_rate(chapter):
    for line in chapter.printed["edge"].splitlines():
        assert line.endswith(": 74 → 2.0/α")
    for curve, edge in zip(axes_of(chapter, "edge")[0].lines[1::2], (400, 200, 100), strict=True):
        assert np.mean(curve.get_ydata()[-20:]) == pytest.approx(edge, rel=0.02)


@pytest.mark.parametrize("nudge", [0, 1e-13])
def test_at_the_edge_the_loss_rises_on_about_every_second_update_and_ends_at_two_hundredths(chapter, nudge):
    """The program's own run, and with another rounding: from update 4,000 it is at the edge."""
    w = chapter.start(chapter.wave[2]) * (1 + nudge)
    losses = chapter.descend(w, chapter.wave, 0.01, 8000)[1]
    assert np.mean(np.diff(losses[4000:]) > 0) == pytest.approx(0.5, abs=0.05)
    assert np.mean(np.diff(losses[:1000]) > 0) < 0.01  # and before it comes to the edge, on none
    assert losses[0] == pytest.approx(5.9, abs=0.05)
    assert losses[-1] == pytest.approx(0.02, abs=0.002)


def test_at_one_hundredth_the_sharpness_passes_200_the_loss_jumps_and_both_come_back(chapter):
    losses = run("wave", 0.01, 8000)[1]
    assert 3 < losses.max() / losses[0] < 9
    assert losses[-1] < losses[0] / 100
    sharp = [power(run("wave", 0.01, updates)[0], chapter.wave, 60) for updates in range(1400, 2300, 100)]
    highest = int(np.argmax(sharp))
    assert sharp[highest] > 220
    assert min(sharp[highest:]) < 200


def test_the_spiky_losses_of_the_figure_fall_to_hundredths_or_tenths(chapter):
    ends = [line.get_ydata()[-1] for line in chapter.right.lines]
    assert len(ends) == 3
    assert max(ends[0], ends[1]) < 0.1
    assert ends[2] == pytest.approx(0.2, abs=0.02)


def test_each_dashed_line_is_two_over_a_rate(chapter):
    dashed = [line.get_ydata()[0] for line in chapter.left.lines if line.get_linestyle() == "--"]
    assert dashed == pytest.approx([400, 200, 100])


def test_at_one_twentieth_it_explodes_within_150_updates_and_then_grows_400_fold():
    losses = run("wave", 0.05, 240)[1]
    assert losses[100] < 10
    assert losses[150] > 1e6
    points, units = len(names_of("networks").wave[0]), names_of("networks").wave[2][-1][0]
    expected = (0.05 * points * (units + 1) - 1) ** 2
    assert expected == pytest.approx(400)
    assert losses[160:239] / losses[159:238] == pytest.approx(expected, rel=1e-6)


# You may think …


def test_a_relu_network_on_raw_inputs_comes_back_dead(chapter):
    losses = run("raw relu", 1e-4, 2000)[1]
    assert losses[0] == pytest.approx(20_875, abs=1)
    assert losses[1] == pytest.approx(8e9, rel=0.02)
    assert losses[-1] == pytest.approx(35.3, abs=0.05)


@pytest.mark.parametrize("seed", range(6))
def test_it_and_five_other_starts_end_with_every_unit_at_0_for_every_person(chapter, seed):
    task = (*chapter.raw[:3], chapter.relu)
    w, losses = chapter.descend(chapter.start(task[2], seed), task, 1e-4, 2000)
    assert losses.max() > 1e8
    assert losses[-1] == pytest.approx(50 * chapter.raw[1].var())  # what predicting the mean costs
    assert np.all(chapter.people @ w[:100].reshape(2, 50) + w[100:150] <= 0)


# Exercises


def next_pair(p, lam, alpha=1.5, n=1000):
    return p * (1 - alpha * lam + alpha**2 * p**2 / n), lam + alpha * p**2 / n * (alpha * lam - 4)


def test_exercise_1_the_output_is_minus_22_and_the_curvature_1_4():
    p, lam = next_pair(20, 2)
    assert (p, lam) == (pytest.approx(-22), pytest.approx(1.4))
    assert (20**2 / 2, p**2 / 2) == (200, pytest.approx(242))


def test_exercise_2_the_run_settles_at_a_hundredth_of_its_curvature():
    p, lam = next_pair(-22, 1.4)
    assert (p, lam) == (pytest.approx(0.242), pytest.approx(0.0206))
    assert 1.5 * lam == pytest.approx(0.03, abs=2e-3)
    path = [(p, lam)]
    for _ in range(300):
        path.append(next_pair(*path[-1]))
    outputs = np.array(path)[:, 0]
    assert np.all(outputs[1:] < outputs[:-1])  # smoothly
    assert 0 < outputs[-1] < 1e-3
    assert lam == pytest.approx(2 / 100, rel=0.05)


def test_exercise_3_a_shift_finds_the_largest_curvature(chapter):
    w = chapter.start(chapter.raw[2], seed=1)
    assert power(w, chapter.raw, 100) == pytest.approx(-31_798, abs=1)
    assert power(w, chapter.raw, 600, shift=31_798) == pytest.approx(24_331, abs=1)
    assert power(w, chapter.raw, 100, shift=31_798) == pytest.approx(24_276, abs=1)
    assert sharpest(w, chapter.raw) == pytest.approx(24_331, abs=1)


@pytest.mark.parametrize("scale, sharp", [(0.5, 28), (1, 74), (2, 236), (4, 473)])
def test_exercise_4_larger_weights_make_a_sharper_loss(chapter, scale, sharp):
    assert sharpest(scale * chapter.start(chapter.wave[2]), chapter.wave) == pytest.approx(sharp, abs=0.5)


def test_exercise_4_two_over_sharpness_falls_from_0_072_to_0_0042(chapter):
    w = chapter.start(chapter.wave[2])
    assert 2 / sharpest(w / 2, chapter.wave) == pytest.approx(0.072, abs=5e-4)
    assert 2 / sharpest(4 * w, chapter.wave) == pytest.approx(0.0042, abs=5e-5)


# In your own run


def test_too_coarse_a_step_reads_5497_and_a_finer_one_changes_nothing(chapter):
    w = chapter.start(chapter.raw[2])
    assert power(w, chapter.raw, 100, h=0.1) == pytest.approx(5497, rel=1e-3)
    assert power(w, chapter.raw, 100, h=1e-6) == pytest.approx(power(w, chapter.raw, 100), rel=1e-5)


def test_a_relu_kink_between_the_two_gradients_can_spoil_the_estimate(chapter):
    task, w = tasks(chapter)["standard relu"], chapter.start(chapter.raw[2])
    estimates = [power(w, task, 100, h) for h in (1e-2, 1e-3, 1e-4, 1e-5)]
    assert min(estimates) < 0.5 * max(estimates)


def test_twenty_turns_come_within_a_thousandth_of_the_first_start(chapter):
    w = chapter.start(chapter.raw[2])
    assert power(w, chapter.raw, 20) == pytest.approx(sharpest(w, chapter.raw), rel=1e-3)
