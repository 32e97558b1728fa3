import sys
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest

from daykeel.pipeline.batch import batch, empty_tables, state_digest
from daykeel.pipeline.command import apply
from daykeel.pipeline.fold import fold
from daykeel.pipeline.outages import outages_of
from daykeel.pipeline.score import score
from daykeel.pipeline.state import Command
from daykeel.pipeline.tables import load_client, load_day

sys.path.insert(0, str(Path(__file__).parent))
from lives import START, after, episode, life, midnight, profile, raw

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LAST = after(9)


def at(day, hour):
    return midnight(START + day * DAY) + hour * HOUR


def outage(day, first, last, *, version=1, name="outage-1"):
    return Command(
        client="c-1",
        kind="outage",
        id=name,
        version=version,
        effective_from=at(day, first),
        effective_to=at(day, last),
    )


def tracked(day, first, last):
    """A part of a night as a tracker tells it at once, and what it says in the morning."""
    told = episode(at(day, first), at(day, last), f"{day} {first}")
    return raw("c-1", [told], at(day, last + 0.1), device="tracker")


def walked(day, first, last):
    told = {"kind": "activity.session", "start": wire(day, first), "end": wire(day, last)}
    return raw("c-1", [told], at(day, last), device="phone")


def wire(day, hour):
    return at(day, hour).isoformat().replace("+00:00", "Z")


BROKEN = [tracked(3, -1, 2), walked(3, 4.5, 8), walked(3, 8, 11.9)]
"""A night of which nothing came from 02:00 to 04:30."""


def folded(records, *commands):
    tables = empty_tables()
    for command in [profile("c-1"), *commands]:
        apply(tables, command)
    for offset, record in enumerate(records):
        fold(tables, record, partition=0, offset=offset, incarnation="i")
    return tables


def reasons(tables, day=3):
    return [one.reason for one in load_day(tables, "c-1", START + day * DAY).night.gaps]


def scored(tables):
    score(tables, "c-1", LAST)
    return tables


def test_a_gap_that_our_outage_made_says_so():
    tables = scored(folded(BROKEN, outage(3, 1.9, 4.6)))

    assert reasons(tables)[-1] == "our_outage"
    assert load_day(tables, "c-1", START + 3 * DAY).night.gaps[-1].evidence == ("outage-1",)


def test_what_is_sent_again_later_leaves_no_gap():
    again = [tracked(3, -1, 4.4), raw("c-1", [], at(3, 9), device="tracker")]
    tables = scored(folded(BROKEN, outage(3, 1.9, 4.6)))
    before = reasons(tables)
    for offset, record in enumerate(again, 99):
        fold(tables, record, partition=0, offset=offset, incarnation="i")

    scored(tables)

    assert "our_outage" in before
    assert "our_outage" not in reasons(tables)


def test_an_outage_builds_only_the_nights_around_it():
    tables = folded(life("c-1", 30, seed=1))
    score(tables, "c-1", after(30))
    dirty = load_client(tables, "c-1").dirty

    apply(tables, outage(20, 1, 5))

    state = load_client(tables, "c-1")
    assert not state.everything
    assert {(day - START).days for day in state.dirty - dirty} == {18, 19, 20, 21, 22}
    assert "outage-1" not in state.commands


def test_an_outage_that_explains_nothing_changes_nothing():
    tables = folded(life("c-1", 30, seed=1))
    score(tables, "c-1", after(30))
    apply(tables, outage(20, 1, 5))

    found = score(tables, "c-1", after(30))

    assert (found.days, found.nights, found.scores, found.signals) == ((), (), (), ())


def test_a_revised_night_counts_another_version():
    tables = folded(BROKEN)
    first = score(tables, "c-1", LAST)
    apply(tables, outage(3, 1.9, 4.6))

    second = score(tables, "c-1", LAST)

    (night,) = second.nights
    assert night.night.night == START + 3 * DAY
    assert [one.version for one in first.nights if one.night.night == START + 3 * DAY] == [1]
    assert (night.version, night.state) == (2, "revised")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_highest_version_of_an_outage_holds_in_whatever_order_they_come(order):
    told = [outage(3, 1.9, 4.6), outage(3, 9, 9.1, version=2), outage(5, 2, 4, name="outage-2")]
    expected = batch(BROKEN, [profile("c-1"), *told], LAST)
    tables = folded(BROKEN)

    for number in order:
        apply(tables, told[number])
        score(tables, "c-1", LAST)

    assert state_digest(tables, "c-1") == state_digest(expected.tables, "c-1")
    assert [one.start for one in outages_of(tables, "c-1")] == [at(3, 9), at(5, 2)]
    assert "our_outage" not in reasons(tables)


def test_the_same_outage_again_is_no_news():
    tables = folded(BROKEN, outage(3, 1.9, 4.6))

    assert not apply(tables, outage(3, 1.9, 4.6))


def test_an_outage_without_an_end_is_none():
    endless = Command(client="c-1", kind="outage", id="o", version=1, effective_from=at(3, 1))
    tables = folded(BROKEN, endless)

    assert outages_of(tables, "c-1") == ()
    assert "our_outage" not in reasons(scored(tables))
