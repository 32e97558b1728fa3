"""`daykeel demo`: weeks of nine synthetic clients through a whole installation, then look at it."""

import json
import shutil
import signal
import sys
import tempfile
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import date
from pathlib import Path

from daykeel.cli.exposure import HTTP_PORT, LOOPBACK, port
from daykeel.cli.folder import Folder, locked, opened
from daykeel.cli.performance import BrokenOff, judge, perform, running
from daykeel.cli.profile import Profile, embedded, free_port
from daykeel.cli.say import Refused, say
from daykeel.cli.stage import Stage, staged
from daykeel.cli.up import on_signals, refuse_taken
from daykeel.demo import check
from daykeel.demo.plan import play_of
from daykeel.demo.report import Report, summary, table

SIGNALLED = 128
"""Added to a signal's number in the exit code of what it ended."""

YEARS = range(2001, 2100)
"""Devices whose clock says something earlier are not believed."""

EMBEDDED, PRODUCTION = PROFILES = ("embedded", "production")


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may be said of a demonstration."""
    parser.add_argument("--profile", choices=PROFILES, default=EMBEDDED, help="what it runs on")
    parser.add_argument(
        "--servers",
        type=Path,
        metavar="FOLDER",
        help="where deploy/servers started the servers; default: DAYKEEL_SERVERS_AT",
    )
    parser.add_argument("--port", type=_port, default=HTTP_PORT, help="of the pages; 0: any")
    parser.add_argument("--data", type=Path, help="empty folder to keep; else a temporary one")
    parser.add_argument("--seed", type=_seed, default=check.DEFAULT_SEED, help="of all lives")
    parser.add_argument("--nights", type=_nights, default=check.DEFAULT_NIGHTS)
    parser.add_argument("--start", type=_start, default=check.DEFAULT_START, help="first evening")
    parser.add_argument(
        "--exit", action="store_true", help="end after the check, with one line of JSON"
    )


def _port(text: str) -> int:
    return 0 if text == "0" else port(text)


def _seed(text: str) -> int:
    return _at_least(0, text)


def _nights(text: str) -> int:
    return _at_least(1, text)


def _at_least(least: int, text: str) -> int:
    number = int(text)
    if number < least:
        raise ArgumentTypeError(f"at least {least}")
    return number


def _start(text: str) -> date:
    day = date.fromisoformat(text)
    if day.year not in YEARS:
        raise ArgumentTypeError(f"a date from {YEARS.start} on, before {YEARS.stop}")
    return day


def run(args: Namespace) -> int:
    """Play, check and show; 0 if running system and pure functions agree."""
    on_signals(lambda number, _: sys.exit(SIGNALLED + number), signal.SIGTERM, signal.SIGHUP)
    began = time.monotonic()
    if args.port:
        refuse_taken(LOOPBACK, args.port)
    play = play_of(args.start, args.nights, args.seed)
    with ExitStack() as stack:
        folder = opened(_empty(args.data) if args.data else stack.enter_context(_temporary()))
        lock = stack.enter_context(locked(folder))
        profile = stack.enter_context(_profile(args, folder))
        stage = staged(profile, play, args.port or free_port())
        stack.callback(stage.records.close)
        processes = stack.enter_context(running(stage, lock))
        perform(stage, play, is_quiet=args.exit)
        report = judge(stage, play, began, processes)
        if args.exit:
            say(json.dumps(report.line()))
        else:
            _show(stage, report)
            _stay()
    return 0 if report.ok else 1


def _profile(args: Namespace, folder: Folder) -> AbstractContextManager[Profile]:
    if args.profile == PRODUCTION:
        # it loads what takes the embedded demonstration megabytes for nothing
        from daykeel.cli.production import production  # noqa: PLC0415

        return production(folder, args.servers, is_kept=args.data is not None)
    if args.servers is not None:
        raise Refused("--servers is for --profile production")
    return embedded(folder)


def _empty(data: Path) -> Path:
    path = data.expanduser()
    if path.is_dir() and any(path.iterdir()):
        raise Refused(f"{data} is not empty; a demonstration needs an empty folder")
    return path


@contextmanager
def _temporary() -> Iterator[Path]:
    """Give a folder that is deleted at the end, unless its logs say why the play broke off."""
    path, is_kept = Path(tempfile.mkdtemp(prefix="daykeel-demo-")), False
    try:
        yield path
    except BrokenOff:
        is_kept = True
        raise
    finally:
        if not is_kept:
            shutil.rmtree(path, ignore_errors=True)


def _show(stage: Stage, report: Report) -> None:
    for line in summary(report):
        say(line)
    say()
    say("What happens to each client, and what the therapist is told:")
    for line in table(stage.records.alerts()):
        say(line)
    say()
    say(f"  caseload       {stage.link(stage.therapist)}")
    say(f"  client's page  {stage.link(stage.client)}")
    say("Each link works once. Open the second one in a private window.")
    if stage.profile.kept:
        say(f"Topics, buckets and database {stage.profile.kept} stay on the servers.")
    say("The demonstration clock goes on at normal speed. Ctrl-C ends it.")


def _stay() -> None:
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        say()
