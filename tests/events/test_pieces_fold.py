import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.events.codec import decode, encode
from daykeel.events.pieces import Pieces, nights_reading, piece_dates
from daykeel.events.pieces_fold import fold_events, home, movable

sys.path.insert(0, str(Path(__file__).parent))
from event_builders import MIDNIGHT, MINUTE, epoch, told

FEW = settings(max_examples=120, derandomize=True, deadline=None)


def steps(minute, count, *, minutes=5, **more):
    return told(
        "activity.steps",
        minute,
        value={"steps": count},
        end=MIDNIGHT + (minute + minutes) * MINUTE,
        **more,
    )


def stone(of, first, last, **more):
    return told(
        "meta.tombstone",
        first,
        value={"of": of, "reason": "deleted"},
        end=MIDNIGHT + last * MINUTE,
        **more,
    )


received = st.integers(0, 2)
said = st.one_of(
    st.builds(epoch, st.integers(0, 3), st.integers(0, 2), seen=received),
    st.builds(epoch, st.integers(0, 3), unit=st.sampled_from(["steps", "counts"])),
    st.builds(epoch, st.integers(0, 3), device=st.sampled_from(["phone", "watch"])),
    st.builds(steps, st.integers(0, 3), st.integers(0, 2), seen=received),
    st.builds(steps, st.integers(0, 3), st.integers(0, 2), minutes=st.sampled_from([5, 6])),
    st.builds(told, minute=st.integers(0, 3), part=st.integers(0, 1), seen=received),
    st.builds(stone, st.just("a group"), st.integers(0, 2), st.integers(3, 4)),
)


def folded(*batches):
    pieces = Pieces()
    for batch in batches:
        pieces = fold_events(pieces, batch)
    return pieces


@FEW
@given(st.lists(said, max_size=12), st.data())
def test_neither_order_nor_repetition_nor_grouping_shows(events, data):
    again = events + data.draw(st.lists(st.sampled_from(events), max_size=6)) if events else []
    shuffled = data.draw(st.permutations(again))
    cut = data.draw(st.integers(0, len(shuffled)))

    assert encode(folded(shuffled[:cut], shuffled[cut:])) == encode(folded(events))


@FEW
@given(st.lists(said, max_size=12))
def test_folding_again_gives_the_same_object(events):
    once = folded(events)

    assert fold_events(once, events) is once


@FEW
@given(st.lists(said, max_size=12))
def test_pieces_are_the_same_after_lying_in_a_table(events):
    pieces = folded(events)

    assert decode(Pieces, encode(pieces)) == pieces


@pytest.mark.parametrize("order", [1, -1])
def test_the_newer_observation_holds(order):
    older, newer = epoch(0, 5, seen=1), epoch(0, 3, seen=2)

    pieces = folded(*[[one] for one in (older, newer)][::order])

    assert pieces.epochs[0].value == [3000]


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_as_new_the_greater_revision_holds(order):
    two = [epoch(0, 5, revision="sha256:a"), epoch(0, 3, revision="sha256:b")]

    assert folded(two[::order]).epochs[0].value == [3000]


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_equal_ones_the_first_received_holds(order):
    two = [told(received_at=MIDNIGHT + late * MINUTE) for late in (0, 9)]

    assert [one.received_at for one in folded(two[::order]).events] == [MIDNIGHT]


def test_units_and_devices_are_kept_apart():
    pieces = folded([epoch(0, 1), epoch(0, 2, unit="counts"), epoch(0, 3, device="watch")])

    assert [(one.device, one.unit, one.value) for one in pieces.epochs] == [
        ("phone", "counts", [2000]),
        ("phone", "steps", [1000]),
        ("watch", "steps", [3000]),
    ]


@pytest.mark.parametrize(
    ("event", "is_movable"),
    [
        (epoch(0), False),
        (steps(0, 1, minutes=5), False),
        (steps(0, 1, minutes=6), True),
        (told("activity.steps", value={"steps": 1}), True),
        (told("phone.unlock"), True),
        (epoch(0, quality=("dst_fold",)), True),
        (epoch(0, quality=("dst_gap",)), True),
    ],
)
def test_only_a_short_stretch_at_a_certain_time_is_an_epoch(event, is_movable):
    assert movable(event) is is_movable


def test_a_local_time_lies_under_its_own_date():
    event = told(start=None, local_start=MIDNIGHT.replace(tzinfo=None))

    assert home(event) == MIDNIGHT


def test_nights_read_the_dates_that_are_read_by_them():
    for night in (MIDNIGHT.date(),):
        for utc_date in piece_dates(night):
            assert night in nights_reading(utc_date)
