import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daykeel.pipeline.context import context_of
from daykeel.pipeline.state import ClientState, Command

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

    assert context_of(state, midnight(START + day * DAY)).phase == expected


def test_of_phases_that_begin_together_one_holds_whatever_their_order():
    told = [phase("middle", None, of="a"), phase("formulation", None, of="b")]
    found = {
        context_of(
            ClientState(client="c-1", commands={one.id: one for one in order}),
            datetime(2026, 1, 1, tzinfo=UTC),
        ).phase
        for order in (told, told[::-1])
    }

    assert found == {"formulation"}
