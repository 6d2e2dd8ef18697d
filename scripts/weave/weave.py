"""Weave the programs into what the pages include: ``build/outputs`` and ``build/figures``."""

import os
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from pathlib import Path

from weave.memo import remembered
from weave.process import stop_all
from weave.program import package_of, programs, sections
from weave.run import Shown, run
from weave.source import SiteError, check_links


def weave(
    snippets: Path, build: Path, serving: bool = False, only: set[Path] | None = None
) -> dict[str, SiteError]:
    """Run every program in ``snippets``, or ``only`` these, and write what it showed to ``build``.

    Programs run side by side on all cores. One that has not changed since the last build, nor its
    data or the package that it imports, is not run again; those in folders are read and not run.
    Raises SiteError and leaves ``build`` as it was if any program fails; while ``serving`` it goes on
    without, and returns the errors by the program's name.
    """
    check_links(snippets)
    broken, sound, edited = {}, [], {program.stem for program in only or ()}
    for program in programs(snippets) if only is None else sorted(only):
        try:
            sections(program)
            sound += [program] * (program.parent == snippets)
        except SiteError as error:
            broken[program] = error
            if not serving:
                raise
    chapters, failed = _side_by_side(sound, build / "memo", serving)
    for folder in build / "outputs", build / "figures":
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if only is None or old.name.partition(".")[0] in edited:
                old.unlink()
    for program, shown in chapters.items():
        _write(program.stem, shown, build)
    names = {program: program.relative_to(snippets).with_suffix("") for program in broken | failed}
    return {names[program].as_posix(): error for program, error in (broken | failed).items()}


def _write(stem: str, shown: list[Shown], build: Path) -> None:
    outputs, figures = build / "outputs", build / "figures"
    for part in shown:
        name = f"{stem}.{part.name}"
        if part.printed:
            (outputs / f"{name}.txt").write_text(part.printed, encoding="utf-8")
        for scheme, picture in part.figures.items():
            (figures / f"{name}.{scheme}.svg").write_text(picture, encoding="utf-8")
        for scheme, picture in part.narrow.items():
            (figures / f"{name}.narrow.{scheme}.svg").write_text(picture, encoding="utf-8")
        if part.picture:
            (figures / f"{name}.png").write_bytes(part.picture)


def _side_by_side(programs: list[Path], memo: Path, serving: bool):
    """What each program showed, and the errors of those that failed.

    Unless serving, the first failure is raised; then no program runs on, as when the build is interrupted.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        # The one edited last goes first, for it is the likeliest to fail.
        ordered = sorted(programs, key=lambda program: program.stat().st_mtime, reverse=True)
        runs = {pool.submit(shown_by, program, memo): program for program in ordered}
        shown, failed = {}, {}
        try:
            for done in as_completed(runs):
                if serving and isinstance(done.exception(), SiteError):
                    failed[runs[done]] = done.exception()
                else:
                    shown[runs[done]] = done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            while going := [one for one in runs if not one.done()]:
                stop_all()
                wait(going, timeout=0.1)
            raise
    return shown, failed


def shown_by(program: Path, memo: Path) -> list[Shown]:
    """What the sections of a program show, remembered in ``memo``."""
    files = [program, *program.parent.glob("data/*"), *package_of(program)]
    return remembered(memo, program.stem, files, lambda: run(program))
