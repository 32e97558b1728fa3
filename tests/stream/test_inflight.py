from hypothesis import given
from hypothesis import strategies as st

from daykeel.stream.transport.inflight import InFlight

offsets = st.sets(st.integers(0, 60), min_size=1).map(sorted)


@given(offsets, st.data())
def test_a_commit_never_passes_an_event_that_is_not_acknowledged(delivered, data):
    events, waiting, done, committed = InFlight(), list(delivered), set(), 0
    while waiting or len(done) < len(delivered):
        open_ = [at for at in delivered if at not in waiting and at not in done]
        step = data.draw(
            st.sampled_from(["deliver"] * bool(waiting) + ["ack"] * bool(open_) + ["stray"])
        )
        if step == "deliver":
            events.deliver(waiting.pop(0))
        elif step == "stray":
            never = st.integers(-1, 61).filter(lambda at: at not in delivered or at in waiting)
            events.acknowledge(data.draw(never))
        else:
            done.add(at := data.draw(st.sampled_from(open_)))
            events.acknowledge(at)
        if data.draw(st.booleans()):
            committed = max(committed, events.advance() or 0)

        assert events.open == len([at for at in delivered if at not in waiting and at not in done])
        left = [at for at in delivered if at not in done]
        assert committed <= min(left, default=delivered[-1] + 1)


@given(offsets, st.randoms(use_true_random=False))
def test_once_all_are_acknowledged_all_is_committed(delivered, random):
    events = InFlight()
    for at in delivered:
        events.deliver(at)
    for at in random.sample(delivered, len(delivered)):
        events.acknowledge(at)

    assert events.open == 0
    assert events.advance() == delivered[-1] + 1
    assert events.advance() is None


def test_a_gap_that_compaction_left_is_no_event():
    events = InFlight()
    for at in (0, 7, 900):
        events.deliver(at)
    for at in (0, 7):
        events.acknowledge(at)

    assert events.advance() == 8


def test_an_acknowledgement_twice_or_of_something_else_counts_nothing():
    events = InFlight()
    events.deliver(3)
    events.acknowledge(2)
    events.acknowledge(4)

    assert events.open == 1
    assert events.advance() is None

    events.deliver(5)
    events.acknowledge(4)
    for _ in range(2):
        events.acknowledge(3)
        events.acknowledge(5)

    assert events.advance() == 6
    assert events.open == 0
