"""The command: diagnose.py run.csv --rate 0.001."""

import argparse
import json
import math
import re
import sys
from pathlib import Path

from .answers import GIVEN, diagnose
from .log import read
from .reading import DIGITS, Unreadable
from .shapes import LARGEST

OPTIMISERS = "SGD", "Adam", "AdamW", "RMSprop"


def between(low, high):
    """A type for argparse: a number above low and below high."""

    def value(text):
        if not re.fullmatch(DIGITS, text) or not low < float(text) < high:
            wanted = f"a number above {max(0, low):g} and below {high:g}"
            raise argparse.ArgumentTypeError(f"{wanted}, please")
        return float(text)

    return value


def options():
    """What can be said on the command line."""
    parser = argparse.ArgumentParser("diagnose.py", description=__doc__)
    add, most = parser.add_argument, 1e30
    add("logs", nargs="+", metavar="log", help="files, or - for what is piped in")
    add("--rate", type=between(0, most), help="the learning rate")
    add("--momentum", type=between(-1e-9, 1), default=0.0, help="β of SGD")
    add("--batch-size", type=between(0, most), help="samples an update")
    add("--every", type=between(0, most), help="updates from line to line")
    add("--guess", type=between(0, most), help="the loss of guessing, such as 2.30 for 10 classes")
    add("--classes", type=between(1, most), help="the number of classes, for the loss of guessing")
    add("--dtype", choices=LARGEST, help="the number format; default: as in the log, else float32")
    add("--optimiser", "--optimizer", choices=OPTIMISERS, help="default: as in the log")
    add("--adam", action="store_true", help="short for --optimiser Adam")
    add("--column", help="where the loss stands: a name, or a number")
    add("--weights", help="where one weight stands")
    add("--json", action="store_true", help="print one object a file")
    return parser


def fields_of(given):
    """What ``diagnose`` is told beside the log, from the options."""
    told = {key: given[key] for key in GIVEN}
    told["optimiser"] = told["optimiser"] or ("Adam" if given["adam"] else None)
    if given["classes"] and not told["guess"]:
        told["guess"] = math.log(given["classes"])
    return told


def fields(words):
    """The same from words of a command line without the files."""
    return fields_of(vars(options().parse_args(["-", *words])))


def load(name):
    """The text of a file, or of what is piped in."""
    piped = name == "-"
    data = sys.stdin.buffer.read() if piped else Path(name).read_bytes()
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return data.decode("utf-16" if wide else "utf-8", "replace")


def report(log, found):
    """The answer as lines to read."""
    yield f"{' '.join(found['said'])}\n{found['verdict']} ({found['confidence']})"
    yield from found["why"]
    yield ""
    yield from found["next"]
    if found["odds"]:
        yield found["odds"]


def main(words):
    """Answer each log; returns None, or the complaint about one that cannot be read."""
    for stream in sys.stdout, sys.stderr:
        if hasattr(stream, "reconfigure"):  # a console that cannot say α says \u03b1
            stream.reconfigure(errors="backslashreplace")
    given = vars(options().parse_args(words))
    told = fields_of(given)
    for name in given["logs"]:
        file = {"file": name} if len(given["logs"]) > 1 else {}
        try:
            log = read(load(name), given["column"], given["weights"])
        except (Unreadable, OSError) as error:
            if not given["json"]:
                return f"diagnose.py: {error}"
            print(
                json.dumps(
                    file | {"verdict": "unreadable", "confidence": None, "why": [str(error)]},
                    ensure_ascii=False,
                )
            )
            continue
        found = diagnose(log, **told)
        if given["json"]:
            print(json.dumps(file | found, ensure_ascii=False, allow_nan=False))
        else:
            print(*report(log, found), sep="\n")
    return None
