from datetime import UTC, date, datetime

import pytest

from daykeel.records.decisions import Decided, Made, tag
from daykeel.records.errors import Conflict
from daykeel.records.open import open_records

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
KEY = bytes(range(32))
MADE = Made("a-1", NOW)
BED = Decided("target", "target/bed/2026-03-02", {"anchor": "bed", "minutes": 0.0})


@pytest.fixture
def records(records_url):
    opened = open_records(records_url, KEY)
    opened.migrate()
    opened.add_client("Ann", "UTC", now=NOW, id="c-1")
    yield opened
    opened.close()


def decide(records, *decided, expected=None, made=MADE):
    upon = tag(records.commands("c-1")) if expected is None else expected
    records.decide("c-1", decided, expected=upon, made=made)


def decisions(records):
    found = (one for one in records.commands("c-1") if one.kind != "profile")
    return {one.id: (one.version, one.value) for one in found}


def test_a_decision_is_a_command_that_waits_to_be_sent(records):
    decide(records, BED)

    assert decisions(records) == {BED.id: (1, BED.value)}
    assert [command.id for _, command in records.pending_commands(9)] == ["profile", BED.id]


def test_deciding_again_makes_the_next_version(records):
    other = Decided("target", BED.id, {"anchor": "bed", "minutes": 30.0})

    decide(records, BED)
    decide(records, other)

    assert decisions(records) == {BED.id: (2, other.value)}


def test_who_decided_what_and_when_is_kept(records):
    decide(records, BED)
    decide(records, BED, made=Made("a-2", NOW.replace(hour=9)))

    found = records.decision_history("c-1")

    assert [(one.command.version, one.made.by, one.made.at.hour) for one in found] == [
        (1, "a-1", 8),
        (2, "a-2", 9),
    ]


def test_what_was_decided_upon_something_else_is_not_kept(records):
    before = tag(records.commands("c-1"))
    decide(records, BED)

    with pytest.raises(Conflict):
        decide(records, BED, Decided("course", "course", {}), expected=before)

    assert decisions(records) == {BED.id: (1, BED.value)}


def test_of_several_decisions_all_or_none_are_kept(records):
    decide(records, BED, Decided("course", "course", {"sessions": []}))

    assert set(decisions(records)) == {BED.id, "course"}


def test_of_two_decisions_of_one_id_the_last_holds(records):
    decide(records, Decided("target", BED.id, {"anchor": "bed", "minutes": 9.0}), BED)

    assert decisions(records) == {BED.id: (1, BED.value)}


def test_a_device_s_consent_changes_no_tag(records):
    before = tag(records.commands("c-1"))
    records.grant("c-1", "daykeel", now=NOW)

    assert tag(records.commands("c-1")) == before


def test_rules_of_the_clinic_go_to_everybody_and_to_who_comes_later(records):
    first = date(2026, 3, 2)
    records.set_clinic_rules(first, {"rules": {"version": "a"}}, MADE)
    records.set_clinic_rules(first, {"rules": {"version": "b"}}, MADE)

    records.add_client("Ben", "UTC", now=NOW, id="c-2")

    told = {"rules": {"version": "b"}, "scope": "clinic", "first": "2026-03-02"}
    for client, version in (("c-1", 2), ("c-2", 1)):
        (found,) = [one for one in records.commands(client) if one.kind == "rules"]
        assert (found.id, found.version, found.value) == (
            "rules/clinic/2026-03-02",
            version,
            told,
        )
