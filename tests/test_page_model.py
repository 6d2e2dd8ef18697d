"""The page's model says what the program says: one table of logs, and as many at random, agree in every field."""

import json
import math
import os
import shutil
import subprocess
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ROOT, names_of
from test_diagnose import PASTED

SOURCES = ROOT / "docs" / "assets" / "diagnose"
EXPLODES = "\n".join(str(3.0 * 1.7**n) for n in range(12))
NOISY = "1.2 0.7 2 9 17 300 900 20000 30000 9e6 inf".replace(" ", "\n")
WILD = "23\n89.6\n17200\n1.46e12\n4.28e35\ninf"
LOGS = {
    **PASTED,
    "a parabola": EXPLODES,
    "noise": NOISY,
    "noise that is steady": "1\n9\n60\n800\n3000\n41000\n2e5\n3.1e6\n1.2e7\n2e8\ninf",
    "a network": WILD,
    "first calm": "\n".join(str(5 * 0.9**n) for n in range(30)) + "\n1\n5\n30\n170\n1000\nnan",
    "nan at once": "nan\nnan\n",
    "inf at once": "inf\n1\n2",
    "nan from a normal loss": "0.7\n0.6\n0.5\n0.45\nnan\nnan",
    "nan after one loss": "0.7\nnan",
    "healthy": "5\n4\n3\n2.5\n2\n1.8",
    "recovers": "5\n50\n80\n20\n4\n3\n2\n1",
    "bounces": "0.7\n900\n300\n800\n500\n700\n600",
    "flat": "1\n1\n1\n1",
    "dead after an explosion": "166\n99\n756\n11200\n8e8\n7e20" + "\n165" * 40 + "\nnan",
    "two losses": "1\n2",
    "negative losses": "-5\n-4.9\n-3\n20\n300\n5000\nnan",
    "zeros": "0\n0\n5\n50\n500\nnan",
    "the end of float64": "1\n1e308\n1e309",
    "tiny losses": "1e-310\n1e-305\n1e-300\n1e-290",
    "a changing rate": "step,lr,loss\n0,0.1,1\n1,0.09,4\n2,0.08,16\n3,0.07,64\n4,0.06,256\n5,0.05,1024",
    "every tenth update": "step,loss\n0,1\n10,33\n20,1025\n30,31777",
    "uneven steps": "step,loss\n0,1\n1,4\n5,16\n6,64\n7,256",
    "steps that fall": "step,loss\n9,1\n8,4\n7,16",
    "epochs": "Epoch 1 loss 5\nEpoch 2 loss 50\nEpoch 3 loss 500\nEpoch 4 loss 5000",
    "batches": "32/32 [====] - 1s - loss: 5\n32/32 [====] - 1s - loss: 50\n32/32 [====] - loss: 500\n",
    "train and validation": "train loss: 5 val loss: 6\ntrain loss: 50 val loss: 6\ntrain loss: 500 val loss: 6",
    "empty": "",
    "blank": " \n\t\n",
    "one number": "5.2",
    "one nan": "nan",
    "words": "I have a problem with my network",
    "binary": "\x00\x01\x02PNG",
    "broken letters": "\ufffd\ufffd\ufffdabc",
    "two columns without names": "1,2\n3,4\n9,8",
    "three columns": "1 2 3\n4 5 6",
    "mixed columns": "1 2\n3\n4 5 6\n1",
    "names unlike loss": "a b\n1 2\n5 4",
    "old Macs": "1\r2\r4\r9",
    "thousands": "1,234.5\n2,345.6\n",
    "commas between losses": "5,4,3",
    "three columns and no point": "1,2,3\n4,5,6\n7,8,9",
    "a step that is no number": "nan 5\n1 3",
    "a step without end": "inf 5\ninf 3",
    "decimal commas": "5,2\n5,1\n4,9",
    "marks between a name and its number": 'loss"]\' = ["5\nloss]: ]6\nloss\'"7\nloss="8\nloss[\']9',
}
WEIGHTS = {
    name: "step,w,loss\n" + "\n".join(f"{n},{factor**n},{1.21**n}" for n in range(8))
    for name, factor in (("alternates", -1.1), ("leaves", 1.1))
}
SETTINGS = [
    {},
    {"rate": 0.1},
    {"rate": 0.1, "momentum": 0.9},
    {"rate": 0.1, "momentum": 0.5, "batch_size": 8},
    {"rate": 0.1, "batch_size": 32, "dtype": "float16"},
    {"rate": 0.1, "adam": True},
]


class Page:
    """The page's model in a node process of its own, asked case by case."""

    def __init__(self, model: str):
        found = shutil.which("node")
        if not found:
            message = "no node found: install Node.js 20 or newer"
            (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
        self.node = subprocess.Popen(
            [found, ROOT / "tests" / "diagnose" / "compare.mjs"],
            env=os.environ | {"MODEL": model},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def ask(self, case: dict) -> dict:
        self.node.stdin.write(json.dumps(case) + "\n")
        self.node.stdin.flush()
        return json.loads(self.node.stdout.readline())

    def close(self):
        self.node.stdin.close()
        self.node.wait()
        self.node.stdout.close()


@pytest.fixture(scope="module")
def page():
    asked = Page(f"{SOURCES.as_uri()}/")
    yield asked
    asked.close()


def plain(value):
    """As JSON says it; inf and nan in words."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def python(case: dict) -> dict:
    """What the program makes of a case."""
    program = names_of("diagnose")
    try:
        if "losses" in case:
            log = {"loss": [float(loss) for loss in case["losses"]]}
        else:
            log = program.read(case["text"], case.get("column"), case.get("weights"))
    except program.Unreadable as error:
        return {"unreadable": str(error)}
    log |= {"every": case["every"]} if case.get("every") else {}
    return plain({"log": log, "found": program.diagnose(log, **case.get("settings", {}))})


def differences(one, other, place=""):
    """Every place where two answers differ; numbers may do so by a billionth."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from differences(one.get(key), other.get(key), f"{place}/{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for n, pair in enumerate(zip(one, other, strict=True)):
            yield from differences(*pair, f"{place}/{n}")
    elif isinstance(one, int | float) and isinstance(other, int | float):
        if one != pytest.approx(other, rel=1e-9, abs=0):
            yield place, one, other
    elif one != other:
        yield place, one, other


def agree(page: Page, case: dict) -> None:
    assert list(differences(python(case), page.ask(case))) == []


TABLE = [
    *({"text": text, "settings": given} for text, given in product(LOGS.values(), SETTINGS)),
    *(
        {"text": text, "weights": "w", "settings": given}
        for text, given in product(WEIGHTS.values(), SETTINGS)
    ),
    *(
        {"text": text, "every": every, "settings": {"rate": 0.1}}
        for text in (EXPLODES, WILD)
        for every in (2, 7)
    ),
    *({"text": "a,b,c\n1,2,3\n3,4,9\n5,8,1", "column": name} for name in ("b", "C", "d", "2")),
    {"text": WEIGHTS["leaves"], "weights": "nowhere"},
    {"text": "1 2 3\n3 4 5\n5 9 1", "column": "3"},
]


def test_the_page_and_the_program_agree_on_every_log_of_the_table(page):
    assert len(TABLE) > 350
    for case in TABLE:
        agree(page, case)


def test_the_built_page_agrees_too(site):
    built = Page(f"{(site / 'assets' / 'diagnose').as_uri()}/")
    for case in TABLE[::5]:
        agree(built, case)
    built.close()


def test_the_table_has_every_verdict_and_every_complaint():
    answers = [python(case) for case in TABLE]
    assert {answer["found"]["verdict"] for answer in answers if "found" in answer} == {
        "rate-too-high",
        "growth",
        "nan-at-start",
        "not-the-rate",
        "recovers",
        "healthy",
        "unclear",
    }
    starts = {answer["unreadable"][:10] for answer in answers if "unreadable" in answer}
    assert starts == {"Nothing wa", "Nothing is", "One loss w", "No losses ", "No name is", "This is a "}


pieces = st.one_of(
    st.floats().map(repr),
    st.integers(-99, 10**6).map(str),
    st.sampled_from(["loss", "train loss", "val_loss", "lr", "step", "epoch", "Value", "nan", "inf", "null"]),
    st.sampled_from(
        [":", "=", ",", ";", "\n", "\n", "\t", "[", "]", "{", "}", "|", " ", '"', "'", "\r", "5,2"]
    ),
    st.text(max_size=6),
)
texts = st.lists(pieces, max_size=50).flatmap(
    lambda parts: st.sampled_from([" ", "", ",", "\n"]).map(lambda mark: mark.join(parts))
)
growing = st.tuples(
    st.floats(1e-6, 1e6), st.lists(st.floats(-0.7, 9), min_size=1, max_size=40), st.booleans()
).map(
    lambda drawn: [
        *(drawn[0] * math.exp(min(600, sum(drawn[1][:n]))) for n in range(len(drawn[1]) + 1)),
        *[math.inf, math.nan] * drawn[2],
    ]
)
setups = st.fixed_dictionaries(
    {
        "rate": st.one_of(st.none(), st.floats(1e-9, 1e3)),
        "momentum": st.floats(0, 0.99),
        "batch_size": st.sampled_from([None, 1, 8, 16, 256]),
        "dtype": st.sampled_from(["float16", "bfloat16", "float32", "float64"]),
        "adam": st.booleans(),
    }
)


often = settings(
    derandomize=True,
    deadline=None,
    max_examples=400,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@often
@given(texts, setups)
def test_on_a_text_at_random_they_agree(page, text, given_):
    agree(page, {"text": text, "settings": given_})


@often
@given(st.one_of(growing, st.lists(st.floats(), min_size=1, max_size=25)), setups)
def test_on_losses_at_random_they_agree(page, losses, given_):
    agree(page, {"losses": plain(losses), "settings": given_})
