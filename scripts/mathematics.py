"""Turn the LaTeX that ``pymdownx.arithmatex`` has marked into MathML, so that no page needs a script."""

import html
import re
import xml.etree.ElementTree as etree

from markdown import Extension
from markdown.treeprocessors import Treeprocessor
from math_core import LatexError, LatexToMathML
from mkdocs.exceptions import BuildError

_latex = LatexToMathML(fancy_error=False)


class MathematicsError(BuildError):
    """A formula that is not LaTeX we can set. The message shows the formula."""


class MathematicsExtension(Extension):
    """Sets ``$…$`` and ``$$…$$``; needs arithmatex with ``generic: true``."""

    def extendMarkdown(self, md):
        md.treeprocessors.register(_Mathematics(md), "mathematics", 1)


class _Mathematics(Treeprocessor):
    def run(self, root):
        for element in root.iter():
            if element.get("class") == "arithmatex":
                latex, element.text = element.text, ""
                if element.tag == "div":
                    element.set("tabindex", "0")  # a wide formula scrolls, by keyboard too
                element.append(
                    mathml(html.unescape(latex.strip()[2:-2].strip()), display=element.tag == "div")
                )


def mathml(latex: str, display: bool = False) -> etree.Element:
    """The ``<math>`` element for a formula in LaTeX, without its delimiters.

    Raises MathematicsError for LaTeX that math-core does not know.
    """
    try:
        text = _latex.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        problem = f"the formula {latex} cannot be set: {str(error).strip()}"
        raise MathematicsError(f"{problem}\n  Cure: write it with commands that math-core knows.") from None
    # Of HTML's named characters, XML knows only these five.
    text = re.sub(r"&(?!(?:amp|lt|gt|quot|apos);)\w+;", lambda name: html.unescape(name[0]), text)
    math = etree.fromstring(text)
    for cell in math.iter("mtd"):
        # The page's policy allows no style attribute; the style sheet aligns by class.
        aligned = re.search(r"text-align: (\w+)", cell.attrib.pop("style", ""))
        if aligned:
            cell.set("class", aligned[1])
    return math
