"""One build of a tool in an environment of its own: how long, how much work, how much memory."""

import contextlib
import ctypes
import os
import re
import resource
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import psutil

from measure.others.chapter import UV
from measure.others.tools import Tool

LINUX = sys.platform == "linux"


class Skipped(Exception):
    """A tool that does not install or build here. The message says why in a line."""


def installed(tool: Tool, folder: Path) -> tuple[dict, str]:
    """The environment that a tool runs in, and its release; numpy and matplotlib are this project's."""
    if not tool.packages:
        return os.environ | tool.environment, version("overshoot")
    place, shown = folder / re.sub(r"\W+", "-", tool.name), ("numpy", "matplotlib")
    programs = [f"{name}=={version(name)}" for name in shown]
    inside = os.environ | {"VIRTUAL_ENV": str(place)}
    for command in (
        ["venv", "-q", "--allow-existing", "--python", sys.executable, str(place)],
        ["pip", "install", "-q", "--compile-bytecode", "--upgrade", *tool.packages, *programs],
    ):
        done = subprocess.run([UV, *command], env=inside, capture_output=True, text=True)
        if done.returncode:
            raise Skipped(f"it does not install here ({_reason(done.stderr)})")
    package = re.split(r"\W*[<>=]", tool.packages[0])[0]
    listed = subprocess.run([UV, "pip", "show", package], env=inside, capture_output=True, text=True)
    release = re.search(r"^Version: (.*)", listed.stdout, re.MULTILINE)
    path = os.pathsep.join([str(place / "bin"), os.environ["PATH"]])
    return inside | {"PATH": path} | tool.environment, release[1] if release else ""


def _reason(said: str) -> str:
    """The line of what a tool said that is likeliest to tell why it failed."""
    lines = [line.strip() for line in said.splitlines() if not line.startswith("hint")]
    telling = [line for line in lines if re.search(r"error|fail|refuse", line, re.IGNORECASE)]
    return (telling or lines or [""])[0][:150]


def built(tool: Tool, folder: Path, environment: dict) -> dict:
    """Run a tool's build once: seconds, processor seconds, megabytes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    inside = environment | {"PYTHONPATH": str(folder / "library")} if tool.packages else environment
    command = _command(tool, inside)
    with (folder / "said.txt").open("w+") as said:
        process = subprocess.Popen(command, cwd=folder, env=inside, stdout=said, stderr=subprocess.STDOUT)
        try:
            most = _most_memory(process)
        finally:
            process.kill()
        seconds = time.perf_counter() - start
        _wait_for_orphans()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        said.seek(0)
        if process.returncode:
            raise Skipped(f"it does not build here ({_reason(said.read())})")
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "processor": spent, "memory": most / 1e6}


def _command(tool: Tool, environment: dict) -> list[str]:
    """With the program's whole path, for it is looked for in this process's PATH."""
    beside = Path(environment.get("VIRTUAL_ENV", ""), "bin", tool.command[0])
    return [str(beside) if tool.packages else tool.command[0], *tool.command[1:]]


def _most_memory(process: subprocess.Popen) -> int:
    """Wait for its end."""
    most = 0
    while process.poll() is None:
        most = max(most, _memory(process.pid))
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.5)
    return most


def _memory(pid: int) -> int:
    """What a process and all below it hold in memory; what several share counts once."""
    held = 0
    try:
        family = psutil.Process(pid)
        for one in [family, *family.children(recursive=True)]:
            held += one.memory_full_info().pss if LINUX else one.memory_info().rss
    except psutil.Error:
        pass  # it has just ended
    return held


def _wait_for_orphans(seconds=5.0) -> None:
    """Until what a build has left behind has ended too, so that its processor time is counted."""
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.05)
    except ChildProcessError:
        pass


def adopt_orphans() -> None:
    """Processes whose parent has ended become this one's children, to be waited for. Only Linux can."""
    if LINUX:
        set_child_subreaper = 36
        ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)
