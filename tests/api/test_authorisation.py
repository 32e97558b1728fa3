"""Every route against every role: one table, and a test that no route is missing from it."""

import re
import sys
from pathlib import Path

import pytest

from daykeel.api import alerts, clients, diary, health, ingest
from daykeel.web.routes import PAGES

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from house import furnished

NOBODY = "nobody"
EVERYBODY = ("ann", "zoe", "therapist", "other", "supervisor", "researcher", "operator")
READERS = {"therapist": 200, "supervisor": 200}
ANN = {"item": "dinner", "day": "2026-03-31", "answer": "now"}
RANGE = "first=2026-03-30&last=2026-03-31"


def all_of(status):
    return dict.fromkeys(EVERYBODY, status)


PUBLIC = all_of(200) | {NOBODY: 200}
TABLE = {
    # Therapist and supervisor look after c-ann; `other` is a therapist of c-zoe.
    ("GET", "/"): all_of(200) | {"ann": 303, "zoe": 303, "operator": 303},
    ("GET", "/clients/{client_id}"): READERS,
    ("GET", "/alerts/{alert_id}"): READERS,
    ("POST", "/alerts/{alert_id}"): {"therapist": 303},
    ("GET", "/n/{link}"): {"therapist": 303, "supervisor": 303},
    ("GET", "/me"): {"ann": 200, "zoe": 200},
    ("POST", "/me/anchor"): {"ann": 303, "zoe": 303},
    ("POST", "/me/level"): {"ann": 303, "zoe": 303},
    ("GET", "/account"): all_of(200),
    ("POST", "/account/password"): all_of(303),
    ("POST", "/logout"): all_of(303) | {NOBODY: 403},
    ("GET", "/status"): {"operator": 200},
    ("GET", "/login"): PUBLIC,
    ("POST", "/login"): all_of(403) | {NOBODY: 403},
    ("POST", "/login/link"): all_of(403) | {NOBODY: 403},
    ("GET", "/v1/clients"): all_of(200),
    ("GET", "/v1/clients/{client_id}"): READERS,
    ("GET", "/v1/clients/{client_id}/nights"): READERS,
    ("GET", "/v1/clients/{client_id}/scores"): READERS,
    ("GET", "/v1/clients/{client_id}/days"): READERS,
    ("POST", "/v1/clients/{client_id}/diary"): {"ann": 202},
    ("GET", "/v1/alerts"): all_of(200),
    ("GET", "/v1/alerts/{alert_id}"): READERS,
    ("POST", "/v1/alerts/{alert_id}/transitions"): {"therapist": 200},
    ("POST", "/v1/ingest/{adapter}"): all_of(401),
    ("GET", "/healthz"): PUBLIC,
    ("GET", "/readyz"): PUBLIC,
    ("GET", "/metrics"): PUBLIC,
    ("GET", "/problems"): PUBLIC,
    ("GET", "/problems/{slug}"): PUBLIC,
}
"""What is answered to whom; 404 to everybody else, and to nobody 401 or the way to sign in."""

PLACES = {
    "{client_id}": "c-ann",
    "{alert_id}": "alert-ann",
    "{link}": "link-ann",
    "{adapter}": "owntracks",
    "{slug}": "not-found",
}
FORMS = {
    "/alerts/{alert_id}": {"action": "acknowledge", "version": "1"},
    "/me/anchor": ANN,
    "/me/level": {"what": "mood", "day": "2026-03-31", "level": "1"},
    "/account/password": {"password": "four plain words together"},
    "/logout": {},
    "/login": {"name": "nobody", "password": "wrong"},
    "/login/link": {"token": "wrong"},
}
BODIES = {
    "/v1/clients/{client_id}/diary": {"mood": {"day": "2026-03-31", "level": 1}},
    "/v1/alerts/{alert_id}/transitions": {"action": "acknowledge"},
    "/v1/ingest/{adapter}": {},
}


@pytest.fixture
def house():
    built = furnished()
    built.account("supervisor", "supervisor", clients=frozenset({"c-ann"}))
    built.account("researcher", "researcher")
    built.records.notice_links["link-ann"] = "alert-ann"
    return built


async def asked(house, method, path, who):
    at = re.sub(r"\{\w+\}", lambda found: PLACES[found[0]], path)
    async with house.visitor(None if who == NOBODY else who) as browser:
        if method == "GET":
            return await browser.get(f"{at}?{RANGE}")
        if path in BODIES:
            return await browser.post(at, json=BODIES[path], headers={"if-match": '"v1"'})
        token = re.search('name="csrf" value="([0-9a-f]+)"', (await browser.get("/account")).text)
        return await browser.post(at, data=FORMS[path] | {"csrf": token[1] if token else "none"})


def expected(route, who):
    found = TABLE[route].get(who)
    if found is not None:
        return found
    if who != NOBODY:
        return 404
    if route[1].startswith("/v1/"):
        return 401
    return 303 if route[0] == "GET" else 403


@pytest.mark.parametrize("route", TABLE, ids=" ".join)
async def test_every_route_answers_every_role_as_the_table_says(house, route):
    method, path = route
    roles = sorted((NOBODY, *EVERYBODY), key=lambda who: expected(route, who) < 400)
    for who in roles:
        response = await asked(house, method, path, who)
        wanted = expected(route, who)
        assert response.status_code == wanted, who
        if wanted in (401, 403, 404):
            assert "Ahlberg" not in response.text, who
            assert house.log.kept == [], who
            assert house.records.alert("alert-ann").version == 1, who


def test_no_route_is_missing_from_the_table():
    modules = (alerts, clients, diary, health, ingest, *PAGES)
    routes = {
        (method, route.path)
        for module in modules
        for route in module.router.routes
        for method in route.methods - {"HEAD"}
    }

    assert routes == set(TABLE)


@pytest.mark.parametrize("who", ["ann", "zoe", "researcher", "operator"])
async def test_lists_hold_nothing_for_those_without_a_caseload(house, who):
    async with house.visitor(who) as browser:
        clients_seen = (await browser.get("/v1/clients")).json()["clients"]
        alerts_seen = (await browser.get("/v1/alerts")).json()["alerts"]

    assert (clients_seen, alerts_seen) == ([], [])
