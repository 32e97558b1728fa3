import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daykeel.web.charts.srm_sheet import HEAD, SPAN, STRIP, TOP, Entry, Strip, srm_sheet, told

sys.path.insert(0, str(Path(__file__).parent))
from drawn import parsed

MONDAY = date(2026, 3, 2)
MIDDLE = TOP + HEAD + STRIP / 2
"""Height of the habitual time in the first strip."""
DAYS = [MONDAY + timedelta(n) for n in range(7)]


def strip(*entries: Entry, habitual: float | None = 420.0) -> Strip:
    return Strip("out_of_bed", tuple(entries), habitual, hits=1, known=len(entries))


def classes(figure):
    marks = parsed(figure.svg).iter()
    return [one.attrib["class"] for one in marks if "anchor" in one.attrib.get("class", "")]


@pytest.mark.parametrize(
    ("entry", "mark"),
    [
        (Entry(MONDAY, True, 430.0, 0, is_near=True), "anchor near alone"),
        (Entry(MONDAY, True, 430.0, 2, is_near=True), "anchor near others"),
        (Entry(MONDAY, True, 530.0, 0, is_near=False), "anchor far alone"),
        (Entry(MONDAY, True, 530.0, 3, is_near=False), "anchor far others"),
        (Entry(MONDAY, False), "anchor not-done"),
    ],
)
def test_shape_tells_near_from_far_and_filling_tells_company(entry, mark):
    assert classes(srm_sheet([strip(entry)])) == [mark]


def test_company_that_nobody_told_has_a_point_inside():
    figure = srm_sheet([strip(Entry(MONDAY, True, 430.0, None, is_near=True))])

    assert 'class="untold"' in figure.svg


def test_an_unknown_day_is_hatched_and_one_to_come_is_empty():
    unknown = srm_sheet([strip(Entry(MONDAY, None))])
    to_come = srm_sheet([strip(Entry(MONDAY, None, is_to_come=True))])

    assert 'class="unknown"' in unknown.svg
    assert 'class="unknown"' not in to_come.svg


def test_a_time_across_midnight_stands_near_its_habit():
    near = srm_sheet([strip(Entry(MONDAY, True, 1450.0, 0, is_near=True), habitual=1430.0)])
    circle = next(
        one for one in parsed(near.svg).iter() if one.attrib.get("class") == "anchor near alone"
    )

    assert float(circle.attrib["cy"]) == pytest.approx(MIDDLE + 20 / SPAN * STRIP / 2, abs=0.06)


def test_the_table_says_the_same_in_words():
    entries = [Entry(day, True, 430.0, 1, is_near=True) for day in DAYS[:6]]
    figure = srm_sheet([strip(*entries, Entry(DAYS[6], None))])

    row = figure.table.rows[0]
    assert row[:2] == ("Out of bed", "07:00")
    assert row[4] == "07:10, near the usual time, others present"
    assert row[-1] == "not known"


@given(
    st.none() | st.booleans(),
    st.none() | st.floats(0, 1679),
    st.none() | st.integers(0, 3),
    st.none() | st.floats(0, 1439),
)
def test_every_entry_can_be_drawn_and_told(done, minutes, people, habitual):
    entry = Entry(MONDAY, done, minutes if done else None, people)

    parsed(srm_sheet([strip(entry, habitual=habitual)]).svg)

    assert told(entry)
