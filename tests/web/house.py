"""A whole app over stores in memory, with some people in it."""

import sys
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import httpx
from fastapi import FastAPI

from daykeel.alerting.holding import Silence
from daykeel.alerting.lifecycle import Alert, Transition
from daykeel.alerting.routing import CLINIC, Desk, Person
from daykeel.api.app import build_app
from daykeel.api.settings import ApiSettings
from daykeel.events.event import RawRecord
from daykeel.log.codec import decode
from daykeel.log.protocol import Record
from daykeel.log.topics import EVENTS_RAW
from daykeel.pipeline.state import Command
from daykeel.records.channels import Address, NoticeSettings
from daykeel.records.clinic import Clinic
from daykeel.records.decisions import tag
from daykeel.records.errors import Conflict, Missing, Taken
from daykeel.records.policy import CANARY
from daykeel.records.quality import Figures
from daykeel.rhythm.ledger import AnchorCandidate, DayRecord, Night
from daykeel.rhythm.synthetic.canary import ITEM, final_night, sleep_of
from daykeel.scores.errors import ScoresUnavailable
from daykeel.scores.protocol import StoredNight

sys.path.insert(0, str(Path(__file__).parent))
from synthetic_people import LAST, NOW, ZONE, Life, baseline, days_of, episode, finding, rows_of

ORIGIN = "http://localhost"
WALL = datetime(2026, 11, 24, 12, tzinfo=UTC)
IDLE = timedelta(minutes=30)


class FixedClock:
    """A clock that stands until it is set."""

    def __init__(self, instant: datetime, *, stepped: bool = False) -> None:
        self.instant = instant
        self.stepped = stepped

    def now(self) -> datetime:
        return self.instant


class MemoryScores:
    """A `ScoreStore` that keeps its promise as long as the process lives."""

    def __init__(self) -> None:
        self._nights, self._days, self._scores, self._artefacts = {}, {}, {}, {}
        self._known = {}
        self.is_away = False

    def put(self, nights=(), days=(), scores=(), artefacts=(), known=()):
        self._nights |= {(one.night.client, one.night.night): one for one in nights}
        self._days |= {(one.client, one.day): one for one in days}
        self._scores |= {(one.client, one.window, one.local_date): one for one in scores}
        self._artefacts |= {(client, one.id): one for client, one in artefacts}
        self._known = {(client, one.at, one.number): one for client, one in known} | self._known

    def nights(self, client, first, stop):
        self._check()
        return [self._nights[key] for key in _keys(self._nights, (client,), first, stop)]

    def days(self, client, first, stop):
        return [self._days[key] for key in _keys(self._days, (client,), first, stop)]

    def scores(self, client, window, first, stop):
        return [self._scores[key] for key in _keys(self._scores, (client, window), first, stop)]

    def artefacts(self, client):
        return [one for (whose, _), one in self._artefacts.items() if whose == client]

    def known(self, client):
        return [self._known[key] for key in sorted(self._known) if key[0] == client]

    def latest(self, client):
        self._check()
        return max((day for whose, day in self._days if whose == client), default=None)

    def erase(self, client):
        for kept in (self._nights, self._days, self._scores, self._artefacts, self._known):
            for key in [one for one in kept if one[0] == client]:
                del kept[key]

    def _check(self):
        if self.is_away:
            raise ScoresUnavailable("InfluxDB answered 503")


def _keys(kept, start, first, stop):
    return sorted(key for key in kept if key[:-1] == start and first <= key[-1] < stop)


class MemoryLog:
    """A `Log` that keeps what is appended, or refuses to while it is broken."""

    incarnation = "memory"

    def __init__(self) -> None:
        self.kept = []
        self.is_broken = False
        self.lags = {}
        self.progress = {"stream.timers": NOW.timestamp() - 3}
        self.memos = {}

    def append(self, records):
        self._check()
        self.kept.extend(records)
        return list(range(len(self.kept) - len(records), len(self.kept)))

    def fetch(self, at, offset, limit):
        self._check()
        lane = [one for one in self.kept if (one.topic, one.partition) == at]
        numbered = list(enumerate(lane))[offset : offset + limit]
        return [Record(*at, number, 0.0, one.key, one.value) for number, one in numbered]

    def lag(self, group, topics):
        self._check()
        return self.lags.get(group, 0)

    def marks(self):
        self._check()
        return self.progress

    def memo(self, name):
        self._check()
        return self.memos.get(name, "")

    def close(self):
        pass

    def _check(self):
        if self.is_broken:
            raise OSError("no space left")

    def raw(self) -> list[RawRecord]:
        return [decode(RawRecord, one.value) for one in self.kept if one.topic == EVENTS_RAW]


@dataclass(frozen=True)
class Account:
    id: str
    role: str
    name: str
    client: str | None = None
    clients: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Client:
    id: str
    display_name: str
    zone: str = ZONE
    enrolled: date | None = LAST - timedelta(70)


@dataclass(frozen=True)
class Credential:
    username: str
    client: str
    device: str
    adapter: str
    secret_hash: str
    topics: tuple[str, ...] = ()
    enabled: bool = True


@dataclass(frozen=True)
class Consent:
    source: str
    start: datetime | None = None
    stop: datetime | None = None


class MemoryPost:
    """What `daykeel.web.needs_post.Post` asks for, in memory."""

    def __init__(self) -> None:
        self.waiting, self.people = [], {CLINIC: Person(CLINIC, "UTC")}
        self.held, self.letters, self.links, self.kept_silences = {}, [], {}, {}
        self.own_addresses, self.own_settings = defaultdict(dict), {}
        self.tried, self.looks, self.hours = [], [], Clinic()
        self.alerts, self.waits = {}, []
        self._count = 0

    def desk(self, *, now, alert=None):
        found = [one for one in self.waiting if alert in (None, one.alert)]
        return Desk(found, self.people, hours=self.hours.hours)

    def holds(self, found, *, now):
        return {one.id: self.held.get(one.id, one.episode.suppressed) for one in found}

    def deliveries(self, alert):
        return [one for about, one in self.letters if about == alert]

    def deliveries_to(self, recipient, limit=5):
        return [one for _, one in self.letters if one.recipient == recipient][:limit]

    def undeliverable(self):
        return [one for _, one in self.letters if one.failed_at]

    def behind(self, link):
        return self.links.get(link)

    def addresses(self, owner):
        return list(self.own_addresses[owner].values())

    def add_address(self, owner, kind, text, *, now):
        if any(one.text == text for one in self.addresses(owner)):
            raise Taken("that address is there already")
        self._count += 1
        self.own_addresses[owner][self._count] = Address(self._count, kind, text)
        return self._count

    def remove_address(self, owner, address, *, now):
        if self.own_addresses[owner].pop(address, None) is None:
            raise Missing("no such address")

    def try_out(self, owner, *, now, wall):
        self.tried.append(owner)

    def settings(self, account):
        return self.own_settings.get(account, NoticeSettings())

    def set_settings(self, account, told, *, now):
        self.own_settings[account] = told

    def looked(self, account, *, now):
        self.looks.append(account)

    def clinic(self):
        return self.hours

    def silences(self, *, now, client=None):
        running = [one for one in self.kept_silences.values() if one.stop > now]
        return [one for one in running if client in (None, one.client)]

    def silence(self, client, kind, *, stop, reason, actor, now):
        self._count += 1
        made = Silence(f"s-{self._count}", client, kind, now, stop, reason, actor)
        self.kept_silences[made.id] = made
        return made

    def end_silence(self, client, silence, *, now):
        found = self.kept_silences.get(silence)
        if found is None or found.client != client or found.stop <= now:
            raise Missing("no such silence")
        self.kept_silences[silence] = replace(found, stop=now)

    def figures(self, clients, *, since, now):
        raised = [one for one in self.alerts.values() if one.client in clients]
        ending = [one for one in self.silences(now=now) if one.client in clients]
        open_ones = sum(one.state == "open" for one in raised)
        return Figures(raised, self.waits, open_ones, ending, len(self.undeliverable()), 0, None)


class MemoryRecords:
    """What `daykeel.web.needs.Records` asks for, in memory."""

    def __init__(self) -> None:
        self.post = MemoryPost()
        self.accounts, self.people, self.kept_alerts = {}, {}, {}
        self.credentials, self.requests = {}, {}
        self.consented = defaultdict(list)
        self.kept_outages = []
        self.entries = defaultdict(list)
        self.audited = []
        self._sessions, self._links, self._passwords = {}, {}, {}
        self.kept_commands, self.made = [], []
        self.post.alerts = self.kept_alerts
        self._count = 0

    def _token(self, kind):
        self._count += 1
        return f"{kind}-{self._count}-{'x' * 30}"

    def begin(self, account, now):
        token = self._token("session")
        self._sessions[token] = (account, now)
        return token

    def client(self, client):
        return self.people.get(client)

    def clients(self, actor):
        return [one for one in self.people.values() if one.id in actor.clients]

    def credential(self, username):
        return self.credentials.get(username)

    def outages(self, since):
        return [one for one in self.kept_outages if one.stop > since]

    def consents(self, client):
        return self.consented[client]

    def withdraw(self, client, source, *, now):
        ended = [one for one in self.consented[client] if one.stop is None]
        ended = [one for one in ended if source in (one.source, "*")]
        kept = [one for one in self.consented[client] if one not in ended]
        self.consented[client] = kept + [replace(one, stop=now) for one in ended]
        return [one.source for one in ended]

    def renew(self, client, source, *, now):
        known = self.consented[client]
        running = {one.source for one in known if one.stop is None}
        ended = [one.source for one in known if one.source not in running]
        found = [one for one in dict.fromkeys(ended) if source in (one, "*")]
        self.consented[client] = known + [Consent(one, now) for one in found]
        return found

    def account(self, account):
        return self.accounts.get(account)

    def account_named(self, name):
        return next((one for one in self.accounts.values() if one.name == name), None)

    def client_ids(self):
        return sorted(self.people)

    def sign_in(self, name, password, *, now):
        account = next((one for one in self.accounts.values() if one.name == name), None)
        is_right = account and self._passwords.get(account.id) == password
        return self.begin(account.id, now) if is_right else None

    def login_link(self, account, *, now, ttl=timedelta(days=1)):
        token = self._token("link")
        self._links[token] = (account, now + ttl)
        return token

    def redeem(self, token, *, now):
        account, stop = self._links.pop(token, (None, now))
        return self.begin(account, now) if account and now < stop else None

    def session(self, token, *, now):
        account, seen = self._sessions.get(token, (None, now))
        if account is None or now - seen > IDLE:
            return None
        self._sessions[token] = (account, now)
        return self.accounts[account]

    def end_session(self, token, *, now):
        self._sessions.pop(token, None)

    def set_password(self, account, password, *, now):
        self._passwords[account] = password
        mine = [token for token, (whose, _) in self._sessions.items() if whose == account]
        for token in mine:
            del self._sessions[token]
        return self.begin(account, now)

    def alerts(self, client=None):
        return [one for one in self.kept_alerts.values() if client in (None, one.client)]

    def alert(self, alert):
        return self.kept_alerts.get(alert)

    def history(self, alert):
        return self.entries[alert]

    def histories(self, client):
        return [step for one in self.alerts(client) for step in self.entries[one.id]]

    def save_transition(self, expected_version, alert, entry, notices):
        if self.kept_alerts[alert.id].version != expected_version:
            raise Conflict
        self.kept_alerts[alert.id] = alert
        self.entries[alert.id].append(entry)

    def commands(self, client):
        newest = {}
        for one in self.kept_commands:
            if one.client == client:
                newest[one.id] = one
        return list(newest.values())

    def decide(self, client, decided, *, expected, made):
        if tag(self.commands(client)) != expected:
            raise Conflict
        for one in {each.id: each for each in decided}.values():
            known = {command.id: command for command in self.commands(client)}
            version = known[one.id].version + 1 if one.id in known else 1
            self.kept_commands.append(
                Command(client=client, kind=one.kind, id=one.id, version=version, value=one.value)
            )
            self.made.append((one.id, made.by))

    def remembered(self, actor, key):
        return self.requests.get((actor, key))

    def remember(self, actor, key, fingerprint, *, now):
        self.requests[actor, key] = fingerprint

    def audit(self, actor, action, resource, *, now):
        self.audited.append((actor, action, resource))


@dataclass
class House:
    """The app and everything around it that a test may look at or change."""

    scores: MemoryScores = field(default_factory=MemoryScores)
    records: MemoryRecords = field(default_factory=MemoryRecords)
    log: MemoryLog = field(default_factory=MemoryLog)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    wall: FixedClock = field(default_factory=lambda: FixedClock(WALL))
    settings: ApiSettings = field(default_factory=lambda: ApiSettings(settle_s=0))

    built: tuple[tuple[int, ...], FastAPI] | None = None

    def app(self) -> FastAPI:
        """Return the app; the same one as long as no part was exchanged."""
        parts = (self.clock, self.settings, self.wall)
        key = tuple(id(part) for part in parts)
        if self.built is None or self.built[0] != key:
            app = build_app(
                self.scores, self.records, self.log, self.clock, self.settings, wall=self.wall
            )
            self.built = key, app
        return self.built[1]

    def person(
        self,
        client: str,
        name: str,
        life: Life | None,
        nights: int = 60,
        *,
        sri: float = 81.5,
        srm: float = 5.2,
    ) -> None:
        """Let a client live, and fill the stores with it."""
        self.records.people[client] = Client(client, name)
        self.records.consented[client] = [Consent("*")]
        if life is None:
            return
        days = days_of(client, life, nights)
        frozen = [baseline(days, chart) for chart in ("sleep.mid", "srm.hit_fraction")]
        self.scores.put(
            [StoredNight(day.night, 1, "final", NOW) for day in days],
            days,
            rows_of(client, days, sri, srm),
            [(client, one) for one in frozen] if nights >= 42 else [],
        )

    def canary(self, heard: datetime, night: date | None = None) -> None:
        """Let the canary's last message and its last night be in the store of scores."""
        minutes = (heard - datetime.combine(heard.date(), time(), UTC)) / timedelta(minutes=1)
        told = AnchorCandidate(ITEM, "reported", minutes, done=True)
        slept = night or final_night(heard)
        sleep = sleep_of(slept)
        final = Night(CANARY, slept, True, heard, onset_at=sleep.start, offset_at=sleep.stop)
        open_night = Night(CANARY, heard.date(), False, None)
        self.scores.put(
            [StoredNight(final, 1, "final", heard)],
            [DayRecord(CANARY, heard.date(), open_night, anchors=(told,))],
        )

    def account(self, account: str, role: str, **more) -> None:
        self.records.accounts[account] = Account(account, role, account, **more)

    def alert(self, alert: str, client: str, **changes) -> Alert:
        """Raise an alert about a client's later sleep."""
        days = days_of(client, Life(drift=3.0))
        found = episode(client, "phase_delay", finding(days, baseline(days)))
        raised = Alert(
            id=alert,
            client=client,
            kind="phase_delay",
            state="open",
            severity="watch",
            onset=found.onset,
            raised_at=NOW - timedelta(days=2),
            episode=found,
            evidence_at=found.evidence_at,
        )
        raised = replace(raised, **changes)
        self.records.kept_alerts[alert] = raised
        self.records.entries[alert].append(
            Transition(alert, raised.version, raised.raised_at, "daykeel", "none", "open")
        )
        return raised

    def visitor(self, account: str | None = None) -> httpx.AsyncClient:
        """Return a browser, signed in as `account`."""
        browser = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app()), base_url=ORIGIN, headers={"origin": ORIGIN}
        )
        if account is not None:
            token = self.records.begin(account, self.wall.now())
            browser.cookies.set("daykeel_session", token, domain="localhost.local")
        return browser


def furnished() -> House:
    """A therapist with two clients and an alert each, another with one, a client, an operator."""
    house = House()
    house.person("c-ann", "Ann Ahlberg", Life(drift=3.0, off=(9,), blurred=(4,)))
    house.person("c-ben", "Ben Bakker", Life(spread=1.1))
    house.person("c-zoe", "Zoe Zander", Life())
    house.account("therapist", "therapist", clients=frozenset({"c-ann", "c-ben"}))
    house.account("other", "therapist", clients=frozenset({"c-zoe"}))
    house.account("ann", "client", client="c-ann")
    house.account("zoe", "client", client="c-zoe")
    house.account("operator", "operator")
    house.alert("alert-ann", "c-ann")
    house.alert("alert-ben", "c-ben", raised_at=NOW - timedelta(days=5), state="acknowledged")
    house.alert("alert-zoe", "c-zoe")
    house.canary(NOW - timedelta(minutes=2))
    house.records.post.links["link-both"] = ("therapist", ["alert-ann", "alert-ben", "alert-zoe"])
    return house
