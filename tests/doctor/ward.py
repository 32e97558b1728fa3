"""An installation that nothing is wrong with, for one thing of it to be broken."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from daykeel.cli.folder import Reached as FolderReached
from daykeel.cli.folder import opened
from daykeel.cli.profile import free_port
from daykeel.doctor.doctor import findings
from daykeel.doctor.finding import Level
from daykeel.doctor.premises import Premises, Reached
from daykeel.log.open import open_log
from daykeel.records.policy import CANARY
from daykeel.rhythm.ledger import AnchorCandidate, DayRecord, Night
from daykeel.rhythm.synthetic.canary import ITEM, final_night, sleep_of
from daykeel.scores.open import open_scores
from daykeel.scores.protocol import StoredNight

HOST = "127.0.0.1"


class House:
    """Everything in one folder, as `daykeel up` leaves it."""

    def __init__(self, path):
        self.folder = opened(path)
        self.path = self.folder.path
        with closing(self.folder.records()) as records:
            records.enrol_canary(now=datetime.now(UTC))
        open_log(self.folder.store("log")).close()
        open_scores(self.folder.store("scores")).close()
        self.http, self.mqtt = free_port(), free_port()
        url = f"http://{HOST}:{self.http}"
        self.folder.note(FolderReached(url, HOST, self.mqtt, mqtt_tls=False))
        self.premises = Premises(
            data=self.path,
            settings={
                **self.folder.environment(),
                "DAYKEEL_MQTT": f"embedded://{HOST}:{self.mqtt}",
                "DAYKEEL_HTTP": f"{HOST}:{self.http}",
                "DAYKEEL_PUBLIC_URL": url,
            },
            is_embedded=True,
            is_running=False,
            reached=Reached(url, HOST, self.mqtt, mqtt_tls=False),
            least_free=1,
        )

    def set(self, **changes):
        settings = {f"DAYKEEL_{name.upper()}": value for name, value in changes.items()}
        self.premises = replace(self.premises, settings={**self.premises.settings, **settings})

    def look(self, **changes):
        return findings(replace(self.premises, **changes))

    def log(self):
        return closing(open_log(self.folder.store("log")))

    def records(self):
        return closing(self.folder.records())


def failed(found):
    """Names of the checks that have failed."""
    return {one.check for one in found if one.level is Level.FAILED}


def of(found, check):
    """What a check has said, its levels apart."""
    own = [one for one in found if one.check == check]
    assert own, f"{check} was not looked at"
    return own


def ailment(found, check):
    """The only thing that is wrong, of this check, with what to do about it."""
    assert failed(found) == {check}, [one for one in found if one.level is Level.FAILED]
    (one,) = (one for one in of(found, check) if one.level is Level.FAILED)
    assert one.advice
    return one


def sung(scores, now):
    """Let the store hold what the canary has told by an instant."""
    today = now.date()
    minutes = (now - datetime(today.year, today.month, today.day, tzinfo=UTC)) / timedelta(
        minutes=1
    )
    told = AnchorCandidate(ITEM, "reported", minutes, done=True)
    day = DayRecord(CANARY, today, Night(CANARY, today, False, None), anchors=(told,))
    slept = sleep_of(final_night(now))
    night = Night(
        CANARY,
        final_night(now),
        final=True,
        finalised_at=now,
        onset_at=slept.start,
        offset_at=slept.stop,
    )
    scores.put(nights=[StoredNight(night, 1, "final", now)], days=[day])
