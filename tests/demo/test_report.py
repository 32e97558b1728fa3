import os
from dataclasses import replace
from datetime import UTC, date, datetime

from daykeel.alerting.lifecycle import Alert
from daykeel.demo.meter import Meter
from daykeel.demo.report import Report, counted, summary, table
from daykeel.rhythm.ledger import Episode

ONSET = date(2026, 3, 25)
NOBODY = 2**22 + 1
"""Above every process id there can be."""


def alert(client, kind, state="open", reason=""):
    return Alert(
        id=f"{client}-{kind}",
        client=client,
        kind=kind,
        state=state,
        severity="watch",
        onset=ONSET,
        raised_at=datetime(2026, 3, 26, tzinfo=UTC),
        episode=Episode(client, kind, ONSET, (ONSET,), "watch", ()),
        reason=reason,
    )


def report(*problems):
    return Report(
        ok=not problems,
        problems=problems,
        alerts={},
        raw_records=4815,
        nights=648,
        scores=2682,
        seconds=61.4,
        peak_pss_mb=380.2,
        servers_apart="",
        seed=1,
        restarts=0,
    )


def test_alerts_are_counted_by_script_and_kind_and_withdrawn_ones_left_out():
    alerts = [
        alert("c-advance000", "short_sleep"),
        alert("c-latephone0", "data_loss", "resolved", "withdrawn"),
    ]

    found = counted(alerts)

    assert found["advance"] == {"short_sleep": 1}
    assert found["late phone"] == {}
    assert len(found) == 9


def test_the_summary_says_what_was_played_and_that_it_agrees():
    told = list(summary(report()))

    assert told[0].startswith("Played in 61 s: 4,815 messages")
    assert "pure functions" in told[1]


def test_the_summary_names_every_problem():
    told = "\n".join(summary(report("one thing", "another")))

    assert "NOT" in told
    assert "  one thing" in told
    assert "  another" in told


def test_the_table_shows_withdrawn_alerts_as_withdrawn_and_who_has_none():
    told = list(table([alert("c-latephone0", "data_loss", "resolved", "withdrawn")]))

    assert any("data loss from 2026-03-25 (withdrawn)" in line for line in told)
    assert sum("no alert" in line for line in told) == 8


def test_memory_is_that_of_all_processes_together_at_its_highest():
    meter = Meter()

    meter.look([NOBODY])
    alone = meter.peak_bytes
    meter.look([os.getpid()])

    assert alone > 5_000_000
    assert meter.peak_bytes > 1.5 * alone


def test_what_the_memory_leaves_out_is_said():
    (line, _) = summary(replace(report(), servers_apart="kafka, influxdb"))

    assert "at most 380 MB of memory (without kafka, influxdb)." in line
    assert "without" not in next(summary(report()))
