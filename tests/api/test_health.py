import logging
import re
import sys
import traceback
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest

from daykeel.api.middleware import Broken, Faults
from daykeel.api.problems import KINDS, Problem, documented
from daykeel.api.settings import ApiSettings
from daykeel.api.translate import fault
from daykeel.log.tally import MEMO, Tally
from daykeel.records.policy import CANARY
from daykeel.rhythm.context import Outage
from daykeel.rhythm.synthetic.canary import final_night

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from house import FixedClock, furnished
from synthetic_people import NOW


@pytest.fixture
def house():
    return furnished()


async def got(house, path, account=None):
    async with house.visitor(account) as browser:
        return await browser.get(path)


async def test_the_process_lives_even_when_the_log_does_not_answer(house):
    house.log.is_broken = True

    assert (await got(house, "/healthz")).status_code == 200


async def test_ready_shows_parts_lag_age_and_clock(house):
    house.log.lags = {"stream": 12}

    response = await got(house, "/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ready",
        "parts": {"log": True, "scores": True, "records": True, "canary": True},
        "lag": {"stream": 12, "scored": 0, "sink": 0, "alerts": 0},
        "processed_age_s": 3.0,
        "is_stale": False,
        "canary_age_s": 120.0,
        "canary_night": True,
        "clock": "system",
    }


async def asked(house, path, *, peer="127.0.0.1", name="localhost", account=None):
    transport = httpx.ASGITransport(house.app(), client=(peer, 1))
    async with house.visitor(account) as known:
        cookies = known.cookies
    async with httpx.AsyncClient(
        transport=transport, base_url=f"http://{name}", cookies=cookies
    ) as browser:
        return await browser.get(path)


STRANGERS = [("192.0.2.7", "localhost"), ("127.0.0.1", "daykeel.example.org")]
"""Who forges a name, and who comes through a proxy on this machine."""


@pytest.fixture
def public(house):
    house.settings = ApiSettings(public_url="https://daykeel.example.org")
    return house


@pytest.mark.parametrize(("peer", "name"), STRANGERS)
async def test_strangers_learn_only_whether_it_is_ready(public, peer, name):
    ready = await asked(public, "/readyz", peer=peer, name=name)
    metrics = await asked(public, "/metrics", peer=peer, name=name)

    assert ready.json() == {"status": "ready"}
    assert metrics.status_code == 404


@pytest.mark.parametrize(("account", "status"), [("operator", 200), ("therapist", 404)])
async def test_an_operator_may_read_metrics_from_anywhere(house, account, status):
    response = await asked(house, "/metrics", peer="192.0.2.7", account=account)

    assert response.status_code == status


@pytest.mark.parametrize(("peer", "name"), [("::1", "[::1]"), ("127.0.0.1", "127.0.0.1")])
async def test_this_machine_may_read_metrics(house, peer, name):
    assert (await asked(house, "/metrics", peer=peer, name=name)).status_code == 200


async def test_a_stepped_clock_is_shown(house):
    house.clock = FixedClock(NOW, stepped=True)

    assert (await got(house, "/readyz")).json()["clock"] == "stepped"


async def test_a_log_that_does_not_answer_is_not_ready(house):
    house.log.is_broken = True

    response = await got(house, "/readyz")

    assert response.status_code == 503
    assert response.json()["parts"] == {
        "log": False,
        "scores": True,
        "records": True,
        "canary": True,
    }


async def test_a_store_of_scores_that_does_not_answer_is_not_ready(house):
    house.scores.is_away = True

    response = await got(house, "/readyz")

    assert response.status_code == 503
    parts = response.json()["parts"]
    assert parts == {"log": True, "scores": False, "records": True, "canary": False}


async def test_a_page_without_scores_says_so_and_when_to_look_again(house, caplog):
    house.scores.is_away = True

    response = await got(house, "/", "therapist")

    assert response.status_code == 503
    assert "Nights and scores cannot be read for now." in response.text
    assert "InfluxDB answered 503" in caplog.text


async def test_a_stalled_stream_is_stale(house):
    house.clock = FixedClock(NOW + timedelta(minutes=6))

    assert (await got(house, "/readyz")).json()["is_stale"] is True


@pytest.mark.parametrize(("minutes", "status"), [(14, 200), (16, 503)])
async def test_without_a_canary_for_three_times_its_pause_it_is_not_ready(house, minutes, status):
    house.canary(NOW - timedelta(minutes=minutes))

    response = await got(house, "/readyz")

    assert response.status_code == status
    assert response.json()["parts"]["canary"] is (status == 200)
    assert response.json()["canary_age_s"] == minutes * 60.0


async def test_the_pause_of_the_canary_is_a_setting(house):
    house.settings = ApiSettings(canary_s=30)

    assert (await got(house, "/readyz")).status_code == 503


async def test_a_night_that_should_be_final_and_is_not_is_not_ready(house):
    house.scores.erase(CANARY)
    house.canary(NOW, night=final_night(NOW) - timedelta(days=1))

    response = await got(house, "/readyz")

    assert response.status_code == 503
    assert response.json()["canary_night"] is False


async def test_a_canary_that_was_never_heard_is_not_ready_and_of_infinite_age(house):
    house.scores.erase(CANARY)

    ready, metrics = await got(house, "/readyz"), await got(house, "/metrics")

    assert ready.status_code == 503
    assert ready.json()["canary_age_s"] is None
    assert "daykeel_canary_age_seconds +Inf" in metrics.text


async def test_on_a_stepped_clock_nobody_waits_for_a_canary(house):
    house.scores.erase(CANARY)
    house.clock = FixedClock(NOW, stepped=True)

    ready, metrics = await got(house, "/readyz"), await got(house, "/metrics")

    assert ready.status_code == 200
    assert "canary" not in ready.text + metrics.text


async def test_metrics_show_the_age_of_the_canary(house):
    assert "daykeel_canary_age_seconds 120.0" in (await got(house, "/metrics")).text


async def test_metrics_name_route_templates_and_nobody(house):
    async with house.visitor("therapist") as browser:
        await browser.get("/v1/clients/c-ann")
        await browser.get("/clients/c-ann")
        await browser.get("/no/such/c-ann")
        text = (await browser.get("/metrics")).text

    assert 'route="/v1/clients/{client_id}",status="200"' in text
    assert 'route="(none)",status="404"' in text
    assert "daykeel_processed_age_seconds 3.0" in text
    assert "c-ann" not in text
    assert "Ann" not in text


async def test_refused_messages_are_counted(house):
    house.log.lags = {"operator": 7}

    metrics = (await got(house, "/metrics")).text
    page = (await got(house, "/status", "operator")).text

    assert "daykeel_quarantined_records 7.0" in metrics
    assert re.search(r"<dt>Quarantine</dt><dd>7<", page)


async def test_outages_of_the_last_weeks_stand_on_the_status_page(house):
    now = house.clock.now()
    long_ago, lately = now - timedelta(days=40), now - timedelta(days=3)
    house.records.kept_outages += [
        Outage("outage-1", long_ago, long_ago + timedelta(hours=1)),
        Outage("outage-2", lately, lately + timedelta(hours=2)),
    ]

    page = (await got(house, "/status", "operator")).text

    assert page.count("no test message was taken") == 1
    assert "for 2 h no test message" in page


async def test_what_was_taken_and_left_no_record_is_counted_by_reason(house):
    house.log.memos[MEMO] = Tally({"no_consent": 4}).memo().text

    metrics = (await got(house, "/metrics")).text

    assert 'daykeel_unrecorded_messages{reason="no_consent"} 4.0' in metrics


async def test_a_response_that_breaks_off_leaves_no_text_in_the_log(house, caplog):
    async def breaks(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise KeyError("Ann Ahlberg slept 3 hours")

    faults = Faults(breaks, answer=fault)

    with pytest.raises(Broken) as broken:
        await faults({"type": "http", "path": "/"}, None, nothing)

    assert "Ahlberg" not in caplog.text
    assert "Ahlberg" not in "".join(traceback.format_exception(broken.value))


async def nothing(message):
    pass


async def test_the_log_names_neither_client_nor_path(house, caplog):
    caplog.set_level(logging.INFO)
    async with house.visitor("therapist") as browser:
        await browser.get("/v1/clients/c-ann/nights?first=2026-03-01&last=2026-03-02")
        await browser.get("/alerts/alert-ann")
        await browser.get("/login?token=very-secret")

    ours = "\n".join(one.getMessage() for one in caplog.records if one.name.startswith("daykeel"))
    assert "GET /v1/clients/{client_id}/nights 200" in ours
    for private in ("c-ann", "Ann", "alert-ann", "very-secret", "2026-03-01"):
        assert private not in ours


async def test_a_fault_is_logged_by_kind_and_place_without_its_text(house, caplog, monkeypatch):
    def breaks(client):
        raise KeyError("Ann Ahlberg slept 3 hours")

    monkeypatch.setattr(house.scores, "latest", breaks)

    response = await got(house, "/v1/clients/c-ann", "therapist")

    assert (response.status_code, response.json()["type"]) == (500, "/problems/internal")
    assert "fault: KeyError at test_health.py" in caplog.text
    assert "Ahlberg" not in caplog.text + response.text


async def test_a_fault_on_a_page_is_a_page(house, monkeypatch):
    monkeypatch.setattr(house.scores, "nights", lambda *_: 1 / 0)

    response = await got(house, "/clients/c-ann", "therapist")

    assert response.status_code == 500
    assert response.headers["content-type"].startswith("text/html")
    assert "content-security-policy" in response.headers


async def test_the_catalogue_has_every_problem(house):
    text = (await got(house, "/problems")).text

    for kind in KINDS.values():
        assert kind.type in text
        assert f'id="{kind.slug}"' in text


@pytest.mark.parametrize("slug", sorted(KINDS))
async def test_every_type_leads_to_its_page(house, slug):
    response = await got(house, KINDS[slug].type)

    assert response.status_code == 200
    assert KINDS[slug].title in unescape(response.text)


async def test_a_type_that_does_not_exist_is_not_found(house):
    assert (await got(house, "/problems/nonsense")).status_code == 404


def test_a_problem_has_the_members_of_the_standard():
    response = Problem("version-changed", "because").response()

    assert response.status_code == 412
    assert response.media_type == "application/problem+json"
    assert b'"detail":"because"' in response.body


def test_problems_of_one_status_share_a_response_with_an_example_each():
    found = documented("request-invalid", "range-too-long")

    examples = found[422]["content"]["application/problem+json"]["examples"]
    assert set(examples) == {"request-invalid", "range-too-long"}
