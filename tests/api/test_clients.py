import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from house import furnished
from synthetic_people import LAST

RANGE = "first=2026-03-25&last=2026-03-31"
SERIES = ["nights", "scores", "days"]


@pytest.fixture
def house():
    return furnished()


async def got(house, path, account="therapist"):
    async with house.visitor(account) as browser:
        return await browser.get(path)


async def test_a_therapist_reads_the_own_caseload_only(house):
    response = await got(house, "/v1/clients")

    assert [one["id"] for one in response.json()["clients"]] == ["c-ann", "c-ben"]
    assert response.json()["clients"][0] == {
        "id": "c-ann",
        "display_name": "Ann Ahlberg",
        "zone": "Europe/Berlin",
        "enrolled": "2026-01-20",
        "latest": "2026-03-31",
    }


async def test_reads_one_client(house):
    response = await got(house, "/v1/clients/c-ben")

    assert response.json()["display_name"] == "Ben Bakker"


@pytest.mark.parametrize("what", ["", *(f"/{one}?{RANGE}" for one in SERIES)])
@pytest.mark.parametrize("client", ["c-zoe", "c-nobody"])
async def test_anothers_client_is_as_if_there_were_none(house, client, what):
    response = await got(house, f"/v1/clients/{client}{what}")

    assert response.status_code == 404
    assert response.json()["type"] == "/problems/not-found"
    assert client not in response.text


@pytest.mark.parametrize("what", ["", *(f"/{one}?{RANGE}" for one in SERIES)])
@pytest.mark.parametrize("account", ["ann", "operator"])
async def test_neither_clients_nor_operators_read_the_series(house, account, what):
    assert (await got(house, f"/v1/clients/c-ann{what}", account)).status_code == 404


@pytest.mark.parametrize("path", ["/v1/clients", "/v1/clients/c-ann", "/v1/alerts"])
async def test_without_a_session_the_answer_is_401(house, path):
    response = await got(house, path, account=None)

    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("what", SERIES)
async def test_reads_are_audited(house, what):
    await got(house, f"/v1/clients/c-ann/{what}?{RANGE}")

    assert ("therapist", "client.read", "client/c-ann") in house.records.audited


@pytest.mark.parametrize("what", SERIES)
async def test_what_is_another_s_is_not_audited_as_read(house, what):
    await got(house, f"/v1/clients/c-zoe/{what}?{RANGE}")

    assert house.records.audited == []


@pytest.mark.parametrize(("what", "key"), [("nights", "night"), ("days", "day")])
async def test_there_is_a_row_for_every_day_asked_for(house, what, key):
    response = await got(house, f"/v1/clients/c-ann/{what}?first=2026-03-28&last=2026-04-03")

    rows = response.json()[what]
    assert [row[key] for row in rows] == [
        str(date(2026, 3, 28) + timedelta(days)) for days in range(7)
    ]
    assert rows[-1]["status"] == "insufficient"
    assert rows[-1]["reasons"] == ["gap:unknown"]


async def test_scores_of_days_nobody_knows_are_null_with_status_and_reason(house):
    query = "first=2026-03-31&last=2026-04-01&measure=sri.window&window=7d"

    rows = (await got(house, f"/v1/clients/c-ann/scores?{query}")).json()["scores"]

    assert [(row["value"], row["status"]) for row in rows] == [(81.5, "ok"), (None, "insufficient")]
    assert rows[1]["reasons"] == ["not_computed"]


async def test_every_measure_and_window_of_the_registry_has_its_row(house):
    rows = (await got(house, "/v1/clients/c-ann/scores?first=2026-03-31&last=2026-03-31")).json()

    pairs = {(row["measure"], row["window"]) for row in rows["scores"]}
    assert len(pairs) == len(rows["scores"])
    assert {("sri.window", "7d"), ("sri.window", "28d"), ("srm5.rolling", "7d")} <= pairs


async def test_an_unknown_measure_is_refused_rather_than_empty(house):
    response = await got(house, f"/v1/clients/c-ann/scores?{RANGE}&measure=happiness")

    assert response.status_code == 422
    assert response.json()["errors"] == [{"where": "query.measure", "what": "unknown"}]


async def test_a_missing_night_says_why(house):
    off = LAST - timedelta(9)

    rows = (await got(house, f"/v1/clients/c-ann/nights?first={off}&last={off}")).json()["nights"]

    assert rows[0]["mid"] == {"value": None, "lo": None, "hi": None}
    assert rows[0]["status"] == "insufficient"
    assert "gap:not_worn" in rows[0]["reasons"]


async def test_a_bounded_night_is_provisional_with_its_bounds(house):
    day = LAST - timedelta(4)

    row = (await got(house, f"/v1/clients/c-ann/nights?first={day}&last={day}")).json()["nights"][0]

    assert row["status"] == "provisional"
    assert row["onset"]["lo"] < row["onset"]["value"] == row["onset"]["hi"]


@pytest.mark.parametrize("what", SERIES)
async def test_four_hundred_days_are_answered_and_no_more(house, what):
    first = LAST - timedelta(399)

    enough = await got(house, f"/v1/clients/c-ann/{what}?first={first}&last={LAST}")
    too_many = await got(
        house, f"/v1/clients/c-ann/{what}?first={first - timedelta(1)}&last={LAST}"
    )

    assert enough.status_code == 200
    assert (too_many.status_code, too_many.json()["type"]) == (422, "/problems/range-too-long")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "first=2026-03-31",
        "first=2026-03-31&last=2026-03-30",
        "first=yesterday&last=2026-03-31",
        "first=0001-01-01&last=0001-01-01",
        "first=9999-12-31&last=9999-12-31",
    ],
)
@pytest.mark.parametrize("what", SERIES)
async def test_a_wrong_range_is_a_problem_that_says_where(house, what, query):
    response = await got(house, f"/v1/clients/c-ann/{what}?{query}")

    assert response.status_code == 422
    assert response.json()["type"] == "/problems/request-invalid"
    assert response.json()["errors"][0]["where"].startswith("query.")
    assert "yesterday" not in response.text


async def test_answers_may_not_be_stored(house):
    response = await got(house, f"/v1/clients/c-ann/nights?{RANGE}")

    assert response.headers["cache-control"] == "no-store"


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(-30, 80), st.integers(0, 60), st.sampled_from(SERIES))
async def test_any_range_has_exactly_its_days(house, back, length, what):
    first = LAST - timedelta(back)
    last = first + timedelta(length)

    query = f"first={first}&last={last}&measure=srm5.rolling"
    response = await got(house, f"/v1/clients/c-ann/{what}?{query}")

    rows = response.json()[what]
    assert len(rows) == length + 1
    assert all(row["status"] == "ok" or row["reasons"] for row in rows)


async def test_somebody_of_whom_nothing_ever_came_has_rows_too(house):
    house.person("c-ben", "Ben Bakker", None)
    house.person("c-new", "New", None)
    house.account("fresh", "therapist", clients=frozenset({"c-new"}))

    response = await got(house, f"/v1/clients/c-new/days?{RANGE}", "fresh")

    assert {row["status"] for row in response.json()["days"]} == {"insufficient"}
    assert response.json()["days"][0]["activity"] == [None] * 24
