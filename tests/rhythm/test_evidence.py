import sys
from pathlib import Path

from daykeel.rhythm.evidence import Evidence
from daykeel.rhythm.ledger import Source, Word

sys.path.insert(0, str(Path(__file__).parent))
from told import at, said, scene, slept, steps


def evidence(*events, **more):
    return Evidence(scene(*events, **more))


def test_suspects_are_the_devices_that_tell_of_sleep():
    events = slept(-25, -17), said("phone.unlock", 2, device="phone")

    assert evidence(*events, heard={"wrist": at(1), "phone": at(9)}).suspects == {"wrist"}


def test_if_none_does_those_heard_from_that_tell_of_nothing_but_the_body():
    heard = {"wrist": at(1), "phone": at(9), "bed": at(2)}

    found = evidence(said("phone.unlock", 2, device="phone"), heard=heard)

    assert found.suspects == {"wrist", "bed"}


def test_of_two_apps_on_a_device_the_one_that_tells_of_sleep_syncs_for_it():
    found = evidence(slept(-25, -17, adapter="sleep_as_android"), heard={"wrist": at(9)})

    assert found.heard == {}


def test_a_last_will_is_no_moment_of_a_device():
    gone, off = said("device.offline", 2), said("device.off_wrist", 1)

    found = evidence(gone, off)

    assert list(found.moments("wrist")) == [at(1)]


def test_arrivals_are_those_of_anything():
    counted = steps(0, 1 / 30, received_at=5)

    found = evidence(slept(-25, -17, received_at=-16), *counted)

    assert found.arrivals == [at(-16), at(5)]


def test_what_devices_had_said_before_explains_and_is_no_moment():
    words = Word("battery", at(-90), "low", 3.0), Word("flat", at(-90), "low")
    before = (Source("daykeel", "wrist", words=words),)

    found = evidence(before=before)

    assert [one.id for one in found.said.of("device.battery")] == ["low"]
    assert list(found.moments("wrist")) == []
