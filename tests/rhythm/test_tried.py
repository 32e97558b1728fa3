import sys
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from daykeel.rhythm.decisions import Threshold
from daykeel.rhythm.evaluate import evaluate
from daykeel.rhythm.tried import tried

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, at, context, shifted, steady

DAY = timedelta(days=1)


def life(*shifts, nights=150):
    """A steady life with four longer nights from each of some numbers on."""
    days = steady(nights, spread=0.2)
    for first in shifts:
        days[first : first + 4] = shifted(days[first : first + 4], 4, longer=2.0)
    return days


def test_it_counts_what_the_stream_would_have_opened():
    days = life(70, 90, 110, 130)
    found = tried(days, context(), Threshold())

    told = evaluate(
        days, context(thresholds=(Threshold(),)), at(days[-1].day, 20), days[-1].day
    ).signals
    onsets = next(one for one in told if one.kind == "agreed_threshold").episodes
    assert found.fired == tuple(one.onset for one in onsets)
    assert (len(found.fired), found.is_refused) == (4, True)


def test_where_it_fires_without_end_it_counts_once_in_a_cool_down():
    days = shifted(steady(150, spread=0.2), 80, longer=2.0)

    found = tried(days, context(), Threshold())

    assert [(b - a).days for a, b in pairwise(found.fired)] == [14] * 5


def test_three_firings_are_not_too_many_and_older_ones_do_not_count():
    found = tried(life(40, 70, 90, 110), context(), Threshold())

    assert (len(found.fired), found.is_refused) == (3, False)
    assert (found.first, found.last) == (START + 60 * DAY, START + 149 * DAY)
    assert found.nights == 90


def test_the_phase_of_therapy_hides_no_firing():
    told = context(phases=((START, "formulation"),))

    assert len(tried(life(70, 90), told, Threshold()).fired) == 2


def test_without_a_baseline_it_is_refused():
    found = tried(steady(20), context(), Threshold())

    assert (found.nights, found.fired, found.is_refused) == (0, (), True)
    assert tried((), context(), Threshold()) is None


def test_another_night_or_threshold_is_another_one():
    days = life(70)
    found = tried(days, context(), Threshold())

    others = [tried(days[:-1], context(), Threshold()), tried(days, context(), Threshold(hours=2))]
    assert found.id == tried(days, context(), Threshold()).id
    assert found.id not in {one.id for one in others}
