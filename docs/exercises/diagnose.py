# %% Exercise 5: edit sign
from given.checks import check

run, few = [1.55, 4.51, 205, 4.4e7, 9.1e23, np.inf], globals().get("few")
share = few and few["suggested_rate"]  # of the rate, which is 1
first = {n: diagnose({"loss": run[:n]}, rate=1) for n in (3, 4)}
n = 4 if share == first[4]["suggested_rate"] else 3
check(
    share,
    first[n]["suggested_rate"],
    f"With {n} losses its rate is {share or 0:.3f} of the one used, of {first[n]['confidence']} confidence. With three it is 0.177, with four 0.142, with all 0.115: the later losses hardly count, and so they should.",
    [
        (
            diagnose({"loss": run}, rate=1)["suggested_rate"],
            "This is what it says of five losses, and of all six: the later ones hardly count. Give it the first three, or four.",
        ),
        (
            diagnose({"loss": run[1:4]}, rate=1)["suggested_rate"],
            "These are the second loss to the fourth. The run begins at 1.55.",
        ),
    ],
    'Write few = diagnose({"loss": [1.55, …]}, rate=1), with the first three losses of that run.',
)
