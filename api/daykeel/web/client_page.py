"""`/clients/{id}`: everything about one client on one page."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from daykeel.rhythm.ledger import Score
from daykeel.web import words
from daykeel.web.access import READ_CLIENT, seen_client
from daykeel.web.alerts import ShownAlert, shown
from daykeel.web.caseload import countdown
from daykeel.web.caseload_page import last_night
from daykeel.web.charts.actogram import View, actogram
from daykeel.web.charts.coverage import coverage
from daykeel.web.charts.figure import Figure
from daykeel.web.charts.srm_sheet import srm_sheet
from daykeel.web.charts.trend import trend
from daykeel.web.diary import social_day
from daykeel.web.history import DAY, History, dates, history
from daykeel.web.needs import Client
from daykeel.web.render import page
from daykeel.web.series import coverage_rows, hours_asleep, midsleep, points, usual
from daykeel.web.services import Services
from daykeel.web.session import SignedIn, Told
from daykeel.web.week import Week, strips

router = APIRouter(include_in_schema=False)

WEEKS = timedelta(28)
TREND = timedelta(42)

MEASURES = (
    ("srm5.rolling", "SRM-5, 7 days", "of 7"),
    ("sri.window", "Sleep regularity, 7 days", "of 100"),
    ("srm.hit_fraction", "Anchors near the habitual time", ""),
)
EXPLAINED = {
    "srm5.rolling": "Mean hits per scored anchor, ±45 min of the week's habitual time, prorated "
    "for missing days.",
    "sri.window": "Match of sleep and wake 24 clock hours apart, naps included; -100 to 100.",
    "srm.hit_fraction": "Share of the day's anchors within ±45 min of the baseline's habitual "
    "times.",
}


@dataclass(frozen=True, slots=True)
class ShownScore:
    """A score in words."""

    name: str
    value: str
    explained: str
    is_provisional: bool
    why: str


@router.get("/clients/{client_id}")
def client_page(request: Request, client_id: str, account: SignedIn, told: Told) -> Response:
    """Show one client."""
    client = seen_client(told, account, client_id, READ_CLIENT)
    now = told.clock.now()
    today = now.astimezone(ZoneInfo(client.zone)).date()
    found = history(told.scores, client.id, today - TREND + DAY, today + DAY)
    ended = last_night(now, client.zone)
    nights = [one.night for one in found.nights.values()]
    return page(
        request,
        "client.html",
        account=account,
        client=client,
        countdown=None if "sleep.mid" in found.baselines else countdown(nights, ended),
        alerts=shown_alerts(told, client),
        actogram=_actogram(told, client, found, today),
        coverage=coverage(coverage_rows(_until(found, ended))),
        sheet=_sheet(found, social_day(now, client.zone)),
        scores=shown_scores(found),
        trends=_trends(_until(found, ended)),
    )


def shown_alerts(told: Services, client: Client) -> list[ShownAlert]:
    """Return the client's alerts, the unresolved first, then the newest."""
    alerts = [shown(one) for one in told.records.alerts(client=client.id)]
    newest = sorted(alerts, key=lambda one: one.raised_at, reverse=True)
    return sorted(newest, key=lambda one: one.state == "resolved")


def _actogram(told: Services, client: Client, found: History, today: date) -> Figure:
    view = View(today - WEEKS + DAY, today, told.clock.now(), client.zone)
    return actogram(found.days, view)


def _until(found: History, last: date) -> History:
    """Return the same without the nights that are not over."""
    return History(
        client=found.client,
        first=found.first,
        last=last,
        nights=found.nights,
        days=found.days,
        scores=found.scores,
        baselines=found.baselines,
    )


def _sheet(found: History, today: date) -> Figure:
    week = Week(dates(today - 7 * DAY, today - DAY), today)
    return srm_sheet(strips(week, found.days))


def _trends(found: History) -> list[Figure]:
    charts = (("sleep.mid", midsleep), ("sleep.duration", hours_asleep))
    return [
        trend(chart, points(found, read), usual=usual(found.baselines.get(chart)))
        for chart, read in charts
    ]


def shown_scores(found: History) -> list[ShownScore]:
    """Return the scores of the last days in words, also those that cannot be told."""
    return [_score(measure, name, unit, found) for measure, name, unit in MEASURES]


def _score(measure: str, name: str, unit: str, found: History) -> ShownScore:
    score = found.newest(measure) or _last(measure, found)
    known = score is not None and score.value is not None
    value = words.bounded(score.value, score.lo, score.hi) if score else words.UNKNOWN
    return ShownScore(
        name=name,
        value=f"{value} {unit}".strip() if known else "not enough data",
        explained=EXPLAINED[measure],
        is_provisional=score is not None and score.status == "provisional",
        why=words.reasons(score.reasons) if score else "",
    )


def _last(measure: str, found: History) -> Score | None:
    rows = (found.scores[day].get(measure) for day in sorted(found.scores, reverse=True))
    return next((one for one in rows if one), None)
