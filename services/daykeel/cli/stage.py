"""An installation on a stepped clock in which everybody of the cast is enrolled."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from daykeel.cli.enrol import SOURCES, topics_for
from daykeel.cli.folder import Folder, Reached
from daykeel.cli.prepare import prepare
from daykeel.cli.profile import Profile
from daykeel.clock.clock import SteppedClock
from daykeel.demo.cast import CAST, Member
from daykeel.demo.connections import Login
from daykeel.demo.plan import Device, Play
from daykeel.pipeline.state import Command
from daykeel.records.records import Records

LINK_LASTS = timedelta(hours=24)
SHOWN = "advance"
"""Whose own page there is an account for."""

MANY = 100_000


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a play is played."""

    profile: Profile
    records: Records
    clock: SteppedClock
    reached: Reached
    logins: Mapping[Device, Login]
    commands: Sequence[Command]
    therapist: str
    client: str
    """Accounts."""

    @property
    def folder(self) -> Folder:
        """Where everything of it lies."""
        return self.profile.folder

    @property
    def usernames(self) -> dict[Device, str]:
        """User names of all devices."""
        return {device: login.username for device, login in self.logins.items()}

    @property
    def environment(self) -> Mapping[str, str]:
        """Settings of all processes."""
        return {
            **self.folder.environment(),
            **self.profile.settings,
            "DAYKEEL_CLOCK": f"stepped:{self.folder.clock_file}",
            "DAYKEEL_HTTP": self.reached.url.removeprefix("http://"),
        }

    def link(self, account: str) -> str:
        """Return a link by which the account signs in, once."""
        token = self.records.login_link(account, now=datetime.now(UTC), ttl=LINK_LASTS)
        return f"{self.reached.url}/login?token={token}"


def staged(profile: Profile, play: Play, http_port: int) -> Stage:
    """Enrol the cast and set the clock to the first instant."""
    folder = profile.folder
    clock = SteppedClock(folder.clock_file)
    clock.set(play.begins)
    prepare(folder)
    records = folder.records()
    logins: dict[Device, Login] = {}
    for member in CAST:
        logins |= _enrolled(records, member, play)
    profile.let_in(records)
    reached = profile.reached(http_port)
    folder.note(reached)
    therapist = records.add_account("therapist", "demo therapist", now=play.begins)
    for member in CAST:
        records.assign(therapist.id, member.client, now=play.begins)
    shown = next(member for member in CAST if member.script.name == SHOWN)
    own = records.add_account("client", shown.name, client=shown.client, now=play.begins)
    commands = [command for _, command in records.pending_commands(MANY)]
    return Stage(profile, records, clock, reached, logins, commands, therapist.id, own.id)


def _enrolled(records: Records, member: Member, play: Play) -> Iterator[tuple[Device, Login]]:
    client = member.client
    adapters = sorted({device.adapter for device in member.devices})
    records.add_client(
        member.name,
        member.script.tz,
        now=play.begins,
        allowed=dict.fromkeys(adapters, play.begins),
        enrolled=play.first,
        id=client,
    )
    records.put_command(_profile(member, play))
    for device in member.devices:
        filters = topics_for(SOURCES[device.adapter], client, device.name)
        credential, password = records.add_credential(
            client, device.name, device.adapter, filters, now=play.begins
        )
        yield (client, device.adapter, device.name), Login(credential.username, password)


def _profile(member: Member, play: Play) -> Command:
    """Return which anchors can be known of a member."""
    return Command(
        client=member.client,
        kind="profile",
        id="profile",
        version=2,
        value={
            "tz": member.script.tz,
            "enrolled": play.first.isoformat(),
            "tracked_items": list(member.tracked_items),
        },
    )
