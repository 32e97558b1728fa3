import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from shore import Consent, MemoryRecords, credential, is_secret

from daykeel.ingest.directory import Directory, Unreachable, authenticated


class Seconds:
    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        return self.passed


@pytest.fixture
def records():
    return MemoryRecords()


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def directory(records, seconds):
    return Directory(records, seconds)


def test_an_answer_is_kept_for_ten_seconds_and_not_longer(directory, records, seconds):
    directory.consents("c-ann")
    records.consented["c-ann"] = [Consent("owntracks")]

    seconds.passed = 9.9
    before = directory.consents("c-ann")
    seconds.passed = 10.0
    after = directory.consents("c-ann")

    assert (before, after) == ([Consent()], [Consent("owntracks")])


def test_however_many_clients_there_are_two_questions_do_for_ten_seconds(
    directory, records, seconds
):
    names = [f"c-{number}" for number in range(100)]
    records.known = {name: credential(name, name) for name in names}
    records.consented = {name: [Consent()] for name in names}

    for name in names:
        seconds.passed += 0.09
        assert directory.credential(name).client == name
        assert directory.consents(name) == [Consent()]

    assert records.asked == ["credentials", "all consents"]


def test_what_was_not_there_is_asked_for_again_at_once(directory, records):
    assert not directory.consents("c-new")
    assert directory.credential("new") is None

    records.consented["c-new"] = [Consent()]
    records.known["new"] = credential("new", "c-new")

    assert directory.consents("c-new") == [Consent()]
    assert directory.credential("new") == records.known["new"]


def test_a_credential_switched_off_ends_within_ten_seconds(directory, records, seconds):
    assert directory.credential("ann")
    records.known["ann"] = credential("ann", "c-ann", enabled=False)

    seconds.passed = 10.0

    assert directory.credential("ann") is None


def test_at_the_door_a_credential_is_as_it_is_now(directory, records):
    directory.credential("ann")
    records.known["ann"] = credential("ann", "c-ann", enabled=False)

    assert directory.credential_now("ann") is None


def test_records_that_do_not_answer_are_no_answer(directory, records):
    records.is_away = True

    for ask in (
        lambda: directory.credential("ann"),
        lambda: directory.consents("c-ann"),
        lambda: directory.owner("a/b"),
    ):
        with pytest.raises(Unreachable):
            ask()


def test_while_records_are_away_the_last_answer_counts_for_ten_seconds(directory, records, seconds):
    directory.consents("c-ann")
    records.is_away = True

    seconds.passed = 9.0
    assert directory.consents("c-ann") == [Consent()]
    seconds.passed = 10.0
    with pytest.raises(Unreachable):
        directory.consents("c-ann")


def test_the_owner_of_a_topic_has_the_most_exact_filter(directory, records):
    records.known = {
        name: credential(name, f"c-{name}", topics=topics)
        for name, topics in {
            "all": ("owntracks/#",),
            "ann": ("owntracks/ann/+",),
            "phone": ("owntracks/ann/phone",),
            "own": ("daykeel/v1/c-own/daykeel/phone/#",),
        }.items()
    }

    owners = [
        directory.owner(topic).username
        for topic in (
            "owntracks/ann/phone",
            "owntracks/ann/tablet",
            "owntracks/ben/phone",
            "daykeel/v1/c-own/daykeel/phone/event",
        )
    ]

    assert owners == ["phone", "ann", "all", "own"]
    assert directory.owner("SleepAsAndroid/ann") is None


def test_a_credential_that_is_off_owns_no_topic(directory, records):
    records.known = {"ann": credential("ann", "c-ann", topics=("a/b",), enabled=False)}

    assert directory.owner("a/b") is None


def test_an_unknown_topic_has_the_list_read_again_but_not_all_the_time(directory, records, seconds):
    for _ in range(5):
        assert directory.owner("owntracks/new/phone") is None
    assert records.asked.count("credentials") == 1

    records.known["new"] = credential("new", "c-new", topics=("owntracks/new/+",))
    seconds.passed = 1.0

    assert directory.owner("owntracks/new/phone") == records.known["new"]
    assert records.asked.count("credentials") == 2


@pytest.mark.parametrize(
    ("said", "does"),
    [(("ann", "pw"), True), (("ann", "x"), False), (("eve", "pw"), False), (("", ""), False)],
)
def test_name_and_password_must_belong_together(directory, said, does):
    found = authenticated(directory, is_secret, "hash:decoy", *said)

    assert (found is not None) is does


def test_an_unknown_name_costs_a_comparison_too(directory):
    compared = []

    authenticated(directory, lambda *args: compared.append(args) or False, "hash:x", "eve", "pw")

    assert compared == [("hash:x", "pw")]


def test_the_decoy_lets_nobody_in(directory):
    assert authenticated(directory, is_secret, "hash:pw", "eve", "pw") is None
