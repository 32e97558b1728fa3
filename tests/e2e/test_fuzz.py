"""A little of what `fuzz` does at length: nothing ends, nothing stands still, nothing is lost."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from fuzz import fuzz
from installation import installation
from profiles import PROFILES
from sample_files import RECEIVED

pytestmark = [pytest.mark.e2e, pytest.mark.long]


@pytest.mark.parametrize("profile", PROFILES)
def test_whatever_devices_send_is_kept_or_refused_with_a_reason(profile, tmp_path):
    with installation(tmp_path, RECEIVED, profile) as home:
        report = fuzz(home, 1500, seed=3)

    assert report.problems == []
    assert min(report.classes["accepted"], report.classes["quarantined, whole or in part"]) > 100
    assert report.statuses[202] > 100
