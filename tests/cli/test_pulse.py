import os
import time

import pytest

from daykeel.cli.main import main


@pytest.mark.parametrize(("ago", "within", "code"), [(5, "60", 0), (120, "60", 1), (120, "300", 0)])
def test_a_process_is_well_if_its_last_beat_is_young_enough(tmp_path, ago, within, code):
    file = tmp_path / "pulse"
    file.touch()
    then = time.time() - ago
    os.utime(file, (then, then))

    assert main(["pulse", str(file), "--within", within]) == code


def test_a_process_that_never_beat_is_not_well(tmp_path, capsys):
    assert main(["pulse", str(tmp_path / "pulse")]) == 1
    assert capsys.readouterr().out == "no progress yet\n"
