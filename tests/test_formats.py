"""The formats of logs: each row of the table reads its own example, and nobody else does; what people paste."""

import math

import pytest

from conftest import ROOT
from readlog import log, read, reading, tables
from readlog.data import FORMATS

PROVES = "diagnose"
USED = {
    "tidy": reading.tidying,
    "lines": reading.whole_lines,
    "counters": reading.counting,
    "says": log.spoken,
}
ROWS = [(table, n) for table in USED for n in range(len(FORMATS[table]))]
SAID = ("optimiser", "precision", "ends", "overflow")
LOSSES = "\nloss: 2.5\nloss: 2.25\n"  # for sentences that have none

GROWS = [2.5, 25, 270, math.inf]
PASTED = {
    "one number a line": "2.5\n25\n2.7e+02\ninf\n",
    "a CSV": "epoch,train_loss,val_loss\n0,2.5,9\n1,25,9\n2,270,9\n3,inf,9\n",
    "TensorBoard's CSV": "Wall time,Step,Value\n1.7e9,0,2.5\n1.7e9,1,25\n1.7e9,2,270\n1.7e9,3,Infinity\n",
    "Lightning's metrics": "epoch,step,train_loss_epoch,train_loss_step\n0,0,,2.5\n0,1,,25\n0,1,9,\n0,2,,270\n0,3,,inf",
    "Keras's history": '{"val_loss": [1, 1, 1, 1], "loss": [2.5, 25.0, 270, Infinity]}',
    "a printed history": "{'loss': [np.float64(2.5), np.float64(25.0), 270.0, inf], 'val_loss': [1, 2, 3, 4]}",
    "Keras's console": "".join(
        f"Epoch {n}/4\n1/1 [====] - 0s 12ms/step - loss: {loss} - val_loss: 1\n"
        for n, loss in enumerate(("2.5", "2.5e+01", "270.0", "inf"), 1)
    ),
    "PyTorch's console": "Epoch 0, loss=2.5\nEpoch 1, loss=25\nEpoch 2, loss=270\nEpoch 3, loss=inf",
    "tensors": "loss tensor(2.5, grad_fn=<A>)\nloss tensor(25.)\nloss tensor(270.)\nloss tensor(inf)",
    "JSON lines": '{"step": 0, "loss": 2.5}\n{"step": 1, "loss": 25}\n{"step": 2, "loss": 270}\n{"step": 3, "loss": Infinity}',
    "JSON on one line": '[{"loss":2.5},{"loss":25},{"loss":270},{"loss":"inf"}]',
    "JSON over lines": '[\n {\n  "loss": 2.5\n },\n {\n  "loss": 25\n },\n {\n  "loss": 270\n },\n {\n  "loss": "inf"\n }\n]',
    "Hugging Face": "\n".join(
        f"{{'loss': {loss}, 'grad_norm': 1.5, 'learning_rate': 0.0001, 'epoch': 0.1}}"
        for loss in ("2.5", "25", "270", "inf")
    ),
    "a Python list": "[2.5, 25.0, 270.0, inf]",
    "numpy's print": "[  2.5  25.\n 270.   inf]",
    "semicolons and decimal commas": "epoch;loss\n0;2,5\n1;25,0\n2;270,0\n3;inf\n",
    "decimal commas": "2,5\n25,0\n270,0\ninf",
    "Windows line ends and a mark": "\ufeffloss\r\n2.5\r\n25\r\n270\r\ninf\r\n",
    "a Markdown table": "| epoch | loss |\n|---|---|\n| 0 | 2.5 |\n| 1 | 25 |\n| 2 | 270 |\n| 3 | inf |",
    "pandas": "   epoch   loss\n0      1    2.5\n1      2   25.0\n2      3  270.0\n3      4    inf",
    "a table with blank cells": "epoch  train_loss  val_loss\n1      2.5         9\n2      25\n3      270         8\n4      inf\n",
    "names of two words above blank cells": "epoch  train loss  valid loss\n1      2.5         9\n2      25\n3      270         8\n4      inf\n",
    "names of two words, the first row with a blank": "epoch  train loss  valid loss\n1      2.5\n2      25          9\n3      270         8\n4      inf\n",
    "numpy's savetxt": "# step loss\n0 2.5\n1 25\n2 270\n3 inf",
    "a name with a mark for numbers": "#step,loss\n0,2.5\n1,25\n2,270\n3,inf",
    "a line of a thousand words": "config " * 1100 + "\nstep,loss\n0,2.5\n1,25\n2,270\n3,inf",
    "a line of a thousand numbers": " ".join(f"k{n}=1" for n in range(1100))
    + "\nloss: 2.5\nloss: 25\nloss: 270\nloss: inf",
    "MATLAB's heading of two lines": "| Epoch | Mini-batch |\n|       | Loss       |\n|=====|=====|\n| 1 | 2.5 |\n| 2 | 25 |\n| 3 | 270 |\n| 4 | inf |",
    "a bar behind the last cell": "\n".join(
        f"Epoch GPU box loss Size\n {n}/3 0G 1.5 {loss} 640: 100%|███| 8/8 [00:01]"
        for n, loss in enumerate(("2.5", "25", "270", "inf"))
    ),
    "a progress bar": "1/2 loss: 9\r2/2 loss: 2.5\n1/2 loss: 9\r2/2 loss: 25\n2/2 loss: 270\n2/2 loss: inf\n",
    "colours": "\x1b[1mloss\x1b[0m: 2.5\n\x1b[1mloss\x1b[0m: 25\nloss: 270\nloss: inf",
}


def in_words(value):
    """As the table says it; nan and inf in words."""
    if isinstance(value, list):
        return [in_words(one) for one in value]
    return value if not isinstance(value, float) or math.isfinite(value) else str(value)


def said_by(text):
    """All that is read of a text, or the complaint."""
    try:
        return {key: in_words(value) for key, value in read(text).items()}
    except reading.Unreadable as complaint:
        return {"unreadable": str(complaint)}


def example(table, n):
    return FORMATS[table][n]["example"] + (LOSSES if table == "says" else "")


@pytest.mark.parametrize("table, n", ROWS)
def test_a_format_reads_its_own_example(table, n):
    row, found = FORMATS[table][n], said_by(example(table, n))
    gives = row.get("gives", {}) | {key: row[key] for key in SAID if key in row}
    assert gives and {key: found.get(key) for key in gives} == gives, row["what"]


@pytest.mark.parametrize("table, n", ROWS)
def test_without_its_row_an_example_is_read_otherwise(table, n):
    whole = said_by(example(table, n))
    row = USED[table].pop(n)
    try:
        assert said_by(example(table, n)) != whole, FORMATS[table][n]["what"]
    finally:
        USED[table].insert(n, row)


@pytest.mark.parametrize("n", range(len(FORMATS["columns"]["loss"])))
def test_a_rank_of_names_chooses_its_own_example_before_all_that_are_below(n):
    names = [row["example"] for row in FORMATS["columns"]["loss"]]
    assert [rank.search(names[n]) is not None for rank in reading.ranks[: n + 1]] == [False] * n + [True]
    assert reading.choose([*reversed(names[n:]), "time"]) == names[n]
    assert read(f"time,{names[n]}\n1.5,2.5\n1.5,3.5")["name"] == names[n]


def test_a_table_of_too_many_columns_is_told_by_its_first_three_lines(monkeypatch):
    """Sixty such lines, each read with every mark, took a minute."""
    seen, heading = set(), tables.heading
    monkeypatch.setattr(
        tables, "heading", lambda lines, top, mark: seen.add(top) or heading(lines, top, mark)
    )
    with pytest.raises(reading.Unreadable, match="A line has 1001 columns"):
        read("\n".join([",".join(f"c{n}" for n in range(1001)), *[",".join(["1.5"] * 1001)] * 60]))
    assert seen == {0, 1, 2}


@pytest.mark.parametrize("kind", PASTED)
def test_what_people_have_is_read(kind):
    """“It reads what you have: one number per line, tables (CSV, TensorBoard, pandas, Markdown), JSON,”"""
    assert read(PASTED[kind])["loss"] == GROWS


def test_a_column_that_counts_steps_counts_them_with_a_mark_for_numbers_too():
    assert read("#step,loss\n0,2.5\n10,25\n20,270\n30,inf")["every"] == 10


NAMED = {  # the console lines that the page names: a file of what was posted, or a line as such a program prints it
    "Keras": "28-keras-handson-nan.txt",
    "Hugging Face": "03-hf-alpaca-61674848.txt",
    "Lightning": "Epoch 0: 50%|██ | 5/10 [00:01<00:01, 4.9it/s, v_num=0, train_loss=2.50]\nEpoch 1: 50%|██ | 5/10 [00:01<00:01, 4.9it/s, v_num=0, train_loss=25.0]",
    "mmengine": "Epoch(train) [1][10/20] lr: 1.0e-02 loss: 2.5\nEpoch(train) [1][20/20] lr: 1.0e-02 loss: 25.0",
    "nanoGPT": "17-nanogpt-fp16.txt",
    "Caffe": "71-caffe-cifar-nan.txt",
    "Darknet": "59-darknet-avg-loss.txt",
}


@pytest.mark.parametrize("name", NAMED)
def test_the_console_lines_that_the_page_names_are_read(name):
    """“and the console lines of Keras, Hugging Face, Lightning, mmengine, nanoGPT, Caffe, Darknet and others.”"""
    given = NAMED[name]
    posted = ROOT / "tests/diagnose/public" / given
    text = posted.read_text(encoding="utf-8") if given.endswith(".txt") else given
    found = read(text)
    assert len(found["loss"]) >= 2 and "loss" in found["name"].lower()
