"""How the nights guessed from steps compare with what people's own trackers say of them.

    python bench/steps_nights.py ../shared/data/fitbit-steps

The recordings (Furberg et al. 2016, Zenodo record 53894) hold the steps of each minute and, by
date, the minutes in bed as the tracker saw them. Each night of at least three hours in bed is
compared twice: with our main sleep, which the steps-only rule finds, through the whole pipeline;
and with the one that MASDA would find in the same minutes.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np

from daykeel.files.nights import nights
from daykeel.files.recordings import Recording, read_wide_steps
from daykeel.rhythm.activity import Minutes
from daykeel.rhythm.assembly import ASLEEP, AWAKE, UNKNOWN, main_sleep
from daykeel.rhythm.rest import BIN, HALF_DAY, bins_of, rest_by_mean

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SPAN, CORE = 2160, (360, 1800)
LEAST_IN_BED = 180
NEAR = 120

Durations = Mapping[date, float | None]


def steps_only(recording: Recording) -> Durations:
    """Minutes of main sleep by night, as the pipeline has them."""
    return {one.night: one.duration.value for one in nights(recording)}


def masda(recording: Recording) -> Durations:
    """Minutes of main sleep by night, if rest were what lies far below the mean of the day."""
    first, last = (at(recording.steps).date() for at in (min, max))
    days = (first + n * DAY for n in range((last - first).days + 2))
    return {day: _masda(recording, day) for day in days}


def _masda(recording: Recording, day: date) -> float | None:
    start = datetime.combine(day, time()) - timedelta(hours=18)
    told = [recording.steps.get(start + n * MINUTE, -1) for n in range(SPAN)]
    steps = np.array(told, dtype=np.int64)
    value, known = bins_of(Minutes(np.maximum(steps, 0), steps >= 0))
    if known.sum() < HALF_DAY:
        return None
    asleep, counted = (np.repeat(one, BIN) for one in rest_by_mean(value, known))
    states = np.full(SPAN, UNKNOWN, dtype=np.int8)
    states[(counted & ~asleep) | (steps > 0)] = AWAKE
    states[asleep] = ASLEEP
    found = main_sleep(states, CORE).main
    return None if found is None else float(found[1] - found[0])


def in_bed(file: Path) -> dict[tuple[str, date], int]:
    """What the tracker says, by person and date."""
    found = {}
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            day = datetime.strptime(row["SleepDay"], "%m/%d/%Y %I:%M:%S %p").date()  # noqa: DTZ007  a date
            found[row["Id"], day] = int(row["TotalTimeInBed"])
    return found


def differences(
    recordings: Sequence[Recording],
    told: Mapping[tuple[str, date], int],
    rule: Callable[[Recording], Durations],
) -> Iterator[float]:
    """Yield by how many minutes our sleep is longer, NaN where there is none."""
    for recording in recordings:
        found = rule(recording)
        for (who, day), minutes in told.items():
            if who == recording.subject and minutes >= LEAST_IN_BED and day in found:
                ours = found[day]
                yield np.nan if ours is None else ours - minutes


def line(name: str, told: Sequence[float]) -> str:
    known = np.array([one for one in told if np.isfinite(one)])
    near, short = np.mean(np.abs(known) <= NEAR), np.mean(known < -NEAR)
    return (
        f"| {name} | {len(told)} | {len(known)} | {np.median(known):+.0f} min "
        f"| {near:.0%} | {short:.0%} |"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="has minuteStepsWide.csv and sleepDay_merged.csv")
    folder = parser.parse_args(arguments).folder
    if not (folder / "minuteStepsWide.csv").exists():
        print(f"{folder} has no recordings: nothing to compare", file=sys.stderr)
        return 1
    with (folder / "minuteStepsWide.csv").open(encoding="utf-8-sig", newline="") as lines:
        recordings = read_wide_steps(lines)
    told = in_bed(folder / "sleepDay_merged.csv")
    print("| rule | nights | with a main sleep | median difference | within 2 h | 2 h too short |")
    print("|---|---|---|---|---|---|")
    for name, rule in (("steps only", steps_only), ("MASDA", masda)):
        print(line(name, list(differences(recordings, told, rule))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
