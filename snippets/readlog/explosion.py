"""The answer to losses that grew over several lines: what their growth means, how sure that is, and the rate to try."""

import math

import numpy as np

from .data import ODDS, words
from .rates import by_height, growth, limit, sides, until_inf

SCALE = 2.0**30  # losses are divided by it, so that no sum overflows


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
    by, key = divisor(kind, max(1, al / room * part), f, grown, run)
    if not run["adaptive"]:
        found["steps_to_overflow"] = until_inf(x[first] * SCALE, log_r)
        if run["base"]:
            found["curvature"], found["rate_limit"] = (al / run["base"], run["base"] * room / al)
    found["why"] += meaning(found, kind, side, fell, (al, room), f["bending"], run)
    found["why"] += doubts(found, kind, f, grown, run)
    if kind == "wild" and grown == 2 and run["every"] == 1 and not run["adaptive"]:
        found["why"] += three(x[first : last + 1])
    group = "sign" if side == 0 else "rate" if sure else "growth"
    if run["adaptive"] and side != 0:
        group = "adaptive" if sure else "adaptive-growth"
    found["next"] += words("next", group, new=suggest(found, by, key, run))


def divisor(kind, by, f, grown, run):
    """What the rate is to be divided by, and what that was measured as; its growth says ``by``."""
    if kind == "wild":  # its first factors are a guess, and nobody is further off
        by = min(by, 300)
    sparse = run["every"] > 1 and (grown < 3 or kind != "parabola")
    if sparse and f["ended"] and not run["adaptive"]:
        return 10, None  # it left between two lines, by nobody knows how much
    if run["adaptive"] or sparse:
        return by_height(f), "height"
    if kind != "parabola" and not f["ended"] and f["since"] > 1:
        return max(by, by_height(f)), "height"
    return by, kind


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


def meaning(found, kind, side, fell, product, bending, run):
    """What the growth means."""
    first, last = map(int, found["evidence"])
    values = {"first": first, "last": last, "growth": found["growth_per_step"], "unit": run["unit"]}
    yield from words("why", "bending" if bending else kind, **values)
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
        end = first + found["steps_to_overflow"][run["format"]]
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
