import sys
from pathlib import Path

from daykeel.rhythm.blocks import Ranking, blocks_of, chosen
from daykeel.rhythm.sessions import sessions_of

sys.path.insert(0, str(Path(__file__).parent))
from told import at, said, slept


def blocks(*events):
    return blocks_of(sessions_of(events))


def kept(*events, sources=()):
    best, left = chosen(blocks(*events), Ranking(sources))
    return [(one.first.source, one.start) for one in best], [one.first.source for one in left]


def ring(start, stop, **more):
    return slept(start, stop, source="ring", device="finger", **more)


def test_sessions_of_a_source_less_than_an_hour_apart_are_one_sleep():
    found = blocks(slept(-1, 2), slept(2.9, 7), slept(8, 9))

    assert [(one.start, one.stop, len(one.sessions)) for one in found] == [
        (at(-1), at(7), 2),
        (at(8), at(9), 1),
    ]


def test_a_session_within_another_does_not_end_the_sleep():
    assert [one.stop for one in blocks(slept(-1, 7), slept(0, 2))] == [at(7)]


def test_lying_awake_is_no_sleep():
    assert blocks(said("sleep.stage", 1, 2, stage="awake")) == []


def test_of_two_sources_of_one_sleep_the_better_counts():
    night = slept(-1, 7), ring(-1.5, 7.5)

    assert kept(*night, sources=("watch", "ring")) == ([("watch", at(-1))], ["ring"])
    assert kept(*night, sources=("ring",)) == ([("ring", at(-1.5))], ["watch"])


def test_a_source_may_be_named_by_device_or_adapter():
    assert kept(slept(-1, 7), ring(-1, 7), sources=("wrist",))[1] == ["ring"]
    other = ring(-1, 7, adapter="oura")
    assert kept(slept(-1, 7), other, sources=("oura", "daykeel"))[1] == ["watch"]


def test_sources_nobody_ranked_follow_by_name_and_people_come_last():
    diary = said("self.sleep_diary", -1, 7, source="a diary", modality="self-reported")

    assert kept(slept(-1, 7), ring(-1, 7), diary) == ([("ring", at(-1))], ["watch", "a diary"])


def test_what_only_another_source_tells_counts_too():
    assert kept(slept(-1, 7), ring(-9, -8), sources=("watch",)) == (
        [("watch", at(-1)), ("ring", at(-9))],
        [],
    )


def test_a_sleep_gives_way_as_a_whole():
    pieces = ring(-1.9, -1.2), ring(-1.1, 3)

    assert kept(slept(-1, 7), *pieces, sources=("watch",))[1] == ["ring"]


def test_only_sources_after_the_first_ranked_stand_in():
    ranking = Ranking(("watch", "ring"))

    assert not ranking.is_fallback("watch", "wrist")
    assert ranking.is_fallback("ring")
    assert ranking.is_fallback("phone")
    assert not Ranking(()).is_fallback("phone")
