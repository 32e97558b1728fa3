import sys
from datetime import timedelta
from pathlib import Path

import pytest

from daykeel.rhythm.context import Consent, Outage
from daykeel.rhythm.ledger import Source, Word

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


def watch(*words):
    """What the watch had said of itself by the night before."""
    return (Source("daykeel", "wrist", at(-30), at(-30), words),)


def outage(start, stop, name="outage-7"):
    return Outage(name, at(start), at(stop))


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


@pytest.mark.parametrize(
    ("ended", "again", "reason"),
    [
        (-40, 8.5, "consent_revoked"),
        (-40, 0.1, "consent_revoked"),
        (-40, -0.1, "unknown"),
        (-0.1, 999, "consent_revoked"),
        (0.1, 999, "unknown"),
        (-6, 6.1, "consent_revoked"),
    ],
)
def test_a_night_is_withdrawn_if_most_of_it_is(ended, again, reason):
    consents = (Consent("daykeel", at(-999), at(ended)), Consent("daykeel", at(again)))

    assert reasons(consents=consents, heard={}) == [reason]


def test_golden_d_the_provider_answers_401_since_the_day_before():
    refusal = said("device.denied", -30, why="authorisation")

    found = night(*BUSY, refusal, *MORNING, heard={"wrist": at(-31)})

    assert [(gap.reason, gap.evidence) for gap in found.gaps] == [
        ("consent_revoked", (refusal.id,))
    ]


def test_golden_d_however_long_ago_it_was_refused():
    before = watch(Word("denied", at(-300), "id of 401"))

    (gap,) = night(*BUSY, *MORNING, heard={"wrist": at(-31)}, before=before).gaps

    assert (gap.reason, gap.evidence) == ("consent_revoked", ("id of 401",))


@pytest.mark.parametrize(
    "events",
    [
        [said("device.denied", -30, why="permission"), said("device.allowed", -20)],
        [said("device.denied", -30, why="permission"), said("cardio.hr", -20, bpm=60)],
        [*BEFORE, said("device.denied", -10, why="permission", adapter="owntracks")],
    ],
)
def test_a_refusal_that_ended_or_is_of_another_app_is_no_reason(events):
    assert "consent_revoked" not in reasons(*BUSY, *events, *MORNING, heard={"wrist": at(-31)})


def broken():
    """A night that a live source told of but for two hours."""
    return [*BUSY, slept(-1.2, 2), slept(4, 7), awake(7, 8.2), *MORNING]


def test_golden_e_our_canary_was_absent():
    found = night(*broken(), heard={"wrist": at(2)}, outages=(outage(1.9, 4.1),))

    assert [(gap.reason, gap.start, gap.stop, gap.evidence) for gap in found.gaps] == [
        ("our_outage", at(2), at(4), ("outage-7",))
    ]


def test_golden_e_what_the_source_sends_again_leaves_no_gap():
    again = slept(-1.2, 7, received_at=9)

    assert reasons(*broken(), again, heard={"wrist": at(9)}, outages=(outage(1.9, 4.1),)) == []


@pytest.mark.parametrize("lost", [outage(2, 2.2), outage(-9, -7), outage(3.5, 9)])
def test_an_outage_too_short_or_beside_the_gap_is_no_reason(lost):
    found = reasons(*broken(), heard={"wrist": at(2)}, as_of=at(60), outages=(lost,))

    assert found == ["not_synced"]


def test_while_other_data_of_the_client_came_through_there_was_no_outage():
    unlocks = [said("env.light", 2 + n / 6, lux=1, device="lamp") for n in range(12)]

    found = reasons(*broken(), *unlocks, heard={"wrist": at(2)}, outages=(outage(1.9, 4.1),))

    assert "our_outage" not in found


@pytest.mark.parametrize(
    ("lost", "expected"),
    [(outage(6.5, 8.5), "our_outage"), (outage(9, 11), "not_synced")],
)
def test_a_night_told_in_the_morning_was_due_when_the_one_before_was_told(lost, expected):
    """The nights before were told at 07:00."""
    heard = {"wrist": at(-17), "phone": at(12)}

    found = reasons(*BEFORE, *BUSY, heard=heard, as_of=at(12), outages=(lost,))

    assert found == [expected]


def test_an_outage_of_ours_comes_before_what_only_a_device_says():
    low = battery(-1.3, 4)

    events = [*BEFORE, *BUSY, low, battery(8.1, 6, charging=True), *MORNING]

    assert reasons(*events, outages=(outage(-1, 6),)) == ["our_outage"]
    assert reasons(*events, outages=(outage(-1, 2),)) == ["battery_flat"]


def test_who_withdrew_consent_is_not_told_of_our_outage():
    consents = (Consent("daykeel", at(-999), at(-40)), Consent("owntracks", at(-999)))

    assert reasons(consents=consents, outages=(outage(-12, 12),)) == ["consent_revoked"]


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


def test_a_battery_that_ran_empty_days_ago_still_is():
    before = watch(Word("battery", at(-200), "low", 4.0), Word("flat", at(-200), "low"))

    (gap,) = night(*BUSY, *MORNING, heard={"wrist": at(-200), "phone": at(12)}, before=before).gaps

    assert (gap.reason, gap.evidence) == ("battery_flat", ("low",))


def test_a_battery_that_told_of_itself_again_before_it_should_have_been_empty_was_not():
    before = watch(Word("battery", at(-60), "falling", 30.0), Word("flat", at(-20), "falling"))

    found = reasons(*BEFORE, *BUSY, battery(-40, 80), *MORNING, before=before)

    assert "battery_flat" not in found


def test_a_last_will_supports_an_empty_battery():
    low, gone = battery(-1 - 10 / 60, 4), said("device.offline", 1)

    (gap,) = night(*BEFORE, *BUSY, low, gone, battery(8.1, 6, charging=True), *MORNING).gaps

    assert (gap.reason, gap.evidence) == ("battery_flat", (low.id, gone.id))


def test_a_last_will_without_low_battery_is_a_source_that_fell_silent():
    gone, back = said("device.offline", -1), said("device.online", 8)

    (gap,) = night(*BEFORE, *BUSY, battery(-2, 70), gone, back, *MORNING).gaps

    assert (gap.reason, gap.evidence) == ("source_silent", (gone.id,))


def test_while_something_may_still_come_a_last_will_is_only_late():
    gone = said("device.offline", -1)

    heard = {"wrist": at(-2), "phone": at(12)}

    assert reasons(*BEFORE, *BUSY, gone, heard=heard, as_of=at(12)) == ["not_synced"]


def test_a_last_will_is_no_report_of_a_device():
    off, gone = said("device.off_wrist", -2), said("device.offline", 1)

    assert "not_worn" not in reasons(*BEFORE, *BUSY, off, gone, *MORNING)


def test_a_sign_that_told_of_nothing_is_heard_too():
    heard, seen = {"wrist": at(-70)}, {"phone": at(11)}

    assert reasons(*BEFORE, *BUSY, heard=heard, seen=seen, as_of=at(12)) == ["not_synced"]
