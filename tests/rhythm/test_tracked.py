import subprocess
import sys
from datetime import date

from daykeel.rhythm.ledger import ANCHORS
from daykeel.rhythm.tracked import tracked_on

PLAN = ((date(2026, 3, 1), ("bed", "nonsense")), (date(2026, 3, 9), ANCHORS[::-1]))


def test_the_last_choice_that_has_begun_holds_in_the_order_of_the_day():
    found = [tracked_on(PLAN, date(2026, month, 5)) for month in (2, 3, 4)]

    assert found == [ANCHORS, ("bed",), ANCHORS]


def test_what_decides_of_a_client_needs_no_numpy():
    # ingest and alerts know of decisions and compute nothing: numpy is 8 MB in each of them
    program = "import sys, daykeel.rhythm.context; sys.exit('numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
