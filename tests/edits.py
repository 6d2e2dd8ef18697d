"""What readers change in a program for an exercise: as it is asked, and as it is often mistaken.

By chapter; each change is what stands there and what the reader writes in its place, or several of these.
"""

MADE = "X, best = rng.normal(size=(200, 10)), rng.normal(size=10)\n"
SLOPE, SUBTRACTED = "keep(data * residual)", "keep(keep(alpha) * slope)"
IN_SUM, ALONE = (SLOPE, "keep(keep(alpha * data) * residual)"), (SUBTRACTED, "slope")
GATES = "gates[:, 17, 16:] = -np.log(29)"
READ = 'few = diagnose({{"loss": [{}]}}, rate=1)\nprint(few["suggested_rate"], few["confidence"])\n'
RIGHT = {
    "adam": {"b1=0.5": ("b2=b2", "b1=0.5, b2=b2"), "b1=0": ("b2=b2", "b2=b2, b1=0")},
    "conditioning": {"20 and 20": ("[1, 20]", "[20, 20]")},
    "depth": {"0": (GATES, "gates[:, 17, 16:] = 0"), "nothing": (GATES, "")},
    "diagnose": {
        "three": ("", READ.format("1.55, 4.51, 205")),
        "four": ("", READ.format("1.55, 4.51, 205, 4.4e7")),
    },
    "fixes": {"centred": ("(standard, pressure)", "(standard, pressure - pressure.mean())")},
    "minibatch": {"times ten": (MADE, MADE + "X[0] *= 10\n")},
    "networks": {f"times {k}": ("start(wave[2])", f"{k} * start(wave[2])") for k in ("0.5", "2", "4")},
    "overflow": {"both lines": (IN_SUM, ALONE)},
    "overshoot": {
        "the last": ("0.108, 0.12:", "0.108, 0.107:"),
        "it alone": ("-0.01, 0.01, 0.05, 0.1, 2 / lam, 0.108, 0.12:", "[0.107]:"),
    },
    "precision": {"both": ("0.001, 1000", "0.002, 500")},
    "taylor": {"1 / lam": ("0.08", "1 / lam")},
}
# By how what the check says begins.
WRONG = {
    "adam": {"The last run still": ("", "")},
    "conditioning": {
        "The curvatures are still": ("", ""),
        "Both are 1": ("[1, 20]", "[1, 1]"),
        "You have exchanged": ("[1, 20]", "[20, 1]"),
    },
    "depth": {
        "The gates still": ("", ""),
        "Without its sign": (GATES, GATES.replace("-", "")),
        "Now all weights": (GATES, "gates[:] = 0"),
    },
    "diagnose": {
        "This is what it says of five": ("", READ.format("1.55, 4.51, 205, 4.4e7, 9.1e23, np.inf")),
        "These are the second": ("", READ.format("4.51, 205, 4.4e7")),
    },
    "fixes": {
        "On standardised inputs": ("", ""),
        "9 is only": ("(standard, pressure)", "(standard, pressure - 9)"),
        "You divided": (
            "(standard, pressure)",
            "(standard, (pressure - pressure.mean()) / pressure.std())",
        ),
    },
    "minibatch": {
        "The points are": ("", ""),
        "You multiply the point": ("lam, top", "X[0] *= 10\nlam, top"),
        "You multiply all": (MADE, MADE + "X *= 10\n"),
        "X[:, 0] is": (MADE, MADE + "X[:, 0] *= 10\n"),
    },
    "networks": {"The sharpness at the start": ("", "")},
    "overflow": {
        "All columns": ("", ""),
        "Nothing is inf": (IN_SUM,),
        "Now no rate": (ALONE,),
    },
    "overshoot": {
        "The last rate is still": ("", ""),
        "This is 0.0107": ("0.12:", "0.0107:"),
        "At 0.17": ("0.12:", "0.17:"),
        "The rate is right": (("0.12:", "0.107:"), ("descend(alpha)", "descend(alpha, 5)")),
    },
    "precision": {
        "The updates are as": ("", ""),
        "The updates are right": ("0.001, 1000", "0.002, 1000"),
        "There are 500 now": ("0.001, 1000", "0.001, 500"),
        "The program takes": ("0.001, 1000", "-0.002, 500"),
    },
    "taylor": {
        "The middle parabola": ("", ""),
        "This takes": ("0.08", "lam"),
        "This is the limit": ("0.08", "2 / lam"),
        "The first parabola": ("(0.01, 0.08", "(1 / lam, 0.08"),
    },
}


def changed(code: str, edit: tuple) -> str:
    """The code of a section with a reader's change."""
    for old, new in edit if isinstance(edit[0], tuple) else [edit]:
        assert old in code
        code = code.replace(old, new, 1) if old else code + new
    return code
