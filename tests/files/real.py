"""The recordings of real people's steps, and what their own tracker said of their nights."""

import csv
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from daykeel.events.event import RawRecord
from daykeel.files.messages import messages
from daykeel.files.recordings import Recording, read_wide_steps
from daykeel.pipeline.state import Command

FOLDER = Path(__file__).resolve().parents[3] / "shared/data/fitbit-steps"
ZONE = "America/New_York"
CLIENT = "c-1"


def file(name: str) -> Path:
    """Return a file of the data set, or skip the test where it is not at hand."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip("…/shared is not here")
    return path


def recordings() -> list[Recording]:
    with file("minuteStepsWide.csv").open(encoding="utf-8-sig", newline="") as lines:
        return read_wide_steps(lines)


def minutes_in_bed() -> dict[str, dict[date, int]]:
    """What the tracker says, by person and date."""
    found: dict[str, dict[date, int]] = defaultdict(dict)
    with file("sleepDay_merged.csv").open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            day = datetime.strptime(row["SleepDay"], "%m/%d/%Y %I:%M:%S %p").date()  # noqa: DTZ007  a date
            found[row["Id"]][day] = int(row["TotalTimeInBed"])
    return found


def after(recording: Recording) -> datetime:
    """An instant at which every night of a recording is final."""
    return (max(recording.steps) + timedelta(days=2)).replace(tzinfo=UTC)


def raws(recording: Recording, client: str = CLIENT) -> list[RawRecord]:
    told = messages(recording, client=client, device="replay", zone=ZONE)
    received = after(recording)
    return [
        RawRecord(
            client=client,
            adapter="daykeel",
            device="replay",
            topic=topic,
            payload=payload,
            received_at=received + timedelta(seconds=number),
            stream="event",
        )
        for number, (topic, payload) in enumerate(told)
    ]


def profile(client: str = CLIENT) -> Command:
    return Command(client=client, kind="profile", id="profile", version=1, value={"tz": ZONE})
