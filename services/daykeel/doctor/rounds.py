"""All checks are made, whatever any of them finds, and none is waited for without end.

Checks that look at one thing are made one after the other, on a thread of their own; where one has
failed on which others rest, these are not made: they would only say the same.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TypeVar

from daykeel.doctor.finding import Ailment, Finding, Level, NothingToSee

Look = Callable[[], Iterable[Finding] | str]
"""Returns what is well, in words, or several findings; raises what is wrong."""

T = TypeVar("T")
PAUSE_S = 0.01


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at."""

    name: str
    look: Look
    rests_on: tuple[str, ...] = ()
    """Checks of the same round without which this one cannot be made."""


def nothing() -> None:
    """Do nothing."""


class Round:
    """The checks of one thing, in their order."""

    def __init__(self, checks: Sequence[Check], close: Callable[[], None] = nothing) -> None:
        """Take the checks.

        Parameters
        ----------
        checks
            In the order in which they are made.
        close
            Called in the same thread when all are.
        """
        self._checks = checks
        self._close = close
        self._found: dict[str, list[Finding]] = {}
        self._begun = time.monotonic()
        self._lock = Lock()
        self._thread = Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._begun = time.monotonic()
        self._thread.start()

    def findings(self, deadline_s: float) -> list[Finding]:
        """Return what was found, once all checks are made or one takes longer than it may."""
        while self._thread.is_alive():
            self._thread.join(PAUSE_S)
            with self._lock:
                is_late = time.monotonic() - self._begun > deadline_s
            if is_late and self._thread.is_alive():
                break
        with self._lock:
            return list(self._all(dict(self._found), deadline_s))

    def _run(self) -> None:
        for check in self._checks:
            found = list(self._made(check))
            with self._lock:
                self._found[check.name] = found
                self._begun = time.monotonic()
        with suppress(Exception):  # what cannot be closed was told of before
            self._close()

    def _made(self, check: Check) -> Iterator[Finding]:
        missing = next((one for one in check.rests_on if not self._stands(one)), None)
        if missing is not None:
            yield Finding(check.name, Level.SKIPPED, f"not looked at, see {missing}")
            return
        try:
            said = check.look()
            if isinstance(said, str):
                yield Finding(check.name, Level.WELL, said)
            else:
                yield from list(said)
        except Ailment as ailment:
            yield Finding(check.name, Level.FAILED, ailment.said, ailment.advice)
        except NothingToSee as nothing:
            yield Finding(check.name, Level.SKIPPED, str(nothing))
        except Exception as error:  # the other checks are made all the same
            yield Finding(check.name, Level.FAILED, _fault(error), REPORT)

    def _stands(self, name: str) -> bool:
        levels = {one.level for one in self._found[name]}
        return not levels & {Level.FAILED, Level.SKIPPED}

    def _all(self, found: dict[str, list[Finding]], deadline_s: float) -> Iterator[Finding]:
        late = ""
        for check in self._checks:
            if check.name in found:
                yield from found[check.name]
            elif not late:
                late = check.name
                said = f"no answer within {deadline_s:g} s"
                yield Finding(check.name, Level.FAILED, said, LATE)
            else:
                yield Finding(check.name, Level.SKIPPED, f"not looked at, see {late}")


def within(seconds: float, ask: Callable[[], T]) -> T:
    """Return what somebody answers who has a check of their own, or raise `NothingToSee`."""
    answers: SimpleQueue[T | Exception] = SimpleQueue()

    def put() -> None:
        try:
            answers.put(ask())
        except Exception as error:  # it is raised where it was asked for
            answers.put(error)

    Thread(target=put, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise NothingToSee("who would have to say it does not answer") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


REPORT = "the check itself has a fault: please report this line"
LATE = "see whether the server or disk behind it is overloaded or hangs, then look again"


def _fault(error: Exception) -> str:
    """Return the kind of an error alone: its text might quote what is nobody's business."""
    return f"the check ended by {type(error).__name__}"


def examine(rounds: Sequence[Round], deadline_s: float) -> list[Finding]:
    """Return what all checks have found, in their order.

    Parameters
    ----------
    rounds
        They are made side by side.
    deadline_s
        How long any one check may take.
    """
    for one in rounds:
        one.start()
    return [finding for one in rounds for finding in one.findings(deadline_s)]
