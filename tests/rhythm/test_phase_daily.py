import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.inner_night import after
from daykeel.rhythm.phase_daily import phase_columns
from daykeel.rhythm.series import series_of
from daykeel.rhythm.windows import scores_of, windows_of

sys.path.insert(0, str(Path(__file__).parent))
from day_records import context, life, record, silenced, sleepless_night, steady

DAY = timedelta(days=1)
REGULAR = 21.4118
"""Onset of melatonin of somebody who sleeps from 23 to 7, in UTC."""


def phases(days, first=None):
    """The scores of each date, of the last one by default, by measure."""
    series = series_of(days, context())
    ends = range(len(days) - 1 if first is None else first, len(days))
    windows = windows_of(series, np.zeros(len(days), dtype=bool), ends, (1,))
    found = [{} for _ in ends]
    for column in phase_columns(windows, series, 12):
        for (at, _), score in scores_of(windows, column):
            found[at - ends.start][score.measure.removeprefix("phase.")] = score
    return found


def last(days):
    return phases(days)[-1]


def test_regular_nights_have_the_phase_of_the_specification():
    found = last(life([3.0] * 40, 8.0))

    assert found["dlmo"].value == pytest.approx(REGULAR, abs=0.02)
    assert found["cbtmin"].value == pytest.approx(REGULAR - 17, abs=0.02)
    assert found["error"].value == 1.0
    for one in found.values():
        assert (one.status, one.reasons, one.coverage) == ("ok", (), 1.0)
        assert one.lo == one.hi == one.value


def test_it_takes_ten_nights_of_data():
    days = life([3.0] * 10, 8.0)

    assert [last(days[:-1])[name].reasons for name in ("dlmo", "cbtmin", "error")] == [
        ("burn_in",)
    ] * 3
    assert last(days)["dlmo"].status == "ok"
    assert last(silenced(days, [4]))["dlmo"].reasons == ("burn_in",)


def test_a_life_begins_on_any_date_and_its_coverage_counts_what_is_read():
    for size in (10, 20, 30, 40):
        days = life([3.0] * size, 8.0)
        found = last(days)["dlmo"]
        back = 28 + (days[-1].day - 27 * DAY).weekday()

        assert found.n_expected == back
        assert found.coverage == pytest.approx(min(size / back, 1))
        assert found.hi == (found.value if size >= back else 24)


def test_missing_nights_are_bridged_and_widen_the_error():
    days = life([3.0] * 40, 8.0)

    found = last(silenced(days, [38, 39]))

    assert found["dlmo"].value == pytest.approx(REGULAR, abs=0.02)
    assert found["dlmo"].status == "ok"
    assert found["error"].value == 1.5
    assert found["dlmo"].coverage < 1
    assert (found["dlmo"].lo, found["dlmo"].hi) == (0, 24)


@pytest.mark.parametrize(
    ("missing", "status"),
    [(3, "ok"), (4, "provisional"), (7, "provisional"), (8, "insufficient")],
)
def test_with_nights_missing_at_its_end_it_grows_stale(missing, status):
    days = life([3.0] * 40, 8.0)

    found = last(silenced(days, range(40 - missing, 40)))["dlmo"]

    assert found.status == status
    assert found.reasons == (() if missing == 3 else ("stale",))


def test_after_a_long_gap_it_begins_again():
    days = silenced(life([3.0] * 20 + [6.0] * 20, 8.0), range(20, 28))

    found = phases(days, 28)

    assert [one["dlmo"].reasons for one in found[:9]] == [("burn_in",)] * 9
    assert found[9]["dlmo"].value == pytest.approx((REGULAR + 3) % 24, abs=0.02)
    assert found[9]["error"].value == 1.0


def test_it_is_wider_for_who_sleeps_irregularly_or_not_at_all():
    mids = np.full(40, 3.0)
    mids[-14:] += np.tile([1.2, -1.2], 7)
    days = life([3.0] * 40, 8.0)
    awake = [*days[:-5], record(sleepless_night(days[-5].day)), *days[-4:]]

    assert last(life(mids, 8.0))["error"].value == 1.6
    assert last(awake)["error"].value == 1.6


def test_a_night_that_is_not_over_has_none_yet():
    days = life([3.0] * 40, 8.0)
    days[-1] = replace(days[-1], night=replace(days[-1].night, final=False))

    before, found = phases(days, 38)

    assert before["dlmo"].status == "ok"
    assert found["dlmo"].reasons == ("few_nights", "night_provisional")


def test_who_is_rarely_seen_asleep_has_none():
    days = life([3.0] * 40, 8.0)
    awake = [record(sleepless_night(one.day)) for one in days[-20:]]

    assert last([*days[:-20], *awake])["dlmo"].reasons == ("no_sleep_in_window",)


def test_who_is_always_asleep_has_a_clock_that_drifts():
    days = life([3.0] * 40, 8.0)
    dark = [replace(one, sleep_bits=bytes([255] * 180)) for one in days]

    assert last(dark)["dlmo"].reasons == ("no_dominant_phase",)


def test_a_flight_moves_the_clock_on_the_wall_and_only_then_the_inner_one():
    days = life([3.0] * 60, 8.0)
    home = last(days[:40])["dlmo"].value
    tokyo = [replace(one, night=replace(one.night, zone="Asia/Tokyo")) for one in days[40:]]

    found = phases([*days[:40], *tokyo], 40)

    far = [(one["dlmo"].value - home + 12) % 24 - 12 for one in found]
    assert far[0] == pytest.approx(9, abs=0.5)
    assert abs(far[-1]) < 0.5
    assert {one["dlmo"].status for one in found} == {"ok"}


@pytest.mark.parametrize("seed", range(4))
def test_of_each_date_alone_it_is_what_it_is_of_all_at_once(seed):
    rng = np.random.default_rng(seed)
    days = silenced(steady(75, seed, spread=1.0), np.flatnonzero(rng.random(75) < 0.25))
    days = [
        replace(one, night=replace(one.night, zone="Asia/Tokyo")) if 40 <= at < 50 else one
        for at, one in enumerate(days)
    ]
    after.cache_clear()
    whole = phases(days, 0)

    for at in range(0, 75, 6):
        after.cache_clear()
        assert phases(days[: at + 1]) == whole[at : at + 1]


@pytest.mark.parametrize("seed", range(8))
def test_deleting_minutes_of_a_night_read_lowers_its_coverage_whatever_becomes_of_it(seed):
    rng = np.random.default_rng(seed)
    days = steady(60, seed, spread=1.0)
    edited = list(days)
    for at in rng.choice(np.arange(20, 60), 3, replace=False):
        bits = np.unpackbits(np.frombuffer(days[at].valid_bits, dtype=np.uint8))
        begin = int(rng.integers(0, 1400))
        bits[begin : begin + int(rng.integers(10, 600))] = 0
        night = replace(days[at].night, coverage=bits.mean())
        edited[at] = replace(days[at], valid_bits=np.packbits(bits).tobytes(), night=night)

    for one, other in zip(phases(days, 20), phases(edited, 20), strict=True):
        for name in ("dlmo", "cbtmin", "error"):
            if one[name].value != other[name].value:
                assert other[name].coverage < one[name].coverage
