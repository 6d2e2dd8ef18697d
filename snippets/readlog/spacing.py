"""How many updates lie between two lines of a log, where its counters say so."""

import itertools
import math

from .reading import EPOCH, STEP, number


def rising(steps):
    """Steps if each is above the one before."""
    pairs = list(itertools.pairwise(steps))
    whole = all(step % 1 == 0 for step in steps)
    return whole and bool(pairs) and all(0 < b - a < 1e9 and b < 1e15 for a, b in pairs)


def middle(gaps):
    """The median of gaps, as a whole number from 1."""
    gaps = sorted(gaps)
    return max(
        1,
        int(gaps[len(gaps) // 2] if len(gaps) % 2 else (gaps[len(gaps) // 2 - 1] + gaps[len(gaps) // 2]) / 2),
    )


def spacing(kept, names, loss, log):
    """Updates from one line to the next, what a line stands for, and the count at the first."""
    at = dict.fromkeys(("step", "every_from", "line", "first", "samples", "counts"))
    at |= {"every": 1, "late": begins_late(kept, names)}
    mean = any("#mean" in row for row in kept)

    def values(name):
        if name not in kept[0] and name not in kept[-1]:
            return []
        return [number(row.get(name, "nan")) for row in kept]

    by_steps(at, [n for n in names if STEP.search(n) and n != loss] + ["#batch"], values)
    counters = (values(f"#{name}") for name in ("batch", "batches", "samples"))
    batch, batches, samples = ([min(one, 1e15) for one in counted] for counted in counters)
    if not at["every_from"]:
        by_batches(at, batch, batches)
    if at["first"] is None and batch and batch[0] >= 0 and not at["late"]:
        at["first"] = int(batch[0])
    if at["first"] is None and samples and samples[0] == 0 and not at["late"]:
        at["first"] = 0
    if not at["every_from"]:
        by_samples(at, samples, values, log)
    at["late"] = at["late"] or (at["first"] or 0) > 3 * at["every"]
    if at["every_from"]:
        at["line"] = "mean" if mean and at["every"] > 1 else "update" if at["every"] == 1 else None
    elif mean:
        at["line"] = "mean"
    return at


def by_steps(at, names, values):
    """The first of these columns whose counts rise says at which update each line stands."""
    for name in names:
        steps = values(name)
        if not rising(steps) and not (len(steps) == 1 and steps[0] >= 0):
            continue
        at["counts"] = name
        at["step"], at["first"] = steps, int(min(steps[0], 1e15))
        if len(steps) > 1:
            at["every"], at["every_from"] = (middle([b - a for a, b in itertools.pairwise(steps)]), "log")
        return


def by_batches(at, batch, batches):
    """A counter such as 650/5863, which begins again in each epoch."""
    gaps = [b - a for a, b in itertools.pairwise(batch) if 0 < b - a < 1e9]
    whole = [b for a, b in zip(batch, batches) if a == b and b >= 1]
    if whole and len(whole) == len(batch):
        at |= {"every": int(whole[-1]), "every_from": "log", "first": int(whole[0])}
    elif gaps:
        at |= {"every": middle(gaps), "every_from": "log"}
    elif len(batch) > 1 and len(set(batch)) == 1 and batches and batches[0] >= 1:
        at |= {"every": int(batches[0]), "every_from": "log"}  # the same place in each epoch


def by_samples(at, samples, values, log):
    """A counter of samples, such as 6400/60000, which are as many updates as the batch is large."""
    gaps = [b - a for a, b in itertools.pairwise(samples) if b > a]
    if not gaps:
        return
    at["samples"] = middle(gaps)
    size = values("#of")[0] / log["batches"] if log["batches"] else 0
    if 1 <= size < 1e15:
        at |= {"every": max(1, round(at["samples"] / math.ceil(size))), "every_from": "log"}


def begins_late(kept, names):
    """Whether the first line stands epochs behind the first epoch."""
    for name in names:
        if EPOCH.search(name):
            epochs = [number(row.get(name, "0")) for row in kept[:2]]
            return epochs[0] > 1 + 2 * max(0, epochs[-1] - epochs[0])
    return False
