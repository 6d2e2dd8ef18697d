"""Let the interactive figures stand in Markdown: ``<parabola-figure id="…" markdown> … </parabola-figure>``."""

from markdown import Extension

ELEMENTS = [f"{name}-figure" for name in ("parabola", "surrogate", "bowl", "countdown", "batch")]


class ElementsExtension(Extension):
    """Without this, Python-Markdown takes an element that it does not know for a word of a sentence."""

    def extendMarkdown(self, md):
        md.block_level_elements.extend(ELEMENTS)
