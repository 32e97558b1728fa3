"""The canary, or the process it shares with the alerts, on the tests' clock.

The product refuses a stepped clock, on which no page waits for a canary. Here it must be alive to
be killed: all is as it is but for what the clock says of itself.

    python singing.py canary|beside
"""

import sys
from pathlib import Path

from daykeel.canary import __main__ as canary
from daykeel.canary import service
from daykeel.clock.clock import Clock, SteppedClock


class Flowing(SteppedClock):
    """The tests' clock, which does not say that somebody steps it."""

    stepped = False


def open_clock(url: str) -> Clock:
    return Flowing(Path(url.partition(":")[2]))


if __name__ == "__main__":
    service.open_clock = open_clock
    if sys.argv[1] == "canary":
        sys.exit(canary.run())
    from daykeel.cli import beside

    beside.main()
