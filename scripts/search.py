"""Let the search index wait until somebody searches."""

from pathlib import Path

from mkdocs.exceptions import BuildError

AT_ONCE = '$(location.protocol!=="file:")'
WHEN_OPENED = "$(!1)".ljust(len(AT_ONCE))  # as long, so that the script's source map still fits


def defer_index(site: Path) -> None:
    """Change the theme's script so that a page does not load the index of all pages.

    From disk (``file:``) the theme loads the index when the search is first opened, over a network
    at once. Here it is when opened, always. Raises BuildError if the theme no longer says it so.
    """
    for script in site.glob("assets/javascripts/bundle.*.min.js"):
        text = script.read_text(encoding="utf-8")
        if text.count(AT_ONCE) != 1:
            raise BuildError(
                f"{script.name} no longer has {AT_ONCE}.\n  Cure: look for its place, or drop search.py."
            )
        script.write_text(text.replace(AT_ONCE, WHEN_OPENED), encoding="utf-8")
