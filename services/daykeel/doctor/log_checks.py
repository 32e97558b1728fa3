"""Checks of the log: it answers, is of this release, takes records, and its readers get on."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from daykeel.doctor.checks import Checks
from daykeel.doctor.finding import Ailment, Finding, Level, NothingToSee
from daykeel.log.codec import SCHEMA
from daykeel.log.errors import LogError
from daykeel.log.open import look_at_log
from daykeel.log.protocol import Log, Position
from daykeel.log.topics import (
    CHANGELOG,
    GROUPS,
    KAFKA_PARTITIONS,
    QUARANTINE,
    SQLITE_PARTITIONS,
    TOPICS,
)
from daykeel.log.waiting import oldest_waiting
from daykeel.web.words import age

OPERATOR = "operator"
TIMERS = "stream.timers"
STILL = timedelta(minutes=1)
"""After so long without a sign the stream stands still."""
OLD = timedelta(minutes=1)
"""Longer than anything has to wait while all goes well."""
MOVES_S, PAUSE_S = 6.0, 0.25
"""How long a reader that is behind is watched, and how often looked at."""
AHEAD = timedelta(seconds=5)
BUSY_S = 3.0
"""How long a file that somebody else is writing to is waited for."""

PROCESSES = {"stream": "stream", "scored": "stream", "sink": "sink", "alerts": "alerts"}
"""Group -> the process that reads for it."""


class Waits(NamedTuple):
    """How it stands with a group of readers."""

    lag: int
    oldest: timedelta | None
    """How long the first record of those that wait has waited."""
    is_moving: bool


class LogChecks(Checks[Log]):
    """The log of one installation, opened by the first check."""

    setting = "log"
    name = "the log"
    if_lost = "put the folder back from a backup: the log holds what every device ever said"

    def answers(self) -> str:
        """Return that the log can be reached."""
        self._has_to_be_there()
        try:
            self._opened = look_at_log(self._url, patience_s=BUSY_S)
            heads = self.opened.heads()
        except LogError as error:
            raise Ailment(f"{self._where} cannot be read: {error}", self._reach) from error
        count = sum(head for (topic, _), head in heads.items() if topic == "events.raw")
        return f"{self._where} answers, and has taken {count} messages in"

    @property
    def _reach(self) -> str:
        if self._url.startswith("kafka:"):
            return "see whether Kafka runs and can be reached from here: its address, the network"
        return "see whose file it is and whether the disk is in order; restore it from a backup"

    def schema(self) -> str:
        """Return that values are those of this release."""
        for at, head in sorted(self.opened.heads([topic.name for topic in TOPICS]).items()):
            last = self.opened.fetch(at, head - 1, 1) if head else []
            if last and last[-1].value and last[-1].value[0] > SCHEMA:
                raise Ailment(
                    f"{self._where} holds values of schema {last[-1].value[0]}, newer than "
                    f"{SCHEMA}: {at[0]}, partition {at[1]}, offset {last[-1].offset}",
                    "a newer release has written here: install that one again, it alone can go on",
                )
        return f"values are of schema {SCHEMA}"

    def topics(self) -> str:
        """Return that the topics of this release are declared as they must be."""
        is_kafka = self._url.startswith("kafka:")
        wanted = KAFKA_PARTITIONS if is_kafka else SQLITE_PARTITIONS
        found: dict[str, int] = {}
        for topic, _ in self.opened.heads():
            found[topic] = found.get(topic, 0) + 1
        names = [topic.name for topic in (*TOPICS, *([CHANGELOG] if is_kafka else []))]
        for name in names:
            if found.get(name, 0) == 0:
                advice = "run `daykeel create`" if is_kafka else f"run {self._premises.start}"
                raise Ailment(f"{self._where} has no topic {name}", advice)
            if found[name] != wanted:
                raise Ailment(
                    f"the topic {name} has {found[name]} partitions and must have {wanted}",
                    "somebody else has made it: give the log another prefix or file",
                )
        return f"{len(names)} topics are declared, of {wanted} partitions each"

    def written(self) -> str:
        """Return that the log would take a record; it gets none."""
        try:
            self.opened.try_writing()
        except LogError as error:
            raise Ailment(
                f"{self._where} takes no record: {error}",
                "devices are not acknowledged until it does: "
                + (
                    "see what Kafka says of its disks and replicas"
                    if self._url.startswith("kafka:")
                    else "make room on the disk, see whose file it is, and end what holds it locked"
                ),
            ) from error
        return f"{self._where} would take a record"

    def stream(self) -> str:
        """Return that the stream has lately done all that was due."""
        self._has_to_run()
        if self._premises.is_stepped:
            raise NothingToSee("the clock is a demonstration's")
        mark = self.opened.marks().get(TIMERS)
        if mark is None:
            raise Ailment("the stream has never got anywhere", self._look_at("stream"))
        since = self._premises.now() - datetime.fromtimestamp(mark, UTC)
        if since > STILL:
            said = f"the stream stands still: what was due is done up to {age(since)} ago"
            raise Ailment(said, self._look_at("stream"))
        return f"what was due is done up to {age(max(since, timedelta()))} ago"

    def _has_to_run(self) -> None:
        if not self._premises.is_running:
            raise NothingToSee("the installation is stopped")

    def _look_at(self, process: str) -> str:
        return (
            f"see whether the process `{process}` runs, and in {self._premises.logs} what keeps it"
        )

    def lag(self) -> Iterator[Finding]:
        """Yield of each group of readers how much waits for it and whether it gets on."""
        if not self._premises.is_running:
            waits = {group: self.opened.lag(group, topics) for group, topics in GROUPS.items()}
            said = ", ".join(f"{count} for {group}" for group, count in waits.items())
            yield Finding("lag", Level.WELL, f"it is stopped; of records there wait {said}")
            return
        for group, found in self._watched().items():
            yield self._of_group(group, found)

    def _watched(self) -> Mapping[str, Waits]:
        """Return how it stands with each group, after those behind had time to move."""
        before = {group: self.opened.committed(group) for group in GROUPS}
        end, moved = time.monotonic() + MOVES_S, set[str]()
        while True:
            lags = {group: self.opened.lag(group, topics) for group, topics in GROUPS.items()}
            moved |= {group for group in GROUPS if self.opened.committed(group) != before[group]}
            is_known = all(not lag or group in moved for group, lag in lags.items())
            if is_known or time.monotonic() > end:
                break
            time.sleep(PAUSE_S)
        return {
            group: Waits(lag, self._oldest(group), group in moved) for group, lag in lags.items()
        }

    def _oldest(self, group: str) -> timedelta | None:
        """Return how long the first record of those that wait has waited."""
        oldest = oldest_waiting(self.opened, group)
        if oldest is None:
            return None
        return self._premises.now() - datetime.fromtimestamp(oldest, UTC)

    def _of_group(self, group: str, waits: Waits) -> Finding:
        process = PROCESSES[group]
        if not waits.lag:
            return Finding("lag", Level.WELL, f"nothing waits for {group}")
        oldest = waits.oldest or timedelta()
        said = f"{waits.lag} records wait for {group}, the first of them for {age(oldest)}"
        if oldest <= OLD:
            return Finding("lag", Level.WELL, said)
        if waits.is_moving:
            advice = (
                "it gets on: look again later; where it does not shrink, the machine is too slow"
            )
            return Finding("lag", Level.WARNING, said, advice)
        advice = self._look_at(process)
        if group == "scored":
            advice += "; a client whose score fails holds it back"
        return Finding("lag", Level.FAILED, f"{said}, and nothing moves", advice)

    def newest(self) -> tuple[Position, datetime] | None:
        """Return the newest record of what has come in, and when it was written."""
        found = [
            (at, datetime.fromtimestamp(last[-1].timestamp, UTC))
            for at, head in self.opened.heads(("events.raw",)).items()
            if head and (last := self.opened.fetch(at, head - 1, 1))
        ]
        return max(found, key=lambda one: one[1], default=None)

    def clock(self) -> str:
        """Return that nothing on the log was written in the future."""
        found = self.newest()
        if found is None:
            raise NothingToSee("nothing has come in that could tell")
        (topic, partition), written = found
        ahead = written - self._premises.now()
        if ahead > AHEAD:
            raise Ailment(
                f"the newest record of {topic}, partition {partition}, was written {age(ahead)} "
                "in the future: the clock was ahead, or is behind now",
                "set the clock of this machine by NTP; nights told meanwhile may be dated wrongly",
            )
        return f"the newest message was written {age(max(-ahead, timedelta()))} ago"

    def quarantine(self) -> Iterator[Finding]:
        """Yield whether there is something refused that nobody has looked at."""
        count = self.opened.lag(OPERATOR, (QUARANTINE,))
        if count:
            said = f"{count} records in quarantine that nobody has looked at"
            yield Finding("quarantine", Level.WARNING, said, "run `daykeel quarantine list`")
        else:
            said = "nothing is in quarantine that nobody has looked at"
            yield Finding("quarantine", Level.WELL, said)
