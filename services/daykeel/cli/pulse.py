"""`daykeel pulse`: tells whether a process still makes progress, for the checks of containers."""

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from daykeel.cli.say import say
from daykeel.process.pulse import age

WITHIN_S = 60.0


def add_arguments(parser: ArgumentParser) -> None:
    """Add which process, by the file that it touches."""
    parser.add_argument("file", type=Path, help="what DAYKEEL_PULSE of the process names")
    parser.add_argument(
        "--within", type=float, default=WITHIN_S, metavar="SECONDS", help="default %(default)s"
    )


def run(args: Namespace) -> int:
    """Return 0 if the last beat is not older than asked, and 1 if it is or there was none."""
    ago = age(args.file, time.time())
    if ago is None:
        say("no progress yet")
        return 1
    say(f"progress {ago:.0f} s ago")
    return 0 if ago <= args.within else 1
