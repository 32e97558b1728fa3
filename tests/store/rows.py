"""Nights, days, scores and baselines in which every field says something."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from daykeel.alerting.knowledge import Known
from daykeel.rhythm.context import ClientContext, Consent, Mark, ZoneChange
from daykeel.rhythm.decisions import Decisions, Threshold
from daykeel.rhythm.ledger import (
    AnchorCandidate,
    Baseline,
    Bounded,
    DayRecord,
    Gap,
    Night,
    Score,
    ScoreRow,
    Span,
)
from daykeel.rhythm.rules import LIVE
from daykeel.scores.protocol import StoredNight

DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 3, 12, 0, 0, 250_000, tzinfo=UTC)


def later(days):
    return DAY + timedelta(days)


def night(client="c-1", day=DAY, **changes):
    full = Night(
        client=client,
        night=day,
        final=True,
        finalised_at=NOW,
        onset=Bounded(-0.5, -0.5, 0.1 + 0.2),
        naps=(Span(NOW, NOW + timedelta(minutes=20)),),
        gaps=(Gap(NOW, NOW + timedelta(hours=1), "off_wrist", ("e-1",)),),
        flags=("dst", "dst_1"),
        pieces=(("g-1", "used"), ("g-2", "overlapped")),
        evidence_at=NOW,
    )
    return replace(full, **changes)


def stored(version=1, state="final", **changes):
    return StoredNight(night(**changes), version, state, NOW)


def record(client="c-1", day=DAY, **changes):
    full = DayRecord(
        client=client,
        day=day,
        night=night(client, day),
        sleep_bits=bytes(range(180)),
        act_unit="steps",
        act_sum=tuple(range(24)),
        anchors=(AnchorCandidate("dinner", "reported", 1110.0, True, 2),),
        mood=-1,
        inputs="abc",
    )
    return replace(full, **changes)


def scored(client="c-1", day=DAY, window="7d", **changes):
    score = Score("sri", window, 81.5, 80.1, 83.2, 0.9, "ok", ("dst",), 6, 7, "1.1.0")
    return ScoreRow(client, day, window, "Europe/Paris", (replace(score, **changes),), "abc")


def baseline(frozen=DAY, **changes):
    full = Baseline(
        chart="sleep.mid",
        first=frozen - timedelta(27),
        frozen=frozen,
        nights=tuple(frozen - timedelta(n) for n in range(27, -1, -1)),
        centre=3.5,
        scale=0.4,
        phi=0.2,
        habitual=(("dinner", 1110.0),),
        id=f"b-{frozen}",
    )
    return replace(full, **changes)


def known(number=0, at=NOW, **changes):
    """What became known: a day, something of it deleted later, and what was decided by then."""
    day = replace(record(), before=((later(3), record(mood=None)),))
    context = ClientContext(
        client="c-1",
        zones=(ZoneChange(datetime(1, 1, 1, tzinfo=UTC), "UTC"), ZoneChange(NOW, "Asia/Tokyo")),
        targets=(("dinner", DAY, 1110.0), ("dinner", later(7), None)),
        phases=((DAY, "middle"),),
        marks=(Mark("illness", DAY, later(2)),),
        consents=(Consent("*", NOW),),
        enrolled=DAY,
        decisions=Decisions((baseline(),), (later(9),)),
        thresholds=(Threshold("sleep.mid", 1.0, 3, ("late_low",), DAY),),
        rules=((DAY, LIVE),),
    )
    full = Known(at, (day,), context, first=DAY, number=number, goes_on=True)
    return replace(full, **changes)
