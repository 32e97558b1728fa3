import json
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec import structs

from daykeel.alerting.alert import PENDING
from daykeel.alerting.knowledge import Known
from daykeel.alerting.lifecycle import Impossible, judge, observe, transition, wake
from daykeel.alerting.recalled import Past, recalled_reports
from daykeel.events.codec import decode, encode
from daykeel.pipeline.batch import empty_tables
from daykeel.pipeline.command import apply
from daykeel.pipeline.context import baseline_told, context_of
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import score
from daykeel.pipeline.state import Command
from daykeel.pipeline.tables import load_client, load_day
from daykeel.rhythm.evaluate import evaluate
from daykeel.rhythm.rules import LIVE
from daykeel.scores.sqlite import SqliteScores
from daykeel.sources.registry import adapt

sys.path.insert(0, str(Path(__file__).parent))
from lives import START, life, midnight, profile, raw, tombstone, wire

pytestmark = pytest.mark.long

NIGHTS = 64
DAY = timedelta(days=1)


class Installation:
    """What the stream, the sink and the alerts process do with one client."""

    def __init__(self, path):
        self.tables = empty_tables()
        self.alerts, self.steps = {}, []
        self.store = SqliteScores(path / "scores.db")
        self._offset = 0

    def play(self, steps):
        """Take in records and commands, each at its instant, and look when the clock asks to."""
        due = None
        for at, told in sorted(steps, key=lambda step: step[0]):
            while due is not None and due <= at:
                due = self.score(due)
            if callable(told):
                self.keep(told, at)
                continue
            if isinstance(told, Command):
                apply(self.tables, told)
            else:
                self._offset += 1
                fold(self.tables, told, partition=0, offset=self._offset, incarnation="i")
            due = self.score(at)
        return self

    def score(self, at):
        outputs = score(self.tables, "c-1", at)
        said = [decode(Known, encode(one)) for one in outputs.known]
        for _ in range(2):  # as after a crash of the sink
            self.store.put(days=outputs.days, known=[("c-1", one) for one in said])
        for one in outputs.signals:
            own = [alert for alert in self.alerts.values() if alert.kind == one.kind]
            for change in observe(own, one, at):
                self.put(change)
        return outputs.next_check

    def keep(self, step, at):
        """Take a step on every alert that is as it has to be for it."""
        for alert in list(self.alerts.values()):
            with suppress(Impossible):
                if change := step(alert, now=at):
                    self.put(change)

    def put(self, change):
        self.alerts[change.alert.id] = change.alert
        self.steps.append(change.entry)

    def reports(self, *rules):
        """What the back-test finds in the store, with what is decided by now."""
        context = context_of(load_client(self.tables, "c-1"))
        past = Past(
            days=self.store.days("c-1", date.min, date.max),
            context=context,
            history=self.store.known("c-1"),
            steps=self.steps,
        )
        return recalled_reports(past, rules, "as_known", coming=AFTER, back=2 * NIGHTS)


@pytest.fixture
def home(tmp_path):
    opened = Installation(tmp_path)
    yield opened
    opened.store.close()


def lived(seed, *, late=0.1, away=None, shift=None, gone=0.0):
    """Records of a life at the instants they came: some days late, some never, some deleted."""
    rng = np.random.default_rng(seed)
    moved = np.zeros(NIGHTS) if shift is None else shift
    steps = [(midnight(START), profile("c-1", enrolled=START.isoformat()))]
    for record in life("c-1", NIGHTS, seed, shift=moved):
        night = (record.received_at.date() - START).days
        if away and away[0] <= night < away[1]:
            continue
        at = record.received_at
        if rng.random() < late:
            at += timedelta(hours=float(rng.uniform(10, 24 * 9)))
        steps.append((at, raw_at(record, at)))
        events = adapt(record).events
        if events and rng.random() < gone:
            event = events[0]
            end = event.end or event.start + timedelta(minutes=1)
            deleted = at + timedelta(days=float(rng.uniform(1, 30)))
            steps.append((deleted, raw("c-1", [tombstone(event.id, event.start, end)], deleted)))
    return steps


def raw_at(record, at):
    return structs.replace(record, received_at=at)


def told(alerts):
    return sorted(
        (
            one.raised_at,
            one.kind,
            one.id,
            one.onset,
            one.severity,
            one.state,
            one.reason,
            one.recurrence_of or "",
            one.resolved_at or one.raised_at,
        )
        for one in alerts
        if one.state not in (PENDING, "cancelled")
    )


def again(steps, share, seed):
    """The same life, of which some nights are told once more a few days later, longer than before.

    So a night comes in several steps, and each of them may be of another mind.
    """
    rng = np.random.default_rng(seed)
    more = []
    for at, told_then in steps:
        if isinstance(told_then, Command) or rng.random() >= share:
            continue
        events = json.loads(told_then.payload)
        for event in events:
            if event["kind"] == "sleep.episode":
                longer = datetime.fromisoformat(event["end"]) + timedelta(
                    minutes=int(rng.integers(20, 180))
                )
                later = at + timedelta(days=float(rng.uniform(0.3, 12)))
                changed = {**event, "end": wire(longer)}
                more.append((later, raw("c-1", [changed], later, device="tracker")))
    return [*steps, *more]


def decided(night, hour, kind, value, name, *, version=1):
    """A command, and when it was given."""
    command = Command(client="c-1", kind=kind, id=name, version=version, value=value)
    return midnight(START) + night * DAY + timedelta(hours=hour), command


def rules(night, hour, first, by):
    day = START + first * DAY
    value = {"first": day.isoformat(), "rules": msgspec.to_builtins(by), "scope": "client"}
    return decided(night, hour, "rules", value, f"rules/client/{day}")


def over(kind, first, last, **more):
    return {
        "what": kind,
        "first": (START + first * DAY).isoformat(),
        "last": (START + last * DAY).isoformat(),
        **more,
    }


DELAY = np.concatenate([np.zeros(34), np.linspace(0.5, 3.0, 6), np.full(10, 3.0), np.zeros(14)])
AFTER = START + NIGHTS * DAY
QUICK = replace(LIVE, version="quick", limits=((0, 1.2),), quiet=4, silence_tells=5)
CALM = replace(LIVE, version="calm", limits=((0, 30.0),), acute_far=90.0, acute_much=20.0)


@pytest.mark.parametrize(
    ("seed", "how"),
    [
        (2, {"shift": DELAY, "late": 0.3}),
        (3, {"shift": -DELAY, "away": (46, 54)}),
        (4, {"shift": DELAY / 2, "gone": 0.1}),
    ],
)
def test_the_live_rules_give_the_alerts_that_were_sent(seed, how, home):
    home.play(lived(seed, **how))

    (found,) = home.reports()

    assert told(found.alerts) == told(home.alerts.values()) != []
    assert found.last_only == 0


def test_a_night_that_came_in_several_steps_counts_from_each(home):
    home.play(again(lived(6, shift=DELAY, late=0.1), 0.3, 6))

    (found,) = home.reports()

    assert told(found.alerts) == told(home.alerts.values()) != []


def test_rules_count_from_when_they_were_set(home):
    steps = lived(8, shift=DELAY, late=0.1)
    steps += [rules(30, 15, 32, CALM), rules(41, 9, 42, QUICK), rules(54, 11, 55, LIVE)]

    home.play(steps)

    live, quick = home.reports(QUICK)
    assert told(live.alerts) == told(home.alerts.values()) != []
    assert live.rules == f"{LIVE.version}, calm, quick"
    assert told(quick.alerts) != told(live.alerts)


def test_what_was_decided_counts_from_when_it_was(home):
    steps = again(lived(9, shift=DELAY, late=0.1), 0.1, 9)
    steps += [
        decided(31, 10, "phase", {"phase": "formulation", "first": str(START + 30 * DAY)}, "p-1"),
        decided(39, 10, "phase", {"phase": "middle", "first": str(START + 38 * DAY)}, "p-2"),
        decided(46, 12, "mark", over("exclude", 38, 43), "m-1"),
        decided(50, 12, "mark", over("exclude", 38, 43, withdrawn=True), "m-1", version=2),
        decided(48, 12, "calendar", {"date": str(START + 40 * DAY), "day_type": "free"}, "c-1"),
        decided(52, 15, "zone", {"tz": "Asia/Tokyo"}, "z-1"),
        decided(58, 15, "baseline.renew", {"first": str(START + 36 * DAY)}, "b-1"),
    ]
    confirmed = midnight(START) + 36 * DAY
    home.play([step for step in steps if step[0] < confirmed])
    given = [
        decided(36, 1 + n, "baseline.confirm", baseline_told(one), f"baseline/{one.chart}")
        for n, one in enumerate(standing_baselines(home, confirmed))
    ]

    home.play([*given, *(step for step in steps if step[0] >= confirmed)])

    (found,) = home.reports()
    assert given
    assert told(found.alerts) == told(home.alerts.values()) != []


@pytest.mark.parametrize("since", [41, 20])
def test_what_is_tracked_and_free_counts_from_when_it_was_decided(since, home):
    wild = np.concatenate([np.zeros(34), np.tile([2.5, -2.5], (NIGHTS - 34) // 2)])
    few, more = ["bed", "out_of_bed"], ["bed", "out_of_bed", "dinner", "first_contact"]
    free = {"first": str(START + 30 * DAY), "free_weekdays": [4, 5], "region": "DE-BY"}
    steps = again(lived(2, shift=wild, late=0.2, gone=0.1), 0.1, 2)
    steps += [
        decided(41, 10, "tracked", {"first": str(START + since * DAY), "items": few}, "t-1"),
        decided(50, 10, "tracked", {"first": str(START + 50 * DAY), "items": more}, "t-2"),
        decided(44, 9, "week", free, "w-1"),
    ]

    home.play(steps)

    (found,) = home.reports()
    assert told(found.alerts) == told(home.alerts.values()) != []


def standing_baselines(home, now):
    context = context_of(load_client(home.tables, "c-1"))
    days = home.store.days("c-1", date.min, date.max)
    return evaluate(days, context, now, START).baselines


def test_what_people_did_to_the_alerts_is_done_again(home):
    act = partial(transition, actor="a-1")
    until = midnight(START) + 45 * DAY
    snooze = partial(act, action="snooze", reason="later", until=until)
    steps = [
        (midnight(START) + 39.4 * DAY, partial(act, action="acknowledge")),
        (midnight(START) + 41.4 * DAY, snooze),
        (until, wake),
        (midnight(START) + 47.4 * DAY, partial(act, action="resolve", reason="useful_acted")),
        (midnight(START) + 50.4 * DAY, partial(judge, useful=False, actor="a-1")),
    ]

    home.play([*again(lived(2, shift=1.5 * DELAY, late=0.2), 0.1, 2), *steps])

    (found,) = home.reports()
    done = {(one.actor, one.state) for one in home.steps if one.actor != "daykeel"}
    assert done >= {("a-1", state) for state in ("acknowledged", "snoozed", "resolved")}
    assert told(found.alerts) == told(home.alerts.values()) != []
    assert {one.id: one.useful for one in found.alerts}.items() <= {
        one.id: one.useful for one in home.alerts.values()
    }.items()


def test_history_that_is_imported_at_once_was_unknown_before(home):
    steps = [
        (max(at, midnight(START) + 45 * DAY), one)
        for at, one in lived(11, shift=DELAY)
        if not isinstance(one, Command)
    ]
    enrolled = (START + 45 * DAY).isoformat()
    begun = midnight(START) + 44 * DAY

    home.play([(begun, profile("c-1", enrolled=enrolled)), *steps])

    (found,) = home.reports()
    assert told(found.alerts) == told(home.alerts.values()) != []


def test_a_client_enrolled_earlier_or_later_gets_other_days(home):
    steps = lived(12, shift=DELAY, late=0.1)
    for night, first in ((42, 440), (48, 0)):
        value = {"tz": "UTC", "enrolled": (START + first * DAY).isoformat()}
        steps.append(decided(night, 10, "profile", value, "profile", version=2 + night))

    home.play(steps)

    (found,) = home.reports()
    assert told(found.alerts) == told(home.alerts.values()) != []


def test_where_the_history_begins_later_the_report_says_of_how_many_nights(home):
    home.play(lived(2, shift=DELAY, late=0.0))
    begins = midnight(START) + 45 * DAY
    rest = [one for one in home.store.known("c-1") if one.at >= begins]
    home.store.erase("c-1")
    days = tuple(load_day(home.tables, "c-1", START + n * DAY) for n in range(NIGHTS))
    home.store.put(days=days, known=[("c-1", one) for one in rest])

    (found,) = home.reports()

    assert found.last_only == sum(day.night.finalised_at < rest[0].at for day in days)
    assert {one[2] for one in told(found.alerts)} == {one.id for one in home.alerts.values()}
