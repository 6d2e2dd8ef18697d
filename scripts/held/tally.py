"""Which sentences of a page a test proves, which are marked as making no claim, and which nothing holds."""

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from held.page import Sentence, links, orders, plain, sentences, text
from held.quotations import Quotation, in_hand, numbers_of, quotations
from held.sources import Source, sources

# What a sentence may be that no computation could refute, and whether it may name a number.
KINDS = {
    "instruction": True,  # what the reader should do
    "given": True,  # what an example or an exercise supposes
    "definition": False,  # a word or a letter of ours
    "transition": False,  # where the text goes
    "remark": False,  # a judgement or an image
    "question": True,  # what is asked
    "belief": True,  # what somebody may think or answer
    "title": True,  # what a part or a column is called
    "link": True,  # where words lead that do not name it, or their colour in a live figure
    "label": True,  # a comment or an axis, which stands beside what it names
    "line": True,  # a command, or a line of a log, in a fence
    "message": True,  # what a script of ours tells whoever runs it
    "order": True,  # how the items of a list or the rows of a table begin
}
ATTRIBUTIONS = "attributions.toml"  # who found what, and what was seen in the source
KIND = re.compile(r"\[(\w+)\]")


@dataclass
class Tally:
    """A page's sentences by what holds them, and what is wrong with what should."""

    page: str
    path: str
    proven: list[Sentence] = field(default_factory=list)
    marked: list[Sentence] = field(default_factory=list)
    loose: list[Sentence] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def tallies(root: Path) -> list[Tally]:
    """All that is counted. Reads only, and builds nothing."""
    quoted = quotations(root / "tests")
    found = [tally(root, source, quoted) for source in sources(root)]
    counted = {one.page for one in found}
    for one in quoted:
        if one.page not in counted and one.chosen:
            found[0].complaints.append(f"{one.test} quotes {one.page}, which is not counted: “{one.words}”.")
    return found


def tally(root: Path, source: Source, quoted: list[Quotation]) -> Tally:
    """One page, lab or other file."""
    result = Tally(source.name, source.path)
    own = [one for one in quoted if one.page == result.page]
    whole, all_ = text(source.markdown), sentences(source.markdown)
    apart = [*links(source.markdown), *orders(source.markdown)]
    printed = {plain(word) for word in re.findall(r"`([^`\n]+)`", source.markdown)}  # held by the output
    result.complaints += [told for one in own for told in _wrong(one, whole, source.path, printed)]
    lists = _marks(root / "tests/held", result.page, result.complaints)
    marks = {words for listed in lists for words in listed}
    covered = _covered(whole, [one.words for one in own])
    place = 0
    for sentence in all_:
        place = whole.index(sentence.words, place)
        rest = "".join(letter for i, letter in enumerate(sentence.words, place) if not covered[i])
        marked = result.marked if sentence.words in marks else result.loose
        (marked if re.search(r"\w", rest) else result.proven).append(sentence)
        place += len(sentence.words)
    for one in apart:
        (result.marked if one.words in marks else result.loose).append(one)
    stand = [sentence.words for sentence in [*all_, *apart]]
    result.complaints += [
        f"tests/held marks “{words}”, which is no sentence of {source.path}. Has it changed? Then say again what it is."
        for words in marks - {*stand}
    ]
    result.complaints += [told for listed in lists for told in _moved(listed, stand, source.path)]
    return result


def _moved(listed: list[str], stand: list[str], path: str) -> list[str]:
    """The first of these marks that does not follow the one before it on the page."""
    rest = iter(stand)
    return [
        f"tests/held marks “{words}” in another order than {path} has: has it changed places?"
        for words in listed
        if words in stand and words not in rest
    ][:1]


def _wrong(one: Quotation, whole: str, path: str, printed: set[str]) -> list[str]:
    """A quotation stands on its page, once, and its test has its numbers."""
    times = whole.count(one.words)
    if times != 1:
        stands = "no longer stands" if times == 0 else f"stands {times} times"
        cure = "prove it again, as the page has it now" if times == 0 else "quote more of it"
        return [f"“{one.words}” is held by {one.test}, but {stands} on {path}: {cure}."]
    return [
        f"“{one.words}” states {number}, which {one.test} never computes or compares: prove it there."
        for number in numbers_of(one.words)
        if not in_hand(number, one.numbers) and number not in printed
    ]


def _covered(whole: str, quoted: list[str]) -> list[bool]:
    """For each letter of a page, whether a quotation covers it."""
    covered = [False] * len(whole)
    for words in quoted:
        if (start := whole.find(words)) >= 0:
            covered[start : start + len(words)] = [True] * len(words)
    return covered


def _marks(folder: Path, page: str, complaints: list[str]) -> list[list[str]]:
    """The sentences of a page that are marked, by kind, from its own file and the table of attributions."""
    path, marks, kind = folder / f"{page}.txt", [[]], None
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        if header := KIND.fullmatch(line):
            kind = header[1]
            marks.append([])
            if kind not in KINDS:
                complaints.append(f"{path.name}: [{kind}] is no kind. Cure: one of {', '.join(KINDS)}.")
        elif line.strip():
            marks[-1].append(plain(line))
            if not KINDS.get(kind, True) and numbers_of(line):
                complaints.append(
                    f"{path.name}: a {kind} names no number: “{line}”. Cure: prove it in a test."
                )
    found = _attributions((folder / ATTRIBUTIONS).read_text(encoding="utf-8"))
    return [*marks, *([plain(one["sentence"])] for one in found if one["page"] == page)]


@cache
def _attributions(table: str) -> list[dict]:
    return tomllib.loads(table).get("attribution", [])
