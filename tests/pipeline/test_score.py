import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.pipeline.batch import batch, empty_tables, state_digest
from daykeel.pipeline.command import apply
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import Outputs, score
from daykeel.pipeline.state import Command
from daykeel.pipeline.tables import load_client, load_day

sys.path.insert(0, str(Path(__file__).parent))
from lives import START, after, episode, life, midnight, profile, raw, tombstone

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def tables_with(records, *commands):
    tables = empty_tables()
    for command in commands or [profile("c-1")]:
        apply(tables, command)
    add(tables, records)
    return tables


def add(tables, records, first=0):
    for offset, record in enumerate(records, first):
        fold(tables, record, partition=0, offset=offset, incarnation="i")


def at(day, hour):
    return midnight(START + day * DAY) + hour * HOUR


def slept(day, received=9, device="tracker"):
    return raw("c-1", [episode(at(day, 0), at(day, 8), f"n{day}")], at(day, received), device)


def synced(day, hour):
    return raw("c-1", [], at(day, hour), device="tracker")


def test_nobody_is_said_nothing_of():
    assert score(tables_with([]), "c-1", at(0, 12)) == Outputs()


def test_a_client_who_enrolled_has_a_night_though_nothing_arrived():
    enrolled = profile("c-1", enrolled=START.isoformat())

    found = score(tables_with([], enrolled), "c-1", at(0, 20))

    assert [one.night for one in found.days[:1]] == [found.nights[0].night]
    assert (found.nights[0].night.night, found.nights[0].state) == (START, "final")


def test_the_next_check_is_when_a_night_becomes_final():
    tables = tables_with([slept(0), synced(0, 10)])

    first = score(tables, "c-1", at(0, 10))
    second = score(tables, "c-1", first.next_check)

    assert first.next_check == at(0, 11)
    assert [one.state for one in first.nights if one.night.night == START] == ["provisional"]
    assert [one.state for one in second.nights if one.night.night == START] == ["final"]
    assert second.next_check == at(0, 12)


def test_a_night_begins_at_local_noon_though_nothing_arrives():
    tables = tables_with([slept(0), synced(0, 10)])
    morning = score(tables, "c-1", at(0, 11))

    noon = score(tables, "c-1", morning.next_check)

    assert morning.next_check == at(0, 12)
    assert START + timedelta(days=1) in {one.night.night for one in noon.nights}


@pytest.mark.parametrize(("tz", "noon"), [("Asia/Kathmandu", 6.25), ("America/St_Johns", 15.5)])
def test_a_night_begins_at_noon_of_the_zone_the_client_is_in(tz, noon):
    tables = tables_with([synced(0, 5)], profile("c-1", tz=tz, enrolled=START.isoformat()))

    before = score(tables, "c-1", at(0, noon) - HOUR / 4)
    has_begun = load_day(tables, "c-1", START + DAY) is not None
    score(tables, "c-1", before.next_check)

    assert (before.next_check, has_begun) == (at(0, noon), False)
    assert load_day(tables, "c-1", START + DAY) is not None


def test_a_night_begins_with_a_flight_to_where_noon_is_past():
    flight = Command(
        client="c-1",
        kind="zone",
        id="zone/tokyo",
        version=1,
        effective_from=at(0, 9),
        value={"tz": "Asia/Tokyo"},
    )
    tables = tables_with([slept(0), synced(0, 8)], profile("c-1"), flight)

    morning = score(tables, "c-1", at(0, 8.5))
    landed = score(tables, "c-1", morning.next_check)

    assert morning.next_check == at(0, 9)
    assert START + timedelta(days=1) in {one.night.night for one in landed.nights}


def test_nothing_is_said_twice():
    tables = tables_with([slept(0), synced(0, 20)])
    first = score(tables, "c-1", at(0, 20))

    again = score(tables, "c-1", at(0, 20))

    assert first.days
    assert (again.days, again.nights, again.scores, again.signals) == ((), (), (), ())


def test_days_that_are_still_to_come_are_built_when_they_come():
    tables = tables_with([slept(3), synced(3, 20)])
    score(tables, "c-1", at(9, 12))
    add(tables, [slept(6), synced(6, 20)], 10)
    score(tables, "c-1", at(4, 12))  # a clock that went back

    score(tables, "c-1", at(9, 12))

    assert load_day(tables, "c-1", START + 6 * DAY).night.duration.value == 480


def test_a_device_heard_for_the_first_time_explains_days_long_over():
    early = raw("c-1", [], at(0, 12), device="phone")
    later = raw("c-1", [], at(9, 12), device="tracker")
    tables = tables_with([early, slept(0, device="other")])
    score(tables, "c-1", at(9, 13))
    add(tables, [later], 10)
    score(tables, "c-1", at(9, 13))

    expected = batch([early, slept(0, device="other"), later], [profile("c-1")], at(9, 13))

    assert state_digest(tables, "c-1") == state_digest(expected.tables, "c-1")


def test_a_command_rebuilds_everything():
    tables = tables_with([slept(day) for day in range(4)])
    score(tables, "c-1", at(6, 12))
    mark = {"what": "exclude", "first": START.isoformat(), "last": START.isoformat()}
    apply(tables, Command(client="c-1", kind="mark", id="m", version=1, value=mark))

    found = score(tables, "c-1", at(6, 12))

    assert [one.day for one in found.days] == [START]
    assert not load_client(tables, "c-1").everything


@pytest.fixture(scope="module")
def drifted():
    shift = np.concatenate([np.zeros(42), np.linspace(0.5, 3.5, 14)])
    records = life("c-1", 56, seed=4, shift=shift)
    tables = tables_with(records)
    return records, tables, score(tables, "c-1", after(56))


def test_signals_that_vanish_are_said_to_have_gone(drifted):
    records, tables, first = drifted
    told = {signals.kind for signals in first.signals}
    spans = [(f"day {n}", at(n, -12), at(n, 12)) for n in range(42, 56)]
    stones = [raw("c-1", [tombstone(*span) | {"native_id": span[0]}], after(56)) for span in spans]
    add(tables, stones, len(records))

    second = score(tables, "c-1", after(56))

    gone = {signals.kind for signals in second.signals if not signals.episodes}
    assert "phase_delay" in told
    assert told - {"data_loss"} <= gone
    whole = batch([*records, *stones], [profile("c-1")], after(56))
    assert state_digest(tables, "c-1") == state_digest(whole.tables, "c-1")
