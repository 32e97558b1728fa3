"""How many large bodies may be held at once: each takes many times its size while it is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from daykeel.api.problems import Problem

MOST = 4
AGAIN = {"retry-after": "30"}


class Uploads:
    """Places for large bodies in one process: one for each sender, and few of them."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._senders: set[str] = set()
        self._lock = Lock()

    @contextmanager
    def place(self, sender: str) -> Iterator[None]:
        """Hold a place for a sender.

        Raises
        ------
        Problem
            There is none now, or the sender has one already: it shall send again later.
        """
        with self._lock:
            if sender in self._senders or len(self._senders) >= self._most:
                raise Problem("not-ready", headers=AGAIN)
            self._senders.add(sender)
        try:
            yield
        finally:
            with self._lock:
                self._senders.discard(sender)
