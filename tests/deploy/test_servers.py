import asyncio
import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError

sys.path.insert(0, str(Path(__file__).parents[2] / "deploy" / "servers"))
sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
import cache
import kafka_server
import place as places
import processes
import servers
from fleet import Fleet
from servers_at import influxdb, influxdb_url, kafka_url, postgres_url, private, psql, shared

ROOT = Path(__file__).parents[2]
LISTENER = """
import os, signal, socket, sys, time
port, file = int(sys.argv[1]), sys.argv[2]
def end(*_):
    open(file, "a").write("ended ")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
if os.fork() == 0:
    time.sleep(1000)
server = socket.create_server(("127.0.0.1", port))
while True:
    server.accept()[0].close()
"""


class Listener:
    """A server of a few lines, with a child of its own that does not listen to signals."""

    name = "listener"
    ports = 1

    def __init__(self, script: str = LISTENER) -> None:
        self.script = script
        self.settled = 0

    def install(self) -> None: ...

    def prepare(self, place: places.Place) -> places.Launch:
        told = place.folder / "told"
        return places.Launch([sys.executable, "-c", self.script, str(place.ports[0]), str(told)])

    def answers(self, place: places.Place) -> bool:
        return not is_free(place.ports[0])

    def settle(self, place: places.Place) -> None:
        self.settled += 1

    def data(self, place: places.Place) -> Path:
        return place.folder / "data"

    def url(self, place: places.Place) -> str:
        return f"listener://127.0.0.1:{place.ports[0]}"


def is_free(port: int) -> bool:
    return places._is_free(port)


@pytest.fixture
def fleet(tmp_path):
    made = Fleet(tmp_path / "fleet")
    yield made
    made.kill("listener")


def test_a_server_outlives_its_starter_and_keeps_its_port_when_killed(fleet):
    fleet.start([Listener()])
    first = fleet.state()["listener"]

    fleet.kill("listener")
    assert not fleet.runs("listener")
    fleet.start([Listener()])

    again = fleet.state()["listener"]
    assert (again["url"], again["pid"] != first["pid"]) == (first["url"], True)


def test_a_killed_server_leaves_no_child_behind(fleet):
    fleet.start([Listener()])
    pid = fleet.state()["listener"]["pid"]
    family = processes._family(pid)

    fleet.kill("listener")

    assert len(family) == 2
    assert all(processes.born(one) is None for one in family)


def test_a_server_that_runs_is_not_started_twice(fleet):
    fleet.start([Listener()])
    before = fleet.state()["listener"]

    fleet.start([Listener()])

    assert fleet.state()["listener"] == before


def test_a_server_that_is_stopped_ends_in_its_own_way(fleet):
    fleet.start([Listener()])
    family = processes._family(fleet.state()["listener"]["pid"])

    fleet.stop(["listener"])

    assert (fleet.folder / "listener" / "told").read_text() == "ended "
    for one in family:
        processes.signalled(one, signal.SIGKILL)


def test_a_server_that_ends_while_starting_is_said_with_its_log(fleet):
    with pytest.raises(processes.Late, match=r"listener ended while starting; see .*/log"):
        fleet.start([Listener("raise SystemExit('no')")])

    assert (fleet.folder / "listener" / "log").read_text() == "no\n"


def test_who_reads_the_folder_can_be_nobody_else(fleet):
    fleet.start([Listener()])

    assert stat.S_IMODE(fleet.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(fleet.folder.stat().st_mode) == 0o700


def test_another_process_of_the_same_number_is_not_taken_for_the_server(fleet):
    fleet.start([Listener()])
    with fleet._changed() as state:
        ours = state["listener"]["pid"]
        state["listener"] |= {"pid": os.getpid(), "born": 1}

    assert not fleet.runs("listener")
    with fleet._changed() as state:
        state["listener"] |= {"pid": ours, "born": processes.born(ours)}


def test_a_secret_is_made_once_and_for_its_owner_only(tmp_path):
    at = places.Place(tmp_path, ())

    file = at.secret("token")

    assert at.secret("token").read_text() == file.read_text()
    assert len(file.read_text()) > 40
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_ports_are_free_different_and_not_those_of_others():
    taken = frozenset(places.free_ports(20))

    found = places.free_ports(20, taken)

    assert len({*found, *taken}) == 40
    assert all(is_free(port) for port in found)


def test_a_build_that_fails_leaves_nothing_and_one_that_succeeds_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("DAYKEEL_CACHE", str(tmp_path / "cache"))
    with pytest.raises(FileNotFoundError), cache.made_once("it") as (_, work):
        (work / "half" / "way").touch()
    assert [file.name for file in (tmp_path / "cache").iterdir()] == ["it.lock"]

    with cache.made_once("it") as (_, work):
        (work / "whole").touch()
    with cache.made_once("it") as (finished, work):
        assert (work, [file.name for file in finished.iterdir()]) == (None, ["whole"])


def test_a_program_that_is_missing_is_named_with_how_to_get_it():
    with pytest.raises(cache.Missing, match=r"no-such-tool .*: apt-get install it"):
        cache.program("no-such-tool", "apt-get install it")


def test_a_jar_that_is_missing_changed_or_unknown_is_refused(tmp_path):
    (tmp_path / "good.jar").write_bytes(b"1")
    good = f"{hashlib.sha256(b'1').hexdigest()}  good.jar\n"
    kafka_server.verify(tmp_path, good)
    bad = f"{hashlib.sha256(b'2').hexdigest()}  good.jar\n"

    for sums in (bad, f"{good}{'0' * 64}  absent.jar\n", ""):
        with pytest.raises(ValueError, match="not the files"):
            kafka_server.verify(tmp_path, sums)


def test_the_committed_checksums_are_those_of_the_version_that_is_asked_for():
    sums = (ROOT / "deploy/servers/kafka/SHA256SUMS").read_text()

    assert "<version>3.9.1</version>" in (ROOT / "deploy/servers/kafka/pom.xml").read_text()
    assert "  kafka_2.13-3.9.1.jar\n" in sums


def test_the_page_about_the_servers_names_each_of_them():
    page = (ROOT / "docs/servers.md").read_text()

    assert all(f" {name}" in page for name in servers.SERVERS)


def test_a_server_there_is_not_is_refused_with_those_there_are(tmp_path):
    line = [sys.executable, str(ROOT / "deploy/servers/servers.py"), "start", "--at", str(tmp_path)]

    done = subprocess.run([*line, "oracle"], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "'oracle' is none of kafka, influxdb, mosquitto, postgres" in done.stderr


@pytest.mark.servers
def test_each_test_has_a_database_of_its_own():
    with postgres_url() as one, postgres_url() as two:
        psql(one, "create table notes (text text)")

        assert psql(two, "select count(*) from pg_tables where tablename = 'notes'") == "0"
    known = psql(shared("postgres").url("postgres"), "select datname from pg_database")
    assert not {last_of(one), last_of(two)} & {*known.split()}


@pytest.mark.servers
def test_postgresql_takes_nobody_without_a_password(tmp_path):
    url = shared("postgres").url("postgres")
    (tmp_path / "wrong").write_text("*:*:*:*:wrong\n")
    (tmp_path / "wrong").chmod(0o600)

    with pytest.raises(AssertionError, match="password authentication failed"):
        psql(f"{url.partition('?')[0]}?passfile={tmp_path}/wrong", "select 1")


@pytest.mark.servers
def test_a_killed_postgresql_keeps_what_it_committed(tmp_path):
    with private(tmp_path / "s", "postgres") as own:
        url = own.url("postgres")
        psql(url, "create table notes (text text)")
        for turn in range(3):
            psql(url, f"insert into notes values ('{turn}')")  # noqa: S608  a number
            own.kill("postgres")
            own.start("postgres")

        assert psql(url, "select text from notes order by text").split() == ["0", "1", "2"]


@pytest.mark.servers
def test_each_test_has_buckets_of_its_own():
    with influxdb_url() as url:
        name = f"{last_of(url)}-nights"
        influxdb(url, "POST", "buckets", bucket(url, name))
        assert name in buckets(url)

    assert name not in buckets(url)


@pytest.mark.servers
def test_a_killed_influxdb_keeps_what_it_took(tmp_path):
    with private(tmp_path / "s", "influxdb") as own:
        url = own.url("influxdb")
        influxdb(
            url, "POST", "write?org=daykeel&bucket=daykeel&precision=s", b"a,c=d e=1.5 1700000000"
        )

        own.kill("influxdb")
        own.start("influxdb")

        asked = {"query": 'from(bucket: "daykeel") |> range(start: 0)', "type": "flux"}
        said = influxdb(url, "POST", "query?org=daykeel", json.dumps(asked).encode())
        assert b",1.5,e,a,d" in said


@pytest.mark.servers
async def test_a_killed_kafka_keeps_what_it_acknowledged_and_is_where_it_was(tmp_path):
    with private(tmp_path / "s", "kafka") as own:
        at = own.url("kafka").removeprefix("kafka://")
        await with_admin(at, lambda admin: admin.create_topics([NewTopic("t", 2, 1)]))
        await with_producer(at, lambda producer: producer.send_and_wait("t", b"kept", partition=1))

        own.kill("kafka")
        own.start("kafka")

        assert await first(at, TopicPartition("t", 1)) == b"kept"


@pytest.mark.servers
async def test_kafka_makes_no_topic_that_nobody_declared():
    at = shared("kafka").url("kafka").removeprefix("kafka://")
    with pytest.raises(UnknownTopicOrPartitionError):
        await with_producer(at, lambda producer: producer.send_and_wait("nobody-declared-it", b""))

    assert "nobody-declared-it" not in await with_admin(at, AIOKafkaAdminClient.list_topics)


@pytest.mark.servers
async def test_the_topics_of_a_test_go_with_it():
    with kafka_url() as url:
        at, _, prefix = url.removeprefix("kafka://").partition("/")
        await with_admin(at, lambda admin: admin.create_topics([NewTopic(f"{prefix}.t", 1, 1)]))
        # the broker lists what the controller has made a moment later
        while f"{prefix}.t" not in await with_admin(at, AIOKafkaAdminClient.list_topics):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    assert f"{prefix}.t" not in await with_admin(at, AIOKafkaAdminClient.list_topics)


async def with_admin(at: str, act: Callable[[AIOKafkaAdminClient], Awaitable[object]]):
    admin = AIOKafkaAdminClient(bootstrap_servers=at)
    await admin.start()
    try:
        return await act(admin)
    finally:
        await admin.close()


async def with_producer(at: str, act: Callable[[AIOKafkaProducer], Awaitable[object]]):
    producer = AIOKafkaProducer(bootstrap_servers=at, acks="all", request_timeout_ms=5000)
    await producer.start()
    try:
        return await act(producer)
    finally:
        await producer.stop()


async def first(at: str, partition: TopicPartition) -> bytes:
    consumer = AIOKafkaConsumer(bootstrap_servers=at, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([partition])
        return (await consumer.getone()).value
    finally:
        await consumer.stop()


def last_of(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2]


def bucket(url: str, name: str) -> bytes:
    (organisation,) = influxdb(url, "GET", "orgs?org=daykeel")["orgs"]
    asked = {"name": name, "orgID": organisation["id"], "retentionRules": []}
    return json.dumps(asked).encode()


def buckets(url: str) -> set[str]:
    return {one["name"] for one in influxdb(url, "GET", "buckets?limit=100")["buckets"]}
