import sys
from datetime import timedelta
from pathlib import Path

import pytest

from daykeel.log.topics import partition_of
from daykeel.sources.registry import adapt

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from house import Consent, furnished
from synthetic_people import NOW

DINNER = {"item": "dinner", "day": "2026-03-31", "time": "18:40", "people": 2}


@pytest.fixture
def house():
    return furnished()


async def wrote(house, body, *, account="ann", client="c-ann", **headers):
    async with house.visitor(account) as browser:
        return await browser.post(f"/v1/clients/{client}/diary", json=body, headers=headers)


async def test_what_is_told_becomes_canonical_events_on_the_log(house):
    body = {
        "anchors": [DINNER, {"item": "first_contact", "day": "2026-03-30", "done": False}],
        "mood": {"day": "2026-03-31", "level": -2},
        "energy": {"day": "2026-03-31", "level": 3},
    }

    response = await wrote(house, body)

    (raw,) = house.log.raw()
    found = adapt(raw)
    assert (response.status_code, response.json()) == (202, {"kept": 4})
    assert found.rejects == ()
    assert [event.kind for event in found.events] == [
        "self.srm_entry",
        "self.srm_entry",
        "self.mood",
        "self.energy",
    ]


async def test_the_record_has_the_client_s_partition_and_key(house):
    await wrote(house, {"anchors": [DINNER]})

    (record,) = house.log.kept
    assert (record.partition, record.key) == (partition_of("c-ann", 4), b"c-ann")


async def test_it_was_received_when_the_clock_says(house):
    await wrote(house, {"anchors": [DINNER]})

    assert house.log.raw()[0].received_at == NOW


async def test_without_a_time_it_is_now(house):
    await wrote(house, {"anchors": [{"item": "dinner", "day": "2026-03-31"}]})

    (event,) = adapt(house.log.raw()[0]).events
    assert event.start == NOW


@pytest.mark.parametrize("client", ["c-zoe", "c-nobody"])
async def test_nobody_writes_another_s_diary(house, client):
    response = await wrote(house, {"anchors": [DINNER]}, client=client)

    assert response.status_code == 404
    assert house.log.kept == []


@pytest.mark.parametrize("account", ["therapist", "operator"])
async def test_only_the_client_writes_the_diary(house, account):
    response = await wrote(house, {"anchors": [DINNER]}, account=account)

    assert response.status_code == 404
    assert house.log.kept == []


@pytest.mark.parametrize(
    "consents",
    [
        [],
        [Consent("owntracks")],
        [Consent("daykeel", stop=NOW)],
        [Consent("*", start=NOW + timedelta(seconds=1))],
    ],
)
async def test_without_consent_nothing_is_kept(house, consents):
    house.records.consented["c-ann"] = consents

    response = await wrote(house, {"anchors": [DINNER]})

    assert (response.status_code, response.json()["type"]) == (403, "/problems/consent-missing")
    assert house.log.kept == []


async def test_consent_to_the_own_adapter_is_enough(house):
    house.records.consented["c-ann"] = [Consent("daykeel", start=NOW)]

    assert (await wrote(house, {"anchors": [DINNER]})).status_code == 202


async def test_a_log_that_does_not_answer_is_said_and_not_hidden(house):
    house.log.is_broken = True

    response = await wrote(house, {"anchors": [DINNER]})

    assert (response.status_code, response.json()["type"]) == (503, "/problems/not-ready")


@pytest.mark.parametrize(
    "anchor",
    [
        {"item": "dinner", "day": "2026-04-01", "time": "18:00"},
        {"item": "dinner", "day": "2026-03-31", "time": "23:30"},
        {"item": "dinner", "day": "2026-01-01", "time": "18:00"},
        {"item": "breakfast", "day": "2026-03-31"},
        {"item": "dinner", "day": "2026-03-31", "time": "25:00"},
        {"item": "dinner", "day": "2026-03-31", "people": 4},
        {"item": "dinner", "day": "2026-03-31", "people": 2.5},
        {"item": "dinner", "day": "2026-03-31", "done": False, "time": "18:00"},
        {"item": "dinner", "day": "2026-03-31", "client": "c-zoe"},
    ],
)
async def test_what_cannot_be_true_is_refused(house, anchor):
    response = await wrote(house, {"anchors": [anchor]})

    assert response.status_code == 422
    assert house.log.kept == []


@pytest.mark.parametrize("level", [-6, 6, 1.5, None, "high"])
async def test_levels_are_whole_and_between_minus_and_plus_five(house, level):
    response = await wrote(house, {"mood": {"day": "2026-03-31", "level": level}})

    assert response.status_code == 422


@pytest.mark.parametrize("body", [{}, {"anchors": []}, [], "x", {"anchors": [DINNER] * 51}])
async def test_nothing_or_too_much_is_refused(house, body):
    assert (await wrote(house, body)).status_code == 422


async def test_a_refusal_never_repeats_what_was_told(house):
    response = await wrote(house, {"mood": {"day": "2026-03-31", "level": "desperate"}})

    assert "desperate" not in response.text


async def test_another_site_cannot_write_with_the_client_s_cookie(house):
    for headers in (
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": "http://localhost", "sec-fetch-site": "cross-site"},
    ):
        response = await wrote(house, {"anchors": [DINNER]}, **headers)
        assert response.status_code == 403

    assert house.log.kept == []


async def test_a_form_of_another_site_is_no_json(house):
    async with house.visitor("ann") as browser:
        response = await browser.post(
            "/v1/clients/c-ann/diary",
            content=b'{"mood": {"day": "2026-03-31", "level": 1}}',
            headers={"content-type": "text/plain"},
        )

    assert response.status_code == 422
    assert house.log.kept == []
