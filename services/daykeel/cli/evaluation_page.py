"""The page of the evaluation: every figure with its interval and where it came from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from daykeel.cli import evaluation_trade as trade
from daykeel.cli.evaluation import Found
from daykeel.cli.evaluation_words import delay, table
from daykeel.rhythm.budget import (
    EPISODES,
    MOST_ALERTS,
    MOST_FALSE,
    MOST_SILENT,
    YEAR,
    Rate,
    predictive_value,
)
from daykeel.rhythm.cohort.study import SHIFTS, Condition, Tally
from daykeel.rhythm.rules import as_json


@dataclass(frozen=True, slots=True)
class Run:
    """How the figures were made."""

    command: str
    day: date
    seeds: tuple[int, ...]
    people: int
    """Whose recordings were read."""


def page(found: Found, run: Run) -> str:
    """Return the page as Markdown."""
    parts = [
        _beginning(found, run),
        "## False alerts",
        _false(found),
        "![False alerts by condition](images/evaluation-false.svg)",
        _by_rule(found),
        _by_seed(found),
        "## Delays",
        _delays(found),
        "![Delays](images/evaluation-delays.svg)",
        "## What a lower rate would cost",
        trade.text(found),
        "![What a lower rate would cost](images/evaluation-trade.svg)",
        "## What it means",
        _meaning(found),
        "## The rules",
        f"```json\n{as_json(found.rules[0]).decode()}\n```",
    ]
    return "\n\n".join(parts) + "\n"


def _beginning(found: Found, run: Run) -> str:
    lives = sum(tallies[0].lives for _, tallies in found.calm)
    years = sum(tallies[0].monitored for _, tallies in found.calm) / YEAR
    lines = [
        "# Evaluation",
        "",
        "How often the rules alert where nothing changes, and how soon where something does: on",
        "invented lives, through the same functions that evaluate a client. Figures of generators",
        "and recordings, not of people in treatment; nothing here says that an alert predicts an",
        "episode.",
        "",
        f"Made by `{run.command}` on {run.day:%d %B %Y}:",
        f"{lives:,} lives of a year without a change ({years:,.0f} monitored client-years), seeds",
        f"{', '.join(map(str, run.seeds))}, rules `{found.rules[0].version}`. The plain guarded",
        f"EWMA (`{found.rules[1].version}`) stands beside them as it is, and with its limits times",
        f"{found.factor:.2f}: so it alerts as often on the stated generator. `alone` are the same",
        "rules without the secondary charts, of which two open an alert together.",
        "",
        "Limits were set on the generator of the specification (`stated`) and are reported on",
        "another too (`other`: people differ in steadiness, alarms hold working days, weeks",
        "differ, one night in twenty is far off). Half of all lives have heavy tails. 12 % of",
        "nights are missing in runs unless said. Clients with `anchors` report three of them on",
        "88 % of days; those with a `tracker` by what it sees alone. Invented lives have all that",
        "charts read: sleep minute by minute with times awake and naps, and steps of ten minutes,",
        "forty of each day unknown; steps follow waking and are otherwise independent of sleep.",
    ]
    if run.people:
        lines += [
            f"`recorded` lives are weeks of {run.people} real people's steps, drawn again in any",
            "order to make a year: what changes more slowly than a week is not in them, and the",
            "missing nights are theirs, as are the steps of each ten minutes. All of their main",
            "sleep counts as slept. `acute_own` was set on these recordings: of others the rate",
            "may differ.",
        ]
    return "\n".join(lines)


def _false(found: Found) -> str:
    rows = [
        (
            condition.name,
            f"{tallies[0].alerts.years:.0f}",
            _rate(tallies[0].alerts),
            _rate(tallies[0].told),
            f"{tallies[0].to_act_on.value:.2f}",
            f"{tallies[0].early / tallies[0].lives:.2f}",
            _rate(tallies[0].silences),
            _rate(tallies[1].alerts),
            _rate(tallies[2].alerts),
            _rate(tallies[3].alerts),
        )
        for condition, tallies in found.calm
    ]
    head = (
        "lives",
        "client-years",
        "false alerts a year",
        "with a notice",
        "of them to act on",
        "P in 90 days",
        "data-loss notices a year",
        f"rules {found.rules[1].version}",
        f"rules {found.rules[2].version}",
        f"rules {found.rules[3].version}",
    )
    return (
        f"The budget is at most {MOST_ALERTS:.0f} alerts a client-year, {MOST_FALSE:.0f} of them "
        f"false, and {MOST_SILENT:.0f} data-loss notice. In brackets the exact Poisson 95 % "
        "interval. `ordinary life` has two holidays, two illnesses and a season a year; what "
        "alerts then is a change of rhythm, if not of illness, and counts as false all the "
        "same. Where it is declared, no notice is sent of a lasting change that only the declared "
        "nights show; what is to be acted on at once (two nights of three far off, or twice the "
        "limit) is told all the same.\n\n" + table(head, rows) + "\n\n" + _kept(found)
    )


def _kept(found: Found) -> str:
    """Say plainly where the budget is kept and where not."""
    false = [(one.name, own[0].told.value) for one, own in found.calm]
    silent = [(one.name, own[0].silences.value) for one, own in found.calm]
    told = (
        f"**Kept or not.** False alerts with a notice, at most {MOST_FALSE:.0f} a client-year: "
        f"{_beyond(false, MOST_FALSE)}. Data-loss notices, at most {MOST_SILENT:.0f}: "
        f"{_beyond(silent, MOST_SILENT)}."
    )
    if any(rate > MOST_FALSE and name.startswith("ordinary") for name, rate in false):
        told += (
            " Where nobody declares ordinary life, no limit keeps the first and still tells of "
            "changes in time: [what a lower rate would cost](#what-a-lower-rate-would-cost). Where "
            "it is declared, what goes beyond is mostly to be acted on, which is never held back, "
            "and what seasons and chance bring."
        )
    return told


def _beyond(rates: Sequence[tuple[str, float]], most: float) -> str:
    more = [f"{name} ({rate:.2f})" for name, rate in rates if rate > most]
    kept = f"kept under {len(rates) - len(more)} of {len(rates)} conditions"
    return f"{kept}, not in {'; '.join(more)}" if more else kept


def _by_rule(found: Found) -> str:
    rows = []
    for generator in ("stated", "other"):
        total = _total(found.calm, generator)
        for what, counts in (("kind", total.kinds), ("rule", total.rules)):
            for name, count in sorted(counts.items()):
                rate = _rate(Rate(count, total.alerts.years))
                rows.append((generator, f"{what} `{name}`", rate))
    return "By kind of alert, and by the rule that signalled first:\n\n" + table(
        ("lives", "kind or rule", "false alerts a year"), rows
    )


def _by_seed(found: Found) -> str:
    rows = [(str(seed), _rate(tally.alerts)) for seed, tally in found.seeds]
    return "On the other generator, by seed:\n\n" + table(("seed", "false alerts a year"), rows)


def _delays(found: Found) -> str:
    rows = []
    for condition, tallies in found.changed:
        shift = condition.shift.name if condition.shift else ""
        rows.append(
            (
                f"{condition.name}, {condition.reports}",
                shift,
                *(delay(one, (7, 14, 28)) for one in tallies),
            )
        )
    head = ("lives", "change", *(f"rules {one.version}" for one in found.rules))
    return (
        "Nights from the beginning of a lasting change to the first signal (median; the share "
        "within 7, 14 and 28 nights), all nights counted, missing ones too. The change begins "
        f"between the 60th and the 160th night; each line is {found.changed[0][1][0].lives} "
        "lives.\n\n" + table(head, rows)
    )


def _meaning(found: Found) -> str:
    false = _total(found.calm, "other").alerts.value
    late = [
        tallies[0]
        for condition, tallies in found.changed
        if condition.name == "other" and condition.shift == SHIFTS[0]
    ]
    caught = sum(late, Tally()).within(14)
    worth = predictive_value(caught, false)
    return (
        f"If a lasting change came {EPISODES} times a client-year and were as plain as mid-sleep "
        f"1.5 h later ({caught:.0%} told of within 14 nights on the other generator), about "
        f"{round(10 - 10 * worth)} of 10 alerts would come without a lasting change. A change "
        "of less than one own SD is not told of inside a fortnight at this budget, and quiet "
        "charts do not mean that somebody is well."
    )


def _total(rows: Iterable[tuple[Condition, list[Tally]]], generator: str) -> Tally:
    own = [tallies[0] for one, tallies in rows if one.name.startswith(f"{generator},")]
    return sum(own, Tally())


def _rate(rate: Rate) -> str:
    low, high = rate.interval
    return f"{rate.value:.2f} ({low:.2f} to {high:.2f})"
