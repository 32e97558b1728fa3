import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.assembly import ASLEEP, AWAKE, UNKNOWN
from daykeel.rhythm.canvas import Canvas, between

sys.path.insert(0, str(Path(__file__).parent))
from told import at, scene


@pytest.fixture
def canvas():
    return Canvas(scene().frame)


def state(canvas, hour):
    return canvas.states[canvas.frame.minute(at(hour))]


def test_what_is_painted_later_stands_over_what_was_there(canvas):
    canvas.paint((at(-1), at(7)), ASLEEP, is_fallback=True)
    canvas.paint((at(2), at(3)), AWAKE)

    assert [state(canvas, hour) for hour in (-2, 0, 2, 4, 7)] == [
        UNKNOWN, ASLEEP, AWAKE, ASLEEP, UNKNOWN,
    ]  # fmt: skip
    assert canvas.fallback.sum() == 7 * 60


def test_only_what_nobody_knows_is_assumed(canvas):
    canvas.paint((at(-1), at(7)), ASLEEP)

    canvas.assume(between(canvas.frame, 0, canvas.frame.minute(at(9))), is_fallback=False)

    assert [state(canvas, hour) for hour in (-2, 0, 8, 9)] == [AWAKE, ASLEEP, AWAKE, UNKNOWN]
    assert np.array_equal(canvas.assumed, canvas.states == AWAKE)


def test_a_stretch_is_forgotten_in_whole_minutes(canvas):
    canvas.paint((at(-1), at(7)), ASLEEP)

    canvas.forget([(at(2) + timedelta(seconds=30), at(3) + timedelta(seconds=1))])

    assert (canvas.states[canvas.frame.minute(at(2)) :][:62] == UNKNOWN).sum() == 61
