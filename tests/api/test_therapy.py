import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from daykeel.alerting.knowledge import Known
from daykeel.pipeline.context import context_of
from daykeel.pipeline.state import ClientState
from daykeel.rhythm.baseline import named
from daykeel.rhythm.rules import LIVE

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from house import furnished
from synthetic_people import LAST, Life, baseline, days_of

ROOT = "/v1/clients/c-ann"
DAY = timedelta(days=1)
COURSE = {"sessions": [{"date": "2026-03-02"}, {"date": "2026-03-09", "missed": True}]}
BED = {"anchor": "bed", "first": "2026-04-01", "minutes": 0, "current": 60, "step": 30}


@pytest.fixture
def house():
    return furnished()


async def got(house, path="/therapy", account="therapist"):
    async with house.visitor(account) as browser:
        return await browser.get(ROOT + path)


async def sent(house, method, path, body=None, *, tag=None, key=None, account="therapist"):
    if tag is None:
        tag = (await got(house)).headers["etag"]
    headers = {"if-match": tag, "idempotency-key": key}
    async with house.visitor(account) as browser:
        return await browser.request(
            method,
            ROOT + path,
            json=body,
            headers={name: value for name, value in headers.items() if value},
        )


def context(house):
    commands = {one.id: one for one in house.records.commands("c-ann")}
    return context_of(ClientState(client="c-ann", commands=commands))


async def test_without_decisions_it_is_the_middle(house):
    body = (await got(house)).json()

    assert (body["phase"], body["course"], body["targets"]) == ("middle", None, [])
    assert {one["chart"] for one in body["baselines"]} == {"sleep.mid", "srm.hit_fraction"}
    assert not any(one["confirmed"] for one in body["baselines"])
    assert ("therapist", "client.read", "client/c-ann") in house.records.audited


async def test_a_course_reaches_the_stream_as_a_command(house):
    response = await sent(house, "PUT", "/course", COURSE)

    body = response.json()
    assert [(one["number"], one["phase"]) for one in body["course"]["sessions"]] == [
        (1, "formulation"),
        (None, None),
    ]
    assert (body["phase"], body["session"]) == ("formulation", 1)
    assert context(house).phase(LAST) == "formulation"
    assert house.records.made == [("course", "therapist")]
    assert ("therapist", "client.decide", "client/c-ann") in house.records.audited


@pytest.mark.parametrize(
    "course",
    [
        {"sessions": [{"date": "2026-03-02"}] * 2},
        {"sessions": [], "middle": 9, "graduation": 4},
        {"sessions": [], "middle": 0},
    ],
)
async def test_an_impossible_course_is_refused_with_the_reason(house, course):
    response = await sent(house, "PUT", "/course", course)

    assert (response.status_code, response.json()["type"]) == (409, "/problems/decision-impossible")
    assert house.records.made == []


async def test_targets_move_in_small_steps(house):
    response = await sent(house, "POST", "/targets", BED)

    assert response.json()["targets"] == [
        {"anchor": "bed", "first": "2026-04-01", "minutes": 30.0},
        {"anchor": "bed", "first": "2026-04-08", "minutes": 0.0},
    ]


async def test_what_can_be_known_and_which_days_are_free_is_set_from_a_day_on(house):
    tracked = {"first": "2026-01-01", "items": ["bed", "dinner"]}
    week = {"first": "2026-03-01", "free_weekdays": [4, 5], "region": "DE-BY"}
    leave = {"date": "2026-04-02", "day_type": "free", "why": "leave"}
    for path, said in (("/tracked", tracked), ("/week", week), ("/calendar", leave)):
        assert (await sent(house, "PUT", path, said)).status_code == 200

    body = (await got(house)).json()

    assert body["tracked"] == [tracked | {"items": ["dinner", "bed"]}]
    assert (body["weeks"], body["days"]) == ([week], [leave])
    assert context(house).tracked_items(LAST) == ("dinner", "bed")
    again = await sent(house, "PUT", "/calendar", leave | {"day_type": None})
    assert again.json()["days"] == []


async def test_what_counted_on_past_days_stays(house):
    tracked = {"first": "2026-03-30", "items": ["bed"]}
    await sent(house, "PUT", "/tracked", tracked)

    response = await sent(house, "PUT", "/tracked", tracked | {"first": "2026-03-29"})

    assert (response.status_code, "past" in response.json()["detail"]) == (409, True)
    corrected = await sent(house, "PUT", "/tracked", tracked | {"items": ["dinner"]})
    assert corrected.json()["tracked"] == [{"first": "2026-03-30", "items": ["dinner"]}]


@pytest.mark.parametrize(
    ("path", "wrong", "status"),
    [
        ("/tracked", {"first": "2026-04-01", "items": []}, 422),
        ("/tracked", {"first": "2026-04-01", "items": ["tea"]}, 422),
        ("/week", {"first": "2026-04-01", "free_weekdays": [7]}, 422),
        ("/week", {"first": "2026-04-01", "free_weekdays": [6], "region": "QQ"}, 409),
        ("/calendar", {"date": "2026-04-01", "day_type": "holiday"}, 422),
        ("/calendar", {"date": "2026-04-01", "day_type": "free", "why": "visits Max"}, 422),
    ],
)
async def test_days_that_cannot_be_meant_are_refused(house, path, wrong, status):
    assert (await sent(house, "PUT", path, wrong)).status_code == status
    assert house.records.made == []


async def test_what_was_agreed_for_the_past_cannot_be_changed(house):
    response = await sent(house, "POST", "/targets", BED | {"first": "2026-03-30"})

    assert (response.status_code, "past" in response.json()["detail"]) == (409, True)


@pytest.mark.parametrize("wrong", [{"step": 61}, {"step": 0}, {"minutes": 1440}, {"anchor": "tea"}])
async def test_a_plan_that_cannot_be_meant_is_refused(house, wrong):
    assert (await sent(house, "POST", "/targets", BED | wrong)).status_code == 422


async def test_without_a_tag_or_with_an_old_one_nothing_is_decided(house):
    old = (await got(house)).headers["etag"]
    await sent(house, "PUT", "/course", COURSE)

    late = await sent(house, "POST", "/targets", BED, tag=old)
    async with house.visitor("therapist") as browser:
        without = await browser.post(ROOT + "/targets", json=BED)

    assert (late.status_code, without.status_code) == (412, 428)
    assert [name for name, _ in house.records.made] == ["course"]


async def test_a_repeated_request_acts_once(house):
    tag = (await got(house)).headers["etag"]

    first, second = [
        await sent(house, "PUT", "/course", COURSE, tag=tag, key="once") for _ in range(2)
    ]
    other = await sent(house, "POST", "/targets", BED, key="once")

    assert (first.status_code, second.status_code, other.status_code) == (200, 200, 422)
    assert len(house.records.made) == 1


def settled(house, **more):
    """Let the store hold baselines whose ids are the hashes of their contents."""
    days = days_of("c-ann", Life(), 60)
    found = [named(replace(baseline(days, chart), **more)) for chart in ("sleep.mid",)]
    house.scores._artefacts.clear()
    house.scores.put(artefacts=[("c-ann", one) for one in found])
    return found[0]


async def test_a_confirmed_baseline_is_pinned_with_its_content(house):
    mid = settled(house)

    response = await sent(house, "POST", "/baseline", {"action": "confirm", "ids": [mid.id]})

    assert [one["confirmed"] for one in response.json()["baselines"]] == [True]
    (pinned,) = context(house).decisions.confirmed
    assert (pinned.id, pinned.centre) == (mid.id, mid.centre)


async def test_only_what_is_in_use_can_be_confirmed(house):
    over = settled(house, until=LAST)

    for body in ({"action": "confirm", "ids": [over.id]}, {"action": "confirm", "ids": []}):
        assert (await sent(house, "POST", "/baseline", body)).status_code == 409


async def test_a_proposal_takes_the_place_of_what_was_pinned(house):
    mid = settled(house)
    await sent(house, "POST", "/baseline", {"action": "confirm", "ids": [mid.id]})
    other = named(replace(mid, centre=mid.centre + 1))
    proposed = replace(mid, confirmed=True, proposal=replace(other, why="late_data"))
    house.scores.put(artefacts=[("c-ann", proposed)])

    shown = (await got(house)).json()
    response = await sent(house, "POST", "/baseline", {"action": "confirm", "ids": [other.id]})

    assert [one["why"] for one in shown["proposals"]] == ["late_data"]
    assert response.status_code == 200
    assert [one.id for one in context(house).decisions.confirmed] == [other.id]


async def test_renewing_ends_pins_of_later_nights(house):
    mid = settled(house)
    await sent(house, "POST", "/baseline", {"action": "confirm", "ids": [mid.id]})

    first = mid.frozen - DAY
    body = {"action": "renew", "first": first.isoformat()}
    response = await sent(house, "POST", "/baseline", body)

    assert response.json()["renewed"] == [first.isoformat()]
    assert context(house).decisions.confirmed == ()


async def test_renewing_earlier_than_a_pin_was_made_of_leaves_it(house):
    mid = settled(house)
    await sent(house, "POST", "/baseline", {"action": "confirm", "ids": [mid.id]})

    body = {"action": "renew", "first": (mid.frozen + DAY).isoformat()}
    await sent(house, "POST", "/baseline", body)

    assert len(context(house).decisions.confirmed) == 1


@pytest.mark.parametrize("body", [{"action": "renew"}, {"action": "renew", "first": "2026-04-09"}])
async def test_a_renewal_needs_a_night_that_has_been(house, body):
    assert (await sent(house, "POST", "/baseline", body)).status_code == 409


async def tried(house, query=""):
    return (await got(house, f"/threshold/backtest{query}")).json()


async def test_a_threshold_is_switched_on_once_its_back_test_was_shown(house):
    shown = await tried(house, "?hours=4")

    response = await sent(house, "PUT", "/threshold", {"hours": 4, "backtest": shown["id"]})

    assert (shown["fired"], shown["is_refused"]) == ([], False)
    (found,) = response.json()["thresholds"]
    assert (found["hours"], found["first"], found["last"]) == (4.0, "2026-04-01", None)
    (threshold,) = context(house).thresholds
    assert (threshold.first, threshold.sides) == (LAST + DAY, ("late_low", "early_high"))


@pytest.mark.parametrize("shown", ["none", "another"])
async def test_without_having_been_shown_it_is_not(house, shown):
    other = (await tried(house, "?hours=5"))["id"] if shown == "another" else "none"

    response = await sent(house, "PUT", "/threshold", {"hours": 4, "backtest": other})

    assert (response.status_code, "Look first" in response.json()["detail"]) == (409, True)
    assert house.records.made == []


async def test_a_threshold_that_fires_too_often_is_refused_with_its_nights(house):
    house.person("c-ann", "Ann", Life(spread=2.0), 150)
    shown = await tried(house, "?hours=0.5&nights=2")

    body = {"hours": 0.5, "nights": 2, "backtest": shown["id"]}
    response = await sent(house, "PUT", "/threshold", body)

    assert len(shown["fired"]) > 3
    assert (response.status_code, response.json()["fired"]) == (409, shown["fired"])
    assert f"{len(shown['fired'])} times" in response.json()["detail"]
    assert house.records.made == []


async def test_without_a_baseline_there_is_nothing_to_try_it_on(house):
    house.scores.erase("c-ann")

    response = await got(house, "/threshold/backtest")
    on = await sent(house, "PUT", "/threshold", {"backtest": "none"})

    assert (response.status_code, on.status_code) == (409, 409)
    assert on.json()["type"] == "/problems/threshold-too-frequent"


async def test_another_threshold_takes_the_place_of_the_one_in_force(house):
    for hours in (4, 5):
        shown = await tried(house, f"?hours={hours}")
        await sent(house, "PUT", "/threshold", {"hours": hours, "backtest": shown["id"]})

    assert [one.hours for one in context(house).thresholds] == [5.0]


async def test_a_threshold_is_switched_off_from_tonight(house):
    shown = await tried(house, "?hours=4")
    await sent(house, "PUT", "/threshold", {"hours": 4, "backtest": shown["id"]})
    house.clock.instant += 3 * DAY

    response = await sent(house, "DELETE", "/threshold")

    assert response.json()["thresholds"] == []
    (threshold,) = context(house).thresholds
    assert (threshold.first, threshold.last) == (LAST + DAY, LAST + 3 * DAY)


async def test_a_threshold_that_never_was_in_force_leaves_nothing(house):
    shown = await tried(house, "?hours=4")
    await sent(house, "PUT", "/threshold", {"hours": 4, "backtest": shown["id"]})

    await sent(house, "DELETE", "/threshold")

    assert context(house).thresholds == ()


async def test_what_is_needed_before_a_session_comes_as_data(house):
    await sent(house, "PUT", "/course", {"sessions": [{"date": "2026-03-17"}]})

    body = (await got(house, "/session")).json()

    assert (body["first"], body["last"], body["number"]) == ("2026-03-17", "2026-03-30", 2)
    assert body["anchors"][0]["item"] == "out_of_bed"
    assert [one["title"] for one in body["alerts"]] == ["Rhythm change: sleep is later"]
    assert body["nights"] == 14


CALM = {"version": "calm", "limits": [[0, 30.0]], "acute_far": 90, "acute_much": 20}


async def test_rules_of_the_client_s_own_hold_from_a_night_to_come(house):
    response = await sent(house, "PUT", "/rules", {"first": "2026-04-01", "rules": CALM})

    assert response.status_code == 200
    ((first, rules),) = context(house).rules
    assert (first, rules.version, rules.limits) == (LAST + DAY, "calm", ((0, 30.0),))


@pytest.mark.parametrize(
    ("first", "rules", "status"),
    [
        ("2026-03-31", CALM, 409),
        ("2026-04-01", CALM | {"agreed_hours": 1.0}, 409),
        ("2026-04-01", {"version": "a", "weight": 9}, 422),
        ("2026-04-01", {"version": "a", "sense": 1}, 422),
        ("2026-04-01", {}, 422),
    ],
)
async def test_rules_that_cannot_be_are_refused(house, first, rules, status):
    response = await sent(house, "PUT", "/rules", {"first": first, "rules": rules})

    assert response.status_code == status
    assert house.records.made == []


async def test_a_client_may_go_back_to_the_clinic_s_rules(house):
    await sent(house, "PUT", "/rules", {"first": "2026-04-01", "rules": CALM})

    await sent(house, "PUT", "/rules", {"first": "2026-04-01", "rules": None})

    assert [rules.version for _, rules in context(house).rules] == [LIVE.version]


async def test_a_back_test_sets_rules_side_by_side(house):
    async with house.visitor("therapist") as browser:
        response = await browser.post(ROOT + "/backtest", json={"rules": [CALM], "days": 30})

    live, calm = response.json()
    assert (live["rules"], calm["rules"]) == (LIVE.version, "calm")
    assert "phase_delay" in {one["kind"] for one in live["alerts"]}
    assert [one["kind"] for one in calm["alerts"] if one["kind"] != "data_loss"] == []
    assert live["per_year_lo"] < live["per_year"] < live["per_year_hi"]
    assert house.records.made == []


async def test_a_back_test_as_known_says_where_only_last_versions_are(house):
    asked = {"rules": [CALM], "days": 30, "mode": "as_known"}
    days = house.scores.days("c-ann", date.min, date.max)
    async with house.visitor("therapist") as browser:
        before = (await browser.post(ROOT + "/backtest", json=asked)).json()
        whole = Known(days[-1].night.finalised_at, tuple(days), context(house))
        house.scores.put(known=[("c-ann", whole)])
        after = (await browser.post(ROOT + "/backtest", json=asked)).json()

    assert [one["last_only"] for one in before] == [30, 30]
    assert [one["last_only"] for one in after] == [0, 0]
    known_at = whole.at.isoformat().replace("+00:00", "Z")
    assert {one["raised_at"] for one in after[0]["alerts"]} == {known_at}


async def test_a_back_test_of_nothing_says_so(house):
    house.scores.erase("c-ann")

    async with house.visitor("therapist") as browser:
        response = await browser.post(ROOT + "/backtest", json={"rules": [CALM]})

    assert (response.status_code, "nothing to test" in response.json()["detail"]) == (409, True)
