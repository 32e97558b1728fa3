"""Finding what InfluxDB refuses: everything else of a batch is stored.

A batch is refused with one answer for all of it, and then it is not told which points were
stored. Points overwrite, so the halves are simply sent again until single ones are refused.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from daykeel.scores.errors import Refused
from daykeel.scores.influx_points import Point

AT_ONCE_BYTES = 4_000_000
"""Most of one request: InfluxDB must have it on its disk within a time-out."""

Write = Callable[[Sequence[Point]], str | None]
"""Sends points; returns why not all of them were taken, or None if they were."""


def refused(points: Iterable[Point], write: Write) -> Iterator[Refused]:
    """Send all points and yield those that are refused by themselves, with the reason."""
    for batch in _batches(points):
        yield from _bisected(batch, write)


def _bisected(points: Sequence[Point], write: Write) -> Iterator[Refused]:
    reason = write(points)
    if reason is None:
        return
    if len(points) == 1:
        yield Refused(points[0].row, reason)
        return
    half = len(points) // 2
    yield from _bisected(points[:half], write)
    yield from _bisected(points[half:], write)


def _batches(points: Iterable[Point]) -> Iterator[list[Point]]:
    batch: list[Point] = []
    size = 0
    for one in points:
        if batch and size + len(one.fields) > AT_ONCE_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += len(one.fields)
    if batch:
        yield batch
