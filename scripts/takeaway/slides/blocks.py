"""A chapter's Markdown, block by block, and what one slide is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

BLOCK = re.compile(
    r"""
    (?P<code>^```.*?\n```$)
    | (?P<live>^<[a-z]+-figure\ .*?^</[a-z]+-figure>$)
    | (?P<figure>^!\[[^\n]*\n///\ .*?^///$)
    | (?P<formula>^\$\$$.*?^\$\$$)
    | ^(?P<level>\#{1,4})\ (?P<heading>[^\n]+)
    | ^(?:!!!|\?\?\?)\ (?P<box>\w+)\ "(?P<title>[^\n]*)"\n(?P<inside>(?:(?:\ {4}[^\n]*)?\n)*)
    | ^<!--\ (?P<word>slide|code|letters):\ (?P<said>.*?)\ -->$
    | (?P<list>^(?:-|\d\.)\ .*?(?=\n\n(?!\ )|\Z))
    | (?P<table>^\|.*?(?=\n\n|\Z))
    | (?P<exercise>^\*\*\d+\.\ .*?(?=\n\n|\Z))
    | (?P<text>^\S.*?(?=\n\n|\Z))
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
# What a chapter folds away, tabs, and a box to paste into are not for the wall.
LEFT_OUT = re.compile(
    r"^<details .*?^</details>$|^</?diagnose-box[^\n]*$|^=== [^\n]*\n(?:(?:\ {4}[^\n]*)?\n)+",
    re.MULTILINE | re.DOTALL,
)
FRONT_MATTER = re.compile(r"\A---\n(.*?)^---\n", re.MULTILINE | re.DOTALL)
SENTENCE = re.compile(r"(?<=[.?!:])\s+(?=[A-Z*$“`])")
INCLUDE = re.compile(r'--8<-- "([\w-]+)\.(?:py:)?([\w-]+)(?:\.txt)?"')


@dataclass
class Slide:
    """One slide: its heading, what it shows, what it asks, and what its speaker says; all in Markdown."""

    kind: str
    heading: str
    shows: str
    notes: list[str] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)  # one after the other, in place of the heading
    section: str = ""  # the anchor of the chapter's section
    form: str = ""  # classes that say how large it is set
    runs: tuple[str, str] | None = None  # the program and section that can be run here
    name: str = ""  # of the figure that answers


def front_matter(markdown: str) -> dict[str, str]:
    """What the head of a page says of it, line by line."""
    lines = FRONT_MATTER.match(markdown)[1].splitlines()
    found = (line.partition(": ") for line in lines if not line.startswith(" "))
    return {name: value.strip('"') for name, _, value in found}


def blocks(markdown: str) -> Iterator[re.Match]:
    """The blocks of a page, in order."""
    return BLOCK.finditer(LEFT_OUT.sub("", FRONT_MATTER.sub("", markdown)))


def sentences(text: str) -> list[str]:
    return SENTENCE.split(text.strip())


def plain(text: str) -> str:
    """About what a reader sees of some Markdown."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)|<[^>]*>", r"\1", text)
    return re.sub(r"\\[a-zA-Z]+ ?|[*`$\\{}^_]", "", text)


def dedent(text: str) -> str:
    return re.sub(r"^ {4}", "", text, flags=re.MULTILINE)
