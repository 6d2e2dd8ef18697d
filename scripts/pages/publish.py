"""Build into a fresh folder, and let it take the site's place only when it is whole."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path


def stamp(root: Path) -> None:
    """Date the build by its commit (``SOURCE_DATE_EPOCH``), so that two builds are the same bytes."""
    with contextlib.suppress(OSError, subprocess.CalledProcessError):  # no git, or not a repository
        date = subprocess.check_output(
            ["git", "log", "-1", "--format=%ct"], cwd=root, stderr=subprocess.DEVNULL
        )
        os.environ.setdefault("SOURCE_DATE_EPOCH", date.decode().strip())


def publish(fresh: Path, site: Path) -> None:
    """Move a finished build to its place."""
    old = fresh.with_name("old-site")
    shutil.rmtree(old, ignore_errors=True)
    if site.exists():
        shutil.move(site, old)
    shutil.move(fresh, site)
    shutil.rmtree(old, ignore_errors=True)
