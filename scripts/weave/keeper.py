"""The other side of a process: what keeps a program within its limits, and ends all that it has begun.

A keeper lives until its program has ended or the build is gone, however that happened; then it ends whatever
the program has left running.
"""

import contextlib
import ctypes
import os
import signal
import socket
import sys
import tempfile
import threading
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

FORKS = hasattr(os, "fork")
MEMORY = 4 << 30
FILE = 100 << 20  # a file that a program writes
END = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has one way only
BECOME_SUBREAPER = 36  # Linux: orphans among its descendants become its children


def serve(number: int) -> None:
    """In the server: fork a keeper for each link that comes through the door."""
    _prepare()
    signal.signal(signal.SIGCHLD, _reap)
    door = socket.socket(fileno=number)
    while links := socket.recv_fds(door, 1, 1)[1]:
        _forked(_keep, Connection(links[0]))


def _reap(*_) -> None:
    """Wait for the keepers that have ended; what they and their programs computed is counted only so."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _prepare() -> None:
    """Load what programs need: modules, and by a first figure the fonts."""
    import matplotlib.pyplot as plt

    import weave.run  # noqa: F401
    from weave.narrow import png, svg

    figure, axes = plt.subplots()
    axes.set_title("$x$")
    png(figure), svg(figure)
    plt.close(figure)


def _forked(function, *args) -> int:
    """The number of a new process, which calls the function and ends."""
    number = os.fork()
    if not number:
        try:
            function(*args)
            os._exit(0)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            pass  # the build is gone
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    return number


def _keep(link) -> None:
    """In the keeper: fork the program, and end all that it has begun when it ends or when nobody waits for it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(BECOME_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        program = _forked(_program, folder, link.send, *link.recv())
        threading.Thread(target=_end_when_told, args=(link, program), daemon=True).start()
        _, status = os.waitpid(program, 0)
        _end_all(program)
    link.send(os.waitstatus_to_exitcode(status))


def _program(folder: str, send, seconds: float, function, args) -> None:
    own = os.getpid()
    os.setsid()
    os.chdir(folder)  # what it writes there is nobody's
    limited(seconds)
    # A fork of the program that comes here has nothing to say.
    function(*args, lambda message: send(message) if os.getpid() == own else os._exit(0))


def limited(seconds: float) -> None:
    """Limit what this process may use, where the system knows such limits."""
    if not FORKS:
        return
    import resource

    most = {"CPU": max(1, round(seconds)), "AS": MEMORY, "FSIZE": FILE, "CORE": 0}
    for name, limit in most.items():
        what = getattr(resource, f"RLIMIT_{name}")
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (limit, resource.getrlimit(what)[1]))


def _end_when_told(link, program: int) -> None:
    with contextlib.suppress(EOFError, OSError):  # the build is gone
        link.recv()
    with contextlib.suppress(ProcessLookupError):
        os.kill(program, END)


def _end_all(group: int) -> None:
    """End a group of processes, and on Linux those of its descendants that have left it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, END)
    tasks = Path("/proc/self/task")
    while children := " ".join(file.read_text() for file in tasks.glob("*/children")).split():
        for child in map(int, children):
            os.kill(child, END)
            os.waitpid(child, 0)


def alone(link) -> None:
    """Without forks the program has no keeper: it ends itself when it is told to, or the build is gone."""
    _, function, args = link.recv()
    threading.Thread(target=_end_when_told, args=(link, os.getpid()), daemon=True).start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.chdir(folder)
        function(*args, link.send)
        os.chdir(os.path.dirname(folder))  # Windows removes no folder that somebody is in
    link.send(0)
