"""Sixteen bits: range or spacing, updates that vanish, and a loss scaler.

Needs numpy and matplotlib. Run it with: python snippets/precision.py
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:formats]
import matplotlib.pyplot as plt
import numpy as np


def bf16(value):  # the first 16 bits of fp32, to nearest, ties to even
    pattern = np.asarray(value, np.float32).view(np.uint32)
    pattern = pattern + 0x7FFF + (pattern >> 16 & 1)
    return (pattern & 0xFFFF0000).view(np.float32)


keeps = {"fp16": np.float16, "bf16": bf16, "fp32": np.float32}
bits = {"fp16": (10, 15), "bf16": (7, 127), "fp32": (23, 127)}
print("format    largest   its root   smallest   1 − x is 1 up to")
for name, (fraction, power) in bits.items():
    top = (2 - 2.0**-fraction) * 2.0**power
    print(f"{name} {top:12.5g} {top**0.5:10.4g}", end="")
    print(f" {2.0 ** (1 - power - fraction):10.3g}", end="")
    print(f" {2.0**-fraction / 4:18.3g}")
# --8<-- [end:formats]

# %% --8<-- [start:spacing]
styles = dict(zip(keeps, ("C1s-", "C2^-", "C0o-")))
for name, (fraction, power) in bits.items():
    sizes = np.arange(1.0 - power - fraction, power + 1)  # powers of two
    gaps = np.maximum(sizes, 1 - power) - fraction  # to the next number
    far = {"markevery": len(sizes) // 8, "label": name}
    plt.loglog(2**sizes, 2 ** (gaps - sizes), styles[name], **far)
plt.gca().set(xlabel="number", ylabel="distance to the next / number")
plt.gca().set(title="Long is a wide range, low is a fine spacing")
plt.legend()
plt.show()
# --8<-- [end:spacing]

# %% --8<-- [start:vanish]
rng = np.random.default_rng(0)


def chance(value):  # bf16, up or down by chance, right on average
    pattern = np.asarray(value, np.float32).view(np.uint32)
    pattern = pattern + rng.integers(2**16, dtype=np.uint32)
    return (pattern & 0xFFFF0000).view(np.float32)


step, updates = 0.001, 1000
print(f"1 − {step}      once  {updates // 2} times  {updates} times")
for name, keep in (keeps | {"by chance": chance}).items():
    w = [1.0]
    for _ in range(updates):
        w.append(float(keep(w[-1] - step)))
    print(f"{name:9s} {w[1]:9.4f} {w[updates // 2]:10.4f} {w[-1]:11.4f}")
    plt.plot(w, styles.get(name, "C3D-"), markevery=99, label=name)
plt.gca().set(xlabel="update", ylabel="weight")
plt.legend(), plt.show()
# --8<-- [end:vanish]

# %% --8<-- [start:fp32]
operations = {  # k rounds to the format after every operation
    "softmax, score of 12": lambda k: k((e := k(np.exp(k(12)))) / k(e + 1)),
    "norm of a gradient of 256": lambda k: k(np.sqrt(k(k(256) ** 2))),
    "loss, −log p at p = 1e-8": lambda k: k(-np.log(k(1e-8))),
    "a sum: 2048 + 1": lambda k: k(k(2048) + k(1)),
    "spread of 999 and 1001": lambda k: k(k(k(1001) - k(999)) / 2),
    "gradient 1e-4/4096": lambda k: k(1e-4 / 4096),
    "√v of Adam, g = 0.001": lambda k: k(np.sqrt(k(k(1e-3) * k(1e-6)))),
    "β₂ of Adam, 0.999": lambda k: k(0.999),
}
print(f"{'':26s}", *(f"{name:>9s}" for name in keeps))
with np.errstate(all="ignore"):  # the failures are the lesson
    for name, what in operations.items():
        values = [float(what(keep)) for keep in keeps.values()]
        print(f"{name:26s}", *(f"{value:9.4g}" for value in values))
# --8<-- [end:fp32]


# %% --8<-- [start:train]
@np.errstate(over="ignore")  # a scaler provokes an overflow
def train(order, start, updates=100):  # on the loss ½w², rate 0.3
    w, scale, good, log = start, 2.0**16, 0, []
    for _ in range(updates):
        g = float(np.float16(scale * w))  # scale, backward: in fp16
        fits = np.isfinite(g)

        for what in order.split():
            g /= {"unscale": scale, "clip": max(1, abs(g))}.get(what, 1)
            if (what == "step" and fits) or what == "blind":
                w = w - 0.3 * g
            if what == "update":  # halve after inf, double after 2,000
                good = good + 1 if fits else 0
                scale *= 0.5 if good == 0 else 1 + (good % 2000 == 0)
        log.append((w, scale, fits))
    return np.array(log, float).T


# --8<-- [end:train]

# %% --8<-- [start:first]
right = "unscale clip step update"
print("largest gradient  skipped      scale")
styles = "C0o-", "C2^-", "C3D-", "C4v-", "C1X-"
for start, style in zip((1, 10, 100, 1e4, np.nan), styles):
    w, scale, fits = train(right, start)
    print(f"{start:16g} {np.sum(fits == 0):8d} {scale[-1]:10.4g}")
    how = {"markevery": 9, "base": 2, "label": f"{start:g}"}
    plt.semilogy(scale[:50], style, **how)
plt.gca().set(xlabel="update", ylabel="scale")
plt.legend(title="largest gradient")
plt.show()
# --8<-- [end:first]

# %% --8<-- [start:orders]
orders = {
    "in order": right,
    "clipped while scaled": "clip unscale step update",
    "clipped after the step": "unscale step clip update",
    "never unscaled": "clip step update",
    "unscaled twice": "unscale unscale clip step update",
    "stepped without a look": "unscale clip blind update",
    "updated too early": "update unscale clip step",
    "scale never updated": "unscale clip step",
}
print(f"{'':22s}     skipped longest step    last loss")
for name, order in orders.items():
    w, scale, fits = train(order, 10)
    row = sum(fits == 0), max(abs(np.diff(w, prepend=10))), w[-1] ** 2 / 2
    print(f"{name:22s}", *(f"{value:12.3g}" for value in row))
# --8<-- [end:orders]
