"""Real records with people in them, and the worker that lets notices leave, on clocks that step."""

from datetime import UTC, date, datetime, timedelta

from daykeel.alerting.lifecycle import observe, transition
from daykeel.cli.profile import free_port
from daykeel.notify.mail import Mailer, mail_server
from daykeel.notify.outbox import Notices
from daykeel.notify.push import Pusher
from daykeel.records.open import open_records
from daykeel.rhythm.ledger import Episode, SignalSet

KEY = bytes(range(32))
MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
ONSET = date(2026, 2, 20)
URL = "https://daykeel.example"
SENDER = "Daykeel <notices@clinic.example>"
NAME, THERAPIST = "Annegret Ahlberg", "dr.bakker"
MAIL = "bakker@clinic.example"


class FixedClock:
    stepped = True

    def __init__(self, instant):
        self.instant = instant

    def now(self):
        return self.instant


def episode(client="c-ann", kind="phase_delay", severity="watch", onset=ONSET, nights=3, **more):
    dates = tuple(onset + timedelta(n) for n in range(nights))
    return Episode(client, kind, onset, dates, severity, (), **more)


class Practice:
    """A therapist with one client, in the records."""

    def __init__(self, url):
        self.records = open_records(url, KEY)
        self.records.migrate()
        self.post = self.records.post
        self.clock, self.wall = FixedClock(MONDAY), FixedClock(datetime(2026, 11, 1, tzinfo=UTC))
        self.mail_port, self.push_port = free_port(), free_port()
        self.records.add_client(NAME, "Europe/Berlin", now=MONDAY, id="c-ann")
        self.records.grant("c-ann", "*", now=MONDAY - timedelta(30))
        self.therapist = self.staff(THERAPIST, MAIL)
        self.records.assign(self.therapist, "c-ann", now=MONDAY)

    def staff(self, name, *addresses):
        account = self.records.add_account("therapist", name, now=MONDAY).id
        for one in addresses:
            self.post.add_address(account, "push" if "://" in one else "mail", one, now=MONDAY)
        return account

    @property
    def push_url(self):
        return f"ntfy://127.0.0.1:{self.push_port}/a-topic-of-bakker"

    def worker(self, carriers=None):
        server = mail_server(f"smtp+plain://127.0.0.1:{self.mail_port}")
        known = carriers or {"mail": Mailer(server, SENDER), "push": Pusher(["127.0.0.1"])}
        return Notices(self.records, known, URL, self.clock, self.wall)

    def look(self):
        self.worker().look()

    def go(self, **step):
        """Let time pass, on both clocks."""
        self.clock.instant += timedelta(**step)
        self.wall.instant += timedelta(**step)

    def says(self, *episodes, client="c-ann", kind="phase_delay"):
        """State tells of a kind; return the alerts that come of it."""
        told = SignalSet(client, kind, self.clock.now(), episodes)
        for change in observe(self.records.alerts(client, kind), told, self.clock.now()):
            self.take(change)
        return self.records.alerts(client, kind)

    def take(self, change):
        version = change.alert.version - 1
        self.records.save_transition(version, change.alert, change.entry, change.notices)

    def decide(self, alert, action, **more):
        known = self.records.alert(alert)
        self.take(transition(known, action, actor=self.therapist, now=self.clock.now(), **more))

    def close(self):
        self.records.close()
