from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from daykeel.events.codec import decode
from daykeel.events.event import Quarantined, RawRecord
from daykeel.log.topics import QUARANTINE, TOPICS
from daykeel.stream.quota import Held, fitted

NOW = datetime(2026, 3, 2, tzinfo=UTC)
TODAY = date(2026, 3, 2)
DAY = timedelta(days=1)


def refused(length, client="c-1", **more):
    raw = RawRecord(
        client=client,
        adapter="daykeel",
        device="phone",
        topic="t",
        payload=b"x" * length,
        received_at=NOW,
    )
    return Quarantined(reason="wrong_shape", raw=raw, stage="adapter", **more)


def test_what_there_is_room_for_is_kept_whole():
    assert fitted({}, refused(100), TODAY, most=100) == refused(100)


def test_beyond_the_room_only_what_is_known_of_it_is_kept():
    table = {}
    fitted(table, refused(60), TODAY, most=100)
    fitted(table, refused(30), TODAY, most=100)

    kept = fitted(table, refused(20), TODAY, most=100)

    assert kept.raw.payload == b""
    assert (kept.reason, kept.size, kept.sha256) == (
        "wrong_shape",
        20,
        sha256(b"x" * 20).hexdigest(),
    )
    assert fitted(table, refused(10), TODAY, most=100) == refused(10)


def test_the_size_of_a_payload_of_which_only_the_head_came_stays():
    kept = fitted({}, refused(20, size=5_000, sha256="of all"), TODAY, most=1)

    assert (kept.size, kept.sha256) == (5_000, "of all")


def test_one_client_takes_no_room_from_another():
    table = {}
    fitted(table, refused(100), TODAY, most=100)

    assert fitted(table, refused(100, "c-2"), TODAY, most=100) == refused(100, "c-2")


def test_what_retention_lets_go_of_makes_room_again():
    table, last = {}, TODAY + 89 * DAY
    fitted(table, refused(100), TODAY, most=100)

    before = fitted(table, refused(40), last, most=100)
    after = fitted(table, refused(40), last + DAY, most=100)

    (lasts,) = (one.retention_s for one in TOPICS if one.name == QUARANTINE)
    assert lasts == 90 * 86_400
    assert (len(before.raw.payload), len(after.raw.payload)) == (0, 40)
    assert decode(Held, table["c-1|held"]) == Held({str(last + DAY): 40})
