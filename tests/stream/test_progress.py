from hypothesis import given
from hypothesis import strategies as st

from daykeel.stream.progress import Progress

AT, OTHER = ("events.raw", 0), ("commands", 0)


def test_scored_stops_before_the_first_record_that_is_not_scored():
    progress = Progress({AT: 0})
    progress.fold(AT, 0, "a")
    progress.fold(AT, 1, "b")
    progress.fold(AT, 2, "a")

    before = progress.advance({AT: 3})
    progress.score("a")

    assert before == {}
    assert progress.advance({}) == {AT: 1}
    assert progress.clients() == {"b"}


def test_a_record_that_changed_nothing_needs_no_score():
    assert Progress({AT: 5}).advance({AT: 9}) == {AT: 9}


def test_scored_never_passes_what_is_folded():
    progress = Progress({AT: 5})
    progress.fold(AT, 7, "a")  # folded, and its commit is not on its way yet

    assert progress.advance({}) == {AT: 5}


def test_one_score_covers_all_topics_of_the_client():
    progress = Progress({AT: 0, OTHER: 0})
    progress.fold(AT, 0, "a")
    progress.fold(OTHER, 3, "a")
    progress.score("a")

    assert progress.advance({AT: 1, OTHER: 4}) == {AT: 1, OTHER: 4}


def test_what_did_not_move_is_not_said_again():
    progress = Progress({AT: 0})

    assert progress.advance({AT: 2}) == {AT: 2}
    assert progress.advance({AT: 2}) == {}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=40))
def test_scored_is_the_least_offset_folded_after_the_last_score_of_its_client(steps):
    progress, unscored = Progress({AT: 0}), {}
    for offset, (client, scores) in enumerate(steps):
        progress.fold(AT, offset, client)
        unscored.setdefault(client, offset)
        if scores:
            progress.score(client)
            del unscored[client]
        progress.advance({AT: offset + 1})

        assert progress._said.get(AT, 0) == min(unscored.values(), default=offset + 1)
