import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from daykeel.pipeline.context import context_of
from daykeel.pipeline.state import ClientState, Command
from daykeel.rhythm.ledger import ANCHORS
from daykeel.rhythm.working_week import week_on

sys.path.insert(0, str(Path(__file__).parent))
from lives import START, midnight

DAY = timedelta(days=1)


def phase(name, day, *, of="course"):
    return Command(
        client="c-1",
        kind="phase",
        id=f"phase/{of}",
        version=1,
        effective_from=None if day is None else midnight(START + day * DAY),
        value={"phase": name},
    )


@pytest.mark.parametrize(
    ("day", "expected"), [(0, "middle"), (1, "formulation"), (40, "graduation")]
)
def test_a_phase_holds_from_when_it_begins(day, expected):
    commands = [phase("graduation", 30, of="b"), phase("formulation", 1, of="a")]
    state = ClientState(client="c-1", commands={one.id: one for one in commands})

    assert context_of(state).phase(START + day * DAY) == expected


def test_of_phases_that_begin_together_one_holds_whatever_their_order():
    told = [phase("middle", None, of="a"), phase("formulation", None, of="b")]
    found = {
        context_of(ClientState(client="c-1", commands={one.id: one for one in order})).phase(START)
        for order in (told, told[::-1])
    }

    assert found == {"formulation"}


def test_what_is_tracked_and_free_holds_from_its_first_day_on():
    profile = {"tracked_items": ["bed"], "free_weekdays": [6], "tz": "Asia/Tokyo"}
    later = {"first": "2026-03-01"}
    told = [
        Command(client="c-1", kind="profile", id="profile", version=1, value=profile),
        Command(
            client="c-1", kind="tracked", id="t", version=1, value=later | {"items": ["dinner"]}
        ),
        Command(
            client="c-1",
            kind="week",
            id="w",
            version=1,
            value=later | {"free_weekdays": [0], "region": "JP"},
        ),
    ]
    state = ClientState(client="c-1", commands={one.id: one for one in told})

    found = context_of(state)

    before, after = date(2026, 2, 28), date(2026, 3, 1)
    assert [found.tracked_items(day) for day in (before, after)] == [("bed",), ("dinner",)]
    weeks = [week_on(found.weeks, day) for day in (before, after)]
    assert [(one.free_weekdays, one.region) for one in weeks] == [((6,), ""), ((0,), "JP")]


def test_where_nothing_is_said_all_anchors_are_tracked_and_the_weekend_is_free():
    found = context_of(ClientState(client="c-1"))

    assert (found.tracked, found.weeks) == ((), ())
    assert found.tracked_items(START) == ANCHORS
    assert week_on(found.weeks, START).free_weekdays == (5, 6)
