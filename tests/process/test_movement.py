import pytest

from daykeel.log.open import open_log
from daykeel.log.protocol import NewRecord
from daykeel.log.topics import EVENTS_RAW
from daykeel.process.movement import Movement

ALL = {(EVENTS_RAW, part) for part in range(4)}


@pytest.fixture
def log(tmp_path):
    opened = open_log(f"sqlite:///{tmp_path}/log.db")
    yield opened
    opened.close()


@pytest.fixture
def movement(log):
    return Movement(log, "stream", (EVENTS_RAW,))


def append(log, partition=0):
    log.append([NewRecord(EVENTS_RAW, partition, b"c", b"v")])


def test_where_nothing_waits_all_is_well(log, movement):
    assert [movement.goes_on(ALL) for _ in range(3)] == [True, True, True]


def test_something_that_waits_while_nothing_is_done_is_not_well(log, movement):
    movement.goes_on(ALL)
    append(log)

    assert [movement.goes_on(ALL) for _ in range(2)] == [False, False]


def test_something_that_waits_while_others_are_done_is_well(log, movement):
    for _ in range(3):
        append(log)
    movement.goes_on(ALL)

    log.commit("stream", {(EVENTS_RAW, 0): 1})
    moved = movement.goes_on(ALL)

    assert moved
    assert not movement.goes_on(ALL)
    log.commit("stream", {(EVENTS_RAW, 0): 3})
    assert [movement.goes_on(ALL) for _ in range(2)] == [True, True]


def test_partitions_of_other_workers_are_not_looked_at(log, movement):
    mine = {(EVENTS_RAW, 1)}
    append(log, 0)
    append(log, 1)
    movement.goes_on(mine)

    log.commit("stream", {(EVENTS_RAW, 0): 1})
    others_moved = movement.goes_on(mine)
    log.commit("stream", {(EVENTS_RAW, 1): 1})

    assert not others_moved
    assert movement.goes_on(mine)
