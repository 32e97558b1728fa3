"""From a URL to the log it names."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from daykeel.log.protocol import Log
from daykeel.log.sqlite import SqliteLog
from daykeel.log.topics import SQLITE_PARTITIONS, TOPICS

SYNCHRONOUS = frozenset({"NORMAL", "FULL"})


def open_log(url: str) -> Log:
    """Return the log at `url` with its topics declared.

    `sqlite:///data/log.db` is relative to the working folder, `sqlite:////srv/log.db` is not.
    `?synchronous=FULL` keeps what was appended also when the power fails.
    """
    if not url.startswith("sqlite:"):
        raise ValueError(f"no such log: {urlsplit(url).scheme!r}; use sqlite:///<path>")
    return open_sqlite_log(url)


def open_sqlite_log(url: str) -> SqliteLog:
    """Return the SQLite log at `url` with its topics declared.

    >>> open_sqlite_log("sqlite:log.db")
    Traceback (most recent call last):
    ValueError: a SQLite log is named sqlite:///<path>
    """
    kind, path, options = urlsplit(url).scheme, urlsplit(url).path, parse_qs(urlsplit(url).query)
    synchronous = options.pop("synchronous", ["NORMAL"])[-1].upper()
    if kind != "sqlite" or not url.startswith("sqlite:///") or len(path) <= 1:
        raise ValueError("a SQLite log is named sqlite:///<path>")
    if options or synchronous not in SYNCHRONOUS:
        raise ValueError("a SQLite log has one option: synchronous=NORMAL or FULL")
    log = SqliteLog(Path(path.removeprefix("/")), synchronous=synchronous)
    log.create(TOPICS, SQLITE_PARTITIONS)
    return log
