"""How long a back-test of a client-year takes: the budget is 200 ms for each.

    python bench/backtest.py --clients 12 --late 0.05

Each synthetic client lives a year with 12 % of nights missing; a share of the nights comes up to
nine days late. Beside it, in the same run, one evaluation of the year's scores and charts, the
same year of a device that tells of every night only hours after it was final, and (for the first
client) everything evaluated anew at every instant, which must give the same alerts.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from statistics import median

import numpy as np

from daykeel.alerting.backtest import backtest
from daykeel.alerting.knowledge import Known
from daykeel.alerting.lifecycle import observe
from daykeel.rhythm.cohort.lives import dates_from, stated
from daykeel.rhythm.cohort.records import context_for, records
from daykeel.rhythm.evaluate import evaluate
from daykeel.rhythm.rules import LIVE
from daykeel.rhythm.synthetic.life import Habit

BUDGET_S = 0.2
FIRST = date(2026, 1, 5)


def history(seed: int, nights: int, late: float, *, evenings: bool = False) -> list[Known]:
    rng = np.random.default_rng(seed)
    life = stated(rng, Habit(tails="t5"), dates_from(FIRST, nights))
    days = records(rng, life, reports=seed % 2 == 0)
    silent = records(rng, replace(life, worn=np.zeros(nights, dtype=bool)), reports=False)
    found = [Known(midnight(FIRST) - timedelta(days=1), context=context_for(life))]
    for day, nothing in zip(days, silent, strict=True):
        evening = midnight(day.day) + timedelta(hours=18)
        if rng.random() < late:
            later = evening + timedelta(hours=float(rng.uniform(2, 216)))
            found += [Known(evening, (nothing,)), Known(later, (day,))]
        elif evenings:
            found += [Known(evening, (nothing,)), Known(evening + timedelta(hours=3), (day,))]
        else:
            found.append(Known(evening, (day,)))
    return sorted(found, key=lambda entry: entry.at)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def one_by_one(past: Sequence[Known]) -> set[tuple[object, ...]]:
    days, alerts, context = {}, {}, past[0].context
    for entry in past:
        context = entry.context or context
        days |= {day.day: day for day in entry.days}
        if not days:
            continue
        for signals in evaluate(list(days.values()), context, entry.at, max(days)).signals:
            own = [one for one in alerts.values() if one.kind == signals.kind]
            for change in observe(own, signals, entry.at):
                alerts[change.alert.id] = change.alert
    return told(alerts.values())


def told(alerts) -> set[tuple[object, ...]]:
    return {
        (one.id, one.raised_at, one.onset, one.severity, one.state)
        for one in alerts
        if one.state not in ("pending", "cancelled")
    }


def timed(what: Callable[[], object]) -> tuple[float, object]:
    began = time.process_time()
    found = what()
    return time.process_time() - began, found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=12)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--late", type=float, default=0.05)
    options = parser.parse_args(arguments)
    pasts = [history(seed, options.nights, options.late) for seed in range(options.clients)]
    tested = [timed(lambda past=past: backtest(past, LIVE)) for past in pasts]
    once = [timed(lambda past=past: backtest(past, LIVE, "as_final"))[0] for past in pasts]
    again = [
        history(seed, options.nights, options.late, evenings=True)
        for seed in range(options.clients)
    ]
    twice = [timed(lambda past=past: backtest(past, LIVE))[0] for past in again]
    slow, alerts = timed(lambda: one_by_one(pasts[0]))
    assert alerts == told(tested[0][1].alerts), "the same alerts as evaluating anew"
    seconds = [one for one, _ in tested]
    print(f"as_known: median {1000 * median(seconds):.0f} ms, worst {1000 * max(seconds):.0f} ms "
          f"a client-year ({options.late:.0%} of nights late)")  # fmt: skip
    print(f"as_known, each night known three hours after it was final: median "
          f"{1000 * median(twice):.0f} ms")  # fmt: skip
    print(f"as_final: median {1000 * median(once):.0f} ms")
    print(f"evaluating anew at every instant: {slow:.1f} s, {slow / seconds[0]:.0f} times as long")
    return int(max(seconds) > BUDGET_S)


if __name__ == "__main__":
    sys.exit(main())
