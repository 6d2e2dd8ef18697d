"""The data that this package and the page both read: formats of logs, words of answers."""

import json
import re
from pathlib import Path

HERE = Path(__file__).parent


def table(name):
    """The rows of a JSON file beside this one."""
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def pattern(text):
    """A pattern of the table; letters count as capitals, and words are ASCII."""
    return re.compile(text, re.IGNORECASE | re.ASCII)


FORMATS = table("formats")
WORDS = table("words")
ODDS = table("odds")


def short(value):
    """Three digits, as a person would write them."""
    text = f"{value * (1 + 1e-12):.3g}"  # a tie is rounded up
    return re.sub(r"e([-+])0*", r"e\1", text).replace("e+", "e")


def words(group, key, **values):
    """The sentences of a key, with their numbers: whole ones as they are, others with three digits."""
    for name, value in values.items():
        if not isinstance(value, str):
            whole = abs(value) < 1e15 and value == int(value)
            values[name] = str(int(value)) if whole else short(value)
    return [sentence.format(**values) for sentence in WORDS[group][key]]
