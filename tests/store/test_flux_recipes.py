"""Every recipe of `docs/flux.md`, run against a real InfluxDB, with the rows it must answer."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rows import NOW, baseline

from daykeel.rhythm.ledger import Bounded, DayRecord, Night, Score, ScoreRow
from daykeel.rhythm.registry import MAJOR
from daykeel.scores.open import open_scores
from daykeel.scores.protocol import StoredNight

PAGE = (Path(__file__).parents[2] / "docs/flux.md").read_text()
RECIPES = dict(re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?```flux\n(.*?)```", PAGE, re.M | re.S))
SPAN = {"_start": datetime(2026, 1, 1, tzinfo=UTC), "_stop": datetime(2027, 1, 1, tzinfo=UTC)}


def march(day):
    return date(2026, 3, day)


def sri(client, day, *told, **changes):
    score = replace(Score("sri.window", "7d", *told), **changes)
    return ScoreRow(client, day, "7d", "UTC", (score,))


def srm(client, day, value):
    status = "insufficient" if value is None else "ok"
    return ScoreRow(
        client, day, "week", "UTC", (Score("srm5.weekly", "week", value, status=status),)
    )


def night(client, day, mid, version=1, state="final", **changes):
    told = Night(client, day, True, NOW, mid=Bounded(mid), zone="America/New_York", **changes)
    return StoredNight(told, version, state, NOW)


def day(client, day, mood):
    return DayRecord(client, day, Night(client, day, True, NOW), mood=mood)


@pytest.fixture
def asked(influx):
    store = open_scores(influx.url())
    store.put(
        nights=[
            night(
                "ann", march(1), 3.5, onset=Bounded(-0.5), duration=Bounded(480.0), flags=("dst",)
            ),
            night("ann", march(2), None, version=3, state="revised"),
            night("ben", march(1), 4.25, state="provisional"),
            night("ben", march(2), 4.5),
            night("ben", date(2025, 12, 31), 9.0),
        ],
        days=[
            day("ann", march(1), 3),
            day("ann", march(2), 1),
            day("ben", march(1), None),
            day("ben", march(2), -2),
        ],
        scores=[
            sri("ann", march(2), 81.5, 80.0, 83.0, 0.75, "ok"),
            sri("ann", march(1), 70.0, 60.0, 75.0, 0.25, "provisional"),
            sri("ann", march(3), coverage=0.5, reasons=("few_pairs", "off_wrist")),
            sri("ben", march(1), coverage=0.0, reasons=("few_pairs",)),
            sri("ben", march(2), coverage=0.0, reasons=("few_pairs",)),
            sri("ben", date(2027, 1, 1), 99.0, status="ok"),
            srm("ann", march(1), 4.5),
            srm("ann", march(8), 5.0),
            srm("ben", march(1), 3.0),
            srm("ben", march(8), None),
        ],
        artefacts=[
            ("ann", baseline(march(1), centre=3.5)),
            ("ann", baseline(march(2), centre=4.0)),
            ("ann", baseline(march(1), chart="sleep.duration", centre=460.0)),
            ("ben", baseline(march(1), centre=5.0)),
        ],
    )
    store.close()

    def answer(recipe, *columns, **values):
        flux = RECIPES[recipe].replace('"daykeel-', f'"{influx.prefix}-')
        rows = influx.query(flux, **SPAN, **values)
        return [
            tuple(row[name].date() if name == "_time" else row[name] for name in columns)
            for row in rows
        ]

    return answer


def sri_over_a_year(asked):
    columns = ("value", "lo", "hi", "status")
    names = ("_time", *(f"sri.window.{one}" for one in columns))

    assert asked("One client's sleep regularity index over a year", *names, _client="ann") == [
        (march(1), 70.0, 60.0, 75.0, "provisional"),
        (march(2), 81.5, 80.0, 83.0, "ok"),
    ]


def coverage(asked):
    found = asked("How much is known of each client", "client", "days", "known", "coverage")

    assert sorted(found) == [("ann", 3.0, 2.0, 0.5), ("ben", 2.0, 0.0, 0.0)]


def reasons(asked):
    assert asked("Why scores are missing", "client", "reasons", "days") == [
        ("ann", "few_pairs,off_wrist", 1),
        ("ben", "few_pairs", 2),
    ]


def weekly_srm(asked):
    found = asked("The weekly social rhythm metric of all clients", "_time", "ann", "ben")

    assert found == [(march(1), 4.5, 3.0), (march(8), 5.0, None)]


def nights(asked):
    names = ("_time", "state", "version", "onset.value", "onset.value_known", "duration.value")

    assert asked("Nights with their states", *names, "flags", _client="ann") == [
        (march(1), "final", 1.0, -0.5, True, 480.0, "dst"),
        (march(2), "revised", 3.0, -1e99, False, -1e99, None),
    ]


def states(asked):
    found = asked("How many nights are provisional, final and revised", "state", "nights")

    assert found == [("final", 2), ("provisional", 1), ("revised", 1)]


def mood(asked):
    recipe = "Midsleep beside the mood of the day that follows"

    assert asked(recipe, "_time", "client", "mid", "mood") == [
        (march(1), "ann", 3.5, 3.0),
        (march(2), "ben", 4.5, -2.0),
    ]


def baselines(asked):
    names = ("client", "chart", "_time", "centre", "scale", "nights")
    found = asked("What each client is compared with", *names)

    assert sorted(found) == [
        ("ann", "sleep.duration", march(1), 460.0, 0.4, 28.0),
        ("ann", "sleep.mid", march(2), 4.0, 0.4, 28.0),
        ("ben", "sleep.mid", march(1), 5.0, 0.4, 28.0),
    ]


ANSWERS = (sri_over_a_year, coverage, reasons, weekly_srm, nights, states, mood, baselines)


@pytest.mark.servers
@pytest.mark.parametrize("check", ANSWERS, ids=lambda one: one.__name__)
def test_a_recipe_answers_what_the_page_says(asked, check):
    check(asked)


def test_every_recipe_is_run():
    assert len(RECIPES) == PAGE.count("```flux") == len(ANSWERS)


def test_recipes_ask_for_the_registry_there_is():
    assert set(re.findall(r'r\.registry == "(\d+)"', PAGE)) == {str(MAJOR)}
