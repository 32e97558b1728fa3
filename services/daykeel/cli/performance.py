"""A play on a stage: its processes run, the conductor plays, and the running system is judged."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tqdm import tqdm

from daykeel.cli.exposure import LOOPBACK
from daykeel.cli.say import Refused
from daykeel.cli.stage import Stage
from daykeel.cli.supervisor import Supervisor
from daykeel.cli.up import listens
from daykeel.demo import check
from daykeel.demo.conductor import Conductor
from daykeel.demo.connections import Connections
from daykeel.demo.meter import Meter
from daykeel.demo.plan import Play, raw_records
from daykeel.demo.report import Report, counted
from daykeel.log.errors import LogUnavailable
from daykeel.log.open import open_log
from daykeel.log.topics import EVENTS_RAW
from daykeel.process.every import Every
from daykeel.scores.open import open_scores

LOOK_S, MEASURE_S = 0.5, 2.0
"""How often processes are looked after, and measured: that takes milliseconds of each."""
DAY = timedelta(days=1)


class BrokenOff(Refused):
    """The play did not come to its end; the logs, which are kept, say why."""

    code = 1


@dataclass(frozen=True, slots=True)
class Running:
    """The processes of a stage, and how much memory they have used."""

    supervisor: Supervisor
    meter: Meter


@contextmanager
def running(stage: Stage, lock: int) -> Iterator[Running]:
    """Start the processes, tend them and measure their memory, and stop them in the end."""
    profile, folder = stage.profile, stage.folder
    supervisor = Supervisor(
        stage.environment,
        lock=lock,
        logs=folder.logs,
        names=profile.processes,
        own=profile.own,
    )
    meter, done = Meter(), threading.Event()
    to_measure = Every(MEASURE_S)

    def watch() -> None:
        while not done.wait(LOOK_S):
            supervisor.tend()
            if to_measure.is_due():
                meter.look(supervisor.pids)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        _wait(stage)
        yield Running(supervisor, meter)
    finally:
        done.set()
        watching.join()
        supervisor.stop()


def _wait(stage: Stage) -> None:
    ports = stage.reached.mqtt_port, int(stage.reached.url.rpartition(":")[2])
    end = time.monotonic() + stage.profile.patience_s
    while not listens(LOOPBACK, *ports):
        if time.monotonic() > end:
            raise BrokenOff(f"the processes did not start; see {stage.folder.logs}")
        time.sleep(0.05)


def perform(stage: Stage, play: Play, *, is_quiet: bool) -> None:
    """Play all of it.

    Raises
    ------
    BrokenOff
        Something did not answer or settle in time.
    """
    try:
        _conduct(stage, play, is_quiet=is_quiet)
    except (OSError, LogUnavailable) as error:
        raise BrokenOff(f"{error}; see {stage.folder.logs}") from error


def _conduct(stage: Stage, play: Play, *, is_quiet: bool) -> None:
    log = open_log(stage.folder.store("log"))
    devices = Connections(stage.profile.broker, stage.logins)
    conductor = Conductor(
        stage.clock, log, devices, stage.usernames, patience_s=stage.profile.patience_s
    )
    with tqdm(total=play.nights, unit="night", disable=is_quiet, leave=False) as bar:
        conductor.play(play, lambda step: _advance(bar, step.at, play))
    devices.close()
    log.close()


def _advance(bar: "tqdm[Any]", at: datetime, play: Play) -> None:
    night = min((at.date() - play.first) // DAY + 1, play.nights)
    if night > bar.n:
        bar.update(night - bar.n)
        bar.set_postfix_str(f"{at:%d %b}")


def judge(stage: Stage, play: Play, began: float, run: Running) -> Report:
    """Compare what the running system says with what the pure functions say."""
    raws = raw_records(play, stage.usernames)
    alerts = stage.records.alerts()
    told = check.standing(alerts)
    log = open_log(stage.folder.store("log"))
    kept = log.lag("nobody", (EVENTS_RAW,))
    log.close()
    verdict = check.judged(play, raws, stage.commands, open_scores(stage.folder.store("scores")))
    problems = [
        *check.against_log(kept, len(raws)),
        *check.against_pure(told, verdict.alerts),
        *verdict.problems,
        *check.against_twin(raws, stage.commands, play),
    ]
    if check.is_default(play):
        problems += check.against_table(told, play)
    return Report(
        ok=not problems,
        problems=problems,
        alerts=counted(alerts),
        raw_records=kept,
        nights=verdict.nights,
        scores=verdict.scores,
        seconds=round(time.monotonic() - began, 1),
        peak_pss_mb=round(run.meter.peak_bytes / 1e6, 1),
        servers_apart=stage.profile.apart,
        seed=play.seed,
        restarts=run.supervisor.restarts,
    )
