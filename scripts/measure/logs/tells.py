"""What a log can tell of its run: to say more of it would be a guess."""

import math
import statistics


def tells(log: dict, run: dict) -> str:
    """What a log can tell of its run, from the losses that it shows: "tell", "hidden" or "cannot".

    A failing run tells if three lines grow threefold into a peak near the end, or three stand above twice the
    first and stay, or reach ten times it before a nan. It is hidden if all are numbers and end below 0.9 of the
    first, without a leap or a fall from an absurd height. A fault tells at update 0, by numbers after the nan, or
    if every update has a line and three calm ones stand before it. A run that trains tells if its last quarter
    lies below 0.9 of its first tenth.
    """
    shown = [math.nan if loss is None else loss for loss in log["shown"]]
    bad = [n for n, loss in enumerate(shown) if not math.isfinite(loss)] + log["masked"]
    end, at = min(bad, default=len(shown)), log["at"]
    y, begins, whole = shown[:end], at[0] == [0, 0], end == len(shown)
    low = len(y) > 2 and statistics.median(y[-3:]) < 0.9 * y[0]
    if run["kind"] == "rate":
        return of_a_rate(y, begins, whole, low)
    if run["kind"] == "not-the-rate":
        if whole:
            return "hidden" if low else "cannot"
        after = sum(map(math.isfinite, shown[end:])) > 1 and not log["masked"]
        calm = spacing(at) == 1 and end > 2 and y[-1] <= 3 * statistics.median(y)
        return "tell" if (end == 0 and begins) or after or calm else "cannot"
    if len(y) < 3 or not whole:
        return "cannot"
    head, tail = y[: max(1, len(y) // 10)], y[-max(1, len(y) // 4) :]
    return "tell" if statistics.median(tail) < 0.9 * statistics.median(head) else "cannot"


def of_a_rate(y: list[float], begins: bool, whole: bool, low: bool) -> str:
    """What finite losses y tell of a rate that is too high; ``whole`` if no nan follows."""
    if whole and low:
        soon, last = statistics.median(y[1:4]), statistics.median(y[-3:])
        fell = not begins and y[0] > 300 * soon and last > 0.1 * soon
        return "cannot" if fell or max(y[2:]) > max(10 * y[0], 100 * last) else "hidden"
    if len(y) < 3:
        return "cannot"
    peak = max(range(len(y)), key=y.__getitem__)
    foot = peak
    while foot and y[foot - 1] < y[foot]:
        foot -= 1
    climbs = peak - foot > 1 and y[peak] >= 3 * y[foot] and peak >= len(y) - 3
    above = sum(loss > 2 * y[0] for loss in y) > 2
    stays = statistics.median(y[-3:]) > 2 * y[0] if whole else y[peak] >= 10 * y[0]
    return "tell" if climbs or (above and stays) else "cannot"


def spacing(at: list) -> int:
    """Updates from one line to the next, of the first and last update that each stands for."""
    return at[1][1] - at[0][1] if len(at) > 1 else at[0][1] - at[0][0] + 1
