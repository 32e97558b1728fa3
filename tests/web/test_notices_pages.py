import re
import sys
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from daykeel.alerting.routing import Person, Telling, Waiting
from daykeel.records.channels import Address, NoticeSettings
from daykeel.records.clinic import Clinic
from daykeel.records.letters import Delivery

sys.path.insert(0, str(Path(__file__).parent))
from house import furnished
from synthetic_people import NOW

SATURDAY = datetime(2026, 4, 4, 10, tzinfo=UTC)
ZONE = "Europe/Berlin"


@pytest.fixture
def house():
    built = furnished()
    for one in ("therapist", "other"):
        built.records.post.people[one] = Person(one, ZONE)
    return built


async def got(house, path, account="therapist"):
    async with house.visitor(account) as browser:
        return await browser.get(path)


async def sent(house, path, told, account="therapist"):
    async with house.visitor(account) as browser:
        text = (await browser.get("/account")).text
        token = re.search('name="csrf" value="([0-9a-f]{64})"', text)[1]
        return await browser.post(path, data=told | {"csrf": token})


def waiting(severity="act", **more):
    known = Waiting(1, "alert-ann", severity, NOW, "open", therapists=("therapist",))
    return replace(known, **more)


def delivery(**more):
    sent_at = NOW
    known = Delivery(1, "therapist", "now", "mail", NOW, sent_at, None, 1, "")
    return replace(known, **more)


# The page of an alert


async def test_what_is_held_over_the_weekend_says_until_when(house):
    house.clock.instant = SATURDAY
    house.records.post.waiting = [waiting(made_at=SATURDAY)]

    text = (await got(house, "/alerts/alert-ann")).text

    assert "Held until Mon 6 Apr 2026, 08:00." in text


async def test_in_working_hours_nothing_is_held(house):
    house.clock.instant = SATURDAY + timedelta(days=2)
    house.records.post.waiting = [waiting(made_at=house.clock.instant)]

    assert "Held until" not in (await got(house, "/alerts/alert-ann")).text


async def test_who_is_told_next_if_nobody_answers_is_said_by_name(house):
    house.clock.instant = SATURDAY + timedelta(days=2)
    post = house.records.post
    post.people["therapist"] = Person("therapist", ZONE, deputy="other")
    told = (Telling("therapist", "digest", house.clock.instant),)
    post.waiting = [waiting("watch", made_at=SATURDAY, told=told)]

    text = (await got(house, "/alerts/alert-ann")).text

    assert "other<br>" in text
    assert "if nobody has answered by then" in text


@pytest.mark.parametrize(
    ("one", "expected", "is_trouble"),
    [
        (delivery(), "by mail, left ", False),
        (delivery(sent_at=None, tries=0), "by mail, on its way", False),
        (
            delivery(sent_at=None, tries=3, detail="no mail server"),
            "not delivered yet after 3 attempts: no mail server",
            True,
        ),
        (
            delivery(sent_at=None, failed_at=NOW, detail="refused: 550"),
            "undeliverable: refused: 550",
            True,
        ),
        (
            delivery(sent_at=None, closed_at=NOW, detail="no longer to be told"),
            "by mail, not sent: no longer to be told",
            False,
        ),
        (
            delivery(sent_at=None, failed_at=NOW, channel="none", detail="there is no address"),
            "nowhere, undeliverable: there is no address",
            True,
        ),
    ],
)
async def test_what_became_of_a_letter_stands_on_the_page_of_its_alert(
    house, one, expected, is_trouble
):
    house.records.post.letters = [("alert-ann", one)]

    text = (await got(house, "/alerts/alert-ann")).text
    told = (await got(house, "/v1/alerts/alert-ann")).json()["notices"]

    assert [(item["tries"], item["detail"]) for item in told] == [(one.tries, one.detail)]
    assert expected in text
    assert ("not delivered</span>" in text) == is_trouble


async def test_why_a_notice_is_held_back_is_what_holds_it_now(house):
    house.records.post.held["alert-ann"] = ("silenced", "consent")

    page, caseload = await got(house, "/alerts/alert-ann"), await got(house, "/clients/c-ann")
    async with house.visitor("therapist") as browser:
        told = (await browser.get("/v1/alerts/alert-ann")).json()

    for text in (page.text, caseload.text):
        assert "silenced, consent withdrawn" in text
    assert told["suppressed"] == ["silenced", "consent"]


# Where links lead


async def test_a_link_of_one_entry_leads_to_its_alert(house):
    house.records.post.links["one"] = ("therapist", ["alert-ann"])

    response = await got(house, "/n/one")

    assert (response.status_code, response.headers["location"]) == (303, "/alerts/alert-ann")


async def test_a_digest_shows_what_the_reader_may_see_and_no_more(house):
    text = (await got(house, "/n/link-both")).text

    assert "Ann Ahlberg" in text
    assert "Ben Bakker" in text
    assert "Zander" not in text


async def test_a_link_is_of_no_use_to_who_may_see_nothing_behind_it(house):
    house.records.post.links["one"] = ("other", ["alert-zoe"])

    assert (await got(house, "/n/one")).status_code == 404
    assert (await got(house, "/n/none")).status_code == 404


async def test_a_clients_link_leads_to_the_own_page(house):
    house.records.post.links["own"] = ("ann", [])

    response = await got(house, "/n/own", "ann")
    other = await got(house, "/n/own", "zoe")

    assert (response.status_code, response.headers["location"]) == (303, "/me")
    assert other.status_code == 404


# The account


async def test_a_therapist_without_an_address_reads_that_notices_do_not_come(house):
    assert "notices do not reach you" in (await got(house, "/account")).text


async def test_an_address_is_added_tried_and_removed(house):
    post = house.records.post
    await sent(house, "/account/addresses", {"text": "mailto:t@clinic.example"})
    await sent(house, "/account/addresses/test", {})
    shown = (await got(house, "/account")).text
    kept = post.addresses("therapist")
    await sent(house, "/account/addresses/remove", {"number": str(kept[0].id)})

    assert [(one.kind, one.text) for one in kept] == [("mail", "t@clinic.example")]
    assert "t@clinic.example" in shown
    assert post.tried == ["therapist"]
    assert post.addresses("therapist") == []
    assert ("therapist", "notices.set", "notices") in house.records.audited


@pytest.mark.parametrize("text", ["nowhere", "file:///etc/passwd", "ntfys://x.example/t?verify=no"])
async def test_what_is_no_address_is_refused_in_words(house, text):
    response = await sent(house, "/account/addresses", {"text": text})

    assert response.status_code == 422
    assert house.records.post.addresses("therapist") == []


async def test_another_persons_address_cannot_be_removed(house):
    house.records.post.own_addresses["other"][5] = Address(5, "mail", "o@clinic.example")

    response = await sent(house, "/account/addresses/remove", {"number": "5"})

    assert response.status_code == 404
    assert len(house.records.post.addresses("other")) == 1


async def test_a_therapist_sets_clock_digest_deputy_and_absence(house):
    told = {"zone": ZONE, "digest_at": "07:45", "deputy": "other", "away_until": "2026-04-20"}

    await sent(house, "/account/notices", told)

    own = house.records.post.settings("therapist")
    assert (own.zone, own.digest_at, own.deputy) == (ZONE, time(7, 45), "other")
    assert own.away_until == datetime(2026, 4, 19, 22, tzinfo=UTC)
    shown = (await got(house, "/account")).text
    assert 'value="2026-04-20"' in shown
    assert 'value="other"' in shown


@pytest.mark.parametrize(
    "told",
    [
        {"zone": "Berlin"},
        {"digest_at": "8"},
        {"deputy": "nobody"},
        {"deputy": "ann"},
        {"deputy": "therapist"},
        {"away_until": "2026-04-20"},
        {"away_until": "soon", "deputy": "other"},
    ],
)
async def test_settings_that_do_not_fit_are_refused_and_nothing_is_kept(house, told):
    response = await sent(house, "/account/notices", told)

    assert response.status_code == 422
    assert house.records.post.settings("therapist") == NoticeSettings()


async def test_a_client_chooses_to_hear_from_us_and_when(house):
    await sent(house, "/account/addresses", {"text": "ann@home.example"}, "ann")
    begun = "ann" in house.records.post.own_settings
    await sent(house, "/account/notices", {"remind_at": "20:15"}, "ann")

    assert begun
    assert house.records.post.settings("ann").remind_at == time(20, 15)


async def test_a_client_who_was_left_alone_starts_again_by_the_same_form(house):
    house.records.post.own_settings["ann"] = NoticeSettings(stopped_at=NOW)
    shown = (await got(house, "/account", "ann")).text

    await sent(house, "/account/notices", {"remind_at": "20:15"}, "ann")

    assert "It has stopped" in shown
    assert house.records.post.settings("ann").stopped_at is None


async def test_a_look_at_the_own_page_is_noted(house):
    await got(house, "/me", "ann")

    assert house.records.post.looks == ["ann"]


@pytest.mark.parametrize("account", ["operator"])
async def test_who_gets_no_letters_has_nothing_to_set(house, account):
    assert "Another address" not in (await got(house, "/account", account)).text


# Silences


async def test_a_silence_ends_at_midnight_where_the_client_lives(house):
    told = {"kind": "phase_delay", "days": "3", "reason": "  holiday "}

    await sent(house, "/clients/c-ann/silences", told)

    (made,) = house.records.post.silences(now=NOW, client="c-ann")
    local = made.stop.astimezone(ZoneInfo(ZONE))
    assert (local.hour, local.minute) == (0, 0)
    assert (made.kind, made.reason, made.actor) == ("phase_delay", "holiday", "therapist")
    assert "holiday" in (await got(house, "/clients/c-ann/silences")).text


@pytest.mark.parametrize(
    "told",
    [
        {"days": "3", "reason": " "},
        {"days": "91", "reason": "r"},
        {"kind": "everything", "days": "3", "reason": "r"},
    ],
)
async def test_a_silence_has_an_end_a_reason_and_a_known_kind(house, told):
    response = await sent(house, "/clients/c-ann/silences", told)

    assert response.status_code == 422
    assert house.records.post.silences(now=NOW) == []


async def test_a_silence_can_be_ended_once(house):
    await sent(house, "/clients/c-ann/silences", {"days": "3", "reason": "r"})
    (made,) = house.records.post.silences(now=NOW)

    first = await sent(house, "/clients/c-ann/silences/end", {"silence": made.id})
    second = await sent(house, "/clients/c-ann/silences/end", {"silence": made.id})

    assert (first.status_code, second.status_code) == (303, 404)
    assert house.records.post.silences(now=NOW) == []


async def test_the_api_of_silences_takes_an_end_within_ninety_days(house):
    path = "/v1/clients/c-ann/silences"
    stop = (NOW + timedelta(days=10)).isoformat()
    async with house.visitor("therapist") as browser:
        made = await browser.post(path, json={"stop": stop, "reason": "away"})
        late = (NOW + timedelta(days=91)).isoformat()
        refused = await browser.post(path, json={"stop": late, "reason": "away"})
        found = (await browser.get(path)).json()["silences"]
        gone = await browser.delete(f"{path}/{made.json()['id']}")
        rest = (await browser.get(path)).json()["silences"]

    assert (made.status_code, refused.status_code, gone.status_code) == (201, 422, 204)
    assert [one["reason"] for one in found] == ["away"]
    assert rest == []


# Alert quality


async def test_quality_says_volume_use_answers_and_failures(house):
    house.alert("a-1", "c-ann", state="resolved", resolved_for="useful_acted", reason="expected")
    house.alert("a-2", "c-ann", state="resolved", resolved_for="wrong_rule", reason="wrong_rule")
    house.records.post.waits = [timedelta(hours=1), timedelta(hours=3)]
    house.records.post.letters = [("a-1", delivery(sent_at=None, failed_at=NOW))]
    async with house.visitor("therapist") as browser:
        found = (await browser.get("/v1/alert-quality?days=60")).json()
        text = (await browser.get("/quality?days=60")).text

    assert found["volume"]["alerts"] == 4
    assert 0.2 < found["volume"]["client_years"] < 0.4
    assert found["volume"]["rate"] == found["volume"]["alerts"] / found["volume"]["client_years"]
    assert found["by_rule"][0]["share"] == 0.5
    assert (found["median_answer_s"], found["longest_answer_s"]) == (7200.0, 10800.0)
    assert found["undeliverable"] == 1
    assert "above the budget of 3" in text


async def test_an_operator_reads_numbers_and_no_names(house):
    house.records.post.silence(
        "c-ann", "", stop=NOW + timedelta(3), reason="private", actor="therapist", now=NOW
    )
    async with house.visitor("operator") as browser:
        found = (await browser.get("/v1/alert-quality")).json()
        text = (await browser.get("/quality")).text

    assert found["clients"] == 3
    assert found["silences_ending"] == []
    assert "Ahlberg" not in text
    assert "private" not in text
    assert "c-ann" not in text


async def test_the_hours_of_the_clinic_decide_what_is_held(house):
    house.clock.instant = SATURDAY
    always = replace(Clinic().hours, days=frozenset(range(7)))
    house.records.post.hours = Clinic(hours=always)
    house.records.post.waiting = [waiting(made_at=SATURDAY)]

    assert "Held until" not in (await got(house, "/alerts/alert-ann")).text
