import sys
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "quarantine"))
sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from kafka_log import kafka_log
from notes import NOON, TOPIC, lie, noted, raw
from servers_at import postgres_url

from daykeel.cli.folder import opened
from daykeel.cli.main import main
from daykeel.cli.quarantine import _alone
from daykeel.events.event import Quarantined, RawRecord
from daykeel.log.codec import decode
from daykeel.log.open import open_log
from daykeel.log.tally import Tally
from daykeel.log.topics import EVENTS_RAW, QUARANTINE, partitions_at
from daykeel.quarantine.settling import taken_in
from daykeel.records.open import open_records

BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
DEEP = b"[" * 40 + b"]" * 40
SECRET = b'{"mood": "\x1b[2Jterrible"}'


class Home:
    """An installation's folder with one client, and what lies on its log."""

    def __init__(self, folder, log, records):
        self.folder, self.url = folder, log
        self.records = open_records(records, folder.key_file.read_bytes())
        self.records.migrate()
        self.records.add_client("A. Client", "UTC", now=BEFORE, id="c-1")
        self.records.grant("c-1", "*", now=BEFORE)
        self.records.add_credential("c-1", "phone", "daykeel", (TOPIC,), now=BEFORE)

    def do(self, *arguments):
        return main(["quarantine", *arguments, "--data", str(self.folder.path)])

    def lie(self, *notes):
        with closing(open_log(self.url)) as log:
            return lie(log, self.url, *notes)

    def said(self, topic, kind):
        with closing(open_log(self.url)) as log:
            return [decode(kind, one.value) for one in log.read("onlooker", [topic], 1_000)]

    def taken_in(self):
        return self.said(EVENTS_RAW, RawRecord)

    def settled(self):
        """How, which and why, of all that was decided."""
        found = self.said(QUARANTINE, Quarantined)
        return [(one.settles.how, one.settles.offset, one.detail) for one in found if one.settles]

    def audit(self):
        return [(one.actor, one.action, one.resource) for one in self.records.audited()]


@pytest.fixture(params=["embedded", pytest.param("production", marks=pytest.mark.servers)])
def home(request, tmp_path, monkeypatch):
    folder = opened(tmp_path / "data")
    with ExitStack() as stack:
        log, records = folder.store("log"), folder.store("records")
        if request.param == "production":
            log, records = stack.enter_context(kafka_log()), stack.enter_context(postgres_url())
            monkeypatch.setenv("DAYKEEL_LOG", log)
            monkeypatch.setenv("DAYKEEL_RECORDS", records)
        made = Home(folder, log, records)
        stack.callback(made.records.close)
        yield made


def test_a_listing_says_what_it_is_and_where_and_nothing_of_what_was_sent(home, capsys):
    (at,) = home.lie(noted(payload=SECRET))

    assert home.do("list") == 0

    told = capsys.readouterr().out
    row = next(line for line in told.splitlines() if line.startswith(at))
    assert row.split() == [
        *(at, "2026-03-02T12:00:00+00:00", "adapter", "wrong_shape", "daykeel"),
        *(str(len(SECRET)), "whole", "open"),
    ]
    assert "terrible" not in told
    assert "c-1" not in told


def test_a_listing_counts_all_and_shows_a_page_of_those_asked_for(home, capsys):
    notes = [noted(received_at=NOON + timedelta(minutes=n)) for n in range(3)]
    places = home.lie(*notes, noted("bad_value"))

    home.do("list", "--reason", "wrong_shape", "--limit", "2")
    first = capsys.readouterr().out
    home.do("list", "--reason", "wrong_shape", "--limit", "2", "--before", places[1])
    second = capsys.readouterr().out

    assert "adapter  bad_value    1" in first
    assert "adapter  wrong_shape  3" in first
    assert [at for at in places if f"\n{at} " in first] == places[1:3]
    assert f"--before {places[1]}" in first
    assert [at for at in places if f"\n{at} " in second] == places[:1]
    assert "There is more" not in second


def test_a_listing_says_how_many_were_acknowledged_and_only_counted(home, capsys):
    with closing(open_log(home.url)) as log:
        log.append([], Tally({"no_consent": 12, "unknown_device": 3}).memo())

    home.do("list")

    told = capsys.readouterr().out
    assert "Acknowledged and counted only: 12 no_consent, 3 unknown_device\n" in told


def test_what_has_been_listed_is_no_news_for_metrics(home):
    home.lie(noted(), noted("bad_value"))

    with closing(open_log(home.url)) as log:
        before = log.lag("operator", [QUARANTINE])
        home.do("list", "--reason", "bad_value")
        in_part = log.lag("operator", [QUARANTINE])
        home.do("list")
        after = log.lag("operator", [QUARANTINE])

    assert (before, in_part, after) == (2, 2, 0)


def test_one_is_shown_with_its_bytes_and_the_audit_says_so(home, capsys):
    (at,) = home.lie(noted(payload=SECRET))

    assert home.do("show", at) == 0

    told = capsys.readouterr().out
    assert '{"mood": "\\x1b[2Jterrible"}' in told
    assert "\x1b" not in told
    whose = home.records.audit_reference("client/c-1")
    assert home.audit() == [("command line", "quarantine.show", whose)]


def test_its_bytes_can_be_had_as_they_are_in_a_file_of_ones_own(home, tmp_path):
    (at,) = home.lie(noted(payload=SECRET))
    file = tmp_path / "payload"

    first = home.do("show", at, "--to", str(file))
    again = home.do("show", at, "--to", str(file))

    assert (first, again) == (0, 2)
    assert file.read_bytes() == SECRET
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("at", ["3:99", "99:0", f"0:{10**20}", f"{10**20}:0"])
@pytest.mark.parametrize("action", ["show", "replay", "drop"])
def test_what_is_not_there_is_refused(home, action, at, capsys):
    more = ["--because", "x"] if action == "drop" else []

    assert home.do(action, at, *more) == 2

    assert f"at {at}" in capsys.readouterr().err


def test_one_is_taken_in_once_more_with_the_time_of_its_arrival(home, capsys):
    at, _ = home.lie(noted(payload=b"[1]"), noted("bad_value"))

    assert home.do("replay", at) == 0

    assert home.taken_in() == [raw(payload=b"[1]", replay_of=at)]
    assert home.settled() == [("replayed", int(at.split(":")[1]), "taken in")]
    assert "1 replayed" in capsys.readouterr().out
    assert home.audit() == [("command line", "quarantine.replay", f"quarantine {at}")]


def test_all_of_a_reason_are_taken_in_and_none_of_them_twice(home, capsys):
    notes = [noted(payload=b"[%d]" % n) for n in range(3)]
    places = home.lie(*notes, noted("bad_value"))
    home.do("replay", places[1])
    capsys.readouterr()

    first = home.do("replay", "--reason", "wrong_shape")
    second = home.do("replay", "--reason", "wrong_shape")
    told = capsys.readouterr().out
    third = home.do("replay", places[0])

    assert (first, second, third) == (0, 0, 1)
    assert told == "2 replayed\nnothing replayed\n"
    assert "it was replayed before" in capsys.readouterr().out
    assert sorted(one.payload for one in home.taken_in()) == [b"[0]", b"[1]", b"[2]"]


def test_a_stage_tells_apart_what_has_the_same_reason(home):
    home.lie(noted("too_deep", "adapter"), noted("too_deep", "stream"))

    home.do("replay", "--reason", "too_deep", "--stage", "stream")

    assert [how for how, *_ in home.settled()] == ["replayed"]
    with closing(open_log(home.url)) as log:
        assert log.lag("nobody", [EVENTS_RAW]) == 1


def test_what_fails_again_is_in_quarantine_again_with_the_reason(home, capsys):
    (at,) = home.lie(noted("too_deep", "ingest", payload=DEEP, size=len(DEEP)))

    assert home.do("replay", at) == 0

    assert home.taken_in() == []
    again = [one for one in home.said(QUARANTINE, Quarantined) if one.raw.replay_of]
    assert [(one.reason, one.stage, one.raw.replay_of) for one in again] == [
        ("too_deep", "ingest", at)
    ]
    assert home.settled()[0][2] == "refused again: too_deep"
    assert "1 refused again" in capsys.readouterr().out


def test_without_consent_nothing_is_taken_in_and_it_stays_open(home, capsys):
    (at,) = home.lie(noted())
    home.records.withdraw("c-1", "*", now=NOON + timedelta(days=1))

    assert home.do("replay", at) == 1

    assert f"left: {at}  its client does not consent" in capsys.readouterr().out
    assert (home.taken_in(), home.settled()) == ([], [])


def test_what_is_dropped_stays_on_the_log_and_is_said_to_be_dropped_and_why(home, capsys):
    notes = [noted(), noted()]
    home.lie(*notes)
    because = "sent by the installer, a/b test"

    assert home.do("drop", "--reason", "wrong_shape", "--because", because) == 0

    assert [one for one in home.said(QUARANTINE, Quarantined) if not one.settles] == notes
    assert {(how, why) for how, _, why in home.settled()} == {("dropped", because)}
    assert home.audit() == [
        (
            "command line",
            f"quarantine.drop because {because}",
            "quarantine wrong_shape: 2 records",
        )
    ]
    capsys.readouterr()
    home.do("list")
    told = capsys.readouterr().out
    assert "adapter  wrong_shape  0     0         2" in told
    assert "POSITION" not in told


def test_what_was_decided_is_listed_when_asked_for(home, capsys):
    (at,) = home.lie(noted())
    home.do("drop", at, "--because", "x")
    capsys.readouterr()

    home.do("list", "--all")

    assert "dropped" in next(
        line for line in capsys.readouterr().out.splitlines() if line.startswith(at)
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay",),
        ("replay", "0:0", "--reason", "x"),
        ("drop", "--because", "x"),
    ],
)
def test_what_to_do_it_with_must_be_said_one_way(home, arguments, capsys):
    home.lie(noted())

    assert home.do(*arguments) == 2

    assert "POSITIONs, or --reason" in capsys.readouterr().err


@pytest.mark.parametrize("because", [[], ["--because", " "], ["--because", "a\nb"]])
def test_nothing_is_dropped_without_a_reason_that_can_be_read(home, because):
    with pytest.raises(SystemExit):
        home.do("drop", "0:0", *because)

    assert home.audit() == []


def test_two_do_not_decide_at_once(home, capsys):
    (at,) = home.lie(noted())
    with _alone(home.folder):
        assert home.do("replay", at) == 2

    assert "somebody else is at work" in capsys.readouterr().err
    assert home.taken_in() == []


def test_every_message_can_be_accounted_for_after_all_was_decided(home):
    """Accepted are those on `events.raw` that were not replayed; nothing is counted twice."""
    accepted = raw(payload=b"[0]")
    refused = noted("too_deep", "ingest", payload=DEEP, size=len(DEEP))
    by_adapter = noted(payload=b"[1]")
    home.lie(refused, by_adapter)
    with closing(open_log(home.url)) as log:
        log.append(taken_in([accepted, by_adapter.raw], partitions_at(home.url)))
    home.do("replay", "--reason", "too_deep")
    home.do("replay", "--reason", "wrong_shape")
    home.do("drop", "--reason", "too_deep", "--because", "nobody can read it")

    on_log = [one for one in home.taken_in() if not one.replay_of]
    at_edge = [
        one
        for one in home.said(QUARANTINE, Quarantined)
        if one.stage == "ingest" and not one.raw.replay_of
    ]

    assert sorted(one.payload for one in on_log) == [b"[0]", b"[1]"]
    assert [one.raw.payload for one in at_edge] == [DEEP]
