import sys
from datetime import timedelta
from pathlib import Path

import pytest

from daykeel.rhythm.context import Consent

sys.path.insert(0, str(Path(__file__).parent))
from told import at, night, said, slept

DAY = timedelta(days=1)
BEFORE = [slept(-25, -17), slept(-49, -41)]
"""Nights that the watch told of."""


def gaps(*events, **more):
    return [(gap.reason, gap.start, gap.stop) for gap in night(*events, **more).gaps]


def reasons(*events, **more):
    return [reason for reason, _, _ in gaps(*events, **more)]


def battery(hours, percent, **more):
    return said("device.battery", hours, percent=percent, **more)


def awake(start, stop):
    return said("activity.session", start, stop, name=f"walk {start}", device="bicycle")


BUSY = [awake(-12, -9), awake(-9, -6), awake(-6, -4), awake(-4, -1.2)]
MORNING = [awake(8.2, 10), awake(10, 12)]


def test_golden_a_an_empty_battery_until_the_morning():
    events = [battery(-1 - 10 / 60, 4), battery(8 + 10 / 60, 6, charging=True)]

    assert gaps(*BEFORE, *BUSY, *events, *MORNING) == [("battery_flat", at(-1.2), at(8.2))]


def test_the_report_before_is_the_evidence():
    report = battery(-1 - 10 / 60, 4)

    found = night(*BEFORE, *BUSY, report, *MORNING)

    assert found.gaps[0].evidence == (report.id,)


def test_golden_b_no_heart_rate_though_the_device_reports():
    beats = [said("cardio.hr", hours, bpm=60) for hours in (*range(-12, 0), 7.5, 8, 8.5)]
    reports = [battery(hours, 80 - hours) for hours in range(-12, 12, 2)]

    assert reasons(*BEFORE, *BUSY, *beats, *reports, *MORNING) == ["not_worn"]


def test_a_watch_off_the_wrist_is_not_worn():
    events = [said("device.off_wrist", -1), said("device.on_wrist", 8)]

    assert reasons(*BEFORE, *BUSY, *events, battery(2, 70), *MORNING) == ["not_worn"]


def test_nobody_is_said_not_to_have_worn_a_device_that_told_nothing():
    off = said("device.off_wrist", -20, -13)

    assert "not_worn" not in reasons(*BEFORE, *BUSY, off, *MORNING)


def test_golden_c_not_synced_since_yesterday_while_the_phone_is_there():
    heard = {"wrist": at(-3), "phone": at(12)}

    assert reasons(*BEFORE, *BUSY, heard=heard, as_of=at(12)) == ["not_synced"]


def test_a_heartbeat_is_heard_but_is_no_sync():
    online = said("device.online", 11.5, device="phone")

    found = reasons(*BEFORE, *BUSY, online, heard={"wrist": at(-70)}, as_of=at(12))

    assert found == ["not_synced"]


def test_golden_d_consent_withdrawn():
    consents = (Consent("daykeel", at(-999), at(-40)), Consent("owntracks", at(-999)))

    assert reasons(consents=consents) == ["consent_revoked"]


def test_consent_that_never_was_is_no_withdrawal():
    assert reasons(consents=(Consent("owntracks", at(-999)),), heard={}) == ["unknown"]


def test_consent_given_anew_is_no_reason():
    consents = (Consent("daykeel", at(-999), at(-40)), Consent("daykeel", at(-30)))

    assert "consent_revoked" not in reasons(consents=consents)


def test_golden_f_silent_for_four_days():
    heard = {"wrist": at(-84), "phone": at(-84)}

    assert reasons(heard=heard, as_of=at(18)) == ["source_silent"]


def test_a_tracker_that_told_nothing_for_days_is_silent_though_its_bridge_syncs():
    heard = {"bridge": at(60)}

    assert reasons(heard=heard, as_of=at(60)) == ["source_silent"]


def test_it_is_not_called_silent_before_three_days_are_over():
    assert reasons(slept(-49, -41), heard={"wrist": at(18)}, as_of=at(18)) == ["unknown"]


def test_golden_g_nothing_known_at_all():
    assert reasons(heard={}) == ["unknown"]


def test_a_night_told_of_has_no_gap():
    assert night(slept(-1, 7)).gaps == ()


@pytest.mark.parametrize(("stop", "count"), [(7.5, 1), (7.45, 0)])
def test_a_gap_has_half_an_hour(stop, count):
    awake_until = said("device.off_wrist", 7, stop)

    assert len(night(slept(-1, 7), awake_until).gaps) == count


def test_a_battery_that_falls_to_nothing_within_the_gap_was_flat():
    reports = [battery(-4, 40), battery(-3, 30), battery(-2, 20)]

    found = night(*BEFORE, *BUSY, *reports, *MORNING)

    assert [gap.reason for gap in found.gaps] == ["battery_flat"]
    assert found.gaps[0].evidence == tuple(report.id for report in reports)


def test_a_charging_battery_is_not_flat():
    report = battery(-1 - 10 / 60, 4, charging=True)

    assert "battery_flat" not in reasons(*BEFORE, *BUSY, report, *MORNING)


def test_the_first_rule_that_matches_counts():
    events = [battery(-1 - 10 / 60, 4), said("device.off_wrist", -2), said("device.on_wrist", 9)]

    assert reasons(*BEFORE, *BUSY, *events, *MORNING) == ["battery_flat"]
