"""Diagnose: read the losses of a run that exploded, and leave with a rate.

Needs numpy and matplotlib. Run it with: python snippets/diagnose.py
On a log of your own: python snippets/diagnose.py run.csv --rate 0.001
"""

# %% --8<-- [start:formula]
import argparse
import csv
import itertools
import json
import math
import re
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np


def product(r, beta=0.0):  # αλ of the direction that explodes
    root = math.sqrt(r)  # the error grows by it, the loss by r
    return (1 + root) * (1 + beta / root)


# --8<-- [end:formula]


# %% --8<-- [start:phase]
def growth_phase(losses):  # where the numbers end, and where they grew
    x = np.asarray(losses, float)
    calm = np.isfinite(x)
    end = len(x) if calm.all() else int(np.argmin(calm))
    last = int(np.argmax(x[:end])) if end else 0
    first = 0
    if last:  # it grew from the last loss that was not above the first
        first = int(np.flatnonzero(x[:last] <= x[0])[-1])
    while first and x[first - 1] < x[first]:
        first -= 1
    return end, first, last


# --8<-- [end:phase]


# %% --8<-- [start:growth]
def growth(x, first, last):  # is it a parabola's, and how fast is it?
    y = x - min(0, x.min())
    L = y[first : last + 1]
    L[0] = max(L[0], np.median(y[: first + 1])) or L[1]
    d = np.diff(np.log(np.maximum(L, 1e-3 * L[0] + 1e-300)))
    rises = np.diff(L)[-6:]  # their quotients are free of the floor
    if len(rises) > 1 and np.all(rises > 0):
        q = np.diff(np.log(rises))
        calm = np.all(np.diff(d) > -0.05 * np.abs(d[1:]) - 0.02)
        near = np.ptp(q[-3:]) < (0.1 if calm else 0.01) and q[-1] > 0
        if near and (len(q) > 1 or q[0] <= 2 * d[0]):
            return "parabola", beyond(q)
    return ("steady", float(d.mean())) if steady(d) else ("wild", gentle(d))


# --8<-- [end:growth]


# %% --8<-- [start:beyond]
def beyond(q):  # where three quotients in a row are heading (Aitken)
    if len(q) < 3:
        return float(q[-1])
    one, two = np.diff(q[-3:])
    ahead = two**2 / (one - two) if one > two > 0 else 0
    return float(q[-1] + min(ahead, 0.05))


# --8<-- [end:beyond]


# %% --8<-- [start:gentle]
def steady(d):  # with noise, but as fast in its second half as in its first
    if len(d) < 6:
        return False
    one, two = d[: len(d) // 2].mean(), d[len(d) // 2 :].mean()
    return abs(one - two) < 0.2 * max(one, two)


def gentle(d):  # the first four factors, none far above the one before
    kept = []
    for one in d[:4]:  # nor above e^10, a parabola at 75 times the limit
        most = max(1.25 * kept[-1], 3) if kept else 10
        kept.append(min(float(one), most, 10))
    return max(sum(kept) / len(kept), 1e-3)


# --8<-- [end:gentle]


# %% --8<-- [start:shape]
def shape(x, end, first, last):  # what kind of run is it?
    if end == 0:
        return "nan-at-start"
    y = x[:end] - min(0, x[:end].min())
    rise = y[last] / max(np.median(y[: first + 1]), 1e-9 * y[last], 1e-300)
    late = last > first and end - last <= 3
    if end == len(x):
        return finite_shape(y, rise, late, y[first : last + 1])
    near = end - last < 10 or y[-1] > 10 * y[0]  # it did not come back
    if (late and rise > 3) or (last and near and y[last] > 100 * y[0]):
        return "explodes"
    return "not-the-rate"


# --8<-- [end:shape]


# %% --8<-- [start:finite]
def finite_shape(y, rise, late, grown):  # every loss is a number
    bends = np.diff(grown, 2)
    bends_up = len(bends) > 0 and bends.min() > 0 and rise > 1.2
    if late and (bends_up or y[-1] > 10 * y[0]):
        return "explodes"
    level = np.median(y[-max(3, len(y) // 10) :])
    later = np.median(y[len(y) // 2 :])
    if len(y) > 4 and min(level, later) > 2 * y[0]:
        return "bounces"
    if len(y) < 3 or level >= y[0]:
        return "unclear"
    return "recovers" if rise > 2 and y.max() > 2 * level else "healthy"


# --8<-- [end:finite]


# %% --8<-- [start:sides]
def sides(log, first, last):  # 1: a weight alternates, 0: it leaves
    if not log.get("weight") or log["every"] % 2 == 0:
        return None  # every second weight is always on the same side
    w = np.array(log["weight"][first : last + 1], float)
    move = np.sign(np.diff(w[np.isfinite(w)]))
    turns = move[1:] != move[:-1]
    if len(turns) == 0 or (turns.any() and not turns.all()):
        return None
    return int(turns[0])


# --8<-- [end:sides]


# %% --8<-- [start:limit]
def limit(kind, log_r, run, side):  # αλ, its limit, the part to take
    r, beta = math.exp(min(log_r, 600)), run["momentum"]
    al, room = product(r, beta), 2 * (1 + beta)
    part = 3 if kind == "wild" else 2
    if side == 0:  # with a wrong sign the error grows by 1 + αλ
        return max(math.sqrt(r) - 1, 1e-12), room, part
    if kind != "parabola":  # elsewhere momentum buys no higher rate
        room = 2 * math.sqrt(1 - beta**2)
    if 0 < (run["batch_size"] or 0) < 16:  # the noise wants room too
        part += 1
    return al, room, part


# --8<-- [end:limit]


# %% --8<-- [start:overflow]
LARGEST = {
    "float16": 65504.0,
    "bfloat16": 3.3895313892515355e38,
    "float32": 3.4028234663852886e38,
    "float64": sys.float_info.max,
}


def until_inf(loss, log_r):  # updates from this loss to each format's end
    way = math.log(max(loss, 1e-300) * 2.0**30)
    left = {name: math.log(most) - way for name, most in LARGEST.items()}
    return {
        name: max(0, math.ceil(one / log_r - 1e-9))
        for name, one in left.items()
    }


# --8<-- [end:overflow]


# %% --8<-- [start:short]
def short(value):  # three digits, as a person would write them
    text = f"{value * (1 + 1e-12):.3g}"  # a tie is rounded up
    return re.sub(r"e([-+])0*", r"e\1", text).replace("e+", "e")


# --8<-- [end:short]


# %% --8<-- [start:diagnose]
FIELDS = "verdict confidence growth_per_step curvature rate_limit"
FIELDS = f"{FIELDS} suggested_rate steps_to_overflow evidence why next"
PLAIN = dict(rate=None, momentum=0.0, batch_size=None)
PLAIN |= dict(dtype="float32", adam=False)


def diagnose(log, **given):  # log has "loss", and perhaps the rest
    log, run = BARE | log, PLAIN | given
    x = np.array(log["loss"]) / 2.0**30  # then no sum overflows
    end, first, last = growth_phase(x)
    found = dict.fromkeys(FIELDS.split()) | {"why": [], "next": []}
    found["verdict"] = shape(x, end, first, last)
    if found["verdict"] == "explodes":
        explosion(found, x[:end], first, last, log, run)
        return found
    return no_explosion(found, x, end, run)


BARE = dict(every=1, step=None, rate=None, weight=None)
# --8<-- [end:diagnose]


# %% --8<-- [start:explosion]
def explosion(found, x, first, last, log, run):
    kind, log_r = growth(x, first, last)
    log_r = max(log_r / log["every"], 1e-12)
    side = sides(log, first, last)
    sure = side or first or kind == "wild" or log_r >= math.log(9)
    found["verdict"] = "rate-too-high" if sure else "growth"
    if side == 0:
        found["verdict"] = "not-the-rate"
    found["growth_per_step"] = math.exp(min(log_r, 600))
    found["steps_to_overflow"] = until_inf(x[first], log_r)
    steps = log["step"] or [n * log["every"] for n in range(last + 1)]
    found["evidence"] = [steps[first], steps[last]]
    alpha = run["rate"] or (log["rate"][first] if log["rate"] else 0)
    run = run | {"rate": alpha if alpha > 0 else None}
    set_rate(found, kind, log_r, side, last - first, log, run)


# --8<-- [end:explosion]


# %% --8<-- [start:set]
def set_rate(found, kind, log_r, side, growing, log, run):
    al, room, part = limit(kind, log_r, run, side)
    alpha = run["rate"]
    by = 10 if run["adam"] else max(1, al / room * part)
    found["suggested_rate"] = alpha / by if alpha else None
    if alpha and not run["adam"]:
        found["curvature"] = al / alpha
        found["rate_limit"] = alpha * room / al
    found["why"] = [grew(found, kind), *meaning(found, side, al, room)]
    found["why"] += lasts(found, kind, run)
    found["why"] += doubts(found, kind, growing, log, run)
    found["next"] = steps_to_take(found, by)


# --8<-- [end:set]


# %% --8<-- [start:grew]
def grew(found, kind):
    begin, peak = (f"step {int(step)}" for step in found["evidence"])
    r = f"{short(found['growth_per_step'])}-fold per update"
    how = {
        "parabola": f"{r}, as on a parabola",
        "steady": f"{r}, with noise",
    }
    how = how.get(kind, "by no constant factor")
    return f"The loss grew from {begin} to {peak}, {how}."


# --8<-- [end:grew]


# %% --8<-- [start:meaning]
def meaning(found, side, al, room):
    if side == 0:
        yield "The weight leaves on one side: the sign is wrong."
    if side == 1:
        yield "The weight alternates: it is the rate, not the sign."
    if found["verdict"] == "growth":
        yield "It may be the rate or the sign: losses alone cannot tell."
    yield f"So αλ is about {short(al)}; the limit is {short(room)}."


def lasts(found, kind, run):
    if kind != "wild":
        ends = found["steps_to_overflow"][run["dtype"]]
        yield f"At this pace {run['dtype']} ends after {ends} updates."


# --8<-- [end:meaning]


# %% --8<-- [start:doubts]
def doubts(found, kind, growing, log, run):
    low = []
    if growing < 3:
        low += ["Fewer than four losses grew: a first guess."]
    if len(set(log["rate"] or [])) > 1:
        low += ["The rate changed in the log: one is assumed."]
    if run["adam"]:
        low += ["With Adam no curvature follows: take a tenth."]
    level = len(low) + (kind != "parabola")
    found["confidence"] = ["high", "medium", "low"][min(level, 2)]
    if run["batch_size"]:
        low += ["The limit holds for this batch size."]
    if log.get("epochs"):
        low += ["If a line is an epoch, say how many updates it has."]
    return low


# --8<-- [end:doubts]


# %% --8<-- [start:steps]
def steps_to_take(found, by):
    rate = found["suggested_rate"]
    new = f"Divide the rate by {short(by)}."
    if rate:
        new = f"Set the rate to {short(rate)}."
    if found["verdict"] == "rate-too-high":
        return ["Go back to weights from before the explosion.", new, SCALE]
    if found["verdict"] == "growth":
        return [ASK, f"If it does, it is the rate. {new}", TURN]
    return ["Turn the sign of the step, and start afresh.", new]


SCALE = "Give every input mean 0 and spread 1: it raises the limit."
ASK = "Print one weight of each update: does it change sides?"
TURN = "If it leaves on one side, turn the sign of the step."
# --8<-- [end:steps]


# %% --8<-- [start:none]
def no_explosion(found, x, end, run):
    kind = found["verdict"]
    found["why"], found["next"] = [WHY[kind]], NEXT[kind]
    found["confidence"] = SURE.get(kind, "high")
    if kind == "not-the-rate" and end < 3:
        found["confidence"] = "low"
    if kind == "not-the-rate" and run["dtype"] == "float16":
        found["next"] = [HALF, *NEXT[kind]]
    if kind == "bounces":  # a bounded loss, such as a logistic one
        found["verdict"] = "rate-too-high"
        found["suggested_rate"] = run["rate"] / 10 if run["rate"] else None
    return found


SURE = {"bounces": "low", "unclear": "low", "recovers": "medium"}
# --8<-- [end:none]

# %% --8<-- [start:why]
WHY = {
    "nan-at-start": "The first loss is no number, before any rate acted.",
    "not-the-rate": "A normal loss turned into nan or inf: nothing grew.",
    "bounces": "It stays far above its start: no factor can be read.",
    "recovers": "The loss rose and came back lower: that is no failure.",
    "healthy": "The loss falls.",
    "unclear": "The loss neither falls nor runs away.",
}
NEXT = {
    "recovers": ["Let it run, and compare it with half the rate."],
    "healthy": ["Leave the rate, or try twice as much."],
}
# --8<-- [end:why]

# %% --8<-- [start:next]
NEXT["not-the-rate"] = [
    "Look at the weights: are they still finite?",
    "Print what goes into each log, root and division.",
    "Find the batch; look for nan and for labels that are all ignored.",
]
NEXT["nan-at-start"] = [
    "Count the nan and inf in inputs and labels.",
    "Print the smallest spread of a column: is one 0?",
    "Compute the loss once before the first update.",
]
HALF = (
    "Compute the loss in float32, or use bfloat16: float16 ends at 65504."
)
NEXT["bounces"] = ["Divide the rate by ten and run again."]
NEXT["unclear"] = ["Log the loss of every update, and paste more of it."]
# --8<-- [end:next]

# %% --8<-- [start:number]
DIGITS = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?"
WORDS = r"nan(?:\((?:ind|snan)\))?|inf(?:inity)?|∞|null|none"
VALUE = rf"(?<![a-z0-9_.])[-+−]?(?:{DIGITS}|{WORDS})(?![a-z0-9_]|\.[0-9])"
NAME = r"((?<![a-z0-9_/.-])(?:(?:train|val|test|eval)[a-z]* )?"
NAME += r"[a-z_][a-z0-9_/.-]*)[\"'\]]*"
LIST = r"\s*[:=]\s*[a-z.]*\(?\[([^\[\]{}]*)\]"
SPACE = " \t\n\r\f\v"
MARKS = r"(?:[\s:=\[][\s:=\[\"']*)?"
VALUES, PAIR, ARRAY = (
    re.compile(pattern, re.IGNORECASE | re.ASCII)
    for pattern in (VALUE, f"{NAME}{MARKS}({VALUE})", NAME + LIST)
)


def number(text):
    text = text.lower().replace("−", "-").replace("∞", "inf")
    return math.nan if re.search("nan|null|none", text) else float(text)


# --8<-- [end:number]


# %% --8<-- [start:tidy]
def tidy(text):  # one kind of line end, no colours, bare numbers
    text = re.sub("\x1b\\[[0-9;]*[A-Za-z]|\ufeff", "", text)
    text = text.replace("\r\n", "\n")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    rows = [row.rstrip("\r\b") for row in text.split("\n")]
    text = "\n".join(re.split("[\r\b]", row)[-1] for row in rows)
    kind = r"(?<![a-z0-9_.])[a-z.]*(?:tensor|float[0-9]{1,2})"
    return re.sub(kind + r"\(([^(),]{1,40})[^()]{0,80}\)", r"\1", text)


# --8<-- [end:tidy]


# %% --8<-- [start:points]
def even(steps):  # the gap between them, if it is always the same
    gaps = {after - before for before, after in itertools.pairwise(steps)}
    gap = gaps.pop() if len(gaps) == 1 else math.nan
    return gap if math.isfinite(gap) else None


def with_points(text):  # 5,2 is 5.2, unless the comma parts two numbers
    pattern = "(?<![0-9])([0-9]+),(?=[0-9])"
    rows = [re.findall(pattern, row) for row in text.split("\n")]
    first = [float(row[0]) for row in rows if row]
    counted = len(first) > 1 and even(first) == 1
    many = re.search("[a-z\"'],", text.lower()) or max(map(len, rows)) > 1
    parts = many and not re.search("[;\t]", text)
    if counted or parts or re.search(r"[0-9]\.[0-9]", text):
        return text
    return re.sub("([0-9]),([0-9])", r"\1.\2", text)


# --8<-- [end:points]


# %% --8<-- [start:choose]
def choose(names, column=None):  # the one that is the training loss
    names = list(dict.fromkeys(names))
    if column:
        same = [name for name in names if name.lower() == column.lower()]
        return same[0] if same else None
    for kind in "loss", "cost|nll|mse|error", "value":
        found = [name for name in names if re.search(kind, name.lower())]
        other = "val(?!ue)|test|eval"
        train = [n for n in found if not re.search(other, n.lower())]
        exact = [
            n for n in train if n.lower() == "loss" or "step" in n.lower()
        ]
        if found:
            return (exact or train or found)[0]
    return None


# --8<-- [end:choose]


# %% --8<-- [start:arrays]
def arrays(text, column):  # Keras: {"loss": [2.3, 2.1], "val_loss": …}
    columns = {
        name: VALUES.findall(row) for name, row in ARRAY.findall(text)
    }
    together = itertools.zip_longest(*columns.values())
    return [
        {name: value for name, value in zip(columns, row) if value}
        for row in together
    ]


def pairs(text, column):  # step 3, loss=5.2; or a JSON object a line
    return [dict(PAIR.findall(row)) for row in re.split("[\n}]", text)]


# --8<-- [end:arrays]


# %% --8<-- [start:table]
def cells(line, mark):
    line = line.strip("| ")
    row = line.split(mark) if mark else re.findall(f"[^{SPACE}]+", line)
    return [cell.strip(" \"'") for cell in row]


def rows_below(names, lines, mark):
    rows = [cells(line, mark) for line in lines]
    rows = [row for row in rows if len(row) == len(names)]
    return [
        {n: cell for n, cell in zip(names, row) if VALUES.fullmatch(cell)}
        for row in rows
    ]


# --8<-- [end:table]


# %% --8<-- [start:header]
def table(text, column):  # a row of names, and numbers below it
    lines = [line for line in text.split("\n") if line.strip(SPACE)]
    for top in range(min(50, len(lines))):
        for mark in "\t", ";", "|", ",", None:
            names = cells(lines[top], mark)
            named = not any(map(VALUES.fullmatch, names))
            if named and choose(names, column):
                below = lines[top + 1 :]
                if any(rows_below(names, below[:3], mark)):
                    return rows_below(names, below, mark)
    return []


# --8<-- [end:header]


# %% --8<-- [start:bare]
def is_bare(line):  # numbers and nothing else
    rest = VALUES.sub("", line).strip(" ,;|[]()\t\"'")
    return not rest and VALUES.search(line)


def bare(text, column):
    rows = [VALUES.findall(row) for row in text.split("\n") if is_bare(row)]
    widths = {len(row) for row in rows}
    if "[" in text or len({len(row) for row in rows[:-1]} | {1}) == 1:
        return [{"loss": value} for row in rows for value in row]
    if len(widths) > 1:
        return []
    counts = widths == {2} and even([number(row[0]) for row in rows])
    names = [str(1 + place) for place in range(max(widths))]
    names = ["step", "loss"] if counts else names
    return [dict(zip(names, row)) for row in rows]


# --8<-- [end:bare]


# %% --8<-- [start:read]
class Unreadable(ValueError):
    """A log without losses. The message says what to paste instead."""


def read(text, column=None, weights=None):
    if "\0" in text or text.count("\ufffd") > len(text) / 50:
        raise Unreadable(f"This is a binary file, not a log. {PASTE}")
    text, seen = with_points(tidy(text)), {}
    for look in arrays, table, pairs, bare:
        rows = [row for row in look(text, column) if row]
        names = dict.fromkeys(name for row in rows for name in row)
        if loss := choose(names, column):
            if weights and not choose(names, weights):
                raise Unreadable(complaint(text, list(names), weights))
            return log_of(rows, names, loss, weights, text)
        seen |= names
    raise Unreadable(complaint(text, list(seen), column))


# --8<-- [end:read]


# %% --8<-- [start:log]
def log_of(rows, names, loss, weights, text):
    kept = [row for row in rows if loss in row]

    def pick(pattern):
        fits = [n for n in names if re.fullmatch(pattern, n.lower())]
        if fits and all(fits[0] in row for row in kept):
            return [number(row[fits[0]]) for row in kept]

    log = {"loss": [number(row[loss]) for row in kept]}
    log["step"] = rising(pick("(global_?)?(step|iter|iteration|update)s?"))
    log["rate"] = pick("lr|lr-.*|learning[_ ]?rate")
    log["weight"] = pick(re.escape(weights.lower())) if weights else None
    log["epochs"] = not log["step"] and "epoch" in text.lower()
    log["every"] = spacing(log["step"], text)
    log["said"] = said(kept, rows, loss)
    return log | {"name": loss, "names": list(names)}


# --8<-- [end:log]


# %% --8<-- [start:spacing]
def rising(steps):
    pairs = list(itertools.pairwise(steps or []))
    rise = all(0 < b - a < 1e9 and b < 1e15 for a, b in pairs)
    return steps if pairs and rise else None


def spacing(steps, text):  # updates between losses: Keras shows 32/32 [=]
    batches = re.findall(r"(?<![0-9])([0-9]{1,9})/\1 [\[━]", text)
    steps = steps or [0, float(batches[-1] if batches else 1)]
    gaps = [after - before for before, after in itertools.pairwise(steps)]
    return int(max(1, np.median(gaps or 1)))


# --8<-- [end:spacing]


# %% --8<-- [start:said]
def said(kept, rows, loss):
    if len(kept) == 1 and math.isfinite(number(kept[0][loss])):
        raise Unreadable(f"One loss was read, {kept[0][loss]}. {PASTE}")
    rest = len(rows) - len(kept)
    without = f" {rest} rows had none." if rest else ""
    count = "1 loss was" if len(kept) == 1 else f"{len(kept)} losses were"
    return f"{count} read, named {loss}.{without}"


# --8<-- [end:said]


# %% --8<-- [start:complaint]
def complaint(text, seen, column):
    if not text.strip(SPACE):
        return f"Nothing was read: the log is empty. {PASTE}"
    names = ", ".join(seen[:20]) or "no name at all"
    if column:
        return f"Nothing is named {column}. There is {names}."
    if seen:
        return f"No name is like loss: {names}. Say which column it is."
    lines = text.count("\n") + 1
    return f"No losses were found in {lines} lines. {PASTE}"


PASTE = "Paste one loss per line, or a table with a column named loss."
# --8<-- [end:complaint]


# %% --8<-- [start:options]
def options():
    parser = argparse.ArgumentParser("diagnose.py")
    add, most = parser.add_argument, 1e30
    add("log", help="a file, or - for what is piped in")
    add("--rate", type=between(0, most), help="the learning rate")
    add("--momentum", type=between(-1e-9, 1), default=0.0, help="β of SGD")
    add("--batch-size", type=between(0, most), help="samples an update")
    add("--every", type=between(0, most), help="updates between losses")
    add("--dtype", choices=LARGEST, default="float32")
    add("--adam", action="store_true", help="the optimiser was Adam")
    add("--column", help="where the loss stands: a name, or a number")
    add("--weights", help="where one weight stands")
    add("--json", action="store_true", help="print one object")
    return parser


# --8<-- [end:options]


# %% --8<-- [start:command]
def between(low, high):
    def value(text):
        if not re.fullmatch(DIGITS, text) or not low < float(text) < high:
            wanted = f"a number above {max(0, low):g} and below {high:g}"
            raise argparse.ArgumentTypeError(f"{wanted}, please")
        return float(text)

    return value


def load(name):
    piped = name == "-"
    data = sys.stdin.buffer.read() if piped else Path(name).read_bytes()
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return data.decode("utf-16" if wide else "utf-8", "replace")


# --8<-- [end:command]


# %% --8<-- [start:main]
def main(words):
    given = vars(options().parse_args(words))
    try:
        log = read(load(given["log"]), given["column"], given["weights"])
    except (Unreadable, OSError) as error:
        return f"diagnose.py: {error}"
    log["every"] = int(given["every"] or log["every"])
    found = diagnose(log, **{key: given[key] for key in PLAIN})
    if given["json"]:
        return print(json.dumps(found, ensure_ascii=False))
    print(f"{log['said']}\n{found['verdict']} ({found['confidence']})")
    print(*found["why"], "", *found["next"], sep="\n")


if Path(sys.argv[0]).name == "diagnose.py" and sys.argv[1:]:
    sys.exit(main(sys.argv[1:]))
# --8<-- [end:main]

# %% --8<-- [start:posts]
article = "80.4866, 102.8105, 137.0916, 189.7342, 270.5730, 394.7105"
posted = """update 997: loss 4.57760985674227e+74
update 998: loss 5.386601277550346e+74
update 999: loss 6.338564061017721e+74"""
w = np.array([-20.48267746, -1.06335529e12, -5.40660918e22, -2.7489811e33])
print("log               rate   growth   curvature       limit  to set")
for name, log, alpha in (
    ("the article", read(article), 0.12),
    ("Cross Validation", read(posted), 5e-4),
    ("Stack Overflow", {"loss": w**2, "every": 10}, 0.01),
):
    _, _, r, lam, limit_, new, *_ = diagnose(log, rate=alpha).values()
    print(f"{name:16s} {alpha:6g} {r:9.5g} {lam:10.6g}", end="")
    print(f" {limit_:11.5g} {new:9.3g}")
# --8<-- [end:posts]

# %% --8<-- [start:sign]
losses = [0.5 * 1.21**n for n in range(8)]  # a parabola of floor 0
rate = {"alternates": [(-1.1) ** n for n in range(8)]}
sign = {"leaves": [1.1**n for n in range(8)]}
for kind, weight in (rate | sign | {"not logged": None}).items():
    found = diagnose({"loss": losses, "weight": weight}, rate=0.1)
    print(f"weight {kind:11s} {found['verdict']:14s}", end="")
    print(
        f" λ = {found['curvature']:.4g}, set {found['suggested_rate']:.4g}"
    )
# --8<-- [end:sign]

# %% --8<-- [start:trials]
data = Path(globals().get("__file__", "")).parent / "data"
with (data / "runs.csv").open(
    newline="", encoding="utf-8"
) as table_of_runs:
    runs = list(csv.DictReader(table_of_runs))
for one in runs:
    one["log"] = read(one["losses"])
    given = {"rate": float(one["rate"]), "momentum": float(one["momentum"])}
    given["batch_size"] = int(one["batch"]) or None
    one["found"] = diagnose(one["log"], **given)
exploded = [one for one in runs if one["kind"] == "explodes"]
trained = [one for one in runs if one["kind"] == "trains"]
print(len(exploded), "runs that exploded,", len(trained), "that trained")
# --8<-- [end:trials]


# %% --8<-- [start:picture]
def draw(ax, one):  # the loss, and what was read from it
    L, r = np.array(one["log"]["loss"]), one["found"]["growth_per_step"]
    end, first, last = growth_phase(L)
    ax.semilogy(L[:end], "C1s-", label="loss")
    n, anchor = np.arange(first, last + 1), last
    if one["model"] == "relu":
        n, anchor = n[:5], first  # by its first steps
    ax.semilogy(n, L[anchor] * r ** (n - anchor), "C0-", label="read")
    ax.semilogy(end, L[last], "C1X", ms=11, label="inf or nan")
    ax.axhline(L[first], color="gray", ls="--", label="at the limit")
    ax.set(xlabel="update", title=one["model"])


# --8<-- [end:picture]


# %% --8<-- [start:panels]
def example(model, updates):  # the first such run on the full batch
    for one in exploded:
        same = one["model"] == model and one["batch"] == "0"
        if same and len(one["log"]["loss"]) == updates:
            return one


fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.4))
for ax, one in zip(axes, (example("linear", 10), example("relu", 6))):
    draw(ax, one)
axes[0].legend()
plt.show()
# --8<-- [end:panels]

# %% --8<-- [start:verdicts]
BROKEN = "rate-too-high", "growth"
cut = [one["log"]["loss"][: 20 + 7 * n] for n, one in enumerate(trained)]
sudden = [diagnose({"loss": [*log[:200], math.nan]}) for log in cut]
for name, right, all_of_them in (
    ("exploded", BROKEN, [one["found"] for one in exploded]),
    ("trained", ("healthy", "recovers"), [one["found"] for one in trained]),
    ("nan from a normal loss", ("not-the-rate",), sudden),
):
    good = sum(found["verdict"] in right for found in all_of_them)
    print(f"{name:23s} right {good:3d} of {len(all_of_them):3d}", end="")
    print(f" = {good / len(all_of_them):.1%}")
# --8<-- [end:verdicts]

# %% --8<-- [start:outcomes]
METHODS = "diagnosed", "tenth", "two_lines", "range"


def outcome(some, method):  # trains; within a factor 4 below the largest
    trains = [int(one[f"{method}_trains"]) for one in some]
    ratios = [float(one[method]) / float(one["largest"]) for one in some]
    near = [0.25 <= ratio <= 1 for ratio in ratios]
    return f"{np.mean(trains):8.1%}{np.mean(near):5.0%}"


print(f"{'model':8s}runs", *(f"{name:>12s}" for name in METHODS))
for model in "linear", "tanh", "relu", "":
    some = [one for one in exploded if model in one["model"]]
    print(f"{model or 'all':8s}{len(some):4d}", end="")
    print(*(outcome(some, method) for method in METHODS))
# --8<-- [end:outcomes]

# %% --8<-- [start:misses]
print("too low and too high    full batch    batch 32     batch 8")
for model in "linear", "tanh", "relu":
    print(f"{model:20s}", end="")
    for batch in "0", "32", "8":
        some = [one for one in exploded if one["batch"] == batch]
        some = [one for one in some if one["model"] == model]
        ratio = [
            float(one["diagnosed"]) / float(one["largest"]) for one in some
        ]
        low, high = sum(r < 0.25 for r in ratio), sum(r > 1 for r in ratio)
        print(f"{low:5d}{high:3d} of{len(ratio):3d}", end="")
    print()
more = np.mean([int(one["range_updates"]) for one in exploded])
print(f"a range test took {more:.0f} more updates")
# --8<-- [end:misses]


# %% --8<-- [start:shares]
for method, style in zip(METHODS, ("C0-", "C1--", "C2-.", "C3:")):
    ratio = [float(one[method]) / float(one["largest"]) for one in exploded]
    share = np.linspace(0, 1, len(ratio))
    plt.semilogx(np.sort(ratio), share, style, label=method, linewidth=2)
plt.axvline(1, color="gray", ls="--")
plt.axvspan(0.25, 1, color="gray", alpha=0.2)
plt.xlim(1e-4, 1e2)
plt.xlabel("suggested rate / largest rate that trains")
plt.ylabel("share of the runs")
plt.legend()
plt.show()
# --8<-- [end:shares]
