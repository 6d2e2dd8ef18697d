"""The claims of the chapter on Adam, a test a sentence.

Runs at the edge are chaotic: their numbers are asserted as ranges.
"""

import re
from functools import cache

import numpy as np
import pytest

from conftest import ROOT, axes_of, names_of

pytestmark = pytest.mark.xdist_group("adam")  # one worker runs the program once
PAGE = " ".join((ROOT / "docs" / "adam.md").read_text(encoding="utf-8").split())


def moves(gradients, b1=0.9, b2=0.999, eps=1e-8, start=0):
    """The updates of Adam in units of α, written out from the paper's formulas for given gradients."""
    m, v, seen = 0.0, 0.0, []
    for t, g in enumerate(gradients, start + 1):
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        seen.append(m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps))
    return np.array(seen)


@cache
def losses_of(layers, alpha, updates, seed=0, warm=1, nudge=0.0):
    """The losses of the chapter's ReLU network under Adam, with a rate that grows over the first updates."""
    names = names_of("adam")
    task = names.X, names.y * (1 + nudge), ((8, 32), *[(32, 32)] * (layers - 2), (32, 1)), names.relu
    rates = alpha * np.minimum(1, np.arange(1, updates + 1) / warm)
    return np.array([loss for loss, *_ in names.train(task, rates, updates, seed=seed)])


@cache
def descent_of(layers, alpha, updates, seed=0):
    """The losses of plain descent from the same start."""
    names = names_of("adam")
    task = names.X, names.y, ((8, 32), *[(32, 32)] * (layers - 2), (32, 1)), names.relu
    w, losses = next(names.train(task, 1, 1, seed=seed))[2], []
    with np.errstate(all="ignore"):
        for _ in range(updates):
            loss, g = names.gradient(w, task)
            losses.append(loss)
            w = w - alpha * g
    return np.array(losses)


def numbers(text):
    return [float(word) for word in text.split()]


def guessing():
    return names_of("adam").y.var() / 2


# A rate is a distance


def test_the_first_update_moves_every_weight_by_the_rate_whether_its_gradient_is_a_millionth_or_a_million():
    for g in (1e-6, -1e6, 3.0):
        assert moves([g])[0] == pytest.approx(np.sign(g), rel=0.011)  # ε is a hundredth of 1e-6
    assert f"by {4096 * 0.1:.0f}." in PAGE and f"still {4096 * 0.001:.1f}." in PAGE


def test_recall_a_factor_of_16_becomes_2401():
    assert ((5 - 1) ** 2, (50 - 1) ** 2) == (16, 2401)


# Adam in three changes


def rows(chapter):
    return {line[:7].strip(): numbers(line[7:]) for line in chapter.printed["adam"].splitlines()[1:]}


def test_each_row_is_one_change_alone(chapter):
    found = rows(chapter)
    assert found["descent"][:2] == pytest.approx([30, 3000], rel=1e-3)
    assert found["1"][:2] == pytest.approx([3, 300], rel=1e-3)
    assert found["2"][:2] == pytest.approx([1000**0.5] * 2, rel=2e-3)
    assert found["2 and 3"][:2] == found["all 3"][:2] == [1, 1]
    w, path = np.ones(2), []  # the averaged gradient, by hand
    m = np.zeros(2)
    for _ in range(50):
        m = 0.9 * m + 0.1 * np.array([30, 3000]) * w
        w = w - 0.1 * m
        path.append(w)
    assert found["1"][2:] == pytest.approx(path[-1], rel=1e-2)


def test_averaging_raises_the_limit_to_38_so_the_run_at_3_settles_and_the_run_at_300_explodes(chapter):
    found = rows(chapter)
    assert abs(found["descent"][2]) > 1e10 and abs(found["descent"][3]) > 1e100
    assert abs(found["1"][2]) < 0.1 and abs(found["1"][3]) > 1e50


def test_scaling_makes_the_two_parabolas_the_same(chapter):
    found = rows(chapter)
    for name in ("2", "2 and 3", "all 3"):
        assert found[name][0] == found[name][1] and found[name][2] == pytest.approx(found[name][3], rel=1e-2)
        assert abs(found[name][2]) < 0.1


@pytest.mark.parametrize("scale", [100, 1000])
def test_a_sum_in_place_of_a_mean_or_a_loss_times_1000_leaves_adam_where_it_was(chapter, scale):
    task = chapter.X, chapter.y, ((8, 32), (32, 1)), chapter.relu
    ends = []
    for factor in (1, scale):
        w, kept = next(chapter.train(task, 1, 1))[2], 0
        kept = np.zeros((2, len(w)))
        for t in range(1, 101):
            w = w - 1e-3 * chapter.adam(factor * chapter.gradient(w, task)[1], kept, t)
        ends.append(w)
    assert np.abs(ends[1] / ends[0] - 1).max() < 1e-3


@pytest.mark.parametrize("wide", ["inputs", "targets"])
def test_the_size_of_inputs_and_targets_still_counts(chapter, wide):
    def updates(grow):
        X = chapter.X * (grow if wide == "inputs" else 1)
        y = chapter.y * (grow if wide == "targets" else 1)
        task = X, y, ((8, 32), (32, 1)), chapter.relu
        losses = np.array([loss for loss, *_ in chapter.train(task, 0.01, 600)])
        below = losses < 0.2 * y.var() / 2
        return below.argmax() if below.any() else 600

    assert abs(np.log(updates(100) / updates(1))) > np.log(2)


# How far does one update go?


def test_under_pure_noise_a_typical_update_is_0_23_alpha_and_the_first_is_four_times_as_long():
    rng = np.random.default_rng(0)
    seen = moves(rng.normal(size=(1500, 200)))  # 200 weights
    typical = np.sqrt(np.mean(seen[500:] ** 2))
    assert typical == pytest.approx(np.sqrt(0.1 / 1.9), rel=0.02)
    assert f"= {np.sqrt(0.1 / 1.9):.2f} α" in PAGE
    assert np.abs(seen[0]) == pytest.approx(1, rel=1e-4)
    assert 4 < 1 / typical < 4.5


def test_the_table_of_the_jump_after_a_calm(chapter):
    for line in chapter.printed["bound"].splitlines()[1:]:
        b2, at_once, largest, update, in_all, bound = numbers(line)
        calm = np.zeros(30_000)
        stays = moves([*calm, *np.ones(300)], b2=b2)[30_000:]
        once = moves([*calm, 1.0, *np.zeros(400)], b2=b2)[30_000:]
        assert at_once == pytest.approx(stays[0], rel=1e-3)
        assert largest == pytest.approx(stays.max(), rel=1e-3) and update == stays.argmax() + 1
        assert in_all == pytest.approx(once.sum(), rel=1e-3)
        assert bound == pytest.approx(0.1 / np.sqrt((1 - b2) * (1 - 0.81 / b2)), rel=1e-3)


@pytest.mark.parametrize("b2", [0.999, 0.99, 0.95])
def test_no_gradients_whatever_can_pass_the_bound_and_some_come_up_to_it(b2):
    bound = 0.1 / np.sqrt((1 - b2) * (1 - 0.81 / b2))
    worst = moves((b2 / 0.9) ** np.arange(600), b2=b2, eps=0, start=10**5)
    assert worst[-1] == pytest.approx(bound, rel=1e-9)
    rng = np.random.default_rng(0)
    for _ in range(20):
        wild = rng.normal(size=2000) * 10 ** rng.uniform(-8, 8, size=2000)
        assert np.abs(moves(wild, b2=b2)).max() <= bound * (1 + 1e-9)
        early = (b2 / 0.9) ** np.arange(40.0)  # nor early, while the correction acts
        assert np.abs(moves(early, b2=b2)).max() <= bound


def test_the_three_curves_of_the_figure_peak_where_the_text_says(chapter):
    (panel,) = axes_of(chapter, "bound")
    curves = [line.get_ydata() for line in panel.lines if len(line.get_xdata()) == 40]
    assert [round(float(max(one)), 1) for one in curves] == [6.6, 2.1, 1.1]
    assert round(curves[0][0], 1) == 3.2 and np.argmax(curves[0]) == 11
    dotted = [line.get_ydata()[0] for line in panel.lines if line.get_linestyle() == ":"]
    assert all(max(one) < most for one, most in zip(curves, dotted, strict=True))


def test_the_tasks_beside_the_live_figure():
    def after(jump, calm=10_000, once=False, b2=0.999):
        trembling = (-1.0) ** np.arange(calm)
        return moves([*trembling, jump, *[0 if once else jump] * 59], b2=b2)[calm:]

    assert after(10)[0] == pytest.approx(0.909, abs=5e-4)
    assert np.sqrt(0.999 + 0.1) == pytest.approx(1.05, abs=5e-3)
    assert after(100)[0] > 0.94 * 3.16
    assert after(1000, once=True).sum() == pytest.approx(31.7, abs=0.05)
    assert after(1000, once=True, b2=0.95).sum() == pytest.approx(5.79, abs=5e-3)
    assert after(1e6, once=True).sum() < 1.005 * after(1000, once=True).sum()
    early = after(1000, calm=10)
    assert early[0] == pytest.approx(0.48, abs=5e-3) and early.max() == pytest.approx(1.12, abs=5e-3)


# One jump, then down


def jump_rows(chapter):
    lines = [numbers(line) for line in chapter.printed["jump"].splitlines()[1:]]
    return {(int(layers), alpha): losses for layers, alpha, *losses in lines}


def test_in_all_six_runs_the_loss_jumps_at_the_first_update_and_then_falls(chapter):
    for (layers, alpha), losses in jump_rows(chapter).items():
        run = losses_of(layers, alpha, 1000)
        assert run.argmax() == 1
        assert losses[:5] == pytest.approx([run[t] for t in (0, 1, 2, 8, 64)], rel=0.06)
    assert len(jump_rows(chapter)) == 6


@pytest.mark.parametrize("layers", [2, 3, 4])
@pytest.mark.parametrize("seed", range(5))
def test_ten_times_the_rate_makes_the_first_loss_ten_to_the_two_l_times_as_large(layers, seed):
    far = losses_of(layers, 300, 2, seed)[1] / losses_of(layers, 30, 2, seed)[1]
    assert far == pytest.approx(10 ** (2 * layers), rel=0.05)


def test_plain_descent_at_2_climbs_from_0_99_to_inf_at_update_6():
    losses = descent_of(4, 2.0, 8)
    assert losses[:4] == pytest.approx([0.99, 5.6, 17, 5000], rel=0.03)
    assert losses[4] == pytest.approx(5e12, rel=0.05)
    assert np.isfinite(losses[5]) and losses[6] == np.inf


@cache
def end_of(layers, alpha, updates, seed=0):
    """The last loss, the units of the last hidden layer that are left, and how much of √v after the jump is."""
    names = names_of("adam")
    task = names.X, names.y, ((8, 32), *[(32, 32)] * (layers - 2), (32, 1)), names.relu
    roots = []
    for end in names.train(task, alpha, updates, seed=seed):
        roots.append(np.sqrt(end[3][1][-1]))
    loss, _, w, _ = end
    h = names.X
    for a, b in task[2][:-1]:
        W, w = w[: (a + 1) * b].reshape(a + 1, b), w[(a + 1) * b :]
        h = np.maximum(h @ W[:-1] + W[-1], 0)
    return loss, int((h.max(axis=0) > 0).sum()), roots[-1] / roots[8]


def test_two_layers_at_0_3_jump_and_then_learn_everything():
    losses = losses_of(2, 0.3, 1000)
    assert losses[1] > 5 * losses[0] and losses[-1] < 1e-3


@pytest.mark.parametrize("alpha", [0.3, 3, 30])
def test_with_four_layers_no_unit_of_the_last_hidden_layer_is_left(alpha):
    loss, left, remembered = end_of(4, alpha, 1000)
    assert left == 0
    if alpha == 0.3:
        assert loss == pytest.approx(guessing(), rel=1e-3) and f"`{guessing():.2g}`" in PAGE
    else:
        assert loss > 10 * guessing() and remembered > 0.5  # v has not forgotten the jump


def test_of_six_runs_with_four_layers_at_0_3_all_come_back_and_four_predict_the_mean():
    runs = [losses_of(4, 0.3, 2000, seed) for seed in range(6)]
    assert all(run.max() > 100 and run[-1] < 1.001 * guessing() for run in runs)
    assert sum(run[-1] > 0.999 * guessing() for run in runs) == 4


@pytest.mark.parametrize("seed", range(2))
def test_at_0_3_warm_up_only_postpones_the_end(seed):
    warmed = losses_of(4, 0.3, 1000, seed, warm=100)
    assert warmed[:60].max() < 1.1 * warmed[0]
    assert warmed[-1] > 0.5 * guessing()


@pytest.mark.parametrize("seed", range(3))
def test_at_a_tenth_a_warm_up_of_100_takes_the_jump_away(seed):
    bare, warmed = losses_of(4, 0.1, 150, seed), losses_of(4, 0.1, 150, seed, warm=100)
    assert bare.argmax() == 1 and bare[1] > 2 * bare[0]
    assert warmed.max() == warmed[0]
    if seed == 0:
        assert bare[1] == pytest.approx(7.1, abs=0.05)


# Its limit


def curvatures(names, w, P, h=1e-5):
    """All eigenvalues of P⁻¹H, from the whole Hessian, made symmetric by the root of P on both sides."""
    columns = [
        names.gradient(w + e, names.wave)[1] - names.gradient(w - e, names.wave)[1]
        for e in h * np.eye(len(w))
    ]
    H = np.array(columns) / (2 * h)
    return np.linalg.eigvalsh((H + H.T) / 2 / np.sqrt(P) / np.sqrt(P)[:, None])


@cache
def wave_run(alpha, b1, b2, updates, every=1000):
    """Losses of the wave under Adam, and α λmax(P⁻¹H) from the whole Hessian after each so many updates."""
    names, losses, found = names_of("adam"), [], []
    for t, (loss, _, w, kept) in enumerate(names.train(names.wave, alpha, updates + 1, b1=b1, b2=b2)):
        losses.append(loss)
        if t and t % every == 0:
            found.append(alpha * curvatures(names, w, np.sqrt(kept[1]) + 1e-8)[-1])
    return np.array(losses), np.array(found)


@pytest.mark.parametrize("beta", [0, 0.5, 0.9])
def test_with_its_denominators_held_still_it_settles_exactly_below_two_one_plus_beta_over_one_minus_beta(
    beta,
):
    rng = np.random.default_rng(0)
    A, P = rng.normal(size=(6, 4)), rng.uniform(0.1, 2, size=4)
    H = A.T @ A
    limit = 2 * (1 + beta) / (1 - beta) / np.linalg.eigvals(H / P[:, None]).real.max()
    for share, settles in ((0.99, True), (1.01, False)):
        w, m = np.ones(4), np.zeros(4)
        for _ in range(4000):
            m = beta * m + (1 - beta) * H @ w
            w = w - share * limit * m / P
            if np.abs(w).max() > 1e9:
                break
        assert (np.abs(w).max() < 1) == settles


def test_the_estimates_from_gradients_are_those_of_the_whole_hessian(chapter):
    printed = {
        int(a): float(b)
        for a, b in (line[7:].split(": α λmax = ") for line in chapter.printed["sharpness"].splitlines())
    }
    for t, (_, _, w, kept) in enumerate(chapter.train(chapter.wave, 0.01, 1001)):
        if t in (1, 10, 100, 1000):
            P = np.sqrt(kept[1] / (1 - 0.999**t)) + 1e-8
            whole = 0.01 * curvatures(chapter, w, P)[-1]
            assert 0.01 * chapter.sharpness(w, P) == pytest.approx(whole, rel=0.02)
            assert printed[t] == pytest.approx(whole, rel=0.02 if t < 1000 else 0.15)


@pytest.mark.parametrize("alpha, b2", [(0.01, 0.999), (0.001, 0.95)])
def test_training_climbs_to_38_and_hovers_there(alpha, b2):
    losses, found = wave_run(alpha, 0.9, b2, 5000)
    assert found[1:].min() > 30 and found[1:].max() < 46
    assert np.median(losses[-500:]) < 1e-5 * losses[0]


def test_the_shares_of_rising_updates_and_the_mean_of_the_last_2000_are_those_printed(chapter):
    for line in chapter.printed["edge"].splitlines():
        alpha, b2, mean, rises = map(float, re.findall(r"\d+\.?\d*(?=[,:%])", line.replace("β₂ = ", "")))
        losses, found = wave_run(alpha, 0.9, b2, 5000)
        assert mean == pytest.approx(np.mean(found[-2:]), rel=0.15)
        assert rises == pytest.approx(100 * np.mean(np.diff(losses[2000:]) > 0), abs=6)


@pytest.mark.parametrize("b1, edge", [(0.5, 6), (0.0, 2)])
def test_exercise_4_with_other_averages_it_hovers_at_6_and_at_2(b1, edge):
    names, found = names_of("adam"), []
    for t, (_, _, w, kept) in enumerate(names.train(names.wave, 0.001, 4001, b1=b1, b2=0.95)):
        if t >= 2000 and t % 100 == 0:
            found.append(0.001 * names.sharpness(w, np.sqrt(kept[1]) + 1e-8))
    assert edge == 2 * (1 + b1) / (1 - b1)
    assert np.mean(found) == pytest.approx(edge, rel=0.12)


# A bad batch after a calm


@cache
def spikes(seed=0, warm=1, nudge=0.0):
    """The peak after the bad batch for each remedy, with the chapter's program after a calm of another start."""
    names = names_of("adam")
    calm = names.X, names.y * (1 + nudge), ((8, 32), (32, 1)), names.relu
    rates = 3e-3 * np.minimum(1, np.arange(1, 1501) / warm)
    scope = vars(names) | {"calm": calm, "run": list(names.train(calm, rates, 1500, seed=seed))}
    spike = type(names.spike)(names.spike.__code__, scope, "spike", names.spike.__defaults__)
    tries = {"plain": {}, "worse": {"bad": 100}, "b2 0.99": {"b2": 0.99}, "b2 0.95": {"b2": 0.95}}
    tries |= {"eps": {"eps": 0.01}, "clip": {"clip": 1}, "lower": {"alpha": 3e-4}}
    return {name: float(spike(**how)) for name, how in tries.items()}


@pytest.mark.parametrize("seed", range(4))
def test_from_other_starts_the_remedies_stand_in_the_same_order(seed):
    found = spikes(seed)
    order = ["clip", "lower", "b2 0.95", "b2 0.99", "eps", "plain", "worse"]
    assert sorted(found, key=found.get) == order
    assert found["worse"] < 4.5 * found["plain"]  # ten times as bad a batch
    assert found["eps"] > 0.7 * found["plain"]
    if not seed:
        shares = [found["plain"] / found[one] for one in ("b2 0.95", "lower", "clip")]
        assert shares == pytest.approx([11, 28, 41], rel=0.05)
        assert found["worse"] / found["plain"] == pytest.approx(3.5, rel=0.05)


def test_the_printed_peaks_are_those_of_the_program_and_do_not_hang_on_the_last_digit(chapter):
    printed = [float(line.split()[0]) for line in chapter.printed["spike"].splitlines()]
    for found in spikes(), spikes(nudge=1e-12):
        assert printed == pytest.approx(list(found.values()), rel=0.08)


def test_warm_up_changes_nothing_for_a_spike_that_comes_later():
    assert spikes(warm=100)["plain"] == pytest.approx(spikes()["plain"], rel=0.1)


# The batch, and weight decay


@pytest.mark.parametrize(
    "size, way", [(1, 0.06), (4, 0.12), (16, 0.24), (64, 0.45), (256, 0.71), (1024, 0.89), (4096, 0.97)]
)
def test_the_way_per_update_at_each_batch_size(size, way):
    rng, m, v, seen = np.random.default_rng(size), 0, 0, []
    for t in range(1, 2001):
        g = 1 + 16 / np.sqrt(size) * rng.normal(size=400)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        seen.append(np.mean(m / (1 - 0.9**t) / np.sqrt(v / (1 - 0.999**t))))
    assert way == round(1 / np.sqrt(1 + 256 / size), 2)
    assert np.mean(seen[200:]) == pytest.approx(1 / np.sqrt(1 + 256 / size), rel=0.02)
    assert f"{way}" in PAGE.split("| way per update, in α |")[1][:60]


def weights_after(penalty, size, runs=4000):
    """The mean of many weights after 1,000 updates of Adam on pure noise, at α = 0.01 and decay 0.1."""
    rng, w, m, v = np.random.default_rng(1), np.ones(runs), 0, 0
    for t in range(1, 1001):
        g = size * rng.normal(size=runs) + (0.1 * w if penalty else 0)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w = w * (1 if penalty else 1 - 0.01 * 0.1) - 0.01 * m / (1 - 0.9**t) / np.sqrt(v / (1 - 0.999**t))
    return w.mean()


def test_the_penalty_has_left_0_00_0_36_and_0_99_of_them_and_adamw_0_37_of_each():
    left = [weights_after(True, size) for size in (0.01, 1, 100)]
    assert left == pytest.approx([0, 0.36, 0.99], abs=0.015)
    kept = [weights_after(False, size) for size in (0.01, 1, 100)]
    assert kept == pytest.approx([0.37] * 3, abs=0.015)


def test_a_penalty_lowers_the_limit_of_descent_to_0_3636_and_adamw_alone_is_stable_below_2():
    def end(step):
        w = 1.0
        for _ in range(3000):
            w = w - step * w
        return abs(w)

    assert end(0.3635 * 5.5) < 1 < end(0.3637 * 5.5)
    assert f"{2 / 5.5:.4f}" == "0.3636"
    assert end(1.99) < 1 < end(2.01)


# Exercises


def test_exercises_1_and_2_and_the_loss_of_guessing_among_ten():
    assert (f"{1024 * 0.003:.1f}", f"{1024 * 0.0001:.1f}") == ("3.1", "0.1")
    assert np.tanh(3.1) > 0.99
    assert 0.1 / np.sqrt(0.02) == pytest.approx(0.71, abs=5e-3)
    assert 0.1 / np.sqrt(0.02 * (1 - 0.81 / 0.98)) == pytest.approx(1.70, abs=5e-3)
    calm = np.zeros(20_000)
    assert moves([*calm, 1.0], b2=0.98)[-1] == pytest.approx(0.71, abs=5e-3)
    assert moves((0.98 / 0.9) ** np.arange(600), b2=0.98, eps=0, start=10**5)[-1] == pytest.approx(
        1.70, abs=5e-3
    )
    assert np.log(10) == pytest.approx(2.303, abs=5e-4)


# A state that is lost


def test_without_its_state_a_run_leaps_130_fold_within_two_updates_and_with_a_warm_up_7_fold():
    """As a symptom of *Read your own run* says."""
    names = names_of("adam")
    *_, (_, _, w, kept) = names.train(names.wave, 0.003, 1501)
    losses = {}
    for warm in 1, 100:
        at, empty, losses[warm] = w.copy(), 0 * kept, []
        for t in range(1, 202):
            loss, g = names.gradient(at, names.wave)
            losses[warm].append(loss)
            at = at - 0.003 * min(1, t / warm) * names.adam(g, empty, t)
    first, slow = np.array(losses[1]), np.array(losses[100])
    assert first.max() / first[0] == pytest.approx(130, rel=0.1) and np.argmax(first) == 2
    assert first[-1] < first[0], "“and came back”"
    assert slow.max() / slow[0] == pytest.approx(7, rel=0.15)
    symptom = (ROOT / "docs/diagnose.md").read_text(encoding="utf-8")
    assert "the loss went up 130-fold within two updates" in symptom and "7-fold in place of 130" in symptom
