"""What pages say of false alerts, held to the figures of docs/evaluation.md."""

import re
import sys
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from daykeel.rhythm.rules import LIVE
from daykeel.web.expectation import EPISODES_A_YEAR, RATES, expectation

sys.path.insert(0, str(Path(__file__).parent))
from house import furnished
from synthetic_people import Life, baseline, days_of, episode, finding

PAGE = (Path(__file__).parents[2] / "docs/evaluation.md").read_text(encoding="utf-8")


def false_alerts(lives):
    """Client-years and false alerts a year of a line of the table."""
    (found,) = re.findall(rf"^\| {re.escape(lives)} \| (\d+) \| ([\d.]+) ", PAGE, re.MULTILINE)
    return float(found[0]), float(found[1])


def rate(generator):
    """False alerts a client-year of all lives without a change on a generator."""
    lines = [false_alerts(f"{generator}, {known}") for known in ("anchors", "tracker")]
    return sum(years * each for years, each in lines) / sum(years for years, _ in lines)


def raised(kind="phase_delay", version=LIVE.version):
    days = days_of("c-1", Life(drift=3.0))
    found = finding(days, replace(baseline(days), rule_version=version))
    return episode("c-1", kind, found)


def test_the_page_is_of_the_live_rules():
    assert re.search(r"rules `(.+?)`", PAGE)[1] == LIVE.version


@pytest.mark.parametrize(("generator", "bound"), [("stated", "low"), ("other", "high")])
def test_the_rates_of_the_live_rules_are_those_of_the_evaluation(generator, bound):
    (told,) = RATES[LIVE.version]

    assert getattr(told, bound) == pytest.approx(rate(generator), abs=0.05)


def test_the_episodes_a_year_are_those_of_the_evaluation():
    assert f"came {EPISODES_A_YEAR} times a client-year" in PAGE


def test_an_alert_by_the_live_rules_says_how_many_of_ten():
    true = 0.6 * EPISODES_A_YEAR
    in_ten = 10 * rate("other") / (true + rate("other"))

    said = int(re.fullmatch(r"about (\d) of 10", expectation(raised()).told)[1])

    assert said == pytest.approx(in_ten, abs=0.6)


UNCOUNTED = [
    (raised("lost_anchors"), "leaves an anchor out without anything having changed"),
    (raised(version="calm-1"), "are the clinic's or the client's own"),
]


@pytest.mark.parametrize(("one", "why"), UNCOUNTED)
def test_what_no_simulation_has_counted_is_called_not_known_with_the_way_to_find_out(one, why):
    told, basis = expectation(one)

    assert told == "not known"
    assert why in basis
    assert "A back-test shows" in basis


@pytest.mark.parametrize(("one", "why"), UNCOUNTED)
async def test_page_and_api_say_why_it_is_not_known_and_how_to_find_out(one, why):
    house = furnished()
    house.alert("alert-ann", "c-ann", kind=one.kind, episode=replace(one, client="c-ann"))

    async with house.visitor("therapist") as browser:
        page = unescape((await browser.get("/alerts/alert-ann")).text)
        answer = (await browser.get("/v1/alerts/alert-ann")).json()["expectation"]

    assert answer == expectation(one)._asdict()
    assert why in answer["basis"]
    assert f'<dd>not known<span class="explained">{answer["basis"]}</span>' in page


def test_of_what_is_no_question_of_change_nothing_is_said():
    assert expectation(raised("travel")) is None
