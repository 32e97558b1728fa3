"""What a client allows: events outside a consent's interval are as if they had never come."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from daykeel.events.event import Event
from daykeel.events.pieces import Epochs
from daykeel.rhythm.context import Consent

Stretch = tuple[datetime, datetime]
"""Half-open."""

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_1970, _SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)


class Allowance:
    """The consents of a client, asked about what lies in a window of time."""

    def __init__(self, consents: Sequence[Consent], window: Stretch) -> None:
        self._consents = consents
        self._window = window
        self._stretches: dict[str, list[Stretch] | None] = {}

    def events(self, events: Iterable[Event]) -> list[Event]:
        """Return the events that are allowed; a local time counts as if in UTC."""
        if not self._consents:
            return list(events)
        return [event for event in events if self._is_allowed(event)]

    def epochs(self, epochs: Epochs) -> Epochs | None:
        """Return the epochs that are allowed, or None if none is."""
        stretches = self._of(epochs.adapter) if self._consents else None
        if stretches is None:
            return epochs
        starts = np.array(epochs.start)
        kept = np.zeros(starts.size, dtype=bool)
        for start, stop in stretches:
            kept |= (starts >= (start - _1970) // _SECOND) & (starts < (stop - _1970) // _SECOND)
        return _rows(epochs, np.flatnonzero(kept).tolist()) if kept.any() else None

    def _is_allowed(self, event: Event) -> bool:
        stretches = self._of(event.adapter)
        if stretches is None:
            return True
        at = _home(event)
        return any(start <= at < stop for start, stop in stretches)

    def _of(self, adapter: str) -> list[Stretch] | None:
        """Return when an adapter is allowed, or None if it is in the whole window."""
        if adapter not in self._stretches:
            found = allowed_stretches(self._consents, adapter)
            first, last = self._window
            whole = any(start <= first and last <= stop for start, stop in found)
            self._stretches[adapter] = None if whole else found
        return self._stretches[adapter]


def allowed_stretches(consents: Iterable[Consent], adapter: str) -> list[Stretch]:
    """Return when events of an adapter are allowed."""
    return [
        (consent.start or FIRST, consent.stop or LAST)
        for consent in consents
        if consent.source in (adapter, "*")
    ]


def _home(event: Event) -> datetime:
    if event.start is not None:
        return event.start
    if event.local_start is not None:
        return event.local_start.replace(tzinfo=UTC)
    return event.observed_at


def _rows(epochs: Epochs, rows: Sequence[int]) -> Epochs:
    return Epochs(
        adapter=epochs.adapter,
        source=epochs.source,
        device=epochs.device,
        kind=epochs.kind,
        unit=epochs.unit,
        start=[epochs.start[row] for row in rows],
        seconds=[epochs.seconds[row] for row in rows],
        value=[epochs.value[row] for row in rows],
        observed=[epochs.observed[row] for row in rows],
        received=[epochs.received[row] for row in rows],
        revision=[epochs.revision[row] for row in rows],
    )
