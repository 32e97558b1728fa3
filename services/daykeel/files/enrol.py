"""A credential of its own for what is replayed into an installation on this machine."""

from datetime import datetime
from pathlib import Path

import msgspec

from daykeel.files.publish import Broker
from daykeel.records.open import open_records

ADAPTER = "daykeel"


class NoInstallation(RuntimeError):  # noqa: N818  a fact about the folder, not a fault of ours
    """There is no installation in the folder, it never ran, or it does not know the client."""


class Reached(msgspec.Struct):
    """How devices reach an installation, as it says itself while it runs."""

    mqtt_host: str
    mqtt_port: int
    mqtt_tls: bool = False


def enrolled(folder: Path, client: str, device: str, *, since: datetime, now: datetime) -> Broker:
    """Return the broker of an installation, to be signed in to as a new device of a client.

    Parameters
    ----------
    folder
        Of an installation that runs on this machine.
    since
        First instant of what will be told: consent is recorded from then on, since events
        before a consent are taken for absent.
    now
        When the device is added.

    Raises
    ------
    NoInstallation
        There is none, or no such client in it.
    """
    reached = _reached(folder)
    key_file, records_file = folder / "installation.key", folder / "records.db"
    if not (key_file.exists() and records_file.exists()):
        raise NoInstallation(f"there is no installation in {folder}")
    records = open_records(f"sqlite:///{records_file.resolve()}", key_file.read_bytes())
    if records.client(client) is None:
        raise NoInstallation("the installation has no such client; see: daykeel client add")
    topics = (f"daykeel/v1/{client}/{ADAPTER}/{device}/#",)
    credential, password = records.add_credential(client, device, ADAPTER, topics, now=now)
    records.grant(client, ADAPTER, now=since)
    return Broker(
        reached.mqtt_host, reached.mqtt_port, reached.mqtt_tls, credential.username, password
    )


def _reached(folder: Path) -> Reached:
    try:
        return msgspec.json.decode((folder / "installation.json").read_bytes(), type=Reached)
    except (OSError, msgspec.MsgspecError) as error:
        raise NoInstallation(f"no installation runs in {folder}") from error
