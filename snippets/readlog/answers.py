"""From a log to an answer: what happened, how sure that is, and what to do."""

import math
import re

import numpy as np

from .data import words
from .shapes import hidden
from .verdicts import judge

FIELDS = "verdict confidence growth_per_step curvature rate_limit suggested_rate steps_to_overflow evidence"
KNOWN = "step rate weight norm val val_at line first optimiser precision alpha ends classes every_from broken"
BARE = dict.fromkeys(KNOWN.split()) | dict.fromkeys(("overflow", "epochs", "late", "trainer"), False)
GIVEN = dict(rate=None, momentum=0.0, batch_size=None, every=None, dtype=None, optimiser=None, guess=None)
ADAPTIVE = re.compile("adam|rmsprop|ada|lion|lamb")


def diagnose(log, **fields):
    """An answer, a dict, to a log with "loss" and perhaps the rest of what ``read`` gives.

    fields: rate, momentum β, batch_size in samples, every (from line to line) in updates,
    dtype ("float32", …), optimiser ("SGD", "AdamW", …), guess (the loss of guessing).
    """
    log = {"every": 1} | BARE | log
    run = known(log, GIVEN | fields)
    x, masked = np.array(log["loss"], float), hidden(log)
    x[masked] = np.nan
    found = dict.fromkeys([*FIELDS.split(), "finding", "basis", "odds"]) | {"why": [], "next": []}
    if masked:
        found["why"] += words("why", "masked", count=len(masked))
    judge(found, x, bool(masked), log, run)
    notes(found, x, log)
    for key in "rate", "optimiser", "dtype":
        if run[f"other_{key}"] is not None:
            found["why"] += words("why", f"field-{key}", log=run[f"other_{key}"], field=fields[key])
    return found | facts(log, run)


def notes(found, x, log):
    """What else in the log is no number, beside losses that are."""
    norm = log["norm"] or []
    bad = sum(not math.isfinite(one) for one in norm)
    if np.isfinite(x).all() and 0 < bad < len(norm):
        found["why"] += words("why", "norm-some", count=bad, lines=len(norm))
    if np.isfinite(x).all() and log["broken"]:
        found["why"] += words("why", "broken", names=", ".join(log["broken"][:5]))
        found["confidence"] = "low"
    if log["overflow"]:
        found["why"] += words("why", "overflow")


def known(log, given):
    """What is known of the run, from the log where it says it, else from the fields; every and guess the other way."""
    rates = log["rate"] or ([] if log["alpha"] is None else [log["alpha"]])
    rates = [rate for rate in rates if math.isfinite(rate)]
    moves = bool(rates) and min(rates) < max(rates)
    # Where a schedule moves the rate, what was typed is the rate that the schedule moves.
    base = (given["rate"] or max(rates)) if moves else (max(rates, default=0) or given["rate"])
    run = given | {"rates": rates, "moves": moves, "base": base if base and base > 0 else None}
    far = rates and not moves and rates[0] > 0 and given["rate"]
    run["other_rate"] = rates[0] if far and abs(rates[0] / given["rate"] - 1) > 0.01 else None
    for key, named in (("optimiser", log["optimiser"]), ("dtype", log["precision"])):
        typed = given[key]
        run[f"other_{key}"] = named if named and typed and named.lower() != typed.lower() else None
        run[key] = named or typed
    if not run["guess"] and log["classes"] and log["classes"] > 1:  # if it may be a cross-entropy
        guess, start = math.log(log["classes"]), log["loss"][0]
        run["guess"] = guess if 0.4 * guess < start < 2.5 * guess else None
    run["format"] = run["dtype"] or "float32"
    run["adaptive"] = bool(ADAPTIVE.search((run["optimiser"] or "").lower()))
    run["every"], run["every_from"] = log["every"], log["every_from"]
    if not run["every_from"] and log.get("samples") and given["batch_size"]:
        run["every"], run["every_from"] = (max(1, round(log["samples"] / given["batch_size"])), "log")
    if given["every"]:
        run["every"], run["every_from"] = (max(1, int(given["every"])), "given")
    several = log["epochs"] or log["trainer"] or log["line"] == "mean"
    run["unspaced"] = not run["every_from"] and bool(several)
    run["unit"] = "line" if run["unspaced"] else "update"
    return run


def facts(log, run):
    """What was read and what was taken for known, beside the answer."""
    infinite = {math.inf: "inf", -math.inf: "-inf"}
    return {
        "said": list(told(log, run)),
        "losses": [v if math.isfinite(v) else infinite.get(v, "nan") for v in log["loss"]],
        "name": log.get("name"),
        "others": log.get("others", []),
        "rate": run["rates"][0] if run["rates"] else run["rate"],
        "rate_from": "log" if run["rates"] else "given" if run["rate"] else None,
        "every": run["every"],
        "every_from": run["every_from"],
        "line": log["line"],
        "unit": run["unit"],
        "optimiser": run["optimiser"],
        "precision": run["dtype"],
        "guess": run["guess"],
    }


def told(log, run):
    """What was read, in sentences."""
    yield log.get("said") or f"{len(log['loss'])} losses."
    if run["base"]:
        yield from words(
            "said", f"rate-{'log' if run['base'] in run['rates'] else 'given'}", rate=run["base"]
        )
    if log["line"] == "mean":
        yield from words("said", "mean" if run["every_from"] else "mean-unknown", every=run["every"])
    elif run["every_from"]:
        key = f"every-{run['every_from']}" if run["every"] > 1 else "every-one"
        yield from words("said", key, every=run["every"])
    else:
        yield from words("said", "epochs" if log["epochs"] else "every-unknown")
    if log["optimiser"]:
        yield from words("said", "optimiser", optimiser=log["optimiser"])
    if log["precision"]:
        yield from words("said", "precision", precision=log["precision"])
