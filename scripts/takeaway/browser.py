"""Find Chromium or Chrome on this machine, and start it without a window."""

import logging
import os
import shutil

from weave.source import SiteError

log = logging.getLogger("mkdocs.overshoot")

# The first, Chromium without a window to draw, opens a page in two thirds of the time.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)


def find_browser() -> str | None:
    """The path of a browser, ``$CHROMIUM`` first, or None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def can_print() -> bool:
    """Whether there is a browser to print with. Without one, says so; raises SiteError where CI is set."""
    cure = "install Chromium or Chrome, or set CHROMIUM to its path."
    if find_browser():
        return True
    if os.environ.get("CI"):
        raise SiteError(f"No browser is found, so overshoot.pdf cannot be printed.\n  Cure: {cure}")
    log.info(f"No browser is found, so the site has no overshoot.pdf. To have it, {cure}")
    return False


def start_browser(playwright):
    """The browser that was found, for a Playwright that is running."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # then Chromium has no sandbox to offer
    arguments = ["--disable-background-networking", *["--no-sandbox"] * root]
    return playwright.chromium.launch(executable_path=find_browser(), args=arguments)
