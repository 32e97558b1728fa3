"""The process that proves the whole path: what it says must come back from the store of scores.

It is a device like any other: how old the newest of its messages in the store is, the API says.
A canary that is silent, for whatever reason, is therefore never calm. Once it is heard again it
notes how long it was not: an outage of ours, which may be why a night is unknown.
"""

import sys
from argparse import ArgumentParser, Namespace

from daykeel.canary.service import Stepped, keep_singing
from daykeel.canary.settings import CanarySettings
from daykeel.process.signals import log_to_stderr, told_to_stop

REFUSED = 2
"""Exit code where it will not run."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add nothing: all settings come from the environment."""
    del parser


def run(args: Namespace | None = None) -> int:
    """Sing with settings from the environment until a signal asks to stop."""
    del args
    log_to_stderr()
    try:
        keep_singing(CanarySettings(), told_to_stop())
    except Stepped as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(run())
