"""The life of an alert: what signals, people and the clock do to it, as new values.

One alert per client, kind and episode of State. `observe` follows State, `transition` is what
people do, `wake` ends a snooze. Resolved and cancelled are final; where State changes its mind
about an alert that a person or a recovery had resolved, only its reason says so: `withdrawn`
while the episode is gone, the old reason (`resolved_for`) when it is back. An episode that was
over and went on beyond the cool-down, or got worse after its alert was resolved, gets a new
alert, and the old one ends as `continued`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from daykeel.alerting.alert import (
    ACKNOWLEDGED,
    CANCELLED,
    CHANNEL,
    CONTINUED,
    NONE,
    OPEN,
    PENDING,
    RANKS,
    RECOVERED,
    RESOLVED,
    SNOOZED,
    SYSTEM,
    WITHDRAWN,
    Alert,
    Change,
    Impossible,
    Notice,
    Transition,
    is_gone,
    stands,
)
from daykeel.alerting.matching import is_followed, matched, went_on
from daykeel.events.ids import group_id
from daykeel.rhythm.ledger import Episode, SignalSet

__all__ = [
    "Alert",
    "Change",
    "Impossible",
    "Notice",
    "Transition",
    "judge",
    "observe",
    "stands",
    "transition",
    "wake",
]

RECURRENCE = timedelta(14)
"""After an alert was resolved: a new one of its kind is a recurrence."""

TAKEN_BACK = "info"
"""Severity of the notice that an alert was withdrawn: whoever was told of it hears of that."""

AWOKEN = "snooze over"
"""Of a step that the clock took."""

NOT_A_PERSONS = frozenset({WITHDRAWN, RECOVERED, CONTINUED})
"""Reasons that only State gives."""

USEFUL = {"useful_acted": True, "useful_no_action": True, "wrong_data": False, "wrong_rule": False}
"""What a reason for resolving says of the alert; an expected change may be either."""
UNTOLD = frozenset({PENDING, CANCELLED})
"""States in which there is nothing to judge: nobody was told."""

STEPS = {
    "acknowledge": (ACKNOWLEDGED, frozenset({OPEN, SNOOZED})),
    "snooze": (SNOOZED, frozenset({OPEN, ACKNOWLEDGED})),
    "resolve": (RESOLVED, frozenset({OPEN, ACKNOWLEDGED, SNOOZED})),
}
"""What people do: the state it leads to and those it is possible in."""


def observe(alerts: Sequence[Alert], signals: SignalSet, now: datetime) -> list[Change]:
    """Return what the signals of one client and kind change; the same ones again change nothing.

    Parameters
    ----------
    alerts
        All alerts of the client and kind, also resolved and cancelled ones.
    signals
        All episodes of the kind that State holds.
    now
        The instant of the clock.
    """
    own = [one for one in alerts if (one.client, one.kind) == (signals.client, signals.kind)]
    own.sort(key=lambda one: (one.raised_at, one.id))
    episodes = [one for one in signals.episodes if not (one.pending and one.recovered)]
    pairs = matched(own, episodes)
    changes = [
        change
        for alert in own
        if is_followed(alert)
        for change in _followed(alert, pairs.get(alert.id), episodes, now)
    ]
    known = {episode.onset for episode in pairs.values()}
    settled = own + [change.alert for change in changes]
    for episode in sorted(episodes, key=lambda one: one.onset):
        if episode.onset not in known:
            known.add(episode.onset)
            changes += _opened(episode, settled, now)
    return changes


def transition(  # noqa: PLR0913  what a person may say of a step
    alert: Alert,
    action: str,
    *,
    actor: str,
    reason: str = "",
    until: datetime | None = None,
    now: datetime,
) -> Change:
    """Return what a person's step makes of the alert.

    Raises
    ------
    Impossible
        The state does not allow it, a reason is missing or not a person's to give, or a snooze
        would end before it begins.
    """
    state, possible = STEPS.get(action, ("", frozenset[str]()))
    if alert.state not in possible:
        raise Impossible(f"{action} while {alert.state}")
    if state != ACKNOWLEDGED and (not reason or reason in NOT_A_PERSONS):
        raise Impossible(f"{action} needs a reason of the person")
    if state == SNOOZED and (until is None or until <= now):
        raise Impossible("a snooze ends after it begins")
    after = replace(
        alert,
        state=state,
        reason="" if state == ACKNOWLEDGED else reason,
        snoozed_until=until if state == SNOOZED else None,
        seen_at=alert.seen_at or now,
        told=alert.severity,
    )
    if state == RESOLVED:
        useful = USEFUL.get(reason, alert.useful)
        after = replace(after, resolved_at=now, resolved_for=reason, useful=useful)
    return _change(alert, after, now, reason, actor=actor)


def judge(alert: Alert, useful: bool, *, actor: str, now: datetime) -> Change:
    """Return what a person's word on whether it was useful makes of the alert, in any state.

    Raises
    ------
    Impossible
        Nobody was told of it.
    """
    if alert.state in UNTOLD:
        raise Impossible(f"nobody was told while {alert.state}")
    word = "useful" if useful else "not useful"
    after = replace(alert, useful=useful, version=alert.version + 1)
    return Change(
        after, Transition(after.id, after.version, now, actor, alert.state, alert.state, word)
    )


def wake(alert: Alert, now: datetime) -> Change | None:
    """Return what the end of a snooze makes of the alert, None while it lasts."""
    if alert.state != SNOOZED or alert.snoozed_until is None or now < alert.snoozed_until:
        return None
    return _change(alert, _awake(alert), now, AWOKEN)


def _awake(alert: Alert) -> Alert:
    return replace(alert, state=OPEN, snoozed_until=None, reason="", told="")


def _followed(
    alert: Alert, episode: Episode | None, episodes: Sequence[Episode], now: datetime
) -> list[Change]:
    """Return what State makes of an alert that may still have an episode."""
    if episode is None:
        return _left(alert, episodes, now) if alert.state == RESOLVED else [_gone(alert, now)]
    if alert.state == RESOLVED:
        return _settled(alert, episode, now)
    if alert.state == PENDING:
        return _counted(alert, episode, now)
    if episode.recovered is not None:
        return [_over(alert, episode, now)]
    return [] if _is_known(alert, episode) else [_updated(alert, episode, now)]


def _left(alert: Alert, episodes: Sequence[Episode], now: datetime) -> list[Change]:
    """Say of a resolved alert why it has no episode any more, once."""
    if is_gone(alert):
        return []
    reason = CONTINUED if went_on(alert, episodes) else WITHDRAWN
    return [_change(alert, replace(alert, reason=reason), now, reason)]


def _settled(alert: Alert, episode: Episode, now: datetime) -> list[Change]:
    """Keep a resolved alert resolved, and say that its episode is there, and where."""
    if not is_gone(alert) and alert.onset == episode.onset:
        return []
    why = "back" if is_gone(alert) else _moved(alert, episode)
    after = replace(_about(alert, episode), reason=alert.resolved_for)
    return [_change(alert, after, now, why)]


def _gone(alert: Alert, now: datetime) -> Change:
    """Withdraw: the signal was not there, as State knows by now."""
    state = CANCELLED if alert.state == PENDING else RESOLVED
    after = replace(alert, state=state, reason=WITHDRAWN, snoozed_until=None, resolved_at=now)
    change = _change(alert, after, now, WITHDRAWN)
    if state == CANCELLED or not alert.told:
        return change
    return replace(change, notices=(Notice(alert.id, change.alert.version, CHANNEL, TAKEN_BACK),))


def _counted(alert: Alert, episode: Episode, now: datetime) -> list[Change]:
    """Go on counting nights, or open now that there are enough."""
    if episode.pending:
        if _is_known(alert, episode):
            return []
        return [_change(alert, _told_by(alert, episode), now, "more nights")]
    opened = replace(
        _told_by(alert, episode), state=OPEN, raised_at=now, evidence_at=episode.evidence_at
    )
    first = _change(alert, opened, now)
    if episode.recovered is None:
        return [first]
    return [_quiet(first), _over(_quiet(first).alert, episode, now)]


def _over(alert: Alert, episode: Episode, now: datetime) -> Change:
    """Resolve: the rhythm is back for long enough."""
    after = replace(
        _told_by(alert, episode),
        state=RESOLVED,
        reason=RECOVERED,
        snoozed_until=None,
        resolved_at=now,
        resolved_for=RECOVERED,
    )
    return _change(alert, after, now, RECOVERED)


def _updated(alert: Alert, episode: Episode, now: datetime) -> Change:
    """Attach what is new; a snoozed alert wakes if it is worse."""
    after = _told_by(alert, episode)
    if RANKS[episode.severity] > RANKS[alert.severity]:
        return _change(alert, _awake(after) if after.state == SNOOZED else after, now, "worse")
    return _change(alert, after, now, _moved(alert, episode))


def _told_by(alert: Alert, episode: Episode) -> Alert:
    return replace(_about(alert, episode), severity=episode.severity)


def _about(alert: Alert, episode: Episode) -> Alert:
    """Attach what is known by now; that of another onset was complete at another time."""
    evidence_at = alert.evidence_at if alert.onset == episode.onset else episode.evidence_at
    rested_on = tuple(sorted({*alert.episode.versions, *episode.versions}))
    about = replace(episode, versions=rested_on)
    return replace(alert, episode=about, onset=episode.onset, evidence_at=evidence_at)


def _is_known(alert: Alert, episode: Episode) -> bool:
    """Return whether the alert says all of it; the same evidence by another version is no news."""
    return replace(episode, versions=alert.episode.versions) == alert.episode


def _moved(alert: Alert, episode: Episode) -> str:
    if alert.onset == episode.onset:
        return "more evidence"
    return f"onset moved from {alert.onset} to {episode.onset}"


def _opened(episode: Episode, known: Sequence[Alert], now: datetime) -> list[Change]:
    """Return the steps of a new alert; one that comes too late is told to nobody."""
    alert = Alert(
        id=_new_id(episode, {one.id for one in known}),
        client=episode.client,
        kind=episode.kind,
        state=PENDING if episode.pending else OPEN,
        severity=episode.severity,
        onset=episode.onset,
        raised_at=now,
        episode=episode,
        evidence_at=episode.evidence_at,
        recurrence_of=_earlier(episode, known),
        version=0,
    )
    first = _change(replace(alert, state=NONE), alert, now)
    if episode.recovered is None or episode.pending:
        return [first]
    return [_quiet(first), _over(_quiet(first).alert, episode, now)]


def _new_id(episode: Episode, taken: Iterable[str]) -> str:
    """Return uuid5(client, kind, onset), with a count where that was withdrawn before."""
    parts = (episode.kind, episode.onset.isoformat())
    found, count = group_id(episode.client, "alerting", "", parts), 1
    while found in taken:
        found, count = group_id(episode.client, "alerting", "", (*parts, str(count))), count + 1
    return found


def _earlier(episode: Episode, known: Iterable[Alert]) -> str | None:
    """Return the alert the episode is a recurrence of."""
    found = [
        one
        for one in known
        if one.state == RESOLVED
        and one.onset <= episode.onset
        and episode.onset - _end(one) <= RECURRENCE
    ]
    return max(found, key=lambda one: (one.onset, one.raised_at, one.id)).id if found else None


def _end(alert: Alert) -> date:
    return alert.episode.recovered or (alert.resolved_at or alert.raised_at).date()


def _change(
    before: Alert, after: Alert, now: datetime, reason: str = "", *, actor: str = SYSTEM
) -> Change:
    """Return the step with its history, and a notice if there is something new to tell."""
    after = replace(after, version=before.version + 1)
    entry = Transition(after.id, after.version, now, actor, before.state, after.state, reason)
    if not _must_tell(after):
        return Change(after, entry)
    notice = Notice(after.id, after.version, CHANNEL, after.severity)
    return Change(replace(after, told=after.severity), entry, (notice,))


def _must_tell(alert: Alert) -> bool:
    """Return whether it is worse than what was told; what holds a notice back is seen later."""
    is_current = alert.state in (OPEN, ACKNOWLEDGED)
    return is_current and RANKS[alert.severity] > RANKS[alert.told]


def _quiet(change: Change) -> Change:
    return replace(change, notices=())
