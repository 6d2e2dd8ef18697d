"""Read the log of a training run, say what happened to it, and what rate to try.

    text → reading, tables → log → shapes, rates → answers

``formats.json`` says how logs are written, ``words.json`` what an answer says, ``odds.json`` how often it
was right; the page of the course reads the same three files. Needs numpy alone.
"""

from .answers import diagnose
from .command import fields, load, main
from .log import read
from .rates import enough, product
from .reading import Unreadable
from .shapes import LARGEST, growth_phase

__all__ = [
    "LARGEST",
    "Unreadable",
    "diagnose",
    "enough",
    "fields",
    "growth_phase",
    "load",
    "main",
    "product",
    "read",
]
