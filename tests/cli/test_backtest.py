import json
import re
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from daykeel.alerting.knowledge import Known
from daykeel.api.app import build_app
from daykeel.api.settings import ApiSettings
from daykeel.cli import backtest, rules
from daykeel.cli.folder import opened
from daykeel.cli.main import parser_for
from daykeel.cli.say import Refused
from daykeel.clock.clock import SteppedClock
from daykeel.pipeline.context import context_with
from daykeel.records.decisions import Decided, Made, tag
from daykeel.rhythm.rules import LIVE
from daykeel.scores.open import open_scores

sys.path.insert(0, str(Path(__file__).parents[1] / "rhythm"))
sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from day_records import shifted, steady
from house import MemoryLog

NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)
CALM = {"version": "calm", "limits": [[0, 30.0]], "acute_far": 90, "acute_much": 20}


@pytest.fixture
def home(tmp_path):
    """An installation with a client whose sleep became later."""
    folder = opened(tmp_path / "home")
    folder.records().add_client("Ann", "UTC", now=NOW, id="c-1")
    store = open_scores(folder.store("scores"))
    store.put(days=days())
    store.close()
    return folder


def days():
    return shifted(steady(60), 14, mid=2.5)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(CALM))
    return path


def run(module, home, *told):
    name = module.__name__.rpartition(".")[2]
    given = [name, *map(str, told), "--data", str(home.path)]
    return module.run(parser_for(given).parse_args(given))


def printed(capsys):
    return {line.split("  ")[0]: line.split()[-1] for line in capsys.readouterr().out.splitlines()}


def context(home):
    return context_with("c-1", home.records().commands("c-1"))


def test_it_sets_the_rules_in_force_beside_those_of_the_file(home, file, capsys):
    assert run(backtest, home, "--client", "c-1", "--rules", file, "--days", 30) == 0

    out = capsys.readouterr().out
    assert out.splitlines()[0].split() == ["rules", LIVE.version, "calm"]
    assert "sleep is later            1                         0" in out
    assert "no rhythm alert" in out


@pytest.mark.parametrize("mode", ["as_final", "as_known"])
def test_either_mode_can_be_asked_for(home, file, mode, capsys):
    run(backtest, home, "--client", "c-1", "--rules", file, "--mode", mode)

    assert "rhythm alerts a year" in capsys.readouterr().out


def test_as_known_it_says_of_how_many_nights_only_the_last_version_is_known(home, file, capsys):
    asked = ("--client", "c-1", "--rules", file, "--mode", "as_known", "--days", 30)
    run(backtest, home, *asked)
    before = capsys.readouterr().out
    known = [Known(NOW - timedelta(days=90), context=context(home))]
    known += [Known(one.night.finalised_at, (one,), number=1) for one in days()]
    store = open_scores(home.store("scores"))
    store.put(known=[("c-1", one) for one in known])
    store.close()

    run(backtest, home, *asked)

    after = capsys.readouterr().out
    assert "only last version known   30 nights                 30 nights" in before
    assert "only last version" not in after
    assert "sleep is later            1                         0" in after


async def by_the_api(home, asked):
    """What a therapist who asks for the same gets."""
    records = home.records()
    account = records.add_account("therapist", "Dr. B", now=NOW).id
    records.assign(account, "c-2", now=NOW)
    token = records.redeem(records.login_link(account, now=NOW), now=NOW)
    clock = SteppedClock(home.clock_file)
    with closing(open_scores(home.store("scores"))) as scores:
        app = build_app(scores, records, MemoryLog(), clock, ApiSettings(), wall=clock)
        cookies = {"daykeel_session": token}
        through = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=through, cookies=cookies) as browser:
            browser.headers["origin"] = "http://localhost"
            answer = await browser.post("http://localhost/v1/clients/c-2/backtest", json=asked)
    return answer.json()


@pytest.mark.parametrize(
    ("mode", "first", "in_force"),
    [
        ("as_final", 8, "own"),
        ("as_final", 9, LIVE.version),
        ("as_known", 8, LIVE.version),
    ],
)
async def test_command_and_api_set_the_rules_of_the_night_to_come_beside_others(
    home, file, capsys, *, mode, first, in_force
):
    SteppedClock(home.clock_file).set(NOW)  # in Auckland it is the seventh
    records = home.records()
    records.add_client("Bo", "Pacific/Auckland", now=NOW, id="c-2")
    own = {"first": f"2026-03-{first:02}", "rules": CALM | {"version": "own"}}
    decided = [Decided("rules", "rules/client/own", own)]
    upon = tag(records.commands("c-2"))
    records.decide("c-2", decided, expected=upon, made=Made("operator", NOW))
    with closing(open_scores(home.store("scores"))) as store:
        store.put(days=[replace(one, client="c-2") for one in days()])

    run(backtest, home, "--client", "c-2", "--rules", file, "--days", 30, "--mode", mode)
    told = await by_the_api(home, {"rules": [CALM], "days": 30, "mode": mode})

    out = capsys.readouterr().out
    onsets = [one["onset"] for one in told[0]["alerts"] if one["kind"] == "phase_delay"]
    assert [one["rules"] for one in told] == out.splitlines()[0].split()[1:] == [in_force, "calm"]
    assert len(onsets) == (in_force == LIVE.version)
    assert re.findall(r"  (\S+)  Rhythm change: sleep is later", out) == onsets


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (("--client", "c-9"), "no client c-9"),
        (("--client", "c-1", "--days", 0), "--days is 1 to"),
    ],
)
def test_it_refuses_what_cannot_be_tested(home, file, told, says):
    with pytest.raises(Refused, match=says):
        run(backtest, home, *told, "--rules", file)


def test_bad_rules_are_refused_by_name(home, file):
    file.write_text('{"version": "a", "sense": 1}')

    with pytest.raises(Refused, match="sense: no such rule"):
        run(backtest, home, "--client", "c-1", "--rules", file)


def test_rules_of_a_client_s_own_are_set_from_a_night_to_come(home, file):
    first = (datetime.now(UTC) + timedelta(days=3)).date()

    run(rules, home, "--client", "c-1", "--rules", file, "--first", first)

    assert [(night, one.version) for night, one in context(home).rules] == [(first, "calm")]


def test_rules_of_the_clinic_reach_every_client_and_can_be_taken_back(home, file):
    run(rules, home, "--clinic", "--rules", file)
    ((first, set_for_all),) = context(home).rules

    run(rules, home, "--clinic", "--none")

    assert set_for_all.version == "calm"
    assert context(home).rules[0][1].version != "calm"
    assert first > date(2026, 1, 1)


def test_rules_do_not_rewrite_the_past(home, file):
    with pytest.raises(Refused, match="night to come"):
        run(rules, home, "--clinic", "--rules", file, "--first", "2026-01-01")


@pytest.mark.parametrize("whose", [("--client", "c-2"), ("--clinic",)])
def test_the_next_night_is_the_one_to_come_where_clients_live(home, file, whose):
    SteppedClock(home.clock_file).set(NOW)  # in Auckland it is the seventh
    home.records().add_client("Bo", "Pacific/Auckland", now=NOW, id="c-2")

    run(rules, home, *whose, "--rules", file)

    ((first, _),) = context_with("c-2", home.records().commands("c-2")).rules
    assert first == date(2026, 3, 8)
    with pytest.raises(Refused, match="night to come"):
        run(rules, home, *whose, "--rules", file, "--first", "2026-03-07")


def test_an_agreed_threshold_is_no_matter_of_a_file(home, file):
    file.write_text(json.dumps(CALM | {"agreed_hours": 1.0}))

    with pytest.raises(Refused, match="by itself"):
        run(rules, home, "--client", "c-1", "--rules", file)
