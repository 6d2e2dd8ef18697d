"""What the losses of a run look like, before anybody asks why."""

import math

import numpy as np

LARGEST = {
    "float16": 65504.0,
    "bfloat16": 3.3895313892515355e38,
    "float32": 3.4028234663852886e38,
    "float64": float(np.finfo(float).max),
}


def growth_phase(losses):
    """Where the numbers end, and the places from which and to which they grew: (end, first, last)."""
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


def hidden(log):
    """The places of losses of exactly 0 that stand for nan, as the Trainer of Hugging Face writes it."""
    x, norm = log["loss"], log.get("norm") or []
    beside = [n for n, loss in enumerate(x) if loss == 0 and n < len(norm) and not math.isfinite(norm[n])]
    tail = len(x)
    while tail and x[tail - 1] == 0:
        tail -= 1
    told = any(not math.isfinite(v) for v in log.get("val") or []) or bool(log.get("trainer"))
    if told and len(x) - tail >= 2 and any(v > 0 for v in x[:tail]):
        beside += range(tail, len(x))
    return sorted(set(beside))


def positive(y):
    """Losses that may be below zero, raised so that their lowest is of their usual size."""
    low = y.min()
    return y if low >= 0 else y - low + max(float(np.median(np.abs(y))), 1e-300)


def beginning(y, late):
    """The loss from which losses y began: the first, or the highest of a third where that says more."""
    rest = y[1:] if len(y) > 1 else y
    leapt = rest.min() > 3 * y[0] and rest.max() < 3 * rest.min()  # to a level above
    return y[0] if not late or len(y) < 6 or leapt else y[: len(y) // 3].max()


def features(y, late):
    """Numbers that tell shapes apart, of finite losses y, shape (lines,).

    late: whether the first line stands far from the beginning of the run.
    """
    y, n = positive(y), len(y)
    j = k = int(np.argmax(y))
    while j and y[j - 1] < y[j]:
        j -= 1
    start, quarter = beginning(y, late), max(1, n // 4)
    return {
        "start": float(start),
        "peak": float(y[k]),
        "at_peak": k,
        "since": n - k,
        "rises": k - j,
        "rise": float(y[k]) / float(max(y[j], 1e-300)),
        "bends": bends(y[j : k + 1], n),
        "late": k >= n - 3,
        "above": int((y > 2 * start).sum()),
        "level": float(np.median(y[-3:])),
        "tail": float(np.median(y[-quarter:])),
        "head": float(np.median(y[: max(1, n // 10)])),
        "least": float(y[-quarter:].min()),
        "soon": float(np.median(y[1:4])) if n > 1 else float(y[0]),
        "first": float(y[0]),
        "later": float(y[-max(3, quarter) :].max()),
        "usual": float(np.median(y)),
        "second": float(np.sort(y)[-2]) if n > 1 else float(y[0]),
    }


def climbs(f):
    """Whether three lines or more grew into a peak near the end, threefold or faster and faster."""
    return f["rises"] >= 2 and f["late"] and (f["rise"] >= 3 or f["bends"])


def stays_high(f, ended):
    """Whether three lines or more stand above twice the start, and it did not come back."""
    far = f["level"] > 2 * f["start"]
    if ended:  # long before
        far = f["peak"] >= 10 * f["start"] and (far or f["since"] < 10)
    return f["above"] >= 3 and far


def bends(y, lines):
    """Whether losses that rise do so faster and faster, and by a fifth: four of them, or all there are."""
    rises = np.diff(y)
    enough = len(rises) > 3 or (len(rises) > 1 and len(y) == lines)
    return enough and bool(np.all(np.diff(rises) > 0)) and y[-1] > 1.2 * y[0]


def bent(y):
    """Whether the last four losses bend upwards and have grown by half: 15.2, 15.5, 17.6, 31.7."""
    return len(y) > 3 and bends(np.append(y[-4:], []), 4) and y[-1] > 1.5 * y[-4] and y[-3] > y[-4]


def kind_of(y, ended, late, window=False):
    """The shape of finite losses, and their features: (shape, features).

    shape: few, explodes, bounces, bending, calm, spike, flat, absurd, leaps, recovers, healthy or barely.
    ended: whether what follows them is no number. late: whether they begin far from the start of the run.
    window: whether the first stands for several updates.
    """
    f = features(y, late)
    if len(y) < 3:
        return "few", f
    if climbs(f) or (ended and stays_high(f, ended)):
        return "explodes", f
    if stays_high(f, ended):
        return "bounces", f
    if ended:
        return ("bending" if bent(y) else "calm"), f
    falls, ends = f["tail"] < 0.9 * f["head"], f["level"] < 0.9 * f["first"]
    if not falls and not ends:
        alone = f["peak"] > 1e3 * max(f["second"], 1e-300) and 0 < f["at_peak"] < len(y) - 1
        return ("spike" if alone else "flat"), f
    fell = window and f["first"] > 300 * f["soon"]  # from an absurd height
    if fell and len(y) > 5 and f["level"] > 0.5 * f["soon"]:
        return "absurd", f
    if f["later"] > 10 * f["start"]:
        return "leaps", f
    f["steady"] = falls and not fell
    if ends and f["peak"] > 2 * max(f["start"], f["level"]):
        return "recovers", f
    return ("healthy" if ends else "barely"), f
