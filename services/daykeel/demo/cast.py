"""The nine synthetic clients, and which devices each of them has."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from daykeel.demo import apple, bridge, diary, phone, sleep_app
from daykeel.demo.said import Device, Said
from daykeel.rhythm.ledger import ANCHORS
from daykeel.rhythm.synthetic.client import generate_client
from daykeel.rhythm.synthetic.life import Life, Script
from daykeel.rhythm.synthetic.places import noon_before
from daykeel.rhythm.synthetic.scripts import SCRIPTS

HELD, ARRIVES = 35, 12
"""The late phone keeps its messages from so many nights before the end to so many before it."""

UPLOAD = timedelta(hours=3)
"""How long it then takes to send them."""

ID_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Member:
    """One of the nine, with a name to show and the devices in use."""

    script: Script
    name: str
    tracker: tuple[Device, ...]
    has_diary: bool = True
    is_late: bool = False

    @property
    def client(self) -> str:
        """The pseudonymous id; random ones are for people."""
        plain = re.sub("[^a-z]", "", self.script.name)[:ID_LENGTH]
        return f"c-{plain:0<{ID_LENGTH}}"

    @property
    def devices(self) -> tuple[Device, ...]:
        """Every device that needs a credential."""
        return (*self.tracker, diary.DEVICE) if self.has_diary else self.tracker

    @property
    def tracked_items(self) -> tuple[str, ...]:
        """The anchors that can be known: without a diary none."""
        return ANCHORS if self.has_diary else ()


ANDROID = (sleep_app.DEVICE, phone.DEVICE)
APPLE = (apple.DEVICE,)
TRACKER = (bridge.DEVICE,)
_DETAILS: dict[str, tuple[str, tuple[Device, ...]]] = {
    "steady": ("Sigrún A.", ANDROID),
    "irregular": ("Tunde B.", APPLE),
    "advance": ("Thandi C.", ANDROID),
    "delay": ("Emre D.", TRACKER),
    "cheap tracker": ("Ngozi E.", (bridge.BAND,)),
    "tracker off": ("Wanjiru F.", TRACKER),
    "flight": ("Deniz G.", APPLE),
    "late phone": ("Pieter H.", TRACKER),
    "summer time": ("Jana I.", (bridge.DEVICE, phone.DEVICE)),
}

CAST: Sequence[Member] = tuple(
    Member(
        script,
        *_DETAILS[script.name],
        has_diary=script.name != "cheap tracker",
        is_late=script.name == "late phone",
    )
    for script in SCRIPTS
)


def life_of(member: Member, first: date, nights: int, seed: int) -> Life:
    """Return the life of a member; members of one seed differ."""
    return generate_client(member.script, first, nights, (seed, _place(member)))


def _place(member: Member) -> int:
    return [one.script.name for one in CAST].index(member.script.name)


def messages(member: Member, life: Life, seed: int) -> list[Said]:
    """Return everything the member's devices publish over a life, in the order of publishing."""
    rng = np.random.Generator(np.random.PCG64((seed, _place(member), 1)))
    told = [said for device in member.devices for said in _TELL[device](life)]
    if member.has_diary:
        told += [*diary.diary(life, rng), *diary.zone_reports(life)]
    if member.is_late:
        told = list(_late(told, life, rng))
    return sorted(told, key=lambda said: said.at)


def on_time(member: Member, life: Life, seed: int) -> list[Said]:
    """Return what the devices would publish if the phone were never late."""
    return messages(replace(member, is_late=False), life, seed)


def _late(told: Iterable[Said], life: Life, rng: np.random.Generator) -> Iterator[Said]:
    """Yield the messages, those of some weeks together at the end of them and in random order."""
    start, arrival = (
        noon_before(life.nights[max(len(life.nights) - nights, 0)].night, life.script.tz)
        for nights in (HELD, ARRIVES)
    )
    held = []
    for said in told:
        if start <= said.at < arrival:
            held.append(said)
        else:
            yield said
    for place, said in zip(rng.permutation(len(held)), held, strict=True):
        yield replace(said, at=arrival + UPLOAD * int(place) / len(held))


_TELL: dict[Device, Callable[[Life], Iterable[Said]]] = {
    sleep_app.DEVICE: sleep_app.sleep_app,
    phone.DEVICE: phone.phone,
    apple.DEVICE: apple.apple,
    bridge.DEVICE: bridge.bridge,
    bridge.BAND: bridge.band,
    diary.DEVICE: lambda _: (),
}
