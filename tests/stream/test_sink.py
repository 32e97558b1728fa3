"""The sink alone, between a real log and a store that keeps its promise."""

import sys
import time
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from running import Store, at_home, said
from servers_at import influxdb, influxdb_url

from daykeel.alerting.knowledge import Known
from daykeel.events.codec import decode, encode
from daykeel.events.event import Quarantined
from daykeel.log.errors import LogUnavailable
from daykeel.log.open import open_sqlite_log
from daykeel.log.topics import DAYS, NIGHTS, QUARANTINE, SCORES
from daykeel.rhythm.ledger import DayRecord, Night, ScoreRow
from daykeel.scores.errors import Refused, RowsRefused, ScoresUnavailable
from daykeel.scores.influx_lines import noon
from daykeel.scores.open import open_scores
from daykeel.stream.messages import NightSaid, ScoreSaid
from daykeel.stream.sink import Sink

DAY = date(2026, 3, 2)
TOPICS = (DAYS, NIGHTS, SCORES)


class Picky(Store):
    """A store that never takes the days of some clients, and is away as often as told."""

    def __init__(self, *never, away=()):
        super().__init__()
        self.never, self.away, self.puts = never, list(away), []

    def put(self, nights=(), days=(), scores=(), artefacts=(), known=()):
        self.puts.append(nights)
        if self.away:
            raise self.away.pop(0)
        refused = [one for one in days if one.client in self.never]
        kept = [one for one in days if one not in refused]
        super().put(nights, kept, scores, artefacts, known)
        if refused:
            raise RowsRefused(tuple(Refused(one, "type_conflict") for one in refused))


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/log.db"


@pytest.fixture
def log(url):
    opened = open_sqlite_log(url)
    yield opened
    opened.close()


@contextmanager
def sinking(open_log, store, pause=None):
    sink = Sink(open_log, store)
    sink._stopped.wait = pause or sink._stopped.wait
    sink.start()
    try:
        yield
    finally:
        sink.stop()


def until(true, what):
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.005)


def day_of(client, n=0):
    day = DAY + timedelta(n)
    night = Night(client=client, night=day, final=False, finalised_at=None)
    return DayRecord(client=client, day=day, night=night, inputs="x" * 9000)


def on_the_log(log, *days):
    log.append([at_home(DAYS, one.client, f"{one.client}|{one.day}", encode(one)) for one in days])


def test_what_the_store_never_takes_is_in_quarantine_once_and_the_rest_is_stored(log, url, caplog):
    on_the_log(log, day_of("c-1"), day_of("c-2"), day_of("c-2", 1), day_of("c-3"))
    row = ScoreRow("c-2", DAY, "7d", "UTC", ())
    log.append([at_home(SCORES, "c-2", "c-2|row", encode(ScoreSaid(row=row)))])
    store = Picky("c-2")

    with sinking(lambda: open_sqlite_log(url), store):
        until(lambda: log.lag("sink", TOPICS) == 0, "all is committed")

    assert {client for client, _ in store.days} == {"c-1", "c-3"}
    assert list(store.scores.values()) == [row]
    noted = said(log, QUARANTINE)
    assert [(one.key, one.partition) for one in noted] == [(b"c-2", noted[0].partition)] * 2
    first = decode(Quarantined, noted[0].value)
    value = encode(day_of("c-2"))
    assert (first.stage, first.reason) == ("sink", "type_conflict")
    assert (first.raw.client, first.raw.topic) == ("c-2", DAYS)
    assert (first.size, first.sha256) == (len(value), sha256(value).hexdigest())
    assert first.raw.payload == value[:4096]
    assert "2 rows will never be taken: type_conflict" in caplog.text
    assert "c-2" not in caplog.text


def test_what_became_known_is_stored_once_however_often_it_is_read(log, url):
    entry = Known(datetime(2026, 3, 2, 9, tzinfo=UTC), (day_of("c-1"),), number=3)
    value = encode(ScoreSaid(known=entry, client="c-1"))
    log.append([at_home(SCORES, "c-1", "c-1|known|3", value)] * 2)
    store = Store()

    with sinking(lambda: open_sqlite_log(url), store):
        until(lambda: log.lag("sink", TOPICS) == 0, "all is committed")

    assert store.known == {("c-1", entry.at, 3): entry}


def test_what_it_cannot_read_is_in_quarantine_once_and_the_rest_is_stored(log, url, caplog):
    garbled = b"\x01garbled" * 1000
    log.append([at_home(NIGHTS, "c-2", f"c-2|{DAY}", garbled)])
    on_the_log(log, day_of("c-1"))
    store = Store()

    with sinking(lambda: open_sqlite_log(url), store):
        until(lambda: log.lag("sink", TOPICS) == 0, "all is committed")

    assert {client for client, _ in store.days} == {"c-1"}
    (noted,) = said(log, QUARANTINE)
    assert noted.key == b"c-2"
    found = decode(Quarantined, noted.value)
    assert (found.stage, found.reason) == ("sink", "undecodable")
    assert (found.raw.client, found.raw.topic) == ("c-2", NIGHTS)
    assert (found.size, found.sha256) == (len(garbled), sha256(garbled).hexdigest())
    assert found.raw.payload == garbled[:4096]
    assert "unreadable record nights/" in caplog.text


@pytest.mark.servers
def test_what_influxdb_never_takes_is_in_quarantine_once_and_the_rest_is_stored(log, url):
    clients, old = [f"c-{n}" for n in range(9)], DAY - timedelta(days=400)
    said_nights = {one: old if one == "c-4" else DAY for one in clients}
    log.append([night_record(one, night) for one, night in said_nights.items()])
    on_the_log(log, *(day_of(one) for one in clients))

    with influxdb_url() as scores, closing(open_scores(scores)) as store:
        store.latest("nobody")  # makes the buckets
        make_text_of(scores, "nights", "version", old)
        with sinking(lambda: open_sqlite_log(url), store):
            until(lambda: log.lag("sink", TOPICS) == 0, "all is committed")
        nights = [one.night.night for each in clients for one in store.nights(each, old, date.max)]
        days = [one.client for each in clients for one in store.days(each, old, date.max)]

    assert nights == [DAY] * 8
    assert days == clients
    (letter,) = (decode(Quarantined, one.value) for one in said(log, QUARANTINE))
    assert (letter.stage, letter.reason) == ("sink", "type_conflict")
    assert (letter.raw.client, letter.raw.topic) == ("c-4", NIGHTS)


def night_record(client, night):
    told = NightSaid(
        night=Night(client=client, night=night, final=False, finalised_at=None),
        version=1,
        state="provisional",
        said_at=datetime(2026, 3, 3, tzinfo=UTC),
    )
    return at_home(NIGHTS, client, f"{client}|{night}", encode(told))


def make_text_of(scores, kind, field, day):
    """Have a field hold text in the weeks of a day: no point of them can hold a number in it."""
    _, organisation, prefix = urlsplit(scores).path.split("/")
    line = f'{kind},client=c-other {field}="text" {noon(day)}'
    path = f"write?org={organisation}&bucket={prefix}-{kind}&precision=s"
    influxdb(scores, "POST", path, line.encode())


def test_it_is_not_committed_before_quarantine_has_it(log, url):
    on_the_log(log, day_of("c-2"))
    lags = []

    def open_log():
        own = open_sqlite_log(url)
        append, failures = own.append, [LogUnavailable("disk full")] * 2

        def failing(records):
            lags.append(own.lag("sink", TOPICS))
            if failures:
                raise failures.pop()
            return append(records)

        own.append = failing
        return own

    with sinking(open_log, Picky("c-2")):
        until(lambda: log.lag("sink", TOPICS) == 0, "all is committed")

    assert len(said(log, QUARANTINE)) == 1
    assert lags == [1, 1, 1]


def test_what_could_not_be_committed_is_so_though_nothing_more_comes(log, url, monkeypatch):
    monkeypatch.setattr("daykeel.stream.sink.AWAY_S", 0.01)
    on_the_log(log, day_of("c-1"))
    store, failures = Store(), [LogUnavailable("away")]

    def open_log():
        own = open_sqlite_log(url)
        commit = own.commit

        def failing(group, positions):
            if failures:
                raise failures.pop()
            commit(group, positions)

        own.commit = failing
        return own

    with sinking(open_log, store):
        until(lambda: log.lag("sink", TOPICS) == 0, "all is committed")

    assert list(store.days.values()) == [day_of("c-1")]


def test_a_store_that_is_away_gets_the_same_again(log, url, caplog):
    on_the_log(log, day_of("c-1"))
    store = Picky(away=[ScoresUnavailable("it answered 503"), ConnectionError()])

    with sinking(lambda: open_sqlite_log(url), store):
        until(lambda: log.lag("sink", TOPICS) == 0, "all is committed")

    assert len(store.puts) == 3
    assert list(store.days.values()) == [day_of("c-1")]
    assert "it answered 503" in caplog.text
    assert said(log, QUARANTINE) == []


def test_a_store_that_asks_to_be_left_alone_is(log, url):
    on_the_log(log, day_of("c-1"))
    store = Picky(away=[ScoresUnavailable("busy", retry_after_s=600)])
    pauses = []

    with sinking(lambda: open_sqlite_log(url), store, pauses.append):
        until(lambda: log.lag("sink", TOPICS) == 0, "all is committed")

    assert len(store.puts) == 2
    assert pauses == [600]


def test_a_sink_that_is_stopped_while_the_store_is_away_commits_nothing(log, url):
    on_the_log(log, day_of("c-1"))
    store = Picky(away=[ScoresUnavailable("busy", retry_after_s=600)])

    with sinking(lambda: open_sqlite_log(url), store):
        until(lambda: store.puts, "the store was asked")

    assert log.lag("sink", TOPICS) == 1
