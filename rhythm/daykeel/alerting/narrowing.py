"""Whether later data only made a night more certain, so that it can signal more, never less."""

from collections.abc import Iterable

from daykeel.rhythm.anchors import FROM_NIGHT
from daykeel.rhythm.ledger import AnchorCandidate, Bounded, DayRecord, Night


def only_narrows(before: DayRecord, after: DayRecord) -> bool:
    """Return whether charts read of a night all they read before, only within narrower bounds.

    Steps of its day have no say: they are read with the night after it.

    No statistic, and no condition of an acute rule, a threshold or a lost anchor, then was nearer
    to a signal before than after: each grows with the bound that speaks least for it.
    """
    was, now = before.night, after.night
    if before.before or after.before or not (was.final and now.final):
        return False
    is_same = (was.flags, was.zone, was.day_type) == (now.flags, now.zone, now.day_type)
    return (
        is_same
        and _is_own(was, now)
        and _narrower(was, now)
        and _adds(before, after)
        and _tells_more(before, after)
    )


def is_blank(night: Night) -> bool:
    """Return whether nothing is known of main sleep."""
    return night.mid.lo is None and night.duration.lo is None and not night.no_main_sleep


def _is_own(was: Night, now: Night) -> bool:
    """Return whether the same device told of it, or nobody did before."""
    told_by = (was.source, was.device, was.no_main_sleep)
    return is_blank(was) or told_by == (now.source, now.device, now.no_main_sleep)


def _narrower(was: Night, now: Night) -> bool:
    pairs = (
        (was.mid, now.mid),
        (was.duration, now.duration),
        (was.onset, now.onset),
        (was.offset, now.offset),
        (was.tst, now.tst),
    )
    return all(_holds(wide, narrow) for wide, narrow in pairs)


def _holds(wide: Bounded, narrow: Bounded) -> bool:
    if wide.lo is None or wide.hi is None:
        return True
    if narrow.lo is None or narrow.hi is None:
        return False
    return wide.lo <= narrow.lo and narrow.hi <= wide.hi


def _adds(before: DayRecord, after: DayRecord) -> bool:
    """Return whether the minutes that were known are so still, and were as they are now."""
    knew, knows, slept, sleeps, guessed, guesses = (
        int.from_bytes(bits)
        for bits in (
            before.valid_bits,
            after.valid_bits,
            before.sleep_bits,
            after.sleep_bits,
            before.fallback_bits,
            after.fallback_bits,
        )
    )
    return not (knew & ~knows or knew & (slept ^ sleeps) or knew & (guessed ^ guesses))


def _tells_more(before: DayRecord, after: DayRecord) -> bool:
    """Return whether all that told of going to bed still does; the ends of sleep have bounds."""
    was, now = _by_class(before.bed_before), _by_class(after.bed_before)
    return all(
        name in now and (one == now[name] or (name == FROM_NIGHT and one.done == now[name].done))
        for name, one in was.items()
    )


def _by_class(told: Iterable[AnchorCandidate]) -> dict[str, AnchorCandidate]:
    """Return the first candidate of each class: the one that is believed."""
    found: dict[str, AnchorCandidate] = {}
    for one in told:
        found.setdefault(one.source_class, one)
    return found
