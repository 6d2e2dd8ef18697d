"""Build into a fresh folder, and let it take the site's place only when it is whole."""

import logging
import os
import shutil
import subprocess
from pathlib import Path

from mkdocs.utils import CountHandler


def stamp(root: Path) -> None:
    """Date the build by its commit (``SOURCE_DATE_EPOCH``), so that two builds are the same bytes."""
    date = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=root, capture_output=True, text=True)
    if date.returncode == 0:
        os.environ.setdefault("SOURCE_DATE_EPOCH", date.stdout.strip())


def publish(fresh: Path, site: Path) -> None:
    """Move a finished build to its place; a build that has warned stays where it is."""
    counters = (
        handler for handler in logging.getLogger("mkdocs").handlers if isinstance(handler, CountHandler)
    )
    if any(counter.get_counts() for counter in counters):
        return  # strict mode is about to end the build
    old = fresh.with_name("old-site")
    shutil.rmtree(old, ignore_errors=True)
    if site.exists():
        site.rename(old)
    fresh.rename(site)
    shutil.rmtree(old, ignore_errors=True)
