"""Weave the programs into what the pages include: ``build/outputs`` and ``build/figures``."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from weave.memo import remembered
from weave.program import ProgramError, package_of
from weave.run import Shown, run


def weave(snippets: Path, build: Path) -> None:
    """Run every program in ``snippets`` and write what it showed to ``build``.

    Programs run side by side on all cores. One that has not changed since the last build, nor its
    data or the package that it imports, is not run again. Raises ProgramError and leaves ``build`` as it was if
    any program fails.
    """
    programs = sorted(snippets.glob("*.py"))
    chapters = _side_by_side(programs, build / "memo")
    for folder in ("outputs", "figures"):
        shutil.rmtree(build / folder, ignore_errors=True)
        (build / folder).mkdir(parents=True)
    for program in programs:
        for part in chapters[program]:
            stem = f"{program.stem}.{part.name}"
            if part.printed:
                (build / "outputs" / f"{stem}.txt").write_text(part.printed, encoding="utf-8")
            for scheme, picture in part.figures.items():
                (build / "figures" / f"{stem}.{scheme}.svg").write_text(picture, encoding="utf-8")
            for scheme, picture in part.narrow.items():
                (build / "figures" / f"{stem}.narrow.{scheme}.svg").write_text(picture, encoding="utf-8")
            if part.picture:
                (build / "figures" / f"{stem}.png").write_bytes(part.picture)


def _side_by_side(programs: list[Path], memo: Path) -> dict[Path, list[Shown]]:
    """What each program showed. When one fails, those that have not begun are not run."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        # The one edited last goes first, for it is the likeliest to fail.
        ordered = sorted(programs, key=lambda program: program.stat().st_mtime, reverse=True)
        runs = {program: pool.submit(shown_by, program, memo) for program in ordered}
        try:
            for done in as_completed(runs.values()):
                done.result()
        except ProgramError:
            pool.shutdown(cancel_futures=True)
            raise
    return {program: done.result() for program, done in runs.items()}


def shown_by(program: Path, memo: Path) -> list[Shown]:
    """What the sections of a program show, remembered in ``memo``."""
    files = [program, *program.parent.glob("data/*"), *package_of(program)]
    return remembered(memo, program.stem, files, lambda: run(program))
