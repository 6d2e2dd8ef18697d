"""Turn the LaTeX that ``pymdownx.arithmatex`` has marked into MathML, so that no page needs a script."""

import html
import re
import xml.etree.ElementTree as etree

from markdown import Extension
from markdown.treeprocessors import Treeprocessor
from math_core import LatexError, LatexToMathML

from weave.source import SiteError

_latex = LatexToMathML(fancy_error=False)

ARROWS, RELATIONS, SIGNS = set("⟺⟹⇒⇔→"), set("=≈≤≥<>←∝≠"), set("+−±")
OPENING, CLOSING, BARS = set("([{"), set(")]}"), set("|‖")
PHONE = 20  # as many em as a phone has beside its margins


class MathematicsError(SiteError):
    """A formula that is not LaTeX we can set. The message shows the formula."""


class MathematicsExtension(Extension):
    """Sets ``$…$`` and ``$$…$$``; needs arithmatex with ``generic: true``."""

    def extendMarkdown(self, md):
        md.treeprocessors.register(_Mathematics(md), "mathematics", 1)


def makeExtension(**settings):
    """Lets Python-Markdown load this by name: ``pages.mathematics``."""
    return MathematicsExtension(**settings)


class _Mathematics(Treeprocessor):
    def run(self, root):
        for element in root.iter():
            if element.get("class") == "arithmatex":
                latex, element.text = element.text, ""
                latex = html.unescape(latex.strip()[2:-2].strip())
                if element.tag == "div":
                    element.set("tabindex", "0")  # a wide formula scrolls, by keyboard too
                    element.extend(displayed(mathml(latex, display=True)))
                else:
                    element.extend(inline(mathml(latex)))


def inline(math: etree.Element) -> list[etree.Element]:
    """A formula in a line, as its parts, so that the line may break between them."""
    parts = _parts(math)
    if len(parts) == 1:
        return [math]
    shown = []
    for part in parts:
        shown.append(etree.Element("math"))
        shown[-1].extend(part)
        shown[-1].tail = "\u2003"  # as wide as a \\quad
    shown[-1].tail = None
    return shown


def displayed(math: etree.Element) -> list[etree.Element]:
    """What a displayed formula is shown as: itself, or its parts, between which a phone may break the line.

    A part that is still too wide for a phone may be broken before a relation or a sign too.
    """
    broken = [_broken(part) if sum(map(_width, part)) > PHONE else [part] for part in _parts(math)]
    if len(broken) == len(broken[0]) == 1:
        return [math]
    shown = []
    for pieces in broken:
        shown.append(etree.Element("span", {"class": "part"}))
        shown[-1].tail = " "
        for piece in pieces:
            if len(shown[-1]):
                etree.SubElement(shown[-1], "wbr")
                piece[0].set("form", "infix")  # the first of a piece keeps its space
            etree.SubElement(shown[-1], "math", {"displaystyle": "true"}).extend(piece)
    return shown


def _parts(math: etree.Element) -> list[list[etree.Element]]:
    """The parts of a formula: where LaTeX has a ``\\quad``, one ends."""
    parts = [[]]
    for element in math:
        if element.tag == "mspace" and _width(element) >= 1:
            if len(parts[-1]) == 1 and parts[-1][0].text in ARROWS:
                parts[-1].append(element)  # an arrow stays with what follows from it
            elif parts[-1]:
                parts.append([])
        else:
            parts[-1].append(element)
    return [part for part in parts if part]


def _broken(part: list[etree.Element]) -> list[list[etree.Element]]:
    """The part in pieces, each but the first beginning with a relation or a sign that no bracket holds."""
    pieces, depth, bars = [[]], 0, set()
    for element in part:
        sign = (element.text or "") if element.tag == "mo" else ""
        depth += (sign in OPENING) - (sign in CLOSING)
        if sign in BARS:
            bars ^= {sign}
        if sign in RELATIONS | SIGNS and pieces[-1] and not depth and not bars:
            pieces.append([])
        pieces[-1].append(element)
    return pieces


def _width(element: etree.Element) -> float:
    """About how wide an element of a formula is, in em."""
    widths = [_width(child) for child in element]
    match element.tag:
        case "mspace":
            return float(element.get("width", "0").removesuffix("em"))
        case "mo":
            return 1.3 if element.text in RELATIONS | SIGNS | ARROWS else 0.35
        case "mi" | "mn" | "mtext":
            return 0.5 * len(element.text or "")
        case "mfrac" | "munder" | "mover" | "munderover":
            return max(widths)
        case "msub" | "msup":
            return widths[0] + 0.7 * widths[1]
        case "msubsup":
            return widths[0] + 0.7 * max(widths[1:])
        case "mtable":
            return 0  # its lines cannot be broken
    return sum(widths)


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
    for power in math.iter("msup"):
        prime = power[1]
        if prime.tag == "mo" and set(prime.text or " ") <= set("′″‴"):
            # The sign is already high; as a power it would float.
            power.tag = "mrow"
            prime.attrib |= {"lspace": "0", "rspace": "0"}
    for cell in math.iter("mtd"):
        # The page's policy allows no style attribute; the style sheet aligns by class.
        aligned = re.search(r"text-align: (\w+)", cell.attrib.pop("style", ""))
        if aligned:
            cell.set("class", aligned[1])
    return math
