"""Consent withdrawn for some nights and given again, while an app tells of them late."""

import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from daykeel.pipeline.batch import batch, empty_tables, state_digest
from daykeel.pipeline.command import apply
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import score
from daykeel.pipeline.state import Command

sys.path.insert(0, str(Path(__file__).parent))
from lives import START, after, life, midnight, profile

NIGHTS = 24
ENDED = midnight(START + timedelta(days=11)) + timedelta(hours=3)
"""In the middle of a night."""
AGAIN = midnight(START + timedelta(days=15)) + timedelta(hours=4)
"""In the middle of another one."""
BETWEEN = [START + timedelta(days=days) for days in range(11, 16)]
"""Nights that reach into the time between."""


def consent(name, start, stop, version=1):
    return Command(
        client="c-1",
        kind="consent",
        id=name,
        version=version,
        effective_from=start,
        effective_to=stop,
        value={"source": "daykeel"},
    )


GIVEN = [
    consent("consent-1", midnight(START - timedelta(days=1)), None),
    consent("consent-1", midnight(START - timedelta(days=1)), ENDED, 2),
    consent("consent-2", AGAIN, None),
]


def told():
    """A life of which all that was dropped is told again once consent holds."""
    return [
        replace(one, received_at=AGAIN + timedelta(days=1))
        if ENDED <= one.received_at < AGAIN
        else one
        for one in life("c-1", NIGHTS, seed=4)
    ]


@pytest.fixture(scope="module")
def whole():
    return batch(told(), [profile("c-1"), *GIVEN], after(NIGHTS))


def nights(result):
    return {one.night.night: one.night for one in result.outputs["c-1"].nights}


def test_nights_that_reach_into_it_are_unknown_and_all_others_as_ever(whole):
    found = nights(whole)
    ever = nights(batch(told(), [profile("c-1")], after(NIGHTS)))
    known = {day for day, one in ever.items() if one.certainty == "certain"}

    assert {day for day in known if found[day].certainty == "none"} == set(BETWEEN)
    assert all(found[day].duration == ever[day].duration for day in found.keys() - set(BETWEEN))
    assert {gap.reason for day in BETWEEN[1:] for gap in found[day].gaps} == {"consent_revoked"}


@pytest.mark.parametrize("seed", range(3))
def test_in_whatever_order_and_however_often_it_is_told(whole, seed):
    rng = np.random.default_rng(seed)
    steps = [profile("c-1"), *GIVEN, *told()]
    again = steps + [steps[at] for at in rng.integers(0, len(steps), len(steps) // 3)]
    tables = empty_tables()
    for offset, at in enumerate(rng.permutation(len(again))):
        if isinstance(step := again[at], Command):
            apply(tables, step)
        else:
            fold(tables, step, partition=0, offset=offset, incarnation="i")
        if rng.random() < 0.1:
            score(tables, "c-1", AGAIN)
    score(tables, "c-1", after(NIGHTS))

    assert state_digest(tables, "c-1") == state_digest(whole.tables, "c-1")


def test_withdrawing_changes_no_night_that_was_told_before():
    before = [one for one in life("c-1", NIGHTS, seed=4) if one.received_at < ENDED]
    last: date = BETWEEN[0]

    found = nights(batch(before, [profile("c-1"), *GIVEN], after(NIGHTS)))
    ever = nights(batch(before, [profile("c-1"), GIVEN[0]], after(NIGHTS)))

    assert [found[day] for day in ever if day < last] == [ever[day] for day in ever if day < last]
