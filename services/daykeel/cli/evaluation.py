"""Many invented lives under several rules, over two processes at most; the same for a seed."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from daykeel.rhythm.cohort.recorded import Recorded
from daykeel.rhythm.cohort.study import Condition, Tally, changes, conditions, run, trade
from daykeel.rhythm.rules import PLAIN, Rules

WORKERS = 2
CHUNK = 25
"""Lives a worker takes at once."""
FACTORS = (0.8, 0.9, 1.0, 1.1, 1.2)
"""Of the plain limits, among which one alerts as often as the rules evaluated."""
RAISED = (1.0, 1.1, 1.25, 1.5, 2.0)
"""Of the limits, to see what fewer false alerts would cost."""


@dataclass(frozen=True, slots=True)
class Found:
    """Everything the page says."""

    rules: tuple[Rules, ...]
    """Those evaluated, the plain ones, the plain ones at the same budget, and those evaluated
    without the charts that alert only two together."""
    calm: tuple[tuple[Condition, list[Tally]], ...]
    """Without a change; tallies in the order of the rules."""
    changed: tuple[tuple[Condition, list[Tally]], ...]
    seeds: tuple[tuple[int, Tally], ...]
    """The rules evaluated on lives of the other generator, by seed."""
    factor: float
    """By which the plain limits are multiplied for the same budget."""
    trade: tuple[tuple[Condition, list[Tally]], ...]
    """With raised limits: tallies of the rules evaluated for each factor, then of the plain."""


def evaluated(
    rules: Rules, size: int, seeds: Sequence[int], recordings: Sequence[Recorded]
) -> Found:
    """Return what rules come to, beside the plain ones as they are and at the same budget."""
    has = bool(recordings)
    calm, changed = (make(size, has_recordings=has) for make in (conditions, changes))
    with ProcessPoolExecutor(WORKERS) as pool:
        many = _Many(pool, seeds, recordings)
        factor = _factor(many, rules, calm)
        each = (rules, PLAIN, scaled(PLAIN, factor), alone(rules))
        raised = [scaled(one, factor) for one in (rules, PLAIN) for factor in RAISED]
        told = {one: many.run(one, each) for one in calm}
        others = [one for one in calm if one.name.startswith("other")]
        by_seed = {seed: sum((told[one][seed][0] for one in others), Tally()) for seed in seeds}
        return Found(
            rules=each,
            calm=tuple((one, _whole(told[one].values())) for one in calm),
            changed=tuple((one, _whole(many.run(one, each).values())) for one in changed),
            seeds=tuple(by_seed.items()),
            factor=factor,
            trade=tuple(
                (one, _whole(many.run(one, raised).values()))
                for one in trade(size, has_recordings=has)
            ),
        )


def scaled(rules: Rules, factor: float) -> Rules:
    """Return the rules with other limits."""
    limits = tuple((nights, limit * factor) for nights, limit in rules.limits)
    return replace(rules, version=f"{rules.version} x {factor:.2f}", limits=limits)


def alone(rules: Rules) -> Rules:
    """Return the rules by which no two charts open anything together."""
    return replace(rules, version=f"{rules.version} alone", secondary=())


class _Many:
    """Runs conditions in the pool, each seed's lives in chunks."""

    def __init__(
        self, pool: ProcessPoolExecutor, seeds: Sequence[int], recordings: Sequence[Recorded]
    ) -> None:
        self._pool = pool
        self._seeds = seeds
        self._recordings = recordings

    def run(self, condition: Condition, rules: Sequence[Rules]) -> dict[int, list[Tally]]:
        """Return the tallies of each seed; lives are shared out among the seeds."""
        jobs = []
        for at, seed in enumerate(self._seeds):
            lives = range(at, condition.lives, len(self._seeds))
            of = self._recordings if condition.generator == "recorded" else ()
            for first in range(0, len(lives), CHUNK):
                numbers = lives[first : first + CHUNK]
                jobs.append((seed, self._pool.submit(run, condition, rules, (seed,), numbers, of)))
        return {
            seed: _whole([job.result() for own, job in jobs if own == seed]) for seed in self._seeds
        }


def _whole(parts: Iterable[Sequence[Tally]]) -> list[Tally]:
    return [sum(own, Tally()) for own in zip(*parts, strict=True)]


def _factor(many: _Many, rules: Rules, calm: Sequence[Condition]) -> float:
    """Return the factor of the plain limits that alerts as often on the stated generator."""
    tried = [rules, *(scaled(PLAIN, factor) for factor in FACTORS)]
    stated = [one for one in calm if one.name.startswith("stated")]
    totals = _whole(tally for one in stated for tally in many.run(one, tried).values())
    rate, *plain = (one.alerts.value for one in totals)
    return float(np.interp(-rate, [-one for one in plain], FACTORS))
