"""`/quality`: how many alerts there were, of what use they were, and what did not get through."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from daykeel.alerting.quality import ByRule
from daykeel.alerting.wording import TITLES
from daykeel.web import words
from daykeel.web.alert_quality import LONGEST, Quality, alert_quality
from daykeel.web.charts.figure import Table
from daykeel.web.render import page
from daykeel.web.session import SignedIn, Told

router = APIRouter(include_in_schema=False)

DAYS = 90


@router.get("/quality")
def quality_page(
    request: Request,
    account: SignedIn,
    told: Told,
    days: Annotated[int, Query(ge=1, le=LONGEST)] = DAYS,
) -> Response:
    """Show how well alerts do."""
    found = alert_quality(told, account, days)
    names = {one.id: one.display_name for one in told.records.clients(account)}
    return page(
        request,
        "quality.html",
        account=account,
        found=found,
        days=days,
        rate=rate(found),
        rules=rules(found),
        answered=[length(one) for one in (found.answers.median, found.answers.longest)],
        ending=[(names.get(one.client, ""), one) for one in found.figures.ending],
    )


def rate(found: Quality) -> str:
    """Return the volume in words."""
    volume = found.volume
    if volume.rate is None or volume.interval is None:
        return "no night was monitored"
    lower, upper = volume.interval
    return f"{volume.rate:.1f} per client-year ({lower:.1f} to {upper:.1f}, 95 %)"


def rules(found: Quality) -> Table:
    """Return what became of alerts, a row for each kind and rule."""
    columns = ("Kind", "Rule", "Raised", "Useful", "Not useful", "Taken back", "Share useful")
    return Table(columns, tuple(_row(one) for one in found.by_rule))


def _row(one: ByRule) -> tuple[str, ...]:
    counts = (one.raised, one.useful, one.not_useful, one.withdrawn)
    share = "nobody has said" if one.share is None else f"{one.share * 100:.0f} %"
    rule = words.RULES.get(one.rule, one.rule)
    return (TITLES.get(one.kind, one.kind), rule, *(str(count) for count in counts), share)


def length(value: timedelta | None) -> str:
    """Return how long something took, in words."""
    return words.UNKNOWN if value is None else words.length(value / timedelta(minutes=1))
