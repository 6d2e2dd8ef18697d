"""The page of literal lines: each is made by a few lines of code, word for word, and its cure makes it go.

The lines of a framework are made in a process of its own, on the processor, once. Where a framework is
missing, its tests are skipped; ``uv run --group frameworks --group evaluation pytest tests/test_messages.py``
runs them all.
"""

import functools
import json
import math
import re
import subprocess
import sys

import numpy as np
import pytest

from apart import last_line, skip_without
from conftest import ROOT, SNIPPETS
from weave.program import sections

FOLDER = ROOT / "tests/messages"
PAGE = (ROOT / "docs/messages.md").read_text(encoding="utf-8")
PROGRAM = SNIPPETS / "frameworks/messages_pytorch.py"
HEADING = re.compile(
    r'^### (.+?) \{ #([\w-]+)(?: data-toc-label="([^"]+)")? \}\n(.*?)(?=^##|^\*Next)', re.M | re.S
)
ENTRIES = {anchor: (title, " ".join(body.split())) for title, anchor, _, body in HEADING.findall(PAGE)}
SPAN = re.compile(r"(?<!`)(`+)(?!`) ?(.+?) ?(?<!`)\1(?!`)")
NEEDS = {
    "numpy": ["numpy"],
    "sklearn": ["sklearn", "scipy"],
    "torch": ["torch"],
    "keras": ["tensorflow", "keras"],
    "jax": ["jax"],
    "transformers": ["torch", "transformers", "accelerate"],
}
# The entries that each framework's lines make, with what else the entry quotes and the lines print.
MADE = {
    "numpy": {
        "overflow-exp": [],
        "overflow": ["in square", "in power", "in matmul", "in add", "in reduce", "in scalar multiply"],
        "invalid": ["in multiply", "in divide", "in matmul", "in log", "in sqrt", "in scalar subtract"],
        "log-zero": [],
        "raised": [],
        "python-overflow": [],
    },
    "sklearn": {"non-finite": [], "input-nan": [], "matching": []},
    "torch": {
        "loss-nan": [],
        "target-size": [],
        "anomaly": [],
        "clip-error": [],
        "ctc": [],
        "bce": [],
        "batch-of-one": [],
        "half-fill": [],
        "constraint": [],
        "std": [],
        "probability": [],
        "unscale-fp16": [],
        "inf-checks": [],
        "unscale-twice": [],
        "scheduler-first": [],
        "norm-inf": [],
        "norm-nan": [],
    },
    "keras": {
        "loss-nan": [],
        "val-nan": [],
        "terminate": [],
        "losstensor": [],
        "diverged": [],
        "histogram": [],
    },
    "jax": {"debug-nans": []},
    "transformers": {"zero-loss": ["'loss': '0', 'grad_norm': 'nan'"], "zero-both": []},
}
COMPUTED = ["guessing", "guard", "norm-large"]  # numbers, of which tests below have each
NAMED = ["skipping", "minimum-scale", "stopping", "detectron2", "yolo", "tensorboard", "megatron", "latents"]
NAMED += ["caffe", "darknet"]  # whose source is linked

pytestmark = pytest.mark.xdist_group("frameworks")  # one worker runs each framework once


@functools.cache
def said_by(framework):
    """What each function of a framework's file says, as it is and cured."""
    skip_without(NEEDS[framework])
    parts = [(FOLDER / f"{name}.py").read_text(encoding="utf-8") for name in ("said", f"{framework}_lines")]
    return json.loads(last_line("\n".join([*parts, "tell(dict(globals()))\n"]), ROOT))


def lines_of(anchor):
    """The lines that the heading of an entry quotes, as patterns; … stands for anything."""
    spans = [span for _, span in SPAN.findall(ENTRIES[anchor][0])]
    return [".*".join(re.escape(" ".join(part.split())) for part in span.split("…")) for span in spans]


def found(pattern, text):
    return re.search(pattern, " ".join(text.split()))


def says(sentence, anchor=None):
    return sentence in (ENTRIES[anchor][1] if anchor else " ".join(PAGE.split()))


# ── Every line ───────────────────────────────────────────────────────────────────────────────────


EVERY = [(framework, anchor) for framework, anchors in MADE.items() for anchor in anchors]


@pytest.mark.parametrize("framework, anchor", EVERY)
def test_a_few_lines_make_the_message_word_for_word_and_the_cure_makes_it_go(framework, anchor):
    """docs/misconceptions.md: “PyTorch [refuses to clip](messages.md#clip-error) if you ask it to.”"""
    broken, cured = said_by(framework)[anchor]
    for pattern in lines_of(anchor):
        if anchor == "ctc":  # its heading names the function
            pattern = pattern.replace("CTCLoss", ".*")
        assert found(pattern, broken), f"the page says {pattern!r}, and the library {broken!r}"
    assert not found(lines_of(anchor)[-1], cured)
    for also in MADE[framework][anchor]:
        assert f"`{also.removeprefix('in ')}`" in ENTRIES[anchor][1]
        assert also in " ".join(broken.split()) and also not in " ".join(cured.split())


ALSO = [  # the framework, the entry, the function that says it, and what the entry quotes
    ("numpy", "python-overflow", "stuck-perplexity", "OverflowError: math range error"),
    (
        "sklearn",
        "non-finite",
        "sgd-epoch",
        "Floating-point under-/overflow occurred at epoch #1. Scaling input data",
    ),
    (
        "sklearn",
        "input-nan",
        "input-inf",
        "Input contains infinity or a value too large for dtype('float64').",
    ),
    ("torch", "bce", "bce-nan", "all elements of input should be between 0 and 1"),
    ("torch", "constraint", "constraint-of-a-choice", "Expected parameter logits"),
    ("torch", "std", "std-nan", "normal expects all elements of std >= 0.0"),
    ("torch", "probability", "temperature", "probability tensor contains"),
    ("keras", "diverged", "diverged", "NanLossDuringTrainingError: NaN loss during training."),
]


@pytest.mark.parametrize("framework, anchor, name, line", ALSO)
def test_what_an_entry_also_quotes_is_said_as_well(framework, anchor, name, line):
    broken, cured = said_by(framework)[name]
    assert line in broken and line not in cured
    assert line in " ".join(ENTRIES[anchor]) or name in ("std-nan", "temperature")


def test_every_entry_is_made_or_computed_here_or_names_its_source():
    made = {anchor for _, anchor in EVERY} | set(COMPUTED)
    assert made.isdisjoint(NAMED)
    assert sorted(made | set(NAMED)) == sorted(ENTRIES)
    assert len(ENTRIES) >= 40
    for anchor in NAMED:
        assert "](https://github.com/" in ENTRIES[anchor][1], anchor


def test_every_entry_has_a_meaning_a_check_a_cure_and_a_way_on():
    for anchor, (_, body) in ENTRIES.items():
        meaning, check, cure = re.fullmatch(r"(.+?) \*\*Check:\*\* (.+?) \*\*Cure:\*\* (.+)", body).groups()
        assert len(meaning.split()) >= 10 and len(check.split()) >= 4, anchor
        assert re.search(r"\]\([\w-]+\.md|\]\(#|```python", cure), f"{anchor} leads nowhere"
        words = len(re.sub(r"\]\([^)]*\)|`[^`]*`|\|[^|]*", " ", body).split())
        assert words <= 150, f"{anchor} is a wall of {words} words"


def test_the_anchors_are_short_and_the_index_has_each_once_in_order():
    index = re.search(r'<div class="lines" markdown>(.*?)</div>', PAGE, re.S)[1]
    assert re.findall(r"\]\(#([\w-]+)\)", index) == list(ENTRIES)
    assert max(map(len, ENTRIES)) <= 16
    for title, anchor, label, _ in HEADING.findall(PAGE):
        assert len(label or SPAN.sub(r"\2", title)) <= 40, f"{anchor} is too long for the list at the side"


def test_the_list_of_the_task_is_there():
    """The lines that public threads show most, in their own words."""
    for line in (
        "`loss: nan`",
        "'loss': 0.0, 'grad_norm': nan",
        "`val_loss: nan`",
        "overflow encountered in exp",
        "invalid value encountered in",
        "Loss is nan, stopping training",
        "Attempting to unscale FP16 gradients",
        "Gradient overflow.  Skipping step, loss scaler 0 reducing",
        "Backward0' returned nan values in its 0th output",
        "No inf checks were recorded for this optimizer",
        "Expected parameter loc",
        "FloatingPointError: overflow encountered",
        "Model diverged with loss = NaN",
        "LossTensor is inf or nan",
        "0.6931",
        "2.3026",
        "Caffe",
        "Darknet",
    ):
        assert line in PAGE


# ── Any loss ─────────────────────────────────────────────────────────────────────────────────────


def test_in_keras_a_finite_loss_before_fit_means_the_updates_and_a_nan_the_data():
    assert says(
        "If it is finite, the updates did it. If it is nan, it was the data or the model.", "loss-nan"
    )
    by_rate, by_data = said_by("keras")["loss-nan"][0], said_by("keras")["nan-in-the-data"]
    assert math.isfinite(float(re.search(r"before fit: (\S+)", by_rate)[1]))
    assert "before fit: nan" in by_data[0] and "loss: nan" in by_data[0]
    assert "before fit: nan" not in by_data[1]


def test_an_accuracy_under_nan_is_the_share_of_class_0():
    assert says("An accuracy beside it is then the share of class 0", "loss-nan")
    nan, sure = said_by("keras")["accuracy"]
    assert "0.4" in nan and "1.0" in sure


def test_under_a_validation_loss_of_nan_the_training_loss_and_the_weights_are_finite():
    assert says("the weights are whole", "val-nan")
    said = said_by("keras")["val-nan"][0]
    assert math.isfinite(float(re.search(r" loss: (\S+)", said)[1]))
    assert "weights finite: True" in said


def test_the_loss_of_guessing_is_the_logarithm_of_the_number_of_classes():
    table = re.search(r"^\| classes \| loss \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)[1]
    rows = re.findall(r"^\| ([\d,]+) \| ([\d.]+) \|$", table, re.MULTILINE)
    assert len(rows) == 7
    assert all(f"{math.log(int(count.replace(',', ''))):.4f}" == loss for count, loss in rows)
    for count in (2, 10):
        p = np.full(count, 1 / count)
        assert f"{-np.mean(np.log(p)):.4f}" in ENTRIES["guessing"][1]


def test_the_numbers_that_a_guard_prints():
    body = " ".join(ENTRIES["guard"])
    smallest = np.finfo(np.float32).tiny
    assert f"{smallest:.2e}" == "1.18e-38" and f"{-math.log(smallest):.4f}" == "87.3365"
    near_one = np.float32(1) - np.float32(1e-7)
    assert f"{-math.log(1e-7):.4f}" == "16.1181" and f"{-math.log(np.float32(1) - near_one):.4f}" == "15.9424"
    for number in ("87.3365", "1.18e-38", "16.1181", "15.9424", "100.0", "50.0"):
        assert number in body


def test_a_sum_has_as_many_times_the_norm_and_under_adam_a_common_factor_changes_nothing():
    """“But if you clip at 1, SGD then takes every update at 1/2517 of its rate, while under Adam a common factor changes nothing.”"""
    body = ENTRIES["norm-large"][1]
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(100, 8)), rng.normal(size=100)
    each = X * -y[:, None]
    assert np.linalg.norm(each.sum(axis=0)) == pytest.approx(100 * np.linalg.norm(each.mean(axis=0)))
    assert "a sum over a hundred samples has a hundred times the norm of their mean" in body
    assert (
        "SGD then takes every update at 1/2517 of its rate, while under Adam a common factor changes" in body
    )
    steps = []
    for factor in 1, 1 / 2517:
        m = v = 0
        for t, g in enumerate(factor * each[:20], 1):
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            step = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        steps.append(step)
    assert steps[1] == pytest.approx(steps[0], rel=1e-3)


def test_keras_and_pytorch_print_them():
    keras, torch = said_by("keras")["guard"], said_by("torch")["guard"]
    assert "loss: 16.1181" in keras[0] and "loss: 30.0000" in keras[1]
    assert "loss: 100.0" in torch[0] and "loss: 200.0" in torch[1]
    assert says("the slope behind the sigmoid is then exactly 0", "guard")
    assert "slope: -0.0" in torch[0] and "slope: -1.0" in torch[1]


def test_with_targets_of_another_shape_the_loss_stops_at_their_variance():
    assert says("the loss stops at the variance of the targets", "target-size")
    broken, cured = said_by("torch")["target-size"]
    ends, variance = re.search(r"ends at (\S+), variance (\S+)", broken).groups()
    assert ends == variance == "11.2500" and "ends at 0.0000" in cured


# ── NumPy, Python, scikit-learn ──────────────────────────────────────────────────────────────────


def test_exp_overflows_above_these_numbers():
    for kind, edge in ((np.float64, 709.78), (np.float32, 88.72), (np.float16, 11.09)):
        assert says(f"{edge}", "overflow-exp") and math.log(float(np.finfo(kind).max)) == pytest.approx(
            edge, abs=0.005
        )
        with np.errstate(over="ignore"):
            assert np.isfinite(np.exp(kind(edge * 0.999))) and np.isinf(np.exp(kind(edge * 1.001)))


def test_in_a_sigmoid_the_overflow_is_harmless_and_in_a_softmax_it_is_nan():
    assert says(
        "harmless, because 1/inf is the right 0. In a softmax it makes inf/inf, which is nan", "overflow-exp"
    )
    with np.errstate(all="ignore"):
        assert 1 / (1 + np.exp(np.float64(800))) == 0
    broken, cured = said_by("numpy")["overflow-exp"]
    assert "[nan  0.]" in broken and "[1. 0.]" in cured


def test_in_a_descent_the_square_overflows_first():
    assert says("it shows first where errors are squared: in the loss", "overflow")
    w, squared = np.float64(1), None
    with np.errstate(all="ignore"):
        for update in range(2000):
            w = -2 * w
            squared = squared or (update if np.isinf(w**2) else None)
            if np.isinf(w):
                break
    assert squared < update * 0.55


def test_each_warning_is_shown_once_for_each_line_of_code():
    assert says("Each warning is shown once for each line of code", "invalid")
    code = "import numpy as np\nfor _ in range(5):\n    np.exp(np.array([800.0]))\n    np.exp(np.array([900.0]))\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.count("overflow encountered in exp") == 2


def test_a_sigmoid_of_17_is_1_in_float32():
    assert says("In float32 a sigmoid of 17 is already 1", "log-zero")
    sigmoid = [np.float32(1) / (np.float32(1) + np.exp(np.float32(-score))) for score in (16, 17)]
    assert sigmoid[0] < 1 == sigmoid[1]


def test_raise_on_all_stops_at_an_underflow_too():
    assert says("`underflow encountered` is no harm", "raised")
    with np.errstate(all="raise"), pytest.raises(FloatingPointError, match="underflow encountered in exp"):
        np.exp(np.array([-800.0]))
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        assert np.exp(np.array([-800.0])) == 0


def test_python_raises_for_a_power_and_not_for_a_product():
    assert says("(A product does not: it becomes inf.)", "python-overflow")
    big = 1e200
    assert big * big == math.inf
    with pytest.raises(OverflowError, match=r"range|large"):
        big**2
    assert math.exp(709.78) < math.inf
    with pytest.raises(OverflowError, match="range"):
        math.exp(709.79)


def test_sgdregressor_often_explodes_in_silence():
    assert says("on incomes around 50,000 it returns weights beyond a trillion without a word", "non-finite")
    broken, cured = said_by("sklearn")["in-silence"]
    weights = [abs(float(number)) for number in re.findall(r"float64\(([^)]+)\)", broken)]
    assert len(weights) == 2 and min(weights) > 1e12 and "Warning" not in broken and "Error" not in broken
    assert max(abs(float(number)) for number in re.findall(r"float64\(([^)]+)\)", cured)) < 1e5


# ── PyTorch ──────────────────────────────────────────────────────────────────────────────────────


def test_anomaly_mode_names_the_square_inside_a_root_and_says_nothing_of_inf():
    assert says("For √0 it names the square inside, and for `acos` of 1 nothing at all", "anomaly")
    assert "PowBackward0" in said_by("torch")["anomaly"][0]
    assert "'slope', -inf" in said_by("torch")["acos-of-1"][0]


def test_a_label_of_ctc_needs_a_frame_a_letter_and_one_between_equal_letters():
    assert says("It needs a frame for each of its letters, and one more between two that are equal", "ctc")
    broken, cured = said_by("torch")["ctc"]  # 1 1 2 3, with 4 frames and with 5
    assert "inf and its gradient is nan: True" in broken
    assert "inf" not in cured and "is nan: False" in cured
    assert says("`zero_infinity=True` makes their loss and gradient 0", "ctc")
    assert said_by("torch")["ctc-zero-infinity"][1].strip().startswith("(0.0, 0.0)")


def test_the_checks_of_the_page_print_what_is_wrong_and_the_order_raises_nothing():
    skip_without(NEEDS["torch"])
    done = subprocess.run([sys.executable, PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "weight has a gradient that is not finite",
        "bias has a gradient that is not finite",
        "sample 0: 4 frames, and it needs 5",
    ]


def test_the_page_shows_three_sections_of_the_program_each_short_enough_to_be_read():
    shown = re.findall(r'^--8<-- "frameworks/messages_pytorch\.py:(\w+)"$', PAGE, re.M)
    parts = {part.name: part.code for part in sections(PROGRAM)}
    assert shown == ["which", "frames", "order"] and set(parts) == {"given", *shown}
    for code in parts.values():
        lines = [line for line in code.splitlines() if line.strip()]
        assert len(lines) <= 15 and max(map(len, lines)) <= 76
    assert PAGE.count("```python") == len(shown)


# ── Scalers ──────────────────────────────────────────────────────────────────────────────────────


def test_a_skipped_update_has_a_norm_of_inf_and_leaves_the_weights():
    assert says("in the first lines: a skipped update, and normal", "norm-inf")
    broken, cured = said_by("torch")["norm-inf"]
    assert "grad_norm: inf weight: 1.0" in broken
    assert "grad_norm: 1.0 weight: 0.9" in cured


def test_the_first_update_that_is_skipped_makes_the_warning_though_the_order_is_right():
    assert says("the scaler skipped the first update, so the optimiser made no step", "scheduler-first")
    assert "scale 32768" in said_by("torch")["scheduler-first"][0]


def test_in_fp16_the_square_of_256_is_inf_and_a_scale_of_65536_is_too_large_for_a_gradient_of_1():
    assert says("the square of 256 is already inf", "norm-inf") and says("65,504", "half-fill")
    with np.errstate(over="ignore"):
        assert np.isinf(np.float16(256) ** 2) and np.isfinite(np.float16(255.9) ** 2)
        assert np.finfo(np.float16).max == 65_504
        assert says("A scale that starts at 65,536 is too large for any gradient of 1 or more", "skipping")
        assert np.isinf(np.float16(1.0 * 65_536)) and np.isfinite(np.float16(0.999 * 65_536))


def test_from_32768_to_a_ten_thousandth_it_takes_29_halvings():
    assert says("from 32,768 to 0.0001 it takes 29 halvings", "minimum-scale")
    scale, halvings = 32_768.0, 0
    while scale > 1e-4:
        scale, halvings = scale / 2, halvings + 1
    assert halvings == 29


# ── Hugging Face, Keras, JAX ─────────────────────────────────────────────────────────────────────


def test_the_trainer_makes_the_update_whose_loss_it_shows_as_0():
    assert says("the update was made all the same, so the weights are nan from this line on", "zero-loss")
    broken, cured = said_by("transformers")["zero-loss"]
    assert "weights finite: False" in broken and "weights finite: True" in cured
    assert says("logging_nan_inf_filter=False, logging_steps=1", "zero-loss")
    filtered, shown = said_by("transformers")["unfiltered"]
    assert "'loss': 0.0" in filtered and "'loss': nan" in shown and "'loss': 0.0" not in shown


def test_a_batch_of_which_no_label_counts_has_a_loss_and_a_norm_of_0():
    assert says("If the norm is 0 too, no label of the batch counts", "zero-both")
    broken, cured = said_by("transformers")["zero-both"]
    assert "'loss': 0.0, 'grad_norm': 0.0" in broken and "'loss': 0.0" not in cured
    assert "weights finite: True" in broken


def test_the_loss_of_grpo_begins_at_0_and_its_gradient_does_not():
    assert says(
        "the advantages of a group add up to 0, so the loss begins at 0, and its gradient does not",
        "zero-both",
    )
    rng = np.random.default_rng(0)
    scores, drawn, reward = rng.normal(size=5), rng.integers(0, 5, 8), rng.normal(size=8)
    advantage = (reward - reward.mean()) / reward.std()

    def loss(scores, old):
        def log_p(s):
            return (s - np.log(np.exp(s).sum()))[drawn]

        return -np.mean(np.exp(log_p(scores) - log_p(old)) * advantage)

    slope = [(loss(scores + h, scores) - loss(scores - h, scores)) / 2e-5 for h in np.eye(5) * 1e-5]
    assert abs(loss(scores, scores)) < 1e-12 and np.linalg.norm(slope) > 0.1


def test_terminateonnan_stops_after_the_update_that_spoilt_the_weights():
    assert says("after the update of this batch: the weights are spoilt", "terminate")
    said = said_by("keras")["terminate"][0]
    assert re.search(r"Batch \d+: Invalid loss, terminating training", said)


def test_jax_lets_inf_pass_unless_it_is_told_to_look_for_it():
    assert says(
        "It lets inf pass, so inf − inf is named and not the inf; `jax_debug_infs` stops there", "debug-nans"
    )
    with_infs, without = said_by("jax")["inf-passes"]
    assert "exp gives inf" in with_infs and "invalid value (inf) encountered in exp" in with_infs
    assert "invalid value" not in without
