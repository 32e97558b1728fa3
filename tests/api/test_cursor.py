import pytest
from hypothesis import given
from hypothesis import strategies as st

from daykeel.api.cursor import BadCursor, Cursors

texts = st.lists(st.text(max_size=20), max_size=4)


@given(texts, texts)
def test_a_cursor_comes_back_as_it_was_made(after, bound_to):
    cursors = Cursors(b"key")

    assert cursors.read(cursors.made(after, bound_to), bound_to) == after


@given(texts, texts, texts)
def test_a_cursor_bound_to_something_else_is_refused(after, bound_to, other):
    cursors = Cursors(b"key")
    if bound_to == other:
        return

    with pytest.raises(BadCursor):
        cursors.read(cursors.made(after, bound_to), other)


def test_a_cursor_of_another_process_is_refused():
    cursor = Cursors(b"key").made(["a"], [])

    with pytest.raises(BadCursor):
        Cursors(b"other").read(cursor, [])


@pytest.mark.parametrize("cursor", ["", "a", "====", "Zm9v", "é", "a" * 300])
def test_garbage_is_refused(cursor):
    with pytest.raises(BadCursor):
        Cursors(b"key").read(cursor, [])
