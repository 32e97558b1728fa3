"""A street of people for the eye: every state a page can show, over the house in memory."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from threading import Thread

import numpy as np
import uvicorn

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from house import Consent, House
from synthetic_people import (
    LAST,
    NOW,
    Life,
    baseline,
    bits,
    days_of,
    episode,
    finding,
)

from daykeel.alerting.lifecycle import Alert, Transition
from daykeel.alerting.routing import Person, Telling, Waiting
from daykeel.records.channels import NoticeSettings
from daykeel.records.letters import Delivery
from daykeel.rhythm.ledger import DayRecord, Episode, Finding
from daykeel.scores.protocol import StoredNight

DAY = timedelta(days=1)
SPRING_FORWARD = date(2026, 3, 29)
ANN = Life(drift=3.2, off=(9,), blurred=(4,))
PEOPLE = {
    "c-ann": ("Ann Ahlberg", ANN, 60, 74.0, 4.4),
    "c-ben": ("Ben Bakker", Life(spread=1.5, seed=5), 60, 41.0, 2.1),
    "c-ida": ("Ida Ionescu", Life(drift=-2.5, shorter=3.2, over=8, seed=3), 60, 66.0, 3.9),
    "c-kim": ("Kim Kowalczyk", Life(seed=7), 17, 84.0, 5.5),
    "c-max": ("Maximiliane Wolkenstein-Hohenlohe", Life(off=tuple(range(8)), seed=9), 60, 0, 0),
    "c-oli": ("Oli <b>Oyelaran</b>", Life(seed=11), 60, 79.0, 4.9),
    "c-zoe": ("Zoe Zander", Life(spread=0.25, seed=2), 60, 91.0, 6.1),
}


def lively() -> House:
    """Nine clients of one therapist: everything a page can show is somewhere."""
    house = House()
    for client, (name, life, nights, sri, srm) in PEOPLE.items():
        house.person(client, name, life, nights, sri=sri, srm=srm)
        _let_clocks_change(house, client)
    house.person("c-noa", "Noa Nyberg", None)
    house.records.people["c-noa"] = replace(house.records.people["c-noa"], enrolled=LAST - DAY)
    house.records.consented["c-ann"] = [Consent("daykeel"), Consent("owntracks", stop=NOW - DAY)]
    own = frozenset(house.records.people)
    house.account("therapist", "therapist", clients=own)
    house.account("deputy", "therapist", clients=own)
    house.account("ann", "client", client="c-ann")
    house.account("ida", "client", client="c-ida")
    house.account("operator", "operator")
    house.account("researcher", "researcher")
    house.canary(NOW - timedelta(minutes=2))
    _silence(house)
    _today(house)
    _raise(house)
    _write(house)
    return house


def _write(house: House) -> None:
    """Letters that came and did not come, where they go, and what is silenced."""
    post = house.records.post
    for account in ("therapist", "ann"):
        post.people[account] = Person(account, "Europe/Berlin", deputy="deputy")
        post.add_address(account, "mail", f"{account}@clinic.example", now=NOW)
        post.add_address(account, "push", "ntfys://ntfy.example/a-long-topic-name", now=NOW)
    post.people["deputy"] = Person("deputy", "Europe/Berlin")
    post.own_settings["ann"] = NoticeSettings(remind_at=time(20), stopped_at=NOW)
    post.own_settings["therapist"] = NoticeSettings(zone="Europe/Berlin", deputy="deputy")
    sent = Delivery(1, "therapist", "digest", "mail", NOW, NOW - DAY, None, 1, "")
    lost = replace(sent, sent_at=None, failed_at=NOW, detail="the mail server refused it: 550")
    late = replace(sent, sent_at=None, channel="push", tries=4, detail="the push service failed")
    post.letters = [("alert-late", one) for one in (sent, lost, late)]
    told = (Telling("therapist", "digest", NOW - DAY),)
    known = Waiting(1, "alert-late", "watch", NOW - 5 * DAY, "open", "", ("therapist",), told=told)
    post.waiting = [known, replace(known, id=2, alert="alert-act", severity="act", told=())]
    post.links["link-both"] = ("therapist", ["alert-late", "alert-act", "alert-gone"])
    more = {"reason": "on holiday with the family", "actor": "therapist", "now": NOW}
    post.silence("c-ann", "phase_delay", stop=NOW + 3 * DAY, **more)
    post.silence("c-ann", "", stop=NOW + 30 * DAY, **more)
    post.waits = [timedelta(hours=3), timedelta(days=2)]


def _let_clocks_change(house: House, client: str) -> None:
    for record in house.scores.days(client, SPRING_FORWARD, LAST + DAY):
        after = (record.day - SPRING_FORWARD).days + 1
        flags = ("dst", f"dst_{after}") if after <= 3 else ("dst",)
        known = np.unpackbits(np.frombuffer(record.valid_bits, dtype=np.uint8)).astype(bool)
        if after == 1:
            known[14 * 60 : 15 * 60] = False
        house.scores.put(
            days=[
                replace(
                    record,
                    night=replace(record.night, flags=flags),
                    valid_bits=bits(known),
                )
            ]
        )


def _silence(house: House) -> None:
    """Nothing is scored of somebody who is silent."""
    silent = [(key, row) for key, row in house.scores._scores.items() if key[0] == "c-max"]
    for key, row in silent:
        if row.local_date > LAST - 8 * DAY:
            missing = tuple(
                replace(
                    one,
                    value=None,
                    lo=None,
                    hi=None,
                    status="insufficient",
                    reasons=("few_nights", "gap:source_silent"),
                )
                for one in row.scores
            )
            house.scores._scores[key] = replace(row, scores=missing)


def _today(house: House) -> None:
    """The day in progress: activity until now, and an evening told in the diary."""
    for client in ("c-ann", "c-ben", "c-ida", "c-zoe"):
        (today,) = house.scores.days(client, LAST, LAST + DAY)
        known = np.zeros(1440, dtype=bool)
        known[: 9 * 60] = True
        night = replace(
            today.night,
            night=LAST + DAY,
            final=False,
            finalised_at=None,
            certainty="none",
            known_core=0.0,
            flags=("dst",),
            evidence_at=NOW - timedelta(minutes=12),
        )
        unknown = replace(night.onset, value=None, lo=None, hi=None)
        night = replace(
            night, onset=unknown, offset=unknown, mid=unknown, duration=unknown, tst=unknown
        )
        house.scores.put(
            [StoredNight(night, 1, "provisional", NOW)],
            [DayRecord(client, LAST + DAY, night, valid_bits=bits(known))],
        )
        house.scores.put(days=[replace(today, mood=1, energy=-2 if client == "c-ann" else None)])


def _raise(house: House) -> None:
    late = house.alert("alert-late", "c-ann", raised_at=NOW - timedelta(days=5, hours=3))
    withdrawn = replace(
        house.alert("alert-gone", "c-ann", raised_at=NOW - timedelta(days=21)),
        kind="irregularity",
        onset=LAST - 22 * DAY,
        state="resolved",
        reason="withdrawn",
        seen_at=NOW - timedelta(days=20),
        version=3,
    )
    _keep(house, withdrawn, ("open", "withdrawn", "daykeel"))
    house.records.entries["alert-late"] += [
        Transition(
            "alert-late",
            2 + n,
            late.raised_at + n * DAY,
            "daykeel",
            "open",
            "open",
            "more evidence",
        )
        for n in range(1, 4)
    ]
    days = days_of("c-ida", PEOPLE["c-ida"][1])
    early = finding(days, baseline(days), "early_high")
    acute = Finding("sleep.duration", "acute_change", "early_high", LAST - DAY, (LAST - DAY, LAST))
    sudden = replace(episode("c-ida", "acute_change", early, "act"), findings=(acute, early))
    _keep(house, _alert("alert-act", "c-ida", "acute_change", sudden, hours=9))
    quiet = Finding("silence", "silence", "", LAST - 6 * DAY, (LAST,))
    gone = Episode(
        client="c-max",
        kind="data_loss",
        onset=LAST - 6 * DAY,
        nights=tuple(LAST - n * DAY for n in range(6, -1, -1)),
        severity="info",
        findings=(quiet,),
        coverage=0.6,
        confidence=0.5,
        note=(("reason", "source_silent"), ("before the gap", "sleep was getting shorter")),
    )
    _keep(house, _alert("alert-silent", "c-max", "data_loss", gone, hours=4))
    travel = Episode(
        client="c-oli",
        kind="travel",
        onset=LAST - 2 * DAY,
        nights=(LAST - DAY, LAST),
        severity="info",
        findings=(Finding("zone", "zone_change", "", LAST - DAY, (LAST - DAY, LAST)),),
        suppressed=("travel",),
        note=(("from", "Europe/Berlin"), ("to", "America/New_York")),
    )
    snoozed = _alert("alert-trip", "c-oli", "travel", travel, hours=30)
    snoozed = replace(
        snoozed, state="snoozed", snoozed_until=NOW + 3 * DAY, reason="on holiday", version=2
    )
    _keep(house, snoozed, ("open", "on holiday", "deputy"))


def _alert(name: str, client: str, kind: str, found: Episode, *, hours: int) -> Alert:
    return Alert(
        id=name,
        client=client,
        kind=kind,
        state="open",
        severity=found.severity,
        onset=found.onset,
        raised_at=NOW - timedelta(hours=hours),
        episode=found,
        evidence_at=NOW - timedelta(hours=hours, minutes=1),
    )


def _keep(house: House, alert: Alert, end: tuple[str, str, str] | None = None) -> None:
    raised = Transition(alert.id, 1, alert.raised_at, "daykeel", "none", "open")
    steps = [raised]
    if end:
        was, reason, actor = end
        at = alert.raised_at + timedelta(hours=7)
        steps.append(Transition(alert.id, alert.version, at, actor, was, alert.state, reason))
    house.records.kept_alerts[alert.id] = alert
    house.records.entries[alert.id] = steps


@contextmanager
def served(house: House) -> Iterator[str]:
    """Give the address of a real server over the house, on loopback."""
    config = uvicorn.Config(
        house.app(), host="127.0.0.1", port=0, log_config=None, access_log=False, lifespan="on"
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive(), "the server did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
