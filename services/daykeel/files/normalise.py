"""`daykeel normalise`: what the payloads in a file become, one canonical event per line."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from daykeel.events.event import Adapted, Event, RawRecord, Reject
from daykeel.events.local import located
from daykeel.events.newest import newest
from daykeel.events.times import BadTime, parse_instant
from daykeel.events.wire import to_dict
from daykeel.events.zones import zone
from daykeel.files.raws import NoRecording, Sender, one_record, recorded
from daykeel.sources.registry import ADAPTERS, adapt

WHOLE = "record"
"""What was refused where the refusal is of no part of a record."""


class Normalised(NamedTuple):
    """What a file comes to: lines to print, and lines about what was refused."""

    lines: list[dict[str, Any]]
    refused: list[dict[str, Any]]


def normalised(
    raws: Iterable[RawRecord | Reject], *, where: ZoneInfo | None = None, internal: bool = False
) -> Normalised:
    """Return the events of some raw records as JSON values, and why others gave none.

    Parameters
    ----------
    where
        The zone of clock times that come without one; if None they have no instant.
    internal
        Whether events that never leave an adapter are wanted too.
    """
    records = [_adapted(raw) for raw in raws]
    found = [_events(adapted, internal=internal) for adapted in records]
    events = newest(found) if len(found) > 1 else [event for one in found for event in one]
    lines = [to_dict(located(event, where) if where else event) for event in events]
    fetches = [{"fetch": one.what} for adapted in records for one in adapted.fetches]
    refused = [
        {"reject": reject.detail or WHOLE, "reason": reject.reason, "record": number}
        for number, adapted in enumerate(records)
        for reject in adapted.rejects
    ]
    return Normalised(lines + fetches, refused)


def _adapted(raw: RawRecord | Reject) -> Adapted:
    return adapt(raw) if isinstance(raw, RawRecord) else Adapted(rejects=(raw,))


def _events(adapted: Adapted, *, internal: bool) -> list[Event]:
    return [*adapted.events, *(adapted.internal if internal else ())]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--adapter", required=True, choices=sorted(ADAPTERS))
    parser.add_argument("--client", required=True, metavar="ID")
    parser.add_argument("--topic", help="the topic the payload came by")
    parser.add_argument(
        "--zone", type=_zone, metavar="IANA", help="zone of clock times that come without one"
    )
    parser.add_argument(
        "--received-at", type=_instant, metavar="ISO", help="when it arrived; now, if not given"
    )
    parser.add_argument(
        "--recorded",
        action="store_true",
        help="the file is a JSON list of {topic, payload, qos, retain, received_at}",
    )
    parser.add_argument("--internal", action="store_true", help="print place.fix as well")
    parser.add_argument("file", metavar="FILE|-", help="- is the standard input")


def run(args: argparse.Namespace) -> int:
    """Print the events of a file and what was refused; return 1 if anything was."""
    sender = Sender(
        args.client, args.adapter, args.received_at or datetime.now(UTC), topic=args.topic
    )
    try:
        result = normalised(
            _raws(args, sender), where=args.zone and ZoneInfo(args.zone), internal=args.internal
        )
    except NoRecording as error:
        result = Normalised([], [{"reject": "file", "reason": str(error)}])
    except OSError as error:
        print(f"daykeel normalise: {args.file}: {error.strerror}", file=sys.stderr)  # noqa: T201  a command's output
        return 2
    _write(result)
    return 1 if result.refused else 0


def _raws(args: argparse.Namespace, sender: Sender) -> Iterator[RawRecord | Reject]:
    payload = sys.stdin.buffer.read() if args.file == "-" else Path(args.file).read_bytes()
    return recorded(payload, sender) if args.recorded else iter([one_record(payload, sender)])


def _write(result: Normalised) -> None:
    for stream, lines in ((sys.stdout, result.lines), (sys.stderr, result.refused)):
        for line in lines:
            stream.write(msgspec.json.encode(line).decode() + "\n")
        stream.flush()


def _zone(name: str) -> str:
    if zone(name) is None:
        raise argparse.ArgumentTypeError(f"no such zone: {name}")
    return name


def _instant(text: str) -> datetime:
    try:
        return parse_instant(text)
    except BadTime as error:
        raise argparse.ArgumentTypeError(f"{error}: {text}") from error
