"""What Lighthouse says of every page, on the phone that it imitates:  uv run python -m measure.lighthouse

Builds nothing: serves ``site/``, compressed as hosts do, and prints a line for each page. Name pages to measure
only those, and add ``--runs 3`` for the median of three runs of each. Lighthouse is ``$LIGHTHOUSE``, the one on
the PATH, or the one that npx fetches. A busy machine makes pages slow: the last line tells how quick it was.

Lighthouse takes a phone to be four times slower than this machine. ``--calibrate`` measures the machine first,
and slows it down by as much as Lighthouse's documentation advises for one of its speed.
"""

import argparse
import contextlib
import functools
import gzip
import http.server
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import threading
from pathlib import Path

from takeaway.browser import find_browser

SITE = Path(__file__).parents[2] / "site"
TEXT = (".css", ".html", ".js", ".json", ".svg")
SCORES = ("performance", "accessibility", "best-practices", "seo")
SIZES = {"blocking ms": "total-blocking-time", "elements": "dom-size", "bytes": "total-byte-weight"}


class Compressed(http.server.SimpleHTTPRequestHandler):
    """Files as a host sends them: text compressed, one connection for many."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle(self):
        with contextlib.suppress(ConnectionError):  # which the browser has let go
            super().handle()

    def do_GET(self):
        file = Path(self.translate_path(self.path))
        file = file / "index.html" if file.is_dir() else file
        if file.suffix not in TEXT or not file.exists():
            return super().do_GET()
        body = gzip.compress(file.read_bytes())
        self.send_response(200)
        for name, value in {
            "Content-Type": self.guess_type(file.name),
            "Content-Encoding": "gzip",
            "Content-Length": len(body),
        }.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)


def command() -> list[str]:
    """How Lighthouse is called here."""
    if given := os.environ.get("LIGHTHOUSE"):
        return shlex.split(given)
    if found := shutil.which("lighthouse"):
        return [found]
    if npx := shutil.which("npx"):
        return [npx, "--yes", "lighthouse@12"]
    sys.exit("No Lighthouse here.\n  Cure: install Node.js, or set LIGHTHOUSE to the command that starts it.")


def slowdown(index: float) -> float:
    """How many times slower than a machine with this benchmark index a phone of the middle class is.

    After the calculator that Lighthouse's documentation names (throttling.md, "Calibrating the CPU slowdown").
    """
    for least, times, width in ((1300, 3, 233), (800, 2, 500), (150, 1, 650)):
        if index >= least:
            return times + (index - least) / width
    return 1


def measure(url: str, times: float = 4) -> dict[str, float]:
    """The scores of a page, from 0 to 100, its sizes, and how quick the machine was."""
    flags = ["--quiet", "--output=json", f"--only-categories={','.join(SCORES)}"]
    flags.append(f"--throttling.cpuSlowdownMultiplier={times:.2f}")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    flags.append(f"--chrome-flags=--headless{' --no-sandbox' * root}")
    environment = os.environ | {"CHROME_PATH": find_browser() or ""}
    done = subprocess.run([*command(), url, *flags], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"Lighthouse stopped at {url}:\n{done.stderr}")
    report = json.loads(done.stdout)
    scores = {name: 100 * (report["categories"][name]["score"] or 0) for name in SCORES}
    sizes = {name: report["audits"][audit]["numericValue"] for name, audit in SIZES.items()}
    return scores | sizes | {"index": report["environment"]["benchmarkIndex"]}


def line(page: str, values: dict[str, float]) -> str:
    numbers = (f"{values[name]:{len(name) + 2}.0f}" for name in (*SCORES, *SIZES))
    return f"{page or 'home':22}{''.join(numbers)}"


def main() -> None:
    pages = sorted(path.parent.relative_to(SITE).as_posix().strip(".") for path in SITE.rglob("index.html"))
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("pages", nargs="*", default=pages, metavar="page", help="such as labs/limit")
    parser.add_argument("--runs", type=int, default=1, help="take the median of so many runs of each page")
    parser.add_argument("--calibrate", action="store_true", help="to the speed of this machine")
    given = parser.parse_args()
    handler = functools.partial(Compressed, directory=str(SITE))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"{'':22}{''.join(f'  {name}' for name in (*SCORES, *SIZES))}", flush=True)
    home = f"http://127.0.0.1:{server.server_port}/"
    times = slowdown(statistics.median(measure(home)["index"] for _ in range(3))) if given.calibrate else 4
    indices = []
    for page in given.pages:
        runs = [measure(f"{home}{page}/", times) for _ in range(given.runs)]
        values = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
        indices.append(values["index"])
        print(line(page, values), flush=True)
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores" if hasattr(os, "getloadavg") else ""
    quick = f"Lighthouse's benchmark index of this machine: {statistics.median(indices):.0f}"
    print(f"{quick}, slowed down {times:.1f} times; {load}")


if __name__ == "__main__":
    main()
