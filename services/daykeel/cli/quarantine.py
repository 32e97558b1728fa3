"""`daykeel quarantine`: what was refused, and what becomes of it."""

import fcntl
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from daykeel.cli.folder import Folder, existing
from daykeel.cli.say import ACTOR, Refused, say
from daykeel.cli.up import DATA
from daykeel.events.event import Quarantined
from daykeel.log.errors import LogUnavailable
from daykeel.log.open import open_log
from daykeel.log.protocol import Log, NewRecord
from daykeel.log.tally import MEMO, tally_of
from daykeel.log.topics import partitions_at
from daykeel.quarantine.entries import OPEN, Entries, Entry, Place, noted_at, page, place
from daykeel.quarantine.replay import NotReplayed, replayed
from daykeel.quarantine.settling import batches, settling, taken_in, write
from daykeel.quarantine.shown import described, kept_of, word
from daykeel.records.records import Records

LIMIT = 50


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may be done with what was refused."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="list what was refused, the newest first")
    listed.add_argument("--reason", help="of this reason alone")
    listed.add_argument("--all", action="store_true", help="also what was replayed or dropped")
    listed.add_argument("--limit", type=int, default=LIMIT, metavar="N", help="default %(default)s")
    listed.add_argument("--before", type=_place, metavar="POSITION", help="older than this one")
    show = actions.add_parser("show", help="show one, with what was sent")
    show.add_argument("positions", nargs=1, type=_place, metavar="POSITION")
    show.add_argument("--to", type=Path, metavar="FILE", help="write what was sent into a new file")
    replay = actions.add_parser("replay", help="let it be taken in once more, as on arrival")
    drop = actions.add_parser("drop", help="decide that nothing is done with it")
    drop.add_argument("--because", type=_words, required=True, metavar="TEXT", help="for the audit")
    for action in (replay, drop):
        action.add_argument("positions", nargs="*", type=_place, metavar="POSITION")
        action.add_argument("--reason", help="all that is open of this reason")
    for action in (listed, replay, drop):
        action.add_argument("--stage", help="of this stage alone, with --reason")
    for action in (listed, show, replay, drop):
        action.add_argument("--data", type=Path, default=DATA, help="folder of the installation")


def _place(text: str) -> Place:
    try:
        return place(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _words(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ArgumentTypeError("a reason is some words in one line")
    return text.strip()


def run(args: Namespace) -> int:
    """Do what was asked for."""
    folder = existing(args.data)
    with ExitStack() as stack:
        stack.enter_context(_alone(folder))
        try:
            log = stack.enter_context(closing(open_log(folder.store("log"))))
            records = stack.enter_context(closing(folder.records()))
            desk = Desk(folder, log, records, Entries(log), folder.now())
            return _ACTIONS[args.action](desk, args)
        except LogUnavailable as error:
            raise Refused(f"the log cannot be used: {error}") from error


@contextmanager
def _alone(folder: Folder) -> Iterator[None]:
    """Let nobody else decide of the same records meanwhile."""
    with (folder.path / "quarantine.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(
                "somebody else is at work in quarantine; wait until they are done"
            ) from error
        yield


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies before an operator."""

    folder: Folder
    log: Log
    records: Records
    entries: Entries
    now: datetime
    left: list[tuple[Place, str]] = field(default_factory=list)
    """What was not done, and why."""

    def wanted(self, args: Namespace) -> list[Entry]:
        """Return the open entries that were asked for."""
        if bool(args.positions) == bool(args.reason):
            raise Refused("say which: some POSITIONs, or --reason REASON")
        if args.reason:
            found = [one for one in self.entries if _is_of(one, args)]
            return [one for one in found if one.fate == OPEN]
        return [one for at in args.positions if (one := self._open(at)) is not None]

    def _open(self, at: Place) -> Entry | None:
        found = self.entries.get(at)
        if found is None:
            raise Refused(f"there is nothing at {at}; see: daykeel quarantine list")
        if found.fate != OPEN:
            self.left.append((at, f"it was {found.fate} before"))
            return None
        return found

    def noted(self, found: Entry) -> Quarantined | None:
        """Return the record whole, if it can be read."""
        noted = noted_at(self.log, found.at)
        if noted is None:
            self.left.append((found.at, "it is of another release, or retention has let go of it"))
        return noted

    def done(self, what: str, counts: Counter[str]) -> int:
        """Say what was done and what was not; return the exit code."""
        self.entries.read()
        self.entries.looked_at(all_of_it=False)
        told = ", ".join(f"{counts[name]} {name}" for name in sorted(counts)) or f"nothing {what}"
        say(told)
        for at, why in self.left:
            say(f"left: {at}  {why}")
        return 1 if self.left else 0


def _is_of(one: Entry, args: Namespace) -> bool:
    return args.reason in (None, one.reason) and args.stage in (None, one.stage)


def _list(desk: Desk, args: Namespace) -> int:
    before = None
    if args.before is not None and (before := desk.entries.get(args.before)) is None:
        raise Refused(f"there is nothing at {args.before}")
    _say_counts(desk.entries)
    _say_tally(desk.log)
    found = [one for one in desk.entries if _is_of(one, args) and (args.all or one.fate == OPEN)]
    shown = page(found, max(args.limit, 1), before)
    for line in rows(shown):
        say(line)
    if shown and page(found, 1, shown[-1]):
        say(f"There is more: daykeel quarantine list --before {shown[-1].at}")
    desk.entries.looked_at(all_of_it=args.reason is None and args.stage is None)
    return 0


def _say_counts(entries: Entries) -> None:
    counts = entries.counts()
    if not counts:
        say("Quarantine is empty.")
        return
    for line in table(
        ("STAGE", "REASON", "OPEN", "REPLAYED", "DROPPED"),
        [(one.stage, one.reason, *map(str, one[2:])) for one in counts],
    ):
        say(line)
    say()


def _say_tally(log: Log) -> None:
    """Say how many messages were acknowledged of which there is no record anywhere."""
    counts = tally_of(log.memo(MEMO)).counts
    if counts:
        told = ", ".join(f"{counts[reason]} {word(reason)}" for reason in sorted(counts))
        say(f"Acknowledged and counted only: {told}")
        say()


def rows(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield lines that list entries, without anything of what was sent."""
    lines = [
        (
            str(one.at),
            one.received_at.isoformat(timespec="seconds"),
            one.stage,
            one.reason,
            one.adapter,
            str(one.size),
            kept_of(one),
            one.fate or ("again" if one.again else "open"),
        )
        for one in entries
    ]
    if lines:
        head = ("POSITION", "RECEIVED", "STAGE", "REASON", "SOURCE", "BYTES", "KEPT", "STATE")
        yield from table(head, lines)


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield lines whose columns stand below each other."""
    cells = [head, *([word(cell) for cell in line] for line in lines)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(head))]
    for line in cells:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _show(desk: Desk, args: Namespace) -> int:
    (at,) = args.positions
    found = desk.entries.get(at)  # first: the log knows no partition or offset but its own
    noted = None if found is None else noted_at(desk.log, at)
    if found is None or noted is None:
        raise Refused(f"there is nothing to show at {at}; see: daykeel quarantine list")
    client = noted.raw.client
    is_somebody = desk.records.client(client) is not None
    resource = f"client/{client}" if is_somebody else f"quarantine {at}"
    desk.records.audit(ACTOR, "quarantine.show", resource, now=desk.now)
    if args.to is not None:
        _write(args.to, noted.raw.payload)
        say(f"{len(noted.raw.payload)} bytes written to {args.to}")
        return 0
    for line in described(found, noted):
        say(line)
    return 0


def _write(file: Path, payload: bytes) -> None:
    try:
        file.touch(mode=0o600, exist_ok=False)
        file.write_bytes(payload)
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror}") from error


def _replay(desk: Desk, args: Namespace) -> int:
    found = desk.wanted(args)
    desk.records.audit(ACTOR, "quarantine.replay", _what(args, found), now=desk.now)
    counts: Counter[str] = Counter()
    for what, then in batches(_taken_in(desk, found, counts)):
        write(desk.log, what, then)
    return desk.done("replayed", counts)


def _taken_in(
    desk: Desk, found: Iterable[Entry], counts: Counter[str]
) -> Iterator[tuple[list[NewRecord], NewRecord]]:
    """Yield what to write of each record that may be taken in, and that it was."""
    partitions = partitions_at(desk.folder.store("log"))
    credentials = desk.records.credentials()
    for one in found:
        noted = desk.noted(one)
        if noted is None:
            continue
        consents = desk.records.consents(noted.raw.client)
        try:
            taken = replayed(noted, str(one.at), credentials, consents, desk.now)
        except NotReplayed as error:
            desk.left.append((one.at, str(error)))
            continue
        is_again = isinstance(taken, Quarantined)
        counts["refused again" if is_again else "replayed"] += 1
        why = f"refused again: {taken.reason}" if isinstance(taken, Quarantined) else "taken in"
        settled = settling(one.at, noted, "replayed", why, desk.now)
        yield taken_in(taken, partitions), settled


def _drop(desk: Desk, args: Namespace) -> int:
    found = desk.wanted(args)
    action = f"quarantine.drop because {args.because}"
    desk.records.audit(ACTOR, action, _what(args, found), now=desk.now)
    counts: Counter[str] = Counter()
    for what, then in batches(_dropped(desk, found, args.because, counts)):
        write(desk.log, what, then)
    return desk.done("dropped", counts)


def _dropped(
    desk: Desk, found: Iterable[Entry], why: str, counts: Counter[str]
) -> Iterator[tuple[list[NewRecord], NewRecord]]:
    for one in found:
        noted = desk.noted(one)
        if noted is not None:
            counts["dropped"] += 1
            yield [], settling(one.at, noted, "dropped", why, desk.now)


def _what(args: Namespace, found: Sequence[Entry]) -> str:
    """Return what the audit calls the records: by their places, or by their reason and number."""
    if args.positions:
        return "quarantine " + " ".join(str(one.at) for one in found)
    stage = f"{args.stage} " if args.stage else ""
    return f"quarantine {stage}{args.reason}: {len(found)} records"


_ACTIONS = {"list": _list, "show": _show, "replay": _replay, "drop": _drop}
