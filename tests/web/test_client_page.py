import re
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from daykeel.rhythm.ledger import Score
from daykeel.web.history import history

sys.path.insert(0, str(Path(__file__).parent))
from house import furnished
from synthetic_people import LAST, score_row

DAY = timedelta(days=1)


@pytest.fixture
def house():
    return furnished()


async def page(house, client="c-ann"):
    async with house.visitor("therapist") as browser:
        return (await browser.get(f"/clients/{client}")).text


def shown(text, name):
    """What stands beside a score's name."""
    return re.search(rf"<dt>{name}.*?</div>", text, re.DOTALL)[0]


def only(house, window, day, *scores):
    """Let the store hold just these scores of one window."""
    rows = house.scores._scores
    for key in [key for key in rows if key[:2] == ("c-ann", window)]:
        del rows[key]
    house.scores.put(scores=[score_row("c-ann", day, window, scores)])


async def test_each_score_is_read_from_the_window_it_is_computed_for(house):
    known = {"coverage": 1.0, "status": "ok"}
    only(house, "1d", LAST - DAY, Score("srm.hit_fraction", "1d", 0.8, 0.8, 0.8, **known))
    only(house, "7d", LAST, Score("sri.window", "7d", 77.0, 77.0, 77.0, **known))
    only(house, "week", LAST - 2 * DAY, Score("srm.sleep_anchors", "week", 6.5, 6.5, 6.5, **known))

    text = await page(house)

    assert "80 %" in shown(text, "Anchors near the habitual time")
    assert "77" in shown(text, "Sleep regularity index")
    assert "6.5 of 7" in shown(text, "Sleep anchors")


async def test_a_score_that_cannot_be_told_says_why(house):
    only(house, "7d", LAST, Score("srm5.rolling", "7d", reasons=("few_days", "gap:not_worn")))

    told = shown(await page(house), "SRM-5")

    assert "not enough data" in told
    assert "too few days, not worn" in told


async def test_srm_never_stands_without_ali(house):
    text = await page(house)

    assert text.index("SRM-5, last 7 days") < text.index("Activity level index")


async def test_a_provisional_score_is_marked_in_words(house):
    score = Score("sri.window", "7d", 70.0, 60.0, 75.0, 0.7, "provisional", ("few_pairs",))
    only(house, "7d", LAST, score)

    told = shown(await page(house), "Sleep regularity index")

    assert "provisional" in told
    assert "70 (60 to 75)" in told


async def test_withdrawn_alerts_stay_and_are_called_so(house):
    house.alert("gone", "c-ann", state="resolved", reason="withdrawn")

    text = await page(house)

    assert '<a href="/alerts/gone">' in text
    assert re.search(r"/alerts/gone.*?withdrawn</span>.*?by late data", text, re.DOTALL)


@pytest.mark.parametrize("state", ["pending", "cancelled"])
async def test_what_nobody_was_told_is_folded_away(house, state):
    house.alert("dropped", "c-ann", kind="data_loss", state=state, reason="withdrawn")

    text = await page(house)

    assert "1 that nobody was told of" in text
    assert text.index("/alerts/alert-ann") < text.index("<details>") < text.index("/alerts/dropped")


async def test_unresolved_alerts_come_first(house):
    house.alert("over", "c-ann", state="resolved", reason="recovered")

    text = await page(house)

    assert text.index("/alerts/alert-ann") < text.index("/alerts/over")


async def test_without_alerts_the_page_does_not_say_that_all_is_well(house):
    house.records.kept_alerts.clear()

    assert "None. That says nothing about how somebody is." in await page(house)


async def test_the_clock_change_is_marked_in_the_actogram(house):
    (record,) = house.scores.days("c-ann", LAST - 2 * DAY, LAST - DAY)
    night = replace(record.night, flags=("dst", "dst_1"))
    house.scores.put(days=[replace(record, night=night)])

    text = await page(house)

    assert ">clock change</text>" in text
    assert 'class="change"' in text


async def test_nights_without_data_are_hatched_and_never_joined(house):
    text = await page(house)

    trend = re.search(r"<svg[^>]*chart-trend.*?</svg>", text, re.DOTALL)[0]
    assert 'class="unknown"' in trend
    assert trend.count("<polyline") == 2


async def test_somebody_of_whom_nothing_came_has_a_page_that_says_so(house):
    house.person("c-ben", "Ben Bakker", None)
    for kept in (house.scores._nights, house.scores._days, house.scores._scores):
        for key in [key for key in kept if key[0] == "c-ben"]:
            del kept[key]
    house.scores._artefacts.clear()

    text = await page(house, "c-ben")

    assert "baseline: 0 of 28 nights" in text
    assert "Nothing is known of these nights." in text


def test_history_reads_no_window_it_was_not_asked_for(house, monkeypatch):
    asked = []
    honest = house.scores.scores

    def noted(client, window, first, stop):
        asked.append(window)
        return honest(client, window, first, stop)

    monkeypatch.setattr(house.scores, "scores", noted)

    found = history(house.scores, "c-ann", LAST, LAST, ["sri.pair", "srm.hit_fraction"])

    assert asked == ["1d"]
    assert {measure for measure, _ in found.scores} == {"sri.pair", "srm.hit_fraction"}
