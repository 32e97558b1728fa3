"""The course of therapy: its sessions, and which phase they make of each night."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from daykeel.rhythm.in_force import in_force

FORMULATION, MIDDLE, GRADUATION = PHASES = ("formulation", "middle", "graduation")
FIRST_OF_MIDDLE, FIRST_OF_GRADUATION, LAST = 4, 15, 16
"""Numbers of sessions where nothing else is agreed on (science.md 17)."""
DAY = timedelta(days=1)

Phases = tuple[tuple[date, str], ...]
"""(first night, phase), oldest first; before them it is the middle, as without any course."""


@dataclass(frozen=True, slots=True)
class Session:
    """One appointment; a missed one is counted in no phase."""

    day: date
    is_missed: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """Sessions in the order of their days, and at which of them the phases begin."""

    sessions: tuple[Session, ...] = ()
    middle: int = FIRST_OF_MIDDLE
    graduation: int = FIRST_OF_GRADUATION
    last: int = LAST

    def phase(self, number: int) -> str:
        """Return the phase of a session by its number, the first being 1.

        >>> [Course().phase(number) for number in (1, 3, 4, 14, 15, 17)]
        ['formulation', 'formulation', 'middle', 'middle', 'graduation', 'graduation']
        """
        if number >= self.graduation:
            return GRADUATION
        return MIDDLE if number >= self.middle else FORMULATION


def numbered(course: Course) -> Iterator[tuple[int | None, Session]]:
    """Yield the sessions in order, each with its number; a missed one has none."""
    number = 0
    for session in sorted(course.sessions, key=lambda one: (one.day, one.is_missed)):
        number += not session.is_missed
        yield None if session.is_missed else number, session


def phases(course: Course) -> Phases:
    """Return the phases a course gives; each begins with the night after its first session.

    >>> phases(Course((Session(date(2026, 3, 2)), Session(date(2026, 3, 9))), middle=2))
    ((datetime.date(2026, 3, 3), 'formulation'), (datetime.date(2026, 3, 10), 'middle'))
    """
    found: list[tuple[date, str]] = []
    for number, session in numbered(course):
        phase = course.phase(number) if number else ""
        if phase and (not found or found[-1][1] != phase):
            found.append((session.day + DAY, phase))
    return tuple(found)


def phase_on(told: Phases, night: date) -> str:
    """Return the phase in force on a night."""
    return in_force(told, night, MIDDLE)


def gated(told: Phases, nights: Sequence[date]) -> list[bool]:
    """Return on which nights the slow channel is closed: those of the formulation."""
    if not told:
        return [False] * len(nights)
    return [phase_on(told, night) == FORMULATION for night in nights]
