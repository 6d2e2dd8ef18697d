"""What a few lines of code say: their error, their warnings, what they print and return."""

import contextlib
import io
import json
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


def tell(names):
    """Print what each function says as it is and when it is cured: a function's name is the entry's."""
    made = {name: one for name, one in names.items() if getattr(one, "__module__", "") == "__main__"}
    found = {
        name.replace("_", "-"): [said(one, cured) for cured in (False, True)]
        for name, one in made.items()
        if callable(one) and name not in ("said", "tell") and not name.startswith("_")
    }
    print()
    print(json.dumps(found))
