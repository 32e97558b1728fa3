"""When each client is to be scored again: at once after a change, then not too often."""

from itertools import islice

HOT_S = 0.2
"""Least time between two scores of one client."""

COLD_S = 5.0
"""The same when all that changed are epochs of activity."""

FAILED_S = 60.0
"""How long a client whose score failed waits."""


class Dues:
    """Which clients wait for a `due`, and which have one on its way: at most one each.

    Times are seconds of a clock that only counts on.
    """

    def __init__(self) -> None:
        self._ready: dict[str, float] = {}
        self._patient: dict[str, None] = {}
        self._sent: dict[str, float] = {}
        self._out: set[str] = set()
        self._barred: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._ready.keys() | self._patient)

    @property
    def is_patient(self) -> bool:
        """Whether somebody waits for a moment in which nobody else does."""
        return bool(self._patient)

    @property
    def out(self) -> int:
        """How many are on their way."""
        return len(self._out)

    def waits(self, client: str) -> bool:
        """Return whether the client is still to be scored."""
        return client in self._ready or client in self._out or client in self._patient

    def want(self, client: str, now: float, *, hot: bool = True) -> None:
        """Note a change; one that is already on its way will find it."""
        if client in self._out:
            return
        pause = HOT_S if hot else COLD_S
        at = max(now, self._sent.get(client, now - pause) + pause, self._barred.get(client, now))
        self._ready[client] = min(at, self._ready.get(client, at))

    def wish(self, client: str) -> None:
        """Note that the client is to be scored once nobody else waits, one such at a time."""
        if client not in self._out:
            self._patient[client] = None

    def take(self, now: float, *, early: bool = False) -> list[str]:
        """Return the clients whose turn it is; with `early` also those that could wait."""
        ready = [
            client
            for client, at in self._ready.items()
            if at <= now or (early and self._barred.get(client, now) <= now)
        ]
        if not ready and not self._out:
            ready = list(islice(self._patient, 1))
        for client in ready:
            self._ready.pop(client, None)
            self._patient.pop(client, None)
            self._sent[client] = now
            self._out.add(client)
        return ready

    def done(self, client: str) -> None:
        """Note that the client was scored."""
        self._out.discard(client)
        self._barred.pop(client, None)

    def failed(self, client: str, now: float) -> None:
        """Note that scoring the client failed; it will be tried again."""
        self._out.discard(client)
        self._barred[client] = now + FAILED_S
        self.want(client, now)

    def forget(self, now: float) -> None:
        """Drop what no longer delays anybody."""
        self._sent = {client: at for client, at in self._sent.items() if at + COLD_S > now}
