"""`daykeel client add`: a client, the credentials of their devices, and the consent for them."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import segno

from daykeel.cli.enrol import SOURCES, Source, Ticket, topics_for
from daykeel.cli.exposure import LOOPBACK, MQTT_PORT, is_loopback
from daykeel.cli.folder import Folder, Reached, existing
from daykeel.cli.say import Refused, say, shown_name
from daykeel.cli.up import DATA
from daykeel.events.zones import zone
from daykeel.records.records import Records

UNKNOWN = Reached("", LOOPBACK, MQTT_PORT, mqtt_tls=False)
LOCALTIME = Path("/etc/localtime")


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may be said of a client."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make a client and print what to type into the apps")
    add.add_argument(
        "--name",
        type=shown_name,
        required=True,
        help="shown to therapists, kept in the records only",
    )
    add.add_argument(
        "--zone", help="IANA name of where the client lives; else that of this machine"
    )
    add.add_argument(
        "--source",
        action="append",
        choices=sorted(SOURCES),
        help="an app the client uses (may be repeated); without any, all of them",
    )
    listed = actions.add_parser("list", help="print the id, name and zone of every client")
    for action in (add, listed):
        action.add_argument("--data", type=Path, default=DATA, help="folder of the installation")


def run(args: Namespace) -> int:
    """Do what was asked for."""
    folder = existing(args.data)
    return _add(folder, args) if args.action == "add" else _list(folder)


def _list(folder: Folder) -> int:
    for client in folder.records().all_clients():
        say(f"{client.id}  {client.display_name}  ({client.zone})")
    return 0


def _add(folder: Folder, args: Namespace) -> int:
    tz = args.zone or own_zone()
    if zone(tz) is None:
        raise Refused(f"there is no zone {tz!r}; use an IANA name such as Europe/Berlin")
    records, now = folder.records(), folder.now()
    client = records.add_client(args.name, tz, now=now).id
    sources = [SOURCES[name] for name in sorted(set(args.source or SOURCES) | {"daykeel"})]
    tickets = enrolled(records, client, sources, now=now)
    for line in report(client, tz, tickets, folder.reached or UNKNOWN):
        say(line)
    return 0


def own_zone() -> str:
    """Return the zone of this machine, UTC if it does not say."""
    _, found, name = str(LOCALTIME.resolve()).partition("/zoneinfo/")
    return name if found and zone(name) is not None else "UTC"


def enrolled(
    records: Records, client: str, sources: Iterable[Source], *, now: datetime
) -> list[Ticket]:
    """Record the consent to each source and make a credential for it.

    Consent comes first: a client without any allows everything, and a crash must not leave one.
    """
    tickets = []
    for source in sources:
        records.grant(client, source.adapter, now=now)
        credential, password = records.add_credential(
            client,
            source.device,
            source.adapter,
            topics_for(source, client, source.device),
            now=now,
        )
        tickets.append(Ticket(source, client, source.device, credential.username, password))
    return tickets


def report(client: str, tz: str, tickets: Sequence[Ticket], reached: Reached) -> Iterable[str]:
    """Yield what to type into each app."""
    yield f"client   {client}  ({tz})"
    yield f"consent  recorded for {', '.join(one.source.adapter for one in tickets)}"
    for ticket in tickets:
        yield ""
        yield f"{ticket.source.app}, on device {ticket.device!r}"
        yield f"  broker    {reached.mqtt_host}"
        yield f"  port      {reached.mqtt_port}, {'TLS' if reached.mqtt_tls else 'without TLS'}"
        yield f"  user      {ticket.username}"
        yield f"  password  {ticket.password}"
        yield f"  topic     {ticket.topic}"
        yield from picture(ticket.code(reached))
    yield ""
    yield "The passwords are not shown again."
    if is_loopback(reached.mqtt_host):
        yield "The broker listens on this machine only; phones need `up --public-host`."


def picture(text: str) -> Iterable[str]:
    """Yield the lines of a QR code for a terminal."""
    rows = [list(row) for row in segno.make(text, error="l", micro=False).matrix_iter(border=2)]
    rows += [[0] * len(rows[0])] * (len(rows) % 2)
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        yield "  " + "".join(BLOCKS[up, low] for up, low in zip(upper, lower, strict=True))


BLOCKS = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
"""Light modules are drawn, for terminals with light text on dark."""
