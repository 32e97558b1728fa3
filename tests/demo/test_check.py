from dataclasses import replace
from datetime import date, timedelta

import pytest

from daykeel.demo import check
from daykeel.demo.cast import CAST
from daykeel.demo.check import Told
from daykeel.demo.plan import commands_of, play_of, raw_records
from daykeel.pipeline.batch import batch
from daykeel.rhythm.synthetic.scripts import EXPECTED
from daykeel.scores.open import open_scores
from daykeel.scores.protocol import StoredNight

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


@pytest.fixture
def stored(tmp_path):
    """A short play of one client, and a store of what the pure functions say of it."""
    play, raws, commands = played(12, 5)
    raws = [raw for raw in raws if raw.client == ADVANCE]
    ruled = [command for command in commands if command.client == ADVANCE]
    outputs = batch(raws, ruled, play.ends).outputs[ADVANCE]
    store = open_scores(f"sqlite:///{tmp_path}/scores.db")
    nights = [StoredNight(one.night, one.version, one.state, play.ends) for one in outputs.nights]
    store.put(nights=nights, scores=outputs.scores)
    return store, nights, outputs, (play, raws, commands)


def test_a_store_that_holds_what_was_computed_agrees(stored):
    store, _, _, judging = stored

    assert check.judged(*judging, store).problems == []


def test_a_night_that_is_stored_otherwise_is_told(stored):
    store, nights, _, judging = stored
    store.put(nights=[nights[3]._replace(night=replace(nights[3].night, coverage=0.123))])

    assert [f"night {nights[3].night.night} differs: coverage"] == [
        one.partition(": ")[2] for one in check.judged(*judging, store).problems
    ]


def test_a_night_that_only_the_running_system_has_is_told(stored):
    store, nights, _, judging = stored
    day = judging[0].first + timedelta(days=judging[0].nights + 3)
    final = next(one for one in nights if one.night.final)
    store.put(nights=[final._replace(night=replace(final.night, night=day))])

    (told,) = check.judged(*judging, store).problems
    assert "only the running system" in told


def test_scores_that_only_the_running_system_has_are_told(stored):
    store, nights, outputs, judging = stored
    day = next(one.night.night for one in nights if one.night.final)
    store.put(scores=[replace(outputs.scores[0], window="week", local_date=day)])

    assert f"scores week of {day} differ" in "".join(check.judged(*judging, store).problems)


def test_messages_that_are_missing_on_the_log_are_told():
    assert list(check.against_log(7, 7)) == list(check.against_log(8, 7)) == []
    assert list(check.against_log(5, 7)) == ["2 of 7 messages are not on the log"]
