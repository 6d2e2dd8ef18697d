"""That a page shows its program: each section with what it prints and draws, once and in order, and its numbers."""

import re

from weave.run import Shown

FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>```+)(?P<opening>.*)\n(?P<body>(?:.*\n)*?)(?P=indent)(?P=fence)$", re.MULTILINE
)
CODE = re.compile(r' *--8<-- "([\w-]+)\.py:([\w-]+)"\n')
OUTPUT = re.compile(r' *--8<-- "([\w-]+)\.([\w-]+)\.txt"\n')
FRAMEWORK = re.compile(r' *--8<-- "(frameworks/[\w-]+)\.py:([\w-]+)"\n')  # in a tab of its own
FIGURE = re.compile(r"!\[[^\]]*\]\(figures/([\w-]+)\.([\w-]+)\.svg\)")
NUMBER = re.compile(r"[+\-−]?\d[\d.,]*(?:e[+\-]?\d+)?%?")
QUOTED = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def page_is_the_program(markdown: str, chapter: str, shown: list[Shown]) -> list[str]:
    """The page shows each section, output and figure of its program once, in order; else what is not so."""
    wanted = []
    for part in shown:
        wanted.append(("code", chapter, part.name))
        wanted += [("output", chapter, part.name)] * bool(part.printed)
        wanted += [("figure", chapter, part.name)] * bool(part.figures)
    if not shown:
        return ["the program has no section"]
    found, complaints = _found(markdown)
    complaints += [f"the page never shows {entry}" for entry in wanted if entry not in found]
    complaints += [f"the program has no {entry}" for entry in found if entry not in wanted]
    if not complaints and found != wanted:
        complaints.append(f"shown in another order than the program runs: {found}")
    return complaints


def _found(markdown: str) -> tuple[list[tuple], list[str]]:
    """What a page includes, from the top, and its blocks that include nothing."""
    found, complaints = [], []
    for match in FENCE.finditer(markdown):
        if FRAMEWORK.fullmatch(match["body"]):
            continue
        for kind, include in ("code", CODE), ("output", OUTPUT):
            if whole := include.fullmatch(match["body"]):
                found.append((match.start(), kind, *whole.groups()))
                break
        else:
            complaints.append(f"a block is typed by hand: {match['body'].splitlines()[:1]}")
    found += [(match.start(), "figure", *match.groups()) for match in FIGURE.finditer(markdown)]
    return [entry[1:] for entry in sorted(found)], complaints


def numbers_quote_the_output(markdown: str, printed: str) -> list[str]:
    """A number in backticks is a whole token of what was printed; else that it is not."""
    tokens = {token.strip("(),:;→=") for token in printed.split()}
    prose = FENCE.sub("", markdown)
    quoted = (match for match in QUOTED.findall(prose) if NUMBER.fullmatch(match))
    return [f"`{number}` is not printed" for number in quoted if number not in tokens]
