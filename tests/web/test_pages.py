import re
import sys
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daykeel.records.policy import CANARY
from daykeel.web.routes import PAGES as MODULES

sys.path.insert(0, str(Path(__file__).parent))
from house import Client, FixedClock, furnished
from synthetic_people import NOW

PAGES = [
    ("therapist", "/"),
    ("therapist", "/clients/c-ann"),
    ("therapist", "/clients/c-ben"),
    ("therapist", "/clients/c-ann/therapy"),
    ("therapist", "/clients/c-ann/therapy?hours=4"),
    ("therapist", "/clients/c-ann/session"),
    ("therapist", "/alerts/alert-ann"),
    ("therapist", "/account"),
    ("therapist", "/clients/c-ann/silences"),
    ("therapist", "/quality"),
    ("therapist", "/n/link-both"),
    ("ann", "/me"),
    ("ann", "/account"),
    ("operator", "/quality"),
    ("operator", "/status"),
    (None, "/login"),
    (None, "/login?token=abc"),
    (None, "/problems"),
    (None, "/problems/not-found"),
]
FORMS = [
    ("therapist", "/alerts/alert-ann", {"action": "acknowledge", "version": "1"}),
    ("therapist", "/clients/c-ann/course", {"action": "plan", "day": "2026-04-01", "tag": ""}),
    ("therapist", "/clients/c-ann/targets", {"action": "end", "anchor": "bed", "tag": ""}),
    ("therapist", "/clients/c-ann/tracked", {"first": "2026-04-01", "items": "bed", "tag": ""}),
    ("therapist", "/clients/c-ann/calendar", {"action": "free", "day": "2026-04-01", "tag": ""}),
    ("therapist", "/clients/c-ann/baseline", {"action": "renew", "tag": ""}),
    ("therapist", "/clients/c-ann/threshold", {"action": "off", "tag": ""}),
    ("therapist", "/account/password", {"password": "four plain words together"}),
    ("therapist", "/clients/c-ann/silences", {"days": "3", "reason": "away"}),
    ("therapist", "/clients/c-ann/silences/end", {"silence": "s-1"}),
    ("therapist", "/account/addresses", {"text": "t@clinic.example"}),
    ("therapist", "/account/addresses/remove", {"number": "1"}),
    ("therapist", "/account/addresses/test", {}),
    ("therapist", "/account/notices", {"zone": "Europe/Berlin"}),
    ("therapist", "/logout", {}),
    ("ann", "/me/anchor", {"item": "dinner", "day": "2026-03-31", "answer": "now"}),
    ("ann", "/me/level", {"what": "mood", "day": "2026-03-31", "level": "1"}),
    ("ann", "/me/consent", {"source": "*", "sure": "true"}),
    ("ann", "/me/consent/renewal", {"source": "*", "sure": "true"}),
]


@pytest.fixture
def house():
    return furnished()


@pytest.fixture(scope="module")
def calm():
    """A house that is only looked at."""
    return furnished()


async def got(house, path, account):
    async with house.visitor(account) as browser:
        return await browser.get(path)


class Seen(HTMLParser):
    """Tags, attributes and ids of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.ids = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]


def seen(text):
    parser = Seen()
    parser.feed(text)
    return parser


@pytest.mark.parametrize(("account", "path"), PAGES)
async def test_every_page_says_what_daykeel_does_not_do(calm, account, path):
    response = await got(calm, path, account)

    assert response.status_code == 200
    assert "not a medical device" in response.text
    assert "it does not predict episodes, diagnose, or serve emergencies" in response.text


@pytest.mark.parametrize(("account", "path"), PAGES)
async def test_every_page_bears_the_age_of_the_newest_processed_data(calm, account, path):
    assert "Data processed up to 3 s ago." in (await got(calm, path, account)).text


@pytest.mark.parametrize(("account", "path"), PAGES)
async def test_a_stalled_pipeline_never_looks_like_calm(house, account, path):
    house.clock = FixedClock(NOW + timedelta(minutes=7))

    assert "Not up to date." in (await got(house, path, account)).text


@pytest.mark.parametrize(("account", "path"), PAGES)
async def test_every_page_bears_the_age_of_the_canary(calm, account, path):
    assert "A test message came through 2 min ago." in (await got(calm, path, account)).text


@pytest.mark.parametrize(("account", "path"), PAGES)
async def test_an_overdue_canary_never_looks_like_calm(house, account, path):
    house.canary(NOW - timedelta(minutes=20))

    text = (await got(house, path, account)).text

    assert "Not up to date." in text
    assert "The last test message came through 20 min ago" in text


@pytest.mark.parametrize(("account", "path"), PAGES)
async def test_no_page_waits_for_a_canary_on_a_stepped_clock(house, account, path):
    house.scores.erase(CANARY)
    house.clock = FixedClock(NOW, stepped=True)

    text = (await got(house, path, account)).text

    assert "Not up to date." not in text
    assert "test message" not in text


@pytest.mark.parametrize(("account", "path"), PAGES)
async def test_a_log_that_does_not_answer_never_looks_like_calm(house, account, path):
    house.log.is_broken = True

    response = await got(house, path, account)

    assert response.status_code == 200
    assert "Not up to date." in response.text


@pytest.mark.parametrize(("account", "path"), PAGES)
async def test_every_page_says_when_the_clock_is_a_demonstration_s(house, account, path):
    real = await got(house, path, account)
    house.clock = FixedClock(NOW, stepped=True)
    demo = await got(house, path, account)

    assert "demonstration clock" not in real.text
    assert "demonstration clock" in demo.text


@pytest.mark.parametrize(("account", "path"), PAGES)
async def test_no_page_needs_script_or_inline_style_or_another_host(calm, account, path):
    page = seen((await got(calm, path, account)).text)

    assert "script" not in page.tags
    assert "style" not in page.tags
    for tag, name, value in page.attributes:
        assert name != "style"
        assert not name.startswith("on")
        if name in ("href", "src", "action") and tag != "svg":
            assert value.startswith(("/", "#")), value


@pytest.mark.parametrize(("account", "path"), PAGES)
async def test_ids_are_unique_and_labels_lead_somewhere(calm, account, path):
    page = seen((await got(calm, path, account)).text)

    assert len(page.ids) == len(set(page.ids))
    for _, name, value in page.attributes:
        if name in ("aria-labelledby", "aria-describedby", "for"):
            assert set(value.split()) <= set(page.ids), value
        if name == "href" and value.startswith("#"):
            assert value[1:] in page.ids
        if value.startswith("url(#"):
            assert value[5:-1] in page.ids


@pytest.mark.parametrize(
    ("account", "path"),
    [
        ("therapist", "/clients/c-zoe"),
        ("therapist", "/clients/c-nobody"),
        ("therapist", "/alerts/alert-zoe"),
        ("therapist", "/alerts/alert-nobody"),
        ("therapist", "/me"),
        ("therapist", "/status"),
        ("ann", "/clients/c-ann"),
        ("ann", "/alerts/alert-ann"),
        ("ann", "/status"),
        ("operator", "/clients/c-ann"),
        ("operator", "/alerts/alert-ann"),
        ("operator", "/me"),
    ],
)
async def test_anothers_page_is_as_if_there_were_none(calm, account, path):
    before = len(calm.records.audited)
    response = await got(calm, path, account)

    assert response.status_code == 404
    assert "Ann" not in response.text
    assert len(calm.records.audited) == before


@pytest.mark.parametrize("path", ["/", "/clients/c-ann", "/alerts/alert-ann", "/me", "/status"])
async def test_without_a_session_pages_lead_to_the_sign_in(calm, path):
    response = await got(calm, path, None)

    assert (response.status_code, response.headers["location"]) == (303, "/login")


@pytest.mark.parametrize(("account", "path", "data"), FORMS)
@pytest.mark.parametrize("csrf", [None, "", "0" * 64, "é"])
async def test_a_form_without_its_own_token_changes_nothing(house, account, path, data, csrf):
    async with house.visitor(account) as browser:
        told = data | ({"csrf": csrf} if csrf is not None else {})
        response = await browser.post(path, data=told)

    assert response.status_code == 403
    assert house.log.kept == []
    assert house.records.alert("alert-ann").version == 1
    assert house.records.made == []
    assert [one.stop for one in house.records.consents("c-ann")] == [None]


@pytest.mark.parametrize(("account", "path", "data"), FORMS)
async def test_another_session_s_token_is_no_token(house, account, path, data):
    async with house.visitor("other") as stranger, house.visitor(account) as browser:
        text = (await stranger.get("/account")).text
        token = re.search('name="csrf" value="([0-9a-f]{64})"', text)[1]
        response = await browser.post(path, data=data | {"csrf": token})

    assert response.status_code == 403


@pytest.mark.parametrize(("account", "path", "data"), FORMS)
async def test_another_site_cannot_send_a_form_even_with_the_token(house, account, path, data):
    async with house.visitor(account) as browser:
        text = (await browser.get("/account")).text
        token = re.search('name="csrf" value="([0-9a-f]{64})"', text)[1]
        response = await browser.post(
            path, data=data | {"csrf": token}, headers={"origin": "https://elsewhere.example"}
        )

    assert response.status_code == 403


def test_every_form_route_is_among_those_tested():
    tested = {path.replace("c-ann", "{client_id}") for _, path, _ in FORMS}
    tested = {path.replace("alert-ann", "{alert_id}") for path in tested}
    signing_in = {"/login", "/login/link"}
    posts = {
        route.path
        for module in MODULES
        for route in module.router.routes
        if "POST" in route.methods and not route.path.startswith("/v1")
    }

    assert posts - signing_in == tested


EVIL = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></svg><script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "javascript:alert(1)",
    "<svg/onload=alert(1)>",
    "\u2028<b>\x00&lt;script&gt;",
]
WRITTEN = [one for one in PAGES if one[1] in ("/", "/clients/c-ann", "/alerts/alert-ann", "/me")]


def write(house, text):
    """Let people write `text` wherever they can."""
    house.records.people["c-ann"] = Client("c-ann", text)
    found = house.records.alert("alert-ann")
    house.records.kept_alerts["alert-ann"] = replace(
        found,
        reason=text,
        episode=replace(found.episode, note=(("reason", text),), suppressed=(text,)),
    )
    house.account("actor", "therapist", clients=frozenset({"c-ann"}))
    house.records.accounts["actor"] = replace(house.records.accounts["actor"], name=text)
    entry = house.records.entries["alert-ann"][0]
    house.records.entries["alert-ann"] = [replace(entry, reason=text, actor="actor")]


@pytest.mark.parametrize(("account", "path"), WRITTEN)
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(min_size=1, max_size=60) | st.sampled_from(EVIL))
async def test_nothing_that_people_wrote_becomes_markup(house, account, path, text):
    write(house, "plain")
    plain = seen((await got(house, path, account)).text)
    write(house, text)
    page = seen((await got(house, path, account)).text)

    assert set(page.tags) == set(plain.tags)
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]


@pytest.mark.parametrize("text", EVIL)
async def test_none_of_the_known_tricks_becomes_markup(house, text):
    write(house, text)
    for account, path in WRITTEN:
        response = await got(house, path, account)
        assert "<script" not in response.text
        assert "<img" not in response.text
        assert "49" not in re.findall(r"<h1>(.*?)</h1>", response.text, re.DOTALL)[0]


async def test_what_a_source_wrote_in_a_night_is_escaped_in_the_drawing(house):
    for day in house.scores.days("c-ann", NOW.date() - timedelta(5), NOW.date() + timedelta(1)):
        night = replace(day.night, flags=("dst", "dst_1", "<script>"), source="<script>")
        gaps = tuple(replace(one, reason="<script>alert(1)</script>") for one in night.gaps)
        house.scores.put(days=[replace(day, night=replace(night, gaps=gaps))])

    response = await got(house, "/clients/c-ann", "therapist")

    assert "<script" not in response.text
