"""Make logs of real training runs whose truth is known, to tune and to check the reader of logs:

    uv run --group frameworks --group evaluation make-logs --tune --seeds 0 300 --out DIR

writes ``DIR/logs.json`` (the texts) and ``DIR/truth.json`` (of each run what happened, of each log what it shows).
The runs come from two populations that share no data set, no width and no seed. Rules are tuned on one,
and what is published is measured on the other:

--tune   scikit-learn's digits, breast cancer, iris, wine, linnerud and diabetes; sine waves, the adding problem
         and walks of tokens, made here. Linear models, networks of one to four layers of 16, 32 or 48 units
         (ReLU, tanh, GELU), convolutions of 3 × 3, one LSTM or GRU layer, a transformer of one or two layers
         and two heads.
--check  statsmodels' fair (two targets), anes96 (two), star98, randhie, macrodata, modechoice, co2, sunspots and
         elnino; squares of two photographs of scikit-learn; two spirals, Friedman's function, parity, recall of
         a symbol; tokens that follow a chain, are sorted, or repeat. Linear models, networks of one to six
         layers of 12, 24, 64 or 80 units (leaky ReLU, SiLU, ELU, ReLU), half of them residual, a third with
         layer normalisation; convolutions of 5 × 5 and along a series, one or two LSTM or GRU layers, a
         transformer of one to three layers and three heads.

Both: SGD, momentum 0.9, Adam, AdamW (two ninths each) and RMSprop; cross-entropy and squares, means and some
sums; batches of 8, 16, 32, 128 or all; a fifth clipped at 1, a fifth warmed up, an eighth with linear decay;
60 to 300 updates in float32; raw or standardised columns.

What *trains*, *fails* and *largest* mean stands in ``measure/runs/truth.py``.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch

from measure.logs import record, styles
from measure.logs.choose import runs_of
from measure.runs import populations, tasks, training


def told_to(run: record.Record, style: str, rate: float, spacing: int, rng) -> tuple[list[str], bool]:
    """What the user types beside the log, and whether that tells the updates between two lines."""
    config, args = run.config, []
    if style not in ("hf", "mmengine") or rng.random() < 0.5:
        args += ["--rate", f"{rate:.3g}"]
    if config.opt == "momentum":
        args += ["--momentum", "0.9"]
    if config.opt in ("Adam", "AdamW") or (config.opt == "RMSprop" and rng.random() < 0.5):
        args += ["--adam"]
    if config.batch:
        args += ["--batch-size", str(config.batch)]
    told = style in styles.UNCOUNTED and bool(rng.random() < 0.5)
    return args + (["--every", str(spacing)] if told else []), told


def log_of(run: record.Record, truth: dict, style: str, rng) -> tuple[str, dict] | None:
    """The text of a log and what it shows; None if it shows nothing."""
    lines = styles.STYLES[style](run, rng)
    late = truth["kind"] == "rate" and rng.random() < 0.5
    lines = record.paste(lines, rng, style.startswith("plain"), late)
    shows = [line for line in lines if line.at]
    if not shows:
        return None
    at = [list(line.at) for line in shows]
    spacing = {"plain50": 50, "pytorch": min(styles.FEW, run.per_epoch)}.get(style, styles.FEW)
    args, told = told_to(run, style, truth["rate"], spacing, rng)
    return "\n".join(line.text for line in lines) + "\n", {
        "style": style,
        "args": args,
        "every_needed": style in styles.UNCOUNTED,
        "every_told": told,
        "at": at if len(at) <= 10 else [at[0], at[1], at[-1]],
        "shown": [float(f"{line.shown:.5g}") if math.isfinite(line.shown) else None for line in shows],
        "masked": [k for k, line in enumerate(shows) if line.masked],
    }


def logs_of(population: str, seed: int, failing: int = 2) -> tuple[dict, dict, dict]:
    """Runs, what each log shows, and its text, of one configuration; empty if no rate trains, or none fails."""
    config, rng = populations.draw(population, seed), np.random.default_rng((seed, 3))
    task, runs, logs, texts = tasks.task_of(config, population), {}, {}, {}
    for label, truth, run in runs_of(task, config, failing, rng):
        name = f"c{seed:03d}-{label}"
        runs[name] = truth
        rates = truth["rate"] * training.schedule(config)
        sizes = (task.batch(config), len(task.X), len(task.X_val), task.per_epoch(config))
        seen = record.Record(config, run, rates, *sizes, classes=task.discrete)
        for style in rng.permutation(list(styles.STYLES))[: 2 if truth["kind"] in ("fine", "slow") else 3]:
            made = log_of(seen, truth, str(style), rng)
            if made:
                texts[f"{name}.{style}"], told = made
                logs[f"{name}.{style}"] = {"run": name} | told
    return runs, logs, texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    which = parser.add_mutually_exclusive_group(required=True)
    for population in populations.NETS:
        which.add_argument(f"--{population}", dest="population", action="store_const", const=population)
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 100), help="from, to below")
    parser.add_argument("--failing", type=int, default=2, help="runs at rates that fail, of each at most")
    parser.add_argument("--out", type=Path, required=True, help="a folder")
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    runs, logs, texts = {}, {}, {}
    for seed in range(*given.seeds):
        for kept, more in zip(
            (runs, logs, texts), logs_of(given.population, seed, given.failing), strict=True
        ):
            kept |= more
        print(f"seed {seed}: {len(runs)} runs, {len(logs)} logs", flush=True)
    given.out.mkdir(parents=True, exist_ok=True)
    for name, value in ("truth", {"runs": runs, "logs": logs}), ("logs", texts):
        (given.out / f"{name}.json").write_text(json.dumps(value, indent=0, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
