"""A process for a program: it ends with the build and with the context that began it.

Where Python can fork, a server that has imported matplotlib forks a keeper for each program, which forks the
program; ``keeper.py`` is that side. Elsewhere each program has a new Python.
"""

import atexit
import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from unittest.mock import patch

from weave.keeper import FORKS, alone

SCRIPTS = str(Path(__file__).parents[1])
GRACE = 10  # seconds that the end of a process may take

_running, _servers = set(), {}
_starting = threading.Lock()


class Process:
    """A function that is called in a process of its own, under this hash seed, and sends what it has to say.

    ``seconds`` is the time that it may compute. The process ends when the context does, at the latest.
    """

    def __init__(self, seed: int, seconds: float, function, *args):
        self.code, self.ended, self.late = None, False, False
        self.link = (_fork if FORKS else _spawn)(seed)
        self.link.send((seconds, function, args))
        _running.add(self)

    def messages(self, seconds: float):
        """What it sends, as it comes, for at most so long.

        After the last ``late`` says whether it took too long, and ``code`` is its exit code, or what ended it.
        """
        deadline = time.monotonic() + seconds
        while self.link.poll(max(0, deadline - time.monotonic())):
            try:
                message = self.link.recv()
            except (EOFError, OSError):
                message = None
            if message is None or isinstance(message, int):
                self.ended, self.code = True, message
                self.late = FORKS and message == -signal.SIGXCPU
                return
            yield message
        self.late = True

    def stop(self) -> None:
        with contextlib.suppress(OSError):  # it has ended
            self.link.send(None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.ended:
            self.stop()
            list(self.messages(GRACE))
        _running.discard(self)
        self.link.close()


def stop_all() -> None:
    """End every process that runs."""
    for process in list(_running):
        process.stop()


def _fork(seed: int):
    """The link to a new keeper."""
    ours, theirs = socket.socketpair()
    with theirs, _starting:
        if seed in _servers and _servers[seed][0].poll() is not None:  # somebody has ended it
            _servers.pop(seed)[1].close()
        if seed not in _servers:
            _servers[seed] = _server(seed)
        socket.send_fds(_servers[seed][1], [b"."], [theirs.fileno()])
    return multiprocessing.connection.Connection(ours.detach())


def _server(seed: int) -> tuple[subprocess.Popen, socket.socket]:
    """A new server and its door; it ends when nobody holds this end of the door."""
    door, theirs = socket.socketpair()
    code = f"import sys; sys.path.insert(0, {SCRIPTS!r})\nfrom weave.keeper import serve; serve({theirs.fileno()})"
    with theirs:
        server = subprocess.Popen(
            [sys.executable, "-P", "-c", code],
            env=os.environ | {"PYTHONHASHSEED": str(seed), "MPLBACKEND": "svg"},
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    atexit.register(server.wait)
    atexit.register(server.kill)
    return server, door


def _spawn(seed: int):
    """The link to a new process, where Python cannot fork; there only the clock limits it."""
    ours, theirs = multiprocessing.Pipe()
    with theirs, _starting, patch.dict(os.environ, PYTHONHASHSEED=str(seed)):
        multiprocessing.get_context("spawn").Process(target=alone, args=(theirs,), daemon=True).start()
    return ours
