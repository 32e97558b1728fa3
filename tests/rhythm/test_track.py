import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.charts import guarded
from daykeel.rhythm.inputs import MID
from daykeel.rhythm.ledger import Bounded
from daykeel.rhythm.rules import PLAIN
from daykeel.rhythm.series import series_of
from daykeel.rhythm.track import Read, points, refined_track, track

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, baseline, context, frozen, life, night, record, silenced

NAN = float("nan")


def charted(days, base=None, travel=()):
    series = series_of(days, context())
    away = np.zeros(len(series), dtype=bool)
    away[list(travel)] = True
    piece = frozen(base or baseline(), 0, len(series))
    return track(MID, series, [Read(piece, series.mid, series.device)], away, PLAIN), series


def test_the_statistics_are_those_of_the_specification():
    found, _ = charted(life([3.5, 5.0, NAN, 6.0, 4.5]))

    assert found.up == pytest.approx([0.1, 0.48, 0.184, 0.7472, 0.89776])
    assert found.down.tolist() == [0] * 5


def test_a_night_is_read_at_the_bound_that_speaks_least_for_a_change():
    days = life([3.0, 6.0])
    wide = replace(days[1].night, mid=Bounded(6.0, 4.0, 6.0))
    found, _ = charted([days[0], replace(days[1], night=wide)])

    assert found.up[1] == pytest.approx(0.2 * 1.0)
    assert found.z[1] == 3.0


def test_a_lasting_shift_signals_and_is_told_in_points():
    found, series = charted(life([3.0] * 5 + [6.0] * 8))

    shown = points(found, series, 0, len(series))

    assert found.signal_up.nonzero()[0].tolist() == list(range(8, 13))
    assert [one.signal for one in shown[7:9]] == ["", "up"]
    assert shown[8].night == START + timedelta(days=8)
    assert not found.signal_down.any()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"flags": ("dst", "dst_1")}, "dst"),
        ({"flags": ("exclude",)}, "excluded"),
        ({"device": "phone"}, "device"),
    ],
)
def test_nights_without_evidence_count_as_missing(change, why):
    days = life([6.0, 6.0, 6.0])
    days[1] = replace(days[1], night=replace(days[1].night, **change))

    found, series = charted(days)

    assert found.up[1] == pytest.approx(0.8 * 0.6 - 0.2)
    assert points(found, series, 1, 2)[0].why == why
    assert not points(found, series, 1, 2)[0].evidence


def test_nights_of_a_journey_carry_no_evidence():
    found, series = charted(life([6.0] * 3), travel=[1])

    assert [one.why for one in points(found, series, 0, 3)] == ["", "travel", ""]


def test_a_missing_night_never_signals():
    found, _ = charted(silenced(life([7.0] * 20), [15]))

    assert found.signal_up[14]
    assert not found.signal_up[15]
    assert found.up[15] > found.limit[15]


def test_the_effect_of_free_days_is_taken_off():
    days = [
        record(night(START + timedelta(days=n), -1, 7, day_type="free" if n else "work"))
        for n in range(2)
    ]

    found, _ = charted(days, baseline(free_day_effect=1.0))

    assert found.z.tolist() == [0.0, -1.0]


def test_the_display_statistic_is_held_over_missing_nights():
    found, _ = charted(life([5.0, NAN, 5.0]))

    assert found.ewma == pytest.approx([0.4, 0.4, 0.72])


def test_a_refined_baseline_goes_on_where_the_one_before_stood_and_a_new_one_at_zero():
    series = series_of(life([5.0] * 6), context())
    first = baseline()
    finer = baseline(56)
    away = np.zeros(6, dtype=bool)

    def end(origin):
        pieces = [
            Read(one, series.mid, series.device)
            for one in (frozen(first, 0, 3), frozen(finer, 3, 6, origin))
        ]
        return track(MID, series, pieces, away, PLAIN).up[3]

    before = track(MID, series, [Read(frozen(first, 0, 6), series.mid, series.device)], away, PLAIN)
    piece = Read(frozen(finer, 3, 6, first), series.mid, series.device)
    refined = refined_track(before, series, piece, away)

    assert refined.up[3] == end(first)
    assert [(one.start, one.stop) for one in refined.frozen] == [(0, 3), (3, 6)]
    assert before.limit[3] > refined.limit[3]
    assert end(first) == pytest.approx(guarded([2.0] * 4, by=PLAIN)[-1])
    assert end(finer) == pytest.approx(0.4)


def test_each_night_is_read_under_the_baseline_in_force_on_it():
    series = series_of(life([3.0] * 6), context())
    nowhere = np.zeros(6, dtype=bool)
    pieces = [
        Read(frozen(baseline(), 2, 4), series.mid, series.device),
        Read(frozen(baseline(), 4, 6), series.mid.shifted(np.ones(6)), series.device),
    ]

    found = track(MID, series, pieces, nowhere, PLAIN)

    assert found.interval.value == pytest.approx([NAN, NAN, 3, 3, 2, 2], nan_ok=True)
