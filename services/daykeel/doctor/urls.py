"""What the URLs of settings name, without what is secret in them."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from daykeel.log.kafka_address import address as kafka_address
from daykeel.log.open import sqlite_file as log_file
from daykeel.process.broker import address as broker_address
from daykeel.records.database import ENGINES
from daykeel.scores.open import sqlite_file as scores_file

FORMS = {
    "log": "sqlite:///PATH or kafka://HOST:PORT[,HOST:PORT][/PREFIX]",
    "scores": "sqlite:///PATH or influxdb://HOST:PORT/ORGANISATION/PREFIX?token_file=PATH",
    "records": "sqlite:///PATH or postgresql+psycopg://USER@HOST:PORT/DATABASE?passfile=PATH",
    "mqtt": "embedded://HOST:PORT, embedded+tls://, mqtt:// or mqtts://HOST:PORT",
}
FILES = ("token_file", "password_file", "ca_file", "passfile", "sslrootcert")
"""Options of URLs that name files."""


def is_of_its_form(name: str, url: str) -> bool:
    """Return whether a URL is one that the setting `DAYKEEL_<name>` can have."""
    try:
        _READ[name](url)
    except (ValueError, ArgumentError):
        return False
    return True


def _log(url: str) -> object:
    return kafka_address(url) if url.startswith("kafka:") else log_file(url)


def _scores(url: str) -> object:
    parts = urlsplit(url)
    if parts.scheme not in ("influxdb", "influxdbs"):
        return scores_file(url)
    if not parts.hostname or "token_file" not in parse_qs(parts.query):
        raise ValueError
    return parts.port


def _records(url: str) -> object:
    if make_url(url).drivername not in ENGINES:
        raise ValueError
    return None


_READ = {"log": _log, "scores": _scores, "records": _records, "mqtt": broker_address}


def files_in(url: str) -> dict[str, Path]:
    """Return the files that the options of a URL name."""
    given = parse_qs(urlsplit(url).query)
    return {name: Path(given[name][-1]) for name in FILES if name in given}


def sqlite_path(url: str) -> Path | None:
    """Return the file that a URL names, if it names one.

    >>> sqlite_path("sqlite:////srv/log.db?synchronous=FULL")
    PosixPath('/srv/log.db')
    >>> sqlite_path("kafka://localhost:9092")
    """
    parts = urlsplit(url)
    return Path(parts.path[1:]) if parts.scheme == "sqlite" else None


def shown(url: str) -> str:
    """Return where something lies: nobody's password, and no file of one.

    >>> shown("postgresql+psycopg://daykeel:x@db:5432/daykeel?passfile=/p")
    'postgresql+psycopg://db:5432/daykeel'
    """
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{place}{parts.path}"
