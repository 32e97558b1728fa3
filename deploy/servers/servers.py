"""Real servers on loopback without Docker, for tests and for people who try the production profile.

    python3 deploy/servers/servers.py install
    python3 deploy/servers/servers.py start --at FOLDER [NAME ...]
    python3 deploy/servers/servers.py stop --at FOLDER [NAME ...]
    python3 deploy/servers/servers.py kill --at FOLDER NAME
    python3 deploy/servers/servers.py wipe --at FOLDER

A server keeps its port and its data in FOLDER until ``wipe``; ``FOLDER/servers.json`` says where
each one answers. It needs Linux and Python's standard library.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from cache import Missing
from fleet import Fleet
from influxdb_server import InfluxDB
from kafka_server import Kafka
from mosquitto_server import Mosquitto
from place import Server
from postgres_server import PostgreSQL
from processes import Late

SERVERS: dict[str, Server] = {
    server.name: server for server in (Kafka(), InfluxDB(), Mosquitto(), PostgreSQL())
}


def arguments() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("install", "start", "stop", "kill", "wipe"):
        known = commands.add_parser(command)
        if command != "install":
            known.add_argument("--at", type=Path, required=True, metavar="FOLDER")
        if command != "wipe":
            many = 1 if command == "kill" else "*"
            known.add_argument("names", nargs=many, type=known_server, metavar="NAME")
    return parser


def known_server(name: str) -> str:
    """Return the name of a server there is."""
    if name not in SERVERS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(SERVERS)}")
    return name


def main() -> int:
    """Do what the command line asks; what is missing is said without a traceback."""
    asked = arguments().parse_args()
    try:
        _do(asked)
    except (Missing, Late, ValueError, subprocess.CalledProcessError) as problem:
        print(f"servers: {problem}", file=sys.stderr)  # noqa: T201 - a command
        return 1
    return 0


def _do(asked: argparse.Namespace) -> None:
    names = getattr(asked, "names", None) or list(SERVERS)
    if asked.command == "install":
        for name in names:
            SERVERS[name].install()
        return
    fleet = Fleet(asked.at.resolve())
    if asked.command == "start":
        fleet.start([SERVERS[name] for name in names])
    elif asked.command == "stop":
        fleet.stop(names)
    elif asked.command == "kill":
        fleet.kill(*names)
    else:
        fleet.stop(names)
        fleet.forget(SERVERS)
        shutil.rmtree(asked.at, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
