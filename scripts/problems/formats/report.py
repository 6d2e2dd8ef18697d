"""What a learner is handed back: each answer beside the right one, and what was missed."""

import html

from problems.formats.markdown import for_paper

SAID = {1: "right", 0: "not yet", "?": "to look at", "": "no answer"}


def report(one, marks: list) -> str:
    """A sheet for one learner's answers and their marks."""
    right = sum(mark.worth == 1 for mark in marks)
    rows = [
        f"<tr><td>{mark.question}</td><td>{html.escape(mark.given)}</td><td>{mark.right}</td>"
        f"<td>{SAID[mark.worth]}</td><td>{'' if mark.worth == 1 else for_paper(mark.why)}</td></tr>"
        for mark in marks
    ]
    heads = "".join(f"<th>{word}</th>" for word in ("question", "answered", "right answer", "mark", "why"))
    return (
        f"<section><h1>{html.escape(one.learner)}: problem set {one.set}</h1>"
        f"<p>{right} of {len(marks)} are right.</p><table><tr>{heads}</tr>\n"
        + "\n".join(rows)
        + "</table></section>"
    )
