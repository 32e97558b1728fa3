from datetime import UTC, datetime
from hashlib import sha256

from daykeel.events.event import Quarantined, RawRecord
from daykeel.stream.quota import Quota

NOW = datetime(2026, 3, 2, tzinfo=UTC)


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
    quota = Quota({}, most=100)

    assert quota.fitted(refused(100)) == refused(100)


def test_beyond_the_room_only_what_is_known_of_it_is_kept():
    quota = Quota({"c-1": 60}, most=100)
    quota.fitted(refused(30))

    kept = quota.fitted(refused(20))

    assert kept.raw.payload == b""
    assert (kept.reason, kept.size, kept.sha256) == (
        "wrong_shape",
        20,
        sha256(b"x" * 20).hexdigest(),
    )
    assert quota.fitted(refused(10)) == refused(10)


def test_the_size_of_a_payload_of_which_only_the_head_came_stays():
    kept = Quota({}, most=1).fitted(refused(20, size=5_000, sha256="of all"))

    assert (kept.size, kept.sha256) == (5_000, "of all")


def test_one_client_takes_no_room_from_another():
    quota = Quota({"c-1": 100}, most=100)

    assert quota.fitted(refused(100, "c-2")) == refused(100, "c-2")
