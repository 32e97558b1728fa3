"""The two ways to run an installation: everything embedded, or on the real servers."""

import re
import secrets
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from servers_at import Servers, influxdb_url, kafka_url, postgres_url, private

from daykeel.ingest import mosquitto
from daykeel.log.topics import KAFKA_PARTITIONS, SQLITE_PARTITIONS
from daykeel.records.records import Records
from daykeel.records.secrets import broker_hash

EMBEDDED = ("ingest", "stream", "alerts", "api")
APART = ("ingest", "stream", "sink", "alerts", "notify", "api")


@dataclass
class Profile:
    """Where an installation keeps what, and which processes it is."""

    settings: Mapping[str, str]
    processes: Sequence[str]
    partitions: int
    mqtt_port: int
    broker: Servers | None = None
    """Mosquitto, where the broker is not our own."""
    patience_s: float = 60.0
    """How long it may take until all that was said is stored."""
    programs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By process, what Python runs in place of its own module."""
    is_handed_over: Callable[[], bool] = lambda: True
    """Whether ingest has answered for all that the broker has acknowledged to devices."""

    @property
    def ca(self) -> str | None:
        """What devices trust, where they speak TLS."""
        if self.broker is None:
            return None
        return parse_qs(urlsplit(self.broker.url("mosquitto")).query)["ca_file"][0]

    def let_in(self, records: Records) -> None:
        """Tell the broker of all devices; our own asks by itself."""
        if self.broker is not None:
            mosquitto.write(self.broker.folder / "mosquitto", records.credentials())
            self.broker.signal("mosquitto", signal.SIGHUP)


Opener = Callable[[Path, int], AbstractContextManager[Profile]]


@contextmanager
def embedded(folder: Path, port: int) -> Iterator[Profile]:
    """Everything of an installation in one folder."""
    settings = {
        "DAYKEEL_LOG": f"sqlite:///{folder}/log.db",
        "DAYKEEL_SCORES": f"sqlite:///{folder}/scores.db",
        "DAYKEEL_RECORDS": f"sqlite:///{folder}/records.db",
        "DAYKEEL_MQTT": f"embedded://127.0.0.1:{port}",
    }
    yield Profile(settings, EMBEDDED, SQLITE_PARTITIONS, port)


@contextmanager
def production(folder: Path, port: int) -> Iterator[Profile]:
    """Each process on its own, room on the shared servers, and a Mosquitto for itself."""
    with ExitStack() as stack:
        log, scores, records = (
            stack.enter_context(one()) for one in (kafka_url, influxdb_url, postgres_url)
        )
        broker = stack.enter_context(private(folder / "servers", "mosquitto"))
        urls = {"log": log, "scores": scores, "records": records}
        yield replace(on_servers(folder, urls, broker), is_handed_over=HandedOver(broker))


class HandedOver:
    """Whether a Mosquitto that nobody kills has an answer of ingest to all it has passed on.

    It acknowledges to a device before: what was published may still be on its way to the log.
    """

    def __init__(self, broker: Servers) -> None:
        self._file, self._read = broker.folder / "mosquitto" / "log", 0
        self._open: set[str] = set()
        with (broker.folder / "mosquitto" / "mosquitto.conf").open("a") as configuration:
            configuration.write("\nlog_type debug\n")
        broker.signal("mosquitto", signal.SIGHUP)

    def __call__(self) -> bool:
        with self._file.open("rb") as told:
            told.seek(self._read)
            new = told.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        for sent, answered in PASSED_ON.findall(whole.decode()):
            self._open.add(sent) if sent else self._open.discard(answered)
        return not self._open


PASSED_ON = re.compile(
    r"Sending PUBLISH to \S+ \(d\d, q1, r\d, m(\d+),|Received PUBACK from \S+ \(Mid: (\d+)"
)
"""What is sent again after a lost connection keeps its number."""

TWO_WORKERS = ("ingest", "stream:a", "stream:b", *APART[2:])


@contextmanager
def mortal(
    folder: Path,
    port: int,
    processes: Sequence[str] = TWO_WORKERS,
) -> Iterator[Profile]:
    """Each process on its own, on servers of its own that may be killed."""
    with private(folder / "servers", "kafka", "influxdb", "postgres", "mosquitto") as servers:
        names = {"log": "kafka", "scores": "influxdb", "records": "postgres"}
        urls = {what: servers.url(name) for what, name in names.items()}
        yield replace(on_servers(folder, urls, servers), processes=processes)


SINGING = str(Path(__file__).parent / "singing.py")


@contextmanager
def singing(folder: Path, port: int) -> Iterator[Profile]:
    """Everything in one folder, as `daykeel up` runs it, with a canary on the tests' clock."""
    with embedded(folder, port) as profile:
        yield replace(
            profile,
            settings={**profile.settings, "DAYKEEL_CANARY_S": "0.5"},
            processes=("ingest", "stream", "beside", "api"),
            programs={"beside": (SINGING, "beside")},
        )


@contextmanager
def singing_on_servers(folder: Path, port: int) -> Iterator[Profile]:
    """Each process on its own, with a canary on the tests' clock, on servers that may be killed."""
    with mortal(folder, port, (*TWO_WORKERS, "canary")) as profile:
        yield replace(
            profile,
            settings={**profile.settings, "DAYKEEL_CANARY_S": "0.5"},
            programs={"canary": (SINGING, "canary")},
        )


def on_servers(folder: Path, urls: Mapping[str, str], broker: Servers) -> Profile:
    mqtt = broker.url("mosquitto")
    settings = {
        **{f"DAYKEEL_{what.upper()}": url for what, url in urls.items()},
        "DAYKEEL_MQTT": mqtt,
        "DAYKEEL_APART": "true",
        "DAYKEEL_TABLES": str(folder / "tables"),
    }
    port = urlsplit(mqtt).port or 0
    return Profile(settings, APART, KAFKA_PARTITIONS, port, broker, patience_s=240.0)


def broker_user(profile: Profile, records: Records) -> tuple[str, str]:
    """Let somebody into Mosquitto who may speak for every device, and return name and password."""
    profile.let_in(records)
    assert profile.broker is not None
    folder, password = profile.broker.folder / "mosquitto", secrets.token_hex(16)
    with (folder / mosquitto.ACL).open("a") as acl:
        acl.write("\nuser everyone\ntopic write #\n")
    with (folder / mosquitto.PASSWORDS).open("a") as passwords:
        passwords.write(f"everyone:{broker_hash(password)}\n")
    profile.broker.signal("mosquitto", signal.SIGHUP)
    return "everyone", password


PROFILES = (
    pytest.param(embedded, id="embedded"),
    pytest.param(production, id="production", marks=pytest.mark.servers),
)
"""For tests that hold on both."""
