"""The loop of the canary: what cannot be said now is said again soon."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Event

from daykeel.canary.settings import CanarySettings
from daykeel.canary.song import Song
from daykeel.clock.clock import Clock, open_clock
from daykeel.process.pulse import Pulse
from daykeel.process.visit import NotHeard, visit
from daykeel.process.waiting import waited_for
from daykeel.records.canary import CanaryLogin
from daykeel.records.errors import RecordsUnavailable
from daykeel.records.open import open_records
from daykeel.records.records import Records
from daykeel.rhythm.synthetic.canary import MISSED

log = logging.getLogger("daykeel.canary")

AGAIN_S = 5.0
"""After the broker was not there; it may be starting."""


class Stepped(RuntimeError):  # noqa: N818  a refusal
    """The clock is a demonstration's: on it no time passes between a message and the next."""


def keep_singing(settings: CanarySettings, stop: Event) -> None:
    """Sing until told to stop.

    Raises
    ------
    Stepped
        The clock is not the system's.
    """
    clock = open_clock(settings.clock)
    if clock.stepped:
        raise Stepped("the canary needs the system's clock; a demonstration has none")
    records = open_records(settings.records, settings.key_file.read_bytes())

    def enrolled() -> CanaryLogin:
        records.migrate()
        return records.enrol_canary(now=clock.now())

    try:
        login = waited_for(enrolled, stop)
        if login is not None:
            song = Song(lambda payloads: _publish(settings, login, payloads))
            _sing(settings, song, clock, records, stop)
    finally:
        records.close()


def _sing(
    settings: CanarySettings, song: Song, clock: Clock, records: Records, stop: Event
) -> None:
    pulse = Pulse(settings.pulse)
    log.info("ready")
    wait = 0.0
    while not stop.wait(wait):
        try:
            song.sing(clock.now())
        except NotHeard as error:
            log.warning("the canary was not heard: %s", error)
            wait = min(AGAIN_S, settings.canary_s)
        else:
            pulse.beat()
            _note(records, clock.now(), MISSED * timedelta(seconds=settings.canary_s))
            wait = settings.canary_s


def _note(records: Records, now: datetime, longest: timedelta) -> None:
    """Note that it was heard, and what was lost before; records that are away note it later."""
    try:
        outage = records.canary_heard(now=now, longest=longest)
    except RecordsUnavailable as error:
        log.warning("that the canary was heard is not noted: %s", error)
        return
    if outage is not None:
        log.warning("nothing came through from %s to %s", outage.start, outage.stop)


def _publish(settings: CanarySettings, login: CanaryLogin, payloads: Sequence[bytes]) -> None:
    messages = [(login.topic, payload) for payload in payloads]
    visit(settings.broker, login.username, login.password, messages)
