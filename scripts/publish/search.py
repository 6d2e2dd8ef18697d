"""Make the search find what is there.

The theme's search plugin makes the index of what a page shows. Here each section gets words besides that
are found and not shown: the names in its programs, and other words for what it says.
"""

import json
import re
from functools import cached_property
from html import unescape
from keyword import iskeyword
from pathlib import Path

from material.plugins.search.plugin import SearchIndex

from pages.rendered import name_of
from weave.memo import remembered

SYNONYMS = Path(__file__).with_name("synonyms.txt")

PROGRAM = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)
COMMENT = re.compile(r"#.*")
NAME = re.compile(r"[^\W\d]\w+")
TAG = re.compile(r"<[^>]*>")
HYPHENATED = re.compile(r"[a-z]+(?:-[a-z]+)+")
Group = tuple[list[re.Pattern], list[str]]


class Index(SearchIndex):
    """The theme's index, in which each section has the words besides that it is found by.

    What it says of a page is taken from ``memo`` where the page is as it was the last time.
    """

    def __init__(self, config, memo: Path):
        super().__init__(**config)
        self.memo = memo

    @cached_property
    def synonyms(self) -> "Synonyms":
        return Synonyms(SYNONYMS.read_text(encoding="utf-8"), self.config["separator"])

    def add_entry_from_context(self, page) -> None:
        read, before = super().add_entry_from_context, len(self.entries)

        def made():
            read(page)
            return [with_words(entry, self.synonyms) for entry in self.entries[before:]]

        besides = repr((self.config["separator"], page.url, page.title, page.meta, page.content))
        self.entries[before:] = remembered(self.memo, name_of(page), [], made, ("publish",), besides)

    def generate_search_index(self, prev) -> str:
        index = json.loads(super().generate_search_index(prev))
        return json.dumps(index, ensure_ascii=False, separators=(",", ":"))


def with_words(entry: dict, synonyms: "Synonyms") -> dict:
    """A section of the index with the words that it is found by and does not show, and without its programs.

    ``heading`` holds other words for its heading, ``words`` the names in its programs and, on a line of their own,
    other words for all that it says.
    """
    programs = unescape(TAG.sub("", "\n".join(PROGRAM.findall(entry["text"]))))
    names = [name.lower() for name in NAME.findall(COMMENT.sub("", programs)) if not iskeyword(name)]
    shorter = PROGRAM.sub("", entry["text"])
    text = TAG.sub(" ", shorter)
    shown = {*synonyms.split(entry["title"]), *synonyms.split(text)}
    names = [name for name in dict.fromkeys(names) if name not in shown]
    others = [word for word in synonyms.of(f"{text} {' '.join(names)}") if word not in {*shown, *names}]
    words = "\n".join(" ".join(words) for words in (names, others))
    return entry | {"text": shorter, "heading": " ".join(synonyms.of(entry["title"])), "words": words}


class Synonyms:
    """What else a text may be searched for. Each line of the table is a group of words for one thing.

    A text that has one of the phrases before ``>`` is found by all words of the group. ``*`` stands for
    any ending, the same in each.
    """

    def __init__(self, table: str, separator: str):
        self.separator = re.compile(separator)
        self.groups = [
            self._group(line) for line in table.lower().splitlines() if line and not line.startswith("#")
        ]

    def split(self, text: str) -> list[str]:
        """The words of a text, as the search in the browser splits it."""
        return [word for word in self.separator.split(text.lower()) if word]

    def of(self, text: str) -> list[str]:
        """Other words for what the text says, and its words with a hyphen, written without."""
        said = self.said(text)
        found = {word.replace("-", "") for word in HYPHENATED.findall(text.lower())}
        return sorted(found.union(*(words_of(group, said) for group in self.groups)))

    def said(self, text: str) -> str:
        """The words of a text with a space before and behind each, in which a group finds its phrases."""
        return f" {' '.join(self.split(text))} "

    def _group(self, line: str) -> Group:
        said, also = (
            [word.strip() for word in part.split(",") if word.strip()] for part in line.partition(">")[::2]
        )
        return list(map(self._pattern, said)), [word for word in said if " " not in word] + also

    def _pattern(self, phrase: str) -> re.Pattern:
        words = re.escape(" ".join(self.split(phrase.rstrip("*"))))
        return re.compile(rf" {words}{r'(\w*)' if phrase.endswith('*') else '()s?'}(?= )")


def words_of(group: Group, said: str) -> set[str]:
    """The words of a group, if the text says one of its phrases."""
    patterns, words = group
    endings = {ending for pattern in patterns for ending in pattern.findall(said)}
    return {word.replace("*", ending) for word in words for ending in endings}
