import sys
from pathlib import Path

import pytest

from daykeel.records.errors import RecordsUnavailable

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from house import furnished


def away(*_, **__):
    raise RecordsUnavailable("connection refused")


@pytest.fixture
def house():
    return furnished()


@pytest.mark.parametrize("question", ["session", "client", "clients"])
async def test_records_that_do_not_answer_are_a_problem_for_machines(house, monkeypatch, question):
    async with house.visitor("therapist") as browser:
        monkeypatch.setattr(house.records, question, away)
        response = await browser.get("/v1/clients" if question != "client" else "/v1/clients/c-ann")

    assert (response.status_code, response.json()["type"]) == (503, "/problems/not-ready")


async def test_records_that_do_not_answer_are_a_page_for_people(house, monkeypatch, caplog):
    async with house.visitor("therapist") as browser:
        monkeypatch.setattr(house.records, "session", away)
        response = await browser.get("/clients/c-ann")

    assert response.status_code == 503
    assert "records do not answer" in response.text
    assert "connection refused" not in response.text
    assert "connection refused" in caplog.text


async def test_an_installation_without_its_records_is_not_ready(house, monkeypatch):
    monkeypatch.setattr(house.records, "client", away)
    async with house.visitor() as browser:
        response = await browser.get("/readyz")

    assert (response.status_code, response.json()["parts"]["records"]) == (503, False)
