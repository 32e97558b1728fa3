"""What rules would have alerted of a client's past: the same pure functions, no later knowledge."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from statistics import median
from typing import Literal

import numpy as np

from daykeel.alerting.alert import PENDING, Alert, Transition
from daykeel.alerting.following import Following
from daykeel.alerting.knowledge import Known, as_final
from daykeel.alerting.stretches import Stretch, stretches
from daykeel.rhythm.budget import YEAR, Rate
from daykeel.rhythm.charts import SIDES, UNUSED
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.continuing import Continuing
from daykeel.rhythm.course import gated
from daykeel.rhythm.drawn import charts
from daykeel.rhythm.inputs import DURATION, MID
from daykeel.rhythm.planned import Planned
from daykeel.rhythm.rules import Rules
from daykeel.rhythm.series import DAY
from daykeel.rhythm.unfolding import Sets, Unfolding

Mode = Literal["as_known", "as_final"]
INFORMATION = frozenset({"data_loss", "travel"})
"""Kinds that are no rhythm alert and count against no budget."""


@dataclass(frozen=True, slots=True)
class Change:
    """A true change, for lives of which it is known."""

    first: date
    last: date | None = None
    """None: to the end."""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A signal of a chart that was held back, and why."""

    night: date
    chart: str
    side: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """What came of one set of rules."""

    rules: str
    """Their version; those of the nights of the report, where other ones came into force."""
    mode: Mode
    alerts: tuple[Alert, ...]
    """As they ended, with their evidence; withdrawn ones too. Pending ones were told to nobody."""
    history: tuple[Transition, ...]
    signals: tuple[tuple[date, str, str], ...]
    """(night, chart or rule, side), as the last versions of the nights have them."""
    suppressed: tuple[Suppressed, ...]
    nights: dict[str, int]
    """How many nights carried evidence on a chart of sleep, and why others did not."""
    rate: Rate
    """Rhythm alerts over monitored client-years."""
    delays: tuple[int | None, ...] = ()
    """Of each true change, the nights until an alert; None where none came before the next."""
    false: Rate | None = None
    """Rhythm alerts outside true changes."""
    last_only: int = 0
    """Nights of which only the last version is known, where each was asked for `as_known`."""

    @property
    def median_delay(self) -> float:
        """Nights; infinite where fewer than half of the changes were told of."""
        return median([float("inf") if one is None else one for one in self.delays])

    def within(self, nights: int) -> float:
        """Return the share of true changes that were told of within so many nights."""
        return sum(one is not None and one <= nights for one in self.delays) / len(self.delays)


def side_by_side(
    history: Sequence[Known],
    rules: Sequence[Rules | None],
    mode: Mode = "as_known",
    truth: Sequence[Change] = (),
    since: date | None = None,
) -> list[Report]:
    """Return what each set of rules would have come to."""
    return [backtest(history, one, mode, truth, since=since) for one in rules]


def backtest(  # noqa: PLR0913  all of a past, and what is asked of it
    history: Sequence[Known],
    rules: Rules | None,
    mode: Mode = "as_known",
    truth: Sequence[Change] = (),
    *,
    since: date | None = None,
    steps: Iterable[Transition] = (),
) -> Report:
    """Return what rules would have come to over a client's past.

    Parameters
    ----------
    history
        What became known, oldest first; the first entry brings a context.
    rules
        By which charts signal; None for those in force on each night, as they were decided.
    mode
        `as_known` reads at each instant only what was known by then, so that nights that came
        late or were revised open, move and withdraw alerts as they would have. `as_final` reads
        the last version of each night, as if it had been there when the night was final.
    truth
        True changes, if they are known, for delays and false alerts.
    since
        First night of the report; what came before still makes baselines.
    steps
        Of the alerts that were raised; what people did to them is done again to those of the
        same id.
    """
    known = list(history if mode == "as_known" else as_final(history))
    followed, found, context = None, None, None
    continuing = Continuing(rules)
    for stretch in stretches(known, rules):
        context = stretch.context
        followed = followed or Following(context.client, steps)
        found = continuing.planned(stretch.days, context)
        for at, sets in _unfolded(stretch, found, continuing):
            followed.observe(sets, at)
    if found is None or context is None or followed is None:
        raise ValueError("the history has no night that is final: there is nothing to test")
    followed.retake()
    return _report(_Outcome(found, context, mode, since), followed, truth)


def _unfolded(
    stretch: Stretch, found: Planned, continuing: Continuing
) -> Iterator[tuple[datetime, Sets]]:
    """Yield what was known at each instant.

    A night that was known within wider bounds before could not signal more than it does now. So
    if it is calm it was; if not, what was known of it then is evaluated by itself.
    """
    context, unfolding = stretch.context, Unfolding(found, stretch.context)
    for instant in stretch.instants:
        last = max(found.series.at(instant.last), -1)
        now = unfolding.until(last)
        if instant.was is not None and not unfolding.is_calm(last):
            then = continuing.aside(stretch.at(instant), context)
            now = Unfolding(then, context).until(then.series.at(instant.last))
        yield instant.at, now


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The last evaluation, and what is asked of it."""

    found: Planned
    context: ClientContext
    mode: Mode
    since: date | None

    @property
    def first(self) -> date:
        return self.since or self.found.series.date(0)

    @property
    def rules(self) -> list[Rules]:
        """Those in force on the nights of the report, oldest first."""
        nights = self.found.by[max(self.found.series.at(self.first), 0) :]
        few = {id(one): one for one in nights}  # most often one, and hashing each takes time
        return list(dict.fromkeys(few.values()))


def _report(
    of: _Outcome,
    followed: Following,
    truth: Sequence[Change],
) -> Report:
    shown = {
        one.id: one for one in followed.alerts.values() if _is_told(one) and one.onset >= of.first
    }
    rhythm = [one for one in shown.values() if one.kind not in INFORMATION]
    nights = _nights(of)
    years = nights.get("evidence", 0) / YEAR
    return Report(
        rules=", ".join(one.version for one in of.rules),
        mode=of.mode,
        alerts=tuple(shown.values()),
        history=tuple(one for one in followed.entries if one.alert in shown),
        signals=tuple(one for one in _signals(of) if one[0] >= of.first),
        suppressed=tuple(one for one in _suppressed(of, rhythm) if one.night >= of.first),
        nights=nights,
        rate=Rate(len(rhythm), years),
        delays=tuple(_delay(one, truth, rhythm) for one in truth),
        false=Rate(sum(not _is_true(one, truth) for one in rhythm), years) if truth else None,
    )


def _is_told(alert: Alert) -> bool:
    """Return whether it was ever open: what only counted nights was told to nobody."""
    return alert.state not in (PENDING, "cancelled")


def _nights(of: _Outcome) -> dict[str, int]:
    tracks = [of.found.charts.tracks[chart] for chart in (MID, DURATION)]
    evidence = tracks[0].evidence | tracks[1].evidence
    charted = (tracks[0].limit > 0) | (tracks[1].limit > 0)
    codes = np.maximum(tracks[0].unused, tracks[1].unused)
    first = max(of.found.series.at(of.first), 0)
    counts = Counter(
        "evidence" if has else UNUSED[code] if is_charted else "no baseline"
        for has, is_charted, code in zip(
            evidence[first:].tolist(),
            charted[first:].tolist(),
            codes[first:].tolist(),
            strict=True,
        )
    )
    return dict(counts)


def _signals(of: _Outcome) -> list[tuple[date, str, str]]:
    series, drawn = of.found.series, of.found.charts
    found = []
    for one in drawn.tracks.values():
        for side, signal in zip(SIDES[one.chart], (one.signal_up, one.signal_down), strict=True):
            found += [(series.date(at), one.chart, side) for at in signal.nonzero()[0].tolist()]
    for rule in drawn.rules:
        nights = rule.signal.nonzero()[0].tolist()
        found += [(series.date(at), rule.rule, rule.side) for at in nights]
    return sorted(found)


def _suppressed(of: _Outcome, rhythm: Sequence[Alert]) -> list[Suppressed]:
    """Return the signals that only a journey or a change of clocks kept back, and held notices."""
    held = [
        Suppressed(one.onset, one.episode.findings[0].chart, one.episode.findings[0].side, why)
        for one in rhythm
        for why in one.episode.suppressed
    ]
    held += _gated(of)
    series, travel = of.found.series, of.found.travel
    if not (travel.any() or series.dst.any()):
        return held
    nowhere = np.zeros(len(series), dtype=bool)
    for by in of.rules:
        free = charts(replace(series, dst=nowhere), of.found.plan, nowhere, by)
        here = np.array([one is by or one == by for one in of.found.by], dtype=bool)
        for chart, one in free.tracks.items():
            real = of.found.charts.tracks[chart]
            pairs = ((one.signal_up, real.signal_up), (one.signal_down, real.signal_down))
            for side, (would, did) in zip(SIDES[chart], pairs, strict=True):
                for at in (would & ~did & here).nonzero()[0].tolist():
                    why = "travel" if travel[: at + 1][-14:].any() else "dst"
                    held.append(Suppressed(series.date(at), chart, side, why))
    return held


def _gated(of: _Outcome) -> list[Suppressed]:
    """Return the signals of charts on nights of the formulation, which open nothing."""
    series = of.found.series
    closed = np.array(gated(of.context.phases, series.dates), dtype=bool)
    return [
        Suppressed(series.date(at), one.chart, side, "phase")
        for one in of.found.charts.tracks.values()
        for side, signal in zip(SIDES[one.chart], (one.signal_up, one.signal_down), strict=True)
        for at in (signal & closed).nonzero()[0].tolist()
    ]


def _delay(change: Change, truth: Sequence[Change], rhythm: Sequence[Alert]) -> int | None:
    """Return the nights from a change to the first alert raised of it."""
    later = min((one.first for one in truth if one.first > change.first), default=None)
    raised = [
        one.raised_at.date()
        for one in rhythm
        if one.onset >= change.first and (later is None or one.onset < later)
    ]
    return (min(raised) - change.first) // DAY + 1 if raised else None


def _is_true(alert: Alert, truth: Sequence[Change]) -> bool:
    return any(
        one.first <= alert.onset and (one.last is None or alert.onset <= one.last) for one in truth
    )
