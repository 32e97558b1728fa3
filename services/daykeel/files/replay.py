"""`daykeel replay`: publish a recording of steps through MQTT, as a device would have."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

from daykeel.events.zones import zone
from daykeel.files.enrol import Login, NoInstallation, enrolled
from daykeel.files.messages import Message, first_instant, messages
from daykeel.files.recordings import BadRecording, Recording, joined, only, read_wide_steps
from daykeel.process.visit import NotHeard, broker_at, visit

DEVICE = "replay"
PATIENCE_S = 60.0
"""For each answer of the broker."""
PASSWORD = "DAYKEEL_MQTT_PASSWORD"  # noqa: S105  the name of a variable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--client", required=True, metavar="ID", help="whose device it plays")
    parser.add_argument(
        "--zone", required=True, type=_zone, metavar="IANA", help="zone of the file's clock times"
    )
    parser.add_argument("--subject", metavar="ID-IN-FILE", help="whose rows, if several people's")
    parser.add_argument("--device", default=DEVICE, help="which device it plays (%(default)s)")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="of an installation that runs here: the device is added and agreed to",
    )
    way.add_argument("--mqtt", metavar="URL", help="mqtt://HOST:PORT or mqtts://HOST:PORT")
    parser.add_argument("--username", help="with --mqtt: the device's user name")
    parser.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help=f"with --mqtt: holds its password; else {PASSWORD} does",
    )


def run(args: argparse.Namespace) -> int:
    """Publish the recording; return 2 if it cannot be read or sent, 1 if it was sent in part."""
    try:
        recording = read(args.files, args.subject)
        told = messages(recording, client=args.client, device=args.device, zone=args.zone)
        with _login(args, recording) as one:
            _publish(told, one)
    except (BadRecording, NoInstallation, ValueError, OSError) as error:
        return _failed(error, 2)
    except NotHeard as error:
        return _failed(error, 1)
    line = {"messages": len(told), "events": len(recording.steps), "acknowledged": True}
    sys.stdout.write(json.dumps(line) + "\n")
    return 0


def read(files: Sequence[Path], subject: str | None) -> Recording:
    """Return one person's recording from some files.

    Raises
    ------
    BadRecording
        A file is none, or it is not clear whose recording is wanted.
    OSError
        A file cannot be opened.
    """
    found = []
    for file in files:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            found += read_wide_steps(lines)
    people = {recording.subject for recording in found}
    by_person = [joined(one for one in found if one.subject == who) for who in sorted(people)]
    return only(by_person, subject)


def _publish(told: Sequence[Message], one: Login) -> None:
    visit(one.broker, one.username, one.password, told, patience_s=PATIENCE_S, is_long=True)


def _login(args: argparse.Namespace, recording: Recording) -> AbstractContextManager[Login]:
    if args.data is not None:
        since, now = first_instant(recording, args.zone), datetime.now(UTC)
        return enrolled(args.data, args.client, args.device, since=since, now=now)
    if not args.username:
        raise ValueError("--mqtt needs --username")
    if args.password_file is not None:
        password = args.password_file.read_text().strip()
    else:
        password = os.environ.get(PASSWORD, "")
    return nullcontext(Login(broker_at(args.mqtt), args.username, password))


def _failed(error: Exception, code: int) -> int:
    sys.stderr.write(f"daykeel replay: {error}\n")
    return code


def _zone(name: str) -> str:
    if zone(name) is None:
        raise argparse.ArgumentTypeError(f"no such zone: {name}")
    return name
