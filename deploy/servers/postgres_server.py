"""One PostgreSQL whose role ``daykeel`` may make databases, by password on loopback only."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from cache import Missing
from place import Launch, Place, write_private
from processes import as_account, is_zombie

ROLE = "daykeel"
PACKAGE = "apt-get install postgresql"
CLUSTER = "cluster"
HOMES = Path("/usr/lib/postgresql")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "max_connections": "200",
}


class PostgreSQL:
    """The newest PostgreSQL of Debian's packages that is on this machine."""

    name = "postgres"
    ports = 1

    def install(self) -> None:
        """Look for the package; it is the system's to install."""
        _program("postgres")

    def prepare(self, place: Place) -> Launch:
        """Make the data folder the first time."""
        data = self.data(place)
        if not (place.folder / "made").exists():
            _initialise(place, data)
        _unlock(data / CLUSTER / "postmaster.pid")
        options = {**SETTINGS, "port": str(place.ports[0])}
        said = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        # It ends at once, but orderly, without waiting for clients to leave.
        return Launch(
            [_program("postgres"), "-D", str(data / CLUSTER), *said], signal.SIGINT, _account()
        )

    def answers(self, place: Place) -> bool:
        """Tell whether a connection is taken."""
        pg_isready = [_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(place.ports[0])]
        return subprocess.run(pg_isready, check=False).returncode == 0  # noqa: S603 - its own tool

    def settle(self, place: Place) -> None:
        """Make role and database, unless that was done."""
        if not _said(place, f"select 1 from pg_roles where rolname = '{ROLE}'"):  # noqa: S608 - a constant
            password = place.secret("password").read_text()
            _said(place, f"create role {ROLE} login createdb password '{password}'")
        if not _said(place, f"select 1 from pg_database where datname = '{ROLE}'"):  # noqa: S608 - a constant
            _said(place, f"create database {ROLE} owner {ROLE}")
        password = place.secret("password").read_text()
        write_private(place.folder / "passfile", f"127.0.0.1:*:*:{ROLE}:{password}\n")

    def url(self, place: Place) -> str:
        """Return the address as Daykeel's settings name it."""
        return (
            f"postgresql+psycopg://{ROLE}@127.0.0.1:{place.ports[0]}/{ROLE}"
            f"?passfile={place.folder / 'passfile'}"
        )

    def data(self, place: Place) -> Path:
        """Return the data folder; for root one apart: its account cannot look into root's."""
        if _account() is None:
            return place.folder / "data"
        named = place.folder / "data-is-at"
        if not named.exists():
            write_private(named, tempfile.mkdtemp(prefix="daykeel-postgres-"))
        return Path(named.read_text())


def _program(name: str) -> str:
    homes = sorted(HOMES.glob("*/bin"), key=lambda home: int(home.parent.name))
    found = shutil.which(name, path=str(homes[-1])) if homes else shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not on this machine: {PACKAGE}")
    return found


def _account() -> str | None:
    """Return the account it must run as: it refuses to be root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _initialise(place: Place, data: Path) -> None:
    """Make the cluster of files, for a superuser with a password."""
    account = _account()
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700)
    password = data / "superuser"
    write_private(password, place.secret("superuser").read_text())
    if account is not None:
        shutil.chown(data, account)
        shutil.chown(password, account)
    subprocess.run(  # noqa: S603 - its own tool
        [
            *(_program("initdb"), "-D", str(data / CLUSTER), "-U", "postgres", "-E", "UTF8"),
            *("--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={password}"),
        ],
        stdout=subprocess.DEVNULL,
        check=True,
        cwd="/",
        **as_account(account),
    )
    password.unlink()
    (place.folder / "made").touch()


def _unlock(lock: Path) -> None:
    """Remove the lock of a process that has ended but still has its number.

    Everything else PostgreSQL judges better itself.
    """
    if lock.exists() and is_zombie(int(lock.read_text().split()[0])):
        lock.unlink()


def _said(place: Place, statement: str) -> str:
    """Run one statement as the superuser and return what it said."""
    told = subprocess.run(  # noqa: S603 - its own tool
        [
            *(_program("psql"), "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-w"),
            *("-h", "127.0.0.1", "-p", str(place.ports[0]), "-U", "postgres", "-d", "postgres"),
        ],
        input=statement,
        env={**os.environ, "PGPASSWORD": place.secret("superuser").read_text()},
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.strip()
