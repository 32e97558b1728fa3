"""What a device needs to send: its credential, and how its app has to be told."""

import base64
import json
import re
from argparse import ArgumentTypeError
from collections.abc import Mapping
from dataclasses import dataclass, replace

from daykeel.cli.folder import Reached


@dataclass(frozen=True, slots=True)
class Source:
    """A source that a client can use, as people set it up."""

    adapter: str
    app: str
    device: str
    """Name of the device, if no other is given."""
    filters: tuple[str, ...]
    """What it may publish on, with `{client}`, `{username}` and `{device}`."""
    topic: str
    """What to type into the app."""

    def on(self, device: str | None) -> "Source":
        """Return the source on a device of that name, or of its usual one."""
        return replace(self, device=device) if device else self


def device_name(text: str) -> str:
    """Return a name that may stand in a topic.

    Raises
    ------
    ArgumentTypeError
        It may not.
    """
    if not NAME.fullmatch(text):
        raise ArgumentTypeError("only lower-case letters, digits and hyphens, at most 32")
    return text


NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def _own(adapter: str, stream: str) -> str:
    return f"daykeel/v1/{{client}}/{adapter}/{{device}}/{stream}"


def _bridged(adapter: str, app: str, device: str) -> Source:
    topic = _own(adapter, "raw")
    return Source(adapter, app, device, (topic,), topic)


SOURCES: Mapping[str, Source] = {
    one.adapter: one
    for one in (
        Source(
            "daykeel",
            "Daykeel's own topics",
            "diary",
            (_own("daykeel", "#"),),
            _own("daykeel", "event"),
        ),
        Source(
            "owntracks",
            "OwnTracks",
            "phone",
            ("owntracks/{username}/{device}", "owntracks/{username}/{device}/#"),
            "owntracks/{username}/{device}",
        ),
        Source(
            "sleep_as_android",
            "Sleep as Android",
            "phone",
            ("SleepAsAndroid/{username}",),
            "SleepAsAndroid/{username}",
        ),
        _bridged("health_auto_export", "Health Auto Export", "iphone"),
        _bridged("health_connect", "Health Connect bridge", "bridge"),
    )
}


def topics_for(source: Source, client: str, device: str) -> tuple[str, ...]:
    """Return what a device may publish on; `{username}` is left for the records to fill in."""
    return tuple(
        one.replace("{client}", client).replace("{device}", device) for one in source.filters
    )


@dataclass(frozen=True, slots=True)
class Ticket:
    """All that has to be typed into an app, once."""

    source: Source
    client: str
    device: str
    username: str
    password: str

    @property
    def topic(self) -> str:
        """The topic to publish on."""
        return self.source.topic.format(
            client=self.client, username=self.username, device=self.device
        )

    def code(self, reached: Reached) -> str:
        """Return what the QR code holds: OwnTracks sets itself up from it."""
        if self.source.adapter == "owntracks":
            return _owntracks(self, reached)
        scheme = "mqtts" if reached.mqtt_tls else "mqtt"
        where = f"{reached.mqtt_host}:{reached.mqtt_port}"
        return f"{scheme}://{self.username}:{self.password}@{where}/{self.topic}"


def _owntracks(ticket: Ticket, reached: Reached) -> str:
    """Return the URL by which OwnTracks takes over a configuration.

    References
    ----------
    .. [1] https://owntracks.org/booklet/features/remoteconfig/
    """
    settings = {
        "_type": "configuration",
        "mode": 0,
        "host": reached.mqtt_host,
        "port": reached.mqtt_port,
        "tls": reached.mqtt_tls,
        "auth": True,
        "username": ticket.username,
        "password": ticket.password,
        "deviceId": ticket.device,
        "clientId": ticket.username,
        "pubTopicBase": ticket.topic,
        "pubQos": 1,
        "pubRetain": False,
        "cmd": False,
    }
    inline = base64.b64encode(json.dumps(settings).encode()).decode()
    return f"owntracks:///config?inline={inline}"
