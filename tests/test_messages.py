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

import markdown
import numpy as np
import pytest

from apart import LINES, last_line, skip_without
from conftest import ROOT, SNIPPETS, markdown_of
from proven import proven_by
from readlog import diagnose, read
from weave.program import sections

FOLDER = ROOT / "tests/messages"
PAGE = markdown_of("messages")
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

pytestmark = [
    pytest.mark.xdist_group("frameworks"),  # one worker runs each framework once
    proven_by(*LINES, "docs/*.md", "mkdocs.yml", "tests/messages/*"),
]


CLAIM = re.compile(r"^def ([a-z]\w*)\(\):", re.MULTILINE)
CLAIMED = {name: [f"{name}_claims.py"] for name in NEEDS} | {"torch": ["torch_claims.py", "scaler_claims.py"]}
CLAIMS = [
    (framework, name)
    for framework, files in CLAIMED.items()
    for file in files
    for name in CLAIM.findall((FOLDER / file).read_text(encoding="utf-8"))
]
RUN = """from pathlib import Path
names = {{}}
for path in {paths}:
    own = {{"__name__": "__main__"}}  # each file has names of its own
    exec(compile(Path(path).read_text(encoding="utf-8"), path, "exec"), own)
    names |= own
names["tell"](names)
"""


@functools.cache
def told_by(framework):
    """What the lines of a framework say, and which of its claims fail."""
    skip_without(NEEDS[framework])
    paths = [f"tests/messages/{name}" for name in ("said.py", f"{framework}_lines.py", *CLAIMED[framework])]
    return json.loads(last_line(RUN.format(paths=paths), ROOT, NEEDS[framework]))


def said_by(framework):
    """What each function of a framework's file says, as it is and cured."""
    return told_by(framework)["lines"]


def lines_of(anchor):
    """The lines that the heading of an entry quotes, as patterns; … stands for anything."""
    spans = [span for _, span in SPAN.findall(ENTRIES[anchor][0])]
    return [".*".join(re.escape(" ".join(part.split())) for part in span.split("…")) for span in spans]


def found(pattern, text):
    return re.search(pattern, " ".join(text.split()))


# ── Every line ───────────────────────────────────────────────────────────────────────────────────


EVERY = [(framework, anchor) for framework, anchors in MADE.items() for anchor in anchors]


@pytest.mark.parametrize("framework, anchor", EVERY)
def test_a_few_lines_make_the_message_word_for_word_and_the_cure_makes_it_go(framework, anchor):
    """
    “Also in multiply, divide, matmul, log, sqrt, scalar subtract.”
    “Also in square, power, matmul, add, reduce, scalar multiply,”
    docs/misconceptions.md: “PyTorch [refuses to clip](messages.md#clip-error) if you ask it to.”
    """
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
    """
    “Also OverflowError: math range error.”
    “With NanLossDuringTrainingError: NaN loss during training. It is NanTensorHook of an Estimator: the loss it fetched is nan.”
    """
    broken, cured = said_by(framework)[name]
    assert line in broken and line not in cured
    assert line in " ".join(ENTRIES[anchor]) or name in ("std-nan", "temperature")


def test_every_entry_is_made_or_computed_here_or_names_its_source():
    """“Most of these lines are made in tests, with the releases of today, and made to go away by the cure; the others name the source that prints them.”"""
    made = {anchor for _, anchor in EVERY} | set(COMPUTED)
    assert made.isdisjoint(NAMED)
    assert sorted(made | set(NAMED)) == sorted(ENTRIES)
    assert len(ENTRIES) >= 40
    for anchor in NAMED:
        assert "](https://github.com/" in ENTRIES[anchor][1], anchor


def test_every_entry_has_a_meaning_a_check_a_cure_and_a_way_on():
    """
    “What it means, a short check, the cure, and the chapter.”
    “Each entry says what the line means, how to check it, and what to do.”
    """
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


def test_each_row_of_the_index_leads_to_the_lines_below_its_heading():
    """
    “Any loss: loss: nan · val_loss: nan · loss: 0.6931, loss: 2.3026, stuck · loss: 87.3365, loss: 100.0, stuck · target size … is different · grad_norm: 2517.3”
    “NumPy and Python: overflow encountered in exp · overflow encountered in multiply · invalid value encountered · divide by zero encountered in log · FloatingPointError · OverflowError”
    “scikit-learn and SciPy: Solver produced non-finite, under-/overflow · Input contains NaN · matrix contains invalid numeric entries”
    “PyTorch: returned nan values in its 0th output · total norm … is non-finite · CTCLoss gives inf · between 0 and 1 · more than 1 value per channel · c10::Half without overflow”
    “Sampling, policies: Expected parameter loc · std >= 0.0 · probability tensor contains”
    “Loss scalers, fp16: unscale FP16 gradients · No inf checks · unscale() has already been called · lr_scheduler.step() before · Gradient overflow · Minimum loss scale reached · grad_norm: inf”
    “Hugging Face: 'loss': 0.0, 'grad_norm': nan · 'grad_norm': nan · 'loss': 0.0”
    “Keras, TensorFlow, JAX: Invalid loss · LossTensor is inf or nan · Model diverged with loss = NaN · Nan in summary histogram · invalid value (nan) encountered”
    “Repositories: Loss is nan, stopping training · detectron2 · YOLO · TensorBoard · Megatron · kohya · Caffe · Darknet”
    """
    rows = re.findall(r"^- \*\*(.+?):\*\* (.+)$", PAGE, re.MULTILINE)
    parts = re.split(r"^## (.+)$", PAGE, flags=re.MULTILINE)[1:]
    assert len(rows) == len(parts) // 2 == 9
    labels = {}
    for (name, row), heading, part in zip(rows, parts[::2], parts[1::2], strict=True):
        assert re.findall(r"\w+", name) == re.findall(r"\w+", re.sub(r",? and\b|,", "", heading)) or (
            name in ("NumPy and Python", "scikit-learn and SciPy") and name == heading
        )
        links = re.findall(r"\[(.+?)\]\(#([\w-]+)\)", row)
        assert [anchor for _, anchor in links] == [anchor for _, anchor, *_ in HEADING.findall(part + "## ")]
        for label, anchor in links:
            title, body = ENTRIES[anchor]
            for _, span in SPAN.findall(label) or [("", label)]:
                for piece in re.split(r" … ", span):
                    assert piece.removeprefix("loss: ").lower() in f"{title} {body}".lower(), (
                        f"{anchor} does not say {piece}"
                    )
            labels[label.replace("`", "")] = anchor
    for number, anchor in ((0.6931, "guessing"), (2.3026, "guessing"), (87.3365, "guard"), (100.0, "guard")):
        assert [anchor] == [to for label, to in labels.items() if f"loss: {number}" in label]
    assert labels["grad_norm: 2517.3"] == "norm-large" and labels["std >= 0.0"] == "std"
    assert labels["between 0 and 1"] == "bce"


WAY = re.compile(r"\((\[[^()]*?\]\([^)]*\)(?:, \[[^()]*?\]\([^)]*\))*)\)\s*$", re.MULTILINE)


def section_of(name, anchor):
    """The title of a page, and the section that an address leads to, with its heading."""
    body = (ROOT / "docs" / name).read_text(encoding="utf-8")
    title = re.search(r"^# (.+)$", body, re.MULTILINE)[1]
    parts = [] if anchor else [title]
    for part in re.split(r"^(?=#{2,3} )", body, flags=re.MULTILINE):
        heading = part.partition("\n")[0].lstrip("#").strip()
        plain = re.sub(r"[^\w\s-]", "", heading.partition(" {")[0].lower()).strip().replace(" ", "-")
        if anchor and (plain == anchor or f"{{ #{anchor} }}" in heading):
            parts.append(part)
    assert len(parts) == 1, f"{name}#{anchor}"
    return f"{title} {parts[0]}"


def test_a_way_on_is_named_by_the_words_of_the_section_that_it_leads_to():
    """
    “(If it is not the rate)” “(It came back, so it is fine)” “(The loss of guessing)” “(Misconceptions)” “(Units)”
    “(Fixes)” “(On some batches)” “(The order)” “(Scale the loss)” “(Find the layer, Sixteen bits)”
    “(Sixteen bits, Find the layer)” “(How a nan hides)” “(Sudden, from a normal loss)” “(Mini-batches, Cases)”
    “(The first table)” “(Mini-batches, Sixteen bits)” “(Mini-batches, Fixes)” “(Only in 16 bits)”
    """
    ways = [
        way
        for ways in WAY.findall(PAGE)
        for way in re.findall(r"\[(.+?)\]\(([\w-]+\.md)(?:#([\w-]+))?\)", ways)
    ]
    assert len(ways) >= 40 and ("Only in 16 bits", "cases.md", "half") in ways
    for words, name, anchor in ways:
        there = section_of(name, anchor).lower()
        if words == "The first table":
            body = (ROOT / "docs" / name).read_text(encoding="utf-8").lower()
            assert body[body.index("|---") :].partition("\n")[2][:80] in there
        else:
            said = {word.rstrip("s") for word in re.findall(r"[\w-]+", there)}
            missing = {word.rstrip("s") for word in re.findall(r"[\w-]+", words.lower())} - said
            assert not missing, f"{words} leads to {name}#{anchor}, which does not say {missing}"


def test_the_mark_beside_a_heading_holds_its_address():
    """“To send somebody to an entry, copy its address: the ¶ beside the heading holds it.”"""
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert re.search(r"^  - toc:\n      permalink: true$", settings, re.MULTILINE)
    made = markdown.markdown(
        "### Line { #line }", extensions=["toc", "attr_list"], extension_configs={"toc": {"permalink": True}}
    )
    assert re.search(r'<h3 id="line">Line<a class="headerlink" href="#line"[^>]*>(¶|&para;)</a></h3>', made)


def test_the_losses_before_the_line_tell_apart_what_the_line_does_not():
    """“If you have the losses from before the line, paste them as well: they often say more than the message.”"""
    growing = [0.5 * 9**n for n in range(8)]
    steady = [0.693, 0.61, 0.55, 0.5, 0.46, 0.43, 0.41, 0.4]
    told = [
        diagnose(read("\n".join(f"loss: {loss}" for loss in [*losses, "nan"])))["verdict"]
        for losses in (growing, steady)
    ]
    assert told == ["growth", "not-the-rate"]


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


@pytest.mark.parametrize("framework, claim", CLAIMS)
def test_what_the_entries_of_a_framework_say_holds_in_it(framework, claim):
    """Each claim quotes the sentences that it tries, in tests/messages."""
    failed = told_by(framework)["claims"][claim]
    assert not failed, failed


# ── Any loss ─────────────────────────────────────────────────────────────────────────────────────


def test_in_keras_a_finite_loss_before_fit_means_the_updates_and_a_nan_the_data():
    """“If it is finite, the updates did it. If it is nan, it was the data or the model.”"""
    by_rate, by_data = said_by("keras")["loss-nan"][0], said_by("keras")["nan-in-the-data"]
    assert math.isfinite(float(re.search(r"before fit: (\S+)", by_rate)[1]))
    assert "before fit: nan" in by_data[0] and "loss: nan" in by_data[0]
    assert "before fit: nan" not in by_data[1]


def test_an_accuracy_under_nan_is_the_share_of_class_0():
    """“(An accuracy beside it is then the share of class 0.)”"""
    nan, sure = said_by("keras")["accuracy"]  # of scores that are nan, and of the right ones
    share = np.mean(np.array([0, 2, 1, 0, 2]) == 0)
    assert f"'accuracy', {share}" in nan and "'accuracy', 1.0" in sure


def test_under_a_validation_loss_of_nan_the_training_loss_and_the_weights_are_finite():
    """“If the training loss beside it is normal, the weights are whole,”"""
    said = said_by("keras")["val-nan"][0]
    assert math.isfinite(float(re.search(r" loss: (\S+)", said)[1]))
    assert "weights finite: True" in said


def test_the_loss_of_guessing_is_the_logarithm_of_the_number_of_classes():
    """
    “This is ln 2, the cross-entropy of a model that says one half to everything. For C classes of equal size it is ln C.”
    “2 | 0.6931 3 | 1.0986 10 | 2.3026 100 | 4.6052 1,000 | 6.9078 32,000 | 10.3735 50,257 | 10.8249”
    """
    table = re.search(r"^\| classes \| loss \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)[1]
    rows = {2: 0.6931, 3: 1.0986, 10: 2.3026, 100: 4.6052, 1000: 6.9078, 32_000: 10.3735, 50_257: 10.8249}
    assert table.split() == [
        part for count, loss in rows.items() for part in f"| {count:,} | {loss} |".split()
    ]
    for count, loss in rows.items():
        p = np.full(count, 1 / count)  # the best for classes of equal size: any other costs more
        assert round(-np.mean(np.log(p)), 4) == loss
        other = p + np.random.default_rng(0).uniform(-0.5, 0.5, count) / count
        assert -np.mean(np.log(other / other.sum())) > loss
    assert -math.log(0.5) == pytest.approx(0.6931, abs=5e-5)


def test_keras_and_pytorch_print_them():
    keras, torch = said_by("keras")["guard"], said_by("torch")["guard"]
    assert "loss: 16.1181" in keras[0] and "loss: 30.0000" in keras[1]
    assert "loss: 100.0" in torch[0] and "loss: 200.0" in torch[1]
    assert "slope: -0.0" in torch[0] and "slope: -1.0" in torch[1]


# ── NumPy, Python, scikit-learn ──────────────────────────────────────────────────────────────────


def test_exp_overflows_above_these_numbers():
    """“The exponential of more than 709.78 is inf in float64, of more than 88.72 in float32, of more than 11.09 in float16.”"""
    for kind, edge in ((np.float64, 709.78), (np.float32, 88.72), (np.float16, 11.09)):
        assert math.log(float(np.finfo(kind).max)) == pytest.approx(edge, abs=0.005)
        with np.errstate(over="ignore"):
            assert np.isfinite(np.exp(kind(edge * 0.999))) and np.isinf(np.exp(kind(edge * 1.001)))


def test_in_a_sigmoid_the_overflow_is_harmless_and_in_a_softmax_it_is_nan():
    """“In 1 / (1 + np.exp(-x)) that is harmless, because 1/inf is the right 0. In a softmax it makes inf/inf, which is nan.”"""
    with np.errstate(all="ignore"):
        assert 1 / (1 + np.exp(np.float64(800))) == 0
    broken, cured = said_by("numpy")["overflow-exp"]
    assert "[nan  0.]" in broken and "[1. 0.]" in cured


def test_in_a_descent_the_square_overflows_first():
    """“In a descent this is the explosion itself, and it shows first where errors are squared: in the loss.”"""
    w, squared = np.float64(1), None
    with np.errstate(all="ignore"):
        for update in range(2000):
            w = -2 * w
            squared = squared or (update if np.isinf(w**2) else None)
            if np.isinf(w):
                break
    assert squared < update * 0.55


def test_each_warning_is_shown_once_for_each_line_of_code():
    """“Each warning is shown once for each line of code, so their order says which came first.”"""
    code = "import numpy as np\nfor _ in range(5):\n    np.exp(np.array([800.0]))\n    np.exp(np.array([900.0]))\n"
    code += "w = np.array([1.0])\nfor _ in range(2000):\n    loss = w**2\n    w = w - 3 * w\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    said = re.findall(r"<string>:(\d+): RuntimeWarning: (\w+)", done.stderr)
    assert said == [
        ("3", "overflow"),
        ("4", "overflow"),
        ("7", "overflow"),
        ("8", "overflow"),
        ("8", "invalid"),
    ]


def test_a_sigmoid_of_17_is_1_in_float32():
    """“In float32 a sigmoid of 17 is already 1, so 1 − p is 0 too.”"""
    sigmoid = [np.float32(1) / (np.float32(1) + np.exp(np.float32(-score))) for score in (16, 17)]
    assert sigmoid[0] < 1 == sigmoid[1] and 1 - sigmoid[1] == 0


def test_raise_on_all_stops_at_an_underflow_too():
    """
    “underflow encountered is no harm: the number was too small, and 0 is near enough.”
    “Leave underflow out: over="raise" and so on in place of all="raise".”
    """
    with np.errstate(all="raise"), pytest.raises(FloatingPointError, match="underflow encountered in exp"):
        np.exp(np.array([-800.0]))
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        assert np.exp(np.array([-800.0])) == 0


def test_python_raises_for_a_power_and_not_for_a_product():
    """“(A product does not: it becomes inf.)”"""
    big = 1e200
    assert big * big == math.inf
    with pytest.raises(OverflowError, match=r"range|large"):
        big**2
    assert math.exp(709.78) < math.inf
    with pytest.raises(OverflowError, match="range"):
        math.exp(709.79)


# ── PyTorch ──────────────────────────────────────────────────────────────────────────────────────


def test_anomaly_mode_names_the_square_inside_a_root_and_says_nothing_of_inf():
    """“For √0 it names the square inside, and for acos of 1 nothing at all.”"""
    assert "PowBackward0" in said_by("torch")["anomaly"][0]
    assert "'slope', -inf" in said_by("torch")["acos-of-1"][0]


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
    broken, cured = said_by("torch")["norm-inf"]
    assert "grad_norm: inf weight: 1.0" in broken
    assert "grad_norm: 1.0 weight: 0.9" in cured


# ── Hugging Face, Keras, JAX ─────────────────────────────────────────────────────────────────────


def test_the_trainer_makes_the_update_whose_loss_it_shows_as_0():
    """
    “In newer releases 'loss': '0', 'grad_norm': 'nan'. The loss is not 0, it is nan: the Trainer leaves losses that are not finite out of what it shows. Without a scaler the update was made all the same, so the weights are nan from this line on.”
    “Check: set TrainingArguments(…, logging_nan_inf_filter=False, logging_steps=1) and run again: the first line that is nan tells the step.”
    """
    broken, cured = said_by("transformers")["zero-loss"]
    assert "weights finite: False" in broken and "weights finite: True" in cured
    filtered, shown = said_by("transformers")["unfiltered"]
    assert "'loss': 0.0" in filtered and "'loss': 0.0" not in shown  # the same run, not filtered
    losses = [float(loss) for loss in re.findall(r"'loss': ([\w.]+),", shown)]
    assert [math.isnan(loss) for loss in losses] == [False] * 1 + [True] * 5  # the first update did it
    assert "'loss': '0', 'grad_norm': 'nan'" in " ".join(broken.split())


def test_a_batch_of_which_no_label_counts_has_a_loss_and_a_norm_of_0():
    """“This one is no nan. If the norm is 0 too, no label of the batch counts:”"""
    broken, cured = said_by("transformers")["zero-both"]
    assert (
        "'loss': 0.0, 'grad_norm': 0.0" in broken and "'loss': 0.0" not in cured
    )  # all labels of a batch −100
    assert "weights finite: True" in broken


def test_the_loss_of_grpo_begins_at_0_and_its_gradient_does_not():
    """“If the norm is not 0 and it is GRPO, it should be so: the advantages of a group add up to 0, so the loss begins at 0, and its gradient does not.”"""
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
    """“TerminateOnNaN stopped, after the update of this batch: the weights are spoilt, be they nan or only enormous.”"""
    said, cured = said_by("keras")["terminate"]
    assert re.search(r"Batch \d+: Invalid loss, terminating training", said)
    largest, usual = (float(re.search(r"largest weight: (\S+)", one)[1]) for one in (said, cured))
    assert largest > 1e15 and usual < 2  # the mean of the losses is inf, and the weights not yet
