"""Let the interactive figures stand in Markdown: ``<parabola-figure id="…" markdown> … </parabola-figure>``."""

from markdown import Extension

# Each figure and the page that teaches with it.
FIGURES = {
    "parabola": "overshoot/",
    "surrogate": "taylor/",
    "bowl": "conditioning/",
    "countdown": "overflow/",
    "batch": "minibatch/",
    "adam": "adam/",
    "bits": "precision/",
}


class ElementsExtension(Extension):
    """Without this, Python-Markdown takes an element that it does not know for a word of a sentence."""

    def extendMarkdown(self, md):
        md.block_level_elements += [*(f"{name}-figure" for name in FIGURES), "diagnose-box"]


def makeExtension(**settings):
    """Lets Python-Markdown load this by name: ``pages.elements``."""
    return ElementsExtension(**settings)
