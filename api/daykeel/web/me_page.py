"""`/me`: the client's own page, made for a phone and one tap an answer."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from daykeel.web import access
from daykeel.web.access import READ_OWN, WRITE_DIARY, seen_client
from daykeel.web.alerts import CLOSED
from daykeel.web.charts.figure import Figure
from daykeel.web.charts.srm_sheet import Strip, srm_sheet
from daykeel.web.diary import AnchorEntry, Entry, LevelEntry, social_day
from daykeel.web.errors import BadForm, NotFound
from daykeel.web.heard import heard
from daykeel.web.history import DAY, History, dates, history
from daykeel.web.messages import messages
from daykeel.web.needs import Account, Client
from daykeel.web.own import Known, Question, levels, own_day
from daykeel.web.render import page
from daykeel.web.services import Services
from daykeel.web.session import OwnForm, SignedIn, Told
from daykeel.web.sources import EVERYTHING, table
from daykeel.web.telling import contents, settle, tell
from daykeel.web.therapy import Therapy, therapy
from daykeel.web.week import Week, strips

router = APIRouter(include_in_schema=False)

BACK = timedelta(29)
Answer = Literal["now", "usual", "not_done"]
Saved = Literal["", "shown", "later"]
"""Whether the page already shows what was tapped."""


@router.get("/me")
def me(
    request: Request, account: SignedIn, told: Told, saved: Annotated[Saved, Query()] = ""
) -> Response:
    """Show the client the own week and what can be told of today and yesterday."""
    client = _own(told, account, READ_OWN)
    known, found = _known(told, client)
    alerts = told.records.alerts(client=client.id)
    told.records.post.looked(account.id, now=known.now)
    sheet = _strips(found, known.today, therapy(told, client))
    devices = heard(told, client, {day: one.night for day, one in found.nights.items()}, alerts)
    return page(
        request,
        "me.html",
        account=account,
        zone=client.zone,
        today=own_day(known.today, known),
        yesterday=own_day(known.today - DAY, known),
        sheet=_sheet(sheet),
        week_told=week_told(sheet),
        messages=messages(alerts),
        levels=levels(),
        signpost=told.surface.signpost,
        is_urgent=any(one.severity == "act" for one in alerts if one.state not in CLOSED),
        saved=saved,
        silence=devices.silence,
        devices=table(devices.sources, client.zone),
        allowed=devices.allowed,
        withdrawn=devices.withdrawn,
        everything=EVERYTHING,
    )


class AnchorForm(BaseModel):
    """One tap about one anchor: an answer, or with whom."""

    item: Literal["out_of_bed", "first_contact", "start_activity", "dinner", "bed"]
    day: date
    answer: Answer | None = None
    people: Annotated[int | None, Field(ge=0, le=3)] = None


class LevelForm(BaseModel):
    """One tap about mood or energy."""

    what: Literal["mood", "energy"]
    day: date
    level: Annotated[int, Field(ge=-5, le=5)]


@router.post("/me/anchor", dependencies=[OwnForm])
def tell_anchor(account: SignedIn, told: Told, tap: Annotated[AnchorForm, Form()]) -> Response:
    """Take one answer about one anchor."""
    client = _own(told, account, WRITE_DIARY)
    known, _ = _known(told, client)
    question = _question(tap.item, _asked(tap.day, known), known)
    return _take(told, client, _anchor(question, tap.answer, tap.people, known.now))


@router.post("/me/level", dependencies=[OwnForm])
def tell_level(account: SignedIn, told: Told, tap: Annotated[LevelForm, Form()]) -> Response:
    """Take mood or energy of one day."""
    client = _own(told, account, WRITE_DIARY)
    known, _ = _known(told, client)
    return _take(told, client, LevelEntry(tap.what, _asked(tap.day, known), tap.level))


@router.post("/me/consent", dependencies=[OwnForm])
def withdraw(
    account: SignedIn,
    told: Told,
    source: Annotated[str, Form(max_length=40)],
    sure: Annotated[bool, Form()] = False,
) -> Response:
    """End the consent to one app or to everything, if the box was ticked."""
    if not sure:
        raise BadForm("Nothing was changed. Please tick the box if you want to withdraw.")
    access.withdraw(told, account, _own_id(account), source)
    return RedirectResponse("/me#consent", 303)


@router.post("/me/consent/renewal", dependencies=[OwnForm])
def renew(
    account: SignedIn,
    told: Told,
    source: Annotated[str, Form(max_length=40)],
    sure: Annotated[bool, Form()] = False,
) -> Response:
    """Allow again one app or everything that was withdrawn, if the box was ticked."""
    if not sure:
        raise BadForm("Nothing was changed. Please tick the box if you want to allow it.")
    access.renew(told, account, _own_id(account), source)
    return RedirectResponse("/me#consent", 303)


def _own(told: Services, account: Account, action: str) -> Client:
    return seen_client(told, account, _own_id(account), action)


def _own_id(account: Account) -> str:
    if account.client is None:
        raise NotFound
    return account.client


def _known(told: Services, client: Client) -> tuple[Known, History]:
    now = told.clock.now()
    today = social_day(now, client.zone)
    found = history(told.scores, client.id, today - BACK, today + DAY)
    frozen = found.baselines.get("srm.hit_fraction")
    return Known(found.days, frozen, now, client.zone), found


def _strips(found: History, today: date, held: Therapy) -> list[Strip]:
    days = dates(today - 6 * DAY, today)
    week = Week(days, today, held.context.tracked, held.targets(today))
    return strips(week, found.days)


def _sheet(week: list[Strip]) -> Figure:
    return srm_sheet(week, name="srm-own")


def week_told(week: list[Strip]) -> str:
    """Return the week in a sentence, without a grade.

    >>> week_told([])
    'Not enough is known of this week yet.'
    """
    hits, known = sum(one.hits for one in week), sum(one.known for one in week if one.habitual)
    if not known:
        return "Not enough is known of this week yet."
    return f"{hits} of {known} times, your anchors happened at about their usual time."


def _asked(day: date, known: Known) -> date:
    if day not in (known.today, known.today - DAY):
        raise BadForm("Only today and yesterday can be told here. Please open the page again.")
    return day


def _question(item: str, day: date, known: Known) -> Question:
    return next(one for one in own_day(day, known).questions if one.item == item)


def _anchor(
    question: Question, answer: Answer | None, people: int | None, now: datetime
) -> AnchorEntry:
    """Return the entry of one tap; company told before stays with a new time."""
    company = people if people is not None else question.people
    told = AnchorEntry(question.item, question.day, done=True, people=company)
    if answer == "not_done":
        return replace(told, done=False, people=None)
    if answer == "now" and question.can_now:
        return replace(told, at=now)
    time = question.usual if answer == "usual" else question.time if answer is None else None
    if time is None:
        raise BadForm("That cannot be told any more. Please look at the page again.")
    return replace(told, time=time)


def _take(told: Services, client: Client, entry: Entry) -> Response:
    """Put the entry on the log, wait a moment for the stream, and show the page again."""
    before = contents(told, client.id, [entry])
    tell(told, client, [entry])
    saved = "shown" if settle(told, client.id, [entry], before) else "later"
    return RedirectResponse(f"/me?saved={saved}#{place(entry)}", 303)


def place(entry: Entry) -> str:
    """Return the id of the form an entry was tapped in, to come back to."""
    what = entry.what if isinstance(entry, LevelEntry) else entry.item
    return f"{what}-{entry.day}"
