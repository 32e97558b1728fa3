"""The parts of a worker on Kafka that need no server."""

import asyncio
from types import SimpleNamespace

import faust
import pytest
from faust.types import TP

from daykeel.log.errors import LogUnavailable
from daykeel.log.kafka_address import Address
from daykeel.log.protocol import NewRecord
from daykeel.stream.kafka import driver
from daykeel.stream.kafka.account import Account, Said
from daykeel.stream.kafka.producer import Producer
from daykeel.stream.kafka.shelf import Shelf
from daykeel.stream.kafka.standing import Standing
from daykeel.stream.transport.effects import Effect

COMMANDS, DUE = ("commands", 0), ("due", 0)


def test_what_was_not_stored_is_owed_until_it_is():
    account = Account({COMMANDS: Said(2, 1), DUE: Said(4)})

    account.note({COMMANDS: 3}, {COMMANDS: 2}, {})
    lost = account.owed()
    account.note({}, {COMMANDS: 3}, {"timers": 7.0})
    owed = account.owed()
    account.store(owed)

    assert lost == {COMMANDS: Said(3, 2)}
    assert owed == {COMMANDS: Said(3, 3), DUE: Said(4, None, {"timers": 7.0})}
    assert account.owed() == {}


def test_a_mark_stands_beside_every_later_offset_of_due():
    account = Account({DUE: Said(4, None, {"timers": 7.0})})

    account.note({DUE: 5}, {}, {})

    assert account.owed() == {DUE: Said(5, None, {"timers": 7.0})}


def test_what_retention_let_go_of_is_passed_over():
    account = Account({COMMANDS: Said(2, 1), DUE: Said(4)})

    account.pass_over({COMMANDS: 0, DUE: 9})

    assert account.folded == {COMMANDS: 2, DUE: 9}
    assert account.owed() == {DUE: Said(9)}


def test_nothing_is_owed_of_what_is_not_owned():
    account = Account({})

    account.note({COMMANDS: 3}, {COMMANDS: 3}, {"timers": 7.0})

    assert account.owed() == {}


def test_a_shelf_keeps_the_offset_it_reached_with_what_it_holds(tmp_path):
    shelf = Shelf(tmp_path / "shelf", "one")
    shelf.put(3, [(b"clients\0c-1", b"x"), (b"days\0c-1|2026-03-01", b"y")], 5)
    shelf.put(4, [(b"clients\0c-2", b"z")], 9)
    shelf.put(3, [(b"clients\0c-1", None)], 6)
    shelf.close()

    again = Shelf(tmp_path / "shelf", "one")

    assert (again.stop(3), again.stop(4), again.stop(5)) == (6, 9, 0)
    assert again.get(3, b"clients\0c-1") is None
    assert again.get(3, b"days\0c-1|2026-03-01") == b"y"
    assert list(again.values(4, b"clients\0")) == [b"z"]
    again.close()


def test_a_partition_is_cleared_without_its_neighbours(tmp_path):
    shelf = Shelf(tmp_path / "shelf", "one")
    for partition in (2, 3, 4):
        shelf.put(partition, [(b"clients\0c-1", b"x")], 1)

    shelf.clear(3)

    assert [shelf.stop(partition) for partition in (2, 3, 4)] == [1, 0, 1]
    assert list(shelf.values(3, b"")) == []
    shelf.close()


def test_a_shelf_filled_from_another_log_is_emptied(tmp_path):
    shelf = Shelf(tmp_path / "shelf", "one")
    shelf.put(3, [(b"clients\0c-1", b"x")], 5)
    shelf.close()

    other = Shelf(tmp_path / "shelf", "two")

    assert (other.stop(3), other.get(3, b"clients\0c-1")) == (0, None)
    other.close()


def test_two_workers_never_share_a_shelf(tmp_path):
    shelf = Shelf(tmp_path / "shelf", "one")

    with pytest.raises(Exception, match="lock"):
        Shelf(tmp_path / "shelf", "one")

    shelf.close()


def test_a_worker_stands_once_the_log_is_back(monkeypatch):
    answers = [LogUnavailable("away"), LogUnavailable("away"), Standing({}, {}, None, None, (), ())]

    def stand(*_):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def nothing(*_):
        pass

    app = SimpleNamespace(
        producer=SimpleNamespace(clear=nothing, forget=lambda: None),
        consumer=SimpleNamespace(assignment=set, stand=nothing),
    )
    monkeypatch.setattr(driver, "stand", stand)
    monkeypatch.setattr(driver, "PAUSE_S", 0.01)
    transport = driver.Transport(app, SimpleNamespace(address=Address(("nowhere:1",))), None)
    begun = []
    transport.begin = begun.append

    asyncio.run(transport.prepare())

    assert begun == [Standing({}, {}, None, None, (), ())]


class Kafka:
    """Keeps what it is sent."""

    def __init__(self):
        self.kept = []

    async def send(self, topic, value, key, partition, headers):
        self.kept.append((topic, partition, key, value, headers))
        ack = asyncio.get_running_loop().create_future()
        ack.set_result(SimpleNamespace(offset=len(self.kept) - 1))
        return ack


def test_effects_of_a_commit_that_was_not_ours_to_make_go_out_with_the_next_one(monkeypatch):
    record = NewRecord("signals", 0, b"c-1|travel", b"x", (("trace", b"7"),))
    waits = SimpleNamespace(set_result=lambda _: None, message=SimpleNamespace(callback=None))
    answers = [False, True, True]

    async def is_ours():
        return answers.pop(0)

    async def commits():
        app = faust.App("parts", broker="kafka://unused")
        transport = driver.Transport(app, SimpleNamespace(address=Address(("nowhere:1",))), None)
        monkeypatch.setattr(transport, "is_ours", is_ours)
        producer, kafka = Producer(transport), Kafka()
        producer._kafka = kafka
        producer.effects.hold(("events.raw", 0), 4, Effect(record, waits))
        await producer.commit("stream", {TP("events.raw", 0): 5})
        before = list(kafka.kept)
        await producer.commit("stream", {})
        await producer.commit("stream", {})
        return before, kafka.kept

    assert asyncio.run(commits()) == (
        [],
        [("signals", 0, b"c-1|travel", b"x", [("trace", b"7")])],
    )
