import asyncio
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from daykeel.log.errors import LogUnavailable
from daykeel.stream import store
from daykeel.stream.transport import acking, consumer
from daykeel.stream.transport.pinned import is_pinned

sys.path.insert(0, str(Path(__file__).parent))
from counting import PARTITIONS, counting_app, event, open_counting

CHANGELOG = "counting-counts-changelog"


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/log.db"


@pytest.fixture
def log(url):
    opened = open_counting(url)
    yield opened
    opened.close()


@asynccontextmanager
async def working(url, **settings):
    app = counting_app(url, **settings)
    await app.start()
    try:
        yield app
    finally:
        await app.stop()
        app.transport.close()


async def until(true, what, seconds=20.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not in time: {what}"
        await asyncio.sleep(0.001)


async def counted(log):
    await until(lambda: log.lag("counting", ("events",)) == 0, "everything is counted")


def events(count, keys=10):
    return [event(b"k%d" % (at % keys)) for at in range(count)]


def counts(log):
    """What the table's changelog says, by key."""
    return {
        record.key: int(record.value)
        for partition in range(PARTITIONS)
        for record in log.fetch((CHANGELOG, partition), 0, 10_000)
    }


def echoes(log):
    return [
        (record.key, int(record.value))
        for partition in range(PARTITIONS)
        for record in log.fetch(("echoes", partition), 0, 1_000_000)
    ]


async def test_what_is_on_the_log_is_counted_and_committed_with_its_effects(url, log):
    log.append(events(1000))

    async with working(url):
        await counted(log)

        assert counts(log) == {b"k%d" % key: 100 for key in range(10)}
        assert sorted(echoes(log)) == sorted(
            (b"k%d" % key, nth) for key in range(10) for nth in range(1, 101)
        )


async def test_headers_of_an_event_reach_the_agent_and_those_it_sends_are_on_the_log(url, log):
    headers = (("trace", b"7"), ("empty", b""))
    log.append([event(b"k1")._replace(headers=headers), event(b"k2")])

    async with working(url):
        await counted(log)

    found = {
        record.key: record.headers
        for partition in range(PARTITIONS)
        for record in log.fetch(("echoes", partition), 0, 10)
    }
    assert found == {b"k1": headers, b"k2": ()}


@pytest.mark.parametrize("headers", [{"trace": "7"}, {b"trace": b"7"}, [("trace", None)]])
async def test_a_header_that_is_no_bytes_is_refused_to_who_sends_it(url, headers):
    async with working(url) as app:
        with pytest.raises(TypeError, match="a name and bytes"):
            app.topic("echoes").send_soon(key=b"k", value=b"1", partition=0, headers=headers)


async def test_a_stream_that_starts_again_goes_on_where_it_was(url, log):
    log.append(events(100))
    async with working(url):
        await counted(log)
    log.append(events(100))

    async with working(url):
        await counted(log)

    assert counts(log) == {b"k%d" % key: 20 for key in range(10)}
    assert len(echoes(log)) == 200


@pytest.fixture
def unhurried(monkeypatch):
    """Let whoever waits for records go on only when told that there are some."""
    fetch = consumer.Consumer._getmany

    def waiting(self, active_partitions, timeout):
        return fetch(self, active_partitions, 600.0)

    monkeypatch.setattr(consumer.Consumer, "_getmany", waiting)


async def test_an_append_of_another_process_is_processed_before_any_interval_ends(
    url, log, unhurried
):
    async with working(url, broker_commit_interval=600.0):
        for _ in range(20):
            log.append(events(1))
            await counted(log)

    assert counts(log) == {b"k0": 20}


async def test_a_log_that_cannot_be_written_holds_everything_back_until_it_can(
    url, log, monkeypatch
):
    async with working(url) as app:
        write, refused = app.transport.log.write, []

        def full(*args):
            refused.append(args)
            raise LogUnavailable("database or disk is full")

        monkeypatch.setattr(app.transport.log, "write", full)
        log.append(events(50))
        await until(lambda: len(refused) > 1, "it tries again")
        lag, seen = log.lag("counting", ("events",)), echoes(log)
        monkeypatch.setattr(app.transport.log, "write", write)
        await counted(log)

    assert (lag, seen) == (50, [])
    assert counts(log) == {b"k%d" % key: 5 for key in range(10)}
    assert len(echoes(log)) == 50


async def test_it_stops_though_the_log_cannot_be_written_and_then_begins_where_it_was(
    url, log, monkeypatch
):
    def full(*_):
        raise LogUnavailable("database or disk is full")

    log.append(events(50))
    async with asyncio.timeout(60):
        async with working(url) as app:
            monkeypatch.setattr(app.transport.log, "write", full)
            log.append(events(50))

    async with working(url):
        await counted(log)

    assert counts(log) == {b"k%d" % key: 10 for key in range(10)}
    assert len(echoes(log)) == 100


async def test_a_burst_larger_than_every_queue_is_processed_without_a_pause(
    url, log, unhurried, monkeypatch
):
    pauses, sleep = [], consumer.Consumer.sleep

    async def sleeping(self, seconds):
        pauses.append(seconds)
        await sleep(self, seconds)

    monkeypatch.setattr(consumer.Consumer, "sleep", sleeping)

    async with working(url, stream_buffer_maxsize=50, broker_commit_interval=600.0) as app:
        await until(app.consumer.assignment, "partitions are handed out")
        empty = {tp for tp in app.consumer.assignment() if tp.topic == CHANGELOG}
        app.consumer.pause_partitions(empty)  # so that every queue there is can be full
        log.append(events(4000))
        await counted(log)

    assert sum(counts(log).values()) == 4000
    assert set(pauses) <= {consumer.EXPIRE_S}


async def test_a_table_larger_than_its_memory_is_read_from_the_log(url, log, monkeypatch):
    monkeypatch.setattr(store, "ROOM", 1000)
    log.append(events(2000, keys=100))

    async with working(url):
        await counted(log)

    assert counts(log) == {b"k%d" % key: 20 for key in range(100)}


async def test_what_retention_lets_go_of_is_forgotten_as_fast_as_it_comes(url, log, monkeypatch):
    left = [5_000, 2_000, 0]
    monkeypatch.setattr(consumer, "EXPIRE_S", 0.01)
    monkeypatch.setattr(consumer, "EXPIRE_MORE_S", 0.01)

    def expire(now):
        monkeypatch.setattr(consumer, "EXPIRE_S", 3600.0)
        return left.pop(0)

    async with working(url) as app:
        app.transport.log.expire = expire
        await until(lambda: not left, "all is forgotten")


async def test_faust_of_another_version_runs_its_own_code(url, log, monkeypatch):
    monkeypatch.setattr(acking, "is_pinned", lambda: False)
    log.append(events(100))

    async with working(url):
        await counted(log)

    assert counts(log) == {b"k%d" % key: 10 for key in range(10)}


def test_the_overrides_fit_the_installed_version():
    assert is_pinned()


async def test_an_agent_cannot_wait_for_its_own_commit(url, log):
    async with working(url) as app:
        with pytest.raises(NotImplementedError, match="send_soon"):
            await app.producer.send("echoes", b"k", b"v", 0, None, None)
        with pytest.raises(NotImplementedError, match="send_soon"):
            await app.producer.send_and_wait("echoes", b"k", b"v", 0, None, None)
        with pytest.raises(NotImplementedError, match="partition must be given"):
            app.producer.key_partition("echoes", b"k")
