"""A recording's nights, read as the product reads them."""

from datetime import UTC, timedelta

from daykeel.events.event import RawRecord
from daykeel.files.messages import messages
from daykeel.files.recordings import Recording
from daykeel.pipeline.batch import batch
from daykeel.pipeline.state import Command
from daykeel.rhythm.ledger import DayRecord, Night

CLIENT, DEVICE = "c-1", "replay"
ZONE = "UTC"
"""Recordings have only clocks on walls, without a change of them."""
LATER = timedelta(days=2)
"""After which everything is final."""


def nights(recording: Recording) -> list[Night]:
    """Return the nights of a recording, oldest first, as they are once all of it has come in."""
    return [one.night for one in days(recording)]


def days(recording: Recording) -> list[DayRecord]:
    """Return the days of a recording, oldest first, as they are once all of it has come in."""
    received = (max(recording.steps) + LATER).replace(tzinfo=UTC)
    raws = [
        RawRecord(
            client=CLIENT,
            adapter="daykeel",
            device=DEVICE,
            topic=topic,
            payload=payload,
            received_at=received,
            stream="event",
        )
        for topic, payload in messages(recording, client=CLIENT, device=DEVICE, zone=ZONE)
    ]
    profile = Command(client=CLIENT, kind="profile", id="profile", version=1, value={"tz": ZONE})
    return sorted(batch(raws, [profile], received).outputs[CLIENT].days, key=lambda day: day.day)
