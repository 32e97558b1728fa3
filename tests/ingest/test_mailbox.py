import asyncio
import threading
from functools import partial

from daykeel.ingest.mailbox import Mailbox


class Counting:
    """A loop that counts how often it was woken."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.woken = 0

    def call_soon_threadsafe(self, call):
        self.woken += 1
        self.loop.call_soon_threadsafe(call)


async def test_calls_from_another_thread_are_made_here_and_in_order():
    box, made, here = Mailbox(asyncio.get_running_loop()), [], threading.get_ident()
    done = asyncio.Event()

    def put_all():
        for n in range(5000):
            box.put(lambda n=n: made.append((n, threading.get_ident())))
        box.put(done.set)

    await asyncio.to_thread(put_all)
    await asyncio.wait_for(done.wait(), 10)

    assert made == [(n, here) for n in range(5000)]


async def test_a_loop_that_is_busy_is_woken_once():
    loop, made = Counting(), []
    box = Mailbox(loop)
    putting = threading.Thread(
        target=lambda: [box.put(partial(made.append, n)) for n in range(1000)]
    )

    putting.start()
    putting.join()  # the loop stands still meanwhile

    assert loop.woken == 1
    await asyncio.sleep(0)
    assert made == list(range(1000))
