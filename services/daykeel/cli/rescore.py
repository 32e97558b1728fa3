"""`daykeel rescore`: has all computed anew from what devices said, or looks whether it differs.

The stream does the work, so there is one writer; this command asks for it and waits.
"""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from daykeel.cli.folder import Folder, existing, is_running
from daykeel.cli.say import ACTOR, Refused, say
from daykeel.cli.up import DATA
from daykeel.log.open import open_log
from daykeel.log.protocol import Log, Position
from daykeel.log.topics import COMMANDS, GROUPS, SIGNALS
from daykeel.pipeline.anew import Difference, difference
from daykeel.process.waiting import AWAY
from daykeel.records.errors import Missing
from daykeel.records.records import Records
from daykeel.stream.kept import kept

AT_ONCE = 1_000
PAUSE_S = 0.2
TELL_S = 10.0
"""How often it is said how much is left."""
STILL_S = 60.0
"""After so long without any movement it is said what may be wrong."""
DAY = timedelta(days=1)


def add_arguments(parser: ArgumentParser) -> None:
    """Add whom, and whether only to look."""
    parser.add_argument(
        "--client", action="append", metavar="ID", help="whom (may be repeated); else everybody"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--check", action="store_true", help="only say where what is kept differs; change nothing"
    )
    how.add_argument("--no-wait", action="store_true", help="ask for it and do not wait")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the installation")


def run(args: Namespace) -> int:
    """Ask for it and wait, or compare; return 1 where something differs."""
    folder = existing(args.data)
    if args.check:
        return _check(folder, args.client)
    records = folder.records()
    try:
        count, last = records.rescore(args.client)
    except Missing as error:
        raise Refused("there is no such client; see: daykeel client list") from error
    for resource in [f"client/{one}" for one in args.client or ()] or ["clients"]:
        records.audit(ACTOR, "rescore", resource, now=folder.now())
    say(f"{count} clients are to be computed anew")
    if is_running(folder) is False:
        say("The installation is stopped; it is done when it runs again.")
    elif not args.no_wait:
        with closing(open_log(folder.store("log"))) as log:
            wait(steps(log, records, last))
        say("Done: the stores hold what was computed.")
    return 0


class Step(NamedTuple):
    """Something to wait for."""

    left: Callable[[], int]
    """How much is still to be done."""
    what: str
    """What that is, for a line that begins with the number."""


def steps(log: Log, records: Records, last: int) -> Iterator[Step]:
    """Yield one after the other what must come true until the stores hold all of it."""
    yield Step(partial(_pending, records, last), "commands to be sent")
    for group, topics, what in (
        ("scored", (COMMANDS,), "commands to be computed"),
        ("sink", GROUPS["sink"], "rows to be stored"),
        ("alerts", (SIGNALS,), "signals to be looked at"),
    ):
        heads = _insisted(partial(log.heads, topics))
        yield Step(partial(_behind, log, group, heads), what)


def _pending(records: Records, last: int) -> int:
    return sum(seq <= last for seq, _ in records.pending_commands(AT_ONCE))


def _behind(log: Log, group: str, heads: Mapping[Position, int]) -> int:
    done = log.committed(group)
    return sum(max(head - done.get(at, 0), 0) for at, head in heads.items())


def _insisted(ask: Callable[[], Mapping[Position, int]]) -> Mapping[Position, int]:
    while True:
        try:
            return ask()
        except AWAY:
            time.sleep(PAUSE_S)


def wait(
    steps: Iterable[Step],
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait for each step, and say now and then how much is left or that nothing moves."""
    for step in steps:
        before, moved, told = None, monotonic(), monotonic()
        while left := _left(step, before):
            now = monotonic()
            if left != before:
                before, moved = left, now
            if now - told >= TELL_S:
                told = now
                say(f"{left} {step.what}" if now - moved < STILL_S else _still(left, step.what))
            sleep(PAUSE_S)


def _left(step: Step, before: int | None) -> int:
    """Return how much is left; as much as before while a store does not answer."""
    try:
        return step.left()
    except AWAY:
        return before or 1


def _still(left: int, what: str) -> str:
    return (
        f"{left} {what}, and nothing moves: see `daykeel doctor`. "
        "Ctrl-C ends the waiting, not what was asked for."
    )


def _check(folder: Folder, clients: Sequence[str] | None) -> int:
    now = folder.now()
    with kept(folder.store("log")) as found:
        wanted = sorted(set(clients)) if clients else found.clients
        unknown = [client for client in wanted if client not in found.clients]
        if unknown:
            raise Refused(f"the stream knows nothing of {', '.join(unknown)}")
        differ = 0
        for client in wanted:
            with found.tables(client) as tables:
                unlike = difference(tables, client, now)
            differ += bool(unlike)
            for line in told(client, unlike):
                say(line)
    say(f"{differ} of {len(wanted)} clients differ from what their devices said comes to")
    return 1 if differ else 0


def told(client: str, unlike: Difference) -> Iterator[str]:
    """Yield where the State of a client differs."""
    if unlike.days:
        yield f"{client}  days       {spans(unlike.days)}"
    for window, found in (unlike.scores or {}).items():
        yield f"{client}  scores {window:3} {spans(found)}"
    if unlike.signals:
        yield f"{client}  signals    {', '.join(unlike.signals)}"
    if unlike.baselines:
        yield f"{client}  baselines  {', '.join(unlike.baselines)}"


def spans(days: Sequence[date]) -> str:
    """Return dates in words, runs of them by their ends.

    >>> spans([date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 7)])
    '2026-03-01 to 2026-03-03, 2026-03-07'
    """
    runs: list[list[date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == DAY:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(f"{run[0]} to {run[-1]}" if run[1:] else str(run[0]) for run in runs)
