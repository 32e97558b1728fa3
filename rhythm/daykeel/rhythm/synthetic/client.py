"""From a script and a seed to a whole life.

The model is that of science.md 16.1. It is a stated generator, not data.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from daykeel.rhythm.synthetic.days import days
from daykeel.rhythm.synthetic.life import Life, Script
from daykeel.rhythm.synthetic.places import noon_before, zone_history
from daykeel.rhythm.synthetic.sleep import nights
from daykeel.rhythm.synthetic.steps import steps

DAY = timedelta(days=1)


def generate_client(script: Script, first: date, count: int, seed: int | Sequence[int]) -> Life:
    """Return the life a script and a seed give; the same seed gives the same life.

    Parameters
    ----------
    script
        What happens.
    first
        Date of the first night.
    count
        Number of nights.
    seed
        Of the one random generator everything is drawn from.

    Examples
    --------
    >>> from daykeel.rhythm.synthetic.life import Habit
    >>> habit = Habit(onset_sd=0.0, duration_sd=0.0, free_day=0.0, sleepless=0.0)
    >>> life = generate_client(Script("steady", "UTC", habit), date(2026, 1, 21), 3, seed=1)
    >>> str(life.nights[2].sleep.start), str(life.nights[2].sleep.stop)
    ('2026-01-22 23:30:00+00:00', '2026-01-23 07:00:00+00:00')
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    dates = [first + number * DAY for number in range(count)]
    zones = zone_history(script, dates)
    slept = nights(rng, script, zones, dates)
    lived = days(rng, script, zones, slept)
    start = noon_before(first, script.tz)
    return Life(script, zones, slept, lived, start, steps(rng, script.habit, start, slept, lived))
