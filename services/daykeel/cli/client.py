"""`daykeel client`: clients, the credentials of their devices, and the consent for them."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import segno

from daykeel.cli.enrol import SOURCES, Source, Ticket, device_name, topics_for
from daykeel.cli.exposure import LOOPBACK, MQTT_PORT, is_loopback
from daykeel.cli.folder import Folder, Reached, existing
from daykeel.cli.local import own_zone
from daykeel.cli.mosquitto import retold
from daykeel.cli.say import ACTOR, Refused, say, shown_name
from daykeel.cli.up import DATA
from daykeel.events.zones import zone
from daykeel.log.admission import is_withdrawn
from daykeel.records.people import Client
from daykeel.records.records import Records
from daykeel.web.sources import EVERYTHING

UNKNOWN = Reached("", LOOPBACK, MQTT_PORT, mqtt_tls=False)


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
    add.add_argument(
        "--history-since",
        type=date.fromisoformat,
        metavar="DATE",
        help="the consent begins on this date, so that what apps tell of earlier nights counts",
    )
    connect = actions.add_parser(
        "connect", help="let another app or device of a client in, and print what to type into it"
    )
    connect.add_argument("--client", required=True, metavar="ID")
    connect.add_argument(
        "--source",
        action="append",
        required=True,
        choices=sorted(SOURCES),
        help="an app (may be repeated), which the client agrees to from now on if not before",
    )
    connect.add_argument(
        "--device",
        type=device_name,
        help="name of the device; another one than before gets a baseline of its own",
    )
    revoke = actions.add_parser("revoke", help="let devices of a client send no more")
    revoke.add_argument("--client", required=True, metavar="ID")
    revoke.add_argument("--user", help="the credential of one device; without it, all of them")
    withdraw = actions.add_parser(
        "withdraw", help="end the consent: from now on nothing is taken, and nobody is told"
    )
    withdraw.add_argument("--client", required=True, metavar="ID")
    withdraw.add_argument(
        "--source", choices=sorted(SOURCES), help="of one app; without it, of everything"
    )
    renew = actions.add_parser(
        "renew", help="record that a client who withdrew the consent gives it again, from now on"
    )
    renew.add_argument("--client", required=True, metavar="ID")
    renew.add_argument(
        "--source",
        choices=sorted(SOURCES),
        help="to one app; without it, to all that was withdrawn, whenever that was",
    )
    listed = actions.add_parser("list", help="print the id, name and zone of every client")
    for action in (add, connect, revoke, withdraw, renew, listed):
        action.add_argument("--data", type=Path, default=DATA, help="folder of the installation")


def run(args: Namespace) -> int:
    """Do what was asked for."""
    folder = existing(args.data)
    return _ACTIONS[args.action](folder, args)


def _list(folder: Folder, _: Namespace) -> int:
    for client in folder.records().all_clients():
        say(f"{client.id}  {client.display_name}  ({client.zone})")
    return 0


def _add(folder: Folder, args: Namespace) -> int:
    if args.zone is None and folder.elsewhere:
        raise Refused("give --zone: where this runs says nothing of where the client lives")
    tz = args.zone or own_zone()
    if zone(tz) is None:
        raise Refused(f"there is no zone {tz!r}; use an IANA name such as Europe/Berlin")
    reached = folder.reached or UNKNOWN  # before anything is made that nobody could be told of
    records, now = folder.records(), folder.now()
    since = _since(args.history_since, tz, now)
    sources = [SOURCES[name] for name in sorted(set(args.source or SOURCES) | {"daykeel"})]
    allowed = {source.adapter: since for source in sources}
    client = records.add_client(args.name, tz, now=now, allowed=allowed)
    for line in report(client, ticketed(records, client.id, sources, now=now), reached):
        say(line)
    retold(folder, records)
    return 0


def _connect(folder: Folder, args: Namespace) -> int:
    reached = folder.reached or UNKNOWN
    records, now = folder.records(), folder.now()
    client = records.client(args.client)
    if client is None:
        raise Refused("there is no such client")
    consents = records.consents(client.id)
    sources = [SOURCES[name].on(args.device) for name in sorted(set(args.source))]
    for source in sources:
        if is_withdrawn(source.adapter, consents):
            raise Refused(
                f"the client has withdrawn the consent for {source.adapter};"
                " if it is given again: daykeel client renew"
            )
    for source in sources:
        records.grant(client.id, source.adapter, now=now)
    tickets = ticketed(records, client.id, sources, now=now)
    records.audit(ACTOR, "client.connect", f"client/{client.id}", now=now)
    for line in report(client, tickets, reached):
        say(line)
    new = {ticket.username for ticket in tickets}
    for one in records.credentials():
        if one.enabled and one.client == client.id and one.username not in new:
            say(f"still in use: {one.username}, {one.adapter} on device {one.device!r}")
    retold(folder, records)
    return 0


def _since(first: date | None, tz: str, now: datetime) -> datetime:
    """Return when the consent begins: now, or with a date that has come."""
    if first is None:
        return now
    begins = datetime.combine(first, time(), ZoneInfo(tz))
    if begins > now:
        raise Refused("--history-since must be a date that has come")
    return begins


def _revoke(folder: Folder, args: Namespace) -> int:
    records = folder.records()
    found = [
        one.username
        for one in records.credentials()
        if one.enabled and one.client == args.client and args.user in (None, one.username)
    ]
    if not found:
        raise Refused("there is no such credential in use")
    for username in found:
        records.disable_credential(username)
    retold(folder, records)
    say(f"{len(found)} credentials are of no more use")
    return 0


def _withdraw(folder: Folder, args: Namespace) -> int:
    records, now = folder.records(), folder.now()
    ended = records.withdraw(args.client, args.source or EVERYTHING, now=now)
    if not ended:
        raise Refused("there is no such consent in force")
    records.audit(ACTOR, "consent.withdraw", f"client/{args.client}", now=now)
    say(f"consent withdrawn for {', '.join(ended)}; nothing more of it is taken")
    return 0


def _renew(folder: Folder, args: Namespace) -> int:
    records, now = folder.records(), folder.now()
    found = records.renew(args.client, args.source or EVERYTHING, now=now)
    if not found:
        raise Refused("there is no such consent that was withdrawn")
    records.audit(ACTOR, "consent.renew", f"client/{args.client}", now=now)
    say(f"consent recorded again for {', '.join(found)}, from now on")
    return 0


_ACTIONS = {
    "add": _add,
    "connect": _connect,
    "revoke": _revoke,
    "withdraw": _withdraw,
    "renew": _renew,
    "list": _list,
}


def ticketed(
    records: Records, client: str, sources: Iterable[Source], *, now: datetime
) -> list[Ticket]:
    """Make a credential for each source."""
    tickets = []
    for source in sources:
        credential, password = records.add_credential(
            client,
            source.device,
            source.adapter,
            topics_for(source, client, source.device),
            now=now,
        )
        tickets.append(Ticket(source, client, source.device, credential.username, password))
    return tickets


def report(client: Client, tickets: Sequence[Ticket], reached: Reached) -> Iterable[str]:
    """Yield what to type into each app."""
    yield f"client   {client.id}  ({client.zone})"
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
