"""Which adapter reads which source."""

from collections.abc import Callable, Mapping

from daykeel.events.event import Adapted, RawRecord, Reject
from daykeel.sources.daykeel import adapt as adapt_daykeel
from daykeel.sources.health_auto_export import adapt as adapt_health_auto_export
from daykeel.sources.health_connect import adapt as adapt_health_connect
from daykeel.sources.owntracks import adapt as adapt_owntracks
from daykeel.sources.payload import BadPayload
from daykeel.sources.sleep_as_android import adapt as adapt_sleep_as_android

Adapter = Callable[[RawRecord], Adapted]

ADAPTERS: Mapping[str, Adapter] = {
    "daykeel": adapt_daykeel,
    "sleep_as_android": adapt_sleep_as_android,
    "owntracks": adapt_owntracks,
    "health_auto_export": adapt_health_auto_export,
    "health_connect": adapt_health_connect,
}


def adapt(raw: RawRecord) -> Adapted:
    """Return what a raw record comes to: events, and what was refused with the reason.

    Whatever the payload holds there is an answer; the same record always has the same one.
    """
    adapter = ADAPTERS.get(raw.adapter)
    if adapter is None:
        return Adapted(rejects=(Reject("unknown_adapter"),))
    try:
        return adapter(raw)
    except BadPayload as error:
        return Adapted(rejects=(Reject(str(error)),))
