"""What the pages and routes work with: stores, log, clocks and how the installation is reached."""

from dataclasses import dataclass

from starlette.requests import Request

from daykeel.clock.clock import Clock
from daykeel.log.topics import SQLITE_PARTITIONS
from daykeel.scores.protocol import ScoreStore
from daykeel.web.attempts import Attempts
from daykeel.web.backlog import Backlog
from daykeel.web.logbook import Logbook
from daykeel.web.lookout import Lookout
from daykeel.web.needs import Records

SIGNPOST = (
    "If you are in danger or cannot wait, call your local emergency number. "
    "For everything else, contact your clinic in the way you agreed on."
)


@dataclass(frozen=True, slots=True)
class Surface:
    """How the installation is reached, and what its pages say of the clinic."""

    is_https: bool = False
    origins: frozenset[str] = frozenset()
    """Origins of our own pages besides the one the request itself names."""
    signpost: str = SIGNPOST
    partitions: int = SQLITE_PARTITIONS
    settle_s: float = 2.0
    """How long a diary form waits for the stream, so that the page shows what was tapped."""

    @property
    def cookie(self) -> str:
        """Name of the session cookie.

        Browsers bind a `__Host-` cookie to this host and to HTTPS; over plain HTTP, which is
        loopback only, they refuse it.
        """
        return "__Host-daykeel_session" if self.is_https else "daykeel_session"


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the app was built with."""

    scores: ScoreStore
    records: Records
    logbook: Logbook
    clock: Clock
    """What the pages call now: may be stepped."""
    wall: Clock
    """Sessions and time-outs: always the system's."""
    surface: Surface
    attempts: Attempts
    backlog: Backlog
    lookout: Lookout


def services(request: Request) -> Services:
    """Return what the app was built with."""
    found: Services = request.app.state.services
    return found
