import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from house import furnished
from synthetic_people import LAST, NOW, Life

WHO = frozenset({"c-ann", "c-ben", "c-kim", "c-max"})


@pytest.fixture
def house():
    built = furnished()
    built.person("c-ben", "Ben Bakker", Life(spread=1.1), sri=40.0, srm=2.0)
    built.person("c-kim", "Kim Kowalczyk", Life(seed=3), nights=17)
    built.person("c-max", "Max Mustermann", Life(off=tuple(range(5)), seed=4))
    built.account("therapist", "therapist", clients=WHO)
    return built


async def caseload(house):
    async with house.visitor("therapist") as browser:
        return (await browser.get("/")).text


def lists(text):
    """The two lists of the page."""
    return text.split('id="regularity"')


async def test_there_is_a_list_by_need_and_one_of_the_least_regular(house):
    by_need, by_regularity = lists(await caseload(house))

    assert by_need.index("Ann Ahlberg") < by_need.index("Kim Kowalczyk")
    assert by_regularity.index("Ben Bakker") < by_regularity.index("Ann Ahlberg")
    assert "no alert does not mean well" in by_regularity


async def test_silence_from_three_nights_on_is_named(house):
    assert "silent for 5 nights" in await caseload(house)


async def test_the_countdown_to_a_baseline_is_shown(house):
    text = await caseload(house)

    assert "17 of 28 nights" in text
    assert "about 11 to go" in text


async def test_an_alert_that_still_counts_nights_is_not_in_the_caseload(house):
    house.records.kept_alerts.clear()
    house.alert("silent", "c-max", kind="data_loss", state="pending")

    text = await caseload(house)

    assert "/alerts/silent" not in text
    assert "0 unresolved alerts" in text


async def test_a_snoozed_alert_is_shown_as_such_and_needs_nobody(house):
    house.alert("alert-ann", "c-ann", state="snoozed", snoozed_until=NOW + timedelta(days=2))
    house.alert("alert-ben", "c-ben", severity="info")

    by_need, _ = lists(await caseload(house))

    assert by_need.index("Ben Bakker") < by_need.index("Ann Ahlberg")
    assert "snoozed, raised" in by_need


async def test_somebody_of_whom_nothing_ever_came_is_named(house):
    house.person("c-new", "Noa Nyberg", None)
    house.records.people["c-new"] = replace(house.records.people["c-new"], enrolled=LAST)
    house.account("therapist", "therapist", clients=WHO | {"c-new"})

    text = await caseload(house)

    assert "nothing yet" in text
    assert "0 of 28 nights" in text


async def test_looking_at_the_caseload_is_audited(house):
    await caseload(house)

    assert ("therapist", "caseload.read", "caseload") in house.records.audited


async def test_an_empty_caseload_says_so(house):
    house.account("therapist", "therapist")

    assert "No clients are assigned to you." in await caseload(house)
