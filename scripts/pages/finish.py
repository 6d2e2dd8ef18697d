"""Finish a page's HTML: code that scrolls by keyboard, folds that keep answers from the search, narrow figures."""

import re

from markdown import Extension
from markdown.postprocessors import Postprocessor

FOLD = re.compile(r'<details (?!class="symptom")')
BLOCK = re.compile(r"<pre>(<span></span>)<code>")
NARROW = re.compile(r'<img [^>]*?data-narrow="(\d+) (\d+)"[^>]*?src="([^"]*?)\.(\w+\.svg)"[^>]*>')


class FinishExtension(Extension):
    """Does ``finish`` after all else that Markdown does."""

    def extendMarkdown(self, md):
        md.postprocessors.register(_Finish(md), "finish", 1)


def makeExtension(**settings):
    """Lets Python-Markdown load this by name: ``pages.finish``."""
    return FinishExtension(**settings)


class _Finish(Postprocessor):
    def run(self, text):
        return finish(text)


def finish(html: str) -> str:
    """The page's HTML with code that scrolls by keyboard, and folds that the search does not look into.

    It would give answers away. It does look into the symptoms of a decision tree.
    """
    html = FOLD.sub("<details data-search-exclude ", in_both_widths(html))
    return BLOCK.sub(r'<pre>\1<code tabindex="0">', html)


def in_both_widths(html: str) -> str:
    """The page's HTML with the narrow drawing of each figure on a phone; paper takes the wide one."""

    def picture(image):
        width, height, figure, end = image.groups()
        wide = re.sub(r' data-narrow="[^"]*"', "", image[0])
        size = f'width="{width}" height="{height}"'
        source = f'<source media="screen and (max-width: 37.5rem)" srcset="{figure}.narrow.{end}" {size}>'
        return f"<picture>{source}{wide}</picture>"

    return NARROW.sub(picture, html)
