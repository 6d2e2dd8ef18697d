"""Build into a fresh folder; let it take the site's place only when it is whole, and not at all if nothing changed."""

import contextlib
import hashlib
import logging
import os
import shutil
import subprocess
import time
from pathlib import Path

from filelock import FileLock, Timeout

from weave.memo import tools
from weave.source import SiteError

log = logging.getLogger("mkdocs.overshoot")
NEW, OLD = ".new-site", ".old-site"
SOURCES = ("docs", "snippets", "scripts", "mkdocs.yml", "LICENSE", "LICENSE-TEXT", "CITATION.cff")
_locks, _began = [], [0.0]


def lock(build: Path) -> None:
    """Wait until no other build is at work in this folder, and keep others waiting until ``unlock``."""
    build.mkdir(exist_ok=True)
    _locks.append(FileLock(build / "lock"))
    try:
        _locks[-1].acquire(timeout=0)
    except Timeout:
        log.info("Another build is at work in this folder; this one waits for its end.")
        _locks[-1].acquire()
    _began[0] = time.time()


def unlock() -> None:
    while _locks:
        _locks.pop().release(force=True)


def stamp(root: Path) -> None:
    """Date the build by its commit (``SOURCE_DATE_EPOCH``), so that two builds are the same bytes."""
    with contextlib.suppress(OSError, subprocess.CalledProcessError):  # no git, or not a repository
        date = subprocess.check_output(
            ["git", "log", "-1", "--format=%ct"], cwd=root, stderr=subprocess.DEVNULL
        )
        os.environ.setdefault("SOURCE_DATE_EPOCH", date.decode().strip())


def publish(fresh: Path, site: Path) -> None:
    """Let a finished build take the place of the site, which is untouched until the new one lies whole beside it.

    Raises SiteError, and leaves both as they are, where the site's place cannot be written or has no room.
    """
    try:
        site.mkdir(parents=True, exist_ok=True)
        within = os.path.ismount(site) or site.is_symlink()  # then the folder itself cannot be renamed
        place = site if within else site.parent
        new, old = place / NEW, place / OLD
        shutil.rmtree(old, ignore_errors=True)
        _bring(fresh, new)
        (_swap_what_is_in if within else _swap)(site, new, old)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        cure = "make room there, and let it be written. The new site is whole in " + fresh.as_posix()
        reason = error.strerror or error.args[0][-1][-1]  # of the last file that could not be copied
        raise SiteError(f"{site}/ stays as it was: {reason}.\n  Cure: {cure}") from None


def _bring(fresh: Path, new: Path) -> None:
    """Move the build; to another disk it is copied, and removed only when the copy is whole."""
    shutil.rmtree(new, ignore_errors=True)
    try:
        fresh.rename(new)
    except OSError:
        try:
            shutil.copytree(fresh, new)
        except OSError:
            shutil.rmtree(new, ignore_errors=True)
            raise
        shutil.rmtree(fresh, ignore_errors=True)


def _swap(site: Path, new: Path, old: Path) -> None:
    site.rename(old)
    try:
        new.rename(site)
    except OSError:
        old.rename(site)
        raise


def _swap_what_is_in(site: Path, new: Path, old: Path) -> None:
    old.mkdir()
    for one in [one for one in site.iterdir() if one.name not in (NEW, OLD)]:
        one.rename(old / one.name)
    for one in list(new.iterdir()):
        one.rename(site / one.name)
    new.rmdir()


def settings(config) -> list:
    """The settings that a command may give besides mkdocs.yml."""
    options = [config[name] for name in ("site_url", "repo_url", "strict", "use_directory_urls")]
    return [*options, config.theme.name]


def state(root: Path, site: Path, *besides: str) -> str:
    """The same for the same sources below ``root``, the same tools and settings, and the same files in ``site``."""
    read = hashlib.sha256(repr((tools(), besides, os.environ.get("SOURCE_DATE_EPOCH"))).encode())
    for name in SOURCES:
        for path in [root / name, *sorted((root / name).rglob("*"))]:
            if path.is_file() and path.suffix != ".pyc":
                read.update(repr((path.relative_to(root).as_posix(), path.read_bytes())).encode())
    for path in sorted(site.rglob("*")):
        found = path.stat()
        read.update(repr((path.relative_to(site).as_posix(), found.st_size, found.st_mtime_ns)).encode())
    return read.hexdigest()


def touched(root: Path, since: float | None = None) -> bool:
    """Whether a source below ``root`` was changed after the build began, or this time: it may not have seen it."""
    since = _began[0] if since is None else since
    paths = (path for name in SOURCES for path in [root / name, *(root / name).rglob("*")])
    return any(path.is_file() and path.suffix != ".pyc" and path.stat().st_mtime > since for path in paths)


def note(file: Path, now: str) -> None:
    """Keep the state in which a build has left sources and site."""
    file.write_text(now, encoding="utf-8")


def unchanged(file: Path, now: str) -> bool:
    """Whether they are still as the last build left them; then says so."""
    same = file.exists() and file.read_text(encoding="utf-8") == now
    if same:
        log.info("Nothing has changed since the site was built, so it stays as it is.")
    return same
