"""What a client allows: what reaches beyond a consent's interval is as if it had never come.

What came while a consent held stays, also where it says of itself that it ends later: a
withdrawal takes nothing back.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from daykeel.events.event import Event
from daykeel.events.pieces import Epochs
from daykeel.rhythm.context import ClientContext, Consent
from daykeel.rhythm.local_times import Stretch, is_untimed, lies

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_1970, _SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)
_MICROSECOND, _DAY = timedelta(microseconds=1), timedelta(days=1)


class Allowance:
    """The consents of a client, asked about what is read from a UTC date on."""

    def __init__(self, context: ClientContext, since: datetime) -> None:
        self._context = context
        self._since = since
        self._stretches: dict[str, list[Stretch] | None] = {}

    def events(self, events: Iterable[Event]) -> list[Event]:
        """Return the events that are allowed.

        A local time counts in the zone the client lives in. What a person says of a day without
        a time is allowed if anything is on that day.
        """
        if not self._context.consents:
            return list(events)
        return [event for event in events if self._is_allowed(event)]

    def epochs(self, epochs: Epochs) -> Epochs | None:
        """Return the epochs that are allowed, or None if none is."""
        stretches = self._of(epochs.adapter) if self._context.consents else None
        if stretches is None:
            return epochs
        starts, came = np.array(epochs.start), np.array(epochs.received)
        stops = starts + np.array(epochs.seconds)
        kept = np.zeros(starts.size, dtype=bool)
        for start, stop in stretches:
            first, last = ((at - _1970) // _SECOND for at in (start, stop))
            is_told = (stops <= last) | (came < (stop - _1970) // _MICROSECOND)
            kept |= (starts >= first) & (starts < last) & is_told
        return _rows(epochs, np.flatnonzero(kept).tolist()) if kept.any() else None

    def _is_allowed(self, event: Event) -> bool:
        stretches = self._of(event.adapter)
        if stretches is None:
            return True
        start, end = lies(event, self._context)
        if is_untimed(event) and event.kind.startswith("self."):
            return any(begins < end and start < stop for begins, stop in stretches)
        return _is_within(stretches, (start, end), event.received_at)

    def _of(self, adapter: str) -> list[Stretch] | None:
        """Return when an adapter is allowed, or None if it is all the time and for good.

        A local time may lie a day before the UTC date it is read with.
        """
        if adapter not in self._stretches:
            found = allowed_stretches(self._context.consents, adapter)
            first = self._since - _DAY
            whole = any(start <= first and stop == LAST for start, stop in found)
            self._stretches[adapter] = None if whole else found
        return self._stretches[adapter]


def is_allowed(
    consents: Sequence[Consent], adapter: str, told: Stretch, received_at: datetime
) -> bool:
    """Return whether what was made of several events is allowed as one event would be."""
    return not consents or _is_within(allowed_stretches(consents, adapter), told, received_at)


def _is_within(stretches: Iterable[Stretch], told: Stretch, received_at: datetime) -> bool:
    start, end = told
    return any(
        begins <= start < stop and (end <= stop or received_at < stop) for begins, stop in stretches
    )


def allowed_stretches(consents: Iterable[Consent], adapter: str) -> list[Stretch]:
    """Return when events of an adapter are allowed, oldest first and apart."""
    told = sorted(
        (consent.start or FIRST, consent.stop or LAST)
        for consent in consents
        if consent.source in (adapter, "*")
    )
    found: list[Stretch] = []
    for start, stop in told:
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], stop)
        else:
            found.append((start, stop))
    return found


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
