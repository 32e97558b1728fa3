import sys
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.pipeline.batch import batch, empty_tables, state_digest
from daykeel.pipeline.command import RESCORE, apply
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import Outputs, score
from daykeel.pipeline.state import Command, Tables
from daykeel.pipeline.tables import load_client, load_day, save

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


def test_who_is_not_known_yet_is_said_nothing_of_until_the_profile_comes():
    records = life("c-1", 40, seed=1)
    now = after(40)
    asked = Command(
        client="c-1",
        kind="consent",
        id="consent-1",
        version=1,
        effective_from=now,
        value={"source": "daykeel"},
    )
    tables = empty_tables()
    add(tables, records)

    overtaken = score(tables, "c-1", now)
    apply(tables, asked)
    halfway = score(tables, "c-1", now)
    apply(tables, profile("c-1"))
    found = score(tables, "c-1", now)

    assert (overtaken, halfway) == (Outputs(), Outputs())
    assert found == score(tables_with(records, asked, profile("c-1")), "c-1", now)
    assert found.baselines == ()
    assert {one.night.certainty for one in found.nights} == {"none"}


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


def rescored(tables, as_of, version=1):
    apply(tables, Command(client="c-1", kind=RESCORE, id=RESCORE, version=version))
    return score(tables, "c-1", as_of)


def test_what_is_computed_anew_is_the_same_and_all_of_it_is_said_again(drifted):
    records, tables, _ = copied(*drifted)
    before = state_digest(tables, "c-1")
    whole = batch(records, [profile("c-1")], after(56)).outputs["c-1"]

    found = rescored(tables, after(56))

    assert state_digest(tables, "c-1") == before
    assert found.days == whole.days
    assert found.nights == whole.nights
    assert found.scores == whole.scores
    assert found.baselines == whole.baselines
    assert [one for one in found.signals if one.episodes] == list(whole.signals)
    assert {one.kind for one in found.signals} > {one.kind for one in whole.signals}


def test_saying_it_again_is_no_revision_and_keeps_when_it_was_first_said(drifted):
    _, tables, first = copied(*drifted)
    first_said = {one.night.night: one for one in first.nights if one.night.final}

    found = rescored(tables, after(56) + timedelta(minutes=5))

    again = {one.night.night: one for one in found.nights if one.night.final}
    assert again == first_said
    assert {one.said for one in again.values()} == {after(56)}


def test_what_was_computed_otherwise_is_put_right_from_the_pieces(drifted):
    _, tables, _ = copied(*drifted)
    before = state_digest(tables, "c-1")
    wrong = replace(load_day(tables, "c-1", START), mood=-2, inputs="of another release")
    save(tables.days, f"c-1|{START}", wrong)
    spoilt = state_digest(tables, "c-1")

    rescored(tables, after(56))

    assert spoilt != before
    assert state_digest(tables, "c-1") == before


def test_it_is_said_again_once_for_each_time_it_is_asked_for(drifted):
    _, tables, _ = copied(*drifted)
    rescored(tables, after(56))

    nothing = score(tables, "c-1", after(56))
    the_same = rescored(tables, after(56))
    once_more = rescored(tables, after(56), version=2)

    assert (nothing.days, nothing.scores, nothing.signals) == ((), (), ())
    assert (the_same.days, the_same.scores) == ((), ())
    assert len(once_more.days) > 56


def copied(records, tables, first):
    """The same again, to be changed by one test alone."""
    own = Tables(**{name.name: dict(getattr(tables, name.name)) for name in fields(Tables)})
    return records, own, first


def test_signals_say_of_which_versions_of_the_nights_they_were_made(drifted):
    records, tables, first = copied(*drifted)
    (before,) = of_delay(first)
    night = before.nights[-1]
    start = midnight(night) + timedelta(hours=1)
    longer = [episode(start, start + timedelta(hours=9), f"night-{night}")]
    add(tables, [raw("c-1", longer, after(56), device="tracker")], len(records))

    (later,) = of_delay(score(tables, "c-1", after(56)))

    assert before.versions == tuple((day, 1) for day in before.nights)
    assert dict(later.versions) == dict.fromkeys(later.nights, 1) | {night: 2}


def of_delay(outputs):
    return [
        episode for of in outputs.signals if of.kind == "phase_delay" for episode in of.episodes
    ]


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
