"""Run a program section by section, once per colour scheme, and keep what it prints and draws."""

import contextlib
import io
import multiprocessing
import os
import re
import sys
import threading
import time
import traceback
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from weave.program import ProgramError, Section, sections

SCHEMES = ("light", "dark")
STYLES = Path(__file__).parent / "styles"
COLOUR = re.compile(r"\b[0-9A-Fa-f]{6}\b")
TIME_LIMIT = 60.0
WAITING = 10  # times the limit a program may take by the clock, waiting for the processor or for nothing
LATE = 75  # the exit code of a program that has computed for too long

# Programs run side by side, one a core; more threads in each would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A fork of a process that has already imported matplotlib starts in milliseconds.
_forks = "forkserver" in multiprocessing.get_all_start_methods()
_context = multiprocessing.get_context("forkserver" if _forks else "spawn")
if _forks:
    _context.set_forkserver_preload(
        ["__main__", "matplotlib.pyplot", *(f"matplotlib.backends.backend_{name}" for name in ("agg", "svg"))]
    )


@dataclass
class Shown:
    """What a section showed: the text it printed; if it drew, SVGs for each colour scheme, and a PNG."""

    name: str
    printed: str
    figures: dict[str, str] = field(default_factory=dict)
    narrow: dict[str, str] = field(default_factory=dict)  # the same figures, for a phone
    picture: bytes = b""


def run(path: Path, time_limit: float = TIME_LIMIT) -> list[Shown]:
    """Run a program in two processes, one per colour scheme, and return what its sections showed.

    time_limit is in seconds of computing, for the whole program, whatever else the machine does. Raises ProgramError if the program fails,
    warns, prints differently in the two, or is not done in time; no process outlives the call.
    """
    parts = sections(path)
    with ThreadPoolExecutor(len(SCHEMES)) as pool:
        light, dark = pool.map(partial(_watch, path, parts, time_limit), SCHEMES)
    for part, one, other in zip(parts, light, dark, strict=True):
        if one.printed != other.printed:
            problem = f"section '{part.name}' prints something else each time."
            raise ProgramError(path, part.line, problem, "seed its randomness: `np.random.default_rng(0)`.")
        one.figures |= other.figures
        if one.narrow:
            one.narrow["dark"] = in_the_dark(one.narrow["light"])
    return light


def in_the_dark(drawing: str) -> str:
    """An SVG in the light scheme's colours, in those of the dark one, which stand in the same order."""
    light, dark = (COLOUR.findall((STYLES / f"{scheme}.mplstyle").read_text()) for scheme in SCHEMES)
    other = {one.lower(): two.lower() for one, two in zip(light, dark, strict=True)}
    return re.sub(r"(?<=#)[0-9a-f]{6}", lambda code: other.get(code[0], code[0]), drawing)


def _watch(path: Path, parts: list[Section], time_limit: float, scheme: str) -> list[Shown]:
    """Play the program in a process of its own; raise its ProgramError, or the one that it earns."""
    receiver, sender = _context.Pipe(duplex=False)
    process = _context.Process(target=_play, args=(path, parts, time_limit, scheme, sender), daemon=True)
    process.start()
    sender.close()
    deadline, current = time.monotonic() + WAITING * time_limit, parts[0]
    late = f"was not done after {time_limit:g} s."
    cure = "look for a loop without end, or make the section do less."
    try:
        while receiver.poll(max(0, deadline - time.monotonic())):
            message = receiver.recv()
            if isinstance(message, ProgramError):
                raise message
            if isinstance(message, list):
                return message
            current = message
        problem = late
    except EOFError:
        process.join()
        problem = late
        if process.exitcode != LATE:
            problem, cure = f"ended the process (exit code {process.exitcode}).", "let it run to its end."
    finally:
        process.kill()
        process.join()
        receiver.close()
    raise ProgramError(path, current.line, f"section '{current.name}' {problem}", cure)


def _stop_late(time_limit: float) -> None:
    """In the process: end it once it has computed for so long. Its clock stands still while others compute."""
    while time.process_time() < time_limit:
        time.sleep(0.1)
    os._exit(LATE)


def _play(path: Path, parts: list[Section], time_limit: float, scheme: str, sender) -> None:
    """In the process: announce each section and run it, then send all that was shown, or the failure."""
    threading.Thread(target=_stop_late, args=(time_limit,), daemon=True).start()
    import matplotlib.pyplot as plt

    from weave.narrow import narrow, svg

    plt.switch_backend("svg")
    plt.rcdefaults()  # whatever the person who builds has set
    plt.style.use([STYLES / "figure.mplstyle", STYLES / f"{scheme}.mplstyle"])
    plt.show = lambda *args, **kwargs: None  # the figure stays open for us to take
    sys.path.insert(0, str(path.parent))  # as `python` does: a package may stand beside the program
    namespace = {"__name__": "__main__", "__file__": str(path)}
    shown = []
    for part in parts:
        sender.send(part)
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed), warnings.catch_warnings():
                warnings.simplefilter("error")
                exec(compile("\n" * (part.line - 1) + part.code, str(path), "exec"), namespace)
                drawn = bool(plt.get_fignums())
                figures = {scheme: svg(plt.gcf())} if drawn else {}
                drawings, picture = {}, b""
                if drawn and scheme == "light":
                    picture = _png(plt.gcf())
                    narrow(plt.gcf())  # at last, for it changes the figure
                    drawings = {scheme: svg(plt.gcf())}
        except BaseException as error:
            return sender.send(_failure(path, part, error))
        if len(plt.get_fignums()) > 1:
            problem = f"section '{part.name}' leaves more than one figure open."
            return sender.send(ProgramError(path, part.line, problem, "draw one figure a section."))
        plt.close("all")
        shown.append(Shown(part.name, printed.getvalue(), figures, drawings, picture))
    sender.send(shown)


def _png(figure) -> bytes:
    """The figure as PNG on white, for slides and texts that take no SVG."""
    picture = io.BytesIO()
    options = {"transparent": False, "facecolor": "white", "metadata": {"Software": None}}
    figure.savefig(picture, format="png", dpi=200, **options)
    return picture.getvalue()


def _failure(path: Path, part: Section, error: BaseException) -> ProgramError:
    """The ProgramError for what a section raised, with the line of the program that raised it."""
    steps = traceback.extract_tb(error.__traceback__)
    line = next((step.lineno for step in reversed(steps) if step.filename == str(path)), part.line)
    if isinstance(error, SyntaxError) and error.filename == str(path):
        line = error.lineno
    cure = f"run `python {path.parent.name}/{path.name}` and mend what it reports."
    if isinstance(error, Warning):
        cure = "remove its cause; an overflow that is the lesson stands in `with np.errstate(all='ignore'):`."
    return ProgramError(path, line, f"section '{part.name}' raised {type(error).__name__}: {error}", cure)
