"""Measure how well the curvature foretells the largest rate that trains:

    uv run --group frameworks --group evaluation predict

Models of several kinds, each with SGD, momentum and Adam, some seeds of each. The
largest rate that trains (``trials.py`` says what this means) is found by trying, from the first weights and from
those after 50 updates at a tenth of it, which are safe. There, and after 200 such updates, the curvature is measured
with the lines that the page shows. Half of the limit that it foretells is tried from there (*half*), and from the
first weights (*again*).
``snippets/data/limits.csv`` keeps the outcomes; the program of the page *Measure your own model* reads it.
"""

import argparse
import csv
import itertools
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch

from measure.limits.curvature import measured, told
from measure.limits.models import KINDS, guessing
from measure.limits.trials import OPTIMISERS, Search, State, Trial

FILE = Path(__file__).parents[3] / "snippets" / "data" / "limits.csv"
LATE = 200
SAFE = 50, LATE  # updates at a tenth of the largest rate
COLUMNS = ["kind", "optimiser", "batch", "seed", "updates", "loss", "found", "miss", "least"]
COLUMNS += ["most", "of_32", "foretold", "largest", "half", "again"]
FACTORS = {"SGD": 2, "momentum": 2 * (1 + 0.9), "Adam": 2 * (1 + 0.9) / (1 - 0.9)}


def rows(trial: Trial) -> list[dict]:
    """What is found at the first weights, and after the safe updates."""
    torch.set_num_threads(1)
    begin = Search(trial, trial.start)
    largest = begin.largest()
    if largest is None:
        return []
    made = []
    for updates in 0, *SAFE:
        adam_at_first = trial.optimiser == "Adam" and not updates  # its state is made by an update
        here = (
            trial.run(trial.start, largest / 10, updates or 1)[0] if updates or adam_at_first else trial.start
        )
        row = {"updates": updates} | measurements(trial, here)
        if updates:
            row["again"] = outcome(begin, row["foretold"] / 2, largest)
        if updates < LATE:
            search = Search(trial, here) if updates else begin
            row["largest"] = search.largest()
            row["half"] = outcome(search, row["foretold"] / 2, row["largest"])
        made.append({name: getattr(trial, name) for name in ("kind", "optimiser", "batch", "seed")} | row)
    return made


def measurements(trial: Trial, state: State) -> dict[str, float]:
    """The loss here, in units of that of guessing; the curvature, that of 32 samples alone; what it foretells."""
    found, few = measured(trial, state), measured(trial, state, slice(32))
    rate = state.optimiser.param_groups[0]["lr"] if trial.optimiser == "Adam" else 1
    with torch.no_grad():
        left = trial.loss(state).item() / guessing(trial.samples[1])
    return (
        {"loss": left}
        | found
        | {"of_32": told(few), "foretold": FACTORS[trial.optimiser] * rate / told(found)}
    )


def outcome(search: Search, rate: float, largest: float | None) -> str:
    """Whether the rate trains; if not, whether it lies below or above the largest that does."""
    if search.trains(rate):
        return "trains"
    return "below" if largest and rate < largest else "above"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--seeds", type=int, default=2, help="how many of each")
    parser.add_argument(
        "--batches", type=int, nargs="+", default=[0], help="their sizes; 0 is the full batch"
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=FILE)
    given = parser.parse_args()
    trials = [
        Trial(kind, optimiser, batch, seed)
        for batch, seed, kind, optimiser in itertools.product(
            given.batches, range(given.seeds), KINDS, OPTIMISERS
        )
    ]
    with (
        given.out.open("w", newline="", encoding="utf-8", buffering=1) as file,
        ProcessPoolExecutor(given.processes) as pool,
    ):
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        for made in pool.map(rows, trials):
            for row in made:
                table.writerow({k: f"{v:.5g}" if isinstance(v, float) else v for k, v in row.items()})
            print(f"{row['kind']}, {row['optimiser']}, seed {row['seed']}" if made else "none trains")


if __name__ == "__main__":
    main()
