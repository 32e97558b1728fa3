"""Putting what a person tells on the log, if the client agreed to that stream."""

import time

from daykeel.events.event import RawRecord
from daykeel.log.admission import is_allowed
from daykeel.log.codec import encode
from daykeel.log.protocol import NewRecord
from daykeel.log.topics import EVENTS_RAW, partition_of
from daykeel.web.diary import ADAPTER, Entry, days_told, diary_record
from daykeel.web.errors import NoConsent
from daykeel.web.needs import Client
from daykeel.web.services import Services

PAUSE_S = 0.05


def tell(told: Services, client: Client, entries: list[Entry]) -> RawRecord:
    """Put `entries` on the log as one raw record and return it; kept once this returns.

    Raises
    ------
    NoConsent
        The client has not agreed to the diary, or no longer does.
    """
    now = told.clock.now()
    if not is_allowed(ADAPTER, told.records.consents(client.id), now):
        raise NoConsent
    raw = diary_record(client.id, entries, now=now, zone=client.zone)
    partition = partition_of(client.id, told.surface.partitions)
    told.logbook.append([NewRecord(EVENTS_RAW, partition, client.id.encode(), encode(raw))])
    return raw


def settle(told: Services, client: str, entries: list[Entry], before: dict[str, str]) -> bool:
    """Wait, but not long, and return whether the stream has taken the entries in.

    `before` is what `contents` said before they were told. What is on the page afterwards is
    what was tapped, or the old state with a word that it will follow.
    """
    until = time.monotonic() + told.surface.settle_s
    while contents(told, client, entries) == before:
        if time.monotonic() >= until:
            return False
        time.sleep(PAUSE_S)
    return True


def contents(told: Services, client: str, entries: list[Entry]) -> dict[str, str]:
    """Return the hash of what each of the entries' days was built from."""
    days = sorted(days_told(entries))
    return {
        str(one.day): one.inputs
        for day in days
        for one in told.scores.days(client, day, day.fromordinal(day.toordinal() + 1))
    }
