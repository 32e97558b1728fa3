import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from pydantic import ValidationError

sys.path.insert(0, str(Path(__file__).parent))
from practice import FixedClock, episode, free_port
from receivers import MailBox, PushBox

from daykeel.clock.clock import open_clock
from daykeel.log.open import open_log
from daykeel.log.protocol import NewRecord
from daykeel.log.topics import SIGNALS
from daykeel.notify.__main__ import _heartbeat, let_leave
from daykeel.notify.heartbeat import Heartbeat
from daykeel.notify.outbox import Notices
from daykeel.notify.settings import NotifySettings
from daykeel.notify.signs import canary_comes_through, letters_leave, signals_are_taken
from daykeel.records.open import open_records
from daykeel.records.policy import CANARY
from daykeel.rhythm.ledger import AnchorCandidate, DayRecord, Night
from daykeel.rhythm.synthetic.canary import ITEM
from daykeel.scores.errors import ScoresUnavailable

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CANARY_S = 300.0
LATE = timedelta(minutes=30)


class Scores:
    """A store that holds the canary's last message."""

    def __init__(self):
        self.heard, self.is_away = NOON, False

    def days(self, client, first, stop):
        if self.is_away:
            raise ScoresUnavailable("away")
        told = AnchorCandidate(
            ITEM, "reported", self.heard.hour * 60 + self.heard.minute, done=True
        )
        night = Night(client, self.heard.date(), False, None)
        return [DayRecord(CANARY, self.heard.date(), night, anchors=(told,))]


@pytest.fixture
def box():
    opened = PushBox(free_port())
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def scores():
    return Scores()


def heartbeat(box, scores, now, **more):
    url = f"http://127.0.0.1:{box.port}/ping"
    return Heartbeat(url, [canary_comes_through(lambda: scores, CANARY_S)], FixedClock(now), **more)


def test_while_the_canary_comes_through_somebody_outside_hears_of_it(box, scores):
    heartbeat(box, scores, NOON + timedelta(minutes=15), every_s=0).step()

    (request,) = box.requests
    assert request.startswith(b"GET /ping HTTP")


def test_nobody_hears_anything_once_three_messages_are_missing(box, scores, caplog):
    beat = heartbeat(box, scores, NOON + timedelta(minutes=15, seconds=1), every_s=0)

    beat.step()
    beat.step()

    assert box.requests == []
    assert caplog.text.count("the heartbeat has stopped") == 1


def test_a_store_that_does_not_answer_is_not_well(box, scores):
    scores.is_away = True

    heartbeat(box, scores, NOON, every_s=0).step()

    assert box.requests == []


def test_it_goes_on_when_all_is_well_again(box, scores, caplog):
    beat = heartbeat(box, scores, NOON, every_s=0)
    scores.is_away = True
    beat.step()
    scores.is_away = False

    beat.step()

    assert len(box.requests) == 1
    assert "the heartbeat goes on" in caplog.text


def test_a_listener_that_is_away_breaks_nothing(box, scores, caplog):
    beat = heartbeat(box, scores, NOON, every_s=0)
    box.close()

    beat.step()

    assert "the heartbeat has stopped" in caplog.text


def test_it_is_called_once_in_a_while(box, scores):
    beat = heartbeat(box, scores, NOON)

    beat.step()
    beat.step()

    assert len(box.requests) == 1


@pytest.mark.parametrize(("clock", "calls"), [("system:", 1), ("stepped:none", 0)])
def test_the_process_calls_where_it_is_told_to_but_not_on_a_demonstrations_clock(
    clock, calls, house
):
    settings = NotifySettings(heartbeat="https://beat.example/x", clock=clock)

    assert len(list(_heartbeat(settings, house.records, open_clock(clock)))) == calls
    assert list(_heartbeat(NotifySettings(), house.records, open_clock(clock))) == []


# What waits for the alerts process


@pytest.fixture
def logbook(tmp_path):
    opened = open_log(f"sqlite:///{tmp_path}/log.db")
    yield opened
    opened.close()


def signalled(logbook):
    """Append a signal that nobody has taken, and return when that was."""
    logbook.append([NewRecord(SIGNALS, 0, b"c-ann", b"x")])
    (record,) = logbook.fetch((SIGNALS, 0), 0, 1)
    return datetime.fromtimestamp(record.timestamp, UTC)


def test_a_signal_may_wait_for_the_alerts_process_for_a_while_and_no_longer(logbook):
    at = signalled(logbook)
    sign = signals_are_taken(lambda: logbook, LATE)

    assert sign(at + LATE - timedelta(seconds=1))
    assert not sign(at + LATE + timedelta(seconds=1))


def test_what_the_alerts_process_has_taken_waits_for_nothing(logbook):
    at = signalled(logbook)
    logbook.commit("alerts", {(SIGNALS, 0): 1})

    assert signals_are_taken(lambda: logbook, LATE)(at + 100 * LATE)


def test_while_the_alerts_process_is_dead_nobody_outside_hears_anything(box, logbook):
    at = signalled(logbook)
    url = f"http://127.0.0.1:{box.port}/ping"
    signs = [signals_are_taken(lambda: logbook, LATE)]

    Heartbeat(url, signs, FixedClock(at + 2 * LATE), every_s=0).step()

    assert box.requests == []


# Letters that do not leave


def leave(house):
    return letters_leave(house.post, LATE)(house.clock.now())


def test_a_letter_that_waits_for_the_mail_server_stops_the_heartbeat_until_it_has_left(house):
    house.says(episode(severity="act"))
    house.look()
    house.go(minutes=29)
    before = leave(house)
    house.go(minutes=1)
    late = leave(house)
    opened = MailBox(house.mail_port)
    opened.open()
    house.look()
    opened.close()

    assert (before, late, leave(house)) == (True, False, True)


def test_a_letter_that_is_refused_for_good_stops_the_heartbeat_until_it_is_of_no_use(
    house, mailbox
):
    mailbox.refuses = "550 no such person"
    (alert,) = house.says(episode(severity="act"))
    house.look()
    house.go(minutes=30)
    refused = leave(house)
    house.decide(alert.id, "acknowledge")

    assert (refused, leave(house)) == (False, True)


def test_an_address_that_was_removed_does_not_stop_the_heartbeat(house, mailbox):
    mailbox.refuses = "550 no such person"
    house.says(episode(severity="act"))
    house.look()
    house.go(minutes=30)
    (address,) = house.post.addresses(house.therapist)
    refused = leave(house)
    house.post.remove_address(house.therapist, address.id, now=house.clock.now())

    assert (refused, leave(house)) == (False, True)


def test_the_process_stops_calling_while_a_letter_is_undeliverable(house, mailbox, box, tmp_path):
    scores = Scores()
    scores.heard = datetime.now(UTC)
    logbook = open_log(f"sqlite:///{tmp_path}/log.db")
    settings = NotifySettings(
        heartbeat=f"http://127.0.0.1:{box.port}/ping", log=f"sqlite:///{tmp_path}/log.db"
    )

    def calls():
        (step,) = _heartbeat(settings, house.records, open_clock("system:"))
        step()
        return len(box.requests)

    with pytest.MonkeyPatch.context() as patch, closing(logbook):
        patch.setattr("daykeel.scores.open.open_scores", lambda _: scores)
        well = calls()
        mailbox.refuses = "550 no such person"
        house.says(episode(severity="act"))
        house.look()
        refused = calls()

    assert (well, refused) == (1, 1)


def test_notices_leave_while_the_store_of_the_heartbeat_cannot_be_opened(records_url, tmp_path):
    scores = f"influxdb://127.0.0.1:1/org/prefix?token_file={tmp_path}/none"
    settings = NotifySettings(heartbeat="http://127.0.0.1:9/ping", scores=scores)
    stop, looks = Event(), []

    class Looks(Notices):
        def step(self):
            looks.append(stop.is_set())
            stop.set()

    with (
        closing(open_records(records_url, bytes(32))) as records,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("daykeel.notify.__main__.Notices", Looks)
        let_leave(settings, records, stop)

    assert looks == [False]


@pytest.mark.parametrize(
    "told", [{"heartbeat": "ftp://beat.example"}, {"smtp": "mail.example"}, {"sender": "Daykeel"}]
)
def test_settings_that_cannot_work_are_refused_at_the_start(told):
    with pytest.raises(ValidationError):
        NotifySettings(**told)
