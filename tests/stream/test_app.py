import asyncio
import random
import sys
import time
from datetime import timedelta
from functools import partial
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
from daykeel.pipeline.command import RESCORE
from daykeel.pipeline.state import Command
from daykeel.stream import agents, timers
from daykeel.stream.app import build_stream
from daykeel.stream.quota import fitted
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


def profiles(records):
    return [profile(client) for client in sorted({one.client for one in records})]


def tell(log, records):
    """Append records, and before them where their clients live."""
    log.append([*map(command_record, profiles(records)), *map(raw_record, records)])


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
    assert {str(day.day) for one in stream.store.known.values() for day in one.days} == dates
    assert sorted(number for *_, number in stream.store.known) == [*range(len(stream.store.known))]
    assert all(one.version == 1 for one in stream.store.nights.values() if one.night.final)


async def test_a_stream_that_starts_again_goes_on_where_it_was(log, url, clock):
    records = lives_of("c-1", "c-2")
    half, now = len(records) // 2, records[-1].received_at + DAY
    tell(log, records[:half])
    async with running(log, url, clock) as stream:
        await stream.settle(records[half].received_at)
    tell(log, records[half:])

    async with running(log, url, clock) as stream:
        await stream.settle(now)

    assert_is_that_of_batch(log, records, profiles(records), now)


async def test_what_was_folded_and_not_scored_is_scored_after_a_restart(
    log, url, clock, monkeypatch
):
    records = lives_of("c-1", nights=2)
    now = records[-1].received_at
    clock.set(now)
    monkeypatch.setattr(agents.Work, "send_dues", lambda *_, **__: None)  # it dies before
    tell(log, records)
    async with running(log, url, clock) as stream:
        await stream.until(lambda: log.lag("stream", (EVENTS_RAW,)) == 0, "all is folded")
        settled_early = stream.has_settled(now)
    waiting = unscored(log).clients()
    monkeypatch.undo()

    async with running(log, url, clock) as stream:
        await stream.settle(now)

    assert (settled_early, waiting) == (False, {"c-1"})
    assert_is_that_of_batch(log, records, profiles(records), now)


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
    tell(log, [good])
    log.append([at_home(topic, "c-1", "c-1|x|y", value)])

    async with running(log, url, clock) as stream:
        await stream.settle(good.received_at)

    (refused,) = (decode(Quarantined, one.value) for one in said(log, QUARANTINE))
    assert (refused.stage, refused.reason) == ("stream", "undecodable")
    assert (refused.raw.client, refused.raw.payload) == ("c-1", value)
    assert_is_that_of_batch(log, [good], profiles([good]), good.received_at)


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
    tell(log, [refused])

    async with running(log, url, clock) as stream:
        await stream.settle(MORNING)

    (kept,) = (decode(Quarantined, one.value) for one in said(log, QUARANTINE))
    assert (kept.stage, kept.raw) == ("adapter", refused)


async def test_what_quarantine_holds_of_a_client_is_known_after_a_restart(
    log, url, clock, monkeypatch
):
    monkeypatch.setattr(agents, "fitted", partial(fitted, most=40))
    bad = [raw("c-1", [{"kind": f"no.such.{one}"}], MORNING) for one in "ab"]
    assert len(bad[0].payload) < 40 < 2 * len(bad[0].payload)
    for one in bad:
        tell(log, [one])
        async with running(log, url, clock) as stream:
            await stream.settle(MORNING)

    kept = [decode(Quarantined, one.value).raw.payload for one in said(log, QUARANTINE)]

    assert kept == [bad[0].payload, b""]


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
    tell(log, [bad, good])
    now = max(bad.received_at, good.received_at)

    async with running(log, url, clock) as stream:
        await stream.settle(now)

    (refused,) = (decode(Quarantined, one.value) for one in said(log, QUARANTINE))
    assert refused.reason == "fold_failed"
    assert refused.detail.startswith("ZeroDivisionError at test_app.py:")
    assert_is_that_of_batch(log, [good], profiles([good]), now)
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
    tell(log, records)
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
    assert_is_that_of_batch(log, records, profiles(records), now)


async def test_while_the_store_is_down_nothing_is_committed_and_then_all_is_stored(
    log, url, clock, caplog
):
    store, records = Store(), lives_of("c-1", nights=2)
    store.down = True
    tell(log, records)
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
    # nothing but its end is the end of a step, though the machine stands still for a moment
    monkeypatch.setattr(timers, "QUIET_S", 1.0)
    records = lives_of("c-1", nights=20)
    clock.set(now := records[-1].received_at)

    async with running(log, url, clock) as stream:
        for one in records:
            tell(log, [one])
            await asyncio.sleep(0)
        await stream.settle(now)

    assert len(scored) < len(records) / 4


def anew(client, version=1):
    return Command(client=client, kind=RESCORE, id=RESCORE, version=version)


async def test_computed_anew_all_is_stored_again_as_it_was_in_a_store_that_has_lost_it(
    log, url, clock
):
    records = lives_of("c-1", "c-2")
    now = records[-1].received_at + DAY
    tell(log, records)
    async with running(log, url, clock) as stream:
        await stream.settle(records[0].received_at)
        await stream.settle(now)
        before = stream.store

    async with running(log, url, clock, Store()) as stream:
        await stream.settle(now)
        empty = dict(stream.store.days)
        log.append([command_record(anew(client)) for client in ("c-1", "c-2")])
        await stream.settle(now)

    assert empty == {}
    assert stream.store.known == {}  # when something became known cannot be computed
    assert vars(stream.store) | {"known": before.known} == vars(before)
    assert_is_that_of_batch(log, records, profiles(records), now)


async def test_who_is_computed_anew_waits_for_who_has_just_said_something(
    log, url, clock, monkeypatch
):
    scored, score = [], agents.score

    def noting(tables, client, as_of):
        scored.append(client)
        return score(tables, client, as_of)

    monkeypatch.setattr(agents, "score", noting)
    *records, last = lives_of("c-1", "c-2", "c-3", nights=2)
    tell(log, records)
    async with running(log, url, clock) as stream:
        await stream.settle(last.received_at)
        others = [client for client in CLIENTS if client != last.client]
        del scored[:]
        log.append([command_record(anew(client)) for client in others])
        tell(log, [last])
        await stream.settle(last.received_at)

    assert scored[0] == last.client
    assert sorted(scored[1:]) == others


async def test_who_was_to_be_computed_anew_still_is_after_a_restart(log, url, clock, monkeypatch):
    records = lives_of(*CLIENTS, nights=2)
    tell(log, records)
    now = records[-1].received_at
    async with running(log, url, clock) as stream:
        await stream.settle(now)
    monkeypatch.setattr(agents.Work, "send_dues", lambda *_, **__: None)  # it dies before
    log.append([command_record(anew(client)) for client in CLIENTS])
    async with running(log, url, clock) as stream:
        await stream.until(lambda: log.lag("stream", (COMMANDS,)) == 0, "all is folded")
    monkeypatch.undo()

    begun = build_stream(url, clock, Store())
    turns = [begun.timers.work.dues.take(0.0) for _ in range(2)]
    begun.transport.close()
    async with running(log, url, clock, Store()) as stream:
        await stream.settle(now)

    assert [len(one) for one in turns] == [1, 0]
    assert {client for client, _ in stream.store.days} == set(CLIENTS)


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
        for one in records:
            tell(log, [one])
        await stream.until(lambda: stream.store.nights, "something is stored")
        await stream.until(lambda: stream.has_settled(now), "all is stored")

    assert {day for _, day in stream.store.nights} >= {START, START + DAY}


async def test_on_a_clock_that_runs_by_itself_timers_fire(log, url):
    records = lives_of("c-1", nights=1)
    just_before = midnight(START + DAY) + timedelta(hours=18, seconds=-0.5)
    tell(log, records)

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
        await asyncio.wait_for(stream.run(asyncio.Event()), 60)


async def test_a_second_stream_on_the_log_is_refused(log, url, clock):
    async with running(log, url, clock):
        with pytest.raises(Leased, match="stream"):
            build_stream(url, clock, Store())
