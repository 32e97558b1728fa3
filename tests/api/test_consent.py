import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from house import Consent, furnished
from synthetic_people import NOW


@pytest.fixture
def house():
    built = furnished()
    built.records.consented["c-ann"] = [Consent("daykeel", NOW), Consent("owntracks", NOW)]
    return built


async def withdrew(house, body):
    async with house.visitor("ann") as browser:
        return await browser.post("/v1/clients/c-ann/consent/withdrawal", json=body)


async def test_the_client_withdraws_and_hears_what_was_allowed(house):
    first = await withdrew(house, {})
    again = await withdrew(house, {})

    assert first.json() == {"withdrawn": ["daykeel", "owntracks"]}
    assert (again.status_code, again.json()) == (200, {"withdrawn": []})
    assert {one.stop for one in house.records.consents("c-ann")} == {NOW}
    assert house.records.audited.count(("ann", "consent.withdraw", "client/c-ann")) == 1


async def test_one_app_alone_can_be_withdrawn(house):
    response = await withdrew(house, {"source": "owntracks"})

    assert response.json() == {"withdrawn": ["owntracks"]}
    assert [one.stop for one in house.records.consents("c-ann")] == [None, NOW]


async def renewed(house, body):
    async with house.visitor("ann") as browser:
        return await browser.post("/v1/clients/c-ann/consent/renewal", json=body)


async def test_the_client_allows_again_what_was_withdrawn_from_then_on(house):
    await withdrew(house, {})
    house.clock.instant += timedelta(days=3)

    one = await renewed(house, {"source": "owntracks"})
    rest = await renewed(house, {})
    again = await renewed(house, {})

    assert [each.json()["renewed"] for each in (one, rest, again)] == [
        ["owntracks"],
        ["daykeel"],
        [],
    ]
    stretches = {(each.start, each.stop) for each in house.records.consents("c-ann")}
    assert stretches == {(NOW, NOW), (NOW + timedelta(days=3), None)}
    assert house.records.audited.count(("ann", "consent.renew", "client/c-ann")) == 2


async def test_what_was_never_allowed_is_not_by_allowing_it_again(house):
    response = await renewed(house, {"source": "health_connect"})

    assert response.json() == {"renewed": []}
    assert "consent.renew" not in {action for _, action, _ in house.records.audited}
    assert len(house.records.consents("c-ann")) == 2


@pytest.mark.parametrize("body", [{"source": 1}, {"source": "x" * 41}, {"until": "now"}])
async def test_what_is_not_meant_so_withdraws_nothing(house, body):
    response = await withdrew(house, body)

    assert response.status_code == 422
    assert {one.stop for one in house.records.consents("c-ann")} == {None}
