"""From a URL to the log it names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from daykeel.log.errors import NotMade
from daykeel.log.protocol import Log
from daykeel.log.sqlite import SqliteLog
from daykeel.log.sqlite_file import look_at
from daykeel.log.topics import CHANGELOG, KAFKA_PARTITIONS, SQLITE_PARTITIONS, TOPICS

if TYPE_CHECKING:
    from daykeel.log.kafka import KafkaLog

SYNCHRONOUS = frozenset({"NORMAL", "FULL"})


def open_log(url: str) -> Log:
    """Return the log at `url`, whose topics are declared.

    `sqlite:///data/log.db` is relative to the working folder, `sqlite:////srv/log.db` is not.
    `?synchronous=FULL` keeps what was appended also when the power fails.
    `kafka://one:9092,two:9092/clinic` lies on these servers under names that begin with `clinic.`.

    Raises
    ------
    LogUnavailable
        It cannot be reached.
    NotMade
        Nobody has made it: one on Kafka is made by `create_log` alone.
    """
    match urlsplit(url).scheme:
        case "sqlite":
            return open_sqlite_log(url)
        case "kafka":
            return open_kafka_log(url)
        case other:
            raise ValueError(f"no such log: {other!r}; use sqlite:///PATH or kafka://HOST:PORT")


def create_log(url: str) -> None:
    """Make the log at `url`, as far as it is not there."""
    if url.startswith("sqlite:"):
        open_sqlite_log(url).close()
        return
    log = _reached(url)
    try:
        log.create((*TOPICS, CHANGELOG), KAFKA_PARTITIONS)
        _check(log)
    finally:
        log.close()


def open_kafka_log(url: str) -> KafkaLog:
    """Return the log on Kafka at `url`, whose topics are declared."""
    log = _reached(url)
    try:
        _check(log)
    except BaseException:
        log.close()
        raise
    return log


def _reached(url: str) -> KafkaLog:
    # the client takes megabytes that a log on SQLite does without
    from daykeel.log.kafka import KafkaLog  # noqa: PLC0415
    from daykeel.log.kafka_address import address  # noqa: PLC0415

    return KafkaLog(address(url))


def _check(log: KafkaLog) -> None:
    missing = log.missing((*TOPICS, CHANGELOG), KAFKA_PARTITIONS)
    if missing is not None:
        raise NotMade(missing)


def look_at_log(url: str, *, patience_s: float) -> Log:
    """Return the log at `url` as it is, for who only looks: nothing is made or declared.

    Raises
    ------
    LogUnavailable
        It is not there or cannot be reached.
    """
    if url.startswith("kafka:"):
        return _reached(url)
    path, _ = sqlite_file(url)
    return SqliteLog(path, db=look_at(path, patience_s))


def open_sqlite_log(url: str) -> SqliteLog:
    """Return the SQLite log at `url` with its topics declared."""
    path, synchronous = sqlite_file(url)
    log = SqliteLog(path, synchronous=synchronous)
    log.create(TOPICS, SQLITE_PARTITIONS)
    return log


def sqlite_file(url: str) -> tuple[Path, str]:
    """Return the file of a SQLite log, and how it is written.

    >>> sqlite_file("sqlite:log.db")
    Traceback (most recent call last):
    ValueError: a SQLite log is named sqlite:///<path>
    """
    kind, path, options = urlsplit(url).scheme, urlsplit(url).path, parse_qs(urlsplit(url).query)
    synchronous = options.pop("synchronous", ["NORMAL"])[-1].upper()
    if kind != "sqlite" or not url.startswith("sqlite:///") or len(path) <= 1:
        raise ValueError("a SQLite log is named sqlite:///<path>")
    if options or synchronous not in SYNCHRONOUS:
        raise ValueError("a SQLite log has one option: synchronous=NORMAL or FULL")
    return Path(path.removeprefix("/")), synchronous
