import asyncio
import json
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from daykeel.events.event import Quarantined
from daykeel.log.allowance import Allowance
from daykeel.log.codec import decode
from daykeel.log.topics import QUARANTINE
from daykeel.records.secrets import hashed

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from house import Consent, Credential, furnished
from synthetic_people import NOW

PAYLOAD = b'{"data": {"metrics": []}}'
SECRET = "a password of a device"
PHONE = ("ann-phone", SECRET)
TOPICS = ("daykeel/v1/c-ann/health_auto_export/phone/raw",)


@pytest.fixture
def house():
    built = furnished()
    built.records.credentials["ann-phone"] = Credential(
        "ann-phone", "c-ann", "phone", "health_auto_export", hashed(SECRET), TOPICS
    )
    return built


async def sent(house, payload=PAYLOAD, *, adapter="health_auto_export", auth=PHONE, **headers):
    async with house.visitor() as sender:
        del sender.headers["origin"]
        return await sender.post(
            f"/v1/ingest/{adapter}",
            content=payload,
            auth=auth,
            headers={"content-type": "application/json", **headers},
        )


async def test_what_a_device_sends_is_on_the_log_unchanged(house):
    response = await sent(house)

    (raw,) = house.log.raw()
    assert (response.status_code, response.json()) == (202, {"kept": 1})
    assert (raw.payload, raw.client, raw.adapter, raw.device) == (
        PAYLOAD,
        "c-ann",
        "health_auto_export",
        "phone",
    )
    assert (raw.received_at, raw.transport) == (NOW, "http")


async def test_a_large_export_becomes_several_records(house):
    rows = [
        {"date": f"2026-03-01 00:{at // 60:02}:{at % 60:02} +0000", "Avg": 60, "source": "x" * 600}
        for at in range(3_000)
    ]
    metric = {"name": "heart_rate", "units": "count/min", "data": rows}

    response = await sent(house, json.dumps({"data": {"metrics": [metric]}}).encode())

    parts = house.log.raw()
    assert (response.status_code, response.json()) == (202, {"kept": len(parts)})
    assert len(parts) > 1
    assert max(len(one.payload) for one in parts) <= 900_000


async def test_a_large_body_needs_a_place_and_gives_it_back(house):
    large = b" " * 900_001 + PAYLOAD
    with house.app().state.uploads.place("ann-phone"):
        refused = await sent(house, large)
        small = await sent(house)

    again = await sent(house, large)

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
    assert (small.status_code, again.status_code) == (202, 202)
    assert (await sent(house, large)).status_code == 202


async def test_a_body_that_never_ends_is_not_waited_for(house, monkeypatch):
    monkeypatch.setattr("daykeel.api.ingest.BODY_S", 0.01)

    async def never():
        await asyncio.Event().wait()
        yield b""

    response = await sent(house, never())

    assert (response.status_code, response.json()["type"]) == (408, "/problems/too-slow")


@pytest.mark.parametrize(
    "auth", [None, ("ann-phone", "wrong"), ("nobody", SECRET), ("ann-phone", "")]
)
async def test_a_wrong_credential_is_401_and_asks_for_one(house, auth):
    response = await sent(house, auth=auth)

    assert (response.status_code, response.json()["type"]) == (401, "/problems/credential-wrong")
    assert response.headers["www-authenticate"].startswith("Basic")
    assert house.log.kept == []


async def test_a_session_cookie_is_no_device_credential(house):
    async with house.visitor("ann") as browser:
        response = await browser.post(
            "/v1/ingest/health_auto_export",
            content=PAYLOAD,
            headers={"content-type": "application/json"},
        )

    assert response.status_code == 401


async def test_a_disabled_credential_does_not_send(house):
    house.records.credentials["ann-phone"] = Credential(
        "ann-phone", "c-ann", "phone", "health_auto_export", hashed(SECRET), TOPICS, enabled=False
    )

    assert (await sent(house)).status_code == 401


async def test_a_credential_sends_to_its_own_adapter_only(house):
    response = await sent(house, adapter="owntracks")

    assert response.json()["type"] == "/problems/adapter-not-allowed"
    assert house.log.kept == []


async def test_a_stream_without_consent_is_dropped_without_keeping_it(house):
    house.records.consented["c-ann"] = [Consent("owntracks")]

    response = await sent(house)

    assert response.status_code == 403
    assert house.log.kept == []


async def test_bodies_above_sixteen_mebibytes_are_refused_and_noted(house):
    payload = b"[" * (16 * 1024 * 1024 + 1)

    response = await sent(house, payload)

    (record,) = house.log.kept
    noted = decode(Quarantined, record.value)
    assert (response.status_code, response.json()["type"]) == (413, "/problems/too-large")
    assert (record.topic, noted.reason, noted.size) == (QUARANTINE, "too_large", len(payload))
    assert noted.sha256 == sha256(payload).hexdigest()
    assert noted.raw.payload == payload[:4096]


async def test_what_is_too_large_is_not_even_noted_without_consent(house):
    house.records.consented["c-ann"] = []

    response = await sent(house, b"[" * (16 * 1024 * 1024 + 1))

    assert response.status_code == 403
    assert house.log.kept == []


async def test_what_nobody_would_read_to_its_end_is_refused_at_once(house):
    async def endless():
        for _ in range(65):
            yield b" " * 1024 * 1024

    response = await sent(house, endless())

    assert response.status_code == 413
    assert house.log.kept == []


async def test_nothing_is_read_from_a_stranger(house):
    async def never():
        raise AssertionError("read")
        yield b""

    assert (await sent(house, never(), auth=("nobody", SECRET))).status_code == 401


@pytest.mark.parametrize(
    ("payload", "reason"), [(b"", "empty"), (b"[" * 100 + b"]" * 100, "too_deep")]
)
async def test_what_cannot_be_read_is_noted_with_its_reason(house, payload, reason):
    response = await sent(house, payload)

    (record,) = house.log.kept
    assert (response.status_code, response.json()["reason"]) == (422, reason)
    assert decode(Quarantined, record.value).reason == reason


async def test_beyond_what_is_kept_of_a_credential_refusals_are_only_answered(house, monkeypatch):
    monkeypatch.setattr(Allowance, "most", 1000)

    answers = [await sent(house, b"[" * 40) for _ in range(30)]
    taken = await sent(house)

    assert {(one.status_code, one.json()["reason"]) for one in answers} == {(422, "too_deep")}
    assert taken.status_code == 202
    assert 1 <= len([one for one in house.log.kept if one.topic == QUARANTINE]) < 9


async def test_a_log_that_does_not_answer_is_503_so_that_the_sender_tries_again(house):
    house.log.is_broken = True

    assert (await sent(house)).status_code == 503


async def test_a_page_of_another_site_cannot_send(house):
    response = await sent(house, origin="https://elsewhere.example")

    assert response.status_code == 403
