"""What MkDocs has told of a build, and how it tells an error of ours: in its own words, once, without a traceback."""

import errno
import logging
from urllib.parse import urlsplit

from mkdocs.exceptions import Abort
from mkdocs.utils import CountHandler

from weave.source import SiteError

log = logging.getLogger("mkdocs.overshoot")
CURES = {errno.ENOSPC: "make room on that disk", errno.EROFS: "build where files can be written"}


def counters() -> list[CountHandler]:
    """The counters of warnings by which strict mode ends a build."""
    return [one for one in logging.getLogger("mkdocs").handlers if isinstance(one, CountHandler)]


def complaints(*levels: str) -> int:
    """How many messages of these levels the build has given; of all from warnings on, if none is named."""
    counts = (count for one in counters() for count in one.get_counts())
    return sum(count for level, count in counts if not levels or level in levels)


def forgive(error: SiteError) -> None:
    """Tell the error in the log, and let neither it nor what follows from it keep the server from the rest."""
    for counter in counters():
        logging.getLogger("mkdocs").removeHandler(counter)
    log.error(error)


def tell_where_links_lead(address: str) -> None:
    """Say that what is taken along leads to this machine, if the site's address is one that no other machine knows."""
    if urlsplit(address).hostname in ("127.0.0.1", "localhost"):
        log.info(
            f"The links in notebooks and in the PDF lead to {address}, which no other machine knows. "
            "To have them lead to your site, build with its address: SITE_URL=https://…/ mkdocs build"
        )


def tell(error: Exception) -> None:
    """End the build with an error that is for the person who builds; leave any other to MkDocs."""
    if isinstance(error, OSError) and error.errno in CURES:
        error = SiteError(f"{error.filename}: {error.strerror}.\n  Cure: {CURES[error.errno]}.")
    if isinstance(error, SiteError):
        if not complaints("ERROR"):  # MkDocs has not yet told it, with the page that it was met on
            log.error(error)
        raise Abort("The site is as it was before this build.")
