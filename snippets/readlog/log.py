"""From rows to a log: the losses, and what the text says of the run that made them."""

import itertools
import math

from .data import FORMATS, pattern
from .reading import (
    EPOCH,
    MOST_NAMES,
    NORM,
    OTHER,
    RATE,
    SPACE,
    STEP,
    Unreadable,
    arrays,
    choose,
    is_loss,
    number,
    records,
    tidy,
    with_points,
)
from .spacing import spacing
from .tables import bare, is_bare, table

PASTE = "Paste one loss per line, or a table with a column named loss."
BROKEN = pattern("^[-+]?(?:nan|inf)")
PART = pattern('^(?=[^ "=]*$).*(?:[_/]|loss)')  # a column's name, not a word of a sentence
MOST = 20  # names in a sentence
spoken = [(pattern(row["pattern"]), row) for row in FORMATS["says"]]


def read(text, column=None, weights=None):
    """The log in a text, a dict: loss, step, rate, weight, norm, val, every, line, first, …

    column and weights name the column of the loss and that of one weight. Raises Unreadable.
    """
    if "\0" in text or text.count("\ufffd") > len(text) / 50:
        raise Unreadable(f"This is a binary file, not a log. {PASTE}")
    text, seen = with_points(tidy(text)), {}
    lines = [line for line in text[:20000].split("\n")[:-1] or [text] if line.strip(SPACE)][:50]
    plain = bool(lines) and all(map(is_bare, lines))
    looks = [bare] if plain else [arrays, lambda text: table(text, column), records, bare]
    for look in looks:
        rows = [row for row in look(text) if row]
        names = by_count(rows)
        if len(names) > MOST_NAMES:
            raise Unreadable(f"{len(names)} names were read. Paste the lines of one run.")
        if loss := choose(list(names), column):
            if weights and not choose(list(names), weights):
                raise Unreadable(complaint(text, list(names), weights))
            if look is bare and len(rows) == 1 and math.isfinite(number(rows[0][loss])):
                raise Unreadable(f"One loss was read, {rows[0][loss]}. {PASTE}")
            return log_of(rows, list(names), loss, weights, text)
        seen |= names
    raise Unreadable(complaint(text, list(seen), column))


def by_count(rows):
    """The names of rows, those that stand in most of them first, else as they come."""
    count = {}
    for row in rows:
        for name in row:
            if name[0] != "#":
                count[name] = count.get(name, 0) + 1
    return dict.fromkeys(sorted(count, key=lambda name: -count[name]))


def values_of(rows, name):
    """What rows say of a name, nan where they do not."""
    return [number(row[name]) if name in row else math.nan for row in rows]


def log_of(rows, names, loss, weights, text):
    """What the rows say, one value for each loss."""
    kept = without_doubles([row for row in rows if loss in row], loss)
    log = {"loss": values_of(kept, loss), "name": loss, "names": names}
    log["others"] = [n for n in names if n != loss and is_loss(n)]
    rates = [n for n in names if RATE.search(n) and all(n in row for row in kept)]
    log["rate"] = values_of(kept, rates[0]) if rates else None
    log["weight"] = values_of(kept, choose(names, weights)) if weights else None
    log["norm"] = nearest(rows, loss, kept, [n for n in names if NORM.search(n)])
    other = [n for n in names if OTHER.search(n) and is_loss(n)]
    log["val"] = nearest(rows, loss, kept, [n for n in other if n != loss])
    rest = [n for n in names if n not in (loss, *other) and not NORM.search(n) and PART.search(n)]
    log["broken"] = [n for n in rest if any(BROKEN.match(row.get(n, "")) for row in kept)]
    log |= said_of(text)
    log |= spacing(kept, names, loss, log)
    log["val_at"] = first_bad(rows, other, log.pop("counts"))
    counted = log["every_from"] or log["samples"] or log["first"] is not None
    log["epochs"] = not counted and any(EPOCH.search(n) for n in names)
    log["trainer"] = "learning_rate" in names and "epoch" in names
    log["said"] = f"{len(kept)} losses were read, named {loss}."
    if len(kept) == 1:
        log["said"] = f"1 loss was read, named {loss}."
    return log


def without_doubles(kept, loss):
    """A line that says the same of the same step again is left out."""
    counts = [n for n in kept[0] if STEP.search(n)] if kept else []
    if not counts:  # a bar counts anew in each epoch
        epochs = [n for n in kept[0] if EPOCH.search(n)] if kept else []
        if not epochs or "#batch" not in kept[0]:
            return kept
        counts = [*epochs, "#batch"]

    def same(a, b):
        return a[loss] == b[loss] and all(a.get(n) == b.get(n) for n in counts)

    return kept[:1] + [b for a, b in itertools.pairwise(kept) if not same(a, b)]


def nearest(rows, loss, kept, names):
    """For each loss the last of the named values beside it, or below it, that is no number, else 0; or None."""
    if not names:
        return None
    worst, at, place = ([0.0] * len(kept), -1, {id(row): n for n, row in enumerate(kept)})
    for row in rows:
        at = place.get(id(row), at)
        for name in names:
            if name in row and not math.isfinite(number(row[name])):
                worst[max(at, 0)] = number(row[name])
    return worst


def first_bad(rows, other, counts):
    """The step of the first validation loss that is no number, if a step stands beside it."""
    for row in rows:
        if any(n in row and math.isnan(number(row[n])) for n in other):
            return number(row[counts]) if counts in row else None
    return None


def said_of(text):
    """What words of the text say: optimiser, precision, rate, how it ended."""
    found = dict.fromkeys(("optimiser", "precision", "alpha", "ends", "batches", "classes"))
    found["overflow"] = False
    for search, row in spoken:
        one = search.search(text)
        if not one:
            continue
        if row.get("rate"):
            found["alpha"] = number(one[1])
        for key in "batches", "classes":
            if row.get(key):
                found[key] = int(one[1])
        for key in "optimiser", "precision", "ends":
            found[key] = found[key] or row.get(key)
        found["overflow"] = found["overflow"] or bool(row.get("overflow"))
    return found


def complaint(text, seen, column):
    """Why nothing was read, and what to paste."""
    if not text.strip(SPACE):
        return f"Nothing was read: the log is empty. {PASTE}"
    names = ", ".join(seen[:MOST]) or "no name at all"
    if len(seen) > MOST:
        names += f" and {len(seen) - MOST} more"
    if column:
        return f"Nothing is named {column}. There is {names}."
    if seen:
        return f"No name is like loss: {names}. Say which column it is."
    lines = text.count("\n") + 1
    return f"No losses were found in {lines} lines. {PASTE}"
