"""What was heard from devices around a night, as far as it explains why something is unknown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from daykeel.events.event import Event
from daykeel.rhythm.activity import instant_of
from daykeel.rhythm.context import Consent
from daykeel.rhythm.devices import SILENT_KINDS, with_earlier
from daykeel.rhythm.reading import Reading
from daykeel.rhythm.scene import Scene

BODILY = ("sleep.", "bed.", "activity.", "cardio.", "device.")
"""Beginnings of kinds of events that a tracker or its app tells."""

SLEEP = ("sleep.", "bed.", "self.sleep_diary")

MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Evidence:
    """What may explain a gap."""

    scene: Scene

    @property
    def reading(self) -> Reading:
        """What was told around the night."""
        return self.scene.reading

    @cached_property
    def said(self) -> Reading:
        """The same with what devices had said of themselves before."""
        return with_earlier(self.scene.reading, self.scene.signs.before)

    @property
    def consents(self) -> Sequence[Consent]:
        """What the client allows."""
        return self.scene.context.consents

    @cached_property
    def heard(self) -> Mapping[str, datetime]:
        """By device, until when it has synced: the apps that tell of sleep, if there are any."""
        tellers = {device for _, device in self.telling}
        found: dict[str, datetime] = {}
        for name, moment in self.scene.heard.items():
            adapter, _, device = name.partition("/")
            if device not in tellers or (adapter, device) in self.telling:
                found[device] = max(found.get(device, moment), moment)
        return found

    @cached_property
    def bodily(self) -> Mapping[str, Sequence[Event]]:
        """Events of trackers by device."""
        found: dict[str, list[Event]] = {}
        for event in self._of(BODILY):
            found.setdefault(event.device, []).append(event)
        return found

    @cached_property
    def telling(self) -> frozenset[tuple[str, str]]:
        """Adapters and devices that tell of sleep, bed or activity in short epochs."""
        counted = {(one.adapter, one.device) for one in self.reading.epochs}
        return frozenset(counted.union((one.adapter, one.device) for one in self._of(SLEEP)))

    @cached_property
    def suspects(self) -> frozenset[str]:
        """Devices that should have told of the night: those that tell of sleep around it.

        If none does, those that are heard from and tell of nothing but the body.
        """
        telling = frozenset(device for _, device in self.telling)
        others = {event.device for event in self._of(("",))} - self.bodily.keys()
        return telling or frozenset(self.heard) - others

    @cached_property
    def arrivals(self) -> Sequence[datetime]:
        """When anything of the client came, oldest first."""
        events = (event.received_at for event in self._of(("",)))
        epochs = (
            instant_of(moment // MICROSECONDS)
            for one in self.reading.epochs
            for moment in set(one.received)
        )
        return sorted({*events, *epochs})

    def _of(self, beginnings: tuple[str, ...]) -> Iterator[Event]:
        for kind, events in self.reading.events.items():
            if kind.startswith(beginnings) and not kind.startswith("meta."):
                yield from events

    def told(self, device: str) -> Iterator[Event]:
        """Yield what a device told of itself and its wearer; a last will is told by others."""
        return (one for one in self.bodily.get(device, ()) if one.kind not in SILENT_KINDS)

    def moments(self, device: str) -> Iterator[datetime]:
        """Yield when a device told of something, in no order."""
        for event in self.told(device):
            yield from (moment for moment in (event.start, event.end) if moment is not None)
        for epochs in self.reading.epochs:
            if epochs.device == device:
                yield from (instant_of(second) for second in epochs.start)

    def sleep_told(self) -> Iterator[datetime]:
        """Yield when something of sleep came."""
        return (event.received_at for event in self._of(SLEEP))
