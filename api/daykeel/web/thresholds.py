"""Thresholds agreed on with a client, and rules: switched on after a look at the past."""

from datetime import date
from typing import Any

import msgspec

from daykeel.records.decisions import Decided
from daykeel.rhythm.agreed import (
    CHARTS,
    LEAST_HOURS,
    LEAST_NIGHTS,
    MOST_FIRINGS,
    MOST_HOURS,
    MOST_NIGHTS,
)
from daykeel.rhythm.decisions import Threshold
from daykeel.rhythm.rules import Rules
from daykeel.rhythm.tried import Tried, tried
from daykeel.web.services import Services
from daykeel.web.therapy import DAY, EVER, BadDecision, Therapy

SIDES = {"both": ("late_low", "early_high"), "longer": ("late_low",), "shorter": ("early_high",)}
"""Sides of a threshold by the names people use for sleep."""


class TooFrequent(BadDecision):
    """A threshold would have fired too often."""

    def __init__(self, found: Tried | None) -> None:
        super().__init__(_refusal(found))
        self.tried = found


def _refusal(found: Tried | None) -> str:
    if found is None or not found.nights:
        return "There is no baseline yet to try it on."
    return (
        f"It would have fired {len(found.fired)} times in the last 90 days; "
        f"more than {MOST_FIRINGS} are too many."
    )


def try_threshold(told: Services, held: Therapy, threshold: Threshold) -> Tried | None:
    """Return what a threshold would have done on the nights that are stored."""
    check_threshold(threshold)
    days = told.scores.days(held.client.id, EVER, held.today + 2 * DAY)
    return tried(days, held.context, threshold)


def check_threshold(threshold: Threshold) -> None:
    """Raise `BadDecision` where a threshold cannot be meant."""
    if threshold.chart not in CHARTS:
        raise BadDecision(f"A threshold is of {' or '.join(CHARTS)}.")
    if not LEAST_HOURS <= threshold.hours <= MOST_HOURS:
        raise BadDecision(f"A threshold lies between {LEAST_HOURS:g} and {MOST_HOURS:g} hours.")
    if not LEAST_NIGHTS <= threshold.nights <= MOST_NIGHTS:
        raise BadDecision(f"It takes {LEAST_NIGHTS} to {MOST_NIGHTS} nights.")
    if not threshold.sides:
        raise BadDecision("Choose at least one side.")


def threshold_decided(
    held: Therapy, found: Tried | None, threshold: Threshold, shown: str
) -> list[Decided]:
    """Return that a threshold holds from tonight on, once what it would have done was shown.

    Raises
    ------
    TooFrequent
        It would have fired too often, or there is nothing to try it on.
    BadDecision
        What was shown is not what it would have done by now.
    """
    if found is None or found.is_refused:
        raise TooFrequent(found)
    if shown != found.id:
        raise BadDecision("Look first at what it would have done in the last 90 days.")
    first = held.today + DAY
    value = {
        "chart": threshold.chart,
        "hours": threshold.hours,
        "nights": threshold.nights,
        "sides": list(threshold.sides),
        "first": first.isoformat(),
    }
    return [*ended(held), Decided("threshold", f"threshold/{first.isoformat()}", value)]


def ended(held: Therapy) -> list[Decided]:
    """Return that every threshold in force ends with last night."""
    told = (one for one in held.commands if one.kind == "threshold")
    return [
        Decided("threshold", one.id, _until(one.value, held.today))
        for one in told
        if not one.value.get("withdrawn") and _is_running(one.value, held.today)
    ]


def _is_running(value: dict[str, Any], today: date) -> bool:
    last = value.get("last")
    return last is None or date.fromisoformat(last) > today


def _until(value: dict[str, Any], today: date) -> dict[str, Any]:
    """Return a threshold that ends today, or was never in force if it would only begin."""
    if date.fromisoformat(value["first"]) > today:
        return value | {"withdrawn": True}
    return value | {"last": today.isoformat()}


def rules_decided(held: Therapy, first: date, rules: Rules | None) -> list[Decided]:
    """Return that rules of the client's own hold from a night to come; None: the clinic's again."""
    if first <= held.today:
        raise BadDecision("Rules begin with a night to come: what was told before stays.")
    if rules is not None and rules.agreed_hours is not None:
        raise BadDecision("An agreed threshold is switched on by itself, after its back-test.")
    value = {
        "first": first.isoformat(),
        "rules": None if rules is None else msgspec.to_builtins(rules),
    }
    return [Decided("rules", f"rules/client/{first.isoformat()}", value)]


def running(held: Therapy) -> list[Threshold]:
    """Return the thresholds that hold tonight or later."""
    tonight = held.today + DAY
    return [one for one in held.context.thresholds if one.last is None or one.last >= tonight]
