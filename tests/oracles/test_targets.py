import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import references as ref


def targets(names):
    for name in names:
        for at, entry in enumerate(ref.entries(name)):
            source = entry.get("from", name)
            if ref.is_target(source, entry) and not ref.not_offered(entry):
                yield pytest.param(source, entry, id=f"{name.removesuffix('.json')}-{at}")


def shared():
    return [name for name in ref.shared_names() if "depresjon" not in name]


def agrees(expected, found, tolerance):
    if isinstance(expected, dict):
        for name in expected.keys() & found.keys():
            agrees(expected[name], found[name], tolerance)
    elif expected is None or isinstance(expected, str):
        assert found == expected
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        assert found == pytest.approx(expected, abs=tolerance["abs"])
    else:
        limits = {"abs": tolerance["abs"], "rel": tolerance.get("rel", 0)}
        assert found == pytest.approx(expected, **limits)


COMMITTED = list(targets([ref.COMMITTED]))
SHARED = list(targets(shared()))
ONLY_SHARED = [
    one for one in SHARED if "data" in one.values[1]["input"] or "as" in one.values[1]["input"]
]


@pytest.mark.parametrize(("source", "entry"), COMMITTED)
def test_a_committed_reference_value_is_met(source, entry):
    agrees(entry["expected"], ref.observed(source, entry), entry["tolerance"])


@pytest.mark.parametrize(("source", "entry"), ONLY_SHARED)
def test_a_shared_reference_value_is_met(source, entry):
    agrees(entry["expected"], ref.observed(source, entry), entry["tolerance"])


@pytest.mark.skipif(ref.SHARED is None, reason="no shared references")
def test_every_target_is_either_run_or_named_with_its_reason(capsys):
    counts = {name: count(name) for name in ref.shared_names()}
    absent = {name: one for name, one in counts.items() if "depresjon" in name}
    run = {name: one for name, one in counts.items() if name not in absent}

    left = sum(targeted for targeted, _ in absent.values())
    with capsys.disabled():
        sys.stdout.write(f"\n{left} targets left out: their recordings cannot be given on\n")

    assert sum(len(ref.entries(name)) for name in counts) == 931
    assert sum(targeted for targeted, _ in run.values()) == 279
    assert sum(targeted for targeted, _ in absent.values()) == 105
    assert sum(refused for _, refused in run.values()) == 4
    assert len(SHARED) == 279 - 4
    assert len(COMMITTED) + len(ONLY_SHARED) == len(SHARED)


def count(name):
    wanted = [one for one in ref.entries(name) if ref.is_target(name, one)]
    return len(wanted), sum(bool(ref.not_offered(one)) for one in wanted)


@pytest.mark.skipif(ref.SHARED is None, reason="no shared references")
def test_the_committed_values_are_the_shared_ones():
    for param in COMMITTED:
        source, entry = param.values
        same = next(
            one
            for one in ref.entries(source)
            if (one["metric"], one["input"], one["reference"])
            == (entry["metric"], entry["input"], entry["reference"])
            and one["params"].items() >= entry["params"].items()
        )
        agrees(entry["expected"], same["expected"], {"abs": 0})
