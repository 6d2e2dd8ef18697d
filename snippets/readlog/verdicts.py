"""The verdict on a log, with the sentences that give its reasons and say what to do next."""

import math

import numpy as np

from .data import words
from .explosion import SCALE, explosion, suggest
from .rates import by_height, enough
from .shapes import growth_phase, kind_of

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
