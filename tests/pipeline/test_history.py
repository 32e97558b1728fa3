import sys
from datetime import timedelta
from pathlib import Path

import msgspec

from daykeel.alerting.knowledge import joined, read
from daykeel.pipeline import history
from daykeel.pipeline.batch import empty_tables
from daykeel.pipeline.command import RESCORE, apply
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import score
from daykeel.pipeline.state import Command, SentClient, SentDay
from daykeel.pipeline.tables import load, load_day, save

sys.path.insert(0, str(Path(__file__).parent))
from lives import START, episode, midnight, profile, raw, tombstone, walk

from daykeel.sources.registry import adapt

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Told:
    """A client's tables, and what became known of the client."""

    def __init__(self):
        self.tables, self.offset = empty_tables(), 0
        apply(self.tables, profile("c-1", enrolled=START.isoformat()))

    def say(self, record):
        self.offset += 1
        fold(self.tables, record, partition=0, offset=self.offset, incarnation="i")
        return self

    def known(self, now):
        return score(self.tables, "c-1", now).known


def at(day, hour):
    return midnight(START + day * DAY) + hour * HOUR


def slept(day, stop=8, received=9.0):
    return raw("c-1", [episode(at(day, 0), at(day, stop), f"n{day}")], at(day, received), "tracker")


def days(known):
    return [(day.day, day.night.final) for one in known for day in one.days]


def test_the_first_entry_says_what_was_decided_and_that_nothing_was_before():
    (first,) = Told().say(slept(0)).known(at(0, 9))

    assert (first.number, first.first, first.at) == (0, START, at(0, 9))
    assert first.context.client == "c-1"
    assert days([first]) == [(START, False)]


def test_what_charts_read_of_a_night_is_said_once():
    told = Told().say(slept(0))
    told.known(at(0, 9))

    final = told.known(at(0, 11))
    again = told.known(at(0, 11))

    assert days(final) == [(START, True)]
    assert [(one.number, one.context, one.first) for one in final] == [(1, None, None)]
    assert again == ()


def test_what_no_chart_reads_says_nothing():
    told = Told().say(slept(0))
    told.say(raw("c-1", [], at(0, 19), "tracker")).known(at(0, 19))
    battery = {"kind": "device.battery", "start": at(0, 9).isoformat(), "value": {"percent": 50}}
    before = load_day(told.tables, "c-1", START)

    known = told.say(raw("c-1", [battery], at(0, 20), "tracker")).known(at(0, 20))

    assert load_day(told.tables, "c-1", START) != before
    assert known == ()


def test_the_steps_of_a_day_are_said_with_the_night_after_it_and_late_ones_at_once():
    told = Told().say(slept(0))
    told.say(raw("c-1", [], at(0, 19), "tracker")).known(at(0, 19))
    (steps,) = walk("c-1", 1, 3, few=0)
    (late,) = walk("c-1", 1, 4, few=0)

    early = told.say(steps).known(at(0, 24.2))
    final = told.say(slept(1)).known(at(1, 11))
    again = told.say(late).known(at(2, 1))

    assert early == ()
    assert days(final) == [(START, True), (START + DAY, True)]
    whole, open_one = (day for one in final for day in one.days)
    (later,) = (day for one in again for day in one.days if day.day == START)
    assert (sum(whole.bin_n), open_one.bin_n) == (1440, ())
    assert whole.act_device == "daykeel/tracker"
    assert later.bin_sum != whole.bin_sum


def test_each_mind_a_night_was_of_is_said_also_one_it_was_of_before():
    told = Told().say(slept(0))
    told.known(at(0, 11))

    longer = told.say(slept(0, stop=10, received=12)).known(at(0, 12))
    back = told.say(slept(0, stop=8, received=13)).known(at(0, 13))

    said = [one.days[0].night.duration.value for known in (longer, back) for one in known]
    assert said == [600.0, 480.0]


def test_of_a_deleted_night_is_said_what_baselines_of_before_read():
    told = Told().say(slept(0))
    told.known(at(0, 11))
    gone = adapt(slept(0)).events[0]
    stone = raw("c-1", [tombstone(gone.id, gone.start, gone.end)], at(3, 12), "tracker")

    known = told.say(stone).known(at(3, 12))

    (record,) = [day for one in known for day in one.days if day.day == START]
    kept = load_day(told.tables, "c-1", START)
    assert [night for night, _ in record.before] == [START + 4 * DAY]
    assert read(record) == read(kept)
    assert record.act_sum == record.before[0][1].act_sum == ()


def test_a_decision_is_said_with_the_days_it_changes():
    told = Told().say(slept(0))
    told.known(at(0, 11))
    free = {"date": START.isoformat(), "day_type": "free"}
    apply(told.tables, Command(client="c-1", kind="calendar", id="f", version=1, value=free))

    (known,) = told.known(at(0, 11.5))

    assert known.context.calendar == ((START, "free", ""),)
    assert days([known]) == [(START, True)]


def test_to_compute_anew_what_is_the_same_is_no_news():
    told = Told().say(slept(0))
    told.known(at(0, 11))
    apply(told.tables, Command(client="c-1", kind=RESCORE, id=RESCORE, version=1))

    found = score(told.tables, "c-1", at(0, 11))

    assert found.days
    assert found.known == ()


def test_what_is_too_much_for_one_record_goes_on_in_the_next(monkeypatch):
    monkeypatch.setattr(history, "AT_ONCE", 3)
    told = Told()
    for day in range(7):
        told.say(slept(day))

    known = told.known(at(6, 23))

    assert [(one.number, len(one.days), one.goes_on) for one in known] == [
        (0, 3, True),
        (1, 3, True),
        (2, 2, False),
    ]
    (whole,) = joined(known)
    assert [day.day for day in whole.days] == [START + n * DAY for n in range(8)]
    assert whole.context is not None
    later = told.say(slept(0, stop=10, received=200)).known(at(7, 1))
    assert [one.number for one in later] == [3]


def test_an_installation_that_said_nothing_so_far_does_not_begin_with_0():
    told = Told().say(slept(0))
    told.known(at(0, 11))
    forgotten(told.tables)

    known = told.say(slept(1)).known(at(1, 11))

    assert [one.number for one in known] == [1]
    assert known[0].context is not None


def forgotten(tables):
    """Make tables those of a version that did not note what became known."""
    for key in [*tables.outputs]:
        kind = SentClient if key.endswith("|") else SentDay
        sent = load(tables.outputs, key, kind)
        blank = {"known": 0, "decided": ""} if kind is SentClient else {"known": ""}
        save(tables.outputs, key, msgspec.structs.replace(sent, **blank))
