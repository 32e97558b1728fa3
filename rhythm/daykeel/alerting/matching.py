"""Which episode of State an alert is about, after late data may have moved it."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from daykeel.alerting.alert import CANCELLED, PENDING, RANKS, RECOVERED, RESOLVED, Alert, is_gone
from daykeel.rhythm.ledger import Episode

COOL_DOWN = timedelta(14)
"""After an opening; within it a signal belongs to the alert that is there (science.md 13.1)."""


def is_followed(alert: Alert) -> bool:
    """Return whether an episode may still be this alert's.

    What was cancelled, or withdrawn before anything resolved it, is over for good: if its
    signal comes back, that is a new alert.
    """
    return alert.state != CANCELLED and (alert.state != RESOLVED or alert.resolved_for != "")


def matched(alerts: Sequence[Alert], episodes: Iterable[Episode]) -> dict[str, Episode]:
    """Return the episode of each alert that still has one, by the alert's id.

    An alert gets at most one episode and an episode at most one alert: first where the onset is
    the same, then where nights overlap, then the nearest onset within the cool-down.
    """
    pairs = sorted(
        (_distance(alert, episode), at, episode.onset, alert.id, episode)
        for at, alert in enumerate(alerts)
        for episode in episodes
        if _may_be(alert, episode)
    )
    found: dict[str, Episode] = {}
    taken: set[date] = set()
    for *_, onset, alert_id, episode in pairs:
        if alert_id not in found and onset not in taken:
            found[alert_id] = episode
            taken.add(onset)
    return found


def _may_be(alert: Alert, episode: Episode) -> bool:
    if not is_followed(alert) or _goes_on(alert, episode):
        return False
    if episode.pending and alert.state != PENDING:
        return False
    if _overlap(alert, episode):
        return True
    return not is_gone(alert) and abs(alert.onset - episode.onset) < COOL_DOWN


def went_on(alert: Alert, episodes: Iterable[Episode]) -> bool:
    """Return whether a resolved alert has an episode of which a newer alert must tell."""
    return any(_goes_on(alert, one) and _overlap(alert, one) for one in episodes)


def _goes_on(alert: Alert, episode: Episode) -> bool:
    """Return whether a resolved alert would hide an episode that is not over.

    It hides one that got worse than anybody was told. Of what goes on as it was a person knew;
    where it had recovered by itself, what signals within the cool-down still belongs to it.
    """
    if alert.state != RESOLVED or episode.recovered is not None or episode.pending:
        return False
    is_worse = RANKS[episode.severity] > RANKS[alert.severity]
    is_late = last(episode) >= episode.onset + COOL_DOWN
    return is_worse or (alert.resolved_for == RECOVERED and is_late)


def _distance(alert: Alert, episode: Episode) -> tuple[bool, bool, int, int]:
    return (
        alert.onset != episode.onset,
        not _overlap(alert, episode),
        _rank(alert),
        abs(alert.onset - episode.onset).days,
    )


def _rank(alert: Alert) -> int:
    """Order alerts at the same distance: unresolved, resolved, gone."""
    return (alert.state == RESOLVED) + is_gone(alert)


def _overlap(alert: Alert, episode: Episode) -> bool:
    return alert.onset <= last(episode) and episode.onset <= max(alert.onset, last(alert.episode))


def last(episode: Episode) -> date:
    """Return the last night that signalled."""
    return max(episode.nights, default=episode.onset)
