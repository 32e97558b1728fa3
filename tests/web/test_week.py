"""The week's sheet where the anchors that are tracked change within it."""

from datetime import date, timedelta

from daykeel.rhythm.ledger import AnchorCandidate, DayRecord, Night
from daykeel.web.charts.srm_sheet import srm_sheet
from daykeel.web.week import Week, strips

MONDAY = date(2026, 3, 2)
DAYS = [MONDAY + timedelta(n) for n in range(7)]
CHANGE = DAYS[3]
TOLD = {
    day: DayRecord(
        "c-1",
        day,
        Night("c-1", day, final=True, finalised_at=None),
        anchors=tuple(
            AnchorCandidate(item, "reported", 1110.0, done=True, people=1)
            for item in ("dinner", "start_activity")
        ),
    )
    for day in DAYS
}
WITHOUT = ("out_of_bed", "first_contact", "bed")


def sheet(*tracked):
    week = Week(DAYS, DAYS[-1] + timedelta(1), tracked)
    return {one.item: one for one in strips(week, TOLD)}


def test_an_anchor_counts_on_the_days_on_which_it_was_tracked_and_on_no_other():
    found = sheet((CHANGE, WITHOUT))

    assert [entry.is_tracked for entry in found["dinner"].entries] == [True] * 3 + [False] * 4
    assert (found["dinner"].hits, found["dinner"].known) == (3, 3)
    assert found["dinner"].is_tracked
    assert found["bed"].known == 0


def test_one_that_is_tracked_only_from_a_later_week_on_is_none_of_this_one():
    found = sheet((date.min, WITHOUT), (DAYS[-1] + timedelta(1), (*WITHOUT, "dinner")))

    assert (found["dinner"].is_tracked, found["dinner"].known) == (False, 0)


def test_a_day_on_which_it_is_not_tracked_is_said_and_not_drawn_as_unknown():
    figure = srm_sheet([sheet((CHANGE, WITHOUT))["dinner"]])

    assert figure.table.rows[0][-4:] == ("not tracked",) * 4
    assert 'class="unknown"' not in figure.svg
