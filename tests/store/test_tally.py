from hypothesis import given
from hypothesis import strategies as st

from daykeel.log.tally import REMEMBERED, Delivery, Tally, tally_of

MOST = 4000
"""Bytes of a text beside an offset on Kafka."""

deliveries = st.builds(Delivery, st.sampled_from(["a", "b"]), st.integers(1, 5), st.booleans())


def test_it_is_what_it_was_after_being_kept():
    tally = Tally().plus([("no_consent", Delivery("a", at, False)) for at in range(1000)])

    assert tally_of(tally.memo().text) == tally


def test_however_much_is_counted_it_fits_where_it_is_kept():
    taken = [(f"reason {at % 9}", Delivery(f"d-{at}", at, False)) for at in range(70_000)]
    tally = Tally().plus(taken)

    assert len(tally.recent) == REMEMBERED
    assert len(tally.memo().text) < MOST
    assert sum(tally.counts.values()) == 70_000


def test_a_number_that_is_used_anew_is_counted_anew():
    twice = [("no_consent", Delivery("a", 7, False))] * 2

    assert Tally().plus(twice).counts == {"no_consent": 2}


def test_what_nobody_waits_for_is_counted_each_time():
    assert Tally().plus([("no_consent", None)] * 3).counts == {"no_consent": 3}


def test_of_those_counted_long_ago_nothing_is_left():
    first = Delivery("a", 1, False)
    others = [("no_consent", Delivery("a", at, False)) for at in range(2, REMEMBERED + 2)]

    tally = Tally().plus([("no_consent", first), *others])

    assert tally.plus([("no_consent", first._replace(is_again=True))]).counts == {
        "no_consent": REMEMBERED + 2
    }


@given(st.lists(deliveries), st.data())
def test_deliveries_again_after_a_kill_count_nothing(taken, data):
    fresh = [("no_consent", one._replace(is_again=False)) for one in taken]
    tally = Tally().plus(fresh)
    again = [("no_consent", one._replace(is_again=True)) for one in taken]
    some = data.draw(st.lists(st.sampled_from(again), max_size=10)) if again else []

    assert tally.plus(some).counts == tally.counts
