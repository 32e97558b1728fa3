import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from kafka_log import kafka_log
from notes import NOON, lie, noted

from daykeel.log.open import open_log
from daykeel.log.protocol import NewRecord
from daykeel.log.topics import QUARANTINE
from daykeel.quarantine.entries import OPERATOR, Count, Entries, Entry, Place, noted_at, page, place
from daykeel.quarantine.settling import batches, settling, write

HOUR = timedelta(hours=1)


@pytest.fixture(params=["sqlite", pytest.param("kafka", marks=pytest.mark.servers)])
def url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/log.db"
        return
    with kafka_log() as made:
        yield made


@pytest.fixture
def log(url):
    with closing(open_log(url)) as opened:
        yield opened


def settle(log, at, note, how, what=()):
    write(log, what, [settling(place(at), note, how, "why", NOON)])


def test_each_record_is_listed_without_its_payload(log, url):
    (at,) = lie(log, url, noted("too_large", "ingest", payload=b"x" * 9, size=70))

    assert list(Entries(log)) == [
        Entry(place(at), NOON, "ingest", "too_large", "daykeel", size=70, kept=9)
    ]


def test_what_became_of_a_record_is_known_to_whoever_reads_later(log, url):
    notes = [noted(), noted("bad_value"), noted(client="c-2")]
    first, second, other = lie(log, url, *notes)
    settle(log, first, notes[0], "replayed")
    settle(log, other, notes[2], "dropped")

    fates = {str(one.at): one.fate for one in Entries(log)}

    assert fates == {first: "replayed", second: "", other: "dropped"}


def test_what_is_open_replayed_and_dropped_is_counted_by_stage_and_reason(log, url):
    notes = [noted(), noted(), noted(), noted("too_deep", "ingest")]
    places = lie(log, url, *notes)
    settle(log, places[0], notes[0], "replayed")
    settle(log, places[1], notes[1], "dropped")

    assert Entries(log).counts() == [
        Count("adapter", "wrong_shape", open=1, replayed=1, dropped=1),
        Count("ingest", "too_deep", open=1, replayed=0, dropped=0),
    ]


def test_reading_on_finds_what_has_come_since(log, url):
    (at,) = lie(log, url, note := noted())
    entries = Entries(log)
    (more,) = lie(log, url, noted(client="c-2"))
    settle(log, at, note, "dropped")

    entries.read()

    assert {str(one.at): one.fate for one in entries} == {at: "dropped", more: ""}


def test_what_another_release_wrote_is_listed_and_stops_nobody(log, url):
    log.append([NewRecord(QUARANTINE, 0, b"c-1", b"\x07what")])
    lie(log, url, noted())

    reasons = sorted(one.reason for one in Entries(log))

    assert reasons == ["unreadable", "wrong_shape"]
    assert noted_at(log, Place(0, 0)) is None


def test_a_record_is_found_whole_and_one_that_is_not_there_is_not(log, url):
    (at,) = lie(log, url, note := noted(payload=b"[1, 2]"))

    assert noted_at(log, place(at)) == note
    assert noted_at(log, place(at)._replace(offset=99)) is None


def test_the_newest_come_first_and_the_next_page_is_older():
    found = [
        Entry(Place(n % 3, n), NOON + (n // 2) * HOUR, "adapter", "r", "daykeel", 1, 1)
        for n in range(7)
    ]

    first = page(found, 3, None)
    second = page(found, 3, first[-1])
    third = page(found, 3, second[-1])

    assert [one.at.offset for one in (*first, *second, *third)] == [6, 5, 4, 2, 3, 1, 0]


def waiting(log):
    return log.lag(OPERATOR, (QUARANTINE,))


def test_what_somebody_has_listed_waits_no_more(log, url):
    lie(log, url, noted(), noted(client="c-2"))
    before = waiting(log)

    Entries(log).looked_at(all_of_it=True)
    after = waiting(log)
    lie(log, url, noted())

    assert (before, after, waiting(log)) == (2, 0, 1)


def test_what_was_decided_of_waits_no_more_and_what_lies_before_it_does(log, url):
    notes = [noted(), noted(), noted()]
    places = lie(log, url, *notes)
    settle(log, places[1], notes[1], "dropped")
    Entries(log).looked_at(all_of_it=False)
    second = waiting(log)
    settle(log, places[0], notes[0], "replayed")
    Entries(log).looked_at(all_of_it=False)
    first = waiting(log)
    settle(log, places[2], notes[2], "replayed")
    Entries(log).looked_at(all_of_it=False)

    assert (second, first, waiting(log)) == (4, 3, 0)


@pytest.mark.parametrize("text", ["", "3", "3:", ":3", "a:1", "-1:3", "1:2:3"])
def test_what_is_no_place_is_refused(text):
    with pytest.raises(ValueError, match="PARTITION:OFFSET"):
        place(text)


def test_work_is_written_in_parts_that_hold_all_of_it_in_order():
    def record(n, size):
        return NewRecord(QUARANTINE, 0, b"%d" % n, b"x" * size)

    work = [([record(n, 3_000_000)], record(-n, 10)) for n in range(7)]

    parts = list(batches(work))

    assert [len(then) for _, then in parts] == [3, 3, 1]
    assert [one for what, _ in parts for one in what] == [what for (what,), _ in work]
    assert [one for _, then in parts for one in then] == [then for _, then in work]
