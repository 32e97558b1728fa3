import asyncio
import random
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
from lives import START, life, midnight, profile, raw
from running import Store, at_home, command_record, raw_record, running, said

from daykeel.clock.clock import SteppedClock
from daykeel.events.codec import decode
from daykeel.events.event import Quarantined
from daykeel.log.errors import Leased
from daykeel.log.open import open_sqlite_log
from daykeel.log.protocol import NewRecord
from daykeel.log.topics import COMMANDS, EVENTS_RAW, QUARANTINE
from daykeel.pipeline.batch import batch, state_digest
from daykeel.stream import agents
from daykeel.stream.app import build_stream
from daykeel.stream.state import state_at, tables_of, unscored

CLIENTS = ("c-1", "c-2", "c-3")
MORNING = midnight(START) + timedelta(hours=10)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/log.db"


@pytest.fixture
def log(url):
    opened = open_sqlite_log(url)
    yield opened
    opened.close()


@pytest.fixture
def clock(tmp_path):
    stepped = SteppedClock(tmp_path / "clock.json")
    stepped.set(MORNING)
    return stepped


def lives_of(*clients, nights=5):
    records = [
        one for seed, client in enumerate(clients) for one in life(client, nights, seed=seed)
    ]
    return sorted(records, key=lambda one: (one.received_at, one.client))


def digests(tables, clients):
    return {client: state_digest(tables, client) for client in clients}


def assert_is_that_of_batch(log, records, commands, now):
    """What the stream has left on the log is what batch makes of the same records."""
    tables, late = state_at(log, now)
    whole = batch(records, commands, now).tables

    assert tables.clients.keys() == whole.clients.keys()
    assert digests(tables, whole.clients) == digests(whole, whole.clients)
    assert not [one.day for outputs in late.values() for one in outputs.days if one.night.final]


async def test_whenever_it_has_settled_its_state_is_that_of_batch(log, url, clock):
    records, commands = lives_of(*CLIENTS), [profile(client) for client in CLIENTS]
    log.append([command_record(command) for command in commands])
    chance, sent, now = random.Random(3), 0, MORNING  # noqa: S311  seeded, not secret

    async with running(log, url, clock) as stream:
        while sent < len(records):
            more = chance.randrange(1, 9)
            log.append([raw_record(one) for one in records[sent : sent + more]])
            sent += more
            now = max(now, *(one.received_at for one in records[:sent]))
            now += chance.randrange(3) * HOUR
            await stream.settle(now)

            assert_is_that_of_batch(log, records[:sent], commands, now)

        await stream.settle(now + 3 * DAY)

    assert_is_that_of_batch(log, records, commands, now + 3 * DAY)


async def test_the_store_holds_a_night_a_day_and_scores_of_each_date(log, url, clock):
    records = lives_of("c-1")
    log.append([command_record(profile("c-1")), *map(raw_record, records)])
    now = records[-1].received_at + 2 * DAY

    async with running(log, url, clock) as stream:
        await stream.settle(records[0].received_at)  # all is folded before a night can be final
        await stream.settle(now)

    tables = tables_of(log)
    dates = {key.partition("|")[2] for key in tables.days}
    assert {str(day) for _, day in stream.store.days} == dates
    assert {str(day) for _, day in stream.store.nights} == dates
    assert {window for *_, window in stream.store.scores} >= {"1d"}
    assert all(one.version == 1 for one in stream.store.nights.values() if one.night.final)


async def test_a_stream_that_starts_again_goes_on_where_it_was(log, url, clock):
    records = lives_of("c-1", "c-2")
    half, now = len(records) // 2, records[-1].received_at + DAY
    log.append([raw_record(one) for one in records[:half]])
    async with running(log, url, clock) as stream:
        await stream.settle(records[half].received_at)
    log.append([raw_record(one) for one in records[half:]])

    async with running(log, url, clock) as stream:
        await stream.settle(now)

    assert_is_that_of_batch(log, records, [], now)


async def test_what_was_folded_and_not_scored_is_scored_after_a_restart(
    log, url, clock, monkeypatch
):
    records = lives_of("c-1", nights=2)
    now = records[-1].received_at
    clock.set(now)
    monkeypatch.setattr(agents.Work, "send_dues", lambda *_, **__: None)  # it dies before
    log.append([raw_record(one) for one in records])
    async with running(log, url, clock) as stream:
        await stream.until(lambda: log.lag("stream", (EVENTS_RAW,)) == 0, "all is folded")
        settled_early = stream.has_settled(now)
    waiting = unscored(log).clients()
    monkeypatch.undo()

    async with running(log, url, clock) as stream:
        await stream.settle(now)

    assert (settled_early, waiting) == (False, {"c-1"})
    assert_is_that_of_batch(log, records, [], now)


@pytest.mark.parametrize(
    ("topic", "value"),
    [
        (EVENTS_RAW, b""),
        (EVENTS_RAW, b"\x01not msgpack"),
        (EVENTS_RAW, b"\x07"),
        (COMMANDS, b"\x01\x80"),
    ],
)
async def test_what_cannot_be_read_is_quarantined_and_stops_nobody(log, url, clock, topic, value):
    good = life("c-1", 1, seed=1)[0]
    log.append([at_home(topic, "c-1", "c-1|x|y", value), raw_record(good)])

    async with running(log, url, clock) as stream:
        await stream.settle(good.received_at)

    (refused,) = (decode(Quarantined, one.value) for one in said(log, QUARANTINE))
    assert (refused.stage, refused.reason) == ("stream", "undecodable")
    assert (refused.raw.client, refused.raw.payload) == ("c-1", value)
    assert_is_that_of_batch(log, [good], [], good.received_at)


async def test_a_record_in_another_clients_partition_is_quarantined(log, url, clock):
    record = raw_record(life("c-1", 1, seed=1)[0])
    elsewhere = (record.partition + 1) % 4
    log.append([NewRecord(EVENTS_RAW, elsewhere, record.key, record.value)])

    async with running(log, url, clock) as stream:
        await stream.settle(MORNING)

    (refused,) = (decode(Quarantined, one.value) for one in said(log, QUARANTINE))
    assert refused.detail == "the record is not in its client's partition"
    assert tables_of(log).clients == {}


async def test_what_an_adapter_refuses_is_quarantined_with_its_record(log, url, clock):
    refused = raw("c-1", [{"kind": "no.such.kind"}], MORNING)
    log.append([raw_record(refused)])

    async with running(log, url, clock) as stream:
        await stream.settle(MORNING)

    (kept,) = (decode(Quarantined, one.value) for one in said(log, QUARANTINE))
    assert (kept.stage, kept.raw) == ("adapter", refused)


async def test_a_fault_in_folding_one_record_leaves_nothing_of_it_and_stops_nobody(
    log, url, clock, monkeypatch, caplog
):
    bad, good = life("c-1", 2, seed=1)[:2]
    fold = agents.fold

    def faulty(tables, record, **where):
        result = fold(tables, record, **where)
        if record == bad:
            raise ZeroDivisionError("a fault of ours that names c-1")
        return result

    monkeypatch.setattr(agents, "fold", faulty)
    log.append([raw_record(bad), raw_record(good)])
    now = max(bad.received_at, good.received_at)

    async with running(log, url, clock) as stream:
        await stream.settle(now)

    (refused,) = (decode(Quarantined, one.value) for one in said(log, QUARANTINE))
    assert refused.reason == "fold_failed"
    assert refused.detail.startswith("ZeroDivisionError at test_app.py:")
    assert_is_that_of_batch(log, [good], [], now)
    assert "c-1" not in caplog.text


async def test_a_client_whose_score_fails_stops_nobody_and_nothing_is_said_to_have_settled(
    log, url, clock, monkeypatch, caplog
):
    records = lives_of("c-1", "c-2", nights=1)
    now = max(one.received_at for one in records)
    score = agents.score

    def faulty(tables, client, as_of):
        outputs = score(tables, client, as_of)
        if client == "c-1":
            raise ZeroDivisionError("a fault of ours that names c-1")
        return outputs

    monkeypatch.setattr(agents, "score", faulty)
    log.append([raw_record(one) for one in records])
    async with running(log, url, clock) as stream:
        clock.set(now)
        await stream.until(lambda: ("c-2", START) in stream.store.nights, "the other is stored")
        await stream.until(lambda: "score failed" in caplog.text, "the fault is told")
        lag = log.lag("scored", (EVENTS_RAW,))
        clients = {client for client, _ in stream.store.nights}
    monkeypatch.undo()

    async with running(log, url, clock) as stream:
        await stream.settle(now)

    assert lag > 0
    assert clients == {"c-2"}
    assert "c-1" not in caplog.text
    assert_is_that_of_batch(log, records, [], now)


async def test_while_the_store_is_down_nothing_is_committed_and_then_all_is_stored(
    log, url, clock, caplog
):
    store, records = Store(), lives_of("c-1", nights=2)
    store.down = True
    log.append([raw_record(one) for one in records])
    now = max(one.received_at for one in records)

    async with running(log, url, clock, store) as stream:
        clock.set(now)
        await stream.until(lambda: "scores not stored" in caplog.text, "the store is missed")
        settled_early, lag = stream.has_settled(now), log.lag("sink", ("days",))
        store.down = False
        await stream.settle(now)

    assert (settled_early, lag > 0) == (False, True)
    assert len(store.days) == len(tables_of(log).days)


async def test_many_records_of_one_step_are_scored_in_a_few_passes(log, url, clock, monkeypatch):
    scored, score = [], agents.score

    def counting(tables, client, as_of):
        scored.append(client)
        return score(tables, client, as_of)

    monkeypatch.setattr(agents, "score", counting)
    records = lives_of("c-1", nights=20)
    clock.set(now := records[-1].received_at)

    async with running(log, url, clock) as stream:
        for one in records:
            log.append([raw_record(one)])
            await asyncio.sleep(0)
        await stream.settle(now)

    assert len(scored) < len(records) / 4


class RunningClock:
    """A clock that goes at normal speed from an instant on."""

    stepped = False

    def __init__(self, instant):
        self._instant, self._since = instant, time.monotonic()

    def now(self):
        return self._instant + timedelta(seconds=time.monotonic() - self._since)


async def test_on_a_clock_that_runs_by_itself_a_change_is_stored_at_once(log, url):
    records = lives_of("c-1", nights=2)
    now = records[-1].received_at

    async with running(log, url, RunningClock(now)) as stream:
        await stream.until(log.marks, "it works")
        start = time.monotonic()
        for one in records:
            log.append([raw_record(one)])
        await stream.until(lambda: stream.store.nights, "something is stored")
        took = time.monotonic() - start
        await stream.until(lambda: stream.has_settled(now), "all is stored")

    assert took < 2
    assert {day for _, day in stream.store.nights} >= {START, START + DAY}


async def test_on_a_clock_that_runs_by_itself_timers_fire(log, url):
    records = lives_of("c-1", nights=1)
    just_before = midnight(START + DAY) + timedelta(hours=18, seconds=-0.5)
    log.append([raw_record(one) for one in records])

    async with running(log, url, RunningClock(just_before)) as stream:
        await stream.until(
            lambda: ("c-1", START + 2 * DAY) in stream.store.nights, "the next night has begun"
        )


@pytest.mark.parametrize("part", ["faust", "agent", "timers", "sink"])
async def test_a_stream_of_which_a_part_ends_by_itself_ends_with_an_error(
    log, url, clock, monkeypatch, part
):
    stream = build_stream(url, clock, Store())

    def broken(*_):
        raise ZeroDivisionError

    if part == "faust":
        monkeypatch.setattr(stream.transport.log, "fetch", broken)
    elif part == "agent":
        monkeypatch.setattr(agents, "fold_event", broken)
    elif part == "timers":
        monkeypatch.setattr(stream.timers, "tick", broken)
    else:
        monkeypatch.setattr(stream.sink, "_run", lambda: None)
        stream.sink._thread._target = stream.sink._run
    log.append([raw_record(life("c-1", 1, seed=1)[0])])

    ended = {"agent": "faust"}.get(part, part)
    with pytest.raises(RuntimeError, match=f"ended by itself: {ended}"):
        await asyncio.wait_for(stream.run(asyncio.Event()), 10)


async def test_a_second_stream_on_the_log_is_refused(log, url, clock):
    async with running(log, url, clock):
        with pytest.raises(Leased, match="stream"):
            build_stream(url, clock, Store())
