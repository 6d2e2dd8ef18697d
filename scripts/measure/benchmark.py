"""Measure how the build grows: ``uv run benchmark [--chapters 10 100 300]``.

The first row is the site as it is. In the others, copies of its chapters, page and program, bring their
number to the one given. Nothing is asserted: the seconds belong to the machine and to what else it does.

cold build  from the start of `mkdocs build` to its end
weaving     of it, in weave(): all programs run twice, side by side, and what they show written
share       weaving / cold build
edit        under `mkdocs serve`, from saving a program to its new output on the page; median of three chapters
"""

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from weave.source import navigation

ROOT = Path(__file__).parents[2]
MKDOCS = [sys.executable, "-m", "mkdocs"]
STOPWATCH = """
import time
_weave = weave
def weave(*folders, **how):
    start = time.perf_counter()
    made = _weave(*folders, **how)
    print(time.perf_counter() - start)
    return made
"""


def copy_of_the_site(folder: Path, count: int) -> list[str]:
    """Copy the sources, and chapters until there are ``count``. Returns the real chapters' names, in their order."""
    for name in ("docs", "snippets", "scripts"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for file in [*ROOT.glob("LICENSE*"), ROOT / "CITATION.cff"]:  # shown on the page Licences
        shutil.copy(file, folder)
    with (folder / "scripts/weave/weave.py").open("a", encoding="utf-8") as weave:
        weave.write(STOPWATCH)
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    real = [name for name in navigation(ROOT) if (ROOT / f"snippets/{name}.py").exists()]
    for number in range(len(real), count):
        stem = real[number % len(real)]
        copy = f"{stem}-{number}"
        shutil.copy(folder / f"snippets/{stem}.py", folder / f"snippets/{copy}.py")
        page = (folder / f"docs/{stem}.md").read_text(encoding="utf-8")
        page = re.sub(rf'(--8<-- "|\(figures/){stem}\.', rf"\g<1>{copy}.", page)
        (folder / f"docs/{copy}.md").write_text(page, encoding="utf-8")
        config = re.sub(rf"^( *- )(.*: )?{stem}\.md$", rf"\g<0>\n\g<1>{copy}.md", config, flags=re.M)
    (folder / "mkdocs.yml").write_text(config, encoding="utf-8")
    return real


def cold_build(folder: Path) -> tuple[float, float]:
    """Seconds of a build, and of its weaving."""
    start = time.perf_counter()
    done = subprocess.run([*MKDOCS, "build"], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return time.perf_counter() - start, float(done.stdout.split()[-1])


def edits(folder: Path, chapters: list[str]) -> list[float]:
    """Start the server, and time an edit of each chapter."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with subprocess.Popen(
        [*MKDOCS, "serve", "--dev-addr", address],
        cwd=folder,
        env=os.environ | {"SITE_URL": f"http://{address}/", "TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            if not any("Serving on" in line for line in server.stderr):
                sys.exit("`mkdocs serve` did not start.")
            time.sleep(2)  # until the watcher has seen every file as it is
            return [edit(folder, chapter, f"http://{address}/{chapter}/") for chapter in chapters]
        finally:
            server.terminate()


def edit(folder: Path, chapter: str, url: str) -> float:
    """Let the last section that prints print one line more; seconds until the page shows it."""
    page = (folder / f"docs/{chapter}.md").read_text(encoding="utf-8")
    section = re.findall(rf'--8<-- "{chapter}\.([\w-]+)\.txt"', page)[-1]
    program, end = folder / f"snippets/{chapter}.py", f"# --8<-- [end:{section}]"
    text = program.read_text(encoding="utf-8").replace(end, f'print("edited", 6 * 7)\n{end}')
    start = time.perf_counter()
    program.write_text(text, encoding="utf-8")
    while b"edited 42" not in urllib.request.urlopen(url, timeout=600).read():
        time.sleep(0.02)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--chapters", type=int, nargs="*", default=[10, 100, 300])
    counts = [0, *parser.parse_args().chapters]
    os.environ |= {"NO_MKDOCS_2_WARNING": "1", "PYODIDE": ""}
    print(__doc__, "\nchapters  cold build    weaving  share       edit", sep="", flush=True)
    for count in counts:
        with tempfile.TemporaryDirectory() as name:
            real = copy_of_the_site(Path(name), count)
            cold, weaving = cold_build(Path(name))
            edited = statistics.median(edits(Path(name), real[:3]))
        row = f"{max(count, len(real)):8}{cold:10.1f} s{weaving:9.1f} s{weaving / cold:7.0%}{edited:9.1f} s"
        print(row, flush=True)


if __name__ == "__main__":
    main()
