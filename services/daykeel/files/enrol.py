"""A credential of its own for what is replayed into an installation on this machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import sleep

import msgspec

from daykeel.log.admission import is_allowed, is_withdrawn
from daykeel.process.visit import Broker
from daykeel.records.open import open_records
from daykeel.records.records import Records

ADAPTER = "daykeel"
HEARD_S = 11.0
"""After so long everybody has heard of a consent."""


class NoInstallation(RuntimeError):  # noqa: N818  a fact about the folder, not a fault of ours
    """There is no installation in the folder, it never ran, or it does not know the client."""


@dataclass(frozen=True, slots=True)
class Login:
    """As whom a device signs in, and where."""

    broker: Broker
    username: str
    password: str = field(repr=False)


class Reached(msgspec.Struct):
    """How devices reach an installation, as it says itself while it runs."""

    mqtt_host: str
    mqtt_port: int
    mqtt_tls: bool = False


@contextmanager
def enrolled(  # noqa: PLR0913  two instants, and a clock for tests
    folder: Path,
    client: str,
    device: str,
    *,
    since: datetime,
    now: datetime,
    wait: Callable[[float], None] = sleep,
) -> Iterator[Login]:
    """Give what to sign in with at the broker of an installation, as a device of a client.

    The device's credential is made for this and disabled afterwards.

    Parameters
    ----------
    folder
        Of an installation that runs on this machine.
    since
        First instant of what will be told: consent is recorded from then on, since events
        before a consent are taken for absent.
    now
        When the device is added.
    wait
        Called with seconds after a first consent, of which ingest may not have heard yet: what
        came before that would be dropped.

    Raises
    ------
    NoInstallation
        There is none, or no such client in it, or the client has withdrawn the consent.
    """
    reached = _reached(folder)
    records = _records(folder)
    if records.client(client) is None:
        raise NoInstallation("the installation has no such client; see: daykeel client add")
    topics = (f"daykeel/v1/{client}/{ADAPTER}/{device}/#",)
    consents = records.consents(client)
    if is_withdrawn(ADAPTER, consents):
        raise NoInstallation("the client has withdrawn the consent; see: daykeel client renew")
    is_heard = is_allowed(ADAPTER, consents, now)
    credential, password = records.add_credential(client, device, ADAPTER, topics, now=now)
    records.grant(client, ADAPTER, now=now, since=since)
    name = credential.username
    try:
        if not is_heard:
            wait(HEARD_S)
        broker = Broker(reached.mqtt_host, reached.mqtt_port, reached.mqtt_tls)
        yield Login(broker, name, password)
    finally:
        records.disable_credential(name)
        records.close()


def _records(folder: Path) -> Records:
    try:
        key = (folder / "installation.key").read_bytes()
    except OSError as error:
        raise NoInstallation(f"there is no installation in {folder}") from error
    return open_records(f"sqlite:///{(folder / 'records.db').resolve()}", key)


def _reached(folder: Path) -> Reached:
    try:
        return msgspec.json.decode((folder / "installation.json").read_bytes(), type=Reached)
    except (OSError, msgspec.MsgspecError) as error:
        raise NoInstallation(f"no installation runs in {folder}") from error
