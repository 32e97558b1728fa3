"""The pages in a real Chromium over a real server on loopback, as people meet them."""

import os
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

try:
    from playwright.sync_api import Error, expect, sync_playwright
except ImportError:
    sync_playwright = None

sys.path.insert(0, str(Path(__file__).parent))
from street import lively, served

HERE = Path(__file__).parent
CHROMIUM = Path(os.environ.get("DAYKEEL_CHROMIUM", "/usr/bin/chromium"))
CHECKS = (HERE / "checks.js").read_text()
PAGES = [
    (None, "/login"),
    (None, "/login?token=abc"),
    (None, "/problems"),
    ("therapist", "/"),
    ("therapist", "/clients/c-ann"),
    ("therapist", "/clients/c-max"),
    ("therapist", "/clients/c-noa"),
    ("therapist", "/alerts/alert-late"),
    ("therapist", "/alerts/alert-gone"),
    ("therapist", "/alerts/alert-act"),
    ("therapist", "/alerts/alert-silent"),
    ("therapist", "/alerts/alert-trip"),
    ("therapist", "/account"),
    ("therapist", "/clients/c-ann/silences"),
    ("therapist", "/quality"),
    ("therapist", "/n/link-both"),
    ("ann", "/account"),
    ("therapist", "/nothing"),
    ("ann", "/me"),
    ("ida", "/me"),
    ("operator", "/status"),
]
FINE = ("404 (Not Found)", "409 (Conflict)", "net::ERR_ABORTED")
"""Complaints about what a test asks for: a page that is not there, a conflict, leaving early."""
NAMES = [f"{account}-{path}" for account, path in PAGES]
DIFFERENT = [
    (None, "/login"),
    ("therapist", "/"),
    ("therapist", "/clients/c-ann"),
    ("therapist", "/alerts/alert-late"),
    ("ann", "/me"),
    ("operator", "/status"),
]
WIDTHS = (320, 768, 1280)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium():
    """A browser, or the reason why there is none."""
    if sync_playwright is None:
        pytest.skip("playwright is not installed")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM if CHROMIUM.exists() else None, args=["--no-sandbox"]
            )
        except Error as error:
            pytest.skip(f"no Chromium: {error.message.splitlines()[0]}")
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def street():
    """The house that is only looked at, and its address."""
    house = lively()
    with served(house) as address:
        yield house, address


@pytest.fixture
def own():
    """A house of one test's own, to change."""
    house = lively()
    with served(house) as address:
        yield house, address


@contextmanager
def visiting(chromium, place, account=None, **how):
    """Give a page of somebody signed in, and fail on anything the browser complains about."""
    house, address = place
    size = {"width": how.pop("width", 1280), "height": 800}
    context = chromium.new_context(viewport=size, base_url=address, **how)
    if account is not None:
        token = house.records.begin(account, house.wall.now())
        context.add_cookies([{"name": "daykeel_session", "value": token, "url": address}])
    page = context.new_page()
    complaints = []
    page.on("console", lambda one: complaints.append(one.text))
    page.on("pageerror", lambda one: complaints.append(str(one)))
    page.on("requestfailed", lambda one: complaints.append(f"{one.failure}: {one.url}"))
    try:
        yield page
        assert [one for one in complaints if not any(fine in one for fine in FINE)] == []
    finally:
        context.close()


def wrong(page, check):
    """What one of the checks of `checks.js` finds wrong with the page."""
    return page.evaluate(f"{CHECKS}.{check}()")


BAD = {
    "overflow": "<p style='width: 2000px'>wide</p>",
    "contrast": "<p style='color: #999'>pale</p>",
    "targets": "<button style='all: unset'>a</button><button style='all: unset'>b</button>",
    "structure": "<h1>One</h1><h3>Three</h3><input name='x'>",
}


@pytest.mark.parametrize("check", BAD)
def test_each_check_finds_what_is_wrong(chromium, check):
    page = chromium.new_page()
    page.set_content(BAD[check])

    assert wrong(page, check) != []
    page.close()


@pytest.mark.parametrize(("account", "path"), PAGES, ids=NAMES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_can_be_read_and_has_its_structure(chromium, street, account, path, scheme):
    with visiting(chromium, street, account, color_scheme=scheme) as page:
        page.goto(path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert wrong(page, "overflow") == [], width
            assert wrong(page, "targets") == [], width
        assert wrong(page, "contrast") == []
        assert wrong(page, "structure") == []


def test_the_dark_scheme_is_dark(chromium, street):
    grounds = {}
    for scheme in ("light", "dark"):
        with visiting(chromium, street, "therapist", color_scheme=scheme) as page:
            page.goto("/")
            grounds[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")

    brightness = {name: sum(_numbers(text)) / 3 for name, text in grounds.items()}
    assert brightness["light"] > 200
    assert brightness["dark"] < 60


def _numbers(colour):
    return [int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]


def test_the_tables_behind_the_drawings_open_and_fit(chromium, street):
    with visiting(chromium, street, "therapist", width=320) as page:
        page.goto("/clients/c-ann")
        for summary in page.locator("details.twin > summary").all():
            summary.click()

        assert page.locator("details.twin[open] table").count() == page.locator("figure").count()
        assert wrong(page, "overflow") == []


def test_a_phone_begins_at_the_newest_night(chromium, street):
    with visiting(chromium, street, "therapist", width=320) as page:
        page.goto("/alerts/alert-late")
        last = page.locator(".chart-evidence .signal").last.bounding_box()

    assert 0 < last["x"] < 320


def focused(page):
    return page.evaluate(
        "(({tagName, name, value, textContent}) => [tagName, name, value, textContent.trim()])"
        "(document.activeElement)"
    )


def tabbed_to(page, text, most=80):
    """Press Tab until the focus is on what says `text`, as a person without a mouse does."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if text in focused(page):
            ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert ring != "none", "the focus cannot be seen"
            return
    raise AssertionError(f"the keyboard does not reach {text!r}")


def test_an_alert_is_resolved_with_the_keyboard_alone(chromium, own):
    house, _ = own
    with visiting(chromium, own, "therapist") as page:
        page.goto("/")
        tabbed_to(page, "Rhythm change: sleep is later")
        page.keyboard.press("Enter")
        page.wait_for_url("**/alerts/alert-late")
        tabbed_to(page, "Acknowledge")
        page.keyboard.press("Enter")
        page.wait_for_selector(".history :text('acknowledged')")
        assert house.records.alert("alert-late").state == "acknowledged"

        tabbed_to(page, "Snooze")
        tabbed_to(page, "reason")
        page.keyboard.type("expected")
        tabbed_to(page, "Resolve")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=resolved: expected")

    assert house.records.alert("alert-late").reason == "expected"
    assert house.records.alert("alert-late").seen_at == house.clock.now()


def test_the_first_tab_skips_to_the_content(chromium, street):
    with visiting(chromium, street, "therapist") as page:
        page.goto("/")
        page.keyboard.press("Tab")
        assert "Skip to the content" in focused(page)
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")

        assert "Ann Ahlberg" in focused(page)


def test_the_slower_of_two_is_told_and_stores_nothing(chromium, own):
    house, _ = own
    with (
        visiting(chromium, own, "therapist") as one,
        visiting(chromium, own, "deputy") as other,
    ):
        one.goto("/alerts/alert-act")
        other.goto("/alerts/alert-act")
        one.get_by_role("button", name="Acknowledge").click()
        with other.expect_response("**/alerts/alert-act") as answer:
            other.get_by_role("button", name="Acknowledge").click()

        assert answer.value.status == 409
        other.wait_for_selector("text=Somebody was faster.")

    assert house.records.history("alert-act")[-1].actor == "therapist"


@pytest.mark.parametrize("width", [320, 1280])
def test_the_own_page_works_without_script(chromium, own, width):
    house, _ = own
    how = {"width": width, "java_script_enabled": False}
    with visiting(chromium, own, "ann", **how) as page:
        page.goto("/me")
        page.locator("#bed-2026-03-31").get_by_role("button", name="now").click()
        page.wait_for_url("**/me?saved=later#bed-2026-03-31")
        assert page.locator("#bed-2026-03-31 .saved").is_visible()
        assert page.locator(".saved:visible").count() == 1
        page.locator("#dinner-2026-03-30").get_by_role("button", name="about usual").click()
        page.locator("#first_contact-2026-03-30").get_by_role("button", name="alone").click()
        page.locator("#start_activity-2026-03-30").get_by_role("button", name="not done").click()
        page.locator("#mood-2026-03-30").get_by_role("button", name="-2", exact=True).click()
        page.locator("#energy-2026-03-31").get_by_role("button", name="+3", exact=True).click()
        page.wait_for_url("**#energy-2026-03-31")

    assert len(house.log.raw()) == 6


def test_consent_is_given_again_without_script(chromium, own):
    house, _ = own
    how = {"width": 320, "java_script_enabled": False, "reduced_motion": "reduce"}
    with visiting(chromium, own, "ann", **how) as page:
        page.goto("/me")
        for summary in ("Give your consent again", "Withdraw your consent"):
            page.get_by_text(summary, exact=True).click()
        assert {check: wrong(page, check) for check in BAD} == {check: [] for check in BAD}

        page.get_by_label("I allow this from now on").check()
        page.get_by_role("button", name="Allow").click()
        page.wait_for_url("**/me#consent")

        assert page.get_by_text("You allow Daykeel, OwnTracks").count() == 1
        assert page.get_by_text("Give your consent again", exact=True).count() == 0
    assert {one.source for one in house.records.consents("c-ann") if one.stop is None} == {
        "daykeel",
        "owntracks",
    }


def test_a_tap_leaves_the_question_in_view(chromium, own):
    with visiting(chromium, own, "ann", width=320, java_script_enabled=False) as page:
        page.goto("/me")
        page.locator("#mood-2026-03-30").get_by_role("button", name="+1", exact=True).click()
        page.wait_for_url("**#mood-2026-03-30")
        expect(page.locator("#mood-2026-03-30")).to_be_in_viewport(ratio=0.9)


def test_a_folded_day_opens_where_a_tap_comes_back_to(chromium, own):
    house, _ = own
    (before,) = house.scores.days("c-ann", _day(house, 1), _day(house, 0))
    house.scores.put(days=[replace(before, mood=0, energy=1)])
    with visiting(chromium, own, "ann", width=320) as page:
        page.goto("/me?saved=shown#mood-2026-03-30")

        assert page.locator("#mood-2026-03-30 .saved").is_visible()


def _day(house, back):
    return house.clock.now().date() - timedelta(back)


def test_a_link_signs_in_with_one_press_and_after_signing_out_nothing_is_left(chromium, own):
    house, _ = own
    link = house.records.login_link("therapist", now=house.wall.now())
    with visiting(chromium, own) as page:
        page.goto(f"/login?token={link}")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_selector("h1:text('Caseload')")
        page.goto("/clients/c-ann")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/login")
        page.go_back()
        page.wait_for_url("**/login")

        assert "Ann Ahlberg" not in page.content()


def test_a_stalled_pipeline_is_seen_without_scrolling(chromium, own):
    house, _ = own
    house.clock.instant += timedelta(minutes=20)
    for width in WIDTHS:
        with visiting(chromium, own, "therapist", width=width) as page:
            page.goto("/")
            box = page.get_by_text("Not up to date.").bounding_box()
            assert box["y"] < 300
            assert wrong(page, "contrast") == []


def test_the_demonstration_clock_is_seen_on_every_page(chromium, own):
    house, _ = own
    house.clock.stepped = True
    for account, path in DIFFERENT:
        with visiting(chromium, own, account, width=320, color_scheme="dark") as page:
            page.goto(path)
            assert page.get_by_text("demonstration clock").bounding_box()["y"] < 300
            assert wrong(page, "overflow") == []
            assert wrong(page, "contrast") == []


def test_what_people_wrote_runs_nothing(chromium, own):
    house, _ = own
    evil = '"><script>document.title="owned"</script><img src=x onerror="document.title=1">'
    house.records.people["c-ann"] = replace(house.records.people["c-ann"], display_name=evil)
    with visiting(chromium, own, "therapist") as page:
        for path in ("/", "/clients/c-ann", "/alerts/alert-late"):
            page.goto(path)
            assert "Daykeel" in page.title()
            assert page.locator("script, img").count() == 0
