"""From what is known of a client's apps to the JSON of it."""

from daykeel.api.shapes import ConsentOut, SilenceOut, SourceOut, SourcesOut, WordOut
from daykeel.web.heard import Heard
from daykeel.web.silence import Silence
from daykeel.web.sources import KnownSource


def sources_told(client: str, found: Heard) -> SourcesOut:
    """Return the silence of a client and a row for each app."""
    return SourcesOut(
        client=client,
        silence=_silence(found.silence),
        sources=[_source(one) for one in found.sources],
    )


def _silence(silence: Silence) -> SilenceOut:
    return SilenceOut(
        nights=silence.nights,
        since=silence.since,
        step=silence.step,
        reason=silence.reason or None,
        who=silence.who or None,
        tells_at=silence.tells_at,
        alert=silence.alert,
    )


def _source(one: KnownSource) -> SourceOut:
    return SourceOut(
        adapter=one.adapter,
        device=one.device or None,
        synced=one.synced,
        heard=one.heard,
        words=[WordOut.model_validate(word) for word in one.words],
        consent=ConsentOut.model_validate(one.consent),
    )
