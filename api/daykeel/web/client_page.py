"""`/clients/{id}`: everything about one client on one page."""

from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from daykeel.alerting.lifecycle import Alert
from daykeel.web.access import READ_CLIENT, seen_client
from daykeel.web.alerts import UNTOLD, ShownAlert, shown
from daykeel.web.caseload import to_baseline
from daykeel.web.caseload_page import last_night
from daykeel.web.charts.actogram import View, actogram
from daykeel.web.charts.coverage import coverage
from daykeel.web.charts.figure import Figure
from daykeel.web.charts.panel import usual_of
from daykeel.web.charts.srm_sheet import srm_sheet
from daykeel.web.charts.trend import Line, trend
from daykeel.web.diary import social_day
from daykeel.web.heard import heard
from daykeel.web.history import DAY, History, dates, history
from daykeel.web.holds import as_held
from daykeel.web.needs import Client
from daykeel.web.render import page
from daykeel.web.scores_shown import SHOWN, shown_scores
from daykeel.web.series import (
    coverage_rows,
    hours_asleep,
    midsleep,
    points,
    score_points,
    week_points,
)
from daykeel.web.services import Services
from daykeel.web.session import SignedIn, Told
from daykeel.web.sources import gaps_table
from daykeel.web.sources import table as sources_table
from daykeel.web.therapy import Therapy, therapy
from daykeel.web.week import Week, strips

router = APIRouter(include_in_schema=False)

WEEKS = timedelta(28)
TREND = timedelta(42)
GAPS = timedelta(14)
"""For which gaps are listed one by one."""

CHARTED = ("srm.hit_fraction", "sri.pair")
"""Measures of single days that are drawn where anything is known of them."""
WEEKLY = "srm5.weekly"
WORKING_CUT = Line(
    3.5,
    "3.5: a working cut from the literature (7 people), not validated",
    "One week within 1.5 points of the long-run mean, or two weeks within 2.1 points of each "
    "other, are inside noise.",
)
READ = frozenset({*SHOWN, *CHARTED, WEEKLY})


@router.get("/clients/{client_id}")
def client_page(request: Request, client_id: str, account: SignedIn, told: Told) -> Response:
    """Show one client."""
    client = seen_client(told, account, client_id, READ_CLIENT)
    now = told.clock.now()
    today = now.astimezone(ZoneInfo(client.zone)).date()
    found = history(told.scores, client.id, today - TREND + DAY, today + DAY, READ)
    ended = last_night(now, client.zone)
    alerts = told.records.alerts(client=client.id)
    rows = shown_alerts(told, alerts)
    held = therapy(told, client)
    usual = found.baselines.get("sleep.mid")
    nights = {day: one.night for day, one in found.nights.items()}
    known = heard(told, client, nights, alerts)
    return page(
        request,
        "client.html",
        account=account,
        client=client,
        countdown=to_baseline(found, ended),
        is_unconfirmed=bool(usual and usual.until is None and not held.is_confirmed(usual)),
        alerts=[one for one in rows if one.state not in UNTOLD],
        untold=[one for one in rows if one.state in UNTOLD],
        actogram=_actogram(told, client, found, today),
        coverage=coverage(coverage_rows(found.until(ended))),
        sheet=_sheet(found, social_day(now, client.zone), held),
        held=held,
        scores=shown_scores(found.until(today)),
        trends=trends(found.until(ended)),
        silence=known.silence,
        sources=sources_table(known.sources, client.zone),
        gaps=gaps_table((one for day, one in nights.items() if today - day < GAPS), client.zone),
    )


def shown_alerts(told: Services, alerts: Iterable[Alert]) -> list[ShownAlert]:
    """Return a client's alerts, the unresolved first, then the newest."""
    newest = sorted(map(shown, as_held(told, alerts)), key=lambda one: one.raised_at, reverse=True)
    return sorted(newest, key=lambda one: one.state == "resolved")


def _actogram(told: Services, client: Client, found: History, today: date) -> Figure:
    view = View(today - WEEKS + DAY, today, told.clock.now(), client.zone)
    return actogram(found.days, view)


def _sheet(found: History, today: date, held: Therapy) -> Figure:
    days = dates(today - 7 * DAY, today - DAY)
    week = Week(days, today, held.context.tracked, held.targets(today))
    return srm_sheet(strips(week, found.days))


def trends(found: History) -> list[Figure]:
    """Return the charts of sleep, and those of the measures of which anything is known."""
    sleep = (("sleep.mid", midsleep), ("sleep.duration", hours_asleep))
    figures = [
        trend(chart, points(found, read), usual=usual_of(found.baselines.get(chart)))
        for chart, read in sleep
    ]
    for measure in CHARTED:
        shown = score_points(found, measure)
        if any(point.value is not None for point in shown):
            base = usual_of(found.baselines.get(measure))
            figures.append(trend(measure, shown, usual=base))
    weeks = week_points(found, WEEKLY)
    return [*figures, trend(WEEKLY, weeks, line=WORKING_CUT)] if weeks else figures
