"""From what devices say to what the conductor does, instant by instant."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from daykeel.demo.cast import CAST, Member, life_of, messages
from daykeel.demo.said import Said, full_hour
from daykeel.events.event import RawRecord
from daykeel.pipeline.state import Command
from daykeel.rhythm.synthetic.days import at_hour
from daykeel.rhythm.synthetic.life import Life

Device = tuple[str, str, str]
"""(client, adapter, device)"""

DAY = timedelta(days=1)
AFTER_WAKING = timedelta(hours=3)
FINAL_HOUR = 18
"""Local hour at which a night is final at the latest."""

STOPS = time(22, tzinfo=UTC)
"""On the date of the last night the conductor lets go."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of one member's device."""

    member: Member
    said: Said


@dataclass(frozen=True, slots=True)
class Step:
    """An instant the clock is set to, and what is published at it."""

    at: datetime
    deliveries: tuple[Delivery, ...]
    settles: bool
    """Whether something can have become final: then all of it is waited for."""


@dataclass(frozen=True, slots=True)
class Play:
    """The whole demonstration."""

    first: date
    nights: int
    seed: int
    lives: dict[str, Life]
    """By client."""
    steps: tuple[Step, ...]

    @property
    def begins(self) -> datetime:
        """The first instant: the morning before the first night."""
        return datetime.combine(self.first - DAY, time(6), UTC)

    @property
    def ends(self) -> datetime:
        """The instant at which the conductor lets go of the clock."""
        return self.steps[-1].at


def play_of(start: date, nights: int, seed: int, cast: Sequence[Member] = CAST) -> Play:
    """Return what happens from the evening of `start` on."""
    first = start + DAY
    lives = {member.client: life_of(member, first, nights, seed) for member in cast}
    stop = datetime.combine(start + nights * DAY, STOPS)
    deliveries = [
        Delivery(member, said)
        for member in cast
        for said in messages(member, lives[member.client], seed)
    ]
    checks = {check for life in lives.values() for check in _finals(life)}
    return Play(first, nights, seed, lives, tuple(_steps(deliveries, checks, stop)))


def _finals(life: Life) -> Iterable[datetime]:
    """Yield the full hours at which nights become final."""
    for night, day in zip(life.nights, life.days, strict=True):
        latest = at_hour(night.night, FINAL_HOUR, day.tz)
        woke = night.sleep.stop + AFTER_WAKING if night.sleep and night.worn else latest
        yield full_hour(min(woke, latest))


def _steps(deliveries: Iterable[Delivery], checks: set[datetime], stop: datetime) -> Iterable[Step]:
    """Yield the steps up to `stop`: live messages at their instant, others at the full hour."""
    due: dict[datetime, list[Delivery]] = defaultdict(list)
    for one in deliveries:
        due[one.said.at if one.said.is_live else full_hour(one.said.at)].append(one)
    for at in sorted({*due, *checks, stop}):
        if at <= stop:
            yield Step(at, tuple(due[at]), settles=at in checks or at == stop)


def raw_records(play: Play, usernames: Mapping[Device, str]) -> list[RawRecord]:
    """Return what must have arrived, in the order of publishing.

    Parameters
    ----------
    usernames
        Of the credential of each (client, adapter, device).
    """
    return [_raw(step.at, one, usernames) for step in play.steps for one in step.deliveries]


def _raw(at: datetime, one: Delivery, usernames: Mapping[Device, str]) -> RawRecord:
    device = one.said.device
    topic = topic_of(one, usernames)
    return RawRecord(
        client=one.member.client,
        adapter=device.adapter,
        device=device.name,
        topic=topic,
        payload=one.said.payload,
        received_at=at,
        stream="event" if device.adapter == "daykeel" else "raw",
    )


def topic_of(one: Delivery, usernames: Mapping[Device, str]) -> str:
    """Return the topic a message is published on."""
    device = one.said.device
    username = usernames[one.member.client, device.adapter, device.name]
    return one.said.topic.format(client=one.member.client, username=username, device=device.name)


def commands_of(play: Play, cast: Sequence[Member] = CAST) -> list[Command]:
    """Return what the records say of the members: zones, what is tracked, consent."""
    return [command for member in cast for command in _commands(member, play)]


def _commands(member: Member, play: Play) -> Iterable[Command]:
    profile = {
        "tz": member.script.tz,
        "enrolled": play.first.isoformat(),
        "tracked_items": list(member.tracked_items),
    }
    yield Command(client=member.client, kind="profile", id="profile", version=1, value=profile)
    for adapter in sorted({device.adapter for device in member.devices}):
        yield Command(
            client=member.client,
            kind="consent",
            id=adapter,
            version=1,
            effective_from=play.begins,
            value={"source": adapter},
        )
