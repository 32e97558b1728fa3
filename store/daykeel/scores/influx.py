"""Nights, days and scores in InfluxDB 2: what `put` returned from is stored, row by row.

A bucket each for nights, days, scores and artefacts; in it one point for each client and local
date, at 12:00Z of that date whatever the client's zone. In a fifth lies what became known, each
at its instant.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from typing import TypeVar

from daykeel.alerting.knowledge import Known
from daykeel.rhythm.ledger import Baseline, DayRecord, ScoreRow
from daykeel.scores.contents import (
    decoded_baseline,
    decoded_day,
    decoded_known,
    decoded_row,
    decoded_stored_night,
    unpacked,
)
from daykeel.scores.errors import NotErased, Refused, RowsRefused, ScoresUnavailable, Stored
from daykeel.scores.influx_buckets import lacking, provide
from daykeel.scores.influx_lines import BadPoint, instants, is_taggable
from daykeel.scores.influx_points import (
    REGISTRY,
    Point,
    baseline_point,
    day_point,
    known_point,
    night_point,
    row_point,
)
from daykeel.scores.influx_refusals import refused
from daykeel.scores.influx_server import Away, Row, Server, Value
from daykeel.scores.protocol import StoredNight

NIGHTS, DAYS, SCORES, ARTEFACTS, KNOWN = KINDS = (
    "nights",
    "days",
    "scores",
    "artefacts",
    "known",
)
COMMENT = b"# nothing"
T = TypeVar("T", bound=Stored)

_EVER = instants(date.min, date.max)
_BODIES = """
from(bucket: _bucket)
  |> range(start: _start, stop: _stop)
  |> filter(fn: (r) => r.client == _client and r._field == "body")
  |> keep(columns: ["_time", "_value"])
"""
_SCORES = """
from(bucket: _bucket)
  |> range(start: _start, stop: _stop)
  |> filter(fn: (r) => r.client == _client and r.window == _window and r.registry == _registry)
  |> filter(fn: (r) => r._field == "body")
  |> keep(columns: ["_time", "_value"])
"""
_ARTEFACTS = """
from(bucket: _bucket)
  |> range(start: _start, stop: _stop)
  |> filter(fn: (r) => r.client == _client and (r._field == "body" or r._field == "stored"))
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()
  |> sort(columns: ["stored"])
"""
_LAST = """
from(bucket: _bucket)
  |> range(start: _start, stop: _stop)
  |> filter(fn: (r) => r.client == _client and r._field == "body")
  |> last()
  |> keep(columns: ["_time"])
"""
_ANY = """
from(bucket: _bucket)
  |> range(start: _start, stop: _stop)
  |> filter(fn: (r) => r.client == _client)
  |> first()
  |> keep(columns: ["_time"])
  |> group()
  |> limit(n: 1)
"""


class InfluxScores:
    """A `ScoreStore` over the buckets of one prefix.

    They are looked for, and made if they are missing, when the store is first used.
    """

    def __init__(self, server: Server, prefix: str, *, retention_days: int | None = None) -> None:
        """Take the server.

        Parameters
        ----------
        server
            The server.
        prefix
            The buckets are `<prefix>-nights`, `-days`, `-scores`, `-artefacts` and `-known`.
        retention_days
            How long a point is kept, 0 for ever; None for ever, or as buckets that are there do.
        """
        self._server = server
        self._prefix = prefix
        self._retention_days = retention_days
        self._lock = threading.Lock()
        self._is_ready = False
        self._stored = 0.0

    def put(
        self,
        nights: Sequence[StoredNight] = (),
        days: Sequence[DayRecord] = (),
        scores: Sequence[ScoreRow] = (),
        artefacts: Sequence[tuple[str, Baseline]] = (),
        known: Sequence[tuple[str, Known]] = (),
    ) -> None:
        """Store all of it; of what was stored before an error, putting it again changes nothing.

        Raises
        ------
        RowsRefused
            InfluxDB will never take some of the rows; all others are stored.
        ScoresUnavailable
            It does not answer, or lacks something only an operator can give.
        """
        never = [
            *self._store(NIGHTS, nights, night_point),
            *self._store(DAYS, days, day_point),
            *self._store(SCORES, scores, row_point),
            *self._store(ARTEFACTS, artefacts, self._baseline_point),
            *self._store(KNOWN, known, known_point),
        ]
        if never:
            raise RowsRefused(tuple(never))

    def nights(self, client: str, first: date, stop: date) -> list[StoredNight]:
        """Return the nights of [first, stop), oldest first; nothing for an unknown client."""
        return [decoded_stored_night(body) for body in self._bodies(NIGHTS, client, first, stop)]

    def days(self, client: str, first: date, stop: date) -> list[DayRecord]:
        """Return the day records of [first, stop), oldest first."""
        return [decoded_day(body) for body in self._bodies(DAYS, client, first, stop)]

    def scores(self, client: str, window: str, first: date, stop: date) -> list[ScoreRow]:
        """Return the rows of one window with a local date in [first, stop), oldest first."""
        start, end = instants(first, stop)
        if start >= end:
            return []
        rows = self._ask(
            SCORES, _SCORES, _start=start, _stop=end, _client=client, _window=window,
            _registry=REGISTRY,
        )  # fmt: skip
        return [decoded_row(unpacked(row["_value"])) for row in rows]

    def artefacts(self, client: str) -> list[Baseline]:
        """Return the baselines of a client; the one stored last, again or anew, comes last."""
        start, stop = _EVER
        rows = self._ask(ARTEFACTS, _ARTEFACTS, _start=start, _stop=stop, _client=client)
        return [decoded_baseline(unpacked(row["body"])) for row in rows]

    def known(self, client: str) -> list[Known]:
        """Return what became known of a client, oldest first; none of it is ever replaced."""
        start, stop = _EVER
        rows = self._ask(KNOWN, _BODIES, _start=start, _stop=stop, _client=client)
        return [decoded_known(unpacked(row["_value"])) for row in rows]

    def latest(self, client: str) -> date | None:
        """Return the last date of which anything is stored."""
        start, stop = _EVER
        times = [
            row["_time"]
            for kind in (NIGHTS, DAYS, SCORES)
            for row in self._ask(kind, _LAST, _start=start, _stop=stop, _client=client)
        ]
        return max(times).date() if times else None

    def erase(self, client: str) -> None:
        """Delete all of a client and verify by a query that nothing is left.

        Raises
        ------
        NotErased
            Something is left.
        """
        if not is_taggable(client):  # so no point of it was ever stored
            return
        start, stop = _EVER
        for kind in KINDS:
            with self._bucket(kind) as bucket:
                self._server.delete(bucket, f'client="{client}"', start, stop)
        for kind in KINDS:
            if self._ask(kind, _ANY, _start=start, _stop=stop, _client=client):
                raise NotErased(f"points are left in the bucket of {kind}")

    def lacking(self) -> list[str]:
        """Return what is wrong with the buckets and what to do; nothing is made or changed."""
        names = (_bucket_name(self._prefix, kind) for kind in KINDS)
        found = (lacking(self._server, name, self._retention_days) for name in names)
        return [one for one in found if one is not None]

    def try_writing(self) -> None:
        """Raise `ScoresUnavailable` if nothing could be stored now; nothing is.

        What is sent is a comment: InfluxDB looks who sends it and where to, and finds no point.
        """
        for kind in KINDS:
            self._server.write(_bucket_name(self._prefix, kind), COMMENT)

    def close(self) -> None:
        """Close the connections."""
        self._server.close()

    def _store(
        self, kind: str, rows: Iterable[T], point: Callable[[T], Point]
    ) -> Iterator[Refused]:
        """Send rows, of equal identity the last, and yield those that will never be taken."""
        points: dict[tuple[str, int], Point] = {}
        for row in rows:
            try:
                made = point(row)
            except BadPoint as error:
                yield Refused(row, str(error))
            else:
                points[made.identity] = made
        if points:
            with self._bucket(kind) as bucket:
                yield from refused(points.values(), partial(self._write, bucket))

    def _write(self, bucket: str, points: Sequence[Point]) -> str | None:
        lines = b"\n".join(one.line for one in points)
        return self._server.write(bucket, lines, points[0].precision)

    def _baseline_point(self, row: tuple[str, Baseline]) -> Point:
        """Return a baseline as the last that was put, by the system's clock."""
        with self._lock:
            self._stored = max(self._stored + 1, time.time_ns() // 1000)
            return baseline_point(row, self._stored)

    def _bodies(self, kind: str, client: str, first: date, stop: date) -> Iterator[bytes]:
        start, end = instants(first, stop)
        if start < end:
            for row in self._ask(kind, _BODIES, _start=start, _stop=end, _client=client):
                yield unpacked(row["_value"])

    def _ask(self, kind: str, flux: str, **values: Value) -> list[Row]:
        with self._bucket(kind) as bucket:
            return self._server.query(flux, _bucket=bucket, **values)

    @contextmanager
    def _bucket(self, kind: str) -> Iterator[str]:
        """Give the name of a bucket that is there; look again after one was not as it should be."""
        if not self._is_ready:  # who does so at the same time as somebody else changes nothing
            for one in KINDS:
                provide(self._server, _bucket_name(self._prefix, one), self._retention_days)
            self._is_ready = True
        try:
            yield _bucket_name(self._prefix, kind)
        except Away:
            raise
        except ScoresUnavailable:
            self._is_ready = False
            raise


def _bucket_name(prefix: str, kind: str) -> str:
    return f"{prefix}-{kind}"
