"""Finish a page: folds that keep answers from the search, figures in two widths, code that costs little."""

import re
import xml.etree.ElementTree as etree

from markdown import Extension
from markdown.postprocessors import Postprocessor
from markdown.treeprocessors import Treeprocessor

PHONE = "screen and (max-width: 37.5rem)"
BLOCK = re.compile(r"(<pre><span></span><code)>(.*?)</code>", re.DOTALL)
SPAN = re.compile(r'<span class="(\w+)">([^<]*)</span>')
NEIGHBOURS = re.compile(r'<span class="(\w+)">[^<]*</span>(?:\s*<span class="\1">[^<]*</span>)+')
BORDER = re.compile(r'</span>(\s*)<span class="\w+">')
PLAIN = {"n", "w"}  # names and spaces have the colour of the code itself
ALIKE = {"o": "p", "s1": "s2", "si": "s2"}  # and these have the colour of another kind of word


class FinishExtension(Extension):
    """Finishes a page after all else that Markdown does."""

    def extendMarkdown(self, md):
        # Late, when the builder has made links of files lead to where it puts them.
        md.treeprocessors.register(_Finish(md), "finish", -10)
        md.postprocessors.register(_Code(md), "code", 0)


def makeExtension(**settings):
    """Lets Python-Markdown load this by name: ``pages.finish``."""
    return FinishExtension(**settings)


class _Finish(Treeprocessor):
    def run(self, root):
        for fold in root.iter("details"):
            if fold.get("class") != "symptom":  # it would give answers away; symptoms are to be found
                fold.set("data-search-exclude", "")
        for parent in root.iter():
            for place, image in enumerate(parent):
                if "data-narrow" in image.attrib:
                    parent[place] = in_both_widths(image)


class _Code(Postprocessor):
    def run(self, text):
        return BLOCK.sub(block, text)


def in_both_widths(image: etree.Element) -> etree.Element:
    """The figure's picture, with its narrow drawing for a phone; paper takes the wide one."""
    width, height = image.attrib.pop("data-narrow").split()
    figure, scheme, kind = image.get("src").rsplit(".", 2)
    picture = etree.Element("picture")
    picture.tail, image.tail = image.tail, None
    narrow = {"media": PHONE, "srcset": f"{figure}.narrow.{scheme}.{kind}", "width": width, "height": height}
    picture.extend([etree.Element("source", narrow), image])
    return picture


def block(match: re.Match) -> str:
    """A block of code that scrolls by keyboard, and says how many lines it has: its height, before it is drawn."""
    code = thin(match[2])
    lines = code.rstrip("\n").count("\n") + 1
    return f'{match[1]} tabindex="0" data-lines="{lines}">{code}</code>'


def thin(code: str) -> str:
    """Highlighted code with no more elements than it has changes of colour, because each takes a page time."""

    def coloured(word):
        kind = ALIKE.get(word[1], word[1])
        return word[2] if kind in PLAIN else f'<span class="{kind}">{word[2]}</span>'

    return NEIGHBOURS.sub(lambda run: BORDER.sub(r"\1", run[0]), SPAN.sub(coloured, code))
