"""What is deleted after a baseline froze does not move it (science.md 12.3)."""

import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.pipeline.batch import batch, empty_tables, state_digest
from daykeel.pipeline.command import apply
from daykeel.pipeline.context import context_of
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import score
from daykeel.pipeline.tables import known_days, load_client
from daykeel.rhythm.planned import planned
from daykeel.sources.registry import adapt

sys.path.insert(0, str(Path(__file__).parent))
from lives import START, after, episode, life, midnight, profile, raw, tombstone, wire

NIGHTS = 56
LATE = np.concatenate([np.zeros(NIGHTS - 14), np.linspace(0.5, 3.5, 14)])
NIGHT = timedelta(days=1)
PROFILE = [profile("c-1")]


@pytest.fixture(scope="module")
def drifting():
    return life("c-1", NIGHTS, seed=4, shift=LATE)


@pytest.fixture(scope="module")
def whole(drifting):
    return baselines(batch(drifting, PROFILE, after(NIGHTS)))


def stones(records, received_at):
    """A tombstone for everything that the records say."""
    return [
        raw("c-1", [named(event)], received_at)
        for record in records
        for event in adapt(record).events
    ]


def named(event):
    start = event.start or event.observed_at
    return tombstone(event.group, start, event.end or start) | {"native_id": f"no {event.id}"}


def baselines(result):
    return {one.chart: one for one in result.outputs["c-1"].baselines}


def numbers(found):
    return {
        chart: (one.id, one.centre, one.scale, one.phi, one.nights) for chart, one in found.items()
    }


def drifts(result):
    return {
        (signals.kind, one.onset)
        for signals in result.outputs["c-1"].signals
        for one in signals.episodes
        if signals.kind not in ("data_loss", "travel")
    }


def night(records, number):
    """What a life says of one night and the day after it."""
    return records[3 * number : 3 * number + 3]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_deleted_after_the_freeze_the_estimates_stay(drifting, whole, seed):
    rng = np.random.default_rng(seed)
    came = after(int(rng.integers(30, NIGHTS)))
    told = [record for record in drifting if record.received_at < came]
    gone = [record for record in told if rng.random() < rng.choice([0.03, 0.1, 0.4])]

    found = baselines(batch(drifting + stones(gone, came), PROFILE, after(NIGHTS)))

    frozen = {chart: one for chart, one in whole.items() if midnight(one.frozen) < came}
    assert frozen
    assert {chart: numbers(found)[chart] for chart in frozen} == numbers(frozen)


def test_of_a_long_baseline_a_few_deleted_nights_are_counted_and_it_goes_on():
    shift = np.concatenate([np.zeros(66), np.linspace(0.5, 3.5, 14)])
    records = life("c-1", 80, seed=1, shift=shift)
    before = batch(records, PROFILE, after(80))
    gone = stones([one for at in (3, 9, 40) for one in night(records, at)], after(80))

    found = batch(records + gone, PROFILE, after(80))

    baseline = baselines(found)["sleep.mid"]
    assert (len(baseline.nights), baseline.deleted, baseline.provisional) == (56, 3, False)
    assert {kind for kind, _ in drifts(found)} >= {"phase_delay"}
    assert drifts(found) <= drifts(before)


def test_with_less_than_28_nights_left_its_chart_no_longer_alerts(drifting):
    before = batch(drifting, PROFILE, after(NIGHTS))
    left = stones([one for at in (3, 9) for one in night(drifting, at)], after(NIGHTS))

    found = batch(drifting + left, PROFILE, after(NIGHTS))

    baseline = baselines(found)["sleep.mid"]
    assert (len(baseline.nights), baseline.deleted, baseline.provisional) == (28, 2, True)
    assert "phase_delay" in {kind for kind, _ in drifts(before)}
    assert "phase_delay" not in {kind for kind, _ in drifts(found)}


def test_what_was_deleted_before_the_freeze_is_not_in_it(drifting, whole):
    gone = stones(night(drifting, 3), after(20))

    found = baselines(batch(drifting + gone, PROFILE, after(NIGHTS)))["sleep.mid"]

    assert START + 3 * NIGHT not in found.nights
    assert (found.frozen - whole["sleep.mid"].frozen, found.deleted) == (NIGHT, 0)


@pytest.mark.parametrize("seed", range(3))
def test_when_a_deletion_is_folded_changes_nothing(drifting, seed):
    rng = np.random.default_rng(seed)
    gone = stones(night(drifting, 3), after(20)) + stones(night(drifting, 9), after(40))
    records = drifting + gone
    expected = batch(records, PROFILE, after(NIGHTS)).tables
    tables = empty_tables()
    apply(tables, PROFILE[0])

    for offset, at in enumerate(rng.permutation(len(records))):
        fold(tables, records[at], partition=0, offset=offset, incarnation="i")
        if rng.random() < 0.1:
            score(tables, "c-1", after(NIGHTS))
    score(tables, "c-1", after(NIGHTS))

    assert state_digest(tables, "c-1") == state_digest(expected, "c-1")


def test_a_zone_told_after_a_deletion_moves_the_night_it_counts_from(drifting):
    gone = stones(night(drifting, 9), midnight(START + 40 * NIGHT) + timedelta(hours=7))
    came = midnight(START + 39 * NIGHT)
    told = {"kind": "device.timezone", "start": wire(came), "value": {"tz": "America/New_York"}}
    records = [*drifting, *gone, raw("c-1", [told], came)]
    tables = empty_tables()
    apply(tables, PROFILE[0])

    for offset, record in enumerate(records):
        if offset == len(records) - 1:
            score(tables, "c-1", after(NIGHTS))
        fold(tables, record, partition=0, offset=offset, incarnation="i")
    score(tables, "c-1", after(NIGHTS))

    expected = batch(records, PROFILE, after(NIGHTS)).tables
    assert state_digest(tables, "c-1") == state_digest(expected, "c-1")


def test_a_journey_silences_no_night_less_for_what_is_deleted(drifting):
    """Without its sleep a night lies in the zone of its noon: the journey would begin earlier."""
    came = midnight(START + 35 * NIGHT) + timedelta(hours=7, minutes=30)
    told = {"kind": "device.timezone", "start": wire(came), "value": {"tz": "Asia/Tokyo"}}
    records = [*drifting, raw("c-1", [told], came)]
    gone = stones([one for at in range(34, 38) for one in night(drifting, at)], after(NIGHTS))

    before, found = (
        travelling(batch(told, PROFILE, after(NIGHTS))) for told in (records, records + gone)
    )

    assert before.any()
    assert not (before & ~found).any()


def travelling(result):
    state = load_client(result.tables, "c-1")
    days = tuple(known_days(result.tables, state).values())
    return planned(days, context_of(state)).travel


def test_28_more_quiet_nights_make_a_baseline_whole_again():
    steady = life("c-1", 80, seed=1)
    gone = stones([one for at in (3, 9) for one in night(steady, at)], after(40))

    found = baselines(batch(steady + gone, PROFILE, after(80)))["sleep.mid"]

    assert (len(found.nights), found.deleted, found.provisional) == (28 - 2 + 28, 0, False)


def test_what_was_known_before_a_deletion_stays_inside(drifting):
    gone = stones(night(drifting, 9), after(40))

    found = batch(drifting + gone, PROFILE, after(NIGHTS)).outputs["c-1"].days

    assert len(found) >= NIGHTS
    assert {record.before for record in found} == {()}


def test_a_silence_that_deleting_made_ends_no_baseline():
    """Its end would let the short nights of another device speak, which did not before."""
    steady = life("c-1", 75, seed=1)
    told = [one for at in (*range(42), 50) for one in night(steady, at)]
    told += [short_night(at) for at in range(61, 75)]
    gone = stones([one for at in (*range(38, 42), 50) for one in night(steady, at)], after(75))

    before = batch(told, PROFILE, after(75))
    found = batch(told + gone, PROFILE, after(75))

    assert drifts(found) <= drifts(before)


def test_a_silence_that_deleting_made_and_that_lasts_ends_it_from_then():
    steady = life("c-1", 110, seed=1)
    told = [one for at in (*range(45), *range(70, 110)) for one in night(steady, at)]
    gone = stones([one for at in range(33, 45) for one in night(steady, at)], after(58))

    before = baselines(batch(told, PROFILE, after(110)))["sleep.mid"]
    found = baselines(batch(told + gone, PROFILE, after(110)))["sleep.mid"]

    assert {before.frozen, found.frozen} == {START + 97 * NIGHT}
    assert (found.nights, found.deleted) == (before.nights, 0)


@pytest.mark.parametrize("seed", range(3))
def test_who_deletes_everything_gets_another_baseline(seed):
    """Also where sleep has moved since, so that the new nights may not refine the old one."""
    moved = np.concatenate([np.zeros(60), np.full(45, 0.8)])
    records = life("c-1", 105, seed=seed, shift=moved)
    gone = stones(records[: 3 * 60], after(60))

    found = baselines(batch(records + gone, PROFILE, after(105)))["sleep.mid"]

    assert (len(found.nights), found.deleted, found.provisional) == (28, 0, False)
    assert START + 86 * NIGHT <= found.frozen <= START + 90 * NIGHT


def short_night(at):
    onset = midnight(START + at * NIGHT)
    end = onset + timedelta(hours=3)
    return raw("c-1", [episode(onset, end, f"short-{at}")], end, device="ring")
