# %% Exercise 4: edit edge
from given.checks import check

scales = 0.5, 2, 4
sharp = [sharpness(k * start(wave[2]), wave, 20) for k in scales]
nearest = np.argmin(np.abs(np.log(np.divide(sharp, found[0]))))
check(
    float(found[0]),
    sharp[nearest],
    f"Multiplied by {scales[nearest]:g}, the starting weights have a sharpness of {found[0]:.0f} instead of 74, so 2/sharpness is {2 / found[0]:.2g}: larger weights make a sharper loss. (By ½, 2 and 4 it is {sharp[0]:.0f}, {sharp[1]:.0f} and {sharp[2]:.0f}.)",
    [
        (
            sharpness(start(wave[2]), wave, 20),
            "The sharpness at the start is still 74: the starting weights are as they were. They are made by start(wave[2]), in the line that begins with w; multiply that.",
        ),
    ],
    "This is the sharpness at the start of your last run. Multiply start(wave[2]) by 0.5, 2 or 4, and change nothing else.",
)
