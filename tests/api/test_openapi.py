import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from house import furnished

WANTED = {
    "/v1/clients": {"get"},
    "/v1/clients/{client_id}": {"get"},
    "/v1/clients/{client_id}/nights": {"get"},
    "/v1/clients/{client_id}/sources": {"get"},
    "/v1/clients/{client_id}/scores": {"get"},
    "/v1/clients/{client_id}/days": {"get"},
    "/v1/clients/{client_id}/consent/withdrawal": {"post"},
    "/v1/clients/{client_id}/consent/renewal": {"post"},
    "/v1/clients/{client_id}/diary": {"post"},
    "/v1/clients/{client_id}/therapy": {"get"},
    "/v1/clients/{client_id}/course": {"put"},
    "/v1/clients/{client_id}/targets": {"post"},
    "/v1/clients/{client_id}/tracked": {"put"},
    "/v1/clients/{client_id}/week": {"put"},
    "/v1/clients/{client_id}/calendar": {"put"},
    "/v1/clients/{client_id}/baseline": {"post"},
    "/v1/clients/{client_id}/threshold": {"put", "delete"},
    "/v1/clients/{client_id}/threshold/backtest": {"get"},
    "/v1/clients/{client_id}/rules": {"put"},
    "/v1/clients/{client_id}/backtest": {"post"},
    "/v1/clients/{client_id}/session": {"get"},
    "/v1/alert-quality": {"get"},
    "/v1/clients/{client_id}/silences": {"get", "post"},
    "/v1/clients/{client_id}/silences/{silence_id}": {"delete"},
    "/v1/alerts": {"get"},
    "/v1/alerts/{alert_id}": {"get"},
    "/v1/alerts/{alert_id}/transitions": {"post"},
    "/v1/ingest/{adapter}": {"post"},
}


@pytest.fixture(scope="module")
def described():
    return furnished().app().openapi()


def operations(described):
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_it_describes_the_api_and_not_the_pages(described):
    assert {path: set(methods) for path, methods in described["paths"].items()} == WANTED


def test_every_operation_says_what_it_does_and_how_it_fails(described):
    for name, operation in operations(described):
        assert operation["description"], name
        failures = [one for one in operation["responses"] if one.startswith("4")]
        assert "401" in failures, name
        for status in failures:
            assert list(operation["responses"][status]["content"]) == [
                "application/problem+json"
            ], (name, status)


def test_every_operation_says_how_to_sign_in(described):
    ways = {name: operation["security"] for name, operation in operations(described)}

    assert ways.pop("post /v1/ingest/{adapter}") == [{"HTTPBasic": []}]
    assert all(way == [{"session": []}] for way in ways.values())


def test_bodies_have_examples(described):
    schemas = described["components"]["schemas"]

    assert schemas["DiaryIn"]["examples"]
    assert schemas["TransitionIn"]["examples"]
    for name in ("CourseIn", "TargetIn", "BaselineIn", "ThresholdIn", "RulesIn", "BacktestIn"):
        assert schemas[name]["examples"], name


def test_every_reference_leads_somewhere(described):
    schemas = described["components"]["schemas"]

    def references(part):
        if isinstance(part, dict):
            if "$ref" in part:
                yield part["$ref"]
            for inner in part.values():
                yield from references(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from references(inner)

    assert {one.rpartition("/")[2] for one in references(described)} <= set(schemas)


async def test_it_can_be_fetched():
    async with furnished().visitor() as browser:
        response = await browser.get("/v1/openapi.json")

    assert response.json()["info"]["title"] == "Daykeel"
