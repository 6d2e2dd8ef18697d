"""Show a figure in the reader's colour scheme: ``![…](figures/overshoot.run.svg)`` becomes two images."""

import re
import xml.etree.ElementTree as etree
from pathlib import Path

from markdown import Extension
from markdown.treeprocessors import Treeprocessor

from program import SCHEMES


class FiguresExtension(Extension):
    """Replaces each image under ``figures/`` by its light and its dark drawing.

    The style sheet shows the one that suits. Both carry the size of the drawing, so that the page
    does not move when it arrives; a browser does not load the one that is hidden.
    """

    def __init__(self, figures: Path):
        super().__init__()
        self.figures = figures

    def extendMarkdown(self, md):
        # Before MkDocs resolves links, so that a figure that does not exist is reported.
        md.treeprocessors.register(_Figures(md, self.figures), "figures", 1)


class _Figures(Treeprocessor):
    def __init__(self, md, figures: Path):
        super().__init__(md)
        self.figures = figures

    def run(self, root):
        for parent in list(root.iter()):
            for place, image in enumerate(list(parent)):
                source = image.get("src", "")
                if image.tag == "img" and re.fullmatch(r"figures/[\w.-]+\.svg", source):
                    pair = [self._in_scheme(image, source, scheme) for scheme in SCHEMES]
                    pair[0].tail, pair[1].tail = "", image.tail
                    parent.remove(image)
                    for offset, one in enumerate(pair):
                        parent.insert(place + offset, one)

    def _in_scheme(self, image, source, scheme):
        one = etree.Element("img", dict(image.attrib))
        name = source.removeprefix("figures/").removesuffix("svg") + f"{scheme}.svg"
        one.set("src", f"figures/{name}")
        one.set("class", f"only-{scheme}")
        one.set("loading", "lazy")
        if (self.figures / name).exists():
            box = re.search(
                r'viewBox="0 0 ([\d.]+) ([\d.]+)"', (self.figures / name).read_text(encoding="utf-8")
            )
            one.set("width", f"{float(box[1]):.0f}")
            one.set("height", f"{float(box[2]):.0f}")
        return one
