import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from told import LATER, at, scene, slept, steps


def test_a_scene_holds_what_lies_around_a_night():
    found = scene(slept(-1, 7), *steps(27, 28.5, 10), sources=("ring",))

    assert list(found.reading.of("sleep.episode")) == [slept(-1, 7)]
    assert [run.start.size for run in found.runs] == [60]
    assert (found.ranking.sources, found.as_of) == (("ring",), LATER)


def test_it_ends_with_the_social_day():
    assert scene().stop == at(28)
    assert scene(zone="Asia/Kolkata").stop == at(22.5)
