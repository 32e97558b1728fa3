"""Finding what a server refuses, on a server that is a set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rows import later, stored

from daykeel.scores.influx_points import night_point
from daykeel.scores.influx_refusals import AT_ONCE_BYTES, refused

POINTS = [night_point(stored(day=later(n))) for n in range(40)]


class Picky:
    """Stores what is good of a batch, and says that some of it was bad, as InfluxDB does."""

    def __init__(self, bad, *, stores_the_rest):
        self.bad, self.kept, self.requests = bad, set(), 0
        self._stores_the_rest = stores_the_rest

    def write(self, points):
        self.requests += 1
        is_good = not self.bad.intersection(points)
        if is_good or self._stores_the_rest:
            self.kept.update(set(points) - self.bad)
        return None if is_good else "bad"


@given(st.sets(st.sampled_from(POINTS)), st.booleans())
def test_exactly_the_bad_ones_are_named_and_all_others_stored(bad, stores_the_rest):
    server = Picky(bad, stores_the_rest=stores_the_rest)

    found = list(refused(POINTS, server.write))

    assert {one.row.night.night for one in found} == {one.row.night.night for one in bad}
    assert server.kept == set(POINTS) - bad
    assert len(found) == len(bad)


def test_one_bad_point_costs_little():
    server = Picky({POINTS[17]}, stores_the_rest=True)

    list(refused(POINTS, server.write))

    assert server.requests <= 13


def test_no_request_is_larger_than_the_server_can_store_in_time():
    big = [one._replace(fields="x" * (AT_ONCE_BYTES // 3)) for one in POINTS[:8]]
    sizes = []

    list(refused(big, lambda points: sizes.append(len(points))))

    assert sizes == [3, 3, 2]


@pytest.mark.parametrize("points", [[], [POINTS[0]]])
def test_what_is_taken_is_not_refused(points):
    assert list(refused(points, lambda _: None)) == []
