"""`daykeel mosquitto`: lets those into a Mosquitto whom the records know, and nobody else."""

import json
import os
import signal
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from daykeel.cli.folder import Folder, existing
from daykeel.cli.say import Refused, say
from daykeel.cli.up import DATA
from daykeel.ingest import mosquitto
from daykeel.process.broker import TLS_PORT
from daykeel.records.records import Records

LISTEN = f"0.0.0.0:{TLS_PORT}"
NOTED = "mosquitto.json"


@dataclass(frozen=True, slots=True)
class Told:
    """Which Mosquitto is kept up to date by whoever adds or revokes credentials."""

    at: str
    pid_file: str | None = None


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may be said of a Mosquitto."""
    parser.add_argument("--at", type=Path, required=True, help="folder of its configuration")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the installation")
    parser.add_argument("--pid-file", type=Path, help="of Mosquitto: it is told to read anew")
    parser.add_argument("--listen", type=_endpoint, default=LISTEN, metavar="ADDRESS:PORT")
    parser.add_argument("--cert", type=Path, help="certificate chain; default: cert.pem there")
    parser.add_argument("--key", type=Path, help="its private key; default: key.pem there")


def run(args: Namespace) -> int:
    """Write what Mosquitto reads, and remember where."""
    folder, at = existing(args.data), args.at.expanduser().resolve()
    told = Told(str(at), None if args.pid_file is None else str(args.pid_file.resolve()))
    try:
        at.mkdir(mode=0o750, parents=True, exist_ok=True)
        _configure(at, args)
        count = _write(told, folder.records())
    except OSError as error:
        raise Refused(f"{at} cannot be used: {error.strerror}") from error
    (folder.path / NOTED).write_text(json.dumps(asdict(told)) + "\n")
    say(f"{at} lets {count} devices in, and ingest with the password in ingest.password")
    return 0


def retold(folder: Folder, records: Records) -> None:
    """Write anew what the Mosquitto of an installation reads, if there is one.

    Raises
    ------
    Refused
        It cannot be written; then Mosquitto lets in whom it let in before.
    """
    try:
        told = Told(**json.loads((folder.path / NOTED).read_text()))
    except FileNotFoundError:
        return
    try:
        _write(told, records)
    except OSError as error:
        raise Refused(f"Mosquitto in {told.at} was not told: {error.strerror}") from error


def _write(told: Told, records: Records) -> int:
    """Write password file and list, let Mosquitto read them, and return how many may enter."""
    records.enrol_canary(now=datetime.now(UTC))
    known = [one for one in records.credentials() if one.enabled]
    mosquitto.write(Path(told.at), known)
    if told.pid_file is not None:
        os.kill(int(Path(told.pid_file).read_text()), signal.SIGHUP)
    else:
        say("If Mosquitto runs, send it SIGHUP: until then it lets in whom it let in before.")
    outdated = sum(mosquitto.is_outdated(one) for one in known)
    if outdated:
        say(f"{outdated} credentials are too old for Mosquitto; add the clients' devices anew")
    return len(known) - outdated


def _configure(at: Path, args: Namespace) -> None:
    """Write the configuration, unless there is one: that is the operator's."""
    file = at / mosquitto.CONFIGURATION
    if file.exists():
        return
    cert, key = (
        (given or at / name).resolve()
        for given, name in ((args.cert, "cert.pem"), (args.key, "key.pem"))
    )
    for needed in (cert, key):
        if not needed.exists():
            raise Refused(f"there is no {needed}; give --cert and --key: Mosquitto needs TLS")
    (at / "data").mkdir(mode=0o770, exist_ok=True)
    host, _, port = args.listen.rpartition(":")
    text = mosquitto.configuration(
        folder=at, data=at / "data", host=host, port=port, cert=cert, key=key
    )
    mosquitto.replace(file, text, mosquitto.GROUP_READS)


def _endpoint(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise ArgumentTypeError("an address and a port, such as 0.0.0.0:8883")
    return text
