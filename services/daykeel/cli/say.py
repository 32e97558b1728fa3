"""How the command line speaks: results on standard output, refusals as an exception."""

import sys
from argparse import ArgumentTypeError

ACTOR = "command line"
"""Who did it, as the audit calls whoever sits at the machine."""


class Refused(Exception):  # noqa: N818  a fact about what was asked for
    """The command will not do what was asked; its text says why and what would be possible."""

    code = 2
    """Exit code of the command."""


def shown_name(text: str) -> str:
    """Return a name of somebody, if it can be seen and read in one line."""
    if not text.strip() or not text.isprintable():
        raise ArgumentTypeError("a name is some letters in one line")
    return text.strip()


def say(text: str = "") -> None:
    """Write a line for the person at the terminal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
