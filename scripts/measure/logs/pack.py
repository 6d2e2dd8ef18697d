"""Pack made logs for the chapter Diagnose, and measure how often the suggested rates train:

    uv run --group frameworks --group evaluation make-logs --check --seeds 20 80 --out DIR
    uv run --no-sync pack-logs DIR

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
import sys
from pathlib import Path

from measure.logs.tells import spacing, tells

ROOT = Path(__file__).parents[3]
LOGS = ROOT / "snippets" / "data" / "made-logs.json.gz"
ODDS = ROOT / "snippets" / "readlog" / "odds.json"


def packed(texts: dict, truth: dict, fields) -> list[dict]:
    """One object a log: its text, what is told with it, and the truth; rates with whether they trained."""
    made = []
    for name, log in truth["logs"].items():
        run = truth["runs"][log["run"]]
        made.append(
            {
                "text": texts[name],
                "fields": fields(log["args"]),
                "style": log["style"],
                "optimiser": run["config"]["opt"],
                "every": spacing(log["at"]),
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
    parser.add_argument("folder", type=Path, help="where make-logs wrote logs.json and truth.json")
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
