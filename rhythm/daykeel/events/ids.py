"""Names of groups and events, and the hash that tells two contents apart (events.md 1.3)."""

from hashlib import sha1, sha256

import msgspec

NAMESPACE = bytes.fromhex("6f1d6a3c53a85b4e9a8ecf1f0d9e7b21")
"""Of all uuid5 made here; never changes."""

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
_canonical = msgspec.msgpack.Encoder(order="deterministic")
_text = msgspec.json.Encoder()


def sender(adapter: str, device: str) -> str:
    """Return what names an app on a device; two apps on one phone sync each for itself.

    >>> sender("owntracks", "phone")
    'owntracks/phone'
    """
    return f"{adapter}/{device}"


def group_id(client: str, adapter: str, device: str, key: str | tuple[str, ...]) -> str:
    """Return the name of what a newer observation replaces as a whole.

    Parameters
    ----------
    client, adapter, device
        As the credential had them, never as the payload says.
    key
        The native id of the record, or the parts that identify one in this source.

    Examples
    --------
    >>> group_id("c-1", "owntracks", "phone", "0571e18d")
    '21e46669-1598-5b98-9d3a-0c9d597e6736'
    """
    return _uuid5(_text.encode((client, adapter, device, key)))


def event_id(group: str, kind: str, part: int = 0) -> str:
    """Return the name of event number `part`, from 0, among those of one kind in a group."""
    return _uuid5(_text.encode((group, kind, part)))


def revision(*content: object) -> str:
    """Return the hash of a content; equal contents have equal hashes.

    >>> revision({"a": 1, "b": 2}) == revision({"b": 2, "a": 1})
    True
    """
    return "sha256:" + sha256(_canonical.encode(content)).hexdigest()


def _uuid5(name: bytes) -> str:
    """Return the version 5 UUID of `name`; `uuid.uuid5` takes four times as long."""
    digest = sha1(NAMESPACE + name, usedforsecurity=False).hexdigest()
    variant = _VARIANT[digest[16]]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"
