"""Recordings of people's steps, as research data sets hold them, by the clock on the wall."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR_COLUMN = "ActivityHour"
SUBJECT_COLUMN = "Id"
MINUTES = tuple(f"Steps{minute:02d}" for minute in range(60))
TIME = "%m/%d/%Y %I:%M:%S %p"
MINUTE = timedelta(minutes=1)


class BadRecording(ValueError):  # noqa: N818  a fact about the file, not a fault of ours
    """The file cannot be replayed; the text says what stands where it should not."""


class WhichSubject(BadRecording):
    """The file is of several people, or not of the one asked for."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Steps per minute of one person."""

    subject: str
    steps: Mapping[datetime, int]
    """By the local time at which the minute begins, in the order of time."""


def read_wide_steps(lines: Iterable[str]) -> list[Recording]:
    """Return the recordings in a table with a row for each person and hour.

    The form is that of `minuteStepsWide.csv` of Fitbit's data export: columns `Id`,
    `ActivityHour` (local, `4/13/2016 12:00:00 AM`) and `Steps00` to `Steps59`. A row that
    stands there twice counts once, and the later one where they differ.

    Raises
    ------
    BadRecording
        A column is missing, or a row has something else than times and numbers of steps.
    """
    people: dict[str, dict[datetime, int]] = {}
    try:
        for subject, hour, steps in _rows(lines):
            minutes = people.setdefault(subject, {})
            minutes.update((hour + at * MINUTE, count) for at, count in enumerate(steps))
    except csv.Error as error:
        raise BadRecording(f"no table: {error}") from error
    return [Recording(who, dict(sorted(minutes.items()))) for who, minutes in people.items()]


def _rows(lines: Iterable[str]) -> Iterator[tuple[str, datetime, list[int]]]:
    reader = csv.DictReader(lines)
    missing = {SUBJECT_COLUMN, HOUR_COLUMN, *MINUTES}.difference(reader.fieldnames or ())
    if missing:
        raise BadRecording(f"no column {min(missing)}; a table of steps per minute is wanted")
    for row in reader:
        try:
            hour = datetime.strptime(row[HOUR_COLUMN], TIME)  # noqa: DTZ007  its zone is told apart
            steps = [int(row[minute]) for minute in MINUTES]
        except (TypeError, ValueError) as error:
            raise BadRecording(f"line {reader.line_num} has no hour of steps") from error
        if min(steps) < 0:
            raise BadRecording(f"line {reader.line_num} has fewer steps than none")
        yield row[SUBJECT_COLUMN], hour, steps


def only(recordings: Iterable[Recording], subject: str | None) -> Recording:
    """Return the recording of one person.

    Raises
    ------
    WhichSubject
        There are several people and none was chosen, or the one chosen is not among them.
    """
    found = {recording.subject: recording for recording in recordings}
    if subject is None and len(found) == 1:
        return next(iter(found.values()))
    if subject is None:
        raise WhichSubject(f"{len(found)} people are in it; choose one with --subject")
    if subject not in found:
        raise WhichSubject("the subject asked for is not in it")
    return found[subject]


def joined(recordings: Iterable[Recording]) -> Recording:
    """Return several recordings of one person as one; of a minute in two the later one holds."""
    several = list(recordings)
    minutes: dict[datetime, int] = {}
    for recording in several:
        minutes.update(recording.steps)
    return Recording(several[0].subject, dict(sorted(minutes.items())))
