import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from daykeel.events.codec import decode, encode
from daykeel.pipeline.anew import Difference, difference
from daykeel.pipeline.batch import batch, empty_tables
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import score
from daykeel.pipeline.state import SentClient, SentDay
from daykeel.pipeline.tables import load, load_day, save

sys.path.insert(0, str(Path(__file__).parent))
from lives import START, after, life, profile, walk

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def made():
    return batch(life("c-1", 40, seed=2), [profile("c-1")], after(40)).tables


@pytest.fixture
def tables(made):
    return copied(made)


def copied(made):
    empty = empty_tables()
    for name in ("clients", "pieces", "groups", "days", "outputs"):
        getattr(empty, name).update(getattr(made, name))
    return empty


def test_what_was_computed_bit_by_bit_is_no_different(made):
    tables, records = empty_tables(), life("c-1", 12, seed=3)
    for offset, record in enumerate(records):
        fold(tables, record, partition=0, offset=offset, incarnation="i")
        score(tables, "c-1", record.received_at)

    assert not difference(tables, "c-1", records[-1].received_at + timedelta(hours=1))


def test_time_that_has_passed_since_is_no_difference(tables):
    assert not difference(tables, "c-1", after(44))


def test_a_day_that_was_computed_otherwise_is_named(tables):
    key, wrong = f"c-1|{START + DAY}", load_day(tables, "c-1", START + DAY)
    save(tables.days, key, replace(wrong, mood=2))

    assert difference(tables, "c-1", after(40)) == Difference(days=(START + DAY,), scores={})


def test_a_row_of_scores_that_was_computed_otherwise_is_named_by_window_and_date(tables):
    for day in (START + DAY, START + 2 * DAY):
        sent = load(tables.outputs, f"c-1|{day}", SentDay)
        save(tables.outputs, f"c-1|{day}", SentDay(scores=sent.scores | {"7d": "x"}))

    found = difference(tables, "c-1", after(40))

    assert found == Difference(scores={"7d": (START + DAY, START + 2 * DAY)})


def test_signals_and_baselines_that_were_computed_otherwise_are_named(tables):
    sent = load(tables.outputs, "c-1|", SentClient)
    assert "sleep.mid" in sent.baselines
    tables.outputs["c-1|"] = encode(SentClient(signals={"travel": "x"}, baselines={}))

    found = difference(tables, "c-1", after(40))

    assert "travel" in found.signals
    assert found.baselines == tuple(sorted(sent.baselines))


def test_nobody_is_no_different(tables):
    assert not difference(tables, "c-nobody", after(40))


def test_the_pieces_are_left_as_they_are(tables, made):
    difference(tables, "c-1", after(44))

    assert (tables.pieces, tables.groups) == (made.pieces, made.groups)


def test_days_of_before_do_not_say_what_counted_steps_and_are_named():
    records = life("c-1", 12, seed=3) + walk("c-1", 12, seed=3, few=0)
    tables = batch(records, [profile("c-1")], after(12)).tables
    walked = load_day(tables, "c-1", START + DAY)
    save(tables.days, f"c-1|{START + DAY}", replace(walked, act_device=""))

    found = difference(tables, "c-1", after(12))

    assert walked.act_device == "daykeel/tracker"
    assert found.days == (START + DAY,)


def test_a_day_of_before_is_read_as_one_that_does_not_say_what_counted():
    record = batch(life("c-1", 2, seed=3), [profile("c-1")], after(2)).outputs["c-1"].days[0]
    version, told = encode(record)[:1], msgspec.msgpack.decode(encode(record)[1:])
    del told["act_device"]

    assert decode(type(record), version + msgspec.msgpack.encode(told)) == record
