"""How much of what was refused is kept of each client: beyond that only what is known of it."""

from collections import Counter
from collections.abc import Mapping

import msgspec

from daykeel.events.event import Quarantined
from daykeel.log.admission import digest_of

MOST = 100_000_000
"""Bytes kept of one client."""


class Quota:
    """Counts what quarantine holds of each client, from what it held when the stream began.

    What retention lets go of since then makes room again when the stream next begins.
    """

    def __init__(self, held: Mapping[str, int], *, most: int = MOST) -> None:
        self._held = Counter(held)
        self._most = most

    def fitted(self, refused: Quarantined) -> Quarantined:
        """Return what to keep of a refusal: all, or all but the payload if there is no room."""
        payload, client = refused.raw.payload, refused.raw.client
        if self._held[client] + len(payload) <= self._most:
            self._held[client] += len(payload)
            return refused
        digest = digest_of(payload)
        return msgspec.structs.replace(
            refused,
            raw=msgspec.structs.replace(refused.raw, payload=b""),
            size=refused.size or digest.size,
            sha256=refused.sha256 or digest.sha256,
        )
