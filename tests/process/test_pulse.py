import os

import pytest

from daykeel.process.pulse import SILENT, Pulse, age


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_a_beat_makes_the_file_young(tmp_path):
    file = tmp_path / "pulse"
    pulse = Pulse(file)
    assert age(file, 1000.0) is None

    pulse.beat()
    os.utime(file, (900.0, 900.0))

    assert age(file, 1000.0) == pytest.approx(100.0, abs=1e-6)


def test_it_touches_the_file_once_in_a_second_at_most(tmp_path):
    clock = Clock()
    pulse = Pulse(tmp_path / "pulse", clock)

    beaten = []
    for clock.now in (0.0, 0.5, 0.9, 1.0, 1.5):
        pulse.beat()
        beaten.append((tmp_path / "pulse").exists())
        (tmp_path / "pulse").unlink(missing_ok=True)

    assert beaten == [True, False, False, True, False]


def test_without_a_file_nothing_happens(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    SILENT.beat()

    assert not SILENT.is_kept
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        Pulse(tmp_path / "nowhere" / "pulse").beat()
