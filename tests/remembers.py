"""Remember on disk what a long run of a chapter's program gave, until the program or what asks for the run changes.

So the tests of a chapter of which only words have changed are done within seconds.
"""

import functools
import hashlib
import inspect
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import cloudpickle
from filelock import FileLock

from conftest import ROOT, read_by
from weave.memo import remembered

TESTS = Path(__file__).parent


def remembers(chapter: str):
    """Decorate a function that runs the chapter's program: what it returns for the same arguments is remembered."""
    folder = ROOT / "build/runs" / chapter

    def keep(function):
        @functools.cache
        def gave(*args, **settings):
            asked = hashlib.sha256(described((args, settings)).encode()).hexdigest()[:16]
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / "lock"):
                made = remembered(
                    folder,
                    f"{function.__name__}-{asked}",
                    read_by(chapter),
                    lambda: cloudpickle.dumps(function(*args, **settings)),
                    besides=described(function),
                )
            return cloudpickle.loads(made)

        return functools.update_wrapper(gave, function)

    return keep


def described(value, seen=None) -> str:
    """All that decides what a value is or does: of a function of the tests its source, and what it names in turn."""
    seen = set() if seen is None else seen
    if isinstance(value, dict):
        return described(tuple(value.items()), seen)
    if isinstance(value, (tuple, list)):
        return f"({', '.join(described(one, seen) for one in value)})"
    if value is None or isinstance(value, (str, int, float, Path)):
        return repr(value)
    if not isinstance(value, (FunctionType, type)) and not hasattr(value, "__wrapped__"):
        return name_of(value)
    value = inspect.unwrap(value)
    if value in seen or not is_of_the_tests(value):
        return name_of(value)
    seen.add(value)
    if isinstance(value, type):
        used = [one for one in vars(value).values() if isinstance(one, FunctionType)]
    else:
        names = sorted(named_in(value.__code__))
        used = [value.__defaults__, *(value.__globals__[name] for name in names if name in value.__globals__)]
    return inspect.getsource(value) + described(used, seen)


def name_of(value) -> str:
    """Of a module or of what a package defines: the packages stand in every key."""
    if not isinstance(value, ModuleType) and not hasattr(value, "__name__"):
        raise TypeError(f"{value!r}: what depends on it cannot be remembered")
    return f"{getattr(value, '__module__', '')}.{value.__name__}"


def is_of_the_tests(value) -> bool:
    file = getattr(inspect.getmodule(value), "__file__", None)
    return bool(file) and Path(file).is_relative_to(TESTS)


def named_in(code: CodeType) -> set[str]:
    """The names in a piece of code, and in the functions within it."""
    inner = (named_in(one) for one in code.co_consts if isinstance(one, CodeType))
    return set(code.co_names).union(*inner)
