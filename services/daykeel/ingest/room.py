"""How much may be under way at once, before sockets are no longer read."""

import asyncio

MESSAGES = 1000
BYTES = 32_000_000


class Room:
    """Counts messages and their bytes between socket and log; belongs to one event loop."""

    def __init__(self, messages: int = MESSAGES, size: int = BYTES) -> None:
        self._messages, self._size = messages, size
        self._freed = asyncio.Event()
        self.messages = 0
        self.size = 0

    async def enter(self, size: int) -> None:
        """Wait until a message of `size` bytes fits; one alone always does."""
        while not self.enter_now(size):
            self._freed.clear()
            await self._freed.wait()

    def enter_now(self, size: int) -> bool:
        """Take a message of `size` bytes in if it fits; return whether it did."""
        if self.messages and self._is_full(size):
            return False
        self.messages += 1
        self.size += size
        return True

    def leave(self, size: int) -> None:
        """Give back what a message took."""
        self.messages -= 1
        self.size -= size
        self._freed.set()

    def _is_full(self, size: int) -> bool:
        return self.messages >= self._messages or self.size + size > self._size
