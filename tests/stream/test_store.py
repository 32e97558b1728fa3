from hypothesis import given
from hypothesis import strategies as st

from daykeel.stream.store import ENTRY, Recent

KEYS = st.sampled_from([b"a", b"b", b"c", b"d"])


def test_the_value_used_longest_ago_goes_first():
    recent = Recent(2 * (ENTRY + 2))
    recent.put(b"a", b"1")
    recent.put(b"b", b"2")
    recent.get(b"a")
    recent.put(b"c", b"3")

    assert (b"a" in recent, b"b" in recent, b"c" in recent) == (True, False, True)


def test_a_value_larger_than_the_room_is_not_kept():
    recent = Recent(1000)
    recent.put(b"a", b"1")
    recent.put(b"b", bytes(2000))

    assert b"b" not in recent


@given(st.lists(st.tuples(KEYS, st.none() | st.binary(max_size=300))))
def test_what_is_kept_is_what_was_put_last_and_fits_the_room(steps):
    recent, last = Recent(1000), {}
    for key, value in steps:
        recent.put(key, value)
        last[key] = value

        kept = {key: recent.get(key) for key in last if key in recent}
        assert kept == {key: last[key] for key in kept}
        assert sum(ENTRY + len(key) + len(value or b"") for key, value in kept.items()) <= 1000
