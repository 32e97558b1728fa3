from datetime import UTC, date, datetime

import pytest

from daykeel.events.event import Event
from daykeel.pipeline.place import where

THEN = datetime(2026, 3, 9, 8, tzinfo=UTC)
MARCH = [date(2026, 3, day) for day in range(32)[1:]]


def event(kind, begins=THEN, ends=None, **value):
    return Event(
        client="c-1", kind=kind, group="g", id="i", adapter="daykeel", source="daykeel",
        device="phone", observed_at=THEN, received_at=THEN, start=begins, end=ends, value=value,
    )  # fmt: skip


def at(day, hour=0):
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def test_an_event_lies_where_it_begins():
    assert where(event("sleep.episode", at(3, 23), at(4, 7))) == {date(2026, 3, 3)}


def test_what_acts_on_a_stretch_lies_on_all_of_it():
    stone = event("meta.tombstone", at(3, 23), at(5, 7), of="x", reason="deleted")
    word = event("meta.correction", of="x", by="client", start="2026-03-03T23:00:00Z")

    assert where(stone) == set(MARCH[2:5])
    assert where(word) == {date(2026, 3, 9), date(2026, 3, 3)}


def test_a_mark_lies_on_the_nights_it_speaks_of():
    mark = event("night.mark", what="illness", first="2026-03-02", last="2026-03-04")

    assert where(mark) == {*MARCH[1:4], date(2026, 3, 9)}


@pytest.mark.parametrize("kind", ["self.srm_entry", "self.mood", "self.energy"])
def test_what_is_told_of_a_day_lies_on_it(kind):
    assert where(event(kind, day="2026-03-02")) == {date(2026, 3, 2), date(2026, 3, 9)}


def test_nothing_lies_on_more_dates_than_a_year_and_a_bit():
    mark = event("night.mark", what="illness", first="1970-01-01", last="2026-03-04")
    backwards = event("night.mark", what="illness", first="2026-03-04", last="2026-03-02")

    assert len(where(mark)) == 402
    assert where(backwards) == {date(2026, 3, 9)}
