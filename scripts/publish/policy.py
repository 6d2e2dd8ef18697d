"""Allow each page only what comes from its own site, and the inline scripts of the theme by hash."""

import base64
import hashlib

from lxml import html


def with_policy(page: str) -> str:
    """The page with a Content-Security-Policy as the first thing after its character set.

    ``img-src`` admits ``data:`` because the theme's style sheet carries its icons that way.
    """
    scripts = dict.fromkeys(html.fromstring(page).xpath("//script[not(@*)]/text()"))
    hashes = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    policy = "; ".join(
        [
            "default-src 'self'",
            " ".join(["script-src 'self'", *(f"'sha256-{value}'" for value in hashes)]),
            "img-src 'self' data:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return page.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n      {meta}', 1)
