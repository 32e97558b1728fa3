"""An installation on the real servers, in a room of its own and with every process alone."""

import os
import secrets
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from daykeel.cli.folder import Folder, locked
from daykeel.cli.profile import Profile
from daykeel.cli.say import Refused
from daykeel.demo.connections import Broker
from daykeel.demo.servers import NAMES, NoServers, Servers, servers_at
from daykeel.ingest import mosquitto
from daykeel.ingest.bridge import Bridge
from daykeel.ingest.directory import Credential
from daykeel.process.broker import address

WORKERS = tuple(f"stream:{name}" for name in "ab")
PROCESSES = (*WORKERS, "sink", "alerts", "notify", "ingest", "api")
NEEDED = ("psycopg", "rocksdict")
PATIENCE_S = 240.0
SIGN_IN_S, PAUSE_S = 30.0, 0.01


@contextmanager
def production(folder: Folder, at: Path | None, *, is_kept: bool) -> Iterator[Profile]:
    """Give an installation on the servers of a folder; one at a time has their Mosquitto.

    Parameters
    ----------
    folder
        Of what lies on this machine.
    at
        Where the servers were started; None: where `DAYKEEL_SERVERS_AT` says.
    is_kept
        Whether the room on the servers stays.

    Raises
    ------
    Refused
        What is needed is not installed, or a server does not answer or is in use.
    """
    if not all(find_spec(name) for name in NEEDED):
        raise Refused("this needs more of Daykeel: pip install 'daykeel[production]'")
    from daykeel.demo.room import room  # noqa: PLC0415  nobody else needs what it imports

    try:
        servers = servers_at(at)
    except NoServers as error:
        raise Refused(str(error)) from error
    name = f"demo-{secrets.token_hex(4)}"
    with (
        locked(Folder(servers.mosquitto)),
        room(servers.urls, name, is_kept=is_kept) as own,
        _entered(servers),
    ):
        elsewhere = {"log": own.log, "scores": own.scores, "records": own.records}
        yield _profile(Folder(folder.path, elsewhere), servers, name if is_kept else "")


def _profile(folder: Folder, servers: Servers, kept: str) -> Profile:
    mqtt = address(servers.urls["mosquitto"])
    return Profile(
        folder,
        Broker(mqtt.host, mqtt.port, mqtt.ca_file),
        {"DAYKEEL_MQTT": servers.urls["mosquitto"], "DAYKEEL_APART": "true"},
        PROCESSES,
        {name: _own(folder, name.partition(":")[2]) for name in WORKERS},
        lambda records: _let_in(servers, records.credentials()),
        PATIENCE_S,
        apart=", ".join(NAMES),
        kept=kept,
    )


def _own(folder: Folder, worker: str) -> dict[str, str]:
    """Return the settings of one worker."""
    tables = folder.path / "tables" / worker
    return {"DAYKEEL_WORKER": worker, "DAYKEEL_TABLES": str(tables)}


@contextmanager
def _entered(servers: Servers) -> Iterator[None]:
    """Let ingest into Mosquitto, with nothing kept from before, and in the end no device more."""
    _let_in(servers, ())
    bridge = Bridge(lambda _: None)
    bridge.start(address(servers.urls["mosquitto"]), anew=True)
    try:
        end = time.monotonic() + SIGN_IN_S
        while not bridge.counts["subscribed"]:
            if time.monotonic() > end:
                raise Refused(f"Mosquitto in {servers.folder} does not let ingest in")
            time.sleep(PAUSE_S)
    finally:
        bridge.stop()
    try:
        yield
    finally:
        _let_in(servers, ())


def _let_in(servers: Servers, credentials: Sequence[Credential]) -> None:
    mosquitto.write(servers.mosquitto, credentials)
    os.kill(servers.mosquitto_pid, signal.SIGHUP)
