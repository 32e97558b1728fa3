"""The registry of measures: one table from which rows, dictionary and documentation are made."""

from collections.abc import Mapping
from itertools import chain

from daykeel.rhythm.ledger import Score
from daykeel.rhythm.measure import WINDOWS, Measure
from daykeel.rhythm.measures_activity import ACTIVITY
from daykeel.rhythm.measures_drift import DRIFT
from daykeel.rhythm.measures_sleep import SLEEP
from daykeel.rhythm.measures_social import SOCIAL

__all__ = ["MAJOR", "MEASURES", "NOT_COMPUTED", "WINDOWS", "Measure"]

MAJOR = 1
"""Major version of the registry: raised when a measure is taken out, is no longer computed for a
window, or gets another unit, so that nobody reads old and new scores as one series."""

MEASURES: Mapping[str, Measure] = {one.id: one for one in chain(SOCIAL, SLEEP, ACTIVITY, DRIFT)}
"""Every measure of science.md 7 by its id, in the order of the dictionary."""

NOT_COMPUTED: Mapping[str, Mapping[str, Score]] = {
    window: {
        one.id: Score(one.id, window, reasons=("not_computed",), version=one.version)
        for one in MEASURES.values()
        if window in one.windows
    }
    for window in WINDOWS
}
"""What stands in a row of each window for a measure that is not computed."""
