from daykeel.log.protocol import NewRecord
from daykeel.stream.transport.effects import Effect, Effects

RAW, DUE = ("events.raw", 0), ("due", 0)


def effect(value):
    return Effect(NewRecord("days", 0, b"k", value), None)


def values(effects):
    return [one.record.value for one in effects]


def test_effects_of_two_agents_are_written_in_the_order_they_were_caused():
    held = Effects()
    for source, offset, value in [(RAW, 0, b"1"), (DUE, 0, b"2"), (RAW, 1, b"3"), (DUE, 1, b"4")]:
        held.hold(source, offset, effect(value))

    assert values(held.take({RAW: 2, DUE: 2})) == [b"1", b"2", b"3", b"4"]
    assert len(held) == 0


def test_effects_of_an_event_that_is_not_committed_stay_held():
    held = Effects()
    held.hold(RAW, 4, effect(b"done"))
    held.hold(RAW, 5, effect(b"not done"))
    held.hold(DUE, 0, effect(b"of another partition"))

    assert values(held.take({RAW: 5})) == [b"done"]
    assert values(held.take({RAW: 6, DUE: 1})) == [b"not done", b"of another partition"]


def test_what_will_be_delivered_again_is_forgotten():
    held = Effects()
    held.hold(RAW, 4, effect(b"x"))
    held.forget()

    assert held.take({RAW: 5}) == []
