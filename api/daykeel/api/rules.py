"""`/v1/clients/{id}/rules` and `/backtest`: by which rules charts signal, and what others would."""

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from daykeel.alerting.alert import Alert
from daykeel.alerting.backtest import Report
from daykeel.alerting.recalled import DAYS, MOST_DAYS
from daykeel.api.acting import DECIDES, READS, Asked, acted
from daykeel.api.problems import Problem, documented
from daykeel.api.shapes import Shape
from daykeel.api.therapy_shapes import TherapyOut
from daykeel.rhythm.rules import BadRules, Rules, from_json
from daykeel.scores.backtest import stored_reports
from daykeel.web.access import READ_CLIENT, seen_client
from daykeel.web.session import SignedIn, Told
from daykeel.web.therapy import therapy
from daykeel.web.thresholds import rules_decided

router = APIRouter(prefix="/v1/clients/{client_id}", tags=["therapy"])


class RulesIn(BaseModel):
    """Rules of a client's own."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"first": "2026-03-02", "rules": {"version": "calm", "quiet": 9}}]
        },
    )

    first: Annotated[date, Field(description="First night, one to come.")]
    rules: Annotated[
        dict[str, Any] | None, Field(description="What is left out is as in the live ones.")
    ]


class BacktestIn(BaseModel):
    """Rules to be tried, beside those in force."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"rules": [{"version": "calm", "quiet": 9}], "days": 90}]},
    )

    rules: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=3)]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS, description="Nights, the last ones.")] = DAYS
    mode: Literal["as_final", "as_known"] = "as_final"


class AlertTried(Shape):
    """An alert that rules would have raised."""

    kind: str
    severity: str
    onset: date
    raised_at: datetime
    state: str
    reason: str
    nights: list[date]


class SuppressedOut(Shape):
    """A signal that was held back."""

    night: date
    chart: str
    side: str
    why: str


class ReportOut(Shape):
    """What one set of rules would have come to."""

    rules: Annotated[
        str, Field(description="Their version; the first are those in force, or that were.")
    ]
    mode: str
    alerts: list[AlertTried]
    suppressed: list[SuppressedOut]
    nights: Annotated[dict[str, int], Field(description="With evidence, and why others had none.")]
    years: float
    per_year: Annotated[float | None, Field(description="Rhythm alerts a client-year.")]
    per_year_lo: float | None
    per_year_hi: Annotated[float | None, Field(description="Exact 95 % interval.")]
    last_only: Annotated[
        int, Field(description="Nights known by their last version alone, asked for `as_known`.")
    ]


@router.put("/rules", responses=DECIDES)
def set_rules(said: RulesIn, asked: Asked) -> TherapyOut:
    """Let rules of the client's own hold from a night to come; null: those of the clinic again."""
    rules = None if said.rules is None else _rules(said.rules, "rules")
    return acted(asked, "rules", said, lambda held: rules_decided(held, said.first, rules))


@router.post("/backtest", responses=READS | documented("decision-impossible", "request-invalid"))
def backtest_rules(
    client_id: str, asked: BacktestIn, account: SignedIn, told: Told
) -> list[ReportOut]:
    """Return what sets of rules would have told of the client's last nights, side by side."""
    held = therapy(told, seen_client(told, account, client_id, READ_CLIENT))
    rules = [_rules(one, f"rules.{at}") for at, one in enumerate(asked.rules)]
    try:
        reports = stored_reports(
            told.scores,
            held.context,
            told.records.histories(client_id),
            rules,
            asked.mode,
            zone=held.client.zone,
            now=told.clock.now(),
            back=asked.days,
        )
    except ValueError as error:
        raise Problem("decision-impossible", str(error)) from None
    return [_report(one) for one in reports]


def _rules(told: dict[str, Any], where: str) -> Rules:
    try:
        return from_json(json.dumps(told))
    except BadRules as error:
        wrong = {"where": f"body.{where}", "what": str(error)}
        raise Problem("request-invalid", errors=[wrong]) from None


def _report(one: Report) -> ReportOut:
    years = one.rate.years
    low, high = one.rate.interval if years else (None, None)
    return ReportOut(
        rules=one.rules,
        mode=one.mode,
        alerts=[_alert(alert) for alert in sorted(one.alerts, key=lambda each: each.raised_at)],
        suppressed=[SuppressedOut.model_validate(each) for each in one.suppressed],
        nights=one.nights,
        years=years,
        per_year=one.rate.value if years else None,
        per_year_lo=low,
        per_year_hi=high,
        last_only=one.last_only,
    )


def _alert(alert: Alert) -> AlertTried:
    return AlertTried(
        kind=alert.kind,
        severity=alert.severity,
        onset=alert.onset,
        raised_at=alert.raised_at,
        state=alert.state,
        reason=alert.reason,
        nights=list(alert.episode.nights),
    )
