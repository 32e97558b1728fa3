"""What an address may be: one of mail, or the URL of a push service that Apprise knows."""

import re
from urllib.parse import parse_qsl, urlsplit

MAIL, PUSH = "mail", "push"
LONGEST = 300

SERVICES = {
    "discord": "discord.NotifyDiscord",
    "gotifys": "gotify.NotifyGotify",
    "matrixs": "matrix.NotifyMatrix",
    "mmosts": "mattermost.NotifyMattermost",
    "ntfys": "ntfy.NotifyNtfy",
    "pover": "pushover.NotifyPushover",
    "rockets": "rocketchat.NotifyRocketChat",
    "signals": "signal_api.NotifySignalAPI",
    "slack": "slack.NotifySlack",
    "tgram": "telegram.NotifyTelegram",
    "threema": "threema.NotifyThreema",
    "twilio": "twilio.NotifyTwilio",
    "workflow": "workflows.NotifyWorkflows",
    "zulip": "zulip.NotifyZulip",
}
"""Scheme -> Apprise's module and class, of services that are reached over TLS."""
PLAIN = {
    "gotify": "gotify.NotifyGotify",
    "json": "custom_json.NotifyJSON",
    "jsons": "custom_json.NotifyJSON",
    "matrix": "matrix.NotifyMatrix",
    "mmost": "mattermost.NotifyMattermost",
    "ntfy": "ntfy.NotifyNtfy",
    "rocket": "rocketchat.NotifyRocketChat",
    "signal": "signal_api.NotifySignalAPI",
}
"""The same of those that reach only the hosts the operator names."""
OPTIONS = frozenset({"auth", "mode", "thread", "to"})
"""Of a URL; others might switch checks off, or make the service fetch something."""


class BadAddress(ValueError):  # noqa: N818  what is wrong with a text
    """Nothing can be sent there; the text says why."""


def address(text: str) -> tuple[str, str]:
    """Return kind and text of an address somebody typed.

    >>> address(" mailto:t@clinic.example ")
    ('mail', 't@clinic.example')
    >>> address("ntfys://ntfy.example/a-topic")
    ('push', 'ntfys://ntfy.example/a-topic')

    Raises
    ------
    BadAddress
        It is none.
    """
    given = text.strip()
    if len(given) > LONGEST or not given.isascii() or not given.isprintable() or " " in given:
        raise BadAddress("an address has at most 300 plain characters and no blank")
    if "://" in given:
        return PUSH, _push(given)
    mail = given.removeprefix("mailto:")
    if not re.fullmatch(r"[^@<>,;:\"\[\]()\\]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", mail):
        raise BadAddress("that is no mail address and no URL such as ntfys://ntfy.example/topic")
    return MAIL, mail


def _push(url: str) -> str:
    try:
        parts = urlsplit(url)
        options = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise BadAddress("that URL cannot be read") from None
    if parts.scheme not in SERVICES | PLAIN:
        raise BadAddress(f"services are {', '.join(SERVICES)}, not {parts.scheme!r}")
    if any(name not in OPTIONS for name, _ in options) or parts.fragment:
        raise BadAddress(f"of options only {', '.join(sorted(OPTIONS))} may stand in the URL")
    return url


def host(url: str) -> str:
    """Return the host of a push URL, or what stands in its place."""
    return (urlsplit(url).hostname or "").lower()
