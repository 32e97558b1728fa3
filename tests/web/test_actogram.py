import gzip
import re
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from daykeel.web.charts.actogram import HOUR, LEFT, View, actogram, night_rows
from daykeel.web.charts.runs import Run

sys.path.insert(0, str(Path(__file__).parent))
from drawn import parsed
from synthetic_people import LAST, NOW, ZONE, Life, bits, days_of, missing, record

DAY = timedelta(days=1)


def by_day(days):
    return {one.day: one for one in days}


def view(first=LAST - 27 * DAY, last=LAST, now=NOW, **more):
    return View(first, last, now, ZONE, **more)


def test_sleep_stands_where_the_bits_say():
    rows = night_rows(by_day([record("c", LAST, -1.0, 7.0)]), view(LAST))

    assert rows[0].asleep == (Run(660, 1140),)
    assert (rows[0].onset, rows[0].offset, rows[0].duration) == (-1.0, 7.0, 480.0)


def test_a_night_nobody_knows_is_unknown_from_end_to_end():
    rows = night_rows({}, view(LAST - DAY, LAST - DAY))

    assert rows[0].unknown == (Run(0, 1440),)
    assert rows[0].why == ("no data",)


def test_minutes_to_come_are_neither_known_nor_unknown():
    morning = datetime(2026, 3, 31, 1, 0, tzinfo=UTC)

    rows = night_rows(by_day([missing("c", LAST)]), view(LAST, now=morning))

    assert rows[0].elapsed == 15 * 60
    assert rows[0].unknown == (Run(0, 900),)
    assert rows[1].elapsed == 0
    assert rows[1].unknown == ()


def test_unknown_minutes_are_never_drawn_asleep():
    known = np.ones(1440, dtype=bool)
    known[700:800] = False
    full = replace(record("c", LAST, -1.0, 7.0), valid_bits=bits(known))

    row = night_rows(by_day([full]), view(LAST))[0]

    assert row.asleep == (Run(660, 700), Run(800, 1140))
    assert row.unknown == (Run(700, 800),)


def test_activity_of_a_night_comes_from_two_calendar_days():
    yesterday = replace(record("c", LAST - DAY, -1, 7), bin_sum=(0,) * 72 + (10,) * 72)
    today = replace(record("c", LAST, -1, 7), bin_sum=(10,) * 72 + (0,) * 72)

    row = night_rows(by_day([yesterday, today]), view(LAST))[0]

    assert row.activity == (1.0,) * 144


def test_a_bin_without_data_shows_no_activity_rather_than_some():
    empty = replace(record("c", LAST, -1, 7), bin_sum=(0,) * 144, bin_n=(0,) * 144)

    assert night_rows(by_day([empty]), view(LAST))[0].activity == ()


def test_the_clock_change_is_marked():
    full = record("c", LAST, -1, 7)
    changed = replace(full, night=replace(full.night, flags=("dst", "dst_1")))

    figure = actogram(by_day([changed]), view(LAST))

    assert "clock change" in figure.svg
    assert figure.table.rows[0][-1] == "clock change"


def test_the_table_has_a_row_for_every_night_of_the_drawing():
    figure = actogram(by_day(days_of("c", Life(off=(3,)))), view())

    assert len(figure.table.rows) == 28
    assert [row[1] for row in figure.table.rows].count("unknown") == 1


def test_each_night_is_drawn_once_and_used_twice():
    figure = actogram(by_day(days_of("c", Life())), view())

    used = re.findall(r'href="#(actogram-main-\d{4})"', figure.svg)
    assert len(used) == 56
    assert sorted(set(used)) == [
        f"actogram-main-{LAST - n * DAY:%m%d}" for n in range(27, -1, -1)
    ] + ["actogram-main-0401"]


def test_targets_are_rules_in_both_halves():
    figure = actogram({}, view(targets={"bed": 1380.0}))

    rules = re.findall(r'<line x1="([\d.]+)"[^>]*class="target"', figure.svg)
    assert [float(x) for x in rules] == [LEFT + 11 * HOUR, LEFT + 35 * HOUR]


def test_four_weeks_are_about_eight_kilobytes():
    figure = actogram(by_day(days_of("c", Life(off=(2, 3), blurred=(5, 9)))), view())

    assert len(gzip.compress(figure.svg.encode())) < 8_000
    parsed(figure.svg)


def test_the_boundary_hour_moves_the_axis():
    figure = actogram({}, view(date(2026, 3, 2), date(2026, 3, 2), boundary_hour=18))

    hours = re.findall(r">(\d\d):00</text>", figure.svg)
    assert hours[:5] == ["18", "00", "06", "12", "18"]
