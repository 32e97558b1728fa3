"""Commands of therapists reach State: whenever they come, and however often it is scored."""

import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from daykeel.pipeline.batch import batch, empty_tables, state_digest
from daykeel.pipeline.command import apply
from daykeel.pipeline.context import baseline_in, baseline_told, context_of
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import score
from daykeel.pipeline.state import ClientState, Command
from daykeel.rhythm.decisions import Threshold
from daykeel.rhythm.rules import LIVE
from daykeel.sources.registry import adapt

sys.path.insert(0, str(Path(__file__).parent))
from lives import START, after, life, midnight, profile, raw
from test_batch import signal_nights, tombstone_of
from test_deletion import baselines, drifts, night

NIGHTS = 60
DAY = timedelta(days=1)
LATE = np.concatenate([np.zeros(NIGHTS - 14), np.linspace(0.5, 3.5, 14)])


def command(kind, id_, version=1, begins=None, **value):
    return Command(
        client="c-1", kind=kind, id=id_, version=version, effective_from=begins, value=value
    )


def confirm(baseline, version=1, **more):
    value = baseline_told(baseline) | more
    return command("baseline.confirm", f"baseline/{baseline.chart}/{baseline.id}", version, **value)


def renew(day):
    return command("baseline.renew", f"baseline/from/{day}", first=day.isoformat())


def course(days, **more):
    sessions = [{"date": day.isoformat()} for day in days]
    return command("course", "course", sessions=sessions, **more)


def target(anchor, day, minutes, **more):
    value = {"anchor": anchor, "first": day.isoformat(), "minutes": minutes} | more
    return command("target", f"target/{anchor}/{day}", **value)


def threshold(day, **more):
    value = {"chart": "sleep.duration", "hours": 1.0, "nights": 3, "first": day.isoformat()}
    sides = ["late_low", "early_high"]
    return command("threshold", f"threshold/{day}", **value | {"sides": sides} | more)


def rules(day, by, **more):
    value = {"first": day.isoformat(), "rules": msgspec.to_builtins(by)} | more
    return command("rules", f"rules/{more.get('scope', 'client')}/{day}", **value)


@pytest.fixture(scope="module")
def drifting():
    return life("c-1", NIGHTS, seed=4, shift=LATE)


@pytest.fixture(scope="module")
def frozen(drifting):
    return baselines(batch(drifting, [profile("c-1")], after(NIGHTS)))


@pytest.fixture(scope="module")
def decided(frozen):
    """Every kind of command at once, with versions that replace others."""
    mid = frozen["sleep.mid"]
    return [
        profile("c-1"),
        confirm(mid),
        confirm(frozen["sleep.duration"]),
        confirm(frozen["sleep.duration"], 2, withdrawn=True),
        renew(START + 5 * DAY),
        course([START + n * DAY for n in (30, 37, 44, 52)]),
        command("phase", "phase/late", begins=midnight(START + 50 * DAY), phase="graduation"),
        target("dinner", START + 10 * DAY, 1110.0, current=1170.0, step=20.0),
        target("dinner", START + 20 * DAY, None),
        threshold(START + 20 * DAY, hours=0.5, nights=2),
        rules(START, replace(LIVE, version="clinic", quiet=3), scope="clinic"),
        rules(START + 48 * DAY, replace(LIVE, version="own", limits=((0, 3.0),))),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_whenever_commands_come_the_end_is_the_same(drifting, decided, seed):
    rng = np.random.default_rng(seed)
    expected = state_digest(batch(drifting, decided, after(NIGHTS)).tables, "c-1")
    told = [*drifting, *decided, *decided[::2]]
    tables = empty_tables()

    for offset, at in enumerate(rng.permutation(len(told))):
        one = told[at]
        if isinstance(one, Command):
            apply(tables, one)
        else:
            fold(tables, one, partition=0, offset=offset, incarnation="i")
        if rng.random() < 0.1:
            score(tables, "c-1", after(int(rng.integers(1, NIGHTS + 1))))
    score(tables, "c-1", after(NIGHTS))

    assert state_digest(tables, "c-1") == expected


@pytest.mark.parametrize("at", [1, 2, 4, 5, 6, 7, 9, 10, 11])
def test_each_command_matters(drifting, decided, at):
    alone, nothing = (
        state_digest(batch(drifting, told, after(NIGHTS)).tables, "c-1")
        for told in ([decided[0], decided[at]], decided[:1])
    )

    assert alone != nothing


@pytest.mark.parametrize("seed", range(4))
def test_deleting_raises_no_signal_that_decisions_did_not(drifting, decided, seed):
    rng = np.random.default_rng(seed)
    told = [*decided[:2], *decided[6:]]
    gone = [
        raw("c-1", [tombstone_of(event)], after(NIGHTS))
        for record in drifting
        for event in adapt(record).events
        if rng.random() < 0.3
    ]

    before, left = (
        signal_nights(batch(records, told, after(NIGHTS)))
        for records in (drifting, drifting + gone)
    )

    assert before
    assert left <= before


def test_a_confirmed_baseline_stays_when_a_night_arrives_late(drifting):
    late = night(drifting, 9)
    kept = [record for record in drifting if record not in late]
    before = baselines(batch(kept, [profile("c-1")], after(NIGHTS)))["sleep.mid"]

    moved = baselines(batch(drifting, [profile("c-1")], after(NIGHTS)))["sleep.mid"]
    pinned = baselines(batch(drifting, [profile("c-1"), confirm(before)], after(NIGHTS)))

    assert moved.id != before.id
    assert (pinned["sleep.mid"].id, pinned["sleep.mid"].confirmed) == (before.id, True)
    assert START + 9 * DAY in pinned["sleep.mid"].proposal.nights


def test_a_confirmation_is_of_exactly_the_content_that_was_shown(drifting, frozen):
    told = baseline_told(frozen["sleep.mid"])
    forged = told | {"baseline": told["baseline"] | {"centre": 9.0}}

    assert baseline_in(told).id == frozen["sleep.mid"].id
    assert [baseline_in(one) for one in (forged, {"id": "x"}, told | {"id": "x"})] == [None] * 3
    ignored = command("baseline.confirm", "baseline/x", **forged)
    found = baselines(batch(drifting, [profile("c-1"), ignored], after(NIGHTS)))
    assert not found["sleep.mid"].confirmed


def test_a_baseline_of_anchors_survives_the_journey_through_a_command(frozen):
    hits = frozen["srm.hit_fraction"]

    assert hits.habitual
    assert baseline_in(baseline_told(hits)).habitual == hits.habitual


def test_a_renewed_baseline_takes_back_what_the_old_one_said(drifting):
    told = [profile("c-1"), renew(START + 40 * DAY)]

    before, found = (batch(drifting, more, after(NIGHTS)) for more in (told[:1], told))

    assert "phase_delay" in {kind for kind, _ in drifts(before)}
    assert "phase_delay" not in {kind for kind, _ in drifts(found)}
    assert baselines(found)["sleep.mid"].until == START + 40 * DAY


def test_the_slow_channel_is_closed_while_the_course_is_in_formulation(drifting):
    first, late = (
        course([day, *(day + n * DAY for n in (7, 14, 21))])
        for day in (START + 50 * DAY, START + 20 * DAY)
    )

    closed, opened = (
        {kind for kind, _ in drifts(batch(drifting, [profile("c-1"), one], after(NIGHTS)))}
        for one in (first, late)
    )

    assert (closed - {"acute_change"}, "phase_delay" in opened) == (set(), True)


def test_targets_count_from_the_day_they_were_agreed_for():
    told = context_of(
        ClientState(
            client="c-1",
            commands={
                one.id: one
                for one in (
                    command("target", "b", begins=midnight(START), anchor="bed", minutes=30.0),
                    target("bed", START + 7 * DAY, 0.0, current=60.0, step=30.0),
                )
            },
        )
    )

    assert told.targets == (
        ("bed", START, 30.0),
        ("bed", START + 7 * DAY, 30.0),
        ("bed", START + 14 * DAY, 0.0),
    )


def test_an_instant_stands_for_the_day_it_is_where_the_client_lives():
    evening = midnight(START) + timedelta(hours=20)
    zone = command("profile", "profile", tz="Asia/Tokyo")
    told = command("target", "t", begins=evening, anchor="bed", minutes=30.0)

    found = context_of(ClientState(client="c-1", commands={one.id: one for one in (zone, told)}))

    assert found.targets == (("bed", START + DAY, 30.0),)


def test_a_threshold_is_read_back_as_it_was_told():
    told = threshold(START, last=(START + DAY).isoformat(), sides=["early_high"])

    found = context_of(ClientState(client="c-1", commands={told.id: told})).thresholds

    assert found == (Threshold("sleep.duration", 1.0, 3, ("early_high",), START, date(2026, 1, 6)),)


def test_rules_are_read_back_as_they_were_told():
    own, none = rules(START, LIVE), rules(START + DAY, LIVE)
    none = command(none.kind, none.id, **none.value | {"rules": None})

    found = context_of(ClientState(client="c-1", commands={one.id: one for one in (own, none)}))

    assert found.rules == ((START, LIVE), (START + DAY, LIVE))
