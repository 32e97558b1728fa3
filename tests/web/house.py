"""A whole app over stores in memory, with some people in it."""

import sys
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
from fastapi import FastAPI

from daykeel.alerting.lifecycle import Alert, Transition
from daykeel.api.app import build_app
from daykeel.api.settings import ApiSettings
from daykeel.events.event import RawRecord
from daykeel.log.codec import decode
from daykeel.log.topics import EVENTS_RAW
from daykeel.records.errors import Conflict
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

    def put(self, nights=(), days=(), scores=(), artefacts=()):
        self._nights |= {(one.night.client, one.night.night): one for one in nights}
        self._days |= {(one.client, one.day): one for one in days}
        self._scores |= {(one.client, one.window, one.local_date): one for one in scores}
        self._artefacts |= {(client, one.id): one for client, one in artefacts}

    def nights(self, client, first, stop):
        return [self._nights[key] for key in _keys(self._nights, (client,), first, stop)]

    def days(self, client, first, stop):
        return [self._days[key] for key in _keys(self._days, (client,), first, stop)]

    def scores(self, client, window, first, stop):
        return [self._scores[key] for key in _keys(self._scores, (client, window), first, stop)]

    def artefacts(self, client):
        return [one for (whose, _), one in self._artefacts.items() if whose == client]

    def latest(self, client):
        return max((day for whose, day in self._days if whose == client), default=None)

    def erase(self, client):
        raise NotImplementedError


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

    def append(self, records):
        self._check()
        self.kept.extend(records)
        return list(range(len(self.kept) - len(records), len(self.kept)))

    def lag(self, group, topics):
        self._check()
        return self.lags.get(group, 0)

    def marks(self):
        self._check()
        return self.progress

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


class MemoryRecords:
    """What `daykeel.web.needs.Records` asks for, in memory."""

    def __init__(self) -> None:
        self.accounts, self.people, self.kept_alerts = {}, {}, {}
        self.credentials, self.requests = {}, {}
        self.consented = defaultdict(list)
        self.entries = defaultdict(list)
        self.audited = []
        self._sessions, self._links, self._passwords = {}, {}, {}
        self.notice_links = {}
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

    def consents(self, client):
        return self.consented[client]

    def account(self, account):
        return self.accounts.get(account)

    def alert_of_link(self, link):
        return self.notice_links.get(link)

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

    def save_transition(self, expected_version, alert, entry, notices):
        if self.kept_alerts[alert.id].version != expected_version:
            raise Conflict
        self.kept_alerts[alert.id] = alert
        self.entries[alert.id].append(entry)

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
    return house
