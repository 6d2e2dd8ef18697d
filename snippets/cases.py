"""Cases: causes other than the rate, and public threads read backwards.

Needs numpy and matplotlib. Run it with: python snippets/cases.py
"""

import sys

if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(encoding="utf-8")  # a console may know no Greek

# %% --8<-- [start:table]
import matplotlib.pyplot as plt
import numpy as np


def table(*rows):  # each thing as it is often written, and mended
    print(f"{'what is computed':24s}{'as written':>10s}{'mended':>8s}")
    for name, bad, good in rows:
        print(f"{name:24s}{bad:z10.3g}{good:z8.2g}")


# --8<-- [end:table]

# %% --8<-- [start:begin]
loss, column = np.array([1, 9, np.nan]), np.array([7.0, 7, 7])
(away, *_), sd, kept = column - 7, column.std(), np.zeros(3).sum()
share = []
with np.errstate(all="ignore"):  # from here on, nan is the lesson
    for fill in -np.inf, np.finfo(float).min:  # three keys, all masked
        scores = np.full(3, fill)
        e = np.exp(scores - scores.max())
        share.append(e[0] / e.sum())

    table(
        ("mean loss, a nan label", np.mean(loss), np.nanmean(loss)),
        ("constant column, scaled", away / sd, away / (sd or 1)),
        ("mean loss, none kept", 0 / kept, 0 / max(kept, 1)),
        ("softmax, all masked", *share),
    )
# --8<-- [end:begin]

# %% --8<-- [start:sudden]
scores, label = np.array([800.0, 0]), np.array([1, 0])  # sure, and right
total, alone = np.logaddexp.reduce(scores), np.array([5.0]).var()
norm, late = np.linalg.norm(np.zeros(3)), np.float64(-0.001)  # 1 − t/T
with np.errstate(all="ignore"):
    logs = [0 * np.log(1 - np.float32(1 - gap)) for gap in (1e-8, 1e-7)]
    bad = -label @ np.log(np.exp(scores - total))  # p is 1 and, rounded, 0

    table(
        ("cross-entropy at p = 0", bad, total - scores[0]),
        ("0 log(1 − p), p clipped", *logs),
        ("slope of a norm, at 0", 0 / norm, 0 / max(norm, 1e-8)),
        ("slope of where(x>0, √x)", 0 * 0.5 / norm, 0 * 0.5),
        ("variance of one, n − 1", alone / (1 - 1), alone / 1),
        ("exp(log-variance) at 90", *np.exp(np.float32([90, 20]))),
        ("rate past its end, T", 0.1 * late**0.9, 0),
    )
# --8<-- [end:sudden]

# %% --8<-- [start:half]
scale, none = 65536, np.float16(0)  # what a loss scaler multiplies by
small = float(np.float16(1e-8 * scale)) / scale  # scaled, kept, unscaled
with np.errstate(all="ignore"):
    steps = [none / (none + np.float16(eps)) for eps in (1e-8, 1e-4)]
    table(
        ("Adam at gradient 0", *steps),
        ("the square of 300", np.float16(300) ** 2, np.float32(300) ** 2),
        ("a gradient of 1e-8", float(np.float16(1e-8)), small),
        ("clipped, then unscaled", min(0.5 * scale, 1) / scale, 0.5),
    )
# --8<-- [end:half]


# %% --8<-- [start:grows]
def after(rate, curvatures=(1,), old=1, kept=0):  # the loss, 60 updates on
    w, v = 0.0, 0.0
    for update in range(60):  # the bottom is at 1, and the loss begins at ½
        v = kept * v + curvatures[update % len(curvatures)] * (w - 1)
        w = old * w - rate * v
    return (w - 1) ** 2 / 2


ten = [1] * 9 + [100]  # the curvatures of ten samples, their mean is 10.9
table(
    ("residual, wrong sign", after(-0.1), after(0.1)),
    ("w =- step, αλ = 1.5", after(1.5, old=0), after(1.5)),
    ("w =- step, αλ = 0.1", after(0.1, old=0), after(0.1)),
    ("sum over 512, not mean", after(0.1, [512]), after(0.1)),
    ("ten samples one by one", after(0.1, ten), after(0.1, [10.9])),
    ("gradients never cleared", after(0.1, kept=1), after(0.1)),
)
# --8<-- [end:grows]

# %% --8<-- [start:first]
x = "20 43 63 26 53 31 58 46 58 70 46 53 60 20 63 43 26 19 31 23"
y = "20 28 41 26 34 28 36 32 40 44 28 36 46 24 43 30 24 21 26 23"
x, y = np.array([x.split(), y.split()], float)
y += 100


def run(alpha, x, y, w, updates=1001):  # the line w[0] x + w[1]
    for _ in range(updates):
        residual = w[0] * x + w[1] - y
        yield np.mean(residual**2), *w  # mean squared error, and the line
        g = 2 * np.array([np.mean(residual * x), np.mean(residual)])
        w = w - alpha * g


X, alpha = np.column_stack([x, np.ones(20)]), 5e-4
flat, steep = np.linalg.eigvalsh(2 * X.T @ X / 20)
print(f"curvatures {flat:.4f} and {steep:.2f}, limit {2 / steep:.4e}")
# --8<-- [end:first]

# %% --8<-- [start:read]
posted = 4.57760985674227e74, 5.386601277550346e74, 6.338564061017721e74
r = (posted[2] - posted[1]) / (posted[1] - posted[0])
lam = (1 + np.sqrt(r)) / alpha
print(f"posted: r = {r:.7f}, λ = {lam:.2f}, limit {2 / lam:.4e}")
print(f"data:   r = {(alpha * steep - 1) ** 2:.7f}, λ = {steep:.2f}\n")
loss, slope, _ = np.array([*run(alpha, x, y, np.zeros(2))]).T
print("update     loss, posted   loss, computed  slope, computed")
for n, was in enumerate(posted, 997):  # the slope is printed after it
    print(f"{n}  {was:18.11e} {loss[n]:16.9e} {slope[n + 1]:16.8e}")
plt.semilogy(loss, "C1s", markevery=50)
plt.semilogy(posted[0] * r ** np.arange(-997.0, 4), "C3")  # backwards
plt.axhline(loss[0], color="gray", ls="--")
plt.legend(["from the 20 points", "from three losses", "at the limit"])
plt.gca().set(title="One straight line", xlabel="update", ylabel="loss")
plt.show()
# --8<-- [end:read]

# %% --8<-- [start:cure]
best = np.polyfit(x, y, 1)[0]  # least squares, without any descent
z = (x - x.mean()) / x.std()
print(f"least squares: slope {best:.4f}, κ = {steep / flat:.0f}\n")
print("slope after           1 update         10       1000")
for name, rate, data, unit in (
    ("5e-4, as posted", 5e-4, x, 1),
    ("4.5e-4", 4.5e-4, x, 1),
    ("half the limit", 1 / steep, x, 1),
    ("0.5, standardised", 0.5, z, x.std()),
):
    slope = np.array([*run(rate, data, y, np.zeros(2))])[:, 1] / unit
    print(f"{name:17s}", *(f"{slope[n]:12.5g}" for n in (1, 10, 1000)))
# --8<-- [end:cure]

# %% --8<-- [start:second]
xs = np.arange(5, 45, 5, np.float32)  # the targets are 2, 4, … 16
H = [[np.mean(xs**2), np.mean(xs)], [np.mean(xs), 1]]
lams = np.linalg.eigvalsh(2 * np.array(H, float))
print("curvatures {:.4f}, {:.4f}".format(*lams), end="")
print(f", limit {2 / lams[1]:.4e}")
high = np.array([-20.48267746, -1.6179111])  # after an update at 0.01
low = np.array([-0.06046534, -0.90016752])  # after one at 0.001
start = low + 0.001 * (low - high) / (0.01 - 0.001)  # the same gradient
with np.errstate(all="ignore"):
    found = [*run(0.01, xs, xs * 2 / 5, np.float32(start), 45)]
seen = [-20.48267746, -1.06335529e12, -5.40660918e22, -2.74898110e33]
print("after     slope, posted  slope, computed  growth in 10  λ")
for n, was, before in zip((1, 11, 21, 31), seen, [np.nan, *seen]):
    print(f"{n:5d} {was:17.8e} {found[n][1]:16.6e}", end="")
    print(f"{was / before:14.6e}  {(1 + (was / before) ** 0.1) / 0.01:.4f}")
# --8<-- [end:second]

# %% --8<-- [start:blocks]
loss, slope, _ = np.abs(np.array(found, float)).T
inf, nan = np.isinf(loss).argmax(), np.isnan(slope).argmax()
loss[inf:], slope[np.isinf(slope)] = np.nan, np.nan
top = float(np.finfo(np.float32).max)
plt.semilogy(loss, "C1s-", label="loss")
plt.semilogy(slope, "C2^-", label="size of the slope")
plt.semilogy([1, 11, 21, 31], np.abs(seen), "C3o", ms=13, mfc="none")
plt.semilogy(inf, top, "C1X", ms=11, label="loss inf")
plt.semilogy(nan, top, "C3P", ms=11, label="slope nan")
plt.axhline(top, color="gray", ls=":")
plt.gca().set(title="The rings are the post", xlabel="update")
plt.legend(loc="lower right")
plt.show()
# --8<-- [end:blocks]

# %% --8<-- [start:powers]
posted = np.array([0.65, 5.82, -17.82, 29.10, -35.25, 17.08])  # exact
reached = 0.71, 3.98, -5.2, -3.23, -0.08, 3.44  # after 50,000 at rate 1
print("degree        κ  limit  error left")
for degree in 3, 5, 10:
    powers = np.linspace(0, 1, 40)[:, None] ** np.arange(degree + 1)
    _, sizes, ways = np.linalg.svd(powers)
    curves = sizes**2 / 40  # the curvatures of half the mean square
    left = (1 - curves) ** 50_000  # of the error, in each direction
    print(f"{degree:6d} {curves[0] / curves[-1]:8.3g}", end="")
    print(f" {2 / curves[0]:6.3f} {left[-1]:11.3%}")
    if degree == 5:  # from 0, so at first the error is −posted
        arrived = posted - (ways.T * left) @ ways @ posted
print("\nposted  ", *(f"{value:6.2f}" for value in reached))
print("computed", *(f"{value:6.2f}" for value in arrived))
# --8<-- [end:powers]

# %% --8<-- [start:rule]
(m, good), (n, bad) = (16, 0.02), (96, 0.06)  # this trains, that does not
print(f"the rule says {good * n / m:.2f} for {n} images")
# Let the limit at batch m be 2m/(B + (m − 1)λ). From the two rates follow
low = (2 * n / bad - 2 * m / good) / (n - m)  # λ is at least this, and
most = 2 * m / good - (m - 1) * low  # B at most this
print(f"λ is at least {low:.0f}: no batch bears more than {2 / low:.2f}")
print(f"B is at most {most:.0f}: the knee is below {most / low + 1:.0f}")
# --8<-- [end:rule]
