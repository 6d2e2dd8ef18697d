"""Finish a page: folds that keep answers from the search, figures in two widths, code that scrolls by keyboard."""

import xml.etree.ElementTree as etree

from markdown import Extension
from markdown.postprocessors import Postprocessor
from markdown.treeprocessors import Treeprocessor

PHONE = "screen and (max-width: 37.5rem)"
BLOCK = "<pre><span></span><code>"


class FinishExtension(Extension):
    """Finishes a page after all else that Markdown does."""

    def extendMarkdown(self, md):
        md.treeprocessors.register(_Finish(md), "finish", 0)
        md.postprocessors.register(_ByKeyboard(md), "by-keyboard", 0)


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


class _ByKeyboard(Postprocessor):
    def run(self, text):
        return text.replace(BLOCK, BLOCK.replace("<code", '<code tabindex="0"'))


def in_both_widths(image: etree.Element) -> etree.Element:
    """The figure's picture, with its narrow drawing for a phone; paper takes the wide one."""
    width, height = image.attrib.pop("data-narrow").split()
    figure, scheme, kind = image.get("src").rsplit(".", 2)
    picture = etree.Element("picture")
    picture.tail, image.tail = image.tail, None
    narrow = {"media": PHONE, "srcset": f"{figure}.narrow.{scheme}.{kind}", "width": width, "height": height}
    picture.extend([etree.Element("source", narrow), image])
    return picture
