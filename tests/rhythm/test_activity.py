import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daykeel.rhythm.activity import Run, minutes_of, runs_of, seconds_of, spread

sys.path.insert(0, str(Path(__file__).parent))
from told import at, pieces, said, steps

NAME = ("steps", "watch", "wrist", "activity.epoch", "daykeel")


def run(*rows, start=0.0):
    """Rows of (second after an hour, seconds, thousandths)."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return Run(NAME, columns[0] + seconds_of(at(start)), columns[1], columns[2])


def told(*events):
    epochs = [one for day in pieces(*events).values() for one in day.epochs]
    longer = [one for day in pieces(*events).values() for one in day.events]
    return runs_of(epochs, longer, at(-18), at(28))


def test_a_minute_has_what_was_counted_in_it():
    found = minutes_of(run((0, 60, 5000), (60, 60, 7000)), at(0), 3)

    assert found.value.tolist() == [5000, 7000, 0]
    assert found.valid.tolist() == [True, True, False]


def test_half_minutes_are_added_up():
    found = minutes_of(run((0, 30, 1), (30, 30, 2), (60, 30, 4)), at(0), 2)

    assert (found.value.tolist(), found.valid.tolist()) == ([3, 0], [True, False])


def test_longer_stretches_are_spread_without_losing_anything():
    found = minutes_of(run((0, 300, 7)), at(0), 5)

    assert found.value.sum() == 7
    assert found.value.max() - found.value.min() <= 1


def test_a_stretch_that_runs_into_the_next_ends_there():
    first = said("activity.steps", 0, 1, name="first", steps=60)
    second = said("activity.steps", 0.5, 1, name="second", steps=30)

    (found,) = told(first, second)

    assert found.seconds.tolist() == [1800, 1800]


@given(st.lists(st.tuples(st.integers(1, 900), st.integers(0, 10**9)), min_size=1, max_size=30))
def test_whole_stretches_keep_their_sum(rows):
    rows = [*rows, (60 - sum(length for length, _ in rows) % 60, 7)]
    starts = np.cumsum([0, *(length for length, _ in rows)])[:-1].tolist()
    whole = sum(length for length, _ in rows) // 60

    columns = zip(starts, rows, strict=True)
    found = minutes_of(run(*((at, length, value) for at, (length, value) in columns)), at(0), whole)

    assert found.valid.all()
    assert found.value.sum() == sum(value for _, value in rows)


def test_runs_go_by_what_counted_in_which_unit():
    other = steps(0, 0.1, 3, unit="counts")
    found = told(*steps(0, 0.1, 5), *other, said("activity.steps", 1, 2, steps=90))

    assert [(one.unit, one.is_sparse, len(one.start)) for one in found] == [
        ("counts", False, 6),
        ("steps", False, 6),
        ("steps", True, 1),
    ]
    assert found[2].value.tolist() == [90_000]


def test_the_total_of_a_day_is_no_stretch():
    assert told(said("activity.steps", 0, steps=9000), said("activity.steps", 0, 5, steps=1)) == []


def test_only_what_lies_near_is_taken():
    (found,) = told(*steps(-25, -17.9, 5))

    assert found.start[0] >= seconds_of(at(-19))


def test_fine_stretches_can_be_had_alone():
    rough = run((0, 60, 1), (60, 3600, 2))

    assert rough.up_to(600).value.tolist() == [1]
    assert rough.up_to(3600) is rough


def test_hours_and_bins_are_sums_of_clock_minutes():
    day = minutes_of(run(*((60 * n, 60, 1000) for n in range(1440))), at(0), 1440)
    columns = np.arange(1440)
    columns[120:180] = -1

    hours, hours_n, bins, bins_n = spread(day, columns)

    assert hours.tolist() == [60_000, 60_000, 0, *[60_000] * 21]
    assert hours_n.tolist() == [60, 60, 0, *[60] * 21]
    assert (bins.sum(), bins_n.tolist()[11:19]) == (1_380_000, [10, 0, 0, 0, 0, 0, 0, 10])


@pytest.mark.parametrize("size", [0, 1])
def test_nothing_is_known_where_nothing_was_counted(size):
    found = minutes_of(run((0, 60, 1), start=5), at(0), size)

    assert not found.valid.any()
