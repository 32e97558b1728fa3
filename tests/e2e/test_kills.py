"""All that runs is killed and stopped at random while devices send; `storm` is the longer form."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from installation import installation
from profiles import singing, singing_on_servers
from storm import BEGINS, FAULTS, NIGHTS, storm

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600), pytest.mark.long]

FEW = 16
"""Faults where nobody asked for more, as on the machine of who changes something."""
CLASSES = ("accepted", "quarantined", "refused", "dropped without consent")


def is_as_if_nothing_had_happened(report, faults):
    assert report.problems == []
    assert report.kills + report.stops == faults
    assert min(report.kills, report.stops) >= faults // 3
    assert len(set(report.faults.values())) <= 2
    told = report.account
    assert all(told.classes[name] > 10 for name in CLASSES)
    assert sum(told.classes.values()) + told.lost == told.acknowledged
    assert told.lost <= told.at_risk
    assert told.twice <= told.repeatable


def test_killed_at_random_the_embedded_installation_comes_to_what_was_said(tmp_path):
    faults = FAULTS if os.environ.get("CI") else FEW
    with installation(tmp_path, BEGINS, singing) as home:
        report = storm(home, faults, NIGHTS, seed=5)

    is_as_if_nothing_had_happened(report, faults)
    assert set(report.faults) == {"ingest", "stream", "beside", "api"}
    assert (report.account.lost, report.account.twice, report.ended) == (0, 0, [])


@pytest.mark.servers
def test_killed_at_random_processes_and_servers_come_to_what_was_said(tmp_path):
    with installation(tmp_path, BEGINS, singing_on_servers) as home:
        report = storm(home, FAULTS, NIGHTS, seed=5)

    is_as_if_nothing_had_happened(report, FAULTS)
    assert len(report.faults) == 12
    assert report.forgotten
    assert all(one.lost <= one.at_risk for one in report.forgotten)
    assert report.account.at_risk < report.account.acknowledged / 4
