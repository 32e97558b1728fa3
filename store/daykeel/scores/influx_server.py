"""One InfluxDB: what a call asks is done when it returns, however often it has to be asked.

Everything asked for here may be done twice: points overwrite, and what is deleted stays so. So a
call whose answer got lost is repeated, until patience ends or the server says that it is no use.
No error quotes what was sent or answered.
"""

import csv
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from influxdb_client import (
    BucketRetentionRules,
    DeletePredicateRequest,
    DeleteService,
    InfluxDBClient,
    WritePrecision,
)
from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.flux_csv_parser import FluxQueryException
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_before_delay
from tenacity import wait_exponential_jitter as backoff
from urllib3.exceptions import HTTPError

from daykeel.scores.errors import ScoresUnavailable
from daykeel.scores.influx_lines import LONGEST_TEXT

T = TypeVar("T")
Value = str | float | datetime
Row = Mapping[str, Any]

TIMEOUT_S = 10.0
"""How long one answer is waited for."""

WRITE_PATIENCE_S, READ_PATIENCE_S = 15.0, 2.0
"""How long a call that fails is repeated: only who writes can wait longer than a page."""

ERASE_TIMEOUT_S = 120.0
"""Deleting walks through everything of a bucket."""

csv.field_size_limit(max(csv.field_size_limit(), LONGEST_TEXT))  # the library reads CSV by it
_PAUSE = backoff(multiplier=0.05, max=2.0, jitter=0.05)
_REFUSED = frozenset(
    (
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )
)
_REASONS = {
    "field type conflict": "type_conflict",
    "retention policy": "beyond_retention",
    "unable to parse": "unparsable",
    "too large": "too_long",
}


class Address(NamedTuple):
    """Where an InfluxDB is and who asks it."""

    url: str
    org: str
    token: str
    ca_file: Path | None = None
    """Whose certificates are trusted, if not those of the machine."""

    def __repr__(self) -> str:
        """Return where it is, without the token."""
        return f"Address({self.url!r}, {self.org!r})"


class Away(ScoresUnavailable):
    """The same call may succeed soon."""


class Server:
    """An InfluxDB of one organisation; safe to use from several threads."""

    def __init__(self, address: Address, *, patience_s: float = WRITE_PATIENCE_S) -> None:
        """Take the address; nothing connects before the first call."""
        self._write_patience_s = patience_s
        self._patience_s = min(READ_PATIENCE_S, patience_s)
        self._org = address.org
        self._client = InfluxDBClient(
            address.url,
            address.token,
            org=address.org,
            timeout=round(TIMEOUT_S * 1000),
            ssl_context=_trusting(address.ca_file) if address.url.startswith("https:") else None,
        )
        self._writes = self._client.write_api(write_options=SYNCHRONOUS)
        self._queries = self._client.query_api()
        self._deletes = DeleteService(self._client.api_client)
        self._buckets = self._client.buckets_api()

    def write(self, bucket: str, lines: bytes, precision: str = WritePrecision.S) -> str | None:
        """Return None once all lines are stored, or why some of them will never be.

        Which ones, and whether the others are stored, InfluxDB does not say.
        """
        send = partial(self._writes.write, bucket, record=lines, write_precision=precision)
        return self._insist(lambda: _refusal(send), self._write_patience_s)

    def query(self, flux: str, **values: Value) -> list[Row]:
        """Return all rows a query answers, each value bound to its name.

        Values are sent beside the query, as declarations of a syntax tree, and never become text
        of it.
        """

        def ask() -> list[Row]:
            tables = self._queries.query(flux, params=values)
            return [record.values for table in tables for record in table.records]

        return self._insist(ask, self._patience_s)

    def delete(self, bucket: str, predicate: str, start: datetime, stop: datetime) -> None:
        """Delete the points a predicate holds for."""
        what = DeletePredicateRequest(start=start, stop=stop, predicate=predicate)
        ask = partial(self._deletes.post_delete, what, org=self._org, bucket=bucket)
        self._insist(lambda: ask(_request_timeout=ERASE_TIMEOUT_S * 1000), self._write_patience_s)

    def retention_s(self, bucket: str) -> float | None:
        """Return how long a bucket keeps points, 0 for ever; None if there is no such bucket."""
        return self._insist(lambda: self._retention_s(bucket), self._patience_s)

    def _retention_s(self, bucket: str) -> float | None:
        try:
            found = self._buckets.find_buckets(name=bucket, org=self._org).buckets
        except ApiException as error:
            if error.status == HTTPStatus.NOT_FOUND and str(error.message).startswith("bucket"):
                return None
            raise
        return sum(one.every_seconds for one in found[0].retention_rules) if found else None

    def create(self, bucket: str, *, retention_s: int, shard_s: int) -> None:
        """Make a bucket, unless somebody else just has; 0 keeps points for ever."""
        rule = BucketRetentionRules(
            type="expire", every_seconds=retention_s, shard_group_duration_seconds=shard_s
        )
        ask = partial(self._buckets.create_bucket, bucket_name=bucket, org=self._org)
        self._insist(lambda: _refusal(lambda: ask(retention_rules=rule)), self._patience_s)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @staticmethod
    def _insist(ask: Callable[[], T], patience_s: float) -> T:
        again = Retrying(
            retry=retry_if_exception_type(Away),
            wait=_pause,
            stop=stop_before_delay(patience_s),
            reraise=True,
        )
        answer: T = again(_translated, ask)
        return answer


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_s if isinstance(error, ScoresUnavailable) else None
    return max(_PAUSE(state), asked or 0.0)


def _translated(ask: Callable[[], T]) -> T:
    """Ask once; what is wrong is said in our own words."""
    try:
        return ask()
    except ApiException as error:
        raise _unavailable(error) from None
    except FluxQueryException as error:
        raise Away(f"InfluxDB broke off a query, error {error.reference}") from None
    except InfluxDBError:  # what is left of them is the look for an organisation
        raise ScoresUnavailable(
            "InfluxDB does not show the organisation to this token, so a bucket that is missing"
            " cannot be made: make it by hand, or let the token see the organisation"
        ) from None
    except (HTTPError, OSError) as error:
        raise Away(f"InfluxDB does not answer: {type(error).__name__}") from None


def _unavailable(error: ApiException) -> ScoresUnavailable:
    status = error.status or 0
    after = _seconds(error.retry_after)
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Away(f"InfluxDB answered {status}", retry_after_s=after)
    if not status:
        return ScoresUnavailable("no TLS connection with InfluxDB: check its certificate")
    return ScoresUnavailable(
        f"InfluxDB answered {status}: check organisation, buckets and what the token may do"
    )


def _seconds(told: str | None) -> float | None:
    """Return what `Retry-After` says, unless it names an instant, as InfluxDB never does."""
    return float(told) if told is not None and told.isdecimal() else None


def _refusal(send: Callable[[], object]) -> str | None:
    """Send once; return why something of it was refused for good."""
    try:
        send()
    except ApiException as error:
        if error.status not in _REFUSED:
            raise
        told = str(error.message)
        return next((reason for part, reason in _REASONS.items() if part in told), "refused")
    return None


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)
