"""Where a log on Kafka lies: its servers, and what its topics and groups are called there."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PORT = 9092
MARKER = "incarnation."
"""Begins the name of the topic whose name says which log this is."""

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")


@dataclass(frozen=True, slots=True)
class Address:
    """What the URL of a log on Kafka names."""

    servers: tuple[str, ...]
    prefix: str = ""

    def __str__(self) -> str:
        return ", ".join(self.servers)

    def connection(self) -> dict[str, Any]:
        """Return what every client of Kafka is told of how to connect."""
        return {"bootstrap_servers": list(self.servers), "security_protocol": "PLAINTEXT"}

    def name(self, plain: str) -> str:
        """Return what a topic or group of the log is called on Kafka.

        >>> Address(("localhost:9092",), "clinic").name("events.raw")
        'clinic.events.raw'
        """
        return f"{self.prefix}.{plain}" if self.prefix else plain

    def plain(self, name: str) -> str | None:
        """Return what a topic on Kafka is called here; None if it is of another log."""
        start = self.name("")
        return name.removeprefix(start) if name.startswith(start) else None


def address(url: str) -> Address:
    """Return what a URL names.

    >>> address("kafka://one:9092,two/clinic")
    Address(servers=('one:9092', 'two:9092'), prefix='clinic')
    >>> address("kafka://")
    Traceback (most recent call last):
    ValueError: a log on Kafka is named kafka://HOST:PORT[,HOST:PORT][/PREFIX]
    """
    parts = urlsplit(url)
    prefix = parts.path.removeprefix("/")
    servers = tuple(_server(one) for one in parts.netloc.split(","))
    is_whole = parts.scheme == "kafka" and not parts.query and not parts.fragment
    if not is_whole or None in servers or (prefix and not _NAME.fullmatch(prefix)):
        raise ValueError("a log on Kafka is named kafka://HOST:PORT[,HOST:PORT][/PREFIX]")
    return Address(tuple(one for one in servers if one is not None), prefix)


def _server(text: str) -> str | None:
    """Return HOST:PORT, or None if it is none."""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(PORT)
    return f"{host}:{port}" if _HOST.fullmatch(host) and port.isdecimal() else None
