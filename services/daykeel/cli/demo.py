"""`daykeel demo`: weeks of nine synthetic clients through a whole installation, then look at it."""

import json
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from tqdm import tqdm

from daykeel.cli.enrol import SOURCES, topics_for
from daykeel.cli.exposure import HTTP_PORT, LOOPBACK, port
from daykeel.cli.folder import Folder, Reached, locked, opened
from daykeel.cli.prepare import prepare
from daykeel.cli.say import Refused, say
from daykeel.cli.supervisor import Supervisor
from daykeel.cli.up import listens, on_signals, refuse_taken
from daykeel.clock.clock import SteppedClock
from daykeel.demo import check
from daykeel.demo.cast import CAST, Member
from daykeel.demo.conductor import Conductor
from daykeel.demo.connections import Broker, Connections, Login
from daykeel.demo.meter import Meter
from daykeel.demo.plan import Device, Play, play_of, raw_records
from daykeel.demo.report import Report, counted, summary, table
from daykeel.log.open import open_log
from daykeel.log.topics import EVENTS_RAW
from daykeel.pipeline.state import Command
from daykeel.records.records import Records
from daykeel.scores.open import open_scores

READY_S = 60.0
LOOK_S = 0.5
SIGNALLED = 128
"""Added to a signal's number in the exit code of what it ended."""

LINK_LASTS = timedelta(hours=24)
SHOWN = "advance"
"""Whose own page the second link opens."""

YEARS = range(2001, 2100)
"""Devices whose clock says something earlier are not believed."""

MANY = 100_000
DAY = timedelta(days=1)


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may be said of a demonstration."""
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


class BrokenOff(Refused):
    """The play did not come to its end; the logs, which are kept, say why."""

    code = 1


@dataclass(frozen=True, slots=True)
class Stage:
    """An installation in which everybody of the cast is enrolled."""

    folder: Folder
    records: Records
    clock: SteppedClock
    reached: Reached
    logins: Mapping[Device, Login]
    commands: Sequence[Command]
    therapist: str
    client: str
    """Accounts."""

    @property
    def usernames(self) -> dict[Device, str]:
        """User names of all devices."""
        return {device: login.username for device, login in self.logins.items()}


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
        stage = _staged(folder, play, args.port)
        supervisor = Supervisor(_environment(stage), lock=lock, logs=folder.logs)
        stack.callback(supervisor.stop)
        meter = Meter()
        stack.enter_context(_watched(supervisor, meter))
        _wait(stage)
        try:
            _conduct(stage, play, is_quiet=args.exit)
        except OSError as error:
            raise BrokenOff(f"{error}; see {folder.logs}") from error
        report = _report(stage, play, began, meter, supervisor)
        if args.exit:
            say(json.dumps(report.line()))
        else:
            _show(stage, report)
            _stay()
    return 0 if report.ok else 1


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


def _staged(folder: Folder, play: Play, http_port: int) -> Stage:
    """Enrol the cast and set the clock to the first instant."""
    clock = SteppedClock(folder.clock_file)
    clock.set(play.begins)
    prepare(folder)
    records = folder.records()
    logins: dict[Device, Login] = {}
    for member in CAST:
        logins |= _enrolled(records, member, play)
    http, mqtt = http_port or _free_port(), _free_port()
    reached = Reached(f"http://{LOOPBACK}:{http}", LOOPBACK, mqtt, mqtt_tls=False)
    folder.note(reached)
    therapist = records.add_account("therapist", "demo therapist", now=play.begins)
    for member in CAST:
        records.assign(therapist.id, member.client, now=play.begins)
    shown = next(member for member in CAST if member.script.name == SHOWN)
    own = records.add_account("client", shown.name, client=shown.client, now=play.begins)
    commands = [command for _, command in records.pending_commands(MANY)]
    return Stage(folder, records, clock, reached, logins, commands, therapist.id, own.id)


def _enrolled(records: Records, member: Member, play: Play) -> Iterator[tuple[Device, Login]]:
    client = member.client
    records.add_client(
        member.name,
        member.script.tz,
        now=play.begins,
        enrolled=play.first,
        id=client,
    )
    records.put_command(_profile(member, play))
    for device in member.devices:
        filters = topics_for(SOURCES[device.adapter], client, device.name)
        credential, password = records.add_credential(
            client, device.name, device.adapter, filters, now=play.begins
        )
        yield (client, device.adapter, device.name), Login(credential.username, password)
    for adapter in sorted({device.adapter for device in member.devices}):
        records.grant(client, adapter, now=play.begins)


def _profile(member: Member, play: Play) -> Command:
    """Return which anchors can be known of a member."""
    return Command(
        client=member.client,
        kind="profile",
        id="profile",
        version=2,
        value={
            "tz": member.script.tz,
            "enrolled": play.first.isoformat(),
            "tracked_items": list(member.tracked_items),
        },
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _environment(stage: Stage) -> Mapping[str, str]:
    http = stage.reached.url.removeprefix("http://")
    return {
        **stage.folder.environment(),
        "DAYKEEL_CLOCK": f"stepped:{stage.folder.clock_file}",
        "DAYKEEL_MQTT": f"embedded://{LOOPBACK}:{stage.reached.mqtt_port}",
        "DAYKEEL_HTTP": http,
    }


@contextmanager
def _watched(supervisor: Supervisor, meter: Meter) -> Iterator[None]:
    """Tend the processes and measure their memory meanwhile."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(LOOK_S):
            supervisor.tend()
            meter.look(supervisor.pids)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        done.set()
        watching.join()


def _wait(stage: Stage) -> None:
    ports = stage.reached.mqtt_port, int(stage.reached.url.rpartition(":")[2])
    end = time.monotonic() + READY_S
    while not listens(LOOPBACK, *ports):
        if time.monotonic() > end:
            raise BrokenOff(f"the processes did not start; see {stage.folder.logs}")
        time.sleep(0.05)


def _conduct(stage: Stage, play: Play, *, is_quiet: bool) -> None:
    log = open_log(stage.folder.store("log"))
    devices = Connections(Broker(LOOPBACK, stage.reached.mqtt_port), stage.logins)
    conductor = Conductor(stage.clock, log, devices, stage.usernames)
    with tqdm(total=play.nights, unit="night", disable=is_quiet, leave=False) as bar:
        conductor.play(play, lambda step: _advance(bar, step.at, play))
    devices.close()
    log.close()


def _advance(bar: "tqdm[Any]", at: datetime, play: Play) -> None:
    night = min((at.date() - play.first) // DAY + 1, play.nights)
    if night > bar.n:
        bar.update(night - bar.n)
        bar.set_postfix_str(f"{at:%d %b}")


def _report(stage: Stage, play: Play, began: float, meter: Meter, supervisor: Supervisor) -> Report:
    raws = raw_records(play, stage.usernames)
    alerts = stage.records.alerts()
    running = check.standing(alerts)
    log = open_log(stage.folder.store("log"))
    kept = log.lag("nobody", (EVENTS_RAW,))
    log.close()
    verdict = check.judged(play, raws, stage.commands, open_scores(stage.folder.store("scores")))
    problems = [
        *check.against_log(kept, len(raws)),
        *check.against_pure(running, verdict.alerts),
        *verdict.problems,
        *check.against_twin(raws, stage.commands, play),
    ]
    if check.is_default(play):
        problems += check.against_table(running, play)
    return Report(
        ok=not problems,
        problems=problems,
        alerts=counted(alerts),
        raw_records=kept,
        nights=verdict.nights,
        scores=verdict.scores,
        seconds=round(time.monotonic() - began, 1),
        peak_pss_mb=round(meter.peak_bytes / 1e6, 1),
        seed=play.seed,
        restarts=supervisor.restarts,
    )


def _show(stage: Stage, report: Report) -> None:
    for line in summary(report):
        say(line)
    say()
    say("What happens to each client, and what the therapist is told:")
    for line in table(stage.records.alerts()):
        say(line)
    say()
    say(f"  caseload       {_link(stage, stage.therapist)}")
    say(f"  client's page  {_link(stage, stage.client)}")
    say("Each link works once. Open the second one in a private window.")
    say("The demonstration clock goes on at normal speed. Ctrl-C ends it.")


def _link(stage: Stage, account: str) -> str:
    token = stage.records.login_link(account, now=datetime.now(UTC), ttl=LINK_LASTS)
    return f"{stage.reached.url}/login?token={token}"


def _stay() -> None:
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        say()
