import sys
from datetime import timedelta
from pathlib import Path

from daykeel.events.stages import stages_of

sys.path.insert(0, str(Path(__file__).parent))
from event_builders import MIDNIGHT, told

HOUR = timedelta(hours=1)


def test_a_stage_is_itself():
    found = stages_of(told("sleep.stage", value={"stage": "rem"}, end=MIDNIGHT + HOUR))

    assert found == (("rem", MIDNIGHT, MIDNIGHT + HOUR),)


def test_a_point_lasts_until_something_else_is_said():
    assert stages_of(told("sleep.stage", value={"stage": "rem"}))[0].end is None


def test_an_episode_holds_its_stages():
    stage = {"stage": "deep", "start": "2026-03-02T00:00:00Z", "end": "2026-03-02T01:00:00Z"}

    assert stages_of(told("sleep.episode", value={"stages": [stage]})) == (
        ("deep", MIDNIGHT, MIDNIGHT + HOUR),
    )


def test_other_events_have_none():
    assert stages_of(told("bed.in")) == ()
    assert stages_of(told("sleep.stage", start=None, value={"stage": "rem"})) == ()
