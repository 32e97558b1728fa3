"""The check of the clock: that of this machine against those of the servers."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from ssl import create_default_context
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from daykeel.doctor.finding import Finding, Level, NothingToSee
from daykeel.doctor.listening import ANSWER_S, trust
from daykeel.doctor.premises import Premises
from daykeel.doctor.rounds import within
from daykeel.doctor.urls import files_in
from daykeel.records.errors import RecordsError

SECOND = timedelta(seconds=1)
TOLERABLE, WRONG = 3 * SECOND, 30 * SECOND
"""What may differ without a word; and beyond what codes of signing in and times of events fail."""
SHARE = 0.25
"""Of the time of the check, what one server may take to answer."""
HTTP = {"influxdb": "http", "influxdbs": "https"}

Ask = Callable[[], datetime | None]
"""Returns what a server takes for now, to the nearest second or better; None if it says nothing."""


def clocks(premises: Premises, of_records: Ask) -> Iterator[Finding]:
    """Yield of each server that answers how far its clock is from ours."""
    seen = 0
    for name, ask in _servers(premises, of_records):
        offset = _offset(ask, premises)
        if offset is not None:
            seen += 1
            yield _judged(name, offset)
    if not seen:
        said = "no other clock could be asked; the clock of this machine is taken as it is"
        yield Finding("clock", Level.SKIPPED, said)


def _servers(premises: Premises, of_records: Ask) -> Iterator[tuple[str, Ask]]:
    yield "PostgreSQL", of_records
    scores = premises.setting("scores") or ""
    parts = urlsplit(scores)
    if parts.scheme in HTTP:
        url = f"{HTTP[parts.scheme]}://{parts.hostname}:{parts.port or 8086}/ping"
        yield "InfluxDB", lambda: _dated(url, files_in(scores).get("ca_file"))
    if premises.is_running and not premises.is_embedded and premises.reached is not None:
        pages = f"{premises.reached.url}/healthz"
        yield "the pages", lambda: _dated(pages, None, premises)


def _dated(url: str, ca_file: Path | None, premises: Premises | None = None) -> datetime | None:
    """Return the date of an answer, in the middle of the second it names."""
    context = None
    if url.startswith("https:"):
        context = trust(premises) if premises else create_default_context(cafile=ca_file)
    try:
        with urlopen(Request(url), timeout=ANSWER_S, context=context) as answer:  # noqa: S310  ours
            told = answer.headers.get("date")
    except HTTPError as error:
        with error:
            told = error.headers.get("date")
    except (URLError, OSError):
        return None
    return None if told is None else parsedate_to_datetime(told) + SECOND / 2


def _offset(ask: Ask, premises: Premises) -> timedelta | None:
    """Return how far another clock is ahead of ours; the answer is of the middle of the asking."""
    began, since = premises.now(), time.monotonic()
    try:
        there = within(premises.deadline_s * SHARE, ask)
    except (RecordsError, NothingToSee):
        return None
    if there is None:
        return None
    return there - (began + timedelta(seconds=(time.monotonic() - since) / 2))


def _judged(name: str, offset: timedelta) -> Finding:
    apart = abs(offset)
    side = "behind" if offset > timedelta() else "ahead of"
    said = f"the clock of this machine is {apart.total_seconds():.1f} s {side} that of {name}"
    advice = "let NTP set the clocks of all machines, and start anew what was running"
    if apart > WRONG:
        return Finding("clock", Level.FAILED, said, advice)
    if apart > TOLERABLE:
        return Finding("clock", Level.WARNING, said, advice)
    return Finding("clock", Level.WELL, f"this clock and that of {name} agree to some seconds")
