import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daykeel.sources.registry import adapt

sys.path.insert(0, str(Path(__file__).parent))
from sample_files import RECEIVED, raw

START = "2026-03-01T21:00:00Z"
AT = datetime(2026, 3, 1, 21, tzinfo=UTC)


def said(told, **more):
    return adapt(raw("daykeel", json.dumps(told).encode(), stream="event", **more))


def event(**told):
    found = said({"start": START, **told})
    assert found.rejects == ()
    assert len(found.events) == 1
    return found.events[0]


def reason(**told):
    found = said({"start": START, **told})
    assert found.events == ()
    return [reject.reason for reject in found.rejects]


def test_one_event_or_many_are_taken():
    one = {"kind": "phone.unlock", "start": START}

    assert said(one).events == said([one]).events
    assert len(said([one, one | {"kind": "phone.lock"}]).events) == 2


def test_the_same_event_twice_in_one_message_happened_once():
    one = {"kind": "phone.unlock", "start": START}

    assert len(said([one, one]).events) == 1


def test_a_bad_event_takes_no_other_with_it():
    found = said([{"kind": "phone.unlock", "start": START}, {"kind": "meal", "start": START}])

    assert [one.kind for one in found.events] == ["phone.unlock"]
    assert [(one.reason, one.detail) for one in found.rejects] == [("bad_value", "meal: meal")]


def test_identity_is_the_records_and_never_the_payloads():
    assert event(kind="phone.unlock", client="c-1").client == "c-1"
    assert reason(kind="phone.unlock", client="c-2") == ["client_mismatch"]


@pytest.mark.parametrize(
    ("told", "basis", "offset"),
    [
        ({"start": START}, "utc", None),
        ({"start": "2026-03-01T22:00:00+01:00"}, "utc+offset", 60),
        ({"start": "2026-03-01T18:30:00-02:30"}, "utc+offset", -150),
        ({"start": START, "utc_offset_min": 60}, "utc+offset", 60),
        ({"start": START, "tz": "Europe/Berlin"}, "utc+tzid", 60),
        ({"start": START, "tz": "Asia/Kathmandu"}, "utc+tzid", 345),
        ({"start": START, "time_basis": "arrival"}, "arrival", None),
        ({"start": START, "time_basis": "anything"}, "utc", None),
    ],
)
def test_the_basis_of_a_time_is_the_best_that_is_told(told, basis, offset):
    found = event(kind="phone.unlock", **told)

    assert (found.start, found.time_basis, found.utc_offset_min) == (AT, basis, offset)


def test_a_local_time_with_its_zone_has_an_instant():
    told = {"local_start": "2026-03-29T02:30:00", "tz": "Europe/Berlin", "start": None}

    found = event(kind="phone.unlock", **told)

    assert (found.time_basis, found.quality) == ("local+tzid", ("dst_gap",))
    assert found.start == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_local_time_without_a_zone_waits_for_one():
    found = event(kind="phone.unlock", start=None, local_start="2026-03-01T23:00:00")

    assert (found.start, found.time_basis, found.quality) == (None, "local", ("zone_assumed",))


def test_an_event_that_went_through_json_says_the_same_again():
    local = event(kind="phone.unlock", start=None, local_start="2026-03-01T23:00:00")

    again = event(
        kind="phone.unlock", local_start="2026-03-01T23:00:00", time_basis="local", tz=None
    )

    assert (again.id, again.local_start) == (local.id, local.local_start)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"kind": 1}, "wrong_shape"),
        ({}, "wrong_shape"),
        ({"kind": "mind.reading"}, "unknown_kind"),
        ({"kind": "phone.unlock", "start": None}, "no_time"),
        ({"kind": "phone.unlock", "start": 1772398800}, "wrong_shape"),
        ({"kind": "phone.unlock", "start": 1772398800000}, "wrong_shape"),
        ({"kind": "phone.unlock", "start": "1772398800"}, "wrong_shape"),
        ({"kind": "phone.unlock", "start": "2026-03-01T21:00:00"}, "wrong_shape"),
        ({"kind": "phone.unlock", "start": "0001-01-01T00:00:00+14:00"}, "implausible_time"),
        ({"kind": "phone.unlock", "end": "2026-03-01T20:59:59Z"}, "end_before_start"),
        ({"kind": "phone.unlock", "observed_at": "1970-01-01T00:00:00Z"}, "zero_time"),
        ({"kind": "phone.unlock", "observed_at": "2099-01-01T00:00:00Z"}, "future_time"),
        ({"kind": "phone.unlock", "tz": "Mars/Olympus"}, "unknown_zone"),
        ({"kind": "phone.unlock", "id": ""}, "wrong_shape"),
        ({"kind": "phone.unlock", "confidence": 1.5}, "wrong_shape"),
        ({"kind": "phone.unlock", "value": []}, "wrong_shape"),
        ({"kind": "phone.unlock", "source": "Ann's phone"}, "wrong_shape"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told(told, why):
    assert reason(**told) == [why]


def test_quality_keeps_flags_alone():
    flags = ["tentative", "bad_field:hr", "bad_field:" + "x" * 41, "Ann was ill", "tentative"]

    assert event(kind="phone.unlock", quality=flags).quality == ("tentative", "bad_field:hr")


def test_the_name_the_sender_gave_is_the_key():
    first = event(kind="meal", id="m-1", value={"meal": "lunch"})
    later = event(kind="meal", id="m-1", start="2026-03-01T22:00:00Z", value={"meal": "lunch"})

    assert (first.group, first.id) == (later.group, later.id)
    assert event(kind="meal", native_id=7, value={"meal": "lunch"}).native_id == "7"


def test_without_a_name_kind_and_start_are_the_key():
    first = event(kind="meal", value={"meal": "lunch"})

    assert event(kind="meal", value={"meal": "dinner"}).group == first.group
    assert event(kind="phone.unlock").group != first.group


def test_names_never_change():
    assert event(kind="phone.unlock").id == "cde72cbe-babc-5666-ae2c-88968ce3fe1b"


def test_two_devices_never_share_a_name():
    one = {"kind": "phone.unlock", "start": START}

    assert said(one, device="a").events[0].id != said(one, device="b").events[0].id
    assert said(one, client="c-1").events[0].id != said(one, client="c-2").events[0].id


def test_an_epoch_ends_where_its_length_says():
    value = {"unit": "steps", "value": 3, "epoch_s": 60}

    found = event(kind="activity.epoch", end="2026-03-01T23:00:00Z", value=value)

    assert found.end == datetime(2026, 3, 1, 21, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("clock", "local"),
    [("23:10", "2026-03-01T23:10"), ("03:59", "2026-03-02T03:59"), ("04:00", "2026-03-01T04:00")],
)
def test_an_anchor_before_four_is_after_midnight(clock, local):
    value = {"item": "bed", "day": "2026-03-01", "done": True, "time": clock}

    found = event(kind="self.srm_entry", start=None, value=value)

    assert found.local_start == datetime.fromisoformat(local)
    assert found.modality == "self-reported"


def test_an_anchor_told_again_replaces_the_first():
    value = {"item": "bed", "day": "2026-03-01", "done": True, "time": "23:10"}
    again = value | {"time": "23:40"}

    first, second = (
        event(kind="self.srm_entry", start=None, value=one).group for one in (value, again)
    )

    assert first == second


@pytest.mark.parametrize("day", ["2026-02-30", "yesterday", None, 5, "9999-12-31"])
def test_a_day_that_is_none_is_refused(day):
    value = {"item": "bed", "day": day, "done": True, "time": "01:00"}

    assert reason(kind="self.srm_entry", start=None, value=value)[0] in (
        "wrong_shape",
        "implausible_time",
    )


def test_what_is_said_of_other_days_has_the_time_of_saying_it():
    value = {"what": "illness", "first": "2026-02-01", "last": "2026-02-03"}

    assert event(kind="night.mark", start=None, value=value).start == RECEIVED


def test_a_position_stays_inside():
    found = said({"kind": "place.fix", "start": START, "value": {"lat": 1, "lon": 2}})

    assert (found.events, [one.kind for one in found.internal]) == ((), ["place.fix"])


CLOUD = {"specversion": "1.0", "source": "/x", "id": "7", "type": "org.daykeel.meal"}


def test_a_cloud_event_wraps_the_value():
    found = said(CLOUD | {"time": START, "data": {"meal": "dinner"}}).events

    assert [(one.kind, one.start, one.native_id) for one in found] == [("meal", AT, "7")]
    assert found[0].value == {"meal": "dinner"}


def test_a_cloud_event_wraps_an_event():
    data = {"kind": "meal", "value": {"meal": "dinner"}}

    inside = said(CLOUD | {"data": data | {"start": START}}).events
    outside = said(CLOUD | {"data": data, "time": START}).events

    assert [one.start for one in (*inside, *outside)] == [AT, AT]


def test_a_cloud_event_may_have_no_data():
    found = said(CLOUD | {"type": "org.daykeel.phone.unlock", "time": START, "data": None})

    assert [one.kind for one in found.events] == ["phone.unlock"]


def test_a_batch_of_cloud_events_is_an_array():
    batch = [CLOUD | {"id": str(n), "time": START, "data": {"meal": "snack"}} for n in range(3)]

    assert len(said(batch).events) == 3


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"type": "com.example.someevent"}, "unknown_kind"),
        ({"id": 7}, "wrong_shape"),
        ({"data": "text"}, "wrong_shape"),
        ({"time": "2018-04-05"}, "wrong_shape"),
        ({"time": None}, "no_time"),
    ],
    ids=str,
)
def test_a_cloud_event_that_is_none_of_ours_is_refused(changes, why):
    found = said(CLOUD | {"time": START, "data": {"meal": "dinner"}} | changes)

    assert [reject.reason for reject in found.rejects] == [why]


@pytest.mark.parametrize(
    ("payload", "kinds"),
    [
        (b"online", ["device.online"]),
        (b'"offline"', ["device.offline"]),
        (b'{"online": false}', ["device.offline"]),
        (b"", []),
    ],
)
def test_a_status_tells_whether_the_device_is_there(payload, kinds):
    found = adapt(raw("daykeel", payload, stream="status"))

    assert [one.kind for one in found.events] == kinds
    assert found.rejects == ()


@pytest.mark.parametrize("payload", [b"{}", b"[]", b'{"online": "yes"}', b"maybe"])
def test_another_status_is_refused(payload):
    assert adapt(raw("daykeel", payload, stream="status")).rejects


def test_other_streams_are_refused():
    found = adapt(raw("daykeel", b"{}", stream="reply"))

    assert [reject.reason for reject in found.rejects] == ["unknown_stream"]


def spoken(kind, **value):
    whole = {
        "meta.correction": {"of": "x", "by": "client"},
        "meta.tombstone": {"of": "x", "reason": "deleted"},
        "night.mark": {"what": "illness"},
        "self.mood": {"level": 0},
    }
    return {"kind": kind, "value": whole[kind] | value}


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (spoken("meta.correction", start="1971-01-01T00:00:00Z"), "before_2000"),
        (spoken("meta.correction", end="2971-01-01T00:00:00Z"), "future_time"),
        (spoken("meta.correction", start=START, end="2026-02-01T00:00:00Z"), "end_before_start"),
        (spoken("night.mark", first="0001-01-01", last="0001-01-02"), "zero_time"),
        (spoken("night.mark", first="2026-03-04", last="2026-03-02"), "end_before_start"),
        (spoken("night.mark", first="2026-03-04", last="2027-04-09"), "too_long"),
        (spoken("night.mark", first="2029-03-04", last="2029-03-05"), "future_time"),
        (spoken("self.mood", day="9999-12-31"), "future_time"),
        (spoken("meta.tombstone") | {"start": "2024-01-01T00:00:00Z", "end": START}, "too_long"),
    ],
    ids=str,
)
def test_what_speaks_of_a_time_that_cannot_be_is_refused(told, why):
    assert reason(**told) == [why]


@pytest.mark.parametrize(
    "told",
    [
        spoken("meta.correction", start="2026-02-01T00:00:00Z"),
        spoken("meta.correction", value={"meal": "dinner"}),
        spoken("night.mark", first="2026-12-24", last="2027-01-06"),
        spoken("self.mood", day="2026-03-02"),
    ],
    ids=str,
)
def test_what_speaks_of_another_time_than_its_own_is_taken(told):
    assert event(**told).kind == told["kind"]
