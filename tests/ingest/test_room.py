import asyncio

import pytest

from daykeel.ingest.room import Room


async def waiting(room, size):
    """Return an entry that has had every chance to come in."""
    entry = asyncio.create_task(room.enter(size))
    for _ in range(3):
        await asyncio.sleep(0)
    return entry


@pytest.mark.parametrize(("room", "size"), [(Room(messages=2), 0), (Room(size=20), 10)])
async def test_a_message_waits_until_another_has_left(room, size):
    for _ in range(2):
        await room.enter(size)
    third = await waiting(room, size)
    assert not third.done()

    room.leave(size)

    await asyncio.wait_for(third, 1)
    assert room.messages == 2


async def test_one_alone_always_fits():
    room = Room(size=10)

    await asyncio.wait_for(room.enter(100), 1)

    assert room.size == 100


async def test_one_that_left_lets_one_of_many_in():
    room = Room(messages=1)
    await room.enter(1)
    entries = [await waiting(room, 1) for _ in range(3)]

    room.leave(1)
    for _ in range(5):
        await asyncio.sleep(0)

    assert sum(entry.done() for entry in entries) == 1
    for entry in entries:
        entry.cancel()
