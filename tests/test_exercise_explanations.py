"""What the checks of the exercises in the program explain: each change is made, and it does what they say of it.

That each explanation comes for its own change, ``test_exercises.py`` proves.
"""

import contextlib
import functools
import inspect
import io
import re
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from given.checks import NotYet

from conftest import SNIPPETS, markdown_of, no_window, shown_by
from edits import RIGHT, changed
from proven import proven_by
from python.exercises import HEAD, checks
from test_exercises import EXERCISES, answers
from weave.program import sections

pytestmark = proven_by(
    "docs/*.md",
    "docs/exercises/*",
    "docs/labs/given/*",
    "snippets/**/*",
    "scripts/[pw]*/*.py",
    "tests/edits.py",
    "tests/test_exercises.py",
)


def of(stem):
    """With the tests that need what the checks say after each change, which takes its time."""
    return pytest.mark.xdist_group(f"exercise {stem}")


def edited(stem):
    ((_, _, section, _),) = HEAD.findall(EXERCISES[stem].read_text(encoding="utf-8"))
    return section


@functools.cache
def above(stem):
    """What the program has made when the section that is edited begins."""
    names = {"__name__": "__main__", "__file__": str(SNIPPETS / f"{stem}.py")}
    with no_window(), contextlib.redirect_stdout(io.StringIO()):
        for part in sections(SNIPPETS / f"{stem}.py"):
            if part.name == edited(stem):
                return names
            exec(part.code, names)
    raise KeyError(stem)


def code_of(stem, section=None):
    return next(
        part.code for part in sections(SNIPPETS / f"{stem}.py") if part.name == (section or edited(stem))
    )


def after(stem, *edits):
    """What the edited section makes with a reader's change, and its panels."""
    names, code = dict(above(stem)), changed(code_of(stem), edits)
    with no_window(), contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        exec(code, names)
        return SimpleNamespace(**names, panels=plt.gcf().axes)


def says(stem, **names):
    """What the check says where the program has made these."""
    (check,) = checks(EXERCISES[stem]).values()
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(check, {"np": np, **names})
    except NotYet as no:
        return str(no)
    return printed.getvalue()


# ── Adam ────────────────────────────────────────────────────────────────────────────────────────────


@of("adam")
def test_adam_the_number_at_which_the_runs_hover_goes_with_b1():
    """docs/exercises/adam.py: “The last run hovers at” “= 2(1 + β₁)/(1 − β₁).” “The last run still hovers near 38, the number of
    b1=0.9. Hand b1=0.5 to train, beside b2=b2.” “This is where the last of your three runs hovers. With b1=0.5 it is near
    6, with b1=0 near 2.”"""
    (edge,) = (part.printed for part in shown_by("adam") if part.name == "edge")
    hovers = {0.9: float(re.findall(r": (\d+),", edge)[-1])}
    for change, b1 in ("b1=0.5", 0.5), ("b1=0", 0):
        found = re.search(r"The last run hovers at ([\d.]+), near (\d+) = 2", answers("adam")[change])
        hovers[b1] = float(found[1])
        assert float(found[2]) == pytest.approx(2 * (1 + b1) / (1 - b1))
    for b1, number in (0.9, 38), (0.5, 6), (0, 2):
        assert 2 * (1 + b1) / (1 - b1) == pytest.approx(number)
        assert hovers[b1] == pytest.approx(number, rel=0.25), b1
    assert RIGHT["adam"]["b1=0.5"] == ("b2=b2", "b1=0.5, b2=b2") and edge.count("rise") == 3
    assert says("adam", found=[999.0] * 15 + [14.0] * 10).startswith("Not yet: you have 14.0. This is where")


# ── Conditioning ────────────────────────────────────────────────────────────────────────────────────


def paths(run):
    return [np.transpose(panel.lines[-1].get_data()) for panel in run.panels]


def test_conditioning_with_20_and_20_every_direction_settles_at_0_095_and_explodes_at_0_105():
    """docs/exercises/conditioning.py: “In every direction the error is multiplied by −0.9 at a rate of 0.095, and the run
    settles; by −1.1 at 0.105, and it explodes. Perfect conditioning saves nobody.” “Write 20 for both.” “With both
    curvatures at 20, those along are those across.” “These are the factors of the error along and across, at the two
    rates.”"""
    run = after("conditioning", ("[1, 20]", "[20, 20]"))
    assert list(run.lam) == [20, 20] and max(run.lam) / min(run.lam) == 1, "κ = 1"
    for path, rate, factor in zip(paths(run), (0.095, 0.105), (-0.9, -1.1), strict=True):
        assert path[1:] / path[:-1] == pytest.approx(np.full((12, 2), factor))
        assert f"α = {rate} " in run.panels[rate == 0.105].get_title()
        assert (np.abs(path[-1]) < np.abs(path[0])).all() == (rate == 0.095)
    other = says("conditioning", **vars(after("conditioning", ("[1, 20]", "[7, 20]"))))
    shown = np.array(re.findall(r"-?\d+\.\d+", other.partition("These are")[0]), float)
    assert shown == pytest.approx([1 - 0.095 * 7, -0.9, 1 - 0.105 * 7, -1.1])


def test_conditioning_each_wrong_pair_of_curvatures_does_what_is_said_of_it():
    """docs/exercises/conditioning.py: “The curvatures are still 1 and 20.” “Both are 1: that is κ = 1 too, but with the limit
    at 2, far above these two rates. So both runs settle. Now let both be 20.” “You have exchanged them: the valley now
    runs the other way, and κ is still 20.”"""
    assert list(after("conditioning", ("", "")).lam) == [1, 20]
    ones = after("conditioning", ("[1, 20]", "[1, 1]"))
    assert max(ones.lam) / min(ones.lam) == 1 and 2 / max(ones.lam) == 2 > 10 * 0.105
    assert all((np.abs(path[-1]) < np.abs(path[0])).all() for path in paths(ones))
    there, other = after("conditioning", ("", "")), after("conditioning", ("[1, 20]", "[20, 1]"))
    for run, lies in (there, True), (other, False):
        along, across = run.panels[0].lines[0].get_data()  # an ellipse of equal loss
        assert (np.ptp(along) > np.ptp(across)) == lies
        assert max(run.lam) / min(run.lam) == 20
    assert "✓" in says("conditioning", **vars(after("conditioning", ("[1, 20]", "[20, 20]"))))


# ── Depth ───────────────────────────────────────────────────────────────────────────────────────────


def gates_of():
    """The cells, their weights and the task, without the runs between."""
    names = {"np": np}
    for part in "net", "train":
        exec(code_of("depth", part), names)
    first_lines = "".join(
        f"{line}\n" for line in code_of("depth", "runs").splitlines() if line.startswith(("draws", "first"))
    )
    exec(first_lines + code_of("depth", "cells"), names)
    return SimpleNamespace(**names)


@of("depth")
def test_depth_a_gate_protects_only_while_it_is_nearly_closed():
    """docs/exercises/depth.py: “of the five starts are nan again, and the largest first norm is” “instead of 0.364. A gate
    protects only as long as it is nearly closed.” “The gates still begin at 1/30, and protect. Their bias is set in the
    last line, the one that begins with gates[:, 17: let it be 0.” “Without its sign the bias opens the gates: u begins at
    29/30, nothing passes by, and the run is as bad as one without gates. Half open is a bias of 0.”"""
    printed = {part.name: part.printed for part in shown_by("depth")}
    gates = re.search(r"^gates +(.*)$", printed["remedies"], re.MULTILINE)[1].split()
    assert float(gates[0]) == 0.364 and "nan" not in gates
    plain = re.search(r"^T = 30, [^\n]* inf\n(?:.*\n)*? 299(.*)$", printed["runs"], re.MULTILINE)[1].split()
    half = re.match(
        r"✓ (\d) of the five starts are nan again, and the largest first norm is ([\d,]+)",
        answers("depth")["0"],
    )
    check = EXERCISES["depth"].read_text(encoding="utf-8")
    open_ = re.search(r"\(([\d.e]+), (\d)\),\n +\"Without its sign", check)
    nan = [gates.count("nan"), int(half[1]), int(open_[2])]
    assert len(plain) == 5 and nan == [0, 2, 3] and plain.count("nan") == nan[2], "the wider open, the worse"
    assert float(gates[0]) < float(half[2].replace(",", "")) < float(open_[1])
    cells = gates_of()
    begins = [1 / (1 + np.exp(-bias)) for bias in (cells.gates[0, 17, 16], np.log(29), 0)]
    assert (
        begins == pytest.approx([1 / 30, 29 / 30, 1 / 2]) and (cells.gates[:, 17, 16:] == -np.log(29)).all()
    )
    assert (1 - begins[1]) ** 30 < 1e-40, "what passes by in thirty steps"
    assert code_of("depth").rstrip().splitlines()[-1].startswith("gates[:, 17")


def test_depth_with_all_weights_0_nothing_reaches_the_end_and_the_check_shows_the_norm_and_the_nans():
    """docs/exercises/depth.py: “Now all weights are 0, and nothing reaches the end, not even a slope. Only the bias of the
    gates, gates[:, 17, 16:], is to be 0.” “These are the largest norm of the first gradient and how many of the five
    starts are nan in the end. Let the bias of the gates, gates[:, 17, 16:], be 0, and change nothing else.”"""
    cells = gates_of()
    task = (cells.sums(30)[0], cells.sums(30)[1])
    loss, slopes = cells.gradient(cells.gated, 0 * cells.gates, cells.out, task)
    assert loss == pytest.approx(np.mean(task[1] ** 2, axis=(1, 2)) / 2), "the loss of answering 0"
    assert all((slope == 0).all() for slope in slopes)
    bias = changed(code_of("depth"), RIGHT["depth"]["0"])
    assert "gates[:, 17, 16:] = 0" in bias and len(bias) < len(code_of("depth")), "and nothing else"
    losses = np.array([[np.nan] * 5, [1, np.nan, 2, 3, 4]])
    said = says(
        "depth",
        train=lambda *_: (losses, np.array([[3, 7, 5, 1, 2], [99] * 5])),
        gated=0, gates=0, out=0, sums=int,
    )  # fmt: skip
    assert said.startswith("Not yet: you have (7") and "1)" in said.partition("These are")[0]


# ── Read your own run ───────────────────────────────────────────────────────────────────────────────


def test_diagnose_the_later_losses_hardly_count():
    """docs/exercises/diagnose.py: “losses its rate is” “of the one used, of” “confidence. With three it is 0.177, with four
    0.142, with all 0.115: the later losses hardly count, and so they should.” “This is what it says of five losses, and
    of all six: the later ones hardly count. Give it the first three, or four.” “These are the second loss to the fourth.
    The run begins at 1.55.” “Write few = diagnose({"loss": [1.55, …]}, rate=1), with the first three losses of that
    run.”"""
    run, diagnose = [1.55, 4.51, 205, 4.4e7, 9.1e23, np.inf], above("diagnose")["diagnose"]
    page = markdown_of("diagnose")
    assert "1.55, 4.51, 205" in page
    found = {n: diagnose({"loss": run[:n]}, rate=1) for n in (3, 4, 5, 6)}
    rates = [round(found[n]["suggested_rate"], 3) for n in found]
    assert rates == [0.177, 0.142, 0.115, 0.115]
    assert found[5]["suggested_rate"] == pytest.approx(found[6]["suggested_rate"])
    assert found[3]["confidence"] == "low" and found[4]["confidence"] == "medium"
    for n, count in (3, "3"), (4, "4"):
        said = says("diagnose", diagnose=diagnose, few=diagnose({"loss": run[:n]}, rate=1))
        assert re.match(
            rf"✓ With {count} losses its rate is {rates[n - 3]} of the one used, of \w+ confid", said
        )
    said = says("diagnose", diagnose=diagnose, few=diagnose({"loss": run[1:4]}, rate=1))
    assert said.startswith("Not yet. These are the second") and run[0] == 1.55


# ── Fixes ───────────────────────────────────────────────────────────────────────────────────────────


@of("fixes")
def test_fixes_without_their_mean_the_pressures_are_learned_in_one_update():
    """docs/exercises/fixes.py: “now instead of 0.0019, and at half of it the loss is below 13 after” “update instead of 86: no
    mean is left to be learned.” “Let scaled hold the standardised inputs and pressure - pressure.mean().”"""
    printed = {part.name: part.printed for part in shown_by("fixes")}
    plain = re.search(r"^plain +(.*)$", printed["limits"], re.MULTILINE)[1].split()
    assert round(float(plain[2]), 4) == 0.0019 and plain[3] == "86" and "to 13" in printed["limits"]
    said = answers("fixes")["centred"]
    assert re.match(r"✓ The limit is 0\.0043 now .* below 13 after 1 update instead", said)
    run = after("fixes", ("(standard, pressure)", "(standard, pressure - pressure.mean())"))
    assert run.scaled[0] is run.standard and abs(run.scaled[1].mean()) < 1e-9


def test_fixes_each_wrong_target_has_the_mean_or_the_unit_that_is_said():
    """docs/exercises/fixes.py: “On standardised inputs the pressures still have their mean. Subtract it where scaled is made:
    pressure - pressure.mean().” “9 is only what is added to every pressure; age and weight bring a mean of their own.
    Subtract pressure.mean().” “You divided by the spread too. That changes the unit of the loss, in which 13 is the
    target. Subtract the mean and leave the spread.” “These are the first loss and the limit of plain descent on
    standardised inputs.”"""
    made = after("fixes", ("", ""))
    mean = made.pressure.mean()
    assert made.scaled[1].mean() == mean > 9 + 1 and "scaled = " in code_of("fixes")
    assert (made.people @ [0.05, 0.02]).mean() == pytest.approx(mean - 9, abs=0.2), "of age and weight"
    nine = after("fixes", ("(standard, pressure)", "(standard, pressure - 9)"))
    assert nine.scaled[1].mean() == pytest.approx(mean - 9) and mean - 9 > 1
    unit = after(
        "fixes", ("(standard, pressure)", "(standard, (pressure - pressure.mean()) / pressure.std())")
    )
    assert "< 13" in code_of("fixes", "limits") and abs(unit.pressure.std() - 1) > 0.1
    w = 0 * made.w  # which answers 0 to everything
    centred = made.gradient(w, (made.standard, made.pressure - mean))[0]
    assert unit.gradient(w, unit.scaled)[0] == pytest.approx(centred / made.pressure.std() ** 2)
    said = says(
        "fixes", w=0, scaled=0, plain=0,
        limit=lambda *_: 0.017, descend=lambda w, task, rate, n: np.array([33.0, rate]),
    )  # fmt: skip
    assert re.match(r"Not yet: you have \[33\.0, 0\.017\]\. These are the first loss and the limit", said)


# ── Mini-batches ────────────────────────────────────────────────────────────────────────────────────


def mean_square_limit(points):
    """The rate up to which the mean square of the error shrinks, where each update sees one point at random."""
    size = points.shape[1]
    outer = (points[:, :, None] * points[:, None, :]).reshape(len(points), -1)
    H, fourth = points.T @ points / len(points), outer.T @ outer / len(points)
    once = np.kron(np.eye(size), H) + np.kron(
        H, np.eye(size)
    )  # E ee' loses rate · once − rate² · fourth of itself
    return 1 / np.linalg.eigvals(np.linalg.solve(once, fourth)).real.max()


MAKES = "X, best = rng.normal(size=(200, 10)), rng.normal(size=10)\n"


def test_minibatch_one_point_ten_times_as_long_sets_the_limit_of_batch_1_for_all():
    """docs/exercises/minibatch.py: “The limit of the full batch falls to” “, that of batch 1 from 0.164 to” “, by a factor of
    34: at batch 1 one bad sample sets the rate for all.” “The points are as they were. Write X[0] *= 10 on a line of its
    own, below the line that makes X.”"""
    made, bad = after("minibatch", ("", "")), after("minibatch", (MAKES, MAKES + "X[0] *= 10\n"))
    limits = [mean_square_limit(run.X) for run in (made, bad)]
    assert limits[0] == pytest.approx(0.164, abs=5e-4) and limits[0] / limits[1] == pytest.approx(34, abs=0.5)
    assert bad.full < made.full, "that of the full batch falls too"
    assert mean_square_limit(bad.X[1:]) == pytest.approx(limits[0], rel=0.01), (
        "without the one point it is back"
    )
    said = says("minibatch", full=bad.full, limit=lambda *_: 0.0048151, growth=0)
    assert said.startswith(
        "✓ The limit of the full batch falls to 0.532, that of batch 1 from 0.164 to 0.0048, by"
    )
    assert limits[1] == pytest.approx(0.0048151, rel=1e-3)


def test_minibatch_each_other_way_to_multiply_does_what_is_said_of_it():
    """docs/exercises/minibatch.py: “You multiply the point when H has been made already, so the limit of the full batch does
    not know of it. Do it at once, below the line that makes X.” “You multiply all 200 points: that only changes the unit,
    and every limit falls a hundred-fold. X[0] is the first point alone.” “X[:, 0] is the first input of every point. The
    first point, with all its inputs, is X[0].” “These are the limits of the full batch and of batch 1. Write X[0] *= 10
    below the line that makes X, and change nothing else.”"""
    made = after("minibatch", ("", ""))
    late = after("minibatch", ("lam, top", "X[0] *= 10\nlam, top"))
    assert late.full == made.full and np.abs(late.X[0]) == pytest.approx(10 * np.abs(made.X[0]))
    every = after("minibatch", (MAKES, MAKES + "X *= 10\n"))
    assert len(every.X) == 200 and made.full / every.full == pytest.approx(100)
    assert mean_square_limit(made.X) / mean_square_limit(every.X) == pytest.approx(100, rel=1e-3)
    column = after("minibatch", (MAKES, MAKES + "X[:, 0] *= 10\n"))
    assert len(made.X[:, 0]) == 200 and len(made.X[0]) == 10
    assert column.X[:, 0] == pytest.approx(10 * made.X[:, 0]) and (column.X[:, 1:] == made.X[:, 1:]).all()
    said = says("minibatch", full=0.7, limit=lambda growth, m: 0.3 / m, growth=0)
    assert said.startswith("Not yet: you have (0.7, 0.3). These are the limits")


# ── Networks ────────────────────────────────────────────────────────────────────────────────────────


@of("networks")
def test_networks_larger_starting_weights_make_a_sharper_loss():
    """docs/exercises/networks.py: “, the starting weights have a sharpness of” “instead of 74, so 2/sharpness is” “: larger
    weights make a sharper loss.” “(By ½, 2 and 4 it is” “Multiply start(wave[2]) by 0.5, 2 or 4, and change nothing else.”
    “The sharpness at the start is still 74: the starting weights are as they were. They are made by start(wave[2]), in the
    line that begins with w; multiply that.” “This is the sharpness at the start of your last run.”"""
    (edge,) = (part.printed for part in shown_by("networks") if part.name == "edge")
    sharp = {1.0: float(re.findall(r": (\d+) →", edge)[-1])}
    assert sharp[1.0] == 74
    for times in "0.5", "2", "4":
        assert RIGHT["networks"][f"times {times}"] == ("start(wave[2])", f"{times} * start(wave[2])")
        words = r"have a sharpness of (\d+) instead of 74, so 2/sharpness is ([\d.]+):"
        found = re.search(words, answers("networks")[f"times {times}"])
        sharp[float(times)] = float(found[1])
        assert float(found[2]) == pytest.approx(2 / sharp[float(times)], rel=0.02)
    ordered = [sharp[times] for times in (0.5, 1.0, 2.0, 4.0)]
    assert (
        ordered == sorted(ordered)
        and "(By ½, 2 and 4 it is 28, 236 and 473.)" in answers("networks")["times 2"]
    )
    line = next(line.strip() for line in code_of("networks").splitlines() if "start(wave[2])" in line)
    assert line.startswith("w")
    said = says(
        "networks", found=[100.0, 5.0], wave=(0, 0, 1),
        start=lambda layers: 74.0, sharpness=lambda w, wave, turns: w,
    )  # fmt: skip
    assert said.startswith("Not yet: you have 100.0. This is the sharpness at the start")


# ── Overflow ────────────────────────────────────────────────────────────────────────────────────────

IN_SUM = ("keep(data * residual)", "keep(keep(alpha * data) * residual)")
ALONE = ("keep(keep(alpha) * slope)", "slope")


def firsts(run):
    """The updates at which loss, slope and b are first inf, and b nan."""
    return [*np.isinf(run).argmax(axis=1), np.isnan(run[2]).argmax()]


def test_overflow_with_the_rate_in_the_sum_all_but_the_loss_come_ten_updates_later():
    """docs/exercises/overflow.py: “The loss is inf where it was. The slope, the weight and the nan come ten updates later, in
    each format: the sum is 0.12 times as large.” “All columns are as they were. Change both lines: the one of slope and
    the last, which makes b.” “Two lines change: slope is the sum of keep(keep(alpha * data) * residual), and b becomes
    keep(b - slope).”"""
    was, now = after("overflow", ("", "")), after("overflow", IN_SUM, ALONE)
    formats = (np.float16, 60), (was.bf16, 420), (np.float32, 430), (np.float64, 3320)
    for keep, steps in formats:
        with np.errstate(all="ignore"):
            before, later = (run.descend(keep, steps=steps) for run in (was, now))
        assert np.subtract(firsts(later), firsts(before)).tolist() == [0, 10, 10, 10]
        assert later[1, 1] == pytest.approx(0.12 * before[1, 1], rel=0.02), "the sum"
    lines = [line.strip() for line in code_of("overflow").splitlines() if " = keep(" in line]
    assert lines[-1].startswith("b = ") and lines[-2].startswith("slope = ")


def test_overflow_half_of_the_change_applies_the_rate_twice_or_not_at_all():
    """docs/exercises/overflow.py: “Nothing is inf any more, because the rate is now applied twice: 0.12 · 0.12 = 0.0144 is below
    the limit. Subtract slope alone.” “Now no rate is applied at all, so the run explodes as at a rate of 1. It belongs into
    the sum: keep(keep(alpha * data) * residual).” “These are the updates of the first inf in loss, slope and b and of the
    first nan, in each format.”"""
    was, twice, none = after("overflow", ("", "")), after("overflow", IN_SUM), after("overflow", ALONE)
    with np.errstate(all="ignore"):
        calm, other = twice.descend(np.float64, steps=200), was.descend(np.float64, 0.0144, 200)
        assert (
            calm[0] == pytest.approx(other[0])
            and np.isfinite(calm).all()
            and pytest.approx(0.0144) == 0.12 * 0.12
        )
        assert 0.0144 < 2 / np.sum(was.x**2) < 0.12, "the limit"
        wild, one = none.descend(np.float64, steps=100), was.descend(np.float64, 1.0, 100)
    assert wild[:, :90] == pytest.approx(one[:, :90])
    run = np.zeros((3, 40))
    for row, place in enumerate((4, 6, 8)):
        run[row, place] = np.inf
    run[2, 9] = np.nan
    said = says("overflow", runs=dict.fromkeys(("fp16", "bf16", "fp32", "fp64"), run))
    assert re.findall(r"\d+", said.partition("These are")[0]) == ["16", "4", "6", "8"], "4 a format"


# ── Overshoot ───────────────────────────────────────────────────────────────────────────────────────


def test_overshoot_at_0_107_a_fifth_of_the_error_is_left_after_500_updates():
    """docs/exercises/overshoot.py: “Not in 500 updates:” “of the error is still there. In theory it converges, in practice it is
    useless.” “The last rate is still 0.12. Write 0.107 in its place.” “These are the rate and the number of updates of your
    last run. They should be 0.107 and 500.”"""
    assert after("overshoot", ("", "")).alpha == 0.12
    run = after("overshoot", ("0.12:", "0.107:"))
    left = (run.path[-1] - run.best) / (run.path[0] - run.best)
    assert run.alpha == 0.107 and len(run.path) - 1 == 500 and 0.15 < left < 0.2
    assert abs(1 - 0.107 * run.lam) < 1 and abs(run.descend(0.107, 4000)[-1] - run.best) < 1e-5, "in theory"
    other = says("overshoot", **vars(after("overshoot", ("0.12:", "0.11:"))))
    assert other.startswith("Not yet: you have (0.11, 500). These are the rate")


def test_overshoot_each_other_rate_does_what_is_said_of_it():
    """docs/exercises/overshoot.py: “This is 0.0107, a tenth of what was asked for: it walks down, in 79 updates.” “At 0.17 you
    are far above the limit, 0.10718. The rate to try is 0.107, just below it.” “The rate is right. Five updates do not
    show where it goes: let it make 500, as descend does by itself.”"""
    run = after("overshoot", ("0.12:", "0.0107:"))
    assert len(run.path) - 1 == 79 and run.alpha == pytest.approx(0.107 / 10)
    assert (np.diff(run.path) * (run.best - run.path[:-1]) > 0).all() and run.path.max() < run.best + 1e-6
    assert (
        2 / run.lam == pytest.approx(0.10718, abs=5e-6)
        and 0.17 > 1.5 * 0.10718
        and 0.107 < 2 / run.lam < 0.1075
    )
    five = run.descend(0.107, 5) - run.best
    assert 0.97 < abs(five[-1] / five[0]) < 1, "hardly anything has changed"
    assert inspect.signature(run.descend).parameters["steps"].default == 500


# ── Sixteen bits ────────────────────────────────────────────────────────────────────────────────────


def test_precision_an_update_just_above_the_edge_is_doubled():
    """docs/exercises/precision.py: “is left, where 0 would be right. From 1 to ½ each update is rounded up to a whole distance,
    0.0039: an update just above the edge is not lost, it is doubled.” “They should be 0.002 and 500.” “These are the size
    and the number of your updates.”"""
    run = after("precision", ("0.001, 1000", "0.002, 500"))
    w = [1.0]
    for _ in range(500):
        w.append(float(run.bf16(w[-1] - 0.002)))
    moves = -np.diff([one for one in w if one >= 0.5])
    assert moves == pytest.approx(np.full(len(moves), 0.0039), abs=5e-5) and len(moves) > 100
    assert moves[0] / 0.002 == pytest.approx(2, rel=0.03) and float(run.bf16(1 - 0.0039 / 2.1)) == 1, (
        "below it, lost"
    )
    assert 1 - 500 * 0.002 == 0 and w[-1] == pytest.approx(-0.228, abs=5e-4)
    other = says("precision", **vars(after("precision", ("0.001, 1000", "0.003, 400"))))
    assert other.startswith("Not yet: you have (0.003, 400). These are the size")


def test_precision_each_wrong_size_or_number_does_what_is_said_of_it():
    """docs/exercises/precision.py: “The updates are as they were. The line that begins with step has both numbers: how much, and
    how many.” “The updates are right, but there are twice as many as are needed to come from 1 to 0: let it be 500.”
    “There are 500 now, but each is still 0.001, which bf16 does not feel. Let it be 0.002.” “The program takes step away,
    so this adds 0.002: in fp32 the weight goes up, and bf16, twice as coarse above 1, does not feel it. Let step be 0.002,
    without a sign.”"""
    was = after("precision", ("", ""))
    assert "\nstep, updates = 0.001, 1000\n" in code_of("precision") and (was.step, was.updates) == (
        0.001,
        1000,
    )
    assert 1000 * 0.002 == 2 * (500 * 0.002) == 2
    assert float(was.bf16(1 - 0.001)) == 1 > float(was.bf16(1 - 0.002))
    up = after("precision", ("0.001, 1000", "-0.002, 500"))
    lines = {line.get_label(): line.get_ydata() for line in up.panels[0].lines}
    assert lines["fp32"][1] == pytest.approx(1 + 0.002) and lines["fp32"][-1] == pytest.approx(2, abs=1e-3)
    assert (np.array(lines["bf16"]) == 1).all()
    gaps = [abs(float(was.bf16(one)) - 1) for one in (1 + 0.0078, 1 - 0.0039)]
    assert gaps[0] == 2 * gaps[1] > 0, "the next numbers"


# ── Taylor ──────────────────────────────────────────────────────────────────────────────────────────


def curves(run):
    """The loss and the parabola of each picture, and where its step lands."""
    return [(panel.lines[0].get_ydata(), panel.lines[1].get_ydata(), panel.lines[-1]) for panel in run.panels]


def test_taylor_at_one_over_the_curvature_the_parabola_is_the_loss():
    """docs/exercises/taylor.py: “One curve covers the other, because now your parabola has the curvature of the loss: it is the
    loss. So the step arrives at once, at” “The middle parabola still has the rate 0.08. Write 1 / lam in its place.” “These
    are the rates of your three parabolas. The middle one should be 1 / lam.”"""
    run = after("taylor", ("0.08", "1 / lam"))
    loss, parabola, lands = curves(run)[1]
    assert parabola == pytest.approx(loss) and np.diff(parabola, 2) == pytest.approx(np.diff(loss, 2))
    assert lands.get_ydata()[0] == pytest.approx(loss.min(), abs=0.1) and abs(run.slope - 0) > 1
    assert lands.get_xdata()[0] == pytest.approx(2.11358, abs=5e-6)
    was = after("taylor", ("", ""))
    _, parabola, lands = curves(was)[1]
    assert (5 - lands.get_xdata()[0]) / was.slope == pytest.approx(0.08)
    other = says("taylor", **vars(after("taylor", ("0.08", "0.05"))))
    shown = np.array(re.findall(r"\d+\.\d+", other.partition(" These are the rates")[0]), float)
    assert shown == pytest.approx([0.01, 0.05, 0.12])


def test_taylor_each_wrong_rate_draws_what_is_said_of_it():
    """docs/exercises/taylor.py: “This takes the curvature for a rate, and the step lands far outside the picture. The rate is
    one over it: 1 / lam.” “This is the limit: half as curved as the loss, the parabola sends the step to the other wall, as
    high as it began. Twice as curved, with 1 / lam, it fits.” “The first parabola has it, and covers the loss. The middle
    one, where 0.08 stands, was asked for.”"""
    far = after("taylor", ("0.08", "lam"))
    _, _, lands = curves(far)[1]
    b = far.panels[1].lines[0].get_xdata()
    assert lands.get_xdata()[0] < b.min() - 10 * np.ptp(b)
    limit = after("taylor", ("0.08", "2 / lam"))
    loss, parabola, lands = curves(limit)[1]
    assert np.diff(parabola, 2) == pytest.approx(np.diff(loss, 2) / 2), "half as curved"
    bottom = b[loss.argmin()]
    assert lands.get_xdata()[0] < bottom < 5 and lands.get_ydata()[0] == pytest.approx(limit.loss(5))
    fits = curves(after("taylor", ("0.08", "1 / lam")))[1][1]
    assert np.diff(fits, 2) == pytest.approx(2 * np.diff(parabola, 2))
    first = curves(after("taylor", ("(0.01, 0.08", "(1 / lam, 0.08")))
    assert first[0][1] == pytest.approx(first[0][0]) and first[1][1] != pytest.approx(first[1][0])
