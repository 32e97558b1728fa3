from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from daykeel.stream.checks import Checks

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_check_is_open_until_its_client_was_scored():
    checks = Checks()
    checks.put("a", NOON)

    before, due = checks.is_open(NOON - HOUR), checks.due(NOON)
    again = checks.due(NOON)
    checks.put("a", NOON + HOUR)

    assert (before, due, again) == (False, ["a"], ["a"])
    assert not checks.is_open(NOON)
    assert checks.is_open(NOON + HOUR)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.none() | st.integers(0, 9)), max_size=40))
def test_due_is_who_has_a_check_that_has_come(steps):
    checks, known = Checks(), {}
    for client, hours in steps:
        known[client] = None if hours is None else NOON + hours * HOUR
        checks.put(client, known[client])

    for now in (NOON + hours * HOUR for hours in range(-1, 10)):
        due = {client for client, at in known.items() if at is not None and at <= now}
        assert set(checks.due(now)) == due
        assert checks.is_open(now) == bool(due)


def test_checks_that_move_for_ever_take_no_more_room():
    checks = Checks()
    for minute in range(10_000):
        checks.put("a", NOON + minute * HOUR / 60)

    assert len(checks._queue) < 200
    assert checks.due(NOON + 9_999 * HOUR / 60) == ["a"]
