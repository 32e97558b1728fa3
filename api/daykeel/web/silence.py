"""The ladder of silence: for how many nights nothing is known, why, and who is told when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from daykeel.alerting.alert import PENDING, Alert
from daykeel.rhythm.ledger import Night
from daykeel.rhythm.rules import LIVE
from daykeel.rhythm.silence import is_silent, main_reason
from daykeel.web import words
from daykeel.web.alerts import ACTIONS
from daykeel.web.caseload import SILENT as STANDS

DAY = timedelta(days=1)
REMINDS, TELLS = LIVE.silence_counts, LIVE.silence_tells
NOTHING, LATE, REMINDED, SILENT, TOLD = STEPS = ("none", "late", "reminded", "silent", "told")
"""How far up: data come; one night is missing; the client is reminded; it stands in the caseload;
the therapist is told."""


@dataclass(frozen=True, slots=True)
class Silence:
    """How long nothing has been known of somebody, up to the last night that is final."""

    nights: int = 0
    since: date | None = None
    """The first silent night; None while there is none."""
    step: str = NOTHING
    """One of `STEPS`."""
    reason: str = ""
    """What covers most of the time: one of the reasons of a gap; empty without silence."""
    tells_at: int = TELLS
    """Nights at which the therapist is told, or was."""
    alert: str | None = None
    """Id of the notice the therapist was given."""

    @property
    def rungs(self) -> list[tuple[str, int, str]]:
        """Each step with the nights from which it holds, and what it means."""
        nights = (1, REMINDS, STANDS, self.tells_at)
        steps = zip(STEPS[1:], nights, RUNGS, strict=True)
        return [one for one in steps if one[0] == TOLD or one[1] < self.tells_at]

    @property
    def advice(self) -> str:
        """What the client can do, in words for the client."""
        return ADVICE.get(self.reason, ADVICE["unknown"])

    @property
    def who(self) -> str:
        """Who can do something about it: `client`, `us`, `wait`, or empty."""
        return WHO.get(self.reason, "")

    @property
    def told(self) -> str:
        """The silence in a sentence, for the therapist.

        >>> Silence(3, date(2026, 3, 2), SILENT, "battery_flat").told
        'Nothing is known of the last 3 nights, since Mon 2 Mar: battery flat.'
        """
        if self.since is None:
            return "The last night that is over is known."
        last = "night" if self.nights == 1 else f"{self.nights} nights"
        why = words.gap(self.reason)
        return f"Nothing is known of the last {last}, since {words.day(self.since)}: {why}."

    @property
    def own(self) -> str:
        """The silence in a sentence, for the client.

        >>> Silence(3, date(2026, 3, 2), SILENT, "battery_flat").own
        'Your last 3 nights are not known. Your therapist is told after 8 nights without data.'
        """
        last = "night is" if self.nights == 1 else f"{self.nights} nights are"
        after = f"is told after {self.tells_at} nights without data"
        therapist = "has been told" if self.step == TOLD else after
        return f"Your last {last} not known. Your therapist {therapist}."


RUNGS = (
    "data are late",
    "the client is reminded, nobody else",
    "silence stands in the caseload",
    "the therapist is told",
)
"""What each step above the first means."""

WHO = {
    "consent_revoked": "client",
    "our_outage": "us",
    "battery_flat": "client",
    "not_worn": "client",
    "not_synced": "wait",
    "source_silent": "us and client",
}
"""Who can act on a reason (science.md 4)."""

ADVICE = {
    "consent_revoked": "You have withdrawn consent or a permission, and that is all right. If it "
    "was not meant, let the app read again, or give your consent again under “What you allow”.",
    "our_outage": "That was an outage on our side. Nothing is asked of you; if your app can send "
    "again, open it once.",
    "battery_flat": "A battery ran empty. Charge the device.",
    "not_worn": "The device was not worn.",
    "not_synced": "The data are still on their way. Open the app that sends them, and see that the "
    "phone is online.",
    "source_silent": "Nothing has come for days. Open the app that sends the data and look at its "
    "connection, or tell your clinic.",
    "unknown": "We do not know why. Open the app that sends the data, and see that it runs.",
}
"""What the client can do about a reason."""


def silence(
    nights: Mapping[date, Night], alerts: Iterable[Alert], enrolled: date | None
) -> Silence:
    """Return the silence that goes on, by the nights that are final and what has been told."""
    final = [night for night in nights.values() if night.final]
    run = _last_run([one for one in final if enrolled is None or one.night >= enrolled])
    if not run:
        return Silence()
    known = [one for one in alerts if _is_of(one, run[-1].night)]
    notice = next((one for one in known if one.state in ACTIONS), None)
    first = min(run[0].night, notice.onset) if notice else run[0].night
    length = (run[-1].night - first).days + 1
    return Silence(
        nights=length,
        since=first,
        step=TOLD if notice else _step(length),
        reason=main_reason(run),
        tells_at=_needed(notice or next(iter(known), None)),
        alert=notice.id if notice else None,
    )


def _last_run(nights: Iterable[Night]) -> Sequence[Night]:
    """Return the silent nights up to the newest one, oldest first."""
    run: list[Night] = []
    for night in sorted(nights, key=lambda one: one.night, reverse=True):
        if not is_silent(night) or (run and run[-1].night - night.night != DAY):
            break
        run.append(night)
    return run[::-1]


def _step(nights: int) -> str:
    """Return the step of an untold silence.

    >>> [_step(nights) for nights in (1, 2, 3, 6)]
    ['late', 'reminded', 'silent', 'silent']
    """
    if nights >= STANDS:
        return SILENT
    return REMINDED if nights >= REMINDS else LATE


def _is_of(alert: Alert, last: date) -> bool:
    """Return whether an alert counts the nights of the silence that goes on, or tells of it."""
    is_on = alert.state in ACTIONS or alert.state == PENDING
    lasts = alert.episode.recovered is None and alert.onset <= last
    return alert.kind == "data_loss" and is_on and lasts


def _needed(alert: Alert | None) -> int:
    """Return at how many nights the therapist is told: who has rules of their own, by those."""
    findings = alert.episode.findings if alert else ()
    return round(next((one.limit for one in findings if one.limit), TELLS))
