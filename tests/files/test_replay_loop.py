"""A real person's recording through MQTT, stream and store, equal to the direct computation."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from daykeel.pipeline.batch import batch, state_digest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
from installation import installation
from people import commands, quarantined
from people import raws as logged
from real import CLIENT, ZONE, after, file, recordings

from daykeel.stream.state import tables_of

pytestmark = [pytest.mark.e2e, pytest.mark.long]

WHO = "8378563200"
COMMAND = "import sys; from daykeel.cli.main import main; sys.exit(main())"


def replay(home, *more):
    asked = ["replay", str(file("minuteStepsWide.csv")), "--client", CLIENT, "--zone", ZONE]
    reached = {"mqtt_host": "127.0.0.1", "mqtt_port": home.mqtt_port, "mqtt_tls": False}
    (home.folder / "installation.json").write_text(json.dumps(reached))
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *asked, "--data", str(home.folder), *more],
        capture_output=True,
        check=False,
        timeout=120,
    )


def test_a_recording_becomes_nights_and_scores_equal_to_the_direct_computation(tmp_path):
    recording = next(one for one in recordings() if one.subject == WHO)
    begin = after(recording)

    with installation(tmp_path, begin) as home:
        home.records.add_client("Name", ZONE, now=begin, id=CLIENT, enrolled=begin.date())
        home.records.grant(CLIENT, "daykeel", now=begin)
        of_several = replay(home)
        sent = replay(home, "--subject", WHO)
        end = begin + timedelta(hours=1)
        home.settle(end)
        direct = batch(logged(home), commands(home), end)
        streamed = state_digest(tables_of(home.open_log()), CLIENT)
        refused = quarantined(home)
        days = min(recording.steps).date(), max(recording.steps).date() + timedelta(days=1)
        nights = home.scores.nights(CLIENT, *days)
        scores = home.scores.scores(CLIENT, "1d", *days)

    assert (of_several.returncode, b"--subject" in of_several.stderr) == (2, True)
    assert (sent.returncode, json.loads(sent.stdout)["events"]) == (0, len(recording.steps))
    assert refused == []
    assert streamed == state_digest(direct.tables, CLIENT)
    known = [one for one in nights if one.night.duration.value]
    assert len(nights) == len(scores) == (days[1] - days[0]).days
    assert len(known) > 0.8 * len(nights)
