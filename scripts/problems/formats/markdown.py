"""The Markdown of a problem as HTML, its mathematics as MathML for paper or in LaTeX for a question bank."""

from markdown import Markdown

from pages.mathematics import MathematicsExtension

_LATEX = {
    "extensions": ["pymdownx.arithmatex"],
    "extension_configs": {"pymdownx.arithmatex": {"generic": True}},
}
_bank = Markdown(**_LATEX)  # leaves \(…\), which Moodle sets
_paper = Markdown(**_LATEX)
_paper.registerExtensions([MathematicsExtension()], {})


def for_paper(text: str) -> str:
    return _paper.reset().convert(text)


def for_a_bank(text: str) -> str:
    return _bank.reset().convert(text)
