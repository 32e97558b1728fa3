import re
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from daykeel.alerting.lifecycle import Transition

sys.path.insert(0, str(Path(__file__).parent))
from house import furnished
from synthetic_people import NOW

ALERT = "/alerts/alert-ann"


@pytest.fixture
def house():
    return furnished()


async def got(house, path=ALERT, account="therapist", **headers):
    async with house.visitor(account) as browser:
        return await browser.get(path, headers=headers)


async def decided(house, *, version, action="acknowledge", **more):
    async with house.visitor("therapist") as browser:
        text = (await browser.get("/account")).text
        token = re.search('name="csrf" value="([0-9a-f]{64})"', text)[1]
        told = {"csrf": token, "action": action, "version": str(version)} | more
        return await browser.post(ALERT, data=told)


def alert(house):
    return house.records.alert("alert-ann")


async def test_who_can_decide_has_seen_the_alert_once_the_page_was_shown(house):
    response = await got(house)

    assert alert(house).seen_at == NOW
    assert alert(house).state == "open"
    assert "seen for the first time" in response.text
    assert "not yet" not in response.text


@pytest.mark.parametrize(
    ("now", "wakes"),
    [
        ("2026-03-28T19:00:00+00:00", "2026-03-29T18:00:00+00:00"),
        ("2026-10-24T18:00:00+00:00", "2026-10-25T19:00:00+00:00"),
        ("2026-03-28T01:30:00+00:00", "2026-03-29T01:30:00+00:00"),
    ],
)
async def test_over_a_change_of_clocks_a_snooze_ends_at_the_same_time_of_day(house, now, wakes):
    house.clock.instant = datetime.fromisoformat(now)

    await decided(house, version=1, action="snooze", reason="away", days="1")

    assert alert(house).snoozed_until == datetime.fromisoformat(wakes)


async def test_whether_it_was_useful_can_be_said_at_any_time(house):
    house.alert("alert-ann", "c-ann", state="resolved", reason="recovered")

    response = await decided(house, version=1, action="useful")

    assert response.status_code == 303
    assert (alert(house).useful, alert(house).state) == (True, "resolved")
    text = (await got(house)).text
    assert "Said to be useful" in text
    assert "said to be useful" in text


async def test_a_baseline_nobody_confirmed_is_called_so(house):
    assert re.search(r"28 nights to .*, unconfirmed", (await got(house)).text)


@pytest.mark.parametrize(
    ("effect", "told"), [(0.75, "free days +45 min"), (0.0, "free days no different")]
)
async def test_the_rules_and_the_free_day_effect_stand_with_the_baseline(house, effect, told):
    found = alert(house)
    base = replace(found.episode.findings[0].baseline, free_day_effect=effect, rule_version="2.0.0")
    finding = replace(found.episode.findings[0], baseline=base)
    house.alert("alert-ann", "c-ann", episode=replace(found.episode, findings=(finding,)))

    assert f"{told}, rules 2.0.0" in (await got(house)).text


async def test_only_the_first_look_is_kept(house):
    await got(house)
    house.clock.instant += timedelta(hours=1)
    await got(house)

    assert alert(house).seen_at == NOW
    assert [step.reason for step in house.records.history("alert-ann")] == ["", "seen"]


async def test_a_look_of_somebody_who_cannot_decide_is_not_seeing(house):
    house.account("supervisor", "supervisor", clients=frozenset({"c-ann"}))

    response = await got(house, account="supervisor")

    assert response.status_code == 200
    assert alert(house).seen_at is None
    assert '<form method="post" action="/alerts' not in response.text


@pytest.mark.parametrize("headers", [{"sec-purpose": "prefetch"}, {"purpose": "prefetch"}])
async def test_a_prefetch_is_not_seeing(house, headers):
    await got(house, **headers)

    assert alert(house).seen_at is None


async def test_a_resolved_alert_is_not_seen_any_more(house):
    house.alert("alert-ann", "c-ann", state="resolved", reason="recovered")

    await got(house)

    assert alert(house).version == 1


async def test_seeing_an_alert_that_changes_meanwhile_shows_how_it_stands_then(house, monkeypatch):
    honest = house.records.save_transition

    def too_late(expected, changed, entry, notices):
        house.alert("alert-ann", "c-ann", version=expected + 1, state="acknowledged")
        honest(expected, changed, entry, notices)

    monkeypatch.setattr(house.records, "save_transition", too_late)

    response = await got(house)

    assert response.status_code == 200
    assert 'name="version" value="2"' in response.text
    assert "acknowledged" in response.text


async def test_after_seeing_the_form_decides_upon_the_new_version(house):
    page = await got(house)
    version = re.search('name="version" value="([0-9]+)"', page.text)[1]

    response = await decided(house, version=version)

    assert response.status_code == 303
    assert alert(house).state == "acknowledged"


@pytest.mark.parametrize("action", ["resolve", "acknowledge"])
async def test_the_page_of_the_slower_one_says_so_and_stores_nothing(house, action):
    await decided(house, version=1)

    response = await decided(house, version=1, action=action, reason="expected")

    assert response.status_code == 409
    assert "Somebody was faster" in response.text
    assert alert(house).state == "acknowledged"


@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("resolve", {}),
        ("resolve", {"reason": "because"}),
        ("resolve", {"reason": "withdrawn"}),
        ("resolve", {"reason": "recovered"}),
        ("snooze", {"reason": "   "}),
        ("snooze", {"reason": "x", "days": "0"}),
        ("snooze", {"reason": "x", "days": "29"}),
        ("reopen", {}),
    ],
)
async def test_a_step_without_its_reason_or_within_no_bounds_is_not_taken(house, action, more):
    response = await decided(house, version=1, action=action, **more)

    assert response.status_code == 422
    assert alert(house).version == 1


async def test_a_snooze_ends_after_its_days(house):
    await decided(house, version=1, action="snooze", reason="on holiday", days="3")

    assert alert(house).snoozed_until == NOW + timedelta(days=3)


async def test_history_says_who_by_name_and_counts_what_repeats(house):
    steps = house.records.entries["alert-ann"]
    for n in range(1, 4):
        at = NOW + timedelta(hours=n)
        steps.append(Transition("alert-ann", n, at, "daykeel", "open", "open", "more evidence"))
    steps.append(Transition("alert-ann", 5, NOW, "other", "open", "acknowledged"))
    steps.append(Transition("alert-ann", 6, NOW, "gone", "acknowledged", "snoozed", "away"))

    text = (await got(house)).text

    assert text.count("more evidence") == 1
    assert "more evidence, 3 times" in text
    assert 'acknowledged <span class="soft small">by other' in text
    assert "snoozed: away" in text
    assert "by somebody who has left" in text


async def test_a_withdrawn_alert_says_so_and_keeps_its_evidence(house):
    house.alert("alert-ann", "c-ann", state="resolved", reason="withdrawn")

    text = (await got(house)).text

    assert "Withdrawn by late data." in text
    assert "<svg" in text
    assert "What you decide" not in text


async def test_the_four_times_nights_baseline_limit_and_coverage_stand_on_the_page(house):
    text = (await got(house)).text

    for fact in ("Onset", "Evidence complete", "Raised", "Seen", "97 %", "limit 1.67", "03:06"):
        assert fact in text


@pytest.mark.parametrize(("nights", "told"), [(28, "about 7 of 10"), (60, "about 6 of 10")])
async def test_how_often_such_an_alert_comes_without_a_change_depends_on_the_baseline(
    house, nights, told
):
    found = alert(house)
    base = found.episode.findings[0].baseline
    longer = replace(base, nights=(base.nights * 3)[:nights])
    finding = replace(found.episode.findings[0], baseline=longer)
    house.records.kept_alerts["alert-ann"] = replace(
        found, episode=replace(found.episode, findings=(finding,))
    )

    assert told in (await got(house)).text


async def test_where_nobody_knows_how_often_nothing_is_said(house):
    found = alert(house)
    finding = replace(found.episode.findings[0], baseline=None, rule="silence", points=())
    house.records.kept_alerts["alert-ann"] = replace(
        found, kind="data_loss", episode=replace(found.episode, findings=(finding,))
    )

    assert "of 10" not in (await got(house)).text


async def test_the_link_of_a_notice_asks_to_sign_in_first(house):
    house.records.post.links["k3y"] = ("therapist", ["alert-ann"])

    response = await got(house, "/n/k3y", account=None)

    assert response.headers["location"] == "/login"
