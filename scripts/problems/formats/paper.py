"""A set as a page to print, on A4 or Letter, with a line for each answer."""

import base64
import hashlib
import html
from pathlib import Path

from problems.formats.markdown import for_paper
from problems.problem import Problem, Question
from problems.sets import grouped

PRECISION = (
    "Three significant digits are enough: a number within 1 % of the right one counts, a count must be exact."
)
STYLE = Path(__file__).with_name("paper.css").read_text(encoding="utf-8")


def page(title: str, parts: list[str]) -> str:
    """A page that is whole in itself: no script, no request, its one style sheet allowed by hash."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def sheet(problems: list[Problem], title: str) -> str:
    """The set as it is printed."""
    parts = [f"<section><h1>{title}</h1>", '<p class="who">Name <span></span> Date <span></span></p>']
    parts.append(f"<p>{PRECISION}</p>")
    for place, problem, questions in grouped(problems):
        parts.append(f'<div class="problem"><h2>{place}. {problem.title}</h2>{for_paper(problem.text)}')
        for name, question in questions:
            parts += _asked(name, question)
        parts.append("</div>")
    return "\n".join([*parts, "</section>"])


def _asked(name: str, question: Question) -> list[str]:
    parts = [f'<div class="question"><div>{for_paper(f"**{name}** {question.ask}")}']
    if question.is_choice:
        options = "".join(f"<li>{answer.value}</li>" for answer in question.answers)
        parts.append(f'<ol type="A">{options}</ol>')
    return [*parts, '</div><p class="answer">Answer <span></span></p></div>']
