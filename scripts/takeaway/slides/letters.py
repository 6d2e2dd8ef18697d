"""The letters of a formula, and what the page *Notation* says that they mean."""

import re

GREEK = {"alpha": "α", "beta": "β", "epsilon": "ε", "kappa": "κ", "lambda": "λ", "mu": "μ", "nabla": "∇"}
NO_LETTERS = re.compile(r"\\(?:text|mathrm|begin|end)\{[^}]*\}|\\top")
COUNTS = re.compile(r"_\{?[itk](?:[+-]1)?\}?(?![a-zA-Z])")  # which of many it is
LETTER = re.compile(r"(\\hat |\\bar )?\\?([a-zA-Z]+)(_\{?\\?(?:max|min|\d)\}?|\^\*)?('?\(?)")
AT = re.compile(r"f'?\(([a-z])")
ROW = re.compile(r"^\| (\$[^|]+) \| ([^|;:,]+)", re.MULTILINE)


def of(formula: str) -> list[str]:
    """The letters of some LaTeX, each once, in its order; an index that counts is none of them."""
    found = []
    for hat, name, beside, called in LETTER.findall(COUNTS.sub("", NO_LETTERS.sub(" ", formula))):
        letter = GREEK.get(name, name if len(name) == 1 else "")
        if letter == "f" and called:
            letter = "f("  # a function, where elsewhere the letter is a number
        whole = hat.strip("\\ ") + letter + re.sub(r"[{}\\]", "", beside)
        if letter and letter != "∇" and whole not in found:
            found.append(whole)
    return found


def named(text: str) -> set[str]:
    """The letters that some Markdown speaks of."""
    formulas = re.findall(r"\$([^$]+)\$", text)
    spoken = re.findall(r"[α-ω](?:max|min)?", re.sub(r"\$[^$]+\$", "", text))
    joined = {word.replace("max", "_max").replace("min", "_min") for word in spoken}
    return {letter for formula in formulas for letter in of(formula)} | joined


def meanings(notation: str) -> dict[str, str]:
    """What each letter of the site means, as the first table of the page says, by letter."""
    own = notation.partition("\n## Our letters")[2].partition("\n## ")[0]
    found = {}
    for cell, meaning in ROW.findall(own):
        for letter in of(cell)[:1] if "f(" in cell else of(cell):
            found.setdefault(letter, f"{cell.strip()} {meaning.strip()}")
    return found


def explained(formula: str, beside: str, own: str, notation: dict[str, str]) -> str:
    """A line that says what the letters mean of which the words beside the formula do not speak."""
    said = [own] if own else []
    spoken = named(beside) | named(own)
    said += [notation[letter] for letter in of(formula) if letter not in spoken and letter in notation]
    if at := AT.search(formula):  # a function is explained at the formula's own letter
        said = [one.replace("$f(w)$ the loss at $w$", f"$f({at[1]})$ the loss at ${at[1]}$") for one in said]
    return " · ".join(dict.fromkeys(said))
