"""`/v1/alerts`: what therapists are told, and what they decide about it."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from daykeel.alerting.lifecycle import Alert, Impossible
from daykeel.api.cursor import BadCursor, Cursors
from daykeel.api.once import fingerprint, is_repeated, remember
from daykeel.api.problems import Problem, documented
from daykeel.api.shapes import Shape
from daykeel.records.errors import Conflict
from daykeel.rhythm.ledger import Finding
from daykeel.scores.protocol import StoredNight
from daykeel.web.access import DECIDE_ALERT, READ_ALERT, seen_alert
from daykeel.web.decisions import LONGEST_SNOOZE, Decision, decide
from daykeel.web.expectation import expectation
from daykeel.web.holds import as_held
from daykeel.web.needs import Account
from daykeel.web.services import Services
from daykeel.web.session import SignedIn, Told
from daykeel.web.words import CLOSE_REASONS

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])

MOST = 100
State = Literal["pending", "open", "acknowledged", "snoozed", "resolved", "cancelled"]


class AlertOut(Shape):
    """One alert."""

    id: str
    client: str
    kind: Annotated[str, Field(examples=["phase_delay"])]
    state: Annotated[str, Field(json_schema_extra={"enum": list(get_args(State))})]
    severity: Annotated[str, Field(json_schema_extra={"enum": ["info", "watch", "act"]})]
    confidence: float
    coverage: float
    onset: Annotated[date, Field(description="First night that signalled.")]
    evidence_at: Annotated[
        datetime | None,
        Field(description="The last record needed was here and the onset night was final."),
    ]
    raised_at: datetime
    seen_at: datetime | None
    snoozed_until: datetime | None
    reason: Annotated[str, Field(description="Why it was resolved or snoozed.")]
    suppressed: Annotated[list[str], Field(description="Why its notices are held back now.")]
    recurrence_of: str | None
    useful: Annotated[bool | None, Field(description="What a person said; null if nobody did.")]
    phase: Annotated[str, Field(description="Of therapy, on the onset night.")]
    nights: Annotated[list[date], Field(description="Nights that signalled.")]
    version: int


class PointOut(Shape):
    """One night on a chart."""

    night: date
    value: float | None
    lo: float | None
    hi: float | None
    z: Annotated[float | None, Field(description="In own SD from the own centre.")]
    up: Annotated[float, Field(description="Evidence gathered for a rise.")]
    down: float
    limit: float
    evidence: bool
    why: Annotated[str, Field(description="Why the night carries no evidence.")]
    signal: str


class FindingOut(Shape):
    """What one chart or acute rule saw."""

    chart: str
    rule: str
    side: str
    onset: date
    nights: list[date]
    statistic: float | None
    limit: float | None
    centre: Annotated[float | None, Field(description="Of the client's own baseline.")]
    scale: float | None
    baseline: Annotated[str | None, Field(description="Hash of the baseline's content.")]
    baseline_nights: Annotated[int | None, Field(description="Nights it was made of.")]
    confirmed: Annotated[bool | None, Field(description="By a therapist.")]
    free_day_effect: Annotated[float | None, Field(description="Taken off free nights.")]
    rule_version: str | None
    points: Annotated[list[PointOut], Field(description="The chart up to the last signal.")]


class ExpectationOut(Shape):
    """How often such an alert comes without a lasting change, as far as simulations know."""

    told: Annotated[
        str,
        Field(
            examples=["about 7 of 10"],
            description="`not known` of a missing anchor and of rules that nobody has simulated.",
        ),
    ]
    basis: Annotated[str, Field(description="What that rests on, or how to find out.")]


class VersionOut(Shape):
    """A version of a night that the evidence rests on, and what has become of the night."""

    night: date
    version: Annotated[int | None, Field(description="Null where it was not kept yet.")]
    stored: Annotated[int | None, Field(description="The version that is stored now.")]
    state: Annotated[str | None, Field(description="Of what is stored now.")]


class NoteOut(Shape):
    """A fact about the alert."""

    name: str
    text: str


class EntryOut(Shape):
    """One step of an alert's history."""

    at: datetime
    actor: str
    was: str
    state: str
    reason: str


class NoticeOut(Shape):
    """One letter that tells of an alert, at one address."""

    recipient: Annotated[str, Field(description="An account, `clinic` or `on_call`.")]
    occasion: Annotated[
        str, Field(json_schema_extra={"enum": ["now", "digest", "on_call", "repeat", "escalation"]})
    ]
    channel: Annotated[str, Field(json_schema_extra={"enum": ["mail", "push", "none"]})]
    made_at: datetime
    sent_at: Annotated[datetime | None, Field(description="Null until it has been taken.")]
    failed_at: Annotated[datetime | None, Field(description="Since when it is undeliverable.")]
    closed_at: Annotated[
        datetime | None, Field(description="Since when it has not to be sent any more.")
    ]
    tries: int
    detail: Annotated[str, Field(description="What went wrong last, or why it was closed.")]


class AlertDetail(AlertOut):
    """One alert with its evidence, its history and what became of its notices."""

    findings: list[FindingOut]
    notes: list[NoteOut]
    expectation: Annotated[
        ExpectationOut | None, Field(description="Null where it is no question of a change.")
    ]
    versions: Annotated[
        list[VersionOut], Field(description="Of the nights that signalled, since it was raised.")
    ]
    history: list[EntryOut]
    notices: Annotated[list[NoticeOut], Field(description="The newest first.")]


class AlertsOut(Shape):
    """A page of alerts, the newest first."""

    alerts: list[AlertOut]
    next: Annotated[str | None, Field(description="Cursor of the next page; null on the last.")]


class TransitionIn(BaseModel):
    """One step with an alert."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"action": "acknowledge"},
                {"action": "snooze", "reason": "on holiday", "until": "2026-04-07T08:00:00Z"},
                {"action": "resolve", "reason": "useful_acted"},
            ]
        },
    )

    action: Literal["acknowledge", "snooze", "resolve", "useful", "not_useful"]
    reason: Annotated[str, Field(max_length=500)] = ""
    until: Annotated[
        AwareDatetime | None, Field(description="Of `snooze`: when it wakes, in 28 days at most.")
    ] = None

    @model_validator(mode="after")
    def _is_complete(self) -> "TransitionIn":
        if self.action == "resolve" and self.reason not in CLOSE_REASONS:
            raise ValueError(f"reason must be one of {', '.join(CLOSE_REASONS)}")
        if self.action == "snooze" and not (self.reason and self.until):
            raise ValueError("snooze needs reason and until")
        return self


@router.get("", responses=documented("sign-in-needed", "request-invalid", "cursor-invalid"))
def read_alerts(  # noqa: PLR0913, PLR0917  what a request may ask for
    request: Request,
    account: SignedIn,
    told: Told,
    state: State | None = None,
    client: Annotated[str | None, Query(max_length=64)] = None,
    kind: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> AlertsOut:
    """Return the alerts of the caller's clients, the newest first."""
    bound_to = [account.id, state or "", client or "", kind or ""]
    cursors: Cursors = request.app.state.cursors
    told.records.audit(account.id, READ_ALERT, "alerts", now=told.clock.now())
    found = [
        one
        for one in _own(told, account, client)
        if state in (None, one.state) and kind in (None, one.kind)
    ]
    found.sort(key=_key, reverse=True)
    if cursor is not None:
        after = _after(cursors, cursor, bound_to)
        found = [one for one in found if _key(one) < after]
    page, is_more = found[:limit], len(found) > limit
    return AlertsOut(
        alerts=[alert_out(one) for one in as_held(told, page)],
        next=cursors.made(_key(page[-1]), bound_to) if is_more else None,
    )


def _own(told: Services, account: Account, client: str | None) -> list[Alert]:
    own = {one.id for one in told.records.clients(account)}
    if client is not None and client not in own:
        return []
    return [one for one in told.records.alerts(client=client) if one.client in own]


def _key(alert: Alert) -> tuple[str, str]:
    return alert.raised_at.isoformat(), alert.id


def _after(cursors: Cursors, cursor: str, bound_to: list[str]) -> tuple[str, str]:
    try:
        raised_at, alert = cursors.read(cursor, bound_to)
    except BadCursor:
        raise Problem("cursor-invalid") from None
    return raised_at, alert


@router.get("/{alert_id}", responses=documented("sign-in-needed", "not-found"))
def read_alert(alert_id: str, account: SignedIn, told: Told, response: Response) -> AlertDetail:
    """Return one alert with evidence and history; its ETag is what `If-Match` wants."""
    alert, _ = seen_alert(told, account, alert_id, READ_ALERT)
    response.headers["etag"] = etag(alert)
    return detail(told, alert)


@router.post(
    "/{alert_id}/transitions",
    responses=documented(
        "sign-in-needed",
        "origin-wrong",
        "not-found",
        "transition-impossible",
        "version-changed",
        "version-needed",
        "request-invalid",
        "idempotency-key-reused",
    ),
)
def take_step(  # noqa: PLR0913, PLR0917  what a request carries
    alert_id: str,
    step: TransitionIn,
    account: SignedIn,
    told: Told,
    response: Response,
    if_match: Annotated[str | None, Header(description="The ETag decided upon.")] = None,
    idempotency_key: Annotated[
        str | None,
        Header(max_length=200, description="A repeated request with the same key acts once."),
    ] = None,
) -> AlertDetail:
    """Acknowledge, snooze or resolve an alert, unless it has changed since it was read."""
    alert, _ = seen_alert(told, account, alert_id, DECIDE_ALERT)
    if if_match is None:
        raise Problem("version-needed")
    asked = fingerprint(alert_id, if_match, step.model_dump(mode="json"))
    if not is_repeated(told, account, idempotency_key, asked):
        alert = _taken(told, account, alert, if_match, step)
        remember(told, account, idempotency_key, asked)
    response.headers["etag"] = etag(alert)
    return detail(told, alert)


def _taken(
    told: Services, account: Account, alert: Alert, if_match: str, step: TransitionIn
) -> Alert:
    if if_match != etag(alert):
        raise Problem("version-changed")
    if step.until is not None and step.until > told.clock.now() + LONGEST_SNOOZE:
        wrong = {"where": "body.until", "what": f"more than {LONGEST_SNOOZE.days} days ahead"}
        raise Problem("request-invalid", errors=[wrong])
    decision = Decision(step.action, step.reason, step.until)
    try:
        return decide(told, account, alert, alert.version, decision)
    except Conflict:
        raise Problem("version-changed") from None
    except Impossible:
        raise Problem("transition-impossible") from None


def etag(alert: Alert) -> str:
    """Return the entity tag of an alert: its version."""
    return f'"v{alert.version}"'


def detail(told: Services, alert: Alert) -> AlertDetail:
    """Return an alert with evidence, history and notices as JSON."""
    expected = expectation(alert.episode)
    held = alert_out(as_held(told, [alert])[0])
    return AlertDetail(
        **held.model_dump(),
        findings=[_finding(one) for one in alert.episode.findings],
        notes=[NoteOut(name=name, text=text) for name, text in alert.episode.note],
        expectation=ExpectationOut.model_validate(expected) if expected else None,
        versions=_versions(told, alert),
        history=[EntryOut.model_validate(one) for one in told.records.history(alert.id)],
        notices=[NoticeOut.model_validate(one) for one in told.records.post.deliveries(alert.id)],
    )


def _versions(told: Services, alert: Alert) -> list[VersionOut]:
    rested_on = alert.episode.versions or [(night, None) for night in alert.episode.nights]
    nights = [night for night, _ in rested_on]
    if not nights:
        return []
    found = told.scores.nights(alert.client, min(nights), max(nights) + timedelta(1))
    stored = {one.night.night: one for one in found}
    return [_version(night, version, stored.get(night)) for night, version in rested_on]


def _version(night: date, version: int | None, stored: StoredNight | None) -> VersionOut:
    return VersionOut(
        night=night,
        version=version,
        stored=stored.version if stored else None,
        state=stored.state if stored else None,
    )


def alert_out(alert: Alert) -> AlertOut:
    """Return an alert as JSON."""
    episode = alert.episode
    return AlertOut(
        id=alert.id,
        client=alert.client,
        kind=alert.kind,
        state=alert.state,
        severity=alert.severity,
        confidence=episode.confidence,
        coverage=episode.coverage,
        onset=alert.onset,
        evidence_at=alert.evidence_at,
        raised_at=alert.raised_at,
        seen_at=alert.seen_at,
        snoozed_until=alert.snoozed_until,
        reason=alert.reason,
        suppressed=list(episode.suppressed),
        recurrence_of=alert.recurrence_of,
        useful=alert.useful,
        phase=episode.phase,
        nights=list(episode.nights),
        version=alert.version,
    )


def _finding(found: Finding) -> FindingOut:
    base = found.baseline
    return FindingOut(
        chart=found.chart,
        rule=found.rule,
        side=found.side,
        onset=found.onset,
        nights=list(found.nights),
        statistic=found.statistic,
        limit=found.limit,
        centre=base.centre if base else None,
        scale=base.scale if base else None,
        baseline=base.id if base else None,
        baseline_nights=len(base.nights) if base else None,
        confirmed=base.confirmed if base else None,
        free_day_effect=base.free_day_effect if base else None,
        rule_version=base.rule_version if base else None,
        points=[PointOut.model_validate(one) for one in found.points],
    )
