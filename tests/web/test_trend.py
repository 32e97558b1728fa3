import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from daykeel.web.charts.coverage import Row, coverage
from daykeel.web.charts.evidence import evidence, evidence_rows
from daykeel.web.charts.panel import Usual
from daykeel.web.charts.scale import Scale, scale_of
from daykeel.web.charts.trend import Point, trend

sys.path.insert(0, str(Path(__file__).parent))
from drawn import parsed
from synthetic_people import Life, baseline, days_of, finding

MONDAY = date(2026, 3, 2)


def drawn(figure, name):
    return [
        one
        for one in parsed(figure.svg).iter()
        if one.attrib.get("class", "").split()[:1] == [name]
    ]


def points(*values):
    return [Point(MONDAY + timedelta(n), value) for n, value in enumerate(values)]


def test_a_gap_is_never_joined():
    figure = trend("sleep.mid", points(3.0, 3.5, None, 3.2, 3.4))

    lines = drawn(figure, "joined")
    assert [len(line.attrib["points"].split()) for line in lines] == [2, 2]


def test_an_unknown_night_is_hatched_and_has_no_dot():
    figure = trend("sleep.mid", points(3.0, None, 3.2))

    assert len(drawn(figure, "dot")) == 2
    assert len(drawn(figure, "unknown")) == 1
    assert figure.table.rows[1][1] == "unknown"


def test_missing_data_show_as_whiskers():
    bounded = [Point(MONDAY, 3.0, 2.5, 3.2), Point(MONDAY + timedelta(1), 3.0, 3.0, 3.0)]

    assert len(drawn(trend("sleep.mid", bounded), "whisker")) == 1


def test_the_usual_range_is_twice_the_spread_around_the_own_centre():
    usual = Usual(3.0, 0.5, 28, MONDAY)

    figure = trend("sleep.mid", points(3.0), usual=usual)

    assert (usual.low, usual.high) == (2.0, 4.0)
    assert "02:00 to 04:00" in figure.note
    assert len(drawn(figure, "range")) == 1


def test_without_a_baseline_there_is_no_range():
    figure = trend("sleep.mid", points(3.0))

    assert drawn(figure, "range") == []
    assert "No baseline yet" in figure.note


def test_nothing_known_can_be_drawn():
    figure = trend("sleep.duration", points(None, None))

    assert "Nothing is known" in figure.svg


def test_provisional_nights_look_different():
    figure = trend("sleep.mid", [Point(MONDAY, 3.0, is_provisional=True)])

    assert 'class="dot provisional"' in figure.svg
    assert figure.table.rows[0][4] == "provisional"


def test_a_finding_shows_the_statistic_of_its_own_direction():
    days = days_of("c", Life(drift=3.0))
    found = finding(days, baseline(days))

    rows = evidence_rows([found])

    assert [row.statistic for row in rows] == [point.up for point in found.points]
    assert {row.night for row in rows if row.is_signal} == set(found.nights)


def test_a_fall_shows_the_downward_statistic():
    days = days_of("c", Life(drift=-3.0))
    found = finding(days, baseline(days), side="early_high")

    assert [row.statistic for row in evidence_rows([found])] == [p.down for p in found.points]


def test_evidence_has_a_limit_a_baseline_and_a_triangle_for_each_signal():
    days = days_of("c", Life(drift=3.0, off=(4, 5)))
    found = finding(days, baseline(days))

    figure = evidence([found], name="evidence-0")

    assert len(drawn(figure, "limit")) == 1
    assert len(drawn(figure, "centre")) == 1
    assert len(drawn(figure, "signal")) == len(found.nights)
    assert figure.table.rows[-5][-1] == "no data"
    assert len(figure.table.rows) == 28


def test_a_finding_without_points_can_be_shown():
    days = days_of("c", Life())
    found = finding(days[:0] or days, baseline(days))
    bare = type(found)("silence", "silence", "", MONDAY, (MONDAY,))

    figure = evidence([bare], name="evidence-1")

    parsed(figure.svg)
    assert figure.table.rows == []


def test_coverage_fills_from_the_floor_and_hatches_the_rest():
    figure = coverage([Row(MONDAY, 0.25, "none", "not worn"), Row(MONDAY, 1.0, "certain")])

    known = drawn(figure, "known")
    assert len(known) == 2
    assert len(drawn(figure, "unknown")) == 1
    assert figure.table.rows[0] == ("Mon 2 Mar", "25%", "not known", "not worn")


def test_a_scale_keeps_far_values_at_its_edge():
    scale = Scale(0.0, 10.0, top=0.0, bottom=100.0)

    assert (scale(5.0), scale(-3.0), scale(99.0)) == (50.0, 100.0, 0.0)


def test_one_far_night_does_not_flatten_the_others_and_says_where_it_is():
    usual = Usual(3.0, 0.5, 28, MONDAY)

    figure = trend("sleep.mid", points(3.0, -10.0, 3.5), usual=usual)

    heights = [float(dot.attrib["cy"]) for dot in drawn(figure, "dot")]
    assert abs(heights[0] - heights[2]) > 8
    assert max(heights) == heights[1]
    assert "14:00" in [one.text for one in parsed(figure.svg).iter() if one.text]


def test_rules_that_share_a_chart_share_its_drawing():
    days = days_of("c", Life(drift=3.0))
    slow = finding(days, baseline(days))
    early = days[-20].day
    acute = replace(slow, rule="acute_z", nights=(early,), statistic=None, limit=None)

    both = evidence([acute, slow], name="evidence-0")
    alone = evidence([acute], name="evidence-1")

    assert len(drawn(both, "signal")) == len(slow.nights) + 1
    assert len(drawn(both, "limit")) == 1
    assert drawn(alone, "limit") == drawn(alone, "statistic") == []


def test_a_legend_says_what_is_drawn_and_nothing_else():
    plain = trend("sleep.mid", points(3.0, 3.5))
    full = trend("sleep.mid", [*points(3.0, None), Point(MONDAY, 3.0, 2.0, 4.0, True)])

    assert [entry.mark for entry in plain.legend] == ["dot"]
    assert [entry.mark for entry in full.legend] == ["dot", "provisional", "whisker", "unknown"]


def test_a_scale_of_equal_values_still_spans_something():
    scale = scale_of([3.0, 3.0], 0.0, 100.0, least=2.0)

    assert scale(3.0) == pytest.approx(50.0, abs=1e-9)
    assert scale.ticks()


def test_the_first_date_is_not_cut_off_at_the_edge():
    figure = trend("sleep.mid", points(*[3.0] * 60))

    ticks = [one for one in drawn(figure, "tick") if one.attrib.get("text-anchor") == "middle"]
    assert min(float(one.attrib["x"]) for one in ticks) >= 18
