"""Every route against every role: one table, and a test that no route is missing from it."""

import re
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from daykeel.alerting.holding import Silence
from daykeel.api import (
    alerts,
    clients,
    consent,
    diary,
    health,
    ingest,
    quality,
    rules,
    silences,
    therapy,
)
from daykeel.records.channels import Address
from daykeel.records.decisions import tag
from daykeel.web.routes import PAGES

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from house import furnished

NOBODY = "nobody"
EVERYBODY = ("ann", "zoe", "therapist", "other", "supervisor", "researcher", "operator")
READERS = {"therapist": 200, "supervisor": 200}
QUALITY = READERS | {"other": 200, "operator": 200}
TOLD = dict.fromkeys(("ann", "zoe", "therapist", "other"), 303)
"""Those who get letters."""
ANN = {"item": "dinner", "day": "2026-03-31", "answer": "now"}
RANGE = "first=2026-03-30&last=2026-03-31"


def all_of(status):
    return dict.fromkeys(EVERYBODY, status)


PUBLIC = all_of(200) | {NOBODY: 200}
TABLE = {
    # Therapist and supervisor look after c-ann; `other` is a therapist of c-zoe.
    ("GET", "/"): all_of(200) | {"ann": 303, "zoe": 303, "operator": 303},
    ("GET", "/clients/{client_id}"): READERS,
    ("GET", "/clients/{client_id}/therapy"): READERS,
    ("GET", "/clients/{client_id}/session"): READERS,
    ("POST", "/clients/{client_id}/course"): {"therapist": 303},
    ("POST", "/clients/{client_id}/targets"): {"therapist": 303},
    ("POST", "/clients/{client_id}/tracked"): {"therapist": 303},
    ("POST", "/clients/{client_id}/calendar"): {"therapist": 303},
    ("POST", "/clients/{client_id}/baseline"): {"therapist": 303},
    ("POST", "/clients/{client_id}/threshold"): {"therapist": 303},
    ("GET", "/alerts/{alert_id}"): READERS,
    ("POST", "/alerts/{alert_id}"): {"therapist": 303},
    ("GET", "/n/{link}"): {"therapist": 303, "supervisor": 303},
    ("GET", "/clients/{client_id}/silences"): READERS,
    ("POST", "/clients/{client_id}/silences"): {"therapist": 303},
    ("POST", "/clients/{client_id}/silences/end"): {"therapist": 303},
    ("GET", "/quality"): QUALITY,
    ("GET", "/me"): {"ann": 200, "zoe": 200},
    ("POST", "/me/anchor"): {"ann": 303, "zoe": 303},
    ("POST", "/me/level"): {"ann": 303, "zoe": 303},
    ("POST", "/me/consent"): {"ann": 303, "zoe": 303},
    ("POST", "/me/consent/renewal"): {"ann": 303, "zoe": 303},
    ("GET", "/account"): all_of(200),
    ("POST", "/account/password"): all_of(303),
    ("POST", "/account/addresses"): TOLD,
    ("POST", "/account/addresses/remove"): {"therapist": 303},
    ("POST", "/account/addresses/test"): TOLD,
    ("POST", "/account/notices"): TOLD,
    ("POST", "/logout"): all_of(303) | {NOBODY: 403},
    ("GET", "/status"): {"operator": 200},
    ("GET", "/login"): PUBLIC,
    ("POST", "/login"): all_of(403) | {NOBODY: 403},
    ("POST", "/login/link"): all_of(403) | {NOBODY: 403},
    ("GET", "/v1/clients"): all_of(200),
    ("GET", "/v1/clients/{client_id}"): READERS,
    ("GET", "/v1/clients/{client_id}/nights"): READERS,
    ("GET", "/v1/clients/{client_id}/sources"): READERS,
    ("GET", "/v1/clients/{client_id}/scores"): READERS,
    ("GET", "/v1/clients/{client_id}/days"): READERS,
    ("GET", "/v1/clients/{client_id}/therapy"): READERS,
    ("GET", "/v1/clients/{client_id}/session"): READERS,
    ("GET", "/v1/clients/{client_id}/threshold/backtest"): READERS,
    ("PUT", "/v1/clients/{client_id}/course"): {"therapist": 412},
    ("POST", "/v1/clients/{client_id}/targets"): {"therapist": 412},
    ("PUT", "/v1/clients/{client_id}/tracked"): {"therapist": 412},
    ("PUT", "/v1/clients/{client_id}/week"): {"therapist": 412},
    ("PUT", "/v1/clients/{client_id}/calendar"): {"therapist": 412},
    ("POST", "/v1/clients/{client_id}/baseline"): {"therapist": 412},
    ("PUT", "/v1/clients/{client_id}/threshold"): {"therapist": 412},
    ("PUT", "/v1/clients/{client_id}/rules"): {"therapist": 412},
    ("POST", "/v1/clients/{client_id}/backtest"): READERS,
    ("DELETE", "/v1/clients/{client_id}/threshold"): {"therapist": 412},
    ("POST", "/v1/clients/{client_id}/diary"): {"ann": 202},
    ("POST", "/v1/clients/{client_id}/consent/withdrawal"): {"ann": 200},
    ("POST", "/v1/clients/{client_id}/consent/renewal"): {"ann": 200},
    ("GET", "/v1/alerts"): all_of(200),
    ("GET", "/v1/alerts/{alert_id}"): READERS,
    ("POST", "/v1/alerts/{alert_id}/transitions"): {"therapist": 200},
    ("GET", "/v1/alert-quality"): QUALITY,
    ("GET", "/v1/clients/{client_id}/silences"): READERS,
    ("POST", "/v1/clients/{client_id}/silences"): {"therapist": 201},
    ("DELETE", "/v1/clients/{client_id}/silences/{silence_id}"): {"therapist": 204},
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
    "{silence_id}": "s-ann",
    "{adapter}": "owntracks",
    "{slug}": "not-found",
}
UPON = {"tag": tag([])}
FORMS = {
    "/clients/{client_id}/course": UPON | {"action": "plan", "day": "2026-04-01"},
    "/clients/{client_id}/targets": UPON
    | {"action": "plan", "anchor": "bed", "first": "2026-04-01", "goal": "23:00"},
    "/clients/{client_id}/tracked": UPON | {"first": "2026-04-01", "items": "bed"},
    "/clients/{client_id}/calendar": UPON | {"action": "free", "day": "2026-04-01"},
    "/clients/{client_id}/baseline": UPON | {"action": "renew", "first": "2026-03-01"},
    "/clients/{client_id}/threshold": UPON | {"action": "off"},
    "/alerts/{alert_id}": {"action": "acknowledge", "version": "1"},
    "/me/anchor": ANN,
    "/me/level": {"what": "mood", "day": "2026-03-31", "level": "1"},
    "/me/consent": {"source": "*", "sure": "true"},
    "/me/consent/renewal": {"source": "*", "sure": "true"},
    "/account/password": {"password": "four plain words together"},
    "/clients/{client_id}/silences": {"days": "3", "reason": "away"},
    "/clients/{client_id}/silences/end": {"silence": "s-ann"},
    "/account/addresses": {"text": "somebody@clinic.example"},
    "/account/addresses/remove": {"number": "99"},
    "/account/addresses/test": {},
    "/account/notices": {"zone": "Europe/Berlin", "digest_at": "08:30"},
    "/logout": {},
    "/login": {"name": "nobody", "password": "wrong"},
    "/login/link": {"token": "wrong"},
}
BODIES = {
    "/v1/clients/{client_id}/course": {"sessions": []},
    "/v1/clients/{client_id}/targets": {"anchor": "bed", "first": "2026-04-01", "minutes": 0},
    "/v1/clients/{client_id}/tracked": {"first": "2026-04-01", "items": ["bed"]},
    "/v1/clients/{client_id}/week": {"first": "2026-04-01", "free_weekdays": [6]},
    "/v1/clients/{client_id}/calendar": {"date": "2026-04-01", "day_type": "free"},
    "/v1/clients/{client_id}/baseline": {"action": "renew", "first": "2026-03-01"},
    "/v1/clients/{client_id}/threshold": {"backtest": "none"},
    "/v1/clients/{client_id}/rules": {"first": "2026-04-01", "rules": None},
    "/v1/clients/{client_id}/backtest": {"rules": [{"version": "trial"}]},
    "/v1/clients/{client_id}/diary": {"mood": {"day": "2026-03-31", "level": 1}},
    "/v1/clients/{client_id}/consent/withdrawal": {"source": "*"},
    "/v1/clients/{client_id}/consent/renewal": {"source": "*"},
    "/v1/alerts/{alert_id}/transitions": {"action": "acknowledge"},
    "/v1/clients/{client_id}/silences": {"stop": "2026-04-07T00:00:00Z", "reason": "away"},
    "/v1/ingest/{adapter}": {},
}


@pytest.fixture
def house():
    built = furnished()
    built.account("supervisor", "supervisor", clients=frozenset({"c-ann"}))
    built.account("researcher", "researcher")
    post = built.records.post
    post.links["link-ann"] = ("therapist", ["alert-ann"])
    post.own_addresses["therapist"][99] = Address(99, "mail", "t@clinic.example")
    stop = built.clock.now() + timedelta(3)
    post.kept_silences["s-ann"] = Silence(
        "s-ann", "c-ann", "", built.clock.now(), stop, "away", "therapist"
    )
    return built


async def asked(house, method, path, who):
    at = re.sub(r"\{\w+\}", lambda found: PLACES[found[0]], path)
    async with house.visitor(None if who == NOBODY else who) as browser:
        if method == "GET":
            return await browser.get(f"{at}?{RANGE}")
        if method == "DELETE" and path not in BODIES:
            return await browser.delete(at)
        if path in BODIES:
            headers = {"if-match": '"v1"'}
            return await browser.request(method, at, json=BODIES[path], headers=headers)
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
            assert house.records.made == [], who


def test_no_route_is_missing_from_the_table():
    modules = (
        alerts,
        clients,
        consent,
        diary,
        health,
        ingest,
        quality,
        rules,
        silences,
        therapy,
        *PAGES,
    )
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
