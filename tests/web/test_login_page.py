import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from house import IDLE, furnished

COOKIE = "daykeel_session"
PASSWORD = "four plain words together"


@pytest.fixture
def house():
    return furnished()


def link_for(house, account="therapist"):
    return house.records.login_link(account, now=house.wall.now())


async def use(browser, link):
    return await browser.post("/login/link", data={"token": link})


async def test_looking_at_a_link_does_not_use_it_up(house):
    link = link_for(house)
    async with house.visitor() as browser:
        for _ in range(3):
            preview = await browser.get("/login", params={"token": link})
        used = await use(browser, link)

    assert preview.status_code == 200
    assert 'method="post"' in preview.text
    assert used.status_code == 303


async def test_a_link_works_once(house):
    link = link_for(house)
    async with house.visitor() as first, house.visitor() as second:
        one, two = await use(first, link), await use(second, link)

    assert (one.status_code, two.status_code) == (303, 403)
    assert COOKIE not in two.cookies


async def test_an_old_link_does_not_work(house):
    link = link_for(house)
    house.wall.instant += timedelta(days=2)
    async with house.visitor() as browser:
        assert (await use(browser, link)).status_code == 403


async def test_signing_in_opens_the_own_start(house):
    for account, start in (("therapist", None), ("ann", "/me"), ("operator", "/status")):
        async with house.visitor() as browser:
            await use(browser, link_for(house, account))
            response = await browser.get("/")
        assert response.headers.get("location") == start


async def test_a_session_planted_before_signing_in_is_not_taken_over(house):
    planted = house.records.begin("ann", house.wall.now())
    async with house.visitor() as browser:
        browser.cookies.set(COOKIE, planted, domain="localhost.local")
        response = await use(browser, link_for(house))

    assert response.cookies[COOKIE] != planted
    assert house.records.session(planted, now=house.wall.now()) is None


async def test_a_made_up_session_is_nobody(house):
    async with house.visitor() as browser:
        browser.cookies.set(COOKIE, "made-up", domain="localhost.local")
        response = await browser.get("/")

    assert (response.status_code, response.headers["location"]) == (303, "/login")


async def test_an_idle_session_ends_by_the_wall_clock_whatever_the_stepped_clock_says(house):
    async with house.visitor("therapist") as browser:
        house.clock.instant += timedelta(days=365)
        before = await browser.get("/")
        house.wall.instant += IDLE + timedelta(seconds=1)
        after = await browser.get("/")

    assert (before.status_code, after.status_code) == (200, 303)


async def with_password(house, account="therapist"):
    house.records.set_password(account, PASSWORD, now=house.wall.now())


async def test_signs_in_by_name_and_password(house):
    await with_password(house)
    async with house.visitor() as browser:
        response = await browser.post("/login", data={"name": "therapist", "password": PASSWORD})

    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert COOKIE in response.cookies


@pytest.mark.parametrize(
    ("name", "password"), [("therapist", "wrong"), ("nobody", PASSWORD), ("", ""), ("ann", "")]
)
async def test_every_wrong_way_in_has_the_same_answer(house, name, password):
    await with_password(house)
    async with house.visitor() as browser:
        response = await browser.post("/login", data={"name": name, "password": password})

    assert response.status_code in (403, 422)
    assert COOKIE not in response.cookies


async def test_after_many_wrong_passwords_even_the_right_one_has_to_wait(house):
    await with_password(house)
    right = {"name": "therapist", "password": PASSWORD}
    async with house.visitor() as browser:
        for _ in range(8):
            await browser.post("/login", data={"name": "Therapist", "password": "guess"})
        waits = await browser.post("/login", data=right)
        house.wall.instant += timedelta(minutes=15)
        works = await browser.post("/login", data=right)

    assert (waits.status_code, works.status_code) == (429, 303)
    assert int(waits.headers["retry-after"]) == 900


async def test_another_s_failures_do_not_lock_somebody_out(house):
    await with_password(house)
    async with house.visitor() as browser:
        for _ in range(9):
            await browser.post("/login", data={"name": "ann", "password": "guess"})
        response = await browser.post("/login", data={"name": "therapist", "password": PASSWORD})

    assert response.status_code == 303


async def test_signing_out_ends_the_session_on_the_server(house):
    async with house.visitor("therapist") as browser:
        token = browser.cookies[COOKIE]
        csrf = form_token_of(await browser.get("/account"))
        response = await browser.post("/logout", data={"csrf": csrf})

    assert response.headers["location"] == "/login"
    assert house.records.session(token, now=house.wall.now()) is None


def form_token_of(response):
    return response.text.partition('name="csrf" value="')[2].partition('"')[0]


async def test_a_new_password_ends_all_other_sessions(house):
    elsewhere = house.records.begin("therapist", house.wall.now())
    async with house.visitor("therapist") as browser:
        csrf = form_token_of(await browser.get("/account"))
        response = await browser.post(
            "/account/password", data={"csrf": csrf, "password": PASSWORD}
        )
        after = await browser.get(response.headers["location"])

    assert house.records.session(elsewhere, now=house.wall.now()) is None
    assert "The password is set" in after.text


async def test_a_short_password_is_refused(house):
    async with house.visitor("therapist") as browser:
        csrf = form_token_of(await browser.get("/account"))
        response = await browser.post("/account/password", data={"csrf": csrf, "password": "short"})

    assert response.status_code == 422
    assert "at least 12 characters" in response.text
