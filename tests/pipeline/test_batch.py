import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.pipeline.batch import batch, empty_tables, state_digest
from daykeel.pipeline.command import apply
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import score
from daykeel.rhythm.rules import SECONDARY
from daykeel.sources.registry import adapt

sys.path.insert(0, str(Path(__file__).parent))
from lives import after, declared, life, midnight, profile, raw, tombstone, walk, START, episode  # noqa: I001

NIGHTS = 56
LATE = np.concatenate([np.zeros(NIGHTS - 14), np.linspace(0.5, 3.5, 14)])


def digest(records, commands, as_of, client="c-1"):
    return state_digest(batch(records, commands, as_of).tables, client)


def episodes(result, client="c-1"):
    return {
        (signals.kind, one.onset)
        for signals in result.outputs[client].signals
        for one in signals.episodes
    }


@pytest.fixture(scope="module")
def drifting():
    return life("c-1", NIGHTS, seed=4, shift=LATE)


@pytest.fixture(scope="module")
def whole(drifting):
    """What the drifting life comes to at once."""
    return batch(drifting, [profile("c-1")], after(NIGHTS))


def test_a_steady_life_raises_nothing():
    found = batch(life("c-1", NIGHTS, seed=1), [profile("c-1")], after(NIGHTS))

    assert episodes(found) == set()


def test_a_lasting_delay_is_an_episode(drifting):
    found = batch(drifting, [profile("c-1")], after(NIGHTS))

    assert {kind for kind, _ in episodes(found)} - {"acute_change"} == {"phase_delay"}


@pytest.mark.parametrize(
    ("what", "nights", "held"),
    [
        ("illness", 13, ("illness",)),
        ("event", 13, ("event",)),
        ("illness", 10, ("illness",)),
        ("illness", 2, ()),
        ("dispute", 13, ()),
    ],
)
def test_what_a_client_declares_holds_a_lasting_change_back_while_it_lasts(what, nights, held):
    later = np.concatenate([np.zeros(NIGHTS - 14), np.full(14, 0.9)])
    first = START + timedelta(days=NIGHTS - 14)
    told = declared("c-1", what, first, first + timedelta(days=nights))

    found = batch(
        [*life("c-1", NIGHTS, seed=4, shift=later), told], [profile("c-1")], after(NIGHTS)
    )

    (one,) = [each for of in found.outputs["c-1"].signals for each in of.episodes]
    assert first < one.onset <= first + timedelta(days=10)
    assert (one.kind, one.severity, one.suppressed) == ("phase_delay", "watch", held)


@pytest.mark.parametrize("seed", range(3))
def test_order_duplication_and_delay_change_nothing(drifting, whole, seed):
    rng = np.random.default_rng(seed)
    again = drifting + [drifting[at] for at in rng.integers(0, len(drifting), len(drifting) // 3)]
    shuffled = [again[at] for at in rng.permutation(len(again))]

    found = digest(shuffled, [profile("c-1")], after(NIGHTS))

    assert found == state_digest(whole.tables, "c-1")


@pytest.mark.parametrize("seed", range(3))
def test_scoring_now_and_then_ends_where_scoring_once_does(drifting, whole, seed):
    rng = np.random.default_rng(seed)
    tables = empty_tables()
    apply(tables, profile("c-1"))
    for offset, at in enumerate(rng.permutation(len(drifting))):
        record = drifting[at]
        fold(tables, record, partition=0, offset=offset, incarnation="i")
        if rng.random() < 0.1:
            score(tables, "c-1", record.received_at)
    score(tables, "c-1", after(NIGHTS))

    assert state_digest(tables, "c-1") == state_digest(whole.tables, "c-1")


def test_an_offset_that_was_applied_changes_nothing(drifting):
    tables = empty_tables()
    first = fold(tables, drifting[0], partition=0, offset=7, incarnation="i")
    before = dict(tables.pieces)

    again = fold(tables, drifting[1], partition=0, offset=7, incarnation="i")

    assert (first.changed, again.changed, tables.pieces) == (True, False, before)


def test_another_incarnation_of_the_log_starts_its_offsets_anew(drifting):
    tables = empty_tables()
    fold(tables, drifting[0], partition=0, offset=7, incarnation="i")

    assert fold(tables, drifting[3], partition=0, offset=0, incarnation="j").changed


def test_one_client_never_touches_another():
    both = life("c-1", 30, seed=1) + life("c-2", 30, seed=2)
    commands = [profile("c-1"), profile("c-2")]

    assert digest(both, commands, after(30)) == digest(
        life("c-1", 30, seed=1), commands[:1], after(30)
    )


@pytest.mark.parametrize("first", [0, 3 * 28, 3 * 44])
@pytest.mark.parametrize("seed", range(4))
def test_tombstones_after_the_freeze_raise_no_new_signal(drifting, whole, first, seed):
    rng = np.random.default_rng(seed)
    gone = [
        raw("c-1", [tombstone_of(event)], after(NIGHTS))
        for record in drifting[first:]
        for event in adapt(record).events
        if rng.random() < 0.4
    ]

    left = signal_nights(batch(drifting + gone, [profile("c-1")], after(NIGHTS)))

    assert gone
    assert left <= signal_nights(whole)


@pytest.fixture(scope="module")
def slower(drifting):
    """The drifting life with steps, of which there are few towards its end."""
    return sorted(
        drifting + walk("c-1", NIGHTS, seed=4, few=14), key=lambda record: record.received_at
    )


@pytest.fixture(scope="module")
def walked(slower):
    return batch(slower, [profile("c-1")], after(NIGHTS))


def charted(result):
    """The charts of which a score of some day has a value, and those that alerts show."""
    scored = {
        one.measure.removeprefix("drift.")
        for row in result.outputs["c-1"].scores
        for one in row.scores
        if one.measure.startswith("drift.") and one.value is not None
    }
    found = {
        finding.chart
        for signals in result.outputs["c-1"].signals
        for one in signals.episodes
        for finding in one.findings
    }
    return scored, found


def test_charts_of_steps_support_the_alert_of_a_lasting_delay(walked):
    scored, shown = charted(walked)

    assert scored >= {*SECONDARY}
    assert shown >= {"sleep.mid", "sleep.onset", "steps"}


def test_with_steps_too_order_and_duplication_change_nothing(slower, walked):
    rng = np.random.default_rng(1)
    again = slower + [slower[at] for at in rng.integers(0, len(slower), len(slower) // 3)]
    shuffled = [again[at] for at in rng.permutation(len(again))]

    found = digest(shuffled, [profile("c-1")], after(NIGHTS))

    assert found == state_digest(walked.tables, "c-1")


@pytest.mark.parametrize("seed", range(3))
def test_tombstones_of_steps_raise_no_new_signal(slower, walked, seed):
    rng = np.random.default_rng(seed)
    gone = [
        raw("c-1", [tombstone_of(event)], after(NIGHTS))
        for record in slower[4 * 44 :]
        for event in adapt(record).events
        if rng.random() < 0.3
    ]

    left = signal_nights(batch(slower + gone, [profile("c-1")], after(NIGHTS)))

    assert gone
    assert left <= signal_nights(walked)


@pytest.mark.parametrize("seed", range(6))
def test_a_device_silent_on_whole_days_raises_no_new_alert(seed):
    rng = np.random.default_rng(seed)
    whole = life("c-1", NIGHTS, seed=10 + seed)
    kept = [record for record in whole if record.received_at < midnight(START + timedelta(days=44))]
    later = [record for record in whole[len(kept) :] if rng.random() < 0.6]

    drifts = {
        kind
        for kind, _ in episodes(batch(kept + later, [profile("c-1")], after(NIGHTS)))
        if kind not in ("data_loss", "travel")
    }

    assert drifts == set()


def test_a_night_that_arrives_late_is_revised_and_counts_a_version():
    records = life("c-1", 10, seed=1)
    late = records[3 * 5]
    tables = empty_tables()
    apply(tables, profile("c-1"))
    for offset, record in enumerate(r for r in records if r is not late):
        fold(tables, record, partition=0, offset=offset, incarnation="i")
    first = score(tables, "c-1", after(10))
    fold(tables, late, partition=0, offset=99, incarnation="i")

    second = score(tables, "c-1", after(10))

    night = START + timedelta(days=5)
    before = next(one for one in first.nights if one.night.night == night)
    revised = next(one for one in second.nights if one.night.night == night)
    assert (before.state, before.night.certainty) == ("final", "none")
    assert (revised.state, revised.version, revised.night.certainty) == ("revised", 2, "certain")


def test_the_newest_observation_of_a_night_replaces_it():
    onset = midnight(START)
    tables = empty_tables()
    apply(tables, profile("c-1"))
    for offset, hours in enumerate((5, 8)):
        sleep = episode(onset, onset + timedelta(hours=hours), "night")
        received = onset + timedelta(hours=hours, minutes=5)
        fold(tables, raw("c-1", [sleep], received), partition=0, offset=offset, incarnation="i")
    synced = raw("c-1", [], onset + timedelta(hours=19))
    fold(tables, synced, partition=0, offset=2, incarnation="i")

    found = score(tables, "c-1", onset + timedelta(hours=20))

    night = next(one.night for one in found.nights if one.night.night == START)
    assert night.duration.value == 480


def tombstone_of(event):
    start = event.start or event.observed_at
    return tombstone(event.group, start, event.end or start) | {"native_id": f"no {event.id}"}


def signal_nights(result, client="c-1"):
    return {
        (finding.chart, finding.side, night)
        for signals in result.outputs[client].signals
        for one in signals.episodes
        for finding in one.findings
        if signals.kind not in ("data_loss", "travel")
        for night in finding.nights
    }
