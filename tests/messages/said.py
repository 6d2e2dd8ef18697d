"""What a few lines of code say (their error, their warnings, what they print and return), and which claims fail."""

import contextlib
import inspect
import io
import json
import traceback
import warnings


def said(make, cured):
    printed, lines = io.StringIO(), []
    with warnings.catch_warnings(record=True) as warned, contextlib.redirect_stdout(printed):
        warnings.simplefilter("always")
        try:
            lines.append(str(make(cured)))
        except Exception as error:
            lines.append(f"{type(error).__name__}: {error}")
    lines += [f"{one.category.__name__}: {one.message}" for one in warned]
    return "\n".join([printed.getvalue(), *lines])


def failure(claim):
    """Where a claim fails, or nothing."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            claim()
        except Exception:
            return traceback.format_exc()
    return ""


def tell(names):
    """Print what each function of one parameter says, as it is and cured, by its entry, and which claims fail."""
    made = {name: one for name, one in names.items() if getattr(one, "__module__", "") == "__main__"}
    public = {name: one for name, one in made.items() if callable(one) and not name.startswith("_")}
    for name in ("said", "failure", "tell"):
        del public[name]
    claims = {name: one for name, one in public.items() if not inspect.signature(one).parameters}
    found = {
        name.replace("_", "-"): [said(one, cured) for cured in (False, True)]
        for name, one in public.items()
        if name not in claims
    }
    print()
    print(json.dumps({"lines": found, "claims": {name: failure(one) for name, one in claims.items()}}))
