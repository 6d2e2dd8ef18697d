"""What the search finds, asked without a browser: of the index as it is, and without one of the synonyms."""

import json
import subprocess

from conftest import ROOT
from publish.search import TAG, Synonyms, words_of

Places = list[list[str]]  # for each page that is found, best first, its sections, best first


def ask(site, *asked: dict) -> list[list[Places]]:
    """What the search's own worker answers to the ``queries`` of each ``index``."""
    (worker,) = (site / "assets/javascripts/workers").glob("search.*.min.js")
    given = json.dumps({"worker": str(worker), "asked": asked})
    script = ["node", str(ROOT / "tests/search/worker.js")]
    return json.loads(subprocess.run(script, input=given, capture_output=True, text=True, check=True).stdout)


def pages(places: Places) -> list[str]:
    """The pages that are found, labs by the name of their folder."""
    return [sections[0].split("#")[0].split("/")[0] or "index" for sections in places]


def answers(places: Places, wanted: str, first: int = 5, sections: int = 3) -> bool:
    """Whether what is wanted is among the first pages, or the first sections of one: as queries.txt writes it."""
    found = set(pages(places)[:first])
    for page, under in zip(pages(places)[:first], places, strict=False):
        found |= {f"{page}#{place.partition('#')[2]}" for place in under[:sections]}
    some = set(wanted.replace("+", " ").replace(" -", "").split())
    right = some <= found if "+" in wanted else not some or bool(some & found)
    return right and bool(places) != (wanted.strip() == "-")


class Section:
    """A section of the index, and the words that each line of synonyms gives it."""

    def __init__(self, entry: dict, synonyms: Synonyms):
        text, names = TAG.sub(" ", entry["text"]), entry["words"].split("\n")[0]
        texts = entry["title"], f"{text} {names}"
        self.entry, self.split = entry, synonyms.split
        self.plain = [set(Synonyms("", synonyms.separator.pattern).of(one)) for one in texts]
        self.said = [synonyms.said(one) for one in texts]
        self.given = [[words_of(group, said) for said in self.said] for group in synonyms.groups]
        self.shown = {*self.split(entry["title"]), *self.split(text), *names.split()}
        self.words = {field: self.split(entry[field]) for field in ("title", "heading", "words")}
        self.words["text"], self.names = self.split(text), self.split(names)

    def without(self, number: int, group) -> dict[str, list[str]]:
        """The words of each of its fields, if this group stood in the place of a line."""
        given = (
            [words_of(group, said) for said in self.said] if any(self.given[number]) else self.given[number]
        )
        if given == self.given[number]:
            return self.words
        lines = [*self.given[:number], given, *self.given[number + 1 :]]
        heading, words = (plain.union(*sets) for plain, *sets in zip(self.plain, *lines, strict=True))
        others = self.split(" ".join(words - self.shown))
        return {**self.words, "heading": self.split(" ".join(heading)), "words": [*self.names, *others]}


def each_taken(line: str):
    """Each word of a line of synonyms, and the line without it."""
    said, also = (
        [word.strip() for word in part.split(",") if word.strip()] for part in line.partition(">")[::2]
    )
    for word in said:
        yield word, f"{', '.join(one for one in said if one != word)} > {', '.join(also)}"
    for word in also:
        yield word, f"{', '.join(said)} > {', '.join(one for one in also if one != word)}"


def missed_by_none(site, index: dict, table: str, asked: list[tuple]) -> list[str]:
    """The synonyms of a table that could go, and each query would be answered as before.

    Without a synonym only the queries are asked that want a page which has lost one of their words, and of the
    index only the words are kept that these look for: the worker finds the same, and much sooner.
    """
    lines = [line for line in table.lower().splitlines() if line and not line.startswith("#")]
    synonyms = Synonyms(table, index["config"]["separator"])
    sections = [Section(entry, synonyms) for entry in index["docs"]]
    begins = {query: tuple(synonyms.split(query)) for query, *_ in asked}
    tried, given = {}, []
    for number, line in enumerate(lines):
        for word, rest in each_taken(line):
            (group,) = Synonyms(rest, synonyms.separator.pattern).groups
            fields = [section.without(number, group) for section in sections]
            places, lost = changes(sections, fields)
            queries = [
                (query, wanted, *how)
                for query, wanted, *how in asked
                if any(place in wanted for place in places)
                and any(part.startswith(begins[query]) for part in lost)
            ]
            begin = tuple({part for query, *_ in queries for part in begins[query]})
            tried[f"{word} in {line}"] = queries
            docs = only(begin, sections, fields) if queries else []
            given.append({"index": {**index, "docs": docs}, "queries": [query for query, *_ in queries]})
    return [
        synonym
        for (synonym, queries), found in zip(tried.items(), ask(site, *given), strict=True)
        if all(answers(places, *how) for (_, *how), places in zip(queries, found, strict=True))
    ]


def changes(sections: list[Section], fields: list[dict]) -> tuple[set[str], set[str]]:
    """The pages that these fields change, and the words that come or go."""
    changed = [pair for pair in zip(sections, fields, strict=True) if pair[1] is not pair[0].words]
    parts = [{*section.words[one]} ^ {*new[one]} for section, new in changed for one in ("heading", "words")]
    return {pages([[section.entry["location"]]])[0] for section, _ in changed}, set().union(*parts)


def only(begin: tuple[str, ...], sections: list[Section], fields: list[dict]) -> list[dict]:
    """The entries of the index with these fields, and of their words those that begin so."""
    kept = {part for one in fields for parts in one.values() for part in parts if part.startswith(begin)}
    return [
        section.entry | {field: " ".join(filter(kept.__contains__, parts)) for field, parts in one.items()}
        for section, one in zip(sections, fields, strict=True)
    ]
