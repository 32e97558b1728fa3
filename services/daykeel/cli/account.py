"""`daykeel account`: people who sign in, whose clients they see, and links to sign in by."""

from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from daykeel.cli.folder import Reached, existing
from daykeel.cli.say import Refused, say, shown_name
from daykeel.cli.up import DATA
from daykeel.records.errors import Missing, Taken
from daykeel.records.records import Records

ROLES = ("therapist", "client", "operator")
LINK_LASTS = timedelta(hours=24)


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may be done with accounts."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make an account and print its first link")
    add.add_argument("--role", choices=ROLES, default="therapist")
    add.add_argument("--name", type=shown_name, required=True, help="the name to sign in with")
    add.add_argument(
        "--client",
        action="append",
        default=[],
        metavar="ID",
        help="a client the therapist sees (may be repeated), or whose own account it is",
    )
    assign = actions.add_parser("assign", help="let a therapist see a client")
    assign.add_argument("--name", required=True, help="the name the therapist signs in with")
    assign.add_argument("--client", required=True, metavar="ID")
    link = actions.add_parser("link", help="print a new link to sign in by, which works once")
    link.add_argument("--name", required=True, help="the name to sign in with")
    for action in (add, assign, link):
        action.add_argument("--data", type=Path, default=DATA, help="folder of the installation")


def run(args: Namespace) -> int:
    """Do what was asked for."""
    folder = existing(args.data)
    if folder.reached is None:
        raise Refused("the installation has never been started; run `daykeel up` first")
    records, now = folder.records(), folder.now()
    try:
        _ACTIONS[args.action](folder.reached, records, args, now)
    except Taken as error:
        raise Refused(f"somebody signs in as {args.name!r} already") from error
    except Missing as error:
        raise Refused(str(error)) from error
    return 0


def _add(reached: Reached, records: Records, args: Namespace, now: datetime) -> None:
    account = _added(records, args, now)
    say(f"account  {args.name}  ({args.role})")
    _say_link(reached, records, account)


def _assign(_: Reached, records: Records, args: Namespace, now: datetime) -> None:
    _known(records, args.client)
    records.assign(_named(records, args.name), args.client, now=now)
    say(f"{args.name} now sees {args.client}")


def _link(reached: Reached, records: Records, args: Namespace, _: datetime) -> None:
    _say_link(reached, records, _named(records, args.name))


def _named(records: Records, name: str) -> str:
    account = records.account_named(name)
    if account is None:
        raise Refused(f"nobody signs in as {name!r}")
    return account.id


_ACTIONS = {"add": _add, "assign": _assign, "link": _link}


def _added(records: Records, args: Namespace, now: datetime) -> str:
    for client in args.client:
        _known(records, client)
    if args.role != "client":
        account = records.add_account(args.role, args.name, now=now)
        for client in args.client:
            records.assign(account.id, client, now=now)
        return account.id
    if len(args.client) != 1:
        raise Refused("a client's account needs exactly one --client ID")
    return records.add_account("client", args.name, client=args.client[0], now=now).id


def _known(records: Records, client: str) -> None:
    if records.client(client) is None:
        raise Refused(f"there is no client {client}")


def _say_link(reached: Reached, records: Records, account: str) -> None:
    """Print a link; signing in goes by the system clock, in a demonstration too."""
    token = records.login_link(account, now=datetime.now(UTC), ttl=LINK_LASTS)
    say(f"link     {reached.url}/login?token={token}")
    say("         (works once, within 24 hours)")
