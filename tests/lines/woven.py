"""The lines of the page *In your framework*, set into the ordinary loop that the page begins with."""

import re
from pathlib import Path

from weave.program import sections

FOLDER = Path(__file__).parents[2] / "snippets" / "frameworks"
IN_THE_LOOP = re.compile(r"^# in the loop.*:\n", re.MULTILINE)
CALL = re.compile(r"(\w+)\(")
LOOP = re.compile(r"^for .* in (?:enumerate\()?batches", re.MULTILINE)


def pieces(framework: str) -> dict[str, str]:
    """The displayed blocks of a framework, by their names."""
    return {part.name: part.code.strip("\n") + "\n" for part in sections(FOLDER / f"lines_{framework}.py")}


def woven(loop: str, piece: str) -> str:
    """The ordinary loop with a piece in it, where a reader would put it.

    Below the comment "in the loop", and in a piece without it that repeats a call of the loop, lines take
    the place of those from the first to the last that they repeat. All else stands before the loop.
    """
    if LOOP.search(piece):
        return loop[: LOOP.search(loop).start()] + piece
    around, body = loop[: LOOP.search(loop).start()], loop[LOOP.search(loop).start() :].splitlines()
    head, body = body[0], [line.strip() for line in body[1:]]
    before, inside = ([*IN_THE_LOOP.split(piece, maxsplit=1), ""])[:2]
    if not IN_THE_LOOP.search(piece) and repeated(body, piece):
        before, inside = "", piece
    if places := repeated(body, inside):
        body[places[0] : places[-1] + 1] = inside.splitlines()
    return "\n".join([before.strip(), around.strip(), "", head, *(f"    {line}" for line in body)]) + "\n"


def repeated(body: list[str], piece: str) -> list[int]:
    """The numbers of the lines of a loop whose calls a piece makes too."""
    return [number for number, line in enumerate(body) if f"{CALL.search(line)[1]}(" in piece]


def trained(training: str, piece: str) -> str:
    """The two calls of Keras with a piece before, between or in place of them."""
    *imports, compiling, fitting = training.splitlines(keepends=True)
    if "net.compile(" not in piece:
        piece = compiling + piece if "net.fit(" in piece else piece + compiling
    return "".join(imports) + (piece if "net.fit(" in piece else piece + fitting)
