"""A list that a command prints, for as long as somebody reads it."""

import contextlib
import os
import sys


@contextlib.contextmanager
def listing():
    """Where ``| head`` has read enough, the command ends, without a word."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # to which Python writes at its end
