"""Alerts as the pages show them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from daykeel.alerting.lifecycle import Alert, Transition
from daykeel.alerting.wording import sentence, title
from daykeel.rhythm.ledger import Baseline, Episode, Finding
from daykeel.rhythm.rules import SECONDARY
from daykeel.web import words
from daykeel.web.caseload import OpenAlert
from daykeel.web.charts.evidence import evidence
from daykeel.web.charts.figure import Figure
from daykeel.web.expectation import UNCOMPARED, Expectation, expectation

CLOSED = frozenset({"resolved", "cancelled"})
UNTOLD = frozenset({"pending", "cancelled"})
"""States in which nobody was told anything."""
WITHDRAWN = "withdrawn"
ACTIONS = {
    "open": ("acknowledge", "snooze", "resolve"),
    "acknowledged": ("snooze", "resolve"),
    "snoozed": ("acknowledge", "resolve"),
}
"""What a person may do to an alert in which state."""


@dataclass(frozen=True, slots=True)
class ShownAlert:
    """An alert in words."""

    id: str
    title: str
    sentence: str
    kind: str
    severity: str
    state: str
    reason: str
    is_withdrawn: bool
    is_compared: bool
    """Whether it rests on a comparison with the client's own baseline."""
    onset: date
    evidence_at: datetime | None
    raised_at: datetime
    seen_at: datetime | None
    snoozed_until: datetime | None
    suppressed: str
    confidence: float
    coverage: float
    nights: str
    facts: tuple[tuple[str, str], ...]
    recurrence_of: str | None
    version: int
    useful: bool | None
    """What somebody said of it."""
    expectation: Expectation | None
    """How often such an alert comes without a lasting change; None where nobody knows."""


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """What one rule saw."""

    rule: str
    measure: str
    """What its statistic is called."""
    statistic: str
    limit: str
    nights: str


@dataclass(frozen=True, slots=True)
class ShownChart:
    """One chart and the rules that signalled on it."""

    title: str
    figure: Figure | None
    """None where a rule counts rather than draws."""
    baseline: str
    baseline_basis: str
    findings: tuple[ShownFinding, ...]


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """One line of an alert's history, or several that say the same."""

    at: datetime
    who: str
    told: str
    why: str = ""
    times: int = 1
    last: datetime | None = None
    """When it was said for the last time, if more than once."""


def unresolved(alerts: Iterable[Alert]) -> list[OpenAlert]:
    """Return the alerts that still need somebody, as the caseload weighs them.

    One that still counts nights is none yet: the caseload has a column for silence.
    """
    return [
        OpenAlert(
            id=one.id,
            kind=one.kind,
            title=title(one.kind),
            severity=one.severity,
            state=one.state,
            confidence=one.episode.confidence,
            opened_at=one.raised_at,
            suppressed=one.episode.suppressed,
        )
        for one in alerts
        if one.state in ACTIONS
    ]


def shown(alert: Alert) -> ShownAlert:
    """Return an alert in words."""
    episode = alert.episode
    return ShownAlert(
        id=alert.id,
        title=title(alert.kind),
        sentence=sentence(alert),
        kind=alert.kind,
        severity=alert.severity,
        state=alert.state,
        reason=words.ENDS.get(alert.reason, alert.reason),
        is_withdrawn=alert.state == "resolved" and alert.reason == WITHDRAWN,
        is_compared=any(one.baseline for one in episode.findings)
        and episode.kind not in UNCOMPARED,
        onset=alert.onset,
        evidence_at=alert.evidence_at,
        raised_at=alert.raised_at,
        seen_at=alert.seen_at,
        snoozed_until=alert.snoozed_until,
        suppressed=", ".join(words.SUPPRESSED.get(one, one) for one in episode.suppressed),
        confidence=episode.confidence,
        coverage=episode.coverage,
        nights=nights(episode.nights),
        facts=_facts(episode),
        recurrence_of=alert.recurrence_of,
        version=alert.version,
        useful=alert.useful,
        expectation=expectation(episode),
    )


def _facts(episode: Episode) -> tuple[tuple[str, str], ...]:
    return tuple((name.replace("_", " ").capitalize(), _fact(text)) for name, text in episode.note)


def _fact(text: str) -> str:
    return words.GAPS.get(text, text)


def nights(found: Iterable[date]) -> str:
    """Return nights in words: how many, the first and the last.

    >>> nights([date(2026, 3, 2), date(2026, 3, 3)])
    '2 nights: Mon 2 Mar to Tue 3 Mar'
    """
    ordered = sorted(found)
    if not ordered:
        return "none"
    if len(ordered) == 1:
        return f"1 night: {words.day(ordered[0])}"
    return f"{len(ordered)} nights: {words.day(ordered[0])} to {words.day(ordered[-1])}"


def charts(alert: Alert) -> list[ShownChart]:
    """Return what each chart saw, with its drawing and all rules that signalled on it."""
    by_chart: dict[str, list[Finding]] = {}
    for found in alert.episode.findings:
        by_chart.setdefault(found.chart, []).append(found)
    return [_chart(found, f"evidence-{at}") for at, found in enumerate(by_chart.values(), 1)]


def _chart(found: Sequence[Finding], name: str) -> ShownChart:
    first = found[0]
    base = first.baseline
    return ShownChart(
        title=words.CHARTS.get(first.chart, first.chart),
        figure=evidence(found, name=name) if first.points else None,
        baseline=words.chart_value(first.chart, base.centre) if base else "",
        baseline_basis=_made_of(base) if base else "",
        findings=tuple(_finding(one) for one in found),
    )


def _finding(found: Finding) -> ShownFinding:
    is_beside = found.rule == "slow" and found.chart in SECONDARY
    return ShownFinding(
        rule=words.BESIDE if is_beside else words.RULES.get(found.rule, found.rule),
        measure=words.STATISTICS.get(found.rule, "Statistic"),
        statistic=_number(found.statistic),
        limit=_number(found.limit),
        nights=nights(found.nights),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}".removesuffix(".00")


def entries(history: Iterable[Transition], names: Callable[[str], str]) -> list[ShownEntry]:
    """Return an alert's history in words, oldest first; the same step again only counts.

    `names` says who an actor is.
    """
    found: list[ShownEntry] = []
    for step in history:
        one = _entry(step, names(step.actor))
        before = found[-1] if found else None
        if before and (one.who, one.told, one.why) == (before.who, before.told, before.why):
            found[-1] = replace(before, times=before.times + 1, last=one.at)
        else:
            found.append(one)
    return found


def _entry(step: Transition, who: str) -> ShownEntry:
    why = words.STEPS.get(step.reason, step.reason)
    if step.state == step.was:
        return ShownEntry(step.at, who, why or "updated")
    return ShownEntry(step.at, who, words.STATES.get(step.state, step.state), why)


def _made_of(base: Baseline) -> str:
    told = [f"{len(base.nights)} nights to {words.day(base.frozen)}"]
    told += [f"{base.deleted} of them deleted since"] if base.deleted else []
    told += ["confirmed" if base.confirmed else "unconfirmed"]
    told += [words.free_days(base.chart, base.free_day_effect)]
    told += [f"rules {base.rule_version}"] if base.rule_version else []
    return ", ".join(told)
