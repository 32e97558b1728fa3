"""How far a consumer commits, whatever was delivered, acknowledged and handed out anew."""

import sys
from pathlib import Path

import pytest
from faust.types import TP, Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from counting import counting_app

PARTS = tuple(TP("events", part) for part in range(2))
SOME = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

STEPS = ["deliver"] * 4 + ["ack"] * 4 + ["commit"] * 2 + ["rebalance"]


class Hands:
    """A consumer, and what it has delivered since partitions were last handed out."""

    def __init__(self, consumer):
        self.consumer, self.app = consumer, consumer.app
        self.rebalance()

    def rebalance(self):
        self.app.consumer_generation_id += 1
        self.consumer.forget()
        self.consumer._committed_offset.clear()
        self.delivered = {tp: [] for tp in PARTS}
        self.done = {tp: set() for tp in PARTS}
        self.committed = dict.fromkeys(PARTS, 0)

    def deliver(self, tp, gap):
        last = self.delivered[tp][-1].offset if self.delivered[tp] else -1
        offset = last + 1 + gap
        self.consumer._in_flight[tp].deliver(offset)
        generation = self.app.consumer_generation_id
        message = Message(
            *tp, offset, 0.0, 0, None, b"k", b"v", None, tp=tp, generation_id=generation
        )
        self.delivered[tp].append(message)
        return message

    def ack(self, message):
        if message.generation_id == self.app.consumer_generation_id:
            self.done[message.tp].add(message.offset)
        self.consumer.ack(message)

    def commit(self):
        for tp, offset in self.consumer._committable(PARTS).items():
            assert offset > self.committed[tp]
            self.committed[tp] = offset
            self.consumer._committed_offset[tp] = offset

    def could_commit(self, tp):
        """How far everything is done: just after the last event before which nothing is open."""
        reached = 0
        for message in self.delivered[tp]:
            if message.offset not in self.done[tp]:
                break
            reached = message.offset + 1
        return reached


@pytest.fixture(scope="module")
def consumer(tmp_path_factory):
    app = counting_app(f"sqlite:///{tmp_path_factory.mktemp('acking')}/log.db")
    app.topics.acks_enabled_for = lambda _: True
    yield app.consumer
    app.transport.close()


@given(data=st.data())
@SOME
def test_a_commit_goes_exactly_as_far_as_all_is_done(consumer, data):
    hands, open_ = Hands(consumer), []
    for _ in range(data.draw(st.integers(0, 40))):
        step = data.draw(st.sampled_from(STEPS))
        if step == "deliver":
            tp, gap = data.draw(st.sampled_from(PARTS)), data.draw(st.integers(0, 2))
            open_.append(hands.deliver(tp, gap))
        elif step == "ack" and open_:
            hands.ack(open_.pop(data.draw(st.integers(0, len(open_) - 1))))
        elif step == "commit":
            hands.commit()
        elif step == "rebalance":
            hands.rebalance()  # agents go on with what they have, and acknowledge it later

        assert all(hands.committed[tp] <= hands.could_commit(tp) for tp in PARTS)

    for message in open_:
        hands.ack(message)
    hands.commit()
    assert hands.committed == {tp: hands.could_commit(tp) for tp in PARTS}


def test_an_acknowledgement_of_before_a_rebalance_counts_nothing(consumer):
    hands = Hands(consumer)
    stale = hands.deliver(PARTS[0], 0)
    hands.rebalance()
    fresh = hands.deliver(PARTS[0], 0)

    hands.ack(stale)
    assert consumer._committable(PARTS) == {}

    hands.ack(fresh)
    assert consumer._committable(PARTS) == {PARTS[0]: 1}
