"""The verdict on a log, with the sentences that give its reasons and say what to do next."""

import math

import numpy as np

from .data import ODDS, words
from .rates import by_height, enough, growth, limit, sides, until_inf
from .shapes import growth_phase, kind_of

SCALE = 2.0**30  # losses are divided by it, so that no sum overflows
CALM = 3  # losses before a nan that must be calm


def conclude(found, finding, verdict, confidence, then=None, **values):
    """An answer of sentences alone."""
    found |= {"finding": finding, "verdict": verdict, "confidence": confidence}
    found["why"] += words("why", finding, **values)
    found["next"] += words("next", then or finding, **values)


def judge(found, x, masked, log, run):
    """The verdict, with its sentences."""
    end, first, last = growth_phase(x / SCALE)
    broke, norm = end < len(x), log["norm"] or []
    acted = (log["rate"] or [1])[: max(end, 1)]
    still = sum(rate == 0 for rate in acted)  # lines whose rate is 0
    if broke and still >= 0.9 * len(acted):
        key, sure = ("zero-rate", "medium") if still == len(acted) else ("zero-rate-mostly", "low")
        return conclude(found, key, "not-the-rate", sure, "zero-rate", lines=len(acted), still=still)
    if end == 0:
        return from_the_first(found, x, log, run)
    if not broke and len(norm) > 2 and all(map(math.isnan, norm)):
        return conclude(found, "norm", "not-the-rate", "low")
    window = log["line"] == "mean" or log["epochs"] or log["trainer"] or (log["first"] or 0) > 1
    kind, f = kind_of(x[:end] / SCALE, broke, log["late"], window)
    leapt = broke and last == end - 1 > 0 and run["every"] == 1 and f["level"] > 100 * f["start"]
    if kind == "explodes" or leapt or (kind == "bending" and run["every"] > 1):
        f |= {"bending": kind == "bending", "ended": broke}
        return explosion(found, x[:end] / SCALE, (first, last), f, log, run)
    if kind == "bounces":
        return bounce(found, f, run)
    if broke and np.isnan(x[end]) and not masked and np.isfinite(x[end:]).sum() > 1:
        return conclude(found, "some-batches", "not-the-rate", "high")
    return sudden(found, x[:end], f, log, run) if broke else came_to(found, kind, f, log, run)


def from_the_first(found, x, log, run):
    """The first line is no number."""
    counted, mean = (log["first"] is not None, log["line"] == "mean" or log["epochs"])
    if np.isfinite(x).sum() > 1:
        return conclude(found, "some-batches", "not-the-rate", "medium")
    first = counted and log["first"] <= (1 if run["every"] == 1 else 0) and not mean
    if first or (log["val_at"] is not None and log["val_at"] <= 1):
        return conclude(found, "nan-at-start", "nan-at-start", "high")
    if not (counted or mean or run["every_from"] == "log" or log["trainer"]):
        return conclude(found, "nan-at-start", "nan-at-start", "medium")
    updates = log["first"] if counted else run["every"] if run["every_from"] else None
    key = "first-line" if updates else "first-line-unknown"
    return conclude(found, key, "unclear", "low", "first-line", updates=updates or 0)


def sudden(found, y, f, log, run):
    """Normal losses, then nan or inf."""
    end, steps, told = len(y), log["step"], run["every_from"]
    gap = int(steps[end] - steps[end - 1]) if steps and told == "log" else run["every"]
    if y[-1] > 100 * max(f["usual"] * SCALE, abs(y[0])) or (f["peak"] > 1e6 * f["start"] and f["since"] < 4):
        return conclude(found, "last-huge", "rate-too-high", "low")
    calm = end >= CALM and max(f["level"], y[-1] / SCALE) <= 3 * f["usual"]
    if gap == 1 and calm and not run["unspaced"]:
        sure = "low" if not told else "high" if end > CALM else "medium"
        conclude(found, "sudden" if told else "sudden-bare", "not-the-rate", sure, "sudden")
        if run["format"] == "float16":
            found["next"].insert(0, *words("next", "half"))
        return None
    need = {
        key: enough(float(y[-1]), n, run["format"])
        for key, n in (("growth", gap), ("ten", 10), ("hundred", 100))
    }
    key = "gap-unknown" if not told else "gap" if gap > 1 else "gap-one"
    return conclude(found, key, "unclear", "low", "gap", gap=gap, format=run["format"], **need)


def came_to(found, kind, f, log, run):
    """Every loss is a number, and nothing explodes."""
    guess, level = run["guess"], f["level"] * SCALE
    if any(not math.isfinite(v) for v in log["val"] or []):
        return conclude(found, "validation", "unclear", "medium")
    if guess and kind != "few" and level >= 0.9 * guess:
        verdict = "rate-too-high" if f["peak"] > 1.5 * f["start"] else "unclear"
        return conclude(found, "guessing", verdict, "low", guess=guess, level=level)
    if log["ends"] and kind != "few":
        found["why"] += words("why", "text-ends")
        return conclude(
            found, kind, "unclear", "low", "gap", level=level, times=f["first"] / max(f["soon"], 1e-300)
        )
    if kind not in ("recovers", "healthy"):
        then = "flat" if kind == "barely" else kind
        values = {"level": level, "times": f["first"] / max(f["soon"], 1e-300)}
        return conclude(found, kind, "unclear", "low", then, **values)
    sure = "low" if kind == "recovers" or not f["steady"] else "high" if guess else "medium"
    conclude(found, kind, kind, sure, "below-guess" if guess else kind, level=level)
    if guess:
        found["why"] += words("why", "below-guess", guess=guess)
    return None


def bounce(found, f, run):
    """It stays far above its start, without a factor."""
    new = suggest(found, by_height(f), "height", run)
    sure = "medium" if f["above"] > 4 and f["least"] > 1.5 * f["start"] else "low"
    conclude(found, "bounces", "rate-too-high", sure, new=new)
    if run["adaptive"]:
        found["why"] += words("why", "adaptive-jump", optimiser=run["optimiser"])


def suggest(found, by, key, run):
    """Set the rate to try, with its odds; the sentence that says it."""
    if key is None:
        return words("new", "again")[0]
    if not run["base"]:
        return words("new", "divide", by=by)[0]
    key = f"{'adaptive' if run['adaptive'] else 'descent'} {key}"
    found["suggested_rate"], found["basis"] = run["base"] / by, key
    if key in ODDS:
        count, trained = ODDS[key]
        found["odds"] = words("odds", "measured", count=count, trained=trained)[0]
    return words("new", "set", rate=found["suggested_rate"])[0]


def explosion(found, x, phase, f, log, run):
    """It grew over several lines, from phase[0] to phase[1]."""
    first, last = phase if phase[0] < phase[1] else climb(x)
    kind, log_r = growth(x, first, last)
    log_r, grown = max(log_r / run["every"], 1e-12), last - first
    side = sides(log["weight"], run["every"], first, last, kind)
    fell = x[first] < 0.8 * x[: first + 1].max() or x[-1] < 0.8 * x[last]
    sure = side == 1 or (side is None and fell)
    found["verdict"] = "not-the-rate" if side == 0 else "rate-too-high" if sure else "growth"
    found["finding"] = "sign" if side == 0 else "explodes"
    found["growth_per_step"] = math.exp(min(log_r, 600))
    steps = log["step"] or [n * run["every"] for n in range(last + 1)]
    found["evidence"] = [steps[first], steps[last]]
    al, room, part = limit(kind, log_r, run["momentum"], run["batch_size"], side)
    by, key = max(1, al / room * part), kind
    if kind == "wild":  # its first factors are a guess, and nobody is further off
        by = min(by, 300)
    sparse = run["every"] > 1 and (grown < 3 or kind != "parabola")
    if sparse and f["ended"] and not run["adaptive"]:
        by, key = 10, None  # it left between two lines, by nobody knows how much
    elif run["adaptive"] or sparse:
        by, key = by_height(f), "height"
    elif kind != "parabola" and not f["ended"] and f["since"] > 1:
        by, key = max(by, by_height(f)), "height"
    if not run["adaptive"]:
        found["steps_to_overflow"] = until_inf(x[first] * SCALE, log_r)
        if run["base"]:
            found["curvature"], found["rate_limit"] = (al / run["base"], run["base"] * room / al)
    values = {"first": int(steps[first]), "last": int(steps[last]), "unit": run["unit"]}
    values["growth"] = found["growth_per_step"]
    found["why"] += words("why", "bending" if f["bending"] else kind, **values)
    found["why"] += reasons(found, kind, side, fell, (al, room), run)
    found["why"] += doubts(found, kind, f, grown, run)
    if kind == "wild" and grown == 2 and run["every"] == 1 and not run["adaptive"]:
        found["why"] += three(x[first : last + 1])
    group = "sign" if side == 0 else "rate" if sure else "growth"
    if run["adaptive"] and side != 0:
        group = "adaptive" if sure else "adaptive-growth"
    found["next"] += words("next", group, new=suggest(found, by, key, run))


def three(x):
    """The floor and the factor of the parabola on which three losses lie, whatever they are, if they bend upwards."""
    one, two = np.diff(x).tolist()
    growth = two / one if one else 0
    if not 1.01 < growth < 1e4:
        return []
    return words("why", "three", floor=(float(x[0]) - one / (growth - 1)) * SCALE, growth=growth)


def climb(x):
    """The climb up to the steepest rise, of losses whose highest is the first: (first, last)."""
    last = 1 + int(np.argmax(np.diff(x)))
    first = last - 1
    while first and x[first - 1] < x[first]:
        first -= 1
    return first, last


def reasons(found, kind, side, fell, product, run):
    """What the growth means."""
    if side is not None:
        yield from words("why", "alternates" if side else "leaves")
    elif fell:
        yield from words("why", "fell")
    else:
        yield from words("why", "either")
    if run["adaptive"]:
        key = "adaptive-jump" if kind == "wild" or fell else "adaptive-factor"
        yield from words("why", key, optimiser=run["optimiser"])
        return
    if kind != "wild" or run["every"] == 1:
        key = "product" if kind == "parabola" else "rough"
        yield from words("why", key, al=product[0], room=product[1])
    if kind != "wild":
        end = int(found["evidence"][0]) + found["steps_to_overflow"][run["format"]]
        yield from words("why", "ends", format=run["format"], end=end)


def doubts(found, kind, f, grown, run):
    """What lowers the confidence; sets it."""
    low = []
    if grown < 3:
        low += words("why", "few-grown")
    if run["every"] > 1:
        low += words("why", "sparse", every=run["every"])
    if run["unspaced"] and not run["adaptive"]:
        low += words("why", "unspaced")
    if run["moves"]:
        low += words("why", "schedule", base=run["base"])
    level = len(low) + (kind != "parabola") + run["adaptive"] + f["bending"]
    found["confidence"] = ["high", "medium", "low"][min(level, 2)]
    if run["batch_size"] and not run["adaptive"]:
        low += words("why", "batch")
    return low
