import builtins
import traceback

import numpy as np


class NotYet(Exception):
    """What is still to be filled in, or what is wrong with what was."""

    def _render_traceback_(self):  # Jupyter shows these lines alone
        return [str(self)]


def fill_in(what):
    """Stands where your answer belongs: replace all of it, brackets too."""
    if not isinstance(what, str) or len(what) < 3:
        raise NotYet(
            "Your answer stands between the brackets of fill_in(…). "
            "Put it in the place of all of it, name and brackets too."
        )
    raise NotYet(f"Fill in {what}.")


def unknown(error):
    """What is said of a name that Python does not know."""
    line = traceback.extract_tb(error.__traceback__)[-1].line
    return NotYet(
        f"Not yet: Python knows no name {error.name}, in the line “{line}”. "
        f'If it is a word, put it in quotes: "{error.name}".'
    )


def in_words(shell, kind, error, trace, tb_offset=None):
    """In a notebook such a name is answered where it stands."""
    told = unknown(error) if kind is NameError else error
    shell.showtraceback((type(told), told, trace), tb_offset=tb_offset)


if hasattr(builtins, "get_ipython"):
    get_ipython().set_custom_exc((NameError,), in_words)


def check(answer, right, yes, wrong, hint, also=()):
    """Go on if the answer is right to three digits, else say what it is.

    An answer that your function has to give comes as a lambda.
    """
    if callable(answer):
        try:
            answer = answer()
        except NotYet:
            raise
        except NameError as error:
            raise unknown(error) from None
        except Exception as error:
            raise NotYet(
                f"Not yet: your code stops with “{error}”. {hint}"
            ) from None

    def same(one, other):
        try:
            one, other = np.asarray(one, float), np.asarray(other, float)
        except (TypeError, ValueError):  # a word, or rows of uneven length
            return repr(one).lower() == repr(other).lower()
        close = one.shape == other.shape and np.isclose(
            one, other, 1e-3, 1e-12
        )
        return bool(np.all(close))

    if same(answer, right):
        return print("✓", yes)
    for value, words in also:
        if same(answer, value):
            return print("✓", words)
    for value, explanation in wrong:
        if same(answer, value):
            raise NotYet(f"Not yet. {explanation}")
    raise NotYet(f"Not yet: you have {described(answer, right)}. {hint}")


def described(answer, right):
    """An answer in a few words; of many numbers their shape, or the first."""
    try:
        numbers = np.asarray(answer, float)
    except (TypeError, ValueError):
        return f"{answer!r:.60}"
    if numbers.shape != np.shape(right):
        return f"numbers of shape {numbers.shape}, where {np.shape(right)} is asked for"
    if numbers.size <= 6:
        return f"{answer!r}"
    first = ", ".join(f"{one:.4g}" for one in numbers.flat[:3])
    return f"{numbers.size} numbers that begin with {first}"


def noted(prediction, letters):
    """The letter of a prediction, a small one; none is wrong yet."""
    letter = str(prediction).strip().lower()
    if letter not in list(letters):
        *others, last = (f'"{one}"' for one in letters)
        raise NotYet(
            f"Predict {', '.join(others)} or {last}, with its quotes; you have {prediction!r:.60}."
        )
    return letter


def look_back(prediction, explanations):
    """Say what speaks for and against a prediction. None stops you."""
    print(explanations[prediction])
