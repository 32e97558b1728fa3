import json
import re
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daykeel.rhythm.charts import SIDES, guarded
from daykeel.rhythm.evaluate import evaluate
from daykeel.rhythm.rules import (
    CHARTS,
    LIVE,
    PLAIN,
    SECONDARY,
    BadRules,
    Rules,
    as_json,
    from_json,
)

sys.path.insert(0, str(Path(__file__).parent))
from day_records import at, context, kinds, shifted, silenced, steady


def told(days, by):
    return kinds(evaluate(days, context(), at(days[-1].day, 20), days[-1].day, by))


def test_rules_stand_in_json_as_they_are():
    trial = replace(LIVE, version="trial", agreed_hours=1.0, limits=((0, 4.0),))

    assert from_json(as_json(trial)) == trial


def test_what_is_left_out_is_as_in_the_live_rules():
    assert from_json('{"version": "trial"}') == replace(LIVE, version="trial")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"version": "a", "wait": 1.0}, "wait: no such rule"),
        ({"weight": 0.1}, "version: missing"),
        ({"version": "a", "weight": 0}, "weight: "),
        ({"version": "a", "weight": "much"}, "Expected `float`"),
        ({"version": "a", "limits": []}, "limits: "),
        ({"version": "a", "limits": [[0, 5.0], [0, 4.0]]}, "limits: "),
        ({"version": "a", "limits": [[28, 5.0]]}, "limits: "),
        ({"version": "a", "widened": [["sleep.mids", 1.1]]}, "widened: "),
        ({"version": "a", "secondary": ["sleep.mid"]}, "secondary: "),
        ({"version": "a", "estimator": "mean"}, "estimator: "),
        ({"version": "a", "reference": 9.0}, "reference: "),
        ({"version": "a", "silence_tense": 9}, "silence_tense: "),
        ({"version": "a", "escalates": 1.0}, "escalates: "),
        ([], "Expected `object`"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(given, says):
    with pytest.raises(BadRules, match=says):
        from_json(json.dumps(given))


def test_charts_are_named_as_they_are():
    assert {*CHARTS, *SECONDARY} == set(SIDES)


def test_a_limit_is_that_of_the_last_step_reached():
    rules = Rules("a", limits=((0, 5.0), (56, 4.6)), widened=(("sleep.mid.deviation", 1.5),))

    assert [rules.bound("sleep.mid", nights) for nights in (28, 55, 56, 84)] == [5, 5, 4.6, 4.6]
    assert rules.bound("sleep.mid.deviation", 28) == 7.5


numbers = st.floats(0.01, 0.99)


@given(
    st.builds(
        lambda weight, reference, least: Rules(
            "a", weight=weight, reference=reference, least=-least, most=3.0
        ),
        numbers,
        numbers,
        numbers,
    ),
    st.lists(st.tuples(st.floats(-9, 9), st.booleans()), max_size=60),
)
def test_whatever_the_rules_a_deleted_night_never_raises_the_statistic(rules, nights):
    before = guarded([one for one, _ in nights], by=rules)
    after = guarded([rules.least if gone else one for one, gone in nights], by=rules)

    assert all(late <= early for late, early in zip(after, before, strict=True))


def test_each_rule_changes_what_is_told():
    delay = shifted(steady(70), 20, mid=1.5)
    short = shifted(steady(70), 20, longer=-4.5)
    gap = silenced(steady(60), range(55, 60))

    later, sooner = told(delay, PLAIN), told(delay, replace(PLAIN, limits=((0, 3.0),)))
    assert sooner["phase_delay"] < later["phase_delay"]
    for slow in ({"limits": ((0, 30.0),)}, {"reference": 3.9}, {"most": 1.5}):
        assert "phase_delay" not in told(delay, replace(PLAIN, **slow))
    assert (
        told(short, PLAIN).keys()
        > told(short, replace(PLAIN, acute_much=9, acute_far=99, acute_short=1)).keys()
    )
    assert told(gap, replace(PLAIN, silence_tells=5)).keys() == {"data_loss"}


def test_an_agreed_threshold_is_off_until_somebody_agrees():
    short = shifted(steady(70), 4, longer=-1.5)

    assert "agreed_threshold" not in told(short, LIVE)
    assert "agreed_threshold" in told(short, replace(LIVE, agreed_hours=1.0))
    assert "agreed_threshold" not in told(short, replace(LIVE, agreed_hours=2.0))
    four = replace(LIVE, agreed_hours=1.0, agreed_nights=4)
    assert told(short, four)["agreed_threshold"] == [short[-1].day]
    assert "agreed_threshold" not in told(short[:-3], four)


def test_centre_and_scale_may_be_estimated_another_way():
    days = steady(50)
    found = [
        evaluate(days, context(), at(days[-1].day, 20), days[-1].day, replace(PLAIN, estimator=one))
        for one in ("median", "huber")
    ]

    scales = np.array([[base.scale for base in one.baselines] for one in found])
    assert (scales[0] != scales[1]).any()


def test_every_rule_is_documented():
    page = (Path(__file__).parents[2] / "docs/rules.md").read_text(encoding="utf-8")
    rows = {
        name
        for line in page.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }

    assert rows == {one.name for one in fields(Rules)}
