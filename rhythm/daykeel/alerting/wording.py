"""Alerts in plain words: what changed, never what it may mean."""

from daykeel.alerting.alert import CONTINUED, RECOVERED, RESOLVED, WITHDRAWN, Alert

OTHER = "Rhythm change"

TITLES = {
    "phase_advance": "Rhythm change: sleep is earlier",
    "phase_delay": "Rhythm change: sleep is later",
    "short_sleep": "Rhythm change: sleep is shorter",
    "long_sleep": "Rhythm change: sleep is longer",
    "irregularity": "Rhythm change: days are less regular",
    "lost_anchors": "Rhythm change: an anchor is missing",
    "acute_change": "Rhythm change: sudden",
    "data_loss": "Nights without data",
    "travel": "Travel across time zones",
    "agreed_threshold": "Agreed threshold reached",
}

SENTENCES = {
    "phase_advance": "Sleep has been earlier than this client's own usual times",
    "phase_delay": "Sleep has been later than this client's own usual times",
    "short_sleep": "Sleep has been shorter than this client's own usual length",
    "long_sleep": "Sleep has been longer than this client's own usual length",
    "irregularity": "Days have been less alike than is usual for this client",
    "lost_anchors": "Something done on most days before has not been done on most days of late",
    "acute_change": "Sleep has differed strongly from this client's own usual within a few nights",
    "data_loss": "No data have come for several nights, so nothing is known of the rhythm",
    "travel": "The client is in another time zone; a change of rhythm is expected",
    "agreed_threshold": "What you agreed to look out for together has happened",
}

CLIENT_SENTENCES = {
    "phase_advance": "Your sleep has been earlier than usual for you.",
    "phase_delay": "Your sleep has been later than usual for you.",
    "short_sleep": "Your sleep has been shorter than usual for you.",
    "long_sleep": "Your sleep has been longer than usual for you.",
    "irregularity": "Your days have been less alike than usual for you.",
    "lost_anchors": "Something you did on most days has been missing on most days of late.",
    "acute_change": "Your sleep has been different from usual for you these last nights.",
    "data_loss": "No data have come from your devices for some nights.",
    "travel": "You are in another time zone, so your rhythm may need some days to follow.",
    "agreed_threshold": "Something you agreed to look out for together has happened.",
}

CLIENT_OTHER = "Your rhythm has been different from usual for you."

ENDS = {
    WITHDRAWN: " Data that came later show that it did not happen.",
    RECOVERED: " It is over.",
    CONTINUED: " It went on after this alert was closed: a newer alert tells of it.",
}


def title(kind: str) -> str:
    """Return the heading of an alert.

    >>> title("phase_delay")
    'Rhythm change: sleep is later'
    """
    return TITLES.get(kind, OTHER)


def sentence(alert: Alert) -> str:
    """Return what a therapist reads first: what changed, since when, and whether it still holds."""
    told = SENTENCES.get(alert.kind, "The rhythm has differed from this client's own usual")
    return f"{told}. First night: {alert.onset:%a} {alert.onset.day} {alert.onset:%b}.{_end(alert)}"


def _end(alert: Alert) -> str:
    return ENDS.get(alert.reason, "") if alert.state == RESOLVED else ""


def client_sentence(kind: str) -> str:
    """Return the same for the client: no score, no severity, no blame.

    >>> client_sentence("travel")
    'You are in another time zone, so your rhythm may need some days to follow.'
    """
    return CLIENT_SENTENCES.get(kind, CLIENT_OTHER)
