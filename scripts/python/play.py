"""Plays a program in the page as the build plays it: section by section, in one namespace.

What has run above and has not been changed is not run again: behind each section stands a copy of what it left.
"""

import base64
import contextlib
import copy
import importlib
import io
import json
import linecache
import logging
import re
import sys
import time
import traceback
import warnings
from pathlib import Path
from unittest.mock import patch

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.artist import Artist

KIT, SNIPPETS, LABS = Path("/kit"), Path("/snippets"), Path("/labs")
sys.path[:0] = [str(KIT), str(SNIPPETS), str(LABS)]
from narrow import narrow, png, svg  # noqa: E402

BLOCK = "block "  # how the name of a file begins that is a section
CHECK = "check of "  # how the name of a section begins that its reader does not see
PRINTED_LIMIT, FIGURES, LARGE = 100_000, 5, 2_000_000
COLOUR = re.compile(r"\b[0-9A-Fa-f]{6}\b")
LIGHT, DARK = (COLOUR.findall((KIT / f"{scheme}.mplstyle").read_text()) for scheme in ("light", "dark"))

plt.switch_backend("svg")
plt.rcdefaults()
plt.style.use([KIT / "figure.mplstyle", KIT / "light.mplstyle"])
plt.rcParams["figure.max_open_warning"] = 0
plt.show = lambda *args, **kwargs: None  # the figure stays open for us to take
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # not all of its fonts are here
sys.modules["js"] = sys.modules["pyodide_js"] = None  # the page is not for programs


class TooMuch(BaseException):
    """A section prints more than a page can show."""


class Printed(io.TextIOBase):
    """What a section prints: it comes to the page while the section runs, and no more than the page can show."""

    def __init__(self):
        self.left, self.waiting, self.sent = PRINTED_LIMIT, [], time.monotonic()

    def write(self, text):
        self.waiting.append(text[: self.left])
        self.left -= len(text)
        if self.left < 0:
            raise TooMuch
        if time.monotonic() > self.sent + 0.1:
            self.send()
        return len(text)

    def send(self):
        if self.waiting:
            tell(printed="".join(self.waiting))
        self.waiting, self.sent = [], time.monotonic()


def tell(**what) -> None:
    post(json.dumps(what))  # noqa: F821  given by the worker


class Program:
    """The program that is at play: its names, and behind each section that has run its code and a copy of them."""

    def __init__(self, name: str):
        self.name, self.names, self.kept = name, {}, []
        self.first = {"__name__": "__main__", "__file__": str(SNIPPETS / f"{name}.py")}

    def play(self, sections: list[list[str]], small: bool) -> None:
        """Run the last of the sections with its check, and before it those above that have not run as they are now."""
        above = len(sections) - (2 if sections[-1][0].startswith(CHECK) else 1)
        same = 0
        while same < min(len(self.kept), above) and self.kept[same][0] == sections[same]:
            same += 1
        del self.kept[same:]
        self.names.clear()  # the same dictionary, because functions hold it
        self.names |= copied(self.kept[-1][1]) if self.kept else self.first
        for section in sections[same:]:
            trouble = show(*section, self.names, small)
            if trouble:
                return
            self.kept.append((section, copied(self.names)))


def copied(names: dict) -> dict:
    """A copy that later sections cannot change; what is drawn, and what cannot be copied, is shared."""
    made, memo = {}, {}
    with patch.object(Artist, "__deepcopy__", lambda artist, memo: artist, create=True):
        for name, value in names.items():
            try:
                made[name] = copy.deepcopy(value, memo)
            except Exception:
                made[name] = value
    return made


def show(section: str, code: str, names: dict, small: bool) -> bool:
    """Run a section and tell the page what it prints, draws and, if it fails, why; whether it has failed."""
    name, printed, result = BLOCK + section, Printed(), {}
    if section.startswith(CHECK):
        name = section
    else:
        linecache.cache[name] = len(code), None, code.splitlines(keepends=True), name
    tell(begins=section)
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.formatwarning = in_a_line
        try:
            exec(compile(code, name, "exec", dont_inherit=True), names)
            result["figures"] = [drawn(plt.figure(one), small) for one in plt.get_fignums()[:FIGURES]]
        except BaseException as error:
            result |= told(error)
            result["spent"] = isinstance(error, MemoryError)
    printed.send()
    plt.close("all")
    tell(done=section, **result)
    return "trouble" in result or "refused" in result


def in_a_line(message, category, filename, lineno, line=None) -> str:
    where = f", {filename}, line {lineno}" if filename.startswith(BLOCK) else ""
    return f"{category.__name__}{where}: {message}\n"


def drawn(figure, small: bool) -> dict[str, str]:
    """The figure for a light and a dark page, as addresses that hold it; one too large for that as pixels."""
    if small:
        narrow(figure)
    light = svg(figure)
    if len(light) > LARGE:
        address = f"data:image/png;base64,{base64.b64encode(png(figure)).decode()}"
        return {"light": address, "dark": address}
    dark = dict(zip(map(str.lower, LIGHT), map(str.lower, DARK), strict=True))
    other = re.sub(r"(?<=#)[0-9a-f]{6}", lambda code: dark.get(code[0], code[0]), light)
    return {scheme: in_an_address(one) for scheme, one in (("light", light), ("dark", other))}


def in_an_address(drawing: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"


def told(error: BaseException) -> dict[str, str]:
    """What went wrong, with the reader's own lines alone; what has words of its own for a notebook says them."""
    if isinstance(error, NameError) and _program.name.startswith("labs/"):
        error = importlib.import_module("given.checks").unknown(error)
    if hasattr(error, "_render_traceback_"):
        return {"refused": "\n".join(error._render_traceback_())}
    if isinstance(error, SystemExit):
        code = "" if error.code is None else repr(error.code)
        return {"trouble": f"The program ended itself: sys.exit({code})"}
    if isinstance(error, TooMuch):
        shown = f"Only the first {PRINTED_LIMIT // 1000} kB are shown, and the section was ended there."
        return {"trouble": shown}
    report = traceback.TracebackException.from_exception(error)
    reports = [report]
    while reports:
        one = reports.pop()
        own = [step for step in one.stack if step.filename.startswith(BLOCK)]
        one.stack = traceback.StackSummary.from_list(own)
        reports += filter(None, (one.__cause__, one.__context__))
    return {"trouble": "".join(report.format())}


_program = Program("")


def play(question: str) -> None:
    """Answer the page: which program, its sections down to the one that is asked for, and whether on a phone."""
    global _program
    asked = json.loads(question)
    importlib.invalidate_caches()  # the files of the program have just been laid
    if asked["program"] != _program.name:
        np.random.seed(None)
        _program = Program(asked["program"])
    _program.play(asked["sections"], asked["small"])
