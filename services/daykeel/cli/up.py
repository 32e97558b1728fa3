"""`daykeel up`: an installation for real use on this machine, until it is told to stop."""

import os
import signal
import socket
import threading
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Protocol

from daykeel.cli.exposure import Exposure, add_exposure, exposure
from daykeel.cli.folder import Folder, locked, opened
from daykeel.cli.prepare import prepare
from daykeel.cli.say import Refused, say
from daykeel.cli.supervisor import PROVEN, Supervisor
from daykeel.process.signals import setting

DATA = Path("~/daykeel")
TEND_S = 0.2
READY_S = 60.0
LINK_LASTS = timedelta(hours=24)
OPERATOR = "operator"
"""The name the first account signs in with."""
PASSED_ON = ("DAYKEEL_CANARY_S",)
"""Settings of others that are noted, for whoever looks at the installation."""
SURVIVES_POWER_CUT = "?synchronous=FULL"
"""What was acknowledged is on the disk, not only with the operating system."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may be said of an installation."""
    parser.add_argument("--data", type=Path, default=DATA, help="folder with everything in it")
    add_exposure(parser)


def run(args: Namespace) -> int:
    """Run the installation until a signal says stop."""
    stopped = threading.Event()
    on_signals(setting(stopped), signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    serve(args, stopped, partial(Supervisor, names=PROVEN))
    return 0


def on_signals(act: Callable[[int, FrameType | None], object], *numbers: signal.Signals) -> None:
    """Call `act` on these signals; a closed terminal ends nothing that `nohup` started."""
    for number in numbers:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, act)


class Processes(Protocol):
    """What runs while the installation does."""

    def tend(self) -> None:
        """Start again what has died."""

    def stop(self) -> None:
        """End all of it."""


class Start(Protocol):
    """How processes are started."""

    def __call__(self, environment: Mapping[str, str], *, lock: int) -> Processes:
        """Start them with these settings; they hold the lock too."""


def serve(args: Namespace, stopped: threading.Event, start: Start) -> None:
    """Run the installation until it is told to stop."""
    exposed = exposure(args)
    refuse_stepped_clock(args.data)
    folder = opened(args.data)
    with locked(folder) as lock:
        for port in (exposed.mqtt_port, exposed.http_port):
            refuse_taken(exposed.listen, port)
        prepare(folder)
        settings = {
            **folder.environment(),
            **exposed.environment(),
            "DAYKEEL_LOG": folder.store("log") + SURVIVES_POWER_CUT,
            "DAYKEEL_SCORES": folder.store("scores") + SURVIVES_POWER_CUT,
            "DAYKEEL_CLOCK": "system:",
        }
        own = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        folder.note(exposed.reached, own | settings)
        _supervise(start(settings, lock=lock), exposed, folder, stopped)


def refuse_stepped_clock(data: Path) -> None:
    """Refuse a clock that somebody steps: real data need real time."""
    if os.environ.get("DAYKEEL_CLOCK", "system:") != "system:":
        raise Refused("DAYKEEL_CLOCK names a stepped clock; that is for demonstrations only")
    if Folder(data.expanduser()).clock_file.exists():
        raise Refused(f"{data} holds a demonstration on a stepped clock; choose another folder")


def refuse_taken(address: str, port: int) -> None:
    """Refuse a port that somebody else listens on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise Refused(f"port {port} on {address} cannot be had: {error.strerror}") from error


def operator_link(folder: Folder, url: str) -> str | None:
    """Return a link by which the first operator signs in, once; None where there is one."""
    with closing(folder.records()) as records:
        if records.account_named(OPERATOR) is not None:
            return None
        now = datetime.now(UTC)
        account = records.add_account("operator", OPERATOR, now=now)
        return f"{url}/login?token={records.login_link(account.id, now=now, ttl=LINK_LASTS)}"


def _supervise(
    processes: Processes, exposed: Exposure, folder: Folder, stopped: threading.Event
) -> None:
    try:
        end, is_ready = time.monotonic() + READY_S, False
        while not stopped.wait(TEND_S):
            processes.tend()
            if not is_ready and listens(exposed.listen, exposed.mqtt_port, exposed.http_port):
                is_ready = True
                _greet(exposed, operator_link(folder, exposed.reached.url))
            if not is_ready and time.monotonic() > end:
                say("Not ready after a minute; the log above says why. Still trying.")
                end = time.monotonic() + READY_S
    finally:
        processes.stop()


def listens(address: str, *ports: int) -> bool:
    """Return whether somebody listens on all of the ports."""
    for port in ports:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((address, port)):
                return False
    return True


def _greet(exposed: Exposure, link: str | None) -> None:
    reached = exposed.reached
    scheme = "mqtts" if reached.mqtt_tls else "mqtt"
    say("Daykeel is ready.")
    say(f"  pages and API  {reached.url}")
    say(f"  MQTT           {scheme}://{reached.mqtt_host}:{reached.mqtt_port}")
    if link is not None:
        say(f"  operator       {link}")
        say("                 (works once, within 24 hours, and is not shown again)")
