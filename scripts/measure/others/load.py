"""What a browser loads when somebody opens a chapter for the first time."""

import gzip
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import sync_playwright

from takeaway.browser import find_browser, start_browser


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def served(folder: Path):
    """The folder's address, while it is served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def first_load(site: Path, page: Path) -> tuple[int, int] | None:
    """Bytes, compressed as servers do, and the number of requests to other hosts, which are refused.

    None where there is no browser. Raises FileNotFoundError for a page that is not there, which weighs nothing.
    """
    if not page.is_file():
        raise FileNotFoundError(f"{page} was not built, so it cannot be weighed.")
    if not find_browser():
        return None
    with served(site) as address, sync_playwright() as playwright:
        browser = start_browser(playwright)
        tab = browser.new_page()
        responses, elsewhere = [], []

        def decide(route):
            if route.request.url.startswith((address, "data:", "blob:")):
                return route.continue_()
            elsewhere.append(route.request.url)
            return route.abort()

        tab.route("**/*", decide)
        tab.on("response", lambda response: responses.append(response))
        tab.goto(f"{address}/{page.relative_to(site).as_posix()}", wait_until="networkidle")
        bodies = [one.body() for one in responses if one.url.startswith(address) and one.status == 200]
        browser.close()
    return sum(min(len(body), len(gzip.compress(body, 6))) for body in bodies), len(elsewhere)
