"""From the appender's thread into the event loop, with one wake-up for many calls."""

import asyncio
from collections import deque
from collections.abc import Callable


class Mailbox:
    """Calls to be made in the loop's thread, in order.

    A loop is woken through a pipe that its signals use as well: a wake-up per message fills it,
    and then a request to stop is lost.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._calls: deque[Callable[[], None]] = deque()
        self._is_called = False

    def put(self, call: Callable[[], None]) -> None:
        """Have a call made soon; from any one other thread."""
        self._calls.append(call)
        if not self._is_called:
            self._is_called = True
            self._loop.call_soon_threadsafe(self._make_calls)

    def _make_calls(self) -> None:
        # before the calls, so that whoever puts one from here on wakes the loop again
        self._is_called = False
        while self._calls:
            self._calls.popleft()()
