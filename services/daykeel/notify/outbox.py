"""What is due is written as letters, and letters go out, each with a receipt of every attempt."""

import logging
import time
from collections.abc import Mapping
from datetime import timedelta

from daykeel.clock.clock import Clock, SystemClock
from daykeel.notify.carriers import Carrier, NoCarrier, NotDelivered
from daykeel.notify.letter import mark, said
from daykeel.process.every import Every
from daykeel.records.desk import TEST
from daykeel.records.letters import Outgoing
from daykeel.records.records import Records

log = logging.getLogger("daykeel.notify")

LOOK_S = 0.5
LOOK_LASTS_S = 15.0
"""How long letters go out until what is due is looked for again: a server may be slow to refuse."""
TAKEN = timedelta(minutes=2)
"""How long other workers leave alone what one has taken, by the system's clock."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=15)
LONGEST = timedelta(days=3)
"""How long an address is tried, by the system's clock."""


class Notices:
    """The notices of one installation on their way out."""

    def __init__(
        self,
        records: Records,
        carriers: Mapping[str, Carrier],
        public_url: str,
        clock: Clock,
        wall: Clock | None = None,
    ) -> None:
        """Take what is worked with.

        Parameters
        ----------
        records
            Where notices wait and letters are kept.
        carriers
            By kind of address.
        public_url
            How browsers reach the pages.
        clock
            Says when something is due.
        wall
            Says when to try again: the system's clock.
        """
        self._post = records.post
        self._carriers = carriers
        self._public_url = public_url
        self._clock = clock
        self._wall = wall or SystemClock()
        self._due = Every(LOOK_S)

    def step(self) -> None:
        """Do what there is to do, if it is time to look."""
        if self._due.is_due():
            self.look()

    def look(self) -> None:
        """Write what is due, and let leave what can."""
        self._post.write_letters(now=self._clock.now(), wall=self._wall.now())
        end = time.monotonic() + LOOK_LASTS_S
        while time.monotonic() < end:
            taken = self._post.take_deliveries(
                1, now=self._clock.now(), wall=self._wall.now(), lasts=TAKEN
            )
            if not taken:
                return
            self._deliver(taken[0])

    def _deliver(self, letter: Outgoing) -> None:
        try:
            self._carry(letter)
        except NotDelivered as error:
            self._keep(letter, error)
        else:
            self._post.delivered(letter.id, now=self._clock.now(), wall=self._wall.now())

    def _carry(self, letter: Outgoing) -> None:
        if not self._public_url and letter.occasion != TEST:
            raise NotDelivered("DAYKEEL_PUBLIC_URL is not set")
        carrier = self._carriers.get(letter.channel, NOBODY)
        carrier.carry(letter.address, said(letter, self._public_url), mark(letter))

    def _keep(self, letter: Outgoing, error: NotDelivered) -> None:
        """Keep the receipt, and say once that a letter is undeliverable."""
        wall = self._wall.now()
        is_last = error.is_final or wall - (letter.begun_at or wall) >= LONGEST
        again = None if is_last else wall + pause(letter.tries)
        self._post.not_delivered(
            letter.id, error.detail, now=self._clock.now(), wall=wall, again=again
        )
        if is_last:
            log.warning("a letter is undeliverable by %s: %s", letter.channel, error.detail)
        elif not letter.tries:
            log.warning("a letter waits, %s: %s", letter.channel, error.detail)


NOBODY = NoCarrier("nothing is set up for such addresses")


def pause(tries: int) -> timedelta:
    """Return how long to wait after so many attempts in vain.

    >>> [str(pause(tries)) for tries in (0, 3, 299)]
    ['0:00:01', '0:00:08', '0:15:00']
    """
    return min(FIRST_PAUSE * (1 << min(tries, 20)), LONGEST_PAUSE)
