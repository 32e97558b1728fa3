"""Whether a refused record may go where devices' messages go: by the rules of its arrival.

Pure: credentials, consents and instants are arguments. Consent must hold for when the record was
received and for now, so nothing is taken in that a client no longer allows.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from daykeel.events.event import Quarantined, RawRecord
from daykeel.log.admission import Consent, Incoming, Refusal, admit, is_allowed, matches
from daykeel.log.splitting import split
from daykeel.records.people import Credential


class NotReplayed(Exception):  # noqa: N818  a fact about the record
    """It stays as it is; the text says why, and what to do."""


def replayed(
    noted: Quarantined,
    place: str,
    credentials: Iterable[Credential],
    consents: Sequence[Consent],
    now: datetime,
) -> list[RawRecord] | Quarantined:
    """Return what goes on `events.raw`, or the same record with why it is refused again.

    Parameters
    ----------
    noted
        The record in quarantine.
    place
        Where it lies, for what comes of it to say so.
    credentials
        Of the client's devices.
    consents
        All of the client's.
    now
        The instant of the clock.

    Raises
    ------
    NotReplayed
        It cannot be, or must not.
    """
    _check(noted, consents, now)
    raw = replace(noted.raw, replay_of=place)
    if noted.stage != "ingest":  # it was let in, and somebody else could not read it
        return [raw]
    sender = _sender(raw, credentials)
    message = Incoming(raw.topic, raw.payload, raw.retain, raw.transport)
    match admit(message, sender, consents, raw.received_at):
        case RawRecord() as admitted:
            own = replace(admitted, replay_of=place)
            return split(own) if own.transport == "http" else [own]
        case Quarantined() as refused:
            return replace(refused, raw=replace(refused.raw, replay_of=place))
        case Refusal() as refusal:
            raise NotReplayed(refusal.reason)


def _check(noted: Quarantined, consents: Sequence[Consent], now: datetime) -> None:
    raw = noted.raw
    if noted.stage == "sink":
        raise NotReplayed("it was computed, not sent: `daykeel rescore` computes it again")
    if raw.transport == "log" or not raw.adapter:
        raise NotReplayed("it is no message of a known device")
    if noted.size and noted.size != len(raw.payload):
        kept = f"the first {len(raw.payload)} bytes" if raw.payload else "no payload"
        raise NotReplayed(f"of {noted.size} bytes {kept} were kept: the device must send it again")
    if not is_allowed(raw.adapter, consents, raw.received_at):
        raise NotReplayed("its client did not consent to this source when it was received")
    if not is_allowed(raw.adapter, consents, now):
        raise NotReplayed("its client does not consent to this source now")


def _sender(raw: RawRecord, credentials: Iterable[Credential]) -> Credential:
    """Return the credential in use of the device that sent it, the one for its topic if any."""
    own = [
        one
        for one in credentials
        if one.enabled
        and (one.client, one.adapter, one.device) == (raw.client, raw.adapter, raw.device)
    ]
    if not own:
        raise NotReplayed("its device has no credential in use")
    fits = (one for one in own if any(matches(pattern, raw.topic) for pattern in one.topics))
    return next(fits, own[0])
