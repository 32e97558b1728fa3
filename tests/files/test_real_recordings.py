"""Real people's steps become nights and scores, and agree mostly with their own tracker."""

import sys
from datetime import datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.pipeline.batch import batch, empty_tables, state_digest
from daykeel.pipeline.command import apply
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import score
from daykeel.rhythm import cosinor, restactivity

sys.path.insert(0, str(Path(__file__).parent))
from real import CLIENT, after, minutes_in_bed, profile, raws, recordings

pytestmark = pytest.mark.long

WORN = ("2026352035", "8378563200")
"""People whose tracker tells of nearly every night."""

HOUR = 60
LEAST_IN_BED = 3 * HOUR


def computed(recording):
    return batch(raws(recording), [profile()], after(recording))


@pytest.fixture(scope="module")
def people():
    return {one.subject: one for one in recordings()}


@pytest.fixture(scope="module")
def worn(people):
    return {who: computed(people[who]) for who in WORN}


@pytest.fixture(scope="module")
def differences(worn):
    """Minutes by which our main sleep is longer than the time in bed; NaN where there is none."""
    told = minutes_in_bed()
    return np.array(
        [
            np.nan if one.night.duration.value is None else one.night.duration.value - in_bed
            for who, result in worn.items()
            for one in result.outputs[CLIENT].nights
            if (in_bed := told[who].get(one.night.night, 0)) >= LEAST_IN_BED
        ]
    )


def test_everybody_in_the_file_can_be_replayed(people):
    assert len(people) > 25
    assert all(len(one.steps) >= 1440 for one in people.values())


@pytest.mark.parametrize("who", WORN)
def test_a_recording_becomes_nights_and_scores(people, worn, who):
    result = worn[who].outputs[CLIENT]

    days = (max(people[who].steps).date() - min(people[who].steps).date()).days + 1
    assert worn[who].quarantined == ()
    assert len(result.nights) >= days
    known = [one for one in result.nights if one.night.certainty == "certain"]
    assert len(known) > 0.8 * days
    assert {row.window for row in result.scores} >= {"1d", "7d"}
    assert any(score.status == "ok" for row in result.scores for score in row.scores)


def test_order_and_repetition_of_a_recordings_messages_do_not_show(people, worn):
    records = raws(people[WORN[0]])
    again = [*records[::-1], *records[::3]]

    other = batch(again, [profile()], after(people[WORN[0]]))

    assert state_digest(other.tables, CLIENT) == state_digest(worn[WORN[0]].tables, CLIENT)


def test_scoring_now_and_then_ends_where_scoring_once_does(people, worn):
    recording = people[WORN[0]]
    tables = empty_tables()
    apply(tables, profile())
    for offset, raw in enumerate(raws(recording)):
        fold(tables, raw, partition=0, offset=offset, incarnation="i")
        if offset % 40 == 0:
            score(tables, CLIENT, after(recording))
    score(tables, CLIENT, after(recording))

    assert state_digest(tables, CLIENT) == state_digest(worn[WORN[0]].tables, CLIENT)


@pytest.mark.parametrize("who", WORN)
def test_windows_have_the_values_of_the_functions_on_the_minutes_of_a_recording(people, worn, who):
    compared = 0
    for row in worn[who].outputs[CLIENT].scores:
        found = {one.measure: one for one in row.scores}
        if row.window not in ("14d", "28d") or found["act.is"].coverage < 1:
            continue
        minutes = minutes_of(people[who], row.local_date, int(row.window[:-1]))
        hourly = restactivity.binned(minutes, width=60)
        tens = restactivity.binned(minutes, width=10)
        wave = cosinor.fit(np.arange(hourly.size) + 0.5, hourly)
        quiet = restactivity.least_active(tens, epochs_per_day=144)
        expected = {
            "act.is": restactivity.interdaily_stability(hourly),
            "act.iv": restactivity.intradaily_variability(hourly),
            "act.ra": restactivity.relative_amplitude(tens, epochs_per_day=144),
            "act.l5": quiet.mean,
            "act.l5_onset": quiet.onset,
            "cosinor.mesor": wave.mesor,
            "cosinor.amplitude": wave.amplitude,
            "cosinor.r2": wave.r2,
        }
        assert {name: found[name].value for name in expected} == pytest.approx(expected, abs=1e-9)
        compared += 1
    assert compared


def minutes_of(recording, last, days):
    """The steps of each minute of the days up to `last`."""
    first = datetime.combine(last - timedelta(days=days - 1), time())
    return np.array([recording.steps[first + timedelta(minutes=n)] for n in range(1440 * days)],
                    dtype=float)  # fmt: skip


def test_nearly_every_worn_night_has_a_main_sleep(differences):
    assert len(differences) > 50
    assert np.isfinite(differences).mean() > 0.9


def test_the_main_sleep_holds_most_of_what_the_tracker_calls_sleep(differences):
    assert (differences[np.isfinite(differences)] > -HOUR).mean() > 0.8


def test_steps_alone_agree_with_the_tracker_on_most_nights(differences):
    known = differences[np.isfinite(differences)]

    assert (np.abs(known) <= 2 * HOUR).mean() > 0.7
    assert abs(np.median(known)) < HOUR / 2


def test_steps_alone_seldom_make_a_night_short(differences):
    known = differences[np.isfinite(differences)]

    assert (known < -2 * HOUR).mean() < 0.1
