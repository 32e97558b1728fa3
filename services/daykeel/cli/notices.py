"""`daykeel notices`: when people work, where letters go, and what did not get through."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from daykeel.alerting.hours import BadHours, Hours, hours
from daykeel.alerting.routing import CLINIC, ON_CALL
from daykeel.cli.folder import Folder, existing
from daykeel.cli.say import Refused, say
from daykeel.cli.up import DATA
from daykeel.events.zones import zone
from daykeel.notify.addresses import BadAddress, address
from daykeel.records.clinic import Clinic
from daykeel.records.errors import Missing, Taken
from daykeel.records.letters import Delivery
from daykeel.records.people import Account
from daykeel.records.records import Records

OWNERS = {"clinic": CLINIC, "on-call": ON_CALL}
HELP = "the name somebody signs in with; or: clinic, on-call"


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may be done about notices."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    clinic = actions.add_parser("clinic", help="say when people work, or print it")
    clinic.add_argument("--hours", help="such as 'Mon-Fri 08:00-18:00'")
    clinic.add_argument("--zone", help="IANA name of the clinic's clock")
    clinic.add_argument(
        "--closed", action="append", type=_date, metavar="DATE", help="not worked (may be repeated)"
    )
    add = actions.add_parser("add", help="let letters to somebody go to an address")
    remove = actions.add_parser("remove", help="let no letter go to an address any more")
    for action in (add, remove):
        action.add_argument("--address", required=True, help="of mail, or a push service's URL")
    test = actions.add_parser("test", help="send a letter that tries the addresses out")
    deputy = actions.add_parser("deputy", help="let somebody stand in for a therapist")
    deputy.add_argument("--deputy", required=True, metavar="NAME", help="'' for nobody")
    for action in (add, remove, test, deputy):
        action.add_argument("--name", required=True, help=HELP)
    listed = actions.add_parser("list", help="print what has not got through, and what waits")
    retry = actions.add_parser(
        "retry", help="try what is undeliverable and still to be told once more"
    )
    for action in (clinic, add, remove, test, deputy, listed, retry):
        action.add_argument("--data", type=Path, default=DATA, help="folder of the installation")


def _date(text: str) -> date:
    return date.fromisoformat(text)


def run(args: Namespace) -> int:
    """Do what was asked for."""
    folder = existing(args.data)
    try:
        _ACTIONS[args.action](folder, folder.records(), args)
    except (BadAddress, BadHours, Missing, Taken) as error:
        raise Refused(str(error)) from error
    return 0


def _clinic(_: Folder, records: Records, args: Namespace) -> None:
    known = records.post.clinic()
    if args.zone is not None and zone(args.zone) is None:
        raise Refused(f"there is no zone {args.zone!r}; use an IANA name such as Europe/Berlin")
    if (args.hours, args.zone, args.closed) != (None, None, None):
        told = Clinic(args.zone or known.zone, _hours(known.hours, args.hours, args.closed))
        records.post.set_clinic(told)
        known = told
    closed = ", ".join(sorted(one.isoformat() for one in known.hours.closed))
    say(f"hours    {known.hours.told}  ({known.zone})")
    say(f"closed   {closed or 'on no other day'}")


def _hours(known: Hours, told: str | None, closed: Sequence[date] | None) -> Hours:
    days = known.closed if closed is None else frozenset(closed)
    return replace(known, closed=days) if told is None else hours(told, days)


def _add(folder: Folder, records: Records, args: Namespace) -> None:
    kind, text = address(args.address)
    records.post.add_address(_owner(records, args.name), kind, text, now=folder.now())
    say(f"letters to {args.name} go there too")


def _remove(folder: Folder, records: Records, args: Namespace) -> None:
    owner, (_, text) = _owner(records, args.name), address(args.address)
    numbers = [one.id for one in records.post.addresses(owner) if one.text == text]
    if not numbers:
        raise Refused(f"no letters to {args.name} go there")
    records.post.remove_address(owner, numbers[0], now=folder.now())
    say(f"no letter to {args.name} goes there any more")


def _test(folder: Folder, records: Records, args: Namespace) -> None:
    owner = _owner(records, args.name)
    if not records.post.addresses(owner):
        raise Refused(f"{args.name} has no address")
    records.post.try_out(owner, now=folder.now(), wall=datetime.now(UTC))
    say("a test is on its way; `daykeel notices list` says if it does not get through")


def _owner(records: Records, name: str) -> str:
    return OWNERS.get(name) or _account(records, name).id


def _account(records: Records, name: str) -> Account:
    found = records.account_named(name)
    if found is None:
        raise Refused(f"nobody signs in as {name!r}")
    return found


def _deputy(folder: Folder, records: Records, args: Namespace) -> None:
    account = _account(records, args.name)
    deputy = _account(records, args.deputy) if args.deputy else None
    if account.role != "therapist" or (deputy and deputy.role != "therapist"):
        raise Refused("a therapist stands in for a therapist")
    if deputy and deputy.id == account.id:
        raise Refused("nobody stands in for themselves")
    own = replace(records.post.settings(account.id), deputy=deputy.id if deputy else "")
    records.post.set_settings(account.id, own, now=folder.now())
    if deputy:
        say(f"{args.deputy} stands in for {args.name}, and sees the same clients")
    else:
        say(f"nobody stands in for {args.name}")


def _list(_: Folder, records: Records, args: Namespace) -> None:
    del args
    lost, waiting = records.post.undeliverable(), records.post.waiting()
    for one in lost:
        say(f"undeliverable  {_line(one)}")
    for one in waiting:
        say(f"on its way     {_line(one)}")
    say(f"{len(lost)} undeliverable, {len(waiting)} on their way")


def _line(one: Delivery) -> str:
    """Return what an operator may know: neither who gets it nor what it is about."""
    told = f": {one.detail}" if one.detail else ""
    return f"{one.made_at:%Y-%m-%d %H:%M} UTC  {one.channel}, {one.tries} attempts{told}"


def _retry(folder: Folder, records: Records, args: Namespace) -> None:
    del args
    many = records.post.retry(now=folder.now(), wall=datetime.now(UTC))
    say(f"{many} are tried once more")


_ACTIONS = {
    "clinic": _clinic,
    "add": _add,
    "remove": _remove,
    "test": _test,
    "deputy": _deputy,
    "list": _list,
    "retry": _retry,
}
