"""Pack made logs for the chapter Diagnose, and measure how often the suggested rates train:

    uv run --group frameworks --group evaluation python -m measure.make_logs --check --seeds 20 80 --out DIR
    uv run python -m measure.pack_logs DIR

writes ``snippets/data/made-logs.json.gz``, which the chapter reads, and ``snippets/readlog/odds.json``, of which
the reader speaks beside a rate: of each basis of a rate, how many runs got one and how many trained at it, among
these logs and the explosions in ``snippets/data/runs.csv``.
"""

import argparse
import collections
import csv
import gzip
import json
import math
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOGS = ROOT / "snippets" / "data" / "made-logs.json.gz"
ODDS = ROOT / "snippets" / "readlog" / "odds.json"


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
        every = at[1][1] - at[0][1] if len(at) > 1 else at[0][1] - at[0][0] + 1
        calm = every == 1 and end > 2 and y[-1] <= 3 * statistics.median(y)
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


def packed(texts: dict, truth: dict, fields) -> list[dict]:
    """One object a log: its text, what is told with it, and the truth; rates with whether they trained."""
    made = []
    for name, log in truth["logs"].items():
        run, at = truth["runs"][log["run"]], log["at"]
        made.append(
            {
                "text": texts[name],
                "fields": fields(log["args"]),
                "style": log["style"],
                "optimiser": run["config"]["opt"],
                "every": at[1][1] - at[0][1] if len(at) > 1 else at[0][1] - at[0][0] + 1,
                "truth": "fine" if run["kind"] == "slow" else run["kind"],
                "tells": tells(log, run),
                "rate": run["rate"],
                "largest": run["largest"],
                "grid": [[rate, letter == "t"] for rate, letter in run.get("grid", [])],
            }
        )
    return made


def trained(one: dict, rate: float) -> bool:
    """Whether the rate of the grid that lies next to this one trained."""
    nearest = min(one["grid"], key=lambda pair: abs(math.log(pair[0] / rate)))
    return nearest[1] and rate > one["grid"][0][0] / 1.3


def odds(logs: list[dict], readlog) -> dict:
    """Of each basis of a rate: how many failing runs got one, and how many trained at it."""
    seen = collections.defaultdict(list)
    for one in logs:
        found = readlog.diagnose(readlog.read(one["text"]), **one["fields"])
        if one["truth"] == "rate" and found["suggested_rate"]:
            seen[found["basis"]].append(trained(one, found["suggested_rate"]))
    for one in csv.DictReader(readlog.load(ROOT / "snippets" / "data" / "runs.csv").splitlines()):
        given = {
            "rate": float(one["rate"]),
            "momentum": float(one["momentum"]),
            "batch_size": int(one["batch"]) or None,
        }
        found = readlog.diagnose(readlog.read(one["losses"]), **given)
        if one["kind"] == "explodes":
            seen[found["basis"]].append(one["diagnosed_trains"] == "1")
    return {basis: [len(all_of), sum(all_of)] for basis, all_of in sorted(seen.items())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("folder", type=Path, help="where make_logs.py wrote logs.json and truth.json")
    folder = parser.parse_args().folder
    sys.path.insert(0, str(ROOT / "snippets"))
    import readlog

    texts, truth = (json.loads((folder / f"{name}.json").read_text()) for name in ("logs", "truth"))
    logs = packed(texts, truth, readlog.fields)
    with LOGS.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as file:
        file.write(json.dumps(logs, separators=(",", ":")).encode())
    ODDS.write_text(json.dumps(odds(logs, readlog), indent=1) + "\n", encoding="utf-8")
    print(f"{len(logs)} logs, {LOGS.stat().st_size / 1000:.0f} kB; {ODDS.read_text()}")


if __name__ == "__main__":
    main()
