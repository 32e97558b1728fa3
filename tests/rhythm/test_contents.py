import sys
from pathlib import Path

import pytest

from daykeel.rhythm.contents import contents

sys.path.insert(0, str(Path(__file__).parent))
from told import at, correction, deleted, said, scene, slept, steps

BASE = (slept(-1, 7), said("meal", 19, meal="dinner"))


def of(*events, **more):
    return contents(scene(*events, **more))


@pytest.mark.parametrize("other", [
    (slept(-1, 7, revision="sha256:other"), BASE[1]),
    (BASE[0],),
    (*BASE, *steps(9, 9.1, 3)),
    (*BASE, deleted(BASE[0])),
    (*BASE, correction(BASE[0].group, stop=6)),
    (*BASE, said("night.mark", 30, what="illness", first="2026-03-04", last="2026-03-09")),
    (*BASE, said("self.mood", None, level=1, day="2026-03-04")),
])  # fmt: skip
def test_what_is_read_shows(other):
    assert of(*other) != of(*BASE)


@pytest.mark.parametrize("other", [
    (*BASE, said("device.battery", 3, percent=50)),
    (*BASE, slept(-40, -33)),
    (*BASE, said("self.mood", None, level=1, day="2026-03-05")),
    (*BASE, said("night.mark", 3, what="illness", first="2026-03-05", last="2026-03-09")),
    (*BASE, *steps(29, 29.1, 3)),
])  # fmt: skip
def test_what_is_not_read_does_not(other):
    assert of(*other) == of(*BASE)


def test_when_a_device_was_heard_and_when_one_asks_does_not_show():
    assert of(*BASE, heard={}, as_of=at(3)) == of(*BASE)
