from dataclasses import replace
from datetime import date, timedelta

import pytest

from daykeel.demo import check
from daykeel.demo.cast import CAST
from daykeel.demo.check import Told
from daykeel.demo.plan import commands_of, play_of, raw_records
from daykeel.rhythm.synthetic.scripts import EXPECTED

ADVANCE = "c-advance000"
LAST = date(2026, 3, 31)


class Usernames(dict):
    def __missing__(self, device):
        return "-".join(device)


def played(nights, seed):
    play = play_of(check.DEFAULT_START, nights, seed)
    return play, raw_records(play, Usernames()), commands_of(play)


@pytest.fixture(scope="module")
def default():
    return played(check.DEFAULT_NIGHTS, check.DEFAULT_SEED)


@pytest.fixture(scope="module")
def verdict(default):
    return check.judged(*default)


def expected_alerts():
    """One alert for each script that expects any, on its first possible night."""
    return {
        Told(
            member.client,
            min(EXPECTED[member.script.name].kinds),
            LAST - timedelta(days=EXPECTED[member.script.name].nights - 1),
        )
        for member in CAST
        if EXPECTED[member.script.name].kinds
    }


def test_the_default_play_comes_to_what_the_generator_says_of_it(default, verdict):
    play, _, _ = default

    assert check.is_default(play)
    assert list(check.against_table(verdict.alerts, play)) == []
    assert verdict.quarantined == 0


def test_every_client_has_all_nights(default, verdict):
    play, _, _ = default

    assert verdict.nights >= len(CAST) * play.nights
    assert verdict.scores > verdict.nights


def test_the_late_phone_comes_to_what_its_ordered_twin_comes_to(default):
    play, raws, commands = default

    assert list(check.against_twin(raws, commands, play)) == []


def test_what_only_one_side_says_is_told_with_its_side():
    one, other = Told(ADVANCE, "travel", LAST), Told(ADVANCE, "data_loss", LAST)

    assert list(check.against_pure({one}, {one})) == []
    assert list(check.against_pure({one}, {other})) == [
        f"{ADVANCE}: only the running system has travel from 2026-03-31",
        f"{ADVANCE}: only the pure functions have data_loss from 2026-03-31",
    ]


def test_the_table_accepts_what_it_expects(default):
    assert list(check.against_table(expected_alerts(), default[0])) == []


@pytest.mark.parametrize("gone", sorted(expected_alerts()), ids=lambda one: one.client)
def test_the_table_misses_an_alert_that_did_not_come(default, gone):
    told = list(check.against_table(expected_alerts() - {gone}, default[0]))

    assert len(told) == 1
    assert "none of" in told[0]


def test_the_table_tells_of_an_alert_that_came_too_early(default):
    early = {replace(one, onset=one.onset - timedelta(days=1)) for one in expected_alerts()}

    assert len(list(check.against_table(early, default[0]))) == len(early)


def test_the_table_tells_of_an_alert_nobody_expects(default):
    told = check.against_table(
        {*expected_alerts(), Told("c-steady0000", "travel", LAST)}, default[0]
    )

    assert list(told) == ["steady: travel (nothing changes)"]
