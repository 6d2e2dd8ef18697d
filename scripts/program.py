"""Run a chapter's program, section by section, and keep what each section prints and draws.

A program is a plain Python script. Each section opens with ``# %% --8<-- [start:name]``, at once
a comment, a notebook cell and a named include, and closes with ``# --8<-- [end:name]``.
"""

import ast
import contextlib
import io
import multiprocessing
import re
import time
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path

SCHEMES = ("light", "dark")
STYLES = Path(__file__).parent / "styles"
TIME_LIMIT = 60.0
MARKER = re.compile(r"^# (?:%% )?--8<-- \[(?:start|end):.*", re.MULTILINE)
SECTION = re.compile(
    r"^# %% --8<-- \[start:([a-z][a-z0-9-]*)\]\n(.*?)^# --8<-- \[end:\1\]$", re.MULTILINE | re.DOTALL
)

# A fork of a process that has already imported matplotlib starts in milliseconds.
_forks = "forkserver" in multiprocessing.get_all_start_methods()
_context = multiprocessing.get_context("forkserver" if _forks else "spawn")
if _forks:
    _context.set_forkserver_preload(["__main__", "matplotlib.pyplot", "matplotlib.backends.backend_svg"])


class ProgramError(Exception):
    """A program that cannot be shown. The message names the file, the line and the cure."""

    def __str__(self):
        path, line, problem, cure = self.args
        return f"{path.parent.name}/{path.name}, line {line}: {problem}\n  Cure: {cure}"


@dataclass(frozen=True)
class Section:
    """A named part of a program: its code, and the line of the file on which the code begins."""

    name: str
    line: int
    code: str


@dataclass
class Shown:
    """What a section showed: the text it printed, and an SVG for each colour scheme if it drew."""

    name: str
    printed: str
    figures: dict[str, str] = field(default_factory=dict)


def sections(path: Path) -> list[Section]:
    """The sections of a program in order.

    Raises ProgramError for a program without sections, a marker without its partner, a name used
    twice, and code outside every section, which no page could show.
    """
    text = path.read_text(encoding="utf-8")

    def complain(position, problem, cure):
        raise ProgramError(path, text.count("\n", 0, position) + 1, problem, cure)

    found = {}
    for match in SECTION.finditer(text):
        if match[1] in found:
            complain(match.start(), f"section '{match[1]}' stands here a second time.", "rename one.")
        if stray := MARKER.search(match[2]):
            complain(match.start(2) + stray.start(), "a section inside a section.", "close the first.")
        found[match[1]] = Section(match[1], text.count("\n", 0, match.start(2)) + 1, match[2])
    pair = "`# %% --8<-- [start:name]` and `# --8<-- [end:name]`"
    outside = SECTION.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    if stray := MARKER.search(outside):
        complain(stray.start(), f"{stray[0]} has no partner.", f"sections stand between {pair}.")
    if not found:
        complain(0, "the program has no section.", f"put its code between {pair}.")
    for statement in ast.parse(outside).body:
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            problem, cure = "this code stands outside every section.", "move it into one, to be shown."
            raise ProgramError(path, statement.lineno, problem, cure)
    return list(found.values())


def run(path: Path, time_limit: float = TIME_LIMIT) -> list[Shown]:
    """Run a program in a process of its own, once per colour scheme, and return what it showed.

    time_limit is in seconds, for the whole program. Raises ProgramError if the program fails,
    warns, prints differently the second time, or is not done in time; no process outlives the call.
    """
    parts = sections(path)
    receiver, sender = _context.Pipe(duplex=False)
    process = _context.Process(target=_work, args=(path, parts, sender), daemon=True)
    process.start()
    sender.close()
    deadline, current = time.monotonic() + time_limit, parts[0]
    try:
        while receiver.poll(deadline - time.monotonic()):
            message = receiver.recv()
            if isinstance(message, Section):
                current = message
            elif isinstance(message, ProgramError):
                raise message
            else:
                return message
    except EOFError:
        process.join()
        raise ProgramError(
            path,
            current.line,
            f"section '{current.name}' ended the process (exit code {process.exitcode}).",
            "let the section run to its end.",
        ) from None
    finally:
        process.kill()
        process.join()
    raise ProgramError(
        path,
        current.line,
        f"section '{current.name}' was not done after {time_limit:g} s.",
        "look for a loop without end, or make the section do less.",
    )


def _work(path: Path, parts: list[Section], sender) -> None:
    """In the child: announce each section, then send all that was shown, or the ProgramError."""
    try:
        light, dark = (_play(path, parts, scheme, sender) for scheme in SCHEMES)
        for part, one, other in zip(parts, light, dark, strict=True):
            if one.printed != other.printed:
                raise ProgramError(
                    path,
                    part.line,
                    f"section '{part.name}' prints something else each time.",
                    "seed its randomness, as in `np.random.default_rng(0)`.",
                )
            one.figures |= other.figures
        sender.send(light)
    except ProgramError as error:
        sender.send(error)


def _play(path: Path, parts: list[Section], scheme: str, sender) -> list[Shown]:
    """Run the sections in one namespace with the figures in one colour scheme."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    plt.rcdefaults()
    plt.style.use([STYLES / "figure.mplstyle", STYLES / f"{scheme}.mplstyle"])
    plt.show = lambda *args, **kwargs: None  # the figure stays open for us to take
    namespace = {"__name__": "__main__", "__file__": str(path)}
    shown = []
    for part in parts:
        sender.send(part)
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed), warnings.catch_warnings():
                warnings.simplefilter("error")
                exec(compile("\n" * (part.line - 1) + part.code, str(path), "exec"), namespace)
        except BaseException as error:
            raise _failure(path, part, error) from None
        if len(plt.get_fignums()) > 1:
            raise ProgramError(
                path,
                part.line,
                f"section '{part.name}' leaves more than one figure open.",
                "draw one figure a section.",
            )
        figures = {scheme: _svg(plt.gcf())} if plt.get_fignums() else {}
        plt.close("all")
        shown.append(Shown(part.name, printed.getvalue(), figures))
    return shown


def _svg(figure) -> str:
    """The figure as SVG text, the same bytes for the same figure on every run."""
    picture = io.StringIO()
    figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    return picture.getvalue()


def _failure(path: Path, part: Section, error: BaseException) -> ProgramError:
    """The ProgramError for what a section raised, with the line of the program that raised it."""
    steps = traceback.extract_tb(error.__traceback__)
    line = next((step.lineno for step in reversed(steps) if step.filename == str(path)), part.line)
    if isinstance(error, SyntaxError) and error.filename == str(path):
        line = error.lineno
    cure = f"run `python {path.parent.name}/{path.name}` and mend what it reports."
    if isinstance(error, Warning):
        cure = (
            "remove its cause; if the overflow is the lesson, show it in `with np.errstate(all='ignore'):`."
        )
    return ProgramError(path, line, f"section '{part.name}' raised {type(error).__name__}: {error}", cure)
