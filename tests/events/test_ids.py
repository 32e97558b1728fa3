"""Names that are in every store: a change of one of these numbers loses data."""

import uuid

import pytest

from daykeel.events.ids import NAMESPACE, event_id, group_id, revision


def test_a_name_is_a_uuid5_of_the_standard_library():
    name = b'["c-1","owntracks","phone","0571e18d"]'

    assert group_id("c-1", "owntracks", "phone", "0571e18d") == str(
        uuid.uuid5(uuid.UUID(bytes=NAMESPACE), name.decode())
    )


@pytest.mark.parametrize(
    ("key", "golden"),
    [
        ("0571e18d", "21e46669-1598-5b98-9d3a-0c9d597e6736"),
        (("0571e18d",), "239c9494-cc4b-5e20-8a9c-fb2dc69be51a"),
        (("lwt", "2026-03-01T21:00:00Z"), "e0c4f9c9-1a57-5392-8c97-d72ba114f731"),
        (("sleep_analysis", "ü", "", "apple-watch+iphone"), "69f34301-0fc0-5eba-b8d4-c15fa445b070"),
    ],
)
def test_groups_keep_their_names(key, golden):
    assert group_id("c-1", "owntracks", "phone", key) == golden


def test_events_keep_their_names():
    group = "21e46669-1598-5b98-9d3a-0c9d597e6736"

    assert event_id(group, "bed.in") == "f3ab3cce-700c-51db-867e-d8e981623d73"
    assert event_id(group, "bed.in", 1) == "898d61d1-1d59-5a93-a661-0f844f604fe0"


def test_a_content_keeps_its_revision():
    assert revision("meal", {"b": 1, "a": [2.0, None]}) == (
        "sha256:73785a9de01cddd3aaa0a29a59845eb3a124f7fdf457ebb89682493dc318adbe"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b", "c", "d"), ("a", "b", "c", ("d",))),
        (("a", "b", "c", ("d", "e")), ("a", "b", "c", ("d,e",))),
        (("a", "b", "c", ("d",)), ("a", "b", "cd", ("",))),
        (('a","b', "c", "d", "e"), ("a", "b", "c", "d")),
    ],
)
def test_parts_of_a_name_do_not_run_into_each_other(one, other):
    assert group_id(*one) != group_id(*other)


def test_numbers_of_another_type_are_another_content():
    assert revision(1) != revision(1.0)
    assert revision({"a": 1}) == revision({"a": 1})
