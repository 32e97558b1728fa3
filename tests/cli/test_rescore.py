import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "stream"))
sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
from laid import lay
from lives import START, after, life, profile

from daykeel.cli.folder import locked, opened
from daykeel.cli.main import main
from daykeel.cli.rescore import STILL_S, TELL_S, Step, spans, steps, wait
from daykeel.clock.clock import SteppedClock
from daykeel.log.errors import LogUnavailable
from daykeel.log.open import open_log
from daykeel.log.protocol import NewRecord
from daykeel.log.topics import COMMANDS, DAYS, SIGNALS, TOPICS
from daykeel.pipeline.batch import batch
from daykeel.pipeline.tables import load_day, save
from daykeel.records.policy import CANARY

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CLIENTS = ("c-1", "c-2")


@pytest.fixture
def folder(tmp_path):
    made = opened(tmp_path / "data")
    with closing(made.records()) as records:
        for client in CLIENTS:
            records.add_client("A. Client", "UTC", now=NOW, id=client)
        records.enrol_canary(now=NOW)
        records.commands_sent([seq for seq, _ in records.pending_commands(100)])
    return made


def rescore(folder, *arguments):
    return main(["rescore", "--data", str(folder.path), *arguments])


def asked(folder):
    """By client, which time it is that all is to be computed anew."""
    with closing(folder.records()) as records:
        found = [one for _, one in records.pending_commands(100)]
    assert {(one.kind, one.id) for one in found} <= {("rescore", "rescore")}
    return {one.client: one.version for one in found}


def test_everybody_is_asked_for_the_canary_included(folder, capsys):
    assert rescore(folder) == 0

    assert asked(folder) == {"c-1": 1, "c-2": 1, CANARY: 1}
    assert capsys.readouterr().out.startswith("3 clients are to be computed anew")


def test_some_are_asked_for_alone_and_each_time_anew(folder):
    assert rescore(folder, "--client", "c-2") == 0
    assert rescore(folder, "--client", "c-2") == 0

    assert asked(folder) == {"c-2": 2}


def test_whom_nobody_knows_is_refused_and_nothing_is_asked_for(folder, capsys):
    assert rescore(folder, "--client", "c-1", "--client", "c-9") == 2

    assert "no such client" in capsys.readouterr().err
    assert asked(folder) == {}


def test_the_audit_says_who_was_asked_for(folder):
    rescore(folder, "--client", "c-1")
    rescore(folder)

    with closing(folder.records()) as records:
        lines = [(one.actor, one.action, one.resource) for one in records.audited()]
        whose = records.audit_reference("client/c-1")
    assert lines == [
        ("command line", "rescore", whose),
        ("command line", "rescore", "clients"),
    ]


def test_where_nothing_runs_it_waits_for_nothing(folder, capsys):
    rescore(folder)

    assert "it is done when it runs again" in capsys.readouterr().out


def test_where_something_runs_it_waits_unless_told_not_to(folder, capsys):
    with locked(folder):
        rescore(folder, "--no-wait")

    assert "stopped" not in capsys.readouterr().out


def test_it_is_done_when_stores_and_alerts_have_what_was_computed(folder):
    def record(topic):
        return NewRecord(topic, 0, b"c-1", b"\x01")

    with closing(open_log(folder.store("log"))) as log, closing(folder.records()) as records:
        _, last = records.rescore(["c-1"])
        deeds = iter(
            (
                lambda: records.commands_sent([last]),
                lambda: log.append([record(COMMANDS), record(COMMANDS)]),
                lambda: log.commit("scored", {(COMMANDS, 0): 2}),
                lambda: log.append([record(DAYS), record(DAYS), record(DAYS)]),
                lambda: log.commit("sink", {(DAYS, 0): 3}),
                lambda: log.append([record(SIGNALS)]),
                lambda: log.commit("alerts", {(SIGNALS, 0): 1}),
                lambda: None,
            )
        )
        left = []
        for step in steps(log, records, last):
            left.append(step.left())
            next(deeds)()
            left.append(step.left())
            next(deeds)()

    assert left == [1, 0, 2, 0, 3, 0, 1, 0]


class Clock:
    """Seconds that pass while somebody sleeps."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds

    def sleep(self, seconds):
        self.seconds += seconds


def test_while_it_waits_it_says_how_much_is_left(capsys):
    clock = Clock()

    wait([Step(lambda: max(30 - int(clock.seconds), 0), "rows to be stored")], clock, clock.sleep)

    told = capsys.readouterr().out.splitlines()
    assert len(told) == pytest.approx(30 / TELL_S, abs=1)
    assert all("rows to be stored" in line and "nothing moves" not in line for line in told)


def test_where_nothing_moves_it_says_what_to_do_and_goes_on_waiting(capsys):
    clock = Clock()

    def left():
        if clock.seconds < STILL_S:
            raise LogUnavailable("away")
        return int(clock.seconds < 2 * STILL_S)

    wait([Step(left, "rows to be stored")], clock, clock.sleep)

    assert clock.seconds >= 2 * STILL_S
    assert "nothing moves: see `daykeel doctor`" in capsys.readouterr().out


@pytest.fixture
def computed(folder):
    """What a stream has left on the log of two lives, at an instant of the folder's clock."""
    records = [one for seed, client in enumerate(CLIENTS) for one in life(client, 4, seed=seed)]
    tables = batch(records, [profile(client) for client in CLIENTS], after(4)).tables
    SteppedClock(folder.clock_file).set(after(5))
    return tables


def laid(folder, tables):
    with closing(open_log(folder.store("log"))) as log:
        lay(log, folder.store("log"), tables)


def standing(folder):
    with closing(open_log(folder.store("log"))) as log:
        topics = [topic for topic, _ in log.heads()]
        return log.heads(), [log.read("onlooker", [topic], 10_000) for topic in sorted(set(topics))]


def test_what_is_kept_right_is_said_to_be(folder, computed, capsys):
    laid(folder, computed)

    assert rescore(folder, "--check") == 0

    assert (
        capsys.readouterr().out == "0 of 2 clients differ from what their devices said comes to\n"
    )


def test_what_is_kept_wrong_is_named_and_left_as_it_is(folder, computed, capsys):
    wrong = replace(load_day(computed, "c-2", START), mood=2)
    save(computed.days, f"c-2|{START}", wrong)
    laid(folder, computed)
    before = standing(folder)

    assert rescore(folder, "--check") == 1

    told = capsys.readouterr().out
    assert f"c-2  days       {START}\n1 of 2 clients differ" in told
    assert standing(folder) == before
    assert asked(folder) == {}


def test_one_client_is_looked_at_alone(folder, computed, capsys):
    save(computed.days, f"c-2|{START}", replace(load_day(computed, "c-2", START), mood=2))
    laid(folder, computed)

    assert rescore(folder, "--check", "--client", "c-1") == 0

    assert "0 of 1" in capsys.readouterr().out


def test_to_look_at_somebody_of_whom_the_stream_knows_nothing_is_refused(folder, computed, capsys):
    laid(folder, computed)

    assert rescore(folder, "--check", "--client", "c-9") == 2

    assert "knows nothing of c-9" in capsys.readouterr().err


def test_runs_of_dates_are_told_by_their_ends():
    days = [after(n).date() for n in (1, 2, 3, 5)]

    assert spans(days) == f"{days[0]} to {days[2]}, {days[3]}"


def test_there_is_nothing_else_on_the_log_than_its_topics(folder):
    rescore(folder, "--client", "c-1")

    with closing(open_log(folder.store("log"))) as log:
        assert {topic for topic, _ in log.heads()} == {topic.name for topic in TOPICS}
        assert not any(log.heads().values())
