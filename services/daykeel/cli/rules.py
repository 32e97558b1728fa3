"""`daykeel rules`: by which rules charts signal from a night on, of a client or everybody."""

from argparse import ArgumentParser, Namespace
from datetime import date, timedelta
from pathlib import Path

import msgspec

from daykeel.alerting.hours import local_date
from daykeel.cli.backtest import rules_of
from daykeel.cli.folder import existing
from daykeel.cli.say import Refused, say
from daykeel.cli.up import DATA
from daykeel.records.decisions import Decided, Made, tag
from daykeel.records.records import Records
from daykeel.rhythm.rules import Rules

OPERATOR = "operator"
"""Who made what comes from the command line."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add whose rules, which and from when."""
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--client", metavar="ID", help="rules of this client's own")
    whose.add_argument(
        "--clinic", action="store_true", help="rules of everybody who has no own ones"
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--rules", type=Path, metavar="FILE", help="in JSON (docs/rules.md)")
    which.add_argument(
        "--none", action="store_true", help="none: those of the clinic, else the live ones"
    )
    parser.add_argument(
        "--first", type=date.fromisoformat, metavar="DATE", help="first night; else the next one"
    )
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the installation")


def run(args: Namespace) -> int:
    """Let the rules hold from a night to come."""
    rules = None if args.none else rules_of(args.rules)
    if rules is not None and rules.agreed_hours is not None:
        raise Refused("an agreed threshold is switched on by itself, after its back-test")
    folder = existing(args.data)
    records, now = folder.records(), folder.now()
    today = max(local_date(now, zone) for zone in _zones(records, args.client))
    first = args.first or today + timedelta(days=1)
    if first <= today:
        raise Refused("rules begin with a night to come: what was told before stays")
    made = Made(OPERATOR, now)
    value = {
        "first": first.isoformat(),
        "rules": None if rules is None else msgspec.to_builtins(rules),
    }
    if args.clinic:
        records.set_clinic_rules(first, value, made)
    else:
        upon = tag(records.commands(args.client))
        decided = Decided("rules", f"rules/client/{first.isoformat()}", value)
        records.decide(args.client, [decided], expected=upon, made=made)
    say(f"{_named(rules)} from the night of {first}")
    return 0


def _zones(records: Records, client: str | None) -> set[str]:
    """Return where a client lives, or where anybody does: a night to come is one for them all."""
    if client is None:
        return {"UTC", *(one.zone for one in records.all_clients())}
    found = records.client(client)
    if found is None:
        raise Refused(f"there is no client {client}")
    return {found.zone}


def _named(rules: Rules | None) -> str:
    return f"rules {rules.version}" if rules else "no rules of their own"
