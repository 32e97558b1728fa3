"""The real servers of the tests: shared ones with room of its own for a test, or private ones.

``DAYKEEL_SERVERS_AT`` names a folder in which ``deploy/servers/servers.py start`` was run.
"""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from daykeel.demo.room import delete_buckets, delete_topics, drop_database

PROGRAM = Path(__file__).parents[2] / "deploy" / "servers" / "servers.py"
PSQL_HOMES = Path("/usr/lib/postgresql")


class Servers:
    """Servers in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, name: str) -> str:
        return str(self._known(name)["url"])

    def start(self, *names: str) -> None:
        self._do("start", *names)

    def stop(self, *names: str) -> None:
        """Ask for an orderly end."""
        self._do("stop", *names)

    def kill(self, name: str) -> None:
        """End one at once, with all its processes."""
        self._do("kill", name)

    def signal(self, name: str, number: signal.Signals) -> None:
        os.kill(self.pid(name), number)

    def pid(self, name: str) -> int:
        return int(self._known(name)["pid"])

    def wipe(self) -> None:
        self._do("wipe")

    def _known(self, name: str) -> Any:
        return json.loads((self.folder / "servers.json").read_text())[name]

    def _do(self, command: str, *names: str) -> None:
        line = [sys.executable, str(PROGRAM), command, "--at", str(self.folder), *names]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        assert not done.returncode, done.stderr


def shared(name: str) -> Servers:
    """Return the servers that all tests share, if one of this name is among them."""
    at = os.environ.get("DAYKEEL_SERVERS_AT")
    if at is None:
        pytest.skip("DAYKEEL_SERVERS_AT names no folder of deploy/servers/servers.py")
    servers = Servers(Path(str(at)))
    try:
        servers.url(name)
    except (OSError, KeyError):
        pytest.skip(f"{name} was not started in the folder that DAYKEEL_SERVERS_AT names")
    return servers


@contextmanager
def private(folder: Path, *names: str) -> Iterator[Servers]:
    """Start servers that a test may kill; they must be installed."""
    if "DAYKEEL_SERVERS_AT" not in os.environ:
        pytest.skip("DAYKEEL_SERVERS_AT is not set: servers are not installed")
    servers = Servers(folder)
    try:
        servers.start(*names)
        yield servers
    finally:
        servers.wipe()


@contextmanager
def postgres_url() -> Iterator[str]:
    """Make a database, and drop it in the end."""
    url, name = shared("postgres").url("postgres"), _name()
    psql(url, f'create database "{name}"')
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        drop_database(url, name)


@contextmanager
def kafka_url() -> Iterator[str]:
    """Choose a prefix of topics, and delete those that have it in the end."""
    url, prefix = shared("kafka").url("kafka"), _name()
    log = f"{url}/{prefix}"
    try:
        yield log
    finally:
        # in a thread of its own: a test may have a loop that runs
        with ThreadPoolExecutor(1) as aside:
            aside.submit(asyncio.run, delete_topics(log)).result()


@contextmanager
def influxdb_url() -> Iterator[str]:
    """Choose a prefix of buckets, and delete those that have it in the end."""
    url, prefix = shared("influxdb").url("influxdb"), _name()
    parts = urlsplit(url)
    organisation = parts.path.split("/")[1]
    scores = parts._replace(path=f"/{organisation}/{prefix}").geturl()
    try:
        yield scores
    finally:
        delete_buckets(scores)


def psql(url: str, statement: str) -> str:
    """Run a statement with PostgreSQL's own client and return what it says."""
    parts = urlsplit(url)
    homes = sorted(PSQL_HOMES.glob("*/bin/psql"))
    done = subprocess.run(
        [
            *(str(homes[-1]) if homes else "psql", "-X", "-A", "-t", "-q", "-w"),
            *("-v", "ON_ERROR_STOP=1", "-h", str(parts.hostname), "-p", str(parts.port)),
            *("-U", str(parts.username), "-d", parts.path[1:], "-c", statement),
        ],
        env={**os.environ, "PGPASSFILE": parse_qs(parts.query)["passfile"][0]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    return done.stdout.strip()


def influxdb(url: str, method: str, path: str, body: bytes | None = None) -> Any:
    """Call InfluxDB's own API with the token that the URL names."""
    parts = urlsplit(url)
    token = Path(parse_qs(parts.query)["token_file"][0]).read_text().strip()
    request = urllib.request.Request(
        f"http://{parts.netloc}/api/v2/{path}",
        method=method,
        data=body,
        headers={"Authorization": f"Token {token}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  http on loopback
        said = answer.read()
    return json.loads(said) if said.startswith((b"{", b"[")) else said


def _name() -> str:
    return f"t{secrets.token_hex(6)}"
