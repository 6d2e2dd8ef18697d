"""The page's half of the reader says what the program says, in every field: on the example of every format, on
a table of logs, on real ones, and on as many at random.
"""

import json
import math
import os
import random
import re
import shutil
import subprocess
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ROOT, SNIPPETS
from pages.reader_data import write_reader_data
from proven import proven_by
from readlog import Unreadable, diagnose, read
from readlog.data import FORMATS, WORDS
from readlog.shapes import LARGEST
from test_formats import LOSSES, PASTED

pytestmark = proven_by(
    "snippets/readlog/*",
    "docs/assets/diagnose/*",
    "docs/assets/interactive/*.js",
    "scripts/pages/reader_data.py",
    "tests/diagnose/**/*",
    "tests/test_formats.py",
)
PUBLIC = sorted((ROOT / "tests" / "diagnose" / "public").glob("*.txt"))
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
    "a loss of 0 beside a norm that is none": "loss: 2.5, grad_norm: 1\n" * 3
    + "loss: 0.0, grad_norm: nan\n" * 3,
    "nan in a line after 500 updates": "step,loss\n500,nan\n1000,nan",
    "nan in the first epoch": "Epoch 1 loss: nan\nEpoch 2 loss: nan",
    "nan at a rate of 0": "step,lr,loss\n0,0,2.5\n1,0,2.25\n2,0,nan",
    "nan at a rate of 0 in nine lines of ten": "lr,loss\n0.1,2\n" + "0,2\n" * 9 + "0,nan",
    "no norm is a number": "loss: 2.5, grad_norm: nan\nloss: 2.25, grad_norm: nan\nloss: 2.5, grad_norm: nan",
    "one norm is none": "loss: 2.5, grad_norm: 1\nloss: 2.25, grad_norm: nan\nloss: 2.5, grad_norm: 1",
    "another column is none": "loss: 2.5, loss_box: 1\nloss: 2.25, loss_box: nan\nloss: 2.5, loss_box: 1",
    "nan at once after counted updates": "step,loss\n"
    + "".join(f"{n},{2.5 - n / 100}\n" for n in range(9))
    + "9,nan",
    "the last lines bend": "step,loss\n0,17\n10,16\n20,15.2\n30,15.5\n40,17.6\n50,31.7\n60,nan",
    "bends below its start": "step,loss\n0,1000\n10,10\n20,9\n30,8\n40,15.2\n50,15.5\n60,17.6\n70,31.7\n80,nan",
    "one line of a thousand": "1\n1\n1\n1\n9e5\n1\n1\n1.1\n1\n1\n1\n1",
    "an absurd height": "step,loss\n10,3e25\n20,6.3\n30,6.5\n40,7.5\n50,6.4\n60,6.5",
    "a late leap": "5\n4\n3\n2\n2\n2\n2\n2\n2\n2\n1\n90\n1",
    "only the validation": "loss: 2.5 val_loss: nan\nloss: 2.25 val_loss: nan\nloss: 2 val_loss: nan",
    "nan in words below": "loss: 2.5\nloss: 2.25\nloss: 2\nloss: 1.5\nLoss is nan, stopping training",
    "three losses that bend": "10\n14\n23",
    "three losses that bend, a line an epoch": "Epoch 1 loss 10\nEpoch 2 loss 14\nEpoch 3 loss 23",
    "three losses on a line": "10\n14\n18",
    "two directions": "\n".join(str(3 * 1.7**n + 9 * 1.4**n) for n in range(12)),
    "a dip before it grows": "1\n3\n2.9\n4\n8\n16\n32\n64",
    "a rate below zero": "lr: -0.1, loss: 1\nlr: -0.1, loss: 2\nlr: -0.1, loss: 4\nlr: -0.1, loss: 8",
    "a straight climb": "10\n11\n12\n13\n14\n15",
    "a name that is longer than what is looked at": f"the average loss {'of the batches ' * 5}so far: 2.5\n"
    * 3,
    "samples, two batches and a half": "\n".join(
        f"Train Epoch: 1 [{n}/6000 (0%)]\tLoss: {3 + n}" for n in (0, 20, 40)
    ),
    "samples, three batches and a half": "\n".join(
        f"Train Epoch: 1 [{n}/6000 (0%)]\tLoss: {3 + n}" for n in (0, 28, 56)
    ),
    "words before the rows": "loss acc\na 2.5 1\nb 3 1\n2.25 1\n2.5 1",
    "a rate that is not quite the field's": "lr: 0.11, loss: 2.5\nlr: 0.11, loss: 2.25\nlr: 0.11, loss: 2",
    "a thousand columns": ",".join(f"c{n}" for n in range(1001)) + "\n" + ",".join("1" * 1001),
    "a thousand names in a line": "".join(f"k{n}=1 " for n in range(1002)),
    "a thousand names": "\n".join(f"k{n}=1" for n in range(1004)),
    "a broken letter in a good log": "loss: 2.5 \ufffd\nloss: 2.25\nloss: 2.0\nloss: 1.5\nloss: 1.25\nloss: 1.125",
    "one letter in fifty is broken": "\ufffdloss: 2.5\nloss: 2.25\nloss: 2.0\nloss: 1.5\nloss: 1.25",
    "a name below fifty bare numbers": "2.5\n" * 50 + "loss: 9\nloss: 8\nloss: 7",
    "a name below forty bare numbers": "2.5\n" * 40 + "loss: 9\nloss: 8\nloss: 7",
    "a bar that is printed twice": "Epoch 1/3\n32/32 [==] - loss: 5\n32/32 [==] - loss: 5\nEpoch 2/3\n32/32 [==] - loss: 5\n"
    "Epoch 3/3\n31/32 [==] - loss: 4\n32/32 [==] - loss: 3",
    "a bar of one batch, the same in each epoch": "Epoch 1/5\n30/32 [=>] - loss: 5\nEpoch 2/5\n30/32 [=>] - loss: 4\n"
    "Epoch 3/5\n30/32 [=>] - loss: 3",
    "bars that go on": "Epoch 1/2\n8/32 [=>] - loss: 5\n16/32 [=>] - loss: 4\n24/32 [=>] - loss: 3\n32/32 [=>] - loss: 2\n"
    "Epoch 2/2\n8/32 [=>] - loss: 1.5",
    "a step that is printed twice": "step 1 loss 5\nstep 1 loss 5\nstep 2 loss 4\nstep 3 loss 4\nstep 3 loss 3.5",
    "a validation that is not a number at a step": "step,loss,val_loss\n100,5,4\n200,4,nan\n300,3,nan",
    "a validation that is not a number in a line of its own": "step 1 loss 5\nstep 1 val_loss nan\nstep 2 loss 4\n"
    "step 3 loss 3",
    "a 0 for nan, then numbers": "loss: 2.5, grad_norm: 1\n" * 3
    + "loss: 0.0, grad_norm: nan\n" * 2
    + "loss: 2.25, grad_norm: 1\n" * 3,
    "a 0 for nan between numbers, and one nan": "loss: 2.5, grad_norm: 1\nloss: 0.0, grad_norm: nan\n"
    "loss: 2.25, grad_norm: 1\nloss: nan, grad_norm: nan\nloss: 2, grad_norm: 1\nloss: 2, grad_norm: 1",
    "zeros at the end of a Trainer's log": "{'loss': 2.5, 'learning_rate': 0.1, 'epoch': 0.1}\n"
    "{'loss': 9.5, 'learning_rate': 0.1, 'epoch': 0.2}\n"
    + "{'loss': 0.0, 'learning_rate': 0.1, 'epoch': 0.3}\n"
    * 2,
    "one zero at the end of a Trainer's log": "{'loss': 2.5, 'learning_rate': 0.1, 'epoch': 0.1}\n"
    "{'loss': 1.5, 'learning_rate': 0.1, 'epoch': 0.2}\n{'loss': 0.0, 'learning_rate': 0.1, 'epoch': 0.3}",
    "zeros beside a validation that is no number": "loss: 2.5 val_loss: 2\nloss: 0 val_loss: nan\nloss: 0 val_loss: nan",
    "nothing but zeros, and a validation that is no number": "loss: 0 val_loss: nan\n" * 3,
    "zeros alone at the end": "2.5\n1.5\n0\n0\n0",
    "six other columns are none": "loss: 2.5, "
    + ", ".join(f"loss_{one}: nan" for one in "abcdef")
    + "\nloss: 2.25\nloss: 2",
    "a rate within a hundredth of the field's": "lr: 0.1005, loss: 2.5\nlr: 0.1005, loss: 2.25\nlr: 0.1005, loss: 2",
    "ten classes, and a loss of another kind": "10 classes\nloss: 90\nloss: 80\nloss: 70",
    "ten classes, and a loss far below guessing": "10 classes\nloss: 0.9\nloss: 0.8\nloss: 0.7",
    "ten classes, and the loss of guessing": "10 classes\nloss: 2.4\nloss: 2.3\nloss: 2.3\nloss: 2.3",
    "one class": "1 classes\nloss: 0.1\nloss: 0.1\nloss: 0.1",
    "a plus before inf": "5\n50\n500\n5000\n+inf",
    "minus infinity": "-5\n-50\n-500\n-Infinity",
    "a bar that is overwritten": "loss: 9\rloss: 5\nloss: 8\rloss: 4\r\nloss: 3\r\b\nloss: 2",
    "backspaces": "loss: 9\b\b\b\b\b\b\b\bloss: 7\nloss: 6\nloss: 5",
    "blanks between lines": "loss: 9\n \t\n\f\v\nloss: 8\n\nloss: 7",
    "a comma for the point, behind a name": "loss: 5,25\nloss: 4,75\nloss: 4,5",
    "a count and a loss, with a comma between": "1,5\n2,4\n3,3",
    "more digits and a comma, a count": "10,5\n11,4\n12,3",
    "a comma for the point beside a semicolon": "epoch;loss\n1;5,25\n2;4,75\n3;4,5",
    "two commas in a row of semicolons": "rate;loss\n0,1;5,25\n0,1;4,75\n0,1;4,5",
    "a comma between names": "loss,rate\n5,1\n4,1\n3,1",
    "one loss with a comma": "5,2\nloss",
    "a point after no digit": "a.b 5,2\na.b 5,1\na.b 4,9",
    "a scope before a comma": "train, loss: 5\nvalid, loss: 6\ntrain, loss: 50\nvalid, loss: 7\ntrain, loss: 500\nvalid, loss: 8",
    "a scope before a colon": "val: loss: 6\ntrain: loss: 5\nval: loss: 7\ntrain: loss: 50\nval: loss: 8\ntrain: loss: 500",
    "a scope that goes on": "test set, loss: 6, error: 5\ntest set, loss: 5, error: 4\ntest set, loss: 4, error: 3",
    "a name in brackets": "[loss] 5\n[loss] 4\n[loss] 3",
    "a word between a name and its number": "the loss is 5\nthe loss was 4\nand loss of 3",
    "an index that pandas prints": "   loss  acc\n0   2.5  0.1\n1  2.25  0.2\n10  2.0  0.3",
    "an index that is no count": "loss acc\nx1 2.5 0.1\nx2 2.25 0.2\n2x 2.0 0.3",
    "a heading that numpy writes": "# step loss\n0 2.5\n1 2.25\n2 2",
    "a heading of two hashes": " ## step, # loss\n0, 2.5\n1, 2.25\n2, 2",
    "a hash within a heading": "a#b loss\n0 2.5\n1 2.25\n2 2",
    "quoted cells": "'step' \"loss\"\n'0' '2.5'\n'1' '2.25'\n'2' '2'",
    "columns, and none is a loss": "epoch,f1,acc\n1,0.4,0.5\n2,0.5,0.6\n3,0.6,0.7",
    "columns with a rule, and none is a loss": "| epoch | acc |\n|---|---|\n| 1 | 0.5 |\n| 2 | 0.6 |\n| 3 | 0.7 |",
    "an index, and no loss": "   acc\n0  0.5\n1  0.6\n2  0.7",
    "an index, two columns, and no loss": "    f1  acc\n0  0.4  0.5\n1  0.5  0.6\n2  0.6  0.7",
    "one name above bare numbers": "accuracy\n0.5\n0.6\n0.7",
    "counted columns with spaces, and no loss": "step acc\n10 0.5\n20 0.6\n30 0.7",
    "a title above two columns": "My results\n1 0.5\n2 0.6\n3 0.7",
    "a fence around bare numbers": "```\n0.5\n0.6\n0.7\n```",
    "dots above bare numbers": "...\n0.5\n0.6\n0.7",
    "a name that is not English": "准确率\n0.5\n0.6\n0.7",
    "a title that ends in a mark": "Results:\n1 0.5\n2 0.6\n3 0.7",
    "tabs, and a cell that is blank": "step\tloss\tacc\n0\t5\t\n1\t4\t0.1\n2\t3\t",
    "a cell that is blank among spaces": "step  loss  acc\n0     5\n1     4     0.5\n      3     0.6",
    "a cell before its heading": "    loss  acc\n5   4  0.5\n    3   0.6\n    2   0.7",
    "a table in a frame": "|------|------|\n| step | loss |\n|------|------|\n| 0 | 5 |\n| 1 | 50 |\n| 2 | 500 |",
    "a heading in two rows": "| Iteration | Mini-batch |\n| | Loss |\n|===|===|\n| 1 | 5 |\n| 2 | 4 |\n| 3 | 3 |",
    "a heading, and a row of another width": "| step | loss |\n| only one |\n| 1 | 5 |\n| 2 | 4 |\n| 3 | 3 |",
    "names of two words": "epoch train loss val loss\n1 5 6\n2 4 5\n3 3 4",
    "names of two words, late": "epoch train loss val loss\n--- --- ---\n--- --- ---\n--- --- ---\n1 5 6\n2 4 5\n3 3 4",
    "a row of names between tables": "loss acc\nloss acc\nloss acc\nloss acc\n5 1\n4 1\n3 1",
    "bars behind the cells": "epoch loss\n1 5: 100%|####| 3/3\nnote 7 8\n2 4: 100%|####| 3/3\n3 3: 100%|####| 3/3",
    "numbers in brackets": "[5, 4,\n3, 2,\n1]",
    "a bracket in each of its lines": "[1, 5]\n[2, 4]\n[3, 3]",
    "a bracket in some lines of a count": "1 [5]\n2 4\n3 [3]",
    "lines of one number and of two": "5\n4\n3 2\n1",
    "words in half of the lines": "5\nhello\n4\nworld",
    "words in more than half of the lines": "5\nhello\n4\nworld\nagain",
    "a count of halves": "0.5 5\n1.5 4\n2.5 3",
    "a count that stands": "1 5\n1 4\n1 3",
    "a count that falls": "3 5\n2 4\n1 3",
    "steps beyond what can be counted": "step,loss\n1,5\n1000000000000001,4\n2000000000000002,3",
    "gaps of a thousand millions": "step,loss\n0,5\n1000000000,4\n2000000000,3",
    "half steps": "step,loss\n0.5,5\n1.5,4\n2.5,3",
    "one step": "step,loss\n7,5",
    "a step below zero": "step,loss\n-7,5",
    "uneven gaps, an even number of them": "step,loss\n0,5\n1,4\n5,3\n8,2\n20,1",
    "samples that fall with the epoch": "\n".join(
        f"Train Epoch: {epoch} [{n}/6000 (0%)]\tLoss: {3 + n / 100}"
        for epoch in (1, 2)
        for n in (0, 640, 1280)
    ),
    "samples that stand": "\n".join(
        f"Train Epoch: {n} [640/6000 (0%)]\tLoss: {3 - n / 10}" for n in range(1, 5)
    ),
    "a late epoch": "Epoch 7 loss 5\nEpoch 8 loss 4\nEpoch 9 loss 3",
    "a late epoch, then the same": "Epoch 2 loss 5\nEpoch 2 loss 4\nEpoch 2 loss 3",
    "every fifth epoch": "Epoch 5 loss 5\nEpoch 10 loss 4\nEpoch 15 loss 3",
    "one late epoch": "Epoch 9 loss 5",
    "a late step": "step,loss\n300,5\n400,4\n500,3",
    "a late step that rises": "step,loss\n400,2\n500,1\n600,2\n700,1\n800,2\n900,3\n1000,4\n1100,5\n1200,6",
    "a late start, leapt to a level above": "step,loss\n"
    + "".join(f"{n},{loss}\n" for n, loss in enumerate([1, *[4, 5] * 4], 400)),
    "marks between a name and its number": 'loss"]\' = ["5\nloss]: ]6\nloss\'"7\nloss="8\nloss[\']9',
}
GROWS = [1.21**n for n in range(8)]
AWAY = [1.0, 1.1]  # with αλ = 0.1, the wrong sign and momentum 0.9
for _ in range(28):
    AWAY.append(2 * AWAY[-1] - 0.9 * AWAY[-2])
WEIGHTS = {
    name: "step,w,loss\n"
    + "\n".join(f"{n},{w},{loss}" for n, (w, loss) in enumerate(zip(weights, losses, strict=False)))
    for name, weights, losses in (
        ("alternates", [(-1.1) ** n for n in range(8)], GROWS),
        ("leaves", [1.1**n for n in range(8)], GROWS),
        ("leaves with momentum", AWAY, [w**2 / 2 for w in AWAY]),
        ("alternates, then leaves", [1, -1.1, 1.2, 1.3, 1.5, 1.8, 2.2, 2.7], GROWS),
        ("settles", [2, 1.5, 1.25, 1.125, 1.0625, 1.03, 1.015, 1.0075], GROWS),
        ("moves evenly", [1, 2, 3, 4, 5, 6, 7, 8], GROWS),
        ("is lost for a while", [1, -1.1, "nan", "nan", 1.46, -1.6, 1.8, -1.9], GROWS),
        ("stands", [1] * 8, GROWS),
        ("moves once", [1, -1.1, "nan", "nan", "nan", "nan", "nan", "nan"], GROWS),
        (
            "alternates before it leaves",
            [5, -5, 5, *(1.4**n for n in range(8))],
            [9, 8, 7, *(2.0**n for n in range(8))],
        ),
        ("alternates in a network, three moves", [1, -2, 9, -99], [23, 89.6, 17200, 1.46e12, "inf"]),
        (
            "alternates in a network, four moves",
            [1, -2, 9, -99, 1e6],
            [23, 89.6, 17200, 1.46e12, 4.28e35, "inf"],
        ),
        ("leaves in a network, five moves", [1, 2, 9, 99, 1e6, 1e9], [2, 23, 89.6, 17200, 1.46e12, 4.28e35]),
        (
            "leaves in a network, six moves",
            [1, 2, 9, 99, 1e6, 1e9, 1e15],
            [1, 2, 23, 89.6, 17200, 1.46e12, 4.28e35],
        ),
    )
}


def node() -> str:
    found = shutil.which("node")
    if not found:
        message = "no node found: install Node.js 20 or newer"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    return found


class Page:
    """The page's half in a node process of its own, asked case by case."""

    def __init__(self, model: str):
        self.node = subprocess.Popen(
            [node(), ROOT / "tests" / "diagnose" / "compare.mjs"],
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
def folder(tmp_path_factory):
    """The page's half with its tables, beside what it draws with."""
    assets = tmp_path_factory.mktemp("page") / "assets"
    for name in ("diagnose", "interactive"):
        shutil.copytree(ROOT / "docs" / "assets" / name, assets / name)
    return write_reader_data(SNIPPETS / "readlog", assets.parent).parent


@pytest.fixture(scope="module")
def page(folder):
    asked = Page((folder / "model.js").as_uri())
    yield asked
    asked.close()


def plain(value):
    """As JSON says it; inf and nan in words."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))
    return value.item() if isinstance(value, np.generic) else value


def python(case: dict) -> dict:
    """What the program makes of a case."""
    try:
        log = case["log"] if "log" in case else read(case["text"], case.get("column"), case.get("weights"))
    except Unreadable as error:
        return {"unreadable": str(error)}
    return plain({"log": log, "found": diagnose(log, **case.get("fields", {}))})


def differences(one, other, place=""):
    """Every place where two answers differ; numbers may do so by a billionth."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from differences(one.get(key, "nothing"), other.get(key, "nothing"), f"{place}/{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for n, pair in enumerate(zip(one, other, strict=True)):
            yield from differences(*pair, f"{place}/{n}")
    elif {type(one), type(other)} <= {int, float}:
        if one != pytest.approx(other, rel=1e-9, abs=0):
            yield place, one, other
    elif one != other:
        yield place, one, other


def agree(page: Page, case: dict) -> None:
    assert list(differences(python(case), page.ask(plain(case)))) == [], case


# ── A table ─────────────────────────────────────────────────────────────────


FIELDS = [
    {},
    {"rate": 0.1},
    {"rate": 0.1, "momentum": 0.9, "guess": 2.3},
    {"rate": 0.1, "momentum": 0.5, "batch_size": 8},
    {"rate": 0.1, "batch_size": 32, "dtype": "float16"},
    {"rate": 0.1, "optimiser": "AdamW", "every": 10},
]
EXAMPLES = [
    *(
        row["example"] + LOSSES * (table == "says")
        for table in ("tidy", "lines", "counters", "says")
        for row in FORMATS[table]
    ),
    *(f"time,{row['example']}\n1.5,2.5\n1.5,3.5\n1.5,9" for row in FORMATS["columns"]["loss"]),
]
TABLE = [
    *({"text": text, "fields": given} for text, given in product([*EXAMPLES, *LOGS.values()], FIELDS)),
    *({"text": text, "weights": "w", "fields": given} for text, given in product(WEIGHTS.values(), FIELDS)),
    *({"text": text, "fields": {"rate": 0.1, "every": n}} for text in (EXPLODES, WILD) for n in (2, 7)),
    *({"text": "a,b,c\n1,2,3\n3,4,9\n5,8,1", "column": name} for name in ("b", "C", "d", "2")),
    {"text": WEIGHTS["leaves"], "weights": "nowhere"},
    {"text": "1 2 3\n3 4 5\n5 9 1", "column": "3"},
    {"text": NOISY, "fields": {"rate": 0.1, "dtype": "bfloat16", "optimiser": "SGD"}},
]


def test_the_page_and_the_program_agree_on_every_log_of_the_table(page):
    assert len(TABLE) > 800
    for case in TABLE:
        agree(page, case)


def test_the_built_page_agrees_too(site):
    """Asked as the box asks it: what names no column of the log is read by the program's own choice."""
    built = Page((site / "assets" / "diagnose" / "worker.js").as_uri())
    for case in TABLE[::5]:
        told = python(case)
        if "unreadable" in told and case.keys() & {"column", "weights"}:
            told = python({"text": case["text"], "fields": case.get("fields", {})})
        told.pop("log", None)
        told.get("found", {}).pop("losses", None)  # of which the page shows some, as a drawing
        assert list(differences(told, built.ask(plain(case)))) == [], case
    built.close()


def test_what_the_box_shows_and_draws_of_an_answer_is_that_answer(folder):
    tests = [ROOT / "tests" / "diagnose" / f"{name}.test.mjs" for name in ("answer", "drawing")]
    environment = os.environ | {"READER": f"{folder.as_uri()}/"}
    result = subprocess.run([node(), "--test", *tests], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("log", PUBLIC, ids=lambda path: path.stem)
def test_they_agree_on_a_log_that_somebody_posted(page, log):
    text = log.read_text(encoding="utf-8", errors="replace")
    for given_ in FIELDS:
        agree(page, {"text": text, "fields": given_})


def test_the_table_has_every_verdict_every_sentence_and_every_complaint():
    answers = [python(case) for case in TABLE]
    found = [answer["found"] for answer in answers if "found" in answer]
    assert {one["verdict"] for one in found} == {
        "rate-too-high",
        "growth",
        "nan-at-start",
        "not-the-rate",
        "recovers",
        "healthy",
        "unclear",
    }
    said = {line for one in found for line in [*one["why"], *one["next"], *one["said"], one["odds"] or ""]}
    for group in WORDS.keys() - {"odds"}:
        for key, sentences in WORDS[group].items():
            for sentence in sentences:
                form = re.sub(r"\\{\w+\\}", ".+", re.escape(sentence))
                assert any(re.search(form, line) for line in said), (group, key)
    starts = {answer["unreadable"][:10] for answer in answers if "unreadable" in answer}
    assert starts == {
        "Nothing wa",
        "Nothing is",
        "One loss w",
        "No losses ",
        "No name is",
        "This is a ",
        "A line has",
        "1004 names",
    }


# ── At random ───────────────────────────────────────────────────────────────

NAMES = [
    "loss",
    "train_loss",
    "val_loss",
    "lr",
    "learning_rate",
    "step",
    "iter",
    "epoch",
    "batch",
    "grad_norm",
    "Value",
    "cost",
    "train",
    "val",
    "total",
]
NAMES += ["#batch", "__proto__", "constructor", "1", "validation", "Test set", "train loss", "is"]
MARKS = [
    *[":", "=", ",", ";", "|", "/", "(", ")", "[", "]", "{", "}", "-", ".", "#", "%", ">", '"', "'"],
    " ",
    "  ",
    " - ",
    "%|",
    "\n",
    "\n",
    "\n",
    "\t",
]
MARKS += ["\r", "\u2028", "\u00a0", "\U0001f525", "\u0130", "\x1c", "5,2"]
numbers = st.one_of(
    st.integers(0, 30).map(str),
    st.floats().map(repr),
    st.floats(0, 1e6).map("{:.4f}".format),
    st.sampled_from(["nan", "inf", "-inf", "null", "0.0", "1e-3", "7/32", "32/32", "[3/10]", "9" * 330]),
)
PARTS = [part for text in EXAMPLES for part in re.split(r"(?<=[\n,:;|\]])", text)]
pieces = st.one_of(
    numbers, st.sampled_from(NAMES), st.sampled_from(MARKS), st.sampled_from(PARTS), st.text(max_size=6)
)
heaps = st.tuples(st.lists(pieces, max_size=40), st.sampled_from(["", " ", "\n"])).map(
    lambda two: two[1].join(two[0])
)
BEGINNINGS = ["", "", "[N] ", "step N ", "Epoch [N/30] ", "N/30 [====] - ", "Epoch: [N][N/30] ", "N,", "| N "]


@st.composite
def regular(draw):
    """Lines of one form, or a table."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5))
    between = draw(st.sampled_from([", ", " ", " | ", "  ", " - ", "\t", ";", ","]))
    head = draw(st.booleans())
    cells = (
        ["N"] * len(names)
        if head
        else [name + draw(st.sampled_from([": ", "=", " "])) + "N" for name in names]
    )
    line = ("" if head else draw(st.sampled_from(BEGINNINGS))) + between.join(cells)
    lines = [re.sub("N", lambda _: draw(numbers), line) for _ in range(draw(st.integers(1, 8)))]
    return "\n".join([between.join(names)] * head + lines)


fields = st.fixed_dictionaries(
    {},
    optional={
        "rate": st.one_of(st.none(), st.floats(1e-9, 1e3)),
        "momentum": st.floats(0, 0.99),
        "batch_size": st.sampled_from([None, 1, 8, 16, 100, 256]),
        "every": st.sampled_from([None, 1, 2, 10, 157]),
        "dtype": st.sampled_from([None, *LARGEST]),
        "optimiser": st.sampled_from([None, "SGD", "Adam", "AdamW", "RMSprop", "Lion"]),
        "guess": st.one_of(st.none(), st.floats(0.01, 1e3)),
    },
)


def run_of(begin, rises, noise, tail):
    """Losses that grow, fall and stand still, and what comes after them."""
    losses = [begin]
    for rise in rises:
        losses.append(losses[-1] * math.exp(min(rise, 600)))
    rough = random.Random(noise)
    return [loss * (1 + noise * rough.gauss(0, 0.1)) for loss in losses if math.isfinite(loss)] + tail


signs = st.sampled_from([1.0, 1.0, 1.0, -1.0, 0.0])
rises = st.one_of(
    st.lists(st.floats(-0.7, 9), min_size=1, max_size=40),
    st.tuples(st.floats(-0.5, 3), st.integers(2, 30)).map(lambda drawn: [drawn[0]] * drawn[1]),
    st.tuples(st.integers(1, 20), st.floats(0.1, 5), st.integers(1, 9)).map(
        lambda drawn: [-0.05] * drawn[0] + [drawn[1]] * drawn[2]
    ),
)
tails = st.lists(st.sampled_from([math.nan, math.nan, math.inf, 0.0, 1.0]), max_size=4)
growing = st.builds(
    run_of,
    st.builds(float.__mul__, st.floats(1e-6, 1e6), signs),
    rises,
    st.sampled_from([0, 0, 0.1, 1]),
    tails,
)


@st.composite
def logs(draw):
    """A log as the reader gives it, without a text: losses, with some of the rest."""
    losses = draw(st.one_of(growing, st.lists(st.floats(), min_size=1, max_size=25)))
    count, log = len(losses), {"loss": losses}
    every = draw(st.sampled_from([None, 1, 2, 10, 100]))
    if every:
        first = draw(st.sampled_from([0, 1, 500]))
        steps = [float(first + n * every) for n in range(count)]
        log |= {"step": steps, "every": every, "every_from": "log", "first": first}
    bad = st.sampled_from([0.0, 0.0, math.nan, math.inf])
    rest = {
        "rate": st.sampled_from([[0.1] * count, [0.0] * count, [0.1 * n for n in range(count)]]),
        "weight": st.sampled_from([[factor**n for n in range(count)] for factor in (-1.1, 1.1, -1.0)]),
        "norm": st.lists(bad, min_size=count, max_size=count),
        "val": st.lists(bad, min_size=count, max_size=count),
        "val_at": st.sampled_from([0.0, 1.0, 9.0]),
        "line": st.sampled_from(["mean", "update"]),
        "optimiser": st.sampled_from(["Adam", "SGD"]),
        "precision": st.sampled_from(["float16", "bfloat16"]),
        "alpha": st.sampled_from([0.1, 0.001, 0.0]),
        "ends": st.just("nan"),
        "classes": st.sampled_from([2, 10]),
        "samples": st.sampled_from([100, 640]),
        "broken": st.just(["loss_a", "b/c"]),
        **{key: st.booleans() for key in ("overflow", "epochs", "late", "trainer")},
    }
    chosen = draw(st.lists(st.sampled_from(sorted(rest)), max_size=4, unique=True))
    return log | {key: draw(rest[key]) for key in chosen}


often = settings(derandomize=True, deadline=None, max_examples=400)


@often
@given(heaps, fields)
def test_on_a_heap_of_pieces_they_agree(page, text, given_):
    agree(page, {"text": text, "fields": given_})


@often
@given(
    regular(), fields, st.sampled_from([None, None, "lr", "step"]), st.sampled_from([None, None, "1", "lr"])
)
def test_on_lines_of_one_form_they_agree(page, text, given_, column, weights):
    agree(page, {"text": text, "column": column, "weights": weights, "fields": given_})


@often
@given(logs(), fields)
def test_on_a_log_at_random_they_agree(page, log, given_):
    agree(page, {"log": log, "fields": given_})
