"""Overflow: from large to inf to nan, line by line, in four formats.

Needs numpy and matplotlib. Run it with: python snippets/overflow.py
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:formats]
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

bits = {"fp16": (5, 10), "bf16": (8, 7), "fp32": (8, 23), "fp64": (11, 52)}
largest = {}
print("format   bits     largest eˣ limit ×4 inf")
for name, (exponent, fraction) in bits.items():
    power = 2.0 ** (2 ** (exponent - 1) - 1)  # the highest power of two
    largest[name] = top = (2 - 2.0**-fraction) * power  # fraction all 1
    updates = np.ceil(np.log2(top) / np.log2(4))  # from 1 to beyond top
    print(f"{name:6s} {exponent:3d}+{fraction:<2d} {top:11.5g}", end="")
    print(f" {np.log(top):8.2f} {updates:6.0f}")
# --8<-- [end:formats]


# %% --8<-- [start:descend]
def bf16(value):  # the first 16 bits of fp32, to nearest, ties to even
    pattern = np.asarray(value, np.float32).view(np.uint32)
    pattern = pattern + 0x7FFF + (pattern >> 16 & 1)
    return (pattern & 0xFFFF0000).view(np.float32)


data = Path(globals().get("__file__", "")).parent / "data"  # notebooks too
x, y = np.loadtxt(data / "chi_regression.csv", delimiter=",", skiprows=1).T


def descend(keep, alpha=0.12, steps=3400):  # keep rounds to the format
    data, target, b, rows = keep(x), keep(y), keep(0), []
    for _ in range(steps):
        residual = keep(keep(data * b) - target)
        loss = keep(keep(np.sum(keep(residual**2))) / 2)
        slope = keep(np.sum(keep(data * residual)))
        rows.append((loss, slope, b))
        b = keep(b - keep(keep(alpha) * slope))
    return np.array(rows, float).T


# --8<-- [end:descend]

# %% --8<-- [start:first]
keeps = {"fp16": np.float16, "bf16": bf16}
keeps |= {"fp32": np.float32, "fp64": np.float64}
with np.errstate(all="ignore"):  # the overflow is the lesson
    runs = {name: descend(keep) for name, keep in keeps.items()}
print("format  factor inf: loss  slope     b b nan")
for name, run in runs.items():
    loss, slope, b = np.isinf(run).argmax(axis=1)  # the first of each
    growth = abs(run[2, b - 1] / run[2, b // 2]) ** (1 / (b - 1 - b // 2))
    print(f"{name:6s} {growth:7.4f} {loss:9d} {slope:6d} {b:5d}", end="")
    print(f" {np.isnan(run[2]).argmax():5d}")
print("\nfp16, update       loss      slope          b")
for update in 0, 1, 15, 16, 34, 35, 36, 37:
    values = runs["fp16"][:, update]
    print(f"{update:12d}", *(f"{value:10.5g}" for value in values))
# --8<-- [end:first]

# %% --8<-- [start:panels]
fig, axes = plt.subplots(1, 3, figsize=(7.2, 3.4))
for ax, name in zip(axes, ("fp16", "fp32", "fp64")):
    loss, _, b = np.maximum(np.abs(runs[name]), 1)
    inf, nan = np.isinf(loss).argmax(), np.isnan(b).argmax()
    top = np.log10(largest[name])  # on a log axis even ticks would overflow
    ax.plot(np.log10(loss[:inf]), "C1s-", markevery=nan // 9, label="loss")
    ax.plot(np.log10(b[: nan - 1]), "C2^-", markevery=nan // 9, label="|b|")
    ax.axhline(top, color="gray", linestyle=":")  # nothing is larger
    ax.plot([inf, nan - 1], [1.06 * top] * 2, "C1X:", markevery=[0], ms=9)
    ax.plot(nan, 1.06 * top, "C3P", ms=9)
    ax.set(xlabel="update", title=f"{name}: inf {inf}, nan {nan}")
axes[0].set_ylabel("power of ten")
axes[1].legend(loc="lower right")
plt.show()
# --8<-- [end:panels]

# %% --8<-- [start:arithmetic]
inf, nan, zero, one = np.float64([np.inf, np.nan, 0, 1])
left = "inf + inf; one / zero; one / inf; np.log(zero); np.exp(-inf); "
left += "nan > one; nan < one; nan == nan; nan != nan; inf == inf"
right = "inf - inf; zero * inf; inf / inf; zero / zero; "
right += "np.maximum(nan, 1); nan * zero; np.sqrt(-one); "
right += "np.fmax(nan, 1); max(zero, nan); nan ** zero"  # not nan
with np.errstate(all="ignore"):
    for text, other in zip(left.split("; "), right.split("; ")):
        print(f"{text:>12s} → {eval(text)!s:5s}", end="")
        print(f"{other:>18s} → {eval(other)}")
# --8<-- [end:arithmetic]

# %% --8<-- [start:guards]
z = np.arange(12, 24, 0.25, dtype=np.float32)  # the model says yes,
p = 1 / (1 + np.exp(-z))  # with this probability; the label says no
fig, ax = plt.subplots(figsize=(7.2, 3.4))
ax.plot(z, np.logaddexp(0, z), "C0o-", label="logaddexp(0, z)", markevery=2)
styles = ("C1s", 6), ("C3x", 10), ("C2^-", 5)
for gap, (style, size) in zip((0, 1e-8, 1e-7), styles):
    with np.errstate(divide="ignore"):
        loss = -np.log(1 - np.minimum(p, 1 - gap))
    clip = f"p clipped at 1 $-$ {gap:g}" if gap else "p not clipped"
    shown = np.minimum(loss, 25)  # inf becomes a row at the top
    ax.plot(z, shown, style, label=clip, markevery=2, ms=size)
ax.set(xlabel="score z of a wrong answer", ylabel="loss")
ax.set(title="In the top row the loss is inf", ylim=(11.5, 26))
ax.legend(loc="upper left")
plt.show()
# --8<-- [end:guards]


# %% --8<-- [start:stop]
def check(update, **values):  # stops at the first value gone bad
    for name, value in values.items():
        if not np.isfinite(value).all():
            raise FloatingPointError(f"{name} at update {update}")


loss = runs["fp32"][0]
attempts = "check(196, loss=loss[196]); check(197, loss=loss[197]); "
attempts += "descend(np.float32); np.exp(-1e3); 1e200 ** 2; 1e200 * 1e200; "
attempts += "np.float32(1 - 1e-8); np.float16(1e-8)"
with np.errstate(over="raise", divide="raise", invalid="raise"):
    for text in attempts.split("; "):
        try:
            print(f"{text} → {eval(text)}")
        except ArithmeticError as error:
            print(f"{text} stops:\n    {error.args[-1]}")
# --8<-- [end:stop]
