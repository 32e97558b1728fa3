import sys
from datetime import timedelta
from pathlib import Path

from daykeel.rhythm.reading import reading
from daykeel.rhythm.wakefulness import awake_stretches, flat, off_wrist, overlap

sys.path.insert(0, str(Path(__file__).parent))
from told import NIGHT, at, context, deleted, pieces, said


def read(*events):
    return reading(NIGHT, pieces(*events), context())


def test_an_act_shows_its_minute_and_a_doing_its_stretch():
    unlock, use = said("phone.unlock", 3), said("phone.usage", 4, 4.5)

    found = [stretch for _, stretch in awake_stretches(read(unlock, use))]

    assert found == [(at(3), at(3) + timedelta(minutes=1)), (at(4), at(4.5))]


def test_a_deleted_act_shows_nothing():
    unlock = said("phone.unlock", 3)

    assert list(awake_stretches(read(unlock, deleted(unlock, span=False)))) == []


def test_off_the_wrist_lasts_until_the_device_is_on_again():
    events = said("device.off_wrist", -2), said("device.off_wrist", -1), said("device.on_wrist", 8)

    assert off_wrist(read(*events)) == {"wrist": [(at(-2), at(8))]}


def test_a_device_that_never_comes_back_stays_off():
    found = read(said("device.off_wrist", -2), said("device.on_wrist", 8, device="other"))

    assert off_wrist(found) == {"wrist": [(at(-2), found.window[1])]}


def test_a_battery_is_flat_from_a_low_report_to_the_next():
    low, charged = said("device.battery", -1, percent=5), said("device.battery", 8, percent=9)

    assert flat(read(low, charged)) == {"wrist": [((at(-1), at(8)), low)]}


def test_a_battery_above_five_per_cent_or_charging_is_not_flat():
    fine = said("device.battery", -1, percent=6)
    charging = said("device.battery", 1, percent=1, charging=True)

    assert flat(read(fine, charging)) == {}


def test_an_overlap_counts_only_what_lies_in_the_span():
    stretches = [(at(-2), at(1)), (at(2), at(3)), (at(9), at(10))]

    assert overlap(stretches, (at(0), at(2.5))) == timedelta(hours=1.5)
