import asyncio
import logging
import secrets
import sys
import threading
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import OffsetAndMetadata

from daykeel.log.errors import LogUnavailable, UnknownTopic
from daykeel.log.kafka import KafkaLog
from daykeel.log.kafka_address import address
from daykeel.log.kafka_metadata import decode, encode
from daykeel.log.open import create_log, open_log
from daykeel.log.protocol import NewRecord
from daykeel.log.topics import DUE, EVENTS_RAW, SCORES, TOPICS

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from kafka_log import kafka_log
from servers_at import kafka_url, private

SOON_S = 120.0


@pytest.fixture
def url():
    with kafka_log() as made:
        yield made


@pytest.fixture
def log(url):
    opened = open_log(url)
    yield opened
    opened.close()


def raw(value, key=b"c-1", partition=0, topic=EVENTS_RAW):
    return NewRecord(topic, partition, key, value)


@pytest.mark.parametrize(
    "wrong",
    [
        "kafka://",
        "kafka:/x",
        "kafka://host:port",
        "kafka://one,,two",
        "kafka://host/a/b",
        "kafka://host/a b",
        "kafka://user@host",
        "kafka://host?acks=1",
    ],
)
def test_a_url_that_names_no_log_on_kafka_is_refused(wrong):
    with pytest.raises(ValueError, match="a log on Kafka is named"):
        open_log(wrong)


def test_names_on_kafka_begin_with_the_prefix():
    with_prefix, without = address("kafka://one,two:1/clinic"), address("kafka://[::1]:9")

    assert with_prefix.servers == ("one:9092", "two:1")
    assert without.servers == ("[::1]:9",)
    assert with_prefix.name("stream") == "clinic.stream"
    assert without.name("stream") == "stream"
    assert with_prefix.plain("clinic.events.raw") == "events.raw"
    assert with_prefix.plain("clinics.events.raw") is None


def test_metadata_come_back_as_they_were():
    for scored, marks in [(None, {}), (0, {}), (5, {"a": 1.5}), (None, {"a": 1e9, "b": 0.0})]:
        assert decode(encode(scored, marks)) == (scored, marks)


def test_a_server_that_is_not_there_is_told_with_its_address():
    with pytest.raises(LogUnavailable, match=r"Kafka at 127\.0\.0\.1:1 cannot be used"):
        open_log("kafka://127.0.0.1:1/clinic")


@pytest.mark.servers
def test_a_log_that_nobody_has_made_says_how_it_is_made():
    with kafka_url() as url:
        with pytest.raises(LogUnavailable, match="run `daykeel create`"):
            open_log(url)

        create_log(url)
        open_log(url).close()


@pytest.mark.servers
def test_topics_of_another_number_of_partitions_are_refused():
    with kafka_url() as url:
        log = KafkaLog(address(url))
        log.create(TOPICS, 3)
        log.close()

        with pytest.raises(LogUnavailable, match=r"events\.raw has 3 partitions and must have 16"):
            open_log(url)
        with pytest.raises(LogUnavailable, match="has 3 partitions"):
            create_log(url)


@pytest.mark.servers
def test_a_topic_that_is_missing_is_named_and_made_by_creating_again(log, url):
    before = log.incarnation
    asyncio.run(deleted(url, SCORES))

    with pytest.raises(LogUnavailable, match="the topic scores is not there"):
        open_log(url)
    create_log(url)

    assert reopened(url).incarnation == before


@pytest.mark.servers
def test_a_log_whose_events_are_gone_is_another_log(log, url):
    before = log.incarnation
    asyncio.run(deleted(url, EVENTS_RAW))

    create_log(url)

    assert reopened(url).incarnation not in (before, "")


async def deleted(url, topic):
    """Delete a topic, and wait until the server no longer names it."""
    admin, name = AIOKafkaAdminClient(**address(url).connection()), address(url).name(topic)
    await admin.start()
    try:
        await admin.delete_topics([name])
        while name in await admin.list_topics():  # noqa: ASYNC110  the server tells nobody
            await asyncio.sleep(0.05)
    finally:
        await admin.close()


def reopened(url):
    opened = open_log(url)
    opened.close()
    return opened


@pytest.mark.servers
def test_two_logs_of_one_kafka_know_nothing_of_each_other(log):
    before = log.heads()

    with kafka_log() as other_url, closing(open_log(other_url)) as other:
        other.append([raw(b"other")])
        other.commit("stream", {(EVENTS_RAW, 0): 1})
        other.mark("stream.timers", 1.0)

        assert log.lag("stream", (EVENTS_RAW,)) == 0
        assert log.read("stream", (EVENTS_RAW,), 10) == []
        assert (log.committed("stream"), log.marks()) == ({}, {})
        assert log.heads() == before


@pytest.mark.servers
def test_each_worker_states_its_marks_and_scores_with_its_offsets(log, url):
    log.mark("stream.timers", 5.0)
    asyncio.run(
        committed_by_a_consumer(
            url,
            {
                (DUE, 4): (7, encode(None, {"stream.timers": 3.0, "stream.other": 1.0})),
                (EVENTS_RAW, 2): (9, encode(8, {})),
            },
        )
    )

    assert log.marks() == {"stream.timers": 3.0}
    assert log.committed("scored") == {(EVENTS_RAW, 2): 8}
    assert log.committed("stream")[DUE, 4] == 7
    assert log.committed("stream")[EVENTS_RAW, 2] == 9


async def committed_by_a_consumer(url, said):
    at = address(url)
    consumer = AIOKafkaConsumer(
        **at.connection(), group_id=at.name("stream"), enable_auto_commit=False
    )
    await consumer.start()
    try:
        fresh = {
            TopicPartition(at.name(topic), part): OffsetAndMetadata(*one)
            for (topic, part), one in said.items()
        }
        consumer.assign(list(fresh))
        await consumer.commit(fresh)
    finally:
        await consumer.stop()


@pytest.mark.servers
def test_a_record_of_the_largest_upload_is_kept_and_a_larger_one_refused(log):
    large = bytes(17_500_000)

    log.append([raw(large), raw(b"small")])
    for too_large in (
        raw(bytes(18_000_000)),
        raw(bytes(10))._replace(headers=(("header", bytes(18_000_000)),)),
    ):
        with pytest.raises(ValueError, match="more than 17999000 bytes"):
            log.append([too_large])

    first, second = log.read("stream", (EVENTS_RAW,), 1), log.read("stream", (EVENTS_RAW,), 10)
    assert [one.value == large for one in first] == [True]
    assert [one.value for one in second] == [b"small"]


@pytest.mark.servers
def test_many_small_records_are_read_once_each_in_the_order_of_their_partition(log):
    count, size = 4000, 1000
    log.append([raw(b"%08d" % at + bytes(size), partition=at % 3) for at in range(count)])

    found = []
    while records := log.read("stream", (EVENTS_RAW,), 300):
        found += records

    assert len(found) == count
    for partition in range(3):
        ours = [one.offset for one in found if one.partition == partition]
        assert ours == list(range(len(ours)))


@pytest.mark.servers
def test_who_reads_and_commits_nothing_renews_its_offsets_now_and_then(log, monkeypatch):
    log.append([raw(b"a"), raw(b"b")])
    log.commit("sink", {(EVENTS_RAW, 0): 2})
    honest, renewed = log._groups.keep, []

    async def keep(group):
        renewed.append(group)
        await honest(group)

    monkeypatch.setattr(log._groups, "keep", keep)
    for _ in range(3):
        log.read("sink", (EVENTS_RAW,), 10)
    seldom = list(renewed)
    monkeypatch.setattr("daykeel.log.kafka.KEPT_S", 0.0)
    log._keep_at.clear()
    for _ in range(3):
        log.read("sink", (EVENTS_RAW,), 10)

    assert seldom == ["sink"]
    assert renewed == ["sink"] * 4
    assert log.committed("sink") == {(EVENTS_RAW, 0): 2}


@pytest.mark.servers
def test_what_a_group_was_done_with_beyond_the_end_begins_anew(log):
    log.append([raw(b"a"), raw(b"b")])
    log.commit("sink", {(EVENTS_RAW, 0): 500})

    assert [one.value for one in log.read("sink", (EVENTS_RAW,), 10)] == [b"a", b"b"]
    assert log.lag("sink", (EVENTS_RAW,)) == 0


@pytest.mark.servers
def test_nothing_of_a_record_is_in_an_error_or_a_line_of_the_log(log, caplog):
    caplog.set_level(logging.DEBUG)
    log.append([raw(b"secret-value", b"secret-client")])
    log.read("stream", (EVENTS_RAW,), 10)
    with pytest.raises(UnknownTopic) as refused:
        log.append([raw(b"secret-value", b"secret-client", topic="nowhere")])
    log.close()
    with pytest.raises(LogUnavailable) as closed:
        log.append([raw(b"secret-value", b"secret-client")])

    assert "secret" not in f"{caplog.text} {refused.value} {closed.value}"


# A server that dies


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with private(tmp_path_factory.mktemp("servers"), "kafka") as servers:
        yield servers


@pytest.fixture
def dying(server):
    url = f"{server.url('kafka')}/t{secrets.token_hex(4)}"
    create_log(url)
    opened = open_log(url)
    yield opened
    opened.close()


def insisted(ask):
    """Ask until the log answers."""
    end = time.monotonic() + SOON_S
    while True:
        try:
            return ask()
        except LogUnavailable:
            assert time.monotonic() < end


def until(condition):
    end = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.servers
def test_what_was_acknowledged_before_and_after_a_kill_is_there_in_order(dying, server):
    said, stopped = [], threading.Event()

    def append():
        while not stopped.is_set():
            records = [raw(b"%d" % len(said)), raw(b"x", partition=1)]
            insisted(partial(dying.append, records))
            said.append(len(said))

    thread = threading.Thread(target=append)
    thread.start()
    until(lambda: len(said) > 20)
    server.kill("kafka")
    server.start("kafka")
    before = len(said)
    until(lambda: len(said) > before + 20)
    stopped.set()
    thread.join()

    found = []
    while records := insisted(lambda: dying.read("stream", (EVENTS_RAW,), 1000)):
        found += [int(one.value) for one in records if one.partition == 0]
    firsts = list(dict.fromkeys(found))
    assert firsts == said


@pytest.mark.servers
def test_an_instance_goes_on_after_its_server_was_away(dying, server, monkeypatch, caplog):
    insisted(lambda: dying.append([raw(b"a"), raw(b"b")]))
    assert [one.value for one in dying.read("sink", (EVENTS_RAW,), 1)] == [b"a"]
    dying.commit("sink", {(EVENTS_RAW, 0): 1})
    monkeypatch.setattr("daykeel.log.kafka_append.DELIVERY_S", 1.0)
    server.stop("kafka")

    for ask in (
        lambda: dying.append([raw(b"lost")]),
        lambda: dying.read("other", (EVENTS_RAW,), 10),
        lambda: dying.fetch((EVENTS_RAW, 0), 0, 10),
        lambda: dying.commit("sink", {(EVENTS_RAW, 0): 2}),
        lambda: dying.lag("sink", (EVENTS_RAW,)),
        dying.marks,
    ):
        with pytest.raises(LogUnavailable, match="cannot be used"):
            ask()
    monkeypatch.undo()
    server.start("kafka")

    assert insisted(lambda: dying.lag("sink", (EVENTS_RAW,))) == 1
    assert insisted(lambda: dying.append([raw(b"c")])) == [2]
    assert [dying.read("sink", (EVENTS_RAW,), 1)[0].value for _ in "bc"] == [b"b", b"c"]
    dying.commit("sink", {(EVENTS_RAW, 0): 3})
    assert dying.lag("sink", (EVENTS_RAW,)) == 0
    assert not caplog.records  # what is given up is given up without noise


@pytest.mark.servers
def test_a_log_that_closes_waits_for_no_server(dying, server, monkeypatch):
    monkeypatch.setattr("daykeel.log.kafka_append.DELIVERY_S", 600.0)
    insisted(lambda: dying.append([raw(b"a")]))
    server.stop("kafka")
    told = []
    appending = threading.Thread(target=lambda: told.append(refusal_of(dying)))
    appending.start()

    dying.close()
    appending.join(60)

    assert told == ["LogUnavailable"]
    server.start("kafka")


def refusal_of(log):
    try:
        log.append([raw(b"b")])
    except LogUnavailable as error:
        return type(error).__name__
