"""An event loop on a thread of its own, for those who block."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import CancelledError
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


class Closed(OSError):  # noqa: N818  a fact about the caller
    """The loop has ended."""


class Loop:
    """Runs coroutines for any thread."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    @property
    def is_open(self) -> bool:
        """Whether it still runs."""
        return self._thread.is_alive()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Return what a coroutine returns.

        Raises
        ------
        Closed
            The loop ended before or meanwhile.
        """
        if not self._thread.is_alive():
            coroutine.close()
            raise Closed("closed")
        running = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return running.result()
        except CancelledError as error:
            raise Closed("closed") from error
        except KeyboardInterrupt:
            running.cancel()
            raise

    def close(self) -> None:
        """Cancel what runs and end the thread."""
        if not self._thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(_cancel_others(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for one in others:
        one.cancel()
    await asyncio.gather(*others, return_exceptions=True)
