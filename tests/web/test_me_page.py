import json
import re
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from daykeel.web.week import Week, strips

sys.path.insert(0, str(Path(__file__).parent))
from house import Consent, furnished
from synthetic_people import LAST, NOW

TODAY, YESTERDAY = str(LAST), str(LAST - timedelta(1))
DINNER = {"item": "dinner", "day": TODAY}


@pytest.fixture
def house():
    return furnished()


async def me(house, account="ann"):
    async with house.visitor(account) as browser:
        return (await browser.get("/me")).text


async def tapped(house, path, told):
    async with house.visitor("ann") as browser:
        text = (await browser.get("/me")).text
        token = re.search('name="csrf" value="([0-9a-f]{64})"', text)[1]
        return await browser.post(path, data=told | {"csrf": token})


def event(house):
    (raw,) = house.log.raw()
    (found,) = json.loads(raw.payload)
    return found


async def test_now_is_told_with_the_instant(house):
    response = await tapped(house, "/me/anchor", DINNER | {"answer": "now"})

    assert response.status_code == 303
    assert event(house)["value"] == {
        "item": "dinner",
        "day": TODAY,
        "done": True,
        "people": 2,
    }
    assert event(house)["start"] == "2026-03-31T19:00:00Z"


async def test_about_usual_is_told_with_the_usual_time(house):
    await tapped(house, "/me/anchor", DINNER | {"answer": "usual"})

    assert event(house)["value"]["time"] == "18:45"


async def test_not_done_has_neither_time_nor_company(house):
    await tapped(house, "/me/anchor", DINNER | {"answer": "not_done"})

    assert event(house)["value"] == {"item": "dinner", "day": TODAY, "done": False}


async def test_with_whom_keeps_the_time_that_is_known(house):
    await tapped(house, "/me/anchor", DINNER | {"people": "3"})

    told = event(house)["value"]
    assert (told["people"], told["done"]) == (3, True)
    assert re.fullmatch("1[89]:[0-5][0-9]", told["time"])


@pytest.mark.parametrize("what", ["mood", "energy"])
async def test_mood_and_energy_are_one_tap(house, what):
    await tapped(house, "/me/level", {"what": what, "day": YESTERDAY, "level": "-3"})

    assert event(house)["kind"] == f"self.{what}"
    assert event(house)["value"] == {"level": -3, "day": YESTERDAY}


async def test_a_tap_comes_back_to_its_question(house):
    anchor = await tapped(house, "/me/anchor", DINNER | {"answer": "not_done"})
    level = await tapped(house, "/me/level", {"what": "mood", "day": TODAY, "level": "0"})

    assert anchor.headers["location"] == f"/me?saved=later#dinner-{TODAY}"
    assert level.headers["location"] == f"/me?saved=later#mood-{TODAY}"
    text = await me(house)
    assert f'id="dinner-{TODAY}"' in text
    assert f'id="mood-{TODAY}"' in text


async def test_once_the_stream_has_taken_it_in_the_page_shows_it(house, monkeypatch):
    honest = house.log.append

    def taken_in(records):
        (day,) = house.scores.days("c-ann", LAST, LAST + timedelta(1))
        house.scores.put(days=[replace(day, inputs="f" * 64)])
        return honest(records)

    monkeypatch.setattr(house.log, "append", taken_in)

    response = await tapped(house, "/me/anchor", DINNER | {"answer": "not_done"})

    assert response.headers["location"].startswith("/me?saved=shown#")


@pytest.mark.parametrize(
    "told",
    [
        {"item": "dinner", "day": "2026-03-29", "answer": "usual"},
        {"item": "dinner", "day": "2026-04-01", "answer": "not_done"},
        {"item": "dinner", "day": YESTERDAY, "answer": "now"},
        {"item": "bed", "day": TODAY, "answer": "usual"},
        {"item": "bed", "day": TODAY, "people": "1"},
        {"item": "dinner", "day": TODAY},
        {"item": "breakfast", "day": TODAY, "answer": "now"},
        {"item": "dinner", "day": "today", "answer": "now"},
        {"item": "dinner", "day": TODAY, "people": "4"},
    ],
)
async def test_what_was_not_asked_cannot_be_told(house, told):
    if told == {"item": "dinner", "day": TODAY}:
        (day,) = house.scores.days("c-ann", LAST, LAST + timedelta(1))
        house.scores.put(days=[replace(day, anchors=())])

    response = await tapped(house, "/me/anchor", told)

    assert response.status_code == 422
    assert house.log.kept == []


async def test_without_consent_the_page_says_that_nothing_was_kept(house):
    house.records.consented["c-ann"] = [Consent("owntracks")]

    response = await tapped(house, "/me/anchor", DINNER | {"answer": "now"})

    assert response.status_code == 403
    assert "Nothing of the request was kept" in response.text
    assert house.log.kept == []


async def test_a_log_that_does_not_answer_is_not_said_to_have_saved(house):
    house.log.is_broken = True

    response = await tapped(house, "/me/anchor", DINNER | {"answer": "now"})

    assert response.status_code == 503


async def test_messages_are_plain_and_without_grade(house):
    text = await me(house)

    assert "Your sleep has been later than usual for you." in text
    for grade in ("badge", "severity", "confidence", "phase_delay", "phase delay", "z-score"):
        assert grade not in text


async def test_every_message_stays_with_what_became_of_it(house):
    house.alert("gone", "c-ann", state="resolved", reason="withdrawn")
    house.alert("over", "c-ann", state="resolved", reason="recovered")
    house.alert("closed", "c-ann", state="resolved", reason="useful_acted")

    text = await me(house)

    assert "Taken back" in text
    assert "It is as usual again." in text
    assert "Your therapist has looked at it." in text


@pytest.mark.parametrize("state", ["pending", "cancelled"])
async def test_what_nobody_was_told_is_no_message(house, state):
    house.alert("alert-ann", "c-ann", state=state)

    assert "Nothing so far." in await me(house)


async def test_the_signpost_is_always_there_and_comes_first_when_it_is_urgent(house):
    calm = await me(house)
    house.alert("alert-ann", "c-ann", severity="act")
    urgent = await me(house)

    assert calm.index("If you need help") > calm.index("The last seven days")
    assert urgent.index("If you need help") < urgent.index("Out of bed")
    assert calm.count("If you need help") == urgent.count("If you need help") == 1


async def test_sensors_prefill_and_the_page_says_who_says_so(house):
    text = await me(house)

    assert "your device" in text
    assert '<span class="soft small">you</span>' in text


async def test_a_day_that_is_told_is_folded(house):
    (before,) = house.scores.days("c-ann", LAST - timedelta(1), LAST)
    open_day = await me(house)
    house.scores.put(days=[replace(before, mood=0, energy=1)])
    told_day = await me(house)

    assert open_day.count('<details class="day" open>') == 2
    assert told_day.count('<details class="day" open>') == 1
    assert "all told" in told_day


async def test_looking_at_the_own_page_is_audited_as_own(house):
    await me(house)

    assert ("ann", "client.own", "client/c-ann") in house.records.audited


def test_the_sheet_of_nobody_known_has_five_strips():
    week = Week([LAST - timedelta(n) for n in range(6, -1, -1)], NOW.date())

    assert [strip.known for strip in strips(week, {})] == [0] * 5


# Consent


@pytest.fixture
def agreed(house):
    house.records.consented["c-ann"] = [Consent("daykeel", NOW), Consent("owntracks", NOW)]
    return house


def noted(house):
    return [action for _, action, _ in house.records.audited]


def allowed(house):
    return {one.source for one in house.records.consents("c-ann") if one.stop is None}


@pytest.mark.parametrize(("source", "left"), [("*", set()), ("owntracks", {"daykeel"})])
async def test_a_client_withdraws_everything_or_one_app_from_now_on(agreed, source, left):
    response = await tapped(agreed, "/me/consent", {"source": source, "sure": "true"})

    assert response.headers["location"] == "/me#consent"
    assert allowed(agreed) == left
    ended = [one for one in agreed.records.consents("c-ann") if one.source not in left]
    assert {one.stop for one in ended} == {NOW}
    assert ("ann", "consent.withdraw", "client/c-ann") in agreed.records.audited


async def test_without_the_box_ticked_nothing_is_withdrawn(agreed):
    response = await tapped(agreed, "/me/consent", {"source": "*"})

    assert response.status_code == 422
    assert "tick the box" in response.text
    assert allowed(agreed) == {"daykeel", "owntracks"}
    assert "consent.withdraw" not in noted(agreed)


@pytest.mark.parametrize(
    ("source", "given"), [("*", {"daykeel", "owntracks"}), ("owntracks", {"owntracks"})]
)
async def test_a_client_allows_again_everything_or_one_app_from_now_on(agreed, source, given):
    await tapped(agreed, "/me/consent", {"source": "*", "sure": "true"})
    agreed.clock.instant += timedelta(days=3)

    response = await tapped(agreed, "/me/consent/renewal", {"source": source, "sure": "true"})

    assert response.headers["location"] == "/me#consent"
    assert allowed(agreed) == given
    begun = {one.start for one in agreed.records.consents("c-ann") if one.stop is None}
    assert begun == {NOW + timedelta(days=3)}
    assert ("ann", "consent.renew", "client/c-ann") in agreed.records.audited


async def test_without_the_box_ticked_nothing_is_allowed_again(agreed):
    await tapped(agreed, "/me/consent", {"source": "*", "sure": "true"})

    response = await tapped(agreed, "/me/consent/renewal", {"source": "*"})

    assert (response.status_code, "tick the box" in response.text) == (422, True)
    assert allowed(agreed) == set()
    assert "consent.renew" not in noted(agreed)


@pytest.mark.parametrize(("form", "what"), [("", "withdraw"), ("/renewal", "renew")])
async def test_what_changes_no_consent_is_not_noted_as_one(agreed, form, what):
    told = {"source": "health_connect", "sure": "true"}

    response = await tapped(agreed, f"/me/consent{form}", told)

    assert response.headers["location"] == "/me#consent"
    assert f"consent.{what}" not in noted(agreed)


def choices(text, form):
    """What can be chosen in one of the forms of consent; None where it is not on the page."""
    found = re.search(rf'action="{form}".*?</form>', text, re.DOTALL)
    return re.findall(r'<option value="(.+?)">', found[0]) if found else None


async def test_the_page_says_what_is_allowed_and_what_withdrawing_does_and_does_not(agreed):
    before = await me(agreed)
    await tapped(agreed, "/me/consent", {"source": "*", "sure": "true"})
    after = await me(agreed)

    assert "OwnTracks" in before.partition("You allow ")[2].partition("</p>")[0]
    assert "Withdrawing erases nothing" in before
    assert choices(before, "/me/consent") == ["*", "daykeel", "owntracks"]
    assert "You allow nothing" in after
    assert choices(after, "/me/consent") is None


async def test_the_page_offers_to_allow_again_what_was_withdrawn_and_nothing_else(agreed):
    before = await me(agreed)
    await tapped(agreed, "/me/consent", {"source": "owntracks", "sure": "true"})
    after = await me(agreed)

    assert choices(before, "/me/consent/renewal") is None
    assert choices(after, "/me/consent/renewal") == ["*", "owntracks"]
    assert choices(after, "/me/consent") == ["*", "daykeel"]
    assert "What lies between stays unknown" in after
