import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from daykeel.pipeline.state import Command
from daykeel.rhythm.ledger import Score
from daykeel.web.history import history
from daykeel.web.session_report import MEASURES, MOST_BACK, session_report, span
from daykeel.web.therapy import therapy

sys.path.insert(0, str(Path(__file__).parent))
from house import furnished
from synthetic_people import LAST, score_row

DAY = timedelta(days=1)


@pytest.fixture
def house():
    return furnished()


def held(house, *sessions, **more):
    told = [{"date": (LAST - n * DAY).isoformat()} for n in sessions]
    house.records.kept_commands = [
        Command(client="c-ann", kind="course", id="course", version=1, value={"sessions": told})
    ]
    return therapy(house_services(house), house.records.client("c-ann"))


def house_services(house):
    return house.app().state.services


def report(house, held, alerts=(), start=()):
    last = held.today - DAY
    found = history(house.scores, "c-ann", last - MOST_BACK, last, MEASURES)
    return session_report(held, found, alerts, start)


def weeks(house, *values):
    rows = house.scores._scores
    for key in [key for key in rows if key[:2] == ("c-ann", "week")]:
        del rows[key]
    for back, value in enumerate(reversed(values)):
        score = Score("srm5.weekly", "week", value, value, value, 1.0, "ok")
        ali = Score("srm.ali", "week", 33.0, 33.0, 33.0, 1.0, "ok")
        day = LAST - (2 + 7 * back) * DAY
        house.scores.put(scores=[score_row("c-ann", day, "week", [score, ali])])


@pytest.mark.parametrize(
    ("sessions", "back"), [((), 28), ((14,), 14), ((3,), 7), ((60,), 28), ((14, 0), 14)]
)
def test_it_speaks_of_the_time_since_the_last_session_but_of_a_week_at_least(house, sessions, back):
    found = held(house, *sessions)

    assert span(found) == (LAST - back * DAY, LAST - DAY)


def test_the_session_of_today_is_the_one_it_is_for(house):
    assert report(house, held(house, 14, 7)).number == 3
    assert report(house, held(house, 14, 7, 0)).number == 3


def test_a_change_within_noise_is_called_so(house):
    weeks(house, 5.0, 4.0)
    small = report(house, held(house, 14)).change
    weeks(house, 5.0, 2.5)
    large = report(house, held(house, 14)).change

    assert (small.is_noise, large.is_noise) == (True, False)
    assert (large.before, large.after) == (5.0, 2.5)


def test_srm_never_comes_without_ali(house):
    weeks(house, 5.0, 4.0)

    assert [one.ali for one in report(house, held(house, 14)).weeks] == [33.0, 33.0]


def test_in_graduation_it_compares_with_the_start(house):
    weeks(house, 5.0, 5.2)
    found = held(house, *range(16, 0, -1))
    start = [Score("srm5.weekly", "week", value) for value in (3.0, 3.2, None)]

    told = report(house, found, start=start).from_start

    assert (found.phase, round(told.before, 6), round(told.after, 6)) == ("graduation", 3.1, 5.1)
    assert not told.is_noise
    assert report(house, held(house, 14), start=start).from_start is None


def test_alerts_that_were_over_before_are_left_out(house):
    now = house.clock.now()
    one = house.alert("old", "c-ann", state="resolved", resolved_at=now - 20 * DAY)
    kept = replace(one, id="kept", resolved_at=now - 3 * DAY)
    pending = replace(one, id="pending", state="pending", resolved_at=None)

    found = report(house, held(house, 14), [one, kept, pending])

    assert [alert.id for alert in found.alerts] == ["kept"]


def test_the_anchors_whose_times_vary_most_are_named(house):
    found = report(house, held(house, 28))

    spreads = {one.item: one.spread for one in found.anchors if one.spread is not None}
    assert found.least_regular == tuple(sorted(spreads, key=spreads.get, reverse=True)[:2])


def test_of_a_client_nobody_knows_anything_of_it_says_so(house):
    house.scores.erase("c-ann")

    found = report(house, held(house, 14))

    assert (found.known_nights, found.nights, found.midsleep, found.change) == (0, 14, None, None)
    assert found.gaps == (("unknown", 14),)
    assert {level.days for level in found.levels} == {0}
