# %% Exercise 4: edit vanish
from given.checks import check

left = 1.0
for _ in range(500):
    left = float(bf16(left - 0.002))
check(
    (step, updates),
    (0.002, 500),
    f"In bf16 {left:.3f} is left, where 0 would be right. From 1 to ½ each update is rounded up to a whole distance, 0.0039: an update just above the edge is not lost, it is doubled.",
    [
        (
            (0.001, 1000),
            "The updates are as they were. The line that begins with step has both numbers: how much, and how many.",
        ),
        (
            (0.002, 1000),
            "The updates are right, but there are twice as many as are needed to come from 1 to 0: let it be 500.",
        ),
        (
            (0.001, 500),
            "There are 500 now, but each is still 0.001, which bf16 does not feel. Let it be 0.002.",
        ),
        (
            (-0.002, 500),
            "The program takes step away, so this adds 0.002: in fp32 the weight goes up, and bf16, twice as coarse above 1, does not feel it. Let step be 0.002, without a sign.",
        ),
    ],
    "These are the size and the number of your updates. They should be 0.002 and 500.",
)
