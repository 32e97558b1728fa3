"""How tables of an evaluation, and the delays in them, are written."""

from collections.abc import Iterable, Sequence
from math import isinf

from daykeel.rhythm.cohort.study import Tally


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown."""
    lines = [head, ["-" * 3] * len(head), *rows]
    return "\n".join(f"| {' | '.join(one)} |" for one in lines)


def delay(tally: Tally, within: Sequence[int]) -> str:
    """Return the median nights to the first signal, and the shares within so many."""
    median = "over 28" if isinf(tally.median) else f"{tally.median:.0f}"
    shares = ", ".join(f"{tally.within(nights):.2f}" for nights in within)
    return f"{median} ({shares})"
