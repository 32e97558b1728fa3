"""Sending what agents have to say: each to its topic, under its key, in the client's partition."""

from collections.abc import Mapping
from datetime import datetime

import faust

from daykeel.events.codec import encode
from daykeel.events.event import Quarantined
from daykeel.log.topics import (
    DAYS,
    DUE,
    NIGHTS,
    QUARANTINE,
    SCORES,
    SIGNALS,
    partition_of,
)
from daykeel.pipeline.score import Outputs
from daykeel.pipeline.state import Due
from daykeel.stream.messages import NightSaid, ScoreSaid

WRITTEN = (DUE, DAYS, NIGHTS, SCORES, SIGNALS, QUARANTINE)


class Outbox:
    """Sends records; from within an agent they are written when its event is committed."""

    def __init__(self, topics: Mapping[str, faust.TopicT], partitions: int) -> None:
        self._topics = topics
        self._partitions = partitions

    def _send(self, topic: str, client: str, key: str, value: object) -> None:
        self._topics[topic].send_soon(
            key=key.encode(), value=encode(value), partition=partition_of(client, self._partitions)
        )

    def due(self, client: str, now: datetime) -> None:
        """Ask for a score of the client."""
        self._send(DUE, client, client, Due(client=client, since=now.timestamp()))

    def quarantine(self, refused: Quarantined) -> None:
        """Keep a refused record with its reason."""
        client = refused.raw.client
        self._send(QUARANTINE, client, client, refused)

    def outputs(self, client: str, outputs: Outputs, now: datetime) -> None:
        """Say what changed of the client."""
        for day in outputs.days:
            self._send(DAYS, client, f"{client}|{day.day}", day)
        for one in outputs.nights:
            said_at = one.said or now
            told = NightSaid(night=one.night, version=one.version, state=one.state, said_at=said_at)
            self._send(NIGHTS, client, f"{client}|{one.night.night}", told)
        for row in outputs.scores:
            key = f"{client}|{row.local_date}|{row.window}"
            self._send(SCORES, client, key, ScoreSaid(row=row))
        for baseline in outputs.baselines:
            frozen = ScoreSaid(baseline=baseline, client=client)
            self._send(SCORES, client, f"{client}|baseline|{baseline.id}", frozen)
        for entry in outputs.known:
            key = f"{client}|known|{entry.at.isoformat()}|{entry.number}"
            self._send(SCORES, client, key, ScoreSaid(known=entry, client=client))
        for signals in outputs.signals:
            self._send(SIGNALS, client, f"{client}|{signals.kind}", signals)
