import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daykeel.api.alerts import etag

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from house import furnished
from synthetic_people import NOW

RESOLVE = {"action": "resolve", "reason": "useful_acted"}
STEPS = "/v1/alerts/alert-ann/transitions"


@pytest.fixture
def house():
    return furnished()


async def got(house, path, account="therapist"):
    async with house.visitor(account) as browser:
        return await browser.get(path)


async def took(house, step=None, *, account="therapist", path=STEPS, version='"v1"', key=None):
    headers = {"if-match": version, "idempotency-key": key}
    async with house.visitor(account) as browser:
        return await browser.post(
            path,
            json=step or {"action": "acknowledge"},
            headers={name: value for name, value in headers.items() if value},
        )


def ids(response):
    return [one["id"] for one in response.json()["alerts"]]


async def test_lists_the_own_clients_alerts_newest_first(house):
    response = await got(house, "/v1/alerts")

    assert ids(response) == ["alert-ann", "alert-ben"]
    assert response.json()["next"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=open", ["alert-ann"]),
        ("state=resolved", []),
        ("client=c-ben", ["alert-ben"]),
        ("client=c-zoe", []),
        ("kind=phase_delay", ["alert-ann", "alert-ben"]),
        ("kind=travel", []),
    ],
)
async def test_filters_by_state_client_and_kind(house, query, found):
    assert ids(await got(house, f"/v1/alerts?{query}")) == found


async def test_pages_through_all_of_them_once(house):
    for number in range(7):
        house.alert(f"more-{number}", "c-ann", raised_at=NOW - timedelta(hours=number // 2))
    seen, cursor = [], ""
    while cursor is not None:
        response = await got_page(house, cursor)
        seen += ids(response)
        cursor = response.json()["next"]

    assert len(seen) == len(set(seen)) == 9


async def got_page(house, cursor):
    if not hasattr(house, "browser"):
        house.browser = house.visitor("therapist")
    query = f"&cursor={cursor}" if cursor else ""
    return await house.browser.get(f"/v1/alerts?limit=2{query}")


@pytest.mark.parametrize("query", ["state=open", "client=c-ann", "kind=travel"])
async def test_a_cursor_holds_only_for_its_filter(house, query):
    async with house.visitor("therapist") as browser:
        cursor = (await browser.get("/v1/alerts?limit=1")).json()["next"]
        response = await browser.get(f"/v1/alerts?{query}&cursor={cursor}")

    assert response.status_code == 422
    assert response.json()["type"] == "/problems/cursor-invalid"


async def test_a_cursor_holds_only_for_its_account(house):
    async with house.visitor("therapist") as browser:
        cursor = (await browser.get("/v1/alerts?limit=1")).json()["next"]
        token = house.records.begin("other", house.wall.now())
        browser.cookies.clear()
        browser.cookies.set("daykeel_session", token, domain="localhost.local")
        response = await browser.get(f"/v1/alerts?cursor={cursor}")

    assert response.status_code == 422


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60))
async def test_no_made_up_cursor_is_taken(house, cursor):
    async with house.visitor("therapist") as browser:
        response = await browser.get("/v1/alerts", params={"cursor": cursor})

    assert response.status_code == 422


async def test_one_alert_has_evidence_history_and_a_tag(house):
    response = await got(house, "/v1/alerts/alert-ann")

    body = response.json()
    assert response.headers["etag"] == '"v1"'
    assert body["findings"][0]["chart"] == "sleep.mid"
    assert body["findings"][0]["centre"] == 3.1
    assert [entry["state"] for entry in body["history"]] == ["open"]
    assert ("therapist", "alert.read", "alert/alert-ann") in house.records.audited


@pytest.mark.parametrize("alert", ["alert-zoe", "alert-nobody"])
async def test_anothers_alert_is_as_if_there_were_none(house, alert):
    read = await got(house, f"/v1/alerts/{alert}")
    step = await took(house, path=f"/v1/alerts/{alert}/transitions")

    assert (read.status_code, step.status_code) == (404, 404)
    assert house.records.alert("alert-zoe").state == "open"


@pytest.mark.parametrize("account", ["ann", "operator"])
async def test_neither_client_nor_operator_decides(house, account):
    assert (await took(house, account=account)).status_code == 404
    assert house.records.alert("alert-ann").state == "open"


async def test_acknowledging_makes_a_new_version(house):
    response = await took(house)

    assert response.status_code == 200
    assert (response.json()["state"], response.headers["etag"]) == ("acknowledged", '"v2"')
    assert [entry["actor"] for entry in response.json()["history"]] == ["daykeel", "therapist"]


async def test_resolving_needs_one_of_the_reasons(house):
    without = await took(house, {"action": "resolve"})
    wrong = await took(house, {"action": "resolve", "reason": "withdrawn"})
    right = await took(house, RESOLVE)

    assert [without.status_code, wrong.status_code, right.status_code] == [422, 422, 200]
    assert right.json()["reason"] == "useful_acted"


async def test_snoozing_needs_reason_and_end(house):
    without = await took(house, {"action": "snooze", "reason": "on holiday"})
    right = await took(
        house, {"action": "snooze", "reason": "on holiday", "until": "2026-04-07T08:00:00Z"}
    )

    assert (without.status_code, right.json()["state"]) == (422, "snoozed")


@pytest.mark.parametrize("until", ["2027-04-07T08:00:00Z", "9999-12-31T23:59:59-12:00"])
async def test_a_snooze_is_no_silence_for_ever(house, until):
    response = await took(house, {"action": "snooze", "reason": "on holiday", "until": until})

    assert response.status_code == 422
    assert house.records.alert("alert-ann").state == "open"


async def test_without_a_version_nothing_is_decided(house):
    response = await took(house, version=None)

    assert (response.status_code, response.json()["type"]) == (428, "/problems/version-needed")
    assert house.records.alert("alert-ann").version == 1


@pytest.mark.parametrize("version", ['"v0"', '"v2"', "v1", "*", ""])
async def test_only_the_version_decided_upon_is_taken(house, version):
    response = await took(house, version=version or " ")

    assert response.status_code == 412
    assert house.records.alert("alert-ann").version == 1


async def test_of_two_at_once_one_wins_and_the_other_gets_412(house, monkeypatch):
    honest = house.records.save_transition

    def too_late(expected, alert, entry, notices):
        """Let somebody else be faster between reading and storing."""
        monkeypatch.setattr(house.records, "save_transition", honest)
        house.alert("alert-ann", "c-ann", version=expected + 1, state="snoozed")
        honest(expected, alert, entry, notices)

    monkeypatch.setattr(house.records, "save_transition", too_late)

    response = await took(house)

    assert (response.status_code, response.json()["type"]) == (412, "/problems/version-changed")
    assert house.records.alert("alert-ann").state == "snoozed"


async def test_a_resolved_alert_stays_resolved(house):
    house.alert("alert-ann", "c-ann", state="resolved")

    response = await took(house)

    assert response.status_code == 409
    assert response.json()["type"] == "/problems/transition-impossible"


async def test_a_repeated_request_acts_once(house):
    first = await took(house, RESOLVE, key="once")
    second = await took(house, RESOLVE, key="once")

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json()["version"] == 2
    assert len(house.records.history("alert-ann")) == 2


async def test_a_key_does_not_stand_for_another_request(house):
    await took(house, key="once")

    response = await took(house, RESOLVE, version='"v2"', key="once")

    assert response.status_code == 422
    assert response.json()["type"] == "/problems/idempotency-key-reused"


async def test_a_request_that_failed_may_be_repeated_with_its_key(house):
    lost = await took(house, version='"v9"', key="once")
    won = await took(house, version='"v1"', key="other")

    assert (lost.status_code, won.status_code) == (412, 200)
    assert house.records.remembered("therapist", "once") is None


async def test_one_account_s_key_means_nothing_to_another(house):
    house.account("deputy", "therapist", clients=frozenset({"c-ann"}))
    await took(house, key="once")

    response = await took(house, RESOLVE, account="deputy", version='"v2"', key="once")

    assert response.status_code == 200


async def test_fields_that_do_not_exist_are_refused(house):
    response = await took(house, {"action": "acknowledge", "state": "resolved"})

    assert response.status_code == 422


async def test_a_resolved_alert_can_still_be_called_useful_or_not(house):
    house.alert("alert-ann", "c-ann", state="resolved")

    response = await took(house, {"action": "not_useful"})

    assert (response.json()["state"], response.json()["useful"]) == ("resolved", False)
    assert response.json()["history"][-1]["reason"] == "not useful"


async def test_evidence_comes_ready_to_be_drawn(house):
    body = (await got(house, "/v1/alerts/alert-ann")).json()

    found = body["findings"][0]
    assert len(found["points"]) > 20
    assert {"night", "value", "lo", "hi", "z", "up", "down", "limit", "signal"} <= set(
        found["points"][0]
    )
    assert (found["baseline_nights"], found["confirmed"]) == (28, False)
    assert body["expectation"]["told"].startswith("about ")
    assert body["phase"] == "middle"


async def test_the_versions_are_those_the_evidence_was_made_of_whatever_is_stored_now(house):
    raised = house.records.alert("alert-ann")
    night, other = raised.episode.nights[:2]
    traced = replace(raised.episode, versions=((night, 1), (night, 2), (other, 1)))
    house.alert("alert-ann", "c-ann", episode=traced)
    (stored,) = house.scores.nights("c-ann", night, night + timedelta(1))
    house.scores.put(nights=[stored._replace(version=3, state="revised")])

    body = (await got(house, "/v1/alerts/alert-ann")).json()

    told = [(one["night"], one["version"], one["stored"]) for one in body["versions"]]
    assert told == [(str(night), 1, 3), (str(night), 2, 3), (str(other), 1, 1)]
    assert [one["state"] for one in body["versions"]] == ["revised", "revised", "final"]


async def test_of_an_alert_whose_versions_were_not_kept_only_what_is_stored_is_said(house):
    body = (await got(house, "/v1/alerts/alert-ann")).json()

    assert [one["night"] for one in body["versions"]] == body["nights"]
    assert {(one["version"], one["stored"]) for one in body["versions"]} == {(None, 1)}


def test_the_tag_is_the_version():
    assert etag(furnished().records.alert("alert-ann")) == '"v1"'
