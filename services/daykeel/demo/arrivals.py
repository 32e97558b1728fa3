"""What was published and has not come to the log: a broker may acknowledge before ingest has it."""

import time
from collections import Counter
from collections.abc import Iterable

from daykeel.events.codec import decode
from daykeel.events.event import RawRecord
from daykeel.log.protocol import Log
from daykeel.log.topics import EVENTS_RAW

GROUP = "demo"
AT_ONCE = 1000
PAUSE_S = 0.002


class Lost(TimeoutError):  # noqa: N818  a fact about ingest
    """Something that the broker acknowledged did not come to the log in time."""


class Arrivals:
    """Reads along on the log; what comes twice counts once."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def wait(self, published: Iterable[tuple[str, bytes]], patience_s: float) -> None:
        """Return once each (topic, payload) has come.

        Raises
        ------
        Lost
            It takes longer than one is patient.
        """
        missing = Counter(published)
        end = time.monotonic() + patience_s
        while missing:
            if time.monotonic() > end:
                raise Lost(f"{missing.total()} messages have not come to the log")
            came = self._came()
            missing -= Counter(came)
            if not came:
                time.sleep(PAUSE_S)

    def _came(self) -> list[tuple[str, bytes]]:
        records = self._log.read(GROUP, (EVENTS_RAW,), AT_ONCE)
        raws = (decode(RawRecord, one.value) for one in records if one.value is not None)
        return [(raw.topic, raw.payload) for raw in raws]
