"""Nights an app brings along when a client is added, and those it tells of afterwards."""

import json
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "pipeline")]
from installation import installation  # noqa: E402
from lives import episode, midnight, wire  # noqa: E402
from people import everything  # noqa: E402
from profiles import PROFILES  # noqa: E402

from daykeel.cli.client import ticketed  # noqa: E402
from daykeel.cli.enrol import SOURCES  # noqa: E402
from daykeel.log.topics import EVENTS_RAW  # noqa: E402

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(480), pytest.mark.long]

DAY = timedelta(days=1)
ENROLLED = datetime(2026, 3, 20, 12, tzinfo=UTC)
FIRST = date(2026, 3, 21)
"""The first streamed night, of three."""
SINCE = datetime(2025, 12, 1, tzinfo=UTC)
IMPORTED = 35
NEAR, FAR, OTHER, UNASKED = "c-near000001", "c-far0000001", "c-other00001", "c-unasked001"
"""42 nights apart; 43; of another source; and without consent to what was before."""
UP_TO = {
    NEAR: FIRST - 42 * DAY,
    FAR: FIRST - 43 * DAY,
    OTHER: FIRST - 2 * DAY,
    UNASKED: FIRST - 2 * DAY,
}
CHART = "sleep.mid"


def exported(nights, at):
    """What a Health Connect bridge uploads."""
    return json.dumps({"timestamp": wire(at), "sleep": [_session(night) for night in nights]})


def _session(night):
    late = np.random.default_rng(night.toordinal()).normal(0, 20)
    end = midnight(night) + timedelta(hours=7, minutes=round(late))
    return {"session_end_time": wire(end), "duration_seconds": 27_000}


def history(client):
    return [UP_TO[client] - number * DAY for number in reversed(range(IMPORTED))]


class Enrolled:
    """A client as `daykeel client add` makes one, with a device for each source."""

    def __init__(self, home, client):
        self.home = home
        sources = [SOURCES["health_connect"], SOURCES["daykeel"]]
        since = ENROLLED if client == UNASKED else SINCE
        allowed = {source.adapter: since for source in sources}
        home.records.add_client("A. Client", "UTC", now=ENROLLED, id=client, allowed=allowed)
        tickets = ticketed(home.records, client, sources, now=ENROLLED)
        self.tickets = {one.source.adapter: one for one in tickets}
        self.devices = {
            one.source.adapter: home.device(one.username, one.password) for one in tickets
        }

    def say(self, adapter, text):
        self.devices[adapter].publish(self.tickets[adapter].topic, text.encode())

    def close(self):
        for device in self.devices.values():
            device.close()


@pytest.fixture(scope="module", params=PROFILES)
def home(request, tmp_path_factory):
    with installation(tmp_path_factory.mktemp("history"), ENROLLED, request.param) as home:
        people = {client: Enrolled(home, client) for client in UP_TO}
        for client, one in people.items():
            one.say("health_connect", exported(history(client), ENROLLED))
        home.settle(ENROLLED, "imported")
        for night in (FIRST, FIRST + DAY, FIRST + 2 * DAY):
            morning = midnight(night) + timedelta(hours=9)
            home.clock.set(morning)
            for client, one in people.items():
                stream(one, client, night, morning)
        home.settle(datetime.combine(FIRST + 2 * DAY, time(20), UTC), "streamed")
        yield home
        for one in people.values():
            one.close()


def stream(one, client, night, morning):
    if client == OTHER:
        slept = midnight(night) - DAY / 48, midnight(night) + timedelta(hours=7)
        one.say("daykeel", json.dumps([episode(*slept, f"night-{night}")]))
    else:
        one.say("health_connect", exported([night], morning))


def baseline(home, client):
    """What the chart rested on first."""
    found = [one for one in home.scores.artefacts(client) if one.chart == CHART]
    return min(found, key=lambda one: one.frozen, default=None)


def drift(home, client):
    """What the chart says of the last streamed night."""
    last = FIRST + 2 * DAY
    (row,) = home.scores.scores(client, "1d", last, last + DAY)
    return next(one for one in row.scores if one.measure == f"drift.{CHART}")


def test_all_of_it_came_in_through_ingest(home):
    told = {one.key for one in everything(home, EVENTS_RAW)}

    assert told >= {client.encode() for client in UP_TO}


def test_imported_nights_of_the_same_device_are_the_baseline_of_the_streamed_ones(home):
    found, score = baseline(home, NEAR), drift(home, NEAR)

    assert set(found.nights) <= set(history(NEAR))
    assert len(found.nights) == 28
    assert (score.status, score.reasons) == ("ok", ())
    assert score.value is not None


def test_43_nights_apart_they_are_not(home):
    score = drift(home, FAR)

    assert set(baseline(home, FAR).nights) <= set(history(FAR))
    assert (score.status, score.value) == ("insufficient", None)
    assert "baseline_missing" in score.reasons


def test_what_another_source_streams_is_not_compared_with_them(home):
    score = drift(home, OTHER)

    assert set(baseline(home, OTHER).nights) <= set(history(OTHER))
    assert (score.status, score.reasons) == ("provisional", ("device_change",))


def test_without_consent_to_what_was_before_there_is_no_baseline(home):
    score = drift(home, UNASKED)

    assert baseline(home, UNASKED) is None
    assert score.reasons == ("baseline_missing",)
