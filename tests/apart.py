"""Blocks of code for frameworks that few machines have: on the processor, each as if in a process of its own.

To import a framework takes seconds. So one process a framework imports it, and forks for each block. Two
frameworks are never in one process: not all of them bear each other.
"""

import atexit
import functools
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
import types
import warnings
from pathlib import Path

QUIET = {
    "CUDA_VISIBLE_DEVICES": "",
    "HF_HUB_OFFLINE": "1",
    "JAX_PLATFORMS": "cpu",
    "KERAS_BACKEND": "tensorflow",
    "OMP_NUM_THREADS": "1",  # small sums are quicker so
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONIOENCODING": "utf-8",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
WHOLE = {"torch": "torch._dynamo", "transformers": "transformers.trainer"}  # which the first use would import
LINES = (
    "tests/apart.py",
    "snippets/frameworks/*",
    "snippets/readlog/*",
    "scripts/weave/**/*",
)  # see proven.py
PATIENCE = 1200  # seconds: a busy machine imports TensorFlow for minutes
FORKS = sys.platform == "linux"  # elsewhere a framework may not bear it, and is imported for each block


def skip_without(packages: list[str]) -> None:
    """Skip the test if one of the packages is not installed, and say what installs them."""
    import pytest  # which the processes do without

    if missing := [name for name in packages if importlib.util.find_spec(name) is None]:
        pytest.skip(f"{' and '.join(missing)} not installed; uv run --group frameworks pytest")


class Later:
    """A module that is imported when something of it is first asked for, and not while tests are collected."""

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, name: str):
        if name.startswith("__"):  # for these pytest looks while it collects
            raise AttributeError(name)
        return getattr(importlib.import_module(self._name), name)


def last_line(code: str, folder: Path, packages: list[str], strict: bool = False) -> str:
    """What the code prints last when it runs in the folder, where it is strict with warnings as errors.

    It runs once. Of the packages that it imports the first is the framework.
    """
    ended, printed, errors = _run(code, folder, tuple(packages), strict)
    assert ended == 0, errors[-3000:]
    return printed.splitlines()[-1]


@functools.cache  # of a failure too, which many tests would else run again
def _run(code: str, folder: Path, packages: tuple[str, ...], strict: bool) -> tuple[int, str, str]:
    ask = (_process if FORKS else _process.__wrapped__)(packages[0])
    with tempfile.TemporaryDirectory() as made:
        printed = [Path(made, name) for name in ("printed", "errors")]
        for path in printed:
            path.touch()
        ended = ask([code, str(folder), packages, strict, *map(str, printed)])
        return ended, *(path.read_text(encoding="utf-8") for path in printed)


@functools.cache
def _process(framework: str):
    """A function that has the process of a framework run a block, and says how it ended."""
    command, pipe = [sys.executable, __file__], subprocess.PIPE
    process = subprocess.Popen(command, env=os.environ | QUIET, stdin=pipe, stdout=pipe, text=True)
    atexit.register(process.communicate)  # it ends with its input

    def ask(block: list) -> int:
        print(json.dumps(block), file=process.stdin, flush=True)
        return int(process.stdout.readline() or process.wait())

    return ask


def _serve() -> None:
    """Import what each block that is asked for needs, run it in a fork, and answer how that ended."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # for what is printed by an import
    sys.path[0] = ""
    for line in sys.stdin:
        code, folder, packages, *more = json.loads(line)
        for name in packages:
            importlib.import_module(WHOLE.get(name, name))
        if not (child := FORKS and os.fork()):
            _begin(code, folder, *more)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answers, flush=True)


def _begin(code: str, folder: str, strict: bool, *printed: str) -> None:
    """Run a block as Python runs what it reads from its input, and end."""
    for number, path in enumerate([os.devnull, *printed]):
        os.dup2(os.open(path, os.O_RDWR), number)
    os.chdir(folder)
    if FORKS:
        signal.alarm(PATIENCE)
    if strict:
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", FutureWarning)  # Lightning calls what PyTorch will give up
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    ended = 0
    try:
        exec(compile(code, "<stdin>", "exec"), vars(main))
    except BaseException:
        traceback.print_exc()
        ended = 1
    sys.stdout.flush()
    os._exit(ended)


if __name__ == "__main__":
    _serve()
