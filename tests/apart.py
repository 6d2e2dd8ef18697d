"""A program in a process of its own, on the processor, for frameworks that few machines have."""

import functools
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

QUIET = {
    "CUDA_VISIBLE_DEVICES": "",
    "HF_HUB_OFFLINE": "1",
    "JAX_PLATFORMS": "cpu",
    "KERAS_BACKEND": "tensorflow",
    "PYTHONIOENCODING": "utf-8",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
PATIENCE = 1200  # seconds: a busy machine imports TensorFlow for minutes


def skip_without(packages: list[str]) -> None:
    """Skip the test if one of the packages is not installed, and say what installs them."""
    if missing := [name for name in packages if importlib.util.find_spec(name) is None]:
        pytest.skip(f"{' and '.join(missing)} not installed; uv run --group frameworks pytest")


def last_line(code: str, folder: Path, *warnings: str) -> str:
    """What the code prints last when it runs in the folder, under these filters of warnings. It runs once."""
    done = _run(code, folder, warnings)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()[-1]


@functools.cache  # of a failure too, which many tests would else run again
def _run(code: str, folder: Path, warnings: tuple[str, ...]) -> subprocess.CompletedProcess:
    filters = [part for one in warnings for part in ("-W", one)]
    return subprocess.run(
        [sys.executable, *filters, "-"],
        input=code,
        env=os.environ | QUIET,
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
