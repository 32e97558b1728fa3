import re
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from daykeel.rhythm.ledger import Bounded
from daykeel.web.silence import LATE, NOTHING, REMINDED, SILENT, TOLD, silence

sys.path.insert(0, str(Path(__file__).parent))
from house import furnished
from synthetic_people import LAST, Life, days_of, missing

DAY = timedelta(days=1)


def nights_of(silent, why="not_worn"):
    """Twenty nights, the last of which are silent."""
    days = days_of("c-ann", Life(), 20)
    days[20 - silent :] = [missing("c-ann", day.day, why) for day in days[20 - silent :]]
    return {day.day: day.night for day in days}


@pytest.mark.parametrize(
    ("silent", "step"),
    [(0, NOTHING), (1, LATE), (2, REMINDED), (3, SILENT), (6, SILENT), (9, SILENT)],
)
def test_each_night_more_is_a_step_up_until_somebody_is_told(silent, step):
    found = silence(nights_of(silent), [], None)

    assert (found.nights, found.step, found.tells_at, found.alert) == (silent, step, 8, None)
    assert found.since == (LAST - (silent - 1) * DAY if silent else None)


def test_it_says_why_and_who_can_act():
    found = silence(nights_of(3, "battery_flat"), [], None)

    assert (found.reason, found.who) == ("battery_flat", "client")
    assert "Charge the device." in found.advice
    assert found.told == "Nothing is known of the last 3 nights, since Sun 29 Mar: battery flat."


def notice(house, onset, limit, **changes):
    raised = house.alert("loss", "c-ann", kind="data_loss", onset=onset, severity="info")
    finding = replace(raised.episode.findings[0], limit=limit)
    episode = replace(raised.episode, findings=(finding,), recovered=None)
    return replace(raised, episode=episode, **changes)


def test_with_an_open_notice_the_therapist_is_told_and_at_which_night():
    told = notice(furnished(), LAST - 3 * DAY, 3.0)

    found = silence(nights_of(4), [told], None)

    assert (found.step, found.tells_at, found.alert, found.nights) == (TOLD, 3, "loss", 4)
    assert [step for step, _, _ in found.rungs] == [LATE, REMINDED, TOLD]


@pytest.mark.parametrize("state", ["pending", "resolved", "cancelled"])
def test_a_notice_that_is_counting_or_over_is_none(state):
    told = notice(furnished(), LAST - 3 * DAY, 7.0, state=state)

    assert silence(nights_of(4), [told], None).step == SILENT


def test_while_nights_are_counted_it_says_when_the_therapist_will_be_told():
    counting = notice(furnished(), LAST - DAY, 3.0, state="pending")

    found = silence(nights_of(2), [counting], None)

    assert (found.step, found.tells_at, found.alert) == (REMINDED, 3, None)
    assert found.own.endswith("Your therapist is told after 3 nights without data.")


def test_a_silence_longer_than_what_is_read_begins_with_its_notice():
    told = notice(furnished(), LAST - 40 * DAY, 7.0)

    assert silence(nights_of(20), [told], None).nights == 41


def test_nights_before_enrolment_and_those_not_final_do_not_count():
    nights = nights_of(5)
    nights[LAST] = replace(nights[LAST], final=False)

    found = silence(nights, [], LAST - 2 * DAY)

    assert (found.nights, found.since) == (2, LAST - 2 * DAY)


def test_a_night_without_sleep_is_no_silence():
    nights = nights_of(2)
    sleepless = Bounded(0.0, 0.0, 0.0)
    nights[LAST] = replace(nights[LAST], no_main_sleep=True, duration=sleepless)

    assert silence(nights, [], None).step == NOTHING


async def page(house, path, account):
    async with house.visitor(account) as browser:
        return (await browser.get(path)).text


def silenced(nights, why="battery_flat"):
    house = furnished()
    records = [missing("c-ann", LAST - n * DAY, why) for n in range(nights)]
    stored = house.scores.nights("c-ann", LAST - nights * DAY, LAST + DAY)
    house.scores.put(
        [one._replace(night=day.night) for one in stored for day in records if _same(one, day)],
        records,
    )
    return house


def _same(stored, record):
    return stored.night.night == record.day


async def test_the_therapist_sees_how_far_up_the_ladder_it_is():
    text = await page(silenced(4), "/clients/c-ann", "therapist")

    assert "Nothing is known of the last 4 nights, since Sat 28 Mar: battery flat." in text
    assert "The client can do something about it." in text
    current = re.search(r'<li aria-current="step">(.*?)</li>', text, re.DOTALL)[1]
    assert "after 3 nights: silence stands in the caseload" in current
    data = re.search(r'id="data".*?</section>', text, re.DOTALL)[0]
    assert "gaps in the last two weeks" in data
    assert re.search(r"Sat 28 Mar</th>.*<td>battery flat</td><td>what did not come</td>", data)


async def test_the_client_is_told_what_to_do_without_blame():
    text = await page(silenced(4), "/me", "ann")

    assert "Your last 4 nights are not known." in text
    assert "Your therapist is told after 8 nights without data." in text
    assert "A battery ran empty. Charge the device." in text


async def test_while_data_come_nobody_is_warned():
    text = await page(furnished(), "/me", "ann")

    assert "not known" not in re.search(r'id="devices".*?</section>', text, re.DOTALL)[0]


async def test_the_ladder_is_in_the_api():
    house = silenced(4)
    async with house.visitor("therapist") as browser:
        told = (await browser.get("/v1/clients/c-ann/sources")).json()

    assert told["client"] == "c-ann"
    assert told["silence"] == {
        "nights": 4,
        "since": "2026-03-28",
        "step": "silent",
        "reason": "battery_flat",
        "who": "client",
        "tells_at": 8,
        "alert": None,
    }
