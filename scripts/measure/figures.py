"""How quick the interactive figures are:  uv run python -m measure.figures

Builds nothing: serves ``site/``, drags the first slider of each figure through its whole range for two
seconds, and prints the work of one update and the time between frames. Nothing asserts a time.
"""

import functools
import http.server
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

from pages.elements import FIGURES
from takeaway.browser import start_browser

SITE = Path(__file__).parents[2] / "site"
DRAG = """async (figure) => {
    const work = [], frames = [];
    const redraw = figure.redraw;
    figure.redraw = function (...given) {
        const start = performance.now();
        redraw.apply(this, given);
        work.push(performance.now() - start);
    };
    const slider = figure.querySelector("input[type=range]");
    const [low, high] = [Number(slider.min), Number(slider.max)];
    let before = await new Promise(requestAnimationFrame);
    for (let i = 0; i <= 120; i++) {
        slider.value = low + ((high - low) * (1 + Math.sin(i / 10))) / 2;
        slider.dispatchEvent(new Event("input"));
        const now = await new Promise(requestAnimationFrame);
        frames.push(now - before);
        before = now;
    }
    return [work, frames];
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def share(values: list[float], part: float) -> float:
    """The value that this part of the values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def main() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = start_browser(playwright)
        print("figure      update, ms: median    95 %   frame, ms: median    95 %   ≤ 17 ms")
        for name, path in FIGURES.items():
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"http://127.0.0.1:{server.server_port}/{path}")
            figure = page.locator(f"{name}-figure")
            figure.scroll_into_view_if_needed()
            figure.locator(".live svg path").first.wait_for(state="attached")
            page.wait_for_load_state("networkidle")
            work, frames = page.evaluate(DRAG, figure.element_handle())
            fast = sum(frame <= 17 for frame in frames) / len(frames)
            print(f"{name:10s} {share(work, 0.5):19.2f} {share(work, 0.95):7.2f}", end="")
            print(f" {share(frames, 0.5):19.1f} {share(frames, 0.95):7.1f} {fast:9.0%}")
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
