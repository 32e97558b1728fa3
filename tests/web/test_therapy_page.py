import re
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from daykeel.pipeline.context import context_of
from daykeel.pipeline.state import ClientState
from daykeel.rhythm.baseline import named
from daykeel.rhythm.calendar import day_type

sys.path.insert(0, str(Path(__file__).parent))
from house import furnished
from synthetic_people import LAST, Life, baseline, days_of

PAGE = "/clients/c-ann/therapy"
DAY = timedelta(days=1)


@pytest.fixture
def house():
    return furnished()


async def got(house, path=PAGE, account="therapist"):
    async with house.visitor(account) as browser:
        return await browser.get(path)


def hidden(text, name):
    return re.search(f'name="{name}" value="([^"]*)"', text)[1]


async def sent(house, path, *, tag=None, csrf=None, **said):
    """Send a form as the page has it."""
    async with house.visitor("therapist") as browser:
        text = (await browser.get(PAGE)).text
        told = {"csrf": csrf or hidden(text, "csrf"), "tag": tag or hidden(text, "tag")}
        return await browser.post(f"/clients/c-ann/{path}", data=told | said)


def context(house):
    commands = {one.id: one for one in house.records.commands("c-ann")}
    return context_of(ClientState(client="c-ann", commands=commands))


async def test_a_course_is_planned_week_by_week(house):
    response = await sent(
        house, "course", action="plan", day="2026-03-30", many="5", middle="2", graduation="4"
    )

    assert (response.status_code, response.headers["location"]) == (303, PAGE)
    assert context(house).phases == (
        (date(2026, 3, 31), "formulation"),
        (date(2026, 4, 7), "middle"),
        (date(2026, 4, 21), "graduation"),
    )
    text = (await got(house)).text
    assert "Mon 27 Apr 2026" in text
    assert "Formulation" in text


@pytest.mark.parametrize(
    ("action", "day", "left"),
    [
        ("missed", "2026-03-30", [(None, "2026-03-30"), (1, "2026-04-06")]),
        ("remove", "2026-03-30", [(1, "2026-04-06")]),
        ("add", "2026-04-08", [(1, "2026-03-30"), (2, "2026-04-06"), (3, "2026-04-08")]),
    ],
)
async def test_single_sessions_can_be_changed(house, action, day, left):
    await sent(house, "course", action="plan", day="2026-03-30", many="2")

    await sent(house, "course", action=action, day=day)

    (course,) = [one for one in house.records.commands("c-ann") if one.kind == "course"]
    numbers, found = iter(range(1, 9)), []
    for one in course.value["sessions"]:
        found.append((None if one.get("missed") else next(numbers), one["date"]))
    assert found == left


async def test_a_target_is_planned_from_the_habitual_time(house):
    await sent(
        house,
        "targets",
        action="plan",
        anchor="bed",
        first="2026-04-01",
        current="00:30",
        goal="23:45",
        step="30",
    )

    assert [minutes for _, _, minutes in context(house).targets] == [0.0, 1425.0]
    assert "from Wed 8 Apr: 23:45" in (await got(house)).text


async def test_a_target_can_be_ended(house):
    await sent(house, "targets", action="plan", anchor="bed", first="2026-03-31", goal="23:00")

    await sent(house, "targets", action="end", anchor="bed", first="2026-03-31")

    assert context(house).targets == (("bed", LAST, None),)


async def test_anchors_that_can_be_known_are_chosen(house):
    response = await sent(
        house, "tracked", items=["dinner", "out_of_bed", "bed"], first="2026-02-01"
    )
    later = await sent(house, "tracked", items=["bed"], first="2026-04-07")

    assert (response.status_code, later.status_code) == (303, 303)
    assert context(house).tracked_items(LAST) == ("out_of_bed", "dinner", "bed")
    text = (await got(house)).text
    assert "Out of bed, dinner, go to bed" in text
    assert "from Tue 7 Apr: go to bed" in text
    assert len(re.findall('name="items" value="[a-z_]+" checked', text)) == 3


async def test_free_days_and_public_holidays_are_set(house):
    response = await sent(
        house, "calendar", action="week", day="2026-03-01", free=["4", "5"], region="EG"
    )
    shift = await sent(house, "calendar", action="work", day="2026-04-03", why="shift")

    assert (response.status_code, shift.status_code) == (303, 303)
    friday = date(2026, 4, 3)
    assert day_type(friday, context(house)) == ("work", "shift")
    assert day_type(friday + 7 * DAY, context(house)) == ("free", "weekend")
    assert day_type(date(2026, 4, 13), context(house)) == ("free", "holiday")  # Sham el-Nessim
    text = (await got(house)).text
    assert "Free every week: Friday, Saturday; public holidays of EG" in text
    assert "Fri 3 Apr: work" in text


async def test_a_date_can_be_as_every_week_again(house):
    await sent(house, "calendar", action="free", day="2026-04-01")

    await sent(house, "calendar", action="usual", day="2026-04-01")

    assert context(house).calendar == ()


async def test_targets_stand_in_the_sheets_of_therapist_and_client(house):
    await sent(house, "targets", action="plan", anchor="dinner", first="2026-03-31", goal="18:17")

    for path, account in (("/clients/c-ann", "therapist"), ("/me", "ann")):
        assert "18:17" in (await got(house, path, account)).text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("targets", {"action": "plan", "anchor": "bed", "first": "2026-03-01", "goal": "23:00"}),
        ("targets", {"action": "plan", "anchor": "bed", "first": "2026-04-01"}),
        ("course", {"action": "plan"}),
        ("course", {"action": "phases", "middle": "9", "graduation": "4"}),
        ("tracked", {"first": "2026-04-01"}),
        ("tracked", {"first": "2026-04-01", "items": "tea"}),
        ("calendar", {"action": "week", "day": "2026-04-01", "free": "6", "region": "QQ"}),
        ("calendar", {"action": "week", "day": "2026-04-01", "free": "7"}),
        ("baseline", {"action": "renew"}),
        ("baseline", {"action": "confirm", "ids": "unknown"}),
        ("threshold", {"action": "on", "hours": "4", "backtest": "none"}),
    ],
)
async def test_what_cannot_be_decided_says_why_and_stores_nothing(house, path, said):
    response = await sent(house, path, **said)

    assert response.status_code == 422
    assert "Nothing of yours was stored" in response.text
    assert house.records.made == []


async def test_what_was_decided_upon_an_older_page_is_not_stored(house):
    old = hidden((await got(house)).text, "tag")
    await sent(house, "course", action="plan", day="2026-03-30")

    response = await sent(house, "baseline", tag=old, action="renew", first="2026-03-01")

    assert (response.status_code, "Somebody was faster" in response.text) == (409, True)
    assert [name for name, _ in house.records.made] == ["course"]


@pytest.mark.parametrize("path", ["course", "targets", "baseline", "threshold"])
async def test_a_form_of_another_page_is_refused(house, path):
    response = await sent(house, path, csrf="0" * 64, action="plan")

    assert response.status_code == 403
    assert house.records.made == []


async def test_a_settled_time_is_confirmed_and_shown_so(house):
    found = [named(baseline(days_of("c-ann", Life(), 60), chart)) for chart in ("sleep.mid",)]
    house.scores._artefacts.clear()
    house.scores.put(artefacts=[("c-ann", one) for one in found])
    before = (await got(house)).text
    client = (await got(house, "/clients/c-ann")).text

    response = await sent(house, "baseline", action="confirm", ids=found[0].id)

    assert "unconfirmed" in before
    assert "baseline unconfirmed" in client
    assert response.status_code == 303
    after = (await got(house)).text
    assert ("unconfirmed" in after, "· confirmed" in after) == (False, True)
    assert "baseline unconfirmed" not in (await got(house, "/clients/c-ann")).text


async def test_a_proposal_is_shown_with_its_reason(house):
    mid = named(baseline(days_of("c-ann", Life(), 60)))
    other = replace(named(replace(mid, centre=4.0)), why="late_data")
    house.scores.put(artefacts=[("c-ann", replace(mid, confirmed=True, proposal=other))])

    text = (await got(house)).text

    assert "Data that arrived late would change it: 04:00" in text


async def test_after_a_renewal_nights_are_counted_from_it(house):
    mid = named(baseline(days_of("c-ann", Life(), 60)))
    over = replace(mid, until=LAST - 9 * DAY, why="renewed")
    house.scores.put(artefacts=[("c-ann", over)])

    text = (await got(house)).text

    assert "no longer in use" in text
    assert re.search(r"\b(8|9) of 28 nights, about \d+ to go", text)


async def test_a_threshold_is_tried_before_it_is_switched_on(house):
    tried = (await got(house, f"{PAGE}?hours=4")).text

    response = await sent(
        house, "threshold", action="on", hours="4", backtest=hidden(tried, "backtest")
    )

    assert "It would have fired 0 times" in tried
    assert response.status_code == 303
    assert "On from Wed 1 Apr: sleep more than 4 h longer or shorter" in (await got(house)).text


async def test_a_threshold_that_fires_too_often_cannot_be_switched_on(house):
    house.person("c-ann", "Ann", Life(spread=2.0), 150)

    text = (await got(house, f"{PAGE}?hours=0.5&nights=2")).text

    assert "More than 3 are too many" in text
    assert "Switch it on" not in text


async def test_a_supervisor_sees_it_without_forms(house):
    house.account("supervisor", "supervisor", clients=frozenset({"c-ann"}))

    text = (await got(house, account="supervisor")).text

    assert 'method="post" action="/clients' not in text


async def test_the_page_before_a_session_has_everything_on_one_page(house):
    await sent(house, "course", action="plan", day="2026-03-17", many="4")
    await sent(house, "targets", action="plan", anchor="dinner", first="2026-03-31", goal="18:17")

    text = (await got(house, "/clients/c-ann/session")).text

    assert "Before session 3" in text
    for told in ("SRM-5", "ALI", "18:17", "Least regular", "Midsleep", "Mood", "sleep is later"):
        assert told in text, told
