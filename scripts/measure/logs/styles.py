"""The text that a training loop prints, in ten styles of today.

Each style turns a record into lines; a line may show a training loss.
"""

import math

import numpy as np

from measure.logs.record import Line, Record

FEW = 10  # updates from one line to the next, where the style has a habit


def mean(values) -> float:
    """The mean, without a warning about inf."""
    with np.errstate(all="ignore"):
        return float(np.mean(values))


def plain(step: int):
    """Bare numbers, of every so many updates."""

    def style(record: Record, rng) -> list[Line]:
        form = [lambda x: f"{x:.6g}", lambda x: repr(float(x)), lambda x: f"{x:.4f}"][rng.integers(3)]
        places = range(0, len(record.losses), step)
        return [Line(form(record.losses[t]), (t, t), record.losses[t]) for t in places]

    return style


def csv(record: Record, rng) -> list[Line]:
    """A row an epoch, with its mean; or Lightning's CSVLogger, rows for training and rows for validation."""
    lines, mixed = [Line("epoch,step,train_loss,val_loss")], rng.random() < 0.4
    every = FEW if mixed else record.per_epoch
    for epoch, (first, last) in enumerate(record.epochs):
        if mixed:
            for t in range(first, last + 1):
                if (t + 1) % every == 0:
                    text = f"{epoch},{t},{record.losses[t]:.9g},"
                    lines.append(Line(text, (t, t), record.losses[t]))
            lines.append(Line(f"{epoch},{last},,{record.val(last + 1):.9g}"))
        else:
            loss = mean(record.losses[first : last + 1])
            text = f"{epoch},{last},{loss:.7g},{record.val(last + 1):.7g}"
            lines.append(Line(text, (first, last), loss))
    return lines


def hf(record: Record, rng) -> list[Line]:
    """Hugging Face's Trainer, which by default puts the mean so far in the place of a loss that is no number.

    Version 4 rounds and shows the rate after the step; version 5 shows four digits, in quotes.
    """
    newer, lines, total, masked, factors = rng.random() < 0.5, [], np.float32(0), 0, [*record.rates, 0.0]
    for t, loss in enumerate(record.losses):
        with np.errstate(all="ignore"):
            if math.isfinite(loss):
                total = total + np.float32(loss)
            else:
                total, masked = total + total / np.float32(1 + t % FEW), masked + 1
        if (t + 1) % FEW:
            continue
        shown, norm = round(float(total) / FEW, 4), float(record.run.norms[t, 0])
        rate, epoch = factors[t if newer else t + 1], (t + 1) / record.per_epoch
        if newer:
            values = [f"'{x:.4g}'" for x in (float(total) / FEW, norm, rate, round(epoch, 2))]
        else:
            values = [repr(x) for x in (shown, norm, float(rate), round(epoch, 2))]
        names = ("loss", "grad_norm", "learning_rate", "epoch")
        text = "{" + ", ".join(f"'{name}': {x}" for name, x in zip(names, values, strict=True)) + "}"
        lines.append(Line(text, (t - FEW + 1, t), math.nan if masked == FEW else shown, masked > 0))
        with np.errstate(all="ignore"):
            total, masked = total - total, 0
    return lines


def keras(record: Record, rng) -> list[Line]:
    """Keras: a bar an epoch, with the mean of its batches."""
    new, lines = rng.random() < 0.5, []

    def number(x):
        return f"{x:.4f}" if abs(x) > 1e-3 else f"{x:.4e}"

    for epoch, (first, last) in enumerate(record.epochs):
        part = slice(first, last + 1)
        with np.errstate(all="ignore"):
            loss = float(np.average(record.losses[part], weights=record.sizes()[part]))
        size = record.per_epoch
        bar = "━" * 20 if new else "[" + "=" * 30 + "]"
        gap = "" if new else "- "
        text = f"{size}/{size} {bar} {gap}0s {3 + epoch % 3}ms/step - loss: {number(loss)} - val_loss: {number(record.val(last + 1))}"
        lines += [Line(f"Epoch {epoch + 1}/{len(record.epochs)}"), Line(text, (first, last), loss)]
    return lines


def padded(x: float) -> str:
    """A number in Lightning's bar: three digits, filled with zeros; so nan is nan.0."""
    short, long = f"{x:.3g}".replace("+0", "+").replace("-0", "-"), str(float(x))
    text = short if len(short) < len(long) else long
    if "e" not in text and len(text) < 5:
        text = (text if "." in text else text + ".").ljust(5, "0")
    return text


def lightning(record: Record, rng) -> list[Line]:
    """Lightning: tqdm's bar at the end of each epoch, with the loss of its last batch."""
    lines, size = [], record.per_epoch
    for epoch, (_, last) in enumerate(record.epochs):
        shown = f"train_loss={padded(record.losses[last])}, val_loss={padded(record.val(last + 1))}"
        text = f"Epoch {epoch}: 100%|██████████| {size}/{size} [00:00<00:00, {rng.uniform(95, 300):.2f}it/s, v_num=0, {shown}]"
        lines.append(Line(text, (last, last), record.losses[last]))
    return lines


def mmengine(record: Record, rng) -> list[Line]:
    """MMEngine: means of ten updates; the counter begins anew each epoch, or goes on."""
    size, updates, lines = record.per_epoch, len(record.losses), []
    by_epoch = size >= FEW and rng.random() < 0.8
    for t in range(FEW - 1, updates):
        done = t % size + 1 if by_epoch else t + 1
        if done % FEW:
            continue
        part, k = slice(t - FEW + 1, t + 1), len(lines)
        loss, norm = mean(record.losses[part]), mean(record.run.norms[part, 0])
        count = (
            f"Epoch(train)  [{t // size + 1}][{done}/{size}]"
            if by_epoch
            else f"Iter(train) [{done:3d}/{updates}]"
        )
        text = (
            f"11/25 10:{k // 60:02d}:{k % 60:02d} - mmengine - INFO - {count}  lr: {record.rates[t]:.4e}  "
            f"eta: 0:00:{max(0, 58 - k):02d}  time: {rng.uniform(0.01, 0.03):.4f}  data_time: 0.0010  memory: 214  "
            f"grad_norm: {norm:.4f}  loss: {loss:.4f}"
        )
        lines.append(Line(text, (t - FEW + 1, t), loss))
    return lines


def nanogpt(record: Record, rng) -> list[Line]:
    """nanoGPT: the loss of every tenth batch, and an evaluation every hundred."""
    lines = []
    for t in range(0, len(record.losses), FEW):
        if t % 100 == 0:
            seen = record.run.seen[t]
            lines.append(Line(f"step {t}: train loss {seen['train'][0]:.4f}, val loss {seen['val'][0]:.4f}"))
        share = "-100.00" if t < 5 * FEW else f"{rng.uniform(2, 4):.2f}"
        text = f"iter {t}: loss {record.losses[t]:.4f}, time {rng.uniform(20, 40):.2f}ms, mfu {share}%"
        lines.append(Line(text, (t, t), record.losses[t]))
    return lines


def pytorch(record: Record, rng) -> list[Line]:
    """PyTorch's MNIST example: every tenth batch of an epoch, and the test set after it."""
    lines, size, n = [], record.per_epoch, record.n
    for t, loss in enumerate(record.losses):
        epoch, k = divmod(t, size)
        if k % FEW == 0:
            text = (
                f"Train Epoch: {epoch + 1} [{k * record.batch}/{n} ({100 * k / size:.0f}%)]\tLoss: {loss:.6f}"
            )
            lines.append(Line(text, (t, t), loss))
        if k == size - 1:
            text, n_val = f"Test set: Average loss: {record.val(t + 1):.4f}", record.n_val
            if record.classes:
                share = record.run.seen[t + 1]["right"][0]
                text += f", Accuracy: {round(share * n_val)}/{n_val} ({100 * share:.0f}%)"
            lines += [Line(""), Line(text), Line("")]
    return lines


STYLES = {
    "plain1": plain(1),
    "plain10": plain(FEW),
    "plain50": plain(50),
    "csv": csv,
    "hf": hf,
    "keras": keras,
    "lightning": lightning,
    "mmengine": mmengine,
    "nanogpt": nanogpt,
    "pytorch": pytorch,
}
UNCOUNTED = ("plain10", "plain50", "hf", "pytorch")  # no counter tells the updates between two lines
