"""Run a program section by section, twice, and keep what it prints and draws."""

import contextlib
import io
import os
import re
import sys
import tempfile
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path

from weave.keeper import MEMORY
from weave.process import Process
from weave.program import ProgramError, Section, sections
from weave.source import called

SCHEMES = ("light", "dark")
STYLES = Path(__file__).parent / "styles"
COLOUR = re.compile(r"\b[0-9A-Fa-f]{6}\b")
TIME_LIMIT = 60.0
WAITING = 10  # times the limit a program may take by the clock, waiting for the processor or for nothing
PRINTED_LIMIT = 100_000  # characters a section

# Programs run side by side, one a core; more threads in each would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@dataclass
class Shown:
    """What a section showed: the text it printed; if it drew, SVGs for each colour scheme, and a PNG."""

    name: str
    printed: str
    figures: dict[str, str] = field(default_factory=dict)
    narrow: dict[str, str] = field(default_factory=dict)  # the same figures, for a phone
    picture: bytes = b""
    data: str = ""  # a fingerprint of what they show


def run(path: Path, time_limit: float = TIME_LIMIT) -> list[Shown]:
    """Run a program in two processes, and return what its sections showed.

    The two differ in how Python orders sets, so that what depends on it is noticed; one draws the wide figures,
    the other the narrow ones. ``time_limit`` is in seconds of computing, for the whole program. Raises SiteError
    if it fails, warns, prints or draws differently in the two, or is not done in time; no process outlives the call.
    """
    path = path.absolute()  # the process runs in a folder of its own
    parts = sections(path)
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(Process(seed, time_limit, _play, path, parts, wide))
            for seed, wide in enumerate((True, False))
        ]
        first, second = (_result(process, path, parts, time_limit) for process in processes)
    for part, one, other in zip(parts, first, second, strict=True):
        if (one.printed, one.data) != (other.printed, other.data):
            problem = f"section '{part.name}' prints or draws something else each time."
            cure = "seed its randomness, `np.random.default_rng(0)`, and sort a set before it is printed."
            raise ProgramError(path, part.line, problem, cure)
        one.narrow = other.narrow
        for drawings in filter(None, (one.figures, one.narrow)):
            drawings["dark"] = in_the_dark(drawings["light"])
    return first


def in_the_dark(drawing: str) -> str:
    """An SVG in the light scheme's colours, in those of the dark one, which stand in the same order."""
    light, dark = (COLOUR.findall((STYLES / f"{scheme}.mplstyle").read_text()) for scheme in SCHEMES)
    other = {one.lower(): two.lower() for one, two in zip(light, dark, strict=True)}
    return re.sub(r"(?<=#)[0-9a-f]{6}", lambda code: other.get(code[0], code[0]), drawing)


def _result(process: Process, path: Path, parts: list[Section], time_limit: float) -> list[Shown]:
    """What the process shows in the end; raise its ProgramError, or the one that it earns."""
    current = parts[0]
    for message in process.messages(WAITING * time_limit):
        if isinstance(message, ProgramError):
            raise message
        if isinstance(message, list):
            return message
        current = message
    problem, cure = f"ended the process (exit code {process.code}).", "let it run to its end."
    if process.late:
        problem = f"was not done after {time_limit:g} s."
        cure = "look for a loop without end, or make the section do less."
    elif process.code is None:
        problem, cure = "lost its process.", "see what stands above, and build again."
    raise ProgramError(path, current.line, f"section '{current.name}' {problem}", cure)


class Printed(io.StringIO):
    """What a section prints, no more than a page can show."""

    full = False

    def write(self, text):
        text.encode()  # raises for half a character, which no page can hold
        self.full = self.full or self.tell() + len(text) > PRINTED_LIMIT
        self.check()
        return super().write(text)

    def check(self):
        if self.full:
            raise TooMuch


class TooMuch(BaseException):
    """A section prints more than a page can show."""


def _play(path: Path, parts: list[Section], wide: bool, send) -> None:
    """In the process: announce each section and run it, then send all that was shown, or the failure."""
    _prepare(path)
    shown, namespace = [], {"__name__": "__main__", "__file__": str(path)}
    for part in parts:
        send(part)
        try:
            shown.append(_show(path, part, wide, namespace))
        except BaseException as error:
            namespace.clear()  # where memory is short there is none to tell of it
            return send(_failure(path, part, error))
    send(shown)


def _prepare(path: Path) -> None:
    """Set up the process as a learner's is, whatever the person who builds has set."""
    import matplotlib.pyplot as plt

    plt.switch_backend("svg")
    plt.rcdefaults()
    plt.style.use([STYLES / "figure.mplstyle", STYLES / "light.mplstyle"])
    plt.rcParams["figure.max_open_warning"] = 0  # our own message says more
    plt.show = lambda *args, **kwargs: None  # the figure stays open for us to take
    sys.argv[:] = [str(path)]
    sys.path.insert(0, str(path.parent))  # as `python` does: a package may stand beside the program
    with tempfile.TemporaryFile() as beside:
        for stream in 1, 2:
            os.dup2(beside.fileno(), stream)


def _show(path: Path, part: Section, wide: bool, namespace: dict) -> Shown:
    """Run a section, and take what it prints and what it draws, ``wide`` or narrow."""
    import matplotlib.pyplot as plt

    from weave.narrow import data, narrow, png, svg

    shown = Shown(part.name, "")
    with contextlib.redirect_stdout(Printed()) as printed, warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "Creating legend with loc")  # by the clock: the machine is busy
        exec(compile("\n" * (part.line - 1) + part.code, str(path), "exec"), namespace)
        printed.check()
        if len(plt.get_fignums()) > 1:
            problem = f"section '{part.name}' leaves more than one figure open."
            raise ProgramError(path, part.line, problem, "draw one figure a section.")
        if plt.get_fignums():
            shown.data = data(plt.gcf())
            if wide:
                shown.figures["light"], shown.picture = svg(plt.gcf()), png(plt.gcf())
            else:
                narrow(plt.gcf())
                shown.narrow["light"] = svg(plt.gcf())
    plt.close("all")
    shown.printed = printed.getvalue()
    if beside := _written_beside():
        problem = f"section '{part.name}' writes what no page shows: {beside!r}"
        raise ProgramError(path, part.line, problem, "print it, to sys.stdout and from the program itself.")
    return shown


def _written_beside() -> str:
    """The beginning of what went to standard error, or past Python to standard output."""
    sys.stderr.flush()
    with open(os.dup(1), "rb") as beside:
        beside.seek(0)
        return beside.read(200).decode(errors="replace")


def _failure(path: Path, part: Section, error: BaseException) -> ProgramError:
    """The ProgramError for what a section raised, with the line of the program that raised it."""
    if isinstance(error, ProgramError):
        return error
    steps = traceback.extract_tb(error.__traceback__)
    line = next((step.lineno for step in reversed(steps) if step.filename == str(path)), part.line)
    if isinstance(error, SyntaxError) and error.filename == str(path):
        line = error.lineno
    problem = f"section '{part.name}' raised {type(error).__name__}: {error}"
    cure = f"run `python {called(path)}` and mend what it reports."
    if isinstance(error, Warning):
        cure = "remove its cause; an overflow that is the lesson stands in `with np.errstate(all='ignore'):`."
    elif isinstance(error, MemoryError):
        cure = f"keep less at a time; a program has {MEMORY >> 30} GB."
    elif isinstance(error, UnicodeEncodeError):
        cure = "print whole characters; `ascii()` shows what is none."
    elif isinstance(error, TooMuch):
        problem = f"section '{part.name}' prints more than {PRINTED_LIMIT // 1000} kB."
        cure = "print less, such as every hundredth line."
    return ProgramError(path, line, problem, cure)
