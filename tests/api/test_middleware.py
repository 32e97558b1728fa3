import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from daykeel.api.settings import ApiSettings

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from house import furnished

PATHS = ["/", "/login", "/v1/clients", "/healthz", "/nothing", "/static/daykeel.css", "/problems"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_has_the_safe_headers(path):
    async with furnished().visitor() as browser:
        headers = (await browser.get(path)).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "strict-transport-security" not in headers


@pytest.mark.parametrize("path", ["/static/daykeel.css", "/static/icon.svg"])
async def test_static_files_are_kept_but_asked_for_anew(path):
    async with furnished().visitor() as browser:
        first = await browser.get(path)
        again = await browser.get(path, headers={"if-none-match": first.headers["etag"]})

    assert (first.status_code, again.status_code) == (200, 304)
    assert first.headers["cache-control"] == again.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    ["/static/../settings.py", "/static/%2e%2e/render.py", "/static/nothing", "/static//etc"],
)
async def test_static_serves_nothing_but_its_folder(path):
    async with furnished().visitor() as browser:
        response = await browser.get(path)

    assert response.status_code == 404
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("account", "path"),
    [
        (None, "/clients/c-ann"),
        (None, "/login?next=https://evil.example"),
        (None, "//evil.example/%2e%2e"),
        (None, "/%5cevil.example"),
        (None, "/login/"),
        ("therapist", "/?next=//evil.example"),
        ("ann", "/?next=//evil.example"),
        ("therapist", "/account/"),
        ("therapist", "/static"),
    ],
)
async def test_nobody_is_led_to_another_site(account, path):
    async with furnished().visitor(account) as browser:
        response = await browser.get(path)

    led = response.headers.get("location", "/")
    assert urlsplit(led).netloc in ("", "localhost")
    assert not led.startswith(("//", "/\\"))
    assert 'href="//' not in response.text
    assert "evil.example" not in led


@pytest.mark.parametrize("next_page", ["https://evil.example", "//evil.example", "/\\evil.example"])
async def test_signing_in_leads_to_the_start_whatever_the_form_says(next_page):
    house = furnished()
    link = house.records.login_link("therapist", now=house.wall.now())
    async with house.visitor() as browser:
        response = await browser.post(
            f"/login/link?next={next_page}", data={"token": link, "next": next_page}
        )

    assert response.headers["location"] == "/"


@pytest.mark.parametrize("path", [one for one in PATHS if not one.startswith("/static")])
async def test_nothing_but_static_files_may_be_stored(path):
    async with furnished().visitor("therapist") as browser:
        assert (await browser.get(path)).headers["cache-control"] == "no-store"


async def test_over_https_the_cookie_is_bound_to_the_host_and_transport_is_strict():
    house = furnished()
    house.settings = ApiSettings(public_url="https://daykeel.example.org", settle_s=0)
    link = house.records.login_link("therapist", now=house.wall.now())
    transport = httpx.ASGITransport(house.app())
    origin = {"origin": "https://daykeel.example.org"}
    async with httpx.AsyncClient(
        transport=transport, base_url="https://daykeel.example.org", headers=origin
    ) as browser:
        response = await browser.post("/login/link", data={"token": link})

    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-daykeel_session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert "strict-transport-security" in response.headers


async def test_on_loopback_the_cookie_has_a_plain_name():
    house = furnished()
    link = house.records.login_link("therapist", now=house.wall.now())
    async with house.visitor() as browser:
        response = await browser.post("/login/link", data={"token": link})

    cookie = response.headers["set-cookie"]
    assert cookie.startswith("daykeel_session=")
    assert "Secure" not in cookie
    assert "HttpOnly" in cookie


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "localhost.evil.example"])
async def test_other_names_for_us_are_refused(host):
    async with furnished().visitor("therapist") as browser:
        response = await browser.get("/v1/clients", headers={"host": host})

    assert response.status_code == 421


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080"])
async def test_loopback_names_are_ours(host):
    async with furnished().visitor() as browser:
        assert (await browser.get("/healthz", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({}, True),
        ({"origin": "http://localhost"}, True),
        ({"origin": "http://localhost", "sec-fetch-site": "same-origin"}, True),
        ({"origin": "http://localhost:81"}, False),
        ({"origin": "https://localhost"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
    ],
)
async def test_changes_come_from_our_own_pages_or_from_no_browser(headers, is_ours):
    async with furnished().visitor() as browser:
        del browser.headers["origin"]
        response = await browser.post("/login/link", data={"token": "x"}, headers=headers)

    answer = response.text
    assert ("does not work any more" in answer) == is_ours
    assert response.status_code == 403


async def test_a_reverse_proxy_s_name_is_ours():
    house = furnished()
    house.settings = ApiSettings(public_url="https://daykeel.example.org", settle_s=0)
    headers = {"origin": "https://daykeel.example.org", "host": "daykeel.example.org"}
    async with house.visitor() as browser:
        response = await browser.post("/login/link", data={"token": "x"}, headers=headers)

    assert "does not work any more" in response.text


async def test_bodies_above_the_limit_are_refused():
    async with furnished().visitor("ann") as browser:
        response = await browser.post(
            "/v1/clients/c-ann/diary",
            content=b"[" * (256 * 1024 + 1),
            headers={"content-type": "application/json"},
        )

    assert (response.status_code, response.json()["type"]) == (413, "/problems/too-large")


async def test_bodies_without_a_length_are_counted_as_they_come():
    async def endless():
        for _ in range(300):
            yield b"[" * 1024

    async with furnished().visitor("ann") as browser:
        response = await browser.post(
            "/v1/clients/c-ann/diary",
            content=endless(),
            headers={"content-type": "application/json"},
        )

    assert (response.status_code, response.json()["type"]) == (413, "/problems/too-large")


async def test_a_method_that_is_not_taken_is_a_problem():
    async with furnished().visitor("therapist") as browser:
        response = await browser.delete("/v1/clients")

    assert response.status_code == 405
    assert response.json()["type"] == "/problems/method-not-allowed"
    assert "GET" in response.headers["allow"]


@pytest.mark.parametrize(
    ("http", "address"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("[::1]:1", ("::1", 1)),
        ("10.0.0.1:0", ("10.0.0.1", 0)),
    ],
)
def test_settings_tell_host_from_port(http, address):
    assert ApiSettings(http=http).address == address


def test_settings_are_read_with_the_prefix(monkeypatch):
    monkeypatch.setenv("DAYKEEL_HTTP", "127.0.0.1:9")
    monkeypatch.setenv("DAYKEEL_PUBLIC_URL", "https://daykeel.example.org")

    settings = ApiSettings()

    assert settings.hosts == {"127.0.0.1", "localhost", "[::1]", "daykeel.example.org"}
    assert settings.surface.is_https
    assert replace(settings.surface, is_https=False).cookie == "daykeel_session"
