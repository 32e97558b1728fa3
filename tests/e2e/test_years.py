"""The alerts of the running pipeline are the pure ones; `years` is the longer form."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "pipeline")]
from installation import installation  # noqa: E402
from lives import START, midnight  # noqa: E402
from years import HALF, differing, evaluated, owned, played, told  # noqa: E402

from daykeel.alerting.alert import PENDING  # noqa: E402

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600), pytest.mark.long]

NAMES = [f"c-years{number:05d}" for number in range(5)]
NIGHTS, SEED = 60, 1


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    with installation(tmp_path_factory.mktemp("years"), midnight(START) - HALF) as home:
        return played(home, NAMES, NIGHTS, SEED)


@pytest.fixture(scope="module")
def pure(lived):
    return [evaluated(NIGHTS, own) for own in owned(lived, NAMES)]


def test_the_running_pipeline_has_each_alert_of_the_pure_evaluation_and_no_other(lived, pure):
    assert [one for one in lived.alerts if one.state != PENDING]
    assert list(differing(lived, pure)) == []


def test_an_alert_that_one_side_lacks_is_told_of(lived, pure):
    fewer = replace(lived, alerts=lived.alerts[1:])

    (missing,) = told(lived.alerts[:1])

    assert f"only the pure evaluation has: {' '.join(map(str, missing))}" in differing(fewer, pure)


def test_a_record_that_one_side_lacks_changes_its_alerts(lived):
    shown = {one.client for one in lived.alerts if one.state != PENDING}
    fewer = replace(lived, raws=[one for one in lived.raws if one.client not in shown])

    heard = [evaluated(NIGHTS, own) for own in owned(fewer, NAMES)]

    assert list(differing(lived, heard))
