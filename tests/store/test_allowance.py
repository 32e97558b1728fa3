import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daykeel.events.codec import encode
from daykeel.events.event import Quarantined, RawRecord
from daykeel.log.allowance import LASTS, Allowance
from daykeel.log.open import open_log
from daykeel.log.protocol import NewRecord
from daykeel.log.topics import QUARANTINE

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from kafka_log import kafka_log

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("kafka", marks=pytest.mark.servers)])
def log(request, tmp_path):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/log.db"
        opened = open_log(url)
        yield opened
        opened.close()
        return
    with kafka_log() as url:
        opened = open_log(url)
        yield opened
        opened.close()


@pytest.fixture(autouse=True)
def room_for_three(monkeypatch):
    record, _ = refused()
    monkeypatch.setattr(Allowance, "most", 3 * len(record.value) + 1)


def refused(device="phone", at=NOW, stage="ingest"):
    """A refusal as a record, and the message."""
    raw = RawRecord(
        client="c-1",
        adapter="daykeel",
        device=device,
        topic="t",
        payload=b"[" * 4096,
        received_at=at,
    )
    noted = Quarantined(reason="too_deep", raw=raw, size=4096, sha256="0", stage=stage)
    return NewRecord(QUARANTINE, 0, b"c-1", encode(noted)), raw


def granted(allowance, log, count, **more):
    """How many refusals of one batch are granted; those are put on the log."""
    allowance.begin()
    records = [
        record
        for record, raw in (refused(**more) for _ in range(count))
        if allowance.grants(record, raw)
    ]
    if records:
        log.append(records)
    return len(records)


def test_a_credential_has_so_much_room_and_no_other_one_has_less_for_it(log):
    allowance = Allowance(log)

    assert [granted(allowance, log, 2) for _ in range(3)] == [2, 1, 0]
    assert granted(allowance, log, 9, device="watch") == 3


def test_what_others_have_kept_counts_and_what_was_kept_before_a_start(log):
    first, second = Allowance(log), Allowance(log)

    assert [granted(one, log, 1) for one in (first, second, first, second)] == [1, 1, 1, 0]
    assert granted(Allowance(log), log, 1) == 0


def test_what_was_granted_and_never_got_onto_the_log_takes_no_room(log):
    allowance = Allowance(log)
    for _ in range(9):
        allowance.begin()
        assert allowance.grants(*refused())

    assert granted(allowance, log, 9) == 3


def test_what_retention_has_let_go_of_makes_room_again(log):
    allowance = Allowance(log)
    granted(allowance, log, 9)

    assert granted(allowance, log, 9, at=NOW + LASTS - timedelta(days=1)) == 0
    assert granted(allowance, log, 9, at=NOW + LASTS) == 3


def test_what_others_than_the_edge_refused_or_nobody_can_read_takes_no_room(log):
    others = [refused(stage=stage)[0] for stage in ("adapter", "stream", "sink", "operator")]
    log.append([*others, NewRecord(QUARANTINE, 0, b"c-1", b"\x07what" * 9000)])

    assert granted(Allowance(log), log, 9) == 3
