"""`daykeel doctor`: says what is wrong with an installation, and what to do about it."""

import json
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from daykeel.cli.folder import Folder, is_running, told
from daykeel.cli.folder import Reached as FolderReached
from daykeel.cli.say import say
from daykeel.cli.up import DATA
from daykeel.doctor.doctor import findings
from daykeel.doctor.finding import Finding, Level
from daykeel.doctor.premises import LEAST_FREE, Premises, Reached

PREFIX = "DAYKEEL_"
MB = 1_000_000
DEADLINE_S = 15.0


def add_arguments(parser: ArgumentParser) -> None:
    """Add where it is, and how to say what was found."""
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the installation")
    parser.add_argument("--json", action="store_true", help="say it for a machine to read")
    parser.add_argument(
        "--stopped", action="store_true", help="where each process runs by itself: none should"
    )
    parser.add_argument(
        "--deadline",
        type=float,
        default=DEADLINE_S,
        metavar="SECONDS",
        help="how long one check may take; default %(default)s",
    )
    parser.add_argument(
        "--least-free",
        type=int,
        default=LEAST_FREE // MB,
        metavar="MB",
        help="what must be free on each disk; default %(default)s",
    )


def run(args: Namespace) -> int:
    """Look at everything and say what was found; return 1 if something has failed."""
    premises = premises_of(args)
    found = findings(premises)
    is_well = not any(one.level is Level.FAILED for one in found)
    if args.json:
        say(json.dumps(_as_data(premises, found, is_well=is_well), indent=1))
    else:
        for line in report(premises, found):
            say(line)
    return 0 if is_well else 1


def premises_of(args: Namespace) -> Premises:
    """Return which installation is meant; nothing of it is made or changed."""
    apart = "DAYKEEL_RECORDS" in os.environ
    path = args.data.expanduser().resolve()
    folder = Folder(path)
    reached = _told() if apart else folder.reached
    return Premises(
        data=path,
        settings=_own() if apart else {**folder.environment(), **folder.settings},
        is_embedded=not apart,
        is_running=not args.stopped if apart else bool(is_running(folder)),
        reached=None if reached is None else Reached(**asdict(reached)),
        deadline_s=args.deadline,
        least_free=args.least_free * MB,
    )


def _told() -> FolderReached | None:
    """Return how settings say it is reached; of those nobody can read the checks speak."""
    with suppress(ValueError):
        return told(os.environ)
    return None


def _own() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}


def _as_data(premises: Premises, found: Sequence[Finding], *, is_well: bool) -> dict[str, object]:
    return {
        "installation": "running" if premises.is_running else "stopped",
        "is_well": is_well,
        "findings": [one._asdict() for one in found],
    }


def report(premises: Premises, found: Sequence[Finding]) -> list[str]:
    """Return what was found, in lines for a person."""
    lines = [_which(premises), ""]
    width = max(len(one.check) for one in found)
    for one in found:
        level = one.level.upper() if one.level is Level.FAILED else one.level.value
        lines.append(f"{level:8} {one.check:{width}}  {one.said}")
        if one.advice:
            lines.append(f"{'':8} {'':{width}}  -> {one.advice}")
    failed, warnings = (
        sum(one.level is level for one in found) for level in (Level.FAILED, Level.WARNING)
    )
    return [*lines, "", f"{failed} failed, {warnings} to be warned of"]


def _which(premises: Premises) -> str:
    how = "running" if premises.is_running else "stopped"
    if premises.is_embedded:
        return f"The installation in {premises.data} is {how}."
    return f"Each process runs by itself; the installation is taken to be {how}."
